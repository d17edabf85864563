//! Tests of the linter: the shipped data pass, and each known fault is refused with its reason.
use super::{Finding, Severity, check};
use crate::{Catalog, Overlay, ServiceMap};

fn lint(overlays: &[&str]) -> Vec<Finding> {
    let overlays: Vec<Overlay> = overlays
        .iter()
        .enumerate()
        .map(|(i, text)| Overlay { name: format!("overlay-{i}.yaml"), text: (*text).to_owned() })
        .collect();
    check(&Catalog::load(&overlays).unwrap(), &ServiceMap::load(&overlays).unwrap())
}

fn errors(list: &[Finding]) -> Vec<&Finding> {
    list.iter().filter(|f| f.severity == Severity::Error).collect()
}

#[test]
fn the_shipped_catalog_has_no_errors() {
    let list = lint(&[]);
    for f in &list {
        println!("{:?} {} {}: {}", f.severity, f.rule, f.subject, f.message);
    }
    assert!(errors(&list).is_empty(), "{:#?}", errors(&list));
}

/// Errors of one rule about one subject.
fn has(list: &[Finding], rule: &str, subject: &str) -> bool {
    list.iter().any(|f| f.rule == rule && f.subject == subject)
}

fn fact(id: &str, statement: &str) -> String {
    format!(
        "facts:\n  - {{id: {id}, statement: {statement:?}, as_of: '2026-11-21', verification: secondary, \
         sources: [SNC_YAML]}}\n"
    )
}

/// Wrong statements as they stand in public, with the id of the error that refuses them.
const WRONG: [(&str, &str); 18] = [
    ("KE-SNC-SHARES", "SecNumCloud 19.6: at least 24 % EU-owned, no single non-EU shareholder over 39 %."),
    ("KE-SNC-SHARES", "A provider passes when 24% or more of it is held in the EU."),
    ("KE-SNC-SHARES", "Non-EU holders: 39 % each, collectively 24 %."),
    ("KE-EDPB-6-7", "Use case 6: encrypted transit, effective."),
    ("KE-EDPB-6-7", "EDPB use case 7 (recipient in an adequate sector) can be relied on."),
    ("KE-EDPB-1-5", "Use case 1 (encrypted storage) is ineffective."),
    ("KE-DORA-30-2-J", "Exit support under DORA Art. 30(2)(j) is agreed."),
    ("KE-DORA-30-2-J", "See article 30.2.j of the regulation."),
    ("KE-CSF-BODY", "A SEAL-3 is awarded by an independent conformity assessment body."),
    ("KE-CSF-2024", "Aligned with the EU Cloud Sovereignty Framework version 2024."),
    ("KE-CADA-HIGH", "CADA level 3 asks for an EUCS high certificate."),
    ("KE-OVH-CHAIN", "OVHcloud reaches SOV-2 SEAL-4."),
    ("KE-OVH-CHAIN", "Hetzner and STACKIT have no US corporate chain at all."),
    ("KE-AU-AGREEMENT", "The agreement with Australia has been in force since 15 December 2021."),
    ("KE-ESC-BEDROCK", "At launch Bedrock offers only Amazon EC2."),
    ("KE-HIPAA-FRANCE", "The French platform is HIPAA compliant."),
    ("KE-COMITY-GDPR", "A conflict with the GDPR opens the motion of 2703(h)."),
    ("KE-DELOS-OWNER", "Delos Cloud is a subsidiary of Arvato."),
];

#[test]
fn known_public_errors_are_refused_with_the_reason() {
    let overlays: Vec<String> = WRONG.iter().enumerate().map(|(i, (_, text))| fact(&format!("X-{i}"), text)).collect();
    let list = lint(&overlays.iter().map(String::as_str).collect::<Vec<_>>());
    let errors = errors(&list);
    for (i, (id, statement)) in WRONG.iter().enumerate() {
        let found = errors.iter().find(|f| f.rule == "known-error" && f.subject == format!("facts/X-{i}"));
        let found = found.unwrap_or_else(|| panic!("not refused: {statement}"));
        assert!(found.message.contains(id), "{statement}: {}", found.message);
        assert!(found.message.len() > statement.len() + 60, "the reason is missing: {}", found.message);
        assert!(found.help.contains('['), "the source is missing: {}", found.help);
    }
    assert_eq!(errors.len(), WRONG.len(), "{errors:#?}");
}

