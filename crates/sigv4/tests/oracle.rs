//! The same requests, signed by us and by AWS's own crate; and verified by us.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Theirs;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest, SignatureLocation,
        SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use flagstate_sigv4::{
    Credentials, Payload, Presign, Received, Request, Scope, SecretKey, SigningKey, VerifyError, amz_date, authorize,
    canonical_query, encode_path, presign, sha256_hex, verify,
};
use jiff::Timestamp;
use proptest::prelude::*;

const HOST: &str = "bucket.example.org:9000";

fn theirs(location: SignatureLocation, uri: &str, headers: &[(String, String)], at: i64, secret: &str) -> String {
    let credentials = Theirs::new("AKID", secret, None, None, "test");
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.session_token_mode = SessionTokenMode::Include;
    settings.signature_location = location;
    settings.excluded_headers = None;
    if location == SignatureLocation::QueryParams {
        settings.expires_in = Some(Duration::from_mins(15));
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at).expect("positive"));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-3")
        .name("s3")
        .time(time)
        .settings(settings)
        .build()
        .expect("complete")
        .into();
    let pairs = headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let request = SignableRequest::new("PUT", uri, pairs, SignableBody::UnsignedPayload).expect("a request");
    sign(request, &params).expect("signed").signature().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn header_and_query_agree_with_aws(
        key in proptest::collection::vec(any::<u8>(), 1..60),
        query in proptest::collection::vec(("[ -~é]{1,8}", "[ -~ß]{0,8}"), 0..4),
        values in proptest::collection::vec("[!-~]([ -~]{0,20}[!-~])?", 0..4),
        secret in "[A-Za-z0-9/+]{20,40}",
        at in 1_400_000_000_i64..4_000_000_000,
    ) {
        let mut raw = b"/".to_vec();
        raw.extend_from_slice(&key);
        let path = encode_path(&raw);
        let pairs: Vec<(&[u8], &[u8])> = query.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let text = canonical_query(&pairs);
        let mark = if pairs.is_empty() { "" } else { "?" };
        let uri = format!("http://{HOST}{path}{mark}{text}");
        let mut headers = vec![("host".to_owned(), HOST.to_owned())];
        headers.extend(values.iter().enumerate().map(|(i, v)| (format!("x-amz-meta-{i}"), v.clone())));
        let stamp = Timestamp::from_second(at).expect("in range");
        let signing = SigningKey::derive(&SecretKey::new(secret.as_str()), Scope::new(stamp, "eu-west-3", "s3"));
        let plain: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let request = Request { method: "PUT", path: &path, query: &pairs, headers: &plain, payload: Payload::Unsigned };

        let url = presign(&request, Presign { access_key_id: "AKID", token: None, expires_s: 900 }, &signing, stamp);
        let expected = theirs(SignatureLocation::QueryParams, &uri, &headers, at, &secret);
        prop_assert!(url.ends_with(&expected), "{}", uri);

        let date = amz_date(stamp);
        let mut all = plain.clone();
        all.push(("x-amz-date", date.as_bytes()));
        all.push(("x-amz-content-sha256", b"UNSIGNED-PAYLOAD"));
        let ours = authorize(&Request { headers: &all, ..request }, "AKID", &signing, stamp);
        let expected = theirs(SignatureLocation::Headers, &uri, &headers, at, &secret);
        prop_assert_eq!(ours.signature.as_str(), expected);

        all.push(("authorization", ours.authorization.as_bytes()));
        all.push(("x-added-by-a-proxy", b"1"));
        let received = Received { method: "PUT", path: &path, query: &pairs, headers: &all, payload: Payload::Unsigned };
        let known = |id: &str| (id == "AKID").then(|| SecretKey::new(secret.as_str()));
        prop_assert_eq!(verify(&received, ("eu-west-3", "s3"), stamp, 300, known), Ok("AKID".to_owned()));
        let other = Received { method: "GET", ..received };
        prop_assert_eq!(verify(&other, ("eu-west-3", "s3"), stamp, 300, known), Err(VerifyError::Mismatch));
    }

    /// Whatever stands in the header, verifying never panics and never accepts.
    #[test]
    fn rubbish_is_refused(text in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}", date in "[0-9TZ]{0,18}") {
        let headers: [(&str, &[u8]); 3] =
            [("authorization", text.as_bytes()), ("x-amz-date", date.as_bytes()), ("host", b"h")];
        let received = Received { method: "GET", path: "/", query: &[], headers: &headers, payload: Payload::Empty };
        let secret = |_: &str| Some(SecretKey::new("s"));
        prop_assert!(verify(&received, ("r", "s3"), Timestamp::UNIX_EPOCH, i64::MAX / 4, secret).is_err());
    }
}

#[test]
fn refusals_have_their_reasons() {
    let at: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a date");
    let secret = SecretKey::new("secret");
    let key = SigningKey::derive(&secret, Scope::new(at, "eu-west-3", "xks"));
    let digest = sha256_hex(b"{}");
    let date = amz_date(at);
    let mut headers: Vec<(&str, &[u8])> = vec![("host", b"h"), ("x-amz-date", date.as_bytes())];
    let request =
        Request { method: "POST", path: "/x", query: &[], headers: &headers, payload: Payload::Sha256(&digest) };
    let signed = authorize(&request, "ID", &key, at).authorization;
    headers.push(("authorization", signed.as_bytes()));
    let received =
        Received { method: "POST", path: "/x", query: &[], headers: &headers, payload: Payload::Sha256(&digest) };
    let ask = |received: &Received<'_>, region: &str, now: Timestamp, known: bool| {
        verify(received, (region, "xks"), now, 300, |_| known.then(|| secret.clone()))
    };
    assert_eq!(ask(&received, "eu-west-3", at, true), Ok("ID".to_owned()));
    assert!(matches!(ask(&received, "eu-west-1", at, true), Err(VerifyError::Scope { .. })));
    let later = Timestamp::from_second(at.as_second() + 301).expect("in range");
    assert!(matches!(ask(&received, "eu-west-3", later, true), Err(VerifyError::Clock { .. })));
    assert_eq!(ask(&received, "eu-west-3", at, false), Err(VerifyError::UnknownKey("ID".to_owned())));
    let other = sha256_hex(b"[]");
    let changed = Received { payload: Payload::Sha256(&other), ..received };
    assert_eq!(ask(&changed, "eu-west-3", at, true), Err(VerifyError::Mismatch));
    let bare = Received { headers: &headers[..2], ..received };
    assert_eq!(ask(&bare, "eu-west-3", at, true), Err(VerifyError::Missing));
}

#[test]
fn secrets_do_not_print() {
    let credentials = Credentials::new("AKID", SecretKey::new("hush")).with_token(Some("hush".to_owned()));
    let key = SigningKey::derive(&credentials.secret, Scope::new(Timestamp::UNIX_EPOCH, "r", "s3"));
    let printed = format!("{credentials:?} {:?} {key:?}", credentials.secret);
    assert!(!printed.contains("hush"), "{printed}");
    assert!(printed.contains("AKID"));
}
