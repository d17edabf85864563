//! Where a store answers: scheme, authority, and a path before everything else. Parsed once, by hand, and not normalised.

use std::fmt;

use http::Uri;

/// Scheme, host, port and base path of a service.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Endpoint {
    secure: bool,
    authority: String,
    base: String,
}

/// Why a text is no endpoint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is no endpoint: {why}; write `https://host:port`")]
pub struct EndpointError {
    text: String,
    why: &'static str,
}

impl Endpoint {
    /// Reads `https://host[:port][/base]`. Credentials in it are refused: they would be printed.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let wrong = |why| EndpointError { text: redacted(text), why };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("the scheme is missing"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("the scheme is neither https nor http")),
        };
        let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(wrong("credentials do not belong there"));
        }
        if base.contains(['?', '#']) || authority.contains(['?', '#']) {
            return Err(wrong("a query does not belong there"));
        }
        let authority = authority.to_ascii_lowercase();
        if authority.parse::<http::uri::Authority>().is_err() {
            return Err(wrong("the host is missing or not valid"));
        }
        let base = base.trim_end_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        if !base.is_empty() && base.parse::<http::uri::PathAndQuery>().is_err() {
            return Err(wrong("the path is not valid"));
        }
        Ok(Self { secure, authority, base })
    }

    /// The same service under `name.host`.
    #[must_use]
    pub fn with_subdomain(&self, name: &str) -> Self {
        Self { authority: format!("{name}.{}", self.authority), ..self.clone() }
    }

    /// Host and port, without a default port: what the header `Host` says.
    pub fn authority(&self) -> &str {
        let default = if self.secure { ":443" } else { ":80" };
        self.authority.strip_suffix(default).unwrap_or(&self.authority)
    }

    /// The host's name alone.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// True when the host is an address: buckets cannot stand before it.
    pub fn is_address(&self) -> bool {
        let host = self.host();
        host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok()
    }

    /// True for https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The path before everything else, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A whole address. `target` is path and query, encoded, taken as it is; the base path stands in it already.
    pub(crate) fn uri(&self, target: &str) -> Uri {
        let scheme = if self.secure { "https" } else { "http" };
        let built = Uri::builder().scheme(scheme).authority(self.authority()).path_and_query(target).build();
        // Host and scheme were read before, and targets are percent-encoded: there is nothing left that could fail.
        built.unwrap_or_default()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.base)
    }
}

/// Without what may be a password.
fn redacted(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(start), Some(at)) if at > start => {
            format!("{}://***{}", text.get(..start).unwrap_or_default(), text.get(at..).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let plain = Endpoint::parse("http://127.0.0.1:9000/").unwrap();
        assert_eq!((plain.authority(), plain.base(), plain.is_address()), ("127.0.0.1:9000", "", true));
        let azure = Endpoint::parse("http://localhost:10000/devstoreaccount1").unwrap();
        assert_eq!((azure.host(), azure.base()), ("localhost", "/devstoreaccount1"));
        assert_eq!(Endpoint::parse("https://S3.Example.org:443").unwrap().authority(), "s3.example.org");
        assert!(Endpoint::parse("https://[::1]:9000").unwrap().is_address());
        for wrong in ["s3.example.org", "ftp://x", "https://", "https://a b", "https://h/?x=1", "https://h#f"] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
        let refused = Endpoint::parse("https://me:secret@host").unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn targets_are_not_normalised() {
        let endpoint = Endpoint::parse("https://s3.example.org").unwrap();
        for target in ["/b/a/../b", "/b/./x", "/b//a", "/b/%2E%2E/x", "/b/a/.", "/b/", "/b/%20a%20?list-type=2"] {
            assert_eq!(endpoint.uri(target).to_string(), format!("https://s3.example.org{target}"));
        }
    }
}
