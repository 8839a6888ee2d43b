//! Nights on call, told to one phone. The tickets come from the real rules, the changes go into a
//! real store, and a crash is a phone made anew from what the store kept.

mod deadman;
mod drills;
mod incident;
mod link;
mod order;
mod push;
mod ready;
mod receipts;
mod ringing;
mod rules;
mod shelf;
mod taps;
mod versions;

use core::time::Duration;
use std::collections::BTreeMap;

use tocsin_ticket::{
    Alarm, Bridge, Chain, Command, Context, DeviceId, Hold, Level, Millis, PageId, PersonId,
    Policy, Role, Severity, Ticket, TicketId, TimerKind, Transport, decide,
};
use tocsin_wire::{
    Action, CommandId, CommandReply, CommandRequest, Cursor, Directory, Entry, Hello, Known, Me,
    Outcome, PUSH_VERSION, PushMessage, PushPayload, PushRegistration, ReceiptBatch, SyncPage,
    TicketView, Update, WIRE_VERSION,
};

use super::*;
use crate::net::{NetworkError, Server, StreamEvent};
use crate::store::{Account, Store};

pub const START: Millis = Millis(1_700_000_000_000);

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn person(id: &str) -> PersonId {
    PersonId::from(id)
}

/// The server's side of one ticket: Ana is on call, then Ben, then Mia.
pub struct World {
    pub ticket: Option<Ticket>,
    id: TicketId,
    seq: u64,
    policy: Policy,
    pub chain: Chain,
    pageable: Vec<PersonId>,
    pub bridge: Option<Bridge>,
    pub hold: Option<Hold>,
}

impl World {
    pub fn new(id: u64) -> Self {
        let level = |role, who: &str| Level {
            role,
            people: vec![person(who)],
        };
        Self {
            ticket: None,
            id: TicketId(id),
            seq: id * 1000,
            policy: Policy::default(),
            chain: Chain::new(
                person("ana"),
                vec![level(Role::Secondary, "ben"), level(Role::Manager, "mia")],
            ),
            pageable: ["ana", "ben", "mia"].map(person).to_vec(),
            bridge: None,
            hold: None,
        }
    }

    /// A SEV1 that has just paged Ana.
    pub fn alarm(id: u64, at: Millis) -> (Self, Update) {
        let mut world = Self::new(id);
        let update = world.fire(Severity::Sev1, at);
        (world, update)
    }

    pub fn fire(&mut self, severity: Severity, at: Millis) -> Update {
        let alarm = Alarm {
            team: "shop".into(),
            service: "checkout".into(),
            dedup_key: format!("key-{}", self.id.0),
            severity,
            title: "Checkout fails".to_owned(),
            source: "alertmanager".to_owned(),
            url: None,
            details: BTreeMap::new(),
        };
        let new_id = self.id;
        self.run(&Command::AlarmFired { new_id, alarm }, at)
    }

    /// Carries out what the rules must allow.
    pub fn run(&mut self, command: &Command, at: Millis) -> Update {
        self.try_run(command, at).expect("the rules allow it")
    }

    pub fn try_run(&mut self, command: &Command, at: Millis) -> Option<Update> {
        let context = Context {
            bridge: self.bridge.as_ref(),
            hold: self.hold.as_ref(),
            ..Context::new(&self.policy, &self.chain, &self.pageable)
        };
        let events = decide(self.ticket.as_ref(), command, &context, at).ok()?;
        for event in &events {
            self.ticket = Ticket::apply(self.ticket.take(), event, at);
        }
        self.seq += 1;
        Some(Update {
            entry: Entry {
                seq: self.seq,
                at,
                events: events.into_iter().map(Known::Yes).collect(),
            },
            ticket: self.view(),
        })
    }

    pub fn deadline_passes(&mut self) -> Update {
        let deadline = self.ticket.as_ref().unwrap().deadline.clone().unwrap();
        let generation = deadline.generation;
        self.run(&Command::DeadlinePassed { generation }, deadline.due)
    }

    pub fn timer_passes(&mut self, kind: TimerKind) -> Update {
        let mut timers = self.ticket.as_ref().unwrap().timers.iter();
        let timer = *timers.find(|timer| timer.kind == kind).unwrap();
        let generation = timer.generation;
        self.run(&Command::DeadlinePassed { generation }, timer.due)
    }

    pub fn check_in(&mut self, by: &str, at: Millis) -> Update {
        self.run(&Command::CheckIn { by: person(by) }, at)
    }

