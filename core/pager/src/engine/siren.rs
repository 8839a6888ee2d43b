//! Whether it rings, and that it really does.

use core::time::Duration;
use std::collections::BTreeSet;

use tocsin_ticket::{Millis, PageId, Rung};
use tocsin_wire::PageView;

use super::deadman::Lost;
use super::due::backoff;
use super::receipts::How;
use super::{Draft, Due, Loudness, Phone, SirenCommand, SirenEvent};

/// While it rings, the output is told to sound again this often.
pub const REASSERT_EVERY: Duration = Duration::from_secs(60);

/// An output that has not confirmed that it sounds after this long is told again, and the screen
/// says so.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(5);

const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_CAP: Duration = Duration::from_secs(10);

/// What the siren sounds for; of several, the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SirenReason {
    /// Pages.
    Pages,
    /// The person is on call and the server has been out of touch for
    /// [`super::DEAD_MAN_SIREN`].
    OutOfTouch,
    /// A drill that its owner wants to hear.
    Drill,
}

#[derive(Debug, Default)]
pub struct Siren {
    /// When to tell the output again; `None` while it shall be silent.
    assert: Option<Due>,
    pub reason: Option<SirenReason>,
    pub loudness: Option<Loudness>,
    pub confirmed: bool,
    pub effective_volume: Option<f32>,
    pub failure: Option<String>,
    failures: u32,
    /// Pages that this run has rung for.
    rung: BTreeSet<PageId>,
}

impl Siren {
    pub fn is_ringing(&self) -> bool {
        self.assert.is_some()
    }
}

impl Phone {
    /// The pages to ring for: a function of state.
    pub(super) fn ringing(&self, now: Millis) -> BTreeSet<PageId> {
        let server_now = self.server_now(now);
        self.my_pages()
            .filter(|(_, page)| server_now < page.expires_at && !self.is_answered(page))
            .map(|(_, page)| page.id)
            .collect()
    }

    /// Whether a tap waits in the outbox that answers this page, or the server has taken one and the
    /// ticket as it now stands is on its way.
    pub(super) fn is_answered(&self, page: &PageView) -> bool {
        let ticket = page.id.ticket;
        self.taps
            .iter()
            .any(|tap| tap.is_for(ticket) && tap.answers(page))
            || self.settling.iter().any(|settling| settling.is_for(ticket))
    }

    fn siren_reason(&self, ringing: &BTreeSet<PageId>, now: Millis) -> Option<SirenReason> {
        if !ringing.is_empty() {
            Some(SirenReason::Pages)
        } else if self.lost(now) == Some(Lost::Siren) {
            Some(SirenReason::OutOfTouch)
        } else {
            self.drills.wants_siren().then_some(SirenReason::Drill)
        }
    }

    pub(super) fn siren_reported(&mut self, event: SirenEvent, now: Millis, out: &mut Draft) {
        match event {
            SirenEvent::Rehearsed { effective_volume } => {
                if !self.siren.is_ringing() {
                    self.siren.failure = None;
                }
                self.rehearsed(effective_volume, now, out);
            }
            SirenEvent::Started { effective_volume } => {
                if !self.siren.is_ringing() {
                    return;
                }
                self.siren.confirmed = true;
                self.siren.effective_volume = effective_volume;
                self.siren.failure = None;
                self.siren.failures = 0;
                self.siren.assert = Some(Due::after(now, REASSERT_EVERY));
            }
            SirenEvent::Failed { reason } => {
                self.siren.confirmed = false;
                self.siren.effective_volume = None;
                self.siren.failure = Some(reason);
                self.rehearsal_failed(now, out);
                if self.siren.is_ringing() {
                    let wait = backoff(&mut self.rng, self.siren.failures, RETRY_FIRST, RETRY_CAP);
                    self.siren.failures = self.siren.failures.saturating_add(1);
                    self.siren.assert = Some(Due::after(now, wait));
                }
            }
        }
    }

    pub(super) fn settle_siren(&mut self, now: Millis, out: &mut Draft) {
        let ringing = self.ringing(now);
        let reason = self.siren_reason(&ringing, now);
        let before = std::mem::replace(&mut self.siren.reason, reason);
        match self.siren.assert {
            _ if reason.is_none() => {
                if self.siren.is_ringing() {
                    out.siren = Some(SirenCommand::Stop);
                    self.siren.assert = None;
                    self.siren.confirmed = false;
                    self.siren.effective_volume = None;
                    self.siren.loudness = None;
                    let live: BTreeSet<PageId> = self.my_pages().map(|(_, page)| page.id).collect();
                    self.siren.rung.retain(|page| live.contains(page));
                }
            }
            None => {
                let rang_before = ringing.iter().any(|page| {
                    self.siren.rung.contains(page) || self.receipts.has(*page, Rung::Sounding)
                });
                let full = rang_before || reason == Some(SirenReason::Drill);
                let loudness = if full { Loudness::Full } else { Loudness::Ramp };
                self.sound(loudness, now, out);
            }
            // A page takes over what sounded for less.
            Some(_) if reason == Some(SirenReason::Pages) && before != reason => {
                self.sound(Loudness::Full, now, out);
            }
            Some(due) if due.is_due(now) => {
                if !self.siren.confirmed && self.siren.failure.is_none() {
                    self.siren.failure = Some(self.texts.unconfirmed());
                }
                self.sound(Loudness::Full, now, out);
            }
            Some(_) => {}
        }
        if self.siren.confirmed {
            for page in &ringing {
                let how = How {
                    effective_volume: self.siren.effective_volume,
                    ringer: self.ringer(),
                    do_not_disturb: self.do_not_disturb(),
                    ..How::default()
                };
                self.reach(*page, Rung::Sounding, how, now, out);
            }
        }
        self.siren.rung.extend(ringing);
    }

    fn sound(&mut self, loudness: Loudness, now: Millis, out: &mut Draft) {
        out.siren = Some(SirenCommand::Start(loudness));
        self.siren.loudness = Some(loudness);
        let again = if self.siren.confirmed {
            REASSERT_EVERY
        } else {
            CONFIRM_WITHIN
        };
        self.siren.assert = Some(Due::after(now, again));
    }

    /// The next re-assertion, or the next expiry of a page that rings.
    pub(super) fn siren_wake(&self, now: Millis) -> Option<Millis> {
        let assert = self.siren.assert?.at();
        let server_now = self.server_now(now);
        let expiry = self
            .my_pages()
            .filter(|(_, page)| server_now < page.expires_at && !self.is_answered(page))
            .map(|(_, page)| self.device_time(page.expires_at))
            .min();
        Some(expiry.map_or(assert, |expiry| expiry.min(assert)))
    }
}
