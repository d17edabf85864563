//! The signature with an account's key (Shared Key).
//!
//! Specification: Azure Storage REST, "Authorize with Shared Key", version 2015-02-21 and later. The service sorts header
//! names by a collation in which `-` does not count and signs stand before digits before letters; so do we.

use std::cmp::Ordering;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A request to sign.
pub(super) struct ToSign<'a> {
    pub(super) method: &'a str,
    pub(super) account: &'a str,
    /// As on the wire, encoded.
    pub(super) path: &'a str,
    /// Not encoded.
    pub(super) query: &'a [(&'a str, &'a [u8])],
    /// Names in lower case.
    pub(super) headers: &'a [(String, Vec<u8>)],
    pub(super) content_length: u64,
}

/// The header `authorization`.
pub(super) fn authorization(request: &ToSign<'_>, key: &[u8]) -> String {
    let text = string_to_sign(request);
    // HMAC takes keys of any length.
    let signature = Hmac::<Sha256>::new_from_slice(key).map(|mut mac| {
        mac.update(&text);
        Base64::encode_string(&mac.finalize().into_bytes())
    });
    format!("SharedKey {}:{}", request.account, signature.unwrap_or_default())
}

/// Headers that stand in the text by their place and without their name.
const PLACED: [&str; 9] = [
    "content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since",
    "range", "",
];

fn string_to_sign(request: &ToSign<'_>) -> Vec<u8> {
    let header =
        |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice()).unwrap_or_default();
    let mut out = request.method.as_bytes().to_vec();
    for name in ["content-encoding", "content-language"] {
        out.push(b'\n');
        out.extend_from_slice(header(name));
    }
    out.push(b'\n');
    if request.content_length > 0 {
        out.extend_from_slice(request.content_length.to_string().as_bytes());
    }
    for name in PLACED {
        out.push(b'\n');
        out.extend_from_slice(header(name));
    }
    let mut own: Vec<&(String, Vec<u8>)> = request.headers.iter().filter(|(n, _)| n.starts_with("x-ms-")).collect();
    own.sort_by(|a, b| collate(&a.0, &b.0));
    for (name, value) in own {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(value.trim_ascii());
        out.push(b'\n');
    }
    out.push(b'/');
    out.extend_from_slice(request.account.as_bytes());
    out.extend_from_slice(request.path.as_bytes());
    let mut query = request.query.to_vec();
    query.sort_unstable();
    for (name, value) in query {
        out.push(b'\n');
        out.extend_from_slice(name.to_ascii_lowercase().as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
    }
    out
}

fn collate(a: &str, b: &str) -> Ordering {
    const SIGNS: &[u8] = b"!#$%&*.^_`|~+";
    let weight = |c: &u8| SIGNS.iter().position(|s| s == c).map_or((1, usize::from(*c)), |at| (0, at));
    let weights = |text: &str| -> Vec<(usize, usize)> {
        text.as_bytes().iter().filter(|c| !matches!(c, b'-' | b'\'')).map(weight).collect()
    };
    weights(a).cmp(&weights(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of "Authorize with Shared Key" (Get Container Metadata): the text that is signed.
    #[test]
    fn published_example() {
        let headers = [
            ("x-ms-version".to_owned(), b"2015-02-21".to_vec()),
            ("x-ms-date".to_owned(), b"Fri, 26 Jun 2015 23:39:12 GMT".to_vec()),
        ];
        let request = ToSign {
            method: "GET",
            account: "myaccount",
            path: "/mycontainer",
            query: &[("timeout", b"20"), ("restype", b"container"), ("comp", b"metadata")],
            headers: &headers,
            content_length: 0,
        };
        let text = String::from_utf8(string_to_sign(&request)).unwrap();
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn names_are_sorted_as_the_service_does() {
        let mut names = ["x-ms-meta-ab", "x-ms-meta-a-b", "x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-a", "x-ms-date"];
        names.sort_by(|a, b| collate(a, b));
        assert_eq!(
            names,
            ["x-ms-date", "x-ms-meta-a", "x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-a-b", "x-ms-meta-ab"]
        );
    }
}
