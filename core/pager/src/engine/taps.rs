//! The outbox: taps show at once, survive a crash, and are done once, in order.

use core::time::Duration;
use std::collections::BTreeSet;

use tocsin_ticket::{Actor, Millis, PageId, PageReason, Refusal, Rung, TicketId};
use tocsin_wire::{Action, CommandId, CommandReply, CommandRequest, Known, Outcome, PageView};

use super::receipts::How;
use super::{Change, Draft, Due, Effect, NoticeKind, Phone, QueuedTap};
use crate::net::NetworkError;

const RETRY_FIRST: Duration = Duration::from_millis(500);

/// The most tickets beside the first that one tap is for; the wire's limit.
pub const ALSO_LIMIT: usize = 10_000;

/// Once the server has taken a check-in to all, how the other tickets stand now comes with their
/// updates. So long they stay silent; then what still pages rings again, because no update came.
pub const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// Tickets that the server has checked in and whose updates are on their way.
#[derive(Debug)]
pub struct Settling {
    tickets: BTreeSet<TicketId>,
    until: Due,
}

impl Settling {
    pub fn is_for(&self, ticket: TicketId) -> bool {
        self.tickets.contains(&ticket)
    }
}

#[derive(Debug)]
pub struct Tap {
    queued: QueuedTap,
    tickets: BTreeSet<TicketId>,
    on_its_way: bool,
    retry: Option<Due>,
    attempts: u32,
}

impl Tap {
    pub fn new(queued: QueuedTap) -> Self {
        let request = &queued.request;
        let also = request.also.iter().copied();
        Self {
            tickets: also.chain([request.ticket]).collect(),
            queued,
            on_its_way: false,
            retry: None,
            attempts: 0,
        }
    }

    pub fn request(&self) -> &CommandRequest {
        &self.queued.request
    }

    pub fn ticket(&self) -> TicketId {
        self.queued.request.ticket
    }

    pub fn is_for(&self, ticket: TicketId) -> bool {
        self.tickets.contains(&ticket)
    }

    /// The person's pages that it answers.
    pub fn pages(&self) -> impl Iterator<Item = PageId> {
        self.queued.pages.iter().copied()
    }

    /// Whether it shows that the person is awake and has dealt with this page of theirs.
    pub fn answers(&self, page: &PageView) -> bool {
        let reason = page.reason.get();
        match self.queued.request.action {
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
            Action::Reopen
            | Action::Note { .. }
            | Action::SetSeverity { .. }
            | Action::Convene
            | Action::JoinConference
            | Action::NameRole { .. }
            | Action::AskHelp { .. } => false,
        }
    }

    /// The network is back: no more waiting.
    pub fn retry_now(&mut self) {
        self.retry = None;
        self.attempts = 0;
    }
}

impl Phone {
    pub(super) fn tap(
        &mut self,
        id: CommandId,
        ticket: TicketId,
        action: Action,
        now: Millis,
        out: &mut Draft,
    ) {
        let last = self.taps.iter().rev().find(|tap| tap.is_for(ticket));
        let has_words = action.words().is_some();
        let twice = last.is_some_and(|last| !has_words && last.request().action == action);
        if twice || self.taps.iter().any(|tap| tap.request().id == id) {
            return;
        }
        let request = CommandRequest {
            id,
            ticket,
            at: now,
            action,
            also: Vec::new(),
        };
        self.queue_tap(request, self.my_pages_on(ticket), out);
    }

    /// One tap for every ticket with a page that rings, the worst first.
    pub(super) fn check_in_all(&mut self, id: CommandId, now: Millis, out: &mut Draft) {
        let ringing = self.ringing(now);
        let mut waiting: Vec<_> = self
            .my_pages()
            .filter(|(_, page)| ringing.contains(&page.id))
            .map(|(ticket, page)| (super::view::urgency(ticket), ticket.id, page.id))
            .collect();
        waiting.sort_unstable();
        let mut seen = BTreeSet::new();
        let mut tickets = waiting.iter().map(|(_, ticket, _)| *ticket);
        let mut tickets = tickets.by_ref().filter(|ticket| seen.insert(*ticket));
        let Some(ticket) = tickets.next() else {
            return;
        };
        let also: Vec<TicketId> = tickets.take(ALSO_LIMIT).collect();
        let covered: BTreeSet<TicketId> = also.iter().copied().chain([ticket]).collect();
        let pages = waiting
            .iter()
            .filter(|(_, ticket, _)| covered.contains(ticket))
            .map(|(_, _, page)| *page)
            .collect();
        let request = CommandRequest {
            id,
            ticket,
            at: now,
            action: Action::CheckIn,
            also,
        };
        self.queue_tap(request, pages, out);
    }

    fn queue_tap(&mut self, request: CommandRequest, pages: Vec<PageId>, out: &mut Draft) {
        let number = self.number();
        let queued = QueuedTap {
            number,
            request,
            pages,
        };
        out.change(Change::AddTap(queued.clone()));
        self.taps.push(Tap::new(queued));
    }

