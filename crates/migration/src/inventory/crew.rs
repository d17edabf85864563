//! Listers side by side: whoever has nothing to do takes a part of what another has before it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use flagstate_objects::Key;
use tokio::{sync::Notify, task::JoinSet};

use super::{Gather, Scene, split};
use crate::{journal::Range, spool::Listing, trouble::Trouble, walk::Walk};

/// Pages that a lister must have read before somebody cuts its range, the first time.
const PATIENCE_PAGES: u64 = 4;

/// A range that is being listed.
struct Active {
    range: Range,
    last: Option<Key>,
    pages: u64,
    /// Not cut before so many pages.
    patience: u64,
    /// Somebody is looking for a place to cut.
    busy: bool,
}

#[derive(Default)]
struct Board {
    waiting: Vec<(i64, Range)>,
    active: BTreeMap<i64, Active>,
    over: bool,
}

struct Crew {
    board: Mutex<Board>,
    changed: Notify,
}

impl Crew {
    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lists every range that is left.
pub(super) async fn run(scene: Arc<Scene>) -> Result<(), Trouble> {
    let waiting = scene.journal.ranges()?;
    let crew = Arc::new(Crew { board: Mutex::new(Board { waiting, ..Board::default() }), changed: Notify::new() });
    let mut listers = JoinSet::new();
    let listers_wanted = match &scene.listing {
        Listing::Direct(_) => scene.options.listers.max(1),
        // A file is read by one.
        Listing::Spooled(_) => 1,
    };
    for _ in 0..listers_wanted {
        listers.spawn(lister(Arc::clone(&scene), Arc::clone(&crew)));
    }
    let mut result = Ok(());
    while let Some(done) = listers.join_next().await {
        let done = done.unwrap_or(Err(Trouble::Fault));
        if done.is_err() {
            crew.lock().over = true;
            crew.changed.notify_waiters();
        }
        if result.is_ok() {
            result = done;
        }
    }
    result
}

enum Turn {
    List(i64, Range),
    Cut(i64, Range, Key),
    Wait,
    End,
}

/// What a lister without work does next.
fn turn(board: &mut Board) -> Turn {
    if board.over {
        return Turn::End;
    }
    if let Some((id, range)) = board.waiting.pop() {
        let active = Active { range: range.clone(), last: None, pages: 0, patience: PATIENCE_PAGES, busy: false };
        board.active.insert(id, active);
        return Turn::List(id, range);
    }
    if board.active.is_empty() {
        return Turn::End;
    }
    let ready = |a: &&mut Active| !a.busy && a.pages >= a.patience && a.last.is_some();
    let Some((id, active)) = board.active.iter_mut().find(|(_, a)| ready(a)) else { return Turn::Wait };
    active.busy = true;
    match &active.last {
        Some(last) => Turn::Cut(*id, active.range.clone(), last.clone()),
        None => Turn::Wait,
    }
}

async fn lister(scene: Arc<Scene>, crew: Arc<Crew>) -> Result<(), Trouble> {
    loop {
        // Registered before looking, so that no change is missed.
        let changed = crew.changed.notified();
        let turn = turn(&mut crew.lock());
        match turn {
            Turn::End => {
                crew.changed.notify_waiters();
                return Ok(());
            }
            Turn::Wait => changed.await,
            Turn::List(id, range) => {
                let listed = list(&scene, &crew, id, &range).await;
                crew.lock().active.remove(&id);
                crew.changed.notify_waiters();
                listed?;
            }
            Turn::Cut(id, range, last) => {
                let source = &scene.work.ends.source;
                let at = split::cut(&*source.store, &scene.work.retry, &source.prefix, &last, &range).await?;
                cut(&scene, &crew, id, at)?;
            }
        }
    }
}

/// Cuts the range of a lister that is still before the cut.
fn cut(scene: &Scene, crew: &Crew, id: i64, at: Option<Key>) -> Result<(), Trouble> {
    let mut board = crew.lock();
    let Some(active) = board.active.get_mut(&id) else { return Ok(()) };
    active.busy = false;
    active.patience = (active.pages + PATIENCE_PAGES).max(active.patience * 2);
    let Some(at) = at.filter(|at| active.last.as_ref().is_none_or(|l| l < at)) else { return Ok(()) };
    let new = scene.journal.split_range(id, &at)?;
    active.range.through = Some(at);
    active.patience = active.pages + PATIENCE_PAGES;
    board.waiting.push(new);
    drop(board);
    crew.changed.notify_waiters();
    Ok(())
}

/// Lists one range into shards.
async fn list(scene: &Scene, crew: &Crew, id: i64, range: &Range) -> Result<(), Trouble> {
    let ends = &scene.work.ends;
    let mut walk = Walk::new(&scene.listing, &scene.work.retry, &ends.source_wish(), range).met_by(&scene.work.meter);
    let mut gather = Gather::new();
    let (mut pages, mut rest) = (0, 0_u64);
    loop {
        if scene.work.meter.stopped() {
            return Err(Trouble::Stopped);
        }
        let Some(group) = walk.next().await? else { break };
        if walk.pages() != pages {
            pages = walk.pages();
            scene.work.meter.listed.fetch_add(std::mem::take(&mut rest), Ordering::Relaxed);
            if !report(crew, id, &mut walk, pages) {
                break;
            }
        }
        let key = group.first().map(|e| e.key.clone()).unwrap_or_default();
        if !note(crew, id, &key) {
            break;
        }
        rest += group.len() as u64;
        if ends.selector.takes(&ends.source.prefix, &key) {
            gather.push(scene, ends.ranked(group))?;
        }
        if gather.is_full(scene.options.shard) {
            let stock = gather.finish(scene)?;
            let _board = crew.lock();
            scene.journal.listed(id, &stock, Some(&key), scene.pass)?;
        }
    }
    scene.work.meter.listed.fetch_add(rest, Ordering::Relaxed);
    let stock = gather.finish(scene)?;
    // Under the lock, so that nobody cuts a range that just ended.
    let mut board = crew.lock();
    board.active.remove(&id);
    scene.journal.listed(id, &stock, None, scene.pass)?;
    Ok(())
}

/// Says how far a lister is; false when its range ends before the page that it just read.
fn report(crew: &Crew, id: i64, walk: &mut Walk<'_>, pages: u64) -> bool {
    let mut board = crew.lock();
    let Some(active) = board.active.get_mut(&id) else { return false };
    active.pages = pages;
    if let Some(through) = &active.range.through {
        walk.stop_at(through);
    }
    let ready = active.pages >= active.patience;
    drop(board);
    if ready {
        crew.changed.notify_waiters();
    }
    true
}

/// Takes a key, unless it lies behind a cut that somebody made meanwhile.
fn note(crew: &Crew, id: i64, key: &Key) -> bool {
    let mut board = crew.lock();
    let Some(active) = board.active.get_mut(&id) else { return false };
    if active.range.through.as_ref().is_some_and(|t| key > t) {
        return false;
    }
    active.last = Some(key.clone());
    true
}
