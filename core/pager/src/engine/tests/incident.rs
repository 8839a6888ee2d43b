//! What surrounds a ticket: conference, status updates, help, limits, as a phone shows it.

use serde_json::json;
use tocsin_ticket::{
    Bridge, HelpTarget, Hold, HoldRule, IncidentRole, PageReason, Refusal, TicketState, TimerKind,
};

use super::*;

const CALL: &str = "https://meet.example.org/shop";

/// Ana has checked in to a SEV1 with a conference.
fn incident() -> (Night, World) {
    incident_in(Language::English)
}

fn incident_in(language: Language) -> (Night, World) {
    let mut night = Night::speaking(language);
    night.go_live();
    let mut world = World::new(1);
    world.bridge = Some(Bridge {
        url: CALL.to_owned(),
        dial_in: Some("+49 30 1234 567#".to_owned()),
    });
    night.update(&world.fire(Severity::Sev1, START));
    night.update(&world.check_in("ana", START + secs(5)));
    (night, world)
}

fn ask_ben() -> Action {
    Action::AskHelp {
        target: HelpTarget::Person {
            person: person("ben"),
        },
        message: "The database is slow".to_owned(),
    }
}

fn ben_is_asked(world: &mut World, at: Millis) -> Update {
    world.run(
        &Command::AskHelp {
            by: person("ana"),
            target: HelpTarget::Person {
                person: person("ben"),
            },
            levels: [(Role::Helper, "ben"), (Role::Manager, "mia")]
                .map(|(role, who)| Level {
                    role,
                    people: vec![person(who)],
                })
                .to_vec(),
            message: "The database is slow".to_owned(),
        },
        at,
    )
}

fn ticket(night: &Night) -> TicketItem {
    (*night.view().tickets[0]).clone()
}

fn refuse(night: &mut Night, id: &CommandId, refusal: Refusal, world: &World) -> String {
    let message = refusal.to_string();
    let refusal = Known::Yes(refusal);
    night.answer(
        id,
        Outcome::Refused { refusal, message },
        Some(world.view()),
    );
    night.view().notices[0].text.clone()
}

#[test]
fn the_first_page_has_the_bridge_and_the_number_to_dial() {
    let mut night = Night::live();
    let (_, mut world) = incident();
    world.ticket = None;
    night.step(push(&world.fire(Severity::Sev1, START)));
    let conference = ticket(&night).conference.unwrap();
    assert_eq!(conference.url.as_deref(), Some(CALL));
    assert_eq!(conference.dial_in.as_deref(), Some("+49 30 1234 567#"));
    assert_eq!(conference.people, [], "for whom a push has no room");
}

#[test]
fn a_conference_shows_who_commands_who_has_which_role_and_who_joined() {
    let (mut night, mut world) = incident();
    night.update(&world.run(
        &Command::NameRole {
            by: person("ana"),
            person: person("mia"),
            role: IncidentRole::Communications,
        },
        START + secs(6),
    ));
    let joins = Command::JoinConference { by: person("ben") };
    night.update(&world.run(&joins, START + secs(7)));
    let conference = ticket(&night).conference.unwrap();
    let people: Vec<_> = conference
        .people
        .iter()
        .map(|it| (it.name.as_str(), it.role_text.as_deref(), it.joined))
        .collect();
    assert_eq!(
        people,
        [
            ("Ana", Some("incident commander"), None),
            ("Mia", Some("communications"), None),
            ("Ben", None, Some(START + secs(7))),
        ]
    );
    assert!(!conference.joined, "Ana has not joined");
}

#[test]
fn joining_and_naming_show_at_once_without_a_network() {
    let (mut night, mut world) = incident();
    let joins = night.tap(world.id(), Action::JoinConference);
    night.tap_fails(&joins, offline());
    let role = IncidentRole::Commander;
    let names = Action::NameRole {
        person: person("ben"),
        role,
    };
    night.tap(world.id(), names);
    night.crash();
    let item = ticket(&night);
    let conference = item.conference.unwrap();
    assert!(conference.joined && item.pending && !item.moves_limit);
    assert_eq!(conference.people[0].name, "Ben");
    assert_eq!(
        conference.people[1].role_text, None,
        "there is one commander"
    );

    let refusal = Refusal::NoConference;
    let text = refuse(&mut night, &joins, refusal, &world);
    assert_eq!(
        text,
        "There is no conference on this ticket; convene one first."
    );
    world.run(&Command::Resolve { by: person("ana") }, START + secs(20));
    assert!(!ticket(&night).conference.unwrap().joined, "put right");
}

