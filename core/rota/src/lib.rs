//! Who is on call. A page is worth nothing unless exactly one person knows it is theirs, so this
//! crate promises one thing above all: for a [`Rota`] that [`Rota::new`] accepted there is
//! exactly one person on call at every instant, whatever the clocks, the members and the
//! overrides do. It asks no clock and does no I/O; the time zone rules are compiled in, so the
//! same specification gives the same answer on a server and on a phone.
//!
//! # What is defined
//!
//! **Handoffs** are weekly, at a local time on a weekday in an IANA time zone. A local time that
//! does not exist because the clocks skip it means as much later as they skip (02:30 becomes
//! 03:30, in Lord Howe 03:00); one that they show twice means the first. This is RFC 5545's rule
//! (section 3.3.5) and holds for everything written as a local time.
//!
//! **The start**: week 0 is the one that contains the start date, and belongs to the first
//! listed member; the others follow. Before it the same people took turns in the same order.
//!
//! **Joining**: a newcomer's turns begin with the first handoff on or after their date. From
//! then on they take over one week in every n + 1 and no other week changes hands.
//!
//! **Leaving**: a leaver is not on call from the beginning of their date, local time; if the
//! duty changes hands that day anyway, from that handoff. Their weeks, and what remains of a
//! week they are in, go to those who stay, and no other week changes hands.
//!
//! **Nobody else moves**: nothing changes before the date of a joining or leaving, and after it
//! every week is held by whoever held it before, except those that the newcomer takes over or
//! the leaver leaves behind. Changes are laid over each other in the order of their dates: one
//! that is added before others already planned may divide anew what those take over or leave
//! behind, from their dates on. (For this never to happen, who holds a week could depend on
//! nothing but who is a member in it, and then no plan would be even or regular for long.)
//!
//! **Fairness**: from every change on the weeks are shared out evenly. Since a leaver's weeks
//! stay where they are in the calendar, between the same neighbours, some must go to one of
//! those; two weeks in a row are avoided as far as even shares allow.
//!
//! **Overrides** replace whoever the rotation names from one instant until another and change
//! nothing else: they split a shift, they do not shift it. Where overrides overlap, the later in
//! the list wins.
//!
//! ```
//! use jiff::civil::{Weekday, date, time};
//! use tocsin_rota::{HandoffSpec, MemberSpec, Rota, RotaSpec};
//!
//! let member = |person: &str| MemberSpec {
//!     person: person.to_owned(),
//!     joins: None,
//!     leaves: None,
//! };
//! let rota = Rota::new(&RotaSpec {
//!     zone: "Europe/Berlin".to_owned(),
//!     start: date(2026, 1, 5),
//!     handoff: HandoffSpec {
//!         weekday: Weekday::Monday,
//!         time: time(9, 0, 0, 0),
//!     },
//!     members: vec![member("anna"), member("ben")],
//!     overrides: Vec::new(),
//! })?;
//! let shift = rota.on_call("2026-01-14T12:00Z".parse()?);
//! assert_eq!(shift.person, "ben");
//! assert_eq!(shift.until, "2026-01-19T09:00+01:00".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod plan;
mod rota;
mod spec;
mod week;

pub use error::RotaError;
pub use rota::{Rota, Shift, ShiftKind};
pub use spec::{HandoffSpec, MemberSpec, OverrideSpec, RotaSpec, When};
