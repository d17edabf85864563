//! Text that is borrowed from the file, and trees of the few attributes that are looked at.
//!
//! What it is for: reading without copying and without failing on a value of an unexpected type: what is not text
//! where text is wanted reads as absent.
//!
//! What it deliberately does not do: keep numbers as numbers, or keep the order of keys that repeat.
//!
//! Source: `HashiCorp` "JSON Output Format" 1.2, values representation (2024).

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Text, borrowed where the file has no escapes in it. Numbers and booleans read as their text, all else as empty.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Text<'_> {
    /// The text; empty when absent.
    pub(super) fn str(&self) -> &str {
        &self.0
    }

    /// The text unless it is empty.
    pub(super) fn some(&self) -> Option<&str> {
        Some(self.str()).filter(|s| !s.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Node::deserialize(deserializer)? {
            Node::Text(t) => Self(t),
            Node::Null | Node::List(_) | Node::Map(_) => Self::default(),
        })
    }
}

/// Any value, small: only the attributes that are looked at become one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    /// Null.
    Null,
    /// Text, number or boolean.
    Text(Cow<'a, str>),
    /// List.
    List(Vec<Node<'a>>),
    /// Object, in file order.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Non-empty text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(t) if !t.is_empty() => Some(t),
            _ => None,
        }
    }

    /// A member of an object; of a list, of its first element.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(m) => m.iter().find(|(k, _)| k == name).map(|(_, v)| v),
            Self::List(l) => l.first().and_then(|n| n.get(name)),
            _ => None,
        }
    }

    /// A dotted path; numbers name list elements.
    pub(super) fn path(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let next = match (self, first.parse::<usize>()) {
            (Self::List(l), Ok(i)) => l.get(i),
            _ => self.get(first),
        };
        next.and_then(|n| n.path(rest))
    }

    /// Calls `found` for every member of this name, at any depth.
    pub(super) fn each(&self, found: &mut dyn FnMut(&str, &Self)) {
        match self {
            Self::Map(m) => {
                for (k, v) in m {
                    found(k, v);
                    v.each(found);
                }
            }
            Self::List(l) => l.iter().for_each(|n| n.each(found)),
            _ => {}
        }
    }

    /// True when `true` stands anywhere in it (marks of sensitive values).
    pub(super) fn any_true(&self) -> bool {
        match self {
            Self::Text(t) => t == "true",
            Self::List(l) => l.iter().any(Node::any_true),
            Self::Map(m) => m.iter().any(|(_, v)| v.any_true()),
            Self::Null => false,
        }
    }

    /// Members of an object.
    pub(super) fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        match self {
            Self::Map(m) => m,
            _ => &[],
        }
    }

    /// Elements of a list.
    pub(super) fn elements(&self) -> &[Node<'a>] {
        match self {
            Self::List(l) => l,
            _ => &[],
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor(std::marker::PhantomData))
    }
}

struct NodeVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for NodeVisitor<'a> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(if v { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(v.to_string())))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(v.to_string())))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(v.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = seq.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        while let Some(Key(key)) = map.next_key::<Key<'a>>()? {
            members.push((key, map.next_value()?));
        }
        Ok(Node::Map(members))
    }
}

/// A key of an object, borrowed where it has no escapes.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for KeyVisitor<'a> {
            type Value = Key<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor(std::marker::PhantomData))
    }
}

/// A list or object of which only the length is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Length(pub(super) u64);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list: Option<Vec<IgnoredAny>> = Option::deserialize(deserializer)?;
        Ok(Self(list.map_or(0, |l| l.len() as u64)))
    }
}
