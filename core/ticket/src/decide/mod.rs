//! The rules: what a command does to a ticket at an instant.

mod aside;
mod conference;
mod help;
mod severity;

pub use aside::{FLAPPING_SETTLES, FLAPPING_TICKETS, FLAPPING_WITHIN};

use crate::chain::{Chain, Role};
use crate::command::{Actor, Alarm, Command, Refusal};
use crate::page::{DeliveryFailure, Missed, PAGE_GRACE, Page, PageReason, Receipt, Rung};
use crate::policy::{NUDGE_PERCENT, Policy};
use crate::{
    Bridge, Deadline, DeadlineKind, Event, Group, GroupLabels, Hold, Limits, Millis, PageEnd,
    PageId, PersonId, Reach, Shadow, Ticket, TicketId, TicketState, TimerKind,
};

/// What the rules need to know of the world around the ticket, at the instant of deciding.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The team's limits.
    pub policy: &'a Policy,
    /// Who is on call now, and who comes after.
    pub chain: &'a Chain,
    /// Everybody who may be given a ticket of this team.
    pub pageable: &'a [PersonId],
    /// Another open ticket for the same (service, dedup key), if the ticket in question is resolved.
    pub open_twin: Option<TicketId>,
    /// The rule by which a ticket as severe as the command makes it would page nobody for now, if
    /// it is new or held. Of several the one that lasts longest.
    pub hold: Option<&'a Hold>,
    /// What joins a new ticket's alarm with others of its service.
    pub group: Option<&'a GroupLabels>,
    /// How many tickets the alarm opened within [`FLAPPING_WITHIN`] before this one.
    pub recent_tickets: u32,
    /// Where a conference of the team meets, if it holds any.
    pub bridge: Option<&'a Bridge>,
    /// The newcomer on the present shift, and their mentor.
    pub shadow: Option<&'a Shadow>,
}

impl<'a> Context<'a> {
    /// A team on an ordinary shift: nothing held, no conferences, no newcomer.
    #[must_use]
    pub const fn new(policy: &'a Policy, chain: &'a Chain, pageable: &'a [PersonId]) -> Self {
        Self {
            policy,
            chain,
            pageable,
            open_twin: None,
            hold: None,
            group: None,
            recent_tickets: 0,
            bridge: None,
            shadow: None,
        }
    }
}

/// Decides what `command` does to `ticket` (`None`: there is none yet) at `now`.
///
/// An empty list of events means that there was nothing to do: the command's aim already holds.
///
/// # Errors
/// [`Refusal`] when the rules forbid it; nothing changes then.
pub fn decide(
    ticket: Option<&Ticket>,
    command: &Command,
    context: &Context<'_>,
    now: Millis,
) -> Result<Vec<Event>, Refusal> {
    if let Command::AlarmFired { new_id, alarm } = command {
        return Ok(match ticket {
            None => open(*new_id, alarm, context, now),
            Some(ticket) => repeat(ticket, alarm, context, now),
        });
    }
    let ticket = ticket.ok_or(Refusal::NoSuchTicket)?;
    let mut draft = Draft::new(ticket, context, now);
    match command {
        Command::AlarmFired { .. } => {}
        Command::AlarmAcknowledged { source } => {
            if draft.ticket.state == TicketState::Assigned {
                draft.check_in(Actor::Monitoring(source.clone()));
            }
        }
        Command::AlarmRecovered { source, dedup_key } => {
            if draft.ticket.state.is_open() {
                draft.recover(source, dedup_key);
            }
        }
        Command::CheckIn { by } => draft.check_in_or_acknowledge(by)?,
        Command::StartWork { by } => draft.start_work(by)?,
        Command::Resolve { by } => {
            draft.must_be_open()?;
            draft.resolve(Actor::Person(by.clone()));
        }
        Command::Reopen { by } => draft.reopen(by)?,
        Command::Reassign { by, to } => draft.reassign(by, to)?,
        Command::AddNote { by, text } => {
            if text.trim().is_empty() {
                return Err(Refusal::EmptyNote);
            }
            draft.emit(Event::NoteAdded {
                by: by.clone(),
                text: text.trim().to_owned(),
            });
        }
        Command::Decline { by, reason } => draft.decline(by, reason.as_deref())?,
        Command::SetSeverity { by, to } => draft.set_severity(by, *to)?,
        Command::ExtendLimit { by, length, reason } => draft.extend_limit(by, *length, reason)?,
        Command::Convene { .. } => draft.convene()?,
        Command::MoveConference { bridge } => draft.move_conference(bridge)?,
        Command::JoinConference { by } => draft.join_conference(by)?,
        Command::NameRole { by, person, role } => draft.name_role(by, person, *role)?,
        Command::UpdateStatus { by, text } => draft.update_status(by, text)?,
        Command::AskHelp {
            by,
            target,
            levels,
            message,
        } => draft.ask_help(by, target, levels, message)?,
        Command::Delivery {
            page,
            receipts,
            failures,
        } => draft.delivery(*page, receipts, failures)?,
        Command::ReviewHold => draft.review_hold(),
        Command::DeadlinePassed { generation } => draft.deadline_passed(*generation)?,
    }
    Ok(draft.events)
}

