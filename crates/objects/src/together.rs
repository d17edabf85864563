//! Small requests side by side: a probe of a store far away is a question of round trips.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

enum Slot<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

/// Runs all of them on the task that asks; the answers stand in the order of the questions.
pub(crate) async fn together<F: Future>(all: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut slots: Vec<Slot<F>> = all.into_iter().map(|f| Slot::Running(Box::pin(f))).collect();
    poll_fn(|cx| {
        let mut running = false;
        for slot in &mut slots {
            let Slot::Running(future) = slot else { continue };
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => *slot = Slot::Done(output),
                Poll::Pending => running = true,
            }
        }
        if running { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    let done = |slot| match slot {
        Slot::Done(output) => Some(output),
        Slot::Running(_) => None,
    };
    slots.into_iter().filter_map(done).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_keep_their_order_and_nobody_waits_for_another() {
        let started = tokio::time::Instant::now();
        let sleeper = |n: u64| async move {
            tokio::time::sleep(Duration::from_secs(n)).await;
            n
        };
        assert_eq!(together([3, 1, 2].map(sleeper)).await, [3, 1, 2]);
        assert_eq!(started.elapsed().as_secs(), 3);
        assert!(together(Vec::<std::future::Ready<()>>::new()).await.is_empty());
    }
}
