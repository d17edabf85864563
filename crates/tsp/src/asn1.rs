//! One level of DER at a time: tags, values and the bytes as they stood.
//!
//! What it deliberately does not do: no types and no re-encoding, because a signature covers the bytes as they came; and
//! no check of the order of a SET, because servers write the set of certificates in any order.
//!
//! Specification: ITU-T X.690 (2021), definite lengths only, read by the `der` crate.

use std::vec;

use der::{Header, Reader, SliceReader, Tag, TagNumber, oid::ObjectIdentifier};

/// What could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// One tagged value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) tag: Tag,
    pub(crate) value: &'a [u8],
    /// Tag, length and value as they stood.
    pub(crate) whole: &'a [u8],
}

/// The values of a constructed one, taken in order.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    left: vec::IntoIter<Item<'a>>,
    of: &'static str,
}

/// Every value in `bytes`, to the end.
pub(crate) fn items<'a>(bytes: &'a [u8], of: &'static str) -> Result<Vec<Item<'a>>, Malformed> {
    let bad = |_| Malformed(of);
    let mut reader = SliceReader::new(bytes).map_err(bad)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        let tag = Tag::peek(&reader).map_err(bad)?;
        let header = Header::peek(&reader).map_err(bad)?;
        let whole = reader.tlv_bytes().map_err(bad)?;
        let length = usize::try_from(header.length()).map_err(bad)?;
        let start = whole.len().checked_sub(length).ok_or(Malformed(of))?;
        let value = whole.get(start..).ok_or(Malformed(of))?;
        found.push(Item { tag, value, whole });
    }
    Ok(found)
}

/// The one value that `bytes` is.
pub(crate) fn one<'a>(bytes: &'a [u8], tag: Tag, of: &'static str) -> Result<Item<'a>, Malformed> {
    match items(bytes, of)?.as_slice() {
        [item] if item.tag == tag => Ok(*item),
        _ => Err(Malformed(of)),
    }
}

/// Context tag `number`, constructed.
pub(crate) const fn context(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// Context tag `number`, primitive.
pub(crate) const fn context_primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

impl<'a> Item<'a> {
    /// The values inside.
    pub(crate) fn fields(&self, of: &'static str) -> Result<Fields<'a>, Malformed> {
        Ok(Fields { left: items(self.value, of)?.into_iter(), of })
    }

    /// The value as an object identifier.
    pub(crate) fn oid(&self) -> Result<ObjectIdentifier, Malformed> {
        if self.tag != Tag::ObjectIdentifier {
            return Err(Malformed("an object identifier"));
        }
        ObjectIdentifier::from_bytes(self.value).map_err(|_| Malformed("an object identifier"))
    }
}

impl<'a> Fields<'a> {
    /// The next value, which must have this tag.
    pub(crate) fn next(&mut self, tag: Tag) -> Result<Item<'a>, Malformed> {
        self.left.next().filter(|item| item.tag == tag).ok_or(Malformed(self.of))
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: Tag) -> Option<Item<'a>> {
        if self.left.as_slice().first()?.tag == tag { self.left.next() } else { None }
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Item<'a>> {
        self.left.next()
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.left.as_slice().is_empty() { Ok(()) } else { Err(Malformed(self.of)) }
    }
}

/// A small non-negative INTEGER.
pub(crate) fn small(value: &[u8]) -> Option<u32> {
    let (first, _) = value.split_first()?;
    if *first >= 0x80 || value.len() > 4 {
        return None;
    }
    Some(value.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
}

/// One value: tag, length in DER, content.
pub(crate) fn encode(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    match (length, u8::try_from(length), u8::try_from(significant.len())) {
        (0..=127, Ok(short), _) => out.push(short),
        (_, _, Ok(count)) => {
            out.push(0x80 | count);
            out.extend_from_slice(&significant);
        }
        // A usize has eight bytes at most.
        (_, _, Err(_)) => {}
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}
