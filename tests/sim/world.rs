//! The world: one queue of things to come, one clock, one seed. Whatever happens, happens here.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use tocsin_ingest::{Signal, Target};
use tocsin_pager::NetworkError;
use tocsin_pager::engine::{Input, SirenCommand, SirenEvent, View};
use tocsin_pager::net::StreamEvent;
use tocsin_server::engine::Answer;
use tocsin_server::store::StoredUpdate;
use tocsin_ticket::{Alarm, Millis, PersonId, Severity};
use tocsin_wire::{Action, CommandId, Me};

use crate::defects::Defect;
use crate::network::{
    Asker, Connection, ConnectionId, Network, Passage, REQUEST_TIMEOUT_MS, RequestId,
    STREAM_TIMEOUT_MS, Weather,
};
use crate::oracle::{Committed, Oracle, Tally, Trouble, Verdict, Violation, check_siren_meanwhile};
use crate::people::{Act, Habit, Person};
use crate::phone::{Asked, CrashPoint, Handset, LONGEST_SLEEP_MS, Stepped};
use crate::server::{Ask, Committing, Frame, Reply, Request, Server};
use crate::setup::{Change, HANDOFFS, SERVICES, Setup};
use crate::story::Story;

/// How long things go wrong.
const TROUBLED_MS: i64 = 10 * 60_000;

/// How long everything then has to heal: the longest wait of a phone (30 s), a silent stream (40 s)
/// and a lost request (15 s), twice.
const HEALING_MS: i64 = 170_000;

/// More things than these never happen in one millisecond, unless somebody goes round in circles.
const AT_ONCE: u32 = 10_000;

/// How often the oracle looks although nothing happens.
const LOOK_EVERY_MS: i64 = 5_000;

/// The server's and every reasonable proxy's.
const KEEP_ALIVE_MS: i64 = 15_000;

/// The writer notices a clock that was set within this.
const WRITER_SLEEP_MS: i64 = 500;

/// Monitoring asks again after this long without an answer.
const MONITORING_PATIENCE_MS: i64 = 5_000;

/// What happens in a world.
#[derive(Debug, Clone, Copy)]
pub struct Fate {
    pub seed: u64,
    pub defect: Option<Defect>,
    /// Print the story while it happens.
    pub aloud: bool,
}

/// How a run ended well.
#[derive(Debug)]
pub struct Ending {
    /// Stands for everything that happened.
    pub trace: u64,
    pub tally: Tally,
    /// When which level was paged, by the server's clock.
    pub escalations: Vec<(Millis, u32)>,
}

/// How a run ended badly.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    pub violation: Violation,
    /// The last part of the story.
    pub story: String,
}

/// Something to come.
#[derive(Debug)]
enum Event {
    /// A request reaches the server.
    Arrive(Request),
    /// An answer reaches whoever asked.
    Return(Asker, RequestId, Reply),
    /// Whoever asked waits no longer.
    TimeOut(Asker, RequestId),
    /// A stream has something for its phone.
    Ready(ConnectionId),
    /// A phone's transport gives a silent stream up.
    Silent(ConnectionId),
    KeepAlive(ConnectionId),
    Push {
        phone: usize,
        json: String,
        late: bool,
    },
    /// The commit is done; nobody has been told.
    Committed {
        boot: u64,
    },
    ServerWake {
        boot: u64,
        number: u64,
    },
    /// The writer sees that the clock was set.
    ClockNoticed,
    PhoneWake {
        phone: usize,
        number: u64,
    },
    DiskRetry {
        phone: usize,
        run: u64,
    },
    Siren {
        phone: usize,
        run: u64,
    },
    /// Somebody whose phone rings reaches for it.
    Reach(usize),
    GoOn(usize),
    Meddle(usize),
    Tap {
        phone: usize,
        act: Act,
    },
    /// Monitoring asks, for the first time or again.
    Alarm {
        serial: u64,
    },
    Fault(Fault),
    Look,
    Heal,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    ServerCrash {
        down_ms: i64,
    },
    /// The next commit succeeds and the process dies before anybody hears of it.
    CrashAfterCommit {
        down_ms: i64,
    },
    ServerStart,
    CommitsFail(u32),
    ServerClock {
        by_ms: i64,
    },
    Cut {
        phone: usize,
        for_ms: i64,
    },
    CutAll {
        for_ms: i64,
    },
    StreamBreaks,
    PhoneCrash {
        phone: usize,
        at: Option<CrashPoint>,
        down_ms: i64,
    },
    PhoneStart(usize),
    PhoneClock {
        phone: usize,
        by_ms: i64,
    },
    DiskFull {
        phone: usize,
        for_ms: i64,
    },
    DiskWorks(usize),
    SirenBreaks {
        phone: usize,
        for_ms: i64,
    },
    SirenWorks(usize),
    Change(Change),
}

#[derive(Debug)]
struct Scheduled {
    at_ms: i64,
    number: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ms, self.number).cmp(&(other.at_ms, other.number))
    }
}

/// One request of monitoring, sent until it is answered.
#[derive(Debug)]
struct Notification {
    signal: Signal,
    trouble: Trouble,
    answered: bool,
}

