//! Whether it rings, and that it really does.

use core::time::Duration;
use std::collections::BTreeSet;

use tocsin_ticket::{Millis, PageId, Rung, TicketId};

use super::due::backoff;
use super::{Draft, Due, Loudness, Phone, SirenCommand, SirenEvent};

/// While it rings, the output is told to sound again this often.
pub const REASSERT_EVERY: Duration = Duration::from_secs(60);

/// An output that has not confirmed that it sounds after this long is told again, and the screen
/// says so.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(5);

const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_CAP: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub struct Siren {
    /// When to tell the output again; `None` while it shall be silent.
    assert: Option<Due>,
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
            .filter(|(ticket, page)| server_now < page.expires_at && !self.is_answered(ticket.id))
            .map(|(_, page)| page.id)
            .collect()
    }

    /// Whether a tap waits in the outbox that answers this ticket's pages.
    pub(super) fn is_answered(&self, ticket: TicketId) -> bool {
        self.taps
            .iter()
            .any(|tap| tap.ticket() == ticket && tap.silences())
    }

    pub(super) fn siren_reported(&mut self, event: SirenEvent, now: Millis) {
        match event {
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
        match self.siren.assert {
            _ if ringing.is_empty() => {
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
                self.sound(
                    if rang_before {
                        Loudness::Full
                    } else {
                        Loudness::Ramp
                    },
                    now,
                    out,
                );
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
                let volume = self.siren.effective_volume;
                self.reach(*page, Rung::Sounding, volume, now, out);
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
            .filter(|(ticket, page)| server_now < page.expires_at && !self.is_answered(ticket.id))
            .map(|(_, page)| Millis(page.expires_at.0.saturating_sub(self.clock_correction_ms())))
            .min();
        Some(expiry.map_or(assert, |expiry| expiry.min(assert)))
    }
}
