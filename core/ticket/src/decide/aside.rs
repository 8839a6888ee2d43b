//! What runs beside the limits: holds, mentors, flapping alarms, and the timers of all of them.

use core::time::Duration;

use super::Draft;
use crate::{
    Actor, Event, Group, Millis, PageEnd, PageReason, PersonId, Refusal, Role, Shadow, ShadowMode,
    Timer, TimerKind,
};
use crate::{Hold, MENTOR_PERCENT};

/// An alarm that opened this many tickets within [`FLAPPING_WITHIN`] is flapping when it opens one
/// more: three times is chance, four times is a pattern to mend.
pub const FLAPPING_TICKETS: u32 = 3;

/// The time within which tickets of one alarm are counted for [`FLAPPING_TICKETS`].
pub const FLAPPING_WITHIN: Duration = Duration::from_secs(60 * 60);

/// How long a flapping alarm must stay quiet before its ticket is resolved by itself.
pub const FLAPPING_SETTLES: Duration = Duration::from_secs(10 * 60);

impl<'a> Draft<'a> {
    /// The first steps of a new ticket: who is paged, or why nobody is yet.
    pub(super) fn begin(&mut self) {
        let recent = self.context.recent_tickets;
        if recent >= FLAPPING_TICKETS {
            self.emit(Event::FlappingDetected {
                tickets: recent + 1,
            });
        }
        match self.rule() {
            Some(hold) => self.hold(hold),
            None => self.page_for_the_first_time(),
        }
    }

