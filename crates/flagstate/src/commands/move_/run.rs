//! `flagstate move run`: the whole way in one go, again and again.

use std::process::ExitCode;

use flagstate_migration::{copy::Options, sync};

use super::{certificate, copy, cutover, plan, scene::Scene, signer, stopped, tell, verify};
use crate::{cli::move_::RunArgs, failure::Failure, out};

macro_rules! step {
    ($done:expr) => {
        match $done? {
            Ok(value) => value,
            Err(trouble) => return stopped(trouble),
        }
    };
}

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::begin(&args.state, &args.begin, &args.tuning)?;
    signer::accept(&scene, &args.accept)?;
    let fresh = scene.journal.last_pass().map_err(|e| super::failure(&e.into()))?.is_none_or(|p| p.ended.is_none());
    step!(plan::list(&scene));
    if fresh {
        let plan = plan::make(&scene, &args.judge, args.tuning.part_mib)?;
        tell(scene.format, "plan", &plan, &plan::show(&plan, &scene)?)?;
        let open = plan.unaccepted(&scene.accepted()?);
        if !plan.blocks.is_empty() || !open.is_empty() {
            let names: Vec<&str> = open.iter().map(|l| l.name.name()).collect();
            if !names.is_empty() {
                out::say(&format!(
                    "nothing moved: accept the losses ({}) or change the plan: --accept NAME",
                    names.join(", ")
                ));
            }
            return Ok(ExitCode::from(1));
        }
    }
    let options = Options { overwrite: args.overwrite, delete: args.delete, ..scene.copying(&args.tuning)? };
    let tally = step!(copy::copy(&scene, options.clone(), None));
    if fresh || tally != flagstate_migration::copy::Tally::default() {
        tell(scene.format, "copy", &tally, &copy::tally_text(&tally))?;
    }
    if tally.failed > 0 {
        return Ok(ExitCode::from(1));
    }
    if let Some(code) = passes(&scene, args, &options)? {
        return Ok(code);
    }
    verified(&scene, args)?.map_or_else(|| finish(&scene, args, &options), Ok)
}

/// Later passes until one finds nothing.
fn passes(scene: &Scene, args: &RunArgs, options: &Options) -> Result<Option<ExitCode>, Failure> {
    for _ in 0..args.passes.max(1) {
        let wish = sync::Options { delete: args.delete, ..sync::Options::default() };
        let delta = match copy::list(scene, wish)? {
            Ok(delta) => delta,
            Err(trouble) => return stopped(trouble).map(Some),
        };
        tell(scene.format, "delta", &delta, &copy::delta_text(&delta))?;
        if delta.is_empty() {
            return Ok(None);
        }
        let tally = match copy::copy(scene, options.clone(), None)? {
            Ok(tally) => tally,
            Err(trouble) => return stopped(trouble).map(Some),
        };
        tell(scene.format, "copy", &tally, &copy::tally_text(&tally))?;
        if tally.failed > 0 {
            return Ok(Some(ExitCode::from(1)));
        }
        if tally.moved + tally.marked + tally.deleted == 0 {
            return Ok(None);
        }
    }
    Ok(None)
}

fn verified(scene: &Scene, args: &RunArgs) -> Result<Option<ExitCode>, Failure> {
    let Some(mode) = verify::mode(args.verify, (99.0, 100), None) else { return Ok(None) };
    let verified = match verify::verify(scene, mode, args.tuning.lanes)? {
        Ok(verified) => verified,
        Err(trouble) => return stopped(trouble).map(Some),
    };
    tell(scene.format, "verify", &verified, &verify::text(&verified))?;
    Ok((verified.damaged > 0).then(|| ExitCode::from(1)))
}

/// The last look, and the certificate when both sides stand still.
fn finish(scene: &Scene, args: &RunArgs, options: &Options) -> Result<ExitCode, Failure> {
    cutover::say_new(scene, &args.tuning)?;
    let cutover = match cutover::look(scene, options, 1)? {
        Ok(cutover) => cutover,
        Err(trouble) => return stopped(trouble),
    };
    tell(scene.format, "cutover", &cutover, &cutover::text(&cutover))?;
    if !cutover.is_quiet() {
        return Ok(ExitCode::from(1));
    }
    let keys = signer::open(&args.accept.signer)?;
    let path = scene.folder.file(certificate::FILE);
    let checked = certificate::issue(scene, keys.as_ref(), &args.record, args.judge.config.as_deref(), &path)?;
    tell(scene.format, "certificate", &checked.document, &certificate::text(&checked, &path))?;
    Ok(ExitCode::SUCCESS)
}
