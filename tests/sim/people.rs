//! The people of the simulation: what they do when a phone rings, and when none does.

use fastrand::Rng;
use tocsin_pager::engine::{PageStatus, TicketItem, View};
use tocsin_ticket::{PersonId, TicketId, TicketState};
use tocsin_wire::Action;

/// What somebody is like tonight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Hears nothing.
    Asleep,
    /// Answers within seconds.
    Awake,
    /// Answers within minutes.
    Slow,
    /// Answers, and taps on things unasked.
    Restless,
}

/// What somebody does with a phone in their hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Look(TicketId),
    Tap(TicketId, Action),
    /// Reads a notice.
    Dismiss(u64),
}

/// Somebody.
#[derive(Debug)]
pub struct Person {
    pub id: PersonId,
    pub habit: Habit,
    rng: Rng,
    notes: u32,
}

impl Person {
    pub fn new(id: PersonId, mut rng: Rng) -> Self {
        let habit = match rng.u32(0..8) {
            0 | 1 => Habit::Asleep,
            2 | 3 => Habit::Awake,
            4..=6 => Habit::Slow,
            _ => Habit::Restless,
        };
        Self {
            id,
            habit,
            rng,
            notes: 0,
        }
    }

    /// How long they take to reach for a phone that rings; `None`: they do not hear it.
    pub fn reacts_after_ms(&mut self) -> Option<i64> {
        match self.habit {
            Habit::Asleep => None,
            Habit::Awake | Habit::Restless => Some(self.rng.i64(2_000..20_000)),
            Habit::Slow => Some(self.rng.i64(15_000..150_000)),
        }
    }

    /// How long until they tap on something unasked.
    pub fn idles_ms(&mut self) -> Option<i64> {
        (self.habit == Habit::Restless).then(|| self.rng.i64(20_000..180_000))
    }

    /// How long until they go on with a ticket, if they do.
    pub fn goes_on_after_ms(&mut self) -> Option<i64> {
        (self.rng.u32(0..4) > 0).then(|| self.rng.i64(10_000..150_000))
    }

    /// Whether they take their other device in their hand, too.
    pub fn takes_other_device(&mut self) -> bool {
        self.rng.u32(0..3) == 0
    }

    /// What they do about a phone that rings.
    pub fn answers(&mut self, view: &View) -> Vec<Act> {
        let page = view
            .pages
            .iter()
            .find(|page| page.status == PageStatus::Ringing);
        let Some(page) = page else {
            return Vec::new();
        };
        let ticket = page.ticket;
        let action = match self.rng.u32(0..40) {
            0..30 => Action::CheckIn,
            30..34 => Action::StartWork,
            34..36 => Action::Resolve,
            36..38 => self.reassign(view),
            _ => self.note(),
        };
        let mut acts = vec![Act::Look(ticket), Act::Tap(ticket, action.clone())];
        if self.rng.u32(0..5) == 0 {
            // A nervous finger.
            acts.push(Act::Tap(ticket, action));
        }
        acts.extend(
            view.notices
                .first()
                .map(|notice| Act::Dismiss(notice.number)),
        );
        acts
    }

    /// What they do next about tickets of their own.
    pub fn goes_on(&mut self, view: &View) -> Option<Act> {
        let mine = view
            .tickets
            .iter()
            .find(|item| item.ticket.is_open() && item.ticket.owner == self.id)?;
        let action = match mine.state.get() {
            Some(TicketState::Assigned) => Action::CheckIn,
            Some(TicketState::Researching) => Action::StartWork,
            _ => Action::Resolve,
        };
        Some(Act::Tap(mine.ticket.id, action))
    }

    /// What they do unasked.
    pub fn meddles(&mut self, view: &View) -> Option<Act> {
        let tickets: Vec<&TicketItem> = view.tickets.iter().collect();
        let item = self.rng.choice(tickets)?;
        let action = match self.rng.u32(0..8) {
            0 => Action::CheckIn,
            1 => Action::StartWork,
            2 => Action::Resolve,
            3 => self.reassign(view),
            4 | 5 if !item.ticket.is_open() => Action::Reopen,
            _ => self.note(),
        };
        Some(Act::Tap(item.ticket.id, action))
    }

    fn reassign(&mut self, view: &View) -> Action {
        let people: Vec<PersonId> = view.directory.people.keys().cloned().collect();
        let to = self.rng.choice(people).unwrap_or_else(|| self.id.clone());
        Action::Reassign { to }
    }

    /// No two notes have the same text, so that each can be counted.
    fn note(&mut self) -> Action {
        self.notes += 1;
        Action::Note {
            text: format!("{}'s note {}", self.id, self.notes),
        }
    }
}
