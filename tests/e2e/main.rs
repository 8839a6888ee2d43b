//! On-call life end to end: the real server over HTTP, real phone engines, a real disk.

mod alarms;
mod bad_input;
mod changes;
mod devices;
mod enrolment;
mod hostile;
mod life;
mod ringing;
mod streams;
mod taps;
mod teams;
mod tls;

/// A body that a real monitoring system sent; `tests/data/ingest/SOURCES.md` says which.
fn sent_by(file: &str) -> String {
    let path = format!("{}/data/ingest/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}
