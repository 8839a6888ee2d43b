//! Two teams on one server do not see each other.

use serde_json::{Value, json};
use tocsin_tests::configuration::{BANK, UNHURRIED};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::Event;

/// Words that stand in everything that is the shop's.
const SHOPS: [&str; 6] = ["shop", "checkout", "Trouble with", "\"ana\"", "Ana", "Bea"];

#[track_caller]
fn holds_nothing_of_the_shop(answer: &str) {
    for word in SHOPS {
        assert!(!answer.contains(word), "{word:?} in {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_team_sees_nothing_of_the_other_on_any_route() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = server.person("ben").await;
    let dora = server.person("dora").await;
    let shops = server.alarm("SEV1", "database").await;
    let view = ana.wait_until_ringing().await;
    let page = view.pages[0].page.to_string();
    ben.tap("a-note-of-ben", shops, "resolve").await.expect(200);
    ben.tap("a-note-of-ben-2", shops, "reopen")
        .await
        .expect(200);
    let before = server.admin.timeline(shops).await;

    for path in [
        "/v1/tickets",
        "/v1/tickets?open=true",
        "/v1/oncall",
        "/v1/report",
        "/v1/report?format=csv",
        "/v1/report?format=html",
        "/v1/shifts",
        "/v1/swaps",
        "/v1/tickets?held=true",
        "/v1/maintenance",
        "/v1/quiet",
        "/v1/heartbeats",
        "/v1/webhooks",
        "/v1/check",
        "/v1/sync",
    ] {
        holds_nothing_of_the_shop(&dora.get(path).await.expect(200).text());
    }
    for path in [
        format!("/v1/tickets/{shops}"),
        format!("/v1/tickets/{shops}/timeline"),
        format!("/v1/tickets/{shops}/why"),
        format!("/v1/tickets/{shops}/why-not?person=ana"),
    ] {
        let hidden = dora.get(&path).await.expect(404);
        assert_eq!(hidden.problem().code, "no_such_ticket");
        let absent = dora.get(&path.replace(&format!("/{shops}"), "/999")).await;
        assert_eq!(hidden.body, absent.body, "as if it did not exist");
    }
    for action in ["check_in", "start_work", "resolve", "reopen"] {
        let refused = dora
            .tap(&format!("dora-{action}"), shops, action)
            .await
            .expect(409);
        assert_eq!(refused.json()["refusal"], json!({"code": "no_such_ticket"}));
        assert_eq!(refused.json().get("ticket"), None);
        holds_nothing_of_the_shop(&refused.text());
    }
    let reassign = json!({
        "id": "dora-takes-it", "ticket": shops, "at": 0,
        "action": {"type": "reassign", "to": "dora"},
    });
    dora.post_json("/v1/commands", &reassign).await.expect(409);
    // Somebody else's tap under its very id: whatever it is answered, not with their ticket.
    let replayed = dora.tap("a-note-of-ben", shops, "resolve").await;
    assert_eq!(replayed.json().get("ticket"), None, "{}", replayed.text());
    let receipts = json!({
        "id": "dora-reports",
        "receipts": [{"page": page, "rung": "seen", "at": 0}],
    });
    dora.post_json("/v1/receipts", &receipts).await.expect(204);
    let by_hand = json!({"title": "T", "service": "checkout"});
    let refused = dora.post_json("/v1/alarms", &by_hand).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("service"));
    // Ana's phone goes on reporting meanwhile; nothing else may have been added.
    let after = server.admin.timeline(shops).await;
    for entry in &after.entries[before.entries.len()..] {
        for event in &entry.events {
            let Some(Event::PageReceipt { receipt, .. }) = event.get() else {
                panic!("something was changed: {event:?}");
            };
            assert_eq!(receipt.device, view.device);
        }
    }

    // The live stream, too: what comes first on Dora's is the bank's.
    let dora = TestPager::of(&server, "dora").await;
    server.alarm("SEV1", "network").await;
    server
        .admin
        .alarm(server.key(BANK), &json!({"title": "Ledger"}))
        .await;
    let view = dora.wait_until_ringing().await;
    assert_eq!(view.tickets.len(), 1);
    assert_eq!(view.pages[0].title, "Ledger");
    holds_nothing_of_the_shop(&format!("{view:?}"));
    assert!(
        !ana.view()
            .tickets
            .iter()
            .any(|item| item.ticket.title == "Ledger")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_phones_asks_who_is_calling() {
    let server = TestServer::start(UNHURRIED).await;
    let nobody = server.admin.with_token("");
    let stranger = server.admin.with_token(&format!("tcs_{}", "0".repeat(64)));
    for (method, path) in [
        ("GET", "/v1/sync"),
        ("GET", "/v1/stream"),
        ("POST", "/v1/commands"),
        ("POST", "/v1/receipts"),
        ("GET", "/v1/push"),
        ("PUT", "/v1/device/push"),
        ("PUT", "/v1/device/status"),
        ("GET", "/v1/devices"),
        ("GET", "/v1/drills"),
        ("POST", "/v1/drills"),
        ("POST", "/v1/alarms"),
        ("GET", "/v1/tickets"),
        ("GET", "/v1/tickets/1"),
        ("GET", "/v1/tickets/1/timeline"),
        ("GET", "/v1/tickets/1/why"),
        ("GET", "/v1/tickets/1/why-not"),
        ("GET", "/v1/rehearsal"),
        ("GET", "/v1/check"),
        ("GET", "/v1/tickets/1/similar"),
        ("GET", "/v1/tickets/1/runbooks"),
        ("GET", "/v1/tickets/1/coe"),
        ("PUT", "/v1/tickets/1/coe"),
        ("GET", "/v1/coes"),
        ("GET", "/v1/coes/overdue"),
        ("GET", "/v1/runbooks"),
        ("GET", "/v1/runbooks/shop/x"),
        ("PUT", "/v1/runbooks/shop/x"),
        ("GET", "/v1/runbooks/shop/x/history"),
        ("GET", "/v1/oncall"),
        ("POST", "/v1/calendar"),
        ("GET", "/v1/report"),
        ("GET", "/v1/shifts"),
        ("GET", "/v1/teams/shop/handoff"),
        ("POST", "/v1/teams/shop/handoff/notes"),
        ("POST", "/v1/teams/shop/handoff/complete"),
        ("GET", "/v1/swaps"),
        ("POST", "/v1/swaps"),
        ("POST", "/v1/swaps/1"),
        ("GET", "/v1/maintenance"),
        ("POST", "/v1/maintenance"),
        ("DELETE", "/v1/maintenance/1"),
        ("GET", "/v1/quiet"),
        ("POST", "/v1/quiet"),
        ("DELETE", "/v1/quiet"),
        ("GET", "/v1/heartbeats"),
        ("POST", "/v1/integrations/alertmanager/preview"),
        ("PUT", "/v1/config"),
        ("GET", "/v1/config"),
        ("POST", "/v1/codes"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/devices/x"),
        ("GET", "/v1/tokens"),
        ("POST", "/v1/tokens"),
        ("DELETE", "/v1/tokens/x"),
        ("GET", "/v1/webhooks"),
        ("GET", "/v1/webhooks/x/dead-letters"),
        ("POST", "/v1/webhooks/x/redeliver"),
        ("POST", "/v1/webhooks/x/rotate"),
        ("GET", "/v1/audit"),
    ] {
        for caller in [&nobody, &stranger] {
            let method = method.parse().expect("a method");
            let reply = caller
                .send(method, path, "{}")
                .await
                .expect("an answer")
                .expect(401);
            assert_eq!(reply.problem().code, "unknown_device", "{path}");
        }
    }
    let body: Value = json!({"title": "T"});
    let wrong_key = "0".repeat(32);
    for format in [
        "alertmanager",
        "grafana",
        "json",
        "cloudwatch",
        "heartbeat/backup",
        "email",
    ] {
        let path = format!("/in/{wrong_key}/{format}");
        let reply = server.admin.post_json(&path, &body).await.expect(404);
        assert_eq!(reply.problem().code, "unknown_key");
        assert!(!reply.text().contains(&wrong_key));
    }
}
