//! What the server says, taken in: from push, stream, sync and answers alike.

use std::cmp::Reverse;
use std::sync::Arc;

use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::{SyncPage, TicketView, Update};

use super::{Change, Draft, Held, NoticeKind, Phone};

/// Resolved tickets kept on the device, the newest. Open ones are kept all.
pub const RESOLVED_KEPT: usize = 200;

impl Phone {
    /// A push. It is only a hint until it has been read, but even one that cannot be read says that
    /// something happened, so a phone without a stream goes and asks.
    pub(super) fn take_push(&mut self, bytes: &[u8], now: Millis, out: &mut Draft) {
        match serde_json::from_slice::<Update>(bytes) {
            Ok(update) if self.is_old_news(&update) => {}
            Ok(update) => self.take_update(update, out),
            Err(error) => self.unreadable(&error.to_string(), now, out),
        }
        self.hurry_link(now);
    }

    /// A push from before what was read last, about a ticket that is not on the device or that the
    /// snapshot under way has still to confirm: it is over, or no longer this person's business, or
    /// the snapshot brings it. A late push must wake nobody.
    fn is_old_news(&self, update: &Update) -> bool {
        let Some(cursor) = self.cursor.filter(|cursor| update.entry.seq <= cursor.seq) else {
            return false;
        };
        match self.tickets.get(&update.ticket.id) {
            None => cursor.ticket.is_none(),
            Some(held) => held.stale,
        }
    }

    pub(super) fn unreadable(&mut self, reason: &str, now: Millis, out: &mut Draft) {
        let text = self.texts.unreadable(reason);
        self.notify(NoticeKind::Unreadable, None, text, None, now, out);
    }

    pub(super) fn take_update(&mut self, update: Update, out: &mut Draft) {
        let ticket = update.ticket.id;
        self.take_ticket(update.ticket, out);
        out.change(Change::AddEntry {
            ticket,
            entry: update.entry,
        });
    }

    /// Of two copies of a ticket, the one with the higher version counts.
    pub(super) fn take_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        let known = self.tickets.get(&ticket.id);
        if known.is_none_or(|known| ticket.version > known.ticket.version) {
            self.put_ticket(ticket, out);
        }
    }

    /// A ticket in a sync: even one that is no newer than what is on the device is there to stay.
    fn confirm_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        if self.tickets.get(&ticket.id).is_some_and(|held| held.stale) {
            self.put_ticket(ticket, out);
        } else {
            self.take_ticket(ticket, out);
        }
    }

    fn put_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        let ticket = Arc::new(ticket);
        out.change(Change::PutTicket(Arc::clone(&ticket)));
        let stale = false;
        self.tickets.insert(ticket.id, Held { ticket, stale });
    }

    pub(super) fn forget_ticket(&mut self, ticket: TicketId, out: &mut Draft) {
        if self.tickets.remove(&ticket).is_some() {
            out.change(Change::ForgetTicket(ticket));
        }
    }

    /// One page of a sync. A snapshot replaces what is on the device, but a ticket stays until the
    /// whole snapshot is there without it: a siren must not pause between two pages.
    pub(super) fn take_page(&mut self, page: SyncPage, now: Millis, out: &mut Draft) {
        self.hear_clock(page.server_time, now, out);
        if self.me != page.me {
            self.me = page.me.clone();
            out.change(Change::Me(page.me));
        }
        if page.reset {
            for held in self.tickets.values_mut() {
                held.stale = true;
            }
            out.change(Change::MarkStale);
        }
        if let Some(directory) = page.directory
            && *self.directory != directory
        {
            out.change(Change::Directory(directory.clone()));
            self.directory = Arc::new(directory);
        }
        for ticket in page.tickets {
            self.confirm_ticket(ticket, out);
        }
        for update in page.updates {
            let ticket = update.ticket.id;
            self.confirm_ticket(update.ticket, out);
            out.change(Change::AddEntry {
                ticket,
                entry: update.entry,
            });
        }
        if !page.more {
            let gone: Vec<TicketId> = self
                .tickets
                .iter()
                .filter(|(_, held)| held.stale)
                .map(|(id, _)| *id)
                .collect();
            for id in gone {
                self.forget_ticket(id, out);
            }
        }
        self.cursor = Some(page.cursor);
        out.change(Change::Cursor(page.cursor));
    }

    /// Keeps the newest resolved tickets, and those with a tap waiting.
    pub(super) fn forget_old_tickets(&mut self, out: &mut Draft) {
        if out.changes.is_empty() || self.tickets.len() <= RESOLVED_KEPT {
            return;
        }
        let mut resolved: Vec<(Reverse<Millis>, TicketId)> = self
            .tickets
            .values()
            .map(|held| &held.ticket)
            .filter(|ticket| !ticket.is_open())
            .filter(|ticket| self.taps.iter().all(|tap| tap.ticket() != ticket.id))
            .map(|ticket| (Reverse(ticket.state_since), ticket.id))
            .collect();
        resolved.sort_unstable();
        for (_, id) in resolved.drain(..).skip(RESOLVED_KEPT) {
            self.forget_ticket(id, out);
        }
    }
}
