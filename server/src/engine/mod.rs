//! The engine: the one place where tickets change.
//!
//! [`Engine::run`] takes whatever jobs are waiting, decides them in order in one transaction, and
//! returns the answers and the updates to publish once that transaction is on disk. It asks no
//! clock, draws no randomness and knows no thread, so the simulation runs this very code; the
//! [`Writer`] gives it a thread, a clock and the waiting callers.

mod conference;
mod handoffs;
mod heartbeats;
mod job;
mod noise;
mod outbound;
mod swaps;
mod taps;
mod writer;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tocsin_directory::{Config, Directory, diff};
use tocsin_ingest::{Signal, Target};
use tocsin_ticket::{
    Actor, Alarm, Chain, Command, Context, Event, Group, Millis, PersonId, Policy, Receipt,
    Refusal, Rung, TeamId, Ticket, TicketId, decide,
};
use tocsin_wire::{Action, CommandRequest, ReceiptBatch};

pub use handoffs::HaveIt;
pub(crate) use handoffs::concerned;
pub use job::{AlarmTaken, Answer, Delivery, DeliveryOf, Job, TapAnswer};
pub use noise::{AskMaintenance, LONGEST_QUIET, is_window};
pub use outbound::OutboundJob;
pub use swaps::{AskSwap, SwapWord};
pub use writer::{Busy, Clock, SystemClock, Writer, WriterError};

use crate::audit::{Act, Doer};
use crate::learning::first_draft;
use crate::outbound::bridge::OutboundKey;
use crate::rights::Who;
use crate::secret::SecretHash;
use crate::serve::ADMINISTRATOR;
use crate::store::guests::{Sees, can_be_guest};
use crate::store::{
    Answered, Device, DrillRecord, Store, StoreError, StoredNotice, StoredUpdate, Transaction,
};
use noise::{Rules, count_suppressed};

/// How many due deadlines one transaction takes. Alarms and taps that arrive meanwhile wait for at
/// most one such batch (some 20 ms).
const DUE_PER_BATCH: usize = 256;

/// How long an answer to a command is remembered, in milliseconds: a phone that was off for longer
/// than a week finds its tap decided afresh, which idempotent rules make harmless.
const ANSWERS_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// What one run of the engine did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One answer for each job, in the jobs' order.
    pub answers: Vec<Answer>,
    /// What phones must hear, in the log's order.
    pub updates: Vec<StoredUpdate>,
    /// What the dispatcher must hear, in order.
    pub owed: Vec<Owed>,
}

/// News for the dispatcher: what is owed to whom, or no longer.
#[derive(Debug, Clone, PartialEq)]
pub enum Owed {
    /// A ticket whose pages changed.
    Ticket(Arc<Ticket>),
    /// A drill.
    Drill(DrillRecord),
    /// A notice.
    Notice(StoredNotice),
    /// Devices, addresses or the directory changed.
    Roster,
}

/// Decides jobs against a store and a directory.
#[derive(Debug)]
pub struct Engine<S> {
    store: S,
    directory: Arc<ArcSwap<Directory>>,
    last_ticket: u64,
    answers_forgotten_at: Millis,
    /// Whether heartbeats can be heard, and so missed.
    listening: bool,
    /// Whether it is unknown what has called meanwhile.
    excusing: bool,
    key: Option<OutboundKey>,
    /// When somebody's turn ends next; `None`: not looked at yet.
    next_turn: Option<Millis>,
}

