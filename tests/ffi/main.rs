//! The phones' side of the border as Kotlin and Swift see it, against a real server. The ports are
//! what a shell would perform, written down instead.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;
use tocsin_ffi::{
    AuthoritiesPort, ClockPort, ConnectionState, Deed, DevicePort, HomeObserver, HomeScreen,
    Observation, Pager, PagerError, PortError, Ports, SafePort, Setup, SirenPort, TicketObserver,
    TicketScreen, typed_enrolment,
};
use tocsin_pager::Language;
use tocsin_pager::engine::{Loudness, SirenEvent};
use tocsin_readiness::Facts;
use tocsin_server::serve::TlsFiles;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, PATIENCE, TestServer};
use tocsin_ticket::{Millis, TicketId, TicketState};
use tokio::sync::watch;

/// A loudspeaker that remembers; it reaches the pager only through a weak reference, as a shell's
/// must.
#[derive(Default)]
struct Speaker {
    sounding: AtomicBool,
    starts: AtomicUsize,
    broken: AtomicBool,
    pager: Mutex<Weak<Pager>>,
}

impl Speaker {
    fn report(&self, event: SirenEvent) {
        let pager = self.pager.lock().unwrap_or_else(PoisonError::into_inner);
        let pager = pager.upgrade();
        if let Some(pager) = pager {
            pager.siren_reported(event);
        }
    }
}

impl SirenPort for Speaker {
    fn start(&self, _: Loudness) -> Result<(), PortError> {
        if self.broken.load(Ordering::SeqCst) {
            let text = "no loudspeaker; plug one in".to_owned();
            return Err(PortError::Failed { text });
        }
        if !self.sounding.swap(true, Ordering::SeqCst) {
            self.starts.fetch_add(1, Ordering::SeqCst);
        }
        self.report(SirenEvent::Started {
            effective_volume: Some(0.9),
        });
        Ok(())
    }

    fn rehearse(&self) -> Result<(), PortError> {
        self.report(SirenEvent::Rehearsed {
            effective_volume: Some(0.9),
        });
        Ok(())
    }

    fn stop(&self) -> Result<(), PortError> {
        self.sounding.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// A wall that tells the time in one way only.
struct Wall;

impl ClockPort for Wall {
    fn now(&self) -> Result<Millis, PortError> {
        let text = "no clock here".to_owned();
        Err(PortError::Failed { text })
    }

    fn time_of_day(&self, _: Millis) -> Result<String, PortError> {
        Ok("half past two".to_owned())
    }
}

struct Unknown;

impl DevicePort for Unknown {
    fn facts(&self) -> Result<Facts, PortError> {
        Ok(Facts::default())
    }
}

#[derive(Default)]
struct Drawer(Mutex<HashMap<String, Vec<u8>>>);

impl SafePort for Drawer {
    fn keep(&self, name: String, secret: Vec<u8>) -> Result<(), PortError> {
        self.0.lock().unwrap().insert(name, secret);
        Ok(())
    }

    fn find(&self, name: String) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.0.lock().unwrap().get(&name).cloned())
    }

    fn forget(&self, name: String) -> Result<(), PortError> {
        self.0.lock().unwrap().remove(&name);
        Ok(())
    }
}

/// A system that trusts these authorities.
struct Trusting(Vec<Vec<u8>>);

impl AuthoritiesPort for Trusting {
    fn trusted(&self) -> Result<Vec<Vec<u8>>, PortError> {
        Ok(self.0.clone())
    }
}

/// What a screen shows at present.
struct Shown<T>(watch::Sender<Option<T>>);

impl HomeObserver for Shown<HomeScreen> {
    fn show(&self, home: Option<HomeScreen>) -> Result<(), PortError> {
        self.0.send_replace(home);
        Ok(())
    }
}

impl TicketObserver for Shown<TicketScreen> {
    fn show(&self, ticket: Option<TicketScreen>) -> Result<(), PortError> {
        self.0.send_replace(ticket);
        Ok(())
    }
}

/// A phone with nothing around the pager.
struct Phone {
    pager: Arc<Pager>,
    speaker: Arc<Speaker>,
    home: watch::Receiver<Option<HomeScreen>>,
    _looking: Arc<Observation>,
}

impl Phone {
    fn open(folder: &TempDir, safe: &Arc<Drawer>) -> Self {
        Self::trusting(folder, safe, None)
    }

    fn trusting(
        folder: &TempDir,
        safe: &Arc<Drawer>,
        authorities: Option<Arc<dyn AuthoritiesPort>>,
    ) -> Self {
        let speaker = Arc::new(Speaker::default());
        let ports = Ports {
            siren: speaker.clone(),
            clock: Arc::new(Wall),
            device: Arc::new(Unknown),
            safe: safe.clone(),
            authorities,
        };
        let setup = Setup {
            folder: folder.path().to_str().unwrap().to_owned(),
            language: Language::English,
            woken_by: None,
        };
        let pager = Pager::open(setup, ports).unwrap();
        *speaker.pager.lock().unwrap() = Arc::downgrade(&pager);
        let (show, home) = watch::channel(None);
        let looking = pager.observe(Arc::new(Shown(show)));
        Self {
            pager,
            speaker,
            home,
            _looking: looking,
        }
    }

    async fn enrolled(folder: &TempDir, safe: &Arc<Drawer>, server: &TestServer) -> Self {
        let phone = Self::open(folder, safe);
        phone.enrol(server).await.unwrap();
        phone
    }

    async fn enrol(&self, server: &TestServer) -> Result<(), PagerError> {
        let code = server.admin.code("ana").await;
        let enrolment = typed_enrolment(server.admin.base().to_owned(), code).unwrap();
        let name = "Ana's phone".to_owned();
        self.pager.enroll(enrolment, name, None, false).await
    }

    async fn until(&mut self, what: &str, reached: impl Fn(&HomeScreen) -> bool) -> HomeScreen {
        let reached = |home: &Option<HomeScreen>| home.as_ref().is_some_and(&reached);
        let wait = tokio::time::timeout(PATIENCE, self.home.wait_for(reached)).await;
        let home = wait.unwrap_or_else(|_| panic!("the phone never: {what}"));
        home.unwrap().clone().unwrap()
    }
}

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
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
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
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
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
