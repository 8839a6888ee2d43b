//! Bodies nobody thought of: whatever comes in, no parser panics, what it lets through is fit for a
//! ticket, and no well-formed alert is lost among odd ones.

mod common;

use common::{assert_fit, fired, fixture, recovered, shop};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tocsin_ingest::opsgenie::{self, Action};
use tocsin_ingest::pagerduty::Event;
use tocsin_ingest::{Signal, alertmanager, json as own, limits};

const GENUINE: [&str; 11] = [
    fixture!("alertmanager-firing.json"),
    fixture!("alertmanager-mixed.json"),
    fixture!("alertmanager-truncated.json"),
    fixture!("grafana.json"),
    fixture!("pagerduty-trigger.json"),
    fixture!("pagerduty-resolve.json"),
    fixture!("pagerduty-alertmanager-mixed-severity.json"),
    fixture!("json-alarm.json"),
    fixture!("json-array.json"),
    include_str!("../../../tests/data/opsgenie/create.json"),
    include_str!("../../../tests/data/opsgenie/note.json"),
];

/// Gives the body to every parser; what comes out must be fit for a ticket.
fn every_parser(body: &[u8]) {
    let shop = shop();
    if let Ok(batch) = alertmanager::parse(body, &shop) {
        assert_fit(&batch, &shop);
    }
    if let Ok(batch) = own::parse(body, &shop) {
        assert_fit(&batch, &shop);
    }
    if let Ok(batch) = opsgenie::create(body, &shop, "fresh") {
        assert_fit(&batch, &shop);
    }
    let anywhere = opsgenie::by_alias("alias", &shop);
    if let Ok(batch) = opsgenie::change(Action::AddNote, body, anywhere) {
        assert_fit(&batch, &shop);
    }
    match Event::parse(body) {
        Ok(event) => {
            let (batch, reply) = event.read(&shop, "fresh");
            assert_fit(&batch, &shop);
            assert_eq!((batch.signals.len(), reply.http_status), (1, 202));
        }
        Err(reply) => {
            assert_eq!(reply.http_status, 400);
            assert!(!reply.errors.is_empty());
        }
    }
}

/// Text with everything in it that hurts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{0,12}",
        2 => "\\PC{0,40}",
        1 => any::<String>(),
        1 => "(firing|resolved|critical|checkout|https://a\\.example/|SEV-[0-9]|\u{1b}\\[2J|\u{202e}){0,3}",
        1 => (any::<char>(), 0..3000usize).prop_map(|(c, count)| c.to_string().repeat(count)),
    ]
}

