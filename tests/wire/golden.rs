//! Every message of this version, word for word, in `golden/`.
//!
//! A difference here is a difference for phones and servers in the field. When it is meant, run the
//! test with `TOCSIN_BLESS=1` and review what `git diff` shows: adding an optional field is fine, and
//! anything else breaks a version that somebody still runs.

use std::fmt::Debug;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tocsin_ticket::{
    Actor, Alarm, Bridge, Deadline, DeadlineKind, DeliveryFailure, DeliveryProblem, DeviceId,
    DoNotDisturb, Event, Group, GroupLabels, Help, HelpTarget, Hold, HoldRule, IncidentRole, Level,
    Millis, Missed, Page, PageEnd, PageId, PageReason, PersonId, Reach, Receipt, Refusal, Ringer,
    Role, Rung, Severity, Ticket, TicketId, TicketState, Timer, TimerKind, Transport,
};
use tocsin_wire::{
    Action, ApnsEnvironment, CommandId, CommandReply, CommandRequest, Cursor, Directory,
    DownstreamView, Drill, DrillReport, Duty, DutyShift, EnrollReply, EnrollRequest, Entry, Hello,
    Known, Me, OnCall, Outcome, PUSH_VERSION, Person, PhoneRules, Problem, PushAddress,
    PushChannel, PushMessage, PushPayload, PushRegistration, PushWhen, ReceiptBatch, ReceiptReport,
    ServerNotice, SyncPage, TicketBrief, TicketDetail, TicketList, TicketView, Timeline, Update,
    WIRE_VERSION,
};

const AT: Millis = Millis(1_795_406_593_836);

pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("wire/golden")
        .join(file)
}

pub fn read(file: &str) -> Value {
    let path = path(file);
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The message is written as in the file, and what the file says is read as the message.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, message: &T) {
    written(file, message);
    let again: T = serde_json::from_value(read(file)).expect("its own message");
    assert_eq!(again, *message, "{file} read back");
}

fn written(file: &str, message: &impl Serialize) {
    let path = path(file);
    let mut text = serde_json::to_string_pretty(message).expect("JSON");
    text.push('\n');
    if std::env::var_os("TOCSIN_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the golden file");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, golden,
        "{file} is not as reviewed; see this file's first lines"
    );
}

fn alarm() -> Alarm {
    Alarm {
        team: "shop".into(),
        service: "checkout".into(),
        dedup_key: "c2f7bbea9dea22db".to_owned(),
        severity: Severity::Sev1,
        title: "Checkout answers 23 % of its requests with an error".to_owned(),
        source: "alertmanager".to_owned(),
        url: Some("https://prometheus.shop.example/graph".to_owned()),
        details: [("cluster".to_owned(), "eu-1".to_owned())].into(),
    }
}

fn page(number: u32) -> Page {
    Page {
        id: PageId {
            ticket: TicketId(42),
            number,
        },
        person: "ana".into(),
        role: Role::Owner,
        reason: PageReason::Assigned,
        at: AT,
        expires_at: Millis(AT.0 + 420_000),
        missed: None,
        help: None,
        receipts: Vec::new(),
    }
}

fn bridge() -> Bridge {
    Bridge {
        url: "https://meet.example.org/shop".to_owned(),
        dial_in: Some("+49 30 1234567, code 4711#".to_owned()),
    }
}

fn help() -> Help {
    Help {
        number: 1,
        by: "ana".into(),
        at: AT,
        target: HelpTarget::Service {
            service: "database".into(),
        },
        message: "the database does not answer".to_owned(),
        asked: vec!["mira".into()],
        then: vec![helpers()],
        answers: Vec::new(),
        exhausted: false,
    }
}

fn helpers() -> Level {
    Level {
        role: Role::Helper,
        people: vec!["noa".into()],
    }
}

fn receipt(rung: Rung) -> Receipt {
    Receipt {
        device: DeviceId::from("a-phone"),
        transport: Some(Transport::WebPush),
        rung,
        at: AT,
        effective_volume: Some(0.5),
        ringer: Some(Ringer::Silent),
        do_not_disturb: Some(DoNotDisturb::Priority),
    }
}

fn deadline() -> Deadline {
    Deadline {
        generation: 1,
        due: Millis(AT.0 + 300_000),
        kind: DeadlineKind::Escalate,
        next: vec!["bea".into()],
        reach: Some(Reach {
            by: Millis(AT.0 + 60_000),
            people: vec!["ana".into()],
        }),
    }
}

fn labels() -> GroupLabels {
    GroupLabels::from([("alertname".to_owned(), "DiskFull".to_owned())])
}

