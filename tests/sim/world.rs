//! The world: one queue of things to come, one clock, one seed. Whatever happens, happens here.
//!
//! What happens to whom is in the modules: to the server ([`serving`]), to messages ([`carrying`]),
//! to pushes ([`pushing`]), to phones ([`carried`]) and people ([`living`]); what goes wrong is in [`failing`], and what was
//! drawn beforehand in [`plan`].

mod carried;
mod carrying;
mod failing;
mod living;
mod plan;
mod pushing;
mod serving;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use fastrand::Rng;
use tocsin_ingest::Signal;
use tocsin_pager::engine::Input;
use tocsin_server::store::StoredUpdate;
use tocsin_ticket::{Millis, Transport};

use crate::defects::Defect;
use crate::network::{Asker, ConnectionId, Network, PushAnswer, RequestId};
use crate::oracle::{Oracle, Rule, Tally, Trouble, Verdict, Violation, check_siren_meanwhile};
use crate::people::{Act, Person};
use crate::phone::{Handset, LONGEST_SLEEP_MS};
use crate::server::{Reply, Request, Server, as_push};
use crate::setup::Setup;
use crate::story::Story;
use failing::Fault;
use pushing::Ladder;

/// How long things go wrong.
const TROUBLED_MS: i64 = 10 * 60_000;

/// How long everything then has to heal: the longest wait of a phone (30 s), a silent stream (40 s)
/// and a lost request (15 s), twice.
const HEALING_MS: i64 = 170_000;

/// More things than these never happen in one millisecond, unless somebody goes round in circles.
const AT_ONCE: u32 = 10_000;

/// How often the oracle looks although nothing happens.
const LOOK_EVERY_MS: i64 = 5_000;

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
        transport: Transport,
        payload: Arc<[u8]>,
        late: bool,
    },
    /// A push service answers the dispatcher.
    Pushed {
        boot: u64,
        number: u64,
        transport: Transport,
        answer: PushAnswer,
    },
    DispatchWake {
        boot: u64,
        number: u64,
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
    Rehearsed {
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
    dispatch_wake: u64,
    ladder: Ladder,
    /// Restart after so long, if the process shall die right after the next commit.
    crash_after_commit: Option<i64>,
    phones: Vec<Handset>,
    phone_wakes: Vec<u64>,
    phone_clock_set_ms: Vec<i64>,
    people: Vec<Person>,
    network: Network,
    notifications: Vec<Notification>,
    setup: Setup,
    /// What the administrator is applying, until it is answered.
    applying: Option<(RequestId, Setup)>,
    oracle: Oracle,
    healed: bool,
    history: Vec<StoredUpdate>,
}

impl World {
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
                self.keep_alive(connection);
                Ok(())
            }
            Event::Push {
                phone,
                transport,
                payload,
                late,
            } => {
                self.oracle.tally.late_pushes += u64::from(late);
                self.tell_phone(phone, format_args!("gets a push by {transport}"));
                let opened = Ok(payload.to_vec());
                self.step(phone, Input::Push { transport, opened })
            }
            Event::Pushed {
                boot,
                number,
                transport,
                answer,
            } => self.pushed(boot, number, transport, answer),
            Event::DispatchWake { boot, number } => {
                if self.server.boot == boot && self.dispatch_wake == number {
                    return self.dispatch(tocsin_server::dispatch::Input::Wake);
                }
                Ok(())
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
            Event::Rehearsed { phone, run } => self.rehearsed(phone, run),
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

    fn look(&mut self) -> Verdict {
        let server_now = self.server.now(self.now_ms);
        let Some(directory) = self.server.directory() else {
            return Ok(());
        };
        self.oracle.check_overdue(server_now, self.now_ms)?;
        self.check_ladder()?;
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
                rule: Rule::EveryAlarmInOneTicket,
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
                    let opened = Ok(as_push(&update.json));
                    let transport = Transport::Fcm;
                    self.step(phone, Input::Push { transport, opened })?;
                }
            }
            let after = self.phones[phone].view(self.now_ms).unwrap();
            // Where the server's clock was set back, an old push may look new. The phone asks for
            // what it left out and, when the log does not know it, for a snapshot.
            if after.tickets.iter().any(|item| item.ticket.partial) {
                continue;
            }
            if before.tickets != after.tickets || before.siren.ringing != after.siren.ringing {
                return Err(Violation {
                    rule: Rule::PhoneFollowsLog,
                    what: format!("{} changed when it heard the whole log again", person),
                });
            }
        }
        Ok(())
    }

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
                | Self::Pushed { .. }
                | Self::Committed { .. }
                | Self::Siren { .. }
                | Self::Rehearsed { .. }
        )
    }
}
