//! What the person has chosen to look at. Plain data; the view says what there is.

use std::collections::BTreeSet;
use std::sync::Arc;

use tocsin_pager::View;
use tocsin_pager::engine::{PageItem, PageStatus, TicketItem};
use tocsin_ticket::{PageId, TicketId};
use tocsin_wire::Entry;

/// A list to look through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// The person's own pages; the page screen while there are any.
    #[default]
    Pages,
    /// Every ticket.
    Tickets,
    /// What the person should read.
    Notices,
}

impl Tab {
    /// Every tab, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Pages, Self::Tickets, Self::Notices];

    /// The one `steps` to the right, going round.
    fn beside(self, steps: usize) -> Self {
        Self::ALL[(self as usize + steps) % Self::ALL.len()]
    }
}

/// A ticket's timeline as it was when the ticket had this version.
#[derive(Debug, Clone)]
pub struct Told {
    /// The ticket.
    pub ticket: TicketId,
    /// Its version.
    pub version: u64,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// What the person looks at.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// The list.
    pub tab: Tab,
    /// The ticket that is open over the list.
    pub open: Option<TicketId>,
    /// The chosen place in each tab.
    pub chosen: [usize; 3],
    /// The note being written, and its ticket.
    pub note: Option<(TicketId, String)>,
    /// Whether the person was asked if they mean to quit.
    pub quitting: bool,
    /// Lines of the timeline scrolled back from its end.
    pub back: usize,
    /// The open ticket's timeline, once it was fetched.
    pub told: Option<Arc<Told>>,
    /// Pages that have rung since this screen was made.
    rung: BTreeSet<PageId>,
}

impl Screen {
    /// Follows what happened: a page that begins to ring comes to the front, whatever was open.
    pub fn follow(&mut self, view: &View) {
        let new = view
            .pages
            .iter()
            .position(|page| page.status == PageStatus::Ringing && self.rung.insert(page.page));
        self.rung.extend(view.pages.iter().map(|page| page.page));
        if let Some(place) = new {
            self.quitting = false;
            self.front(place);
        }
        let lengths = [view.pages.len(), view.tickets.len(), view.notices.len()];
        for (chosen, length) in self.chosen.iter_mut().zip(lengths) {
            *chosen = (*chosen).min(length.saturating_sub(1));
        }
        if self.open.is_some_and(|open| ticket(view, open).is_none()) {
            self.open = None;
        }
    }

    /// The place chosen in the tab in front.
    pub const fn place(&self) -> usize {
        self.chosen[self.tab as usize]
    }

    /// Moves to another tab.
    pub fn turn(&mut self, steps: usize) {
        self.tab = self.tab.beside(steps);
        self.open = None;
    }

    /// Moves the choice up or down in a list of `length`.
    pub fn choose(&mut self, down: bool, length: usize) {
        let place = &mut self.chosen[self.tab as usize];
        *place = if down {
            (*place + 1).min(length.saturating_sub(1))
        } else {
            place.saturating_sub(1)
        };
    }

    /// Brings a page to the front.
    pub const fn front(&mut self, place: usize) {
        self.tab = Tab::Pages;
        self.open = None;
        self.chosen[Tab::Pages as usize] = place;
    }

    /// Opens a ticket over the list.
    pub fn look_at(&mut self, ticket: TicketId) {
        self.open = Some(ticket);
        self.back = 0;
    }

    /// The page in front of the person.
    pub fn page<'a>(&self, view: &'a View) -> Option<&'a PageItem> {
        (self.tab == Tab::Pages && self.open.is_none())
            .then(|| view.pages.get(self.place()))
            .flatten()
    }

    /// The ticket that keys act on.
    pub fn current<'a>(&self, view: &'a View) -> Option<&'a TicketItem> {
        if let Some(open) = self.open {
            return ticket(view, open);
        }
        match self.tab {
            Tab::Pages => ticket(view, self.page(view)?.ticket),
            Tab::Tickets => view.tickets.get(self.place()),
            Tab::Notices => None,
        }
    }

    /// The open ticket and its version, when its timeline has yet to be fetched.
    pub fn untold(&self, view: &View) -> Option<(TicketId, u64)> {
        let item = ticket(view, self.open?)?;
        let wanted = (item.ticket.id, item.ticket.version);
        let have = self.told.as_ref().map(|told| (told.ticket, told.version));
        (have != Some(wanted)).then_some(wanted)
    }
}

/// A ticket of the view.
pub fn ticket(view: &View, id: TicketId) -> Option<&TicketItem> {
    view.tickets.iter().find(|item| item.ticket.id == id)
}
