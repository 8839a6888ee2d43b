//! Turns of a day, of some days, of some weeks.

mod common;

use common::*;
use jiff::ToSpan;
use jiff::civil::{Weekday, date, time};
use tocsin_rota::{HandoffSpec, Rota, RotaSpec, ShiftKind};

/// Who has the duty at noon in Berlin on these many days from the start on, a letter each.
fn days(rota: &Rota, days: i32) -> String {
    (0..days)
        .map(|day| {
            let noon = (START + day.days()).at(12, 0, 0, 0);
            let noon = noon.to_zoned(zone("Europe/Berlin")).expect("an instant");
            rota.on_call(noon.timestamp()).person
        })
        .collect()
}

fn every(days: Option<Weekday>, every: u8) -> RotaSpec {
    RotaSpec {
        handoff: HandoffSpec {
            weekday: days,
            time: time(9, 0, 0, 0),
            every,
        },
        ..berlin(vec![stays("A"), stays("B"), stays("C")])
    }
}

#[test]
fn in_a_daily_rotation_the_duty_changes_hands_every_day() {
    let rota = rota(&daily(
        "Europe/Berlin",
        vec![stays("A"), stays("B"), stays("C")],
    ));
    assert_eq!(days(&rota, 9), "ABCABCABC");
    let shift = rota.on_call(at("2026-01-06T08:59:59+01:00"));
    assert_eq!(shift.person, "A");
    assert_eq!(shift.until, at("2026-01-06T09:00+01:00"));
    assert_eq!(shift.kind, ShiftKind::Rotation { turn: 0 });
}

#[test]
fn turns_may_last_several_days_or_weeks() {
    assert_eq!(days(&rota(&every(None, 3)), 12), "AAABBBCCCAAA");
    let fortnights = rota(&every(Some(Weekday::Monday), 2));
    let noon = |week: i32| {
        let noon = (monday(week) + 2.days()).at(12, 0, 0, 0);
        noon.to_zoned(zone("UTC")).expect("an instant").timestamp()
    };
    let who: String = (0..8)
        .map(|week| fortnights.on_call(noon(week)).person)
        .collect();
    assert_eq!(who, "AABBCCAA");
}

#[test]
fn turns_of_days_begin_on_the_start_date_and_turns_of_weeks_on_their_weekday() {
    let thursday = date(2026, 1, 8);
    let first = |weekday| {
        let mut spec = every(weekday, 1);
        spec.start = thursday;
        rota(&spec).on_call(at("2026-01-08T12:00+01:00"))
    };
    assert_eq!(first(None).from, at("2026-01-08T09:00+01:00"));
    assert_eq!(first(None).person, "A");
    assert_eq!(
        first(Some(Weekday::Monday)).from,
        at("2026-01-05T09:00+01:00")
    );
}

#[test]
fn joining_and_leaving_a_daily_rotation_moves_nobody_elses_day() {
    let rota = rota(&daily(
        "Europe/Berlin",
        vec![
            stays("A"),
            stays("B"),
            leaves("C", date(2026, 1, 11)),
            joins("D", date(2026, 1, 14)),
        ],
    ));
    let without = common::rota(&daily(
        "Europe/Berlin",
        vec![stays("A"), stays("B"), stays("C")],
    ));
    let (with, without) = (days(&rota, 30), days(&without, 30));
    for (day, (after, before)) in with.chars().zip(without.chars()).enumerate() {
        assert!(
            after == before || before == 'C' || after == 'D',
            "day {day}: {before} became {after}"
        );
    }
    assert!(!with[6..].contains('C'));
    let days_of = |person| with[9..].matches(person).count();
    assert!(days_of("A").abs_diff(days_of("B")) <= 1, "{with}");
    assert!(days_of("D") >= 6, "{with}");
}

#[test]
fn a_daily_handoff_keeps_its_local_time_when_the_clocks_change() {
    // 2026-03-29: 02:00 CET becomes 03:00 CEST, so the night has an hour less.
    let rota = rota(&daily("Europe/Berlin", vec![stays("A"), stays("B")]));
    let shifts = rota.shifts(at("2026-03-28T12:00Z"), at("2026-03-30T12:00Z"));
    let lengths: Vec<i64> = shifts
        .iter()
        .map(|shift| shift.until.duration_since(shift.from).as_hours())
        .collect();
    assert_eq!(lengths, [23, 24, 24]);
    // On Lord Howe the clocks move by half an hour.
    let island = common::rota(&daily("Australia/Lord_Howe", vec![stays("A"), stays("B")]));
    let night = island.on_call(at("2026-10-03T12:00Z"));
    assert_eq!(
        night.until.duration_since(night.from).as_secs(),
        (23 * 60 + 30) * 60
    );
}

#[test]
fn the_turn_of_a_day_that_the_calendar_skips_is_nobodys() {
    // Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31.
    let mut spec = daily("Pacific/Apia", vec![stays("A"), stays("B"), stays("C")]);
    spec.start = date(2011, 12, 28);
    let rota = rota(&spec);
    let shifts = rota.shifts(at("2011-12-28T09:00-10:00"), at("2012-01-01T09:00+14:00"));
    let people: String = shifts.iter().map(|shift| shift.person.as_str()).collect();
    assert_eq!(people, "ABA", "C's day never was");
    assert_eq!(shifts[1].until, at("2011-12-31T09:00+14:00"));
    assert_eq!(rota.next_handoff(shifts[1].from), shifts[1].until);
}

#[test]
fn a_turn_of_no_length_or_of_more_than_a_year_is_refused() {
    for length in [0, 53, 255] {
        let error = Rota::new(&every(None, length)).expect_err("no sensible length");
        assert_eq!(error.field(), "handoff.every");
        assert_eq!(
            error.to_string(),
            format!("handoff.every: expected 1 to 52 weeks or days, not {length}")
        );
    }
}
