//! The run: hands out jobs, gathers outcomes, settles shards as they finish.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    FAILURES_TOLD, How, Mover, Options, Tally,
    feed::{Feeder, Job, Next},
    lanes::Lanes,
    settle::settle,
    states::States,
};
use crate::{
    ends::Work,
    folder::Folder,
    journal::{Journal, Outcome, Recorder, Shard},
    row::{Done, Fate},
    trouble::Trouble,
};

/// Failures one after another, without a single success, after which it is not the objects.
const HOPELESS: u64 = 50;

/// Moves everything that the shards say, in the order of keys.
pub async fn run(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    options: Options,
    only: Option<&[i64]>,
) -> Result<Tally, Trouble> {
    let chosen = |s: &Shard| s.work.is_some() && only.is_none_or(|o| o.contains(&s.id));
    let shards: Vec<Shard> = journal.shards()?.into_iter().filter(chosen).collect();
    for shard in &shards {
        journal.forget_failures(shard.id)?;
    }
    plan(work, journal, &shards)?;
    let limits = &work.ends.target.store.limits().id;
    let kib = usize::try_from(options.memory.div_ceil(1024)).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
    let mover = Arc::new(Mover {
        work: Arc::clone(work),
        folder: folder.clone(),
        journal: Arc::clone(journal),
        how: How::of(&work.can, limits),
        lanes: Lanes::new(options.lanes),
        states: States::default(),
        wide: Semaphore::new(options.wide.max(1)),
        memory: Semaphore::new(kib.max(1)),
        options,
    });
    let retries = work.retry.retries();
    let mut run = Run { mover: &mover, tally: Tally::default(), left: BTreeMap::new(), fed: Vec::new(), hopeless: 0 };
    let mut recorder = Recorder::start(journal);
    let driven = run.drive(&mut recorder, shards).await;
    let mut tally = run.tally;
    let recorded = recorder.finish();
    tally.retries = work.retry.retries() - retries;
    driven?;
    recorded?;
    Ok(tally)
}

/// Tells the meter what there is to do.
fn plan(work: &Work, journal: &Journal, shards: &[Shard]) -> Result<(), Trouble> {
    let (mut objects, mut bytes) = (0_u64, 0_u64);
    for shard in shards {
        let stock = shard.work.as_ref();
        let done: u64 = journal.fates(shard.id)?.values().sum();
        objects += stock.map_or(0, |s| s.rows.saturating_sub(done));
        bytes += stock.map_or(0, |s| s.bytes);
    }
    work.meter.reset(objects, bytes);
    Ok(())
}

struct Run<'a> {
    mover: &'a Arc<Mover>,
    tally: Tally,
    /// Jobs in flight by shard.
    left: BTreeMap<i64, u64>,
    /// Shards of which everything was handed out.
    fed: Vec<i64>,
    hopeless: u64,
}

type Finished = (i64, Result<Vec<(u64, Done)>, Trouble>);

