//! The whole pager against a real HTTP server: what a person at a desk would live through.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use support::*;
use tocsin_pager::engine::{Connection, Loudness, Problem};
use tocsin_pager::net::{Authorities, HttpNetwork, Network, NetworkError, Server, Token};
use tocsin_pager::runtime::{Config, EnrollError, SealedPush, device_keys, enroll, system_random};
use tocsin_pager::store::{Secrets, Store, StoreError, TokenFile};
use tocsin_ticket::{Rung, TicketId, Transport};
use tocsin_wire::{Action, DrillRequest, Known, PushAddress, PushChannel, PushWhen, ShadowMode};

const TICKET: TicketId = TicketId(1);

struct Desk {
    folder: tempfile::TempDir,
    server: TestServer,
    siren: TestSiren,
}

impl Desk {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: TestServer::start().await,
            siren: TestSiren::default(),
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("pager.db")
    }

    fn store(&self) -> Store {
        enrolled(&self.path(), &self.server.url())
    }

    fn pager(&self) -> tocsin_pager::PagerHandle {
        pager(self.store(), &self.siren, TOKEN)
    }
}

fn is_live(connection: &Connection) -> bool {
    matches!(connection, Connection::Live { .. })
}

#[tokio::test]
async fn an_alarm_rings_the_desk_until_the_person_checks_in() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    shows(&pager, "a live stream", |view| is_live(&view.connection)).await;
    desk.server.publish(alarm(5));
    desk.siren.until(true).await;
    assert_eq!(desk.siren.sounds(), Some(Loudness::Ramp));
    shows(&pager, "the page", |view| view.pages.len() == 1).await;

    pager.seen(TICKET);
    pager.tap(TICKET, Action::CheckIn);
    desk.siren.until(false).await;
    let all = [Rung::Received, Rung::Sounding, Rung::Seen, Rung::CheckedIn];
    desk.server
        .until("all four receipts", |seen| {
            let rungs = seen.receipts.iter().flat_map(|batch| &batch.receipts);
            let rungs: Vec<Rung> = rungs.map(|receipt| receipt.rung).collect();
            all.iter().all(|rung| rungs.contains(rung))
        })
        .await;
    shows(&pager, "the server's answer", |view| {
        view.taps.is_empty() && view.tickets[0].state_text == "Researching"
    })
    .await;
    assert_eq!(desk.siren.sounds(), None);
    pager.shutdown().await;
}

#[tokio::test]
async fn a_cut_stream_goes_on_where_it_was_cut() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    shows(&pager, "a live stream", |view| is_live(&view.connection)).await;
    desk.server.publish(alarm(5));
    desk.siren.until(true).await;
    desk.server.with(|seen| {
        seen.cut = 1;
        seen.updates.push(checked_in(6, "ben"));
    });
    desk.siren.until(false).await;
    let streams = desk.server.with(|seen| seen.streams.clone());
    assert_eq!(streams, ["00000007-1", "00000007-5"]);
}

#[tokio::test]
async fn a_check_in_is_sent_until_a_busy_server_takes_it_and_counts_once() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    let busy = Trouble::Answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    desk.server.with(|seen| seen.trouble = Some(busy));
    pager.tap(TICKET, Action::CheckIn);
    desk.siren.until(false).await;
    desk.server
        .until("three attempts", |seen| seen.taps_sent >= 3)
        .await;
    desk.server.with(|seen| seen.trouble = None);
    shows(&pager, "the check-in done", |view| view.taps.is_empty()).await;
    let commands = desk.server.with(|seen| std::mem::take(&mut seen.commands));
    assert_eq!(commands.len(), 1);
}

