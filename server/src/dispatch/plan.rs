//! What to send, when, by which channel: the dispatcher as plain data.

mod line;
mod matter;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tocsin_push::apns::APNS_REPUSH_EVERY;
use tocsin_push::{Address, Outcome, Purpose, Push, Words};
use tocsin_ticket::{
    DeliveryFailure, DeliveryProblem, Millis, Page, PageId, PersonId, Receipt, Rung, Ticket,
    TicketId, Transport,
};

use super::payload;
use super::roster::{Channel, Lane, Roster};
use crate::engine::{Delivery, DeliveryOf, Owed};
use crate::store::{DrillRecord, StoredNotice};
use line::{LaneState, Line};
use matter::{Matter, Paging, Rank, State, Subject, Task, TaskId, What};

/// The first wait after an attempt that may succeed later; it doubles up to [`RETRY_CAP`].
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_CAP: Duration = Duration::from_secs(30);

/// A service that refuses us is asked again this much later: somebody may have put the settings
/// right.
const REFUSED_RETRY: Duration = Duration::from_secs(60);

/// A push that a service took on but no phone acknowledged is sent again after this time.
const REPUSH_EVERY: Duration = Duration::from_secs(60);

/// How long the end of a page is worth telling a device: after that the page has expired anyway.
pub const SILENCE_LASTS: Duration = Duration::from_secs(300);

/// How long a notice is tried.
const NOTICE_LASTS: Duration = Duration::from_secs(24 * 3600);

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Something is owed, or no longer.
    Owed(Owed),
    /// Who can be reached how.
    Roster(Arc<Roster>),
    /// A page of this person ended shortly before a restart; their devices may not know.
    Ended(Arc<Ticket>, PersonId),
    /// An attempt ended.
    Finished {
        /// Its number.
        number: u64,
        /// What became of it.
        outcome: Outcome,
    },
    /// The time that was asked for has come.
    Wake,
}

/// What to do.
#[derive(Debug)]
pub enum Effect {
    /// Make an attempt.
    Send(Attempt),
    /// Write down how far a page or drill got.
    Report(Delivery),
    /// The address of a device is dead.
    Retire {
        /// Which channel.
        channel: Arc<Channel>,
        /// The service's words.
        why: String,
    },
    /// A notice reached somebody.
    Told(u64),
}

/// One thing to hand to a transport.
#[derive(Debug)]
pub struct Attempt {
    /// Names it in [`Input::Finished`].
    pub number: u64,
    /// Where to.
    pub channel: Arc<Channel>,
    /// What.
    pub push: Push,
    /// The page it is for, if it is for one.
    pub page: Option<PageId>,
    /// How many further pages it speaks for.
    pub others: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Task(TaskId),
    Tier(PageId),
    Line(usize),
    Lane(Lane),
}

/// An attempt under way.
#[derive(Debug)]
struct Flight {
    line: usize,
    /// The head first.
    tasks: Vec<TaskId>,
    at: Millis,
}

/// See the [module](super).
#[derive(Debug)]
pub struct Dispatcher {
    roster: Arc<Roster>,
    salt: [u8; 16],
    rng: fastrand::Rng,
    matters: HashMap<Subject, Matter>,
    /// These two are gone through, and the order must be the same each time.
    pages_of: BTreeMap<TicketId, Vec<PageId>>,
    tasks: BTreeMap<TaskId, Task>,
    lines: Vec<Line>,
    line_of: HashMap<Arc<Channel>, usize>,
    lanes: BTreeMap<Lane, LaneState>,
    flights: HashMap<u64, Flight>,
    timers: BTreeSet<(Millis, Timer)>,
    /// Channels whose address turned out to be dead, until a roster without them comes.
    dead: HashSet<Arc<Channel>>,
    next_number: u64,
    /// Lanes that may have something to send.
    stirred: BTreeSet<Lane>,
    effects: Vec<Effect>,
}

