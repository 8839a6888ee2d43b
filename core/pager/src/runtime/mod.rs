//! Performs what the engine wants, in the order in which it matters.
//!
//! One task owns the [`Phone`]. A step's siren effect is performed before anything else and never
//! waits for the disk: changes are committed on a blocking thread, one batch at a time, and whatever
//! arrives meanwhile joins the next batch. What goes to the server goes after the batch is on disk
//! that it belongs to. While much is still to be stored, nothing more is taken from the network, so
//! no queue grows with what a server sends; pushes and taps are taken at all times.

mod enroll;
mod ports;
mod question;

use core::time::Duration;
use std::sync::Arc;

use futures_util::StreamExt;
use tocsin_seal::DeviceKeys;
use tocsin_ticket::{Millis, TicketId, Transport};
use tocsin_wire::{
    Action, CommandId, DrillView, Entry, OnCall, PushChannel, PushInfo, ShiftView, TicketDetail,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::engine::{
    Change, Effect, Input, Language, Phone, Settings, SirenCommand, SirenEvent, View,
};
use crate::net::{Network, NetworkError};
use crate::store::{Store, StoreError};
use question::{Question, Reply};

pub use enroll::{EnrollError, device_keys, enroll};
pub use ports::{Clock, Device, Ports, Random, SirenOutput, SystemClock, system_random};

/// Changes that may wait for the disk before nothing more is taken from the network.
const UNSTORED_LIMIT: usize = 512;

/// Inputs from the network that may wait for the engine.
const NETWORK_QUEUE: usize = 64;

/// How long after a failure the disk is tried again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// The wall clock is looked at again after this long even if nothing happens, because it may have
/// been set while a timer, which it does not move, was running.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// A view is published at the latest after this many steps.
const STEPS_PER_VIEW: u32 = 256;

/// What a pager is told when it starts.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The language of every text, until [`PagerHandle::speak`].
    pub language: Language,
    /// The push that woke this process, if one did: it sounds before anything else happens.
    pub woken_by: Option<SealedPush>,
}

/// A push as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPush {
    /// How.
    pub transport: Transport,
    /// Sealed to this device.
    pub bytes: Vec<u8>,
}

impl SealedPush {
    fn open(self, keys: &DeviceKeys) -> Input {
        Input::Push {
            transport: self.transport,
            opened: keys.open(&self.bytes).map_err(|error| error.to_string()),
        }
    }
}

/// What an address for pushes needs of this device's keys; see `tocsin_wire::PushAddress`. Whoever
/// has them can push to the device, so they do not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PushKeys {
    /// For APNs and FCM.
    pub key: String,
    /// For WebPush: the public key.
    pub p256dh: String,
    /// For WebPush: the other half.
    pub auth: String,
}

impl std::fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushKeys(…)")
    }
}

/// Starts pagers.
#[derive(Debug)]
pub struct Pager;

impl Pager {
    /// Reads the store and starts. The siren sounds before this returns if it shall; everything else
    /// goes on in a task of the tokio runtime that this is called from.
    ///
    /// The pager runs until [`PagerHandle::shutdown`] or until its last handle is dropped.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read or the device is not enrolled.
    pub fn start<N: Network>(
        store: Store,
        config: Config,
        ports: Ports<N>,
    ) -> Result<PagerHandle, StoreError> {
        let [a, b, c, d, e, f, g, h, ..] = (ports.random)();
        let settings = Settings {
            language: config.language,
            seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        };
        let phone = Phone::new(store.load()?, &settings);
        let view = watch::Sender::new(Arc::new(phone.view(ports.clock.now())));
        let (shell, from_shell) = mpsc::unbounded_channel();
        let (network_inputs, from_network) = mpsc::channel(NETWORK_QUEUE);
        let handle = PagerHandle {
            shell,
            view: view.subscribe(),
            random: Arc::clone(&ports.random),
            keys: Arc::new(ports.keys),
        };
        ports.siren.report_to(SirenReporter {
            shell: handle.shell.downgrade(),
        });
        let mut runtime = Runtime {
            phone,
            clock: ports.clock,
            siren: ports.siren,
            device: ports.device,
            network: Arc::new(ports.network),
            view,
            network_inputs,
            link: None,
            requests: JoinSet::new(),
            disk: Disk::Idle(store),
            disk_failed: false,
            pending: Batch::default(),
            wake: None,
            unseen_steps: 0,
        };
        if let Some(push) = config.woken_by {
            runtime.step(push.open(&handle.keys));
        }
        runtime.step(Input::Started);
        let status = runtime.device.status();
        runtime.step(Input::Device(status));
        tokio::spawn(runtime.run(from_shell, from_network));
        Ok(handle)
    }
}

