//! Damaged files never panic, and what is read from them is accounted for.

use proptest::prelude::*;

use super::*;

/// Small sound files to damage.
const SEEDS: [(&str, &str); 5] = [
    (
        "a.json",
        r#"[{"statementId":"1","recordId":"s","recordType":"entity","recordStatus":"new","statementDate":"2024-01-01","recordDetails":{"name":"S","jurisdiction":{"code":"US-DE"},"identifiers":[{"scheme":"XI-LEI","id":"AAAAAAAAAAAAAAAAAA11"}]}},{"statementId":"2","recordId":"r","recordType":"relationship","recordStatus":"closed","statementDate":"2024-01-01","recordDetails":{"subject":"s","interestedParty":"p","interests":[{"type":"shareholding","share":{"minimum":25,"exclusiveMaximum":50},"startDate":"2020-02","endDate":"2021"}]}}]"#,
    ),
    (
        "b.json",
        r#"{"data":[{"type":"relationship-records","attributes":{"relationship":{"startNode":{"id":"AAAAAAAAAAAAAAAAAA11"},"endNode":{"id":"BBBBBBBBBBBBBBBBBB22"},"type":"IS_DIRECTLY_CONSOLIDATED_BY","status":"ACTIVE","periods":[{"startDate":"2001-02-20T00:00:00Z","type":"RELATIONSHIP_PERIOD"}]}}}],"meta":{"pagination":{"to":1,"total":2}}}"#,
    ),
    (
        "c.xml",
        "<?xml version=\"1.0\"?><r:RelationshipData xmlns:r=\"x\"><r:Header><r:RecordCount>1</r:RecordCount></r:Header><r:RelationshipRecords><r:RelationshipRecord><r:Relationship><r:StartNode><r:NodeID>AAAAAAAAAAAAAAAAAA11</r:NodeID></r:StartNode><r:EndNode><r:NodeID>BBBBBBBBBBBBBBBBBB22</r:NodeID></r:EndNode><r:RelationshipType>IS_FUND-MANAGED_BY</r:RelationshipType></r:Relationship></r:RelationshipRecord></r:RelationshipRecords></r:RelationshipData>",
    ),
    (
        "d.csv",
        "LEI,Entity.LegalName,Entity.LegalJurisdiction,Registration.LastUpdateDate\nAAAAAAAAAAAAAAAAAA11,\"A, \"\"B\"\"\",US-DE,2024-01-02T03:04:05Z\n",
    ),
    (
        "e.csv",
        "LEI,Exception.Category,Exception.Reason.1\nAAAAAAAAAAAAAAAAAA11,DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NO_LEI\n",
    ),
];

/// Pieces that these parsers care about.
const PIECES: [&[u8]; 16] = [
    b"\"",
    b",",
    b"\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b"&",
    b"&#xFFFFFFFF;",
    b"null",
    b"1e999",
    b"\xff\xfe",
    b"\0",
    "2024-13-45\u{e9}".as_bytes(),
];

fn read_damaged(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let file = Temporary::new(name, bytes);
    if let Ok(o) = file.read() {
        prop_assert!(balanced(&o), "{} rows, {} taken, {:?}", o.rows, o.taken, o.ignored);
        prop_assert!(o.edges.iter().all(|e| !e.owner.is_empty() && !e.owned.is_empty()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        read_damaged("any", &bytes)?;
    }

    #[test]
    fn sound_files_with_wounds(
        seed in 0..SEEDS.len(),
        wounds in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..4_u8), 1..4),
    ) {
        let (name, text) = SEEDS[seed];
        let mut bytes = text.as_bytes().to_vec();
        for (at, piece, how) in wounds {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes.truncate(at.max(1)),
                1 => { bytes.remove(at); }
                2 => { bytes.splice(at..at, PIECES[piece].iter().copied()); }
                _ => bytes[at] = bytes[at].wrapping_add(1),
            }
        }
        prop_assume!(!bytes.is_empty());
        read_damaged(name, &bytes)?;
    }
}

#[test]
fn the_seeds_are_sound() {
    for (name, text) in SEEDS {
        let o = Temporary::new(name, text.as_bytes()).read().unwrap();
        assert!(o.taken > 0 && balanced(&o), "{name}");
    }
}
