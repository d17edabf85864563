//! What is an option, and what is none.

use super::*;

#[test]
fn a_misspelled_option_is_found_and_a_value_is_none() {
    let args = |line: &str| Args { words: line.split(' ').map(str::to_owned).collect() };
    let unknown = |line: &str| args(line).unknown(&["--keep"], &["--only"]).map(str::to_owned);
    assert_eq!(unknown("bench --keep --only move"), None);
    assert_eq!(unknown("generate focus FILE"), None);
    assert_eq!(unknown("bench --only --keep"), None, "a value may look like anything");
    assert_eq!(unknown("bench --kep"), Some("--kep".to_owned()));
    assert_eq!(unknown("bench --only move --runs=3"), Some("--runs=3".to_owned()));
}
