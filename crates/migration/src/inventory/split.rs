//! Where to cut a range of keys in two when nobody knows how the keys are spread.
//!
//! A few questions for one key each find the first byte in which the remaining keys differ from the last one listed, and
//! the largest value that this byte has; the cut is in the middle. It works for dates, numbers and names alike.

use flagstate_objects::{Key, List, Retry, Store};

use crate::{journal::Range, trouble::Trouble};

/// Asks a store which keys there are behind others.
struct Probe<'a> {
    store: &'a dyn Store,
    retry: &'a Retry,
    prefix: &'a Key,
    range: &'a Range,
}

impl Probe<'_> {
    /// The first key that is not before `from`, in the range.
    async fn first(&self, from: &[u8]) -> Result<Option<Key>, Trouble> {
        // Asking behind `from` would miss `from` itself, which is as good a cut as any; so it does not matter here.
        let ask = List {
            prefix: self.prefix.clone(),
            after: Some(Key::new(from)),
            until: self.range.through.as_ref().map(crate::walk::behind),
            page: Some(1),
            ..List::default()
        };
        let page = self.retry.run(|_| self.store.list(&ask)).await?;
        Ok(page.entries.into_iter().next().map(|e| e.key))
    }
}

/// A key at which to cut what is behind `last`; nothing where there is too little to cut.
pub(super) async fn cut(
    store: &dyn Store,
    retry: &Retry,
    prefix: &Key,
    last: &Key,
    range: &Range,
) -> Result<Option<Key>, Trouble> {
    let probe = Probe { store, retry, prefix, range };
    let bytes = last.as_bytes();
    // The shortest stem of `last` behind whose successor there is something.
    let (mut low, mut high) = (prefix.len(), bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let found = match successor(bytes.get(..=middle).unwrap_or(bytes)) {
            Some(from) => probe.first(&from).await?.is_some(),
            None => false,
        };
        if found { high = middle } else { low = middle + 1 }
    }
    let (Some(stem), Some(&byte)) = (bytes.get(..low), bytes.get(low)) else { return Ok(None) };
    let with = |b: u8| [stem, &[b]].concat();
    // The largest value of that byte behind which there is something.
    let (mut low, mut high) = (u16::from(byte) + 1, 256_u16);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let value = u8::try_from(middle).unwrap_or(u8::MAX);
        match probe.first(&with(value)).await? {
            Some(key) => low = key.as_bytes().get(stem.len()).map_or(middle, |b| u16::from(*b).max(middle)),
            None => high = middle,
        }
    }
    let middle = (u16::from(byte) + 1 + low).div_ceil(2);
    let at = Key::new(with(u8::try_from(middle).unwrap_or(u8::MAX)));
    Ok(Some(at).filter(|at| at > last && range.through.as_ref().is_none_or(|t| at < t)))
}

/// The smallest bytes behind everything that begins with these.
fn successor(stem: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = stem.to_vec();
    let last = bytes.last_mut()?;
    *last = last.checked_add(1)?;
    Some(bytes)
}
