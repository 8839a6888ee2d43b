//! Handoffs at local times that the clocks skip or show twice.

mod common;

use common::*;
use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::{Timestamp, ToSpan};
use tocsin_rota::Rota;

/// Two people who take turns from `start` on.
fn two_people(zone: &str, start: Date, weekday: Weekday, time: Time) -> Rota {
    rota(&spec(
        zone,
        start,
        weekday,
        time,
        vec![stays("anna"), stays("ben")],
    ))
}

/// Asserts that anna hands over to ben at exactly `handoff`, which ends a week of `hours`.
#[track_caller]
fn assert_hands_over(rota: &Rota, handoff: &str, hours: f64) {
    let handoff = at(handoff);
    let before = rota.on_call(handoff - 1.nanosecond());
    let after = rota.on_call(handoff);
    assert_eq!((before.person.as_str(), before.until), ("anna", handoff));
    assert_eq!((after.person.as_str(), after.from), ("ben", handoff));
    assert_eq!(rota.next_handoff(handoff - 1.nanosecond()), handoff);
    assert_eq!(rota.next_handoff(handoff), after.until);
    assert_eq!(
        (before.until.duration_since(before.from)).as_secs_f64() / 3600.0,
        hours
    );
}

#[test]
fn in_berlin_a_handoff_in_the_skipped_hour_is_an_hour_later() {
    // 2026-03-29: 02:00 CET becomes 03:00 CEST.
    let sunday = |time| two_people("Europe/Berlin", date(2026, 3, 22), Weekday::Sunday, time);
    assert_hands_over(&sunday(time(2, 30, 0, 0)), "2026-03-29T03:30+02:00", 168.0);
    assert_hands_over(&sunday(time(2, 0, 0, 0)), "2026-03-29T03:00+02:00", 168.0);
    assert_hands_over(&sunday(time(1, 59, 0, 0)), "2026-03-29T01:59+01:00", 168.0);
    assert_hands_over(&sunday(time(3, 0, 0, 0)), "2026-03-29T03:00+02:00", 167.0);
}

#[test]
fn in_berlin_a_handoff_in_the_repeated_hour_is_the_first_of_the_two() {
    // 2026-10-25: 03:00 CEST becomes 02:00 CET.
    let sunday = |time| two_people("Europe/Berlin", date(2026, 10, 18), Weekday::Sunday, time);
    assert_hands_over(&sunday(time(2, 30, 0, 0)), "2026-10-25T02:30+02:00", 168.0);
    assert_hands_over(&sunday(time(2, 0, 0, 0)), "2026-10-25T02:00+02:00", 168.0);
    assert_hands_over(&sunday(time(3, 0, 0, 0)), "2026-10-25T03:00+01:00", 169.0);
}

#[test]
fn in_new_york_a_handoff_in_the_skipped_hour_is_an_hour_later() {
    // 2026-03-08: 02:00 EST becomes 03:00 EDT.
    let rota = two_people(
        "America/New_York",
        date(2026, 3, 1),
        Weekday::Sunday,
        time(2, 30, 0, 0),
    );
    assert_hands_over(&rota, "2026-03-08T03:30-04:00", 168.0);
}

#[test]
fn in_new_york_a_handoff_in_the_repeated_hour_is_the_first_of_the_two() {
    // 2026-11-01: 02:00 EDT becomes 01:00 EST.
    let sunday = |time| {
        two_people(
            "America/New_York",
            date(2026, 10, 25),
            Weekday::Sunday,
            time,
        )
    };
    assert_hands_over(&sunday(time(1, 30, 0, 0)), "2026-11-01T01:30-04:00", 168.0);
    assert_hands_over(&sunday(time(2, 0, 0, 0)), "2026-11-01T02:00-05:00", 169.0);
}

#[test]
fn in_seoul_every_week_has_168_hours_since_the_clocks_stopped_changing() {
    let rota = two_people(
        "Asia/Seoul",
        date(2026, 1, 5),
        Weekday::Monday,
        time(9, 0, 0, 0),
    );
    let year = rota.shifts(at("2026-01-05T09:00+09:00"), at("2027-01-04T09:00+09:00"));
    assert_eq!(year.len(), 52);
    for shift in year {
        assert_eq!(shift.until.duration_since(shift.from).as_hours(), 168);
    }
}

