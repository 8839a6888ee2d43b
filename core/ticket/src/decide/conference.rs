//! The conference of an incident, its roles, and the status updates it owes.

use super::{Draft, not_blank};
use crate::{
    Bridge, Event, IncidentRole, PageEnd, PageReason, PersonId, Refusal, Role, Severity, TimerKind,
};

impl Draft<'_> {
    fn has_open_conference(&self) -> bool {
        self.ticket
            .conference
            .as_ref()
            .is_some_and(|conference| conference.closed_at.is_none())
    }

    fn must_have_conference(&self) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.has_open_conference() {
            Ok(())
        } else {
            Err(Refusal::NoConference)
        }
    }

    /// A SEV1 convenes its conference before it pages, so that the first page has the bridge.
    pub(super) fn convene_if_worst(&mut self) {
        if self.ticket.severity == Severity::Sev1
            && !self.has_open_conference()
            && let Some(bridge) = self.context.bridge
        {
            self.convene_on(bridge);
        }
    }

    fn convene_on(&mut self, bridge: &Bridge) {
        self.emit(Event::ConferenceConvened {
            bridge: bridge.clone(),
        });
        self.expect_status();
    }

    pub(super) fn convene(&mut self) -> Result<(), Refusal> {
        self.must_be_open()?;
        if let Some(conference) = &self.ticket.conference
            && conference.closed_at.is_none()
        {
            return Err(Refusal::AlreadyConvened {
                url: conference.bridge.url.clone(),
            });
        }
        let bridge = self.context.bridge.ok_or(Refusal::NoBridge)?;
        self.convene_on(bridge);
        Ok(())
    }

    pub(super) fn move_conference(&mut self, bridge: &Bridge) -> Result<(), Refusal> {
        self.must_have_conference()?;
        let there = self.ticket.conference.as_ref().map(|it| &it.bridge);
        if there != Some(bridge) {
            self.emit(Event::ConferenceMoved {
                bridge: bridge.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn join_conference(&mut self, by: &PersonId) -> Result<(), Refusal> {
        self.must_have_conference()?;
        let joined = self.ticket.conference.as_ref();
        if !joined.is_some_and(|conference| conference.joined.contains_key(by)) {
            self.emit(Event::ConferenceJoined { by: by.clone() });
        }
        Ok(())
    }

    pub(super) fn name_role(
        &mut self,
        by: &PersonId,
        person: &PersonId,
        role: IncidentRole,
    ) -> Result<(), Refusal> {
        self.must_have_conference()?;
        self.must_be_pageable(person)?;
        let held = self.ticket.conference.as_ref();
        if held.and_then(|conference| conference.roles.get(person)) != Some(&role) {
            self.emit(Event::RoleNamed {
                by: by.clone(),
                person: person.clone(),
                role,
            });
        }
        Ok(())
    }

    /// The conference ends with its cause; nobody waits for news any more.
    pub(super) fn close_conference(&mut self) {
        self.end_status_pages();
        self.clear_timers(is_status);
        if self.has_open_conference() {
            self.emit(Event::ConferenceClosed);
        }
    }

    pub(super) fn update_status(&mut self, by: &PersonId, text: &str) -> Result<(), Refusal> {
        self.must_be_open()?;
        let text = not_blank("text", text)?;
        self.emit(Event::StatusUpdated {
            by: by.clone(),
            text,
        });
        self.restart_status();
        Ok(())
    }

    fn owes_status(&self) -> bool {
        self.runs(TimerKind::StatusUpdate) || self.runs(TimerKind::StatusUpdateMissed)
    }

    /// Where status updates are due, the interval begins anew.
    pub(super) fn restart_status(&mut self) {
        if self.owes_status() {
            self.expect_status();
        }
    }

    /// The next status update is due one interval from now.
    fn expect_status(&mut self) {
        self.end_status_pages();
        self.clear_timers(is_status);
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        self.set_timer(TimerKind::StatusUpdate, self.now + limits.status_updates);
    }

    /// A SEV2 that outlives its limit owes news from then on, where the team holds conferences.
    pub(super) fn expect_status_of_the_overdue(&mut self) {
        if self.context.bridge.is_some() && !self.owes_status() {
            self.expect_status();
        }
    }

    /// The commander's siren asks for the update, and goes on asking the manager if one was paged
    /// for an earlier one. Whoever is being paged anyway is not paged twice.
    pub(super) fn ask_for_status(&mut self) {
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let due = self.now + limits.status_update_grace();
        let commander = self.ticket.commander().clone();
        for page in self.ticket.pages.clone() {
            if page.reason == PageReason::StatusUpdateMissed {
                self.page_aside(&page.person, page.role, page.reason, due, None);
            }
        }
        self.page_aside(
            &commander,
            Role::Commander,
            PageReason::StatusUpdateDue,
            due,
            None,
        );
        self.set_timer(TimerKind::StatusUpdateMissed, due);
    }

    /// The manager hears that the commander gives no news; then the next interval runs.
    pub(super) fn status_missed(&mut self) {
        self.expect_status();
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let due = self.now + limits.status_updates;
        let reason = PageReason::StatusUpdateMissed;
        for manager in self.context.chain.people(Role::Manager) {
            self.page_aside(manager, Role::Manager, reason, due, None);
        }
    }

    fn end_status_pages(&mut self) {
        self.end_pages(
            |page| {
                matches!(
                    page.reason,
                    PageReason::StatusUpdateDue | PageReason::StatusUpdateMissed
                )
            },
            PageEnd::Answered,
        );
    }
}

const fn is_status(kind: TimerKind) -> bool {
    matches!(
        kind,
        TimerKind::StatusUpdate | TimerKind::StatusUpdateMissed
    )
}
