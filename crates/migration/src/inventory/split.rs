//! Where to cut a range of keys in two when nobody knows how the keys are spread.
//!
//! A few questions for one key each find the first byte in which the remaining keys differ from the last one listed, and
//! the largest value that this byte has; the cut is in the middle. It works for dates, numbers and names alike. What is
//! asked for is always text: S3 has no other keys, and servers answer the middle of a letter with an error of their own.

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
        let Some(from) = text_from(from) else { return Ok(None) };
        // Asking behind `from` would miss `from` itself, which is as good a cut as any; so it does not matter here.
        let ask = List {
            prefix: self.prefix.clone(),
            after: Some(from),
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
    let at = text_from(&with(u8::try_from(middle).unwrap_or(u8::MAX)));
    Ok(at.filter(|at| at > last && range.through.as_ref().is_none_or(|t| at < t)))
}

/// The smallest bytes behind everything that begins with these.
fn successor(stem: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = stem.to_vec();
    let last = bytes.last_mut()?;
    *last = last.checked_add(1)?;
    Some(bytes)
}

/// The smallest text that is not before these bytes; nothing where they are behind all text.
fn text_from(bytes: &[u8]) -> Option<Key> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => return Some(Key::new(bytes)),
        Err(e) => e.valid_up_to(),
    };
    let (head, rest) = bytes.split_at_checked(valid)?;
    let letter = |code: u32| char::from_u32(code).unwrap_or('\u{e000}');
    let before = |code: u32| letter(code).encode_utf8(&mut [0; 4]).as_bytes() < rest;
    // Letters have the order of their numbers, as numbers and as bytes.
    let (mut low, mut high) = (0, u32::from(char::MAX) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle.min(u32::from(char::MAX))) { low = middle + 1 } else { high = middle }
    }
    let found = letter(char::from_u32(low).map_or(0xe000, u32::from));
    (low <= u32::from(char::MAX)).then(|| Key::new([head, found.encode_utf8(&mut [0; 4]).as_bytes()].concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::text_from;

    #[test]
    fn the_middle_of_a_letter_becomes_the_next_letter() {
        let text = |bytes: &[u8]| text_from(bytes).map(|k| k.as_str().unwrap().to_owned());
        assert_eq!(text(b"abc").as_deref(), Some("abc"));
        assert_eq!(text(b"a\x80").as_deref(), Some("a\u{80}"));
        assert_eq!(text(b"na\xc3").as_deref(), Some("na\u{c0}"));
        assert_eq!(text(b"na\xc3\xff").as_deref(), Some("na\u{100}"));
        assert_eq!(text(b"\xed\xa0").as_deref(), Some("\u{e000}"));
        assert_eq!(text(b"\xf5"), None);
    }

    proptest! {
        #[test]
        fn it_is_text_and_not_before_the_bytes(bytes: Vec<u8>, letter: char) {
            if let Some(key) = text_from(&bytes) {
                prop_assert!(key.as_str().is_some());
                prop_assert!(key.as_bytes() >= bytes.as_slice());
                // No text stands between them.
                let mut other = bytes.clone();
                other.truncate(bytes.len().saturating_sub(1));
                other.extend(letter.to_string().into_bytes());
                if std::str::from_utf8(&other).is_ok() && other >= bytes {
                    prop_assert!(other.as_slice() >= key.as_bytes());
                }
            }
        }
    }
}
