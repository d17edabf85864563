//! Small files written here: every form and every rule of reading.

use std::io::Write;

use flagstate_catalog::{ControlKind, fact::Status};

use super::*;

const TOP: &str = "AAAAAAAAAAAAAAAAAA11";
const MID: &str = "BBBBBBBBBBBBBBBBBB22";
const LOW: &str = "CCCCCCCCCCCCCCCCCC33";

fn relations_csv() -> String {
    let head = "Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeID,\
                Relationship.EndNode.NodeIDType,Relationship.RelationshipType,Relationship.RelationshipStatus,\
                Relationship.Period.1.startDate,Relationship.Period.1.endDate,Relationship.Period.1.periodType,\
                Relationship.Period.2.startDate,Relationship.Period.2.endDate,Relationship.Period.2.periodType,\
                Registration.LastUpdateDate,Registration.RegistrationStatus";
    let row = |child: &str, parent: &str, kind: &str, status: &str, registration: &str| {
        format!(
            "{child},LEI,{parent},LEI,{kind},{status},2019-01-01T00:00:00Z,2019-12-31T00:00:00Z,ACCOUNTING_PERIOD,\
             2012-11-29T00:00:00.000Z,,RELATIONSHIP_PERIOD,2023-05-18T15:41:20Z,{registration}"
        )
    };
    [
        head.to_owned(),
        row(MID, TOP, "IS_DIRECTLY_CONSOLIDATED_BY", "ACTIVE", "PUBLISHED"),
        row(LOW, TOP, "IS_ULTIMATELY_CONSOLIDATED_BY", "ACTIVE", "LAPSED"),
        row(LOW, MID, "IS_FUND-MANAGED_BY", "ACTIVE", "PUBLISHED"),
        row(LOW, MID, "IS_INTERNATIONAL_BRANCH_OF", "ACTIVE", "PUBLISHED"),
        row(LOW, MID, "IS_FEEDER_TO", "ACTIVE", "PUBLISHED"),
        row(MID, TOP, "IS_ULTIMATELY_CONSOLIDATED_BY", "INACTIVE", "RETIRED"),
        row(MID, LOW, "IS_ULTIMATELY_CONSOLIDATED_BY", "ACTIVE", "ANNULLED"),
        row(MID, "RA000602:77", "IS_ULTIMATELY_CONSOLIDATED_BY", "ACTIVE", "PUBLISHED"),
    ]
    .join("\n")
}

#[test]
fn relationships_as_csv() {
    let o = Temporary::new("rr.csv", relations_csv().as_bytes()).read().unwrap();
    assert!(balanced(&o));
    assert_eq!((o.rows, o.taken, o.edges.len(), o.entities.len()), (8, 4, 4, 0));
    let reasons: Vec<&str> = o.ignored.keys().map(String::as_str).collect();
    assert_eq!(
        reasons,
        [
            "IS_FEEDER_TO: says nothing about control",
            "a node without an LEI",
            "no longer active, without the day it ended",
            "registration annulled"
        ]
    );
    let direct = o.edges.iter().find(|e| e.owned == format!("lei:{MID}")).unwrap();
    assert_eq!(direct.owner, format!("lei:{TOP}"));
    assert!(direct.consolidation_only && !direct.acts_on("2026-01-01".parse().unwrap()), "consolidation never acts");
    assert_eq!(direct.valid_from, "2012-11-29".parse().ok(), "the relationship's own period, not the accounting one");
    let managed = o.edges.iter().find(|e| e.control_kind == ControlKind::Contract).unwrap();
    assert!(!managed.consolidation_only && managed.acts_on("2026-01-01".parse().unwrap()));
}

