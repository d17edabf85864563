//! Trying again: with growing, scattered pauses, within a budget, and only where it makes sense.
//!
//! Each operation has its attempts; all operations together share a budget, so that a store in trouble is not buried
//! under everybody's second tries: a success pays a part of a retry, a retry costs one. Chance is handed in.

use std::{
    fmt,
    future::Future,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{Class, DeleteError, ListError, ReadError, RequestError, WriteError};

/// An error that says what to do about it.
pub trait Classed {
    /// Wait, wait longer, or stop.
    fn class(&self) -> Class;
}

macro_rules! classed {
    ($($error:ty),*) => { $(impl Classed for $error {
        fn class(&self) -> Class {
            <$error>::class(self)
        }
    })* };
}
classed!(DeleteError, ListError, ReadError, RequestError, WriteError);

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts of one operation, the first included.
    pub attempts: u32,
    /// First pause; it doubles.
    pub base: Duration,
    /// Longest pause, and longest that a store may ask for.
    pub cap: Duration,
    /// Retries that may be spent before successes have paid for them.
    pub budget: u32,
    /// Successes that pay for one retry.
    pub successes_per_retry: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(30),
            budget: 500,
            successes_per_retry: 5,
        }
    }
}

/// Numbers that scatter pauses.
pub trait Chance: Send {
    /// Any number.
    fn next(&mut self) -> u64;
}

/// `SplitMix64`: enough to scatter, and the same from the same seed.
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Chance for Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Tries again for all operations of a run.
pub struct Retry {
    policy: RetryPolicy,
    chance: Mutex<Box<dyn Chance>>,
    /// In parts of a retry: a retry costs `successes_per_retry`, a success pays 1.
    purse: AtomicI64,
    retries: AtomicU64,
    throttled: AtomicU64,
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("policy", &self.policy).field("retries", &self.retries()).finish_non_exhaustive()
    }
}

impl Retry {
    /// A policy with its chance.
    pub fn new(policy: RetryPolicy, chance: impl Chance + 'static) -> Self {
        let full = i64::from(policy.budget) * i64::from(policy.successes_per_retry.max(1));
        Self {
            policy,
            chance: Mutex::new(Box::new(chance)),
            purse: AtomicI64::new(full),
            retries: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        }
    }

    /// Second and later tries so far.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// How often a store asked for fewer requests: a caller lowers its concurrency when this grows.
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    /// Runs an operation until it succeeds, cannot succeed, or has used its attempts or the common budget. The number
    /// of the attempt is handed in, from 0.
    pub async fn run<T, E, F>(&self, mut operation: impl FnMut(u32) -> F) -> Result<T, E>
    where
        E: Classed,
        F: Future<Output = Result<T, E>>,
    {
        let mut attempt = 0;
        loop {
            let error = match operation(attempt).await {
                Ok(value) => {
                    self.pay();
                    return Ok(value);
                }
                Err(error) => error,
            };
            match self.pause(error.class(), attempt) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            attempt += 1;
        }
    }

    /// How long to wait before the next attempt; nothing where there is none. For callers that loop themselves.
    pub fn pause(&self, class: Class, attempt: u32) -> Option<Duration> {
        let (after, throttled) = match class {
            Class::Permanent { .. } => return None,
            Class::Retryable { after } => (after, false),
            Class::Throttled { after } => (after, true),
        };
        if throttled {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        if attempt + 1 >= self.policy.attempts || !self.spend() {
            return None;
        }
        self.retries.fetch_add(1, Ordering::Relaxed);
        let grown = self.policy.base.saturating_mul(1 << attempt.min(16)).min(self.policy.cap);
        // Somewhere between half and all of it; twice as long when the store is overloaded.
        let grown = if throttled { grown.saturating_mul(2).min(self.policy.cap) } else { grown };
        let scattered = grown / 2 + self.part_of(grown / 2);
        Some(after.map_or(scattered, |a| a.min(self.policy.cap).max(scattered)))
    }

    fn part_of(&self, most: Duration) -> Duration {
        let number = self.chance.lock().unwrap_or_else(PoisonError::into_inner).next();
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(if nanos == 0 { 0 } else { number % (nanos + 1) })
    }

    fn pay(&self) {
        let full = i64::from(self.policy.budget) * i64::from(self.policy.successes_per_retry.max(1));
        if self.purse.load(Ordering::Relaxed) < full {
            self.purse.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn spend(&self) -> bool {
        let cost = i64::from(self.policy.successes_per_retry.max(1));
        let left = self.purse.fetch_sub(cost, Ordering::Relaxed) - cost;
        if left < 0 {
            self.purse.fetch_add(cost, Ordering::Relaxed);
        }
        left >= 0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{Key, Who};

    fn stalled() -> RequestError {
        RequestError::Stalled { place: "x".to_owned(), after: Duration::ZERO }
    }

    #[tokio::test(start_paused = true)]
    async fn transient_errors_are_tried_again_and_others_not() {
        let retry = Retry::new(RetryPolicy::default(), Seeded(1));
        let result = retry.run(|n| async move { if n < 3 { Err(stalled()) } else { Ok(n) } }).await;
        assert_eq!(result.unwrap(), 3);
        assert_eq!(retry.retries(), 3);
        let calls = Cell::new(0);
        let gone = || ReadError::NotFound { place: "x".to_owned(), key: Key::from("k") };
        let result: Result<(), _> = retry
            .run(|_| async {
                calls.set(calls.get() + 1);
                Err(gone())
            })
            .await;
        assert!(result.is_err());
        assert_eq!(calls.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_and_budget_end() {
        let policy = RetryPolicy { attempts: 4, budget: 5, successes_per_retry: 2, ..RetryPolicy::default() };
        let retry = Retry::new(policy, Seeded(1));
        let calls = Cell::new(0);
        let fail = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(stalled())
        };
        assert!(retry.run(|_| fail()).await.is_err());
        assert_eq!(calls.get(), 4, "one try and three more");
        assert!(retry.run(|_| fail()).await.is_err());
        assert_eq!(calls.get(), 7, "two retries were left of five");
        assert!(retry.run(|_| fail()).await.is_err());
        assert_eq!(calls.get(), 8, "none left");
        for _ in 0..2 {
            retry.run(|_| async { Ok::<_, RequestError>(()) }).await.unwrap();
        }
        assert!(retry.run(|_| fail()).await.is_err());
        assert_eq!(calls.get(), 10, "two successes paid for one");
    }

    #[test]
    fn pauses_grow_are_capped_and_heed_the_store() {
        let retry = Retry::new(RetryPolicy { attempts: 100, ..RetryPolicy::default() }, Seeded(7));
        let plain = Class::Retryable { after: None };
        for attempt in 0..30 {
            let pause = retry.pause(plain, attempt).unwrap();
            let most = Duration::from_millis(200).saturating_mul(1 << attempt.min(16)).min(Duration::from_secs(30));
            assert!(pause >= most / 2 && pause <= most, "{attempt}: {pause:?}");
        }
        let asked = Class::Throttled { after: Some(Duration::from_secs(7)) };
        assert_eq!(retry.pause(asked, 0), Some(Duration::from_secs(7)));
        assert_eq!(retry.throttled(), 1);
        assert_eq!(retry.pause(Class::Permanent { who: Who::Us }, 0), None);
    }
}
