//! What is written of an object's protection.

use super::*;

fn hold(mode: Option<&str>, until: Option<&str>, legal: bool) -> Hold {
    Hold { mode: mode.map(str::to_owned), until: until.map(|u| u.parse().unwrap()), legal }
}

#[test]
fn protection_in_force_is_kept_in_the_words_of_s3() {
    let now = Some("2026-11-22T00:00:00Z".parse().unwrap());
    let (soon, past) = (Some("2027-01-01T00:00:00Z"), Some("2026-01-01T00:00:00Z"));
    for (found, written) in [
        (hold(None, None, false), Ok(None)),
        (hold(None, None, true), Ok(Some(hold(None, None, true)))),
        (hold(Some("COMPLIANCE"), soon, true), Ok(Some(hold(Some("COMPLIANCE"), soon, true)))),
        (hold(Some("unlocked"), soon, false), Ok(Some(hold(Some("GOVERNANCE"), soon, false)))),
        (hold(Some("Locked"), soon, false), Ok(Some(hold(Some("COMPLIANCE"), soon, false)))),
        // A day that is over protects nothing; S3 takes no such day.
        (hold(Some("GOVERNANCE"), past, false), Ok(None)),
        (hold(Some("GOVERNANCE"), past, true), Ok(Some(hold(None, None, true)))),
        // What we cannot say is lost by name.
        (hold(Some("mutable"), soon, false), Err(Loss::Holds)),
        (hold(Some("COMPLIANCE"), None, false), Err(Loss::Holds)),
    ] {
        assert_eq!(held(&found, now), written, "{found:?}");
    }
    assert_eq!(held(&hold(Some("COMPLIANCE"), soon, false), None), Err(Loss::Holds));
    assert_eq!(held(&hold(None, None, false), None), Ok(None));
}

#[test]
fn a_target_may_protect_more_and_never_less() {
    let (soon, later) = (Some("2027-01-01T00:00:00Z"), Some("2028-01-01T00:00:00Z"));
    let wanted = hold(Some("GOVERNANCE"), soon, false);
    for (found, enough) in [
        (wanted.clone(), true),
        (hold(Some("GOVERNANCE"), Some("2027-01-01T00:00:00.9Z"), false), true),
        (hold(Some("GOVERNANCE"), later, true), true),
        (hold(Some("COMPLIANCE"), soon, false), true),
        (hold(Some("COMPLIANCE"), Some("2026-12-31T23:59:59Z"), false), false),
        (hold(Some("something"), later, false), false),
        (hold(None, None, true), false),
        (hold(None, None, false), false),
    ] {
        assert_eq!(protects(&found, &wanted), enough, "{found:?}");
    }
    let legal = hold(None, None, true);
    assert!(protects(&hold(Some("COMPLIANCE"), later, true), &legal));
    assert!(!protects(&hold(Some("COMPLIANCE"), later, false), &legal));
    assert!(!protects(&wanted, &hold(Some("COMPLIANCE"), soon, false)), "an administrator may lift governance");
}

#[test]
fn protection_is_written_where_objects_can_be_locked_and_is_no_part_of_the_digest() {
    let details = Details { hold: hold(None, None, true), ..Details::default() };
    let limits = Limits::of("s3");
    let now = Some("2026-11-22T00:00:00Z".parse().unwrap());
    let mut can = Capabilities::default();
    let fitted = |can: &Capabilities, keep| fit(Properties::default(), Some(&details), &limits, can, keep);
    assert_eq!(fitted(&can, now).losses, [Loss::Holds]);
    can.container.object_lock = Some(true);
    assert_eq!(fitted(&can, None).losses, [Loss::Holds]);
    let kept = fitted(&can, now);
    assert_eq!((kept.losses.len(), kept.properties.hold.is_some()), (0, true));
    assert_eq!(digest(&kept.properties), None);
}
