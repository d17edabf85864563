//! The proof that a report was recorded in a log: put into a finished report, and taken out again.
//!
//! What it is for: a report that shows, years later and without us, that it was given as it is. The entry of the log names
//! the SHA-256 of the report *before* the proof was put in, because the proof cannot exist before the entry. [`take`] gives
//! back exactly those bytes, so anyone can compare.
//!
//! | Report | Where the proof stands | Without it |
//! |---|---|---|
//! | text | at the end, from the heading on | everything before the empty line above the heading |
//! | JSON | the last member, `proof` | the text without that member and the comma before it |
//! | HTML | between two comments before `</main>` | the text without both comments and what is between them |
//!
//! What it deliberately does not do: check anything. Whoever believes a proof verifies it first, with a key that does not
//! come from the report.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

/// Name of the form in JSON.
const FORMAT: &str = "flagstate/report-proof/1";
const TEXT_START: &str = "\nPROOF OF THIS REPORT\n--------------------\n";
const ENTRY: [&str; 2] = ["-----BEGIN LOG ENTRY-----\n", "-----END LOG ENTRY-----\n"];
const PROOF: [&str; 2] = ["-----BEGIN TLOG PROOF-----\n", "-----END TLOG PROOF-----\n"];
const JSON_START: &str = ",\n  \"proof\": {\n";
const HTML: [&str; 2] = ["<!-- proof of this report -->\n", "<!-- end of the proof -->\n"];
const LINE_CHARS: usize = 76;

/// A recorded report's proof.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Name of this form.
    format: String,
    /// The log.
    pub origin: String,
    /// The log's verifier key as the log states it. Compare it with one that you got elsewhere.
    pub verifier_key: String,
    /// Number of the entry.
    pub index: u64,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// SHA-256 of the report without this proof.
    pub report_sha256: String,
    /// The entry: a signed statement, in base64.
    pub entry: String,
    /// The proof that the entry is in the log, with the signed checkpoint (c2sp.org/tlog-proof).
    pub tlog_proof: String,
    /// What to do with it.
    pub how_to_verify: String,
}

/// What a proof is made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The log.
    pub origin: &'a str,
    /// Its key.
    pub verifier_key: &'a str,
    /// Number of the entry.
    pub index: u64,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// SHA-256 of the report without the proof, in hex.
    pub report_sha256: &'a str,
    /// The entry.
    pub entry: &'a [u8],
    /// The `.tlog-proof` file.
    pub tlog_proof: &'a str,
}

/// A report taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Carried {
    /// The report as it was before the proof was put in.
    pub report: String,
    /// The proof.
    pub proof: Proof,
}

