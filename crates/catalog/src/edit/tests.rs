//! Tests of assuming: every outcome of every pending event, paths, and nonsense.
use crate::{AssumeError, Catalog, EffectOn, Status, law::Effect};

fn catalog() -> Catalog {
    Catalog::embedded().unwrap()
}

#[test]
fn every_outcome_of_every_pending_event_applies() {
    let base = catalog();
    let mut count = 0;
    for pending in base.pending.values() {
        assert!(!pending.branches.is_empty(), "{}", pending.id);
        for branch in &pending.branches {
            let value = branch.value.as_deref().unwrap_or_else(|| panic!("{}: {}", pending.id, branch.outcome));
            let mut c = base.clone();
            let key = format!("{}={value}", pending.id);
            c.assume(&key).unwrap_or_else(|e| panic!("{key}: {e}"));
            assert_eq!(c.digest() == base.digest(), branch.effects.is_empty(), "{key} must change what it says");
            for Effect { path, set, add } in &branch.effects {
                assert!(set.is_none() || add.is_none(), "{key}: {path} both sets and adds");
            }
            let mut twice = c.clone();
            twice.assume(&key).unwrap();
            assert_eq!(twice.digest(), c.digest(), "{key} twice is {key}");
            count += 1;
        }
    }
    assert!(count >= 41, "{count}");
}

#[test]
fn outcomes_do_what_they_say() {
    let after = |key: &str| {
        let mut c = catalog();
        c.assume(key).unwrap();
        c
    };
    let power = |c: &Catalog, id: &str| c.instruments.get(id).unwrap().clone();
    assert!(power(&after("P-702=revived"), "us.fisa702").revived);
    assert!(power(&after("P-702=expired"), "us.fisa702").ended);
    assert_eq!(power(&after("P-702=revived_narrow"), "us.fisa702").addressee.as_deref(), Some("contested"));
    assert_eq!(power(&after("P-AGREEMENT=concluded"), "us.sca").challenge_for_customer.as_deref(), Some("open"));
    assert_eq!(power(&after("P-IPT=upheld"), "gb.tcn").grounds.get("business").map(String::as_str), Some("holds"));
    assert_eq!(power(&after("P-OVHCA=stands"), "ca.cc487").grounds.get("subsidiary").unwrap(), "holds");
    assert!(power(&after("P-OVHCA=quashed"), "ca.cc487").precedents.is_empty());
    assert_eq!(power(&after("P-CADA=adopted"), "eu.cada").state.as_deref(), Some("in_force"));
    for key in ["P-LATOMBE=annulled", "P-DPF=withdrawn"] {
        let c = after(key);
        assert_eq!(c.safeguards.get("dpf_certification").unwrap().attributes.get("A6").unwrap(), "no");
        assert_eq!(power(&c, "us.dpf").state.as_deref(), Some("repealed"));
    }
    let c = after("P-COURT=licence_is_control");
    assert_eq!(c.rules.get("L4-LICENCE").unwrap().verdict, "holds");
    let licences = c.edges.iter().filter(|e| e.control_kind == crate::ControlKind::Licence);
    for edge in licences.filter(|e| e.status != Status::Announced) {
        assert_eq!(edge.status, Status::Established, "{}", edge.id());
    }
    let l4 = |c: &Catalog| c.safeguards.get("eu_subsidiary").unwrap().effects.get(&crate::Link::L4).copied();
    assert_eq!(l4(&after("P-COURT=control_denied")), Some(EffectOn::Cuts));
    assert_eq!(l4(&after("P-COURT=control_found")), Some(EffectOn::LeavesAlone));
    for (key, offering) in [("P-SCWSNC=qualified", "scaleway"), ("P-BLEUSNC=qualified", "bleu")] {
        assert!(after(key).offerings.get(offering).unwrap().built_in.iter().any(|s| s == "secnumcloud"), "{key}");
    }
    let outscale = after("P-OUTSREN=renewed").offerings.get("outscale").unwrap().clone();
    assert_eq!(outscale.safeguard_dates.get("secnumcloud").unwrap().until, None);
    assert!(outscale.built_in.iter().any(|s| s == "secnumcloud"));
    for fact in ["E-EDGE-037", "E-EDGE-038"] {
        let c = after("P-COHERE=closed");
        assert_eq!(c.edges.iter().find(|e| e.id() == fact).unwrap().status, Status::Established);
    }
}

