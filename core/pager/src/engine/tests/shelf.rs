//! What is kept up to date about all tickets is what counting them anew would say.

use std::sync::Arc;

use proptest::prelude::*;

use tocsin_ticket::TicketState;

use super::super::shelf::Shelf;
use super::*;

#[derive(Debug, Clone)]
enum Change {
    Put(Arc<TicketView>),
    Remove(TicketId),
    SnapshotBegins,
    Belongs(PersonId),
}

/// A ticket that pages Ana, Ben or nobody, whole or not, open or resolved at some time.
fn ticket() -> impl Strategy<Value = TicketView> {
    let pages = prop::sample::subsequence(vec!["ana", "ben"], 0..=2);
    (1..6_u64, pages, any::<bool>(), prop::option::of(0..4_i64)).prop_map(
        |(id, paged, partial, resolved)| {
            let (_, Update { mut ticket, .. }) = World::alarm(id, Millis(0));
            let page = ticket.pages[0].clone();
            ticket.pages = paged
                .into_iter()
                .map(|who| PageView {
                    person: person(who),
                    ..page.clone()
                })
                .collect();
            ticket.partial = partial;
            if let Some(at) = resolved {
                ticket.state = TicketState::Resolved.into();
                ticket.state_since = Millis(at);
            }
            ticket
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => ticket().prop_map(|ticket| Change::Put(Arc::new(ticket))),
        2 => (1..6_u64).prop_map(|id| Change::Remove(TicketId(id))),
        1 => Just(Change::SnapshotBegins),
        1 => prop::sample::select(vec!["ana", "ben"]).prop_map(|who| Change::Belongs(person(who))),
    ]
}

proptest! {
    #[test]
    fn after_any_storm_the_pages_and_the_resolved_tickets_are_those_that_are_there(
        changes in prop::collection::vec(change(), 0..40),
    ) {
        let mut me = person("ana");
        let mut shelf = Shelf::new(me.clone(), []);
        for change in changes {
            match change {
                Change::Put(ticket) => shelf.put(ticket),
                Change::Remove(id) => {
                    let was_there = shelf.get(id).is_some();
                    prop_assert_eq!(shelf.remove(id), was_there);
                }
                Change::SnapshotBegins => shelf.mark_stale(),
                Change::Belongs(person) => {
                    shelf.belong_to(&person);
                    me = person;
                }
            }
            let all = || shelf.values().map(|held| (&held.ticket, held.stale));
            let mine: Vec<PageId> = all()
                .filter(|(ticket, _)| ticket.is_open())
                .flat_map(|(ticket, _)| &ticket.pages)
                .filter(|page| page.person == me)
                .map(|page| page.id)
                .collect();
            let kept: Vec<PageId> = shelf.my_pages().map(|(_, page)| page.id).collect();
            prop_assert_eq!(kept, mine);
            let stale: Vec<TicketId> = all()
                .filter(|(_, stale)| *stale)
                .map(|(ticket, _)| ticket.id)
                .collect();
            prop_assert_eq!(shelf.has_no_stale(), stale.is_empty());
            prop_assert_eq!(shelf.stale(), stale);
            prop_assert_eq!(shelf.is_whole(), all().all(|(ticket, _)| !ticket.partial));
            let mut resolved: Vec<_> = all()
                .filter(|(ticket, _)| !ticket.is_open())
                .map(|(ticket, _)| (ticket.state_since, core::cmp::Reverse(ticket.id)))
                .collect();
            resolved.sort_unstable();
            let resolved: Vec<TicketId> = resolved.into_iter().map(|(_, id)| id.0).collect();
            prop_assert_eq!(shelf.resolved().collect::<Vec<_>>(), resolved);
        }
    }
}
