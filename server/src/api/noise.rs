//! Announced work and quiet times: what keeps alarms from paging for now.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tocsin_directory::{Directory, LONGEST_MAINTENANCE, Maintenance};
use tocsin_ticket::{Millis, PersonId, ServiceId, TeamId};
use tocsin_wire::{Person, Problem};

use super::extract::{Caller, Json, Query};
use super::{ApiError, App};
use crate::engine::{Answer, AskMaintenance, Job, LONGEST_QUIET, is_window};
use crate::store::holds::{Announced, StoredWindow};

/// Names and reasons stand in page titles and stories.
const LONGEST_NAME: usize = 80;

/// The most services in one window.
const MOST_SERVICES: usize = 100;

/// Work on services, during which their alarms page nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MaintenanceView {
    /// Its number. None: it stands in the configuration, and is ended there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// What people call it.
    pub name: String,
    /// What is worked on, of the caller's teams.
    pub services: Vec<ServiceId>,
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// What for, if they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who announced it; nobody where it stands in the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
}

/// The body of `POST /v1/maintenance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MaintenanceRequest {
    /// What people call it: 1 to 80 characters.
    pub name: String,
    /// What is worked on: services of one team.
    pub services: Vec<ServiceId>,
    /// The first instant, in milliseconds since 1970; now, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Millis>,
    /// The first instant after, at most 7 days after the first.
    pub until: Millis,
    /// What for: at most 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WindowsQuery {
    /// One of the caller's teams; without it all of them.
    team: Option<TeamId>,
}

/// `GET /v1/maintenance?team=T`: what is announced and not over, whether or not it has begun.
#[utoipa::path(
    get,
    path = "/v1/maintenance",
    tag = "noise",
    params(WindowsQuery),
    responses((status = 200, description = "The earliest to begin first", body = [MaintenanceView])),
    security(("device" = [])),
)]
pub(super) async fn windows(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Query(query): Query<WindowsQuery>,
) -> Result<axum::Json<Vec<MaintenanceView>>, ApiError> {
    let directory = app.directory.load_full();
    let mut teams = who.teams(&directory);
    teams.retain(|team| query.team.as_ref().is_none_or(|named| named == team));
    let now = app.now();
    let stored = app.read(move |reader| reader.windows_at(now)).await?;
    let own = stored.iter().filter(|it| teams.contains(&it.window.team));
    let written = directory.config().maintenance().values();
    let written = written.filter(|window| window.until > now);
    let mut views: Vec<MaintenanceView> = own
        .map(|stored| view(&directory, stored))
        .chain(written.filter_map(|window| written_view(&directory, &teams, window)))
        .collect();
    views.sort_by_key(|view| (view.from, view.until));
    Ok(axum::Json(views))
}

fn view(directory: &Directory, stored: &StoredWindow) -> MaintenanceView {
    let window = stored.window.clone();
    MaintenanceView {
        id: Some(stored.id),
        name: window.name,
        services: window.services,
        from: window.from,
        until: window.until,
        reason: window.reason,
        by: Some(person(directory, window.by)),
    }
}

/// A window of the configuration, as far as it is these teams'; `None` where it is not.
fn written_view(
    directory: &Directory,
    teams: &[TeamId],
    window: &Maintenance,
) -> Option<MaintenanceView> {
    let is_theirs = |service: &&ServiceId| {
        let service = directory.service(service);
        service.is_some_and(|service| teams.contains(&service.team))
    };
    let services: Vec<ServiceId> = window.services.iter().filter(is_theirs).cloned().collect();
    (!services.is_empty()).then(|| MaintenanceView {
        id: None,
        name: window.name.clone(),
        services,
        from: window.from,
        until: window.until,
        reason: window.reason.clone(),
        by: None,
    })
}

fn person(directory: &Directory, id: PersonId) -> Person {
    let name = directory.name_of(&id);
    Person { id, name }
}

