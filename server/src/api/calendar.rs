//! Shifts for calendar programs. These cannot send a token, so the address itself is the secret: it
//! holds a key of 128 bits that is kept as a hash, one for each person. It opens that person's own
//! shifts and those of their teams, and nothing else; asking for a new one ends the old.

use core::time::Duration;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tocsin_calendar::{Entry, Feed, Whose, feed};
use tocsin_directory::{Directory, Layer};
use tocsin_ticket::{Millis, PersonId, TeamId};
use tocsin_wire::Problem;

use super::extract::Caller;
use super::{ApiError, App, see_through};
use crate::engine::Job;
use crate::secret::Secret;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How far back feeds go: what somebody did two months ago is on their time sheet.
const BACK: Duration = Duration::from_secs(60 * 24 * 3600);
/// How far ahead feeds go: about as far as people plan.
const AHEAD: Duration = Duration::from_secs(180 * 24 * 3600);

/// The answer to `POST /v1/calendar`: addresses to subscribe to, each a secret, shown once. They
/// begin at the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CalendarReply {
    /// The caller's own shifts, in all teams.
    pub own: String,
    /// The shifts of each of their teams.
    pub teams: Vec<TeamCalendar>,
}

/// The address of a team's shifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamCalendar {
    /// Which team.
    pub team: TeamId,
    /// What people call it.
    pub name: String,
    /// Where.
    pub path: String,
}

/// `POST /v1/calendar`: new addresses of the caller's calendars; the old ones stop working.
#[utoipa::path(
    post,
    path = "/v1/calendar",
    tag = "calendars",
    responses((status = 200, description = "The addresses", body = CalendarReply), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn new_address(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<CalendarReply>, ApiError> {
    let key = Secret::calendar_key();
    let directory = app.directory.load_full();
    let teams = directory.teams_of(&who.person).iter();
    let reply = CalendarReply {
        own: format!("/cal/{}/me.ics", key.reveal()),
        teams: teams
            .map(|team| TeamCalendar {
                team: team.clone(),
                name: team_name(&directory, team).to_owned(),
                path: format!("/cal/{}/team/{team}.ics", key.reveal()),
            })
            .collect(),
    };
    let hash = key.hash();
    see_through(async move {
        let job = Job::SetCalendarKey {
            person: who.person.clone(),
            key: hash,
            by: who.actor,
        };
        app.writer.submit(job).await?;
        app.identity.set_calendar(&who.person, hash);
        Ok(())
    })
    .await?;
    Ok(axum::Json(reply))
}

/// `GET /cal/{key}/me.ics`: the shifts of whoever has the key, 60 days back and 180 ahead.
#[utoipa::path(
    get,
    path = "/cal/{key}/me.ics",
    tag = "calendars",
    params(("key" = String, Path, description = "From POST /v1/calendar"), ("If-None-Match" = Option<String>, Header, description = "The ETag of the calendar that is known")),
    responses((status = 200, description = "iCalendar (RFC 5545)", content_type = "text/calendar", body = String), (status = 304, description = "As it is known"), (status = 404, description = "Unknown address", body = Problem)),
)]
pub(super) async fn own(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let directory = app.directory.load_full();
    let person = holder(&app, &directory, key)?;
    let mut entries = Vec::new();
    for team in directory.teams_of(&person) {
        entries.extend(shifts(&directory, team, app.now()));
    }
    entries.retain(|shift| shift.person == person.as_str());
    let name = format!("{}: on call", directory.name_of(&person));
    Ok(calendar(
        &directory,
        Whose::Person,
        &name,
        &entries,
        &app,
        &headers,
    ))
}

