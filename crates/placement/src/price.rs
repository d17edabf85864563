//! What an option costs: today's bill against list prices, as ranges.
//!
//! A line of the bill is scaled by the ratio of list prices of comparable sizes, from the smallest ratio to the largest. A
//! bill says money and not sizes, so this is the most that it gives without guessing. What has no comparable price stays
//! outside the range and is named.

use std::collections::BTreeMap;

use flagstate_estate::Money;

use crate::{
    cost::{Amount, Cost, CostLine, Egress, PriceSeen, Range},
    data::{Price, PriceKind},
    options::Option_,
    services::effort_word,
    takes::Takes,
    world::{Seen, World},
};

/// 10^-12 units in a cent.
const CENT: i128 = 10_000_000_000;
const MICROS: i128 = 1_000_000;

/// Amounts of some money.
pub(crate) fn amounts(money: &Money) -> Vec<Amount> {
    let cents = |v: i128| i64::try_from(v / CENT).unwrap_or(i64::MAX);
    money.iter().map(|(c, v)| Amount { cents: cents(v), currency: c.to_owned() }).filter(|a| a.cents != 0).collect()
}

/// Adds amounts by currency.
pub(crate) fn add(sums: &mut Vec<Amount>, more: &[Amount]) {
    for a in more {
        match sums.iter_mut().find(|s| s.currency == a.currency) {
            Some(s) => s.cents = s.cents.saturating_add(a.cents),
            None => sums.push(a.clone()),
        }
    }
    sums.sort_by(|a, b| a.currency.cmp(&b.currency));
}

/// Adds ranges by currency.
pub(crate) fn add_ranges(sums: &mut Vec<Range>, more: &[Range]) {
    for r in more {
        match sums.iter_mut().find(|s| s.currency == r.currency) {
            Some(s) => {
                s.low_cents = s.low_cents.saturating_add(r.low_cents);
                s.high_cents = s.high_cents.saturating_add(r.high_cents);
            }
            None => sums.push(r.clone()),
        }
    }
    sums.sort_by(|a, b| a.currency.cmp(&b.currency));
}

/// A ratio of two prices, in millionths, smallest and largest, with the prices.
struct Ratio {
    low: i128,
    high: i128,
    prices: Vec<PriceSeen>,
}

fn seen_price(p: &Price) -> PriceSeen {
    PriceSeen {
        id: p.id.clone(),
        provider: p.provider.clone(),
        what: p.what.clone(),
        price: p.published.clone(),
        date: p.date.clone(),
        grade: p.grade,
        source: p.source.clone(),
    }
}

/// Millionths of `to` for one of `from`, lowest and highest rate known; none where no rate is recorded.
fn rates(world: &World<'_>, from: &str, to: &str) -> Option<(i128, i128)> {
    if from == to {
        return Some((MICROS, MICROS));
    }
    let mut found: Vec<i128> = Vec::new();
    for r in &world.data.rates {
        let rate = i128::from(r.other_per_one_micros);
        if r.one == from && r.other == to {
            found.push(rate);
        } else if r.one == to && r.other == from && rate > 0 {
            found.push(MICROS * MICROS / rate);
        }
    }
    Some((*found.iter().min()?, *found.iter().max()?))
}

/// Prices of a provider for a kind; those of another with a premium where only that is known.
fn of<'w>(world: &'w World<'_>, column: &str, kind: PriceKind) -> (Vec<&'w Price>, (i128, i128), Option<PriceSeen>) {
    let list =
        |column: &str| world.data.prices.iter().filter(|p| p.provider == column && p.kind == kind).collect::<Vec<_>>();
    let own = list(column);
    if !own.is_empty() {
        return (own, (100, 100), None);
    }
    let Some(premium) = world.data.premiums.iter().find(|p| p.provider == column) else {
        return (own, (100, 100), None);
    };
    let seen = PriceSeen {
        id: premium.id.clone(),
        provider: premium.provider.clone(),
        what: format!("premium over {}", premium.over),
        price: format!("{} to {} %", premium.low_percent, premium.high_percent),
        date: premium.date.clone(),
        grade: premium.grade,
        source: premium.source.clone(),
    };
    let factor = (100 + i128::from(premium.low_percent), 100 + i128::from(premium.high_percent));
    (list(&premium.over), factor, Some(seen))
}

