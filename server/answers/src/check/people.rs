//! People: how they are reached, who teaches them, and what is written about them that is over.

use std::collections::{BTreeMap, BTreeSet};

use tocsin_directory::{Directory, Layer};
use tocsin_rota::{RotaSpec, When};
use tocsin_ticket::{Millis, PersonId, TeamId};

use super::{CheckRule, Finding, Grade, Scope, layer_place};

/// What somebody's devices are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pagers {
    /// They have none that could be paged.
    None,
    /// They have some, and none would ring now.
    Unready,
    /// One would ring.
    Ready,
}

pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let config = scope.directory.config();
    for person in everybody(scope).keys() {
        let known = config.people().get(person);
        let only_devices = known.is_some_and(|it| it.telephone.is_none() && it.email.is_none());
        if only_devices {
            findings.push(Finding::new(
                Grade::Advice,
                CheckRule::OnlyDevices,
                format!("people.{person}"),
                format!(
                    "{} has neither `telephone` nor `email`: nothing is left to try when no device \
                     receives a page",
                    scope.name(person)
                ),
                "add one, and a gateway or a mail server to the server's transports",
            ));
        }
    }
    for team in scope.teams {
        mentors(scope, team, findings);
        overrides(scope, team, findings);
    }
}

/// People who are paged but have no device that would ring. Whoever is on call is an error, whoever
/// comes later a warning.
#[must_use]
pub fn check_devices(
    directory: &Directory,
    teams: &[TeamId],
    now: Millis,
    pagers: &dyn Fn(&PersonId) -> Pagers,
) -> Vec<Finding> {
    let scope = Scope::new(directory, teams, now);
    let finding = |(person, is_first): (&PersonId, &bool)| {
        let (what, advice) = match pagers(person) {
            Pagers::Ready => return None,
            Pagers::None => (
                "has no device that can be paged",
                format!("`tocsin enroll {person}` gives a code for one"),
            ),
            Pagers::Unready => (
                "has no device that would ring now",
                "`tocsin devices` says what is wrong with it".to_owned(),
            ),
        };
        let (grade, duty) = if *is_first {
            (Grade::Error, "is on call in the next twelve weeks and")
        } else {
            (Grade::Warning, "is a level of the chain and")
        };
        Some(Finding::new(
            grade,
            CheckRule::NoPager,
            format!("people.{person}"),
            format!("{} {duty} {what}", scope.name(person)),
            advice,
        ))
    };
    let mut findings: Vec<Finding> = everybody(&scope).iter().filter_map(finding).collect();
    findings.sort_by(|a, b| (a.grade, &a.place).cmp(&(b.grade, &b.place)));
    findings
}

/// Everybody whom some chain asks in that time, and whether as the first.
fn everybody(scope: &Scope<'_>) -> BTreeMap<PersonId, bool> {
    let mut everybody = BTreeMap::new();
    for team in scope.teams {
        for at in scope.changes(team) {
            let Some(chain) = scope.directory.chain(team, at) else {
                continue;
            };
            everybody.insert(chain.on_call().clone(), true);
            for person in chain.rest().iter().flat_map(|level| &level.people) {
                everybody.entry(person.clone()).or_insert(false);
            }
        }
    }
    everybody
}

/// Mentors who take no turns themselves, of newcomers who still need them.
fn mentors(scope: &Scope<'_>, team: &TeamId, findings: &mut Vec<Finding>) {
    let config = scope.directory.config();
    let Some(known) = config.teams().get(team) else {
        return;
    };
    let mut members = BTreeSet::new();
    for (_, rotation) in known.layers() {
        add_members(&rotation.spec, &mut members);
    }
    let mut told = BTreeSet::new();
    for shift in scope.shifts(team) {
        let Some(shadow) = &shift.duty.shadow else {
            continue;
        };
        let pair = (&shadow.newcomer, &shadow.mentor);
        if members.contains(shadow.mentor.as_str()) || !told.insert(pair) {
            continue;
        }
        let name = |person: &str| scope.name(&PersonId::new(person));
        findings.push(Finding::new(
            Grade::Warning,
            CheckRule::MentorOnNoRota,
            layer_place(team, shift.layer),
            format!(
                "{}, the mentor of {}, takes no turns in this team",
                name(&shadow.mentor),
                name(&shadow.newcomer)
            ),
            "name a mentor who is on call here too and knows the services",
        ));
    }
}

fn add_members<'a>(spec: &'a RotaSpec, members: &mut BTreeSet<&'a str>) {
    members.extend(spec.members.iter().map(|member| member.person.as_str()));
    for next in &spec.otherwise {
        add_members(next, members);
    }
}

/// Overrides that are over.
fn overrides(scope: &Scope<'_>, team: &TeamId, findings: &mut Vec<Finding>) {
    let config = scope.directory.config();
    let Some(known) = config.teams().get(team) else {
        return;
    };
    for (layer, rotation) in known.layers() {
        let zone = tocsin_rota::zone(&rotation.spec.zone).ok();
        for (index, over) in rotation.spec.overrides.iter().enumerate() {
            let until = match over.until {
                When::Instant(until) => Some(until),
                When::Local(local) => zone
                    .as_ref()
                    .and_then(|zone| zone.to_ambiguous_timestamp(local).compatible().ok()),
            };
            if until.is_some_and(|until| until.as_millisecond() <= scope.now.0) {
                findings.push(past(scope, team, layer, index, &over.person));
            }
        }
    }
}

fn past(scope: &Scope<'_>, team: &TeamId, layer: Layer, index: usize, person: &str) -> Finding {
    Finding::new(
        Grade::Advice,
        CheckRule::PastOverride,
        format!("{}.overrides[{index}]", layer_place(team, layer)),
        format!(
            "the override with {} is over",
            scope.name(&PersonId::new(person))
        ),
        "remove it",
    )
}
