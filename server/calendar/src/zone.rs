//! The one bridge between chrono, which the libraries for calendars use, and jiff.

use std::sync::LazyLock;

use calcard::common::timezone::Tz;
use chrono::{Datelike, NaiveDateTime, Timelike};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time of the calendar as jiff has it. `None` beyond the year 9999.
pub(crate) fn civil(at: NaiveDateTime) -> Option<DateTime> {
    let year = i16::try_from(at.year()).ok()?;
    let [month, day, hour, minute] =
        [at.month(), at.day(), at.hour(), at.minute()].map(|part| i8::try_from(part).ok());
    // A leap second is the one before it: jiff's clocks have none.
    let second = i8::try_from(at.second().min(59)).ok()?;
    DateTime::new(year, month?, day?, hour?, minute?, second, 0).ok()
}

/// The zone of that IANA name, by the database that is compiled in: the one shifts are worked out by.
pub(crate) fn named(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    ZONES.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// The zone that the library found, or `floating` for a time on no clock in particular.
pub(crate) fn of(found: Tz, floating: &TimeZone) -> Option<TimeZone> {
    match found {
        Tz::Floating => Some(floating.clone()),
        zone if zone.is_utc() => Some(TimeZone::UTC),
        zone => named(&zone.name()?),
    }
}

/// The instant of a local time. One that the clocks skip is as much later as they skip, one that
/// they show twice the first of the two: RFC 5545, section 3.3.5.
pub(crate) fn instant(at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(at).ok()
}

/// Seconds since the epoch, as chrono has them.
pub(crate) fn chrono(at: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(at.as_second(), 0)
}
