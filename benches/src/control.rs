//! The control address, below `/-/` on every port: buckets, faults, latency, counters.
//!
//! `GET /-/counters`, `POST /-/reset`, `POST /-/latency?ms=30`, `POST /-/faults` (a [`Plan`] as JSON), `GET /-/faults` (what
//! acted; forgets it), `POST /-/buckets/NAME` (a [`Setup`] as JSON), `DELETE /-/buckets/NAME`.

use std::{io, sync::atomic::Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    faults::Plan,
    hub::Hub,
    store::{Bucket, Generated, Keep, Kept, Objects, Recipe},
    wire::{Answer, Body, Incoming, Request},
};

/// What a bucket is to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Setup {
    /// Computed; cannot be written to.
    Generated(Recipe),
    /// Written to.
    Kept {
        /// What becomes of the bytes.
        #[serde(default)]
        keep: Keep,
        /// The bucket whose copy it is to become: an `ETag` of a true copy is that bucket's, differences are counted.
        #[serde(default)]
        mirror: Option<String>,
        /// Old states stay.
        #[serde(default)]
        versioned: bool,
    },
}

/// Adds or replaces a bucket.
pub(crate) fn set_up(hub: &Hub, name: &str, setup: Setup) -> Result<(), String> {
    let objects = match setup {
        Setup::Generated(recipe) => {
            let dirs = recipe.count / recipe.per_dir.max(1);
            if recipe.count > 9_999_999_999 || dirs > 9_999_999 {
                return Err("keys would not ascend: at most 9 999 999 999 keys below 9 999 999 prefixes".to_owned());
            }
            Objects::Generated(Generated::new(recipe, hub.pool.clone()))
        }
        Setup::Kept { keep, mirror, versioned } => {
            let find = |name: String| hub.buckets.get(&name).ok_or_else(|| format!("there is no bucket `{name}`"));
            Objects::Kept(Kept::new(keep, mirror.map(find).transpose()?, versioned))
        }
    };
    hub.buckets.set(name, Bucket::new(objects));
    Ok(())
}

/// Everything that was counted.
pub(crate) fn counters(hub: &Hub) -> Value {
    let mut value = hub.counters.value();
    let (mut uploads, mut parts, mut bytes) = (0, 0, 0);
    let mut buckets = serde_json::Map::new();
    for (name, bucket) in hub.buckets.all() {
        let (u, p, b) = bucket.uploads.totals();
        uploads += u;
        parts += p;
        bytes += b;
        buckets.insert(name, bucket.count().into());
    }
    value.insert("open_uploads".to_owned(), uploads.into());
    value.insert("open_parts".to_owned(), parts.into());
    value.insert("open_bytes".to_owned(), bytes.into());
    value.insert("objects".to_owned(), buckets.into());
    value.into()
}

fn json<T: for<'a> Deserialize<'a>>(body: &mut Incoming<'_>) -> io::Result<Result<T, String>> {
    let mut text = Vec::new();
    body.read(&mut |piece| text.extend_from_slice(piece))?;
    Ok(serde_json::from_slice(&text).map_err(|e| e.to_string()))
}

pub(crate) fn answer(hub: &Hub, request: &Request, body: &mut Incoming<'_>) -> io::Result<Answer> {
    let path = String::from_utf8_lossy(request.path()).into_owned();
    let done = || Ok(Value::Null);
    let outcome: Result<Value, String> = match (request.method.as_str(), path.trim_start_matches("/-/")) {
        ("GET", "counters") => Ok(counters(hub)),
        ("POST", "reset") => {
            hub.counters.reset();
            hub.faults.take_log();
            done()
        }
        ("POST", "latency") => {
            let ms = request.query_text("ms").and_then(|t| t.parse().ok()).unwrap_or(0);
            hub.latency_ms.store(ms, Ordering::Relaxed);
            done()
        }
        ("POST", "faults") => json::<Plan>(body)?.map(|plan| {
            hub.faults.set(plan);
            Value::Null
        }),
        ("GET", "faults") => Ok(json!(hub.faults.take_log())),
        (method, rest) => match (method, rest.strip_prefix("buckets/")) {
            ("POST", Some(name)) => {
                json::<Setup>(body)?.and_then(|setup| set_up(hub, name, setup)).map(|()| Value::Null)
            }
            ("DELETE", Some(name)) => {
                hub.buckets.remove(name);
                done()
            }
            _ => Err(format!("{method} {path} is nothing")),
        },
    };
    body.finish()?;
    let (status, value) = match outcome {
        Ok(value) => (200, value),
        Err(words) => (400, json!({ "error": words })),
    };
    Ok(Answer::new(status).header("content-type", b"application/json").with(Body::Text(value.to_string().into_bytes())))
}
