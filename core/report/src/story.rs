//! What one ticket's history says about the load: whom it rang for, what they did, how it went.

use std::collections::BTreeMap;

use tocsin_ticket::{
    Actor, Event, Millis, Page, PageEnd, PersonId, Receipt, Rung, ServiceId, TeamId, TicketId,
    Transport,
};

use crate::History;

/// One ticket, read.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) facts: Facts,
    pub(crate) pages: Vec<Obligation>,
    pub(crate) acts: Vec<Act>,
    overs: Vec<Over>,
}

/// What counts once for the ticket.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) ticket: TicketId,
    pub(crate) team: TeamId,
    pub(crate) service: ServiceId,
    pub(crate) title: String,
    /// Whose it was when it was opened.
    pub(crate) owner: PersonId,
    pub(crate) opened_at: Millis,
    pub(crate) paged: bool,
    /// Whether a rule held its page back.
    pub(crate) held: bool,
    pub(crate) repeats: u64,
    /// Times from the alarm, in milliseconds.
    pub(crate) check_in_ms: Option<u64>,
    pub(crate) start_ms: Option<u64>,
    pub(crate) resolve_ms: Option<u64>,
    pub(crate) outcome: Outcome,
}

/// What became of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is not over.
    Open,
    /// Over without anybody having touched it.
    Recovered,
    /// Over, and nobody did more than check in, answer and resolve.
    NoAction,
    /// Over, and somebody worked on it.
    Acted,
}

/// A page with those that took its place.
#[derive(Debug, Clone)]
pub(crate) struct Obligation {
    pub(crate) person: PersonId,
    /// When the first of them was made.
    pub(crate) made_at: Millis,
    /// When it rang first, if it did.
    pub(crate) rang_at: Option<Millis>,
    /// When the last of them ended, if it did.
    pub(crate) ended_at: Option<Millis>,
}

/// Something a person did on the ticket.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) person: PersonId,
    pub(crate) at: Millis,
}

/// From here on the ticket keeps nobody, or nobody but one.
#[derive(Debug)]
struct Over {
    at: Millis,
    but_for: Option<PersonId>,
}

impl Story {
    /// Reads a history. `None`: it does not begin with the ticket's opening, so it says nothing.
    pub(crate) fn read(history: &History) -> Option<Self> {
        let first = history.entries.first()?;
        let Some(Event::Opened { alarm, owner, .. }) = first.events.first() else {
            return None;
        };
        let facts = Facts {
            ticket: history.ticket,
            team: history.team.clone(),
            service: history.service.clone(),
            title: alarm.title.clone(),
            owner: owner.clone(),
            opened_at: first.at,
            paged: false,
            held: false,
            repeats: 0,
            check_in_ms: None,
            start_ms: None,
            resolve_ms: None,
            outcome: Outcome::Open,
        };
        let mut reading = Reading {
            story: Self {
                facts,
                pages: Vec::new(),
                acts: Vec::new(),
                overs: Vec::new(),
            },
            live: BTreeMap::new(),
            by_number: BTreeMap::new(),
            touched: false,
            worked: false,
        };
        for entry in &history.entries {
            for event in &entry.events {
                reading.take(event, entry.at);
            }
        }
        Some(reading.story)
    }

    /// Until when the ticket can have kept the person busy after something they did at `at`: until
    /// it was over or in other hands. `None`: it is still theirs.
    pub(crate) fn over_for(&self, person: &PersonId, at: Millis) -> Option<Millis> {
        let overs = self.overs.iter();
        overs
            .filter(|over| over.at >= at && over.but_for.as_ref() != Some(person))
            .map(|over| over.at)
            .min()
    }
}

struct Reading {
    story: Story,
    /// The obligations that are not over: whose, and which of `story.pages`.
    live: BTreeMap<PersonId, usize>,
    /// Which obligation a page belongs to, by its number.
    by_number: BTreeMap<u32, usize>,
    touched: bool,
    worked: bool,
}

