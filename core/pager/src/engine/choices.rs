//! Whom one may ask for help with a ticket, likeliest first.

use tocsin_ticket::HelpTarget;

use super::texts::Texts;
use super::view::{TicketItem, View};

impl View {
    /// Everybody who may be asked, with the words for it in the person's language: who is on call
    /// for what the service needs, the manager, the other services' on-calls, people, whole teams.
    #[must_use]
    pub fn help_choices(&self, item: &TicketItem) -> Vec<(HelpTarget, String)> {
        let (names, texts) = (&self.directory, Texts::new(self.language));
        let needed = names.downstream.get(&item.ticket.service);
        let needed = || needed.into_iter().flatten();
        let others = names
            .services
            .keys()
            .filter(|service| !needed().any(|needed| needed == *service));
        let on_call = |service: &tocsin_ticket::ServiceId| {
            let target = HelpTarget::Service {
                service: service.clone(),
            };
            (target, texts.on_call_of(names.service(service)))
        };
        let people = names.people.keys().filter(|id| **id != self.me.id);
        let people = people.map(|id| {
            let target = HelpTarget::Person { person: id.clone() };
            (target, texts.person(id, names))
        });
        let teams = names.teams.keys().map(|id| {
            let target = HelpTarget::Team { team: id.clone() };
            (target, texts.all_of(names.team(id)))
        });
        needed()
            .map(on_call)
            .chain([(HelpTarget::Manager, texts.the_manager())])
            .chain(others.map(on_call))
            .chain(people)
            .chain(teams)
            .collect()
    }
}
