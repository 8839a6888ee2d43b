//! The audit log: every act is in it, and nobody can change it unnoticed.

use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use tocsin_server::api::AuditPage;
use tocsin_server::audit::{Act, Doer, Entry, Head, Sealed};
use tocsin_server::backup::{BackupError, audit_head};
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, TestServer};

/// The log as the API gives it, in pages of two.
async fn log(admin: &Api) -> Vec<Sealed> {
    let mut entries: Vec<Sealed> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.number);
        let path = format!("/v1/audit?after={after}&limit=2");
        let page: AuditPage = admin.get(&path).await.expect(200).read();
        for entry in page.entries {
            entries.push(entry.sealed().expect("a hash"));
        }
        if !page.more {
            return entries;
        }
    }
}

fn follow(log: &[Sealed]) -> Head {
    let head = log.iter().try_fold(Head::START, Head::follow);
    head.expect("an unbroken log")
}

fn kind(entry: &Entry) -> &'static str {
    match &entry.what {
        Act::ConfigApplied { .. } => "config",
        Act::CodeGiven { .. } => "code",
        Act::DeviceEnrolled { .. } => "device",
        Act::DeviceRevoked { .. } => "device revoked",
        Act::KeySet { .. } => "key",
        Act::CalendarKeySet => "calendar",
        Act::HandoffCompleted { .. } => "handoff",
        Act::WebhookSecretSet { .. } => "webhook secret",
        Act::MaintenanceAnnounced { .. } => "maintenance",
        Act::MaintenanceEnded { .. } => "maintenance ended",
        Act::QuietBegun { .. } => "quiet",
        Act::QuietEnded => "quiet ended",
        Act::SwapAccepted { .. } => "swap",
        Act::TokenCreated { .. } => "token",
        Act::TokenRevoked { .. } => "token revoked",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_of_an_administrator_is_in_the_log_with_who_when_and_from_where() {
    let server = TestServer::start(UNHURRIED).await;
    let admin = &server.admin;
    let ana = server.person("ana").await;
    let seen = log(admin).await.len();
    let request = json!({"name": "board", "scopes": ["read"], "expires_at": i64::MAX});
    ana.post_json("/v1/tokens", &request).await.expect(400);
    admin
        .post_json("/v1/keys", &json!({"integration": "nobody"}))
        .await
        .expect(400);
    assert_eq!(
        log(admin).await.len(),
        seen,
        "what was refused did not happen"
    );

    admin
        .post_json("/v1/keys", &json!({"integration": "script"}))
        .await
        .expect(200);
    admin
        .apply(&with_policy("").replace("Search", "Finder"))
        .await;
    admin
        .apply(&with_policy("").replace("Search", "Finder"))
        .await;
    let soon = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64 + 60_000;
    let request = json!({"name": "board", "scopes": ["read"], "expires_at": soon});
    let made = ana
        .post_json("/v1/tokens", &request)
        .await
        .expect(200)
        .json();
    let token = made["token"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/tokens/{token}");
    ana.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(204);

    let log = log(admin).await;
    follow(&log);
    let entries: Vec<Entry> = log.iter().map(|it| it.entry().expect("an entry")).collect();
    let kinds: Vec<&str> = entries.iter().map(kind).collect();
    assert_eq!(
        kinds,
        [
            // The first start, and who used its code.
            "code",
            "device",
            // The first configuration, its three keys, and Ana.
            "config",
            "key",
            "key",
            "key",
            "code",
            "device",
            // What this test did; applying the same again did nothing.
            "key",
            "config",
            "token",
            "token revoked",
        ]
    );
    assert_eq!(entries[0].who, Doer::Server);
    let Doer::Device { person, .. } = &entries[8].who else {
        panic!("{:?}", entries[8]);
    };
    assert_eq!(person.as_str(), "administrator");
    let Act::ConfigApplied { changes } = &entries[9].what else {
        panic!("{:?}", entries[9]);
    };
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].contains("Finder"), "{changes:?}");
    let Doer::Device { person, device } = &entries[10].who else {
        panic!("{:?}", entries[10]);
    };
    let me = ana.sync(None).await.me;
    assert_eq!((person, device), (&me.person, &me.device));
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let secret = made["secret"].as_str().expect("a secret");
    assert!(log.iter().all(|entry| !entry.text.contains(secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_log_on_the_disk_is_found_out_offline_and_over_the_api() {
    let mut server = TestServer::start(UNHURRIED).await;
    server.person("ana").await;
    let whole = follow(&log(&server.admin).await);
    let file = server.data().join("tocsin.db");
    assert_eq!(
        audit_head(&file).expect("a log"),
        whole,
        "also while it runs"
    );
    server.stop().await;
    let change = |sql: &str| Connection::open(&file).unwrap().execute(sql, []).unwrap();
    let broken = || match audit_head(&file) {
        Err(BackupError::Audit { error, .. }) => error.number,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        change("UPDATE audit SET entry = replace(entry, 'key_set', 'key_sat') WHERE number = 4"),
        1
    );
    assert_eq!(broken(), 4);
    change("UPDATE audit SET entry = replace(entry, 'key_sat', 'key_set') WHERE number = 4");
    assert_eq!(audit_head(&file).expect("mended"), whole);
    change("DELETE FROM audit WHERE number = 2");
    assert_eq!(broken(), 2);
    // The server goes on: pages matter more. The break stays where it is.
    server.start_again().await;
    server.person("ben").await;
    let entries = log(&server.admin).await;
    let error = entries
        .iter()
        .try_fold(Head::START, Head::follow)
        .unwrap_err();
    assert_eq!(error.number, 2);
}
