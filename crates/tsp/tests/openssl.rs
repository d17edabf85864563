//! Time stamps by OpenSSL, honest and forged, and a Python client as a second judge.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

use std::fs;

use flagstate_interop::tsa::{Authority, STAMPING};
use flagstate_tsp::{Nonce, ReplyError, Request, Stamp, TokenError, Trust, token, verify};

const MESSAGE: &[u8] = b"example.com/log\n3\nAAAA\n";

/// One value of DER.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = body.len();
    let mut out = vec![tag];
    match length {
        0..=127 => out.push(u8::try_from(length).unwrap()),
        128..=255 => out.extend([0x81, u8::try_from(length).unwrap()]),
        _ => out.extend([0x82, u8::try_from(length >> 8).unwrap(), u8::try_from(length & 255).unwrap()]),
    }
    [out, body].concat()
}

/// A `TSTInfo` over [`MESSAGE`] with any time and any tail (nonce, name, extensions).
fn info(time: &str, tail: &[u8]) -> Vec<u8> {
    let request = Request::new(MESSAGE, &Nonce::new([0; 16]));
    let sha256 = [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
    let imprint = tlv(0x30, &[&sha256, &tlv(0x04, &[&request.imprint])]);
    let policy = [0x06, 0x03, 0x2a, 0x03, 0x04];
    tlv(0x30, &[&[2, 1, 1], &policy, &imprint, &[2, 1, 9], &tlv(0x18, &[time.as_bytes()]), tail])
}

/// Within the validity of certificates made a moment ago: five days from now.
fn soon(authority: &Authority) -> String {
    let text = authority.openssl(&["x509", "-in", "ca.pem", "-noout", "-enddate", "-dateopt", "iso_8601"], b"").stdout;
    // `notAfter=2026-12-22 02:40:13Z`, thirty days ahead; the certificates below it end ten days earlier.
    let digits: Vec<u32> =
        String::from_utf8(text).unwrap().bytes().filter(u8::is_ascii_digit).map(|b| u32::from(b - b'0')).collect();
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0, |sum, digit| sum * 10 + digit);
    let (mut year, mut month, mut day) = (number(0..4), number(4..6), number(6..8));
    // Twenty-five days back, in months of 28 days at least: between tomorrow and ten days ahead.
    if day > 25 {
        day -= 25;
    } else {
        day += 3;
        month -= 1;
        if month == 0 {
            (year, month) = (year - 1, 12);
        }
    }
    format!("{year:04}{month:02}{day:02}120000Z")
}

fn trusting(authority: &Authority, root: &str) -> Trust {
    let mut trust = Trust::default();
    trust.add_roots(&authority.read(root)).unwrap();
    trust
}

fn check(token: &[u8], trust: &Trust) -> Result<Stamp, TokenError> {
    verify(token, MESSAGE, None, trust)
}

