//! What differs between two plans of one move, one sentence each.

use super::Plan;

/// What a new plan says that the old one did not.
pub fn differences(old: &Plan, new: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    let mut number = |what: &str, a: u64, b: u64| {
        if a != b {
            found.push(format!("{what}: {a} before, {b} now"));
        }
    };
    number("objects", old.objects, new.objects);
    number("bytes", old.bytes, new.bytes);
    number("largest object", old.largest, new.largest);
    number("seconds", old.time.seconds, new.time.seconds);
    number("shards", old.shards.len() as u64, new.shards.len() as u64);
    let digests: std::collections::BTreeSet<_> = old.shards.iter().map(|s| s.sha256).collect();
    number("shards with other content", 0, new.shards.iter().filter(|s| !digests.contains(&s.sha256)).count() as u64);
    let cost = |p: &Plan| p.cost.as_ref().map(|c| c.micros);
    number("cost in millionths", cost(old).unwrap_or(0), cost(new).unwrap_or(0));
    for loss in &new.losses {
        let before = old.losses.iter().find(|l| l.name == loss.name).map_or(0, |l| l.records);
        number(&format!("loss `{}`", loss.name.name()), before, loss.records);
    }
    for loss in old.losses.iter().filter(|l| !new.losses.iter().any(|n| n.name == l.name)) {
        number(&format!("loss `{}`", loss.name.name()), loss.records, 0);
    }
    for (name, a, b) in [("blocks", &old.blocks, &new.blocks), ("notes", &old.notes, &new.notes)] {
        found.extend(b.iter().filter(|t| !a.contains(t)).map(|t| format!("{name}, new: {t}")));
        found.extend(a.iter().filter(|t| !b.contains(t)).map(|t| format!("{name}, gone: {t}")));
    }
    if old.requirement != new.requirement {
        found.push("the requirement was judged otherwise".to_owned());
    }
    if old.target != new.target {
        found.push("the target was seen to do other things".to_owned());
    }
    found
}
