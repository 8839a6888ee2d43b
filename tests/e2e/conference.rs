//! Where people meet in a SEV1: at once, in the first page, and without waiting for anybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tocsin_peers::faults::{Fault, Outage};
use tocsin_peers::hook::Hook;
use tocsin_tests::configuration::with_policy;
use tocsin_tests::{Api, TestPager, TestServer};

use crate::webhooks::{empty_server, until};

/// The usual teams, and this in the shop's `[teams.conference]`.
fn meeting(conference: &str) -> String {
    with_policy(&format!("[teams.conference]\n{conference}\n"))
}

const POOL: &str = r#"links = [
    { url = "https://meet.example.org/1", dial_in = "+49 30 555 0100, code 4711" },
    { url = "https://meet.example.org/2" },
]"#;

async fn bridge(api: &Api, ticket: u64) -> Value {
    let view = api.get(&format!("/v1/tickets/{ticket}")).await.expect(200);
    view.json()["conference"]["bridge"].clone()
}

async fn url(api: &Api, ticket: u64) -> String {
    let bridge = bridge(api, ticket).await;
    bridge["url"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_says_where_to_meet_and_two_incidents_meet_apart() {
    let mut server = TestServer::start("").await;
    server.apply(&meeting(POOL)).await;
    let ana = TestPager::of(&server, "ana").await;
    let first = server.alarm("SEV1", "one").await;
    let view = ana.wait_until_ringing().await;
    let conference = view.tickets[0].ticket.conference.as_ref();
    let conference = conference.and_then(|conference| conference.get());
    let met = &conference.expect("where to meet").bridge.url;
    let second = server.alarm("SEV1", "two").await;
    let quiet = server.alarm("SEV2", "three").await;
    let urls = [
        url(&server.admin, first).await,
        url(&server.admin, second).await,
    ];
    assert_eq!(*met, urls[0]);
    assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), 2, "{urls:?}");
    assert_eq!(bridge(&server.admin, quiet).await, Value::Null);
    // A third has to share; when the first is over, its bridge is free again.
    let third = server.alarm("SEV1", "four").await;
    assert!(urls.contains(&url(&server.admin, third).await));
    let of_ana = server.person("ana").await;
    for (tap, ticket) in [("tap-number-1", third), ("tap-number-2", second)] {
        of_ana.tap(tap, ticket, "resolve").await.expect(200);
    }
    let last = server.alarm("SEV1", "five").await;
    assert_eq!(url(&server.admin, last).await, urls[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ticket_has_a_room_of_its_own_that_nobody_guesses() {
    let mut server = TestServer::start("").await;
    let file = meeting("jitsi = \"https://meet.example.org/\"");
    server.apply(&file).await;
    let first = server.alarm("SEV1", "one").await;
    let second = server.alarm("SEV1", "two").await;
    let rooms = [
        url(&server.admin, first).await,
        url(&server.admin, second).await,
    ];
    for (room, ticket) in rooms.iter().zip([first, second]) {
        let start = format!("https://meet.example.org/tocsin-{ticket}-");
        let name = room.strip_prefix(&start).expect("a room of the ticket");
        assert!(name.len() == 32 && name.bytes().all(|c| c.is_ascii_hexdigit()));
    }
    assert_ne!(
        rooms[0][rooms[0].len() - 32..],
        rooms[1][rooms[1].len() - 32..]
    );
}

/// A server whose shop asks this web service for bridges, which trusts it.
async fn asking(hook: &Hook) -> (TestServer, tempfile::NamedTempFile) {
    let (mut server, authority) = empty_server(&["localhost"]).await;
    let webhook = format!("{POOL}\nwebhook = {:?}", hook.peer.url_by_name());
    let secrets = server.apply_with_webhooks(&meeting(&webhook)).await;
    assert_eq!(secrets[0].0, "conference:shop");
    hook.trust(&secrets[0].1);
    (server, authority)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_service_makes_a_better_bridge_and_the_conference_moves_there() {
    let hook = Hook::start().await.expect("a peer");
    hook.answer(json!({"url": "https://zoom.example/j/1", "dial_in": "+1 555 0100"}));
    let (server, _authority) = asking(&hook).await;
    let ticket = server.alarm("SEV1", "one").await;
    let moved = async || {
        let url = url(&server.admin, ticket).await;
        (url == "https://zoom.example/j/1").then_some(())
    };
    until("the conference moves", moved).await;
    assert_eq!(server.admin.count(ticket, "conference_convened").await, 1);
    assert_eq!(server.admin.count(ticket, "conference_moved").await, 1);
    let asked = &hook.taken()[0];
    assert_eq!(asked["type"], "conference.requested");
    assert_eq!(asked["data"]["ticket"]["id"], ticket);
    assert!(asked["data"]["bridge"]["url"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_service_that_is_dead_or_slow_delays_no_page_and_nonsense_moves_nobody() {
    let hook = Hook::start().await.expect("a peer");
    hook.peer.faults().next([Fault::Stall]);
    let (server, _authority) = asking(&hook).await;
    let ana = TestPager::of(&server, "ana").await;
    let ticket = server.alarm("SEV1", "one").await;
    ana.wait_until_ringing().await;
    let at_hand = url(&server.admin, ticket).await;
    assert!(
        at_hand.starts_with("https://meet.example.org/"),
        "{at_hand}"
    );

    let nonsense = Hook::start().await.expect("a peer");
    nonsense.answer(json!({"url": "javascript:alert(1)"}));
    let (other, _authority) = asking(&nonsense).await;
    let ticket = other.alarm("SEV1", "one").await;
    let failing = async || {
        let all = other.admin.get("/v1/webhooks").await.expect(200).json();
        let why = all[0]["why"].as_str().map(ToOwned::to_owned);
        why.filter(|why| why.contains("url: expected an https address"))
    };
    until("the answer is refused", failing).await;
    assert!(
        url(&other.admin, ticket)
            .await
            .starts_with("https://meet.example.org/")
    );
    nonsense.peer.faults().outage(Outage::Refused);
}
