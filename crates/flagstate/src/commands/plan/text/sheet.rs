//! One workload's sheet as text: demands, today, landing point, questions, what is given up, cost, work, rejected options.

use std::fmt::Write as _;

use flagstate_frameworks::Verdict;
use flagstate_placement::{
    Candidate, GateReading, LandingPoint, Rejected, Said, Sheet, Standing,
    takes::{Effort, Match},
};
use flagstate_report::text::harm_title;

use super::{amounts, lines, money, ranges, standing, with_facts, wrap};
use crate::out::count;

pub(super) fn sheet(text: &mut String, s: &Sheet) {
    let class = s.classification.as_deref().unwrap_or("not classified");
    let _ = writeln!(text, "\n== {} ({class}, {}) ==", s.workload, count(s.resources, "resource"));
    if s.classification.as_ref() != Some(&s.requirements_of) {
        let _ = writeln!(
            text,
            "  taken as `{}`: nobody said otherwise, or the word has no requirements",
            s.requirements_of
        );
    }
    for t in &s.today {
        let _ =
            writeln!(text, "  today: {} ({}, {} a month)", t.name, count(t.resources, "resource"), amounts(&t.cost));
    }
    if s.not_known > 0 {
        let _ = writeln!(text, "  not known to the catalog: {}", count(s.not_known, "resource"));
    }
    for (hard, title) in [(true, "  must meet"), (false, "  should meet")] {
        let list: Vec<_> = s.demands.iter().filter(|d| d.hard == hard).collect();
        if !list.is_empty() {
            let _ = writeln!(text, "{title}");
        }
        for d in list {
            wrap(text, "    ", &format!("{} ({}): {}", d.requirement, d.clause, d.text.text));
        }
    }
    if let Some(as_is) = s.as_is.as_ref().filter(|_| !s.stays) {
        let _ = writeln!(text, "  as it runs today it {}", today_word(as_is.standing));
        for g in as_is.gates.iter().filter(|g| g.hard && g.verdict == Verdict::NotMet) {
            wrap(text, "    ", &gate(g));
        }
    }
    match &s.chosen {
        Some(point) => landing(text, s, point),
        None => text.push_str("  LANDING POINT: none, every option fails a hard gate\n"),
    }
    if !s.runners_up.is_empty() {
        text.push_str("  next best\n");
    }
    for r in s.runners_up.iter().take(3) {
        wrap(text, "    ", &format!("{}: {}", r.point.candidate.id, r.lost_on.text));
    }
    rejected(text, &s.rejected);
}

fn today_word(s: Standing) -> &'static str {
    match s {
        Standing::Fits => "meets every hard gate",
        Standing::Conditional => "fails no hard gate, and some are open",
        Standing::Rejected => "fails",
    }
}

fn gate(g: &GateReading) -> String {
    let because: Vec<String> = g.because.iter().map(with_facts).collect();
    format!("{} ({}): {}", g.requirement, g.clause, because.join(" "))
}

fn landing(text: &mut String, s: &Sheet, point: &LandingPoint) {
    let c = &point.candidate;
    let stays = if s.stays { "stays: " } else { "" };
    let _ = writeln!(text, "  LANDING POINT: {stays}{} [{}], {}", c.name, c.id, standing(point.standing));
    lines(text, "    why: ", &s.decided_by);
    for r in &point.residual {
        let states =
            if r.jurisdictions.is_empty() { String::new() } else { format!(" ({})", r.jurisdictions.join(", ")) };
        let counts = if r.counts { "" } else { ", not demanded" };
        let premise = r.premise.as_ref().map_or_else(String::new, |p| format!("; hangs on {}", with_facts(p)));
        wrap(text, "    ", &format!("{:?} {}: {}{states}{counts}{premise}", r.harm, harm_title(r.harm), r.verdict));
    }
    if !s.questions.is_empty() {
        text.push_str("    questions to settle\n");
    }
    for q in &s.questions {
        let otherwise = q.otherwise.as_deref().unwrap_or("no option that meets it already");
        wrap(text, "      ", &format!("{} ({}): {} If no: {otherwise}.", q.requirement, q.clause, q.ask.text));
    }
    if !point.gaps.is_empty() {
        text.push_str("    given up, or replaced\n");
    }
    for g in &point.gaps {
        wrap(text, "      ", &g.because.text);
    }
    takes(text, point);
    cost(text, point);
}

