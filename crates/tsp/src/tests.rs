//! Parsers under arbitrary bytes; the tests with real authorities are in `tests/openssl.rs`.

use proptest::prelude::*;

use super::*;

/// RFC 3161 section 2.4.1, byte for byte: version 1, SHA-256 of "abc" (FIPS 180-4), nonce 128, certificate wanted.
#[test]
fn the_request_byte_for_byte() {
    let mut random = [0; 16];
    random[15] = 0x80;
    let request = Request::new(b"abc", &Nonce::new(random));
    let wanted = [
        &[0x30, 0x3d, 2, 1, 1, 0x30, 0x31][..],
        &[0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20],
        &[0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23],
        &[0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad],
        &[2, 2, 0, 0x80, 1, 1, 0xff],
    ];
    assert_eq!(request.der, wanted.concat());
}

#[test]
fn texts_without_certificates_are_refused() {
    let mut trust = Trust::default();
    assert_eq!(trust.add_roots(b""), Err(TrustError::Empty));
    assert_eq!(trust.add_roots(b"hello"), Err(TrustError::Empty));
    assert_eq!(trust.add_roots(&[0x30, 0]), Err(TrustError::Unreadable(1)));
    let pem = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    assert_eq!(trust.add_roots(pem), Err(TrustError::Unreadable(1)));
    assert!(trust.is_empty());
}

/// Bytes that look like DER, so that parsers get further than the first tag.
fn der() -> impl Strategy<Value = Vec<u8>> {
    let leaf =
        (prop::sample::select(vec![1_u8, 2, 3, 4, 5, 6, 0x17, 0x18, 0x0c]), prop::collection::vec(any::<u8>(), 0..12))
            .prop_map(|(tag, value)| asn1::encode(tag, &[&value]));
    leaf.prop_recursive(6, 60, 6, |inner| {
        let tag = prop::sample::select(vec![0x30_u8, 0x31, 0xa0, 0xa1, 0x80]);
        (tag, prop::collection::vec(inner, 0..6)).prop_map(|(tag, all)| asn1::encode(tag, &[&all.concat()]))
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), der()]) {
        let _ = token(&bytes);
        prop_assert!(verify(&bytes, b"", None, &Trust::default()).is_err());
        let mut trust = Trust::default();
        prop_assert!(trust.add_roots(&bytes).is_err());
        prop_assert!(info::Info::read(&bytes).is_err() || bytes.len() > 40);
    }
}
