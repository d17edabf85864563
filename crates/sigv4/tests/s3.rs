//! The worked examples of the S3 API reference ("Authenticating requests (AWS Signature Version 4)"): header, query,
//! chunks, chunks with trailing headers.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use flagstate_sigv4::{
    ChunkSigner, Framing, Payload, Presign, Request, Scope, SecretKey, SigningKey, authorize, encode_path, presign,
    sha256_hex,
};
use jiff::Timestamp;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const HOST: (&str, &[u8]) = ("Host", b"examplebucket.s3.amazonaws.com");
const DATE: (&str, &[u8]) = ("x-amz-date", b"20130524T000000Z");

fn key() -> (SigningKey, Timestamp) {
    let at: Timestamp = "2013-05-24T00:00:00Z".parse().expect("a date");
    let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    (SigningKey::derive(&secret, Scope::new(at, "us-east-1", "s3")), at)
}

fn signature(request: &Request<'_>) -> String {
    let (key, at) = key();
    authorize(request, ID, &key, at).signature.as_str().to_owned()
}

#[test]
fn get_part_of_an_object() {
    let sum: (&str, &[u8]) = ("x-amz-content-sha256", Payload::Empty.text().as_bytes());
    let headers = [HOST, ("Range", b"bytes=0-9"), sum, DATE];
    let request = Request { method: "GET", path: "/test.txt", query: &[], headers: &headers, payload: Payload::Empty };
    assert_eq!(signature(&request), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

#[test]
fn put_an_object() {
    let digest = sha256_hex(b"Welcome to Amazon S3.");
    let headers = [
        ("Date", b"Fri, 24 May 2013 00:00:00 GMT".as_slice()),
        HOST,
        DATE,
        ("x-amz-storage-class", b"REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", digest.as_bytes()),
    ];
    let path = encode_path(b"/test$file.text");
    let payload = Payload::Sha256(&digest);
    let request = Request { method: "PUT", path: &path, query: &[], headers: &headers, payload };
    assert_eq!(signature(&request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

#[test]
fn subresources_and_lists() {
    let sum: (&str, &[u8]) = ("x-amz-content-sha256", Payload::Empty.text().as_bytes());
    let headers = [HOST, DATE, sum];
    let base = Request { method: "GET", path: "/", query: &[], headers: &headers, payload: Payload::Empty };
    let lifecycle = Request { query: &[(b"lifecycle", b"")], ..base };
    assert_eq!(signature(&lifecycle), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    let list = Request { query: &[(b"max-keys", b"2"), (b"prefix", b"J")], ..base };
    assert_eq!(signature(&list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

#[test]
fn presigned_url() {
    let (key, at) = key();
    let headers = [("host", HOST.1)];
    let request =
        Request { method: "GET", path: "/test.txt", query: &[], headers: &headers, payload: Payload::Unsigned };
    let query = presign(&request, Presign { access_key_id: ID, token: None, expires_s: 86_400 }, &key, at);
    assert_eq!(
        query,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

fn chunked(payload: Payload<'_>, extra: &[(&'static str, &'static [u8])]) -> Request<'static> {
    let mut headers = vec![
        ("Host", b"s3.amazonaws.com".as_slice()),
        DATE,
        ("x-amz-storage-class", b"REDUCED_REDUNDANCY"),
        ("Content-Encoding", b"aws-chunked"),
        ("x-amz-decoded-content-length", b"66560"),
        ("Content-Length", b"66824"),
    ];
    headers.extend_from_slice(extra);
    let payload = match payload {
        Payload::SignedChunksTrailer => Payload::SignedChunksTrailer,
        _ => Payload::SignedChunks,
    };
    if !extra.is_empty() {
        // The example with trailing headers has no content length among its signed headers.
        headers.retain(|(name, _)| *name != "Content-Length");
    }
    headers.push(("x-amz-content-sha256", payload.text().to_owned().leak().as_bytes()));
    Request { method: "PUT", path: "/examplebucket/chunkObject.txt", query: &[], headers: headers.leak(), payload }
}

#[test]
fn signed_chunks() {
    let (key, at) = key();
    let seed = authorize(&chunked(Payload::SignedChunks, &[]), ID, &key, at).signature;
    assert_eq!(seed.as_str(), "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    let mut signer = ChunkSigner::new(key, at, seed);
    let (first, second) = (vec![b'a'; 65_536], vec![b'a'; 1024]);
    let signature = signer.chunk(&first);
    assert_eq!(signature.as_str(), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    let line = Framing::Signed.head(65_536, Some(&signature));
    assert_eq!(line, "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n");
    assert_eq!(signer.chunk(&second).as_str(), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    assert_eq!(signer.chunk(b"").as_str(), "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    assert_eq!(Framing::Signed.wire_len(66_560, 65_536, &[]), 66_824);
}

#[test]
fn signed_chunks_with_trailing_headers() {
    let (key, at) = key();
    let request = chunked(Payload::SignedChunksTrailer, &[("x-amz-trailer", b"x-amz-checksum-crc32c")]);
    let seed = authorize(&request, ID, &key, at).signature;
    assert_eq!(seed.as_str(), "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    let mut signer = ChunkSigner::new(key, at, seed);
    assert_eq!(
        signer.chunk(&vec![b'a'; 65_536]).as_str(),
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"
    );
    assert_eq!(
        signer.chunk(&vec![b'a'; 1024]).as_str(),
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"
    );
    assert_eq!(signer.chunk(b"").as_str(), "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
    let trailer = signer.trailer(&[("x-amz-checksum-crc32c", "sOO8/Q==")]);
    assert_eq!(trailer.as_str(), "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435");
}

/// Frames as they go on the wire, counted against the formula.
#[test]
fn wire_length_is_what_is_written() {
    let (key, at) = key();
    for framing in [Framing::Signed, Framing::Unsigned] {
        for len in [0_usize, 1, 15, 16, 17, 100, 255, 256, 4096] {
            for chunk in [1_usize, 16, 100, 4096] {
                let mut signer = ChunkSigner::new(key.clone(), at, seed());
                let body = vec![7_u8; len];
                let mut wire = Vec::new();
                for piece in body.chunks(chunk) {
                    wire.extend_from_slice(framing.head(piece.len(), Some(&signer.chunk(piece))).as_bytes());
                    wire.extend_from_slice(piece);
                    wire.extend_from_slice(b"\r\n");
                }
                wire.extend_from_slice(framing.head(0, Some(&signer.chunk(b""))).as_bytes());
                let bare = wire.len() + 2;
                wire.extend_from_slice(b"x-amz-checksum-crc64nvme:AAAAAAAAAAA=\r\n");
                if framing == Framing::Signed {
                    let signature = signer.trailer(&[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")]);
                    wire.extend_from_slice(format!("x-amz-trailer-signature:{}\r\n", signature.as_str()).as_bytes());
                }
                wire.extend_from_slice(b"\r\n");
                let trailers = [("x-amz-checksum-crc64nvme", 12_u64)];
                assert_eq!(framing.wire_len(len as u64, chunk as u64, &trailers), wire.len() as u64);
                assert_eq!(framing.wire_len(len as u64, chunk as u64, &[]), bare as u64);
            }
        }
    }
}

fn seed() -> flagstate_sigv4::Signature {
    let (key, at) = key();
    authorize(&chunked(Payload::SignedChunks, &[]), ID, &key, at).signature
}
