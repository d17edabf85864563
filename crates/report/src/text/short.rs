//! Differences and findings.

use flagstate_catalog::Catalog;
use flagstate_exposure::{Finding, diff::Difference};

use super::{Options, layout::Page};
use crate::{
    clean,
    view::{self, Names},
    words,
};

/// A difference of `whatif`.
pub fn difference(d: &Difference, catalog: &Catalog) -> String {
    let names = Names(catalog);
    let mut page = Page::new(Options::default().width);
    let dates = if d.as_of_from == d.as_of_to {
        format!("on {}", d.as_of_to)
    } else {
        format!("from {} to {}", d.as_of_from, d.as_of_to)
    };
    page.ends("WHAT CHANGES", &dates);
    page.rule('=');
    let assumed: Vec<String> = d.assumed.iter().map(|x| clean::name(x)).collect();
    if !assumed.is_empty() {
        page.labelled("Assumed", &assumed.join(", "), 10);
    }
    if d.changes.is_empty() {
        page.line("No answer about who can reach what changes.");
    }
    for (subject, changes) in view::grouped(&d.changes, |c| c.subject.clone()) {
        page.heading(&clean::name(&subject));
        for (instrument, changes) in view::grouped(changes, |c| c.instrument.clone()) {
            let name = names.instrument(&instrument);
            let id = clean::name(&instrument);
            page.wrapped(&if name == id { id } else { format!("{name} ({id})") }, 2, 4);
            for c in &changes {
                let part = part(&c.part);
                page.wrapped(
                    &format!(
                        "{part}: {} -> {}",
                        words::value(&clean::name(&c.from)),
                        words::value(&clean::name(&c.to))
                    ),
                    4,
                    6,
                );
            }
            let why = changes.iter().flat_map(|c| &c.why);
            let mut seen: Vec<String> = Vec::new();
            for p in why {
                let text = if p.text.is_empty() { names.meaning(&p.id) } else { clean::name(&p.text) };
                let text = format!("because {} [{}]", text.trim_end_matches('.'), clean::name(&p.id));
                if !seen.contains(&text) {
                    page.wrapped(&text, 6, 8);
                    seen.push(text);
                }
            }
        }
    }
    page.blank();
    page.line(words::NOT_ADVICE);
    page.finish()
}

/// `H1 content readable`, `L4 control`, `A6 basis for a transfer`.
fn part(id: &str) -> String {
    let harm = words::HARMS.into_iter().find(|h| words::harm_id(*h) == id).map(|h| words::harm_title(h).to_lowercase());
    let link = || words::LINKS.into_iter().find(|l| words::link_id(*l) == id).map(|l| words::link_title(l).to_owned());
    let name = harm.or_else(link).unwrap_or_else(|| words::attribute(id).to_owned());
    if name == id { clean::name(id) } else { format!("{} {name}", clean::name(id)) }
}

/// Findings of `check`.
pub fn findings(found: &[&Finding], catalog: &Catalog) -> String {
    let names = Names(catalog);
    let mut page = Page::new(Options::default().width);
    let open = found.iter().filter(|f| f.accepted.is_none()).count();
    page.ends("REQUIREMENTS THAT DO NOT HOLD", &words::count(open as u64, "finding", "findings"));
    page.rule('=');
    if found.is_empty() {
        page.line("Every requirement holds.");
    }
    for (workload, list_of) in view::grouped(found.iter().copied(), |f| f.workload.clone()) {
        page.heading(&clean::name(&workload));
        list(&mut page, &list_of, names, true);
    }
    page.blank();
    page.line(words::NOT_ADVICE);
    page.finish()
}

/// One item per finding.
pub(super) fn list(page: &mut Page, found: &[&Finding], names: Names<'_>, examples: bool) {
    for f in found {
        page.item(&view::finding(f, names), 2);
        for text in view::finding_notes(f) {
            page.wrapped(&text, 4, 4);
        }
        if examples && !f.examples.is_empty() {
            let ids: Vec<String> = f.examples.iter().map(|x| clean::name(x)).collect();
            page.wrapped(&format!("for example: {}", ids.join(", ")), 4, 6);
        }
    }
}
