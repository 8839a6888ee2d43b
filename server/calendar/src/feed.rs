//! Shifts as a calendar to subscribe to.

use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use jiff::Timestamp;

use crate::zone;

/// How often a program should look again, in seconds: an hour. A swap for tonight should be in the
/// calendar before tonight.
const LOOK_AGAIN: i64 = 3600;

/// Whose shifts a feed has; it decides what an event is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One person's, in any team: their events say which team.
    Person,
    /// A team's: its events say who.
    Team,
}

/// What a feed is about.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// Whose shifts.
    pub whose: Whose,
    /// What calendar programs call it.
    pub name: &'a str,
    /// When it is written: each event's `DTSTAMP`.
    pub stamp: Timestamp,
}

/// One event of a feed.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The id of the team whose duty it is.
    pub team: &'a str,
    /// What people call the team.
    pub team_name: &'a str,
    /// Which of the team's duties, such as `secondary`; `None` for the first.
    pub duty: Option<&'a str>,
    /// The id of whoever has the shift.
    pub person: &'a str,
    /// What people call them.
    pub person_name: &'a str,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
}

/// The calendar, as text with lines of at most 75 octets that end in CR LF.
///
/// The UID of an event is made of the team, the duty, the person and the instant at which they take
/// over. So an override that cuts a shift short moves the end of the event that is there; a shift
/// that changes hands is another event, and the one that was there goes. Events do not make their
/// owner look busy: `TRANSP` is `TRANSPARENT`.
///
/// ```
/// use tocsin_calendar::{Entry, Feed, Whose, feed};
///
/// let about = Feed {
///     whose: Whose::Person,
///     name: "On call",
///     stamp: "2026-11-23T12:00Z".parse()?,
/// };
/// let week = Entry {
///     team: "shop",
///     team_name: "Shop",
///     duty: None,
///     person: "ana",
///     person_name: "Ana Silva",
///     from: "2026-11-23T08:00Z".parse()?,
///     until: "2026-11-30T08:00Z".parse()?,
/// };
/// let text = feed(&about, [week]);
/// assert!(text.contains("SUMMARY:On call for Shop\r\nTRANSP:TRANSPARENT\r\n"));
/// # Ok::<(), jiff::Error>(())
/// ```
#[must_use]
pub fn feed<'a>(feed: &Feed<'_>, entries: impl IntoIterator<Item = Entry<'a>>) -> String {
    let mut calendar = Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Tocsin//On call//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
    ] {
        calendar.append_property((name, value));
    }
    // The library escapes what it knows to be text; it does not know RFC 7986's NAME.
    calendar.append_property(
        Property::new("NAME", feed.name)
            .add_parameter("VALUE", "TEXT")
            .done(),
    );
    calendar.append_property(("X-WR-CALNAME", feed.name));
    calendar.ttl(&chrono::Duration::seconds(LOOK_AGAIN));
    calendar.extend(entries.into_iter().filter_map(|entry| event(feed, &entry)));
    calendar.to_string()
}

/// `None` for a shift beyond the calendar's years.
fn event(feed: &Feed<'_>, entry: &Entry<'_>) -> Option<Event> {
    let mut event = Event::new();
    event
        .uid(&uid(entry))
        .timestamp(zone::chrono(feed.stamp)?)
        .starts(zone::chrono(entry.from)?)
        .ends(zone::chrono(entry.until)?)
        .summary(&summary(feed.whose, entry))
        .status(EventStatus::Confirmed)
        .add_property("TRANSP", "TRANSPARENT");
    Some(event.done())
}

/// Ids are letters, digits and hyphens, so the dots keep the parts apart.
fn uid(entry: &Entry<'_>) -> String {
    format!(
        "{}.{}.{}.{}@tocsin",
        entry.team,
        entry.duty.unwrap_or("primary").replace(' ', "-"),
        entry.person,
        entry.from.as_second()
    )
}

fn summary(whose: Whose, entry: &Entry<'_>) -> String {
    let duty = entry
        .duty
        .map(|duty| format!(" ({duty})"))
        .unwrap_or_default();
    match whose {
        Whose::Person => format!("On call for {}{duty}", entry.team_name),
        Whose::Team => format!(
            "{}: on call for {}{duty}",
            entry.person_name, entry.team_name
        ),
    }
}
