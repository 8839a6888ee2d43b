//! What surrounds a ticket: its conference, the status updates it owes, the calls for help, who is
//! being paged. Shown as it will be once the pending taps are done, and put right by the server.

use tocsin_ticket::{
    Actor, Extension, HelpAnswer, HelpTarget, IncidentRole, Millis, Missed, PersonId, Role,
    Severity, Stamp, StatusUpdate, TicketState, TimerKind,
};
use tocsin_wire::{Action, ConferenceView, HelpView, Known, PageView, TicketView};

use super::Phone;
use super::view::Names;

/// The call that people are to join.
#[derive(Debug, Clone, PartialEq)]
pub struct ConferenceItem {
    /// Where it is; absent while the server has not heard that it is to be convened.
    pub url: Option<String>,
    /// The number for those who have only a telephone, as it is to be read.
    pub dial_in: Option<String>,
    /// When it was closed, if it was.
    pub closed_at: Option<Millis>,
    /// Who has a role or has joined: the commander first, then by role and name. Empty while only a
    /// push has told of the conference.
    pub people: Vec<AttendeeItem>,
    /// Whether this person has joined.
    pub joined: bool,
}

/// Somebody in a conference, or wanted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendeeItem {
    /// Who, by name.
    pub name: String,
    /// What they do, in the person's language.
    pub role_text: Option<String>,
    /// When they joined, if they did.
    pub joined: Option<Millis>,
}

/// What everybody who waits was told last, and when they are to be told next.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusItem {
    /// What was said last: by whom, when, what.
    pub last: Option<(String, Millis, String)>,
    /// When the next update is due, or was.
    pub due: Option<Millis>,
    /// It is overdue: the manager hears of it at this instant.
    pub missed_at: Option<Millis>,
    /// An update of this person's waits to be sent; `due` and `missed_at` are the server's, which
    /// has not heard of it.
    pub pending: bool,
}

/// A call for help, as whoever asked sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct HelpItem {
    /// Counts the calls of the ticket, from 1.
    pub number: u32,
    /// Who asks, by name.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Whom they asked for, in the person's language.
    pub target: String,
    /// What they say.
    pub message: String,
    /// Who is paged for it now, and how far their page got.
    pub asked: Vec<AskedItem>,
    /// Who is asked next, by name.
    pub then: Vec<String>,
    /// What was answered, oldest first, in the person's language.
    pub answers: Vec<(Millis, String)>,
    /// How it stands.
    pub outcome: HelpOutcome,
    /// The call waits to be sent.
    pub pending: bool,
}

/// How a call for help stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpOutcome {
    /// Somebody may still come.
    Waiting,
    /// Somebody comes.
    Comes,
    /// Nobody is left to ask: ask elsewhere.
    NobodyLeft,
}

/// Somebody who is being paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedItem {
    /// Who, by name.
    pub name: String,
    /// What they are to the ticket, in the person's language.
    pub role_text: String,
    /// How far the page got on the device where it got furthest, in the person's language.
    pub rung_text: String,
}

/// A rule by which nobody is paged for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldItem {
    /// Until when.
    pub until: Millis,
    /// Which rule, in the person's language.
    pub rule_text: String,
}

/// A limit that was missed: "Researching since 02:13, limit 02:43 missed".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedItem {
    /// Where the ticket stood, in the person's language.
    pub state_text: String,
    /// Since when.
    pub since: Millis,
    /// When the limit was over.
    pub limit: Millis,
}

/// A limit that a manager moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionItem {
    /// Who, by name.
    pub by: String,
    /// When.
    pub at: Millis,
    /// The server has not heard of it.
    pub pending: bool,
}

/// How a ticket stands once the pending taps are done.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub state: Known<TicketState>,
    pub owner: PersonId,
    pub severity: Known<Severity>,
    /// Some tap waits.
    pub pending: bool,
    /// One of them moves or ends the limit that runs at the server.
    pub moves_limit: bool,
    conference: Option<ConferenceView>,
    convening: bool,
    said: Option<StatusUpdate>,
    saying: bool,
    helps: Vec<HelpView>,
    /// The calls from this number on are not the server's yet.
    first_own_help: u32,
    extended: Option<(Extension, bool)>,
}

