//! `flagstate move certificate`: the signed certificate, recorded in a log, and proofs for single keys.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flagstate_evidence::{
    hex::Digest,
    log::{Log, LogKeys, Place},
    predicates::judgement::Tool,
};
use flagstate_migration::{
    certificate::{self, Bundle, Checked, Document, Logged},
    cutover,
    folder::{self, read_json},
    tree::Side,
};
use flagstate_objects::Key;
use flagstate_tlog::Signer;

use super::{count, failure, scene::Scene, signer, tell};
use crate::{
    cli::{
        log::Unlock,
        move_::{CertificateArgs, Record, SideArg, Tuning},
    },
    commands::log::init,
    context,
    failure::Failure,
    log::{self, DAMAGED, Home, Session},
    out,
};

/// The file in the folder of the move.
pub(super) const FILE: &str = "certificate.json";

pub(super) fn run(args: &CertificateArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &Tuning { lanes: 1, memory_mib: 1, ..Tuning::default() })?;
    if let Some(key) = &args.prove {
        return prove(&scene, key, args);
    }
    signer::accept(&scene, &args.accept)?;
    let keys = signer::open(&args.accept.signer)?;
    if args.accept_gaps {
        signer::remember(&scene, "gaps", 0, keys.as_ref())?;
    }
    let path = args.output.clone().unwrap_or_else(|| scene.folder.file(FILE));
    let checked = issue(&scene, keys.as_ref(), &args.record, args.config.as_deref(), &path)?;
    tell(scene.format, "certificate", &checked.document, &text(&checked, &path))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes, records and writes the certificate.
pub(super) fn issue(
    scene: &Scene,
    person: Option<&LogKeys>,
    record: &Record,
    config: Option<&Path>,
    path: &Path,
) -> Result<Checked, Failure> {
    let Some(cutover) = cutover::last(&scene.folder) else {
        return Err(Failure::Input {
            message: "there was no last look at both sides since something moved".to_owned(),
            help: Some("`flagstate move cutover` looks at both sides; the source must stand still".to_owned()),
        });
    };
    let gathered = certificate::gather(&scene.folder, &scene.journal).map_err(|e| failure(&e))?;
    let tool = Scene::tool();
    let document =
        certificate::document(scene.settings.clone(), &gathered, cutover, &scene.journal, (&tool, log::now()))
            .map_err(|e| Failure::input(&e, Some("`flagstate move status` shows what is open")))?;
    let (home, fresh) = home(scene, record, config)?;
    let unlock = Unlock { passphrase_file: record.passphrase_file.clone(), ..Unlock::default() };
    let (entry, keys, logged) = sign(&document, (&home, fresh), &unlock, person)?;
    let accepted = scene.journal.accepted().map_err(|e| failure(&e.into()))?;
    let bundle =
        certificate::bundle(&document, &entry, &accepted, keys, Some(logged)).map_err(|e| Failure::input(&e, None))?;
    let mut bytes = serde_json::to_vec_pretty(&bundle).map_err(|e| Failure::Internal(e.to_string()))?;
    bytes.push(b'\n');
    // Nobody gets what does not hold.
    let checked = certificate::check(&bytes, &[]).map_err(|e| Failure::Internal(e.to_string()))?;
    keep_earlier(path)?;
    folder::write(path, &bytes).map_err(|e| failure(&e.into()))?;
    Ok(checked)
}

/// A certificate that stands there already may carry a person's signature: it is kept beside the new one, under its digest.
fn keep_earlier(path: &Path) -> Result<(), Failure> {
    let Ok(earlier) = std::fs::read(path) else { return Ok(()) };
    let digest = Digest::of(&earlier).to_string();
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let kept = path.with_file_name(format!("{stem}-{}.json", digest.get(..16).unwrap_or("earlier")));
    if !kept.exists() {
        folder::write(&kept, &earlier).map_err(|e| failure(&e.into()))?;
        out::say(&format!("the certificate before this one is kept as {}", kept.display()));
    }
    Ok(())
}

/// Signs the statement with the log's key and the person's, and puts it into the log.
fn sign(
    document: &Document,
    (home, fresh): (&Home, Option<LogKeys>),
    unlock: &Unlock,
    person: Option<&LogKeys>,
) -> Result<(Vec<u8>, Vec<String>, Logged), Failure> {
    let own = fresh.map_or_else(|| log::read_keys(home, unlock), Ok)?;
    let mut signers: Vec<&dyn Signer> = vec![own.signer()];
    signers.extend(person.map(LogKeys::signer));
    let keys = signers.iter().map(|s| s.verifier().to_string()).collect();
    let tool = Tool { name: "flagstate".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), sha256: None };
    let session = match own.again() {
        Some(keys) => Session::with_keys(home, unlock, keys)?,
        None => Session::plain(home, unlock, None)?,
    };
    let next = session.writer().durable();
    let entry =
        certificate::statement(document, &signers, [next, next], &tool).map_err(|e| Failure::input(&e, None))?;
    let index = session.append(&entry)?;
    session.close()?.tell();
    let key = home.own()?.vkey().cloned().ok_or_else(|| Failure::Internal("the log has no key".to_owned()))?;
    let store = home.store()?;
    let mut reader = Log::open(&store, &key).map_err(|e| Failure::input(&e, DAMAGED))?;
    let proof = reader.prove(index).map_err(|e| Failure::input(&e, DAMAGED))?;
    let logged = Logged { origin: key.name().to_owned(), key: key.to_string(), index, proof: proof.to_string() };
    Ok((entry, keys, logged))
}

