//! Tests of policies.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{
    EMPTY_ROOT, SigningKey,
    cosignature::cosign,
    note::{Algorithm, Signer as _, tests::key},
};

fn vkey(name: &str, algorithm: Algorithm, seed: u8) -> String {
    key(name, algorithm, seed).verifier().to_string()
}

fn witnesses(count: u8) -> Vec<SigningKey> {
    (0..count).map(|n| key(&format!("w{n}"), Algorithm::CosignatureV1, 100 + n)).collect()
}

/// A log `log`, witnesses `w0`.., and what the caller adds.
fn policy(count: u8, rest: &str) -> Result<Policy, PolicyError> {
    let mut text = format!("log {}\n", vkey("log", Algorithm::Ed25519, 1));
    for witness in witnesses(count) {
        writeln!(text, "witness {} {}", witness.name(), witness.verifier()).unwrap();
    }
    Policy::parse(format!("{text}{rest}").as_bytes())
}

/// A checkpoint of `log`, cosigned by these witnesses.
fn note(cosigners: &[usize]) -> Note {
    let mut note = Checkpoint::new("log", 0, EMPTY_ROOT).unwrap().to_note().unwrap();
    note.sign(&key("log", Algorithm::Ed25519, 1)).unwrap();
    let all = witnesses(10);
    for index in cosigners {
        let line = cosign(&all[*index], &note, 1000 + u64::try_from(*index).unwrap()).unwrap();
        note.add(line).unwrap();
    }
    note
}

#[test]
fn two_of_three_here_and_one_of_two_there() {
    // The example of the specification, and of the two camps that it is meant for.
    let groups = "group public 2 w0 w1 w2\ngroup customer any w3 w4\ngroup both all public customer\nquorum both\n";
    let policy = policy(5, groups).unwrap();
    let accepts = |cosigners: &[usize]| policy.check(&note(cosigners)).is_ok();
    for good in [&[0, 1, 3][..], &[1, 2, 4], &[0, 1, 2, 3, 4]] {
        assert!(accepts(good), "{good:?}");
    }
    for bad in [&[][..], &[0, 1], &[0, 3], &[3, 4], &[0, 1, 2], &[2, 3, 4], &[5, 6, 7, 8], &[0, 0, 3]] {
        assert!(!accepts(bad), "{bad:?}");
    }
    let both = note(&[3, 1, 0]);
    let accepted = policy.check(&both).unwrap();
    assert_eq!(accepted.log.name(), "log");
    let named: Vec<(&[u8], u64)> = accepted.witnesses.iter().map(|(w, time)| (w.name.as_slice(), *time)).collect();
    assert_eq!(named, [(&b"w0"[..], 1000), (b"w1", 1001), (b"w3", 1003)]);
    let error = policy.check(&note(&[0])).unwrap_err();
    assert_eq!(error, CheckError::Quorum { quorum: "both".to_owned(), witnesses: vec!["w0".to_owned()] });
}

#[test]
fn small_policies() {
    let none = policy(0, "quorum none\n").unwrap();
    assert!(none.check(&note(&[])).is_ok());
    assert_eq!(none.quorum(), None);
    let one = policy(2, "quorum w1\n").unwrap();
    assert!(one.check(&note(&[1])).is_ok());
    assert!(one.check(&note(&[0])).is_err());
    let trusting = Policy::trusting(key("log", Algorithm::Ed25519, 1).verifier().clone());
    assert_eq!(trusting, none);
    // A member may also be the quorum.
    assert!(policy(2, "group g all w0 w1\nquorum w1\n").unwrap().check(&note(&[1])).is_ok());
}