impl<S: Store> Engine<S> {
    /// An engine on a store. The directory is shared with those who read it; applying a
    /// configuration replaces it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn new(mut store: S, directory: Arc<ArcSwap<Directory>>) -> Result<Self, StoreError> {
        let last_ticket = store.last_ticket()?;
        Ok(Self {
            store,
            directory,
            last_ticket,
            answers_forgotten_at: Millis(0),
            listening: false,
            excusing: false,
            key: None,
            next_turn: None,
        })
    }

    /// The same with the key that names rooms for conferences; without it none are made.
    #[must_use]
    pub fn with_key(mut self, key: OutboundKey) -> Self {
        self.key = Some(key);
        self
    }

    /// The clock was set: how long heartbeats have been silent is not known, nor whose turn it is.
    pub fn clock_was_set(&mut self) {
        self.excusing = true;
        self.next_turn = None;
    }

    /// When the earliest deadline is due, or the earliest silence an alarm, or a turn over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_due(&mut self) -> Result<Option<Millis>, StoreError> {
        let deadline = self.store.next_due()?;
        let silence = if self.listening {
            self.store.next_heartbeat()?
        } else {
            None
        };
        let due = [deadline, silence, self.next_turn];
        Ok(due.into_iter().flatten().min())
    }

    /// Decides `jobs` and then what is due at `now`, in one transaction. When this returns `Ok`,
    /// all of it is on disk.
    ///
    /// # Errors
    /// [`StoreError`]: nothing happened, and the callers must be told so.
    pub fn run(&mut self, jobs: &[Job], now: Millis) -> Result<Outcome, StoreError> {
        let directory = self.directory.load_full();
        let mut outcome = Outcome::default();
        let mut last_ticket = self.last_ticket;
        let mut applied = None;
        let begins = jobs.iter().any(|job| matches!(job, Job::Listening));
        let listening = self.listening || begins;
        let excusing = self.excusing || begins;
        let turn_over = self.next_turn.is_none_or(|at| at <= now);
        let forget = now.0 - self.answers_forgotten_at.0 > ANSWERS_KEPT_MS / 100;
        self.store.transaction(&mut |transaction| {
            let mut desk = Desk {
                transaction,
                directory: Arc::clone(&directory),
                now,
                updates: &mut outcome.updates,
                owed: &mut outcome.owed,
                last_ticket: &mut last_ticket,
                key: self.key.as_ref(),
                rules: None,
            };
            if excusing {
                desk.excuse_heartbeats()?;
            }
            if turn_over {
                desk.hand_over()?;
            }
            for job in jobs {
                let answer = desk.take(job)?;
                outcome.answers.push(answer);
            }
            desk.fire_deadlines()?;
            if listening {
                desk.miss_heartbeats()?;
            }
            applied = Some(desk.directory);
            if forget {
                transaction.forget_answers_before(Millis(now.0 - ANSWERS_KEPT_MS))?;
            }
            Ok(())
        })?;
        self.last_ticket = last_ticket;
        self.listening = listening;
        self.excusing = false;
        if forget {
            self.answers_forgotten_at = now;
        }
        if let Some(applied) = applied {
            let changed = !Arc::ptr_eq(&applied, &directory);
            if changed || turn_over {
                self.next_turn = applied.next_turn(now);
            }
            if changed {
                self.directory.store(applied);
            }
        }
        Ok(outcome)
    }
}

/// One transaction's work on tickets.
struct Desk<'a> {
    transaction: &'a mut dyn Transaction,
    directory: Arc<Directory>,
    now: Millis,
    updates: &'a mut Vec<StoredUpdate>,
    owed: &'a mut Vec<Owed>,
    last_ticket: &'a mut u64,
    key: Option<&'a OutboundKey>,
    /// What keeps tickets from paging, once it was asked for.
    rules: Option<Rules>,
}

