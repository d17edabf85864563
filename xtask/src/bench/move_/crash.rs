//! Killed in the middle of a large object: what is sent again, and what stays behind.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Moves, peers::s3_url};
use crate::{bench::measure::Subject, out};

/// Longest wait for half of the object.
const PATIENCE: Duration = Duration::from_mins(5);
/// Parts that may be sent again: one per stream.
const STREAMS: f64 = 16.0;

impl Moves {
    pub(super) fn crash(&mut self) -> Result<(), String> {
        let title = "Killed in the middle of a large object";
        out::line(title);
        let mib = self.scale.large_mib;
        self.results.section(
            title,
            &format!("One object of {mib} MiB; `kill -9` when half of it has arrived, then the same command again."),
        );
        self.server.generated("large", 1, mib << 20)?;
        let state = self.folder("state")?;
        let mut subjects = self.ours(&s3_url(&self.server.s3, "large"), &state);
        subjects.extend(self.peers.s3_to_s3(&self.server, "large", "target", &state));
        let mut rows = Vec::new();
        for subject in &subjects {
            match self.killed(subject, mib) {
                Ok((row, resent, orphans)) => {
                    out::line(&format!("  {}", row.join(" | ")));
                    if subject.name == "Flagstate" {
                        self.results.limit("killed: parts sent again", resent, STREAMS, "");
                        self.results.limit("killed: uploads left behind", orphans, 0.0, "");
                    }
                    rows.push(row);
                }
                Err(why) => {
                    out::line(&format!("  failed: {}: {why}", subject.name));
                    rows.push(vec![subject.name.clone(), "failed".to_owned()]);
                }
            }
        }
        let columns =
            ["open uploads after the kill", "their parts", "MiB sent again", "parts sent again", "uploads left behind"];
        self.results.rows(title, &columns, &rows);
        Ok(())
    }

    /// The row, the parts that were sent again, the uploads left behind.
    fn killed(&self, subject: &Subject, mib: u64) -> Result<(Vec<String>, f64, f64), String> {
        self.folder("state")?;
        self.server.target("target", Some("large"), false)?;
        self.server.reset()?;
        let (program, args) = subject.command.split_first().ok_or("no program")?;
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let size = f64::from(u32::try_from(mib).unwrap_or(u32::MAX));
        let arrived = |bytes: f64| bytes / f64::from(1 << 20);
        let started = Instant::now();
        while arrived(self.server.counters()?.figure("bytes_in")) < size / 2.0 {
            if started.elapsed() > PATIENCE || child.try_wait().is_ok_and(|s| s.is_some()) {
                let _ = child.kill();
                let _ = child.wait();
                return Err("half of the object was never there".to_owned());
            }
            thread::sleep(Duration::from_millis(2));
        }
        // On Unix this is SIGKILL.
        child.kill().and_then(|()| child.wait()).map_err(|e| e.to_string())?;
        let first = self.server.counters()?;
        if first.objects("target") > 0.0 {
            return Err("it was done before it could be killed".to_owned());
        }
        self.meter.once(subject)?;
        let last = self.server.counters()?;
        let parts = last.of("part");
        let sent = arrived(last.figure("bytes_in"));
        let part = sent / parts.max(1.0);
        let resent = ((sent - size) / part.max(1e-9)).max(0.0);
        let orphans = last.figure("open_uploads");
        let row = vec![
            subject.name.clone(),
            format!("{}", first.figure("open_uploads")),
            format!("{}", first.figure("open_parts")),
            format!("{:.0}", sent - size),
            format!("{resent:.0}"),
            format!("{orphans}"),
        ];
        Ok((row, resent, orphans))
    }
}
