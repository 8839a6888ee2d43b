//! Answers: why somebody was paged, why somebody was not, who would be, and what the configuration
//! lacks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_answers::{
    ClockNote, Decision, Finding, LocalTime, Pagers, Question, Rehearsal, WhyNot, check,
    check_devices, local_time, rehearse, why, why_not,
};
use tocsin_directory::Directory;
use tocsin_readiness::Light;
use tocsin_ticket::{Hold, HoldRule, Millis, PersonId, ServiceId, Severity, TeamId, TicketId};
use tocsin_wire::{DeviceView, OnCall, Problem};

use super::extract::{Caller, Query, TicketPath};
use super::{ApiError, App, devices};
use crate::answers::{eras, history, names};
use crate::store::{Reader, StoreError};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhyQuery {
    /// The IANA zone by whose clocks times are told; without it, the team's.
    zone: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhyNotQuery {
    /// Who.
    person: PersonId,
    /// The IANA zone by whose clocks times are told; without it, the team's.
    zone: Option<String>,
}

/// Every decision on a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WhyReply {
    /// The ticket.
    pub ticket: TicketId,
    /// By whose clocks the sentences tell times.
    pub zone: String,
    /// In order.
    pub decisions: Vec<Decision>,
}

/// Why one person was not woken by a ticket, or that they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WhyNotReply {
    /// By whose clocks the sentences tell times.
    pub zone: String,
    /// The answer.
    #[serde(flatten)]
    pub answer: WhyNot,
}

