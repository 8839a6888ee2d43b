//! The gateway keeps no log of contents, tokens or topics, and counts outcomes only. Alone in its process, because it listens
//! to everything that is logged there.

mod apns_support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use apns_support::gateway::{Gateway, now};
use apns_support::{Apple, SECRET, TOPIC, address, keys, push};
use metrics_exporter_prometheus::PrometheusBuilder;
use tocsin_peers::faults::Fault;
use tocsin_push::gateway::GatewayLimits;
use tocsin_push::{Outcome, Purpose, Transport as _};
use tocsin_wire::ApnsEnvironment::Production;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_gateway_logs_nothing_of_what_it_forwards_whatever_happens() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the first in this process");

    let apple = Apple::start().await;
    let gateway = Gateway::start(&apple, GatewayLimits::default()).await;
    let server = gateway.server();
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, now());
    assert_eq!(server.send(&to, &page, now()).await, Outcome::Accepted);
    for fault in [
        Fault::status(400),
        Fault::status(403),
        Fault::status(503),
        Fault::GoAway,
        Fault::ResetAfter,
    ] {
        apple.production_peer.faults().next([fault]);
        server.send(&to, &page, now()).await;
    }

    let log = log.text();
    // They would have been heard.
    for library in ["rustls", "h2::", "hyper_util::"] {
        assert!(log.contains(library), "{library} is not listened to");
    }
    let sent = apple.production_peer.requests();
    let provider_token = sent[0].header("authorization").expect("a token");
    let body: serde_json::Value = serde_json::from_slice(&sent[0].body).expect("JSON");
    for hidden in [
        SECRET,
        TOPIC,
        phone.token(),
        &page.id,
        &provider_token["bearer ".len()..],
        &keys().seal_key().to_text(),
        &body["t"].as_str().expect("a payload")[..40],
    ] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "{hidden} was logged");
    }
    // Its metrics say how many, and nothing else.
    let mut counted: Vec<String> = metrics
        .render()
        .lines()
        .filter(|line| line.contains("gateway"))
        .map(str::to_owned)
        .collect();
    counted.sort();
    assert_eq!(
        counted,
        [
            "# TYPE tocsin_gateway_outcomes_total counter",
            "tocsin_gateway_outcomes_total{outcome=\"accepted\"} 2",
            "tocsin_gateway_outcomes_total{outcome=\"dead_token\"} 1",
            "tocsin_gateway_outcomes_total{outcome=\"refused\"} 1",
            "tocsin_gateway_outcomes_total{outcome=\"retry_after\"} 1",
            "tocsin_gateway_outcomes_total{outcome=\"unknown\"} 1",
        ]
    );
}
