//! Bags after BagIt: every file is listed twice, with two digests, and nothing else may be there.
//!
//! What it deliberately does not do: no `fetch.txt`, no other digests, no names beyond plain ASCII. It reads the bags that we
//! write, to the bit; archives' own tools read them as well.
//!
//! Specification: RFC 8493 (October 2018), sections 2.1 (structure), 2.2.2 (`bag-info.txt`), 3 (complete and valid).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use jiff::civil::Date;
use sha2::{Digest as _, Sha256, Sha512};

use super::folder::Folder;
use crate::hex;

/// What `bagit.txt` holds.
const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// The payload folder.
pub(super) const PAYLOAD: &str = "data/";
const INFO: &str = "bag-info.txt";
/// Names of digests in manifests, in the order of [`digests`].
const ALGORITHMS: [&str; 2] = ["sha256", "sha512"];

/// What is said about a bag.
#[derive(Clone, Debug)]
pub(super) struct Info<'a> {
    pub(super) origin: &'a str,
    pub(super) organisation: Option<&'a str>,
    pub(super) made_on: Date,
    pub(super) software: &'a str,
}

/// A bag being written.
#[derive(Debug)]
pub(super) struct Writer {
    folder: Folder,
    payload: BTreeMap<String, [String; 2]>,
    bytes: u64,
}

/// What is wrong with a bag: which file, and the end of a sentence about it.
pub(super) type Findings = BTreeSet<(String, &'static str)>;

/// A bag as it was read.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) findings: Findings,
    pub(super) files: BTreeSet<String>,
    pub(super) payload_bytes: u64,
}

impl Writer {
    pub(super) fn start(target: &Path) -> io::Result<Self> {
        Ok(Self { folder: Folder::start(target)?, payload: BTreeMap::new(), bytes: 0 })
    }

    /// Adds a file below the payload folder.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = format!("{PAYLOAD}{name}");
        self.folder.write(&path, bytes)?;
        self.bytes += bytes.len() as u64;
        self.payload.insert(path, digests(bytes));
        Ok(())
    }

    /// How many payload files and bytes there are.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.payload.len(), self.bytes)
    }

    /// Writes the tag files. The folder has not got its name yet.
    pub(super) fn seal(mut self, info: &Info<'_>) -> io::Result<Folder> {
        let organisation = info.organisation.map(|name| format!("Source-Organization: {name}\n")).unwrap_or_default();
        let (files, bytes) = self.size();
        let text = format!(
            "{organisation}External-Identifier: {}\nBagging-Date: {}\nBag-Software-Agent: {}\nPayload-Oxum: {bytes}.{files}\n",
            info.origin, info.made_on, info.software
        );
        let mut tags = BTreeMap::new();
        let mut tag = |folder: &mut Folder, name: String, text: String| {
            folder.write(&name, text.as_bytes())?;
            tags.insert(name, digests(text.as_bytes()));
            io::Result::Ok(())
        };
        tag(&mut self.folder, "bagit.txt".to_owned(), DECLARATION.to_owned())?;
        tag(&mut self.folder, INFO.to_owned(), text)?;
        for (index, algorithm) in ALGORITHMS.iter().enumerate() {
            tag(&mut self.folder, format!("manifest-{algorithm}.txt"), manifest(&self.payload, index))?;
        }
        for (index, algorithm) in ALGORITHMS.iter().enumerate() {
            self.folder.write(&format!("tagmanifest-{algorithm}.txt"), manifest(&tags, index).as_bytes())?;
        }
        Ok(self.folder)
    }
}

fn digests(bytes: &[u8]) -> [String; 2] {
    [hex::encode(&Sha256::digest(bytes)), hex::encode(&Sha512::digest(bytes))]
}

fn manifest(files: &BTreeMap<String, [String; 2]>, which: usize) -> String {
    let mut text = String::new();
    for (path, both) in files {
        let digest = both.get(which).map(String::as_str).unwrap_or_default();
        text.extend([digest, "  ", path, "\n"]);
    }
    text
}

