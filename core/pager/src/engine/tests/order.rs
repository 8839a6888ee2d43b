//! Networks deliver late, twice and in any order; the night must end the same.

use proptest::prelude::*;

use super::*;

/// Something that happens to a ticket at the server.
#[derive(Debug, Clone)]
enum Happens {
    Again(Severity),
    Recovers,
    By(&'static str, Action),
    DeadlinePasses,
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = prop::sample::select(vec!["ana", "ben", "mia"]);
    let action = prop_oneof![
        Just(Action::CheckIn),
        Just(Action::StartWork),
        Just(Action::Resolve),
        Just(Action::Reopen),
        prop::sample::select(vec!["ana", "ben", "mia"])
            .prop_map(|to| Action::Reassign { to: person(to) }),
        Just(Action::Decline { reason: None }),
    ];
    prop_oneof![
        1 => prop::sample::select(vec![Severity::Sev1, Severity::Sev2]).prop_map(Happens::Again),
        1 => Just(Happens::Recovers),
        4 => (who, action).prop_map(|(who, action)| Happens::By(who, action)),
        3 => Just(Happens::DeadlinePasses),
    ]
}

/// The updates that a history leads to, and the instant after the last.
fn history(world: &mut World, script: &[Happens]) -> (Vec<Update>, Millis) {
    let mut now = START;
    let mut updates = vec![world.fire(Severity::Sev2, now)];
    for happens in script {
        now = now + secs(20);
        let update = match happens {
            Happens::Again(severity) => Some(world.fire(*severity, now)),
            Happens::Recovers => {
                let source = "alertmanager".to_owned();
                let dedup_key = "latency".to_owned();
                world.try_run(&Command::AlarmRecovered { source, dedup_key }, now)
            }
            Happens::By(who, action) => {
                let by = person(who);
                let command = match action.clone() {
                    Action::CheckIn => Command::CheckIn { by },
                    Action::StartWork => Command::StartWork { by },
                    Action::Resolve => Command::Resolve { by },
                    Action::Reopen => Command::Reopen { by },
                    Action::Reassign { to } => Command::Reassign { by, to },
                    Action::Note { text } => Command::AddNote { by, text },
                    Action::Decline { reason } => Command::Decline { by, reason },
                    other => unreachable!("{other:?} is not among what happens here"),
                };
                world.try_run(&command, now)
            }
            Happens::DeadlinePasses => {
                let deadline = world.ticket.as_ref().and_then(|t| t.deadline.clone());
                deadline.and_then(|deadline| {
                    now = now.max(deadline.due);
                    let generation = deadline.generation;
                    world.try_run(&Command::DeadlinePassed { generation }, now)
                })
            }
        };
        updates.extend(update);
    }
    (updates, now)
}

proptest! {
    #[test]
    fn updates_in_any_order_any_number_of_times_by_any_way_end_in_the_same_night(
        first in prop::collection::vec(happens(), 0..8),
        second in prop::collection::vec(happens(), 0..8),
        shuffle in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..30),
        order in any::<u64>(),
        crash_after in any::<prop::sample::Index>(),
    ) {
        let (mut updates, end_one) = history(&mut World::new(1), &first);
        let (more, end_two) = history(&mut World::new(2), &second);
        updates.extend(more);
        let end = end_one.max(end_two) + secs(1);

        let mut straight = Night::live();
        straight.now = end;
        straight.hello();
        for update in &updates {
            straight.update(update);
        }

        let mut deliveries: Vec<(Update, bool)> =
            updates.iter().map(|update| (update.clone(), true)).collect();
        for (which, by_push) in shuffle {
            deliveries.push((which.get(&updates).clone(), !by_push));
        }
        fastrand::Rng::with_seed(order).shuffle(&mut deliveries);
        let crash_after = crash_after.index(deliveries.len());
        let mut tangled = Night::live();
        tangled.now = end;
        tangled.hello();
        for (index, (update, by_stream)) in deliveries.iter().enumerate() {
            if *by_stream {
                tangled.update(update);
            } else {
                tangled.step(push(update));
            }
            if index == crash_after {
                tangled.crash();
            }
        }

        let (one, other) = (straight.view(), tangled.view());
        prop_assert_eq!(&one.tickets, &other.tickets);
        prop_assert_eq!(one.pages, other.pages);
        prop_assert_eq!(one.siren.pages, other.siren.pages);
        prop_assert_eq!(straight.rings(), tangled.rings());
        for id in [TicketId(1), TicketId(2)] {
            prop_assert_eq!(
                straight.store.timeline(id).unwrap(),
                tangled.store.timeline(id).unwrap()
            );
        }
        prop_assert_eq!(
            straight.store.load().unwrap().tickets,
            tangled.store.load().unwrap().tickets
        );
    }
}
