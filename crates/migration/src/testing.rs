//! What the tests of this crate share.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder that goes away.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A fresh folder.
pub(crate) fn folder(name: &str) -> Folder {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("flagstate-move-{name}-{}-{number}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    Folder(dir)
}

use std::sync::Arc;

use flagstate_objects::{
    Capabilities, Condition, Integrity, Key, Memory, Payload, Properties, Put, Retry, RetryPolicy, Seeded, Store,
    SystemClock,
};

use crate::{
    ends::{End, Ends, Meter, Work},
    select::Selector,
};

/// A store in memory.
pub(crate) fn memory(name: &str) -> Arc<Memory> {
    Arc::new(Memory::new(name, Arc::new(SystemClock)))
}

/// Quick second tries.
pub(crate) fn retry() -> Retry {
    let millis = std::time::Duration::from_millis;
    let policy = RetryPolicy { base: millis(1), cap: millis(5), ..RetryPolicy::default() };
    Retry::new(policy, Seeded(1))
}

/// Work between two stores.
pub(crate) fn work_between(source: Arc<dyn Store>, target: Arc<dyn Store>, can: Capabilities) -> Arc<Work> {
    let end = |store| End { store, prefix: Key::default() };
    Arc::new(Work {
        ends: Ends {
            source: end(source),
            target: end(target),
            selector: Selector::default(),
            versions: false,
            old_states: false,
            object_acls: false,
            keep_holds: false,
        },
        can,
        retry: retry(),
        clock: Arc::new(SystemClock),
        meter: Arc::new(Meter::default()),
    })
}

/// Work between two stores in memory; hands back the source too.
pub(crate) fn work_on(_: &Folder) -> (Arc<Work>, Arc<Memory>) {
    let source = memory("source");
    (work_between(source.clone(), memory("target"), Capabilities::default()), source)
}

/// Writes an object.
pub(crate) async fn put(store: &dyn Store, key: &Key, bytes: &[u8], properties: &Properties) {
    let payload = Payload::from(bytes.to_vec());
    let put = Put { key, payload, properties, integrity: Integrity::Nothing, condition: Condition::Always };
    store.put(put).await.unwrap();
}

/// Writes empty objects.
pub(crate) async fn keys(store: &Memory, names: &[String]) {
    for name in names {
        put(store, &Key::from(name.as_str()), b"", &Properties::default()).await;
    }
}
