//! What surrounds a page: conferences, help, mentors, holds, and limits that managers move.

mod support;

use support::{Shift, alarm, bridge, minutes, paged, person};
use tocsin_ticket::{
    Actor, Chain, Command, Event, FLAPPING_SETTLES, FLAPPING_TICKETS, GROUP_LIMIT, Group,
    GroupLabels, HelpTarget, Hold, HoldRule, IncidentRole, Level, Page, PageReason, Refusal, Role,
    Severity, Shadow, ShadowMode, TicketId, TicketState, TimerKind,
};

fn with_bridge() -> Shift {
    let mut shift = Shift::new();
    shift.bridge = Some(bridge());
    shift
}

fn by(name: &str) -> Command {
    Command::CheckIn { by: person(name) }
}

fn work(name: &str) -> Command {
    Command::StartWork { by: person(name) }
}

fn update(name: &str) -> Command {
    Command::UpdateStatus {
        by: person(name),
        text: "payments are back for half of the customers".to_owned(),
    }
}

fn help(asker: &str, levels: &[&[&str]]) -> Command {
    Command::AskHelp {
        by: person(asker),
        target: HelpTarget::Service {
            service: "database".into(),
        },
        levels: levels
            .iter()
            .map(|names| Level {
                role: Role::Helper,
                people: names.iter().map(|name| person(name)).collect(),
            })
            .collect(),
        message: "the database does not answer".to_owned(),
    }
}

fn cannot(name: &str) -> Command {
    Command::Decline {
        by: person(name),
        reason: Some("in the operating theatre".to_owned()),
    }
}

fn who(pages: &[&Page]) -> Vec<(String, PageReason)> {
    pages
        .iter()
        .map(|page| (page.person.to_string(), page.reason))
        .collect()
}

// ------------------------------------------------------------------------------------ conference

#[test]
fn a_sev1_convenes_its_conference_before_the_first_page() {
    let mut shift = with_bridge();
    let events = shift.alarm(Severity::Sev1);
    let place = |which: fn(&Event) -> bool| events.iter().position(which).expect("it happened");
    let convened = place(|event| matches!(event, Event::ConferenceConvened { .. }));
    assert!(convened < place(|event| matches!(event, Event::Paged { .. })));
    let conference = shift.ticket().conference.as_ref().unwrap();
    assert_eq!(conference.bridge, bridge());
    assert_eq!(shift.ticket().commander(), &person("ana"));
}

#[test]
fn a_sev2_or_a_team_without_a_bridge_has_no_conference() {
    let mut sev2 = with_bridge();
    sev2.alarm(Severity::Sev2);
    assert_eq!(sev2.ticket().conference, None);
    let without = Shift::with_alarm(Severity::Sev1);
    assert_eq!(without.ticket().conference, None);
    assert!(without.ticket().timers.is_empty());
}

#[test]
fn an_overdue_status_update_rings_the_commander_and_a_missed_one_the_manager() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    let convened = shift.now;
    shift.must(&work("ana"));
    let due = shift.next_thing_happens();
    assert_eq!(shift.now, convened + minutes(15));
    assert_eq!(
        who(&paged(&due)),
        [("ana".to_owned(), PageReason::StatusUpdateDue)]
    );
    let missed = shift.next_thing_happens();
    assert_eq!(shift.now, convened + minutes(20));
    assert_eq!(
        who(&paged(&missed)),
        [("bea".to_owned(), PageReason::StatusUpdateMissed)]
    );
    assert_eq!(
        shift.ringing(),
        ["bea"],
        "the commander's siren had its time"
    );
    let again = shift.next_thing_happens();
    assert_eq!(shift.now, convened + minutes(35));
    assert_eq!(who(&paged(&again)).len(), 2, "nobody is let off: {again:?}");
    shift.must(&update("ana"));
    assert!(shift.ringing().is_empty());
    let update = shift.ticket().status_update.as_ref().unwrap();
    assert_eq!(update.text, "payments are back for half of the customers");
}

#[test]
fn a_status_update_in_time_wakes_nobody_and_the_next_is_due_an_interval_later() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    shift.must(&work("ana"));
    shift.after(minutes(14)).must(&update("ana"));
    let timer = shift.ticket().timers[0];
    assert_eq!(timer.kind, TimerKind::StatusUpdate);
    assert_eq!(timer.due, shift.now + minutes(15));
}

