//! From summed groups to observations: the only place where values are decoded, once per distinct entry.
//!
//! What it is for: the part that all dialects share: accounting of rows, money, names and regions looked up once.
//! Nothing reaches the builder before the whole file was read.
//!
//! What it deliberately does not do: decide what a row means; the dialect does.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::services::{Region, RegionMatch, TypeInfo};
use flagstate_estate::{EstateBuilder, InputRef, Money, Observation, Rank, Tags, UnknownReason};
use rustc_hash::FxHashMap;

use super::{
    csv::{Amounts, Table, available},
    groups::{Groups, values},
    plan::{Field, Plan},
    split::unquote,
};
use crate::{Context, Format, Input, Resolver, identity};

/// Currency code for "none stated" (ISO 4217).
const NO_CURRENCY: &str = "XXX";

/// A bill's dialect: what its rows mean.
pub(super) trait Dialect: Amounts {
    /// What a row says.
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome;
}

/// What a row turned out to be.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Something that runs. Rows and cost are filled in by the caller.
    Resource(Box<Observation>),
    /// Nothing that runs, and why.
    Ignored(&'static str),
}

/// The decoded values of one entry.
#[derive(Debug)]
pub(super) struct Row<'a> {
    plan: &'a Plan,
    items: &'a [String],
    shared: &'a [String],
}

impl<'a> Row<'a> {
    /// A row over decoded values, in the order of the plan's slots.
    pub(super) fn new(plan: &'a Plan, items: &'a [String], shared: &'a [String]) -> Self {
        Self { plan, items, shared }
    }

    fn value(&self, slot: usize) -> Option<&'a String> {
        match slot.checked_sub(self.plan.items()) {
            None => self.items.get(slot),
            Some(shared) => self.shared.get(shared),
        }
    }

    /// The value of a field; empty when absent or a literal `NULL`.
    pub(super) fn get(&self, field: Field) -> &'a str {
        let text = self.plan.slot(field).and_then(|s| self.value(s)).map_or("", |v| v.trim());
        if identity::is_null(text) { "" } else { text }
    }

    /// The same as an option.
    pub(super) fn some(&self, field: Field) -> Option<&'a str> {
        Some(self.get(field)).filter(|t| !t.is_empty())
    }

    /// The first of several fields that has a value.
    pub(super) fn first(&self, fields: &[Field]) -> Option<&'a str> {
        fields.iter().find_map(|f| self.some(*f))
    }

    /// Values of columns that hold one tag each.
    pub(super) fn tag_columns(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.plan.slots.iter().enumerate().filter_map(|(at, slot)| {
            let key = slot.tag.as_deref()?;
            let value = self.value(at)?.trim();
            (!identity::is_null(value)).then_some((key, value))
        })
    }
}

/// Decodes the values of a context or an item.
pub(super) fn decode(tuple: &[u8], quoted: bool, into: &mut Vec<String>) -> bool {
    let mut clean = true;
    for raw in values(tuple) {
        let bytes = if quoted { unquote(raw) } else { raw.to_vec() };
        into.push(String::from_utf8(bytes).unwrap_or_else(|e| {
            clean = false;
            String::from_utf8_lossy(e.as_bytes()).into_owned()
        }));
    }
    clean
}

/// Hands everything to the builder. Every thread decodes and merges a part of the contexts.
pub(super) fn finish(
    input: &Input,
    format: Format,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
    dialect: &dyn Dialect,
    table: Table,
) {
    let Table { plan, groups, quoted, notes } = table;
    let (name, format) = (input.display(), format.to_string());
    let to = builder.open_input(&name, &format, Rank::Bill);
    for note in notes {
        builder.note(to, note);
    }
    let decoder = Decoder { plan: &plan, groups: &groups, quoted, dialect, context };
    let mut parts = decoder.parts(available()).into_iter();
    let own = parts.next().unwrap_or_default();
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        let (name, format) = (&name, &format);
        let others: Vec<_> = parts
            .map(|part| {
                scope.spawn(move || {
                    let mut builder = EstateBuilder::new();
                    let to = builder.open_input(name, format, Rank::Bill);
                    (decoder.run(part, &mut builder, to), builder)
                })
            })
            .collect();
        seen.add(decoder.run(own, builder, to));
        for other in others {
            let (also, part) = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            seen.add(also);
            builder.absorb(to, part);
        }
    });
    seen.notes(builder, to);
}

/// Decodes entries.
#[derive(Clone, Copy)]
struct Decoder<'a> {
    plan: &'a Plan,
    groups: &'a Groups,
    quoted: bool,
    dialect: &'a dyn Dialect,
    context: &'a Context<'a>,
}