#[test]
fn a_conference_that_was_convened_offline_has_no_address_yet() {
    let mut night = Night::live();
    let (world, update) = World::alarm(1, START);
    night.update(&update);
    assert_eq!(ticket(&night).conference, None);
    let id = night.tap(world.id(), Action::Convene);
    assert_eq!(ticket(&night).conference.unwrap().url, None);
    let text = refuse(&mut night, &id, Refusal::NoBridge, &world);
    assert_eq!(
        text,
        "This team has no conference bridge; ask whoever runs Tocsin to add one."
    );
    assert_eq!(ticket(&night).conference, None);

    let id = night.tap(world.id(), Action::Convene);
    let url = CALL.to_owned();
    let text = refuse(&mut night, &id, Refusal::AlreadyConvened { url }, &world);
    assert!(text.ends_with(&format!("join it at {CALL}")), "{text}");
}

#[test]
fn a_status_update_silences_the_siren_that_asks_for_it_even_without_a_network() {
    let (mut night, mut world) = incident();
    let due = ticket(&night).status.unwrap().due.unwrap();
    world.run(&Command::StartWork { by: person("ana") }, START + secs(8));
    night.update(&world.timer_passes(TimerKind::StatusUpdate));
    night.sleep_until(due);
    let status = ticket(&night).status.unwrap();
    assert!(status.due.is_none() && status.missed_at > Some(due));
    assert_eq!(
        night.view().pages[0].reason_text,
        "A status update is due. Say how things stand."
    );
    assert!(night.rings());

    let text = "Half of the orders fail".to_owned();
    let tap = night.tap(world.id(), Action::UpdateStatus { text: text.clone() });
    night.tap_fails(&tap, offline());
    assert!(!night.rings());
    let status = ticket(&night).status.unwrap();
    assert_eq!(status.last, Some(("Ana".to_owned(), due, text.clone())));
    assert!(status.pending, "and the server has not heard of it");

    let field = "text".to_owned();
    let refused = refuse(&mut night, &tap, Refusal::Blank { field }, &world);
    assert_eq!(
        refused,
        "“Status update” was not done: write a few words first."
    );
    assert!(night.rings(), "put right");

    let tap = night.tap(world.id(), Action::UpdateStatus { text: text.clone() });
    let by = person("ana");
    world.run(&Command::UpdateStatus { by, text }, due + secs(3));
    night.answer(&tap, Outcome::Accepted, Some(world.view()));
    let status = ticket(&night).status.unwrap();
    assert!(!night.rings() && !status.pending && status.due > Some(due));
}

#[test]
fn a_status_update_does_not_silence_a_page_that_wants_a_check_in() {
    let mut night = Night::live();
    let (world, update) = World::alarm(1, START);
    night.update(&update);
    let text = "looking".to_owned();
    night.tap(world.id(), Action::UpdateStatus { text });
    assert!(night.rings());
}

