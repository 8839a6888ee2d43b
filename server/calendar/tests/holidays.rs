//! Public holidays from calendar files.

use jiff::civil::{Date, date};
use tocsin_calendar::{CalendarError, Holiday, holidays};

const RFC_5545: &str = include_str!("../../../tests/data/ical/rfc5545-whole-days.ics");

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

fn event(lines: &[&str]) -> String {
    format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
}

fn dates(text: &str, from: Date, until: Date) -> Vec<Date> {
    let found = holidays(text, from, until).expect("a calendar");
    found.into_iter().map(|holiday| holiday.date).collect()
}

fn refused(text: &str) -> CalendarError {
    holidays(text, date(2026, 1, 1), date(2027, 1, 1)).expect_err("no holidays")
}

#[test]
fn a_yearly_holiday_is_there_every_year_and_a_festival_every_day_of_it() {
    assert_eq!(
        holidays(RFC_5545, date(2026, 1, 1), date(2028, 1, 1)).expect("a calendar"),
        [date(2026, 11, 2), date(2027, 11, 2)].map(|date| Holiday {
            date,
            name: "Our Blissful Anniversary".to_owned()
        })
    );
    let jazz = dates(RFC_5545, date(2007, 6, 1), date(2007, 7, 31));
    assert_eq!(jazz.first(), Some(&date(2007, 6, 28)));
    assert_eq!(
        jazz.last(),
        Some(&date(2007, 7, 8)),
        "DTEND is the day after"
    );
    assert_eq!(jazz.len(), 11);
}

#[test]
fn a_holiday_that_is_a_weekday_of_a_month_moves_with_the_years() {
    let labour_day = calendar(&event(&[
        "UID:1",
        "SUMMARY:Labor Day",
        "DTSTART;VALUE=DATE:20200907",
        "RRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1MO",
    ]));
    assert_eq!(
        dates(&labour_day, date(2026, 1, 1), date(2028, 1, 1)),
        [date(2026, 9, 7), date(2027, 9, 6)]
    );
}

#[test]
fn an_exception_and_a_moved_day_are_as_the_file_has_them() {
    let text = calendar(
        &[
            event(&[
                "UID:bank",
                "DTSTART;VALUE=DATE:20200504",
                "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO",
                "EXDATE;VALUE=DATE:20260504",
            ]),
            event(&[
                "UID:bank",
                "RECURRENCE-ID;VALUE=DATE:20270503",
                "DTSTART;VALUE=DATE:20270507",
            ]),
            event(&["UID:other", "DTSTART;VALUE=DATE:20270503"]),
        ]
        .concat(),
    );
    assert_eq!(
        dates(&text, date(2026, 1, 1), date(2028, 1, 1)),
        [date(2027, 5, 3), date(2027, 5, 7)],
        "not in 2026, on the Friday in 2027, and the other event's Monday"
    );
}

#[test]
fn a_cancelled_holiday_is_a_working_day() {
    let text = calendar(&event(&["DTSTART;VALUE=DATE:20260501", "STATUS:CANCELLED"]));
    assert_eq!(dates(&text, date(2026, 1, 1), date(2027, 1, 1)), []);
}

#[test]
fn midnight_to_midnight_is_a_whole_day() {
    let text = calendar(&event(&[
        "DTSTART;TZID=Europe/Berlin:20261225T000000",
        "DTEND;TZID=Europe/Berlin:20261227T000000",
    ]));
    assert_eq!(
        dates(&text, date(2026, 1, 1), date(2027, 1, 1)),
        [date(2026, 12, 25), date(2026, 12, 26)]
    );
}

#[test]
fn what_cannot_be_a_holiday_is_named_with_its_line() {
    let meeting = calendar(
        &[
            event(&["DTSTART;VALUE=DATE:20260501"]),
            event(&[
                "SUMMARY:Stand-up",
                "DTSTART:20260502T090000",
                "DURATION:PT15M",
            ]),
        ]
        .concat(),
    );
    let error = refused(&meeting);
    assert_eq!(error.line, 8);
    assert!(
        error.message.starts_with("DTSTART: expected whole days"),
        "{error}"
    );
}

#[test]
fn malformed_files_are_refused_with_the_line_and_what_was_expected() {
    let one = |lines: &[&str]| calendar(&event(lines));
    for (text, expected) in [
        (
            String::new(),
            "line 1: expected BEGIN:VCALENDAR, got nothing",
        ),
        (
            "<!DOCTYPE html>\n<title>Sign in</title>\n".to_owned(),
            "line 1: expected BEGIN:VCALENDAR, got \"<!DOCTYPE html>\"",
        ),
        (
            "BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD\r\n".to_owned(),
            "line 1: expected BEGIN:VCALENDAR, got something else",
        ),
        (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260501\r\n".to_owned(),
            "line 2: expected END:VEVENT before the end of the file; it was cut off",
        ),
        (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n".to_owned(),
            "line 3: expected the end of what was begun last, got END:VCALENDAR",
        ),
        (
            one(&["SUMMARY:Easter"]),
            "line 3: DTSTART: expected a date or a time, got an event without; add it",
        ),
        (
            one(&["SUMMARY:Easter", "DTSTART;VALUE=DATE:someday"]),
            "line 5: DTSTART: expected a date such as 20261225",
        ),
        (
            one(&["DTSTART;VALUE=DATE:20260230"]),
            "line 4: DTSTART: expected a date such as 20261225",
        ),
        (
            one(&["DTSTART;VALUE=DATE:20260501", "RRULE:every year"]),
            "line 5: RRULE: expected a rule such as FREQ=YEARLY",
        ),
        (
            one(&["DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:soon"]),
            "line 5: DTEND: expected a date such as 20261225",
        ),
        (
            one(&[
                "DTSTART;TZID=Middle-earth/Shire:20260501T000000",
                "DURATION:P1D",
            ]),
            "line 4: DTSTART: expected a TZID such as Europe/Berlin, got \"Middle-earth/Shire\"",
        ),
        (
            one(&["DTSTART;VALUE=DATE:20260501", "RRULE:FREQ=SECONDLY"]),
            "line 5: RRULE: expected at most 20000 times before 2027-01-01T00:00:00, got more",
        ),
    ] {
        let error = refused(&text).to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}
