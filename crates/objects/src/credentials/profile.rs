//! The files `~/.aws/credentials` and `~/.aws/config`: sections of `name = value`.
//!
//! Source: AWS SDKs and tools reference guide, "Shared config and credentials files".

use std::collections::BTreeMap;

/// The settings of one profile.
pub(super) type Profile = BTreeMap<String, String>;

/// Reads a file's sections by profile name. `[profile x]` and `[x]` are the same; nested settings are left out.
pub(super) fn read(text: &str) -> BTreeMap<String, Profile> {
    let mut profiles: BTreeMap<String, Profile> = BTreeMap::new();
    let mut section: Option<String> = None;
    for line in text.lines() {
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || nested {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            let name = name.trim();
            let name = name.strip_prefix("profile ").unwrap_or(name).trim();
            // Sections of other kinds are no profiles.
            let other = name.starts_with("sso-session ") || name.starts_with("services ");
            section = (!other).then(|| name.to_owned());
        } else if let (Some(section), Some((name, value))) = (&section, line.split_once('=')) {
            let value = value.split(" #").next().unwrap_or_default().trim();
            profiles.entry(section.clone()).or_default().insert(name.trim().to_ascii_lowercase(), value.to_owned());
        }
    }
    profiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_settings() {
        let text = "# c\n[default]\naws_access_key_id = A\naws_secret_access_key=s=1\n[profile work]\nregion = eu-west-3 # c\ns3 =\n  path = x\n[sso-session y]\nz = 1\n";
        let profiles = read(text);
        assert_eq!(profiles["default"]["aws_secret_access_key"], "s=1");
        assert_eq!(profiles["work"]["region"], "eu-west-3");
        assert!(!profiles["work"].contains_key("path"));
        assert_eq!(profiles.len(), 2);
        assert!(read("no section\n= x\n[").is_empty());
    }
}
