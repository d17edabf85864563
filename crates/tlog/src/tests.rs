//! The log of fifteen entries that another implementation publishes, byte for byte.
//!
//! Facts of `testdata/log` of github.com/transparency-dev/tessera: entries, key, roots and one signature.

use crate::{
    Checkpoint, Frontier, Hash, Signer as _, SigningKey, TileBuilder, VerifierKey, hash::EMPTY_ROOT, leaf_hash,
};

/// As they are spelt there.
pub(crate) const ENTRIES: [&str; 15] = [
    "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten",
    "fourten", "fivten",
];
pub(crate) const ORIGIN: &str = "example.com/log/testdata";
pub(crate) const VKEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
pub(crate) const SKEY: &str =
    "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
const CHECKPOINT_15: &str = "example.com/log/testdata
15
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

\u{2014} example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
";

#[test]
fn roots_are_those_published() {
    let expected = [
        (0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (1, "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek="),
        (6, "a6sWvsc2eEzmj72vah7mZ5dwFltivehh2b11qwlp5Jg="),
        (15, "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="),
    ];
    for (size, root) in expected {
        let root: Hash = root.parse().unwrap();
        let leaves = || ENTRIES.iter().take(size).map(|entry| leaf_hash(entry.as_bytes()));
        assert_eq!(leaves().collect::<Frontier>().root(), root, "size {size}");
        let mut builder = TileBuilder::new();
        leaves().for_each(|leaf| builder.push(leaf, |_, _| ()));
        assert_eq!(builder.root(), root, "size {size}");
    }
    assert_eq!(EMPTY_ROOT.to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

#[test]
fn the_signed_checkpoint_is_that_published() {
    let signer: SigningKey = SKEY.parse().unwrap();
    let tree: Frontier = ENTRIES.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let mut note = Checkpoint::new(ORIGIN, tree.size(), tree.root()).unwrap().to_note().unwrap();
    note.sign(&signer).unwrap();
    assert_eq!(note.to_string(), CHECKPOINT_15);
    assert_eq!(signer.verifier().to_string(), VKEY);
    assert_eq!(signer.to_private_text().as_str(), SKEY);
}

#[test]
fn the_published_checkpoint_is_accepted() {
    let key: VerifierKey = VKEY.parse().unwrap();
    let (checkpoint, note) = Checkpoint::open(CHECKPOINT_15.as_bytes(), ORIGIN, [&key]).unwrap();
    assert_eq!((checkpoint.size(), checkpoint.origin()), (15, ORIGIN));
    assert_eq!(note.to_string(), CHECKPOINT_15);
    // No single bit of it can be changed.
    for (at, bit) in (0..CHECKPOINT_15.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut damaged = CHECKPOINT_15.as_bytes().to_vec();
        damaged[at] ^= 1 << bit;
        assert!(Checkpoint::open(&damaged, ORIGIN, [&key]).is_err(), "byte {at}, bit {bit}");
    }
}