/// Contexts with their entries.
type Part = Vec<(u32, Vec<u32>)>;

impl Decoder<'_> {
    /// The contexts in `threads` parts of about as many entries; few entries stay together.
    fn parts(&self, threads: usize) -> Vec<Part> {
        let mut by_context: Vec<Vec<u32>> = vec![Vec::new(); self.groups.contexts() as usize];
        let mut all = 0;
        for (id, (context, _, _)) in (0_u32..).zip(self.groups.iter()) {
            if let Some(list) = by_context.get_mut(context as usize) {
                list.push(id);
                all += 1;
            }
        }
        let each = (all / threads.max(1) + 1).max(FEW);
        let mut parts = vec![Part::new()];
        let mut filled = 0;
        for (context, list) in (0_u32..).zip(by_context) {
            if filled >= each {
                parts.push(Part::new());
                filled = 0;
            }
            filled += list.len();
            if let Some(part) = parts.last_mut() {
                part.push((context, list));
            }
        }
        parts
    }

    fn run(&self, part: Part, builder: &mut EstateBuilder, to: InputRef) -> Seen {
        let mut seen = Seen::default();
        let mut lookup = Lookup::new(self.context);
        let (mut values, mut shared) = (Vec::new(), Vec::new());
        for (context, list) in part {
            shared.clear();
            seen.damaged |= !decode(self.groups.context_bytes(context), self.quoted, &mut shared);
            for id in list {
                let (item, sum) = self.groups.entry(id);
                values.clear();
                seen.damaged |= !decode(item, self.quoted, &mut values);
                let row = Row::new(self.plan, &values, &shared);
                let outcome = self.dialect.outcome(&row, &mut lookup);
                let mut cost = Money::default();
                cost.add(row.some(Field::Currency).unwrap_or(NO_CURRENCY), sum.amount);
                seen.no_currency |= sum.amount != 0 && row.some(Field::Currency).is_none();
                seen.unreadable += u64::from(sum.unreadable);
                seen.record(builder, to, outcome, sum.rows, cost);
            }
        }
        seen
    }
}

/// Entries that are not worth a thread.
const FEW: usize = 4096;

/// What is noted at the end.
#[derive(Default)]
struct Seen {
    damaged: bool,
    no_currency: bool,
    unreadable: u64,
    ignored: BTreeMap<&'static str, Money>,
}

impl Seen {
    fn record(&mut self, builder: &mut EstateBuilder, to: InputRef, outcome: Outcome, rows: u64, cost: Money) {
        match outcome {
            Outcome::Resource(mut observation) => {
                (observation.rows, observation.cost) = (rows, cost);
                builder.observe(to, observation);
            }
            Outcome::Ignored(reason) => {
                builder.ignore(to, reason, rows);
                self.ignored.entry(reason).or_default().add_all(&cost);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.damaged |= other.damaged;
        self.no_currency |= other.no_currency;
        self.unreadable += other.unreadable;
        for (reason, cost) in other.ignored {
            self.ignored.entry(reason).or_default().add_all(&cost);
        }
    }

    fn notes(self, builder: &mut EstateBuilder, to: InputRef) {
        for (reason, cost) in self.ignored.iter().filter(|(_, c)| !c.is_zero()) {
            builder.note(to, format!("cost of ignored rows, {reason}: {}", cost.display()));
        }
        if self.damaged {
            builder.note(to, "some text is not UTF-8; the damaged characters were replaced");
        }
        if self.no_currency {
            builder.note(to, format!("some amounts have no currency; they are counted as {NO_CURRENCY}"));
        }
        if self.unreadable > 0 {
            builder.note(
                to,
                format!(
                    "{} rows have an amount that is not a plain number; their cost is not counted",
                    self.unreadable
                ),
            );
        }
    }
}

/// What a place turned out to be.
#[derive(Clone, Debug)]
struct Place {
    provider: Option<String>,
    region: Option<String>,
    offering: Option<String>,
    unknown: BTreeSet<UnknownReason>,
}

/// Names looked up once.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    resolver: Resolver<'a>,
    providers: FxHashMap<String, Option<&'a str>>,
    places: FxHashMap<(Option<String>, Option<String>), Place>,
    /// The last cell of tags: entries come by context, and a context has one.
    tags: (String, Tags),
}

impl<'a> Lookup<'a> {
    fn new(context: &Context<'a>) -> Self {
        Self {
            resolver: Resolver::new(context.services),
            providers: FxHashMap::default(),
            places: FxHashMap::default(),
            tags: (String::new(), Tags::default()),
        }
    }

