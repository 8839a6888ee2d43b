//! What a phone does, as a function of what happens to it.
//!
//! [`Phone`] is plain data; [`Phone::step`] takes one [`Input`] and the device's clock and returns
//! the [`Effect`]s, most urgent first. It asks no clock, does no I/O, and its only randomness is the
//! seed that it is given.
//!
//! **When it rings** is a function of this state alone: there is a page for this person on an open
//! ticket, it has not expired, and no tap that answers it waits in the outbox. The same page may
//! arrive by push, stream and sync, twice and in any order; of two copies of a ticket the one with
//! the higher version counts, so one siren sounds. While it rings, the output is told again every
//! [`REASSERT_EVERY`], so that one that died in between rings again.
//!
//! **Whose clock** decides on expiry: the server's, which stamped the page. A phone knows how far
//! its clock is off since it last heard the server, and keeps that across restarts. Below
//! [`SKEW_TOLERANCE`] the difference is as likely the network's delay as the clock's fault and the
//! device's own clock is taken as it is; `tocsin_ticket::PAGE_GRACE` absorbs it. Above, the
//! difference is added, so that a phone with a clock ten minutes wrong neither rings for a stale
//! page nor stays silent for a fresh one. A clock that is corrected later is noticed, because then
//! the stream seems to have been silent for longer than it can be, or time runs backwards; the phone
//! reconnects and hears the server's clock again.

mod due;
mod effect;
mod input;
mod link;
mod receipts;
mod saved;
mod siren;
mod taps;
#[cfg(test)]
mod tests;
mod texts;
mod tickets;
mod view;

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use tocsin_ticket::{Millis, Rung, TicketId};
use tocsin_wire::{Cursor, Directory, Me, PageView, TicketView};

pub use effect::{Change, Effect, LinkId, Loudness, QueuedReceipt, QueuedTap, SirenCommand};
pub use input::{DeviceStatus, Input, Obstacle, SirenEvent};
pub use link::{RETRY_CAP, STREAM_SILENCE};
pub use saved::Saved;
pub use siren::{CONFIRM_WITHIN, REASSERT_EVERY};
pub use texts::Language;
pub use tickets::RESOLVED_KEPT;
pub use view::{
    Connection, Notice, NoticeKind, PageItem, PageStatus, PendingTap, Problem, ProblemItem,
    SirenView, TicketItem, View,
};

use due::Due;
use link::Link;
use receipts::Receipts;
use siren::Siren;
use taps::Tap;
use texts::Texts;

/// A clock this far from the server's is wrong; anything below may be the network's delay.
pub const SKEW_TOLERANCE: Duration = Duration::from_secs(10);

/// A phone that has not reached its server for this long says that it may not be pageable: two
/// lost streams and their retries take less.
pub const OFFLINE_PROBLEM: Duration = Duration::from_secs(120);

/// Notices kept; the oldest give way.
const NOTICES_KEPT: usize = 100;

/// What the engine is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The language of every text.
    pub language: Language,
    /// Seeds the jitter of retries; random on a device, fixed in a simulation.
    pub seed: u64,
}

/// A ticket on the device.
#[derive(Debug)]
struct Held {
    ticket: Arc<TicketView>,
    /// A snapshot began and has not confirmed it yet.
    stale: bool,
}

/// A phone. See the [module](self) for what it promises.
#[derive(Debug)]
pub struct Phone {
    texts: Texts,
    rng: fastrand::Rng,
    me: Me,
    person_name: String,
    tickets: BTreeMap<TicketId, Held>,
    directory: Arc<Directory>,
    cursor: Option<Cursor>,
    clock_offset_ms: i64,
    taps: Vec<Tap>,
    receipts: Receipts,
    notices: Vec<Notice>,
    next_number: u64,
    siren: Siren,
    link: Link,
    device: DeviceStatus,
    store_failure: Option<String>,
    revoked: bool,
    server_newer: bool,
}

/// The effects of one step, while it is being taken.
#[derive(Debug, Default)]
struct Draft {
    siren: Option<SirenCommand>,
    changes: Vec<Change>,
    sends: Vec<Effect>,
    show: bool,
}

impl Draft {
    fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn send(&mut self, effect: Effect) {
        self.sends.push(effect);
    }

    fn into_effects(self, wake: Option<Millis>) -> Vec<Effect> {
        let show =
            self.show || self.siren.is_some() || !self.changes.is_empty() || !self.sends.is_empty();
        let store = (!self.changes.is_empty()).then_some(Effect::Store(self.changes));
        self.siren
            .map(Effect::Siren)
            .into_iter()
            .chain(store)
            .chain(self.sends)
            .chain(wake.map(Effect::Wake))
            .chain(show.then_some(Effect::Show))
            .collect()
    }
}

impl Phone {
    /// A phone that remembers `saved`. It does nothing before [`Input::Started`].
    #[must_use]
    pub fn new(saved: Saved, settings: &Settings) -> Self {
        Self {
            texts: Texts::new(settings.language),
            rng: fastrand::Rng::with_seed(settings.seed),
            me: saved.me,
            person_name: saved.person_name,
            tickets: saved
                .tickets
                .into_iter()
                .map(|(ticket, stale)| (ticket.id, Held { ticket, stale }))
                .collect(),
            directory: Arc::new(saved.directory),
            cursor: saved.cursor,
            clock_offset_ms: saved.clock_offset_ms,
            taps: saved.taps.into_iter().map(Tap::new).collect(),
            receipts: Receipts::new(saved.receipts, saved.batched_through, saved.reached),
            notices: saved.notices,
            next_number: saved.next_number,
            siren: Siren::default(),
            link: Link::default(),
            device: DeviceStatus::default(),
            store_failure: None,
            revoked: false,
            server_newer: false,
        }
    }

