//! Ceilings on owners outside a bloc, computed: seats, shares of capital and votes, vetoes, boards, what suppliers can do.
//!
//! The text and its reading stand in the framework's data file. Each clause is answered on its own; the worst is the
//! answer. What is not recorded makes a clause `unknown` only where it could change the answer, and names what to ask.

mod holdings;
mod suppliers;

use flagstate_catalog::{Catalog, Date, Offering};
use serde::Serialize;

use crate::{
    answers::{Answers, RightKind},
    framework::{Ceilings, Framework},
    graph::{Counted, Edges, Graph, Place},
    library::Library,
    share::Share,
    verdict::{Message, Verdict},
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Facts.
    pub catalog: &'a Catalog,
    /// Frameworks and published answers.
    pub library: &'a Library,
    /// The user's answers.
    pub answers: &'a Answers,
    /// The company that provides the service.
    pub entity: &'a str,
    /// The service: its licensor, hosts and subprocessors are suppliers, its qualification counts.
    pub offering: Option<&'a str>,
    /// Date.
    pub as_of: Date,
}

/// How one clause is answered.
#[derive(Clone, Debug, Serialize)]
pub struct ClauseReading {
    /// Clause.
    pub clause: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Why.
    pub because: Vec<Message>,
    /// What to ask, and of whom.
    pub ask: Vec<Message>,
}

/// A holder outside.
#[derive(Clone, Debug, Serialize)]
pub struct Holder {
    /// Entity id.
    pub entity: String,
    /// Name.
    pub name: String,
    /// State of its seat.
    pub seat: Option<String>,
    /// Share of capital, direct and indirect, in per cent.
    pub capital_percent: Share,
    /// Share of votes, direct and indirect, in per cent.
    pub votes_percent: Share,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct CeilingsReading {
    /// Framework id.
    pub framework: String,
    /// Company.
    pub entity: String,
    /// Service.
    pub offering: Option<String>,
    /// Date.
    pub as_of: Date,
    /// Worst over the clauses.
    pub verdict: Verdict,
    /// True when the service holds the qualification on the date, as the catalog records it.
    pub qualified: bool,
    /// Clause by clause.
    pub clauses: Vec<ClauseReading>,
    /// Holders outside, largest first.
    pub holders: Vec<Holder>,
    /// All holders outside together: capital, in per cent.
    pub together_capital_percent: Share,
    /// All holders outside together: votes, in per cent.
    pub together_votes_percent: Share,
    /// Capital whose holders are not recorded, in per cent.
    pub unrecorded_percent: Share,
}

/// A clause while it is being answered.
#[derive(Debug)]
pub(crate) struct Draft {
    verdict: Verdict,
    because: Vec<Message>,
    ask: Vec<Message>,
}

impl Draft {
    fn new() -> Self {
        Self { verdict: Verdict::Met, because: Vec::new(), ask: Vec::new() }
    }

    fn say(&mut self, verdict: Verdict, message: Message) {
        self.verdict = self.verdict.max(verdict);
        self.because.push(message);
    }