/// The world.
pub struct World {
    seed: u64,
    defect: Option<Defect>,
    now_ms: i64,
    rng: Rng,
    queue: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u64,
    /// Messages on their way and commits under way: the world is quiet when there are none.
    moving: u32,
    pub story: Story,
    server: Server,
    server_wake: u64,
    /// Restart after so long, if the process shall die right after the next commit.
    crash_after_commit: Option<i64>,
    phones: Vec<Handset>,
    phone_wakes: Vec<u64>,
    phone_clock_set_ms: Vec<i64>,
    people: Vec<Person>,
    network: Network,
    notifications: Vec<Notification>,
    setup: Setup,
    /// Configurations that an apply under way may bring.
    applying: Option<(RequestId, Setup)>,
    oracle: Oracle,
    healed: bool,
    history: Vec<StoredUpdate>,
}

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

    fn after(&mut self, delay_ms: i64, event: Event) {
        self.scheduled += 1;
        self.moving += u32::from(event.is_moving());
        self.queue.push(Reverse(Scheduled {
            at_ms: self.now_ms + delay_ms.max(0),
            number: self.scheduled,
            event,
        }));
    }

    /// The world's own clock, which nobody sets; the server's begins with it.
    pub fn now(&self) -> Millis {
        Millis(self.now_ms)
    }

    /// Lives through all of it.
    ///
    /// # Errors
    /// The rule that was broken, and how it came to that.
    pub fn run(mut self) -> Result<Ending, Failure> {
        match self.live() {
            Ok(()) => Ok(Ending {
                trace: self.story.hash(),
                tally: self.oracle.tally,
                escalations: std::mem::take(&mut self.oracle.escalations),
            }),
            Err(violation) => Err(Failure {
                seed: self.seed,
                violation,
                story: self.story.end(),
            }),
        }
    }

    fn live(&mut self) -> Verdict {
        let quiet_after_ms = self.now_ms + TROUBLED_MS + HEALING_MS;
        let mut at_once = 0;
        while let Some(Reverse(next)) = self.queue.pop() {
            if self.healed && next.at_ms > quiet_after_ms && self.is_quiet() {
                break;
            }
            at_once = if next.at_ms == self.now_ms {
                at_once + 1
            } else {
                0
            };
            assert!(
                at_once < AT_ONCE,
                "time stands still; next is {:?}",
                next.event
            );
            self.now_ms = next.at_ms;
            self.moving -= u32::from(next.event.is_moving());
            self.happen(next.event)?;
        }
        self.check_end()?;
        self.replay_everything()
    }

    /// Nothing is on its way, and no deadline is about to fire.
    fn is_quiet(&mut self) -> bool {
        let server_now = self.server.now(self.now_ms);
        let due = self.server.next_due();
        self.moving == 0
            && due.is_none_or(|due| due.0 - server_now.0 > 2_000)
            && !self.server.is_committing()
            && !self.server.has_waiting()
            && self
                .phones
                .iter()
                .all(|phone| phone.requests.is_empty() || phone.stream.is_some())
    }

    fn happen(&mut self, event: Event) -> Verdict {
        match event {
            Event::Arrive(request) => self.arrive(request),
            Event::Return(asker, id, reply) => self.answered(asker, id, reply),
            Event::TimeOut(asker, id) => self.timed_out(asker, id),
            Event::Ready(connection) => self.ready(connection),
            Event::Silent(connection) => self.stream_ended(connection, "the stream was silent"),
            Event::KeepAlive(connection) => {
                if self.server.has_stream(connection) {
                    self.send_frame(connection, Frame::KeepAlive);
                    self.after(KEEP_ALIVE_MS, Event::KeepAlive(connection));
                }
                Ok(())
            }
            Event::Push { phone, json, late } => {
                self.oracle.tally.late_pushes += u64::from(late);
                self.tell_phone(phone, format_args!("gets a push about {}", Brief(&json)));
                self.step(phone, Input::Push(json.into_bytes()))
            }
            Event::Committed { boot } => self.committed(boot),
            Event::ServerWake { boot, number } => {
                if self.server.boot == boot && self.server_wake == number {
                    return self.write();
                }
                Ok(())
            }
            Event::ClockNoticed => {
                self.server.notice_clock();
                self.pump();
                self.write()
            }
            Event::PhoneWake { phone, number } => {
                if self.phone_wakes[phone] == number {
                    return self.step(phone, Input::Wake);
                }
                Ok(())
            }
            Event::DiskRetry { phone, run } => self.retry_disk(phone, run),
            Event::Siren { phone, run } => self.siren_reports(phone, run),
            Event::Reach(person) => self.reach(person),
            Event::GoOn(person) => {
                let Some((phone, view)) = self.device_of(person) else {
                    return Ok(());
                };
                match self.people[person].goes_on(&view) {
                    Some(act) if !self.healed => self.act(phone, act),
                    _ => Ok(()),
                }
            }
            Event::Meddle(person) => {
                if self.healed {
                    return Ok(());
                }
                if let Some(delay) = self.people[person].idles_ms() {
                    self.after(delay, Event::Meddle(person));
                }
                let Some((phone, view)) = self.device_of(person) else {
                    return Ok(());
                };
                match self.people[person].meddles(&view) {
                    Some(act) => self.act(phone, act),
                    None => Ok(()),
                }
            }
            Event::Tap { phone, act } => self.act(phone, act),
            Event::Alarm { serial } => {
                self.ask_as_monitoring(serial);
                Ok(())
            }
            Event::Fault(fault) => self.fail(fault),
            Event::Look => {
                self.after(LOOK_EVERY_MS, Event::Look);
                self.look()
            }
            Event::Heal => self.heal(),
        }
    }

    // ------------------------------------------------------------------------------- the server

    fn arrive(&mut self, request: Request) -> Verdict {
        let now = self.server.now(self.now_ms);
        if let (Ask::Stream(link, after), Asker::Phone { phone, run }) =
            (&request.ask, request.asker)
        {
            let (link, after) = (*link, *after);
            let token = self.phones[phone].token.clone();
            let connection = request.id;
            let Some(first) = self.server.open_stream(connection, &token, after, now) else {
                self.reply(&request, Reply::Reset);
                return Ok(());
            };
            let stream = Connection {
                phone,
                run,
                link,
                inbox: Default::default(),
                broken: false,
            };
            self.network.connections.insert(connection, stream);
            self.send_frame(connection, first);
            self.after(KEEP_ALIVE_MS, Event::KeepAlive(connection));
            self.pump();
            return Ok(());
        }
        let token = match request.asker {
            Asker::Phone { phone, .. } => Some(self.phones[phone].token.clone()),
            Asker::Monitoring(_) | Asker::Admin => None,
        };
        if let Some((request, reply)) = self.server.receive(request, token.as_ref(), now) {
            self.reply(&request, reply);
        }
        if self.server.has_waiting() && !self.server.is_committing() {
            return self.write();
        }
        Ok(())
    }

    /// The writer takes what waits and what is due.
    fn write(&mut self) -> Verdict {
        if !self.server.is_up() || self.server.is_committing() {
            return Ok(());
        }
        let now = self.server.now(self.now_ms);
        let due = self.server.next_due().is_some_and(|due| due <= now);
        if !due && !self.server.has_waiting() {
            self.sleep_server();
            return Ok(());
        }
        let tokens: Vec<_> = self
            .phones
            .iter()
            .map(|phone| phone.token.clone())
            .collect();
        let mut setups = vec![self.setup.clone()];
        let commit = match self.server.commit(&tokens, now) {
            Ok(commit) => commit,
            Err(requests) => {
                self.tell("server", format_args!("a commit failed"));
                self.oracle.tally.failed_commits += 1;
                self.oracle.disturb_all(self.now_ms);
                for request in requests {
                    self.reply(&request, Reply::Busy);
                }
                // The writer pauses before it tries again.
                self.wake_server_in(100);
                return Ok(());
            }
        };
        let Committing { requests, outcome } = commit;
        let (mut fired, mut signals, mut taps) = (Vec::new(), Vec::new(), Vec::new());
        for (request, answer) in requests.iter().zip(&outcome.answers) {
            match (&request.ask, answer) {
                (Ask::Alarms(serial, Signal::Fired(_)), _) => {
                    let trouble = self.notifications[*serial as usize].trouble.clone();
                    fired.push((*serial, trouble));
                }
                (Ask::Alarms(serial, _), _) => signals.push(*serial),
                (Ask::Command(tap), Answer::Tap(answer)) => {
                    let refusal = answer.refusal.as_ref().map(|it| format!("{it:?}"));
                    taps.push((tap.id.clone(), refusal));
                }
                (Ask::Apply(setup), _) => setups.push(setup.clone()),
                _ => {}
            }
        }
        let updates = outcome.updates.clone();
        self.setup = setups.last().unwrap().clone();
        for update in &updates {
            self.story.note(&update.json);
        }
        let directory = self.server.directory().unwrap();
        let verdict = self.oracle.committed(&Committed {
            disk: &self.server.disk,
            updates: &updates,
            fired,
            signals,
            taps,
            setups: &setups,
            directory: &directory,
            world_ms: self.now_ms,
        });
        for update in updates {
            self.tell("server", format_args!("commits {}", Told(&update.json)));
            self.history.push(update);
        }
        verdict?;
        if let Some(down_ms) = self.crash_after_commit.take() {
            self.oracle.tally.crashes_before_answers += 1;
            return self.crash_server(down_ms, "after the commit, before anybody heard of it");
        }
        let boot = self.server.boot;
        let takes = if self.rng.u32(0..40) == 0 {
            self.rng.i64(50..400)
        } else {
            self.rng.i64(1..8)
        };
        self.after(takes, Event::Committed { boot });
        Ok(())
    }

    fn committed(&mut self, boot: u64) -> Verdict {
        if self.server.boot != boot {
            return Ok(());
        }
        let Some(published) = self.server.publish() else {
            return Ok(());
        };
        self.pump();
        for update in &published.updates {
            self.push(update);
        }
        for (request, reply) in published.replies {
            self.reply(&request, reply);
        }
        self.write()
    }

    /// Everybody who may see the update gets it by push as well, sooner or later, once or more.
    fn push(&mut self, update: &StoredUpdate) {
        let Some(directory) = self.server.directory() else {
            return;
        };
        let audience = directory.audience(&update.team);
        for phone in 0..self.phones.len() {
            if audience.contains(&self.phones[phone].person) {
                for delay in self.network.push() {
                    let json = update.json.clone();
                    let late = delay > 5_000;
                    self.after(delay, Event::Push { phone, json, late });
                }
            }
        }
    }

    /// What streams have to send goes on its way.
    fn pump(&mut self) {
        for (connection, frame) in self.server.drain() {
            self.send_frame(connection, frame);
        }
    }

    fn send_frame(&mut self, connection: ConnectionId, frame: Frame) {
        if let Some(stream) = self.network.connections.get_mut(&connection) {
            stream.inbox.push_back(frame);
            let delay = self.network.stream_delay_ms();
            self.after(delay, Event::Ready(connection));
        }
    }

    fn sleep_server(&mut self) {
        if let Some(due) = self.server.next_due() {
            let sleep = due.0 - self.server.now(self.now_ms).0;
            self.wake_server_in(sleep);
        }
    }

    fn wake_server_in(&mut self, sleep_ms: i64) {
        self.server_wake += 1;
        let (boot, number) = (self.server.boot, self.server_wake);
        self.after(sleep_ms, Event::ServerWake { boot, number });
    }

    fn crash_server(&mut self, down_ms: i64, when: &str) -> Verdict {
        if !self.server.is_up() {
            return Ok(());
        }
        self.tell("server", format_args!("dies {when}; back in {down_ms} ms"));
        self.oracle.tally.server_crashes += 1;
        for request in self.server.crash() {
            if !self.network.silently() {
                self.reply(&request, Reply::Reset);
            }
        }
        let connections: Vec<ConnectionId> = self.network.connections.keys().copied().collect();
        for connection in connections {
            self.break_stream(connection);
        }
        self.oracle.disturb_all(self.now_ms + down_ms);
        self.after(down_ms, Event::Fault(Fault::ServerStart));
        Ok(())
    }

    // --------------------------------------------------------------------------- the network

    fn ask(&mut self, asker: Asker, ask: Ask) -> RequestId {
        let id = self.network.next_id();
        let phone = asker.phone();
        let patience = match asker {
            Asker::Phone { .. } => REQUEST_TIMEOUT_MS,
            Asker::Monitoring(_) | Asker::Admin => MONITORING_PATIENCE_MS,
        };
        self.after(patience, Event::TimeOut(asker, id));
        let request = Request { id, asker, ask };
        let twice = !matches!(request.ask, Ask::Stream(..) | Ask::Sync(..));
        if twice && let Some(delay) = self.network.carry_again() {
            self.after(delay, Event::Arrive(request.clone()));
        }
        match self.network.carry(phone, self.now_ms) {
            Some(delay) => self.after(delay, Event::Arrive(request)),
            None => self.disturb(asker),
        }
        id
    }

    fn reply(&mut self, request: &Request, reply: Reply) {
        match self.network.carry(request.asker.phone(), self.now_ms) {
            Some(delay) => self.after(delay, Event::Return(request.asker, request.id, reply)),
            None => self.disturb(request.asker),
        }
    }

    fn disturb(&mut self, asker: Asker) {
        if let Some(phone) = asker.phone() {
            self.oracle.disturb(phone, self.now_ms);
        }
    }

    fn answered(&mut self, asker: Asker, id: RequestId, reply: Reply) -> Verdict {
        let (phone, asked) = match asker {
            Asker::Monitoring(serial) => return self.monitoring_answered(serial, &reply),
            Asker::Admin => {
                if let (Reply::Applied, Some((applying, _))) = (&reply, &self.applying)
                    && *applying == id
                {
                    self.tell("admin", format_args!("the new configuration is in force"));
                    self.applying = None;
                }
                return Ok(());
            }
            Asker::Phone { phone, run } => {
                if self.phones[phone].run != run {
                    return Ok(());
                }
                let Some(asked) = self.phones[phone].requests.remove(&id) else {
                    return Ok(());
                };
                (phone, asked)
            }
        };
        let result = match reply {
            Reply::Busy => Err(NetworkError::Busy {
                status: 503,
                retry_after: None,
            }),
            Reply::Reset => Err(unreachable("connection reset")),
            reply => Ok(reply),
        };
        self.deliver(phone, asked, result)
    }

    /// Turns what came of a request into the engine's input.
    fn deliver(
        &mut self,
        phone: usize,
        asked: Asked,
        result: Result<Reply, NetworkError>,
    ) -> Verdict {
        let input = match asked {
            Asked::Sync(link) => Input::Synced {
                link,
                result: result.map(|reply| match reply {
                    Reply::Sync(page) => page,
                    other => panic!("a sync was answered with {other:?}"),
                }),
            },
            Asked::Stream(link) => Input::StreamEnded {
                link,
                error: result.err().unwrap_or_else(|| unreachable("no stream")),
            },
            Asked::Command(id) => Input::CommandAnswered {
                id,
                result: result.map(|reply| match reply {
                    Reply::Command(reply) => reply,
                    other => panic!("a tap was answered with {other:?}"),
                }),
            },
            Asked::Receipts(id) => Input::ReceiptsAnswered {
                id,
                result: result.map(|_| ()),
            },
        };
        self.step(phone, input)
    }

    fn timed_out(&mut self, asker: Asker, id: RequestId) -> Verdict {
        match asker {
            Asker::Monitoring(serial) => {
                if !self.notifications[serial as usize].answered {
                    self.ask_as_monitoring(serial);
                }
                Ok(())
            }
            Asker::Admin => {
                if let Some((_, setup)) = self.applying.take_if(|(applying, _)| *applying == id) {
                    self.apply(setup);
                }
                Ok(())
            }
            Asker::Phone { phone, run } => {
                if self.phones[phone].run != run {
                    return Ok(());
                }
                let Some(asked) = self.phones[phone].requests.remove(&id) else {
                    return Ok(());
                };
                self.deliver(phone, asked, Err(unreachable("no answer in time")))
            }
        }
    }

    /// A stream has brought something as far as the phone's network.
    fn ready(&mut self, connection: ConnectionId) -> Verdict {
        let Some(stream) = self.network.connections.get(&connection) else {
            return Ok(());
        };
        let (phone, run, link, broken) = (stream.phone, stream.run, stream.link, stream.broken);
        match self.network.passage(phone, self.now_ms) {
            _ if broken => return Ok(()),
            Passage::Through => {}
            Passage::Later(at_ms) => {
                self.after(at_ms - self.now_ms, Event::Ready(connection));
                return Ok(());
            }
            Passage::Broken => {
                self.break_stream_silently(connection);
                return Ok(());
            }
        }
        let Some(frame) = self
            .network
            .connections
            .get_mut(&connection)
            .unwrap()
            .inbox
            .pop_front()
        else {
            return Ok(());
        };
        let handset = &mut self.phones[phone];
        if handset.run != run {
            self.close(connection);
            return Ok(());
        }
        if handset.requests.remove(&connection).is_some() {
            handset.stream = Some(connection);
        }
        if handset.stream != Some(connection) {
            self.close(connection);
            return Ok(());
        }
        let event = match frame {
            Frame::Hello(hello) => StreamEvent::Hello(hello),
            Frame::Update(cursor, json) => StreamEvent::Update {
                cursor,
                update: Box::new(serde_json::from_str(&json).unwrap()),
            },
            Frame::Reset => StreamEvent::Reset,
            Frame::CatchUp => StreamEvent::CatchUp,
            Frame::KeepAlive => StreamEvent::KeepAlive,
            Frame::Closed => return self.stream_ended(connection, "the server closed the stream"),
        };
        self.step(phone, Input::Stream { link, event })
    }

    fn stream_ended(&mut self, connection: ConnectionId, why: &str) -> Verdict {
        let Some(stream) = self.network.connections.get(&connection) else {
            return Ok(());
        };
        let (phone, run, link) = (stream.phone, stream.run, stream.link);
        self.close(connection);
        let handset = &mut self.phones[phone];
        if handset.run != run {
            return Ok(());
        }
        if handset
            .stream
            .take_if(|stream| *stream == connection)
            .is_some()
        {
            let error = unreachable(why);
            return self.step(phone, Input::StreamEnded { link, error });
        }
        Ok(())
    }

    fn close(&mut self, connection: ConnectionId) {
        self.network.connections.remove(&connection);
        self.server.close_stream(connection);
    }

    /// A stream breaks: what is on its way is lost, and the phone hears of it at once or, when
    /// nobody says so, once it has been silent for too long.
    fn break_stream(&mut self, connection: ConnectionId) {
        if self.network.silently() {
            self.break_stream_silently(connection);
        } else if let Some(stream) = self.network.connections.get_mut(&connection) {
            self.oracle.disturb(stream.phone, self.now_ms);
            stream.inbox.clear();
            self.server.close_stream(connection);
            self.send_frame(connection, Frame::Closed);
        }
    }

    fn break_stream_silently(&mut self, connection: ConnectionId) {
        if let Some(stream) = self.network.connections.get_mut(&connection) {
            self.oracle.disturb(stream.phone, self.now_ms);
            stream.broken = true;
            self.server.close_stream(connection);
            self.after(STREAM_TIMEOUT_MS, Event::Silent(connection));
        }
    }

    // ---------------------------------------------------------------------------- monitoring

    fn ask_as_monitoring(&mut self, serial: u64) {
        let signal = self.notifications[serial as usize].signal.clone();
        self.ask(Asker::Monitoring(serial), Ask::Alarms(serial, signal));
    }

    fn monitoring_answered(&mut self, serial: u64, reply: &Reply) -> Verdict {
        let notification = &mut self.notifications[serial as usize];
        match reply {
            Reply::Alarms(taken) => {
                notification.answered = true;
                self.oracle
                    .alarm_answered(serial, taken, &notification.trouble)
            }
            // 503 or a broken connection: it asks again when its patience is over.
            _ => Ok(()),
        }
    }

    fn apply(&mut self, setup: Setup) {
        let id = self.ask(Asker::Admin, Ask::Apply(setup.clone()));
        self.applying = Some((id, setup));
    }

    // ------------------------------------------------------------------------------ the phones

    fn step(&mut self, phone: usize, input: Input) -> Verdict {
        if self.phones[phone].phone.is_none() {
            return Ok(());
        }
        let snapshot_ended = match &input {
            Input::Synced {
                result: Ok(page), ..
            } => !page.more,
            Input::Stream {
                event: StreamEvent::Hello(_),
                ..
            } => true,
            _ => false,
        };
        match &input {
            Input::Synced {
                result: Ok(page), ..
            } => {
                let (tickets, updates) = (page.tickets.len(), page.updates.len());
                let cursor = page.cursor;
                self.tell_phone(
                    phone,
                    format_args!("syncs {tickets} tickets and {updates} updates, up to {cursor}"),
                );
            }
            Input::Stream {
                event: StreamEvent::Hello(_),
                ..
            } => {
                self.tell_phone(phone, format_args!("is on its stream"));
            }
            Input::StreamEnded { error, .. } => {
                self.tell_phone(phone, format_args!("has no stream: {error}"));
            }
            _ => {}
        }
        let was_on = self.phones[phone].siren_on;
        let stepped = self.phones[phone].step(input, self.now_ms);
        self.check_step(phone, &stepped, snapshot_ended)?;
        self.perform(phone, stepped, was_on)
    }

    fn check_step(&mut self, phone: usize, stepped: &Stepped, snapshot_ended: bool) -> Verdict {
        let handset = &self.phones[phone];
        let Some(view) = handset.view(self.now_ms) else {
            return Ok(());
        };
        self.oracle.stored(phone, &stepped.stored);
        let directory = self.server.directory();
        self.oracle.stepped(
            phone,
            &stepped.changes,
            snapshot_ended,
            &view,
            handset.siren_on,
            handset.now(self.now_ms),
            directory.as_deref(),
        )
    }

    fn perform(&mut self, phone: usize, stepped: Stepped, was_on: bool) -> Verdict {
        let run = self.phones[phone].run;
        match stepped.siren {
            Some(SirenCommand::Start(loudness)) => {
                if !was_on {
                    self.tell_phone(phone, format_args!("rings ({loudness:?})"));
                    self.somebody_hears(phone);
                }
                let delay = self.rng.i64(5..60);
                self.after(delay, Event::Siren { phone, run });
            }
            Some(SirenCommand::Stop) => self.tell_phone(phone, format_args!("falls silent")),
            None => {}
        }
        if stepped.crashed {
            let down_ms = self.rng.i64(100..30_000);
            self.crash_phone(phone, down_ms);
            return Ok(());
        }
        for ask in stepped.asks {
            self.ask_as_phone(phone, ask);
        }
        self.sleep_phone(phone);
        match stepped.disk {
            Some(told) => self.disk_told(phone, told),
            None => Ok(()),
        }
    }

    fn ask_as_phone(&mut self, phone: usize, ask: Ask) {
        let asker = Asker::Phone {
            phone,
            run: self.phones[phone].run,
        };
        let asked = match &ask {
            Ask::Sync(link, _) => Asked::Sync(*link),
            Ask::Stream(link, _) => Asked::Stream(*link),
            Ask::Command(request) => {
                self.tell_phone(
                    phone,
                    format_args!("sends {:?} for {}", request.action, request.ticket),
                );
                Asked::Command(request.id.clone())
            }
            Ask::Receipts(batch) => Asked::Receipts(batch.id.clone()),
            Ask::Alarms(..) | Ask::Apply(_) => panic!("a phone does not {ask:?}"),
        };
        if matches!(asked, Asked::Sync(_) | Asked::Stream(_)) {
            // A new link drops whatever link there was.
            let handset = &mut self.phones[phone];
            handset
                .requests
                .retain(|_, old| !matches!(old, Asked::Sync(_) | Asked::Stream(_)));
            if let Some(old) = handset.stream.take() {
                self.close(old);
            }
        }
        let again = match &ask {
            Ask::Command(request) if self.defect == Some(Defect::TapSentTwice) => {
                let mut again = request.clone();
                again.id = CommandId::new(format!("{}-again", request.id));
                Some(again)
            }
            _ => None,
        };
        let id = self.ask(asker, ask);
        self.phones[phone].requests.insert(id, asked);
        if let Some(again) = again {
            self.ask(asker, Ask::Command(again));
        }
    }

    fn disk_told(&mut self, phone: usize, told: Input) -> Verdict {
        let run = self.phones[phone].run;
        if matches!(told, Input::StoreFailed { .. }) {
            self.tell_phone(phone, format_args!("cannot store anything"));
            self.after(1_000, Event::DiskRetry { phone, run });
        }
        self.step(phone, told)
    }

    fn retry_disk(&mut self, phone: usize, run: u64) -> Verdict {
        if self.phones[phone].run != run {
            return Ok(());
        }
        let mut stored = Vec::new();
        let told = self.phones[phone].retry_disk(&mut stored);
        self.oracle.stored(phone, &stored);
        match told {
            Some(told) => self.disk_told(phone, told),
            None => Ok(()),
        }
    }

    fn sleep_phone(&mut self, phone: usize) {
        self.phone_wakes[phone] += 1;
        let number = self.phone_wakes[phone];
        let sleep = self.phones[phone].sleep_ms(self.now_ms);
        self.after(sleep, Event::PhoneWake { phone, number });
    }

    fn siren_reports(&mut self, phone: usize, run: u64) -> Verdict {
        let handset = &mut self.phones[phone];
        if handset.run != run || handset.phone.is_none() || !handset.siren_on {
            return Ok(());
        }
        handset.sounds = !handset.siren_broken;
        let event = if handset.siren_broken {
            SirenEvent::Failed {
                reason: "another program has the output".to_owned(),
            }
        } else {
            SirenEvent::Started {
                effective_volume: Some(1.0),
            }
        };
        self.step(phone, Input::Siren(event))
    }

    fn crash_phone(&mut self, phone: usize, down_ms: i64) {
        self.tell_phone(phone, format_args!("is killed; back in {down_ms} ms"));
        self.oracle.tally.phone_crashes += 1;
        if let Some(stream) = self.phones[phone].stream {
            self.close(stream);
        }
        self.phones[phone].crash();
        self.oracle.disturb(phone, self.now_ms + down_ms);
        self.after(down_ms, Event::Fault(Fault::PhoneStart(phone)));
    }

    fn start_phone(&mut self, phone: usize) -> Verdict {
        let handset = &mut self.phones[phone];
        if handset.phone.is_some() {
            return Ok(());
        }
        handset.start();
        let saved = handset.store.load().unwrap();
        let mut entries = BTreeSet::new();
        for (ticket, _) in &saved.tickets {
            let timeline = handset.store.timeline(ticket.id).unwrap();
            entries.extend(timeline.iter().map(|entry| (ticket.id, entry.seq)));
        }
        let directory = self.server.directory();
        self.oracle
            .reloaded(phone, &saved, entries, directory.as_deref())?;
        self.tell_phone(
            phone,
            format_args!("starts with {} tickets", saved.tickets.len()),
        );
        self.step(phone, Input::Started)
    }

    // ------------------------------------------------------------------------------ the people

    /// A phone has begun to ring.
    fn somebody_hears(&mut self, phone: usize) {
        if self.healed {
            return;
        }
        let owner = &self.phones[phone].person;
        let Some(person) = self.people.iter().position(|person| person.id == *owner) else {
            return;
        };
        if let Some(delay) = self.people[person].reacts_after_ms() {
            self.after(delay, Event::Reach(person));
        }
    }

    /// A device of the person that runs, preferably one that rings.
    fn device_of(&self, person: usize) -> Option<(usize, View)> {
        let id = &self.people[person].id;
        let mine = |phone: &&usize| {
            let handset = &self.phones[**phone];
            handset.person == *id && handset.phone.is_some()
        };
        let all: Vec<usize> = (0..self.phones.len()).collect();
        let phone = all
            .iter()
            .filter(mine)
            .max_by_key(|phone| self.phones[**phone].siren_on)
            .copied()?;
        Some((phone, self.phones[phone].view(self.now_ms)?))
    }

    fn reach(&mut self, person: usize) -> Verdict {
        let Some((phone, view)) = self.device_of(person) else {
            return Ok(());
        };
        if self.healed {
            return Ok(());
        }
        let acts = self.people[person].answers(&view);
        if acts.is_empty() {
            return Ok(());
        }
        let id = self.people[person].id.clone();
        if self.people[person].takes_other_device() {
            let other = (0..self.phones.len())
                .find(|other| *other != phone && self.phones[*other].person == id);
            if let Some(other) = other {
                for act in acts.clone() {
                    let delay = self.rng.i64(0..2_000);
                    self.after(delay, Event::Tap { phone: other, act });
                }
            }
        }
        for act in acts {
            self.act(phone, act)?;
        }
        if self.phones[phone].siren_on {
            let delay = self.rng.i64(2_000..40_000);
            self.after(delay, Event::Reach(person));
        }
        if let Some(delay) = self.people[person].goes_on_after_ms() {
            self.after(delay, Event::GoOn(person));
        }
        Ok(())
    }

    fn act(&mut self, phone: usize, act: Act) -> Verdict {
        if self.phones[phone].phone.is_none() {
            return Ok(());
        }
        let input = match act {
            Act::Look(ticket) => Input::Seen { ticket },
            Act::Dismiss(number) => Input::NoticeDismissed { number },
            Act::Tap(ticket, action) => {
                let who = self.phones[phone].person.clone();
                let action = self.fresh(action);
                self.tell(who.as_str(), format_args!("taps {action:?} for {ticket}"));
                Input::Tap {
                    id: CommandId::new(format!("{:032x}", self.rng.u128(..))),
                    ticket,
                    action,
                }
            }
        };
        self.step(phone, input)
    }

    /// Notes are told apart by their text.
    fn fresh(&mut self, action: Action) -> Action {
        match action {
            Action::Note { text } => Action::Note {
                text: format!("{text} ({:08x})", self.rng.u32(..)),
            },
            other => other,
        }
    }

    // ------------------------------------------------------------------------------ the trouble

    fn fail(&mut self, fault: Fault) -> Verdict {
        if self.healed && !matches!(fault, Fault::ServerStart | Fault::PhoneStart(_)) {
            return Ok(());
        }
        let now_ms = self.now_ms;
        match fault {
            Fault::ServerCrash { down_ms } => {
                return self.crash_server(down_ms, "with requests in hand");
            }
            Fault::CrashAfterCommit { down_ms } => self.crash_after_commit = Some(down_ms),
            Fault::ServerStart => {
                if !self.server.is_up() {
                    self.server.start();
                    self.tell("server", format_args!("starts"));
                    self.oracle.disturb_all(now_ms);
                    return self.write();
                }
            }
            Fault::CommitsFail(count) => self.server.faults.fail_commits(count),
            Fault::ServerClock { by_ms } => {
                self.tell("server", format_args!("its clock is set by {by_ms} ms"));
                self.server.offset_ms += by_ms;
                self.oracle.tally.clock_steps += 1;
                self.oracle.disturb_all(now_ms);
                self.after(WRITER_SLEEP_MS, Event::ClockNoticed);
            }
            Fault::Cut { phone, for_ms } => self.cut(phone, for_ms),
            Fault::CutAll { for_ms } => {
                for phone in 0..self.phones.len() {
                    self.cut(phone, for_ms);
                }
            }
            Fault::StreamBreaks => {
                if let Some(connection) = self.network.any_connection() {
                    let phone = self.network.connections[&connection].phone;
                    self.tell_phone(phone, format_args!("loses its stream"));
                    self.break_stream(connection);
                }
            }
            Fault::PhoneCrash { phone, at, down_ms } => match at {
                Some(_) => self.phones[phone].crash_at = at,
                None if self.phones[phone].phone.is_some() => self.crash_phone(phone, down_ms),
                None => {}
            },
            Fault::PhoneStart(phone) => return self.start_phone(phone),
            Fault::PhoneClock { phone, by_ms } => {
                self.tell_phone(phone, format_args!("its clock is set by {by_ms} ms"));
                self.phones[phone].offset_ms += by_ms;
                self.phone_clock_set_ms[phone] = now_ms;
                self.oracle.tally.clock_steps += 1;
                // The runtime looks at the clock within a minute.
                self.oracle.disturb(phone, now_ms + LONGEST_SLEEP_MS);
            }
            Fault::DiskFull { phone, for_ms } => {
                self.phones[phone].disk_full = true;
                self.after(for_ms, Event::Fault(Fault::DiskWorks(phone)));
            }
            Fault::DiskWorks(phone) => self.phones[phone].disk_full = false,
            Fault::SirenBreaks { phone, for_ms } => {
                self.phones[phone].siren_broken = true;
                self.after(for_ms, Event::Fault(Fault::SirenWorks(phone)));
            }
            Fault::SirenWorks(phone) => self.phones[phone].siren_broken = false,
            Fault::Change(change) => {
                let now = self.server.now(now_ms);
                let Some(setup) = self.setup.changed(change, now) else {
                    return Ok(());
                };
                if self.applying.is_none() {
                    self.tell("admin", format_args!("applies {change:?}"));
                    self.apply(setup);
                }
            }
        }
        Ok(())
    }

    fn cut(&mut self, phone: usize, for_ms: i64) {
        self.tell_phone(phone, format_args!("is cut off for {for_ms} ms"));
        self.network.cut(phone, self.now_ms + for_ms);
        self.oracle.disturb(phone, self.now_ms + for_ms);
    }

    /// From now on nothing goes wrong, and nobody taps.
    fn heal(&mut self) -> Verdict {
        self.tell("world", format_args!("heals"));
        self.healed = true;
        self.network.weather = Weather::FAIR;
        self.network.mend();
        self.crash_after_commit = None;
        self.server.faults.fail_commits(0);
        self.oracle.disturb_all(self.now_ms);
        for phone in 0..self.phones.len() {
            self.phones[phone].disk_full = false;
            self.phones[phone].siren_broken = false;
            self.phones[phone].crash_at = None;
            self.start_phone(phone)?;
        }
        if !self.server.is_up() {
            self.server.start();
            return self.write();
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------ the oracle

    fn look(&mut self) -> Verdict {
        let server_now = self.server.now(self.now_ms);
        let Some(directory) = self.server.directory() else {
            return Ok(());
        };
        self.oracle.check_overdue(server_now, self.now_ms)?;
        for (number, handset) in self.phones.iter().enumerate() {
            let Some(view) = handset.view(self.now_ms) else {
                continue;
            };
            if self.now_ms - self.phone_clock_set_ms[number] > LONGEST_SLEEP_MS + 1_000 {
                check_siren_meanwhile(&view, handset.siren_on, handset.now(self.now_ms))?;
            }
            let server = (server_now, &*directory);
            self.oracle
                .check_reached(number, &view, handset.siren_on, server, self.now_ms)?;
        }
        Ok(())
    }

    fn check_end(&mut self) -> Verdict {
        let unanswered = self
            .notifications
            .iter()
            .find(|notification| !notification.answered);
        if let Some(notification) = unanswered {
            return Err(Violation {
                rule: crate::oracle::Rule::EveryAlarmInOneTicket,
                what: format!("{:?} was never taken", notification.trouble),
            });
        }
        self.oracle.check_end(&self.server.disk)?;
        let server_now = self.server.now(self.now_ms);
        let directory = self.server.directory().unwrap();
        for (number, handset) in self.phones.iter().enumerate() {
            let view = handset.view(self.now_ms).unwrap();
            let saved = handset.store.load().unwrap();
            self.oracle.check_converged(
                number,
                &view,
                handset.siren_on,
                handset.sounds,
                &saved,
                (server_now, &directory),
            )?;
        }
        Ok(())
    }

    /// 9: hearing all of it again, in order, by the other transport, changes nothing.
    fn replay_everything(&mut self) -> Verdict {
        let directory = self.server.directory().unwrap();
        for phone in 0..self.phones.len() {
            let before = self.phones[phone].view(self.now_ms).unwrap();
            let person = self.phones[phone].person.clone();
            for number in 0..self.history.len() {
                let update = &self.history[number];
                if directory.audience(&update.team).contains(&person) {
                    let json = update.json.clone().into_bytes();
                    self.step(phone, Input::Push(json))?;
                }
            }
            let after = self.phones[phone].view(self.now_ms).unwrap();
            if before.tickets != after.tickets || before.siren.ringing != after.siren.ringing {
                return Err(Violation {
                    rule: crate::oracle::Rule::PhoneFollowsLog,
                    what: format!("{} changed when it heard the whole log again", person),
                });
            }
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------- the story

    fn tell(&mut self, who: &str, what: std::fmt::Arguments<'_>) {
        self.story.tell(self.now_ms, who, what);
    }

    fn tell_phone(&mut self, phone: usize, what: std::fmt::Arguments<'_>) {
        self.story.tell(self.now_ms, &self.phones[phone].name, what);
    }
}

impl Event {
    fn is_moving(&self) -> bool {
        matches!(
            self,
            Self::Arrive(_)
                | Self::Return(..)
                | Self::Ready(_)
                | Self::Push { .. }
                | Self::Committed { .. }
                | Self::Siren { .. }
        )
    }
}

impl Asker {
    fn phone(self) -> Option<usize> {
        match self {
            Self::Phone { phone, .. } => Some(phone),
            Self::Monitoring(_) | Self::Admin => None,
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

fn unreachable(reason: &str) -> NetworkError {
    NetworkError::Unreachable {
        reason: reason.to_owned(),
    }
}

/// Which update it is.
struct Brief<'a>(&'a str);

impl std::fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entry: Update = serde_json::from_str(self.0).map_err(|_| std::fmt::Error)?;
        write!(f, "{} on {}", entry.seq, entry.ticket.id)
    }
}

#[derive(serde::Deserialize)]
struct Update {
    seq: u64,
    events: Vec<tocsin_ticket::Event>,
    ticket: tocsin_ticket::Ticket,
}

/// An update in a few words.
struct Told<'a>(&'a str);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use tocsin_ticket::Event as Did;
        let entry: Update = serde_json::from_str(self.0).map_err(|_| std::fmt::Error)?;
        let ticket = &entry.ticket;
        write!(f, "{} on {}", entry.seq, ticket.id)?;
        for event in &entry.events {
            match event {
                Did::Opened { alarm, owner, .. } => {
                    write!(
                        f,
                        ", opened {} of {} for {owner}",
                        alarm.severity, alarm.service
                    )?;
                }
                Did::Repeated { .. } => write!(f, ", fired again")?,
                Did::SeverityChanged { to, .. } => write!(f, ", now {to}")?,
                Did::CheckedIn { by } => write!(f, ", {by} checked in")?,
                Did::Acknowledged { by } => write!(f, ", {by} answered")?,
                Did::WorkStarted { by } => write!(f, ", {by} started work")?,
                Did::Resolved { by } => write!(f, ", {by} resolved it")?,
                Did::Reopened { by, owner } => write!(f, ", {by} reopened it for {owner}")?,
                Did::Reassigned { by, to, .. } => write!(f, ", {by} gave it to {to}")?,
                Did::NoteAdded { by, .. } => write!(f, ", {by} wrote a note")?,
                Did::Escalated { level, role, .. } => write!(f, ", level {level}: {role}")?,
                Did::Paged { page } => write!(f, ", page {} to {}", page.id, page.person)?,
                Did::PageEnded { page, why, .. } => write!(f, ", end of {page} ({why:?})")?,
                Did::PageReceipt { page, receipt } => {
                    write!(f, ", {page} {} on {}", receipt.rung, receipt.device)?;
                }
                Did::DeadlineSet { deadline } => {
                    let in_s = (deadline.due.0 - ticket.state_since.0) / 1000;
                    write!(f, ", limit {} at +{in_s} s", deadline.generation)?;
                }
                Did::DeadlineCleared => write!(f, ", no limit")?,
            }
        }
        Ok(())
    }
}
