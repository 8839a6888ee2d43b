//! Messages to somebody else's address, against a receiver that verifies with the library of the
//! Standard Webhooks specification.

use core::time::Duration;
use std::io::Write;

use tempfile::NamedTempFile;
use tocsin_peers::faults::Fault;
use tocsin_peers::hook::Hook;
use tocsin_peers::https::ca_pem;
use tocsin_push::Outcome;
use tocsin_push::hook::{Message, Poster};
use tocsin_push::secret::Secret;
use tocsin_push::settings::Settings;
use tocsin_push::webhook::SigningKey;
use tocsin_ticket::Millis;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn now() -> Millis {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    Millis(i64::try_from(since.as_millis()).expect("a time"))
}

fn poster(allowed: &[&str]) -> Poster {
    let mut authority = NamedTempFile::new().expect("a file");
    authority
        .write_all(ca_pem().as_bytes())
        .expect("a written file");
    let settings = Settings {
        allow_hosts: allowed.iter().map(ToString::to_string).collect(),
        ca_file: Some(authority.path().to_owned()),
        ..Settings::default()
    };
    Poster::start(&settings).expect("a poster")
}

/// What becomes of a message that is signed with these.
async fn post(poster: &Poster, url: &str, secrets: &[&str]) -> Result<Vec<u8>, Outcome> {
    let keys: Vec<SigningKey> = secrets
        .iter()
        .map(|secret| SigningKey::read(&Secret::new(*secret)).expect("a key"))
        .collect();
    let message = Message {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        body: r#"{"test": 2432232314}"#,
        keys: &keys,
    };
    poster.post(url, &message, now()).await
}

#[tokio::test]
async fn a_message_verifies_with_the_newer_secret_and_while_it_changes_with_the_older() {
    let hook = Hook::start().await.expect("a peer");
    let poster = poster(&["localhost"]);
    let url = hook.peer.url_by_name();
    hook.trust(SECRET);
    assert_eq!(post(&poster, &url, &[SECRET]).await, Ok(Vec::new()));
    hook.trust(OLDER);
    assert_eq!(post(&poster, &url, &[SECRET, OLDER]).await, Ok(Vec::new()));
    let alone = post(&poster, &url, &[SECRET]).await;
    assert!(
        matches!(&alone, Err(Outcome::RetryAfter { why, .. }) if why.contains("HTTP 401")),
        "{alone:?}"
    );
    assert_eq!(hook.taken().len(), 1, "one message, however often it came");
}

#[tokio::test]
async fn what_is_answered_means_what_the_specification_says() {
    let hook = Hook::start().await.expect("a peer");
    let poster = poster(&["localhost"]);
    let url = hook.peer.url_by_name();
    hook.trust(SECRET);
    let mut answered = Vec::new();
    for fault in [
        Fault::status(410),
        Fault::status(422),
        Fault::status(500),
        Fault::later(429, "120"),
        Fault::ResetBefore,
    ] {
        hook.peer.faults().next([fault]);
        let outcome = post(&poster, &url, &[SECRET]).await.expect_err("a failure");
        answered.push(match outcome {
            Outcome::DeadToken { .. } => ("left alone", None),
            Outcome::Refused { .. } => ("refused", None),
            Outcome::RetryAfter { after, .. } => ("later", after),
            Outcome::Unknown { .. } => ("unknown", None),
            Outcome::Accepted => ("accepted", None),
        });
    }
    assert_eq!(
        answered,
        [
            ("left alone", None),
            ("refused", None),
            ("later", None),
            ("later", Some(Duration::from_secs(120))),
            ("unknown", None)
        ]
    );
}

#[tokio::test]
async fn nothing_is_sent_into_the_servers_own_network_by_name_or_by_number() {
    let hook = Hook::start().await.expect("a peer");
    let poster = poster(&[]);
    for url in [hook.peer.url_by_name(), hook.peer.url()] {
        let refused = post(&poster, &url, &[SECRET]).await;
        assert!(
            matches!(&refused, Err(Outcome::RetryAfter { why, .. })
                if why.contains("not on the public internet")),
            "{refused:?}"
        );
    }
    assert_eq!(hook.peer.connections(), 0);
}
