//! Feeds, read by another library than the one that wrote them.

use calcard::common::IanaParse;
use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty};
use calcard::{Entry as Parsed, Parser};
use jiff::Timestamp;
use tocsin_calendar::{Entry, Feed, Stretch, Whose, feed, shifts};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn shift(person: &str, from: &str, until: &str) -> Stretch {
    Stretch {
        person: person.to_owned(),
        from: at(from),
        until: at(until),
    }
}

fn of_shop<'a>(shift: &'a Stretch, person_name: &'a str) -> Entry<'a> {
    Entry {
        team: "shop",
        team_name: "Shop",
        duty: None,
        person: &shift.person,
        person_name,
        from: shift.from,
        until: shift.until,
    }
}

fn written<'a>(whose: Whose, entries: impl IntoIterator<Item = Entry<'a>>) -> String {
    let about = Feed {
        whose,
        name: "On call",
        stamp: at("2026-11-23T12:00:00Z"),
    };
    feed(&about, entries)
}

fn parsed(text: &str) -> ICalendar {
    let mut parser = Parser::new(text);
    let Parsed::ICalendar(calendar) = parser.entry() else {
        panic!("no calendar: {text}");
    };
    assert_eq!(parser.entry(), Parsed::Eof);
    calendar
}

/// The text of a property of the nth component of that type.
fn value(calendar: &ICalendar, kind: ICalendarComponentType, nth: usize, name: &str) -> String {
    let mut components = calendar.components.iter();
    let component = components
        .by_ref()
        .filter(|component| component.component_type == kind)
        .nth(nth)
        .expect("the component");
    let property = ICalendarProperty::parse(name.as_bytes())
        .unwrap_or_else(|| ICalendarProperty::Other(name.to_owned()));
    let entry = component.property(&property).expect(name);
    entry.values[0].as_text().expect("text").to_owned()
}

fn uid(text: &str, nth: usize) -> String {
    value(&parsed(text), ICalendarComponentType::VEvent, nth, "UID")
}

#[test]
fn a_shift_is_in_the_calendar_at_its_instants_and_says_for_which_team() {
    let week = shift("ana", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let text = written(Whose::Person, [of_shop(&week, "Ana Silva")]);

    let read = shifts(&text, "UTC", at("2030-01-01T00:00Z")).expect("a calendar");
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].from, read[0].until), (week.from, week.until));
    assert_eq!(read[0].summary, "On call for Shop");
}

#[test]
fn a_teams_calendar_says_who_and_which_duty() {
    let week = shift("ana", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let second = shift("ben", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let second = Entry {
        duty: Some("secondary"),
        ..of_shop(&second, "Ben Okafor")
    };
    let text = written(Whose::Team, [of_shop(&week, "Ana Silva"), second]);

    let read = shifts(&text, "UTC", at("2030-01-01T00:00Z")).expect("a calendar");
    let summaries: Vec<&str> = read.iter().map(|shift| shift.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "Ana Silva: on call for Shop",
            "Ben Okafor: on call for Shop (secondary)"
        ]
    );
    assert_ne!(uid(&text, 0), uid(&text, 1));
}

#[test]
fn a_shift_that_is_cut_short_keeps_its_uid_and_one_that_changes_hands_does_not() {
    let week = shift("ana", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let short = shift("ana", "2026-11-23T08:00Z", "2026-11-26T08:00Z");
    let bens = shift("ben", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let uid_of = |shift: &Stretch| uid(&written(Whose::Team, [of_shop(shift, "Somebody")]), 0);
    assert_eq!(uid_of(&week), uid_of(&short));
    assert_ne!(uid_of(&week), uid_of(&bens));
    assert_eq!(
        uid_of(&week),
        uid(&written(Whose::Person, [of_shop(&week, "Ana")]), 0),
        "subscribed to twice, it is one event"
    );
}

#[test]
fn programs_are_told_the_name_and_to_look_again_every_hour() {
    let about = Feed {
        whose: Whose::Team,
        name: "Shop, EU; on call",
        stamp: at("2026-11-23T12:00:00Z"),
    };
    let calendar = parsed(&feed(&about, []));
    let root = ICalendarComponentType::VCalendar;
    for name in ["NAME", "X-WR-CALNAME"] {
        assert_eq!(value(&calendar, root.clone(), 0, name), "Shop, EU; on call");
    }
    assert_eq!(
        value(&calendar, root.clone(), 0, "X-PUBLISHED-TTL"),
        "PT3600S"
    );
    let interval = calendar.components[0]
        .property(&ICalendarProperty::RefreshInterval)
        .expect("REFRESH-INTERVAL");
    let calcard::icalendar::ICalendarValue::Duration(length) = &interval.values[0] else {
        panic!("{interval:?}");
    };
    assert_eq!(length.as_seconds(), 3600);
}

#[test]
fn names_with_commas_semicolons_backslashes_and_hangul_survive_folding_and_escaping() {
    let name = format!("조민준; \\ Meyer, {}", "아주 긴 이름 ".repeat(12));
    let name = name.trim();
    let week = shift("minjun", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let text = written(Whose::Team, [of_shop(&week, name)]);

    let event = ICalendarComponentType::VEvent;
    assert_eq!(
        value(&parsed(&text), event, 0, "SUMMARY"),
        format!("{name}: on call for Shop")
    );
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
}

#[test]
fn a_feed_depends_on_nothing_but_what_it_is_given() {
    let week = shift("ana", "2026-11-23T08:00Z", "2026-11-30T08:00Z");
    let text = written(Whose::Person, [of_shop(&week, "Ana Silva")]);
    assert_eq!(text, written(Whose::Person, [of_shop(&week, "Ana Silva")]));
    assert!(text.contains("DTSTAMP:20261123T120000Z\r\n"), "{text}");
    assert!(text.contains("DTSTART:20261123T080000Z\r\n"), "{text}");
    assert!(text.contains("TRANSP:TRANSPARENT\r\n"), "{text}");
}
