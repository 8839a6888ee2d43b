//! What a team is paged for by its own scripts.

mod common;

use common::{assert_fit, fired, fixture, odd_fields, odd_values, pointers, recovered, shop};
use serde_json::{Value, json};
use tocsin_ingest::{Batch, Signal, json as format, limits};
use tocsin_ticket::Severity;
use tocsin_wire::Problem;

const ALARM: &str = fixture!("json-alarm.json");
const ARRAY: &str = fixture!("json-array.json");

fn read(body: impl ToString) -> Batch {
    let batch = format::parse(body.to_string().as_bytes(), &shop()).expect("alarms");
    assert_fit(&batch, &shop());
    batch
}

fn refused(body: impl ToString) -> Problem {
    format::parse(body.to_string().as_bytes(), &shop()).expect_err("no alarm")
}

#[test]
fn a_script_says_what_is_wrong_in_one_object() {
    let batch = read(ALARM);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "Nightly backup failed");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "orders");
    assert_eq!(alarm.dedup_key, "backup/orders");
    assert_eq!(
        alarm.url.as_deref(),
        Some("https://ci.shop.example/backup/4711")
    );
    assert_eq!(alarm.details["exit_code"], "2");
    assert_eq!(
        alarm.details["stderr"],
        "pg_dump: error: connection lost\nretrying: no"
    );
    assert_eq!(batch.oddities, []);
}

#[test]
fn a_title_is_enough_and_pages() {
    let batch = read(json!({"title": "Checkout is down"}));
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "web");
    assert_eq!(batch.oddities, []);
}

#[test]
fn an_array_is_read_in_its_order() {
    let batch = read(ARRAY);
    let [
        Signal::Fired(alarm),
        Signal::Acknowledged(on_it),
        Signal::Recovered(over),
    ] = &batch.signals[..]
    else {
        panic!("{batch:?}")
    };
    assert_eq!(alarm.severity, Severity::Sev3);
    assert_eq!(on_it.dedup_key, "backup/orders");
    assert_eq!(on_it.services.len(), 4);
    assert_eq!(over.services, ["checkout".into()]);
}

#[test]
fn without_a_key_service_and_title_make_it_the_same_trouble() {
    let key = |body: Value| match &read(body).signals[0] {
        Signal::Fired(alarm) => alarm.dedup_key.clone(),
        Signal::Acknowledged(target) | Signal::Recovered(target) | Signal::Noted(target, _) => {
            target.dedup_key.clone()
        }
    };
    let fires = key(json!({"title": "Queue is stuck", "service": "checkout", "severity": 1}));
    for body in [
        json!({"title": "Queue is stuck", "service": "checkout", "status": "resolved"}),
        json!({"title": "Queue is stuck", "service": " checkout ", "status": "ACKNOWLEDGED"}),
    ] {
        assert_eq!(key(body), fires);
    }
    for body in [
        json!({"title": "Queue is stuck", "status": "resolved"}),
        json!({"title": "Queue is full", "service": "checkout"}),
    ] {
        assert_ne!(key(body), fires);
    }
}

#[test]
fn a_resolve_by_key_finds_the_ticket_of_any_service() {
    let by_key = read(json!({"status": "resolved", "dedup_key": "k"}));
    assert_eq!(recovered(&by_key)[0].services.len(), 4);
    let named = read(json!({"status": "resolved", "dedup_key": "k", "service": "orders"}));
    assert_eq!(recovered(&named)[0].services, ["orders".into()]);
    let by_title = read(json!({"status": "resolved", "title": "t"}));
    assert_eq!(recovered(&by_title)[0].services, ["web".into()]);
}

#[test]
fn a_severity_is_a_word_or_a_number() {
    for (given, severity, odd) in [
        (json!("SEV1"), Severity::Sev1, 0),
        (json!("critical"), Severity::Sev1, 0),
        (json!(1), Severity::Sev1, 0),
        (json!(5), Severity::Sev5, 0),
        (json!(null), Severity::Sev2, 0),
        (json!(0), Severity::Sev2, 1),
        (json!(6), Severity::Sev2, 1),
        (json!(1.5), Severity::Sev2, 1),
        (json!(-1), Severity::Sev2, 1),
        (json!("mauve"), Severity::Sev2, 1),
    ] {
        let batch = read(json!({"title": "t", "severity": given}));
        assert_eq!(fired(&batch)[0].severity, severity, "{given}");
        assert_eq!(odd_fields(&batch), vec!["severity"; odd], "{given}");
    }
}

