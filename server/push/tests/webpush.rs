//! The WebPush transport against a push service that takes nothing the RFCs do not allow.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tocsin_peers::faults::{Fault, Outage};
use tocsin_peers::https::{Request, ca_pem};
use tocsin_peers::webpush::{UserAgent, WebPushService};
use tocsin_push::jwt::SigningKey;
use tocsin_push::webpush::{WebPush, WebPushSettings};
use tocsin_push::{Address, Outcome, Purpose, Push, Transport as _, Words};
use tocsin_ticket::Millis;
use tocsin_wire::PushAddress;

fn now() -> Millis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Millis(i64::try_from(now.expect("after 1970").as_millis()).expect("before the end"))
}

fn push(purpose: Purpose, payload: &[u8]) -> Push {
    Push {
        id: "c2V2MS1kYXRhYmFzZQ".into(),
        purpose,
        payload: payload.into(),
        words: Arc::new(Words {
            subject: "SEV1 database".to_owned(),
            body: "Check in.".to_owned(),
        }),
        expires_at: now() + Duration::from_secs(600),
    }
}

fn page() -> Push {
    push(Purpose::Page, b"SEV1 database is down")
}

fn transport_with(key: &[u8], allow_hosts: &[&str]) -> WebPush {
    let settings = WebPushSettings {
        contact: "mailto:oncall@example.org".to_owned(),
        allow_hosts: allow_hosts.iter().map(ToString::to_string).collect(),
    };
    WebPush::new(&settings, key, ca_pem()).expect("a transport")
}

fn key() -> Vec<u8> {
    SigningKey::generate_es256().expect("a key")
}

/// A push service, a transport and a phone that subscribed with the transport's key.
async fn scene() -> (WebPushService, WebPush, UserAgent) {
    let service = WebPushService::start().await.expect("a service");
    let transport = transport_with(&key(), &["127.0.0.1", "localhost"]);
    let phone = service.subscribe(Some(transport.vapid_public_key()));
    (service, transport, phone)
}

fn at(endpoint: &str, phone: &UserAgent) -> Address {
    Address::Device(PushAddress::WebPush {
        endpoint: endpoint.to_owned(),
        p256dh: phone.p256dh(),
        auth: phone.auth(),
    })
}

fn of(phone: &UserAgent) -> Address {
    at(phone.endpoint(), phone)
}

async fn send(transport: &WebPush, phone: &UserAgent) -> Outcome {
    transport.send(&of(phone), &page(), now()).await
}

#[tokio::test]
async fn a_page_reaches_the_phone_and_only_the_phone_can_read_it() {
    let (service, transport, mut phone) = scene().await;
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    let message = phone.next().await;
    let plain = phone.decrypt(&message).expect("for this phone");
    assert_eq!(plain, b"SEV1 database is down");
    assert_eq!(message.urgency, "high");
    assert_eq!(service.subscribe(None).decrypt(&message), None);
    let notice = push(Purpose::Notice, b"read by day");
    let sent = transport.send(&of(&phone), &notice, now()).await;
    assert_eq!(sent, Outcome::Accepted);
    let notice = phone.next().await;
    assert_eq!(notice.urgency, "normal");
    assert_eq!(notice.body.len(), message.body.len());
}

#[tokio::test]
async fn the_largest_payload_fits() {
    let (_service, transport, mut phone) = scene().await;
    let largest = vec![b'x'; tocsin_wire::MAX_PUSH_BYTES];
    let sent = transport
        .send(&of(&phone), &push(Purpose::Page, &largest), now())
        .await;
    assert_eq!(sent, Outcome::Accepted);
    let message = phone.next().await;
    assert_eq!(phone.decrypt(&message), Some(largest));
    let too_large = vec![b'x'; tocsin_wire::MAX_PUSH_BYTES + 1];
    let sent = transport
        .send(&of(&phone), &push(Purpose::Page, &too_large), now())
        .await;
    assert!(matches!(sent, Outcome::Refused { why } if why.contains("2048")));
}

