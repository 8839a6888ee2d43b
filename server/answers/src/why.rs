//! Why: every decision on a ticket, with the rule behind it and what the rule looked at.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_report::{Entry, Names};
use tocsin_ticket::{
    Actor, DeadlineKind, DeliveryProblem, Event, Hold, Millis, Page, PageEnd, PageId, PageReason,
    PersonId, Role, Severity, Ticket, TicketState, TimerKind,
};

use crate::words::{Words, are, were};

/// One decision: that somebody is paged, or that nobody is, by one rule, at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// When it was taken, by the server's clock.
    pub at: Millis,
    /// Whether it made a siren sound. If not, it is about somebody who was not paged, or no longer.
    pub pages: bool,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonId>,
    /// What they are to the ticket, where it pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many levels beyond the first have been reached since the ticket entered its state.
    pub level: u32,
    /// Everybody had been asked: with this the chain begins again.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub new_round: bool,
    /// By which rule, with what it looked at.
    pub rule: Rule,
    /// The same as a sentence.
    pub text: String,
}

/// What somebody, or monitoring, did that silenced sirens or kept them silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Checked in.
    CheckedIn,
    /// Started work.
    StartedWork,
    /// Resolved it, or the alarm recovered.
    Resolved,
    /// Answered a page of a ticket that was in hand.
    Answered,
    /// A manager gave more time.
    ExtendedLimit,
    /// Gave it to somebody else.
    Reassigned,
    /// Made it less severe.
    LoweredSeverity,
    /// Gave the status update that was due.
    UpdatedStatus,
    /// Answered a call for help.
    AnsweredHelp,
}

impl Deed {
    /// In the past tense, after whoever did it.
    pub(crate) const fn past(self) -> &'static str {
        match self {
            Self::CheckedIn => "checked in",
            Self::StartedWork => "started work",
            Self::Resolved => "resolved it",
            Self::Answered => "answered the page",
            Self::ExtendedLimit => "extended the limit",
            Self::Reassigned => "gave it to somebody else",
            Self::LoweredSeverity => "lowered its severity",
            Self::UpdatedStatus => "gave the status update",
            Self::AnsweredHelp => "answered the call for help",
        }
    }
}

/// The rule behind a decision, with what it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Rule {
    /// A new ticket belongs to whoever is on call.
    OnCall {
        /// Until when they have to check in.
        limit: Millis,
    },
    /// The hold on a new ticket was over and the trouble was not.
    HoldOver {
        /// The hold.
        hold: Hold,
    },
    /// Nobody answered within the limit.
    LimitMissed {
        /// Where the ticket stood.
        state: TicketState,
        /// Since when.
        since: Millis,
        /// When the limit was over.
        limit: Millis,
    },
    /// No device of those who were paged before had received the page, or could sound.
    NotReceived {
        /// Who they are.
        people: Vec<PersonId>,
        /// Until when one device should have had it.
        by: Millis,
        /// What went wrong on the way, each once.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<DeliveryProblem>,
    },
    /// Whoever was paged before said that they cannot.
    Declined {
        /// Who.
        by: PersonId,
        /// Why, if they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The newcomer on call has used up half of a limit, and has a mentor.
    NewcomerLate {
        /// Who is new.
        newcomer: PersonId,
        /// When the limit is over.
        limit: Millis,
    },
    /// They learn on a shift that somebody else leads; their page never escalates.
    Shadowing {
        /// Who leads.
        leads: PersonId,
    },
    /// The owner's own limit is nearly over; their siren asks before anybody else's.
    Nudge {
        /// When it is over.
        limit: Millis,
    },
    /// It was given to them.
    Reassigned {
        /// By whom.
        by: PersonId,
    },
    /// It was opened again, and is the on-call's.
    Reopened {
        /// By whom.
        by: PersonId,
    },
    /// It became worse.
    SeverityRaised {
        /// What it was.
        from: Severity,
        /// What it is.
        to: Severity,
    },
    /// Somebody asks for their help.
    HelpAsked {
        /// Who asks.
        by: PersonId,
        /// In which words.
        message: String,
    },
    /// They command the incident and a status update is due.
    StatusUpdateDue,
    /// The commander did not give it.
    StatusUpdateMissed {
        /// Who commands.
        commander: PersonId,
    },
    /// Nobody has answered: the sirens that sound go on.
    RingsOn {
        /// Until when, unless renewed again.
        limit: Millis,
    },
    /// Tickets of this severity page nobody on this service.
    DoesNotPage {
        /// The severity.
        severity: Severity,
    },
    /// A new ticket is held back.
    Held {
        /// Until when, and by which rule.
        hold: Hold,
    },
    /// The alarm, or another of its group, came while its ticket was open: that is counted, not
    /// paged.
    Repeated {
        /// How often, in a row.
        times: u32,
    },
    /// The alarm comes and goes; its end is believed only once it stays quiet.
    Flapping {
        /// How many tickets it opened lately.
        tickets: u32,
    },
    /// Monitoring says that a flapping alarm is over; it must stay quiet first.
    Settling {
        /// For how long.
        until: Millis,
    },
    /// Somebody has it in hand: sirens fall silent, and who was next is not paged.
    InHand {
        /// Who did something.
        by: Actor,
        /// What.
        deed: Deed,
        /// Whose sirens that silenced.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        silenced: Vec<PersonId>,
        /// Who would have been paged next.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        spared: Vec<PersonId>,
        /// And when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Millis>,
    },
}