fn untrusted(result: Result<Stamp, TokenError>, words: &str) {
    match result {
        Err(TokenError::Untrusted { reason, .. }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn openssl_reads_our_request_and_we_its_answer() {
    let Some(authority) = Authority::new("answers") else { return };
    let trust = trusting(&authority, "ca.pem");
    for kind in ["RSA", "EC:P-256", "EC:P-384", "EC:P-521"] {
        authority.issue("tsa", "ca", kind, STAMPING);
        for chain in [None, Some("ca")] {
            for first in [0x00, 0x01, 0x80] {
                let mut random = [7; 16];
                random[0] = first;
                let nonce = Nonce::new(random);
                let request = Request::new(MESSAGE, &nonce);
                let reply = authority.answer("tsa", chain, &request.der);
                let token = token(&reply).unwrap();
                let stamp = verify(&token, MESSAGE, Some(&nonce), &trust).unwrap();
                assert!(stamp.authority.contains("CN=tsa") && stamp.root.contains("CN=ca"), "{stamp:?}");
                assert_eq!(stamp.policy, "1.2.3.4.1");
                assert_eq!(stamp.accuracy.unwrap().as_micros(), 1_500_100);
                assert_eq!(stamp.path.len(), 2);
                assert!(stamp.time_text.ends_with('Z') && stamp.time.as_secs() > 1_700_000_000, "{stamp:?}");
            }
        }
    }
    let text = authority.openssl(&["ts", "-query", "-in", "request.tsq", "-text"], b"").stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("Hash Algorithm: sha256") && text.contains("Certificate required: yes"), "{text}");
    assert!(text.contains("Nonce: 0x8007070707070707"), "{text}");
}

#[test]
fn another_message_nonce_or_root_is_refused() {
    let Some(authority) = Authority::new("others") else { return };
    authority.issue("tsa", "ca", "RSA", STAMPING);
    let nonce = Nonce::new([1; 16]);
    let request = Request::new(MESSAGE, &nonce);
    let token = token(&authority.answer("tsa", None, &request.der)).unwrap();
    let trust = trusting(&authority, "ca.pem");
    assert!(verify(&token, MESSAGE, Some(&nonce), &trust).is_ok());
    assert_eq!(verify(&token, b"other", Some(&nonce), &trust), Err(TokenError::OtherMessage));
    assert_eq!(verify(&token, MESSAGE, Some(&Nonce::new([2; 16])), &trust), Err(TokenError::OtherNonce));
    assert_eq!(verify(&token, MESSAGE, Some(&Nonce::new([0; 16])), &trust), Err(TokenError::OtherNonce));
    authority.root("other");
    untrusted(check(&token, &trusting(&authority, "other.pem")), "no root that you trust");
    untrusted(check(&token, &Trust::default()), "no root that you trust");
    // A root of the same name is another root.
    authority.root("ca");
    untrusted(check(&token, &trusting(&authority, "ca.pem")), "no root that you trust");
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let Some(authority) = Authority::new("refusal") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let mut request = Request::new(MESSAGE, &Nonce::new([1; 16])).der;
    let sha256 = request.windows(9).position(|w| w == [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]).unwrap();
    request[sha256 + 8] = 4; // SHA-224, which this server does not take
    match token(&authority.answer("tsa", None, &request)).unwrap_err() {
        ReplyError::Refused { status: 2, text } => assert!(text.len() > 2, "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn certificates_may_come_in_any_order() {
    let Some(authority) = Authority::new("order") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let request = Request::new(MESSAGE, &Nonce::new([1; 16]));
    let token = token(&authority.answer("tsa", Some("ca"), &request.der)).unwrap();
    let trust = trusting(&authority, "ca.pem");
    let der = |name: &str| authority.openssl(&["x509", "-in", name, "-outform", "DER"], b"").stdout;
    let both = [der("tsa.pem"), der("ca.pem")];
    let at = |bytes: &[u8]| token.windows(bytes.len()).position(|w| w == bytes).unwrap();
    let start = at(&both[0]).min(at(&both[1]));
    let length = both[0].len() + both[1].len();
    let set = &token[start..start + length];
    let swapped = if set.starts_with(&both[0]) { [&*both[1], &both[0]] } else { [&*both[0], &both[1]] }.concat();
    let other = [&token[..start], &swapped, &token[start + length..]].concat();
    assert_ne!(other, token);
    assert_eq!(check(&other, &trust).unwrap(), check(&token, &trust).unwrap());
}

#[test]
fn the_signer_may_do_nothing_but_stamp() {
    let Some(authority) = Authority::new("purpose") else { return };
    let trust = trusting(&authority, "ca.pem");
    let time = soon(&authority);
    let stamped = |extensions: &str| {
        authority.issue("x", "ca", "EC:P-256", extensions);
        check(&authority.forge("x", &info(&time, b""), &[]), &trust)
    };
    assert!(stamped(STAMPING).is_ok());
    untrusted(stamped("keyUsage=digitalSignature\n"), "states no purpose");
    untrusted(stamped("extendedKeyUsage=critical,codeSigning\n"), "is not for time stamping");
    untrusted(stamped("extendedKeyUsage=critical,timeStamping,codeSigning\n"), "nothing else");
    untrusted(stamped("extendedKeyUsage=timeStamping\n"), "without making it critical");
    untrusted(stamped("extendedKeyUsage=critical,timeStamping\nkeyUsage=keyEncipherment\n"), "may not sign");
    untrusted(stamped("extendedKeyUsage=critical,timeStamping\n1.2.3.4=critical,ASN1:NULL\n"), "critical extension");
}

#[test]
fn certificates_must_be_valid_at_the_time_stated() {
    let Some(authority) = Authority::new("validity") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let trust = trusting(&authority, "ca.pem");
    let at = |time: &str| check(&authority.forge("tsa", &info(time, b""), &[]), &trust);
    assert!(at(&soon(&authority)).is_ok());
    untrusted(at("20010203040506Z"), "not yet valid");
    untrusted(at("20990203040506Z"), "expired");
}

#[test]
fn paths_are_climbed_and_their_rules_kept() {
    let Some(authority) = Authority::new("paths") else { return };
    let trust = trusting(&authority, "ca.pem");
    let time = soon(&authority);
    let through = |middle: &str| {
        authority.issue("middle", "ca", "EC:P-384", middle);
        authority.issue("leaf", "middle", "EC:P-256", STAMPING);
        check(&authority.forge("leaf", &info(&time, b""), &["-certfile", "middle.pem"]), &trust)
    };
    let good = through("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n").unwrap();
    assert_eq!(good.path.len(), 3);
    let without = authority.forge("leaf", &info(&time, b""), &[]);
    untrusted(check(&without, &trust), "no root that you trust");
    let mut helped = trust.clone();
    helped.add_intermediates(&authority.read("middle.pem")).unwrap();
    assert_eq!(check(&without, &helped).unwrap(), good);
    untrusted(through("basicConstraints=critical,CA:FALSE\n"), "may not issue certificates");
    untrusted(through("keyUsage=keyCertSign\n"), "may not issue certificates");
    untrusted(through("basicConstraints=CA:TRUE\nkeyUsage=cRLSign\n"), "may not sign certificates");
    untrusted(through("basicConstraints=CA:TRUE\nextendedKeyUsage=codeSigning\n"), "for time stamping");
    untrusted(
        through("basicConstraints=CA:TRUE\nnameConstraints=critical,permitted;DNS:example.com\n"),
        "critical extension",
    );
    // One more step than the first intermediate allows.
    authority.issue("middle", "ca", "EC:P-256", "basicConstraints=critical,CA:TRUE,pathlen:0\n");
    authority.issue("lower", "middle", "EC:P-256", "basicConstraints=critical,CA:TRUE\n");
    authority.issue("leaf", "lower", "EC:P-256", STAMPING);
    authority.write("both.pem", &[authority.read("middle.pem"), authority.read("lower.pem")].concat());
    let token = authority.forge("leaf", &info(&time, b""), &["-certfile", "both.pem"]);
    untrusted(check(&token, &trust), "a path this long");
}

#[test]
fn the_binding_of_the_certificate_is_needed() {
    let Some(authority) = Authority::new("binding") else { return };
    authority.issue("tsa", "ca", "RSA", STAMPING);
    let trust = trusting(&authority, "ca.pem");
    let info = info(&soon(&authority), b"");
    let stamped = |more: &[&str]| check(&authority.forge("tsa", &info, more), &trust);
    assert!(stamped(&[]).is_ok());
    assert!(stamped(&["-keyid"]).is_ok());
    assert!(stamped(&["-md", "sha384"]).is_ok());
    assert!(stamped(&["-md", "sha512"]).is_ok());
    assert!(stamped(&["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]).is_ok());
    assert!(matches!(stamped(&["-no-binding"]), Err(TokenError::Malformed(_))));
    assert!(matches!(stamped(&["-md", "sha1"]), Err(TokenError::Algorithm(_))));
    assert_eq!(stamped(&["-nocerts"]), Err(TokenError::NoCertificate));
    // Another certificate over the same key and name is not the one that was bound.
    let token = authority.forge("tsa", &info, &["-nocerts"]);
    let mut helped = trust.clone();
    helped.add_intermediates(&authority.read("tsa.pem")).unwrap();
    assert!(check(&token, &helped).is_ok());
    let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "19", "-extfile", "tsa.ext"];
    authority.openssl(&[&["x509", "-req", "-in", "tsa.csr", "-out", "twin.pem"], &by[..]].concat(), b"");
    let mut twin = trust.clone();
    twin.add_intermediates(&authority.read("twin.pem")).unwrap();
    assert_eq!(check(&token, &twin), Err(TokenError::NoCertificate));
}

#[test]
fn times_with_fractions_and_strange_content() {
    let Some(authority) = Authority::new("content") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let trust = trusting(&authority, "ca.pem");
    let time = soon(&authority);
    let stamped = |info: &[u8]| check(&authority.forge("tsa", info, &[]), &trust);
    let fraction = time.replace('Z', ".25Z");
    assert!(stamped(&info(&fraction, b"")).unwrap().time_text.ends_with(":00.25Z"));
    for bad in [time.replace('Z', ".250Z"), time.replace('Z', ".Z"), time.replace('Z', ""), time.replace("00Z", "61Z")]
    {
        assert!(matches!(stamped(&info(&bad, b"")), Err(TokenError::Malformed(_))), "{bad}");
    }
    let critical = tlv(0xa1, &[&tlv(0x30, &[&[6, 3, 0x2a, 3, 4], &[1, 1, 0xff], &[4, 0]])]);
    assert_eq!(stamped(&info(&time, &critical)), Err(TokenError::Extension));
    let harmless = tlv(0xa1, &[&tlv(0x30, &[&[6, 3, 0x2a, 3, 4], &[4, 0]])]);
    assert!(stamped(&info(&time, &harmless)).is_ok());
    assert!(matches!(stamped(&info(&time, &[5, 0])), Err(TokenError::Malformed(_))));
}

#[test]
fn no_flipped_bit_changes_what_a_token_says() {
    let Some(authority) = Authority::new("flips") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let trust = trusting(&authority, "ca.pem");
    let token = authority.forge("tsa", &info(&soon(&authority), b""), &[]);
    let good = check(&token, &trust).unwrap();
    let mut harmless = 0;
    for index in 0..token.len() {
        for bit in 0..8 {
            let mut changed = token.clone();
            changed[index] ^= 1 << bit;
            match check(&changed, &trust) {
                Err(_) => {}
                // Version numbers and the list of digests are not covered by any signature.
                Ok(stamp) => {
                    assert_eq!(stamp, good, "byte {index} bit {bit}");
                    harmless += 1;
                }
            }
        }
    }
    assert!(harmless < 8 * 24, "{harmless} of {} bits decide nothing", token.len() * 8);
    for end in 0..token.len() {
        assert!(check(&token[..end], &trust).is_err());
    }
}

/// The Python package `rfc3161-client` accepts what we accept, and reads our request.
#[test]
fn python_accepts_the_same_answer() {
    let Some(authority) = Authority::new("python") else { return };
    let Some(mut python) = flagstate_interop::python() else { return };
    authority.issue("tsa", "ca", "RSA", STAMPING);
    let request = Request::new(MESSAGE, &Nonce::new([3; 16]));
    let reply = authority.answer("tsa", None, &request.der);
    assert!(check(&token(&reply).unwrap(), &trusting(&authority, "ca.pem")).is_ok());
    authority.write("message", MESSAGE);
    let program = "import sys\n\
        from cryptography import x509\n\
        from rfc3161_client import VerifierBuilder, decode_timestamp_response\n\
        read = lambda name: open(sys.argv[1] + '/' + name, 'rb').read()\n\
        root = x509.load_pem_x509_certificate(read('ca.pem'))\n\
        reply = decode_timestamp_response(read('answer.tsr'))\n\
        nonce = int.from_bytes(bytes([3] * 16), 'big')\n\
        verifier = VerifierBuilder().add_root_certificate(root).nonce(nonce).build()\n\
        assert verifier.verify_message(reply, read('message'))\n";
    let output = python.args(["-c", program]).arg(authority.dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::exists(authority.dir()).unwrap());
}