#[test]
fn answering_the_siren_for_a_status_update_stops_it_but_the_manager_still_waits_for_news() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    shift.must(&work("ana"));
    shift.next_thing_happens();
    let limit = shift.ticket().deadline.clone();
    shift.must(&by("ana"));
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().deadline, limit, "no limit moved");
    shift.next_thing_happens();
    assert_eq!(shift.ringing(), ["bea"]);
}

#[test]
fn a_named_commander_is_asked_for_news_instead_of_the_owner() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    shift.must(&work("ana"));
    let name = |person_: &str, role| Command::NameRole {
        by: person("ana"),
        person: person(person_),
        role,
    };
    shift.must(&name("dora", IncidentRole::Commander));
    shift.must(&name("carl", IncidentRole::Commander));
    assert_eq!(shift.ticket().commander(), &person("carl"), "one commander");
    shift.must(&Command::JoinConference { by: person("carl") });
    shift.next_thing_happens();
    assert_eq!(shift.ringing(), ["carl"]);
    let stranger = shift.try_to(&name("zoe", IncidentRole::Responder));
    assert!(matches!(stranger, Err(Refusal::UnknownPerson { .. })));
}

#[test]
fn resolving_closes_the_conference_and_nobody_waits_for_news() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    shift.must(&work("ana"));
    shift.must(&Command::Resolve { by: person("ana") });
    let conference = shift.ticket().conference.as_ref().unwrap();
    assert_eq!(conference.closed_at, Some(shift.now));
    assert_eq!(shift.ticket().next_due(), None);
    let joining = shift.try_to(&Command::JoinConference { by: person("ben") });
    assert!(matches!(joining, Err(Refusal::AlreadyResolved { .. })));
}

#[test]
fn anybody_may_convene_a_conference_once() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev2);
    let convene = Command::Convene { by: person("ana") };
    shift.must(&convene);
    assert!(matches!(
        shift.try_to(&convene),
        Err(Refusal::AlreadyConvened { .. })
    ));
    shift.bridge = None;
    let mut without = Shift::with_alarm(Severity::Sev2);
    assert_eq!(without.try_to(&convene), Err(Refusal::NoBridge));
}

#[test]
fn a_sev2_that_outlives_its_limit_owes_news_every_hour_from_then_on() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev2);
    shift.must(&work("ana"));
    assert!(shift.ticket().timers.is_empty());
    shift.let_it_pass();
    let timer = shift.ticket().timers[0];
    assert_eq!(timer.kind, TimerKind::StatusUpdate);
    assert_eq!(timer.due, shift.now + minutes(60));
}

// -------------------------------------------------------------------------------------- severity

fn severity(name: &str, to: Severity) -> Command {
    Command::SetSeverity {
        by: person(name),
        to,
    }
}

#[test]
fn raising_a_ticket_to_sev1_convenes_shortens_the_limit_and_tells_the_owner() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev2);
    shift.must(&by("ana"));
    let events = shift.must(&severity("bea", Severity::Sev1));
    assert_eq!(
        who(&paged(&events)),
        [("ana".to_owned(), PageReason::SeverityRaised)]
    );
    assert!(shift.ticket().conference.is_some());
    let due = shift.ticket().deadline.as_ref().unwrap().due;
    assert_eq!(due, shift.now + minutes(10));
    assert_eq!(
        shift.try_to(&severity("bea", Severity::Sev1)),
        Err(Refusal::SameSeverity {
            severity: Severity::Sev1
        })
    );
}

#[test]
fn an_owner_at_work_who_raises_the_severity_is_not_woken_by_it() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev2);
    shift.must(&by("ana"));
    shift.must(&severity("ana", Severity::Sev1));
    assert!(shift.ringing().is_empty());
    let due = shift.ticket().deadline.as_ref().unwrap().due;
    assert_eq!(due, shift.now + minutes(10));
}

