//! `CycloneDX` services in JSON and XML.

use flagstate_estate::{Custody, Rank, UnknownReason};

use super::{has_note, named, read, refusal, sums, try_read};
use crate::Format::CycloneDx;

const JSON: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:1",
 "metadata":{"component":{"type":"application","name":"own"}},
 "components":[{"type":"library","name":"a","components":[{"type":"library","name":"b"}]}],
 "services":[{"bom-ref":"gate","group":"com.example","name":"Gate & Co","version":"1",
   "provider":{"name":"Acme","url":["https://acme.example"]},
   "endpoints":["https://user:hunter2@api.acme.example:8443/v1?token=hunter2","https://gate.eu-west-3.amazonaws.com/x"],
   "authenticated":true,"x-trust-boundary":true,"trustZone":"outside","tags":["public"],
   "data":[{"flow":"inbound","classification":"PII"},{"flow":"outbound","classification":"PIFI","name":"n"}],
   "services":[{"bom-ref":"store","name":"Store","provider":{"name":"scaleway"},
     "properties":[{"name":"flagstate:region","value":"fr-par"},{"name":"flagstate:service","value":"object_storage"},
                   {"name":"flagstate:key_custody","value":"client_side"},{"name":"other","value":"x"}]}]}]}"#;

const XML: &str = r#"<?xml version="1.0"?>
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:1" version="1">
 <c:metadata><c:component type="application"><c:name>own</c:name></c:component></c:metadata>
 <c:components><c:component type="library"><c:name>a</c:name>
   <c:components><c:component type="library"><c:name>b</c:name></c:component></c:components></c:component></c:components>
 <c:services><c:service bom-ref="gate"><c:provider><c:name>Acme</c:name><c:url>https://acme.example</c:url></c:provider>
   <c:group>com.example</c:group><c:name>Gate &amp; <![CDATA[Co]]></c:name><c:version>1</c:version>
   <c:endpoints><c:endpoint>https://user:hunter2@api.acme.example:8443/v1?token=hunter2</c:endpoint>
     <c:endpoint>https://gate.eu-west-3.amazonaws.com/x</c:endpoint></c:endpoints>
   <c:authenticated>true</c:authenticated><c:x-trust-boundary>true</c:x-trust-boundary><c:trustZone>outside</c:trustZone>
   <c:data><c:classification flow="inbound">PII</c:classification>
     <c:dataflow name="n"><c:classification flow="outbound">PIFI</c:classification></c:dataflow></c:data>
   <c:tags><c:tag>public</c:tag></c:tags>
   <c:services><c:service bom-ref="store"><c:provider><c:name>scaleway</c:name></c:provider><c:name>Store</c:name>
     <c:properties><c:property name="flagstate:region">fr-par</c:property>
       <c:property name="flagstate:service">object_storage</c:property>
       <c:property name="flagstate:key_custody">client_side</c:property><c:property name="other">x</c:property>
     </c:properties></c:service></c:services></c:service></c:services>
</c:bom>"#;

#[test]
fn both_forms_say_the_same() {
    let json = read("bom.json", JSON, CycloneDx);
    let xml = read("bom.xml", XML, CycloneDx);
    assert_eq!(format!("{:?}", json.resources), format!("{:?}", xml.resources));
    for estate in [&json, &xml] {
        assert_eq!(sums(&estate.inputs[0]), (4, 2, 0, 2));
        assert_eq!(estate.inputs[0].rank, Rank::Stated);
        assert!(!format!("{estate:?}").contains("hunter2"), "of an address only the host is kept");
    }
    let gate = named(&json, "Gate & Co");
    assert_eq!(gate.provider.as_deref(), Some("Acme"));
    assert_eq!(gate.host_provider.as_deref(), Some("aws"), "an endpoint at a cloud's own domain names the host");
    assert!(gate.unknown.contains(&UnknownReason::Provider));
    assert_eq!(gate.region, None, "the host's region is not the provider's");
    assert_eq!(gate.group.as_deref(), Some("com.example"));
    for (tag, value) in [
        ("classification", "PIFI,PII"),
        ("flow", "inbound,outbound"),
        ("endpoints", "api.acme.example,gate.eu-west-3.amazonaws.com"),
        ("x-trust-boundary", "true"),
        ("authenticated", "true"),
        ("trust-zone", "outside"),
        ("tag:public", "true"),
    ] {
        assert_eq!(gate.tags[&format!("cyclonedx:{tag}")], value, "{tag}");
    }
    let store = named(&json, "Store");
    assert_eq!(store.tags["cyclonedx:parent"], "Gate & Co");
    assert_eq!(store.region.as_deref(), Some("fr-par"));
    assert_eq!(store.capability.as_deref(), Some("object_storage"));
    assert_eq!(store.custody, Some(Custody::ClientSide));
    assert_eq!(store.id, "cyclonedx:urn:uuid:1:store");
}

