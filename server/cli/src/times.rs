//! Times as people read them, on this machine's clock and in its zone.

use core::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tocsin_ticket::Millis;

fn written(at: Millis, format: &str) -> String {
    // An instant beyond the calendar is shown as the number that it is.
    Timestamp::from_millisecond(at.0)
        .map(|at| at.to_zoned(TimeZone::system()).strftime(format).to_string())
        .unwrap_or_else(|_| at.to_string())
}

/// This machine's clock.
pub fn now() -> Millis {
    Millis(Timestamp::now().as_millisecond())
}

/// `09:05:07`.
pub fn clock(at: Millis) -> String {
    written(at, "%H:%M:%S")
}

/// `09:05`.
pub fn hour_and_minute(at: Millis) -> String {
    written(at, "%H:%M")
}

/// `Mon 2026-11-23 09:05`.
pub fn day_and_clock(at: Millis) -> String {
    written(at, "%a %Y-%m-%d %H:%M")
}

/// `Mon 2026-11-23`.
pub fn day(at: Millis) -> String {
    written(at, "%a %Y-%m-%d")
}

/// `7 s`, `4:59`, `1:04:59`: what a person reads from a running clock.
pub fn running(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, left) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{left} s"),
        (0, _) => format!("{minutes}:{left:02}"),
        _ => format!("{hours}:{minutes:02}:{left:02}"),
    }
}

/// `3 d`, `2 h`, `5 min`, `7 s`: about how long.
pub fn about(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
