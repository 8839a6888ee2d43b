//! What holds for every rota, tried on thousands of random ones: zones with and without clock
//! changes, handoffs at awkward times, people who come, go and come back, overrides.

mod common;

use std::collections::BTreeMap;

use common::*;
use jiff::civil::{Date, Weekday, date, time};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use tocsin_rota::{HandoffSpec, OverrideSpec, Rota, RotaSpec, Shift, ShiftKind, When};

const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Seoul",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
];

/// Long enough for every change of [`specs`] to be over.
const CHANGES_DAYS: i32 = 900;

/// Changes are moved up to this much later, to gather some at the same instant.
const MOST_ROUNDING_DAYS: i32 = 28;

fn dates() -> impl Strategy<Value = Date> {
    // 2010 and 2011 have St. John's change at 00:01 and Samoa's missing day.
    prop_oneof![
        (0..500).prop_map(|day: i32| date(2010, 9, 1) + day.days()),
        (0..1500).prop_map(|day: i32| date(2025, 1, 1) + day.days()),
    ]
}

/// One person's memberships: the days, counted from the start, on which they join and leave.
fn memberships() -> impl Strategy<Value = Vec<(Option<i32>, Option<i32>)>> {
    let day = 1..CHANGES_DAYS - MOST_ROUNDING_DAYS;
    prop_oneof![
        3 => Just(vec![(None, None)]),
        2 => day.clone().prop_map(|leaves| vec![(None, Some(leaves))]),
        2 => day.clone().prop_map(|joins| vec![(Some(joins), None)]),
        2 => (day.clone(), day.clone())
            .prop_map(|(a, b)| vec![(Some(a.min(b)), Some(a.max(b)))]),
        1 => (day.clone(), day)
            .prop_map(|(a, b)| vec![(None, Some(a.min(b))), (Some(a.max(b)), None)]),
    ]
}

fn overrides() -> impl Strategy<Value = Vec<(usize, i32, i32, bool)>> {
    let minutes = (-7 * 1440)..(400 * 1440);
    proptest::collection::vec((0..12usize, minutes, 1..(20 * 1440), any::<bool>()), 0..6)
}

/// Random valid rotas, most of them with several changes of members, some whole days apart and
/// some at the same handoff.
fn specs() -> impl Strategy<Value = RotaSpec> {
    (
        proptest::sample::select(&ZONES[..]),
        dates(),
        (
            prop_oneof![2 => (0..7i8).prop_map(Some), 1 => Just(None)],
            1..4u8,
        ),
        proptest::sample::select(vec![
            (9, 0),
            (0, 0),
            (0, 30),
            (1, 45),
            (2, 0),
            (2, 30),
            (23, 59),
        ]),
        proptest::collection::vec(memberships(), 1..8),
        overrides(),
        prop_oneof![Just(1), Just(7), Just(MOST_ROUNDING_DAYS)],
    )
        .prop_filter_map(
            "somebody is always a member",
            |(zone, start, (weekday, every), (hour, minute), people, overrides, round)| {
                let weekday =
                    weekday.map(|day| Weekday::from_monday_zero_offset(day).expect("a weekday"));
                // Rounding gathers changes at the same instant.
                let day = |day: i32| start + (day - day % round + round).days();
                let members = people
                    .into_iter()
                    .enumerate()
                    .flat_map(|(person, memberships)| {
                        memberships.into_iter().map(move |(joins, leaves)| {
                            member(&person.to_string(), joins.map(day), leaves.map(day))
                        })
                    })
                    .collect();
                let handoff = HandoffSpec {
                    weekday,
                    time: time(hour, minute, 0, 0),
                    every,
                };
                let mut spec = RotaSpec::new(zone, start, handoff, members);
                spec.overrides = overrides
                    .into_iter()
                    .map(|(person, from, minutes, local)| {
                        let from = start.at(0, 0, 0, 0) + from.minutes();
                        let when = |at: jiff::civil::DateTime| {
                            if local {
                                When::Local(at)
                            } else {
                                When::Instant(at.in_tz("UTC").expect("an instant").timestamp())
                            }
                        };
                        OverrideSpec {
                            person: person.to_string(),
                            from: when(from),
                            until: when(from + minutes.minutes()),
                        }
                    })
                    .collect();
                Rota::new(&spec).is_ok().then_some(spec)
            },
        )
}

fn midnight(spec: &RotaSpec, date: Date) -> Timestamp {
    date.to_zoned(zone(&spec.zone))
        .expect("an instant")
        .timestamp()
}

