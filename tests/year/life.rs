//! The year itself: simulated time, monitoring that finds trouble, people who hear their phones or do
//! not, and the real server, dispatcher and phone engines in between.
//!
//! A year is long and mostly quiet, so a phone's process only runs while there is something to do: a
//! push starts it, as on a phone in a pocket, and the system ends it some minutes later. The network is
//! a good one here; what a bad one does is the simulation's subject.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use jiff::ToSpan;
use tocsin_directory::Layer;
use tocsin_ingest::Signal;
use tocsin_pager::NetworkError;
use tocsin_pager::engine::{Input, LinkId, SirenCommand, SirenEvent, View};
use tocsin_pager::net::StreamEvent;
use tocsin_push::Outcome;
use tocsin_server::audit::Doer;
use tocsin_server::dispatch::{Effect, Input as Dispatch};
use tocsin_server::engine::{Answer, AskSwap, Job, Owed, SwapWord};
use tocsin_server::rights::{Right, Who};
use tocsin_server::store::{Reader, StoredUpdate};
use tocsin_ticket::{Event as TicketEvent, Millis, PersonId, TeamId, TicketId, Transport};
use tocsin_wire::{Action, CommandId};

use crate::network::{Asker, ConnectionId};
use crate::oracle::{Committed, Oracle, Rule, Verdict, Violation};
use crate::people::{Act, Person};
use crate::phone::Handset;
use crate::plan::{self, DAYS, Notification};
use crate::server::{Ask, Committing, Frame, Reply, Request, Server, as_push};
use crate::setup::{self, EDITS, Setup, StandIn, everybody, instant, wall, zone_of};
use crate::story::{Story, Told};

/// How long a phone's process runs on after it has nothing to do.
const DOZES_AFTER_MS: i64 = 90_000;

/// How often a stream brings a sign of life: half as often as the server's, and often enough.
const KEEP_ALIVE_MS: i64 = 30_000;

const DAY_MS: i64 = 24 * 3_600_000;

/// More things than these never happen in one millisecond, unless somebody goes round in circles.
const AT_ONCE: u32 = 100_000;

/// Databases in memory are found by name, and several years may be lived at once.
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// How a year ended well.
pub struct Ending {
    /// Stands for everything that happened.
    pub trace: u64,
    pub oracle: Oracle,
    pub swaps: Vec<StandIn>,
    pub overrides: usize,
    /// Handoffs that waited for a phone to prove itself, and those of them that somebody ended.
    pub awaited: usize,
    pub taken_by_hand: u32,
    /// The rows, to recount them.
    pub server: Server,
    pub end: Millis,
}

/// How it ended badly.
pub struct Failure {
    pub violation: Violation,
    /// The last part of the story.
    pub story: String,
}

/// Something to come.
enum Event {
    Alarm(usize),
    Push {
        phone: usize,
        transport: Transport,
        payload: Arc<[u8]>,
    },
    Pushed {
        boot: u64,
        number: u64,
        arrived: bool,
    },
    DispatchWake,
    ServerWake,
    PhoneWake(usize, u64),
    KeepAlive(usize, ConnectionId),
    Siren(usize, u64),
    /// A drill drove the siren's output up to the sound.
    Rehearsed(usize, u64),
    /// Whoever has the turn says that they have the pager.
    HaveIt(usize, TeamId),
    /// Somebody whose phone rings reaches for it.
    Hear(usize),
    /// Somebody looks at a ticket again.
    GoOn(usize, TicketId),
    Reopen(usize, TicketId),
    /// The system ends a process that has nothing to do.
    Doze(usize, u64),
    /// The administrator edits the file.
    Apply(Box<dyn Fn(&mut Setup)>),
    /// Somebody proposes a swap, and the other side answers after so long.
    Swap {
        after_days: [i64; 2],
        word: SwapWord,
    },
    AnswerSwap(usize, u64, SwapWord),
    /// The server gets a new version.
    Restart,
    /// The on-call goes through what nobody finished.
    Tidy,
}

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

/// What is to be done before time goes on.
enum Work {
    Input(usize, u64, Input),
    Ask(Request),
    Dispatch(Dispatch),
}

