//! Who there is, who is on call, and who is paged after whom.
//!
//! A team writes one file. A mistake in it would be found at night, by nobody being paged, so
//! [`Config::parse`] refuses everything that could go wrong later, and names all of it at once, each
//! with its place and what to do. [`diff`] tells what applying it would change, down to the shifts
//! that change hands. [`Directory`] is the file in use: it answers for every alarm and every phone,
//! never fails, and its answers depend on the file and the instant alone.
//!
//! There is no I/O and no clock here, and no secret: the server makes the keys of integrations, and
//! they never stand in the file.

mod config;
mod diff;
mod directory;
mod error;
pub mod handoff;
mod heartbeat;
mod noise;
mod outbound;
mod parse;
mod phones;
mod read;
mod template;

pub use config::{
    Config, Holidays, IntegrationSpec, Language, Layer, Person, Rotation, Service, Team,
};
pub use diff::{Change, MovedShift, diff, moved_shifts};
pub use directory::{Directory, TeamShift, TeamSwap};
pub use error::{ConfigError, ConfigErrors};
pub use noise::{HoldOff, LONGEST_HOLD_OFF, LONGEST_MAINTENANCE, Maintenance};
pub use outbound::{Conference, EventType, MeetingPlace, Subscriber, Webhook};
