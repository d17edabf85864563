//! How many transfers go side by side: more while all is well, half as many when a store asks for fewer requests.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The first number of lanes.
const FIRST: usize = 16;

#[derive(Debug)]
pub(super) struct Lanes {
    semaphore: Semaphore,
    state: Mutex<State>,
    throttled: AtomicU64,
}

#[derive(Debug)]
struct State {
    lanes: usize,
    most: usize,
    /// Successes since the last change.
    good: usize,
    /// Lanes to be closed as they come back.
    closing: usize,
}

impl Lanes {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        let lanes = most.min(FIRST);
        let state = Mutex::new(State { lanes, most, good: 0, closing: 0 });
        Self { semaphore: Semaphore::new(lanes), state, throttled: AtomicU64::new(0) }
    }

    /// A lane, when one is free. Nothing when all is over.
    pub(super) async fn enter(&self) -> Option<Lane<'_>> {
        loop {
            let permit = self.semaphore.acquire().await.ok()?;
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.closing == 0 {
                return Some(Lane { permit: Some(permit) });
            }
            state.closing -= 1;
            permit.forget();
        }
    }

    /// A transfer ended well; `throttled` is how often stores asked for fewer requests until now.
    pub(super) fn went_well(&self, throttled: u64) {
        let before = self.throttled.swap(throttled, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if throttled > before {
            let fewer = (state.lanes / 2).max(1);
            state.closing += state.lanes - fewer;
            state.lanes = fewer;
            state.good = 0;
            return;
        }
        state.good += 1;
        if state.good >= state.lanes && state.lanes < state.most {
            state.good = 0;
            state.lanes += 1;
            if state.closing > 0 {
                state.closing -= 1;
            } else {
                self.semaphore.add_permits(1);
            }
        }
    }

    /// Most that can ever go side by side.
    pub(super) fn most(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).most
    }
}

/// One transfer.
#[derive(Debug)]
pub(super) struct Lane<'a> {
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        drop(self.permit.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_close_when_a_store_throttles_and_open_again() {
        let lanes = Lanes::new(20);
        let mut inside = Vec::new();
        for _ in 0..16 {
            inside.push(lanes.enter().await);
        }
        let try_enter =
            || async { tokio::time::timeout(std::time::Duration::from_millis(20), lanes.enter()).await.ok().flatten() };
        assert!(try_enter().await.is_none(), "all are taken");
        lanes.went_well(1);
        inside.truncate(8);
        assert!(try_enter().await.is_none(), "half of them are closed");
        inside.truncate(7);
        let lane = try_enter().await;
        assert!(lane.is_some());
        for _ in 0..8 {
            lanes.went_well(1);
        }
        assert!(try_enter().await.is_some(), "one more after so many successes");
    }
}
