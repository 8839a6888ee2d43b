//! The rules of on-call life, one sentence each.

mod support;

use std::time::Duration;

use support::{START, Shift, alarm, minutes, paged, person, receipt, recovered, told_by};
use tocsin_ticket::{
    Actor, Command, DeadlineKind, DeliveryFailure, DeliveryProblem, DeviceId, DoNotDisturb, Event,
    Limits, PAGE_GRACE, PageEnd, PageReason, Policy, PolicyError, Refusal, Role, Rung, Severity,
    TicketState, Transport,
};

fn check_in(name: &str) -> Command {
    Command::CheckIn { by: person(name) }
}

fn start_work(name: &str) -> Command {
    Command::StartWork { by: person(name) }
}

#[test]
fn an_alarm_becomes_a_ticket_of_the_on_call_and_their_phone_is_paged() {
    let shift = Shift::with_alarm(Severity::Sev1);
    let ticket = shift.ticket();
    assert_eq!(ticket.state, TicketState::Assigned);
    assert_eq!(ticket.owner, person("ana"));
    assert_eq!(shift.ringing(), ["ana"]);
    let deadline = ticket.deadline.as_ref().unwrap();
    assert_eq!(deadline.due, START + minutes(5));
    assert_eq!(deadline.next, [person("ben")]);
    assert_eq!(ticket.pages[0].expires_at, START + minutes(5) + PAGE_GRACE);
}

#[test]
fn a_sev3_waits_for_working_hours_and_wakes_nobody() {
    let shift = Shift::with_alarm(Severity::Sev3);
    assert!(shift.ticket().pages.is_empty());
    assert_eq!(shift.ticket().deadline, None);
    assert_eq!(shift.ticket().owner, person("ana"));
}

#[test]
fn the_same_alarm_again_is_counted_and_pages_nobody_again() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let events = shift.after(minutes(1)).alarm(Severity::Sev1);
    assert_eq!(
        events,
        [Event::Repeated {
            source: "prometheus".to_owned()
        }]
    );
    assert_eq!(shift.ticket().repeats, 1);
}

#[test]
fn an_alarm_that_becomes_worse_pages_even_if_it_did_not_before() {
    let mut shift = Shift::with_alarm(Severity::Sev4);
    shift.after(minutes(1)).alarm(Severity::Sev1);
    assert_eq!(shift.ticket().severity, Severity::Sev1);
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(shift.ticket().pages[0].reason, PageReason::SeverityRaised);
}

#[test]
fn a_worse_alarm_shortens_the_running_limit_and_a_milder_one_changes_nothing() {
    let mut shift = Shift::with_alarm(Severity::Sev2);
    shift.after(minutes(2)).alarm(Severity::Sev1);
    assert_eq!(
        shift.ticket().deadline.as_ref().unwrap().due,
        START + minutes(7)
    );
    assert_eq!(shift.ringing(), ["ana"], "one page, renewed");
    let before = shift.ticket().clone();
    shift.after(minutes(1)).alarm(Severity::Sev3);
    assert_eq!(shift.ticket().severity, Severity::Sev1);
    assert_eq!(shift.ticket().deadline, before.deadline);
}

#[test]
fn a_check_in_silences_every_siren_and_starts_the_researching_limit() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.let_it_pass();
    assert_eq!(shift.ringing(), ["ana", "ben"]);
    shift.after(minutes(1)).must(&check_in("ana"));
    assert!(shift.ringing().is_empty());
    let ticket = shift.ticket();
    assert_eq!(ticket.state, TicketState::Researching);
    let deadline = ticket.deadline.as_ref().unwrap();
    assert_eq!(deadline.kind, DeadlineKind::Nudge);
    assert_eq!(deadline.due, shift.now + minutes(8));
}

#[test]
fn whoever_checks_in_first_owns_it_and_the_second_is_told_who_and_when() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.let_it_pass();
    let at = shift.after(minutes(1)).now;
    shift.must(&check_in("ben"));
    assert_eq!(shift.ticket().owner, person("ben"));
    let refusal = shift
        .after(minutes(1))
        .try_to(&check_in("ana"))
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::AlreadyCheckedIn {
            by: Actor::Person(person("ben")),
            at
        }
    );
}

