//! A ticket's log in plain words, for people who were not there.

use std::collections::{BTreeMap, BTreeSet};

use tocsin_ticket::{
    Actor, DeliveryProblem, Event, Millis, PageId, PageReason, PersonId, Role, Rung,
};

use crate::{Moment, Names};

/// What happened, oldest first, one line each: what people did, who was asked because somebody else
/// was not heard of, and when whose siren sounded.
///
/// The clockwork in between is left out: deadlines, pages that renew or end with the events that
/// are told, and the other rungs of the ladder. What comes several times in a row is told once.
#[must_use]
pub fn timeline<'a>(
    log: impl IntoIterator<Item = (Millis, &'a Event)>,
    names: &dyn Names,
) -> Vec<Moment> {
    let mut teller = Teller {
        names,
        paged: BTreeMap::new(),
        heard: BTreeSet::new(),
    };
    let mut moments: Vec<(Moment, u32)> = Vec::new();
    for (at, event) in log {
        let Some(text) = teller.tell(event) else {
            continue;
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match moments.last_mut() {
            Some((last, times)) if last.text == text => *times += 1,
            _ => moments.push((Moment { at, text }, 1)),
        }
    }
    moments
        .into_iter()
        .map(|(moment, times)| match times {
            1 => moment,
            _ => Moment {
                text: format!("{} ({times} times).", moment.text.trim_end_matches('.')),
                ..moment
            },
        })
        .collect()
}

struct Teller<'a> {
    names: &'a dyn Names,
    /// Whose page it was.
    paged: BTreeMap<PageId, PersonId>,
    /// Whose siren was told of since they were last asked.
    heard: BTreeSet<PersonId>,
}

