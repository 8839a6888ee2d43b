//! The load report: what being on call cost, from the log alone.
//!
//! A pager that wakes people owes them an account: who was woken, how often, for how long, and by
//! what. This crate reads the log ([`History`], one ticket at a time) beside the shifts and
//! everybody's time zone ([`Query`]) and gives a [`Report`]. It promises that every number in it
//! can be counted again from the log by hand, with the definitions below and nothing else. It is
//! pure: it asks no clock and no disk, and the time zone rules are compiled in. It calls
//! `tocsin-ticket` alone. With the feature `render` it also writes the report as CSV and as one
//! HTML page.
//!
//! # What is counted
//!
//! **A page** is one obligation of one person on one ticket that rang. A page that takes the place
//! of one still unanswered, as every escalation renews those before it, is the same page: the siren
//! did not stop in between. It *rang* when a device said that the siren is sounding (or that
//! somebody looked, or checked in there), or when a gateway for text messages and calls took it on;
//! mail rings nobody. It rang *at* the earliest such word, but never before the page was made nor
//! after the server heard of it, whatever the device's clock says. A page that rang nowhere is
//! counted apart, as unheard.
//!
//! **The part of the day** in which a page rang is by the clock of the person it rang for, where
//! they live: business hours, sleep hours, or evenings, which is all the rest. See [`Hours`].
//!
//! **An interruption** is what a person would call being called once. It begins when a page rings
//! for somebody whom no other is keeping, and lasts until they are done: while the page is
//! unanswered; after each thing they do on a ticket that rang for them (check in, start work, write
//! a note, ...) for as long as it is open and in their hands, but for [`ATTENTION`] at the most; and
//! for another [`SETTLE`] to return to sleep, or to what they were doing. Whatever rings before that
//! is over belongs to the same interruption, so nothing is counted twice. What somebody does on an
//! old ticket while no interruption lasts was their own choice of hour, and begins none.
//!
//! **Interrupted sleep** is the part of interruptions that lies in the person's sleep hours, through
//! changes of the clocks in real minutes. It counts where the interruption began: for the shift, the
//! service and the week of the page that began it, because that page is the one to get rid of.
//!
//! **Times** to check in, to start work and to resolve run from the alarm to the first check-in by a
//! person, to the first start of work, and to the last resolution, for tickets that paged; whatever
//! did not happen has no time. See [`Spread`] for which median and 90th percentile.
//!
//! **Noise**, see [`Noise`]: tickets that paged and then recovered before anybody touched them,
//! those on which nobody did more than check in and resolve, and how often alarms fired again.
//!
//! **A bad night**, see [`BadNight`], and the swap that is offered after it.
//!
//! **Where things count**: a page and an interruption count at the instant at which they rang, a
//! ticket when it was opened, for the person whose it was then, and for their shift at that instant.
//!
//! ```
//! use tocsin_report::{Query, Tally};
//! use tocsin_ticket::Millis;
//!
//! let monday = 1_774_224_000_000; // 2026-03-23T00:00Z
//! let query = Query::new(Millis(monday), Millis(monday + 7 * 86_400_000), "Europe/Berlin");
//! let tally = Tally::new(query)?;
//! // for each ticket with something in the log since `tally.log_from()`: tally.add(&history);
//! assert_eq!(tally.report().total.pages.total(), 0);
//! # Ok::<(), tocsin_report::QueryError>(())
//! ```

mod hours;
mod interruption;
mod night;
mod pattern;
mod query;
#[cfg(feature = "render")]
pub mod render;
mod report;
mod spread;
mod story;
mod tally;

pub use hours::{Hours, HoursError, Part};
pub use interruption::{ATTENTION, SETTLE};
pub use night::{BAD_SLEEP, BAD_WAKE_UPS, BadNight, Swap};
pub use pattern::mask;
pub use query::{Entry, History, Names, Person, Query, QueryError, Shift, Team};
pub use report::{
    Advice, ByPart, Load, Noise, Of, Pattern, PerWeek, Report, ShiftLoad, Times, Trend, Week,
};
pub use spread::Spread;
pub use tally::Tally;
