//! A new configuration while tickets are open and phones are connected.

use std::sync::Arc;

use tocsin_pager::View;
use tocsin_pager::engine::Connection;
use tocsin_tests::configuration::{UNHURRIED, with_on_call, with_policy};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::TicketState;

#[tokio::test(flavor = "multi_thread")]
async fn a_handoff_gives_new_alarms_to_the_next_and_leaves_open_tickets_where_they_are() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = TestPager::of(&server, "ben").await;
    let before = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    server
        .apply(&with_on_call("ben", &["ana", "ben"], UNHURRIED))
        .await;
    assert_eq!(server.admin.on_call().await[1].primary.id, "ben".into());
    server.alarm("SEV1", "network").await;
    let view = ben.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1);
    assert_eq!(view.pages[0].title, "Trouble with network");
    assert_eq!(server.admin.ticket(before).await.owner, "ana".into());
    assert_eq!(ana.view().siren.pages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_somebody_who_left_go_to_the_on_call_and_ring() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = TestPager::of(&server, "ben").await;
    let waiting = server.alarm("SEV1", "database").await;
    let in_hand = server.alarm("SEV1", "network").await;
    ana.wait_until_ringing().await;
    server
        .admin
        .tap("to-ana-herself", in_hand, "check_in")
        .await
        .expect(200);

    server
        .apply(&with_on_call("ben", &["ben"], UNHURRIED))
        .await;
    ben.wait_until_ringing().await;
    let owner = server.admin.ticket(waiting).await.owner;
    assert_eq!(owner, "ben".into());
    // What she may not see any more makes her phone no noise.
    ana.wait("forgot the shop", |view| {
        view.tickets.is_empty() && !view.siren.ringing
    })
    .await;
    assert!(!ana.siren.is_sounding());
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_somebody_who_changed_teams_do_not_stay_with_them() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = TestPager::of(&server, "ben").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;
    ana.tap(ticket, tocsin_wire::Action::CheckIn).await;
    ana.wait_until_sent().await;

    // Ana is in the bank now: she cannot see the shop's tickets, let alone mend anything.
    let moved = with_on_call("ben", &["ana", "ben"], UNHURRIED)
        .replace(r#"members = ["ana", "ben"]"#, r#"members = ["ben"]"#)
        .replace(
            "members = [\"dora\"]\n\n[teams.rota]",
            "members = [\"dora\", \"ana\"]\n\n[teams.rota]",
        );
    server.apply(&moved).await;
    let view = ben.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1);
    let ticket = server.admin.ticket(ticket).await;
    assert_eq!(ticket.owner, "ben".into());
    assert_eq!(ticket.state.get(), Some(&TicketState::Assigned));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_mistake_changes_nothing_and_the_same_file_again_does_neither() {
    let server = TestServer::start(UNHURRIED).await;
    let good = with_policy(UNHURRIED);
    let put = async |path: &str, text: &str| {
        let put = server
            .admin
            .send(reqwest::Method::PUT, path, text.to_owned())
            .await;
        put.expect("an answer")
    };
    let again = put("/v1/config", &good).await.expect(200).json();
    assert_eq!(again, serde_json::json!({"applied": false, "changes": []}));

    let wrong = good.replace(
        "manager = \"eve\"\nmembers",
        "manager = \"nobody\"\nmembers",
    );
    let refused = put("/v1/config", &wrong).await.expect(422).problem();
    assert_eq!(refused.code, "invalid_config");
    let at_fault = "configuration:45:11: teams.bank.manager: ";
    assert!(
        refused.detail.contains(at_fault) && refused.detail.contains("nobody"),
        "{refused:?}"
    );
    let refused = put("/v1/config", "\u{0}= [").await.expect(422).problem();
    assert_eq!(refused.code, "invalid_config");

    let other = with_on_call("ben", &["ana", "ben"], UNHURRIED);
    let dry = put("/v1/config?dry_run=true", &other)
        .await
        .expect(200)
        .json();
    assert_eq!(dry["applied"], false);
    assert_ne!(dry["changes"], serde_json::json!([]));
    assert_eq!(
        server.admin.get("/v1/config").await.expect(200).text(),
        good
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_phone_learns_at_once_what_its_team_asks_of_it_and_the_bank_s_does_not() {
    let mut server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let dora = TestPager::of(&server, "dora").await;
    for pager in [&ana, &dora] {
        pager.wait("is live", is_live).await;
        assert!(pager.view().rules.asks_nothing());
    }
    let asking = "[teams.phones]\nsiren_floor = 0.8\nhide_content = true\n";
    server.apply(&with_policy(asking)).await;
    let view = ana.wait("heard", |view| view.rules.hide_content).await;
    assert_eq!(view.rules.siren_floor, Some(0.8));
    server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;
    assert!(dora.view().rules.asks_nothing());

    server.apply(&with_policy(UNHURRIED)).await;
    ana.wait("is left alone", |view| view.rules.asks_nothing())
        .await;
}

fn is_live(view: &Arc<View>) -> bool {
    matches!(view.connection, Connection::Live { .. })
}
