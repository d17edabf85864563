//! Small numbers for the values of a row, so that a row that was seen before costs no look at its bytes.
//!
//! What it is for: in Parquet most values come out of a dictionary page, so the same value has the same address within a
//! row group. A value met at a known address has its number at once; others are looked up by their bytes. The numbers
//! of a row together lead to its entry.
//!
//! What it deliberately does not do: trust an address whose bytes may have gone. A remembered value is held, so that its
//! memory cannot come to mean something else; all are let go at the end of the row group.

use parquet::data_type::ByteArray;

use super::{groups::Interner, parquet::Texts};

/// Addresses remembered per column; a power of two.
const ADDRESSES: usize = 1 << 14;

/// Where a row belongs.
pub(super) enum Place {
    /// Context and entry.
    Known((u32, u32)),
    /// Seen for the first time: [`Names::remember`] must follow.
    New,
}

/// Numbers for values and rows.
#[derive(Default)]
pub(super) struct Names {
    columns: Vec<Column>,
    tuple: Vec<u32>,
    bytes: Vec<u8>,
    tuples: Interner,
    /// Context and entry by tuple.
    places: Vec<(u32, u32)>,
    /// The tuple of the latest row by the number of its first value, which is the resource: rows of a resource resemble
    /// one another. Flat, one tuple after the other; the place stands beside it.
    latest: Vec<u32>,
    latest_places: Vec<Option<(u32, u32)>>,
}

#[derive(Default)]
struct Column {
    values: Interner,
    lately: Vec<Option<(ByteArray, u32)>>,
}

impl Names {
    /// The place of a row.
    pub(super) fn place(&mut self, texts: &[Texts], row: usize) -> Place {
        self.columns.resize_with(texts.len(), Column::default);
        self.tuple.clear();
        for (text, column) in texts.iter().zip(&mut self.columns) {
            self.tuple.push(match text.held(row) {
                Some(value) => column.held(value),
                None => column.values.intern(text.get(row)).0,
            });
        }
        if let Some(place) = self.as_before() {
            return Place::Known(place);
        }
        self.bytes.clear();
        self.bytes.extend(self.tuple.iter().flat_map(|id| id.to_le_bytes()));
        let (id, new) = self.tuples.intern(&self.bytes);
        if new {
            return Place::New;
        }
        let place = self.places.get(id as usize).copied().unwrap_or_default();
        self.keep(place);
        Place::Known(place)
    }

    /// The place of the latest row of this resource, when this row is like it.
    fn as_before(&self) -> Option<(u32, u32)> {
        let first = *self.tuple.first()? as usize;
        let place = (*self.latest_places.get(first)?)?;
        let from = first * self.tuple.len();
        (self.latest.get(from..from + self.tuple.len())? == self.tuple).then_some(place)
    }

    fn keep(&mut self, place: (u32, u32)) {
        let Some(first) = self.tuple.first().map(|f| *f as usize) else { return };
        let width = self.tuple.len();
        if self.latest_places.len() <= first {
            self.latest_places.resize(first + 1, None);
            self.latest.resize((first + 1) * width, 0);
        }
        if let (Some(slot), Some(to)) =
            (self.latest_places.get_mut(first), self.latest.get_mut(first * width..(first + 1) * width))
        {
            *slot = Some(place);
            to.copy_from_slice(&self.tuple);
        }
    }

    /// Where the row that was new belongs.
    pub(super) fn remember(&mut self, context: u32, entry: u32) {
        self.places.push((context, entry));
        self.keep((context, entry));
    }

    /// Lets go of remembered values.
    pub(super) fn forget_addresses(&mut self) {
        for column in &mut self.columns {
            column.lately.clear();
        }
    }
}

impl Column {
    fn held(&mut self, value: &ByteArray) -> u32 {
        let data = value.data();
        if self.lately.is_empty() {
            self.lately.resize_with(ADDRESSES, || None);
        }
        let address = data.as_ptr().addr();
        let at = (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50) & (ADDRESSES - 1);
        let slot = self.lately.get_mut(at);
        if let Some(Some((known, id))) = &slot {
            let same = known.data();
            if same.as_ptr().addr() == address && same.len() == data.len() {
                return *id;
            }
        }
        let id = self.values.intern(data).0;
        if let Some(slot) = slot {
            *slot = Some((value.clone(), id));
        }
        id
    }
}
