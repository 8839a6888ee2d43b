//! What phones ask: to be enrolled, to catch up, to listen, to tap, to report.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tocsin_directory::Directory;
use tocsin_ticket::{DeviceId, Millis, PersonId};
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, EnrollReply, EnrollRequest, Hello, Me, Outcome,
    ReceiptBatch, WIRE_VERSION, frame,
};
use tokio::sync::mpsc;

use super::extract::{Caller, Json};
use super::{ApiError, App};
use crate::engine::{Answer, Job};
use crate::secret::Secret;
use crate::store::{Reader, StoreError, StoredUpdate};

/// Entries or tickets in one page of a sync.
const PAGE: usize = 500;

/// Something is sent on a stream at least this often, so that both sides notice a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Receipts in one batch.
const MAX_RECEIPTS: usize = 1000;

/// `POST /v1/enroll`.
pub(super) async fn enroll(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Json(request): Json<EnrollRequest>,
) -> Result<axum::Json<EnrollReply>, ApiError> {
    app.rates.take_guess(from.ip())?;
    let name = request.device_name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(ApiError::field("device_name", "1 to 80 printable characters"));
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
            let directory = app.directory.load();
            let person_name = directory
                .person(&device.person)
                .map_or_else(|| device.person.to_string(), |person| person.name.clone());
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

/// A `tocsin_wire::SyncPage` whose tickets and updates are JSON already.
#[derive(Serialize)]
struct RawSyncPage {
    reset: bool,
    cursor: Cursor,
    more: bool,
    tickets: Vec<Box<RawValue>>,
    updates: Vec<Box<RawValue>>,
    me: Me,
    directory: tocsin_wire::Directory,
    server_time: Millis,
}

/// `GET /v1/sync?after=CURSOR`: a cursor that cannot be continued from starts a snapshot.
pub(super) async fn sync(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Query(query): Query<SyncQuery>,
) -> Result<Response, ApiError> {
    let after = parse_cursor(query.after.as_deref(), "after")?;
    let directory = app.directory.load_full();
    let me = Me { person: device.person.clone(), device: device.id };
    let server_time = app.now();
    let page = app
        .read(move |reader| sync_page(reader, &directory, &me, after, server_time))
        .await?;
    Ok(axum::Json(page).into_response())
}

fn parse_cursor(text: Option<&str>, field: &str) -> Result<Option<Cursor>, ApiError> {
    text.map(|text| text.parse().map_err(|error| ApiError::field(field, error))).transpose()
}

fn sync_page(
    reader: &dyn Reader,
    directory: &Directory,
    me: &Me,
    after: Option<Cursor>,
    server_time: Millis,
) -> Result<RawSyncPage, StoreError> {
    let teams = directory.teams_of(&me.person);
    let epoch = directory.epoch(&me.person);
    let mut page = RawSyncPage {
        reset: false,
        cursor: Cursor { epoch, seq: 0, ticket: None },
        more: false,
        tickets: Vec::new(),
        updates: Vec::new(),
        me: me.clone(),
        directory: directory.wire_directory(&me.person),
        server_time,
    };
    let last_seq = reader.last_seq()?;
    let start = after.filter(|cursor| cursor.epoch == epoch && cursor.seq <= last_seq);
    match start {
        Some(Cursor { seq, ticket: None, .. }) => {
            let mut updates = reader.log_after(teams, seq, PAGE + 1)?;
            page.more = updates.len() > PAGE;
            updates.truncate(PAGE);
            page.cursor.seq = match updates.last() {
                Some(last) if page.more => last.seq,
                last => last.map_or(last_seq, |last| last.seq).max(last_seq),
            };
            page.updates = updates.into_iter().map(|update| raw(update.json)).collect::<Result<_, _>>()?;
        }
        snapshot => {
            page.reset = snapshot.is_none();
            // Tickets are read after the log's end was: what changes meanwhile comes as updates.
            let (seq, from) = snapshot
                .map_or((last_seq, 0), |cursor| (cursor.seq, cursor.ticket.unwrap_or(0)));
            let mut tickets = reader.open_after(teams, from, PAGE + 1)?;
            tickets.truncate(PAGE);
            let full = tickets.len() == PAGE;
            page.more = true;
            page.cursor.seq = seq;
            page.cursor.ticket = tickets.last().filter(|_| full).map(|(id, _)| *id);
            page.tickets =
                tickets.into_iter().map(|(_, json)| raw(json)).collect::<Result<_, _>>()?;
        }
    }
    Ok(page)
}

fn raw(json: String) -> Result<Box<RawValue>, StoreError> {
    Ok(RawValue::from_string(json)?)
}

/// `GET /v1/stream`: server-sent events from `Last-Event-ID` on.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = parse_cursor(last, "Last-Event-ID")?;
    let directory = app.directory.load_full();
    let epoch = directory.epoch(&device.person);
    // Listening begins before the log is read, so that nothing falls in between.
    let live = app.hub.subscribe(&device.person, epoch);
    let start = app.read({
        let person = device.person.clone();
        move |reader| stream_start(reader, &directory, &person, after)
    });
    let (first, live) = match start.await? {
        Start::From { seq, backlog } => {
            let hello = Hello { server_time: app.now(), wire_version: WIRE_VERSION };
            let hello = Event::default().event(frame::HELLO).json_data(hello).unwrap_or_default();
            let mut events = vec![hello];
            let last_seq = backlog.last().map_or(seq, |update| update.seq);
            events.extend(backlog.iter().map(|update| update_event(epoch, update)));
            (events, Some((live, last_seq)))
        }
        Start::Elsewhere(frame) => (vec![Event::default().event(frame).data("{}")], None),
    };
    let events = stream::unfold(
        Frames { first: first.into_iter(), live, epoch },
        |mut frames| async move { Some((frames.next().await?, frames)) },
    );
    Ok(sse(events).into_response())
}