#[test]
fn an_endpoint_names_a_provider_that_is_not_stated() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.7","services":[
        {"name":"a","endpoints":["https://s3.eu-west-3.amazonaws.com"]},{"name":"b","endpoints":["https://notamazonaws.com"]},
        {"name":"c","endpoints":["https://x.s3.fr-par.scw.cloud"]}]}"#;
    let estate = read("bom.json", text, CycloneDx);
    let a = named(&estate, "a");
    assert_eq!((a.provider.as_deref(), a.region.as_deref()), (Some("aws"), Some("eu-west-3")));
    assert_eq!(named(&estate, "b").provider, None);
    assert_eq!(named(&estate, "c").region.as_deref(), Some("fr-par"));
}

#[test]
fn what_is_not_read_is_refused_with_the_reason() {
    let with = |from: &str, to: &str| refusal("bom.json", JSON.replacen(from, to, 1).as_bytes(), None);
    assert_eq!(with("\"1.6\"", "\"1.3\""), "CycloneDX 1.3 is not read; versions 1.4, 1.5, 1.6, 1.7 are");
    assert_eq!(with("\"specVersion\":\"1.6\",", ""), "CycloneDX (none) is not read; versions 1.4, 1.5, 1.6, 1.7 are");
    assert_eq!(
        with("outbound", "sideways"),
        "service 1: `flow` is `sideways`; it is one of inbound, outbound, bi-directional, unknown"
    );
    assert_eq!(with("\"name\":\"Store\",", ""), "service 2: the service has no name");
    assert!(with("client_side", "ours").starts_with("service 2: `key_custody` is `ours`"));
    assert!(
        with("flagstate:region", "flagstate:regoin").starts_with("service 2: property `flagstate:regoin` is not known")
    );
    let protobuf = "this is CycloneDX in Protocol Buffers form, which is not read; convert it to JSON (cyclonedx convert --output-format json)";
    assert_eq!(
        refusal("bom.textproto", b"# proto-file: schema/bom-1.7.proto\nspec_version: \"1.7\"\n", None),
        protobuf
    );
    assert_eq!(refusal("bom.cdx", b"\x0a\x031.6\x10\x01", None), protobuf);
}

#[test]
fn broken_xml_is_refused() {
    let cut = XML.get(..XML.len() - 8).unwrap();
    assert!(refusal("bom.xml", cut.as_bytes(), None).contains("the file ends inside an element"), "cut");
    assert!(refusal("bom.xml", XML.replace("&amp;", "&own;").as_bytes(), None).contains("an entity is used"));
    let deep = format!("{}{}", XML.split("<c:metadata>").next().unwrap(), "<c:x>".repeat(500));
    assert!(refusal("bom.xml", deep.as_bytes(), None).contains("nested more than 128 levels"));
    assert!(refusal("x.xml", b"<other/>", Some(CycloneDx)).contains("the root element is not `bom`"));
    let (estate, _) = try_read("e.xml", br#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>"#, None).unwrap();
    assert!(has_note(&estate, "the bill of materials lists no services"));
}
