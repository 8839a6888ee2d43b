//! What a team is paged for by clients of PagerDuty's Events API v2, and what these get back.

mod common;

use common::{assert_fit, fired, fixture, odd_fields, odd_values, pointers, recovered, shop};
use serde_json::{Value, json};
use tocsin_ingest::pagerduty::{Event, Reply};
use tocsin_ingest::{Batch, Signal, Target};
use tocsin_ticket::Severity;

const TRIGGER: &str = fixture!("pagerduty-trigger.json");
const ACKNOWLEDGE: &str = fixture!("pagerduty-acknowledge.json");
const RESOLVE: &str = fixture!("pagerduty-resolve.json");
const ALERTMANAGER_TRIGGER: &str = fixture!("pagerduty-alertmanager-trigger.json");
const ALERTMANAGER_RESOLVE: &str = fixture!("pagerduty-alertmanager-resolve.json");
const MIXED_SEVERITY: &str = fixture!("pagerduty-alertmanager-mixed-severity.json");

fn read(body: impl AsRef<[u8]>) -> (Batch, Reply) {
    let event = Event::parse(body.as_ref()).expect("an event");
    let (batch, reply) = event.read(&shop(), "fresh-1");
    assert_fit(&batch, &shop());
    assert_eq!(batch.signals.len(), 1);
    (batch, reply)
}

fn refused(body: impl AsRef<[u8]>) -> Value {
    let reply = Event::parse(body.as_ref()).expect_err("no event");
    assert_eq!(reply.http_status, 400);
    serde_json::to_value(reply).unwrap()
}

fn trigger() -> Value {
    serde_json::from_str(TRIGGER).unwrap()
}

#[test]
fn a_documented_trigger_becomes_an_alarm() {
    let event = Event::parse(TRIGGER.as_bytes()).unwrap();
    assert_eq!(event.routing_key(), "0123456789abcdef0123456789abcdef");
    let (batch, reply) = read(TRIGGER);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "Replication lag above 30 s on orders-db-2");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "orders");
    assert_eq!(alarm.dedup_key, "orders-db-2/replication");
    assert_eq!(
        alarm.url.as_deref(),
        Some("https://dbwatch.shop.example/orders-db-2")
    );
    let details = serde_json::to_value(&alarm.details).unwrap();
    let expected = json!({
        "source": "orders-db-2.shop.example",
        "component": "orders",
        "group": "databases",
        "class": "replication",
        "timestamp": "2026-11-23T04:03:13.315+0000",
        "client": "Database watch",
        "client_url": "https://dbwatch.shop.example/orders-db-2",
        "lag": "42 s",
        "replicas behind": "2",
        "links[0]": "Runbook: https://runbooks.shop.example/orders/replication",
        "images[0]": "Lag of the last hour: https://graphs.shop.example/lag.png",
    });
    assert_eq!(details, expected);
    assert_eq!(batch.oddities, []);
    assert_eq!(reply.http_status, 202);
    assert_eq!(
        serde_json::to_string(&reply).unwrap(),
        r#"{"status":"success","message":"Event processed","dedup_key":"orders-db-2/replication"}"#
    );
}

#[test]
fn an_acknowledge_and_a_resolve_find_the_ticket_without_saying_which_service() {
    let (fires, _) = read(TRIGGER);
    let alarm = fired(&fires)[0];
    let everywhere = Target {
        team: "shop".into(),
        services: ["web", "checkout", "orders", "search"]
            .map(Into::into)
            .into(),
        dedup_key: "orders-db-2/replication".into(),
    };
    assert!(everywhere.services.contains(&alarm.service));
    assert_eq!(everywhere.dedup_key, alarm.dedup_key);
    assert_eq!(
        read(ACKNOWLEDGE).0.signals,
        [Signal::Acknowledged(everywhere.clone())]
    );
    assert_eq!(read(RESOLVE).0.signals, [Signal::Recovered(everywhere)]);
    assert_eq!(
        read(RESOLVE).1.dedup_key.as_deref(),
        Some("orders-db-2/replication")
    );
}

#[test]
fn alertmanagers_pagerduty_receiver_needs_only_a_new_address() {
    let (fires, _) = read(ALERTMANAGER_TRIGGER);
    let alarm = fired(&fires)[0];
    assert_eq!(alarm.service.as_str(), "checkout");
    assert_eq!(alarm.severity, Severity::Sev1);
    assert!(alarm.title.starts_with("[FIRING:1] CheckoutErrorRateHigh"));
    assert!(alarm.details["firing"].contains("\n - severity = critical\n"));
    let (ends, _) = read(ALERTMANAGER_RESOLVE);
    let target = recovered(&ends)[0];
    assert_eq!(target.dedup_key, alarm.dedup_key);
    assert_eq!(target.services[0], alarm.service);
    assert_eq!(target.services.len(), 4);
}

