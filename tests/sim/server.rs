//! The server of the simulation: the real engine, store, hub and feed, driven by hand where the
//! product has a writer thread and HTTP handlers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use tocsin_directory::handoff::Handoff;
use tocsin_directory::{Config, Directory, diff};
use tocsin_ingest::Signal;
use tocsin_pager::engine::LinkId;
use tocsin_readiness::Facts;
use tocsin_server::audit::Doer;
use tocsin_server::dispatch::{Dispatcher, Effect, Input, Means, Roster};
use tocsin_server::engine::{AlarmTaken, Answer, Delivery, Engine, Job, Outcome, Owed};
use tocsin_server::feed::{Follow, Start, stream_start, sync_page};
use tocsin_server::hub::{Hub, Said};
use tocsin_server::identity::Identity;
use tocsin_server::rights::{Right, Who};
use tocsin_server::secret::Secret;
use tocsin_server::store::{Code, Device, Reader, SqliteReader, SqliteStore};
use tocsin_ticket::{DeviceId, Millis, PersonId, Transport};
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, Hello, Me, PUSH_VERSION, PushAddress, PushChannel,
    PushMessage, PushPayload, PushWhen, ReceiptBatch, SyncPage, Update, WIRE_VERSION, frame,
};

use crate::defects::{Defect, Faults, FaultyStore};
use crate::network::{Asker, ConnectionId, RequestId};
use crate::setup::Setup;

/// The writer's own limit.
const JOBS_PER_BATCH: usize = 512;

/// What is asked of the server.
#[derive(Debug, Clone)]
pub enum Ask {
    Sync(LinkId, Option<Cursor>),
    Stream(LinkId, Cursor),
    Command(CommandRequest),
    Receipts(ReceiptBatch),
    Status(Box<Facts>),
    /// With the serial number of the request.
    Alarms(u64, Signal),
    Apply(Setup),
    /// What the dispatcher wants written down.
    Deliveries(Vec<Delivery>),
    /// Anything else that the writer can do; only the year asks for it.
    #[allow(dead_code, reason = "see above")]
    Work(Box<Job>),
}

/// One attempt to ask.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: RequestId,
    pub asker: Asker,
    pub ask: Ask,
}

/// What the server answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Sync(Box<SyncPage>),
    Command(Box<CommandReply>),
    Received,
    Written,
    Alarms(Vec<AlarmTaken>),
    Applied,
    #[allow(dead_code, reason = "only the year reads it")]
    Worked(Box<Answer>),
    /// 503.
    Busy,
    /// The connection was refused or reset.
    Reset,
}

/// What a stream brings.
#[derive(Debug, Clone)]
pub enum Frame {
    Hello(Hello),
    Update(Cursor, String),
    Reset,
    CatchUp,
    KeepAlive,
    Closed,
}

/// One transaction that is being written.
#[derive(Debug)]
pub struct Committing {
    pub requests: Vec<Request>,
    pub outcome: Outcome,
}

struct Stream {
    epoch: u32,
    /// `None` when the phone was sent elsewhere: nothing follows the first frame.
    follow: Option<Follow>,
}

/// What is lost in a crash.
struct Running {
    engine: Engine<FaultyStore>,
    dispatcher: Dispatcher,
    roster: Arc<Roster>,
    directory: Arc<ArcSwap<Directory>>,
    hub: Hub,
    identity: Identity,
    streams: BTreeMap<ConnectionId, Stream>,
    waiting: Vec<Request>,
    committing: Option<Committing>,
}

/// The server, up or down.
pub struct Server {
    database: String,
    /// Keeps the database in memory while the server is down; the oracle reads through it.
    pub disk: SqliteReader,
    running: Option<Running>,
    /// Counts the starts, so that what an earlier process had in hand is not taken for this one's.
    pub boot: u64,
    /// The server's clock minus the world's.
    pub offset_ms: i64,
    pub faults: Faults,
    defect: Option<Defect>,
}