impl Dispatcher {
    /// A dispatcher that owes nothing yet. `salt` keeps the names of pages meaningless to push
    /// services; `seed` spreads retries.
    #[must_use]
    pub fn new(salt: [u8; 16], seed: u64) -> Self {
        Self {
            roster: Arc::default(),
            salt,
            rng: fastrand::Rng::with_seed(seed),
            matters: HashMap::new(),
            pages_of: BTreeMap::new(),
            tasks: BTreeMap::new(),
            lines: Vec::new(),
            line_of: HashMap::new(),
            lanes: BTreeMap::new(),
            flights: HashMap::new(),
            timers: BTreeSet::new(),
            dead: HashSet::new(),
            next_number: 0,
            stirred: BTreeSet::new(),
            effects: Vec::new(),
        }
    }

    /// Takes one input at the instant `now` of the server's clock.
    pub fn step(&mut self, input: Input, now: Millis) -> Vec<Effect> {
        match input {
            Input::Owed(Owed::Ticket(ticket)) => self.take_ticket(&ticket, now),
            Input::Owed(Owed::Drill(drill)) => self.take_drill(drill, now),
            Input::Owed(Owed::Notice(notice)) => self.take_notice(notice),
            // Whoever keeps the roster sends the new one.
            Input::Owed(Owed::Roster) => {}
            Input::Roster(roster) => self.take_roster(roster, now),
            Input::Ended(ticket, person) => self.take_ended(&ticket, &person, now),
            Input::Finished { number, outcome } => self.finished(number, &outcome, now),
            Input::Wake => {}
        }
        self.fire_timers(now);
        self.pump(now);
        std::mem::take(&mut self.effects)
    }

