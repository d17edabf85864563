//! Credentials and what becomes of them: right ones work, wrong ones are named in one sentence, none is printed.

use std::sync::Arc;

use flagstate_objects::{
    At, Azure, AzureConfig, Endpoint, FixedClock, Get, Http, HttpOptions, Key, List, ListError, Location, Opener,
    ReadError, RequestError, S3, S3Config, Store, SystemClock,
    credentials::{AwsSource, AzureSource, Environment, Secret},
};
use flagstate_sigv4::{Credentials, SecretKey};
use flagstate_testbed::{ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, Fault, FaultProxy, Rule, SECRET_KEY, Server};

use crate::common::{azure, http, ready, s3};

fn s3_with(url: &str, source: AwsSource) -> S3 {
    S3::new(S3Config::new("secure", Endpoint::parse(url).unwrap(), "us-east-1"), http(), source, Arc::new(SystemClock))
}

#[tokio::test]
async fn s3_credentials() {
    let Some(server) = Server::seaweedfs() else { return };
    let good = s3(&server.url, "secure");
    ready(&good).await;
    let wrong = AwsSource::fixed(Credentials::new(ACCESS_KEY, SecretKey::new("hush")));
    for source in [wrong, AwsSource::fixed(Credentials::new("nobody", SecretKey::new("hush"))), AwsSource::anonymous()]
    {
        let denied = s3_with(&server.url, source).list(&List::default()).await.unwrap_err();
        assert!(matches!(denied, ListError::Request(RequestError::Denied { .. })), "{denied:?}");
        let said = format!("{denied} {denied:?}");
        assert!(!said.contains("hush"), "{said}");
    }
    // A day ahead.
    let tomorrow: jiff::Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    let config = S3Config::new("secure", Endpoint::parse(&server.url).unwrap(), "us-east-1");
    let source = AwsSource::fixed(Credentials::new(ACCESS_KEY, SecretKey::new(SECRET_KEY)));
    let early = S3::new(config, http(), source, Arc::new(FixedClock(tomorrow))).container().await.unwrap_err();
    assert!(matches!(early, RequestError::ClockSkew { .. }), "{early:?}");
    // From the environment, as people set it.
    let variables = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    let opener = Opener {
        environment: Environment::new(variables, None),
        http: HttpOptions { proxy_from_environment: false, ..HttpOptions::default() },
        clock: Arc::new(SystemClock),
        pace_files: false,
    };
    let location = Location::parse(&format!("s3://secure?endpoint={}", server.url)).unwrap();
    opener.open(&location).unwrap().container().await.unwrap();
    let missing = Location::parse(&format!("s3://nowhere-at-all?endpoint={}", server.url)).unwrap();
    let missing = opener.open(&missing).unwrap().container().await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no s3://nowhere-at-all; create it, or check its name and endpoint");
    // A URL that carries the right to read.
    let url = good.presign("GET", &Key::from("not there"), 60).await.unwrap();
    assert!(url.contains("X-Amz-Signature=") && !url.contains(SECRET_KEY));
}

fn azure_with(url: &str, source: AzureSource) -> Azure {
    let endpoint = Endpoint::parse(&format!("{url}/{AZURE_ACCOUNT}")).unwrap();
    Azure::new(AzureConfig::new(AZURE_ACCOUNT, "secure", endpoint), http(), source, Arc::new(SystemClock))
}

/// A signature of the account for everything in blob storage, made as the documentation says.
fn account_sas(expiry: &str) -> String {
    use base64ct::Encoding as _;
    use hmac::{KeyInit as _, Mac as _};
    let (permissions, services, kinds, version) = ("rwdlactx", "b", "sco", "2022-11-02");
    let text = format!("{AZURE_ACCOUNT}\n{permissions}\n{services}\n{kinds}\n\n{expiry}\n\n\n{version}\n\n");
    let key = base64ct::Base64::decode_vec(AZURE_KEY).unwrap();
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    let signature = base64ct::Base64::encode_string(&mac.finalize().into_bytes());
    let signature = flagstate_sigv4::encode(signature.as_bytes());
    let expiry = flagstate_sigv4::encode(expiry.as_bytes());
    format!("sv={version}&ss={services}&srt={kinds}&sp={permissions}&se={expiry}&sig={signature}")
}

#[tokio::test]
async fn azure_credentials() {
    let Some(server) = Server::azurite() else { return };
    ready(&azure(&server.url, "secure")).await;
    let sas = AzureSource::sas(&account_sas("2035-01-01T00:00:00Z")).unwrap();
    let store = azure_with(&server.url, sas);
    ready(&store).await;
    let key = Key::from("a b/ü?");
    let missing = store.get(At::key(&key), Get::default()).await;
    assert!(matches!(missing, Err(ReadError::NotFound { .. })), "{missing:?}");
    let expired = AzureSource::sas(&account_sas("2020-01-01T00:00:00Z")).unwrap();
    let wrong = AzureSource::key("aHVzaC1odXNoLWh1c2g=").unwrap();
    for source in [expired, wrong, AzureSource::anonymous()] {
        let denied = azure_with(&server.url, source).container().await.unwrap_err();
        let named = matches!(
            denied,
            RequestError::Denied { .. } | RequestError::Expired { .. } | RequestError::NoContainer { .. }
        );
        assert!(named, "{denied:?}");
        assert!(!format!("{denied} {denied:?}").contains("hush"));
    }
}

