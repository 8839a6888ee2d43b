//! What is owed: matters, and the task that each of them is on each channel.

use std::sync::Arc;

use tocsin_ticket::{
    DeliveryProblem, DeviceId, DrillId, Millis, Page, PageId, PersonId, Receipt, Rung, Ticket,
    TicketId,
};

use super::super::roster::Channel;
use crate::store::{DrillRecord, StoredNotice};

/// What is owed to one person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Page(PageId),
    Silence(TicketId, PersonId),
    Drill(DrillId),
    Notice(u64),
}

/// Who goes first: the most severe, then pages before silences, then the oldest, then as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    pub severity: u8,
    pub silence: bool,
    pub at: Millis,
    pub task: TaskId,
}

pub type TaskId = u64;

/// One subject on one channel.
#[derive(Debug)]
pub struct Task {
    pub subject: Subject,
    pub channel: Arc<Channel>,
    pub tier: usize,
    pub rank: Rank,
    pub state: State,
    pub failures: u32,
    /// Whether *sent* and *accepted* are written down.
    pub reported: bool,
    pub problems: Vec<DeliveryProblem>,
    /// Whether it may have arrived.
    pub sent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Waiting,
    InFlight,
    /// Nothing more to do unless it is repeated.
    Done,
    /// It cannot succeed on this channel.
    Failed,
}

/// A subject and its tasks.
#[derive(Debug)]
pub struct Matter {
    pub what: What,
    pub person: PersonId,
    pub expires_at: Millis,
    pub tasks: Vec<TaskId>,
}

#[derive(Debug)]
pub enum What {
    Page(Paging),
    Silence(Arc<Ticket>),
    Drill(DrillRecord),
    Notice(StoredNotice),
}

#[derive(Debug)]
pub struct Paging {
    pub ticket: Arc<Ticket>,
    pub page: Page,
    /// The last tier begun.
    pub tier: usize,
    /// When the next one begins, if there is one and nobody has received the page by then.
    pub next_tier_at: Option<Millis>,
}

impl Paging {
    pub fn received_by(&self, device: &DeviceId) -> bool {
        self.page
            .receipts
            .iter()
            .any(|receipt| receipt.rung >= Rung::Received && receipt.device == *device)
    }

    /// Whether somebody may notice it; a phone in total silence has received it and does not help.
    pub fn reached(&self) -> bool {
        self.page.receipts.iter().any(Receipt::reaches)
    }

    pub fn accepted_on(&self, channel: &Channel) -> bool {
        self.page.receipts.iter().any(|receipt| {
            receipt.rung == Rung::Accepted
                && receipt.device == channel.device
                && receipt.transport == Some(channel.transport())
        })
    }
}
