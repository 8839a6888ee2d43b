//! What must be true, checked after every step against what is on the server's disk.
//!
//! The oracle reads the log as the server wrote it, folds it, and keeps every state that every
//! ticket was ever in. From that it knows what each phone may show and what each person must hear.
//! The numbers are those of the design's list of invariants; 11 is for servers of several nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tocsin_directory::Directory;
use tocsin_pager::engine::{Change, NoticeKind, View};
use tocsin_server::engine::AlarmTaken;
use tocsin_server::store::guests::Sees;
use tocsin_server::store::{Reader, SqliteReader, StoredUpdate};
use tocsin_ticket::{
    DeadlineKind, Event, Millis, PageEnd, PageId, PageReason, PersonId, Role, Severity, Ticket,
    TicketId, TicketState, TimerKind,
};
use tocsin_wire::{Action, CommandId, Cursor, Entry, Known, TicketView};

use crate::setup::{MANAGERS, Setup, teams};

/// A page must ring on a phone that has had a working network for this long: a silent stream is
/// noticed after 40 s, the longest pause between attempts is 30 s, and a lost request costs 15 s.
const REACHED_WITHIN_MS: i64 = 90_000;

/// How far a phone may be wrong about the time without knowing it, and a little more.
const CLOCK_TOLERANCE_MS: i64 = 15_000;

/// A deadline may be this late.
const LATENESS_MS: i64 = 1000;

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
    ClocksChangeNothing,
    ExhaustedChainBroadcasts,
    SuppressedAlarmsCounted,
    PageRings,
    NobodyWokenForNothing,
    NextChannelInTime,
    DeclinedIsLeftAlone,
    AsidePagesNeverEscalate,
    StatusIsAskedFor,
    TapsCountOnce,
    AllConverge,
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
            Self::DeadlineInTime => "5: a deadline fires by due + 1 s, or restart + 1 s",
            Self::NeverEarly => "6: never early",
            Self::NoEscalationAfterCheckIn => "7: after a check-in that generation never escalates",
            Self::OneEscalationPerLevel => {
                "8: at most one escalation per (ticket, level, generation)"
            }
            Self::PhoneFollowsLog => {
                "9: a phone's log is a prefix of the server's, and replay changes nothing"
            }
            Self::RowsAreReplay => "10: replaying events reproduces the rows",
            Self::ClocksChangeNothing => "12: clock steps and DST neither add nor remove a page",
            Self::ExhaustedChainBroadcasts => "13: an exhausted chain broadcasts",
            Self::SuppressedAlarmsCounted => "14: every suppressed alarm is counted",
            Self::PageRings => "a phone with a live page that nobody answered rings",
            Self::NobodyWokenForNothing => "a phone without such a page is silent",
            Self::NextChannelInTime => {
                "a page that nobody received goes by the next channel within a second of the limit"
            }
            Self::DeclinedIsLeftAlone => "whoever declines is not paged again at once",
            Self::AsidePagesNeverEscalate => {
                "a page beside the limits, answered or not, never escalates the ticket"
            }
            Self::StatusIsAskedFor => {
                "a status update that is due pages the commander, a missed one the manager"
            }
            Self::TapsCountOnce => "each tap is applied exactly once",
            Self::AllConverge => "once the network heals, all phones agree with the server",
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

fn broken(rule: Rule, what: impl Into<String>) -> Verdict {
    Err(Violation {
        rule,
        what: what.into(),
    })
}

/// Unless it holds, the rule is broken.
macro_rules! ensure {
    ($holds:expr, $rule:expr, $($what:tt)+) => {
        if !$holds {
            return broken($rule, format!($($what)+));
        }
    };
}

/// A ticket's past.
#[derive(Debug)]
struct History {
    ticket: Ticket,
    /// After each entry.
    versions: Vec<Version>,
    /// Deadlines that a check-in or another answer ended: generation and due.
    answered: Vec<(u32, Millis)>,
}

#[derive(Debug)]
struct Version {
    seq: u64,
    view: Arc<TicketView>,
}

impl History {
    /// The ticket as it stood after the entry `seq` of the log.
    fn at(&self, seq: u64) -> Option<&TicketView> {
        let count = self.versions.partition_point(|version| version.seq <= seq);
        Some(&*self.versions[..count].last()?.view)
    }

    fn with_version(&self, version: u64) -> Option<&TicketView> {
        let place = self
            .versions
            .binary_search_by_key(&version, |it| it.view.version);
        Some(&*self.versions[place.ok()?].view)
    }
}

/// One phone as its store should have it.
#[derive(Debug, Default)]
struct Mirror {
    /// At which version, and whether it is whole.
    held: BTreeMap<TicketId, (u64, bool)>,
    entries: BTreeSet<(TicketId, u64)>,
    /// From the snapshot that it began with, every entry up to here is on the phone.
    entries_through: u64,
    /// A snapshot has begun and not ended.
    in_snapshot: bool,
    /// Taps on disk without an answer.
    outbox: BTreeSet<CommandId>,
}

macro_rules! tally {
    ($($count:ident),+ $(,)?) => {
        /// What happened in a run, so that many runs can show that they met everything.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct Tally {
            $(pub $count: u64,)+
        }

        impl Tally {
            pub fn plus(self, other: &Self) -> Self {
                Self { $($count: self.$count + other.$count,)+ }
            }

            /// What never happened.
            pub fn missing(&self) -> Vec<&'static str> {
                [$((stringify!($count), self.$count),)+]
                    .into_iter()
                    .filter(|(_, count)| *count == 0)
                    .map(|(name, _)| name)
                    .collect()
            }
        }
    };
}

