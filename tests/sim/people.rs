//! The people of the simulation: what they do when a phone rings, and when none does.

use fastrand::Rng;
use tocsin_pager::engine::{PageItem, PageStatus, TicketItem, View};
use tocsin_ticket::{
    HelpTarget, IncidentRole, PageReason, PersonId, Severity, TicketId, TicketState,
};
use tocsin_wire::Action;

use crate::setup::MANAGERS;

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
    texts: u32,
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
            texts: 0,
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
        let action = self.answer(page, view);
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

    /// Mostly what the page asks for.
    fn answer(&mut self, page: &PageItem, view: &View) -> Action {
        match (page.reason.get(), self.rng.u32(0..40)) {
            (Some(PageReason::StatusUpdateDue | PageReason::StatusUpdateMissed), 0..20) => {
                self.status()
            }
            (Some(PageReason::ResearchingMissed | PageReason::WorkMissed), 0..12) => self.extend(),
            (Some(PageReason::HelpAsked), 0..14) | (_, 0..5) => self.decline(),
            (_, 5..30) => Action::CheckIn,
            (_, 30..34) => Action::StartWork,
            (_, 34) => Action::Resolve,
            (_, 35) => self.severity(),
            (_, 36 | 37) => self.reassign(view),
            _ => self.note(),
        }
    }

    /// What they do next about tickets of their own.
    pub fn goes_on(&mut self, view: &View) -> Option<Act> {
        let mine = view
            .tickets
            .iter()
            .find(|item| item.ticket.is_open() && item.ticket.owner == self.id)?;
        let action = match (mine.state.get(), self.rng.u32(0..10)) {
            (_, 0 | 1) => self.incident(mine, view),
            (Some(TicketState::Assigned), _) => Action::CheckIn,
            (Some(TicketState::Researching), _) => Action::StartWork,
            _ => Action::Resolve,
        };
        Some(Act::Tap(mine.ticket.id, action))
    }

    /// Something that an incident needs beside getting on with it.
    fn incident(&mut self, item: &TicketItem, view: &View) -> Action {
        match self.rng.u32(0..9) {
            0 => Action::Convene,
            1 | 2 => Action::JoinConference,
            3 => Action::NameRole {
                person: self.somebody(view),
                role: self
                    .rng
                    .choice([
                        IncidentRole::Commander,
                        IncidentRole::Communications,
                        IncidentRole::Responder,
                    ])
                    .unwrap_or(IncidentRole::Responder),
            },
            4 => self.status(),
            5 => self.severity(),
            6 => self.extend(),
            _ => self.ask(item),
        }
    }

    /// What they do unasked.
    pub fn meddles(&mut self, view: &View) -> Option<Act> {
        let tickets: Vec<&TicketItem> = view.tickets.iter().map(AsRef::as_ref).collect();
        let item = self.rng.choice(tickets)?;
        let action = match self.rng.u32(0..14) {
            0 => Action::CheckIn,
            1 => Action::StartWork,
            2 => Action::Resolve,
            3 => self.reassign(view),
            4 | 5 if !item.ticket.is_open() => Action::Reopen,
            6 => self.decline(),
            7..=10 => self.incident(item, view),
            _ => self.note(),
        };
        Some(Act::Tap(item.ticket.id, action))
    }

    fn somebody(&mut self, view: &View) -> PersonId {
        let people: Vec<PersonId> = view.directory.people.keys().cloned().collect();
        self.rng.choice(people).unwrap_or_else(|| self.id.clone())
    }

    fn reassign(&mut self, view: &View) -> Action {
        let to = self.somebody(view);
        Action::Reassign { to }
    }

    fn severity(&mut self) -> Action {
        let to = self.rng.choice(Severity::ALL);
        Action::SetSeverity {
            to: to.unwrap_or(Severity::Sev1),
        }
    }

    fn decline(&mut self) -> Action {
        let reason = self.words("reason");
        Action::Decline {
            reason: Some(reason),
        }
    }

    /// As a manager does; anybody else is refused.
    fn extend(&mut self) -> Action {
        Action::ExtendLimit {
            seconds: self.rng.u32(5..200),
            reason: self.words("reason"),
        }
    }

    fn status(&mut self) -> Action {
        Action::UpdateStatus {
            text: self.words("update"),
        }
    }

    /// Asks within the ticket's own team, so that everybody who is asked sees it anyway.
    fn ask(&mut self, item: &TicketItem) -> Action {
        let target = match self.rng.u32(0..4) {
            0 => HelpTarget::Manager,
            1 => HelpTarget::Service {
                service: item.ticket.service.clone(),
            },
            2 => HelpTarget::Team {
                team: item.ticket.team.clone(),
            },
            _ => HelpTarget::Person {
                person: self.rng.choice(MANAGERS).unwrap_or(MANAGERS[0]).into(),
            },
        };
        Action::AskHelp {
            target,
            message: self.words("call"),
        }
    }

    fn note(&mut self) -> Action {
        Action::Note {
            text: self.words("note"),
        }
    }

    /// No two texts are the same, so that each can be counted.
    fn words(&mut self, what: &str) -> String {
        self.texts += 1;
        format!("{}'s {what} {}", self.id, self.texts)
    }
}
