//! What a team is paged for by Alertmanager and Grafana.

mod common;

use common::{assert_fit, fired, fixture, odd_fields, odd_values, pointers, recovered, shop};
use serde_json::{Value, json};
use tocsin_ingest::{Batch, Integration, SeverityMap, Signal, alertmanager, limits};
use tocsin_ticket::Severity;

const FIRING: &str = fixture!("alertmanager-firing.json");
const RESOLVED: &str = fixture!("alertmanager-resolved.json");
const MIXED: &str = fixture!("alertmanager-mixed.json");
const TRUNCATED: &str = fixture!("alertmanager-truncated.json");
const GRAFANA: &str = fixture!("grafana.json");

fn read(body: impl AsRef<[u8]>) -> Batch {
    let batch = alertmanager::parse(body.as_ref(), &shop()).expect("a notification");
    assert_fit(&batch, &shop());
    batch
}

fn read_alerts(alerts: &[Value]) -> Batch {
    read(json!({"version": "4", "groupKey": "{}:{}", "alerts": alerts}).to_string())
}

/// A firing alert as Alertmanager sends it.
fn alert(fingerprint: &str) -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": "Down", "service": "search", "severity": "error"},
        "annotations": {"summary": format!("{fingerprint} is down")},
        "startsAt": "2026-11-23T04:03:13Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example/graph",
        "fingerprint": fingerprint,
    })
}

fn with(mut alert: Value, field: &str, value: Value) -> Value {
    alert[field] = value;
    alert
}

fn without(mut alert: Value, field: &str) -> Value {
    alert.as_object_mut().unwrap().remove(field);
    alert
}

