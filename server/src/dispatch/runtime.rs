//! The dispatcher at work: transports, a clock, and the way back to the engine.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tocsin_directory::Directory;
use tocsin_push::{Outcome, Transport};
use tocsin_ticket::{Millis, Severity, TicketId};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::plan::{Attempt, Dispatcher, Effect, Input, SILENCE_LASTS};
use super::roster::{Channel, Means, Roster};
use crate::engine::{Clock, Delivery, Job, Owed, Writer, WriterError};
use crate::hub::Hub;
use crate::store::{Reader, StoreError};
use crate::watch;

/// News that may wait. When there is more, all that is owed is read from the store again.
const NEWS_QUEUE: usize = 1024;

/// Things to write down that may wait: after an outage a service takes pages faster than the store
/// takes their receipts. What comes when so many wait is not written: after a restart its page is
/// sent once more. Room is taken only by what waits.
const WRITE_QUEUE: usize = 65_536;

/// Deliveries written down in one job.
const DELIVERIES_PER_JOB: usize = 256;

/// Tickets read at a time.
const CHUNK: usize = 500;

/// An attempt is given up after this time, whatever its transport promised.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(12);

/// Changes of devices are gathered for this long: many phones may enrol at once.
const ROSTER_PAUSE: Duration = Duration::from_millis(200);

/// The longest sleep. A clock that was set is noticed after this time at the latest.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// Tells the dispatcher what the engine has put on disk. Cheap to clone; never waits.
#[derive(Debug, Clone)]
pub struct Dispatch {
    news: mpsc::Sender<Vec<Owed>>,
    behind: Arc<Behind>,
}

#[derive(Debug, Default)]
struct Behind {
    is: AtomicBool,
    changed: Notify,
}

/// The other end of [`Dispatch`].
#[derive(Debug)]
pub struct Inbox {
    news: mpsc::Receiver<Vec<Owed>>,
    behind: Arc<Behind>,
}

impl Dispatch {
    /// Both ends.
    #[must_use]
    pub fn channel() -> (Self, Inbox) {
        let (sender, news) = mpsc::channel(NEWS_QUEUE);
        let behind = Arc::<Behind>::default();
        let inbox = Inbox {
            news,
            behind: Arc::clone(&behind),
        };
        let dispatch = Self {
            news: sender,
            behind,
        };
        (dispatch, inbox)
    }

    /// Hands over what was committed, in order. When the dispatcher does not keep up, it is told to
    /// read everything from the store instead: nothing is lost.
    pub fn tell(&self, owed: Vec<Owed>) {
        if !owed.is_empty() && self.news.try_send(owed).is_err() {
            self.behind.is.store(true, Ordering::Release);
            self.behind.changed.notify_one();
        }
    }
}

/// What the dispatcher works with.
pub struct Runtime {
    /// Sends, choosing by the address.
    pub transport: Arc<dyn Transport>,
    /// What can be sent by.
    pub means: Means,
    /// Where what is owed is read.
    pub reader: Arc<dyn Reader>,
    /// Who is who.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Live streams, which drills test too.
    pub hub: Arc<Hub>,
    /// Where results are written down.
    pub writer: Writer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Keeps names meaningless to push services.
    pub salt: [u8; 16],
}

impl Runtime {
    /// Starts dispatching: first what the store says is owed, then what comes. Ends when every
    /// [`Dispatch`] is gone.
    #[must_use]
    pub fn start(self, inbox: Inbox) -> JoinHandle<()> {
        let seed = u64::from_le_bytes(self.salt[..8].try_into().expect("eight bytes"));
        let dispatcher = Dispatcher::new(self.salt, seed ^ self.clock.now().0.unsigned_abs());
        let (write, queue) = mpsc::channel(WRITE_QUEUE);
        tokio::spawn(write_down(self.writer.clone(), queue));
        let work = Work {
            dispatcher,
            flights: JoinSet::new(),
            write,
            reading: None,
            roster_at: None,
            roster: Arc::default(),
            runtime: self,
        };
        tokio::spawn(work.run(inbox))
    }
}

/// Reading everything that is owed from the store, chunk by chunk, while news goes on.
#[derive(Debug, Default)]
struct Reading {
    after: Option<(Severity, TicketId)>,
    /// Versions of tickets that came as news meanwhile: what is read may be older.
    newer: HashMap<TicketId, u64>,
}

struct Work {
    runtime: Runtime,
    dispatcher: Dispatcher,
    flights: JoinSet<(u64, Outcome)>,
    write: mpsc::Sender<Note>,
    reading: Option<Reading>,
    roster_at: Option<tokio::time::Instant>,
    roster: Arc<Roster>,
}