impl Standing {
    fn at_the_server(ticket: &TicketView) -> Self {
        let helps: Vec<HelpView> = known(&ticket.helps).cloned().collect();
        let last = helps.iter().map(|help| help.number).max().unwrap_or(0);
        Self {
            state: ticket.state.clone(),
            owner: ticket.owner.clone(),
            severity: ticket.severity.clone(),
            pending: false,
            moves_limit: false,
            conference: known(&ticket.conference).next().cloned(),
            convening: false,
            said: known(&ticket.status_update).next().cloned(),
            saying: false,
            helps,
            first_own_help: last + 1,
            extended: known(&ticket.extended).next().map(|it| (it.clone(), false)),
        }
    }

    /// What a tap of `me` changes, as far as a phone can tell. `at`: when, by the server's clock.
    fn tapped(&mut self, action: &Action, ticket: &TicketView, me: &PersonId, at: Millis) {
        self.pending = true;
        let before = self.state.clone();
        match action {
            Action::CheckIn => self.check_in(ticket, me, at),
            Action::StartWork => {
                self.answer_help(ticket, me, at, true, None);
                self.owner = me.clone();
                self.state = TicketState::WorkInProgress.into();
            }
            Action::Resolve => self.state = TicketState::Resolved.into(),
            Action::Reopen => self.state = TicketState::Assigned.into(),
            Action::Reassign { to } => {
                self.owner = to.clone();
                self.state = if to == me {
                    TicketState::Researching.into()
                } else {
                    TicketState::Assigned.into()
                };
            }
            Action::Note { .. } => {}
            Action::Decline { reason } => {
                self.answer_help(ticket, me, at, false, reason.as_deref());
                self.moves_limit |= !is_paged_aside(ticket, me);
            }
            Action::SetSeverity { to } => {
                self.severity = (*to).into();
                self.moves_limit = true;
            }
            Action::ExtendLimit { .. } => {
                let by = me.clone();
                self.extended = Some((Extension { by, at }, true));
                self.moves_limit = true;
            }
            Action::Convene => self.convening = true,
            Action::JoinConference => {
                if let Some(conference) = &mut self.conference {
                    conference.joined.entry(me.clone()).or_insert(at);
                }
            }
            Action::NameRole { person, role } => self.name(person, *role),
            Action::UpdateStatus { text } => {
                let by = Actor::Person(me.clone());
                let (stamp, text) = (Stamp { by, at }, text.clone());
                self.said = Some(StatusUpdate { stamp, text });
                self.saying = true;
            }
            Action::AskHelp { target, message } => {
                let last = self.helps.iter().map(|help| help.number).max();
                self.helps.push(HelpView {
                    number: last.unwrap_or(0) + 1,
                    by: me.clone(),
                    at,
                    target: target.clone().into(),
                    message: message.clone(),
                    asked: Vec::new(),
                    then: Vec::new(),
                    answers: Vec::new(),
                    exhausted: false,
                    extra: serde_json::Map::new(),
                });
            }
        }
        self.moves_limit |= self.state != before;
    }

    /// Who answers a page beside the limits says nothing about who has the ticket in hand.
    fn check_in(&mut self, ticket: &TicketView, me: &PersonId, at: Millis) {
        self.answer_help(ticket, me, at, true, None);
        let is_assigned = self.state.get() == Some(&TicketState::Assigned);
        if is_assigned && !is_paged_aside(ticket, me) {
            self.owner = me.clone();
            self.state = TicketState::Researching.into();
        }
    }

    fn answer_help(
        &mut self,
        ticket: &TicketView,
        me: &PersonId,
        at: Millis,
        comes: bool,
        reason: Option<&str>,
    ) {
        let number = ticket
            .pages
            .iter()
            .filter(|page| page.person == *me)
            .find_map(|page| page.help);
        let mut helps = self.helps.iter_mut();
        if let Some(help) = helps.find(|help| Some(help.number) == number) {
            help.asked.retain(|asked| asked != me);
            help.answers.push(HelpAnswer {
                person: me.clone(),
                at,
                comes,
                reason: reason.map(str::to_owned),
            });
        }
    }