#[test]
fn companies_as_csv_and_as_the_golden_copys_json_say_the_same() {
    let csv = format!(
        "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.OtherEntityNames.OtherEntityName.1,\
         Entity.LegalAddress.Country,Entity.HeadquartersAddress.Country,Entity.LegalJurisdiction,\
         Entity.EntityCategory,Entity.EntityStatus,Registration.LastUpdateDate,Registration.RegistrationStatus\n\
         {TOP},\"Top, Inc.\",en,Old Top,US,IE,US-DE,GENERAL,ACTIVE,2024-01-02T03:04:05Z,ISSUED\n\
         {MID},Mid,en,,IE,IE,,BRANCH,INACTIVE,2024-01-02T03:04:05Z,LAPSED\n\
         {LOW},Low,en,,IE,IE,IE,GENERAL,ACTIVE,2024-01-02T03:04:05Z,DUPLICATE\n"
    );
    let text = |s: &str| serde_json::json!({ "$": s });
    let record = |lei: &str, name: &str, old: Option<&str>, seat: Option<&str>, hq: &str, words: [&str; 3]| {
        serde_json::json!({
            "LEI": text(lei),
            "Entity": {
                "LegalName": {"@xml:lang": "en", "$": name},
                "OtherEntityNames": old.map(|o| serde_json::json!({"OtherEntityName": [{"@type": "X", "$": o}]})),
                "LegalAddress": {"Country": text(if lei == TOP { "US" } else { "IE" })},
                "HeadquartersAddress": {"Country": text(hq)},
                "LegalJurisdiction": seat.map(text),
                "EntityCategory": text(words[0]), "EntityStatus": text(words[1])},
            "Registration": {"LastUpdateDate": text("2024-01-02T03:04:05Z"), "RegistrationStatus": text(words[2])}})
    };
    let json = serde_json::json!({"records": [
        record(TOP, "Top, Inc.", Some("Old Top"), Some("US-DE"), "IE", ["GENERAL", "ACTIVE", "ISSUED"]),
        record(MID, "Mid", None, None, "IE", ["BRANCH", "INACTIVE", "LAPSED"]),
        record(LOW, "Low", None, Some("IE"), "IE", ["GENERAL", "ACTIVE", "DUPLICATE"])]});
    let a = Temporary::new("lei2.csv", csv.as_bytes()).read().unwrap();
    let b = Temporary::new("lei2.json", json.to_string().as_bytes()).read().unwrap();
    assert_eq!(format!("{:?}", a.entities), format!("{:?}", b.entities));
    assert_eq!((a.rows, a.taken, &a.ignored), (b.rows, b.taken, &b.ignored));
    assert!(balanced(&a));
    let [top, mid] = a.entities.as_slice() else { panic!("two entities: {:?}", a.entities) };
    assert_eq!(
        (top.id.as_str(), top.seat(), top.aliases.as_slice()),
        ("lei:AAAAAAAAAAAAAAAAAA11", Some("US"), &["Old Top".to_owned()][..])
    );
    assert_eq!(top.contacts[0].jurisdiction, "IE", "headquarters elsewhere are sites there");
    assert_eq!(mid.seat(), Some("IE"), "the legal address where no jurisdiction is stated");
    assert_eq!(mid.caveat.as_deref(), Some("no longer active in the register; LEI registration lapsed"));
}

#[test]
fn the_version_updated_last_counts_and_a_deletion_takes_it_away() {
    let record = |updated: &str, name: &str, deleted: bool| {
        serde_json::json!({"LEI": TOP, "Entity": {"LegalName": name, "LegalJurisdiction": "FR"},
            "Registration": {"LastUpdateDate": updated},
            "Extension": if deleted { serde_json::json!({"Deletion": {"DeletedAt": updated}}) } else { serde_json::json!({}) }})
    };
    // 21:10 in Helsinki is before 20:00 in London.
    let lines = format!(
        "{}\n{}\n",
        record("2024-01-03T20:00:00Z", "new", false),
        record("2024-01-03T21:10:02+02:00", "old", false)
    );
    let o = Temporary::new("delta.json", lines.as_bytes()).read().unwrap();
    assert_eq!((o.entities.len(), o.entities[0].name.as_str()), (1, "new"));
    assert_eq!(o.ignored, BTreeMap::from([("superseded".to_owned(), 1)]));
    let lines = format!("{lines}{}\n", record("2025-01-01T00:00:00Z", "gone", true));
    let o = Temporary::new("delta.json", lines.as_bytes()).read().unwrap();
    assert_eq!((o.rows, o.taken, o.entities.len()), (3, 0, 0));
    assert!(balanced(&o), "{:?}", o.ignored);
}

