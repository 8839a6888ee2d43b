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
//!
//! **Silence is an alarm too.** A person on call is told when the server has been out of touch for
//! [`DEAD_MAN_WARNING`] and woken after [`DEAD_MAN_SIREN`], and is told when a drill that was due did
//! not come. A drill never stops or softens the siren of a page.

mod choices;
mod deadman;
mod device;
mod drill;
mod due;
mod duty;
mod effect;
mod incident;
mod input;
mod link;
mod push;
mod receipts;
mod rules;
mod saved;
mod shelf;
mod siren;
mod taps;
#[cfg(test)]
mod tests;
mod texts;
mod tickets;
mod view;

use core::time::Duration;
use std::sync::Arc;

use tocsin_ticket::{Millis, Rung, TicketId, Transport};
use tocsin_wire::{Cursor, Directory, Me, PageView, TicketView};

pub use deadman::{
    CONTACT_KEPT_EVERY, DEAD_MAN_SIREN, DEAD_MAN_WARNING, OFFLINE_WINDOW, OFFLINE_WINDOW_LIMIT,
    OfflineWindow, RECONNECT_GRACE,
};
pub use device::STATUS_EVERY;
pub use drill::{DRILL_SOUNDS, DRILLS_KEPT, DrillOutcome, DrillRecord};
pub use duty::{DRILL_GRACE, KnownDuty};
pub use effect::{
    Change, Effect, LinkId, Loudness, QueuedReceipt, QueuedTap, Report, SirenCommand,
};
pub use incident::{
    AskedItem, AttendeeItem, ConferenceItem, ExtensionItem, HelpItem, HelpOutcome, HoldItem,
    MissedItem, StatusItem,
};
pub use input::{DeviceStatus, Input, Obstacle, SirenEvent};
pub use link::{RETRY_CAP, STREAM_SILENCE};
pub use push::STREAM_HEALS_WITHIN;
pub use rules::{hides_content, siren_floor};
pub use saved::Saved;
pub use siren::{CONFIRM_WITHIN, REASSERT_EVERY, SirenReason};
pub use taps::{ALSO_LIMIT, SETTLES_WITHIN};
pub use tickets::RESOLVED_KEPT;
pub use tocsin_readiness::Language;
pub use view::{
    AlarmKind, Connection, FindingItem, LocalAlarm, Notice, NoticeKind, PageItem, PageStatus,
    PendingTap, Problem, ProblemItem, ReadinessView, SirenView, TicketItem, View,
};

use deadman::DeadMan;
use device::{Registration, StatusReport};
use drill::Drills;
use due::Due;
use link::Link;
use receipts::Receipts;
use shelf::Shelf;
use siren::Siren;
use taps::{Settling, Tap};
pub(crate) use texts::Texts;

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
    /// The language of every text, until [`Input::Language`].
    pub language: Language,
    /// Seeds the jitter of retries; random on a device, fixed in a simulation.
    pub seed: u64,
}

/// A phone. See the [module](self) for what it promises.
#[derive(Debug)]
pub struct Phone {
    texts: Texts,
    rng: fastrand::Rng,
    me: Me,
    person_name: String,
    tickets: Shelf,
    directory: Arc<Directory>,
    cursor: Option<Cursor>,
    /// Server's clock minus the device's; `None` when it was never heard.
    clock_offset_ms: Option<i64>,
    read_as_of: Option<Millis>,
    taps: Vec<Tap>,
    settling: Vec<Settling>,
    receipts: Receipts,
    notices: Vec<Notice>,
    next_number: u64,
    siren: Siren,
    link: Link,
    device: DeviceStatus,
    registration: Registration,
    status: StatusReport,
    drills: Drills,
    duty: KnownDuty,
    /// The missing drill that a notice has told of in this run.
    drill_told: Option<Millis>,
    dead_man: DeadMan,
    store_failure: Option<String>,
    revoked: bool,
    server_newer: bool,
}

/// The effects of one step, while it is being taken.
#[derive(Debug)]
struct Draft {
    /// How this step's news came.
    came_by: Transport,
    siren: Option<SirenCommand>,
    changes: Vec<Change>,
    sends: Vec<Effect>,
    show: bool,
}

