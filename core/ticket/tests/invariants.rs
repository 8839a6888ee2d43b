//! Random on-call life: whatever happens in whatever order, the invariants hold after every step.
//! The numbers are those of the design's list of invariants.

mod support;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use proptest::prelude::*;
use support::{Shift, alarm, bridge, minutes, person, recovered};
use tocsin_ticket::{
    Actor, Alarm, Command, Event, GroupLabels, HelpTarget, Hold, HoldRule, IncidentRole, Level,
    Millis, PageReason, Role, Rung, Severity, Shadow, ShadowMode, Ticket, TicketId, TicketState,
    TimerKind,
};

const PEOPLE: [&str; 5] = ["ana", "ben", "bea", "carl", "dora"];

#[derive(Debug, Clone)]
enum Step {
    Do(Command),
    Wait(Duration),
    /// Whatever limit or timer is due first goes off, this much early (negative) or late.
    Timer(i64),
    /// From now on another rule holds tickets, or none does.
    Rules(Option<(Duration, HoldRule)>),
    /// A timer of another generation goes off.
    OldTimer(u32),
}

/// Three alarms; they are one ticket where labels group them.
fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["latency", "errors", "queue"]).prop_map(str::to_owned)
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop::sample::select(PEOPLE.as_slice()).prop_map(person);
    let source = || Just("prometheus".to_owned());
    prop_oneof![
        2 => (prop::sample::select(Severity::ALL.as_slice()), key()).prop_map(
            |(severity, dedup_key)| Step::Do(Command::AlarmFired {
                new_id: TicketId(7),
                alarm: Alarm { dedup_key, ..alarm(severity) },
            })
        ),
        1 => source().prop_map(|source| Step::Do(Command::AlarmAcknowledged { source })),
        2 => key().prop_map(|key| Step::Do(recovered(&key))),
        1 => (0_u64..9, prop::option::of(Just(HoldRule::HoldOff))).prop_map(|(length, rule)| {
            Step::Rules(rule.map(|rule| (minutes(length), rule)))
        }),
        1 => Just(Step::Do(Command::ReviewHold)),
        3 => who().prop_map(|by| Step::Do(Command::CheckIn { by })),
        2 => who().prop_map(|by| Step::Do(Command::StartWork { by })),
        1 => who().prop_map(|by| Step::Do(Command::Resolve { by })),
        1 => who().prop_map(|by| Step::Do(Command::Reopen { by })),
        1 => (who(), who()).prop_map(|(by, to)| Step::Do(Command::Reassign { by, to })),
        1 => (who(), ".{0,3}").prop_map(|(by, text)| Step::Do(Command::AddNote { by, text })),
        1 => who().prop_map(|by| Step::Do(Command::Decline { by, reason: None })),
        1 => (who(), prop::sample::select(Severity::ALL.as_slice()))
            .prop_map(|(by, to)| Step::Do(Command::SetSeverity { by, to })),
        1 => (who(), 1_u64..40).prop_map(|(by, length)| Step::Do(Command::ExtendLimit {
            by,
            length: minutes(length),
            reason: "the vendor is on it".to_owned(),
        })),
        1 => who().prop_map(|by| Step::Do(Command::Convene { by })),
        1 => who().prop_map(|by| Step::Do(Command::JoinConference { by })),
        1 => (who(), who()).prop_map(|(by, person)| Step::Do(Command::NameRole {
            by,
            person,
            role: IncidentRole::Commander,
        })),
        1 => (who(), ".{0,3}").prop_map(|(by, text)| Step::Do(Command::UpdateStatus { by, text })),
        2 => (who(), who(), who()).prop_map(|(by, person, then)| Step::Do(Command::AskHelp {
            by,
            target: HelpTarget::Person { person: person.clone() },
            levels: [person, then]
                .map(|person| Level { role: Role::Helper, people: vec![person] })
                .to_vec(),
            message: "the database is full".to_owned(),
        })),
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
        assert!(deadline.generation <= ticket.generation);
        assert!(
            !deadline.next.is_empty(),
            "13: there is always somebody next"
        );
    }
    for page in &ticket.pages {
        let renewed_at = match page.reason {
            PageReason::HelpAsked => timer(ticket, |kind| match kind {
                TimerKind::Help { number } => Some(number) == page.help,
                _ => false,
            }),
            PageReason::StatusUpdateDue | PageReason::StatusUpdateMissed => timer(ticket, |kind| {
                matches!(
                    kind,
                    TimerKind::StatusUpdate | TimerKind::StatusUpdateMissed
                )
            }),
            _ => ticket.deadline.as_ref().map(|deadline| deadline.due),
        };
        let renewed_at = renewed_at.expect("4: an unanswered page has a limit or timer behind it");
        assert!(
            page.expires_at > renewed_at,
            "a page outlives what renews it"
        );
    }
    let held = timer(ticket, |kind| kind == TimerKind::Hold);
    if held.is_some() {
        let hold = ticket.hold.as_ref().expect("the rule that holds it");
        assert_eq!(held, Some(hold.until));
        let rings = ticket.pages.iter().find(|page| !page.reason.is_aside());
        assert_eq!(
            rings, None,
            "a held ticket rings for nobody but who was asked to help"
        );
        assert_eq!(ticket.deadline, None, "no limit runs on a held ticket");
    }
    let mut running: Vec<_> = ticket.timers.iter().map(|timer| timer.generation).collect();
    running.extend(ticket.deadline.as_ref().map(|deadline| deadline.generation));
    running.sort_unstable();
    let all = running.len();
    running.dedup();
    assert_eq!(running.len(), all, "a generation names one thing");
    assert!(
        paging_state || running.is_empty(),
        "nothing runs on a resolved ticket"
    );
}