/// Reads a whole bag and says what is wrong with it.
pub(super) fn check(dir: &Path) -> io::Result<Checked> {
    let mut checked = Checked::default();
    let mut found = BTreeMap::new();
    walk(dir, "", &mut checked.findings, &mut |path| {
        let bytes = fs::read(dir.join(&path))?;
        if path.starts_with(PAYLOAD) {
            checked.payload_bytes += bytes.len() as u64;
        }
        found.insert(path, digests(&bytes));
        Ok(())
    })?;
    checked.files = found.keys().cloned().collect();
    let (payload, tags): (BTreeMap<_, _>, BTreeMap<_, _>) =
        found.into_iter().partition(|(path, _)| path.starts_with(PAYLOAD));
    let tags: BTreeMap<_, _> = tags.into_iter().filter(|(path, _)| !path.starts_with("tagmanifest-")).collect();
    compare(dir, "tagmanifest", &tags, &mut checked.findings);
    compare(dir, "manifest", &payload, &mut checked.findings);
    if fs::read(dir.join("bagit.txt")).ok().as_deref() != Some(DECLARATION.as_bytes()) {
        checked.findings.insert(("bagit.txt".to_owned(), "does not declare BagIt 1.0"));
    }
    let sum = format!("Payload-Oxum: {}.{}", checked.payload_bytes, payload.len());
    let info = fs::read_to_string(dir.join(INFO)).unwrap_or_default();
    if !info.lines().any(|line| line == sum) {
        checked.findings.insert((INFO.to_owned(), "does not state the number and size of the payload files found"));
    }
    Ok(checked)
}

/// Both manifests of a kind against the files. Where one manifest stands alone against the other and the file, the
/// manifest is at fault.
fn compare(dir: &Path, kind: &str, files: &BTreeMap<String, [String; 2]>, findings: &mut Findings) {
    let mut listed = Vec::new();
    for (algorithm, digits) in ALGORITHMS.iter().zip([64, 128]) {
        let name = format!("{kind}-{algorithm}.txt");
        let Some(list) = fs::read_to_string(dir.join(&name)).ok().and_then(|text| parse(&text, digits)) else {
            findings.insert((name, "is missing or is not a list of digests"));
            return;
        };
        listed.push((name, list));
    }
    let [(first_name, first), (second_name, second)] = listed.as_slice() else { return };
    let all: BTreeSet<&String> = files.keys().chain(first.keys()).chain(second.keys()).collect();
    for path in all {
        let file = files.get(path);
        let agrees = |list: &BTreeMap<String, String>, which: usize| match (list.get(path), file) {
            (Some(digest), Some(both)) => both.get(which) == Some(digest),
            (None, None) => true,
            _ => false,
        };
        match (agrees(first, 0), agrees(second, 1)) {
            (true, true) => {}
            (false, true) => drop(findings.insert((first_name.clone(), "does not list the files as they are"))),
            (true, false) => drop(findings.insert((second_name.clone(), "does not list the files as they are"))),
            (false, false) if file.is_none() => drop(findings.insert((path.clone(), "is missing"))),
            (false, false) if !first.contains_key(path) && !second.contains_key(path) => {
                findings.insert((path.clone(), "is in no manifest: it was added later"));
            }
            (false, false) => drop(findings.insert((path.clone(), "was changed: its digests differ"))),
        }
    }
}

/// Path and digest of each line; nothing when a line is no such pair or a path stands twice.
fn parse(text: &str, digits: usize) -> Option<BTreeMap<String, String>> {
    let mut list = BTreeMap::new();
    for line in text.strip_suffix('\n')?.split('\n') {
        let (digest, path) = line.split_once("  ")?;
        let hexadecimal = digest.len() == digits && hex::decode(digest).is_some();
        if !hexadecimal || !is_plain(path) || list.insert(path.to_owned(), digest.to_owned()).is_some() {
            return None;
        }
    }
    Some(list)
}

/// A relative path of ordinary characters that stays inside.
fn is_plain(path: &str) -> bool {
    let part = |part: &str| {
        let ordinary = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        !part.is_empty() && !part.starts_with("..") && part != "." && part.bytes().all(ordinary)
    };
    path.split('/').all(part)
}

/// Hands every regular file to `each`; anything else is a finding.
fn walk(
    dir: &Path,
    prefix: &str,
    findings: &mut Findings,
    each: &mut dyn FnMut(String) -> io::Result<()>,
) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if !is_plain(&path) {
            findings.insert((path, "has a name that no package has"));
        } else if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), findings, each)?;
        } else if kind.is_file() {
            each(path)?;
        } else {
            findings.insert((path, "is no regular file"));
        }
    }
    Ok(())
}
