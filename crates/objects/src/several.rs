//! Places that mean several containers: `s3://a,b,c`, `s3://logs-*`, `az://account/*`; and at the target
//! `s3://archive-{container}`, one container for each.
//!
//! What it deliberately does not do: it remembers nothing. Which containers a pattern means is asked once, by whoever
//! begins a move, and kept there.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Containers, Location, LocationKind, OpenError, Opener, RequestError, Store};

/// Stands for the name of each container of the source.
const EACH: &str = "{container}";

/// Why containers cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeveralError {
    /// No client.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No list.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Nothing fits.
    #[error("{place}: no container fits `{pattern}`; check the pattern and what the credentials may list")]
    Nothing {
        /// The service.
        place: String,
        /// As typed.
        pattern: String,
    },
    /// A prefix, where several containers are meant.
    #[error(
        "`{0}` names several containers, and a prefix goes with one: choose keys with --include 'container/prefix**'"
    )]
    Prefix(String),
}

/// A name as it stands in a place: what stands for several stays readable.
pub(crate) fn encode(name: &str) -> String {
    const PLAIN: [(&str, &str); 4] = [("%2A", "*"), ("%2C", ","), ("%7B", "{"), ("%7D", "}")];
    let encoded = flagstate_sigv4::encode(name.as_bytes());
    PLAIN.iter().fold(encoded, |text, (code, plain)| text.replace(code, plain))
}

impl Location {
    /// True where it names several containers.
    pub fn is_several(&self) -> bool {
        self.container().contains(['*', ','])
    }

    /// True where it names one container for each of the source.
    pub fn is_for_each(&self) -> bool {
        self.container().contains(EACH)
    }

    /// The same place with another container.
    #[must_use]
    pub fn with_container(&self, name: &str) -> Self {
        let mut other = self.clone();
        match &mut other.kind {
            LocationKind::S3 { bucket: own, .. } | LocationKind::Azure { container: own, .. } => name.clone_into(own),
            LocationKind::File { .. } => {}
        }
        other
    }

    /// Its container for one of the source's.
    fn name_for(&self, name: &str) -> String {
        self.container().replace(EACH, name)
    }
}

impl Opener {
    /// The names of the containers that a place means now, in order. Asks the service where there is a `*`.
    pub async fn containers(&self, location: &Location) -> Result<Vec<String>, SeveralError> {
        let typed = location.container();
        if !location.prefix.is_empty() {
            return Err(SeveralError::Prefix(location.to_string()));
        }
        let patterns: Vec<&str> = typed.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
        let there = if typed.contains('*') { self.link(location)?.names().await? } else { Vec::new() };
        let mut names: Vec<String> = Vec::new();
        for pattern in patterns {
            if !pattern.contains('*') {
                names.push(pattern.to_owned());
                continue;
            }
            let before = names.len();
            names.extend(there.iter().filter(|name| fits(pattern, name)).cloned());
            if names.len() == before {
                let place = location.with_container("").to_string();
                return Err(SeveralError::Nothing { place, pattern: pattern.to_owned() });
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// These containers as one store, each by the name that its keys begin with. Nothing is sent yet.
    pub fn open_each(&self, location: &Location, names: &[String]) -> Result<Arc<dyn Store>, SeveralError> {
        if !location.prefix.is_empty() {
            return Err(SeveralError::Prefix(location.to_string()));
        }
        let link = self.link(location)?;
        let named = |name: &String| {
            let own = if location.is_for_each() { location.name_for(name) } else { name.clone() };
            (name.clone(), link.store(&own))
        };
        let each: BTreeMap<String, Arc<dyn Store>> = names.iter().map(named).collect();
        let nothing = || SeveralError::Nothing {
            place: location.with_container("").to_string(),
            pattern: location.container().to_owned(),
        };
        Ok(Arc::new(Containers::new(each).ok_or_else(nothing)?))
    }
}

/// True where a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    loop {
        if fits(rest, name) {
            return true;
        }
        let mut letters = name.chars();
        if letters.next().is_none() {
            return false;
        }
        name = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HttpOptions, SystemClock, credentials::Environment};

    fn opener() -> Opener {
        let environment = Environment::new([("AWS_REGION", "eu-west-3")], None);
        Opener { environment, http: HttpOptions::default(), clock: Arc::new(SystemClock), pace_files: false }
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, fit) in [
            ("*", "a", true),
            ("logs-*", "logs-2026", true),
            ("logs-*", "log-2026", false),
            ("*-eu-*", "a-eu-b", true),
            ("*-eu-*", "a-eub", false),
            ("a", "a", true),
            ("a", "ab", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[tokio::test]
    async fn lists_of_names_need_no_question_and_prefixes_are_refused() {
        let place = Location::parse("s3://b,a,b?endpoint=http://127.0.0.1:1").unwrap();
        assert!(place.is_several() && !place.is_for_each());
        assert_eq!(place.to_string(), "s3://b,a,b?endpoint=http://127.0.0.1:1");
        assert_eq!(opener().containers(&place).await.unwrap(), ["a", "b"]);
        let place = Location::parse("s3://b,a/p").unwrap();
        let refused = opener().containers(&place).await.unwrap_err().to_string();
        assert!(refused.contains("--include"), "{refused}");
    }

    #[test]
    fn each_container_of_the_source_has_one_at_the_target() {
        let place = Location::parse("s3://old-{container}?endpoint=http://127.0.0.1:1").unwrap();
        assert!(place.is_for_each());
        assert_eq!(place.to_string(), "s3://old-{container}?endpoint=http://127.0.0.1:1");
        let store = opener().open_each(&place, &["logs".to_owned(), "media".to_owned()]).unwrap();
        let each = store.as_containers().unwrap().each();
        let places: Vec<(&str, &str)> = each.iter().map(|(name, s)| (name.as_str(), s.place())).collect();
        assert_eq!(places, [("logs", "s3://old-logs"), ("media", "s3://old-media")]);
        assert_eq!(store.place(), "s3://old-logs, s3://old-media");
        assert!(opener().open_each(&place, &[]).is_err());
    }
}
