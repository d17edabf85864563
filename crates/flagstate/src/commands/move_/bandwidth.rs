//! Bandwidth by the hour: `50` for MB per second all day, `8-18=20,18-8=200` by hours of the local time; 0 for no limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use flagstate_objects::{Limiter, Rates};

use crate::failure::Failure;

const MB: u64 = 1_000_000;
/// How often the hour is looked at.
const LOOK: Duration = Duration::from_secs(20);

/// One stretch of the day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Stretch {
    from: i8,
    until: i8,
    mb_per_s: u64,
}

/// Sets the limiter as the day goes on.
pub(super) struct Bandwidth {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bandwidth {
    /// Starts with what holds now.
    pub(super) fn start(text: &str, requests_per_s: Option<f64>, limiter: &Arc<Limiter>) -> Result<Self, Failure> {
        let stretches = parse(text)
            .ok_or_else(|| Failure::Usage(format!("`{text}` is no bandwidth: write `50`, or `8-18=20,18-8=200`")))?;
        let over = Arc::new(AtomicBool::new(false));
        let (limiter, ended) = (Arc::clone(limiter), Arc::clone(&over));
        let set = move |last: &mut Option<Option<u64>>| {
            let bytes_per_s = limit(&stretches, hour()).map(|m| m.saturating_mul(MB));
            if *last != Some(bytes_per_s) {
                limiter.set(Rates { bytes_per_s, requests_per_s });
                *last = Some(bytes_per_s);
            }
        };
        let mut last = None;
        set(&mut last);
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                std::thread::park_timeout(LOOK);
                set(&mut last);
            }
        });
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for Bandwidth {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn hour() -> i8 {
    #[expect(clippy::disallowed_methods, reason = "the binary is the one place that reads the clock")]
    jiff::Zoned::now().hour()
}

fn parse(text: &str) -> Option<Vec<Stretch>> {
    if let Ok(mb_per_s) = text.parse() {
        return Some(vec![Stretch { from: 0, until: 24, mb_per_s }]);
    }
    let one = |part: &str| {
        let (hours, rate) = part.split_once('=')?;
        let (from, until) = hours.split_once('-')?;
        let hour = |t: &str| t.trim().parse::<i8>().ok().filter(|h| (0..=24).contains(h));
        Some(Stretch { from: hour(from)?, until: hour(until)?, mb_per_s: rate.trim().parse().ok()? })
    };
    text.split(',').map(one).collect()
}

/// The limit at an hour; nothing for none.
fn limit(stretches: &[Stretch], hour: i8) -> Option<u64> {
    let inside = |s: &&Stretch| {
        if s.from <= s.until { (s.from..s.until).contains(&hour) } else { hour >= s.from || hour < s.until }
    };
    stretches.iter().find(inside).map(|s| s.mb_per_s).filter(|m| *m > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_has_stretches() {
        let day = parse("8-18=20, 18-8=200").unwrap();
        assert_eq!(
            (limit(&day, 7), limit(&day, 8), limit(&day, 17), limit(&day, 18), limit(&day, 0)),
            (Some(200), Some(20), Some(20), Some(200), Some(200))
        );
        assert_eq!(limit(&parse("50").unwrap(), 3), Some(50));
        assert_eq!(limit(&parse("8-18=0").unwrap(), 9), None);
        assert_eq!(parse("fast"), None);
        assert_eq!(parse("8-30=5"), None);
    }
}
