//! One connection: request after request, with the faults that hit them.

use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::atomic::Ordering,
    thread,
    time::Duration,
};

use crate::{
    azure, control,
    counters::Op,
    faults::{Chosen, Fault},
    hub::{Act, Hub, Stop},
    s3,
    wire::{Answer, Body, Conn, Damage, Incoming, Request},
};

/// Which language a port speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    S3,
    Azure,
}

impl Dialect {
    fn op(self, request: &Request) -> Op {
        match self {
            Self::S3 => s3::op(request),
            Self::Azure => azure::op(request),
        }
    }

    fn answer(self, hub: &Hub, request: &Request, body: &mut Incoming<'_>, act: &Act) -> io::Result<Answer> {
        let answered = match self {
            Self::S3 => s3::answer(hub, request, body, act),
            Self::Azure => azure::answer(hub, request, body, act),
        };
        match answered {
            Ok(answer) => Ok(answer),
            Err(Stop::Io(error)) => Err(error),
            Err(Stop::Refused(status, code, words)) => Ok(self.refusal(request, status, code, &words)),
        }
    }

    fn refusal(self, request: &Request, status: u16, code: &str, words: &str) -> Answer {
        let mut answer = match self {
            Self::S3 => s3::refusal(status, code, words),
            Self::Azure => azure::refusal(status, code, words),
        };
        if request.method == "HEAD" || status == 304 {
            answer.body = Body::Empty;
        }
        answer
    }
}

/// Answers until the client or a fault ends the connection.
pub(crate) fn serve(hub: &Hub, stream: TcpStream, dialect: Dialect) -> io::Result<()> {
    stream.set_nodelay(true)?;
    hub.counters.connections.fetch_add(1, Ordering::Relaxed);
    wait(hub);
    let mut conn = Conn::new(stream);
    while let Some(request) = conn.request()? {
        if request.target.starts_with(b"/-/") {
            let answer = control::answer(hub, &request, &mut Incoming::new(&mut conn, &request))?;
            answer.send(conn.stream(), false, None)?;
            continue;
        }
        if !one(hub, &mut conn, &request, dialect)? {
            return conn.stream().shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

fn wait(hub: &Hub) {
    let ms = hub.latency_ms.load(Ordering::Relaxed);
    if ms > 0 {
        thread::sleep(Duration::from_millis(ms));
    }
}

/// Answers one request; false where the connection ends.
fn one(hub: &Hub, conn: &mut Conn, request: &Request, dialect: Dialect) -> io::Result<bool> {
    wait(hub);
    let op = dialect.op(request);
    hub.counters.request(op);
    let act = Act::new(hub.faults.choose(op));
    let acted = |fault| hub.faults.acted(fault, op, &request.target);
    let mut body = Incoming::new(conn, request);
    match act.chosen {
        Some(Chosen { fault: fault @ (Fault::Reset | Fault::CutUpload), .. }) => {
            if fault == Fault::CutUpload {
                body.half()?;
            }
            acted(fault);
            return Ok(false);
        }
        Some(Chosen { fault: Fault::Stall, stall_ms, .. }) => {
            acted(Fault::Stall);
            thread::sleep(Duration::from_millis(stall_ms));
        }
        Some(chosen) => {
            if let Some(answer) = status(dialect, request, chosen.fault) {
                acted(chosen.fault);
                let close = body.finish().is_err();
                return answer.send(conn.stream(), close, None);
            }
        }
        None => {}
    }
    let mut answer = dialect.answer(hub, request, &mut body, &act)?;
    let close = body.finish().is_err() || request.text("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
    if answer.status >= 400 && answer.status != 404 {
        hub.counters.refusals.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(fault) = act.used() {
        acted(fault);
    }
    if act.is(Fault::LoseAnswer) {
        acted(Fault::LoseAnswer);
        return Ok(false);
    }
    let damage = act.chosen.and_then(|chosen| damage(chosen, &mut answer));
    if let Some((fault, _)) = damage {
        acted(fault);
    }
    let damage = damage.and_then(|(_, d)| d);
    if let Body::Object(_, range) = &answer.body {
        hub.counters.bytes_out.fetch_add(range.end - range.start, Ordering::Relaxed);
    }
    answer.send(conn.stream(), close, damage)
}

/// What happens to the answer on its way, and whether it was changed here already.
fn damage(chosen: Chosen, answer: &mut Answer) -> Option<(Fault, Option<Damage>)> {
    let has_body = answer.body.len() > 0 && matches!(answer.body, Body::Text(_) | Body::Object(..));
    let place = chosen.chance % 1000;
    match chosen.fault {
        Fault::LieEtag if answer.etag.is_some() => {
            let lie = [chosen.chance, !chosen.chance].map(u64::to_be_bytes);
            answer.etag = Some(crate::text::hex(lie.as_flattened()));
            Some((Fault::LieEtag, None))
        }
        Fault::Truncate if has_body && answer.status < 300 => Some((Fault::Truncate, Some(Damage::Truncate(place)))),
        Fault::Flip if has_body && answer.status < 300 => Some((Fault::Flip, Some(Damage::Flip(place)))),
        _ => None,
    }
}

fn status(dialect: Dialect, request: &Request, fault: Fault) -> Option<Answer> {
    let answer = match (fault, dialect) {
        (Fault::Status500, _) => dialect.refusal(request, 500, "InternalError", "injected"),
        (Fault::Status503, Dialect::S3) => dialect.refusal(request, 503, "SlowDown", "injected"),
        (Fault::Status503, Dialect::Azure) => dialect.refusal(request, 503, "ServerBusy", "injected"),
        (Fault::Status429, _) => {
            dialect.refusal(request, 429, "TooManyRequests", "injected").header("retry-after", b"0")
        }
        (Fault::Status403, Dialect::S3) => dialect.refusal(request, 403, "AccessDenied", "injected"),
        (Fault::Status403, Dialect::Azure) => {
            dialect.refusal(request, 403, "AuthorizationPermissionMismatch", "injected")
        }
        _ => return None,
    };
    Some(answer)
}
