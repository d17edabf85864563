//! Probing several containers of one service: every one must take an object; what else they do is found out once for all
//! that are set up alike, since it is the same service that answers.

use std::collections::BTreeMap;

use super::{Capabilities, ProbeError, clean, features, one};
use crate::{ContainerFacts, Containers, Key, Store};

/// Settings by which the abilities of buckets of one service differ.
type Setup = (Option<bool>, Option<bool>, Option<String>);

pub(super) async fn probe(several: &Containers, base: &Key) -> Result<Capabilities, ProbeError> {
    let facts = several.container().await?;
    let mut seen: Vec<(Setup, Capabilities)> = Vec::new();
    let mut each = BTreeMap::new();
    for (name, store) in several.each() {
        let own = facts.each.get(name).cloned().unwrap_or_default();
        let setup = (own.versioning, own.object_lock, own.encryption.clone());
        let can = match seen.iter().find(|(s, _)| *s == setup) {
            None => {
                let can = one(&**store, base).await?;
                seen.push((setup, can.clone()));
                can
            }
            Some((_, like)) => {
                features::Probe { store: &**store, base }.can_write().await?;
                clean(&**store, base, like.versions).await;
                Capabilities { place: store.place().to_owned(), container: own, ..like.clone() }
            }
        };
        each.insert(name.clone(), can);
    }
    Ok(common(several, facts, each))
}

/// What all of them can.
fn common(several: &Containers, container: ContainerFacts, each: BTreeMap<String, Capabilities>) -> Capabilities {
    let mut all = each.values();
    let mut can = all.next().cloned().unwrap_or_default();
    for other in all {
        can.narrow(other);
    }
    // How to speak to it and which keys it holds is each container's own.
    Capabilities { place: several.place().to_owned(), container, dialect: None, keys: Vec::new(), each, ..can }
}

impl Capabilities {
    /// Keeps only what another one can too.
    fn narrow(&mut self, other: &Self) {
        let sets = [
            (&mut self.checked, &other.checked),
            (&mut self.returned, &other.returned),
            (&mut self.checked_parts, &other.checked_parts),
            (&mut self.returned_whole, &other.returned_whole),
        ];
        for (mine, theirs) in sets {
            mine.retain(|a| theirs.contains(a));
        }
        let flags = [
            (&mut self.ranged, other.ranged),
            (&mut self.md5_states, other.md5_states),
            (&mut self.md5_parts, other.md5_parts),
            (&mut self.trailing, other.trailing),
            (&mut self.if_absent, other.if_absent),
            (&mut self.if_match, other.if_match),
            (&mut self.if_absent_complete, other.if_absent_complete),
            (&mut self.if_match_delete, other.if_match_delete),
            (&mut self.tags, other.tags),
            (&mut self.underscores, other.underscores),
            (&mut self.versions, other.versions),
            (&mut self.delete_markers, other.delete_markers),
            (&mut self.uploads, other.uploads),
            (&mut self.lists_parts, other.lists_parts),
            (&mut self.lists_uploads, other.lists_uploads),
            (&mut self.replaces_parts, other.replaces_parts),
            (&mut self.forgets_uploads, other.forgets_uploads),
            (&mut self.ascending, other.ascending),
            (&mut self.whole_pages, other.whole_pages),
            (&mut self.key_ranges, other.key_ranges),
        ];
        for (mine, theirs) in flags {
            *mine &= theirs;
        }
        self.no_prefix_objects |= other.no_prefix_objects;
        self.refused.extend(other.refused.iter().copied());
        self.longest_key = self.longest_key.min(other.longest_key);
        self.longest_segment = match (self.longest_segment, other.longest_segment) {
            (0, n) | (n, 0) => n,
            (a, b) => a.min(b),
        };
        for note in &other.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
    }
}
