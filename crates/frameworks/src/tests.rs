//! The shipped library as a whole, and readings of real offerings and of made-up workloads.

use std::{collections::BTreeSet, fs, path::Path};

use flagstate_catalog::{Catalog, Harm};
use flagstate_estate::{Custody, config::ControlTest};
use flagstate_exposure::HarmVerdict;

use crate::{
    Answers, By, Configuration, Facts, Library, OfferingAnswers, Setting, Stated, Verdict, World,
    framework::Standing,
    requirement::{self, Force, Need, requirements_for},
    sheet::Answer,
};

const DAY: &str = "2026-11-21";

struct Ground {
    catalog: Catalog,
    library: Library,
    answers: Answers,
    setting: Setting,
}

impl Ground {
    fn new() -> Self {
        let catalog = Catalog::embedded().unwrap();
        let members = catalog.jurisdictions.values().filter(|j| j.memberships.iter().any(|m| m == "EU"));
        let home = members.map(|j| j.id.clone()).chain(["EU".to_owned()]).collect();
        let setting = Setting { as_of: DAY.parse().unwrap(), home, control_test: ControlTest::default() };
        Self { catalog, library: Library::embedded().unwrap(), answers: Answers::default(), setting }
    }

    fn world(&self) -> World<'_> {
        World { catalog: &self.catalog, library: &self.library, answers: &self.answers, setting: &self.setting }
    }

    fn facts(&self, offering: &str) -> Facts {
        self.world().facts(&Configuration::of(offering))
    }

    fn verdict(&self, requirement: &str, facts: Facts) -> Verdict {
        let r = self.library.requirements.get(requirement).unwrap();
        self.world().check(&[r], &[facts], None).first().unwrap().verdict
    }
}

