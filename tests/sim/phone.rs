//! A phone of the simulation: the real engine and store, with this in the place of the runtime.

use std::collections::BTreeMap;

use fastrand::Rng;
use tocsin_pager::engine::{
    Change, Effect, Input, Language, LinkId, Phone, Settings, SirenCommand, View,
};
use tocsin_pager::net::Server as Address;
use tocsin_pager::{Account, Store};
use tocsin_server::secret::Secret;
use tocsin_ticket::{DeviceId, Millis, PersonId};
use tocsin_wire::{CommandId, Me};

use crate::defects::Defect;
use crate::network::{ConnectionId, RequestId};
use crate::server::Ask;

/// The real runtime looks at the wall clock again after this long.
pub const LONGEST_SLEEP_MS: i64 = 60_000;

/// Where a phone's process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// After the siren effect, before the changes are on disk.
    BeforeStore,
    /// When the changes are on disk, before anything was sent.
    AfterStore,
}

/// What the phone's request is about, to turn a lost answer into the right input.
#[derive(Debug, Clone)]
pub enum Asked {
    Sync(LinkId),
    Stream(LinkId),
    Command(CommandId),
    Receipts(CommandId),
    Status,
}

/// A phone: what survives a crash of its process, and the process.
pub struct Handset {
    /// For the story.
    pub name: String,
    pub person: PersonId,
    pub device: DeviceId,
    pub token: Secret,
    pub store: Store,
    /// The process, if it runs.
    pub phone: Option<Phone>,
    /// Counts the starts of the process.
    pub run: u64,
    /// The phone's clock minus the world's.
    pub offset_ms: i64,
    pub disk_full: bool,
    pub crash_at: Option<CrashPoint>,
    /// Whether the siren's output was told to sound.
    pub siren_on: bool,
    /// The output cannot sound.
    pub siren_broken: bool,
    /// Whether it sounds.
    pub sounds: bool,
    unstored: Vec<Change>,
    disk_failed: bool,
    wake: Option<Millis>,
    pub requests: BTreeMap<RequestId, Asked>,
    pub stream: Option<ConnectionId>,
    rng: Rng,
    defect: Option<Defect>,
}

/// What came of a step.
#[derive(Debug, Default)]
pub struct Stepped {
    /// Everything that the engine wanted stored.
    pub changes: Vec<Change>,
    /// What of it, and of what had failed to be stored before, is on disk now.
    pub stored: Vec<Change>,
    pub asks: Vec<Ask>,
    /// The siren was told something.
    pub siren: Option<SirenCommand>,
    /// The store failed, or works again: the engine must be told.
    pub disk: Option<Input>,
    pub crashed: bool,
}

impl Handset {
    pub fn new(
        name: String,
        me: Me,
        token: Secret,
        offset_ms: i64,
        rng: Rng,
        defect: Option<Defect>,
    ) -> Self {
        let mut store = Store::open_in_memory().unwrap();
        let (person, device) = (me.person.clone(), me.device.clone());
        store
            .enroll(&Account {
                server: Address::new("https://tocsin.example", None, false).unwrap(),
                person_name: person.to_string(),
                me,
            })
            .unwrap();
        Self {
            name,
            person,
            device,
            token,
            store,
            phone: None,
            run: 0,
            offset_ms,
            disk_full: false,
            crash_at: None,
            siren_on: false,
            siren_broken: false,
            sounds: false,
            unstored: Vec::new(),
            disk_failed: false,
            wake: None,
            requests: BTreeMap::new(),
            stream: None,
            rng,
            defect,
        }
    }

    pub fn now(&self, world_ms: i64) -> Millis {
        Millis(world_ms + self.offset_ms)
    }

    /// What the phone shows.
    pub fn view(&self, world_ms: i64) -> Option<View> {
        Some(self.phone.as_ref()?.view(self.now(world_ms)))
    }