    /// The ticket as it crosses the wire.
    pub fn view(&self) -> TicketView {
        serde_json::from_value(serde_json::to_value(self.ticket.as_ref().unwrap()).unwrap())
            .unwrap()
    }

    pub fn id(&self) -> TicketId {
        self.id
    }
}

pub fn page(ticket: u64, number: u32) -> PageId {
    PageId {
        ticket: TicketId(ticket),
        number,
    }
}

/// The ticket of an update as a push carries it to Ana, sent when it happened.
pub fn payload(update: &Update) -> PushPayload {
    let mut ticket = update.ticket.clone();
    ticket.partial = true;
    ticket.details.clear();
    ticket.pages.retain(|page| page.person == person("ana"));
    PushPayload {
        v: PUSH_VERSION,
        server_time: update.entry.at,
        message: Known::Yes(PushMessage::Ticket {
            ticket: Box::new(ticket),
            others: 0,
        }),
    }
}

/// A payload that came by the usual way and was unsealed.
pub fn pushed(payload: &PushPayload) -> Input {
    Input::Push {
        transport: Transport::WebPush,
        opened: Ok(serde_json::to_vec(payload).unwrap()),
    }
}

pub fn push(update: &Update) -> Input {
    pushed(&payload(update))
}

pub fn cursor(seq: u64) -> Cursor {
    Cursor {
        epoch: 7,
        seq,
        ticket: None,
    }
}

pub fn offline() -> NetworkError {
    NetworkError::Unreachable {
        reason: "no route".to_owned(),
    }
}

/// Ana's phone, its disk, and everything it did.
pub struct Night {
    pub phone: Phone,
    pub store: Store,
    pub settings: Settings,
    pub now: Millis,
    pub siren: Vec<SirenCommand>,
    pub sent: Vec<CommandRequest>,
    pub batches: Vec<ReceiptBatch>,
    pub links: Vec<Effect>,
    pub registrations: Vec<PushRegistration>,
    pub statuses: Vec<tocsin_readiness::Facts>,
    pub wake: Option<Millis>,
    taps: u32,
}

impl Night {
    /// The phone knows nothing but whose it is, and has not been started.
    pub fn begin() -> Self {
        Self::speaking(Language::English)
    }

    pub fn speaking(language: Language) -> Self {
        let mut store = Store::open_in_memory().unwrap();
        let account = Account {
            server: Server::new("https://pager.example.org", None, false).unwrap(),
            me: Me {
                person: person("ana"),
                device: DeviceId::from("d1"),
            },
            person_name: "Ana".to_owned(),
        };
        store.enroll(&account).unwrap();
        let settings = Settings { language, seed: 42 };
        Self {
            phone: Phone::new(store.load().unwrap(), &settings),
            store,
            settings,
            now: START,
            siren: Vec::new(),
            sent: Vec::new(),
            batches: Vec::new(),
            links: Vec::new(),
            registrations: Vec::new(),
            statuses: Vec::new(),
            wake: None,
            taps: 0,
        }
    }

    /// The phone is on its live stream.
    pub fn live() -> Self {
        let mut night = Self::begin();
        night.go_live();
        night
    }

    pub fn go_live(&mut self) {
        self.step(Input::Started);
        if let Effect::Sync { link, .. } = self.last_link() {
            let page = Box::new(self.snapshot(&[], 1));
            self.step(Input::Synced {
                link,
                result: Ok(page),
            });
        }
        self.hello();
    }

    /// The server greets on the newest link.
    pub fn hello(&mut self) {
        let server_time = self.now;
        self.hello_at(server_time);
    }

    /// The next attempt succeeds.
    pub fn hello_after_retry(&mut self) {
        self.sleep_until(self.now + RETRY_CAP);
        self.hello();
    }

    pub fn hello_at(&mut self, server_time: Millis) {
        self.stream(StreamEvent::Hello(Hello {
            server_time,
            wire_version: WIRE_VERSION,
        }));
    }

    pub fn stream(&mut self, event: StreamEvent) {
        let Effect::Stream { link, .. } = self.last_link() else {
            panic!("no stream was asked for: {:?}", self.links);
        };
        self.step(Input::Stream { link, event });
    }

    pub fn update(&mut self, update: &Update) {
        self.stream(StreamEvent::Update {
            cursor: cursor(update.entry.seq),
            update: Box::new(update.clone()),
        });
    }

