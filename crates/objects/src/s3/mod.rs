//! S3 and everything that speaks it: Amazon, Ceph, MinIO, SeaweedFS, Garage, Scaleway, OVHcloud, Google's XML API.
//!
//! Keys are bytes, encoded once and never normalised. Nothing is sent by default that only some stores know: checksums
//! and conditions go along when the caller asks, since the caller knows the probe's result.
//!
//! Specification: Amazon S3 API reference, 2006-03-01, as of the service model of 2026-08.

mod acl;
mod answer;
mod container;
mod list;
mod multipart;
mod object;
mod request;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, At, Begin, Clock, Complete, ContainerFacts, DeleteError, Endpoint, Entry, Get, Got, Http, Key, Limits,
    List, ListError, OpenUpload, Page, Part, PartDone, Put, ReadError, RequestError, Store, UploadId, WriteError,
    Written, credentials::AwsSource,
};

/// Where the bucket's name stands.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// In the host name where that works: not for addresses and not for names with dots.
    #[default]
    Auto,
    /// In the path.
    Path,
    /// In the host name.
    VirtualHost,
}

/// What the signature covers of a body.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySigning {
    /// Nothing: TLS and the checksum guard it.
    #[default]
    Unsigned,
    /// Its SHA-256, for stores that insist. Bodies that stream stay unsigned.
    Sha256,
}

/// How a store writes `+` in listings with `encoding-type=url`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Plus {
    /// As forms do: `+` means a space (Amazon). A page in which a space stands as `%20` is read otherwise.
    #[default]
    Space,
    /// `+` means itself.
    Itself,
}

/// The encoding of bodies in chunks: the transport's, never the object's.
const FRAMING: &str = "aws-chunked";

/// What is known of how this store speaks. A probe fills it in.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Dialect {
    /// `+` in listings.
    pub plus: Plus,
    /// Body signing.
    pub signing: BodySigning,
    /// Checksums behind streamed bodies are not understood (`aws-chunked`).
    pub no_trailers: bool,
    /// The transport's `aws-chunked` would be kept as the object's encoding: it is left out, and the framing is understood
    /// without it.
    pub bare_chunks: bool,
    /// Tags cannot go along with a write: they are set in a request of their own.
    pub tags_apart: bool,
    /// Listings do not ascend by bytes: the caller must sort. Else a listing that goes back is an error.
    pub unordered: bool,
}

/// How to reach a bucket.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// The bucket.
    pub bucket: String,
    /// The service.
    pub endpoint: Endpoint,
    /// The region to sign for.
    pub region: String,
    /// Where the bucket's name stands.
    pub style: Style,
    /// How the store speaks.
    pub dialect: Dialect,
    /// Its limits; else those documented for the endpoint.
    pub limits: Option<Limits>,
    /// What messages call it; else `s3://bucket`.
    pub place: Option<String>,
}

