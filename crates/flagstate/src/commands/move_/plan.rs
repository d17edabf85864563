//! `flagstate move probe`, `inventory`, `plan`.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::{
    folder::{self},
    inventory,
    plan::{self, Plan, Speed},
    settings::Probed,
};

use super::{
    bytes, count, failure, requirement,
    scene::{Scene, shard_size},
    seconds, stopped, tell,
};
use crate::{
    cli::move_::{Judge, PlanArgs, StepArgs},
    failure::Failure,
    log, out,
};

/// The name under which the journal remembers the last plan.
pub(super) const LAST: &str = "plan";

/// The file of a plan in the folder of its move.
pub(super) fn file_name(digest: &str) -> String {
    format!("plan-{}.json", digest.get(..16).unwrap_or("x"))
}

pub(super) fn probe(args: &StepArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::begin(&args.state, &args.begin, &args.tuning)?;
    let probed = scene.probed(true)?;
    tell(scene.format, "probe", &probed, &probe_text(&probed))?;
    Ok(ExitCode::SUCCESS)
}

fn probe_text(probed: &Probed) -> String {
    let can = &probed.target;
    let mut text = format!("{}\n", can.place);
    let names = |set: &std::collections::BTreeSet<flagstate_objects::Algorithm>| {
        let names: Vec<&str> = set.iter().map(|a| a.name()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let yes = |b: bool| if b { "yes" } else { "no" };
    let rows = [
        ("compares checksums", names(&can.checked)),
        ("says checksums again", names(&can.returned)),
        ("compares checksums of parts", names(&can.checked_parts)),
        ("checksums behind streamed bodies", yes(can.trailing).to_owned()),
        ("writes only where nothing is", yes(can.if_absent).to_owned()),
        ("writes only over a known state", yes(can.if_match).to_owned()),
        ("uploads in parts", yes(can.uploads).to_owned()),
        ("lists parts and uploads", yes(can.lists_parts && can.lists_uploads).to_owned()),
        ("tags", yes(can.tags).to_owned()),
        ("versions", yes(can.versions).to_owned()),
        ("lists in order, from any key", yes(can.ascending && can.key_ranges).to_owned()),
        ("longest key", format!("{} bytes", can.longest_key)),
    ];
    for (what, value) in rows {
        let _ = writeln!(text, "  {what:34} {value}");
    }
    for finding in can.keys.iter().filter(|k| k.problem.is_some()) {
        let problem = finding.problem.as_deref().unwrap_or_default();
        // The store's sentence names the probe's own key first.
        let problem =
            problem.split_once("`: ").filter(|_| problem.contains("cannot hold the key")).map_or(problem, |p| p.1);
        let _ = writeln!(text, "  refused key `{}`: {problem}", finding.name);
    }
    for note in &can.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

pub(super) fn inventory(args: &StepArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::begin(&args.state, &args.begin, &args.tuning)?;
    let found = match list(&scene)? {
        Ok(found) => found,
        Err(trouble) => return stopped(trouble),
    };
    let text =
        format!("{} of {} in {}\n", count(found.rows, "object"), bytes(found.bytes), count(found.shards, "shard"));
    tell(scene.format, "inventory", &found, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Lists the source.
pub(super) fn list(scene: &Scene) -> Result<Result<inventory::Found, flagstate_migration::trouble::Trouble>, Failure> {
    let work = scene.work()?;
    let options = inventory::Options { shard: shard_size(), ..inventory::Options::default() };
    scene.step("list", inventory::run_from(&work, &scene.folder, &scene.journal, options, scene.inventory()))
}

pub(super) fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::begin(&args.state, &args.begin, &args.tuning)?;
    if let Err(trouble) = list(&scene)? {
        return stopped(trouble);
    }
    let plan = make(&scene, &args.judge, args.tuning.part_mib)?;
    let mut text = show(&plan, &scene)?;
    if let Some(path) = &args.against {
        let old = Plan::read(&log::read_file(path)?).map_err(|e| Failure::input(&e, None))?;
        text.push_str("\ndifferences:\n");
        let found = plan::differences(&old, &plan);
        for line in &found {
            let _ = writeln!(text, "  {line}");
        }
        if found.is_empty() {
            text.push_str("  none\n");
        }
    }
    tell(scene.format, "plan", &plan, &text)?;
    Ok(if plan.blocks.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Makes and keeps a plan.
pub(super) fn make(scene: &Scene, judge: &Judge, part_mib: Option<u64>) -> Result<Plan, Failure> {
    let work = scene.work()?;
    let probed = scene.probed(false)?;
    let measured = judge.measured_mb_per_s.is_some() || judge.measured_objects_per_s.is_some();
    let usual = Speed::default();
    let speed = Speed {
        bytes_per_s: judge.measured_mb_per_s.map_or(usual.bytes_per_s, |m| m.saturating_mul(1_000_000)),
        objects_per_s: judge.measured_objects_per_s.unwrap_or(usual.objects_per_s),
        measured,
    };
    let parent = scene.journal.get(LAST).map_err(|e| failure(&e.into()))?.and_then(|d| d.parse().ok());
    let requirement = match &judge.workload {
        Some(workload) => {
            Some(requirement::judge(workload, judge.config.as_deref(), scene.settings.to_offering.as_deref())?)
        }
        None => None,
    };
    let ask = plan::Ask {
        settings: scene.settings.clone(),
        source: probed.source,
        requirement,
        price: plan::listed_price(&work.ends.source.store.limits().id),
        speed,
        single_bytes: flagstate_migration::copy::Options::default().single_bytes,
        part_bytes: part_mib.map(|m| m << 20),
        parent,
        tool: Scene::tool(),
        at: log::now(),
    };
    let plan = plan::build(&work, &scene.folder, &scene.journal, ask).map_err(|e| failure(&e))?;
    let (text, digest) = plan.to_bytes().and_then(|b| Ok((b, plan.digest()?))).map_err(|e| Failure::input(&e, None))?;
    let path = scene.folder.file(&file_name(&digest.to_string()));
    folder::write(&path, &text).map_err(|e| failure(&e.into()))?;
    scene.journal.set(LAST, &digest.to_string()).map_err(|e| failure(&e.into()))?;
    if scene.format == crate::cli::AnswerFormat::Text {
        out::say(&format!("plan {digest} in {}", path.display()));
    }
    Ok(plan)
}

/// The plan for people.
pub(super) fn show(plan: &Plan, scene: &Scene) -> Result<String, Failure> {
    let mut text = format!("from  {}\nto    {}\n\n", plan.settings.from, plan.settings.to);
    let _ = writeln!(
        text,
        "{} of {}, the largest {}; {} in {}",
        count(plan.objects, "object"),
        bytes(plan.bytes),
        bytes(plan.largest),
        count(plan.requests.list + plan.requests.read + plan.requests.write, "request"),
        count(plan.shards.len() as u64, "shard")
    );
    for size in &plan.sizes {
        let up_to = size.up_to.map_or("larger".to_owned(), |n| format!("up to {}", bytes(n)));
        let parts = size.part_bytes.map_or(String::new(), |p| format!(", in parts of {}", bytes(p)));
        let _ = writeln!(text, "  {up_to:16} {}, {}{parts}", count(size.objects, "object"), bytes(size.bytes));
    }
    let speed = plan.time.speed;
    let _ = writeln!(
        text,
        "time  {} at {}/s and {} objects/s ({})",
        seconds(plan.time.seconds),
        bytes(speed.bytes_per_s),
        speed.objects_per_s,
        if speed.measured { "measured" } else { "assumed" }
    );
    if let Some(cost) = &plan.cost {
        let (whole, rest) = (cost.micros / 1_000_000, cost.micros % 1_000_000 / 10_000);
        let _ = writeln!(
            text,
            "cost  at most {whole}.{rest:02} {} to read it out of {} at the list price of {} ({}; {})",
            cost.price.currency, cost.price.provider, cost.price.as_of, cost.price.status, cost.price.source
        );
    }
    let accepted = scene.accepted()?;
    for loss in &plan.losses {
        let state = if accepted.contains(&loss.name) { "accepted" } else { "to accept" };
        let _ =
            writeln!(text, "loss `{}` ({state}): {}; {}", loss.name.name(), count(loss.records, "record"), loss.means);
        for example in &loss.examples {
            let _ = writeln!(text, "  {example}");
        }
    }
    for refusal in &plan.refusals {
        let _ = writeln!(text, "refused key {}: {}", refusal.key, refusal.why);
    }
    if let Some(requirement) = plan.requirement.as_ref().filter(|r| r.holds) {
        let _ = writeln!(text, "the requirement of `{}` holds on {}", requirement.workload, requirement.offering);
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for block in &plan.blocks {
        let _ = writeln!(text, "forbidden: {block}");
    }
    Ok(text)
}
