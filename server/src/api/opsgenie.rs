//! Opsgenie's alert API: its clients need a new address and, as API key, an integration's key.
//!
//! What Opsgenie does later is done here before the answer, so a 202 means *on disk* as everywhere.
//! An alert's id and tiny id are the number of its ticket.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use tocsin_ingest::opsgenie::{
    self, Action, ERROR_TYPE, IdentifierType, NOT_PROCESSED, Refusal, RequestId,
};
use tocsin_ingest::{Batch, Integration, Target};
use tocsin_ticket::{Ticket, TicketId};

use super::extract::{Body, Query};
use super::{ApiError, App, alarms};
use crate::secret::{Secret, random};
use crate::store::guests::Sees;

/// What is wrong with an Opsgenie request that waited for the writer in vain.
const UNAVAILABLE: &str = "The request could not be stored. Please try again later.";

/// A request of a client that has an integration's key.
pub(super) struct Client {
    since: Instant,
    integration: Arc<Integration>,
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Response;

    /// By `Authorization: GenieKey KEY`
    /// (<https://docs.opsgenie.com/docs/authentication>).
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let since = Instant::now();
        let key = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("geniekey"))
            .map(|(_, key)| Secret::received(key.trim()));
        let integration = key
            .and_then(|key| alarms::integration(app, &key))
            .ok_or_else(|| refused(&Refusal::unknown_key(), since))?;
        app.rates.take_alarm(&integration.id).map_err(|wait| {
            // In Opsgenie's words; its clients wait and send the request again.
            let limited = Refusal::new(429, "You are making too many requests!");
            let wait = wait.as_secs().max(1).to_string();
            ([(RETRY_AFTER, wait)], refused(&limited, since)).into_response()
        })?;
        Ok(Self { since, integration })
    }
}

/// Which alert is meant.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Identifier {
    /// `id` (default) or `tiny`: the ticket's number; `alias`: what the client called it.
    #[serde(rename = "identifierType")]
    identifier_type: Option<String>,
}

/// What a client is told at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpsgenieReply {
    /// `Request will be processed`, though it has been.
    pub result: &'static str,
    /// Seconds.
    pub took: f64,
    /// To ask what became of it.
    pub request_id: String,
}

/// What became of a request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpsgenieStatus {
    /// Whether there was such an alert.
    pub success: bool,
    /// `Create`, `Close`, `Acknowledge` or `AddNote`.
    pub action: &'static str,
    /// When, in RFC 3339.
    pub processed_at: String,
    /// The integration.
    pub integration_id: String,
    /// As `success`.
    pub is_success: bool,
    /// In words.
    pub status: &'static str,
    /// The ticket's number; empty when there was none.
    pub alert_id: String,
    /// What the client calls it; empty when there was none.
    pub alias: String,
}

/// `POST /v2/alerts`.
#[utoipa::path(
    post,
    path = "/v2/alerts",
    tag = "alarms",
    operation_id = "opsgenie_create",
    request_body(content = Object, description = "Opsgenie alert API, create alert; Authorization: GenieKey and the integration's key"),
    responses((status = 202, description = "On disk", body = OpsgenieReply), (status = 400, description = "Not JSON", body = Object), (status = 401, description = "Unknown key", body = Object), (status = 422, description = "No alert", body = Object), (status = 429, description = "Too many requests", body = Object), (status = 503, description = "Not kept; send it again", body = Object)),
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    client: Client,
    body: Result<Body, ApiError>,
) -> Response {
    let body = match body {
        Ok(Body(body)) => body,
        Err(error) => return error.into_response(),
    };
    let fresh_alias = Secret::identifier();
    match opsgenie::create(&body, &client.integration, &fresh_alias) {
        Ok(batch) => client.keep(&app, Action::Create, batch).await,
        Err(refusal) => client.refuse(&refusal),
    }
}

