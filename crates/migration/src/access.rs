//! Access parity: who could read at the source, who can at the target, by what both containers say of themselves.
//!
//! What it deliberately does not do: it changes no permission, and translates no policy. Principals differ between
//! providers; what a policy means for people is for people to say.

use flagstate_objects::ContainerFacts;
use serde::Serialize;

/// One question, answered for both sides.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// The container, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What is compared.
    pub what: &'static str,
    /// At the source; nothing where it did not say, or we may not ask.
    pub source: Option<String>,
    /// At the target.
    pub target: Option<String>,
    /// `same`, `wider` (more people can get at it than before), `narrower`, `differs`, `unknown`.
    pub verdict: &'static str,
}

/// The report.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Parity {
    /// Line by line.
    pub lines: Vec<Line>,
}

impl Parity {
    /// True when the target is open wider than the source was.
    pub fn is_wider(&self) -> bool {
        self.lines.iter().any(|l| l.verdict == "wider")
    }
}

/// What both sides say, container by container; the name is empty where there is one. Where all go into one container,
/// each is held against that one.
pub fn pairs<'a>(
    source: &'a ContainerFacts,
    target: &'a ContainerFacts,
) -> Vec<(&'a str, &'a ContainerFacts, &'a ContainerFacts)> {
    if source.each.is_empty() {
        return vec![("", source, target)];
    }
    let of = |(name, facts): (&'a String, &'a ContainerFacts)| {
        (name.as_str(), facts, target.each.get(name).unwrap_or(target))
    };
    source.each.iter().map(of).collect()
}

/// A sentence where the target encrypts less than the source.
pub fn weaker_encryption(source: &ContainerFacts, target: &ContainerFacts) -> Option<String> {
    let at_source = source.encryption.as_deref().filter(|e| *e != "none")?;
    match target.encryption.as_deref() {
        Some("none") => Some(format!(
            "the source encrypts at rest ({at_source}), and the target does not: switch it on there, or encrypt on the way \
             (--encrypt-for)"
        )),
        None => Some(format!("the source encrypts at rest ({at_source}), and the target does not say whether it does")),
        Some(_) => None,
    }
}

/// Compares what both sides say, container by container.
pub fn compare(source: &ContainerFacts, target: &ContainerFacts) -> Parity {
    let lines = pairs(source, target).into_iter().flat_map(|(name, source, target)| {
        let named = move |line: Line| Line { container: (!name.is_empty()).then(|| name.to_owned()), ..line };
        lines(source, target).into_iter().map(named)
    });
    Parity { lines: lines.collect() }
}

fn lines(source: &ContainerFacts, target: &ContainerFacts) -> Vec<Line> {
    let word = |b: Option<bool>| b.map(|b| if b { "yes" } else { "no" }.to_owned());
    let flag = |what, a: Option<bool>, b: Option<bool>, more: &'static str, less: &'static str| Line {
        container: None,
        what,
        source: word(a),
        target: word(b),
        verdict: match (a, b) {
            (Some(a), Some(b)) if a == b => "same",
            (Some(false), Some(true)) => more,
            (Some(true), Some(false)) => less,
            _ => "unknown",
        },
    };
    let text = |what, a: &Option<String>, b: &Option<String>| Line {
        container: None,
        what,
        source: a.clone(),
        target: b.clone(),
        verdict: match (a, b) {
            (Some(a), Some(b)) if a == b => "same",
            (None, None) => "unknown",
            _ => "differs",
        },
    };
    vec![
        flag("anybody may read", source.public_read, target.public_read, "wider", "narrower"),
        flag("objects have access lists", source.object_acls, target.object_acls, "differs", "differs"),
        flag("earlier versions are kept", source.versioning, target.versioning, "differs", "differs"),
        flag("objects can be locked", source.object_lock, target.object_lock, "differs", "differs"),
        text("policy or access list", &source.access, &target.access),
        text("encryption at rest", &source.encryption, &target.encryption),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaker_encryption_is_a_sentence() {
        let facts = |e: Option<&str>| ContainerFacts { encryption: e.map(str::to_owned), ..ContainerFacts::default() };
        let said = |a, b| weaker_encryption(&facts(a), &facts(b));
        assert!(said(Some("aws:kms"), Some("none")).unwrap().contains("switch it on there"));
        assert!(said(Some("AES256"), None).unwrap().contains("does not say"));
        assert_eq!(said(Some("AES256"), Some("aws:kms")), None);
        assert_eq!(said(Some("none"), Some("none")), None);
        assert_eq!(said(None, Some("none")), None);
    }

    #[test]
    fn a_target_that_is_open_to_all_is_wider() {
        let facts = |public| ContainerFacts { public_read: public, ..ContainerFacts::default() };
        assert!(compare(&facts(Some(false)), &facts(Some(true))).is_wider());
        assert!(!compare(&facts(Some(true)), &facts(Some(false))).is_wider());
        assert!(!compare(&facts(None), &facts(Some(true))).is_wider());
        assert_eq!(compare(&facts(None), &facts(None)).lines[0].verdict, "unknown");
        // One of several that is open is enough, and is named.
        let each = [("a", facts(Some(false))), ("b", facts(Some(false)))].map(|(n, f)| (n.to_owned(), f));
        let several = ContainerFacts { each: each.into(), ..ContainerFacts::default() };
        let open = ContainerFacts {
            each: [("a", facts(Some(false))), ("b", facts(Some(true)))].map(|(n, f)| (n.to_owned(), f)).into(),
            ..ContainerFacts::default()
        };
        let parity = compare(&several, &open);
        let wider: Vec<_> = parity.lines.iter().filter(|l| l.verdict == "wider").map(|l| l.container.clone()).collect();
        assert_eq!(wider, [Some("b".to_owned())]);
        assert!(compare(&several, &facts(Some(true))).is_wider());
    }
}