/// Something to write down.
#[derive(Debug)]
enum Note {
    Delivery(Delivery),
    Job(Job),
}

impl Work {
    async fn run(mut self, mut inbox: Inbox) {
        self.read_roster();
        self.read_ended();
        loop {
            metrics::gauge!("tocsin_dispatch_owed").set(self.dispatcher.owed() as f64);
            let sleep = self.dispatcher.next_wake().map_or(LONGEST_SLEEP, |at| {
                at.since(self.runtime.clock.now()).min(LONGEST_SLEEP)
            });
            let roster_at = self.roster_at;
            let reading = self.reading.is_some();
            let room = self.write.capacity() > WRITE_QUEUE / 2;
            tokio::select! {
                biased;
                news = inbox.news.recv() => match news {
                    Some(news) => self.take(news),
                    None => return,
                },
                // What cannot be written down yet is not heard yet, which fills the lanes' room.
                Some(ended) = self.flights.join_next(), if room => {
                    let (number, outcome) = ended.unwrap_or_else(|error| {
                        panic!("a transport panicked: {error}")
                    });
                    self.step(Input::Finished { number, outcome });
                }
                () = inbox.behind.changed.notified() => {
                    if inbox.behind.is.swap(false, Ordering::AcqRel) {
                        self.read_everything();
                    }
                }
                () = sleep_until(roster_at) => self.read_roster(),
                () = tokio::task::yield_now(), if reading => self.read_chunk(),
                () = tokio::time::sleep(sleep) => self.step(Input::Wake),
            }
        }
    }

    fn take(&mut self, news: Vec<Owed>) {
        for owed in news {
            match &owed {
                Owed::Roster => {
                    let soon = tokio::time::Instant::now() + ROSTER_PAUSE;
                    self.roster_at.get_or_insert(soon);
                }
                Owed::Ticket(ticket) => {
                    if let Some(reading) = &mut self.reading {
                        reading.newer.insert(ticket.id, ticket.version);
                    }
                }
                Owed::Drill(record) if record.receipts.is_empty() => {
                    self.runtime
                        .hub
                        .drill(&record.person, &record.device, &record.drill);
                }
                Owed::Notice(notice) => {
                    let told = self
                        .runtime
                        .hub
                        .notice(&notice.person, &notice.on_the_wire());
                    if told {
                        self.note(Note::Job(Job::EndNotice(notice.id)));
                    }
                }
                Owed::Drill(_) => {}
            }
            self.step(Input::Owed(owed));
        }
    }

    fn step(&mut self, input: Input) {
        let now = self.runtime.clock.now();
        for effect in self.dispatcher.step(input, now) {
            match effect {
                Effect::Send(attempt) => self.send(attempt, now),
                Effect::Report(delivery) => self.note(Note::Delivery(delivery)),
                Effect::Retire { channel, why } => {
                    let job = self.retire(&channel, why);
                    self.note(Note::Job(job));
                }
                Effect::Told(notice) => self.note(Note::Job(Job::EndNotice(notice))),
            }
        }
    }

    fn send(&mut self, attempt: Attempt, now: Millis) {
        let transport = Arc::clone(&self.runtime.transport);
        let label = attempt.channel.transport().to_string();
        self.flights.spawn(async move {
            let send = transport.send(&attempt.channel.address, &attempt.push, now);
            let outcome = tokio::time::timeout(ATTEMPT_LIMIT, send)
                .await
                .unwrap_or_else(|_| Outcome::Unknown {
                    why: format!("no answer within {} s", ATTEMPT_LIMIT.as_secs()),
                });
            let result = match &outcome {
                Outcome::Accepted => "accepted",
                Outcome::RetryAfter { .. } => "retry",
                Outcome::DeadToken { .. } => "dead",
                Outcome::Refused { why } => {
                    tracing::error!(transport = label, why, "a push service refuses us");
                    "refused"
                }
                Outcome::Unknown { .. } => "unknown",
            };
            metrics::counter!("tocsin_pushes_total", "transport" => label, "outcome" => result)
                .increment(1);
            (attempt.number, outcome)
        });
    }

    fn note(&self, note: Note) {
        if self.write.try_send(note).is_err() {
            metrics::counter!("tocsin_dispatch_unwritten_total").increment(1);
        }
    }