/// How the price at `to` compares with that at `from`: per comparable size, in one currency.
fn ratio(world: &World<'_>, kind: PriceKind, from: &str, to: &str) -> Option<Ratio> {
    let (sources, ..) = of(world, from, kind);
    let (targets, factor, premium) = of(world, to, kind);
    let mut ratio: Option<Ratio> = None;
    for target in &targets {
        for source in sources.iter().filter(|s| s.shape == target.shape && s.micros > 0) {
            let (low_rate, high_rate) = rates(world, &target.currency, &source.currency)?;
            let per =
                |rate: i128, factor: i128| i128::from(target.micros) * rate / i128::from(source.micros) * factor / 100;
            let (low, high) = (per(low_rate, factor.0), per(high_rate, factor.1));
            let r = ratio.get_or_insert_with(|| Ratio { low, high, prices: premium.clone().into_iter().collect() });
            r.low = r.low.min(low);
            r.high = r.high.max(high);
            r.prices.extend([seen_price(target), seen_price(source)]);
        }
    }
    if let Some(r) = &mut ratio {
        r.prices.sort();
        r.prices.dedup();
    }
    ratio
}

/// Column of the prices for an offering.
fn column<'w>(world: &'w World<'_>, offering: Option<&String>) -> Option<&'w str> {
    let offering = offering?;
    world.data.candidates.iter().find(|c| c.own && c.offering == *offering).map(|c| c.column.as_str())
}

/// Adds up what an option costs.
pub(crate) fn cost(world: &World<'_>, seen: &Seen, option: &Option_, takes: &Takes, data_gb: Option<u64>) -> Cost {
    let mut cost = Cost::default();
    let target_column = option.column.as_deref().filter(|_| option.own);
    let mut lines: BTreeMap<(Option<String>, Option<String>), (Money, bool)> = BTreeMap::new();
    for totals in &seen.classes {
        let stays = option.candidate.today || totals.class.offering.as_ref() == Some(&option.candidate.offering);
        let key = (totals.class.capability.clone(), totals.class.offering.clone());
        let slot = lines.entry(key).or_insert_with(|| (Money::default(), stays));
        slot.0.add_all(&totals.cost);
    }
    let mut moving = Vec::new();
    for ((capability, offering), (money, stays)) in lines {
        for today in amounts(&money) {
            add(&mut cost.today, std::slice::from_ref(&today));
            if !stays {
                add(&mut moving, std::slice::from_ref(&today));
            }
            let line = line(world, capability.as_ref(), column(world, offering.as_ref()), target_column, today, stays);
            match &line.target {
                Some(range) => add_ranges(&mut cost.target, std::slice::from_ref(range)),
                None => add(&mut cost.not_priced, std::slice::from_ref(&line.today)),
            }
            cost.lines.push(line);
        }
    }
    cost.effort_days = takes.effort_days;
    if !option.candidate.today && takes.services.iter().any(|s| s.effort != crate::takes::Effort::None) {
        let months = world.data.bands.get(effort_word(takes.effort)).map_or((0, 0), |b| b.months);
        cost.double_running_months = months;
        let times = |a: &Amount, m: u32| a.cents.saturating_mul(i64::from(m));
        cost.double_running = moving
            .iter()
            .map(|a| Range {
                low_cents: times(a, months.0),
                high_cents: times(a, months.1),
                currency: a.currency.clone(),
            })
            .collect();
        volume(world, seen, option, data_gb, &mut cost);
        cost.premises
            .push(world.tell("premise_double", [("low", months.0.to_string()), ("high", months.1.to_string())]));
    }
    if cost.lines.iter().any(|l| !l.prices.is_empty()) {
        cost.premises.push(world.tell("premise_ratio", []));
    }
    if !cost.not_priced.is_empty() {
        cost.premises.push(world.tell("premise_not_priced", []));
    }
    cost
}

