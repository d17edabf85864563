//! Credentials for S3 and its alikes.
//!
//! The order is that of AWS's tools: environment, web identity, profile files, container, machine (`IMDSv2`).
//! Sources: AWS SDKs and tools reference guide, "Standardized credential providers"; EC2 user guide, "Use `IMDSv2`".
//! Single sign-on and roles assumed from other profiles are absent: `credential_process` reaches both.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use flagstate_sigv4::{Credentials, SecretKey};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::{CredentialError, Environment, Kept, profile};
use crate::{Http, clock::parse_time, http::Reply, xml};

type Fresh = (Credentials, Option<Timestamp>);

/// Where credentials come from.
#[derive(Clone, Debug)]
pub struct AwsSource(Arc<Source>);

#[derive(Debug)]
enum Source {
    Anonymous,
    Fixed(Credentials),
    Chain { environment: Environment, profile: Option<String>, kept: Kept<Credentials> },
}

impl AwsSource {
    /// Requests are not signed.
    pub fn anonymous() -> Self {
        Self(Arc::new(Source::Anonymous))
    }

    /// These.
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Arc::new(Source::Fixed(credentials)))
    }

    /// The usual chain. With a profile named, only that profile.
    pub fn chain(environment: Environment, profile: Option<String>) -> Self {
        Self(Arc::new(Source::Chain { environment, profile, kept: Kept::new() }))
    }

    /// The credentials to sign with now.
    pub(crate) async fn credentials(&self, http: &Http, at: Timestamp) -> Result<Option<Credentials>, CredentialError> {
        match &*self.0 {
            Source::Anonymous => Ok(None),
            Source::Fixed(credentials) => Ok(Some(credentials.clone())),
            Source::Chain { environment, profile, kept } => {
                kept.get(at, chain(environment, profile.as_deref(), http)).await.map(Some)
            }
        }
    }
}

async fn chain(env: &Environment, profile: Option<&str>, http: &Http) -> Result<Fresh, CredentialError> {
    let mut tried = Vec::new();
    if profile.is_none() {
        match (env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => {
                let token = env.get("AWS_SESSION_TOKEN").map(str::to_owned);
                return Ok((Credentials::new(id, SecretKey::new(secret)).with_token(token), None));
            }
            (Some(_), None) => return Err(CredentialError::failed("AWS_SECRET_ACCESS_KEY", "is not set")),
            _ => tried.push("AWS_ACCESS_KEY_ID is not set".to_owned()),
        }
        if let (Some(file), Some(role)) = (env.get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.get("AWS_ROLE_ARN")) {
            return web_identity(env, file, role, http).await;
        }
    }
    let name = profile.or_else(|| env.get("AWS_PROFILE")).unwrap_or("default");
    match from_profile(env, name)? {
        Some(found) => return Ok(found),
        None if profile.is_some() || env.get("AWS_PROFILE").is_some() => {
            return Err(CredentialError::failed(&format!("the profile `{name}`"), "has no access key"));
        }
        None => tried.push(format!("no access key in the profile `{name}`")),
    }
    if let Some(found) = container(env, http).await? {
        return Ok(found);
    }
    tried.push("no container credentials".to_owned());
    if env.get("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        tried.push("the machine's identity is switched off".to_owned());
        return Err(CredentialError::NotFound { tried });
    }
    match machine(env, http).await {
        Ok(found) => Ok(found),
        Err(e) => {
            tried.push(format!("the machine has no identity ({e})"));
            Err(CredentialError::NotFound { tried })
        }
    }
}

fn from_profile(env: &Environment, name: &str) -> Result<Option<Fresh>, CredentialError> {
    let file = |variable, default| env.get(variable).map(PathBuf::from).or_else(|| env.at_home(default));
    let files = [file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), file("AWS_CONFIG_FILE", ".aws/config")];
    for path in files.into_iter().flatten() {
        // A missing file is no file.
        let Ok(text) = std::fs::read_to_string(&path).map(zeroize::Zeroizing::new) else { continue };
        let Some(found) = profile::read(&text).remove(name) else { continue };
        if let (Some(id), Some(secret)) = (found.get("aws_access_key_id"), found.get("aws_secret_access_key")) {
            let token = found.get("aws_session_token").cloned();
            return Ok(Some((Credentials::new(id, SecretKey::new(secret.as_str())).with_token(token), None)));
        }
        if let Some(command) = found.get("credential_process") {
            return process(command).map(Some);
        }
    }
    Ok(None)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "Token")]
    session_token: Option<String>,
    expiration: Option<String>,
}

