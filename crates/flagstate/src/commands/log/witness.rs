//! `flagstate log witness`: a witness for other people's logs.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use flagstate_net::{Server, Stop};
use flagstate_tlog::{Checkpoint, Signer as _, VerifierKey, witness::MAX_REQUEST_BYTES};
use flagstate_witness::{Event, Folder, Start, Watch, evidence, serve};
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::WitnessCommand},
    failure::Failure,
    log, out,
};

/// Runs the command.
pub(super) fn run(command: &WitnessCommand) -> Result<ExitCode, Failure> {
    match command {
        WitnessCommand::Init { dir, name } => init(dir, name)?,
        WitnessCommand::Add { dir, vkey, checkpoint } => add(dir, vkey, checkpoint.as_deref())?,
        WitnessCommand::Serve { dir, listen, quiet } => run_server(dir, listen, *quiet)?,
        WitnessCommand::Status { dir, format } => status(dir, *format)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(e: &dyn std::error::Error) -> Failure {
    Failure::input(e, Some("`flagstate log witness init` makes a witness; docs/log.md says how to keep one"))
}

fn init(dir: &Path, name: &str) -> Result<(), Failure> {
    let keys = Folder::init(dir, name).map_err(|e| failed(&e))?;
    out::say("Give these keys to whoever shall rely on this witness; most programs know the first kind only.");
    let text = keys.iter().fold(String::new(), |mut text, key| {
        let _ = writeln!(text, "{key}");
        text
    });
    out::result(&text, None)
}

fn add(dir: &Path, vkeys: &[String], checkpoint: Option<&Path>) -> Result<(), Failure> {
    let keys = vkeys.iter().map(|text| log::parse_key(text)).collect::<Result<Vec<VerifierKey>, _>>()?;
    let Some(origin) = keys.first().map(|key| key.name().to_owned()) else { return Ok(()) };
    if keys.iter().any(|key| key.name() != origin) {
        return Err(Failure::Usage("the keys have different names: a log has one name".into()));
    }
    let start = match checkpoint {
        Some(path) => {
            let bytes = log::read_file(path)?;
            let (known, _) = Checkpoint::open(&bytes, &origin, &keys).map_err(|e| Failure::Input {
                message: format!("{}: {}", path.display(), crate::failure::chain(&e)),
                help: Some("give a checkpoint that the log signed".into()),
            })?;
            Start { size: known.size(), root: Some(*known.root()) }
        }
        None => Start::default(),
    };
    let folder = Folder::open(dir).map_err(|e| failed(&e))?;
    folder.add(&origin, &keys, start).map_err(|e| failed(&e))?;
    out::say(&format!("the witness knows {origin} from size {} on; start it anew if it is running", start.size));
    Ok(())
}

fn run_server(dir: &Path, listen: &str, quiet: bool) -> Result<(), Failure> {
    let watch = Watch::open(dir).map_err(|e| failed(&e))?;
    let server = Server::bind(listen, MAX_REQUEST_BYTES).map_err(|e| failed(&e))?;
    let address = server.address();
    if !address.ip().is_loopback() {
        out::say("note: this is plain HTTP; put a proxy with TLS in front where others can reach it");
    }
    if watch.logs() == 0 {
        out::say("note: the witness knows no log yet; `flagstate log witness add` tells it one");
    }
    // The one line of standard output, for whoever asked for a free port.
    out::result(&format!("http://{address}\n"), None)?;
    let tell = move |event: Event| {
        if !quiet || matches!(event, Event::Failed(_)) {
            out::say(&said(&event));
        }
    };
    serve(server, watch, log::now_s, tell, &Stop::new()).map_err(|e| failed(&e))
}

fn said(event: &Event) -> String {
    match event {
        Event::Cosigned { origin, size } => format!("cosigned {origin} at size {size}"),
        Event::Refused { origin, size, status, evidence: None } => {
            format!("refused {origin} at size {size} with {status}")
        }
        Event::Refused { origin, size, status, evidence: Some(dir) } => {
            format!(
                "REFUSED {origin} at size {size} with {status}; it contradicts what was cosigned; kept in {}",
                dir.display()
            )
        }
        Event::Failed(why) => format!("error: {why}"),
    }
}

fn status(dir: &Path, format: AnswerFormat) -> Result<(), Failure> {
    let keys: Vec<String> =
        Folder::keys(dir).map_err(|e| failed(&e))?.iter().map(|key| key.verifier().to_string()).collect();
    let logs = Folder::logs(dir).map_err(|e| failed(&e))?;
    let kept = evidence(dir).map_err(|e| failed(&e))?;
    let text = match format {
        AnswerFormat::Json => pretty(&json!({
            "schema": "flagstate/log-witness/1",
            "keys": keys,
            "logs": logs.values().map(|log| json!({
                "origin": log.origin,
                "size": log.latest.size,
                "root": log.latest.root.to_string(),
                "cosigned_at_s": (log.time_s > 0).then_some(log.time_s),
            })).collect::<Vec<_>>(),
            "evidence": kept.iter().map(|(dir, about)| json!({"folder": dir, "about": about})).collect::<Vec<_>>(),
        })),
        AnswerFormat::Text => {
            let mut text = String::new();
            for key in keys {
                let _ = writeln!(text, "key  {key}");
            }
            for log in logs.values() {
                let _ = writeln!(text, "log  {}  size {}  root {}", log.origin, log.latest.size, log.latest.root);
            }
            for (dir, about) in kept {
                let _ = write!(text, "\nkept {}\n{about}", dir.display());
            }
            text
        }
    };
    out::result(&text, None)
}
