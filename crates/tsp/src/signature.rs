//! Digest and signature algorithms by object identifier.
//!
//! What it deliberately does not do: nothing weaker than SHA-256, RSA of 2 048 bits and P-256; no DSA, no `EdDSA` in CMS.
//!
//! Specifications: RFC 8017 (RSA), RFC 4055 (PSS parameters), RFC 5758 and RFC 5480 (ECDSA).

use aws_lc_rs::{
    digest,
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use der::{Tag, oid::ObjectIdentifier};

use crate::asn1::{Fields, Item, Malformed, context, one};

/// `AlgorithmIdentifier` of SHA-256 with NULL parameters, as every server understands it.
pub(crate) const SHA256_DER: &[u8] =
    &[0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A digest algorithm that we accept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    /// PKCS #1 v1.5; the digest stands elsewhere when the identifier does not say it.
    Pkcs1(Option<Hash>),
    /// PSS with MGF1 over the same digest and a salt of its length.
    Pss(Hash),
    Ecdsa(Hash),
}

impl Hash {
    fn by_oid(oid: ObjectIdentifier) -> Option<Self> {
        const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
        const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
        const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
        match oid {
            SHA256 => Some(Self::Sha256),
            SHA384 => Some(Self::Sha384),
            SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Reads an `AlgorithmIdentifier` whose parameters are NULL or absent.
    pub(crate) fn read(item: &Item<'_>) -> Result<Option<Self>, Malformed> {
        let (oid, parameters) = identifier(item)?;
        if parameters.is_some_and(|p| p.tag != Tag::Null) {
            return Ok(None);
        }
        Ok(Self::by_oid(oid))
    }

    /// The digest of `bytes`.
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    const fn length(self) -> u32 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Scheme {
    /// Reads an `AlgorithmIdentifier` of a signature; nothing when we do not accept the algorithm.
    pub(crate) fn read(item: &Item<'_>) -> Result<Option<Self>, Malformed> {
        const SHA256_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
        const SHA384_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
        const SHA512_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
        const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
        const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
        const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
        let (oid, parameters) = identifier(item)?;
        Ok(match oid {
            RSA => Some(Self::Pkcs1(None)),
            SHA256_RSA => Some(Self::Pkcs1(Some(Hash::Sha256))),
            SHA384_RSA => Some(Self::Pkcs1(Some(Hash::Sha384))),
            SHA512_RSA => Some(Self::Pkcs1(Some(Hash::Sha512))),
            RSA_PSS => parameters.map(|p| pss(&p)).transpose()?.flatten().map(Self::Pss),
            ECDSA_SHA256 => Some(Self::Ecdsa(Hash::Sha256)),
            ECDSA_SHA384 => Some(Self::Ecdsa(Hash::Sha384)),
            ECDSA_SHA512 => Some(Self::Ecdsa(Hash::Sha512)),
            _ => None,
        })
    }

    /// The scheme for a message whose digest algorithm is stated beside it; nothing when the two contradict.
    pub(crate) fn with_digest(self, stated: Hash) -> Option<Self> {
        match self {
            Self::Pkcs1(None) => Some(Self::Pkcs1(Some(stated))),
            Self::Pkcs1(Some(own)) | Self::Pss(own) | Self::Ecdsa(own) => (own == stated).then_some(self),
        }
    }

    /// Checks a signature under a `SubjectPublicKeyInfo`.
    pub(crate) fn verify(self, key_info: &[u8], message: &[u8], signed: &[u8]) -> Result<bool, Malformed> {
        const KEY: &str = "a certificate's public key";
        let mut fields = one(key_info, Tag::Sequence, KEY)?.fields(KEY)?;
        let (kind, parameters) = identifier(&fields.next(Tag::Sequence)?)?;
        let bits = fields.next(Tag::BitString)?;
        fields.end()?;
        let curve = match parameters {
            Some(item) if kind == EC_KEY => Some(item.oid()?),
            _ => None,
        };
        let Some(algorithm) = self.algorithm(kind, curve) else { return Ok(false) };
        let Some((0, key)) = bits.value.split_first() else { return Err(Malformed(KEY)) };
        Ok(UnparsedPublicKey::new(algorithm, key).verify(message, signed).is_ok())
    }

    fn algorithm(
        self,
        kind: ObjectIdentifier,
        curve: Option<ObjectIdentifier>,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self, kind, curve) {
            (Self::Pkcs1(Some(Hash::Sha256)), RSA, None) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Self::Pkcs1(Some(Hash::Sha384)), RSA, None) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Self::Pkcs1(Some(Hash::Sha512)), RSA, None) => &signature::RSA_PKCS1_2048_8192_SHA512,
            (Self::Pss(Hash::Sha256), RSA | RSA_PSS, None) => &signature::RSA_PSS_2048_8192_SHA256,
            (Self::Pss(Hash::Sha384), RSA | RSA_PSS, None) => &signature::RSA_PSS_2048_8192_SHA384,
            (Self::Pss(Hash::Sha512), RSA | RSA_PSS, None) => &signature::RSA_PSS_2048_8192_SHA512,
            (Self::Ecdsa(Hash::Sha256), EC_KEY, Some(P256)) => &signature::ECDSA_P256_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EC_KEY, Some(P256)) => &signature::ECDSA_P256_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EC_KEY, Some(P256)) => &signature::ECDSA_P256_SHA512_ASN1,
            (Self::Ecdsa(Hash::Sha256), EC_KEY, Some(P384)) => &signature::ECDSA_P384_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EC_KEY, Some(P384)) => &signature::ECDSA_P384_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EC_KEY, Some(P384)) => &signature::ECDSA_P384_SHA512_ASN1,
            (Self::Ecdsa(Hash::Sha256), EC_KEY, Some(P521)) => &signature::ECDSA_P521_SHA256_ASN1,
            (Self::Ecdsa(Hash::Sha384), EC_KEY, Some(P521)) => &signature::ECDSA_P521_SHA384_ASN1,
            (Self::Ecdsa(Hash::Sha512), EC_KEY, Some(P521)) => &signature::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        })
    }
}

