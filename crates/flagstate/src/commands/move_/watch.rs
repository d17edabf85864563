//! Progress of a step: a line that stays on a terminal, a line now and then elsewhere, events as JSON, a file for Prometheus.

use std::{
    fmt::Write as _,
    io::IsTerminal,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use flagstate_migration::ends::{Meter, Reading};
use indicatif::{ProgressBar, ProgressStyle};

use super::{bytes, event, scene::Scene, seconds};
use crate::{cli::AnswerFormat, out};

/// How often the meter is read.
const TICK: Duration = Duration::from_millis(500);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// How often the file for Prometheus is written.
const FILE_EVERY: Duration = Duration::from_secs(5);

/// Watches a step.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct View {
    name: &'static str,
    meter: Arc<Meter>,
    format: AnswerFormat,
    quiet: bool,
    metrics: Option<PathBuf>,
    started: Instant,
}

impl Watch {
    pub(super) fn start(name: &'static str, scene: &Scene) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let view = View {
            name,
            meter: Arc::clone(&scene.meter),
            format: scene.format,
            quiet: scene.quiet,
            metrics: scene.metrics.clone(),
            started: Instant::now(),
        };
        let ended = Arc::clone(&over);
        let thread = std::thread::spawn(move || view.show(&ended));
        Self { over, thread: Some(thread) }
    }

    pub(super) fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

impl View {
    fn show(&self, over: &AtomicBool) {
        let terminal = std::io::stderr().is_terminal() && !self.quiet && self.format == AnswerFormat::Text;
        let bar = terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        let (mut line, mut file, mut paused) = (Instant::now(), Instant::now(), false);
        loop {
            std::thread::park_timeout(TICK);
            let ended = over.load(Ordering::Relaxed);
            let now = self.meter.read();
            if let Some(bar) = &bar {
                bar.set_message(self.text(&now));
                bar.tick();
            }
            if self.meter.stopped() && !paused && !ended {
                paused = true;
                out::say("pausing: what is in flight is finished first; a second signal ends at once");
            }
            if ended || line.elapsed() >= LINE_EVERY {
                line = Instant::now();
                if self.format == AnswerFormat::Json && !self.quiet {
                    // A reader who went away is not our trouble here.
                    let _ = event(
                        "progress",
                        &Progress { step: self.name, elapsed_s: self.started.elapsed().as_secs(), reading: &now },
                    );
                } else if bar.is_none() && !self.quiet && !ended {
                    out::say(&self.text(&now));
                }
            }
            if ended || file.elapsed() >= FILE_EVERY {
                file = Instant::now();
                if let Some(path) = &self.metrics {
                    let _ = out::write_file(path, self.prometheus(&now).as_bytes());
                }
            }
            if ended {
                if let Some(bar) = &bar {
                    bar.finish_and_clear();
                }
                return;
            }
        }
    }

    fn text(&self, now: &Reading) -> String {
        let elapsed = self.started.elapsed().as_secs_f64().max(0.001);
        let name = self.name;
        if now.objects_planned == 0 || now.objects + now.passed == 0 {
            return format!("{name}: {} keys listed", now.listed);
        }
        let rate = per_second(now.passed, elapsed);
        // How many bytes a sample has is known at its end.
        let of = if now.bytes_planned == 0 { String::new() } else { format!(" of {}", bytes(now.bytes_planned)) };
        let mut text = format!(
            "{name}: {} of {} objects, {}{of}, {}/s",
            now.objects,
            now.objects_planned,
            bytes(now.passed),
            bytes(rate)
        );
        let left = |done: u64, all: u64| all.saturating_sub(done) / per_second(done, elapsed).max(1);
        let eta = left(now.objects, now.objects_planned).max(left(now.passed, now.bytes_planned));
        let _ = write!(text, ", {} left", seconds(eta));
        for (cause, n) in &now.failures {
            let _ = write!(text, ", {n} x {cause}");
        }
        text
    }

    /// The text format that Prometheus reads.
    fn prometheus(&self, now: &Reading) -> String {
        let mut text = String::new();
        let mut gauge = |name: &str, value: u64| {
            let _ = writeln!(
                text,
                "# TYPE flagstate_move_{name} gauge\nflagstate_move_{name}{{step=\"{}\"}} {value}",
                self.name
            );
        };
        gauge("keys_listed", now.listed);
        gauge("objects_done", now.objects);
        gauge("objects_planned", now.objects_planned);
        gauge("bytes_passed", now.passed);
        gauge("bytes_planned", now.bytes_planned);
        gauge("objects_in_flight", now.flying);
        let _ = writeln!(text, "# TYPE flagstate_move_failures gauge");
        for (cause, n) in &now.failures {
            let _ = writeln!(text, "flagstate_move_failures{{step=\"{}\",cause=\"{cause}\"}} {n}", self.name);
        }
        text
    }
}

#[derive(serde::Serialize)]
struct Progress<'a> {
    step: &'static str,
    elapsed_s: u64,
    #[serde(flatten)]
    reading: &'a Reading,
}

fn per_second(n: u64, elapsed: f64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = n as f64 / elapsed;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, and never that large")]
    let whole = rate as u64;
    whole
}