/// A running pager. Clones are handles of the same pager.
#[derive(Clone)]
pub struct PagerHandle {
    shell: mpsc::UnboundedSender<Message>,
    view: watch::Receiver<Arc<View>>,
    random: Random,
    keys: Arc<DeviceKeys>,
}

impl std::fmt::Debug for PagerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PagerHandle").finish_non_exhaustive()
    }
}

impl PagerHandle {
    /// Whether both are handles of one pager.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.shell.same_channel(&other.shell)
    }

    /// What to show, now and whenever it changes. It ends with the pager.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// The person tapped. It shows in the next view, and is done even if the device is offline or
    /// the process is killed once [`PagerHandle::settled`].
    pub fn tap(&self, ticket: TicketId, action: Action) -> CommandId {
        let id = self.tap_id();
        self.input(Input::Tap {
            id: id.clone(),
            ticket,
            action,
        });
        id
    }

    /// The person tapped "check in to all": one tap for every ticket with a page that rings.
    pub fn check_in_all(&self) -> CommandId {
        let id = self.tap_id();
        self.input(Input::CheckInAll { id: id.clone() });
        id
    }

    fn tap_id(&self) -> CommandId {
        CommandId::new(hex::encode((self.random)()))
    }

    /// The page screen of this ticket is in front of the person.
    pub fn seen(&self, ticket: TicketId) {
        self.input(Input::Seen { ticket });
    }

    /// A push message arrived, sealed to this device. Bytes that do not open do no harm.
    pub fn receive_push(&self, transport: Transport, bytes: Vec<u8>) {
        self.input(SealedPush { transport, bytes }.open(&self.keys));
    }

    /// The ways to push to this device, all of them, in order of preference. Say it whenever they
    /// change: the server is told until it has exactly these.
    pub fn push_channels(&self, channels: Vec<PushChannel>) {
        self.input(Input::PushChannels(channels));
    }

    /// What this device's addresses for pushes need of its keys.
    #[must_use]
    pub fn push_keys(&self) -> PushKeys {
        PushKeys {
            key: self.keys.seal_key().to_text(),
            p256dh: self.keys.p256dh(),
            auth: self.keys.auth(),
        }
    }

    /// How the server pushes: to its key a WebPush endpoint is bound.
    ///
    /// # Errors
    /// [`NetworkError`] when the server gave no answer, or the pager has ended.
    pub async fn push_info(&self) -> Result<PushInfo, NetworkError> {
        self.ask(Question::PushInfo).await
    }

    /// Who is on call now, for each team that the person may see.
    ///
    /// # Errors
    /// When the server gave no answer, or the pager has ended.
    pub async fn on_call(&self) -> Result<Vec<OnCall>, NetworkError> {
        self.ask(Question::OnCall).await
    }

    /// The shifts of the person's teams that have not ended, for the next four weeks: team by team
    /// and layer by layer, earliest first.
    ///
    /// # Errors
    /// When the server gave no answer, or the pager has ended.
    pub async fn shifts(&self) -> Result<Vec<ShiftView>, NetworkError> {
        self.ask(Question::Shifts).await
    }

    /// "Ring my phone now": the server sends a drill to this device by every way that a page would
    /// take. How it went shows in [`crate::engine::ReadinessView::last_drill`].
    ///
    /// # Errors
    /// When the server gave no answer, or the pager has ended. The drill may come all the same.
    pub async fn order_drill(&self, audible: bool) -> Result<DrillView, NetworkError> {
        self.ask(|reply| Question::Drill { audible, reply }).await
    }

    /// A ticket, with what its service needs to work and who is on call for that: where the cause
    /// usually is.
    ///
    /// # Errors
    /// When the server gave no answer, also because the ticket is not this person's to see, or the
    /// pager has ended.
    pub async fn ticket_detail(&self, ticket: TicketId) -> Result<TicketDetail, NetworkError> {
        self.ask(|reply| Question::Ticket(ticket, reply)).await
    }

    async fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Result<T, NetworkError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Question(question(reply)));
        answer.await.unwrap_or_else(|_| {
            Err(NetworkError::Unreachable {
                reason: "the pager has ended".to_owned(),
            })
        })
    }

    /// "I know": the pager's own alarms are quiet for this long, or until the server is back after
    /// it was lost. [`crate::engine::OFFLINE_WINDOW`] is the usual length.
    pub fn going_offline(&self, length: Duration) {
        self.input(Input::GoingOffline { length });
    }

    /// The person changed the language of the device: the next view is in this one.
    pub fn speak(&self, language: Language) {
        self.input(Input::Language(language));
    }

    /// The person has read a notice.
    pub fn dismiss_notice(&self, number: u64) {
        self.input(Input::NoticeDismissed { number });
    }

    /// Something about the device may have changed: its [`Device`] is asked again.
    pub fn device_changed(&self) {
        self.send(Message::DeviceChanged);
    }

    /// Returns once everything handed in before was written, or could not be, or the pager has
    /// ended; tells whether it is on disk. A process that a push woke must not go back to sleep
    /// earlier.
    pub async fn settled(&self) -> bool {
        let (done, settled) = oneshot::channel();
        self.send(Message::Settled(done));
        settled.await.unwrap_or(false)
    }

    /// A ticket's timeline, oldest first: the server's or, when that is not reached, as much as this
    /// device has seen.
    pub async fn timeline(&self, ticket: TicketId) -> Vec<Entry> {
        let (done, entries) = oneshot::channel();
        self.send(Message::Timeline(ticket, done));
        entries.await.unwrap_or_default()
    }

    /// Stops the siren, puts what is left on disk and ends the pager.
    pub async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        self.send(Message::Shutdown(done));
        let _ = ended.await;
    }

    fn input(&self, input: Input) {
        self.send(Message::Input(input));
    }

    /// A pager that has ended takes nothing more.
    fn send(&self, message: Message) {
        let _ = self.shell.send(message);
    }
}

