//! The server's own TLS, and HTTP/2.

use std::path::Path;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Version};
use tocsin_server::serve::TlsFiles;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, TestPager, TestServer};

/// Writes a fresh certificate for this machine and returns it as PEM.
fn certify(folder: &Path) -> String {
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .and_then(|names| names.self_signed(&key))
        .expect("a certificate");
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("a file");
    std::fs::write(folder.join("certificate.pem"), certificate.pem()).expect("a file");
    certificate.pem()
}

fn client_trusting(base: &str, pem: &str) -> Api {
    let certificate = Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    Api::built(base, |client| client.tls_certs_only([certificate]))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_travel_over_tls_and_a_renewed_certificate_needs_no_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = certify(folder.path());
    let (mut server, ready) = TestServer::fresh(
        |options| {
            options.tls = Some(TlsFiles {
                certificate: folder.path().join("certificate.pem"),
                key: folder.path().join("key.pem"),
            });
        },
        |base| client_trusting(base, &first),
    )
    .await;
    server.log_in(&ready.admin_code.expect("a code")).await;
    server.apply(&with_policy(UNHURRIED)).await;
    assert_eq!(
        server.admin.get("/healthz").await.expect(200).version,
        Version::HTTP_2
    );

    let base = server.admin.base().to_owned();
    let way = tocsin_pager::net::Server::new(&base, Some(first.clone()), false).expect("a way");
    let ana = TestPager::through(&server, "ana", way).await;
    server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    // Nobody who does not trust the certificate says anything to the server.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("another");
    let stranger = client_trusting(&base, &other.cert.pem());
    assert!(
        stranger
            .send(reqwest::Method::GET, "/healthz", "")
            .await
            .is_err()
    );

    let second = certify(folder.path());
    let since = Instant::now();
    // A new client each time: an open connection keeps the certificate it began with.
    while client_trusting(&base, &second)
        .send(reqwest::Method::GET, "/healthz", "")
        .await
        .is_err()
    {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "the new certificate is not served"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(
        matches!(
            ana.view().connection,
            tocsin_pager::engine::Connection::Live { .. }
        ),
        "and no phone was dropped for it"
    );

    // One that cannot be read is not served; the good one goes on.
    std::fs::write(folder.path().join("certificate.pem"), "not a certificate").expect("a file");
    tokio::time::sleep(Duration::from_secs(11)).await;
    let client = client_trusting(&base, &second);
    client.get("/healthz").await.expect(200);
    server.alarm("SEV1", "network").await;
    ana.wait("rang for both", |view| view.siren.pages == 2)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_speak_http_2_without_tls_when_it_knows() {
    let server = TestServer::start(UNHURRIED).await;
    let token = server.admin.token().expect("a token");
    let client = Api::built(
        server.admin.base(),
        reqwest::ClientBuilder::http2_prior_knowledge,
    );
    let client = client.with_token(token);
    let reply = client.get("/v1/sync").await.expect(200);
    assert_eq!(reply.version, Version::HTTP_2);
    let alarm = serde_json::json!({"title": "T"});
    client.alarm(server.key("alertmanager"), &alarm).await;
    assert_eq!(client.tickets().await.len(), 1);
}
