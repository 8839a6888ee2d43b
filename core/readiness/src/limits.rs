//! Every threshold of the rules, with its reason.

use core::time::Duration;

/// A siren below this part of full output is weak. Half of full output is 6 dB down; NFPA 72
/// (2019) 18.4.6.1 asks an alarm for sleepers for 75 dBA at the pillow, and a phone has no 6 dB to
/// give away.
pub const WEAK_VOLUME: f32 = 0.5;

/// Where a device cannot tell its volume, a siren that its owner confirmed to have heard within this
/// time stands for it: one audible drill a shift, and the common shift is a week.
pub const HEARD_MAX_AGE: Duration = Duration::from_hours(7 * 24);

/// A battery below this part of full, and not charging, may not last the night. Android warns of a
/// low battery at the same level (`config_lowBatteryWarningLevel`, 15 in AOSP).
pub const LOW_BATTERY: f32 = 0.15;

/// A drill passes every night; one missed night is found by the next noon.
pub const DRILL_MAX_AGE: Duration = Duration::from_hours(36);

/// A drill that took longer was too slow: a SEV1 page not received within this time goes to the next
/// transport or device.
pub const DRILL_SLOW: Duration = Duration::from_secs(10);

/// Facts older than this say nothing about now. An iPhone that nobody touches reports only when a
/// push wakes it, and the nightly drill is such a push: after this long, even that did not arrive.
pub const REPORT_MAX_AGE: Duration = Duration::from_hours(24);

/// A clock this far from the server's is wrong; anything below may be the network's delay. The phone
/// engine corrects by the same limit.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);

/// A clock this far off takes a fresh page for an expired one, or rings for a stale one: it is all
/// the time by which a page outlives the deadline that renews it.
pub const CLOCK_LIMIT: Duration = tocsin_ticket::PAGE_GRACE;