#[test]
fn lowering_a_sev1_to_sev2_gives_the_longer_limit_from_when_the_step_began() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    let opened = shift.now;
    shift
        .after(minutes(2))
        .must(&severity("bea", Severity::Sev2));
    let deadline = shift.ticket().deadline.clone().unwrap();
    assert_eq!(deadline.due, opened + minutes(15));
    assert_eq!(shift.ringing(), ["ana"], "it still needs somebody");
    assert!(shift.page_of("ana").expires_at > deadline.due);
    assert_eq!(shift.ticket().conference.as_ref().unwrap().closed_at, None);
    assert_eq!(shift.ticket().timers[0].due, shift.now + minutes(60));
}

#[test]
fn lowering_to_a_severity_that_pages_nobody_silences_every_siren() {
    let mut shift = with_bridge();
    shift.alarm(Severity::Sev1);
    shift.must(&severity("bea", Severity::Sev3));
    assert!(shift.ringing().is_empty());
    assert_eq!(shift.ticket().next_due(), None);
    assert!(
        shift
            .ticket()
            .conference
            .as_ref()
            .unwrap()
            .closed_at
            .is_some()
    );
}

// ----------------------------------------------------------------------------- managers, declining

fn extend(name: &str, length: u64) -> Command {
    Command::ExtendLimit {
        by: person(name),
        length: minutes(length),
        reason: "the vendor is on the phone".to_owned(),
    }
}

#[test]
fn a_managers_page_says_since_when_and_which_limit_was_missed() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&by("ana"));
    let checked_in = shift.now;
    while !shift.ringing().contains(&"bea") {
        shift.let_it_pass();
    }
    let missed = shift.page_of("bea").missed.unwrap();
    assert_eq!(missed.state, TicketState::Researching);
    assert_eq!(missed.since, checked_in);
    assert_eq!(missed.limit, checked_in + minutes(10));
}

#[test]
fn a_manager_extends_a_limit_once_with_a_reason_and_the_sirens_stop() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&by("ana"));
    while !shift.ringing().contains(&"bea") {
        shift.let_it_pass();
    }
    shift.must(&extend("bea", 8));
    assert!(shift.ringing().is_empty());
    let due = shift.ticket().deadline.as_ref().unwrap().due;
    assert_eq!(due, shift.now + minutes(8));
    assert!(matches!(
        shift.try_to(&extend("carl", 8)),
        Err(Refusal::AlreadyExtended { by, .. }) if by == person("bea")
    ));
    shift.let_it_pass();
    assert!(
        shift.ringing().contains(&"carl"),
        "the next miss goes on up"
    );
    shift.must(&work("ana"));
    shift.must(&extend("bea", 60));
}

#[test]
fn only_managers_extend_and_only_what_somebody_works_on() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    assert_eq!(
        shift.try_to(&extend("bea", 5)),
        Err(Refusal::NothingToExtend {
            state: TicketState::Assigned
        })
    );
    shift.must(&by("ana"));
    assert_eq!(shift.try_to(&extend("ana", 5)), Err(Refusal::NotAManager));
    assert_eq!(
        shift.try_to(&extend("bea", 11)),
        Err(Refusal::ExtensionLength {
            longest_ms: 600_000
        })
    );
    let blank = Command::ExtendLimit {
        by: person("bea"),
        length: minutes(5),
        reason: " ".to_owned(),
    };
    assert!(matches!(
        shift.try_to(&blank),
        Err(Refusal::Blank { field }) if field == "reason"
    ));
}

#[test]
fn a_manager_takes_over_by_taking_the_ticket_and_is_not_paged_for_it() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    while !shift.ringing().contains(&"bea") {
        shift.let_it_pass();
    }
    shift.must(&Command::Reassign {
        by: person("bea"),
        to: person("bea"),
    });
    assert_eq!(shift.ticket().owner, person("bea"));
    assert!(shift.ringing().is_empty());
}

#[test]
fn an_on_call_who_cannot_come_passes_the_page_on_at_once() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    let events = shift.must(&cannot("ana"));
    assert_eq!(
        who(&paged(&events)),
        [("ben".to_owned(), PageReason::Declined)]
    );
    assert_eq!(shift.ringing(), ["ben"]);
    assert!(matches!(
        shift.try_to(&cannot("ana")),
        Err(Refusal::NotPaged { .. })
    ));
}

