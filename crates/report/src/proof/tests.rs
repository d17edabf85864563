//! Every form gives back the report byte for byte, whatever stands in the report and the proof.

use super::*;

const TLOG: &str =
    "c2sp.org/tlog-proof@v1\nindex 7\n\nlog.example/a\n8\nAAAA\n\n\u{2014} log.example/a+b <x> --> AAAA\n";

fn proof(entry: &[u8]) -> Proof {
    Proof::new(Parts {
        origin: "log.example/<a>, under its checkpoint of size 3",
        verifier_key: "log.example/a+00+AAAA",
        index: 7,
        size: 8,
        report_sha256: "ab",
        entry,
        tlog_proof: TLOG,
    })
}

#[test]
fn each_form_is_put_in_and_taken_out() {
    let page = "<html><body><main>\n<p>x</p>\n</main>\n<footer>y</footer></body></html>\n";
    for entry in [&b"{}"[..], &[0xff; 1000], b""] {
        let proof = proof(entry);
        for (report, with) in [
            ("A\nreport\n", proof.in_text("A\nreport\n")),
            ("", proof.in_text("")),
            ("{\n  \"a\": 1\n}\n", proof.in_json("{\n  \"a\": 1\n}\n")),
            (page, proof.in_html(page)),
        ] {
            let taken = take(&with).unwrap_or_else(|| panic!("{with}"));
            assert_eq!((taken.report.as_str(), &taken.proof), (report, &proof), "{with}");
            assert_eq!(taken.proof.entry().as_deref(), Some(entry));
        }
    }
}

#[test]
fn json_with_a_proof_is_still_json() {
    let with = proof(b"x").in_json("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
    let value: serde_json::Value = serde_json::from_str(&with).unwrap();
    assert_eq!(value["proof"]["index"], 7);
    assert_eq!(value["proof"]["tlog_proof"], TLOG);
}

/// A comment in HTML ends at `-->`, wherever it comes from.
#[test]
fn nothing_escapes_from_the_page() {
    let with = proof(b"x").in_html("<main></main>");
    assert!(!with.contains("<a>") && !with.contains("<x>"), "{with}");
    let data = with.split("<!-- {").nth(1).unwrap();
    assert!(data.split_once("-->").unwrap().1.starts_with("\n<!-- end"), "{data}");
}

#[test]
fn reports_without_a_proof_are_left_alone() {
    for report in ["", "text\n", "{\n  \"proof\": 1\n}\n", "<main></main>", "{}\n"] {
        assert_eq!(take(report), None, "{report}");
    }
    assert_eq!(proof(b"x").in_json("[]"), "[]");
    assert_eq!(proof(b"x").in_html("no page"), "no page");
}