#[test]
fn a_missed_check_in_pages_secondary_manager_her_manager_and_the_whole_team_in_turn() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let mut reached = Vec::new();
    for _ in 0..4 {
        let events = shift.let_it_pass();
        let escalated = events.iter().find_map(|event| match event {
            Event::Escalated {
                level,
                role,
                reason,
                new_round,
                ..
            } => Some((*level, *role, *reason, *new_round)),
            _ => None,
        });
        reached.push(escalated.unwrap());
    }
    let missed = PageReason::CheckInMissed;
    assert_eq!(
        reached,
        [
            (1, Role::Secondary, missed, false),
            (2, Role::Manager, missed, false),
            (3, Role::ManagersManager, missed, false),
            (4, Role::Team, missed, false),
        ]
    );
    assert_eq!(shift.ringing(), ["ana", "bea", "ben", "carl", "dora"]);
}

#[test]
fn an_exhausted_chain_has_paged_everybody_and_goes_round_again() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    for _ in 0..4 {
        shift.let_it_pass();
    }
    let events = shift.let_it_pass();
    assert!(matches!(
        events[0],
        Event::Escalated {
            level: 5,
            role: Role::Owner,
            new_round: true,
            ..
        }
    ));
    assert_eq!(
        paged(&events).len(),
        5,
        "everybody who has not answered gets a fresh page"
    );
    let events = shift.let_it_pass();
    assert!(matches!(
        events[0],
        Event::Escalated {
            role: Role::Secondary,
            ..
        }
    ));
}

#[test]
fn every_unanswered_page_is_renewed_before_it_expires() {
    let mut shift = Shift::with_alarm(Severity::Sev2);
    for _ in 0..30 {
        shift.let_it_pass();
        let due = shift.ticket().deadline.as_ref().unwrap().due;
        assert!(
            shift
                .ticket()
                .pages
                .iter()
                .all(|page| page.expires_at > due)
        );
        let mut people = shift.ringing();
        people.dedup();
        assert_eq!(people.len(), shift.ringing().len(), "one live page each");
    }
}

#[test]
fn a_renewed_page_comes_before_the_end_of_the_old_one() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let events = shift.let_it_pass();
    let new = events
        .iter()
        .position(|event| matches!(event, Event::Paged { page } if page.person == person("ana")));
    let end = events.iter().position(|event| {
        matches!(
            event,
            Event::PageEnded {
                why: PageEnd::Superseded,
                ..
            }
        )
    });
    assert!(new.unwrap() < end.unwrap(), "no silence in between");
}

#[test]
fn at_80_percent_of_the_researching_limit_the_owners_own_siren_rings_before_the_next_level() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.after(minutes(1)).must(&check_in("ana"));
    let checked_in_at = shift.now;
    shift.let_it_pass();
    assert_eq!(shift.now, checked_in_at + minutes(8));
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(shift.ticket().pages[0].reason, PageReason::Nudge);
    let events = shift.let_it_pass();
    assert_eq!(shift.now, checked_in_at + minutes(10));
    assert_eq!(shift.ringing(), ["ana", "ben"]);
    assert!(matches!(
        events[0],
        Event::Escalated {
            reason: PageReason::ResearchingMissed,
            ..
        }
    ));
}

#[test]
fn answering_the_nudge_silences_it_but_buys_no_time() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&check_in("ana"));
    shift.let_it_pass();
    let due = shift.ticket().deadline.as_ref().unwrap().due;
    shift.must(&check_in("ana"));
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().state, TicketState::Researching);
    assert_eq!(shift.ticket().deadline.as_ref().unwrap().due, due);
}

#[test]
fn after_an_outage_the_nudge_still_comes_before_the_next_level() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&check_in("ana"));
    let generation = shift.ticket().generation;
    shift
        .after(minutes(90))
        .must(&Command::DeadlinePassed { generation });
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(
        shift.ticket().deadline.as_ref().unwrap().due,
        shift.now + minutes(2)
    );
}

#[test]
fn a_manager_who_answers_an_escalation_silences_all_but_the_owner_and_gives_them_time() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&check_in("ana"));
    for _ in 0..3 {
        shift.let_it_pass();
    }
    assert_eq!(shift.ringing(), ["ana", "bea", "ben"]);
    shift.must(&check_in("bea"));
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(shift.ticket().owner, person("ana"));
    assert_eq!(
        shift.ticket().deadline.as_ref().unwrap().due,
        shift.now + minutes(10)
    );
}

#[test]
fn starting_work_ends_every_page_and_gives_the_longest_limit() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&check_in("ana"));
    shift.let_it_pass();
    shift.let_it_pass();
    shift.must(&start_work("ana"));
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().state, TicketState::WorkInProgress);
    assert_eq!(
        shift.ticket().deadline.as_ref().unwrap().due,
        shift.now + minutes(60)
    );
    let again = shift.try_to(&start_work("ben")).unwrap_err();
    assert!(matches!(again, Refusal::AlreadyStarted { .. }));
}