fn read(what: &str, body: &[u8]) -> Result<Fresh, CredentialError> {
    let answer: Answer = serde_json::from_slice(body)
        // The cause could quote the secret.
        .map_err(|_| CredentialError::Malformed {
            what: what.to_owned(),
            why: "JSON with an access key is expected",
        })?;
    let until = answer.expiration.as_deref().and_then(parse_time);
    let key = Credentials::new(answer.access_key_id, SecretKey::new(answer.secret_access_key));
    Ok((key.with_token(answer.session_token), until))
}

/// Runs the operator's own program. Arguments are split at blanks; quotes group.
fn process(command: &str) -> Result<Fresh, CredentialError> {
    let what = "credential_process";
    let mut words = split(command).into_iter();
    let program = words.next().ok_or_else(|| CredentialError::failed(what, "is empty"))?;
    let output = std::process::Command::new(program)
        .args(words)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| CredentialError::failed(what, e))?;
    if !output.status.success() {
        return Err(CredentialError::failed(what, format!("ended with {}", output.status)));
    }
    read(what, &zeroize::Zeroizing::new(output.stdout))
}

fn split(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (c, quote) {
            ('"' | '\'', None) => (quote, any) = (Some(c), true),
            (c, Some(q)) if c == q => quote = None,
            (c, None) if c.is_whitespace() => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (c, _) => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

async fn ask(
    http: &Http,
    what: &str,
    (method, url): (Method, &str),
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Reply, CredentialError> {
    let (endpoint, target) = super::token::split_url(url)
        .ok_or_else(|| CredentialError::Malformed { what: what.to_owned(), why: "a URL is expected" })?;
    let reply = http.exchange(what, (method, &endpoint, &target), headers, body).await.map_err(|e| {
        CredentialError::Failed {
            what: what.to_owned(),
            why: super::token::chain(&e),
            transient: e.class().is_transient(),
        }
    })?;
    if reply.status.is_success() {
        return Ok(reply);
    }
    let transient = reply.status.is_server_error() || reply.status.as_u16() == 429;
    Err(CredentialError::Failed { what: what.to_owned(), why: format!("answered {}", reply.status), transient })
}

async fn web_identity(env: &Environment, file: &str, role: &str, http: &Http) -> Result<Fresh, CredentialError> {
    let what = "the web identity";
    let token = std::fs::read_to_string(file).map_err(|e| CredentialError::failed(file, e))?;
    let session = env.get("AWS_ROLE_SESSION_NAME").unwrap_or("flagstate");
    let body = flagstate_sigv4::canonical_query(&[
        (b"Action", b"AssumeRoleWithWebIdentity"),
        (b"Version", b"2011-06-15"),
        (b"RoleArn", role.as_bytes()),
        (b"RoleSessionName", session.as_bytes()),
        (b"WebIdentityToken", token.trim().as_bytes()),
    ]);
    let region = env.get("AWS_REGION").or_else(|| env.get("AWS_DEFAULT_REGION"));
    let default =
        region.map_or_else(|| "https://sts.amazonaws.com/".to_owned(), |r| format!("https://sts.{r}.amazonaws.com/"));
    let url = env.get("AWS_ENDPOINT_URL_STS").map_or(default, str::to_owned);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let reply = ask(http, what, (Method::POST, &url), &headers, body.into()).await?;
    let field = |name| {
        xml::first(&reply.body, name)
            .ok_or(CredentialError::Malformed { what: what.to_owned(), why: "an access key is expected" })
    };
    let key = Credentials::new(field("AccessKeyId")?, SecretKey::new(field("SecretAccessKey")?));
    let until = parse_time(&field("Expiration")?);
    Ok((key.with_token(Some(field("SessionToken")?)), until))
}

async fn container(env: &Environment, http: &Http) -> Result<Option<Fresh>, CredentialError> {
    let url = match (env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        (Some(path), _) => format!("http://169.254.170.2{path}"),
        (None, Some(url)) => url.to_owned(),
        (None, None) => return Ok(None),
    };
    let token = match env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(std::fs::read_to_string(file).map_err(|e| CredentialError::failed(file, e))?),
        None => env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
    };
    let token = token.as_deref().map(str::trim);
    let headers: Vec<(&str, &str)> = token.map(|t| ("authorization", t)).into_iter().collect();
    let what = "the container's credentials";
    let reply = ask(http, what, (Method::GET, &url), &headers, Bytes::new()).await?;
    read(what, &reply.body).map(Some)
}

async fn machine(env: &Environment, http: &Http) -> Result<Fresh, CredentialError> {
    let what = "the machine's identity";
    let base = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or("http://169.254.169.254").trim_end_matches('/');
    let limit = std::time::Duration::from_secs(3);
    let late = |_| CredentialError::failed(what, "no answer; this is no cloud machine, or it hides its identity");
    let text = |reply: &Reply| String::from_utf8_lossy(&reply.body).trim().to_owned();
    let lifetime = [("x-aws-ec2-metadata-token-ttl-seconds", "21600")];
    let url = format!("{base}/latest/api/token");
    let token = ask(http, what, (Method::PUT, &url), &lifetime, Bytes::new());
    let token = text(&tokio::time::timeout(limit, token).await.map_err(late)??);
    let headers = [("x-aws-ec2-metadata-token", token.as_str())];
    let list = format!("{base}/latest/meta-data/iam/security-credentials/");
    let role = tokio::time::timeout(limit, ask(http, what, (Method::GET, &list), &headers, Bytes::new()));
    let role = text(&role.await.map_err(late)??);
    let url = format!("{list}{}", role.lines().next().unwrap_or_default());
    let reply = tokio::time::timeout(limit, ask(http, what, (Method::GET, &url), &headers, Bytes::new()));
    read(what, &reply.await.map_err(late)??.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HttpOptions;

    #[test]
    fn words_are_split_as_a_shell_would() {
        assert_eq!(split(r#"  a "b c"  d'' '' "#), ["a", "b c", "d", ""]);
    }

    #[tokio::test]
    async fn environment_then_profile() {
        let http = Http::new(&HttpOptions::default()).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let env = Environment::new([("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "hush")], None);
        let found = AwsSource::chain(env, None).credentials(&http, at).await.unwrap().unwrap();
        assert_eq!(found.access_key_id, "A");
        assert!(!format!("{found:?}").contains("hush"));

        let dir = std::env::temp_dir().join(format!("flagstate-profile-{}", std::process::id()));
        std::fs::create_dir_all(dir.join(".aws")).unwrap();
        let process =
            r#"credential_process = echo '{"Version":1,"AccessKeyId":"P","SecretAccessKey":"s","SessionToken":"t"}'"#;
        let text =
            format!("[default]\naws_access_key_id=D\naws_secret_access_key=d\n[p]\n{process}\n[empty]\nregion=x\n");
        std::fs::write(dir.join(".aws/credentials"), text).unwrap();
        let of = |profile: Option<&str>| {
            let env = Environment::new([("AWS_EC2_METADATA_DISABLED", "true")], Some(dir.clone()));
            AwsSource::chain(env, profile.map(str::to_owned))
        };
        assert_eq!(of(None).credentials(&http, at).await.unwrap().unwrap().access_key_id, "D");
        let found = of(Some("p")).credentials(&http, at).await.unwrap().unwrap();
        assert_eq!((found.access_key_id.as_str(), found.token()), ("P", Some("t")));
        let missing = of(Some("empty")).credentials(&http, at).await.unwrap_err();
        assert!(missing.to_string().contains("the profile `empty`"), "{missing}");
        std::fs::remove_dir_all(&dir).unwrap();
        let nothing = of(None).credentials(&http, at).await.unwrap_err();
        assert!(matches!(nothing, CredentialError::NotFound { .. }), "{nothing}");
    }
}
