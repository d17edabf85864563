//! One answer of `explain`: the link row, the attributes, every chain drawn as text, what ends it.

use std::collections::BTreeSet;

use flagstate_catalog::{Catalog, Harm};
use flagstate_exposure::{Answer, Chain, HarmAnswer};

use super::{Options, layout::Page, sections};
use crate::{
    clean,
    view::{self, Names},
    words,
};

/// An answer at 80 columns.
pub fn answer(a: &Answer, catalog: &Catalog) -> String {
    answer_with(a, catalog, Options::default())
}

/// An answer.
pub fn answer_with(a: &Answer, catalog: &Catalog, options: Options) -> String {
    let names = Names(catalog);
    let mut page = Page::new(options.width);
    let mut cited = BTreeSet::new();
    head(&mut page, a, names);
    links(&mut page, a, &mut cited);
    attributes(&mut page, a, &mut cited);
    harms(&mut page, a);
    ends(&mut page, a, names);
    chains(&mut page, a, names, &mut cited);
    facts(&mut page, a, names, &cited);
    page.blank();
    page.line(words::NOT_ADVICE);
    page.finish()
}

fn head(page: &mut Page, a: &Answer, names: Names<'_>) {
    page.ends("LINK BY LINK", &a.as_of.to_string());
    page.rule('=');
    page.labelled("Offering", &format!("{} ({})", names.offering(&a.offering), clean::name(&a.offering)), 16);
    let list: Vec<String> =
        a.instruments.iter().map(|i| format!("{} ({})", names.instrument(i), clean::name(i))).collect();
    page.labelled("Power", &words::and(&list), 16);
    page.labelled("Control test", words::control_test(a.control_test), 16);
    page.labelled("Data", words::processing(a.processing), 16);
    let acting: Vec<String> = a.safeguards.iter().map(|s| names.safeguard(s)).collect();
    page.labelled("Safeguards", &if acting.is_empty() { "none acts".into() } else { acting.join(", ") }, 16);
    for (id, why) in &a.not_credited {
        page.labelled("Not credited", &format!("{}: {}", names.safeguard(id), clean::name(why)), 16);
    }
    let assumed: Vec<String> = a.assumptions.iter().map(|x| clean::name(x)).collect();
    if !assumed.is_empty() {
        page.labelled("Assumed", &assumed.join(", "), 16);
    }
}

fn links(page: &mut Page, a: &Answer, cited: &mut BTreeSet<String>) {
    page.heading("The seven links (a summary; verdicts come from the chains)");
    for (link, l) in &a.links {
        let label = format!("{} {}", words::link_id(*link), words::link_title(*link));
        page.labelled(&label, &format!("{}: {}", words::value(l.verdict).to_uppercase(), clean::name(&l.text)), 18);
        if let Some(p) = &l.premise {
            page.wrapped(&format!("premise {}", clean::name(p)), 18, 20);
            cited.insert(p.clone());
        }
        because(page, &l.because, 18, cited);
    }
}

fn because(page: &mut Page, ids: &[String], indent: usize, cited: &mut BTreeSet<String>) {
    if !ids.is_empty() {
        let list: Vec<String> = ids.iter().map(|x| clean::name(x)).collect();
        page.wrapped(&format!("because {}", list.join(", ")), indent, indent + 2);
        cited.extend(ids.iter().cloned());
    }
}

fn attributes(page: &mut Page, a: &Answer, cited: &mut BTreeSet<String>) {
    page.heading("Attributes (often mixed up with the chain; they do not decide it)");
    let rows: Vec<Vec<String>> = a
        .attributes
        .iter()
        .map(|(id, v)| {
            cited.extend(v.because.iter().cloned());
            let because: Vec<String> = v.because.iter().map(|x| clean::name(x)).collect();
            vec![
                format!("{} {}", clean::name(id), words::attribute(id)),
                words::value(&clean::name(&v.value)),
                if because.is_empty() { "-".into() } else { because.join(", ") },
            ]
        })
        .collect();
    page.table(&["Attribute", "Value", "Because"], &rows, 2);
}

/// Verdict and premise per harm.
fn harms(page: &mut Page, a: &Answer) {
    page.heading("Harms");
    let rows: Vec<Vec<String>> = a
        .harms
        .iter()
        .map(|(harm, h)| {
            let premise = h.premise.as_ref().map(|p| format!("{} [{}]", clean::name(&p.text), clean::name(&p.id)));
            vec![
                format!("{} {}", words::harm_id(*harm), words::harm_title(*harm)),
                h.verdict.word().into(),
                premise.unwrap_or_else(|| "-".into()),
            ]
        })
        .collect();
    page.table(&["Harm", "Verdict", "Premise"], &rows, 2);
}

/// Every chain once, with the harms it does: the same chain stands under several harms.
fn chains(page: &mut Page, a: &Answer, names: Names<'_>, cited: &mut BTreeSet<String>) {
    page.blank();
    page.rule('=');
    page.line("EVERY CHAIN");
    page.rule('=');
    let all = a.harms.iter().flat_map(|(harm, h)| h.chains.iter().map(|c| (*harm, c)));
    let grouped = view::grouped(all, |(_, c)| {
        (
            c.instrument.clone(),
            c.addressee.clone(),
            c.ground.clone(),
            c.path.clone(),
            c.ground_path.clone(),
            c.links.clone(),
        )
    });
    if grouped.is_empty() {
        page.line("No chain.");
    }
    for (i, (_, list)) in grouped.iter().enumerate() {
        draw(page, i + 1, list, names, cited);
    }
    for (harm, h) in a.harms.iter().filter(|(_, h)| h.chains_left_out > 0) {
        let n = words::count(h.chains_left_out as u64, "weaker chain is", "weaker chains are");
        page.wrapped(&format!("{}: {n} not printed; the verdict counts them.", words::harm_id(*harm)), 0, 0);
    }
}

