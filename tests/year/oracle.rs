//! What must be true in the year, checked after every commit against what is on the server's disk.
//!
//! The oracle reads the log as the server wrote it, folds it, and knows from the setup who is on call.
//! The numbers are those of the design's list of invariants. All of them are checked but 11, which is
//! for servers of several nodes; the crashes and clock steps of 5 and 12 are the simulation's, here
//! the server is only restarted and the clocks change twice a year.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use tocsin_directory::Directory;
use tocsin_directory::handoff::Handoff;
use tocsin_pager::engine::{Change, View};
use tocsin_server::engine::AlarmTaken;
use tocsin_server::store::{Reader, SqliteReader, StoredUpdate};
use tocsin_ticket::{
    DeadlineKind, Event, Millis, Page, PageEnd, PageReason, PersonId, Role, Severity, TeamId,
    Ticket, TicketId, TicketState, TimerKind,
};
use tocsin_wire::TicketView;

use crate::plan::Trouble;
use crate::setup::{Setup, StandIn, everything};

/// A limit may be noticed this late.
const LATENESS_MS: i64 = 1_000;

/// What was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    EveryAlarmInOneTicket,
    OneOpenTicket,
    ValidOwner,
    PagesEndWhenAnswered,
    DeadlineInTime,
    NeverEarly,
    NoEscalationAfterCheckIn,
    OneEscalationPerLevel,
    PhoneFollowsLog,
    RowsAreReplay,
    CalendarDecides,
    ExhaustedChainBroadcasts,
    SuppressedAlarmsCounted,
    RingsWhenPaged,
    ReportIsRecount,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EveryAlarmInOneTicket => "1: every 2xx'd alarm is in exactly one ticket",
            Self::OneOpenTicket => "2: at most one open ticket per (service, dedup key)",
            Self::ValidOwner => "3: an open ticket always has one valid owner",
            Self::PagesEndWhenAnswered => {
                "4: a page ends only by an answer, a move, a resolution or supersession"
            }
            Self::DeadlineInTime => "5: a deadline fires by due + 1 s",
            Self::NeverEarly => "6: never early",
            Self::NoEscalationAfterCheckIn => "7: after a check-in that generation never escalates",
            Self::OneEscalationPerLevel => {
                "8: at most one escalation per (ticket, level, generation)"
            }
            Self::PhoneFollowsLog => {
                "9: a phone has what the server's log says, and replay changes nothing"
            }
            Self::RowsAreReplay => "10: replaying events reproduces the rows",
            Self::CalendarDecides => {
                "12: whose a ticket is the calendar says, whatever the clocks do that night"
            }
            Self::ExhaustedChainBroadcasts => "13: an exhausted chain broadcasts",
            Self::SuppressedAlarmsCounted => "14: every suppressed alarm is counted",
            Self::RingsWhenPaged => "a phone rings if and only if its person is paged",
            Self::ReportIsRecount => "the load report is what a recount of the raw log finds",
        })
    }
}

/// A rule that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub rule: Rule,
    pub what: String,
}

/// What a check finds.
pub type Verdict = Result<(), Violation>;

/// Unless it holds, the rule is broken.
macro_rules! ensure {
    ($holds:expr, $rule:expr, $($what:tt)+) => {
        if !$holds {
            return Err(Violation { rule: $rule, what: format!($($what)+) });
        }
    };
}
pub(crate) use ensure;

/// A ticket's past.
struct History {
    ticket: Ticket,
    /// What stands for the ticket as phones see it, at each version.
    views: HashMap<u64, u64>,
    /// Limits that a check-in or another answer ended: generation and due.
    answered: Vec<(u32, Millis)>,
}

/// A commit, as the year saw it.
pub struct Committed<'a> {
    pub disk: &'a SqliteReader,
    pub updates: &'a [StoredUpdate],
    /// What fired in it.
    pub fired: Vec<Trouble>,
    /// The configurations that were in force while it was decided.
    pub setups: &'a [Setup],
    pub swaps: &'a [StandIn],
    pub directory: &'a Directory,
}

/// The oracle.
#[derive(Default)]
pub struct Oracle {
    /// How often each kind of event was seen, and each reason for a page.
    pub seen: BTreeMap<String, u64>,
    tickets: BTreeMap<TicketId, History>,
    entries: u64,
    open: BTreeMap<Trouble, TicketId>,
    /// How often each alarm was taken, and how often tickets count it.
    alarms: BTreeMap<Trouble, (u64, u64)>,
    escalated: BTreeSet<(TicketId, u32, u32)>,
}

#[derive(Deserialize)]
struct Update {
    seq: u64,
    at: Millis,
    events: Vec<Event>,
    ticket: Numbered,
}

