//! Verdict words and their order: holds > residual > weakened > contested > untested > unknown > cut.

/// A link's verdict, weakest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Strength {
    Cut,
    Unknown,
    Untested,
    Contested,
    Weakened,
    Residual,
    Holds,
}

use Strength::{Contested, Cut, Holds, Residual, Unknown, Untested, Weakened};

const WORDS: [(Strength, &str); 7] = [
    (Cut, "cut"),
    (Unknown, "unknown"),
    (Untested, "untested"),
    (Contested, "contested"),
    (Weakened, "weakened"),
    (Residual, "residual"),
    (Holds, "holds"),
];

impl Strength {
    /// From a word of the data; a word that is not known says nothing.
    pub(crate) fn of_word(word: &str) -> Self {
        WORDS.iter().find(|(_, w)| *w == word).map_or(Unknown, |(s, _)| *s)
    }

    pub(crate) fn word(self) -> String {
        WORDS.iter().find(|(s, _)| *s == self).map_or("?", |(_, w)| w).to_owned()
    }
}

/// A chain's status, weakest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Status {
    Cut,
    Unknown,
    Contested,
    Reached,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Unknown => "unknown",
            Self::Contested => "contested",
            Self::Reached => "reached",
        }
    }
}

/// Any cut cuts; else any unknown leaves it unknown; else anything open leaves it contested; else reached.
pub(crate) fn status(links: &[Strength]) -> Status {
    let any = |list: &[Strength]| links.iter().any(|l| list.contains(l));
    if any(&[Cut]) {
        Status::Cut
    } else if any(&[Unknown]) {
        Status::Unknown
    } else if any(&[Contested, Untested]) {
        Status::Contested
    } else {
        Status::Reached
    }
}
