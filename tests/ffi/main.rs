//! The phones' side of the border as Kotlin and Swift see it, against a real server.

mod notification;
mod phone;
mod ports;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tocsin_ffi::{
    ConnectionState, Deed, HomeScreen, PagerError, SafePort, TicketScreen, typed_enrolment,
};
use tocsin_server::serve::TlsFiles;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, PATIENCE, TestServer};
use tocsin_ticket::{TicketId, TicketState};
use tokio::sync::watch;

use phone::{Phone, Shown, Trusting};
use ports::Drawer;

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_nobodys_says_so_and_rings_for_nothing() {
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let phone = Phone::open(&folder, &safe);
    assert_eq!(phone.pager.me().unwrap(), None);
    let error = phone.pager.check_in(TicketId(1)).unwrap_err();
    assert!(matches!(error, PagerError::NotEnrolled { .. }));
    assert!(error.to_string().contains("tocsin enroll"), "{error}");
    assert!(phone.home.borrow().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_rings_until_the_check_in_and_its_story_is_told() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    let ticket = server.alarm("SEV1", "database").await;
    let home = phone
        .until("rang", |home| {
            home.siren.confirmed && !home.pages.is_empty()
        })
        .await;
    assert_eq!(home.me.name, "Ana Silva");
    assert_eq!(home.siren.effective_volume, Some(0.9));
    assert_eq!(home.pages[0].ticket, TicketId(ticket));
    assert_eq!(home.pages[0].severity_text, "SEV1");
    assert!(phone.speaker.sounding.load(Ordering::SeqCst));

    let (show, mut shown) = watch::channel(None);
    let observer = Arc::new(Shown(show));
    let _looking = phone.pager.observe_ticket(TicketId(ticket), observer);
    let offers = |deed| {
        move |it: &Option<TicketScreen>| it.as_ref().is_some_and(|it| it.deeds.contains(&deed))
    };
    let wait = tokio::time::timeout(PATIENCE, shown.wait_for(offers(Deed::CheckIn))).await;
    let screen = wait.unwrap().unwrap().clone().unwrap();
    assert!(!screen.timeline.is_empty());
    let told: String = screen
        .timeline
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert!(told.contains("half past two"), "{told}");

    phone.pager.check_in(TicketId(ticket)).unwrap();
    phone.until("was silent", |home| !home.siren.ringing).await;
    phone
        .until("was answered", |home| home.waiting.is_empty())
        .await;
    assert!(!phone.speaker.sounding.load(Ordering::SeqCst));
    assert_eq!(phone.speaker.starts.load(Ordering::SeqCst), 1);
    let at_server = server.admin.ticket(ticket).await;
    assert_eq!(at_server.state.get(), Some(&TicketState::Researching));
    let wait = tokio::time::timeout(PATIENCE, async {
        let told = |it: &Option<TicketScreen>| {
            let mut lines = it.iter().flat_map(|it| &it.timeline);
            lines.any(|line| line.text.contains("Ana Silva checked in"))
        };
        shown.wait_for(told).await.unwrap().clone().unwrap()
    });
    let screen = wait.await.unwrap();
    assert!(!screen.deeds.contains(&Deed::CheckIn) && screen.deeds.contains(&Deed::StartWork));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_enrolled_over_tls_only_where_its_system_trusts_who_vouches_for_the_server() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = tempfile::tempdir().unwrap();
    let tls = TlsFiles {
        certificate: files.path().join("certificate.pem"),
        key: files.path().join("key.pem"),
    };
    std::fs::write(&tls.certificate, own.cert.pem()).unwrap();
    std::fs::write(&tls.key, own.signing_key.serialize_pem()).unwrap();
    let certificate = reqwest::Certificate::from_der(own.cert.der()).unwrap();
    let (mut server, ready) = TestServer::fresh(
        |options| options.tls = Some(tls),
        |base| Api::built(base, |client| client.tls_certs_only([certificate])),
    )
    .await;
    server.log_in(&ready.admin_code.unwrap()).await;
    server.apply(&with_policy(UNHURRIED)).await;

    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for trusted in [vec![], vec![other.cert.der().to_vec()]] {
        let wary = Phone::trusting(&folder, &safe, Some(Arc::new(Trusting(trusted))));
        let refused = wary.enrol(&server).await.unwrap_err();
        assert!(
            matches!(&refused, PagerError::Unreachable { text } if text.contains("certificate")),
            "{refused:?}"
        );
    }
    let trusted = Arc::new(Trusting(vec![own.cert.der().to_vec()]));
    let mut phone = Phone::trusting(&folder, &safe, Some(trusted));
    phone.enrol(&server).await.unwrap();
    server.alarm("SEV1", "database").await;
    phone.until("rang", |home| home.siren.confirmed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_rings_again_when_the_process_was_killed_meanwhile() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    let ticket = server.alarm("SEV2", "queue").await;
    phone.until("rang", |home| home.siren.confirmed).await;
    phone.pager.settled().await;
    drop(phone);
    let phone = Phone::open(&folder, &safe);
    assert!(
        phone.speaker.sounding.load(Ordering::SeqCst),
        "it rings before open returns"
    );
    phone.pager.check_in(TicketId(ticket)).unwrap();
    phone.pager.settled().await;
    phone.pager.shut_down().await;
    assert!(!phone.speaker.sounding.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loudspeaker_that_fails_is_on_the_screen_and_tried_again() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    phone.speaker.broken.store(true, Ordering::SeqCst);
    server.alarm("SEV1", "database").await;
    let failed = |home: &HomeScreen| home.siren.failure.is_some();
    let home = phone.until("said that it is mute", failed).await;
    assert_eq!(
        home.siren.failure.as_deref(),
        Some("no loudspeaker; plug one in")
    );
    assert!(home.problems.iter().any(|it| it.contains("plug one in")));
    phone.speaker.broken.store(false, Ordering::SeqCst);
    phone
        .until("rang after all", |home| home.siren.confirmed)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_forgotten_is_silent_empty_and_can_be_enrolled_anew() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::<Drawer>::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    server.alarm("SEV1", "database").await;
    phone.until("rang", |home| home.siren.confirmed).await;
    phone.pager.forget().await.unwrap();
    assert!(!phone.speaker.sounding.load(Ordering::SeqCst));
    assert!(safe.0.lock().unwrap().is_empty());
    let left = std::fs::read_dir(phone::shared(&folder)).unwrap();
    assert_eq!(left.count(), 0, "other processes see nothing of it either");
    assert_eq!(phone.pager.me().unwrap(), None);
    let gone = tokio::time::timeout(PATIENCE, phone.home.wait_for(Option::is_none)).await;
    gone.unwrap().unwrap();

    let code = server.admin.code("ben").await;
    let enrolment = typed_enrolment(server.admin.base().to_owned(), code).unwrap();
    let name = "Ben's phone".to_owned();
    phone
        .pager
        .enroll(enrolment, name, None, false)
        .await
        .unwrap();
    let home = phone.until("was Ben's", |_| true).await;
    assert_eq!(home.me.id.as_str(), "ben");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_call_and_when_i_am_is_asked_of_the_server() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    let live =
        |home: &HomeScreen| home.on_call && matches!(home.connection, ConnectionState::Live { .. });
    phone.until("was live", live).await;
    let screen = phone.pager.on_call().await.unwrap();
    let shop = &screen.now[0];
    assert_eq!((shop.primary.as_str(), shop.is_me), ("Ana Silva", true));
    assert!(!screen.mine.is_empty());
    assert!(screen.mine.is_sorted_by_key(|shift| shift.from));
    phone.pager.order_drill(false).await.unwrap();
    let drilled = |home: &HomeScreen| {
        let drill = home.readiness.last_drill;
        drill.is_some_and(|drill| drill.passed == Some(true))
    };
    phone.until("passed the drill", drilled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_used_is_refused_in_words_that_help() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let phone = Phone::open(&folder, &safe);
    let typed = typed_enrolment(server.admin.base().to_owned(), "AAAAA-AAAAA".to_owned());
    let name = "a phone".to_owned();
    let refused = phone.pager.enroll(typed.unwrap(), name, None, false).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, PagerError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("code"), "{error}");
    assert_eq!(phone.pager.me().unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_safe_has_lost_its_token_says_so_and_is_enrolled_anew() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::<Drawer>::default());
    let phone = Phone::enrolled(&folder, &safe, &server).await;
    phone.pager.shut_down().await;
    drop(phone);
    safe.forget("token".to_owned()).unwrap();

    let mut phone = Phone::open(&folder, &safe);
    let error = phone.pager.check_in(TicketId(1)).unwrap_err();
    assert!(matches!(error, PagerError::NotEnrolled { .. }), "{error:?}");
    assert!(error.to_string().contains("lost the token"), "{error}");
    phone.enrol(&server).await.unwrap();
    server.alarm("SEV1", "database").await;
    phone.until("rang", |home| home.siren.confirmed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_is_started_again_and_rings_on() {
    let server = TestServer::start(UNHURRIED).await;
    let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
    let mut phone = Phone::enrolled(&folder, &safe, &server).await;
    let ticket = server.alarm("SEV1", "database").await;
    phone.until("rang", |home| home.siren.confirmed).await;
    phone.pager.settled().await;
    phone.speaker.sounding.store(false, Ordering::SeqCst);
    phone.device.break_down();
    phone.pager.device_changed();
    let speaker = Arc::clone(&phone.speaker);
    let rang_on =
        |home: &HomeScreen| home.siren.confirmed && speaker.starts.load(Ordering::SeqCst) == 2;
    phone.until("rang on", rang_on).await;
    phone.pager.check_in(TicketId(ticket)).unwrap();
    phone.until("was silent", |home| !home.siren.ringing).await;
}