#[test]
fn whoever_asks_for_help_sees_each_rung_and_each_answer() {
    let (mut night, mut world) = incident();
    let tap = night.tap(world.id(), ask_ben());
    let pending = &ticket(&night).helps[0];
    assert_eq!(
        (pending.by.as_str(), pending.target.as_str()),
        ("Ana", "Ben")
    );
    assert!(pending.pending && pending.asked.is_empty());

    let asked = ben_is_asked(&mut world, START + secs(9));
    night.answer(&tap, Outcome::Accepted, Some(asked.ticket));
    let help = ticket(&night).helps[0].clone();
    assert!(!help.pending && help.outcome == HelpOutcome::Waiting);
    assert_eq!(help.then, ["Mia"]);
    assert_eq!(help.asked[0].rung_text, "not sent yet");

    let page = world.ticket.as_ref().unwrap().pages[0].id;
    let receipt = tocsin_ticket::Receipt {
        device: "ben's".into(),
        transport: None,
        rung: Rung::Sounding,
        at: START + secs(10),
        effective_volume: None,
        ringer: None,
        do_not_disturb: None,
    };
    let delivery = Command::Delivery {
        page,
        receipts: vec![receipt],
        failures: Vec::new(),
    };
    night.update(&world.run(&delivery, START + secs(10)));
    let help = ticket(&night).helps[0].clone();
    assert_eq!(
        (
            help.asked[0].name.as_str(),
            help.asked[0].rung_text.as_str()
        ),
        ("Ben", "siren sounding")
    );

    let declines = Command::Decline {
        by: person("ben"),
        reason: Some("on a train".to_owned()),
    };
    night.update(&world.run(&declines, START + secs(20)));
    let help = ticket(&night).helps[0].clone();
    assert_eq!(help.answers[0].1, "Ben cannot help: “on a train”");
    assert_eq!(help.asked[0].name, "Mia");

    let by = person("mia");
    night.update(&world.run(&Command::CheckIn { by }, START + secs(30)));
    let help = ticket(&night).helps[0].clone();
    assert_eq!(help.outcome, HelpOutcome::Comes);
    assert_eq!(help.answers[1].1, "Mia comes to help");
}

#[test]
fn a_call_for_help_that_reaches_nobody_says_so_and_what_to_do() {
    let (mut night, mut world) = incident();
    night.update(&ben_is_asked(&mut world, START + secs(9)));
    for who in ["ben", "mia"] {
        let declines = Command::Decline {
            by: person(who),
            reason: None,
        };
        night.update(&world.run(&declines, START + secs(20)));
    }
    assert_eq!(ticket(&night).helps[0].outcome, HelpOutcome::NobodyLeft);

    for (language, text) in [
        (
            Language::English,
            "There is nobody to ask there; name another person, service or team.",
        ),
        (
            Language::Korean,
            "그곳에는 요청할 사람이 없습니다. 다른 사람, 서비스나 팀을 고르세요.",
        ),
    ] {
        let (mut night, world) = incident_in(language);
        let tap = night.tap(world.id(), ask_ben());
        assert_eq!(ticket(&night).helps.len(), 1);
        assert_eq!(refuse(&mut night, &tap, Refusal::NobodyToAsk, &world), text);
        assert_eq!(ticket(&night).helps.len(), 0, "put right");
    }
}

/// Ana is asked by Ben, whose ticket it is.
fn asked_for_help(language: Language) -> (Night, World) {
    let mut night = Night::speaking(language);
    night.go_live();
    let mut world = World::new(1);
    world.fire(Severity::Sev1, START);
    world.check_in("ben", START + secs(5));
    night.update(&world.run(
        &Command::AskHelp {
            by: person("ben"),
            target: HelpTarget::Person {
                person: person("ana"),
            },
            levels: vec![Level {
                role: Role::Helper,
                people: vec![person("ana")],
            }],
            message: "Can you look at the queue?".to_owned(),
        },
        START + secs(9),
    ));
    (night, world)
}

#[test]
fn a_page_for_help_says_who_asks_and_why() {
    for (language, text) in [
        (
            Language::English,
            "Ben asks for your help: “Can you look at the queue?”",
        ),
        (
            Language::Korean,
            "Ben 님이 도움을 요청했습니다: “Can you look at the queue?”",
        ),
    ] {
        let (night, _) = asked_for_help(language);
        assert!(night.rings());
        let page = &night.view().pages[0];
        assert_eq!((page.reason_text.as_str(), page.help), (text, Some(1)));
    }
}

#[test]
fn whoever_comes_to_help_does_not_take_the_ticket() {
    let (mut night, world) = asked_for_help(Language::English);
    night.tap(world.id(), Action::CheckIn);
    assert!(!night.rings());
    let item = ticket(&night);
    assert_eq!(item.owner, "Ben");
    assert!(!item.moves_limit);
    assert_eq!(item.helps[0].answers[0].1, "Ana comes to help");
}