#[test]
fn the_log_must_have_signed_under_its_own_origin() {
    let policy = policy(1, "quorum w0\n").unwrap();
    let by = |origin: &str, name: &str, seed| {
        let mut note = Checkpoint::new(origin, 0, EMPTY_ROOT).unwrap().to_note().unwrap();
        note.sign(&key(name, Algorithm::Ed25519, seed)).unwrap();
        let line = cosign(&witnesses(1)[0], &note, 1).unwrap();
        note.add(line).unwrap();
        policy.check(&note)
    };
    assert!(by("log", "log", 1).is_ok());
    assert_eq!(by("gol", "log", 1), Err(CheckError::UnknownLog { origin: "gol".to_owned() }));
    assert_eq!(by("log", "log", 2), Err(CheckError::Verify(VerifyError::NoTrustedSignature)));
    assert_eq!(by("log", "gol", 1), Err(CheckError::Verify(VerifyError::NoTrustedSignature)));
    let no_log = Policy::parse(b"quorum none\n").unwrap();
    assert!(matches!(no_log.check(&note(&[])), Err(CheckError::UnknownLog { .. })));
    let known = no_log.with_log(key("log", Algorithm::Ed25519, 1).verifier().clone());
    assert!(known.check(&note(&[])).is_ok());
    // A witness's wrong line refuses the checkpoint, even where the quorum is made without it.
    let mut spoilt = note(&[0]);
    let witness = &witnesses(1)[0];
    let other = cosign(witness, &Checkpoint::new("log", 1, EMPTY_ROOT).unwrap().to_note().unwrap(), 1).unwrap();
    spoilt.add(other).unwrap();
    assert!(matches!(policy.check(&spoilt), Err(CheckError::Verify(VerifyError::BadSignature { .. }))));
}

#[test]
fn what_is_no_policy() {
    let problem = |count, rest: &str| policy(count, rest).unwrap_err().problem;
    let named = |name: &str| name.to_owned();
    assert_eq!(problem(0, ""), PolicyProblem::NoQuorum);
    assert_eq!(problem(1, "quorum w0\nquorum w0\n"), PolicyProblem::SecondQuorum);
    assert_eq!(problem(1, "quorum none\nquorum w0\n"), PolicyProblem::SecondQuorum);
    assert_eq!(problem(1, "quorum w1\n"), PolicyProblem::Undefined { name: named("w1") });
    assert_eq!(problem(1, "group g all w0 g\nquorum g\n"), PolicyProblem::Undefined { name: named("g") });
    assert_eq!(problem(1, "quorum g\ngroup g all w0\n"), PolicyProblem::Undefined { name: named("g") });
    assert_eq!(problem(1, "group g all none\n"), PolicyProblem::Undefined { name: named("none") });
    assert_eq!(problem(1, "group none all w0\n"), PolicyProblem::DuplicateName { name: named("none") });
    assert_eq!(problem(1, "group w0 all w0\n"), PolicyProblem::DuplicateName { name: named("w0") });
    assert_eq!(problem(1, "group g all w0 w0\n"), PolicyProblem::MemberTwice { name: named("w0") });
    assert_eq!(problem(2, "group g all w0\ngroup h all w0 w1\n"), PolicyProblem::MemberTwice { name: named("w0") });
    for threshold in ["0", "3", "01", "-1", "none", "1.5", "18446744073709551616"] {
        let text = format!("group g {threshold} w0 w1\n");
        assert_eq!(problem(2, &text), PolicyProblem::Threshold { members: 2 }, "{threshold}");
    }
    for line in ["group g all", "group g", "quorum", "quorum a b", "log", "log a b c", "witness a", "Quorum none", "x"]
    {
        assert_eq!(problem(0, &format!("{line}\n")), PolicyProblem::Form, "{line}");
    }
    assert_eq!(problem(0, "quorum none\r\n"), PolicyProblem::Characters);
    assert_eq!(problem(0, "# \u{7f}\n"), PolicyProblem::Characters);
    assert_eq!(problem(0, "quorum none"), PolicyProblem::Unterminated);
    assert_eq!(policy(2, "\n# fine\nbad\n").unwrap_err().line, 6);
    assert_eq!(policy(2, "\n").unwrap_err().line, 5);
}

