//! The peers misbehave as told, and only then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode, Version};
use tocsin_peers::faults::{Fault, Outage};
use tocsin_peers::https::{Peer, Request, Response, Service, ca_pem};

/// Counts what it takes.
#[derive(Default)]
struct Counter(AtomicU64);

impl Service for Counter {
    fn answer(&self, _: &Request) -> Response {
        self.0.fetch_add(1, Ordering::Relaxed);
        Response::new(202)
    }

    fn accepted(&self, _: &Request) -> Response {
        Response::new(202)
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusted = Certificate::from_pem(ca_pem().as_bytes()).expect("a certificate");
    Client::builder()
        .tls_certs_only([trusted])
        .retry(reqwest::retry::never())
        .build()
        .expect("a client")
}

async fn counting() -> (Peer, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let peer = Peer::start(Arc::clone(&counter)).await.expect("a peer");
    (peer, counter)
}

async fn post(client: &Client, peer: &Peer) -> reqwest::Result<StatusCode> {
    let sent = client.post(format!("{}/a?b", peer.url())).body("page");
    Ok(sent.send().await?.status())
}

#[tokio::test]
async fn what_was_on_the_wire_is_kept() {
    let (peer, counter) = counting().await;
    let client = client();
    let sent = client
        .post(format!("{}/a?b=c", peer.url_by_name()))
        .header("ttl", "60")
        .body("page");
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.version(), Version::HTTP_2);
    assert_eq!(answer.status(), 202);
    let log = peer.requests();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].path, "/a?b=c");
    assert_eq!(log[0].header("ttl"), Some("60"));
    assert_eq!(&log[0].body[..], b"page");
    assert!(
        log[0].head().starts_with("POST /a?b=c HTTP/2.0\n"),
        "{}",
        log[0].head()
    );
    assert_eq!(counter.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn each_fault_does_what_its_name_says() {
    for (fault, answer, taken) in [
        (Fault::None, Some(202), 1),
        (Fault::status(500), Some(500), 0),
        (Fault::later(429, "7"), Some(429), 0),
        (Fault::ResetBefore, None, 0),
        (Fault::ResetAfter, None, 1),
        (Fault::GoAway, None, 0),
        (Fault::Duplicate, Some(202), 2),
        (Fault::Delay(Duration::from_millis(5)), Some(202), 1),
        (Fault::Lie, Some(202), 0),
    ] {
        let (peer, counter) = counting().await;
        let client = client();
        peer.faults().next([fault.clone()]);
        let got = post(&client, &peer).await;
        assert_eq!(got.ok().map(|status| status.as_u16()), answer, "{fault:?}");
        assert_eq!(counter.0.load(Ordering::Relaxed), taken, "{fault:?}");
        let next = post(&client, &peer).await.expect("over");
        assert_eq!(next, 202, "after {fault:?}");
    }
}

#[tokio::test]
async fn a_stalled_request_is_never_answered_and_others_are() {
    let (peer, counter) = counting().await;
    let client = client();
    peer.faults().next([Fault::Stall]);
    let stalled = tokio::time::timeout(Duration::from_millis(300), post(&client, &peer)).await;
    assert!(stalled.is_err());
    assert_eq!(post(&client, &peer).await.expect("an answer"), 202);
    assert_eq!(counter.0.load(Ordering::Relaxed), 1);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn an_outage_refuses_connections_until_it_is_over() {
    let (peer, counter) = counting().await;
    let client = client();
    assert_eq!(post(&client, &peer).await.expect("an answer"), 202);
    peer.faults().outage(Outage::Refused);
    assert!(post(&client, &peer).await.is_err());
    assert!(post(&client, &peer).await.is_err());
    peer.faults().outage(Outage::Unavailable);
    // Until the port listens again, connections are refused.
    while post(&client, &peer).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(post(&client, &peer).await.expect("an answer"), 503);
    peer.faults().outage(Outage::None);
    assert_eq!(post(&client, &peer).await.expect("an answer"), 202);
    assert_eq!(counter.0.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn old_http_is_spoken_too() {
    let (peer, _) = counting().await;
    let trusted = Certificate::from_pem(ca_pem().as_bytes()).expect("a certificate");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .tls_certs_only([trusted])
        .http1_only()
        .build()
        .expect("a client");
    assert_eq!(post(&client, &peer).await.expect("an answer"), 202);
    assert_eq!(peer.requests()[0].version, Version::HTTP_11);
}