    /// When to call [`step`](Self::step) with [`Input::Wake`], if nothing happens before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Millis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// How many things are owed now.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.matters.len()
    }

    fn take_ticket(&mut self, ticket: &Arc<Ticket>, now: Millis) {
        let known = self.pages_of.remove(&ticket.id).unwrap_or_default();
        let mut live = Vec::new();
        for page in &ticket.pages {
            if self.roster.tiers(&page.person).is_empty() {
                continue;
            }
            live.push(page.id);
            self.take_page(ticket, page, now);
        }
        for page in known {
            if !live.contains(&page) {
                self.end_page(page, ticket, now);
            }
        }
        if !live.is_empty() {
            self.pages_of.insert(ticket.id, live);
        }
    }

    fn take_page(&mut self, ticket: &Arc<Ticket>, page: &Page, now: Millis) {
        let subject = Subject::Page(page.id);
        match self.matters.get_mut(&subject) {
            Some(Matter {
                what: What::Page(paging),
                ..
            }) => {
                paging.ticket = Arc::clone(ticket);
                paging.page = page.clone();
            }
            _ => {
                self.drop_matter(&Subject::Silence(ticket.id, page.person.clone()));
                let paging = Paging {
                    ticket: Arc::clone(ticket),
                    page: page.clone(),
                    tier: 0,
                    next_tier_at: None,
                };
                let matter = Matter {
                    what: What::Page(paging),
                    person: page.person.clone(),
                    expires_at: page.expires_at,
                    tasks: Vec::new(),
                };
                self.matters.insert(subject, matter);
            }
        }
        self.climb(page.id, now);
    }

    /// Begins whatever tiers are due, gives each of their channels its task, and lets go of tasks
    /// that are no longer needed.
    fn climb(&mut self, page: PageId, now: Millis) {
        let subject = Subject::Page(page);
        let roster = Arc::clone(&self.roster);
        let Some(Matter {
            what: What::Page(paging),
            person,
            tasks,
            ..
        }) = self.matters.get_mut(&subject)
        else {
            return;
        };
        let tiers = roster.tiers(person);
        let reached = paging.reached();
        let every = roster.next_channel(
            &paging.ticket.team,
            &paging.ticket.service,
            paging.ticket.severity,
        );
        let task_on = |channel: &Arc<Channel>| {
            tasks
                .iter()
                .filter_map(|task| self.tasks.get(task))
                .find(|task| task.channel == *channel)
        };
        let failed = |tier: usize| {
            let mut channels = tiers[..=tier].iter().flatten().peekable();
            channels.peek().is_some()
                && channels
                    .all(|channel| task_on(channel).is_some_and(|task| task.state == State::Failed))
        };
        let due = |tier: usize| page_tier_at(&paging.page, every, tier + 1);
        while !reached
            && paging.tier + 1 < tiers.len()
            && (now >= due(paging.tier) || failed(paging.tier))
        {
            paging.tier += 1;
        }
        let next = (!reached && paging.tier + 1 < tiers.len()).then(|| due(paging.tier));
        if next != paging.next_tier_at {
            if let Some(old) = std::mem::replace(&mut paging.next_tier_at, next) {
                self.timers.remove(&(old, Timer::Tier(page)));
            }
            self.timers.extend(next.map(|at| (at, Timer::Tier(page))));
        }
        let severity = paging.ticket.severity as u8;
        let at = paging.page.at;
        let missing: Vec<(usize, Arc<Channel>, bool)> = tiers
            .iter()
            .take(paging.tier + 1)
            .enumerate()
            .flat_map(|(tier, channels)| channels.iter().map(move |channel| (tier, channel)))
            .filter(|(_, channel)| task_on(channel).is_none())
            .filter(|(tier, channel)| {
                let settled = paging.received_by(&channel.device);
                !reached || (*tier == 0 && (!settled || channel.transport() == Transport::Apns))
            })
            .map(|(tier, channel)| (tier, Arc::clone(channel), paging.accepted_on(channel)))
            .collect();
        let unneeded: Vec<TaskId> = tasks
            .iter()
            .copied()
            .filter(|task| {
                self.tasks.get(task).is_some_and(|task| {
                    let settled =
                        paging.received_by(&task.channel.device) || (reached && task.tier > 0);
                    settled
                        && task.channel.transport() != Transport::Apns
                        && matches!(task.state, State::Queued | State::Waiting)
                })
            })
            .collect();
        let dead = missing
            .iter()
            .any(|(_, channel, _)| self.dead.contains(channel));
        for (tier, channel, accepted) in missing {
            let accepted = accepted.then_some(now);
            self.add_task(&subject, channel, tier, severity, at, accepted);
        }
        for task in unneeded {
            self.rest(task);
        }
        if dead {
            // They have failed already, so the next tier may be due.
            self.climb(page, now);
        }
    }

    /// Puts a subject in a channel's line. One that the service has `accepted` before, as of now, is
    /// only up for being repeated.
    fn add_task(
        &mut self,
        subject: &Subject,
        channel: Arc<Channel>,
        tier: usize,
        severity: u8,
        at: Millis,
        accepted: Option<Millis>,
    ) {
        let id = self.number();
        let dead = self.dead.contains(&channel);
        let rank = Rank {
            severity,
            silence: matches!(subject, Subject::Silence(..)),
            at,
            task: id,
        };
        let task = Task {
            subject: subject.clone(),
            channel,
            tier,
            rank,
            state: if dead { State::Failed } else { State::Waiting },
            failures: 0,
            reported: accepted.is_some(),
            problems: Vec::new(),
            sent: accepted.is_some(),
        };
        self.tasks.insert(id, task);
        if let Some(matter) = self.matters.get_mut(subject) {
            matter.tasks.push(id);
        }
        if dead {
            return;
        }
        match accepted {
            Some(now) => self.repeat_later(id, now),
            None => self.enqueue(id),
        }
    }

    fn enqueue(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        task.state = State::Queued;
        let (rank, channel) = (task.rank, Arc::clone(&task.channel));
        let line = self.line(&channel);
        self.lines[line].queue.insert(rank);
        self.stir(line);
    }

    fn line(&mut self, channel: &Arc<Channel>) -> usize {
        if let Some(line) = self.line_of.get(channel) {
            return *line;
        }
        let line = self.lines.len();
        self.lines.push(Line::new(channel));
        self.line_of.insert(Arc::clone(channel), line);
        line
    }

    /// Puts the line where its best task stands among the lines of its lane.
    fn stir(&mut self, line: usize) {
        let own = &mut self.lines[line];
        let lane = self
            .lanes
            .entry(own.lane.clone())
            .or_insert_with(|| LaneState::sized(own.lane.transport));
        if let Some(head) = own.listed.take() {
            lane.heads.remove(&(head, line));
        }
        if let Some(head) = own.queue.first().filter(|_| !own.paused) {
            own.listed = Some(*head);
            lane.heads.insert((*head, line));
            self.stirred.insert(own.lane.clone());
        }
    }

    /// Starts what may start now, in every lane where something changed.
    fn pump(&mut self, now: Millis) {
        for lane in std::mem::take(&mut self.stirred) {
            while let Some(line) = self.take_line(&lane, now) {
                self.start(line, now);
            }
        }
    }

    /// The line that may send next in this lane.
    fn take_line(&mut self, lane: &Lane, now: Millis) -> Option<usize> {
        loop {
            let state = self.lanes.get_mut(lane)?;
            let (head, line) = *state.heads.first()?;
            if !state.has_room(head.severity) {
                return None;
            }
            if let Some(until) = state.closed_until(now) {
                self.timers.insert((until, Timer::Lane(lane.clone())));
                return None;
            }
            state.heads.pop_first();
            let own = &mut self.lines[line];
            own.listed = None;
            match own.allowed_at(now) {
                None => return Some(line),
                Some(at) => {
                    own.paused = true;
                    self.timers.insert((at, Timer::Line(line)));
                }
            }
        }
    }

    fn start(&mut self, line: usize, now: Millis) {
        let own = &mut self.lines[line];
        let Some(first) = own.queue.pop_first() else {
            return;
        };
        own.spend(now);
        let mut ranks = vec![first];
        let mergeable = |rank: &Rank| {
            matches!(
                self.tasks.get(&rank.task).map(|task| &task.subject),
                Some(Subject::Page(_) | Subject::Silence(..))
            )
        };
        if own.allowed_at(now).is_some() && mergeable(&first) {
            // The last attempt for a while speaks for everything that waits.
            let rest: Vec<Rank> = own.queue.iter().copied().filter(mergeable).collect();
            own.queue.retain(|rank| !mergeable(rank));
            ranks.extend(rest);
            // A page must be at the head, or the phone would not ring.
            if let Some(page) = ranks.iter().position(|rank| !rank.silence) {
                ranks.swap(0, page);
            }
        }
        let tasks: Vec<TaskId> = ranks
            .into_iter()
            .map(|rank| rank.task)
            .filter(|task| self.is_wanted(*task, now))
            .collect();
        let number = self.number();
        let attempt = tasks
            .first()
            .and_then(|head| self.attempt(number, *head, tasks.len() - 1, now));
        if let Some(attempt) = attempt {
            for task in &tasks {
                if let Some(task) = self.tasks.get_mut(task) {
                    task.state = State::InFlight;
                    task.sent = true;
                }
            }
            if let Some(lane) = self.lanes.get_mut(&self.lines[line].lane) {
                lane.in_flight += 1;
            }
            let flight = Flight {
                line,
                tasks,
                at: now,
            };
            self.flights.insert(number, flight);
            self.effects.push(Effect::Send(attempt));
        }
        self.stir(line);
    }

    /// Whether a task is still worth an attempt; lets go of it otherwise.
    fn is_wanted(&mut self, id: TaskId, now: Millis) -> bool {
        let Some(task) = self.tasks.get(&id) else {
            return false;
        };
        let Some(matter) = self.matters.get(&task.subject) else {
            self.tasks.remove(&id);
            return false;
        };
        if now < matter.expires_at {
            return true;
        }
        match &matter.what {
            // A page that is still wanted is renewed with a number of its own.
            What::Page(_) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.state = State::Done;
                }
            }
            What::Silence(_) | What::Drill(_) | What::Notice(_) => {
                let subject = task.subject.clone();
                self.drop_matter(&subject);
            }
        }
        false
    }

    fn attempt(&self, number: u64, head: TaskId, others: usize, now: Millis) -> Option<Attempt> {
        let task = self.tasks.get(&head)?;
        let matter = self.matters.get(&task.subject)?;
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let nothing = || Words {
            subject: String::new(),
            body: String::new(),
        };
        let (purpose, page, payload, words) = match &matter.what {
            What::Page(paging) => (
                Purpose::Page,
                Some(paging.page.id),
                payload::ticket(&paging.ticket, &matter.person, others, now),
                payload::page_words(&paging.ticket, others),
            ),
            What::Silence(ticket) => (
                Purpose::Silence,
                None,
                payload::ticket(ticket, &matter.person, others, now),
                nothing(),
            ),
            What::Drill(record) => (
                Purpose::Drill,
                None,
                payload::drill(&record.drill, now),
                nothing(),
            ),
            What::Notice(notice) => (
                Purpose::Notice,
                None,
                payload::notice(&notice.on_the_wire(), now),
                Words {
                    subject: notice.subject.clone(),
                    body: notice.body.clone(),
                },
            ),
        };
        Some(Attempt {
            number,
            channel: Arc::clone(&task.channel),
            push: Push {
                id: self.name(&task.subject, &task.channel).into(),
                purpose,
                payload: payload.into(),
                words: Arc::new(words),
                expires_at: matter.expires_at,
            },
            page,
            others,
        })
    }

    /// What a push service may call a subject. All pages of a ticket to a device and their end have
    /// one name, so that where names replace (APNs) the newest stands on the screen.
    fn name(&self, subject: &Subject, channel: &Channel) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(channel.device.as_str());
        hash.update([0]);
        match subject {
            Subject::Page(page) => hash.update(page.ticket.0.to_be_bytes()),
            Subject::Silence(ticket, _) => hash.update(ticket.0.to_be_bytes()),
            Subject::Drill(drill) => hash.update(drill.as_str()),
            Subject::Notice(notice) => {
                hash.update(b"notice");
                hash.update(notice.to_be_bytes());
            }
        }
        URL_SAFE_NO_PAD.encode(&hash.finalize()[..16])
    }

    fn finished(&mut self, number: u64, outcome: &Outcome, now: Millis) {
        let Some(flight) = self.flights.remove(&number) else {
            return;
        };
        let lane_key = self.lines[flight.line].lane.clone();
        let mut is_back = false;
        if let Some(lane) = self.lanes.get_mut(&lane_key) {
            lane.in_flight -= 1;
            match outcome {
                Outcome::Accepted | Outcome::DeadToken { .. } => is_back = lane.works(),
                Outcome::RetryAfter { .. } | Outcome::Refused { .. } | Outcome::Unknown { .. } => {
                    lane.fails(now);
                    if lane.is_down() || matches!(outcome, Outcome::RetryAfter { .. }) {
                        self.lines[flight.line].refund();
                    }
                }
            }
        }
        if is_back {
            self.release(&lane_key);
        }
        self.stirred.insert(lane_key);
        if let Outcome::RetryAfter {
            after: Some(after), ..
        } = outcome
        {
            self.lines[flight.line].wait_until(now + (*after).min(line::LONGEST_WAIT));
        }
        let mut dead = None;
        let mut climbing = Vec::new();
        for id in flight.tasks {
            let Some(task) = self.tasks.get_mut(&id) else {
                continue;
            };
            let is_over = !self.matters.contains_key(&task.subject);
            let failure = |problem, why: &str| DeliveryFailure {
                device: task.channel.device.clone(),
                transport: task.channel.transport(),
                problem,
                why: why.to_owned(),
                at: now,
            };
            let (again_in, failure) = match outcome {
                Outcome::Accepted => (None, None),
                Outcome::RetryAfter { after, why } => (
                    Some(backoff(&mut self.rng, task.failures).max(after.unwrap_or_default())),
                    Some(failure(DeliveryProblem::Busy, why)),
                ),
                Outcome::Unknown { why } => (
                    Some(backoff(&mut self.rng, task.failures)),
                    Some(failure(DeliveryProblem::NoAnswer, why)),
                ),
                Outcome::Refused { why } => (
                    Some(REFUSED_RETRY),
                    Some(failure(DeliveryProblem::Refused, why)),
                ),
                Outcome::DeadToken { why } => {
                    dead = Some((Arc::clone(&task.channel), why.clone()));
                    (None, Some(failure(DeliveryProblem::DeadToken, why)))
                }
            };
            let mut receipts = Vec::new();
            if *outcome == Outcome::Accepted && !task.reported {
                task.reported = true;
                let receipt = |rung, at| Receipt {
                    device: task.channel.device.clone(),
                    transport: Some(task.channel.transport()),
                    rung,
                    at,
                    effective_volume: None,
                    ringer: None,
                    do_not_disturb: None,
                };
                receipts = vec![receipt(Rung::Sent, flight.at), receipt(Rung::Accepted, now)];
            }
            let failures: Vec<_> = failure
                .filter(|failure| !task.problems.contains(&failure.problem))
                .into_iter()
                .collect();
            task.problems
                .extend(failures.iter().map(|failure| failure.problem));
            let of = match &task.subject {
                Subject::Page(page) => {
                    climbing.push(*page);
                    Some(DeliveryOf::Page(*page))
                }
                Subject::Drill(drill) => Some(DeliveryOf::Drill(drill.clone())),
                Subject::Silence(..) | Subject::Notice(_) => None,
            };
            if let Some(of) = of
                && !(receipts.is_empty() && failures.is_empty())
            {
                self.effects.push(Effect::Report(Delivery {
                    of,
                    receipts,
                    failures,
                }));
            }
            if is_over {
                // It ended meanwhile; what became of the attempt is told all the same.
                self.tasks.remove(&id);
                continue;
            }
            match (outcome, again_in) {
                (Outcome::Accepted, _) => self.accepted(id, now),
                (_, Some(wait)) => {
                    task.failures = task.failures.saturating_add(1);
                    // A refusal is for the settings, not for waiting: other channels go ahead.
                    task.state = if matches!(outcome, Outcome::Refused { .. }) {
                        State::Failed
                    } else {
                        State::Waiting
                    };
                    self.timers.insert((now + wait, Timer::Task(id)));
                }
                (_, None) => task.state = State::Failed,
            }
        }
        if let Some((channel, why)) = dead {
            self.retire(&channel, why, &mut climbing);
        }
        for page in climbing {
            self.climb(page, now);
        }
    }

    /// A service that was down is back: what failed there meanwhile was the worst and oldest, and
    /// waits no longer than what was not tried.
    fn release(&mut self, lane: &Lane) {
        let line_of = |task: &Task| self.line_of.get(&task.channel).copied();
        let waiting: Vec<(Millis, TaskId)> = self
            .timers
            .iter()
            .filter_map(|(at, timer)| match timer {
                Timer::Task(id) => Some((*at, *id)),
                Timer::Tier(_) | Timer::Line(_) | Timer::Lane(_) => None,
            })
            .filter(|(_, id)| {
                self.tasks.get(id).is_some_and(|task| {
                    task.state == State::Waiting
                        && task.failures > 0
                        && line_of(task).is_some_and(|line| self.lines[line].lane == *lane)
                })
            })
            .collect();
        for (at, id) in waiting {
            self.timers.remove(&(at, Timer::Task(id)));
            self.enqueue(id);
        }
    }

    fn accepted(&mut self, id: TaskId, now: Millis) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        task.failures = 0;
        match task.subject.clone() {
            Subject::Page(_) => self.repeat_later(id, now),
            Subject::Drill(_) => task.state = State::Done,
            subject @ Subject::Silence(..) => {
                self.tasks.remove(&id);
                self.forget_if_done(&subject);
            }
            subject @ Subject::Notice(notice) => {
                self.effects.push(Effect::Told(notice));
                self.drop_matter(&subject);
            }
        }
    }

    /// A page that a service took on is sent again until it is over, where the siren needs that
    /// (APNs), or until the device has it.
    fn repeat_later(&mut self, id: TaskId, now: Millis) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        let every = match task.channel.transport() {
            Transport::Apns => Some(APNS_REPUSH_EVERY),
            Transport::WebPush | Transport::Fcm => Some(REPUSH_EVERY),
            Transport::Stream | Transport::Webhook | Transport::Email => None,
        };
        task.state = if every.is_some() {
            State::Waiting
        } else {
            State::Done
        };
        self.timers
            .extend(every.map(|every| (now + every, Timer::Task(id))));
    }

    /// A dead address is used for nothing any more.
    fn retire(&mut self, channel: &Arc<Channel>, why: String, climbing: &mut Vec<PageId>) {
        self.dead.insert(Arc::clone(channel));
        if let Some(line) = self.line_of.get(channel).copied() {
            let waiting = std::mem::take(&mut self.lines[line].queue);
            for rank in waiting {
                if let Some(task) = self.tasks.get_mut(&rank.task) {
                    task.state = State::Failed;
                    if let Subject::Page(page) = task.subject {
                        climbing.push(page);
                    }
                }
            }
            self.stir(line);
        }
        if matches!(channel.address, Address::Device(_)) {
            let channel = Arc::clone(channel);
            self.effects.push(Effect::Retire { channel, why });
        }
    }

    /// The page is over. Devices that may have it are told, unless a newer page to the same person
    /// has taken its place.
    fn end_page(&mut self, page: PageId, ticket: &Arc<Ticket>, now: Millis) {
        let subject = Subject::Page(page);
        let Some(matter) = self.matters.get(&subject) else {
            return;
        };
        let person = matter.person.clone();
        let told: Vec<Arc<Channel>> = matter
            .tasks
            .iter()
            .filter_map(|task| self.tasks.get(task))
            .filter(|task| task.sent && matches!(task.channel.address, Address::Device(_)))
            .map(|task| Arc::clone(&task.channel))
            .collect();
        self.drop_matter(&subject);
        if !ticket.pages.iter().any(|live| live.person == person) {
            self.silence(ticket, &person, told, now);
        }
    }

    /// A page that ended before a restart: whoever may have been sent it is told.
    fn take_ended(&mut self, ticket: &Arc<Ticket>, person: &PersonId, now: Millis) {
        let devices = self
            .roster
            .tiers(person)
            .iter()
            .flatten()
            .filter(|channel| matches!(channel.address, Address::Device(_)))
            .cloned()
            .collect();
        self.silence(ticket, person, devices, now);
    }

    fn silence(
        &mut self,
        ticket: &Arc<Ticket>,
        person: &PersonId,
        channels: Vec<Arc<Channel>>,
        now: Millis,
    ) {
        if channels.is_empty() {
            return;
        }
        let subject = Subject::Silence(ticket.id, person.clone());
        self.drop_matter(&subject);
        let matter = Matter {
            what: What::Silence(Arc::clone(ticket)),
            person: person.clone(),
            expires_at: now + SILENCE_LASTS,
            tasks: Vec::new(),
        };
        self.owe(&subject, matter, channels, ticket.severity as u8, now);
    }

    /// A new matter that goes by all these channels at once. `at` is what it is ranked by.
    fn owe(
        &mut self,
        subject: &Subject,
        matter: Matter,
        channels: Vec<Arc<Channel>>,
        severity: u8,
        at: Millis,
    ) {
        self.matters.insert(subject.clone(), matter);
        for channel in channels {
            self.add_task(subject, channel, 0, severity, at, None);
        }
    }

    fn take_drill(&mut self, record: DrillRecord, now: Millis) {
        let subject = Subject::Drill(record.drill.id.clone());
        let received = record
            .receipts
            .iter()
            .any(|receipt| receipt.rung >= Rung::Received);
        if received || now >= record.drill.expires_at {
            self.drop_matter(&subject);
            return;
        }
        if self.matters.contains_key(&subject) {
            return;
        }
        let channels = self
            .roster
            .of_device(&record.person, &record.device)
            .cloned()
            .collect();
        let (person, at) = (record.person.clone(), record.drill.at);
        let matter = Matter {
            person,
            expires_at: record.drill.expires_at,
            what: What::Drill(record),
            tasks: Vec::new(),
        };
        self.owe(&subject, matter, channels, DRILL_RANK, at);
    }

    fn take_notice(&mut self, notice: StoredNotice) {
        let subject = Subject::Notice(notice.id);
        if self.matters.contains_key(&subject) {
            return;
        }
        let channels = self
            .roster
            .tiers(&notice.person)
            .iter()
            .flatten()
            // A text message or a call is for pages.
            .filter(|channel| !matches!(channel.address, Address::Telephone { .. }))
            .cloned()
            .collect();
        let (person, at) = (notice.person.clone(), notice.at);
        let matter = Matter {
            person,
            expires_at: at + NOTICE_LASTS,
            what: What::Notice(notice),
            tasks: Vec::new(),
        };
        self.owe(&subject, matter, channels, NOTICE_RANK, at);
    }

    /// New channels get their tasks, channels that are gone lose theirs. Pages of people who had no
    /// channel so far come again from the store.
    fn take_roster(&mut self, roster: Arc<Roster>, now: Millis) {
        self.roster = roster;
        self.dead.clear();
        let current: HashSet<&Arc<Channel>> = self
            .matters
            .values()
            .flat_map(|matter| self.roster.tiers(&matter.person))
            .flatten()
            .collect();
        let gone: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, task)| {
                !current.contains(&task.channel)
                    && matches!(task.state, State::Queued | State::Waiting)
            })
            .map(|(id, _)| *id)
            .collect();
        for task in gone {
            self.rest(task);
            if let Some(task) = self.tasks.get_mut(&task) {
                task.state = State::Failed;
            }
        }
        let pages: Vec<PageId> = self.pages_of.values().flatten().copied().collect();
        for page in pages {
            self.climb(page, now);
        }
    }

    /// Takes a task out of its queue; it is kept as done.
    fn rest(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        task.state = State::Done;
        let rank = task.rank;
        if let Some(line) = self.line_of.get(&task.channel).copied()
            && self.lines[line].queue.remove(&rank)
        {
            self.stir(line);
        }
    }

    fn drop_matter(&mut self, subject: &Subject) {
        let Some(matter) = self.matters.remove(subject) else {
            return;
        };
        for id in matter.tasks {
            let state = self.tasks.get(&id).map(|task| task.state);
            self.rest(id);
            // Those under way are let go of when they end.
            if state != Some(State::InFlight) {
                self.tasks.remove(&id);
            }
        }
        if let What::Page(paging) = matter.what
            && let Some(at) = paging.next_tier_at
        {
            self.timers.remove(&(at, Timer::Tier(paging.page.id)));
        }
    }

    fn forget_if_done(&mut self, subject: &Subject) {
        let done = self.matters.get(subject).is_some_and(|matter| {
            matter
                .tasks
                .iter()
                .all(|task| !self.tasks.contains_key(task))
        });
        if done {
            self.matters.remove(subject);
        }
    }

    fn fire_timers(&mut self, now: Millis) {
        while let Some((at, _)) = self.timers.first()
            && *at <= now
            && let Some((_, timer)) = self.timers.pop_first()
        {
            match timer {
                Timer::Task(id) => {
                    let again = self
                        .tasks
                        .get(&id)
                        .is_some_and(|task| matches!(task.state, State::Waiting | State::Failed));
                    if again {
                        self.enqueue(id);
                    }
                }
                Timer::Tier(page) => {
                    if let Some(Matter {
                        what: What::Page(paging),
                        ..
                    }) = self.matters.get_mut(&Subject::Page(page))
                    {
                        paging.next_tier_at = None;
                    }
                    self.climb(page, now);
                }
                Timer::Line(line) => {
                    self.lines[line].paused = false;
                    self.stir(line);
                }
                Timer::Lane(lane) => {
                    self.stirred.insert(lane);
                }
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

/// Tests go after every page.
const DRILL_RANK: u8 = 10;

/// What can be read by day goes last.
const NOTICE_RANK: u8 = 11;

/// When the `tier`-th tier of a page begins, if it has to.
fn page_tier_at(page: &Page, every: Duration, tier: usize) -> Millis {
    page.at + every * u32::try_from(tier).unwrap_or(u32::MAX)
}

/// Doubles from [`RETRY_FIRST`] to [`RETRY_CAP`], a fifth more or less.
fn backoff(rng: &mut fastrand::Rng, failures: u32) -> Duration {
    let wait = RETRY_FIRST
        .saturating_mul(1 << failures.min(10))
        .min(RETRY_CAP);
    wait.mul_f64(0.8 + 0.4 * rng.f64())
}
