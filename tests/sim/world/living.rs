//! The people's part: who hears a siren, and what they do with the phone in their hand.

use tocsin_pager::engine::{Input, View};
use tocsin_wire::{Action, CommandId};

use super::{Event, World};
use crate::oracle::Verdict;
use crate::people::Act;

impl World {
    /// A phone has begun to ring.
    pub(super) fn somebody_hears(&mut self, phone: usize) {
        if self.healed {
            return;
        }
        let owner = &self.phones[phone].person;
        let Some(person) = self.people.iter().position(|person| person.id == *owner) else {
            return;
        };
        if let Some(delay) = self.people[person].reacts_after_ms() {
            self.after(delay, Event::Reach(person));
        }
    }

    /// A device of the person that runs, preferably one that rings.
    pub(super) fn device_of(&self, person: usize) -> Option<(usize, View)> {
        let id = &self.people[person].id;
        let mine = |phone: &&usize| {
            let handset = &self.phones[**phone];
            handset.person == *id && handset.phone.is_some()
        };
        let all: Vec<usize> = (0..self.phones.len()).collect();
        let phone = all
            .iter()
            .filter(mine)
            .max_by_key(|phone| self.phones[**phone].siren_on)
            .copied()?;
        Some((phone, self.phones[phone].view(self.now_ms)?))
    }

    pub(super) fn reach(&mut self, person: usize) -> Verdict {
        let Some((phone, view)) = self.device_of(person) else {
            return Ok(());
        };
        if self.healed {
            return Ok(());
        }
        let acts = self.people[person].answers(&view);
        if acts.is_empty() {
            return Ok(());
        }
        let id = self.people[person].id.clone();
        if self.people[person].takes_other_device() {
            let other = (0..self.phones.len())
                .find(|other| *other != phone && self.phones[*other].person == id);
            if let Some(other) = other {
                for act in acts.clone() {
                    let delay = self.rng.i64(0..2_000);
                    self.after(delay, Event::Tap { phone: other, act });
                }
            }
        }
        for act in acts {
            self.act(phone, act)?;
        }
        if self.phones[phone].siren_on {
            let delay = self.rng.i64(2_000..40_000);
            self.after(delay, Event::Reach(person));
        }
        if let Some(delay) = self.people[person].goes_on_after_ms() {
            self.after(delay, Event::GoOn(person));
        }
        Ok(())
    }

    pub(super) fn act(&mut self, phone: usize, act: Act) -> Verdict {
        if self.phones[phone].phone.is_none() {
            return Ok(());
        }
        let input = match act {
            Act::Look(ticket) => Input::Seen { ticket },
            Act::Dismiss(number) => Input::NoticeDismissed { number },
            Act::Tap(ticket, action) => {
                let who = self.phones[phone].person.clone();
                let action = self.fresh(action);
                self.tell(who.as_str(), format_args!("taps {action:?} for {ticket}"));
                Input::Tap {
                    id: CommandId::new(format!("{:032x}", self.rng.u128(..))),
                    ticket,
                    action,
                }
            }
        };
        self.step(phone, input)
    }

    /// What people write is told apart by its text.
    pub(super) fn fresh(&mut self, mut action: Action) -> Action {
        let text = match &mut action {
            Action::Note { text } | Action::UpdateStatus { text } => Some(text),
            Action::Decline { reason } => reason.as_mut(),
            Action::ExtendLimit { reason, .. } => Some(reason),
            Action::AskHelp { message, .. } => Some(message),
            _ => None,
        };
        if let Some(text) = text {
            *text = format!("{text} ({:08x})", self.rng.u32(..));
        }
        action
    }
}