fn timer(ticket: &Ticket, which: impl Fn(TimerKind) -> bool) -> Option<Millis> {
    let mut timers = ticket.timers.iter();
    timers
        .find(|timer| which(timer.kind))
        .map(|timer| timer.due)
}

/// What the outside knows: which alarms of the group fire.
fn watch(shift: &Shift, command: &Command, events: &[Event], firing: &mut BTreeSet<String>) {
    if shift.group.is_none() {
        return;
    }
    match command {
        Command::AlarmFired { alarm, .. } => {
            firing.insert(alarm.dedup_key.clone());
        }
        Command::AlarmRecovered { dedup_key, .. } => {
            firing.remove(dedup_key);
        }
        _ => {}
    }
    let recovers = |event: &Event| {
        matches!(
            event,
            Event::Resolved {
                by: Actor::Monitoring(_)
            }
        )
    };
    if events.iter().any(recovers) {
        assert!(firing.is_empty(), "a group is over while {firing:?} fire");
    }
    let group = shift.ticket().group.as_ref().expect("the group's ticket");
    assert_eq!(group.firing, *firing, "the ticket knows what fires");
}

/// Carries out one step and checks what it did against the ticket before it.
fn take(
    shift: &mut Shift,
    step: &Step,
    escalated: &mut HashSet<(u32, u32)>,
    firing: &mut BTreeSet<String>,
) {
    let before = shift.ticket.clone();
    let deadline = before.as_ref().and_then(|ticket| ticket.deadline.clone());
    let command = match step {
        Step::Wait(length) => {
            shift.after(*length);
            return;
        }
        Step::Rules(rule) => {
            shift.hold = rule.clone().map(|(length, rule)| Hold {
                until: shift.now + length,
                rule,
            });
            return;
        }
        Step::Do(command) => command.clone(),
        Step::Timer(late_ms) => {
            let next = before.as_ref().and_then(Ticket::next_due);
            let Some((due, generation)) = next else {
                return;
            };
            shift.now.0 = shift.now.0.max(due.0 + late_ms);
            Command::DeadlinePassed { generation }
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
    watch(shift, &command, &events, firing);
    if let Command::DeadlinePassed { generation } = command {
        let before = before.as_ref().unwrap();
        if let Some(limit) = before
            .deadline
            .as_ref()
            .filter(|it| it.generation == generation)
        {
            assert!(now >= limit.fires_at(), "6: never early");
            let rings = shift.ticket().pages.iter().any(|page| page.at == now);
            assert!(rings, "5: a deadline that passes rings somebody");
        } else {
            let timer = before.timers.iter().find(|it| it.generation == generation);
            let timer = timer.expect("7: only what runs fires");
            assert!(now >= timer.due, "6: never early");
        }
    }
    for event in &events {
        match event {
            Event::Escalated { level, .. } => {
                assert!(matches!(
                    command,
                    Command::DeadlinePassed { .. } | Command::Decline { .. }
                ));
                let generation = deadline.as_ref().unwrap().generation;
                assert!(
                    escalated.insert((*level, generation)),
                    "8: once per generation"
                );
            }
            Event::CheckedIn { .. } => {
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
    fn random_on_call_life_keeps_the_invariants(
        steps in prop::collection::vec(step(), 1..60),
        is_held in prop::bool::weighted(0.3),
        is_grouped in any::<bool>(),
        has_bridge in any::<bool>(),
        recent_tickets in 0_u32..5,
        mode in prop::sample::select(vec![
            None, Some(ShadowMode::MentorShadows), Some(ShadowMode::NewcomerShadows),
        ]),
    ) {
        let mut shift = Shift::new();
        shift.hold = is_held.then(|| Hold {
            until: shift.now + minutes(3),
            rule: HoldRule::HoldOff,
        });
        let labels = || GroupLabels::from([("alertname".to_owned(), "Slow".to_owned())]);
        shift.group = is_grouped.then(labels);
        shift.bridge = has_bridge.then(bridge);
        shift.recent_tickets = recent_tickets;
        shift.shadow = mode.map(|mode| Shadow {
            newcomer: person(if mode == ShadowMode::MentorShadows { "ana" } else { "dora" }),
            mentor: person("ben"),
            mode,
        });
        shift.alarm(Severity::Sev1);
        let mut escalated = HashSet::new();
        let mut firing = BTreeSet::from(["latency".to_owned()]);
        check(shift.ticket());
        for step in &steps {
            // A resolved ticket's alarm opens a new ticket, which is the engine's to do; nor does
            // the engine tell it of an end.
            let speaks = matches!(
                step,
                Step::Do(Command::AlarmFired { .. } | Command::AlarmRecovered { .. })
            );
            if speaks && shift.ticket().state == TicketState::Resolved {
                continue;
            }
            take(&mut shift, step, &mut escalated, &mut firing);
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