#[test]
fn paths_edit_one_field() {
    let mut c = catalog();
    c.assume("offering.bleu.safeguards+=secnumcloud").unwrap();
    c.assume("offering.bleu.available+=client_side_encryption").unwrap();
    c.assume("edge.E-EDGE-021.status=established").unwrap();
    c.assume("edge.E-EDGE-039.percent=40").unwrap();
    c.assume("edge.edge:oracle>oracle_eu.valid_to=2027-01-01").unwrap();
    c.assume("entity.exoscale-nobody.country=FR").unwrap_err();
    c.assume("entity.akenes.country=").unwrap();
    c.assume("entity.ovh_us.country=FR").unwrap();
    c.assume("instrument.us.sca.grounds.business=holds").unwrap();
    c.assume("rule.L3-BUSINESS.verdict=holds").unwrap();
    c.assume("jurisdiction.US.gdpr_position=third_country_none").unwrap();
    c.assume("fact.I-DPF-01.status=repealed").unwrap();
    let bleu = c.offerings.get("bleu").unwrap();
    assert_eq!(bleu.built_in.iter().filter(|s| *s == "secnumcloud").count(), 1);
    assert_eq!(bleu.available, ["client_side_encryption"]);
    let edge = |id: &str| c.edges.iter().find(|e| e.id() == id).unwrap();
    assert_eq!(edge("E-EDGE-021").status, Status::Established);
    assert_eq!(edge("E-EDGE-039").percent, Some(40.0));
    assert!(edge("edge:oracle>oracle_eu").valid_to.is_some());
    assert_eq!(c.entities.get("akenes").unwrap().seat(), None);
    assert_eq!(c.entities.get("ovh_us").unwrap().seat(), Some("FR"));
    assert_eq!(c.instruments.get("us.sca").unwrap().grounds.get("business").unwrap(), "holds");
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let mut c = catalog();
    let before = c.digest();
    for (text, expected) in [
        ("", "is not of the form"),
        ("P-702", "is not of the form"),
        ("=x", "is not of the form"),
        ("offering.bleu.safeguards+=", "is not of the form"),
        ("P-702=banana", "it has: revived"),
        ("P-702=", "it has: revived"),
        ("P-702+=revived", "it has: revived"),
        ("P-NOTHING=x", "nothing in the catalog"),
        ("banana.x.y=z", "nothing in the catalog"),
        ("offering.nobody.name=x", "nothing in the catalog"),
        ("offering.bleu=x", "nothing in the catalog"),
        ("offering.bleu.safegards+=secnumcloud", "there is no field `safegards`"),
        ("offering.bleu..x=y", "there is no field"),
        ("offering.bleu.safeguards+=secnumclod", "an id of: safeguards"),
        ("offering.bleu.safeguards=secnumcloud", "invalid type"),
        ("offering.bleu.operator_entity=nobody", "an id of: entities"),
        ("entity.ovh.country=Frankreich", "an id of: jurisdictions"),
        ("entity.ovh.country+=FR", "is no list"),
        ("edge.E-EDGE-021.status=certain", "established"),
        ("edge.E-EDGE-039.percent=much", "invalid type"),
        ("edge.E-EDGE-039.valid_from=yesterday", "valid_from"),
        ("rule.L3-BUSINESS.verdict=perhaps", "holds, residual"),
        ("instrument.us.sca.grounds.business=perhaps", "holds, residual"),
        ("instrument.us.sca.grounds.moon=holds", "seat"),
        ("instrument.us.sca.harms+=H9", "H1, H2"),
    ] {
        let error = c.assume(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert_eq!(c.digest(), before, "{text}");
    }
    assert!(matches!(c.assume("x"), Err(AssumeError::Form(_))));
    assert_eq!(c.offerings.get("bleu").unwrap().built_in, catalog().offerings.get("bleu").unwrap().built_in);
}
