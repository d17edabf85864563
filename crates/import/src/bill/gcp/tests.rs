//! Tests of the Google Cloud export: CSV and JSON lines give the same estate; credits count.
use crate::{Format, bill::focus::tests::import};

#[test]
fn csv_and_json_lines_agree() {
    let csv = "billing_account_id,service.description,project.id,labels,location.location,location.region,cost,currency,credits,cost_type,resource.name,resource.global_name\n\
        B,Compute Engine,p,\"[{'key': 'app', 'value': 'shop'}]\",europe-west1,europe-west1,2.5,EUR,\"[{'name': 'x', 'amount': -0.5, 'full_name': None}]\",regular,n,//compute.googleapis.com/projects/p/zones/z/instances/1\n";
    let json = r#"{"billing_account_id":"B","service":{"description":"Compute Engine"},"project":{"id":"p"},"labels":[{"key":"app","value":"shop"}],"location":{"location":"europe-west1","region":"europe-west1"},"cost":2.5,"currency":"EUR","credits":[{"name":"x","amount":-0.5}],"cost_type":"regular","resource":{"name":"n","global_name":"//compute.googleapis.com/projects/p/zones/z/instances/1"}}
"#;
    let (format, a) = import("gcp.csv", csv.as_bytes()).unwrap();
    assert_eq!(format, Format::GcpBill);
    let (format, b) = import("gcp.json", json.as_bytes()).unwrap();
    assert_eq!(format, Format::GcpBill);
    let text = |e: &flagstate_estate::Estate| serde_json::to_string(&e.resources).unwrap();
    assert_eq!(text(&a), text(&b));
    assert_eq!(a.resources[0].cost.display(), "2.00 EUR");
    assert_eq!(a.resources[0].tags.get("app").map(String::as_str), Some("shop"));
    let e = import("gcp.json", format!("{json}{{\"cut").as_bytes()).unwrap_err().to_string();
    assert!(e.contains("row 2: is not JSON"), "{e}");
}