/// A year in the making.
pub struct Year {
    now_ms: i64,
    rng: Rng,
    queue: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u64,
    work: VecDeque<Work>,
    story: Story,
    server: Server,
    /// What wakes them is in the queue already.
    server_wakes_at: Option<Millis>,
    dispatcher_wakes_at: Option<Millis>,
    phones: Vec<Handset>,
    phone_wakes: Vec<u64>,
    links: BTreeMap<ConnectionId, (usize, LinkId)>,
    people: Vec<Person>,
    notifications: Vec<Notification>,
    setup: Setup,
    swaps: Vec<StandIn>,
    /// How the other side of a swap that is being proposed will answer.
    swap_words: BTreeMap<(PersonId, Millis), SwapWord>,
    /// Handoffs that waited for a phone.
    awaited: BTreeSet<(TeamId, Millis)>,
    taken_by_hand: u32,
    oracle: Oracle,
    last_id: u64,
}

impl Year {
    /// The year whose course a seed decides. `aloud` prints its story.
    pub fn new(seed: u64, aloud: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let begin = plan::begin();
        let setup = Setup::new();
        let owners: Vec<PersonId> = everybody().map(|(id, ..)| id.into()).collect();
        let database = format!("year-{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let (server, devices) = Server::new(database, &setup, &owners, None, begin);
        let phones: Vec<Handset> = owners
            .iter()
            .zip(devices)
            .map(|(person, (device, token))| {
                let me = tocsin_wire::Me {
                    person: person.clone(),
                    device,
                };
                Handset::new(person.to_string(), me, token, 0, rng.fork(), None)
            })
            .collect();
        let people = owners
            .into_iter()
            .map(|id| Person::new(id, rng.fork()))
            .collect();
        let mut year = Self {
            now_ms: begin.0,
            queue: BinaryHeap::new(),
            scheduled: 0,
            work: VecDeque::new(),
            story: Story::new(begin.0, aloud),
            server,
            server_wakes_at: None,
            dispatcher_wakes_at: None,
            phone_wakes: vec![0; phones.len()],
            phones,
            links: BTreeMap::new(),
            people,
            notifications: plan::notifications(&mut rng),
            setup,
            swaps: Vec::new(),
            swap_words: BTreeMap::new(),
            awaited: BTreeSet::new(),
            taken_by_hand: 0,
            oracle: Oracle::default(),
            last_id: 0,
            rng,
        };
        year.plan();
        year
    }

    fn plan(&mut self) {
        for number in 0..self.notifications.len() {
            let at = self.notifications[number].at;
            self.at(at, Event::Alarm(number));
        }
        for (date, edition) in EDITS {
            let at = setup::at_wall("Europe/Berlin", date.at(10, 0, 0, 0));
            let edit = move |setup: &mut Setup| setup.edition = edition;
            self.at(at, Event::Apply(Box::new(edit)));
        }
        // Overrides and swaps take turns, four weeks each, so that they are never of the same time.
        for block in 0..DAYS / 28 {
            let first = plan::day(block * 28);
            for _ in 0..4 {
                let date = first + self.rng.i64(0..10).days();
                let hour = self.rng.i8(8..20);
                let at = setup::at_wall("Europe/Berlin", date.at(hour, 0, 0, 0));
                if block % 2 == 0 {
                    self.plan_override(at);
                } else {
                    let after_days = [self.rng.i64(2..9), self.rng.i64(2..9)];
                    let word = self
                        .rng
                        .choice([SwapWord::Accept, SwapWord::Accept, SwapWord::Refuse])
                        .unwrap();
                    self.at(at, Event::Swap { after_days, word });
                }
            }
        }
        for month in 1..12 {
            let at = plan::begin().0 + month * 30 * DAY_MS + self.rng.i64(0..DAY_MS);
            self.at(Millis(at), Event::Restart);
        }
        for week in 0..i64::from(DAYS / 7) {
            let at = plan::begin().0 + week * 7 * DAY_MS + 3_600_000;
            self.at(Millis(at), Event::Tidy);
        }
    }

    /// Somebody of the shop stands in for a while, some days later.
    fn plan_override(&mut self, at: Millis) {
        let (person, ..) = setup::SHOP[self.rng.usize(0..setup::SHOP.len())];
        let from = at.0 / 1000 * 1000 + self.rng.i64(24..200) * 3_600_000;
        let until = from + self.rng.i64(2..30) * 3_600_000;
        let stand_in = StandIn {
            person: person.into(),
            from: Millis(from),
            until: Millis(until),
        };
        let add = move |setup: &mut Setup| {
            let overlaps = |it: &StandIn| it.from < stand_in.until && stand_in.from < it.until;
            if !setup.overrides.iter().any(overlaps) {
                setup.overrides.push(stand_in.clone());
            }
        };
        self.at(at, Event::Apply(Box::new(add)));
    }

    fn at(&mut self, at: Millis, event: Event) {
        self.scheduled += 1;
        self.queue.push(Reverse(Scheduled {
            at_ms: at.0.max(self.now_ms),
            number: self.scheduled,
            event,
        }));
    }

    fn after(&mut self, delay_ms: i64, event: Event) {
        self.at(Millis(self.now_ms + delay_ms), event);
    }

    /// Lives through all of it.
    ///
    /// # Errors
    /// The rule that was broken, and how it came to that.
    pub fn run(mut self) -> Result<Ending, Failure> {
        match self.live() {
            Ok(()) => Ok(Ending {
                trace: self.story.hash(),
                oracle: self.oracle,
                swaps: self.swaps,
                overrides: self.setup.overrides.len(),
                awaited: self.awaited.len(),
                taken_by_hand: self.taken_by_hand,
                server: self.server,
                end: Millis(self.now_ms),
            }),
            Err(violation) => Err(Failure {
                violation,
                story: self.story.end(),
            }),
        }
    }

    fn live(&mut self) -> Verdict {
        self.start_server()?;
        let end = plan::end();
        let mut at_once = 0;
        while let Some(Reverse(next)) = self.queue.pop() {
            if next.at_ms > end.0 {
                break;
            }
            at_once = if next.at_ms == self.now_ms {
                at_once + 1
            } else {
                0
            };
            assert!(at_once < AT_ONCE, "time stands still");
            self.now_ms = next.at_ms;
            self.happen(next.event)?;
            self.settle()?;
        }
        self.now_ms = end.0;
        self.check_end()
    }

    fn happen(&mut self, event: Event) -> Verdict {
        match event {
            Event::Alarm(number) => {
                let signal = self.notifications[number].signal.clone();
                self.ask(
                    Asker::Monitoring(number as u64),
                    Ask::Alarms(number as u64, signal),
                );
            }
            Event::Push {
                phone,
                transport,
                payload,
            } => {
                self.wake_up(phone);
                let opened = Ok(payload.to_vec());
                self.tell_phone(phone, Input::Push { transport, opened });
            }
            Event::Pushed {
                boot,
                number,
                arrived,
            } => {
                if boot == self.server.boot {
                    let outcome = if arrived {
                        Outcome::Accepted
                    } else {
                        let why = "no answer".to_owned();
                        Outcome::Unknown { why }
                    };
                    let finished = Dispatch::Finished { number, outcome };
                    self.work.push_back(Work::Dispatch(finished));
                }
            }
            Event::DispatchWake => {
                if self
                    .dispatcher_wakes_at
                    .is_some_and(|at| at.0 <= self.now_ms)
                {
                    self.dispatcher_wakes_at = None;
                    self.work.push_back(Work::Dispatch(Dispatch::Wake));
                }
            }
            // Settling lets the writer do what is due.
            Event::ServerWake => {}
            Event::PhoneWake(phone, number) => {
                if number == self.phone_wakes[phone] {
                    self.tell_phone(phone, Input::Wake);
                }
            }
            Event::KeepAlive(phone, connection) => self.keep_alive(phone, connection),
            Event::Siren(phone, run) => {
                let handset = &mut self.phones[phone];
                if handset.run == run && handset.siren_on {
                    handset.sounds = true;
                    let effective_volume = Some(1.0);
                    let event = SirenEvent::Started { effective_volume };
                    self.tell_phone(phone, Input::Siren(event));
                }
            }
            Event::Rehearsed(phone, run) => {
                let effective_volume = Some(1.0);
                let event = SirenEvent::Rehearsed { effective_volume };
                self.work
                    .push_back(Work::Input(phone, run, Input::Siren(event)));
            }
            Event::HaveIt(phone, team) => self.have_it(phone, team),
            Event::Hear(phone) => return self.hear(phone),
            Event::GoOn(phone, ticket) => return self.go_on(phone, ticket),
            Event::Reopen(phone, ticket) => {
                let resolved = self.oracle.ticket(ticket);
                if resolved.is_some_and(|it| !it.state.is_open()) {
                    self.act(phone, Act::Tap(ticket, Action::Reopen));
                    let delay = self.people[phone].looks_after_ms();
                    self.after(delay, Event::GoOn(phone, ticket));
                }
            }
            Event::Doze(phone, run) => self.doze(phone, run),
            Event::Apply(edit) => {
                let mut setup = self.setup.clone();
                edit(&mut setup);
                self.ask(Asker::Admin, Ask::Apply(setup));
            }
            Event::Swap { after_days, word } => self.propose_swap(after_days, word),
            Event::AnswerSwap(phone, swap, word) => self.answer_swap(phone, swap, word),
            Event::Restart => return self.restart(),
            Event::Tidy => self.tidy(),
        }
        Ok(())
    }

    /// Everything that follows without time going on.
    fn settle(&mut self) -> Verdict {
        loop {
            while let Some(work) = self.work.pop_front() {
                match work {
                    Work::Input(phone, run, input) => self.step(phone, run, input)?,
                    Work::Ask(request) => self.arrive(request),
                    Work::Dispatch(input) => self.dispatch(input),
                }
            }
            let due = self.server.next_due();
            if !self.server.has_waiting() && due.is_none_or(|due| due.0 > self.now_ms) {
                break;
            }
            self.write()?;
        }
        let due = self.server.next_due();
        if let Some(due) = due.filter(|_| due != self.server_wakes_at) {
            self.at(due, Event::ServerWake);
        }
        self.server_wakes_at = due;
        let due = self.server.dispatch_wake();
        if let Some(due) = due.filter(|_| due != self.dispatcher_wakes_at) {
            self.at(due, Event::DispatchWake);
        }
        self.dispatcher_wakes_at = due;
        Ok(())
    }

    fn ask(&mut self, asker: Asker, ask: Ask) {
        self.last_id += 1;
        let id = self.last_id;
        self.work.push_back(Work::Ask(Request { id, asker, ask }));
    }

    fn tell(&mut self, who: &str, what: std::fmt::Arguments<'_>) {
        self.story.tell(self.now_ms, who, what);
    }

    fn now(&self) -> Millis {
        Millis(self.now_ms)
    }
}

/// The server's part.
impl Year {
    fn start_server(&mut self) -> Verdict {
        self.server.start();
        for input in self.server.owed(true, Millis(self.now_ms)) {
            self.work.push_back(Work::Dispatch(input));
        }
        self.settle()
    }