/// Every sentence that the code says exists, with the same places for values in all three languages.
#[test]
fn every_sentence_is_there_in_three_languages() {
    let library = Library::embedded().unwrap();
    let mut said: BTreeSet<String> = BTreeSet::new();
    let mut drafted: BTreeSet<String> = BTreeSet::new();
    let mut stack = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(at) = stack.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                for key in text.split('"').skip(1).step_by(2) {
                    let word = key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && key.contains('_');
                    if word && ["ask_", "exceeds_", "right_", "seat_"].iter().any(|p| key.starts_with(p)) {
                        said.insert(key.to_owned());
                    }
                }
                for part in text.split("Message::new(\"").skip(1) {
                    said.insert(part.split('"').next().unwrap().to_owned());
                }
                for part in text.split("self.text(\"").chain(text.split("w.text(\"")).skip(1) {
                    drafted.insert(part.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    assert!(said.len() > 40, "{}", said.len());
    for key in &said {
        assert!(library.sentences.contains_key(key), "no sentence `{key}`");
    }
    drafted.retain(|k| !k.contains(['/', ' ', '\n', '!']));
    for key in &drafted {
        assert!(library.draft.iter().any(|t| t.key == *key), "no text `{key}`");
    }
    let places = |t: &str| -> BTreeSet<String> {
        t.split('{').skip(1).map(|p| p.split('}').next().unwrap().to_owned()).collect()
    };
    let texts = library.sentences.values().chain(library.draft.iter().map(|d| &d.text));
    for t in texts {
        assert!(!t.en.is_empty() && !t.fr.is_empty() && !t.de.is_empty());
        assert_eq!(places(&t.en), places(&t.fr), "{}", t.en);
        assert_eq!(places(&t.en), places(&t.de), "{}", t.en);
    }
}

/// Facts, instruments, safeguards and offerings that the data name exist in the catalog.
#[test]
fn references_into_the_catalog_resolve() {
    let g = Ground::new();
    for f in g.library.frameworks.values() {
        assert!(!f.sources.is_empty() && !f.version.is_empty(), "{}", f.id);
        assert!(f.facts.iter().all(|id| g.catalog.facts.contains_key(id)), "{}: a fact is missing", f.id);
        assert!(f.instrument.iter().all(|id| g.catalog.instruments.contains_key(id)), "{}", f.id);
        assert!(f.bloc.iter().all(|b| ["EU", "EEA"].contains(&b.as_str())), "{}", f.id);
        if let Some(c) = &f.ceilings {
            assert!(g.catalog.safeguards.contains_key(&c.qualification_safeguard));
        }
    }
    for c in &g.library.certificates {
        assert!(g.catalog.offerings.contains_key(&c.offering), "{}", c.offering);
        assert!(c.fact.iter().all(|id| g.catalog.facts.contains_key(id)));
    }
    for id in g.library.answers.offerings.keys() {
        assert!(g.catalog.offerings.contains_key(id), "{id}");
    }
    for id in g.library.answers.entities.keys() {
        assert!(g.catalog.entities.contains_key(id), "{id}");
    }
}

/// What is a proposal or a draft gates nothing, whatever a requirement says.
#[test]
fn a_proposal_and_a_draft_never_gate() {
    let g = Ground::new();
    for id in ["cada", "eucs"] {
        let f = g.library.framework(id).unwrap();
        assert!(!f.standing.can_gate());
        assert!(!f.gates_on("2099-01-01".parse().unwrap()));
    }
    let r = g.library.requirements.get("R-ASSURANCE-3").unwrap();
    assert_eq!(r.force, Force::Must);
    let reading = g.world().check(&[r], &[g.facts("aws-eu")], None).pop().unwrap();
    assert_ne!(reading.verdict, Verdict::Met);
    assert_eq!((reading.gate, reading.standing), (false, Standing::Proposal));
    // Law gates from the day on which it applies.
    let dora = g.library.framework("dora").unwrap();
    assert!(!dora.gates_on("2025-01-16".parse().unwrap()) && dora.gates_on("2025-01-17".parse().unwrap()));
}

/// Who is controlled from outside has level 1 at most, and the reading says why, for every such offering of the catalog.
#[test]
fn a_controller_outside_caps_the_level_at_one() {
    let mut g = Ground::new();
    // Somebody claims the best of everything.
    let framework = g.library.framework("csf").unwrap().clone();
    let best: std::collections::BTreeMap<String, Stated> = framework
        .sheet
        .as_ref()
        .unwrap()
        .criteria()
        .map(|c| (c.id.clone(), Stated { option: u8::try_from(c.options.len()).ok(), ..Stated::default() }))
        .collect();
    let (mut capped, mut free) = (Vec::new(), Vec::new());
    for id in g.catalog.offerings.keys().cloned().collect::<Vec<_>>() {
        let claims =
            OfferingAnswers { criteria: [("csf".to_owned(), best.clone())].into(), ..OfferingAnswers::default() };
        g.answers.offerings.insert(id.clone(), claims);
        let facts = g.facts(&id);
        let controller = g.world().signals(&framework, &facts).word("controller");
        let sheet = g.world().read(&framework, &[facts], None).sheet.unwrap();
        if matches!(controller, Some("outside")) {
            assert!(sheet.level <= Some(1), "{id}: {:?}", sheet.level);
            assert!(sheet.contradictions.iter().any(|c| c.criterion == "1.1"), "{id}");
            let Some(Answer::Answered(a)) = sheet.answers.get("1.1") else { panic!("{id}: 1.1 is not answered") };
            assert_eq!((a.option, a.by), (1, By::Computed));
            assert_eq!(a.because.first().unwrap().key, "controller_is");
            capped.push(id);
        } else {
            free.push(id);
        }
    }
    for id in [
        "aws-eu", "aws-eusc", "azure-eu", "ms-sovereign-public", "gcp-eu", "oracle-eu-sovereign", "exoscale", "cleura",
        "github",
    ] {
        assert!(capped.iter().any(|c| c == id), "{id} is controlled from outside");
    }
    for id in ["ovh-public", "scaleway", "stackit", "bleu", "s3ns", "hetzner"] {
        assert!(free.iter().any(|c| c == id), "{id} is not");
    }
}

#[test]
fn the_level_of_a_partition_is_explained() {
    let g = Ground::new();
    let framework = g.library.framework("csf").unwrap();
    let reading = g.world().read(framework, &[g.facts("aws-eusc")], None);
    let sheet = reading.sheet.unwrap();
    assert!(sheet.level <= Some(1));
    let Some(Answer::Answered(a)) = sheet.answers.get("1.1") else { panic!("1.1 is not answered") };
    let said = g.library.say(a.because.first().unwrap(), "en");
    assert_eq!(said, "AWS European Sovereign Cloud GmbH is controlled in the end by Amazon.com, Inc. (US).");
    let said = g.library.say(a.because.first().unwrap(), "de");
    assert!(said.contains("letztlich kontrolliert"), "{said}");
    // Public answers count where the graph does not speak; the rest is a gap, not a zero.
    assert!(matches!(sheet.answers.get("1.2"), Some(Answer::Answered(a)) if a.by == By::Published && a.option == 5));
    assert!(matches!(sheet.answers.get("8.1"), Some(Answer::Gap { at_most: None, .. })));
    assert!(!sheet.complete);
}

/// A workload differs from its provider where keys, place and services decide.
#[test]
fn a_workload_answers_for_itself() {
    let g = Ground::new();
    let framework = g.library.framework("csf").unwrap();
    let keys = |custody| {
        let c = Configuration::of("stackit").with_custody(&g.catalog, custody);
        let c = Configuration { lock_in: Some("high".into()), ..c };
        let sheet = g.world().read(framework, &[g.world().facts(&c)], Some("payments")).sheet.unwrap();
        let option = |id: &str| match sheet.answers.get(id).unwrap() {
            Answer::Answered(a) => (Some(a.option), None),
            Answer::Gap { at_most, .. } => (None, *at_most),
        };
        (option("3.1"), option("4.1"))
    };
    assert_eq!(keys(Custody::Provider), ((Some(1), None), (None, Some(2))));
    assert_eq!(keys(Custody::CustomerKeyInProviderHsm).0, (Some(3), None));
    assert_eq!(keys(Custody::ExternalKeyStore).0, (Some(4), None));
    assert_eq!(keys(Custody::ClientSide).0, (Some(5), None));
    // Parts on two offerings: the worse one counts.
    let parts = [g.facts("stackit"), g.facts("aws-eu")];
    let both = g.world().read(framework, &parts, Some("payments"));
    assert_eq!(both.offerings, ["aws-eu", "stackit"]);
    assert!(matches!(both.sheet.unwrap().answers.get("1.1"), Some(Answer::Answered(a)) if a.option == 1));
}

#[test]
fn criteria_pass_fail_or_are_asked() {
    let mut g = Ground::new();
    let c3a = g.library.framework("c3a").unwrap().clone();
    let verdict = |g: &Ground, offering: &str, id: &str| {
        let reading = g.world().read(&c3a, &[g.facts(offering)], None);
        reading.criteria.first().unwrap().criteria.iter().find(|c| c.id == id).unwrap().verdict
    };
    assert_eq!(verdict(&g, "aws-eu", "SOV-1-03"), Verdict::NotMet);
    assert_eq!(verdict(&g, "aws-eu", "SOV-1-02"), Verdict::Met);
    assert_eq!(verdict(&g, "stackit", "SOV-1-04"), Verdict::Unknown);
    let met = |id: &str| (id.to_owned(), Stated { met: Some(true), ..Stated::default() });
    let criteria = [("c3a".to_owned(), [met("SOV-1-03"), met("SOV-1-04")].into())].into();
    g.answers.offerings.insert("aws-eu".into(), OfferingAnswers { criteria, ..OfferingAnswers::default() });
    assert_eq!(verdict(&g, "aws-eu", "SOV-1-03"), Verdict::NotMet, "the graph goes before what is said");
    assert_eq!(verdict(&g, "aws-eu", "SOV-1-04"), Verdict::Met);
}

#[test]
fn levels_of_the_proposal_stand_on_each_other() {
    let mut g = Ground::new();
    let cada = g.library.framework("cada").unwrap().clone();
    let read = |g: &Ground, offering: &str| g.world().read(&cada, &[g.facts(offering)], None).criteria.pop().unwrap();
    let hyperscaler = read(&g, "aws-eusc");
    let of = |r: &crate::criteria::CriteriaReading, n: u8| r.levels.iter().find(|l| l.level == n).unwrap().verdict;
    assert_eq!((of(&hyperscaler, 2), of(&hyperscaler, 4)), (Verdict::Unknown, Verdict::NotMet));
    assert_eq!(hyperscaler.level, None);
    let all: std::collections::BTreeMap<String, Stated> =
        cada.criteria.iter().map(|c| (c.id.clone(), Stated { met: Some(true), ..Stated::default() })).collect();
    for offering in ["aws-eusc", "stackit"] {
        let answers =
            OfferingAnswers { criteria: [("cada".to_owned(), all.clone())].into(), ..OfferingAnswers::default() };
        g.answers.offerings.insert(offering.into(), answers);
    }
    // Control from a third country with the safeguards: level 2 and, on the list, 3. Never 4.
    assert_eq!(read(&g, "aws-eusc").level, Some(3));
    assert_eq!(read(&g, "stackit").level, Some(4));
    assert!(!read(&g, "stackit").can_gate);
}

#[test]
fn every_classification_has_requirements_with_clauses() {
    let g = Ground::new();
    let fr = vec!["FR".to_owned(), "EU".to_owned()];
    let de = vec!["DE".to_owned(), "EU".to_owned()];
    for word in ["public", "internal", "personal", "special-category", "health", "financial-critical", "classified"] {
        let list = requirements_for(&g.library, word, &fr, &[]).unwrap();
        assert!(!list.is_empty(), "{word}");
        for r in list {
            let f = g.library.framework(&r.clause.framework).unwrap();
            assert!(f.clause(&r.clause.reference).is_some(), "{}", r.id);
        }
    }
    assert!(requirements_for(&g.library, "nonsense", &fr, &[]).is_none());
    let ids = |home: &[String], organisation: &[&str]| -> BTreeSet<String> {
        let organisation: Vec<String> = organisation.iter().map(|o| (*o).to_owned()).collect();
        let list = requirements_for(&g.library, "health", home, &organisation).unwrap();
        list.iter().map(|r| r.id.clone()).collect()
    };
    assert!(ids(&fr, &[]).contains("R-HDS") && !ids(&de, &[]).contains("R-HDS"));
    assert!(!ids(&fr, &[]).contains("R-SREN") && ids(&fr, &["state_operator"]).contains("R-SREN"));
}

#[test]
fn requirements_are_read_from_chains_certificates_and_keys() {
    let g = Ground::new();
    assert_eq!(g.verdict("R-SPECIAL", g.facts("aws-eu")), Verdict::NotMet);
    assert_eq!(g.verdict("R-SPECIAL", g.facts("scaleway")), Verdict::Met);
    assert_eq!(g.verdict("R-SECRET", g.facts("ovh-public")), Verdict::Contested);
    assert_eq!(g.verdict("R-QUALIFIED", g.facts("s3ns")), Verdict::Met);
    assert_eq!(g.verdict("R-QUALIFIED", g.facts("azure-eu")), Verdict::NotMet);
    assert_eq!(g.verdict("R-INSIDE", g.facts("stackit")), Verdict::Met);
    assert_eq!(g.verdict("R-INSIDE", g.facts("aws-eusc")), Verdict::NotMet);
    assert_eq!(g.verdict("R-HDS", g.facts("scaleway")), Verdict::Unknown, "claimed, nobody has read it");
    assert_eq!(g.verdict("R-HDS", g.facts("aws-eusc")), Verdict::Unknown, "not looked at is no no");
    assert_eq!(g.verdict("R-LEVEL-2", g.facts("aws-eusc")), Verdict::NotMet);
    assert_eq!(g.verdict("R-LEVEL-2", g.facts("stackit")), Verdict::Unknown);
    assert_eq!(g.verdict("R-KEYS", g.facts("stackit")), Verdict::Unknown);
    let keys = |custody| g.world().facts(&Configuration::of("aws-eu").with_custody(&g.catalog, custody));
    assert_eq!(g.verdict("R-KEYS", keys(Custody::ExternalKeyStore)), Verdict::Met);
    assert_eq!(g.verdict("R-KEYS", keys(Custody::CustomerKeyInProviderHsm)), Verdict::NotMet);
    assert_eq!(g.verdict("R-TRANSFER", g.facts("stackit")), Verdict::Met);
    assert_eq!(g.verdict("R-TRANSFER", g.facts("aws-eu")), Verdict::Met);
    assert_eq!(g.verdict("R-SPECIAL", keys(Custody::ClientSide)), Verdict::Met);
    assert_eq!(g.verdict("R-SPECIAL", keys(Custody::ExternalKeyStore)), Verdict::NotMet);
    assert_eq!(g.verdict("R-SPECIAL", g.facts("no-such-cloud")), Verdict::Unknown);
}

/// A change of one fact changes the reading: the transfer basis falls with the adequacy decision, client-side keys stay.
#[test]
fn readings_follow_assumed_facts() {
    let mut g = Ground::new();
    g.catalog.assume("P-LATOMBE=annulled").unwrap();
    assert_ne!(g.verdict("R-TRANSFER", g.facts("aws-eu")), Verdict::Met);
    let keys = g.world().facts(&Configuration::of("aws-eu").with_custody(&g.catalog, Custody::ClientSide));
    assert_eq!(g.verdict("R-TRANSFER", keys), Verdict::Met);
    assert_eq!(g.verdict("R-TRANSFER", g.facts("stackit")), Verdict::Met);
}

#[test]
fn what_was_stated_answers_questions_and_overrules_nothing_computed() {
    let mut g = Ground::new();
    let stated = |met| Stated { met: Some(met), because: Some("contract 7, section 4".into()), ..Stated::default() };
    let requirements = [("R-EXIT".to_owned(), stated(true)), ("R-SPECIAL".to_owned(), stated(true))].into();
    g.answers.offerings.insert("aws-eu".into(), OfferingAnswers { requirements, ..OfferingAnswers::default() });
    assert_eq!(g.verdict("R-EXIT", g.facts("aws-eu")), Verdict::Met);
    assert_eq!(g.verdict("R-EXIT", g.facts("gcp-eu")), Verdict::Unknown);
    assert_eq!(g.verdict("R-SPECIAL", g.facts("aws-eu")), Verdict::NotMet);
}

/// Law that fits no single landing point is left to whoever sees all of them.
#[test]
fn concentration_is_judged_elsewhere() {
    let g = Ground::new();
    let r = g.library.requirements.get("R-CONCENTRATION").unwrap();
    assert!(matches!(r.need, Need::Concentration { at_most_percent: None }));
    assert!(g.world().check(&[r], &[g.facts("aws-eu")], None).is_empty());
}

#[test]
fn the_worst_part_of_a_workload_decides() {
    let g = Ground::new();
    let r = g.library.requirements.get("R-SPECIAL").unwrap();
    let parts = [g.facts("stackit"), g.facts("aws-eu")];
    let read = |parts: &[Facts]| g.world().check(&[r], parts, None).pop().unwrap();
    assert_eq!(read(&parts).verdict, Verdict::NotMet);
    let [a, b] = parts;
    let back = [b, a];
    assert_eq!(read(&back).verdict, Verdict::NotMet);
    assert!(requirement::merge(Vec::new()).is_empty());
}

/// The same question gives the same bytes, and every foreign power is in the facts.
#[test]
fn facts_are_complete_and_repeatable() {
    let g = Ground::new();
    let one = serde_json::to_string(&g.facts("bleu")).unwrap();
    assert_eq!(one, serde_json::to_string(&g.facts("bleu")).unwrap());
    let facts = g.facts("aws-eu");
    let worst = facts.worst_foreign(Harm::H1, &[]).unwrap();
    assert_eq!((worst.verdict, worst.jurisdiction.as_str()), (HarmVerdict::Reached, "US"));
    assert!(facts.worst_foreign(Harm::H1, &["CN".to_owned()]).is_some_and(|r| r.verdict != HarmVerdict::Reached));
}

/// The linter that refuses errors of other public tools reads our own texts too.
#[test]
fn no_text_repeats_a_known_error() {
    let library = Library::embedded().unwrap();
    let mut statements: Vec<String> = Vec::new();
    for f in library.frameworks.values() {
        let clauses = f.clauses.iter().map(|c| format!("{} {}: {}", f.name.en, c.reference, c.text.en));
        let criteria = f.criteria.iter().map(|c| format!("{}: {}", f.name.en, c.text.en));
        statements.extend(clauses.chain(criteria));
        for l in &f.levels {
            statements.push(format!("{} asks for {:?}", l.name.en, l.all_of));
        }
    }
    statements.extend(library.requirements.values().map(|r| format!("{} {}", r.clause.reference, r.text.en)));
    statements.extend(library.draft.iter().map(|d| d.text.en.clone()));
    let wrong = "SecNumCloud asks for at least 24 % EU-owned capital.".to_owned();
    let refused = |statements: &[String]| -> Vec<String> {
        let fact = |(i, s): (usize, &String)| serde_json::json!({"id": format!("OURS-{i}"), "statement": s, "sources": ["BG"]});
        let facts: Vec<serde_json::Value> = statements.iter().enumerate().map(fact).collect();
        let text = serde_json::json!({ "facts": facts }).to_string();
        let catalog = Catalog::load(&[flagstate_catalog::Overlay { name: "ours".into(), text }]).unwrap();
        let services = flagstate_catalog::ServiceMap::load(&[]).unwrap();
        let findings = flagstate_catalog::check(&catalog, &services);
        let ours = findings.into_iter().filter(|f| f.rule == "known-error" && f.subject.contains("OURS-"));
        ours.map(|f| f.message).collect()
    };
    assert_eq!(refused(&statements), Vec::<String>::new());
    assert_eq!(refused(&[wrong]).len(), 1, "the linter works");
}

/// A customer's contract sets a requirement of its own, with its own clause.
#[test]
fn a_contract_is_a_source_of_requirements() {
    let g = Ground::new();
    let text = serde_json::json!({
        "id": "C-ACME-7", "clause": {"framework": "contract", "ref": "ACME 2025-04, section 7.2"}, "force": "must",
        "text": {"en": "Control in the Union", "fr": "Contrôle dans l’Union", "de": "Kontrolle in der Union"},
        "need": {"kind": "inside"}
    });
    let r: requirement::Requirement = serde_json::from_value(text).unwrap();
    let read = |offering: &str| g.world().check(&[&r], &[g.facts(offering)], None).pop().unwrap();
    let reading = read("aws-eusc");
    assert_eq!((reading.verdict, reading.gate, reading.standing), (Verdict::NotMet, true, Standing::Contract));
    assert_eq!(reading.clause.reference, "ACME 2025-04, section 7.2");
    assert_eq!(read("stackit").verdict, Verdict::Met);
    let misspelt = serde_json::json!({"kind": "insight"});
    assert!(serde_json::from_value::<Need>(misspelt).is_err());
}

/// A European provider with a company in Canada: the second level at most on that criterion, and the reading names why.
#[test]
fn reach_through_a_subsidiary_is_named() {
    let g = Ground::new();
    let framework = g.library.framework("csf").unwrap();
    let sheet = g.world().read(framework, &[g.facts("ovh-public")], None).sheet.unwrap();
    let Some(Answer::Answered(a)) = sheet.answers.get("2.2") else { panic!("2.2 is not answered") };
    assert_eq!(a.option, 4);
    let why = a.because.first().unwrap();
    assert!(why.facts.iter().any(|f| f == "ca.cc487"), "{:?}", why.facts);
    assert_eq!(sheet.level_at_most, Some(2));
    assert!(sheet.held_down_by.contains(&"2.2".to_owned()));
}
