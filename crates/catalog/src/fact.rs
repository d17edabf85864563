//! Facts and sources: the ground every answer rests on.
//!
//! A fact says two things about itself that must not be mixed: `status` is the truth of the matter in the world,
//! `verification` is how well we checked it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Truth of the matter in the world.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody serious disputes it.
    #[default]
    Established,
    /// Serious voices disagree.
    Contested,
    /// No court or authority has decided it.
    Untested,
    /// Said to come; does not act yet.
    Announced,
    /// Once true, no longer.
    Repealed,
}

/// How well the fact was checked, best first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// An excerpt of a primary text was read.
    PrimarySeenOrCited,
    /// The primary text is cited by a reader we trust, not opened.
    PrimaryCitedNotOpened,
    /// Press, law firm or specialist page.
    Secondary,
    /// An essay says it and cites the primary text, which was not opened.
    EssayPlusPrimaryCitation,
    /// Only an essay says it.
    EssayOnly,
    /// Only a public repository says it.
    CommunityOnly,
    /// General knowledge; no text was read again.
    #[default]
    BackgroundOnly,
}

impl Verification {
    /// True when an answer that rests on this must say so.
    pub fn is_weak(self) -> bool {
        matches!(self, Self::BackgroundOnly | Self::CommunityOnly)
    }
}

/// Where a fact was read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Source {
    /// Registry id, for example `USC2713`.
    pub id: String,
    /// Title as published.
    #[serde(default)]
    pub title: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub publisher: Option<String>,
    /// Publication date as far as it is known (free text: a year, a month or a day).
    #[serde(default)]
    pub date: Option<String>,
    /// Address, where it has one.
    #[serde(default)]
    pub url: Option<String>,
    /// What kind of text it is (`primary_law`, `official`, `press`, `community`, `background`, ...).
    #[serde(default)]
    pub grade: Option<String>,
    /// True when the text itself was opened.
    #[serde(default)]
    pub opened: Option<bool>,
}

/// A dated, sourced statement.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Fact {
    /// Public id, for example `I-702-05`.
    pub id: String,
    /// The statement in our own words.
    #[serde(default)]
    pub statement: String,
    /// First day it holds; without it the fact is undated before `as_of`.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// First day it no longer holds.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Day on which it was last looked at.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Truth in the world.
    #[serde(default)]
    pub status: Status,
    /// How well we checked.
    #[serde(default)]
    pub verification: Verification,
    /// Ids into the source registry (a full source record is accepted too; its id counts).
    #[serde(default, deserialize_with = "source_ids")]
    pub sources: Vec<String>,
    /// Reservations a reader must know.
    #[serde(default)]
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SourceRef {
    Id(String),
    Full(Source),
}

/// Accepts `[ID, ...]` and `[{id: ID, ...}, ...]`.
fn source_ids<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    let refs: Option<Vec<SourceRef>> = Option::deserialize(d)?;
    Ok(refs
        .unwrap_or_default()
        .into_iter()
        .map(|r| match r {
            SourceRef::Id(id) => id,
            SourceRef::Full(s) => s.id,
        })
        .collect())
}
