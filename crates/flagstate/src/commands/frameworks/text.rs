//! Readings as text for a terminal. It judges nothing: every word comes from the reading or from the data.

use std::fmt::Write as _;

use flagstate_catalog::Date;
use flagstate_frameworks::{
    By, Framework, FrameworkReading, Library, Standing, Verdict,
    ceilings::CeilingsReading,
    criteria::CriteriaReading,
    requirement::{Classification, Force, Requirement, RequirementReading},
    sheet::{Answer, SheetReading},
    switching::{Charges, Clock},
    transfer_draft::Draft,
};

use super::Reading;

fn standing(s: Standing) -> &'static str {
    match s {
        Standing::Law => "law",
        Standing::Certification => "certification",
        Standing::Guidance => "guidance, binds nobody by itself",
        Standing::Proposal => "PROPOSAL, decides nothing",
        Standing::Draft => "DRAFT, decides nothing",
        Standing::Contract => "contract",
    }
}

/// All frameworks, one line each.
pub(super) fn list(library: &Library) -> String {
    let mut text = String::new();
    for f in library.frameworks.values() {
        let _ = writeln!(text, "{:14} {} ({}, {}); {}", f.id, f.name.en, f.version, f.date, standing(f.standing));
    }
    let ids: Vec<&str> = library.classifications.iter().map(|c| c.id.as_str()).collect();
    let _ = writeln!(text, "\nClassifications with default requirements: {}", ids.join(", "));
    text
}

/// One framework.
pub(super) fn framework(f: &Framework, language: &str) -> String {
    let mut text = format!(
        "{} ({})\nVersion {}, {}; {}\n",
        f.name.in_language(language),
        f.id,
        f.version,
        f.date,
        standing(f.standing)
    );
    for c in &f.clauses {
        let from = c.applies_from.map(|d| format!(" (from {d})")).unwrap_or_default();
        let _ = writeln!(text, "  {}{from}: {}", c.reference, c.text.in_language(language));
    }
    if let Some(sheet) = &f.sheet {
        for o in &sheet.objectives {
            let weights: Vec<String> =
                sheet.weights.iter().filter_map(|w| Some(format!("{} % ({})", w.percent.get(&o.id)?, w.id))).collect();
            let _ = writeln!(text, "\n{} {}: {}", o.id, o.name.in_language(language), weights.join(", "));
            for c in &o.criteria {
                let _ = writeln!(text, "  {} {}", c.id, c.title.in_language(language));
                for (i, option) in c.options.iter().enumerate() {
                    let (level, prefix) = (option.level, &sheet.level_prefix);
                    let _ =
                        writeln!(text, "      {} {} points, {prefix}{level}: {}", i + 1, option.points, option.text);
                }
            }
        }
    }
    for c in &f.criteria {
        let additional = if c.additional { " (additional)" } else { "" };
        let _ = writeln!(text, "  {}{additional}: {}", c.id, c.text.in_language(language));
    }
    for l in &f.levels {
        let all: Vec<String> = l.all_of.iter().map(|any| any.join(" or ")).collect();
        let _ = writeln!(text, "  {}: {}", l.name.in_language(language), all.join("; "));
    }
    for note in &f.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    for s in &f.sources {
        let (date, url) = (s.date.as_deref().unwrap_or("no date"), s.url.as_deref().unwrap_or("no address"));
        let _ = writeln!(text, "  source: {} ({date}, {}); {url}", s.title, s.grade);
    }
    text
}

/// One requirement.
pub(super) fn requirement(library: &Library, r: &Requirement, language: &str) -> String {
    let name = library.framework(&r.clause.framework).map_or("", |f| f.name.in_language(language));
    let force = if r.force == Force::Must { "must" } else { "should" };
    format!("{} ({force}): {}\n  set by {name}, {}\n", r.id, r.text.in_language(language), r.clause.reference)
}

/// A classification with its requirements.
pub(super) fn classification(library: &Library, c: &Classification, language: &str) -> String {
    let mut text = format!("{} ({})\n\n", c.name.in_language(language), c.id);
    for r in c.requirements.iter().filter_map(|id| library.requirements.get(id)) {
        text.push_str(&requirement(library, r, language));
        if !r.applies.home.is_empty() || !r.applies.organisation.is_empty() {
            let _ = writeln!(
                text,
                "  applies where home is {:?}, organisation {:?} (empty: any)",
                r.applies.home, r.applies.organisation
            );
        }
    }
    text
}