fn line(
    world: &World<'_>,
    capability: Option<&String>,
    from: Option<&str>,
    to: Option<&str>,
    today: Amount,
    stays: bool,
) -> CostLine {
    let name = capability.and_then(|id| world.services.capabilities.get(id)).map(|c| c.name.clone());
    let mut line = CostLine {
        capability: capability.cloned(),
        name: name.unwrap_or_else(|| world.tell("service_not_known", []).text),
        target: None,
        prices: Vec::new(),
        today,
    };
    if stays {
        let cents = line.today.cents;
        line.target = Some(Range { low_cents: cents, high_cents: cents, currency: line.today.currency.clone() });
        return line;
    }
    let kind = capability.and_then(|id| world.data.priced.get(id));
    if let (Some(kind), Some(from), Some(to)) = (kind, from, to)
        && let Some(ratio) = ratio(world, *kind, from, to)
    {
        let times = |r: i128| i64::try_from(i128::from(line.today.cents) * r / MICROS).unwrap_or(i64::MAX);
        line.target = Some(Range {
            low_cents: times(ratio.low),
            high_cents: times(ratio.high),
            currency: line.today.currency.clone(),
        });
        line.prices = ratio.prices;
    }
    line
}

/// Gigabytes from the bill for storage and the list price of a gigabyte, lowest and highest; or as the project says.
fn gigabytes(world: &World<'_>, seen: &Seen) -> Option<(u64, u64)> {
    let mut sum: Option<(i128, i128)> = None;
    for totals in &seen.classes {
        let kind = totals.class.capability.as_ref().and_then(|c| world.data.priced.get(c));
        let Some(from) = column(world, totals.class.offering.as_ref()) else { continue };
        if kind != Some(&PriceKind::Storage) {
            continue;
        }
        for amount in amounts(&totals.cost) {
            let micros: Vec<i128> = of(world, from, PriceKind::Storage)
                .0
                .iter()
                .filter_map(|p| {
                    let (low, high) = rates(world, &p.currency, &amount.currency)?;
                    Some([i128::from(p.micros) * low / MICROS, i128::from(p.micros) * high / MICROS])
                })
                .flatten()
                .filter(|m| *m > 0)
                .collect();
            let (Some(cheap), Some(dear)) = (micros.iter().min(), micros.iter().max()) else { continue };
            let money = i128::from(amount.cents) * 10_000;
            let slot = sum.get_or_insert((0, 0));
            slot.0 += money / dear;
            slot.1 += money / cheap;
        }
    }
    let whole = |v: i128| u64::try_from(v.max(0)).unwrap_or(u64::MAX);
    sum.map(|(low, high)| (whole(low), whole(high)))
}

/// Data to move, egress, requests.
fn volume(world: &World<'_>, seen: &Seen, option: &Option_, stated: Option<u64>, cost: &mut Cost) {
    cost.data_gb = stated.map(|gb| (gb, gb)).or_else(|| gigabytes(world, seen));
    let Some((low_gb, high_gb)) = cost.data_gb else {
        cost.premises.push(world.tell("premise_no_volume", []));
        return;
    };
    if stated.is_none() {
        cost.premises.push(world.tell("premise_volume", []));
    }
    let currency = cost.today.iter().max_by_key(|a| a.cents).map_or_else(|| "EUR".to_owned(), |a| a.currency.clone());
    let sources: std::collections::BTreeSet<&str> =
        seen.classes.iter().filter_map(|t| column(world, t.class.offering.as_ref())).collect();
    let Some(switching) = &world.data.switching else { return };
    let mut egress: Option<Egress> = None;
    for from in sources {
        for price in of(world, from, PriceKind::Egress).0 {
            let Some((low_rate, high_rate)) = rates(world, &price.currency, &currency) else { continue };
            let waived: Vec<_> =
                world.data.programmes.iter().filter(|p| p.provider == from && p.since <= world.setting.as_of).collect();
            let cents =
                |gb: u64, rate: i128| i64::try_from(tiered(price, gb) * rate / MICROS / 10_000).unwrap_or(i64::MAX);
            let low_cents = if waived.is_empty() { cents(low_gb, low_rate) } else { 0 };
            let range = Range { low_cents, high_cents: cents(high_gb, high_rate), currency: currency.clone() };
            let none = Range { low_cents: 0, high_cents: 0, currency: currency.clone() };
            let e = egress.get_or_insert_with(|| Egress {
                free_from: switching.free_from,
                rule: world.tell(
                    "egress_rule",
                    [("day", switching.free_from.to_string()), ("clause", switching.clause.clone())],
                ),
                before: none.clone(),
                after: none,
                prices: Vec::new(),
                programmes: Vec::new(),
            });
            // The whole volume once: of several sources the dearest is the upper end.
            e.before.high_cents = e.before.high_cents.max(range.high_cents);
            e.before.low_cents = e.before.low_cents.max(range.low_cents);
            e.prices.push(seen_price(price));
            e.programmes.extend(waived.iter().map(|p| {
                world.tell(
                    "programme",
                    [("name", p.name.clone()), ("since", p.since.to_string()), ("condition", p.condition.clone())],
                )
            }));
        }
    }
    cost.egress = egress;
    requests(world, option, &currency, (low_gb, high_gb), cost);
}

