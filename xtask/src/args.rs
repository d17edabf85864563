//! Arguments: a command, `--flag` and `--key VALUE`.

use std::{env, str::FromStr};

/// The command line after the program name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    /// What the process was started with.
    pub(crate) fn from_env() -> Self {
        Self { words: env::args().skip(1).collect() }
    }

    /// The first word.
    pub(crate) fn command(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The first word beginning with `-` that is in neither list: an option misspelled must not start hours of work.
    pub(crate) fn unknown(&self, flags: &[&str], valued: &[&str]) -> Option<&str> {
        let mut words = self.words.iter().skip(1).map(String::as_str);
        while let Some(word) = words.next() {
            if valued.contains(&word) {
                words.next();
            } else if word.starts_with('-') && !flags.contains(&word) {
                return Some(word);
            }
        }
        None
    }

    /// True when `--name` is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.words.iter().any(|w| w == name)
    }

    /// Every value of `--name VALUE`.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.words
            .windows(2)
            .filter_map(|w| match w {
                [key, value] if key == name => Some(value.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Every value of `--name VALUE`; an error where one is not known.
    pub(crate) fn chosen(&self, name: &str, known: &[&str]) -> Result<Vec<&str>, String> {
        let chosen = self.values(name);
        match chosen.iter().find(|value| !known.contains(value)) {
            Some(value) => Err(format!("{name} {value}: there are {}", known.join(", "))),
            None => Ok(chosen),
        }
    }

    /// The value of `--name N`, else `default`.
    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        let Some(text) = self.values(name).last().copied() else { return Ok(default) };
        text.replace('_', "").parse().map_err(|_| format!("`{name} {text}`: a number is expected"))
    }

    /// The words after the command.
    pub(crate) fn rest(&self) -> Vec<&str> {
        self.words.iter().skip(1).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests;