/// Readings of offerings or workloads.
pub(super) fn readings(library: &Library, list: &[Reading], language: &str) -> String {
    let mut text = String::new();
    for r in list {
        let name = r.workload.as_deref().or(r.offering.as_deref()).unwrap_or_default();
        let _ = writeln!(text, "{name}\n{}", "=".repeat(name.chars().count()));
        if r.not_known > 0 {
            let _ = writeln!(text, "{} resources run on no known offering: nothing is said of them", r.not_known);
        }
        for f in &r.frameworks {
            framework_reading(library, f, language, &mut text);
        }
        if let Some(classification) = &r.classification {
            let _ = writeln!(text, "\nRequirements for {classification}");
            for requirement in &r.requirements {
                requirement_reading(library, requirement, language, &mut text);
            }
        }
        text.push('\n');
    }
    text.push_str("Readings with their premises; not legal advice.\n");
    text
}

fn framework_reading(library: &Library, r: &FrameworkReading, language: &str, text: &mut String) {
    let Some(framework) = library.framework(&r.framework) else { return };
    let _ = writeln!(
        text,
        "\n{} ({}, {}; {}), read for {}",
        framework.name.in_language(language),
        r.version,
        r.date,
        standing(r.standing),
        r.as_of
    );
    if r.sheet.is_none() && r.ceilings.is_empty() && r.criteria.is_empty() {
        text.push_str("  nothing can be read here\n");
    }
    if let Some(sheet) = &r.sheet {
        sheet_reading(library, framework, sheet, language, text);
    }
    for c in &r.ceilings {
        ceilings_reading(library, framework, c, language, text);
    }
    for c in &r.criteria {
        criteria_reading(library, framework, c, language, text);
    }
}

fn sheet_reading(library: &Library, f: &Framework, r: &SheetReading, language: &str, text: &mut String) {
    let Some(sheet) = &f.sheet else { return };
    let prefix = &sheet.level_prefix;
    let level = r.level_at_most.map_or_else(|| "none".to_owned(), |l| format!("{prefix}{l}"));
    let at_most = if r.complete { "" } else { " at most" };
    let held = if r.level == r.level_at_most { r.held_down_by.join(", ") } else { String::new() };
    let held = if held.is_empty() { held } else { format!(", held there by {held}") };
    let _ = writeln!(text, "  {level}{at_most}{held}");
    for total in &r.totals {
        let _ = writeln!(
            text,
            "  total {} %, at most {} % with the gaps (weights {})",
            total.percent, total.at_most_percent, total.weights
        );
    }
    for c in sheet.criteria() {
        let line = match r.answers.get(&c.id) {
            Some(Answer::Answered(a)) => {
                let option = usize::from(a.option).checked_sub(1).and_then(|i| c.options.get(i));
                let by = match a.by {
                    By::Computed => "computed",
                    By::Stated => "stated",
                    By::Published => "published",
                };
                let why: Vec<String> = a.because.iter().map(|m| library.say(m, language)).collect();
                let source = a.stated.as_ref().and_then(|s| s.because.clone().or_else(|| s.source.clone()));
                option.map(|o| {
                    let why = why.into_iter().chain(source).collect::<Vec<_>>().join(" ");
                    format!("option {} {}, {prefix}{} ({by}): {why}", a.option, o.text, o.level)
                })
            }
            Some(Answer::Gap { at_most: Some(n), because }) => {
                let why: Vec<String> = because.iter().map(|m| library.say(m, language)).collect();
                Some(format!("not answered; option {n} at best. {}", why.join(" ")))
            }
            _ => None,
        };
        if let Some(line) = line {
            let _ = writeln!(text, "    {} {}: {}", c.id, c.title.in_language(language), line.trim_end());
        }
    }
    let gaps: Vec<&str> = r.objectives.iter().flat_map(|o| o.gaps.iter().map(String::as_str)).collect();
    if !gaps.is_empty() {
        let _ = writeln!(text, "    to be answered ({} of {}): {}", gaps.len(), r.answers.len(), gaps.join(", "));
    }
    for c in &r.contradictions {
        let why: Vec<String> = c.because.iter().map(|m| library.say(m, language)).collect();
        let _ = writeln!(
            text,
            "    not taken: {} was stated as option {}, the facts allow {} at best. {}",
            c.criterion,
            c.stated,
            c.at_most,
            why.join(" ")
        );
    }
}

