//! Requests to a container: built, authorised, sent.

use flagstate_sigv4::{canonical_query, encode_path};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;

use super::{
    Azure,
    auth::{ToSign, authorization},
};
use crate::{
    Algorithm, Condition, ETag, Integrity, Key, Payload, Properties, RequestError, Version,
    clock::http_date,
    credentials::AzureAuth,
    http::{Outgoing, Reply},
};

/// The service's version that every request names.
const VERSION: &str = "2026-02-06";

/// A request before it is authorised.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) key: Option<&'a Key>,
    pub(super) query: Vec<(&'static str, Vec<u8>)>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) payload: Payload,
}

impl<'a> Ask<'a> {
    pub(super) fn new(method: Method, key: Option<&'a Key>) -> Self {
        Self { method, key, query: Vec::new(), headers: Vec::new(), payload: Payload::empty() }
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
            Some(Version::Id(id)) => self.query("versionid", id.as_bytes()),
            Some(Version::Snapshot(time)) => self.query("snapshot", time.as_bytes()),
            None => self,
        }
    }

    pub(super) fn if_match(self, etag: Option<&ETag>) -> Self {
        match etag {
            Some(etag) => self.header("if-match", etag.quoted()),
            None => self,
        }
    }

    pub(super) fn under(self, condition: Condition<'_>) -> (Self, Option<&ETag>) {
        match condition {
            Condition::Always => (self, None),
            Condition::Absent => (self.header("if-none-match", "*"), None),
            Condition::Matches(etag) => (self.if_match(Some(etag)), Some(etag)),
        }
    }

    /// Headers, metadata, tags and tier of a blob that is written.
    pub(super) fn describe(mut self, properties: &Properties) -> Self {
        let headers = &properties.headers;
        let fields = [
            ("x-ms-blob-content-type", &headers.content_type),
            ("x-ms-blob-content-encoding", &headers.content_encoding),
            ("x-ms-blob-content-language", &headers.content_language),
            ("x-ms-blob-content-disposition", &headers.content_disposition),
            ("x-ms-blob-cache-control", &headers.cache_control),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                self = self.header(name, value.as_bytes());
            }
        }
        for (name, value) in &properties.metadata {
            self = self.header(&format!("x-ms-meta-{}", name.to_ascii_lowercase()), value.as_bytes());
        }
        if let Some(class) = &properties.class {
            self = self.header("x-ms-access-tier", class.as_bytes());
        }
        if !properties.tags.is_empty() {
            let pairs: Vec<(&[u8], &[u8])> =
                properties.tags.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
            self = self.header("x-ms-tags", canonical_query(&pairs));
        }
        self
    }

    pub(super) fn body(mut self, payload: Payload, integrity: Integrity) -> Self {
        self.payload = payload;
        if let Integrity::Known(sum) = integrity {
            let name = match sum.algorithm {
                Algorithm::Crc64Nvme => "x-ms-content-crc64",
                Algorithm::Md5 => "content-md5",
                // The service knows no other.
                _ => return self,
            };
            self = self.header(name, sum.azure_base64());
        }
        self
    }
}

impl Azure {
    /// Authorises, sends, and reads the whole answer.
    pub(super) async fn exchange(&self, ask: Ask<'_>) -> Result<Reply, RequestError> {
        let response = self.send(ask).await?;
        self.inner.http.read(&self.inner.place, response).await
    }

    /// Authorises and sends; any answer is an answer.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Response<Incoming>, RequestError> {
        let inner = &*self.inner;
        let at = inner.clock.now();
        let path = match ask.key {
            Some(key) => format!("{}/{}", inner.root, encode_path(key.as_bytes())),
            None => inner.root.clone(),
        };
        let mut headers = ask.headers;
        headers.push(("x-ms-date".to_owned(), http_date(at).into()));
        headers.push(("x-ms-version".to_owned(), VERSION.into()));
        let auth = inner.source.auth(&inner.http, at).await;
        let auth =
            auth.map_err(|cause| RequestError::Credentials { place: inner.place.clone(), cause: Box::new(cause) })?;
        let plain: Vec<(&[u8], &[u8])> = ask.query.iter().map(|(n, v)| (n.as_bytes(), v.as_slice())).collect();
        let mut query = canonical_query(&plain);
        match &auth {
            AzureAuth::Anonymous => {}
            AzureAuth::Key(key) => {
                let query: Vec<(&str, &[u8])> = ask.query.iter().map(|(n, v)| (*n, v.as_slice())).collect();
                let request = ToSign {
                    method: ask.method.as_str(),
                    account: &inner.account,
                    path: &path,
                    query: &query,
                    headers: &headers,
                    content_length: ask.payload.len(),
                };
                headers.push(("authorization".to_owned(), authorization(&request, key).into()));
            }
            AzureAuth::Sas(sas) => {
                if !query.is_empty() {
                    query.push('&');
                }
                query.push_str(sas.expose());
            }
            AzureAuth::Token(token) => {
                headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose()).into()));
            }
        }
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let length = ask.method == Method::PUT && ask.payload.is_empty();
        let mut request = Request::new(inner.http.outgoing().payload(ask.payload));
        *request.method_mut() = ask.method;
        *request.uri_mut() = inner.endpoint.uri(&target);
        if length {
            headers.push(("content-length".to_owned(), b"0".to_vec()));
        }
        self.fill(&mut request, headers)?;
        inner.http.send(&inner.place, request).await
    }

    fn fill(&self, request: &mut Request<Outgoing>, headers: Vec<(String, Vec<u8>)>) -> Result<(), RequestError> {
        for (name, value) in headers {
            let wrong = || self.nonsense(format!("the header `{name}` of the request cannot be sent"));
            let value = HeaderValue::from_bytes(&value).map_err(|_| wrong())?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            request.headers_mut().append(name, value);
        }
        Ok(())
    }
}
