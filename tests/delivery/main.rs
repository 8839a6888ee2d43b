//! Every page arrives, or somebody knows why: the real server against faithful push services that
//! fail in every way that is known, seen from the phones.
//!
//! [`world`] is a server's process, its push services and its people; [`phone`] a phone that knows
//! nothing but its keys and what is pushed to it. [`table`] plays each transport against each fault
//! and keeps `docs/delivery.md`; the others tell single stories.

mod flows;
mod phone;
mod storm;
mod table;
mod world;

use std::time::Duration;

/// How often a test looks whether what it waits for has happened.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until something is there.
///
/// # Panics
/// When it is not there within a time that only guards against hanging.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(60), waiting).await {
        Ok(found) => found,
        Err(_) => panic!("{what}: not within a minute"),
    }
}
