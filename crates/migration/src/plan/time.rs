//! How long it takes: the bandwidth, or the rate of objects, whichever ends later.

use serde::{Deserialize, Serialize};

/// What the way allows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Speed {
    /// Bytes per second.
    pub bytes_per_s: u64,
    /// Objects per second.
    pub objects_per_s: u64,
    /// Both were measured; else they are assumed.
    pub measured: bool,
}

impl Default for Speed {
    /// 1 Gbit/s and 500 objects per second: an assumption, and said so.
    fn default() -> Self {
        Self { bytes_per_s: 125_000_000, objects_per_s: 500, measured: false }
    }
}

/// How long a move takes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Duration {
    /// Seconds, rounded up.
    pub seconds: u64,
    /// True when small objects decide and not bytes.
    pub by_objects: bool,
    /// What it rests on.
    pub speed: Speed,
}

impl Speed {
    /// The time for so much.
    pub fn of(self, objects: u64, bytes: u64) -> Duration {
        let by_bytes = bytes.div_ceil(self.bytes_per_s.max(1));
        let by_objects = objects.div_ceil(self.objects_per_s.max(1));
        Duration { seconds: by_bytes.max(by_objects), by_objects: by_objects > by_bytes, speed: self }
    }
}