/// Every event. The match fails to compile when there is a new one.
fn every_event() -> Vec<Event> {
    let ana = || PersonId::from("ana");
    let by = || Actor::Person("ana".into());
    let events = vec![
        Event::Opened {
            id: TicketId(42),
            alarm: alarm(),
            owner: ana(),
        },
        Event::Paged { page: page(1) },
        Event::DeadlineSet {
            deadline: deadline(),
        },
        Event::PageReceipt {
            page: page(1).id,
            receipt: receipt(Rung::Sounding),
        },
        Event::DeliveryFailed {
            page: page(1).id,
            failure: DeliveryFailure {
                device: DeviceId::from("a-phone"),
                transport: Transport::Fcm,
                problem: DeliveryProblem::DeadToken,
                why: "UNREGISTERED".to_owned(),
                at: AT,
            },
        },
        Event::Repeated {
            source: "alertmanager".to_owned(),
        },
        Event::SeverityChanged {
            from: Severity::Sev2,
            to: Severity::Sev1,
            by: Actor::Monitoring("alertmanager".to_owned()),
        },
        Event::Escalated {
            level: 1,
            role: Role::Manager,
            people: vec!["bea".into()],
            reason: PageReason::CheckInMissed,
            new_round: false,
        },
        Event::CheckedIn { by: by() },
        Event::PageEnded {
            page: page(1).id,
            person: ana(),
            why: PageEnd::CheckedIn,
        },
        Event::Acknowledged { by: ana() },
        Event::WorkStarted { by: ana() },
        Event::NoteAdded {
            by: ana(),
            text: "restarting it".to_owned(),
        },
        Event::Resolved { by: by() },
        Event::DeadlineCleared,
        Event::Reopened {
            by: "ben".into(),
            owner: ana(),
        },
        Event::Reassigned {
            by: ana(),
            from: ana(),
            to: "ben".into(),
        },
        Event::Held {
            hold: Hold {
                until: AT,
                rule: HoldRule::HoldOff,
            },
        },
        Event::HoldEnded { owner: None },
        Event::FlappingDetected { tickets: 4 },
        Event::Declined {
            by: ana(),
            reason: Some("on a train".to_owned()),
        },
        Event::LimitExtended {
            by: "bea".into(),
            until: AT,
            reason: "the vendor is on it".to_owned(),
        },
        Event::ConferenceConvened { bridge: bridge() },
        Event::ConferenceMoved { bridge: bridge() },
        Event::ConferenceJoined { by: ana() },
        Event::RoleNamed {
            by: ana(),
            person: "ben".into(),
            role: IncidentRole::Commander,
        },
        Event::StatusUpdated {
            by: "ben".into(),
            text: "half of the customers can pay".to_owned(),
        },
        Event::ConferenceClosed,
        Event::HelpAsked { help: help() },
        Event::Paged {
            page: Page {
                role: Role::Helper,
                reason: PageReason::HelpAsked,
                help: Some(1),
                missed: Some(Missed {
                    state: TicketState::Researching,
                    since: AT,
                    limit: Millis(AT.0 + 600_000),
                }),
                ..page(2)
            },
        },
        Event::HelpAnswered {
            number: 1,
            by: "mira".into(),
            comes: false,
            reason: None,
        },
        Event::HelpPassedOn {
            number: 1,
            level: helpers(),
        },
        Event::HelpExhausted { number: 1 },
        Event::TimerSet {
            timer: Timer {
                generation: 9,
                due: AT,
                kind: TimerKind::StatusUpdate,
            },
        },
        Event::TimerCleared { generation: 9 },
        Event::Grouped {
            dedup_key: Group::key(&labels()),
            labels: labels(),
        },
        Event::AlarmJoined {
            dedup_key: "4f2e".to_owned(),
            title: "orders-db-2 runs out of disk".to_owned(),
            severity: Severity::Sev2,
            source: "alertmanager".to_owned(),
        },
        Event::AlarmRecovered {
            dedup_key: "4f2e".to_owned(),
            source: "alertmanager".to_owned(),
        },
        Event::Held {
            hold: Hold {
                until: AT,
                rule: HoldRule::Quiet { person: ana() },
            },
        },
        Event::HoldEnded { owner: Some(ana()) },
    ];
    for event in &events {
        match event {
            Event::Opened { .. }
            | Event::Paged { .. }
            | Event::DeadlineSet { .. }
            | Event::PageReceipt { .. }
            | Event::DeliveryFailed { .. }
            | Event::Repeated { .. }
            | Event::SeverityChanged { .. }
            | Event::Escalated { .. }
            | Event::CheckedIn { .. }
            | Event::PageEnded { .. }
            | Event::Acknowledged { .. }
            | Event::WorkStarted { .. }
            | Event::NoteAdded { .. }
            | Event::Resolved { .. }
            | Event::DeadlineCleared
            | Event::Reopened { .. }
            | Event::Reassigned { .. }
            | Event::Held { .. }
            | Event::HoldEnded { .. }
            | Event::FlappingDetected { .. }
            | Event::Declined { .. }
            | Event::LimitExtended { .. }
            | Event::ConferenceConvened { .. }
            | Event::ConferenceMoved { .. }
            | Event::ConferenceJoined { .. }
            | Event::RoleNamed { .. }
            | Event::StatusUpdated { .. }
            | Event::ConferenceClosed
            | Event::HelpAsked { .. }
            | Event::HelpAnswered { .. }
            | Event::HelpPassedOn { .. }
            | Event::HelpExhausted { .. }
            | Event::TimerSet { .. }
            | Event::TimerCleared { .. }
            | Event::Grouped { .. }
            | Event::AlarmJoined { .. }
            | Event::AlarmRecovered { .. } => {}
        }
    }
    events
}

