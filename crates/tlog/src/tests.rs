//! The log of fifteen entries that another implementation publishes, byte for byte.
//!
//! Facts of `testdata/log` of github.com/transparency-dev/tessera: entries, key, roots and one signature.

use crate::{
    Checkpoint, Frontier, Hash, Signer as _, SigningKey, TileBuilder, VerifierKey, hash::EMPTY_ROOT, inclusion_proof,
    leaf_hash, tree::tests::Memory,
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

/// The eight leaves that tests of Certificate Transparency have used since 2013, and the root of each number of them.
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\0",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const CT_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_trees_of_certificate_transparency() {
    let leaves: Vec<Hash> = CT_LEAVES.iter().map(|entry| leaf_hash(entry)).collect();
    let mut tree = Frontier::new();
    for (leaf, root) in leaves.iter().zip(CT_ROOTS) {
        tree.push(*leaf);
        assert_eq!(format!("{:x}", tree.root()), root, "{} leaves", tree.size());
    }
    let proof = |index, size| {
        let proof = inclusion_proof(&mut Memory::new(leaves.clone()), index, size).unwrap();
        proof.iter().map(|hash| format!("{hash:x}")).collect::<Vec<_>>()
    };
    assert_eq!(proof(0, 1), Vec::<String>::new());
    assert_eq!(
        proof(0, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
}

#[test]
fn hashes_as_text() {
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(format!("{EMPTY_ROOT:x}"), hex);
    assert_eq!(EMPTY_ROOT.to_string().parse(), Ok(EMPTY_ROOT));
    assert_eq!(Hash::from_slice(EMPTY_ROOT.as_ref()), Some(EMPTY_ROOT));
    assert_eq!(Hash::from_slice(&[0; 31]), None);
    for wrong in
        ["", "AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="]
    {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
    }
}