/// Every decision on a ticket, in order, from everything that ever happened to it. Times in the
/// sentences are told by the clocks of `zone`.
#[must_use]
pub fn why(history: &[Entry], names: &Names, zone: &TimeZone) -> Vec<Decision> {
    let mut reading = Reading {
        words: Words { names, zone },
        ticket: None,
        problems: BTreeMap::new(),
        decisions: Vec::new(),
    };
    for entry in history {
        reading.take(entry);
    }
    reading.decisions
}

struct Reading<'a> {
    words: Words<'a>,
    ticket: Option<Ticket>,
    /// What went wrong with each page on its way.
    problems: BTreeMap<PageId, Vec<DeliveryProblem>>,
    decisions: Vec<Decision>,
}

/// What one command did.
struct Step<'a> {
    at: Millis,
    events: &'a [Event],
    before: Option<&'a Ticket>,
    after: &'a Ticket,
}

impl Reading<'_> {
    fn take(&mut self, entry: &Entry) {
        let before = self.ticket.take();
        let after = entry.events.iter().fold(before.clone(), |ticket, event| {
            Ticket::apply(ticket, event, entry.at)
        });
        // A log that does not begin with the opening says nothing.
        let Some(after) = after else { return };
        let step = Step {
            at: entry.at,
            events: &entry.events,
            before: before.as_ref(),
            after: &after,
        };
        self.note_problems(&step);
        self.decide(&step);
        self.ticket = Some(after);
    }

    fn note_problems(&mut self, step: &Step<'_>) {
        for event in step.events {
            if let Event::DeliveryFailed { page, failure } = event {
                let known = self.problems.entry(*page).or_default();
                if !known.contains(&failure.problem) {
                    known.push(failure.problem);
                }
            }
        }
    }

    fn decide(&mut self, step: &Step<'_>) {
        for event in step.events {
            match event {
                Event::Repeated { .. } | Event::AlarmJoined { .. } => self.repeated(step),
                Event::FlappingDetected { tickets } => {
                    self.push(step, None, Vec::new(), Rule::Flapping { tickets: *tickets });
                }
                Event::TimerSet { timer } if timer.kind == TimerKind::Settle => {
                    self.push(step, None, Vec::new(), Rule::Settling { until: timer.due });
                }
                Event::Held { hold } => {
                    let owner = vec![step.after.owner.clone()];
                    self.push(step, None, owner, Rule::Held { hold: hold.clone() });
                }
                _ => {}
            }
        }
        self.in_hand(step);
        self.pages(step);
        let opened = step.before.is_none();
        if opened && step.after.pages.is_empty() && step.after.hold.is_none() {
            let owner = vec![step.after.owner.clone()];
            let severity = step.after.severity;
            self.push(step, None, owner, Rule::DoesNotPage { severity });
        }
    }

    /// Repetitions in a row are one decision.
    fn repeated(&mut self, step: &Step<'_>) {
        let mut times = 1;
        if let Some(Decision {
            rule: Rule::Repeated { times: before },
            ..
        }) = self.decisions.last()
        {
            times += before;
            self.decisions.pop();
        }
        self.push(step, None, Vec::new(), Rule::Repeated { times });
    }

    /// What silenced sirens, or kept some from sounding.
    fn in_hand(&mut self, step: &Step<'_>) {
        let Some(before) = step.before else { return };
        let Some((by, deed)) = step.events.iter().find_map(deed) else {
            return;
        };
        let rings: BTreeSet<&PersonId> = step.after.pages.iter().map(|page| &page.person).collect();
        let mut silenced: Vec<PersonId> = step
            .events
            .iter()
            .filter_map(|event| match event {
                Event::PageEnded { person, why, .. } if *why != PageEnd::Superseded => {
                    Some(person.clone())
                }
                _ => None,
            })
            .filter(|person| !rings.contains(person))
            .collect();
        silenced.sort();
        silenced.dedup();
        let (spared, limit) = spared(before, step.after).unzip();
        let spared = spared.unwrap_or_default();
        if silenced.is_empty() && spared.is_empty() {
            return;
        }
        let mut people = silenced.clone();
        people.extend(spared.iter().filter(|it| !silenced.contains(it)).cloned());
        let rule = Rule::InHand {
            by,
            deed,
            silenced,
            spared,
            limit,
        };
        self.push(step, None, people, rule);
    }

    /// The pages of one command, those for the same reason together.
    fn pages(&mut self, step: &Step<'_>) {
        let mut groups: Vec<(Rule, Role, Vec<PersonId>)> = Vec::new();
        for event in step.events {
            let Event::Paged { page } = event else {
                continue;
            };
            let rule = self.rule(step, page);
            let group = groups
                .iter_mut()
                .find(|(known, role, _)| *known == rule && *role == page.role);
            match group {
                Some((.., people)) => people.push(page.person.clone()),
                None => groups.push((rule, page.role, vec![page.person.clone()])),
            }
        }
        for (rule, role, people) in groups {
            self.push(step, Some(role), people, rule);
        }
    }

    fn rule(&self, step: &Step<'_>, page: &Page) -> Rule {
        let limit = limit(step.after, page);
        if rings_on(step, page) {
            return Rule::RingsOn { limit };
        }
        let owner = || step.after.owner.clone();
        match page.reason {
            PageReason::Assigned => match step.before.and_then(|before| before.hold.clone()) {
                Some(hold) => Rule::HoldOver { hold },
                None => Rule::OnCall { limit },
            },
            PageReason::CheckInMissed | PageReason::ResearchingMissed | PageReason::WorkMissed => {
                let was = step.before.unwrap_or(step.after);
                let due = was.deadline.as_ref().map(|deadline| deadline.due);
                Rule::LimitMissed {
                    state: was.state,
                    since: was.state_since,
                    limit: due.unwrap_or(step.at),
                }
            }
            PageReason::Unreachable => self.not_received(step),
            PageReason::Declined => declined(step).unwrap_or(Rule::RingsOn { limit }),
            PageReason::NewcomerLate => Rule::NewcomerLate {
                newcomer: owner(),
                limit,
            },
            PageReason::Shadowing => Rule::Shadowing { leads: owner() },
            PageReason::Nudge => Rule::Nudge { limit },
            PageReason::Reassigned => Rule::Reassigned {
                by: who_did(step).unwrap_or_else(owner),
            },
            PageReason::Reopened => Rule::Reopened {
                by: who_did(step).unwrap_or_else(owner),
            },
            PageReason::SeverityRaised => {
                let from = step.before.map_or(step.after.severity, |it| it.severity);
                let to = step.after.severity;
                Rule::SeverityRaised { from, to }
            }
            PageReason::HelpAsked => help_asked(step, page).unwrap_or(Rule::RingsOn { limit }),
            PageReason::StatusUpdateDue => Rule::StatusUpdateDue,
            PageReason::StatusUpdateMissed => Rule::StatusUpdateMissed {
                commander: step.after.commander().clone(),
            },
        }
    }

    fn not_received(&self, step: &Step<'_>) -> Rule {
        let reach = step
            .before
            .and_then(|before| before.deadline.as_ref()?.reach.clone());
        let people = reach.as_ref().map(|reach| reach.people.clone());
        let people = people.unwrap_or_default();
        let mut problems = Vec::new();
        let pages = step.before.into_iter().flat_map(|before| &before.pages);
        for page in pages.filter(|page| people.contains(&page.person)) {
            for problem in self.problems.get(&page.id).into_iter().flatten() {
                if !problems.contains(problem) {
                    problems.push(*problem);
                }
            }
        }
        Rule::NotReceived {
            by: reach.map_or(step.at, |reach| reach.by),
            people,
            problems,
        }
    }

    /// With a role for those who are paged, without for anybody else.
    fn push(&mut self, step: &Step<'_>, role: Option<Role>, people: Vec<PersonId>, rule: Rule) {
        let pages = role.is_some();
        let new_round = step.events.iter().any(|event| match event {
            Event::Escalated {
                people: asked,
                new_round,
                ..
            } => *new_round && people.iter().any(|person| asked.contains(person)),
            _ => false,
        });
        let mut decision = Decision {
            at: step.at,
            pages,
            people,
            role,
            level: step.after.level,
            new_round: new_round && pages,
            rule,
            text: String::new(),
        };
        decision.text = self.words.sentence(&decision);
        self.decisions.push(decision);
    }
}

