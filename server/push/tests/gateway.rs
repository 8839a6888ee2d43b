//! The publisher's gateway: what it passes on, whom it listens to, and what it keeps to itself.

mod apns_support;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use apns_support::gateway::{Gateway, now, vapid};
use apns_support::{Apple, SECRET, TOPIC, address, golden, keys, push};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use reqwest::Url;
use serde_json::{Value, json};
use tocsin_peers::faults::Fault;
use tocsin_peers::https::{Peer, Request, Response, ca_pem};
use tocsin_push::apns::Apns;
use tocsin_push::gateway::{GatewayLimits, GatewayRate};
use tocsin_push::{Outcome, Purpose, Transport as _, http};
use tocsin_ticket::Millis;
use tocsin_wire::ApnsEnvironment::{Production, Sandbox};

fn rate(per_minute: u32, burst: u32) -> GatewayRate {
    GatewayRate {
        per_minute: NonZeroU32::new(per_minute).expect("not zero"),
        burst: NonZeroU32::new(burst).expect("not zero"),
    }
}

fn opened(phone: &tocsin_peers::apns::Delivered) -> Vec<u8> {
    let sealed = phone.body["t"].as_str().expect("a payload");
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).expect("base64url");
    keys().open(&sealed).expect("sealed to this phone")
}

#[tokio::test]
async fn a_page_through_the_gateway_rings_as_loudly_as_a_direct_one() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let server = gateway.server();
    for (service, environment) in [(&apple.production, Production), (&apple.sandbox, Sandbox)] {
        let mut phone = service.phone(TOPIC);
        let page = push(Purpose::Page, now());
        let outcome = server
            .send(&address(&phone, environment), &page, now())
            .await;
        assert_eq!(outcome, Outcome::Accepted);
        let delivered = phone.next().await;
        assert!(delivered.is_critical());
        assert_eq!(delivered.collapse_id.as_deref(), Some(&*page.id));
        assert_eq!(delivered.expires_s, (page.expires_at.0 + 999) / 1000);
        assert_eq!(opened(&delivered), SECRET.as_bytes());
    }
    let phone = apple.production.phone(TOPIC);
    for purpose in [Purpose::Silence, Purpose::Drill, Purpose::Notice] {
        let push = push(purpose, now());
        let outcome = server
            .send(&address(&phone, Production), &push, now())
            .await;
        assert_eq!(outcome, Outcome::Accepted);
    }
    for service in [&apple.production, &apple.sandbox] {
        assert_eq!(service.complaints(), Vec::<String>::new());
    }
    assert_eq!(apple.production_peer.received(), 4);
    assert_eq!(apple.production_peer.connections(), 1);
    assert_eq!(apple.sandbox_peer.received(), 1);
}

