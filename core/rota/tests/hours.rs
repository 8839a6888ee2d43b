//! Rotations that count at certain hours only, and together at all.

mod common;

use common::*;
use jiff::civil::{Weekday, date};
use jiff::{Timestamp, ToSpan};
use tocsin_rota::{HoursSpec, Rota, RotaSpec};

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Anna and Ben by day on workdays, Nora and Nils otherwise, all in Berlin, weekly.
fn business_hours() -> RotaSpec {
    RotaSpec {
        hours: vec![hours(&WORKDAYS, 9, 17)],
        otherwise: vec![berlin(vec![stays("nora"), stays("nils")])],
        ..berlin(vec![stays("anna"), stays("ben")])
    }
}

/// One person at each of three sites, `(zone, from, until)`.
fn sites(sites: [(&str, i8, i8); 3]) -> RotaSpec {
    let [first, second, third] = sites.map(|(zone, from, until)| RotaSpec {
        hours: vec![hours(&EVERY_DAY, from, until)],
        ..daily(zone, vec![stays(zone)])
    });
    RotaSpec {
        otherwise: vec![second, third],
        ..first
    }
}

#[test]
fn business_hours_belong_to_one_rotation_and_the_rest_to_another() {
    let rota = rota(&business_hours());
    let who = |moment| rota.on_call(at(moment)).person;
    assert_eq!(who("2026-01-06T08:59:59+01:00"), "nora");
    assert_eq!(who("2026-01-06T09:00+01:00"), "anna");
    assert_eq!(who("2026-01-06T16:59:59+01:00"), "anna");
    assert_eq!(who("2026-01-06T17:00+01:00"), "nora");
    assert_eq!(who("2026-01-10T12:00+01:00"), "nora", "a Saturday");
    assert_eq!(who("2026-01-13T12:00+01:00"), "ben", "a week later");
    let weekend = rota.on_call(at("2026-01-10T12:00+01:00"));
    assert_eq!(weekend.from, at("2026-01-09T17:00+01:00"));
    // The night rotation hands over on Monday at 09:00, as the day begins.
    assert_eq!(weekend.until, at("2026-01-12T09:00+01:00"));
}

#[test]
fn three_sites_that_follow_the_sun_are_never_without_anybody() {
    let spec = sites([
        ("Asia/Seoul", 9, 18),
        ("Europe/Berlin", 9, 18),
        ("America/New_York", 9, 21),
    ]);
    let rota = rota(&spec);
    let who = |moment| rota.on_call(at(moment)).person;
    assert_eq!(who("2026-01-06T00:00Z"), "Asia/Seoul", "from 09:00 there");
    // Seoul ends at 09:00 UTC, which is 10:00 in Berlin: where two hold, the first counts.
    assert_eq!(who("2026-01-06T08:59Z"), "Asia/Seoul");
    assert_eq!(who("2026-01-06T09:00Z"), "Europe/Berlin");
    assert_eq!(who("2026-01-06T17:00Z"), "America/New_York");
    // In summer Berlin ends an hour earlier by UTC.
    assert_eq!(who("2026-07-06T16:00Z"), "America/New_York");
}

#[test]
fn a_gap_that_only_a_change_of_clocks_opens_is_refused_and_named() {
    // All year Seoul hands over to Berlin at 07:00 UTC in summer, but in winter Berlin begins at
    // 08:00 UTC: 16:00 to 17:00 in Seoul is nobody's from the end of October on.
    let spec = sites([
        ("Asia/Seoul", 9, 16),
        ("Europe/Berlin", 9, 18),
        ("America/New_York", 9, 21),
    ]);
    let in_summer = RotaSpec {
        start: date(2026, 6, 1),
        ..spec
    };
    let mut all_in_summer = in_summer.clone();
    for site in &mut all_in_summer.otherwise {
        site.start = date(2026, 6, 1);
    }
    let error = Rota::new(&all_in_summer).expect_err("a gap in winter");
    assert_eq!(error.field(), "hours");
    let text = error.to_string();
    assert!(
        text.starts_with(
            "hours: nobody is on call from 2026-10-25T16:00:00 until 2026-10-25T17:00:00 \
             (Asia/Seoul); widen the hours"
        ),
        "{text}"
    );
}

#[test]
fn hours_with_nobody_after_them_are_refused_with_the_first_gap() {
    let alone = RotaSpec {
        otherwise: Vec::new(),
        ..business_hours()
    };
    let text = Rota::new(&alone).expect_err("a gap").to_string();
    assert!(
        text.starts_with(
            "hours: nobody is on call from 2026-01-05T17:00:00 until 2026-01-06T09:00:00"
        ),
        "{text}"
    );
}

#[test]
fn a_public_holiday_is_like_a_sunday() {
    let mut spec = business_hours();
    spec.holidays = vec![date(2026, 1, 6)];
    let rota = rota(&spec);
    let who = |moment| rota.on_call(at(moment)).person;
    assert_eq!(who("2026-01-05T12:00+01:00"), "anna");
    assert_eq!(who("2026-01-06T12:00+01:00"), "nora");
    assert_eq!(who("2026-01-07T12:00+01:00"), "anna");
    let holiday = rota.on_call(at("2026-01-06T12:00+01:00"));
    assert_eq!(holiday.from, at("2026-01-05T17:00+01:00"));
    assert_eq!(holiday.until, at("2026-01-07T09:00+01:00"));
}

