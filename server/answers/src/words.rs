//! Who and when, as sentences say it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tocsin_report::Names;
use tocsin_ticket::{Actor, Millis, PersonId};

/// Names, and the clock by which times are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) names: &'a Names,
    pub(crate) zone: &'a TimeZone,
}

impl Words<'_> {
    pub(crate) fn person(&self, id: &PersonId) -> String {
        self.names.person(id).to_owned()
    }

    /// `Ana`, `Ana and Ben`, `Ana, Ben and Carl`.
    pub(crate) fn people(&self, ids: &[PersonId]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.person(id)).collect();
        listed(&names)
    }

    pub(crate) fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person(person) => self.person(person),
            Actor::Monitoring(source) => format!("monitoring ({source})"),
        }
    }

    /// `02:13:20` on the day of `on`, `Mon 2026-03-23 02:13:20` on another.
    pub(crate) fn clock(&self, at: Millis, on: Millis) -> String {
        let (Some(at), Some(on)) = (self.zoned(at), self.zoned(on)) else {
            return at.to_string();
        };
        let format = if at.date() == on.date() {
            "%H:%M:%S"
        } else {
            "%a %Y-%m-%d %H:%M:%S"
        };
        at.strftime(format).to_string()
    }

    /// `Mon 2026-03-23 09:00`.
    pub(crate) fn day_and_clock(&self, at: Millis) -> String {
        self.zoned(at).map_or_else(
            || at.to_string(),
            |at| at.strftime("%a %Y-%m-%d %H:%M").to_string(),
        )
    }

    fn zoned(&self, at: Millis) -> Option<jiff::Zoned> {
        let instant = Timestamp::from_millisecond(at.0).ok()?;
        Some(instant.to_zoned(self.zone.clone()))
    }
}

/// `a`, `a and b`, `a, b and c`; `nobody` of none.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `is` or `are`.
pub(crate) const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// `was` or `were`.
pub(crate) const fn were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// `5 min`, `90 s`, `2 h 30 min`: a length as people write it.
pub(crate) fn length(length: core::time::Duration) -> String {
    let seconds = length.as_secs();
    let (days, hours, minutes, rest) = (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    );
    let parts: Vec<String> = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}
