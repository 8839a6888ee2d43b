//! Whatever becomes of a ticket, a phone of this version reads all of it and passes all of it on.

use proptest::prelude::*;
use tocsin_ticket::{
    Alarm, Chain, Command, Context, DeliveryFailure, DeliveryProblem, DeviceId, DoNotDisturb,
    Event, Level, Millis, PageId, PersonId, Policy, Receipt, Ringer, Role, Rung, Severity, Ticket,
    TicketId, Transport, decide,
};
use tocsin_wire::{Entry, Known, TicketView};

fn alarm(severity: Severity, detail: String) -> Alarm {
    Alarm {
        team: "shop".into(),
        service: "checkout".into(),
        dedup_key: "database".to_owned(),
        severity,
        title: detail.clone(),
        source: "script".to_owned(),
        url: None,
        details: [("detail".to_owned(), detail)].into(),
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let people = prop::sample::select(vec!["ana", "ben", "bea", "carl"]);
    let person = people.prop_map(PersonId::from);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let rung = prop::sample::select(vec![Rung::Received, Rung::Sounding, Rung::Seen]);
    let source = || "script".to_owned();
    prop_oneof![
        (severity, any::<String>()).prop_map(|(severity, detail)| Command::AlarmFired {
            new_id: TicketId(7),
            alarm: alarm(severity, detail),
        }),
        Just(Command::AlarmAcknowledged { source: source() }),
        Just(Command::AlarmRecovered {
            source: source(),
            dedup_key: "latency".to_owned(),
        }),
        person.clone().prop_map(|by| Command::CheckIn { by }),
        person.clone().prop_map(|by| Command::StartWork { by }),
        person.clone().prop_map(|by| Command::Resolve { by }),
        person.clone().prop_map(|by| Command::Reopen { by }),
        (person.clone(), person.clone()).prop_map(|(by, to)| Command::Reassign { by, to }),
        (person, any::<String>()).prop_map(|(by, text)| Command::AddNote { by, text }),
        (1..6_u32, rung, prop::option::of(0.0..=1.0_f32)).prop_map(
            |(number, rung, effective_volume)| Command::Delivery {
                page: PageId {
                    ticket: TicketId(7),
                    number
                },
                receipts: vec![Receipt {
                    device: DeviceId::from("a-phone"),
                    transport: Some(Transport::WebPush),
                    rung,
                    at: Millis(5),
                    effective_volume,
                    ringer: Some(Ringer::Silent),
                    do_not_disturb: Some(DoNotDisturb::Priority),
                }],
                failures: vec![DeliveryFailure {
                    device: DeviceId::from("a-phone"),
                    transport: Transport::Fcm,
                    problem: DeliveryProblem::Busy,
                    why: "429".to_owned(),
                    at: Millis(6),
                }],
            }
        ),
        (1..12_u32).prop_map(|generation| Command::DeadlinePassed { generation }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ticket_of_the_server_is_a_ticket_on_the_phone(
        commands in prop::collection::vec((any_command(), 0..600_000_i64), 1..40),
    ) {
        let level = |role, person: &str| Level { role, people: vec![person.into()] };
        let chain = Chain::new("ana".into(), vec![
            level(Role::Secondary, "ben"),
            level(Role::Manager, "bea"),
            level(Role::ManagersManager, "carl"),
        ]);
        let pageable = ["ana", "ben", "bea", "carl"].map(PersonId::from);
        let policy = Policy::default();
        let context = Context::new(&policy, &chain, &pageable);
        let mut ticket: Option<Ticket> = None;
        let mut now = Millis(1_795_406_593_836);
        for (command, wait) in commands {
            now = Millis(now.0 + wait);
            let Ok(events) = decide(ticket.as_ref(), &command, &context, now) else { continue };
            ticket = events.iter().fold(ticket, |ticket, event| Ticket::apply(ticket, event, now));

            let sent = serde_json::to_value(&ticket).expect("JSON");
            let read: Option<TicketView> = serde_json::from_value(sent.clone()).expect("a ticket");
            prop_assert_eq!(serde_json::to_value(&read).expect("JSON"), sent);
            prop_assert_eq!(
                read.map(|read| read.is_open()),
                ticket.as_ref().map(|ticket| ticket.state.is_open())
            );

            let sent = serde_json::json!({"seq": 1, "at": now, "events": events});
            let read: Entry = serde_json::from_value(sent.clone()).expect("an entry");
            let understood: Vec<&Event> = read.events.iter().filter_map(Known::get).collect();
            prop_assert_eq!(understood, events.iter().collect::<Vec<_>>());
            prop_assert_eq!(serde_json::to_value(&read).expect("JSON"), sent);
        }
    }
}
