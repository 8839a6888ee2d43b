//! What clients send by mistake or in malice: each gets the documented error and costs nothing.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{Api, Reply, TestServer};
use tocsin_wire::ReceiptBatch;

/// What every bad request below must leave behind: nothing.
struct Calm {
    admin: Api,
    key: String,
    seq: u64,
    tickets: usize,
}

impl Calm {
    async fn of(server: &TestServer) -> Self {
        let (admin, key) = (server.admin.clone(), server.key(SHOP).to_owned());
        Self {
            seq: admin.last_seq().await,
            tickets: admin.tickets().await.len(),
            admin,
            key,
        }
    }

    async fn still_holds(&self) {
        assert_eq!(self.admin.last_seq().await, self.seq, "the log has grown");
        assert_eq!(self.admin.tickets().await.len(), self.tickets);
    }

    /// A good alarm afterwards is a ticket, and the server has no defect to report.
    async fn ends_well(&self) {
        self.still_holds().await;
        self.admin
            .alarm(&self.key, &json!({"title": "A good one"}))
            .await;
        assert_eq!(self.admin.tickets().await.len(), self.tickets + 1);
        no_defect(&self.admin).await;
    }
}

/// A panic in a handler is answered 500, which the metrics count.
async fn no_defect(admin: &Api) {
    let metrics = admin.get("/metrics").await.expect(200).text();
    let failed = metrics.lines().find(|line| line.contains("status=\"500\""));
    assert_eq!(failed, None);
}

