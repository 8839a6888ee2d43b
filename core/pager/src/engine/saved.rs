//! What a phone knows when its process starts.

use std::sync::Arc;

use tocsin_ticket::{DeviceId, Millis, PageId, Rung};
use tocsin_wire::{Cursor, Directory, Me, PushChannel, TicketView};

use super::deadman::OfflineWindow;
use super::drill::DrillRecord;
use super::duty::KnownDuty;
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
    /// How far the server's clock was ahead of the device's, in milliseconds; `None` when it was
    /// never heard.
    pub clock_offset_ms: Option<i64>,
    /// Up to when nothing is missing from the log as it was read, by the server's clock.
    pub read_as_of: Option<Millis>,
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
    /// When the person is on call and the device is tested.
    pub duty: KnownDuty,
    /// The drills that are remembered, oldest first.
    pub drills: Vec<DrillRecord>,
    /// When the server was last in touch, by the device's clock, within
    /// [`super::CONTACT_KEPT_EVERY`].
    pub contact: Option<Millis>,
    /// The person is offline on purpose.
    pub offline_window: Option<OfflineWindow>,
    /// The ways to push to this device; `None` when the shell has never told.
    pub push_channels: Option<Vec<PushChannel>>,
    /// The device for which the server has taken them.
    pub push_taken: Option<DeviceId>,
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
            clock_offset_ms: None,
            read_as_of: None,
            tickets: Vec::new(),
            taps: Vec::new(),
            receipts: Vec::new(),
            batched_through: None,
            reached: Vec::new(),
            duty: KnownDuty::default(),
            drills: Vec::new(),
            contact: None,
            offline_window: None,
            push_channels: None,
            push_taken: None,
            notices: Vec::new(),
            next_number: 1,
        }
    }
}