tally! {
    steps,
    pages,
    check_ins,
    escalations,
    nudges,
    rounds,
    handoffs,
    orphans,
    severity_raised,
    severity_lowered,
    declined,
    extended,
    conferences,
    joined,
    roles_named,
    status_updates,
    status_due,
    status_missed,
    conferences_closed,
    calls_for_help,
    helpers_come,
    helpers_cannot,
    calls_passed_on,
    calls_exhausted,
    reopened,
    suppressed,
    server_crashes,
    crashes_before_answers,
    failed_commits,
    phone_crashes,
    snapshots,
    refused_taps,
    taps_answered_twice,
    late_pushes,
    clock_steps,
}

/// A commit, as the world saw it.
pub struct Committed<'a> {
    pub disk: &'a SqliteReader,
    pub updates: &'a [StoredUpdate],
    /// Alarms in it, by their serial number and what they are about.
    pub fired: Vec<(u64, Trouble)>,
    /// Serial numbers of its other signals.
    pub signals: Vec<u64>,
    /// Taps in it and why they were refused.
    pub taps: Vec<(CommandId, Option<String>)>,
    /// The configurations that were in force while it was decided.
    pub setups: &'a [Setup],
    pub directory: &'a Directory,
    pub world_ms: i64,
}

/// A step of a phone, as the world saw it.
pub struct Step<'a> {
    pub phone: usize,
    /// What the engine wanted stored.
    pub changes: &'a [Change],
    /// It was told that it has the whole snapshot.
    pub snapshot_ended: bool,
    /// What the phone shows afterwards.
    pub view: &'a View,
    pub siren_on: bool,
    /// The phone's clock.
    pub now: Millis,
    /// Who may see what, while the server is up.
    pub directory: Option<&'a Directory>,
}

/// What an alarm is about: service and dedup key.
pub type Trouble = (String, String);

/// The oracle.
pub struct Oracle {
    pub tally: Tally,
    /// Since when nothing has kept the server from firing deadlines in time.
    pub undisturbed_since_ms: i64,
    /// Since when nothing has kept each phone from hearing the server.
    pub calm_since_ms: Vec<i64>,
    /// When which level was paged, by the server's clock.
    pub escalations: Vec<(Millis, u32)>,
    handoff: Millis,
    /// Every configuration that was ever in force: whoever had a turn by one may still hold the
    /// pager.
    setups: Vec<Setup>,
    tickets: BTreeMap<TicketId, History>,
    log: Vec<(TicketId, Entry)>,
    open: BTreeMap<Trouble, TicketId>,
    /// How often each alarm was committed, and how often tickets count it.
    alarms: BTreeMap<Trouble, (u64, u64)>,
    committed: BTreeSet<u64>,
    escalated: BTreeSet<(TicketId, u32, u32)>,
    answers: BTreeMap<CommandId, Option<String>>,
    stored_taps: BTreeSet<CommandId>,
    texts_written: BTreeMap<String, u32>,
    texts_tapped: BTreeMap<CommandId, String>,
    mirrors: Vec<Mirror>,
}

impl Oracle {
    pub fn new(phones: usize, handoff: Millis, world_ms: i64) -> Self {
        Self {
            tally: Tally::default(),
            undisturbed_since_ms: world_ms,
            calm_since_ms: vec![world_ms; phones],
            escalations: Vec::new(),
            handoff,
            setups: Vec::new(),
            tickets: BTreeMap::new(),
            log: Vec::new(),
            open: BTreeMap::new(),
            alarms: BTreeMap::new(),
            committed: BTreeSet::new(),
            escalated: BTreeSet::new(),
            answers: BTreeMap::new(),
            stored_taps: BTreeSet::new(),
            texts_written: BTreeMap::new(),
            texts_tapped: BTreeMap::new(),
            mirrors: (0..phones).map(|_| Mirror::default()).collect(),
        }
    }

    /// Something kept the phone from hearing the server until now.
    pub fn disturb(&mut self, phone: usize, world_ms: i64) {
        self.calm_since_ms[phone] = self.calm_since_ms[phone].max(world_ms);
    }

    /// Something kept everybody from everybody.
    pub fn disturb_all(&mut self, world_ms: i64) {
        self.undisturbed_since_ms = self.undisturbed_since_ms.max(world_ms);
        for phone in 0..self.calm_since_ms.len() {
            self.disturb(phone, world_ms);
        }
    }

    /// The last entry of the log.
    pub fn last_seq(&self) -> u64 {
        self.log.len() as u64
    }

    /// A transaction is on disk.
    pub fn committed(&mut self, commit: &Committed<'_>) -> Verdict {
        let taps = commit.taps.iter();
        for (id, refusal) in taps {
            match self.answers.get(id) {
                None => {
                    self.tally.refused_taps += u64::from(refusal.is_some());
                    self.answers.insert(id.clone(), refusal.clone());
                }
                Some(first) => {
                    self.tally.taps_answered_twice += 1;
                    ensure!(
                        first == refusal,
                        Rule::TapsCountOnce,
                        "tap {id} was answered {first:?} and then {refusal:?}"
                    );
                }
            }
        }
        for setup in commit.setups {
            if !self.setups.contains(setup) {
                self.setups.push(setup.clone());
            }
        }
        for (serial, trouble) in &commit.fired {
            self.committed.insert(*serial);
            self.alarms.entry(trouble.clone()).or_default().0 += 1;
        }
        self.committed.extend(&commit.signals);
        let entries = commit
            .disk
            .log_after(
                &Sees::from(teams().as_slice()),
                self.last_seq(),
                usize::MAX >> 1,
            )
            .unwrap();
        ensure!(
            entries
                .iter()
                .map(|entry| entry.seq)
                .eq(commit.updates.iter().map(|update| update.seq)),
            Rule::RowsAreReplay,
            "the log on disk has other entries than were handed out"
        );
        for update in commit.updates {
            self.take_entry(update, commit)?;
        }
        let touched: BTreeSet<TicketId> = self.log[self.log.len() - commit.updates.len()..]
            .iter()
            .map(|(id, _)| *id)
            .collect();
        for id in &touched {
            self.check_row(*id, commit.disk)?;
        }
        for (trouble, (committed, counted)) in &self.alarms {
            ensure!(
                committed == counted,
                Rule::SuppressedAlarmsCounted,
                "{trouble:?} fired {committed} times, tickets count {counted}"
            );
        }
        for (id, history) in &self.tickets {
            check_ticket(*id, &history.ticket, commit.directory)?;
        }
        Ok(())
    }

