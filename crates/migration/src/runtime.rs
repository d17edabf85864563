//! The runtime of a move: some threads, and a first signal that asks for a pause.
//!
//! The first SIGINT or SIGTERM lets what is in flight finish, and the command ends with everything in its journal. The second
//! ends the process at once; that is safe too, and costs what was in flight.

use std::{future::Future, io, sync::Arc};

use crate::ends::Meter;

/// What the shell sees when a second signal ends the process.
const INTERRUPTED: i32 = 130;

/// Runs a future to its end on a runtime of its own.
pub fn run<F: Future>(meter: &Arc<Meter>, future: F) -> Result<F::Output, io::Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let meter = Arc::clone(meter);
    let output = runtime.block_on(async move {
        let watch = tokio::spawn(watch(meter));
        let output = future.await;
        watch.abort();
        output
    });
    // Threads that wait for a disk are not waited for.
    runtime.shutdown_background();
    Ok(output)
}

async fn watch(meter: Arc<Meter>) {
    signal().await;
    meter.stop();
    signal().await;
    std::process::exit(INTERRUPTED);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the signals do what they always do.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
