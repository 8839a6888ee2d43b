//! Somebody stands in for an evening, and nothing else changes.

mod common;

use common::*;
use jiff::ToSpan;
use tocsin_rota::{OverrideSpec, Rota, Shift, ShiftKind};

fn rota_with(overrides: Vec<OverrideSpec>) -> Rota {
    let mut spec = berlin(vec![stays("anna"), stays("ben")]);
    spec.overrides = overrides;
    rota(&spec)
}

/// The shifts of the first two weeks: who, from when, until when.
fn fortnight(rota: &Rota) -> Vec<String> {
    rota.shifts(at("2026-01-05T09:00+01:00"), at("2026-01-19T09:00+01:00"))
        .iter()
        .map(
            |Shift {
                 person,
                 from,
                 until,
                 ..
             }| {
                let local = |instant: &jiff::Timestamp| {
                    instant
                        .to_zoned(zone("Europe/Berlin"))
                        .strftime("%m-%d %H:%M")
                        .to_string()
                };
                format!("{person} {} to {}", local(from), local(until))
            },
        )
        .collect()
}

#[test]
fn an_override_splits_the_shift_it_interrupts() {
    let rota = rota_with(vec![stand_in(
        "chris",
        "2026-01-07T18:00",
        "2026-01-08T08:00",
    )]);
    assert_eq!(
        fortnight(&rota),
        [
            "anna 01-05 09:00 to 01-07 18:00",
            "chris 01-07 18:00 to 01-08 08:00",
            "anna 01-08 08:00 to 01-12 09:00",
            "ben 01-12 09:00 to 01-19 09:00",
        ]
    );
    let stand_in = rota.on_call(at("2026-01-07T18:00+01:00"));
    assert_eq!(stand_in.kind, ShiftKind::Override);
    let resumed = rota.on_call(at("2026-01-08T08:00+01:00"));
    assert_eq!(resumed.kind, ShiftKind::Rotation { turn: 0 });
}

#[test]
fn an_override_over_a_handoff_is_one_shift_and_does_not_delay_the_rotation() {
    let rota = rota_with(vec![stand_in(
        "chris",
        "2026-01-11T09:00",
        "2026-01-13T09:00",
    )]);
    assert_eq!(
        fortnight(&rota),
        [
            "anna 01-05 09:00 to 01-11 09:00",
            "chris 01-11 09:00 to 01-13 09:00",
            "ben 01-13 09:00 to 01-19 09:00",
        ]
    );
    assert_eq!(
        rota.next_handoff(at("2026-01-11T12:00+01:00")),
        at("2026-01-12T09:00+01:00")
    );
}

#[test]
fn where_overrides_overlap_the_later_in_the_list_wins() {
    let rota = rota_with(vec![
        stand_in("chris", "2026-01-06T09:00", "2026-01-09T09:00"),
        stand_in("dora", "2026-01-07T09:00", "2026-01-08T09:00"),
    ]);
    assert_eq!(
        fortnight(&rota),
        [
            "anna 01-05 09:00 to 01-06 09:00",
            "chris 01-06 09:00 to 01-07 09:00",
            "dora 01-07 09:00 to 01-08 09:00",
            "chris 01-08 09:00 to 01-09 09:00",
            "anna 01-09 09:00 to 01-12 09:00",
            "ben 01-12 09:00 to 01-19 09:00",
        ]
    );
}

#[test]
fn an_override_that_a_later_one_hides_is_never_on_call() {
    let rota = rota_with(vec![
        stand_in("chris", "2026-01-07T09:00", "2026-01-08T09:00"),
        stand_in("dora", "2026-01-06T09:00", "2026-01-09T09:00"),
    ]);
    assert_eq!(
        fortnight(&rota),
        [
            "anna 01-05 09:00 to 01-06 09:00",
            "dora 01-06 09:00 to 01-09 09:00",
            "anna 01-09 09:00 to 01-12 09:00",
            "ben 01-12 09:00 to 01-19 09:00",
        ]
    );
}

#[test]
fn two_overrides_back_to_back_hand_over_directly() {
    let rota = rota_with(vec![
        stand_in("chris", "2026-01-06T09:00", "2026-01-07T09:00"),
        stand_in("dora", "2026-01-07T09:00", "2026-01-08T09:00"),
    ]);
    let handover = at("2026-01-07T09:00+01:00");
    assert_eq!(rota.on_call(handover - 1.nanosecond()).person, "chris");
    assert_eq!(rota.on_call(handover).person, "dora");
}

#[test]
fn an_offset_in_an_override_counts_whatever_the_rotas_zone() {
    let rota = rota_with(vec![stand_in(
        "chris",
        "2026-01-07T12:00-05:00",
        "2026-01-07T18:00Z",
    )]);
    let shift = rota.on_call(at("2026-01-07T17:30Z"));
    assert_eq!(shift.person, "chris");
    assert_eq!(shift.from, at("2026-01-07T17:00Z"));
    assert_eq!(shift.until, at("2026-01-07T18:00Z"));
}

#[test]
fn shifts_are_whole_even_where_the_question_cuts_them() {
    let rota = rota_with(Vec::new());
    let wednesday = at("2026-01-07T12:00Z");
    let shifts = rota.shifts(wednesday, wednesday + 1.nanosecond());
    assert_eq!(shifts, [rota.on_call(wednesday)]);
    assert_eq!(rota.shifts(wednesday, wednesday), []);
}

#[test]
fn everybody_named_is_listed_once_stand_ins_last() {
    let rota = rota_with(vec![
        stand_in("chris", "2026-01-06T09:00", "2026-01-07T09:00"),
        stand_in("ben", "2026-01-08T09:00", "2026-01-09T09:00"),
    ]);
    assert_eq!(rota.people().collect::<Vec<_>>(), ["anna", "ben", "chris"]);
}
