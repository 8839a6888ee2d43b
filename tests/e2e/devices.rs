//! Devices: how they are reached, tested, and found ready.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{Api, TestPager, TestServer};
use tocsin_ticket::{Rung, Transport};
use tocsin_wire::{DeviceView, DrillView};

/// Asks again until the drill reached the rung.
async fn drill_reaches(api: &Api, drill: &DrillView, rung: Rung) -> DrillView {
    for _ in 0..500 {
        let drills: Vec<DrillView> = api.get("/v1/drills").await.expect(200).read();
        let found = drills.into_iter().find(|it| it.drill.id == drill.drill.id);
        let found = found.expect("the drill that was ordered");
        if found.receipts.iter().any(|receipt| receipt.rung == rung) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the drill never reached {rung}");
}

async fn order(api: &Api, request: &Value) -> DrillView {
    api.post_json("/v1/drills", request)
        .await
        .expect(202)
        .read()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_goes_the_whole_way_of_a_page_in_silence_and_says_how_long_each_rung_took() {
    let server = TestServer::start(UNHURRIED).await;
    let desk = TestPager::of(&server, "ana").await;
    let ana = server.person("ana").await;
    let device = desk.view().device.clone();
    let drill = order(&ana, &json!({"device": device})).await;
    let drill = drill_reaches(&ana, &drill, Rung::Sounding).await;
    let received = &drill.receipts[0];
    assert_eq!(received.rung, Rung::Received);
    assert_eq!(received.transport, Some(Transport::Stream));
    let latencies: Vec<Duration> = drill
        .receipts
        .iter()
        .map(|receipt| receipt.at.since(drill.drill.at))
        .collect();
    assert!(
        latencies
            .iter()
            .all(|latency| *latency < Duration::from_secs(10))
    );
    assert_eq!(desk.siren.starts(), 0, "nobody heard it");
    let devices: Vec<DeviceView> = ana.get("/v1/devices").await.expect(200).read();
    let desk = devices.iter().find(|it| it.device == device).unwrap();
    assert!(desk.connected);
    let last = desk.last_drill.as_ref().unwrap();
    assert_eq!(last.drill.id, drill.drill.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audible_drill_is_heard_and_ends_by_itself() {
    let server = TestServer::start(UNHURRIED).await;
    let desk = TestPager::of(&server, "ana").await;
    let ana = server.person("ana").await;
    let device = desk.view().device.clone();
    let drill = order(&ana, &json!({"device": device, "audible": true})).await;
    drill_reaches(&ana, &drill, Rung::Sounding).await;
    assert_eq!(desk.siren.starts(), 1);
    for _ in 0..500 {
        if !desk.siren.is_sounding() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the drill rings on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_middle_of_a_drill_rings_until_somebody_answers() {
    let server = TestServer::start(UNHURRIED).await;
    let desk = TestPager::of(&server, "ana").await;
    let ana = server.person("ana").await;
    let device = desk.view().device.clone();
    let drill = order(&ana, &json!({"device": device, "audible": true})).await;
    drill_reaches(&ana, &drill, Rung::Sounding).await;
    server.alarm("SEV1", "in the middle").await;
    desk.wait_until_ringing().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(
        desk.siren.is_sounding(),
        "the drill has ended, the page has not"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_devices_can_be_tested_and_only_ones_teams_be_seen() {
    let server = TestServer::start(UNHURRIED).await;
    let ben = TestPager::of(&server, "ben").await;
    let dora = TestPager::of(&server, "dora").await;
    let ana = server.person("ana").await;
    for device in [json!(ben.view().device), json!("nobody's")] {
        let request = json!({"device": device});
        let reply = ana.post_json("/v1/drills", &request).await.expect(404);
        assert_eq!(reply.problem().code, "no_such_device");
    }
    let devices: Vec<DeviceView> = ana.get("/v1/devices").await.expect(200).read();
    let seen = |device: &tocsin_ticket::DeviceId| devices.iter().any(|it| it.device == *device);
    assert!(seen(&ben.view().device), "a teammate's");
    assert!(!seen(&dora.view().device), "the bank's");
}

fn web(endpoint: &str) -> Value {
    // The user agent's key of RFC 8291, section 5.
    json!({"address": {
        "transport": "web_push",
        "endpoint": endpoint,
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_seen_without_its_address_and_a_bad_one_is_refused_by_its_field() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let put = async |channels: Value| {
        let body = json!({"channels": channels}).to_string();
        let reply = ana.send(Method::PUT, "/v1/device/push", body).await;
        reply.expect("an answer")
    };
    put(json!([web("https://push.example/secret-capability")]))
        .await
        .expect(204);
    let devices = ana.get("/v1/devices").await.expect(200);
    assert!(devices.text().contains("web_push"));
    assert!(!devices.text().contains("secret-capability"));

    let mut short_key = web("https://push.example/a");
    short_key["address"]["p256dh"] = json!("BCVx");
    let apns = |token: &str, key: &str| {
        json!({"address": {
            "transport": "apns", "token": token, "environment": "production",
            "topic": "org.example", "key": key,
        }})
    };
    for (channel, field) in [
        (web("http://push.example/a"), "channels[0].address.endpoint"),
        (web("not a url"), "channels[0].address.endpoint"),
        (
            web("https://me:secret@push.example/"),
            "channels[0].address.endpoint",
        ),
        (short_key, "channels[0].address.p256dh"),
        (
            apns("not hexadecimal!", "AAAA"),
            "channels[0].address.token",
        ),
        (apns(&"ab".repeat(32), "AAAA"), "channels[0].address.key"),
    ] {
        let problem = put(json!([channel])).await.expect(400).problem();
        assert_eq!(
            problem.field.as_deref(),
            Some(field),
            "{channel}: {problem:?}"
        );
    }
    let many = vec![web("https://push.example/a"); 9];
    let problem = put(json!(many)).await.expect(400).problem();
    assert_eq!(problem.field.as_deref(), Some("channels"));
    // What was there is still there.
    let devices = ana.get("/v1/devices").await.expect(200);
    assert!(devices.text().contains("web_push"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_checked_in_with_one_tap_and_a_repeated_tap_says_the_same() {
    let server = TestServer::start(UNHURRIED).await;
    let desk = TestPager::of(&server, "ana").await;
    for number in 0..40 {
        server.alarm("SEV1", &format!("trouble {number}")).await;
    }
    desk.wait("shows all", |view| view.pages.len() == 40).await;
    assert_eq!(desk.siren.starts(), 1, "one siren");
    desk.handle.check_in_all();
    desk.wait_until_silent().await;
    desk.wait("has heard", |view| {
        view.taps.is_empty() && view.pages.is_empty()
    })
    .await;
    let tickets = server.admin.tickets().await;
    let assigned = |ticket: &tocsin_wire::TicketView| {
        ticket.state.get() == Some(&tocsin_ticket::TicketState::Assigned)
    };
    assert!(!tickets.iter().any(assigned), "nothing was left out");

    let ana = server.person("ana").await;
    let request = json!({
        "id": "a-tap-for-two", "ticket": 1, "at": 0, "also": [2, 9999],
        "action": {"type": "check_in"},
    });
    let first = ana.post_json("/v1/commands", &request).await.json();
    let again = ana.post_json("/v1/commands", &request).await.json();
    assert_eq!(first["also_refused"], json!([2, 9999]));
    assert_eq!(first["also_refused"], again["also_refused"]);
    assert_eq!(server.key(SHOP).len(), 32);
}