#[test]
fn whoever_cannot_help_says_so_at_once_and_is_silent() {
    let (mut night, mut world) = asked_for_help(Language::English);
    let reason = Some("no access".to_owned());
    let tap = night.tap(world.id(), Action::Decline { reason });
    night.tap_fails(&tap, offline());
    night.crash();
    assert!(!night.rings());
    let help = ticket(&night).helps[0].clone();
    assert_eq!(help.answers[0].1, "Ana cannot help: “no access”");

    world.run(&Command::Resolve { by: person("ben") }, START + secs(20));
    let person = person("ana");
    let text = refuse(&mut night, &tap, Refusal::NotPaged { person }, &world);
    assert!(text.contains("there is nothing to pass on"), "{text}");
}

#[test]
fn declining_a_page_of_the_tickets_own_leaves_its_limit_running_until_the_server_hears() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    let tap = night.tap(world.id(), Action::Decline { reason: None });
    let item = ticket(&night);
    assert!(!night.rings() && item.moves_limit);
    assert_eq!(item.owner, "Ana", "until somebody else checks in");
    let by = person("ana");
    let declined = world.run(&Command::Decline { by, reason: None }, START + secs(3));
    night.answer(&tap, Outcome::Accepted, Some(declined.ticket));
    let item = ticket(&night);
    assert!(!night.rings() && !item.moves_limit);
    assert_eq!(item.paged[0].name, "Ben");
    assert_eq!(item.paged[0].role_text, "secondary");
}

#[test]
fn a_severity_shows_at_once_and_is_put_right() {
    for (language, expected) in [
        (
            Language::English,
            "It is SEV1 already; there is nothing to change.",
        ),
        (Language::Korean, "이미 SEV1입니다. 바꿀 것이 없습니다."),
    ] {
        let (mut night, world) = incident_in(language);
        let to = Severity::Sev2;
        let tap = night.tap(world.id(), Action::SetSeverity { to });
        let item = ticket(&night);
        assert_eq!(item.severity, Known::Yes(Severity::Sev2));
        assert!(item.moves_limit);
        let severity = Severity::Sev1;
        let text = refuse(&mut night, &tap, Refusal::SameSeverity { severity }, &world);
        assert_eq!(text, expected);
        assert_eq!(ticket(&night).severity, Known::Yes(Severity::Sev1));
    }
}

/// Ana is the manager: Ben has researched for too long.
fn manager() -> (Night, World) {
    let mut night = Night::live();
    let mut world = World::new(1);
    world.chain = Chain::new(
        person("ben"),
        vec![Level {
            role: Role::Manager,
            people: vec![person("ana")],
        }],
    );
    world.fire(Severity::Sev1, START);
    world.check_in("ben", START + secs(60));
    world.deadline_passes();
    night.update(&world.deadline_passes());
    (night, world)
}

#[test]
fn a_manager_reads_which_limit_was_missed_and_moves_it() {
    let (mut night, mut world) = manager();
    let page = night.view().pages[0].clone();
    let missed = page.missed.unwrap();
    assert_eq!(missed.state_text, "Researching");
    assert_eq!(missed.since, START + secs(60));
    assert!(missed.limit > missed.since && night.rings());

    let extend = Action::ExtendLimit {
        seconds: 300,
        reason: "the vendor is on the phone".to_owned(),
    };
    let tap = night.tap(world.id(), extend.clone());
    assert!(!night.rings(), "whoever decides is awake");
    let item = ticket(&night);
    assert!(item.moves_limit && item.extended.unwrap().pending);

    let text = refuse(&mut night, &tap, Refusal::NotAManager, &world);
    assert_eq!(
        text,
        "Only a manager of the team can extend a limit; ask for help instead."
    );
    assert!(night.rings() && ticket(&night).extended.is_none());

    let tap = night.tap(world.id(), extend);
    let at = world.ticket.as_ref().unwrap().pages[0].at;
    let extended = world.run(
        &Command::ExtendLimit {
            by: person("ana"),
            length: secs(300),
            reason: "the vendor is on the phone".to_owned(),
        },
        at + secs(5),
    );
    night.answer(&tap, Outcome::Accepted, Some(extended.ticket));
    let item = ticket(&night);
    assert!(!night.rings() && !item.moves_limit);
    assert_eq!(item.extended.unwrap().by, "Ana");
}

