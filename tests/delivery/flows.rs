//! Single stories: a page over UnifiedPush from end to end, and a token that dies.

use std::time::Duration;

use serde_json::json;
use tocsin_ticket::{Event, Rung, TicketId, Transport};
use tocsin_wire::DeviceView;

use crate::phone::Phone;
use crate::until;
use crate::world::{Flaws, Way, World, team};

/// How far a ticket's first page got.
async fn rungs(world: &World, reader: &Phone, ticket: TicketId) -> Vec<Rung> {
    let timeline = world.timeline(reader, ticket).await;
    World::events(&timeline)
        .filter_map(|event| match event {
            Event::PageReceipt { receipt, .. } => Some(receipt.rung),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_climbs_every_rung_over_unified_push_and_the_check_in_silences_the_device() {
    let ways = [Way::WebPush];
    let world = World::start(&ways, Flaws::default(), &team(&ways, "")).await;
    let ana = Phone::enrolled(&world.admin, "ana").await;
    let service = world.webpush.as_ref().expect("a service");
    // The distributor makes the subscription, bound to the server's key, and the keys.
    let mut agent = service.subscribe(Some(&world.vapid_key().await));
    ana.register(&[json!({
        "transport": "web_push",
        "endpoint": agent.endpoint(),
        "p256dh": agent.p256dh(),
        "auth": agent.auth(),
    })])
    .await;

    let ticket = world.alarm("SEV1", "orders-db-2").await;
    let page = agent.next().await;
    assert_eq!(page.urgency, "high");
    let plain = agent
        .decrypt(&page)
        .expect("encrypted to this subscription");
    ana.opened(&plain, Transport::WebPush);
    assert_eq!(ana.ringing().into_iter().collect::<Vec<_>>(), [ticket]);

    let climbed = [Rung::Sent, Rung::Accepted, Rung::Received, Rung::Sounding];
    for _ in 0..500 {
        let rungs = rungs(&world, &ana, ticket).await;
        if climbed.iter().all(|rung| rungs.contains(rung)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut climbing = rungs(&world, &ana, ticket).await;
    climbing.sort();
    assert_eq!(climbing, climbed);

    ana.check_in(ticket, Vec::new()).await;
    let silence = agent.next().await;
    let plain = agent
        .decrypt(&silence)
        .expect("encrypted to this subscription");
    ana.opened(&plain, Transport::WebPush);
    assert!(ana.ringing().is_empty(), "silent after the check-in");

    let pages: Vec<bool> = ana.said().iter().map(|said| said.pages).collect();
    assert_eq!(pages, [true, false]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        agent.try_next(),
        None,
        "one page, one silence, nothing else"
    );
    for request in service.peer().requests() {
        let ttl: u64 = request
            .header("ttl")
            .expect("a TTL")
            .parse()
            .expect("seconds");
        assert!(ttl > 0, "a phone in a tunnel would never get it");
        assert_eq!(request.header("topic"), None);
    }
    ana.switch_off();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_retired_and_its_owner_and_the_lead_are_told_by_mail() {
    let ways = [Way::WebPush, Way::Mail];
    let flaws = Flaws {
        dead: true,
        ..Flaws::default()
    };
    let world = World::start(&ways, flaws, &team(&ways, "")).await;
    let ana = Phone::enrolled(&world.admin, "ana").await;
    world.connect(&ana, Way::WebPush).await;

    world.alarm("SEV1", "orders-db-2").await;
    let mail = world.mail.as_ref().expect("a mail server");
    let told = |who: &str, what: &str| {
        let mails = mail.mails();
        let told = mails.iter().any(|mail| {
            let text = mail.content.replace("\r\n ", " ");
            mail.to == [who] && text.contains(what)
        });
        told.then_some(())
    };
    let subject = "Subject: Ana Silva: one device can no longer be paged by WebPush";
    until("Ana is told", || told("ana@example.org", subject)).await;
    until("Bea is told", || told("bea@example.com", subject)).await;
    // The page itself went on by the next channel at once.
    until("Ana is paged by mail", || {
        told("ana@example.org", "Subject: SEV1 page")
    })
    .await;

    let devices: Vec<DeviceView> = ana.api().get("/v1/devices").await.expect(200).read();
    let device = devices.iter().find(|device| device.device == *ana.device());
    let [way] = &device.expect("her phone").ways[..] else {
        panic!("{devices:?}");
    };
    assert_eq!(way.transport.get(), Some(&Transport::WebPush));
    assert!(way.dead_since.is_some(), "{way:?}");
    let why = way.dead_why.as_deref().unwrap_or_default();
    assert!(why.contains("410"), "{why}");

    // Nobody knocks at a dead address again, once the change is gathered.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let knocked = world.seen(Way::WebPush);
    world.alarm("SEV1", "orders-db-3").await;
    until("the second page", || (world.mails() >= 3).then_some(())).await;
    assert_eq!(world.seen(Way::WebPush), knocked);

    // A phone that registers anew rings for what still waits.
    let service = world.webpush.as_ref().expect("a service");
    let mut agent = service.subscribe(Some(&world.vapid_key().await));
    ana.register(&[json!({
        "transport": "web_push",
        "endpoint": agent.endpoint(),
        "p256dh": agent.p256dh(),
        "auth": agent.auth(),
    })])
    .await;
    for _ in 0..2 {
        let page = agent.next().await;
        ana.opened(
            &agent.decrypt(&page).expect("for this phone"),
            Transport::WebPush,
        );
    }
    assert_eq!(ana.ringing().len(), 2);
    ana.switch_off();
    world.finish().await;
}