impl Run<'_> {
    async fn drive(&mut self, recorder: &mut Recorder, shards: Vec<Shard>) -> Result<(), Trouble> {
        let mover = self.mover;
        let mut feeder = Feeder::new(&mover.folder, &mover.journal, &mover.work.ends, shards);
        let most = mover.lanes.most() * 2;
        let mut flying: JoinSet<Finished> = JoinSet::new();
        let mut more = true;
        let mut trouble: Option<Trouble> = None;
        loop {
            if trouble.is_none() && mover.work.meter.stopped() {
                trouble = Some(Trouble::Stopped);
            }
            while more && trouble.is_none() && flying.len() < most {
                match feeder.next() {
                    Ok(Next::Job(job)) => self.launch(job, &mut flying),
                    Ok(Next::End(shard)) => {
                        self.fed.push(shard);
                        self.settle(recorder)?;
                    }
                    Ok(Next::Nothing) => more = false,
                    Err(e) => trouble = Some(e),
                }
            }
            let Some(finished) = flying.join_next().await else { break };
            let (shard, outcomes) = finished.unwrap_or((0, Err(Trouble::Fault)));
            if let Some(left) = self.left.get_mut(&shard) {
                *left = left.saturating_sub(1);
            }
            mover.work.meter.flying.store(flying.len() as u64, Ordering::Relaxed);
            let ended = match outcomes {
                Ok(outcomes) => self.take(recorder, shard, outcomes),
                Err(e) => Some(e),
            };
            trouble = trouble.or(ended);
            if trouble.is_none() && self.fed.contains(&shard) {
                self.settle(recorder)?;
            }
        }
        match trouble {
            Some(trouble) => Err(trouble),
            None => Ok(()),
        }
    }

    fn launch(&mut self, job: Job, flying: &mut JoinSet<Finished>) {
        *self.left.entry(job.shard).or_default() += 1;
        let mover = Arc::clone(self.mover);
        flying.spawn(async move { (job.shard, mover.job(job).await) });
    }

    /// Counts and records what a job did. An error ends everything.
    fn take(&mut self, recorder: &Recorder, shard: i64, outcomes: Vec<(u64, Done)>) -> Option<Trouble> {
        for (seq, done) in outcomes {
            self.count(&done);
            if !recorder.record(Outcome { shard, seq, done }) {
                // The recorder's own error follows when it is asked to finish.
                return Some(Trouble::Stopped);
            }
        }
        (self.hopeless >= HOPELESS).then(|| {
            let first = self.tally.failures.first().cloned().unwrap_or_default();
            Trouble::Hopeless { failures: self.hopeless, first }
        })
    }

    fn count(&mut self, done: &Done) {
        let tally = &mut self.tally;
        match done.fate {
            Fate::Moved => {
                tally.moved += 1;
                tally.bytes += done.arrived.as_ref().map_or(0, |a| a.size);
            }
            Fate::Marked => tally.marked += 1,
            // What went away before it was moved was never there to be deleted.
            Fate::Deleted => tally.deleted += u64::from(done.arrived.is_some()),
            Fate::Changed | Fate::Damaged => tally.changed += 1,
            Fate::Refused => tally.refused += 1,
            Fate::Left => tally.left += 1,
            Fate::Gone => tally.proposed += 1,
            Fate::Failed => {
                tally.failed += 1;
                if tally.failures.len() < FAILURES_TOLD {
                    tally.failures.extend(done.note.clone());
                }
            }
        }
        match done.fate {
            Fate::Failed => self.hopeless += 1,
            _ => self.hopeless = 0,
        }
    }

    /// Settles the shards of which nothing is in flight any more.
    fn settle(&mut self, recorder: &mut Recorder) -> Result<(), Trouble> {
        let left = &self.left;
        let (ready, rest): (Vec<i64>, Vec<i64>) =
            std::mem::take(&mut self.fed).into_iter().partition(|id| left.get(id).copied().unwrap_or(0) == 0);
        self.fed = rest;
        if ready.is_empty() {
            return Ok(());
        }
        recorder.flush()?;
        let mover = self.mover;
        for id in ready {
            tokio::task::block_in_place(|| {
                settle(&mover.folder, &mover.journal, id, mover.options.shard, mover.options.settle_failed)
            })?;
        }
        Ok(())
    }
}

impl Mover {
    /// Moves all states of one key, oldest first. A state that fails keeps the later ones back: they would hide it.
    async fn job(self: &Arc<Self>, job: Job) -> Result<Vec<(u64, Done)>, Trouble> {
        let mut outcomes = Vec::with_capacity(job.items.len());
        for item in &job.items {
            let done = self.row(item).await?;
            let failed = done.fate == Fate::Failed;
            outcomes.push((item.seq, done));
            if failed && self.work.ends.versions {
                let now = self.work.now();
                let why = "an earlier state of the same key failed".to_owned();
                let rest = job.items.iter().skip(outcomes.len());
                let kept: Vec<_> = rest.map(|i| (i.seq, Done::bare(Fate::Failed, now, why.clone()))).collect();
                outcomes.extend(kept);
                break;
            }
        }
        Ok(outcomes)
    }
}
