//! Numbers and instants as people read them.

use jiff::tz::TimeZone;
use tocsin_ticket::Millis;

use crate::hours::{instant, zone};
use crate::{Advice, Load, Pattern, Report};

/// `45 s`, `12 min`, `1 h 05 min`, `2 d 3 h`.
#[must_use]
pub fn length(ms: u64) -> String {
    let (seconds, minutes) = (ms / 1000, (ms + 30_000) / 60_000);
    if seconds < 60 {
        return format!("{seconds} s");
    }
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours @ 1..48, 0) => format!("{hours} h"),
        (hours @ 1..48, minutes) => format!("{hours} h {minutes:02} min"),
        (hours, _) => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// `3 %`: the share of a part in a whole, and nothing for no whole.
pub(super) fn share(part: u64, whole: u64) -> Option<String> {
    (whole > 0).then(|| format!("{:.0} %", part as f64 * 100.0 / whole as f64))
}

/// `1 page`, `2 pages`.
pub(super) fn count(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// `once`, `twice`, `3 times`.
#[must_use]
pub fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => format!("{number} times"),
    }
}

/// The report in two sentences.
#[must_use]
pub fn summary(report: &Report) -> String {
    let Load {
        interruptions,
        interrupted_sleep_ms,
        ..
    } = &report.total;
    if report.total.pages.total() == 0 {
        return "No page rang.".to_owned();
    }
    let called = count(interruptions.total(), "interruption", "interruptions");
    let took = match interruptions.sleep {
        0 if *interrupted_sleep_ms == 0 => "none in sleep hours".to_owned(),
        asleep => format!(
            "{asleep} in sleep hours; people lost {} of sleep",
            length(*interrupted_sleep_ms)
        ),
    };
    let (now, before) = (
        report.trend.now.interruptions,
        report.trend.before.interruptions,
    );
    let than = if before == 0.0 {
        "There were none in the four weeks before.".to_owned()
    } else {
        format!(
            "That is {now:.1} a week, after {before:.1} a week in the four weeks before ({}).",
            change(now, before)
        )
    };
    format!("{called}, {took}. {than}")
}

fn change(now: f64, before: f64) -> String {
    let percent = (now - before) * 100.0 / before;
    if percent.abs() < 0.5 {
        "unchanged".to_owned()
    } else {
        format!("{percent:+.0} %").replace('-', "\u{2212}")
    }
}

/// What to do about an alarm pattern, and why.
#[must_use]
pub fn advice(pattern: &Pattern) -> String {
    let noise = &pattern.load.noise;
    match pattern.advice {
        Advice::HoldOff => format!(
            "{} of {} recovered by themselves: hold off before paging",
            noise.recovered, noise.paged
        ),
        Advice::DoNotPage => format!(
            "nobody acted on {} of {}: do not page for it",
            noise.no_action, noise.paged
        ),
        Advice::Fix => "people had to act: fix the cause".to_owned(),
    }
}

/// Instants by one zone's calendar.
pub(super) struct Calendar(TimeZone);

impl Calendar {
    /// The zone's; UTC if there is no such zone, which no report has.
    pub(super) fn of(name: &str) -> Self {
        Self(zone(name).unwrap_or(TimeZone::UTC))
    }

    fn write(&self, at: Millis, format: &str) -> String {
        let zoned = instant(at).to_zoned(self.0.clone());
        zoned.strftime(format).to_string()
    }

    /// `Mon 1 Jun 2026, 09:00`.
    pub(super) fn day_and_time(&self, at: Millis) -> String {
        self.write(at, "%a %-d %b %Y, %H:%M")
    }

    /// `Mon 1 Jun, 09:00`, where the year is plain.
    pub(super) fn short(&self, at: Millis) -> String {
        self.write(at, "%a %-d %b, %H:%M")
    }

    /// `2026-06-01T09:00:00+02:00` (RFC 3339).
    pub(super) fn stamp(&self, at: Millis) -> String {
        self.write(at, "%Y-%m-%dT%H:%M:%S%:z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_exact_as_people_say_them() {
        for (seconds, said) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (89, "1 min"),
            (90, "2 min"),
            (3599, "1 h"),
            (3600 + 300, "1 h 05 min"),
            (47 * 3600, "47 h"),
            (51 * 3600, "2 d 3 h"),
        ] {
            assert_eq!(length(seconds * 1000), said);
        }
    }
}
