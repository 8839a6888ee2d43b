use super::*;
use migrations::MIGRATIONS;

fn account() -> Account {
    Account {
        server: Server::new("https://pager.example.org", None, false).unwrap(),
        me: Me {
            person: "ana".into(),
            device: "d1".into(),
        },
        person_name: "Ana".to_owned(),
    }
}

/// A file as the program of that version left it, with something in every table.
fn file_of_version(path: &Path, version: usize) {
    let connection = Connection::open(path).unwrap();
    for migration in &MIGRATIONS[..version] {
        connection.execute_batch(migration).unwrap();
    }
    connection
        .pragma_update(None, "user_version", version as u32)
        .unwrap();
    if version >= 1 {
        connection
            .execute_batch(include_str!("version_1.sql"))
            .unwrap();
    }
}

#[test]
fn a_file_of_every_version_is_brought_to_this_one_with_what_it_held() {
    for version in 0..=MIGRATIONS.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pager.db");
        file_of_version(&path, version);
        let mut store = Store::open(&path).unwrap();
        let now: usize = store
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(now, MIGRATIONS.len());
        if version == 0 {
            store.enroll(&account()).unwrap();
            assert_eq!(store.load().unwrap().tickets, []);
            continue;
        }
        let saved = store.load().unwrap();
        assert_eq!(saved.person_name, "Ana");
        assert_eq!(saved.cursor.unwrap().to_string(), "00000007-12");
        assert_eq!(saved.tickets[0].0.title, "Checkout fails");
        assert!(saved.tickets[0].1, "not confirmed by the snapshot yet");
        assert_eq!(saved.taps[0].request.id.as_str(), "tap-00000001");
        assert_eq!(saved.receipts.len(), 1);
        assert_eq!(saved.reached.len(), 2);
        assert_eq!(saved.batched_through, Some(3));
        assert_eq!(saved.notices[0].text, "Ben checked in.");
        assert_eq!(saved.next_number, 5);
        assert_eq!(saved.clock_offset_ms, Some(-60_000));
        assert_eq!(saved.taps[0].request.also, []);
        assert_eq!(saved.duty, crate::engine::KnownDuty::default());
        assert_eq!(store.timeline(TicketId(1)).unwrap()[0].seq, 12);
        assert_eq!(store.account().unwrap(), Some(account()));
    }
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pager.db");
    let newer = MIGRATIONS.len() as u32 + 1;
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", newer)
        .unwrap();
    let refused = Store::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found, .. } if found == newer));
}

#[test]
fn a_batch_is_stored_whole_or_not_at_all() {
    let mut store = Store::open_in_memory().unwrap();
    store.enroll(&account()).unwrap();
    store
        .connection
        .execute_batch("DROP TABLE notices")
        .unwrap();
    let failed = store.commit(&[
        Change::ClockOffset { offset_ms: 5 },
        Change::RemoveNotice { number: 1 },
    ]);
    assert!(failed.is_err());
    let offset: Option<i64> = meta(&store.connection, "clock_offset_ms").unwrap();
    assert_eq!(offset, None);
}

#[test]
fn a_row_that_cannot_be_read_is_healed_by_a_fresh_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pager.db");
    file_of_version(&path, MIGRATIONS.len());
    let store = Store::open(&path).unwrap();
    store
        .connection
        .execute_batch("INSERT INTO tickets VALUES (2, FALSE, '{\"id\":\"two\"}')")
        .unwrap();
    let saved = store.load().unwrap();
    assert_eq!(saved.tickets.len(), 1);
    assert_eq!(saved.cursor, None);
}

#[test]
fn a_ticket_keeps_its_newest_thousand_lines() {
    let mut store = Store::open_in_memory().unwrap();
    let changes: Vec<Change> = (1..=1200)
        .map(|seq| Change::AddEntry {
            ticket: TicketId(1),
            entry: Entry {
                seq,
                at: tocsin_ticket::Millis(0),
                events: Vec::new(),
            },
        })
        .collect();
    store.commit(&changes).unwrap();
    let timeline = store.timeline(TicketId(1)).unwrap();
    assert_eq!((timeline.len(), timeline[0].seq), (1000, 201));
}

