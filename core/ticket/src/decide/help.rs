//! Calls for help: who is asked, who answers, and who is asked then.

use super::{Draft, not_blank};
use crate::{
    Event, Help, HelpTarget, Level, PageEnd, PageReason, PersonId, Refusal, Role, TimerKind,
};

impl Draft<'_> {
    pub(super) fn ask_help(
        &mut self,
        by: &PersonId,
        target: &HelpTarget,
        levels: &[Level],
        message: &str,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        let message = not_blank("message", message)?;
        let mut known = vec![by.clone()];
        let mut levels = levels.iter().filter_map(|level| {
            let people: Vec<PersonId> = level
                .people
                .iter()
                .filter(|person| !known.contains(person))
                .cloned()
                .collect();
            known.extend_from_slice(&people);
            (!people.is_empty()).then_some(Level {
                role: level.role,
                people,
            })
        });
        let first = levels.next().ok_or(Refusal::NobodyToAsk)?;
        let number = self.ticket.helps.len() as u32 + 1;
        let help = Help {
            number,
            by: by.clone(),
            at: self.now,
            target: target.clone(),
            message,
            asked: first.people.clone(),
            then: levels.collect(),
            answers: Vec::new(),
            exhausted: false,
        };
        self.emit(Event::HelpAsked { help });
        self.page_for_help(number, &first.people);
        Ok(())
    }

    /// Pages these people for a call, for as long as somebody of the chain has to answer.
    fn page_for_help(&mut self, number: u32, people: &[PersonId]) {
        let limits = self.context.policy.limits_once_paging(self.ticket.severity);
        let due = self.now + limits.of_role(Role::Helper);
        for person in people {
            let reason = PageReason::HelpAsked;
            self.page_aside(person, Role::Helper, reason, due, Some(number));
        }
        self.set_timer(TimerKind::Help { number }, due);
    }

    /// One who was asked says whether they come. The first who does is enough.
    pub(super) fn answer_help(
        &mut self,
        number: u32,
        by: &PersonId,
        comes: bool,
        reason: Option<String>,
    ) {
        self.emit(Event::HelpAnswered {
            number,
            by: by.clone(),
            comes,
            reason,
        });
        let own = |page: &crate::Page| page.help == Some(number) && page.person == *by;
        if comes {
            self.end_pages(own, PageEnd::CheckedIn);
            self.end_help(number);
            return;
        }
        self.end_pages(own, PageEnd::Declined);
        let nobody_left = self
            .ticket
            .helps
            .iter()
            .any(|help| help.number == number && help.is_open() && help.asked.is_empty());
        if nobody_left {
            self.pass_on(number);
        }
    }

    /// The limit of those who were asked is over.
    pub(super) fn help_unanswered(&mut self, number: u32) {
        let open = self
            .ticket
            .helps
            .iter()
            .any(|help| help.number == number && help.is_open());
        if open {
            self.pass_on(number);
        }
    }

    /// Asks the next level; everybody asked before who has not answered yet is paged on with them.
    fn pass_on(&mut self, number: u32) {
        self.clear_timers(|kind| kind == TimerKind::Help { number });
        let Some(help) = self.ticket.helps.iter().find(|help| help.number == number) else {
            return;
        };
        let Some(level) = help.then.first().cloned() else {
            self.emit(Event::HelpExhausted { number });
            self.end_help(number);
            return;
        };
        let ringing = self.ticket.pages.iter();
        let ringing = ringing.filter(|page| page.help == Some(number));
        let mut people: Vec<PersonId> = help.asked.clone();
        people.extend(ringing.map(|page| page.person.clone()));
        people.extend_from_slice(&level.people);
        people.sort();
        people.dedup();
        self.emit(Event::HelpPassedOn { number, level });
        self.page_for_help(number, &people);
    }

    fn end_help(&mut self, number: u32) {
        self.clear_timers(|kind| kind == TimerKind::Help { number });
        self.end_pages(|page| page.help == Some(number), PageEnd::Answered);
    }
}
