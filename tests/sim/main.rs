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
use oracle::Tally;
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
