//! Services and what watches them: do they page when it counts, and does whoever is woken know
//! what to do?

use tocsin_directory::Service;
use tocsin_ticket::{ServiceId, Severity};

use super::{CheckRule, Finding, Grade, Scope};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let config = scope.directory.config();
    let services = config.services().values();
    for service in services.filter(|service| scope.teams.contains(&service.team)) {
        one(scope, service, findings);
    }
    heartbeats(scope, findings);
}

fn one(scope: &Scope<'_>, service: &Service, findings: &mut Vec<Finding>) {
    let id = &service.id;
    if service.tier == Some(1) && !pages(scope, id, Severity::Sev1) {
        findings.push(Finding::new(
            Grade::Error,
            CheckRule::TierOneSilent,
            format!("services.{id}.policy"),
            format!(
                "{} is of tier 1, and a SEV1 of it pages nobody",
                service.name
            ),
            "give SEV1 limits, here or in the team's policy",
        ));
    }
    if service.runbook.is_none() {
        findings.push(Finding::new(
            Grade::Advice,
            CheckRule::NoRunbook,
            format!("services.{id}"),
            format!("{} has no runbook", service.name),
            "write down what to do first, and add its address as `runbook`",
        ));
    }
}

fn pages(scope: &Scope<'_>, service: &ServiceId, severity: Severity) -> bool {
    let policy = scope.directory.policy_of(service);
    policy.is_some_and(|policy| policy.limits(severity).is_some())
}

/// Heartbeats whose silence opens a ticket that wakes nobody.
fn heartbeats(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let config = scope.directory.config();
    let integrations = config.integrations().values();
    for spec in integrations.filter(|spec| scope.teams.contains(&spec.team)) {
        let source = scope.directory.integration(&spec.id);
        for (index, beat) in spec.heartbeats.iter().enumerate() {
            let service = beat.service.as_ref().unwrap_or(&spec.service);
            let usual = source.map(|source| {
                let own = source.severities_by_service.get(service);
                own.unwrap_or(&source.severities).default_severity()
            });
            let Some(severity) = beat.severity.or(usual) else {
                continue;
            };
            if !pages(scope, service, severity) {
                findings.push(Finding::new(
                    Grade::Warning,
                    CheckRule::HeartbeatPagesNobody,
                    format!("integrations.{}.heartbeats[{index}]", spec.id),
                    format!(
                        "when the heartbeat {} is missed, that is a {severity} of {service}, which \
                         pages nobody",
                        beat.name
                    ),
                    "give it a severity that pages, or stop expecting it",
                ));
            }
        }
    }
}