    fn take_entry(&mut self, update: &StoredUpdate, commit: &Committed<'_>) -> Verdict {
        let entry: Entry = serde_json::from_str(&update.json).unwrap();
        let at = entry.at;
        let events: Vec<Event> = entry
            .events
            .iter()
            .map(|event| event.get().cloned().expect("an event of this version"))
            .collect();
        let id = ticket_of(&update.json);
        let before = self.tickets.get(&id).map(|history| history.ticket.clone());
        self.check_deadline(id, before.as_ref(), &events, at, commit)?;
        self.check_owner(id, &events, at)?;
        check_ends(id, &events)?;
        if let Some(before) = &before {
            self.check_timer(before, &events, at, commit)?;
            check_beside_the_limits(before, &events)?;
        }
        let mut ticket = before.clone();
        for event in &events {
            ticket = Ticket::apply(ticket, event, at);
        }
        let Some(ticket) = ticket else {
            return broken(
                Rule::RowsAreReplay,
                format!("the log of {id} does not begin"),
            );
        };
        self.count(&events, before.as_ref(), &ticket);
        let trouble = (ticket.service.to_string(), ticket.dedup_key.clone());
        if ticket.state.is_open() {
            let open = self.open.insert(trouble.clone(), id).unwrap_or(id);
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
        *counted += u64::from(ticket.repeats - before.as_ref().map_or(0, |before| before.repeats));

        let view = serde_json::to_value(&ticket)
            .and_then(serde_json::from_value)
            .unwrap();
        let version = Version {
            seq: entry.seq,
            view: Arc::new(view),
        };
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
            .filter(|_| answered);
        let history = self.tickets.entry(id).or_insert_with(|| History {
            ticket: ticket.clone(),
            versions: Vec::new(),
            answered: Vec::new(),
        });
        history.ticket = ticket;
        history.versions.push(version);
        history
            .answered
            .extend(dead.map(|deadline| (deadline.generation, deadline.due)));
        self.log.push((id, entry));
        Ok(())
    }

    /// 5, 6, 7, 8, 13: whatever a deadline does, it does when it is due.
    fn check_deadline(
        &mut self,
        id: TicketId,
        before: Option<&Ticket>,
        events: &[Event],
        at: Millis,
        commit: &Committed<'_>,
    ) -> Verdict {
        let (kind, level) = match events.first() {
            Some(Event::Escalated { level, .. }) => (DeadlineKind::Escalate, *level),
            Some(Event::Paged { page }) if page.reason == PageReason::Nudge => {
                (DeadlineKind::Nudge, 0)
            }
            _ => return Ok(()),
        };
        let before = before.expect("a ticket that has a deadline");
        let running = before
            .deadline
            .as_ref()
            .filter(|it| it.fires_at() <= at && it.kind == kind);
        let Some(running) = running else {
            let dead = self.tickets[&id]
                .answered
                .iter()
                .find(|(_, due)| *due <= at);
            return match dead {
                Some((generation, _)) => broken(
                    Rule::NoEscalationAfterCheckIn,
                    format!("{id}: generation {generation} was answered and fired at {at}"),
                ),
                None => broken(
                    Rule::NeverEarly,
                    format!("{id}: fired at {at}, running is {:?}", before.deadline),
                ),
            };
        };
        let late_ms = at.0 - running.fires_at().0;
        let undisturbed_ms = commit.world_ms - self.undisturbed_since_ms;
        ensure!(
            late_ms.min(undisturbed_ms) <= LATENESS_MS,
            Rule::DeadlineInTime,
            "{id}: fired {late_ms} ms late, {undisturbed_ms} ms after the last disturbance"
        );
        ensure!(
            self.escalated.insert((id, level, running.generation)),
            Rule::OneEscalationPerLevel,
            "{id}: generation {} escalated to level {level} twice",
            running.generation
        );
        if level > 0 {
            self.escalations.push((at, level));
        }
        for event in events {
            if let Event::Escalated {
                new_round,
                people,
                role,
                ..
            } = event
            {
                ensure!(
                    !people.is_empty(),
                    Rule::ExhaustedChainBroadcasts,
                    "{id}: nobody was asked"
                );
                let asked = |setup: &Setup, also: &[PersonId]| {
                    let everybody = setup.everybody(&before.team);
                    everybody
                        .iter()
                        .all(|person| before.asked.contains(person) || also.contains(person))
                };
                if *new_round {
                    ensure!(
                        commit.setups.iter().any(|setup| asked(setup, &[])),
                        Rule::ExhaustedChainBroadcasts,
                        "{id}: began again although only {:?} were asked",
                        before.asked
                    );
                }
                if *role == Role::Team {
                    ensure!(
                        commit.setups.iter().any(|setup| asked(setup, people)),
                        Rule::ExhaustedChainBroadcasts,
                        "{id}: the whole team was to be asked, but was only {people:?}"
                    );
                }
            }
        }
        Ok(())
    }

    /// 5, 6: a timer beside the limits goes off when it is due, and asks whom it must.
    fn check_timer(
        &self,
        before: &Ticket,
        events: &[Event],
        at: Millis,
        commit: &Committed<'_>,
    ) -> Verdict {
        let Some(Event::TimerCleared { generation }) = events.first() else {
            return Ok(());
        };
        let id = before.id;
        let mut timers = before.timers.iter();
        let timer = timers.find(|timer| timer.generation == *generation);
        let Some(timer) = timer.filter(|timer| timer.due <= at) else {
            return broken(
                Rule::NeverEarly,
                format!(
                    "{id}: timer {generation} went off at {at}, running are {:?}",
                    before.timers
                ),
            );
        };
        let late_ms = at.0 - timer.due.0;
        let undisturbed_ms = commit.world_ms - self.undisturbed_since_ms;
        ensure!(
            late_ms.min(undisturbed_ms) <= LATENESS_MS,
            Rule::DeadlineInTime,
            "{id}: {:?} went off {late_ms} ms late, {undisturbed_ms} ms after the last disturbance",
            timer.kind
        );
        ensure!(
            !events
                .iter()
                .any(|it| matches!(it, Event::Escalated { .. })),
            Rule::AsidePagesNeverEscalate,
            "{id}: {:?} escalated the ticket",
            timer.kind
        );
        let manager = PersonId::from(MANAGERS[0]);
        let (person, reason) = match timer.kind {
            TimerKind::StatusUpdate => (before.commander(), PageReason::StatusUpdateDue),
            TimerKind::StatusUpdateMissed => (&manager, PageReason::StatusUpdateMissed),
            _ => return Ok(()),
        };
        let rings = before
            .pages
            .iter()
            .any(|page| page.person == *person && !page.reason.is_aside());
        let asked = events.iter().any(|event| {
            matches!(event, Event::Paged { page } if page.person == *person && page.reason == reason)
        });
        ensure!(
            rings || asked,
            Rule::StatusIsAskedFor,
            "{id}: {:?} went off and {person} was not paged",
            timer.kind
        );
        Ok(())
    }

    /// 12: a ticket belongs to whoever the calendar says, whatever the clocks do that night.
    fn check_owner(&mut self, id: TicketId, events: &[Event], at: Millis) -> Verdict {
        for event in events {
            let (owner, team) = match event {
                Event::Opened { owner, alarm, .. } => (owner, alarm.team.clone()),
                Event::Reopened { owner, .. } => (owner, self.tickets[&id].ticket.team.clone()),
                _ => continue,
            };
            self.tally.handoffs += u64::from(at >= self.handoff);
            let setups = self.setups.iter();
            let holders: Vec<PersonId> =
                setups.flat_map(|setup| setup.holders(&team, at)).collect();
            ensure!(
                holders.contains(owner),
                Rule::ClocksChangeNothing,
                "{id} went to {owner} at {at}, the pager was with one of {holders:?}"
            );
        }
        Ok(())
    }

    fn count(&mut self, events: &[Event], before: Option<&Ticket>, after: &Ticket) {
        let tally = &mut self.tally;
        for event in events {
            match event {
                Event::Paged { page } => {
                    tally.pages += 1;
                    tally.nudges += u64::from(page.reason == PageReason::Nudge);
                    tally.status_due += u64::from(page.reason == PageReason::StatusUpdateDue);
                    tally.status_missed += u64::from(page.reason == PageReason::StatusUpdateMissed);
                }
                Event::CheckedIn { .. } => tally.check_ins += 1,
                Event::Escalated { new_round, .. } => {
                    tally.escalations += 1;
                    tally.rounds += u64::from(*new_round);
                }
                Event::SeverityChanged { from, to, .. } if to.is_worse_than(*from) => {
                    tally.severity_raised += 1;
                }
                Event::SeverityChanged { .. } => tally.severity_lowered += 1,
                Event::Declined { .. } => tally.declined += 1,
                Event::LimitExtended { .. } => tally.extended += 1,
                Event::ConferenceConvened { .. } => tally.conferences += 1,
                Event::ConferenceJoined { .. } => tally.joined += 1,
                Event::ConferenceClosed => tally.conferences_closed += 1,
                Event::RoleNamed { .. } => tally.roles_named += 1,
                Event::StatusUpdated { .. } => tally.status_updates += 1,
                Event::HelpAsked { .. } => tally.calls_for_help += 1,
                Event::HelpAnswered { comes: true, .. } => tally.helpers_come += 1,
                Event::HelpAnswered { comes: false, .. } => tally.helpers_cannot += 1,
                Event::HelpPassedOn { .. } => tally.calls_passed_on += 1,
                Event::HelpExhausted { .. } => tally.calls_exhausted += 1,
                Event::Reopened { .. } => tally.reopened += 1,
                Event::Repeated { .. } => tally.suppressed += 1,
                Event::Reassigned { by, .. } => {
                    tally.orphans += u64::from(by.as_str() == "administrator");
                }
                _ => {}
            }
            if let Some(text) = written(event) {
                *self.texts_written.entry(text.to_owned()).or_default() += 1;
            }
        }
        debug_assert!(before.is_none_or(|before| before.version < after.version));
    }

    /// 10: the row is what the log makes it.
    fn check_row(&self, id: TicketId, disk: &SqliteReader) -> Verdict {
        let row = disk
            .ticket(&Sees::from(teams().as_slice()), id)
            .unwrap()
            .unwrap_or_default();
        let replayed = serde_json::to_string(&self.tickets[&id].ticket).unwrap();
        ensure!(
            row == replayed,
            Rule::RowsAreReplay,
            "{id}: the row is\n    {row}\n  and the log makes it\n    {replayed}"
        );
        Ok(())
    }

    /// 5: no deadline waits although the server is up.
    pub fn check_overdue(&self, server_now: Millis, world_ms: i64) -> Verdict {
        let undisturbed_ms = world_ms - self.undisturbed_since_ms;
        for (id, history) in &self.tickets {
            let Some((due, _)) = history.ticket.next_due() else {
                continue;
            };
            let late_ms = server_now.0 - due.0;
            ensure!(
                late_ms.min(undisturbed_ms) <= LATENESS_MS,
                Rule::DeadlineInTime,
                "{id}: has not fired {late_ms} ms after it was due, {undisturbed_ms} ms after the \
                 last disturbance"
            );
        }
        Ok(())
    }

    /// Every open ticket, as it was committed last.
    pub fn open_tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.tickets
            .values()
            .map(|history| &history.ticket)
            .filter(|ticket| ticket.state.is_open())
    }

