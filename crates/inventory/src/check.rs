//! Whether a fetched file is the one that the manifest names.
//!
//! MD5 is what S3 Inventory offers; against chance damage it is good enough, and nothing rests on it but the list of keys.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use flagstate_objects::{Algorithm, Checksum, Hasher};

use crate::{InventoryError, ListedFile};

/// Compares size and MD5, where the manifest says them.
pub fn check(path: &Path, file: &ListedFile) -> Result<(), InventoryError> {
    let damaged = |what: String| InventoryError::Damaged { file: file.key.clone(), what };
    let read = || -> std::io::Result<(u64, Option<Checksum>)> {
        let mut reader = BufReader::with_capacity(1 << 17, File::open(path)?);
        let mut hasher = file.md5.as_ref().and_then(|_| Hasher::new(Algorithm::Md5));
        let mut len = 0_u64;
        let mut buffer = vec![0; 1 << 17];
        loop {
            let n = reader.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else { break };
            len += n as u64;
            if let Some(hasher) = &mut hasher {
                hasher.update(bytes);
            }
        }
        Ok((len, hasher.map(Hasher::finish)))
    };
    let (len, md5) = read().map_err(|e| damaged(format!("it cannot be read: {e}")))?;
    if let Some(size) = file.size.filter(|s| *s != len) {
        return Err(damaged(format!("it has {len} bytes, the manifest says {size}")));
    }
    if file.md5.as_ref().is_some_and(|wanted| md5.is_none() || Checksum::from_hex(Algorithm::Md5, wanted) != md5) {
        return Err(damaged("its MD5 is not what the manifest says".to_owned()));
    }
    Ok(())
}
