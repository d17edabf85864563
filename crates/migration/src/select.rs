//! Which keys move: patterns to include and to exclude.
//!
//! `*` stands for any bytes but `/`, `**` for any bytes, `?` for one byte but `/`; everything else stands for itself, and
//! `%XX` for a byte. A key moves when it fits one of the included patterns, or there are none, and no excluded one. Patterns are
//! held against the key behind the source's prefix.

use flagstate_objects::Key;
use serde::{Deserialize, Serialize};

/// Patterns, as typed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Selection {
    /// Only these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Not these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

/// Patterns, ready to use.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    include: Vec<Vec<Token>>,
    exclude: Vec<Vec<Token>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Byte(u8),
    One,
    Some,
    Any,
}

/// A pattern cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the pattern `{0}` has a broken escape: write `%25` for a percent sign")]
pub struct PatternError(String);

impl Selection {
    /// Makes the patterns ready.
    pub fn ready(&self) -> Result<Selector, PatternError> {
        let all = |patterns: &[String]| patterns.iter().map(|p| tokens(p)).collect::<Result<_, _>>();
        Ok(Selector { include: all(&self.include)?, exclude: all(&self.exclude)? })
    }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, PatternError> {
    let mut out: Vec<Token> = Vec::new();
    let mut rest = pattern.as_bytes().iter().copied().peekable();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'*' if rest.next_if_eq(&b'*').is_some() => Token::Any,
            b'*' => Token::Some,
            b'?' => Token::One,
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                let byte = digit().zip(digit()).map(|(high, low)| high << 4 | low);
                Token::Byte(byte.ok_or_else(|| PatternError(pattern.to_owned()))?)
            }
            other => Token::Byte(other),
        });
    }
    Ok(out)
}

impl Selector {
    /// True when everything is selected.
    pub fn is_all(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// True when the key moves.
    pub fn takes(&self, prefix: &Key, key: &Key) -> bool {
        if self.is_all() {
            return true;
        }
        let rest = key.as_bytes().strip_prefix(prefix.as_bytes()).unwrap_or(key.as_bytes());
        let fits = |patterns: &[Vec<Token>]| patterns.iter().any(|p| fits(p, rest));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

/// Matches with at most one way back per star: no pattern takes longer than pattern times text.
fn fits(pattern: &[Token], text: &[u8]) -> bool {
    let mut reach = vec![false; pattern.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    skip_stars(pattern, &mut reach);
    for byte in text {
        let mut next = vec![false; pattern.len() + 1];
        for (index, token) in pattern.iter().enumerate() {
            if reach.get(index) != Some(&true) {
                continue;
            }
            let (step, stay) = match token {
                Token::Byte(b) => (b == byte, false),
                Token::One => (*byte != b'/', false),
                Token::Some => (false, *byte != b'/'),
                Token::Any => (false, true),
            };
            for (to, on) in [(index + 1, step), (index, stay)] {
                if let Some(slot) = next.get_mut(to)
                    && on
                {
                    *slot = true;
                }
            }
        }
        skip_stars(pattern, &mut next);
        reach = next;
    }
    reach.last() == Some(&true)
}

/// Stars may stand for nothing.
fn skip_stars(pattern: &[Token], reach: &mut [bool]) {
    for (index, token) in pattern.iter().enumerate() {
        let here = reach.get(index) == Some(&true) && matches!(token, Token::Some | Token::Any);
        if let Some(slot) = reach.get_mut(index + 1)
            && here
        {
            *slot = true;
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn takes(include: &[&str], exclude: &[&str], key: &str) -> bool {
        let own = |p: &[&str]| p.iter().map(|s| (*s).to_owned()).collect();
        let selection = Selection { include: own(include), exclude: own(exclude) };
        selection.ready().unwrap().takes(&Key::from("p/"), &Key::from(key))
    }

    #[test]
    fn patterns() {
        assert!(takes(&[], &[], "anything"));
        assert!(takes(&["*.csv"], &[], "p/a.csv"));
        assert!(!takes(&["*.csv"], &[], "p/d/a.csv"));
        assert!(takes(&["**.csv"], &[], "p/d/a.csv"));
        assert!(!takes(&["**.csv"], &["tmp/**"], "p/tmp/a.csv"));
        assert!(takes(&["a?c"], &[], "p/abc") && !takes(&["a?c"], &[], "p/a/c"));
        assert!(takes(&["100%25"], &[], "p/100%"));
        assert!(takes(&["a**b**c"], &[], "p/axxbyyc") && !takes(&["a**b**c"], &[], "p/axxcyyb"));
        assert!(Selection { include: vec!["%z".to_owned()], exclude: vec![] }.ready().is_err());
    }
}