/// Micros for a volume in one month, tier by tier, over the free part.
fn tiered(price: &Price, gb: u64) -> i128 {
    let mut left = gb.saturating_sub(price.free_gb);
    let mut from = 0_u64;
    let mut sum = 0_i128;
    for tier in &price.tiers {
        let size = tier.up_to_gb.map_or(left, |to| to.saturating_sub(from).min(left));
        sum += i128::from(size) * i128::from(tier.micros);
        left -= size;
        from = tier.up_to_gb.unwrap_or(from);
    }
    sum
}

/// Writing everything once: number of objects between large and small ones.
fn requests(world: &World<'_>, option: &Option_, currency: &str, gb: (u64, u64), cost: &mut Cost) {
    let (Some(column), Some(size)) = (option.column.as_deref(), &world.data.object_size) else { return };
    let per: Vec<i128> = of(world, column, PriceKind::Storage)
        .0
        .iter()
        .filter_map(|p| Some(i128::from(p.write_1000_micros?) * rates(world, &p.currency, currency)?.1 / MICROS))
        .collect();
    let (Some(low), Some(high)) = (per.iter().min(), per.iter().max()) else {
        cost.premises.push(world.tell("premise_no_requests", []));
        return;
    };
    let objects = |gb: u64, kb: u64| i128::from(gb) * 1_000_000 / i128::from(kb.max(1));
    let cents = |objects: i128, micros: i128| i64::try_from(objects * micros / 1_000 / 10_000).unwrap_or(i64::MAX);
    cost.requests.push(Range {
        low_cents: cents(objects(gb.0, size.large_kb), *low),
        high_cents: cents(objects(gb.1, size.small_kb), *high),
        currency: currency.to_owned(),
    });
    let (small, large) = (size.small_kb.to_string(), size.large_kb.to_string());
    cost.premises.push(world.tell("premise_requests", [("small", small), ("large", large)]));
}

/// A month: the high end where prices compare, today's price where they do not; in the currency of most of the bill, other
/// currencies at the dearest rate known, or one to one where none is.
pub(crate) fn month_cents(world: &World<'_>, cost: &Cost) -> i64 {
    let target: i64 = cost.target.iter().map(|r| in_main(world, cost, r.high_cents, &r.currency)).sum();
    let rest: i64 = cost.not_priced.iter().map(|a| in_main(world, cost, a.cents, &a.currency)).sum();
    target.saturating_add(rest)
}

/// What ranks: the first year, twelve months there, double running and egress at their high ends. So a move that only saves
/// money must save it within a year.
pub(crate) fn first_year_cents(world: &World<'_>, cost: &Cost) -> i64 {
    let double: i64 = cost.double_running.iter().map(|r| in_main(world, cost, r.high_cents, &r.currency)).sum();
    let egress: i64 = cost.egress.iter().map(|e| in_main(world, cost, e.before.high_cents, &e.before.currency)).sum();
    month_cents(world, cost).saturating_mul(12).saturating_add(double).saturating_add(egress)
}

fn in_main(world: &World<'_>, cost: &Cost, cents: i64, currency: &str) -> i64 {
    let main = cost.today.iter().max_by_key(|a| a.cents).map_or(currency, |a| a.currency.as_str());
    let rate = rates(world, currency, main).map_or(MICROS, |r| r.1);
    i64::try_from(i128::from(cents) * rate / MICROS).unwrap_or(i64::MAX)
}

/// An amount as people write it in the project: `9000 EUR`.
pub(crate) fn parse(text: &str) -> Option<Amount> {
    let (number, currency) = text.trim().split_once(' ')?;
    let units = flagstate_estate::money::parse_decimal(number)?;
    Some(Amount { cents: i64::try_from(units / CENT).ok()?, currency: currency.trim().to_owned() })
}
