//! What Azure's refusals mean.

use std::time::Duration;

use super::Azure;
use crate::{
    DeleteError, ETag, Key, ReadError, RequestError, WriteError,
    clock::parse_time,
    error::Answer,
    http::{Reply, text},
    xml,
};

/// Codes that name one of the service's limits.
const LIMIT: [&str; 11] = [
    "RequestBodyTooLarge", "BlockCountExceedsLimit", "InvalidMetadata", "MetadataTooLarge", "InvalidBlobOrBlock",
    "BlockListTooLong", "InvalidTags", "TagsTooLarge", "InvalidBlobTier", "InvalidResourceName", "InvalidUri",
];

/// The code of a refusal.
pub(super) fn code(reply: &Reply) -> String {
    let named = text(&reply.headers, "x-ms-error-code").map(str::to_owned);
    named.or_else(|| xml::first(body(reply), "Code")).unwrap_or_default()
}

/// Without the mark that Azure puts before its XML.
pub(super) fn body(reply: &Reply) -> &[u8] {
    reply.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&reply.body)
}

pub(super) fn answer(reply: &Reply) -> Answer {
    let message = xml::first(body(reply), "Message").unwrap_or_default();
    Answer {
        status: reply.status.as_u16(),
        code: code(reply),
        // The rest repeats the request's number and the time.
        message: message.lines().next().unwrap_or_default().to_owned(),
        request_id: text(&reply.headers, "x-ms-request-id").map(str::to_owned),
    }
}

fn retry_after(reply: &Reply) -> Option<Duration> {
    let seconds: u64 = text(&reply.headers, "retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

impl Azure {
    pub(super) fn nonsense(&self, what: impl Into<String>) -> RequestError {
        RequestError::Nonsense { place: self.inner.place.clone(), what: what.into() }
    }

    /// What any request can meet.
    pub(super) fn refused(&self, reply: &Reply) -> RequestError {
        let (answer, place, after) = (Box::new(answer(reply)), self.inner.place.clone(), retry_after(reply));
        let detail = xml::first(body(reply), "AuthenticationErrorDetail").unwrap_or_default();
        match (answer.code.as_str(), answer.status) {
            ("ContainerNotFound" | "ContainerBeingDeleted" | "ResourceNotFound", 404 | 409) => {
                RequestError::NoContainer { place }
            }
            (_, 401 | 403) if self.inner.source.ended(self.inner.clock.now()) => {
                RequestError::Expired { place, answer }
            }
            ("AuthenticationFailed", _) if detail.contains("expired") || detail.contains("time frame") => {
                RequestError::Expired { place, answer }
            }
            ("AuthenticationFailed", _) if detail.contains("date header") => RequestError::ClockSkew {
                place,
                ours: self.inner.clock.now(),
                theirs: text(&reply.headers, "date").and_then(parse_time),
            },
            ("ServerBusy", _) | (_, 429) | ("", 503) => RequestError::Throttled { place, answer, after },
            ("AccountIsReadOnly" | "WriteOperationsNotAllowed", _) => RequestError::ReadOnly { place, answer },
            ("AccountBeingCreated" | "OperationTimedOut" | "InternalError", _) => {
                RequestError::Server { place, answer, after }
            }
            (_, 401 | 403) => RequestError::Denied { place, answer },
            ("FeatureNotSupported", _) | (_, 501) => RequestError::Unsupported { place, what: "this request" },
            (_, 507) => RequestError::Full { place, answer },
            (_, 408 | 500..) => RequestError::Server { place, answer, after },
            _ => RequestError::Refused { place, answer },
        }
    }

    pub(super) fn read_refused(&self, reply: &Reply, key: &Key) -> ReadError {
        let (code, place, key) = (code(reply), self.inner.place.clone(), key.clone());
        match (code.as_str(), reply.status.as_u16()) {
            ("ContainerNotFound", _) => self.refused(reply).into(),
            ("BlobArchived" | "BlobBeingRehydrated" | "CannotReadArchivedBlob", _) => {
                ReadError::Archived { place, key }
            }
            (_, 404) => ReadError::NotFound { place, key },
            (_, 412) => ReadError::Changed { place, key },
            (_, 416) => ReadError::OutOfRange { place, key },
            _ => self.refused(reply).into(),
        }
    }

    pub(super) fn write_refused(&self, reply: &Reply, key: &Key, expected: Option<&ETag>) -> WriteError {
        let (answer, place, key) = (Box::new(answer(reply)), self.inner.place.clone(), key.clone());
        match (answer.code.as_str(), answer.status) {
            ("ContainerNotFound" | "ContainerBeingDeleted", _) => self.refused(reply).into(),
            ("Md5Mismatch" | "Crc64Mismatch", _) => WriteError::Damaged { place, key, what: answer.to_string() },
            ("LeaseIdMissing" | "BlobImmutableDueToPolicy" | "BlobOverwriteNotAllowed", _) => {
                WriteError::Held { place, key, answer }
            }
            ("BlobAlreadyExists" | "UnauthorizedBlobOverwrite", _) => WriteError::Exists { place, key },
            ("InvalidBlockList", _) => WriteError::NoUpload { place, key },
            (_, 412 | 404) => match expected {
                Some(expected) => WriteError::Changed { place, key, expected: expected.clone() },
                None => WriteError::Exists { place, key },
            },
            (code, _) if LIMIT.contains(&code) => WriteError::Limit { place, key, what: answer.to_string() },
            _ => self.refused(reply).into(),
        }
    }

    pub(super) fn delete_refused(&self, reply: &Reply, key: &Key) -> DeleteError {
        let (answer, place, key) = (Box::new(answer(reply)), self.inner.place.clone(), key.clone());
        match (answer.code.as_str(), answer.status) {
            ("LeaseIdMissing" | "BlobImmutableDueToPolicy" | "SnapshotsPresent", _) => {
                DeleteError::Held { place, key, answer }
            }
            (_, 412) => DeleteError::Changed { place, key },
            _ => self.refused(reply).into(),
        }
    }
}
