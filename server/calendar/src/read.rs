//! A calendar file as events, each checked before anything is worked out: the library is lenient
//! and would pass over in silence what it does not understand.

use std::collections::BTreeMap;

use calcard::common::timezone::Tz;
use calcard::icalendar::dates::{CalendarErrorType, TimeOrDelta};
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty,
    ICalendarStatus, ICalendarValue,
};
use calcard::{Entry, Parser};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::{CalendarError, zone};

/// Times that all events of one UID may recur before the end of what is asked for: more than every
/// hour of two years, and a bound on what a hostile file costs.
const MOST_RECURRENCES: usize = 20_000;

/// Times that all events of a file may recur, for the same reason.
const MOST_IN_ALL: usize = 200_000;

/// A file that was read.
pub(crate) struct File<'a> {
    text: &'a str,
    calendars: Vec<ICalendar>,
    events: Vec<Event>,
}

/// Where an event is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    calendar: usize,
    component: usize,
    /// Its first line, from 1.
    pub(crate) line: usize,
}

/// An event at one of its times, on the clock of its zone.
pub(crate) struct Occurrence {
    pub(crate) event: Event,
    pub(crate) zone: TimeZone,
    pub(crate) from: DateTime,
    pub(crate) until: DateTime,
}

impl<'a> File<'a> {
    /// Reads the file and checks every event in it.
    pub(crate) fn parse(text: &'a str) -> Result<Self, CalendarError> {
        check_nesting(text)?;
        let mut parser = Parser::new(text);
        let mut calendars = Vec::new();
        loop {
            match parser.entry() {
                Entry::ICalendar(calendar) => calendars.push(calendar),
                Entry::Eof => break,
                other => return Err(no_calendar(text, &other)),
            }
        }
        if calendars.is_empty() {
            return Err(CalendarError::new(
                1,
                "expected BEGIN:VCALENDAR, got nothing",
            ));
        }
        let begins = (1..)
            .zip(text.lines())
            .filter(|(_, line)| is(line, "BEGIN:VEVENT"));
        let events = calendars.iter().enumerate().flat_map(|(calendar, parsed)| {
            let components = parsed.components.iter().enumerate();
            components
                .filter(|(_, it)| it.component_type == ICalendarComponentType::VEvent)
                .map(move |(component, _)| (calendar, component))
        });
        let events = events
            .zip(begins)
            .map(|((calendar, component), (line, _))| Event {
                calendar,
                component,
                line,
            })
            .collect();
        let file = Self {
            text,
            calendars,
            events,
        };
        let zones: Vec<TzResolver<&str>> = file
            .calendars
            .iter()
            .map(ICalendar::build_tz_resolver)
            .collect();
        for event in &file.events {
            file.check(*event, &zones[event.calendar])?;
        }
        Ok(file)
    }

    /// What the file says of an event.
    pub(crate) fn component(&self, event: Event) -> &ICalendarComponent {
        &self.calendars[event.calendar].components[event.component]
    }

    /// The name of the zone that the file says it is on, or of its first event's.
    pub(crate) fn clock(&self) -> Option<String> {
        let says = ICalendarProperty::Other("X-WR-TIMEZONE".to_owned());
        let roots = self.calendars.iter().filter_map(|it| it.components.first());
        let said = roots.filter_map(|root| root.property(&says)?.values.first()?.as_text());
        let first = self.events.first().and_then(|event| {
            let start = self
                .component(*event)
                .property(&ICalendarProperty::Dtstart)?;
            let zones = self.calendars[event.calendar].build_tz_resolver();
            zones.resolve(start.tz_id()?)?.name()
        });
        let mut names = said.map(str::to_owned).chain(first.map(Into::into));
        names.find(|name| zone::named(name).is_some())
    }

    /// An error about a property of an event, at its line if it is there.
    pub(crate) fn error(&self, event: Event, property: &str, message: &str) -> CalendarError {
        let mut lines = (1..).zip(self.text.lines()).skip(event.line);
        let line = lines
            .by_ref()
            .take_while(|(_, line)| !is(line, "END:VEVENT"))
            .find(|(_, line)| is_property(line, property));
        let line = line.map_or(event.line, |(line, _)| line);
        CalendarError::new(line, format!("{property}: {message}"))
    }

