//! What all pagers mean by a schedule, and the rotation that Tocsin has for it.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use tocsin_calendar::Stretch;
use tocsin_rota::{
    HandoffSpec, HoursSpec, MemberSpec, OverrideSpec, Rota, RotaError, RotaSpec, When,
};

use crate::ImportError;
use crate::report::Report;

/// The longest shift or override, in seconds, that is taken for one: ten years. It bounds the work
/// that a hostile file makes.
const LONGEST: i64 = 10 * 366 * 24 * 3600;

const MINUTES_A_DAY: u32 = 24 * 60;
const MINUTES_A_WEEK: u32 = 7 * MINUTES_A_DAY;

/// Who is on call when, in another pager.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// Where it is in the file.
    pub(crate) at: String,
    /// The pager that it is from, as its makers write it.
    pub(crate) vendor: &'static str,
    /// What people call it.
    pub(crate) name: String,
    /// The IANA zone of its local times.
    pub(crate) zone: String,
    /// Of those that hold at an instant the first counts.
    pub(crate) layers: Vec<Layer>,
    /// Of those that overlap the last counts.
    pub(crate) overrides: Vec<Stretch>,
    /// Who is on call by the vendor's own reckoning, as far as the file says.
    pub(crate) shown: Vec<Stretch>,
}

/// People who take turns.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Where it is in the file.
    pub(crate) at: String,
    /// In the order of their turns, by id.
    pub(crate) people: Vec<String>,
    /// When the first of them takes over.
    pub(crate) begins: Timestamp,
    /// How long a turn is.
    pub(crate) turn: Turn,
    /// When it holds; empty: always.
    pub(crate) hours: Vec<HoursSpec>,
    /// From when on it holds, if that is in the future.
    pub(crate) since: Option<Timestamp>,
    /// When it ends, if it does.
    pub(crate) ends: Option<Timestamp>,
}

/// The length of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Hours(u32),
    Days(u32),
    Weeks(u32),
    Months(u32),
}

impl Turn {
    /// Tocsin's handoffs for turns that begin at a local time, and in words what differs, if
    /// anything does.
    fn handoff(self, begins: DateTime) -> (HandoffSpec, Option<String>) {
        let daily = |every: u8| HandoffSpec {
            every,
            ..HandoffSpec::daily(begins.time())
        };
        let weekly = |every: u8| HandoffSpec {
            every,
            ..HandoffSpec::weekly(begins.weekday(), begins.time())
        };
        let fits = |turns: u32| {
            let turns = u8::try_from(turns).ok();
            turns.filter(|turns| (1..=HandoffSpec::LONGEST).contains(turns))
        };
        let otherwise = |instead: &str| {
            let turn = match self {
                Self::Hours(turns) => format!("{turns} h"),
                Self::Days(turns) => format!("{turns} days"),
                Self::Weeks(turns) => format!("{turns} weeks"),
                Self::Months(turns) => format!("{turns} months"),
            };
            Some(format!(
                "turns of {turn} have no counterpart, they last {instead}; from the second on the \
                 shifts are others"
            ))
        };
        match self {
            Self::Hours(hours) if hours % 24 == 0 => Self::Days(hours / 24).handoff(begins),
            Self::Hours(_) => (daily(1), otherwise("a day instead")),
            Self::Days(days) if days % 7 == 0 => Self::Weeks(days / 7).handoff(begins),
            Self::Days(days) => match fits(days) {
                Some(every) => (daily(every), None),
                None => (weekly(1), otherwise("a week instead")),
            },
            Self::Weeks(weeks) => match fits(weeks) {
                Some(every) => (weekly(every), None),
                None => (weekly(1), otherwise("a week instead")),
            },
            Self::Months(_) => (weekly(4), otherwise("four weeks instead")),
        }
    }
}

/// The zone of that name, in the database that is compiled in.
pub(crate) fn zone(name: &str, at: &str) -> Result<TimeZone, ImportError> {
    let known = TimeZoneDatabase::bundled().get(name).ok();
    known.filter(|zone| !zone.is_unknown()).ok_or_else(|| {
        ImportError::new(
            at,
            format!("expected an IANA time zone such as Europe/Berlin, got {name:?}; write that"),
        )
    })
}

/// The hours from a moment of the week on, for some minutes, as stretches of at most a day each.
pub(crate) fn stretches(from: u32, minutes: u32) -> Vec<HoursSpec> {
    let end = from + minutes.min(MINUTES_A_WEEK);
    let mut stretches: Vec<HoursSpec> = Vec::new();
    let mut at = from;
    while at < end {
        let until = end.min(at + MINUTES_A_DAY);
        let day = weekday(at / MINUTES_A_DAY);
        let (from, until) = (time(at), time(until));
        match stretches.last_mut() {
            Some(last) if last.from == from && last.until == until => last.days.push(day),
            _ => stretches.push(HoursSpec {
                days: vec![day],
                from,
                until,
            }),
        }
        at += MINUTES_A_DAY;
    }
    stretches
}

/// The same hours every day; `until` not later than `from` means on the day after.
pub(crate) fn every_day(from: u32, minutes: u32) -> HoursSpec {
    HoursSpec {
        days: (0..7).map(weekday).collect(),
        from: time(from),
        until: time(from + minutes),
    }
}

/// Days since a Monday as the day of the week.
pub(crate) fn weekday(days: u32) -> Weekday {
    let offset = i8::try_from(days % 7).unwrap_or_default();
    Weekday::from_monday_zero_offset(offset).unwrap_or(Weekday::Monday)
}

fn time(minutes: u32) -> Time {
    let of_day = minutes % MINUTES_A_DAY;
    let part = |part: u32| i8::try_from(part).unwrap_or_default();
    Time::constant(part(of_day / 60), part(of_day % 60), 0, 0)
}