/// The log: named, else the project's, else one in the folder of the move. A log that is made now has its keys at hand.
fn home(scene: &Scene, record: &Record, config: Option<&Path>) -> Result<(Home, Option<LogKeys>), Failure> {
    if let Some(dir) = &record.log {
        return Ok((Home::at(dir.clone(), None, PathBuf::new())?, None));
    }
    let loaded = context::project(config, true)?;
    if let Some(section) = loaded.log {
        let dir = loaded.folder.join(&section.dir);
        return Ok((Home::at(dir, Some(section), loaded.folder)?, None));
    }
    let (dir, mut fresh) = (scene.folder.file("log"), None);
    if !is_whole(scene, &dir, record) {
        if dir.exists() {
            // Nothing was ever recorded in it.
            std::fs::remove_dir_all(&dir).map_err(|cause| Failure::Output { path: dir.clone(), cause })?;
        }
        let origin = format!("flagstate.local/{}", scene.settings.id);
        fresh = init::make(&dir, &origin, None, None, true)?.1;
        out::say(&format!(
            "made the log {origin} in {}; `log: dir:` in flagstate.yaml names a log for all moves",
            dir.display()
        ));
    }
    folder::write(&scene.folder.file(LOG_MADE), b"").map_err(|e| failure(&e.into()))?;
    Ok((Home::at(dir, None, PathBuf::new())?, fresh))
}

/// Written when the log in the folder of the move was made to its end, and before anything is recorded in it.
const LOG_MADE: &str = "log-made";

/// False for a log whose making was cut off: without an identity, or before the passphrase of its key was kept.
fn is_whole(scene: &Scene, dir: &Path, record: &Record) -> bool {
    if !Place::new(dir).identity().exists() {
        return false;
    }
    let unlock = Unlock { passphrase_file: record.passphrase_file.clone(), ..Unlock::default() };
    let opens =
        || Home::at(dir.to_owned(), None, PathBuf::new()).and_then(|home| log::read_keys(&home, &unlock)).is_ok();
    scene.folder.file(LOG_MADE).exists() || scene.folder.file(FILE).exists() || opens()
}

pub(super) fn text(checked: &Checked, path: &Path) -> String {
    let d = &checked.document;
    let mut text = format!(
        "certificate {} in {}\n{} of {} moved; root of both sides {}\n",
        checked.digest,
        path.display(),
        count(d.objects, "object"),
        super::bytes(d.bytes),
        d.source.root
    );
    if d.source.root != d.target.root {
        let _ = writeln!(text, "root of what arrived (encrypted with age on the way) {}", d.target.root);
    }
    let said: Vec<String> = d.read_checked_by.iter().map(|(witness, n)| format!("{n} by {}", witness.word())).collect();
    if !said.is_empty() {
        let _ = writeln!(text, "what was read was held to the source: {}", said.join(", "));
    }
    if d.gaps.is_empty() {
        text.push_str("gaps: none\n");
    }
    for (fate, group) in &d.gaps {
        let _ = writeln!(text, "gap: {} {}", count(group.records, "record"), fate.word());
    }
    for loss in &d.losses {
        let who = loss.accepted_by.as_deref().unwrap_or("nobody");
        let _ =
            writeln!(text, "loss `{}`: {}, accepted by {who}", loss.name.name(), count(loss.group.records, "record"));
    }
    let _ = writeln!(text, "signed by {}", checked.signers.join(" and "));
    if let Some((index, size)) = checked.logged {
        let _ = writeln!(text, "entry {index} of a log of {}", count(size, "entry").replace("entrys", "entries"));
    }
    let _ = writeln!(text, "anybody checks it with: flagstate move verify-certificate {}", path.display());
    text
}

fn prove(scene: &Scene, key: &str, args: &CertificateArgs) -> Result<ExitCode, Failure> {
    let bundle: Bundle = read_json(&scene.folder.file(FILE)).map_err(|e| failure(&e.into()))?;
    let canonical = flagstate_evidence::jcs::to_vec(&bundle.document).map_err(|e| Failure::Internal(e.to_string()))?;
    let document: Document = serde_json::from_value(bundle.document)
        .map_err(|e| Failure::Input { message: format!("the certificate cannot be read: {e}"), help: None })?;
    let key = Key::from_escaped(key)
        .ok_or_else(|| Failure::Usage(format!("`{key}` has a broken escape: write %25 for a percent sign")))?;
    let side = if args.side == SideArg::Source { Side::Source } else { Side::Target };
    let proof = certificate::prove(&scene.folder, &document, Digest::of(&canonical), &key, side)
        .map_err(|e| Failure::input(&e, None))?;
    let mut text = serde_json::to_string_pretty(&proof).map_err(|e| Failure::Internal(e.to_string()))?;
    text.push('\n');
    out::result(&text, args.output.as_deref())?;
    let shown = key.escaped();
    out::say(&if proof.present { format!("{shown} moved") } else { format!("there was no {shown}") });
    Ok(ExitCode::SUCCESS)
}