    /// 1: monitoring was told that its alarm is safe.
    pub fn alarm_answered(&self, serial: u64, taken: &[AlarmTaken], trouble: &Trouble) -> Verdict {
        ensure!(
            self.committed.contains(&serial),
            Rule::EveryAlarmInOneTicket,
            "request {serial} about {trouble:?} was answered and is in no ticket"
        );
        for taken in taken {
            let Some(id) = taken.ticket else { continue };
            let ticket = self.tickets.get(&id).map(|history| &history.ticket);
            ensure!(
                ticket.is_some_and(|it| it.service.as_str() == trouble.0 && it.dedup_key == trouble.1),
                Rule::EveryAlarmInOneTicket,
                "request {serial} about {trouble:?} is said to be in {id}, which is not about it"
            );
        }
        Ok(())
    }

    /// A phone took a step.
    pub fn stepped(&mut self, step: &Step<'_>) -> Verdict {
        let Step {
            phone,
            changes,
            view,
            ..
        } = *step;
        self.tally.steps += 1;
        for change in changes {
            self.take_change(phone, change)?;
        }
        if step.snapshot_ended {
            self.mirrors[phone].in_snapshot = false;
        }
        let cursor = changes.iter().rev().find_map(|change| match change {
            Change::Cursor(cursor) => Some(*cursor),
            _ => None,
        });
        if let (Some(cursor), Some(directory)) = (cursor, step.directory) {
            self.check_cursor(phone, cursor, &view.me.id, directory)?;
        }
        for item in &view.tickets {
            let version = self.mirrors[phone].held.get(&item.ticket.id);
            ensure!(
                version == Some(&rank(&item.ticket)),
                Rule::PhoneFollowsLog,
                "{} shows {} at version {}, stored {version:?}",
                view.device,
                item.ticket.id,
                item.ticket.version
            );
        }
        check_siren(view, step.siren_on, step.now)
    }

