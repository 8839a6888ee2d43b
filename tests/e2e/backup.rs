//! A copy of everything, made in the middle of the night's work, and put back elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tocsin_server::backup::{BackupError, backup, check, restore};
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{Api, TestServer, audit};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_under_alarms_brings_back_every_ticket_that_was_answered_before_it() {
    let server = TestServer::start(UNHURRIED).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("tocsin.backup");
    let mut answered = BTreeSet::new();
    for number in 0..300 {
        answered.insert(server.alarm("SEV2", &format!("before-{number}")).await);
    }
    let over = Arc::new(AtomicBool::new(false));
    let meanwhile = {
        let (admin, key) = (server.admin.clone(), server.key(SHOP).to_owned());
        let over = Arc::clone(&over);
        tokio::spawn(async move {
            let mut taken = 0;
            while !over.load(Ordering::Relaxed) || taken < 100 {
                let alarm = json!({"title": "T", "dedup_key": format!("during-{taken}")});
                admin.alarm(&key, &alarm).await;
                taken += 1;
            }
            taken
        })
    };
    let made = {
        let (data, copy) = (server.data().to_owned(), copy.clone());
        tokio::task::spawn_blocking(move || backup(&data, &copy))
            .await
            .unwrap()
            .unwrap()
    };
    over.store(true, Ordering::Relaxed);
    assert!(
        meanwhile.await.unwrap() >= 100,
        "alarms were taken all the while"
    );
    assert!(made.last_seq >= 300);

    // Elsewhere, where something was before.
    let elsewhere = folder.path().join("elsewhere");
    let (restored, kept) = restore(&copy, &elsewhere).expect("a first restore");
    assert_eq!((restored, kept), (made, None));
    let replayed = audit::read(&elsewhere);
    let tickets: BTreeSet<u64> = replayed.iter().map(|story| story.ticket.id.0).collect();
    assert!(
        answered.is_subset(&tickets),
        "every ticket, and its log makes its row"
    );
    let (again, kept) = restore(&copy, &elsewhere).expect("a second one");
    assert_eq!(again, made);
    assert_eq!(
        check(&kept.expect("what was there")).unwrap(),
        made,
        "is kept whole"
    );

    // A server on it knows them, and everybody's tokens and keys.
    let (back, ready) =
        TestServer::fresh(|options| options.data = elsewhere.clone(), Api::new).await;
    assert_eq!(ready.admin_code, None);
    let admin = back.admin.with_token(server.admin.token().unwrap());
    let known: BTreeSet<u64> = admin
        .tickets()
        .await
        .iter()
        .map(|ticket| ticket.id.0)
        .collect();
    assert!(answered.is_subset(&known));
    admin
        .alarm(server.key(SHOP), &json!({"title": "It goes on"}))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_changes_nothing() {
    let server = TestServer::start(UNHURRIED).await;
    server.alarm("SEV2", "database").await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    backup(server.data(), &copy).expect("a backup");
    assert!(matches!(
        backup(server.data(), &copy),
        Err(BackupError::Exists(_))
    ));
    assert!(
        matches!(restore(&copy, server.data()), Err(BackupError::InUse(_))),
        "it runs"
    );

    let elsewhere = folder.path().join("elsewhere");
    restore(&copy, &elsewhere).expect("a whole one");
    let before = std::fs::read(elsewhere.join("tocsin.db")).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let mut pages = whole.clone();
    pages[8192..12288].fill(0xff);
    let other = folder.path().join("other.db");
    for bytes in [
        &pages[..],
        &whole[..whole.len() / 2],
        b"SQLite format 2",
        b"",
    ] {
        std::fs::write(&other, bytes).unwrap();
        restore(&other, &elsewhere).expect_err("a broken backup");
    }
    std::fs::copy(&copy, &other).unwrap();
    let database = rusqlite::Connection::open(&other).unwrap();
    database
        .execute("DELETE FROM audit WHERE number = 1", [])
        .unwrap();
    drop(database);
    assert!(matches!(
        restore(&other, &elsewhere),
        Err(BackupError::Audit { .. })
    ));
    assert!(matches!(
        restore(folder.path().join("none").as_path(), &elsewhere),
        Err(BackupError::Io { .. })
    ));
    assert_eq!(std::fs::read(elsewhere.join("tocsin.db")).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(&elsewhere)
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "the database and the lock: {left:?}");
}