    /// Every time before `before` of every event that is not cancelled; `floating` is the zone of
    /// times that name none.
    pub(crate) fn occurrences(
        &self,
        before: DateTime,
        floating: &TimeZone,
    ) -> Result<Vec<Occurrence>, CalendarError> {
        let mut by_uid: BTreeMap<(usize, Result<&str, usize>), Vec<Event>> = BTreeMap::new();
        for event in &self.events {
            // An event without a UID is one of its own.
            let uid = self.component(*event).uid().ok_or(event.component);
            let group = by_uid.entry((event.calendar, uid)).or_default();
            group.push(*event);
        }
        let mut occurrences = Vec::new();
        for group in by_uid.values() {
            self.expand(group, before, floating, &mut occurrences)?;
            if occurrences.len() > MOST_IN_ALL {
                return Err(CalendarError::new(
                    group[0].line,
                    format!("expected at most {MOST_IN_ALL} events before {before}, got more"),
                ));
            }
        }
        Ok(occurrences)
    }

    /// The library finds what was moved by the time it was moved from, of whichever event. So it is
    /// given one UID at a time.
    fn expand(
        &self,
        group: &[Event],
        before: DateTime,
        floating: &TimeZone,
        occurrences: &mut Vec<Occurrence>,
    ) -> Result<(), CalendarError> {
        let calendar = &self.calendars[group[0].calendar];
        let zones = calendar.build_tz_resolver();
        let events = group.iter().map(|event| self.component(*event));
        let alone = ICalendar {
            components: events.chain(calendar.timezones()).cloned().collect(),
        };
        let event_of = |id: u32| {
            let index = usize::try_from(id).unwrap_or_default();
            group.get(index).copied().unwrap_or(group[0])
        };
        let expanded = alone.expand_dates(Tz::Floating, MOST_RECURRENCES);
        if let Some(error) = expanded.errors.first() {
            return Err(self.refused(event_of(error.comp_id), &error.error));
        }
        let mut complete = expanded.events.len() < MOST_RECURRENCES;
        for found in expanded.events {
            let event = event_of(found.comp_id);
            let start = found.start.naive_local();
            let end = match found.end {
                TimeOrDelta::Time(end) => Some(end.naive_local()),
                TimeOrDelta::Delta(length) => start.checked_add_signed(length),
            };
            let (Some(from), Some(until)) = (zone::civil(start), end.and_then(zone::civil)) else {
                complete = true;
                continue;
            };
            if from >= before {
                complete = true;
                continue;
            }
            if self.component(event).status() == Some(&ICalendarStatus::Cancelled) {
                continue;
            }
            let zone = self.zone(event, found.start.timezone(), &zones, floating)?;
            occurrences.push(Occurrence {
                event,
                zone,
                from,
                until,
            });
        }
        if complete {
            return Ok(());
        }
        let message =
            format!("expected at most {MOST_RECURRENCES} times before {before}, got more");
        Err(self.error(group[0], "RRULE", &message))
    }

    /// A recurrence at a time that the clocks skip comes back from the library without its zone.
    fn zone(
        &self,
        event: Event,
        found: Tz,
        zones: &TzResolver<&str>,
        floating: &TimeZone,
    ) -> Result<TimeZone, CalendarError> {
        let start = self.component(event).property(&ICalendarProperty::Dtstart);
        let written = start.and_then(ICalendarEntry::tz_id);
        let found = match found {
            Tz::Floating => written.and_then(|id| zones.resolve(id)).unwrap_or(found),
            found => found,
        };
        zone::of(found, floating).ok_or_else(|| {
            let message = "expected a zone of the IANA database";
            self.error(event, "DTSTART", message)
        })
    }

    fn refused(&self, event: Event, error: &CalendarErrorType) -> CalendarError {
        const A_TIME: &str = "expected a time that the clocks of its zone show exactly once";
        let (property, message) = match error {
            CalendarErrorType::MissingDtStart => ("DTSTART", "expected a date or a time".into()),
            CalendarErrorType::InvalidDtStart => ("DTSTART", A_TIME.into()),
            CalendarErrorType::InvalidDtEnd => ("DTEND", A_TIME.into()),
            CalendarErrorType::InvalidDuration => ("DURATION", "expected one like P1D".into()),
            CalendarErrorType::RRule(error) => ("RRULE", format!("expected a rule, got {error}")),
        };
        self.error(event, property, &message)
    }

