//! The Datalog program: who can be bound (L3) and who holds the operator, by which path (L4).
//!
//! Strengths are numbers in a lattice whose join is the maximum: a relation keeps the strongest way it was derived.

use ascent::ascent;

use super::strength::Strength;

/// The grounds of jurisdiction.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Ground {
    Seat,
    Subsidiary,
    Business,
    Staff,
}

/// A verdict in a lattice: the stronger of two derivations counts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Best(pub(crate) Strength);

impl ascent::Lattice for Best {
    fn meet_mut(&mut self, other: Self) -> bool {
        let changed = other < *self;
        *self = (*self).min(other);
        changed
    }
    fn join_mut(&mut self, other: Self) -> bool {
        let changed = other > *self;
        *self = (*self).max(other);
        changed
    }
}

ascent! {
    pub(crate) struct Program;

    // Facts.
    relation operator(String);
    relation equity(String, String, Best);
    relation sideways(String, String, Best);
    relation technical(String, String, Best);
    relation issuer(String);
    relation member(String, String);
    relation seat(String, String);
    relation contact(String, String, Ground);
    relation verdict_of(Ground, Best);

    // Where an issuing state or bloc reaches.
    relation within(String);
    within(j) <-- issuer(j);
    within(m) <-- issuer(j), member(m, j);

    // Who owns whom, through others too.
    relation owns(String, String);
    owns(x, y) <-- equity(x, y, _);
    owns(x, z) <-- owns(x, y), equity(y, z, _);

    // L3.
    relation ground(String, Ground);
    ground(x, Ground::Seat) <-- seat(x, j), within(j);
    // In a circle of shares nobody is a subsidiary of itself.
    ground(x, Ground::Subsidiary) <-- owns(x, y), if x != y, seat(y, j), within(j);
    ground(x, g) <-- contact(x, j, g), within(j);

    lattice bound(String, Best);
    bound(x, v) <-- ground(x, g), verdict_of(g, v);

    // Owners: upward through equity only.
    lattice owner(String, Best);
    owner(x, s) <-- operator(o), equity(x, o, s);
    owner(x, (*s).min(*t)) <-- owner(y, t), equity(x, y, s);

    // Hosts: technical suppliers, and theirs in turn.
    lattice host(String, Best);
    host(x, s) <-- operator(o), technical(x, o, s);
    host(x, (*s).min(*t)) <-- host(y, t), technical(x, y, s);

    // Sideways: whoever supplies the operator or a host, and the owners of those.
    lattice supplier(String, Best);
    supplier(x, s) <-- operator(o), sideways(x, o, s);
    supplier(x, (*s).min(*t)) <-- host(y, t), sideways(x, y, s);
    supplier(x, (*s).min(*t)) <-- supplier(y, t), equity(x, y, s);
}
