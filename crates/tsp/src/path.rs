//! From the signer's certificate up to a root that the caller trusts, as of the time in the token.
//!
//! What it deliberately does not do: no revocation (archive the lists beside the token), no policies, and no name
//! constraints: a certificate that demands them is refused rather than ignored.
//!
//! Specifications: RFC 5280 section 6.1, RFC 3161 section 2.3 (the one critical purpose of a time stamping certificate).

use std::time::Duration;

use der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};

use crate::certificate::{Certificate, Trust};

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// Longest path, and with it the work that a hostile token can ask for.
const LONGEST: usize = 8;
/// Extensions that may be critical: each is judged here or has no effect on a time stamp.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("2.5.29.19"), // basic constraints
    ObjectIdentifier::new_unwrap("2.5.29.15"), // key usage
    ObjectIdentifier::new_unwrap("2.5.29.37"), // extended key usage
    ObjectIdentifier::new_unwrap("2.5.29.32"), // certificate policies
];

/// Why a certificate cannot be used; the words complete "the certificate of X ...".
pub(crate) type Reason = &'static str;

/// Why there is no path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NoPath {
    pub(crate) subject: String,
    pub(crate) reason: Reason,
}

/// The signer's certificate may do nothing but time stamping.
pub(crate) fn may_stamp(leaf: &Certificate) -> Result<(), Reason> {
    let tbs = leaf.parsed.tbs_certificate();
    let purpose = tbs.get_extension::<ExtendedKeyUsage>().map_err(|_| "has unreadable purposes")?;
    match purpose {
        None => return Err("states no purpose; it must be for time stamping"),
        Some((_, ExtendedKeyUsage(all))) if all != [TIME_STAMPING] => {
            return Err("is not for time stamping, and for nothing else");
        }
        Some((false, _)) => return Err("states its purpose, time stamping, without making it critical"),
        Some((true, _)) => {}
    }
    let usage = tbs.get_extension::<KeyUsage>().map_err(|_| "has an unreadable key usage")?;
    if usage.is_some_and(|(_, usage)| !usage.digital_signature() && !usage.non_repudiation()) {
        return Err("may not sign");
    }
    understood(leaf)
}

/// The certificates from `leaf` to a root, both included.
pub(crate) fn find(
    leaf: &Certificate,
    sent: &[Certificate],
    trust: &Trust,
    at: Duration,
) -> Result<Vec<Certificate>, NoPath> {
    let mut best = NoPath { subject: leaf.subject(), reason: "leads to no root that you trust" };
    let mut path = vec![leaf.clone()];
    let pool: Vec<&Certificate> = trust.roots.iter().chain(sent).chain(&trust.others).collect();
    let mut budget = 64;
    if climb(&mut path, &pool, trust, at, &mut best, &mut budget) { Ok(path) } else { Err(best) }
}

fn climb(
    path: &mut Vec<Certificate>,
    pool: &[&Certificate],
    trust: &Trust,
    at: Duration,
    best: &mut NoPath,
    budget: &mut u32,
) -> bool {
    let Some(last) = path.last().cloned() else { return false };
    if let Err(reason) = valid(&last, at) {
        *best = NoPath { subject: last.subject(), reason };
        return false;
    }
    if trust.roots.iter().any(|root| root.der == last.der) {
        return true;
    }
    for issuer in pool {
        let fits = last.parsed.tbs_certificate().issuer() == issuer.parsed.tbs_certificate().subject();
        if !fits || path.iter().any(|seen| seen.der == issuer.der) || path.len() >= LONGEST || *budget == 0 {
            continue;
        }
        *budget -= 1;
        if !last.signed_by(issuer) {
            continue;
        }
        if let Err(reason) = may_issue(issuer, path) {
            *best = NoPath { subject: issuer.subject(), reason };
            continue;
        }
        path.push((*issuer).clone());
        if climb(path, pool, trust, at, best, budget) {
            return true;
        }
        path.pop();
    }
    false
}

fn valid(certificate: &Certificate, at: Duration) -> Result<(), Reason> {
    let validity = certificate.parsed.tbs_certificate().validity();
    if at < validity.not_before.to_unix_duration() {
        return Err("was not yet valid at the time in the token");
    }
    // The last second counts whole.
    if at >= validity.not_after.to_unix_duration() + Duration::from_secs(1) {
        return Err("had expired at the time in the token");
    }
    Ok(())
}

fn may_issue(issuer: &Certificate, below: &[Certificate]) -> Result<(), Reason> {
    let tbs = issuer.parsed.tbs_certificate();
    let basic = tbs.get_extension::<BasicConstraints>().map_err(|_| "has unreadable basic constraints")?;
    let Some((_, BasicConstraints { ca: true, path_len_constraint })) = basic else {
        return Err("may not issue certificates");
    };
    // Self-issued certificates do not count; the signer's own never does.
    let between = below.iter().skip(1).filter(|c| {
        let tbs = c.parsed.tbs_certificate();
        tbs.subject() != tbs.issuer()
    });
    if path_len_constraint.is_some_and(|longest| between.count() > usize::from(longest)) {
        return Err("may not issue for a path this long");
    }
    let usage = tbs.get_extension::<KeyUsage>().map_err(|_| "has an unreadable key usage")?;
    if usage.is_some_and(|(_, usage)| !usage.key_cert_sign()) {
        return Err("may not sign certificates");
    }
    let purpose = tbs.get_extension::<ExtendedKeyUsage>().map_err(|_| "has unreadable purposes")?;
    let any = ObjectIdentifier::new_unwrap("2.5.29.37.0");
    if purpose.is_some_and(|(_, ExtendedKeyUsage(all))| !all.contains(&TIME_STAMPING) && !all.contains(&any)) {
        return Err("may not issue certificates for time stamping");
    }
    understood(issuer)
}

fn understood(certificate: &Certificate) -> Result<(), Reason> {
    let all = certificate.parsed.tbs_certificate().extensions().map_or(&[][..], |all| all.as_slice());
    if all.iter().any(|e| e.critical && !UNDERSTOOD.contains(&e.extn_id)) {
        return Err("has a critical extension that is not understood here");
    }
    Ok(())
}

/// True when the certificate carries this subject key identifier.
pub(crate) fn has_key_id(certificate: &Certificate, id: &[u8]) -> bool {
    let found = certificate.parsed.tbs_certificate().get_extension::<SubjectKeyIdentifier>();
    found.ok().flatten().is_some_and(|(_, own)| own.0.as_bytes() == id)
}
