//! Staying in touch with the server: sync what was missed, then stay on the live stream.

use core::time::Duration;

use tocsin_ticket::Millis;
use tocsin_wire::{Cursor, SyncPage, WIRE_VERSION};

use super::push::Debt;
use super::{Change, Draft, Due, Effect, LinkId, Phone};
use crate::net::{NetworkError, StreamEvent};

/// A stream that brought nothing for this long is dead: keep-alives come every 15 s, and two and a
/// half of them, 37.5 s, is when the transport should have noticed.
pub const STREAM_SILENCE: Duration = Duration::from_secs(40);

/// The longest wait between two attempts: how much later a page may come after an outage. Ten
/// thousand phones that all come back within it are a thousand connections a second.
pub const RETRY_CAP: Duration = Duration::from_secs(10);

/// How often a device that the server does not know asks whether that is still so.
pub(super) const REVOKED_RETRY: Duration = Duration::from_secs(600);

/// The longest wait that a server may ask for.
pub(super) const RETRY_AFTER_CAP: Duration = Duration::from_secs(300);

const RETRY_FIRST: Duration = Duration::from_millis(500);

/// A stream that lived this long ended for a new reason, and one that did not for the old one.
const STEADY: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub struct Link {
    id: LinkId,
    pub phase: Phase,
    attempts: u32,
    /// Since when there is no live stream; meaningless while there is one.
    pub down_since: Option<Millis>,
    /// When the server last sent the phone back to sync.
    sent_back_at: Option<Millis>,
    /// What a push left out.
    pub debt: Option<Debt>,
}

#[derive(Debug, Default)]
pub enum Phase {
    /// Not started.
    #[default]
    Idle,
    Trying,
    Live {
        since: Millis,
        heard: Due,
    },
    Waiting {
        until: Due,
        reason: String,
    },
}

impl Phone {
    pub(super) fn start_link(&mut self, now: Millis, out: &mut Draft) {
        self.link.down_since = Some(now);
        if !self.tickets.is_whole() {
            self.owe(0, now);
        }
        self.connect(out);
    }

    /// Streams from the cursor or, without one or in the middle of a snapshot, syncs first.
    fn connect(&mut self, out: &mut Draft) {
        match self.cursor {
            Some(after) if after.ticket.is_none() && self.tickets.has_no_stale() => {
                let link = self.next_link();
                out.send(Effect::Stream { link, after });
            }
            after => self.sync(after, out),
        }
    }

    fn sync(&mut self, after: Option<Cursor>, out: &mut Draft) {
        let link = self.next_link();
        out.send(Effect::Sync { link, after });
    }

    fn next_link(&mut self) -> LinkId {
        self.link.id.0 += 1;
        self.link.phase = Phase::Trying;
        self.link.id
    }

    /// Something happened, so the server is worth asking now rather than after the wait.
    pub(super) fn hurry_link(&mut self, now: Millis) {
        if let Phase::Waiting { until, .. } = &mut self.link.phase
            && !self.revoked
        {
            *until = Due::at_once(now);
        }
    }

    pub(super) fn synced(
        &mut self,
        link: LinkId,
        result: Result<Box<SyncPage>, NetworkError>,
        now: Millis,
        out: &mut Draft,
    ) {
        if link != self.link.id {
            return;
        }
        let page = match result {
            Ok(page) => page,
            Err(error) => return self.link_failed(link, &error, now, out),
        };
        self.answered(now, out);
        let stuck = page.more && self.cursor == Some(page.cursor);
        let more = page.more;
        self.take_page(*page, now, out);
        if stuck {
            let reason = "a sync that does not get on".to_owned();
            self.link_failed(link, &NetworkError::Garbled { reason }, now, out);
        } else if more {
            self.sync(self.cursor, out);
        } else if self.link.debt.take_if(|debt| debt.asked).is_some() && !self.tickets.is_whole() {
            // The log has nothing newer of a ticket that a push told of: that push was older than it
            // seemed, as when the server's clock was set meanwhile. A snapshot says what is true.
            self.cursor = None;
            self.sync(None, out);
        } else {
            self.connect(out);
        }
    }