#[test]
fn what_is_odd_costs_no_alarm_and_is_told() {
    for (body, field) in [
        (json!([{"title": "t", "service": "billing"}]), "[0].service"),
        (json!([{"title": "t", "dedupkey": "k"}]), "[0].dedupkey"),
        (json!([{"title": "t", "url": "ftp://x"}]), "[0].url"),
        (json!({"title": "t", "severity": "?"}), "severity"),
    ] {
        let batch = read(&body);
        assert_eq!(fired(&batch).len(), 1, "{body}");
        assert_eq!(odd_fields(&batch), [field], "{body}");
    }
    let batch = read(json!({"title": "t", "url": "ftp://x"}));
    assert_eq!(fired(&batch)[0].details["url"], "ftp://x");
    let batch = read(json!({"title": "long ".repeat(100)}));
    assert_eq!(fired(&batch)[0].details["title"].len(), 499);
}

#[test]
fn a_wrong_body_is_refused_whole_and_names_the_field() {
    for (body, code, field) in [
        ("", "not_json", None),
        ("{", "not_json", None),
        ("7", "wrong_type", None),
        ("[]", "missing_field", None),
        ("{}", "missing_field", Some("title")),
        (r#"{"title":" "}"#, "missing_field", Some("title")),
        (r#"{"title":"\u001b"}"#, "missing_field", Some("title")),
        (r#"{"dedup_key":"k"}"#, "missing_field", Some("title")),
        (r#"{"status":"resolved"}"#, "missing_field", Some("title")),
        (r#"{"title":7}"#, "wrong_type", Some("title")),
        (
            r#"{"title":"t","status":"ok"}"#,
            "unknown_status",
            Some("status"),
        ),
        (
            r#"{"title":"t","status":true}"#,
            "wrong_type",
            Some("status"),
        ),
        (
            r#"{"title":"t","severity":{}}"#,
            "wrong_type",
            Some("severity"),
        ),
        (
            r#"{"title":"t","service":[]}"#,
            "wrong_type",
            Some("service"),
        ),
        (
            r#"{"title":"t","dedup_key":1}"#,
            "wrong_type",
            Some("dedup_key"),
        ),
        (r#"{"title":"t","url":1}"#, "wrong_type", Some("url")),
        (
            r#"{"title":"t","details":[]}"#,
            "wrong_type",
            Some("details"),
        ),
        (
            r#"[{"title":"t"},{"title":[]}]"#,
            "wrong_type",
            Some("[1].title"),
        ),
        (r#"[{"title":"t"},{}]"#, "missing_field", Some("[1].title")),
        (r#"[{"title":"t"},"t"]"#, "wrong_type", Some("[1]")),
        (r#"[[{"title":"t"}]]"#, "wrong_type", Some("[0]")),
    ] {
        let problem = refused(body);
        assert_eq!((problem.status, &*problem.code), (400, code), "{body}");
        assert_eq!(problem.field.as_deref(), field, "{body}");
        assert!(problem.detail.contains("expected"), "{body}: {problem:?}");
        if let Some(field) = field {
            assert!(problem.detail.starts_with(field), "{problem:?}");
        }
    }
}

#[test]
fn more_than_a_thousand_are_to_be_sent_in_parts() {
    let many = |count| Value::from(vec![json!({"title": "t"}); count]);
    assert_eq!(fired(&read(many(limits::ALARMS_MAX))).len(), 1000);
    let problem = refused(many(limits::ALARMS_MAX + 1));
    assert_eq!((problem.status, &*problem.code), (413, "too_many_alarms"));
}

#[test]
fn a_body_cut_anywhere_is_refused() {
    for body in [ALARM.trim(), ARRAY.trim()] {
        for at in 0..body.len() {
            assert_eq!(refused(&body[..at]).code, "not_json", "cut at {at}");
        }
    }
}

#[test]
fn any_odd_value_is_an_alarm_or_a_refusal_that_names_the_field() {
    let genuine: Value = serde_json::from_str(ALARM).unwrap();
    for pointer in pointers(&genuine) {
        for odd in odd_values() {
            let mut changed = genuine.clone();
            *changed.pointer_mut(&pointer).unwrap() = odd.clone();
            match format::parse(changed.to_string().as_bytes(), &shop()) {
                Ok(batch) => {
                    assert_fit(&batch, &shop());
                    assert_eq!(batch.signals.len(), 1, "{pointer} = {odd}");
                }
                Err(problem) => {
                    let field = problem.field.unwrap_or_default();
                    let named = pointer.starts_with(&format!("/{field}"));
                    let whole = pointer.is_empty();
                    assert!(named || whole, "{pointer} = {odd}: {field}");
                }
            }
        }
    }
}