    /// 9: what a phone takes in is what the server said, and never older than what it had.
    fn take_change(&mut self, phone: usize, change: &Change) -> Verdict {
        let mirror = &mut self.mirrors[phone];
        match change {
            Change::PutTicket(ticket) => {
                let id = ticket.id;
                let truth = self.tickets.get(&id);
                let truth = truth.and_then(|history| history.with_version(ticket.version));
                ensure!(
                    truth.is_some_and(|truth| tells(truth, ticket)),
                    Rule::PhoneFollowsLog,
                    "phone {phone} has {id} at version {} other than the server ever had",
                    ticket.version
                );
                let held = mirror.held.insert(id, rank(ticket));
                ensure!(
                    held.is_none_or(|held| held < rank(ticket) || mirror.in_snapshot),
                    Rule::PhoneFollowsLog,
                    "phone {phone} took {id} back from version {held:?} to {}",
                    ticket.version
                );
            }
            Change::ForgetTicket(id) => {
                mirror.held.remove(id);
                mirror.entries.retain(|(ticket, _)| ticket != id);
            }
            Change::MarkStale => {
                mirror.in_snapshot = true;
                self.tally.snapshots += 1;
            }
            Change::AddEntry { ticket, entry } => {
                let truth = self.log.get(entry.seq as usize - 1);
                ensure!(
                    truth.is_some_and(|(id, truth)| id == ticket && truth == entry),
                    Rule::PhoneFollowsLog,
                    "phone {phone} has an entry {} of {ticket} that the server never had",
                    entry.seq
                );
                mirror.entries.insert((*ticket, entry.seq));
            }
            _ => {}
        }
        Ok(())
    }

    /// 9: at its cursor a phone has everything that its person may see.
    fn check_cursor(
        &mut self,
        phone: usize,
        cursor: Cursor,
        person: &PersonId,
        directory: &Directory,
    ) -> Verdict {
        let mirror = &mut self.mirrors[phone];
        if cursor.epoch != directory.epoch(person) {
            return Ok(());
        }
        if mirror.in_snapshot {
            // The entries after it follow one by one.
            mirror.entries_through = cursor.seq;
            return Ok(());
        }
        let visible = directory.teams_of(person);
        for (id, history) in &self.tickets {
            let Some(then) = history.at(cursor.seq) else {
                continue;
            };
            if !visible.contains(&history.ticket.team) {
                continue;
            }
            let held = mirror.held.get(id);
            ensure!(
                held.map_or(!then.is_open(), |held| *held >= rank(then)),
                Rule::PhoneFollowsLog,
                "phone {phone} read up to {cursor} and has {id} at version {held:?} where the \
                 server had {} ({})",
                then.version,
                then.state
            );
        }
        let through = (mirror.entries_through as usize).min(self.log.len());
        let read = self.log[through..]
            .iter()
            .take_while(|(_, entry)| entry.seq <= cursor.seq);
        for (id, entry) in read {
            let kept = !visible.contains(&self.tickets[id].ticket.team)
                || !mirror.held.contains_key(id)
                || mirror.entries.contains(&(*id, entry.seq));
            ensure!(
                kept,
                Rule::PhoneFollowsLog,
                "phone {phone} read up to {cursor} without entry {} of {id}",
                entry.seq
            );
        }
        mirror.entries_through = cursor.seq.max(mirror.entries_through);
        Ok(())
    }

    /// What a phone has put on disk.
    pub fn stored(&mut self, phone: usize, changes: &[Change]) {
        for change in changes {
            match change {
                Change::AddTap(tap) => {
                    self.mirrors[phone].outbox.insert(tap.request.id.clone());
                    self.stored_taps.insert(tap.request.id.clone());
                    if let Some((_, text)) = tap.request.action.words() {
                        self.texts_tapped
                            .insert(tap.request.id.clone(), text.to_owned());
                    }
                }
                Change::RemoveTap(id) => {
                    self.mirrors[phone].outbox.remove(id);
                }
                _ => {}
            }
        }
    }

