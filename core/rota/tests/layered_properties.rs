//! What holds for every rota with hours, mentors and swaps, tried on thousands of random ones in
//! zones that change their clocks on different days, in different directions and by different
//! amounts.

mod common;

use std::collections::BTreeMap;

use common::*;
use jiff::civil::{Weekday, date, time};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use tocsin_rota::{
    HandoffSpec, HoursSpec, Rota, RotaError, RotaSpec, Shadow, ShadowMode, ShiftKind, Swap,
    moved_shifts,
};

const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Seoul",
    "Australia/Lord_Howe",
];

fn handoffs() -> impl Strategy<Value = HandoffSpec> {
    let weekday = prop_oneof![
        Just(None),
        (0..7i8).prop_map(|day| Weekday::from_monday_zero_offset(day).ok())
    ];
    (weekday, 0..24i8, 1..4u8).prop_map(|(weekday, hour, every)| HandoffSpec {
        weekday,
        time: time(hour, 30, 0, 0),
        every,
    })
}

fn hours_of_a_site() -> impl Strategy<Value = Vec<HoursSpec>> {
    let days = prop_oneof![
        3 => Just(vec![0, 1, 2, 3, 4, 5, 6]),
        1 => Just(vec![0, 1, 2, 3, 4]),
        1 => Just(vec![5, 6]),
    ];
    let stretch = (days, 0..24i8, prop_oneof![Just(0i8), Just(30)], 4..25i8).prop_map(
        |(days, hour, minute, length)| HoursSpec {
            days: days
                .into_iter()
                .map(|day| Weekday::from_monday_zero_offset(day).expect("a weekday"))
                .collect(),
            from: time(hour, minute, 0, 0),
            until: time((hour + length) % 24, minute, 0, 0),
        },
    );
    prop::collection::vec(stretch, 1..3)
}

/// A rotation of two people of a site, with hours.
fn site(number: usize) -> impl Strategy<Value = RotaSpec> {
    (
        proptest::sample::select(&ZONES[..]),
        handoffs(),
        hours_of_a_site(),
        prop::collection::vec(0..400i32, 0..3),
    )
        .prop_map(move |(zone, handoff, hours, holidays)| {
            let people = ["a", "b"].map(|person| stays(&format!("{person}{number}")));
            RotaSpec {
                hours,
                holidays: holidays
                    .into_iter()
                    .map(|day| date(2026, 1, 5) + day.days())
                    .collect(),
                ..RotaSpec::new(zone, START, handoff, people.to_vec())
            }
        })
}

/// Two or three sites; half of the time somebody always is there as well.
fn layers() -> impl Strategy<Value = RotaSpec> {
    let sites = (site(0), site(1), prop::option::of(site(2)));
    (sites, any::<bool>()).prop_map(|((first, second, third), always)| {
        let mut otherwise: Vec<RotaSpec> = [second].into_iter().chain(third).collect();
        if always {
            otherwise.push(daily("Asia/Seoul", vec![stays("a9"), stays("b9")]));
        }
        RotaSpec { otherwise, ..first }
    })
}

/// Whether the hours of a rotation hold by what its clock shows: another way to say it than that
/// of the crate, and the same but for the hour that is repeated or skipped.
fn holds(spec: &RotaSpec, instant: Timestamp) -> bool {
    let local = instant.to_zoned(zone(&spec.zone)).datetime();
    let minutes = |time: jiff::civil::Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    spec.hours.is_empty()
        || spec.hours.iter().any(|hours| {
            let (from, until) = (minutes(hours.from), minutes(hours.until));
            let length = (until - from + 1440 - 1) % 1440 + 1;
            [0, 1].into_iter().any(|back: i32| {
                let began = local.date() - back.days();
                let since = minutes(local.time()) + back * 1440 - from;
                hours.days.contains(&began.weekday())
                    && !spec.holidays.contains(&began)
                    && (0..length).contains(&since)
            })
        })
}

