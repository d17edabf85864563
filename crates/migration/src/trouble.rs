//! What can stop any step of a move. Steps add their own reasons to it.

use flagstate_objects::{Class, DeleteError, ListError, ReadError, RequestError, Who, WriteError};

use crate::{folder::FolderError, journal::JournalError, table::TableError};

/// What any step can meet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The folder of the move.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its files of rows.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A sorted listing.
    #[error(transparent)]
    Spool(#[from] crate::spool::SpoolError),
    /// An inventory file.
    #[error(transparent)]
    Inventory(#[from] flagstate_inventory::InventoryError),
    /// A listing.
    #[error(transparent)]
    List(#[from] ListError),
    /// A read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A write.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A deletion.
    #[error(transparent)]
    Delete(#[from] DeleteError),
    /// A question about a container.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Object after object fails.
    #[error("{failures} objects failed one after another, and none arrived; the first: {first}")]
    Hopeless {
        /// How many.
        failures: u64,
        /// The first of them.
        first: String,
    },
    /// A task of ours ended by a fault.
    #[error("a task ended by a fault of flagstate; run the command again, and please report it")]
    Fault,
    /// Somebody asked to stop.
    #[error("stopped on request; the same command goes on")]
    Stopped,
}

impl Trouble {
    /// Who can mend it; nothing where waiting may.
    pub fn who(&self) -> Option<Who> {
        let class = match self {
            Self::Folder(_)
            | Self::Journal(_)
            | Self::Table(_)
            | Self::Spool(_)
            | Self::Inventory(_)
            | Self::Hopeless { .. } => {
                return Some(Who::Operator);
            }
            Self::Fault => return Some(Who::Us),
            Self::Stopped => return None,
            Self::List(e) => e.class(),
            Self::Read(e) => e.class(),
            Self::Write(e) => e.class(),
            Self::Delete(e) => e.class(),
            Self::Request(e) => e.class(),
        };
        match class {
            Class::Permanent { who } => Some(who),
            _ => None,
        }
    }

    /// True when no further object can succeed: wrong credentials, no bucket, full disk.
    pub fn ends_everything(&self) -> bool {
        match self {
            Self::Folder(_)
            | Self::Journal(_)
            | Self::Table(_)
            | Self::Spool(_)
            | Self::Inventory(_)
            | Self::List(_)
            | Self::Hopeless { .. }
            | Self::Fault
            | Self::Stopped => true,
            Self::Read(ReadError::Request(e))
            | Self::Write(WriteError::Request(e))
            | Self::Delete(DeleteError::Request(e))
            | Self::Request(e) => is_global(e),
            _ => false,
        }
    }
}

/// Codes that say that credentials are wrong, or were revoked.
const REVOKED: [&str; 5] = [
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthenticationFailed", "InvalidAuthenticationInfo",
];

/// Trouble that every object meets.
pub(crate) fn is_global(error: &RequestError) -> bool {
    // The credentials themselves were refused, not one thing that they may not do.
    let revoked =
        |e: &RequestError| matches!(e, RequestError::Denied { answer, .. } if REVOKED.contains(&answer.code.as_str()));
    revoked(error)
        || matches!(
            error,
            RequestError::Expired { .. }
                | RequestError::ClockSkew { .. }
                | RequestError::NoContainer { .. }
                | RequestError::Full { .. }
                | RequestError::ReadOnly { .. }
                | RequestError::Credentials { .. }
                | RequestError::Connect { .. }
        )
}

/// An error with all its causes in one line.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

/// A word for counting.
pub(crate) fn cause(error: &RequestError) -> &'static str {
    use RequestError as E;
    match error {
        E::Connect { .. } => "no connection",
        E::Broken { .. } => "connection broken",
        E::Stalled { .. } => "stalled",
        E::Server { .. } => "server error",
        E::Throttled { .. } => "throttled",
        E::Denied { .. } => "denied",
        E::Expired { .. } => "credentials expired",
        E::ClockSkew { .. } => "clock",
        E::NoContainer { .. } => "no container",
        E::Full { .. } => "full",
        E::ReadOnly { .. } => "read-only",
        E::Credentials { .. } => "no credentials",
        E::Disk { .. } => "disk",
        _ => "refused",
    }
}