#[test]
fn a_group_of_mixed_severities_which_pagerduty_would_refuse_pages() {
    let (batch, reply) = read(MIXED_SEVERITY);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "web");
    assert_eq!(odd_fields(&batch), ["payload.severity"]);
    assert_eq!(reply.http_status, 202);
}

#[test]
fn pagerdutys_severities_are_the_first_four() {
    for (word, severity) in [
        ("critical", Severity::Sev1),
        ("error", Severity::Sev2),
        ("warning", Severity::Sev3),
        ("info", Severity::Sev4),
        ("Critical", Severity::Sev1),
        ("mauve", Severity::Sev2),
    ] {
        let mut event = trigger();
        event["payload"]["severity"] = word.into();
        assert_eq!(fired(&read(event.to_string()).0)[0].severity, severity);
    }
}

#[test]
fn a_trigger_without_a_key_gets_a_fresh_one_and_is_told() {
    for absent in [json!(null), json!(""), json!("  ")] {
        let mut event = trigger();
        event["dedup_key"] = absent;
        let (batch, reply) = read(event.to_string());
        assert_eq!(fired(&batch)[0].dedup_key, "fresh-1");
        assert_eq!(reply.dedup_key.as_deref(), Some("fresh-1"));
    }
}

#[test]
fn a_key_too_long_for_a_ticket_still_finds_it() {
    let long = "k".repeat(300);
    let mut event = trigger();
    event["dedup_key"] = long.clone().into();
    let (fires, reply) = read(event.to_string());
    event["event_action"] = "resolve".into();
    let (ends, _) = read(event.to_string());
    assert_eq!(fired(&fires)[0].dedup_key, recovered(&ends)[0].dedup_key);
    assert_eq!(reply.dedup_key, Some(long), "the client knows its own key");
}

#[test]
fn the_service_is_named_in_the_details_or_by_the_component() {
    for (component, details, service) in [
        (json!("search"), json!({"service": "checkout"}), "checkout"),
        (json!("search"), json!({"service": "unknown"}), "search"),
        (json!("search"), json!("text"), "search"),
        (json!("mysql"), json!({}), "web"),
        (json!(["search"]), json!({"service": 7}), "web"),
        (json!(null), json!(null), "web"),
    ] {
        let mut event = trigger();
        event["payload"]["component"] = component;
        event["payload"]["custom_details"] = details;
        let (batch, _) = read(event.to_string());
        assert_eq!(fired(&batch)[0].service.as_str(), service);
    }
}

#[test]
fn a_blank_or_endless_summary_costs_no_alarm() {
    let mut event = trigger();
    event["payload"]["summary"] = "".into();
    let (batch, _) = read(event.to_string());
    assert_eq!(
        fired(&batch)[0].title,
        "An alarm without a summary from orders-db-2.shop.example"
    );
    assert_eq!(odd_fields(&batch), ["payload.summary"]);

    event["payload"]["summary"] = "long ".repeat(300).into();
    let (batch, _) = read(event.to_string());
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title.chars().count(), 256);
    assert_eq!(alarm.details["summary"].len(), 1499);
}

#[test]
fn links_that_are_none_are_kept_as_they_came() {
    let mut event = trigger();
    event["client_url"] = "javascript:alert(1)".into();
    event["links"] = json!([{"href": "ftp://x"}, "y", {"href": "https://z.example"}]);
    event["images"] = json!("none");
    let (batch, _) = read(event.to_string());
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.url.as_deref(), Some("https://z.example"));
    assert_eq!(alarm.details["links[1]"], "y");
    assert_eq!(alarm.details["images"], "none");
    assert_eq!(odd_fields(&batch), ["links[1]", "images"]);
}

#[test]
fn the_documented_refusal_names_every_field_at_once() {
    let reply = refused(r#"{"event_action":"trigger","payload":{"severity":"info","source":7}}"#);
    let expected = json!({
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": [
            "'routing_key' is missing: expected the integration's key",
            "'payload.summary' is missing: expected a string",
            "'payload.source': expected a string, got a number",
        ],
    });
    assert_eq!(reply, expected);
}

