//! Plans from `show -json`: what will exist after apply.
//!
//! What it is for: the planned values; what the prior state holds beside them and the plan leaves alone (a targeted
//! run, a `removed` block that only forgets); and a count of what the plan deletes or only reads.
//!
//! What it deliberately does not do: count a resource twice because prior state, change and planned value all name
//! it, or report drift.
//!
//! Source: `HashiCorp` "JSON Output Format" 1.2, plan representation (2024).

use std::{borrow::Cow, collections::BTreeSet};

use flagstate_estate::{EstateBuilder, InputRef, Rank};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    config::Config,
    document::{Change, Document},
    observe::{DATA, Observer},
    row::{self, Row},
};
use crate::{Context, Format, ImportError, Input};

const DELETED: &str = "deleted by the plan";
const DEFERRED: &str = "deferred by the plan to a later run";
const NOTHING: &str = "named by the plan, without planned values";

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    super::read(input, context, builder)
}

/// Observes a plan.
pub(super) fn fill(
    input: &Input,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
    document: &Document<'_>,
    notes: BTreeSet<String>,
) {
    let reference = builder.open_input(&input.display(), &Format::TerraformPlan.to_string(), Rank::Plan);
    for note in notes {
        builder.note(reference, note);
    }
    remarks(document, reference, builder);
    let mut rows = row::of_values(document.planned_values.as_ref());
    let changes = document.resource_changes.as_deref().unwrap_or_default();
    let unknown: FxHashMap<&str, _> = changes
        .iter()
        .filter(|c| c.deposed.some().is_none())
        .filter_map(|c| Some((c.address.str(), c.body.as_ref()?.after_unknown?)))
        .collect();
    for row in &mut rows {
        row.unknown = unknown.get(row.address.as_ref()).copied();
    }
    let more = beside(document, changes, &rows, reference, builder);
    let kept = more.iter().filter(|r| !r.data).count();
    rows.extend(more);
    if kept > 0 {
        builder
            .note(reference, format!("{kept} resources of the prior state are outside this plan and stay as they are"));
    }
    let config = Config::new(document);
    if config.own_endpoints() {
        builder.note(reference, "a provider block names its own endpoints: its resources may be with another provider");
    }
    Observer::new(context).run(&rows, Some(&config), reference, builder);
}

/// Observes only the prior state that a plan carries. False when it carries none.
pub(super) fn fill_prior(
    input: &Input,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
    document: &Document<'_>,
) -> bool {
    let Some(prior) = &document.prior_state else { return false };
    let name = format!("{} (prior state)", input.display());
    let reference = builder.open_input(&name, &Format::TerraformPlan.to_string(), Rank::State);
    let rows = row::of_values(prior.values.as_ref());
    Observer::new(context).run(&rows, Some(&Config::new(document)), reference, builder);
    true
}

fn remarks(document: &Document<'_>, reference: InputRef, builder: &mut EstateBuilder) {
    if document.errored.str() == "true" {
        builder.note(reference, "planning ended with an error: the plan may lack resources");
    }
    if document.complete.str() == "false" {
        builder.note(reference, "the plan is partial (targets or deferred changes)");
    }
    if document.deferred_changes.0 > 0 {
        builder.ignore(reference, DEFERRED, document.deferred_changes.0);
    }
}

/// What prior state and changes name beyond the planned values. Returns what stays as it is, outside the plan.
fn beside<'d>(
    document: &'d Document<'d>,
    changes: &'d [Change<'d>],
    rows: &[Row<'d>],
    reference: InputRef,
    builder: &mut EstateBuilder,
) -> Vec<Row<'d>> {
    let seen: FxHashSet<&str> = rows.iter().map(|r| r.address.as_ref()).collect();
    let mut gone: FxHashSet<Cow<'_, str>> = FxHashSet::default();
    for change in changes {
        let address = match change.deposed.some() {
            Some(key) => Cow::Owned(format!("{} (deposed {key})", change.address.str())),
            None => Cow::Borrowed(change.address.str()),
        };
        if seen.contains(address.as_ref()) {
            continue;
        }
        let actions: Vec<&str> =
            change.body.iter().flat_map(|c| c.actions.iter().map(super::text::Text::str)).collect();
        // Replaced instances are named by the planned values; a forgotten one goes on existing.
        if !actions.contains(&"forget") && !actions.contains(&"no-op") {
            let reason = match actions.as_slice() {
                _ if change.mode.str() == "data" => DATA,
                ["delete"] => DELETED,
                _ => NOTHING,
            };
            builder.ignore(reference, reason, 1);
            gone.insert(address);
        }
    }
    let mut more: Vec<Row<'d>> = Vec::new();
    let mut added: FxHashSet<String> = FxHashSet::default();
    for row in row::of_values(document.prior_state.as_ref().and_then(|p| p.values.as_ref())) {
        let address = row.address.as_ref();
        if !seen.contains(address) && !gone.contains(address) && added.insert(address.to_owned()) {
            more.push(row);
        }
    }
    more
}