/// Identifier and parameters of an `AlgorithmIdentifier`.
fn identifier<'a>(item: &Item<'a>) -> Result<(ObjectIdentifier, Option<Item<'a>>), Malformed> {
    const ALGORITHM: &str = "an algorithm identifier";
    let mut fields = item.fields(ALGORITHM)?;
    let oid = fields.next(Tag::ObjectIdentifier)?.oid()?;
    let parameters = fields.any();
    fields.end()?;
    Ok((oid, parameters))
}

/// `RSASSA-PSS-params`: one digest for message and mask, the salt as long as the digest.
fn pss(parameters: &Item<'_>) -> Result<Option<Hash>, Malformed> {
    const PSS: &str = "the parameters of an RSA-PSS signature";
    let mut fields = parameters.fields(PSS)?;
    let inner = |fields: &mut Fields<'_>, number: u32, tag: Tag| -> Result<Option<Vec<u8>>, Malformed> {
        let Some(outer) = fields.optional(context(number)) else { return Ok(None) };
        Ok(Some(one(outer.value, tag, PSS)?.whole.to_vec()))
    };
    // Absent fields mean SHA-1, which we do not accept.
    let (Some(hash), Some(mask), Some(salt)) = (
        inner(&mut fields, 0, Tag::Sequence)?,
        inner(&mut fields, 1, Tag::Sequence)?,
        inner(&mut fields, 2, Tag::Integer)?,
    ) else {
        return Ok(None);
    };
    let Some(hash) = Hash::read(&one(&hash, Tag::Sequence, PSS)?)? else { return Ok(None) };
    let (function, of) = identifier(&one(&mask, Tag::Sequence, PSS)?)?;
    let mask_hash = of.map(|item| Hash::read(&item)).transpose()?.flatten();
    let salt_length = crate::asn1::small(one(&salt, Tag::Integer, PSS)?.value);
    let fits = function == MGF1 && mask_hash == Some(hash) && salt_length == Some(hash.length());
    Ok(fits.then_some(hash))
}
