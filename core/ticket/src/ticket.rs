//! The ticket itself: the sum of its events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Conference, Event, Group, Help, HelpAnswer, Hold, IncidentRole, Millis, Page, PersonId,
    ServiceId, Severity, StatusUpdate, TeamId, TicketId, TicketState, Timer,
};

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stamp {
    /// Who.
    pub by: Actor,
    /// When, by the server's clock.
    pub at: Millis,
}

/// What happens when a limit passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// The owner's own siren rings, as a last chance.
    Nudge,
    /// The next level is paged.
    Escalate,
}

/// The one limit that runs on a ticket now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deadline {
    /// Counts the deadlines of the ticket, so that an old timer can never fire on newer work.
    pub generation: u32,
    /// When it passes.
    pub due: Millis,
    /// What happens then.
    pub kind: DeadlineKind,
    /// Who would be paged then, as things stood when it was set.
    pub next: Vec<PersonId>,
    /// Until when a device must have received a page, or the next level is paged at once. Absent
    /// once one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
}

impl Deadline {
    /// The earliest instant at which something happens.
    #[must_use]
    pub fn fires_at(&self) -> Millis {
        self.reach
            .as_ref()
            .map_or(self.due, |reach| reach.by.min(self.due))
    }
}

/// The people who were paged last must be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reach {
    /// By when.
    pub by: Millis,
    /// One device of one of them is enough.
    pub people: Vec<PersonId>,
}

/// A manager gave the people at work longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extension {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Millis,
}

