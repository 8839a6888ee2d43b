//! `PagerDuty`: the answer to `GET /schedules/{id}` of its REST API v2, or to `GET /schedules` with
//! `include[]=schedule_layers` (<https://developer.pagerduty.com/api-reference/>).
//!
//! Ask for it with `since` and `until`: only then does it have the overrides, and the final schedule
//! with which the shifts are compared. The API lists the layer that takes precedence first; people
//! see it last (<https://support.pagerduty.com/docs/schedules>: "the lowest layer always takes
//! precedence").

use jiff::Timestamp;
use jiff::civil::Time;
use serde::Deserialize;
use serde_json::Value;
use tocsin_calendar::Stretch;
use tocsin_rota::HoursSpec;

use crate::people::{People, one_line};
use crate::read::{Rest, instant, json, maybe_instant, part, report_rest, take};
use crate::report::Report;
use crate::schedule::{Layer, Schedule, Turn, every_day, stretches};
use crate::{Import, ImportError, Options, write};

const VENDOR: &str = "PagerDuty";
/// What every object of the API has and no schedule means anything by.
const MEANINGLESS: &[&str] = &[
    "id",
    "type",
    "self",
    "html_url",
    "summary",
    "users",
    "rendered_coverage_percentage",
    "rendered_schedule_entries",
    "name",
    "next_oncall_for_user",
    "created_at",
    "updated_at",
    "http_cal_url",
    "web_cal_url",
    "personal_http_cal_url",
    "personal_web_cal_url",
];
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

