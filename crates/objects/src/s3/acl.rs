//! Access lists of objects: who may do what besides the owner, and whether a bucket has such lists at all.
//!
//! What it deliberately does not do: it writes none. Principals differ between providers.
//!
//! Specification: Amazon S3 API reference, `GetObjectAcl`, `GetBucketOwnershipControls`, as of the service model of 2026-08.

use http::Method;

use super::{S3, answer::is_good, request::Ask};
use crate::{
    At, ReadError,
    xml::{Step, walk},
};

/// The grants of an object to others than its owner, as `PERMISSION: WHO; ...`.
pub(super) async fn of_object(s3: &S3, at: At<'_>) -> Result<Option<String>, ReadError> {
    let reply = s3.exchange(Ask::new(Method::GET, Some(at.key)).query("acl", "").version(at.version)).await?;
    // A store without access lists of objects has nobody in them.
    if matches!(reply.status.as_u16(), 405 | 501) {
        return Ok(None);
    }
    if !is_good(reply.status) {
        return Err(s3.read_refused(&reply, at.key));
    }
    grants(&reply.body).map_err(|e| s3.nonsense(e).into())
}

/// Whether objects can have access lists, by the answer about the bucket's ownership controls.
pub(super) fn by_ownership(status: u16, code: &str, ownership: Option<&str>) -> Option<bool> {
    match (status, code) {
        (200, _) => ownership.map(|o| o != "BucketOwnerEnforced"),
        // Buckets from before the setting existed: lists are in force.
        (404, "OwnershipControlsNotFoundError") => Some(true),
        _ => None,
    }
}

fn grants(xml: &[u8]) -> Result<Option<String>, String> {
    let (mut owner, mut who, mut found) = (String::new(), String::new(), Vec::new());
    walk(xml, |path, step| {
        let Step::Close { name, text, .. } = step else { return Ok(()) };
        match (path.last().copied(), name) {
            (Some("Owner"), "ID") => text.clone_into(&mut owner),
            (Some("Grantee"), "ID" | "URI" | "EmailAddress") => text.clone_into(&mut who),
            (Some("Grant"), "Permission") => found.push((text.to_owned(), std::mem::take(&mut who))),
            _ => {}
        }
        Ok(())
    })?;
    let others: Vec<String> =
        found.into_iter().filter(|(_, who)| *who != owner).map(|(what, who)| format!("{what}: {who}")).collect();
    Ok(Some(others.join("; ")).filter(|t| !t.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_to_others_are_told_and_the_owners_is_not() {
        let grant = |who: &str, what: &str| {
            format!(
                "<Grant><Grantee xmlns:xsi=\"x\" xsi:type=\"y\">{who}</Grantee><Permission>{what}</Permission></Grant>"
            )
        };
        let list = |grants: &str| {
            format!(
                "<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
            )
        };
        let mine = grant("<ID>me</ID>", "FULL_CONTROL");
        assert_eq!(grants(list(&mine).as_bytes()).unwrap(), None);
        let all = grant("<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>", "READ");
        let both = grants(list(&(mine + &all)).as_bytes()).unwrap();
        assert_eq!(both.as_deref(), Some("READ: http://acs.amazonaws.com/groups/global/AllUsers"));
        assert!(grants(b"<a>").is_err());
    }

    #[test]
    fn ownership_says_whether_there_are_lists() {
        assert_eq!(by_ownership(200, "", Some("BucketOwnerEnforced")), Some(false));
        assert_eq!(by_ownership(200, "", Some("ObjectWriter")), Some(true));
        assert_eq!(by_ownership(404, "OwnershipControlsNotFoundError", None), Some(true));
        assert_eq!(by_ownership(501, "NotImplemented", None), None);
        assert_eq!(by_ownership(404, "", None), None);
    }
}
