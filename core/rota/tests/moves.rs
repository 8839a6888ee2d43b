//! Whose shift an edit would move.

mod common;

use common::*;
use jiff::ToSpan;
use tocsin_rota::{MovedShift, Rota, Span, moved_shifts};

/// What moves within two weeks of Wednesday noon in week 0, a line each.
fn moves(old: &Rota, new: &Rota) -> Vec<String> {
    let from = at("2026-01-07T12:00+01:00");
    let when = |span: Option<Span>| {
        span.map_or("-".to_owned(), |span| {
            let local = |instant: jiff::Timestamp| {
                let local = instant.to_zoned(zone("Europe/Berlin"));
                local.strftime("%m-%d %H:%M").to_string()
            };
            format!("{} to {}", local(span.from), local(span.until))
        })
    };
    moved_shifts(old, new, from, from + (14 * 24).hours())
        .into_iter()
        .map(
            |MovedShift {
                 person,
                 was,
                 becomes,
             }| { format!("{person}: {} => {}", when(was), when(becomes)) },
        )
        .collect()
}

fn of(people: &[&str]) -> Rota {
    rota(&berlin(people.iter().map(|person| stays(person)).collect()))
}

#[test]
fn an_edit_that_changes_nothing_moves_nobody() {
    assert_eq!(
        moves(&of(&["anna", "ben"]), &of(&["anna", "ben"])),
        [] as [&str; 0]
    );
}

#[test]
fn turning_two_people_around_tells_both_with_old_and_new_times() {
    assert_eq!(
        moves(
            &of(&["anna", "ben", "chris"]),
            &of(&["anna", "chris", "ben"])
        ),
        [
            "ben: 01-12 09:00 to 01-19 09:00 => 01-19 09:00 to 01-26 09:00",
            "chris: 01-19 09:00 to 01-26 09:00 => 01-12 09:00 to 01-19 09:00",
        ]
    );
}

#[test]
fn a_new_member_who_takes_a_shift_is_told_with_whoever_loses_it() {
    let new = rota(&berlin(vec![stays("anna"), joins("chris", monday(1))]));
    assert_eq!(
        moves(&of(&["anna"]), &new),
        [
            // Week after week is one shift to somebody alone.
            "anna: 01-05 09:00 to 01-26 09:00 => 01-05 09:00 to 01-19 09:00",
            "chris: - => 01-19 09:00 to 01-26 09:00",
        ]
    );
}

#[test]
fn an_override_splits_a_shift_into_what_is_left_of_it() {
    let mut spec = berlin(vec![stays("anna"), stays("ben")]);
    spec.overrides = vec![stand_in("dora", "2026-01-14T18:00", "2026-01-15T08:00")];
    assert_eq!(
        moves(&of(&["anna", "ben"]), &rota(&spec)),
        [
            "ben: 01-12 09:00 to 01-19 09:00 => 01-12 09:00 to 01-14 18:00",
            "ben: - => 01-15 08:00 to 01-19 09:00",
            "dora: - => 01-14 18:00 to 01-15 08:00",
        ]
    );
}

#[test]
fn what_is_over_or_further_away_than_the_question_moves_nobody() {
    let with = |from: &str, until: &str| {
        let mut spec = berlin(vec![stays("anna"), stays("ben")]);
        spec.overrides = vec![stand_in("dora", from, until)];
        moves(&of(&["anna", "ben"]), &rota(&spec))
    };
    assert_eq!(
        with("2026-01-05T18:00", "2026-01-07T12:00"),
        [] as [&str; 0]
    );
    assert_eq!(
        with("2026-01-21T12:00", "2026-01-21T14:00"),
        [] as [&str; 0]
    );
    assert_eq!(with("2026-01-21T11:59", "2026-01-21T14:00").len(), 2);
}

#[test]
fn somebody_alone_who_hands_over_to_themselves_at_another_time_keeps_their_shifts() {
    let mut daily = daily("Europe/Berlin", vec![stays("anna")]);
    daily.handoff.time = jiff::civil::time(17, 0, 0, 0);
    assert_eq!(moves(&of(&["anna"]), &rota(&daily)), [] as [&str; 0]);
}