#[derive(Deserialize)]
struct ScheduleJson {
    name: Option<String>,
    summary: Option<String>,
    time_zone: String,
    #[serde(default)]
    schedule_layers: Vec<LayerJson>,
    overrides_subschedule: Option<Rendered>,
    final_schedule: Option<Rendered>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct LayerJson {
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(default, deserialize_with = "maybe_instant")]
    end: Option<Timestamp>,
    #[serde(deserialize_with = "instant")]
    rotation_virtual_start: Timestamp,
    rotation_turn_length_seconds: u64,
    users: Vec<UserOfLayer>,
    #[serde(default)]
    restrictions: Vec<Restriction>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct UserOfLayer {
    user: User,
}

/// A reference, or with `include[]=users` all of the user.
#[derive(Deserialize)]
struct User {
    id: String,
    summary: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Restriction {
    r#type: String,
    start_time_of_day: String,
    duration_seconds: u64,
    start_day_of_week: Option<u32>,
}

#[derive(Deserialize)]
struct Rendered {
    #[serde(default)]
    rendered_schedule_entries: Vec<EntryJson>,
}

#[derive(Deserialize)]
struct EntryJson {
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(deserialize_with = "maybe_instant")]
    end: Option<Timestamp>,
    user: Option<User>,
}

/// Reads `PagerDuty`'s schedules.
///
/// # Errors
/// [`ImportError`]: no JSON, a field that is missing or has another form than documented, a zone that
/// is not in the IANA database, or nobody on call.
pub fn pagerduty(text: &str, options: &Options<'_>) -> Result<Import, ImportError> {
    let mut file = json(text)?;
    let (mut report, mut people) = (Report::default(), People::default());
    let found = match (take(&mut file, "schedule"), take(&mut file, "schedules")) {
        (schedule @ Value::Object(_), _) => vec![("schedule".to_owned(), schedule)],
        (_, Value::Array(schedules)) => (0..)
            .zip(schedules)
            .map(|(index, schedule)| (format!("schedules[{index}]"), schedule))
            .collect(),
        _ => {
            return Err(ImportError::new(
                "file",
                "expected the answer to GET /schedules/{id}, an object with `schedule`",
            ));
        }
    };
    let schedules = found
        .into_iter()
        .map(|(at, value)| schedule(part(value, &at)?, at, &mut people, &mut report))
        .collect::<Result<Vec<_>, _>>()?;
    write::import(VENDOR, &schedules, &people, options, report)
}

fn schedule(
    json: ScheduleJson,
    at: String,
    people: &mut People,
    report: &mut Report,
) -> Result<Schedule, ImportError> {
    report_rest(report, &at, &json.rest, MEANINGLESS);
    let mut layers = Vec::new();
    for (index, layer) in json.schedule_layers.into_iter().enumerate() {
        let at = format!("{at}.schedule_layers[{index}]");
        layers.push(self::layer(layer, at, people, report)?);
    }
    let rendered =
        |rendered: Option<Rendered>, what: &str, people: &mut People, report: &mut Report| {
            let entries = rendered.map(|it| it.rendered_schedule_entries);
            let entries = entries.unwrap_or_default().into_iter().enumerate();
            entries
                .filter_map(|(index, entry)| {
                    let at = format!("{at}.{what}.rendered_schedule_entries[{index}]");
                    stretch(entry, &at, people, report)
                })
                .collect::<Vec<_>>()
        };
    let overrides = rendered(
        json.overrides_subschedule,
        "overrides_subschedule",
        people,
        report,
    );
    let shown = rendered(json.final_schedule, "final_schedule", people, report);
    if shown.is_empty() {
        report.add(
            format!("{at}.final_schedule"),
            "is empty, so overrides may be missing and no shift was compared; ask for the schedule \
             with `since` and `until`",
        );
    }
    let name = json.name.or(json.summary).map(|name| one_line(&name));
    Ok(Schedule {
        vendor: VENDOR,
        name: name.unwrap_or_default(),
        zone: json.time_zone,
        layers,
        overrides,
        shown,
        at,
    })
}

fn person(user: &User, people: &mut People) -> String {
    let name = user.name.as_deref().or(user.summary.as_deref());
    people.id(&user.id, name, user.email.as_deref())
}

/// `None` for an entry without a user, who was deleted, or without an end.
fn stretch(
    entry: EntryJson,
    at: &str,
    people: &mut People,
    report: &mut Report,
) -> Option<Stretch> {
    let (Some(user), Some(until)) = (&entry.user, entry.end) else {
        report.add(at, "not carried over: expected a user and an end");
        return None;
    };
    Some(Stretch {
        person: person(user, people),
        from: entry.start,
        until,
    })
}

fn layer(
    json: LayerJson,
    at: String,
    people: &mut People,
    report: &mut Report,
) -> Result<Layer, ImportError> {
    report_rest(report, &at, &json.rest, MEANINGLESS);
    let mut hours = Vec::new();
    for (index, restriction) in json.restrictions.iter().enumerate() {
        hours.extend(self::hours(
            restriction,
            &format!("{at}.restrictions[{index}]"),
        )?);
    }
    let members = json.users.iter().map(|it| person(&it.user, people));
    Ok(Layer {
        people: members.collect(),
        begins: json.rotation_virtual_start,
        turn: turn(json.rotation_turn_length_seconds, &at)?,
        hours,
        since: Some(json.start),
        ends: json.end,
        at,
    })
}

fn turn(seconds: u64, at: &str) -> Result<Turn, ImportError> {
    let fits = |turns: u64| u32::try_from(turns).ok().filter(|turns| *turns > 0);
    let turn = if seconds.is_multiple_of(DAY) {
        fits(seconds / DAY).map(Turn::Days)
    } else {
        fits(seconds.div_ceil(HOUR)).map(Turn::Hours)
    };
    turn.ok_or_else(|| {
        let at = format!("{at}.rotation_turn_length_seconds");
        ImportError::new(at, format!("expected the seconds of a turn, got {seconds}"))
    })
}

fn hours(restriction: &Restriction, at: &str) -> Result<Vec<HoursSpec>, ImportError> {
    let expected = |field: &str, expected: &str| {
        Err(ImportError::new(
            format!("{at}.{field}"),
            format!("expected {expected}"),
        ))
    };
    let Ok(time) = restriction.start_time_of_day.parse::<Time>() else {
        return expected("start_time_of_day", "a time of day such as 08:00:00");
    };
    let from = u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs());
    let minutes = u32::try_from(restriction.duration_seconds / 60).unwrap_or(u32::MAX);
    match restriction.r#type.as_str() {
        _ if restriction.duration_seconds < 60 => expected("duration_seconds", "at least a minute"),
        "daily_restriction" if restriction.duration_seconds <= DAY => {
            Ok(vec![every_day(from, minutes)])
        }
        "daily_restriction" => expected("duration_seconds", "at most a day, 86400"),
        "weekly_restriction" => match restriction.start_day_of_week {
            // ISO 8601: 1 is Monday.
            Some(day @ 1..=7) => Ok(stretches((day - 1) * 24 * 60 + from, minutes)),
            _ => expected("start_day_of_week", "a day from 1, Monday, to 7, Sunday"),
        },
        _ => expected("type", "daily_restriction or weekly_restriction"),
    }
}
