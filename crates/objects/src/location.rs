//! Where objects are, as people type it: `s3://bucket/prefix?endpoint=URL&region=R`, `az://account/container/prefix`,
//! `gs://bucket/prefix`, `file:///dir`. Credentials never stand in it.
//!
//! Names are percent-decoded into bytes; nothing else is changed. The prefix is the caller's to use: a store is a whole
//! bucket, container or folder.

use std::{fmt, path::PathBuf, sync::Arc};

use crate::{
    Azure, AzureConfig, Clock, ConnectError, Endpoint, EndpointError, Http, HttpOptions, Key, Limiter, Local,
    RequestError, S3, S3Config, Store, Style,
    credentials::{AwsSource, AzureSource, CredentialError, Environment},
    key::percent_decode,
    several,
};

/// A place and a prefix in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// What kind of store, and how to reach it.
    pub kind: LocationKind,
    /// Only keys that begin so. Empty for all.
    pub prefix: Key,
}

/// How to reach a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LocationKind {
    /// A bucket that speaks S3.
    S3 {
        /// The bucket.
        bucket: String,
        /// The service; else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or Amazon's of the region.
        endpoint: Option<Endpoint>,
        /// The region; else `AWS_REGION`, `AWS_DEFAULT_REGION`, or `us-east-1`.
        region: Option<String>,
        /// A profile of the credential files.
        profile: Option<String>,
        /// Where the bucket's name stands.
        style: Style,
        /// Google's XML API: other defaults.
        google: bool,
        /// Requests are not signed.
        anonymous: bool,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// The account.
        account: String,
        /// The container.
        container: String,
        /// The service; else the public cloud's.
        endpoint: Option<Endpoint>,
        /// Requests are not signed.
        anonymous: bool,
    },
    /// A folder.
    File {
        /// Absolute.
        root: PathBuf,
    },
}

/// Why a text is no location.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// Not one of the schemes.
    #[error(
        "`{0}` is no place of objects; write `s3://bucket/prefix`, `az://account/container/prefix`, `gs://bucket/prefix` or `file:///dir`"
    )]
    Scheme(String),
    /// Something is missing.
    #[error("`{text}` lacks {what}")]
    Missing {
        /// As typed.
        text: String,
        /// What.
        what: &'static str,
    },
    /// A parameter that does not exist here.
    #[error("`{name}` is no parameter of `{scheme}://`; there are: {known}")]
    Parameter {
        /// The scheme.
        scheme: String,
        /// As typed.
        name: String,
        /// Those that exist.
        known: &'static str,
    },
    /// Broken percent-encoding, or a value that cannot be.
    #[error("`{0}` cannot be read in a place of objects; encode special characters as `%XX`")]
    Malformed(String),
    /// The endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Credentials in it: they would be printed.
    #[error("a place of objects holds no credentials; set them in the environment or a profile")]
    Credentials,
}

const S3_PARAMETERS: &str = "endpoint, region, profile, style, anonymous";
const AZURE_PARAMETERS: &str = "endpoint, anonymous";

impl Location {
    /// The bucket or container as it was typed: a name, or what stands for several. Empty for folders.
    pub fn container(&self) -> &str {
        match &self.kind {
            LocationKind::S3 { bucket, .. } => bucket,
            LocationKind::Azure { container, .. } => container,
            LocationKind::File { .. } => "",
        }
    }

    /// Reads a location.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| LocationError::Scheme(shown(text)))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.split('/').next().is_some_and(|host| host.contains('@')) {
            return Err(LocationError::Credentials);
        }
        match scheme {
            "s3" | "gs" => s3(text, scheme, path, query),
            "az" => azure(text, path, query),
            "file" => file(text, path, query),
            _ => Err(LocationError::Scheme(shown(text))),
        }
    }
}

/// As typed, without a query that may hold a secret.
fn shown(text: &str) -> String {
    text.split('?').next().unwrap_or_default().chars().take(200).collect()
}

fn decode(text: &str) -> Result<Vec<u8>, LocationError> {
    percent_decode(text.as_bytes(), false).ok_or_else(|| LocationError::Malformed(shown(text)))
}

fn text_of(text: &str) -> Result<String, LocationError> {
    String::from_utf8(decode(text)?).map_err(|_| LocationError::Malformed(shown(text)))
}

/// The first name and the rest.
fn first<'t>(whole: &str, path: &'t str, what: &'static str) -> Result<(String, &'t str), LocationError> {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() {
        return Err(LocationError::Missing { text: shown(whole), what });
    }
    Ok((text_of(name)?, rest))
}

