//! What a log must survive: killed writers, full disks, system calls that fail.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first surprise; clippy's own allowance does not reach helpers of test crates"
)]

mod child;
mod faults;
mod kills;
