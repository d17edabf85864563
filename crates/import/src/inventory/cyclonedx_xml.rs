//! The XML form of `CycloneDX`, brought into the JSON form.
//!
//! What it is for: elements differ between the forms (`<data><dataflow><classification flow=..>` is `data[].flow`);
//! here a service becomes the object that the JSON form would have. Only services are kept in memory.
//!
//! What it deliberately does not do: it expands no entities but the five of XML, loads no schema and follows no link.
//!
//! Spec: `CycloneDX` XML schemas 1.4 to 1.7, `serviceType`.

use std::io::BufReader;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::{Value, json};

use super::{
    cyclonedx::{Bom, Component},
    json::Object,
};
use crate::{ImportError, Input, MAX_JSON_DEPTH};

/// Longest element content kept.
const MAX_TEXT: usize = 64 * 1024;

/// An element inside `<services>`.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

/// Reads the file.
pub(crate) fn read(input: &Input) -> Result<Bom, ImportError> {
    let mut xml = Reader::from_reader(BufReader::new(input.text()?));
    xml.config_mut().expand_empty_elements = true;
    let mut bom = Bom::default();
    let (mut path, mut open): (Vec<String>, Vec<Node>) = (Vec::new(), Vec::new());
    let (mut buffer, mut root) = (Vec::new(), false);
    loop {
        buffer.clear();
        let at = xml.buffer_position();
        let bad = |what: &str| input.malformed(format!("byte {at}"), what.to_owned());
        let event =
            xml.read_event_into(&mut buffer).map_err(|_| bad("this is not well-formed XML, or it is cut off"))?;
        match event {
            Event::Start(start) => {
                let name = local(&start);
                if path.len() >= MAX_JSON_DEPTH {
                    return Err(bad("the XML is nested more than 128 levels deep"));
                }
                if path.is_empty() {
                    root = name == "bom";
                    about(&start, &mut bom);
                } else if name == "component" && path.last().is_some_and(|p| p == "components") && open.is_empty() {
                    // The component that the bill is about stands in the metadata and is none of its parts.
                    if path.get(1).is_some_and(|p| p == "components") {
                        bom.components.push(Component::default());
                    }
                }
                let first = path.iter().map(String::as_str).eq(["bom", "services"]) && name == "service";
                if first || !open.is_empty() {
                    open.push(Node { name: name.clone(), attributes: attributes(&start), ..Node::default() });
                }
                path.push(name);
            }
            Event::End(_) => {
                path.pop();
                if let Some(done) = open.pop() {
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => bom.services.push(service(&done)),
                    }
                }
            }
            Event::Text(text) => add(&mut open, &text),
            Event::CData(text) => add(&mut open, &text),
            Event::GeneralRef(entity) => {
                let plain = match &*entity {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                let plain = plain.ok_or_else(|| bad("an entity is used that XML itself does not define"))?;
                add(&mut open, plain.encode_utf8(&mut [0; 4]));
            }
            Event::Eof if !path.is_empty() => return Err(bad("the file ends inside an element; it is cut off")),
            Event::Eof if !root => return Err(bad("the root element is not `bom`")),
            Event::Eof => return Ok(bom),
            _ => {}
        }
    }
}

/// Serial number and version, which the namespace carries.
fn about(root: &BytesStart<'_>, bom: &mut Bom) {
    for (name, value) in attributes(root) {
        if name == "serialNumber" {
            bom.serial = Some(value);
        } else if let Some(version) = value.strip_prefix("http://cyclonedx.org/schema/bom/") {
            bom.version = Some(version.to_owned());
        }
    }
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

fn attributes(start: &BytesStart<'_>) -> Vec<(String, String)> {
    start.attributes().flatten().map(|a| (a.key.as_ref().to_owned(), unescaped(&a.value))).collect()
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

fn add(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut()
        && node.text.len() + text.len() <= MAX_TEXT
    {
        node.text.push_str(text);
    }
}

impl Node {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    fn all<'a>(&'a self, list: &str, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.child(list).into_iter().flat_map(move |l| l.children.iter().filter(move |c| c.name == name))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn text(&self) -> &str {
        self.text.trim()
    }
}

/// The JSON form of a `<service>`.
fn service(node: &Node) -> Object {
    let mut object = Object::new();
    if let Some(reference) = node.attribute("bom-ref") {
        object.insert("bom-ref".into(), reference.into());
    }
    for name in ["group", "name", "version", "authenticated", "x-trust-boundary", "trustZone"] {
        if let Some(child) = node.child(name) {
            object.insert(name.into(), child.text().into());
        }
    }
    if let Some(provider) = node.child("provider") {
        let name = provider.child("name").map(Node::text);
        object.insert("provider".into(), json!({ "name": name }));
    }
    let texts = |list: &str, name: &str| node.all(list, name).map(|c| c.text().into()).collect::<Vec<Value>>();
    object.insert("endpoints".into(), texts("endpoints", "endpoint").into());
    object.insert("tags".into(), texts("tags", "tag").into());
    // 1.4 has the classification alone, later versions may wrap it into a data flow.
    let wrapped = node.all("data", "dataflow").flat_map(|d| d.children.iter().filter(|c| c.name == "classification"));
    let flows = node.all("data", "classification").chain(wrapped);
    let flow = |c: &Node| json!({ "flow": c.attribute("flow"), "classification": c.text() });
    object.insert("data".into(), flows.map(flow).collect::<Vec<Value>>().into());
    let property = |p: &Node| json!({ "name": p.attribute("name"), "value": p.text() });
    object.insert("properties".into(), node.all("properties", "property").map(property).collect::<Vec<Value>>().into());
    let inner = node.all("services", "service").map(|s| Value::Object(service(s)));
    object.insert("services".into(), inner.collect::<Vec<Value>>().into());
    object
}
