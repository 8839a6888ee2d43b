//! Whose shift an edit would move.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Rota;

/// From one instant until another, which no longer belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
}

/// One person's shift that an edit moves, takes away or adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedShift {
    /// Whose.
    pub person: String,
    /// When it was; none: they get one more.
    pub was: Option<Span>,
    /// When it will be; none: they lose it.
    pub becomes: Option<Span>,
}

/// Whose shift is another in `new` than it was in `old`, of those with a part in `from..until`,
/// person by person and in the order of time. What was before `from` and what comes after `until`
/// does not count, and no more does where a shift is cut in two that follow each other.
pub fn moved_shifts(old: &Rota, new: &Rota, from: Timestamp, until: Timestamp) -> Vec<MovedShift> {
    let [mut before, mut after] = [old, new].map(|rota| times(rota, from, until));
    let mut people: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    people.sort();
    people.dedup();
    let within = |span: &Span| Span {
        from: span.from.max(from),
        until: span.until.min(until),
    };
    let mut moved = Vec::new();
    for person in people {
        let was = before.remove(&person).unwrap_or_default();
        let becomes = after.remove(&person).unwrap_or_default();
        let missing = |in_others: &[Span]| {
            let others: Vec<Span> = in_others.iter().map(within).collect();
            move |span: &&Span| !others.contains(&within(span))
        };
        let mut gone = was.iter().filter(missing(&becomes)).copied();
        let mut come = becomes.iter().filter(missing(&was)).copied();
        loop {
            let (was, becomes) = (gone.next(), come.next());
            if was.is_none() && becomes.is_none() {
                break;
            }
            moved.push(MovedShift {
                person: person.clone(),
                was,
                becomes,
            });
        }
    }
    moved
}

/// Each person's time on call, in order; shifts that follow each other are one.
fn times(rota: &Rota, from: Timestamp, until: Timestamp) -> BTreeMap<String, Vec<Span>> {
    let mut times: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for shift in rota.shifts(from, until) {
        let spans = times.entry(shift.person).or_default();
        match spans.last_mut() {
            Some(last) if last.until == shift.from => last.until = shift.until,
            _ => spans.push(Span {
                from: shift.from,
                until: shift.until,
            }),
        }
    }
    times
}
