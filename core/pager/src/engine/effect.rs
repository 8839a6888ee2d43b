//! What a phone wants done.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tocsin_readiness::Facts;
use tocsin_ticket::{DeviceId, Millis, PageId, TicketId};
use tocsin_wire::{
    CommandId, CommandRequest, Cursor, Directory, DrillReport, Entry, Me, PushChannel,
    PushRegistration, ReceiptBatch, ReceiptReport, TicketView,
};

use super::deadman::OfflineWindow;
use super::drill::DrillRecord;
use super::duty::KnownDuty;
use super::view::Notice;

/// Something to do. [`super::Phone::step`] returns them in the order in which they must be done:
/// siren, store, network, wake, show.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start or stop the sound, now.
    Siren(SirenCommand),
    /// Put all of this on disk, or nothing of it, before the network effects that follow.
    Store(Vec<Change>),
    /// `POST /v1/commands`. Answer with [`super::Input::CommandAnswered`].
    SendCommand(CommandRequest),
    /// `POST /v1/receipts`. Answer with [`super::Input::ReceiptsAnswered`].
    SendReceipts(ReceiptBatch),
    /// `PUT /v1/device/push`. Answer with [`super::Input::PushRegistered`].
    RegisterPush(PushRegistration),
    /// `PUT /v1/device/status`. Answer with [`super::Input::StatusAnswered`].
    SendStatus(Box<Facts>),
    /// Ask for one page of `GET /v1/sync`, dropping whatever link there was. Answer with
    /// [`super::Input::Synced`].
    Sync {
        /// Names the attempt.
        link: LinkId,
        /// From where; `None` asks for a snapshot.
        after: Option<Cursor>,
    },
    /// Open `GET /v1/stream`, dropping whatever link there was. Answer with
    /// [`super::Input::Stream`] and, once, [`super::Input::StreamEnded`].
    Stream {
        /// Names the attempt.
        link: LinkId,
        /// From where.
        after: Cursor,
    },
    /// Come back with [`super::Input::Wake`] at this instant; replaces the one asked for before.
    Wake(Millis),
    /// Something visible may have changed: take a new [`super::Phone::view`].
    Show,
}

/// What the siren shall do. All are idempotent at the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SirenCommand {
    /// Sound, or go on sounding.
    Start(Loudness),
    /// Drive the output as for a page, up to the start of the sound, at volume zero, and report
    /// [`super::SirenEvent::Rehearsed`]. A `Start` that comes meanwhile wins at once.
    Rehearse,
    /// Be silent.
    Stop,
}

/// How the siren begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loudness {
    /// 10 dB softer at first, at full level from the third cycle: for a page that has not rung yet.
    Ramp,
    /// Full level at once: for a page that has rung before.
    Full,
}

/// Numbers the attempts to reach the server within one run, so that what a replaced one still
/// brings is not taken for news of the present one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// One change of what the device has on disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Read this far.
    Cursor(Cursor),
    /// Whose device this is.
    Me(Me),
    /// Names, in place of the ones before.
    Directory(Directory),
    /// How far the server's clock is ahead of the device's.
    ClockOffset {
        /// In milliseconds; negative when the device's clock is ahead.
        offset_ms: i64,
    },
    /// A snapshot began: every ticket stays only if the snapshot has it.
    MarkStale,
    /// A ticket as it now stands.
    PutTicket(Arc<TicketView>),
    /// A ticket and its timeline are no longer kept.
    ForgetTicket(TicketId),
    /// One line of a ticket's timeline; one that is there already stays.
    AddEntry {
        /// The ticket.
        ticket: TicketId,
        /// The line.
        entry: Entry,
    },
    /// A tap waits for the server.
    AddTap(QueuedTap),
    /// The server has answered a tap.
    RemoveTap(CommandId),
    /// A receipt waits for the server.
    AddReceipt(QueuedReceipt),
    /// The receipts up to this number are about to be sent as one batch.
    BatchReceipts {
        /// The last number in the batch.
        through: u64,
    },
    /// The server has the receipts up to this number.
    ReceiptsSent {
        /// The last number it has.
        through: u64,
    },
    /// Up to this instant of the server's clock nothing is missing from the log as it was read.
    ReadAsOf(Millis),
    /// When the person is on call and the device is tested.
    Duty(KnownDuty),
    /// The drills that are remembered, in place of the ones before.
    Drills(Vec<DrillRecord>),
    /// When the server was last in touch, by the device's clock.
    Contact(Millis),
    /// The person is offline on purpose, or no longer.
    OfflineWindow(Option<OfflineWindow>),
    /// The ways to push to this device, which the server has yet to take.
    PushChannels(Vec<PushChannel>),
    /// The server has taken exactly these ways for this device.
    PushTaken(DeviceId),
    /// The page is over, so which of its receipts were sent need not be remembered.
    ForgetReceipts(PageId),
    /// Something the person should read.
    AddNotice(Notice),
    /// They have read it, or a newer one took its place.
    RemoveNotice {
        /// Its number.
        number: u64,
    },
}

/// A tap that the server has not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedTap {
    /// Its place in the order of tapping.
    pub number: u64,
    /// What is sent, under the same id however often.
    pub request: CommandRequest,
    /// The person's pages that it answers.
    pub pages: Vec<PageId>,
}

/// A receipt that the server may not have yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedReceipt {
    /// Its place in the order of happening.
    pub number: u64,
    /// What is sent.
    pub report: Report,
}

/// What a receipt is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Report {
    /// A page.
    Page(ReceiptReport),
    /// A drill.
    Drill(DrillReport),
}

impl Report {
    /// The page, if it is about one.
    #[must_use]
    pub const fn page(&self) -> Option<PageId> {
        match self {
            Self::Page(report) => Some(report.page),
            Self::Drill(_) => None,
        }
    }
}
