//! `GoAlert`. It exports no schedules, but answers every question about them over GraphQL: a file is
//! the answer to [`QUERY`], asked in `GoAlert`'s own explorer or at `/api/graphql`. The forms are
//! those of its `graphql2/schema.graphql`.

use jiff::civil::Time;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use tocsin_calendar::Stretch;
use tocsin_rota::{HoursSpec, Rota};

use crate::people::{People, one_line};
use crate::read::{Rest, instant, json, part, report_rest, take};
use crate::report::Report;
use crate::schedule::{Layer, Schedule, Turn, is_plausible, rotation, weekday, zone};
use crate::{Import, ImportError, Options, write};

const VENDOR: &str = "GoAlert";

/// What to ask `GoAlert`, with the schedule's id and the time from and until which overrides are
/// wanted. The answer is what [`goalert`] reads.
pub const QUERY: &str = "\
query ($id: ID!, $from: ISOTimestamp!, $until: ISOTimestamp!) {
  schedule(id: $id) {
    name
    timeZone
    targets { target { id type name } rules { start end weekdayFilter } }
    temporarySchedules { start end shifts { userID start end } }
    shifts(start: $from, end: $until) { userID start end }
  }
  rotations(input: { first: 150 }) {
    nodes { id timeZone type shiftLength activeUserIndex userIDs nextHandoffTimes(num: 1) }
  }
  userOverrides(input: { first: 150, scheduleID: $id, start: $from, end: $until }) {
    nodes { start end addUserID removeUserID }
  }
  users(first: 150) { nodes { id name email } }
}
";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schedule: ScheduleJson,
    #[serde(default)]
    rotations: Nodes<RotationJson>,
    #[serde(default)]
    user_overrides: Nodes<OverrideJson>,
    #[serde(default)]
    users: Nodes<UserJson>,
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleJson {
    name: String,
    time_zone: String,
    targets: Vec<TargetOfSchedule>,
    #[serde(default)]
    temporary_schedules: Vec<Temporary>,
    #[serde(default)]
    shifts: Vec<ShiftJson>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct TargetOfSchedule {
    target: Target,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Target {
    id: String,
    r#type: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    start: String,
    end: String,
    /// Beginning with Sunday.
    weekday_filter: [bool; 7],
}

#[derive(Deserialize)]
struct Temporary {
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(deserialize_with = "instant")]
    end: Timestamp,
    shifts: Vec<ShiftJson>,
}

#[derive(Deserialize)]
struct ShiftJson {
    #[serde(rename = "userID")]
    user_id: String,
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(deserialize_with = "instant")]
    end: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotationJson {
    id: String,
    time_zone: String,
    r#type: String,
    shift_length: u32,
    active_user_index: usize,
    #[serde(rename = "userIDs")]
    user_ids: Vec<String>,
    next_handoff_times: Vec<Timestamp>,
}

#[derive(Deserialize)]
struct OverrideJson {
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(deserialize_with = "instant")]
    end: Timestamp,
    #[serde(rename = "addUserID")]
    add: String,
    #[serde(rename = "removeUserID")]
    remove: String,
}

#[derive(Deserialize)]
struct UserJson {
    id: String,
    name: String,
    email: Option<String>,
}

/// Reads a schedule of `GoAlert`.
///
/// # Errors
/// [`ImportError`]: no JSON, an answer with errors, a field that is missing or has another form than
/// `GoAlert`'s schema, a zone that is not in the IANA database, or nobody on call.
pub fn goalert(text: &str, options: &Options<'_>) -> Result<Import, ImportError> {
    let mut file = json(text)?;
    if let Some(error) = take(&mut file, "errors").get(0) {
        let message = error["message"].as_str().unwrap_or("without a message");
        return Err(ImportError::new(
            "errors[0]",
            format!("expected an answer, got an error of GoAlert's: {message}"),
        ));
    }
    let data = match take(&mut file, "data") {
        data @ Value::Object(_) => data,
        _ => {
            return Err(ImportError::new(
                "file",
                "expected GoAlert's answer to the query, an object with `data`",
            ));
        }
    };
    let answer: Answer = part(data, "data")?;
    let (mut report, mut people) = (Report::default(), People::default());
    let schedule = schedule(answer, options.now, &mut people, &mut report)?;
    write::import(VENDOR, &[schedule], &people, options, report)
}

