//! A folder of this machine, or one that is mounted: each file is an object, its path below the folder is the key.
//!
//! What files cannot hold (headers, metadata, tags) stands in `.flagstate/properties` below the folder; unfinished
//! uploads in `.flagstate/uploads`. Keys that no path can hold are refused ([`crate::Limits`] `file`). Nothing outside the
//! folder is touched: segments `.` and `..` are refused, symbolic links are listed as what they are and never followed.
//!
//! What it deliberately does not do: no versions, no locks between processes. `If-Match` on writes holds against other
//! tasks of this process; writing only where nothing is ([`Condition::Absent`]) holds against everybody.

mod list;
mod properties;
mod read;
mod uploads;
mod write;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, Metadata},
    io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;

use crate::{
    Answer, At, Begin, Complete, ContainerFacts, DeleteError, ETag, Entry, Get, Got, Key, Limiter, Limits, List,
    ListError, OpenUpload, Page, Part, PartDone, Put, ReadError, RequestError, ServerAnswer, Store, UploadId,
    WriteError, Written, limits::RESERVED,
};

/// A folder.
#[derive(Clone, Debug)]
pub struct Local {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    place: String,
    limits: Limits,
    /// Names of unfinished files.
    next: AtomicU64,
    /// Held while a state is compared and replaced.
    swap: Mutex<()>,
    /// Walks that wait for their next page.
    walks: Mutex<Vec<list::Walk>>,
    durable: bool,
    /// What is read waits for this.
    pace: Option<Arc<Limiter>>,
}

impl Local {
    /// The folder `root`. It must be absolute, so that it stays the same folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let place = format!("file://{}", root.display());
        Self {
            inner: Arc::new(Inner {
                root,
                place,
                limits: Limits::of("file"),
                next: AtomicU64::new(0),
                swap: Mutex::new(()),
                walks: Mutex::new(Vec::new()),
                durable: true,
                pace: None,
            }),
        }
    }

    /// Without waiting for the disk after each file: faster, and a power cut can lose what was just written.
    #[must_use]
    pub fn without_sync(self) -> Self {
        self.changed(|inner| inner.durable = false)
    }

    /// What is read waits for the limiter, and is counted twice: for reading, and for writing it elsewhere. For moves from
    /// folder to folder, either of which may be mounted over a network; over HTTP the client waits.
    #[must_use]
    pub fn paced_by(self, limiter: Arc<Limiter>) -> Self {
        self.changed(|inner| inner.pace = Some(limiter))
    }

    fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let i = &self.inner;
        let mut inner = Inner {
            root: i.root.clone(),
            place: i.place.clone(),
            limits: i.limits.clone(),
            next: AtomicU64::new(0),
            swap: Mutex::new(()),
            walks: Mutex::new(Vec::new()),
            durable: i.durable,
            pace: i.pace.clone(),
        };
        change(&mut inner);
        Self { inner: Arc::new(inner) }
    }

    /// Runs something that waits for the disk where that does not stop others.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, RequestError> {
        let inner = self.inner.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|e| self.inner.disk("the work", io::Error::other(e)))
    }
}

/// Whose state a file is: a token that changes with every change of the file.
fn etag(meta: &Metadata) -> ETag {
    let time = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    ETag::new(&format!("{:x}-{time:x}-{:x}", meta.ino(), meta.len()))
}

fn modified(meta: &Metadata) -> Option<Timestamp> {
    Timestamp::new(meta.mtime(), i32::try_from(meta.mtime_nsec()).ok()?).ok()
}

/// A regular file's facts; a link, a folder or nothing is no object.
fn stat(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta).filter(Metadata::is_file)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

impl Inner {
    /// The path of a key; nothing for keys that no path can hold.
    fn path(&self, key: &Key) -> Option<PathBuf> {
        self.limits.key.refuses(key).is_none().then(|| self.root.join(OsStr::from_bytes(key.as_bytes())))
    }

    /// The store's own folder.
    fn own(&self, part: &str) -> PathBuf {
        self.root.join(OsStr::from_bytes(RESERVED)).join(part)
    }

    /// A name for an unfinished file that no other process uses.
    fn unfinished(&self) -> PathBuf {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        self.own("unfinished").join(format!("{}-{n}", std::process::id()))
    }

    /// What a failure of the disk means.
    fn disk(&self, what: &'static str, cause: io::Error) -> RequestError {
        use io::ErrorKind as Kind;
        let place = self.place.clone();
        let answer = Box::new(ServerAnswer { code: cause.to_string(), ..ServerAnswer::default() });
        match cause.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => RequestError::Full { place, answer },
            Kind::ReadOnlyFilesystem => RequestError::ReadOnly { place, answer },
            Kind::PermissionDenied => RequestError::Denied { place, answer },
            Kind::NotFound if !self.root.is_dir() => RequestError::NoContainer { place },
            _ => RequestError::Disk { place, what, cause },
        }
    }

    fn facts(&self) -> Result<ContainerFacts, RequestError> {
        let meta = fs::metadata(&self.root).map_err(|e| self.disk("looking at the folder", e))?;
        if !meta.is_dir() {
            // Something has this name, and it is a file: the answer must not say that there is nothing.
            return Err(RequestError::NoContainer { place: format!("folder {}", self.place) });
        }
        Ok(ContainerFacts {
            versioning: Some(false),
            may_hold_versions: false,
            object_lock: Some(false),
            public_read: Some(meta.mode() & 0o005 == 0o005),
            access: Some(format!("mode {:o}, owner {}, group {}", meta.mode() & 0o7777, meta.uid(), meta.gid())),
            encryption: None,
            object_acls: Some(false),
            each: BTreeMap::new(),
        })
    }
}

impl Store for Local {
    fn place(&self) -> &str {
        &self.inner.place
    }

    fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError> {
        Box::pin(list::list(self, ask))
    }

    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError> {
        Box::pin(read::head(self, at))
    }

    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError> {
        Box::pin(read::get(self, at, ask))
    }

    fn put<'a>(&'a self, put: Put<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(write::put(self, put))
    }

    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError> {
        Box::pin(uploads::begin(self, begin))
    }

    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(uploads::put_part(self, part))
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(uploads::complete(self, complete))
    }

    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        Box::pin(uploads::abort(self, key, upload))
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        Box::pin(uploads::open(self, prefix))
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        Box::pin(uploads::parts(self, key, upload))
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(read::tags(self, at))
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        Box::pin(write::set_tags(self, at, tags))
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(write::delete(self, at))
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        Box::pin(async { self.blocking(Inner::facts).await? })
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        Box::pin(async {
            self.blocking(|i| fs::create_dir_all(&i.root).map_err(|e| i.disk("creating the folder", e))).await?
        })
    }
}
