//! A small server that speaks the wire, and a pager on a desk, for the tests of this crate.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as UrlPath, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tocsin_pager::DeviceKeys;
use tocsin_pager::engine::{DeviceStatus, Loudness, SirenEvent, View};
use tocsin_pager::net::{HttpNetwork, Server, Token};
use tocsin_pager::runtime::{
    Clock, Config, Device, Pager, PagerHandle, Ports, SirenOutput, SirenReporter, SystemClock,
    system_random,
};
use tocsin_pager::store::{Account, Store};
use tocsin_readiness::Facts;
use tocsin_ticket::{DeviceId, PersonId};
use tocsin_wire::{CommandRequest, DrillRequest, Me, PushRegistration, ReceiptBatch};
use tokio::sync::watch;

/// The device's token; the server knows no other.
pub const TOKEN: &str = "a-secret-of-128-bits";

/// The enrolment code; the server knows no other.
pub const CODE: &str = "ABCD-EFGH";

/// How a request is answered instead of as it should be.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// This status with this body.
    Answer(StatusCode, String),
    /// A redirect to here.
    RedirectTo(String),
    /// Bytes without end.
    Endless(&'static str),
}

#[derive(Debug, Default)]
pub struct Seen {
    pub updates: Vec<Value>,
    pub commands: Vec<CommandRequest>,
    pub receipts: Vec<ReceiptBatch>,
    pub registrations: Vec<PushRegistration>,
    pub statuses: Vec<Facts>,
    /// Events that are no updates, by name; each stream gets all of them.
    pub events: Vec<(&'static str, Value)>,
    /// The `Last-Event-ID` of each stream that was opened.
    pub streams: Vec<String>,
    /// The `Authorization` of each request.
    pub authorizations: Vec<String>,
    /// How often a tap was sent, whatever came of it.
    pub taps_sent: usize,
    pub enrolled: Vec<String>,
    /// The drills that were ordered.
    pub drills: Vec<DrillRequest>,
    pub trouble: Option<Trouble>,
    /// Bytes that the pager took of an endless answer.
    pub endless_bytes: usize,
    /// Streams opened before this count are cut.
    pub cut: usize,
}

/// A server with one team, one person and one ticket.
#[derive(Clone)]
pub struct TestServer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<watch::Sender<u64>>,
}

