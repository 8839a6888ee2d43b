//! Reading the heartbeats of an integration.

use core::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use tocsin_ingest::heartbeat::{Heartbeat, LONGEST, SHORTEST};
use tocsin_ticket::{ServiceId, Severity};

use crate::read::Node;

/// The list at `node`. `service` and `severity` read those fields as the rest of the file has them.
pub(crate) fn heartbeats<'a>(
    node: &Node<'a>,
    service: impl Fn(&Node<'a>) -> Option<ServiceId>,
    severity: impl Fn(&Node<'_>) -> Option<Severity>,
) -> Vec<Heartbeat> {
    let mut heartbeats: Vec<Heartbeat> = Vec::new();
    for node in node.items("a list of heartbeats such as { name = \"backup\", every = \"1d\" }") {
        let Some(heartbeat) = heartbeat(&node, &service, &severity) else {
            continue;
        };
        if heartbeats.iter().any(|other| other.name == heartbeat.name) {
            let name = &heartbeat.name;
            node.problem_in(
                "name",
                format!(
                    "{name:?} is the name of another heartbeat of this integration; choose another"
                ),
            );
        }
        heartbeats.push(heartbeat);
    }
    heartbeats
}

fn heartbeat<'a>(
    node: &Node<'a>,
    service: impl Fn(&Node<'a>) -> Option<ServiceId>,
    severity: impl Fn(&Node<'_>) -> Option<Severity>,
) -> Option<Heartbeat> {
    let fields = node.table(&["name", "every", "grace", "severity", "service"])?;
    let name = fields
        .required("name", "a name in quotes, such as \"nightly-backup\"")
        .and_then(|name| name.slug());
    let every = fields
        .required("every", "how often it beats, such as \"1d\"")
        .and_then(|every| length(&every, SHORTEST));
    let grace = fields
        .optional("grace")
        .map(|grace| length(&grace, Duration::ZERO));
    let severity = fields.optional("severity").map(|node| severity(&node));
    let service = fields.optional("service").map(|node| service(&node));
    let every = every?;
    Some(Heartbeat {
        name: name?.to_owned(),
        every,
        grace: match grace {
            Some(grace) => grace?,
            None => Heartbeat::usual_grace(every),
        },
        severity: match severity {
            Some(severity) => Some(severity?),
            None => None,
        },
        service: match service {
            Some(service) => Some(service?),
            None => None,
        },
    })
}

/// A length of time from `shortest` to [`LONGEST`]. A day is 24 hours here: a beat knows no zone.
fn length(node: &Node<'_>, shortest: Duration) -> Option<Duration> {
    let expected = format!(
        "whole seconds from \"{}s\" to \"30d\", such as \"5m\" or \"1d\"",
        shortest.as_secs()
    );
    let text = node.text(&expected)?;
    let length = SpanParser::new()
        .parse_span(text)
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| (shortest..=LONGEST).contains(length) && length.subsec_nanos() == 0);
    if length.is_none() {
        node.problem(format!("expected {expected}, got {text:?}"));
    }
    length
}