fn sse(
    events: impl Stream<Item = Event> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = futures_util::StreamExt::map(events, Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

enum Start {
    /// The stream continues from here.
    From { seq: u64, backlog: Vec<StoredUpdate> },
    /// The phone must do this first.
    Elsewhere(&'static str),
}

fn stream_start(
    reader: &dyn Reader,
    directory: &Directory,
    person: &PersonId,
    after: Option<Cursor>,
) -> Result<Start, StoreError> {
    let epoch = directory.epoch(person);
    let last_seq = reader.last_seq()?;
    let Some(after) = after.filter(|cursor| cursor.epoch == epoch && cursor.seq <= last_seq) else {
        return Ok(Start::Elsewhere(frame::RESET));
    };
    if after.ticket.is_some() {
        return Ok(Start::Elsewhere(frame::CATCH_UP));
    }
    let backlog = reader.log_after(directory.teams_of(person), after.seq, PAGE + 1)?;
    Ok(if backlog.len() > PAGE {
        Start::Elsewhere(frame::CATCH_UP)
    } else {
        Start::From { seq: after.seq, backlog }
    })
}

fn update_event(epoch: u32, update: &StoredUpdate) -> Event {
    let cursor = Cursor { epoch, seq: update.seq, ticket: None };
    Event::default().event(frame::UPDATE).id(cursor.to_string()).data(&update.json)
}

/// What a stream still has to send: first what was missed, then what happens.
struct Frames {
    first: std::vec::IntoIter<Event>,
    live: Option<(mpsc::Receiver<Arc<StoredUpdate>>, u64)>,
    epoch: u32,
}

impl Frames {
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.first.next() {
            return Some(event);
        }
        let (live, last_seq) = self.live.as_mut()?;
        loop {
            let update = live.recv().await?;
            if update.seq > *last_seq {
                *last_seq = update.seq;
                return Some(update_event(self.epoch, &update));
            }
        }
    }
}

/// `POST /v1/commands`: 200 when done, 409 when the rules forbid it.
pub(super) async fn commands(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Json(request): Json<CommandRequest>,
) -> Result<Response, ApiError> {
    check_id(request.id.as_str())?;
    if let tocsin_wire::Action::Note { text } = &request.action
        && text.chars().count() > 4000
    {
        return Err(ApiError::field("action.text", "at most 4,000 characters"));
    }
    let id = request.id.clone();
    let job = Job::Tap { device, request };
    let Answer::Tap(answer) = app.writer.submit(job).await? else {
        return Err(StoreError::new("a tap was answered with something else").into());
    };
    let (status, outcome) = match answer.refusal {
        None => (StatusCode::OK, Outcome::Accepted),
        Some(refusal) => {
            let message = refusal.to_string();
            (StatusCode::CONFLICT, Outcome::Refused { refusal: refusal.into(), message })
        }
    };
    let ticket = answer
        .ticket
        .map(|ticket| serde_json::to_value(&ticket).and_then(serde_json::from_value))
        .transpose()
        .map_err(StoreError::from)?;
    Ok((status, axum::Json(CommandReply { id, outcome, ticket })).into_response())
}

/// `POST /v1/receipts`.
pub(super) async fn receipts(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Json(batch): Json<ReceiptBatch>,
) -> Result<StatusCode, ApiError> {
    check_id(batch.id.as_str())?;
    if batch.receipts.len() > MAX_RECEIPTS {
        return Err(ApiError::field("receipts", format_args!("at most {MAX_RECEIPTS}")));
    }
    app.writer.submit(Job::Receipts { device, batch }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_id(id: &str) -> Result<(), ApiError> {
    if (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(ApiError::field("id", "8 to 64 printable ASCII characters, random for each tap"))
    }
}
