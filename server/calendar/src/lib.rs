//! On-call duty in the calendars that people live by, and back.
//!
//! Whoever is on call next week looks into their calendar, not into a pager. So [`feed()`] writes
//! the shifts of a person or a team as a calendar that any program can subscribe to (RFC 5545, with
//! RFC 7986 for the name and how often to look again). The other way round, [`holidays`] reads the
//! public holidays that a government or a colleague publishes as a calendar, and [`shifts`] reads
//! the duties that another pager publishes, which [`assign`] gives to people.
//!
//! It promises that a shift keeps its UID for as long as the same person takes the same duty over at
//! the same moment, so that calendars move an event rather than double it; and that nothing in a
//! file is dropped silently: what cannot be read is an error with its line and what was expected.
//!
//! There is no I/O and no clock here. Feeds are written with one library and read, in the tests,
//! with another. It calls nobody.

mod error;
mod feed;
mod holidays;
mod read;
mod shifts;
mod zone;

pub use error::CalendarError;
pub use feed::{Entry, Feed, Whose, feed};
pub use holidays::{Holiday, holidays};
pub use shifts::{Attendee, CalendarShift, Stretch, assign, clock, shifts};