/// `POST /v2/alerts/{identifier}/close`.
#[utoipa::path(
    post,
    path = "/v2/alerts/{identifier}/close",
    tag = "alarms",
    operation_id = "opsgenie_close",
    params(("identifier" = String, Path, description = "Which alert"), Identifier),
    request_body(content = Object, description = "Opsgenie alert API: note, user; may be empty"),
    responses((status = 202, description = "On disk", body = OpsgenieReply), (status = 401, description = "Unknown key", body = Object), (status = 422, description = "Invalid", body = Object), (status = 503, description = "Not kept; send it again", body = Object)),
)]
pub(super) async fn close(
    State(app): State<Arc<App>>,
    client: Client,
    Path(identifier): Path<String>,
    Query(query): Query<Identifier>,
    body: Result<Body, ApiError>,
) -> Response {
    client
        .change(&app, Action::Close, &identifier, &query, body)
        .await
}

/// `POST /v2/alerts/{identifier}/acknowledge`.
#[utoipa::path(
    post,
    path = "/v2/alerts/{identifier}/acknowledge",
    tag = "alarms",
    operation_id = "opsgenie_acknowledge",
    params(("identifier" = String, Path, description = "Which alert"), Identifier),
    request_body(content = Object, description = "Opsgenie alert API: note, user; may be empty"),
    responses((status = 202, description = "On disk", body = OpsgenieReply), (status = 401, description = "Unknown key", body = Object), (status = 422, description = "Invalid", body = Object), (status = 503, description = "Not kept; send it again", body = Object)),
)]
pub(super) async fn acknowledge(
    State(app): State<Arc<App>>,
    client: Client,
    Path(identifier): Path<String>,
    Query(query): Query<Identifier>,
    body: Result<Body, ApiError>,
) -> Response {
    client
        .change(&app, Action::Acknowledge, &identifier, &query, body)
        .await
}

/// `POST /v2/alerts/{identifier}/notes`.
#[utoipa::path(
    post,
    path = "/v2/alerts/{identifier}/notes",
    tag = "alarms",
    operation_id = "opsgenie_note",
    params(("identifier" = String, Path, description = "Which alert"), Identifier),
    request_body(content = Object, description = "Opsgenie alert API: note, user"),
    responses((status = 202, description = "On disk", body = OpsgenieReply), (status = 401, description = "Unknown key", body = Object), (status = 422, description = "No note", body = Object), (status = 503, description = "Not kept; send it again", body = Object)),
)]
pub(super) async fn note(
    State(app): State<Arc<App>>,
    client: Client,
    Path(identifier): Path<String>,
    Query(query): Query<Identifier>,
    body: Result<Body, ApiError>,
) -> Response {
    client
        .change(&app, Action::AddNote, &identifier, &query, body)
        .await
}

/// `GET /v2/alerts/requests/{id}`: what became of a request.
#[utoipa::path(
    get,
    path = "/v2/alerts/requests/{id}",
    tag = "alarms",
    operation_id = "opsgenie_status",
    params(("id" = String, Path, description = "The requestId of an answer")),
    responses((status = 200, description = "What became of it", body = OpsgenieStatus), (status = 401, description = "Unknown key", body = Object), (status = 404, description = "No such request", body = Object)),
)]
pub(super) async fn status(
    State(app): State<Arc<App>>,
    client: Client,
    Path(id): Path<String>,
) -> Response {
    let unknown = || {
        let response = client.refuse(&Refusal::no_such_request());
        ([(ERROR_TYPE, NOT_PROCESSED)], response).into_response()
    };
    let Ok(request) = id.parse::<RequestId>() else {
        return unknown();
    };
    let ticket = match request.ticket {
        None => None,
        Some(number) => match client.ticket(&app, number).await {
            Ok(None) => return unknown(),
            Ok(ticket) => ticket,
            Err(error) => return error.into_response(),
        },
    };
    let at = jiff::Timestamp::from_millisecond(request.at.0).unwrap_or_default();
    let data = OpsgenieStatus {
        success: ticket.is_some(),
        action: request.action.name(),
        processed_at: format!("{at:.3}"),
        integration_id: client.integration.id.clone(),
        is_success: ticket.is_some(),
        status: request.status(),
        alert_id: ticket
            .as_ref()
            .map_or_else(String::new, |ticket| ticket.id.0.to_string()),
        alias: ticket.map_or_else(String::new, |ticket| ticket.dedup_key),
    };
    let took = client.since.elapsed().as_secs_f64();
    let reply = serde_json::json!({"data": data, "took": took, "requestId": id});
    axum::Json(reply).into_response()
}

