//! CloudWatch through Amazon SNS, with a service that signs as Amazon does.

use std::io::Write;

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_peers::faults::Outage;
use tocsin_peers::https::ca_pem;
use tocsin_peers::sns::Sns;
use tocsin_tests::configuration::{SHOP, UNHURRIED, with_policy};
use tocsin_tests::{Api, Reply, TestPager, TestServer};
use tocsin_ticket::TicketState;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:pages";

/// A server that trusts this SNS as if it were Amazon's.
async fn trusting(sns: &Sns) -> TestServer {
    let mut authority = tempfile::NamedTempFile::new().expect("a file");
    authority
        .write_all(ca_pem().as_bytes())
        .expect("a written file");
    let (mut server, ready) = TestServer::fresh(
        |options| {
            options.transports.allow_hosts = vec!["localhost".to_owned()];
            options.transports.sns_hosts = vec![sns.host()];
            options.transports.ca_file = Some(authority.path().to_owned());
        },
        Api::new,
    )
    .await;
    server
        .log_in(&ready.admin_code.expect("the code of a first start"))
        .await;
    server.apply(&with_policy(UNHURRIED)).await;
    server
}

/// As SNS sends it: JSON that calls itself text.
async fn deliver(server: &TestServer, body: &Value) -> Reply {
    let path = format!("/in/{}/cloudwatch", server.key(SHOP));
    let sent = server.admin.send(Method::POST, &path, body.to_string());
    sent.await.expect("an answer")
}

fn alarm(state: &str) -> String {
    let file = format!("{}/data/sns/alarm.json", env!("CARGO_MANIFEST_DIR"));
    let envelope = std::fs::read_to_string(file).expect("a fixture");
    let envelope: Value = serde_json::from_str(&envelope).expect("JSON");
    let mut alarm: Value =
        serde_json::from_str(envelope["Message"].as_str().expect("a message")).expect("JSON");
    alarm["NewStateValue"] = state.into();
    alarm.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudwatch_subscribes_rings_and_recovers() {
    let sns = Sns::start().await;
    let server = trusting(&sns).await;
    let ana = TestPager::of(&server, "ana").await;

    let subscription = sns.subscription("SubscriptionConfirmation", TOPIC);
    deliver(&server, &subscription).await.expect(200);
    let visited = sns.peer.requests();
    let visited = visited.last().expect("a visit");
    assert!(
        visited.path.starts_with("/?Action=ConfirmSubscription"),
        "{}",
        visited.path
    );

    let fires = sns.notification(TOPIC, &alarm("ALARM"));
    let reply = deliver(&server, &fires).await.expect(200).json();
    assert_eq!(reply["alarms"][0], json!({"ticket": 1, "opened": true}));
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].title, "checkout 5xx");
    // No data is no recovery, and the trouble is the same.
    let silent = sns.notification(TOPIC, &alarm("INSUFFICIENT_DATA"));
    let reply = deliver(&server, &silent).await.expect(200).json();
    assert_eq!(reply["alarms"][0], json!({"ticket": 1, "opened": false}));
    assert!(ana.siren.is_sounding());
    let over = sns.notification(TOPIC, &alarm("OK"));
    deliver(&server, &over).await.expect(200);
    ana.wait_until_silent().await;
    let ticket = server.admin.ticket(1).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
    // One certificate and one visit: the certificate is not fetched for every message.
    assert_eq!(sns.peer.received(), 2);

    // Whoever unsubscribes the pager is heard.
    let end = sns.subscription("UnsubscribeConfirmation", TOPIC);
    deliver(&server, &end).await.expect(200);
    let view = ana.wait_until_ringing().await;
    assert_eq!(
        view.pages[0].title,
        "Alarms of SNS topic pages no longer arrive here"
    );
    assert_eq!(sns.peer.received(), 2, "nothing was visited for it");
    deliver(&server, &subscription).await.expect(200);
    ana.wait_until_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_amazon_rings_by_sns() {
    let sns = Sns::start().await;
    let server = trusting(&sns).await;
    let mut forged = sns.notification(TOPIC, &alarm("ALARM"));
    forged["Message"] = alarm("OK").into();
    let refused = deliver(&server, &forged).await.expect(403);
    assert_eq!(refused.problem().code, "bad_signature");

    // The certificate is fetched from nowhere else, not even to look.
    let before = sns.peer.received();
    for address in [
        "https://evil.example/x.pem".to_owned(),
        format!("https://{}/x.txt", sns.host()),
        format!("http://{}/x.pem", sns.host()),
        "https://169.254.169.254/latest/x.pem".to_owned(),
    ] {
        let mut elsewhere = sns.notification(TOPIC, &alarm("ALARM"));
        elsewhere["SigningCertURL"] = address.into();
        let refused = deliver(&server, &elsewhere).await.expect(403);
        assert_eq!(refused.problem().code, "untrusted_host");
    }
    assert_eq!(sns.peer.received(), before);

    // Nor is anything visited that is not signed, and no other address than Amazon's.
    let mut subscription = sns.subscription("SubscriptionConfirmation", TOPIC);
    subscription["SubscribeURL"] = "https://localhost:9/?Action=ConfirmSubscription&x".into();
    deliver(&server, &subscription).await.expect(403);
    assert_eq!(sns.peer.received(), before);

    let raw: Value = serde_json::from_str(&alarm("ALARM")).expect("JSON");
    let refused = deliver(&server, &raw).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("Type"));
    let unknown = format!("/in/{}/cloudwatch", "0".repeat(32));
    let refused = server.admin.post_json(&unknown, &forged).await.expect(404);
    assert_eq!(refused.problem().code, "unknown_key");
    assert_eq!(server.admin.tickets().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_whose_certificate_is_out_of_reach_comes_again() {
    let sns = Sns::start().await;
    let server = trusting(&sns).await;
    let fires = sns.notification(TOPIC, &alarm("ALARM"));
    sns.peer.faults().outage(Outage::Refused);
    let refused = deliver(&server, &fires).await.expect(503);
    assert_eq!(refused.problem().code, "unreachable");
    assert!(refused.headers.contains_key("retry-after"));
    sns.peer.faults().outage(Outage::None);
    deliver(&server, &fires).await.expect(200);
    assert_eq!(server.admin.tickets().await.len(), 1);
}