    fn restart(&mut self) -> Verdict {
        self.tell("server", format_args!("is restarted"));
        self.server.crash();
        let connections: Vec<ConnectionId> = self.links.keys().copied().collect();
        for connection in connections {
            self.stream_ended(connection);
        }
        self.start_server()
    }

    fn arrive(&mut self, request: Request) {
        let now = self.now();
        let phone = match request.asker {
            Asker::Phone { phone, run } => {
                if self.phones[phone].run != run {
                    return;
                }
                Some(phone)
            }
            _ => None,
        };
        if let (Ask::Stream(link, after), Some(phone)) = (&request.ask, phone) {
            let token = self.phones[phone].token.clone();
            let connection = request.id;
            let first = self.server.open_stream(connection, &token, *after, now);
            let first = first.expect("the device is enrolled and the server runs");
            self.links.insert(connection, (phone, *link));
            self.phones[phone].stream = Some(connection);
            self.frame(connection, first);
            self.pump();
            self.after(KEEP_ALIVE_MS, Event::KeepAlive(phone, connection));
            return;
        }
        let token = phone.map(|phone| self.phones[phone].token.clone());
        if let Some((request, reply)) = self.server.receive(request, token.as_ref(), now) {
            self.replied(request, reply);
        }
    }

    fn write(&mut self) -> Verdict {
        let now = self.now();
        let tokens: Vec<_> = self.phones.iter().map(|it| it.token.clone()).collect();
        let mut setups = vec![self.setup.clone()];
        let commit = self.server.commit(&tokens, now);
        let Committing { requests, outcome } = commit.expect("nothing is wrong with the disk");
        let mut fired = Vec::new();
        let mut swaps = Vec::new();
        for (request, answer) in requests.iter().zip(&outcome.answers) {
            match (&request.ask, answer) {
                (Ask::Alarms(number, Signal::Fired(_)), _) => {
                    fired.push(self.notifications[*number as usize].trouble.clone());
                }
                (Ask::Apply(setup), _) => setups.push(setup.clone()),
                (Ask::Work(job), Answer::Swap(stored))
                    if matches!(
                        **job,
                        Job::Swap {
                            ask: AskSwap::Answer {
                                word: SwapWord::Accept,
                                ..
                            },
                            ..
                        }
                    ) =>
                {
                    let swap = &stored.swap.swap;
                    for (shift, other) in
                        [(swap.gives(), swap.takes()), (swap.takes(), swap.gives())]
                    {
                        swaps.push(StandIn {
                            person: other.person.as_str().into(),
                            from: Millis(shift.from.as_millisecond()),
                            until: Millis(shift.until.as_millisecond()),
                        });
                    }
                }
                _ => {}
            }
        }
        let updates = outcome.updates.clone();
        self.swaps.extend(swaps);
        self.setup = setups[setups.len() - 1].clone();
        let directory = self.server.directory().expect("the server runs");
        let verdict = self.oracle.committed(&Committed {
            disk: &self.server.disk,
            updates: &updates,
            fired,
            setups: &setups,
            swaps: &self.swaps,
            directory: &directory,
        });
        for update in &updates {
            self.tell("server", format_args!("commits {}", Told(&update.json)));
            self.story.note(&update.json);
        }
        verdict?;
        let published = self.server.publish().expect("it was just committed");
        self.pump();
        for (request, reply) in published.replies {
            self.replied(request, reply);
        }
        for owed in published.owed {
            if owed == Owed::Roster {
                let owed = self.server.owed(false, now);
                self.work.extend(owed.into_iter().map(Work::Dispatch));
            } else {
                self.work.push_back(Work::Dispatch(Dispatch::Owed(owed)));
            }
        }
        self.look_at_quiet_tickets(&updates);
        self.look_at_handoffs();
        Ok(())
    }

