//! A phone that rings for what is pushed to it, as `tocsin_wire` has it, with code that shares
//! nothing with the phone engine.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tocsin_seal::DeviceKeys;
use tocsin_tests::Api;
use tocsin_ticket::{DeviceId, Millis, PageId, PersonId, Rung, TicketId, Transport};
use tocsin_wire::{
    Action, CommandId, CommandReply, CommandRequest, MAX_PUSH_BYTES, Outcome, PUSH_VERSION,
    PushMessage, PushPayload, ReceiptBatch, ReceiptReport, SyncPage, TicketView, Update, frame,
};
use tokio::task::AbortHandle;

/// How long a phone waits before it tries the server again.
const AGAIN: Duration = Duration::from_millis(100);

/// Pages of which one batch of receipts tells: the server takes 1,000 receipts.
const PAGES_A_BATCH: usize = 400;

/// A page that a phone began to ring for.
#[derive(Debug, Clone)]
pub struct Ring {
    /// By which way it came.
    pub via: Transport,
    /// When.
    pub at: Instant,
}

/// What a push said, in the order of arrival.
#[derive(Debug, Clone)]
pub struct Said {
    /// Of which ticket.
    pub ticket: TicketId,
    /// Whether it rings by what it says.
    pub pages: bool,
    /// For how many other tickets it spoke.
    pub others: u32,
}

/// Somebody's phone. Clones are the same phone.
#[derive(Debug, Clone)]
pub struct Phone(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    person: PersonId,
    device: DeviceId,
    keys: DeviceKeys,
    api: Api,
    state: Mutex<State>,
    offline: AtomicBool,
    batches: AtomicU64,
    listening: Mutex<Vec<AbortHandle>>,
}

#[derive(Debug, Default)]
struct State {
    versions: HashMap<TicketId, u64>,
    pages: BTreeSet<PageId>,
    ringing: BTreeSet<TicketId>,
    rings: Vec<Ring>,
    sirens: usize,
    said: Vec<Said>,
}

/// This machine's clock, which all phones and servers of a test share.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Millis(since.expect("after 1970").as_millis() as i64)
}

impl Phone {
    /// A new phone of somebody, enrolled with a code of the administrator's.
    pub async fn enrolled(admin: &Api, person: &str) -> Self {
        let code = admin.code(person).await;
        let enrolled = admin.enroll(&code, "a phone").await;
        let mut secret = [0; 32];
        fastrand::fill(&mut secret);
        Self(Arc::new(Inner {
            person: PersonId::new(person),
            device: enrolled.device,
            keys: DeviceKeys::new(secret),
            api: admin.with_token(&enrolled.token),
            state: Mutex::default(),
            offline: AtomicBool::new(false),
            batches: AtomicU64::new(0),
            listening: Mutex::default(),
        }))
    }

    /// The keys that pushes are sealed to.
    pub fn keys(&self) -> &DeviceKeys {
        &self.0.keys
    }

    /// Its id.
    pub fn device(&self) -> &DeviceId {
        &self.0.device
    }

    /// Its requests.
    pub fn api(&self) -> &Api {
        &self.0.api
    }

    /// Says by which ways it can be pushed to, all at once.
    pub async fn register(&self, addresses: &[Value]) {
        let channels: Vec<Value> = addresses
            .iter()
            .map(|address| json!({ "address": address }))
            .collect();
        let registration = json!({ "channels": channels }).to_string();
        let put = self
            .api()
            .send(Method::PUT, "/v1/device/push", registration);
        put.await.expect("an answer").expect(204);
    }

    /// Goes on in the background until [`Phone::switch_off`].
    pub fn listen(&self, listening: impl Future<Output = ()> + Send + 'static) {
        let handle = tokio::spawn(listening).abort_handle();
        let mut all = self.0.listening.lock().expect("no holder panics");
        all.push(handle);
    }

    /// Hears and says nothing any more.
    pub fn switch_off(&self) {
        let mut all = self.0.listening.lock().expect("no holder panics");
        all.drain(..).for_each(|handle| handle.abort());
    }