/// The rotations in the order in which they are asked.
fn rotations(spec: &RotaSpec) -> Vec<&RotaSpec> {
    [spec].into_iter().chain(&spec.otherwise).collect()
}

/// Whether a clock changes within a day of it: then what the clock shows is not the whole truth.
fn near_a_change(spec: &RotaSpec, instant: Timestamp) -> bool {
    rotations(spec).into_iter().any(|spec| {
        let zone = zone(&spec.zone);
        let change = zone.following(instant - 24.hours()).next();
        change.is_some_and(|change| change.timestamp() < instant + 24.hours())
    })
}

fn many() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn exactly_one_person_is_on_call_at_every_instant_and_of_the_site_whose_hours_hold(
        spec in layers(),
        day in 0..500i32,
    ) {
        let rota = match Rota::new(&spec) {
            Ok(rota) => rota,
            Err(RotaError::Gap { from, until, zone: name }) => {
                // The gap is one: nobody's hours hold in it, and somebody's do before it.
                let instant = |local: jiff::civil::DateTime| {
                    local.to_zoned(zone(&name)).expect("an instant").timestamp()
                };
                let from = instant(from);
                if !near_a_change(&spec, from) {
                    for moment in [from, from + 29.minutes()] {
                        let held = rotations(&spec).into_iter().any(|spec| holds(spec, moment));
                        prop_assert!(!held, "{} is no gap", moment);
                    }
                    if let Some(until) = until.map(instant) {
                        prop_assert!(rotations(&spec).into_iter().any(|spec| holds(spec, until)));
                    }
                }
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let from = at("2026-01-05T00:00Z") + (24 * day).hours();
        let until = from + (24 * 20).hours();
        let shifts = rota.shifts(from, until);
        prop_assert!(shifts[0].from <= from && from < shifts[0].until);
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
            let (one, two) = (&pair[0], &pair[1]);
            prop_assert!(one.person != two.person || one.kind != two.kind, "cut for nothing: {:?}", pair);
        }
        for shift in &shifts {
            let half = shift.until.duration_since(shift.from) / 2;
            for moment in [shift.from, shift.from + half, shift.until - 1.nanosecond()] {
                prop_assert_eq!(&rota.on_call(moment), shift);
                if !near_a_change(&spec, moment) {
                    let first = rotations(&spec).into_iter().find(|spec| holds(spec, moment));
                    let first = first.expect("no gap");
                    let theirs = first.members.iter().any(|member| member.person == shift.person);
                    prop_assert!(theirs, "{} at {}", shift.person, moment);
                }
            }
        }
    }

    #[test]
    fn a_newcomers_first_shifts_and_no_others_have_a_mentor(
        handoff in handoffs(),
        zone in proptest::sample::select(&ZONES[..]),
        others in 1..5usize,
        joining in 0..200i32,
        leaving in prop::option::of(0..200i32),
        shifts in 1..5u16,
        leads in any::<bool>(),
    ) {
        let mode = if leads { ShadowMode::MentorShadows } else { ShadowMode::NewcomerShadows };
        let mut members: Vec<_> = (0..others).map(|person| stays(&person.to_string())).collect();
        if let Some(days) = leaving {
            members.push(leaves("leaver", START + (60 + days).days()));
        }
        let newcomer = joins("newcomer", START + joining.days());
        let plain: Vec<_> = members.iter().cloned().chain([newcomer.clone()]).collect();
        members.push(learns(newcomer, "mentor", shifts, mode));
        let [plain, mentored] =
            [plain, members].map(|members| rota(&RotaSpec::new(zone, START, handoff, members)));
        let (from, until) = (at("2026-01-01T00:00Z"), at("2027-06-01T00:00Z"));
        let mut turns = Vec::new();
        for (shift, duty) in plain.shifts(from, until).iter().zip(mentored.duties(from, until)) {
            prop_assert_eq!((shift.from, shift.until), (duty.shift.from, duty.shift.until));
            let ShiftKind::Rotation { turn } = shift.kind else { panic!("no overrides") };
            let mut with_mentor = false;
            if shift.person == "newcomer" && turn >= 0 {
                if turns.last() != Some(&turn) {
                    turns.push(turn);
                }
                with_mentor = turns.len() <= usize::from(shifts);
            }
            let shadow = with_mentor.then(|| Shadow {
                newcomer: "newcomer".to_owned(),
                mentor: "mentor".to_owned(),
                mode,
            });
            // Before the start nobody was new.
            prop_assert_eq!(&duty.shadow, &shadow);
            let leads = if shadow.is_some() && mode == ShadowMode::NewcomerShadows {
                "mentor"
            } else {
                &shift.person
            };
            prop_assert_eq!(leads, &duty.shift.person);
        }
        prop_assert!(!turns.is_empty());
    }

    #[test]
    fn swaps_conserve_everybodys_number_of_shifts_and_touch_no_others(
        handoff in handoffs(),
        zone in proptest::sample::select(&ZONES[..]),
        people in 2..6usize,
        tries in prop::collection::vec((0..60usize, 0..60usize, any::<bool>()), 1..8),
    ) {
        let members = (0..people).map(|person| stays(&person.to_string())).collect();
        let plain = rota(&RotaSpec::new(zone, START, handoff, members));
        let now = at("2026-01-01T00:00Z");
        let until = plain.shifts(now, at("2030-01-01T00:00Z"))[61].from;
        let all = |rota: &Rota| rota.shifts(plain.next_handoff(now), until);
        let count = |rota: &Rota| {
            let mut count: BTreeMap<String, usize> = BTreeMap::new();
            for shift in all(rota) {
                *count.entry(shift.person).or_default() += 1;
            }
            count
        };
        let mut swaps: Vec<Swap> = Vec::new();
        let mut touched = Vec::new();
        for (gives, takes, accepts) in tries {
            let current = plain.with_swaps(&swaps);
            let shifts = all(&current);
            let (given, taken) = (&shifts[gives % shifts.len()], &shifts[takes % shifts.len()]);
            let swap = Swap::propose(&current, &given.person, given.from, taken.from, now);
            prop_assert_eq!(swap.is_ok(), given.person != taken.person);
            let Ok(swap) = swap else { continue };
            swaps.push(if accepts {
                touched.extend([given.from, taken.from]);
                swap.accept(&current, &taken.person, now).expect("nothing moved meanwhile")
            } else {
                swap
            });
        }
        let swapped = plain.with_swaps(&swaps);
        prop_assert_eq!(count(&swapped), count(&plain));
        for (before, after) in all(&plain).iter().zip(all(&swapped)) {
            prop_assert_eq!((before.from, before.until), (after.from, after.until));
            if !touched.contains(&before.from) {
                prop_assert_eq!(before, &after);
            }
        }
    }

    #[test]
    fn whoever_is_not_said_to_move_is_on_call_as_before(
        old in layers(),
        new in layers(),
        day in 0..500i32,
    ) {
        let (Ok(old), Ok(new)) = (Rota::new(&old), Rota::new(&new)) else {
            return Err(TestCaseError::reject("a gap"));
        };
        let from = at("2026-01-05T00:00Z") + (24 * day).hours();
        let until = from + (24 * 14).hours();
        let moved = moved_shifts(&old, &new, from, until);
        let mut moment = from;
        while moment < until {
            let (was, is) = (old.on_call(moment).person, new.on_call(moment).person);
            if was != is {
                for (person, held) in [(&was, true), (&is, false)] {
                    let told = moved.iter().any(|moved| {
                        let span = if held { moved.was } else { moved.becomes };
                        moved.person == *person
                            && span.is_some_and(|span| span.from <= moment && moment < span.until)
                    });
                    prop_assert!(told, "{} at {}", person, moment);
                }
            }
            moment += 37.minutes();
        }
        prop_assert!(moved_shifts(&old, &old, from, until).is_empty());
    }
}