#[test]
fn in_seoul_the_summer_time_of_1988_shifted_and_repeated_handoffs_like_anywhere() {
    // 1988-05-08: 02:00 KST becomes 03:00 KDT; 1988-10-09: 03:00 KDT becomes 02:00 KST.
    let from = |start| two_people("Asia/Seoul", start, Weekday::Sunday, time(2, 30, 0, 0));
    assert_hands_over(&from(date(1988, 5, 1)), "1988-05-08T03:30+10:00", 168.0);
    assert_hands_over(&from(date(1988, 10, 2)), "1988-10-09T02:30+10:00", 168.0);
}

#[test]
fn on_lord_howe_a_handoff_in_the_skipped_half_hour_is_half_an_hour_later() {
    // 2026-10-04: 02:00 +10:30 becomes 02:30 +11:00.
    let sunday = |time| {
        two_people(
            "Australia/Lord_Howe",
            date(2026, 9, 27),
            Weekday::Sunday,
            time,
        )
    };
    assert_hands_over(&sunday(time(2, 15, 0, 0)), "2026-10-04T02:45+11:00", 168.0);
    assert_hands_over(&sunday(time(2, 0, 0, 0)), "2026-10-04T02:30+11:00", 168.0);
    assert_hands_over(&sunday(time(2, 30, 0, 0)), "2026-10-04T02:30+11:00", 167.5);
}

#[test]
fn on_lord_howe_a_handoff_in_the_repeated_half_hour_is_the_first_of_the_two() {
    // 2026-04-05: 02:00 +11:00 becomes 01:30 +10:30.
    let sunday = |time| {
        two_people(
            "Australia/Lord_Howe",
            date(2026, 3, 29),
            Weekday::Sunday,
            time,
        )
    };
    assert_hands_over(&sunday(time(1, 45, 0, 0)), "2026-04-05T01:45+11:00", 168.0);
    assert_hands_over(&sunday(time(2, 0, 0, 0)), "2026-04-05T02:00+10:30", 168.5);
}

#[test]
fn nobody_gets_the_duty_back_when_the_clocks_return_to_the_day_before_the_handoff() {
    // St. John's, Sunday 2010-11-07: 00:01 NDT becomes Saturday 23:01 NST.
    let rota = two_people(
        "America/St_Johns",
        date(2010, 10, 31),
        Weekday::Sunday,
        time(0, 0, 0, 0),
    );
    assert_hands_over(&rota, "2010-11-07T00:00-02:30", 168.0);
    assert_eq!(rota.on_call(at("2010-11-06T23:30-03:30")).person, "ben");
}

#[test]
fn a_handoff_on_a_day_the_calendar_skips_is_a_day_later() {
    // Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31.
    let rota = two_people(
        "Pacific/Apia",
        date(2011, 12, 23),
        Weekday::Friday,
        time(9, 0, 0, 0),
    );
    assert_hands_over(&rota, "2011-12-31T09:00+14:00", 168.0);
    assert_eq!(
        rota.next_handoff(at("2011-12-31T09:00+14:00")),
        at("2012-01-06T09:00+14:00")
    );
}

#[test]
fn an_override_in_the_skipped_hour_begins_an_hour_later_and_one_in_the_repeated_hour_at_the_first()
{
    let mut spec = berlin(vec![stays("anna")]);
    spec.overrides = vec![
        stand_in("ben", "2026-03-29T02:30", "2026-03-29T06:00"),
        stand_in("ben", "2026-10-25T02:30", "2026-10-25T06:00"),
        stand_in("chris", "2026-10-25T02:30+01:00", "2026-10-25T06:00"),
    ];
    let rota = rota(&spec);
    let begin = |instant| rota.on_call(at(instant)).from;
    assert_eq!(begin("2026-03-29T03:00Z"), at("2026-03-29T03:30+02:00"));
    assert_eq!(begin("2026-10-25T01:00Z"), at("2026-10-25T02:30+02:00"));
    // Whoever means the second writes the offset.
    assert_eq!(begin("2026-10-25T02:00Z"), at("2026-10-25T02:30+01:00"));
}

#[test]
fn somebody_is_on_call_at_both_ends_of_time() {
    let rota = two_people("Europe/Berlin", START, Weekday::Monday, time(9, 0, 0, 0));
    assert_eq!(rota.on_call(Timestamp::MIN).from, Timestamp::MIN);
    let last = rota.on_call(Timestamp::MAX);
    assert_eq!(last.until, Timestamp::MAX);
    assert!(last.from < last.until);
    assert_eq!(rota.next_handoff(Timestamp::MAX), Timestamp::MAX);
    assert_eq!(
        rota.shifts(Timestamp::MAX - 1.hour(), Timestamp::MAX),
        [last]
    );
}