#[tokio::test]
async fn the_request_to_a_gateway_says_only_what_it_needs() {
    let peer = Peer::start(|_: &Request| Response::new(200).body(r#"{"outcome":"accepted"}"#));
    let peer = peer.await.expect("a port");
    let apple = Apple::start().await;
    let phone = apple.production.phone(TOPIC);
    let client = http::client(ca_pem()).expect("a certificate");
    let url = Url::parse(&peer.url()).expect("a URL");
    let server = Apns::through_gateway(&url, Arc::new(vapid()), client).expect("an origin");
    let page = push(Purpose::Page, Millis(1_767_225_600_000));
    let outcome = server
        .send(&address(&phone, Production), &page, now())
        .await;
    assert_eq!(outcome, Outcome::Accepted);
    let requests = peer.requests();
    let body: Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    let varying = [
        (phone.token(), "[device token]"),
        (
            requests[0].header("authorization").expect("a token"),
            "[VAPID token and key]",
        ),
        (
            body["sealed"].as_str().expect("a payload"),
            "[sealed payload]",
        ),
        (
            concat!("tocsin/", env!("CARGO_PKG_VERSION")),
            "tocsin/[version]",
        ),
    ];
    insta::assert_snapshot!("gateway_page", golden(&requests[0], &varying));
}

#[tokio::test]
async fn what_apple_says_reaches_the_server() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let server = gateway.server();
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, now());

    apple
        .production_peer
        .faults()
        .next([Fault::later(429, "7")]);
    match server.send(&to, &page, now()).await {
        Outcome::RetryAfter { after, why } => {
            assert_eq!(after.map(|after| after.as_secs()), Some(7));
            assert!(why.contains("429 TooManyRequests"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    apple.production_peer.faults().next([Fault::status(403)]);
    match server.send(&to, &page, now()).await {
        Outcome::Refused { why } => assert!(why.contains("InvalidProviderToken"), "{why}"),
        other => panic!("{other:?}"),
    }
    apple.production_peer.faults().next([Fault::ResetAfter]);
    let lost = server.send(&to, &page, now()).await;
    assert!(matches!(lost, Outcome::Unknown { .. }), "{lost:?}");

    phone.uninstall(now().0);
    match server.send(&to, &page, now()).await {
        Outcome::DeadToken { why } => assert!(why.contains("410 Unregistered"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_hears_that_apple_does_not_answer_before_it_gives_up_itself() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let phone = apple.production.phone(TOPIC);
    apple.production_peer.faults().next([Fault::Stall]);
    let page = push(Purpose::Page, now());
    let to = address(&phone, Production);
    match gateway.server().send(&to, &page, now()).await {
        Outcome::Unknown { why } => assert!(why.contains("no answer from Apple"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_runs_away_spoils_the_way_for_no_other() {
    let apple = Apple::start().await;
    let limits = GatewayLimits {
        server: rate(1, 3),
        address: rate(1, 7),
    };
    let gateway = Gateway::start(&apple, limits).await;
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, now());
    let (runaway, other) = (gateway.server(), gateway.server());
    for _ in 0..3 {
        assert_eq!(runaway.send(&to, &page, now()).await, Outcome::Accepted);
    }
    match runaway.send(&to, &page, now()).await {
        Outcome::RetryAfter { after, .. } => {
            let wait_s = after.expect("a time").as_secs();
            assert!((1..=60).contains(&wait_s), "{wait_s} s");
        }
        other => panic!("{other:?}"),
    }
    // Seven are taken from this address, whoever they are from.
    for _ in 0..3 {
        assert_eq!(other.send(&to, &page, now()).await, Outcome::Accepted);
    }
    let third = gateway.server().send(&to, &page, now()).await;
    assert!(matches!(third, Outcome::RetryAfter { .. }), "{third:?}");
    assert_eq!(apple.production_peer.received(), 6);
}

#[tokio::test]
async fn only_a_server_that_signs_for_this_gateway_is_listened_to() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let phone = apple.production.phone(TOPIC);
    let body = json!({
        "environment": "production", "topic": TOPIC, "id": "c2l4dGVlbi1ieXRlcw",
        "purpose": "page", "expires_at": now().0 + 60_000, "sealed": "c2VhbGVk",
    })
    .to_string();
    let vapid = vapid();
    let sign = |origin: &Url, at: i64| {
        let authorization = vapid.authorization(origin, Millis(at));
        authorization.expect("a signature").to_string()
    };
    let good = sign(&gateway.url, now().0);
    let elsewhere = Url::parse("https://gateway.example").expect("a URL");
    let (_, good_key) = good.split_once(", ").expect("two parts");
    let other = apns_support::gateway::vapid().authorization(&gateway.url, now());
    let other = other.expect("a signature");
    let (other_token, _) = other.split_once(", ").expect("two parts");
    let hour_ms = 3_600_000;
    let fresh = |at| {
        let authorization = apns_support::gateway::vapid().authorization(&gateway.url, Millis(at));
        authorization.expect("a signature").to_string()
    };
    for (authorization, word) in [
        (None, "authorization: expected"),
        (Some("bearer abc".to_owned()), "authorization: expected"),
        (Some("vapid t=a.b.c".to_owned()), "authorization: expected"),
        (Some("vapid t=a.b.c, k=AAAA".to_owned()), "k: expected"),
        (
            Some(format!("{other_token}, {good_key}")),
            "signed with ES256",
        ),
        (Some(sign(&elsewhere, now().0)), "aud:"),
        (
            Some(fresh(now().0 - 25 * hour_ms)),
            "exp: the token has expired",
        ),
        (Some(fresh(now().0 + 13 * hour_ms)), "more than 24 h"),
    ] {
        let (status, answer) = gateway
            .asked(phone.token(), authorization.as_deref(), &body)
            .await;
        let why = answer["why"].as_str().expect("a reason");
        assert_eq!(
            (status, &answer["outcome"]),
            (401, &json!("refused")),
            "{why}"
        );
        assert!(why.contains(word), "{word}: {why}");
    }
    assert_eq!(apple.production_peer.received(), 0);
    let (status, answer) = gateway.asked(phone.token(), Some(&good), &body).await;
    assert_eq!((status, answer), (200, json!({ "outcome": "accepted" })));
}

#[tokio::test]
async fn a_server_whose_clock_is_ten_minutes_wrong_is_listened_to() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    for skew_ms in [-600_000, 600_000] {
        let theirs = Millis(now().0 + skew_ms);
        // It lasts a quarter of an hour, or it would be over by the gateway's clock.
        let mut page = push(Purpose::Page, theirs);
        page.expires_at = Millis(theirs.0 + 900_000);
        let outcome = gateway.server().send(&to, &page, theirs).await;
        assert_eq!(outcome, Outcome::Accepted);
        assert!(phone.next().await.is_critical());
    }
}

#[tokio::test]
async fn what_is_no_push_is_refused_without_asking_apple() {
    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let phone = apple.production.phone(TOPIC);
    let authorization = vapid().authorization(&gateway.url, now());
    let authorization = authorization.expect("a signature");
    let push = json!({
        "environment": "production", "topic": TOPIC, "id": "c2l4dGVlbi1ieXRlcw",
        "purpose": "page", "expires_at": now().0, "sealed": "c2VhbGVk",
    });
    let with = |field: &str, value: Value| {
        let mut push = push.clone();
        push[field] = value;
        push.to_string()
    };
    let long = "s".repeat(4000);
    let longer = "s".repeat(9000);
    for (token, body, status, word) in [
        (phone.token(), "{".to_owned(), 400, "as JSON"),
        (
            phone.token(),
            with("purpose", json!("loud")),
            400,
            "as JSON",
        ),
        (phone.token(), with("id", json!("short")), 400, "id:"),
        (
            phone.token(),
            with("id", json!("sixteen bytes or more")),
            400,
            "id:",
        ),
        (
            phone.token(),
            with("sealed", json!("in the clear")),
            400,
            "sealed:",
        ),
        (phone.token(), with("sealed", json!("")), 400, "sealed:"),
        (phone.token(), with("sealed", json!(long)), 403, "4096"),
        (
            phone.token(),
            with("sealed", json!(longer)),
            413,
            "too long",
        ),
        (
            phone.token(),
            with("topic", json!("org.example.other")),
            403,
            "not one of topics",
        ),
        ("..%2F..%2Fx", push.to_string(), 400, "device token:"),
    ] {
        let (got, answer) = gateway.asked(token, Some(&authorization), &body).await;
        let why = answer["why"].as_str().expect("a reason");
        assert_eq!(
            (got, &answer["outcome"]),
            (status, &json!("refused")),
            "{why}"
        );
        assert!(why.contains(word), "{word}: {why}");
    }
    assert_eq!(apple.production_peer.received(), 0);
}

#[tokio::test]
async fn what_stands_before_a_gateway_cannot_answer_in_its_place() {
    let answers = [
        (200, "welcome to the hotel's network"),
        (200, r#"{"outcome":"dead_token","why":"x"}"#),
        (410, "gone"),
        (410, r#"{"outcome":"accepted"}"#),
        (404, ""),
        (302, ""),
    ];
    let left = Mutex::new(answers.into_iter());
    let peer = Peer::start(move |_: &Request| {
        let mut left = left.lock().expect("no panic");
        let (status, body) = left.next().expect("one for each request");
        Response::new(status).body(body)
    });
    let peer = peer.await.expect("a port");
    let apple = Apple::start().await;
    let to = address(&apple.production.phone(TOPIC), Production);
    let client = http::client(ca_pem()).expect("a certificate");
    let url = Url::parse(&peer.url()).expect("a URL");
    let server = Apns::through_gateway(&url, Arc::new(vapid()), client).expect("an origin");
    let page = push(Purpose::Page, now());
    for answer in answers {
        let outcome = server.send(&to, &page, now()).await;
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{outcome:?} of {answer:?}"
        );
    }
    peer.faults().next([Fault::later(503, "3")]);
    let outcome = server.send(&to, &page, now()).await;
    assert!(
        matches!(outcome, Outcome::RetryAfter { after: Some(_), .. }),
        "{outcome:?}"
    );
}

#[test]
fn an_address_that_is_more_than_an_origin_is_told_by_its_name() {
    for url in [
        "http://gateway.example",
        "https://gateway.example/x",
        "https://a:b@gateway.example",
    ] {
        let url = Url::parse(url).expect("a URL");
        let client = http::client("").expect("roots");
        let error = Apns::through_gateway(&url, Arc::new(vapid()), client).expect_err("no origin");
        assert_eq!(error.field, "gateway");
    }
}