impl Draft {
    fn new() -> Self {
        Self {
            came_by: Transport::Stream,
            siren: None,
            changes: Vec::new(),
            sends: Vec::new(),
            show: true,
        }
    }

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
            tickets: Shelf::new(saved.me.person.clone(), saved.tickets),
            me: saved.me,
            person_name: saved.person_name,
            directory: Arc::new(saved.directory),
            cursor: saved.cursor,
            clock_offset_ms: saved.clock_offset_ms,
            read_as_of: saved.read_as_of,
            taps: saved.taps.into_iter().map(Tap::new).collect(),
            settling: Vec::new(),
            receipts: Receipts::new(saved.receipts, saved.batched_through, saved.reached),
            notices: saved.notices,
            next_number: saved.next_number,
            siren: Siren::default(),
            link: Link::default(),
            device: DeviceStatus::default(),
            registration: Registration {
                channels: saved.push_channels,
                taken_for: saved.push_taken,
                ..Registration::default()
            },
            status: StatusReport::default(),
            drills: Drills::new(saved.drills),
            duty: saved.duty,
            drill_told: None,
            dead_man: DeadMan::new(saved.contact, saved.offline_window),
            store_failure: None,
            revoked: false,
            server_newer: false,
        }
    }

    /// Takes one input at the instant `now` of the device's clock.
    pub fn step(&mut self, input: Input, now: Millis) -> Vec<Effect> {
        let mut out = Draft::new();
        self.notice_time(now);
        match input {
            Input::Started => {
                self.resume_drills(now);
                self.start_link(now, &mut out);
            }
            Input::Push { transport, opened } => self.take_push(transport, opened, now, &mut out),
            Input::Synced { link, result } => self.synced(link, result, now, &mut out),
            Input::Stream { link, event } => self.streamed(link, event, now, &mut out),
            Input::StreamEnded { link, error } => self.link_failed(link, &error, now, &mut out),
            Input::Tap { id, ticket, action } => self.tap(id, ticket, action, now, &mut out),
            Input::CheckInAll { id } => self.check_in_all(id, now, &mut out),
            Input::Seen { ticket } => self.reach_all(ticket, Rung::Seen, now, &mut out),
            Input::CommandAnswered { id, result } => {
                self.tap_answered(&id, result, now, &mut out);
            }
            Input::ReceiptsAnswered { id, result } => {
                self.receipts_answered(&id, result, now, &mut out);
            }
            Input::PushChannels(channels) => self.push_channels(channels, &mut out),
            Input::PushRegistered {
                registration,
                result,
            } => self.push_answered(&registration, result, now, &mut out),
            Input::StatusAnswered(result) => self.status_answered(result, now, &mut out),
            Input::GoingOffline { length } => self.going_offline(length, now, &mut out),
            Input::TimelineFetched(timeline) => {
                let ticket = timeline.ticket.id;
                self.take_ticket(timeline.ticket, &mut out);
                for entry in timeline.entries {
                    out.change(Change::AddEntry { ticket, entry });
                }
            }
            Input::Siren(event) => self.siren_reported(event, now, &mut out),
            Input::Device(status) => {
                self.device = status;
                self.status.told = true;
            }
            Input::Language(language) => {
                self.texts = Texts::new(language);
                self.tickets.forget_items();
            }
            Input::NoticeDismissed { number } => self.remove_notice(number, &mut out),
            Input::StoreFailed { reason } => self.store_failure = Some(reason),
            Input::StoreRecovered => self.store_failure = None,
            Input::Wake => {}
        }
        self.settle_settling(now);
        self.settle_dead_man(now, &mut out);
        self.settle_duty(now, &mut out);
        self.settle_drills(now, &mut out);
        self.settle_siren(now, &mut out);
        self.settle_link(now, &mut out);
        self.settle_taps(now, &mut out);
        self.settle_receipts(now, &mut out);
        self.settle_device(now, &mut out);
        self.forget_old_tickets(&mut out);
        let wake = self.next_wake(now);
        self.asked_to_wake(wake);
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
            self.device_wake(),
            self.drills_wake(),
            self.duty_wake(now),
            self.dead_man_wake(now),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The server's clock, as well as it is known. See the [module](self).
    fn server_now(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add(self.clock_correction_ms()))
    }

    /// An instant of the server's clock on the device's.
    fn device_time(&self, server: Millis) -> Millis {
        Millis(server.0.saturating_sub(self.clock_correction_ms()))
    }

    /// What is added to the device's clock.
    fn clock_correction_ms(&self) -> i64 {
        self.clock_error_ms().unwrap_or_default()
    }

    /// How far the device's clock is off, if that is too far.
    fn clock_error_ms(&self) -> Option<i64> {
        self.clock_offset_ms
            .filter(|offset| u128::from(offset.unsigned_abs()) > SKEW_TOLERANCE.as_millis())
    }

    /// The server said what time it is.
    fn hear_clock(&mut self, server_time: Millis, now: Millis, out: &mut Draft) {
        if self.read_as_of.is_some_and(|as_of| server_time < as_of) {
            self.read_up_to(server_time, out);
        }
        let first = self.clock_offset_ms.is_none();
        let was_wrong = self.clock_error_ms().is_some();
        let offset_ms = server_time.0.saturating_sub(now.0);
        self.clock_offset_ms = Some(offset_ms);
        if first || was_wrong || self.clock_error_ms().is_some() {
            out.change(Change::ClockOffset { offset_ms });
        }
    }

    /// This person's live pages on open tickets.
    fn my_pages(&self) -> impl Iterator<Item = (&Arc<TicketView>, &PageView)> {
        self.tickets.my_pages()
    }

    fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// The server gave an answer.
    fn answered(&mut self, now: Millis, out: &mut Draft) {
        self.revoked = false;
        self.in_touch(now, out);
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
            NoticeKind::Revoked
            | NoticeKind::Unreadable
            | NoticeKind::OutOfTouch
            | NoticeKind::DrillMissing => self.notices.iter().find(|notice| notice.kind == kind),
            NoticeKind::Refused | NoticeKind::Rejected | NoticeKind::FromServer => {
                (self.notices.len() >= NOTICES_KEPT)
                    .then(|| self.notices.first())
                    .flatten()
            }
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

    fn remove_notices(&mut self, kind: NoticeKind, out: &mut Draft) {
        while let Some(notice) = self.notices.iter().find(|notice| notice.kind == kind) {
            self.remove_notice(notice.number, out);
        }
    }

    fn remove_notice(&mut self, number: u64, out: &mut Draft) {
        if let Some(place) = self.notices.iter().position(|held| held.number == number) {
            self.notices.remove(place);
            out.change(Change::RemoveNotice { number });
        }
    }
}
