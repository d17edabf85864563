//! How an edge is made, the same for every file.

use flagstate_catalog::{ControlKind, Date, Edge, fact::Status};

/// An established edge without a share.
pub(crate) fn edge(
    holder: String,
    held: String,
    control_kind: ControlKind,
    (valid_from, valid_to): (Option<Date>, Option<Date>),
    fact: String,
) -> Edge {
    Edge {
        owner: holder,
        owned: held,
        control_kind,
        percent: None,
        status: Status::Established,
        valid_from,
        valid_to,
        fact: Some(fact),
        consolidation_only: false,
    }
}