/// A random stretch of time within a few years of the start.
fn stretch(spec: &RotaSpec, day: i32, days: i32) -> (Timestamp, Timestamp) {
    let from = midnight(spec, spec.start + day.days());
    (from, from + (24 * days).hours() + 1.nanosecond())
}

/// How many local days a turn lasts.
fn turn_days(spec: &RotaSpec) -> i32 {
    i32::from(spec.handoff.every) * if spec.handoff.weekday.is_some() { 7 } else { 1 }
}

/// Whether the duty changes hands on a date: counted in days from the first handoff, which is the
/// last of its weekday up to the start.
fn is_handoff_day(spec: &RotaSpec, date: Date) -> bool {
    let first = (0..7)
        .map(|back: i32| spec.start - back.days())
        .find(|day| {
            spec.handoff
                .weekday
                .is_none_or(|weekday| day.weekday() == weekday)
        })
        .expect("a week has every weekday");
    let days = (date - first).get_days();
    days % turn_days(spec) == 0
}

/// When a date counts as the documentation says: with the handoff of that day, or else of the
/// days after (joining), or else at its beginning (leaving).
fn takes_effect(spec: &RotaSpec, rota: &Rota, date: Date, joins: bool) -> Timestamp {
    let begins = midnight(spec, date);
    if joins || is_handoff_day(spec, date) {
        rota.next_handoff(begins - 1.nanosecond())
    } else {
        begins
    }
}

/// Every joining and leaving as (when, whether joining, index in the list), in the order in
/// which they count.
fn changes(spec: &RotaSpec) -> Vec<(Timestamp, bool, usize)> {
    let rota = rota(spec);
    let mut changes = Vec::new();
    for (index, member) in spec.members.iter().enumerate() {
        for (date, joins) in [(member.joins, true), (member.leaves, false)] {
            changes.extend(date.map(|date| (takes_effect(spec, &rota, date, joins), joins, index)));
        }
    }
    changes.sort_unstable();
    changes
}

