//! The provider's own inventory in place of a listing: fetched file by file, compared with its manifest, sorted.
//!
//! What it deliberately does not do: it does not believe that the inventory is new. Every object is read under the `ETag` that the
//! inventory names, so that what changed since is seen; what came since is found by the next pass, which lists.

use std::{
    fs::File,
    io::Write as _,
    path::{Component, Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use flagstate_inventory::{InventoryError, ListedFile, Manifest, Wish};
use flagstate_objects::{At, Get, Key, ReadError, RequestError, Retry, Store};

use crate::{
    ends::Work,
    folder::{Folder, FolderError},
    spool::Spool,
    trouble::Trouble,
};

/// Entries that are sorted in at once.
const BATCH: usize = 2000;
/// No manifest is larger: 64 MiB name some 300 000 files.
const MANIFEST_BYTES: u64 = 64 << 20;

/// Where an inventory lies.
#[derive(Clone, Debug)]
pub enum Place {
    /// A manifest on this machine, with its files in the folders around it.
    Disk(PathBuf),
    /// A manifest in the bucket that the inventory was written to.
    Store(Arc<dyn Store>, Key),
}

/// An inventory to list from.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Where.
    pub place: Place,
    /// The bucket or container that is moved.
    pub container: String,
}

impl Inventory {
    /// Reads the manifest.
    pub async fn manifest(&self, retry: &Retry) -> Result<Manifest, Trouble> {
        let (bytes, name) = match &self.place {
            Place::Disk(path) => {
                let io = |source| FolderError::Io { verb: "read", path: path.clone(), source };
                if std::fs::metadata(path).map_err(io)?.len() > MANIFEST_BYTES {
                    return Err(too_large(&path.display().to_string()).into());
                }
                (std::fs::read(path).map_err(io)?.into(), path.display().to_string())
            }
            Place::Store(store, key) => {
                let bytes = retry
                    .run(async |_| {
                        let got = store.get(At::key(key), Get::default()).await?;
                        if got.entry.size > MANIFEST_BYTES { Ok(None) } else { got.body.bytes().await.map(Some) }
                    })
                    .await?;
                (bytes.ok_or_else(|| too_large(&key.to_string()))?, key.to_string())
            }
        };
        let manifest = Manifest::read(&bytes, &name)?;
        match manifest.container.clone().filter(|c| *c != self.container) {
            Some(found) => {
                Err(InventoryError::OtherContainer { file: name, found, wanted: self.container.clone() }.into())
            }
            None => Ok(manifest),
        }
    }

    /// Everything it lists, sorted.
    pub(crate) async fn fill(&self, work: &Work, folder: &Folder) -> Result<Spool, Trouble> {
        let manifest = self.manifest(&work.retry).await?;
        let wish = Wish {
            container: self.container.clone(),
            prefix: work.ends.source.prefix.clone(),
            versions: work.ends.versions,
        };
        let spool = Spool::create(&folder.file("inventory-listing.tmp"))?;
        let (mut seq, mut rows) = (0, 0);
        for file in &manifest.files {
            if work.meter.stopped() {
                return Err(Trouble::Stopped);
            }
            let (path, fetched) = self.fetch(file, folder, &work.retry).await?;
            let read = take(&path, file, &manifest, &wish, &spool, &mut seq);
            if fetched {
                let _ = std::fs::remove_file(&path);
            }
            rows += read?;
            work.meter.listed.store(rows, Ordering::Relaxed);
        }
        if let Some(promised) = manifest.objects.filter(|n| *n != rows) {
            let what = format!("its files have {rows} rows, the manifest says {promised}");
            return Err(InventoryError::Damaged { file: "the inventory".to_owned(), what }.into());
        }
        Ok(spool)
    }

    /// A local copy, and whether it was made for us.
    async fn fetch(&self, file: &ListedFile, folder: &Folder, retry: &Retry) -> Result<(PathBuf, bool), Trouble> {
        match &self.place {
            Place::Disk(manifest) => {
                let path = beside(manifest, &file.key);
                path.map(|p| (p, false)).ok_or_else(|| InventoryError::Missing { file: file.key.clone() }.into())
            }
            Place::Store(store, _) => {
                let path = folder.file("inventory-file.tmp");
                let key = Key::from(file.key.as_str());
                retry.run(async |_| download(&**store, &key, &path).await).await?;
                Ok((path, true))
            }
        }
    }
}

fn too_large(file: &str) -> InventoryError {
    InventoryError::Manifest { file: file.to_owned(), what: "it is larger than 64 MiB".to_owned() }
}

async fn download(store: &dyn Store, key: &Key, path: &Path) -> Result<(), ReadError> {
    let full =
        |cause| RequestError::Disk { place: path.display().to_string(), what: "keeping an inventory file", cause };
    let got = store.get(At::key(key), Get { checksum: true, ..Get::default() }).await?;
    let mut body = got.body;
    let mut file = File::create(path).map_err(full)?;
    while let Some(bytes) = body.next().await {
        file.write_all(&bytes?).map_err(full)?;
    }
    Ok(())
}

fn take(
    path: &Path,
    file: &ListedFile,
    manifest: &Manifest,
    wish: &Wish,
    spool: &Spool,
    seq: &mut i64,
) -> Result<u64, Trouble> {
    flagstate_inventory::check(path, file)?;
    let mut batch = Vec::with_capacity(BATCH);
    let read = flagstate_inventory::read(path, file, manifest, wish, &mut |entry| {
        batch.push(entry);
        if batch.len() < BATCH {
            return Ok(());
        }
        let added = spool.add(&batch, seq);
        batch.clear();
        added.map_err(Into::into)
    })?;
    spool.add(&batch, seq)?;
    Ok(read)
}

/// The file that a key means, seen from the manifest: in the folders as they were written, or in one folder with it.
fn beside(manifest: &Path, key: &str) -> Option<PathBuf> {
    let relative = Path::new(key);
    if relative.components().any(|c| !matches!(c, Component::Normal(_))) {
        return None;
    }
    let folder = manifest.parent()?;
    let name = relative.file_name()?;
    let near = [folder.join(name), folder.join("..").join("data").join(name)];
    folder.ancestors().map(|a| a.join(relative)).chain(near).find(|p| p.is_file())
}

#[cfg(test)]
mod tests;
