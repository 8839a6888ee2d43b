//! Taking alarms. A 2xx leaves here only after everything in the body is on disk.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use tocsin_ingest::{
    Batch, Integration, Oddity, SeverityMap, Signal, alertmanager, email, json, pagerduty,
};
use tocsin_ticket::TicketId;
use tocsin_wire::Problem;

use super::extract::{Body, Caller, KeyPath};
use super::{ApiError, App};
use crate::engine::{AlarmTaken, Answer, Job, WriterError};
use crate::secret::Secret;
use crate::store::StoreError;

/// What became of one signal of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AlarmTicket {
    /// The ticket it is in; absent when it ended something that was not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// Whether it opened that ticket.
    pub opened: bool,
}

/// The answer to every route for alarms but those of other products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AlarmReply {
    /// One element for each alarm of the body, in its order.
    pub alarms: Vec<AlarmTicket>,
    /// What was odd about the body, and how it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub oddities: Vec<Oddity>,
}

type Parse = fn(&[u8], &Integration) -> Result<Batch, Problem>;

/// `POST /in/{key}/alertmanager` and `/in/{key}/grafana`.
#[utoipa::path(
    post,
    path = "/in/{key}/alertmanager",
    tag = "alarms",
    params(("key" = String, Path, description = "The integration's key")),
    request_body(content = Object, description = "Alertmanager webhook, version 4"),
    responses((status = 200, description = "On disk", body = AlarmReply), (status = 400, description = "Not of this format", body = Problem), (status = 404, description = "Unknown key", body = Problem), (status = 413, description = "Too long", body = Problem), (status = 503, description = "Overload or failure; send it again", body = Problem)),
)]
pub(super) async fn alertmanager(
    State(app): State<Arc<App>>,
    KeyPath(key): KeyPath,
    Body(body): Body,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    by_key(&app, &key, &body, alertmanager::parse).await
}

/// `POST /in/{key}/json`.
#[utoipa::path(
    post,
    path = "/in/{key}/json",
    tag = "alarms",
    params(("key" = String, Path, description = "The integration's key")),
    request_body(content = Object, description = "One alarm or an array of alarms: title, severity, status, service, dedup_key, url, details; or any JSON where the integration has templates"),
    responses((status = 200, description = "On disk", body = AlarmReply), (status = 400, description = "Not of this format", body = Problem), (status = 404, description = "Unknown key", body = Problem), (status = 413, description = "Too long", body = Problem), (status = 503, description = "Overload or failure; send it again", body = Problem)),
)]
pub(super) async fn json(
    State(app): State<Arc<App>>,
    KeyPath(key): KeyPath,
    Body(body): Body,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    let integration = admit(&app, &key)?;
    let directory = app.directory.load_full();
    let batch = match directory.templates(&integration.id) {
        Some(templates) => templates.parse(&body, &integration)?,
        None => json::parse(&body, &integration)?,
    };
    Ok(axum::Json(keep(&app, &integration.id, batch).await?))
}

/// `POST /in/{key}/email`: a whole message, as `tocsin mail-in` hands it over.
#[utoipa::path(
    post,
    path = "/in/{key}/email",
    tag = "alarms",
    params(("key" = String, Path, description = "The integration's key")),
    request_body(content = String, description = "A mail message, RFC 5322", content_type = "message/rfc822"),
    responses((status = 200, description = "On disk", body = AlarmReply), (status = 400, description = "Not a message", body = Problem), (status = 404, description = "Unknown key", body = Problem), (status = 413, description = "Too long", body = Problem), (status = 503, description = "Overload or failure; send it again", body = Problem)),
)]
pub(super) async fn email(
    State(app): State<Arc<App>>,
    KeyPath(key): KeyPath,
    Body(body): Body,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    by_key(&app, &key, &body, email::parse).await
}

async fn by_key(
    app: &App,
    key: &Secret,
    body: &Bytes,
    parse: Parse,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    let integration = admit(app, key)?;
    let batch = parse(body, &integration)?;
    Ok(axum::Json(keep(app, &integration.id, batch).await?))
}

/// The integration that has this key, if it may send now.
pub(super) fn admit(app: &App, key: &Secret) -> Result<Arc<Integration>, ApiError> {
    let integration = integration(app, key).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_key",
            "key: expected the key of an integration; `tocsin key INTEGRATION` makes a new one",
        )
    })?;
    app.rates.take_alarm(&integration.id).map_err(|wait| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_requests",
            "this integration sends too many requests a second; send it again later",
        )
        .retry_after(wait)
    })?;
    Ok(integration)
}

/// The integration that has this key, as the directory describes it now.
pub(super) fn integration(app: &App, key: &Secret) -> Option<Arc<Integration>> {
    let id = app.identity.integration(key)?;
    app.directory.load().integration(&id).cloned()
}

