//! The section `log` of `flagstate.yaml`: where answers are recorded.
//!
//! What it deliberately does not do: it opens nothing. Paths are relative to the project file; the binary resolves them.

use schemars::JsonSchema;
use serde::Deserialize;

/// The log of a project. With it, `assess` and `check` record what they answered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// Folder of the log, as `flagstate log init` made it.
    pub dir: String,
    /// Name of the log; another log in the folder is refused.
    #[serde(default)]
    pub origin: Option<String>,
    /// Policy file (C2SP tlog-policy): the witnesses that are asked to cosign, and how many must.
    #[serde(default)]
    pub policy: Option<String>,
    /// Time-stamp authority.
    #[serde(default)]
    pub tsa: Option<TsaSection>,
    /// How the signing key is opened.
    #[serde(default)]
    pub key: KeySection,
}

/// A time-stamp authority (RFC 3161) that `flagstate log timestamp` asks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TsaSection {
    /// Its address.
    pub url: String,
    /// Files with the certificates (PEM) that its tokens must lead to.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Allow plain http to another machine; the token carries its own signature.
    #[serde(default)]
    pub plain_http: bool,
}

/// How the signing key is opened, and where its passphrase (or the token's PIN) comes from. Without it: the file that `log init` made in the second place, else
/// the variable `FLAGSTATE_LOG_PASSPHRASE`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySection {
    /// File with the passphrase, or with the PIN of the token.
    #[serde(default)]
    pub passphrase_file: Option<String>,
    /// PKCS#11 module (a library) whose token holds the key; else the variable `FLAGSTATE_PKCS11_MODULE`.
    #[serde(default)]
    pub pkcs11_module: Option<String>,
}
