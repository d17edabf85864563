//! Azure Blob Storage: account key, shared access signature, Entra token; block blobs whole and in blocks.
//!
//! Page and append blobs are read like any other; written are block blobs. What Azure calls an upload does not exist:
//! blocks wait below the blob's name for a week. An upload's id here is the beginning of its blocks' ids.
//!
//! Specification: Azure Blob Storage REST API, service version 2026-02-06 (`List Blobs` with `startFrom`).

mod answer;
mod auth;
mod blocks;
mod list;
mod object;
mod request;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
};

use http::Method;

use crate::{
    Answer, At, Begin, Clock, Complete, ContainerFacts, DeleteError, Endpoint, Entry, Get, Got, Http, Key, Limits,
    List, ListError, OpenUpload, Page, Part, PartDone, Put, ReadError, RequestError, Store, UploadId, Version,
    WriteError, Written, credentials::AzureSource, http::text, xml,
};
use request::Ask;

/// How to reach a container.
#[derive(Clone, Debug)]
pub struct AzureConfig {
    /// The storage account's name.
    pub account: String,
    /// The container.
    pub container: String,
    /// The blob service of the account. For emulators with the account in the path.
    pub endpoint: Endpoint,
    /// Its limits; else the documented ones.
    pub limits: Option<Limits>,
    /// What messages call it; else `az://account/container`.
    pub place: Option<String>,
}

impl AzureConfig {
    /// A container of an account behind an endpoint.
    pub fn new(account: &str, container: &str, endpoint: Endpoint) -> Self {
        Self { account: account.to_owned(), container: container.to_owned(), endpoint, limits: None, place: None }
    }

    /// The public cloud's endpoint of an account.
    pub fn public_endpoint(account: &str) -> String {
        format!("https://{account}.blob.core.windows.net")
    }
}

/// A container.
#[derive(Clone, Debug)]
pub struct Azure {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    clock: Arc<dyn Clock>,
    source: AzureSource,
    endpoint: Endpoint,
    /// Path of the container, encoded.
    root: String,
    account: String,
    place: String,
    limits: Limits,
    /// Tells uploads of one moment apart.
    uploads: AtomicU64,
    /// The service refused to compute a CRC-64: an emulator, or a gateway.
    no_crc: AtomicBool,
}

impl Azure {
    /// A container behind a client.
    pub fn new(config: AzureConfig, http: Http, source: AzureSource, clock: Arc<dyn Clock>) -> Self {
        let container = flagstate_sigv4::encode(config.container.as_bytes());
        let root = format!("{}/{container}", config.endpoint.base());
        let place = config.place.unwrap_or_else(|| format!("az://{}/{}", config.account, config.container));
        Self {
            inner: Arc::new(Inner {
                http,
                clock,
                source,
                endpoint: config.endpoint,
                root,
                account: config.account,
                place,
                limits: config.limits.unwrap_or_else(|| Limits::of("azure_blob")),
                uploads: AtomicU64::new(0),
                no_crc: AtomicBool::new(false),
            }),
        }
    }

    /// Keeps the present state of a blob as a snapshot: a source that does not change while it is read.
    pub async fn snapshot(&self, key: &Key) -> Result<Version, ReadError> {
        let reply = self.exchange(Ask::new(Method::PUT, Some(key)).query("comp", "snapshot")).await?;
        if !reply.status.is_success() {
            return Err(self.read_refused(&reply, key));
        }
        let time = text(&reply.headers, "x-ms-snapshot").ok_or_else(|| self.nonsense("it names no snapshot"))?;
        Ok(Version::Snapshot(time.to_owned()))
    }

    async fn facts(&self) -> Result<ContainerFacts, RequestError> {
        let reply = self.exchange(Ask::new(Method::GET, None).query("restype", "container")).await?;
        if !reply.status.is_success() {
            return Err(self.refused(&reply));
        }
        let mut facts = ContainerFacts {
            // Snapshots and deleted blobs exist without versions.
            may_hold_versions: true,
            object_lock: text(&reply.headers, "x-ms-immutable-storage-with-versioning-enabled").map(|v| v == "true"),
            public_read: Some(text(&reply.headers, "x-ms-blob-public-access").is_some()),
            encryption: text(&reply.headers, "x-ms-default-encryption-scope").map(str::to_owned),
            ..ContainerFacts::default()
        };
        let ask = Ask::new(Method::GET, None).query("restype", "container").query("comp", "acl");
        let reply = self.exchange(ask).await?;
        if reply.status.is_success() && !reply.body.is_empty() {
            facts.access = Some(String::from_utf8_lossy(&reply.body).trim_start_matches('\u{feff}').to_owned());
        }
        Ok(facts)
    }

    /// The containers of the account. Only for a client whose container has no name.
    pub(crate) async fn containers(&self) -> Result<Vec<String>, RequestError> {
        let (mut names, mut marker) = (Vec::new(), None::<String>);
        loop {
            let ask = Ask::new(Method::GET, None).query("comp", "list");
            let ask = match &marker {
                Some(marker) => ask.query("marker", marker.as_bytes()),
                None => ask,
            };
            let reply = self.exchange(ask).await?;
            if !reply.status.is_success() {
                return Err(self.refused(&reply));
            }
            let (more, next) =
                xml::container_names(&reply.body, ("Container", "NextMarker")).map_err(|e| self.nonsense(e))?;
            names.extend(more);
            if next.is_none() || next == marker {
                return Ok(names);
            }
            marker = next;
        }
    }

    async fn create(&self) -> Result<(), RequestError> {
        let reply = self.exchange(Ask::new(Method::PUT, None).query("restype", "container")).await?;
        let there = answer::code(&reply) == "ContainerAlreadyExists";
        if reply.status.is_success() || there { Ok(()) } else { Err(self.refused(&reply)) }
    }
}

impl Store for Azure {
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
        Box::pin(async move { blocks::begin(self, begin) })
    }

    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(blocks::put_part(self, part))
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(blocks::complete(self, complete))
    }

    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        Box::pin(blocks::abort(self, key, upload))
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        Box::pin(blocks::uploads(self, prefix))
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        Box::pin(blocks::parts(self, key, upload))
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(object::tags(self, at))
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        Box::pin(object::set_tags(self, at, tags))
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(object::delete(self, at))
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        Box::pin(self.facts())
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        Box::pin(self.create())
    }
}
