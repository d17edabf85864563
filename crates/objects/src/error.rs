//! What can go wrong, by operation; who can mend it; whether to try again.
//!
//! Each operation has its enum. What all of them share stands in [`RequestError`]. Every error says through `class` what
//! a caller can do: wait, wait longer, or stop.

use std::{fmt, time::Duration};

use jiff::Timestamp;

use crate::{ETag, Key, limits::KeyRefusal};

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// The same request can succeed later.
    Retryable {
        /// When the store said how long to wait.
        after: Option<Duration>,
    },
    /// The store asks for fewer requests: slow down everywhere, then try again.
    Throttled {
        /// When the store said how long to wait.
        after: Option<Duration>,
    },
    /// Trying again changes nothing.
    Permanent {
        /// Who can mend it.
        who: Who,
    },
}

impl Class {
    /// True unless permanent.
    pub fn is_transient(self) -> bool {
        !matches!(self, Self::Permanent { .. })
    }
}

/// Who can mend an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Who {
    /// Whoever wrote the object: it is not there, or it changed.
    Object,
    /// Whoever runs this program: credentials, names, clock, disk.
    Operator,
    /// The store's operator.
    Store,
    /// We: this is a defect of the program.
    Us,
}

/// A cause from below, kept for the chain of sources.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with any request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No connection.
    #[error("cannot reach {place}; check its address, the network and the proxy")]
    Connect {
        /// Which store.
        place: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection to {place} broke before the answer was whole")]
    Broken {
        /// Which store.
        place: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// Nothing moved for too long.
    #[error("{place} let nothing through for {} s", .after.as_secs())]
    Stalled {
        /// Which store.
        place: String,
        /// How long we waited.
        after: Duration,
    },
    /// The store is at fault or overloaded.
    #[error("{place} answered {answer}")]
    Server {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// Too many requests.
    #[error("{place} asks for fewer requests: {answer}")]
    Throttled {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// We may not.
    #[error("{place} denies the request: {answer}; check the credentials and what they may do")]
    Denied {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
    },
    /// The credentials were good once.
    #[error("the credentials for {place} have expired: {answer}; renew them")]
    Expired {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
    },
    /// The clocks disagree.
    #[error("the clock here says {ours} and {place} says {}; set the clock", other_time(*.theirs))]
    ClockSkew {
        /// Which store.
        place: String,
        /// Our time.
        ours: Timestamp,
        /// The store's time, where it said.
        theirs: Option<Timestamp>,
    },
    /// There is no such bucket or container.
    #[error("there is no {place}; create it, or check its name and endpoint")]
    NoContainer {
        /// Which store.
        place: String,
    },
    /// No space left.
    #[error("{place} is full: {answer}; free some space or raise the quota, then go on")]
    Full {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
    },
    /// Nothing can be written there.
    #[error("{place} cannot be written to: {answer}")]
    ReadOnly {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
    },
    /// The store cannot do that.
    #[error("{place} does not offer {what}")]
    Unsupported {
        /// Which store.
        place: String,
        /// What was asked.
        what: &'static str,
    },
    /// The store refuses the request.
    #[error("{place} refuses the request: {answer}")]
    Refused {
        /// Which store.
        place: String,
        /// What it said.
        answer: Box<Answer>,
    },
    /// An answer that cannot be read.
    #[error("the answer of {place} cannot be read: {what}")]
    Nonsense {
        /// Which store.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// No usable credentials.
    #[error("no credentials for {place}")]
    Credentials {
        /// Which store.
        place: String,
        /// Why.
        #[source]
        cause: Box<crate::credentials::CredentialError>,
    },
    /// A file system said no.
    #[error("{place}: {what} failed")]
    Disk {
        /// Which store.
        place: String,
        /// Which step.
        what: &'static str,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

fn other_time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "otherwise".to_owned(), |t| t.to_string())
}

impl RequestError {
    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Connect { .. } | Self::Broken { .. } | Self::Stalled { .. } | Self::Nonsense { .. } => {
                Class::Retryable { after: None }
            }
            Self::Server { after, .. } => Class::Retryable { after: *after },
            Self::Throttled { after, .. } => Class::Throttled { after: *after },
            Self::Unsupported { .. } | Self::Refused { .. } => Class::Permanent { who: Who::Store },
            Self::Credentials { cause, .. } if cause.is_transient() => Class::Retryable { after: None },
            Self::Denied { .. }
            | Self::Expired { .. }
            | Self::ClockSkew { .. }
            | Self::NoContainer { .. }
            | Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Credentials { .. }
            | Self::Disk { .. } => Class::Permanent { who: Who::Operator },
        }
    }
}

/// What a server said: status, its own code, its own words, the number of the request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The store's code (`SlowDown`).
    pub code: String,
    /// The store's words.
    pub message: String,
    /// The number under which the store's operator finds the request.
    pub request_id: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str()) {
            (0, code) => write!(f, "{code}")?,
            (status, "") => write!(f, "status {status}")?,
            (status, code) => write!(f, "status {status} {code}")?,
        }
        if !self.message.is_empty() {
            write!(f, " ({})", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

/// Listing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// A listed name cannot be read back into bytes.
    #[error("{place} lists a key that cannot be read: `{text}`")]
    UnreadableKey {
        /// Which store.
        place: String,
        /// As listed.
        text: String,
    },
    /// The listing goes back: pages twice or out of order.
    #[error("{place} lists {key:?} after {before:?}; keys must ascend, or some would be missed")]
    OutOfOrder {
        /// Which store.
        place: String,
        /// The key.
        key: Key,
        /// The key before it.
        before: Key,
    },
    /// What any request can meet.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl ListError {
    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::UnreadableKey { .. } => Class::Permanent { who: Who::Store },
            Self::OutOfOrder { .. } => Class::Retryable { after: None },
            Self::Request(e) => e.class(),
        }
    }
}

