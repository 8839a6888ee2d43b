//! The duties of another pager, from its calendar.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tocsin_calendar::{CalendarShift, assign, shifts};

const GOALERT: &str = include_str!("../../../tests/data/ical/goalert-subscription.ics");
const GOALERT_SCHEDULE: &str = include_str!("../../../tests/data/ical/goalert-schedule.ics");

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn read(text: &str) -> Vec<CalendarShift> {
    shifts(text, "Europe/Berlin", at("2027-01-01T00:00Z")).expect("a calendar")
}

fn people(words: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = words
        .iter()
        .map(|(word, person)| ((*word).to_owned(), (*person).to_owned()));
    owned.collect()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

#[test]
fn the_shifts_of_goalerts_subscription_are_read_with_their_reminders_left_alone() {
    let found = read(GOALERT);
    assert_eq!(
        found
            .iter()
            .map(|shift| (shift.line, shift.from, shift.until))
            .collect::<Vec<_>>(),
        [
            (6, at("2020-01-01T08:00Z"), at("2020-01-15T08:00Z")),
            (23, at("2020-02-01T08:00Z"), at("2020-02-15T08:00Z")),
        ]
    );
    assert_eq!(found[0].summary, "On-Call (GoAlert: Sched)");
}

#[test]
fn a_shift_is_given_to_whom_its_summary_names_and_what_nobody_is_found_for_comes_back() {
    let known = people(&[("Ana Silva", "ana"), ("Ben Okafor", "ben")]);
    let (given, left) = assign(read(GOALERT_SCHEDULE), &known);
    let persons: Vec<&str> = given.iter().map(|it| it.person.as_str()).collect();
    assert_eq!(persons, ["ana", "ben", "ana", "ana"]);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].summary, "Carl Meyer On-Call (GoAlert: Sched)");
}

#[test]
fn an_attendees_address_goes_before_the_summary() {
    let text = event(
        "SUMMARY:On call - Ana - Shop\r\nATTENDEE;CN=Ben:mailto:BEN@example.org\r\n\
         DTSTART:20260105T080000Z\r\nDTEND:20260112T080000Z",
    );
    let known = people(&[("Ana", "ana"), ("ben@example.org", "ben")]);
    let (given, _) = assign(read(&text), &known);
    assert_eq!(given[0].person, "ben");
}

#[test]
fn ana_is_not_meant_by_anabel_and_the_longer_name_is() {
    let text = event("SUMMARY:Anabel Silva\r\nDTSTART:20260105T080000Z\r\nDURATION:P7D");
    let (given, left) = assign(read(&text), &people(&[("Ana", "ana")]));
    assert_eq!((given.len(), left.len()), (0, 1));
    let known = people(&[("Silva", "another"), ("Anabel Silva", "anabel")]);
    let (given, _) = assign(read(&text), &known);
    assert_eq!(given[0].person, "anabel");
}

#[test]
fn a_weekly_shift_keeps_its_local_time_when_the_clocks_change() {
    let text = event(
        "SUMMARY:Ana\r\nDTSTART;TZID=Europe/Berlin:20260323T090000\r\n\
         DTEND;TZID=Europe/Berlin:20260330T090000\r\nRRULE:FREQ=WEEKLY;COUNT=2",
    );
    let found = read(&text);
    assert_eq!(found[0].from, at("2026-03-23T09:00+01:00"));
    assert_eq!(found[0].until, at("2026-03-30T09:00+02:00"));
    assert_eq!(found[1].from, at("2026-03-30T09:00+02:00"));
}

#[test]
fn a_shift_that_recurs_into_the_hour_the_clocks_skip_begins_as_much_later() {
    let text = event(
        "SUMMARY:Ana\r\nDTSTART;TZID=Europe/Berlin:20260328T023000\r\n\
         DTEND;TZID=Europe/Berlin:20260328T043000\r\nRRULE:FREQ=DAILY;COUNT=2",
    );
    assert_eq!(read(&text)[1].from, at("2026-03-29T03:30+02:00"));
}

#[test]
fn times_that_name_no_zone_are_on_the_clock_that_was_asked_for() {
    let text = event("SUMMARY:Ana\r\nDTSTART:20260105T090000\r\nDTEND:20260112T090000");
    assert_eq!(read(&text)[0].from, at("2026-01-05T09:00+01:00"));
}

#[test]
fn a_shift_without_an_end_is_refused_with_its_line() {
    let text = event("SUMMARY:Ana\r\nDTSTART:20260105T090000");
    let error = shifts(&text, "UTC", at("2027-01-01T00:00Z")).expect_err("no end");
    assert_eq!(
        error.to_string(),
        "line 2: DTEND: expected when the shift ends, got nothing; add DTEND or DURATION"
    );
    let backwards = event("DTSTART:20260105T090000Z\r\nDTEND:20260105T080000Z");
    let error = shifts(&backwards, "UTC", at("2027-01-01T00:00Z")).expect_err("backwards");
    assert_eq!(
        error.to_string(),
        "line 4: DTEND: expected an end after 2026-01-05T09:00:00"
    );
}
