//! Plain text for a terminal: readable at 80 columns, without colour and without glyphs that a console may lack.

mod answer;
mod assessment;
mod layout;
mod sections;
mod short;

pub use answer::{answer, answer_with};
pub use assessment::{assessment, assessment_with, brief};
pub(crate) use sections::age;
pub use short::{difference, findings};

pub use crate::words::harm_title;

/// How much to print, and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns.
    pub width: usize,
    /// Also the powers that reach nothing, with their premises.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 80, verbose: false }
    }
}