#[test]
fn when_everybody_declines_the_chain_goes_round_again() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    for name in ["ana", "ben", "bea", "carl", "dora"] {
        shift.must(&cannot(name));
    }
    assert_eq!(shift.ringing(), ["ana"], "somebody always rings");
}

#[test]
fn whoever_declines_is_not_paged_again_at_once_by_another_level() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    // The chain has begun again at the owner, and everybody rings.
    while shift.ticket().rounds == 0 {
        shift.let_it_pass();
    }
    shift.must(&cannot("ben"));
    assert!(!shift.ringing().contains(&"ben"), "though he is next");
    assert!(shift.ringing().contains(&"bea"));
}

// ------------------------------------------------------------------------------------------ help

#[test]
fn asking_for_help_pages_the_others_on_call_with_who_asks_and_why() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&by("ana"));
    shift.must(&help("ana", &[&["mira"], &["noa"]]));
    let page = shift.page_of("mira");
    assert_eq!(
        (page.role, page.reason),
        (Role::Helper, PageReason::HelpAsked)
    );
    let asked = &shift.ticket().helps[0];
    assert_eq!(page.help, Some(asked.number));
    assert_eq!(asked.message, "the database does not answer");
    assert_eq!(asked.by, person("ana"));
}

#[test]
fn a_helper_who_comes_silences_their_page_and_leaves_the_ticket_where_it_is() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&by("ana"));
    shift.must(&help("ana", &[&["mira", "noa"]]));
    let limit = shift.ticket().deadline.clone();
    shift.must(&by("mira"));
    assert!(shift.ringing().is_empty(), "one helper is enough");
    assert_eq!(shift.ticket().helps[0].helper(), Some(&person("mira")));
    assert_eq!(shift.ticket().owner, person("ana"));
    assert_eq!(shift.ticket().deadline, limit);
}

#[test]
fn a_helper_who_cannot_passes_the_call_on_and_the_asker_sees_why() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&by("ana"));
    shift.must(&help("ana", &[&["mira"], &["noa"]]));
    shift.must(&cannot("mira"));
    assert_eq!(shift.ringing(), ["noa"]);
    let answer = &shift.ticket().helps[0].answers[0];
    assert!(!answer.comes);
    assert_eq!(answer.reason.as_deref(), Some("in the operating theatre"));
    shift.must(&cannot("noa"));
    assert!(shift.ticket().helps[0].exhausted, "ask elsewhere");
    assert!(shift.ringing().is_empty());
}

#[test]
fn a_call_for_help_that_nobody_answers_goes_on_to_the_next_level() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&work("ana"));
    shift.must(&help("ana", &[&["mira"], &["noa"]]));
    shift.next_thing_happens();
    assert_eq!(shift.ringing(), ["mira", "noa"]);
    shift.next_thing_happens();
    assert!(shift.ticket().helps[0].exhausted);
    assert!(shift.ringing().is_empty());
}

#[test]
fn whoever_was_asked_first_rings_on_however_far_the_call_for_help_is_passed_on() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&work("ana"));
    shift.must(&help("ana", &[&["mira"], &["noa"], &["otto"]]));
    shift.next_thing_happens();
    shift.next_thing_happens();
    assert_eq!(shift.ringing(), ["mira", "noa", "otto"]);
    let end = shift.page_of("otto").expires_at;
    assert_eq!(shift.page_of("mira").expires_at, end);
}

#[test]
fn a_check_in_of_the_owner_does_not_stop_the_call_for_help() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    shift.must(&help("bea", &[&["mira"]]));
    shift.must(&by("ana"));
    assert_eq!(shift.ringing(), ["mira"]);
    shift.must(&Command::Resolve { by: person("ana") });
    assert!(shift.ringing().is_empty(), "nobody is needed any more");
}

#[test]
fn help_needs_words_and_somebody_else_to_ask() {
    let mut shift = Shift::with_alarm(Severity::Sev1);
    assert_eq!(
        shift.try_to(&help("ana", &[&["ana"], &[]])),
        Err(Refusal::NobodyToAsk)
    );
    let Command::AskHelp {
        by, target, levels, ..
    } = help("ana", &[&["mira"]])
    else {
        unreachable!("it is a call for help")
    };
    let silent = Command::AskHelp {
        by,
        target,
        levels,
        message: String::new(),
    };
    assert!(matches!(
        shift.try_to(&silent),
        Err(Refusal::Blank { field }) if field == "message"
    ));
}

