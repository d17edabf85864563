//! The folder as a store: the suite, and what only folders can do.

use std::{fs, os::unix::fs::symlink, path::PathBuf, sync::Arc};

use crate::common::conforms;
use flagstate_objects::{
    At, Condition, Get, Integrity, Key, Kind, List, Local, Payload, Properties, Put, ReadError, RequestError, Store,
    WriteError, conformance,
};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("flagstate-local-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn put<'a>(key: &'a Key, bytes: &[u8], properties: &'a Properties) -> Put<'a> {
    let payload = Payload::from(bytes.to_vec());
    Put { key, payload, properties, integrity: Integrity::Nothing, condition: Condition::Always }
}

#[tokio::test]
async fn suite() {
    let folder = Folder::new("suite");
    let can = conforms(Arc::new(Local::new(&folder.0).without_sync()), "local").await;
    assert!(can.no_prefix_objects && can.if_absent && can.if_match && can.lists_uploads && can.key_ranges);
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".flagstate"], "only the store's own folder is left");
}

#[tokio::test]
async fn nothing_outside_is_reached() {
    let folder = Folder::new("outside");
    fs::write(folder.0.join("secret"), "secret").unwrap();
    fs::create_dir(folder.0.join("root")).unwrap();
    fs::create_dir(folder.0.join("root/sub")).unwrap();
    symlink(folder.0.join("secret"), folder.0.join("root/link")).unwrap();
    symlink(&folder.0, folder.0.join("root/up")).unwrap();
    let store = Local::new(folder.0.join("root"));
    for name in ["../secret", "sub/../../secret", "link", "/etc/passwd"] {
        let key = Key::from(name);
        let read = store.get(At::key(&key), Get::default()).await;
        assert!(matches!(read, Err(ReadError::NotFound { .. })), "{name}: {read:?}");
    }
    let none = Properties::default();
    for name in ["../new", "sub/../../new", "/new", ".flagstate/x"] {
        let key = Key::from(name);
        let written = store.put(put(&key, b"x", &none)).await;
        assert!(matches!(written, Err(WriteError::Key(_))), "{name}: {written:?}");
    }
    assert!(!folder.0.join("new").exists());
    let listed = conformance::all(&store, List::default()).await.unwrap();
    let kinds: Vec<_> = listed.iter().map(|e| (e.key.escaped(), e.kind)).collect();
    assert_eq!(kinds, [("link".to_owned(), Kind::NotAFile), ("up".to_owned(), Kind::NotAFile)]);
    for prefix in ["../", "../s", "sub/../../", "/", "//"] {
        let ask = List { prefix: Key::from(prefix), ..List::default() };
        assert_eq!(conformance::all(&store, ask).await.unwrap(), [], "{prefix}");
    }
}

#[tokio::test]
async fn changes_by_others_are_seen() {
    let folder = Folder::new("changes");
    let store = Local::new(&folder.0);
    let key = Key::from("file");
    let tagged = Properties { tags: [("a".to_owned(), "b".to_owned())].into_iter().collect(), ..Properties::default() };
    store.put(put(&key, &vec![1; 3 << 20], &tagged)).await.unwrap();
    assert_eq!(store.tags(At::key(&key)).await.unwrap(), tagged.tags);
    // While it is read, somebody writes into it.
    let mut got = store.get(At::key(&key), Get::default()).await.unwrap();
    got.body.next().await.unwrap().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::write(folder.0.join("file"), vec![2; 3 << 20]).unwrap();
    let rest = got.body.bytes().await;
    assert!(matches!(rest, Err(ReadError::Changed { .. })), "{rest:?}");
    assert!(store.tags(At::key(&key)).await.unwrap().is_empty(), "the tags were the old file's");
}

#[tokio::test]
async fn a_missing_folder_is_said_so() {
    let store = Local::new("/nonexistent/flagstate");
    assert!(matches!(store.container().await, Err(RequestError::NoContainer { .. })));
    let (key, none) = (Key::from("x"), Properties::default());
    let written = store.put(put(&key, b"x", &none)).await.unwrap_err();
    assert_eq!(
        written.to_string(),
        "there is no file:///nonexistent/flagstate; create it, or check its name and endpoint"
    );
}