/// What a request looks like, with what differs every time replaced by its name.
fn golden(request: &Request) -> String {
    let mut text = String::new();
    for line in request.head().lines() {
        let line = match line.split_once(' ') {
            Some(("POST", rest)) if rest.starts_with("/push/") => {
                "POST /push/[subscription] HTTP/2.0".to_owned()
            }
            Some(("authorization:", value)) => authorization(value),
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    let body = &request.body;
    text.push_str(&format!(
        "\n[salt 16] record size {} key id length {} key id {:02x}[point 64] [ciphertext {}]\n",
        u32::from_be_bytes(body[16..20].try_into().expect("four")),
        body[20],
        body[21],
        body.len() - 86
    ));
    text
}

fn authorization(value: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (token, key) = value.split_once(", k=").expect("two parameters");
    let token = token.strip_prefix("vapid t=").expect("a token");
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
    let mut json = || -> serde_json::Value {
        let part = parts.next().expect("a part").expect("base64url");
        serde_json::from_slice(&part).expect("JSON")
    };
    let (header, mut claims) = (json(), json());
    let left_s = claims["exp"].as_i64().expect("an end") - now().0 / 1000;
    assert!((11 * 3600..=12 * 3600).contains(&left_s), "{left_s}");
    claims["exp"] = "[in 12 hours]".into();
    claims["aud"] = "[origin]".into();
    format!(
        "authorization: vapid t={header}.{claims}.[signature], k=[key of {} characters]",
        key.len()
    )
}

#[tokio::test]
async fn what_is_said_on_the_wire() {
    let (service, transport, phone) = scene().await;
    let page = page();
    let ten_minutes_before = Millis(page.expires_at.0 - 600_000);
    transport.send(&of(&phone), &page, ten_minutes_before).await;
    insta::assert_snapshot!("webpush", golden(&service.peer().requests()[0]));
}

fn kind(outcome: &Outcome) -> (&'static str, Option<Duration>) {
    match outcome {
        Outcome::Accepted => ("accepted", None),
        Outcome::RetryAfter { after, .. } => ("later", *after),
        Outcome::DeadToken { .. } => ("dead", None),
        Outcome::Refused { .. } => ("refused", None),
        Outcome::Unknown { .. } => ("unknown", None),
    }
}

#[tokio::test]
async fn each_answer_is_told_apart() {
    let (service, transport, mut phone) = scene().await;
    let to = of(&phone);
    let soon = Some(Duration::from_secs(7));
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let table = [
        (vec![Fault::status(429)], ("later", None)),
        (vec![Fault::later(429, "7")], ("later", soon)),
        (vec![Fault::later(503, "7")], ("later", soon)),
        (vec![Fault::later(429, "soon")], ("later", None)),
        (
            vec![Fault::later(429, past)],
            ("later", Some(Duration::ZERO)),
        ),
        (vec![Fault::status(500)], ("later", None)),
        (vec![Fault::status(502)], ("later", None)),
        (vec![Fault::status(404)], ("dead", None)),
        (vec![Fault::status(410)], ("dead", None)),
        (vec![Fault::status(400)], ("refused", None)),
        (vec![Fault::status(413)], ("refused", None)),
        (vec![Fault::status(401); 2], ("refused", None)),
        (vec![Fault::status(403); 2], ("refused", None)),
        (vec![Fault::status(204)], ("unknown", None)),
        (vec![Fault::status(302)], ("unknown", None)),
        (vec![Fault::status(418)], ("unknown", None)),
        (vec![Fault::ResetBefore], ("unknown", None)),
        (vec![Fault::ResetAfter], ("unknown", None)),
    ];
    for (faults, expected) in table {
        let before = service.peer().received();
        service.peer().faults().next(faults.clone());
        let outcome = transport.send(&to, &page(), now()).await;
        assert_eq!(kind(&outcome), expected, "{faults:?}: {outcome:?}");
        let requests = service.peer().received() - before;
        assert_eq!(requests, faults.len() as u64, "{faults:?}");
        while phone.try_next().is_some() {}
        assert_eq!(
            transport.send(&to, &page(), now()).await,
            Outcome::Accepted,
            "after {faults:?}"
        );
        phone.next().await;
    }
}

#[tokio::test]
async fn a_service_that_names_a_time_is_left_alone_until_then() {
    let (service, transport, phone) = scene().await;
    let later = SystemTime::now() + Duration::from_secs(90);
    let later = httpdate::fmt_http_date(later);
    service.peer().faults().next([Fault::later(503, &later)]);
    let Outcome::RetryAfter { after, why } = send(&transport, &phone).await else {
        panic!("busy");
    };
    let after = after.expect("a time");
    assert!((80..=90).contains(&after.as_secs()), "{after:?}");
    assert!(why.contains("told to fail"), "{why}");
}

#[tokio::test]
async fn a_dead_token_is_told_apart_from_a_bad_day() {
    let (_service, transport, phone) = scene().await;
    phone.expire();
    let expired = send(&transport, &phone).await;
    assert!(
        matches!(&expired, Outcome::DeadToken { why } if why.contains("410")),
        "{expired:?}"
    );
    phone.forget();
    let gone = send(&transport, &phone).await;
    assert!(
        matches!(&gone, Outcome::DeadToken { why } if why.contains("404")),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_phone_that_subscribed_to_another_server_must_register_again() {
    let (service, _, phone) = scene().await;
    let stranger = transport_with(&key(), &["127.0.0.1"]);
    let Outcome::Refused { why } = send(&stranger, &phone).await else {
        panic!("not our key");
    };
    assert!(why.contains("register again"), "{why}");
    // One try with a fresh token, in case only the old one was distrusted; no more.
    assert_eq!(service.peer().received(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_the_page_arrives() {
    let (service, transport, mut phone) = scene().await;
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    for status in [401, 403] {
        service.peer().faults().next([Fault::status(status)]);
        assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    }
    let mut tokens: Vec<String> = service
        .peer()
        .requests()
        .iter()
        .map(|request| request.header("authorization").expect("a token").to_owned())
        .collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    for _ in 0..3 {
        phone.next().await;
    }
}

#[tokio::test]
async fn a_clock_ten_minutes_off_costs_no_page() {
    let off = Duration::from_secs(600);
    for now in [now() + off, now() - off] {
        let (_service, transport, phone) = scene().await;
        let sent = transport.send(&of(&phone), &page(), now).await;
        assert_eq!(sent, Outcome::Accepted);
    }
}

#[tokio::test]
async fn a_connection_that_goes_away_takes_no_page_with_it() {
    let (service, transport, mut phone) = scene().await;
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    service.peer().faults().next([Fault::GoAway]);
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    assert_eq!(service.peer().connections(), 2);
    for _ in 0..2 {
        phone.next().await;
    }
    assert_eq!(phone.try_next(), None);
}

#[tokio::test]
async fn a_service_that_stalls_is_given_up_in_time_and_blocks_no_other_page() {
    let (service, transport, phone) = scene().await;
    let to = of(&phone);
    let page = page();
    service.peer().faults().next([Fault::Stall]);
    let stalled = transport.send(&to, &page, now());
    let other = async {
        while service.peer().received() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        send(&transport, &phone).await
    };
    let both = async { tokio::join!(stalled, other) };
    let both = tokio::time::timeout(Duration::from_secs(30), both).await;
    let (stalled, other) = both.expect("it gives up");
    assert!(matches!(stalled, Outcome::Unknown { .. }), "{stalled:?}");
    assert_eq!(other, Outcome::Accepted);
}

#[tokio::test]
async fn after_an_outage_pages_go_out_again() {
    let (service, transport, phone) = scene().await;
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    service.peer().faults().outage(Outage::Refused);
    let down = send(&transport, &phone).await;
    assert!(matches!(down, Outcome::Unknown { .. }), "{down:?}");
    service.peer().faults().outage(Outage::None);
    let again = async {
        while send(&transport, &phone).await != Outcome::Accepted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(30), again).await;
    again.expect("it is over");
}

#[tokio::test]
async fn a_hundred_pages_share_one_connection() {
    let (service, transport, mut phone) = scene().await;
    assert_eq!(send(&transport, &phone).await, Outcome::Accepted);
    service
        .peer()
        .faults()
        .always(Fault::Delay(Duration::from_millis(20)));
    let page = page();
    let to = of(&phone);
    let sends = (0..99).map(|_| transport.send(&to, &page, now()));
    for outcome in futures_util::future::join_all(sends).await {
        assert_eq!(outcome, Outcome::Accepted);
    }
    for _ in 0..100 {
        phone.next().await;
    }
    assert_eq!(service.peer().connections(), 1);
    let tokens: std::collections::HashSet<String> = service
        .peer()
        .requests()
        .iter()
        .map(|request| request.header("authorization").expect("a token").to_owned())
        .collect();
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_phone_that_was_away_gets_every_page_that_is_still_worth_something() {
    let (_service, transport, mut phone) = scene().await;
    phone.go_away();
    let mut late = page();
    late.expires_at = now() - Duration::from_secs(1);
    for page in [page(), page(), late] {
        let sent = transport.send(&of(&phone), &page, now()).await;
        assert_eq!(sent, Outcome::Accepted);
    }
    assert_eq!(phone.try_next(), None);
    phone.come_back();
    assert!(phone.try_next().is_some());
    assert!(phone.try_next().is_some());
    assert_eq!(phone.try_next(), None);
}

#[tokio::test]
async fn nobody_sends_the_server_into_its_own_network() {
    let (service, _, phone) = scene().await;
    let outside = transport_with(&key(), &[]);
    let by_name = phone.endpoint().replace("127.0.0.1", "localhost");
    for endpoint in [
        phone.endpoint().to_owned(),
        by_name.clone(),
        phone.endpoint().replace("https", "http"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let outcome = outside.send(&at(&endpoint, &phone), &page(), now()).await;
        assert!(
            matches!(&outcome, Outcome::Refused { .. }),
            "{endpoint}: {outcome:?}"
        );
    }
    assert_eq!(service.peer().received(), 0);
    assert_eq!(service.peer().connections(), 0);
    let why = outside.check(phone.endpoint(), &phone.p256dh(), &phone.auth());
    assert!(why.expect_err("inside").contains("allow_hosts"));

    let key = key();
    let inside = transport_with(&key, &["localhost"]);
    let phone = service.subscribe(Some(inside.vapid_public_key()));
    let by_name = phone.endpoint().replace("127.0.0.1", "localhost");
    let outcome = inside.send(&at(&by_name, &phone), &page(), now()).await;
    assert_eq!(outcome, Outcome::Accepted);
    assert_eq!(
        inside.check(&by_name, &phone.p256dh(), &phone.auth()),
        Ok(())
    );
}

#[tokio::test]
async fn an_address_of_another_transport_is_refused() {
    let (_, transport, _) = scene().await;
    let mailbox = Address::Mailbox {
        email: "ana@example.org".to_owned(),
    };
    let outcome = transport.send(&mailbox, &page(), now()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }));
}

#[test]
fn settings_say_what_they_do_not_know() {
    let good: WebPushSettings =
        toml::from_str("contact = \"mailto:oncall@example.org\"").expect("settings");
    assert_eq!(good.allow_hosts, Vec::<String>::new());
    let wrong = "contact = \"mailto:a@b\"\nallow_host = [\"ntfy\"]";
    let error = toml::from_str::<WebPushSettings>(wrong).expect_err("a slip");
    assert!(error.to_string().contains("allow_host"), "{error}");
}
