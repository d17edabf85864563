//! Parsers of what is recorded and moved: envelopes, receipts, time stamps, certificates, places, inventories.
//!
//! Nothing may end the process; what is accepted without a key that signed it is a finding.

use std::sync::LazyLock;

use flagstate_evidence::{cose, dsse::Envelope};
use flagstate_inventory::Manifest;
use flagstate_migration::certificate;
use flagstate_objects::Location;
use flagstate_tlog::{Signer as _, SigningKey, VerifierKey, note::Algorithm};

static KEY: LazyLock<VerifierKey> = LazyLock::new(|| {
    SigningKey::from_seed("example.com/log", Algorithm::Ed25519, &[7; 32]).expect("a fixed key").verifier().clone()
});

/// A signed statement.
pub fn envelope(data: &[u8]) {
    let Ok(envelope) = Envelope::parse(data) else { return };
    assert!(envelope.verify(std::slice::from_ref(&*KEY), 1).is_err(), "nobody signed this");
}

/// A receipt of the log.
pub fn receipt(data: &[u8]) {
    assert!(cose::verify(data, b"entry", std::slice::from_ref(&*KEY)).is_err(), "nobody signed this");
}

/// The answer of a time-stamp authority.
pub fn time_stamp(data: &[u8]) {
    let _ = flagstate_tsp::token(data);
}

/// A certificate of a move, against itself and against a key.
pub fn certificate(data: &[u8]) {
    let _ = certificate::check(data, &[]);
    assert!(certificate::check(data, std::slice::from_ref(&*KEY)).is_err(), "nobody signed this");
}

/// A place, as people type it.
pub fn place(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(location) = Location::parse(text) {
        let shown = location.to_string();
        let again = Location::parse(&shown).expect("what is shown can be typed").to_string();
        assert_eq!(again, shown);
    }
}

/// The manifest of a provider's inventory.
pub fn inventory(data: &[u8]) {
    let _ = Manifest::read(data, "manifest.json");
}

/// A Parquet file.
pub fn parquet(data: &[u8]) {
    let file = std::fs::File::open(crate::file("parquet", data)).expect("the scratch file can be read");
    let _ = flagstate_columnar::open(file);
}