    /// Refuses what the library would pass over.
    fn check(&self, event: Event, zones: &TzResolver<&str>) -> Result<(), CalendarError> {
        let component = self.component(event);
        if component.property(&ICalendarProperty::Dtstart).is_none() {
            let message = "expected a date or a time, got an event without; add it";
            return Err(self.error(event, "DTSTART", message));
        }
        for entry in &component.entries {
            let Some((expected, fits)) = form(&entry.name) else {
                continue;
            };
            let name = entry.name.as_str();
            if entry.values.is_empty() || !entry.values.iter().all(fits) {
                let written = entry.values.first().and_then(ICalendarValue::as_text);
                let message = format!(
                    "expected {expected}, got {:?}",
                    written.unwrap_or("something else")
                );
                return Err(self.error(event, name, &message));
            }
            if let Some(id) = entry.tz_id().filter(|id| zones.resolve(id).is_none()) {
                let message = format!("expected a TZID such as Europe/Berlin, got {id:?}");
                return Err(self.error(event, name, &message));
            }
        }
        Ok(())
    }
}

/// What a value must be: in words, and as a test.
type Form = (&'static str, fn(&ICalendarValue) -> bool);

/// What the values of a property that says when must be; `None` for any other property.
fn form(name: &ICalendarProperty) -> Option<Form> {
    fn is_time(value: &ICalendarValue) -> bool {
        matches!(value, ICalendarValue::PartialDateTime(time) if time.to_date_time().is_some())
    }
    match name {
        ICalendarProperty::Dtstart
        | ICalendarProperty::Dtend
        | ICalendarProperty::Exdate
        | ICalendarProperty::RecurrenceId => Some((
            "a date such as 20261225 or a time such as 20261225T090000",
            is_time,
        )),
        ICalendarProperty::Rdate => Some((
            "dates such as 20261225, times or periods",
            |value: &ICalendarValue| is_time(value) || matches!(value, ICalendarValue::Period(_)),
        )),
        ICalendarProperty::Duration => {
            Some(("a length such as P1D or PT12H", |value: &ICalendarValue| {
                matches!(value, ICalendarValue::Duration(_))
            }))
        }
        ICalendarProperty::Rrule => {
            Some(("a rule such as FREQ=YEARLY", |value: &ICalendarValue| {
                matches!(value, ICalendarValue::RecurrenceRule(_))
            }))
        }
        _ => None,
    }
}

fn no_calendar(text: &str, entry: &Entry) -> CalendarError {
    match entry {
        Entry::InvalidLine(got) => {
            let got: String = got.trim().chars().take(40).collect();
            let line = text.lines().position(|line| line.contains(&got));
            CalendarError::new(
                line.map_or(1, |index| index + 1),
                format!("expected BEGIN:VCALENDAR, got {got:?}"),
            )
        }
        _ => CalendarError::new(1, "expected BEGIN:VCALENDAR, got something else"),
    }
}

/// Refuses components that are not closed, or not in the order in which they were opened: a file
/// that was cut off would be taken for one with fewer events.
fn check_nesting(text: &str) -> Result<(), CalendarError> {
    let mut open: Vec<(String, usize)> = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        let written = written.trim_end().to_ascii_uppercase();
        if let Some(name) = written.strip_prefix("BEGIN:") {
            open.push((name.to_owned(), line));
        } else if let Some(name) = written.strip_prefix("END:")
            && open.pop().is_none_or(|(opened, _)| opened != name)
        {
            return Err(CalendarError::new(
                line,
                format!("expected the end of what was begun last, got END:{name}"),
            ));
        }
    }
    match open.pop() {
        None => Ok(()),
        Some((name, line)) => Err(CalendarError::new(
            line,
            format!("expected END:{name} before the end of the file; it was cut off"),
        )),
    }
}

fn is(line: &str, expected: &str) -> bool {
    line.trim_end().eq_ignore_ascii_case(expected)
}

fn is_property(line: &str, name: &str) -> bool {
    let rest = line
        .get(..name.len())
        .filter(|start| start.eq_ignore_ascii_case(name))
        .map(|_| &line[name.len()..]);
    rest.is_some_and(|rest| rest.starts_with([':', ';']))
}
