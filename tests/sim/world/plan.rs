//! What is drawn before a world begins: who there is, how bad the network is, which alarms fire, and
//! what goes wrong when.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use tocsin_ingest::{Signal, Target};
use tocsin_ticket::{Alarm, Millis, PersonId, Severity};
use tocsin_wire::Me;

use super::failing::Fault;
use super::pushing::Ladder;
use super::{Event, Fate, LOOK_EVERY_MS, Notification, TROUBLED_MS, World};
use crate::network::{Network, Weather};
use crate::oracle::{Oracle, Trouble};
use crate::people::{Habit, Person};
use crate::phone::{CrashPoint, Handset};
use crate::server::Server;
use crate::setup::{Change, HANDOFFS, SERVICES, Setup};
use crate::story::Story;

/// Databases in memory are found by name, and several worlds live at once.
static DATABASES: AtomicU64 = AtomicU64::new(0);

impl World {
    /// A world whose fate a seed decides.
    pub fn new(fate: &Fate) -> Self {
        let mut rng = Rng::with_seed(fate.seed);
        let handoff = HANDOFFS[rng.usize(0..HANDOFFS.len())];
        let begin_ms = handoff.at().0 - rng.i64(60_000..TROUBLED_MS);
        let setup = Setup::new(handoff, rng.bool());
        let mut owners = vec!["ana", "cho", "bea"];
        owners.extend(
            ["ana", "ben", "carl", "dora"]
                .iter()
                .filter(|_| rng.u32(0..5) < 3),
        );
        let owners: Vec<PersonId> = owners.into_iter().map(PersonId::from).collect();
        let database = format!("world-{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let (server, devices) =
            Server::new(database, &setup, &owners, fate.defect, Millis(begin_ms));
        let skewed = rng.bool();
        let phones: Vec<Handset> = owners
            .iter()
            .zip(devices)
            .enumerate()
            .map(|(number, (person, (device, token)))| {
                let second = owners[..number].contains(person);
                let kind = if second { "tablet" } else { "phone" };
                let me = Me {
                    person: person.clone(),
                    device,
                };
                let offset_ms = match rng.u32(0..6) {
                    0..3 if skewed => rng.i64(-9_000..9_000),
                    3 if skewed => rng.i64(-90_000..90_000),
                    4 if skewed => rng.i64(-900_000..900_000),
                    _ => 0,
                };
                let name = format!("{person}'s {kind}");
                Handset::new(name, me, token, offset_ms, rng.fork(), fate.defect)
            })
            .collect();
        let mut ids = owners.clone();
        ids.sort();
        ids.dedup();
        let people = ids
            .into_iter()
            .map(|id| Person::new(id, rng.fork()))
            .collect();
        let bad = |rng: &mut Rng, most: u32| if rng.bool() { rng.u32(0..most) } else { 0 };
        let weather = Weather {
            loss: bad(&mut rng, 150),
            twice: bad(&mut rng, 200),
            delay_ms: rng.i64(2..400),
            dawdle: bad(&mut rng, 60),
            push_loss: if rng.bool() { 1000 } else { rng.u32(0..1000) },
        };
        let count = phones.len();
        let mut world = Self {
            seed: fate.seed,
            defect: fate.defect,
            now_ms: begin_ms,
            network: Network::new(rng.fork(), weather, count),
            rng,
            queue: BinaryHeap::new(),
            scheduled: 0,
            moving: 0,
            story: Story::new(begin_ms, fate.aloud),
            server,
            server_wake: 0,
            dispatch_wake: 0,
            ladder: Ladder::default(),
            crash_after_commit: None,
            phones,
            phone_wakes: vec![0; count],
            phone_clock_set_ms: vec![begin_ms; count],
            people,
            notifications: Vec::new(),
            setup,
            applying: None,
            oracle: Oracle::new(count, handoff.at(), begin_ms),
            healed: false,
            history: Vec::new(),
        };
        world.plan();
        world
    }

    /// A world in which everybody sleeps, nothing fails, one alarm fires, and the server's clock is
    /// set at some instants, each given with by how much.
    pub fn asleep(steps_ms: &[(i64, i64)]) -> Self {
        let mut world = Self::new(&Fate {
            seed: 0,
            defect: None,
            aloud: false,
        });
        world.queue.clear();
        world.moving = 0;
        world.notifications.clear();
        world.network.weather = Weather::FAIR;
        for person in &mut world.people {
            person.habit = Habit::Asleep;
        }
        world.after(0, Event::Fault(Fault::ServerStart));
        for phone in 0..world.phones.len() {
            world.after(0, Event::Fault(Fault::PhoneStart(phone)));
        }
        for (at_ms, by_ms) in steps_ms {
            let step = Fault::ServerClock { by_ms: *by_ms };
            world.after(*at_ms, Event::Fault(step));
        }
        let (service, team) = SERVICES[2];
        let alarm = alarm(service, team, "key", Severity::Sev1);
        world.notify(
            1_000,
            Signal::Fired(alarm),
            (service.to_owned(), "key".to_owned()),
        );
        world.after(LOOK_EVERY_MS, Event::Look);
        world.after(TROUBLED_MS, Event::Heal);
        world
    }

    /// Draws what will happen to the world from outside.
    fn plan(&mut self) {
        self.after(0, Event::Fault(Fault::ServerStart));
        for phone in 0..self.phones.len() {
            let delay = self.rng.i64(0..3_000);
            self.after(delay, Event::Fault(Fault::PhoneStart(phone)));
        }
        for person in 0..self.people.len() {
            if let Some(delay) = self.people[person].idles_ms() {
                self.after(delay, Event::Meddle(person));
            }
        }
        self.plan_alarms();
        // A kind of trouble happens in half of all worlds, so that each is also met without others.
        for kind in 0..12 {
            if self.rng.bool() {
                for _ in 0..self.rng.u32(1..4) {
                    let at = self.rng.i64(0..TROUBLED_MS);
                    let fault = self.draw_fault(kind);
                    self.after(at, Event::Fault(fault));
                }
            }
        }
        self.after(LOOK_EVERY_MS, Event::Look);
        self.after(TROUBLED_MS, Event::Heal);
    }

    fn plan_alarms(&mut self) {
        for number in 0..self.rng.u32(1..5) {
            let (service, team) = self.rng.choice(SERVICES).unwrap();
            let key = format!("key-{}", self.rng.u32(0..number + 2));
            let severity = match self.rng.u32(0..6) {
                0..3 => Severity::Sev1,
                3 | 4 => Severity::Sev2,
                _ => Severity::Sev3,
            };
            let mut at = self.rng.i64(0..TROUBLED_MS * 2 / 3);
            let target = || Target {
                team: team.into(),
                services: vec![service.into()],
                dedup_key: key.clone(),
            };
            let trouble = (service.to_owned(), key.clone());
            for repeat in 0..self.rng.u32(1..4) {
                let severity = if repeat == 1 && self.rng.bool() {
                    Severity::Sev1
                } else {
                    severity
                };
                let alarm = alarm(service, team, &key, severity);
                self.notify(at, Signal::Fired(alarm), trouble.clone());
                at += self.rng.i64(1_000..120_000);
            }
            match self.rng.u32(0..6) {
                0 => self.notify(at, Signal::Acknowledged(target()), trouble),
                1 | 2 => {
                    let at = at + self.rng.i64(0..240_000);
                    self.notify(at, Signal::Recovered(target()), trouble);
                }
                _ => {}
            }
        }
    }

    fn notify(&mut self, after_ms: i64, signal: Signal, trouble: Trouble) {
        let after_ms = after_ms.min(TROUBLED_MS);
        let serial = self.notifications.len() as u64;
        self.notifications.push(Notification {
            signal,
            trouble,
            answered: false,
        });
        self.after(after_ms, Event::Alarm { serial });
    }

    fn draw_fault(&mut self, kind: u32) -> Fault {
        let rng = &mut self.rng;
        let phone = rng.usize(0..self.phones.len());
        let down_ms = rng.i64(100..40_000);
        match kind {
            0 => Fault::ServerCrash { down_ms },
            1 => Fault::CrashAfterCommit { down_ms },
            2 => Fault::CommitsFail(rng.u32(1..6)),
            3 => Fault::ServerClock {
                by_ms: rng.i64(-90_000..90_000),
            },
            4 => Fault::Cut {
                phone,
                for_ms: rng.i64(1_000..180_000),
            },
            5 => Fault::CutAll {
                for_ms: rng.i64(1_000..90_000),
            },
            6 => Fault::StreamBreaks,
            7 => Fault::PhoneCrash {
                phone,
                at: rng
                    .choice([
                        None,
                        Some(CrashPoint::BeforeStore),
                        Some(CrashPoint::AfterStore),
                    ])
                    .unwrap(),
                down_ms,
            },
            8 => Fault::PhoneClock {
                phone,
                by_ms: rng.i64(-900_000..900_000),
            },
            9 => Fault::DiskFull {
                phone,
                for_ms: rng.i64(1_000..60_000),
            },
            10 => Fault::SirenBreaks {
                phone,
                for_ms: rng.i64(1_000..120_000),
            },
            _ => {
                let person = rng.choice(["ana", "ben", "cho"]).unwrap();
                Fault::Change(match rng.u32(0..5) {
                    0 => Change::Leaves(person),
                    1 | 2 => Change::Moves(person),
                    3 => Change::StandsIn(person, rng.i64(30_000..300_000)),
                    _ => Change::SlowsDown,
                })
            }
        }
    }
}

fn alarm(service: &str, team: &str, key: &str, severity: Severity) -> Alarm {
    Alarm {
        team: team.into(),
        service: service.into(),
        dedup_key: key.to_owned(),
        severity,
        title: format!("{service} is in trouble"),
        source: "prometheus".to_owned(),
        url: None,
        details: Default::default(),
    }
}
