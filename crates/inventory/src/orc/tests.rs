//! Trees of types, and what is none.

use super::*;

fn said(subtypes: &[&[u32]]) -> Option<String> {
    let of = |s: &&[u32]| Type { subtypes: s.to_vec(), ..Type::default() };
    tree(&subtypes.iter().map(of).collect::<Vec<_>>()).err().map(|e| e.to_string())
}

#[test]
fn types_are_a_tree_of_few_levels() {
    assert_eq!(said(&[]), None);
    assert_eq!(said(&[&[1, 4], &[2, 3], &[], &[], &[]]), None);
    for bent in [&[&[0_u32][..]][..], &[&[1], &[0]], &[&[1, 1], &[]], &[&[1, 2], &[2], &[]], &[&[7]]] {
        assert_eq!(said(bent).as_deref(), Some("its types are no tree"), "{bent:?}");
    }
    let parts: Vec<[u32; 1]> = (1..=60).map(|n| [n]).collect();
    let mut deep: Vec<&[u32]> = parts.iter().map(|p| &p[..]).collect();
    deep.push(&[]);
    assert_eq!(said(&deep).as_deref(), Some("its types are too deep inside each other"));
}
