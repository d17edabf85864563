//! All wording of the reports in one place, so that another language is another file like this one.
//!
//! Plain short sentences. A verdict is always a word, never a number and never colour alone.

use flagstate_catalog::{ControlKind, EffectOn, Harm, Link, Status, Verification};
use flagstate_estate::{Processing, config::ControlTest};
use flagstate_exposure::{Challenge, HarmVerdict, Restricted, Verdict, Visibility};

/// What every report says about itself.
pub(crate) const NOT_ADVICE: &str = "This is an exposure analysis, not legal advice.";

/// On the last arrow of a drawing where a safeguard keeps every key away.
pub(crate) const SEALED: &str = "ciphertext";

/// All harms in order.
pub(crate) const HARMS: [Harm; 5] = [Harm::H1, Harm::H2, Harm::H3, Harm::H4, Harm::H5];

/// All links in order.
pub(crate) const LINKS: [Link; 7] = [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5, Link::L6, Link::L7];

/// The four questions.
pub(crate) const QUESTIONS: [&str; 4] =
    ["Who can be compelled?", "What would they hand over?", "Would you know?", "What stands in the way?"];

/// `H1`.
pub(crate) fn harm_id(h: Harm) -> &'static str {
    match h {
        Harm::H1 => "H1",
        Harm::H2 => "H2",
        Harm::H3 => "H3",
        Harm::H4 => "H4",
        Harm::H5 => "H5",
    }
}

/// Heading of a harm.
pub fn harm_title(h: Harm) -> &'static str {
    match h {
        Harm::H1 => "Content readable",
        Harm::H2 => "Content as ciphertext",
        Harm::H3 => "Metadata, account and log data",
        Harm::H4 => "Service cut off or degraded",
        Harm::H5 => "Forced assistance or silent change",
    }
}

/// A harm as the object of a sentence: "hand over ...", "... of the service".
pub(crate) fn harm_phrase(h: Harm) -> &'static str {
    match h {
        Harm::H1 => "readable content",
        Harm::H2 => "content as ciphertext",
        Harm::H3 => "metadata (with account and log data)",
        Harm::H4 => "cut-off of the service",
        Harm::H5 => "forced assistance or silent change",
    }
}

/// What it means, for the legend.
pub(crate) fn harm_meaning(h: Harm) -> &'static str {
    match h {
        Harm::H1 => "Somebody reads the data.",
        Harm::H2 => "Somebody holds the data without the key.",
        Harm::H3 => "Somebody learns who does what, when and with whom.",
        Harm::H4 => "The service stops: sanctions, export control, a withdrawn licence.",
        Harm::H5 => "The provider is made to help, or to change something without a word.",
    }
}

/// What a harm's verdict means, for the legend.
pub(crate) fn verdict_meaning(v: HarmVerdict) -> &'static str {
    match v {
        HarmVerdict::Reached => "a complete chain leads from the power to the data",
        HarmVerdict::Contested => "the chain hangs on a point that is disputed or undecided; the point is named",
        HarmVerdict::Unknown => "something needed for the answer is not known; unknown is not safe",
        HarmVerdict::Cut => "every chain is broken, or no link was found",
    }
}

/// Name of a link.
pub(crate) fn link_title(l: Link) -> &'static str {
    match l {
        Link::L1 => "in force",
        Link::L2 => "addressee",
        Link::L3 => "jurisdiction",
        Link::L4 => "control",
        Link::L5 => "intelligible",
        Link::L6 => "visible",
        Link::L7 => "challenge",
    }
}

/// `L1`.
pub(crate) fn link_id(l: Link) -> &'static str {
    match l {
        Link::L1 => "L1",
        Link::L2 => "L2",
        Link::L3 => "L3",
        Link::L4 => "L4",
        Link::L5 => "L5",
        Link::L6 => "L6",
        Link::L7 => "L7",
    }
}

/// What a link asks.
pub(crate) fn link_question(l: Link) -> &'static str {
    match l {
        Link::L1 => "Does the power exist on this date?",
        Link::L2 => "Is somebody in the service chain within its reach?",
        Link::L3 => "Can the state bind that entity?",
        Link::L4 => "Has it possession, custody or control of the data?",
        Link::L5 => "What can it technically produce?",
        Link::L6 => "Would you learn of it?",
        Link::L7 => "Is there a route that can stop it?",
    }
}

/// Note behind the name of a power that is not simply in force.
pub(crate) fn force_note(v: Verdict) -> Option<&'static str> {
    match v {
        Verdict::Residual => Some("lapsed; running orders still bind"),
        Verdict::Contested => Some("whether it is in force is contested"),
        Verdict::Untested => Some("whether it is in force is undecided"),
        Verdict::Unknown => Some("whether it is in force is not known"),
        Verdict::Cut => Some("not in force"),
        Verdict::Holds | Verdict::Weakened => None,
    }
}

/// Short word for L6.
pub(crate) fn visibility_word(v: Visibility) -> &'static str {
    match v {
        Visibility::Visible => "yes",
        Visibility::MayBeGagged => "perhaps not",
        Visibility::Gagged => "no, secret",
        Visibility::Unknown => "not recorded",
    }
}

/// Opening of the third sentence.
pub(crate) fn visibility_opening(v: Visibility) -> &'static str {
    match v {
        Visibility::Visible => "Yes.",
        Visibility::MayBeGagged => "Perhaps not.",
        Visibility::Gagged => "No, not of every order.",
        Visibility::Unknown => "Not recorded.",
    }
}