    /// Whoever loses a way to be woken hears of it by another, and so does whoever leads them.
    fn retire(&self, channel: &Channel, why: String) -> Job {
        let directory = self.runtime.directory.load();
        let person = &channel.person;
        let name = directory.name_of(person);
        let transport = channel.transport();
        let subject = format!("{name}: one device can no longer be paged by {transport}");
        let body = format!(
            "The push service says that the address of device {} is dead ({why}). Tocsin has \
             stopped using it. {name}: open the app on that phone, or enrol it again, and run a \
             drill. Until then pages reach you by your other devices only.",
            channel.device
        );
        let tocsin_push::Address::Device(address) = channel.address.clone() else {
            unreachable!("only the addresses of devices are retired");
        };
        Job::RetireChannel {
            device: channel.device.clone(),
            address,
            why,
            tell: watch::leads(&directory, person)
                .into_iter()
                .map(|person| (person, subject.clone(), body.clone()))
                .collect(),
        }
    }

    /// Reads who can be reached how; pages of people who could not be reached before are read too.
    fn read_roster(&mut self) {
        self.roster_at = None;
        let directory = self.runtime.directory.load_full();
        let read = || {
            let devices = self.runtime.reader.devices()?;
            let channels = self.runtime.reader.channels()?;
            Ok::<_, StoreError>((devices, channels))
        };
        match read() {
            Ok((devices, channels)) => {
                let means = &self.runtime.means;
                let roster = Arc::new(Roster::new(directory, &devices, &channels, means));
                let more = roster
                    .people()
                    .any(|person| self.roster.tiers(person).is_empty());
                self.roster = Arc::clone(&roster);
                self.step(Input::Roster(roster));
                if more {
                    self.read_everything();
                }
            }
            Err(error) => {
                tracing::error!(%error, "the devices could not be read; trying again");
                self.roster_at = Some(tokio::time::Instant::now() + Duration::from_secs(1));
            }
        }
    }

    /// Devices that were sent a page which ended just before a restart may not have heard of it.
    fn read_ended(&mut self) {
        let since = self.runtime.clock.now() - SILENCE_LASTS;
        match self.runtime.reader.silenced_since(since) {
            Ok(ended) => {
                for (ticket, person) in ended {
                    self.step(Input::Ended(Arc::new(ticket), person));
                }
            }
            Err(error) => tracing::error!(%error, "pages that ended lately could not be read"),
        }
    }

    fn read_everything(&mut self) {
        if self.roster.people().next().is_none() {
            // Nobody can be reached but by live streams, which have a way of their own to catch up.
            return;
        }
        self.reading = Some(Reading::default());
        let now = self.runtime.clock.now();
        let reader = Arc::clone(&self.runtime.reader);
        match (
            reader.drills_since(now - watch::DRILL_LASTS),
            reader.notices(),
        ) {
            (Ok(drills), Ok(notices)) => {
                for drill in drills {
                    self.step(Input::Owed(Owed::Drill(drill)));
                }
                for notice in notices {
                    self.step(Input::Owed(Owed::Notice(notice)));
                }
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "drills and notices could not be read");
            }
        }
    }

    fn read_chunk(&mut self) {
        let Some(mut reading) = self.reading.take() else {
            return;
        };
        match self.runtime.reader.paging_after(reading.after, CHUNK) {
            Ok(tickets) => {
                let full = tickets.len() == CHUNK;
                for ticket in tickets {
                    reading.after = Some((ticket.severity, ticket.id));
                    let known = reading.newer.get(&ticket.id);
                    if known.is_none_or(|newer| ticket.version >= *newer) {
                        self.step(Input::Owed(Owed::Ticket(Arc::new(ticket))));
                    }
                }
                if full {
                    self.reading = Some(reading);
                }
            }
            Err(error) => {
                tracing::error!(%error, "what is owed could not be read; trying again");
                self.reading = Some(reading);
            }
        }
    }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => core::future::pending().await,
    }
}

/// Writes down what became of attempts, many at a time, until the store has taken it.
async fn write_down(writer: Writer, mut queue: mpsc::Receiver<Note>) {
    let mut notes = Vec::new();
    while queue.recv_many(&mut notes, DELIVERIES_PER_JOB).await > 0 {
        let mut deliveries = Vec::new();
        for note in notes.drain(..) {
            match note {
                Note::Delivery(delivery) => deliveries.push(delivery),
                Note::Job(job) => submit(&writer, || job.clone()).await,
            }
        }
        if !deliveries.is_empty() {
            submit(&writer, || Job::Deliveries(deliveries.clone())).await;
        }
    }
}

async fn submit(writer: &Writer, job: impl Fn() -> Job) {
    loop {
        match writer.submit(job()).await {
            Ok(_) | Err(WriterError::Stopped) => return,
            Err(error) => {
                tracing::warn!(%error, "a delivery is not written down yet");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