    pub(super) fn tap_answered(
        &mut self,
        id: &CommandId,
        result: Result<Box<CommandReply>, NetworkError>,
        now: Millis,
        out: &mut Draft,
    ) {
        let Some(place) = self.taps.iter().position(|tap| tap.request().id == *id) else {
            return;
        };
        self.taps[place].on_its_way = false;
        match result {
            Ok(reply) => {
                self.answered(now, out);
                let tap = self.remove_tap(place, out);
                self.take_reply(tap.queued, *reply, now, out);
            }
            Err(NetworkError::Rejected { status, detail }) => {
                let tap = self.remove_tap(place, out);
                let text =
                    self.texts
                        .rejected(&tap.request().action, status, &detail, &self.directory);
                let ticket = Some(tap.ticket());
                self.notify(NoticeKind::Rejected, ticket, text, None, now, out);
            }
            Err(error) => {
                if error == NetworkError::Unauthorized {
                    self.unauthorized(now, out);
                }
                let wait = self.retry_after(&error, self.taps[place].attempts, RETRY_FIRST);
                let tap = &mut self.taps[place];
                tap.attempts = tap.attempts.saturating_add(1);
                tap.retry = Some(Due::after(now, wait));
            }
        }
    }

    fn remove_tap(&mut self, place: usize, out: &mut Draft) -> Tap {
        let tap = self.taps.remove(place);
        out.change(Change::RemoveTap(tap.request().id.clone()));
        tap
    }

    fn take_reply(&mut self, tap: QueuedTap, reply: CommandReply, now: Millis, out: &mut Draft) {
        let request = tap.request;
        match reply.ticket {
            Some(ticket) => self.take_ticket(ticket, out),
            None => self.forget_ticket(request.ticket, out),
        }
        // Each ticket is decided on its own: what became of the first says nothing about the others.
        let refused: BTreeSet<TicketId> = reply.also_refused.into_iter().collect();
        let done: BTreeSet<TicketId> = request
            .also
            .iter()
            .copied()
            .filter(|ticket| !refused.contains(ticket))
            .collect();
        let at = request.at;
        for page in tap.pages.iter().filter(|page| done.contains(&page.ticket)) {
            self.reach(*page, Rung::CheckedIn, How::default(), at, out);
        }
        if !done.is_empty() {
            self.settling.push(Settling {
                tickets: done,
                until: Due::after(now, SETTLES_WITHIN),
            });
        }
        if !refused.is_empty() {
            let text = self.texts.also_refused(refused.len());
            let ticket = refused.first().copied();
            self.notify(NoticeKind::Refused, ticket, text, None, now, out);
        }
        match reply.outcome {
            Outcome::Accepted => {
                if matches!(request.action, Action::CheckIn | Action::StartWork) {
                    let own = tap.pages.into_iter();
                    for page in own.filter(|page| page.ticket == request.ticket) {
                        self.reach(page, Rung::CheckedIn, How::default(), at, out);
                    }
                }
            }
            Outcome::Refused { refusal, message } => {
                let (by, at) = who_and_when(&refusal);
                if by == Some(&Actor::Person(self.me.person.clone())) {
                    return; // What they wanted holds, by their own tap on another device.
                }
                let tapped_at = self.server_now(request.at);
                let text = self.texts.refused(
                    &request.action,
                    tapped_at,
                    &refusal,
                    &message,
                    &self.directory,
                );
                let ticket = Some(request.ticket);
                self.notify(NoticeKind::Refused, ticket, text, at, now, out);
            }
        }
    }

    /// Drops what has settled: the siren follows in the same step.
    pub(super) fn settle_settling(&mut self, now: Millis) {
        let mut settling = std::mem::take(&mut self.settling);
        for one in &mut settling {
            one.tickets.retain(|id| {
                let held = self.tickets.get(*id).map(|held| &held.ticket);
                held.is_some_and(|ticket| ticket.is_open() && !ticket.pages.is_empty())
            });
        }
        settling.retain(|one| !one.tickets.is_empty() && !one.until.is_due(now));
        self.settling = settling;
    }

    /// Sends the first tap of each ticket that waits for nothing.
    pub(super) fn settle_taps(&mut self, now: Millis, out: &mut Draft) {
        let mut earlier: BTreeSet<TicketId> = BTreeSet::new();
        for tap in &mut self.taps {
            let is_first = tap.tickets.is_disjoint(&earlier);
            earlier.extend(&tap.tickets);
            let waits = tap.retry.is_some_and(|due| !due.is_due(now));
            if is_first && !tap.on_its_way && !waits {
                tap.on_its_way = true;
                tap.retry = None;
                out.send(Effect::SendCommand(tap.request().clone()));
            }
        }
    }

    pub(super) fn taps_wake(&self) -> Option<Millis> {
        self.taps
            .iter()
            .filter_map(|tap| tap.retry)
            .chain(self.settling.iter().map(|settling| settling.until))
            .map(Due::at)
            .min()
    }
}

/// Who was faster, and when, as far as a refusal tells.
pub(super) fn who_and_when(refusal: &Known<Refusal>) -> (Option<&Actor>, Option<Millis>) {
    match refusal.get() {
        Some(
            Refusal::AlreadyCheckedIn { by, at }
            | Refusal::AlreadyStarted { by, at }
            | Refusal::AlreadyResolved { by, at },
        ) => (Some(by), Some(*at)),
        _ => (None, None),
    }
}
