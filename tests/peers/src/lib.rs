//! Push services as their vendors document them, on this machine, told to misbehave at will.
//!
//! A transport is only as good as the peer it was tried against. These peers speak the real
//! protocols over TLS and HTTP/2, check what they are sent against the vendors' documented rules
//! and refuse it in the vendors' words. [`faults::Faults`] makes any of them fail, stall, lose
//! answers, deliver twice, reorder, lie or go away, while they run. What reached them is kept as it
//! was on the wire ([`https::Peer::requests`]).

pub mod apns;
pub mod faults;
pub mod fcm;
pub mod hook;
pub mod https;
pub mod smtp;
pub mod sns;
pub mod webhook;
pub mod webpush;
