//! The cases and their limits.

use std::{fs, path::Path};

use super::{
    Moves,
    peers::{azure_url, local, ours, s3_url},
    runs::{Row, Run, best_peer, find},
    server::Counted,
};
use crate::{
    bench::{measure::Subject, random::Random},
    out,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
/// Where all programs write to.
pub(super) const TARGET: &str = "target";

/// A set of objects that is moved.
#[derive(Clone, Copy)]
struct Set {
    title: &'static str,
    bucket: &'static str,
    count: u64,
    size: u64,
}

impl Moves {
    /// 20 000 objects of 16 KiB.
    pub(super) fn small(&mut self) -> Result<(), String> {
        let set = Set { title: "S3 to S3, small objects", bucket: "small", count: self.scale.small, size: 16 * KIB };
        let rows = self.s3_to_s3(set, 16)?;
        let Some(ours) = find(&rows, "Flagstate") else { return Ok(()) };
        let count = number(set.count);
        if let Some(best) = best_peer(&rows, |r| r.cost.cpu()) {
            self.results.limit("small objects: CPU to the best peer's", ours.cost.cpu() / best.cost.cpu(), 0.5, "x");
        }
        if let Some(rclone) = find(&rows, "rclone") {
            self.results.limit("small objects: wall to rclone's", ours.cost.wall / rclone.cost.wall, 0.5, "x");
        }
        self.results.limit("small objects: CPU per object", ours.cost.cpu() / count * 1000.0, 0.3, "ms");
        let run = ours.requests / count;
        if let Some(copying) = self.copying_alone(set)? {
            self.results.limit("small objects: requests per object, copying", copying.requests / count, 2.0, "");
            self.results.say(&format!(
                "A whole run makes {run:.3} requests per object: with the probe of the target, the inventory, a later pass and \
                 the last look. Its copying alone makes {:.3}, takes {:.2} s of CPU and {:.0} MiB.",
                copying.requests / count,
                copying.cost.cpu(),
                copying.cost.peak_mib()
            ));
        }
        self.results.limit("small objects: peak memory", ours.cost.peak_mib(), 128.0, "MiB");
        Ok(())
    }

    /// The step `copy` without the others.
    fn copying_alone(&mut self, set: Set) -> Result<Option<Run>, String> {
        let Some(program) = &self.flagstate else { return Ok(None) };
        self.server.target(TARGET, Some(set.bucket), false)?;
        let state = self.folder("state")?.join("ours").display().to_string();
        let (from, to) = (s3_url(&self.server.s3, set.bucket), s3_url(&local(&self.server.s3), TARGET));
        let words = ["--from", &from, "--to", &to, "--state", &state, "--quiet"].map(str::to_owned);
        self.once(&ours(&self.server, program, "plan", &words), &|_| Ok(()))?;
        let words = ["--state", &state, "--accept", "all-losses", "--quiet"].map(str::to_owned);
        let (objects, bytes) = (number(set.count), number(set.count) * number(set.size));
        self.once(&ours(&self.server, program, "copy", &words), &|counted| arrived(counted, objects, bytes)).map(Some)
    }

    /// 200 objects of 8 MiB.
    pub(super) fn medium(&mut self) -> Result<(), String> {
        let set =
            Set { title: "S3 to S3, objects of 8 MiB", bucket: "medium", count: self.scale.medium, size: 8 * MIB };
        let rows = self.s3_to_s3(set, 16)?;
        let Some(ours) = find(&rows, "Flagstate") else { return Ok(()) };
        self.ratio(&rows, "8 MiB: CPU to", "rclone", 1.3);
        self.ratio(&rows, "8 MiB: CPU to", "s3sync", 0.35);
        self.results.limit("8 MiB: peak memory", ours.cost.peak_mib(), 128.0, "MiB");
        self.per_gigabyte("8 MiB", &rows, set);
        Ok(())
    }

    /// One object of 2 GiB.
    pub(super) fn large(&mut self) -> Result<(), String> {
        let size = self.scale.large_mib * MIB;
        let set = Set { title: "S3 to S3, one large object", bucket: "large", count: 1, size };
        let rows = self.s3_to_s3(set, 1)?;
        let Some(ours) = find(&rows, "Flagstate") else { return Ok(()) };
        self.ratio(&rows, "large object: CPU to", "rclone", 0.5);
        self.ratio(&rows, "large object: CPU to", "juicefs sync", 1.3);
        self.results.limit("large object: peak memory", ours.cost.peak_mib(), 128.0, "MiB");
        self.per_gigabyte("large object", &rows, set);
        Ok(())
    }

    /// Azure to S3.
    pub(super) fn azure(&mut self) -> Result<(), String> {
        let set =
            Set { title: "Azure to S3, objects of 8 MiB", bucket: "medium", count: self.scale.medium, size: 8 * MIB };
        self.server.generated(set.bucket, set.count, set.size)?;
        let state = self.folder("state")?;
        let mut subjects = self.ours(&azure_url(&self.server.azure, set.bucket), &state);
        subjects.extend(self.peers.azure_to_s3(&self.server, set.bucket, TARGET, &state));
        let rows = self.compared(set, &subjects)?;
        self.ratio(&rows, "Azure to S3: CPU to", "rclone", 1.1);
        Ok(())
    }

    /// Files to S3, and Azure to files: where s5cmd and azcopy can take part.
    pub(super) fn files(&mut self) -> Result<(), String> {
        let set = Set { title: "Files to S3, 8 MiB", bucket: "files", count: self.scale.medium, size: 8 * MIB };
        let from = self.folder("files")?;
        write_files(&from, set).map_err(|e| format!("{}: {e}", from.display()))?;
        let state = self.folder("state")?;
        let mut subjects = self.ours(&format!("file://{}", from.display()), &state);
        subjects.extend(self.peers.files_to_s3(&self.server, &from, TARGET, &state));
        // What the copies are compared with: the files themselves, kept by the server.
        self.server.kept(set.bucket)?;
        if let Some(s5cmd) = self.peers.files_to_s3(&self.server, &from, set.bucket, &state).pop() {
            self.once(&s5cmd, &|_| Ok(()))?;
        }
        let rows = self.compared(set, &subjects)?;
        if let Some(ours) = find(&rows, "Flagstate") {
            self.results.limit("files to S3: peak memory", ours.cost.peak_mib(), 128.0, "MiB");
        }
        let _ = fs::remove_dir_all(&from);
        self.server.generated(set.bucket, 0, 0)?;

        self.azure_to_files(&state)
    }

    fn azure_to_files(&mut self, state: &Path) -> Result<(), String> {
        let set = Set { title: "Azure to files, 8 MiB", bucket: "medium", count: self.scale.medium, size: 8 * MIB };
        out::line(set.title);
        self.results.section(set.title, &format!("{} objects of {} KiB.", set.count, set.size / KIB));
        let bytes = number(set.count) * number(set.size);
        self.server.generated(set.bucket, set.count, set.size)?;
        let to = self.folder("to")?;
        let mut subjects =
            self.ours_between(&azure_url(&self.server.azure, set.bucket), &format!("file://{}", to.display()), state);
        subjects.extend(self.peers.azure_to_files(&self.server, set.bucket, &to, state));
        let before = |moves: &Self, _: usize| {
            moves.folder("state")?;
            moves.folder("to").map(drop)
        };
        let after = |counted: &Counted| {
            let got = counted.figure("bytes_out");
            if got < bytes { Err(format!("{got} of {bytes} bytes were read")) } else { Ok(()) }
        };
        let rows = self.rounds(&subjects, &before, &after)?;
        self.table(set.title, &rows, set.count);
        let _ = fs::remove_dir_all(&to);
        Ok(())
    }

    /// The same again when nothing has changed.
    pub(super) fn noop(&mut self) -> Result<(), String> {
        let title = "S3 to S3 again, nothing changed";
        let set = Set { title, bucket: "small", count: self.scale.small, size: 16 * KIB };
        let Some(rows) = self.again(set, 0)? else { return Ok(()) };
        self.results.limit("nothing changed: HEAD requests", rows.heads, 0.0, "");
        self.results.limit("nothing changed: CPU", rows.cost.cpu(), 0.25, "s");
        self.results.limit("nothing changed: peak memory", rows.cost.peak_mib(), 128.0, "MiB");
        Ok(())
    }

    /// With 30 ms before every answer.
    pub(super) fn late(&mut self) -> Result<(), String> {
        let set = Set { title: "S3 to S3, 30 ms away", bucket: "late", count: self.scale.late, size: 16 * KIB };
        self.server.latency(30)?;
        let rows = self.s3_to_s3(set, 64)?;
        if let (Some(ours), Some(best)) = (find(&rows, "Flagstate"), best_peer(&rows, |r| r.cost.wall)) {
            self.results.limit("30 ms away: wall to the best peer's", ours.cost.wall / best.cost.wall, 1.0, "x");
        }
        let title = "S3 to S3 again, nothing changed, 30 ms away";
        let set = Set { title, bucket: "small", count: self.scale.small, size: 16 * KIB };
        self.again(set, 30)?;
        Ok(())
    }

    /// A second run over what each program wrote itself. Answers our figures.
    fn again(&mut self, set: Set, latency_ms: u64) -> Result<Option<Run>, String> {
        out::line(set.title);
        self.results.section(set.title, &format!("{} objects of {} KiB.", set.count, set.size / KIB));
        self.server.generated(set.bucket, set.count, set.size)?;
        self.server.latency(0)?;
        let state = self.folder("state")?;
        // Each has a target of its own, which stays.
        let names = ["again-0", "again-1", "again-2", "again-3"];
        let mut subjects = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let mut all =
                self.ours_between(&s3_url(&self.server.s3, set.bucket), &s3_url(&local(&self.server.s3), name), &state);
            all.extend(self.peers.s3_to_s3(&self.server, set.bucket, name, &state));
            subjects.extend(all.into_iter().nth(number));
        }
        for (subject, name) in subjects.iter().zip(names) {
            self.server.target(name, Some(set.bucket), false)?;
            self.once(subject, &|_| Ok(()))?;
        }
        self.sync_again(&mut subjects, &state);
        self.server.latency(latency_ms)?;
        let after = |counted: &Counted| {
            let copied = counted.of("put") + counted.of("complete") + counted.of("copy");
            if copied > 0.0 { Err(format!("{copied} objects were written again")) } else { Ok(()) }
        };
        let rows = self.rounds(&subjects, &|_, _| Ok(()), &after)?;
        self.table(set.title, &rows, set.count);
        if latency_ms > 0
            && let (Some(ours), Some(best)) = (find(&rows, "Flagstate"), best_peer(&rows, |r| r.cost.wall))
        {
            let what = "nothing changed, 30 ms away: wall to the best peer's";
            self.results.limit(what, ours.cost.wall / best.cost.wall, 1.0, "x");
        }
        Ok(find(&rows, "Flagstate"))
    }

    /// The peers' command is the same again; ours for that is `move sync`. `move run` again also takes a last look and signs.
    fn sync_again(&self, subjects: &mut Vec<Subject>, state: &Path) {
        let Some(first) = subjects.iter().position(|s| s.name == "Flagstate") else { return };
        let mut run = subjects.remove(first);
        run.name.push_str(", with a last look and a new certificate");
        let state = state.join("ours").display().to_string();
        let words = ["--state", &state, "--quiet"].map(str::to_owned);
        let sync = self.flagstate.iter().map(|program| ours(&self.server, program, "sync", &words));
        subjects.splice(0..0, sync);
        subjects.push(run);
    }

    /// Every program moves a set between two buckets.
    fn s3_to_s3(&mut self, set: Set, threads: usize) -> Result<Vec<Row>, String> {
        self.server.generated(set.bucket, set.count, set.size)?;
        let state = self.folder("state")?;
        let mut subjects = self.ours(&s3_url(&self.server.s3, set.bucket), &state);
        subjects.extend(self.peers.s3_to_s3(&self.server, set.bucket, TARGET, &state));
        let threads = threads.to_string();
        let args = ["baseline", "relay", &self.server.s3, set.bucket, TARGET, &threads];
        let mut relay = Subject::new("relay: read and write, nothing else", &self.xtask, args);
        relay.codes = &[0];
        subjects.push(relay);
        self.compared(set, &subjects)
    }

    /// One round in which every byte is compared, then the timed ones.
    fn compared(&mut self, set: Set, subjects: &[Subject]) -> Result<Vec<Row>, String> {
        out::line(set.title);
        let (count, size) = (set.count, set.size);
        self.results.section(set.title, &format!("{count} objects of {} KiB.", size / KIB));
        let (objects, bytes) = (number(count), number(count) * number(size));
        let mut true_copies = Vec::new();
        for subject in subjects {
            self.folder("state")?;
            self.server.target(TARGET, Some(set.bucket), true)?;
            let after = |counted: &Counted| {
                let different = counted.mismatches();
                match different.first() {
                    Some(first) => Err(format!("{} copies differ: {first}", different.len())),
                    None => arrived(counted, objects, bytes),
                }
            };
            match self.once(subject, &after) {
                Ok(_) => true_copies.push(subject.clone()),
                Err(why) => {
                    out::line(&format!("  failed: {why}"));
                    self.results.say(&format!("{} failed: {}", subject.name, why.lines().next().unwrap_or_default()));
                }
            }
        }
        let before = |moves: &Self, _: usize| {
            moves.folder("state")?;
            moves.server.target(TARGET, Some(set.bucket), false)
        };
        let rows = self.rounds(&true_copies, &before, &|counted| arrived(counted, objects, bytes))?;
        self.table(set.title, &rows, count);
        Ok(rows)
    }

    /// Our way into the target, where this build has it.
    pub(super) fn ours(&self, from: &str, state: &Path) -> Vec<Subject> {
        self.ours_between(from, &s3_url(&local(&self.server.s3), TARGET), state)
    }

    fn ours_between(&self, from: &str, to: &str, state: &Path) -> Vec<Subject> {
        let state = state.join("ours").display().to_string();
        // Every write is confirmed by the target's checksum; looking again later is a pass of its own.
        let words =
            ["--from", from, "--to", to, "--state", &state, "--verify", "none", "--accept", "all-losses", "--quiet"];
        let words = words.map(str::to_owned);
        self.flagstate.iter().map(|program| ours(&self.server, program, "run", &words)).collect()
    }

    fn ratio(&mut self, rows: &[Row], what: &str, peer: &str, at_most: f64) {
        if let (Some(ours), Some(other)) = (find(rows, "Flagstate"), find(rows, peer)) {
            self.results.limit(&format!("{what} {peer}'s"), ours.cost.cpu() / other.cost.cpu(), at_most, "x");
        }
    }

    fn per_gigabyte(&mut self, what: &str, rows: &[Row], set: Set) {
        let gigabytes = number(set.count) * number(set.size) / 1e9;
        let Some(ours) = find(rows, "Flagstate") else { return };
        // 0.8 GB/s per core.
        self.results.limit(&format!("{what}: CPU per GB"), ours.cost.cpu() / gigabytes, 1.25, "s");
        if let Some(least) = rows.iter().find(|r| r.name.starts_with("relay")).and_then(|r| r.run) {
            let (ours, least) = (ours.cost.cpu() / gigabytes, least.cost.cpu() / gigabytes);
            self.results.say(&format!(
                "{what}: {ours:.2} s of CPU per GB of content ({:.2} GB/s per core), probe, hashes, checks, signatures and certificate \
                 included. Reading and writing alone takes {least:.2} s ({:.2} times); the limit that loopback was measured to \
                 set, 0.8 s for one hop in and one out, is {:.2} s away.",
                1.0 / ours,
                ours / least,
                ours - 0.8
            ));
        }
    }

    /// Listing alone.
    pub(super) fn list(&mut self) -> Result<(), String> {
        let keys = self.scale.listed;
        let title = "Listing";
        out::line(title);
        self.results.section(title, &format!("{keys} generated keys, names and sizes only."));
        self.server.generated("listed", keys, 16 * KIB)?;
        self.server.target(TARGET, None, false)?;
        let state = self.folder("state")?;
        let mut subjects = self.inventory_of("listed", &state);
        subjects.extend(self.peers.listing(&self.server, "listed", &state));
        let before = |moves: &Self, _: usize| moves.folder("state").map(drop);
        let rows = self.rounds(&subjects, &before, &|_| Ok(()))?;
        self.table(title, &rows, keys);
        if let Some(ours) = find(&rows, "Flagstate") {
            self.results.limit("listing: CPU per key", ours.cost.cpu() / number(keys) * 1e6, 5.0, "us");
        }
        Ok(())
    }

    /// An inventory of 100 million keys, once: memory must not grow with it.
    pub(super) fn inventory(&mut self) -> Result<(), String> {
        let Some(_) = self.flagstate else {
            out::line("skipped: the inventory of many keys: this build has no `flagstate move`");
            return Ok(());
        };
        let title = "Inventory of many keys";
        self.results.section(title, "Generated keys; one run each.");
        self.server.target(TARGET, None, false)?;
        let mut rows = Vec::new();
        for keys in [self.scale.inventory / 100, self.scale.inventory / 10, self.scale.inventory] {
            self.server.generated("many", keys, 16 * KIB)?;
            let state = self.folder("state")?;
            for subject in self.inventory_of("many", &state) {
                let run = self.once(&subject, &|_| Ok(()))?;
                let millions = number(keys) / 1e6;
                let (wall, cpu, peak) = (run.cost.wall, run.cost.cpu(), run.cost.peak_mib());
                out::line(&format!("  {millions} million keys: {wall:.1} s, {cpu:.1} s of CPU, {peak:.0} MiB"));
                self.results.limit(&format!("inventory of {millions} million keys: peak memory"), peak, 128.0, "MiB");
                rows.push(vec![
                    format!("{millions} million"),
                    format!("{wall:.1}"),
                    format!("{cpu:.1}"),
                    format!("{:.2}", wall / millions),
                    format!("{:.2}", cpu / millions),
                    format!("{peak:.0}"),
                ]);
            }
        }
        let columns = ["wall s", "CPU s", "wall s per million", "CPU s per million", "peak MiB"];
        self.results.rows("Flagstate", &columns, &rows);
        self.huge_object()
    }

    /// An object of 48 TiB is planned, not moved.
    fn huge_object(&mut self) -> Result<(), String> {
        self.server.generated("huge", 1, 48 << 40)?;
        let state = self.folder("state")?.join("ours").display().to_string();
        let (from, to) = (s3_url(&self.server.s3, "huge"), s3_url(&local(&self.server.s3), TARGET));
        self.server.target(TARGET, Some("huge"), false)?;
        let words = ["--from", &from, "--to", &to, "--state", &state, "--quiet"].map(str::to_owned);
        if let Some(program) = &self.flagstate {
            let run = self.once(&ours(&self.server, program, "plan", &words), &|_| Ok(()))?;
            self.results.limit("48 TiB planned: peak memory", run.cost.peak_mib(), 128.0, "MiB");
        }
        Ok(())
    }

    fn inventory_of(&self, bucket: &str, state: &Path) -> Vec<Subject> {
        let state = state.join("ours").display().to_string();
        let (from, to) = (s3_url(&self.server.s3, bucket), s3_url(&local(&self.server.s3), TARGET));
        let words = ["--from", &from, "--to", &to, "--state", &state, "--quiet"].map(str::to_owned);
        self.flagstate.iter().map(|program| ours(&self.server, program, "inventory", &words)).collect()
    }
}

