//! Tests of checkpoints.

use proptest::prelude::*;

use super::*;
use crate::{
    hash::EMPTY_ROOT,
    note::{Algorithm, Signer as _, tests::key},
};

const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

#[test]
fn the_example_of_the_specification() {
    let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
    let checkpoint: Checkpoint = text.parse().unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.root().to_string(), ROOT);
    assert!(checkpoint.extensions().is_empty());
    assert_eq!(checkpoint.to_string(), text);
}

#[test]
fn what_is_no_checkpoint() {
    let parse = |text: &str| text.parse::<Checkpoint>().unwrap_err();
    assert_eq!(parse(""), CheckpointError::Lines);
    assert_eq!(parse("o\n1\n"), CheckpointError::Lines);
    assert_eq!(parse(&format!("o\n1\n{ROOT}")), CheckpointError::Lines);
    assert_eq!(parse(&format!("\n1\n{ROOT}\n")), CheckpointError::Origin);
    for size in ["", "01", "00", "-1", "+1", " 1", "1 ", "1e3", "0x1", "18446744073709551616", "\u{661}"] {
        assert_eq!(parse(&format!("o\n{size}\n{ROOT}\n")), CheckpointError::Size, "{size}");
    }
    let sloppy = ROOT.replace("q2I=", "q2J=");
    for root in [
        "",
        "AAAA",
        ROOT.trim_end_matches('='),
        ROOT.trim_start_matches("CsUY"),
        &format!("AAAA{ROOT}"),
        &sloppy,
        &format!("{ROOT} "),
    ] {
        assert_eq!(parse(&format!("o\n1\n{root}\n")), CheckpointError::Root, "{root}");
    }
    assert_eq!(parse(&format!("o\n1\n{ROOT}\n\n")), CheckpointError::Extension);
    assert_eq!(parse(&format!("o\n1\n{ROOT}\nx\n\ny\n")), CheckpointError::Extension);
    assert!(format!("o\n{}\n{ROOT}\nx\ny\n", u64::MAX).parse::<Checkpoint>().is_ok());
}

#[test]
fn only_the_log_that_was_asked_for() {
    let (signer, other) = (key("log", Algorithm::Ed25519, 1), key("log", Algorithm::Ed25519, 2));
    let mut note = Checkpoint::new("log", 0, EMPTY_ROOT).unwrap().with_extension("more").unwrap().to_note().unwrap();
    note.sign(&signer).unwrap();
    let bytes = note.to_string().into_bytes();
    let (checkpoint, _) = Checkpoint::open(&bytes, "log", [signer.verifier()]).unwrap();
    assert_eq!(checkpoint.extensions(), ["more"]);
    let origin = Checkpoint::open(&bytes, "gol", [signer.verifier()]).unwrap_err();
    assert_eq!(origin, OpenError::Origin { got: "log".to_owned(), expected: "gol".to_owned() });
    assert!(matches!(Checkpoint::open(&bytes, "log", [other.verifier()]), Err(OpenError::Verify(_))));
    assert!(matches!(Checkpoint::open(b"", "log", [signer.verifier()]), Err(OpenError::Note(_))));
    let mut text = Note::new("log\n0\n".to_owned()).unwrap();
    text.sign(&signer).unwrap();
    let text = text.to_string();
    assert!(matches!(Checkpoint::open(text.as_bytes(), "log", [signer.verifier()]), Err(OpenError::Checkpoint(_))));
    assert_eq!(Checkpoint::new("", 0, EMPTY_ROOT), Err(CheckpointError::Origin));
    assert_eq!(Checkpoint::new("a\nb", 0, EMPTY_ROOT), Err(CheckpointError::Origin));
    assert!(Checkpoint::new("a", 0, EMPTY_ROOT).unwrap().with_extension("").is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read(origin in "[^\u{0}-\u{1f}]{1,20}", size: u64, root: [u8; 32], more in prop::collection::vec("[^\u{0}-\u{1f}]{1,9}", 0..3)) {
        let mut checkpoint = Checkpoint::new(&origin, size, Hash(root)).unwrap();
        for line in more {
            checkpoint = checkpoint.with_extension(&line).unwrap();
        }
        prop_assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
    }

    #[test]
    fn what_is_read_is_written(text in "[a\n]{0,3}\n[0-9]{0,21}\n[A-Za-z0-9+/=]{43,45}\n([b\n]{1,3}\n)?") {
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }
}