#[derive(Deserialize)]
struct Numbered {
    id: TicketId,
}

impl Oracle {
    /// The tickets that are open.
    pub fn open_tickets(&self) -> impl Iterator<Item = &Ticket> {
        let tickets = self.open.values().map(|id| &self.tickets[id].ticket);
        tickets.filter(|ticket| ticket.state.is_open())
    }

    /// A ticket as it stands.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        Some(&self.tickets.get(&id)?.ticket)
    }

    /// When each ticket was opened.
    pub fn opened(&self) -> impl Iterator<Item = i64> {
        let tickets = self.tickets.values();
        tickets.map(|history| history.ticket.opened_at.0)
    }

    /// A transaction is on disk.
    pub fn committed(&mut self, commit: &Committed<'_>) -> Verdict {
        for trouble in &commit.fired {
            self.alarms.entry(trouble.clone()).or_default().0 += 1;
        }
        let rows = commit
            .disk
            .log_after(&everything(), self.entries, usize::MAX >> 1)
            .unwrap();
        let read = |row: &StoredUpdate| -> Update { serde_json::from_str(&row.json).unwrap() };
        let rows: Vec<Update> = rows.iter().map(read).collect();
        // The ticket beside each is as it was then in the one, and as it is now in the other.
        let told = |it: &Update| (it.seq, it.at, it.ticket.id, it.events.clone());
        ensure!(
            rows.iter()
                .map(told)
                .eq(commit.updates.iter().map(|it| told(&read(it)))),
            Rule::RowsAreReplay,
            "the log on disk has other entries than were handed out"
        );
        let mut touched = BTreeSet::new();
        for update in rows {
            touched.insert(update.ticket.id);
            self.take(update, commit)?;
        }
        for id in touched {
            self.check_row(id, commit.disk)?;
        }
        for trouble in &commit.fired {
            let (taken, counted) = self.alarms[trouble];
            ensure!(
                taken == counted,
                Rule::SuppressedAlarmsCounted,
                "{trouble:?} fired {taken} times, tickets count {counted}"
            );
        }
        for ticket in self.open_tickets() {
            check_open(ticket, commit.directory)?;
        }
        Ok(())
    }

    fn take(&mut self, update: Update, commit: &Committed<'_>) -> Verdict {
        let Update {
            seq, at, events, ..
        } = update;
        let id = update.ticket.id;
        self.entries = seq;
        let before = self.tickets.get(&id).map(|history| history.ticket.clone());
        self.check_limits(id, before.as_ref(), &events, at)?;
        self.check_owner(id, before.as_ref(), &events, at, commit)?;
        check_ends(id, &events)?;
        let after = events.iter().fold(before.clone(), |ticket, event| {
            Ticket::apply(ticket, event, at)
        });
        let Some(after) = after else {
            return Err(Violation {
                rule: Rule::RowsAreReplay,
                what: format!("the log of {id} does not begin"),
            });
        };
        for event in &events {
            self.count_event(event);
        }
        let trouble = (after.service.to_string(), after.dedup_key.clone());
        if after.state.is_open() {
            let open = *self.open.entry(trouble.clone()).or_insert(id);
            ensure!(
                open == id,
                Rule::OneOpenTicket,
                "{trouble:?} is open as {open} and {id}"
            );
        } else if self.open.get(&trouble) == Some(&id) {
            self.open.remove(&trouble);
        }
        let counted = &mut self.alarms.entry(trouble).or_default().1;
        *counted += u64::from(before.is_none());
        *counted += u64::from(after.repeats - before.as_ref().map_or(0, |it| it.repeats));
        let answered = events.iter().any(|event| {
            matches!(
                event,
                Event::CheckedIn { .. }
                    | Event::Acknowledged { .. }
                    | Event::WorkStarted { .. }
                    | Event::Resolved { .. }
            )
        });
        let dead = before
            .and_then(|before| before.deadline)
            .filter(|limit| answered && after.deadline.as_ref() != Some(limit));
        let history = self.tickets.entry(id).or_insert_with(|| History {
            ticket: after.clone(),
            views: HashMap::new(),
            answered: Vec::new(),
        });
        let view: TicketView = serde_json::to_value(&after)
            .and_then(serde_json::from_value)
            .unwrap();
        history.views.insert(view.version, stands_for(&view));
        history.ticket = after;
        history
            .answered
            .extend(dead.map(|limit| (limit.generation, limit.due)));
        Ok(())
    }

    fn count_event(&mut self, event: &Event) {
        let json = serde_json::to_value(event).unwrap();
        let kind = json["type"].as_str().unwrap().to_owned();
        *self.seen.entry(kind).or_default() += 1;
        if let Event::Paged { page } = event {
            let reason = serde_json::to_value(page.reason).unwrap();
            let reason = format!("paged: {}", reason.as_str().unwrap());
            *self.seen.entry(reason).or_default() += 1;
        }
        if let Event::Escalated {
            role, new_round, ..
        } = event
        {
            let role = format!("escalated to {role}");
            *self.seen.entry(role).or_default() += 1;
            if *new_round {
                *self.seen.entry("began again".to_owned()).or_default() += 1;
            }
        }
    }

    /// 5, 6, 7, 8, 13: whatever a limit or a timer does, it does when it is due.
    fn check_limits(
        &mut self,
        id: TicketId,
        before: Option<&Ticket>,
        events: &[Event],
        at: Millis,
    ) -> Verdict {
        // A page that renews another keeps its reason, and needs none of its own.
        let renews = |page: &Page| {
            events.iter().any(|event| {
                matches!(event, Event::PageEnded { person, why: PageEnd::Superseded, .. }
                    if *person == page.person)
            })
        };
        for event in events {
            let (kind, level) = match event {
                Event::Escalated {
                    reason: PageReason::Declined,
                    ..
                } => continue,
                Event::Escalated {
                    reason: PageReason::NewcomerLate,
                    ..
                } => {
                    check_timer(id, before, |it| it == TimerKind::Mentor, at)?;
                    continue;
                }
                Event::Escalated { level, .. } => (DeadlineKind::Escalate, *level),
                Event::Paged { page } if renews(page) => continue,
                Event::Paged { page } => match page.reason {
                    PageReason::Nudge => (DeadlineKind::Nudge, 0),
                    PageReason::StatusUpdateDue => {
                        check_timer(id, before, |it| it == TimerKind::StatusUpdate, at)?;
                        continue;
                    }
                    _ => continue,
                },
                Event::HelpPassedOn { number, .. } | Event::HelpExhausted { number } => {
                    let answered = events
                        .iter()
                        .any(|it| matches!(it, Event::HelpAnswered { comes: false, .. }));
                    let number = *number;
                    if !answered
                        && before
                            .is_some_and(|it| it.helps.iter().any(|help| help.number == number))
                    {
                        check_timer(id, before, |it| it == TimerKind::Help { number }, at)?;
                    }
                    continue;
                }
                _ => continue,
            };
            let before = before.expect("a ticket that has a limit");
            let running = before.deadline.as_ref();
            let running = running.filter(|it| it.fires_at() <= at && it.kind == kind);
            let Some(running) = running else {
                let dead = &self.tickets[&id].answered;
                return Err(match dead.iter().find(|(_, due)| *due <= at) {
                    Some((generation, _)) => Violation {
                        rule: Rule::NoEscalationAfterCheckIn,
                        what: format!("{id}: generation {generation} was answered, fired at {at}"),
                    },
                    None => Violation {
                        rule: Rule::NeverEarly,
                        what: format!("{id}: fired at {at}, running is {:?}", before.deadline),
                    },
                });
            };
            let late_ms = at.0 - running.fires_at().0;
            ensure!(
                late_ms <= LATENESS_MS,
                Rule::DeadlineInTime,
                "{id}: fired {late_ms} ms late"
            );
            ensure!(
                self.escalated.insert((id, level, running.generation)),
                Rule::OneEscalationPerLevel,
                "{id}: generation {} escalated to level {level} twice",
                running.generation
            );
        }
        for event in events {
            if let (Some(before), Event::Escalated { .. }) = (before, event) {
                check_chain(id, before, event)?;
            }
        }
        Ok(())
    }

    /// 12: a ticket belongs to whoever the calendar says.
    fn check_owner(
        &self,
        id: TicketId,
        before: Option<&Ticket>,
        events: &[Event],
        at: Millis,
        commit: &Committed<'_>,
    ) -> Verdict {
        for event in events {
            let (owner, team): (&PersonId, &TeamId) = match (event, before) {
                (Event::Opened { owner, alarm, .. }, _) => (owner, &alarm.team),
                (Event::Reopened { owner, .. }, Some(before))
                | (Event::HoldEnded { owner: Some(owner) }, Some(before)) => (owner, &before.team),
                _ => continue,
            };
            let mut expected = commit
                .setups
                .iter()
                .map(|setup| setup.on_call(team, commit.swaps, at));
            // Until the next person's phone has proved that it can ring, whoever had the pager stays.
            let newest = commit.disk.handoffs().unwrap().into_iter();
            let newest = newest.map(|stored| stored.handoff);
            let waits = |handoff: &Handoff| handoff.done.as_ref().is_none_or(|done| done.at >= at);
            let mut stays = newest.filter(|handoff| handoff.team == *team && waits(handoff));
            ensure!(
                expected.clone().any(|people| people.contains(owner))
                    || stays.any(|handoff| handoff.from == *owner),
                Rule::CalendarDecides,
                "{id} went to {owner} at {at}, on call was {:?}",
                expected.next()
            );
        }
        Ok(())
    }

    /// 10: the row is what the log makes it.
    fn check_row(&self, id: TicketId, disk: &SqliteReader) -> Verdict {
        let row = disk.ticket(&everything(), id).unwrap().unwrap_or_default();
        let replayed = serde_json::to_string(&self.tickets[&id].ticket).unwrap();
        ensure!(
            row == replayed,
            Rule::RowsAreReplay,
            "{id}: the row is\n    {row}\n  and the log makes it\n    {replayed}"
        );
        Ok(())
    }

    /// 1: monitoring was told that its alarm is safe.
    pub fn alarm_answered(&self, taken: &[AlarmTaken], fired: bool, trouble: &Trouble) -> Verdict {
        for taken in taken {
            let ticket = taken.ticket.and_then(|id| self.ticket(id));
            let is_about =
                |it: &Ticket| it.service.as_str() == trouble.0 && it.dedup_key == trouble.1;
            ensure!(
                ticket.map_or(!fired, is_about),
                Rule::EveryAlarmInOneTicket,
                "{trouble:?} is said to be in {:?}, which is not about it",
                taken.ticket
            );
        }
        Ok(())
    }

    /// 9: what a phone takes in is what the server said.
    pub fn stored(&self, changes: &[Change]) -> Verdict {
        for change in changes {
            if let Change::PutTicket(ticket) = change
                && !ticket.partial
            {
                let history = self.tickets.get(&ticket.id);
                let truth = history.and_then(|it| it.views.get(&ticket.version));
                ensure!(
                    truth == Some(&stands_for(ticket)),
                    Rule::PhoneFollowsLog,
                    "a phone has {} at version {} other than the server ever had",
                    ticket.id,
                    ticket.version
                );
            }
        }
        Ok(())
    }

    /// A phone that hears the server rings for its person's pages and for nothing else.
    pub fn check_siren(&self, view: &View, siren_on: bool, at: Millis) -> Verdict {
        let person = &view.me.id;
        let mine = |page: &&Page| page.person == *person && at < page.expires_at;
        let wanted = self
            .open_tickets()
            .find_map(|ticket| ticket.pages.iter().find(mine));
        match wanted {
            Some(page) => ensure!(
                siren_on,
                Rule::RingsWhenPaged,
                "{person}'s phone is silent, page {} is not answered",
                page.id
            ),
            None => ensure!(
                !siren_on,
                Rule::RingsWhenPaged,
                "{person}'s phone rings for nothing"
            ),
        }
        Ok(())
    }

    /// At the end a phone shows every open ticket that its person may see, as it is.
    pub fn check_converged(&self, view: &View, visible: &[TeamId]) -> Verdict {
        let open: BTreeMap<TicketId, u64> = self
            .open_tickets()
            .filter(|ticket| visible.contains(&ticket.team))
            .map(|ticket| (ticket.id, ticket.version))
            .collect();
        let shown: BTreeMap<TicketId, u64> = view
            .tickets
            .iter()
            .filter(|item| item.ticket.is_open() && visible.contains(&item.ticket.team))
            .map(|item| (item.ticket.id, item.ticket.version))
            .collect();
        ensure!(
            open == shown && view.taps.is_empty(),
            Rule::PhoneFollowsLog,
            "{}'s phone shows the open tickets {shown:?}, the server has {open:?}; {} taps wait",
            view.me.id,
            view.taps.len()
        );
        Ok(())
    }
}

