//! Uploads in parts that are under way, and blocks that wait below a blob's name.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Content, Properties};
use crate::{sums::Sum, text::now_ms};

/// Blocks by key, each with its id, in the order in which they came.
type Blocks = BTreeMap<Vec<u8>, Vec<(Vec<u8>, Part)>>;

/// A part or block.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) etag: String,
    pub(crate) sums: Vec<Sum>,
    pub(crate) content: Content,
}

/// An upload of S3.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) key: Vec<u8>,
    pub(crate) started_ms: i64,
    pub(crate) properties: Arc<Properties>,
    /// `COMPOSITE` or `FULL_OBJECT`, and the kind of sum, where the client named one.
    pub(crate) summed: Option<(crate::sums::Kind, bool)>,
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// Uploads of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    next: AtomicU64,
    open: Mutex<BTreeMap<String, Upload>>,
    blocks: Mutex<Blocks>,
}

impl Uploads {
    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload; answers its id.
    pub(crate) fn begin(
        &self,
        key: &[u8],
        properties: Properties,
        summed: Option<(crate::sums::Kind, bool)>,
    ) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("upload{number:012}");
        let upload = Upload {
            key: key.to_vec(),
            started_ms: now_ms(),
            properties: Arc::new(properties),
            summed,
            parts: BTreeMap::new(),
        };
        self.open().insert(id.clone(), upload);
        id
    }

    /// True while an upload of this key is under way.
    pub(crate) fn is_open(&self, id: &str, key: &[u8]) -> bool {
        self.open().get(id).is_some_and(|u| u.key == key)
    }

    /// Adds or replaces a part; false where there is no such upload.
    pub(crate) fn put(&self, id: &str, number: u32, part: Part) -> bool {
        self.open().get_mut(id).map(|u| u.parts.insert(number, part)).is_some()
    }

    /// An upload as it is now.
    pub(crate) fn get(&self, id: &str) -> Option<Upload> {
        self.open().get(id).cloned()
    }

    /// Forgets an upload.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.open().remove(id).is_some()
    }

    /// All uploads, by key and id.
    pub(crate) fn all(&self) -> Vec<(String, Upload)> {
        let mut all: Vec<_> = self.open().iter().map(|(id, u)| (id.clone(), u.clone())).collect();
        all.sort_by(|(a, x), (b, y)| (&x.key, a).cmp(&(&y.key, b)));
        all
    }

    /// Adds or replaces a block.
    pub(crate) fn put_block(&self, key: &[u8], id: &[u8], part: Part) {
        let mut blocks = self.blocks();
        let all = blocks.entry(key.to_vec()).or_default();
        match all.iter_mut().find(|(i, _)| i == id) {
            Some((_, slot)) => *slot = part,
            None => all.push((id.to_vec(), part)),
        }
    }

    /// Blocks that wait below a key.
    pub(crate) fn blocks_of(&self, key: &[u8]) -> Vec<(Vec<u8>, Part)> {
        self.blocks().get(key).cloned().unwrap_or_default()
    }

    /// Keys with blocks that wait.
    pub(crate) fn keys_with_blocks(&self) -> Vec<Vec<u8>> {
        self.blocks().keys().cloned().collect()
    }

    /// Forgets the blocks of a key.
    pub(crate) fn drop_blocks(&self, key: &[u8]) {
        self.blocks().remove(key);
    }

    /// Uploads under way, and the parts and bytes that they hold; keys with waiting blocks count as uploads.
    pub(crate) fn totals(&self) -> (u64, u64, u64) {
        let open = self.open();
        let blocks = self.blocks();
        let parts = open.values().flat_map(|u| u.parts.values());
        let lens: Vec<u64> = parts.chain(blocks.values().flatten().map(|(_, p)| p)).map(|p| p.content.len()).collect();
        let keys: HashSet<&Vec<u8>> = blocks.keys().collect();
        ((open.len() + keys.len()) as u64, lens.len() as u64, lens.iter().sum())
    }
}
