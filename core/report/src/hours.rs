//! Which part of the day an instant is for somebody, and how much of a stretch of time is night.

use core::fmt;
use std::sync::LazyLock;

use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

/// A part of the day, by the clock of the person who is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Working hours of a working day.
    Business,
    /// Evenings, and what is not night of days off.
    Evening,
    /// When people sleep.
    Sleep,
}

/// What a team calls business hours and sleep hours, as local times of whoever is paged. All the
/// rest is evening; where the two overlap, it is sleep.
///
/// By default business hours are 09:00 to 18:00 from Monday to Friday and sleep hours 22:00 to
/// 07:00. `PagerDuty` divides the day in the same three, by the user's own zone too: business
/// 08:00 to 18:00 from Monday to Friday, sleep 22:00 to 08:00, off hours the rest (its REST API,
/// "Analytics", `total_business_hour_interruptions` and its neighbours,
/// <https://developer.pagerduty.com/api-reference/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    business_days: Vec<Weekday>,
    business: (Time, Time),
    sleep: (Time, Time),
}

/// Hours that cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Business hours that end before they begin.
    #[error("business hours: expected an end after {0}, on the same day")]
    Business(Time),
    /// Sleep hours without length.
    #[error("sleep hours: expected an end other than {0}; they may pass midnight")]
    Sleep(Time),
}

impl Default for Hours {
    fn default() -> Self {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        Self {
            business_days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
            business: (time(9, 0, 0, 0), time(18, 0, 0, 0)),
            sleep: (time(22, 0, 0, 0), time(7, 0, 0, 0)),
        }
    }
}

impl fmt::Display for Hours {
    /// `business Monday, Tuesday 09:00 to 18:00, sleep 22:00 to 07:00`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<String> = self
            .business_days
            .iter()
            .map(|day| format!("{day:?}"))
            .collect();
        let clock = |time: Time| time.strftime("%H:%M").to_string();
        let ((opens, closes), (falls, wakes)) = (self.business, self.sleep);
        write!(
            f,
            "business {} {} to {}, sleep {} to {}",
            days.join(", "),
            clock(opens),
            clock(closes),
            clock(falls),
            clock(wakes)
        )
    }
}

/// One night of somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Night {
    /// The date on which it begins, by their clock.
    pub(crate) date: Date,
    pub(crate) from: Millis,
    pub(crate) until: Millis,
}

impl Hours {
    /// With these business hours.
    ///
    /// # Errors
    /// [`HoursError::Business`] when they have no length or pass midnight.
    pub fn with_business(
        mut self,
        days: Vec<Weekday>,
        from: Time,
        until: Time,
    ) -> Result<Self, HoursError> {
        if until <= from {
            return Err(HoursError::Business(from));
        }
        self.business_days = days;
        self.business = (from, until);
        Ok(self)
    }

    /// With these sleep hours, past midnight if they end earlier than they begin.
    ///
    /// # Errors
    /// [`HoursError::Sleep`] when they have no length.
    pub fn with_sleep(mut self, from: Time, until: Time) -> Result<Self, HoursError> {
        if from == until {
            return Err(HoursError::Sleep(from));
        }
        self.sleep = (from, until);
        Ok(self)
    }

    /// Which part of the day `at` is in `zone`.
    #[must_use]
    pub fn part(&self, zone: &TimeZone, at: Millis) -> Part {
        let local = zone.to_datetime(instant(at));
        if self.night(zone, at).is_some() {
            Part::Sleep
        } else if self.business_days.contains(&local.weekday())
            && (self.business.0..self.business.1).contains(&local.time())
        {
            Part::Business
        } else {
            Part::Evening
        }
    }

    /// The night that contains `at`, if it is one.
    pub(crate) fn night(&self, zone: &TimeZone, at: Millis) -> Option<Night> {
        self.nights(zone, at, Millis(at.0.saturating_add(1))).next()
    }

    /// Every night of which some part lies in `from..until`, in order.
    pub(crate) fn nights(
        &self,
        zone: &TimeZone,
        from: Millis,
        until: Millis,
    ) -> impl Iterator<Item = Night> {
        let last = date_of(zone, until);
        let mut date = date_of(zone, from).saturating_sub(1.day());
        core::iter::from_fn(move || {
            let this = date;
            date = date.saturating_add(1.day());
            (this <= last && this < date).then_some(this)
        })
        .map(|date| self.night_of(zone, date))
        .filter(move |night| night.from < until && from < night.until)
    }

    /// The night that begins on `date`.
    pub(crate) fn night_of(&self, zone: &TimeZone, date: Date) -> Night {
        let (from, until) = self.sleep;
        let ends = if until <= from {
            date.saturating_add(1.day())
        } else {
            date
        };
        Night {
            date,
            from: local(zone, date, from),
            until: local(zone, ends, until),
        }
    }
}

/// The zone of that name in the database compiled into this crate.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    ZONES.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// The instant, or the end of the calendar it lies beyond.
pub(crate) fn instant(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The date that a calendar shows at `at`.
pub(crate) fn date_of(zone: &TimeZone, at: Millis) -> Date {
    zone.to_datetime(instant(at)).date()
}

/// The instant that a local time means; skipped and repeated times as in the rota (RFC 5545,
/// section 3.3.5).
pub(crate) fn local(zone: &TimeZone, date: Date, at: Time) -> Millis {
    zone.to_ambiguous_timestamp(date.to_datetime(at))
        .compatible()
        .map_or(Millis(i64::MAX), |at| Millis(at.as_millisecond()))
}
