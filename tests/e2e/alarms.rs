//! Monitoring systems other than Alertmanager, and whose key is whose.

use serde_json::json;
use tocsin_tests::configuration::{BANK, SHOP, UNHURRIED};
use tocsin_tests::{Reply, TestPager, TestServer};
use tocsin_ticket::TicketState;

use crate::sent_by;

async fn pagerduty(server: &TestServer, path: &str, key: &str, file: &str) -> Reply {
    let body = sent_by(file).replace("0123456789abcdef0123456789abcdef", key);
    server.admin.post(path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pagerduty_client_triggers_acknowledges_and_resolves() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let key = server.key(SHOP);
    let processed = json!({
        "status": "success",
        "message": "Event processed",
        "dedup_key": "orders-db-2/replication",
    });
    let state = async || server.admin.ticket(1).await.state.get().copied();

    let reply = pagerduty(&server, "/v2/enqueue", key, "pagerduty-trigger.json").await;
    assert_eq!(reply.expect(202).json(), processed);
    let view = ana.wait_until_ringing().await;
    assert_eq!(
        view.pages[0].title,
        "Replication lag above 30 s on orders-db-2"
    );
    assert_eq!(view.pages[0].service, "Orders");
    assert_eq!(state().await, Some(TicketState::Assigned));

    // Neither names the service, which is not the integration's default one.
    let reply = pagerduty(&server, "/v2/enqueue", key, "pagerduty-acknowledge.json").await;
    assert_eq!(reply.expect(202).json(), processed);
    ana.wait_until_silent().await;
    assert_eq!(state().await, Some(TicketState::Researching));

    let reply = pagerduty(&server, "/v2/alerts/enqueue", key, "pagerduty-resolve.json").await;
    assert_eq!(reply.expect(202).json(), processed);
    assert_eq!(state().await, Some(TicketState::Resolved));
}

#[tokio::test(flavor = "multi_thread")]
async fn alertmanagers_own_pagerduty_client_needs_only_a_new_address() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let key = server.key(SHOP);
    let trigger = "pagerduty-alertmanager-trigger.json";
    pagerduty(&server, "/v2/enqueue", key, trigger)
        .await
        .expect(202);
    ana.wait_until_ringing().await;
    let resolve = "pagerduty-alertmanager-resolve.json";
    pagerduty(&server, "/v2/enqueue", key, resolve)
        .await
        .expect(202);
    ana.wait_until_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grafana_and_a_script_ring_like_everybody_else() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let key = server.key(SHOP);
    let path = format!("/in/{key}/grafana");
    server
        .admin
        .post(&path, sent_by("grafana.json"))
        .await
        .expect(200);
    let path = format!("/in/{key}/json");
    server
        .admin
        .post(&path, sent_by("json-alarm.json"))
        .await
        .expect(200);
    let view = ana
        .wait("rang for both", |view| view.siren.pages == 2)
        .await;
    let mut titles: Vec<_> = view.pages.iter().map(|page| page.title.as_str()).collect();
    titles.sort_unstable();
    assert_eq!(
        titles,
        ["Nightly backup failed", "orders-db-1 runs out of disk"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_fires_again_is_the_same_ticket_until_it_is_over() {
    let server = TestServer::start(UNHURRIED).await;
    let first = server.alarm("SEV2", "database").await;
    assert_eq!(server.alarm("SEV2", "database").await, first);
    assert_eq!(server.admin.ticket(first).await.repeats, 1);
    server
        .admin
        .tap("it is over", first, "resolve")
        .await
        .expect(400);
    server
        .admin
        .tap("it-is-over", first, "resolve")
        .await
        .expect(200);
    assert_ne!(server.alarm("SEV2", "database").await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_speaks_for_its_own_team_only() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let dora = TestPager::of(&server, "dora").await;
    let shop = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    // The bank's key, naming a service of the shop: taken for the bank, and said so.
    let path = format!("/in/{}/json", server.key(BANK));
    let alarm = json!({"title": "T", "service": "checkout", "dedup_key": "database"});
    let reply = server
        .admin
        .post_json(&path, &alarm)
        .await
        .expect(200)
        .json();
    assert_eq!(reply["oddities"][0]["field"], "service");
    let bank = reply["alarms"][0]["ticket"].as_u64().expect("a ticket");
    assert_ne!(bank, shop);
    assert_eq!(server.admin.ticket(bank).await.service, "ledger".into());
    dora.wait_until_ringing().await;

    // Nor can it end the shop's trouble of the same name.
    let resolve = json!({"status": "resolved", "service": "checkout", "dedup_key": "database"});
    server.admin.post_json(&path, &resolve).await.expect(200);
    let event = json!({
        "routing_key": server.key(BANK), "event_action": "resolve", "dedup_key": "database",
    });
    server
        .admin
        .post_json("/v2/enqueue", &event)
        .await
        .expect(202);
    dora.wait_until_silent().await;
    assert!(ana.siren.is_sounding());
    assert_eq!(
        server.admin.ticket(shop).await.state.get(),
        Some(&TicketState::Assigned)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_ends_the_old_one() {
    let server = TestServer::start(UNHURRIED).await;
    let old = server.key(SHOP).to_owned();
    let request = json!({"integration": SHOP});
    let reply = server
        .admin
        .post_json("/v1/keys", &request)
        .await
        .expect(200)
        .json();
    let new = reply["key"].as_str().expect("a key");
    server.admin.alarm(new, &json!({"title": "T"})).await;
    let refused = server
        .admin
        .post_json(&format!("/in/{old}/json"), &json!({"title": "T"}))
        .await;
    assert_eq!(refused.expect(404).problem().code, "unknown_key");
}
