//! Access tokens of Microsoft Entra ID: service principal, workload identity, managed identity, `az`.
//!
//! Sources: Microsoft identity platform, "OAuth 2.0 client credentials flow"; "Workload identity federation"; "How to use
//! managed identities on an Azure VM"; `az account get-access-token --help`.

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::{CredentialError, Environment, Secret};
use crate::{Endpoint, Http};

/// What tokens are asked for.
pub(super) const RESOURCE: &str = "https://storage.azure.com/";

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    #[serde(rename = "accessToken")]
    az_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    expires_on: Option<serde_json::Value>,
}

pub(super) type Fresh = (Secret, Option<Timestamp>);

/// Tries the chain; each step that is set up and fails ends it.
pub(super) async fn chain_of(env: &Environment, http: &Http, at: Timestamp) -> Result<Fresh, CredentialError> {
    let mut tried = Vec::new();
    let tenant = env.get("AZURE_TENANT_ID");
    let client = env.get("AZURE_CLIENT_ID");
    if let (Some(tenant), Some(client)) = (tenant, client) {
        if let Some(secret) = env.get("AZURE_CLIENT_SECRET") {
            return principal(
                env,
                http,
                at,
                tenant,
                &[(b"client_id", client.as_bytes()), (b"client_secret", secret.as_bytes())],
            )
            .await;
        }
        if let Some(file) = env.get("AZURE_FEDERATED_TOKEN_FILE") {
            let token = std::fs::read_to_string(file).map_err(|e| CredentialError::failed(file, e))?;
            let kind = b"urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let fields: [(&[u8], &[u8]); 3] = [
                (b"client_id", client.as_bytes()),
                (b"client_assertion_type", kind),
                (b"client_assertion", token.trim().as_bytes()),
            ];
            return principal(env, http, at, tenant, &fields).await;
        }
    }
    tried.push("no service principal in AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET".to_owned());
    if env.get("IDENTITY_ENDPOINT").is_some() {
        return managed(env, http, at).await;
    }
    match command_line(env).await {
        Ok(found) => return Ok(found),
        Err(e) => tried.push(e.to_string()),
    }
    match managed(env, http, at).await {
        Ok(found) => Ok(found),
        Err(e) => {
            tried.push(e.to_string());
            Err(CredentialError::NotFound { tried })
        }
    }
}

async fn principal(
    env: &Environment,
    http: &Http,
    at: Timestamp,
    tenant: &str,
    fields: &[(&[u8], &[u8])],
) -> Result<Fresh, CredentialError> {
    let what = "the service principal's token";
    let host = env.get("AZURE_AUTHORITY_HOST").unwrap_or("https://login.microsoftonline.com").trim_end_matches('/');
    let url = format!("{host}/{tenant}/oauth2/v2.0/token");
    let scope = format!("{RESOURCE}.default");
    let mut all: Vec<(&[u8], &[u8])> = vec![(b"grant_type", b"client_credentials"), (b"scope", scope.as_bytes())];
    all.extend_from_slice(fields);
    let body = flagstate_sigv4::canonical_query(&all);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    ask(http, at, what, (Method::POST, &url), &headers, body.into()).await
}

