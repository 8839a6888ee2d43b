//! The phone engine for Kotlin and Swift.
//!
//! The shells see one object, [`Pager`], a value for each screen, and four ports that they perform:
//! sound, clock, device, safe. This crate is the only one that knows UniFFI; it holds no rule of its
//! own but which buttons a ticket has ([`Deed`]). It promises:
//!
//! - nothing panics across the border: what goes wrong is a [`PagerError`] whose text says what to do;
//! - a tap is done even if its caller is cancelled, because work runs on the pager's own threads;
//! - one push, however it comes, starts the siren before anything else happens;
//! - an engine that dies is started again from what is on disk, and rings on.

#[cfg(target_os = "android")]
mod android;
mod deeds;
mod enrolment;
mod error;
mod log;
mod mirror;
mod observe;
mod pager;
mod ports;
mod screens;
mod siren;

pub use deeds::Deed;
pub use enrolment::{Enrolment, read_enrolment, typed_enrolment};
pub use error::PagerError;
pub use observe::{HomeObserver, Observation, TicketObserver};
pub use pager::{Me, Pager, Push, PushEndpoint, PushKeysText, PushOffer, Setup};
pub use ports::{ClockPort, DevicePort, PortError, Ports, SafePort, SirenPort};
pub use screens::*;
pub use siren::{Pcm, siren_pcm};

uniffi::setup_scaffolding!();