/// The rotation that Tocsin has for a schedule.
pub(crate) fn rotation(
    schedule: &Schedule,
    now: Timestamp,
    report: &mut Report,
) -> Result<RotaSpec, ImportError> {
    let zone = zone(&schedule.zone, &schedule.at)?;
    let mut specs: Vec<RotaSpec> = Vec::new();
    for layer in &schedule.layers {
        if specs.last().is_some_and(|spec| spec.hours.is_empty()) {
            report.add(
                &layer.at,
                "not carried over: the one before it is on call at all hours, and Tocsin has one \
                 person on call at a time; if this is who is paged next, write it as \
                 [teams.secondary]",
            );
            continue;
        }
        specs.extend(layer_rotation(schedule, layer, &zone, now, report));
    }
    let mut specs = specs.into_iter();
    let Some(mut rotation) = specs.next() else {
        return Err(ImportError::new(
            &schedule.at,
            format!(
                "expected people who take turns, got none; {} has nobody on call",
                schedule.vendor
            ),
        ));
    };
    rotation.otherwise = specs.collect();
    fill_gaps(schedule, &mut rotation, report);
    rotation.overrides = overrides(schedule, report);
    let rota = Rota::new(&rotation).map_err(|error| {
        ImportError::new(
            &schedule.at,
            format!("Tocsin cannot have this rotation: {error}"),
        )
    })?;
    compare(schedule, &rota, report);
    Ok(rotation)
}

fn layer_rotation(
    schedule: &Schedule,
    layer: &Layer,
    zone: &TimeZone,
    now: Timestamp,
    report: &mut Report,
) -> Option<RotaSpec> {
    if let Some(ends) = layer.ends {
        if ends <= now {
            report.add(&layer.at, format!("not carried over: it ended at {ends}"));
            return None;
        }
        report.add(
            &layer.at,
            format!("goes on: Tocsin's rotations do not end, this one ends at {ends}"),
        );
    }
    if let Some(since) = layer.since.filter(|since| *since > now) {
        report.add(
            &layer.at,
            format!(
                "counts at once: Tocsin's rotations have no beginning, this one begins at {since}"
            ),
        );
    }
    let mut members: Vec<MemberSpec> = Vec::new();
    for person in &layer.people {
        if members.iter().any(|member| member.person == *person) {
            report.add(
                &layer.at,
                format!("{person} has several turns in a round; in Tocsin everybody has one"),
            );
        } else {
            members.push(MemberSpec::new(person));
        }
    }
    if members.is_empty() {
        report.add(&layer.at, "not carried over: nobody takes turns in it");
        return None;
    }
    let begins = zone.to_datetime(layer.begins);
    let (handoff, differs) = layer.turn.handoff(begins);
    // With one person there is nobody to hand over to.
    if let Some(differs) = differs.filter(|_| members.len() > 1) {
        report.add(&layer.at, differs);
    }
    Some(RotaSpec {
        hours: layer.hours.clone(),
        ..RotaSpec::new(&schedule.zone, begins.date(), handoff, members)
    })
}

/// In other pagers there may be nobody on call; Tocsin always has somebody.
fn fill_gaps(schedule: &Schedule, rotation: &mut RotaSpec, report: &mut Report) {
    let Err(RotaError::Gap { .. }) = Rota::new(rotation) else {
        return;
    };
    let last = rotation.otherwise.last().unwrap_or(rotation);
    let filler = RotaSpec {
        hours: Vec::new(),
        otherwise: Vec::new(),
        ..last.clone()
    };
    report.add(
        &schedule.at,
        format!(
            "has hours at which nobody is on call in {}; in Tocsin somebody always is, so {} take \
             turns then too",
            schedule.vendor,
            names(&filler)
        ),
    );
    rotation.otherwise.push(filler);
}

fn names(rotation: &RotaSpec) -> String {
    let names: Vec<&str> = rotation
        .members
        .iter()
        .map(|member| member.person.as_str())
        .collect();
    names.join(", ")
}

fn overrides(schedule: &Schedule, report: &mut Report) -> Vec<OverrideSpec> {
    let (some, none): (Vec<&Stretch>, Vec<&Stretch>) = schedule
        .overrides
        .iter()
        .partition(|stretch| is_plausible(stretch.from, stretch.until));
    for stretch in none {
        let (person, from, until) = (&stretch.person, stretch.from, stretch.until);
        report.add(
            &schedule.at,
            format!(
                "has an override of {person} from {from} until {until}, which nobody can have; not \
                 carried over"
            ),
        );
    }
    let overrides = some.into_iter().map(|stretch| OverrideSpec {
        person: stretch.person.clone(),
        from: When::Instant(stretch.from),
        until: When::Instant(stretch.until),
    });
    overrides.collect()
}

/// Whether it has a length, and not more than ten years.
pub(crate) fn is_plausible(from: Timestamp, until: Timestamp) -> bool {
    from < until && until.duration_since(from).as_secs() <= LONGEST
}

/// Reports each shift of the vendor's that Tocsin gives, or part of it, to somebody else.
fn compare(schedule: &Schedule, rota: &Rota, report: &mut Report) {
    let plausible = |shown: &&Stretch| is_plausible(shown.from, shown.until);
    for shown in schedule.shown.iter().filter(plausible) {
        for shift in rota.shifts(shown.from, shown.until) {
            if shift.person == shown.person {
                continue;
            }
            let (from, until) = (shift.from.max(shown.from), shift.until.min(shown.until));
            report.add(
                &schedule.at,
                format!(
                    "from {from} until {until} {} has {} on call, Tocsin will have {}",
                    schedule.vendor, shown.person, shift.person
                ),
            );
        }
    }
}