/// A ticket as it stands after its events so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// How many events made it; of two copies the one with more is newer.
    pub version: u64,
    /// The team that runs the service.
    pub team: TeamId,
    /// What is in trouble.
    pub service: ServiceId,
    /// The alarm's key, or the group's; at most one open ticket per (service, key).
    pub dedup_key: String,
    /// How bad.
    pub severity: Severity,
    /// One line for the page screen.
    pub title: String,
    /// The integration it came through.
    pub source: String,
    /// A link back to monitoring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Labels and annotations of the alarm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Where it stands.
    pub state: TicketState,
    /// Since when it has stood there.
    pub state_since: Millis,
    /// Whose it is. Always somebody.
    pub owner: PersonId,
    /// When the alarm came in.
    pub opened_at: Millis,
    /// How often the alarm, or another of its group, fired again while the ticket was open.
    pub repeats: u32,
    /// Who checked in last, if anybody has since it was last assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_in: Option<Stamp>,
    /// Who started work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_started: Option<Stamp>,
    /// Who resolved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Stamp>,
    /// The pages that are still wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
    /// How many pages it ever had; the next one gets the next number.
    pub pages_issued: u32,
    /// The newest deadline generation ever set.
    pub generation: u32,
    /// The limit that runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// Levels escalated to since it entered its state.
    pub level: u32,
    /// Who was asked in this round of the chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<PersonId>,
    /// How often the chain began again since the ticket entered its state.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounds: u32,
    /// What else happens at an instant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// The alarms it stands for, where labels join several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Why nobody is, or ever was, paged for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Its alarm comes and goes.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub flapping: bool,
    /// Who moved the limit of its present state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Extension>,
    /// The call that people are to join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conference: Option<Conference>,
    /// How things stood when somebody last said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_update: Option<StatusUpdate>,
    /// The calls for help, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helps: Vec<Help>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Ticket {
    /// Folds one event into a ticket; `None` is the ticket before its first event.
    ///
    /// [`Event::Opened`] makes a ticket; any other event without a ticket is ignored, as is a
    /// second `Opened`: a log read from its middle or twice does no harm.
    #[must_use]
    pub fn apply(ticket: Option<Self>, event: &Event, at: Millis) -> Option<Self> {
        match (ticket, event) {
            (None, Event::Opened { id, alarm, owner }) => Some(Self {
                id: *id,
                version: 1,
                team: alarm.team.clone(),
                service: alarm.service.clone(),
                dedup_key: alarm.dedup_key.clone(),
                severity: alarm.severity,
                title: alarm.title.clone(),
                source: alarm.source.clone(),
                url: alarm.url.clone(),
                details: alarm.details.clone(),
                state: TicketState::Assigned,
                state_since: at,
                owner: owner.clone(),
                opened_at: at,
                repeats: 0,
                checked_in: None,
                work_started: None,
                resolved: None,
                pages: Vec::new(),
                pages_issued: 0,
                generation: 0,
                deadline: None,
                level: 0,
                asked: vec![owner.clone()],
                rounds: 0,
                timers: Vec::new(),
                group: None,
                hold: None,
                flapping: false,
                extended: None,
                conference: None,
                status_update: None,
                helps: Vec::new(),
            }),
            (None, _) => None,
            (Some(ticket), Event::Opened { .. }) => Some(ticket),
            (Some(mut ticket), event) => {
                ticket.fold(event, at);
                Some(ticket)
            }
        }
    }

    /// What happens next by itself, and when: the generation of the limit or timer that is due
    /// first.
    #[must_use]
    pub fn next_due(&self) -> Option<(Millis, u32)> {
        let limit = self
            .deadline
            .as_ref()
            .map(|deadline| (deadline.fires_at(), deadline.generation));
        let timers = self
            .timers
            .iter()
            .map(|timer| (timer.due, timer.generation));
        limit.into_iter().chain(timers).min()
    }

    /// Who commands the incident: whoever was named, or the owner.
    #[must_use]
    pub fn commander(&self) -> &PersonId {
        self.conference
            .as_ref()
            .and_then(|conference| conference.holder(IncidentRole::Commander))
            .unwrap_or(&self.owner)
    }

    fn help_mut(&mut self, number: u32) -> Option<&mut Help> {
        self.helps.iter_mut().find(|help| help.number == number)
    }

    /// Folds an event that is not the first one.
    pub(crate) fn fold(&mut self, event: &Event, at: Millis) {
        self.version += 1;
        match event {
            Event::Opened { .. }
            | Event::NoteAdded { .. }
            | Event::Acknowledged { .. }
            | Event::Declined { .. }
            | Event::DeliveryFailed { .. } => {}
            Event::Held { hold } => self.hold = Some(hold.clone()),
            Event::HoldEnded { owner } => {
                self.hold = None;
                if let Some(owner) = owner {
                    self.assign(owner, at);
                }
            }
            Event::Grouped { dedup_key, labels } => {
                let first = core::mem::replace(&mut self.dedup_key, dedup_key.clone());
                self.group = Some(Group::new(labels.clone(), first));
            }
            Event::AlarmJoined { dedup_key, .. } => {
                self.repeats += 1;
                if let Some(group) = &mut self.group {
                    group.join(dedup_key);
                }
            }
            Event::AlarmRecovered { dedup_key, .. } => {
                if let Some(group) = &mut self.group {
                    group.firing.remove(dedup_key);
                }
            }
            Event::FlappingDetected { .. } => self.flapping = true,
            Event::LimitExtended { by, .. } => {
                self.extended = Some(Extension { by: by.clone(), at });
            }
            Event::ConferenceConvened { .. }
            | Event::ConferenceMoved { .. }
            | Event::ConferenceJoined { .. }
            | Event::ConferenceClosed
            | Event::RoleNamed { .. }
            | Event::StatusUpdated { .. } => self.fold_conference(event, at),
            Event::HelpAsked { .. }
            | Event::HelpAnswered { .. }
            | Event::HelpPassedOn { .. }
            | Event::HelpExhausted { .. } => self.fold_help(event, at),
            Event::TimerSet { timer } => {
                self.generation = timer.generation;
                self.timers.push(*timer);
            }
            Event::TimerCleared { generation } => {
                self.timers.retain(|timer| timer.generation != *generation);
            }
            Event::Repeated { .. } => self.repeats += 1,
            Event::SeverityChanged { to, .. } => self.severity = *to,
            Event::CheckedIn { by } => {
                if let Actor::Person(person) = by {
                    self.owner = person.clone();
                }
                self.checked_in = Some(Stamp { by: by.clone(), at });
                self.enter(TicketState::Researching, at);
            }
            Event::WorkStarted { by } => {
                self.owner = by.clone();
                self.work_started = Some(Stamp {
                    by: Actor::Person(by.clone()),
                    at,
                });
                self.enter(TicketState::WorkInProgress, at);
            }
            Event::Resolved { by } => {
                self.resolved = Some(Stamp { by: by.clone(), at });
                self.enter(TicketState::Resolved, at);
            }
            Event::Reopened { owner, .. } => {
                self.resolved = None;
                self.assign(owner, at);
            }
            Event::Reassigned { to, .. } => self.assign(to, at),
            Event::Escalated {
                level,
                people,
                new_round,
                ..
            } => {
                self.level = *level;
                if *new_round {
                    self.rounds += 1;
                    self.asked.clear();
                }
                self.asked.extend_from_slice(people);
            }
            Event::Paged { page } => {
                self.pages_issued = self.pages_issued.max(page.id.number);
                self.pages.push(page.clone());
            }
            Event::PageEnded { page, .. } => self.pages.retain(|live| live.id != *page),
            Event::PageReceipt { page, receipt } => {
                if let Some(live) = self.pages.iter_mut().find(|live| live.id == *page) {
                    live.receipts.push(receipt.clone());
                    if receipt.reaches()
                        && let Some(deadline) = &mut self.deadline
                    {
                        deadline
                            .reach
                            .take_if(|reach| reach.people.contains(&live.person));
                    }
                }
            }
            Event::DeadlineSet { deadline } => {
                self.generation = deadline.generation;
                self.deadline = Some(deadline.clone());
            }
            Event::DeadlineCleared => self.deadline = None,
        }
    }

    fn fold_conference(&mut self, event: &Event, at: Millis) {
        match event {
            Event::ConferenceConvened { bridge } => {
                self.conference = Some(Conference {
                    bridge: bridge.clone(),
                    since: at,
                    roles: BTreeMap::new(),
                    joined: BTreeMap::new(),
                    closed_at: None,
                });
            }
            Event::StatusUpdated { by, text } => {
                self.status_update = Some(StatusUpdate {
                    stamp: Stamp {
                        by: Actor::Person(by.clone()),
                        at,
                    },
                    text: text.clone(),
                });
            }
            event => {
                let Some(conference) = &mut self.conference else {
                    return;
                };
                match event {
                    Event::ConferenceMoved { bridge } => conference.bridge = bridge.clone(),
                    Event::ConferenceJoined { by } => {
                        conference.joined.entry(by.clone()).or_insert(at);
                    }
                    Event::ConferenceClosed => conference.closed_at = Some(at),
                    Event::RoleNamed { person, role, .. } => {
                        if *role != IncidentRole::Responder {
                            conference.roles.retain(|_, held| held != role);
                        }
                        conference.roles.insert(person.clone(), *role);
                    }
                    _ => {}
                }
            }
        }
    }

    fn fold_help(&mut self, event: &Event, at: Millis) {
        match event {
            Event::HelpAsked { help } => self.helps.push(help.clone()),
            Event::HelpAnswered {
                number,
                by,
                comes,
                reason,
            } => {
                if let Some(help) = self.help_mut(*number) {
                    help.asked.retain(|asked| asked != by);
                    help.answers.push(HelpAnswer {
                        person: by.clone(),
                        at,
                        comes: *comes,
                        reason: reason.clone(),
                    });
                }
            }
            Event::HelpPassedOn { number, level } => {
                if let Some(help) = self.help_mut(*number) {
                    help.then.retain(|next| next != level);
                    help.asked.clone_from(&level.people);
                }
            }
            Event::HelpExhausted { number } => {
                if let Some(help) = self.help_mut(*number) {
                    help.exhausted = true;
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, owner: &PersonId, at: Millis) {
        self.owner = owner.clone();
        self.checked_in = None;
        self.work_started = None;
        self.enter(TicketState::Assigned, at);
    }

    fn enter(&mut self, state: TicketState, at: Millis) {
        self.state = state;
        self.state_since = at;
        self.level = 0;
        self.rounds = 0;
        self.asked = vec![self.owner.clone()];
        self.extended = None;
    }
}
