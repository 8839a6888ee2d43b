//! When somebody was called, and until when it kept them.

use core::time::Duration;
use std::collections::BTreeMap;

use tocsin_ticket::{Millis, PersonId};

/// How long after the last sign of work nobody is counted as busy any more: who fixed it went to
/// bed, and monitoring or the morning resolved it. An hour is what SEV1's Work in Progress may take
/// by default before somebody asks.
pub const ATTENTION: Duration = Duration::from_secs(3600);

/// How long it takes to be asleep again, or back at what one was doing. Healthy people fall asleep
/// within 10 to 20 minutes (Sleep Foundation, "Sleep Latency",
/// <https://www.sleepfoundation.org/how-sleep-works/sleep-latency>); after a siren, the longer is
/// right. `PagerDuty` counts notifications within 60 seconds as one interruption
/// (<https://support.pagerduty.com/main/docs/responder-insights>), which is about sending; who is
/// called again before they slept again was not woken twice.
pub const SETTLE: Duration = Duration::from_secs(20 * 60);

/// A stretch of time that a ticket took from somebody.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) from: Millis,
    pub(crate) until: Millis,
    /// Which page it is, of those that rang; without one, it is work.
    pub(crate) page: Option<usize>,
}

/// An interruption of one person.
#[derive(Debug, Clone)]
pub(crate) struct Interruption {
    /// Which page began it.
    pub(crate) first: usize,
    pub(crate) from: Millis,
    /// When they were settled again.
    pub(crate) until: Millis,
}

/// Puts everybody's stretches together, in the order of people and time.
pub(crate) fn interruptions(mut taken: BTreeMap<PersonId, Vec<Stretch>>) -> Vec<Interruption> {
    let mut all: Vec<Interruption> = Vec::new();
    for stretches in taken.values_mut() {
        // A page before the work of the same instant, so that the page begins.
        stretches.sort_by_key(|it| (it.from, it.page.is_none(), it.page));
        let begun = all.len();
        for stretch in stretches {
            let settled = stretch.until + SETTLE;
            let running = all[begun..].last_mut();
            match (running, stretch.page) {
                (Some(running), _) if stretch.from < running.until => {
                    running.until = running.until.max(settled);
                }
                (_, Some(first)) => all.push(Interruption {
                    first,
                    from: stretch.from,
                    until: settled,
                }),
                (_, None) => {}
            }
        }
    }
    all
}
