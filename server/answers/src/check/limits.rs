//! Limits beside the shifts of those who are to keep them.

use core::time::Duration;

use tocsin_directory::{Layer, TeamShift};
use tocsin_rota::ShiftKind;
use tocsin_ticket::{Limits, Policy, Severity, TeamId};

use super::{CheckRule, Finding, Grade, Scope, end, start};
use crate::words::length;

pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    hold_offs(scope, findings);
    let config = scope.directory.config();
    for team in scope.teams {
        let (Some(shortest), Some(known)) = (shortest(scope, team), config.teams().get(team))
        else {
            continue;
        };
        let place = format!("teams.{team}.policy");
        longer(&known.policy, None, shortest, &place, findings);
        for service in config.services().values().filter(|it| it.team == *team) {
            if let Some(own) = &service.policy {
                let place = format!("services.{}.policy", service.id);
                longer(own, Some(&known.policy), shortest, &place, findings);
            }
        }
    }
}

/// Hold-offs that are longer than what whoever is paged then has to check in.
fn hold_offs(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let services = scope.directory.config().services().values();
    for service in services.filter(|it| scope.teams.contains(&it.team)) {
        let Some(policy) = scope.directory.policy_of(&service.id) else {
            continue;
        };
        let too_long = Severity::ALL.into_iter().find_map(|severity| {
            let check_in = policy.limits(severity)?.check_in;
            let hold_off = service.hold_off.of(severity)?;
            (hold_off > check_in).then_some((severity, hold_off, check_in))
        });
        if let Some((severity, hold_off, check_in)) = too_long {
            findings.push(Finding::new(
                Grade::Warning,
                CheckRule::LongHoldOff,
                format!("services.{}.hold_off", service.id),
                format!(
                    "a {severity} waits for {} before anybody is paged, longer than the {} that \
                     they then have to check in",
                    length(hold_off),
                    length(check_in)
                ),
                "make the hold-off shorter",
            ));
        }
    }
}

/// The shortest whole shift of the first layer that the rotation gives; an override may be as short
/// as it likes.
fn shortest(scope: &Scope<'_>, team: &TeamId) -> Option<Duration> {
    let first = scope.shifts(team).iter().filter(|it| {
        let TeamShift { layer, duty } = it;
        *layer == Layer::PRIMARY && matches!(duty.shift.kind, ShiftKind::Rotation { .. })
    });
    // One that an override cuts is shorter than anybody planned.
    let uncut = first.filter(|it| {
        let overrides = scope.shifts(team).iter().filter(|other| {
            other.layer == it.layer && !matches!(other.duty.shift.kind, ShiftKind::Rotation { .. })
        });
        let touches = |other: &TeamShift| end(other) == start(it) || start(other) == end(it);
        !overrides.into_iter().any(touches)
    });
    uncut.map(|it| end(it).since(start(it))).min()
}

type Step = (&'static str, fn(&Limits) -> Duration);

/// The steps that the first level has to keep within its shift.
const STEPS: [Step; 3] = [
    ("check_in", |limits| limits.check_in),
    ("researching", |limits| limits.researching),
    ("work_in_progress", |limits| limits.work_in_progress),
];

fn longer(
    policy: &Policy,
    inherited: Option<&Policy>,
    shortest: Duration,
    place: &str,
    findings: &mut Vec<Finding>,
) {
    for severity in Severity::ALL {
        let Some(limits) = policy.limits(severity) else {
            continue;
        };
        let basis = inherited.and_then(|policy| policy.limits(severity));
        for (name, of) in STEPS {
            let limit = of(limits);
            let is_own = basis.is_none_or(|basis| of(basis) != limit);
            if limit > shortest && is_own {
                let severity = severity.to_string().to_ascii_lowercase();
                findings.push(Finding::new(
                    Grade::Warning,
                    CheckRule::LimitLongerThanShift,
                    format!("{place}.{severity}.{name}"),
                    format!(
                        "the limit is {}, and the shortest shift lasts {}: whoever it waits for may \
                         be off duty long before it passes",
                        length(limit),
                        length(shortest)
                    ),
                    "make the limit shorter, or the shifts longer",
                ));
            }
        }
    }
}
