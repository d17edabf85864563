//! Checks of keys and listings.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bench, Check, ensure, why};
use crate::{At, Key, List, Payload, Properties, Put, WriteError, probe::ODD_KEYS};

pub(super) async fn every_key_arrives(bench: &Bench<'_>) -> Check {
    let mut expected = BTreeMap::new();
    let none = Properties::default();
    for (n, (_, name)) in ODD_KEYS.iter().enumerate() {
        let key = bench.key(name);
        let bytes = format!("content {n}");
        if let Some(reason) = bench.can.key_problem(&key, bench.store.limits()) {
            // What the store documents must be refused here, before anything is sent.
            if bench.store.limits().key.refuses(&key).is_some() {
                let put = Put {
                    key: &key,
                    payload: Payload::from(bytes.clone().into_bytes()),
                    properties: &none,
                    integrity: crate::Integrity::Nothing,
                    condition: crate::Condition::Always,
                };
                let refused = bench.store.put(put).await;
                ensure!(matches!(refused, Err(WriteError::Key(_))), "{key:?} ({reason}): {refused:?}");
            }
            continue;
        }
        bench.write(&key, bytes.as_bytes()).await.map_err(|e| format!("{key:?}: {e}"))?;
        expected.insert(key, bytes);
    }
    for (key, bytes) in &expected {
        let found = bench.read(At::key(key)).await.map_err(|e| format!("{key:?}: {e}"))?;
        ensure!(found == bytes.as_bytes(), "{key:?} holds another object's bytes");
    }
    let expected: BTreeSet<Key> = expected.into_keys().collect();
    let listed = bench.list(List { prefix: bench.base.clone(), ..List::default() }).await?;
    let found: BTreeSet<Key> = listed.into_iter().map(|e| e.key).collect();
    let missing: Vec<&Key> = expected.difference(&found).collect();
    let extra: Vec<&Key> = found.difference(&expected).collect();
    ensure!(missing.is_empty() && extra.is_empty(), "not listed: {missing:?}; listed instead: {extra:?}");
    Ok(())
}

/// Names around everything that sorts before and after `/`.
const NAMES: [&str; 12] = ["a", "a!b", "a-b", "a.b", "a/b", "a/b/c", "a/c", "a0", "aa", "b/x y", "b/x+y", "z"];

async fn fill(bench: &Bench<'_>) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for name in NAMES {
        // A folder cannot hold both a file and a folder of one name.
        let clash = |other: &&str| other.starts_with(&format!("{name}/"));
        if bench.can.no_prefix_objects && NAMES.iter().any(clash) {
            continue;
        }
        let key = bench.key(name);
        bench.write(&key, name.as_bytes()).await.map_err(|e| format!("{key:?}: {e}"))?;
        keys.push(key);
    }
    keys.sort();
    Ok(keys)
}

fn keys_of(entries: &[crate::Entry]) -> Vec<Key> {
    entries.iter().map(|e| e.key.clone()).collect()
}

pub(super) async fn pages(bench: &Bench<'_>) -> Check {
    let expected = fill(bench).await?;
    // What loses keys between pages is said by the probe; the whole in one page must be right everywhere.
    for page in [1, 2, 3, 5, 1000].into_iter().filter(|p| *p == 1000 || bench.can.whole_pages) {
        let ask = List { prefix: bench.base.clone(), page: Some(page), ..List::default() };
        let mut found = keys_of(&bench.list(ask).await?);
        if !bench.can.ascending {
            found.sort();
        }
        ensure!(found == expected, "pages of {page}: {found:?} and not {expected:?}");
    }
    let nothing = bench.list(List { prefix: bench.key("nothing here"), ..List::default() }).await?;
    ensure!(nothing.is_empty(), "below an unused prefix: {nothing:?}");
    Ok(())
}

pub(super) async fn key_ranges(bench: &Bench<'_>) -> Check {
    if !(bench.can.key_ranges && bench.can.ascending) {
        return Ok(());
    }
    let all = fill(bench).await?;
    let bounds = [None, Some(bench.key("a-b")), Some(bench.key("a/b/b")), Some(bench.key("b")), None];
    for page in [1, 2, 1000] {
        let mut joined = Vec::new();
        for pair in bounds.windows(2) {
            let [after, until] = pair else { continue };
            let ask = List {
                prefix: bench.base.clone(),
                after: after.clone(),
                // The bound itself belongs to the lower range.
                until: until.clone().map(|k| Key::new([k.as_bytes(), b"\0"].concat())),
                page: Some(page),
                ..List::default()
            };
            joined.extend(keys_of(&bench.list(ask).await?));
        }
        ensure!(joined == all, "ranges in pages of {page}: {joined:?} and not {all:?}");
    }
    Ok(())
}

pub(super) async fn delimiter(bench: &Bench<'_>) -> Check {
    let all = fill(bench).await?;
    let mut ask = List { prefix: bench.base.clone(), delimiter: Some(Key::from("/")), ..List::default() };
    let (mut keys, mut folded) = (Vec::new(), Vec::new());
    loop {
        let page = bench.store.list(&ask).await.map_err(why)?;
        keys.extend(keys_of(&page.entries));
        folded.extend(page.prefixes);
        match page.next {
            Some(next) => ask.cursor = Some(next),
            None => break,
        }
    }
    let expected: Vec<Key> = all.iter().filter(|k| !inner(bench, k).contains(&b'/')).cloned().collect();
    keys.sort();
    ensure!(keys == expected, "between the slashes: {keys:?} and not {expected:?}");
    let mut full = Vec::new();
    for prefix in folded {
        // Some stores keep folders that have become empty.
        if !bench.list(List { prefix: prefix.clone(), ..List::default() }).await?.is_empty() {
            full.push(prefix);
        }
    }
    ensure!(full == [bench.key("a/"), bench.key("b/")], "folded: {full:?}");
    Ok(())
}

fn inner<'k>(bench: &Bench<'_>, key: &'k Key) -> &'k [u8] {
    key.as_bytes().get(bench.base.len()..).unwrap_or_default()
}
