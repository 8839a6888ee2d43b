//! Defects planted on purpose, to show that the oracle catches them. They sit in the ports between
//! the product and the simulated world (store, network, siren, the answers of the server), and this
//! test is the only program they are compiled into: the product carries none and has no switch for
//! any. A world has one only if a test asks for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tocsin_server::audit::{Act, Doer};
use tocsin_server::rights::ApiToken;
use tocsin_server::secret::SecretHash;
use tocsin_server::store::guests::GuestRows;
use tocsin_server::store::handoffs::HandoffRows;
use tocsin_server::store::heartbeats::HeartbeatRows;
use tocsin_server::store::holds::HoldRows;
use tocsin_server::store::learning::{Learn, Learned};
use tocsin_server::store::outbound::OutboundRows;
use tocsin_server::store::swaps::SwapRows;
use tocsin_server::store::{
    Answered, Code, Device, DrillRecord, SqliteStore, Store, StoreError, StoredNotice,
    StoredUpdate, Transaction, Work,
};
use tocsin_ticket::{DeviceId, DrillId, Event, Millis, PersonId, ServiceId, Ticket, TicketId};
use tocsin_wire::{CommandId, PushAddress, PushChannel};

/// What is broken in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// What was decided is committed, but an update with a new page is not sent to anybody.
    LostPage,
    /// The page is left out when the ticket is written.
    UnwrittenPage,
    /// Deadlines are found three seconds after they are due.
    LateDeadline,
    /// The deadline of before the check-in is read from an old copy of the ticket, and fires.
    EscalationAfterCheckIn,
    /// The server answers monitoring before the commit.
    AnswerBeforeCommit,
    /// A phone stops its siren for its own taps only.
    SirenSoundsOn,
    /// A tap whose answer is lost is sent again as if it were a new one.
    TapSentTwice,
    /// Nobody wakes the dispatcher when it asked to be.
    SleepingDispatcher,
}

/// What the store shall do wrong next, shared between the world and the store inside the engine.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Wrong>>);

#[derive(Debug, Default)]
struct Wrong {
    /// So many commits fail.
    failing_commits: u32,
    defect: Option<Defect>,
    /// Tickets as they were before their check-in, for [`Defect::EscalationAfterCheckIn`].
    old_copies: Vec<Ticket>,
}

impl Faults {
    pub fn new(defect: Option<Defect>) -> Self {
        let faults = Self::default();
        faults.lock().defect = defect;
        faults
    }

    /// The next commits fail, as on a full disk.
    pub fn fail_commits(&self, count: u32) {
        self.lock().failing_commits = count;
    }

    fn lock(&self) -> MutexGuard<'_, Wrong> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How late [`Defect::LateDeadline`] is.
const LATE_MS: i64 = 3000;

/// The real store, which may fail and may be broken.
#[derive(Debug)]
pub struct FaultyStore {
    store: SqliteStore,
    faults: Faults,
}

impl FaultyStore {
    pub fn new(store: SqliteStore, faults: Faults) -> Self {
        Self { store, faults }
    }
}

impl Store for FaultyStore {
    fn transaction(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let faults = self.faults.clone();
        self.store.transaction(&mut |transaction| {
            let faulty = &mut FaultyTransaction {
                transaction,
                faults: &faults,
            };
            work(faulty)?;
            let mut wrong = faults.lock();
            if wrong.failing_commits > 0 {
                wrong.failing_commits -= 1;
                return Err(StoreError::new("the disk is full"));
            }
            Ok(())
        })
    }

    fn next_due(&mut self) -> Result<Option<Millis>, StoreError> {
        let due = self.store.next_due()?;
        let wrong = self.faults.lock();
        Ok(match wrong.defect {
            Some(Defect::LateDeadline) => due.map(|due| Millis(due.0 + LATE_MS)),
            Some(Defect::EscalationAfterCheckIn) => {
                let old = wrong.old_copies.iter().filter_map(due_of).min();
                [due, old].into_iter().flatten().min()
            }
            _ => due,
        })
    }

    fn next_heartbeat(&mut self) -> Result<Option<Millis>, StoreError> {
        self.store.next_heartbeat()
    }

    fn secret(
        &mut self,
        name: &str,
        make: &dyn Fn() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        self.store.secret(name, make)
    }

    fn last_ticket(&mut self) -> Result<u64, StoreError> {
        self.store.last_ticket()
    }
}

fn due_of(ticket: &Ticket) -> Option<Millis> {
    ticket.next_due().map(|(due, _)| due)
}

struct FaultyTransaction<'a> {
    transaction: &'a mut dyn Transaction,
    faults: &'a Faults,
}

