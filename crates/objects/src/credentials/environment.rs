//! The environment as a value: variables and the home folder, so that tests hand in their own.

use std::{collections::BTreeMap, path::PathBuf};

/// Variables and home folder of a process.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values can be secrets.
        f.debug_struct("Environment").field("names", &self.variables.len()).field("home", &self.home).finish()
    }
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        let variables: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))).collect();
        let home = variables.get("HOME").or_else(|| variables.get("USERPROFILE")).map(PathBuf::from);
        Self { variables, home }
    }

    /// These variables and nothing else.
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, home: Option<PathBuf>) -> Self {
        Self { variables: variables.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(), home }
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A file below the home folder.
    pub(crate) fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }
}
