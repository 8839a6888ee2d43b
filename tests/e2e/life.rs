//! The server as somebody who runs it sees it: stopping, metrics, logs.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tocsin_tests::configuration::{SHOP, UNHURRIED, with_policy};
use tocsin_tests::{Api, Node, Ready, TestPager, TestServer, free_address};
use tocsin_wire::Action;

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_in_a_storm_of_alarms_loses_none_that_was_taken() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let storm_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let api = server.admin.clone();
            let path = format!("/in/{}/json", server.key(SHOP));
            let over = Arc::clone(&storm_over);
            tokio::spawn(async move {
                let mut taken = Vec::new();
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("storm-{client}-{number}");
                    let alarm = json!({"title": key, "dedup_key": key, "severity": "SEV3"});
                    let sent = api.send(Method::POST, &path, alarm.to_string()).await;
                    match sent.map(|reply| reply.status) {
                        Ok(200) => taken.push(key),
                        Ok(503) | Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                        Ok(other) => panic!("an alarm was answered {other}"),
                    }
                }
                taken
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.stop().await;
        server.start_again().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    storm_over.store(true, Ordering::Relaxed);
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.await.expect("a client"));
    }
    assert!(taken.len() > 100, "a storm, not {} alarms", taken.len());

    let mut kept: Vec<_> = server
        .admin
        .tickets()
        .await
        .into_iter()
        .map(|ticket| ticket.dedup_key)
        .collect();
    kept.sort_unstable();
    assert!(kept.is_sorted_by(|a, b| a != b), "each in one ticket");
    for key in &taken {
        assert!(
            kept.binary_search(key).is_ok(),
            "{key} was taken and is gone"
        );
    }

    // The phone comes back by itself and knows them all.
    let last = server.alarm("SEV1", "last").await;
    ana.wait("rang after the restarts", |view| view.siren.ringing)
        .await;
    ana.tap(last, Action::CheckIn).await;
    ana.wait_until_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_does_not_wait_for_phones_on_the_live_stream() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let since = std::time::Instant::now();
    server.stop().await;
    assert!(
        since.elapsed() < Duration::from_secs(3),
        "it took {:?}",
        since.elapsed()
    );
    ana.wait("noticed", |view| {
        !matches!(
            view.connection,
            tocsin_pager::engine::Connection::Live { .. }
        )
    })
    .await;
    server.start_again().await;
    ana.wait_until_live().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_there_for_whoever_runs_it() {
    let server = TestServer::start(UNHURRIED).await;
    server.alarm("SEV1", "database").await;
    assert_eq!(
        server.admin.get("/healthz").await.expect(200).text(),
        "ok\n"
    );
    assert_eq!(
        server.admin.get("/readyz").await.expect(200).text(),
        "ready\n"
    );
    let metrics = server.admin.get("/metrics").await.expect(200).text();
    for name in [
        "tocsin_alarms_total",
        "tocsin_http_requests_total",
        "tocsin_streams",
    ] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_metrics_or_in_the_most_talkative_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let address = free_address();
    let data = folder.path().join("data");
    let mut node = Node::start(
        env!("CARGO_BIN_EXE_node"),
        &[
            "serve".as_ref(),
            data.as_os_str(),
            address.to_string().as_ref(),
        ],
        &[("RUST_LOG", "trace")],
        Stdio::from(std::fs::File::create(&log).expect("a file")),
    );
    let ready = node.line().await.expect("a server");
    let ready: Ready = serde_json::from_str(&ready).expect("its address");
    let code = ready.admin_code.expect("a code");
    let nobody = Api::new(&format!("http://{}", ready.address));
    let token = nobody.enroll(&code, "a desk").await.token;
    let admin = nobody.with_token(&token);
    let keys = admin.apply(&with_policy(UNHURRIED)).await;
    let ana_code = admin.code("ana").await;
    let ana_token = nobody.enroll(&ana_code, "a phone").await.token;
    let ana = nobody.with_token(&ana_token);

    let mut secrets = vec![code, token, ana_code, ana_token];
    for (_, key) in keys {
        // Good, bad, and on routes that do not take them.
        admin.alarm(&key, &json!({"title": "T"})).await;
        for body in ["{", r#"{"alerts": [{"status": 3}]}"#] {
            let _ = admin.post(&format!("/in/{key}/alertmanager"), body).await;
            let _ = admin.post(&format!("/in/{key}/nothing"), body).await;
            let _ = admin.get(&format!("/in/{key}/json")).await;
        }
        for event in ["trigger", "resolve"] {
            let event = json!({
                "routing_key": key, "event_action": event, "dedup_key": "d",
                "payload": {"summary": "S", "source": "s", "severity": "purple"},
            });
            admin.post_json("/v2/enqueue", &event).await.expect(202);
        }
        secrets.push(key);
    }
    ana.tap("ana-checks-in", 1, "check_in").await.expect(200);
    let _ = ana.get("/v1/tickets/none").await;
    let metrics = admin.get("/metrics").await.expect(200).text();
    node.finish().await;
    let log = std::fs::read_to_string(&log).expect("the log");
    assert!(log.contains("a device was enrolled"), "there is a log");
    for secret in &secrets {
        // Half of one is still too much.
        let half = &secret[secret.len() / 2..];
        assert!(!metrics.contains(half), "a secret is in the metrics");
        let line = log.lines().find(|line| line.contains(half));
        assert_eq!(line, None, "a secret is in the log");
    }
    // Nor on the disk.
    let mut files = 0;
    for file in std::fs::read_dir(&data).expect("the data folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("its content");
        for secret in &secrets {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            );
        }
        files += 1;
    }
    assert!(files > 0);
}