fn open(id: TicketId, alarm: &Alarm, context: &Context<'_>, now: Millis) -> Vec<Event> {
    let owner = context.chain.on_call().clone();
    let opened = Event::Opened {
        id,
        alarm: alarm.clone(),
        owner,
    };
    let Some(ticket) = Ticket::apply(None, &opened, now) else {
        return Vec::new();
    };
    let mut draft = Draft {
        ticket,
        events: vec![opened],
        context,
        now,
    };
    if let Some(labels) = context.group {
        draft.emit(Event::Grouped {
            dedup_key: Group::key(labels),
            labels: labels.clone(),
        });
    }
    draft.begin();
    draft.events
}

fn repeat(ticket: &Ticket, alarm: &Alarm, context: &Context<'_>, now: Millis) -> Vec<Event> {
    let mut draft = Draft::new(ticket, context, now);
    let source = alarm.source.clone();
    let joins = |group: &Group| !group.firing.contains(&alarm.dedup_key);
    draft.emit(if ticket.group.as_ref().is_some_and(joins) {
        Event::AlarmJoined {
            dedup_key: alarm.dedup_key.clone(),
            title: alarm.title.clone(),
            severity: alarm.severity,
            source,
        }
    } else {
        Event::Repeated { source }
    });
    draft.clear_timers(|kind| kind == TimerKind::Settle);
    if alarm.severity.is_worse_than(ticket.severity) {
        draft.raise_severity(alarm.severity, Actor::Monitoring(alarm.source.clone()));
    }
    draft.events
}

/// The text without blanks around it.
fn not_blank(field: &str, text: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(Refusal::Blank {
            field: field.to_owned(),
        }),
        text => Ok(text.to_owned()),
    }
}

/// A ticket being decided on: each event is applied as it is emitted, so the next rule sees it.
struct Draft<'a> {
    ticket: Ticket,
    events: Vec<Event>,
    context: &'a Context<'a>,
    now: Millis,
}

impl<'a> Draft<'a> {
    fn new(ticket: &Ticket, context: &'a Context<'a>, now: Millis) -> Self {
        Self {
            ticket: ticket.clone(),
            events: Vec::new(),
            context,
            now,
        }
    }

    fn emit(&mut self, event: Event) {
        self.ticket.fold(&event, self.now);
        self.events.push(event);
    }

