//! The decision matrix: ten dimensions, the architectures of the spectrum, every cell with its facts and its date.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::said::Said;

/// One dimension.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Dimension {
    /// Id.
    pub id: String,
    /// Number, from 1.
    pub number: u32,
    /// Name.
    pub name: Said,
    /// What it asks.
    pub question: Said,
}

/// One offering of the matrix.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatrixOffering {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Position on the spectrum.
    pub spectrum: Option<u8>,
    /// Architecture: the name of that position.
    pub architecture: String,
    /// Day of the catalog's record.
    pub as_of: Option<Date>,
}

/// One cell.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cell {
    /// Dimension id.
    pub dimension: String,
    /// Offering id.
    pub offering: String,
    /// The answer in a word, for colouring and sorting within a row only: `strong`, `partial`, `weak`, `unknown`.
    pub word: String,
    /// The answer in a sentence or two.
    pub says: Vec<Said>,
    /// Facts, rules, safeguards, prices it rests on.
    pub facts: Vec<String>,
    /// Day of the oldest of them; none where none is dated.
    pub as_of: Option<Date>,
    /// True where it rests on general knowledge or on nothing that was read.
    pub weak: bool,
}

/// The matrix.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Matrix {
    /// Date of the judgement.
    pub as_of: Date,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// What was assumed.
    pub assumed: Vec<String>,
    /// The ten dimensions.
    pub dimensions: Vec<Dimension>,
    /// The offerings, along the spectrum.
    pub offerings: Vec<MatrixOffering>,
    /// Every cell, dimension by dimension.
    pub cells: Vec<Cell>,
    /// Five questions for the board.
    pub board: Vec<crate::board::BoardQuestion>,
}
