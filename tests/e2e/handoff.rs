//! Handoffs: who has the pager while the next phone has not proved that it can ring.

use serde_json::json;
use tocsin_server::handoff::HandoffView;
use tocsin_tests::configuration::{QUICK, UNHURRIED, with_on_call};
use tocsin_tests::{Api, PATIENCE, TestPager, TestServer};
use tocsin_wire::{Action, OnCall};

const BOTH: &[&str] = &["ana", "ben"];

/// Ana's phone rings once, which proves it, and she mends what it rang for.
async fn ring_once(server: &TestServer, phone: &TestPager, person: &str) {
    let ticket = server.alarm("SEV1", &format!("proof-of-{person}")).await;
    phone.wait_until_ringing().await;
    server.admin.wait_for_rung(ticket).await;
    phone.tap(ticket, Action::Resolve).await;
    phone.wait_until_sent().await;
}

trait Waits {
    async fn wait_for_rung(&self, ticket: u64);
    async fn shop(&self) -> OnCall;
    async fn wait_for_primary(&self, person: &str) -> OnCall;
}

impl Waits for Api {
    async fn wait_for_rung(&self, ticket: u64) {
        let since = std::time::Instant::now();
        loop {
            let text = self.get(&format!("/v1/tickets/{ticket}/timeline")).await;
            if text.text().contains("\"sounding\"") {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "no siren was reported");
        }
    }

    async fn shop(&self) -> OnCall {
        let mut teams = self.on_call().await.into_iter();
        teams
            .find(|team| team.team.as_str() == "shop")
            .expect("the shop")
    }

    async fn wait_for_primary(&self, person: &str) -> OnCall {
        let since = std::time::Instant::now();
        loop {
            let shop = self.shop().await;
            if shop.primary.id.as_str() == person {
                return shop;
            }
            assert!(since.elapsed() < PATIENCE, "{shop:?}");
        }
    }
}

/// Ana had the pager, with a phone that rings; it is Ben's turn now.
async fn bens_turn() -> (TestServer, TestPager) {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    ring_once(&server, &ana, "ana").await;
    server.apply(&with_on_call("ben", BOTH, UNHURRIED)).await;
    (server, ana)
}

