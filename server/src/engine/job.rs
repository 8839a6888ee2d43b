//! What the engine can be asked to do, and what it answers.

use std::sync::Arc;

use tocsin_directory::Config;
use tocsin_ingest::Signal;
use tocsin_rota::SwapError;
use tocsin_ticket::{
    DeliveryFailure, DeviceId, DrillId, Millis, PageId, PersonId, Receipt, Refusal, TeamId, Ticket,
    TicketId,
};
use tocsin_wire::{
    CommandId, CommandReply, CommandRequest, Outcome, PushAddress, PushChannel, ReceiptBatch,
    TicketView,
};

use super::handoffs::HaveIt;
use super::noise::AskMaintenance;
use super::outbound::OutboundJob;
use super::swaps::AskSwap;
use crate::audit::Doer;
use crate::rights::{ApiToken, Who};
use crate::secret::{Secret, SecretHash};
use crate::store::holds::StoredWindow;
use crate::store::learning::{Learn, Learned};
use crate::store::swaps::StoredSwap;
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
        /// By whom.
        who: Who,
        /// What.
        request: CommandRequest,
    },
    /// What a device says became of pages. Answered with [`Answer::Done`].
    Receipts {
        /// By whose device.
        who: Who,
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
    GiveCode {
        /// Which.
        code: Code,
        /// Who gives it.
        by: Doer,
    },
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
        /// Who does it.
        by: Doer,
    },
    /// Gives a person's calendars a new key; the old one stops working. Answered with
    /// [`Answer::Done`].
    SetCalendarKey {
        /// Whose.
        person: PersonId,
        /// The hash of the new key.
        key: SecretHash,
        /// Who does it.
        by: Doer,
    },
    /// Makes an API token. Answered with [`Answer::Done`].
    AddToken {
        /// Which.
        token: ApiToken,
        /// Who makes it.
        by: Doer,
    },
    /// Makes an API token worthless; that there is none is as good. Answered with
    /// [`Answer::Done`].
    RevokeToken {
        /// Its id.
        token: String,
        /// Who does it.
        by: Doer,
    },
    /// Makes a device's token worthless; that there is no such device is as good. Answered with
    /// [`Answer::Done`].
    RevokeDevice {
        /// Which.
        device: DeviceId,
        /// Who does it.
        by: Doer,
    },
    /// Proposes or answers a swap of shifts. Answered with [`Answer::Swap`],
    /// [`Answer::SwapRefused`] or [`Answer::NoSuchSwap`].
    Swap {
        /// Who asks.
        by: Doer,
        /// The teams for which they may act.
        teams: Vec<TeamId>,
        /// What they want.
        ask: AskSwap,
    },
    /// Looks whether a pending handoff can be completed. Answered with [`Answer::Done`].
    HandOver,
    /// Completes a team's handoff because somebody says that the next person has the pager.
    /// Answered with [`Answer::HaveIt`].
    HaveIt {
        /// Who says so.
        who: Who,
        /// Of which team.
        team: TeamId,
    },
    /// Something that the next person on call is to know. Answered with [`Answer::Done`].
    HandoffNote {
        /// Of which team.
        team: TeamId,
        /// Who writes it.
        by: PersonId,
        /// What.
        text: String,
    },
    /// The server can be heard by heartbeats from now on; before, none is missed. Answered with
    /// [`Answer::Done`].
    Listening,
    /// A heartbeat. Answered with [`Answer::Beat`] or [`Answer::NoSuchHeartbeat`].
    Beat {
        /// The integration it came through.
        integration: String,
        /// Its name there.
        name: String,
    },
    /// Announces work on services, or ends it. Answered with [`Answer::Maintenance`] or
    /// [`Answer::NoSuchMaintenance`].
    Maintenance {
        /// What is asked.
        ask: AskMaintenance,
        /// Who asks.
        by: Doer,
    },
    /// Somebody is not to be woken for less than a SEV1. Answered with [`Answer::Done`].
    Quiet {
        /// Who.
        person: PersonId,
        /// Until when; what is not after now ends it.
        until: Millis,
        /// From where they ask.
        by: Doer,
    },
    /// What became of telling somebody outside, or is to.
    Outbound(Box<OutboundJob>),
    /// Keeps something to learn from. Answered with [`Answer::Learned`].
    Learn(Learn),
    /// Applies a configuration. Answered with [`Answer::Done`].
    Apply {
        /// The file's text, to keep.
        text: String,
        /// The same, validated.
        config: Box<Config>,
        /// First keys for integrations that have none.
        keys: Vec<(String, SecretHash)>,
        /// First secrets for endpoints outside that have none.
        secrets: Vec<(String, Secret)>,
        /// Who applies it.
        by: Doer,
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
    /// A swap as it stands now.
    Swap(Box<StoredSwap>),
    /// The swap cannot be.
    SwapRefused(SwapError),
    /// There is no such swap, team or layer, or not for this person.
    NoSuchSwap,
    /// What became of somebody's word that the next person has the pager.
    HaveIt(HaveIt),
    /// A beat was heard.
    Beat {
        /// When its silence becomes an alarm, unless it is heard again.
        next_by: Millis,
    },
    /// No such heartbeat is expected.
    NoSuchHeartbeat,
    /// Announced work as it stands now.
    Maintenance(Box<StoredWindow>),
    /// There is no such announced work, or it is not the team's of whoever asks.
    NoSuchMaintenance,
    /// What became of something to learn from.
    Learned(Learned),
    /// So many dead letters are sent again.
    SentAgain(u64),
    /// There is nobody of that name outside.
    NoSuchEndpoint,
    /// Done.
    Done,
}
