//! Percent-encoding as Signature Version 4 wants it, hexadecimal, and paths.

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// Appends a byte as two digits from `digits`.
fn push_hex(out: &mut String, byte: u8, digits: &[u8; 16]) {
    for nibble in [byte >> 4, byte & 15] {
        out.push(digits.get(usize::from(nibble)).copied().map_or('0', char::from));
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push_hex(&mut out, *byte, LOWER);
    }
    out
}

/// Appends `bytes`, with everything but letters, digits and `-._~` as `%XX`. `keep_slash` leaves `/` as it is.
pub(crate) fn encode_into(out: &mut String, bytes: &[u8], keep_slash: bool) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            b'/' if keep_slash => out.push('/'),
            other => {
                out.push('%');
                push_hex(out, *other, UPPER);
            }
        }
    }
}

/// Percent-encodes one query name or value, `/` included.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    encode_into(&mut out, bytes, false);
    out
}

/// A path for S3: every byte encoded once, `/` kept, nothing normalised. The result goes on the wire and into the
/// signature alike.
pub fn encode_path(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len() + 16);
    encode_into(&mut out, path, true);
    out
}

/// The path as services other than S3 sign it: empty and `.` segments vanish, `..` takes the one before with it.
pub fn normalise_path(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|b| *b == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let mut out = Vec::with_capacity(path.len() + 1);
    for segment in &kept {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if out.is_empty() || path.ends_with(b"/") {
        out.push(b'/');
    }
    out
}
