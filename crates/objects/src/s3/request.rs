//! Requests to a bucket: built, signed, sent.

use bytes::Bytes;
use flagstate_sigv4::{
    Payload as Signed, Presign, Request as ToSign, Scope, SigningKey, amz_date, authorize, encode_path,
};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use jiff::Timestamp;

use super::{BodySigning, FRAMING, Inner, S3};
use crate::{
    Integrity, Key, Payload, RequestError, Version,
    credentials::CredentialError,
    http::{Outgoing, Reply},
};

/// A request before it is signed.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) key: Option<&'a Key>,
    pub(super) query: Vec<(&'static str, Vec<u8>)>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) payload: Payload,
    pub(super) integrity: Integrity,
}

impl<'a> Ask<'a> {
    pub(super) fn new(method: Method, key: Option<&'a Key>) -> Self {
        Self {
            method,
            key,
            query: Vec::new(),
            headers: Vec::new(),
            payload: Payload::empty(),
            integrity: Integrity::Nothing,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn version(self, version: Option<&Version>) -> Self {
        match version {
            Some(Version::Id(id)) => self.query("versionId", id.as_bytes()),
            // S3 has no snapshots: asking for one finds nothing.
            Some(Version::Snapshot(time)) => self.query("versionId", time.as_bytes()),
            None => self,
        }
    }

    pub(super) fn body(mut self, payload: Payload, integrity: Integrity) -> Self {
        self.payload = payload;
        self.integrity = integrity;
        self
    }
}

impl S3 {
    /// Signs and sends; any answer is an answer.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Response<Incoming>, RequestError> {
        self.inner.send(ask).await
    }

    /// Signs, sends, and reads the whole answer.
    pub(super) async fn exchange(&self, ask: Ask<'_>) -> Result<Reply, RequestError> {
        let response = self.inner.send(ask).await?;
        self.inner.http.read(&self.inner.place, response).await
    }
}

impl Inner {
    fn path(&self, key: Option<&Key>) -> String {
        match key {
            Some(key) => format!("{}/{}", self.root, encode_path(key.as_bytes())),
            None if self.root.is_empty() => "/".to_owned(),
            // `/bucket` and not `/bucket/`: some stores take the slash for an empty key.
            None => self.root.clone(),
        }
    }

    /// The signing key of today, derived once.
    fn key(&self, secret: &flagstate_sigv4::Credentials, at: Timestamp) -> SigningKey {
        let mut kept = self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((id, key)) = &*kept
            && *id == secret.access_key_id
            && key.fits(at)
        {
            return key.clone();
        }
        let key = SigningKey::derive(&secret.secret, Scope::new(at, &self.region, "s3"));
        *kept = Some((secret.access_key_id.clone(), key.clone()));
        key
    }

    async fn send(&self, ask: Ask<'_>) -> Result<Response<Incoming>, RequestError> {
        let at = self.clock.now();
        let path = self.path(ask.key);
        let behind =
            matches!(ask.integrity, Integrity::Trailing(_)) && !self.dialect.no_trailers && !ask.payload.is_empty();
        let integrity = if behind { ask.integrity } else { ask.integrity.ahead(&ask.payload, &self.place)? };
        let (body, payload, mut headers) = self.body(ask.payload, integrity);
        for (name, value) in ask.headers {
            match headers.iter_mut().find(|(n, _)| *n == name && name == "content-encoding") {
                // The object's own encoding stands behind the one of the transport.
                Some((_, transport)) => {
                    transport.push(b',');
                    transport.extend_from_slice(&value);
                }
                None => headers.push((name, value)),
            }
        }
        headers.push(("host".to_owned(), self.endpoint.authority().into()));
        let query: Vec<(&[u8], &[u8])> = ask.query.iter().map(|(n, v)| (n.as_bytes(), v.as_slice())).collect();
        if let Some(credentials) = self.credentials(at).await? {
            headers.push(("x-amz-date".to_owned(), amz_date(at).into()));
            if let Some(token) = credentials.token() {
                headers.push(("x-amz-security-token".to_owned(), token.into()));
            }
            let payload = match &payload {
                Body::Empty => Signed::Empty,
                Body::Sha256(hex) => Signed::Sha256(hex),
                Body::Unsigned => Signed::Unsigned,
                Body::Chunked => Signed::UnsignedChunksTrailer,
            };
            headers.push(("x-amz-content-sha256".to_owned(), payload.text().into()));
            let all: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
            let request = ToSign { method: ask.method.as_str(), path: &path, query: &query, headers: &all, payload };
            let key = self.key(&credentials, at);
            let signed = authorize(&request, &credentials.access_key_id, &key, at);
            headers.push(("authorization".to_owned(), signed.authorization.into()));
        }
        let request = self.assemble(ask.method, &path, &query, headers, body)?;
        self.http.send(&self.place, request).await
    }

