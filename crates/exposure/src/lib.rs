//! Who can be compelled: links L1 to L7, chains, harms H1 to H5, verdicts.
//!
//! What it is for: the judgement of the product. Given the catalog and a question it derives every chain by which a
//! power reaches data, link by link, with every fact it rests on; given an estate it does so per class and sums up per
//! workload.
//!
//! What it deliberately does not do: no I/O, no clock, no randomness, no points or weights, no law or provider by
//! name. The same catalog, estate and date give the same answer, byte for byte.
//!
//! Source: the legal table `crates/catalog/data/rules.yaml` and `ARCHITECTURE.md`, section "Judgement".

mod answer;
mod assess;
mod assessment;
mod chains;
pub mod diff;
mod explain;
mod force;
pub mod gate;
mod graph;
mod premise;
mod reach;
mod safeguard;
mod sets;
mod summary;
mod transfer;
mod verdict;

pub use answer::{Answer, AttributeAnswer, Chain, EndsWith, Ground, HarmAnswer, LinkAnswer, Premise, Question, Step};
pub use assess::{Settings, assess};
pub use assessment::{
    Assessment, ClassAnswer, Contradiction, Finding, InTheWay, Power, PowerHarm, Unknown, WorkloadAnswer, WorkloadHarm,
};
pub use explain::{ExplainError, explain, instruments};
pub use safeguard::effect as safeguard_effect;
pub use transfer::{Restricted, Transfer};
pub use verdict::{Challenge, HarmVerdict, Verdict, Visibility};