/// The third sentence for a group of powers.
pub(crate) fn visibility_sentence(v: Visibility, powers: &str, many: bool) -> String {
    match v {
        Visibility::Visible => format!("{powers}: visible to you."),
        Visibility::MayBeGagged => format!("{powers} {} silence to be ordered.", verb(many, "allows", "allow")),
        Visibility::Gagged => format!("{powers} {} whoever is served to tell you.", verb(many, "forbids", "forbid")),
        Visibility::Unknown => format!("{powers}: whether you would be told is not recorded."),
    }
}

/// Short word for L7.
pub(crate) fn challenge_word(c: Challenge) -> &'static str {
    match c {
        Challenge::Open => "open",
        Challenge::Friction => "slow, may fail",
        Challenge::Closed => "none",
        Challenge::Unknown => "not recorded",
    }
}

/// The route of challenge, for a group of powers.
pub(crate) fn challenge_sentence(c: Challenge, powers: &str) -> String {
    match c {
        Challenge::Open => format!("Open to challenge: {powers}."),
        Challenge::Friction => format!("Open to a challenge that costs time and may fail: {powers}."),
        Challenge::Closed => format!("No route of challenge for you: {powers}."),
        Challenge::Unknown => format!("Whether there is a route of challenge is not recorded: {powers}."),
    }
}

/// Who holds whom: "X owns Y".
pub(crate) fn control(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::Equity => "owns",
        ControlKind::Licence => "licenses technology to",
        ControlKind::Staffing => "staffs",
        ControlKind::Technical => "runs technology for",
        ControlKind::Contract => "has a contract with",
    }
}

/// Control test in words.
pub(crate) fn control_test(t: ControlTest) -> &'static str {
    match t {
        ControlTest::PracticalAbility => "practical ability (who can get at the data in fact)",
        ControlTest::LegalRight => "legal right (who has a right to get the data)",
    }
}

/// Value of the command-line option.
pub(crate) fn control_test_id(t: ControlTest) -> &'static str {
    match t {
        ControlTest::PracticalAbility => "practical-ability",
        ControlTest::LegalRight => "legal-right",
    }
}

/// Processing in words.
pub(crate) fn processing(p: Processing) -> &'static str {
    match p {
        Processing::InClear => "processed in clear",
        Processing::AtRest => "stored only",
    }
}

/// What a safeguard does.
pub(crate) fn effect(e: EffectOn) -> &'static str {
    match e {
        EffectOn::LeavesAlone => "leaves alone",
        EffectOn::MakesVisibleOnly => "only makes visible",
        EffectOn::CreatesRisk => "adds a risk to",
        EffectOn::Weakens => "weakens",
        EffectOn::Untested => "may stop (untested)",
        EffectOn::Cuts => "cuts",
    }
}

/// Transfer judgement.
pub(crate) fn restricted(r: Restricted) -> &'static str {
    match r {
        Restricted::NotSeen => "none seen",
        Restricted::Possible => "possible",
        Restricted::Yes => "yes",
        Restricted::Unknown => "unknown",
    }
}

/// Value of A6 in words; an unknown value stays as it is.
pub(crate) fn basis(value: &str) -> String {
    match value {
        "" => "not recorded".into(),
        "no" => "none needed or none recorded".into(),
        other => other.replace('_', ", "),
    }
}

/// Status of a fact.
pub(crate) fn status(s: Status) -> &'static str {
    match s {
        Status::Established => "established",
        Status::Contested => "contested",
        Status::Untested => "untested",
        Status::Announced => "announced",
        Status::Repealed => "repealed",
    }
}

/// How well a fact was checked.
pub(crate) fn verification(v: Verification) -> &'static str {
    match v {
        Verification::PrimarySeenOrCited => "primary text read",
        Verification::PrimaryCitedNotOpened => "primary text cited, not opened",
        Verification::Secondary => "secondary source",
        Verification::EssayPlusPrimaryCitation => "essay citing the primary text",
        Verification::EssayOnly => "essay only",
        Verification::CommunityOnly => "community notes only",
        Verification::BackgroundOnly => "background knowledge only",
    }
}

/// Names of A1 to A6.
pub(crate) fn attribute(id: &str) -> &str {
    match id {
        "A1" => "data stay in the region",
        "A2" => "metadata stay in the region",
        "A3" => "run by staff in the EU",
        "A4" => "technical access prevented",
        "A5" => "goes on when cut off",
        "A6" => "basis for a transfer",
        other => other,
    }
}

/// A value of the data for readers: `yes_contested` becomes `yes, contested`.
pub(crate) fn value(text: &str) -> String {
    text.replace('_', " ")
}

/// `1 resource`, `2 resources`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(&n.to_string()), if n == 1 { one } else { many })
}

/// Groups digits by three with a blank.
pub(crate) fn thousands(digits: &str) -> String {
    let (sign, rest) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut out = String::from(sign);
    let n = whole.chars().count();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (n - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(c);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn and(items: &[String]) -> String {
    listed(items, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn or(items: &[String]) -> String {
    listed(items, "or")
}

fn listed(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

/// The first `keep` items, and how many more.
pub(crate) fn some(items: &[String], keep: usize) -> String {
    if items.len() <= keep {
        return and(items);
    }
    let shown: Vec<String> = items.iter().take(keep).cloned().collect();
    format!("{} and {} more", shown.join(", "), items.len() - keep)
}

/// Verb by number.
pub(crate) fn verb(many: bool, one: &'static str, more: &'static str) -> &'static str {
    if many { more } else { one }
}

/// First letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A full stop unless there is one.
pub(crate) fn stop(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