impl Proof {
    /// Puts a proof together.
    pub fn new(parts: Parts<'_>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin: parts.origin.to_owned(),
            verifier_key: parts.verifier_key.to_owned(),
            index: parts.index,
            size: parts.size,
            report_sha256: parts.report_sha256.to_owned(),
            entry: Base64::encode_string(parts.entry),
            tlog_proof: parts.tlog_proof.to_owned(),
            how_to_verify:
                "flagstate log verify --report FILE --vkey KEY; get the key from the organisation, not from \
                            this report. See docs/log.md for how to verify without flagstate."
                    .to_owned(),
        }
    }

    /// The entry's bytes; none when its base64 is damaged.
    pub fn entry(&self) -> Option<Vec<u8>> {
        Base64::decode_vec(&self.entry).ok()
    }

    /// The text report with its proof.
    pub fn in_text(&self, report: &str) -> String {
        let mut text = format!("{report}{TEXT_START}{}{}", self.summary(), ENTRY[0]);
        for line in self.entry.as_bytes().chunks(LINE_CHARS) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        let _ = write!(text, "{}{}{}{}", ENTRY[1], PROOF[0], self.tlog_proof, PROOF[1]);
        text
    }

    /// The text report for a terminal, where pages of base64 would push the answer out of sight.
    pub fn in_short_text(&self, report: &str) -> String {
        let summary = self.summary();
        format!(
            "{report}{TEXT_START}{}\nThe proof itself is written to files and pipes (--output FILE).\n",
            summary.trim_end_matches('\n')
        )
    }

    /// The JSON report with its proof as the last member; the report as it is when it is no object on several lines.
    pub fn in_json(&self, report: &str) -> String {
        let Some(open) = report.strip_suffix("\n}\n") else { return report.to_owned() };
        let proof = serde_json::to_string_pretty(self).unwrap_or_default().replace('\n', "\n  ");
        let members = proof.strip_prefix("{\n").unwrap_or_default();
        format!("{open}{JSON_START}{members}\n}}\n")
    }

    /// The page with its proof; the page as it is when it has no end.
    pub fn in_html(&self, page: &str) -> String {
        let Some((before, after)) = page.rsplit_once("</main>") else { return page.to_owned() };
        let pre = "<pre style=\"white-space:pre-wrap;overflow-wrap:anywhere;font-size:.75em\">";
        let mut section = String::from(
            "<section id=\"proof\" aria-labelledby=\"proof-title\">\n<h2 id=\"proof-title\">Proof of this report</h2>\n",
        );
        for line in self.summary().trim_end().lines() {
            let _ = writeln!(section, "<p style=\"overflow-wrap:anywhere\">{}</p>", escape(line));
        }
        let _ = write!(
            section,
            "<details><summary>The entry, a signed statement in base64</summary>\n{pre}{}</pre></details>\n\
             <details><summary>The proof that it is in the log</summary>\n{pre}{}</pre></details>\n</section>\n",
            escape(&self.entry),
            escape(&self.tlog_proof)
        );
        // Kept whole for `take`, which must not depend on how a page is laid out.
        let data = serde_json::to_string(self).unwrap_or_default();
        let data = data.replace("--", "-\\u002d").replace('<', "\\u003c").replace('>', "\\u003e");
        format!("{before}{}{section}<!-- {data} -->\n{}</main>{after}", HTML[0], HTML[1])
    }

    fn summary(&self) -> String {
        format!(
            "This report is recorded as entry {} of the log {}, under its checkpoint of size {}.\n\
             Verifier key as the log states it: {}\n\
             SHA-256 of the report without this section: {}\n\
             To verify: {}\n\n",
            self.index, self.origin, self.size, self.verifier_key, self.report_sha256, self.how_to_verify
        )
    }
}

/// Takes a report apart; nothing when it carries no proof.
pub fn take(report: &str) -> Option<Carried> {
    from_html(report).or_else(|| from_json(report)).or_else(|| from_text(report))
}

fn from_text(report: &str) -> Option<Carried> {
    let (before, section) = report.rsplit_once(TEXT_START)?;
    let entry = between(section, ENTRY)?.replace('\n', "");
    let tlog_proof = between(section, PROOF)?.to_owned();
    let line = |start: &str| section.lines().find_map(|l| l.strip_prefix(start));
    let (index, rest) = line("This report is recorded as entry ")?.split_once(" of the log ")?;
    let (origin, size) = rest.strip_suffix('.')?.rsplit_once(", under its checkpoint of size ")?;
    let proof = Proof {
        format: FORMAT.to_owned(),
        origin: origin.to_owned(),
        verifier_key: line("Verifier key as the log states it: ")?.to_owned(),
        index: index.parse().ok()?,
        size: size.parse().ok()?,
        report_sha256: line("SHA-256 of the report without this section: ")?.to_owned(),
        entry,
        tlog_proof,
        how_to_verify: line("To verify: ")?.to_owned(),
    };
    Some(Carried { report: before.to_owned(), proof })
}

fn from_json(report: &str) -> Option<Carried> {
    let (before, members) = report.rsplit_once(JSON_START)?;
    let proof: Proof = serde_json::from_str(&format!("{{{}", members.strip_suffix("\n}\n")?)).ok()?;
    (proof.format == FORMAT).then(|| Carried { report: format!("{before}\n}}\n"), proof })
}

fn from_html(page: &str) -> Option<Carried> {
    let (before, rest) = page.rsplit_once(HTML[0])?;
    let (section, after) = rest.split_once(HTML[1])?;
    let data = section.rsplit_once("<!-- ")?.1.strip_suffix(" -->\n")?;
    let proof: Proof = serde_json::from_str(data).ok()?;
    (proof.format == FORMAT).then(|| Carried { report: format!("{before}{after}"), proof })
}

fn between<'a>(text: &'a str, [start, end]: [&str; 2]) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