// ------------------------------------------------------------------------------------- newcomers

fn shadowed(newcomer: &str, mode: ShadowMode) -> Shift {
    let mut shift = Shift::new();
    shift.shadow = Some(Shadow {
        newcomer: person(newcomer),
        mentor: person("dora"),
        mode,
    });
    shift.alarm(Severity::Sev1);
    shift
}

#[test]
fn a_newcomers_mentor_is_paged_when_half_of_the_limit_is_over() {
    let mut shift = shadowed("ana", ShadowMode::MentorShadows);
    let opened = shift.now;
    let limit = shift.ticket().deadline.as_ref().unwrap().due;
    shift.must(&support::receipt(1, tocsin_ticket::Rung::Received));
    let events = shift.next_thing_happens();
    assert_eq!(shift.now.0, opened.0 + 150_000);
    assert_eq!(
        who(&paged(&events)),
        [("dora".to_owned(), PageReason::NewcomerLate)]
    );
    assert_eq!(shift.ringing(), ["ana", "dora"]);
    assert_eq!(shift.ticket().deadline.as_ref().unwrap().due, limit);
}

#[test]
fn a_newcomer_in_time_wakes_no_mentor_and_each_step_is_watched() {
    let mut shift = shadowed("ana", ShadowMode::MentorShadows);
    shift.after(minutes(1)).must(&by("ana"));
    let timer = shift.ticket().timers[0];
    assert_eq!(timer.kind, TimerKind::Mentor);
    assert_eq!(timer.due, shift.now + minutes(5));
    shift.must(&Command::StartWork { by: person("ben") });
    assert!(shift.ticket().timers.is_empty(), "ben is no newcomer");
}

#[test]
fn a_newcomer_who_shadows_is_paged_but_their_answer_changes_nothing() {
    let mut shift = shadowed("dora", ShadowMode::NewcomerShadows);
    assert_eq!(shift.ringing(), ["ana", "dora"]);
    assert_eq!(shift.page_of("dora").role, Role::Shadow);
    shift.must(&by("dora"));
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(shift.ticket().state, TicketState::Assigned);
    assert_eq!(shift.ticket().owner, person("ana"));
}

// ----------------------------------------------------------------------------------------- noise

fn held(rule: HoldRule) -> Shift {
    let mut shift = Shift::new();
    shift.hold = Some(Hold {
        until: shift.now + minutes(3),
        rule,
    });
    shift
}

#[test]
fn an_alarm_that_recovers_within_the_hold_off_pages_nobody_and_can_be_found() {
    let mut shift = held(HoldRule::HoldOff);
    let events = shift.alarm(Severity::Sev1);
    assert!(paged(&events).is_empty());
    shift.after(minutes(2)).recovers("latency");
    let ticket = shift.ticket();
    assert_eq!(ticket.pages_issued, 0);
    assert_eq!(ticket.next_due(), None);
    assert_eq!(ticket.hold.as_ref().unwrap().rule, HoldRule::HoldOff);
}

#[test]
fn an_alarm_that_outlives_the_hold_rings_as_if_it_came_then() {
    let mut shift = held(HoldRule::Maintenance {
        window: "new switch".to_owned(),
    });
    shift.bridge = Some(bridge());
    shift.alarm(Severity::Sev1);
    assert!(
        shift.ticket().conference.is_none(),
        "nobody is convened yet"
    );
    let events = shift.next_thing_happens();
    assert_eq!(
        who(&paged(&events)),
        [("ana".to_owned(), PageReason::Assigned)]
    );
    assert!(shift.ticket().conference.is_some());
    assert_eq!(shift.ticket().hold, None);
    let due = shift.ticket().deadline.as_ref().unwrap().due;
    assert_eq!(due, shift.now + minutes(5));
}

#[test]
fn whoever_checks_in_on_a_held_ticket_is_not_woken_later() {
    let mut shift = held(HoldRule::HoldOff);
    shift.alarm(Severity::Sev1);
    shift.must(&by("ana"));
    assert!(
        !shift
            .ticket()
            .timers
            .iter()
            .any(|timer| timer.kind == TimerKind::Hold)
    );
    assert_eq!(shift.ticket().hold, None);
}