#[test]
fn right_statements_pass() {
    let right = [
        "Non-EU owners hold at most 24 % each and 39 % together.",
        "For use case 6 no effective technical measure was found.",
        "Use cases 1 to 5 can be effective, 6 and 7 are not effective.",
        "DORA article 30(2)(i) asks for training, 30(3)(f) for an exit plan.",
        "CADA asks for a substantial certificate at level 2 and 3, high only at level 4.",
        "The agreement with Australia was signed on 15 December 2021.",
        "HIPAA is irrelevant to the French platform.",
        "A conflict with the GDPR does not open the motion of 2703(h).",
    ];
    let overlays: Vec<String> = right.iter().enumerate().map(|(i, text)| fact(&format!("X-{i}"), text)).collect();
    let list = lint(&overlays.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(errors(&list).is_empty(), "{:#?}", errors(&list));
}

#[test]
fn swapped_use_cases_are_refused() {
    let swapped = "transfer_use_cases:
  - {id: UC1, number: 1, name: a, effective: false, text: {en: a, fr: a, de: a}}
  - {id: UC6, number: 6, name: b, effective: true, text: {en: b, fr: b, de: b}}
";
    let list = lint(&[swapped]);
    for subject in ["transfer_use_cases/UC1", "transfer_use_cases/UC6"] {
        assert!(has(&list, "known-error", subject), "{list:#?}");
    }
}

#[test]
fn a_note_may_quote_an_error() {
    let text = "facts: [{id: N-1, statement: Right., as_of: '2026-11-21', verification: secondary, sources: [SNC_YAML],
  note: 'A tool says: DORA Art. 30(2)(j).'}]";
    assert!(errors(&lint(&[text])).is_empty());
}

#[test]
fn faults_of_facts() {
    let text = "facts:
  - {id: F-1, statement: a}
  - {id: F-1, statement: '', sources: [NOWHERE]}
  - {id: F-2, statement: b, sources: [BG], verification: secondary, valid_from: '2026-05-01', valid_to: '2026-04-01'}
  - {id: F-3, statement: c, sources: [BG], valid_from: '2027-01-01', as_of: '2026-01-01'}
  - {id: F-4, statement: c, sources: [BG], as_of: '2026-01-01', valid_until: '2026-01-01'}
";
    let list = lint(&[text]);
    for (rule, subject) in [
        ("duplicate-id", "facts/F-1"),
        ("missing-statement", "facts/F-1"),
        ("dangling-reference", "facts/F-1"),
        ("missing-date", "facts/F-1"),
        ("overrated", "facts/F-2"),
        ("date-order", "facts/F-2"),
        ("date-order", "facts/F-3"),
        ("unknown-field", "facts/F-4"),
    ] {
        assert!(has(&list, rule, subject), "{rule} {subject}");
    }
    let list = lint(&["facts: [{id: F-5, statement: a, as_of: '2026-01-01'}]"]);
    assert!(has(&list, "missing-source", "facts/F-5"));
}