    /// Catalog id of a provider.
    pub(super) fn provider(&mut self, name: &str) -> Option<&'a str> {
        if let Some(known) = self.providers.get(name) {
            return *known;
        }
        let found = self.resolver.provider(name);
        self.providers.insert(name.to_owned(), found);
        found
    }

    /// Tags from a cell; the same cell in a row gives the same set.
    pub(super) fn tags(&mut self, cell: &str) -> Tags {
        if self.tags.0 != cell {
            self.tags = (cell.to_owned(), super::common::tags(cell).into());
        }
        self.tags.1.clone()
    }

    /// The provider whose rules an AWS ARN falls under: the European sovereign partition is a provider of its own.
    pub(super) fn arn_provider(id: &str) -> Option<&'static str> {
        let partition = id.strip_prefix("arn:")?.split(':').next()?;
        match partition {
            "aws-eusc" => Some("aws_esc"),
            p if p == "aws" || p.starts_with("aws-") => Some("aws"),
            _ => None,
        }
    }

    /// All regions of the catalog.
    pub(super) fn regions(&self) -> &'a [Region] {
        &self.resolver.services().regions
    }

    /// True when a provider's bill knows this region.
    pub(super) fn knows(&self, provider: &str, region: &str) -> bool {
        !region.is_empty() && !matches!(self.resolver.services().region_in_bill(provider, region), RegionMatch::Unknown)
    }

    /// The region in an availability zone, if the provider has it: the zone itself, without its last letter or its
    /// last part, or the middle of `abCD:US-SANJOSE-1-AD-1`.
    pub(super) fn region_of_zone(&self, provider: &str, zone: &str) -> Option<String> {
        let zone = zone.rsplit_once(':').map_or(zone, |(_, z)| z);
        let lower = zone.to_ascii_lowercase();
        let mut candidates = vec![zone, zone.trim_end_matches(|c: char| c.is_ascii_lowercase())];
        candidates.extend(zone.rsplit_once('-').map(|(r, _)| r));
        candidates.extend(lower.split_once("-ad-").map(|(r, _)| r));
        candidates.into_iter().find(|c| c.len() > 2 && self.knows(provider, c)).map(str::to_owned)
    }

    /// True for a region of the European sovereign partition, whichever provider the catalog lists it under.
    fn is_sovereign(&self, region: &str) -> bool {
        match self.resolver.services().region_in_bill("aws", region) {
            RegionMatch::One(r) => r.partition.as_deref() == Some("aws-eusc"),
            RegionMatch::Ambiguous(_) => false,
            RegionMatch::Unknown => self.knows("aws_esc", region),
        }
    }

    /// Fills provider, region and offering. A name that only the provider's sovereign sibling has is the sibling's.
    pub(super) fn place(&mut self, o: &mut Observation, provider: Option<&str>, region: Option<&str>) {
        let key = (provider.map(str::to_owned), region.map(str::to_owned));
        let place = match self.places.get(&key) {
            Some(known) => known.clone(),
            None => {
                let sibling = match (provider, region) {
                    (Some("aws"), Some(r)) if self.is_sovereign(r) => Some("aws_esc"),
                    _ => provider,
                };
                let mut probe = Observation::default();
                self.resolver.place(&mut probe, sibling, region, true);
                let found = Place {
                    provider: probe.provider,
                    region: probe.region,
                    offering: probe.offering,
                    unknown: probe.unknown,
                };
                self.places.insert(key, found.clone());
                found
            }
        };
        o.provider = place.provider.or_else(|| o.provider.take());
        o.region = place.region;
        o.offering = place.offering;
        o.unknown.extend(place.unknown);
    }

    /// Fills what kind of thing it is: the ARM type first, then each service name.
    pub(super) fn kind(&self, o: &mut Observation, provider: Option<&str>, arm_type: Option<&str>, names: &[&str]) {
        let services = self.resolver.services();
        let info: Option<&TypeInfo> = arm_type.and_then(|t| services.azure(t)).or_else(|| {
            let provider = provider?;
            // The sovereign partition sells the same services under the same names.
            let provider = if provider == "aws_esc" { "aws" } else { provider };
            names.iter().filter(|n| !n.is_empty()).find_map(|n| services.service(provider, n))
        });
        let missing = if names.iter().all(|n| n.is_empty()) { UnknownReason::Type } else { UnknownReason::Service };
        self.resolver.kind(o, info, missing);
    }
}
