//! Tocsin's server. Somebody must take alarms, run the escalation clock and reach phones; that is
//! all it does.
//!
//! A request becomes a job ([`api`]); the writer decides jobs in groups and commits them before it
//! answers ([`engine`], [`store`]); what was decided goes to the people's live streams ([`hub`]),
//! which phones catch up with from a cursor ([`feed`]), and by every other way until it is received
//! ([`dispatch`]). The next person on call gets a page of text ([`handoff`]). Outside, somebody hears
//! as long as it works ([`heartbeat`]).
//! The rules themselves are in `tocsin-ticket`, and who is who in `tocsin-directory`.

mod answers;
pub mod api;
pub mod audit;
pub mod backup;
pub mod contacts;
pub mod dispatch;
pub mod engine;
pub mod feed;
#[cfg(test)]
mod fixture;
pub mod handoff;
pub mod heartbeat;
pub mod hub;
pub mod identity;
pub mod learning;
mod load;
pub mod outbound;
mod prompt;
pub mod rights;
pub mod secret;
pub mod serve;
pub mod sns;
pub mod store;
pub mod watch;
