//! Tests of the witness: every answer, and a log that tries to fork.

use proptest::prelude::*;

use super::*;
use crate::{
    SigningKey, consistency_proof, leaf_hash,
    note::{Algorithm, tests::key},
    tests::{ENTRIES, ORIGIN, SKEY},
    tree::tests::{Memory, leaves, mth},
};

/// The request of the specification, with our own keys.
const EXAMPLE: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

fn log() -> SigningKey {
    SKEY.parse().unwrap()
}

/// A signed checkpoint over these leaves.
fn checkpoint(leaves: &[Hash]) -> Note {
    note(u64::try_from(leaves.len()).unwrap(), mth(leaves), &log())
}

fn note(size: u64, root: Hash, signer: &SigningKey) -> Note {
    let mut note = Checkpoint::new(ORIGIN, size, root).unwrap().to_note().unwrap();
    note.sign(signer).unwrap();
    note
}

fn at(size: u64) -> usize {
    usize::try_from(size).unwrap()
}

/// A request with an honest proof from `old` leaves to all of `all`.
fn request(all: &[Hash], old: u64) -> AddCheckpoint {
    let proof = consistency_proof(&mut Memory::new(all.to_vec()), old, u64::try_from(all.len()).unwrap()).unwrap();
    AddCheckpoint::new(old, proof, checkpoint(all)).unwrap()
}

struct Witness {
    keys: Vec<VerifierKey>,
    latest: Latest,
    cosigners: Vec<SigningKey>,
}

impl Witness {
    fn new() -> Self {
        let cosigners = vec![key("w", Algorithm::CosignatureV1, 1), key("w", Algorithm::MlDsa44, 2)];
        Self { keys: vec![log().verifier().clone()], latest: Latest::default(), cosigners }
    }

    fn decide(&self, request: &AddCheckpoint) -> Decision {
        let log = WatchedLog { keys: &self.keys, latest: self.latest };
        let cosigners: Vec<&dyn Signer> = self.cosigners.iter().map(|key| key as &dyn Signer).collect();
        decide(Some(log), request, &cosigners, 1_700_000_000).unwrap()
    }

    /// The status of the answer; the witness remembers what it must.
    fn ask(&mut self, request: &AddCheckpoint) -> u16 {
        // Whatever is sent goes over the wire first.
        let request = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
        match self.decide(&request) {
            Decision::Cosigned { latest, response, .. } => {
                self.latest = latest;
                response.status
            }
            Decision::Refused { response, .. } => response.status,
        }
    }
}

#[test]
fn the_request_of_the_specification_reads_back() {
    let request = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!((request.old(), request.proof().len(), request.checkpoint().size()), (20_852_014, 4, 20_852_163));
    assert_eq!(request.note().signatures().len(), 2);
    assert_eq!(request.to_string(), EXAMPLE);
}

#[test]
fn a_log_grows_under_a_witness() {
    let mut witness = Witness::new();
    let all: Vec<Hash> = ENTRIES.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    assert_eq!(witness.ask(&request(&[], 0)), 200);
    for (old, new) in [(0, 1), (1, 6), (6, 6), (6, 8), (8, 15), (15, 15)] {
        assert_eq!(witness.ask(&request(&all[..at(new)], old)), 200, "{old} to {new}");
        assert_eq!(witness.latest, Latest { size: new, root: mth(&all[..at(new)]) });
    }
}

