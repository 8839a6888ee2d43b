//! Nights that must not wake anybody, and storms that must not wake them five hundred times.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_server::api::{MaintenanceView, QuietView};
use tocsin_tests::configuration::{SHOP, UNHURRIED, with_policy};
use tocsin_tests::{Api, TestPager, TestServer};
use tocsin_ticket::{HoldRule, TicketState};
use tocsin_wire::{TicketList, TicketView};

const MINUTE_MS: i64 = 60_000;

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

/// The usual teams with these lines for the service checkout.
fn with_checkout(lines: &str) -> String {
    with_policy(UNHURRIED).replace(
        "name = \"Checkout\"\n",
        &format!("name = \"Checkout\"\n{lines}\n"),
    )
}

async fn held(api: &Api, query: &str) -> Vec<TicketView> {
    let path = format!("/v1/tickets?held={query}");
    let list: TicketList = api.get(&path).await.expect(200).read();
    list.tickets
}

fn rule(ticket: &TicketView) -> Option<&HoldRule> {
    ticket.hold.as_ref()?.get()?.rule.get()
}

async fn resolve(server: &TestServer, key: &str) {
    let path = format!("/in/{}/json", server.key(SHOP));
    let body = json!({"status": "resolved", "dedup_key": key});
    server.admin.post_json(&path, &body).await.expect(200);
}