impl Server {
    /// A server on a fresh database, with a configuration and the devices of these people.
    pub fn new(
        database: String,
        setup: &Setup,
        owners: &[PersonId],
        defect: Option<Defect>,
        now: Millis,
    ) -> (Self, Vec<(DeviceId, Secret)>) {
        let store = SqliteStore::in_memory(&database).unwrap();
        let disk = store.reader().unwrap();
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(Config::default())));
        let mut engine = Engine::new(store, directory).unwrap();
        engine.run(&[apply(setup)], now).unwrap();
        let mut devices = Vec::new();
        for (number, owner) in owners.iter().enumerate() {
            let (code, token) = (format!("code-{number}"), format!("token-{number}"));
            let (code, token) = (Secret::received(code), Secret::received(token));
            let device = DeviceId::new(format!("device-{number}"));
            let jobs = [
                Job::GiveCode {
                    code: Code {
                        hash: code.hash(),
                        person: owner.clone(),
                        admin: false,
                        expires_at: Millis(now.0 + 1),
                    },
                    by: Doer::Server,
                },
                Job::Enroll {
                    code: code.hash(),
                    device: device.clone(),
                    name: format!("{owner}'s"),
                    token: token.hash(),
                },
            ];
            let answers = engine.run(&jobs, now).unwrap().answers;
            assert!(matches!(answers[..], [Answer::Done, Answer::Enrolled(_)]));
            let channels = ways(&device);
            engine
                .run(
                    &[Job::RegisterPush {
                        device: device.clone(),
                        channels,
                    }],
                    now,
                )
                .unwrap();
            devices.push((device, token));
        }
        let server = Self {
            database,
            disk,
            running: None,
            boot: 0,
            offset_ms: 0,
            faults: Faults::new(defect),
            defect,
        };
        (server, devices)
    }

    pub fn is_up(&self) -> bool {
        self.running.is_some()
    }

    pub fn now(&self, world_ms: i64) -> Millis {
        Millis(world_ms + self.offset_ms)
    }

    /// What `tocsin serve` does with the data folder.
    pub fn start(&mut self) {
        self.boot += 1;
        let store = SqliteStore::in_memory(&self.database).unwrap();
        let text = self.disk.config().unwrap().unwrap_or_default();
        let config = Config::parse(&text).unwrap();
        let mut swaps = self.disk.swaps().unwrap();
        swaps.sort_by_key(|it| it.swap.swap.answered_at());
        let swaps = swaps.into_iter().map(|it| it.swap).collect();
        let handoffs = self.disk.handoffs().unwrap().into_iter();
        let pending = handoffs.map(|it| it.handoff).filter(Handoff::is_pending);
        let directory = Directory::with_swaps(config, swaps).with_handoffs(pending.collect());
        let directory = Arc::new(ArcSwap::from_pointee(directory));
        let store = FaultyStore::new(store, self.faults.clone());
        self.running = Some(Running {
            engine: Engine::new(store, Arc::clone(&directory)).unwrap(),
            dispatcher: Dispatcher::new([0; 16], self.boot),
            roster: Arc::default(),
            hub: Hub::new(Arc::clone(&directory)),
            directory,
            identity: Identity::load(&self.disk).unwrap(),
            streams: BTreeMap::new(),
            waiting: Vec::new(),
            committing: None,
        });
    }

    /// What the dispatcher owes, as its runtime reads it at the start and when devices or the
    /// directory change.
    pub fn owed(&mut self, from_start: bool, now: Millis) -> Vec<Input> {
        let Some(running) = &mut self.running else {
            return Vec::new();
        };
        let means = Means {
            transports: vec![Transport::WebPush, Transport::Fcm],
            gateways: Vec::new(),
            email: false,
        };
        let directory = running.directory.load_full();
        let devices = self.disk.devices().unwrap();
        let channels = self.disk.channels().unwrap();
        running.roster = Arc::new(Roster::new(directory, &devices, &channels, &means));
        let mut inputs = vec![Input::Roster(Arc::clone(&running.roster))];
        if from_start {
            let since = Millis(now.0 - 300_000);
            let ended = self.disk.silenced_since(since).unwrap();
            inputs.extend(
                ended
                    .into_iter()
                    .map(|(ticket, person)| Input::Ended(Arc::new(ticket), person)),
            );
        }
        let paging = self.disk.paging_after(None, 1000).unwrap();
        inputs.extend(
            paging
                .into_iter()
                .map(|ticket| Input::Owed(Owed::Ticket(Arc::new(ticket)))),
        );
        inputs
    }

    /// One step of the dispatcher.
    pub fn dispatch(&mut self, input: Input, now: Millis) -> Vec<Effect> {
        let running = self.running.as_mut();
        running.map_or_else(Vec::new, |running| running.dispatcher.step(input, now))
    }

    /// When the dispatcher wants to be woken, by the server's clock.
    pub fn dispatch_wake(&self) -> Option<Millis> {
        self.running.as_ref()?.dispatcher.next_wake()
    }

    /// Who can be reached how.
    pub fn roster(&self) -> Option<Arc<Roster>> {
        Some(Arc::clone(&self.running.as_ref()?.roster))
    }

    /// The process is gone. Returns whose requests it had in hand.
    pub fn crash(&mut self) -> Vec<Request> {
        let Some(running) = self.running.take() else {
            return Vec::new();
        };
        let committing = running.committing.into_iter().flat_map(|it| it.requests);
        running.waiting.into_iter().chain(committing).collect()
    }

    /// The directory in use.
    pub fn directory(&self) -> Option<Arc<Directory>> {
        Some(self.running.as_ref()?.directory.load_full())
    }

    /// Takes a request in. Reads are answered at once, the rest waits for the writer.
    pub fn receive(
        &mut self,
        request: Request,
        token: Option<&Secret>,
        now: Millis,
    ) -> Option<(Request, Reply)> {
        let Some(running) = &mut self.running else {
            return Some((request, Reply::Reset));
        };
        let device = token.and_then(|token| running.identity.device(token));
        let directory = running.directory.load_full();
        let reply = match (&request.ask, device) {
            (Ask::Sync(_, after), Some(device)) => {
                let me = me(&device);
                let page = sync_page(&self.disk, &directory, &me, *after, now).unwrap();
                let json = serde_json::to_string(&page).unwrap();
                Reply::Sync(Box::new(serde_json::from_str(&json).unwrap()))
            }
            (Ask::Apply(setup), None) => {
                let changes = diff(directory.config(), &setup.config(), now);
                if !changes.is_empty() {
                    running.waiting.push(request);
                    return None;
                }
                Reply::Applied
            }
            (Ask::Alarms(..), None) if self.defect == Some(Defect::AnswerBeforeCommit) => {
                running.waiting.push(request.clone());
                Reply::Alarms(Vec::new())
            }
            _ => {
                running.waiting.push(request);
                return None;
            }
        };
        Some((request, reply))
    }

    /// Opens a stream; the frame that it begins with.
    pub fn open_stream(
        &mut self,
        connection: ConnectionId,
        token: &Secret,
        after: Cursor,
        now: Millis,
    ) -> Option<Frame> {
        let running = self.running.as_mut()?;
        let device = running.identity.device(token)?;
        let person = device.person;
        let directory = running.directory.load_full();
        let epoch = directory.epoch(&person);
        let live = running.hub.subscribe(&person, &device.id, epoch);
        let start = stream_start(&self.disk, &directory, &person, Some(after)).unwrap();
        let (first, follow) = match start {
            Start::From { seq, backlog } => {
                let hello = Hello {
                    server_time: now,
                    wire_version: WIRE_VERSION,
                };
                (Frame::Hello(hello), Some(Follow::new(seq, backlog, live)))
            }
            Start::Elsewhere(frame::RESET) => (Frame::Reset, None),
            Start::Elsewhere(_) => (Frame::CatchUp, None),
        };
        running.streams.insert(connection, Stream { epoch, follow });
        Some(first)
    }

    /// What the writer does when it notices that the clock was set.
    pub fn notice_clock(&self) {
        if let Some(running) = &self.running {
            running.hub.drop_all();
        }
    }

    pub fn close_stream(&mut self, connection: ConnectionId) {
        if let Some(running) = &mut self.running {
            running.streams.remove(&connection);
        }
    }

    pub fn has_stream(&self, connection: ConnectionId) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.streams.contains_key(&connection))
    }

    /// Everything that streams have to send now, in order.
    pub fn drain(&mut self) -> Vec<(ConnectionId, Frame)> {
        let mut frames = Vec::new();
        let Some(running) = &mut self.running else {
            return frames;
        };
        running.streams.retain(|connection, stream| {
            let Some(follow) = &mut stream.follow else {
                frames.push((*connection, Frame::Closed));
                return false;
            };
            loop {
                match follow.next().now_or_never() {
                    None => return true,
                    Some(None) => {
                        frames.push((*connection, Frame::Closed));
                        return false;
                    }
                    Some(Some(Said::Drill(_) | Said::Notice(_))) => {
                        panic!("nobody ordered a drill, and there is nothing to tell")
                    }
                    Some(Some(Said::CatchUp)) => frames.push((*connection, Frame::CatchUp)),
                    Some(Some(Said::Update(update))) => {
                        let cursor = Cursor {
                            epoch: stream.epoch,
                            seq: update.seq,
                            ticket: None,
                        };
                        frames.push((*connection, Frame::Update(cursor, update.json.clone())));
                    }
                }
            }
        });
        frames
    }

    /// When the writer should look again, by the server's clock.
    pub fn next_due(&mut self) -> Option<Millis> {
        let running = self.running.as_mut()?;
        running.engine.next_due().unwrap()
    }

    pub fn is_committing(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.committing.is_some())
    }

    pub fn has_waiting(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| !running.waiting.is_empty())
    }

    /// Takes what waits and commits it: it is on disk when this returns, but nobody has been told.
    /// `Err`: nothing happened, and these callers must be told so.
    pub fn commit(&mut self, tokens: &[Secret], now: Millis) -> Result<&Committing, Vec<Request>> {
        let Some(running) = &mut self.running else {
            return Err(Vec::new());
        };
        let count = running.waiting.len().min(JOBS_PER_BATCH);
        let requests: Vec<Request> = running.waiting.drain(..count).collect();
        let jobs: Vec<Job> = requests
            .iter()
            .map(|request| {
                let device = || {
                    let Asker::Phone { phone, .. } = request.asker else {
                        panic!("only phones tap and report");
                    };
                    running.identity.device(&tokens[phone]).unwrap()
                };
                match &request.ask {
                    Ask::Command(tap) => Job::Tap {
                        who: Who::on(&device(), Right::Respond),
                        request: tap.clone(),
                    },
                    Ask::Receipts(batch) => Job::Receipts {
                        who: Who::on(&device(), Right::Read),
                        batch: batch.clone(),
                    },
                    Ask::Status(facts) => Job::Facts {
                        device: device().id,
                        facts: serde_json::to_string(facts).unwrap(),
                    },
                    Ask::Alarms(_, signal) => Job::Alarms {
                        source: "prometheus".to_owned(),
                        signals: vec![signal.clone()],
                    },
                    Ask::Apply(setup) => apply(setup),
                    Ask::Deliveries(deliveries) => Job::Deliveries(deliveries.clone()),
                    Ask::Work(job) => Job::clone(job),
                    Ask::Sync(..) | Ask::Stream(..) => panic!("reads do not wait for the writer"),
                }
            })
            .collect();
        match running.engine.run(&jobs, now) {
            Ok(outcome) => Ok(running.committing.insert(Committing { requests, outcome })),
            Err(_) => Err(requests),
        }
    }

    /// The writer comes back from the disk: publishes, then answers.
    pub fn publish(&mut self) -> Option<Published> {
        let running = self.running.as_mut()?;
        let Committing { requests, outcome } = running.committing.take()?;
        let mut updates = outcome.updates;
        if self.defect == Some(Defect::LostPage) {
            updates.retain(|update| !update.json.contains(r#""type":"paged""#));
        }
        running.hub.publish(updates);
        let mut replies = Vec::new();
        for (request, answer) in requests.into_iter().zip(outcome.answers) {
            let reply = match (&request.ask, answer) {
                (Ask::Command(tap), Answer::Tap(answer)) => {
                    Reply::Command(Box::new(answer.reply(tap.id.clone()).unwrap()))
                }
                (Ask::Alarms(..), Answer::Alarms(taken)) => Reply::Alarms(taken),
                (Ask::Receipts(_), Answer::Done) => Reply::Received,
                (Ask::Apply(_), Answer::Done) => Reply::Applied,
                (Ask::Deliveries(_) | Ask::Status(_), Answer::Done) => Reply::Written,
                (Ask::Work(_), answer) => Reply::Worked(Box::new(answer)),
                (ask, answer) => panic!("{ask:?} was answered with {answer:?}"),
            };
            replies.push((request, reply));
        }
        Some(Published {
            replies,
            owed: outcome.owed,
        })
    }
}

/// What the writer did after a commit.
pub struct Published {
    /// What the dispatcher must hear.
    pub owed: Vec<Owed>,
    pub replies: Vec<(Request, Reply)>,
}

/// Each device is pushed to at once by one service, and by another when nobody received a page. Keys
/// do not matter here: what is sealed elsewhere travels as it is.
fn ways(device: &DeviceId) -> Vec<PushChannel> {
    let web = PushAddress::WebPush {
        endpoint: format!("https://push.example/{device}"),
        p256dh: String::new(),
        auth: String::new(),
    };
    let other = PushAddress::Fcm {
        token: device.to_string(),
        key: String::new(),
    };
    vec![
        PushChannel {
            address: web,
            when: PushWhen::AtOnce,
        },
        PushChannel {
            address: other,
            when: PushWhen::IfNotReceived,
        },
    ]
}

/// An update as a push would have told of it at the time.
pub fn as_push(update: &str) -> Vec<u8> {
    let update: Update = serde_json::from_str(update).unwrap();
    let mut ticket = update.ticket;
    ticket.partial = true;
    let message = PushMessage::Ticket {
        ticket: Box::new(ticket),
        others: 0,
    };
    serde_json::to_vec(&PushPayload {
        v: PUSH_VERSION,
        server_time: update.entry.at,
        message: message.into(),
    })
    .unwrap()
}

fn me(device: &Device) -> Me {
    Me {
        person: device.person.clone(),
        device: device.id.clone(),
    }
}

fn apply(setup: &Setup) -> Job {
    Job::Apply {
        text: setup.text(),
        config: Box::new(setup.config()),
        keys: Vec::new(),
        secrets: Vec::new(),
        by: Doer::Server,
    }
}
