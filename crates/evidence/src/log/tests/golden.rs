//! The log that Tessera keeps for its own tests (Apache-2.0), made anew: the same entries and key must give the same files.

use std::fs;

use flagstate_tlog::SigningKey;

use super::help::Scratch;
use crate::log::{LogKeys, NewLog, Seal, Setup, Writer, init};

const ORIGIN: &str = "example.com/log/testdata";
const SIGNER: &str = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
const VKEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const ENTRIES: &str = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten";
const SIZE_15: &str = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n\
— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";

fn keys() -> LogKeys {
    LogKeys::from_keys(vec![SIGNER.parse::<SigningKey>().unwrap()]).unwrap()
}

#[test]
fn tesseras_log_byte_for_byte() {
    let scratch = Scratch::new();
    let dir = scratch.log();
    let new = NewLog { origin: ORIGIN.into(), keys: keys(), seal: Seal::Open, second: Some(scratch.second()) };
    let (identity, first) = init(&dir, new, Setup::new(|| 0)).unwrap();
    assert_eq!(identity.vkey().unwrap().to_string(), VKEY);
    assert_eq!(first.checkpoint.root().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let mut roots = Vec::new();
    let writer = Writer::open(&dir, keys(), Setup::new(|| 0)).unwrap();
    for entry in ENTRIES.split(' ') {
        writer.append(entry.as_bytes()).unwrap();
        roots.push(writer.checkpoint().unwrap().checkpoint.root().to_string());
    }
    writer.close().unwrap();
    assert_eq!(roots[0], "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=");
    assert_eq!(roots[5], "a6sWvsc2eEzmj72vah7mZ5dwFltivehh2b11qwlp5Jg=");
    assert_eq!(fs::read_to_string(dir.join("checkpoint")).unwrap(), SIZE_15);
    let bundle = fs::read(dir.join("tile/entries/000.p/15")).unwrap();
    let expected: Vec<u8> =
        ENTRIES.split(' ').flat_map(|e| [&[0, u8::try_from(e.len()).unwrap()], e.as_bytes()].concat()).collect();
    assert_eq!(bundle, expected);
    assert_eq!(fs::read(dir.join("tile/0/000.p/15")).unwrap().len(), 15 * 32);
    assert!(dir.join("tile/0/000.p/1").exists(), "partial tiles of every checkpointed size are served");
}