/// When a page's limit is over: it outlives that by its grace.
fn limit(after: &Ticket, page: &Page) -> Millis {
    match &after.deadline {
        Some(deadline) if !page.reason.is_aside() => deadline.due,
        _ => page.expires_at - tocsin_ticket::PAGE_GRACE,
    }
}

/// Whether the page only takes the place of one that nobody has answered, so that the siren does
/// not stop.
fn rings_on(step: &Step<'_>, page: &Page) -> bool {
    let rang = step.before.is_some_and(|before| {
        before.pages.iter().any(|live| {
            live.person == page.person && live.reason == page.reason && live.role == page.role
        })
    });
    let asked_anew = step.events.iter().any(|event| match event {
        Event::Escalated { people, .. } => people.contains(&page.person),
        Event::HelpAsked { help } => page.help == Some(help.number),
        Event::HelpPassedOn { number, .. } => page.help == Some(*number),
        Event::SeverityChanged { .. } => page.reason == PageReason::SeverityRaised,
        Event::Reassigned { .. } => page.reason == PageReason::Reassigned,
        Event::Reopened { .. } => page.reason == PageReason::Reopened,
        _ => false,
    });
    rang && !asked_anew
}

fn who_did(step: &Step<'_>) -> Option<PersonId> {
    step.events.iter().find_map(|event| match event {
        Event::Reassigned { by, .. } | Event::Reopened { by, .. } => Some(by.clone()),
        _ => None,
    })
}

