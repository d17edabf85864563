//! Names of tiles and bundles, and which of them exist for a size.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0, sections "Merkle Tree", "Partial Tiles" and "Log entries".

use std::{fmt, str::FromStr};

use crate::text::decimal;

/// Hashes or entries in a full tile or bundle.
pub const TILE_WIDTH: u16 = 256;
/// The highest level that a path can name. Trees of 64-bit sizes use levels 0 to 7.
pub const MAX_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The entries themselves: an entry bundle.
    Entries,
    /// Hashes of subtrees of `256^level` leaves.
    Level(u8),
}

impl Layer {
    /// How many hashes (or entries) a tree of `size` leaves has here.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Level(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        }
    }
}

/// The name of a tile or bundle. Shown as its path, `tile/0/x001/x234/067.p/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    layer: Layer,
    index: u64,
    width: u16,
}

impl TileId {
    /// The tile `index` of a layer with `width` hashes or entries: 1 to 256, and levels up to 63.
    pub fn new(layer: Layer, index: u64, width: u16) -> Option<Self> {
        let level_fits = !matches!(layer, Layer::Level(level) if level > MAX_LEVEL);
        (level_fits && (1..=TILE_WIDTH).contains(&width)).then_some(Self { layer, index, width })
    }

    /// The tile `index` of a layer as a tree of `size` leaves has it, if it has it.
    pub fn at(layer: Layer, index: u64, size: u64) -> Option<Self> {
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let left = layer.count(size).checked_sub(before)?;
        Self::new(layer, index, u16::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH))
    }

    /// What it holds.
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    /// Its number within the layer.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, 1 to 256.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// True with all 256: such a tile never changes.
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The full tile that this one is or becomes.
    #[must_use]
    pub const fn to_full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Its path below the log's prefix, with `/` between the parts.
    pub fn path(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Layer::Entries => f.write_str("tile/entries")?,
            Layer::Level(level) => write!(f, "tile/{level}")?,
        }
        let mut unit = 1;
        while self.index / unit >= 1000 {
            unit *= 1000;
        }
        while unit > 1 {
            write!(f, "/x{:03}", self.index / unit % 1000)?;
            unit /= 1000;
        }
        write!(f, "/{:03}", self.index % 1000)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// The text is not the path of a tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not the path of a tile or an entry bundle: expected one like `tile/0/x001/234.p/5`")]
pub struct PathError {
    path: String,
}

impl FromStr for TileId {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        // Whatever is not spelt as we would spell it is refused: one tile, one path.
        let parsed = parse(path).filter(|id| id.to_string() == path);
        parsed.ok_or_else(|| PathError { path: path.chars().take(80).collect() })
    }
}

fn parse(path: &str) -> Option<TileId> {
    let (layer, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let layer = match layer {
        "entries" => Layer::Entries,
        level => Layer::Level(u8::try_from(decimal(level)?).ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, u16::try_from(decimal(width)?).ok().filter(|w| *w < TILE_WIDTH)?),
        None => (rest, TILE_WIDTH),
    };
    let digits = index.split('/').map(|group| group.strip_prefix('x').unwrap_or(group));
    let index = digits.into_iter().try_fold(0u64, |sum, group| {
        let number: u64 = Some(group).filter(|g| g.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
        sum.checked_mul(1000)?.checked_add(number)
    })?;
    TileId::new(layer, index, width)
}

/// Every bundle and tile of a tree of `size` leaves: bundles first, then level by level.
pub fn all_tiles(size: u64) -> impl Iterator<Item = TileId> {
    grown_tiles(0, size)
}

/// What a tree that grew from `old` to `new` leaves has and did not have before: what a writer writes and a mirror
/// fetches. Bundles first, then level by level.
pub fn grown_tiles(old: u64, new: u64) -> impl Iterator<Item = TileId> {
    layers().flat_map(move |layer| {
        let (before, after) = (layer.count(old), layer.count(new));
        let width = u64::from(TILE_WIDTH);
        let indexes = if after > before { before / width..after.div_ceil(width) } else { 0..0 };
        indexes.filter_map(move |index| TileId::at(layer, index, new))
    })
}

/// The partial tiles on the right edge of a tree of `size` leaves, lowest level first. With them a tree can go on
/// growing, and its root can be told.
pub fn edge_tiles(size: u64) -> impl Iterator<Item = TileId> {
    let levels = layers().filter(|layer| *layer != Layer::Entries);
    levels.filter_map(move |layer| {
        let count = layer.count(size);
        TileId::at(layer, count / u64::from(TILE_WIDTH), size)
    })
}

fn layers() -> impl Iterator<Item = Layer> {
    std::iter::once(Layer::Entries).chain((0..8).map(Layer::Level))
}