async fn managed(env: &Environment, http: &Http, at: Timestamp) -> Result<Fresh, CredentialError> {
    let what = "the managed identity's token";
    let mut query: Vec<(&[u8], &[u8])> = vec![(b"resource", RESOURCE.as_bytes())];
    if let Some(client) = env.get("AZURE_CLIENT_ID") {
        query.push((b"client_id", client.as_bytes()));
    }
    if let (Some(endpoint), Some(header)) = (env.get("IDENTITY_ENDPOINT"), env.get("IDENTITY_HEADER")) {
        query.push((b"api-version", b"2019-08-01"));
        let url = format!("{endpoint}?{}", flagstate_sigv4::canonical_query(&query));
        return ask(http, at, what, (Method::GET, &url), &[("x-identity-header", header)], Bytes::new()).await;
    }
    query.push((b"api-version", b"2018-02-01"));
    let base = env.get("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or("http://169.254.169.254").trim_end_matches('/');
    let url = format!("{base}/metadata/identity/oauth2/token?{}", flagstate_sigv4::canonical_query(&query));
    let answer = ask(http, at, what, (Method::GET, &url), &[("metadata", "true")], Bytes::new());
    let late = |_| CredentialError::failed(what, "no answer; this is no machine with an identity");
    tokio::time::timeout(std::time::Duration::from_secs(3), answer).await.map_err(late)?
}

/// `az` is asked without a shell; it reads its own sign-in.
async fn command_line(env: &Environment) -> Result<Fresh, CredentialError> {
    let what = "az account get-access-token";
    let program = env.get("FLAGSTATE_AZ").unwrap_or("az").to_owned();
    let mut command = std::process::Command::new(program);
    command.args(["account", "get-access-token", "--resource", RESOURCE, "--output", "json"]);
    command.stdin(std::process::Stdio::null());
    let ran = tokio::task::spawn_blocking(move || command.output()).await;
    let output = ran.map_err(|e| CredentialError::failed(what, e))?.map_err(|e| CredentialError::failed(what, e))?;
    if !output.status.success() {
        return Err(CredentialError::failed(what, "failed; run `az login`"));
    }
    read(what, &zeroize::Zeroizing::new(output.stdout), Timestamp::UNIX_EPOCH)
}

async fn ask(
    http: &Http,
    at: Timestamp,
    what: &str,
    (method, url): (Method, &str),
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Fresh, CredentialError> {
    let (endpoint, target) =
        split_url(url).ok_or(CredentialError::Malformed { what: what.to_owned(), why: "a URL is expected" })?;
    let sent = http.exchange(what, (method, &endpoint, &target), headers, body).await;
    let reply = sent.map_err(|e| CredentialError::Failed {
        what: what.to_owned(),
        why: chain(&e),
        transient: e.class().is_transient(),
    })?;
    if !reply.status.is_success() {
        let transient = reply.status.is_server_error() || reply.status.as_u16() == 429;
        return Err(CredentialError::Failed {
            what: what.to_owned(),
            why: format!("answered {}", reply.status),
            transient,
        });
    }
    read(what, &reply.body, at)
}

fn read(what: &str, body: &[u8], at: Timestamp) -> Result<Fresh, CredentialError> {
    let wrong = || CredentialError::Malformed { what: what.to_owned(), why: "JSON with a token is expected" };
    let answer: Answer = serde_json::from_slice(body).map_err(|_| wrong())?;
    let token = answer.access_token.or(answer.az_token).ok_or_else(wrong)?;
    let number = |value: Option<serde_json::Value>| value.and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
    let until = number(answer.expires_on).or_else(|| Some(at.as_second() + number(answer.expires_in)?));
    // Without an end it is asked for again at the next request.
    let until = until.and_then(|s| Timestamp::from_second(s).ok()).or(Some(at));
    Ok((Secret::new(token), until))
}

/// Splits a URL into the service and the rest.
pub(super) fn split_url(url: &str) -> Option<(Endpoint, String)> {
    let start = url.find("://")? + 3;
    let rest = url.get(start..)?;
    let cut = rest.find(['/', '?']).map_or(url.len(), |i| start + i);
    let endpoint = Endpoint::parse(url.get(..cut)?).ok()?;
    let target = url.get(cut..)?;
    Some((endpoint, if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }))
}

/// An error with its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_all_kinds() {
        let at = Timestamp::from_second(1000).unwrap();
        let until = |body: &str| read("x", body.as_bytes(), at).unwrap().1.unwrap().as_second();
        assert_eq!(until(r#"{"access_token":"t","expires_in":3599}"#), 4599);
        assert_eq!(until(r#"{"access_token":"t","expires_in":"3599","expires_on":"9000"}"#), 9000);
        assert_eq!(
            until(r#"{"accessToken":"t","expiresOn":"2026-11-22 04:00:00.0","expires_on":1795312800}"#),
            1_795_312_800
        );
        assert!(read("x", b"{}", at).is_err());
        let shown = format!("{:?}", read("x", br#"{"access_token":"hush"}"#, at).unwrap());
        assert!(!shown.contains("hush"));
    }

    #[test]
    fn urls_are_split() {
        let (endpoint, target) = split_url("http://h:1/a/b?c=d").unwrap();
        assert_eq!((endpoint.authority(), target.as_str()), ("h:1", "/a/b?c=d"));
        assert_eq!(split_url("https://h").unwrap().1, "/");
        assert!(split_url("nothing").is_none());
    }
}
