//! Tests of merging and selecting.
use crate::{
    money::{cents, parse_decimal},
    workload::matches,
};

#[test]
fn decimals_are_exact() {
    assert_eq!(parse_decimal("0.1").unwrap() * 10, parse_decimal("1").unwrap());
    assert_eq!(parse_decimal("1e-7").unwrap(), 100_000);
    assert_eq!(parse_decimal("-12.345").map(cents).unwrap(), "-12.35");
    assert_eq!(parse_decimal("1,5"), None);
    assert_eq!(parse_decimal(""), None);
}

#[test]
fn patterns() {
    assert!(matches("rg-*", "RG-prod"));
    assert!(matches("*prod*", "my-prod-1"));
    assert!(!matches("prod", "prod-1"));
    assert!(matches("a*b*c", "axxbyyc"));
}
