//! Worse or not as bad: what becomes of limits, pages and the conference.

use core::time::Duration;

use super::{Draft, not_blank};
use crate::policy::NUDGE_PERCENT;
use crate::{
    Actor, DeadlineKind, Event, PageEnd, PageReason, PersonId, Refusal, Role, Severity, TimerKind,
};

impl Draft<'_> {
    pub(super) fn set_severity(&mut self, by: &PersonId, to: Severity) -> Result<(), Refusal> {
        self.must_be_open()?;
        let from = self.ticket.severity;
        if to == from {
            return Err(Refusal::SameSeverity { severity: to });
        }
        if to.is_worse_than(from) {
            self.raise_severity(to, Actor::Person(by.clone()));
        } else {
            self.lower_severity(to, by);
        }
        Ok(())
    }

    /// The owner is told, whatever the state: a worse alarm is news even to somebody at work on
    /// it, unless they said so themselves. The stricter limit runs from now, but never ends later
    /// than one already escalating.
    pub(super) fn raise_severity(&mut self, to: Severity, by: Actor) {
        let from = self.ticket.severity;
        let owner = self.ticket.owner.clone();
        let owner_knows = by == Actor::Person(owner.clone());
        self.emit(Event::SeverityChanged { from, to, by });
        if self.is_held() {
            self.review_hold();
            return;
        }
        let Some(limit) = self
            .limits()
            .and_then(|limits| limits.of_state(self.ticket.state))
        else {
            return;
        };
        let due = match &self.ticket.deadline {
            Some(running) if running.kind == DeadlineKind::Escalate => {
                running.due.min(self.now + limit)
            }
            _ => self.now + limit,
        };
        self.end_hold();
        self.restart_status();
        self.convene_if_worst();
        self.renew_pages(due, |page| page.person != owner);
        let rings = self.ticket.pages.iter().any(|page| page.person == owner);
        if owner_knows && !rings {
            self.set_deadline(Some(due), DeadlineKind::Escalate);
        } else {
            self.page(&owner, Role::Owner, PageReason::SeverityRaised, due);
            self.set_deadline_reaching(due, vec![owner]);
        }
        self.watch_newcomer();
    }

    /// Longer limits count from when the ticket entered its state, and no limit becomes shorter.
    /// Where the new severity pages nobody, every siren falls silent and the conference ends.
    fn lower_severity(&mut self, to: Severity, by: &PersonId) {
        self.emit(Event::SeverityChanged {
            from: self.ticket.severity,
            to,
            by: Actor::Person(by.clone()),
        });
        let Some(limits) = self.limits().copied() else {
            self.end_pages(|page| page.help.is_none(), PageEnd::Moved);
            self.clear_timers(|kind| matches!(kind, TimerKind::Hold | TimerKind::Mentor));
            self.close_conference();
            self.set_deadline(None, DeadlineKind::Escalate);
            return;
        };
        self.restart_status();
        if self.is_held() {
            self.review_hold();
            return;
        }
        let (Some(running), Some(limit)) = (
            self.ticket.deadline.clone(),
            limits.of_state(self.ticket.state),
        ) else {
            return;
        };
        let share = match running.kind {
            DeadlineKind::Nudge => NUDGE_PERCENT,
            DeadlineKind::Escalate => 100,
        };
        let due = running
            .due
            .max(self.ticket.state_since + limit * share / 100);
        self.renew_pages(due, |_| true);
        self.set_deadline(Some(due), running.kind);
    }

    pub(super) fn extend_limit(
        &mut self,
        by: &PersonId,
        length: Duration,
        reason: &str,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        let chain = self.context.chain;
        let is_manager = [Role::Manager, Role::ManagersManager]
            .iter()
            .any(|role| chain.people(*role).contains(by));
        if !is_manager {
            return Err(Refusal::NotAManager);
        }
        let reason = not_blank("reason", reason)?;
        let state = self.ticket.state;
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let (true, Some(running), Some(longest)) = (
            state != crate::TicketState::Assigned,
            self.ticket.deadline.clone(),
            limits.of_state(state),
        ) else {
            return Err(Refusal::NothingToExtend { state });
        };
        if let Some(extended) = &self.ticket.extended {
            return Err(Refusal::AlreadyExtended {
                by: extended.by.clone(),
                at: extended.at,
            });
        }
        if length < Duration::from_secs(1) || length > longest {
            let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
            return Err(Refusal::ExtensionLength { longest_ms });
        }
        let until = running.due.max(self.now + length);
        self.emit(Event::LimitExtended {
            by: by.clone(),
            until,
            reason,
        });
        self.end_pages(|page| !page.reason.is_aside(), PageEnd::Answered);
        self.set_deadline(Some(until), DeadlineKind::Escalate);
        Ok(())
    }
}