    /// Starts the process from what is on disk.
    pub fn start(&mut self) {
        self.run += 1;
        let settings = Settings {
            language: Language::default(),
            seed: self.rng.u64(..),
        };
        self.phone = Some(Phone::new(self.store.load().unwrap(), &settings));
    }

    /// The process is gone, and its siren with it.
    pub fn crash(&mut self) {
        self.phone = None;
        self.siren_on = false;
        self.sounds = false;
        self.unstored.clear();
        self.disk_failed = false;
        self.wake = None;
        self.requests.clear();
        self.stream = None;
        self.crash_at = None;
    }

    /// One step of the engine, and its effects in the order in which the runtime performs them.
    pub fn step(&mut self, input: Input, world_ms: i64) -> Stepped {
        let now = self.now(world_ms);
        let from_server = matches!(
            input,
            Input::Push { .. } | Input::Stream { .. } | Input::Synced { .. }
        );
        let Some(phone) = &mut self.phone else {
            return Stepped::default();
        };
        if let Input::Wake = input {
            self.wake = None;
        }
        let mut stepped = Stepped::default();
        let mut sends = Vec::new();
        for effect in phone.step(input, now) {
            match effect {
                Effect::Siren(SirenCommand::Stop)
                    if from_server && self.defect == Some(Defect::SirenSoundsOn) => {}
                Effect::Siren(command) => {
                    // A rehearsal is not heard.
                    if command != SirenCommand::Rehearse {
                        self.siren_on = command != SirenCommand::Stop;
                    }
                    self.sounds &= self.siren_on;
                    stepped.siren = Some(command);
                }
                Effect::Store(changes) => {
                    self.unstored.extend(changes.iter().cloned());
                    stepped.changes = changes;
                }
                Effect::Wake(at) => self.wake = Some(at),
                Effect::Show => {}
                send => sends.push(send),
            }
        }
        if !self.unstored.is_empty() && !self.disk_failed {
            if self.crash_at == Some(CrashPoint::BeforeStore) {
                stepped.crashed = true;
                return stepped;
            }
            stepped.disk = self.write(&mut stepped.stored);
            if self.crash_at == Some(CrashPoint::AfterStore) {
                stepped.crashed = true;
                return stepped;
            }
        }
        stepped.asks = sends.into_iter().filter_map(ask).collect();
        stepped
    }

    /// Puts on disk what is not there yet. Returns what the engine must be told, if anything.
    fn write(&mut self, stored: &mut Vec<Change>) -> Option<Input> {
        if self.disk_full {
            self.disk_failed = true;
            return Some(Input::StoreFailed {
                reason: "the disk is full".to_owned(),
            });
        }
        let changes = std::mem::take(&mut self.unstored);
        self.store.commit(&changes).unwrap();
        *stored = changes;
        std::mem::take(&mut self.disk_failed).then_some(Input::StoreRecovered)
    }

    /// Tries the disk again, as the runtime does every second while it fails.
    pub fn retry_disk(&mut self, stored: &mut Vec<Change>) -> Option<Input> {
        if self.disk_failed {
            self.write(stored)
        } else {
            None
        }
    }

    /// How long the runtime sleeps.
    pub fn sleep_ms(&self, world_ms: i64) -> i64 {
        self.wake.map_or(LONGEST_SLEEP_MS, |at| {
            (at.0 - self.now(world_ms).0).clamp(0, LONGEST_SLEEP_MS)
        })
    }
}

fn ask(effect: Effect) -> Option<Ask> {
    match effect {
        Effect::SendCommand(request) => Some(Ask::Command(request)),
        Effect::SendReceipts(batch) => Some(Ask::Receipts(batch)),
        Effect::SendStatus(facts) => Some(Ask::Status(facts)),
        Effect::RegisterPush(_) => panic!("nobody told the phone of a way to push to it"),
        Effect::Sync { link, after } => Some(Ask::Sync(link, after)),
        Effect::Stream { link, after } => Some(Ask::Stream(link, after)),
        Effect::Siren(_) | Effect::Store(_) | Effect::Wake(_) | Effect::Show => None,
    }
}
