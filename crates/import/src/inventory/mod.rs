//! Inventories: what providers, tools and people list.
//!
//! What it is for: one importer per interface. They outrank state files and bills, because the provider says itself
//! what exists and where, and people say what no tool lists.
//!
//! What it deliberately does not do: it asks no provider anything; it reads files that somebody exported.

mod aws;
pub(crate) mod aws_config;
pub(crate) mod aws_explorer;
mod aws_types;
pub(crate) mod azure;
mod collect;
pub(crate) mod cyclonedx;
mod cyclonedx_xml;
mod detect;
mod field;
pub(crate) mod gcp;
mod gcp_types;
mod json;
pub(crate) mod list;
mod pages;
pub(crate) mod pepin;
pub(crate) mod register;
#[cfg(test)]
mod shared_inputs;
#[cfg(test)]
mod tests;

pub(crate) use detect::detect;
