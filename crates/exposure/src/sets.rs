//! Smallest sets of safeguards that end a harm: minimal hitting sets over its chains.

use std::collections::BTreeSet;

/// Largest set looked for; beyond three measures nobody compares sets by hand.
const MAX_SIZE: usize = 3;
/// Sets reported.
const MAX_SETS: usize = 24;

/// `hits` says for every candidate which chains it ends. Returns all minimal sets up to [`MAX_SIZE`] that end all
/// `chains`, smallest first, in the order of the candidates.
pub(crate) fn minimal_hitting_sets(chains: usize, hits: &[(String, BTreeSet<usize>)]) -> Vec<Vec<String>> {
    if chains == 0 {
        return Vec::new();
    }
    let useful: Vec<&(String, BTreeSet<usize>)> = hits.iter().filter(|(_, h)| !h.is_empty()).collect();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for size in 1..=MAX_SIZE {
        let mut pick = Vec::with_capacity(size);
        search(chains, &useful, size, 0, &mut pick, &mut found);
    }
    found
        .into_iter()
        .take(MAX_SETS)
        .map(|set| set.into_iter().filter_map(|i| useful.get(i).map(|(id, _)| id.clone())).collect())
        .collect()
}

fn search(
    chains: usize,
    useful: &[&(String, BTreeSet<usize>)],
    size: usize,
    from: usize,
    pick: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    if found.len() >= MAX_SETS {
        return;
    }
    if pick.len() == size {
        let minimal = !found.iter().any(|f| f.iter().all(|i| pick.contains(i)));
        let covered: BTreeSet<usize> =
            pick.iter().filter_map(|i| useful.get(*i)).flat_map(|(_, h)| h.iter().copied()).collect();
        if minimal && covered.len() == chains {
            found.push(pick.clone());
        }
        return;
    }
    for i in from..useful.len() {
        pick.push(i);
        search(chains, useful, size, i + 1, pick, found);
        pick.pop();
    }
}