/// The people of the file by their ids; those who are not in it are called by these.
struct Users(Vec<UserJson>);

impl Users {
    fn id(&self, user: &str, people: &mut People) -> String {
        let known = self.0.iter().find(|known| known.id == user);
        let name = known.map(|user| user.name.as_str());
        people.id(user, name, known.and_then(|user| user.email.as_deref()))
    }

    fn stretch(&self, shift: &ShiftJson, people: &mut People) -> Stretch {
        Stretch {
            person: self.id(&shift.user_id, people),
            from: shift.start,
            until: shift.end,
        }
    }
}

fn schedule(
    answer: Answer,
    now: Timestamp,
    people: &mut People,
    report: &mut Report,
) -> Result<Schedule, ImportError> {
    const AT: &str = "data.schedule";
    let json = answer.schedule;
    let users = Users(answer.users.nodes);
    let meaningless = ["id", "isFavorite", "assignedTo"];
    report_rest(report, AT, &json.rest, &meaningless);
    if json.targets.len() > 1 {
        report.add(
            format!("{AT}.targets"),
            "GoAlert pages everybody whose rule holds, Tocsin the first; where the hours of several \
             overlap only the first counts",
        );
    }
    let mut layers = Vec::new();
    for (index, target) in json.targets.into_iter().enumerate() {
        let at = format!("{AT}.targets[{index}]");
        let Some(mut layer) = layer(
            &target.target,
            &answer.rotations.nodes,
            &users,
            at,
            people,
            report,
        )?
        else {
            continue;
        };
        if let Some(rotation) = answer
            .rotations
            .nodes
            .iter()
            .find(|it| it.id == target.target.id)
            && rotation.time_zone != json.time_zone
        {
            report.add(
                &layer.at,
                format!(
                    "hands over by the clock of {}; in Tocsin by that of its hours, {}",
                    rotation.time_zone, json.time_zone
                ),
            );
        }
        layer.hours = hours(&target.rules, &layer.at)?;
        layers.push(layer);
    }
    let mut schedule = Schedule {
        at: AT.to_owned(),
        vendor: VENDOR,
        name: one_line(&json.name),
        zone: json.time_zone,
        layers,
        overrides: Vec::new(),
        shown: Vec::new(),
    };
    // GoAlert replaces one person by another: whoever else is on call then stays.
    let rota = rotation(&schedule, now, &mut Report::default())?;
    let rota = Rota::new(&rota)
        .map_err(|error| ImportError::new(AT, format!("Tocsin cannot have this: {error}")))?;
    for (index, over) in answer.user_overrides.nodes.iter().enumerate() {
        let at = format!("data.userOverrides.nodes[{index}]");
        schedule
            .overrides
            .extend(overrides(over, &rota, &users, &at, people, report));
    }
    for temporary in &json.temporary_schedules {
        if temporary.end > now {
            let shifts = temporary.shifts.iter();
            schedule
                .overrides
                .extend(shifts.map(|shift| users.stretch(shift, people)));
            report.add(
                format!("{AT}.temporarySchedules"),
                format!(
                    "from {} until {} are overrides; where it has no shift the rotation stays on call",
                    temporary.start, temporary.end
                ),
            );
        }
    }
    let shown = json.shifts.iter().map(|shift| users.stretch(shift, people));
    schedule.shown = shown.collect();
    Ok(schedule)
}

fn layer(
    target: &Target,
    rotations: &[RotationJson],
    users: &Users,
    at: String,
    people: &mut People,
    report: &mut Report,
) -> Result<Option<Layer>, ImportError> {
    let always = |people: Vec<String>, begins: Timestamp, turn: Turn, at: String| Layer {
        at,
        people,
        begins,
        turn,
        hours: Vec::new(),
        since: None,
        ends: None,
    };
    match target.r#type.as_str() {
        "user" => {
            let person = users.id(&target.id, people);
            let begins = Timestamp::UNIX_EPOCH;
            Ok(Some(always(vec![person], begins, Turn::Weeks(1), at)))
        }
        "rotation" => {
            let Some(rotation) = rotations.iter().find(|known| known.id == target.id) else {
                let name = target.name.as_deref().unwrap_or(&target.id);
                return Err(ImportError::new(
                    "data.rotations.nodes",
                    format!(
                        "expected the rotation {name:?} of {at}, got others; ask for all of them"
                    ),
                ));
            };
            let (begins, turn) = turn(rotation, &at)?;
            let (users_before, active) = split(rotation, &at)?;
            // It says who is active now, not who was first.
            let order = active.iter().chain(users_before);
            let order = order.map(|user| users.id(user, people)).collect();
            Ok(Some(always(order, begins, turn, at)))
        }
        other => {
            report.add(
                at,
                format!("not carried over: expected a rotation or a user, got {other:?}"),
            );
            Ok(None)
        }
    }
}

