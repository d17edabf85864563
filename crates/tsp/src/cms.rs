//! The envelope of a token: CMS `SignedData` with one signer.
//!
//! What it deliberately does not do: no certificate choices but X.509 (others are passed over), no unsigned attributes, no
//! revocation lists. The set of certificates may come in any order: common servers do not sort it.
//!
//! Specifications: RFC 5652 sections 5.1 to 5.6 and 11, RFC 5035 section 3 (`ESSCertIDv2`).

use der::{Tag, oid::ObjectIdentifier};

use crate::{
    asn1::{Fields, Item, Malformed, context, context_primitive, items, one},
    certificate::Certificate,
    signature::{Hash, Scheme},
};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

const SIGNED: &str = "the signature envelope (SignedData)";
const SIGNER: &str = "the signer's block (SignerInfo)";
const ATTRIBUTE: &str = "the signed attributes";

/// A token taken apart. Nothing is verified yet.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    /// The DER of the `TSTInfo`.
    pub(crate) content: Vec<u8>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) signer: SignerId,
    /// Nothing when we do not accept the algorithm.
    pub(crate) digest: Option<Hash>,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) signature: Vec<u8>,
    /// The signed attributes as the set that the signature covers.
    pub(crate) attributes: Vec<u8>,
    pub(crate) message_digest: Vec<u8>,
    /// The binding of the signer's certificate, in the version with a free choice of digest.
    pub(crate) binding: Option<Binding>,
    /// The binding of RFC 2634, by SHA-1, was there instead.
    pub(crate) only_sha1: bool,
}

/// Whom the signer's block names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SignerId {
    IssuerAndSerial { issuer: Vec<u8>, serial: Vec<u8> },
    KeyId(Vec<u8>),
}

/// The first `ESSCertIDv2`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Binding {
    /// Nothing when we do not accept the algorithm.
    pub(crate) hash: Option<Hash>,
    pub(crate) digest: Vec<u8>,
    pub(crate) serial: Option<Vec<u8>>,
}

impl Envelope {
    /// Takes a `ContentInfo` apart.
    pub(crate) fn read(token: &[u8]) -> Result<Self, Malformed> {
        let mut outer = one(token, Tag::Sequence, SIGNED)?.fields(SIGNED)?;
        if outer.next(Tag::ObjectIdentifier)?.oid()? != SIGNED_DATA {
            return Err(Malformed(SIGNED));
        }
        let explicit = outer.next(context(0))?;
        outer.end()?;
        let mut fields = one(explicit.value, Tag::Sequence, SIGNED)?.fields(SIGNED)?;
        fields.next(Tag::Integer)?;
        fields.next(Tag::Set)?;
        let content = content(&fields.next(Tag::Sequence)?)?;
        let set = fields.optional(context(0));
        fields.optional(context(1));
        let signers = items(fields.next(Tag::Set)?.value, SIGNER)?;
        fields.end()?;
        let [signer] = signers.as_slice() else { return Err(Malformed("exactly one signer")) };
        let mut certificates = Vec::new();
        for item in set.map(|set| items(set.value, "the set of certificates")).transpose()?.unwrap_or_default() {
            if item.tag == Tag::Sequence {
                certificates.push(Certificate::read(item.whole)?);
            }
        }
        Self::with_signer(content, certificates, signer)
    }

    fn with_signer(content: Vec<u8>, certificates: Vec<Certificate>, signer: &Item<'_>) -> Result<Self, Malformed> {
        let mut fields = signer.fields(SIGNER)?;
        fields.next(Tag::Integer)?;
        let id = if let Some(key) = fields.optional(context_primitive(0)) {
            SignerId::KeyId(key.value.to_vec())
        } else {
            let mut both = fields.next(Tag::Sequence)?.fields(SIGNER)?;
            let issuer = both.next(Tag::Sequence)?.whole.to_vec();
            let serial = both.next(Tag::Integer)?.value.to_vec();
            both.end()?;
            SignerId::IssuerAndSerial { issuer, serial }
        };
        let digest = Hash::read(&fields.next(Tag::Sequence)?)?;
        let signed = fields.next(context(0))?;
        let scheme = Scheme::read(&fields.next(Tag::Sequence)?)?;
        let signature = fields.next(Tag::OctetString)?.value.to_vec();
        fields.optional(context(1));
        fields.end()?;
        let found = Attributes::read(&signed)?;
        // The signature covers the attributes as an explicit SET, not under the context tag (RFC 5652, 5.4).
        let attributes = [&[0x31], signed.whole.get(1..).unwrap_or_default()].concat();
        Ok(Self {
            content,
            certificates,
            signer: id,
            digest,
            scheme,
            signature,
            attributes,
            message_digest: found.message_digest,
            binding: found.binding,
            only_sha1: found.only_sha1,
        })
    }
}