fn takes(text: &mut String, point: &LandingPoint) {
    let moving: Vec<_> = point.takes.services.iter().filter(|s| s.at_target != Match::Stays).collect();
    if moving.is_empty() {
        return;
    }
    let t = &point.takes;
    let _ = writeln!(
        text,
        "    what it takes: {} to {} person-days; out again in {} to {} days",
        t.effort_days.0, t.effort_days.1, t.exit_days.0, t.exit_days.1
    );
    for s in moving {
        let at = match s.at_target {
            Match::Equivalent => "equivalent",
            Match::Partial => "in part",
            Match::OpenSource => "open source, run by you",
            Match::None => "none",
            Match::Unknown | Match::Stays => "not known",
        };
        let effort = match s.effort {
            Effort::None => "",
            Effort::Low => ", days",
            Effort::Medium => ", weeks",
            Effort::High => ", months",
        };
        let product = s.product.as_ref().map(|p| format!(": {p}")).unwrap_or_default();
        let tools = if s.tools.is_empty() { String::new() } else { format!(" ({})", s.tools.join(", ")) };
        let how = format!("{}{tools}", s.how);
        let how = if how.is_empty() { how } else { format!(" {}.", how.trim_start()) };
        let ours = if s.moved_by_us { " Flagstate moves the data." } else { "" };
        let name = format!("{} ({})", s.name, count(s.resources, "resource"));
        wrap(text, "      ", &format!("{name}: {at}{product}{effort}.{how}{ours}"));
    }
}

fn cost(text: &mut String, point: &LandingPoint) {
    let c = &point.cost;
    let there = if c.target.is_empty() { "no comparable list price".to_owned() } else { ranges(&c.target) };
    let _ = writeln!(text, "    cost of a month: today {}; there {there}", amounts(&c.today));
    if !c.not_priced.is_empty() {
        let _ = writeln!(text, "      no comparable list price for today's {}", amounts(&c.not_priced));
    }
    for l in c.lines.iter().filter(|l| !l.prices.is_empty()) {
        let target = l.target.as_ref().map_or_else(|| "?".to_owned(), |r| ranges(std::slice::from_ref(r)));
        let (mut dates, mut weakest) = (Vec::new(), l.prices.first().map(|p| p.grade));
        for p in &l.prices {
            dates.push(p.date.as_str());
            weakest = weakest.max(Some(p.grade));
        }
        dates.sort_unstable();
        dates.dedup();
        let grade = weakest.map_or_else(String::new, |g| format!("{g:?}").to_lowercase());
        let today = money(l.today.cents, &l.today.currency);
        wrap(
            text,
            "      ",
            &format!(
                "{}: {today} -> {target} ({} prices of {}; weakest: {grade})",
                l.name,
                l.prices.len(),
                dates.join(", ")
            ),
        );
    }
    if !c.double_running.is_empty() {
        let (low, high) = c.double_running_months;
        let _ = writeln!(text, "      double running, {low} to {high} months: {}", ranges(&c.double_running));
    }
    if let Some((low, high)) = c.data_gb {
        let _ = writeln!(text, "      data to move: {low} to {high} GB");
    }
    if let Some(e) = &c.egress {
        let before = ranges(std::slice::from_ref(&e.before));
        let after = ranges(std::slice::from_ref(&e.after));
        let _ = writeln!(text, "      egress before {}: {before}; from then on: {after}", e.free_from);
        lines(text, "        ", std::slice::from_ref(&e.rule));
        lines(text, "        ", &e.programmes);
    }
    if !c.requests.is_empty() {
        let _ = writeln!(text, "      write requests: {}", ranges(&c.requests));
    }
    lines(text, "      premise: ", &c.premises);
}

/// Options of one offering that fail for the same reasons stand on one line.
fn rejected(text: &mut String, list: &[Rejected]) {
    if list.is_empty() {
        return;
    }
    let _ = writeln!(text, "  rejected: {} options", list.len());
    let mut groups: Vec<(&Candidate, Vec<&str>, &Vec<GateReading>)> = Vec::new();
    for r in list {
        let word = r.candidate.id.rsplit('/').next().unwrap_or(&r.candidate.id);
        let facts = |l: &[GateReading]| l.iter().flat_map(|g| g.because.iter().map(with_facts)).collect::<Vec<_>>();
        let same = groups
            .iter_mut()
            .find(|(c, _, failing)| c.offering == r.candidate.offering && facts(failing) == facts(&r.failing));
        match same {
            Some((_, words, _)) => words.push(word),
            None => groups.push((&r.candidate, vec![word], &r.failing)),
        }
    }
    for (candidate, words, failing) in groups {
        let _ = writeln!(text, "    {} ({})", candidate.name, words.join(", "));
        for g in failing {
            let said: Vec<&Said> = g.because.iter().collect();
            let because: Vec<String> = said.into_iter().map(with_facts).collect();
            wrap(text, "      ", &format!("{} ({}): {}", g.requirement, g.clause, because.join(" ")));
        }
    }
}
