//! The cells of the matrix: ten readings of each offering as it comes, from the same facts as the judgement.

use std::collections::BTreeSet;

use flagstate_catalog::{Date, Harm, Offering};
use flagstate_estate::{Custody, Processing};
use flagstate_exposure::{HarmVerdict, Visibility};
use flagstate_frameworks::{Configuration, Facts, Held};
use serde_json::Value;

use crate::{
    data::{CandidateData, PriceKind},
    matrix::{Cell, Dimension, Matrix, MatrixOffering},
    options,
    said::Said,
    world::World,
};

/// Facts shown in a cell.
const FACTS: usize = 12;

/// One offering, judged.
struct Judged<'a> {
    offering: &'a Offering,
    facts: Facts,
    data: Option<&'a CandidateData>,
}

/// A cell while it is formed.
#[derive(Default)]
struct Draft {
    word: &'static str,
    says: Vec<Said>,
    facts: BTreeSet<String>,
    weak: bool,
}

/// The matrix for some offerings; none named: those that ship.
pub fn matrix(world: &World<'_>, ids: &[String], assumed: &[String]) -> Matrix {
    let ids = if ids.is_empty() { &world.data.matrix_default } else { ids };
    let mut judged: Vec<Judged<'_>> = ids
        .iter()
        .filter_map(|id| {
            let offering = world.catalog.offerings.get(id)?;
            let facts = world.frameworks().facts(&Configuration::of(id.clone()));
            Some(Judged { offering, facts, data: world.data.candidates.iter().find(|c| c.offering == *id) })
        })
        .collect();
    judged.sort_by_key(|j| (j.offering.spectrum_position, ids.iter().position(|id| *id == j.offering.id)));
    let dimensions: Vec<Dimension> = world
        .data
        .dimensions
        .iter()
        .zip(1..)
        .map(|(d, number)| Dimension {
            id: d.id.clone(),
            number,
            name: world.tell(&format!("dimension_{}", d.reads), []),
            question: world.tell(&format!("question_{}", d.reads), []),
        })
        .collect();
    let mut cells = Vec::new();
    for d in &world.data.dimensions {
        for j in &judged {
            cells.push(cell(world, &d.id, &d.reads, j));
        }
    }
    let of = |j: &Judged<'_>| MatrixOffering {
        id: j.offering.id.clone(),
        name: world.offering_name(&j.offering.id),
        spectrum: j.offering.spectrum_position,
        architecture: architecture(world, j.offering.spectrum_position),
        as_of: j.offering.as_of,
    };
    Matrix {
        as_of: world.setting.as_of,
        home: world.setting.home.clone(),
        assumed: assumed.to_vec(),
        offerings: judged.iter().map(of).collect(),
        dimensions,
        cells,
        board: crate::questions::plain(world),
    }
}

/// Name of a position on the spectrum.
fn architecture(world: &World<'_>, position: Option<u8>) -> String {
    position.map_or_else(String::new, |p| world.tell(&format!("spectrum_{p}"), []).text)
}

fn cell(world: &World<'_>, dimension: &str, reads: &str, j: &Judged<'_>) -> Cell {
    let draft = match reads {
        "owners" => owners(world, j),
        "disclosure" => disclosure(world, j),
        "visibility" => visibility(world, j),
        "residency" => attributes(world, j, &["A1", "A2"]),
        "staff" => attributes(world, j, &["A3"]),
        "prevention" => attributes(world, j, &["A4"]),
        "keys" => keys(world, j),
        "cutoff" => cutoff(world, j),
        "capability" => capability(world, j),
        _ => price(world, j),
    };
    let day = |id: &String| -> Option<Date> {
        world.catalog.facts.get(id).and_then(|f| f.as_of.or(f.valid_from)).or(j.offering.as_of)
    };
    let dated = draft.facts.iter().filter_map(day).min().or(j.offering.as_of);
    let weak_fact = |id: &String| world.catalog.facts.get(id).is_some_and(|f| f.verification.is_weak());
    Cell {
        dimension: dimension.to_owned(),
        offering: j.offering.id.clone(),
        word: if draft.word.is_empty() { "unknown" } else { draft.word }.to_owned(),
        weak: draft.weak || draft.facts.is_empty() || draft.facts.iter().any(weak_fact),
        says: draft.says,
        facts: draft.facts.into_iter().take(FACTS).collect(),
        as_of: dated,
    }
}