/// Every instant between `from` and `until` at which either rota may change hands.
fn moments(rotas: [&Rota; 2], from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut moments: Vec<Timestamp> = rotas
        .into_iter()
        .flat_map(|rota| rota.shifts(from, until))
        .map(|shift: Shift| shift.from.max(from))
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

fn many() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        // A failure prints its smallest rota, which then becomes a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn exactly_one_person_is_on_call_at_every_instant(
        spec in specs(),
        day in -60..1200i32,
        days in 0..250i32,
    ) {
        let rota = rota(&spec);
        let (from, until) = stretch(&spec, day, days);
        let shifts = rota.shifts(from, until);
        prop_assert!(shifts[0].from <= from && from < shifts[0].until);
        let last = &shifts[shifts.len() - 1];
        prop_assert!(last.from < until && until <= last.until);
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
        }
        for shift in &shifts {
            prop_assert!(shift.from < shift.until);
            let half = shift.until.duration_since(shift.from) / 2;
            for instant in [
                shift.from,
                shift.from + 1.nanosecond(),
                shift.from + half,
                shift.until - 1.millisecond(),
                shift.until - 1.nanosecond(),
            ] {
                prop_assert_eq!(&rota.on_call(instant), shift);
            }
            prop_assert_eq!(rota.on_call(shift.from - 1.nanosecond()).until, shift.from);
            prop_assert_eq!(rota.on_call(shift.until).from, shift.until);
        }
    }

    #[test]
    fn a_rotation_shift_never_reaches_beyond_a_handoff(spec in specs(), day in -60..1200i32) {
        let rota = rota(&spec);
        let (from, until) = stretch(&spec, day, 100);
        for shift in rota.shifts(from, until) {
            if matches!(shift.kind, ShiftKind::Rotation { .. }) {
                prop_assert!(shift.until <= rota.next_handoff(shift.from));
            }
        }
    }

    #[test]
    fn only_members_are_on_call_by_the_rotation(spec in specs()) {
        let rota = rota(&spec);
        let start = midnight(&spec, spec.start);
        let end = start + (24 * (CHANGES_DAYS + 400)).hours();
        let membership = |person: &str, shift: &Shift| {
            spec.members.iter().any(|member| {
                let joined = member.joins.is_none_or(|date| {
                    takes_effect(&spec, &rota, date, true) <= shift.from
                });
                let left = member.leaves.is_some_and(|date| {
                    takes_effect(&spec, &rota, date, false) < shift.until
                });
                member.person == person && joined && !left
            })
        };
        for shift in rota.shifts(start, end) {
            if matches!(shift.kind, ShiftKind::Rotation { .. }) {
                prop_assert!(membership(&shift.person, &shift), "{:?}", shift);
            }
        }
    }

    #[test]
    fn a_change_moves_nobody_elses_shift(spec in specs(), which in any::<prop::sample::Index>()) {
        let mut with = spec;
        with.overrides.clear();
        let changes = changes(&with);
        prop_assume!(!changes.is_empty());
        let position = which.index(changes.len());
        let (when, joins, index) = changes[position];
        let person = with.members[index].person.clone();

        let mut without = with.clone();
        if joins {
            without.members.remove(index);
        } else {
            without.members[index].leaves = None;
        }
        // Without it there might be nobody, or somebody twice.
        let Ok(without) = Rota::new(&without) else {
            return Err(TestCaseError::reject("the change is needed"));
        };
        let begin = midnight(&with, with.start) - 1000.hours();
        // Without later changes, for ever; with them, until the next.
        let until = changes.get(position + 1).map_or_else(
            || when + (24 * 1500).hours(),
            |next| next.0,
        );
        let with = rota(&with);
        for moment in moments([&with, &without], begin, until) {
            let before = without.on_call(moment).person;
            let after = with.on_call(moment).person;
            if moment < when {
                prop_assert_eq!(&before, &after, "before the change, at {}", moment);
            } else if joins {
                prop_assert!(
                    after == before || after == person,
                    "{person} joins, and at {moment} {after} is on call instead of {before}"
                );
            } else {
                prop_assert_ne!(&after, &person);
                prop_assert!(
                    after == before || before == person,
                    "{person} leaves, and at {moment} {after} is on call instead of {before}"
                );
            }
        }
    }

    #[test]
    fn everybody_gets_the_same_number_of_turns_give_or_take(spec in specs(), turns in 1..600i64) {
        let mut spec = spec;
        spec.overrides.clear();
        let rota = rota(&spec);
        let last_change = changes(&spec).last().map_or(Timestamp::MIN, |last| last.0);
        let from = rota.next_handoff(last_change.max(midnight(&spec, spec.start)));
        let mut served: BTreeMap<String, i64> = spec
            .members
            .iter()
            .filter(|member| member.leaves.is_none())
            .map(|member| (member.person.clone(), 0))
            .collect();
        for shift in rota.shifts(from, from + (24 * i64::from(turn_days(&spec)) * turns).hours()) {
            *served.get_mut(&shift.person).expect("a member") += 1;
        }
        let most = served.values().max().expect("a member");
        let fewest = served.values().min().expect("a member");
        prop_assert!(most - fewest <= MOST_UNEVEN_TURNS, "{:?}", served);
    }

    #[test]
    fn a_newcomer_never_takes_two_turns_in_a_row(spec in specs(), days in 0..300i32) {
        let mut spec = spec;
        spec.overrides.clear();
        spec.members.push(joins("newcomer", spec.start + (CHANGES_DAYS + days).days()));
        let (from, until) = stretch(&spec, CHANGES_DAYS, 1500);
        for pair in rota(&spec).shifts(from, until).windows(2) {
            prop_assert!(pair.iter().any(|shift| shift.person != "newcomer"));
        }
    }

    #[test]
    fn an_override_changes_nothing_outside_its_time(
        spec in specs(),
        from in (-30 * 1440)..(900 * 1440i64),
        minutes in 1..(40 * 1440i64),
        person in 0..12usize,
    ) {
        let without = rota(&spec);
        let from = midnight(&spec, spec.start) + from.minutes();
        let until = from + minutes.minutes();
        let person = person.to_string();
        let mut spec = spec;
        spec.overrides.push(OverrideSpec {
            person: person.clone(),
            from: When::Instant(from),
            until: When::Instant(until),
        });
        let with = rota(&spec);
        let shift = with.on_call(from);
        prop_assert_eq!(
            shift,
            Shift { person, from, until, kind: ShiftKind::Override }
        );
        for (begin, end) in [(from - 2000.hours(), from), (until, until + 2000.hours())] {
            for moment in moments([&with, &without], begin, end) {
                let (with, without) = (with.on_call(moment), without.on_call(moment));
                prop_assert_eq!((with.person, with.kind), (without.person, without.kind));
            }
        }
    }

    #[test]
    fn a_specification_survives_being_written_and_read(spec in specs()) {
        let toml = toml::to_string(&spec).expect("TOML");
        prop_assert_eq!(&toml::from_str::<RotaSpec>(&toml).expect("readable"), &spec);
    }
}

/// How many turns the busiest person may be ahead of the least busy, counted from the last
/// change over any time: leavers' turns and newcomers' places do not come in the order of need.
const MOST_UNEVEN_TURNS: i64 = 6;
