//! What reading a request body costs, per body and per alert.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use serde_json::Value;
use tocsin_ingest::pagerduty::Event;
use tocsin_ingest::{Integration, SeverityMap, alertmanager, json};

const ALERTMANAGER: &str = include_str!("../../../tests/data/ingest/alertmanager-firing.json");
const PAGERDUTY: &str = include_str!("../../../tests/data/ingest/pagerduty-trigger.json");
const OWN: &str = include_str!("../../../tests/data/ingest/json-alarm.json");

fn main() {
    divan::main();
}

fn shop() -> Integration {
    Integration {
        id: "bench".into(),
        team: "shop".into(),
        service: "web".into(),
        services: ["checkout", "orders"].map(Into::into).into(),
        severities: SeverityMap::default(),
        severities_by_service: Default::default(),
    }
}

/// The genuine notification with its alert `count` times over, each with a fingerprint of its own.
fn notification(count: usize) -> String {
    let mut body: Value = serde_json::from_str(ALERTMANAGER).expect("a fixture");
    let alert = body["alerts"][0].clone();
    let alerts = (0..count).map(|number| {
        let mut alert = alert.clone();
        alert["fingerprint"] = format!("{number:016x}").into();
        alert
    });
    body["alerts"] = alerts.collect();
    body.to_string()
}

#[divan::bench(args = [1, 100])]
fn alertmanager_alerts(bencher: Bencher<'_, '_>, count: usize) {
    let (body, shop) = (notification(count), shop());
    bencher
        .counter(ItemsCount::new(count))
        .counter(BytesCount::of_str(&body))
        .bench(|| alertmanager::parse(black_box(body.as_bytes()), &shop));
}

#[divan::bench]
fn pagerduty_trigger(bencher: Bencher<'_, '_>) {
    let shop = shop();
    bencher.counter(BytesCount::of_str(PAGERDUTY)).bench(|| {
        let event = Event::parse(black_box(PAGERDUTY.as_bytes()));
        event.map(|event| event.read(&shop, "fresh"))
    });
}

#[divan::bench]
fn own_json_alarm(bencher: Bencher<'_, '_>) {
    let shop = shop();
    bencher
        .counter(BytesCount::of_str(OWN))
        .bench(|| json::parse(black_box(OWN.as_bytes()), &shop));
}