#[test]
fn extending_a_limit_does_not_answer_a_call_for_help() {
    let (mut night, world) = asked_for_help(Language::English);
    let extend = Action::ExtendLimit {
        seconds: 300,
        reason: "wait".to_owned(),
    };
    night.tap(world.id(), extend);
    assert!(night.rings());
}

#[test]
fn every_refusal_of_a_new_tap_says_what_to_do_next_in_both_languages() {
    let longest_ms = 600_000;
    let (by, at) = (person("ben"), START);
    for (refusal, english, korean) in [
        (
            Refusal::AlreadyExtended { by, at },
            "Ben extended this limit already; start work, resolve, or ask for help.",
            "Ben 님이 이미 연장했습니다. 작업을 시작하거나 해결하거나 도움을 요청하세요.",
        ),
        (
            Refusal::ExtensionLength { longest_ms },
            "The limit was not extended: choose at most 10 min.",
            "연장되지 않았습니다. 최대 10분까지 고르세요.",
        ),
        (
            Refusal::NothingToExtend {
                state: TicketState::Assigned,
            },
            "No limit was extended: somebody must check in first.",
            "연장되지 않았습니다. 먼저 누군가 확인해야 합니다.",
        ),
        (
            Refusal::NoConference,
            "There is no conference on this ticket; convene one first.",
            "이 티켓에는 화상 회의가 없습니다. 먼저 소집하세요.",
        ),
    ] {
        for (language, expected) in [(Language::English, english), (Language::Korean, korean)] {
            let (mut night, world) = incident_in(language);
            let extend = Action::ExtendLimit {
                seconds: 60,
                reason: "wait".to_owned(),
            };
            let tap = night.tap(world.id(), extend);
            assert_eq!(refuse(&mut night, &tap, refusal.clone(), &world), expected);
        }
    }
}

#[test]
fn a_held_ticket_says_until_when_and_by_which_rule() {
    let (mut night, _) = (Night::live(), ());
    let mut world = World::new(1);
    world.hold = Some(Hold {
        until: START + secs(90),
        rule: HoldRule::Maintenance {
            window: "database upgrade".to_owned(),
        },
    });
    night.update(&world.fire(Severity::Sev2, START));
    let hold = ticket(&night).hold.unwrap();
    assert_eq!(hold.until, START + secs(90));
    assert_eq!(
        hold.rule_text,
        "the maintenance window \"database upgrade\""
    );
    assert!(!night.rings());
}

#[test]
fn what_a_newer_server_does_with_incidents_is_shown_in_its_words() {
    let (_, world) = asked_for_help(Language::English);
    let mut sent = serde_json::to_value(world.view()).unwrap();
    sent["helps"][0]["target"] = json!({"type": "guild", "guild": "databases"});
    sent["helps"][0]["urgency"] = json!(3);
    sent["hold"] = json!({"until": START, "rule": {"type": "eclipse"}});
    sent["conference"] = json!({
        "bridge": {"url": CALL}, "since": START,
        "roles": {"mia": "scribe", "ben": "commander"}, "mood": "calm"
    });
    sent["timers"] = json!([{"generation": 1, "due": START, "kind": {"type": "coffee"}}]);
    sent["extended"] = json!("twice");
    let mut night = Night::live();
    let view: TicketView = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(serde_json::to_value(&view).unwrap(), sent, "and kept");
    night.stream(StreamEvent::Reset);
    night.synced(night.snapshot(&[view], 2000));
    assert!(night.rings());
    let item = ticket(&night);
    assert_eq!(item.helps[0].target, "guild");
    assert!(item.hold.unwrap().rule_text.contains("eclipse"));
    assert_eq!(item.extended, None);
    let people = item.conference.unwrap().people;
    assert_eq!(people[0].role_text.as_deref(), Some("incident commander"));
    assert_eq!(people[1].role_text.as_deref(), Some("scribe"));
    assert_eq!(night.view().pages[0].reason, PageReason::HelpAsked.into());
}
