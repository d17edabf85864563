//! What the authority signed: `TSTInfo`.
//!
//! What it deliberately does not do: no opinion on the policy or the accuracy; it reports them.
//!
//! Specification: RFC 3161 section 2.4.2; times with fractions of a second as it allows them.

use std::time::Duration;

use der::{DateTime, Tag};

use crate::{
    asn1::{Fields, Malformed, context, context_primitive, one, small},
    signature::Hash,
};

/// The content of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Info {
    pub(crate) policy: String,
    /// Nothing when the imprint was made with an algorithm that we do not accept.
    pub(crate) hash: Option<Hash>,
    pub(crate) imprint: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    /// Since 1970, in UTC.
    pub(crate) time: Duration,
    pub(crate) accuracy: Option<Duration>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) unknown_critical: bool,
}

const INFO: &str = "the signed content (TSTInfo)";

impl Info {
    /// Reads the DER of a `TSTInfo`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = one(bytes, Tag::Sequence, INFO)?.fields(INFO)?;
        if small(fields.next(Tag::Integer)?.value) != Some(1) {
            return Err(Malformed("version 1 of the signed content"));
        }
        let policy = fields.next(Tag::ObjectIdentifier)?;
        let policy = policy.oid().map_or_else(|_| hex(policy.value), |oid| oid.to_string());
        let mut imprint = fields.next(Tag::Sequence)?.fields(INFO)?;
        let hash = Hash::read(&imprint.next(Tag::Sequence)?)?;
        let hashed = imprint.next(Tag::OctetString)?.value.to_vec();
        imprint.end()?;
        let serial = fields.next(Tag::Integer)?.value.to_vec();
        let time = time(fields.next(Tag::GeneralizedTime)?.value)?;
        let accuracy = fields.optional(Tag::Sequence).map(|item| accuracy(item.fields(INFO)?)).transpose()?;
        fields.optional(Tag::Boolean);
        let nonce = fields.optional(Tag::Integer).map(|item| item.value.to_vec());
        fields.optional(context(0));
        let unknown_critical =
            fields.optional(context(1)).map(|item| any_critical(item.fields(INFO)?)).transpose()?.unwrap_or(false);
        fields.end()?;
        Ok(Self { policy, hash, imprint: hashed, serial, time, accuracy, nonce, unknown_critical })
    }
}

/// `YYYYMMDDhhmmss[.f...]Z`.
fn time(value: &[u8]) -> Result<Duration, Malformed> {
    const TIME: &str = "the time (genTime)";
    let bad = || Malformed(TIME);
    let text = std::str::from_utf8(value).map_err(|_| bad())?.strip_suffix('Z').ok_or_else(bad)?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) {
        return Err(bad());
    }
    let field = |from: usize, to: usize| whole.get(from..to).and_then(|t| t.parse::<u16>().ok()).ok_or_else(bad);
    let byte = |from: usize| u8::try_from(field(from, from + 2)?).map_err(|_| bad());
    let date = DateTime::new(field(0, 4)?, byte(4)?, byte(6)?, byte(8)?, byte(10)?, byte(12)?).map_err(|_| bad())?;
    let nanos = match fraction {
        None => 0,
        // DER: at least one digit, and no zero at the end.
        Some(f) if f.is_empty() || f.len() > 9 || f.ends_with('0') || !digits(f) => return Err(bad()),
        Some(f) => format!("{f:0<9}").parse().map_err(|_| bad())?,
    };
    Ok(date.unix_duration() + Duration::from_nanos(nanos))
}

/// `Accuracy`: seconds, thousandths, millionths.
fn accuracy(mut fields: Fields<'_>) -> Result<Duration, Malformed> {
    let number = |value: Option<&[u8]>| value.map_or(Some(0), small).ok_or(Malformed("the accuracy"));
    let seconds = number(fields.optional(Tag::Integer).map(|i| i.value))?;
    let millis = number(fields.optional(context_primitive(0)).map(|i| i.value))?;
    let micros = number(fields.optional(context_primitive(1)).map(|i| i.value))?;
    fields.end()?;
    Ok(Duration::from_secs(seconds.into())
        + Duration::from_millis(millis.into())
        + Duration::from_micros(micros.into()))
}

/// True when an extension demands to be understood; we know none.
fn any_critical(mut extensions: Fields<'_>) -> Result<bool, Malformed> {
    let mut found = false;
    while let Some(extension) = extensions.any() {
        let mut fields = extension.fields(INFO)?;
        fields.next(Tag::ObjectIdentifier)?;
        found |= fields.optional(Tag::Boolean).is_some_and(|flag| flag.value != [0]);
    }
    Ok(found)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
        text
    })
}
