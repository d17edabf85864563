//! One state of an object, and what travels with it.

use std::sync::Arc;

use super::Content;
use crate::sums::Sum;

/// What a writer said of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties {
    /// Content headers, names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// User metadata.
    pub(crate) metadata: Vec<(String, Vec<u8>)>,
    /// Tags.
    pub(crate) tags: Vec<(String, String)>,
    /// Storage class or tier.
    pub(crate) class: Option<String>,
}

impl Properties {
    /// A content header.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }
}

/// A state.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Ascending with the time of writing.
    pub(crate) id: u64,
    /// A delete marker.
    pub(crate) marker: bool,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    /// Sums that the server answers.
    pub(crate) sums: Vec<Sum>,
    /// Where it was written in parts: how many.
    pub(crate) parts: Option<u32>,
    pub(crate) properties: Arc<Properties>,
    pub(crate) content: Content,
}

impl Object {
    /// How long it is.
    pub(crate) fn len(&self) -> u64 {
        self.content.len()
    }

    /// How a version is called.
    pub(crate) fn version(&self) -> String {
        format!("v{:016}", self.id)
    }
}
