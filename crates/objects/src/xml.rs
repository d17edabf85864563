//! XML answers of stores, read as a stream of elements: no tree, no entities but the predefined, no depth without end.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Deepest nesting of an answer: listings need seven.
const MAX_DEPTH: usize = 32;

/// One step through an answer. Names are local, without their namespace.
#[derive(Debug, PartialEq)]
pub(crate) enum Step<'a> {
    /// An element begins.
    Open(&'a str),
    /// An element ends. The text is what stood directly in it, if it had no elements in it. `encoded` is true where
    /// it carries the attribute `Encoded="true"` (Azure).
    Close { name: &'a str, text: &'a str, encoded: bool },
}

struct Level {
    name: String,
    text: String,
    encoded: bool,
    leaf: bool,
}

/// Walks an answer; `visit` sees each step with the names of the elements around it.
pub(crate) fn walk(bytes: &[u8], mut visit: impl FnMut(&[&str], Step<'_>) -> Result<(), String>) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("XML: {e}"))?;
    let mut reader = Reader::from_str(text);
    let mut levels: Vec<Level> = Vec::new();
    let mut seen = false;
    loop {
        let event = reader.read_event().map_err(|e| format!("XML at byte {}: {e}", reader.buffer_position()))?;
        match event {
            Event::Start(start) => {
                seen = true;
                open(&mut levels, &start, &mut visit)?;
            }
            Event::Empty(start) => {
                seen = true;
                open(&mut levels, &start, &mut visit)?;
                close(&mut levels, &mut visit)?;
            }
            Event::End(_) => close(&mut levels, &mut visit)?,
            Event::Text(text) => {
                if let Some(level) = levels.last_mut() {
                    level.text.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some(level) = levels.last_mut() {
                    level.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let c = entity(&reference).ok_or_else(|| format!("XML: `&{};` is not known", &*reference))?;
                if let Some(level) = levels.last_mut() {
                    level.text.push(c);
                }
            }
            Event::DocType(_) => return Err("XML: document types are not read".to_owned()),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if levels.is_empty() && seen { Ok(()) } else { Err("XML ends early".to_owned()) }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

type Visit<'v> = dyn FnMut(&[&str], Step<'_>) -> Result<(), String> + 'v;

fn names(levels: &[Level]) -> Vec<&str> {
    levels.iter().map(|l| l.name.as_str()).collect()
}

fn open(levels: &mut Vec<Level>, start: &BytesStart<'_>, visit: &mut Visit<'_>) -> Result<(), String> {
    if levels.len() >= MAX_DEPTH {
        return Err(format!("XML is nested deeper than {MAX_DEPTH}"));
    }
    let name = start.local_name().into_inner().to_owned();
    let encoded = start
        .attributes()
        .filter_map(Result::ok)
        .any(|a| a.key.local_name().into_inner() == "Encoded" && a.value.as_ref() == "true");
    if let Some(parent) = levels.last_mut() {
        parent.leaf = false;
    }
    visit(&names(levels), Step::Open(&name))?;
    levels.push(Level { name, text: String::new(), encoded, leaf: true });
    Ok(())
}

fn close(levels: &mut Vec<Level>, visit: &mut Visit<'_>) -> Result<(), String> {
    let level = levels.pop().ok_or("XML: an element ends that did not begin")?;
    let text = if level.leaf { level.text.as_str() } else { "" };
    visit(&names(levels), Step::Close { name: &level.name, text, encoded: level.encoded })
}

/// One page of a service's list of containers: their names, and where the next page begins.
pub(crate) fn container_names(
    bytes: &[u8],
    (element, next): (&str, &str),
) -> Result<(Vec<String>, Option<String>), String> {
    let mut names = Vec::new();
    walk(bytes, |path, step| {
        if let (Some(parent), Step::Close { name: "Name", text, .. }) = (path.last(), step)
            && *parent == element
        {
            names.push(text.to_owned());
        }
        Ok(())
    })?;
    Ok((names, first(bytes, next).filter(|t| !t.is_empty())))
}

/// The tags of an object: both services answer with a `TagSet`.
pub(crate) fn tags_of(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let (mut tags, mut name) = (BTreeMap::new(), String::new());
    walk(bytes, |path, step| {
        if let (Some(&"Tag"), Step::Close { name: element, text, .. }) = (path.last(), step) {
            match element {
                "Key" => text.clone_into(&mut name),
                "Value" => drop(tags.insert(name.clone(), text.to_owned())),
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(tags)
}

/// A `TagSet`, as both services take it.
pub(crate) fn tag_set(tags: &BTreeMap<String, String>) -> String {
    let mut xml = String::from("<TagSet>");
    for (name, value) in tags {
        for part in ["<Tag><Key>", &escape(name), "</Key><Value>", &escape(value), "</Value></Tag>"] {
            xml.push_str(part);
        }
    }
    xml.push_str("</TagSet>");
    xml
}

/// Writes text between tags.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
    out
}

/// The texts of all elements of one name, wherever they stand.
pub(crate) fn first(bytes: &[u8], wanted: &str) -> Option<String> {
    let mut found = None;
    let walked = walk(bytes, |_, step| {
        if let Step::Close { name, text, .. } = step
            && name == wanted
            && found.is_none()
        {
            found = Some(text.to_owned());
        }
        Ok(())
    });
    walked.ok().and(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_entities_and_namespaces() {
        let xml = br#"<?xml version="1.0"?><L xmlns="u"><a:Key xmlns:a="v"> a&amp;b&#x9;&lt;<![CDATA[<x>]]></a:Key><E/><N Encoded="true">%41</N></L>"#;
        let mut seen = Vec::new();
        walk(xml, |path, step| {
            if let Step::Close { name, text, encoded } = step {
                seen.push(format!("{}/{name}={text}{}", path.join("/"), if encoded { "!" } else { "" }));
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, ["L/Key= a&b\t<<x>", "L/E=", "L/N=%41!", "/L="]);
        assert_eq!(first(xml, "Key").as_deref(), Some(" a&b\t<<x>"));
    }

    #[test]
    fn what_is_not_whole_or_not_safe_is_refused() {
        let deep = "<a>".repeat(40);
        for xml in ["", "<a>", "<a></b>", "<a>&unknown;</a>", "<!DOCTYPE x [<!ENTITY e \"f\">]><a/>", deep.as_str()] {
            assert!(walk(xml.as_bytes(), |_, _| Ok(())).is_err(), "{xml}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "\\PC{0,40}") {
            let xml = format!("<a>{}</a>", escape(&text));
            prop_assert_eq!(first(xml.as_bytes(), "a"), Some(text));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = walk(&bytes, |_, _| Ok(()));
        }
    }
}