impl Teller<'_> {
    fn tell(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Opened { alarm, owner, .. } => {
                let service = self.names.service(&alarm.service);
                format!(
                    "{} reported a {} of {service}: {}. It went to {}.",
                    alarm.source,
                    alarm.severity,
                    alarm.title.trim_end_matches('.'),
                    self.person(owner)
                )
            }
            Event::Repeated { source } => format!("{source} reported the same again."),
            Event::SeverityChanged { from, to, by } => {
                format!(
                    "{} changed the severity from {from} to {to}.",
                    self.actor(by)
                )
            }
            Event::CheckedIn { by } => match by {
                Actor::Person(person) => format!("{} checked in.", self.person(person)),
                Actor::Monitoring(source) => {
                    format!("{source} said that somebody is on it.")
                }
            },
            Event::Acknowledged { by } => {
                format!("{} answered too; it was in hand.", self.person(by))
            }
            Event::WorkStarted { by } => {
                format!("{} started work.", self.person(by))
            }
            Event::Resolved { by } => match by {
                Actor::Person(person) => format!("{} resolved it.", self.person(person)),
                Actor::Monitoring(source) => format!("{source} said that it is over."),
            },
            Event::Reopened { by, owner } => {
                self.heard.clear();
                let (by, owner) = (self.person(by), self.person(owner));
                format!("{by} opened it again. It went to {owner}.")
            }
            Event::Reassigned { by, from, to } => {
                self.heard.clear();
                let whose = if by == from {
                    String::new()
                } else {
                    format!(" from {}", self.person(from))
                };
                format!("{} gave it{whose} to {}.", self.person(by), self.person(to))
            }
            Event::NoteAdded { by, text } => format!("{}: “{text}”", self.person(by)),
            Event::Escalated {
                role,
                people,
                reason,
                ..
            } => self.escalated(*role, people, *reason),
            Event::Paged { page } => {
                self.paged.insert(page.id, page.person.clone());
                return self.paged(&page.person, page.reason);
            }
            Event::PageReceipt { page, receipt } => {
                if receipt.rung != Rung::Sounding {
                    return None;
                }
                return self.sounded(*page);
            }
            Event::DeliveryFailed { page, failure } => {
                let whom = self.paged.get(page);
                let whom = whom.map_or_else(String::new, |it| format!(" to {}", self.person(it)));
                let why = match failure.problem {
                    DeliveryProblem::Busy => "the service asked to wait",
                    DeliveryProblem::DeadToken => "the device's address was dead",
                    DeliveryProblem::Refused => "the service refused",
                    DeliveryProblem::NoAnswer => "there was no answer",
                };
                format!("A page{whom} by {} failed: {why}.", failure.transport)
            }
            Event::Held { hold } => format!("Nobody was paged yet: {}.", hold.rule),
            Event::HoldEnded { .. } => "It had not gone away by itself.".to_owned(),
            Event::AlarmJoined { title, .. } => format!("Another alarm of its group: {title}."),
            Event::FlappingDetected { tickets } => {
                format!("The alarm came and went: {tickets} tickets in a short time.")
            }
            Event::Declined { by, reason } => {
                let why = said(reason.as_deref());
                format!("{} could not take it{why}.", self.person(by))
            }
            Event::LimitExtended { by, reason, .. } => {
                format!("{} gave more time: “{reason}”", self.person(by))
            }
            Event::ConferenceConvened { bridge } => {
                format!("A conference was convened at {}.", bridge.url)
            }
            Event::ConferenceMoved { bridge } => {
                format!("The conference moved to {}.", bridge.url)
            }
            Event::ConferenceJoined { by } => format!("{} joined the conference.", self.person(by)),
            Event::ConferenceClosed => "The conference was over.".to_owned(),
            Event::RoleNamed { by, person, role } => {
                format!("{} named {} {role}.", self.person(by), self.person(person))
            }
            Event::StatusUpdated { by, text } => {
                format!("Status, by {}: “{text}”", self.person(by))
            }
            Event::HelpAsked { help } => {
                let (by, asked) = (self.person(&help.by), self.people(&help.asked));
                format!("{by} asked {asked} for help: “{}”", help.message)
            }
            Event::HelpAnswered {
                by, comes, reason, ..
            } => {
                let (by, why) = (self.person(by), said(reason.as_deref()));
                if *comes {
                    format!("{by} came to help{why}.")
                } else {
                    format!("{by} could not help{why}.")
                }
            }
            Event::HelpPassedOn { level, .. } => {
                let (people, role) = (self.people(&level.people), level.role);
                format!("The call for help went on to {people} ({role}).")
            }
            Event::HelpExhausted { .. } => "Nobody was left to ask for help.".to_owned(),
            Event::Grouped { .. }
            | Event::AlarmRecovered { .. }
            | Event::PageEnded { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlineCleared
            | Event::TimerSet { .. }
            | Event::TimerCleared { .. } => return None,
        })
    }

    fn person(&self, id: &PersonId) -> String {
        self.names.person(id)
    }

    fn people(&self, ids: &[PersonId]) -> String {
        let names: Vec<_> = ids.iter().map(|id| self.person(id)).collect();
        names.join(", ")
    }

    fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person(person) => self.person(person),
            Actor::Monitoring(source) => source.clone(),
        }
    }

    fn escalated(&mut self, role: Role, people: &[PersonId], reason: PageReason) -> String {
        for person in people {
            self.heard.remove(person);
        }
        let why = match reason {
            PageReason::ResearchingMissed => "Work had not started in time",
            PageReason::WorkMissed => "It was not over in time",
            PageReason::Unreachable => "No device had the page in time",
            PageReason::Declined => "Whoever was paged could not take it",
            PageReason::Assigned
            | PageReason::Reassigned
            | PageReason::Reopened
            | PageReason::SeverityRaised
            | PageReason::CheckInMissed
            | PageReason::Nudge
            | PageReason::NewcomerLate
            | PageReason::Shadowing
            | PageReason::HelpAsked
            | PageReason::StatusUpdateDue
            | PageReason::StatusUpdateMissed => "Nobody had checked in in time",
        };
        format!("{why}: {} ({role}) was paged.", self.people(people))
    }

    /// A page that no other event leads to.
    fn paged(&self, person: &PersonId, reason: PageReason) -> Option<String> {
        let person = self.person(person);
        Some(match reason {
            PageReason::Nudge => {
                format!("{person}'s time was nearly up; their siren was asked to sound once more.")
            }
            PageReason::NewcomerLate => {
                format!("Half of the newcomer's time was over: {person}, their mentor, was paged.")
            }
            PageReason::Shadowing => format!("{person} was paged too, to learn."),
            PageReason::StatusUpdateDue => {
                format!("A status update was due; {person}'s siren was asked to sound.")
            }
            PageReason::StatusUpdateMissed => {
                format!("The status update was missed: {person} was paged.")
            }
            PageReason::Assigned
            | PageReason::Reassigned
            | PageReason::Reopened
            | PageReason::SeverityRaised
            | PageReason::CheckInMissed
            | PageReason::ResearchingMissed
            | PageReason::WorkMissed
            | PageReason::Unreachable
            | PageReason::Declined
            | PageReason::HelpAsked => return None,
        })
    }

    /// Whose siren it is, the first time since they were asked.
    fn sounded(&mut self, page: PageId) -> Option<String> {
        let person = self.paged.get(&page)?;
        let first = self.heard.insert(person.clone());
        first.then(|| format!("{}'s siren sounded.", self.person(person)))
    }
}

/// ` (“asleep”)`, or nothing.
fn said(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" (“{reason}”)"))
}
