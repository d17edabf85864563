//! Tests of the tidy rules, and the rules over this tree.
use std::path::PathBuf;

use super::{arrows, docs, lexer::Source, rules, words};

fn source(text: &str) -> Source {
    Source::new(PathBuf::from("crates/x/src/a.rs"), text.to_owned())
}

fn problems(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    rules::check(&source(text), &mut found);
    found.into_iter().map(|p| format!("{}: {}", p.line, p.text)).collect()
}

#[test]
fn the_tree_is_tidy() {
    let problems: Vec<String> = super::check().unwrap().iter().map(super::Problem::shown).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn comments_and_strings_are_told_from_code() {
    let s = source(
        "//! a\nlet x = \"// no\\\" { é\"; // é yes\nlet y = r#\"{\"#; /* { /* { */ */ let c = '{'; let l: &'a str;\n",
    );
    assert!(s.code.contains("// no"));
    assert!(!s.code.contains("yes"));
    assert!(!s.bare.contains('{'));
    assert!(s.bare.contains("let l: &'a str"));
    assert_eq!(s.bare.len(), s.text.len());
}

#[test]
fn unwrap_is_seen_outside_tests_only() {
    let text = "//! a\nfn f() { x.unwrap() }\n#[cfg(test)]\nmod tests {\n fn g() { y.unwrap() }\n}\nfn h() { \".unwrap()\"; }\n";
    assert_eq!(problems(text), ["2: `unwrap()` outside tests"]);
}

#[test]
fn long_functions_are_seen() {
    let text = format!("//! a\nfn f(x: [u8; 2]) -> u8 {{\n{}}}\nfn g();\n", "\n".repeat(70));
    assert_eq!(problems(&text), ["2: a function of 72 lines; at most 70"]);
}

#[test]
fn headers_and_markers_are_asked_for() {
    let text = format!("fn f() {{}}\n// {}: later\n", rules::MARKERS[0]);
    assert_eq!(problems(&text).len(), 2);
}

#[test]
fn arrows_point_down() {
    assert!(arrows::allowed("flagstate", "catalog"));
    assert!(arrows::allowed("exposure", "estate"));
    assert!(!arrows::allowed("estate", "exposure"));
    assert!(!arrows::allowed("import", "keys"));
    assert!(!arrows::allowed("xtask", "catalog"));
}

#[test]
fn names_are_found_in_any_spelling() {
    let names = words::Names::load(&crate::workspace::root().join("crates/catalog/data"));
    for bad in ["AwsBucket", "aws_bucket", "\"eu-west-2\"", "\"us.fisa702\"", "== \"US\"", "CloudAct", "\"westeurope\""]
    {
        assert!(names.find(bad).is_some(), "{bad}");
    }
    for good in ["lawsuit", "region == code", "\"USA\"", "customer", "let us = 1;", "oracle"] {
        assert_eq!(names.find(good), None, "{good}");
    }
}

#[test]
fn parts_split_at_case_and_punctuation() {
    assert_eq!(words::parts("fooBar_baz-2 HTTP"), ["foo", "bar", "baz", "2", "http"]);
}

#[test]
fn links_and_headings() {
    assert_eq!(docs::links("see [a](b.md#c) and [d](https://e)"), ["b.md#c", "https://e"]);
    assert_eq!(docs::slug("What it is, and isn't"), "what-it-is-and-isnt");
}