#[test]
fn what_a_witness_answers_and_publishes() {
    let witness = Witness::new();
    let mut sent = checkpoint(&leaves(3));
    // Lines of others are not passed on: nobody checked them.
    sent.sign(&key("stranger", Algorithm::Ed25519, 9)).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), sent.clone()).unwrap();
    let Decision::Cosigned { response, latest, published } = witness.decide(&request) else { panic!("refused") };
    assert_eq!((response.status, response.content_type), (200, TEXT_CONTENT_TYPE));
    assert_eq!(latest, Latest { size: 3, root: mth(&leaves(3)) });
    let names: Vec<&str> = published.signatures().iter().map(Signature::name).collect();
    assert_eq!(names, [ORIGIN, "w", "w"]);
    let [classic, quantum] = witness.cosigners.as_slice() else { panic!("two cosigners") };
    let verified = published.verify([classic.verifier(), quantum.verifier()]).unwrap();
    assert!(verified.len() == 2 && verified.iter().all(|line| line.timestamp_s == Some(1_700_000_000)));
    // The log takes from the answer what it can check.
    let body = response.body.as_bytes();
    let lines = read_cosignatures(body, &sent, [classic.verifier(), quantum.verifier()]).unwrap();
    assert_eq!(lines, published.signatures()[1..]);
    assert_eq!(read_cosignatures(body, &sent, [quantum.verifier()]).unwrap().len(), 1);
    assert!(read_cosignatures(body, &sent, [log().verifier()]).is_err());
    assert!(read_cosignatures(body, &checkpoint(&leaves(4)), [classic.verifier()]).is_err());
    assert!(read_cosignatures(b"", &sent, [classic.verifier()]).is_err());
    assert!(read_cosignatures(b"nothing\n", &sent, [classic.verifier()]).is_err());
    // An answer cannot make the log believe that another text was cosigned.
    let smuggled = format!("{}\n{}", "more text\n", response.body);
    assert!(read_cosignatures(smuggled.as_bytes(), &sent, [classic.verifier()]).is_err());
}

#[test]
fn every_refusal() {
    let all = leaves(9);
    let mut witness = Witness::new();
    assert_eq!(witness.ask(&request(&all[..6], 0)), 200);
    let before = witness.latest;
    let good = request(&all, 6);

    let Decision::Refused { response, suspicious } = decide(None, &good, &[], 1).unwrap() else { panic!("cosigned") };
    assert_eq!((response.status, suspicious), (404, false));

    let stranger = note(9, mth(&all), &key(ORIGIN, Algorithm::Ed25519, 9));
    let by_stranger = AddCheckpoint::new(6, good.proof().to_vec(), stranger).unwrap();
    assert_eq!(witness.ask(&by_stranger), 403);
    let mut spoilt = checkpoint(&all);
    let wrong_line = checkpoint(&all[..8]).signatures()[0].clone();
    spoilt.add(wrong_line).unwrap();
    assert_eq!(witness.ask(&AddCheckpoint::new(6, good.proof().to_vec(), spoilt).unwrap()), 403);

    assert_eq!(witness.ask(&AddCheckpoint::new(10, Vec::new(), checkpoint(&all)).unwrap()), 400);
    let (larger, known) = (request(&all, 7), request(&all[..6], 3));
    for conflict in [&larger, &known, &request(&all, 0)] {
        let Decision::Refused { response, suspicious } = witness.decide(conflict) else { panic!("cosigned") };
        assert_eq!((response.status, response.content_type, suspicious), (409, SIZE_CONTENT_TYPE, false));
        assert_eq!(response.body, "6\n");
        assert_eq!(read_size(response.body.as_bytes()), Some(6));
    }
    for proof in [Vec::new(), good.proof()[1..].to_vec(), larger.proof().to_vec()] {
        let Decision::Refused { response, suspicious } =
            witness.decide(&AddCheckpoint::new(6, proof, checkpoint(&all)).unwrap())
        else {
            panic!("cosigned")
        };
        assert_eq!((response.status, suspicious), (422, true));
    }
    assert_eq!(witness.latest, before, "a refusal changes nothing");
    assert_eq!(witness.ask(&good), 200);

    let mut fresh = Witness::new();
    let with_proof = AddCheckpoint::new(0, good.proof().to_vec(), checkpoint(&all)).unwrap();
    assert_eq!(fresh.ask(&with_proof), 422, "nothing needs no proof");
    let no_leaves = AddCheckpoint::new(0, Vec::new(), note(0, mth(&all), &log())).unwrap();
    assert_eq!(fresh.ask(&no_leaves), 422, "only one root has no leaves");
    assert_eq!(refuse_malformed(&RequestError::Old).status, 400);
}