    /// Where no phone proves in time that it can ring, somebody says that they have the pager.
    fn look_at_handoffs(&mut self) {
        let directory = self.server.directory().expect("the server runs");
        for handoff in directory.handoffs() {
            if self.awaited.insert((handoff.team.clone(), handoff.at)) {
                let phone = self.phone_of(&handoff.to);
                let delay = self.rng.i64(120_000..3_600_000);
                self.after(delay, Event::HaveIt(phone, handoff.team.clone()));
            }
        }
    }

    fn have_it(&mut self, phone: usize, team: TeamId) {
        let directory = self.server.directory().expect("the server runs");
        let person = &self.phones[phone].person;
        let mut pending = directory.handoffs().iter();
        if !pending.any(|it| it.team == team && it.to == *person) {
            return;
        }
        let devices = self.server.disk.devices().unwrap();
        let device = devices.iter().find(|it| it.person == *person);
        let who = Who::on(device.expect("everybody has a phone"), Right::Respond);
        self.taken_by_hand += 1;
        self.ask(Asker::Admin, Ask::Work(Box::new(Job::HaveIt { who, team })));
    }

    /// What rings for nobody is looked at some time by whose it is.
    fn look_at_quiet_tickets(&mut self, updates: &[StoredUpdate]) {
        #[derive(serde::Deserialize)]
        struct Opened {
            events: Vec<TicketEvent>,
        }
        for update in updates {
            let Opened { events } = serde_json::from_str(&update.json).unwrap();
            let paged = events
                .iter()
                .any(|it| matches!(it, TicketEvent::Paged { .. }));
            for event in &events {
                let (TicketEvent::Opened { id, owner, .. }, false) = (event, paged) else {
                    continue;
                };
                let phone = self.phone_of(owner);
                let delay = self.people[phone].looks_after_ms();
                self.after(delay, Event::GoOn(phone, *id));
            }
        }
    }

