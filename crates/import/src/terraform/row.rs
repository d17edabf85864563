//! Rows: the resource instances of any of these formats in one shape.
//!
//! What it is for: the rest of this module does not care which format a row came from. Addresses are taken as they
//! are and never split at dots: keys of `for_each` hold dots, brackets and quotes.
//!
//! What it deliberately does not do: read attributes.
//!
//! Source: `HashiCorp` "Resource addressing" (2024).

use std::{borrow::Cow, rc::Rc};

use serde_json::value::RawValue;

use super::{
    attributes::{Attributes, Sensitive, Wanted},
    document::{Module, Resource, Values},
};

/// Attributes as the format has them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    /// None.
    Empty,
    /// An object, with marks of what is sensitive.
    Object(&'a RawValue, Sensitive<'a>),
    /// Paths to texts.
    Flat(&'a RawValue),
}

/// One resource instance.
#[derive(Clone, Debug)]
pub(super) struct Row<'d> {
    /// Full address.
    pub(super) address: Cow<'d, str>,
    /// Module path without instance keys (`module.a.module.b`); empty in the root.
    pub(super) module: Rc<str>,
    /// Data source.
    pub(super) data: bool,
    /// Type.
    pub(super) type_name: &'d str,
    /// Name of the block.
    pub(super) name: &'d str,
    /// Provider as written.
    pub(super) provider: &'d str,
    /// True when `provider` tells one provider configuration from another.
    pub(super) one_config: bool,
    /// Attributes.
    pub(super) body: Body<'d>,
    /// What a plan says will be known after apply.
    pub(super) unknown: Option<&'d RawValue>,
}

impl<'d> Row<'d> {
    /// Reads the wanted attributes.
    pub(super) fn attributes(&self, wanted: &Wanted) -> Attributes<'d> {
        match self.body {
            Body::Empty => Attributes::default(),
            Body::Object(raw, sensitive) => Attributes::read(raw, wanted, sensitive),
            Body::Flat(raw) => Attributes::read_flat(raw, wanted),
        }
    }

    /// `type.name`, as references name it.
    pub(super) fn block(&self) -> String {
        format!("{}.{}", self.type_name, self.name)
    }
}

/// All rows of a values representation.
pub(super) fn of_values<'d>(values: Option<&'d Values<'d>>) -> Vec<Row<'d>> {
    let mut rows = Vec::new();
    if let Some(root) = values.and_then(|v| v.root_module.as_ref()) {
        of_module(root, &mut rows);
    }
    rows
}

fn of_module<'d>(module: &'d Module<'d>, rows: &mut Vec<Row<'d>>) {
    let path: Rc<str> = plain_module(module.address.str()).into();
    for r in module.resources.iter().flatten() {
        let address = full_address(module.address.str(), r);
        let sensitive = r.sensitive_values.map_or(Sensitive::Unmarked, Sensitive::Tree);
        rows.push(Row {
            address,
            module: Rc::clone(&path),
            data: r.mode.str() == "data",
            type_name: r.type_name.str(),
            name: r.name.str(),
            provider: r.provider_name.str(),
            one_config: false,
            body: r.values.map_or(Body::Empty, |v| Body::Object(v, sensitive)),
            unknown: None,
        });
    }
    for child in module.child_modules.iter().flatten() {
        of_module(child, rows);
    }
}

/// The full address. Prior states of 0.12 leave out the module and the instance key.
fn full_address<'d>(module: &str, r: &'d Resource<'d>) -> Cow<'d, str> {
    let own = r.address.str();
    let mut address = Cow::Borrowed(own);
    if !module.is_empty() && !own.strip_prefix(module).is_some_and(|rest| rest.starts_with('.')) {
        address = Cow::Owned(format!("{module}.{own}"));
    }
    if let Some(index) = r.index.filter(|_| !own.ends_with(']')) {
        address = Cow::Owned(format!("{address}[{}]", index.get()));
    }
    if let Some(key) = r.deposed_key.some() {
        address = Cow::Owned(format!("{address} (deposed {key})"));
    }
    address
}

/// A module address without instance keys: `module.a["x.y"].module.b[0]` is `module.a.module.b`.
pub(super) fn plain_module(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let (mut in_key, mut in_quotes, mut escaped) = (false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' if in_key => in_quotes = !in_quotes,
            '[' if !in_quotes => in_key = true,
            ']' if in_key && !in_quotes => in_key = false,
            _ if in_key => {}
            _ => plain.push(c),
        }
    }
    plain
}
