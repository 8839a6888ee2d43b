//! What the tests of this crate share: rotas that are quick to write down and plans that are
//! quick to read.

// Every test binary compiles this module and uses a part of it.
#![allow(dead_code)]

use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use tocsin_rota::{
    HandoffSpec, HoursSpec, MemberSpec, MentorSpec, OverrideSpec, Rota, RotaSpec, ShadowMode, When,
};

/// A Monday; week 0 of [`berlin`] begins on it at 09:00.
pub const START: Date = date(2026, 1, 5);

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// The Monday that begins `week`.
pub fn monday(week: i32) -> Date {
    START + (7 * week).days()
}

pub fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).expect("a zone")
}

pub fn member(person: &str, joins: Option<Date>, leaves: Option<Date>) -> MemberSpec {
    MemberSpec {
        joins,
        leaves,
        ..MemberSpec::new(person)
    }
}

/// Somebody who is there from the start and stays.
pub fn stays(person: &str) -> MemberSpec {
    member(person, None, None)
}

pub fn joins(person: &str, date: Date) -> MemberSpec {
    member(person, Some(date), None)
}

pub fn leaves(person: &str, date: Date) -> MemberSpec {
    member(person, None, Some(date))
}

pub fn stand_in(person: &str, from: &str, until: &str) -> OverrideSpec {
    let when = |text: &str| match text.parse() {
        Ok(instant) => When::Instant(instant),
        Err(_) => When::Local(text.parse().expect("a local time")),
    };
    OverrideSpec {
        person: person.to_owned(),
        from: when(from),
        until: when(until),
    }
}

pub fn spec(
    zone: &str,
    start: Date,
    weekday: Weekday,
    time: Time,
    members: Vec<MemberSpec>,
) -> RotaSpec {
    RotaSpec::new(zone, start, HandoffSpec::weekly(weekday, time), members)
}

/// Handoffs every day at 09:00.
pub fn daily(zone: &str, members: Vec<MemberSpec>) -> RotaSpec {
    RotaSpec::new(zone, START, HandoffSpec::daily(time(9, 0, 0, 0)), members)
}

pub const WORKDAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

pub fn hours(days: &[Weekday], from: i8, until: i8) -> HoursSpec {
    HoursSpec {
        days: days.to_vec(),
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
    }
}

/// Somebody new, with a mentor.
pub fn learns(newcomer: MemberSpec, mentor: &str, shifts: u16, mode: ShadowMode) -> MemberSpec {
    MemberSpec {
        mentor: Some(MentorSpec {
            person: mentor.to_owned(),
            shifts,
            mode,
        }),
        ..newcomer
    }
}

/// Handoffs in Berlin on Mondays at 09:00.
pub fn berlin(members: Vec<MemberSpec>) -> RotaSpec {
    spec(
        "Europe/Berlin",
        START,
        Weekday::Monday,
        time(9, 0, 0, 0),
        members,
    )
}

pub fn rota(spec: &RotaSpec) -> Rota {
    Rota::new(spec).expect("a valid rota")
}

/// Who is on call on the Wednesdays of these many weeks from week 0 on, a letter each.
pub fn plan(members: Vec<MemberSpec>, weeks: i32) -> String {
    let rota = rota(&berlin(members));
    (0..weeks)
        .map(|week| {
            let wednesday = (monday(week) + 2.days())
                .at(12, 0, 0, 0)
                .to_zoned(TimeZone::UTC)
                .expect("an instant");
            rota.on_call(wednesday.timestamp()).person
        })
        .collect()
}
