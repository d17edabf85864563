//! A walk over a footer: how deep its schema is, and whether its lists fit into it.
//!
//! The walk calls itself only as deep as [`MAX_STRUCTS`]; a schema is a flat list whose elements say how many of the
//! following ones are theirs, so its depth is counted without calling anything.

use std::fmt;

/// Levels of a schema. Thirty are many in practice.
const MAX_LEVELS: usize = 100;
/// Structures inside structures. The format itself has fewer than ten; the library skips at most 64.
const MAX_STRUCTS: u32 = 64;

/// Numbers of types in the compact protocol.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const MAP: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
    pub(super) const UUID: u8 = 13;
}

/// `FileMetaData.schema`.
const SCHEMA: i64 = 2;
/// `SchemaElement.num_children`.
const CHILDREN: i64 = 5;

/// Why a footer is not handed to the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// It ends in the middle, or is no structure at all.
    Cut,
    /// A list says that it has more than could stand there.
    List,
    /// Structures inside structures.
    Structs,
    /// The schema's levels.
    Levels,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("its footer ends in the middle"),
            Self::List => f.write_str("a list in its footer is longer than the footer"),
            Self::Structs => write!(f, "its footer has more than {MAX_STRUCTS} structures inside each other"),
            Self::Levels => write!(f, "its schema has more than {MAX_LEVELS} levels"),
        }
    }
}

/// Refuses a footer over which the library would end the process.
pub(crate) fn check(footer: &[u8]) -> Result<(), Damage> {
    let mut walk = Walk { rest: footer };
    walk.fields(
        |walk, id, kind| {
            if (id, kind) == (SCHEMA, kind::LIST) { walk.schema() } else { walk.skip(kind, MAX_STRUCTS) }
        },
    )
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl Walk<'_> {
    fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(Damage::Cut)?;
        self.rest = rest;
        Ok(*first)
    }

    fn bytes(&mut self, count: u64) -> Result<(), Damage> {
        let count = usize::try_from(count).map_err(|_| Damage::Cut)?;
        self.rest = self.rest.get(count..).ok_or(Damage::Cut)?;
        Ok(())
    }

    /// A number of up to ten bytes; what does not fit into 64 bits falls off, as in the library.
    fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damage::Cut)
    }

    fn signed(&mut self) -> Result<i64, Damage> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Each field of a structure: its number and its type; `each` reads or skips the value.
    fn fields(&mut self, mut each: impl FnMut(&mut Self, i64, u8) -> Result<(), Damage>) -> Result<(), Damage> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head % 16 == 0 {
                return Ok(());
            }
            let step = i64::from(head >> 4);
            id = if step == 0 { self.signed()? } else { id.saturating_add(step) };
            each(self, id, head & 0x0f)?;
        }
    }

    /// The head of a list: how many, of which type. No element is shorter than a byte.
    fn list(&mut self) -> Result<(u64, u8), Damage> {
        let head = self.byte()?;
        let short = u64::from(head >> 4);
        let count = if short == 15 { self.number()? } else { short };
        self.has_room_for(count)?;
        Ok((count, head & 0x0f))
    }

    /// That so many elements can stand in what is left.
    fn has_room_for(&self, count: u64) -> Result<(), Damage> {
        if usize::try_from(count).is_ok_and(|c| c <= self.rest.len()) { Ok(()) } else { Err(Damage::List) }
    }

    fn skip(&mut self, kind: u8, deeper: u32) -> Result<(), Damage> {
        let deeper = deeper.checked_sub(1).ok_or(Damage::Structs)?;
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.bytes(1),
            kind::I16 | kind::I32 | kind::I64 => self.number().map(|_| ()),
            kind::DOUBLE => self.bytes(8),
            kind::UUID => self.bytes(16),
            kind::BINARY => {
                let length = self.number()?;
                self.bytes(length)
            }
            kind::LIST | kind::SET => {
                let (count, of) = self.list()?;
                self.elements(count, of, deeper)
            }
            kind::MAP => self.map(deeper),
            kind::STRUCT => self.fields(|walk, _, kind| walk.skip(kind, deeper)),
            _ => Err(Damage::Cut),
        }
    }

    fn elements(&mut self, count: u64, of: u8, deeper: u32) -> Result<(), Damage> {
        (0..count).try_for_each(|_| self.element(of, deeper))
    }

    /// In a list a truth value is a byte; in a structure it stands in the field's head.
    fn element(&mut self, of: u8, deeper: u32) -> Result<(), Damage> {
        if matches!(of, kind::TRUE | kind::FALSE) { self.bytes(1) } else { self.skip(of, deeper) }
    }

    fn map(&mut self, deeper: u32) -> Result<(), Damage> {
        let count = self.number()?;
        if count == 0 {
            return Ok(());
        }
        let kinds = self.byte()?;
        self.has_room_for(count)?;
        (0..count).try_for_each(|_| {
            self.element(kinds >> 4, deeper)?;
            self.element(kinds & 0x0f, deeper)
        })
    }

    fn schema(&mut self) -> Result<(), Damage> {
        let (count, of) = self.list()?;
        if of != kind::STRUCT {
            return self.elements(count, of, MAX_STRUCTS);
        }
        // For each group that is not complete: how many of its children are still to come.
        let mut open: Vec<u64> = Vec::new();
        for done in 0..count {
            let mut children = 0;
            self.fields(|walk, id, kind| {
                if (id, kind) == (CHILDREN, kind::I32) {
                    children = walk.signed()?;
                    return Ok(());
                }
                walk.skip(kind, MAX_STRUCTS)
            })?;
            let children = u64::try_from(children).map_err(|_| Damage::List)?;
            if children > count - done - 1 {
                return Err(Damage::List);
            }
            if let Some(of_parent) = open.last_mut() {
                *of_parent -= 1;
            }
            open.push(children);
            while open.last() == Some(&0) {
                open.pop();
            }
            if open.len() > MAX_LEVELS {
                return Err(Damage::Levels);
            }
        }
        Ok(())
    }
}
