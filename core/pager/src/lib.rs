//! The phone engine: everything a pager does except draw, play and be a phone.
//!
//! Its reason is one promise: when somebody is paged, this device rings until they check in, and it
//! is silent when nobody needs them. Desk pager, Android and iOS are thin shells around it.
//!
//! - [`engine`] is the pure part: [`Phone`] is plain data and [`Phone::step`] turns an [`Input`] and
//!   an instant into [`Effect`]s. No clock, no randomness, no I/O; one list of inputs always gives
//!   the same effects, which is what the simulation replays.
//! - [`store`] is the device's file: tickets, cursor, and the taps and receipts that the server has
//!   not answered yet. Changes arrive in batches, each of which is on disk whole or not at all.
//! - [`net`] is the server's HTTP API behind the [`Network`] trait.
//! - [`story`] tells a ticket's timeline in words, the same on every screen.
//! - [`notification`] is a push as the system shows it while the app itself does not run.
//! - [`runtime`] performs the effects, the siren's before anything slow, and feeds the results back.
//!
//! What comes by push is sealed to the device; the runtime opens it (`tocsin-seal`), and what does not
//! open never reaches the engine as anything but a complaint.

pub mod engine;
pub mod net;
pub mod notification;
pub mod runtime;
pub mod store;
pub mod story;

pub use engine::{Effect, Input, Language, Phone, View};
pub use net::{HttpNetwork, Network, NetworkError, StreamEvent};
pub use runtime::{Pager, PagerHandle};
pub use store::{Account, Secrets, Store};
pub use tocsin_seal::DeviceKeys;
