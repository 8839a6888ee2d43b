//! What a phone knows when its process starts.

use std::sync::Arc;

use tocsin_ticket::{PageId, Rung};
use tocsin_wire::{Cursor, Directory, Me, TicketView};

use super::effect::{QueuedReceipt, QueuedTap};
use super::view::Notice;

/// Everything that [`super::Change`]s have put on disk, read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Whose device this is.
    pub me: Me,
    /// Their name, as the server gave it at enrolment.
    pub person_name: String,
    /// How far the log was read; `None` asks for a snapshot.
    pub cursor: Option<Cursor>,
    /// Names.
    pub directory: Directory,
    /// How far the server's clock was ahead of the device's, in milliseconds.
    pub clock_offset_ms: i64,
    /// The tickets, and whether an unfinished snapshot has still to confirm them.
    pub tickets: Vec<(Arc<TicketView>, bool)>,
    /// Taps without an answer, in order.
    pub taps: Vec<QueuedTap>,
    /// Receipts without an answer, in order.
    pub receipts: Vec<QueuedReceipt>,
    /// The last number of the batch of receipts that may be on its way.
    pub batched_through: Option<u64>,
    /// Every rung ever reported for pages that may still be live.
    pub reached: Vec<(PageId, Rung)>,
    /// Notices not read yet, in order.
    pub notices: Vec<Notice>,
    /// The next number for a tap, receipt or notice; never given twice.
    pub next_number: u64,
}

impl Saved {
    /// A device that has just been enrolled and knows nothing yet.
    #[must_use]
    pub fn new(me: Me, person_name: impl Into<String>) -> Self {
        Self {
            me,
            person_name: person_name.into(),
            cursor: None,
            directory: Directory::default(),
            clock_offset_ms: 0,
            tickets: Vec::new(),
            taps: Vec::new(),
            receipts: Vec::new(),
            batched_through: None,
            reached: Vec::new(),
            notices: Vec::new(),
            next_number: 1,
        }
    }
}