fn owners(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let name = |id: &String| {
        let entity = world.catalog.entities.get(id);
        let seat = entity.and_then(|e| e.seat()).unwrap_or("?").to_owned();
        format!("{} ({seat})", entity.map_or(id.as_str(), |e| e.name.as_str()))
    };
    let Some(operator) = &j.offering.operator_entity else { return draft };
    let parents = &j.offering.ultimate_parents;
    let seats: Vec<&str> = parents
        .iter()
        .chain(parents.is_empty().then_some(operator))
        .filter_map(|id| world.catalog.entities.get(id)?.seat())
        .collect();
    let home = |seat: &&str| {
        let blocs = world.catalog.jurisdictions.get(*seat).map(|s| s.memberships.as_slice()).unwrap_or_default();
        world.setting.home.iter().any(|h| h == *seat || blocs.contains(h))
    };
    let licensor = j.offering.technology_licensor.as_ref();
    let customer = world.catalog.entities.get(operator).is_some_and(flagstate_catalog::Entity::is_customer);
    draft.word = match (seats.is_empty(), seats.iter().all(home), licensor) {
        _ if customer && licensor.is_none() => "strong",
        (true, ..) if !customer => "unknown",
        (_, true, None) => "strong",
        (_, true, Some(_)) => "partial",
        _ => "weak",
    };
    let above =
        if parents.is_empty() { "-".to_owned() } else { parents.iter().map(name).collect::<Vec<_>>().join(", ") };
    draft.says.push(world.tell("cell_owners", [("operator", name(operator)), ("parents", above)]));
    if let Some(licensor) = licensor {
        draft.says.push(world.tell("cell_licensor", [("licensor", name(licensor))]));
    }
    let edges = world.catalog.edges.iter().filter(|e| e.owned == *operator && e.acts_on(world.setting.as_of));
    draft.facts.extend(edges.map(flagstate_catalog::Edge::id));
    draft.facts.extend(j.offering.facts.iter().take(3).cloned());
    draft
}

fn foreign<'j>(j: &'j Judged<'_>, harms: &'j [Harm]) -> impl Iterator<Item = &'j flagstate_frameworks::Reach> {
    let home = &j.facts.home;
    harms.iter().filter_map(|h| j.facts.harms.get(h)).flatten().filter(|r| !home.contains(&r.jurisdiction))
}

fn word_of(verdict: HarmVerdict) -> &'static str {
    match verdict {
        HarmVerdict::Cut => "strong",
        HarmVerdict::Contested => "partial",
        HarmVerdict::Reached => "weak",
        HarmVerdict::Unknown => "unknown",
    }
}

/// A harm with its verdict, and by whose powers unless it is cut.
fn harm_cell(world: &World<'_>, harm: &str, verdict: HarmVerdict, states: BTreeSet<String>) -> Said {
    let (harm, word) = (("harm", harm.to_owned()), ("word", format!("@{}", verdict.word())));
    if verdict == HarmVerdict::Cut || states.is_empty() {
        return world.tell("cell_harm_alone", [harm, word]);
    }
    let states = ("states", states.into_iter().collect::<Vec<_>>().join(", "));
    world.tell("cell_harm", [harm, word, states])
}

fn disclosure(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let mut worst = HarmVerdict::Cut;
    for harm in [Harm::H1, Harm::H2, Harm::H3] {
        let harms = [harm];
        let list: Vec<_> = foreign(j, &harms).filter(|r| r.compels).collect();
        let verdict = list.iter().map(|r| r.verdict).max().unwrap_or(HarmVerdict::Cut);
        worst = worst.max(verdict);
        let strongest: Vec<_> = list.into_iter().filter(|r| r.verdict == verdict).collect();
        let powers: BTreeSet<String> = strongest.iter().map(|r| r.instrument.clone()).collect();
        let states: BTreeSet<String> = strongest.iter().map(|r| r.jurisdiction.clone()).collect();
        draft.says.push(harm_cell(world, &format!("{harm:?}"), verdict, states));
        draft.facts.extend(powers);
        draft.facts.extend(strongest.iter().filter_map(|r| Some(r.premise.as_ref()?.id.clone())));
    }
    draft.word = word_of(worst);
    draft
}

