//! From the alarm to the siren, and to silence.

use serde_json::json;
use tocsin_tests::configuration::{QUICK, SHOP, UNHURRIED};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::{Actor, PageReason, Rung, Severity, TicketState};
use tocsin_wire::Action;

use crate::sent_by;

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_payload_rings_the_on_calls_phone_and_nobody_elses() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = TestPager::of(&server, "ben").await;
    let bea = TestPager::of(&server, "bea").await;

    let path = format!("/in/{}/alertmanager", server.key(SHOP));
    let reply = server
        .admin
        .post(&path, sent_by("alertmanager-firing.json"))
        .await
        .expect(200);
    assert_eq!(
        reply.json(),
        json!({"alarms": [{"ticket": 1, "opened": true}]})
    );

    let view = ana.wait_until_ringing().await;
    let page = &view.pages[0];
    assert_eq!(
        page.title,
        "Checkout answers 23 % of its requests with an error"
    );
    assert_eq!(page.severity.get(), Some(&Severity::Sev1));
    assert_eq!(
        (page.service.as_str(), page.team.as_str()),
        ("Checkout", "Shop")
    );
    assert_eq!(page.next, ["Bea Lindqvist"]);

    // The others have the ticket on their screens, in silence.
    for pager in [&ben, &bea] {
        pager
            .wait("showed the ticket", |view| view.tickets.len() == 1)
            .await;
        assert_eq!(pager.siren.starts(), 0);
    }

    // The server knows that the siren sounds, and how loud.
    ana.handle.seen(page.ticket);
    let device = view.device.clone();
    let reached = ana
        .wait("told the server", |view| {
            let reached: Vec<Rung> = view.tickets[0].ticket.pages[0]
                .receipts
                .iter()
                .filter_map(|receipt| receipt.get())
                .filter(|receipt| receipt.device == device)
                .map(|receipt| receipt.rung)
                .collect();
            reached.contains(&Rung::Received)
                && reached.contains(&Rung::Sounding)
                && reached.contains(&Rung::Seen)
        })
        .await;
    assert!(reached.siren.confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_silences_all_devices_of_the_person_and_everybody_elses() {
    // Bea is asked after a second and has a minute, so that nobody else joins in.
    let limits = r#"
        [teams.policy.sev1]
        check_in = "1s"
        researching = "5m"
        work_in_progress = "1h"
        manager = "1m"
    "#;
    let server = TestServer::start(limits).await;
    let phone = TestPager::of(&server, "ana").await;
    let desk = TestPager::of(&server, "ana").await;
    let manager = TestPager::of(&server, "bea").await;
    let ticket = server.alarm("SEV1", "database").await;
    for pager in [&phone, &desk, &manager] {
        pager.wait_until_ringing().await;
    }

    phone.tap(ticket, Action::CheckIn).await;
    for pager in [&phone, &desk, &manager] {
        pager.wait_until_silent().await;
    }
    let ticket = server.admin.ticket(ticket).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Researching));
    let stamp = ticket
        .checked_in
        .as_ref()
        .and_then(|stamp| stamp.get())
        .expect("a check-in");
    assert_eq!(stamp.by, Actor::Person("ana".into()));
    assert!(ticket.pages.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_check_in_rings_the_manager_and_then_hers() {
    let server = TestServer::start(QUICK).await;
    let ana = TestPager::of(&server, "ana").await;
    let bea = TestPager::of(&server, "bea").await;
    let carl = TestPager::of(&server, "carl").await;
    let ticket = server.alarm("SEV1", "database").await;

    let view = bea.wait_until_ringing().await;
    assert_eq!(view.pages[0].reason.get(), Some(&PageReason::CheckInMissed));
    assert_eq!(carl.siren.starts(), 0, "the manager has time of her own");
    carl.wait_until_ringing().await;
    assert!(
        ana.siren.is_sounding(),
        "whoever was asked first goes on being asked"
    );
    assert_eq!(ana.siren.starts(), 1, "a page that is renewed is one siren");

    bea.tap(ticket, Action::CheckIn).await;
    for pager in [&ana, &bea, &carl] {
        pager.wait_until_silent().await;
    }
    assert_eq!(server.admin.ticket(ticket).await.owner, "bea".into());
    assert_eq!(server.admin.count(ticket, "escalated").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_without_work_rings_the_owner_before_it_rings_the_manager() {
    let server = TestServer::start(QUICK).await;
    let ana = TestPager::of(&server, "ana").await;
    let bea = TestPager::of(&server, "bea").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;
    ana.tap(ticket, Action::CheckIn).await;
    ana.wait_until_silent().await;

    ana.wait_until_ringing().await;
    assert_eq!(bea.siren.starts(), 0, "first the owner's own siren");
    bea.wait_until_ringing().await;
    ana.tap(ticket, Action::StartWork).await;
    for pager in [&ana, &bea] {
        pager.wait_until_silent().await;
    }
    let ticket = server.admin.ticket(ticket).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::WorkInProgress));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_monitoring_resolves_is_silenced_alert_by_alert() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let notify = async |first: &str, second: &str| {
        let alert = |status: &str, fingerprint: &str| {
            json!({
                "status": status,
                "labels": {"alertname": "Down", "instance": fingerprint, "severity": "critical"},
                "annotations": {"summary": format!("{fingerprint} is down")},
                "fingerprint": fingerprint,
            })
        };
        let body = json!({
            "version": "4", "status": "firing", "truncatedAlerts": 0, "groupKey": "{}",
            "alerts": [alert(first, "db-1"), alert(second, "db-2")],
        });
        let path = format!("/in/{}/alertmanager", server.key(SHOP));
        server.admin.post_json(&path, &body).await.expect(200);
    };

    notify("firing", "firing").await;
    ana.wait("rang for two", |view| {
        view.siren.ringing && view.siren.pages == 2
    })
    .await;
    notify("resolved", "firing").await;
    let view = ana
        .wait("rang for one", |view| {
            view.siren.ringing && view.siren.pages == 1
        })
        .await;
    assert_eq!(view.pages[0].title, "db-2 is down");
    assert!(ana.siren.is_sounding());
    notify("resolved", "resolved").await;
    ana.wait_until_silent().await;
    assert_eq!(ana.siren.starts(), 1, "two pages are one siren");
    for ticket in server.admin.tickets().await {
        assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
        assert_eq!(ticket.repeats, u32::from(ticket.title == "db-2 is down"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_needs_nobody_now_is_a_ticket_and_no_page() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    server.alarm("SEV3", "disk").await;
    ana.wait("showed the ticket", |view| view.tickets.len() == 1)
        .await;
    server.alarm("SEV2", "database").await;
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.siren.pages, 1);
}