/// The ticket after the first `count` of [`every_event`].
fn ticket(count: usize) -> Ticket {
    let events = every_event();
    let applied = events[..count]
        .iter()
        .fold(None, |ticket, event| Ticket::apply(ticket, event, AT));
    applied.expect("an opened ticket")
}

fn view(ticket: &Ticket) -> TicketView {
    TicketView::of(ticket).expect("a ticket as a phone sees it")
}

const CURSOR: Cursor = Cursor {
    epoch: 0x811c_9dc5,
    seq: 1042,
    ticket: None,
};

fn me() -> Me {
    Me {
        person: "ana".into(),
        device: "a-phone".into(),
    }
}

#[test]
fn every_event_and_the_tickets_they_make_are_as_reviewed() {
    holds("events.json", &every_event());
    holds("ticket-paging.json", &ticket(6));
    holds("ticket-in-hand.json", &ticket(11));
    holds("ticket-resolved.json", &ticket(14));
    for (file, count) in [("ticket-paging.json", 6), ("ticket-in-hand.json", 11)] {
        // What the server sends is what phones read, whole.
        let read: TicketView = serde_json::from_value(read(file)).expect("a ticket");
        assert_eq!(read, view(&ticket(count)));
    }
}

#[test]
fn every_word_of_the_closed_sets_is_as_reviewed() {
    written("severities.json", &Severity::ALL);
    let states = [
        TicketState::Assigned,
        TicketState::Researching,
        TicketState::WorkInProgress,
        TicketState::Resolved,
    ];
    holds("states.json", &states.to_vec());
    let roles = [
        Role::Owner,
        Role::OnCall,
        Role::Secondary,
        Role::Manager,
        Role::ManagersManager,
        Role::Team,
        Role::Mentor,
        Role::Shadow,
        Role::Helper,
        Role::Commander,
    ];
    holds("roles.json", &roles.to_vec());
    let reasons = [
        PageReason::Assigned,
        PageReason::Reassigned,
        PageReason::Reopened,
        PageReason::SeverityRaised,
        PageReason::CheckInMissed,
        PageReason::Nudge,
        PageReason::ResearchingMissed,
        PageReason::WorkMissed,
        PageReason::Unreachable,
        PageReason::Declined,
        PageReason::NewcomerLate,
        PageReason::Shadowing,
        PageReason::HelpAsked,
        PageReason::StatusUpdateDue,
        PageReason::StatusUpdateMissed,
    ];
    holds("page-reasons.json", &reasons.to_vec());
    let ends = [
        PageEnd::CheckedIn,
        PageEnd::Moved,
        PageEnd::Resolved,
        PageEnd::Superseded,
        PageEnd::Declined,
        PageEnd::Answered,
    ];
    holds("page-ends.json", &ends.to_vec());
    let rungs = [
        Rung::Sent,
        Rung::Accepted,
        Rung::Received,
        Rung::Sounding,
        Rung::Seen,
        Rung::CheckedIn,
    ];
    holds("rungs.json", &rungs.to_vec());
    holds("transports.json", &Transport::ALL.to_vec());
    let problems = [
        DeliveryProblem::Busy,
        DeliveryProblem::DeadToken,
        DeliveryProblem::Refused,
        DeliveryProblem::NoAnswer,
    ];
    holds("delivery-problems.json", &problems.to_vec());
    holds(
        "deadline-kinds.json",
        &vec![DeadlineKind::Nudge, DeadlineKind::Escalate],
    );
}

