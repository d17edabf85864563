//! A whole move of many objects, ours alone, once: memory must not grow with their number.

use super::{
    Moves,
    cases::{TARGET, arrived, number},
    peers::{local, ours, s3_url},
};
use crate::out;

/// Bytes of each object: what is measured is what an object costs beside its bytes.
const SIZE: u64 = 16;

impl Moves {
    /// List, plan, copy, list again, look at both sides, sign; then again when nothing has changed.
    pub(super) fn many(&mut self) -> Result<(), String> {
        let Some(program) = self.flagstate.clone() else { return Ok(()) };
        let title = "A whole move of many objects";
        self.results.section(title, &format!("Generated objects of {SIZE} bytes, S3 to S3; one run each."));
        let mut rows = Vec::new();
        for count in [self.scale.many / 10, self.scale.many] {
            self.server.generated("crowd", count, SIZE)?;
            self.server.target(TARGET, Some("crowd"), false)?;
            let state = self.folder("state")?.join("ours").display().to_string();
            let (from, to) = (s3_url(&self.server.s3, "crowd"), s3_url(&local(&self.server.s3), TARGET));
            let begin = ["--from", &from, "--to", &to, "--state", &state, "--verify", "none", "--quiet"];
            let again = ["--state", &state, "--quiet"];
            let millions = number(count) / 1e6;
            for (what, verb, words) in [("run", "run", &begin[..]), ("sync, nothing changed", "sync", &again[..])] {
                let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
                let copied = verb == "run";
                let run = self.once(&ours(&self.server, &program, verb, &words), &|counted| {
                    if copied { arrived(counted, number(count), number(count) * number(SIZE)) } else { Ok(()) }
                })?;
                let (wall, cpu, peak) = (run.cost.wall, run.cost.cpu(), run.cost.peak_mib());
                out::line(&format!("  {millions} million, {what}: {wall:.1} s, {cpu:.1} s of CPU, {peak:.0} MiB"));
                self.results.limit(&format!("{millions} million objects, {what}: peak memory"), peak, 128.0, "MiB");
                let per_object = cpu / number(count) * 1000.0;
                rows.push(vec![
                    format!("{millions} million, {what}"),
                    format!("{wall:.1}"),
                    format!("{cpu:.1}"),
                    format!("{per_object:.3}"),
                    format!("{peak:.0}"),
                ]);
            }
            self.server.generated("crowd", 0, 0)?;
            self.server.target(TARGET, None, false)?;
        }
        self.results.rows("Flagstate", &["wall s", "CPU s", "CPU ms per object", "peak MiB"], &rows);
        Ok(())
    }
}