impl Reading {
    fn take(&mut self, event: &Event, at: Millis) {
        if let Some(person) = who_did(event) {
            self.touched = true;
            let person = person.clone();
            self.story.acts.push(Act { person, at });
        }
        self.touched |= is_refusal(event);
        self.worked |= is_work(event);
        let facts = &mut self.story.facts;
        let since_alarm = millis_between(facts.opened_at, at);
        match event {
            Event::Repeated { .. } | Event::AlarmJoined { .. } => facts.repeats += 1,
            Event::Held { .. } => facts.held = true,
            Event::CheckedIn {
                by: Actor::Person(person),
            } => {
                facts.check_in_ms.get_or_insert(since_alarm);
                self.over(at, Some(person));
            }
            Event::WorkStarted { by } => {
                facts.start_ms.get_or_insert(since_alarm);
                self.over(at, Some(by));
            }
            Event::Reassigned { to, .. } => self.over(at, Some(to)),
            Event::Reopened { owner, .. } => {
                facts.outcome = Outcome::Open;
                facts.resolve_ms = None;
                self.over(at, Some(owner));
            }
            Event::Resolved { .. } => {
                facts.resolve_ms = Some(since_alarm);
                facts.outcome = match (self.touched, self.worked) {
                    (false, _) => Outcome::Recovered,
                    (true, false) => Outcome::NoAction,
                    (true, true) => Outcome::Acted,
                };
                self.over(at, None);
            }
            Event::Paged { page } => {
                facts.paged = true;
                self.paged(page);
            }
            Event::PageEnded { page, person, why } => {
                let ends = *why != PageEnd::Superseded;
                let which = self.by_number.get(&page.number).copied();
                if ends && which.is_some() && self.live.get(person).copied() == which {
                    self.live.remove(person);
                    if let Some(which) = which {
                        self.story.pages[which].ended_at = Some(at);
                    }
                }
            }
            Event::PageReceipt { page, receipt } => {
                if rings(receipt)
                    && let Some(&which) = self.by_number.get(&page.number)
                {
                    let page = &mut self.story.pages[which];
                    let rang_at = receipt.at.min(at).max(page.made_at);
                    page.rang_at = Some(page.rang_at.map_or(rang_at, |first| first.min(rang_at)));
                }
            }
            _ => {}
        }
    }

    /// A page for somebody who has a live one takes its place.
    fn paged(&mut self, page: &Page) {
        let which = *self.live.entry(page.person.clone()).or_insert_with(|| {
            self.story.pages.push(Obligation {
                person: page.person.clone(),
                made_at: page.at,
                rang_at: None,
                ended_at: None,
            });
            self.story.pages.len() - 1
        });
        self.by_number.insert(page.id.number, which);
    }

    fn over(&mut self, at: Millis, but_for: Option<&PersonId>) {
        let but_for = but_for.cloned();
        self.story.overs.push(Over { at, but_for });
    }
}

/// From one instant to a later one, in milliseconds; 0 when it is not later, as after a clock step.
pub(crate) fn millis_between(from: Millis, until: Millis) -> u64 {
    u64::try_from(until.0.saturating_sub(from.0)).unwrap_or(0)
}

/// Whether by this word a page disturbed somebody. A gateway for texts and calls has no device that
/// would say more than that it took the page on.
fn rings(receipt: &Receipt) -> bool {
    receipt.rung >= Rung::Sounding
        || (receipt.rung == Rung::Accepted && receipt.transport == Some(Transport::Webhook))
}

/// The person who did this, if somebody did something that kept them busy.
fn who_did(event: &Event) -> Option<&PersonId> {
    match event {
        Event::CheckedIn {
            by: Actor::Person(by),
        }
        | Event::Resolved {
            by: Actor::Person(by),
        }
        | Event::SeverityChanged {
            by: Actor::Person(by),
            ..
        }
        | Event::Acknowledged { by }
        | Event::WorkStarted { by }
        | Event::Reopened { by, .. }
        | Event::Reassigned { by, .. }
        | Event::LimitExtended { by, .. }
        | Event::ConferenceJoined { by }
        | Event::RoleNamed { by, .. }
        | Event::StatusUpdated { by, .. }
        | Event::HelpAnswered {
            by, comes: true, ..
        } => Some(by),
        Event::HelpAsked { help } => Some(&help.by),
        Event::NoteAdded { by, .. } => Some(by).filter(|by| is_person(by)),
        _ => None,
    }
}

/// Monitoring's notes are signed with what is nobody's id: ids have no blanks.
fn is_person(by: &PersonId) -> bool {
    !by.as_str().contains(' ')
}

/// Whether somebody said that they cannot: they touched the ticket, and go back to sleep.
const fn is_refusal(event: &Event) -> bool {
    matches!(
        event,
        Event::Declined { .. } | Event::HelpAnswered { comes: false, .. }
    )
}

/// Whether this is more than an answer to the siren.
fn is_work(event: &Event) -> bool {
    if let Event::NoteAdded { by, .. } = event {
        return is_person(by);
    }
    matches!(
        event,
        Event::WorkStarted { .. }
            | Event::Reopened { .. }
            | Event::Reassigned { .. }
            | Event::SeverityChanged {
                by: Actor::Person(_),
                ..
            }
            | Event::LimitExtended { .. }
            | Event::ConferenceJoined { .. }
            | Event::RoleNamed { .. }
            | Event::StatusUpdated { .. }
            | Event::HelpAsked { .. }
    )
}
