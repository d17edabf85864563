//! Tests of showing records: any kind, with facts, history and what rests on it.
use crate::{Catalog, show};

#[test]
fn a_fact_shows_its_sources_and_what_rests_on_it() {
    let c = Catalog::embedded().unwrap();
    let s = show(&c, "J-CA-01").unwrap();
    assert_eq!(s.kind, "facts");
    let fact = s.facts.first().unwrap();
    assert!(
        !fact.source_records.is_empty()
            && fact.source_records.iter().all(|s| !s.title.as_deref().unwrap_or("").is_empty())
    );
    for (kind, id, field) in [
        ("instruments", "ca.cc487", "precedents.fact"),
        ("rules", "L3-SUBSIDIARY", "facts"),
        ("pending", "P-OVHCA", "facts"),
    ] {
        assert!(s.rests_on_it.iter().any(|r| r.kind == kind && r.id == id && r.field == field), "{kind} {id}");
    }
    assert!(s.history.iter().any(|h| h.id == "P-OVHCA" && h.pending && !h.outcomes.is_empty()));
}

#[test]
fn an_id_of_two_kinds_names_the_other() {
    let c = Catalog::embedded().unwrap();
    let offering = show(&c, "bleu").unwrap();
    assert_eq!(offering.kind, "offerings");
    assert!(offering.also.contains(&"entities/bleu".to_owned()));
    assert!(offering.history.iter().any(|h| h.id == "P-BLEUSNC"));
    for id in ["entities/bleu", "entity.bleu"] {
        let entity = show(&c, id).unwrap();
        assert_eq!((entity.kind, entity.id.as_str()), ("entities", "bleu"));
        assert!(entity.rests_on_it.iter().any(|r| r.kind == "edges" && r.field == "owned"));
    }
}

#[test]
fn every_record_of_every_kind_shows() {
    let c = Catalog::embedded().unwrap();
    let mut count = 0;
    for (kind, records) in &c.raw {
        for record in records {
            let subject = crate::walk::subject(kind, record);
            let s = show(&c, &subject).unwrap_or_else(|| panic!("{subject}"));
            assert_eq!(s.kind, *kind, "{subject}");
            serde_json::to_string(&s).unwrap();
            count += 1;
        }
    }
    assert!(count > 800);
    assert!(show(&c, "nothing-like-it").is_none());
    assert!(show(&c, "offerings/").is_none());
}

#[test]
fn an_instrument_shows_what_may_happen_to_it() {
    let c = Catalog::embedded().unwrap();
    let s = show(&c, "us.fisa702").unwrap();
    let p = s.history.iter().find(|h| h.id == "P-702").unwrap();
    assert!(p.outcomes.iter().any(|(value, _)| value == "expired"));
    assert!(s.history.iter().any(|h| !h.pending), "events that share its facts");
    assert!(show(&c, "SNC_YAML").unwrap().rests_on_it.iter().any(|r| r.id == "I-SNC-01"));
}
