//! The two calls that make loopback cheap: the pool goes out from the page cache (`sendfile`), and bytes that nobody
//! wants are dropped in the kernel (`recv` with `MSG_TRUNC`). Elsewhere than on Linux both fall back to copies.

use std::fs::File;
#[cfg(not(target_os = "linux"))]
use std::{io, net::TcpStream};

/// Bytes that can be sent without a copy: a file in memory.
#[derive(Debug)]
pub(crate) struct Shared {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux sends from it"))]
    file: Option<File>,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::File,
        io::{self, Write as _},
        net::TcpStream,
    };

    use rustix::{
        fs::{MemfdFlags, memfd_create, sendfile},
        net::{RecvFlags, SendFlags, recv, send},
    };

    use super::Shared;

    impl Shared {
        /// Lays `bytes` into a file in memory.
        pub(crate) fn new(bytes: &[u8]) -> Self {
            let file = memfd_create("bench-pool", MemfdFlags::CLOEXEC).ok().map(File::from);
            let file = file.and_then(|mut f| f.write_all(bytes).is_ok().then_some(f));
            Self { file }
        }

        /// Sends `len` bytes from `offset`; false where the caller must.
        pub(crate) fn send(&self, to: &TcpStream, mut offset: u64, mut len: usize) -> io::Result<bool> {
            let Some(file) = &self.file else { return Ok(false) };
            while len > 0 {
                match sendfile(to, file, Some(&mut offset), len) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(sent) => len = len.saturating_sub(sent),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(e) => return Err(e.into()),
                }
            }
            Ok(true)
        }
    }

    /// Sends bytes of which more follow at once.
    pub(crate) fn send_more(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match send(to, bytes, SendFlags::MORE | SendFlags::NOSIGNAL) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// Drops `len` bytes that have not been read yet.
    pub(crate) fn discard(from: &TcpStream, mut len: u64, scratch: &mut [u8]) -> io::Result<()> {
        while len > 0 {
            let most = usize::try_from(len).unwrap_or(usize::MAX).min(scratch.len());
            let part = scratch.get_mut(..most).unwrap_or_default();
            match recv(from, part, RecvFlags::TRUNC) {
                Ok((_, 0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok((_, got)) => len = len.saturating_sub(got as u64),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use std::{
            io::{Read as _, Write as _},
            net::{TcpListener, TcpStream},
        };

        use super::{Shared, discard, send_more};

        #[test]
        fn bytes_arrive_and_can_be_dropped() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let pool: Vec<u8> = (0..=255).cycle().take(100_000).collect();
            let shared = Shared::new(&pool);
            send_more(&server, b"head").unwrap();
            assert!(shared.send(&server, 1000, 50_000).unwrap());
            server.write_all(b"tail").unwrap();
            let mut got = vec![0; 50_008];
            client.read_exact(&mut got).unwrap();
            assert_eq!(got, [b"head".as_slice(), &pool[1000..51_000], b"tail"].concat());
            client.write_all(&[7; 3000]).unwrap();
            client.write_all(b"kept").unwrap();
            discard(&server, 3000, &mut [0; 777]).unwrap();
            let mut kept = [0; 4];
            server.read_exact(&mut kept).unwrap();
            assert_eq!(&kept, b"kept");
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{discard, send_more};

#[cfg(not(target_os = "linux"))]
impl Shared {
    /// Nothing to share here.
    pub(crate) fn new(_: &[u8]) -> Self {
        Self { file: None }
    }

    /// The caller must send.
    pub(crate) fn send(&self, _: &TcpStream, _: u64, _: usize) -> io::Result<bool> {
        Ok(false)
    }
}

/// Sends bytes of which more follow at once.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send_more(mut to: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    to.write_all(bytes)
}

/// Drops `len` bytes that have not been read yet.
#[cfg(not(target_os = "linux"))]
pub(crate) fn discard(from: &TcpStream, len: u64, _: &mut [u8]) -> io::Result<()> {
    use std::io::Read as _;
    let copied = io::copy(&mut from.take(len), &mut io::sink())?;
    if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
