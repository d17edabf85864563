//! Certificates that hold, and ones that must not.

use std::sync::Arc;

use flagstate_evidence::predicates::judgement::Tool;
use flagstate_objects::{At, Key, Memory, Properties, Store, probe};
use flagstate_tlog::{Signer as _, SigningKey, note::Algorithm};

use super::*;
use crate::{
    copy, cutover,
    ends::Work,
    folder::Folder,
    inventory,
    journal::Journal,
    sync,
    testing::{Folder as Temporary, folder, memory, put, work_between},
    tree::Side,
};

struct Scene {
    _dir: Temporary,
    work: Arc<Work>,
    folder: Folder,
    journal: Arc<Journal>,
    source: Arc<Memory>,
    target: Arc<Memory>,
}

fn key(i: usize) -> Key {
    Key::from(format!("k{:03}", i * 2).as_str())
}

fn settings() -> Settings {
    Settings {
        schema: crate::settings::SCHEMA.to_owned(),
        id: "move-1".to_owned(),
        from: "memory:source".to_owned(),
        to: "memory:target".to_owned(),
        containers: Vec::new(),
        selection: crate::select::Selection::default(),
        versions: false,
        keep_holds: false,
        recipients: Vec::new(),
        from_offering: None,
        to_offering: Some("ovhcloud".to_owned()),
        inventory: None,
        began: "2026-11-22T00:00:00Z".parse().unwrap(),
    }
}

async fn moved(count: usize) -> Scene {
    let (source, target) = (memory("source"), memory("target"));
    for i in 0..count {
        put(&*source, &key(i), &i.to_be_bytes(), &Properties::default()).await;
    }
    let can = probe(&*target, &Key::from("probe/")).await.unwrap();
    let work = work_between(source.clone(), target.clone(), can);
    let dir = folder("certificate");
    let folder = Folder::create(dir.path()).unwrap();
    let journal = Arc::new(Journal::open(&folder.journal()).unwrap());
    let shard = inventory::ShardSize { rows: 100, bytes: u64::MAX };
    inventory::run(&work, &folder, &journal, inventory::Options { listers: 2, shard }).await.unwrap();
    copy::run(&work, &folder, &journal, copy::Options { shard, ..copy::Options::default() }, None).await.unwrap();
    Scene { _dir: dir, work, folder, journal, source, target }
}

fn signer(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, Algorithm::Ed25519, &[seed; 32]).unwrap()
}

