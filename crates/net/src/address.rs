//! Addresses: `https`, or `http` on this machine. Printed without the user's name and password.

use std::{fmt, net::IpAddr};

use reqwest::Url;
use thiserror::Error;

/// Where plain `http` is allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plain {
    /// On this machine only: `localhost` and the loopback addresses.
    Loopback,
    /// Anywhere: for answers that carry their own signature, where somebody has decided so.
    Anywhere,
}

/// A checked address.
#[derive(Clone, Eq, PartialEq)]
pub struct Address {
    url: Url,
}

/// Why a text is no address to be called.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum AddressError {
    /// Not a URL.
    #[error("`{0}` is not a URL")]
    NotUrl(String),
    /// Neither https nor http.
    #[error("`{0}`: only https is spoken, and http on this machine")]
    Scheme(String),
    /// Plain http to another machine.
    #[error("`{0}` is plain http to another machine: use https")]
    PlainHttp(String),
    /// A query or a fragment, which a prefix cannot have.
    #[error("`{0}` has a query or a fragment; a plain address is needed")]
    Query(String),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When the text is no URL, or asks for a connection that is not allowed.
    pub fn parse(text: &str, plain: Plain) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::NotUrl(text.to_owned()))?;
        let address = Self { url };
        let shown = || address.to_string();
        match address.url.scheme() {
            "https" => {}
            "http" if plain == Plain::Anywhere || address.is_loopback() => {}
            "http" => return Err(AddressError::PlainHttp(shown())),
            _ => return Err(AddressError::Scheme(shown())),
        }
        if address.url.query().is_some() || address.url.fragment().is_some() {
            return Err(AddressError::Query(shown()));
        }
        Ok(address)
    }

    /// The address one or more segments further down.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        Self { url }
    }

    /// True when the address names this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, plain: Plain) -> Result<String, AddressError> {
        Address::parse(text, plain).map(|a| a.to_string())
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in ["https://witness.example/a", "http://127.0.0.1:80", "http://localhost/x", "http://[::1]:7/"] {
            assert!(shown(good, Plain::Loopback).is_ok(), "{good}");
        }
        let far = "http://witness.example/";
        assert_eq!(shown(far, Plain::Loopback), Err(AddressError::PlainHttp(far.to_owned())));
        assert!(shown("http://127.0.0.1.example/", Plain::Loopback).is_err());
        assert!(shown(far, Plain::Anywhere).is_ok());
        assert!(matches!(shown("ftp://witness.example/", Plain::Anywhere), Err(AddressError::Scheme(_))));
        assert!(matches!(shown("witness.example", Plain::Loopback), Err(AddressError::NotUrl(_))));
        assert!(matches!(shown("https://a.example/?b", Plain::Loopback), Err(AddressError::Query(_))));
    }

    #[test]
    fn names_and_passwords_are_not_shown() {
        let address = Address::parse("https://user:secret@a.example/p", Plain::Loopback).unwrap();
        assert_eq!(address.to_string(), "https://a.example/p");
        assert!(!format!("{address:?}").contains("secret"));
    }

    #[test]
    fn paths_are_joined_with_one_stroke() {
        for base in ["https://a.example/w", "https://a.example/w/"] {
            let address = Address::parse(base, Plain::Loopback).unwrap();
            assert_eq!(address.below("add-checkpoint").to_string(), "https://a.example/w/add-checkpoint");
        }
        let root = Address::parse("https://a.example", Plain::Loopback).unwrap();
        assert_eq!(root.below("x/checkpoint").to_string(), "https://a.example/x/checkpoint");
    }
}
