//! On-call life end to end: the real server over HTTP, real phone engines, a real disk.

mod alarms;
mod answers;
mod audit;
mod backup;
mod bad_input;
mod calendar;
mod changes;
mod conference;
mod devices;
mod enrolment;
mod handoff;
mod heartbeats;
mod help;
mod hostile;
mod learning;
mod life;
mod mail;
mod noise;
mod opsgenie;
mod report;
mod rights;
mod ringing;
mod rotas;
mod sns;
mod status;
mod streams;
mod taps;
mod teams;
mod templates;
mod tls;
mod webhooks;

/// A body that a real monitoring system sent; `tests/data/ingest/SOURCES.md` says which.
fn sent_by(file: &str) -> String {
    let path = format!("{}/data/ingest/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}
