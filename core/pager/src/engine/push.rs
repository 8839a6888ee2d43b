//! Pushes: what one says is taken like the stream's word, and what it leaves out is asked for.

use core::time::Duration;

use tocsin_ticket::{Millis, Transport};
use tocsin_wire::{Known, PushMessage, PushPayload, ServerNotice, TicketView};

use super::{Change, Draft, Due, NoticeKind, Phone};

/// A push leaves things out. A phone on a live stream gets them from it in this time, or asks: the
/// stream may be dead without knowing.
pub const STREAM_HEALS_WITHIN: Duration = Duration::from_secs(2);

/// What a push left out.
#[derive(Debug, Clone, Copy)]
pub struct Debt {
    /// When to ask for it.
    pub due: Due,
    /// The server was asked for everything after the cursor.
    pub asked: bool,
    /// Other tickets that page this person, at the least.
    others: u32,
}

impl Phone {
    /// A push. It is only a hint until it has been read, but even one that cannot be read says that
    /// something happened, so a phone without a stream goes and asks.
    pub(super) fn take_push(
        &mut self,
        transport: Transport,
        opened: Result<Vec<u8>, String>,
        now: Millis,
        out: &mut Draft,
    ) {
        self.hurry_link(now);
        let read = opened.and_then(|json| {
            serde_json::from_slice::<PushPayload>(&json).map_err(|error| error.to_string())
        });
        let payload = match read {
            Ok(payload) => payload,
            Err(reason) => return self.unreadable(&reason, now, out),
        };
        out.came_by = transport;
        let sent_at = payload.server_time;
        self.hear_clock_of_push(sent_at, now, out);
        self.in_touch_by_push(sent_at, now, out);
        match payload.message {
            Known::Yes(PushMessage::Ticket { ticket, others }) => {
                if !self.is_old_news(&ticket, sent_at) {
                    self.take_ticket(*ticket, out);
                }
                self.owe(others, now);
            }
            Known::Yes(PushMessage::Drill(drill)) => self.take_drill(drill, now, out),
            Known::Yes(PushMessage::Notice(notice)) => self.take_notice(&notice, now, out),
            Known::No(_) => {
                let reason = self.texts.newer_push();
                self.unreadable(&reason, now, out);
            }
        }
    }

    /// A push from before the instant up to which the log was read, about a ticket that is not on the
    /// device or that the snapshot under way has still to confirm: it is over, or no longer this
    /// person's business, or the snapshot brings it. A late push must wake nobody.
    fn is_old_news(&self, ticket: &TicketView, sent_at: Millis) -> bool {
        let old = self.read_as_of.is_some_and(|as_of| sent_at < as_of);
        old && match self.tickets.get(ticket.id) {
            None => self.cursor.is_some_and(|cursor| cursor.ticket.is_none()),
            Some(held) => held.stale,
        }
    }

    pub(super) fn owe(&mut self, others: u32, now: Millis) {
        let debt = Debt {
            due: if self.is_live() {
                Due::after(now, STREAM_HEALS_WITHIN)
            } else {
                Due::at_once(now)
            },
            asked: false,
            others,
        };
        if !self.is_paid(&debt) {
            self.link.debt = Some(debt);
        }
    }

    /// Whether what a push left out has come.
    pub(super) fn is_paid(&self, debt: &Debt) -> bool {
        let paging = self.tickets.paging().len();
        self.tickets.is_whole() && (debt.others == 0 || paging > debt.others as usize)
    }

    /// Something to read; the same by several ways is one notice.
    pub(super) fn take_notice(&mut self, notice: &ServerNotice, now: Millis, out: &mut Draft) {
        let text = format!("{}\n{}", notice.subject, notice.body);
        let known = |held: &super::Notice| {
            held.kind == NoticeKind::FromServer
                && held.happened_at == Some(notice.at)
                && held.text == text
        };
        if !self.notices.iter().any(known) {
            self.notify(
                NoticeKind::FromServer,
                None,
                text,
                Some(notice.at),
                now,
                out,
            );
        }
    }

    /// Says once that something cannot be read, however often it comes.
    pub(super) fn unreadable(&mut self, reason: &str, now: Millis, out: &mut Draft) {
        let told = self
            .notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::Unreadable);
        if !told {
            let text = self.texts.unreadable(reason);
            self.notify(NoticeKind::Unreadable, None, text, None, now, out);
        }
    }

    /// A push may have waited at its service for minutes, so its time is the earliest that the
    /// server's clock can show now, and says nothing about the latest. A phone that knows the
    /// server's clock only moves its idea forward. One that has never heard it takes a push at its
    /// word: ringing for a page that is over until the server is reached does less harm than staying
    /// silent because the device's own clock is ahead.
    fn hear_clock_of_push(&mut self, sent_at: Millis, now: Millis, out: &mut Draft) {
        let least = sent_at.0.saturating_sub(now.0);
        if self.clock_offset_ms.is_none_or(|known| known < least) {
            self.clock_offset_ms = Some(least);
            out.change(Change::ClockOffset { offset_ms: least });
        }
    }
}
