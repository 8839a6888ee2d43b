//! What the person has chosen to look at. Plain data; the view says what there is.

use std::collections::BTreeSet;
use std::sync::Arc;

use tocsin_pager::View;
use tocsin_pager::engine::{AlarmKind, LocalAlarm, PageItem, PageStatus, TicketItem};
use tocsin_ticket::{PageId, TicketId};
use tocsin_wire::Entry;

use super::prompt::{Ask, Prompt};

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
    /// Why this pager would or would not wake its owner, over everything else; how many of its
    /// lines are scrolled past.
    pub info: Option<usize>,
    /// Whether the siren has sounded since this screen was made, so that somebody can have heard it.
    pub sounded: bool,
    /// The chosen place in each tab.
    pub chosen: [usize; 3],
    /// What the person is being asked before a tap goes out.
    pub prompt: Option<Prompt>,
    /// Whether the person was asked if they mean to quit.
    pub quitting: bool,
    /// Lines of the timeline scrolled back from its end.
    pub back: usize,
    /// The open ticket's timeline, once it was fetched.
    pub told: Option<Arc<Told>>,
    /// Pages that have rung since this screen was made.
    rung: BTreeSet<PageId>,
    /// The pager's own alarms as they were when last looked at.
    alarmed: Vec<AlarmKind>,
}

impl Screen {
    /// Follows what happened: a page that begins to ring comes to the front, whatever was open; a
    /// line being written stays. So does an alarm of the pager's own, unless a page rings.
    pub fn follow(&mut self, view: &View) {
        let new = view
            .pages
            .iter()
            .position(|page| page.status == PageStatus::Ringing && self.rung.insert(page.page));
        self.rung.extend(view.pages.iter().map(|page| page.page));
        if let Some(place) = new {
            self.quitting = false;
            self.prompt
                .take_if(|prompt| matches!(prompt.ask, Ask::Choice(..)));
            self.front(place);
        }
        let alarms: Vec<_> = view.alarms.iter().map(|alarm| alarm.kind).collect();
        if !rings(view) && alarms.iter().any(|kind| !self.alarmed.contains(kind)) {
            self.quitting = false;
            self.front(self.chosen[Tab::Pages as usize]);
        }
        self.alarmed = alarms;
        let siren = &view.siren;
        self.sounded |= siren.confirmed && siren.effective_volume.is_none_or(|it| it > 0.0);
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
        self.info = None;
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
        self.info = None;
        self.chosen[Tab::Pages as usize] = place;
    }

    /// Opens a ticket over the list.
    pub fn look_at(&mut self, ticket: TicketId) {
        self.open = Some(ticket);
        self.info = None;
        self.back = 0;
    }

    /// The page in front of the person.
    pub fn page<'a>(&self, view: &'a View) -> Option<&'a PageItem> {
        (self.is_in_front() && self.alarm(view).is_none())
            .then(|| view.pages.get(self.place()))
            .flatten()
    }

    /// The pager's own alarm in front of the person: it has the place of a page while none rings.
    pub fn alarm<'a>(&self, view: &'a View) -> Option<&'a LocalAlarm> {
        (self.is_in_front() && !rings(view))
            .then(|| view.alarms.first())
            .flatten()
    }

    fn is_in_front(&self) -> bool {
        self.tab == Tab::Pages && self.open.is_none() && self.info.is_none()
    }

    /// The ticket that keys act on.
    pub fn current<'a>(&self, view: &'a View) -> Option<&'a TicketItem> {
        if self.info.is_some() {
            return None;
        }
        if let Some(open) = self.open {
            return ticket(view, open);
        }
        match self.tab {
            Tab::Pages => ticket(view, self.page(view)?.ticket),
            Tab::Tickets => view.tickets.get(self.place()).map(AsRef::as_ref),
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

fn rings(view: &View) -> bool {
    view.pages
        .iter()
        .any(|page| page.status == PageStatus::Ringing)
}

/// A ticket of the view.
pub fn ticket(view: &View, id: TicketId) -> Option<&TicketItem> {
    let mut tickets = view.tickets.iter().map(AsRef::as_ref);
    tickets.find(|item: &&TicketItem| item.ticket.id == id)
}