/// Through this a siren output says what became of it. It does not keep the pager alive.
#[derive(Debug, Clone)]
pub struct SirenReporter {
    shell: mpsc::WeakUnboundedSender<Message>,
}

impl SirenReporter {
    /// The output sounds, or failed. May be called from any thread, also from within
    /// [`SirenOutput::start`].
    pub fn report(&self, event: SirenEvent) {
        if let Some(shell) = self.shell.upgrade() {
            let _ = shell.send(Message::Input(Input::Siren(event)));
        }
    }
}

/// What shells and outputs send. Not bounded: it grows at the rate of taps and pushes, and must not
/// be refused.
#[derive(Debug)]
enum Message {
    Input(Input),
    DeviceChanged,
    Settled(oneshot::Sender<bool>),
    Timeline(TicketId, oneshot::Sender<Vec<Entry>>),
    Question(Question),
    Shutdown(oneshot::Sender<()>),
}

/// What requests and the link send.
#[derive(Debug)]
enum FromNetwork {
    Input(Input),
    /// The server gave no timeline: answer from the store.
    Timeline(TicketId, oneshot::Sender<Vec<Entry>>),
}

/// What waits for its turn at the disk.
#[derive(Debug, Default)]
struct Batch {
    changes: Vec<Change>,
    /// Performed after the changes are on disk.
    sends: Vec<Effect>,
    /// Answered after that.
    reads: Vec<(TicketId, oneshot::Sender<Vec<Entry>>)>,
    settled: Vec<oneshot::Sender<bool>>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.sends.is_empty()
            && self.reads.is_empty()
            && self.settled.is_empty()
    }
}

/// The store is with the runtime, or with the thread that writes a batch.
enum Disk {
    Idle(Store),
    Busy(JoinHandle<(Store, Batch, Result<(), StoreError>)>),
    /// The thread died; nothing more is stored in this run.
    Lost,
}

struct Runtime<N> {
    phone: Phone,
    clock: Box<dyn Clock>,
    siren: Box<dyn SirenOutput>,
    device: Box<dyn Device>,
    network: Arc<N>,
    view: watch::Sender<Arc<View>>,
    network_inputs: mpsc::Sender<FromNetwork>,
    link: Option<AbortHandle>,
    requests: JoinSet<()>,
    disk: Disk,
    disk_failed: bool,
    pending: Batch,
    wake: Option<Millis>,
    unseen_steps: u32,
}

