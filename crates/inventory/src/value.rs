//! One field of one row, whatever the file's format.

use jiff::Timestamp;

/// A field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    /// Empty, or null.
    #[default]
    Nothing,
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A time.
    Time(Timestamp),
}

impl Value {
    /// Text, as CSV has it: an empty field is nothing.
    pub(crate) fn of_text(text: &str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Text(text.to_owned()) }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A number, or nothing where there is none; an error where something else stands there.
    pub(crate) fn number(&self) -> Result<Option<u64>, String> {
        match self {
            Self::Nothing => Ok(None),
            Self::Number(n) => u64::try_from(*n).map(Some).map_err(|_| format!("{n} is no size")),
            Self::Text(text) => text.parse().map(Some).map_err(|_| format!("`{}` is no number", shown(text))),
            other => Err(format!("{other:?} is no number")),
        }
    }

    pub(crate) fn flag(&self) -> Result<Option<bool>, String> {
        match self {
            Self::Nothing => Ok(None),
            Self::Flag(flag) => Ok(Some(*flag)),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Self::Text(text) => Err(format!("`{}` is neither true nor false", shown(text))),
            other => Err(format!("{other:?} is neither true nor false")),
        }
    }

    /// A time; a bare number counts milliseconds since 1970.
    pub(crate) fn time(&self) -> Result<Option<Timestamp>, String> {
        let millis = |n: i64| Timestamp::from_millisecond(n).map(Some).map_err(|_| format!("{n} is no time"));
        match self {
            Self::Nothing => Ok(None),
            Self::Time(time) => Ok(Some(*time)),
            Self::Number(n) => millis(*n),
            Self::Text(text) => match (text.parse(), text.parse::<i64>()) {
                (Ok(time), _) => Ok(Some(time)),
                (_, Ok(n)) => millis(n),
                _ => Err(format!("`{}` is no time", shown(text))),
            },
            Self::Flag(flag) => Err(format!("{flag} is no time")),
        }
    }
}

/// A text in a message: short, and without what a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}
