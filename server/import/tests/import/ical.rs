use tocsin_import::ical;

use crate::{file, on_call, only_team, options, parsed, says, says_nothing_of};

#[test]
fn until_the_calendar_ends_nobodys_shift_changes() {
    let import = ical(&file("ical/goalert-schedule.ics"), &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    for (instant, person) in [
        ("2026-01-05T08:00Z", "ana-silva"),
        ("2026-01-12T08:00Z", "ben-okafor"),
        ("2026-01-19T08:00Z", "ana-silva"),
        ("2026-01-22T08:00Z", "carl-meyer"),
        ("2026-01-23T08:00Z", "ana-silva"),
    ] {
        assert_eq!(on_call(team, instant), person, "{instant}");
    }
    assert_eq!(team.rota.spec.handoff.time.to_string(), "08:00:00");
    assert_eq!(team.members.len(), 3);
    says(&import, "file: names no time zone, so handoffs are in UTC");
    says(&import, "file: ends at 2026-01-26T08:00:00Z");
    says(
        &import,
        "people.carl-meyer.name: is what an event is called",
    );
    says_nothing_of(&import, "Tocsin will have");
}

#[test]
fn attendees_have_their_names_and_addresses_and_the_rota_the_calendars_clock() {
    let text = "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\nBEGIN:VEVENT\r\n\
                SUMMARY:On call\r\nATTENDEE;CN=Ana Silva:mailto:ana@example.org\r\n\
                DTSTART:20260323T080000Z\r\nDTEND:20260330T070000Z\r\nEND:VEVENT\r\n\
                BEGIN:VEVENT\r\nSUMMARY:On call\r\nATTENDEE;CN=Ben:mailto:ben@example.org\r\n\
                DTSTART:20260330T070000Z\r\nDTEND:20260406T070000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let import = ical(text, &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    assert_eq!(team.rota.spec.zone, "Europe/Berlin");
    assert_eq!(team.rota.spec.overrides, [], "two weeks in turn");
    assert_eq!(on_call(team, "2026-10-26T09:00+01:00"), "ben");
    let ana = config.people().values().next().expect("Ana");
    assert_eq!(
        (ana.name.as_str(), ana.email.as_deref()),
        ("Ana Silva", Some("ana@example.org"))
    );
}

#[test]
fn an_event_that_names_nobody_is_said_and_a_calendar_without_shifts_is_refused() {
    let error = ical(&file("ical/goalert-subscription.ics"), &options()).expect_err("one's own");
    assert_eq!(error.to_string(), "file: expected shifts, got none");
    let error = ical("BEGIN:VEVENT", &options()).expect_err("cut off");
    assert_eq!(
        error.to_string(),
        "line 1: expected END:VEVENT before the end of the file; it was cut off"
    );
}
