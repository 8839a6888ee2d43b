//! What server and phones say to each other: JSON over HTTP, described once for both sides.
//!
//! The promise is tolerance. A phone and a server may be versions apart, so whatever a peer adds (a
//! field, a state, an event) is kept as it came and passed on, never an error: closed sets are
//! read as [`Known`], and objects keep unknown fields in `extra`. Nothing here decides anything.

mod api;
mod command;
mod cursor;
mod device;
mod known;
mod problem;
mod push;
mod shift;
mod sync;
mod view;

pub use api::{
    DownstreamView, DrillReport, EnrollReply, EnrollRequest, OnCall, Person, ReceiptBatch,
    ReceiptReport, TicketBrief, TicketDetail, TicketList, Timeline,
};
pub use command::{Action, CommandId, CommandReply, CommandRequest, Outcome};
pub use cursor::{Cursor, ParseCursorError};
pub use device::{DeviceView, DeviceWay, DrillRequest, DrillView};
pub use known::Known;
pub use problem::Problem;
pub use push::{
    ApnsEnvironment, Drill, MAX_PUSH_BYTES, PUSH_VERSION, PushAddress, PushChannel, PushInfo,
    PushMessage, PushPayload, PushRegistration, PushWhen, ServerNotice,
};
pub use shift::{ShadowMode, ShadowView, ShiftReason, ShiftView};
pub use sync::{Directory, Duty, DutyShift, Entry, Hello, Me, PhoneRules, SyncPage, Update, frame};
pub use view::{ConferenceView, DeadlineView, HelpView, HoldView, PageView, TicketView};

/// Version of what is described here. It grows when a peer must behave differently, not when a
/// field is added.
pub const WIRE_VERSION: u32 = 1;

/// Header in which each side names its [`WIRE_VERSION`].
pub const WIRE_VERSION_HEADER: &str = "tocsin-wire-version";
