//! The push service refuses what the RFCs refuse, whoever sends it.

use reqwest::{Certificate, Client};
use tocsin_peers::https::ca_pem;
use tocsin_peers::webpush::{UserAgent, WebPushService};

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusted = Certificate::from_pem(ca_pem().as_bytes()).expect("a certificate");
    let client = Client::builder().tls_certs_only([trusted]);
    client.build().expect("a client")
}

fn body(first: u8) -> Vec<u8> {
    let mut body = vec![first; 86 + 18];
    body[16..22].copy_from_slice(&[0, 0, 16, 0, 65, 4]);
    body
}

async fn post(phone: &UserAgent, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    let mut request = client().post(phone.endpoint()).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer").status().as_u16()
}

const GOOD: [(&str, &str); 2] = [("ttl", "60"), ("content-encoding", "aes128gcm")];

#[tokio::test]
async fn what_the_rfcs_forbid_is_refused() {
    let service = WebPushService::start().await.expect("a service");
    let phone = service.subscribe(None);
    let with = |name, value| [GOOD[0], GOOD[1], (name, value)];
    assert_eq!(post(&phone, &GOOD, body(1)).await, 201);
    assert_eq!(post(&phone, &GOOD[1..], body(1)).await, 400);
    assert_eq!(post(&phone, &with("ttl", "60"), body(1)).await, 400);
    assert_eq!(post(&phone, &[("ttl", "+6"), GOOD[1]], body(1)).await, 400);
    assert_eq!(post(&phone, &GOOD[..1], body(1)).await, 400);
    assert_eq!(post(&phone, &with("urgency", "urgent"), body(1)).await, 400);
    assert_eq!(post(&phone, &with("topic", "a b"), body(1)).await, 400);
    assert_eq!(
        post(&phone, &with("topic", &"a".repeat(33)), body(1)).await,
        400
    );
    assert_eq!(post(&phone, &GOOD, vec![0; 40]).await, 400);
    assert_eq!(post(&phone, &GOOD, vec![0; 4097]).await, 413);
    phone.expire();
    assert_eq!(post(&phone, &GOOD, body(1)).await, 410);
    phone.forget();
    assert_eq!(post(&phone, &GOOD, body(1)).await, 404);
}

#[tokio::test]
async fn a_bound_subscription_takes_nothing_from_strangers() {
    let service = WebPushService::start().await.expect("a service");
    let key = service.subscribe(None).p256dh();
    let phone = service.subscribe(Some(&key));
    let with = |value| [GOOD[0], GOOD[1], ("authorization", value)];
    assert_eq!(post(&phone, &GOOD, body(1)).await, 401);
    assert_eq!(post(&phone, &with("Bearer x"), body(1)).await, 401);
    assert_eq!(post(&phone, &with("vapid t=a.b.c"), body(1)).await, 401);
    assert_eq!(
        post(&phone, &with("vapid t=a.b.c, k=other"), body(1)).await,
        403
    );
    let unsigned = format!("vapid t=a.b.c, k={key}");
    assert_eq!(post(&phone, &with(&unsigned), body(1)).await, 403);
}

#[tokio::test]
async fn a_newer_message_of_a_topic_replaces_the_older_for_a_phone_that_is_away() {
    let service = WebPushService::start().await.expect("a service");
    let mut phone = service.subscribe(None);
    phone.go_away();
    let topic = [GOOD[0], GOOD[1], ("topic", "backup")];
    assert_eq!(post(&phone, &topic, body(1)).await, 201);
    assert_eq!(post(&phone, &GOOD, body(2)).await, 201);
    assert_eq!(post(&phone, &topic, body(3)).await, 201);
    assert_eq!(post(&phone, &[("ttl", "0"), GOOD[1]], body(4)).await, 201);
    phone.come_back();
    let kept: Vec<u8> = std::iter::from_fn(|| phone.try_next())
        .map(|message| message.body[0])
        .collect();
    assert_eq!(kept, [2, 3]);
}
