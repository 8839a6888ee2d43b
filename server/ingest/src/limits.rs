//! Every bound on what a body can put into a ticket, in one place.
//!
//! The size of a body is bounded by whoever reads it from the network, and the depth of its JSON by
//! `serde_json`, which refuses more than 128 levels.

/// Length of a title in characters; what is longer ends in an ellipsis.
///
/// A page carries its title, and no more than 4096 bytes pass through FCM and APNs; 256 characters
/// are at most 1 KiB and more than a lock screen shows.
pub const TITLE_MAX_CHARS: usize = 256;

/// Length of a dedup key in characters, as in PagerDuty's Events API v2; a longer one is replaced
/// by its hash.
pub const DEDUP_KEY_MAX_CHARS: usize = 255;

/// Length of a URL in characters; a longer one is not linked, for a cut URL is a wrong one.
pub const URL_MAX_CHARS: usize = 2048;

/// How many details a ticket keeps.
pub const DETAILS_MAX: usize = 64;

/// Length of a detail's name in characters; what is longer ends in an ellipsis.
pub const DETAIL_NAME_MAX_CHARS: usize = 128;

/// Length of a detail's text in characters; what is longer ends in an ellipsis.
pub const DETAIL_TEXT_MAX_CHARS: usize = 4096;

/// What the names and texts of a ticket's details may take together, in bytes.
pub const DETAILS_MAX_BYTES: usize = 16 * 1024;

/// How many alarms one body can fire.
///
/// More in one JSON array are refused, since its sender can split it; what an Alertmanager
/// notification has beyond them is told in one further alarm, since Alertmanager cannot.
pub const ALARMS_MAX: usize = 1000;

/// How many oddities of one body are told one by one; the rest is counted.
pub const ODDITIES_MAX: usize = 50;