fn stands_for(view: &TicketView) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(view).unwrap().hash(&mut hasher);
    hasher.finish()
}

/// 5 and 6, of what runs beside the limits.
fn check_timer(
    id: TicketId,
    before: Option<&Ticket>,
    which: impl Fn(TimerKind) -> bool,
    at: Millis,
) -> Verdict {
    let timers = before.into_iter().flat_map(|ticket| &ticket.timers);
    let due = timers
        .filter(|timer| which(timer.kind) && timer.due <= at)
        .map(|timer| timer.due)
        .min();
    let Some(due) = due else {
        return Err(Violation {
            rule: Rule::NeverEarly,
            what: format!("{id}: a timer went off at {at} that did not run or was not due"),
        });
    };
    ensure!(
        at.0 - due.0 <= LATENESS_MS,
        Rule::DeadlineInTime,
        "{id}: a timer went off {} ms late",
        at.0 - due.0
    );
    Ok(())
}

/// 13: before a chain begins again, and when it asks the whole team, everybody has been asked.
fn check_chain(id: TicketId, before: &Ticket, event: &Event) -> Verdict {
    let Event::Escalated {
        people,
        role,
        new_round,
        ..
    } = event
    else {
        return Ok(());
    };
    ensure!(
        !people.is_empty(),
        Rule::ExhaustedChainBroadcasts,
        "{id}: nobody was asked"
    );
    let everybody = Setup::everybody(&before.team);
    let asked = |also: &[PersonId]| {
        everybody
            .iter()
            .all(|person| before.asked.contains(person) || also.contains(person))
    };
    ensure!(
        !new_round || asked(&[]),
        Rule::ExhaustedChainBroadcasts,
        "{id}: began again although only {:?} were asked",
        before.asked
    );
    ensure!(
        *role != Role::Team || asked(people),
        Rule::ExhaustedChainBroadcasts,
        "{id}: the whole team was to be asked, but was only {people:?}"
    );
    Ok(())
}

