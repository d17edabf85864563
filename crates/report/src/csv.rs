//! CSV (RFC 4180): one row per workload, harm and power. Fields that a spreadsheet would run are defused.

use flagstate_catalog::Catalog;
use flagstate_exposure::{Assessment, Chain, Power, WorkloadAnswer};

use crate::{
    clean,
    view::{self, Names},
    words,
};

const HEAD: [&str; 21] = [
    "as_of", "workload", "classification", "harm", "harm_name", "instrument", "instrument_name", "jurisdiction",
    "home", "verdict", "premise", "premise_text", "in_force", "would_know", "challenge", "addressees", "chain",
    "offerings", "resources_reached", "cost_reached", "control_test",
];

/// An assessment. A part of a workload that could not be judged has rows with the instrument `(not judged)`.
pub fn assessment(a: &Assessment, catalog: &Catalog) -> String {
    let names = Names(catalog);
    let mut out = String::new();
    row(&mut out, HEAD.iter().map(|h| (*h).to_owned()));
    for w in &a.workloads {
        for harm in words::HARMS {
            for p in &w.powers {
                let Some(h) = p.harms.get(&harm) else { continue };
                let premise = h.premise.as_ref().or_else(|| absence(p, h.verdict));
                row(
                    &mut out,
                    [
                        a.as_of.to_string(),
                        w.name.clone(),
                        w.classification.clone().unwrap_or_default(),
                        words::harm_id(harm).into(),
                        words::harm_title(harm).into(),
                        p.instrument.clone(),
                        p.name.clone(),
                        p.jurisdiction.clone(),
                        if p.home { "yes" } else { "no" }.into(),
                        h.verdict.word().into(),
                        premise.map(|x| x.id.clone()).unwrap_or_default(),
                        premise.map(|x| x.text.clone()).unwrap_or_default(),
                        p.in_force.word().into(),
                        p.visibility.word().into(),
                        p.challenge.word().into(),
                        p.addressees.values().cloned().collect::<Vec<_>>().join("; "),
                        p.chain.as_ref().filter(|_| view::is_open(p)).map(|c| chain(c, p, names)).unwrap_or_default(),
                        p.offerings.iter().cloned().collect::<Vec<_>>().join("; "),
                        p.resources.to_string(),
                        p.cost.display(),
                        words::control_test_id(a.control_test).into(),
                    ],
                );
            }
            if w.not_judged.0 > 0 {
                row(&mut out, not_judged(a, w, harm));
            }
        }
    }
    out
}

/// The premise of a chain that is cut stands in the chain, not in the harm.
fn absence(p: &Power, verdict: flagstate_exposure::HarmVerdict) -> Option<&flagstate_exposure::Premise> {
    let chain = p.chain.as_ref().filter(|c| c.verdict == verdict)?;
    chain.premise.as_ref()
}

fn chain(c: &Chain, p: &Power, names: Names<'_>) -> String {
    view::carried(c, &p.offerings, names).replace('\u{a0}', " ")
}

fn not_judged(a: &Assessment, w: &WorkloadAnswer, harm: flagstate_catalog::Harm) -> [String; 21] {
    let mut fields = std::array::from_fn(|_| String::new());
    let given = [
        (0, a.as_of.to_string()),
        (1, w.name.clone()),
        (2, w.classification.clone().unwrap_or_default()),
        (3, words::harm_id(harm).into()),
        (4, words::harm_title(harm).into()),
        (5, "(not judged)".into()),
        (9, "unknown".into()),
        (11, "The catalog does not know where these resources run.".into()),
        (18, w.not_judged.0.to_string()),
        (19, w.not_judged.1.display()),
        (20, words::control_test_id(a.control_test).into()),
    ];
    for (i, text) in given {
        if let Some(slot) = fields.get_mut(i) {
            *slot = text;
        }
    }
    fields
}

fn row(out: &mut String, fields: impl IntoIterator<Item = String>) {
    let fields: Vec<String> = fields.into_iter().map(|f| clean::csv(&f)).collect();
    out.push_str(&fields.join(","));
    out.push_str("\r\n");
}