impl S3Config {
    /// The bucket of an endpoint, everything else by default.
    pub fn new(bucket: &str, endpoint: Endpoint, region: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            endpoint,
            region: region.to_owned(),
            style: Style::Auto,
            dialect: Dialect::default(),
            limits: None,
            place: None,
        }
    }

    /// Amazon's endpoint of a region.
    pub fn amazon_endpoint(region: &str) -> String {
        let suffix = match region.split('-').next() {
            Some("cn") => "amazonaws.com.cn",
            Some("eusc") => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        format!("https://s3.{region}.{suffix}")
    }
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct S3 {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    clock: Arc<dyn Clock>,
    source: AwsSource,
    /// Endpoint with the bucket in front where it stands there.
    endpoint: Endpoint,
    /// `/bucket` where it stands in the path, and the endpoint's own path.
    root: String,
    bucket: String,
    region: String,
    place: String,
    limits: Limits,
    dialect: Dialect,
    keys: std::sync::Mutex<Option<(String, flagstate_sigv4::SigningKey)>>,
}

impl S3 {
    /// A bucket behind a client.
    pub fn new(config: S3Config, http: Http, source: AwsSource, clock: Arc<dyn Clock>) -> Self {
        let limits = config.limits.unwrap_or_else(|| Limits::of_host(config.endpoint.host()));
        let in_host = match config.style {
            Style::Path => false,
            Style::VirtualHost => true,
            // Dots break wildcard certificates, and `localhost` has no subdomains.
            Style::Auto => {
                let host = config.endpoint.host();
                !(limits.path_style
                    || config.endpoint.is_address()
                    || config.bucket.contains('.')
                    || !host.contains('.'))
            }
        };
        let base = config.endpoint.base().to_owned();
        let (endpoint, root) = if in_host {
            (config.endpoint.with_subdomain(&config.bucket), base)
        } else {
            let root = format!("{base}/{}", flagstate_sigv4::encode(config.bucket.as_bytes()));
            (config.endpoint.clone(), root)
        };
        let place = config.place.unwrap_or_else(|| format!("s3://{}", config.bucket));
        Self {
            inner: Arc::new(Inner {
                http,
                clock,
                source,
                endpoint,
                root,
                bucket: config.bucket,
                region: config.region,
                place,
                limits,
                dialect: config.dialect,
                keys: std::sync::Mutex::new(None),
            }),
        }
    }

    /// The same bucket, spoken to as a probe found out.
    #[must_use]
    pub fn with_dialect(&self, dialect: Dialect) -> Self {
        let i = &self.inner;
        Self {
            inner: Arc::new(Inner {
                http: i.http.clone(),
                clock: i.clock.clone(),
                source: i.source.clone(),
                endpoint: i.endpoint.clone(),
                root: i.root.clone(),
                bucket: i.bucket.clone(),
                region: i.region.clone(),
                place: i.place.clone(),
                limits: i.limits.clone(),
                dialect,
                keys: std::sync::Mutex::new(None),
            }),
        }
    }

    /// True when an object says that it is encoded by a transport that ended with its upload.
    pub(crate) async fn keeps_framing(&self, key: &Key) -> bool {
        let reply = self.exchange(request::Ask::new(http::Method::HEAD, Some(key))).await;
        reply.is_ok_and(|r| crate::http::text(&r.headers, "content-encoding").is_some_and(|t| t.contains(FRAMING)))
    }

    /// How often the way here or the server was at fault, whatever was asked.
    pub(crate) fn disturbed(&self) -> u64 {
        self.inner.http.disturbed()
    }

    /// How it is spoken to.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// A URL with which anybody can GET or PUT an object for a while, without credentials.
    pub async fn presign(&self, method: &str, key: &Key, expires_s: u32) -> Result<String, RequestError> {
        self.inner.presign(method, key, expires_s).await
    }

    /// The buckets that the credentials own. Only for a client whose bucket has no name.
    pub(crate) async fn buckets(&self) -> Result<Vec<String>, RequestError> {
        container::all(self).await
    }

    /// Keeps old versions from now on.
    pub async fn enable_versioning(&self) -> Result<(), RequestError> {
        container::enable_versioning(self).await
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

impl Store for S3 {
    fn place(&self) -> &str {
        &self.inner.place
    }

    fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError> {
        Box::pin(list::list(self, ask))
    }

    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError> {
        Box::pin(object::head(self, at))
    }

    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError> {
        Box::pin(object::get(self, at, ask))
    }

    fn put<'a>(&'a self, put: Put<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(object::put(self, put))
    }

    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError> {
        Box::pin(multipart::begin(self, begin))
    }

    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(multipart::put_part(self, part))
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(multipart::complete(self, complete))
    }

    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        Box::pin(multipart::abort(self, key, upload))
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        Box::pin(multipart::uploads(self, prefix))
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        Box::pin(multipart::parts(self, key, upload))
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(object::tags(self, at))
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        Box::pin(object::set_tags(self, at, tags))
    }

    fn first_part<'a>(&'a self, at: At<'a>) -> Answer<'a, Option<u64>, ReadError> {
        Box::pin(object::first_part(self, at))
    }

    fn access<'a>(&'a self, at: At<'a>) -> Answer<'a, Option<String>, ReadError> {
        Box::pin(acl::of_object(self, at))
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(object::delete(self, at))
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        Box::pin(container::facts(self))
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        Box::pin(container::create(self))
    }

    fn as_s3(&self) -> Option<&S3> {
        Some(self)
    }
}