/// `EncapsulatedContentInfo` of a time stamp.
fn content(item: &Item<'_>) -> Result<Vec<u8>, Malformed> {
    let mut fields = item.fields(SIGNED)?;
    if fields.next(Tag::ObjectIdentifier)?.oid()? != TST_INFO {
        return Err(Malformed("a signature over a time stamp (id-ct-TSTInfo)"));
    }
    let explicit = fields.next(context(0))?;
    fields.end()?;
    Ok(one(explicit.value, Tag::OctetString, SIGNED)?.value.to_vec())
}

struct Attributes {
    message_digest: Vec<u8>,
    binding: Option<Binding>,
    only_sha1: bool,
}

impl Attributes {
    fn read(set: &Item<'_>) -> Result<Self, Malformed> {
        let (mut content_type, mut message_digest, mut binding, mut old) = (None, None, None, false);
        for attribute in items(set.value, ATTRIBUTE)? {
            let mut fields = attribute.fields(ATTRIBUTE)?;
            let kind = fields.next(Tag::ObjectIdentifier)?.oid()?;
            let values = items(fields.next(Tag::Set)?.value, ATTRIBUTE)?;
            fields.end()?;
            let single = || match values.as_slice() {
                [value] => Ok(*value),
                _ => Err(Malformed(ATTRIBUTE)),
            };
            // Each may stand once (RFC 5652, 11.1 and 11.2).
            let repeated = match kind {
                CONTENT_TYPE => content_type.replace(single()?.oid()?).is_some(),
                MESSAGE_DIGEST => message_digest.replace(octets(&single()?)?).is_some(),
                SIGNING_CERTIFICATE_V2 => binding.replace(Binding::read(&single()?)?).is_some(),
                SIGNING_CERTIFICATE => std::mem::replace(&mut old, true),
                _ => false,
            };
            if repeated {
                return Err(Malformed(ATTRIBUTE));
            }
        }
        if content_type != Some(TST_INFO) {
            return Err(Malformed("the signed content type"));
        }
        let message_digest = message_digest.ok_or(Malformed("the signed message digest"))?;
        Ok(Self { message_digest, only_sha1: old && binding.is_none(), binding })
    }
}

fn octets(item: &Item<'_>) -> Result<Vec<u8>, Malformed> {
    if item.tag == Tag::OctetString { Ok(item.value.to_vec()) } else { Err(Malformed(ATTRIBUTE)) }
}

impl Binding {
    /// The first certificate of `SigningCertificateV2`: the signer's own.
    fn read(value: &Item<'_>) -> Result<Self, Malformed> {
        const BINDING: &str = "the binding of the signing certificate (ESSCertIDv2)";
        let mut fields = value.fields(BINDING)?;
        let mut all = fields.next(Tag::Sequence)?.fields(BINDING)?;
        let mut first: Fields<'_> = all.next(Tag::Sequence)?.fields(BINDING)?;
        let hash = match first.optional(Tag::Sequence) {
            Some(algorithm) => Hash::read(&algorithm)?,
            None => Some(Hash::Sha256),
        };
        let digest = octets(&first.next(Tag::OctetString)?)?;
        let serial = match first.optional(Tag::Sequence) {
            Some(both) => {
                let mut both = both.fields(BINDING)?;
                both.next(Tag::Sequence)?;
                Some(both.next(Tag::Integer)?.value.to_vec())
            }
            None => None,
        };
        first.end()?;
        Ok(Self { hash, digest, serial })
    }
}
