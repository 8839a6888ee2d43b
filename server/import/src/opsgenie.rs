//! Opsgenie: the answer to `GET /v2/schedules/{id}` or `GET /v2/schedules?expand=rotation` of its
//! REST API (<https://docs.opsgenie.com/docs/schedule-api>), or a file of the folder `schedules` that
//! opsgenie-configuration-backup writes. The forms are those of Opsgenie's own OpenAPI description.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tocsin_calendar::Stretch;
use tocsin_rota::HoursSpec;

use crate::people::{People, one_line};
use crate::read::{Rest, instant, json, maybe_instant, part, report_rest, take};
use crate::report::Report;
use crate::schedule::{Layer, Schedule, Turn, every_day, stretches};
use crate::{Import, ImportError, Options, write};

const VENDOR: &str = "Opsgenie";
/// What every object has and no schedule means anything by.
const MEANINGLESS: &[&str] = &["id", "_parent"];
/// The same of a rotation: whoever is paged does not see its name.
const MEANINGLESS_IN_ROTATION: &[&str] = &["id", "name", "_parent"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleJson {
    name: String,
    /// Opsgenie's default is the account's own.
    timezone: Option<String>,
    enabled: Option<bool>,
    #[serde(default)]
    rotations: Vec<RotationJson>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotationJson {
    #[serde(deserialize_with = "instant")]
    start_date: Timestamp,
    #[serde(default, deserialize_with = "maybe_instant")]
    end_date: Option<Timestamp>,
    r#type: String,
    length: Option<u32>,
    participants: Vec<Recipient>,
    time_restriction: Option<TimeRestriction>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct Recipient {
    r#type: String,
    id: Option<String>,
    name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct TimeRestriction {
    r#type: String,
    #[serde(default)]
    restrictions: Vec<Restriction>,
    restriction: Option<Restriction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restriction {
    start_day: Option<String>,
    start_hour: u32,
    #[serde(default)]
    start_min: u32,
    end_day: Option<String>,
    end_hour: u32,
    #[serde(default)]
    end_min: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OverrideJson {
    user: Recipient,
    #[serde(deserialize_with = "instant")]
    start_date: Timestamp,
    #[serde(deserialize_with = "instant")]
    end_date: Timestamp,
    #[serde(default)]
    rotations: Vec<RotationName>,
}

#[derive(Deserialize)]
struct RotationName {
    id: Option<String>,
    name: Option<String>,
}

/// Reads Opsgenie's schedules.
///
/// # Errors
/// [`ImportError`]: no JSON, a field that is missing or has another form than documented, a zone that
/// is not in the IANA database, or nobody on call.
pub fn opsgenie(text: &str, options: &Options<'_>) -> Result<Import, ImportError> {
    let mut file = json(text)?;
    let (mut report, mut people) = (Report::default(), People::default());
    let mut backed_up = take(&mut file, "scheduleOverrideList");
    let found = match (take(&mut file, "data"), take(&mut file, "schedule")) {
        (Value::Array(schedules), _) => (0..)
            .zip(schedules)
            .map(|(index, schedule)| (format!("data[{index}]"), schedule))
            .collect(),
        (schedule @ Value::Object(_), _) => vec![("data".to_owned(), schedule)],
        (_, schedule @ Value::Object(_)) => vec![("schedule".to_owned(), schedule)],
        _ => {
            return Err(ImportError::new(
                "file",
                "expected the answer to GET /v2/schedules, an object with `data`, or a schedule of a \
                 configuration backup, an object with `schedule`",
            ));
        }
    };
    let schedules = found
        .into_iter()
        .map(|(at, value)| {
            let overrides = match backed_up.take() {
                Value::Null => Vec::new(),
                list => part(list, "scheduleOverrideList")?,
            };
            schedule(part(value, &at)?, overrides, at, &mut people, &mut report)
        })
        .collect::<Result<Vec<_>, _>>()?;
    write::import(VENDOR, &schedules, &people, options, report)
}

fn schedule(
    json: ScheduleJson,
    overrides: Vec<OverrideJson>,
    at: String,
    people: &mut People,
    report: &mut Report,
) -> Result<Schedule, ImportError> {
    report_rest(report, &at, &json.rest, MEANINGLESS);
    if json.enabled == Some(false) {
        report.add(
            format!("{at}.enabled"),
            "is false: in Opsgenie nobody is paged by it; in Tocsin this team is",
        );
    }
    let zone = json.timezone.unwrap_or_else(|| {
        report.add(
            format!("{at}.timezone"),
            "is missing, so handoffs are in UTC; write the zone of your account",
        );
        "UTC".to_owned()
    });
    if json.rotations.len() > 1 {
        report.add(
            format!("{at}.rotations"),
            "Opsgenie pages everybody whose rotation holds, Tocsin the first; where the hours of \
             several overlap only the first counts",
        );
    }
    let mut layers = Vec::new();
    for (index, rotation) in json.rotations.into_iter().enumerate() {
        let at = format!("{at}.rotations[{index}]");
        layers.push(layer(rotation, at, people, report)?);
    }
    let overrides = overrides.into_iter().enumerate();
    Ok(Schedule {
        vendor: VENDOR,
        name: one_line(&json.name),
        zone,
        layers,
        overrides: overrides
            .filter_map(|(index, over)| {
                self::over(
                    over,
                    &format!("scheduleOverrideList[{index}]"),
                    people,
                    report,
                )
            })
            .collect(),
        shown: Vec::new(),
        at,
    })
}

fn layer(
    json: RotationJson,
    at: String,
    people: &mut People,
    report: &mut Report,
) -> Result<Layer, ImportError> {
    report_rest(report, &at, &json.rest, MEANINGLESS_IN_ROTATION);
    let length = json.length.unwrap_or(1).max(1);
    let turn = match json.r#type.as_str() {
        "hourly" => Turn::Hours(length),
        "daily" => Turn::Days(length),
        "weekly" => Turn::Weeks(length),
        other => {
            return Err(ImportError::new(
                format!("{at}.type"),
                format!("expected hourly, daily or weekly, got {other:?}"),
            ));
        }
    };
    let mut members = Vec::new();
    for (index, recipient) in json.participants.iter().enumerate() {
        members.extend(person(
            recipient,
            &format!("{at}.participants[{index}]"),
            people,
            report,
        ));
    }
    let hours = match &json.time_restriction {
        None => Vec::new(),
        Some(restriction) => hours(restriction, &format!("{at}.timeRestriction"))?,
    };
    Ok(Layer {
        people: members,
        begins: json.start_date,
        turn,
        hours,
        since: Some(json.start_date),
        ends: json.end_date,
        at,
    })
}

/// `None` for whoever is no single person.
fn person(
    recipient: &Recipient,
    at: &str,
    people: &mut People,
    report: &mut Report,
) -> Option<String> {
    let key = recipient.id.as_deref().or(recipient.username.as_deref());
    match (recipient.r#type.as_str(), key) {
        ("user", Some(key)) => {
            let email = recipient.username.as_deref();
            Some(people.id(key, recipient.name.as_deref(), email))
        }
        ("none", _) => {
            report.add(at, "not carried over: a turn of nobody; in Tocsin somebody always is on call, so the later turns come earlier");
            None
        }
        (kind, _) => {
            let name = recipient
                .name
                .as_deref()
                .or(key)
                .unwrap_or("without a name");
            report.add(at, format!("not carried over: the {kind} {name}; in Tocsin people take turns, add who they are"));
            None
        }
    }
}

fn over(json: OverrideJson, at: &str, people: &mut People, report: &mut Report) -> Option<Stretch> {
    let names: Vec<&str> = json
        .rotations
        .iter()
        .filter_map(|rotation| rotation.name.as_deref().or(rotation.id.as_deref()))
        .collect();
    if !names.is_empty() {
        report.add(
            at,
            format!(
                "is of {} only; in Tocsin it replaces whoever is on call",
                names.join(", ")
            ),
        );
    }
    Some(Stretch {
        person: person(&json.user, at, people, report)?,
        from: json.start_date,
        until: json.end_date,
    })
}

fn hours(restriction: &TimeRestriction, at: &str) -> Result<Vec<HoursSpec>, ImportError> {
    match (restriction.r#type.as_str(), &restriction.restriction) {
        ("time-of-day", Some(restriction)) => {
            let (from, until) = times(restriction, &format!("{at}.restriction"))?;
            Ok(vec![every_day(from, (until + 24 * 60 - from) % (24 * 60))])
        }
        ("weekday-and-time-of-day", _) if !restriction.restrictions.is_empty() => {
            let mut hours = Vec::new();
            for (index, restriction) in restriction.restrictions.iter().enumerate() {
                hours.extend(days_and_times(
                    restriction,
                    &format!("{at}.restrictions[{index}]"),
                )?);
            }
            Ok(hours)
        }
        _ => Err(ImportError::new(
            at,
            "expected type time-of-day with a `restriction`, or weekday-and-time-of-day with \
             `restrictions`",
        )),
    }
}

/// From a moment of the week without a break until another.
fn days_and_times(restriction: &Restriction, at: &str) -> Result<Vec<HoursSpec>, ImportError> {
    const MINUTES_A_WEEK: u32 = 7 * 24 * 60;
    let (from, until) = times(restriction, at)?;
    let day = |field: &str, name: &Option<String>| {
        const DAYS: [&str; 7] = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let name = name.as_deref().unwrap_or_default().to_lowercase();
        let found = (0..).zip(DAYS).find(|(_, known)| *known == name);
        found.map(|(index, _)| index * 24 * 60).ok_or_else(|| {
            ImportError::new(
                format!("{at}.{field}"),
                format!("expected a day such as monday, got {name:?}"),
            )
        })
    };
    let from = day("startDay", &restriction.start_day)? + from;
    let until = day("endDay", &restriction.end_day)? + until;
    let minutes = match (until + MINUTES_A_WEEK - from) % MINUTES_A_WEEK {
        0 => MINUTES_A_WEEK,
        minutes => minutes,
    };
    Ok(stretches(from, minutes))
}

/// Minutes of the day.
fn times(restriction: &Restriction, at: &str) -> Result<(u32, u32), ImportError> {
    let time = |hour: u32, minute: u32| {
        let valid = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
        valid.then_some((hour * 60 + minute) % (24 * 60))
    };
    time(restriction.start_hour, restriction.start_min)
        .zip(time(restriction.end_hour, restriction.end_min))
        .ok_or_else(|| ImportError::new(at, "expected hours from 0 to 24 and minutes from 0 to 59"))
}