fn parameters<'t>(scheme: &str, query: &'t str, known: &'static str) -> Result<Vec<(&'t str, String)>, LocationError> {
    let mut found = Vec::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if ["sig", "key", "secret", "password", "token"].iter().any(|s| name.to_ascii_lowercase().contains(s)) {
            return Err(LocationError::Credentials);
        }
        if !known.split(", ").any(|k| k == name) {
            return Err(LocationError::Parameter { scheme: scheme.to_owned(), name: name.to_owned(), known });
        }
        found.push((name, text_of(value)?));
    }
    Ok(found)
}

fn flag(value: &str) -> Result<bool, LocationError> {
    match value {
        "" | "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        other => Err(LocationError::Malformed(other.to_owned())),
    }
}

fn s3(text: &str, scheme: &str, path: &str, query: &str) -> Result<Location, LocationError> {
    let (bucket, rest) = first(text, path, "the bucket")?;
    let (mut endpoint, mut region, mut profile) = (None, None, None);
    let (mut style, mut anonymous) = (Style::Auto, false);
    for (name, value) in parameters(scheme, query, S3_PARAMETERS)? {
        match name {
            "endpoint" => endpoint = Some(Endpoint::parse(&value)?),
            "region" => region = Some(value),
            "profile" => profile = Some(value),
            "anonymous" => anonymous = flag(&value)?,
            _ => {
                style = match value.as_str() {
                    "path" => Style::Path,
                    "virtual" => Style::VirtualHost,
                    "auto" => Style::Auto,
                    other => return Err(LocationError::Malformed(other.to_owned())),
                };
            }
        }
    }
    let google = scheme == "gs";
    let kind = LocationKind::S3 { bucket, endpoint, region, profile, style, google, anonymous };
    Ok(Location { kind, prefix: Key::new(decode(rest)?) })
}

fn azure(text: &str, path: &str, query: &str) -> Result<Location, LocationError> {
    let (account, rest) = first(text, path, "the account")?;
    let (container, rest) = first(text, rest, "the container")?;
    let (mut endpoint, mut anonymous) = (None, false);
    for (name, value) in parameters("az", query, AZURE_PARAMETERS)? {
        match name {
            "endpoint" => endpoint = Some(Endpoint::parse(&value)?),
            _ => anonymous = flag(&value)?,
        }
    }
    Ok(Location {
        kind: LocationKind::Azure { account, container, endpoint, anonymous },
        prefix: Key::new(decode(rest)?),
    })
}

fn file(text: &str, path: &str, query: &str) -> Result<Location, LocationError> {
    use std::os::unix::ffi::OsStringExt as _;
    parameters("file", query, "")?;
    let root = decode(path)?;
    if root.first() != Some(&b'/') {
        return Err(LocationError::Missing { text: shown(text), what: "an absolute path: write `file:///dir`" });
    }
    let root = PathBuf::from(std::ffi::OsString::from_vec(root));
    Ok(Location { kind: LocationKind::File { root }, prefix: Key::default() })
}

/// As it can be typed again.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |t: &str| flagstate_sigv4::encode(t.as_bytes());
        let prefix = flagstate_sigv4::encode_path(self.prefix.as_bytes());
        let mut query = Vec::new();
        match &self.kind {
            LocationKind::S3 { bucket, endpoint, region, profile, style, google, anonymous } => {
                write!(f, "{}://{}", if *google { "gs" } else { "s3" }, several::encode(bucket))?;
                query.extend(endpoint.as_ref().map(|e| format!("endpoint={e}")));
                query.extend(region.as_ref().map(|r| format!("region={}", encode(r))));
                query.extend(profile.as_ref().map(|p| format!("profile={}", encode(p))));
                match style {
                    Style::Auto => {}
                    Style::Path => query.push("style=path".to_owned()),
                    Style::VirtualHost => query.push("style=virtual".to_owned()),
                }
                query.extend(anonymous.then(|| "anonymous".to_owned()));
            }
            LocationKind::Azure { account, container, endpoint, anonymous } => {
                write!(f, "az://{}/{}", encode(account), several::encode(container))?;
                query.extend(endpoint.as_ref().map(|e| format!("endpoint={e}")));
                query.extend(anonymous.then(|| "anonymous".to_owned()));
            }
            LocationKind::File { root } => {
                use std::os::unix::ffi::OsStrExt as _;
                return write!(f, "file://{}", flagstate_sigv4::encode_path(root.as_os_str().as_bytes()));
            }
        }
        if !prefix.is_empty() {
            write!(f, "/{prefix}")?;
        }
        if !query.is_empty() {
            write!(f, "?{}", query.join("&"))?;
        }
        Ok(())
    }
}

