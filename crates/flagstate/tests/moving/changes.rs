//! A source that changes while it moves: nothing is lost, and there is no certificate until it stands still.

use std::fs;

use super::{Bench, pattern, sample, tree};

#[test]
fn overwritten_deleted_appended_new() {
    let b = Bench::new("changes");
    sample(&b, "from", 200);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    b.ends(0, &["move", "inventory", "--from", &from, "--to", &to, "--state", "m"]);
    // Between the listing and the copy.
    b.write("from/p01/object 00001.bin", b"overwritten");
    fs::remove_file(b.path("from/p02/object 00002.bin")).unwrap();
    b.write("from/large/a", &pattern(40 << 20, 9));
    b.write("from/new/one", b"new");
    let said = b.ends(0, &["move", "copy", "--state", "m"]);
    assert!(said.contains("3 changed at the source meanwhile"), "{said}");
    // A cutover refuses, and says what changed.
    let said = b.ends(1, &["move", "cutover", "--state", "m"]);
    assert!(said.contains("the source is not frozen") && said.contains("new/one (new)"), "{said}");
    let said = b.ends(3, &["move", "certificate", "--state", "m"]);
    assert!(said.contains("no last look at both sides"), "{said}");
    let delta = b.event("delta", &["move", "sync", "--state", "m"]);
    assert_eq!(
        delta["new"].as_u64().unwrap() + delta["changed"].as_u64().unwrap(),
        0,
        "the cutover's pass is not lost"
    );
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
    // A deletion after the move is proposed, and done when somebody says so.
    fs::remove_file(b.path("from/p03/object 00003.bin")).unwrap();
    let said = b.ends(0, &["move", "sync", "--state", "m"]);
    assert!(said.contains("deletion proposed"), "{said}");
    assert!(b.path("to/p03/object 00003.bin").exists());
    b.ends(0, &["move", "cutover", "--state", "m"]);
    let said = b.ends(3, &["move", "certificate", "--state", "m"]);
    assert!(said.contains("1 objects did not arrive (gone)") || said.contains("gone"), "{said}");
    b.ends(0, &["move", "sync", "--state", "m", "--delete"]);
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
    let cutover = b.event("cutover", &["move", "cutover", "--state", "m"]);
    assert_eq!(cutover["delta"]["new"], 0);
    let done = b.event("certificate", &["move", "certificate", "--state", "m"]);
    assert_eq!(done["gaps"], serde_json::json!({}));
    assert!(done["passes"].as_array().unwrap().len() >= 5);
}