    fn replied(&mut self, request: Request, reply: Reply) {
        let (asker, ask) = (request.asker, request.ask);
        let input = match (ask, reply) {
            (Ask::Sync(link, _), Reply::Sync(page)) => Input::Synced {
                link,
                result: Ok(page),
            },
            (Ask::Command(tap), Reply::Command(reply)) => Input::CommandAnswered {
                id: tap.id,
                result: Ok(reply),
            },
            (Ask::Receipts(batch), Reply::Received) => Input::ReceiptsAnswered {
                id: batch.id,
                result: Ok(()),
            },
            (Ask::Status(_), Reply::Written) => Input::StatusAnswered(Ok(())),
            (Ask::Work(job), Reply::Worked(answer)) => return self.swap_answered(&job, &answer),
            (Ask::Deliveries(_), Reply::Written) | (Ask::Apply(_), Reply::Applied) => return,
            (Ask::Alarms(number, signal), Reply::Alarms(taken)) => {
                let trouble = &self.notifications[number as usize].trouble;
                let fired = matches!(signal, Signal::Fired(_));
                let verdict = self.oracle.alarm_answered(&taken, fired, trouble);
                return verdict.unwrap_or_else(|broken| panic!("{}: {}", broken.rule, broken.what));
            }
            (ask, reply) => panic!("{ask:?} was answered with {reply:?}"),
        };
        if let Asker::Phone { phone, run } = asker {
            self.work.push_back(Work::Input(phone, run, input));
        }
    }

