//! An assessment: five lines, then workload by workload, then what it all rests on.

use flagstate_catalog::Catalog;
use flagstate_exposure::{Assessment, HarmVerdict, Power, WorkloadAnswer};

use super::{Options, layout::Page, sections};
use crate::{
    clean,
    view::{self, Names},
    words,
};

/// An assessment at 80 columns.
pub fn assessment(a: &Assessment, catalog: &Catalog) -> String {
    assessment_with(a, catalog, Options::default())
}

/// An assessment.
pub fn assessment_with(a: &Assessment, catalog: &Catalog, options: Options) -> String {
    let names = Names(catalog);
    let mut page = Page::new(options.width);
    let who = a.organisation.as_ref().map(|o| clean::name(o)).unwrap_or_default();
    page.ends("WHO CAN BE COMPELLED", &who);
    page.rule('=');
    for (label, text) in view::headline(a, names) {
        page.labelled(label, &text, 11);
    }
    for (i, w) in a.workloads.iter().enumerate() {
        workload(&mut page, a, w, i + 1, names, options);
    }
    sections::rest(&mut page, a, names);
    page.finish()
}

/// The five lines, and for each workload the first sentence under each of the four questions: what fits a screen.
pub fn brief(a: &Assessment, catalog: &Catalog) -> String {
    let names = Names(catalog);
    let mut page = Page::new(Options::default().width);
    let who = a.organisation.as_ref().map(|o| clean::name(o)).unwrap_or_default();
    page.ends("WHO CAN BE COMPELLED", &who);
    page.rule('=');
    for (label, text) in view::headline(a, names) {
        page.labelled(label, &text, 11);
    }
    for w in &a.workloads {
        page.blank();
        page.ends(&clean::name(&w.name), &view::worst_foreign(w).word().to_uppercase());
        for (question, answers) in view::sentences(a, w, names).pairs() {
            if let Some(first) = answers.first() {
                page.wrapped(&format!("{question} {first}"), 2, 4);
            }
        }
    }
    let rows: u64 = a.inputs.iter().map(|i| i.rows).sum();
    page.blank();
    page.wrapped(
        &format!(
            "Every one of {} rows read is accounted for; what could not be judged is listed. This is an exposure analysis, not legal advice.",
            words::thousands(&rows.to_string())
        ),
        0,
        0,
    );
    page.finish()
}

fn workload(page: &mut Page, a: &Assessment, w: &WorkloadAnswer, n: usize, names: Names<'_>, options: Options) {
    page.blank();
    page.rule('=');
    page.ends(&format!("{n}. {}", clean::name(&w.name)), &view::worst_foreign(w).word().to_uppercase());
    page.rule('=');
    let mut facts = vec![
        words::count(w.resources, "resource", "resources"),
        format!("{} may hold data", words::thousands(&w.holding_data.to_string())),
        format!("cost {}", clean::money(&w.cost)),
    ];
    if let Some(c) = &w.classification {
        facts.insert(0, format!("classification {}", clean::name(c)));
    }
    page.wrapped(&format!("{}.", words::capital(&facts.join(", "))), 0, 0);
    page.wrapped(&format!("Runs on {}.", view::runs_on(w, names)), 0, 0);
    for (question, answers) in view::sentences(a, w, names).pairs() {
        page.blank();
        page.line(question);
        for text in answers {
            page.wrapped(text, 2, 2);
        }
    }
    harms(page, w);
    powers(page, w, names, options);
    transfer(page, w, names);
    assumptions(page, w);
    if !w.findings.is_empty() {
        page.heading("Requirements that do not hold");
        let found: Vec<_> = w.findings.iter().collect();
        super::short::list(page, &found, names, false);
    }
}

fn harms(page: &mut Page, w: &WorkloadAnswer) {
    page.heading("Harms");
    let rows: Vec<Vec<String>> = w
        .harms
        .iter()
        .map(|(h, v)| {
            let exposed = v.foreign >= HarmVerdict::Contested;
            vec![
                format!("{} {}", words::harm_id(*h), words::harm_title(*h)),
                v.foreign.word().into(),
                v.home.word().into(),
                if exposed { words::thousands(&v.exposed_resources.to_string()) } else { "-".into() },
                if exposed { clean::money(&v.exposed_cost) } else { "-".into() },
            ]
        })
        .collect();
    page.table(&["Harm", "Foreign", "Home", "Exposed", "Cost exposed"], &rows, 2);
}

fn powers(page: &mut Page, w: &WorkloadAnswer, names: Names<'_>, options: Options) {
    let (home, foreign): (Vec<&Power>, Vec<&Power>) = w.powers.iter().partition(|p| p.home);
    for (title, list) in [("Foreign powers", foreign), ("Home powers (accepted)", home)] {
        if list.is_empty() {
            continue;
        }
        page.heading(title);
        let (shown, rest): (Vec<&Power>, Vec<&Power>) =
            list.into_iter().partition(|p| options.verbose || view::worst(p) != HarmVerdict::Cut);
        let rows: Vec<Vec<String>> = shown.iter().map(|p| power(p)).collect();
        page.table(&["Power", "Reached", "Contested", "Unknown", "Know?", "Challenge"], &rows, 2);
        if !rest.is_empty() {
            for (why, list) in view::grouped(rest, |p| view::cut_because(p, names)) {
                let ids: Vec<String> = list.iter().map(|p| clean::name(&p.instrument)).collect();
                page.wrapped(&format!("Cut{why}: {}.", ids.join(", ")), 2, 4);
            }
        }
        if options.verbose {
            for p in shown {
                premises(page, p);
            }
        }
    }
}

fn power(p: &Power) -> Vec<String> {
    let dash = |text: String| if text.is_empty() { "-".into() } else { text };
    vec![
        format!("{}: {} ({})", clean::name(&p.jurisdiction), view::power_name(p), clean::name(&p.instrument)),
        dash(view::harms_with(p, HarmVerdict::Reached)),
        dash(view::harms_with(p, HarmVerdict::Contested)),
        dash(view::harms_with(p, HarmVerdict::Unknown)),
        words::visibility_word(p.visibility).into(),
        words::challenge_word(p.challenge).into(),
    ]
}

fn premises(page: &mut Page, p: &Power) {
    let mut texts: Vec<String> = p.harms.values().filter_map(|h| h.premise.as_ref()).map(premise).collect();
    texts.extend(p.chain.iter().filter_map(|c| c.premise.as_ref()).map(premise));
    texts.dedup();
    texts.sort();
    texts.dedup();
    for text in texts {
        page.item(&format!("{}: {text}", clean::name(&p.instrument)), 2);
    }
}

fn premise(p: &flagstate_exposure::Premise) -> String {
    format!("{} [{}]", clean::name(&p.text), clean::name(&p.id))
}

fn transfer(page: &mut Page, w: &WorkloadAnswer, names: Names<'_>) {
    if w.transfer.is_empty() {
        return;
    }
    page.heading("Transfer legality (GDPR chapter V), a question apart from exposure");
    let rows: Vec<Vec<String>> = view::transfers(w, names).into_iter().map(Vec::from).collect();
    page.table(&["Offering", "Restricted", "Third countries", "Basis (A6)", "EDPB use case"], &rows, 2);
}

fn assumptions(page: &mut Page, w: &WorkloadAnswer) {
    if w.assumptions.is_empty() {
        return;
    }
    page.heading("Assumptions, made in the cautious direction");
    for (text, n) in &w.assumptions {
        page.item(&format!("{}: {}", words::count(*n, "resource", "resources"), words::stop(&clean::name(text))), 2);
    }
}