#[tokio::test]
async fn a_check_in_made_offline_outlives_the_process() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    let hotel = Trouble::Answer(StatusCode::NOT_FOUND, "<html>Welcome!</html>".to_owned());
    desk.server.with(|seen| seen.trouble = Some(hotel));
    let id = pager.tap(TICKET, Action::CheckIn);
    pager.settled().await;
    // Killed: nothing is shut down, the file is simply opened again.
    let siren = TestSiren::default();
    let reborn = support::pager(desk.store(), &siren, TOKEN);
    assert_eq!(siren.sounds(), None);
    shows(&reborn, "the tap still waiting", |view| {
        view.taps.len() == 1
    })
    .await;
    drop(pager);
    desk.server.with(|seen| seen.trouble = None);
    desk.server
        .until("the check-in", |seen| {
            seen.commands.iter().any(|c| c.id == id)
        })
        .await;
    shows(&reborn, "the check-in done", |view| view.taps.is_empty()).await;
}

#[tokio::test]
async fn a_hotel_network_that_answers_for_the_server_costs_no_check_in() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    for (attempts, status) in [
        (1, StatusCode::NOT_FOUND),
        (2, StatusCode::FORBIDDEN),
        (3, StatusCode::UNAUTHORIZED),
        (4, StatusCode::OK),
    ] {
        let page = "<html>Welcome! Your room number?</html>".to_owned();
        desk.server
            .with(|seen| seen.trouble = Some(Trouble::Answer(status, page)));
        pager.tap(TICKET, Action::CheckIn);
        desk.server
            .until("more attempts", |seen| seen.taps_sent >= attempts)
            .await;
    }
    desk.server.with(|seen| {
        seen.trouble = None;
        seen.cut = seen.streams.len(); // a new stream sends what waits at once
    });
    shows(&pager, "the check-in done", |view| view.taps.is_empty()).await;
    assert_eq!(desk.server.with(|seen| seen.commands.len()), 1);
    assert!(pager.view().borrow().notices.is_empty());
}

#[tokio::test]
async fn a_restarted_pager_rings_on_before_it_has_reached_the_server() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    pager.settled().await;
    pager.shutdown().await;
    assert_eq!(desk.siren.sounds(), None);
    let siren = TestSiren::default();
    let _pager = support::pager(desk.store(), &siren, TOKEN);
    assert_eq!(siren.sounds(), Some(Loudness::Full), "when start returns");
}

#[tokio::test]
async fn a_process_woken_by_a_push_sounds_before_anything_else() {
    let desk = Desk::new().await;
    let config = Config {
        woken_by: Some(SealedPush {
            transport: Transport::Fcm,
            bytes: sealed(&alarm(5)),
        }),
        ..Config::default()
    };
    let pager = pager_with(desk.store(), &desk.siren, TOKEN, config);
    assert_eq!(
        desk.siren.sounds(),
        Some(Loudness::Ramp),
        "when start returns"
    );
    pager.settled().await;
    let saved = desk.store().load().unwrap();
    assert_eq!(saved.tickets.len(), 1, "and is on disk once it is settled");
}

#[tokio::test]
async fn a_revoked_device_is_told_and_keeps_its_tickets() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    pager.shutdown().await;
    let pager = support::pager(desk.store(), &desk.siren, "revoked");
    shows(&pager, "that it is revoked", |view| {
        view.problems
            .iter()
            .any(|item| item.problem == Problem::Revoked)
            && view.tickets.len() == 1
    })
    .await;
}

#[tokio::test]
async fn a_redirect_does_not_get_the_token() {
    let desk = Desk::new().await;
    let elsewhere = TestServer::start().await;
    let to = Trouble::RedirectTo(format!("{}/v1/sync", elsewhere.url()));
    desk.server.with(|seen| seen.trouble = Some(to));
    let pager = desk.pager();
    shows(&pager, "that it is offline", |view| {
        matches!(view.connection, Connection::Offline { .. })
    })
    .await;
    assert!(elsewhere.with(|seen| seen.authorizations.is_empty()));
}

