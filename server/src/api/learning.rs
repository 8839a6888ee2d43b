//! What a team learns with: similar past tickets, runbooks, corrections of error.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_learning::{
    CoeAbout, CoeEdit, CoeNeed, CoeState, CoeSummary, CoeView, Document, FieldError, Overdue,
    Resolution, Runbook, RunbookEdit, RunbookName, RunbookVersion, RunbookView, SimilarTicket,
    matching, overdue, rank, search_words, timeline, worst_severity,
};
use tocsin_ticket::{PersonId, TeamId, Ticket, TicketId};
use tocsin_wire::Problem;

use super::extract::{Caller, Json, Query, TicketPath};
use super::{ApiError, App};
use crate::engine::{Answer, Job};
use crate::learning::{KeptCoe, NamesOf, log_of, written_down, zone};
use crate::rights::Who;
use crate::store::guests::Sees;
use crate::store::learning::{DocumentKey, Learn, Learned, Shelf, StoredDocument};
use crate::store::{Reader, StoreError};

/// Past tickets in one reply.
const SIMILAR_SHOWN: usize = 5;

/// Candidates that are compared with the ticket.
const CANDIDATES: usize = 50;

/// COEs in one reply, newest tickets first.
const COES_SHOWN: usize = 200;

/// The answer to a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SavedReply {
    /// Which version it is now: the base of the next save.
    pub version: u32,
}

/// `GET /v1/tickets/{id}/similar`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/similar",
    tag = "learning",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Resolved tickets that were like it, the most alike first, with what resolved them", body = Vec<SimilarTicket>), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn similar(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
) -> Result<axum::Json<Vec<SimilarTicket>>, ApiError> {
    let ticket = visible_ticket(&app, &device, id).await?;
    let read = move |reader: &dyn Reader| {
        let words = search_words(&ticket);
        let candidates = reader.past_tickets(&ticket.team, &words, CANDIDATES)?;
        rank(&ticket, candidates, SIMILAR_SHOWN)
            .into_iter()
            .map(|similar| {
                let log = log_of(reader, similar.ticket.id)?;
                let coe = kept(reader, &similar.ticket)?.map(|(_, kept)| kept.coe.state);
                Ok(SimilarTicket {
                    ticket: similar.ticket.id,
                    title: similar.ticket.title,
                    service: similar.ticket.service,
                    severity: similar.ticket.severity,
                    opened_at: similar.ticket.opened_at,
                    score: similar.score,
                    resolution: Resolution::of(log.iter().map(|(at, event)| (*at, event))),
                    coe,
                })
            })
            .collect()
    };
    Ok(axum::Json(app.read(read).await?))
}

/// `GET /v1/tickets/{id}/runbooks`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/runbooks",
    tag = "learning",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Runbooks about it, the most specific first", body = Vec<RunbookView>), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn runbooks_for(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
) -> Result<axum::Json<Vec<RunbookView>>, ApiError> {
    let ticket = visible_ticket(&app, &device, id).await?;
    let read = move |reader: &dyn Reader| {
        let all = reader.documents(Shelf::Runbook, core::slice::from_ref(&ticket.team))?;
        let all = all.into_iter().map(runbook_view);
        Ok(matching(&ticket, all.collect::<Result<_, _>>()?))
    };
    Ok(axum::Json(app.read(read).await?))
}

