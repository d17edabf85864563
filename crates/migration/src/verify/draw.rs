//! Drawing a sample: how many objects, and which, from a seed that anybody can use again.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A sample with its confidence: were one in `one_in` objects damaged, it would show with this confidence.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sample {
    /// Confidence in thousandths: 990 for 99 %.
    pub confidence_permille: u32,
    /// The share of damage that would be found.
    pub one_in: u32,
    /// The seed.
    pub seed: u64,
}

impl Sample {
    /// How many objects must be drawn: the smallest n with `(1 - 1/one_in)^n <= 1 - confidence`.
    pub fn size(self) -> u64 {
        let miss = 1.0 - f64::from(self.confidence_permille.min(999)) / 1000.0;
        let each = 1.0 - 1.0 / f64::from(self.one_in.max(2));
        let mut left = 1.0_f64;
        let mut count = 0;
        while left > miss {
            left *= each;
            count += 1;
        }
        count
    }
}

/// The numbers of the objects drawn, ascending, each once.
pub fn draw(sample: Sample, total: u64) -> Vec<u64> {
    let size = sample.size();
    if size >= total {
        return (0..total).collect();
    }
    let mut drawn = BTreeSet::new();
    let mut round = 0_u64;
    while (drawn.len() as u64) < size {
        // BLAKE3 of seed and round, so that anybody draws the same.
        let mut hasher = blake3::Hasher::new();
        hasher.update(&sample.seed.to_be_bytes());
        hasher.update(&round.to_be_bytes());
        let bytes = hasher.finalize();
        let number = bytes.as_bytes().first_chunk::<8>().map(|b| u64::from_be_bytes(*b)).unwrap_or_default();
        drawn.insert(number % total);
        round += 1;
    }
    drawn.into_iter().collect()
}
