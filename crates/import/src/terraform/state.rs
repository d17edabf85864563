//! States: raw (versions 1 to 4) and `show -json`.
//!
//! What it is for: every instance, also deposed ones: they exist.
//!
//! What it deliberately does not do: read outputs or private data.
//!
//! Source: state formats 1 to 4 (internal/states/statefile, 2023).

use std::{borrow::Cow, collections::BTreeSet, rc::Rc};

use flagstate_estate::{EstateBuilder, Rank};

use super::{
    attributes::Sensitive,
    document::{Document, Instance, OldModule, StateResource},
    observe::Observer,
    row::{self, Body, Row},
};
use crate::{Context, Format, ImportError, Input};

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    super::read(input, context, builder)
}

/// Observes a state.
pub(super) fn fill(
    input: &Input,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
    document: &Document<'_>,
    notes: BTreeSet<String>,
) {
    let mut rows = row::of_values(document.values.as_ref());
    for resource in document.resources.iter().flatten() {
        of_resource(resource, &mut rows);
    }
    for module in document.modules.iter().flatten() {
        of_old_module(module, &mut rows);
    }
    let reference = builder.open_input(&input.display(), &Format::TerraformState.to_string(), Rank::State);
    for note in notes {
        builder.note(reference, note);
    }
    if rows.is_empty() {
        builder.note(reference, "the state holds no resources");
    }
    Observer::new(context).run(&rows, None, reference, builder);
}

fn of_resource<'d>(resource: &'d StateResource<'d>, rows: &mut Vec<Row<'d>>) {
    let module = resource.module.str();
    let path: Rc<str> = row::plain_module(module).into();
    let data = resource.mode.str() == "data";
    let mut base = String::new();
    for part in [module, if data { "data" } else { "" }, resource.type_name.str(), resource.name.str()] {
        if !base.is_empty() && !part.is_empty() {
            base.push('.');
        }
        base.push_str(part);
    }
    for instance in resource.instances.iter().flatten() {
        let sensitive = instance.sensitive_attributes.map_or(Sensitive::Unmarked, Sensitive::Paths);
        let body = match (instance.attributes, instance.attributes_flat) {
            (Some(raw), _) => Body::Object(raw, sensitive),
            (None, Some(raw)) => Body::Flat(raw),
            (None, None) => Body::Empty,
        };
        rows.push(Row {
            address: Cow::Owned(address(&base, instance)),
            module: Rc::clone(&path),
            data,
            type_name: resource.type_name.str(),
            name: resource.name.str(),
            provider: resource.provider.str(),
            one_config: true,
            body,
            unknown: None,
        });
    }
}

/// Address as the tools print it: `type.name[0]`, `type.name["key"]`. The key is JSON text already.
fn address(base: &str, instance: &Instance<'_>) -> String {
    let mut address = base.to_owned();
    if let Some(key) = instance.index_key {
        address.push('[');
        address.push_str(key.get());
        address.push(']');
    }
    if let Some(key) = instance.deposed.some() {
        address.push_str(" (deposed ");
        address.push_str(key);
        address.push(')');
    }
    address
}

fn of_old_module<'d>(module: &'d OldModule<'d>, rows: &mut Vec<Row<'d>>) {
    let path: Vec<String> = module.path.iter().skip(1).map(|p| format!("module.{}", p.str())).collect();
    let path: Rc<str> = path.join(".").into();
    for (key, resource) in module.resources.iter().flatten() {
        let key = key.str();
        let type_name = resource.type_name.str();
        let block = key.strip_prefix("data.").unwrap_or(key);
        let name = block.strip_prefix(type_name).and_then(|r| r.strip_prefix('.')).unwrap_or(block);
        let more = resource.deposed.iter().flatten().chain(resource.tainted.iter().flatten());
        for (i, instance) in resource.primary.iter().chain(more).enumerate() {
            let mut address = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            if i > 0 {
                address = format!("{address} (deposed {i})");
            }
            rows.push(Row {
                address: Cow::Owned(address),
                module: Rc::clone(&path),
                data: key.starts_with("data."),
                type_name,
                name,
                provider: resource.provider.str(),
                one_config: true,
                body: instance.attributes.map_or(Body::Empty, Body::Flat),
                unknown: None,
            });
        }
    }
}