/// `GET /v1/runbooks`.
#[utoipa::path(
    get,
    path = "/v1/runbooks",
    tag = "learning",
    responses((status = 200, description = "Those of one's teams, by team and name, without retired ones", body = Vec<RunbookView>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn runbooks(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
) -> Result<axum::Json<Vec<RunbookView>>, ApiError> {
    let teams = device.teams(&app.directory.load());
    let read = move |reader: &dyn Reader| {
        let all = reader.documents(Shelf::Runbook, &teams)?;
        let mut all: Vec<_> = all
            .into_iter()
            .map(runbook_view)
            .collect::<Result<_, _>>()?;
        all.retain(|view| !view.runbook.retired);
        Ok(all)
    };
    Ok(axum::Json(app.read(read).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// An older version; the newest when absent.
    version: Option<u32>,
}

/// `GET /v1/runbooks/{team}/{name}?version=N`.
#[utoipa::path(
    get,
    path = "/v1/runbooks/{team}/{name}",
    tag = "learning",
    params(("team" = String, Path, description = "Whose"), ("name" = String, Path, description = "Its name"), VersionQuery),
    responses((status = 200, description = "The runbook", body = RunbookView), (status = 404, description = "No such runbook, or no such version", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn runbook(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    RunbookPath(key): RunbookPath,
    Query(query): Query<VersionQuery>,
) -> Result<axum::Json<RunbookView>, ApiError> {
    let key = visible_runbook(&app, &device, key)?;
    let found = app
        .read(move |reader| reader.document(&key, query.version))
        .await?;
    let found = found.ok_or_else(no_such_runbook)?;
    Ok(axum::Json(runbook_view(found)?))
}

/// `GET /v1/runbooks/{team}/{name}/history`.
#[utoipa::path(
    get,
    path = "/v1/runbooks/{team}/{name}/history",
    tag = "learning",
    params(("team" = String, Path, description = "Whose"), ("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "Every version, newest first", body = Vec<RunbookVersion>), (status = 404, description = "No such runbook", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn runbook_history(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    RunbookPath(key): RunbookPath,
) -> Result<axum::Json<Vec<RunbookVersion>>, ApiError> {
    let key = visible_runbook(&app, &device, key)?;
    let versions = app.read(move |reader| reader.versions(&key)).await?;
    if versions.is_empty() {
        return Err(no_such_runbook());
    }
    let versions = versions.iter().map(version_of);
    Ok(axum::Json(versions.collect()))
}

/// `PUT /v1/runbooks/{team}/{name}`: a new version, or a new runbook.
#[utoipa::path(
    put,
    path = "/v1/runbooks/{team}/{name}",
    tag = "learning",
    params(("team" = String, Path, description = "Whose"), ("name" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9 and -")),
    request_body = RunbookEdit,
    responses((status = 200, description = "Saved", body = SavedReply), (status = 400, description = "Not a runbook", body = Problem), (status = 404, description = "No such team", body = Problem), (status = 409, description = "Somebody saved a newer version meanwhile; nothing was changed", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn save_runbook(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    RunbookPath(key): RunbookPath,
    Json(edit): Json<RunbookEdit>,
) -> Result<axum::Json<SavedReply>, ApiError> {
    let key = visible_runbook(&app, &device, key)?;
    let directory = app.directory.load_full();
    let owned = |service: &_| {
        let service = directory.service(service);
        service.is_some_and(|service| service.team == key.team)
    };
    edit.runbook
        .check(owned)
        .map_err(|wrong| invalid("runbook", &wrong))?;
    save(&app, &device, key, edit.base, &edit.runbook).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CoeQuery {
    /// How it is written.
    #[serde(default)]
    format: Format,
    /// The reader's time zone, such as `Europe/Berlin`; the caller's own when absent.
    zone: Option<String>,
}

/// How a COE is written.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// As data.
    #[default]
    Json,
    /// As Markdown.
    Markdown,
    /// As a page to read or print, with everything in it.
    Html,
}

/// `GET /v1/tickets/{id}/coe?format=json|markdown|html&zone=ZONE`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/coe",
    tag = "learning",
    params(("id" = u64, Path, description = "The ticket's number"), CoeQuery),
    responses((status = 200, description = "The correction of error; its timeline is filled in from the ticket's log. Before anybody wrote one, a draft", content((CoeView = "application/json"), (String = "text/markdown"), (String = "text/html"))), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn coe(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
    Query(query): Query<CoeQuery>,
) -> Result<Response, ApiError> {
    let directory = app.directory.load_full();
    let zone = reader_zone(&directory, &device.person, query.zone.as_deref())?;
    let ticket = visible_ticket(&app, &device, id).await?;
    let of = Arc::clone(&directory);
    let view = app
        .read(move |reader| coe_view(reader, &of, &ticket))
        .await?;
    let names = NamesOf(&directory);
    let document = Document {
        coe: &view,
        names: &names,
        zone: &zone,
    };
    let typed = |kind: &'static str, body: String| ([(CONTENT_TYPE, kind)], body).into_response();
    Ok(match query.format {
        Format::Json => axum::Json(view).into_response(),
        Format::Markdown => typed("text/markdown; charset=utf-8", document.markdown()),
        Format::Html => typed("text/html; charset=utf-8", document.html()),
    })
}

/// `PUT /v1/tickets/{id}/coe`.
#[utoipa::path(
    put,
    path = "/v1/tickets/{id}/coe",
    tag = "learning",
    params(("id" = u64, Path, description = "The ticket's number")),
    request_body = CoeEdit,
    responses((status = 200, description = "Saved", body = SavedReply), (status = 400, description = "Something is missing or wrong; the fields are named", body = Problem), (status = 404, description = "No such ticket", body = Problem), (status = 409, description = "Somebody saved a newer version meanwhile; nothing was changed", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn save_coe(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
    Json(edit): Json<CoeEdit>,
) -> Result<axum::Json<SavedReply>, ApiError> {
    let ticket = visible_ticket(&app, &device, id).await?;
    let key = DocumentKey::coe(&ticket);
    let before = app.read(move |reader| kept(reader, &ticket)).await?;
    let before = before.map(|(_, kept)| kept).unwrap_or_default();
    let author = before.author.unwrap_or_else(|| device.person.clone());
    let directory = app.directory.load_full();
    let audience = directory.audience(&key.team);
    // Whoever was named while they were in the team may stay named.
    let known = |person: &PersonId| {
        let owners = before.coe.actions.iter().map(|action| &action.owner);
        audience.contains(person)
            || before.coe.reviewers.contains(person)
            || owners.into_iter().any(|owner| owner == person)
    };
    edit.coe
        .check(&author, known)
        .map_err(|wrong| invalid("coe", &wrong))?;
    let kept = KeptCoe {
        author: Some(author),
        coe: edit.coe,
    };
    save(&app, &device, key, edit.base, &kept).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CoesQuery {
    /// Only those that got this far: `draft`, `in_review` or `done`.
    state: Option<CoeState>,
}

/// `GET /v1/coes?state=draft`.
#[utoipa::path(
    get,
    path = "/v1/coes",
    tag = "learning",
    params(CoesQuery),
    responses((status = 200, description = "COEs of one's teams, those of the newest tickets first, at most 200; a SEV1 that is over has at least a draft", body = Vec<CoeSummary>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn coes(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Query(query): Query<CoesQuery>,
) -> Result<axum::Json<Vec<CoeSummary>>, ApiError> {
    let teams = device.teams(&app.directory.load());
    let read = move |reader: &dyn Reader| {
        let mut found = Vec::new();
        for document in reader.documents(Shelf::Coe, &teams)? {
            let kept: KeptCoe = serde_json::from_str(&document.body)?;
            let id = TicketId(document.name.parse().map_err(StoreError::new)?);
            if query.state.is_none_or(|state| state == kept.coe.state) {
                found.push((id, document, kept));
            }
        }
        found.sort_by_key(|(id, ..)| core::cmp::Reverse(*id));
        found.truncate(COES_SHOWN);
        let summaries = found.into_iter().filter_map(|(id, document, kept)| {
            let ticket = read_ticket(reader, &teams, id).transpose()?;
            Some(ticket.map(|ticket| summary(ticket, &document, kept)))
        });
        summaries.collect()
    };
    Ok(axum::Json(app.read(read).await?))
}

/// `GET /v1/coes/overdue`.
#[utoipa::path(
    get,
    path = "/v1/coes/overdue",
    tag = "learning",
    responses((status = 200, description = "Action items of one's teams that are not done and should be, the longest overdue first", body = Vec<Overdue>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn overdue_actions(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
) -> Result<axum::Json<Vec<Overdue>>, ApiError> {
    let directory = app.directory.load_full();
    let teams = device.teams(&directory);
    let coes = app
        .read(move |reader| written_down(&reader.documents(Shelf::Coe, &teams)?))
        .await?;
    let zone = zone(directory.config().zone_of(&device.person));
    Ok(axum::Json(overdue(&coes, app.now(), &zone)))
}

/// The `{team}` and `{name}` of a runbook's path.
pub(super) struct RunbookPath(DocumentKey);

impl axum::extract::FromRequestParts<Arc<App>> for RunbookPath {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        app: &Arc<App>,
    ) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((team, name)) =
            path.map_err(|_| ApiError::field("name", "a team and a runbook's name in UTF-8"))?;
        let name: RunbookName = name.parse().map_err(|_| {
            ApiError::field("name", "1 to 64 of a-z, 0-9 and -, such as checkout-down")
        })?;
        Ok(Self(DocumentKey {
            shelf: Shelf::Runbook,
            team: TeamId::new(team),
            name: name.into(),
        }))
    }
}

/// The key, if the runbook's team exists for this device.
fn visible_runbook(app: &App, device: &Who, key: DocumentKey) -> Result<DocumentKey, ApiError> {
    let teams = device.teams(&app.directory.load());
    if teams.contains(&key.team) {
        Ok(key)
    } else {
        Err(no_such_runbook())
    }
}

fn no_such_runbook() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_runbook",
        "there is no such runbook in your teams; GET /v1/runbooks lists them",
    )
}

async fn visible_ticket(app: &Arc<App>, device: &Who, id: TicketId) -> Result<Ticket, ApiError> {
    let teams = device.teams(&app.directory.load());
    let found = app
        .read(move |reader| read_ticket(reader, &teams, id))
        .await?;
    found.ok_or_else(ApiError::no_such_ticket)
}

fn read_ticket(
    reader: &dyn Reader,
    teams: &[TeamId],
    id: TicketId,
) -> Result<Option<Ticket>, StoreError> {
    let json = reader.ticket(&Sees::from(teams), id)?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

fn reader_zone(
    directory: &Directory,
    person: &PersonId,
    asked: Option<&str>,
) -> Result<TimeZone, ApiError> {
    match asked {
        None => Ok(zone(directory.config().zone_of(person))),
        Some(name) => TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| ApiError::field("zone", "an IANA time zone, such as Europe/Berlin")),
    }
}

async fn save(
    app: &App,
    device: &Who,
    key: DocumentKey,
    base: u32,
    body: &impl Serialize,
) -> Result<axum::Json<SavedReply>, ApiError> {
    let what = Learn::Save {
        key,
        base,
        by: device.person.clone(),
        body: serde_json::to_string(body).map_err(StoreError::from)?,
    };
    match app.writer.submit(Job::Learn(what)).await? {
        Answer::Learned(Learned::Saved(version)) => Ok(axum::Json(SavedReply { version })),
        Answer::Learned(Learned::Newer { version, by }) => {
            let directory = app.directory.load();
            let by = by.and_then(|by| Some(directory.person(&by)?.name.clone()));
            let by = by.map_or_else(String::new, |by| format!(", saved by {by}"));
            Err(ApiError::new(
                StatusCode::CONFLICT,
                "newer_version",
                format!(
                    "base: expected {version}, the newest version{by}, got {base}; nothing was \
                     changed: read it, put your changes into it and save again"
                ),
            ))
        }
        other => Err(StoreError::new(format!("a save was answered with {other:?}")).into()),
    }
}

/// All that is wrong, with the first field as the problem's.
fn invalid(of: &str, wrong: &[FieldError]) -> ApiError {
    let first = wrong.first().map_or("", |error| error.field.as_str());
    let all: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    let mut problem = Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        code: "invalid_field".to_owned(),
        detail: all.join("\n"),
        field: None,
    };
    problem.field = Some(format!("{of}.{first}"));
    problem.into()
}

fn version_of(document: &StoredDocument) -> RunbookVersion {
    RunbookVersion {
        version: document.version,
        at: document.at,
        by: document.by.clone(),
    }
}

fn runbook_view(document: StoredDocument) -> Result<RunbookView, StoreError> {
    let runbook: Runbook = serde_json::from_str(&document.body)?;
    Ok(RunbookView {
        saved: version_of(&document),
        name: document.name.parse().map_err(StoreError::new)?,
        team: document.team,
        runbook,
    })
}

/// A ticket's COE as it is kept, if there is one.
fn kept(
    reader: &dyn Reader,
    ticket: &Ticket,
) -> Result<Option<(StoredDocument, KeptCoe)>, StoreError> {
    let Some(document) = reader.document(&DocumentKey::coe(ticket), None)? else {
        return Ok(None);
    };
    let kept = serde_json::from_str(&document.body)?;
    Ok(Some((document, kept)))
}

fn coe_view(
    reader: &dyn Reader,
    directory: &Directory,
    ticket: &Ticket,
) -> Result<CoeView, StoreError> {
    let log = log_of(reader, ticket.id)?;
    let worst = worst_severity(log.iter().map(|(_, event)| event)).unwrap_or(ticket.severity);
    let (document, kept) = kept(reader, ticket)?.unzip();
    let kept = kept.unwrap_or_default();
    Ok(CoeView {
        about: CoeAbout::of(ticket, worst),
        need: CoeNeed::of(worst),
        version: document.as_ref().map_or(0, |document| document.version),
        author: kept.author,
        saved_at: document.map(|document| document.at),
        coe: kept.coe,
        timeline: timeline(
            log.iter().map(|(at, event)| (*at, event)),
            &NamesOf(directory),
        ),
    })
}

fn summary(ticket: Ticket, document: &StoredDocument, kept: KeptCoe) -> CoeSummary {
    let actions = &kept.coe.actions;
    CoeSummary {
        ticket: ticket.id,
        team: ticket.team,
        title: ticket.title,
        service: ticket.service,
        state: kept.coe.state,
        author: kept.author,
        saved_at: document.at,
        actions: actions.len(),
        open_actions: actions.iter().filter(|it| it.done_on.is_none()).count(),
    }
}
