//! The vectors of RFC 8785, and an implementation by somebody else.

use std::{io::Write as _, process::Stdio};

use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::{Value, json};

use super::*;

fn canonical(value: &Value) -> String {
    String::from_utf8(to_vec(value).unwrap()).unwrap()
}

/// RFC 8785 section 3.2.3: the order is that of UTF-16 code units.
#[test]
fn the_sorting_vector() {
    let value: Value = serde_json::from_str(
        r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
            "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#,
    )
    .unwrap();
    let text = canonical(&value);
    let order = ["Carriage Return", "One", "Control", "Latin Small", "Euro Sign", "Emoji", "Hebrew"];
    let places: Vec<_> = order.iter().map(|name| text.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
}

/// RFC 8785 section 3.2.2, its example without the fractions.
#[test]
fn the_string_and_literal_vector() {
    let value: Value = serde_json::from_str(
        r#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
    )
    .unwrap();
    let wanted = "{\"literals\":[null,true,false],\"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(canonical(&value), wanted);
}

#[test]
fn fractions_and_large_numbers_are_refused() {
    assert_eq!(canonical(&json!(9_007_199_254_740_991_u64)), "9007199254740991");
    assert_eq!(canonical(&json!(-9_007_199_254_740_991_i64)), "-9007199254740991");
    for value in [json!(9_007_199_254_740_992_u64), json!(i64::MIN), json!(1.5), json!(1e3)] {
        assert!(matches!(to_vec(&value), Err(JcsError::Number(_))), "{value}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[\u{0}-\u{20}\u{e000}-\u{ffff}\u{10000}-\u{10400}\"\\\\]{0,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_form_keeps_the_value_and_is_stable(value in any_json()) {
        let text = canonical(&value);
        let again: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(canonical(&again), text);
    }
}

/// The Python package `rfc8785` writes the same bytes.
#[test]
fn python_writes_the_same_bytes() {
    let Some(mut python) = flagstate_interop::python() else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = any_json();
    let values: Vec<Value> = (0..200).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let program = "import sys, json, rfc8785\n\
                   for line in sys.stdin.buffer: sys.stdout.buffer.write(rfc8785.dumps(json.loads(line)).hex().encode() + b'\\n')";
    let mut child = python.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let theirs: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(theirs.len(), values.len());
    for (value, theirs) in values.iter().zip(theirs) {
        assert_eq!(hex::encode(&to_vec(value).unwrap()), theirs, "{value}");
    }
}
