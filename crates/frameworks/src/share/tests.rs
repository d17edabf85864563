//! Exactness at the ceilings.

use super::Share;

fn share(text: &str) -> Share {
    Share::from_percent(text).unwrap()
}

#[test]
fn percentages_are_read_exactly() {
    assert_eq!(share("24.0"), share("24"));
    assert!(share("24.01") > share("24"));
    assert!(share("24.0000000000000001") > share("24"));
    for (text, shown) in [("0", "0"), ("100", "100"), ("56.55", "56.55"), ("13.5", "13.5"), ("0.000001", "0.000001")] {
        assert_eq!(share(text).percent(), shown);
    }
    for wrong in ["", ".", "100.1", "-1", "1e2", "24,5", "1000", "NaN", "+3", "12345678901"] {
        assert_eq!(Share::from_percent(wrong), None, "{wrong}");
    }
    assert_eq!(Share::from_number(24.01), Some(share("24.01")));
    assert_eq!(Share::from_number(63.8), Some(share("63.8")));
    for wrong in [f64::NAN, f64::INFINITY, -0.5, 100.5] {
        assert_eq!(Share::from_number(wrong), None);
    }
}

#[test]
fn products_meet_the_ceiling_exactly() {
    assert_eq!(share("48").of(share("50")), share("24"));
    assert_eq!(share("30").of(Share::WHOLE), share("30"));
    assert_eq!(share("60").of(share("80")).of(share("50")), share("24"));
    assert!(share("48.02").of(share("50")) > share("24"));
    // Rounding up stays on this side of the ceiling.
    assert!(share("33.333333").of(share("72")) <= share("24"));
}

#[test]
fn what_is_left_is_never_negative() {
    assert_eq!(share("60").plus(share("70")).rest(), Share::NONE);
    assert_eq!(share("63.8").rest(), share("36.2"));
}