impl<N: Network> Runtime<N> {
    async fn run(
        mut self,
        mut from_shell: mpsc::UnboundedReceiver<Message>,
        mut from_network: mpsc::Receiver<FromNetwork>,
    ) {
        let ended = loop {
            let quiet = from_shell.is_empty() && from_network.is_empty();
            if quiet || self.unseen_steps >= STEPS_PER_VIEW {
                self.publish();
            }
            if from_shell.is_empty() {
                self.flush();
            }
            let may_take_more = self.disk_failed || self.pending.changes.len() < UNSTORED_LIMIT;
            let sleep = self.sleep();
            tokio::select! {
                biased;
                message = from_shell.recv() => match message {
                    None => break None,
                    Some(Message::Shutdown(done)) => break Some(done),
                    Some(message) => self.take(message),
                },
                written = written(&mut self.disk) => self.written(written),
                Some(input) = from_network.recv(), if may_take_more => match input {
                    FromNetwork::Input(input) => self.step(input),
                    FromNetwork::Timeline(ticket, done) => self.pending.reads.push((ticket, done)),
                },
                () = tokio::time::sleep(sleep) => self.time_passed(),
                Some(_) = self.requests.join_next() => {}
            }
        };
        self.end().await;
        if let Some(done) = ended {
            let _ = done.send(());
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Input(input) => self.step(input),
            Message::DeviceChanged => {
                let status = self.device.status();
                self.step(Input::Device(status));
            }
            Message::Settled(done) => self.pending.settled.push(done),
            Message::Timeline(ticket, done) => {
                let network = Arc::clone(&self.network);
                let inputs = self.network_inputs.clone();
                self.requests.spawn(async move {
                    let answer = match network.timeline(ticket).await {
                        Ok(timeline) => {
                            let _ = done.send(timeline.entries.clone());
                            FromNetwork::Input(Input::TimelineFetched(Box::new(timeline)))
                        }
                        Err(_) => FromNetwork::Timeline(ticket, done),
                    };
                    let _ = inputs.send(answer).await;
                });
            }
            Message::Question(question) => {
                let network = Arc::clone(&self.network);
                self.requests
                    .spawn(async move { question.ask(&*network).await });
            }
            Message::Shutdown(_) => {}
        }
    }

    /// One step of the engine. The siren is performed here and now.
    fn step(&mut self, input: Input) {
        for effect in self.phone.step(input, self.clock.now()) {
            match effect {
                Effect::Siren(SirenCommand::Start(loudness)) => self.siren.start(loudness),
                Effect::Siren(SirenCommand::Rehearse) => self.siren.rehearse(),
                Effect::Siren(SirenCommand::Stop) => self.siren.stop(),
                Effect::Store(changes) => self.pending.changes.extend(changes),
                Effect::Wake(at) => self.wake = Some(at),
                Effect::Show => self.unseen_steps += 1,
                send => self.pending.sends.push(send),
            }
        }
    }

    fn publish(&mut self) {
        if std::mem::take(&mut self.unseen_steps) > 0 {
            let view = Arc::new(self.phone.view(self.clock.now()));
            self.view.send_replace(view);
        }
    }

    fn sleep(&self) -> Duration {
        let wake = self
            .wake
            .map_or(LONGEST_SLEEP, |at| at.since(self.clock.now()));
        if self.disk_failed && matches!(self.disk, Disk::Idle(_)) {
            wake.min(STORE_RETRY)
        } else {
            wake.min(LONGEST_SLEEP)
        }
    }

    fn time_passed(&mut self) {
        if self.disk_failed {
            self.write();
        }
        // Also when it seems too early: the clock may have been set back, which the engine notices.
        self.wake = None;
        self.step(Input::Wake);
    }

    /// Moves on whatever waits, if the disk is free. While the disk fails nothing waits for it: a
    /// check-in that cannot be stored is still better sent.
    fn flush(&mut self) {
        if matches!(self.disk, Disk::Busy(_)) || self.pending.is_empty() {
            return;
        }
        if self.disk_failed || matches!(self.disk, Disk::Lost) {
            let mut batch = std::mem::take(&mut self.pending);
            self.pending.changes = std::mem::take(&mut batch.changes);
            for (_, done) in batch.reads.drain(..) {
                let _ = done.send(Vec::new());
            }
            self.perform(batch, false);
        } else if self.pending.changes.is_empty() && self.pending.reads.is_empty() {
            let batch = std::mem::take(&mut self.pending);
            self.perform(batch, true);
        } else {
            self.write();
        }
    }

    fn write(&mut self) {
        let Disk::Idle(mut store) = std::mem::replace(&mut self.disk, Disk::Lost) else {
            return;
        };
        let mut batch = std::mem::take(&mut self.pending);
        self.disk = Disk::Busy(tokio::task::spawn_blocking(move || {
            let result = if batch.changes.is_empty() {
                Ok(())
            } else {
                store.commit(&batch.changes)
            };
            for (ticket, done) in batch.reads.drain(..) {
                let _ = done.send(store.timeline(ticket).unwrap_or_default());
            }
            (store, batch, result)
        }));
    }