#[test]
fn a_flapping_alarm_keeps_its_ticket_until_it_stays_quiet() {
    let mut shift = Shift::new();
    shift.recent_tickets = FLAPPING_TICKETS;
    shift.alarm(Severity::Sev2);
    assert!(shift.ticket().flapping);
    shift.must(&work("ana"));
    shift.recovers("latency");
    assert_eq!(shift.ticket().state, TicketState::WorkInProgress);
    shift.after(minutes(5)).must(&Command::AlarmFired {
        new_id: TicketId(8),
        alarm: alarm(Severity::Sev2),
    });
    assert!(shift.ticket().timers.is_empty(), "it is back");
    shift.recovers("latency");
    let quiet_since = shift.now;
    shift.next_thing_happens();
    assert_eq!(shift.now, quiet_since + FLAPPING_SETTLES);
    let resolved = shift.ticket().resolved.as_ref().unwrap();
    assert_eq!(resolved.by, Actor::Monitoring("prometheus".to_owned()));
}

#[test]
fn a_held_ticket_pages_whoever_is_on_call_when_the_hold_ends_and_the_limit_runs_from_then() {
    let mut shift = held(HoldRule::Quiet {
        person: person("ana"),
    });
    shift.alarm(Severity::Sev2);
    assert_eq!(shift.ticket().owner, person("ana"));
    shift.chain = Chain::new(person("ben"), shift.chain.rest().to_vec());
    let events = shift.next_thing_happens();
    assert_eq!(
        who(&paged(&events)),
        [("ben".to_owned(), PageReason::Assigned)]
    );
    assert_eq!(shift.ticket().owner, person("ben"));
    assert_eq!(shift.ticket().state_since, shift.now);
    let missed = shift.let_it_pass();
    let limit = paged(&missed).into_iter().find_map(|page| page.missed);
    let limit = limit.expect("the limit behind the page").limit;
    assert_eq!(limit, shift.now, "not one of the time before");
}

#[test]
fn when_one_rule_ends_and_another_holds_nobody_is_paged_until_that_ends_too() {
    let mut shift = held(HoldRule::HoldOff);
    shift.alarm(Severity::Sev2);
    let until = shift.now + minutes(60);
    let rule = HoldRule::Maintenance {
        window: "new switch".to_owned(),
    };
    shift.hold = Some(Hold {
        until,
        rule: rule.clone(),
    });
    let events = shift.next_thing_happens();
    assert!(paged(&events).is_empty());
    assert_eq!(shift.ticket().hold.as_ref().unwrap().rule, rule);
    let events = shift.next_thing_happens();
    assert_eq!(shift.now, until);
    assert_eq!(who(&paged(&events))[0].0, "ana");
}

#[test]
fn a_window_that_ends_early_pages_for_what_still_burns_at_once() {
    let mut shift = held(HoldRule::Maintenance {
        window: "new switch".to_owned(),
    });
    shift.alarm(Severity::Sev1);
    assert!(
        shift.must(&Command::ReviewHold).is_empty(),
        "nothing has changed"
    );
    shift.hold = None;
    let events = shift.after(minutes(1)).must(&Command::ReviewHold);
    assert_eq!(who(&paged(&events))[0].0, "ana");
    assert!(shift.ticket().hold.is_none());
    assert!(
        shift.must(&Command::ReviewHold).is_empty(),
        "it pages already"
    );
    shift.hold = Some(Hold {
        until: shift.now + minutes(9),
        rule: HoldRule::HoldOff,
    });
    shift.must(&Command::ReviewHold);
    assert_eq!(shift.ringing(), ["ana"], "what rings is not held again");
}

#[test]
fn a_held_ticket_that_becomes_too_bad_for_its_rule_pages_at_once() {
    let quiet = HoldRule::Quiet {
        person: person("ana"),
    };
    let mut shift = held(quiet.clone());
    shift.alarm(Severity::Sev3);
    assert_eq!(shift.ticket().hold, None, "it would page nobody anyway");
    let mut shift = held(quiet);
    shift.alarm(Severity::Sev2);
    shift.hold = None; // Nothing holds a SEV1.
    let events = shift.alarm(Severity::Sev1);
    assert_eq!(who(&paged(&events))[0].0, "ana");
    assert_eq!(shift.ticket().severity, Severity::Sev1);
}

