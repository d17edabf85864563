//! Shards on machines of their own: each reads the move's folder, works in its own, and what it did is taken over.

use std::{fs, thread};

use super::{Bench, independent::certificate, sample, tree};

/// Number of shards in the plan.
fn shards(b: &Bench) -> usize {
    b.event("plan", &["move", "plan", "--state", "m"])["shards"].as_array().unwrap().len()
}

#[test]
fn shards_side_by_side_and_taken_over() {
    let b = Bench::new("parts");
    sample(&b, "from", 450);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    let said = b.ends(3, &["move", "shard", "--state", "m", "--index", "0", "--part", "p0"]);
    assert!(said.contains("holds no move"), "{said}");
    b.ends(0, &["move", "inventory", "--from", &from, "--to", &to, "--state", "m"]);
    let said = b.ends(3, &["move", "shard", "--state", "m", "--index", "0", "--part", "p0"]);
    assert!(said.contains("has no plan") && said.contains("flagstate move plan --state m"), "{said}");
    let count = shards(&b);
    assert!(count >= 4, "{count}");
    let said = b.ends(2, &["move", "shard", "--state", "m", "--index", "99", "--part", "p99"]);
    assert!(said.contains("counted from 0"), "{said}");
    let before = tree(&b.path("m"));
    thread::scope(|scope| {
        for index in 0..count {
            let b = &b;
            scope.spawn(move || {
                let (k, part) = (index.to_string(), format!("p{index}"));
                let said = b.ends(0, &["move", "shard", "--state", "m", "--index", &k, "--part", &part]);
                assert!(said.contains("take it over"), "{said}");
            });
        }
    });
    assert!(tree(&b.path("m")) == before, "the move's folder is only read");
    // Again: nothing is copied twice.
    let said = b.ends(0, &["move", "shard", "--state", "m", "--index", "1", "--part", "p1"]);
    assert!(said.contains("0 objects"), "{said}");
    // A damaged manifest and the part of another move are refused, and nothing of them is taken over.
    let rows = fs::read_dir(b.path("p0/rows")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&rows).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&rows, &bytes).unwrap();
    let said = b.ends(3, &["move", "gather", "--state", "m", "p0"]);
    assert!(said.contains("copy the part here again"), "{said}");
    fs::write(&rows, &whole).unwrap();
    let said = b.ends(3, &["move", "gather", "--state", "m", "m"]);
    assert!(said.contains("is no part of the move"), "{said}");
    let said = b.ends(3, &["move", "shard", "--state", "m", "--index", "1", "--part", "p0"]);
    assert!(said.contains("is no part of the move"), "{said}");
    let parts: Vec<String> = (0..count).map(|i| format!("p{i}")).collect();
    let mut args = vec!["move", "gather", "--state", "m"];
    args.extend(parts.iter().map(String::as_str));
    let said = b.ends(0, &args);
    assert_eq!(said.matches("taken over").count(), count, "{said}");
    let said = b.ends(0, &["move", "gather", "--state", "m", "p0"]);
    assert!(said.contains("taken over before"), "{said}");
    // What is done is done: the move goes on to its certificate.
    let said = b.ends(0, &["move", "shard", "--state", "m", "--index", "0"]);
    assert!(said.contains("nothing to do"), "{said}");
    let done = b.event("certificate", &["move", "run", "--state", "m"]);
    assert_eq!(
        (done["objects"].as_u64(), &done["gaps"]),
        (Some(tree(&b.path("from")).len() as u64), &serde_json::json!({}))
    );
    assert!(tree(&b.path("from")) == tree(&b.path("to")));
    certificate(&b);
}

#[test]
fn a_part_that_is_not_done_or_is_old_is_not_taken_over() {
    let b = Bench::new("parts-old");
    sample(&b, "from", 150);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    b.ends(0, &["move", "plan", "--from", &from, "--to", &to, "--state", "m"]);
    // Something stands where an object of the first shard goes: that object fails, and the shard stays open.
    let first = tree(&b.path("from")).into_keys().next().unwrap();
    let occupied = b.path("to").join(&first);
    fs::create_dir_all(occupied.parent().unwrap()).unwrap();
    fs::write(&occupied, b"of somebody else").unwrap();
    b.ends(1, &["move", "shard", "--state", "m", "--index", "0", "--part", "p0"]);
    let said = b.ends(3, &["move", "gather", "--state", "m", "p0"]);
    assert!(said.contains("the shard is not done: 1 of its"), "{said}");
    fs::remove_file(&occupied).unwrap();
    b.ends(0, &["move", "shard", "--state", "m", "--index", "0", "--part", "p0"]);
    // Meanwhile the move itself went on, and another pass listed the source again.
    b.ends(0, &["move", "copy", "--state", "m"]);
    b.write(&format!("from/{first}"), b"another content");
    let said = b.ends(0, &["move", "gather", "--state", "m", "p0"]);
    assert!(said.contains("taken over before"), "{said}");
    b.ends(0, &["move", "run", "--state", "m"]);
    assert!(tree(&b.path("from")) == tree(&b.path("to")));
}