/// Hands what a body said to the writer.
pub(super) async fn keep(app: &App, source: &str, batch: Batch) -> Result<AlarmReply, ApiError> {
    let Batch { signals, oddities } = batch;
    log(source, &oddities);
    let alarms = submit(app, source, signals).await?;
    Ok(AlarmReply {
        alarms: alarms
            .into_iter()
            .map(|AlarmTaken { ticket, opened }| AlarmTicket { ticket, opened })
            .collect(),
        oddities,
    })
}

/// Tells whoever runs the server what was odd.
pub(super) fn log(source: &str, oddities: &[Oddity]) {
    for oddity in oddities {
        tracing::warn!(
            source,
            ?oddity,
            "an odd alarm was taken as well as it could be read"
        );
    }
}

pub(super) async fn submit(
    app: &App,
    source: &str,
    signals: Vec<Signal>,
) -> Result<Vec<AlarmTaken>, WriterError> {
    metrics::counter!("tocsin_alarms_total", "source" => source.to_owned())
        .increment(signals.len() as u64);
    if signals.is_empty() {
        return Ok(Vec::new());
    }
    let job = Job::Alarms {
        source: source.to_owned(),
        signals,
    };
    match app.writer.submit(job).await? {
        Answer::Alarms(taken) => Ok(taken),
        // The team left the configuration between reading the key and taking the alarm.
        other => Err(StoreError::new(format!("an alarm was answered with {other:?}")).into()),
    }
}

/// `POST /v2/enqueue` and `/v2/alerts/enqueue`: the `PagerDuty` Events API v2.
#[utoipa::path(
    post,
    path = "/v2/enqueue",
    tag = "alarms",
    request_body(content = Object, description = "PagerDuty Events API v2"),
    responses((status = 202, description = "On disk", body = Object), (status = 400, description = "Invalid event", body = Object), (status = 429, description = "Too many events", body = Object), (status = 503, description = "Not kept; send it again", body = Object)),
)]
pub(super) async fn pagerduty(
    State(app): State<Arc<App>>,
    body: Result<Body, ApiError>,
) -> Response {
    let body = match body {
        Ok(Body(body)) => body,
        Err(error) => return error.into_response(),
    };
    let reply = match pagerduty::Event::parse(&body) {
        Ok(event) => enqueue(&app, event).await,
        Err(reply) => reply,
    };
    let status = StatusCode::from_u16(reply.http_status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, axum::Json(reply)).into_response()
}

async fn enqueue(app: &App, event: pagerduty::Event) -> pagerduty::Reply {
    let key = Secret::received(event.routing_key());
    let Some(integration) = integration(app, &key) else {
        return pagerduty::Reply::unknown_routing_key();
    };
    if app.rates.take_alarm(&integration.id).is_err() {
        return pagerduty::Reply::throttled();
    }
    let (batch, reply) = event.read(&integration, &Secret::identifier());
    match submit(app, &integration.id, batch.signals).await {
        Ok(_) => reply,
        Err(WriterError::Busy(_)) => pagerduty::Reply::throttled(),
        Err(_) => pagerduty::Reply::unavailable(),
    }
}

/// `POST /v1/alarms`: an alarm by hand, in the generic JSON format, from somebody enrolled. It must
/// name one of the services they may see.
#[utoipa::path(
    post,
    path = "/v1/alarms",
    tag = "alarms",
    request_body(content = Object, description = "One alarm, as for /in/{key}/json; service is required"),
    responses((status = 200, description = "On disk", body = AlarmReply), (status = 400, description = "Not of this format", body = Problem), (status = 401, description = "Unknown device", body = Problem), (status = 413, description = "Too long", body = Problem), (status = 503, description = "Overload or failure; send it again", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn by_hand(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Body(body): Body,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    #[derive(serde::Deserialize)]
    struct Named {
        service: Option<String>,
    }
    let directory = app.directory.load_full();
    let named: Named = serde_json::from_slice(&body)
        .map_err(|error| ApiError::field("body", format_args!("an object as JSON: {error}")))?;
    let teams = device.teams(&directory);
    let service = named
        .service
        .and_then(|service| directory.service(&service.as_str().into()))
        .filter(|service| teams.contains(&service.team))
        .ok_or_else(|| ApiError::field("service", "the id of a service of one of your teams"))?;
    app.rates.take_alarm(device.id.as_str()).map_err(|wait| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "slow down, please",
        )
        .retry_after(wait)
    })?;
    let integration = Integration {
        id: device.person.to_string(),
        team: service.team.clone(),
        service: service.id.clone(),
        services: Default::default(),
        severities: SeverityMap::default(),
        severities_by_service: Default::default(),
    };
    let batch = json::parse(&body, &integration)?;
    Ok(axum::Json(keep(&app, &integration.id, batch).await?))
}