/// The users before the active one, and those from them on.
fn split<'r>(
    rotation: &'r RotationJson,
    at: &str,
) -> Result<(&'r [String], &'r [String]), ImportError> {
    let index = rotation.active_user_index;
    rotation.user_ids.split_at_checked(index).ok_or_else(|| {
        ImportError::new(
            format!("{at}: its rotation's activeUserIndex"),
            format!(
                "expected one of {} users, got {index}",
                rotation.user_ids.len()
            ),
        )
    })
}

/// When whoever is active took over, and for how long.
fn turn(rotation: &RotationJson, at: &str) -> Result<(Timestamp, Turn), ImportError> {
    let (length, span) = (rotation.shift_length.max(1), Span::new());
    let (turn, span) = match rotation.r#type.as_str() {
        "hourly" => (Turn::Hours(length), span.try_hours(length)),
        "daily" => (Turn::Days(length), span.try_days(length)),
        "weekly" => (Turn::Weeks(length), span.try_weeks(length)),
        "monthly" => (Turn::Months(length), span.try_months(length)),
        other => {
            return Err(ImportError::new(
                format!("{at}: its rotation's type"),
                format!("expected hourly, daily, weekly or monthly, got {other:?}"),
            ));
        }
    };
    let zone = zone(&rotation.time_zone, at)?;
    let next = rotation.next_handoff_times.first();
    let span = span.ok();
    let begins = next.zip(span).and_then(|(next, span)| {
        let took_over = zone.to_datetime(*next).checked_sub(span).ok()?;
        zone.to_timestamp(took_over).ok()
    });
    begins.map(|begins| (begins, turn)).ok_or_else(|| {
        ImportError::new(
            format!("{at}: its rotation's nextHandoffTimes"),
            "expected when it hands over next, got nothing; ask for nextHandoffTimes(num: 1)",
        )
    })
}

/// Nothing: always.
fn hours(rules: &[Rule], at: &str) -> Result<Vec<HoursSpec>, ImportError> {
    let mut hours = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let time = |text: &str, field: &str| {
            text.parse::<Time>().map_err(|_| {
                ImportError::new(
                    format!("{at}.rules[{index}].{field}"),
                    format!("expected a time of day such as 08:00, got {text:?}"),
                )
            })
        };
        let (from, until) = (time(&rule.start, "start")?, time(&rule.end, "end")?);
        if from == until && rule.weekday_filter == [true; 7] {
            return Ok(Vec::new());
        }
        // Sunday is six days after a Monday.
        let days = (6..).zip(rule.weekday_filter).filter(|(_, active)| *active);
        let days: Vec<_> = days.map(|(day, _)| weekday(day)).collect();
        if !days.is_empty() {
            hours.push(HoursSpec { days, from, until });
        }
    }
    Ok(hours)
}

fn overrides(
    over: &OverrideJson,
    rota: &Rota,
    users: &Users,
    at: &str,
    people: &mut People,
    report: &mut Report,
) -> Vec<Stretch> {
    if !is_plausible(over.start, over.end) {
        report.add(
            at,
            "not carried over: expected an end after its start, and within ten years",
        );
        return Vec::new();
    }
    if over.add.is_empty() || over.remove.is_empty() {
        let what = if over.add.is_empty() {
            "takes somebody off call; in Tocsin somebody always is, write who stands in"
        } else {
            "puts somebody on call besides; in Tocsin one is at a time"
        };
        report.add(at, format!("not carried over: it {what}"));
        return Vec::new();
    }
    let (instead, removed) = (users.id(&over.add, people), users.id(&over.remove, people));
    let shifts = rota.shifts(over.start, over.end).into_iter();
    shifts
        .filter(|shift| shift.person == removed)
        .map(|shift| Stretch {
            person: instead.clone(),
            from: shift.from.max(over.start),
            until: shift.until.min(over.end),
        })
        .collect()
}
