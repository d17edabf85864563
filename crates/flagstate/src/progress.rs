//! Progress of reading: a bar on a terminal, plain lines elsewhere, nothing for small files.

use std::{
    io::IsTerminal,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::out;

/// Files smaller than this are read without a word.
const QUIET_BELOW_BYTES: u64 = 64 << 20;
/// Plain lines come at most this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress over one file.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    size_bytes: u64,
    started: Instant,
    last_line_s: AtomicU64,
}

impl Progress {
    /// Starts for a file.
    pub(crate) fn start(path: &Path, size_bytes: u64, quiet: bool) -> Self {
        let wanted = !quiet && size_bytes >= QUIET_BELOW_BYTES;
        let terminal = std::io::stderr().is_terminal();
        let bar = (wanted && terminal).then(|| {
            let bar = ProgressBar::new(size_bytes);
            let template = "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} ETA {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(path.display().to_string());
            bar
        });
        if wanted && !terminal {
            out::say(&format!("reading {} ({} MB)", path.display(), size_bytes >> 20));
        }
        Self { bar, lines: wanted && !terminal, size_bytes, started: Instant::now(), last_line_s: AtomicU64::new(0) }
    }

    /// Bytes read so far.
    pub(crate) fn at(&self, path: &Path, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes.min(self.size_bytes));
        }
        let seconds = self.started.elapsed().as_secs();
        if self.lines && seconds >= self.last_line_s.load(Ordering::Relaxed) + LINE_EVERY.as_secs() {
            self.last_line_s.store(seconds, Ordering::Relaxed);
            let rate = bytes / seconds.max(1);
            let left = self.size_bytes.saturating_sub(bytes) / rate.max(1);
            out::say(&format!(
                "reading {}: {} of {} MB, {} MB/s, {left} s left",
                path.display(),
                bytes >> 20,
                self.size_bytes >> 20,
                rate >> 20
            ));
        }
    }

    /// Ends.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