/// 3 and 4, of an open ticket as it stands.
fn check_open(ticket: &Ticket, directory: &Directory) -> Verdict {
    let id = ticket.id;
    // Whoever was asked for help from elsewhere may take it over.
    let helps = ticket.helps.iter();
    let helpers = helps.flat_map(|help| help.answers.iter().map(|answer| &answer.person));
    ensure!(
        directory.pageable(&ticket.team).contains(&ticket.owner)
            || helpers.into_iter().any(|helper| *helper == ticket.owner),
        Rule::ValidOwner,
        "{id} belongs to {}, who cannot be paged for {}",
        ticket.owner,
        ticket.team
    );
    let pages = matches!(ticket.severity, Severity::Sev1 | Severity::Sev2);
    ensure!(
        !pages || ticket.next_due().is_some(),
        Rule::ExhaustedChainBroadcasts,
        "{id} is open and nothing will ever happen"
    );
    let waits = ticket.hold.is_some();
    ensure!(
        !(pages && ticket.state == TicketState::Assigned && ticket.pages.is_empty()) || waits,
        Rule::PagesEndWhenAnswered,
        "{id} is assigned to {}, nobody has checked in and nobody is paged",
        ticket.owner
    );
    for page in &ticket.pages {
        let limit = ticket.deadline.as_ref().map(|limit| limit.due);
        let timers = ticket.timers.iter().map(|timer| timer.due);
        let beside = timers.filter(|_| page.reason.is_aside());
        ensure!(
            limit
                .into_iter()
                .chain(beside)
                .any(|due| page.expires_at > due),
            Rule::PagesEndWhenAnswered,
            "page {} ends at {} without anything that renews it",
            page.id,
            page.expires_at
        );
    }
    Ok(())
}

