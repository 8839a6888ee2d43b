//! The dead-man switch: a person on call whose phone has lost the server is told, and then woken.
//!
//! Contact is whatever proves that the way from the server works: its stream, its answers, a fresh
//! push. Time counts only while the phone runs: after a sleep longer than it had asked for, a
//! restart or a jump of the clock there is [`RECONNECT_GRACE`] to come back before anything is said,
//! so that switching a phone on wakes nobody. Who is not on call is left in peace.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

use super::{Change, Draft, Due, NoticeKind, Phone};

/// On call and without contact for this long: a warning. Two retries of a stream that is dead
/// without knowing it, and a walk through a cellar, take less.
pub const DEAD_MAN_WARNING: Duration = Duration::from_secs(5 * 60);

/// On call and without contact for this long: the siren. By now a SEV1's check-in limit of five
/// minutes could have passed unheard twice.
pub const DEAD_MAN_SIREN: Duration = Duration::from_secs(10 * 60);

/// How long "I know" keeps the pager's own alarms quiet unless the person says otherwise: a flight
/// or a tunnel is over, or was worth a word to the team.
pub const OFFLINE_WINDOW: Duration = Duration::from_secs(60 * 60);

/// The longest deliberate offline window.
pub const OFFLINE_WINDOW_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Time to come back before the warning, after the phone did not run. Ten seconds to connect, and
/// the retries of a network that is just coming up.
pub const RECONNECT_GRACE: Duration = Duration::from_secs(60);

/// While on call, the instant of the last contact is put on disk this often: once a minute is no
/// burden on a flash disk, and all that a restart can forget.
pub const CONTACT_KEPT_EVERY: Duration = Duration::from_secs(60);

/// A wake-up this much later than asked for means that the phone slept or its clock jumped.
const LATE: Duration = Duration::from_secs(90);

/// A push older than this says nothing about now.
const FRESH_PUSH: Duration = Duration::from_secs(60);

/// The person is offline on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineWindow {
    /// Until when, by the device's clock.
    pub(super) until: Due,
}

/// What the switch remembers.
#[derive(Debug, Default)]
pub struct DeadMan {
    /// The last contact, by the device's clock.
    contact: Option<Millis>,
    /// The last one that is on disk.
    kept: Option<Millis>,
    pub window: Option<OfflineWindow>,
    /// The last instant that was seen.
    seen: Option<Millis>,
    /// When the phone asked to be woken.
    asked: Option<Millis>,
    /// Whether this loss of contact was told of.
    told: bool,
    /// The missing drill that the person knows of.
    drill_known: Option<Millis>,
}

/// How far a loss of contact has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    Warning,
    Siren,
}

impl DeadMan {
    pub fn new(contact: Option<Millis>, window: Option<OfflineWindow>) -> Self {
        Self {
            contact,
            kept: contact,
            window,
            ..Self::default()
        }
    }
}

impl Phone {
    /// Before each step: whether the phone ran since the last one.
    pub(super) fn notice_time(&mut self, now: Millis) {
        let seen = self.dead_man.seen.replace(now);
        let late = self
            .dead_man
            .asked
            .is_some_and(|asked| now.since(asked) > LATE);
        let least = now - (DEAD_MAN_WARNING - RECONNECT_GRACE);
        let contact = self.dead_man.contact.unwrap_or(least);
        self.dead_man.contact = Some(match seen {
            None => contact.clamp(least, now),
            // Set back: as much time has passed as before.
            Some(seen) if now < seen => contact - seen.since(now),
            // A siren that sounds goes on.
            Some(seen) if late && self.lost(seen) != Some(Lost::Siren) => contact.max(least),
            Some(_) => contact,
        });
    }

    /// After each step.
    pub(super) fn asked_to_wake(&mut self, wake: Option<Millis>) {
        self.dead_man.asked = wake;
    }