    /// A phone's process starts again from its disk.
    pub fn reloaded(
        &mut self,
        phone: usize,
        saved: &tocsin_pager::engine::Saved,
        entries: BTreeSet<(TicketId, u64)>,
        directory: Option<&Directory>,
    ) -> Verdict {
        let outbox: BTreeSet<CommandId> = saved
            .taps
            .iter()
            .map(|tap| tap.request.id.clone())
            .collect();
        ensure!(
            outbox == self.mirrors[phone].outbox,
            Rule::TapsCountOnce,
            "phone {phone} came back with the taps {outbox:?}, stored were {:?}",
            self.mirrors[phone].outbox
        );
        let mirror = &mut self.mirrors[phone];
        mirror.held = saved
            .tickets
            .iter()
            .map(|(ticket, _)| (ticket.id, rank(ticket)))
            .collect();
        mirror.entries = entries;
        // An unfinished snapshot shows as tickets to be confirmed, or as a cursor inside it; one
        // that had no tickets to doubt shows nowhere, and the cursor check then holds anyway.
        mirror.in_snapshot = saved.tickets.iter().any(|(_, stale)| *stale)
            || saved.cursor.is_some_and(|cursor| cursor.ticket.is_some());
        mirror.entries_through = saved
            .cursor
            .map_or(0, |cursor| cursor.seq)
            .min(mirror.entries_through);
        for (ticket, _) in &saved.tickets {
            let truth = self.tickets.get(&ticket.id);
            ensure!(
                truth
                    .and_then(|it| it.with_version(ticket.version))
                    .is_some_and(|truth| tells(truth, ticket)),
                Rule::PhoneFollowsLog,
                "phone {phone} came back with a {} that the server never had",
                ticket.id
            );
        }
        match (saved.cursor, directory) {
            (Some(cursor), Some(directory)) => {
                self.check_cursor(phone, cursor, &saved.me.person, directory)
            }
            _ => Ok(()),
        }
    }

    /// The pages of a person that must ring: live, not about to expire, on tickets they may see.
    fn wanted<'a>(
        &'a self,
        person: &'a PersonId,
        visible: &'a [tocsin_ticket::TeamId],
        server_now: Millis,
    ) -> impl Iterator<Item = &'a tocsin_ticket::Page> {
        self.tickets
            .values()
            .map(|history| &history.ticket)
            .filter(|ticket| visible.contains(&ticket.team))
            .flat_map(|ticket| &ticket.pages)
            .filter(move |page| page.person == *person)
            .filter(move |page| server_now.0 < page.expires_at.0 - CLOCK_TOLERANCE_MS)
    }

    /// A phone that has had a working network for a while must do what the server wants of it.
    pub fn check_reached(
        &self,
        phone: usize,
        view: &View,
        siren_on: bool,
        server: (Millis, &Directory),
        world_ms: i64,
    ) -> Verdict {
        let (server_now, directory) = server;
        let calm_ms = world_ms - self.calm_since_ms[phone];
        if calm_ms < REACHED_WITHIN_MS {
            return Ok(());
        }
        let person = &view.me.id;
        let visible = directory.teams_of(person);
        let missed = self.wanted(person, visible, server_now).find(|page| {
            server_now.0 - page.at.0 > REACHED_WITHIN_MS
                && !is_answered(view, page.id, Some(page.reason))
        });
        if let Some(page) = missed {
            ensure!(
                siren_on,
                Rule::PageRings,
                "{person}'s {} is silent, page {} is {} s old and the network has worked for {} s",
                view.device,
                page.id,
                (server_now.0 - page.at.0) / 1000,
                calm_ms / 1000
            );
        }
        if siren_on {
            let recent = |history: &History| {
                let changed = history.versions.last().map_or(0, |version| version.seq);
                let entry = self.log.get((changed as usize).wrapping_sub(1));
                entry.is_some_and(|(_, entry)| server_now.0 - entry.at.0 < REACHED_WITHIN_MS)
            };
            let live = self.tickets.values().any(|history| {
                let ticket = &history.ticket;
                recent(history)
                    || (visible.contains(&ticket.team)
                        && ticket.pages.iter().any(|page| page.person == *person))
            });
            ensure!(
                live,
                Rule::NobodyWokenForNothing,
                "{person}'s {} rings, although the server has had no page for them for {} s",
                view.device,
                REACHED_WITHIN_MS / 1000
            );
        }
        Ok(())
    }

    /// Once everything has healed: a phone shows what the server has, and does what it wants.
    pub fn check_converged(
        &self,
        phone: usize,
        view: &View,
        siren_on: bool,
        sounds: bool,
        saved: &tocsin_pager::engine::Saved,
        server: (Millis, &Directory),
    ) -> Verdict {
        let (server_now, directory) = server;
        let (person, device) = (&view.me.id, &view.device);
        let visible = directory.teams_of(person);
        let mine = |ticket: &Ticket| visible.contains(&ticket.team);
        let open: BTreeMap<TicketId, u64> = self
            .tickets
            .values()
            .map(|history| &history.ticket)
            .filter(|ticket| ticket.state.is_open() && mine(ticket))
            .map(|ticket| (ticket.id, ticket.version))
            .collect();
        let shown: BTreeMap<TicketId, u64> = view
            .tickets
            .iter()
            .filter(|item| item.ticket.is_open())
            .map(|item| (item.ticket.id, item.ticket.version))
            .collect();
        ensure!(
            open == shown,
            Rule::AllConverge,
            "{person}'s {device} shows the open tickets {shown:?}, the server has {open:?}"
        );
        ensure!(
            view.taps.is_empty() && saved.taps.is_empty() && saved.receipts.is_empty(),
            Rule::AllConverge,
            "{person}'s {device} still has {} taps and {} receipts to send",
            view.taps.len(),
            saved.receipts.len()
        );
        let unreadable = view
            .notices
            .iter()
            .find(|notice| matches!(notice.kind, NoticeKind::Unreadable | NoticeKind::Revoked));
        ensure!(
            unreadable.is_none(),
            Rule::AllConverge,
            "{person}'s {device} says {unreadable:?}"
        );
        let wanted: Vec<PageId> = self
            .wanted(person, visible, server_now)
            .map(|page| page.id)
            .collect();
        ensure!(
            wanted.is_empty() || (siren_on && sounds),
            Rule::PageRings,
            "{person}'s {device} is silent, unanswered are {wanted:?}"
        );
        let live = self
            .tickets
            .values()
            .map(|history| &history.ticket)
            .any(|ticket| mine(ticket) && ticket.pages.iter().any(|page| page.person == *person));
        ensure!(
            live || !(siren_on || sounds),
            Rule::NobodyWokenForNothing,
            "{person}'s {device} rings for nothing"
        );
        let stored: BTreeMap<TicketId, (u64, bool)> = saved
            .tickets
            .iter()
            .map(|(ticket, _)| (ticket.id, rank(ticket)))
            .collect();
        ensure!(
            stored == self.mirrors[phone].held,
            Rule::PhoneFollowsLog,
            "{person}'s {device} stored {stored:?} and shows {:?}",
            self.mirrors[phone].held
        );
        Ok(())
    }

    /// Once everything has healed: every tap counts once, and the whole log makes the whole table.
    pub fn check_end(&self, disk: &SqliteReader) -> Verdict {
        for id in &self.stored_taps {
            ensure!(
                self.answers.contains_key(id),
                Rule::TapsCountOnce,
                "tap {id} was stored on a phone and never reached the server"
            );
        }
        for (id, text) in &self.texts_tapped {
            let accepted = u32::from(self.answers.get(id) == Some(&None));
            let written = self.texts_written.get(text).copied().unwrap_or(0);
            ensure!(
                accepted == written,
                Rule::TapsCountOnce,
                "the text {text:?} was accepted {accepted} times and is there {written} times"
            );
        }
        for id in self.tickets.keys() {
            self.check_row(*id, disk)?;
            let timeline: Vec<Entry> = disk
                .timeline(*id)
                .unwrap()
                .iter()
                .map(|json| serde_json::from_str(json).unwrap())
                .collect();
            let told = self
                .log
                .iter()
                .filter(|(ticket, _)| ticket == id)
                .map(|(_, entry)| entry);
            ensure!(
                told.eq(&timeline),
                Rule::RowsAreReplay,
                "{id}: the timeline on disk is not what was handed out"
            );
        }
        Ok(())
    }
}

