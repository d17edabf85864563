//! Limits that all connections share: bytes per second and requests per second.
//!
//! A bucket of tokens with debt: bytes are counted when they moved, and whoever moved them waits until the debt is paid.
//! Limits can be changed while work goes on (bandwidth by hour).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The limits. Nothing means unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Bytes per second, both directions together.
    pub bytes_per_s: Option<u64>,
    /// Requests per second.
    pub requests_per_s: Option<f64>,
}

/// Bytes and requests per second for any number of connections.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rates: Rates,
    /// When all that was taken is paid for.
    bytes_paid: Option<Instant>,
    requests_paid: Option<Instant>,
}

/// Debt that does not make anybody wait: evens out bursts.
const SLACK: Duration = Duration::from_millis(50);

impl Limiter {
    /// A limiter with these rates.
    pub fn new(rates: Rates) -> Self {
        Self { state: Mutex::new(State { rates, bytes_paid: None, requests_paid: None }) }
    }

    /// A limiter that only counts on.
    pub fn unlimited() -> Self {
        Self::new(Rates::default())
    }

    /// Other rates from now on.
    pub fn set(&self, rates: Rates) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { rates, bytes_paid: None, requests_paid: None };
    }

    /// Takes bytes that moved; the caller waits so long before it moves more.
    pub(crate) fn take(&self, bytes: usize) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rate) = state.rates.bytes_per_s.filter(|r| *r > 0) else { return Duration::ZERO };
        let cost = Duration::from_secs_f64(to_f64(bytes as u64) / to_f64(rate));
        debt(&mut state.bytes_paid, cost)
    }

    /// Waits until one more request may be sent.
    pub(crate) async fn request(&self) {
        let wait = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match state.rates.requests_per_s.filter(|r| *r > 0.0) {
                None => return,
                Some(rate) => debt(&mut state.requests_paid, Duration::from_secs_f64(1.0 / rate)),
            }
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates need no 53 bits")]
fn to_f64(n: u64) -> f64 {
    n as f64
}

fn debt(paid: &mut Option<Instant>, cost: Duration) -> Duration {
    let now = Instant::now();
    let until = paid.map_or(now, |p| p.max(now)) + cost;
    *paid = Some(until);
    until.duration_since(now).saturating_sub(SLACK)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_and_requests_are_paid_for() {
        let limiter = Limiter::new(Rates { bytes_per_s: Some(1000), requests_per_s: Some(10.0) });
        let start = Instant::now();
        for _ in 0..100 {
            tokio::time::sleep(limiter.take(100)).await;
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(9_900) && took < Duration::from_millis(10_200), "{took:?}");
        let start = Instant::now();
        for _ in 0..20 {
            limiter.request().await;
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1_900) && took < Duration::from_millis(2_100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_share_one_limit_and_it_can_change() {
        let limiter = Arc::new(Limiter::new(Rates { bytes_per_s: Some(10_000), requests_per_s: None }));
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let limiter = limiter.clone();
            tasks.spawn(async move {
                for _ in 0..10 {
                    tokio::time::sleep(limiter.take(1000)).await;
                }
            });
        }
        while tasks.join_next().await.is_some() {}
        assert!(start.elapsed() >= Duration::from_millis(4_900), "{:?}", start.elapsed());
        limiter.set(Rates::default());
        assert_eq!(limiter.take(1 << 30), Duration::ZERO);
    }
}
