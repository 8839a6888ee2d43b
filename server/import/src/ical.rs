//! Shifts as any pager publishes them for calendars. A calendar says who is on call when and not by
//! what rule, so the turns are read off the first shifts, and each shift that does not follow from
//! them is an override: until the calendar ends, nobody's shift changes.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use tocsin_calendar::{CalendarShift, Stretch, clock, shifts};
use tocsin_rota::Rota;

use crate::people::People;
use crate::report::Report;
use crate::schedule::{Layer, Schedule, Turn, is_plausible, rotation, zone};
use crate::{Import, ImportError, Options, write};

/// How far ahead events that recur for ever are followed.
const WEEKS_AHEAD: i64 = 52;

/// What `GoAlert` writes behind a person's name (`calsub/renderical.go` of its source).
const BEHIND_NAMES: &str = " On-Call (GoAlert:";

/// Reads shifts from a calendar, each of the person that is its attendee or whom its summary names.
///
/// # Errors
/// [`ImportError`] with the line: no calendar, or an event that cannot be a shift.
pub fn ical(text: &str, options: &Options<'_>) -> Result<Import, ImportError> {
    let unreadable = |error: tocsin_calendar::CalendarError| {
        ImportError::new(format!("line {}", error.line), error.message)
    };
    let (mut report, mut people) = (Report::default(), People::default());
    let clock = clock(text).map_err(unreadable)?.unwrap_or_else(|| {
        report.add(
            "file",
            "names no time zone, so handoffs are in UTC; write yours",
        );
        "UTC".to_owned()
    });
    let before = options
        .now
        .to_zoned(TimeZone::UTC)
        .saturating_add(WEEKS_AHEAD.weeks());
    let found = shifts(text, &clock, before.timestamp()).map_err(unreadable)?;
    let stretches: Vec<Stretch> = found
        .iter()
        .filter_map(|shift| stretch(shift, &mut people, &mut report))
        .collect();
    let (Some(first), Some(last)) = (
        stretches.first(),
        stretches.iter().map(|stretch| stretch.until).max(),
    ) else {
        return Err(ImportError::new("file", "expected shifts, got none"));
    };
    report.add(
        "file",
        format!("ends at {last}; after it, and between its shifts, the turns go on as they began"),
    );
    let mut schedule = Schedule {
        at: "file".to_owned(),
        vendor: "the calendar",
        name: "On call".to_owned(),
        layers: vec![Layer {
            at: "file".to_owned(),
            people: in_order(&stretches),
            begins: first.from,
            turn: turn(first, &clock)?,
            hours: Vec::new(),
            since: None,
            ends: None,
        }],
        zone: clock,
        overrides: Vec::new(),
        shown: Vec::new(),
    };
    let rota = rotation(&schedule, options.now, &mut Report::default())?;
    let rota = Rota::new(&rota).map_err(|error| {
        ImportError::new("file", format!("Tocsin cannot have this rotation: {error}"))
    })?;
    let differs = |stretch: &&Stretch| {
        let given = rota.shifts(stretch.from, stretch.until);
        given.iter().any(|shift| shift.person != stretch.person)
    };
    schedule.overrides = stretches.iter().filter(differs).cloned().collect();
    schedule.shown = stretches;
    write::import("a calendar", &[schedule], &people, options, report)
}

/// `None` for an event that names nobody.
fn stretch(shift: &CalendarShift, people: &mut People, report: &mut Report) -> Option<Stretch> {
    if !is_plausible(shift.from, shift.until) {
        let at = format!("line {}", shift.line);
        report.add(at, "not carried over: a shift of more than ten years");
        return None;
    }
    let person = if let Some(attendee) = shift.attendees.first() {
        let address = attendee.address.to_lowercase();
        people.id(&address, attendee.name.as_deref(), Some(&attendee.address))
    } else {
        let name = shift.summary.split(BEHIND_NAMES).next();
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        let at = format!("line {}", shift.line);
        let Some(name) = name.filter(|name| !name.starts_with("On-Call")) else {
            report.add(
                at,
                "not carried over: an event with neither an attendee nor a name",
            );
            return None;
        };
        let id = people.id(name, Some(name), None);
        report.add(
            format!("people.{id}.name"),
            "is what an event is called; write what the person is called",
        );
        id
    };
    Some(Stretch {
        person,
        from: shift.from,
        until: shift.until,
    })
}

fn in_order(stretches: &[Stretch]) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    for stretch in stretches {
        if !order.contains(&stretch.person) {
            order.push(stretch.person.clone());
        }
    }
    order
}

/// As long as the first shift, if that lasts whole days; a week otherwise.
fn turn(first: &Stretch, clock: &str) -> Result<Turn, ImportError> {
    let zone = zone(clock, "file")?;
    let local = |at: Timestamp| zone.to_datetime(at);
    let (from, until) = (local(first.from), local(first.until));
    let hours = until.duration_since(from).as_hours();
    let days = u32::try_from(hours / 24).unwrap_or_default();
    Ok(if from.time() == until.time() && days > 0 {
        Turn::Days(days)
    } else {
        Turn::Weeks(1)
    })
}