/// A chain as a ladder, top to bottom.
fn draw(page: &mut Page, n: usize, list: &[(Harm, &Chain)], names: Names<'_>, cited: &mut BTreeSet<String>) {
    let Some((_, chain)) = list.first() else { return };
    page.blank();
    let verdicts: Vec<String> = view::grouped(list, |(_, c)| c.verdict)
        .into_iter()
        .map(|(v, l)| format!("{} {v}", l.iter().map(|(h, _)| words::harm_id(*h)).collect::<Vec<_>>().join(" ")))
        .collect();
    page.ends(&format!("Chain {n}"), &verdicts.join(", "));
    let state = |i: usize| {
        let link = words::LINKS.get(i)?;
        let verdict = chain.links.get(link)?;
        Some(format!("{} {}: {verdict}", words::link_id(*link), words::link_title(*link)))
    };
    let rung = |page: &mut Page, text: &str| page.wrapped(&format!("|  {text}"), 4, 7);
    page.wrapped(&format!("{} ({})", names.instrument(&chain.instrument), clean::name(&chain.instrument)), 2, 4);
    for i in [0, 1] {
        if let Some(s) = state(i) {
            rung(page, &s);
        }
    }
    if let Some(s) = state(2) {
        let rule = names.0.rules.get(&chain.ground).map(|r| r.conclusion.clone()).unwrap_or_default();
        rung(page, &format!("{s} ({}: {})", clean::name(&chain.ground), clean::name(&rule)));
    }
    for step in view::steps_in_words(&chain.ground_path, names) {
        rung(page, &format!("below it: {step}"));
    }
    page.line("    v");
    page.wrapped(&clean::name(&chain.addressee_name), 2, 4);
    if let Some(s) = state(3) {
        rung(page, &s);
    }
    for step in view::steps_in_words(&chain.path, names) {
        rung(page, &step);
    }
    if let Some(last) = chain.path.last() {
        page.line("    v");
        page.wrapped(&names.entity(&last.owned), 2, 4);
    }
    if let Some(s) = state(4) {
        rung(page, &s);
    }
    page.line("    v");
    page.line("  your data");
    for (premise, on) in view::grouped(list.iter().filter(|(_, c)| c.premise.is_some()), |(_, c)| c.premise.clone()) {
        let Some(p) = premise else { continue };
        let harms: Vec<&str> = on.iter().map(|(h, _)| words::harm_id(*h)).collect();
        let on = if on.len() == list.len() { String::new() } else { format!(" for {}", harms.join(" ")) };
        page.wrapped(&format!("premise{on}: {} [{}]", clean::name(&p.text), clean::name(&p.id)), 4, 6);
    }
    because(page, &chain.because, 4, cited);
}

/// Sets that end harms; harms with the same answer stand together.
fn ends(page: &mut Page, a: &Answer, names: Names<'_>) {
    let open = a.harms.iter().filter(|(_, h)| h.verdict != flagstate_exposure::HarmVerdict::Cut);
    let same = |h: &HarmAnswer| {
        let e = &h.ends_with;
        (e.available.clone(), e.any.clone(), e.if_stored_only.clone())
    };
    let grouped = view::grouped(open, |(_, h)| same(h));
    if grouped.is_empty() {
        return;
    }
    page.heading("What would end it (smallest sets of safeguards)");
    for ((available, any, stored), harms) in grouped {
        let ids: Vec<&str> = harms.iter().map(|(h, _)| words::harm_id(**h)).collect();
        page.line(&format!("  {}", ids.join(" ")));
        if available.is_empty() && any.is_empty() && stored.is_empty() {
            page.item("nothing in the catalog ends it", 4);
            continue;
        }
        let mut seen: Vec<Vec<Vec<String>>> = Vec::new();
        let rows = [
            ("of what the offering has", available),
            ("of all safeguards in the catalog", any),
            ("were the data only stored", stored),
        ];
        for (label, sets) in rows {
            let list: Vec<String> = sets.iter().map(|s| names.set(s)).collect();
            if sets.is_empty() {
                page.item(&format!("{label}: nothing"), 4);
            } else if seen.contains(&sets) {
                page.item(&format!("{label}: the same"), 4);
            } else {
                page.item(&format!("{label}: {}", words::or(&list)), 4);
            }
            seen.push(sets);
        }
    }
}

fn facts(page: &mut Page, a: &Answer, names: Names<'_>, cited: &BTreeSet<String>) {
    page.blank();
    page.rule('=');
    page.line("WHAT THIS RESTS ON");
    page.rule('=');
    for id in cited {
        let text = names.meaning(id);
        let Some(f) = names.0.facts.get(id) else {
            if !text.is_empty() {
                page.labelled(&clean::name(id), &text, 16);
            }
            continue;
        };
        page.labelled(&clean::name(id), &words::stop(&text), 16);
        page.wrapped(&view::fact_line(f), 16, 16);
        for s in &f.sources {
            page.wrapped(&format!("source {}", view::source(names.0, s)), 16, 18);
        }
        if let Some(note) = &f.note {
            page.wrapped(&format!("note: {}", clean::name(note)), 16, 18);
        }
    }
    sections::facts(page, &a.ground, a.as_of);
}
