//! What the server says, taken in: from push, stream, sync and answers alike.

use std::sync::Arc;

use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::{SyncPage, TicketView, Update};

use super::{Change, Draft, Phone};

/// Resolved tickets kept on the device, the newest. Open ones are kept all.
pub const RESOLVED_KEPT: usize = 200;

impl Phone {
    pub(super) fn take_update(&mut self, update: Update, out: &mut Draft) {
        let ticket = update.ticket.id;
        self.take_ticket(update.ticket, out);
        out.change(Change::AddEntry {
            ticket,
            entry: update.entry,
        });
    }

    /// Of two copies of a ticket, the one with the higher version counts; of two of the same version
    /// the one that is whole.
    pub(super) fn take_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        let rank = |ticket: &TicketView| (ticket.version, !ticket.partial);
        let known = self.tickets.get(ticket.id);
        if known.is_none_or(|known| rank(&ticket) > rank(&known.ticket)) {
            self.put_ticket(ticket, out);
        }
    }

    /// A ticket in a sync: even one that is no newer than what is on the device is there to stay.
    fn confirm_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        if self.tickets.get(ticket.id).is_some_and(|held| held.stale) {
            self.put_ticket(ticket, out);
        } else {
            self.take_ticket(ticket, out);
        }
    }

    fn put_ticket(&mut self, ticket: TicketView, out: &mut Draft) {
        let ticket = Arc::new(ticket);
        out.change(Change::PutTicket(Arc::clone(&ticket)));
        self.tickets.put(ticket);
    }

    pub(super) fn forget_ticket(&mut self, ticket: TicketId, out: &mut Draft) {
        if self.tickets.remove(ticket) {
            out.change(Change::ForgetTicket(ticket));
        }
    }

    /// Nothing is missing from the log up to this instant of the server's clock.
    pub(super) fn read_up_to(&mut self, as_of: Millis, out: &mut Draft) {
        // Also backwards: the server's clock may have been set.
        if self.read_as_of != Some(as_of) {
            self.read_as_of = Some(as_of);
            out.change(Change::ReadAsOf(as_of));
        }
    }

    /// One page of a sync. A snapshot replaces what is on the device, but a ticket stays until the
    /// whole snapshot is there without it: a siren must not pause between two pages.
    pub(super) fn take_page(&mut self, page: SyncPage, now: Millis, out: &mut Draft) {
        self.hear_clock(page.server_time, now, out);
        if self.me != page.me {
            self.me = page.me.clone();
            self.tickets.belong_to(&page.me.person);
            out.change(Change::Me(page.me));
        }
        if page.reset {
            self.read_up_to(page.server_time, out);
            self.tickets.mark_stale();
            out.change(Change::MarkStale);
        }
        if let Some(directory) = page.directory
            && *self.directory != directory
        {
            out.change(Change::Directory(directory.clone()));
            self.directory = Arc::new(directory);
            self.tickets.forget_items();
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
        if let Some(duty) = page.duty {
            self.take_duty(duty, now, out);
        }
        if !page.more {
            self.read_up_to(page.server_time, out);
            for id in self.tickets.stale() {
                self.forget_ticket(id, out);
            }
        }
        self.cursor = Some(page.cursor);
        out.change(Change::Cursor(page.cursor));
    }

    /// Keeps the newest resolved tickets, and those with a tap waiting.
    pub(super) fn forget_old_tickets(&mut self, out: &mut Draft) {
        if out.changes.is_empty() || self.tickets.resolved().len() <= RESOLVED_KEPT {
            return;
        }
        let at_rest = |id: &TicketId| !self.taps.iter().any(|tap| tap.is_for(*id));
        let mut oldest_first: Vec<TicketId> = self.tickets.resolved().filter(at_rest).collect();
        oldest_first.truncate(oldest_first.len().saturating_sub(RESOLVED_KEPT));
        for id in oldest_first {
            self.forget_ticket(id, out);
        }
    }
}
