//! What people do in the year: how soon they hear a siren, and what they do about it and afterwards.

use fastrand::Rng;
use tocsin_pager::engine::{PageItem, PageStatus, View};
use tocsin_ticket::{
    HelpTarget, IncidentRole, PageReason, PersonId, Severity, TicketId, TicketState,
};
use tocsin_wire::{Action, Known, TicketView};

use crate::setup::{DATA, SHOP};

const MINUTE: i64 = 60_000;

/// What somebody does with a phone in their hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Look(TicketId),
    Tap(TicketId, Action),
    CheckInAll,
}

/// Somebody.
#[derive(Debug)]
pub struct Person {
    pub id: PersonId,
    rng: Rng,
    notes: u32,
}

impl Person {
    pub fn new(id: PersonId, rng: Rng) -> Self {
        Self { id, rng, notes: 0 }
    }

    /// How long until they reach for a phone that rings: mostly soon, sometimes late, sometimes far
    /// too late.
    pub fn hears_after_ms(&mut self, asleep: bool) -> i64 {
        let (soon, late, very_late) = if asleep { (50, 75, 90) } else { (70, 90, 97) };
        match self.rng.u32(0..100) {
            it if it < soon => self.rng.i64(10_000..3 * MINUTE),
            it if it < late => self.rng.i64(3 * MINUTE..14 * MINUTE),
            it if it < very_late => self.rng.i64(14 * MINUTE..60 * MINUTE),
            _ => self.rng.i64(60 * MINUTE..120 * MINUTE),
        }
    }

    /// What they do about a phone that rings.
    pub fn answers(&mut self, view: &View) -> Vec<Act> {
        let ringing: Vec<&PageItem> = view
            .pages
            .iter()
            .filter(|page| page.status == PageStatus::Ringing)
            .collect();
        if ringing.len() > 2 && ringing.iter().all(|page| page.help.is_none()) {
            return vec![Act::Look(ringing[0].ticket), Act::CheckInAll];
        }
        let mut acts = Vec::new();
        for page in ringing {
            let item = view.tickets.iter().find(|it| it.ticket.id == page.ticket);
            let Some(item) = item else { continue };
            acts.push(Act::Look(page.ticket));
            acts.push(Act::Tap(page.ticket, self.answer(page, &item.ticket)));
        }
        acts
    }

    fn answer(&mut self, page: &PageItem, ticket: &TicketView) -> Action {
        let roll = self.rng.u32(0..100);
        let decline = |reason: &str| Action::Decline {
            reason: Some(reason.to_owned()),
        };
        match page.reason {
            Known::Yes(PageReason::HelpAsked) if roll < 30 => decline("on a train"),
            Known::Yes(PageReason::StatusUpdateDue) if roll < 70 => self.status(),
            Known::Yes(PageReason::ResearchingMissed | PageReason::WorkMissed) if roll < 40 => {
                Action::ExtendLimit {
                    seconds: self.rng.u32(300..600),
                    reason: "the fix is being rolled out".to_owned(),
                }
            }
            _ => match roll {
                0..84 => Action::CheckIn,
                84..88 => Action::StartWork,
                88..90 => Action::Resolve,
                90..93 => Action::Reassign {
                    to: self.colleague(ticket),
                },
                93..97 => decline("no laptop here"),
                _ => self.note(),
            },
        }
    }

    /// What they do next about a ticket of their own, and after how long they look at it again.
    pub fn goes_on(&mut self, ticket: &TicketView) -> (Vec<Action>, i64) {
        let roll = self.rng.u32(0..100);
        let mut actions = Vec::new();
        let conference = ticket.conference.as_ref().and_then(Known::get);
        let conference = conference.filter(|it| it.closed_at.is_none());
        if conference.is_some_and(|it| !it.joined.contains_key(&self.id)) {
            actions.push(Action::JoinConference);
            if roll < 30 {
                actions.push(Action::NameRole {
                    person: self.colleague(ticket),
                    role: IncidentRole::Communications,
                });
            }
        }
        let is_sev1 = ticket.severity == Known::Yes(Severity::Sev1);
        let soon = self.rng.i64(4 * MINUTE..25 * MINUTE);
        match ticket.state {
            Known::Yes(TicketState::Assigned) => {
                actions.push(Action::CheckIn);
                (actions, soon)
            }
            Known::Yes(TicketState::Researching) => {
                let idle = self.rng.i64(60 * MINUTE..400 * MINUTE);
                let (action, next) = match roll {
                    0..70 => (Action::StartWork, soon),
                    70..80 => (self.note(), soon),
                    80..86 => (self.ask_help(ticket), soon),
                    86..88 => (Action::SetSeverity { to: Severity::Sev1 }, soon),
                    88..91 => (Action::SetSeverity { to: Severity::Sev3 }, soon),
                    91..93 if !is_sev1 => (Action::Convene, soon),
                    _ => return (actions, idle),
                };
                actions.push(action);
                (actions, next)
            }
            Known::Yes(TicketState::WorkInProgress) => {
                let idle = self.rng.i64(120 * MINUTE..500 * MINUTE);
                let (action, next) = match roll {
                    0..50 => (Action::Resolve, soon),
                    50..60 => (self.note(), soon),
                    60..80 if is_sev1 => (self.status(), soon),
                    80..88 => (self.ask_help(ticket), soon),
                    88..94 => return (actions, idle),
                    _ => return (actions, soon),
                };
                actions.push(action);
                (actions, next)
            }
            _ => (actions, soon),
        }
    }

    /// Whether what they resolved was not over, and when they see that.
    pub fn reopens_after_ms(&mut self) -> Option<i64> {
        (self.rng.u32(0..20) == 0).then(|| self.rng.i64(5 * MINUTE..60 * MINUTE))
    }

    /// When they look at a ticket that rings for nobody.
    pub fn looks_after_ms(&mut self) -> i64 {
        self.rng.i64(30 * MINUTE..1_000 * MINUTE)
    }

    /// Somebody else of the ticket's team.
    fn colleague(&mut self, ticket: &TicketView) -> PersonId {
        let data = ticket.team.as_str() == "data";
        let members: &[(&str, &str, &str)] = if data { &DATA } else { &SHOP };
        let others = members.iter().map(|(id, ..)| *id);
        let others = others.filter(|id| *id != self.id.as_str());
        let other = self.rng.choice(others.collect::<Vec<_>>());
        other.map_or_else(|| self.id.clone(), PersonId::from)
    }

    fn ask_help(&mut self, ticket: &TicketView) -> Action {
        let target = match self.rng.u32(0..6) {
            0 | 1 => HelpTarget::Person {
                person: self.colleague(ticket),
            },
            2 => HelpTarget::Manager,
            3 => HelpTarget::Team {
                team: ticket.team.clone(),
            },
            4 => HelpTarget::Service {
                service: ticket.service.clone(),
            },
            // Another team's, downstream.
            _ => HelpTarget::Service {
                service: "ledger".into(),
            },
        };
        Action::AskHelp {
            target,
            message: "the queue grows and I do not see why".to_owned(),
        }
    }

    fn status(&mut self) -> Action {
        self.notes += 1;
        Action::UpdateStatus {
            text: format!("{}'s status update {}", self.id, self.notes),
        }
    }

    /// No two notes have the same text, so that each can be counted.
    fn note(&mut self) -> Action {
        self.notes += 1;
        Action::Note {
            text: format!("{}'s note {}", self.id, self.notes),
        }
    }
}
