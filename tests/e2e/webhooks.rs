//! What happens is told outside: signed, in order, at least once, and to nobody inside.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tocsin_peers::faults::{Fault, Outage};
use tocsin_peers::hook::Hook;
use tocsin_peers::https::{Peer, Request, Response, ca_pem};
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, PATIENCE, TestPager, TestServer};

/// The authority that the peers' certificates are trusted by, as a file.
pub(super) fn authority() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(ca_pem().as_bytes()).expect("a written file");
    file
}

/// A server that has nobody yet, and may tell things to this machine if it is `allowed` to.
pub(super) async fn empty_server(allowed: &[&str]) -> (TestServer, NamedTempFile) {
    let authority = authority();
    let (mut server, ready) = TestServer::fresh(
        |options| {
            options.transports.allow_hosts = allowed.iter().map(ToString::to_string).collect();
            options.transports.ca_file = Some(authority.path().to_owned());
        },
        Api::new,
    )
    .await;
    server
        .log_in(&ready.admin_code.expect("the code of a first start"))
        .await;
    (server, authority)
}

/// The usual teams, and this beside.
pub(super) fn teams_and(more: &str) -> String {
    format!("{}\n{more}", with_policy(UNHURRIED))
}

fn webhook(hook: &Hook, events: &str) -> String {
    webhook_at(&hook.peer, events)
}

fn webhook_at(peer: &Peer, events: &str) -> String {
    let url = peer.url_by_name();
    teams_and(&format!(
        "[[webhooks]]\nid = \"chat\"\nteam = \"shop\"\nurl = \"{url}/t0ps3cret\"\nevents = {events}\n"
    ))
}

/// Waits for what must happen soon.
pub(super) async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a receiver has taken so many messages.
async fn takes(hook: &Hook, messages: usize) {
    let look = async || (hook.taken().len() >= messages).then_some(());
    until(&format!("{messages} messages"), look).await;
}

/// The shop's webhook, told of these events, which trusts the server.
async fn told(events: &str) -> (TestServer, Hook, NamedTempFile) {
    let hook = Hook::start().await.expect("a peer");
    let (mut server, authority) = empty_server(&["localhost"]).await;
    let secrets = server.apply_with_webhooks(&webhook(&hook, events)).await;
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0].0, "chat");
    hook.trust(&secrets[0].1);
    (server, hook, authority)
}

async fn chat(api: &Api) -> Value {
    let all = api.get("/v1/webhooks").await.expect(200).json();
    all.as_array()
        .and_then(|all| all.iter().find(|it| it["id"] == "chat").cloned())
        .unwrap_or_default()
}

