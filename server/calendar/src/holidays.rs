//! Public holidays from a calendar file.

use calcard::icalendar::ICalendarProperty;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::CalendarError;
use crate::read::{File, Occurrence};

/// One day on which people do not work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    /// The local date: wherever the calendar is meant for, holidays are on no clock in particular.
    pub date: Date,
    /// What it is called; empty if the calendar does not say.
    pub name: String,
}

/// The holidays in a calendar file, in order, from one date until before another: every day of every
/// event that lasts whole days, recurring ones as often as they recur. A day with two names is there
/// twice.
///
/// # Errors
/// The first thing found that is no calendar, no event, or no whole day.
///
/// ```
/// use jiff::civil::date;
///
/// let file = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Tag der Arbeit\r\n\
///             DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
/// let found = tocsin_calendar::holidays(file, date(2027, 1, 1), date(2028, 1, 1))?;
/// assert_eq!(found[0].date, date(2027, 5, 1));
/// assert_eq!(found.len(), 1);
/// # Ok::<(), tocsin_calendar::CalendarError>(())
/// ```
pub fn holidays(text: &str, from: Date, until: Date) -> Result<Vec<Holiday>, CalendarError> {
    let file = File::parse(text)?;
    let mut found = Vec::new();
    for occurrence in file.occurrences(until.to_datetime(Time::midnight()), &TimeZone::UTC)? {
        let name = file
            .component(occurrence.event)
            .property(&ICalendarProperty::Summary)
            .and_then(|entry| entry.values.first()?.as_text())
            .unwrap_or_default();
        let (first, end) = whole_days(&file, &occurrence)?;
        let days = first.series(1.day()).take_while(|day| *day < end);
        found.extend(
            days.filter(|day| (from..until).contains(day))
                .map(|date| Holiday {
                    date,
                    name: name.to_owned(),
                }),
        );
    }
    found.sort();
    Ok(found)
}

/// The first day, and the one after the last. Some programs write whole days as midnight to
/// midnight.
fn whole_days(file: &File<'_>, occurrence: &Occurrence) -> Result<(Date, Date), CalendarError> {
    let begins_a_day = |at: DateTime| at.time() == Time::midnight();
    let (from, until) = (occurrence.from, occurrence.until);
    if begins_a_day(from) && begins_a_day(until) && from < until {
        return Ok((from.date(), until.date()));
    }
    let message = format!(
        "expected whole days, such as DTSTART;VALUE=DATE:20261225, got {from} until {until}; a \
         holiday file has nothing but holidays"
    );
    Err(file.error(occurrence.event, "DTSTART", &message))
}