#[test]
fn starting_work_on_a_ringing_ticket_checks_in_by_that() {
    let mut shift = Shift::with_alarm(Severity::Sev2);
    shift.must(&start_work("ana"));
    assert!(shift.ringing().is_empty());
    assert!(shift.ticket().checked_in.is_some());
}

#[test]
fn an_acknowledged_ticket_that_goes_idle_escalates_again() {
    let mut shift = Shift::with_alarm(Severity::Sev2);
    shift.must(&start_work("ana"));
    let events = shift.let_it_pass();
    assert!(matches!(
        events[0],
        Event::Escalated {
            reason: PageReason::WorkMissed,
            ..
        }
    ));
    assert_eq!(shift.ringing(), ["ben"]);
}

#[test]
fn an_alarm_that_recovers_silences_everybody_and_ends_the_limit() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.let_it_pass();
    let recovered = recovered("latency");
    shift.must(&recovered);
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().deadline, None);
    assert_eq!(shift.ticket().state, TicketState::Resolved);
    assert!(
        shift.must(&recovered).is_empty(),
        "a second recovery changes nothing"
    );
}

#[test]
fn monitoring_can_acknowledge_but_the_ticket_keeps_its_owner_and_its_limits() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&Command::AlarmAcknowledged {
        source: "pagerduty".to_owned(),
    });
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().owner, person("ana"));
    assert_eq!(
        shift.ticket().deadline.as_ref().unwrap().kind,
        DeadlineKind::Nudge
    );
}

#[test]
fn a_resolved_ticket_takes_no_check_in_and_says_who_resolved_it() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&Command::Resolve { by: person("ana") });
    for command in [
        check_in("ben"),
        start_work("ben"),
        Command::Resolve { by: person("ben") },
    ] {
        let refusal = shift.try_to(&command).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::AlreadyResolved {
                by: Actor::Person(person("ana")),
                at: shift.now
            }
        );
    }
}

#[test]
fn a_reopened_ticket_pages_the_on_call_of_that_moment() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&Command::Resolve { by: person("ana") });
    shift.chain = tocsin_ticket::Chain::new(person("dora"), Vec::new());
    shift.must(&Command::Reopen { by: person("ana") });
    assert_eq!(shift.ringing(), ["dora"]);
    assert_eq!(shift.ticket().owner, person("dora"));
    assert!(matches!(
        shift.try_to(&Command::Reopen { by: person("ana") }),
        Err(Refusal::NotResolved {
            state: TicketState::Assigned
        })
    ));
}

#[test]
fn the_on_call_who_reopens_a_ticket_is_not_woken_by_it() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&Command::Resolve { by: person("ana") });
    shift.must(&Command::Reopen { by: person("ana") });
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().state, TicketState::Researching);
}

#[test]
fn a_ticket_given_to_somebody_pages_them_and_silences_the_others() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.let_it_pass();
    shift.must(&Command::Reassign {
        by: person("ana"),
        to: person("dora"),
    });
    assert_eq!(shift.ringing(), ["dora"]);
    assert_eq!(shift.ticket().pages[0].reason, PageReason::Reassigned);
    shift.must(&Command::Reassign {
        by: person("bea"),
        to: person("bea"),
    });
    assert!(shift.ringing().is_empty(), "whoever takes it over is awake");
    assert_eq!(shift.ticket().state, TicketState::Researching);
    let stranger = Command::Reassign {
        by: person("ana"),
        to: person("zoe"),
    };
    assert!(matches!(
        shift.try_to(&stranger),
        Err(Refusal::UnknownPerson { .. })
    ));
}

#[test]
fn an_old_timer_never_fires_on_newer_work_and_no_timer_fires_early() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let old = shift.ticket().generation;
    shift.must(&check_in("ana"));
    shift.after(minutes(60));
    let stale = Command::DeadlinePassed { generation: old };
    assert_eq!(shift.try_to(&stale).unwrap_err(), Refusal::StaleDeadline);
    let deadline = shift.ticket().deadline.clone().unwrap();
    shift.now = tocsin_ticket::Millis(deadline.due.0 - 1);
    let early = Command::DeadlinePassed {
        generation: deadline.generation,
    };
    assert_eq!(
        shift.try_to(&early).unwrap_err(),
        Refusal::NotYetDue { due: deadline.due }
    );
}

