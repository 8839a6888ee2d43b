//! The on-call ticket, as plain data and two functions.
//!
//! [`decide`] turns a [`Command`] into [`Event`]s or a [`Refusal`]; [`Ticket::apply`] folds an event
//! into the ticket. Server and phones share this crate, so a rule exists once. It promises to be
//! pure: time comes in as [`Millis`], who can be paged comes in as a [`Context`], nothing is read
//! from a clock, a disk or a random source, and the same inputs always give the same events.
//! Replaying a ticket's events reproduces the ticket.

mod chain;
mod command;
mod conference;
mod decide;
mod event;
mod group;
mod help;
mod hold;
mod id;
mod page;
mod policy;
mod severity;
mod shadow;
mod state;
mod ticket;
mod time;
mod timer;
mod transport;

pub use chain::{Chain, Level, Role};
pub use command::{Actor, Alarm, Command, Refusal};
pub use conference::{Bridge, Conference, IncidentRole, StatusUpdate};
pub use decide::{Context, FLAPPING_SETTLES, FLAPPING_TICKETS, FLAPPING_WITHIN, decide};
pub use event::{Event, PageEnd};
pub use group::{GROUP_LIMIT, Group, GroupLabels};
pub use help::{Help, HelpAnswer, HelpTarget};
pub use hold::{Hold, HoldRule};
pub use id::{DeviceId, DrillId, PageId, ParsePageIdError, PersonId, ServiceId, TeamId, TicketId};
pub use page::{
    DeliveryFailure, DeliveryProblem, DoNotDisturb, Missed, PAGE_GRACE, Page, PageReason, Receipt,
    Ringer, Rung,
};
pub use policy::{Limits, NUDGE_PERCENT, Policy, PolicyError};
pub use severity::{ParseSeverityError, Severity};
pub use shadow::{MENTOR_PERCENT, Shadow, ShadowMode};
pub use state::TicketState;
pub use ticket::{Deadline, DeadlineKind, Extension, Reach, Stamp, Ticket};
pub use time::Millis;
pub use timer::{Timer, TimerKind};
pub use transport::Transport;