fn visibility(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let harms = [Harm::H1, Harm::H2, Harm::H3];
    let reaching: Vec<_> = foreign(j, &harms).filter(|r| r.compels && r.verdict >= HarmVerdict::Contested).collect();
    let Some(worst) = reaching.iter().map(|r| r.visibility).max() else {
        draft.word = "strong";
        draft.says.push(world.tell("cell_no_order", []));
        draft.facts.extend(foreign(j, &harms).filter(|r| r.compels).map(|r| r.instrument.clone()));
        return draft;
    };
    draft.word = match worst {
        Visibility::Visible => "strong",
        Visibility::MayBeGagged => "partial",
        Visibility::Gagged => "weak",
        Visibility::Unknown => "unknown",
    };
    let powers: BTreeSet<String> =
        reaching.iter().filter(|r| r.visibility == worst).map(|r| r.instrument.clone()).collect();
    let shown = powers.iter().cloned().collect::<Vec<_>>().join(", ");
    draft.says.push(world.tell("cell_visibility", [("word", format!("@{}", worst.word())), ("powers", shown)]));
    draft.facts = powers;
    draft
}

fn value_word(value: &str) -> &'static str {
    match value {
        "yes" | "yes_with_caveats" => "strong",
        "no" => "weak",
        "unknown" => "unknown",
        _ => "partial",
    }
}

/// The lowest of some attributes decides the word.
fn attributes(world: &World<'_>, j: &Judged<'_>, names: &[&str]) -> Draft {
    let mut draft = Draft::default();
    let order = ["unknown", "weak", "partial", "strong"];
    let rank = |w: &str| order.iter().position(|o| *o == w).unwrap_or(0);
    let mut lowest: Option<&'static str> = None;
    for name in names {
        let shown = world.catalog.vocabulary.name("attribute", name, "en").to_owned();
        let found = j.facts.attributes.get(*name).filter(|a| !a.because.is_empty());
        let (value, because) = found.map_or(("unknown", Vec::new()), |a| (a.value.as_str(), a.because.clone()));
        let word = value_word(value);
        lowest = Some(lowest.filter(|l| rank(l) <= rank(word)).unwrap_or(word));
        let values = [("attribute", shown), ("value", value.replace('_', " "))];
        draft.says.push(world.tell("cell_attribute", values).on(because.clone()));
        draft.facts.extend(because);
    }
    draft.word = lowest.unwrap_or("unknown");
    draft
}

fn keys(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let mut best = Custody::Provider;
    let all = [Custody::Provider, Custody::CustomerKeyInProviderHsm, Custody::ExternalKeyStore, Custody::ClientSide];
    for custody in all {
        let word = options::word(custody);
        let mut ids = j.offering.built_in.iter().chain(&j.offering.available);
        let with = ids.find(|id| world.catalog.safeguards.get(*id).is_some_and(|s| s.custody.as_deref() == Some(word)));
        if let Some(id) = with {
            best = best.max(custody);
            draft.facts.insert(id.clone());
            let says = [("custody", format!("@{word}")), ("content", format!("@{}", with_custody(world, j, custody)))];
            draft.says.push(world.tell("cell_custody", says));
        }
    }
    if draft.says.is_empty() {
        draft.says.push(world.tell("cell_no_custody", []));
    }
    draft.word = match best {
        Custody::Provider => "weak",
        Custody::CustomerKeyInProviderHsm => "partial",
        Custody::ExternalKeyStore | Custody::ClientSide => "strong",
    };
    draft
}

/// H1 of the offering with this custody: clear text is processed unless the customer encrypts before upload.
fn with_custody(world: &World<'_>, j: &Judged<'_>, custody: Custody) -> &'static str {
    let mut configuration = Configuration::of(j.offering.id.clone()).with_custody(world.catalog, custody);
    if custody != Custody::ClientSide {
        configuration.processing = Processing::InClear;
    }
    let facts = world.frameworks().facts(&configuration);
    facts.worst_foreign(Harm::H1, &[]).map_or(HarmVerdict::Cut, |r| r.verdict).word()
}