impl Desk<'_> {
    fn take(&mut self, job: &Job) -> Result<Answer, StoreError> {
        Ok(match job {
            Job::Alarms { source, signals } => {
                if signals.iter().any(|signal| !self.has_team(signal)) {
                    return Ok(Answer::NoSuchTeam);
                }
                let taken = signals
                    .iter()
                    .map(|signal| self.signal(source, signal))
                    .collect::<Result<_, _>>()?;
                Answer::Alarms(taken)
            }
            Job::Tap { who, request } => Answer::Tap(Box::new(self.tap(who, request)?)),
            Job::Receipts { who, batch } => {
                self.receipts(who, batch)?;
                Answer::Done
            }
            Job::Deliveries(deliveries) => {
                for delivery in deliveries {
                    self.delivery(delivery)?;
                }
                Answer::Done
            }
            Job::RegisterPush { device, channels } => {
                self.transaction.set_channels(device, channels, self.now)?;
                self.owed.push(Owed::Roster);
                Answer::Done
            }
            Job::RetireChannel {
                device,
                address,
                why,
                tell,
            } => {
                let retired = self
                    .transaction
                    .retire_channel(device, address, why, self.now)?;
                if retired {
                    self.owed.push(Owed::Roster);
                    let key = format!("dead-address {device} {}", self.now.0);
                    for (person, subject, body) in tell {
                        self.notify(person, &key, subject, body)?;
                    }
                }
                Answer::Done
            }
            Job::Facts { device, facts } => {
                self.transaction.set_facts(device, facts, self.now)?;
                self.look_at_handoffs()?;
                Answer::Done
            }
            Job::Drill(drills) => {
                for drill in drills {
                    self.transaction.put_drill(drill)?;
                    self.owed.push(Owed::Drill(drill.clone()));
                }
                Answer::Done
            }
            Job::Notify {
                people,
                key,
                subject,
                body,
            } => {
                for person in people {
                    self.notify(person, key, subject, body)?;
                }
                Answer::Done
            }
            Job::EndNotice(id) => {
                self.transaction.end_notice(*id, self.now)?;
                Answer::Done
            }
            Job::GiveCode { code, by } => {
                self.transaction.add_code(code)?;
                let act = Act::CodeGiven {
                    person: code.person.clone(),
                    admin: code.admin,
                };
                self.audit(by, &act)?;
                Answer::Done
            }
            Job::Enroll {
                code,
                device,
                name,
                token,
            } => {
                let found = self.transaction.take_code(*code, self.now)?;
                let Some(code) = found else {
                    return Ok(Answer::NoSuchCode);
                };
                let device = Device {
                    id: device.clone(),
                    person: code.person,
                    name: name.clone(),
                    admin: code.admin,
                    token: *token,
                };
                self.transaction.add_device(&device, self.now)?;
                let act = Act::DeviceEnrolled {
                    device: device.id.clone(),
                    name: device.name.clone(),
                    admin: device.admin,
                };
                self.audit(&Doer::on(&device), &act)?;
                self.owed.push(Owed::Roster);
                Answer::Enrolled(device)
            }
            Job::SetKey {
                integration,
                key,
                by,
            } => {
                self.set_key(integration, *key, by)?;
                Answer::Done
            }
            Job::SetCalendarKey { person, key, by } => {
                self.transaction.set_calendar_key(person, *key)?;
                self.audit(by, &Act::CalendarKeySet)?;
                Answer::Done
            }
            Job::AddToken { token, by } => {
                self.transaction.add_token(token)?;
                let act = Act::TokenCreated {
                    token: token.id.clone(),
                    name: token.name.clone(),
                    scopes: token.scopes.clone(),
                    expires_at: token.expires_at,
                };
                self.audit(by, &act)?;
                Answer::Done
            }
            Job::Swap { by, teams, ask } => {
                let answer = self.swap(by, teams, ask)?;
                self.hand_over()?;
                answer
            }
            Job::HandOver => {
                self.look_at_handoffs()?;
                Answer::Done
            }
            Job::HaveIt { who, team } => Answer::HaveIt(self.have_it(who, team)?),
            Job::HandoffNote { team, by, text } => {
                self.handoff_note(team, by, text)?;
                Answer::Done
            }
            Job::RevokeToken { token, by } => {
                if let Some(token) = self.transaction.remove_token(token)? {
                    let act = Act::TokenRevoked {
                        token: token.id,
                        person: token.person,
                        name: token.name,
                    };
                    self.audit(by, &act)?;
                }
                Answer::Done
            }
            Job::RevokeDevice { device, by } => {
                if let Some(device) = self.transaction.remove_device(device)? {
                    let act = Act::DeviceRevoked {
                        device: device.id,
                        person: device.person,
                        name: device.name,
                    };
                    self.audit(by, &act)?;
                    self.owed.push(Owed::Roster);
                }
                Answer::Done
            }
            Job::Listening => Answer::Done,
            Job::Beat { integration, name } => self.beat(integration, name)?,
            Job::Maintenance { ask, by } => self.maintain(ask, by)?,
            Job::Quiet { person, until, by } => {
                self.keep_quiet(person, *until, by)?;
                Answer::Done
            }
            Job::Outbound(what) => self.outbound(what)?,
            Job::Learn(what) => Answer::Learned(self.transaction.learn(what, self.now)?),
            Job::Apply {
                text,
                config,
                keys,
                secrets,
                by,
            } => {
                let before = Arc::clone(&self.directory);
                let changes = diff(before.config(), config, self.now);
                let changes = changes.iter().map(ToString::to_string).collect();
                let person = by.person().cloned();
                let person = person.unwrap_or_else(|| PersonId::from(ADMINISTRATOR));
                self.transaction.add_config(text, &person, self.now)?;
                self.audit(by, &Act::ConfigApplied { changes })?;
                for (integration, key) in keys {
                    self.set_key(integration, *key, by)?;
                }
                self.directory = Arc::new(before.with_config(Config::clone(config)));
                self.tell_from_now_on(&before, secrets, by)?;
                self.hand_over()?;
                self.reassign_orphans(&before, &person)?;
                self.review_held(None)?;
                self.expect_heartbeats()?;
                self.owed.push(Owed::Roster);
                Answer::Done
            }
        })
    }

    fn audit(&mut self, by: &Doer, act: &Act) -> Result<(), StoreError> {
        self.transaction.audit(self.now, by, act)
    }

    fn set_key(&mut self, integration: &str, key: SecretHash, by: &Doer) -> Result<(), StoreError> {
        self.transaction.set_integration_key(integration, key)?;
        let act = Act::KeySet {
            integration: integration.to_owned(),
        };
        self.audit(by, &act)
    }

    fn notify(
        &mut self,
        person: &PersonId,
        key: &str,
        subject: &str,
        body: &str,
    ) -> Result<(), StoreError> {
        let notice = self
            .transaction
            .add_notice(person, key, subject, body, self.now)?;
        self.owed.extend(notice.map(Owed::Notice));
        Ok(())
    }

    fn has_team(&self, signal: &Signal) -> bool {
        let team = match signal {
            Signal::Fired(alarm) => &alarm.team,
            Signal::Acknowledged(target) | Signal::Recovered(target) | Signal::Noted(target, _) => {
                &target.team
            }
        };
        self.directory.policy(team).is_some()
    }

    fn signal(&mut self, source: &str, signal: &Signal) -> Result<AlarmTaken, StoreError> {
        let source = source.to_owned();
        match signal {
            Signal::Fired(alarm) => self.alarm(alarm),
            Signal::Acknowledged(target) => {
                self.target(target, &Command::AlarmAcknowledged { source })
            }
            Signal::Recovered(target) => {
                let dedup_key = target.dedup_key.clone();
                self.target(target, &Command::AlarmRecovered { source, dedup_key })
            }
            Signal::Noted(target, text) => {
                // Nobody's id: ids have no blanks.
                let by = PersonId::new(Actor::Monitoring(source).to_string());
                let text = text.clone();
                self.target(target, &Command::AddNote { by, text })
            }
        }
    }

    fn alarm(&mut self, alarm: &Alarm) -> Result<AlarmTaken, StoreError> {
        let mut open = self
            .transaction
            .open_ticket(&alarm.service, &alarm.dedup_key)?;
        if open.is_none()
            && let Some(labels) = self.labels(alarm)
        {
            let key = Group::key(&labels);
            open = self.transaction.open_ticket(&alarm.service, &key)?;
        }
        let opened = open.is_none();
        let new_id = TicketId(*self.last_ticket + 1);
        let command = Command::AlarmFired {
            new_id,
            alarm: alarm.clone(),
        };
        let ticket = self
            .decide(open, &alarm.team, &command)?
            .map_err(StoreError::new)?
            .ok_or_else(|| StoreError::new("an alarm was taken without a ticket"))?;
        if opened {
            *self.last_ticket = ticket.id.0;
        }
        Ok(AlarmTaken {
            ticket: Some(ticket.id),
            opened,
        })
    }

    /// Tells every open ticket of the target; there may be none.
    fn target(&mut self, target: &Target, command: &Command) -> Result<AlarmTaken, StoreError> {
        let mut taken = AlarmTaken {
            ticket: None,
            opened: false,
        };
        for service in &target.services {
            let open = self.transaction.open_ticket(service, &target.dedup_key)?;
            if let Some(ticket) = open {
                taken.ticket = taken.ticket.or(Some(ticket.id));
                // Monitoring's word is never refused on an open ticket.
                self.decide(Some(ticket), &target.team, command)?
                    .map_err(StoreError::new)?;
            }
        }
        Ok(taken)
    }

    fn tap(&mut self, who: &Who, request: &CommandRequest) -> Result<TapAnswer, StoreError> {
        let sees = who.sees(&self.directory);
        if let Some(answered) = self.transaction.answered(&request.id)? {
            let ticket = self.ticket_of(&sees, answered.ticket)?;
            let refusal = answered
                .refusal
                .as_deref()
                .map(serde_json::from_str)
                .transpose()?;
            return Ok(TapAnswer {
                refusal,
                ticket: ticket.map(Arc::new),
                also_refused: answered.also_refused,
            });
        }
        let mut also_refused = Vec::new();
        for id in &request.also {
            let (refusal, _) = self.tap_on(&sees, *id, &who.person, &request.action)?;
            also_refused.extend(refusal.map(|_| *id));
        }
        let (refusal, ticket) = self.tap_on(&sees, request.ticket, &who.person, &request.action)?;
        let answer = TapAnswer {
            refusal,
            ticket,
            also_refused,
        };
        let answered = Answered {
            ticket: request.ticket,
            refusal: answer
                .refusal
                .as_ref()
                .map(serde_json::to_string)
                .transpose()?,
            also_refused: answer.also_refused.clone(),
        };
        self.transaction
            .remember(&request.id, &answered, self.now)?;
        Ok(answer)
    }

    /// Why not, if refused, and the ticket as it stands.
    fn tap_on(
        &mut self,
        sees: &Sees,
        id: TicketId,
        by: &PersonId,
        action: &Action,
    ) -> Result<(Option<Refusal>, Option<Arc<Ticket>>), StoreError> {
        let Some(ticket) = self.ticket_of(sees, id)? else {
            return Ok((Some(Refusal::NoSuchTicket), None));
        };
        let team = ticket.team.clone();
        let command = taps::command(action, by, &ticket, &self.directory, self.now);
        Ok(match self.decide(Some(ticket.clone()), &team, &command)? {
            Ok(ticket) => (None, ticket),
            Err(refusal) => (Some(refusal), Some(Arc::new(ticket))),
        })
    }

    /// A ticket that is seen: for who has nothing to do with it, it does not exist.
    fn ticket_of(&mut self, sees: &Sees, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let Some(ticket) = self.transaction.ticket(id)? else {
            return Ok(None);
        };
        let is_theirs = sees.teams.contains(&ticket.team)
            || match &sees.guest {
                Some(guest) => self.transaction.guests().of(id)?.contains(guest),
                None => false,
            };
        Ok(is_theirs.then_some(ticket))
    }

    /// Who helps with a ticket from another team.
    fn guests_of(&mut self, ticket: &Ticket) -> Result<Vec<PersonId>, StoreError> {
        if ticket.helps.is_empty() {
            return Ok(Vec::new());
        }
        let mut guests = self.transaction.guests().of(ticket.id)?;
        guests.retain(|person| can_be_guest(&self.directory, person));
        Ok(guests)
    }

    /// Whoever is paged to help and cannot be paged for the team becomes a guest of the ticket.
    fn invite(&mut self, ticket: &Ticket, update: &mut StoredUpdate) -> Result<(), StoreError> {
        let before = self.guests_of(ticket)?;
        let own = self.directory.pageable(&ticket.team);
        for page in ticket.pages.iter().filter(|page| page.help.is_some()) {
            if !own.contains(&page.person) && !before.contains(&page.person) {
                let guests = self.transaction.guests();
                guests.invite(ticket.id, &page.person, update.seq)?;
            }
        }
        update.guests = self.guests_of(ticket)?;
        update.invited.clone_from(&update.guests);
        update.invited.retain(|person| !before.contains(person));
        Ok(())
    }

    fn receipts(&mut self, who: &Who, batch: &ReceiptBatch) -> Result<(), StoreError> {
        if self.transaction.answered(&batch.id)?.is_some() {
            return Ok(());
        }
        let pages = batch.receipts.iter();
        let pages = pages.map(|report| (report.rung, report.effective_volume));
        let drills = batch.drills.iter();
        let drills = drills.map(|report| (report.rung, report.effective_volume));
        // At volume zero nothing is proved.
        let heard = |(rung, volume): (Rung, Option<f32>)| {
            rung == Rung::Sounding && volume.is_none_or(|volume| volume > 0.0)
        };
        if pages.chain(drills).any(heard) {
            self.transaction.handoffs().sounded(&who.id, self.now)?;
            self.look_at_handoffs()?;
        }
        let sees = who.sees(&self.directory);
        for report in &batch.receipts {
            let Some(ticket) = self.ticket_of(&sees, report.page.ticket)? else {
                continue;
            };
            let receipt = Receipt {
                device: who.id.clone(),
                transport: report.transport,
                rung: report.rung,
                at: report.at,
                effective_volume: report.effective_volume,
                ringer: report.ringer,
                do_not_disturb: report.do_not_disturb,
            };
            let team = ticket.team.clone();
            let command = Command::Delivery {
                page: report.page,
                receipts: vec![receipt],
                failures: Vec::new(),
            };
            // A receipt for a page that never was changes nothing.
            let _ = self.decide(Some(ticket), &team, &command)?;
        }
        for report in &batch.drills {
            let receipt = Receipt {
                device: who.id.clone(),
                transport: report.transport,
                rung: report.rung,
                at: report.at,
                effective_volume: report.effective_volume,
                ringer: None,
                do_not_disturb: None,
            };
            let known = self.transaction.drill(&report.drill)?;
            let Some(mut drill) = known.filter(|drill| drill.device == who.id) else {
                continue;
            };
            drill.receipts.push(receipt);
            self.transaction.put_drill(&drill)?;
            self.owed.push(Owed::Drill(drill));
        }
        let ticket = batch
            .receipts
            .first()
            .map_or(TicketId(0), |report| report.page.ticket);
        self.transaction.remember(
            &batch.id,
            &Answered {
                ticket,
                refusal: None,
                also_refused: Vec::new(),
            },
            self.now,
        )
    }

    fn delivery(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        match &delivery.of {
            DeliveryOf::Page(page) => {
                if let Some(ticket) = self.transaction.ticket(page.ticket)? {
                    let team = ticket.team.clone();
                    let command = Command::Delivery {
                        page: *page,
                        receipts: delivery.receipts.clone(),
                        failures: delivery.failures.clone(),
                    };
                    // The dispatcher only knows pages that were issued.
                    let _ = self.decide(Some(ticket), &team, &command)?;
                }
            }
            DeliveryOf::Drill(id) => {
                if let Some(mut drill) = self.transaction.drill(id)? {
                    drill.receipts.extend_from_slice(&delivery.receipts);
                    drill.failures.extend_from_slice(&delivery.failures);
                    self.transaction.put_drill(&drill)?;
                }
            }
        }
        Ok(())
    }

    fn fire_deadlines(&mut self) -> Result<(), StoreError> {
        for ticket in self.transaction.due(self.now, DUE_PER_BATCH)? {
            let Some((due, generation)) = ticket.next_due() else {
                continue;
            };
            let command = Command::DeadlinePassed { generation };
            let lateness_ms = self.now.0 - due.0;
            metrics::histogram!("tocsin_deadline_lateness_seconds")
                .record(lateness_ms as f64 / 1000.0);
            let team = ticket.team.clone();
            let id = ticket.id;
            match self.decide(Some(ticket), &team, &command)? {
                Ok(_) => {}
                Err(refusal) => {
                    tracing::error!(ticket = %id, %refusal, "a due deadline was refused")
                }
            }
        }
        Ok(())
    }

    /// Gives open tickets of people who can no longer be paged for their team, because they left it
    /// or the configuration, to the on-call: an open ticket always has an owner who can be paged. A
    /// guest keeps it as long as they can be one.
    fn reassign_orphans(&mut self, before: &Directory, by: &PersonId) -> Result<(), StoreError> {
        for person in before.config().people().keys() {
            let left = |team: &TeamId| !self.directory.pageable(team).contains(person);
            if !before.teams_of(person).iter().any(left) {
                continue;
            }
            for ticket in self.transaction.open_tickets_of(person)? {
                let team = ticket.team.clone();
                if self.directory.pageable(&team).contains(person)
                    || self.guests_of(&ticket)?.contains(person)
                {
                    continue;
                }
                let Some(chain) = self.directory.chain(&team, self.now) else {
                    continue;
                };
                let to = chain.on_call().clone();
                let command = Command::Reassign { by: by.clone(), to };
                let _ = self.decide(Some(ticket), &team, &command)?;
            }
        }
        Ok(())
    }

    /// Decides, applies, appends. The inner `Ok` is the ticket afterwards, `None` when nothing
    /// had to happen and there is none.
    fn decide(
        &mut self,
        ticket: Option<Ticket>,
        team: &TeamId,
        command: &Command,
    ) -> Result<Result<Option<Arc<Ticket>>, Refusal>, StoreError> {
        let directory = Arc::clone(&self.directory);
        let fallback_policy = Policy::default();
        let known_chain = directory.chain(team, self.now);
        let owner_alone;
        let chain: &Chain = match (&known_chain, &ticket) {
            (Some(chain), _) => chain,
            // The team left the configuration while its ticket is open: the owner stays.
            (None, Some(ticket)) => {
                owner_alone = Chain::new(ticket.owner.clone(), Vec::new());
                &owner_alone
            }
            (None, None) => return Ok(Err(Refusal::NoSuchTicket)),
        };
        let service = match (&ticket, command) {
            (Some(ticket), _) => Some(&ticket.service),
            (None, Command::AlarmFired { alarm, .. }) => Some(&alarm.service),
            (None, _) => None,
        };
        let open_twin = match (&ticket, command) {
            (Some(ticket), Command::Reopen { .. }) => self
                .transaction
                .open_ticket(&ticket.service, &ticket.dedup_key)?
                .map(|twin| twin.id),
            _ => None,
        };
        let policy = service
            .and_then(|service| directory.policy_of(service))
            .or_else(|| directory.policy(team))
            .unwrap_or(&fallback_policy);
        let shadow = directory.shadow(team, self.now);
        let bridge = self.bridge(ticket.as_ref(), team)?;
        let noise = self.noise(ticket.as_ref(), command)?;
        let guests = match &ticket {
            Some(ticket) => self.guests_of(ticket)?,
            None => Vec::new(),
        };
        let pageable: Vec<PersonId>;
        let pageable = if guests.is_empty() {
            directory.pageable(team)
        } else {
            pageable = [directory.pageable(team), &guests].concat();
            &pageable
        };
        let context = Context {
            open_twin,
            shadow: shadow.as_ref(),
            bridge: bridge.as_ref(),
            hold: noise.hold.as_ref(),
            group: noise.group.as_ref(),
            recent_tickets: noise.recent_tickets,
            ..Context::new(policy, chain, pageable)
        };
        let events = match decide(ticket.as_ref(), command, &context, self.now) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if events.is_empty() {
            return Ok(Ok(ticket.map(Arc::new)));
        }
        let ticket = events
            .iter()
            .fold(ticket, |ticket, event| {
                Ticket::apply(ticket, event, self.now)
            })
            .ok_or_else(|| StoreError::new("the first event of a ticket did not open it"))?;
        count_suppressed(&ticket, &events);
        let mut update = self.transaction.append(&ticket, &events, self.now)?;
        if !ticket.helps.is_empty() {
            self.invite(&ticket, &mut update)?;
        }
        self.updates.push(update);
        if tocsin_learning::falls_due(&ticket, &events) {
            // A draft that is there stays as it is.
            self.transaction.learn(&first_draft(&ticket)?, self.now)?;
        }
        let ticket = Arc::new(ticket);
        let pages_changed = events.iter().any(|event| {
            matches!(
                event,
                Event::Paged { .. } | Event::PageEnded { .. } | Event::PageReceipt { .. }
            )
        });
        if pages_changed {
            self.owed.push(Owed::Ticket(Arc::clone(&ticket)));
        }
        Ok(Ok(Some(ticket)))
    }
}