/// The ticket that an update is about.
/// Of two copies the higher is the better one.
fn rank(ticket: &TicketView) -> (u64, bool) {
    (ticket.version, !ticket.partial)
}

/// Whether a phone's copy says what the server's does: all of it or, if it came by a push, what one
/// person needs in order to ring and to check in.
fn tells(truth: &TicketView, copy: &TicketView) -> bool {
    if !copy.partial {
        return truth == copy;
    }
    let pages_hold = copy.pages.iter().all(|page| {
        truth.pages.iter().any(|it| {
            (it.id, &it.person, it.expires_at) == (page.id, &page.person, page.expires_at)
        })
    });
    let person = copy.pages.first().map(|page| &page.person);
    let none_missing = person.is_none_or(|person| {
        let of = |ticket: &TicketView| {
            let pages = ticket.pages.iter();
            pages.filter(|page| page.person == *person).count()
        };
        of(truth) == of(copy)
    });
    pages_hold
        && none_missing
        && (truth.state == copy.state)
        && (truth.severity == copy.severity)
        && (truth.owner == copy.owner)
        && (truth.deadline.as_ref().map(|it| it.due) == copy.deadline.as_ref().map(|it| it.due))
}

fn ticket_of(json: &str) -> TicketId {
    #[derive(serde::Deserialize)]
    struct Update {
        ticket: Numbered,
    }
    #[derive(serde::Deserialize)]
    struct Numbered {
        id: TicketId,
    }
    serde_json::from_str::<Update>(json).unwrap().ticket.id
}

/// 3 and 4, of a ticket as it stands.
fn check_ticket(id: TicketId, ticket: &Ticket, directory: &Directory) -> Verdict {
    if !ticket.state.is_open() {
        ensure!(
            ticket.pages.is_empty() && ticket.next_due().is_none(),
            Rule::NobodyWokenForNothing,
            "{id} is resolved and still has {:?} and {:?}",
            ticket.pages,
            ticket.next_due()
        );
        return Ok(());
    }
    ensure!(
        directory.pageable(&ticket.team).contains(&ticket.owner),
        Rule::ValidOwner,
        "{id} belongs to {}, who cannot be paged for {}",
        ticket.owner,
        ticket.team
    );
    let pages = matches!(ticket.severity, Severity::Sev1 | Severity::Sev2);
    ensure!(
        !pages || ticket.deadline.is_some(),
        Rule::ExhaustedChainBroadcasts,
        "{id} is open and nothing will ever happen"
    );
    ensure!(
        !(pages && ticket.state == TicketState::Assigned && ticket.pages.is_empty()),
        Rule::PagesEndWhenAnswered,
        "{id} is assigned to {}, nobody has checked in and nobody is paged",
        ticket.owner
    );
    for page in &ticket.pages {
        let due = match (page.help, page.reason) {
            (Some(number), _) => timer_due(ticket, |kind| kind == TimerKind::Help { number }),
            (None, PageReason::StatusUpdateDue | PageReason::StatusUpdateMissed) => {
                timer_due(ticket, |kind| {
                    matches!(
                        kind,
                        TimerKind::StatusUpdate | TimerKind::StatusUpdateMissed
                    )
                })
            }
            (None, _) => ticket.deadline.as_ref().map(|deadline| deadline.due),
        };
        ensure!(
            due.is_some_and(|due| page.expires_at > due),
            Rule::PagesEndWhenAnswered,
            "page {} ({:?}) ends at {} without a deadline ({due:?}) that renews it",
            page.id,
            page.reason,
            page.expires_at
        );
    }
    Ok(())
}

