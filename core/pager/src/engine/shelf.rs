//! The tickets on the device.
//!
//! A storm brings thousands, so what every step asks of all of them is kept up to date as they
//! change: which page this person, which are resolved, how many are stale or partial. A step and a
//! view then cost by what has changed, not by what is there.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use tocsin_ticket::{Millis, PersonId, TicketId};
use tocsin_wire::{PageView, TicketView};

use super::TicketItem;

/// A ticket on the device.
#[derive(Debug)]
pub struct Held {
    pub ticket: Arc<TicketView>,
    /// A snapshot began and has not confirmed it yet.
    pub stale: bool,
    /// What screens show of it while no tap concerns it.
    item: OnceLock<Arc<TicketItem>>,
}

impl Held {
    /// What screens show of it while no tap concerns it: made once, until it changes.
    pub fn item(&self, make: impl FnOnce() -> TicketItem) -> Arc<TicketItem> {
        Arc::clone(self.item.get_or_init(|| Arc::new(make())))
    }
}

/// All tickets on the device. See the [module](self).
#[derive(Debug)]
pub struct Shelf {
    person: PersonId,
    all: BTreeMap<TicketId, Held>,
    /// Open ones with a page of this person's.
    paging: BTreeSet<TicketId>,
    /// Resolved ones, by when.
    resolved: BTreeSet<(Millis, Reverse<TicketId>)>,
    stale: usize,
    partial: usize,
}

impl Shelf {
    pub fn new(
        person: PersonId,
        tickets: impl IntoIterator<Item = (Arc<TicketView>, bool)>,
    ) -> Self {
        let mut shelf = Self {
            person,
            all: BTreeMap::new(),
            paging: BTreeSet::new(),
            resolved: BTreeSet::new(),
            stale: 0,
            partial: 0,
        };
        for (ticket, stale) in tickets {
            shelf.insert(ticket, stale);
        }
        shelf
    }

    /// From now on `person` is whose pages count.
    pub fn belong_to(&mut self, person: &PersonId) {
        if self.person != *person {
            let all = std::mem::take(&mut self.all).into_values();
            *self = Self::new(person.clone(), all.map(|held| (held.ticket, held.stale)));
        }
    }

    pub fn get(&self, id: TicketId) -> Option<&Held> {
        self.all.get(&id)
    }

    pub fn values(&self) -> impl Iterator<Item = &Held> {
        self.all.values()
    }

    /// Puts a ticket in the place of its older copy.
    pub fn put(&mut self, ticket: Arc<TicketView>) {
        self.insert(ticket, false);
    }

    fn insert(&mut self, ticket: Arc<TicketView>, stale: bool) {
        self.remove(ticket.id);
        if !ticket.is_open() {
            self.resolved
                .insert((ticket.state_since, Reverse(ticket.id)));
        } else if self.pages(&ticket).next().is_some() {
            self.paging.insert(ticket.id);
        }
        self.stale += usize::from(stale);
        self.partial += usize::from(ticket.partial);
        let held = Held {
            ticket,
            stale,
            item: OnceLock::new(),
        };
        self.all.insert(held.ticket.id, held);
    }

    /// Whether there was one.
    pub fn remove(&mut self, id: TicketId) -> bool {
        let Some(held) = self.all.remove(&id) else {
            return false;
        };
        self.paging.remove(&id);
        self.resolved
            .remove(&(held.ticket.state_since, Reverse(id)));
        self.stale -= usize::from(held.stale);
        self.partial -= usize::from(held.ticket.partial);
        true
    }

    /// A snapshot begins: every ticket is to be confirmed.
    pub fn mark_stale(&mut self) {
        for held in self.all.values_mut() {
            held.stale = true;
        }
        self.stale = self.all.len();
    }

    /// The tickets that the snapshot under way has not confirmed.
    pub fn stale(&self) -> Vec<TicketId> {
        if self.has_no_stale() {
            return Vec::new();
        }
        let stale = self.all.iter().filter(|(_, held)| held.stale);
        stale.map(|(id, _)| *id).collect()
    }

    pub fn has_no_stale(&self) -> bool {
        self.stale == 0
    }

    /// Whether every ticket is here with its details.
    pub fn is_whole(&self) -> bool {
        self.partial == 0
    }

    /// The tickets that page this person.
    pub fn paging(&self) -> &BTreeSet<TicketId> {
        &self.paging
    }

    /// This person's live pages on open tickets.
    pub fn my_pages(&self) -> impl Iterator<Item = (&Arc<TicketView>, &PageView)> {
        let paging = self.paging.iter().filter_map(|id| self.all.get(id));
        paging.flat_map(|held| self.pages(&held.ticket).map(|page| (&held.ticket, page)))
    }

    fn pages<'a>(&'a self, ticket: &'a TicketView) -> impl Iterator<Item = &'a PageView> {
        let pages = ticket.pages.iter();
        pages.filter(|page| page.person == self.person)
    }

    /// The resolved tickets, the oldest first.
    pub fn resolved(&self) -> impl ExactSizeIterator<Item = TicketId> {
        self.resolved.iter().map(|(_, Reverse(id))| *id)
    }

    /// The names or the words that screens show have changed.
    pub fn forget_items(&mut self) {
        for held in self.all.values_mut() {
            held.item = OnceLock::new();
        }
    }
}
