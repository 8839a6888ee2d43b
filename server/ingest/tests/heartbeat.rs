//! What a silence says, and what ends it.

mod common;

use core::time::Duration;

use common::{assert_fit, fired, recovered, shop};
use serde_json::json;
use tocsin_ingest::Batch;
use tocsin_ingest::heartbeat::Heartbeat;
use tocsin_ticket::{Millis, Severity};

fn nightly() -> Heartbeat {
    Heartbeat {
        name: "nightly-backup".into(),
        every: Duration::from_secs(24 * 3600),
        grace: Duration::from_secs(3600),
        severity: None,
        service: None,
    }
}

fn batch(signal: tocsin_ingest::Signal) -> Batch {
    let batch = Batch {
        signals: vec![signal],
        oddities: Vec::new(),
    };
    assert_fit(&batch, &shop());
    batch
}

#[test]
fn a_silence_is_an_alarm_that_says_since_when() {
    let batch = batch(nightly().missed(&shop(), Some(Millis(1_795_000_000_000))));
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "No beat of nightly-backup for 1 d 1 h");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "web");
    let expected = json!({
        "heartbeat": "nightly-backup",
        "last beat": "2026-11-18T11:06:40Z",
        "expected every": "1 d",
        "grace": "1 h",
    });
    assert_eq!(serde_json::to_value(&alarm.details).unwrap(), expected);
}

#[test]
fn what_was_never_heard_says_so_and_its_own_severity_and_service_count() {
    let heartbeat = Heartbeat {
        severity: Some(Severity::Sev4),
        service: Some("orders".into()),
        ..nightly()
    };
    let batch = batch(heartbeat.missed(&shop(), None));
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "No first beat of nightly-backup in 1 d 1 h");
    assert_eq!(alarm.severity, Severity::Sev4);
    assert_eq!(alarm.service.as_str(), "orders");
}

#[test]
fn a_beat_ends_the_silence_whichever_service_it_was_about() {
    let silence = batch(nightly().missed(&shop(), None));
    let end = batch(nightly().heard(&shop()));
    let target = recovered(&end)[0];
    assert_eq!(target.dedup_key, fired(&silence)[0].dedup_key);
    assert_eq!(target.services.len(), 4);
}