    /// The rule by which the ticket is to page nobody yet, if it would page at all.
    fn rule(&self) -> Option<&'a Hold> {
        let rule = self.context.hold.filter(|hold| hold.until > self.now);
        rule.filter(|_| self.limits().is_some())
    }

    fn hold(&mut self, hold: &Hold) {
        self.emit(Event::Held { hold: hold.clone() });
        self.set_timer(TimerKind::Hold, hold.until);
    }

    /// What becomes of a held ticket once its rule may have changed, or it is as severe as another.
    pub(super) fn review_hold(&mut self) {
        if self.is_held() && self.rule() != self.ticket.hold.as_ref() {
            self.clear_timers(|kind| kind == TimerKind::Hold);
            self.hold_on_or_page();
        }
    }

    /// One rule ended. While another one holds, the ticket goes on being held by that; otherwise it
    /// pages whoever is on call by now.
    fn hold_on_or_page(&mut self) {
        if let Some(hold) = self.rule() {
            self.hold(hold);
            return;
        }
        self.emit(Event::HoldEnded {
            owner: Some(self.context.chain.on_call().clone()),
        });
        self.page_for_the_first_time();
    }

    pub(super) fn is_held(&self) -> bool {
        self.runs(TimerKind::Hold)
    }

    /// Somebody is on it, or is paged for another reason, so nobody needs to be paged later.
    pub(super) fn end_hold(&mut self) {
        if self.ticket.hold.is_some() {
            self.clear_timers(|kind| kind == TimerKind::Hold);
            self.emit(Event::HoldEnded { owner: None });
        }
    }

    fn page_for_the_first_time(&mut self) {
        self.convene_if_worst();
        self.page_owner(PageReason::Assigned);
        if let Some(Shadow {
            newcomer,
            mode: ShadowMode::NewcomerShadows,
            ..
        }) = self.context.shadow
            && *newcomer != self.ticket.owner
            && let Some(due) = self.ticket.deadline.as_ref().map(|deadline| deadline.due)
        {
            self.page(newcomer, Role::Shadow, PageReason::Shadowing, due);
        }
    }

    /// A newcomer who leads has their mentor watching each limit, from the instant it begins.
    pub(super) fn watch_newcomer(&mut self) {
        self.clear_timers(|kind| kind == TimerKind::Mentor);
        let leads = self.context.shadow.is_some_and(|shadow| {
            shadow.mode == ShadowMode::MentorShadows && shadow.newcomer == self.ticket.owner
        });
        let limit = self
            .limits()
            .and_then(|limits| limits.of_state(self.ticket.state));
        if let Some(limit) = limit.filter(|_| leads) {
            self.set_timer(TimerKind::Mentor, self.now + limit * MENTOR_PERCENT / 100);
        }
    }

    fn page_mentor(&mut self) {
        let (Some(shadow), Some(deadline)) = (self.context.shadow, self.ticket.deadline.clone())
        else {
            return;
        };
        if self.ticket.asked.contains(&shadow.mentor) {
            return;
        }
        self.emit(Event::Escalated {
            level: self.ticket.level + 1,
            role: Role::Mentor,
            people: vec![shadow.mentor.clone()],
            reason: PageReason::NewcomerLate,
            new_round: false,
        });
        self.page(
            &shadow.mentor,
            Role::Mentor,
            PageReason::NewcomerLate,
            deadline.due,
        );
    }

    /// Monitoring says that the alarm is over. Others of its group may still fire, and a flapping
    /// alarm is not believed at once.
    pub(super) fn recover(&mut self, source: &str, dedup_key: &str) {
        if let Some(group) = &self.ticket.group {
            if !group.firing.contains(dedup_key) {
                return;
            }
            self.emit(Event::AlarmRecovered {
                dedup_key: dedup_key.to_owned(),
                source: source.to_owned(),
            });
        }
        let goes_on = |group: &Group| !group.is_over();
        if self.ticket.group.as_ref().is_some_and(goes_on) {
            return;
        }
        if !self.ticket.flapping {
            self.resolve(Actor::Monitoring(source.to_owned()));
        } else if !self.runs(TimerKind::Settle) {
            self.set_timer(TimerKind::Settle, self.now + FLAPPING_SETTLES);
        }
    }

    /// The answer to a page that is beside the limits: that page ends, and no other.
    pub(super) fn acknowledge_aside(&mut self, by: &PersonId, reason: PageReason) {
        self.emit(Event::Acknowledged { by: by.clone() });
        self.end_pages(
            |page| page.person == *by && page.reason == reason,
            PageEnd::CheckedIn,
        );
    }

    /// "I cannot." The next is asked at once.
    pub(super) fn decline(&mut self, by: &PersonId, reason: Option<&str>) -> Result<(), Refusal> {
        self.must_be_open()?;
        let Some(page) = self.ticket.pages.iter().find(|page| page.person == *by) else {
            return Err(Refusal::NotPaged { person: by.clone() });
        };
        let reason = reason
            .map(str::trim)
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned);
        if let Some(number) = page.help {
            self.answer_help(number, by, false, reason);
            return Ok(());
        }
        let is_aside = page.reason.is_aside();
        self.emit(Event::Declined {
            by: by.clone(),
            reason,
        });
        self.end_pages(|page| page.person == *by, PageEnd::Declined);
        if !is_aside {
            self.escalate_without(Some(by), PageReason::Declined);
        }
        Ok(())
    }

    pub(super) fn timer_passed(&mut self, timer: Timer) -> Result<(), Refusal> {
        if self.now < timer.due {
            return Err(Refusal::NotYetDue { due: timer.due });
        }
        self.emit(Event::TimerCleared {
            generation: timer.generation,
        });
        match timer.kind {
            TimerKind::Hold => self.hold_on_or_page(),
            TimerKind::Mentor => self.page_mentor(),
            TimerKind::StatusUpdate => self.ask_for_status(),
            TimerKind::StatusUpdateMissed => self.status_missed(),
            TimerKind::Help { number } => self.help_unanswered(number),
            TimerKind::Settle => self.resolve(Actor::Monitoring(self.ticket.source.clone())),
        }
        Ok(())
    }

    pub(super) fn runs(&self, kind: TimerKind) -> bool {
        self.ticket.timers.iter().any(|timer| timer.kind == kind)
    }

    pub(super) fn set_timer(&mut self, kind: TimerKind, due: Millis) {
        let generation = self.ticket.generation + 1;
        self.emit(Event::TimerSet {
            timer: Timer {
                generation,
                due,
                kind,
            },
        });
    }

    pub(super) fn clear_timers(&mut self, which: impl Fn(TimerKind) -> bool) {
        let timers = self.ticket.timers.clone();
        for timer in timers.iter().filter(|timer| which(timer.kind)) {
            self.emit(Event::TimerCleared {
                generation: timer.generation,
            });
        }
    }
}
