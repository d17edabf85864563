//! The second judgement alone against every claim: its links and harms must be as claimed on both dates.

#[cfg(test)]
#[expect(dead_code, reason = "services speak to attributes, which this judgement leaves out")]
mod claim_book;
#[cfg(test)]
mod oracle;

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Harm, Link};

use claim_book::Claim;
use oracle::{Answer, Ask, strength::Strength};

/// Answers of several instruments put together: per link and harm the strongest exposure.
#[cfg(test)]
fn together(answers: &[Answer]) -> Answer {
    let strongest = |words: Vec<&String>, order: &[&str]| -> String {
        let rank = |w: &&String| order.iter().position(|o| o == w).unwrap_or(0);
        words.into_iter().max_by_key(rank).cloned().unwrap_or_default()
    };
    let mut links = BTreeMap::new();
    for link in [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5] {
        let best = answers.iter().filter_map(|a| a.links.get(&link)).map(|w| Strength::of_word(w)).max();
        links.insert(link, best.unwrap_or(Strength::Unknown).word());
    }
    for (link, order) in [
        (Link::L6, ["unknown", "visible", "may_be_gagged", "gagged"]),
        (Link::L7, ["unknown", "open", "friction", "closed"]),
    ] {
        links.insert(link, strongest(answers.iter().filter_map(|a| a.links.get(&link)).collect(), &order));
    }
    let mut harms = BTreeMap::new();
    for harm in [Harm::H1, Harm::H2, Harm::H3, Harm::H4, Harm::H5] {
        let words: Vec<&String> = answers.iter().filter_map(|a| a.harms.get(&harm)).collect();
        if !words.is_empty() {
            harms.insert(harm, strongest(words, &["cut", "unknown", "contested", "reached"]));
        }
    }
    Answer { links, harms }
}

#[cfg(test)]
fn answer(catalog: &Catalog, claim: &Claim, offering: &str) -> Answer {
    let answers: Vec<Answer> = claim
        .instruments
        .iter()
        .map(|instrument| {
            let ask = Ask {
                offering: offering.to_owned(),
                instrument: instrument.clone(),
                date: claim.date,
                safeguards: claim.safeguards.clone(),
                in_clear: claim.in_clear,
                legal_right: false,
            };
            oracle::judge(catalog, &ask).unwrap_or_else(|| panic!("{}: {ask:?} is not in the catalog", claim.id))
        })
        .collect();
    together(&answers)
}

#[test]
fn every_claim_holds() {
    let shipped = Catalog::embedded().unwrap();
    let claims = claim_book::read(&shipped);
    assert_eq!(claims.len(), 86, "43 claims, two dates each");
    let mut wrong = Vec::new();
    let mut checked = 0;
    for claim in &claims {
        let mut catalog = shipped.clone();
        for text in &claim.assume {
            catalog.assume(text).unwrap();
        }
        for offering in &claim.offerings {
            let got = answer(&catalog, claim, offering);
            let links = claim.expected.links.iter().map(|(l, w)| (format!("{l:?}"), w, got.links.get(l)));
            let harms = claim.expected.harms.iter().map(|(h, w)| (format!("{h:?}"), w, got.harms.get(h)));
            for (what, want, got) in links.chain(harms) {
                checked += 1;
                if got != Some(want) {
                    wrong.push(format!("{} {} {offering} {what}: claimed {want}, got {got:?}", claim.id, claim.date));
                }
            }
        }
    }
    assert!(checked > 150, "only {checked} verdicts were checked");
    assert!(wrong.is_empty(), "{} of {checked} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