/// Bodies that are nobody's format, with the code that every JSON route of ours refuses them with.
fn no_json_at_all() -> Vec<(&'static str, Vec<u8>)> {
    let mut odd_encoding = br#"{"title": ""#.to_vec();
    odd_encoding.extend([0xff, 0xfe, b'"', b'}']);
    let mut utf_16 = vec![0xff, 0xfe];
    utf_16.extend("{}".encode_utf16().flat_map(u16::to_le_bytes));
    vec![
        ("empty", Vec::new()),
        ("blank", b" \n\t".to_vec()),
        ("cut short", br#"{"title": "Checkout is do"#.to_vec()),
        ("two values", b"{} {}".to_vec()),
        ("a form", b"title=Checkout&severity=SEV1".to_vec()),
        ("invalid UTF-8", odd_encoding),
        ("UTF-16", utf_16),
        ("NUL bytes", vec![0; 100]),
        ("half a surrogate", br#"{"title": "\ud800"}"#.to_vec()),
        (
            "a number out of range",
            br#"{"title": "T", "details": {"n": 1e999}}"#.to_vec(),
        ),
        ("as deep as it gets", "[".repeat(500_000).into_bytes()),
        (
            "deep objects",
            [
                r#"{"a":"#.repeat(100_000),
                "1".to_owned(),
                "}".repeat(100_000),
            ]
            .concat()
            .into_bytes(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_refused_on_every_route_in_the_documented_shape() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let calm = Calm::of(&server).await;
    let key = server.key(SHOP);
    for (what, body) in no_json_at_all() {
        for format in ["alertmanager", "grafana", "json"] {
            let reply = ana
                .post(&format!("/in/{key}/{format}"), body.clone())
                .await
                .expect(400);
            let code = reply.problem().code;
            assert!(
                ["not_json", "invalid_utf8"].contains(&code.as_str()),
                "{what}: {code}"
            );
        }
        for path in ["/v2/enqueue", "/v2/alerts/enqueue"] {
            let reply = ana.post(path, body.clone()).await.expect(400).json();
            assert_eq!(reply["status"], "Unrecognized object", "{what}");
            assert_eq!(reply["message"], "Event object format is unrecognized");
            assert_eq!(reply["errors"].as_array().map(Vec::len), Some(1));
        }
        let reply = ana.send(Method::PUT, "/v1/device/push", body.clone()).await;
        let problem = reply.expect("an answer").expect(400).problem();
        assert_eq!(problem.code, "invalid_field", "{what}");
        for path in ["/v1/commands", "/v1/receipts"] {
            let problem = ana.post(path, body.clone()).await.expect(400).problem();
            assert_eq!(problem.code, "invalid_field", "{what} to {path}");
            assert!(problem.field.is_some());
        }
        let problem = ana
            .post("/v1/alarms", body.clone())
            .await
            .expect(400)
            .problem();
        assert_eq!(problem.code, "invalid_field", "{what}");
        for path in ["/v1/codes", "/v1/keys"] {
            let problem = server
                .admin
                .post(path, body.clone())
                .await
                .expect(400)
                .problem();
            assert_eq!(problem.code, "invalid_field", "{what} to {path}");
        }
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_of_the_wrong_shape_are_refused_by_the_field() {
    let server = TestServer::start(UNHURRIED).await;
    let calm = Calm::of(&server).await;
    let key = server.key(SHOP);
    let refused =
        async |format: &str, body: Value, status: u16, code: &str, field: Option<&str>| {
            let reply = server
                .admin
                .post_json(&format!("/in/{key}/{format}"), &body)
                .await;
            let problem = reply.expect(status).problem();
            assert_eq!(
                (problem.code.as_str(), problem.field.as_deref()),
                (code, field),
                "{body}"
            );
            if let Some(field) = field {
                assert!(problem.detail.contains(field), "{problem:?}");
            }
        };
    for body in [json!(null), json!(3), json!("T"), json!([]), json!([{}])] {
        refused("alertmanager", body, 400, "wrong_type", None).await;
    }
    for body in [
        json!({}),
        json!({"alerts": {}}),
        json!({"alerts": null}),
        json!({"alerts": "T"}),
    ] {
        refused(
            "alertmanager",
            body.clone(),
            400,
            "wrong_type",
            Some("alerts"),
        )
        .await;
        refused("grafana", body, 400, "wrong_type", Some("alerts")).await;
    }
    let many: Vec<Value> = (0..1001).map(|n| json!({"title": n.to_string()})).collect();
    refused("json", json!(many), 413, "too_many_alarms", None).await;
    for (body, code, field) in [
        (json!(null), "wrong_type", None),
        (json!(true), "wrong_type", None),
        (json!([]), "missing_field", None),
        (json!({}), "missing_field", Some("title")),
        (json!({"title": ""}), "missing_field", Some("title")),
        (json!({"title": 3}), "wrong_type", Some("title")),
        (json!({"title": ["T"]}), "wrong_type", Some("title")),
        (
            json!({"title": "T", "status": 1}),
            "wrong_type",
            Some("status"),
        ),
        (
            json!({"title": "T", "status": "burning"}),
            "unknown_status",
            Some("status"),
        ),
        (
            json!({"title": "T", "severity": {}}),
            "wrong_type",
            Some("severity"),
        ),
        (
            json!({"title": "T", "service": 7}),
            "wrong_type",
            Some("service"),
        ),
        (
            json!({"title": "T", "dedup_key": []}),
            "wrong_type",
            Some("dedup_key"),
        ),
        (
            json!({"title": "T", "url": false}),
            "wrong_type",
            Some("url"),
        ),
        (
            json!({"title": "T", "details": "x"}),
            "wrong_type",
            Some("details"),
        ),
        // One bad one in an array: nothing of it is taken, so that the whole can be sent again.
        (
            json!([{"title": "T"}, {"title": 3}]),
            "wrong_type",
            Some("[1].title"),
        ),
        (json!([{"title": "T"}, 3]), "wrong_type", Some("[1]")),
    ] {
        refused("json", body, 400, code, field).await;
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pagerduty_events_that_break_the_contract_get_pagerdutys_own_answer() {
    let server = TestServer::start(UNHURRIED).await;
    let calm = Calm::of(&server).await;
    let key = server.key(SHOP);
    let payload = json!({"summary": "S", "source": "s", "severity": "critical"});
    let without = |name: &str| {
        let mut payload = payload.clone();
        payload.as_object_mut().expect("an object").remove(name);
        json!({"routing_key": key, "event_action": "trigger", "payload": payload})
    };
    for (body, named) in [
        (json!({}), "routing_key"),
        (
            json!({"event_action": "trigger", "payload": payload}),
            "routing_key",
        ),
        (
            json!({"routing_key": 3, "event_action": "trigger", "payload": payload}),
            "routing_key",
        ),
        (
            json!({"routing_key": "0".repeat(32), "event_action": "trigger", "payload": payload}),
            "routing_key",
        ),
        (
            json!({"routing_key": key, "payload": payload}),
            "event_action",
        ),
        (
            json!({"routing_key": key, "event_action": "ring", "payload": payload}),
            "event_action",
        ),
        (
            json!({"routing_key": key, "event_action": "trigger"}),
            "payload",
        ),
        (
            json!({"routing_key": key, "event_action": "trigger", "payload": []}),
            "payload",
        ),
        (without("summary"), "payload.summary"),
        (without("source"), "payload.source"),
        (without("severity"), "payload.severity"),
        (
            json!({"routing_key": key, "event_action": "resolve"}),
            "dedup_key",
        ),
        (
            json!({"routing_key": key, "event_action": "acknowledge", "dedup_key": 3}),
            "dedup_key",
        ),
    ] {
        for path in ["/v2/enqueue", "/v2/alerts/enqueue"] {
            let reply = server.admin.post_json(path, &body).await.expect(400).json();
            assert_eq!(reply["status"], "invalid event", "{body}");
            assert_eq!(reply["message"], "Event object is invalid");
            let errors = reply["errors"].as_array().expect("errors");
            let named = format!("'{named}'");
            assert!(
                errors
                    .iter()
                    .any(|error| error.to_string().contains(&named)),
                "{reply}"
            );
            assert!(
                !reply.to_string().contains(key),
                "the key is repeated: {reply}"
            );
        }
    }
    for body in [json!(null), json!([]), json!("T"), json!(1.5)] {
        let reply = server
            .admin
            .post_json("/v2/enqueue", &body)
            .await
            .expect(400)
            .json();
        assert_eq!(reply["status"], "Unrecognized object", "{body}");
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taps_and_receipts_of_the_wrong_shape_are_refused_by_the_field() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    let calm = Calm::of(&server).await;
    let tap = |id: Value, ticket: Value, at: Value, action: Value| json!({"id": id, "ticket": ticket, "at": at, "action": action});
    let good = json!({"type": "check_in"});
    let taps = [
        (json!([]), "body"),
        (json!({}), "body"),
        (tap(json!("short"), json!(1), json!(0), good.clone()), "id"),
        (
            tap(json!("x".repeat(65)), json!(1), json!(0), good.clone()),
            "id",
        ),
        (
            tap(json!("with a blank"), json!(1), json!(0), good.clone()),
            "id",
        ),
        (
            tap(
                json!("with-\u{e9}-accent"),
                json!(1),
                json!(0),
                good.clone(),
            ),
            "id",
        ),
        (tap(json!(12345678), json!(1), json!(0), good.clone()), "id"),
        (
            tap(json!("a-good-id"), json!("1"), json!(0), good.clone()),
            "ticket",
        ),
        (
            tap(json!("a-good-id"), json!(-1), json!(0), good.clone()),
            "ticket",
        ),
        (
            tap(json!("a-good-id"), json!(u64::MAX), json!(0), good.clone()),
            "ticket",
        ),
        (
            tap(json!("a-good-id"), json!(1.5), json!(0), good.clone()),
            "ticket",
        ),
        (
            tap(json!("a-good-id"), json!(1), json!("now"), good.clone()),
            "at",
        ),
        (
            tap(json!("a-good-id"), json!(1), json!(0), json!("check_in")),
            "action",
        ),
        (
            tap(json!("a-good-id"), json!(1), json!(0), json!({})),
            "action",
        ),
        (
            tap(
                json!("a-good-id"),
                json!(1),
                json!(0),
                json!({"type": "explode"}),
            ),
            "action.type",
        ),
        (
            tap(json!("a-good-id"), json!(1), json!(0), json!({"type": 3})),
            "action.type",
        ),
        (
            tap(
                json!("a-good-id"),
                json!(1),
                json!(0),
                json!({"type": "reassign"}),
            ),
            "action",
        ),
        (
            tap(
                json!("a-good-id"),
                json!(1),
                json!(0),
                json!({"type": "reassign", "to": 3}),
            ),
            "action",
        ),
        (
            tap(
                json!("a-good-id"),
                json!(1),
                json!(0),
                json!({"type": "note"}),
            ),
            "action",
        ),
        (
            tap(
                json!("a-good-id"),
                json!(1),
                json!(0),
                json!({"type": "note", "text": "x".repeat(4001)}),
            ),
            "action.text",
        ),
    ];
    for (body, field) in taps {
        let problem = ana
            .post_json("/v1/commands", &body)
            .await
            .expect(400)
            .problem();
        assert_eq!(problem.code, "invalid_field", "{body}");
        assert_eq!(problem.field.as_deref(), Some(field), "{body}: {problem:?}");
        assert!(problem.detail.starts_with(field), "{problem:?}");
    }

    let page = format!("{ticket}.1");
    let report = |page: &str, rung: Value, at: Value, volume: Value| {
        json!({"id": "a-good-id", "receipts": [
            {"page": page, "rung": rung, "at": at, "effective_volume": volume},
        ]})
    };
    let receipts = [
        (json!(3), "body"),
        (json!({"id": "a-good-id"}), "body"),
        (json!({"id": "a-good-id", "receipts": {}}), "receipts"),
        (json!({"id": "short", "receipts": []}), "id"),
        (
            report("first", json!("seen"), json!(0), json!(null)),
            "receipts[0].page",
        ),
        (
            report("1", json!("seen"), json!(0), json!(null)),
            "receipts[0].page",
        ),
        (
            report("1.-1", json!("seen"), json!(0), json!(null)),
            "receipts[0].page",
        ),
        (
            report(
                &format!("{}.1", u64::MAX),
                json!("seen"),
                json!(0),
                json!(null),
            ),
            "receipts[0].page",
        ),
        (
            report(&page, json!("heard"), json!(0), json!(null)),
            "receipts[0].rung",
        ),
        (
            report(&page, json!("seen"), json!({}), json!(null)),
            "receipts[0].at",
        ),
        (
            report(&page, json!("seen"), json!(0), json!("loud")),
            "receipts[0].effective_volume",
        ),
        (
            report(&page, json!("seen"), json!(0), json!(1e300)),
            "receipts[0].effective_volume",
        ),
        (
            report(&page, json!("seen"), json!(0), json!(-1)),
            "receipts[0].effective_volume",
        ),
    ];
    for (body, field) in receipts {
        let problem = ana
            .post_json("/v1/receipts", &body)
            .await
            .expect(400)
            .problem();
        assert_eq!(problem.code, "invalid_field", "{body}");
        assert_eq!(problem.field.as_deref(), Some(field), "{body}: {problem:?}");
    }
    let one = json!({"page": page, "rung": "seen", "at": 0});
    let many = json!({"id": "a-good-id", "receipts": vec![one; 1001]});
    let problem = ana
        .post_json("/v1/receipts", &many)
        .await
        .expect(400)
        .problem();
    assert_eq!(problem.field.as_deref(), Some("receipts"));
    // Pages that never were: taken, and nothing changes.
    for page in [
        format!("{ticket}.0"),
        format!("{ticket}.99"),
        "999.1".to_owned(),
    ] {
        let reply = json!({
            "id": format!("unknown-{page}"),
            "receipts": [{"page": page, "rung": "seen", "at": 0}],
        });
        ana.post_json("/v1/receipts", &reply).await.expect(204);
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_the_wrong_shape_are_refused_by_the_field() {
    let server = TestServer::start(UNHURRIED).await;
    let calm = Calm::of(&server).await;
    for (path, field) in [
        ("/v1/tickets?limit=many", "limit"),
        ("/v1/tickets?limit=-1", "limit"),
        ("/v1/tickets?before=last", "before"),
        ("/v1/tickets?open=perhaps", "open"),
        ("/v1/tickets/first", "id"),
        ("/v1/tickets/-1", "id"),
        ("/v1/tickets/first/timeline", "id"),
        ("/v1/tickets/18446744073709551616", "id"),
        ("/v1/sync?after=yesterday", "after"),
        ("/v1/sync?after=00000000-1-2-3", "after"),
        ("/v1/sync?after=", "after"),
    ] {
        let problem = server.admin.get(path).await.expect(400).problem();
        assert_eq!(problem.code, "invalid_field", "{path}");
        assert_eq!(problem.field.as_deref(), Some(field), "{path}: {problem:?}");
    }
    for path in ["/v1/tickets/18446744073709551615", "/v1/tickets/0"] {
        assert_eq!(
            server.admin.get(path).await.expect(404).problem().code,
            "no_such_ticket"
        );
    }
    server
        .admin
        .get(&format!("/v1/tickets?before={}&limit=0", u64::MAX))
        .await
        .expect(200);
    let put = server
        .admin
        .send(Method::PUT, "/v1/config?dry_run=maybe", "")
        .await;
    assert_eq!(
        put.expect("an answer")
            .expect(400)
            .problem()
            .field
            .as_deref(),
        Some("dry_run")
    );
    for (path, body, field) in [
        ("/v1/codes", json!({"person": "nobody"}), "person"),
        ("/v1/codes", json!({"person": 3}), "person"),
        (
            "/v1/codes",
            json!({"person": "ana", "admin": "yes"}),
            "admin",
        ),
        ("/v1/keys", json!({"integration": "none"}), "integration"),
        ("/v1/enroll", json!({"code": 3, "device_name": "d"}), "code"),
        (
            "/v1/enroll",
            json!({"code": "AAAAA-AAAAA", "device_name": " "}),
            "device_name",
        ),
        (
            "/v1/enroll",
            json!({"code": "A", "device_name": "x".repeat(81)}),
            "device_name",
        ),
        (
            "/v1/enroll",
            json!({"code": "A", "device_name": "a\u{1b}[2J"}),
            "device_name",
        ),
    ] {
        let problem = server
            .admin
            .post_json(path, &body)
            .await
            .expect(400)
            .problem();
        assert_eq!(problem.field.as_deref(), Some(field), "{body}: {problem:?}");
    }
    for code in ["", "-", "\u{1F514}\u{1F514}\u{1F514}", &"A".repeat(100_000)] {
        let request = json!({"code": code, "device_name": "a phone"});
        let problem = server
            .admin
            .post_json("/v1/enroll", &request)
            .await
            .expect(403)
            .problem();
        assert_eq!(problem.code, "no_such_code");
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_unknown_routes_are_said_to_be_so() {
    let server = TestServer::start(UNHURRIED).await;
    let calm = Calm::of(&server).await;
    let key = server.key(SHOP);
    let hook = format!("/in/{key}/alertmanager");
    for (method, path, allowed) in [
        ("GET", hook.as_str(), "POST"),
        ("DELETE", &hook, "POST"),
        ("PUT", "/v2/enqueue", "POST"),
        ("GET", "/v1/commands", "POST"),
        ("GET", "/v1/receipts", "POST"),
        ("GET", "/v1/enroll", "POST"),
        ("POST", "/v1/sync", "GET"),
        ("POST", "/v1/stream", "GET"),
        ("PATCH", "/v1/tickets/1", "GET"),
        ("DELETE", "/v1/config", "GET"),
    ] {
        let method: Method = method.parse().expect("a method");
        let reply = server
            .admin
            .send(method.clone(), path, "{}")
            .await
            .expect("an answer");
        let reply = reply.expect(405);
        assert_eq!(reply.problem().code, "wrong_method", "{method} {path}");
        let allow = reply
            .headers
            .get("allow")
            .and_then(|allow| allow.to_str().ok());
        let allow =
            allow.unwrap_or_else(|| panic!("{method} {path}: RFC 9110, 15.5.6 asks for Allow"));
        assert!(allow.contains(allowed), "{allow}");
    }
    for path in [
        "/",
        "/v1",
        "/v1/tickets/",
        "/in/",
        &format!("/in/{key}"),
        &format!("/in/{key}/xml"),
        "/v3/enqueue",
    ] {
        let reply = server.admin.post(path, "{}").await.expect(404);
        assert_eq!(reply.problem().code, "no_such_route", "{path}");
    }
    calm.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_more_than_a_mebibyte_is_refused_and_one_of_just_that_is_not() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let calm = Calm::of(&server).await;
    let key = server.key(SHOP);
    let of_length = |length: usize| {
        let frame = r#"{"title":"T","url":""}"#;
        format!(
            r#"{{"title":"T","url":"{}"}}"#,
            "x".repeat(length - frame.len())
        )
    };
    let hooks = ["alertmanager", "grafana", "json"].map(|format| format!("/in/{key}/{format}"));
    let others = [
        "/v2/enqueue",
        "/v2/alerts/enqueue",
        "/v1/commands",
        "/v1/receipts",
        "/v1/alarms",
        "/v1/enroll",
    ];
    for path in hooks.iter().map(String::as_str).chain(others) {
        let reply = ana.post(path, of_length((1 << 20) + 1)).await.expect(413);
        let problem = reply.problem();
        assert_eq!(problem.code, "body_too_large", "{path}");
        assert!(problem.detail.contains("1048576"), "{problem:?}");
    }
    // Announced by nobody: sent in chunks.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let reply = ana
        .send(Method::POST, &hooks[2], stream)
        .await
        .expect("an answer");
    assert_eq!(reply.expect(413).problem().code, "body_too_large");
    calm.still_holds().await;
    ana.post(&hooks[2], of_length(1 << 20)).await.expect(200);
    assert_eq!(server.admin.tickets().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_sent_again_is_answered_the_same_and_kept_once() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    let batch: ReceiptBatch = serde_json::from_value(json!({
        "id": "a-batch-of-ana",
        "receipts": [{"page": format!("{ticket}.1"), "rung": "received", "at": 0}],
    }))
    .expect("a batch");
    for _ in 0..3 {
        ana.post_json("/v1/receipts", &batch).await.expect(204);
    }
    assert_eq!(server.admin.count(ticket, "page_receipt").await, 1);
}

/// Any JSON, weighted towards the names and values that mean something.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "alerts",
        "status",
        "labels",
        "annotations",
        "fingerprint",
        "title",
        "dedup_key",
        "details",
        "severity",
        "service",
        "url",
        "routing_key",
        "event_action",
        "payload",
        "summary",
        "source",
        "id",
        "ticket",
        "at",
        "action",
        "type",
        "check_in",
        "note",
        "text",
        "to",
        "reassign",
        "receipts",
        "page",
        "rung",
        "seen",
        "1.1",
        "firing",
        "resolved",
        "trigger",
        "resolve",
        "critical",
        "SEV1",
        "checkout",
        "code",
        "device_name",
        "truncatedAlerts",
        "groupKey",
    ]);
    let text = prop_oneof![word.clone().prop_map(str::to_owned), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        let name = prop_oneof![4 => word.clone().prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Arbitrary bytes, arbitrary JSON, and good bodies with a piece cut out or overwritten.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let fixture = prop::sample::select(vec![
        "alertmanager-mixed.json",
        "grafana.json",
        "json-array.json",
        "pagerduty-trigger.json",
    ]);
    let spoilt = (
        fixture,
        any::<prop::sample::Index>(),
        0..40_usize,
        any::<Vec<u8>>(),
    );
    prop_oneof![
        any::<Vec<u8>>(),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        spoilt.prop_map(|(file, at, length, instead)| {
            let mut body = crate::sent_by(file).into_bytes();
            let at = at.index(body.len());
            let end = (at + length).min(body.len());
            body.splice(at..end, instead);
            body
        }),
    ]
}

#[test]
fn whatever_is_sent_is_answered_as_documented_and_refused_without_a_trace() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (server, ana) = runtime.block_on(async {
        let server = TestServer::start(UNHURRIED).await;
        let ana = server.person("ana").await;
        server.alarm("SEV1", "database").await;
        (server, ana)
    });
    let key = server.key(SHOP).to_owned();
    let hooks = ["alertmanager", "grafana", "json"].map(|format| format!("/in/{key}/{format}"));
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let checked = TestRunner::new(config).run(&any_body(), |body| {
        runtime.block_on(async {
            let unchanged_unless = async |reply: &Reply, taken: u16, before: u64| {
                reply.status == taken || server.admin.last_seq().await == before
            };
            for path in &hooks {
                let before = server.admin.last_seq().await;
                let reply = ana.post(path, body.clone()).await;
                prop_assert!(
                    [200, 400, 413].contains(&reply.status),
                    "{}: {}",
                    path,
                    reply.text()
                );
                if reply.status != 200 {
                    reply.problem();
                }
                prop_assert!(
                    unchanged_unless(&reply, 200, before).await,
                    "{} left a trace",
                    path
                );
            }
            // With our key in place of whatever key it has, or none.
            let keyed = serde_json::from_slice::<Value>(&body)
                .ok()
                .and_then(|mut event| {
                    event
                        .as_object_mut()?
                        .insert("routing_key".to_owned(), json!(key));
                    serde_json::to_vec(&event).ok()
                });
            for body in [Some(body.clone()), keyed].into_iter().flatten() {
                let before = server.admin.last_seq().await;
                let reply = ana.post("/v2/enqueue", body).await;
                prop_assert!([202, 400].contains(&reply.status), "{}", reply.text());
                prop_assert!(reply.json()["message"].is_string());
                prop_assert!(
                    unchanged_unless(&reply, 202, before).await,
                    "an event left a trace"
                );
            }
            for (path, statuses) in [
                ("/v1/commands", &[200, 400, 409][..]),
                ("/v1/receipts", &[204, 400]),
                ("/v1/drills", &[202, 400, 404]),
                ("/v1/alarms", &[200, 400, 413]),
            ] {
                let reply = ana.post(path, body.clone()).await;
                prop_assert!(
                    statuses.contains(&reply.status),
                    "{}: {}",
                    path,
                    reply.text()
                );
                if reply.status == 400 {
                    reply.problem();
                }
            }
            Ok(())
        })
    });
    checked.expect("documented answers");
    runtime.block_on(async {
        no_defect(&server.admin).await;
        let before = server.admin.tickets().await.len();
        server.alarm("SEV1", "a good one").await;
        assert_eq!(server.admin.tickets().await.len(), before + 1);
    });
    drop(server);
    runtime.shutdown_timeout(Duration::from_secs(1));
}
