//! What phones ask: to be enrolled, to catch up, to listen, to tap, to report.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tocsin_ticket::{DeviceId, TicketId};
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, EnrollReply, EnrollRequest, Hello, Me, Problem,
    ReceiptBatch, SyncPage, Update, WIRE_VERSION, frame,
};

use super::extract::{Caller, Json, Query};
use super::{ApiError, App};
use crate::engine::{Answer, Job};
use crate::feed::{Follow, Start, stream_start, sync_page};
use crate::hub::Said;
use crate::secret::Secret;
use crate::store::{StoreError, StoredUpdate};
use crate::watch;

/// Something is sent on a stream at least this often, so that both sides notice a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Receipts in one batch.
const MAX_RECEIPTS: usize = 1000;

/// Drills in one batch.
const MAX_DRILLS: usize = 100;

/// Other tickets that one tap is for.
const MAX_ALSO: usize = 10_000;

/// `POST /v1/enroll`.
#[utoipa::path(
    post,
    path = "/v1/enroll",
    tag = "phones",
    request_body = EnrollRequest,
    responses((status = 200, description = "Enrolled", body = EnrollReply), (status = 403, description = "Unknown, used or expired code", body = Problem), (status = 429, description = "Too many attempts", body = Problem)),
)]
pub(super) async fn enroll(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Json(request): Json<EnrollRequest>,
) -> Result<axum::Json<EnrollReply>, ApiError> {
    app.rates.take_guess(from.ip())?;
    let name = request.device_name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(ApiError::field(
            "device_name",
            "1 to 80 printable characters",
        ));
    }
    let token = Secret::device_token();
    let job = Job::Enroll {
        code: Secret::typed_code(&request.code).hash(),
        device: DeviceId::new(Secret::identifier()),
        name: name.to_owned(),
        token: token.hash(),
    };
    match app.writer.submit(job).await? {
        Answer::Enrolled(device) => {
            app.identity.add_device(device.clone());
            tracing::info!(person = %device.person, device = %device.id, "a device was enrolled");
            let person_name = app.directory.load().name_of(&device.person);
            Ok(axum::Json(EnrollReply {
                token: token.reveal().to_owned(),
                device: device.id,
                person: device.person,
                person_name,
                admin: device.admin,
            }))
        }
        _ => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "no_such_code",
            "code: expected one that is not used and at most ten minutes old; ask for a new one",
        )),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct SyncQuery {
    after: Option<String>,
}