fn timer_due(ticket: &Ticket, which: impl Fn(TimerKind) -> bool) -> Option<Millis> {
    let mut timers = ticket.timers.iter();
    timers
        .find(|timer| which(timer.kind))
        .map(|timer| timer.due)
}

/// What somebody wrote, where an event has it.
fn written(event: &Event) -> Option<&str> {
    match event {
        Event::NoteAdded { text, .. } | Event::StatusUpdated { text, .. } => Some(text),
        Event::LimitExtended { reason, .. } => Some(reason),
        Event::HelpAsked { help } => Some(&help.message),
        Event::Declined { reason, .. } | Event::HelpAnswered { reason, .. } => reason.as_deref(),
        _ => None,
    }
}

/// Whoever declines is left alone for now, and a page beside the limits leaves them as they are.
fn check_beside_the_limits(before: &Ticket, events: &[Event]) -> Verdict {
    let id = before.id;
    let escalates = events
        .iter()
        .any(|it| matches!(it, Event::Escalated { .. }));
    for event in events {
        let (by, aside) = match event {
            Event::Declined { by, .. } => {
                let mut pages = before.pages.iter();
                let page = pages.find(|page| page.person == *by);
                (by, page.is_none_or(|page| page.reason.is_aside()))
            }
            Event::HelpAnswered { by, .. } => (by, true),
            _ => continue,
        };
        ensure!(
            !(aside && escalates),
            Rule::AsidePagesNeverEscalate,
            "{id}: {by}'s answer escalated the ticket"
        );
        let declines = !matches!(event, Event::HelpAnswered { comes: true, .. });
        let paged = events
            .iter()
            .any(|event| matches!(event, Event::Paged { page } if page.person == *by));
        ensure!(
            !(declines && paged),
            Rule::DeclinedIsLeftAlone,
            "{id}: {by} declined and was paged again at once"
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
            | (
                PageEnd::Declined,
                Event::Declined { .. } | Event::HelpAnswered { comes: false, .. },
            )
            | (
                PageEnd::Answered,
                Event::StatusUpdated { .. }
                | Event::ConferenceConvened { .. }
                | Event::SeverityChanged { .. }
                | Event::LimitExtended { .. }
                | Event::HelpAnswered { comes: true, .. }
                | Event::HelpExhausted { .. },
            )
            | (PageEnd::Resolved, Event::Resolved { .. }) => true,
            // The missed update is told to the manager, and the next one is waited for.
            (PageEnd::Answered, Event::TimerCleared { .. }) => {
                matches!(events.first(), Some(Event::TimerCleared { .. }))
            }
            (PageEnd::Superseded, Event::Paged { page: newer }) => {
                newer.person == *person && newer.id.number > page.number
            }
            _ => false,
        });
        ensure!(
            has_reason,
            Rule::PagesEndWhenAnswered,
            "{id}: page {page} ended as {why:?} without a reason"
        );
    }
    Ok(())
}

/// Whether the person has dealt with a page by a tap that waits.
fn is_answered(view: &View, page: PageId, reason: Option<PageReason>) -> bool {
    view.taps.iter().any(|tap| {
        tap.ticket == page.ticket
            && match tap.action {
                Action::CheckIn
                | Action::StartWork
                | Action::Resolve
                | Action::Reassign { .. }
                | Action::Decline { .. } => true,
                Action::UpdateStatus { .. } => matches!(
                    reason,
                    Some(PageReason::StatusUpdateDue | PageReason::StatusUpdateMissed)
                ),
                Action::ExtendLimit { .. } => reason.is_some_and(|reason| !reason.is_aside()),
                _ => false,
            }
    })
}

/// Whether a phone must ring, from what it shows; by a clock that is `later_ms` ahead.
fn must_ring(view: &View, now: Millis, later_ms: i64) -> Option<PageId> {
    let server_now = Millis(now.0 + view.clock_offset_ms + later_ms);
    view.tickets
        .iter()
        .map(|item| &item.ticket)
        .filter(|ticket| ticket.state != Known::Yes(TicketState::Resolved))
        .flat_map(|ticket| &ticket.pages)
        .filter(|page| !is_answered(view, page.id, page.reason.get().copied()))
        .find(|page| page.person == view.me.id && server_now < page.expires_at)
        .map(|page| page.id)
}

/// A phone rings if and only if it knows a reason to.
fn check_siren(view: &View, siren_on: bool, now: Millis) -> Verdict {
    match must_ring(view, now, 0) {
        Some(page) => ensure!(
            siren_on,
            Rule::PageRings,
            "{}'s {} knows page {page}, which nobody answered, and is silent",
            view.me.id,
            view.device
        ),
        None => ensure!(
            !siren_on,
            Rule::NobodyWokenForNothing,
            "{}'s {} rings and knows no page that is not answered",
            view.me.id,
            view.device
        ),
    }
    Ok(())
}

/// Between steps a phone may ring on for a moment: its timer has not gone off yet.
pub fn check_siren_meanwhile(view: &View, siren_on: bool, now: Millis) -> Verdict {
    if siren_on && must_ring(view, now, -LATENESS_MS).is_none() {
        return check_siren(view, siren_on, now);
    }
    if !siren_on && must_ring(view, now, LATENESS_MS).is_some() {
        return check_siren(view, siren_on, now);
    }
    Ok(())
}