#[test]
fn keys_in_policies() {
    let log = |name, seed| format!("log {}\n", vkey(name, Algorithm::Ed25519, seed));
    let witness = |name, algorithm, seed| format!("witness {name} {}\n", vkey(name, algorithm, seed));
    let problem = |text: String| Policy::parse(text.as_bytes()).unwrap_err().problem;
    assert_eq!(problem(log("a", 1) + &log("b", 1)), PolicyProblem::DuplicateKey);
    let (v1, ml) = (Algorithm::CosignatureV1, Algorithm::MlDsa44);
    assert_eq!(problem(witness("a", v1, 1) + &witness("b", v1, 1)), PolicyProblem::DuplicateKey);
    assert_eq!(
        problem(witness("a", v1, 1) + &witness("a", v1, 2)),
        PolicyProblem::DuplicateName { name: "a".to_owned() }
    );
    assert_eq!(problem(witness("a", Algorithm::Ed25519, 1)), PolicyProblem::WitnessKey);
    assert!(matches!(problem("log nonsense\n".to_owned()), PolicyProblem::Key(_)));
    assert!(matches!(problem("log a+\u{e9}\n".to_owned()), PolicyProblem::Key(_)));
    assert!(Policy::parse((witness("a", v1, 1) + &witness("b", ml, 1) + "quorum none\n").as_bytes()).is_ok());
    let many: String = (0..=255).map(|n| log("l", n)).collect();
    assert_eq!(Policy::parse((many.clone() + "quorum none\n").as_bytes()).unwrap().logs().len(), 256);
    let one_more = log("m", 0).replace(&vkey("m", Algorithm::Ed25519, 0), &vkey("m", ml, 0));
    assert_eq!(problem(many + &one_more), PolicyProblem::TooLarge);
}

#[test]
fn space_comments_and_bytes() {
    let log = vkey("log", Algorithm::Ed25519, 1);
    let witness = vkey("w", Algorithm::CosignatureV1, 2);
    let mut text = format!("\n \t# comment\n\t log  {log}\thttps://log.example \n witness ").into_bytes();
    // The Kelvin sign is not K, and a name need not be UTF-8.
    text.extend_from_slice(b"\xe2\x84\xaa\xff ");
    text.extend_from_slice(format!("{witness} http://\u{e9}\n").as_bytes());
    text.extend_from_slice(b"group K all \xe2\x84\xaa\xff\nquorum K\n");
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.logs()[0].url.as_deref(), Some(&b"https://log.example"[..]));
    assert_eq!(policy.witnesses()[0].name, b"\xe2\x84\xaa\xff");
    assert_eq!(policy.quorum(), Some(&b"K"[..]));
    assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy.clone()));
    assert!(policy.to_string().ends_with("quorum K\n"));
}

/// The rule as the specification says it, by recursion from the quorum down.
fn witnessed(policy: &Policy, name: &[u8], agreed: &[&[u8]]) -> bool {
    match policy.groups().iter().find(|group| group.name == name) {
        Some(group) => {
            group.members.iter().filter(|member| witnessed(policy, member, agreed)).count() >= group.threshold
        }
        None => agreed.contains(&name),
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        let _ = Policy::parse(&bytes);
    }

    #[test]
    fn any_lines(lines in prop::collection::vec("(group|quorum|log|witness|#)?( (g|h|w0|w1|none|all|any|1|2|x\\+00000000\\+AQ==)){0,4}", 0..6)) {
        if let Ok(policy) = policy(2, &(lines.join("\n") + "\n")) {
            prop_assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
        }
    }

    #[test]
    fn nested_groups_count_as_specified(
        shape in prop::collection::vec((1usize..4, 1usize..4), 1..5), agreed in prop::collection::vec(0u8..8, 0..9),
    ) {
        // Each group takes the next free names, witnesses first and then earlier groups.
        let mut free: Vec<String> = (0..8).map(|n| format!("w{n}")).collect();
        let mut text = String::new();
        let mut last = "none".to_owned();
        for (number, (members, threshold)) in shape.into_iter().enumerate() {
            let taken: Vec<String> = free.drain(..members.min(free.len())).collect();
            last = format!("g{number}");
            writeln!(text, "group {last} {} {}", threshold.min(taken.len()), taken.join(" ")).unwrap();
            free.push(last.clone());
            free.rotate_right(1);
        }
        let policy = policy(8, &format!("{text}quorum {last}\n")).unwrap();
        let names: Vec<String> = agreed.iter().map(|n| format!("w{n}")).collect();
        let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        prop_assert_eq!(policy.is_quorum(names.iter().copied()), witnessed(&policy, last.as_bytes(), &names));
    }
}
