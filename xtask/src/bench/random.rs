//! A seeded generator: the same seed makes the same files on every machine.

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for every seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// One of `items`, by their weights.
    pub(crate) fn weighted<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let total = items.iter().map(&weight).sum();
        let mut left = self.below(total);
        items.iter().find(|item| {
            let w = weight(item);
            let hit = left < w;
            left = left.saturating_sub(w);
            hit
        })
    }

    /// A number below `limit`, small ones far more often (cubed).
    pub(crate) fn skewed(&mut self, limit: u64) -> u64 {
        const ONE: u64 = 1 << 16;
        let u = self.below(ONE);
        let cubed = u * u / ONE * u / ONE;
        (cubed * limit / ONE + self.below((limit / ONE).max(1))).min(limit.saturating_sub(1))
    }
}
