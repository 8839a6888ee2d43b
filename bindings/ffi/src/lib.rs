//! The phone engine for Kotlin and Swift.
//!
//! The shells see one object, [`Pager`], a value for each screen, and the ports that they perform:
//! sound, clock, device, safe, and on Android the system's authorities. The other process that iOS
//! wakes for a push sees a [`Notifier`]. This crate is the only one that knows UniFFI; it holds no
//! rule of its own but which buttons a ticket has ([`Deed`]). It promises:
//!
//! - nothing panics across the border: what goes wrong is a [`PagerError`] whose text says what to do;
//! - a tap is done even if its caller is cancelled, because work runs on the pager's own threads;
//! - one push, however it comes, starts the siren before anything else happens;
//! - an engine that dies is started again from what is on disk, and rings on.

mod deeds;
mod enrolment;
mod error;
mod log;
mod mirror;
mod notification;
mod observe;
mod pager;
mod ports;
mod rules;
mod screens;
mod siren;
mod threads;

pub use deeds::Deed;
pub use enrolment::{Enrolment, read_enrolment, typed_enrolment};
pub use error::PagerError;
pub use notification::{
    Notifier, NotifierSetup, generic_page, notification_categories, sealed_push,
};
pub use observe::{HomeObserver, Observation, TicketObserver};
pub use pager::{Me, Pager, Push, PushEndpoint, PushKeysText, PushOffer, Setup};
pub use ports::{AuthoritiesPort, ClockPort, DevicePort, PortError, Ports, SafePort, SirenPort};
pub use rules::{hides_content, siren_floor};
pub use screens::*;
pub use siren::{Pcm, siren_pcm};

// The ports of the tests are written for other crates as well.
#[cfg(test)]
extern crate self as tocsin_ffi;
#[cfg(test)]
#[path = "../../../tests/ffi/ports.rs"]
mod test_ports;

uniffi::setup_scaffolding!();
