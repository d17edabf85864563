//! Interests of BODS and what hold each of them is.
//!
//! Shares and votes are equity. Control that is declared without a share is equity whose standing is contested: the
//! register says that it exists, not how far it goes; the same for an interest whose type is not known or not published,
//! where it is declared to be control. Seats on a board and rights to money are no hold.

use flagstate_catalog::{ControlKind, Date, fact::Status};
use serde_json::Value;

use super::value;

/// What one interest gives.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) kind: ControlKind,
    pub(crate) percent: Option<f64>,
    pub(crate) status: Status,
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

/// The hold of an interest; the error is the word of an interest that is none.
pub(crate) fn hold(interest: &Value) -> Result<Hold, String> {
    let word = value::text(interest, &["type"]).unwrap_or_else(|| "unknownInterest".into());
    let declared = interest.get("beneficialOwnershipOrControl").and_then(Value::as_bool) == Some(true);
    let (kind, status) = match word.as_str() {
        "unknownInterest" | "unpublishedInterest" if declared => (ControlKind::Equity, Status::Contested),
        "shareholding" | "votingRights" => (ControlKind::Equity, Status::Established),
        "appointmentOfBoard"
        | "controlViaCompanyRulesOrArticles"
        | "controlByLegalFramework"
        | "otherInfluenceOrControl"
        | "nominator"
        | "protector"
        | "settlor"
        | "trustee" => (ControlKind::Equity, Status::Contested),
        "rightsGrantedByContract" | "conditionalRightsGrantedByContract" => {
            (ControlKind::Contract, Status::Established)
        }
        _ => return Err(word),
    };
    let date = |key: &str| value::text(interest, &[key]);
    Ok(Hold {
        kind,
        percent: share(interest.get("share").unwrap_or(&Value::Null)).filter(|_| status == Status::Established),
        status,
        from: date("startDate").and_then(|d| value::first_day(&d)),
        to: date("endDate").and_then(|d| value::over(&d)),
    })
}

/// A share in per cent. Of a range the lower end counts, where the whole range lies on one side of a half; a range
/// across it is not recorded as a share, because neither side may be assumed.
fn share(share: &Value) -> Option<f64> {
    let number = |key: &str| share.get(key).and_then(Value::as_f64).filter(|n| (0.0..=100.0).contains(n));
    if let Some(exact) = number("exact") {
        return Some(exact);
    }
    let low = number("minimum").or_else(|| number("exclusiveMinimum")).unwrap_or(0.0);
    let below_half =
        number("maximum").is_some_and(|n| n < 50.0) || number("exclusiveMaximum").is_some_and(|n| n <= 50.0);
    (low >= 50.0 || below_half).then_some(low)
}