/// `GET /cal/{key}/team/{team}.ics`: the shifts of a team of whoever has the key.
#[utoipa::path(
    get,
    path = "/cal/{key}/team/{file}",
    tag = "calendars",
    params(("key" = String, Path, description = "From POST /v1/calendar"), ("file" = String, Path, description = "The team's id and .ics"), ("If-None-Match" = Option<String>, Header, description = "The ETag of the calendar that is known")),
    responses((status = 200, description = "iCalendar (RFC 5545)", content_type = "text/calendar", body = String), (status = 304, description = "As it is known"), (status = 404, description = "Unknown address, or no team of this person", body = Problem)),
)]
pub(super) async fn team(
    State(app): State<Arc<App>>,
    Path((key, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let directory = app.directory.load_full();
    let person = holder(&app, &directory, key)?;
    let teams = directory.teams_of(&person);
    let team = file.strip_suffix(".ics");
    let team = team.and_then(|id| teams.iter().find(|team| team.as_str() == id));
    let team = team.ok_or_else(no_such_calendar)?;
    let entries = shifts(&directory, team, app.now());
    let name = format!("{}: on call", team_name(&directory, team));
    Ok(calendar(
        &directory,
        Whose::Team,
        &name,
        &entries,
        &app,
        &headers,
    ))
}

/// Somebody's part in a shift.
struct PartOfShift {
    team: TeamId,
    duty: Option<String>,
    person: String,
    from: Timestamp,
    until: Timestamp,
}

/// Whose key it is, if the configuration still has them.
fn holder(app: &App, directory: &Directory, key: String) -> Result<PersonId, ApiError> {
    let person = app.identity.calendar(&Secret::received(key));
    person
        .filter(|person| directory.person(person).is_some())
        .ok_or_else(no_such_calendar)
}

fn no_such_calendar() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_calendar",
        "there is no such calendar; make a new address with `tocsin calendar`",
    )
}

fn team_name<'a>(directory: &'a Directory, team: &'a TeamId) -> &'a str {
    let known = directory.config().teams().get(team);
    known.map_or(team.as_str(), |known| known.name.as_str())
}

/// The shifts around today. The days are whole, so that a feed changes once a day by the time alone.
/// Who does a newcomer's first shifts with them is in those too.
fn shifts(directory: &Directory, team: &TeamId, now: Millis) -> Vec<PartOfShift> {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    let today = Millis(now.0.div_euclid(day) * day);
    let mut parts = Vec::new();
    for shift in directory.team_shifts(team, today - BACK, today + AHEAD) {
        let part = |person: &str, duty: Option<String>| PartOfShift {
            team: team.clone(),
            duty,
            person: person.to_owned(),
            from: shift.duty.shift.from,
            until: shift.duty.shift.until,
        };
        let on_call = &shift.duty.shift.person;
        let layer = (shift.layer != Layer::PRIMARY).then(|| shift.layer.to_string());
        parts.push(part(on_call, layer));
        if let Some(shadow) = &shift.duty.shadow {
            let (other, what) = if *on_call == shadow.newcomer {
                (&shadow.mentor, "mentor")
            } else {
                (&shadow.newcomer, "newcomer")
            };
            parts.push(part(other, Some(what.to_owned())));
        }
    }
    parts
}

fn calendar(
    directory: &Directory,
    whose: Whose,
    name: &str,
    parts: &[PartOfShift],
    app: &App,
    headers: &HeaderMap,
) -> Response {
    let names: Vec<String> = parts
        .iter()
        .map(|part| directory.name_of(&part.person.as_str().into()))
        .collect();
    let entries = || {
        parts.iter().zip(&names).map(|(part, person_name)| Entry {
            team: part.team.as_str(),
            team_name: team_name(directory, &part.team),
            duty: part.duty.as_deref(),
            person: &part.person,
            person_name,
            from: part.from,
            until: part.until,
        })
    };
    let written_at = |stamp: Timestamp| feed(&Feed { whose, name, stamp }, entries());
    // Weak, RFC 9110, section 8.8.1: what differs is when it was written, not what it says.
    let digest = Sha256::digest(written_at(Timestamp::UNIX_EPOCH));
    let tag = format!("W/\"{}\"", hex::encode(&digest[..16]));
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == tag || known.trim() == "*");
    let caching = [
        // Programs ask every time, which costs little: a swap for tonight is there tonight.
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (
            ETAG,
            HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")),
        ),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let now = Timestamp::from_millisecond(app.now().0).unwrap_or_default();
    let kind = [(CONTENT_TYPE, "text/calendar; charset=utf-8")];
    (caching, kind, written_at(now)).into_response()
}