#[test]
fn the_file_survives_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pager.db")).unwrap();
    let pragma = |name| -> String {
        store
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)", "FULL");
}

/// What the teams ask of the phone.
fn asked(rules: tocsin_wire::PhoneRules) -> Change {
    let duty = tocsin_wire::Duty {
        rules,
        ..tocsin_wire::Duty::default()
    };
    Change::Duty(crate::engine::KnownDuty {
        duty,
        expected_since: None,
    })
}

#[test]
fn what_extensions_may_see_is_kept_true_and_small() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pager.json");
    let mut store = Store::open(&folder.path().join("pager.db")).unwrap();
    store.leave_glimpse(file.clone());
    assert!(!file.exists(), "there is nothing to see yet");
    store.enroll(&account()).unwrap();
    store.leave_glimpse(file.clone());
    let glimpse = Glimpse::read(&file).unwrap();
    assert_eq!(glimpse.account(), account());

    let seen = |file: &Path| Glimpse::read(file).unwrap().saved();
    assert_eq!(seen(&file), Saved::new(account().me, "Ana"));
    let tap: QueuedTap = serde_json::from_value(serde_json::json!({
        "number": 1, "pages": [], "request": {
            "id": "tap-00000001", "ticket": 1, "at": 0, "action": {"type": "check_in"},
        },
    }))
    .unwrap();
    let mut directory = tocsin_wire::Directory::default();
    directory.people.insert("ben".into(), "Ben".to_owned());
    let changes = [
        Change::AddTap(tap.clone()),
        Change::Directory(directory.clone()),
        Change::ClockOffset { offset_ms: 7 },
    ];
    store.commit(&changes).unwrap();
    let saved = seen(&file);
    assert_eq!(
        (saved.taps, saved.directory),
        (vec![tap.clone()], directory)
    );
    assert_eq!(saved.clock_offset_ms, Some(7));

    let rules = tocsin_wire::PhoneRules {
        siren_floor: Some(0.8),
        hide_content: true,
    };
    store.commit(&[asked(rules)]).unwrap();
    assert_eq!(seen(&file).duty.duty.rules, rules);
    store.leave_glimpse(file.clone());
    assert_eq!(seen(&file).duty.duty.rules, rules, "by another process too");

    let before = std::fs::metadata(&file).unwrap().len();
    let entry = Change::AddEntry {
        ticket: TicketId(1),
        entry: Entry {
            seq: 1,
            at: tocsin_ticket::Millis(0),
            events: Vec::new(),
        },
    };
    store.commit(&[entry]).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().len(), before);
    store.commit(&[Change::RemoveTap(tap.request.id)]).unwrap();
    assert_eq!(seen(&file).taps, []);
}

#[test]
fn an_extension_that_is_newer_or_older_than_the_app_reads_what_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pager.json");
    let first = r#"{"server":{"address":"https://pager.example.org/"},
        "me":{"person":"ana","device":"d1"},"added":"by a later version"}"#;
    std::fs::write(&file, first).unwrap();
    let glimpse = Glimpse::read(&file).unwrap();
    assert_eq!(glimpse.account().me, account().me);
    assert_eq!(glimpse.account().server, account().server);
}

#[test]
fn a_folder_that_cannot_be_written_costs_no_tap() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("pager.db")).unwrap();
    store.enroll(&account()).unwrap();
    store.leave_glimpse(folder.path().join("gone/pager.json"));
    let offset = Change::ClockOffset { offset_ms: 7 };
    store.commit(&[offset]).unwrap();
    assert_eq!(store.load().unwrap().clock_offset_ms, Some(7));
}
