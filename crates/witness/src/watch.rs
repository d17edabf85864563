//! The witness itself: what it remembers, and how it answers.
//!
//! What it is for: making the judgement of [`flagstate_tlog::witness::decide`] and the memory of a [`Folder`] one atomic
//! step for each log. Two requests for one log are answered one after the other; the new state is durable before the
//! answer leaves.
//!
//! What it deliberately does not do: sign a time that its clock does not show. When the clock reads earlier than the last
//! cosignature it answers 503.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use flagstate_tlog::{
    Signer, SigningKey,
    witness::{
        AddCheckpoint, Decision, Response, TEXT_CONTENT_TYPE, WatchedLog, decide, monitoring_path, refuse_malformed,
    },
};

use crate::folder::{Folder, FolderError, Known};

/// What whoever runs the witness may want to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A checkpoint was cosigned.
    Cosigned {
        /// The log.
        origin: String,
        /// Leaves.
        size: u64,
    },
    /// A request was refused.
    Refused {
        /// The log that it names.
        origin: String,
        /// Leaves.
        size: u64,
        /// The answer.
        status: u16,
        /// Where the request was kept, if it contradicts what was cosigned.
        evidence: Option<PathBuf>,
    },
    /// Something of ours failed.
    Failed(String),
}

/// A running witness.
#[derive(Debug)]
pub struct Watch {
    folder: Folder,
    keys: Vec<SigningKey>,
    logs: BTreeMap<String, Mutex<Known>>,
}

impl Watch {
    /// Takes a folder and reads what it remembers.
    ///
    /// # Errors
    /// When the folder is in use, damaged, or has lost state.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let folder = Folder::open(root)?;
        let logs = Folder::logs(root)?.into_iter().map(|(origin, known)| (origin, Mutex::new(known)));
        Ok(Self { folder, keys: Folder::keys(root)?, logs: logs.collect() })
    }

    /// How many logs it knows.
    pub fn logs(&self) -> usize {
        self.logs.len()
    }

    /// Answers a request to cosign. `now_s` is the time in seconds since 1970, asked when the log's turn has come.
    pub fn add_checkpoint(&self, body: &[u8], now_s: &dyn Fn() -> u64, tell: &dyn Fn(Event)) -> Response {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return refuse_malformed(&error),
        };
        let origin = request.checkpoint().origin();
        let cosigners: Vec<&dyn Signer> = self.keys.iter().map(|key| key as &dyn Signer).collect();
        let Some(log) = self.logs.get(origin) else {
            return answered(decide(None, &request, &cosigners, now_s()), tell);
        };
        // Whoever panicked here had not stored anything yet: what is in memory is what is on disk.
        let mut known = log.lock().unwrap_or_else(PoisonError::into_inner);
        let now_s = now_s();
        if now_s < known.time_s {
            tell(Event::Failed(format!("the clock reads {now_s}, before the last cosignature for {origin}")));
            return unavailable("the clock of this witness is behind");
        }
        let watched = WatchedLog { keys: &known.keys, latest: known.latest };
        match decide(Some(watched), &request, &cosigners, now_s) {
            Ok(Decision::Cosigned { response, latest, published }) => {
                if let Err(error) = self.folder.store(origin, latest, now_s, Some(&published)) {
                    // It may or may not be on disk. The memory stays behind, so that nothing else is cosigned.
                    tell(Event::Failed(error.to_string()));
                    return unavailable("this witness cannot store what it cosigns");
                }
                known.latest = latest;
                known.time_s = now_s;
                known.published = Some(published);
                tell(Event::Cosigned { origin: origin.to_owned(), size: latest.size });
                response
            }
            Ok(Decision::Refused { response, suspicious }) => {
                let size = request.checkpoint().size();
                let evidence = if suspicious { self.keep(&known, body, &response, now_s, tell) } else { None };
                tell(Event::Refused { origin: origin.to_owned(), size, status: response.status, evidence });
                response
            }
            failed => answered(failed, tell),
        }
    }

    /// The latest checkpoint at a monitoring path such as `<hex>/checkpoint`.
    pub fn published(&self, path: &str) -> Option<String> {
        let log = self.logs.iter().find(|(origin, _)| monitoring_path(origin) == path)?.1;
        let known = log.lock().unwrap_or_else(PoisonError::into_inner);
        known.published.as_ref().map(ToString::to_string)
    }

    fn keep(
        &self,
        known: &Known,
        body: &[u8],
        response: &Response,
        now_s: u64,
        tell: &dyn Fn(Event),
    ) -> Option<PathBuf> {
        let about = format!(
            "The log {} signed the checkpoint in `request`, which was refused with {} at {now_s}: {}\
             `cosigned` is the checkpoint that this witness had cosigned before. Two checkpoints of one size with \
             different roots convict the log by themselves. For different sizes the log must show a proof that leads \
             from the smaller to the larger tree; if it cannot, it has forked.\n",
            known.origin, response.status, response.body,
        );
        self.folder.keep(known, body, &about).unwrap_or_else(|error| {
            tell(Event::Failed(error.to_string()));
            None
        })
    }
}

fn answered<E: std::fmt::Display>(decision: Result<Decision, E>, tell: &dyn Fn(Event)) -> Response {
    match decision {
        Ok(Decision::Refused { response, .. } | Decision::Cosigned { response, .. }) => response,
        Err(error) => {
            tell(Event::Failed(error.to_string()));
            unavailable("this witness cannot sign")
        }
    }
}

fn unavailable(text: &str) -> Response {
    Response { status: 503, content_type: TEXT_CONTENT_TYPE, body: format!("{text}\n") }
}

#[cfg(test)]
pub(crate) mod tests;