/// Everything is there, and no more was sent than there is.
pub(super) fn arrived(counted: &Counted, objects: f64, bytes: f64) -> Result<(), String> {
    let (there, sent) = (counted.objects(TARGET), counted.figure("bytes_in"));
    if (there - objects).abs() > 0.5 || sent < bytes {
        return Err(format!("{there} of {objects} objects and {sent} of {bytes} bytes arrived"));
    }
    Ok(())
}

fn write_files(dir: &Path, set: Set) -> std::io::Result<()> {
    let mut random = Random::new(7);
    let mut bytes = Vec::new();
    for file in 0..set.count {
        if bytes.is_empty() {
            while (bytes.len() as u64) < set.size {
                bytes.extend_from_slice(&random.next().to_le_bytes());
            }
        }
        for (to, from) in bytes.iter_mut().zip(file.to_le_bytes()) {
            *to = from;
        }
        fs::write(dir.join(format!("{file:06}.bin")), &bytes)?;
    }
    Ok(())
}

/// For ratios: no set has so many objects or bytes that a digit would be lost that anybody reads.
pub(super) fn number(n: u64) -> f64 {
    let (high, low) = (n >> 32, n & 0xffff_ffff);
    f64::from(u32::try_from(high).unwrap_or(u32::MAX)) * 4_294_967_296.0 + f64::from(u32::try_from(low).unwrap_or(0))
}