    fn written(&mut self, written: Option<(Store, Batch, Result<(), StoreError>)>) {
        let Some((store, mut batch, result)) = written else {
            self.disk = Disk::Lost;
            self.store_failed("the writing thread died; start the pager again".to_owned());
            return;
        };
        self.disk = Disk::Idle(store);
        let stored = result.is_ok();
        match result {
            Ok(()) if std::mem::take(&mut self.disk_failed) => self.step(Input::StoreRecovered),
            Ok(()) => {}
            Err(error) => {
                batch.changes.append(&mut self.pending.changes);
                self.pending.changes = std::mem::take(&mut batch.changes);
                self.store_failed(error.to_string());
            }
        }
        self.perform(batch, stored);
    }

    fn store_failed(&mut self, reason: String) {
        tracing::error!(%reason, "changes could not be stored");
        self.disk_failed = true;
        self.step(Input::StoreFailed { reason });
    }

    /// What comes after the disk, on which it is now unless that failed.
    fn perform(&mut self, batch: Batch, stored: bool) {
        for done in batch.settled {
            let _ = done.send(stored);
        }
        for effect in batch.sends {
            let network = Arc::clone(&self.network);
            let inputs = self.network_inputs.clone();
            match effect {
                Effect::SendCommand(request) => {
                    self.requests.spawn(async move {
                        let result = network.command(&request).await.map(Box::new);
                        let id = request.id;
                        let answer = Input::CommandAnswered { id, result };
                        let _ = inputs.send(FromNetwork::Input(answer)).await;
                    });
                }
                Effect::SendReceipts(batch) => {
                    self.requests.spawn(async move {
                        let result = network.receipts(&batch).await;
                        let id = batch.id;
                        let answer = Input::ReceiptsAnswered { id, result };
                        let _ = inputs.send(FromNetwork::Input(answer)).await;
                    });
                }
                Effect::RegisterPush(registration) => {
                    self.requests.spawn(async move {
                        let result = network.register_push(&registration).await;
                        let answer = Input::PushRegistered {
                            registration,
                            result,
                        };
                        let _ = inputs.send(FromNetwork::Input(answer)).await;
                    });
                }
                Effect::SendStatus(facts) => {
                    self.requests.spawn(async move {
                        let answer = Input::StatusAnswered(network.status(&facts).await);
                        let _ = inputs.send(FromNetwork::Input(answer)).await;
                    });
                }
                Effect::Sync { link, after } => self.replace_link(async move {
                    let result = network.sync(after).await.map(Box::new);
                    let answer = Input::Synced { link, result };
                    let _ = inputs.send(FromNetwork::Input(answer)).await;
                }),
                Effect::Stream { link, after } => self.replace_link(async move {
                    let error = match network.stream(after).await {
                        Ok(stream) => {
                            let mut stream = std::pin::pin!(stream);
                            loop {
                                match stream.next().await {
                                    Some(Ok(event)) => {
                                        let event = Input::Stream { link, event };
                                        let _ = inputs.send(FromNetwork::Input(event)).await;
                                    }
                                    Some(Err(error)) => break error,
                                    None => {
                                        break NetworkError::Unreachable {
                                            reason: "the server closed the stream".to_owned(),
                                        };
                                    }
                                }
                            }
                        }
                        Err(error) => error,
                    };
                    let answer = Input::StreamEnded { link, error };
                    let _ = inputs.send(FromNetwork::Input(answer)).await;
                }),
                Effect::Siren(_) | Effect::Store(_) | Effect::Wake(_) | Effect::Show => {}
            }
        }
    }

    fn replace_link(&mut self, link: impl Future<Output = ()> + Send + 'static) {
        if let Some(old) = self.link.replace(self.requests.spawn(link)) {
            old.abort();
        }
    }

    async fn end(mut self) {
        self.siren.stop();
        self.requests.abort_all();
        loop {
            if let Disk::Busy(_) = self.disk {
                let written = written(&mut self.disk).await;
                let failed = written
                    .as_ref()
                    .is_none_or(|(_, _, result)| result.is_err());
                self.written(written);
                if failed {
                    break;
                }
            }
            if self.pending.changes.is_empty() {
                break;
            }
            self.write();
            if !matches!(self.disk, Disk::Busy(_)) {
                break;
            }
        }
        self.requests.abort_all();
    }
}

/// Waits for the batch that is being written, for ever if there is none. `None`: the thread died.
async fn written(disk: &mut Disk) -> Option<(Store, Batch, Result<(), StoreError>)> {
    match disk {
        Disk::Busy(job) => job.await.ok(),
        Disk::Idle(_) | Disk::Lost => std::future::pending().await,
    }
}