impl Client {
    async fn change(
        &self,
        app: &Arc<App>,
        action: Action,
        identifier: &str,
        query: &Identifier,
        body: Result<Body, ApiError>,
    ) -> Response {
        let body = match body {
            Ok(Body(body)) => body,
            Err(error) => return error.into_response(),
        };
        let target = match IdentifierType::read(query.identifier_type.as_deref()) {
            Ok(IdentifierType::Alias) => Some(opsgenie::by_alias(identifier, &self.integration)),
            Ok(IdentifierType::Id | IdentifierType::Tiny) => {
                match self.by_number(app, identifier).await {
                    Ok(target) => target,
                    Err(error) => return error.into_response(),
                }
            }
            Err(refusal) => return self.refuse(&refusal),
        };
        let known = target.is_some();
        // Where there is no such alert the body is checked nevertheless.
        let target = target.unwrap_or_else(|| opsgenie::by_alias("", &self.integration));
        match opsgenie::change(action, &body, target) {
            Ok(batch) if known => self.keep(app, action, batch).await,
            Ok(_) => self.accept(app, action, None),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// The open ticket of this number, if it is the team's.
    async fn by_number(&self, app: &Arc<App>, number: &str) -> Result<Option<Target>, ApiError> {
        let Ok(number) = number.trim().parse() else {
            return Ok(None);
        };
        let ticket = self.ticket(app, TicketId(number)).await?;
        Ok(ticket
            .filter(|ticket| ticket.state.is_open())
            .map(|ticket| Target {
                team: ticket.team,
                services: vec![ticket.service],
                dedup_key: ticket.dedup_key,
            }))
    }

    async fn ticket(&self, app: &Arc<App>, id: TicketId) -> Result<Option<Ticket>, ApiError> {
        let sees = Sees::from([self.integration.team.clone()].as_slice());
        app.read(move |reader| {
            let ticket = reader.ticket(&sees, id)?;
            Ok(ticket
                .map(|ticket| serde_json::from_str(&ticket))
                .transpose()?)
        })
        .await
    }

    async fn keep(&self, app: &App, action: Action, batch: Batch) -> Response {
        let source = &self.integration.id;
        alarms::log(source, &batch.oddities);
        match alarms::submit(app, source, batch.signals).await {
            Ok(taken) => {
                let ticket = taken.iter().find_map(|taken| taken.ticket);
                self.accept(app, action, ticket)
            }
            Err(error) => {
                tracing::error!(source, %error, "a request of an Opsgenie client was not kept");
                self.refuse(&Refusal::new(503, UNAVAILABLE))
            }
        }
    }

    fn accept(&self, app: &App, action: Action, ticket: Option<TicketId>) -> Response {
        let request = RequestId {
            action,
            at: app.now(),
            ticket,
            random: u32::from_be_bytes(random()),
        };
        let reply = OpsgenieReply {
            result: "Request will be processed",
            took: self.since.elapsed().as_secs_f64(),
            request_id: request.to_string(),
        };
        (StatusCode::ACCEPTED, axum::Json(reply)).into_response()
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        refused(refusal, self.since)
    }
}

/// The refusal with what stands in every answer. Its request id leads nowhere.
fn refused(refusal: &Refusal, since: Instant) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Reply<'a> {
        #[serde(flatten)]
        refusal: &'a Refusal,
        took: f64,
        request_id: String,
    }
    let status = StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::BAD_REQUEST);
    let reply = Reply {
        refusal,
        took: since.elapsed().as_secs_f64(),
        request_id: Secret::identifier(),
    };
    (status, axum::Json(reply)).into_response()
}