#[test]
fn faults_of_owners() {
    let text = "entities:
  - {id: a, name: A, country: FR, type: operating, lei: 529900D6BF99LW9R2E69}
  - {id: b, name: B, country: QQ, type: strange}
  - {id: c, name: C, country: FR, type: operating}
edges:
  - {owner: a, owned: b, control_kind: equity, percent: 60, valid_from: '2020-01-01'}
  - {owner: c, owned: b, control_kind: equity, percent: 60, valid_from: '2021-01-01'}
  - {owner: b, owned: a, control_kind: equity}
  - {owner: c, owned: a, control_kind: contract, valid_to: '2024-01-01'}
  - {owner: c, owned: a, control_kind: contract, valid_from: '2023-01-01'}
  - {owner: zz, owned: a, control_kind: staffing}
";
    let list = lint(&[text]);
    for (rule, subject) in [
        ("lei-check-digits", "entities/a"),
        ("dangling-reference", "entities/b"),
        ("unknown-word", "entities/b"),
        ("percent-sum", "entities/b"),
        ("ownership-ring", "entities/a"),
        ("date-overlap", "edges/edge:c>a"),
        ("dangling-reference", "edges/edge:zz>a"),
    ] {
        assert!(has(&list, rule, subject), "{rule} {subject}");
    }
    let after =
        "entities: [{id: a, name: A, country: FR, type: operating}, {id: b, name: B, country: FR, type: operating},
  {id: c, name: C, country: FR, type: operating}]
edges:
  - {owner: a, owned: b, control_kind: equity, percent: 60, valid_to: '2021-01-01'}
  - {owner: c, owned: b, control_kind: equity, percent: 60, valid_from: '2021-01-01'}
";
    assert!(!has(&lint(&[after]), "percent-sum", "entities/b"), "shares that follow each other do not add up");
}

#[test]
fn faults_of_law() {
    let text = "instruments:
  - {id: x.power, name: X, issuing_jurisdiction: ZZ, kind: compulsion, state: somehow, facts: [NO-FACT], undecided: P-NO}
rules:
  - {id: R-1, link: L3, verdict: perhaps, text: {en: 'a {entity}', fr: 'a'}}
pending:
  - id: P-X
    event: x
    branches:
      - {if_: no value, then: a}
      - {if_: a, then: a, value: v, effects: [{path: instrument.nothing.state, set: repealed}]}
      - {if_: a, then: a, value: v}
";
    let list = lint(&[text]);
    for (rule, subject) in [
        ("dangling-reference", "instruments/x.power"),
        ("unknown-word", "instruments/x.power"),
        ("untyped-instrument", "instruments/x.power"),
        ("unknown-word", "rules/R-1"),
        ("missing-text", "rules/R-1"),
        ("branch-value", "pending/P-X"),
        ("branch-effect", "pending/P-X"),
    ] {
        assert!(has(&list, rule, subject), "{rule} {subject}");
    }
}

#[test]
fn faults_of_offerings_and_regions() {
    let text = "safeguards:
  - {id: s, name: S, attributes: {A9: maybe}, custody: nobody, sources: [BG]}
offerings:
  - {id: o, name: O, operator_entity: nobody, built_in: [s, s, t], hosted_on: [p], as_of: '2026-01-01',
     safeguard_dates: {s: {from: '2026-02-01', until: '2026-01-01'}}}
regions:
  - {provider: p, code: a, name: Same, offering: o, country: GB, eu: true, eea: true}
  - {provider: p, code: a, name: same, offering: q}
provider_names: {p: [Name], aws: [name]}
";
    let list = lint(&[text]);
    for (rule, subject) in [
        ("unknown-word", "safeguards/s"),
        ("dangling-reference", "offerings/o"),
        ("date-overlap", "offerings/o"),
        ("date-order", "offerings/o"),
        ("missing-source", "offerings/o"),
        ("duplicate-id", "regions/p:a"),
        ("dangling-reference", "regions/p:a"),
        ("region-place", "regions/p:a"),
        ("ambiguous-region", "regions/p:same"),
        ("ambiguous-provider", "provider_names/p"),
    ] {
        assert!(has(&list, rule, subject), "{rule} {subject}");
    }
}

#[test]
fn check_digits_of_an_lei() {
    use super::owners::valid_lei;
    assert!(valid_lei("529900D6BF99LW9R2E68"));
    for wrong in ["529900D6BF99LW9R2E86", "529900d6bf99lw9r2e68", "529900D6BF99LW9R2E6", "", "ÄÄÄÄÄÄÄÄÄÄ"] {
        assert!(!valid_lei(wrong), "{wrong}");
    }
}
