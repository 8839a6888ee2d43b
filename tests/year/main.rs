//! A year of on-call: ten people in Berlin, Sydney and Santiago, their managers, a second team, 2,000
//! alarms, and the real server, dispatcher and phone engines, in simulated time. One seed decides
//! everything, so whatever it finds can be seen again:
//!
//! ```text
//! TOCSIN_SEED=42 cargo test -p tocsin-tests --test year -- the_story --nocapture
//! ```
//!
//! `TOCSIN_SEEDS` sets the number of years (one if it is not given); each is lived twice and must take
//! the same course. Where the simulation in
//! `tests/sim` crams all that can go wrong into ten minutes, this one asks whether the rules hold, and
//! the load report adds up, when everything a team does in a year happens to one server. Server,
//! phones and story are the simulation's own.

#[path = "../sim/defects.rs"]
#[allow(dead_code, reason = "nothing is broken on purpose here")]
mod defects;
mod life;
#[path = "../sim/network.rs"]
#[allow(dead_code, reason = "the network of a year is a good one")]
mod network;
mod oracle;
mod people;
#[path = "../sim/phone.rs"]
#[allow(dead_code, reason = "no phone is broken on purpose here")]
mod phone;
mod plan;
mod recount;
#[path = "../sim/server.rs"]
#[allow(dead_code, reason = "no server crashes here")]
mod server;
mod setup;
#[path = "../sim/story.rs"]
mod story;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use jiff::Timestamp;
use life::{Ending, Failure, Year};
use setup::CLOCK_CHANGES;

const SEEDS: u64 = 1;

/// So near to a change of the clocks there must be alarms, before it and after.
const NEAR_MS: i64 = 2 * 24 * 3_600_000;

/// What must have happened in every year for it to prove anything.
const MET: [&str; 46] = [
    "opened",
    "repeated",
    "severity_changed",
    "checked_in",
    "acknowledged",
    "work_started",
    "resolved",
    "reopened",
    "reassigned",
    "note_added",
    "escalated",
    "declined",
    "limit_extended",
    "conference_convened",
    "conference_joined",
    "conference_closed",
    "role_named",
    "status_updated",
    "help_asked",
    "help_answered",
    "help_passed_on",
    "timer_set",
    "timer_cleared",
    "paged",
    "page_ended",
    "page_receipt",
    "held",
    "hold_ended",
    "deadline_set",
    "deadline_cleared",
    "paged: assigned",
    "paged: reassigned",
    "paged: reopened",
    "paged: check_in_missed",
    "paged: nudge",
    "paged: researching_missed",
    "paged: work_missed",
    "paged: newcomer_late",
    "paged: shadowing",
    "paged: help_asked",
    "paged: status_update_due",
    "paged: status_update_missed",
    "paged: declined",
    "escalated to secondary",
    "escalated to manager",
    "escalated to whole team",
];

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}: expected a number, got {value:?}")),
    )
}

/// A year that went wrong, and how to see it again.
fn report(seed: u64, failure: &Failure) -> String {
    format!(
        "seed {seed}: {}\n  {}\n\nthe last part of the story:\n{}\n  see all of it with\n  \
         TOCSIN_SEED={seed} cargo test -p tocsin-tests --test year -- the_story --nocapture\n",
        failure.violation.rule, failure.violation.what, failure.story
    )
}

/// One year, its report held against a recount, and whether it was rich enough.
fn live(seed: u64, aloud: bool) -> Result<Ending, String> {
    let year = catch_unwind(AssertUnwindSafe(|| {
        let ending = Year::new(seed, aloud).run()?;
        recount::check(&ending).map_err(|violation| Failure {
            violation,
            story: String::new(),
        })?;
        Ok(ending)
    }));
    match year {
        Ok(Ok(ending)) => Ok(ending),
        Ok(Err(failure)) => Err(report(seed, &failure)),
        Err(_) => Err(format!(
            "seed {seed}: panicked; see the story with\n  \
             TOCSIN_SEED={seed} cargo test -p tocsin-tests --test year -- the_story --nocapture"
        )),
    }
}

fn assert_rich(seed: u64, ending: &Ending) {
    let missing: Vec<&str> = MET
        .into_iter()
        .filter(|kind| !ending.oracle.seen.contains_key(*kind))
        .collect();
    assert_eq!(missing, [""; 0], "the year of seed {seed} never met these");
    let opened: Vec<i64> = ending.oracle.opened().collect();
    assert!(opened.len() > 1_500, "{} tickets", opened.len());
    for (zone, change) in CLOCK_CHANGES {
        let change: Timestamp = change.parse().unwrap();
        let change = change.as_millisecond();
        let near = |within: Range<i64>| opened.iter().any(|at| within.contains(&(at - change)));
        assert!(
            near(-NEAR_MS..0) && near(0..NEAR_MS),
            "seed {seed}: no alarms when the clocks changed in {zone}"
        );
    }
    assert!(ending.swaps.len() >= 4, "swaps: {:?}", ending.swaps);
    assert!(ending.overrides >= 8, "overrides: {}", ending.overrides);
    assert!(ending.awaited > 0, "no handoff waited for a phone");
}

#[test]
fn a_year_of_a_team_keeps_every_promise_and_its_report_adds_up() {
    let count = from_environment("TOCSIN_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= 2 * count {
                        break;
                    }
                    let seed = number / 2;
                    let result = live(seed, false).map(|ending| {
                        assert_rich(seed, &ending);
                        ending.trace
                    });
                    results.lock().unwrap().push((seed, result));
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let mut failures = results.iter().filter_map(|(_, it)| it.as_ref().err());
    if let Some(first) = failures.next() {
        let more = failures.count();
        panic!(
            "{} of {} years went wrong; one of them:\n{first}",
            more + 1,
            2 * count
        );
    }
    let mut traces: Vec<(u64, u64)> = results
        .into_iter()
        .filter_map(|(seed, result)| Some((seed, result.ok()?)))
        .collect();
    traces.sort_unstable();
    for pair in traces.chunks(2) {
        assert_eq!(pair[0], pair[1], "the second run took another course");
    }
}

#[test]
fn the_story() {
    let Some(seed) = from_environment("TOCSIN_SEED") else {
        return;
    };
    match live(seed, true) {
        Ok(ending) => {
            println!("{:#?}", ending.oracle.seen);
            let (awaited, by_hand) = (ending.awaited, ending.taken_by_hand);
            println!("{awaited} handoffs waited for a phone, {by_hand} were taken by hand");
            println!("the trace is {:016x}", ending.trace);
            assert_rich(seed, &ending);
        }
        Err(failure) => panic!("{failure}"),
    }
}