impl TestServer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, router) = Self::with_address(listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// The server and its routes, for a test that serves them itself.
    pub fn with_address(address: SocketAddr) -> (Self, Router) {
        let server = Self {
            address,
            seen: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let router = Router::new()
            .route("/v1/sync", get(sync))
            .route("/v1/stream", get(open_stream))
            .route("/v1/commands", post(command))
            .route("/v1/receipts", post(receipts))
            .route("/v1/enroll", post(enroll))
            .route("/v1/push", get(push_info))
            .route("/v1/device/push", put(register_push))
            .route("/v1/device/status", put(status))
            .route("/v1/oncall", get(on_call))
            .route("/v1/shifts", get(shifts))
            .route("/v1/drills", post(order_drill))
            .route("/v1/tickets/{id}", get(ticket))
            .route("/v1/tickets/{id}/timeline", get(timeline))
            .layer(axum::middleware::from_fn_with_state(server.clone(), guard))
            .with_state(server.clone());
        (server, router)
    }

    /// What the server was asked, and how it shall behave. Streams look again afterwards.
    pub fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        let result = act(&mut self.seen.lock().unwrap());
        self.changed.send_modify(|version| *version += 1);
        result
    }

    /// Waits until the server has seen something.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Seen) -> bool) {
        let mut changed = self.changed.subscribe();
        let wait = async {
            while !holds(&self.seen.lock().unwrap()) {
                changed.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .unwrap_or_else(|_| panic!("the server never saw {what}: {:?}", self.seen));
    }

    /// The ticket changes.
    pub fn publish(&self, update: Value) {
        self.with(|seen| seen.updates.push(update));
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A page for Ana on ticket 1 that is live for seven minutes.
pub fn alarm(seq: u64) -> Value {
    let now = SystemClock.now();
    json!({
        "seq": seq, "at": now, "events": [],
        "ticket": {
            "id": 1, "version": 1, "team": "shop", "service": "checkout", "dedup_key": "k",
            "severity": "SEV1", "title": "Checkout fails", "source": "alertmanager",
            "state": "assigned", "state_since": now, "owner": "ana", "opened_at": now,
            "repeats": 0,
            "pages": [{
                "id": "1.1", "person": "ana", "role": "owner", "reason": "assigned",
                "at": now, "expires_at": now.0 + 420_000
            }]
        }
    })
}

/// The same ticket after somebody checked in.
pub fn checked_in(seq: u64, by: &str) -> Value {
    let mut update = alarm(seq);
    let ticket = &mut update["ticket"];
    ticket["version"] = json!(1 + seq);
    ticket["state"] = json!("researching");
    ticket["owner"] = json!(by);
    ticket["checked_in"] = json!({"by": {"person": by}, "at": SystemClock.now()});
    ticket.as_object_mut().unwrap().remove("pages");
    update
}

/// What pushes to the test's pager are sealed to.
pub fn keys() -> DeviceKeys {
    DeviceKeys::new([7; 32])
}

/// The ticket of an update, sealed to the test's pager as APNs and FCM carry it.
pub fn sealed(update: &Value) -> Vec<u8> {
    let mut ticket = update["ticket"].clone();
    ticket["partial"] = true.into();
    sealed_message(&json!({"type": "ticket", "ticket": ticket}))
}

pub fn sealed_message(message: &Value) -> Vec<u8> {
    let payload = json!({"v": 1, "server_time": SystemClock.now(), "message": message});
    let bytes = payload.to_string().into_bytes();
    tocsin_seal::seal(&keys().seal_key(), &bytes, &[3; 32]).unwrap()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name);
    value.map_or("", |value| value.to_str().unwrap()).to_owned()
}

async fn guard(
    State(server): State<TestServer>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let authorization = header(request.headers(), "authorization");
    let wire = header(request.headers(), "tocsin-wire-version");
    assert_eq!(wire, "1", "each side names its version of the wire");
    let trouble = server.with(|seen| {
        seen.authorizations.push(authorization.clone());
        seen.taps_sent += usize::from(request.uri().path() == "/v1/commands");
        seen.trouble.clone()
    });
    match trouble {
        Some(Trouble::Answer(status, body)) => return (status, body).into_response(),
        Some(Trouble::RedirectTo(to)) => {
            return (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response();
        }
        Some(Trouble::Endless(piece)) => {
            let pieces = stream::repeat_with(move || {
                let piece = piece.repeat(4096);
                server.with(|seen| seen.endless_bytes += piece.len());
                Ok::<_, Infallible>(piece)
            });
            return axum::body::Body::from_stream(pieces).into_response();
        }
        None => {}
    }
    let open_to_all = request.uri().path() == "/v1/enroll";
    if !open_to_all && authorization != format!("Bearer {TOKEN}") {
        return problem(StatusCode::UNAUTHORIZED, "unknown_token");
    }
    next.run(request).await
}

/// A refusal in the server's own shape.
pub fn problem(status: StatusCode, code: &str) -> Response {
    (status, problem_body(status, code)).into_response()
}

pub fn problem_body(status: StatusCode, code: &str) -> String {
    let status = status.as_u16();
    json!({"status": status, "code": code, "detail": "do something else"}).to_string()
}

#[derive(serde::Deserialize)]
struct After {
    after: Option<String>,
}

async fn sync(State(server): State<TestServer>, Query(query): Query<After>) -> String {
    let updates = server.with(|seen| seen.updates.clone());
    let latest = updates.last().map(|update| update["ticket"].clone());
    let seq = updates
        .last()
        .map_or(1, |update| update["seq"].as_u64().unwrap());
    json!({
        "reset": query.after.is_none(),
        "cursor": format!("00000007-{seq}"),
        "tickets": latest.into_iter().collect::<Vec<_>>(),
        "me": {"person": "ana", "device": "d1"},
        "directory": {"people": {"ana": "Ana", "ben": "Ben"}, "teams": {}, "services": {}},
        "server_time": SystemClock.now()
    })
    .to_string()
}

async fn open_stream(
    State(server): State<TestServer>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let after = headers["last-event-id"].to_str().unwrap().to_owned();
    let mut read: u64 = after.split('-').nth(1).unwrap().parse().unwrap();
    let mut told = 0;
    let mine = server.with(|seen| {
        seen.streams.push(after);
        seen.streams.len()
    });
    let hello = json!({"server_time": SystemClock.now(), "wire_version": 1}).to_string();
    let hello = Event::default().event("hello").data(hello);
    let changes = tokio_stream(server.changed.subscribe());
    let updates = changes
        .map(move |()| {
            server
                .seen
                .lock()
                .map(|seen| (seen.cut < mine).then(|| (seen.updates.clone(), seen.events.clone())))
                .unwrap()
        })
        .take_while(|news| std::future::ready(news.is_some()))
        .flat_map(move |news| {
            let mut fresh = Vec::new();
            let (updates, events) = news.unwrap();
            for (name, data) in events.into_iter().skip(told) {
                told += 1;
                fresh.push(Ok(Event::default().event(name).data(data.to_string())));
            }
            for update in updates {
                let seq = update["seq"].as_u64().unwrap();
                if seq > read {
                    read = seq;
                    let id = format!("00000007-{seq}");
                    let event = Event::default().event("update").id(id);
                    fresh.push(Ok(event.data(update.to_string())));
                }
            }
            stream::iter(fresh)
        });
    Sse::new(stream::iter([Ok(hello)]).chain(updates))
}

/// Yields at once and after each change.
fn tokio_stream(changed: watch::Receiver<u64>) -> impl Stream<Item = ()> {
    stream::unfold((changed, true), |(mut changed, first)| async move {
        if !first {
            changed.changed().await.ok()?;
        }
        Some(((), (changed, false)))
    })
}

async fn command(State(server): State<TestServer>, body: String) -> String {
    let request: CommandRequest = serde_json::from_str(&body).unwrap();
    let id = request.id.clone();
    let update = server.with(|seen| {
        let seq = seen.updates.len() as u64 + 10;
        if seen.commands.iter().all(|known| known.id != id) {
            seen.updates.push(checked_in(seq, "ana"));
        }
        seen.commands.push(request);
        seen.updates.last().unwrap().clone()
    });
    json!({"id": id, "outcome": "accepted", "ticket": update["ticket"]}).to_string()
}

async fn receipts(State(server): State<TestServer>, body: String) -> StatusCode {
    let batch = serde_json::from_str(&body).unwrap();
    server.with(|seen| seen.receipts.push(batch));
    StatusCode::NO_CONTENT
}

async fn push_info() -> String {
    json!({"vapid_public_key": "BKey", "transports": ["web_push", "pigeon"]}).to_string()
}

async fn register_push(State(server): State<TestServer>, body: String) -> StatusCode {
    let registration = serde_json::from_str(&body).unwrap();
    server.with(|seen| seen.registrations.push(registration));
    StatusCode::NO_CONTENT
}

async fn status(State(server): State<TestServer>, body: String) -> StatusCode {
    let facts = serde_json::from_str(&body).unwrap();
    server.with(|seen| seen.statuses.push(facts));
    StatusCode::NO_CONTENT
}

async fn enroll(State(server): State<TestServer>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let name = request["device_name"].as_str().unwrap().to_owned();
    let first = server.with(|seen| {
        seen.enrolled.push(name);
        seen.enrolled.len() == 1
    });
    if request["code"] != CODE || !first {
        return problem(StatusCode::NOT_FOUND, "unknown_code");
    }
    json!({
        "token": TOKEN, "device": "d1", "person": "ana", "person_name": "Ana", "admin": false
    })
    .to_string()
    .into_response()
}

async fn on_call() -> String {
    json!([{
        "team": "shop", "team_name": "Shop", "primary": {"id": "ana", "name": "Ana"},
        "until": 3_600_000, "next": {"id": "ben", "name": "Ben"}
    }])
    .to_string()
}

/// A shift by a rule that only this server knows, with a newcomer.
async fn shifts(uri: Uri) -> String {
    assert_eq!(uri.query(), None, "how far ahead is the server's to say");
    json!([{
        "team": "shop", "layer": 1, "person": {"id": "ana", "name": "Ana"},
        "from": 0, "until": 3_600_000, "reason": "rotation"
    }, {
        "team": "shop", "layer": 1, "person": {"id": "ben", "name": "Ben"},
        "from": 3_600_000, "until": 7_200_000, "reason": "full_moon",
        "shadow": {
            "newcomer": {"id": "ben", "name": "Ben"}, "mentor": {"id": "ana", "name": "Ana"},
            "mode": "mentor_shadows"
        }
    }])
    .to_string()
}

async fn order_drill(State(server): State<TestServer>, body: String) -> Response {
    let request: DrillRequest = serde_json::from_str(&body).unwrap();
    let audible = request.audible;
    let number = server.with(|seen| {
        seen.drills.push(request);
        seen.drills.len()
    });
    let now = SystemClock.now();
    let drill = json!({
        "drill": {
            "id": format!("asked-{number}"), "at": now, "expires_at": now.0 + 60_000,
            "audible": audible
        },
        "person": "ana", "device": "d1", "why": "asked"
    });
    (StatusCode::ACCEPTED, drill.to_string()).into_response()
}

async fn ticket(State(server): State<TestServer>, UrlPath(id): UrlPath<u64>) -> Response {
    if id != 1 {
        return problem(StatusCode::NOT_FOUND, "no_such_ticket");
    }
    let mut ticket = server.with(|seen| seen.updates.last().unwrap()["ticket"].clone());
    ticket["downstream"] = json!([{
        "service": "db", "name": "Orders database", "team": "data", "team_name": "Data",
        "tier": 1, "on_call": {"id": "mia", "name": "Mia"},
        "open_tickets": [
            {"id": 7, "severity": "SEV2", "title": "Disk is full", "state": "researching"}
        ]
    }]);
    ticket.to_string().into_response()
}

async fn timeline(State(server): State<TestServer>, UrlPath(id): UrlPath<u64>) -> String {
    assert_eq!(id, 1);
    let updates = server.with(|seen| seen.updates.clone());
    let entries: Vec<Value> = updates
        .iter()
        .map(|update| json!({"seq": update["seq"], "at": update["at"], "events": []}))
        .collect();
    json!({
        "ticket": updates.last().unwrap()["ticket"],
        "entries": entries,
        "cursor": "00000007-1"
    })
    .to_string()
}

/// An output that confirms at once and remembers whether it sounds.
#[derive(Clone)]
pub struct TestSiren {
    reporter: Arc<Mutex<Option<SirenReporter>>>,
    sounds: Arc<watch::Sender<Option<Loudness>>>,
    /// How often it was rehearsed.
    pub rehearsals: Arc<watch::Sender<usize>>,
}

impl Default for TestSiren {
    fn default() -> Self {
        Self {
            reporter: Arc::default(),
            sounds: Arc::new(watch::Sender::new(None)),
            rehearsals: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl TestSiren {
    pub fn sounds(&self) -> Option<Loudness> {
        *self.sounds.borrow()
    }

    pub async fn until(&self, sounds: bool) {
        let mut watched = self.sounds.subscribe();
        let wait = watched.wait_for(|now| now.is_some() == sounds);
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "the siren never sounded: {sounds}");
    }
}

impl SirenOutput for TestSiren {
    fn report_to(&self, reporter: SirenReporter) {
        *self.reporter.lock().unwrap() = Some(reporter);
    }

    fn start(&self, loudness: Loudness) {
        self.sounds.send_replace(Some(loudness));
        if let Some(reporter) = &*self.reporter.lock().unwrap() {
            reporter.report(SirenEvent::Started {
                effective_volume: Some(1.0),
            });
        }
    }

    fn rehearse(&self) {
        assert_eq!(self.sounds(), None, "never while it sounds");
        self.rehearsals.send_modify(|count| *count += 1);
        if let Some(reporter) = &*self.reporter.lock().unwrap() {
            reporter.report(SirenEvent::Rehearsed {
                effective_volume: Some(0.8),
            });
        }
    }

    fn stop(&self) {
        self.sounds.send_replace(None);
    }
}

/// A device on which nothing stands in the way.
pub struct TestDevice;

impl Device for TestDevice {
    fn status(&self) -> DeviceStatus {
        DeviceStatus::default()
    }
}

/// A store that is enrolled with this server.
pub fn enrolled(path: &Path, url: &str) -> Store {
    let mut store = Store::open(path).unwrap();
    if store.account().unwrap().is_none() {
        let account = Account {
            server: Server::new(url, None, false).unwrap(),
            me: Me {
                person: PersonId::from("ana"),
                device: DeviceId::from("d1"),
            },
            person_name: "Ana".to_owned(),
        };
        store.enroll(&account).unwrap();
    }
    store
}

/// Starts a pager that is enrolled with this server.
pub fn pager(store: Store, siren: &TestSiren, token: &str) -> PagerHandle {
    pager_with(store, siren, token, Config::default())
}

pub fn pager_with(store: Store, siren: &TestSiren, token: &str, config: Config) -> PagerHandle {
    let account = store.account().unwrap().unwrap();
    let ports = Ports {
        clock: Box::new(SystemClock),
        siren: Box::new(siren.clone()),
        device: Box::new(TestDevice),
        network: HttpNetwork::new(account.server, Token::new(token)),
        keys: keys(),
        random: system_random().unwrap(),
    };
    Pager::start(store, config, ports).unwrap()
}

/// Waits until the screen shows something.
pub async fn shows(pager: &PagerHandle, what: &str, holds: impl FnMut(&Arc<View>) -> bool) {
    let mut view = pager.view();
    let waited = tokio::time::timeout(Duration::from_secs(20), view.wait_for(holds)).await;
    let shown = waited.map(|view| view.map(|_| ()));
    assert!(
        matches!(shown, Ok(Ok(()))),
        "the screen never showed {what}: {:#?}",
        pager.view().borrow()
    );
}