async fn drill(server: &TestServer, phone: &TestPager) {
    let request = json!({"device": phone.view().device});
    let ben = server.person("ben").await;
    ben.post_json("/v1/drills", &request).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_pager_stays_on_call_until_the_next_phone_has_proved_that_it_can_ring() {
    let (mut server, ana) = bens_turn().await;
    let shop = server.admin.shop().await;
    assert_eq!(shop.primary.id.as_str(), "ana");
    let waits_for = shop.waits_for.expect("it is Ben's turn");
    assert_eq!(waits_for.name, "Ben Okafor");
    ana.wait("told Ana that she stays", |view| {
        let told = view.notices.iter();
        told.map(|it| &it.text)
            .any(|text| text.contains("Ana Silva stays on call"))
    })
    .await;

    // A SEV1 has an owner who can be woken, and the person whose turn it is is asked next.
    let ticket = server.alarm("SEV1", "database").await;
    let paged = server.admin.ticket(ticket).await;
    assert_eq!(paged.owner.as_str(), "ana");
    let deadline = paged.deadline.expect("a limit");
    assert_eq!(deadline.next, ["ben".into()]);

    // It outlives a restart and another configuration.
    server.stop().await;
    server.start_again().await;
    assert_eq!(server.admin.shop().await.primary.id.as_str(), "ana");
    server.apply(&with_on_call("ben", BOTH, QUICK)).await;
    let second = server.alarm("SEV1", "network").await;
    assert_eq!(server.admin.ticket(second).await.owner.as_str(), "ana");

    let ben = TestPager::of(&server, "ben").await;
    drill(&server, &ben).await;
    let shop = server.admin.wait_for_primary("ben").await;
    assert_eq!(shop.waits_for, None);
    ben.wait("told Ben that he has it", |view| {
        let told = view.notices.iter();
        told.map(|it| &it.text)
            .any(|text| text.contains("Ben Okafor is on call now"))
    })
    .await;
    let third = server.alarm("SEV1", "storage").await;
    assert_eq!(server.admin.ticket(third).await.owner.as_str(), "ben");
    for stays in [ticket, second] {
        let owner = server.admin.ticket(stays).await.owner;
        assert_eq!(owner.as_str(), "ana", "open tickets stay where they are");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_works_takes_over_by_itself_when_the_turn_begins() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    ring_once(&server, &ana, "ana").await;
    let _ben = TestPager::of(&server, "ben").await;
    server.apply(&with_on_call("ben", BOTH, UNHURRIED)).await;
    server.admin.wait_for_primary("ben").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_phone_has_proved_itself_the_turn_begins_as_planned_and_the_manager_is_told() {
    let mut server = TestServer::start(UNHURRIED).await;
    let bea = TestPager::of(&server, "bea").await;
    server.apply(&with_on_call("ben", BOTH, UNHURRIED)).await;
    let shop = server.admin.shop().await;
    assert_eq!((shop.primary.id.as_str(), shop.waits_for), ("ben", None));
    bea.wait("told Bea", |view| {
        let told = view.notices.iter();
        told.map(|it| &it.text)
            .any(|text| text.contains("no phone has proved itself"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_person_or_a_manager_can_say_that_they_have_it_and_it_is_in_the_audit_log() {
    let (server, _ana) = bens_turn().await;
    let path = "/v1/teams/shop/handoff/complete";
    let empty = json!({});
    let ana = server.person("ana").await;
    let refused = ana.post_json(path, &empty).await.expect(403);
    assert_eq!(refused.problem().code, "not_theirs");
    let dora = server.person("dora").await;
    let hidden = dora.post_json(path, &empty).await.expect(404);
    assert_eq!(hidden.problem().code, "no_such_team");
    assert_eq!(server.admin.shop().await.primary.id.as_str(), "ana");

    let bea = server.person("bea").await;
    let done: HandoffView = bea.post_json(path, &empty).await.expect(200).read();
    assert!(!done.pending);
    assert_eq!(server.admin.shop().await.primary.id.as_str(), "ben");
    let again = bea.post_json(path, &empty).await.expect(409);
    assert_eq!(again.problem().code, "no_handoff_pending");
    let log = server.admin.get("/v1/audit").await.expect(200).text();
    assert!(log.contains("handoff_completed"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_team_cannot_stay() {
    let (mut server, _ana) = bens_turn().await;
    assert_eq!(server.admin.shop().await.primary.id.as_str(), "ana");
    server
        .apply(&with_on_call("ben", &["ben"], UNHURRIED))
        .await;
    let shop = server.admin.shop().await;
    assert_eq!((shop.primary.id.as_str(), shop.waits_for), ("ben", None));
    let ticket = server.alarm("SEV1", "database").await;
    assert_eq!(server.admin.ticket(ticket).await.owner.as_str(), "ben");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_is_given_back_leaves_the_pager_where_it_was() {
    let (mut server, _ana) = bens_turn().await;
    server.apply(&with_on_call("ana", BOTH, UNHURRIED)).await;
    let shop = server.admin.shop().await;
    assert_eq!((shop.primary.id.as_str(), shop.waits_for), ("ana", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_person_gets_open_tickets_notes_and_the_week_as_one_page_of_text() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV2", "database").await;
    ana.tap("ana-checks-in", ticket, "check_in")
        .await
        .expect(200);
    let notes = "/v1/teams/shop/handoff/notes";
    for blank in ["", "  \n"] {
        let refused = ana
            .post_json(notes, &json!({"text": blank}))
            .await
            .expect(400);
        assert_eq!(refused.problem().field.as_deref(), Some("text"));
    }
    let words = "The database moves tonight,\nexpect SEV3s.";
    let noted: HandoffView = ana
        .post_json(notes, &json!({"text": words}))
        .await
        .expect(200)
        .read();
    assert_eq!(noted.notes[0].text, words);

    let ben = TestPager::of(&server, "ben").await;
    server.apply(&with_on_call("ben", BOTH, UNHURRIED)).await;
    let page = ana
        .get("/v1/teams/shop/handoff?format=text")
        .await
        .expect(200);
    let text = page.text();
    for expected in [
        "Shop: Ana Silva hands over to Ben Okafor",
        "- Ana Silva, ",
        "The database moves tonight,\n  expect SEV3s.",
        &format!("- #{ticket} SEV2 "),
        "Ana Silva, opened ",
        "Trouble with database",
        "This week\nTickets: 1. ",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    ben.wait("brought Ben the page", |view| {
        let told = view.notices.iter();
        told.map(|it| &it.text)
            .any(|text| text.contains("The database moves tonight"))
    })
    .await;
    let dora = server.person("dora").await;
    dora.get("/v1/teams/shop/handoff").await.expect(404);
    dora.post_json(notes, &json!({"text": "x"}))
        .await
        .expect(404);
}