/// `GET /v1/tickets/{id}/why`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/why",
    operation_id = "why",
    tag = "answers",
    params(("id" = u64, Path, description = "Its number"), WhyQuery),
    responses(
        (status = 200, description = "Every page and every page that was not made, with its rule", body = WhyReply),
        (status = 400, description = "No such zone", body = Problem),
        (status = 404, description = "No such ticket", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn why_paged(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    TicketPath(id): TicketPath,
    Query(query): Query<WhyQuery>,
) -> Result<axum::Json<WhyReply>, ApiError> {
    let directory = app.directory.load_full();
    let sees = who.sees(&directory);
    let found = app
        .read(move |reader| history(reader, &sees, id))
        .await?
        .ok_or_else(ApiError::no_such_ticket)?;
    let (zone, clocks) = clocks(&directory, &found.team, query.zone.as_deref())?;
    let names = names(&directory, std::slice::from_ref(&found.team));
    Ok(axum::Json(WhyReply {
        ticket: id,
        zone,
        decisions: why(&found.entries, &names, &clocks),
    }))
}

/// `GET /v1/tickets/{id}/why-not?person=P`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/why-not",
    operation_id = "why_not",
    tag = "answers",
    params(("id" = u64, Path, description = "Its number"), WhyNotQuery),
    responses(
        (status = 200, description = "What kept the ticket from waking them, or that it did not", body = WhyNotReply),
        (status = 400, description = "No such zone, or nobody named", body = Problem),
        (status = 404, description = "No such ticket", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn why_not_paged(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    TicketPath(id): TicketPath,
    Query(query): Query<WhyNotQuery>,
) -> Result<axum::Json<WhyNotReply>, ApiError> {
    let directory = app.directory.load_full();
    // A guest of the ticket does not learn how its team is made up.
    let teams = who.teams(&directory);
    let now = app.now();
    let person = query.person.clone();
    let read = move |reader: &dyn Reader| -> Result<_, StoreError> {
        let Some(found) = history(reader, &teams.as_slice().into(), id)? else {
            return Ok(None);
        };
        let opened = found.entries.first().map_or(now, |entry| entry.at);
        let eras = eras(reader, &found.team, &person, opened, now)?;
        let has_device = reader.devices()?.iter().any(|it| it.person == person);
        Ok(Some((found, eras, has_device)))
    };
    let (found, eras, has_device) = app.read(read).await?.ok_or_else(ApiError::no_such_ticket)?;
    let (zone, clocks) = clocks(&directory, &found.team, query.zone.as_deref())?;
    let names = names(&directory, std::slice::from_ref(&found.team));
    let answer = why_not(&found, &query.person, &eras, has_device, &names, &clocks);
    Ok(axum::Json(WhyNotReply { zone, answer }))
}

/// The zone that was asked for, or the team's.
fn clocks(
    directory: &Directory,
    team: &TeamId,
    asked: Option<&str>,
) -> Result<(String, TimeZone), ApiError> {
    let teams = directory.config().teams();
    let own = teams.get(team).map(|team| team.rota.spec.zone.as_str());
    let name = asked.or(own).unwrap_or("UTC");
    match tocsin_rota::zone(name) {
        Ok(zone) => Ok((name.to_owned(), zone)),
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("zone: ").unwrap_or(&text);
            Err(ApiError::field(
                "zone",
                format_args!("an IANA time zone: {text}"),
            ))
        }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RehearsalQuery {
    /// A service of the caller's teams.
    service: ServiceId,
    /// When the alarm would come: a time on the zone's clock (`2027-03-28T02:30`), or one with an
    /// offset; without it, now.
    at: Option<String>,
    /// The IANA zone of that clock; without it, the team's.
    zone: Option<String>,
    /// How bad it would be; without it, SEV1.
    severity: Option<Severity>,
    /// No phone receives anything. Otherwise phones ring, and nobody answers.
    #[serde(default)]
    phones_off: bool,
    /// Whoever is paged first checks in so long after the alarm (`4m`), and does nothing else.
    checked_in_after: Option<String>,
}

/// What would happen, nobody being paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RehearsalReply {
    /// By whose clocks times are told.
    pub zone: String,
    /// What is odd about the time that was asked for, if anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<ClockNote>,
    /// What people call those who would be paged.
    #[schema(value_type = BTreeMap<String, String>)]
    pub people: BTreeMap<PersonId, String>,
    /// What would happen.
    #[serde(flatten)]
    pub rehearsal: Rehearsal,
}

/// `GET /v1/rehearsal?service=S&at=TIME&zone=Z&severity=SEV1`.
#[utoipa::path(
    get,
    path = "/v1/rehearsal",
    tag = "answers",
    params(RehearsalQuery),
    responses(
        (status = 200, description = "Who would ring when, level by level", body = RehearsalReply),
        (status = 400, description = "A parameter is not what was expected", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn rehearsal(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Query(query): Query<RehearsalQuery>,
) -> Result<axum::Json<RehearsalReply>, ApiError> {
    let directory = app.directory.load_full();
    let teams = who.teams(&directory);
    let service = directory.service(&query.service);
    let team = service
        .map(|service| service.team.clone())
        .filter(|team| teams.contains(team))
        .ok_or_else(|| no_such_service(&query.service))?;
    let (zone, clocks) = clocks(&directory, &team, query.zone.as_deref())?;
    let LocalTime { at, note } = match &query.at {
        None => LocalTime {
            at: app.now(),
            note: None,
        },
        Some(text) => local_time(text, &clocks).map_err(|error| {
            let text = error.to_string();
            let text = text.strip_prefix("expected ").unwrap_or(&text);
            ApiError::field("at", text)
        })?,
    };
    let severity = query.severity.unwrap_or(Severity::Sev1);
    let on_call = directory.team_on_call(&team, at);
    let about = query.service.clone();
    let holds = app
        .read(move |reader| holds(reader, &about, severity, on_call.as_ref(), at))
        .await?;
    let question = Question {
        service: query.service.clone(),
        at,
        severity,
        phones_off: query.phones_off,
        checked_in_after: query.checked_in_after.as_deref().map(length).transpose()?,
        holds,
    };
    let names = names(&directory, &[team]);
    let rehearsal = rehearse(&directory, &question, &names, &clocks)
        .map_err(|_| no_such_service(&query.service))?;
    let paged = rehearsal.steps.iter().flat_map(|it| &it.decision.people);
    let people = paged.map(|id| (id.clone(), names.person(id).to_owned()));
    Ok(axum::Json(RehearsalReply {
        zone,
        note,
        people: people.collect(),
        rehearsal,
    }))
}

/// What would hold the alarm back although the configuration does not say so: windows that were
/// announced since, and the on-call's quiet time, through which a SEV1 breaks.
fn holds(
    reader: &dyn Reader,
    service: &ServiceId,
    severity: Severity,
    on_call: Option<&OnCall>,
    at: Millis,
) -> Result<Vec<(Millis, Hold)>, StoreError> {
    let windows = reader.windows_at(at)?.into_iter().map(|it| it.window);
    let mut holds: Vec<(Millis, Hold)> = windows
        .filter(|window| window.services.contains(service))
        .map(|window| {
            let rule = HoldRule::Maintenance {
                window: window.name,
            };
            let until = window.until;
            (window.from, Hold { until, rule })
        })
        .collect();
    if let Some(on_call) = on_call.filter(|_| severity != Severity::Sev1) {
        let person = on_call.primary.id.clone();
        if let Some((quiet, _)) = reader.quiet_of(&person, at)? {
            let until = quiet.until.min(on_call.until);
            let rule = HoldRule::Quiet { person };
            holds.push((quiet.from, Hold { until, rule }));
        }
    }
    Ok(holds)
}

fn no_such_service(service: &ServiceId) -> ApiError {
    ApiError::field(
        "service",
        format_args!(
            "the id of a service of your teams, got {:?}",
            service.as_str()
        ),
    )
}

/// `4m`, as in the team's file.
fn length(text: &str) -> Result<Duration, ApiError> {
    let length = text.parse::<SignedDuration>().ok();
    length
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| {
            ApiError::field(
                "checked_in_after",
                format_args!("a length of time such as 4m, got {text:?}"),
            )
        })
}

/// What the configuration in use lacks, for the caller's teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckReply {
    /// The worst first; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// `GET /v1/check`.
#[utoipa::path(
    get,
    path = "/v1/check",
    operation_id = "check",
    tag = "answers",
    responses((status = 200, description = "What the configuration lacks although it is valid, and who has no device that would ring", body = CheckReply), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn check_config(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<CheckReply>, ApiError> {
    let directory = app.directory.load_full();
    let teams = who.teams(&directory);
    let devices = devices::views(&app, &who).await?;
    let now = app.now();
    let look = move || {
        let mut findings =
            check_devices(&directory, &teams, now, &|person| pagers(&devices, person));
        findings.extend(check(&directory, &teams, now));
        findings.sort_by_key(|finding| finding.grade);
        findings
    };
    // Twelve weeks of many rotas take long enough to hold others up.
    let findings = tokio::task::spawn_blocking(look).await;
    Ok(axum::Json(CheckReply {
        findings: findings.map_err(StoreError::new)?,
    }))
}

/// One device that rings is enough. A login of the command line is no pager.
fn pagers(devices: &[DeviceView], person: &PersonId) -> Pagers {
    let own = || devices.iter().filter(|device| device.person == *person);
    let reachable = |device: &DeviceView| {
        device.connected || device.ways.iter().any(|way| way.dead_since.is_none())
    };
    let is_pager = |device: &DeviceView| {
        device.connected || !device.ways.is_empty() || device.last_drill.is_some()
    };
    if own().any(|device| reachable(device) && device.readiness.light != Light::Red) {
        Pagers::Ready
    } else if own().any(is_pager) {
        Pagers::Unready
    } else {
        Pagers::None
    }
}
