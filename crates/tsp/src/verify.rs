//! The check of a token, all of it, against a message and the roots that the caller trusts.
//!
//! What it deliberately does not do: it asks nobody and reads no clock. The certificates must have been valid at the time
//! that the token states; whether one was revoked later is not seen here.
//!
//! Specifications: RFC 3161 sections 2.2 and 2.4.2, RFC 5816 section 2.2.1, RFC 5652 section 5.6.

use std::time::Duration;

use der::{DateTime, Encode};

use crate::{
    asn1::Malformed,
    certificate::{Certificate, Trust},
    cms::{Envelope, SignerId},
    info::{Info, hex},
    path,
    request::Nonce,
};

/// What a token proves once it is checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// The time stated, since 1970 in UTC.
    pub time: Duration,
    /// The same in RFC 3339, with the fraction if there is one.
    pub time_text: String,
    /// How exact the authority says that it is.
    pub accuracy: Option<Duration>,
    /// The authority's number for this token, hexadecimal.
    pub serial: String,
    /// Object identifier of the authority's policy.
    pub policy: String,
    /// The subject of the certificate that signed.
    pub authority: String,
    /// The subject of the trusted root that the path ends in.
    pub root: String,
    /// The path in DER, the signer first: archive it beside the token.
    pub path: Vec<Vec<u8>>,
}

/// Why a token proves nothing.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// Not DER of the expected shape.
    #[error("the time stamp token is damaged or no RFC 3161 token: {0} cannot be read")]
    Malformed(&'static str),
    /// Over other bytes.
    #[error("the time stamp is not for these bytes: they or the token were changed")]
    OtherMessage,
    /// An old token, or somebody else's.
    #[error("the time stamp answers another request (its nonce differs): ask the server again")]
    OtherNonce,
    /// Too weak or too new for us.
    #[error("the time stamp uses {0}, which is not accepted: use a server that signs with SHA-256 or stronger")]
    Algorithm(&'static str),
    /// The signature covers other content.
    #[error("the time stamp's content was changed after it was signed")]
    Content,
    /// The signature is wrong.
    #[error("the time stamp's signature is wrong: the token was changed or forged")]
    Signature,
    /// No certificate for the signer.
    #[error("the certificate that signed the time stamp is not in the token: ask the server to send it")]
    NoCertificate,
    /// A certificate of the path cannot be used.
    #[error("the time stamp is not from an authority that you trust: the certificate of \"{subject}\" {reason}")]
    Untrusted {
        /// Whose certificate.
        subject: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something in it demands to be understood.
    #[error("the time stamp has a critical extension that is not understood here: use another server")]
    Extension,
}

impl From<Malformed> for TokenError {
    fn from(bad: Malformed) -> Self {
        Self::Malformed(bad.0)
    }
}

/// Checks a token over `message`; `nonce` is that of the request, when the token is fresh.
pub fn verify(token: &[u8], message: &[u8], nonce: Option<&Nonce>, trust: &Trust) -> Result<Stamp, TokenError> {
    let envelope = Envelope::read(token)?;
    let info = Info::read(&envelope.content)?;
    let hash = info.hash.ok_or(TokenError::Algorithm("a weak or unknown digest of the message"))?;
    if hash.of(message) != info.imprint {
        return Err(TokenError::OtherMessage);
    }
    if nonce.is_some_and(|wanted| info.nonce.as_deref() != Some(wanted.digits())) {
        return Err(TokenError::OtherNonce);
    }
    if info.unknown_critical {
        return Err(TokenError::Extension);
    }
    let signer = signer(&envelope, trust)?;
    let digest = envelope.digest.ok_or(TokenError::Algorithm("a weak or unknown digest"))?;
    if digest.of(&envelope.content) != envelope.message_digest {
        return Err(TokenError::Content);
    }
    let scheme = envelope.scheme.and_then(|scheme| scheme.with_digest(digest));
    let scheme = scheme.ok_or(TokenError::Algorithm("a weak or unknown signature algorithm"))?;
    if !signer.verify(scheme, &envelope.attributes, &envelope.signature)? {
        return Err(TokenError::Signature);
    }
    let untrusted = |reason| TokenError::Untrusted { subject: signer.subject(), reason };
    path::may_stamp(signer).map_err(untrusted)?;
    let path = path::find(signer, &envelope.certificates, trust, info.time)
        .map_err(|none| TokenError::Untrusted { subject: none.subject, reason: none.reason })?;
    Ok(Stamp {
        time: info.time,
        time_text: text(info.time),
        accuracy: info.accuracy,
        serial: hex(&info.serial),
        policy: info.policy,
        authority: signer.subject(),
        root: path.last().map(Certificate::subject).unwrap_or_default(),
        path: path.into_iter().map(|certificate| certificate.der).collect(),
    })
}

/// The certificate that the signed attributes bind, which must also be the one that the signer's block names.
fn signer<'a>(envelope: &'a Envelope, trust: &'a Trust) -> Result<&'a Certificate, TokenError> {
    if envelope.only_sha1 {
        return Err(TokenError::Algorithm("SHA-1 to bind its certificate (ESSCertID)"));
    }
    let binding = envelope.binding.as_ref().ok_or(TokenError::Malformed("the binding of the signing certificate"))?;
    let hash = binding.hash.ok_or(TokenError::Algorithm("a weak or unknown digest to bind its certificate"))?;
    let fits = |certificate: &&Certificate| {
        let tbs = certificate.parsed.tbs_certificate();
        let serial = tbs.serial_number().as_bytes();
        let named = match &envelope.signer {
            SignerId::IssuerAndSerial { issuer, serial: wanted } => {
                wanted == serial && tbs.issuer().to_der().is_ok_and(|own| own == *issuer)
            }
            SignerId::KeyId(id) => path::has_key_id(certificate, id),
        };
        named
            && hash.of(&certificate.der) == binding.digest
            && binding.serial.as_deref().is_none_or(|wanted| wanted == serial)
    };
    let mut all = envelope.certificates.iter().chain(&trust.others).chain(&trust.roots);
    all.find(fits).ok_or(TokenError::NoCertificate)
}

/// RFC 3339 in UTC.
fn text(time: Duration) -> String {
    let whole = DateTime::from_unix_duration(Duration::from_secs(time.as_secs())).map(|date| date.to_string());
    let mut text = whole.unwrap_or_default();
    if time.subsec_nanos() > 0 {
        let fraction = format!("{:09}", time.subsec_nanos());
        text.truncate(text.len().saturating_sub(1));
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
        text.push('Z');
    }
    text
}
