//! Tocsin's server. Somebody must take alarms, run the escalation clock and reach phones; that is
//! all it does.
//!
//! A request becomes a job ([`api`]); the writer decides jobs in groups and commits them before it
//! answers ([`engine`], [`store`]); what was decided goes to the people's live streams ([`hub`]).
//! The rules themselves are in `tocsin-ticket`, and who is who in `tocsin-directory`.

pub mod api;
pub mod engine;
pub mod hub;
pub mod identity;
pub mod secret;
pub mod serve;
pub mod store;
