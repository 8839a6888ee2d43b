//! The rotations of another pager as a Tocsin configuration.
//!
//! A team that changes its pager must not change its shifts, or not without knowing. So [`pagerduty`],
//! [`opsgenie`], [`goalert`] and [`ical`] each read what that pager gives away and answer with a
//! configuration file for `tocsin apply`, and with a list of all that could not be carried over,
//! each with its place in the file. It promises that nothing is dropped silently: a field that no
//! importer knows is on the list too, and where the file says who is on call when, every shift
//! that Tocsin would give to somebody else is.
//!
//! Each vendor's module reads that vendor's words into a `Schedule`, the one place that
//! knows how other pagers think: layers that hide each other, turns of any length, hours. From there
//! on all go the same way to a `RotaSpec`, which the rota itself checks, and to the file.
//!
//! [`holidays`] writes the public holidays of a calendar as that file has them.
//!
//! There is no I/O and no clock here. It may call `rota` and `calendar`; that the configuration
//! parses is tested against `directory`.

mod goalert;
mod holidays;
mod ical;
mod opsgenie;
mod pagerduty;
mod people;
mod read;
mod report;
mod schedule;
mod write;

use jiff::Timestamp;

pub use goalert::{QUERY as GOALERT_QUERY, goalert};
pub use holidays::holidays;
pub use ical::ical;
pub use opsgenie::opsgenie;
pub use pagerduty::pagerduty;
pub use report::{ImportError, LeftOut};

/// What an import is told besides the file.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The id that the team gets, if the file has one schedule; made of the schedule's name if not
    /// given.
    pub team: Option<&'a str>,
    /// What has ended by now is left out.
    pub now: Timestamp,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// A configuration file, TOML: a team for each schedule.
    pub toml: String,
    /// What could not be carried over, in the order in which it was met.
    pub left_out: Vec<LeftOut>,
}