#[test]
fn exceptions_keep_their_reasons() {
    let csv = format!(
        "LEI,Exception.Category,Exception.Reason.1,Exception.Reason.2,Exception.Reference.1\n\
         {TOP},DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NON_CONSOLIDATING,NO_LEI,\n"
    );
    let o = Temporary::new("repex.csv", csv.as_bytes()).read().unwrap();
    assert_eq!(o.exceptions[0].reasons, ["NON_CONSOLIDATING", "NO_LEI"]);
    assert_eq!((o.rows, o.taken), (1, 1));
}

#[test]
fn only_what_is_near_is_kept() {
    let file = Temporary::new("rr.csv", relations_csv().as_bytes());
    let o = file.read_near(&[TOP]).unwrap();
    assert_eq!(o.edges.len(), 2, "both ends count");
    assert!(balanced(&o));
    assert_eq!(o.ignored.get("not near the entities asked for"), Some(&4));
}

#[test]
fn ids_of_the_catalog_are_taken_over_by_lei() {
    let text = format!("entities: [{{id: top, name: Top, country: US, lei: {TOP}}}]\nedges: []\n");
    let mut catalog = Catalog::load(&[flagstate_catalog::Overlay { name: "o.yaml".into(), text }]).unwrap();
    let o = Temporary::new("rr.csv", relations_csv().as_bytes()).read().unwrap().matched(&catalog);
    let owners: BTreeSet<&str> = o.edges.iter().map(|e| e.owner.as_str()).collect();
    assert!(owners.contains("top") && owners.contains("lei:BBBBBBBBBBBBBBBBBB22"), "{owners:?}");
    let company = format!(r#"[{{"LEI": "{TOP}", "Entity": {{"LegalName": "Top again"}}}}]"#);
    let again = Temporary::new("lei.json", company.as_bytes()).read().unwrap().matched(&catalog);
    catalog.extend_owners(again.entities, again.edges);
    assert_eq!(catalog.entities.len(), 1, "no twin");
    assert_eq!(catalog.entities["top"].name, "Top", "the reviewed record stays");
}

fn statement(id: &str, record: &str, kind: &str, status: &str, date: &str, details: &serde_json::Value) -> String {
    serde_json::json!({"statementId": id, "recordId": record, "recordType": kind, "recordStatus": status,
        "statementDate": date, "declarationSubject": "s", "recordDetails": details})
    .to_string()
}

fn relation(id: &str, status: &str, date: &str, interests: &serde_json::Value) -> String {
    let details = serde_json::json!({"subject": "s", "interestedParty": "p", "interests": interests});
    statement(id, "r", "relationship", status, date, &details)
}

#[test]
fn shares_on_either_side_of_a_half_and_across_it() {
    let share = |s: serde_json::Value| serde_json::json!([{"type": "shareholding", "share": s}]);
    for (stated, percent) in [
        (serde_json::json!({"exact": 49.9}), Some(49.9)),
        (serde_json::json!({"minimum": 75, "exclusiveMaximum": 100}), Some(75.0)),
        (serde_json::json!({"exclusiveMinimum": 25, "exclusiveMaximum": 50}), Some(25.0)),
        (serde_json::json!({"exclusiveMinimum": 25, "maximum": 50}), None),
        (serde_json::json!({"minimum": 25, "maximum": 75}), None),
        (serde_json::json!({"maximum": 10}), Some(0.0)),
        (serde_json::json!({"exact": 500}), None),
        (serde_json::json!({}), None),
    ] {
        let line = relation("x", "new", "2024-01-01", &share(stated.clone()));
        let o = Temporary::new("b.jsonl", line.as_bytes()).read().unwrap();
        assert_eq!(o.edges[0].percent, percent, "{stated}");
    }
}

#[test]
fn later_statements_supersede_and_closed_ones_end() {
    let interest =
        |share: u32| serde_json::json!([{"type": "shareholding", "share": {"exact": share}, "startDate": "2020"}]);
    let lines = [
        relation("3", "closed", "2024-05-06", &interest(70)),
        relation("1", "new", "2020-01-01", &interest(60)),
        relation("2", "updated", "2021-01-01", &interest(70)),
    ]
    .join("\n");
    let o = Temporary::new("b.jsonl", lines.as_bytes()).read().unwrap();
    assert!(balanced(&o));
    let [edge] = o.edges.as_slice() else { panic!("one edge") };
    assert_eq!(edge.fact.as_deref(), Some("bods:3"), "the latest date, not the last line");
    assert_eq!((edge.valid_from, edge.valid_to), ("2020-01-01".parse().ok(), "2024-05-06".parse().ok()));
    assert!(edge.acts_on("2023-01-01".parse().unwrap()) && !edge.acts_on("2024-05-06".parse().unwrap()));
    assert!(o.notes.iter().any(|n| n.contains("does not describe")), "{:?}", o.notes);
}

#[test]
fn interests_are_what_they_say() {
    for (interest, expected) in [
        (serde_json::json!({"type": "votingRights"}), Some((ControlKind::Equity, Status::Established))),
        (serde_json::json!({"type": "appointmentOfBoard"}), Some((ControlKind::Equity, Status::Contested))),
        (serde_json::json!({"type": "rightsGrantedByContract"}), Some((ControlKind::Contract, Status::Established))),
        (serde_json::json!({"beneficialOwnershipOrControl": true}), Some((ControlKind::Equity, Status::Contested))),
        (serde_json::json!({"beneficialOwnershipOrControl": false}), None),
        (serde_json::json!({"type": "boardMember", "beneficialOwnershipOrControl": true}), None),
    ] {
        let line = relation("x", "new", "2024-01-01", &serde_json::json!([interest]));
        let o = Temporary::new("b.jsonl", line.as_bytes()).read().unwrap();
        assert_eq!(o.edges.first().map(|e| (e.control_kind, e.status)), expected, "{interest}");
        assert!(balanced(&o));
    }
}

#[test]
fn compressed_files_read_alike() {
    let plain = Temporary::new("rr.csv", relations_csv().as_bytes()).read().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(relations_csv().as_bytes()).unwrap();
    let zipped = Temporary::new("rr.csv.gz", &gzip.finish().unwrap()).read().unwrap();
    let zstd = zstd::encode_all(relations_csv().as_bytes(), 1).unwrap();
    let packed = Temporary::new("rr.csv.zst", &zstd).read().unwrap();
    for other in [zipped, packed] {
        assert_eq!(format!("{:?}", other.edges), format!("{:?}", plain.edges));
    }
}

#[test]
fn refusals_say_what_is_wrong_and_where() {
    let xml = "<lei:LEIData xmlns:lei='x'><lei:LEIRecords><lei:LEIRecord><lei:LEI>A";
    let cut = relations_csv();
    let cut = cut.get(..cut.len() - 30).unwrap();
    for (name, text, message) in [
        ("a.zip", "PK\u{3}\u{4}rest", "FILE: it is a zip archive; unpack it and give the file inside"),
        ("a.json", "[]", "FILE: it holds no records; a file without records is not an answer about owners"),
        ("a.json", "[{\"statementId\": \"1\", ", "FILE:line 1 column 22: the file ends in the middle of a record"),
        (
            "a.json",
            "{\"a\": 1}",
            "FILE: the format is not recognised: it is neither BODS 0.4 JSON nor GLEIF CSV, XML or JSON",
        ),
        (
            "a.xml",
            "<html></html>",
            "FILE: the format is not recognised: it is neither BODS 0.4 JSON nor GLEIF CSV, XML or JSON",
        ),
        ("a.xml", xml, "FILE:its end: the file ends in the middle of a record"),
        (
            "a.csv",
            "a,b\n1,2\n",
            "FILE: the format is not recognised: it is neither BODS 0.4 JSON nor GLEIF CSV, XML or JSON",
        ),
        ("a.csv", cut, "FILE:line 9: the row has 13 cells, the header 14: the file may be cut off here"),
        (
            "a.json",
            r#"[{"statementID": "1", "publicationDetails": {"bodsVersion": "0.3"}}]"#,
            "FILE: it is BODS 0.3; only BODS 0.4 is read: ask its publisher for that version",
        ),
        (
            "a.json",
            r#"[{"statementId": "1", "recordId": "r", "recordType": "entity"}, {"statementId": "2", "recordType": "entity"}]"#,
            "FILE:record 2: `recordId` is missing",
        ),
    ] {
        assert_eq!(Temporary::new(name, text.as_bytes()).refusal(), message, "{text}");
    }
    let deep = format!("[{}", "[".repeat(100_000));
    assert!(Temporary::new("deep.json", deep.as_bytes()).refusal().contains("recursion limit"));
}
