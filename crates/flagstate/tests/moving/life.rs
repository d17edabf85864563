//! The whole way between two folders, with everything that comes after it.

use std::{fs, process::Command};

use super::{Bench, sample, text, tree};

#[test]
fn a_move_ends_with_a_certificate_that_others_check() {
    let b = Bench::new("life");
    sample(&b, "from", 300);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    let key = b.ends(0, &["identity", "create", "Ada", "--output", "ada.key"]);
    assert!(key.starts_with("Ada+"), "{key}");
    let plan = b.event("plan", &["move", "plan", "--from", &from, "--to", &to, "--state", "m"]);
    assert_eq!((plan["objects"].as_u64(), plan["blocks"].as_array().map(Vec::len)), (Some(302), Some(0)));
    assert!(tree(&b.path("to")).is_empty(), "a plan moves nothing");
    let done = b.event("certificate", &["move", "run", "--state", "m", "--identity", "ada.key"]);
    assert_eq!((done["objects"].as_u64(), &done["gaps"]), (Some(302), &serde_json::json!({})));
    assert_eq!(done["source"]["root"], done["target"]["root"]);
    assert!(tree(&b.path("from")) == tree(&b.path("to")));

    let said = b.ends(0, &["move", "verify-certificate", "m/certificate.json", "--key", key.trim()]);
    assert!(said.starts_with("holds\n") && said.contains("signed by Ada"), "{said}");
    let moved = b.ends(0, &["move", "certificate", "--state", "m", "--prove", "large/a", "--output", "moved.json"]);
    assert!(moved.contains("large/a moved"));
    let said = b.ends(0, &["move", "certificate", "--state", "m", "--prove", "large/c", "--output", "never.json"]);
    assert!(said.contains("there was no large/c"));
    let proofs = ["--proof", "moved.json", "--proof", "never.json"];
    let said = b.ends(0, &[&["move", "verify-certificate", "m/certificate.json"], &proofs[..]].concat());
    assert!(said.contains("large/a: moved") && said.contains("large/c: there was no such key"), "{said}");
    python(&b, key.trim());

    // Nothing changed: the same again moves nothing.
    let again = b.event("delta", &["move", "run", "--state", "m"]);
    assert_eq!(again["new"].as_u64().unwrap() + again["changed"].as_u64().unwrap(), 0);
    // What Ada signed stays beside the certificate that nobody signed.
    let names = fs::read_dir(b.path("m")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let kept = names.into_iter().find(|n| n.starts_with("certificate-")).unwrap();
    b.ends(0, &["move", "verify-certificate", &format!("m/{kept}"), "--key", key.trim()]);
    erase(&b);
}

/// The verifier in plain Python agrees, and refuses what was changed.
fn python(b: &Bench, key: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interop/verify_certificate.py");
    let run = |args: &[&str]| {
        let output = Command::new("python3").current_dir(&b.dir).arg(script).args(args).output();
        output.ok().map(|o| (o.status.code(), text(&o.stdout)))
    };
    let certificate = "m/certificate.json";
    let args =
        [certificate, "--key", key, "--proof", "moved.json", "--content", "from/large/a", "--proof", "never.json"];
    // The content is large, and plain Python is slow: it is checked for a small object elsewhere.
    let args: Vec<&str> = args.iter().copied().filter(|a| !matches!(*a, "--content" | "from/large/a")).collect();
    let Some((code, said)) = run(&args) else {
        assert!(std::env::var("CI").is_err(), "python3 is needed");
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("large/a moved") && said.contains("large/c was not there"), "{said}");
    let name = "p03/object 00013.bin";
    b.ends(0, &["move", "certificate", "--state", "m", "--prove", name, "--output", "small.json"]);
    let content = format!("to/{name}");
    let (code, said) = run(&[certificate, "--proof", "small.json", "--content", &content]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    let (code, _) = run(&[certificate, "--proof", "small.json", "--content", "to/large/b"]).unwrap();
    assert_eq!(code, Some(1), "another file is not what moved");
    let good = fs::read_to_string(b.path(certificate)).unwrap();
    for (from, to) in [("\"objects\": 302", "\"objects\": 303"), ("\"payload\": \"ey", "\"payload\": \"eY")] {
        assert!(good.contains(from), "{from}");
        b.write("bad.json", good.replacen(from, to, 1).as_bytes());
        let (code, said) = run(&["bad.json", "--key", key]).unwrap();
        assert_eq!(code, Some(1), "{said}");
        b.ends(1, &["move", "verify-certificate", "bad.json", "--key", key]);
    }
    // A wrong file of any size is refused before it fills the memory.
    fs::File::create(b.path("disk.img")).unwrap().set_len(2 << 40).unwrap();
    let said = b.ends(3, &["move", "verify-certificate", "disk.img"]);
    assert!(said.contains("disk.img: is longer than 1 GiB"), "{said}");
    fs::remove_file(b.path("disk.img")).unwrap();
}

/// The source is erased only with the certificate, after the waiting period, and when somebody typed the id.
fn erase(b: &Bench) {
    let args = ["move", "erase-source", "--state", "m", "--certificate", "m/certificate.json"];
    let said = b.ends(3, &args);
    assert!(said.contains("the waiting period ends at"), "{said}");
    let early = [&args[..], &["--waiting-days", "0"]].concat();
    let said = b.ends(1, &early);
    assert!(said.contains("to do it, add --confirm move-"), "{said}");
    assert_eq!(tree(&b.path("from")).len(), 302);
    let id = said.split("--confirm ").nth(1).unwrap().trim().to_owned();
    b.write("from/p00/object 00000.bin", b"changed since");
    let said = b.ends(1, &[&early[..], &["--confirm", &id]].concat());
    assert!(said.contains("301 objects") && said.contains("1 object kept: it changed since the certificate"), "{said}");
    assert_eq!(tree(&b.path("from")).len(), 1, "what changed is kept");
}

#[test]
fn a_move_is_what_it_was_when_it_began() {
    let b = Bench::new("fixed");
    b.write("from/a.csv", b"1");
    b.write("from/b.txt", b"2");
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    let said = b.ends(2, &["move", "run", "--state", "m"]);
    assert!(said.contains("A move begins with --from URL and --to URL"), "{said}");
    b.ends(0, &["move", "run", "--from", &from, "--to", &to, "--state", "m", "--include", "*.csv"]);
    assert_eq!(tree(&b.path("to")).keys().collect::<Vec<_>>(), ["a.csv"]);
    let said = b.ends(2, &["move", "run", "--from", &to, "--to", &from, "--state", "m"]);
    assert!(said.contains("choose another folder for another move"), "{said}");
    let said = b.ends(2, &["move", "run", "--from", "s3://key:secret@bucket/x", "--to", &to, "--state", "n"]);
    assert!(said.contains("holds no credentials") && !said.contains("secret@"), "{said}");
    for place in ["http://x/y", "s3://", "file:relative"] {
        b.ends(2, &["move", "run", "--from", place, "--to", &to, "--state", "n"]);
    }
    let said = b.ends(2, &["move", "copy", "--state", "m", "--accept", "everything"]);
    assert!(said.contains("is no loss; there are: all-losses, keys"), "{said}");
}

#[test]
fn encrypted_objects_are_opened_by_age_alone() {
    let age = |args: &[&str]| Command::new("age").args(args).output();
    let Ok(keygen) = Command::new("age-keygen").output() else {
        assert!(std::env::var("CI").is_err(), "age is needed: apt-get install age");
        return;
    };
    let b = Bench::new("age");
    b.write("key.txt", &keygen.stdout);
    let recipient =
        text(&keygen.stdout).lines().find_map(|l| l.strip_prefix("# public key: ").map(str::to_owned)).unwrap();
    sample(&b, "from", 5);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    let done = b.event(
        "certificate",
        &["move", "run", "--from", &from, "--to", &to, "--state", "m", "--encrypt-for", &recipient],
    );
    assert_eq!(done["transform"], "age");
    assert_ne!(done["source"]["root"], done["target"]["root"]);
    b.ends(0, &["move", "verify-certificate", "m/certificate.json"]);
    let key = b.path("key.txt").display().to_string();
    for (name, plain) in tree(&b.path("from")) {
        let path = b.path("to").join(&name).display().to_string();
        let opened = age(&["-d", "-i", &key, &path]).unwrap();
        assert!(opened.stdout == plain, "{name}: {}", text(&opened.stderr));
    }
}
