//! Older and newer peers, over HTTP and with everything in between.

use serde_json::{Value, json};
use tempfile::TempDir;
use tocsin_pager::engine::{Connection, PageStatus, Problem, ProblemItem};
use tocsin_pager::net::Server;
use tocsin_pager::runtime::{enroll, system_random};
use tocsin_pager::store::TokenFile;
use tocsin_pager::{PagerHandle, Store, View};
use tocsin_tests::configuration::UNHURRIED;
use tocsin_tests::{PAGER_STORE, PATIENCE, RecordingSiren, TestServer, start_pager};
use tocsin_ticket::TicketId;
use tocsin_wire::{Action, TicketView};

use crate::canned::Canned;
use crate::golden;

/// A phone of this version, enrolled at a server of another one.
struct Phone {
    handle: PagerHandle,
    siren: RecordingSiren,
    folder: TempDir,
}

impl Phone {
    async fn at(server: &Canned) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the phone");
        let mut store = Store::open(&folder.path().join(PAGER_STORE)).expect("a store");
        let way = Server::new(&format!("http://{}", server.address), None, false);
        let secrets = TokenFile::new(folder.path().join("token"));
        enroll(
            way.expect("an address"),
            "7KQ2M-9XWTA",
            "a phone",
            &mut store,
            &secrets,
            &system_random().expect("randomness"),
        )
        .await
        .expect("an enrolled device");
        drop(store);
        let siren = RecordingSiren::default();
        let handle = start_pager(folder.path(), Box::new(siren.clone()));
        Self {
            handle,
            siren,
            folder,
        }
    }

    async fn wait(&self, what: &str, wanted: impl Fn(&View) -> bool) -> std::sync::Arc<View> {
        let mut views = self.handle.view();
        let seen = tokio::time::timeout(PATIENCE, views.wait_for(|view| wanted(view))).await;
        match seen {
            Ok(view) => view.expect("a running pager").clone(),
            Err(_) => panic!("never {what}: {:#?}", self.handle.view().borrow()),
        }
    }

    /// What the phone has on disk of a ticket.
    async fn kept(&self, ticket: u64) -> Value {
        self.handle.settled().await;
        let store = Store::open(&self.folder.path().join(PAGER_STORE)).expect("the store");
        let saved = store.load().expect("a readable store");
        let kept = saved
            .tickets
            .iter()
            .find(|(kept, _)| kept.id == TicketId(ticket));
        serde_json::to_value(&kept.expect("the ticket").0).expect("JSON")
    }
}

fn is_live(view: &View) -> bool {
    matches!(view.connection, Connection::Live { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_what_was_added_since_rings_this_phone() {
    let server = Canned::version("older").await;
    let phone = Phone::at(&server).await;
    let view = phone
        .wait("rang for both", |view| {
            view.siren.pages == 2 && is_live(view)
        })
        .await;
    assert!(phone.siren.is_sounding());
    // It never heard of readiness, which the phone says as soon as it has tried.
    let others = |item: &&ProblemItem| item.problem != Problem::StatusNotTaken;
    assert_eq!(view.problems.iter().find(others), None);
    assert_eq!(view.notices, []);

    // The answer to the tap has no ticket in it.
    phone.handle.tap(TicketId(42), Action::CheckIn);
    phone.handle.settled().await;
    phone
        .wait("was answered", |view| view.taps.is_empty())
        .await;
    let sent = server.heard("/v1/commands");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["action"], json!({"type": "check_in"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_more_than_this_phone_knows_is_understood_as_far_as_can_be() {
    let server = Canned::version("newer").await;
    let phone = Phone::at(&server).await;
    let view = phone
        .wait("rang for both", |view| {
            view.siren.pages == 2 && is_live(view)
        })
        .await;
    assert!(
        phone.siren.is_sounding(),
        "a page in words that nobody knows is still a page"
    );
    assert!(
        view.pages
            .iter()
            .all(|page| page.status == PageStatus::Ringing)
    );
    assert_eq!(view.notices, [], "nothing was unreadable");

    // The server's own words are on the screen.
    let item = view
        .tickets
        .iter()
        .find(|item| item.ticket.id == TicketId(42))
        .expect("a ticket");
    assert_eq!(item.state_text, "mitigating");
    assert_eq!(item.ticket.severity.to_string(), "SEV0");
    assert!(item.ticket.is_open());
    let page = view
        .pages
        .iter()
        .find(|page| page.ticket == TicketId(42))
        .expect("a page");
    assert!(!page.reason_text.is_empty());
    assert_eq!(page.role.to_string(), "incident_commander");

    // Everything is kept word for word, across a restart of the phone as well.
    let sent = golden::read("newer/sync.json");
    assert_eq!(phone.kept(42).await, sent["tickets"][0]);
    let stream = std::fs::read_to_string(golden::path("newer/stream.txt")).expect("the stream");
    let updates: Vec<Value> = stream
        .split("\n\n")
        .filter(|event| event.contains("event: update"))
        .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    assert_eq!(phone.kept(43).await, updates[0]["ticket"]);
    let entries = phone.handle.timeline(TicketId(43)).await;
    assert_eq!(
        serde_json::to_value(&entries[0].events).expect("JSON"),
        updates[0]["events"]
    );

    phone.handle.tap(TicketId(42), Action::CheckIn);
    phone.handle.settled().await;
    phone
        .wait("was answered", |view| view.taps.is_empty())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_phone_s_taps_and_receipts_are_taken() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    assert_eq!(ticket, 1);
    for (path, file, status) in [
        ("/v1/receipts", "older/receipts.json", 204),
        ("/v1/commands", "older/command.json", 200),
    ] {
        ana.post_json(path, &golden::read(file))
            .await
            .expect(status);
    }
    let ticket = server.admin.ticket(1).await;
    assert!(ticket.checked_in.is_some());
    assert_eq!(server.admin.count(1, "page_receipt").await, 1);
    // Old phones read this server's answer, of which they know a part: the part is there.
    let answer = ana.sync(None).await;
    assert_eq!(answer.me.person, "ana".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_phone_is_understood_or_told_what_is_not() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    server.alarm("SEV1", "database").await;
    for (path, file, status) in [
        ("/v1/receipts", "newer/receipts.json", 204),
        ("/v1/commands", "newer/command.json", 200),
    ] {
        ana.post_json(path, &golden::read(file))
            .await
            .expect(status);
    }
    assert!(server.admin.ticket(1).await.checked_in.is_some());

    let unknown = golden::read("newer/command-unknown.json");
    let problem = ana
        .post_json("/v1/commands", &unknown)
        .await
        .expect(400)
        .problem();
    assert_eq!(problem.field.as_deref(), Some("action.type"), "{problem:?}");
    let action = unknown["action"]["type"].as_str().expect("an action");
    assert!(
        problem.detail.contains(action) && problem.detail.contains("check_in"),
        "{problem:?}"
    );
}

#[test]
fn a_ticket_read_and_written_by_this_version_loses_no_word_of_a_newer_one() {
    for file in ["newer/sync.json", "older/sync.json"] {
        let sent = golden::read(file);
        for ticket in sent["tickets"].as_array().expect("tickets") {
            let read: TicketView = serde_json::from_value(ticket.clone()).expect("a ticket");
            assert_eq!(
                serde_json::to_value(&read).expect("JSON"),
                *ticket,
                "{file}"
            );
        }
    }
}
