//! What frameworks and laws ask of a cloud, and how an offering or a workload answers.
//!
//! What it is for: score sheets with levels, ceilings on owners computed on the ownership graph, catalogues of pass and
//! fail criteria, levels of assurance, and requirements per classification, each with the clause that sets it. Placement
//! takes its gates from here, reports take their readings from here.
//!
//! What it deliberately does not do: no I/O, no clock, no judgement of exposure (that is `exposure`), no ranking (that is
//! `placement`). All content is data under `data/`: a framework is found by its id, never named in code. What is not
//! known is `unknown` together with the question to ask; nothing unknown passes.
//!
//! Source: the texts named in each data file, with version and date.

mod answers;
pub mod ceilings;
mod certificate;
pub mod criteria;
mod facts;
mod framework;
mod graph;
mod library;
mod read;
pub mod register;
pub mod requirement;
mod share;
pub mod sheet;
mod signal;
pub mod switching;
pub mod transfer_draft;
mod verdict;

pub use answers::{
    Answered, Answers, By, EntityStatement, OfferingAnswers, Right, RightKind, Stated, SupplierStatement,
};
pub use certificate::{Certificate, Held};
pub use facts::{Configuration, Facts, Reach, Setting};
pub use framework::{
    Clause, Criterion, Framework, Level, Objective, PassFail, Sheet, Source, Standing, Texts, WeightSet,
};
pub use library::{Library, LibraryError};
pub use read::{FrameworkReading, World};
pub use share::Share;
pub use signal::{Signal, Signals};
pub use verdict::{Message, Verdict};

#[cfg(test)]
mod tests;