/// How often alarms were kept from ringing by this rule, as `/metrics` says.
async fn suppressed(server: &TestServer, rule: &str) -> bool {
    let metrics = server.admin.get("/metrics").await.expect(200).text();
    let name = format!("tocsin_alarms_suppressed_total{{rule=\"{rule}\"}}");
    metrics.lines().any(|line| line.starts_with(&name))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_recovers_within_the_hold_off_rings_nobody_and_is_found_with_its_rule() {
    let mut server = TestServer::start(UNHURRIED).await;
    server.apply(&with_checkout("hold_off = \"15m\"")).await;
    let ana = TestPager::of(&server, "ana").await;
    let short = server.alarm("SEV2", "database").await;
    resolve(&server, "database").await;
    let ticket = server.admin.ticket(short).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
    assert_eq!(rule(&ticket), Some(&HoldRule::HoldOff));

    // What comes after is on the screen by then, so what came before has rung nobody.
    let worst = server.alarm("SEV1", "network").await;
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1);
    assert_eq!(ana.siren.starts(), 1);

    for query in ["true", "hold_off"] {
        let found = held(&server.admin, query).await;
        assert_eq!(found.len(), 1, "{query}");
        assert_eq!(found[0].id.0, short);
    }
    assert_eq!(held(&server.admin, "quiet").await, []);
    assert_eq!(held(&server.admin, "false").await.len(), 2);
    let refused = server.admin.get("/v1/tickets?held=sometimes").await;
    assert_eq!(refused.expect(400).problem().field.as_deref(), Some("held"));
    assert!(suppressed(&server, "hold_off").await);
    assert_eq!(server.admin.count(worst, "held").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_during_announced_work_ring_when_it_is_ended_and_it_is_on_record_who_did_both() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = server.person("ben").await;
    let request = json!({
        "name": "new switch", "services": ["checkout", "search"],
        "until": now() + 60 * MINUTE_MS, "reason": "the old one drops packets",
    });
    let window: MaintenanceView = ben
        .post_json("/v1/maintenance", &request)
        .await
        .expect(200)
        .read();
    let id = window.id.expect("a number");
    assert_eq!(window.by.expect("somebody").name, "Ben Okafor");
    let ticket = server.alarm("SEV1", "database").await;
    let found = held(&ben, "maintenance").await;
    let name = "new switch".to_owned();
    assert_eq!(
        rule(&found[0]),
        Some(&HoldRule::Maintenance { window: name })
    );
    assert!(!ana.siren.is_sounding());

    // Not the bank's.
    let dora = server.person("dora").await;
    let theirs: Vec<MaintenanceView> = dora.get("/v1/maintenance").await.expect(200).read();
    assert_eq!(theirs, []);
    let path = format!("/v1/maintenance/{id}");
    let refused = dora.send(Method::DELETE, &path, "").await.unwrap();
    assert_eq!(refused.expect(404).problem().code, "no_such_maintenance");
    let refused = dora.post_json("/v1/maintenance", &request).await;
    assert_eq!(
        refused.expect(400).problem().field.as_deref(),
        Some("services")
    );

    let listed: Vec<MaintenanceView> = ben.get("/v1/maintenance").await.expect(200).read();
    assert_eq!(listed.len(), 1);
    ben.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(200);
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].page.ticket.0, ticket);
    ben.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(404);
    let audit = server.admin.get("/v1/audit").await.expect(200).text();
    for act in ["maintenance_announced", "maintenance_ended"] {
        assert!(audit.contains(act), "{act} in {audit}");
    }
    assert!(suppressed(&server, "maintenance").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_would_silence_too_much_is_refused_with_its_field() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let good = json!({"name": "W", "services": ["checkout"], "until": now() + MINUTE_MS});
    for (field, value) in [
        ("name", json!(" ")),
        ("name", json!("two\nlines")),
        ("services", json!([])),
        ("services", json!(["checkout", "ledger"])),
        ("services", json!(["nothing"])),
        ("until", json!(now() - 1)),
        ("until", json!(now() + 8 * 24 * 60 * MINUTE_MS)),
        ("reason", json!("x".repeat(81))),
    ] {
        let mut request = good.clone();
        request[field] = value.clone();
        let refused = ana.post_json("/v1/maintenance", &request).await.expect(400);
        assert_eq!(
            refused.problem().field.as_deref(),
            Some(field),
            "{field}: {value}"
        );
    }
    let listed: Vec<MaintenanceView> = ana.get("/v1/maintenance").await.expect(200).read();
    assert_eq!(listed, [], "nothing of it was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_quiet_is_woken_for_a_sev1_only_until_they_end_it() {
    let server = TestServer::start(UNHURRIED).await;
    let pager = TestPager::of(&server, "ana").await;
    let bea = TestPager::of(&server, "bea").await;
    let ana = server.person("ana").await;
    let until = now() + 90 * MINUTE_MS;
    let view: QuietView = ana
        .post_json("/v1/quiet", &json!({"until": until}))
        .await
        .expect(200)
        .read();
    assert_eq!(view.until.map(|until| until.0), Some(until));
    bea.wait("was told", |view| {
        let mut notices = view.notices.iter();
        notices.any(|notice| notice.text.contains("Ana Silva is not woken"))
    })
    .await;
    let waits = server.alarm("SEV2", "database").await;
    let worst = server.alarm("SEV1", "network").await;
    let view = pager.wait_until_ringing().await;
    let rings: Vec<u64> = view.pages.iter().map(|page| page.page.ticket.0).collect();
    assert_eq!(rings, [worst]);
    let view: QuietView = ana.get("/v1/quiet").await.expect(200).read();
    assert_eq!(view.held, 1);
    // Somebody else's is somebody else's.
    let ben = server.person("ben").await;
    let view: QuietView = ben.get("/v1/quiet").await.expect(200).read();
    assert_eq!(view, QuietView::default());
    ben.send(Method::DELETE, "/v1/quiet", "")
        .await
        .unwrap()
        .expect(200);
    assert_eq!(held(&server.admin, "quiet").await.len(), 1);

    ana.send(Method::DELETE, "/v1/quiet", "")
        .await
        .unwrap()
        .expect(200);
    let view = pager
        .wait("rang for what waited", |view| view.siren.pages == 2)
        .await;
    assert!(view.pages.iter().any(|page| page.page.ticket.0 == waits));
    for wrong in [now() - 1, now() + 5 * 60 * MINUTE_MS] {
        let refused = ana.post_json("/v1/quiet", &json!({"until": wrong})).await;
        assert_eq!(
            refused.expect(400).problem().field.as_deref(),
            Some("until")
        );
    }
    let audit = server.admin.get("/v1/audit").await.expect(200).text();
    assert!(audit.contains("quiet_begun") && audit.contains("quiet_ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alertmanager_groups_is_one_siren_that_stops_when_all_of_it_is_over() {
    let mut server = TestServer::start(UNHURRIED).await;
    let lines = "group_by = [\"alertname\", \"cluster\"]";
    server.apply(&with_checkout(lines)).await;
    let ana = TestPager::of(&server, "ana").await;
    let path = format!("/in/{}/alertmanager", server.key(SHOP));
    let alert = |pod: &str, status: &str| {
        json!({
            "status": status, "fingerprint": format!("fingerprint-{pod}"),
            "labels": {"alertname": "PodDown", "cluster": "eu", "pod": pod, "severity": "critical"},
            "annotations": {"summary": format!("{pod} is down"), "cluster": "in Frankfurt"},
        })
    };
    let send = async |alerts: Vec<Value>| {
        let body = json!({"version": "4", "status": "firing", "alerts": alerts});
        server.admin.post_json(&path, &body).await.expect(200);
    };
    send(vec![alert("a", "firing"), alert("b", "firing")]).await;
    send(vec![alert("b", "firing"), alert("c", "firing")]).await;
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1);
    let tickets = server.admin.tickets().await;
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].repeats, 3, "each alarm is counted");
    let id = tickets[0].id.0;
    assert_eq!(server.admin.count(id, "alarm_joined").await, 2);
    send(vec![alert("a", "resolved"), alert("c", "resolved")]).await;
    let group = server.admin.ticket(id).await.group.expect("a group");
    let firing = &group.get().expect("one that is known").firing;
    assert_eq!(*firing, BTreeSet::from(["fingerprint-b".to_owned()]));
    assert!(ana.siren.is_sounding());
    send(vec![alert("b", "resolved")]).await;
    ana.wait_until_silent().await;
    let ticket = server.admin.ticket(id).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
    assert!(suppressed(&server, "group").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_alarms_are_one_siren_one_check_in_and_five_hundred_tickets() {
    const ALARMS: usize = 500;
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let path = format!("/in/{}/json", server.key(SHOP));
    let services = ["checkout", "orders", "search"];
    let alarms: Vec<Value> = (0..ALARMS)
        .map(|number| {
            json!({
                "title": format!("Trouble {number}"), "severity": "SEV1",
                "service": services[number % 3], "dedup_key": format!("storm-{number}"),
            })
        })
        .collect();
    let posts = alarms
        .iter()
        .map(|alarm| server.admin.post_json(&path, alarm));
    let replies = futures_util::future::join_all(posts).await;
    let opened: BTreeSet<u64> = replies
        .into_iter()
        .map(|reply| {
            reply.expect(200).json()["alarms"][0]["ticket"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(opened.len(), ALARMS, "each alarm is a ticket of its own");
    let view = ana
        .wait("counted all of them", |view| view.siren.pages == ALARMS)
        .await;
    assert!(view.siren.ringing);
    assert_eq!(ana.siren.starts(), 1, "one siren");

    ana.handle.check_in_all();
    ana.handle.settled().await;
    ana.wait_until_sent().await;
    ana.wait_until_silent().await;
    ana.wait("showed all of them as taken", |view| {
        let mut tickets = view.tickets.iter();
        tickets.len() == ALARMS
            && tickets.all(|item| item.state.get() == Some(&TicketState::Researching))
    })
    .await;
    assert_eq!(ana.siren.starts(), 1);
    let tickets = server.admin.tickets().await;
    assert_eq!(tickets.len(), ALARMS);
    for ticket in &tickets {
        assert!(opened.contains(&ticket.id.0));
        assert_eq!(ticket.state.get(), Some(&TicketState::Researching));
        assert_eq!(ticket.owner.as_str(), "ana");
    }
}
