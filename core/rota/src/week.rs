//! The grid of weeks: week 0 contains the rota's start, every other lies seven local days from
//! its neighbours, and each begins at its handoff. All that a change of the clocks can do to a
//! rota happens here.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::HandoffSpec;

const WEEK_DAYS: i64 = 7;

/// The handoffs of one rota, numbered.
#[derive(Debug, Clone)]
pub(crate) struct Weeks {
    zone: TimeZone,
    /// The local moment at which week 0 begins.
    first: DateTime,
}

impl Weeks {
    /// The grid whose week 0 begins with the last handoff on or before the date `start`.
    pub(crate) fn new(zone: TimeZone, start: Date, handoff: &HandoffSpec) -> Weeks {
        let since = i64::from(start.weekday().since(handoff.weekday));
        let date = start.saturating_sub(SignedDuration::from_hours(24 * since));
        Weeks {
            zone,
            first: date.to_datetime(handoff.time),
        }
    }

    /// The instant at which `week` begins; the ends of the calendar where it lies beyond them.
    pub(crate) fn begin(&self, week: i64) -> Timestamp {
        week.checked_mul(WEEK_DAYS * 24)
            .and_then(|hours| {
                let since_first = SignedDuration::from_hours(hours);
                self.first.checked_add(since_first).ok()
            })
            .map(|local| self.instant(local))
            .unwrap_or(if week < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            })
    }

    /// The week that contains `instant`.
    pub(crate) fn containing(&self, instant: Timestamp) -> i64 {
        let week = self
            .days_from_first(self.local(instant).date())
            .div_euclid(WEEK_DAYS);
        // The local date alone is off by one before the handoff on a handoff day, and where the
        // clocks go back over midnight.
        let next = self.begin(week + 1);
        if self.begin(week) > instant {
            week - 1
        } else if next <= instant && next < Timestamp::MAX {
            week + 1
        } else {
            week
        }
    }

    /// The first week whose handoff is on or after the local date `date`.
    pub(crate) fn first_on_or_after(&self, date: Date) -> i64 {
        -(-self.days_from_first(date)).div_euclid(WEEK_DAYS)
    }

    /// When somebody who leaves on `date` is no longer on call: at that day's handoff, or else
    /// when the day begins.
    pub(crate) fn leaving(&self, date: Date) -> Timestamp {
        if date.weekday() == self.first.weekday() {
            self.begin(self.first_on_or_after(date))
        } else {
            self.instant(date.into())
        }
    }

    /// The local date on which `week` begins, before any shift of the clocks.
    pub(crate) fn date(&self, week: i64) -> Date {
        self.first
            .date()
            .saturating_add(SignedDuration::from_hours(week * WEEK_DAYS * 24))
    }

    /// The instant a local time means. In a gap the time is later by the length of the gap, in a
    /// fold it is the first of the two: RFC 5545, section 3.3.5, which jiff calls compatible.
    pub(crate) fn instant(&self, local: DateTime) -> Timestamp {
        self.zone
            .to_ambiguous_timestamp(local)
            .compatible()
            .unwrap_or(if local.year() < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            })
    }

    /// What the local clock shows at `instant`.
    pub(crate) fn local(&self, instant: Timestamp) -> DateTime {
        self.zone.to_datetime(instant)
    }

    fn days_from_first(&self, date: Date) -> i64 {
        date.duration_since(self.first.date()).as_hours() / 24
    }
}
