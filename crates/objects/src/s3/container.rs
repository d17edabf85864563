//! What a bucket says of itself: versions, locks, encryption, who may read. What we may not ask stays unknown.

use http::Method;

use super::{S3, answer::answer, object::with_md5, request::Ask};
use crate::{ContainerFacts, Integrity, Payload, RequestError, http::Reply, xml};

pub(super) async fn facts(s3: &S3) -> Result<ContainerFacts, RequestError> {
    // This one says whether the bucket is there at all.
    let versioning = ask(s3, "versioning").await?;
    if answer(&versioning).code == "NoSuchBucket" || versioning.status == http::StatusCode::NOT_FOUND {
        return Err(RequestError::NoContainer { place: s3.inner.place.clone() });
    }
    let mut facts = ContainerFacts::default();
    if versioning.status.is_success() {
        let status = xml::first(&versioning.body, "Status");
        facts.versioning = Some(status.as_deref() == Some("Enabled"));
        // Suspended: what was kept before is still there.
        facts.may_hold_versions = status.is_some_and(|s| !s.is_empty());
    }
    let lock = ask(s3, "object-lock").await?;
    facts.object_lock = match (lock.status.as_u16(), answer(&lock).code.as_str()) {
        (200, _) => Some(xml::first(&lock.body, "ObjectLockEnabled").as_deref() == Some("Enabled")),
        (404, "ObjectLockConfigurationNotFoundError" | "NoSuchObjectLockConfiguration") => Some(false),
        _ => None,
    };
    let encryption = ask(s3, "encryption").await?;
    facts.encryption = match (encryption.status.as_u16(), answer(&encryption).code.as_str()) {
        (200, _) => xml::first(&encryption.body, "SSEAlgorithm"),
        (404, "ServerSideEncryptionConfigurationNotFoundError") => Some("none".to_owned()),
        _ => None,
    };
    let ownership = ask(s3, "ownershipControls").await?;
    let set = xml::first(&ownership.body, "ObjectOwnership");
    facts.object_acls = super::acl::by_ownership(ownership.status.as_u16(), &answer(&ownership).code, set.as_deref());
    access(s3, &mut facts).await?;
    Ok(facts)
}

/// The groups that mean everybody.
const EVERYBODY: [&str; 2] =
    ["http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"];

async fn access(s3: &S3, facts: &mut ContainerFacts) -> Result<(), RequestError> {
    let acl = ask(s3, "acl").await?;
    let policy = ask(s3, "policy").await?;
    let listed = acl.status.is_success();
    let text = String::from_utf8_lossy(&acl.body).into_owned();
    let by_acl = listed.then(|| EVERYBODY.iter().any(|group| text.contains(group)));
    let by_policy = match (policy.status.as_u16(), answer(&policy).code.as_str()) {
        (200, _) => {
            let text = String::from_utf8_lossy(&policy.body).into_owned();
            facts.access = Some(text.clone());
            Some(is_public(&text))
        }
        (404, _) => Some(false),
        _ => None,
    };
    facts.public_read = match (by_acl, by_policy) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    Ok(())
}

/// A statement that allows everybody something, without a condition.
fn is_public(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<serde_json::Value>(policy) else { return false };
    let everybody = |principal: &serde_json::Value| {
        let star = |v: &serde_json::Value| {
            v.as_str() == Some("*") || v.as_array().is_some_and(|a| a.iter().any(|v| v.as_str() == Some("*")))
        };
        star(principal) || principal.get("AWS").is_some_and(star)
    };
    let statements = policy.get("Statement").and_then(|s| s.as_array()).cloned().unwrap_or_default();
    statements.iter().any(|s| {
        s.get("Effect").and_then(|e| e.as_str()) == Some("Allow")
            && s.get("Principal").is_some_and(everybody)
            && s.get("Condition").is_none()
    })
}

/// Codes that say that the credentials themselves are wrong.
const STRANGER: [&str; 6] = [
    "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "RequestTimeTooSkewed", "SignatureDoesNotMatch",
    "AuthorizationHeaderMalformed",
];

async fn ask(s3: &S3, what: &'static str) -> Result<Reply, RequestError> {
    let reply = s3.exchange(Ask::new(Method::GET, None).query(what, "")).await?;
    // Broken or throttled is not the same as unknown.
    let status = reply.status.as_u16();
    let broken = status >= 500 && status != 501 || status == 429;
    // Wrong credentials are not the same as too few rights.
    let unknown = matches!(status, 400 | 401 | 403) && STRANGER.contains(&answer(&reply).code.as_str());
    if broken || unknown { Err(s3.refused(&reply)) } else { Ok(reply) }
}

/// Names of all buckets as the service orders them, page by page where the service has pages.
pub(super) async fn all(s3: &S3) -> Result<Vec<String>, RequestError> {
    let (mut names, mut token) = (Vec::new(), None::<String>);
    loop {
        let ask = Ask::new(Method::GET, None);
        let ask = match &token {
            Some(token) => ask.query("continuation-token", token.as_bytes()),
            None => ask,
        };
        let reply = s3.exchange(ask).await?;
        if !reply.status.is_success() {
            return Err(s3.refused(&reply));
        }
        let (more, next) =
            xml::container_names(&reply.body, ("Bucket", "ContinuationToken")).map_err(|e| s3.nonsense(e))?;
        names.extend(more);
        if next.is_none() || next == token {
            return Ok(names);
        }
        token = next;
    }
}

pub(super) async fn create(s3: &S3) -> Result<(), RequestError> {
    let ask = Ask::new(Method::PUT, None);
    let plain = s3.inner.region == "us-east-1" || s3.inner.region.is_empty() || s3.inner.limits.id != "aws_s3";
    let ask = if plain {
        ask.body(Payload::empty(), Integrity::Nothing)
    } else {
        let region = xml::escape(&s3.inner.region);
        with_md5(
            ask,
            format!(
                "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        )
    };
    let reply = s3.exchange(ask).await?;
    let there = matches!(answer(&reply).code.as_str(), "BucketAlreadyOwnedByYou" | "BucketAlreadyExists");
    if reply.status.is_success() || there { Ok(()) } else { Err(s3.refused(&reply)) }
}

pub(super) async fn enable_versioning(s3: &S3) -> Result<(), RequestError> {
    let xml = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    let ask = Ask::new(Method::PUT, None).query("versioning", "");
    let reply = s3.exchange(with_md5(ask, xml.to_owned())).await?;
    if reply.status.is_success() { Ok(()) } else { Err(s3.refused(&reply)) }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn public_policies_are_recognised() {
        let policy = |principal: &str, more: &str| {
            format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject"{more}}}]}}"#)
        };
        assert!(is_public(&policy(r#""*""#, "")));
        assert!(is_public(&policy(r#"{"AWS":["*"]}"#, "")));
        assert!(!is_public(&policy(r#"{"AWS":"arn:aws:iam::1:root"}"#, "")));
        assert!(!is_public(&policy(r#""*""#, r#","Condition":{"IpAddress":{}}"#)));
        assert!(!is_public("not JSON"));
    }
}
