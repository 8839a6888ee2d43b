//! What keeps alarms from waking anybody: hold-offs, groups and maintenance windows.

use core::time::Duration;
use std::collections::BTreeMap;

use jiff::Timestamp;
use tocsin_ticket::{Millis, ServiceId, Severity};

use crate::directory::first_millisecond;
use crate::parse::{SEVERITY_FIELDS, every};
use crate::read::{Node, Table};

/// A hold-off is for alarms that recover by themselves. What still burns after this long is news,
/// and the usual limit to check in on a SEV2 is no longer.
pub const LONGEST_HOLD_OFF: Duration = Duration::from_secs(15 * 60);

/// A window that somebody forgot would silence a service for as long. Work that takes more than a
/// week is announced week by week.
pub const LONGEST_MAINTENANCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most labels that alarms may have to agree on.
const MOST_LABELS: usize = 8;

/// As ingestion bounds the name of a detail.
const LONGEST_LABEL: usize = 128;

/// For how long new tickets of a service page nobody, severity by severity.
///
/// One length of time holds everything but SEV1: while customers are cut off, a minute of waiting
/// is a minute of outage, so a SEV1 waits only where the service says so by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HoldOff(pub(crate) [Option<Duration>; 5]);

impl HoldOff {
    /// How long a ticket of this severity waits, if at all.
    #[must_use]
    pub const fn of(&self, severity: Severity) -> Option<Duration> {
        self.0[severity as usize]
    }
}

/// Work on services that was announced: their alarms open tickets, but page nobody before it ends.
/// Every severity waits: work on a service is what takes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// What people call it.
    pub name: String,
    /// What is worked on, in the order of ids.
    pub services: Vec<ServiceId>,
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// What for, if it is written.
    pub reason: Option<String>,
}

impl Maintenance {
    /// Whether an alarm about the service that comes now is to wait.
    #[must_use]
    pub fn covers(&self, service: &ServiceId, now: Millis) -> bool {
        self.from <= now && now < self.until && self.services.contains(service)
    }
}

/// The windows at `nodes`, by their names. `service` reads the id of a service.
pub(crate) fn windows<'a>(
    nodes: &[Node<'a>],
    service: impl Fn(&Node<'a>) -> Option<ServiceId>,
) -> BTreeMap<String, Maintenance> {
    let mut windows = BTreeMap::new();
    for node in nodes {
        let Some(window) = window(node, &service) else {
            continue;
        };
        let name = window.name.clone();
        if windows.insert(name.clone(), window).is_some() {
            node.problem_in(
                "name",
                format!("{name:?} is the name of another window; choose another"),
            );
        }
    }
    windows
}

fn window<'a>(
    node: &Node<'a>,
    service: impl Fn(&Node<'a>) -> Option<ServiceId>,
) -> Option<Maintenance> {
    const SERVICES: &str = "a list of the ids of [[services]]";
    let fields = node.table(&["name", "services", "from", "until", "reason"])?;
    let name = fields
        .required("name", "a name in quotes, such as \"new switch\"")
        .and_then(|name| name.name(crate::parse::LONGEST_NAME));
    let services = fields
        .required("services", SERVICES)
        .and_then(|list| every(&list.some_items(SERVICES), service));
    let from = instant(&fields, "from");
    let until = instant(&fields, "until");
    let reason = fields.optional("reason");
    let reason = reason.map(|reason| reason.name(crate::parse::LONGEST_NAME));
    let (from, until) = (from?, until?);
    if until <= from || until.since(from) > LONGEST_MAINTENANCE {
        node.problem_in(
            "until",
            format!(
                "expected a time after `from` and at most {} days after it; announce longer work \
                 week by week",
                LONGEST_MAINTENANCE.as_secs() / (24 * 3600)
            ),
        );
        return None;
    }
    let mut services = services?;
    services.sort();
    services.dedup();
    Some(Maintenance {
        name: name?,
        services,
        from,
        until,
        reason: match reason {
            Some(reason) => Some(reason?),
            None => None,
        },
    })
}

/// An instant, whose offset must be written: a window has no zone of its own.
fn instant(fields: &Table<'_>, name: &str) -> Option<Millis> {
    const EXPECTED: &str = "a date and time with its offset, such as 2026-03-28T22:00+01:00";
    let node = fields.required(name, EXPECTED)?;
    node.time(EXPECTED, |time| {
        time.offset?;
        time.to_string().parse().ok().map(|at: Timestamp| at)
    })
    .map(first_millisecond)
}

/// `"90s"`, or a length for each severity that waits.
pub(crate) fn hold_off(node: &Node<'_>) -> Option<HoldOff> {
    if !node.is_table() {
        let length = length(node)?;
        let but_sev1 = |severity| (severity != Severity::Sev1).then_some(length);
        return Some(HoldOff(Severity::ALL.map(but_sev1)));
    }
    let fields = node.table(&SEVERITY_FIELDS)?;
    // Reads every severity before it gives up on one.
    let read = SEVERITY_FIELDS.map(|name| fields.optional(name).map(|node| length(&node)));
    if read.iter().all(Option::is_none) {
        node.problem("expected a length of time for at least one severity, got none");
    }
    let given_up = read.contains(&Some(None));
    (!given_up).then(|| HoldOff(read.map(Option::flatten)))
}

fn length(node: &Node<'_>) -> Option<Duration> {
    let length = node.duration()?;
    let fits = (Duration::from_secs(1)..=LONGEST_HOLD_OFF).contains(&length);
    if !fits {
        node.problem(format!(
            "expected from \"1s\" to \"{}m\"; what lasts longer should wake somebody",
            LONGEST_HOLD_OFF.as_secs() / 60
        ));
    }
    fits.then_some(length)
}

/// The names of labels, in their order.
pub(crate) fn group_by(node: &Node<'_>) -> Option<Vec<String>> {
    const EXPECTED: &str = "a list of the names of labels such as [\"alertname\", \"cluster\"]";
    let items = node.some_items(EXPECTED);
    if items.len() > MOST_LABELS {
        node.problem(format!(
            "expected at most {MOST_LABELS} labels, got {}; name those that make it one trouble",
            items.len()
        ));
        return None;
    }
    let names = every(&items, label)?;
    for (place, name) in names.iter().enumerate() {
        if names[..place].contains(name) {
            items[place].problem(format!("{name:?} is listed already; remove one of the two"));
        }
    }
    Some(names)
}

fn label(node: &Node<'_>) -> Option<String> {
    let text = node.text("the name of a label in quotes, such as \"alertname\"")?;
    let is_word = !text.is_empty()
        && text.len() <= LONGEST_LABEL
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-/:".contains(c));
    if !is_word {
        node.problem(format!(
            "expected the name of a label: letters a-z, digits and any of _ . - / :, got {text:?}"
        ));
    }
    is_word.then(|| text.to_owned())
}
