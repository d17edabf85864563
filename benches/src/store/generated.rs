//! Buckets that are computed: any number of keys in ascending order, and bytes for each.
//!
//! Key `n` is `d<n / per_dir>/<n>-<hash>.bin` with fixed widths, so that order by number is order by bytes.

use std::{
    sync::{Arc, OnceLock},
    thread,
};

use super::{
    Content, Object, Pool, Properties,
    listing::{Ask, End, From, Item, Line, successor},
};
use crate::{
    sums::{Kind, Sum},
    text::{hex, http_date, iso, mix, push_hex},
};

/// The time of the first object: 2026-01-01.
const BASE_MS: i64 = 1_767_225_600_000;
/// Objects of more bytes, and buckets of more bytes, have the `ETag` of an upload in parts: no MD5 is computed.
const MD5_OBJECT_MAX: u64 = 16 << 20;
const MD5_TOTAL_MAX: u64 = 4 << 30;

/// How a bucket is computed.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// How many objects.
    pub count: u64,
    /// Bytes of each.
    pub size: u64,
    /// What makes it differ from others.
    pub seed: u64,
    /// Objects below one prefix.
    pub per_dir: u64,
    /// Tags of each object.
    pub tags: u64,
    /// Metadata of each object.
    pub metadata: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { count: 0, size: 16_384, seed: 1, per_dir: 200, tags: 0, metadata: 0 }
    }
}

/// A computed bucket.
#[derive(Debug)]
pub(crate) struct Generated {
    recipe: Recipe,
    pool: Arc<Pool>,
    properties: Arc<Properties>,
    modified: [String; 2],
    md5s: OnceLock<Vec<[u8; 16]>>,
}

impl Generated {
    pub(crate) fn new(recipe: Recipe, pool: Arc<Pool>) -> Self {
        let tags = (0..recipe.tags).map(|n| (format!("tag{n}"), format!("value {n}"))).collect();
        let metadata = (0..recipe.metadata).map(|n| (format!("meta{n}"), format!("value {n}").into_bytes())).collect();
        let headers = vec![("content-type".to_owned(), b"application/x-bench".to_vec())];
        let properties = Arc::new(Properties { headers, metadata, tags, class: None });
        let modified = [iso(BASE_MS), http_date(BASE_MS)];
        let bucket = Self { recipe, pool, properties, modified, md5s: OnceLock::new() };
        if bucket.has_md5() {
            let _ = bucket.md5s.set(bucket.all_md5s());
        }
        bucket
    }

    fn has_md5(&self) -> bool {
        self.recipe.size <= MD5_OBJECT_MAX && self.recipe.count.saturating_mul(self.recipe.size) <= MD5_TOTAL_MAX
    }

    fn all_md5s(&self) -> Vec<[u8; 16]> {
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        let share = self.recipe.count.div_ceil(threads).max(1);
        let part = |t: u64| {
            let range = t * share..((t + 1) * share).min(self.recipe.count);
            range.map(|n| self.content(n).md5()).collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let part = &part;
            let all: Vec<_> = (0..threads).map(|t| scope.spawn(move || part(t))).collect();
            all.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
        })
    }

    fn content(&self, number: u64) -> Content {
        Content::generated(&self.pool, self.recipe.seed, number, self.recipe.size)
    }

    /// What every object carries.
    pub(crate) fn properties(&self) -> &Properties {
        &self.properties
    }

    /// How many objects.
    pub(crate) fn count(&self) -> u64 {
        self.recipe.count
    }

    /// Writes key `number`.
    fn key(&self, number: u64, out: &mut Vec<u8>) {
        out.clear();
        out.push(b'd');
        push_padded(out, number / self.recipe.per_dir.max(1), 7);
        out.push(b'/');
        push_padded(out, number, 10);
        out.push(b'-');
        push_hex(out, mix(self.recipe.seed ^ number).to_be_bytes().get(..4).unwrap_or_default());
        out.extend_from_slice(b".bin");
    }

    fn md5(&self, number: u64) -> Option<&[u8; 16]> {
        self.md5s.get()?.get(usize::try_from(number).ok()?)
    }

    fn etag(&self, number: u64) -> String {
        if let Some(md5) = self.md5(number) {
            return hex(md5);
        }
        let halves = [mix(number ^ 0x0e7a), mix(self.recipe.seed.wrapping_add(number))].map(u64::to_be_bytes);
        format!("{}-{}", hex(halves.as_flattened()), self.recipe.size.div_ceil(8 << 20).max(2))
    }

    /// The first number whose key is not below `key`.
    fn lower_bound(&self, key: &[u8]) -> u64 {
        let (mut low, mut high) = (0, self.recipe.count);
        let mut probe = Vec::new();
        while low < high {
            let middle = low + (high - low) / 2;
            self.key(middle, &mut probe);
            if probe.as_slice() < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// An object.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Object> {
        let number = self.lower_bound(key);
        let mut found = Vec::new();
        self.key(number, &mut found);
        (number < self.recipe.count && found == key).then(|| self.object(number))
    }

    fn object(&self, number: u64) -> Object {
        let content = self.content(number);
        let md5 = self.md5(number).map(|v| Sum { kind: Kind::Md5, value: v.to_vec(), composite: false });
        Object {
            id: number,
            marker: false,
            etag: self.etag(number),
            modified_ms: BASE_MS,
            sums: content.crc64().into_iter().chain(md5).collect(),
            parts: None,
            properties: self.properties.clone(),
            content,
        }
    }

    /// A page. Azure writes times in another form.
    pub(crate) fn list(&self, ask: &Ask, azure: bool, each: &mut dyn FnMut(Item<'_>)) -> End {
        let [s3_time, azure_time] = &self.modified;
        let modified = if azure { azure_time } else { s3_time };
        let mut end = End::default();
        let mut number = self.lower_bound(ask.least());
        let (mut key, mut behind_prefix) = (Vec::new(), None);
        while number < self.recipe.count && ask.most > 0 {
            self.key(number, &mut key);
            if !key.starts_with(&ask.prefix) {
                break;
            }
            let skipped = matches!(&ask.from, From::Behind(b) | From::BehindVersion(b, _) if *b == key);
            if skipped {
                number += 1;
                continue;
            }
            if let Some(prefix) = ask.fold(&key).filter(|p| ask.is_behind(p)) {
                number = successor(prefix).map_or(self.recipe.count, |next| self.lower_bound(&next));
                continue;
            }
            if end.count >= ask.most {
                self.key(number - 1, &mut key);
                end.next = Some(behind_prefix.map_or(From::Behind(key), From::At));
                break;
            }
            end.count += 1;
            if let Some(prefix) = ask.fold(&key) {
                each(Item::Prefix(prefix));
                let next = successor(prefix);
                number = next.as_ref().map_or(self.recipe.count, |next| self.lower_bound(next));
                behind_prefix = next;
                continue;
            }
            let etag = self.etag(number);
            each(Item::Line(Line {
                key: &key,
                len: self.recipe.size,
                etag: &etag,
                modified,
                latest: true,
                snapshot: None,
                md5: self.md5(number).map(<[u8; 16]>::as_slice),
                object: None,
            }));
            number += 1;
            behind_prefix = None;
        }
        end
    }
}

fn push_padded(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let start = out.len();
    while number > 0 || out.len() < start + width {
        // A digit is below ten.
        out.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}