/// Reading an object, or about it, failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not there.
    #[error("{place} has no {key:?}")]
    NotFound {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// It is no longer what was asked for.
    #[error("{key:?} in {place} changed while it was read")]
    Changed {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// It must be restored first.
    #[error("{key:?} in {place} is archived; restore it, then go on")]
    Archived {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// The range lies outside the object.
    #[error("{key:?} in {place} is shorter than the range that was asked for")]
    OutOfRange {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// Bytes do not match the store's checksum.
    #[error("{key:?} in {place} arrived damaged: {expected} expected, {found} found")]
    Damaged {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// The store's word.
        expected: String,
        /// What arrived.
        found: String,
    },
    /// The answer had another length than it said.
    #[error("{key:?} in {place} ended after {got} of {expected} bytes")]
    Truncated {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// Announced.
        expected: u64,
        /// Arrived.
        got: u64,
    },
    /// What any request can meet.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl ReadError {
    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::NotFound { .. } | Self::Changed { .. } | Self::OutOfRange { .. } => {
                Class::Permanent { who: Who::Object }
            }
            Self::Archived { .. } => Class::Permanent { who: Who::Operator },
            Self::Damaged { .. } | Self::Truncated { .. } => Class::Retryable { after: None },
            Self::Request(e) => e.class(),
        }
    }
}

/// Writing an object or a part failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The store cannot hold that key.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// It exists, and must not.
    #[error("{key:?} exists in {place} already")]
    Exists {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// It is no longer what it was.
    #[error("{key:?} in {place} is not in the state {expected} any more")]
    Changed {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// The state it should be in.
        expected: ETag,
    },
    /// What arrived is not what was sent.
    #[error("{key:?} was damaged on the way to {place}: {what}")]
    Damaged {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// What the store said, or what differs.
        what: String,
    },
    /// The upload is gone.
    #[error("the upload of {key:?} to {place} is not known there any more; begin it anew")]
    NoUpload {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// The store's limits are exceeded.
    #[error("{place} cannot take {key:?}: {what}")]
    Limit {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// Which limit.
        what: String,
    },
    /// It is held.
    #[error("{key:?} in {place} is protected: {answer}")]
    Held {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// What the store said.
        answer: Box<Answer>,
    },
    /// The bytes to send could not be had.
    #[error("the bytes of {key:?} for {place} could not be read")]
    Source {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// What any request can meet.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl WriteError {
    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Key(_) | Self::Limit { .. } | Self::Held { .. } => Class::Permanent { who: Who::Operator },
            Self::Exists { .. } | Self::Changed { .. } | Self::NoUpload { .. } => Class::Permanent { who: Who::Object },
            Self::Damaged { .. } | Self::Source { .. } => Class::Retryable { after: None },
            Self::Request(e) => e.class(),
        }
    }
}

/// Deleting failed. That an object was not there is no failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteError {
    /// It is held.
    #[error("{key:?} in {place} is protected: {answer}")]
    Held {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
        /// What the store said.
        answer: Box<Answer>,
    },
    /// It is no longer what was to be deleted.
    #[error("{key:?} in {place} changed and was not deleted")]
    Changed {
        /// Which store.
        place: String,
        /// Which object.
        key: Key,
    },
    /// What any request can meet.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl DeleteError {
    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Held { .. } => Class::Permanent { who: Who::Operator },
            Self::Changed { .. } => Class::Permanent { who: Who::Object },
            Self::Request(e) => e.class(),
        }
    }
}
