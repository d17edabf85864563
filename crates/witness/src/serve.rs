//! The witness over HTTP: `POST /add-checkpoint`, `GET /<hex>/checkpoint`.
//!
//! What it deliberately does not do: TLS, prefixes, limits per caller. A proxy in front does these.

use std::sync::Arc;

use flagstate_net::{Request, Response, ServeError, Server, Stop};

use crate::watch::{Event, Watch};

/// Answers until stopped. `now_s` is the time in seconds since 1970; `tell` hears what happens, from several threads.
///
/// # Errors
/// When the server cannot run.
pub fn serve(
    server: Server,
    watch: Watch,
    now_s: impl Fn() -> u64 + Send + Sync + 'static,
    tell: impl Fn(Event) + Send + Sync + 'static,
    stop: &Stop,
) -> Result<(), ServeError> {
    let watch = Arc::new(watch);
    server.run(move |request| answer(&watch, &request, &now_s, &tell), stop)
}

fn answer(watch: &Watch, request: &Request, now_s: &dyn Fn() -> u64, tell: &dyn Fn(Event)) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/add-checkpoint") => {
            let answer = watch.add_checkpoint(&request.body, now_s, tell);
            Response { status: answer.status, content_type: answer.content_type, body: answer.body.into_bytes() }
        }
        ("GET" | "HEAD", path) => match watch.published(path.trim_start_matches('/')) {
            Some(note) => Response::text(200, note),
            None => Response::text(404, "nothing was cosigned for this log\n"),
        },
        _ => Response::text(404, "a witness answers POST /add-checkpoint and GET /<hex>/checkpoint\n"),
    }
}

#[cfg(test)]
mod tests;
