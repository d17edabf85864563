//! Certificates with the bytes they were signed over, and the ones the caller trusts.
//!
//! What it deliberately does not do: it has no roots of its own.
//!
//! Specification: RFC 5280 section 4.1; PEM after RFC 7468.

use der::{Decode, Encode, Tag, pem};
use x509_cert::Certificate as Parsed;

use crate::{
    asn1::{Malformed, one},
    signature::Scheme,
};

/// A certificate as it came.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) parsed: Parsed,
    /// What the issuer signed.
    tbs: Vec<u8>,
    scheme: Option<Scheme>,
    key_info: Vec<u8>,
}

impl Certificate {
    /// Reads one certificate.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        const CERTIFICATE: &str = "a certificate";
        let mut fields = one(bytes, Tag::Sequence, CERTIFICATE)?.fields(CERTIFICATE)?;
        let tbs = fields.next(Tag::Sequence)?.whole.to_vec();
        let scheme = Scheme::read(&fields.next(Tag::Sequence)?)?;
        let parsed = Parsed::from_der(bytes).map_err(|_| Malformed(CERTIFICATE))?;
        let key_info =
            parsed.tbs_certificate().subject_public_key_info().to_der().map_err(|_| Malformed(CERTIFICATE))?;
        if parsed.tbs_certificate().signature() != parsed.signature_algorithm() {
            return Err(Malformed("a certificate whose two signature algorithms agree"));
        }
        Ok(Self { der: bytes.to_vec(), parsed, tbs, scheme, key_info })
    }

    /// True when `issuer` signed this certificate.
    pub(crate) fn signed_by(&self, issuer: &Self) -> bool {
        let Some(scheme) = self.scheme else { return false };
        let Some(signature) = self.parsed.signature().as_bytes() else { return false };
        scheme.verify(&issuer.key_info, &self.tbs, signature).unwrap_or(false)
    }

    /// Checks a signature made with this certificate's key.
    pub(crate) fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<bool, Malformed> {
        scheme.verify(&self.key_info, message, signature)
    }

    /// The subject in the words of RFC 4514, without control characters.
    pub(crate) fn subject(&self) -> String {
        let text = self.parsed.tbs_certificate().subject().to_string();
        text.chars().filter(|c| !c.is_control()).collect()
    }
}

/// Why certificates cannot be trusted: they cannot be read.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum TrustError {
    /// Neither DER nor PEM.
    #[error("certificate {0} of the trusted time stamping certificates cannot be read: give X.509 in PEM or DER")]
    Unreadable(usize),
    /// A file without any certificate.
    #[error("there is no certificate in the file of trusted time stamping certificates: give X.509 in PEM or DER")]
    Empty,
}

/// What the caller trusts: roots, and certificates that may help to reach them.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub(crate) roots: Vec<Certificate>,
    pub(crate) others: Vec<Certificate>,
}

impl Trust {
    /// Adds the roots in a PEM text or one in DER.
    pub fn add_roots(&mut self, text: &[u8]) -> Result<(), TrustError> {
        self.roots.extend(read_all(text)?);
        Ok(())
    }

    /// Adds intermediate certificates for tokens that come without them.
    pub fn add_intermediates(&mut self, text: &[u8]) -> Result<(), TrustError> {
        self.others.extend(read_all(text)?);
        Ok(())
    }

    /// True when no root was given: then nothing verifies.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }
}

fn read_all(text: &[u8]) -> Result<Vec<Certificate>, TrustError> {
    const END: &str = "-----END CERTIFICATE-----";
    if text.first() == Some(&0x30) {
        return Certificate::read(text).map(|one| vec![one]).map_err(|_| TrustError::Unreadable(1));
    }
    let text = std::str::from_utf8(text).map_err(|_| TrustError::Unreadable(1))?;
    let mut found = Vec::new();
    for (index, block) in text.split_inclusive(END).enumerate() {
        let Some(start) = block.find("-----BEGIN CERTIFICATE-----") else { continue };
        let unreadable = || TrustError::Unreadable(index + 1);
        let block = block.get(start..).ok_or_else(unreadable)?;
        let (_, bytes) = pem::decode_vec(block.as_bytes()).map_err(|_| unreadable())?;
        found.push(Certificate::read(&bytes).map_err(|_| unreadable())?);
    }
    if found.is_empty() { Err(TrustError::Empty) } else { Ok(found) }
}
