//! What the engine can be asked to do, and what it answers.

use std::sync::Arc;

use tocsin_directory::Config;
use tocsin_ingest::Signal;
use tocsin_ticket::{
    DeliveryFailure, DeviceId, DrillId, PageId, PersonId, Receipt, Refusal, Ticket, TicketId,
};
use tocsin_wire::{
    CommandId, CommandReply, CommandRequest, Outcome, PushAddress, PushChannel, ReceiptBatch,
    TicketView,
};

use crate::secret::SecretHash;
use crate::store::{Code, Device, DrillRecord, StoreError};

/// One thing to do, whole or not at all. Everything random in it was drawn by the caller.
#[derive(Debug, Clone)]
pub enum Job {
    /// What one request from monitoring said. Answered with [`Answer::Alarms`], or with
    /// [`Answer::NoSuchTeam`] when an alarm is for a team that is gone.
    Alarms {
        /// The integration it came through.
        source: String,
        /// What it said, in order.
        signals: Vec<Signal>,
    },
    /// A tap. Answered with [`Answer::Tap`].
    Tap {
        /// On which device.
        device: Device,
        /// What.
        request: CommandRequest,
    },
    /// What a device says became of pages. Answered with [`Answer::Done`].
    Receipts {
        /// Which device.
        device: Device,
        /// What it says.
        batch: ReceiptBatch,
    },
    /// What became of attempts to deliver. Answered with [`Answer::Done`].
    Deliveries(Vec<Delivery>),
    /// All the ways to push to a device. Answered with [`Answer::Done`].
    RegisterPush {
        /// Which device.
        device: DeviceId,
        /// In order of preference.
        channels: Vec<PushChannel>,
    },
    /// A push service says that an address is dead. Answered with [`Answer::Done`].
    RetireChannel {
        /// Whose.
        device: DeviceId,
        /// Which.
        address: PushAddress,
        /// The service's words.
        why: String,
        /// Who is told, and what: each person with a subject and a text.
        tell: Vec<(PersonId, String, String)>,
    },
    /// What a device says about itself. Answered with [`Answer::Done`].
    Facts {
        /// Which device.
        device: DeviceId,
        /// What, as JSON.
        facts: String,
    },
    /// Orders drills. Answered with [`Answer::Done`].
    Drill(Vec<DrillRecord>),
    /// Something to tell people once. Answered with [`Answer::Done`].
    Notify {
        /// Whom.
        people: Vec<PersonId>,
        /// The same key is not told to the same person twice.
        key: String,
        /// One line.
        subject: String,
        /// What happened, and what to do.
        body: String,
    },
    /// A notice reached somebody. Answered with [`Answer::Done`].
    EndNotice(u64),
    /// Gives out an enrolment code. Answered with [`Answer::Done`].
    GiveCode(Code),
    /// Trades a code for a device. Answered with [`Answer::Enrolled`] or [`Answer::NoSuchCode`].
    Enroll {
        /// The code's hash.
        code: SecretHash,
        /// The new device's id.
        device: DeviceId,
        /// What its owner calls it.
        name: String,
        /// The hash of its token.
        token: SecretHash,
    },
    /// Replaces an integration's key. Answered with [`Answer::Done`].
    SetKey {
        /// Which integration.
        integration: String,
        /// The hash of its new key.
        key: SecretHash,
    },
    /// Applies a configuration. Answered with [`Answer::Done`].
    Apply {
        /// The file's text, to keep.
        text: String,
        /// The same, validated.
        config: Box<Config>,
        /// First keys for integrations that have none.
        keys: Vec<(String, SecretHash)>,
        /// The administrator.
        by: PersonId,
    },
}

/// What became of attempts to deliver one page or drill.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Of what.
    pub of: DeliveryOf,
    /// The rungs that were reached.
    pub receipts: Vec<Receipt>,
    /// The attempts that came to nothing.
    pub failures: Vec<DeliveryFailure>,
}

/// What was to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOf {
    /// A page.
    Page(PageId),
    /// A drill.
    Drill(DrillId),
}

/// What became of one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmTaken {
    /// The ticket it is in; `None` when an end came for something that is not open.
    pub ticket: Option<TicketId>,
    /// Whether it opened that ticket.
    pub opened: bool,
}

/// How a tap was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct TapAnswer {
    /// Why not, or `None` when it was done.
    pub refusal: Option<Refusal>,
    /// The ticket as it stands.
    pub ticket: Option<Arc<Ticket>>,
    /// Those of the tap's other tickets on which it was refused.
    pub also_refused: Vec<TicketId>,
}

impl TapAnswer {
    /// The answer as the phone that tapped reads it.
    ///
    /// # Errors
    /// [`StoreError`] when the ticket cannot be written as JSON.
    pub fn reply(self, id: CommandId) -> Result<CommandReply, StoreError> {
        let ticket = self.ticket.as_deref().map(TicketView::of).transpose()?;
        let outcome = match self.refusal {
            None => Outcome::Accepted,
            Some(refusal) => {
                let message = refusal.to_string();
                Outcome::Refused {
                    refusal: refusal.into(),
                    message,
                }
            }
        };
        Ok(CommandReply {
            id,
            outcome,
            ticket,
            also_refused: self.also_refused,
        })
    }
}

/// The answer to a [`Job`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One element for each signal.
    Alarms(Vec<AlarmTaken>),
    /// How the tap was decided.
    Tap(Box<TapAnswer>),
    /// There is nobody who could be given the alarm; nothing of it was kept.
    NoSuchTeam,
    /// The device that was enrolled.
    Enrolled(Device),
    /// The code is unknown, used or expired.
    NoSuchCode,
    /// Done.
    Done,
}