#[test]
fn a_note_needs_text_and_changes_nothing_else() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let before = shift.ticket().clone();
    let note = |text: &str| Command::AddNote {
        by: person("ana"),
        text: text.to_owned(),
    };
    assert_eq!(shift.try_to(&note(" \n")).unwrap_err(), Refusal::EmptyNote);
    shift.must(&note(" it is the database "));
    assert_eq!(shift.ticket().pages, before.pages);
    assert_eq!(shift.ticket().deadline, before.deadline);
}

#[test]
fn a_receipt_is_kept_once_per_device_and_rung_and_only_for_pages_that_exist() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let receipt = |number| receipt(number, Rung::Sounding);
    assert_eq!(shift.must(&receipt(1)).len(), 1);
    assert!(shift.must(&receipt(1)).is_empty());
    assert!(matches!(
        shift.try_to(&receipt(2)),
        Err(Refusal::NoSuchPage { .. })
    ));
    shift.must(&check_in("ana"));
    assert_eq!(
        shift.must(&receipt(1)).len(),
        1,
        "late, but it tells what the phone did"
    );
}

#[test]
fn a_page_that_no_device_received_in_time_pages_the_next_person_who_is_told_why() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let unreached = shift.ticket().clone();
    let reach = unreached.deadline.as_ref().unwrap().reach.as_ref().unwrap();
    assert_eq!(reach.by, START + Duration::from_secs(60));
    shift.after(Duration::from_millis(59_999));
    let generation = unreached.generation;
    let timer = Command::DeadlinePassed { generation };
    assert!(matches!(
        shift.try_to(&timer),
        Err(Refusal::NotYetDue { .. })
    ));
    shift.after(Duration::from_millis(1)).must(&timer);
    assert_eq!(shift.ringing(), ["ana", "ben"], "and ana's page goes on");
    let page = shift.page_of("ben");
    assert_eq!(page.reason, PageReason::Unreachable);
}

#[test]
fn a_phone_in_total_silence_has_reached_nobody_so_the_next_person_is_paged() {
    let total_silence = |rung| told_by("phone", rung, Some(DoNotDisturb::TotalSilence));
    // It knows when the page comes, or, woken by it, only once its siren plays.
    for first in [total_silence(Rung::Received), receipt(1, Rung::Received)] {
        let mut shift = Shift::with_alarm(Severity::Sev1);
        shift.must(&first);
        shift.must(&total_silence(Rung::Sounding));
        let deadline = shift.ticket().deadline.clone().unwrap();
        assert_eq!(deadline.fires_at(), START + Duration::from_secs(60));
        let timer = Command::DeadlinePassed {
            generation: deadline.generation,
        };
        shift.after(Duration::from_secs(60)).must(&timer);
        assert_eq!(shift.ringing(), ["ana", "ben"]);
        assert_eq!(shift.page_of("ben").reason, PageReason::Unreachable);
    }
}

#[test]
fn a_second_phone_that_sounds_makes_up_for_one_in_total_silence() {
    let mute = told_by("phone", Rung::Sounding, Some(DoNotDisturb::TotalSilence));
    let loud = told_by("tablet", Rung::Sounding, Some(DoNotDisturb::AlarmsOnly));
    for order in [[&mute, &loud], [&loud, &mute]] {
        let mut shift = Shift::with_alarm(Severity::Sev1);
        for told in order {
            shift.must(told);
        }
        assert_eq!(shift.ticket().deadline.clone().unwrap().reach, None);
    }
}

#[test]
fn whoever_has_looked_at_the_page_was_reached_in_total_silence_too() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&told_by(
        "phone",
        Rung::Sounding,
        Some(DoNotDisturb::TotalSilence),
    ));
    assert!(shift.ticket().deadline.clone().unwrap().reach.is_some());
    shift.must(&told_by("phone", Rung::Seen, None));
    assert_eq!(shift.ticket().deadline.clone().unwrap().reach, None);
}

#[test]
fn a_page_that_was_received_leaves_the_person_the_whole_limit() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&receipt(1, Rung::Sent));
    shift.must(&receipt(1, Rung::Accepted));
    let running = |shift: &Shift| shift.ticket().deadline.clone().unwrap();
    assert!(
        running(&shift).reach.is_some(),
        "a push service is no phone"
    );
    shift.must(&receipt(1, Rung::Received));
    assert_eq!(running(&shift).reach, None);
    assert_eq!(running(&shift).fires_at(), START + minutes(5));
}