fn cutoff(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = attributes(world, j, &["A5"]);
    let harms = [Harm::H4];
    let worst = foreign(j, &harms).map(|r| r.verdict).max().unwrap_or(HarmVerdict::Cut);
    let strongest: BTreeSet<String> =
        foreign(j, &harms).filter(|r| r.verdict == worst).map(|r| r.instrument.clone()).collect();
    let states = foreign(j, &harms).filter(|r| r.verdict == worst).map(|r| r.jurisdiction.clone()).collect();
    draft.says.push(harm_cell(world, "H4", worst, states));
    draft.facts.extend(strongest);
    draft.word = match (word_of(worst), draft.word) {
        ("strong", _) => "strong",
        ("weak", "strong" | "partial") | ("partial", _) => "partial",
        (word, _) => word,
    };
    draft
}

fn capability(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let Some(data) = j.data else {
        draft.says.push(world.tell("cell_no_column", []));
        return draft;
    };
    let status = |c: &flagstate_catalog::services::Capability| {
        c.offers.get(&data.column).and_then(|o| o.get("status")).and_then(Value::as_str).unwrap_or("none").to_owned()
    };
    let count = |group: Option<&str>| {
        let list = world.services.capabilities.values().filter(|c| group.is_none_or(|g| c.group.as_deref() == Some(g)));
        let (mut there, mut part, mut all) = (0, 0, 0);
        for c in list {
            all += 1;
            match world.data.offers.get(&status(c)).map(String::as_str) {
                Some("equivalent") if data.own => there += 1,
                Some(_) => part += 1,
                None => {}
            }
        }
        (there, part, all)
    };
    let (there, part, all) = count(None);
    for (key, (there, part, all)) in [("cell_capabilities", (there, part, all)), ("cell_ai", count(Some("ai")))] {
        let values = [("there", there.to_string()), ("part", part.to_string()), ("all", all.to_string())];
        draft.says.push(world.tell(key, values));
    }
    if !data.own {
        draft.says.push(world.tell("cell_licensor_column", []));
    }
    draft.word = match (there * 4 >= all * 3, (there + part) * 2 >= all) {
        (true, _) => "strong",
        (false, true) => "partial",
        (false, false) => "weak",
    };
    // The cells of the services are own judgement in large part; the service map names the evidence of each.
    draft.weak = true;
    draft.facts.insert(format!("services.{}", data.column));
    draft
}

fn price(world: &World<'_>, j: &Judged<'_>) -> Draft {
    let mut draft = Draft::default();
    let column = j.data.filter(|d| d.own).map(|d| d.column.as_str());
    let prices = world.data.prices.iter().filter(|p| Some(p.provider.as_str()) == column);
    let mut shown = 0;
    for p in prices.filter(|p| p.kind == PriceKind::Vm || p.kind == PriceKind::Storage) {
        if shown < 2 && p.currency == "EUR" || shown == 0 {
            let values = [("what", p.what.clone()), ("price", p.published.clone()), ("date", p.date.clone())];
            draft.says.push(world.tell("cell_price", values));
            draft.facts.insert(p.id.clone());
            shown += 1;
        }
    }
    if let Some(p) = world.data.premiums.iter().find(|p| Some(p.provider.as_str()) == column) {
        let values = [
            ("low", p.low_percent.to_string()),
            ("high", p.high_percent.to_string()),
            ("over", p.over.clone()),
            ("date", p.date.clone()),
        ];
        draft.says.push(world.tell("cell_premium", values));
        draft.facts.insert(p.id.clone());
    }
    let certificates = world.library.certificates.iter().filter(|c| c.offering == j.offering.id);
    let (mut held, mut claimed) = (Vec::new(), Vec::new());
    for c in certificates {
        draft.facts.extend(c.fact.clone());
        if c.state == Held::Held && c.valid_on(world.setting.as_of) {
            held.push(c.scheme.clone());
        } else {
            claimed.push(c.scheme.clone());
        }
    }
    let or_dash = |l: &Vec<String>| if l.is_empty() { "-".to_owned() } else { l.join(", ") };
    draft.says.push(world.tell("cell_certificates", [("held", or_dash(&held)), ("claimed", or_dash(&claimed))]));
    draft.word = match (draft.facts.is_empty(), held.is_empty()) {
        (true, true) => "unknown",
        (_, false) => "strong",
        (false, true) => "partial",
    };
    draft.weak = held.is_empty();
    draft
}