/// 4: every end of a page has its reason beside it.
fn check_ends(id: TicketId, events: &[Event]) -> Verdict {
    for event in events {
        let Event::PageEnded { page, person, why } = event else {
            continue;
        };
        let has_reason = events.iter().any(|event| match (why, event) {
            (
                PageEnd::CheckedIn,
                Event::CheckedIn { .. }
                | Event::Acknowledged { .. }
                | Event::WorkStarted { .. }
                | Event::HelpAnswered { comes: true, .. },
            )
            | (
                PageEnd::Moved,
                Event::WorkStarted { .. }
                | Event::Reassigned { .. }
                | Event::Reopened { .. }
                | Event::SeverityChanged { .. },
            )
            | (PageEnd::Resolved, Event::Resolved { .. })
            | (
                PageEnd::Answered,
                Event::StatusUpdated { .. }
                | Event::HelpAnswered { .. }
                | Event::HelpPassedOn { .. }
                | Event::HelpExhausted { .. }
                | Event::LimitExtended { .. }
                | Event::ConferenceClosed
                | Event::TimerSet { .. },
            ) => true,
            (PageEnd::Declined, Event::Declined { by, .. })
            | (
                PageEnd::Declined,
                Event::HelpAnswered {
                    by, comes: false, ..
                },
            ) => by == person,
            (PageEnd::Superseded, Event::Paged { page: newer }) => {
                newer.person == *person && newer.id.number > page.number
            }
            _ => false,
        });
        ensure!(
            has_reason,
            Rule::PagesEndWhenAnswered,
            "{id}: page {page} ended as {why:?} without a reason: {events:?}"
        );
    }
    Ok(())
}
