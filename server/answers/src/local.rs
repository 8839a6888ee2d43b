//! Local times that a person writes, of which some never are and some are twice.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

/// What is odd about a local time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClockNote {
    /// The clocks skip it. It means as much later as they skip (RFC 5545, section 3.3.5), as in
    /// every rota.
    Skipped {
        /// As it was written.
        written: String,
        /// What it means, with its offset.
        means: String,
    },
    /// The clocks show it twice. It means the first, as in every rota.
    Twice {
        /// The first, with its offset, which is meant.
        first: String,
        /// The second.
        second: String,
    },
}

impl ClockNote {
    /// The same in words.
    #[must_use]
    pub fn text(&self, zone: &str) -> String {
        match self {
            Self::Skipped { written, means } => format!(
                "{written} does not exist in {zone}: the clocks skip it; it means {means}, as in a rota"
            ),
            Self::Twice { first, second } => format!(
                "the clocks of {zone} show this time twice; it means the first, {first}, as in a \
                 rota; for the second write {second}"
            ),
        }
    }
}

/// An instant, and what was odd about the way it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// The instant.
    pub at: Millis,
    /// If anything was.
    pub note: Option<ClockNote>,
}

/// A time that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a time such as 2027-03-28T02:30, on the clock of the zone, or 2027-03-28T02:30+01:00, \
     got {0:?}"
)]
pub struct LocalTimeError(String);

/// Reads a time on the clock of `zone`, or one with an offset.
///
/// # Errors
/// [`LocalTimeError`] when it is neither.
pub fn local_time(text: &str, zone: &TimeZone) -> Result<LocalTime, LocalTimeError> {
    let unreadable = || LocalTimeError(text.to_owned());
    if let Ok(instant) = text.parse::<Timestamp>() {
        let at = Millis(instant.as_millisecond());
        return Ok(LocalTime { at, note: None });
    }
    // A date alone is read as midnight by jiff; nobody who asks for a time means that.
    let has_clock = text.contains([':']);
    let civil: DateTime = text
        .parse()
        .ok()
        .filter(|_| has_clock)
        .ok_or_else(unreadable)?;
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let offset = ambiguous.offset();
    let meant = ambiguous.compatible().map_err(|_| unreadable())?;
    let note = match offset {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some(ClockNote::Skipped {
            written: minutes(civil),
            means: with_offset(meant, zone),
        }),
        AmbiguousOffset::Fold { .. } => {
            let second = zone.to_ambiguous_timestamp(civil).later();
            Some(ClockNote::Twice {
                first: with_offset(meant, zone),
                second: with_offset(second.map_err(|_| unreadable())?, zone),
            })
        }
    };
    let at = Millis(meant.as_millisecond());
    Ok(LocalTime { at, note })
}

fn minutes(civil: DateTime) -> String {
    civil.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn with_offset(instant: Timestamp, zone: &TimeZone) -> String {
    let zoned: Zoned = instant.to_zoned(zone.clone());
    zoned.strftime("%Y-%m-%dT%H:%M%:z").to_string()
}