#[test]
fn a_genuine_alert_becomes_an_alarm_for_its_service() {
    let batch = read(FIRING);
    let [alarm] = fired(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert_eq!(alarm.service.as_str(), "checkout");
    assert_eq!(alarm.severity, Severity::Sev1);
    assert_eq!(alarm.dedup_key, "c2f7bbea9dea22db");
    assert_eq!(
        alarm.title,
        "Checkout answers 23 % of its requests with an error"
    );
    assert_eq!(
        alarm.url.as_deref(),
        Some(
            "https://prometheus.shop.example/graph?g0.expr=job%3Aerror_ratio%3Arate5m+%3E+0.05&g0.tab=1"
        )
    );
    assert_eq!(
        alarm.details["runbook_url"],
        "https://runbooks.shop.example/checkout/error-rate"
    );
    assert_eq!(alarm.details["cluster"], "eu-1");
    assert_eq!(alarm.details["startsAt"], "2026-11-23T04:03:13.836319008Z");
    assert_eq!(batch.oddities, []);
}

#[test]
fn its_end_finds_the_same_ticket() {
    let (fires, ends) = (read(FIRING), read(RESOLVED));
    let [target] = recovered(&ends)[..] else {
        panic!("{ends:?}")
    };
    let alarm = fired(&fires)[0];
    assert_eq!(ends.signals.len(), 1);
    assert_eq!(target.services, std::slice::from_ref(&alarm.service));
    assert_eq!(target.dedup_key, alarm.dedup_key);
    assert_eq!(target.team, alarm.team);
}

#[test]
fn in_a_mixed_group_each_alert_goes_by_its_own_status() {
    let batch = read(MIXED);
    let keys: Vec<_> = fired(&batch).iter().map(|it| &*it.dedup_key).collect();
    assert_eq!(keys, ["aafc86473fef1ce3", "1cfa3e9662ff7f51"]);
    let [target] = recovered(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert_eq!(target.dedup_key, "2d772231f19eda88");
    let report = serde_json::to_value(batch.report()).unwrap();
    let expected = json!({"fired": 2, "acknowledged": 0, "recovered": 1, "oddities": []});
    assert_eq!(report, expected);
}

#[test]
fn a_truncated_notification_ends_nothing_and_says_that_there_is_more() {
    let batch = read(TRUNCATED);
    let [alarm] = fired(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert_eq!(batch.signals.len(), 1);
    assert_eq!(alarm.details["truncatedAlerts"], "2");
    assert_eq!(odd_fields(&batch), ["truncatedAlerts"]);
}

#[test]
fn grafana_says_it_with_a_priority_a_panel_and_version_1() {
    let batch = read(GRAFANA);
    let [alarm] = fired(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert_eq!(alarm.service.as_str(), "orders");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.title, "orders-db-1 runs out of disk");
    assert_eq!(
        alarm.url.as_deref(),
        Some("https://grafana.shop.example/d/orders?orgId=1&viewPanel=7")
    );
    assert_eq!(alarm.details["values"], r#"{"A":0.0412,"C":1}"#);
    assert!(alarm.details["silenceURL"].contains("/silence/new"));
    let [target] = recovered(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert_eq!(target.dedup_key, "1ad5e2f3a0c94b77");
    assert_eq!(target.services, ["web".into()]);
    assert_eq!(batch.oddities, []);
}

#[test]
fn how_bad_it_is_comes_from_the_labels() {
    let labels = |labels: Value| {
        let batch = read_alerts(&[with(alert("f"), "labels", labels)]);
        let odd: Vec<_> = odd_fields(&batch).iter().map(ToString::to_string).collect();
        (fired(&batch)[0].severity, odd.join(" "))
    };
    for (given, severity, odd) in [
        (json!({"severity": "critical"}), Severity::Sev1, ""),
        (json!({"severity": "page"}), Severity::Sev1, ""),
        (json!({"severity": "warning"}), Severity::Sev3, ""),
        (json!({"severity": "none"}), Severity::Sev5, ""),
        (json!({"severity": "sev1"}), Severity::Sev1, ""),
        (json!({"priority": "P1"}), Severity::Sev1, ""),
        (
            json!({"severity": "info", "priority": "P1"}),
            Severity::Sev4,
            "",
        ),
        (
            json!({"severity": "mauve", "priority": "P1"}),
            Severity::Sev1,
            "",
        ),
        (
            json!({"severity": "", "priority": "P3"}),
            Severity::Sev3,
            "",
        ),
        (json!({"a": "b"}), Severity::Sev2, ""),
        (json!({"severity": ""}), Severity::Sev2, ""),
        (
            json!({"severity": "mauve"}),
            Severity::Sev2,
            "alerts[0].labels.severity",
        ),
        (
            json!({"severity": 5}),
            Severity::Sev2,
            "alerts[0].labels.severity",
        ),
        (
            json!({"priority": "top"}),
            Severity::Sev2,
            "alerts[0].labels.priority",
        ),
    ] {
        assert_eq!(labels(given.clone()), (severity, odd.into()), "{given}");
    }
}

#[test]
fn a_team_can_grade_what_is_ungraded() {
    let integration = Integration {
        severities: SeverityMap::default().with_default(Severity::Sev4),
        ..shop()
    };
    let body = json!({"alerts": [with(alert("f"), "labels", json!({"a": "b"}))]}).to_string();
    let batch = alertmanager::parse(body.as_bytes(), &integration).unwrap();
    assert_eq!(fired(&batch)[0].severity, Severity::Sev4);
}

#[test]
fn the_page_screen_shows_the_best_line_there_is() {
    for (labels, annotations, title) in [
        (
            json!({"alertname": "A"}),
            json!({"summary": "s", "description": "d"}),
            "s",
        ),
        (
            json!({"alertname": "A"}),
            json!({"summary": " \u{1b}", "message": "m"}),
            "m",
        ),
        (json!({"alertname": "A"}), json!({"title": "a\nb"}), "a b"),
        (json!({"alertname": "A"}), json!({"description": "d"}), "A"),
        (
            json!({"alertname": "A", "instance": "i:1"}),
            json!({}),
            "A on i:1",
        ),
        (json!({"job": "j"}), json!({"description": "d"}), "d"),
        (
            json!({"job": "j"}),
            json!(null),
            "Monitoring sent an alert without a name",
        ),
        (
            json!({}),
            json!(null),
            "Monitoring sent an alert without labels",
        ),
    ] {
        let alert = with(
            with(alert("f"), "labels", labels),
            "annotations",
            annotations,
        );
        assert_eq!(fired(&read_alerts(&[alert]))[0].title, title);
    }
}

#[test]
fn the_link_is_the_first_that_can_be_followed() {
    let url = |panel: &str, generator: &str, external: &str| {
        let alert = with(
            with(alert("f"), "panelURL", panel.into()),
            "generatorURL",
            generator.into(),
        );
        let alert = with(alert, "silenceURL", "https://s.example".into());
        let batch = read(json!({"externalURL": external, "alerts": [alert]}).to_string());
        fired(&batch)[0].url.clone()
    };
    let (p, g, e) = (
        "https://p.example",
        "https://g.example",
        "https://e.example",
    );
    assert_eq!(url(p, g, e).as_deref(), Some(p));
    assert_eq!(url("", g, e).as_deref(), Some(g));
    assert_eq!(url("", "/graph", e).as_deref(), Some(e));
    assert_eq!(url("javascript:alert(1)", "", ""), None);
}

#[test]
fn without_a_fingerprint_the_labels_make_it_the_same_trouble() {
    let nameless = without(alert("f"), "fingerprint");
    let key = |alert: Value| fired(&read_alerts(&[alert]))[0].dedup_key.clone();
    let same = key(nameless.clone());
    let reworded = json!({"summary": "now 31 %"});
    assert_eq!(same, key(with(nameless.clone(), "annotations", reworded)));
    assert_eq!(
        same,
        key(with(nameless.clone(), "startsAt", "later".into()))
    );
    assert_eq!(same, key(with(nameless.clone(), "fingerprint", "".into())));
    let elsewhere = json!({"alertname": "Down", "service": "search", "severity": "info"});
    assert_ne!(same, key(with(nameless.clone(), "labels", elsewhere)));

    let ended = read_alerts(&[with(nameless, "status", "resolved".into())]);
    assert_eq!(recovered(&ended)[0].dedup_key, same);
}

#[test]
fn an_odd_alert_is_an_alarm_all_the_same_and_its_sender_is_told() {
    for (odd, field) in [
        (without(alert("f"), "status"), "alerts[1].status"),
        (
            with(alert("f"), "status", "on fire".into()),
            "alerts[1].status",
        ),
        (
            with(alert("f"), "status", json!(["resolved"])),
            "alerts[1].status",
        ),
        (with(alert("f"), "labels", json!([1])), "alerts[1].labels"),
        (with(alert("f"), "labels", json!({})), "alerts[1].labels"),
        (
            with(alert("f"), "annotations", "none".into()),
            "alerts[1].annotations",
        ),
        (
            with(alert("f"), "fingerprint", json!({})),
            "alerts[1].fingerprint",
        ),
        (json!("disk full"), "alerts[1]"),
        (json!(null), "alerts[1]"),
        (json!([]), "alerts[1]"),
        (json!(7), "alerts[1]"),
    ] {
        let batch = read_alerts(&[alert("a"), odd.clone(), alert("z")]);
        assert_eq!(fired(&batch).len(), 3, "{odd}");
        assert_eq!(odd_fields(&batch), [field], "{odd}");
        let good = read_alerts(&[alert("a"), alert("z")]);
        assert_eq!(fired(&batch)[0], fired(&good)[0]);
        assert_eq!(fired(&batch)[2], fired(&good)[1]);
    }
    let batch = read_alerts(&[json!("disk full")]);
    assert_eq!(fired(&batch)[0].details["alert"], "disk full");
    assert!(fired(&batch)[0].title.contains("could not be read"));
}

#[test]
fn two_alerts_that_cannot_be_told_apart_by_labels_are_two_tickets_if_they_say_different_things() {
    let nameless = |summary: &str| json!({"annotations": {"summary": summary}});
    let batch = read_alerts(&[nameless("disk"), nameless("memory"), nameless("disk")]);
    let keys: Vec<_> = fired(&batch).iter().map(|it| &*it.dedup_key).collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0], keys[2]);
}

#[test]
fn nothing_is_over_unless_its_own_alert_says_so() {
    let body = json!({
        "status": "resolved",
        "truncatedAlerts": 3,
        "alerts": [without(alert("a"), "status"), with(alert("b"), "endsAt", "2020-01-01T00:00:00Z".into())],
    });
    let batch = read(body.to_string());
    assert_eq!(fired(&batch).len(), 2);
    assert_eq!(recovered(&batch).len(), 0);
    assert_eq!(read(r#"{"status":"resolved","alerts":[]}"#).signals, []);
}

#[test]
fn a_fingerprint_that_fires_and_ends_in_one_notification_fires() {
    let ended = with(alert("a"), "status", "resolved".into());
    for alerts in [
        [
            alert("a"),
            ended.clone(),
            with(ended.clone(), "fingerprint", "b".into()),
        ],
        [
            with(ended.clone(), "fingerprint", "b".into()),
            ended.clone(),
            alert("a"),
        ],
    ] {
        let batch = read_alerts(&alerts);
        assert_eq!(fired(&batch).len(), 1);
        assert_eq!(recovered(&batch).len(), 1);
        assert_eq!(recovered(&batch)[0].dedup_key, "b");
        assert_eq!(odd_fields(&batch), ["alerts"]);
    }
    assert_eq!(fired(&read_alerts(&[alert("a"), alert("a")])).len(), 2);
}

#[test]
fn a_flood_is_a_thousand_alarms_and_one_that_tells_of_the_rest() {
    let count = limits::ALARMS_MAX + 437;
    let mut alerts: Vec<_> = (0..count)
        .map(|number| alert(&format!("f{number}")))
        .collect();
    let worst = json!({"alertname": "Down", "severity": "critical"});
    alerts[count - 1]["labels"] = worst;
    alerts.push(with(alert("over"), "status", "resolved".into()));
    alerts.push(with(alert("f1400"), "status", "resolved".into()));
    let batch = read_alerts(&alerts);
    let alarms = fired(&batch);
    assert_eq!(alarms.len(), limits::ALARMS_MAX + 1);
    let rest = alarms[limits::ALARMS_MAX];
    assert_eq!(
        rest.title,
        "437 more alerts fire beyond the 1000 of one notification"
    );
    assert_eq!(rest.severity, Severity::Sev1);
    assert_eq!(rest.service.as_str(), "web");
    assert!(rest.details["alerts"].starts_with("f1000 is down\nf1001 is down\n"));
    // A recovery takes effect in any flood, unless the same alert fires.
    let ends: Vec<_> = recovered(&batch).iter().map(|it| &*it.dedup_key).collect();
    assert_eq!(ends, ["over"]);
    assert_eq!(fired(&read_alerts(&alerts[..1000])).len(), 1000);
}

#[test]
fn what_monitoring_sends_cannot_paint_on_a_terminal_or_flood_a_ticket() {
    let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}";
    let mut labels = json!({"alertname": nasty, "service": nasty});
    for number in 0..100 {
        labels[format!("l{number}{nasty}")] = nasty.into();
    }
    let annotations = json!({"summary": format!("{nasty}{}", "長".repeat(5000)), "description": "x".repeat(300_000)});
    let body = json!({
        "receiver": nasty,
        "externalURL": format!("https://e.example/{nasty}"),
        "alerts": [{"status": nasty, "labels": labels, "annotations": annotations, "fingerprint": nasty.repeat(40)}],
    });
    let batch = read(body.to_string());
    let alarm = fired(&batch)[0];
    assert!(alarm.title.starts_with("]0;owned[2J長") && alarm.title.ends_with('…'));
    assert!(alarm.dedup_key.starts_with("key-"));
    assert_eq!(alarm.url, None);
    assert!(alarm.details.contains_key("(left out)"));
}

#[test]
fn a_label_and_an_annotation_of_one_name_are_both_kept() {
    let alert = with(
        with(alert("f"), "labels", json!({"message": "label"})),
        "annotations",
        json!({"message": "annotation"}),
    );
    let batch = read_alerts(&[alert]);
    let details = &fired(&batch)[0].details;
    assert_eq!(details["message"], "annotation");
    assert_eq!(details["labels.message"], "label");
}

#[test]
fn a_body_that_is_no_notification_is_refused_and_names_the_field() {
    for (body, code, field) in [
        ("", "not_json", None),
        ("not json", "not_json", None),
        ("null", "wrong_type", None),
        ("[]", "wrong_type", None),
        ("\"firing\"", "wrong_type", None),
        ("{}", "wrong_type", Some("alerts")),
        (r#"{"alerts":null}"#, "wrong_type", Some("alerts")),
        (r#"{"alerts":{}}"#, "wrong_type", Some("alerts")),
        (r#"{"alerts":"firing"}"#, "wrong_type", Some("alerts")),
    ] {
        let problem = alertmanager::parse(body.as_bytes(), &shop()).unwrap_err();
        assert_eq!((problem.status, &*problem.code), (400, code), "{body}");
        assert_eq!(problem.field.as_deref(), field, "{body}");
        assert!(problem.detail.contains("expected"), "{body}");
    }
}

#[test]
fn a_body_cut_anywhere_is_refused_whole() {
    for body in [FIRING.trim(), GRAFANA.trim()] {
        for at in 0..body.len() {
            let problem = alertmanager::parse(&body.as_bytes()[..at], &shop()).unwrap_err();
            assert_eq!(problem.status, 400, "cut at {at}");
        }
    }
}

#[test]
fn any_odd_value_in_any_field_costs_no_alarm() {
    for body in [FIRING, MIXED, TRUNCATED, GRAFANA] {
        let genuine: Value = serde_json::from_str(body).unwrap();
        let expected = fired(&read(body)).len();
        for pointer in pointers(&genuine) {
            if matches!(&*pointer, "" | "/alerts") {
                continue;
            }
            for odd in odd_values() {
                let mut changed = genuine.clone();
                *changed.pointer_mut(&pointer).unwrap() = odd.clone();
                let batch = read(changed.to_string());
                let firing = fired(&batch).len();
                assert!(firing >= expected, "{pointer} = {odd}: {batch:?}");
                let total = genuine["alerts"].as_array().unwrap().len();
                assert_eq!(batch.signals.len(), total, "{pointer} = {odd}");
            }
        }
    }
}

#[test]
fn any_field_may_be_missing_and_unknown_ones_are_ignored() {
    let genuine: Value = serde_json::from_str(GRAFANA).unwrap();
    for pointer in pointers(&genuine) {
        let Some((parent, name)) = pointer.rsplit_once('/') else {
            continue;
        };
        let mut changed = genuine.clone();
        let Some(parent) = changed.pointer_mut(parent).and_then(Value::as_object_mut) else {
            continue;
        };
        if name == "alerts" {
            continue;
        }
        parent.remove(name);
        parent.insert("tomorrow's field".into(), json!({"a": [1]}));
        let batch = read(changed.to_string());
        assert_eq!(batch.signals.len(), 2, "{pointer}");
        assert!(matches!(batch.signals[0], Signal::Fired(_)), "{pointer}");
    }
}
