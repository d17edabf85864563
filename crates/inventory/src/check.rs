//! Whether a fetched file is the one that the manifest names.
//!
//! MD5 is what S3 Inventory offers; against chance damage it is good enough, and nothing rests on it but the list of keys.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use md5::{Digest as _, Md5};

use crate::{InventoryError, ListedFile};

/// Compares size and MD5, where the manifest says them.
pub fn check(path: &Path, file: &ListedFile) -> Result<(), InventoryError> {
    let damaged = |what: String| InventoryError::Damaged { file: file.key.clone(), what };
    let read = || -> std::io::Result<(u64, String)> {
        let mut reader = BufReader::with_capacity(1 << 17, File::open(path)?);
        let (mut hasher, mut len) = (Md5::new(), 0_u64);
        let mut buffer = vec![0; 1 << 17];
        loop {
            let n = reader.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else { break };
            len += n as u64;
            if file.md5.is_some() {
                hasher.update(bytes);
            }
        }
        Ok((len, hex(&hasher.finalize())))
    };
    let (len, md5) = read().map_err(|e| damaged(format!("it cannot be read: {e}")))?;
    if let Some(size) = file.size.filter(|s| *s != len) {
        return Err(damaged(format!("it has {len} bytes, the manifest says {size}")));
    }
    if file.md5.as_ref().is_some_and(|m| !m.eq_ignore_ascii_case(&md5)) {
        return Err(damaged("its MD5 is not what the manifest says".to_owned()));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('?');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
