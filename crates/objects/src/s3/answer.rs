//! What an S3 server's refusals mean.

use std::time::Duration;

use http::StatusCode;

use super::S3;
use crate::{
    DeleteError, ETag, Key, ListError, ReadError, RequestError, WriteError,
    clock::parse_time,
    error::Answer,
    http::{Reply, text},
    xml,
};

/// Codes that ask for fewer requests.
const SLOW_DOWN: [&str; 7] = [
    "SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests", "Throttling", "ThrottlingException",
    "RequestLimitExceeded",
];
/// Codes that say that other bytes arrived than were sent.
const DAMAGED: [&str; 6] = [
    "BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody", "InvalidDigest",
    "ChecksumMismatch",
];
/// Codes that name one of the store's limits.
const LIMIT: [&str; 10] = [
    "EntityTooLarge", "EntityTooSmall", "KeyTooLongError", "MetadataTooLarge", "InvalidTag", "BadRequestTag",
    "InvalidStorageClass", "InvalidPartOrder", "InvalidPart", "XMinioInvalidObjectName",
];

/// Reads an error's body; HEAD has none.
pub(super) fn answer(reply: &Reply) -> Answer {
    let field = |name| xml::first(&reply.body, name).filter(|t| !t.is_empty());
    Answer {
        status: reply.status.as_u16(),
        code: field("Code").unwrap_or_default(),
        message: field("Message").unwrap_or_default(),
        request_id: text(&reply.headers, "x-amz-request-id").map(str::to_owned).or_else(|| field("RequestId")),
    }
}

/// How long the server asks to wait.
pub(crate) fn retry_after(reply: &Reply) -> Option<Duration> {
    let seconds: u64 = text(&reply.headers, "retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

impl S3 {
    /// What any request can meet.
    pub(super) fn refused(&self, reply: &Reply) -> RequestError {
        let answer = Box::new(answer(reply));
        let place = self.inner.place.clone();
        let after = retry_after(reply);
        match (answer.code.as_str(), answer.status) {
            ("RequestTimeTooSkewed", _) => RequestError::ClockSkew {
                place,
                ours: self.now(),
                theirs: text(&reply.headers, "date").and_then(parse_time),
            },
            ("ExpiredToken" | "TokenRefreshRequired" | "RequestExpired", _) => RequestError::Expired { place, answer },
            ("NoSuchBucket", _) => RequestError::NoContainer { place },
            (code, _) if SLOW_DOWN.contains(&code) => RequestError::Throttled { place, answer, after },
            (_, 429) | ("ServiceUnavailable" | "", 503) => RequestError::Throttled { place, answer, after },
            (
                "QuotaExceeded" | "XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded" | "EntityTooLargeForQuota",
                _,
            )
            | (_, 507) => RequestError::Full { place, answer },
            ("ReadOnly" | "MethodNotAllowedInReadOnlyMode", _) => RequestError::ReadOnly { place, answer },
            ("NotImplemented", _) | (_, 501) => RequestError::Unsupported { place, what: "this request" },
            ("RequestTimeout" | "OperationAborted" | "InternalError" | "ConditionalRequestConflict", _) => {
                RequestError::Server { place, answer, after }
            }
            (_, 401 | 403) => RequestError::Denied { place, answer },
            (_, 408 | 500..) => RequestError::Server { place, answer, after },
            _ => RequestError::Refused { place, answer },
        }
    }

    pub(super) fn list_refused(&self, reply: &Reply) -> ListError {
        self.refused(reply).into()
    }

    pub(super) fn read_refused(&self, reply: &Reply, key: &Key) -> ReadError {
        let code = xml::first(&reply.body, "Code").unwrap_or_default();
        let (place, key) = (self.inner.place.clone(), key.clone());
        match (code.as_str(), reply.status.as_u16()) {
            ("NoSuchBucket", _) => self.refused(reply).into(),
            // A delete marker answers 405 when it is asked for by its version.
            ("NoSuchKey" | "NoSuchVersion" | "NoSuchTagSet", _) | (_, 404) | ("MethodNotAllowed" | "", 405) => {
                ReadError::NotFound { place, key }
            }
            (_, 412) => ReadError::Changed { place, key },
            (_, 416) => ReadError::OutOfRange { place, key },
            ("InvalidObjectState", _) => ReadError::Archived { place, key },
            _ => self.refused(reply).into(),
        }
    }

    pub(super) fn write_refused(&self, reply: &Reply, key: &Key, expected: Option<&ETag>) -> WriteError {
        let answer = Box::new(answer(reply));
        let (place, key) = (self.inner.place.clone(), key.clone());
        match (answer.code.as_str(), answer.status) {
            ("NoSuchUpload", _) => WriteError::NoUpload { place, key },
            (code, _) if DAMAGED.contains(&code) => WriteError::Damaged { place, key, what: answer.to_string() },
            (_, 412) => match expected {
                Some(expected) => WriteError::Changed { place, key, expected: expected.clone() },
                None => WriteError::Exists { place, key },
            },
            (code, _) if LIMIT.contains(&code) => WriteError::Limit { place, key, what: answer.to_string() },
            ("NoSuchKey" | "NoSuchVersion", _) if expected.is_some() => {
                WriteError::Changed { place, key, expected: expected.cloned().unwrap_or_else(|| ETag::new("")) }
            }
            ("ObjectLocked" | "InvalidRetentionPeriod", _) => WriteError::Held { place, key, answer },
            _ => self.refused(reply).into(),
        }
    }

    pub(super) fn delete_refused(&self, reply: &Reply, key: &Key) -> DeleteError {
        let answer = Box::new(answer(reply));
        let (place, key) = (self.inner.place.clone(), key.clone());
        let words = answer.message.to_ascii_lowercase();
        let held = ["lock", "retention", "legal hold", "worm"].iter().any(|w| words.contains(w));
        match (answer.code.as_str(), answer.status) {
            ("ObjectLocked", _) => DeleteError::Held { place, key, answer },
            ("AccessDenied" | "InvalidRequest", _) if held => DeleteError::Held { place, key, answer },
            (_, 412) => DeleteError::Changed { place, key },
            _ => self.refused(reply).into(),
        }
    }

    /// An answer that cannot be read.
    pub(super) fn nonsense(&self, what: impl Into<String>) -> RequestError {
        RequestError::Nonsense { place: self.inner.place.clone(), what: what.into() }
    }
}

/// True for answers that carry what was asked.
pub(super) fn is_good(status: StatusCode) -> bool {
    status.is_success()
}