    /// The server is in touch.
    pub(super) fn in_touch(&mut self, now: Millis, out: &mut Draft) {
        let before = self.dead_man.contact.replace(now);
        // A window that was opened while in touch waits for the loss that it was opened for.
        let was_lost = before.is_none_or(|before| now.since(before) > RECONNECT_GRACE);
        if was_lost && self.dead_man.window.take().is_some() {
            out.change(Change::OfflineWindow(None));
        }
        self.dead_man.told = false;
        self.remove_notices(NoticeKind::OutOfTouch, out);
        let kept = self.dead_man.kept;
        if self.is_on_call(now) && kept.is_none_or(|kept| now.since(kept) >= CONTACT_KEPT_EVERY) {
            self.dead_man.kept = Some(now);
            out.change(Change::Contact(now));
        }
    }

    /// A push that was sent just now is as good as an answer.
    pub(super) fn in_touch_by_push(&mut self, sent_at: Millis, now: Millis, out: &mut Draft) {
        if self.server_now(now).since(sent_at) <= FRESH_PUSH {
            self.in_touch(now, out);
        }
    }

    /// The person knows.
    pub(super) fn going_offline(&mut self, length: Duration, now: Millis, out: &mut Draft) {
        let drill = self.missing_drill(now);
        if drill.is_some() && drill != self.dead_man.drill_known && self.lost(now).is_none() {
            // It was the missing drill that they know of; nobody has gone offline.
            self.dead_man.drill_known = drill;
            return;
        }
        let until = Due::after(now, length.min(OFFLINE_WINDOW_LIMIT));
        self.dead_man.window = Some(OfflineWindow { until });
        self.dead_man.drill_known = drill;
        out.change(Change::OfflineWindow(self.dead_man.window));
    }

    /// Since when the loss counts: the last contact, but not before this shift, nor before the end
    /// of a window. `None`: nobody is on call, or they know.
    fn lost_since(&self, now: Millis) -> Option<Millis> {
        let shift = self.shift(now)?;
        if self.dead_man.window.is_some() {
            return None;
        }
        Some(self.dead_man.contact?.max(self.device_time(shift.from)))
    }

    pub(super) fn lost(&self, now: Millis) -> Option<Lost> {
        let length = now.since(self.lost_since(now)?);
        if length >= DEAD_MAN_SIREN {
            Some(Lost::Siren)
        } else {
            (length >= DEAD_MAN_WARNING).then_some(Lost::Warning)
        }
    }

    /// Since when there has been no contact, if that is worth a word.
    pub(super) fn out_of_touch(&self, now: Millis) -> Option<(Lost, Millis)> {
        Some((self.lost(now)?, self.lost_since(now)?))
    }

    /// Until when the person is offline on purpose.
    pub(super) fn offline_until(&self) -> Option<Millis> {
        self.dead_man.window.map(|window| window.until.at())
    }

    /// The missing drill that a person on call does not know of yet.
    pub(super) fn unknown_missing_drill(&self, now: Millis) -> Option<Millis> {
        self.missing_drill(now)
            .filter(|by| self.is_on_call(now) && self.dead_man.drill_known != Some(*by))
    }

    pub(super) fn settle_dead_man(&mut self, now: Millis, out: &mut Draft) {
        if let Some(window) = self.dead_man.window
            && window.until.is_due(now)
        {
            self.dead_man.window = None;
            // From here on the loss counts anew.
            self.dead_man.contact = Some(now);
            out.change(Change::OfflineWindow(None));
        }
        match self.lost(now) {
            Some(_) if !self.dead_man.told => {
                self.dead_man.told = true;
                let text = self.texts.out_of_touch();
                self.notify(NoticeKind::OutOfTouch, None, text, None, now, out);
            }
            Some(_) => {}
            None => self.remove_notices(NoticeKind::OutOfTouch, out),
        }
    }

    pub(super) fn dead_man_wake(&self, now: Millis) -> Option<Millis> {
        let window = self.dead_man.window.map(|window| window.until.at());
        let lost = self.lost_since(now).and_then(|since| {
            [since + DEAD_MAN_WARNING, since + DEAD_MAN_SIREN]
                .into_iter()
                .find(|at| *at > now)
        });
        window.into_iter().chain(lost).min()
    }
}
