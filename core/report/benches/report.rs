//! How long a year's report takes: 100,000 tickets, ten times what a busy team has.

use divan::Bencher;
use tocsin_report::{History, Query, Tally};
use tocsin_ticket::{Millis, Severity};

#[path = "../tests/common/mod.rs"]
mod common;

use common::{World, at, minutes, query, shift};

fn main() {
    divan::main();
}

const TICKETS: u64 = 100_000;

/// A year in which an alarm comes every five minutes; every other one rings, and is answered.
fn year() -> (Query, Vec<History>) {
    let from = at("2026-01-01T00:00+01:00");
    let until = at("2027-01-01T00:00+01:00");
    let mut world = World::default();
    for number in 0..TICKETS {
        let now = from + minutes(number * 5);
        let service = ["checkout", "orders"][number as usize % 2];
        let title = format!(
            "pattern {} on host-{number}",
            ["a", "b", "c"][number as usize % 3]
        );
        if number % 2 == 0 {
            let ticket = world.rings(service, &title, now);
            world.check_in(ticket, "ana", now + minutes(3));
            world.start(ticket, "ana", now + minutes(6));
            world.resolve(ticket, "ana", now + minutes(20));
        } else {
            let ticket = world.alarm(service, &title, Severity::Sev4, now);
            world.recover(ticket, now + minutes(4));
        }
    }
    let mut query = query(from, until, "Europe/Berlin");
    for week in 0..53 {
        let begins = from + minutes(week * 7 * 24 * 60);
        let ends: Millis = begins + minutes(7 * 24 * 60);
        query.shifts.push(shift("ana", "shop", begins, ends));
    }
    let histories = world.tickets.into_iter().map(|(_, history)| history);
    (query, histories.collect())
}

#[divan::bench(sample_count = 10)]
fn a_year_of_100_000_tickets(bencher: Bencher<'_, '_>) {
    let (query, histories) = year();
    bencher.bench_local(|| {
        let mut tally = Tally::new(query.clone()).expect("a query");
        for history in &histories {
            tally.add(history);
        }
        tally.report()
    });
}

#[cfg(feature = "render")]
#[divan::bench(sample_count = 10)]
fn its_page(bencher: Bencher<'_, '_>) {
    let (query, histories) = year();
    let mut tally = Tally::new(query).expect("a query");
    for history in &histories {
        tally.add(history);
    }
    let report = tally.report();
    bencher.bench_local(|| tocsin_report::render::html(&report));
}