/// Why a location cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The client.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The environment's credentials.
    #[error("the credentials in the environment cannot be used")]
    Credentials(#[from] CredentialError),
    /// An endpoint in the environment.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

/// The way to a service: connections and credentials, which all its containers share.
#[derive(Debug)]
pub(crate) enum Link {
    /// A folder of this machine, and what its reading waits for.
    Files(PathBuf, Option<Arc<Limiter>>),
    /// An account of Azure Blob Storage.
    Azure { account: String, endpoint: Endpoint, http: Http, source: AzureSource, clock: Arc<dyn Clock> },
    /// A service that speaks S3.
    S3 {
        endpoint: Endpoint,
        region: String,
        style: Style,
        google: bool,
        http: Http,
        source: AwsSource,
        clock: Arc<dyn Clock>,
    },
}

impl Link {
    /// One of its containers.
    pub(crate) fn store(&self, name: &str) -> Arc<dyn Store> {
        match self {
            Self::Files(root, None) => Arc::new(Local::new(root)),
            Self::Files(root, Some(limiter)) => Arc::new(Local::new(root).paced_by(Arc::clone(limiter))),
            Self::Azure { account, endpoint, http, source, clock } => {
                let config = AzureConfig::new(account, name, endpoint.clone());
                Arc::new(Azure::new(config, http.clone(), source.clone(), clock.clone()))
            }
            Self::S3 { endpoint, region, style, google, http, source, clock } => {
                let place = google.then(|| format!("gs://{name}"));
                let config = S3Config { style: *style, place, ..S3Config::new(name, endpoint.clone(), region) };
                Arc::new(S3::new(config, http.clone(), source.clone(), clock.clone()))
            }
        }
    }

    /// The names of all its containers.
    pub(crate) async fn names(&self) -> Result<Vec<String>, RequestError> {
        match self {
            Self::Files(..) => Ok(Vec::new()),
            Self::Azure { account, endpoint, http, source, clock } => {
                let place = Some(format!("az://{account}"));
                let config = AzureConfig { place, ..AzureConfig::new(account, "", endpoint.clone()) };
                Azure::new(config, http.clone(), source.clone(), clock.clone()).containers().await
            }
            Self::S3 { endpoint, region, http, source, clock, .. } => {
                let place = Some(format!("the list of buckets of {}", endpoint.host()));
                let config = S3Config { style: Style::Path, place, ..S3Config::new("", endpoint.clone(), region) };
                S3::new(config, http.clone(), source.clone(), clock.clone()).buckets().await
            }
        }
    }
}

/// What stores are opened with.
#[derive(Clone, Debug)]
pub struct Opener {
    /// Variables and home folder.
    pub environment: Environment,
    /// Time limits, TLS, proxy, and the limiter that all stores of this opener share.
    pub http: HttpOptions,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Reading files waits for the limiter too: for moves from folder to folder.
    pub pace_files: bool,
}

impl Opener {
    /// The store of a location. Nothing is sent yet.
    pub fn open(&self, location: &Location) -> Result<Arc<dyn Store>, OpenError> {
        Ok(self.link(location)?.store(location.container()))
    }

    /// The way to the service of a location.
    pub(crate) fn link(&self, location: &Location) -> Result<Link, OpenError> {
        match &location.kind {
            LocationKind::File { root } => {
                Ok(Link::Files(root.clone(), self.pace_files.then(|| Arc::clone(&self.http.limiter))))
            }
            LocationKind::Azure { account, endpoint, anonymous, .. } => {
                let endpoint = match endpoint {
                    Some(endpoint) => endpoint.clone(),
                    None => Endpoint::parse(&AzureConfig::public_endpoint(account))?,
                };
                let source =
                    if *anonymous { AzureSource::anonymous() } else { AzureSource::chain(self.environment.clone())? };
                let (account, http) = (account.clone(), Http::new(&self.http)?);
                Ok(Link::Azure { account, endpoint, http, source, clock: self.clock.clone() })
            }
            LocationKind::S3 { endpoint, region, profile, style, google, anonymous, .. } => {
                let env = |name: &str| self.environment.get(name).map(str::to_owned);
                let region = region.clone().or_else(|| google.then(|| "auto".to_owned()));
                let region = region.or_else(|| env("AWS_REGION")).or_else(|| env("AWS_DEFAULT_REGION"));
                let region = region.unwrap_or_else(|| "us-east-1".to_owned());
                let endpoint = match endpoint {
                    Some(endpoint) => endpoint.clone(),
                    None => Endpoint::parse(&self.s3_endpoint(&region, *google))?,
                };
                let source = if *anonymous {
                    AwsSource::anonymous()
                } else {
                    AwsSource::chain(self.environment.clone(), profile.clone())
                };
                let (http, clock) = (Http::new(&self.http)?, self.clock.clone());
                Ok(Link::S3 { endpoint, region, style: *style, google: *google, http, source, clock })
            }
        }
    }

    /// The endpoint where none is named.
    fn s3_endpoint(&self, region: &str, google: bool) -> String {
        if google {
            return "https://storage.googleapis.com".to_owned();
        }
        let set = self.environment.get("AWS_ENDPOINT_URL_S3").or_else(|| self.environment.get("AWS_ENDPOINT_URL"));
        set.map_or_else(|| S3Config::amazon_endpoint(region), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn locations_are_read_and_written() {
        for text in [
            "s3://bucket",
            "s3://bucket/a/b//c/",
            "s3://b/x%20y?endpoint=http://127.0.0.1:8333&region=eu-west-3&style=path",
            "gs://bucket/p",
            "az://account/container/p?endpoint=http://127.0.0.1:10000/devstoreaccount1",
            "file:///srv/a%20b",
        ] {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
        let odd = Location::parse("s3://b/%2E%2E/%00%FF").unwrap();
        assert_eq!(odd.prefix.as_bytes(), b"../\0\xff");
        assert_eq!(
            Location::parse("s3://b?endpoint=http%3A%2F%2Fh%3A1").unwrap().to_string(),
            "s3://b?endpoint=http://h:1"
        );
    }

    #[test]
    fn mistakes_are_named_and_secrets_refused() {
        let error = |text: &str| Location::parse(text).unwrap_err();
        assert!(matches!(error("/srv/data"), LocationError::Scheme(_)));
        assert!(matches!(error("https://b"), LocationError::Scheme(_)));
        assert!(matches!(error("s3://"), LocationError::Missing { .. }));
        assert!(matches!(error("az://account"), LocationError::Missing { what: "the container", .. }));
        assert!(matches!(error("file://srv"), LocationError::Missing { .. }));
        assert!(matches!(error("s3://b?zone=x"), LocationError::Parameter { .. }));
        assert!(matches!(error("s3://b/%zz"), LocationError::Malformed(_)));
        for text in ["s3://id:hush@b/p", "az://a/c?sv=1&sig=hush", "s3://b?secret_key=hush"] {
            let said = error(text).to_string();
            assert!(!said.contains("hush"), "{said}");
        }
    }

    #[test]
    fn stores_are_opened() {
        let opener = Opener {
            environment: Environment::new([("AWS_REGION", "eu-west-3")], None),
            http: HttpOptions::default(),
            clock: Arc::new(crate::SystemClock),
            pace_files: false,
        };
        for (text, place, limits) in [
            ("s3://b/p", "s3://b", "aws_s3"),
            ("s3://b?endpoint=https://s3.fr-par.scw.cloud", "s3://b", "scaleway"),
            ("gs://b", "gs://b", "gcs"),
            ("az://a/c", "az://a/c", "azure_blob"),
            ("file:///tmp/x", "file:///tmp/x", "file"),
        ] {
            let store = opener.open(&Location::parse(text).unwrap()).unwrap();
            assert_eq!((store.place(), store.limits().id.as_str()), (place, limits));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// A place is read or refused; what is shown of it means the same place.
        #[test]
        fn what_is_shown_can_be_typed(scheme in "(s3|gs|az|file|x)", rest in "[ -~é{}*,%?&=/:@.]{0,40}") {
            if let Ok(location) = Location::parse(&format!("{scheme}://{rest}")) {
                let shown = location.to_string();
                let again = Location::parse(&shown);
                prop_assert!(again.as_ref().is_ok_and(|a| a.to_string() == shown), "{shown}: {again:?}");
            }
        }

        #[test]
        fn any_text_is_a_place_or_a_mistake(text in "\\PC{0,60}") {
            let _ = Location::parse(&text);
        }
    }
}
