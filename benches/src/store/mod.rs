//! What the server serves: buckets that are computed and buckets that are written to.

mod content;
mod generated;
mod kept;
pub(crate) mod listing;
mod object;
mod uploads;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

pub(crate) use content::{Content, Pool};
pub(crate) use generated::Generated;
pub use generated::Recipe;
pub use kept::Keep;
pub(crate) use kept::{Condition, Kept, New, Refused};
pub(crate) use object::{Object, Properties};
pub(crate) use uploads::{Part, Uploads};

use listing::{Ask, End, Item};

/// Objects of a bucket.
#[derive(Debug)]
pub(crate) enum Objects {
    Generated(Generated),
    Kept(Kept),
}

/// A bucket or container.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) objects: Objects,
    pub(crate) uploads: Uploads,
    pub(crate) created_ms: i64,
}

impl Bucket {
    pub(crate) fn new(objects: Objects) -> Self {
        Self { objects, uploads: Uploads::default(), created_ms: crate::text::now_ms() }
    }

    /// A state of an object.
    pub(crate) fn get(&self, key: &[u8], version: Option<&str>) -> Option<Arc<Object>> {
        match &self.objects {
            Objects::Generated(_) if version.is_some() => None,
            Objects::Generated(bucket) => bucket.get(key).map(Arc::new),
            Objects::Kept(bucket) => bucket.get(key, version),
        }
    }

    /// The bucket where it can be written to.
    pub(crate) fn kept(&self) -> Option<&Kept> {
        match &self.objects {
            Objects::Generated(_) => None,
            Objects::Kept(bucket) => Some(bucket),
        }
    }

    /// A page of a listing.
    pub(crate) fn list(&self, ask: &Ask, azure: bool, each: &mut dyn FnMut(Item<'_>)) -> End {
        match &self.objects {
            Objects::Generated(bucket) => bucket.list(ask, azure, each),
            Objects::Kept(bucket) => bucket.list(ask, azure, each),
        }
    }

    /// What all objects of a generated bucket carry.
    pub(crate) fn properties(&self) -> Option<&Properties> {
        match &self.objects {
            Objects::Generated(bucket) => Some(bucket.properties()),
            Objects::Kept(_) => None,
        }
    }

    /// How many objects it has.
    pub(crate) fn count(&self) -> u64 {
        match &self.objects {
            Objects::Generated(bucket) => bucket.count(),
            Objects::Kept(bucket) => bucket.count(),
        }
    }
}

/// All buckets by name.
#[derive(Debug, Default)]
pub(crate) struct Buckets(RwLock<BTreeMap<String, Arc<Bucket>>>);

impl Buckets {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Bucket>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Adds or replaces.
    pub(crate) fn set(&self, name: &str, bucket: Bucket) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(bucket));
    }

    /// Adds where there is none.
    pub(crate) fn add(&self, name: &str, bucket: Bucket) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.to_owned()).or_insert_with(|| Arc::new(bucket));
    }

    pub(crate) fn remove(&self, name: &str) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some()
    }

    pub(crate) fn all(&self) -> Vec<(String, Arc<Bucket>)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().map(|(n, b)| (n.clone(), b.clone())).collect()
    }
}
