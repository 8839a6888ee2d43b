//! What monitoring finds in the year, drawn before it begins: 2,000 alarms, most of them by day, some
//! in storms, some that come again and some that recover by themselves.

use fastrand::Rng;
use jiff::Span;
use jiff::civil::Date;
use tocsin_ingest::{Signal, Target};
use tocsin_ticket::{Alarm, Millis, Severity};

use crate::setup::{SERVICES, START, at_wall};

/// Alarms in the year, without those that come again.
pub const ALARMS: usize = 2_000;

/// The year in days.
pub const DAYS: i32 = 365;

/// Storms in the year, and the alarms of each.
const STORMS: usize = 6;
const STORM: usize = 25;

/// Where most of the work is done, and so most of the trouble made.
const HOME: &str = "Europe/Berlin";

/// What an alarm is about: service and dedup key.
pub type Trouble = (String, String);

/// One word of monitoring.
#[derive(Debug, Clone)]
pub struct Notification {
    pub at: Millis,
    pub trouble: Trouble,
    pub signal: Signal,
}

/// The instant at which the year begins.
pub fn begin() -> Millis {
    at_wall(HOME, START.at(9, 0, 0, 0))
}

/// The instant at which it ends.
pub fn end() -> Millis {
    at_wall(HOME, day(DAYS).at(9, 0, 0, 0))
}

/// A day of the year.
pub fn day(number: i32) -> Date {
    START + Span::new().days(number)
}

/// What monitoring will say, in the order of time.
pub fn notifications(rng: &mut Rng) -> Vec<Notification> {
    let mut all = Vec::new();
    for _ in 0..STORMS {
        let begins = moment(rng);
        for number in 0..STORM {
            let at = begins + rng.i64(0..240_000);
            let service = "payments";
            let key = format!("node-{number}");
            let trouble = (service.to_owned(), key);
            let title = format!("payments-{number} does not answer");
            trouble_at(rng, at, trouble, title, Severity::Sev2, &mut all);
        }
    }
    for _ in 0..ALARMS - STORMS * STORM {
        let (service, ..) = SERVICES[rng.choice([0, 0, 0, 1, 1, 2, 2, 3, 3, 4]).unwrap()];
        let kind = rng.u32(0..12);
        let severity = match rng.u32(0..100) {
            0..7 => Severity::Sev1,
            7..70 => Severity::Sev2,
            70..92 => Severity::Sev3,
            92..98 => Severity::Sev4,
            _ => Severity::Sev5,
        };
        let title = match kind {
            0..4 => format!("{service}: p99 over {} ms", rng.u32(400..4_000)),
            4..7 => format!("{service} fails for {} % of requests", rng.u32(2..60)),
            7..10 => format!(
                "disk of {service}-{} is {} % full",
                rng.u32(1..9),
                90 + kind
            ),
            _ => format!("{service} 응답 없음"),
        };
        let key = format!("{kind}-{}", rng.u32(0..40));
        let at = moment(rng);
        let trouble = (service.to_owned(), key);
        trouble_at(rng, at, trouble, title, severity, &mut all);
    }
    all.sort_by_key(|it| it.at);
    let end = end();
    all.retain(|it| it.at < end);
    all
}

/// When something goes wrong: two in three by day, the others whenever.
fn moment(rng: &mut Rng) -> i64 {
    let date = day(rng.i32(0..DAYS - 1));
    let hour = if rng.u32(0..3) > 0 {
        rng.i8(9..19)
    } else {
        rng.i8(0..24)
    };
    let at = date.at(hour, rng.i8(0..60), rng.i8(0..60), 0);
    at_wall(HOME, at).0.max(begin().0) + rng.i64(0..1000)
}

/// An alarm, how often it comes again, and whether it ends by itself.
fn trouble_at(
    rng: &mut Rng,
    at: i64,
    trouble: Trouble,
    title: String,
    severity: Severity,
    all: &mut Vec<Notification>,
) {
    let (service, key) = &trouble;
    let (_, team, _) = SERVICES.into_iter().find(|(id, ..)| id == service).unwrap();
    let mut say = |at: i64, signal: Signal| {
        all.push(Notification {
            at: Millis(at),
            trouble: trouble.clone(),
            signal,
        });
    };
    let alarm = Alarm {
        team: team.into(),
        service: service.as_str().into(),
        dedup_key: key.clone(),
        severity,
        title,
        source: "prometheus".to_owned(),
        url: None,
        details: Default::default(),
    };
    let target = Target {
        team: team.into(),
        services: vec![service.as_str().into()],
        dedup_key: key.clone(),
    };
    say(at, Signal::Fired(alarm.clone()));
    let mut last = at;
    if rng.u32(0..4) == 0 {
        for _ in 0..rng.u32(1..5) {
            last += rng.i64(30_000..3_600_000);
            let mut again = alarm.clone();
            if rng.u32(0..12) == 0 {
                again.severity = Severity::Sev1;
            }
            say(last, Signal::Fired(again));
        }
    }
    if rng.u32(0..12) == 0 {
        let note = "seen on the dashboard too".to_owned();
        let at = last + rng.i64(1_000..60_000);
        say(at, Signal::Noted(target.clone(), note));
    }
    match rng.u32(0..20) {
        // By itself, and soon.
        0..5 => say(last + rng.i64(20_000..900_000), Signal::Recovered(target)),
        // When somebody has mended it.
        5..8 => say(
            last + rng.i64(1_800_000..14_400_000),
            Signal::Recovered(target),
        ),
        8 => say(
            last + rng.i64(20_000..300_000),
            Signal::Acknowledged(target),
        ),
        _ => {}
    }
}