/// A token goes where it belongs, is asked for once, and never shows.
#[tokio::test]
async fn entra_tokens() {
    let proxy = FaultProxy::to("http://127.0.0.1:9").unwrap();
    let answer = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"hush-token"}"#;
    proxy.rule(Rule { times: 9, ..Rule::once("POST", "/tenant/oauth2", Fault::Status(200, answer.to_owned())) });
    proxy.rule(Rule { times: 9, method: None, ..Rule::once("GET", "/account", Fault::Status(404, String::new())) });
    let variables = [
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hush"),
        ("AZURE_AUTHORITY_HOST", proxy.url.as_str()),
    ];
    let source = AzureSource::chain(Environment::new(variables, None)).unwrap();
    let endpoint = Endpoint::parse(&format!("{}/account", proxy.url)).unwrap();
    let store = Azure::new(AzureConfig::new("account", "c", endpoint), http(), source, Arc::new(SystemClock));
    for _ in 0..3 {
        let missing = store.head(At::key(&Key::from("x"))).await;
        assert!(matches!(missing, Err(ReadError::NotFound { .. })), "{missing:?}");
    }
    let seen = proxy.take_seen();
    assert_eq!(seen.iter().filter(|s| s.method == "POST").count(), 1, "the token is asked for once");
    let bearer = |s: &&flagstate_testbed::Seen| {
        s.headers.contains(&("authorization".to_owned(), "Bearer hush-token".to_owned()))
    };
    assert_eq!(seen.iter().filter(bearer).count(), 3);
    assert!(!format!("{store:?}").contains("hush"));
    // The token service says no.
    proxy.clear();
    proxy.rule(Rule { times: 9, ..Rule::once("POST", "/tenant/oauth2", Fault::Status(401, String::new())) });
    let source = AzureSource::chain(Environment::new(variables, None)).unwrap();
    let endpoint = Endpoint::parse(&format!("{}/account", proxy.url)).unwrap();
    let store = Azure::new(AzureConfig::new("account", "c", endpoint), http(), source, Arc::new(SystemClock));
    let denied = store.container().await.unwrap_err();
    assert!(matches!(denied, RequestError::Credentials { .. }) && !denied.class().is_transient(), "{denied:?}");
    let token = AzureSource::token(Secret::new("hush"));
    assert!(!format!("{token:?}").contains("hush"));
}

/// The machine's identity: both the token of the service and the credentials, by the emulated address.
#[tokio::test]
async fn machine_identities() {
    let proxy = FaultProxy::to("http://127.0.0.1:9").unwrap();
    let role = r#"{"Code":"Success","AccessKeyId":"ROLE","SecretAccessKey":"hush","Token":"t","Expiration":"2035-01-01T00:00:00Z"}"#;
    for (method, target, text) in [
        ("PUT", "/latest/api/token", "imds-token"),
        ("GET", "/security-credentials/my-role", role),
        ("GET", "/security-credentials/", "my-role"),
        ("GET", "/metadata/identity", r#"{"access_token":"managed","expires_on":"2051222400"}"#),
    ] {
        proxy.rule(Rule { times: 9, ..Rule::once(method, target, Fault::Status(200, text.to_owned())) });
    }
    proxy.rule(Rule { times: 9, method: None, ..Rule::once("GET", "/b", Fault::Status(404, String::new())) });
    let env = Environment::new([("AWS_EC2_METADATA_SERVICE_ENDPOINT", proxy.url.as_str())], None);
    let store = s3_with(&proxy.url, AwsSource::chain(env, None));
    assert!(store.head(At::key(&Key::from("b"))).await.is_err());
    let seen = proxy.take_seen();
    let last = seen.last().unwrap();
    assert!(last.headers.iter().any(|(n, v)| n == "authorization" && v.contains("Credential=ROLE/")), "{last:?}");
    assert!(last.headers.contains(&("x-amz-security-token".to_owned(), "t".to_owned())));

    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", proxy.url.as_str()), ("FLAGSTATE_AZ", "/nonexistent/az")];
    let source = AzureSource::chain(Environment::new(variables, None)).unwrap();
    let endpoint = Endpoint::parse(&proxy.url).unwrap();
    let store = Azure::new(AzureConfig::new("a", "b", endpoint), http(), source, Arc::new(SystemClock));
    assert!(store.head(At::key(&Key::from("x"))).await.is_err());
    let seen = proxy.take_seen();
    let last = seen.last().unwrap();
    assert!(last.headers.contains(&("authorization".to_owned(), "Bearer managed".to_owned())), "{last:?}");
}

/// A proxy is used for plain HTTP with the whole address, and its name is checked early.
#[tokio::test]
async fn proxies() {
    let proxy = FaultProxy::to("http://127.0.0.1:9").unwrap();
    proxy.rule(Rule { times: 9, method: None, ..Rule::once("GET", "", Fault::Status(404, String::new())) });
    let options = HttpOptions { proxy: Some(proxy.url.clone()), ..HttpOptions::default() };
    let config = S3Config::new("bucket", Endpoint::parse("http://s3.invalid").unwrap(), "r");
    let store = S3::new(config, Http::new(&options).unwrap(), AwsSource::anonymous(), Arc::new(SystemClock));
    assert!(store.head(At::key(&Key::from("a/../b"))).await.is_err());
    assert_eq!(proxy.take_seen().first().unwrap().target, "http://bucket.s3.invalid/a/../b");
    let options = HttpOptions { proxy: Some("not a url".to_owned()), ..HttpOptions::default() };
    assert!(Http::new(&options).is_err());
}