impl Transaction for FaultyTransaction<'_> {
    fn append(
        &mut self,
        ticket: &Ticket,
        events: &[Event],
        at: Millis,
    ) -> Result<StoredUpdate, StoreError> {
        let defect = self.faults.lock().defect;
        if defect == Some(Defect::UnwrittenPage) {
            let events: Vec<Event> = events
                .iter()
                .filter(|event| !matches!(event, Event::Paged { .. }))
                .cloned()
                .collect();
            let ticket = Ticket {
                pages: Vec::new(),
                ..ticket.clone()
            };
            return self.transaction.append(&ticket, &events, at);
        }
        let checked_in = events
            .iter()
            .any(|event| matches!(event, Event::CheckedIn { .. }));
        if defect == Some(Defect::EscalationAfterCheckIn)
            && checked_in
            && let Some(old) = self.transaction.ticket(ticket.id)?
        {
            self.faults.lock().old_copies.push(old);
        }
        self.transaction.append(ticket, events, at)
    }

    fn due(&mut self, now: Millis, limit: usize) -> Result<Vec<Ticket>, StoreError> {
        let defect = self.faults.lock().defect;
        let late_ms = if defect == Some(Defect::LateDeadline) {
            LATE_MS
        } else {
            0
        };
        let mut due = self.transaction.due(Millis(now.0 - late_ms), limit)?;
        let is_due = |old: &mut Ticket| due_of(old).is_none_or(|at| at <= now);
        due.extend(self.faults.lock().old_copies.extract_if(.., is_due));
        Ok(due)
    }

    fn remove_device(&mut self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        self.transaction.remove_device(id)
    }

    fn add_token(&mut self, token: &ApiToken) -> Result<(), StoreError> {
        self.transaction.add_token(token)
    }

    fn remove_token(&mut self, id: &str) -> Result<Option<ApiToken>, StoreError> {
        self.transaction.remove_token(id)
    }

    fn audit(&mut self, at: Millis, actor: &Doer, act: &Act) -> Result<(), StoreError> {
        self.transaction.audit(at, actor, act)
    }

    fn swaps(&mut self) -> &mut dyn SwapRows {
        self.transaction.swaps()
    }

    fn heartbeats(&mut self) -> &mut dyn HeartbeatRows {
        self.transaction.heartbeats()
    }

    fn holds(&mut self) -> &mut dyn HoldRows {
        self.transaction.holds()
    }

    fn guests(&mut self) -> &mut dyn GuestRows {
        self.transaction.guests()
    }

    fn handoffs(&mut self) -> &mut dyn HandoffRows {
        self.transaction.handoffs()
    }

    fn outbound(&mut self) -> &mut dyn OutboundRows {
        self.transaction.outbound()
    }

    fn learn(&mut self, what: &Learn, now: Millis) -> Result<Learned, StoreError> {
        self.transaction.learn(what, now)
    }

    fn ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.transaction.ticket(id)
    }

    fn open_ticket(
        &mut self,
        service: &ServiceId,
        dedup_key: &str,
    ) -> Result<Option<Ticket>, StoreError> {
        self.transaction.open_ticket(service, dedup_key)
    }

    fn open_tickets_of(&mut self, owner: &PersonId) -> Result<Vec<Ticket>, StoreError> {
        self.transaction.open_tickets_of(owner)
    }

    fn answered(&mut self, command: &CommandId) -> Result<Option<Answered>, StoreError> {
        self.transaction.answered(command)
    }

    fn remember(
        &mut self,
        command: &CommandId,
        answered: &Answered,
        at: Millis,
    ) -> Result<(), StoreError> {
        self.transaction.remember(command, answered, at)
    }

    fn forget_answers_before(&mut self, at: Millis) -> Result<(), StoreError> {
        self.transaction.forget_answers_before(at)
    }

    fn add_code(&mut self, code: &Code) -> Result<(), StoreError> {
        self.transaction.add_code(code)
    }

    fn take_code(&mut self, hash: SecretHash, now: Millis) -> Result<Option<Code>, StoreError> {
        self.transaction.take_code(hash, now)
    }

    fn add_device(&mut self, device: &Device, now: Millis) -> Result<(), StoreError> {
        self.transaction.add_device(device, now)
    }

    fn set_channels(
        &mut self,
        device: &DeviceId,
        channels: &[PushChannel],
        now: Millis,
    ) -> Result<(), StoreError> {
        self.transaction.set_channels(device, channels, now)
    }

    fn retire_channel(
        &mut self,
        device: &DeviceId,
        address: &PushAddress,
        why: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.transaction.retire_channel(device, address, why, now)
    }

    fn set_facts(&mut self, device: &DeviceId, facts: &str, now: Millis) -> Result<(), StoreError> {
        self.transaction.set_facts(device, facts, now)
    }

    fn drill(&mut self, id: &DrillId) -> Result<Option<DrillRecord>, StoreError> {
        self.transaction.drill(id)
    }

    fn put_drill(&mut self, drill: &DrillRecord) -> Result<(), StoreError> {
        self.transaction.put_drill(drill)
    }

    fn add_notice(
        &mut self,
        person: &PersonId,
        key: &str,
        subject: &str,
        body: &str,
        now: Millis,
    ) -> Result<Option<StoredNotice>, StoreError> {
        self.transaction.add_notice(person, key, subject, body, now)
    }

    fn end_notice(&mut self, id: u64, now: Millis) -> Result<(), StoreError> {
        self.transaction.end_notice(id, now)
    }

    fn set_integration_key(
        &mut self,
        integration: &str,
        hash: SecretHash,
    ) -> Result<(), StoreError> {
        self.transaction.set_integration_key(integration, hash)
    }

    fn set_calendar_key(&mut self, person: &PersonId, hash: SecretHash) -> Result<(), StoreError> {
        self.transaction.set_calendar_key(person, hash)
    }

    fn add_config(&mut self, text: &str, by: &PersonId, at: Millis) -> Result<(), StoreError> {
        self.transaction.add_config(text, by, at)
    }
}
