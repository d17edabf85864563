//! The clock of switching providers: from notice to erasure, and from when switching is free of charge.
//!
//! Lengths and dates are data (`values` of the framework). Months end on the last day where the day does not exist.
//! Working days leave out Saturdays and Sundays; public holidays differ by state and are not known here.

use flagstate_catalog::Date;
use jiff::{ToSpan, civil::Weekday};
use serde::Serialize;

use crate::framework::Framework;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    /// Day of the customer's notice.
    pub given: Date,
    /// Months for which the provider extends the transition because it is technically unfeasible sooner.
    pub extended_months: Option<u32>,
}

/// Which charges may be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Charges {
    /// The duty does not apply yet: what the contract says.
    Contract,
    /// At most the provider's cost, egress for the switch included.
    AtCost,
    /// None, egress for the switch included. Running at two providers at once may still be charged at cost.
    None,
}

/// The clock.
#[derive(Clone, Debug, Serialize)]
pub struct Clock {
    /// Day of notice.
    pub notice: Date,
    /// Last day of the notice period, at its longest.
    pub notice_ends: Date,
    /// Last day on which the provider can say that the transition is unfeasible in time.
    pub extension_said_by: Date,
    /// Last day of the transition.
    pub transition_ends: Date,
    /// Last day of the longest transition that the law knows.
    pub transition_ends_at_latest: Date,
    /// Last day on which data can be fetched, at least.
    pub retrieval_ends: Date,
    /// Charges on the last day of the transition.
    pub charges: Charges,
    /// First day without charges.
    pub no_charges_from: Date,
    /// Length in words of planning: up to 4 months, up to 10, more.
    pub band: &'static str,
}

/// The clock could not be set.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The framework has no clock; the fault is in the caller's choice of framework.
    #[error("the framework `{0}` has no clock of switching; choose one whose `values` hold its periods")]
    NoClock(String),
    /// The extension is longer than the law allows.
    #[error("an extension of {asked} months was given; the longest transition is {longest} months")]
    TooLong {
        /// Months given.
        asked: u32,
        /// Months allowed.
        longest: u32,
    },
    /// A date beyond the calendar.
    #[error("the date {0} is too far away to reckon with")]
    Date(Date),
}

/// Sets the clock.
pub fn clock(framework: &Framework, notice: Notice) -> Result<Clock, ClockError> {
    let missing = || ClockError::NoClock(framework.id.clone());
    let value = |key: &str| framework.values.get(key).ok_or_else(missing);
    let number = |key: &str| value(key)?.parse::<i64>().map_err(|_| missing());
    let date = |key: &str| value(key)?.parse::<Date>().map_err(|_| missing());
    let far = |_| ClockError::Date(notice.given);
    let longest = u32::try_from(number("longest_transition_months")?).map_err(|_| missing())?;
    if let Some(asked) = notice.extended_months.filter(|m| *m > longest) {
        return Err(ClockError::TooLong { asked, longest });
    }
    let notice_ends = notice.given.checked_add(number("notice_months")?.months()).map_err(far)?;
    let longest_ends = notice_ends.checked_add(i64::from(longest).months()).map_err(far)?;
    let transition_ends = match notice.extended_months {
        None => notice_ends.checked_add(number("transition_days")?.days()).map_err(far)?,
        Some(months) => notice_ends.checked_add(i64::from(months).months()).map_err(far)?,
    };
    let retrieval_ends = transition_ends.checked_add(number("retrieval_days")?.days()).map_err(far)?;
    let said_by =
        working_days(notice.given, number("extension_notice_working_days")?).ok_or_else(|| far_date(notice))?;
    let (applies, free) = (date("applies_from")?, date("no_charges_from")?);
    let charges = if transition_ends >= free {
        Charges::None
    } else if transition_ends >= applies {
        Charges::AtCost
    } else {
        Charges::Contract
    };
    let months = |n: i64| notice.given.checked_add(n.months()).map_err(far);
    let band = if retrieval_ends <= months(4)? {
        "up_to_4_months"
    } else if retrieval_ends <= months(10)? {
        "4_to_10_months"
    } else {
        "more_than_10_months"
    };
    Ok(Clock {
        notice: notice.given,
        notice_ends,
        extension_said_by: said_by,
        transition_ends,
        transition_ends_at_latest: longest_ends,
        retrieval_ends,
        charges,
        no_charges_from: free,
        band,
    })
}

fn far_date(notice: Notice) -> ClockError {
    ClockError::Date(notice.given)
}

/// The day `days` working days after `from`.
fn working_days(from: Date, days: i64) -> Option<Date> {
    let mut at = from;
    let mut left = days;
    while left > 0 {
        at = at.tomorrow().ok()?;
        if !matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests;