    /// Several people respond; each other role has one.
    fn name(&mut self, person: &PersonId, role: IncidentRole) {
        if let Some(conference) = &mut self.conference {
            if role != IncidentRole::Responder {
                let roles = &mut conference.roles;
                roles.retain(|_, held| held.get() != Some(&role));
            }
            conference.roles.insert(person.clone(), role.into());
        }
    }
}

/// Those of some values that this version can read.
fn known<'a, T: 'a>(values: impl IntoIterator<Item = &'a Known<T>>) -> impl Iterator<Item = &'a T> {
    values.into_iter().filter_map(Known::get)
}

fn is_paged_aside(ticket: &TicketView, me: &PersonId) -> bool {
    let mut mine = ticket.pages.iter().filter(|page| page.person == *me);
    mine.any(|page| page.reason.get().is_some_and(|reason| reason.is_aside()))
}

impl Phone {
    /// How a ticket stands once the pending taps are done.
    pub(super) fn standing(&self, ticket: &TicketView) -> Standing {
        let taps = self.taps.iter().filter(|tap| tap.is_for(ticket.id));
        taps.fold(Standing::at_the_server(ticket), |mut standing, tap| {
            let request = tap.request();
            let at = self.server_now(request.at);
            standing.tapped(&request.action, ticket, &self.me.person, at);
            standing
        })
    }

    pub(super) fn conference(
        &self,
        ticket: &TicketView,
        standing: &Standing,
        names: Names<'_>,
    ) -> Option<ConferenceItem> {
        let texts = self.texts;
        let Some(conference) = &standing.conference else {
            return standing.convening.then(|| ConferenceItem {
                url: None,
                dial_in: None,
                closed_at: None,
                people: Vec::new(),
                joined: false,
            });
        };
        let commander = conference
            .roles
            .iter()
            .find(|(_, role)| role.get() == Some(&IncidentRole::Commander))
            .map_or(&standing.owner, |(person, _)| person);
        let role_of = |person: &PersonId| {
            let role = conference.roles.get(person).cloned();
            role.or_else(|| (person == commander).then_some(IncidentRole::Commander.into()))
        };
        let mut ids: Vec<&PersonId> = conference.roles.keys().collect();
        ids.extend(conference.joined.keys());
        ids.push(commander);
        ids.sort_unstable_by_key(|id| {
            let rank = match role_of(id) {
                Some(Known::Yes(role)) => (0, Some(role)),
                Some(Known::No(_)) => (1, None),
                None => (2, None),
            };
            (rank, *id)
        });
        ids.dedup();
        if ticket.partial {
            // A push has no room for people.
            ids.clear();
        }
        Some(ConferenceItem {
            url: (!standing.convening).then(|| conference.bridge.url.clone()),
            dial_in: conference.bridge.dial_in.clone(),
            closed_at: conference.closed_at.filter(|_| !standing.convening),
            people: ids
                .into_iter()
                .map(|id| AttendeeItem {
                    name: names.person(id),
                    role_text: role_of(id).map(|role| texts.incident_role(&role)),
                    joined: conference.joined.get(id).copied(),
                })
                .collect(),
            joined: conference.joined.contains_key(&self.me.person),
        })
    }

    /// `None`: nobody was told anything, and nobody is to be.
    pub(super) fn status(
        &self,
        ticket: &TicketView,
        standing: &Standing,
        names: Names<'_>,
    ) -> Option<StatusItem> {
        let due_of = |kind| {
            let mut timers = known(&ticket.timers);
            timers.find(|timer| timer.kind == kind).map(|it| it.due)
        };
        let last = standing.said.as_ref().map(|said| {
            let by = match &said.stamp.by {
                Actor::Person(person) => names.person(person),
                Actor::Monitoring(name) => name.clone(),
            };
            (by, said.stamp.at, said.text.clone())
        });
        let status = StatusItem {
            last,
            due: due_of(TimerKind::StatusUpdate),
            missed_at: due_of(TimerKind::StatusUpdateMissed),
            pending: standing.saying,
        };
        let says = status.last.is_some() || status.due.is_some() || status.missed_at.is_some();
        says.then_some(status)
    }

    pub(super) fn helps(
        &self,
        ticket: &TicketView,
        standing: &Standing,
        names: Names<'_>,
    ) -> Vec<HelpItem> {
        let helps = standing.helps.iter();
        helps
            .map(|help| {
                let asked = help.asked.iter().map(|person| {
                    let mut pages = ticket.pages.iter();
                    let page =
                        pages.find(|page| page.person == *person && page.help == Some(help.number));
                    self.asked(person, &Role::Helper.into(), page, names)
                });
                let next = known(&help.then).next();
                let comes = help.answers.iter().any(|answer| answer.comes);
                HelpItem {
                    number: help.number,
                    by: names.person(&help.by),
                    at: help.at,
                    target: self.target(&help.target, names),
                    message: help.message.clone(),
                    asked: asked.collect(),
                    then: next.map_or_else(Vec::new, |level| {
                        level.people.iter().map(|id| names.person(id)).collect()
                    }),
                    answers: help
                        .answers
                        .iter()
                        .map(|answer| {
                            let who = names.person(&answer.person);
                            let reason = answer.reason.as_deref();
                            let text = self.texts.help_answer(&who, answer.comes, reason);
                            (answer.at, text)
                        })
                        .collect(),
                    outcome: match (comes, help.exhausted) {
                        (true, _) => HelpOutcome::Comes,
                        (false, true) => HelpOutcome::NobodyLeft,
                        (false, false) => HelpOutcome::Waiting,
                    },
                    pending: help.number >= standing.first_own_help,
                }
            })
            .collect()
    }

    fn target(&self, target: &Known<HelpTarget>, names: Names<'_>) -> String {
        match target {
            Known::Yes(HelpTarget::Service { service }) => {
                self.texts.on_call_of(&names.service(service))
            }
            Known::Yes(HelpTarget::Person { person }) => self.texts.person(person, &self.directory),
            Known::Yes(HelpTarget::Manager) => self.texts.the_manager(),
            Known::Yes(HelpTarget::Team { team }) => self.texts.all_of(&names.team(team)),
            Known::No(newer) => {
                let word = newer.get("type").and_then(|word| word.as_str());
                word.map_or_else(|| newer.to_string(), str::to_owned)
            }
        }
    }

    /// Everybody who is being paged for the ticket itself; those asked for help are with the call.
    pub(super) fn paged(&self, ticket: &TicketView, names: Names<'_>) -> Vec<AskedItem> {
        let pages = ticket.pages.iter().filter(|page| page.help.is_none());
        pages
            .map(|page| self.asked(&page.person, &page.role, Some(page), names))
            .collect()
    }

    fn asked(
        &self,
        person: &PersonId,
        role: &Known<Role>,
        page: Option<&PageView>,
        names: Names<'_>,
    ) -> AskedItem {
        let rungs = page.into_iter().flat_map(|page| known(&page.receipts));
        let rung = rungs.map(|receipt| receipt.rung).max();
        AskedItem {
            name: names.person(person),
            role_text: self.texts.role(role),
            rung_text: self.texts.rung(rung),
        }
    }

    pub(super) fn hold(&self, ticket: &TicketView) -> Option<HoldItem> {
        let hold = known(&ticket.hold).next().filter(|_| ticket.is_open())?;
        Some(HoldItem {
            until: hold.until,
            rule_text: self.texts.hold_rule(&hold.rule, &self.directory),
        })
    }

    pub(super) fn extension(standing: &Standing, names: Names<'_>) -> Option<ExtensionItem> {
        let (extension, pending) = standing.extended.as_ref()?;
        Some(ExtensionItem {
            by: names.person(&extension.by),
            at: extension.at,
            pending: *pending,
        })
    }

    pub(super) fn missed(&self, page: &PageView) -> Option<MissedItem> {
        let Missed {
            state,
            since,
            limit,
        } = *known(&page.missed).next()?;
        Some(MissedItem {
            state_text: self.texts.state(&state.into()),
            since,
            limit,
        })
    }

    /// Why this person is paged, with what whoever asks for help says.
    pub(super) fn why(&self, ticket: &TicketView, page: &PageView, names: Names<'_>) -> String {
        let call = known(&ticket.helps).find(|help| Some(help.number) == page.help);
        match call {
            Some(call) => self.texts.asks_you(&names.person(&call.by), &call.message),
            None => self.texts.reason(&page.reason),
        }
    }
}