#[test]
fn taps_and_their_answers_are_as_reviewed() {
    let actions = [
        Action::CheckIn,
        Action::StartWork,
        Action::Resolve,
        Action::Reopen,
        Action::Reassign { to: "ben".into() },
        Action::Note {
            text: "restarting it".to_owned(),
        },
        Action::Decline { reason: None },
        Action::SetSeverity { to: Severity::Sev1 },
        Action::ExtendLimit {
            seconds: 600,
            reason: "the vendor is on it".to_owned(),
        },
        Action::Convene,
        Action::JoinConference,
        Action::NameRole {
            person: "ben".into(),
            role: IncidentRole::Commander,
        },
        Action::UpdateStatus {
            text: "half of the customers can pay".to_owned(),
        },
        Action::AskHelp {
            target: HelpTarget::Manager,
            message: "the database does not answer".to_owned(),
        },
    ];
    let request = |action| CommandRequest {
        id: CommandId::new("5f0c1a9be2d64b6d8a1f30c2b7a4e8d9"),
        ticket: TicketId(42),
        at: AT,
        action,
        also: vec![TicketId(43)],
    };
    holds("commands.json", &actions.map(request).to_vec());

    let (by, at) = (Actor::Person("ben".into()), AT);
    let refusals = [
        Refusal::NoSuchTicket,
        Refusal::AlreadyCheckedIn { by: by.clone(), at },
        Refusal::AlreadyStarted { by: by.clone(), at },
        Refusal::AlreadyResolved {
            by: Actor::Monitoring("alertmanager".to_owned()),
            at,
        },
        Refusal::NotResolved {
            state: TicketState::WorkInProgress,
        },
        Refusal::OpenElsewhere {
            ticket: TicketId(43),
        },
        Refusal::UnknownPerson {
            person: "nobody".into(),
        },
        Refusal::EmptyNote,
        Refusal::NoSuchPage { page: page(9).id },
        Refusal::StaleDeadline,
        Refusal::NotYetDue { due: at },
    ];
    let refused = refusals.map(|refusal| CommandReply {
        id: request(Action::CheckIn).id,
        outcome: Outcome::Refused {
            message: refusal.to_string(),
            refusal: refusal.into(),
        },
        ticket: None,
        also_refused: Vec::new(),
    });
    holds("command-refused.json", &refused.to_vec());
    let accepted = CommandReply {
        id: request(Action::CheckIn).id,
        outcome: Outcome::Accepted,
        ticket: Some(view(&ticket(9))),
        also_refused: vec![TicketId(43)],
    };
    holds("command-accepted.json", &accepted);
    let report = |rung, effective_volume| ReceiptReport {
        page: page(1).id,
        rung,
        at: AT,
        effective_volume,
        transport: Some(Transport::Apns),
        ringer: Some(Ringer::Vibrate),
        do_not_disturb: Some(DoNotDisturb::Off),
    };
    holds(
        "receipts.json",
        &ReceiptBatch {
            id: CommandId::new("0b8e6a52c4f34c1d9e7730f1d2a6b5c8"),
            receipts: vec![
                report(Rung::Received, None),
                report(Rung::Sounding, Some(1.0)),
            ],
            drills: vec![DrillReport {
                drill: "a-drill".into(),
                rung: Rung::Sounding,
                at: AT,
                transport: Some(Transport::Fcm),
                effective_volume: Some(1.0),
            }],
        },
    );
}

#[test]
fn pushes_and_registrations_are_as_reviewed() {
    let payload = |message: PushMessage| PushPayload {
        v: PUSH_VERSION,
        server_time: AT,
        message: message.into(),
    };
    let partial = TicketView {
        partial: true,
        ..view(&ticket(3))
    };
    let ticket = PushMessage::Ticket {
        ticket: Box::new(partial),
        others: 41,
    };
    holds("push-ticket.json", &payload(ticket));
    let drill = Drill {
        id: "a-drill".into(),
        at: AT,
        expires_at: Millis(AT.0 + 300_000),
        audible: true,
    };
    holds("push-drill.json", &payload(PushMessage::Drill(drill)));
    let notice = ServerNotice {
        id: 7,
        at: AT,
        subject: "The drill did not reach Ana's phone".to_owned(),
        body: "Open the app on it.".to_owned(),
    };
    holds("push-notice.json", &payload(PushMessage::Notice(notice)));
    let addresses = [
        PushAddress::WebPush {
            endpoint: "https://push.example/abc".to_owned(),
            p256dh: "BCVx".to_owned(),
            auth: "BTBZ".to_owned(),
        },
        PushAddress::Apns {
            token: "00fc13ad".to_owned(),
            environment: ApnsEnvironment::Production,
            topic: "org.example.tocsin".to_owned(),
            key: "AbCd".to_owned(),
        },
        PushAddress::Fcm {
            token: "dQw4:APA91".to_owned(),
            key: "AbCd".to_owned(),
        },
    ];
    let channels = addresses.map(|address| PushChannel {
        address,
        when: PushWhen::IfNotReceived,
    });
    holds(
        "push-registration.json",
        &PushRegistration {
            channels: channels.to_vec(),
        },
    );
    let duty = Duty {
        shifts: vec![DutyShift {
            team: "shop".into(),
            from: AT,
            until: Millis(AT.0 + 604_800_000),
        }],
        drill_by: Some(Millis(AT.0 + 3_600_000)),
        rules: PhoneRules {
            siren_floor: Some(0.8),
            hide_content: true,
        },
    };
    holds("duty.json", &duty);
}