    fn ask(&mut self, message: Message) {
        self.verdict = self.verdict.max(Verdict::Unknown);
        self.ask.push(message);
    }
}

/// Answers the ceilings of a framework; none where the framework has no ceilings.
pub fn read(framework: &Framework, q: &Question<'_>) -> Option<CeilingsReading> {
    let rules = framework.ceilings.as_ref()?;
    let graph = Graph::new(q.catalog, &q.library.answers, q.answers, &framework.bloc, Some(rules), q.as_of);
    let offering = q.offering.and_then(|o| q.catalog.offerings.get(o));
    let qualified = offering.is_some_and(|o| holds(o, &rules.qualification_safeguard, q.as_of));
    let shares = holdings::Shares::of(&graph, rules, q.entity);
    let mut holding = Draft::new();
    shares.judge(&graph, rules, q.entity, &mut holding);
    rights(&graph, rules, q.entity, &mut holding);
    let parts = suppliers::of(&graph, rules, q, offering);
    let drafts = [
        ("establishment", establishment(&graph, q.entity)),
        ("holdings", holding),
        ("access", parts.access),
        ("autonomy", parts.autonomy),
        ("conduct", conduct()),
        ("notice", notice(&graph, rules, q.entity)),
    ];
    let mut clauses = Vec::new();
    for (role, mut draft) in drafts {
        let Some(clause) = rules.clauses.get(role) else { continue };
        if qualified && draft.verdict == Verdict::Unknown {
            draft.verdict = Verdict::Met;
            draft.because.push(Message::new("qualified").on([rules.qualification_safeguard.clone()]));
        }
        let Draft { verdict, because, ask } = draft;
        clauses.push(ClauseReading { clause: clause.clone(), verdict, because, ask });
    }
    Some(CeilingsReading {
        framework: framework.id.clone(),
        entity: q.entity.to_owned(),
        offering: q.offering.map(str::to_owned),
        as_of: q.as_of,
        verdict: clauses.iter().map(|c| c.verdict).max().unwrap_or(Verdict::Unknown),
        qualified,
        clauses,
        holders: shares.holders(&graph),
        together_capital_percent: shares.capital.together,
        together_votes_percent: shares.votes.together,
        unrecorded_percent: shares.capital.unknown,
    })
}

/// True when a safeguard is built into the offering on the date.
fn holds(offering: &Offering, safeguard: &str, date: Date) -> bool {
    offering.built_in.iter().any(|s| s == safeguard)
        && offering.safeguard_dates.get(safeguard).is_none_or(|d| d.contain(date))
}

fn establishment(graph: &Graph<'_>, entity: &str) -> Draft {
    let mut draft = Draft::new();
    let name = graph.name(entity);
    let stated = graph.statement(entity);
    let seat = graph.entity(entity).and_then(|e| e.seat()).map(str::to_owned);
    let registered = stated.and_then(|s| s.registered_office.clone()).or(seat);
    let seats = [
        ("ask_registered_office", registered),
        ("ask_central_administration", stated.and_then(|s| s.central_administration.clone())),
        ("ask_principal_establishment", stated.and_then(|s| s.principal_establishment.clone())),
    ];
    for (question, seat) in seats {
        match seat {
            None => draft.ask(Message::new(question).with("entity", &name)),
            Some(state) => match graph.place_of_state(&state) {
                Place::Inside => {
                    draft.say(Verdict::Met, Message::new("seat_inside").with("entity", &name).with("state", state));
                }
                _ => {
                    draft.say(Verdict::NotMet, Message::new("seat_outside").with("entity", &name).with("state", state));
                }
            },
        }
    }
    draft
}

/// Vetoes and power over a board, independent of any share.
fn rights(graph: &Graph<'_>, rules: &Ceilings, entity: &str, draft: &mut Draft) {
    let name = graph.name(entity);
    let stated = graph.statement(entity);
    let control = Share::from_percent(&rules.control_percent).unwrap_or(Share::WHOLE);
    let controlled = graph.controlled_from_outside(control, Counted::Votes, Edges::All);
    for right in stated.iter().flat_map(|s| &s.rights) {
        let key = match right.kind {
            RightKind::Veto => "right_veto",
            RightKind::BoardMajority => "right_board",
        };
        for holder in &right.holders {
            let message =
                Message::new(key).with("holder", graph.name(holder)).with("entity", &name).on(right.fact.clone());
            match graph.place(holder) {
                Place::Outside => draft.say(Verdict::NotMet, message),
                Place::Inside if controlled.contains(holder) => draft.say(Verdict::NotMet, message),
                Place::Inside => {}
                Place::Unknown => draft.ask(Message::new("ask_seat").with("entity", graph.name(holder))),
            }
        }
    }
    if !stated.is_some_and(|s| s.rights_complete) {
        draft.ask(Message::new("ask_rights").with("entity", name));
    }
}

/// Conduct may be considered by the qualifying body; it is no test that can be computed, and it rules nothing out here.
fn conduct() -> Draft {
    let mut draft = Draft::new();
    draft.say(Verdict::Met, Message::new("conduct_considered"));
    draft
}

fn notice(graph: &Graph<'_>, rules: &Ceilings, entity: &str) -> Draft {
    let mut draft = Draft::new();
    let name = graph.name(entity);
    match graph.statement(entity).and_then(|s| s.notice_months) {
        None => draft.ask(Message::new("ask_notice").with("entity", name).with("months", rules.notice_months)),
        Some(months) => {
            let verdict = if months <= rules.notice_months { Verdict::Met } else { Verdict::NotMet };
            draft.say(verdict, Message::new("notice_months").with("entity", name).with("months", months));
        }
    }
    draft
}

#[cfg(test)]
mod tests;
