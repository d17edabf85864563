//! A time stamping authority made from OpenSSL, in a folder of its own, for tests.
//!
//! What it deliberately does not do: no server. Bytes of a request in, bytes of an answer out.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "used by tests only")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use super::system;

/// Extensions of a certificate that may stamp times.
pub const STAMPING: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                            extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\n";

/// The content type of a time stamp in CMS.
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// An authority: a root, and the certificates that it issued. Its folder goes when it does.
#[derive(Debug)]
pub struct Authority {
    dir: PathBuf,
}

impl Authority {
    /// A new root in a fresh folder; nothing when OpenSSL is missing.
    pub fn new(name: &str) -> Option<Self> {
        system("openssl")?;
        let dir = std::env::temp_dir().join(format!("flagstate-tsa-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder for the authority");
        let authority = Self { dir };
        authority.root("ca");
        Some(authority)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Another root of the same kind.
    pub fn root(&self, name: &str) {
        self.key(name, "EC:P-256");
        let subject = format!("/C=FR/O=Test/CN={name}");
        let arguments = ["req", "-x509", "-new", "-days", "30", "-subj", &subject, "-sha256"];
        let extensions = ["-addext", "keyUsage=critical,keyCertSign"];
        let (key, cert) = (format!("{name}.key"), format!("{name}.pem"));
        self.openssl(&[&arguments[..], &extensions, &["-key", &key, "-out", &cert]].concat(), b"");
    }

    /// Issues a certificate with these extensions, signed by `issuer`. Kinds of keys: `RSA`, `RSA-PSS`, `EC:P-384` ...
    pub fn issue(&self, name: &str, issuer: &str, kind: &str, extensions: &str) {
        self.key(name, kind);
        let (key, csr, cert, ext) =
            (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"), format!("{name}.ext"));
        self.write(&ext, extensions.as_bytes());
        let subject = format!("/C=FR/O=Test/CN={name}");
        self.openssl(&["req", "-new", "-key", &key, "-subj", &subject, "-out", &csr], b"");
        let (ca, ca_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        let by = ["-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", "20", "-sha256"];
        self.openssl(&[&["x509", "-req", "-in", &csr, "-extfile", &ext, "-out", &cert], &by[..]].concat(), b"");
    }

    /// A file of the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.join(name)).expect("a file of the authority")
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir.join(name), bytes).expect("a file of the authority");
    }

    /// Answers a request as `openssl ts -reply` does; `chain` names certificates to send along.
    pub fn answer(&self, signer: &str, chain: Option<&str>, request: &[u8]) -> Vec<u8> {
        let mut config = String::from(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\n\
             signer_digest=sha256\nsigners_digests=sha256\naccuracy=secs:1,millisecs:500,microsecs:100\n\
             clock_precision_digits=3\nordering=yes\ntsa_name=yes\ness_cert_id_alg=sha256\n",
        );
        let _ = write!(config, "signer_cert={signer}.pem\nsigner_key={signer}.key\n");
        if let Some(chain) = chain {
            let _ = writeln!(config, "certs={chain}.pem");
        }
        self.write("ts.cnf", config.as_bytes());
        self.write("request.tsq", request);
        if !self.dir.join("serial").exists() {
            self.write("serial", b"01\n");
        }
        self.openssl(&["ts", "-reply", "-config", "ts.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"], b"");
        self.read("answer.tsr")
    }

    /// Signs any content as a time stamp token, with any certificate: for tokens that no honest server makes.
    pub fn forge(&self, signer: &str, info: &[u8], more: &[&str]) -> Vec<u8> {
        let (cert, key) = (format!("{signer}.pem"), format!("{signer}.key"));
        let what = ["cms", "-sign", "-binary", "-nodetach", "-econtent_type", TST_INFO, "-outform", "DER"];
        let who = ["-signer", &cert, "-inkey", &key];
        let cades = if more.contains(&"-no-binding") { &[][..] } else { &["-cades"] };
        let more: Vec<&str> = more.iter().copied().filter(|word| *word != "-no-binding").collect();
        self.openssl(&[&what[..], &who, cades, &["-in", "info.der"], &more].concat(), info).stdout
    }

    /// Runs OpenSSL in the folder; `info` goes into the file `info.der` first.
    ///
    /// # Panics
    /// When it fails.
    pub fn openssl(&self, arguments: &[&str], info: &[u8]) -> Output {
        self.write("info.der", info);
        let mut command = system("openssl").expect("OpenSSL was there before");
        let output = command.args(arguments).current_dir(&self.dir).output().expect("openssl runs");
        assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn key(&self, name: &str, kind: &str) {
        let file = format!("{name}.key");
        let (algorithm, option) = match kind.split_once(':') {
            Some((algorithm, curve)) => (algorithm, format!("ec_paramgen_curve:{curve}")),
            None => (kind, "rsa_keygen_bits:2048".to_owned()),
        };
        self.openssl(&["genpkey", "-algorithm", algorithm, "-pkeyopt", &option, "-out", &file], b"");
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
