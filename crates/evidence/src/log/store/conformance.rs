//! What every [`TileStore`] must do, as functions that a store's own tests call.
//!
//! Each takes an empty store and answers with the first promise that was not kept.

use super::{CHECKPOINT, StoreError, TileStore};

/// A promise that was broken, in words.
pub type Broken = String;

/// Runs everything, each check on its own empty store from `make`.
pub fn all<S: TileStore>(mut make: impl FnMut() -> S) -> Result<(), Broken> {
    reads_back(&make())?;
    refuses_change(&make())?;
    replaces(&make())?;
    checkpoint_changes(&make())?;
    partials_go(&make())?;
    lists(&make())?;
    refuses_paths(&make())?;
    concurrent_reads(&make())
}

/// What was put is read back, before and after a sync, and nothing else is there.
pub fn reads_back<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    let put =
        [("tile/0/000", vec![7; 8192]), ("tile/0/x001/234.p/5", vec![1; 160]), ("tile/entries/000.p/1", vec![0, 0])];
    same(&done(store.read("tile/0/000"))?, &None, "an empty store has no tile")?;
    same(&done(store.read(CHECKPOINT))?, &None, "an empty store has no checkpoint")?;
    done(store.sync())?;
    for (path, bytes) in &put {
        done(store.put_immutable(path, bytes))?;
    }
    for round in ["before the sync", "after the sync"] {
        for (path, bytes) in &put {
            same(&done(store.read(path))?, &Some(bytes.clone()), &format!("`{path}` reads back {round}"))?;
        }
        done(store.sync())?;
    }
    same(&done(store.read("tile/0/001"))?, &None, "a neighbour is not there")?;
    same(&done(store.read("tile/0/x001/234"))?, &None, "the full tile of a partial one is not there")
}

/// The same bytes again are fine, other bytes are refused and change nothing; an empty object is content too.
pub fn refuses_change<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    done(store.put_immutable("tile/1/000", b"first"))?;
    done(store.put_immutable("tile/1/000", b"first"))?;
    for other in [&b"other"[..], b"", b"first and more"] {
        if !matches!(store.put_immutable("tile/1/000", other), Err(StoreError::Differs { .. })) {
            return Err(format!("{other:?} must be refused where `first` is"));
        }
    }
    same(&done(store.read("tile/1/000"))?, &Some(b"first".to_vec()), "a refused put changes nothing")?;
    done(store.put_immutable("tile/1/001", b""))?;
    same(&done(store.read("tile/1/001"))?, &Some(Vec::new()), "an empty object is not the same as none")
}

/// Recovery writes over whatever is there.
pub fn replaces<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    done(store.replace("tile/0/000", b"one"))?;
    done(store.replace("tile/0/000", b"two, longer"))?;
    same(&done(store.read("tile/0/000"))?, &Some(b"two, longer".to_vec()), "replace writes over")?;
    done(store.replace("tile/0/000", b"3"))?;
    same(&done(store.read("tile/0/000"))?, &Some(b"3".to_vec()), "replace leaves nothing of what was there")
}

/// The checkpoint is replaced as often as needed.
pub fn checkpoint_changes<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    for text in ["a longer first checkpoint", "second", "second"] {
        done(store.put_checkpoint(text.as_bytes()))?;
        same(&done(store.read(CHECKPOINT))?, &Some(text.as_bytes().to_vec()), "the checkpoint is the last one put")?;
    }
    Ok(())
}

/// Partial tiles can be removed; full tiles and the partial tiles of others stay.
pub fn partials_go<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    for path in ["tile/0/000", "tile/0/000.p/1", "tile/0/000.p/255", "tile/0/001.p/1", "tile/entries/000.p/1"] {
        done(store.put_immutable(path, path.as_bytes()))?;
    }
    done(store.remove_partials("tile/0/000", 255))?;
    same(&done(store.read("tile/0/000.p/255"))?.is_some(), &true, "a partial tile that is not wider stays")?;
    done(store.remove_partials("tile/0/000", 1))?;
    same(&done(store.read("tile/0/000.p/1"))?.is_some(), &true, "the narrower partial tile stays")?;
    same(&done(store.read("tile/0/000.p/255"))?.is_some(), &false, "the wider partial tile goes")?;
    done(store.remove_partials("tile/0/000", 0))?;
    done(store.remove_partials("tile/0/000", 0))?;
    done(store.remove_partials("tile/3/999", 0))?;
    for (path, stays) in [
        ("tile/0/000", true),
        ("tile/0/000.p/1", false),
        ("tile/0/000.p/255", false),
        ("tile/0/001.p/1", true),
        ("tile/entries/000.p/1", true),
    ] {
        same(&done(store.read(path))?.is_some(), &stays, &format!("`{path}` is there after its neighbours went"))?;
    }
    done(store.sync())
}

/// The list has every tile once, and nothing but tiles.
pub fn lists<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    let mut put = ["tile/entries/x001/000", "tile/0/000", "tile/0/000.p/9", "tile/63/x999/x999/x999/999"];
    put.sort_unstable();
    for path in put {
        done(store.put_immutable(path, b"x"))?;
    }
    done(store.put_checkpoint(b"x"))?;
    let mut listed = Vec::new();
    done(store.list(&mut |path| listed.push(path.to_owned())))?;
    listed.sort_unstable();
    same(&listed, &put.map(str::to_owned).to_vec(), "the list has every tile once, and not the checkpoint")
}

/// Paths that no log has are refused, those that lead out of it above all.
pub fn refuses_paths<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    for path in ["", "/tile/0/000", "tile/../../secret", "tile//0", "tile/0/.", "other/0", "../checkpoint"] {
        if !matches!(store.read(path), Err(StoreError::Path { .. })) {
            return Err(format!("reading `{path}` must be refused"));
        }
        if !matches!(store.put_immutable(path, b"x"), Err(StoreError::Path { .. })) {
            return Err(format!("writing `{path}` must be refused"));
        }
    }
    Ok(())
}

/// Readers see a checkpoint whole, while it is replaced as fast as possible.
pub fn concurrent_reads<S: TileStore + ?Sized>(store: &S) -> Result<(), Broken> {
    let texts = [vec![b'a'; 10_000], vec![b'b'; 3]];
    done(store.put_checkpoint(&texts[0]))?;
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..200 {
                let seen = done(store.read(CHECKPOINT))?;
                if !texts.iter().any(|text| seen.as_ref() == Some(text)) {
                    return Err("a reader saw half a checkpoint".to_owned());
                }
            }
            Ok(())
        });
        for text in texts.iter().cycle().take(20) {
            done(store.put_checkpoint(text))?;
        }
        reader.join().map_err(|_| "the reader ended badly".to_owned())?
    })
}

fn done<T>(result: Result<T, StoreError>) -> Result<T, Broken> {
    result.map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}

fn same<T: PartialEq + std::fmt::Debug>(got: &T, expected: &T, promise: &str) -> Result<(), Broken> {
    if got == expected { Ok(()) } else { Err(format!("{promise}: expected {expected:?}, got {got:?}")) }
}
