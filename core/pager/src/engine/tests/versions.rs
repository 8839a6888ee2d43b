//! Phones and servers that are versions apart.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// An update as the first server sent it: nothing but what that version had.
fn from_the_oldest_server() -> Value {
    json!({
        "seq": 5, "at": START,
        "events": [{"type": "repeated", "source": "alertmanager"}],
        "ticket": {
            "id": 1, "version": 3, "team": "shop", "service": "checkout", "dedup_key": "k",
            "severity": "SEV1", "title": "Checkout fails", "source": "alertmanager",
            "state": "assigned", "state_since": START, "owner": "ana", "opened_at": START,
            "repeats": 0,
            "pages": [{
                "id": "1.1", "person": "ana", "role": "owner", "reason": "assigned",
                "at": START, "expires_at": START.0 + 420_000
            }]
        }
    })
}

/// The same from a server that has learned fields, states, severities, reasons and events.
fn from_a_newer_server() -> Value {
    let mut update = from_the_oldest_server();
    update["trace"] = json!("abc");
    update["events"] = json!([{"type": "paused", "until": 7, "why": {"deep": [1, 2]}}]);
    let ticket = &mut update["ticket"];
    ticket["severity"] = json!("SEV0");
    ticket["state"] = json!("paused");
    ticket["incident"] = json!({"commander": "mia"});
    ticket["checked_in"] = json!({"by": {"robot": "r2"}, "at": START});
    let page = &mut ticket["pages"][0];
    page["reason"] = json!("sla_at_risk");
    page["role"] = json!("liaison");
    page["sound"] = json!("klaxon");
    page["receipts"] = json!([{"device": "d9", "rung": "smelled", "at": START}]);
    update
}

/// The update's ticket in a push.
fn payload_of(update: &Value) -> Value {
    let message = json!({"type": "ticket", "ticket": update["ticket"]});
    json!({"v": 1, "server_time": START, "message": message})
}

fn bytes(payload: &Value) -> Input {
    Input::Push {
        transport: Transport::WebPush,
        opened: Ok(serde_json::to_vec(payload).unwrap()),
    }
}

#[test]
fn a_page_from_the_oldest_server_rings() {
    let mut night = Night::live();
    night.step(bytes(&payload_of(&from_the_oldest_server())));
    assert!(night.rings());
    assert_eq!(night.view().pages[0].next, Vec::<String>::new());
}

#[test]
fn a_sync_page_from_the_oldest_server_is_taken() {
    let page = json!({
        "cursor": "00000007-5", "me": {"person": "ana", "device": "d1"}, "server_time": START,
        "tickets": [from_the_oldest_server()["ticket"]]
    });
    let mut night = Night::begin();
    night.step(Input::Started);
    night.synced(serde_json::from_value(page).unwrap());
    assert!(night.rings());
}

#[test]
fn what_only_a_newer_server_knows_rings_is_shown_in_its_words_and_kept() {
    let mut night = Night::live();
    let sent = from_a_newer_server();
    let update = Box::new(serde_json::from_value(sent.clone()).unwrap());
    let cursor = cursor(5);
    night.stream(StreamEvent::Update { cursor, update });
    assert!(night.rings(), "a state from the future counts as open");
    let view = night.view();
    assert_eq!(view.pages[0].state_text, "paused");
    assert_eq!(view.pages[0].reason_text, "sla_at_risk");
    assert_eq!(view.pages[0].severity.to_string(), "SEV0");
    assert_eq!(view.pages[0].role.to_string(), "liaison");

    night.crash();
    assert!(night.rings());
    let saved = night.store.load().unwrap();
    assert_eq!(
        serde_json::to_value(&*saved.tickets[0].0).unwrap(),
        sent["ticket"]
    );
    let timeline = night.store.timeline(TicketId(1)).unwrap();
    assert_eq!(
        serde_json::to_value(&timeline[0].events).unwrap(),
        sent["events"]
    );
}

#[test]
fn a_server_with_a_newer_wire_is_used_and_the_person_told_to_update() {
    let mut night = Night::live();
    night.stream(StreamEvent::Hello(Hello {
        server_time: START,
        wire_version: WIRE_VERSION + 1,
    }));
    let view = night.view();
    assert!(matches!(view.connection, Connection::Live { .. }));
    assert_eq!(view.problems[0].problem, Problem::ServerNewer);
}

#[test]
fn an_update_that_cannot_be_read_is_told_and_the_next_one_is_read() {
    let mut night = Night::live();
    night.stream(StreamEvent::Unreadable {
        cursor: Some(cursor(8)),
        reason: "missing field `ticket`".to_owned(),
    });
    assert_eq!(night.view().notices[0].kind, NoticeKind::Unreadable);
    night.update(&World::alarm(1, START).1);
    assert!(night.rings());
}

#[test]
fn a_flood_of_unreadable_pushes_leaves_one_notice() {
    let mut night = Night::live();
    for length in 0..500 {
        night.step(Input::Push {
            transport: Transport::WebPush,
            opened: Ok(vec![b'{'; length]),
        });
    }
    assert_eq!(night.view().notices.len(), 1);
    assert_eq!(night.store.load().unwrap().notices.len(), 1);
}

/// Any JSON value, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), all);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                places(item, &format!("{at}/{key}"), all);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_bytes_whatsoever_make_a_phone_panic(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut night = Night::live();
        night.step(Input::Push {
            transport: Transport::Apns,
            opened: Ok(garbage),
        });
        prop_assert!(!night.rings());
    }

    #[test]
    fn a_push_with_anything_anywhere_in_it_is_kept_or_told_unless_late_and_survives_a_restart(
        replaced in any::<prop::sample::Index>(),
        by in any_json(),
        newer in any::<bool>(),
    ) {
        let update = if newer { from_a_newer_server() } else { from_the_oldest_server() };
        let mut update = payload_of(&update);
        let mut all = Vec::new();
        places(&update, "", &mut all);
        *update.pointer_mut(replaced.get(&all[..]).as_str()).unwrap() = by;
        let mut night = Night::live();
        night.step(bytes(&update));
        let view = night.view();
        // One from before what the phone has read is old news, by design.
        let late = update["server_time"].as_i64().is_some_and(|at| at < START.0);
        prop_assert_eq!(view.tickets.len() + view.notices.len(), usize::from(!late));
        let rings = night.rings();
        night.crash();
        prop_assert_eq!(night.rings(), rings);
    }
}
