//! Tests of the log as a whole.

mod checking;
mod faulty;
mod golden;
pub(in crate::log) mod help;
mod keeping;
mod reading;
mod writing;
