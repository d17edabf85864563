//! What can go wrong with one object on its way.

use flagstate_objects::{Class, Classed, ReadError, WriteError};

use crate::{fit::Loss, journal::JournalError, trouble::Trouble};

/// Why an object did not arrive, this time.
#[derive(Debug, thiserror::Error)]
pub(super) enum Hop {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Bytes changed on the way, and our own sums show it.
    #[error("the bytes were damaged on the way: {0}")]
    Damaged(String),
    /// Something else is where the object should go.
    #[error(
        "the target has another object of that name, which this move did not write; remove it, or allow overwriting"
    )]
    Occupied,
    /// It does not fit, and nobody accepted that.
    #[error("{}; accept the loss `{}`, or mend it at the source", .0.means(), .0.name())]
    Loss(Loss),
    /// It is there, without the protection that its source has.
    #[error(
        "the target has the object without the retention or legal hold of its source; set it there, or remove the object and run again"
    )]
    Unheld,
    /// The object is too large for the target.
    #[error("{0}")]
    TooLarge(String),
    /// Somebody asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// A task of ours ended by a fault.
    #[error("a task ended by a fault of flagstate")]
    Fault,
}

impl Classed for Hop {
    fn class(&self) -> Class {
        use flagstate_objects::Who;
        match self {
            Self::Read(e) => e.class(),
            // Reading at the source failed while the target took the bytes: the cause knows.
            Self::Write(WriteError::Source { .. }) | Self::Damaged(_) => Class::Retryable { after: None },
            Self::Write(e) => e.class(),
            Self::Journal(_) | Self::Occupied | Self::Unheld | Self::Loss(_) | Self::TooLarge(_) | Self::Stopped => {
                Class::Permanent { who: Who::Operator }
            }
            Self::Fault => Class::Permanent { who: Who::Us },
        }
    }
}

impl Hop {
    /// True when the source's object is not what was listed any more.
    pub(super) fn is_change(&self) -> bool {
        match self {
            Self::Read(ReadError::Changed { .. } | ReadError::NotFound { .. } | ReadError::OutOfRange { .. }) => true,
            Self::Write(WriteError::Source { cause, .. }) => {
                let read = cause.downcast_ref::<ReadError>();
                matches!(read, Some(ReadError::Changed { .. } | ReadError::NotFound { .. }))
                    || cause.to_string().contains("changed while it was read")
            }
            _ => false,
        }
    }

    /// A word for counting.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::Read(ReadError::Request(e)) | Self::Write(WriteError::Request(e)) => crate::trouble::cause(e),
            Self::Read(ReadError::Archived { .. }) => "archived",
            Self::Read(ReadError::Damaged { .. }) | Self::Damaged(_) | Self::Write(WriteError::Damaged { .. }) => {
                "damaged"
            }
            Self::Read(ReadError::Truncated { .. }) => "cut off",
            Self::Read(_) => "read",
            Self::Write(WriteError::Source { .. }) => "read while writing",
            Self::Write(_) | Self::TooLarge(_) => "refused by the target",
            Self::Occupied => "occupied",
            Self::Unheld => "not protected",
            Self::Loss(_) => "loss not accepted",
            Self::Journal(_) => "journal",
            Self::Stopped => "stopped",
            Self::Fault => "fault",
        }
    }

    /// A sentence about damage; nothing for other trouble.
    pub(super) fn damage(&self) -> Option<String> {
        let damaged = matches!(
            self,
            Self::Damaged(_)
                | Self::Read(ReadError::Damaged { .. } | ReadError::Truncated { .. })
                | Self::Write(WriteError::Damaged { .. } | WriteError::Source { .. })
        );
        damaged.then(|| crate::trouble::sentence(self))
    }

    /// The same, where it ends everything.
    pub(super) fn into_global(self) -> Result<Trouble, Self> {
        match self {
            Self::Journal(e) => Ok(Trouble::Journal(e)),
            Self::Stopped => Ok(Trouble::Stopped),
            Self::Fault => Ok(Trouble::Fault),
            Self::Read(ReadError::Request(e)) | Self::Write(WriteError::Request(e))
                if crate::trouble::is_global(&e) =>
            {
                Ok(Trouble::Request(e))
            }
            other => Err(other),
        }
    }
}