/// `POST /v1/maintenance`: alarms about these services open tickets meanwhile, but page nobody
/// before it ends.
#[utoipa::path(
    post,
    path = "/v1/maintenance",
    tag = "noise",
    request_body = MaintenanceRequest,
    responses(
        (status = 200, description = "It is announced", body = MaintenanceView),
        (status = 400, description = "Not a window that can be", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn announce(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<MaintenanceRequest>,
) -> Result<axum::Json<MaintenanceView>, ApiError> {
    let now = app.now();
    let directory = app.directory.load_full();
    let name = line("name", &request.name)?;
    let reason = request.reason.as_deref();
    let reason = reason.map(|reason| line("reason", reason)).transpose()?;
    let mut services = request.services;
    services.sort();
    services.dedup();
    let team = team_of(&directory, &who.teams(&directory), &services)?;
    let from = request.from.unwrap_or(now);
    if request.until <= now || !is_window(from, request.until) {
        return Err(ApiError::field(
            "until",
            format_args!(
                "milliseconds since 1970, after now, after `from` and at most {} days after it; \
                 announce longer work week by week",
                LONGEST_MAINTENANCE.as_secs() / (24 * 3600)
            ),
        ));
    }
    let window = Announced {
        team,
        name,
        services,
        from,
        until: request.until,
        reason,
        by: who.person,
    };
    let job = Job::Maintenance {
        ask: AskMaintenance::Announce(window),
        by: who.actor,
    };
    maintain(&app, job).await
}

/// The one team whose the services are, among those for which the caller may act.
fn team_of(
    directory: &Directory,
    teams: &[TeamId],
    services: &[ServiceId],
) -> Result<TeamId, ApiError> {
    let of = |service: &ServiceId| {
        let team = directory.service(service).map(|service| &service.team);
        team.filter(|team| teams.contains(team)).cloned()
    };
    let mut owners: Vec<Option<TeamId>> = services.iter().map(of).collect();
    owners.dedup();
    match owners.as_slice() {
        [Some(team)] if services.len() <= MOST_SERVICES => Ok(team.clone()),
        _ => Err(ApiError::field(
            "services",
            format_args!("1 to {MOST_SERVICES} ids of services of one team of yours"),
        )),
    }
}

fn line(field: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let fits = (1..=LONGEST_NAME).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        let expected = format_args!("1 to {LONGEST_NAME} characters on one line");
        return Err(ApiError::field(field, expected));
    }
    Ok(text.to_owned())
}

/// `DELETE /v1/maintenance/{id}`: ends it now, or calls it off. What still burns pages at once.
#[utoipa::path(
    delete,
    path = "/v1/maintenance/{id}",
    tag = "noise",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "It is over", body = MaintenanceView),
        (status = 404, description = "No such window among those of your teams", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn end_window(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    id: Result<Path<u64>, PathRejection>,
) -> Result<axum::Json<MaintenanceView>, ApiError> {
    let Path(window) = id.map_err(|_| ApiError::field("id", "a window's number, such as 3"))?;
    let job = Job::Maintenance {
        ask: AskMaintenance::End {
            window,
            teams: who.teams(&app.directory.load()),
        },
        by: who.actor,
    };
    maintain(&app, job).await
}

async fn maintain(app: &Arc<App>, job: Job) -> Result<axum::Json<MaintenanceView>, ApiError> {
    match app.writer.submit(job).await? {
        Answer::Maintenance(stored) => Ok(axum::Json(view(&app.directory.load(), &stored))),
        _ => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_maintenance",
            "there is no such window among those of your teams; `tocsin maintenance list` lists \
             them, and those of the team's file are ended there",
        )),
    }
}

/// Whether the caller is quiet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuietView {
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Millis>,
    /// Until when they are not woken for less than a SEV1; absent while they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// How many open tickets wait for its end.
    #[serde(default)]
    pub held: u64,
}

/// The body of `POST /v1/quiet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuietRequest {
    /// Until when, in milliseconds since 1970: at most four hours from now.
    pub until: Millis,
}

/// `GET /v1/quiet`.
#[utoipa::path(
    get,
    path = "/v1/quiet",
    tag = "noise",
    responses((status = 200, description = "One's own", body = QuietView)),
    security(("device" = [])),
)]
pub(super) async fn quiet(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<QuietView>, ApiError> {
    own_quiet(&app, who.person).await
}

async fn own_quiet(app: &Arc<App>, person: PersonId) -> Result<axum::Json<QuietView>, ApiError> {
    let now = app.now();
    let found = app
        .read(move |reader| reader.quiet_of(&person, now))
        .await?;
    let view = found.map_or_else(QuietView::default, |(quiet, held)| QuietView {
        from: Some(quiet.from),
        until: Some(quiet.until),
        held,
    });
    Ok(axum::Json(view))
}

/// `POST /v1/quiet`: until then the caller's new tickets less severe than SEV1 page nobody. Their
/// managers are told.
#[utoipa::path(
    post,
    path = "/v1/quiet",
    tag = "noise",
    request_body = QuietRequest,
    responses(
        (status = 200, description = "They are quiet", body = QuietView),
        (status = 400, description = "Longer than four hours, or over", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn begin_quiet(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<QuietRequest>,
) -> Result<axum::Json<QuietView>, ApiError> {
    let now = app.now();
    if request.until <= now || request.until > now + LONGEST_QUIET {
        return Err(ApiError::field(
            "until",
            format_args!(
                "milliseconds since 1970, after now and at most {} hours from now; for longer, \
                 swap the shift",
                LONGEST_QUIET.as_secs() / 3600
            ),
        ));
    }
    keep_quiet(&app, who, request.until).await
}

/// `DELETE /v1/quiet`: the caller can be woken again. What was held and still burns pages at once.
#[utoipa::path(
    delete,
    path = "/v1/quiet",
    tag = "noise",
    responses((status = 200, description = "They are not quiet", body = QuietView)),
    security(("device" = [])),
)]
pub(super) async fn end_quiet(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<QuietView>, ApiError> {
    let now = app.now();
    let person = who.person.clone();
    let found = app
        .read(move |reader| reader.quiet_of(&person, now))
        .await?;
    if found.is_none() {
        return Ok(axum::Json(QuietView::default()));
    }
    keep_quiet(&app, who, now).await
}

async fn keep_quiet(
    app: &Arc<App>,
    who: crate::rights::Who,
    until: Millis,
) -> Result<axum::Json<QuietView>, ApiError> {
    let job = Job::Quiet {
        person: who.person.clone(),
        until,
        by: who.actor,
    };
    app.writer.submit(job).await?;
    own_quiet(app, who.person).await
}
