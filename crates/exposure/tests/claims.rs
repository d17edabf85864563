//! Every claim through the engine: links, attributes and harms must be as claimed on both dates.

#[cfg(test)]
mod claim_book;

use flagstate_catalog::Catalog;
use flagstate_estate::Processing;
use flagstate_exposure::{Answer, Question, explain};

use claim_book::Claim;

#[cfg(test)]
fn answer(catalog: &Catalog, claim: &Claim, offering: &str) -> Answer {
    let question = Question {
        safeguards: claim.safeguards.clone(),
        service: claim.service.clone(),
        processing: if claim.in_clear { Processing::InClear } else { Processing::AtRest },
        ..Question::new(offering, &claim.pattern, claim.date)
    };
    explain(catalog, &question).unwrap_or_else(|e| panic!("{}: {e}", claim.id))
}

#[test]
fn every_claim_holds() {
    let shipped = Catalog::embedded().unwrap();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for claim in &claim_book::read(&shipped) {
        let mut catalog = shipped.clone();
        for text in &claim.assume {
            catalog.assume(text).unwrap();
        }
        assert!(!claim.offerings.is_empty(), "{} names no offering", claim.id);
        for offering in &claim.offerings {
            let got = answer(&catalog, claim, offering);
            let mut asked = got.instruments.clone();
            asked.sort();
            assert_eq!(asked, claim.instruments, "{}", claim.id);
            let want = &claim.expected;
            let links = want.links.iter().map(|(l, w)| (format!("{l:?}"), w, got.links.get(l).map(|a| a.verdict)));
            let harms =
                want.harms.iter().map(|(h, w)| (format!("{h:?}"), w, got.harms.get(h).map(|a| a.verdict.word())));
            let attributes =
                want.attributes.iter().map(|(a, w)| (a.clone(), w, got.attributes.get(a).map(|x| x.value.as_str())));
            for (what, want, got) in links.chain(harms).chain(attributes) {
                checked += 1;
                if got != Some(want.as_str()) {
                    wrong.push(format!("{} {} {offering} {what}: claimed {want}, got {got:?}", claim.id, claim.date));
                }
            }
        }
    }
    assert!(checked > 250, "only {checked} verdicts were checked");
    assert!(wrong.is_empty(), "{} of {checked} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
