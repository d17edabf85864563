//! The clock on both sides of the date from which switching is free.

use super::*;
use crate::Library;

fn set(given: &str, extended_months: Option<u32>) -> Result<Clock, ClockError> {
    let library = Library::embedded().unwrap();
    clock(library.framework("data-act").unwrap(), Notice { given: given.parse().unwrap(), extended_months })
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_shortest_way_is_two_months_and_two_times_thirty_days() {
    let c = set("2026-06-01", None).unwrap();
    assert_eq!(c.notice_ends, day("2026-08-01"));
    assert_eq!(c.transition_ends, day("2026-08-31"));
    assert_eq!(c.retrieval_ends, day("2026-09-30"));
    assert_eq!(c.transition_ends_at_latest, day("2027-03-01"));
    assert_eq!(c.extension_said_by, day("2026-06-19"), "14 working days");
    assert_eq!((c.charges, c.band), (Charges::AtCost, "up_to_4_months"));
}

#[test]
fn charges_end_on_12_january_2027() {
    // The transition ends 30 days after two months.
    assert_eq!(set("2026-10-12", None).unwrap().transition_ends, day("2027-01-11"));
    assert_eq!(set("2026-10-12", None).unwrap().charges, Charges::AtCost);
    assert_eq!(set("2026-10-13", None).unwrap().charges, Charges::None);
    assert_eq!(set("2025-05-01", None).unwrap().charges, Charges::Contract);
}

#[test]
fn an_extension_is_bounded() {
    let c = set("2026-06-01", Some(7)).unwrap();
    assert_eq!((c.transition_ends, c.band), (day("2027-03-01"), "4_to_10_months"));
    assert!(matches!(set("2026-06-01", Some(8)), Err(ClockError::TooLong { asked: 8, longest: 7 })));
    assert_eq!(set("2026-12-31", None).unwrap().notice_ends, day("2027-02-28"));
    assert!(matches!(set("9999-12-01", None), Err(ClockError::Date(_))));
    let library = Library::embedded().unwrap();
    let none = clock(library.framework("gdpr").unwrap(), Notice { given: day("2026-06-01"), extended_months: None });
    assert!(matches!(none, Err(ClockError::NoClock(id)) if id == "gdpr"));
}
