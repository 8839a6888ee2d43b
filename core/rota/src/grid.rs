//! The grid of turns: turn 0 contains the rotation's start, every other lies a turn's length in
//! local days from its neighbours, and each begins at its handoff. All that a change of the clocks
//! can do to a rotation happens here.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::HandoffSpec;

/// The handoffs of one rotation, numbered.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    zone: TimeZone,
    /// The local moment at which turn 0 begins.
    first: DateTime,
    /// How long a turn is, in local days.
    days: i64,
}

impl Grid {
    /// The grid whose turn 0 begins with the last handoff on or before the date `start`; of turns
    /// that begin on no particular weekday, on the start date itself.
    pub(crate) fn new(zone: TimeZone, start: Date, handoff: &HandoffSpec) -> Grid {
        let since = handoff
            .weekday
            .map_or(0, |weekday| i64::from(start.weekday().since(weekday)));
        let date = start.saturating_sub(SignedDuration::from_hours(24 * since));
        Grid {
            zone,
            first: date.to_datetime(handoff.time),
            days: handoff.days(),
        }
    }

    /// The zone in which all of it is meant.
    pub(crate) const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The instant at which `turn` begins; the ends of the calendar where it lies beyond them.
    pub(crate) fn begin(&self, turn: i64) -> Timestamp {
        turn.checked_mul(self.days * 24)
            .and_then(|hours| {
                let since_first = SignedDuration::from_hours(hours);
                self.first.checked_add(since_first).ok()
            })
            .map(|local| instant(&self.zone, local))
            .unwrap_or(if turn < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            })
    }

    /// The turn that contains `instant`.
    pub(crate) fn containing(&self, instant: Timestamp) -> i64 {
        let date = self.local(instant).date();
        let mut turn = self.days_from_first(date).div_euclid(self.days);
        // The local date alone is off by one before the handoff on a handoff day, where the clocks
        // go back over midnight, and where the calendar skips a day.
        while self.begin(turn) > instant {
            turn -= 1;
        }
        loop {
            let next = self.begin(turn + 1);
            if next > instant || next == Timestamp::MAX {
                return turn;
            }
            turn += 1;
        }
    }

    /// The first turn whose handoff is on or after the local date `date`.
    pub(crate) fn first_on_or_after(&self, date: Date) -> i64 {
        -(-self.days_from_first(date)).div_euclid(self.days)
    }

    /// When somebody who leaves on `date` is no longer on call: at that day's handoff, or else
    /// when the day begins.
    pub(crate) fn leaving(&self, date: Date) -> Timestamp {
        if self.days_from_first(date).rem_euclid(self.days) == 0 {
            self.begin(self.first_on_or_after(date))
        } else {
            self.instant(date.into())
        }
    }

    /// The local date on which `turn` begins, before any shift of the clocks.
    pub(crate) fn date(&self, turn: i64) -> Date {
        self.first
            .date()
            .saturating_add(SignedDuration::from_hours(turn * self.days * 24))
    }

    /// The instant a local time means.
    pub(crate) fn instant(&self, local: DateTime) -> Timestamp {
        instant(&self.zone, local)
    }

    /// What the local clock shows at `instant`.
    pub(crate) fn local(&self, instant: Timestamp) -> DateTime {
        self.zone.to_datetime(instant)
    }

    fn days_from_first(&self, date: Date) -> i64 {
        date.duration_since(self.first.date()).as_hours() / 24
    }
}

/// The instant a local time means. In a gap the time is later by the length of the gap, in a fold
/// it is the first of the two: RFC 5545, section 3.3.5, which jiff calls compatible.
pub(crate) fn instant(zone: &TimeZone, local: DateTime) -> Timestamp {
    zone.to_ambiguous_timestamp(local)
        .compatible()
        .unwrap_or(if local.year() < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
}
