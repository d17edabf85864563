//! Moving objects.

pub mod folder;
pub mod hash;
pub mod journal;
pub mod row;
pub mod table;
#[cfg(test)]
mod testing;
