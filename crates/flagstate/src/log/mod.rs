//! What the commands of `log`, and those that record their answers, share: finding a log, opening its key, writing with
//! witnesses, reading with proofs.
//!
//! What it deliberately does not do: formats and rules. They live in `tlog`, `evidence` and `witness`.

mod classes;
mod home;
mod keys;
mod policy;
pub(crate) mod record;
mod session;
mod stamps;
mod token;
mod trust;

pub(crate) use classes::Classes;
pub(crate) use home::{DAMAGED, Home, find, read_file};
pub(crate) use keys::{new_seal, read as read_keys, remember};
pub(crate) use policy::text as policy_text;
pub(crate) use session::{Done, Session};
pub(crate) use stamps::{
    Answered, STAMPED, ask as ask_for_stamp, files as stamp_files, problem as stamp_problem,
    recorded as recorded_stamps, root_files as stamp_root_files, roots as stamp_roots,
};
pub(crate) use token::new_keys as new_token_keys;
pub(crate) use trust::{log_key, parse_key, policy_key, trusted};

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    u64::try_from(now().as_second()).unwrap_or(0)
}

/// The time.
pub(crate) fn now() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the binary is the one place that reads the clock")]
    let now = std::time::SystemTime::now();
    jiff::Timestamp::try_from(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
