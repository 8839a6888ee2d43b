//! The duties that another pager publishes as a calendar.

use std::collections::BTreeMap;

use calcard::icalendar::{ICalendarParameterName, ICalendarProperty};
use jiff::{Timestamp, tz::TimeZone};

use crate::read::File;
use crate::{CalendarError, zone};

/// One event of another pager's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarShift {
    /// Line of the file on which the event begins, from 1.
    pub line: usize,
    /// What the event is called.
    pub summary: String,
    /// Who takes part, as mail addresses without `mailto:`.
    pub attendees: Vec<Attendee>,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
}

/// Somebody who takes part in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Mail address, without `mailto:`.
    pub address: String,
    /// What the event calls them, if it does.
    pub name: Option<String>,
}

/// Somebody has the duty from one instant until another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The person's id.
    pub person: String,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
}

/// Every event of a calendar file that begins before `before`, in the order of their beginnings;
/// recurring ones as often as they recur. `floating` is the IANA time zone of times that name none.
///
/// # Errors
/// The first thing found that is no calendar, no event, or an event that does not say how long it
/// lasts; or a zone that does not exist.
pub fn shifts(
    text: &str,
    floating: &str,
    before: Timestamp,
) -> Result<Vec<CalendarShift>, CalendarError> {
    let file = File::parse(text)?;
    let floating = zone::named(floating).ok_or_else(|| {
        CalendarError::new(1, format!("expected an IANA time zone, got {floating:?}"))
    })?;
    // No zone is more than a day behind UTC.
    let horizon = before.to_zoned(TimeZone::UTC).datetime();
    let horizon = horizon.saturating_add(jiff::Span::new().days(1));
    let mut found = Vec::new();
    for occurrence in file.occurrences(horizon, &floating)? {
        let event = file.component(occurrence.event);
        if event.property(&ICalendarProperty::Dtend).is_none()
            && event.property(&ICalendarProperty::Duration).is_none()
        {
            let message = "expected when the shift ends, got nothing; add DTEND or DURATION";
            return Err(file.error(occurrence.event, "DTEND", message));
        }
        let instants = zone::instant(occurrence.from, &occurrence.zone)
            .zip(zone::instant(occurrence.until, &occurrence.zone));
        let Some((from, until)) = instants.filter(|(from, until)| from < until) else {
            let message = format!("expected an end after {}", occurrence.from);
            return Err(file.error(occurrence.event, "DTEND", &message));
        };
        if from >= before {
            continue;
        }
        let summary = event
            .property(&ICalendarProperty::Summary)
            .and_then(|entry| entry.values.first()?.as_text())
            .unwrap_or_default();
        found.push(CalendarShift {
            line: occurrence.event.line,
            summary: summary.trim().to_owned(),
            attendees: event
                .properties(&ICalendarProperty::Attendee)
                .filter_map(|entry| {
                    let name = entry.parameter(&ICalendarParameterName::Cn);
                    Some(Attendee {
                        address: entry.calendar_address()?.to_owned(),
                        name: name.and_then(|name| name.as_text()).map(str::to_owned),
                    })
                })
                .collect(),
            from,
            until,
        });
    }
    found.sort_by_key(|shift| (shift.from, shift.line));
    Ok(found)
}

/// The IANA time zone that a calendar file is on: what it says of itself (`X-WR-TIMEZONE`), or the
/// zone of its first event. `None` if it says neither.
///
/// # Errors
/// As [`shifts`].
pub fn clock(text: &str) -> Result<Option<String>, CalendarError> {
    Ok(File::parse(text)?.clock())
}

/// Gives each shift to a person. `people` has for each word that stands for somebody their id: a
/// mail address, or what the summary of an event calls them. An attendee's address goes before the
/// summary, and in that the longest word that is found. Case does not matter.
///
/// What nobody is found for comes back as it is, for its owner to be told.
#[must_use]
pub fn assign(
    shifts: Vec<CalendarShift>,
    people: &BTreeMap<String, String>,
) -> (Vec<Stretch>, Vec<CalendarShift>) {
    let words: Vec<(String, &String)> = people
        .iter()
        .map(|(word, person)| (word.to_lowercase(), person))
        .collect();
    let by_address = |shift: &CalendarShift| {
        let addresses: Vec<String> = shift
            .attendees
            .iter()
            .map(|attendee| attendee.address.to_lowercase())
            .collect();
        let mut known = words.iter().filter(|(word, _)| addresses.contains(word));
        known.next().map(|(_, person)| (*person).clone())
    };
    let by_summary = |shift: &CalendarShift| {
        let summary = shift.summary.to_lowercase();
        let named = words.iter().filter(|(word, _)| has_word(&summary, word));
        named
            .max_by_key(|(word, _)| word.len())
            .map(|(_, person)| (*person).clone())
    };
    let mut given = Vec::new();
    let mut left = Vec::new();
    for shift in shifts {
        match by_address(&shift).or_else(|| by_summary(&shift)) {
            Some(person) => given.push(Stretch {
                person,
                from: shift.from,
                until: shift.until,
            }),
            None => left.push(shift),
        }
    }
    (given, left)
}

/// Whether the word is in the text with neither a letter nor a digit beside it: Ana is not in
/// Anabel.
fn has_word(text: &str, word: &str) -> bool {
    let stands_alone = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric)
    };
    !word.is_empty() && text.match_indices(word).any(|(at, _)| stands_alone(at))
}
