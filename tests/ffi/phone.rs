//! A phone with nothing around the pager: the ports are what a shell would perform, written down
//! instead.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;
use tocsin_ffi::{
    AuthoritiesPort, DevicePort, HomeObserver, HomeScreen, Observation, Pager, PagerError,
    PortError, Ports, Push, Setup, SirenPort, TicketObserver, TicketScreen, typed_enrolment,
};
use tocsin_pager::Language;
use tocsin_pager::engine::{Loudness, SirenEvent};
use tocsin_readiness::Facts;
use tocsin_tests::{PATIENCE, TestServer};
use tokio::sync::watch;

use crate::ports::{Drawer, Unknown, Wall};

/// A device of which nothing is known, and which may break down once.
#[derive(Default)]
pub struct Fragile(AtomicBool);

impl Fragile {
    /// The next question to it takes down whoever asks.
    pub fn break_down(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl DevicePort for Fragile {
    fn facts(&self) -> Result<Facts, PortError> {
        assert!(!self.0.swap(false, Ordering::SeqCst), "broke down, as told");
        Unknown.facts()
    }
}

/// A loudspeaker that remembers; it reaches the pager only through a weak reference, as a shell's
/// must.
#[derive(Default)]
pub struct Speaker {
    pub sounding: AtomicBool,
    pub starts: AtomicUsize,
    pub broken: AtomicBool,
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

/// A system that trusts these authorities.
pub struct Trusting(pub Vec<Vec<u8>>);

impl AuthoritiesPort for Trusting {
    fn trusted(&self) -> Result<Vec<Vec<u8>>, PortError> {
        Ok(self.0.clone())
    }
}

/// What a screen shows at present.
pub struct Shown<T>(pub watch::Sender<Option<T>>);

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

/// The folder that a phone's processes share.
pub fn shared(folder: &TempDir) -> String {
    let shared = folder.path().join("shared");
    std::fs::create_dir_all(&shared).unwrap();
    shared.to_str().unwrap().to_owned()
}

/// A phone with nothing around the pager.
pub struct Phone {
    pub pager: Arc<Pager>,
    pub speaker: Arc<Speaker>,
    pub device: Arc<Fragile>,
    pub home: watch::Receiver<Option<HomeScreen>>,
    _looking: Arc<Observation>,
}

impl Phone {
    pub fn open(folder: &TempDir, safe: &Arc<Drawer>) -> Self {
        Self::told(folder, safe, None, None)
    }

    /// Opened because of a push.
    pub fn woken(folder: &TempDir, safe: &Arc<Drawer>, push: Option<Push>) -> Self {
        Self::told(folder, safe, None, push)
    }

    /// On a system that vouches for servers in its own way.
    pub fn trusting(
        folder: &TempDir,
        safe: &Arc<Drawer>,
        authorities: Option<Arc<dyn AuthoritiesPort>>,
    ) -> Self {
        Self::told(folder, safe, authorities, None)
    }

    fn told(
        folder: &TempDir,
        safe: &Arc<Drawer>,
        authorities: Option<Arc<dyn AuthoritiesPort>>,
        woken_by: Option<Push>,
    ) -> Self {
        let speaker = Arc::new(Speaker::default());
        let device = Arc::new(Fragile::default());
        let ports = Ports {
            siren: speaker.clone(),
            clock: Arc::new(Wall),
            device: device.clone(),
            safe: safe.clone(),
            authorities,
        };
        let setup = Setup {
            folder: folder.path().to_str().unwrap().to_owned(),
            language: Language::English,
            woken_by,
            shared_folder: Some(shared(folder)),
        };
        let pager = Pager::open(setup, ports).unwrap();
        *speaker.pager.lock().unwrap() = Arc::downgrade(&pager);
        let (show, home) = watch::channel(None);
        let looking = pager.observe(Arc::new(Shown(show)));
        Self {
            pager,
            speaker,
            device,
            home,
            _looking: looking,
        }
    }

    pub async fn enrolled(folder: &TempDir, safe: &Arc<Drawer>, server: &TestServer) -> Self {
        let phone = Self::open(folder, safe);
        phone.enrol(server).await.unwrap();
        phone
    }

    pub async fn enrol(&self, server: &TestServer) -> Result<(), PagerError> {
        let code = server.admin.code("ana").await;
        let enrolment = typed_enrolment(server.admin.base().to_owned(), code).unwrap();
        let name = "Ana's phone".to_owned();
        self.pager.enroll(enrolment, name, None, false).await
    }

    pub async fn until(&mut self, what: &str, reached: impl Fn(&HomeScreen) -> bool) -> HomeScreen {
        let reached = |home: &Option<HomeScreen>| home.as_ref().is_some_and(&reached);
        let wait = tokio::time::timeout(PATIENCE, self.home.wait_for(reached)).await;
        let home = wait.unwrap_or_else(|_| panic!("the phone never: {what}"));
        home.unwrap().clone().unwrap()
    }
}