    /// The limits, if tickets of this severity page.
    fn limits(&self) -> Option<&'a Limits> {
        self.context.policy.limits(self.ticket.severity)
    }

    fn must_be_open(&self) -> Result<(), Refusal> {
        match &self.ticket.resolved {
            Some(stamp) => Err(Refusal::AlreadyResolved {
                by: stamp.by.clone(),
                at: stamp.at,
            }),
            None => Ok(()),
        }
    }

    fn must_be_pageable(&self, person: &PersonId) -> Result<(), Refusal> {
        if self.context.pageable.contains(person) {
            Ok(())
        } else {
            Err(Refusal::UnknownPerson {
                person: person.clone(),
            })
        }
    }

    fn check_in_or_acknowledge(&mut self, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_open()?;
        let aside = self
            .ticket
            .pages
            .iter()
            .find(|page| page.person == *by && page.reason.is_aside())
            .map(|page| (page.help, page.reason));
        match aside {
            Some((Some(number), _)) => {
                self.answer_help(number, by, true, None);
                return Ok(());
            }
            Some((None, reason)) => {
                self.acknowledge_aside(by, reason);
                return Ok(());
            }
            None => {}
        }
        if self.ticket.state == TicketState::Assigned {
            self.check_in(Actor::Person(by.clone()));
            return Ok(());
        }
        if self.ticket.pages.iter().any(|page| page.person == *by) {
            self.acknowledge(by);
            return Ok(());
        }
        let (first, at) = match &self.ticket.checked_in {
            Some(stamp) => (stamp.by.clone(), stamp.at),
            None => (
                Actor::Person(self.ticket.owner.clone()),
                self.ticket.state_since,
            ),
        };
        Err(Refusal::AlreadyCheckedIn { by: first, at })
    }

    /// Assigned to Researching: every siren of this ticket falls silent, the next limit runs.
    fn check_in(&mut self, by: Actor) {
        self.emit(Event::CheckedIn { by });
        self.end_hold();
        self.end_pages(|page| page.help.is_none(), PageEnd::CheckedIn);
        let nudge_at = self
            .limits()
            .map(|limits| self.now + limits.researching * NUDGE_PERCENT / 100);
        self.set_deadline(nudge_at, DeadlineKind::Nudge);
        self.watch_newcomer();
    }

    /// An answer to a page on a ticket that is in hand already. The owner's answer silences the
    /// nudge and changes no limit. Anybody else's silences everybody but the owner, and gives the
    /// owner as long as the state's limit to get it moving before the next level hears of it.
    fn acknowledge(&mut self, by: &PersonId) {
        self.emit(Event::Acknowledged { by: by.clone() });
        let owner = self.ticket.owner.clone();
        self.end_pages(
            |page| {
                page.person == *by
                    || (*by != owner && page.person != owner && !page.reason.is_aside())
            },
            PageEnd::CheckedIn,
        );
        let Some(running) = self.ticket.deadline.clone() else {
            return;
        };
        if *by == owner {
            self.set_deadline(Some(running.due), running.kind);
            return;
        }
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let limit = limits.of_state(self.ticket.state).unwrap_or_default();
        let due = (self.now + limit).max(running.due);
        self.renew_pages(due, |_| true);
        self.set_deadline(Some(due), running.kind);
    }

    fn start_work(&mut self, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.ticket.state == TicketState::WorkInProgress {
            let stamp = self.ticket.work_started.as_ref();
            return Err(Refusal::AlreadyStarted {
                by: stamp.map_or_else(
                    || Actor::Person(self.ticket.owner.clone()),
                    |stamp| stamp.by.clone(),
                ),
                at: stamp.map_or(self.ticket.state_since, |stamp| stamp.at),
            });
        }
        if self.ticket.state == TicketState::Assigned {
            self.emit(Event::CheckedIn {
                by: Actor::Person(by.clone()),
            });
        }
        self.emit(Event::WorkStarted { by: by.clone() });
        self.end_hold();
        let called = self.ticket.pages.iter().find(|page| page.person == *by);
        if let Some(number) = called.and_then(|page| page.help) {
            self.answer_help(number, by, true, None);
        }
        self.end_pages(|page| page.person == *by, PageEnd::CheckedIn);
        self.end_pages(|page| page.help.is_none(), PageEnd::Moved);
        let due = self
            .limits()
            .map(|limits| self.now + limits.work_in_progress);
        self.set_deadline(due, DeadlineKind::Escalate);
        self.watch_newcomer();
        Ok(())
    }

    fn resolve(&mut self, by: Actor) {
        self.emit(Event::Resolved { by });
        self.end_pages(|_| true, PageEnd::Resolved);
        self.clear_timers(|_| true);
        self.close_conference();
        self.set_deadline(None, DeadlineKind::Escalate);
    }

    fn reopen(&mut self, by: &PersonId) -> Result<(), Refusal> {
        if self.ticket.state.is_open() {
            return Err(Refusal::NotResolved {
                state: self.ticket.state,
            });
        }
        if let Some(ticket) = self.context.open_twin {
            return Err(Refusal::OpenElsewhere { ticket });
        }
        let owner = self.context.chain.on_call().clone();
        self.emit(Event::Reopened {
            by: by.clone(),
            owner,
        });
        self.hand_over(by, PageReason::Reopened);
        Ok(())
    }

    fn reassign(&mut self, by: &PersonId, to: &PersonId) -> Result<(), Refusal> {
        self.must_be_open()?;
        self.must_be_pageable(to)?;
        let from = self.ticket.owner.clone();
        self.emit(Event::Reassigned {
            by: by.clone(),
            from,
            to: to.clone(),
        });
        self.hand_over(by, PageReason::Reassigned);
        Ok(())
    }

    /// The ticket has a new owner. Whoever gave it to themselves is awake and has checked in by
    /// that; anybody else is paged. Pages of the time before end.
    fn hand_over(&mut self, by: &PersonId, reason: PageReason) {
        let before = self.ticket.pages_issued;
        self.end_hold();
        self.convene_if_worst();
        if self.ticket.owner == *by {
            self.check_in(Actor::Person(by.clone()));
        } else {
            self.page_owner(reason);
            self.end_pages(
                |page| page.id.number <= before && page.help.is_none(),
                PageEnd::Moved,
            );
        }
    }

    fn delivery(
        &mut self,
        page: PageId,
        receipts: &[Receipt],
        failures: &[DeliveryFailure],
    ) -> Result<(), Refusal> {
        let issued = 1..=self.ticket.pages_issued;
        if page.ticket != self.ticket.id || !issued.contains(&page.number) {
            return Err(Refusal::NoSuchPage { page });
        }
        for receipt in receipts {
            self.receipt(page, receipt);
        }
        for failure in failures {
            self.emit(Event::DeliveryFailed {
                page,
                failure: failure.clone(),
            });
        }
        Ok(())
    }

    /// Each rung counts once for each device, and up to *accepted* for each transport.
    fn receipt(&mut self, page: PageId, receipt: &Receipt) {
        let known = self
            .ticket
            .pages
            .iter()
            .filter(|live| live.id == page)
            .any(|live| {
                live.receipts.iter().any(|seen| {
                    seen.device == receipt.device
                        && seen.rung == receipt.rung
                        && (seen.rung > Rung::Accepted || seen.transport == receipt.transport)
                })
            });
        if !known {
            self.emit(Event::PageReceipt {
                page,
                receipt: receipt.clone(),
            });
            self.reach_elsewhere(page, receipt);
        }
    }

    /// A siren that nobody can hear has reached nobody, although its device has received the page: so
    /// those who were paged with it must be reached yet, or the next person is paged.
    fn reach_elsewhere(&mut self, page: PageId, receipt: &Receipt) {
        if receipt.rung != Rung::Sounding || !receipt.is_mute() {
            return;
        }
        let limited = || {
            self.ticket
                .pages
                .iter()
                .filter(|live| !live.reason.is_aside())
        };
        let Some(page) = limited().find(|live| live.id == page) else {
            return;
        };
        let peers = limited().filter(|live| live.role == page.role && live.at == page.at);
        let peers: Vec<&Page> = peers.collect();
        let mut receipts = peers.iter().flat_map(|live| &live.receipts);
        if receipts.any(|it| it.rung >= Rung::Sounding && it.reaches()) {
            return;
        }
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let by = self.now.max(page.at + limits.next_person);
        let people = peers.iter().map(|live| live.person.clone()).collect();
        match &self.ticket.deadline {
            Some(Deadline {
                due,
                kind: DeadlineKind::Escalate,
                reach: None,
                ..
            }) if self.ticket.rounds == 0 && by < *due => {
                let (due, reach) = (*due, Some(Reach { by, people }));
                self.replace_deadline(due, DeadlineKind::Escalate, reach);
            }
            _ => {}
        }
    }

    fn deadline_passed(&mut self, generation: u32) -> Result<(), Refusal> {
        let deadline = match &self.ticket.deadline {
            Some(deadline) if deadline.generation == generation => deadline.clone(),
            _ => {
                let mut timers = self.ticket.timers.iter();
                let timer = timers.find(|timer| timer.generation == generation).copied();
                return self.timer_passed(timer.ok_or(Refusal::StaleDeadline)?);
            }
        };
        if self.now < deadline.fires_at() {
            return Err(Refusal::NotYetDue {
                due: deadline.fires_at(),
            });
        }
        match deadline.kind {
            DeadlineKind::Nudge => self.nudge(),
            DeadlineKind::Escalate if self.now < deadline.due => {
                self.escalate(PageReason::Unreachable);
            }
            DeadlineKind::Escalate => self.escalate(match self.ticket.state {
                TicketState::Assigned => PageReason::CheckInMissed,
                TicketState::Researching => PageReason::ResearchingMissed,
                TicketState::WorkInProgress | TicketState::Resolved => PageReason::WorkMissed,
            }),
        }
        if self.ticket.state == TicketState::WorkInProgress {
            self.expect_status_of_the_overdue();
        }
        Ok(())
    }

    /// Rings the owner again before anybody else. After an outage the rest of the limit still
    /// runs in full from now, so that the owner gets the chance that the nudge stands for.
    fn nudge(&mut self) {
        let limit = self
            .context
            .policy
            .limits_once_paging(self.ticket.severity)
            .researching;
        let rest = limit * (100 - NUDGE_PERCENT) / 100;
        let due = (self.ticket.state_since + limit).max(self.now + rest);
        let owner = self.ticket.owner.clone();
        self.page(&owner, Role::Owner, PageReason::Nudge, due);
        self.renew_pages(due, |page| page.person != owner);
        self.set_deadline_reaching(due, vec![owner]);
    }

    /// Pages the next level. Everybody whose page is unanswered gets a fresh one: sirens keep
    /// ringing, and no page outlives its expiry unanswered.
    fn escalate(&mut self, reason: PageReason) {
        self.escalate_without(None, reason);
    }

    /// The same. Whoever has just said that they cannot is not paged again at once, unless there is
    /// nobody else.
    fn escalate_without(&mut self, declined: Option<&PersonId>, reason: PageReason) {
        let (chain, owner) = (self.context.chain, &self.ticket.owner);
        let left_alone: Vec<PersonId> = declined.into_iter().cloned().collect();
        let next = chain.next_level(owner, &[&self.ticket.asked[..], &left_alone].concat());
        let new_round = next.is_none();
        let again = || chain.next_level(owner, &left_alone);
        let anybody = || chain.next_level(owner, &[]);
        let Some(level) = next.or_else(again).or_else(anybody) else {
            return;
        };
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let due = self.now + limits.of_role(level.role);
        self.emit(Event::Escalated {
            level: self.ticket.level + 1,
            role: level.role,
            people: level.people.clone(),
            reason,
            new_round,
        });
        self.renew_pages(due, |page| !level.people.contains(&page.person));
        for person in &level.people {
            self.page(person, level.role, reason, due);
        }
        self.set_deadline_reaching(due, level.people);
    }

    /// The limit of those who were just paged, and how soon they must be reached. Once the whole
    /// chain was asked, waking the same people faster than the limits say would reach nobody more.
    fn set_deadline_reaching(&mut self, due: Millis, people: Vec<PersonId>) {
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let by = self.now + limits.next_person;
        let reach = (self.ticket.rounds == 0 && by < due).then_some(Reach { by, people });
        self.replace_deadline(due, DeadlineKind::Escalate, reach);
    }

    /// Pages the owner as the first level of the present state, if tickets like this page.
    fn page_owner(&mut self, reason: PageReason) {
        let Some(limits) = self.limits() else {
            self.set_deadline(None, DeadlineKind::Escalate);
            return;
        };
        let Some(limit) = limits.of_state(self.ticket.state) else {
            return;
        };
        let due = self.now + limit;
        let owner = self.ticket.owner.clone();
        self.page(&owner, Role::Owner, reason, due);
        self.set_deadline_reaching(due, vec![owner]);
        self.watch_newcomer();
    }

    /// Unanswered pages that the running limit renews ring on until `due`.
    fn renew_pages(&mut self, due: Millis, which: impl Fn(&Page) -> bool) {
        for page in self.ticket.pages.clone() {
            let is_limited = !page.reason.is_aside() || page.role == Role::Shadow;
            if is_limited && which(&page) {
                self.page(&page.person, page.role, page.reason, due);
            }
        }
    }

    /// A page beside the limits, for somebody whose siren does not sound for this ticket anyway.
    fn page_aside(
        &mut self,
        person: &PersonId,
        role: Role,
        reason: PageReason,
        due: Millis,
        help: Option<u32>,
    ) {
        let rings_anyway = self
            .ticket
            .pages
            .iter()
            .any(|page| page.person == *person && !page.reason.is_aside());
        if !rings_anyway {
            self.issue(person, role, reason, due, help);
        }
    }

    /// A new page for `person`, in the place of one they may have: first the new one, then the
    /// end of the old one, so that no device falls silent in between.
    fn page(&mut self, person: &PersonId, role: Role, reason: PageReason, due: Millis) {
        self.issue(person, role, reason, due, None);
    }

    fn issue(
        &mut self,
        person: &PersonId,
        role: Role,
        reason: PageReason,
        due: Millis,
        help: Option<u32>,
    ) {
        let number = self.ticket.pages_issued + 1;
        self.emit(Event::Paged {
            page: Page {
                id: PageId {
                    ticket: self.ticket.id,
                    number,
                },
                person: person.clone(),
                role,
                reason,
                at: self.now,
                expires_at: due + PAGE_GRACE,
                missed: self.missed(reason),
                help,
                receipts: Vec::new(),
            },
        });
        self.end_pages(
            |page| page.person == *person && page.id.number < number,
            PageEnd::Superseded,
        );
    }

    /// The limit behind a reason, if there is one.
    fn missed(&self, reason: PageReason) -> Option<Missed> {
        matches!(
            reason,
            PageReason::CheckInMissed | PageReason::ResearchingMissed | PageReason::WorkMissed
        )
        .then(|| {
            let limits = self.context.policy.limits_once_paging(self.ticket.severity);
            let limit = limits.of_state(self.ticket.state).unwrap_or_default();
            Missed {
                state: self.ticket.state,
                since: self.ticket.state_since,
                limit: self.ticket.state_since + limit,
            }
        })
    }

    fn end_pages(&mut self, which: impl Fn(&Page) -> bool, why: PageEnd) {
        let ending: Vec<(PageId, PersonId)> = self
            .ticket
            .pages
            .iter()
            .filter(|page| which(page))
            .map(|page| (page.id, page.person.clone()))
            .collect();
        for (page, person) in ending {
            self.emit(Event::PageEnded { page, person, why });
        }
    }

    /// Replaces the running limit; `None` ends it.
    fn set_deadline(&mut self, due: Option<Millis>, kind: DeadlineKind) {
        match due {
            Some(due) => self.replace_deadline(due, kind, None),
            None if self.ticket.deadline.is_some() => self.emit(Event::DeadlineCleared),
            None => {}
        }
    }

    fn replace_deadline(&mut self, due: Millis, kind: DeadlineKind, reach: Option<Reach>) {
        let next = match kind {
            DeadlineKind::Nudge => vec![self.ticket.owner.clone()],
            DeadlineKind::Escalate => self.who_is_next(),
        };
        let generation = self.ticket.generation + 1;
        self.emit(Event::DeadlineSet {
            deadline: Deadline {
                generation,
                due,
                kind,
                next,
                reach,
            },
        });
    }

    fn who_is_next(&self) -> Vec<PersonId> {
        let chain = self.context.chain;
        chain
            .next_level(&self.ticket.owner, &self.ticket.asked)
            .or_else(|| chain.next_level(&self.ticket.owner, &[]))
            .map(|level| level.people)
            .unwrap_or_default()
    }
}
