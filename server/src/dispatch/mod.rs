//! The dispatcher: makes sure that every page travels until it is received, answered or over.
//!
//! A page is an obligation that the engine has put on disk. Live streams get it from the hub at the
//! commit; everything else is decided here. [`Dispatcher`] is plain data: it takes what happened
//! ([`Input`]) and the time, and says what to send, what to write down and when to be woken. It asks
//! no clock and performs nothing, so the simulation runs this very code; [`Runtime`] gives it
//! transports and a clock. Its memory can be lost at any time: what is owed is in the tickets, how
//! far it got is in their receipts, and what was sent but not yet written down is sent again.
//!
//! **The ladder.** A person's channels stand in tiers ([`Roster`]): all device channels that are
//! used at once, then each channel for when that was not enough, then text message, call and mail.
//! A tier begins when no device has received the page within the policy's `next_channel` of the one
//! before, or at once when every attempt of the tiers so far was refused for good.
//!
//! **Order.** A channel is used by one line of waiting attempts, and lines of one service share a
//! lane with room for so many attempts at a time. The most severe goes first everywhere, then the
//! oldest. A line sends at a fair rate; in a storm its last allowed attempt carries the worst page
//! and the number of the others, which the phone then fetches.

mod payload;
mod plan;
mod roster;
mod runtime;
#[cfg(test)]
mod tests;

pub use plan::{Attempt, Dispatcher, Effect, Input};
pub use roster::{Channel, Lane, Means, Roster};
pub use runtime::{Dispatch, Inbox, Runtime};