const ALL: &str = "[\"ticket.*\", \"status.*\"]";

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_told_signed_and_in_order_and_of_other_teams_nothing() {
    let (server, hook, _authority) = told(ALL).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV2", "database").await;
    server
        .admin
        .alarm(server.key("bank-script"), &json!({"title": "Ledger"}))
        .await;
    ana.tap("tap-number-1", ticket, "check_in")
        .await
        .expect(200);
    ana.tap("tap-number-2", ticket, "start_work")
        .await
        .expect(200);
    ana.tap("tap-number-3", ticket, "resolve").await.expect(200);
    let expected = [
        "ticket.opened",
        "ticket.checked_in",
        "ticket.work_started",
        "ticket.resolved",
    ];
    takes(&hook, 4).await;
    assert_eq!(hook.types(), expected);
    let taken = hook.taken();
    assert_eq!(taken[0]["data"]["ticket"]["id"], ticket);
    assert_eq!(taken[0]["data"]["ticket"]["state"], "assigned");
    assert_eq!(taken[1]["data"]["by"], json!({"person": "ana"}));
    // It verified with the specification's own library; here is what it verified.
    let request = &hook.peer.requests()[0];
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("webhook-id").map(str::len), Some(32));
    let view = chat(&ana).await;
    assert_eq!(view["state"], "well", "{view}");
    assert!(!view.to_string().contains("t0ps3cret"), "{view}");
    // Nobody of another team sees that it is there.
    let dora = server.person("dora").await;
    assert_eq!(dora.get("/v1/webhooks").await.expect(200).json(), json!([]));
    for path in ["dead-letters", "redeliver", "rotate"] {
        let path = format!("/v1/webhooks/chat/{path}");
        let status = match path.ends_with("dead-letters") {
            true => dora.get(&path).await.status,
            false => dora.post_json(&path, &json!({})).await.status,
        };
        assert!(matches!(status, 403 | 404), "{path}: {status}");
    }
    let log = server.admin.get("/v1/audit").await.text();
    assert!(log.contains("webhook_secret_set"), "{log}");
    assert!(!log.contains("whsec_"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_delays_no_page_and_hears_everything_when_it_is_back_also_after_a_restart()
{
    let (mut server, hook, _authority) = told(ALL).await;
    hook.peer.faults().outage(Outage::Refused);
    let ana = TestPager::of(&server, "ana").await;
    let first = server.alarm("SEV2", "one").await;
    let second = server.alarm("SEV2", "two").await;
    ana.wait_until_ringing().await;
    drop(ana);
    until("the failure is visible", async || {
        let view = chat(&server.admin).await;
        (view["state"] == "failing" && view["next_attempt_at"].is_i64()).then_some(())
    })
    .await;
    assert_eq!(hook.taken(), [] as [Value; 0]);
    server.stop().await;
    hook.peer.faults().outage(Outage::None);
    server.start_again().await;
    takes(&hook, 2).await;
    let ids = hook
        .taken()
        .iter()
        .map(|it| it["data"]["ticket"]["id"].clone())
        .collect::<Vec<_>>();
    assert_eq!(ids, [json!(first), json!(second)], "in order, each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_told_again_under_the_same_id_with_the_same_words() {
    let (server, hook, _authority) = told("[\"ticket.opened\"]").await;
    hook.peer
        .faults()
        .next([Fault::ResetAfter, Fault::status(503)]);
    server.alarm("SEV2", "one").await;
    takes(&hook, 1).await;
    let twice = async || (hook.peer.received() >= 2).then_some(());
    until("a second attempt", twice).await;
    let requests = hook.peer.requests();
    assert_eq!(
        requests[0].header("webhook-id"),
        requests[1].header("webhook-id")
    );
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(hook.taken().len(), 1, "taken once by its id");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_410_is_told_no_more_until_somebody_asks_for_it() {
    let (server, hook, _authority) = told("[\"ticket.opened\"]").await;
    hook.peer.faults().always(Fault::status(410));
    server.alarm("SEV2", "one").await;
    until("it is gone", async || {
        (chat(&server.admin).await["state"] == "gone").then_some(())
    })
    .await;
    let attempts = hook.peer.received();
    server.alarm("SEV2", "two").await;
    hook.peer.faults().clear();
    let bea = server.person("bea").await;
    assert_eq!(hook.peer.received(), attempts, "left alone");
    let reply = bea
        .post_json("/v1/webhooks/chat/redeliver", &json!({}))
        .await
        .expect(200);
    assert_eq!(reply.json(), json!({"letters": 0}));
    takes(&hook, 2).await;
    let ana = server.person("ana").await;
    let all = json!({});
    let refused = ana.post_json("/v1/webhooks/chat/redeliver", &all).await;
    assert_eq!(refused.expect(403).problem().code, "not_allowed");
}

/// Why the shop's webhook fails.
async fn failure(server: &TestServer) -> String {
    let look = async || {
        let view = chat(&server.admin).await;
        let why = view["why"].as_str().map(ToOwned::to_owned);
        why.filter(|_| view["state"] == "failing")
    };
    until("a failure", look).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let elsewhere = Hook::start().await.expect("a peer");
    let location = elsewhere.peer.url_by_name();
    let redirecting =
        Peer::start(move |_: &Request| Response::new(307).header("location", location.clone()));
    let redirecting = redirecting.await.expect("a peer");
    let (mut server, _authority) = empty_server(&["localhost"]).await;
    server.apply(&webhook_at(&redirecting, ALL)).await;
    server.alarm("SEV2", "one").await;
    let why = failure(&server).await;
    assert!(
        why.contains("HTTP 307") && why.contains("not followed"),
        "{why}"
    );
    assert_eq!(elsewhere.peer.received(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_not_called_unless_the_settings_allow_it() {
    let hook = Hook::start().await.expect("a peer");
    let (mut server, _authority) = empty_server(&[]).await;
    server.apply(&webhook(&hook, ALL)).await;
    server.alarm("SEV2", "one").await;
    let why = failure(&server).await;
    assert!(why.contains("not on the public internet"), "{why}");
    assert_eq!(hook.peer.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_changed_without_losing_a_message() {
    let (server, hook, _authority) = told("[\"ticket.opened\"]").await;
    let rotated = server
        .admin
        .post_json("/v1/webhooks/chat/rotate", &json!({}))
        .await
        .expect(200)
        .json();
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    assert!(new.starts_with("whsec_"), "{new}");
    server.alarm("SEV2", "one").await;
    takes(&hook, 1).await;
    let request = &hook.peer.requests()[0];
    let signatures = request.header("webhook-signature").expect("signatures");
    assert_eq!(signatures.split(' ').count(), 2, "{signatures}");
    hook.trust(&new);
    server.alarm("SEV2", "two").await;
    takes(&hook, 2).await;
    let log = server.admin.get("/v1/audit").await.text();
    assert_eq!(log.matches("webhook_secret_set").count(), 2, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_file_no_longer_has_is_forgotten_with_its_secret() {
    let (mut server, hook, _authority) = told("[\"ticket.opened\"]").await;
    server.apply(&teams_and("")).await;
    let none = server.admin.get("/v1/webhooks").await.expect(200);
    assert_eq!(none.json(), json!([]));
    server.alarm("SEV2", "meanwhile").await;
    let again = webhook(&hook, "[\"ticket.opened\"]");
    let secrets = server.apply_with_webhooks(&again).await;
    hook.trust(&secrets[0].1);
    let ticket = server.alarm("SEV2", "afterwards").await;
    takes(&hook, 1).await;
    assert_eq!(hook.taken()[0]["data"]["ticket"]["id"], ticket);
}