#[tokio::test]
async fn answers_without_end_are_cut_off() {
    let desk = Desk::new().await;
    let server = Server::new(&desk.server.url(), None, false).unwrap();
    let network = HttpNetwork::new(server, Token::new(TOKEN));
    let garbled = |error: &NetworkError| matches!(error, NetworkError::Garbled { .. });
    desk.server
        .with(|seen| seen.trouble = Some(Trouble::Endless("{\"a\":[")));
    let error = network.sync(None).await.unwrap_err();
    assert!(garbled(&error), "{error}");
    let taken = desk.server.with(|seen| seen.endless_bytes);
    assert!(
        taken < 100 << 20,
        "{taken} bytes, of which many wait in sockets"
    );

    for piece in ["data: x\n", "no line ever ends "] {
        desk.server
            .with(|seen| seen.trouble = Some(Trouble::Endless(piece)));
        let cursor = "00000007-1".parse().unwrap();
        let stream = network.stream(cursor).await.unwrap();
        let events: Vec<_> = futures_util::StreamExt::collect(stream).await;
        assert!(
            matches!(&events[..], [Err(error)] if garbled(error)),
            "{events:?}"
        );
    }
}

#[tokio::test]
async fn nonsense_from_the_server_is_survived() {
    let desk = Desk::new().await;
    for body in ["", "null", "[]", "{\"cursor\":5}", "\u{feff}{}", "{{{{"] {
        let nonsense = Trouble::Answer(StatusCode::OK, body.to_owned());
        desk.server.with(|seen| seen.trouble = Some(nonsense));
        let store = enrolled(&desk.folder.path().join("fresh.db"), &desk.server.url());
        let pager = support::pager(store, &desk.siren, TOKEN);
        shows(&pager, "that it is offline", |view| {
            matches!(view.connection, Connection::Offline { .. })
        })
        .await;
        pager.shutdown().await;
    }
}

#[tokio::test]
async fn only_a_refusal_in_the_servers_own_shape_ends_a_tap() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let refused = Trouble::Answer(status, problem_body(status, "bad_action"));
    desk.server.with(|seen| seen.trouble = Some(refused));
    pager.tap(TICKET, Action::CheckIn);
    shows(&pager, "the refusal", |view| {
        view.notices
            .iter()
            .any(|notice| notice.text.contains("do something else"))
    })
    .await;
    desk.siren.until(true).await;
}

#[tokio::test]
async fn a_disk_that_fails_keeps_no_check_in_from_the_server() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    assert!(pager.settled().await);
    let other = rusqlite::Connection::open(desk.path()).unwrap();
    other
        .execute_batch("ALTER TABLE tickets RENAME TO hidden")
        .unwrap();
    let mut second = alarm(7);
    second["ticket"]["id"] = 2.into();
    second["ticket"]["pages"][0]["id"] = "2.1".into();
    pager.receive_push(Transport::Fcm, sealed(&second));
    let id = pager.tap(TICKET, Action::CheckIn);
    desk.server
        .until("the check-in", |seen| {
            seen.commands.iter().any(|command| command.id == id)
        })
        .await;
    shows(&pager, "that the disk fails", |view| {
        view.problems
            .iter()
            .any(|item| item.problem == Problem::StoreFailed)
    })
    .await;
    assert!(!pager.settled().await, "it is not on disk");
    other
        .execute_batch("ALTER TABLE hidden RENAME TO tickets")
        .unwrap();
    shows(&pager, "that it is well again", |view| {
        view.problems.is_empty()
    })
    .await;
    assert!(pager.settled().await);
    let saved = desk.store().load().unwrap();
    assert_eq!(saved.tickets.len(), 2, "what failed was kept and stored");
    assert!(saved.tickets[0].0.pages.is_empty());
    assert!(saved.taps.is_empty());
}