    /// One step of the dispatcher and what its runtime does with the effects.
    fn dispatch(&mut self, input: Dispatch) {
        let boot = self.server.boot;
        for effect in self.server.dispatch(input, Millis(self.now_ms)) {
            match effect {
                Effect::Send(attempt) => {
                    let device = &attempt.channel.device;
                    let phone = self.phones.iter().position(|it| it.device == *device);
                    let phone = phone.expect("a channel belongs to a phone");
                    let arrived = self.rng.u32(0..40) > 0;
                    if arrived {
                        let delay = self.rng.i64(200..4_000);
                        let push = Event::Push {
                            phone,
                            transport: attempt.channel.transport(),
                            payload: attempt.push.payload.clone(),
                        };
                        self.after(delay, push);
                    }
                    let number = attempt.number;
                    let delay = self.rng.i64(50..400);
                    self.after(
                        delay,
                        Event::Pushed {
                            boot,
                            number,
                            arrived,
                        },
                    );
                }
                Effect::Report(delivery) => {
                    self.ask(Asker::Dispatcher, Ask::Deliveries(vec![delivery]));
                }
                Effect::Retire { .. } => panic!("no push service said that an address is dead"),
                Effect::Told(notice) => {
                    self.ask(Asker::Admin, Ask::Work(Box::new(Job::EndNotice(notice))));
                }
            }
        }
    }
}

/// The phones' part.
impl Year {
    fn phone_of(&self, person: &PersonId) -> usize {
        let phone = self.phones.iter().position(|it| it.person == *person);
        phone.expect("everybody has a phone")
    }

    fn tell_phone(&mut self, phone: usize, input: Input) {
        let run = self.phones[phone].run;
        self.work.push_back(Work::Input(phone, run, input));
    }

    fn wake_up(&mut self, phone: usize) {
        if self.phones[phone].phone.is_none() {
            self.phones[phone].start();
            let run = self.phones[phone].run;
            self.tell_phone(phone, Input::Started);
            self.after(DOZES_AFTER_MS, Event::Doze(phone, run));
        }
    }

    fn step(&mut self, phone: usize, run: u64, input: Input) -> Verdict {
        let handset = &mut self.phones[phone];
        if handset.run != run || handset.phone.is_none() {
            return Ok(());
        }
        let was_on = handset.siren_on;
        let who = handset.name.clone();
        match &input {
            Input::Started => self
                .story
                .tell(self.now_ms, &who, format_args!("'s phone starts")),
            Input::Synced {
                result: Ok(page), ..
            } => {
                let (tickets, updates) = (page.tickets.len(), page.updates.len());
                let told = format_args!("'s phone syncs {tickets} tickets, {updates} updates");
                self.story.tell(self.now_ms, &who, told);
            }
            Input::Stream {
                event: StreamEvent::Hello(_),
                ..
            } => {
                let told = format_args!("'s phone is on its stream");
                self.story.tell(self.now_ms, &who, told);
            }
            Input::StreamEnded { .. } => {
                let told = format_args!("'s phone has no stream");
                self.story.tell(self.now_ms, &who, told);
            }
            _ => {}
        }
        let stepped = handset.step(input, self.now_ms);
        self.oracle.stored(&stepped.stored)?;
        match stepped.siren {
            Some(SirenCommand::Start(_)) => {
                if !was_on {
                    self.rings(phone);
                }
                let delay = self.rng.i64(100..900);
                self.after(delay, Event::Siren(phone, run));
            }
            Some(SirenCommand::Rehearse) => {
                let delay = self.rng.i64(300..2_000);
                self.after(delay, Event::Rehearsed(phone, run));
            }
            Some(SirenCommand::Stop) => {
                let told = format_args!("'s phone falls silent");
                self.story.tell(self.now_ms, &who, told);
            }
            None => {}
        }
        for ask in stepped.asks {
            if let Ask::Sync(..) | Ask::Stream(..) = ask
                && let Some(old) = self.phones[phone].stream.take()
            {
                self.links.remove(&old);
                self.server.close_stream(old);
            }
            self.ask(Asker::Phone { phone, run }, ask);
        }
        self.phone_wakes[phone] += 1;
        let number = self.phone_wakes[phone];
        let sleep = self.phones[phone].sleep_ms(self.now_ms);
        // The engine's own clock is read no more often than once a millisecond.
        self.after(sleep.max(1), Event::PhoneWake(phone, number));
        Ok(())
    }

    fn keep_alive(&mut self, phone: usize, connection: ConnectionId) {
        if self.phones[phone].stream == Some(connection) {
            self.frame(connection, Frame::KeepAlive);
            self.after(KEEP_ALIVE_MS, Event::KeepAlive(phone, connection));
        }
    }

    fn pump(&mut self) {
        for (connection, frame) in self.server.drain() {
            self.frame(connection, frame);
        }
    }