/// The names the formats know, and others.
fn name() -> impl Strategy<Value = String> {
    let known = "alerts status labels annotations fingerprint generatorURL externalURL groupKey \
        truncatedAlerts severity priority service alertname instance summary title description \
        routing_key event_action dedup_key payload source component custom_details links images \
        href text src client_url url details message alias priority entity \
        tags responders note user";
    let known: Vec<_> = known.split_whitespace().map(str::to_owned).collect();
    prop_oneof![6 => proptest::sample::select(known), 1 => text()]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(name(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An alert as Alertmanager's format has it, with any content.
fn well_formed(status: &'static str) -> impl Strategy<Value = Value> {
    (
        "[0-9a-f]{16}",
        btree_map(name(), text(), 1..6),
        btree_map(name(), text(), 0..4),
        text(),
    )
        .prop_map(move |(fingerprint, labels, annotations, url)| {
            json!({
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": "2026-11-23T04:03:13Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": url,
                "fingerprint": fingerprint,
            })
        })
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(usize, u8),
    Delete(usize, usize),
    Insert(usize, Vec<u8>),
    Truncate(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<usize>;
    prop_oneof![
        (at(), 1..=255u8).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (at(), 1..40usize).prop_map(|(at, count)| Mutation::Delete(at, count)),
        (at(), vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (at(), "[\\[\\]{}\",:0-9a-z\\\\]{1,6}")
            .prop_map(|(at, text)| Mutation::Insert(at, text.into_bytes())),
        at().prop_map(Mutation::Truncate),
    ]
}

fn mutate(body: &mut Vec<u8>, mutation: Mutation) {
    if body.is_empty() {
        return;
    }
    let length = body.len();
    match mutation {
        Mutation::Flip(at, bits) => body[at % length] ^= bits,
        Mutation::Delete(at, count) => {
            let at = at % length;
            body.drain(at..(at + count).min(length));
        }
        Mutation::Insert(at, bytes) => {
            let at = at % length;
            body.splice(at..at, bytes);
        }
        Mutation::Truncate(at) => body.truncate(at % length),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_survived(body in vec(any::<u8>(), 0..400)) {
        every_parser(&body);
    }

    #[test]
    fn any_json_is_survived(body in any_json()) {
        every_parser(body.to_string().as_bytes());
    }

    #[test]
    fn any_fields_under_the_right_names_are_survived(
        alerts in vec(any_json(), 0..6),
        fields in btree_map(name(), any_json(), 0..8),
        action in proptest::sample::select(vec!["trigger", "acknowledge", "resolve"]),
    ) {
        let mut body: Map<String, Value> = fields.into_iter().collect();
        body.insert("alerts".into(), alerts.into());
        body.insert("routing_key".into(), "k".into());
        body.insert("event_action".into(), action.into());
        body.insert("dedup_key".into(), "d".into());
        if let Some(payload) = body.get_mut("payload").and_then(Value::as_object_mut) {
            for name in ["summary", "source", "severity"] {
                payload.insert(name.into(), name.into());
            }
        }
        every_parser(Value::Object(body).to_string().as_bytes());
    }

    #[test]
    fn a_genuine_body_with_any_damage_is_survived(
        which in 0..GENUINE.len(),
        mutations in vec(mutation(), 1..5),
    ) {
        let mut body = GENUINE[which].as_bytes().to_vec();
        for mutation in mutations {
            mutate(&mut body, mutation);
        }
        every_parser(&body);
    }

    #[test]
    fn every_well_formed_firing_alert_among_odd_ones_fires_as_it_would_alone(
        alerts in vec(
            prop_oneof![
                2 => well_formed("firing").prop_map(|alert| (true, alert)),
                1 => well_formed("resolved").prop_map(|alert| (false, alert)),
                2 => any_json().prop_map(|alert| (false, alert)),
            ],
            0..8,
        ),
    ) {
        let read = |alerts: Vec<&Value>| {
            let body = json!({"alerts": alerts}).to_string();
            alertmanager::parse(body.as_bytes(), &shop()).unwrap()
        };
        let together = read(alerts.iter().map(|(_, alert)| alert).collect());
        for (fires, alert) in &alerts {
            if *fires {
                let alone = read(vec![alert]);
                let expected = fired(&alone)[0];
                let found = fired(&together).contains(&expected);
                prop_assert!(found, "lost {expected:?} in {together:?}");
            }
        }
    }

    #[test]
    fn every_alert_fires_unless_it_says_that_it_is_over(alerts in vec(any_json(), 0..12)) {
        let over = |alert: &&Value| {
            alert["status"].as_str().is_some_and(|word| word.trim().eq_ignore_ascii_case("resolved"))
        };
        let ended = alerts.iter().filter(over).count();
        let body = json!({"status": "resolved", "truncatedAlerts": 1, "alerts": alerts}).to_string();
        let batch = alertmanager::parse(body.as_bytes(), &shop()).unwrap();
        prop_assert_eq!(fired(&batch).len(), alerts.len() - ended);
        prop_assert!(recovered(&batch).len() <= ended);
    }

    #[test]
    fn what_fired_can_end(alert in well_formed("firing")) {
        let mut ended = alert.clone();
        ended["status"] = "resolved".into();
        let read = |alert: &Value| {
            let body = json!({"alerts": [alert]}).to_string();
            alertmanager::parse(body.as_bytes(), &shop()).unwrap()
        };
        let (fires, ends) = (read(&alert), read(&ended));
        let alarm = fired(&fires)[0];
        let target = recovered(&ends)[0];
        prop_assert_eq!(&target.services[..], std::slice::from_ref(&alarm.service));
        prop_assert_eq!(&target.dedup_key, &alarm.dedup_key);
    }
}

#[test]
fn a_mebibyte_of_anything_is_survived() {
    const MIB: usize = 1 << 20;
    let fill = |unit: &str, start: &str, end: &str| {
        let count = (MIB - start.len() - end.len()) / unit.len();
        format!("{start}{}{end}", unit.repeat(count))
    };
    for body in [
        fill("[", "", ""),
        fill("{\"a\":", "", ""),
        fill("\0", "", ""),
        fill("0,", "[", "0]"),
        fill("{},", "{\"alerts\":[", "{}]}"),
        fill("[],", "{\"alerts\":[", "0]}"),
        fill("{\"status\":\"resolved\"},", "{\"alerts\":[", "0]}"),
        fill("\\u001b", "{\"title\":\"", "\"}"),
        fill("\u{1F6A8}", "{\"title\":\"", "\"}"),
        fill("\"a\":0,", "{\"alerts\":[],", "\"b\":0}"),
    ] {
        every_parser(body.as_bytes());
    }
    let alerts = json!({"alerts": vec![json!({}); 300_000]}).to_string();
    let batch = alertmanager::parse(alerts.as_bytes(), &shop()).unwrap();
    let last = batch.signals.last().unwrap();
    assert_eq!(batch.signals.len(), limits::ALARMS_MAX + 1);
    assert!(matches!(last, Signal::Fired(alarm) if alarm.title.starts_with("299000 more")));
}
