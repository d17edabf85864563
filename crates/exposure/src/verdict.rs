//! The words of the answers, as types with their order. Never a score.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Verdict of a link L1 to L5, weakest exposure first: `max` is the strongest exposure, `min` the weakest.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The link does not hold.
    Cut,
    /// Not known.
    Unknown,
    /// Nobody has decided.
    Untested,
    /// Serious voices disagree.
    Contested,
    /// Holds, made harder by a safeguard.
    Weakened,
    /// Lapsed, but running orders bind.
    Residual,
    /// Holds.
    Holds,
}

impl Verdict {
    /// Reads the word of the data; an unknown word is [`Verdict::Unknown`].
    pub fn parse(word: &str) -> Self {
        match word {
            "holds" => Self::Holds,
            "residual" => Self::Residual,
            "weakened" => Self::Weakened,
            "contested" => Self::Contested,
            "untested" => Self::Untested,
            "cut" => Self::Cut,
            _ => Self::Unknown,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Unknown => "unknown",
            Self::Untested => "untested",
            Self::Contested => "contested",
            Self::Weakened => "weakened",
            Self::Residual => "residual",
            Self::Holds => "holds",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Verdict of a chain and of a harm: the worst chain counts, `max` is the worst.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HarmVerdict {
    /// No chain does it.
    Cut,
    /// Something needed for the answer is not known.
    Unknown,
    /// It hangs on a disputed or undecided premise.
    Contested,
    /// A chain does it.
    Reached,
}

impl HarmVerdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Unknown => "unknown",
            Self::Contested => "contested",
            Self::Reached => "reached",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Cut, Self::Unknown, Self::Contested, Self::Reached].into_iter().find(|v| v.word() == word)
    }
}

impl fmt::Display for HarmVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// L6: would the customer learn of it? Worst last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Yes.
    Visible,
    /// Not recorded.
    Unknown,
    /// A court or agency may forbid telling.
    MayBeGagged,
    /// Telling is forbidden.
    Gagged,
}

impl Visibility {
    /// Reads the word of the data.
    pub fn parse(word: Option<&str>) -> Self {
        match word {
            Some("visible") => Self::Visible,
            Some("may_be_gagged") => Self::MayBeGagged,
            Some("gagged") => Self::Gagged,
            _ => Self::Unknown,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Unknown => "unknown",
            Self::MayBeGagged => "may_be_gagged",
            Self::Gagged => "gagged",
        }
    }
}

/// L7: is there a route that can realistically stop it? Worst last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenge {
    /// Yes.
    Open,
    /// A route that costs time and may fail.
    Friction,
    /// Not recorded.
    Unknown,
    /// None.
    Closed,
}

impl Challenge {
    /// Reads the word of the data.
    pub fn parse(word: Option<&str>) -> Self {
        match word {
            Some("open") => Self::Open,
            Some("friction") => Self::Friction,
            Some("closed") => Self::Closed,
            _ => Self::Unknown,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Friction => "friction",
            Self::Unknown => "unknown",
            Self::Closed => "closed",
        }
    }
}

/// Status of a chain from its links L1 to L4 (design, section 3 "From links to harms").
pub(crate) fn chain_status(links: [Verdict; 4]) -> HarmVerdict {
    if links.contains(&Verdict::Cut) {
        HarmVerdict::Cut
    } else if links.contains(&Verdict::Unknown) {
        HarmVerdict::Unknown
    } else if links.iter().any(|v| matches!(v, Verdict::Contested | Verdict::Untested)) {
        HarmVerdict::Contested
    } else {
        HarmVerdict::Reached
    }
}

/// H1 from a chain's status and L5: ciphertext ends it, doubt about L5 makes it doubtful.
pub(crate) fn readable(status: HarmVerdict, l5: Verdict) -> HarmVerdict {
    match (status, l5) {
        (HarmVerdict::Cut, _) | (_, Verdict::Cut) => HarmVerdict::Cut,
        (HarmVerdict::Unknown, _) | (_, Verdict::Unknown) => HarmVerdict::Unknown,
        (HarmVerdict::Contested, _) | (_, Verdict::Contested | Verdict::Untested) => HarmVerdict::Contested,
        _ => HarmVerdict::Reached,
    }
}