#[test]
fn a_ticket_that_was_over_while_held_and_is_reopened_is_no_longer_said_to_page_nobody() {
    let mut shift = held(HoldRule::HoldOff);
    shift.alarm(Severity::Sev1);
    shift.recovers("latency");
    assert!(shift.ticket().hold.is_some());
    shift.must(&Command::Reopen { by: person("bea") });
    assert_eq!(shift.ringing(), ["ana"]);
    assert_eq!(shift.ticket().hold, None);
}

// ---------------------------------------------------------------------------------------- groups

fn grouped() -> Shift {
    let mut shift = Shift::new();
    shift.group = Some(labels(&[("alertname", "DiskFull"), ("cluster", "eu")]));
    shift
}

fn labels(pairs: &[(&str, &str)]) -> GroupLabels {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn alarms_whose_labels_agree_are_one_ticket_that_is_over_when_all_of_them_are() {
    let mut shift = grouped();
    shift.fires("disk-1", Severity::Sev2);
    let key = r#"{alertname="DiskFull",cluster="eu"}"#;
    assert_eq!(shift.ticket().dedup_key, key);
    let events = shift.fires("disk-2", Severity::Sev2);
    assert!(paged(&events).is_empty(), "one siren for both");
    shift.fires("disk-2", Severity::Sev2);
    assert_eq!(shift.ticket().repeats, 2, "each of them is counted");
    assert!(!shift.recovers("disk-1").is_empty(), "it is on the log");
    assert!(shift.recovers("disk-1").is_empty(), "said twice is once");
    assert_eq!(shift.ringing(), ["ana"]);
    assert!(shift.recovers("disk-9").is_empty(), "nobody knows it");
    shift.recovers("disk-2");
    assert_eq!(shift.ticket().state, TicketState::Resolved);
}

#[test]
fn a_worse_alarm_that_joins_makes_the_ticket_worse() {
    let mut shift = grouped();
    shift.fires("disk-1", Severity::Sev2);
    let events = shift.fires("disk-2", Severity::Sev1);
    assert_eq!(
        who(&paged(&events)),
        [("ana".to_owned(), PageReason::SeverityRaised)]
    );
}

#[test]
fn a_group_too_large_to_remember_counts_the_rest_and_waits_for_a_person() {
    let mut shift = grouped();
    let all = || (0..GROUP_LIMIT + 3).map(|number| format!("disk-{number}"));
    for key in all() {
        shift.fires(&key, Severity::Sev2);
    }
    let group = shift.ticket().group.clone().unwrap();
    assert_eq!((group.firing.len(), group.beyond), (GROUP_LIMIT, 3));
    for key in all() {
        shift.recovers(&key);
    }
    assert!(shift.ticket().group.as_ref().unwrap().firing.is_empty());
    assert_eq!(shift.ringing(), ["ana"], "three may still burn");
    shift.must(&Command::Resolve { by: person("ana") });
    assert_eq!(shift.ticket().state, TicketState::Resolved);
}

#[test]
fn a_flapping_group_settles_only_while_none_of_its_alarms_fires() {
    let mut shift = grouped();
    shift.recent_tickets = FLAPPING_TICKETS;
    shift.fires("disk-1", Severity::Sev2);
    shift.recovers("disk-1");
    assert_eq!(shift.ticket().timers[0].kind, TimerKind::Settle);
    shift.fires("disk-2", Severity::Sev2);
    assert!(shift.ticket().timers.is_empty());
    shift.recovers("disk-2");
    assert_eq!(shift.ticket().timers[0].kind, TimerKind::Settle);
}

#[test]
fn labels_that_differ_make_keys_that_differ() {
    let keys = [
        labels(&[]),
        labels(&[("a", "")]),
        labels(&[("a", "x")]),
        labels(&[("a", "x"), ("b", "y")]),
        labels(&[("a", "x\",b=\"y")]),
        labels(&[("a", "x\\"), ("b", "y")]),
        labels(&[("a", "x\\\",b=\"y")]),
    ]
    .map(|labels| Group::key(&labels));
    let different: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
}