#[test]
fn syncs_streams_and_the_smaller_replies_are_as_reviewed() {
    let entry = Entry {
        seq: 1042,
        at: AT,
        events: every_event().into_iter().take(3).map(Known::from).collect(),
    };
    let update = Update {
        entry: entry.clone(),
        ticket: view(&ticket(3)),
    };
    holds("update.json", &update);
    holds(
        "hello.json",
        &Hello {
            server_time: AT,
            wire_version: WIRE_VERSION,
        },
    );
    let directory = Directory {
        people: [("ana".into(), "Ana Silva".to_owned())].into(),
        teams: [("shop".into(), "Shop".to_owned())].into(),
        services: [("checkout".into(), "Checkout".to_owned())].into(),
        runbooks: [(
            "checkout".into(),
            "https://wiki.example.org/checkout".to_owned(),
        )]
        .into(),
        downstream: [("checkout".into(), vec!["payments".into()])].into(),
    };
    let page = SyncPage {
        reset: true,
        cursor: Cursor {
            ticket: Some(42),
            ..CURSOR
        },
        more: true,
        tickets: vec![view(&ticket(3))],
        updates: Vec::new(),
        me: me(),
        directory: Some(directory),
        server_time: AT,
        duty: None,
        extra: Default::default(),
    };
    holds("sync-snapshot.json", &page);
    let page = SyncPage {
        reset: false,
        cursor: CURSOR,
        more: false,
        tickets: Vec::new(),
        updates: vec![update],
        directory: None,
        ..page
    };
    holds("sync-updates.json", &page);
    holds(
        "timeline.json",
        &Timeline {
            ticket: view(&ticket(3)),
            entries: vec![entry],
            cursor: CURSOR,
        },
    );
    holds(
        "tickets.json",
        &TicketList {
            tickets: vec![view(&ticket(14))],
            more: false,
        },
    );
    let person = |id: &str, name: &str| Person {
        id: id.into(),
        name: name.to_owned(),
    };
    holds(
        "ticket-detail.json",
        &TicketDetail {
            ticket: view(&ticket(3)),
            downstream: vec![DownstreamView {
                service: "ledger".into(),
                name: "Ledger".to_owned(),
                team: "bank".into(),
                team_name: "Bank".to_owned(),
                tier: Some(1),
                on_call: Some(person("dora", "Dora Novak")),
                open_tickets: vec![TicketBrief {
                    id: TicketId(12),
                    severity: Severity::Sev2.into(),
                    title: "The ledger is slow".to_owned(),
                    state: TicketState::Researching.into(),
                }],
            }],
        },
    );
    let on_call = OnCall {
        team: "shop".into(),
        team_name: "Shop".to_owned(),
        primary: person("ana", "Ana Silva"),
        until: AT,
        next: person("ben", "Ben Okafor"),
        secondary: Some(person("ben", "Ben Okafor")),
        manager: Some(person("bea", "Bea Lindqvist")),
        waits_for: Some(person("ben", "Ben Okafor")),
    };
    holds("on-call.json", &vec![on_call]);
    written(
        "enroll-request.json",
        &EnrollRequest {
            code: "7KQ2M-9XWTA".to_owned(),
            device_name: "a phone".to_owned(),
        },
    );
    written(
        "enroll-reply.json",
        &EnrollReply {
            token: format!("tcs_{}", "0".repeat(64)),
            device: me().device,
            person: me().person,
            person_name: "Ana Silva".to_owned(),
            admin: false,
        },
    );
    holds(
        "problem.json",
        &Problem {
            status: 400,
            code: "invalid_field".to_owned(),
            detail: "alerts[3].status: expected a string, got a number".to_owned(),
            field: Some("alerts[3].status".to_owned()),
        },
    );
}
