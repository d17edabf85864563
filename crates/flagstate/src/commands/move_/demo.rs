//! The move of the demo: sample objects from one folder to another, with its certificate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use flagstate_migration::{copy::Options, sync, trouble::Trouble};

use super::{certificate, copy, count, cutover, failure, plan, scene::Scene};
use crate::{
    cli::{
        AnswerFormat,
        move_::{Begin, Record, State, Tuning},
    },
    commands::log::init,
    failure::Failure,
    out,
};

/// Sample objects: odd names on purpose, as years of use leave them.
const OBJECTS: [(&str, &[u8]); 6] = [
    ("invoices/2026/10/0001.txt", b"invoice 0001: 12 hours\n"),
    ("invoices/2026/10/0002.txt", b"invoice 0002: 3 hours\n"),
    ("old names/résumé (final) #2.txt", b"a name with blanks, accents and marks\n"),
    ("old names/100%.txt", b"a name with a percent sign\n"),
    ("empty", b""),
    ("readings/2026-10.csv", b"day,value\n1,17\n2,19\n"),
];

/// Moves the sample and says how to check it.
pub(in crate::commands) fn run(folder: &Path) -> Result<(), Failure> {
    let (from, to) = (folder.join("objects"), folder.join("moved"));
    for (name, content) in OBJECTS {
        write(&from.join(name), content)?;
    }
    // A larger one, so that there is something to hash.
    let large: Vec<u8> = (0..750_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    write(&from.join("images/scan.bin"), &large)?;
    fs::create_dir_all(&to).map_err(|cause| Failure::Output { path: to.clone(), cause })?;
    let (state, log) = (folder.join("move"), folder.join("move-log"));
    if !log.is_dir() {
        init::make(&log, "demo.flagstate.example/move", None, Some(&folder.join("move-log-second-place")), true)?;
    }
    let state = State { dir: state, format: AnswerFormat::Text, quiet: true, metrics: None };
    let begin = Begin { from: Some(url(&from)?), to: Some(url(&to)?), ..Begin::default() };
    let tuning = Tuning { lanes: 16, memory_mib: 16, ..Tuning::default() };
    let scene = Scene::begin(&state, &begin, &tuning)?;
    through(plan::list(&scene)?)?;
    let options = Options { overwrite: true, ..scene.copying(&tuning)? };
    through(copy::copy(&scene, options.clone(), None)?)?;
    through(copy::list(&scene, sync::Options::default())?)?;
    through(copy::copy(&scene, options.clone(), None)?)?;
    let looked = through(cutover::look(&scene, &options, 2)?)?;
    if !looked.is_quiet() {
        out::say("the demo's objects changed while they were moved; run it again");
        return Ok(());
    }
    let path = scene.folder.file(certificate::FILE);
    let record = Record { log: Some(log), ..Record::default() };
    let checked = certificate::issue(&scene, None, &record, Some(&folder.join(crate::context::PROJECT_FILE)), &path)?;
    out::say(&format!(
        "Moved {} from {} to {} and compared both sides; the certificate in {} says so, signed. To check it, offline: flagstate \
         move verify-certificate {}",
        count(checked.document.objects, "sample object"),
        from.display(),
        to.display(),
        path.display(),
        path.display()
    ));
    Ok(())
}

fn through<T>(done: Result<T, Trouble>) -> Result<T, Failure> {
    done.map_err(|e| failure(&e))
}

/// The place of a folder.
fn url(path: &Path) -> Result<String, Failure> {
    let absolute: PathBuf =
        std::path::absolute(path).map_err(|cause| Failure::Output { path: path.to_owned(), cause })?;
    let kind = flagstate_objects::LocationKind::File { root: absolute };
    Ok(flagstate_objects::Location { kind, prefix: flagstate_objects::Key::default() }.to_string())
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|cause| Failure::Output { path: parent.to_owned(), cause })?;
    }
    if path.exists() { Ok(()) } else { out::write_file(path, content) }
}
