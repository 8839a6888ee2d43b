//! How long it takes to say who is on call, ten years after the start of a rota.

use divan::{Bencher, black_box};
use jiff::civil::{Date, Weekday, date, time};
use jiff::{Timestamp, ToSpan};
use tocsin_rota::{HandoffSpec, MemberSpec, OverrideSpec, Rota, RotaSpec, When};

fn main() {
    divan::main();
}

const START: Date = date(2026, 1, 5);

/// Ten members, of whom one is replaced every half year, and a year of weekly overrides.
fn rota(changes: i64, overrides: i64) -> Rota {
    let day = |week: i64| START + (7 * week).days();
    let mut members: Vec<MemberSpec> = (0..10)
        .map(|index| MemberSpec {
            person: format!("person {index}"),
            joins: None,
            leaves: None,
        })
        .collect();
    for change in 0..changes / 2 {
        let replaced = day(26 * (change + 1));
        members[change as usize].leaves = Some(replaced);
        members.push(MemberSpec {
            person: format!("newcomer {change}"),
            joins: Some(replaced + 21.days()),
            leaves: None,
        });
    }
    let overrides = (0..overrides)
        .map(|week| OverrideSpec {
            person: "stand-in".to_owned(),
            from: When::Local((day(week) + 5.days()).at(10, 0, 0, 0)),
            until: When::Local((day(week) + 6.days()).at(10, 0, 0, 0)),
        })
        .collect();
    Rota::new(&RotaSpec {
        zone: "Europe/Berlin".to_owned(),
        start: START,
        handoff: HandoffSpec {
            weekday: Weekday::Monday,
            time: time(9, 0, 0, 0),
        },
        members,
        overrides,
    })
    .expect("a valid rota")
}

fn years_on(years: i64) -> Timestamp {
    "2026-01-07T12:00Z".parse::<Timestamp>().expect("a time") + (years * 365 * 24).hours()
}

#[divan::bench(args = [(1, 0), (2, 4), (10, 20)])]
fn on_call_after_years_with_changes(bencher: Bencher<'_, '_>, (years, changes): (i64, i64)) {
    let rota = rota(changes, 52);
    let instant = years_on(years);
    bencher.bench_local(|| rota.on_call(black_box(instant)));
}

#[divan::bench]
fn shifts_of_a_year_after_ten_with_20_changes(bencher: Bencher<'_, '_>) {
    let rota = rota(20, 52);
    bencher.bench_local(|| rota.shifts(black_box(years_on(10)), black_box(years_on(11))));
}

#[divan::bench]
fn validating_a_rota_with_20_changes() -> Rota {
    rota(20, 52)
}
