//! Ports that nobody listens on.

use std::net::TcpListener;

/// A free port below 55 000, so that port + 10 000 exists; `also` free at that distance.
pub(crate) fn free(taken: &mut Vec<u16>, also: Option<u16>) -> u16 {
    for _ in 0..1000 {
        let Ok(listener) = TcpListener::bind(("127.0.0.1", 0)) else { continue };
        let Ok(port) = listener.local_addr().map(|a| a.port()) else { continue };
        // Ephemeral ports begin high: fold them down so that the second one fits.
        let port = 15_000 + port % 30_000;
        drop(listener);
        let open = |p: u16| TcpListener::bind(("127.0.0.1", p)).is_ok();
        let fits = open(port) && also.is_none_or(|d| open(port + d));
        if fits && !taken.contains(&port) {
            taken.push(port);
            return port;
        }
    }
    0
}