    fn assemble(
        &self,
        method: Method,
        path: &str,
        query: &[(&[u8], &[u8])],
        headers: Vec<(String, Vec<u8>)>,
        body: Outgoing,
    ) -> Result<Request<Outgoing>, RequestError> {
        let target = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", flagstate_sigv4::canonical_query(query))
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.endpoint.uri(&target);
        for (name, value) in headers {
            let wrong = || RequestError::Nonsense {
                place: self.place.clone(),
                what: format!("the header `{name}` of the request cannot be sent"),
            };
            let value = HeaderValue::from_bytes(&value).map_err(|_| wrong())?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }

    /// The body, how it is signed, and the headers that its checksum needs.
    fn body(&self, payload: Payload, integrity: Integrity) -> (Outgoing, Body, Vec<(String, Vec<u8>)>) {
        let mut headers = Vec::new();
        let build = self.http.outgoing();
        let body = match (&payload, self.dialect.signing) {
            (p, _) if p.is_empty() => Body::Empty,
            (p, BodySigning::Sha256) => p.as_segments().map_or(Body::Unsigned, |s| Body::Sha256(sha256(s))),
            (_, BodySigning::Unsigned) => Body::Unsigned,
        };
        match integrity {
            Integrity::Trailing(algorithm) => {
                headers.push(("x-amz-trailer".to_owned(), format!("x-amz-checksum-{}", algorithm.name()).into()));
                headers.push(("x-amz-decoded-content-length".to_owned(), payload.len().to_string().into()));
                if !self.dialect.bare_chunks {
                    headers.push(("content-encoding".to_owned(), FRAMING.into()));
                }
                let outgoing = build.chunked(payload, algorithm);
                headers.push(("content-length".to_owned(), outgoing.wire_len().to_string().into()));
                return (outgoing, Body::Chunked, headers);
            }
            Integrity::Known(sum) => headers.push(checksum_header(&sum)),
            Integrity::Nothing => {}
        }
        (build.payload(payload), body, headers)
    }

    async fn credentials(&self, at: Timestamp) -> Result<Option<flagstate_sigv4::Credentials>, RequestError> {
        let wrong =
            |cause: CredentialError| RequestError::Credentials { place: self.place.clone(), cause: Box::new(cause) };
        self.source.credentials(&self.http, at).await.map_err(wrong)
    }

    pub(super) async fn presign(&self, method: &str, key: &Key, expires_s: u32) -> Result<String, RequestError> {
        let at = self.clock.now();
        let Some(credentials) = self.credentials(at).await? else {
            return Err(RequestError::Unsupported {
                place: self.place.clone(),
                what: "signed URLs without credentials",
            });
        };
        let path = self.path(Some(key));
        let headers = [("host", self.endpoint.authority().as_bytes())];
        let request = ToSign { method, path: &path, query: &[], headers: &headers, payload: Signed::Unsigned };
        let who = Presign { access_key_id: &credentials.access_key_id, token: credentials.token(), expires_s };
        let query = flagstate_sigv4::presign(&request, who, &self.key(&credentials, at), at);
        Ok(self.endpoint.uri(&format!("{path}?{query}")).to_string())
    }
}

enum Body {
    Empty,
    Sha256(String),
    Unsigned,
    Chunked,
}

fn sha256(segments: &[Bytes]) -> String {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for segment in segments {
        hasher.update(segment);
    }
    flagstate_sigv4::hex(&hasher.finalize())
}

/// `x-amz-checksum-...`, and `content-md5` for MD5.
pub(super) fn checksum_header(sum: &crate::Checksum) -> (String, Vec<u8>) {
    match sum.algorithm {
        crate::Algorithm::Md5 => ("content-md5".to_owned(), sum.base64().into()),
        other => (format!("x-amz-checksum-{}", other.name()), sum.base64().into()),
    }
}
