//! What a team is paged for by clients of Opsgenie's alert API, and what these get back.

mod common;

use common::{assert_fit, fired, odd_fields, odd_values, pointers, shop};
use proptest::prelude::*;
use serde_json::{Value, json};
use tocsin_ingest::opsgenie::{
    Action, IdentifierType, Refusal, RequestId, by_alias, change, create,
};
use tocsin_ingest::{Batch, Signal, Target};
use tocsin_ticket::{Millis, Severity, TicketId};

const CREATE: &str = include_str!("../../../tests/data/opsgenie/create.json");
const CLOSE: &str = include_str!("../../../tests/data/opsgenie/close.json");
const NOTE: &str = include_str!("../../../tests/data/opsgenie/note.json");
const ALERTMANAGER_CREATE: &str =
    include_str!("../../../tests/data/opsgenie/alertmanager-create.json");
const ALERTMANAGER_CLOSE: &str =
    include_str!("../../../tests/data/opsgenie/alertmanager-close.json");

fn created(body: impl AsRef<[u8]>) -> Batch {
    let batch = create(body.as_ref(), &shop(), "fresh").expect("an alert");
    assert_fit(&batch, &shop());
    batch
}

fn anywhere(alias: &str) -> Target {
    Target {
        team: "shop".into(),
        services: ["web", "checkout", "orders", "search"]
            .map(Into::into)
            .into(),
        dedup_key: alias.into(),
    }
}

#[test]
fn the_documented_alert_becomes_an_alarm() {
    let batch = created(CREATE);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "An example alert message");
    assert_eq!(alarm.dedup_key, "Life is too short for no alias");
    assert_eq!(alarm.severity, Severity::Sev1);
    assert_eq!(alarm.service.as_str(), "web");
    let expected = json!({
        "description": "Every alert needs a description",
        "key1": "value1",
        "key2": "value2",
        "entity": "An example entity",
        "tags": "OverwriteQuietHours, Critical",
        "responders": "team 4513b7ea-3b91-438f-b7e4-e3e54af9147c, team NOC, \
            user bb4d9938-c3c2-455d-aaab-727aa701c0d8, user trinity@opsgenie.com, \
            escalation aee8a0de-c80f-4515-a232-501c0bc9d715, escalation Nightwatch Escalation, \
            schedule 80564037-1984-4f38-b98e-8a1f662df552, schedule First Responders Schedule",
        "visibleTo": "team 4513b7ea-3b91-438f-b7e4-e3e54af9147c, team rocket_team, \
            user bb4d9938-c3c2-455d-aaab-727aa701c0d8, user trinity@opsgenie.com",
        "actions": "Restart, AnExampleAction",
    });
    assert_eq!(serde_json::to_value(&alarm.details).unwrap(), expected);
    assert_eq!(batch.oddities, []);
}

#[test]
fn what_alertmanager_opens_it_can_close() {
    let batch = created(ALERTMANAGER_CREATE);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.service.as_str(), "checkout");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(
        alarm.url.as_deref(),
        Some("http://alertmanager.shop.example:9093/#/alerts?receiver=opsgenie")
    );
    let target = by_alias(&alarm.dedup_key, &shop());
    assert!(target.services.contains(&alarm.service));
    let over = change(Action::Close, ALERTMANAGER_CLOSE.as_bytes(), target.clone()).unwrap();
    assert_eq!(over.signals, [Signal::Recovered(target)]);
}

#[test]
fn a_change_keeps_its_note_under_the_name_of_who_wrote_it() {
    let target = by_alias(" Life is too short ", &shop());
    assert_eq!(target, anywhere("Life is too short"));
    let note = "Monitoring Script: Action executed via Alert API";
    let noted = Signal::Noted(target.clone(), note.into());
    for (action, body, signals) in [
        (
            Action::Close,
            CLOSE,
            vec![noted.clone(), Signal::Recovered(target.clone())],
        ),
        (
            Action::Acknowledge,
            CLOSE,
            vec![noted.clone(), Signal::Acknowledged(target.clone())],
        ),
        (Action::AddNote, NOTE, vec![noted]),
        (
            Action::AddNote,
            r#"{"note": "  who?\n"}"#,
            vec![Signal::Noted(target.clone(), "who?".into())],
        ),
        (Action::Close, "", vec![Signal::Recovered(target.clone())]),
        (
            Action::Acknowledge,
            "{}",
            vec![Signal::Acknowledged(target.clone())],
        ),
    ] {
        let batch = change(action, body.as_bytes(), target.clone()).unwrap();
        assert_eq!(batch.signals, signals, "{action:?} {body}");
    }
}