    fn frame(&mut self, connection: ConnectionId, frame: Frame) {
        let Some((phone, link)) = self.links.get(&connection).copied() else {
            return;
        };
        let event = match frame {
            Frame::Hello(hello) => StreamEvent::Hello(hello),
            Frame::Update(cursor, json) => StreamEvent::Update {
                cursor,
                update: Box::new(serde_json::from_str(&json).unwrap()),
            },
            Frame::Reset => StreamEvent::Reset,
            Frame::CatchUp => StreamEvent::CatchUp,
            Frame::KeepAlive => StreamEvent::KeepAlive,
            Frame::Closed => return self.stream_ended(connection),
        };
        self.tell_phone(phone, Input::Stream { link, event });
    }

    fn stream_ended(&mut self, connection: ConnectionId) {
        self.server.close_stream(connection);
        let Some((phone, link)) = self.links.remove(&connection) else {
            return;
        };
        self.phones[phone].stream = None;
        let error = NetworkError::Unreachable {
            reason: "the server closed the stream".to_owned(),
        };
        self.tell_phone(phone, Input::StreamEnded { link, error });
    }

    fn doze(&mut self, phone: usize, run: u64) {
        let handset = &mut self.phones[phone];
        if handset.run != run {
            return;
        }
        let Some(view) = handset.view(self.now_ms) else {
            return;
        };
        if handset.siren_on || !view.taps.is_empty() {
            self.after(DOZES_AFTER_MS, Event::Doze(phone, run));
            return;
        }
        let stream = handset.stream;
        handset.crash();
        if let Some(connection) = stream {
            self.links.remove(&connection);
            self.server.close_stream(connection);
        }
    }
}

/// The people's part.
impl Year {
    fn rings(&mut self, phone: usize) {
        let person = self.phones[phone].person.clone();
        let hour = wall(zone_of(&person), self.now()).hour();
        let asleep = !(7..22).contains(&hour);
        let delay = self.people[phone].hears_after_ms(asleep);
        self.tell(
            person.as_str(),
            format_args!("is rung, hears it in {} s", delay / 1000),
        );
        self.after(delay, Event::Hear(phone));
    }

    fn view(&mut self, phone: usize) -> Result<View, Violation> {
        self.wake_up(phone);
        self.settle()?;
        Ok(self.phones[phone].view(self.now_ms).expect("it runs"))
    }

    fn hear(&mut self, phone: usize) -> Verdict {
        let view = self.view(phone)?;
        self.oracle
            .check_siren(&view, self.phones[phone].siren_on, self.now())?;
        let acts = self.people[phone].answers(&view);
        for act in acts {
            self.act(phone, act);
        }
        self.settle()?;
        for page in &view.pages {
            let delay = self.rng.i64(60_000..1_200_000);
            self.after(delay, Event::GoOn(phone, page.ticket));
        }
        if self.phones[phone].siren_on {
            let delay = self.rng.i64(20_000..200_000);
            self.after(delay, Event::Hear(phone));
        }
        Ok(())
    }

    /// Whoever has a ticket in hand takes the next step with it.
    fn go_on(&mut self, phone: usize, ticket: TicketId) -> Verdict {
        let is_theirs = |it: &tocsin_ticket::Ticket, person: &PersonId| {
            it.state.is_open() && it.owner == *person
        };
        let person = self.phones[phone].person.clone();
        if !self
            .oracle
            .ticket(ticket)
            .is_some_and(|it| is_theirs(it, &person))
        {
            return Ok(());
        }
        let view = self.view(phone)?;
        let item = view.tickets.iter().find(|it| it.ticket.id == ticket);
        let Some(item) = item else {
            return Err(Violation {
                rule: Rule::PhoneFollowsLog,
                what: format!("{person}'s phone does not know {ticket}, which is theirs"),
            });
        };
        let (actions, next) = self.people[phone].goes_on(&item.ticket);
        let resolves = actions.contains(&Action::Resolve);
        for action in actions {
            self.act(phone, Act::Tap(ticket, action));
        }
        match self.people[phone].reopens_after_ms().filter(|_| resolves) {
            Some(delay) => self.after(delay, Event::Reopen(phone, ticket)),
            None => self.after(next, Event::GoOn(phone, ticket)),
        }
        Ok(())
    }

    fn act(&mut self, phone: usize, act: Act) {
        self.wake_up(phone);
        let id = CommandId::new(format!("{:032x}", self.rng.u128(..)));
        let who = self.phones[phone].name.clone();
        let input = match act {
            Act::Look(ticket) => Input::Seen { ticket },
            Act::CheckInAll => {
                self.tell(&who, format_args!("checks in to all"));
                Input::CheckInAll { id }
            }
            Act::Tap(ticket, action) => {
                self.tell(&who, format_args!("taps {action:?} for {ticket}"));
                Input::Tap { id, ticket, action }
            }
        };
        self.tell_phone(phone, input);
    }

