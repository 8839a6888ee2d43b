//! Whether a device would wake its owner now, and what to do if not.
//!
//! A phone that cannot ring should be found out in daylight, not by a page. A device reports
//! [`Facts`] about itself; [`assess`] turns them into a [`Light`] and [`Finding`]s, each with what is
//! wrong and what to do next on that platform. Server and devices share this crate, so all of them
//! show the same light for the same facts. It promises:
//!
//! - to be pure: time comes in as an argument, nothing is read from a clock, disk or network;
//! - that red means a page would not wake the person, amber that it may fail or be weaker;
//! - that what a device has not said never makes it green;
//! - that no fact that becomes worse makes the light better;
//! - tolerance of versions apart: every fact may be absent, words that only a newer app knows read
//!   as not said, and fields that this version does not know are ignored.

mod assess;
mod facts;
mod finding;
pub mod limits;
mod rules;
mod texts;
mod version;

pub use assess::{Assessment, Expectation, assess};
pub use facts::{
    Battery, Connectivity, DoNotDisturb, DrillResult, Facts, Network, Permission, Permissions,
    Platform, Ringer, Sound,
};
pub use finding::{Code, Finding, Light};
pub use texts::{Language, Text};
pub use version::{AppVersion, ParseAppVersionError};
