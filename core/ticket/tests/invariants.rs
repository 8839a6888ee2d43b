//! Random on-call life: whatever happens in whatever order, the invariants hold after every step.
//! The numbers are those of the design's list of invariants.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use support::{Shift, alarm, person};
use tocsin_ticket::{Command, Event, Rung, Severity, Ticket, TicketId, TicketState};

const PEOPLE: [&str; 5] = ["ana", "ben", "bea", "carl", "dora"];

#[derive(Debug, Clone)]
enum Step {
    Do(Command),
    Wait(Duration),
    /// The timer of the running deadline goes off, this much early (negative) or late.
    Timer(i64),
    /// A timer of another generation goes off.
    OldTimer(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop::sample::select(PEOPLE.as_slice()).prop_map(person);
    let source = || Just("prometheus".to_owned());
    prop_oneof![
        1 => prop::sample::select(Severity::ALL.as_slice()).prop_map(|severity| {
            Step::Do(Command::AlarmFired { new_id: TicketId(7), alarm: alarm(severity) })
        }),
        1 => source().prop_map(|source| Step::Do(Command::AlarmAcknowledged { source })),
        1 => source().prop_map(|source| Step::Do(Command::AlarmRecovered { source })),
        3 => who().prop_map(|by| Step::Do(Command::CheckIn { by })),
        2 => who().prop_map(|by| Step::Do(Command::StartWork { by })),
        1 => who().prop_map(|by| Step::Do(Command::Resolve { by })),
        1 => who().prop_map(|by| Step::Do(Command::Reopen { by })),
        1 => (who(), who()).prop_map(|(by, to)| Step::Do(Command::Reassign { by, to })),
        1 => (who(), ".{0,3}").prop_map(|(by, text)| Step::Do(Command::AddNote { by, text })),
        1 => (0_u32..12, prop::sample::select(vec![Rung::Received, Rung::Sounding])).prop_map(
            |(number, rung)| Step::Do(support::receipt(number, rung))
        ),
        3 => (0_u64..3_000).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
        6 => (-2_000_i64..5_000).prop_map(Step::Timer),
        1 => (0_u32..30).prop_map(Step::OldTimer),
    ]
}

/// What must hold of a ticket at any time.
fn check(ticket: &Ticket) {
    let paging_state = ticket.state.is_open();
    assert!(PEOPLE.contains(&ticket.owner.as_str()), "3: a valid owner");
    assert!(
        paging_state || ticket.pages.is_empty(),
        "4: nothing rings for a resolved ticket"
    );
    assert!(
        paging_state || ticket.deadline.is_none(),
        "no limit runs on a resolved ticket"
    );
    let mut people: Vec<_> = ticket.pages.iter().map(|page| &page.person).collect();
    people.sort();
    people.dedup();
    assert_eq!(people.len(), ticket.pages.len(), "one live page a person");
    if let Some(deadline) = &ticket.deadline {
        assert_eq!(deadline.generation, ticket.generation);
        assert!(
            !deadline.next.is_empty(),
            "13: there is always somebody next"
        );
        for page in &ticket.pages {
            assert!(
                page.expires_at > deadline.due,
                "a page outlives the limit that renews it"
            );
        }
    } else {
        assert!(
            ticket.pages.is_empty(),
            "4: an unanswered page always has a limit behind it"
        );
    }
}

/// Carries out one step and checks what it did against the ticket before it.
fn take(shift: &mut Shift, step: &Step, escalated: &mut HashSet<(u32, u32)>) {
    let before = shift.ticket.clone();
    let deadline = before.as_ref().and_then(|ticket| ticket.deadline.clone());
    let command = match step {
        Step::Wait(length) => {
            shift.after(*length);
            return;
        }
        Step::Do(command) => command.clone(),
        Step::Timer(late_ms) => {
            let Some(deadline) = &deadline else { return };
            let at = deadline.fires_at().0 + late_ms;
            shift.now.0 = shift.now.0.max(at);
            Command::DeadlinePassed {
                generation: deadline.generation,
            }
        }
        Step::OldTimer(generation) => Command::DeadlinePassed {
            generation: *generation,
        },
    };
    let now = shift.now;
    let Ok(events) = shift.try_to(&command) else {
        assert_eq!(shift.ticket, before, "a refusal changes nothing");
        return;
    };
    if let Command::DeadlinePassed { generation } = command {
        let deadline = deadline.clone().unwrap();
        assert_eq!(
            generation, deadline.generation,
            "7: only the running generation fires"
        );
        assert!(now >= deadline.fires_at(), "6: never early");
        let rings = shift.ticket().pages.iter().any(|page| page.at == now);
        assert!(rings, "5: a deadline that passes rings somebody");
    }
    for event in &events {
        match event {
            Event::Escalated { level, .. } => {
                assert!(matches!(command, Command::DeadlinePassed { .. }));
                let generation = deadline.as_ref().unwrap().generation;
                assert!(
                    escalated.insert((*level, generation)),
                    "8: once per generation"
                );
            }
            Event::CheckedIn { .. } | Event::Acknowledged { .. } => {
                let generation = deadline.as_ref().map(|deadline| deadline.generation);
                let running = shift
                    .ticket()
                    .deadline
                    .as_ref()
                    .map(|deadline| deadline.generation);
                assert!(
                    running.is_none() || running != generation,
                    "7: the old one is dead"
                );
            }
            Event::PageEnded { page, .. } => {
                assert!(
                    shift.ticket().pages.iter().all(|live| live.id != *page),
                    "4: an ended page does not ring"
                );
            }
            _ => {}
        }
    }
    // 4: a page that was live is live still, or an event of this step ended it.
    for page in before.iter().flat_map(|ticket| &ticket.pages) {
        let live = shift.ticket().pages.iter().any(|still| still.id == page.id);
        let ended = events
            .iter()
            .any(|event| matches!(event, Event::PageEnded { page: id, .. } if *id == page.id));
        assert!(live != ended, "4: page {} neither lives nor ended", page.id);
    }
    // 14: an alarm that opened nothing is counted.
    if let (Command::AlarmFired { .. }, Some(before)) = (&command, &before) {
        assert_eq!(shift.ticket().repeats, before.repeats + 1, "14: counted");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_on_call_life_keeps_the_invariants(steps in prop::collection::vec(step(), 1..60)) {
        let mut shift = Shift::with_alarm(Severity::Sev1);
        let mut escalated = HashSet::new();
        check(shift.ticket());
        for step in &steps {
            // A resolved ticket's alarm opens a new ticket, which is the engine's to do.
            let fires = matches!(step, Step::Do(Command::AlarmFired { .. }));
            if fires && shift.ticket().state == TicketState::Resolved {
                continue;
            }
            take(&mut shift, step, &mut escalated);
            check(shift.ticket());
        }
        // 10: replaying the log reproduces the ticket, and a second replay changes nothing.
        let replayed = shift.log.iter().fold(None, |ticket, (at, events)| {
            events.iter().fold(ticket, |ticket, event| Ticket::apply(ticket, event, *at))
        });
        prop_assert_eq!(replayed.as_ref(), shift.ticket.as_ref());
        // The log survives being written down.
        for (_, events) in &shift.log {
            let text = serde_json::to_string(events).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
        }
        let text = serde_json::to_string(shift.ticket()).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Ticket>(&text).unwrap(), shift.ticket());
    }

    #[test]
    fn a_ticket_that_nobody_answers_wakes_everybody_in_the_chain(
        severity in prop::sample::select(vec![Severity::Sev1, Severity::Sev2]),
        rounds in 1_usize..4,
    ) {
        let mut shift = Shift::with_alarm(severity);
        for _ in 0..rounds {
            for _ in 0..5 {
                shift.let_it_pass();
            }
            prop_assert_eq!(shift.ringing(), vec!["ana", "bea", "ben", "carl", "dora"]);
        }
    }
}
