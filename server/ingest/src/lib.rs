//! From the request bodies of monitoring systems to alarms.
//!
//! Every monitoring system says "something is wrong" in words of its own. Each module here reads
//! one format and says the same thing as [`Signal`]s; nobody behind it needs to know where an alarm
//! came from. Parsing is a pure function of the body and the [`Integration`]: no clock, no
//! randomness, no storage, no HTTP, and nothing about tickets.
//!
//! What is promised, in this order:
//!
//! 1. **No alarm is lost.** A notification in which one alert is odd yields all of its alerts, the
//!    odd one read as well as it can be, and an [`Oddity`] says what was odd. A severity nobody
//!    knows becomes the integration's default, which pages. A body is refused only when it says
//!    nothing that could be acted on, or where its sender can be told at once that it is wrong.
//! 2. **Nothing is inferred to be over.** Only an explicit "resolved" recovers anything; an alert
//!    missing from a notification, a truncated notification or a contradictory one never does.
//! 3. **Nothing hostile passes.** Whatever ends up on a screen has lost its control characters and
//!    is bounded by the constants of [`limits`]; no body makes a parser panic.
//!
//! Adding a format is adding a module: a `parse` function, its fixtures under
//! `tests/data/ingest`, and its test table.

pub mod alertmanager;
mod body;
pub mod cloudwatch;
mod details;
pub mod email;
pub mod heartbeat;
pub mod json;
mod key;
pub mod limits;
mod oddity;
pub mod opsgenie;
pub mod pagerduty;
mod severity;
pub mod sns;
pub mod template;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tocsin_ticket::{Alarm, ServiceId, Severity, TeamId};

pub use details::label;
pub use oddity::Oddity;
pub use severity::SeverityMap;

/// Where a body came in: one way in, with a key of its own, belonging to one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Its name in the team's configuration; tickets show it as the source of their alarm.
    pub id: String,
    /// The team whose services it speaks for.
    pub team: TeamId,
    /// The service an alarm is about when it names none that is known.
    pub service: ServiceId,
    /// Further services of the team that an alarm may name.
    pub services: BTreeSet<ServiceId>,
    /// How its severities are read.
    pub severities: SeverityMap,
    /// How they are read in alarms about services that have rules of their own.
    pub severities_by_service: BTreeMap<ServiceId, SeverityMap>,
}

impl Integration {
    /// The service of that name, if an alarm of this integration may select it.
    fn service_named(&self, name: &str) -> Option<ServiceId> {
        let name = ServiceId::from(name.trim());
        (name == self.service || self.services.contains(&name)).then_some(name)
    }

    /// How severities are read in alarms about a service.
    fn severities_of(&self, service: &ServiceId) -> &SeverityMap {
        self.severities_by_service
            .get(service)
            .unwrap_or(&self.severities)
    }

    /// Every service this integration can speak for, the default one first.
    fn all_services(&self) -> Vec<ServiceId> {
        let others = self.services.iter().filter(|other| **other != self.service);
        core::iter::once(&self.service)
            .chain(others)
            .cloned()
            .collect()
    }

    /// An alarm of this integration; its parts are clean and bounded already.
    fn alarm(
        &self,
        service: ServiceId,
        dedup_key: String,
        severity: Severity,
        title: String,
        url: Option<String>,
        details: details::Details,
    ) -> Alarm {
        Alarm {
            team: self.team.clone(),
            service,
            dedup_key,
            severity,
            title,
            source: self.id.clone(),
            url,
            details: details.finish(),
        }
    }
}

/// Which open tickets a signal without an alarm is about: every one of these services that is open
/// under this key.
///
/// More than one service stands here when the sender did not say which: a PagerDuty `resolve`
/// usually carries only the key, while the `trigger` before it named a component. Looking at the
/// default service alone would leave the siren of the other one ringing after the recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The team.
    pub team: TeamId,
    /// Where to look, most likely first; never empty, no service twice.
    pub services: Vec<ServiceId>,
    /// The key the alarm fired with.
    pub dedup_key: String,
}

/// What a monitoring system says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Something is wrong.
    Fired(Alarm),
    /// Somebody over there is on it.
    Acknowledged(Target),
    /// It is over.
    Recovered(Target),
    /// Somebody over there wrote something down for whoever works on it.
    Noted(Target, String),
}

/// Everything one request body says, in the order to act in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// What it says.
    pub signals: Vec<Signal>,
    /// What was odd about it and how it was read nevertheless; for the reply and the log.
    pub oddities: Vec<Oddity>,
}

impl Batch {
    /// The body to answer with once the signals are on disk, for senders without a format of their
    /// own for it.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        let count = |is: fn(&Signal) -> bool| self.signals.iter().filter(|it| is(it)).count();
        Report {
            fired: count(|signal| matches!(signal, Signal::Fired(_))),
            acknowledged: count(|signal| matches!(signal, Signal::Acknowledged(_))),
            recovered: count(|signal| matches!(signal, Signal::Recovered(_))),
            oddities: &self.oddities,
        }
    }
}

/// What was understood of a body, as JSON for its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report<'a> {
    /// How many alarms fired.
    pub fired: usize,
    /// How many were acknowledged.
    pub acknowledged: usize,
    /// How many recovered.
    pub recovered: usize,
    /// What was odd.
    pub oddities: &'a [Oddity],
}
