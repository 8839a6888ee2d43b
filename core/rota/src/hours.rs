//! When a rotation counts: stretches of local hours on days of the week, but not on holidays.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::grid::instant;
use crate::{HoursSpec, RotaError};

/// From one instant until another, which no longer belongs to it.
pub(crate) type Stretch = (Timestamp, Timestamp);

/// The hours of one rotation.
#[derive(Debug, Clone)]
pub(crate) struct Hours {
    zone: TimeZone,
    spans: Vec<Span>,
    holidays: BTreeSet<Date>,
}

#[derive(Debug, Clone)]
struct Span {
    days: Vec<Weekday>,
    from: Time,
    until: Time,
}

/// A stretch may end on the day after it began, and the clocks may move either end across midnight
/// or, in Samoa in 2011, across a whole day.
const REACH: SignedDuration = SignedDuration::from_hours(3 * 24);

impl Hours {
    /// The hours as written; none if they always hold.
    pub(crate) fn new(
        zone: &TimeZone,
        spec: &[HoursSpec],
        holidays: &[Date],
    ) -> Result<Option<Hours>, RotaError> {
        if let Some(empty) = spec.iter().position(|hours| hours.days.is_empty()) {
            return Err(RotaError::NoDays {
                field: format!("hours[{empty}].days"),
            });
        }
        let hours = Hours {
            zone: zone.clone(),
            spans: spec
                .iter()
                .map(|hours| Span {
                    days: hours.days.clone(),
                    from: hours.from,
                    until: hours.until,
                })
                .collect(),
            holidays: holidays.iter().copied().collect(),
        };
        Ok((!spec.is_empty()).then_some(hours))
    }

    pub(crate) const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether a holiday is near enough to change who is on call within the stretch.
    pub(crate) fn holiday_within(&self, (from, until): Stretch) -> bool {
        let (first, last) = self.dates(from, until);
        self.holidays.range(first..=last).next().is_some()
    }

    /// Whether they hold at `instant`.
    pub(crate) fn hold(&self, instant: Timestamp) -> bool {
        self.stretches(instant, instant)
            .any(|(from, until)| from <= instant && instant < until)
    }

    /// The part of `within` around `instant` during all of which they hold as at `instant`, or do
    /// not.
    pub(crate) fn around(&self, instant: Timestamp, within: Stretch) -> Stretch {
        let (mut from, mut until) = within;
        for (begin, end) in self.joined(within) {
            if end <= instant {
                from = from.max(end);
            } else if begin > instant {
                until = until.min(begin);
            } else {
                from = from.max(begin);
                until = until.min(end);
            }
        }
        (from, until)
    }

    /// Every stretch that has a part in `within`, in order; none touches another.
    fn joined(&self, within: Stretch) -> Vec<Stretch> {
        joined(self.stretches(within.0, within.1).collect())
    }

    /// At least every stretch that has a part in `from..=until`, in no order.
    pub(crate) fn stretches(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = Stretch> {
        let (first, last) = self.dates(from, until);
        let dates = std::iter::successors(Some(first), move |date| {
            date.tomorrow().ok().filter(|date| *date <= last)
        });
        dates
            .filter(|date| !self.holidays.contains(date))
            .flat_map(move |date| {
                let on_day = move |span: &&Span| span.days.contains(&date.weekday());
                self.spans
                    .iter()
                    .filter(on_day)
                    .map(move |span| self.stretch(span, date))
            })
            .filter(|(from, until)| from < until)
    }

    fn stretch(&self, span: &Span, date: Date) -> Stretch {
        let last = if span.until <= span.from {
            date.tomorrow().unwrap_or(Date::MAX)
        } else {
            date
        };
        (
            instant(&self.zone, date.to_datetime(span.from)),
            instant(&self.zone, last.to_datetime(span.until)),
        )
    }

    /// The local dates on which a stretch may begin that has a part in `from..=until`.
    fn dates(&self, from: Timestamp, until: Timestamp) -> (Date, Date) {
        let date = |instant: Timestamp| self.zone.to_datetime(instant).date();
        (
            date(from.saturating_sub(REACH).unwrap_or(Timestamp::MIN)),
            date(until.saturating_add(REACH).unwrap_or(Timestamp::MAX)),
        )
    }
}

/// The same time in order, and in as few stretches as possible.
pub(crate) fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (from, until) in stretches {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}