fn declined(step: &Step<'_>) -> Option<Rule> {
    step.events.iter().find_map(|event| match event {
        Event::Declined { by, reason } => Some(Rule::Declined {
            by: by.clone(),
            reason: reason.clone(),
        }),
        _ => None,
    })
}

fn help_asked(step: &Step<'_>, page: &Page) -> Option<Rule> {
    let helps = &step.after.helps;
    let help = helps.iter().find(|it| Some(it.number) == page.help)?;
    Some(Rule::HelpAsked {
        by: help.by.clone(),
        message: help.message.clone(),
    })
}

/// Who did what, if this is something that takes a ticket in hand.
fn deed(event: &Event) -> Option<(Actor, Deed)> {
    let person = |by: &PersonId| Actor::Person(by.clone());
    Some(match event {
        Event::CheckedIn { by } => (by.clone(), Deed::CheckedIn),
        Event::Resolved { by } => (by.clone(), Deed::Resolved),
        Event::WorkStarted { by } => (person(by), Deed::StartedWork),
        Event::Acknowledged { by } => (person(by), Deed::Answered),
        Event::LimitExtended { by, .. } => (person(by), Deed::ExtendedLimit),
        Event::Reassigned { by, .. } => (person(by), Deed::Reassigned),
        Event::SeverityChanged { from, to, by } if from.is_worse_than(*to) => {
            (by.clone(), Deed::LoweredSeverity)
        }
        Event::StatusUpdated { by, .. } => (person(by), Deed::UpdatedStatus),
        Event::HelpAnswered {
            by, comes: true, ..
        } => (person(by), Deed::AnsweredHelp),
        _ => return None,
    })
}

/// Who would have been paged next, and when, if that is no longer so.
fn spared(before: &Ticket, after: &Ticket) -> Option<(Vec<PersonId>, Millis)> {
    let held = before
        .timers
        .iter()
        .find(|timer| timer.kind == TimerKind::Hold);
    if let Some(timer) = held {
        return Some((vec![before.owner.clone()], timer.due));
    }
    let was = before.deadline.as_ref()?;
    if was.kind != DeadlineKind::Escalate {
        return None;
    }
    // Whoever would be paged at that time all the same is not spared.
    let soon = after.deadline.as_ref();
    let soon = soon.filter(|it| it.kind == DeadlineKind::Escalate && it.due <= was.due);
    let still = soon.map_or(&[][..], |it| &it.next);
    let mut next = was.next.clone();
    next.retain(|person| !still.contains(person));
    (!next.is_empty()).then_some((next, was.due))
}

