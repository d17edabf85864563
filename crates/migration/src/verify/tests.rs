//! Verification finds what was damaged.

use flagstate_objects::{Key, Properties, Store, probe};

use super::*;
use crate::{
    copy, inventory,
    testing::{folder, memory, put, work_between},
};

#[test]
fn samples_are_as_large_as_their_confidence_needs() {
    let sample = |confidence_permille, one_in| Sample { confidence_permille, one_in, seed: 1 };
    // The usual figures: 95 % and one in twenty: 59; 99 % and one in a hundred: 459; one in a thousand: 4,603.
    assert_eq!(sample(950, 20).size(), 59);
    assert_eq!(sample(990, 100).size(), 459);
    assert_eq!(sample(990, 1000).size(), 4603);
    assert_eq!(draw(sample(990, 100), 100).len(), 100, "a small set is read whole");
    let drawn = draw(sample(990, 100), 10_000);
    assert!(drawn.is_sorted_by(|a, b| a < b) && drawn.len() == 459);
    assert_eq!(drawn, draw(sample(990, 100), 10_000));
    assert_ne!(drawn, draw(Sample { seed: 2, ..sample(990, 100) }, 10_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_named_and_mended() {
    let (source, target) = (memory("source"), memory("target"));
    for i in 0..30_u8 {
        put(&*source, &Key::from(format!("k{i:02}").as_str()), &[i; 100], &Properties::default()).await;
    }
    let can = probe(&*target, &Key::from("probe/")).await.unwrap();
    let work = work_between(source.clone(), target.clone(), can);
    let dir = folder("verify");
    let folder = Folder::create(dir.path()).unwrap();
    let journal = Arc::new(Journal::open(&folder.journal()).unwrap());
    inventory::run(&work, &folder, &journal, inventory::Options::default()).await.unwrap();
    copy::run(&work, &folder, &journal, copy::Options::default(), None).await.unwrap();
    let all = Mode::Sample(Sample { confidence_permille: 990, one_in: 100, seed: 3 });
    for mode in [Mode::Server, Mode::Full, all] {
        let verified = run(&work, &folder, &journal, mode, 4).await.unwrap();
        assert_eq!((verified.good, verified.bytes, verified.damaged, verified.silent), (30, 3000, 0, 0), "{mode:?}");
    }
    put(&*target, &Key::from("k07"), &[9; 100], &Properties::default()).await;
    target.delete(At::key(&Key::from("k09"))).await.unwrap();
    let verified = run(&work, &folder, &journal, Mode::Full, 4).await.unwrap();
    assert_eq!((verified.good, verified.damaged), (28, 2));
    let mut examples = verified.examples.clone();
    examples.sort();
    assert_eq!(examples, ["k07: its bytes are not those that were written", "k09: it is not at the target"]);
    let options = copy::Options { overwrite: true, ..copy::Options::default() };
    assert_eq!(copy::run(&work, &folder, &journal, options, None).await.unwrap().moved, 2);
    assert_eq!(run(&work, &folder, &journal, Mode::Server, 4).await.unwrap().damaged, 0);
    assert_eq!(remembered(&journal).unwrap().len(), 5);
}