#[test]
fn whoever_was_paged_last_must_be_reached_whatever_reached_the_others_since() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.reach_passes();
    shift.must(&receipt(2, Rung::Received));
    assert_eq!(shift.page_of("ana").id.number, 2);
    shift.reach_passes();
    assert!(
        shift.ringing().contains(&"bea"),
        "ben's phones are silent, so the manager is paged: {:?}",
        shift.ringing()
    );
}

#[test]
fn a_chain_that_nobody_answers_is_not_asked_faster_the_second_time() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    while shift.ticket().rounds == 0 {
        shift.reach_passes();
    }
    let deadline = shift.ticket().deadline.as_ref().unwrap();
    assert_eq!(deadline.reach, None);
}

#[test]
fn an_attempt_that_failed_is_on_the_timeline_and_changes_nothing() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let before = shift.ticket().clone();
    let failure = DeliveryFailure {
        device: DeviceId::from("phone"),
        transport: Transport::WebPush,
        problem: DeliveryProblem::DeadToken,
        why: "410 Gone".to_owned(),
        at: START,
    };
    let page = before.pages[0].id;
    let events = shift.must(&Command::Delivery {
        page,
        receipts: Vec::new(),
        failures: vec![failure.clone()],
    });
    assert_eq!(events, [Event::DeliveryFailed { page, failure }]);
    assert_eq!(shift.ticket().pages, before.pages);
    assert_eq!(shift.ticket().deadline, before.deadline);
}

#[test]
fn the_level_after_the_owner_is_found_even_when_the_rotation_moved_meanwhile() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.chain = tocsin_ticket::Chain::new(
        person("dora"),
        vec![tocsin_ticket::Level {
            role: Role::Manager,
            people: vec![person("bea")],
        }],
    );
    shift.let_it_pass();
    assert_eq!(shift.ringing(), ["ana", "dora"], "the new on-call is next");
    shift.let_it_pass();
    assert_eq!(shift.ringing(), ["ana", "bea", "dora"]);
}

#[test]
fn a_page_once_promised_is_kept_when_the_policy_no_longer_pages() {
    let mut shift = Shift::with_alarm(Severity::Sev2);
    let sev1_only = [
        Some(Limits::new(minutes(5), minutes(10), minutes(60))),
        None,
        None,
        None,
        None,
    ];
    shift.policy = Policy::new(sev1_only).unwrap();
    shift.let_it_pass();
    assert_eq!(shift.ringing(), ["ana", "ben"]);
}

#[test]
fn a_policy_where_sev1_is_not_stricter_at_every_step_is_refused() {
    let sev2 = Limits::new(minutes(15), minutes(30), minutes(240));
    let mut sev1 = Limits::new(minutes(5), minutes(10), minutes(60));
    sev1.manager = minutes(15);
    let error = Policy::new([Some(sev1), Some(sev2), None, None, None]).unwrap_err();
    assert!(matches!(
        &error,
        PolicyError::NotStricter {
            step: "manager",
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .starts_with("policy.sev1.manager: expected less than")
    );
}

#[test]
fn a_policy_that_cannot_work_is_refused() {
    let good = Limits::new(minutes(5), minutes(10), minutes(60));
    let hasty = Limits {
        check_in: Duration::from_millis(5),
        ..good
    };
    let lazy = Limits {
        work_in_progress: minutes(10),
        ..good
    };
    let cases = [
        (
            [Some(hasty), None, None, None, None],
            "policy.sev1.check_in: expected at least 1 s",
        ),
        (
            [Some(lazy), None, None, None, None],
            "policy.sev1.work_in_progress: expected more",
        ),
        (
            [None, Some(good), None, None, None],
            "policy.sev1: it must page, because sev2 does",
        ),
    ];
    for (limits, message) in cases {
        let error = Policy::new(limits).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_command_on_no_ticket_is_refused() {
    let mut shift = Shift::new();
    assert_eq!(
        shift.try_to(&check_in("ana")).unwrap_err(),
        Refusal::NoSuchTicket
    );
}

#[test]
fn an_alarm_keeps_everything_monitoring_said() {
    let shift = Shift::with_alarm(Severity::Sev1);
    let (ticket, alarm) = (shift.ticket(), alarm(Severity::Sev1));
    assert_eq!(
        (&ticket.title, &ticket.dedup_key),
        (&alarm.title, &alarm.dedup_key)
    );
    assert_eq!(
        (&ticket.source, &ticket.details),
        (&alarm.source, &alarm.details)
    );
}