    /// While it is offline, its receipts wait.
    pub fn set_offline(&self, offline: bool) {
        self.0.offline.store(offline, Ordering::Relaxed);
    }

    /// Takes what a push service handed over: opens it, and rings or falls silent.
    ///
    /// # Panics
    /// When it was not sealed to this phone, or says too little to ring and to check in.
    pub fn pushed(&self, sealed: &[u8], via: Transport) {
        let plain = self.keys().open(sealed).expect("sealed to this device");
        self.opened(&plain, via);
    }

    /// The same with what is opened already.
    pub fn opened(&self, plain: &[u8], via: Transport) {
        assert!(plain.len() <= MAX_PUSH_BYTES);
        let payload: PushPayload = serde_json::from_slice(plain).expect("a payload");
        assert_eq!(payload.v, PUSH_VERSION);
        assert!(payload.server_time.0.abs_diff(now().0) < 60_000);
        match payload.message.get().expect("a known message") {
            PushMessage::Ticket { ticket, others } => {
                assert!(ticket.partial && ticket.details.is_empty());
                let mine = |person: &PersonId| *person == self.0.person;
                assert!(ticket.pages.iter().all(|page| mine(&page.person)));
                let pages = !ticket.pages.is_empty();
                // What a phone needs to show why it rings, and until when somebody must answer.
                assert!(!ticket.title.is_empty() && ticket.severity.get().is_some());
                assert!(!pages || ticket.deadline.is_some());
                self.state().said.push(Said {
                    ticket: ticket.id,
                    pages,
                    others: *others,
                });
                let fresh = self.take(ticket, via);
                self.report(fresh, via);
                if *others > 0 {
                    let phone = self.clone();
                    self.listen(async move {
                        let api = phone.api().clone();
                        let _ = phone.catch_up(&api, &mut None, via).await;
                    });
                }
            }
            PushMessage::Drill(drill) => panic!("nobody asked for {drill:?}"),
            // Something to read, such as that an address is dead.
            PushMessage::Notice(_) => {}
        }
    }

    /// Takes a ticket as it stands; gives the pages that are new here.
    fn take(&self, ticket: &TicketView, via: Transport) -> Vec<PageId> {
        let mut state = self.state();
        let version = state.versions.entry(ticket.id).or_default();
        if ticket.version < *version {
            return Vec::new();
        }
        *version = ticket.version;
        let now = now();
        let mine = ticket
            .pages
            .iter()
            .filter(|page| page.person == self.0.person && page.expires_at > now);
        let live: Vec<PageId> = mine.map(|page| page.id).collect();
        if live.is_empty() {
            state.ringing.remove(&ticket.id);
            return live;
        }
        if state.ringing.is_empty() {
            state.sirens += 1;
        }
        state.ringing.insert(ticket.id);
        let fresh: Vec<PageId> = live
            .into_iter()
            .filter(|page| state.pages.insert(*page))
            .collect();
        let at = Instant::now();
        state.rings.extend(fresh.iter().map(|_| Ring { via, at }));
        fresh
    }

    /// Tells the server in the background that pages are here and heard.
    fn report(&self, pages: Vec<PageId>, via: Transport) {
        if !pages.is_empty() {
            let phone = self.clone();
            self.listen(async move { phone.reported(&pages, via).await });
        }
    }

