//! Moving objects.

pub mod copy;
pub mod ends;
pub mod fit;
pub mod folder;
pub mod hash;
pub mod inventory;
pub mod journal;
pub mod plan;
pub mod row;
pub mod select;
pub mod settings;
pub mod sync;
pub mod table;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod trouble;
pub mod verify;
pub mod walk;
