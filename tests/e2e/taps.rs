//! Taps on phones that are offline, slow, or second.

use tocsin_pager::engine::NoticeKind;
use tocsin_pager::net::Server;
use tocsin_tests::configuration::UNHURRIED;
use tocsin_tests::{Gate, Mode, TestPager, TestServer};
use tocsin_ticket::TicketState;
use tocsin_wire::Action;

async fn phone_behind(gate: &Gate, server: &TestServer, person: &str) -> TestPager {
    let way = Server::new(&format!("http://{}", gate.address), None, false).expect("an address");
    TestPager::through(server, person, way).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_made_offline_silences_at_once_and_is_sent_once_after_reconnecting() {
    let server = TestServer::start(UNHURRIED).await;
    let gate = Gate::to(server.address()).await;
    let ana = phone_behind(&gate, &server, "ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    gate.set(Mode::Closed);
    ana.tap(ticket, Action::CheckIn).await;
    let view = ana.wait_until_silent().await;
    assert_eq!(view.taps.len(), 1, "it waits in the outbox");
    assert_eq!(view.tickets[0].state.get(), Some(&TicketState::Researching));
    assert!(
        view.tickets[0].pending,
        "and the screen says that the server does not know"
    );
    assert_eq!(server.admin.count(ticket, "checked_in").await, 0);

    gate.set(Mode::Open);
    let view = ana.wait_until_sent().await;
    assert_eq!(view.notices, []);
    assert_eq!(server.admin.count(ticket, "checked_in").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_whose_answer_was_lost_is_sent_again_and_done_once() {
    let server = TestServer::start(UNHURRIED).await;
    let gate = Gate::to(server.address()).await;
    let ana = phone_behind(&gate, &server, "ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    gate.set(Mode::RepliesLost);
    ana.tap(
        ticket,
        Action::Note {
            text: "restarting it".to_owned(),
        },
    )
    .await;
    ana.tap(ticket, Action::CheckIn).await;
    let since = std::time::Instant::now();
    while server.admin.count(ticket, "note_added").await == 0 {
        assert!(
            since.elapsed() < tocsin_tests::PATIENCE,
            "the note never reached the server"
        );
    }
    assert!(
        !ana.view().taps.is_empty(),
        "the phone cannot know that it arrived"
    );
    gate.set(Mode::Closed);
    gate.set(Mode::Open);
    ana.wait_until_sent().await;
    assert_eq!(server.admin.count(ticket, "note_added").await, 1);
    assert_eq!(server.admin.count(ticket, "checked_in").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_to_check_in_is_told_who_was_faster_and_when() {
    let server = TestServer::start(UNHURRIED).await;
    let gate = Gate::to(server.address()).await;
    let ana = phone_behind(&gate, &server, "ana").await;
    let ben = TestPager::of(&server, "ben").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;
    ben.wait("showed the ticket", |view| view.tickets.len() == 1)
        .await;

    gate.set(Mode::Closed);
    ben.tap(ticket, Action::CheckIn).await;
    ben.wait_until_sent().await;
    ana.tap(ticket, Action::CheckIn).await;
    ana.wait_until_silent().await;
    gate.set(Mode::Open);

    let view = ana.wait("was told", |view| !view.notices.is_empty()).await;
    let notice = &view.notices[0];
    assert_eq!(notice.kind, NoticeKind::Refused);
    assert!(notice.text.contains("Ben Okafor"), "{}", notice.text);
    let ticket = server.admin.ticket(ticket).await;
    let stamp = ticket
        .checked_in
        .as_ref()
        .and_then(|stamp| stamp.get())
        .expect("a check-in");
    assert_eq!(notice.happened_at, Some(stamp.at));
    ana.wait("showed Ben as the owner", |view| {
        view.tickets[0].owner == "Ben Okafor"
    })
    .await;
    assert!(!ana.siren.is_sounding(), "somebody is on it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_off_rings_for_the_page_that_came_meanwhile() {
    let server = TestServer::start(UNHURRIED).await;
    let gate = Gate::to(server.address()).await;
    let ana = phone_behind(&gate, &server, "ana").await;
    gate.set(Mode::Closed);
    server.alarm("SEV1", "database").await;
    let over = server.alarm("SEV1", "network").await;
    server
        .admin
        .tap("00000001", over, "resolve")
        .await
        .expect(200);
    assert!(!ana.siren.is_sounding());
    gate.set(Mode::Open);
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1, "and not for the one that is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_sent_again_is_answered_as_before() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ben = server.person("ben").await;
    let ticket = server.alarm("SEV1", "database").await;
    let first = ana
        .tap("ana-check-in", ticket, "check_in")
        .await
        .expect(200);
    assert_eq!(first.json()["outcome"], "accepted");
    let refused = ben
        .tap("ben-check-in", ticket, "check_in")
        .await
        .expect(409);
    assert_eq!(refused.json()["refusal"]["code"], "already_checked_in");
    assert_eq!(
        refused.json()["refusal"]["by"],
        serde_json::json!({"person": "ana"})
    );

    ana.tap("ana-resolves", ticket, "resolve").await.expect(200);
    // The world has moved on; the answers have not.
    let again = ana
        .tap("ana-check-in", ticket, "check_in")
        .await
        .expect(200);
    assert_eq!(again.json()["outcome"], "accepted");
    assert_eq!(
        again.json()["ticket"]["state"],
        "resolved",
        "with the ticket as it stands now"
    );
    let again = ben
        .tap("ben-check-in", ticket, "check_in")
        .await
        .expect(409);
    assert_eq!(again.json()["refusal"], refused.json()["refusal"]);
    assert_eq!(server.admin.count(ticket, "checked_in").await, 1);
}