    /// Says it until the server has taken it.
    async fn reported(&self, pages: &[PageId], via: Transport) {
        let at = now();
        let report = |page, rung| ReceiptReport {
            page,
            rung,
            at,
            effective_volume: (rung == Rung::Sounding).then_some(1.0),
            transport: (rung == Rung::Received).then_some(via),
            ringer: None,
            do_not_disturb: None,
        };
        for pages in pages.chunks(PAGES_A_BATCH) {
            let rungs = [Rung::Received, Rung::Sounding];
            let number = self.0.batches.fetch_add(1, Ordering::Relaxed);
            let batch = ReceiptBatch {
                id: CommandId::new(format!("receipts-{}-{number}", self.0.device)),
                receipts: pages
                    .iter()
                    .flat_map(|page| rungs.map(|rung| report(*page, rung)))
                    .collect(),
                drills: Vec::new(),
            };
            let body = serde_json::to_vec(&batch).expect("JSON");
            while !self.posted(&body).await {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn posted(&self, body: &[u8]) -> bool {
        let body = body.to_vec();
        !self.0.offline.load(Ordering::Relaxed)
            && self
                .api()
                .send(Method::POST, "/v1/receipts", body)
                .await
                .is_ok_and(|reply| reply.status == 204)
    }

    /// Its owner checks in, for other tickets as well.
    pub async fn check_in(&self, ticket: TicketId, also: Vec<TicketId>) {
        let number = self.0.batches.fetch_add(1, Ordering::Relaxed);
        let tap = CommandRequest {
            id: CommandId::new(format!("check-in-{}-{number}", self.0.device)),
            ticket,
            at: now(),
            action: Action::CheckIn,
            also,
        };
        let reply = self.api().post_json("/v1/commands", &tap).await.expect(200);
        let reply: CommandReply = reply.read();
        assert_eq!(reply.outcome, Outcome::Accepted);
        assert_eq!(reply.also_refused, []);
    }

    /// Follows the live stream through whatever way `base` is, coming back when it breaks.
    pub async fn stream(self, base: String) {
        let token = self.api().token().unwrap_or_default().to_owned();
        self.stream_as(base, token).await;
    }

    /// The same with a token that may not be its own.
    pub async fn stream_as(self, base: String, token: String) {
        let api = Api::new(&base).with_token(&token);
        let mut cursor = None;
        loop {
            if self
                .catch_up(&api, &mut cursor, Transport::Stream)
                .await
                .is_some()
            {
                let _ = self.hear(&base, &token, &mut cursor).await;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Asks for everything after the cursor.
    async fn catch_up(&self, api: &Api, cursor: &mut Option<String>, via: Transport) -> Option<()> {
        loop {
            let path = cursor.as_ref().map_or_else(
                || "/v1/sync".to_owned(),
                |cursor| format!("/v1/sync?after={cursor}"),
            );
            let reply = api.send(Method::GET, &path, "").await.ok()?;
            let page: SyncPage = serde_json::from_slice(&reply.body).ok()?;
            let updated = page.updates.iter().map(|update| &update.ticket);
            let all = page.tickets.iter().chain(updated);
            let fresh = all.flat_map(|ticket| self.take(ticket, via)).collect();
            self.report(fresh, via);
            *cursor = Some(page.cursor.to_string());
            if !page.more {
                return Some(());
            }
        }
    }

    async fn hear(
        &self,
        base: &str,
        token: &str,
        cursor: &mut Option<String>,
    ) -> reqwest::Result<()> {
        let request = Client::new()
            .get(format!("{base}/v1/stream"))
            .bearer_auth(token)
            .header("last-event-id", cursor.as_deref().unwrap_or_default());
        let mut response = request.send().await?.error_for_status()?;
        let mut text = String::new();
        while let Some(chunk) = response.chunk().await? {
            text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let value = |line: &str| Some(line.strip_prefix(name)?.trim().to_owned());
                    event.lines().find_map(value)
                };
                match field("event:").as_deref() {
                    Some(frame::UPDATE) => {
                        let data = field("data:").unwrap_or_default();
                        let update: Update = serde_json::from_str(&data).expect("an update");
                        let fresh = self.take(&update.ticket, Transport::Stream);
                        self.report(fresh, Transport::Stream);
                        *cursor = field("id:").or_else(|| cursor.take());
                    }
                    Some(frame::RESET) => {
                        *cursor = None;
                        return Ok(());
                    }
                    Some(frame::CATCH_UP) => return Ok(()),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// What it rang for, in order.
    pub fn rings(&self) -> Vec<Ring> {
        self.state().rings.clone()
    }

    /// How often silence was broken.
    pub fn sirens(&self) -> usize {
        self.state().sirens
    }

    /// What was pushed to it, in order.
    pub fn said(&self) -> Vec<Said> {
        self.state().said.clone()
    }

    /// The tickets it rings for now.
    pub fn ringing(&self) -> BTreeSet<TicketId> {
        self.state().ringing.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no holder panics")
    }
}