#[test]
fn an_alert_brings_its_first_note_along() {
    let batch = created(r#"{"message": "M", "alias": "a", "note": "Seen before", "user": "Kim"}"#);
    let alarm = fired(&batch)[0];
    let target = Target {
        services: vec![alarm.service.clone()],
        ..anywhere("a")
    };
    assert_eq!(
        batch.signals[1],
        Signal::Noted(target, "Kim: Seen before".into())
    );
}

#[test]
fn priorities_are_severities_and_an_ungraded_alert_pages() {
    for (priority, severity, odd) in [
        (json!("P1"), Severity::Sev1, false),
        (json!("P2"), Severity::Sev2, false),
        (json!("P3"), Severity::Sev3, false),
        (json!("P4"), Severity::Sev4, false),
        (json!("P5"), Severity::Sev5, false),
        (json!("p1"), Severity::Sev1, false),
        (Value::Null, Severity::Sev2, false),
        (json!("P9"), Severity::Sev2, true),
        (json!(1), Severity::Sev2, true),
        (json!(["P1"]), Severity::Sev2, true),
    ] {
        let batch = created(json!({"message": "M", "priority": priority}).to_string());
        assert_eq!(fired(&batch)[0].severity, severity, "{priority}");
        assert_eq!(odd_fields(&batch).contains(&"priority"), odd, "{priority}");
    }
}

#[test]
fn the_service_is_named_by_details_or_entity() {
    for (fields, service) in [
        (json!({"details": {"service": "orders"}}), "orders"),
        (json!({"entity": "search"}), "search"),
        (
            json!({"details": {"service": "elsewhere"}, "entity": "orders"}),
            "orders",
        ),
        (json!({"entity": "the-banks"}), "web"),
    ] {
        let mut body = fields.clone();
        body["message"] = "M".into();
        let batch = created(body.to_string());
        assert_eq!(fired(&batch)[0].service.as_str(), service, "{fields}");
    }
}

#[test]
fn an_alert_without_an_alias_gets_a_fresh_one() {
    for body in [
        r#"{"message": "M"}"#,
        r#"{"message": "M", "alias": null}"#,
        r#"{"message": "M", "alias": {}}"#,
        r#"{"message": "M", "alias": " "}"#,
    ] {
        assert_eq!(fired(&created(body))[0].dedup_key, "fresh", "{body}");
    }
    let long = json!({"message": "M", "alias": "a".repeat(512)}).to_string();
    let batch = created(long);
    let target = by_alias(&"a".repeat(512), &shop());
    assert_eq!(fired(&batch)[0].dedup_key, target.dedup_key);
}

#[test]
fn a_sender_is_told_what_is_wrong() {
    for (body, status, field, says) in [
        ("", 400, None, "empty body"),
        ("{", 400, None, "expected JSON"),
        ("[]", 422, None, "expected an object, got an array"),
        ("{}", 422, Some("message"), "Message can not be empty."),
        (
            r#"{"message": " "}"#,
            422,
            Some("message"),
            "a blank string",
        ),
        (
            r#"{"message": "\u001b"}"#,
            422,
            Some("message"),
            "expected a text",
        ),
        (r#"{"message": ["M"]}"#, 422, Some("message"), "an array"),
    ] {
        let refusal = create(body.as_bytes(), &shop(), "fresh").unwrap_err();
        assert_eq!(refusal.http_status, status, "{body}");
        let said = match field {
            Some(field) => &refusal.errors[field],
            None => &refusal.message,
        };
        assert!(said.contains(says), "{body}: {refusal:?}");
    }
    for body in ["{}", "", r#"{"note": ""}"#, r#"{"note": []}"#] {
        let refusal = change(Action::AddNote, body.as_bytes(), anywhere("a")).unwrap_err();
        assert_eq!(refusal.http_status, 422, "{body}");
        assert_eq!(refusal.errors["note"], "Note can not be empty.");
    }
    let refusal = change(Action::Close, b"{", anywhere("a")).unwrap_err();
    assert_eq!(refusal.http_status, 400);
    let shown = serde_json::to_value(Refusal::unknown_key()).unwrap();
    assert_eq!(shown, json!({"message": "Could not authenticate"}));
}

#[test]
fn an_identifier_is_an_id_unless_it_says_otherwise() {
    for (said, meant) in [
        (None, IdentifierType::Id),
        (Some("id"), IdentifierType::Id),
        (Some("ALIAS"), IdentifierType::Alias),
        (Some("tiny"), IdentifierType::Tiny),
    ] {
        assert_eq!(IdentifierType::read(said), Ok(meant));
    }
    let refusal = IdentifierType::read(Some("name")).unwrap_err();
    assert_eq!(refusal.http_status, 422);
}

#[test]
fn an_alert_with_any_odd_field_still_fires() {
    let genuine: Value = serde_json::from_str(CREATE).unwrap();
    for pointer in pointers(&genuine) {
        if matches!(pointer.as_str(), "" | "/message") {
            continue;
        }
        for odd in odd_values() {
            let mut body = genuine.clone();
            *body.pointer_mut(&pointer).unwrap() = odd.clone();
            let batch = created(body.to_string());
            assert_eq!(fired(&batch).len(), 1, "{pointer} = {odd}");
        }
    }
}

#[test]
fn the_status_of_a_request_is_told_in_opsgenies_words() {
    let done = RequestId {
        action: Action::Create,
        at: Millis(1_795_000_000_123),
        ticket: Some(TicketId(42)),
        random: 7,
    };
    assert_eq!(done.to_string(), "01a1ee56-5e7b-8200-8000-00000a800007");
    assert_eq!(done.to_string().parse(), Ok(done));
    assert_eq!(
        (done.action.name(), done.status()),
        ("Create", "Created alert")
    );
    let missing = RequestId {
        action: Action::Acknowledge,
        ticket: None,
        ..done
    };
    assert_eq!(missing.to_string().parse(), Ok(missing));
    assert_eq!(missing.status(), "Alert does not exist");
    for other in [
        "",
        "42",
        "513085b8-caf3-4f91-aa23-be5fdefc3570",
        "01a1ee56-5e7b-8200-c000-00000a800007",
        "01a1ee565e7b820080000000-0a800007",
        "+1a1ee56-5e7b-8200-8000-00000a800007",
        "日本語日-本-日-本-日本語日",
    ] {
        assert!(other.parse::<RequestId>().is_err(), "{other}");
    }
}

proptest! {
    #[test]
    fn a_request_id_keeps_what_became_of_the_request(
        action in proptest::sample::select(vec![Action::Create, Action::Close, Action::Acknowledge, Action::AddNote]),
        at in 0..(1i64 << 47),
        ticket in proptest::option::of(1..(1u64 << 40)),
        random in 0..(1u32 << 31),
    ) {
        let id = RequestId { action, at: Millis(at), ticket: ticket.map(TicketId), random };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }
}
