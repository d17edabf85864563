//! The second judgement alone against every claim: its links and harms must be as claimed on both dates.

#[cfg(test)]
#[expect(dead_code, reason = "services speak to attributes, which this judgement leaves out")]
mod claim_book;
#[cfg(test)]
mod oracle;

use flagstate_catalog::Catalog;

use claim_book::Claim;
use oracle::{Answer, Ask};

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
    oracle::together(&answers)
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