    /// Takes one input at the instant `now` of the device's clock.
    pub fn step(&mut self, input: Input, now: Millis) -> Vec<Effect> {
        let mut out = Draft {
            show: true,
            ..Draft::default()
        };
        match input {
            Input::Started => self.start_link(now, &mut out),
            Input::Push(bytes) => self.take_push(&bytes, now, &mut out),
            Input::Synced { link, result } => self.synced(link, result, now, &mut out),
            Input::Stream { link, event } => self.streamed(link, event, now, &mut out),
            Input::StreamEnded { link, error } => self.link_failed(link, &error, now, &mut out),
            Input::Tap { id, ticket, action } => self.tap(id, ticket, action, now, &mut out),
            Input::Seen { ticket } => self.reach_all(ticket, Rung::Seen, now, &mut out),
            Input::CommandAnswered { id, result } => {
                self.tap_answered(&id, result, now, &mut out);
            }
            Input::ReceiptsAnswered { id, result } => {
                self.receipts_answered(&id, result, now, &mut out);
            }
            Input::TimelineFetched(timeline) => {
                let ticket = timeline.ticket.id;
                self.take_ticket(timeline.ticket, &mut out);
                for entry in timeline.entries {
                    out.change(Change::AddEntry { ticket, entry });
                }
            }
            Input::Siren(event) => self.siren_reported(event, now),
            Input::Device(status) => self.device = status,
            Input::NoticeDismissed { number } => self.remove_notice(number, &mut out),
            Input::StoreFailed { reason } => self.store_failure = Some(reason),
            Input::StoreRecovered => self.store_failure = None,
            Input::Wake => {}
        }
        self.settle_siren(now, &mut out);
        self.settle_link(now, &mut out);
        self.settle_taps(now, &mut out);
        self.settle_receipts(now, &mut out);
        self.forget_old_tickets(&mut out);
        let wake = self.next_wake(now);
        out.into_effects(wake)
    }

    /// Everything a screen shows, at the instant `now` of the device's clock.
    #[must_use]
    pub fn view(&self, now: Millis) -> View {
        view::of(self, now)
    }

    fn next_wake(&self, now: Millis) -> Option<Millis> {
        [
            self.siren_wake(now),
            self.link_wake(),
            self.taps_wake(),
            self.receipts_wake(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The server's clock, as well as it is known. See the [module](self).
    fn server_now(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add(self.clock_correction_ms()))
    }

    /// What is added to the device's clock.
    fn clock_correction_ms(&self) -> i64 {
        if self.clock_is_wrong() {
            self.clock_offset_ms
        } else {
            0
        }
    }

    fn clock_is_wrong(&self) -> bool {
        u128::from(self.clock_offset_ms.unsigned_abs()) > SKEW_TOLERANCE.as_millis()
    }

    /// The server said what time it is.
    fn hear_clock(&mut self, server_time: Millis, now: Millis, out: &mut Draft) {
        let was_wrong = self.clock_is_wrong();
        self.clock_offset_ms = server_time.0.saturating_sub(now.0);
        if was_wrong || self.clock_is_wrong() {
            out.change(Change::ClockOffset {
                offset_ms: self.clock_offset_ms,
            });
        }
    }

    /// This person's live pages on open tickets.
    fn my_pages(&self) -> impl Iterator<Item = (&Arc<TicketView>, &PageView)> {
        self.tickets
            .values()
            .map(|held| &held.ticket)
            .filter(|ticket| ticket.is_open())
            .flat_map(|ticket| ticket.pages.iter().map(move |page| (ticket, page)))
            .filter(|(_, page)| page.person == self.me.person)
    }

    fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// The server answered with something other than "unauthorized".
    fn recognised(&mut self) {
        self.revoked = false;
    }

    /// The server said that it does not know this device. Everything is kept: an administrator may
    /// have been mistaken, and the person may still want to read.
    fn unauthorized(&mut self, now: Millis, out: &mut Draft) {
        if !std::mem::replace(&mut self.revoked, true) {
            let text = self.texts.revoked();
            self.notify(NoticeKind::Revoked, None, text, None, now, out);
        }
    }

    fn notify(
        &mut self,
        kind: NoticeKind,
        ticket: Option<TicketId>,
        text: String,
        happened_at: Option<Millis>,
        now: Millis,
        out: &mut Draft,
    ) {
        let replaced = match kind {
            NoticeKind::Revoked | NoticeKind::Unreadable => {
                self.notices.iter().find(|notice| notice.kind == kind)
            }
            NoticeKind::Refused | NoticeKind::Rejected => (self.notices.len() >= NOTICES_KEPT)
                .then(|| self.notices.first())
                .flatten(),
        };
        if let Some(number) = replaced.map(|notice| notice.number) {
            self.remove_notice(number, out);
        }
        let notice = Notice {
            number: self.number(),
            kind,
            ticket,
            text,
            at: now,
            happened_at,
        };
        out.change(Change::AddNotice(notice.clone()));
        self.notices.push(notice);
    }

    fn remove_notice(&mut self, number: u64, out: &mut Draft) {
        if let Some(place) = self.notices.iter().position(|held| held.number == number) {
            self.notices.remove(place);
            out.change(Change::RemoveNotice { number });
        }
    }
}
