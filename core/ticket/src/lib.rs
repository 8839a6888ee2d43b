//! The on-call ticket, as plain data and two functions.
//!
//! [`decide`] turns a [`Command`] into [`Event`]s or a [`Refusal`]; [`Ticket::apply`] folds an event
//! into the ticket. Server and phones share this crate, so a rule exists once. It promises to be
//! pure: time comes in as [`Millis`], who can be paged comes in as a [`Context`], nothing is read
//! from a clock, a disk or a random source, and the same inputs always give the same events.
//! Replaying a ticket's events reproduces the ticket.

mod chain;
mod command;
mod decide;
mod event;
mod id;
mod page;
mod policy;
mod severity;
mod state;
mod ticket;
mod time;
mod transport;

pub use chain::{Chain, Level, Role};
pub use command::{Actor, Alarm, Command, Refusal};
pub use decide::{Context, decide};
pub use event::{Event, PageEnd};
pub use id::{DeviceId, DrillId, PageId, ParsePageIdError, PersonId, ServiceId, TeamId, TicketId};
pub use page::{
    DeliveryFailure, DeliveryProblem, DoNotDisturb, PAGE_GRACE, Page, PageReason, Receipt, Ringer,
    Rung,
};
pub use policy::{Limits, NUDGE_PERCENT, Policy, PolicyError};
pub use severity::{ParseSeverityError, Severity};
pub use state::TicketState;
pub use ticket::{Deadline, DeadlineKind, Reach, Stamp, Ticket};
pub use time::Millis;
pub use transport::Transport;
