//! A key: the name of an object, as bytes. Never a path: nothing here trims, joins, splits or normalises.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The name of an object. Keys compare and sort by their bytes, as stores list them.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key(Vec<u8>);

impl Key {
    /// Takes bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The text, where the bytes are UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for the empty key, which no store has.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name before the first slash, and the key behind it: how keys of several containers are told apart.
    pub(crate) fn in_container(&self) -> Option<(&str, Self)> {
        let at = self.0.iter().position(|b| *b == b'/')?;
        let (name, rest) = self.0.split_at_checked(at)?;
        Some((std::str::from_utf8(name).ok()?, Self::new(rest.get(1..)?)))
    }

    /// One line of text that tells any two keys apart: control characters, `%` and what is not UTF-8 become `%XX`.
    pub fn escaped(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || c == '%' || is_invisible(c) {
                    let mut buffer = [0; 4];
                    push_escaped(&mut out, c.encode_utf8(&mut buffer).as_bytes());
                } else {
                    out.push(c);
                }
            }
            push_escaped(&mut out, chunk.invalid());
        }
        out
    }

    /// The reverse of [`Key::escaped`]; nothing where an escape is broken.
    pub fn from_escaped(text: &str) -> Option<Self> {
        percent_decode(text.as_bytes(), false).map(Self)
    }
}

/// Marks and separators that a terminal does not show, or that turn text round.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn push_escaped(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push('%');
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()));
        }
    }
}

/// Undoes percent-encoding; `plus` turns `+` into a space as forms do. Nothing where an escape is broken.
pub(crate) fn percent_decode(text: &[u8], plus: bool) -> Option<Vec<u8>> {
    let digit = |b: Option<&u8>| char::from(*b?).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => out.push(digit(rest.next())? << 4 | digit(rest.next())?),
            b'+' if plus => out.push(b' '),
            other => out.push(*other),
        }
    }
    Some(out)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.escaped())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.escaped())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Key {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped())
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_escaped(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no escaped key")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaping_is_reversible(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let key = Key::new(bytes);
            let text = key.escaped();
            prop_assert!(text.chars().all(|c| !c.is_control()));
            prop_assert_eq!(Key::from_escaped(&text), Some(key.clone()));
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<Key>(&json).unwrap(), key);
        }
    }

    #[test]
    fn readable_keys_stay_readable() {
        assert_eq!(Key::from("é/a b//c").escaped(), "é/a b//c");
        assert_eq!(Key::new(b"a\tb%\xff".to_vec()).escaped(), "a%09b%25%FF");
        assert_eq!(Key::from_escaped("%zz"), None);
        assert_eq!(percent_decode(b"a+b%2B", true), Some(b"a b+".to_vec()));
        assert_eq!(percent_decode(b"a+b%2", false), None);
    }
}
