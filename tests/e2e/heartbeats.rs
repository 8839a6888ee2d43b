//! Jobs that call home, and the one that stops.

use std::time::Duration;

use serde_json::json;
use tocsin_server::api::{BeatReply, HeartbeatView};
use tocsin_tests::configuration::{BANK, SHOP, UNHURRIED, with_policy};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::TicketState;

/// The shop's integration expects these.
async fn expecting(heartbeats: &str) -> TestServer {
    let mut server = TestServer::start(UNHURRIED).await;
    let line = "id = \"alertmanager\"\n";
    let configuration = with_policy(UNHURRIED);
    assert!(configuration.contains(line));
    let with_heartbeats = format!("{line}heartbeats = [{heartbeats}]\n");
    server
        .apply(&configuration.replace(line, &with_heartbeats))
        .await;
    server
}

fn path(server: &TestServer, integration: &str, name: &str) -> String {
    format!("/in/{}/heartbeat/{name}", server.key(integration))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_stops_calling_rings_and_calling_again_ends_it() {
    let server = expecting(r#"{ name = "worker", every = "10s", grace = "0s" }"#).await;
    let ana = TestPager::of(&server, "ana").await;
    let worker = path(&server, SHOP, "worker");
    let beat: BeatReply = server.admin.get(&worker).await.expect(200).read();
    let known: Vec<HeartbeatView> = server.admin.get("/v1/heartbeats").await.expect(200).read();
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].name.as_str(), known[0].every_seconds),
        ("worker", 10)
    );
    assert_eq!(known[0].next_by, Some(beat.next_by));
    assert_eq!(server.admin.tickets().await, []);

    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].title, "No beat of worker for 10 s");
    let ticket = server.admin.ticket(1).await;
    assert!(ticket.opened_at >= beat.next_by, "not early");
    assert_eq!(ticket.details["expected every"], "10 s");
    let known: Vec<HeartbeatView> = server.admin.get("/v1/heartbeats").await.expect(200).read();
    assert_eq!(known[0].next_by, None);

    server.admin.post(&worker, "I am back").await.expect(200);
    ana.wait_until_silent().await;
    let ticket = server.admin.ticket(1).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_beat() {
    let mut server = expecting(r#"{ name = "backup", every = "1d" }"#).await;
    let backup = path(&server, SHOP, "backup");
    let beat: BeatReply = server.admin.post(&backup, "").await.expect(200).read();
    server.stop().await;
    server.start_again().await;
    let known: Vec<HeartbeatView> = server.admin.get("/v1/heartbeats").await.expect(200).read();
    assert_eq!(known[0].next_by, Some(beat.next_by));
    assert_eq!(
        beat.next_by.since(known[0].last_beat.expect("a beat")),
        Duration::from_secs(95_040)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_belongs_to_its_own_integration_and_team() {
    let server = expecting(r#"{ name = "backup", every = "1d" }"#).await;
    for path in [
        path(&server, SHOP, "restore"),
        path(&server, BANK, "backup"),
        path(&server, SHOP, "%F0%9F%94%94"),
    ] {
        let refused = server.admin.post(&path, "").await.expect(404).problem();
        assert_eq!(refused.code, "unknown_heartbeat");
        assert_eq!(refused.field.as_deref(), Some("name"));
    }
    let stranger = format!("/in/{}/heartbeat/backup", "0".repeat(32));
    let refused = server.admin.get(&stranger).await.expect(404).problem();
    assert_eq!(refused.code, "unknown_key");
    let dora = server.person("dora").await;
    assert_eq!(
        dora.get("/v1/heartbeats").await.expect(200).json(),
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_that_cannot_be_is_refused_with_its_place() {
    let server = TestServer::start(UNHURRIED).await;
    let configuration = with_policy(UNHURRIED);
    for (heartbeat, says) in [
        (r#"{ name = "a", every = "9s" }"#, "from \"10s\" to \"30d\""),
        (
            r#"{ name = "a", every = "31d" }"#,
            "from \"10s\" to \"30d\"",
        ),
        (r#"{ name = "a", every = "soon" }"#, "got \"soon\""),
        (
            r#"{ name = "a", every = "1d", grace = "-1s" }"#,
            "got \"-1s\"",
        ),
        (r#"{ name = "A b", every = "1d" }"#, "an id of 1 to 40"),
        (
            r#"{ name = "a", every = "1d", service = "ledger" }"#,
            "a service of team \"shop\"",
        ),
        (
            r#"{ name = "a", every = "1d" }, { name = "a", every = "1h" }"#,
            "another heartbeat",
        ),
        (r#"{ every = "1d" }"#, "expected a name"),
    ] {
        let line = "id = \"alertmanager\"\n";
        let text = configuration.replace(line, &format!("{line}heartbeats = [{heartbeat}]\n"));
        let method = reqwest::Method::PUT;
        let refused = server.admin.send(method, "/v1/config", text).await;
        let refused = refused.expect("an answer").expect(422).text();
        assert!(
            refused.replace("\\\"", "\"").contains(says),
            "{heartbeat}: {refused}"
        );
    }
}
