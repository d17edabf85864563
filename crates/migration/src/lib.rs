//! Moving objects.

pub mod access;
pub mod certificate;
pub mod copy;
pub mod cutover;
pub mod ends;
pub mod erase;
pub mod fit;
pub mod folder;
pub mod hash;
pub mod inventory;
pub mod journal;
pub mod part;
pub mod plan;
pub mod row;
pub mod runtime;
pub mod seal;
pub mod select;
pub mod settings;
pub mod spool;
pub mod sync;
pub mod table;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod trouble;
pub mod verify;
pub mod walk;
