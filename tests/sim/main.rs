//! The simulation: the real server engine and real phone engines in one process, on one thread a
//! world, with simulated clocks, network, push, disks, crashes and people. One seed decides
//! everything, so whatever it finds can be seen again:
//!
//! ```text
//! TOCSIN_SEED=42 cargo test -p tocsin-tests --test sim -- story --nocapture
//! ```
//!
//! `TOCSIN_SEEDS` sets the number of worlds (1,000 if it is not given).

mod defects;
mod network;
mod oracle;
mod people;
mod phone;
mod server;
mod setup;
mod story;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use defects::Defect;
use oracle::{Rule, Tally};
use world::{Ending, Failure, Fate, World};

const SEEDS: u64 = 1000;

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}: expected a number, got {value:?}")),
    )
}

fn live(seed: u64, defect: Option<Defect>) -> Result<Ending, Failure> {
    let fate = Fate {
        seed,
        defect,
        aloud: false,
    };
    World::new(&fate).run()
}

/// A world that went wrong, and how to see it again.
fn report(failure: &Failure) -> String {
    format!(
        "seed {}: {}\n  {}\n\nthe last part of the story:\n{}\n  see all of it with\n  \
         TOCSIN_SEED={} cargo test -p tocsin-tests --test sim -- story --nocapture\n",
        failure.seed, failure.violation.rule, failure.violation.what, failure.story, failure.seed
    )
}

/// One seed, twice.
fn live_twice(seed: u64) -> Result<Tally, String> {
    let twice = catch_unwind(AssertUnwindSafe(|| {
        let first = live(seed, None)?;
        let second = live(seed, None)?;
        Ok((first, second))
    }));
    match twice {
        Ok(Ok((first, second))) if first.trace == second.trace => Ok(first.tally),
        Ok(Ok(_)) => Err(format!("seed {seed}: the second run took another course")),
        Ok(Err(failure)) => Err(report(&failure)),
        Err(_) => Err(format!(
            "seed {seed}: panicked; see the story with\n  \
             TOCSIN_SEED={seed} cargo test -p tocsin-tests --test sim -- story --nocapture"
        )),
    }
}

#[test]
fn whatever_happens_every_page_rings_until_somebody_answers() {
    let count = from_environment("TOCSIN_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    let result = live_twice(seed);
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failures: Vec<&String> = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .collect();
    if let Some(first) = failures.first() {
        let rules: Vec<&str> = failures.iter().filter_map(|it| it.lines().next()).collect();
        panic!(
            "{} of {count} worlds went wrong:\n{}\n\none of them:\n{first}",
            failures.len(),
            rules.join("\n")
        );
    }
    let tally = results
        .iter()
        .flatten()
        .fold(Tally::default(), |sum, one| sum.plus(one));
    println!("{count} worlds: {tally:#?}");
    if count >= 200 {
        assert_eq!(tally.missing(), [""; 0], "{count} worlds never met these");
    }
}

#[test]
fn story() {
    let fate = Fate {
        seed: from_environment("TOCSIN_SEED").unwrap_or(42),
        defect: None,
        aloud: true,
    };
    if let Err(failure) = World::new(&fate).run() {
        panic!("{}", report(&failure));
    }
}

/// A SEV1 whose limit is a minute at every level, and a clock that is set forth and back. Each level
/// is paged once, when its minute is over by that clock.
#[test]
fn setting_the_clock_neither_adds_nor_removes_a_page() {
    const END_MS: i64 = 10 * 60_000;
    const LIMIT_MS: i64 = 60_000;
    for steps_ms in [
        vec![],
        vec![(90_000, 30_000)],
        vec![(90_000, -45_000)],
        vec![
            (90_000, 3_600_000),
            (200_000, -3_600_000),
            (300_000, 3_600_000),
        ],
        vec![
            (61_300, -100),
            (61_400, 100),
            (121_500, 59_000),
            (181_600, -59_000),
        ],
    ] {
        let world = World::asleep(&steps_ms);
        let begin = world.now();
        let escalations = world
            .run()
            .map_err(|failure| report(&failure))
            .unwrap()
            .escalations;
        let clock = |world_ms: i64| {
            let set = steps_ms.iter().filter(|(at_ms, _)| *at_ms <= world_ms);
            begin.0 + world_ms + set.map(|(_, by_ms)| by_ms).sum::<i64>()
        };
        // The alarm arrives a second after the beginning; a few milliseconds on its way.
        let mut expected = Vec::new();
        let mut due = clock(1_000) + LIMIT_MS;
        for world_ms in 1_000..END_MS {
            if clock(world_ms) >= due {
                expected.push(clock(world_ms));
                due = clock(world_ms) + LIMIT_MS;
            }
        }
        let levels: Vec<u32> = escalations.iter().map(|(_, level)| *level).collect();
        let count = u32::try_from(expected.len()).unwrap();
        assert!(
            levels.len() >= expected.len(),
            "{steps_ms:?}: {levels:?}, not {expected:?}"
        );
        assert!(
            levels.iter().copied().eq(1..=levels.len() as u32),
            "{levels:?}"
        );
        for ((at, level), expected) in escalations.iter().zip(&expected) {
            let late_ms = at.0 - expected;
            assert!(
                (0..2_000).contains(&late_ms),
                "{steps_ms:?}: level {level} of {count} {late_ms} ms late"
            );
        }
    }
}

/// Lives until the oracle speaks, and is sure that it says why.
fn catches(defect: Defect, rules: &[Rule]) {
    let failure = (0..SEEDS).find_map(|seed| live(seed, Some(defect)).err());
    let failure = failure.unwrap_or_else(|| panic!("{SEEDS} worlds, and nobody noticed"));
    assert!(
        rules.contains(&failure.violation.rule),
        "{}",
        report(&failure)
    );
    println!(
        "{defect:?} was caught at seed {}: {}",
        failure.seed, failure.violation.rule
    );
}

#[test]
fn the_simulation_catches_a_lost_page() {
    catches(Defect::LostPage, &[Rule::PhoneFollowsLog, Rule::PageRings]);
}

#[test]
fn the_simulation_catches_a_page_that_was_never_written() {
    catches(Defect::UnwrittenPage, &[Rule::RowsAreReplay]);
}

#[test]
fn the_simulation_catches_a_late_deadline() {
    catches(Defect::LateDeadline, &[Rule::DeadlineInTime]);
}

#[test]
fn the_simulation_catches_an_escalation_after_a_check_in() {
    catches(
        Defect::EscalationAfterCheckIn,
        &[Rule::NoEscalationAfterCheckIn],
    );
}

#[test]
fn the_simulation_catches_an_answer_before_the_commit() {
    catches(Defect::AnswerBeforeCommit, &[Rule::EveryAlarmInOneTicket]);
}

#[test]
fn the_simulation_catches_a_siren_that_a_check_in_elsewhere_does_not_stop() {
    catches(Defect::SirenSoundsOn, &[Rule::NobodyWokenForNothing]);
}

#[test]
fn the_simulation_catches_a_tap_that_is_sent_twice() {
    catches(Defect::TapSentTwice, &[Rule::TapsCountOnce]);
}

#[test]
fn the_simulation_catches_a_page_that_waits_for_its_next_channel() {
    catches(Defect::SleepingDispatcher, &[Rule::NextChannelInTime]);
}