async fn certify(scene: &Scene) -> (Document, Vec<u8>) {
    let cutover = cutover::run(&scene.work, &scene.folder, &scene.journal, 2).await.unwrap();
    assert!(cutover.is_quiet(), "{cutover:?}");
    let gathered = gather(&scene.folder, &scene.journal).unwrap();
    let made = "2026-11-22T01:00:00Z".parse().unwrap();
    let document = document(settings(), &gathered, cutover, &scene.journal, ("flagstate 0.1.0", made)).unwrap();
    let (one, other) = (signer("log.example/evidence", 1), signer("Ada", 2));
    let tool = Tool { name: "flagstate".to_owned(), version: "0.1.0".to_owned(), sha256: None };
    let entry = statement(&document, &[&one, &other], [0, 0], &tool).unwrap();
    let keys = vec![one.verifier().to_string(), other.verifier().to_string()];
    let bundle = bundle(&document, &entry, &[], keys, None).unwrap();
    (document, serde_json::to_vec_pretty(&bundle).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_checked_alone() {
    let scene = moved(300).await;
    let (document, bytes) = certify(&scene).await;
    assert_eq!((document.objects, document.source.records), (300, 300));
    assert_eq!(document.source.root, document.target.root);
    assert!(document.gaps.is_empty());
    let trusted = [signer("Ada", 2).verifier().clone()];
    let checked = check(&bytes, &trusted).unwrap();
    assert_eq!((checked.signers, checked.own_keys), (vec!["Ada".to_owned()], false));
    assert!(check(&bytes, &[]).unwrap().own_keys);
    let stranger = [signer("Eve", 3).verifier().clone()];
    assert!(matches!(check(&bytes, &stranger), Err(CheckError::Signature(_))));
    // Any change of the document shows.
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("\"objects\": 300", "\"objects\": 301"),
        ("memory:target", "memory:nowhere"),
        ("\"gaps\": {}", "\"gaps\": {\"failed\": {\"records\": 1, \"bytes\": 1}}"),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        assert!(matches!(check(changed.as_bytes(), &trusted), Err(CheckError::Changed { .. })), "{from}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_key_is_proven_or_disproven() {
    let scene = moved(300).await;
    let (document, bytes) = certify(&scene).await;
    let checked = check(&bytes, &[]).unwrap();
    let proof = |key: &Key, side| {
        let proof = prove(&scene.folder, &document, checked.digest, key, side).unwrap();
        serde_json::to_vec(&proof).unwrap()
    };
    for i in [0, 1, 127, 128, 255, 256, 299] {
        for side in [Side::Source, Side::Target] {
            let found = check_proof(&checked, &proof(&key(i), side)).unwrap();
            assert!(found.present && found.leaves.len() == 1, "{i}");
            assert!(found.leaves[0].record.contains(&format!("\"key\":\"k{:03}\"", i * 2)));
        }
    }
    for absent in ["a", "k001", "k255", "k511", "z"] {
        let bytes = proof(&Key::from(absent), Side::Source);
        assert!(!check_proof(&checked, &bytes).unwrap().present, "{absent}");
        // A proof of absence does not show another key's absence.
        let text = String::from_utf8(bytes).unwrap();
        let lie = text.replace(&format!("\"key\":\"{absent}\",\"present\""), "\"key\":\"k100\",\"present\"");
        assert_ne!(lie, text);
        assert!(check_proof(&checked, lie.as_bytes()).is_err(), "{absent}");
    }
    let text = String::from_utf8(proof(&key(5), Side::Source)).unwrap();
    let lie = text.replace("\\\"size\\\":8", "\\\"size\\\":9");
    assert_ne!(lie, text);
    assert!(check_proof(&checked, lie.as_bytes()).is_err());
}

/// Whatever bit is wrong: the certificate is refused, or it says what it said. So does a proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wrong_bit_says_anything_else() {
    let scene = moved(20).await;
    let (document, bytes) = certify(&scene).await;
    let trusted = [signer("Ada", 2).verifier().clone()];
    let honest = check(&bytes, &trusted).unwrap();
    let (mut refused, all) = (0, bytes.len());
    for at in 0..all {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1 << (at % 8);
        match check(&wrong, &trusted) {
            Ok(checked) => {
                assert_eq!((checked.digest, &checked.signers), (honest.digest, &honest.signers), "{at}");
            }
            Err(_) => refused += 1,
        }
        let _ = check(&wrong[..at], &[]);
    }
    assert!(refused * 2 > all, "{refused} of {all} were refused");
    let proof = prove(&scene.folder, &document, honest.digest, &key(5), Side::Source).unwrap();
    let bytes = serde_json::to_vec(&proof).unwrap();
    for at in 0..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1 << (at % 8);
        if let Ok(found) = check_proof(&honest, &wrong) {
            assert_eq!((found.key, found.present), (proof.key.clone(), true), "{at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_changes_gets_no_certificate() {
    let scene = moved(20).await;
    put(&*scene.source, &Key::from("late"), b"x", &Properties::default()).await;
    let cutover = cutover::run(&scene.work, &scene.folder, &scene.journal, 2).await.unwrap();
    assert!(!cutover.is_quiet() && cutover.delta.examples == ["late (new)"], "{cutover:?}");
    assert!(cutover::last(&scene.folder).is_none());
    copy::run(&scene.work, &scene.folder, &scene.journal, copy::Options::default(), None).await.unwrap();
    let (document, _) = certify(&scene).await;
    assert_eq!(document.objects, 21);
    assert_eq!(document.passes.len(), 3);
    // What is gone at the source stays at the target, and somebody must say that this is meant.
    scene.source.delete(At::key(&Key::from("late"))).await.unwrap();
    let options = sync::Options::default();
    sync::run(&scene.work, &scene.folder, &scene.journal, options, "sync").await.unwrap();
    copy::run(&scene.work, &scene.folder, &scene.journal, copy::Options::default(), None).await.unwrap();
    let cutover = cutover::run(&scene.work, &scene.folder, &scene.journal, 2).await.unwrap();
    let gathered = gather(&scene.folder, &scene.journal).unwrap();
    let made = "2026-11-22T01:00:00Z".parse().unwrap();
    let issued = document_of(&scene, &gathered, cutover, made);
    assert!(matches!(&issued, Err(IssueError::Gaps { records: 1, fates }) if fates == "gone"), "{issued:?}");
    assert!(scene.target.head(At::key(&Key::from("late"))).await.is_ok());
}

fn document_of(scene: &Scene, gathered: &Gathered, cutover: Cutover, made: Timestamp) -> Result<Document, IssueError> {
    document(settings(), gathered, cutover, &scene.journal, ("flagstate", made))
}
