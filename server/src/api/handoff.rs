//! Handoffs: what the next person on call is told, and "I have it".

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_ticket::TeamId;
use tocsin_wire::Problem;

use super::extract::{Caller, Json, Query};
use super::{ApiError, App};
use crate::engine::{Answer, HaveIt, Job};
use crate::handoff::{HandoffView, view};
use crate::rights::Who;
use crate::store::StoreError;

/// The longest note, in characters.
const LONGEST_NOTE: usize = 4000;

/// How a handoff is written.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum HandoffFormat {
    /// As data, the page included.
    #[default]
    Json,
    /// The page alone.
    Text,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HandoffQuery {
    /// How it is written.
    #[serde(default)]
    format: HandoffFormat,
}

/// A note for the next person on call.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoteRequest {
    /// What they are to know, 1 to 4,000 characters.
    pub text: String,
}

/// `GET /v1/teams/{team}/handoff?format=json|text`.
#[utoipa::path(
    get,
    path = "/v1/teams/{team}/handoff",
    tag = "shifts",
    params(("team" = String, Path, description = "Of which team"), HandoffQuery),
    responses((status = 200, description = "The handoff that is going on, or was within a day, or comes next", content((HandoffView = "application/json"), (String = "text/plain"))), (status = 404, description = "No such team", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn handoff(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Path(team): Path<TeamId>,
    Query(query): Query<HandoffQuery>,
) -> Result<Response, ApiError> {
    let team = theirs(&who, &app.directory.load(), team)?;
    let view = now(&app, team).await?;
    Ok(match query.format {
        HandoffFormat::Json => axum::Json(view).into_response(),
        HandoffFormat::Text => {
            ([(CONTENT_TYPE, "text/plain; charset=utf-8")], view.text).into_response()
        }
    })
}

/// `POST /v1/teams/{team}/handoff/notes`.
#[utoipa::path(
    post,
    path = "/v1/teams/{team}/handoff/notes",
    tag = "shifts",
    params(("team" = String, Path, description = "Of which team")),
    request_body = NoteRequest,
    responses((status = 200, description = "Kept; the handoff with it", body = HandoffView), (status = 400, description = "Not a note", body = Problem), (status = 404, description = "No such team", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn note(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Path(team): Path<TeamId>,
    Json(request): Json<NoteRequest>,
) -> Result<axum::Json<HandoffView>, ApiError> {
    let team = theirs(&who, &app.directory.load(), team)?;
    let text = request.text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(ApiError::field("text", "1 to 4,000 characters"));
    }
    let job = Job::HandoffNote {
        team: team.clone(),
        by: who.person,
        text: text.to_owned(),
    };
    app.writer.submit(job).await?;
    Ok(axum::Json(now(&app, team).await?))
}

/// `POST /v1/teams/{team}/handoff/complete`: "they have it", without the proof of a phone.
#[utoipa::path(
    post,
    path = "/v1/teams/{team}/handoff/complete",
    tag = "shifts",
    params(("team" = String, Path, description = "Of which team")),
    responses((status = 200, description = "Complete; it is in the audit log", body = HandoffView), (status = 403, description = "Neither the next person nor a manager of the team", body = Problem), (status = 404, description = "No such team", body = Problem), (status = 409, description = "No handoff is pending", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Path(team): Path<TeamId>,
) -> Result<axum::Json<HandoffView>, ApiError> {
    let team = theirs(&who, &app.directory.load(), team)?;
    let job = Job::HaveIt {
        who,
        team: team.clone(),
    };
    match app.writer.submit(job).await? {
        Answer::HaveIt(HaveIt::Done) => Ok(axum::Json(now(&app, team).await?)),
        Answer::HaveIt(HaveIt::NothingPending) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "no_handoff_pending",
            "no handoff of this team is pending; whoever is on call has the pager",
        )),
        Answer::HaveIt(HaveIt::NotTheirs) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not_theirs",
            "only the next person on call and the team's managers can complete the handoff",
        )),
        _ => Err(StoreError::new("a handoff was answered with something else").into()),
    }
}

/// The handoff as it stands.
async fn now(app: &Arc<App>, team: TeamId) -> Result<HandoffView, ApiError> {
    let (directory, now) = (app.directory.load_full(), app.now());
    let found = app
        .read(move |reader| view(reader, &directory, &team, now))
        .await?;
    found.ok_or_else(no_such_team)
}

/// The team, where the caller has the right that the route needs.
fn theirs(who: &Who, directory: &Directory, team: TeamId) -> Result<TeamId, ApiError> {
    let known = who.teams(directory).contains(&team);
    known.then_some(team).ok_or_else(no_such_team)
}

fn no_such_team() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_team",
        "there is no such team among yours; `tocsin oncall` lists them",
    )
}