#[test]
fn a_fork_is_refused_and_kept() {
    let all: Vec<Hash> = ENTRIES.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let mut forked = all.clone();
    forked[4] = leaf_hash(b"another five");
    let mut witness = Witness::new();
    assert_eq!(witness.ask(&request(&all[..6], 0)), 200);
    let suspicious = |witness: &Witness, request: &AddCheckpoint| match witness.decide(request) {
        Decision::Refused { response, suspicious } => (response.status, suspicious),
        Decision::Cosigned { .. } => panic!("cosigned a fork"),
    };
    // An honest continuation of another past, the same size with another root, and a step back.
    assert_eq!(suspicious(&witness, &request(&forked, 6)), (422, true));
    let same_size = AddCheckpoint::new(6, Vec::new(), checkpoint(&forked[..6])).unwrap();
    assert_eq!(suspicious(&witness, &same_size), (422, true));
    assert_eq!(suspicious(&witness, &request(&forked[..6], 3)), (409, true));
    assert_eq!(witness.ask(&request(&all, 6)), 200);
    assert_eq!(suspicious(&witness, &request(&all[..4], 4)), (409, false));
}

#[test]
fn what_cannot_be_cosigned() {
    let request = request(&leaves(1), 0);
    let witness = Witness::new();
    let log = WatchedLog { keys: &witness.keys, latest: witness.latest };
    let classic = &witness.cosigners[0];
    assert_eq!(decide(Some(log), &request, &[classic], 0), Err(SignError::Message(MessageError::NoTime)));
    let plain = key("w", Algorithm::Ed25519, 1);
    assert_eq!(decide(Some(log), &request, &[&plain], 1), Err(SignError::Message(MessageError::Algorithm)));
}

#[test]
fn what_is_no_request() {
    let parse = |from: &str, to: &str| AddCheckpoint::parse(EXAMPLE.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(AddCheckpoint::parse(b""), Err(RequestError::Old));
    for old in ["old", "old ", "old 01", "old -1", "Old 1", "old 1 ", "old 1\r"] {
        assert_eq!(parse("old 20852014", old), RequestError::Old, "{old}");
    }
    assert_eq!(parse("\nPl", "\nP"), RequestError::Proof(ParseError::Hash { line: 1 }));
    let many = format!("old 1\n{}", format!("{EMPTY_ROOT}\n").repeat(60));
    assert_eq!(parse("old 20852014\n", &many), RequestError::Proof(ParseError::Hash { line: 64 }));
    let sixty_three = format!("old 1\n{}", format!("{EMPTY_ROOT}\n").repeat(59));
    assert!(AddCheckpoint::parse(EXAMPLE.replacen("old 20852014\n", &sixty_three, 1).as_bytes()).is_ok());
    assert!(matches!(parse("\u{2014}", "-"), RequestError::Note(_)));
    assert!(matches!(parse("\n20852163", "\n020852163"), RequestError::Checkpoint(_)));
    assert_eq!(AddCheckpoint::parse(&vec![b'a'; MAX_REQUEST_BYTES + 1]), Err(RequestError::TooLarge));
    for size in ["", "\n", "6", "06\n", "6\n\n", "-6\n", " 6\n"] {
        assert_eq!(read_size(size.as_bytes()), None, "{size:?}");
    }
}

#[test]
fn where_a_checkpoint_is_published() {
    // printf example.com/behind-the-sofa | sha256sum
    let digest = "5fd2dc0beb4ce54da5050cf6d5c75248b023abad441c3cecde3976fbe9da4fe4";
    assert_eq!(monitoring_path("example.com/behind-the-sofa"), format!("{digest}/checkpoint"));
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        if let Ok(request) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(request.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn whatever_is_asked_the_log_only_grows(steps in prop::collection::vec((0u64..12, 0u64..12, any::<bool>()), 1..12)) {
        let (all, mut forked) = (leaves(12), leaves(12));
        forked[2] = leaf_hash(b"forked");
        // One cosigner is enough here, and the fast one.
        let mut witness = Witness { cosigners: vec![key("w", Algorithm::CosignatureV1, 1)], ..Witness::new() };
        let mut seen = vec![witness.latest];
        for (old, new, fork) in steps {
            let tree = if fork { &forked } else { &all };
            let status = witness.ask(&request(&tree[..at(new.max(old))], old));
            if status == 200 {
                seen.push(witness.latest);
            }
            prop_assert_eq!(seen.last(), Some(&witness.latest), "only a cosigned checkpoint is remembered");
        }
        // All that was ever cosigned lies on one branch.
        let on = |tree: &[Hash]| seen.iter().all(|latest| mth(&tree[..at(latest.size)]) == latest.root);
        prop_assert!(on(&all) || on(&forked));
        prop_assert!(seen.windows(2).all(|pair| pair[0].size <= pair[1].size));
    }
}
