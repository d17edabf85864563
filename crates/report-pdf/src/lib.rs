//! The report as PDF/A-3b, with its facts inside: the document of `report`, set by typst.
//!
//! What it is for: a file that a board signs and an archive keeps: fonts embedded, colours defined, and the facts, the plan
//! and the log's proof attached, each with its relation to the document.
//!
//! What it deliberately does not do: judge, translate or draw; that is done before. Nothing is read from the system: template,
//! fonts and words are in the program. The same document gives the same bytes.
//!
//! Without the feature `typeset` this crate is empty, so that a plain build compiles no typesetter.
//!
//! Specification: ISO 19005-3 (PDF/A-3), conformance level B, as typst-pdf 0.15 writes it.
#![cfg(feature = "typeset")]

mod drawing;
mod world;

use serde_json::Value;
use typst::{
    diag::SourceDiagnostic,
    foundations::{Datetime, Smart},
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use world::Room;

/// How an attached file stands to the document (ISO 32000-2, table 43, `AFRelationship`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Relation {
    /// The document was made from it.
    Source,
    /// A part of the document shows it.
    Data,
    /// It stands beside the document.
    Supplement,
}

impl Relation {
    fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Data => "data",
            Self::Supplement => "supplement",
        }
    }
}

/// A file inside the PDF.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its relation.
    pub relation: Relation,
    /// Its media type.
    pub media_type: &'static str,
    /// One line about it.
    pub description: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The document could not be set. The fault is ours (template, fonts), never the reader's.
#[derive(Debug, thiserror::Error)]
pub enum TypesetError {
    /// The date of the document is none.
    #[error("the document's date `{0}` is no date")]
    Date(String),
    /// The typesetter refused something.
    #[error("the report could not be set as PDF: {0}")]
    Typesetter(String),
}

/// The document as PDF/A-3b with the attachments. The document is that of `report`, as JSON: this crate knows no other.
pub fn typeset(document: &Value, attachments: &[Attachment]) -> Result<Vec<u8>, TypesetError> {
    let text = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
    let as_of = text("as_of");
    let date: jiff::civil::Date = as_of.parse().map_err(|_| TypesetError::Date(as_of.to_owned()))?;
    let moment =
        Datetime::from_ymd_hms(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs(), 0, 0, 0);
    let moment = moment.ok_or_else(|| TypesetError::Date(as_of.to_owned()))?;
    let room = Room::new(document, attachments).map_err(TypesetError::Typesetter)?;
    let set: PagedDocument = typst::compile(&room).output.map_err(|e| refused(&e))?;
    let standards =
        PdfStandards::new(&[PdfStandard::A_3b]).map_err(|e| TypesetError::Typesetter(e.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("flagstate/{}/{as_of}/{}", text("author"), text("language"))),
        creator: Smart::Custom(Some(concat!("Flagstate ", env!("CARGO_PKG_VERSION")).to_owned())),
        timestamp: Some(Timestamp::new_utc(moment)),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&set, &options).map_err(|e| refused(&e))
}

fn refused<'d>(errors: impl IntoIterator<Item = &'d SourceDiagnostic>) -> TypesetError {
    let said: Vec<String> = errors.into_iter().map(|e| e.message.to_string()).collect();
    TypesetError::Typesetter(said.join("; "))
}