#[test]
fn what_breaks_the_contract_is_refused_by_field() {
    let change = |pointer: &str, value: Value| {
        let mut event = trigger();
        match pointer.rsplit_once('/').unwrap() {
            ("", name) => event[name] = value,
            (_, name) => event["payload"][name] = value,
        }
        event.to_string()
    };
    for (body, says) in [
        (
            change("/routing_key", json!(null)),
            "'routing_key' is missing",
        ),
        (change("/routing_key", json!(" ")), "'routing_key' is blank"),
        (
            change("/routing_key", json!(["k"])),
            "'routing_key': expected",
        ),
        (
            change("/event_action", json!(null)),
            "'event_action' is missing",
        ),
        (change("/event_action", json!("fire")), "got \"fire\""),
        (
            change("/event_action", json!(1)),
            "'event_action': expected",
        ),
        (change("/dedup_key", json!(42)), "'dedup_key': expected"),
        (change("/payload", json!(null)), "'payload' is missing"),
        (
            change("/payload", json!("x")),
            "'payload': expected an object",
        ),
        (
            change("/payload/summary", json!(null)),
            "'payload.summary' is missing",
        ),
        (
            change("/payload/source", json!({})),
            "'payload.source': expected",
        ),
        (
            change("/payload/severity", json!(3)),
            "'payload.severity': expected",
        ),
        (
            ACKNOWLEDGE.replace("dedup_key", "key"),
            "'dedup_key' is missing",
        ),
        (
            RESOLVE.replace("orders-db-2/replication", ""),
            "'dedup_key' is blank",
        ),
    ] {
        let reply = refused(&body);
        assert_eq!(reply["status"], "invalid event", "{body}");
        let errors = reply["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{body}: {errors:?}");
        assert!(errors[0].as_str().unwrap().contains(says), "{errors:?}");
    }
}

#[test]
fn what_is_no_event_is_refused_as_unrecognized() {
    for body in [
        &b""[..],
        b"x",
        b"null",
        b"[]",
        b"7",
        b"{\"a\":\"\xff\"}",
        b"{}{}",
    ] {
        let reply = refused(body);
        assert_eq!(reply["status"], "Unrecognized object");
        assert_eq!(reply["message"], "Event object format is unrecognized");
        assert_eq!(reply["errors"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn the_other_replies_are_as_documented() {
    let json = |reply: &Reply| serde_json::to_value(reply).unwrap();
    let throttled = Reply::throttled();
    assert_eq!(throttled.http_status, 429);
    let expected = json!({
        "status": "throttle exceeded",
        "message": "Requests for this service are arriving too quickly.  Please retry later.",
    });
    assert_eq!(json(&throttled), expected);
    let unknown = Reply::unknown_routing_key();
    assert_eq!(unknown.http_status, 400);
    assert_eq!(json(&unknown)["status"], "invalid event");
    assert_eq!(Reply::unavailable().http_status, 503);
}

#[test]
fn the_routing_key_is_shown_nowhere() {
    let secret = "0123456789abcdef0123456789abcdef";
    let event = Event::parse(TRIGGER.as_bytes()).unwrap();
    assert!(!format!("{event:?}").contains(secret));
    let (batch, reply) = event.read(&shop(), "fresh-1");
    assert!(!format!("{batch:?} {reply:?}").contains(secret));
    let wrong = TRIGGER.replace("trigger", "explode");
    assert!(!refused(wrong).to_string().contains(secret));
}

#[test]
fn a_body_cut_anywhere_is_refused() {
    let body = TRIGGER.trim();
    for at in 0..body.len() {
        refused(&body.as_bytes()[..at]);
    }
}

#[test]
fn any_odd_value_where_none_is_required_costs_no_alarm() {
    let required = [
        "",
        "/routing_key",
        "/event_action",
        "/dedup_key",
        "/payload",
        "/payload/summary",
        "/payload/source",
        "/payload/severity",
    ];
    for pointer in pointers(&trigger()) {
        for odd in odd_values() {
            let mut event = trigger();
            *event.pointer_mut(&pointer).unwrap() = odd.clone();
            match Event::parse(event.to_string().as_bytes()) {
                Ok(event) => {
                    let (batch, reply) = event.read(&shop(), "fresh-1");
                    assert_fit(&batch, &shop());
                    assert_eq!(fired(&batch).len(), 1, "{pointer} = {odd}");
                    assert_eq!(reply.http_status, 202);
                }
                Err(reply) => {
                    assert!(
                        required.contains(&&*pointer),
                        "{pointer} = {odd}: {reply:?}"
                    );
                }
            }
        }
    }
}