#[tokio::test]
async fn a_timeline_is_the_servers_or_what_the_device_has_seen_of_it() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    desk.siren.until(true).await;
    desk.server.publish(checked_in(6, "ben"));
    desk.siren.until(false).await;
    let whole = pager.timeline(TICKET).await;
    assert_eq!(
        whole.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [5, 6]
    );
    pager.settled().await;
    let down = Trouble::Answer(StatusCode::BAD_GATEWAY, String::new());
    desk.server.with(|seen| seen.trouble = Some(down));
    assert_eq!(pager.timeline(TICKET).await, whole);
}

#[tokio::test]
async fn a_pager_ends_with_its_last_handle_and_falls_silent() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    let mut view = pager.view();
    pager.receive_push(Transport::Apns, sealed(&alarm(5)));
    desk.siren.until(true).await;
    drop(pager);
    desk.siren.until(false).await;
    let ended = async { while view.changed().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_device_is_enrolled_once_with_a_code_that_is_used_once() {
    let desk = Desk::new().await;
    let secrets = TokenFile::new(desk.folder.path().join("token"));
    let server = || Server::new(&desk.server.url(), None, false).unwrap();
    let random = system_random().unwrap();
    let mut store = Store::open(&desk.path()).unwrap();
    assert!(matches!(store.load(), Err(StoreError::NotEnrolled)));

    let wrong = enroll(server(), "WRONG", "desk", &mut store, &secrets, &random).await;
    assert!(matches!(
        wrong,
        Err(EnrollError::Network(NetworkError::Rejected {
            status: 404,
            ..
        }))
    ));
    assert!(store.account().unwrap().is_none() && secrets.token().unwrap().is_none());

    desk.server.with(|seen| seen.enrolled.clear());
    let account = enroll(server(), CODE, "desk", &mut store, &secrets, &random)
        .await
        .unwrap();
    assert_eq!(account.person_name, "Ana");
    assert_eq!(secrets.token().unwrap(), Some(Token::new(TOKEN)));
    assert_eq!(store.account().unwrap(), Some(account));
    let keys = secrets
        .keys()
        .unwrap()
        .expect("keys that pushes are sealed to");
    let again = device_keys(&secrets, &random).unwrap();
    assert_eq!(keys.secret(), again.secret(), "made once");

    let again = enroll(server(), CODE, "desk", &mut store, &secrets, &random).await;
    assert!(matches!(
        again,
        Err(EnrollError::Store(StoreError::EnrolledAlready))
    ));
    let asked = desk.server.with(|seen| seen.enrolled.len());
    assert_eq!(asked, 1, "no second code is used up in vain");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_token_or_the_tickets() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new().await;
    let secrets = TokenFile::new(desk.folder.path().join("token"));
    secrets.keep(&Token::new("old")).unwrap();
    secrets.keep(&Token::new(TOKEN)).unwrap();
    secrets.keep_keys(&keys()).unwrap();
    let mut store = desk.store();
    let change = tocsin_pager::engine::Change::ClockOffset { offset_ms: 1 };
    store.commit(&[change]).unwrap();
    for file in std::fs::read_dir(desk.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
    assert!(!format!("{:?}", Token::new(TOKEN)).contains(TOKEN));
}

/// A server at `https://localhost` that shows this certificate.
async fn serve_tls(pem: &str, key: &KeyPair) -> (TestServer, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = axum_server::tls_rustls::RustlsConfig::from_pem(
        pem.as_bytes().to_vec(),
        key.serialize_pem().into_bytes(),
    )
    .await
    .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let (server, router) = TestServer::with_address(listener.local_addr().unwrap());
    let serving = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(serving.serve(router.into_make_service()));
    let url = format!("https://localhost:{}", server.address.port());
    (server, url)
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_is_spoken_to_only_by_who_was_given_it() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = issued.cert.pem();
    let (_server, url) = serve_tls(&pem, &issued.signing_key).await;
    let sync = async |trusted: Option<String>| {
        let server = Server::new(&url, trusted, false).unwrap();
        HttpNetwork::new(server, Token::new(TOKEN)).sync(None).await
    };
    assert_eq!(sync(Some(pem)).await.unwrap().cursor.seq, 1);
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for trusted in [None, Some(stranger.cert.pem())] {
        let refused = sync(trusted).await;
        assert!(
            matches!(refused, Err(NetworkError::Unreachable { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_phone_that_is_told_whom_to_trust_speaks_to_servers_that_those_vouch_for() {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "the company's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap().der().to_vec();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let issued = names.signed_by(&key, &issuer).unwrap();
    let (_server, url) = serve_tls(&issued.pem(), &key).await;

    let sync = async |told: Result<Vec<Vec<u8>>, String>| {
        let authorities = Authorities::Told(Arc::new(move || told.clone()));
        let server = Server::new(&url, None, false).unwrap();
        let server = server.vouched_for_by(authorities);
        HttpNetwork::new(server, Token::new(TOKEN)).sync(None).await
    };
    // One of an old kind that rustls cannot read does not spoil the others.
    let unreadable = b"an authority of 1996".to_vec();
    let told = Ok(vec![unreadable.clone(), authority]);
    assert_eq!(sync(told).await.unwrap().cursor.seq, 1);

    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (told, says) in [
        (Ok(vec![stranger.cert.der().to_vec()]), "public authority"),
        (Ok(vec![unreadable]), "of 1 certificate authorities"),
        (Ok(Vec::new()), "trusted credentials"),
        (Err("the phone is locked".to_owned()), "the phone is locked"),
    ] {
        let refused = sync(told).await.unwrap_err();
        assert!(
            matches!(&refused, NetworkError::Unreachable { reason } if reason.contains(says)),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn whom_a_phone_trusts_is_asked_once_and_asked_again_when_it_could_not_say() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (_server, url) = serve_tls(&issued.cert.pem(), &issued.signing_key).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let authorities = {
        let (asked, der) = (Arc::clone(&asked), issued.cert.der().to_vec());
        Authorities::Told(Arc::new(move || {
            match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err("not yet".to_owned()),
                _ => Ok(vec![der.clone()]),
            }
        }))
    };
    let server = Server::new(&url, None, false).unwrap();
    let network = HttpNetwork::new(server.vouched_for_by(authorities), Token::new(TOKEN));
    assert_eq!(asked.load(Ordering::SeqCst), 0, "not before it connects");
    network.sync(None).await.unwrap_err();
    for _ in 0..3 {
        network.sync(None).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn plain_http_to_another_machine_must_be_meant() {
    for address in [
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "https://a.b",
    ] {
        assert!(Server::new(address, None, false).is_ok(), "{address}");
    }
    for address in [
        "http://pager.local",
        "http://localhost.evil.example",
        "http://10.0.0.1",
    ] {
        let refused = Server::new(address, None, false).unwrap_err();
        assert!(refused.to_string().contains("plain http"), "{refused}");
        assert!(Server::new(address, None, true).is_ok(), "{address}");
    }
    for address in ["", "pager", "ftp://a.b", "https://", "//a.b"] {
        let refused = Server::new(address, None, true).unwrap_err();
        assert!(refused.to_string().contains("https://"), "{refused}");
    }
    assert!(Server::new("https://a.b", Some("no certificate".to_owned()), false).is_err());
    let below = Server::new("https://a.b/pager?x=1#y", None, false).unwrap();
    assert_eq!(below.address(), "https://a.b/pager/");
}

#[tokio::test]
async fn a_sealed_push_by_either_format_rings_and_is_received_by_its_transport() {
    for transport in [Transport::Fcm, Transport::WebPush] {
        let desk = Desk::new().await;
        let pager = desk.pager();
        let push_keys = pager.push_keys();
        let bytes = if transport == Transport::Fcm {
            sealed(&alarm(5))
        } else {
            let plain = keys().open(&sealed(&alarm(5))).unwrap();
            tocsin_seal::seal_webpush(&push_keys.p256dh, &push_keys.auth, &plain, &[5; 48]).unwrap()
        };
        assert!(tocsin_seal::SealKey::from_text(&push_keys.key).is_ok());
        pager.receive_push(transport, bytes);
        desk.siren.until(true).await;
        desk.server
            .until("the receipt", |seen| {
                let receipts = seen.receipts.iter().flat_map(|batch| &batch.receipts);
                let mut received = receipts.filter(|receipt| receipt.rung == Rung::Received);
                received
                    .next()
                    .is_some_and(|it| it.transport == Some(transport))
            })
            .await;
    }
}

#[tokio::test]
async fn a_push_that_is_not_sealed_or_was_altered_never_rings() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    pager.receive_push(Transport::Fcm, alarm(5).to_string().into_bytes());
    let mut altered = sealed(&alarm(5));
    *altered.last_mut().unwrap() ^= 1;
    pager.receive_push(Transport::Fcm, altered);
    let stranger = tocsin_pager::DeviceKeys::new([8; 32]).seal_key();
    let foreign = tocsin_seal::seal(&stranger, b"{}", &[1; 32]).unwrap();
    pager.receive_push(Transport::Fcm, foreign);
    shows(&pager, "one notice", |view| view.notices.len() == 1).await;
    pager.settled().await;
    assert_eq!(desk.siren.sounds(), None);
    assert_eq!(pager.view().borrow().notices.len(), 1);
}

#[tokio::test]
async fn the_server_learns_how_to_push_and_how_the_device_is() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    let info = pager.push_info().await.unwrap();
    assert_eq!(info.vapid_public_key.as_deref(), Some("BKey"));
    assert_eq!(info.transports.len(), 2, "also one that only it knows");
    let keys = pager.push_keys();
    let channel = PushChannel {
        address: PushAddress::WebPush {
            endpoint: "https://push.example.org/1".to_owned(),
            p256dh: keys.p256dh,
            auth: keys.auth,
        },
        when: PushWhen::AtOnce,
    };
    pager.push_channels(vec![channel.clone()]);
    desk.server
        .until("the registration and the facts", |seen| {
            seen.registrations
                .iter()
                .any(|it| it.channels == [channel.clone()])
                && seen
                    .statuses
                    .iter()
                    .any(|facts| facts.network.push_registered == Some(true))
        })
        .await;
    assert_eq!(desk.server.with(|seen| seen.registrations.len()), 1);
}

#[tokio::test]
async fn who_is_on_call_now_and_in_the_weeks_to_come_is_asked_of_the_server() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    let teams = pager.on_call().await.unwrap();
    assert_eq!(teams.len(), 1);
    assert_eq!(
        (
            teams[0].team_name.as_str(),
            teams[0].primary.name.as_str(),
            teams[0].next.name.as_str()
        ),
        ("Shop", "Ana", "Ben")
    );
    let shifts = pager.shifts().await.unwrap();
    let who: Vec<_> = shifts
        .iter()
        .map(|shift| (shift.person.name.as_str(), shift.reason.to_string()))
        .collect();
    assert_eq!(
        who,
        [
            ("Ana", "rotation".to_owned()),
            ("Ben", "full_moon".to_owned())
        ],
        "a reason that only a newer server knows costs no shift"
    );
    let shadow = shifts[1].shadow.as_ref().unwrap();
    assert_eq!(shadow.mentor.name, "Ana");
    assert_eq!(shadow.mode, Known::Yes(ShadowMode::MentorShadows));
}

#[tokio::test]
async fn a_drill_is_ordered_for_the_device_that_asks_silent_or_not() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    for audible in [true, false] {
        let ordered = pager.order_drill(audible).await.unwrap();
        assert_eq!(ordered.drill.audible, audible);
        assert_eq!(ordered.device.as_str(), "d1");
    }
    let asked = desk.server.with(|seen| std::mem::take(&mut seen.drills));
    let of_this_device = |audible| DrillRequest {
        device: None,
        audible,
    };
    assert_eq!(asked, [of_this_device(true), of_this_device(false)]);
}

#[tokio::test]
async fn a_ticket_comes_with_who_is_on_call_for_what_its_service_needs() {
    let desk = Desk::new().await;
    desk.server.publish(alarm(5));
    let pager = desk.pager();
    let found = pager.ticket_detail(TICKET).await.unwrap();
    assert_eq!(found.ticket.title, "Checkout fails");
    let [database] = &found.downstream[..] else {
        panic!("one service below: {:?}", found.downstream);
    };
    assert_eq!(database.name, "Orders database");
    assert_eq!(database.on_call.as_ref().unwrap().name, "Mia");
    assert_eq!(database.open_tickets[0].title, "Disk is full");

    let refused = pager.ticket_detail(TicketId(2)).await.unwrap_err();
    assert!(
        matches!(&refused, NetworkError::Rejected { status: 404, detail } if detail == "do something else"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_ends_with_the_reason() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    let busy = Trouble::Answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    desk.server.with(|seen| seen.trouble = Some(busy));
    let refused = pager.order_drill(true).await;
    assert!(
        matches!(refused, Err(NetworkError::Busy { status: 503, .. })),
        "{refused:?}"
    );
    pager.shutdown().await;
    let ended = pager.on_call().await;
    assert!(
        matches!(ended, Err(NetworkError::Unreachable { .. })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_drill_by_stream_and_push_goes_to_the_output_once_and_is_reported() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    shows(&pager, "a live stream", |view| is_live(&view.connection)).await;
    let now = tocsin_pager::runtime::Clock::now(&tocsin_pager::runtime::SystemClock);
    let mut drill = serde_json::json!({
        "id": "nightly-1", "at": now, "expires_at": now.0 + 60_000, "audible": false
    });
    desk.server
        .with(|seen| seen.events.push(("drill", drill.clone())));
    desk.server
        .until("both rungs", |seen| {
            let drills: Vec<_> = seen
                .receipts
                .iter()
                .flat_map(|batch| &batch.drills)
                .collect();
            drills.len() == 2
                && drills[0].transport == Some(Transport::Stream)
                && (drills[1].rung, drills[1].effective_volume) == (Rung::Sounding, Some(0.8))
        })
        .await;
    drill["type"] = "drill".into();
    pager.receive_push(Transport::Fcm, sealed_message(&drill));
    pager.settled().await;
    assert_eq!(*desk.siren.rehearsals.borrow(), 1);
    assert_eq!(desk.siren.sounds(), None);
    shows(&pager, "its result", |view| {
        view.readiness
            .last_drill
            .is_some_and(|drill| drill.passed == Some(true))
    })
    .await;
}

#[tokio::test]
async fn one_tap_checks_in_to_every_page_that_rings() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    let mut second = alarm(6);
    second["ticket"]["id"] = 2.into();
    second["ticket"]["pages"][0]["id"] = "2.1".into();
    shows(&pager, "a live stream", |view| is_live(&view.connection)).await;
    desk.server.publish(alarm(5));
    desk.server.publish(second);
    shows(&pager, "two pages", |view| view.siren.pages == 2).await;
    let id = pager.check_in_all();
    desk.siren.until(false).await;
    desk.server
        .until("one command for both", |seen| {
            seen.commands
                .iter()
                .any(|it| it.id == id && it.also.len() == 1)
        })
        .await;
}

#[tokio::test]
async fn who_goes_offline_on_purpose_is_believed() {
    let desk = Desk::new().await;
    let pager = desk.pager();
    pager.going_offline(Duration::from_secs(600));
    shows(&pager, "the window", |view| view.offline_until.is_some()).await;
    pager.settled().await;
    assert!(desk.store().load().unwrap().offline_window.is_some());
}
