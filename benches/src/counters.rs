//! What the server counts: requests by kind, bytes, errors, what was wrong.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Kinds of requests.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A page of a listing.
    List,
    /// Bytes of an object.
    Get,
    /// An object's properties.
    Head,
    /// An object in one request.
    Put,
    /// The beginning of an upload.
    Begin,
    /// A part or block.
    Part,
    /// The end of an upload; a block list.
    Complete,
    /// An upload given up.
    Abort,
    /// A copy inside the server.
    Copy,
    /// A deletion, of one or many.
    Delete,
    /// Tags read.
    Tags,
    /// Tags, metadata or a tier written.
    Describe,
    /// Uploads or parts listed.
    Uploads,
    /// Anything about a bucket.
    Bucket,
    /// Anything else.
    Other,
}

impl Op {
    /// All kinds, with their names.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::List, "list"),
        (Self::Get, "get"),
        (Self::Head, "head"),
        (Self::Put, "put"),
        (Self::Begin, "begin"),
        (Self::Part, "part"),
        (Self::Complete, "complete"),
        (Self::Abort, "abort"),
        (Self::Copy, "copy"),
        (Self::Delete, "delete"),
        (Self::Tags, "tags"),
        (Self::Describe, "describe"),
        (Self::Uploads, "uploads"),
        (Self::Bucket, "bucket"),
        (Self::Other, "other"),
    ];
}

/// Counts since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: [AtomicU64; 15],
    pub(crate) connections: AtomicU64,
    /// Bytes of objects that came in.
    pub(crate) bytes_in: AtomicU64,
    /// Bytes of objects that went out.
    pub(crate) bytes_out: AtomicU64,
    /// Answers with a status of 400 and more, but for 404 and injected ones.
    pub(crate) refusals: AtomicU64,
    /// Objects that equal the mirrored bucket's.
    pub(crate) matches: AtomicU64,
    /// Objects that the mirrored bucket does not have.
    pub(crate) extra: AtomicU64,
    mismatches: Mutex<Vec<String>>,
}

/// Most mismatches that are named.
const NAMED_MAX: usize = 1000;

impl Counters {
    /// Counts a request.
    pub(crate) fn request(&self, op: Op) {
        if let Some((_, count)) = Op::ALL.iter().zip(&self.requests).find(|((o, _), _)| *o == op) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Names an object that does not equal the mirrored bucket's.
    pub(crate) fn mismatch(&self, what: String) {
        let mut all = self.mismatches.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < NAMED_MAX {
            all.push(what);
        }
    }

    /// Starts again from zero.
    pub(crate) fn reset(&self) {
        let all = [&self.connections, &self.bytes_in, &self.bytes_out, &self.refusals, &self.matches, &self.extra];
        for count in self.requests.iter().chain(all) {
            count.store(0, Ordering::Relaxed);
        }
        self.mismatches.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Everything, for the control address.
    pub(crate) fn value(&self) -> Map<String, Value> {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let requests: Map<String, Value> = Op::ALL
            .iter()
            .zip(&self.requests)
            .filter(|(_, count)| of(count) > 0)
            .map(|((_, name), count)| ((*name).to_owned(), of(count).into()))
            .collect();
        let total: u64 = self.requests.iter().map(of).sum();
        let mismatches = self.mismatches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let value = json!({
            "requests": requests,
            "total": total,
            "connections": of(&self.connections),
            "bytes_in": of(&self.bytes_in),
            "bytes_out": of(&self.bytes_out),
            "refusals": of(&self.refusals),
            "matches": of(&self.matches),
            "extra": of(&self.extra),
            "mismatches": mismatches,
        });
        value.as_object().cloned().unwrap_or_default()
    }
}