impl Words<'_> {
    /// A decision as a sentence.
    fn sentence(&self, decision: &Decision) -> String {
        let Decision {
            at, people, role, ..
        } = decision;
        let clock = |when: Millis| self.clock(when, *at);
        let who = self.people(people);
        let is = are(people.len());
        let as_role = role.map_or_else(String::new, |role| format!(" ({role})"));
        let again = if decision.new_round {
            "; everybody had been asked, so the chain begins again"
        } else {
            ""
        };
        match &decision.rule {
            Rule::OnCall { limit } => format!(
                "{who} {is} paged: a new ticket is the on-call's; time to check in until {}",
                clock(*limit)
            ),
            Rule::HoldOver { hold } => format!(
                "{who} {is} paged: {} was over at {} and the trouble was not",
                hold.rule,
                clock(hold.until)
            ),
            Rule::LimitMissed {
                state,
                since,
                limit,
            } => format!(
                "{who}{as_role} {is} paged: {state} since {}, limit {} missed{again}",
                clock(*since),
                clock(*limit)
            ),
            Rule::NotReceived {
                people: before,
                by,
                problems,
            } => format!(
                "{who}{as_role} {is} paged: no device of {} could ring by {}{}{again}",
                self.people(before),
                clock(*by),
                problems_text(problems)
            ),
            Rule::Declined { by, reason } => format!(
                "{who}{as_role} {is} paged: {} cannot take it{}{again}",
                self.person(by),
                quoted(reason.as_deref())
            ),
            Rule::NewcomerLate { newcomer, limit } => format!(
                "{who}{as_role} {is} paged: {} is new on call and has used up half of the limit, \
                 which is over at {}",
                self.person(newcomer),
                clock(*limit)
            ),
            Rule::Shadowing { leads } => format!(
                "{who}{as_role} {is} paged to learn: {} leads this shift, and this page never \
                 escalates",
                self.person(leads)
            ),
            Rule::Nudge { limit } => format!(
                "{who} {is} paged once more: the own limit is over at {}, and then the next level \
                 is paged",
                clock(*limit)
            ),
            Rule::Reassigned { by } => {
                format!("{who} {is} paged: {} gave it to them", self.person(by))
            }
            Rule::Reopened { by } => format!("{who} {is} paged: {} reopened it", self.person(by)),
            Rule::SeverityRaised { from, to } => {
                format!("{who} {is} paged: it went from {from} to {to}")
            }
            Rule::HelpAsked { by, message } => format!(
                "{who} {is} paged: {} asks for help: \u{201c}{message}\u{201d}",
                self.person(by)
            ),
            Rule::StatusUpdateDue => {
                format!("{who}{as_role} {is} paged: a status update is due")
            }
            Rule::StatusUpdateMissed { commander } => format!(
                "{who}{as_role} {is} paged: {} gave no status update",
                self.person(commander)
            ),
            Rule::RingsOn { limit } => format!(
                "the siren of {who} goes on until {}: nobody has answered",
                clock(*limit)
            ),
            Rule::DoesNotPage { severity } => {
                format!("{who} {is} not paged: tickets of {severity} page nobody on this service")
            }
            Rule::Held { hold } => format!(
                "{who} {is} not paged before {}, by {}",
                clock(hold.until),
                hold.rule
            ),
            Rule::Repeated { times: 1 } => {
                "nobody is paged: the alarm came again, and its ticket is open".to_owned()
            }
            Rule::Repeated { times } => format!(
                "nobody is paged: the alarm came again {times} times, and its ticket is open"
            ),
            Rule::Flapping { tickets } => format!(
                "the alarm comes and goes ({tickets} tickets lately): its end is believed only once \
                 it stays quiet"
            ),
            Rule::Settling { until } => format!(
                "monitoring says that it is over; it must stay quiet until {} to be believed",
                clock(*until)
            ),
            Rule::InHand {
                by,
                deed,
                silenced,
                spared,
                limit,
            } => self.in_hand(*at, by, *deed, silenced, spared.as_slice(), *limit),
        }
    }

    fn in_hand(
        &self,
        at: Millis,
        by: &Actor,
        deed: Deed,
        silenced: &[PersonId],
        spared: &[PersonId],
        limit: Option<Millis>,
    ) -> String {
        let mut text = format!("{} {}", self.actor(by), deed.past());
        if !silenced.is_empty() {
            text += &format!(": the siren of {} stops", self.people(silenced));
        }
        if let (false, Some(limit)) = (spared.is_empty(), limit) {
            let joint = if silenced.is_empty() { ":" } else { ", and" };
            text += &format!(
                "{joint} {}, next at {}, {} not paged",
                self.people(spared),
                self.clock(limit, at),
                were(spared.len())
            );
        }
        text
    }
}

fn quoted(words: Option<&str>) -> String {
    words.map_or_else(String::new, |words| format!(": \u{201c}{words}\u{201d}"))
}

fn problems_text(problems: &[DeliveryProblem]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
    format!(" ({})", words.join("; "))
}