fn ceilings_reading(library: &Library, f: &Framework, r: &CeilingsReading, language: &str, text: &mut String) {
    let qualified = if r.qualified { ", qualified on this date" } else { "" };
    let subject = r.offering.as_deref().unwrap_or(&r.entity);
    let _ = writeln!(text, "  {subject}: {}{qualified}", library.word(r.verdict.word(), language));
    for c in &r.clauses {
        let clause = f.clause(&c.clause).map_or("", |c| c.text.in_language(language));
        let _ = writeln!(text, "    {} {}: {clause}", c.clause, library.word(c.verdict.word(), language));
        for m in &c.because {
            let facts = if m.facts.is_empty() { String::new() } else { format!(" [{}]", m.facts.join(", ")) };
            let _ = writeln!(text, "      {}{facts}", library.say(m, language));
        }
        for m in &c.ask {
            let _ = writeln!(text, "      ask: {}", library.say(m, language));
        }
    }
}

fn criteria_reading(library: &Library, f: &Framework, r: &CriteriaReading, language: &str, text: &mut String) {
    for l in &r.levels {
        let name = f.levels.iter().find(|x| x.level == l.level).map_or("", |x| x.name.in_language(language));
        let missing = if l.missing.is_empty() { String::new() } else { format!(": {}", l.missing.join(", ")) };
        let _ = writeln!(text, "  {name} {}{missing}", library.word(l.verdict.word(), language));
    }
    for c in r.criteria.iter().filter(|c| c.verdict != Verdict::Unknown) {
        let asked = f.criteria.iter().find(|x| x.id == c.id).map_or("", |x| x.text.in_language(language));
        let why: Vec<String> = c.because.iter().map(|m| library.say(m, language)).chain(c.stated.clone()).collect();
        let verdict = library.word(c.verdict.word(), language);
        let _ = writeln!(text, "    {} {verdict}: {asked}. {}", c.id, why.join(" "));
    }
    let open: Vec<&str> = r.criteria.iter().filter(|c| c.verdict == Verdict::Unknown).map(|c| c.id.as_str()).collect();
    if !open.is_empty() {
        let _ = writeln!(text, "    to be answered ({} of {}): {}", open.len(), r.criteria.len(), open.join(", "));
    }
}

fn requirement_reading(library: &Library, r: &RequirementReading, language: &str, text: &mut String) {
    let Some(requirement) = library.requirements.get(&r.requirement) else { return };
    let name = library.framework(&r.clause.framework).map_or("", |f| f.name.in_language(language));
    let gate = if r.gate { "must" } else { "should" };
    let _ = writeln!(
        text,
        "  {} {} ({gate}): {} [{name}, {}]",
        r.requirement,
        library.word(r.verdict.word(), language),
        requirement.text.in_language(language),
        r.clause.reference
    );
    for m in &r.because {
        let _ = writeln!(text, "      {}", library.say(m, language));
    }
    for m in &r.ask {
        let _ = writeln!(text, "      ask: {}", library.say(m, language));
    }
}

/// The clock of switching.
pub(super) fn clock(c: &Clock, f: &Framework) -> String {
    let charges = match c.charges {
        Charges::Contract => "as the contract says; the duty does not apply yet",
        Charges::AtCost => "at most the provider's cost, egress included",
        Charges::None => "none, egress included (running at two providers at once may still be charged at cost)",
    };
    format!(
        "{} ({})\n\
         notice                    {}\n\
         notice period ends        {} at the latest\n\
         extension announced by    {} (14 working days; public holidays not counted)\n\
         transition ends           {}\n\
         transition at its longest {}\n\
         data retrievable until    {} at least, then erased\n\
         switching charges         {charges}\n\
         no switching charges from {}\n",
        f.name.en,
        f.version,
        c.notice,
        c.notice_ends,
        c.extension_said_by,
        c.transition_ends,
        c.transition_ends_at_latest,
        c.retrieval_ends,
        c.no_charges_from
    )
}

/// A draft of a transfer impact assessment.
pub(super) fn draft(d: &Draft, as_of: Date) -> String {
    let mut text = format!("{} ({as_of})\n\n{}\n", d.workload, d.preamble);
    for step in &d.steps {
        let _ = writeln!(text, "\n{}", step.title);
        for line in &step.lines {
            let _ = writeln!(text, "  - {line}");
        }
    }
    text
}
