//! Reading tickets: lists, one, its timeline, and who is on call.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tocsin_directory::Directory;
use tocsin_ticket::{Millis, ServiceId};
use tocsin_wire::{
    Cursor, DownstreamView, OnCall, Problem, TicketBrief, TicketDetail, TicketList, TicketView,
    Timeline,
};

use super::extract::{Caller, Query, TicketPath};
use super::{ApiError, App};
use crate::store::{HeldBy, Reader, StoreError, TicketFilter};

/// Tickets in one reply, unless asked for less.
const LIST_LIMIT: usize = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only open ones.
    #[serde(default)]
    open: bool,
    /// Only those for which nobody is, or ever was, paged, by a rule: `true` for whichever, or
    /// `hold_off`, `maintenance`, `quiet`.
    held: Option<HeldFilter>,
    /// Only those with smaller numbers.
    before: Option<u64>,
    /// At most this many, 1 to 100.
    limit: Option<usize>,
}

/// The rule by which tickets were held, as a query says it.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum HeldFilter {
    /// By any rule.
    True,
    /// Whether they were or not.
    False,
    HoldOff,
    Maintenance,
    Quiet,
}

impl HeldFilter {
    const fn by(self) -> Option<HeldBy> {
        match self {
            Self::True => Some(HeldBy::Any),
            Self::False => None,
            Self::HoldOff => Some(HeldBy::HoldOff),
            Self::Maintenance => Some(HeldBy::Maintenance),
            Self::Quiet => Some(HeldBy::Quiet),
        }
    }
}

/// `GET /v1/tickets?open=true&held=true&before=ID&limit=N`.
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
        held: query.held.and_then(HeldFilter::by),
        before: query.before,
        limit: limit + 1,
    };
    let sees = device.sees(&app.directory.load());
    let mut tickets = app
        .read(move |reader| reader.tickets(&sees, &filter))
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
    responses((status = 200, description = "The ticket, and what its service needs to work", body = TicketDetail), (status = 404, description = "No such ticket", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    TicketPath(id): TicketPath,
) -> Result<axum::Json<TicketDetail>, ApiError> {
    let directory = app.directory.load_full();
    let sees = device.sees(&directory);
    let now = app.now();
    let read = move |reader: &dyn Reader| -> Result<_, StoreError> {
        let Some(ticket) = reader.ticket(&sees, id)? else {
            return Ok(None);
        };
        let ticket: TicketView = serde_json::from_str(&ticket)?;
        Ok(Some(TicketDetail {
            downstream: downstream(reader, &directory, &ticket.service, now)?,
            ticket,
        }))
    };
    let found = app.read(read).await?;
    found.map(axum::Json).ok_or_else(ApiError::no_such_ticket)
}

/// What a service needs to work, who is on call there, and what is open there. Most alarms have
/// their cause downstream, so colleagues see it of any team: the number, severity, title and state
/// of a ticket, and nothing else of it.
fn downstream(
    reader: &dyn Reader,
    directory: &Directory,
    service: &ServiceId,
    now: Millis,
) -> Result<Vec<DownstreamView>, StoreError> {
    let needed = directory.service(service);
    let needed = needed.map_or(&[][..], |service| &service.downstream);
    let views = needed.iter().filter_map(|id| directory.service(id));
    views
        .map(|service| {
            let on_call = directory.team_on_call(&service.team, now);
            let open = reader.open_tickets_at(&service.id)?.into_iter();
            let open = open.map(|ticket| -> Result<_, StoreError> {
                let ticket: TicketView = serde_json::from_str(&ticket)?;
                Ok(TicketBrief {
                    id: ticket.id,
                    severity: ticket.severity,
                    title: ticket.title,
                    state: ticket.state,
                })
            });
            Ok(DownstreamView {
                service: service.id.clone(),
                name: service.name.clone(),
                team: service.team.clone(),
                team_name: on_call
                    .as_ref()
                    .map_or_else(String::new, |on_call| on_call.team_name.clone()),
                tier: service.tier,
                on_call: on_call.map(|on_call| on_call.primary),
                open_tickets: open.collect::<Result<_, _>>()?,
            })
        })
        .collect()
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
    let sees = device.sees(&directory);
    let epoch = directory.epoch(&device.person);
    let read = move |reader: &dyn Reader| {
        let Some(ticket) = reader.ticket(&sees, id)? else {
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