    pub(super) fn streamed(
        &mut self,
        link: LinkId,
        event: StreamEvent,
        now: Millis,
        out: &mut Draft,
    ) {
        if link != self.link.id {
            return;
        }
        let silent_too_long =
            matches!(self.link.phase, Phase::Live { heard, .. } if heard.is_due(now));
        if let Phase::Live { heard, .. } = &mut self.link.phase {
            *heard = Due::after(now, STREAM_SILENCE);
        }
        self.answered(now, out);
        match event {
            StreamEvent::Hello(hello) => {
                self.server_newer = hello.wire_version > WIRE_VERSION;
                self.hear_clock(hello.server_time, now, out);
                self.link.phase = Phase::Live {
                    since: now,
                    heard: Due::after(now, STREAM_SILENCE),
                };
                // What a push left out is likely in what the stream brings first.
                if let Some(debt) = &mut self.link.debt {
                    debt.due = Due::after(now, super::STREAM_HEALS_WITHIN);
                    debt.asked = false;
                }
                self.receipts.retry_now();
                self.taps.iter_mut().for_each(super::Tap::retry_now);
                self.registration.delivery.retry_now();
                self.status.delivery.retry_now();
            }
            StreamEvent::Update { cursor, update } => {
                let at = update.entry.at;
                self.take_update(*update, out);
                self.read_up_to(at, out);
                self.cursor = Some(cursor);
                out.change(Change::Cursor(cursor));
            }
            StreamEvent::Duty(duty) => self.take_duty(duty, now, out),
            StreamEvent::Drill(drill) => self.take_drill(drill, now, out),
            StreamEvent::Notice(notice) => self.take_notice(&notice, now, out),
            StreamEvent::Reset => self.sent_back(None, now, out),
            StreamEvent::CatchUp => self.sent_back(self.cursor, now, out),
            StreamEvent::KeepAlive => out.show = false,
            StreamEvent::Unreadable { cursor, reason } => {
                self.unreadable(&reason, now, out);
                if let Some(cursor) = cursor {
                    self.cursor = Some(cursor);
                    out.change(Change::Cursor(cursor));
                }
            }
        }
        if silent_too_long && link == self.link.id {
            self.reconnect(now, out);
        }
    }

    /// The stream cannot be continued from the cursor. Once in a while that is normal and followed
    /// at once; a server that says nothing else is treated like one that is down.
    fn sent_back(&mut self, after: Option<Cursor>, now: Millis, out: &mut Draft) {
        self.went_down(now);
        let again = self
            .link
            .sent_back_at
            .replace(now)
            .is_some_and(|last| now.since(last) < RETRY_FIRST);
        if after.is_none() {
            self.cursor = None;
        }
        if again {
            let reason = "a stream that only sends the pager back to sync".to_owned();
            self.link_failed(self.link.id, &NetworkError::Garbled { reason }, now, out);
        } else {
            self.sync(after, out);
        }
    }

    fn went_down(&mut self, now: Millis) {
        if let Phase::Live { since, .. } = self.link.phase {
            self.link.down_since = Some(now);
            if now.since(since) >= STEADY {
                self.link.attempts = 0;
            }
        }
    }

    fn reconnect(&mut self, now: Millis, out: &mut Draft) {
        self.went_down(now);
        self.connect(out);
    }

    pub(super) fn link_failed(
        &mut self,
        link: LinkId,
        error: &NetworkError,
        now: Millis,
        out: &mut Draft,
    ) {
        if link != self.link.id {
            return;
        }
        self.went_down(now);
        if *error == NetworkError::Unauthorized {
            self.unauthorized(now, out);
        }
        let wait = self.retry_after(error, self.link.attempts, RETRY_FIRST);
        self.link.attempts = self.link.attempts.saturating_add(1);
        // Whatever this link still brings comes too late.
        self.link.id.0 += 1;
        self.link.phase = Phase::Waiting {
            until: Due::after(now, wait),
            reason: error.to_string(),
        };
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.link.phase, Phase::Live { .. })
    }

    pub(super) fn settle_link(&mut self, now: Millis, out: &mut Draft) {
        if self.link.debt.is_some_and(|debt| self.is_paid(&debt)) {
            self.link.debt = None;
        }
        let owed = self
            .link
            .debt
            .is_some_and(|debt| !debt.asked && debt.due.is_due(now));
        match self.link.phase {
            Phase::Live { .. } | Phase::Waiting { .. } if owed && !self.revoked => {
                if let Some(debt) = &mut self.link.debt {
                    debt.asked = true;
                }
                self.went_down(now);
                self.sync(self.cursor, out);
            }
            Phase::Live { heard, .. } if heard.is_due(now) => self.reconnect(now, out),
            Phase::Waiting { until, .. } if until.is_due(now) => self.connect(out),
            _ => {}
        }
    }

    pub(super) fn link_wake(&self) -> Option<Millis> {
        match &self.link.phase {
            Phase::Idle | Phase::Trying => None,
            Phase::Live { heard, .. } => {
                let owed = self.link.debt.filter(|debt| !debt.asked);
                let owed = owed.map(|debt| debt.due.at());
                Some(owed.map_or(heard.at(), |owed| owed.min(heard.at())))
            }
            Phase::Waiting { until, .. } => Some(until.at()),
        }
    }
}