#[test]
fn a_holiday_on_which_nobody_else_works_is_refused() {
    let mut spec = sites([
        ("Asia/Seoul", 9, 18),
        ("Europe/Berlin", 9, 18),
        ("America/New_York", 9, 21),
    ]);
    spec.otherwise[0].holidays = vec![date(2031, 12, 25)];
    let text = Rota::new(&spec).expect_err("Christmas").to_string();
    assert!(
        text.contains("from 2031-12-25T18:00:00 until 2031-12-25T23:00:00 (Asia/Seoul)"),
        "{text}"
    );
    // Somebody who always is on call closes every gap.
    spec.otherwise.push(berlin(vec![stays("carl")]));
    let who = rota(&spec).on_call(at("2031-12-25T12:00Z")).person;
    assert_eq!(who, "carl");
}

#[test]
fn hours_may_go_past_midnight_and_round_the_clock() {
    let nights = RotaSpec {
        hours: vec![
            hours(&WORKDAYS, 17, 9),
            hours(&[Weekday::Saturday, Weekday::Sunday], 9, 9),
        ],
        otherwise: vec![berlin(vec![stays("anna"), stays("ben")])],
        ..berlin(vec![stays("nora"), stays("nils")])
    };
    let by_night = rota(&nights);
    let by_day = rota(&business_hours());
    let from = at("2026-01-05T09:00+01:00");
    // The same plan told from its other side.
    for hour in 0..24 * 400 {
        let moment = from + (i64::from(hour) * 3600 + 1).seconds();
        assert_eq!(
            by_night.on_call(moment).person,
            by_day.on_call(moment).person
        );
    }
    let weekend = by_night.on_call(at("2026-01-10T12:00+01:00"));
    assert_eq!(weekend.from, at("2026-01-09T17:00+01:00"));
}

#[test]
fn an_override_stands_in_whatever_the_hours() {
    let mut spec = business_hours();
    spec.overrides = vec![stand_in("dora", "2026-01-06T16:00", "2026-01-06T20:00")];
    let rota = rota(&spec);
    let shifts = rota.shifts(at("2026-01-06T09:00+01:00"), at("2026-01-07T09:00+01:00"));
    let who: Vec<&str> = shifts.iter().map(|shift| shift.person.as_str()).collect();
    assert_eq!(who, ["anna", "dora", "nora"]);
}

#[test]
fn hours_in_the_skipped_and_the_repeated_hour_hand_over_once() {
    // Two halves of the day that meet at 02:30.
    let half = |from: (i8, i8), until: (i8, i8)| HoursSpec {
        days: EVERY_DAY.to_vec(),
        from: jiff::civil::time(from.0, from.1, 0, 0),
        until: jiff::civil::time(until.0, until.1, 0, 0),
    };
    let rota = rota(&RotaSpec {
        hours: vec![half((14, 30), (2, 30))],
        otherwise: vec![RotaSpec {
            hours: vec![half((2, 30), (14, 30))],
            ..berlin(vec![stays("early")])
        }],
        ..berlin(vec![stays("late")])
    });
    let handovers = |from: &str, until: &str| -> Vec<Timestamp> {
        let shifts = rota.shifts(at(from), at(until));
        shifts.iter().skip(1).map(|shift| shift.from).collect()
    };
    assert_eq!(
        handovers("2026-03-29T00:00Z", "2026-03-29T06:00Z"),
        [at("2026-03-29T03:30+02:00")]
    );
    assert_eq!(
        handovers("2026-10-24T22:00Z", "2026-10-25T06:00Z"),
        [at("2026-10-25T02:30+02:00")]
    );
}

#[test]
fn mistakes_in_hours_and_in_what_takes_over_are_told_with_their_field() {
    let mut spec = business_hours();
    spec.hours[0].days.clear();
    let error = Rota::new(&spec).expect_err("no days");
    assert_eq!(error.field(), "hours[0].days");

    let mut spec = business_hours();
    spec.otherwise[0].zone = "Europe/Berln".to_owned();
    let error = Rota::new(&spec).expect_err("no such zone");
    assert_eq!(error.field(), "otherwise[0].zone");
    assert!(
        error
            .to_string()
            .starts_with("otherwise[0].zone: there is no IANA time zone"),
        "{error}"
    );

    let mut spec = business_hours();
    spec.holidays = vec![date(202, 1, 1)];
    let error = Rota::new(&spec).expect_err("a slip");
    assert_eq!(error.field(), "holidays[0]");
}

#[test]
fn hours_are_read_as_they_are_written() {
    let spec: RotaSpec = toml::from_str(
        r#"
        zone = "Europe/Berlin"
        start = 2026-01-05
        handoff = { time = 09:00, every = 2 }
        members = [{ person = "anna", mentor = { person = "ben", shifts = 2, mode = "newcomer_shadows" } }]
        hours = [{ days = ["mon", "friday"], from = 09:00, until = "17:00" }]
        holidays = [2026-01-06, "2026-12-25"]

        [[otherwise]]
        zone = "Asia/Seoul"
        start = 2026-01-05
        handoff = { weekday = "monday", time = 09:00 }
        members = [{ person = "minjun" }]
        "#,
    )
    .expect("a specification");
    assert_eq!(
        spec.hours,
        [hours(&[Weekday::Monday, Weekday::Friday], 9, 17)]
    );
    assert_eq!(spec.holidays, [date(2026, 1, 6), date(2026, 12, 25)]);
    assert_eq!(spec.otherwise[0].zone, "Asia/Seoul");
    let toml = toml::to_string(&spec).expect("TOML");
    assert_eq!(toml::from_str::<RotaSpec>(&toml).expect("readable"), spec);
}