    /// What nobody finished in the week before is closed.
    fn tidy(&mut self) {
        let old = self.now_ms - 2 * DAY_MS;
        let left: Vec<(TicketId, PersonId)> = self
            .oracle
            .open_tickets()
            .filter(|it| it.state_since.0 < old)
            .map(|it| (it.id, it.owner.clone()))
            .collect();
        for (ticket, owner) in left {
            let phone = self.phone_of(&owner);
            self.act(phone, Act::Tap(ticket, Action::Resolve));
        }
    }

    fn propose_swap(&mut self, after_days: [i64; 2], word: SwapWord) {
        let team = "shop".into();
        let directory = self.server.directory().expect("the server runs");
        let [gives, takes] = after_days.map(|days| Millis(self.now_ms + days * DAY_MS + 5_000));
        let rota = &directory.rotas(&team)[Layer::PRIMARY.0];
        let holder = |at: Millis| rota.on_call(instant(at)).person;
        let (mine, theirs) = (holder(gives), holder(takes));
        if mine == theirs {
            return;
        }
        let person = PersonId::from(mine.as_str());
        self.tell(
            person.as_str(),
            format_args!("asks {theirs} to swap, who will {word:?}"),
        );
        let layer = Layer::PRIMARY;
        let ask = AskSwap::Propose {
            team,
            layer,
            gives,
            takes,
        };
        let teams = directory.teams_of(&person).to_vec();
        self.swap_words.insert((person.clone(), gives), word);
        let by = Doer::Device {
            device: person.as_str().into(),
            person,
        };
        let job = Job::Swap { by, teams, ask };
        self.ask(Asker::Admin, Ask::Work(Box::new(job)));
    }

    fn swap_answered(&mut self, job: &Job, answer: &Answer) {
        let (Job::Swap { by, ask, .. }, Answer::Swap(stored)) = (job, answer) else {
            return;
        };
        if let (AskSwap::Propose { gives, .. }, Some(person)) = (ask, by.person())
            && let Some(word) = self.swap_words.remove(&(person.clone(), *gives))
        {
            let other = PersonId::from(stored.swap.swap.takes().person.as_str());
            let delay = self.rng.i64(600_000..20 * 3_600_000);
            let phone = self.phone_of(&other);
            self.after(delay, Event::AnswerSwap(phone, stored.id, word));
        }
    }

    fn answer_swap(&mut self, phone: usize, swap: u64, word: SwapWord) {
        let person = self.phones[phone].person.clone();
        let directory = self.server.directory().expect("the server runs");
        let teams = directory.teams_of(&person).to_vec();
        self.tell(
            person.as_str(),
            format_args!("says {word:?} to swap {swap}"),
        );
        let ask = AskSwap::Answer { swap, word };
        let by = Doer::Device {
            device: person.as_str().into(),
            person,
        };
        let job = Job::Swap { by, teams, ask };
        self.ask(Asker::Admin, Ask::Work(Box::new(job)));
    }
}

/// The end.
impl Year {
    fn check_end(&mut self) -> Verdict {
        self.settle()?;
        let directory = self.server.directory().expect("the server runs");
        for phone in 0..self.phones.len() {
            let before = self.view(phone)?;
            let visible = directory.teams_of(&self.phones[phone].person);
            self.oracle.check_converged(&before, visible)?;
            self.replay(phone)?;
            let after = self.view(phone)?;
            if before.tickets != after.tickets || before.siren.ringing != after.siren.ringing {
                return Err(Violation {
                    rule: Rule::PhoneFollowsLog,
                    what: format!("{} changed when it heard the log again", before.me.id),
                });
            }
        }
        Ok(())
    }

    /// 9: hearing the last month again, by another way, changes nothing.
    fn replay(&mut self, phone: usize) -> Verdict {
        let last = self.server.disk.last_seq().unwrap();
        let rows = self
            .server
            .disk
            .log_after(
                &setup::everything(),
                last.saturating_sub(2_000),
                usize::MAX >> 1,
            )
            .unwrap();
        let directory = self.server.directory().expect("the server runs");
        let person = self.phones[phone].person.clone();
        for row in rows {
            if directory.audience(&row.team).contains(&person) {
                let opened = Ok(as_push(&row.json));
                let transport = Transport::Fcm;
                self.tell_phone(phone, Input::Push { transport, opened });
            }
        }
        self.settle()
    }
}
