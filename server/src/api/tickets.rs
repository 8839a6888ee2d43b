//! Reading tickets: lists, one, its timeline, and who is on call.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tocsin_wire::{Cursor, OnCall, Problem, TicketList, TicketView, Timeline};

use super::extract::{Caller, Query, TicketPath};
use super::{ApiError, App};
use crate::store::TicketFilter;

/// Tickets in one reply, unless asked for less.
const LIST_LIMIT: usize = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only open ones.
    #[serde(default)]
    open: bool,
    /// Only those with smaller numbers.
    before: Option<u64>,
    /// At most this many, 1 to 100.
    limit: Option<usize>,
}

/// `GET /v1/tickets?open=true&before=ID&limit=N`.
#[utoipa::path(
    get,
    path = "/v1/tickets",
    tag = "tickets",
    params(ListQuery),
    responses((status = 200, description = "Newest first", body = TicketList), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let limit = query.limit.unwrap_or(LIST_LIMIT).clamp(1, LIST_LIMIT);
    let filter = TicketFilter {
        open_only: query.open,
        before: query.before,
        limit: limit + 1,
    };
    let teams = device.teams(&app.directory.load());
    let mut tickets = app
        .read(move |reader| reader.tickets(&teams, &filter))
        .await?;
    let more = tickets.len() > limit;
    tickets.truncate(limit);
    Ok(json(format!(
        r#"{{"tickets":[{}],"more":{more}}}"#,
        tickets.join(",")
    )))
}

/// `GET /v1/tickets/{id}`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}",
    tag = "tickets",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The ticket", body = TicketView), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
) -> Result<Response, ApiError> {
    let teams = device.teams(&app.directory.load());
    let ticket = app.read(move |reader| reader.ticket(&teams, id)).await?;
    ticket.map(json).ok_or_else(ApiError::no_such_ticket)
}

/// `GET /v1/tickets/{id}/timeline`.
#[utoipa::path(
    get,
    path = "/v1/tickets/{id}/timeline",
    tag = "tickets",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Everything that happened", body = Timeline), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn timeline(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
) -> Result<Response, ApiError> {
    let directory = app.directory.load_full();
    let teams = device.teams(&directory);
    let epoch = directory.epoch(&device.person);
    let read = move |reader: &dyn crate::store::Reader| {
        let Some(ticket) = reader.ticket(&teams, id)? else {
            return Ok(None);
        };
        let entries = reader.timeline(id)?.join(",");
        let cursor = Cursor {
            epoch,
            seq: reader.last_seq()?,
            ticket: None,
        };
        Ok(Some(format!(
            r#"{{"ticket":{ticket},"entries":[{entries}],"cursor":"{cursor}"}}"#
        )))
    };
    app.read(read)
        .await?
        .map(json)
        .ok_or_else(ApiError::no_such_ticket)
}

/// `GET /v1/oncall`.
#[utoipa::path(
    get,
    path = "/v1/oncall",
    tag = "tickets",
    responses((status = 200, description = "One element a team", body = [OnCall])),
    security(("device" = [])),
)]
pub(super) async fn on_call(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
) -> axum::Json<Vec<OnCall>> {
    let directory = app.directory.load();
    let now = app.now();
    axum::Json(directory.on_call(&device.teams(&directory), now))
}

/// A reply that is JSON already.
pub(super) fn json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