    pub fn snapshot(&self, tickets: &[TicketView], seq: u64) -> SyncPage {
        let names = |pairs: &[(&str, &str)]| -> BTreeMap<PersonId, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(id, name)| (person(id), (*name).to_owned()))
                .collect()
        };
        SyncPage {
            reset: true,
            cursor: cursor(seq),
            more: false,
            tickets: tickets.to_vec(),
            updates: Vec::new(),
            me: Me {
                person: person("ana"),
                device: DeviceId::from("d1"),
            },
            directory: Some(Directory {
                people: names(&[("ana", "Ana"), ("ben", "Ben"), ("mia", "Mia")]),
                teams: [("shop".into(), "Shop".to_owned())].into(),
                services: [("checkout".into(), "Checkout".to_owned())].into(),
                ..Directory::default()
            }),
            server_time: self.now,
            duty: None,
            extra: serde_json::Map::new(),
        }
    }

    pub fn synced(&mut self, page: SyncPage) {
        let Effect::Sync { link, .. } = self.last_link() else {
            panic!("no sync was asked for: {:?}", self.links);
        };
        self.step(Input::Synced {
            link,
            result: Ok(Box::new(page)),
        });
    }

    pub fn last_link(&self) -> Effect {
        self.links.last().expect("a link was asked for").clone()
    }

    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.phone.step(input, self.now);
        for effect in &effects {
            match effect {
                Effect::Siren(command) => self.siren.push(*command),
                Effect::Store(changes) => self.store.commit(changes).unwrap(),
                Effect::SendCommand(request) => self.sent.push(request.clone()),
                Effect::SendReceipts(batch) => self.batches.push(batch.clone()),
                Effect::RegisterPush(registration) => self.registrations.push(registration.clone()),
                Effect::SendStatus(facts) => self.statuses.push((**facts).clone()),
                Effect::Sync { .. } | Effect::Stream { .. } => self.links.push(effect.clone()),
                Effect::Wake(at) => self.wake = Some(*at),
                Effect::Show => {}
            }
        }
        effects
    }

    /// Time passes until `at`, with every wake on the way.
    pub fn sleep_until(&mut self, at: Millis) {
        while let Some(wake) = self.wake.filter(|wake| *wake <= at) {
            self.wake = None;
            self.now = self.now.max(wake);
            self.step(Input::Wake);
        }
        self.now = at;
    }

    /// The same, on a stream that is alive.
    pub fn sleep(&mut self, length: Duration) {
        let end = self.now + length;
        while self.now < end {
            let next = (self.now + secs(15)).min(end);
            self.sleep_until(next);
            if let Effect::Stream { link, .. } = self.last_link() {
                let event = StreamEvent::KeepAlive;
                self.step(Input::Stream { link, event });
            }
        }
    }

    pub fn tap(&mut self, ticket: TicketId, action: Action) -> CommandId {
        self.taps += 1;
        let id = CommandId::new(format!("tap-{:08}", self.taps));
        self.step(Input::Tap {
            id: id.clone(),
            ticket,
            action,
        });
        id
    }

    pub fn answer(&mut self, id: &CommandId, outcome: Outcome, ticket: Option<TicketView>) {
        let reply = CommandReply {
            id: id.clone(),
            outcome,
            ticket,
            also_refused: Vec::new(),
        };
        self.step(Input::CommandAnswered {
            id: id.clone(),
            result: Ok(Box::new(reply)),
        });
    }

    pub fn tap_fails(&mut self, id: &CommandId, error: NetworkError) {
        let id = id.clone();
        let result = Err(error);
        self.step(Input::CommandAnswered { id, result });
    }

    pub fn sounding(&mut self, effective_volume: Option<f32>) {
        self.step(Input::Siren(SirenEvent::Started { effective_volume }));
    }

    /// The process is killed and started again.
    pub fn crash(&mut self) {
        self.phone = Phone::new(self.store.load().unwrap(), &self.settings);
        self.siren.clear();
        self.sent.clear();
        self.batches.clear();
        self.registrations.clear();
        self.statuses.clear();
        self.wake = None;
        self.step(Input::Started);
    }

    pub fn view(&self) -> View {
        self.phone.view(self.now)
    }

    pub fn rings(&self) -> bool {
        let rings = self.view().siren.ringing;
        assert_eq!(
            rings,
            matches!(
                self.siren
                    .iter()
                    .rfind(|told| **told != SirenCommand::Rehearse),
                Some(SirenCommand::Start(_))
            ),
            "the screen and the output agree"
        );
        rings
    }
}
