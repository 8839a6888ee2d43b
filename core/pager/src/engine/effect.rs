//! What a phone wants done.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PageId, TicketId};
use tocsin_wire::{
    CommandId, CommandRequest, Cursor, Directory, Entry, Me, ReceiptBatch, ReceiptReport,
    TicketView,
};

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

/// What the siren shall do. Both are idempotent at the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SirenCommand {
    /// Sound, or go on sounding.
    Start(Loudness),
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
    pub report: ReceiptReport,
}
