//! How long it takes to say who is on call, ten years after the start of a rota.

use divan::{Bencher, black_box};
use jiff::civil::{Date, Weekday, date, time};
use jiff::{Timestamp, ToSpan};
use tocsin_rota::{HandoffSpec, HoursSpec, MemberSpec, OverrideSpec, Rota, RotaSpec, When};

fn main() {
    divan::main();
}

const START: Date = date(2026, 1, 5);
const WEEKLY: HandoffSpec = HandoffSpec::weekly(Weekday::Monday, time(9, 0, 0, 0));
const DAILY: HandoffSpec = HandoffSpec::daily(time(9, 0, 0, 0));

/// Ten members, of whom one is replaced every half year, and a year of weekly overrides.
fn rota(handoff: HandoffSpec, changes: i64, overrides: i64) -> Rota {
    let day = |week: i64| START + (7 * week).days();
    let mut members: Vec<MemberSpec> = (0..10)
        .map(|index| MemberSpec::new(format!("person {index}")))
        .collect();
    for change in 0..changes / 2 {
        let replaced = day(26 * (change + 1));
        members[change as usize].leaves = Some(replaced);
        members.push(MemberSpec {
            joins: Some(replaced + 21.days()),
            ..MemberSpec::new(format!("newcomer {change}"))
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
        overrides,
        ..RotaSpec::new("Europe/Berlin", START, handoff, members)
    })
    .expect("a valid rota")
}

fn years_on(years: i64) -> Timestamp {
    "2026-01-07T12:00Z".parse::<Timestamp>().expect("a time") + (years * 365 * 24).hours()
}

#[divan::bench(args = [(1, 0), (2, 4), (10, 20)])]
fn on_call_after_years_with_changes(bencher: Bencher<'_, '_>, (years, changes): (i64, i64)) {
    let rota = rota(WEEKLY, changes, 52);
    let instant = years_on(years);
    bencher.bench_local(|| rota.on_call(black_box(instant)));
}

#[divan::bench]
fn shifts_of_a_year_after_ten_with_20_changes(bencher: Bencher<'_, '_>) {
    let rota = rota(WEEKLY, 20, 52);
    bencher.bench_local(|| rota.shifts(black_box(years_on(10)), black_box(years_on(11))));
}

#[divan::bench]
fn validating_a_rota_with_20_changes() -> Rota {
    rota(WEEKLY, 20, 52)
}

#[divan::bench]
fn on_call_after_ten_years_of_days_with_20_changes(bencher: Bencher<'_, '_>) {
    let rota = rota(DAILY, 20, 52);
    let instant = years_on(10);
    bencher.bench_local(|| rota.on_call(black_box(instant)));
}

/// Three sites, each for a third of the day: what every load of a configuration pays.
#[divan::bench]
fn validating_hours_that_follow_the_sun() -> Rota {
    let site = |zone: &str, from: i8, until: i8| RotaSpec {
        hours: vec![HoursSpec {
            days: (0..7)
                .map(|day| Weekday::from_monday_zero_offset(day).expect("a weekday"))
                .collect(),
            from: time(from, 0, 0, 0),
            until: time(until, 0, 0, 0),
        }],
        ..RotaSpec::new(zone, START, DAILY, vec![MemberSpec::new(zone)])
    };
    Rota::new(&RotaSpec {
        otherwise: vec![site("America/New_York", 8, 21), site("Asia/Seoul", 8, 18)],
        ..site("Europe/Berlin", 8, 18)
    })
    .expect("no gap")
}
