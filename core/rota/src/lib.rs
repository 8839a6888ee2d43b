//! Who is on call. A page is worth nothing unless exactly one person knows it is theirs, so this
//! crate promises one thing above all: for a [`Rota`] that [`Rota::new`] accepted there is
//! exactly one person on call at every instant, whatever the clocks, the members, the hours and
//! the overrides do. It asks no clock and does no I/O; the time zone rules are compiled in, so the
//! same specification gives the same answer on a server and on a phone. It calls nobody.
//!
//! # What is defined
//!
//! **Handoffs** come every so many weeks on a weekday, or every so many days, at a local time in
//! an IANA time zone; what lies between two is a *turn*. A local time that does not exist because
//! the clocks skip it means as much later as they skip (02:30 becomes 03:30, in Lord Howe 03:00);
//! one that they show twice means the first. This is RFC 5545's rule (section 3.3.5) and holds for
//! everything written as a local time.
//!
//! **The start**: turn 0 is the one that contains the start date, and belongs to the first
//! listed member; the others follow. Before it the same people took turns in the same order.
//!
//! **Joining**: a newcomer's turns begin with the first handoff on or after their date. From
//! then on they take over one turn in every n + 1 and no other turn changes hands.
//!
//! **Leaving**: a leaver is not on call from the beginning of their date, local time; if the
//! duty changes hands that day anyway, from that handoff. Their turns, and what remains of a
//! turn they are in, go to those who stay, and no other turn changes hands.
//!
//! **Nobody else moves**: nothing changes before the date of a joining or leaving, and after it
//! every turn is held by whoever held it before, except those that the newcomer takes over or
//! the leaver leaves behind. Changes are laid over each other in the order of their dates: one
//! that is added before others already planned may divide anew what those take over or leave
//! behind, from their dates on. (For this never to happen, who holds a turn could depend on
//! nothing but who is a member in it, and then no plan would be even or regular for long.)
//!
//! **Fairness**: from every change on the turns are shared out evenly. Since a leaver's turns
//! stay where they are in the calendar, between the same neighbours, some must go to one of
//! those; two turns in a row are avoided as far as even shares allow.
//!
//! **Hours** restrict when a rotation counts: business hours, or a site's own day where several
//! follow the sun. Outside of them the next rotation under `otherwise` counts whose own hours
//! hold. Turns go on whatever the hours. Hours that together leave a gap are refused, with the
//! first gap in the thirty years from the start; later still, the last rotation fills any.
//!
//! **Holidays**: on them hours do not hold, so a public holiday is like a Sunday: whoever is on
//! call outside of business hours is. A rotation without hours has no holidays; somebody must be
//! on call on those days too. A stretch of hours belongs to the date on which it begins.
//!
//! **Overrides** replace whoever the rotations name from one instant until another and change
//! nothing else: they split a shift, they do not shift it. Where overrides overlap, the later in
//! the list wins.
//!
//! **Swaps** ([`Swap`]) are two overrides at once: two people take each other's shifts. They count
//! only once the other side has accepted, and can no longer be when one of the shifts has begun.
//!
//! **Mentors**: in the first n turns that the rotation gives to a newcomer there are two
//! ([`Shadow`]): either the newcomer is on call and the mentor shadows them, or the other way
//! round. A turn counts from whichever part of it was theirs. Overrides and swaps do not change the
//! count, and whoever stands in for a newcomer does so alone.
//!
//! ```
//! use jiff::civil::{Weekday, date, time};
//! use tocsin_rota::{HandoffSpec, MemberSpec, Rota, RotaSpec};
//!
//! let rota = Rota::new(&RotaSpec::new(
//!     "Europe/Berlin",
//!     date(2026, 1, 5),
//!     HandoffSpec::weekly(Weekday::Monday, time(9, 0, 0, 0)),
//!     vec![MemberSpec::new("anna"), MemberSpec::new("ben")],
//! ))?;
//! let shift = rota.on_call("2026-01-14T12:00Z".parse()?);
//! assert_eq!(shift.person, "ben");
//! assert_eq!(shift.until, "2026-01-19T09:00+01:00".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod grid;
mod hours;
mod moved;
mod plan;
mod rota;
mod rotation;
mod shadow;
mod spec;
mod swap;

pub use error::RotaError;
pub use moved::{MovedShift, Span, moved_shifts};
pub use rota::{Duty, Rota, Shift, ShiftKind};
pub use rotation::zone;
pub use shadow::{Shadow, ShadowMode};
pub use spec::{HandoffSpec, HoursSpec, MemberSpec, MentorSpec, OverrideSpec, RotaSpec, When};
pub use swap::{Swap, SwapError, SwapState};