/// `GET /v1/sync?after=CURSOR`: a cursor that cannot be continued from starts a snapshot.
#[utoipa::path(
    get,
    path = "/v1/sync",
    tag = "phones",
    params(("after" = Option<String>, Query, description = "The cursor of the page before")),
    responses((status = 200, description = "One page", body = SyncPage), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn sync(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Query(query): Query<SyncQuery>,
) -> Result<Response, ApiError> {
    let after = parse_cursor(query.after.as_deref(), "after")?;
    let directory = app.directory.load_full();
    let me = Me {
        person: device.person.clone(),
        device: device.id,
    };
    let server_time = app.now();
    let page = app
        .read(move |reader| sync_page(reader, &directory, &me, after, server_time))
        .await?;
    Ok(axum::Json(page).into_response())
}

fn parse_cursor(text: Option<&str>, field: &str) -> Result<Option<Cursor>, ApiError> {
    text.map(|text| text.parse().map_err(|error| ApiError::field(field, error)))
        .transpose()
}

/// `GET /v1/stream`: server-sent events from `Last-Event-ID` on.
#[utoipa::path(
    get,
    path = "/v1/stream",
    tag = "phones",
    params(("Last-Event-ID" = Option<String>, Header, description = "The cursor to continue from")),
    responses((status = 200, description = "Server-sent events: hello, update, reset, catch_up", content_type = "text/event-stream", body = Update), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let after = parse_cursor(last, "Last-Event-ID")?;
    let directory = app.directory.load_full();
    let epoch = directory.epoch(&device.person);
    // Listening begins before the log is read, so that nothing falls in between.
    let live = app.hub.subscribe(&device.person, &device.id, epoch);
    if app.directory.load().epoch(&device.person) != epoch {
        // A configuration came in between, when the hub did not know of this stream yet.
        let reset = stream::once(ready(Event::default().event(frame::RESET).data("{}")));
        return Ok(sse(reset).into_response());
    }
    let start = app.read({
        let person = device.person.clone();
        move |reader| stream_start(reader, &directory, &person, after)
    });
    let (first, follow) = match start.await? {
        Start::From { seq, backlog } => {
            let hello = Hello {
                server_time: app.now(),
                wire_version: WIRE_VERSION,
            };
            let duty = watch::duty(&app.directory.load(), &device.person, app.now());
            let first = [
                json_event(frame::HELLO, &hello),
                json_event(frame::DUTY, &duty),
            ];
            (first.to_vec(), Some(Follow::new(seq, backlog, live)))
        }
        Start::Elsewhere(frame) => (vec![Event::default().event(frame).data("{}")], None),
    };
    let updates = stream::unfold(follow, move |follow| async move {
        let mut follow = follow?;
        let event = match follow.next().await? {
            Said::Update(update) => update_event(epoch, &update),
            Said::Drill(drill) => json_event(frame::DRILL, &drill),
            Said::Notice(notice) => json_event(frame::NOTICE, &notice),
            Said::CatchUp => Event::default().event(frame::CATCH_UP).data("{}"),
        };
        Some((event, Some(follow)))
    });
    let events = stream::iter(first).chain(updates);
    Ok(sse(events).into_response())
}

fn sse(
    events: impl Stream<Item = Event> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = events.map(Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn json_event(name: &str, data: &impl Serialize) -> Event {
    Event::default()
        .event(name)
        .json_data(data)
        .unwrap_or_default()
}

fn update_event(epoch: u32, update: &StoredUpdate) -> Event {
    let cursor = Cursor {
        epoch,
        seq: update.seq,
        ticket: None,
    };
    Event::default()
        .event(frame::UPDATE)
        .id(cursor.to_string())
        .data(&update.json)
}

/// `POST /v1/commands`: 200 when done, 409 when the rules forbid it.
#[utoipa::path(
    post,
    path = "/v1/commands",
    tag = "phones",
    request_body = CommandRequest,
    responses((status = 200, description = "Done", body = CommandReply), (status = 409, description = "Refused by the rules", body = CommandReply), (status = 400, description = "Not a command this server knows", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn commands(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<CommandRequest>,
) -> Result<Response, ApiError> {
    check_id(request.id.as_str())?;
    check_number("ticket", request.ticket)?;
    if request.also.len() > MAX_ALSO {
        return Err(ApiError::field("also", format_args!("at most {MAX_ALSO}")));
    }
    for (index, ticket) in request.also.iter().enumerate() {
        check_number(&format!("also[{index}]"), *ticket)?;
    }
    if let Some((field, words)) = request.action.words()
        && words.chars().count() > 4000
    {
        let field = format!("action.{field}");
        return Err(ApiError::field(&field, "at most 4,000 characters"));
    }
    let id = request.id.clone();
    let job = Job::Tap { who, request };
    let Answer::Tap(answer) = app.writer.submit(job).await? else {
        return Err(StoreError::new("a tap was answered with something else").into());
    };
    let status = if answer.refusal.is_none() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    Ok((status, axum::Json(answer.reply(id)?)).into_response())
}

/// `POST /v1/receipts`.
#[utoipa::path(
    post,
    path = "/v1/receipts",
    tag = "phones",
    request_body = ReceiptBatch,
    responses((status = 204, description = "Kept"), (status = 400, description = "Not receipts", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn receipts(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(batch): Json<ReceiptBatch>,
) -> Result<StatusCode, ApiError> {
    check_id(batch.id.as_str())?;
    if batch.receipts.len() > MAX_RECEIPTS {
        return Err(ApiError::field(
            "receipts",
            format_args!("at most {MAX_RECEIPTS}"),
        ));
    }
    if batch.drills.len() > MAX_DRILLS {
        return Err(ApiError::field(
            "drills",
            format_args!("at most {MAX_DRILLS}"),
        ));
    }
    for (index, report) in batch.receipts.iter().enumerate() {
        check_number(&format!("receipts[{index}].page"), report.page.ticket)?;
        if report
            .effective_volume
            .is_some_and(|volume| !(0.0..=1.0).contains(&volume))
        {
            let field = format!("receipts[{index}].effective_volume");
            return Err(ApiError::field(
                &field,
                "0 for silent to 1 for full output, or nothing",
            ));
        }
    }
    app.writer.submit(Job::Receipts { who, batch }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The store counts in 63 bits; a number beyond them must not make it fail everybody's work.
fn check_number(field: &str, ticket: TicketId) -> Result<(), ApiError> {
    if i64::try_from(ticket.0).is_ok() {
        Ok(())
    } else {
        Err(ApiError::field(field, "the number of a ticket"))
    }
}

fn check_id(id: &str) -> Result<(), ApiError> {
    if (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(ApiError::field(
            "id",
            "8 to 64 printable ASCII characters, random for each tap",
        ))
    }
}
