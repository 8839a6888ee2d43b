//! Who is asked after whom, at every instant of the time to come.

use std::collections::{BTreeMap, BTreeSet};

use tocsin_directory::{Layer, TeamShift};
use tocsin_ticket::{Chain, Millis, PersonId, Role, TeamId};

use super::{CheckRule, Finding, Grade, Scope, end, layer_place, start};
use crate::words::listed;

pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    for team in scope.teams {
        one_person(scope, team, findings);
        levels(scope, team, findings);
    }
    two_rotations(scope, findings);
}

/// One person who holds every shift: nobody can be ill.
fn one_person(scope: &Scope<'_>, team: &TeamId, findings: &mut Vec<Finding>) {
    let mut holders: BTreeMap<Layer, BTreeSet<&str>> = BTreeMap::new();
    for TeamShift { layer, duty } in scope.shifts(team) {
        holders
            .entry(*layer)
            .or_default()
            .insert(&duty.shift.person);
    }
    for (layer, people) in holders {
        let mut people = people.into_iter();
        if let (Some(only), None) = (people.next(), people.next()) {
            let name = scope.name(&PersonId::new(only));
            findings.push(Finding::new(
                Grade::Warning,
                CheckRule::OnePerson,
                layer_place(team, layer),
                format!("nobody but {name} has this duty ({layer}) in the next twelve weeks"),
                "add another member, so that somebody can be ill or asleep",
            ));
        }
    }
}

/// Something found at one or several instants.
struct Seen {
    first: Millis,
    times: usize,
}

/// Levels that ask nobody new, and chains of a single person.
fn levels(scope: &Scope<'_>, team: &TeamId, findings: &mut Vec<Finding>) {
    let mut skipped: BTreeMap<(Role, Vec<PersonId>), Seen> = BTreeMap::new();
    let mut alone: BTreeMap<PersonId, Seen> = BTreeMap::new();
    for at in scope.changes(team) {
        let Some(chain) = scope.directory.chain(team, at) else {
            continue;
        };
        for level in unreachable(&chain) {
            note(&mut skipped, level, at);
        }
        let others = chain.rest().iter().flat_map(|level| &level.people);
        if others.into_iter().all(|person| person == chain.on_call()) {
            note(&mut alone, chain.on_call().clone(), at);
        }
    }
    for (person, seen) in &alone {
        findings.push(Finding::new(
            Grade::Error,
            CheckRule::NobodyElse,
            format!("teams.{team}"),
            format!(
                "{} is every level of the chain from {}{}: nobody else is ever paged",
                scope.name(person),
                scope.day(team, seen.first),
                times(seen)
            ),
            "name another manager, a secondary or more members",
        ));
    }
    for ((role, people), seen) in &skipped {
        if alone.values().any(|it| it.first == seen.first) {
            continue;
        }
        let names: Vec<String> = people.iter().map(|person| scope.name(person)).collect();
        // Everybody having been asked by then is how small teams are.
        let grade = if *role == Role::Team {
            Grade::Advice
        } else {
            Grade::Warning
        };
        findings.push(Finding::new(
            grade,
            CheckRule::UnreachableLevel,
            place(team, *role),
            format!(
                "the level \u{201c}{role}\u{201d} is skipped from {}{}: {} was asked before",
                scope.day(team, seen.first),
                times(seen),
                listed(&names)
            ),
            "let somebody else be this level at that time, so that one more person is asked",
        ));
    }
}

/// Levels with nobody who was not asked before.
fn unreachable(chain: &Chain) -> Vec<(Role, Vec<PersonId>)> {
    let mut asked = BTreeSet::from([chain.on_call()]);
    let mut skipped = Vec::new();
    for level in chain.rest() {
        if level.people.iter().all(|person| asked.contains(person)) {
            skipped.push((level.role, level.people.clone()));
        }
        asked.extend(&level.people);
    }
    skipped
}

fn note<K: Ord>(seen: &mut BTreeMap<K, Seen>, what: K, at: Millis) {
    let entry = seen.entry(what);
    entry.and_modify(|seen| seen.times += 1).or_insert(Seen {
        first: at,
        times: 1,
    });
}

fn times(seen: &Seen) -> String {
    match seen.times {
        1 => String::new(),
        2 => " and once more in twelve weeks".to_owned(),
        times => format!(" and {} times more in twelve weeks", times - 1),
    }
}

fn place(team: &TeamId, role: Role) -> String {
    match role {
        Role::Secondary => format!("teams.{team}.secondary"),
        Role::Team => format!("teams.{team}.members"),
        _ => format!("teams.{team}.manager"),
    }
}

/// Somebody who is on call in two teams at once.
fn two_rotations(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    type Duty<'a> = (&'a TeamId, &'a TeamShift);
    let mut of: BTreeMap<&str, Vec<Duty<'_>>> = BTreeMap::new();
    for team in scope.teams {
        for shift in scope.shifts(team) {
            let person = shift.duty.shift.person.as_str();
            of.entry(person).or_default().push((team, shift));
        }
    }
    for (person, duties) in of {
        let mut both: BTreeMap<(&TeamId, Layer, &TeamId, Layer), Seen> = BTreeMap::new();
        for (index, (team, shift)) in duties.iter().enumerate() {
            for (other_team, other) in &duties[index + 1..] {
                let from = start(shift).max(start(other)).max(scope.now);
                let until = end(shift).min(end(other)).min(scope.until);
                if team != other_team && from < until {
                    note(
                        &mut both,
                        (team, shift.layer, other_team, other.layer),
                        from,
                    );
                }
            }
        }
        for ((team, layer, other_team, other_layer), seen) in both {
            let is_first = layer == Layer::PRIMARY && other_layer == Layer::PRIMARY;
            findings.push(Finding::new(
                if is_first {
                    Grade::Warning
                } else {
                    Grade::Advice
                },
                CheckRule::TwoRotations,
                layer_place(team, layer),
                format!(
                    "{} has this duty ({layer}) from {} while in the team {other_team} ({other_layer}){}",
                    scope.name(&PersonId::new(person)),
                    scope.day(team, seen.first),
                    times(&seen)
                ),
                "two trouble spots cannot have one person: override one of the shifts, or swap",
            ));
        }
    }
}
