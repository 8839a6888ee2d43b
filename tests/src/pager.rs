//! The real phone engine on a real store, with a siren that remembers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use tocsin_pager::engine::{Connection, DeviceStatus, Loudness, SirenEvent};
use tocsin_pager::net::Server;
use tocsin_pager::runtime::{
    Config, Device, Ports, SirenOutput, SirenReporter, SystemClock, device_keys, enroll,
    system_random,
};
use tocsin_pager::store::{Secrets, TokenFile};
use tocsin_pager::{HttpNetwork, Pager, PagerHandle, Store, View};
use tocsin_ticket::TicketId;
use tocsin_wire::{Action, CommandId};

use crate::{PATIENCE, TestServer};

/// Name of a phone's database in its folder; the token lies beside it.
pub const PAGER_STORE: &str = "pager.db";

/// A siren output that sounds in silence and remembers how often it was started.
#[derive(Debug, Clone, Default)]
pub struct RecordingSiren(Arc<Mutex<Rings>>);

#[derive(Debug, Default)]
struct Rings {
    sounding: bool,
    starts: usize,
    reporter: Option<SirenReporter>,
}

impl RecordingSiren {
    /// Whether it sounds.
    #[must_use]
    pub fn is_sounding(&self) -> bool {
        self.rings().sounding
    }

    /// How often silence was broken.
    #[must_use]
    pub fn starts(&self) -> usize {
        self.rings().starts
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SirenOutput for RecordingSiren {
    fn report_to(&self, reporter: SirenReporter) {
        self.rings().reporter = Some(reporter);
    }

    fn start(&self, _: Loudness) {
        let mut rings = self.rings();
        if !std::mem::replace(&mut rings.sounding, true) {
            rings.starts += 1;
        }
        if let Some(reporter) = &rings.reporter {
            reporter.report(SirenEvent::Started {
                effective_volume: Some(1.0),
            });
        }
    }

    fn rehearse(&self) {
        if let Some(reporter) = &self.rings().reporter {
            reporter.report(SirenEvent::Rehearsed {
                effective_volume: Some(1.0),
            });
        }
    }

    fn stop(&self) {
        self.rings().sounding = false;
    }
}

/// A device about which nothing is known.
struct Desk;

impl Device for Desk {
    fn status(&self) -> DeviceStatus {
        DeviceStatus::default()
    }
}

/// Starts the engine on the store and token in a folder.
///
/// # Panics
/// When the folder holds no enrolled device.
#[must_use]
pub fn start_pager(folder: &Path, siren: Box<dyn SirenOutput>) -> PagerHandle {
    let store = Store::open(&folder.join(PAGER_STORE)).expect("the phone's store");
    let account = store
        .account()
        .expect("a readable store")
        .expect("an enrolled device");
    let token = secrets(folder)
        .token()
        .expect("a readable token")
        .expect("a token");
    let random = system_random().expect("randomness");
    let ports = Ports {
        clock: Box::new(SystemClock),
        siren,
        device: Box::new(Desk),
        network: HttpNetwork::new(account.server, token),
        keys: device_keys(&secrets(folder), &random).expect("the phone's keys"),
        random,
    };
    Pager::start(store, Config::default(), ports).expect("a pager")
}

fn secrets(folder: &Path) -> TokenFile {
    TokenFile::new(folder.join("token"))
}

/// Somebody's phone.
#[derive(Debug)]
pub struct TestPager {
    /// The engine.
    pub handle: PagerHandle,
    /// Its siren, unless the test brought one of its own.
    pub siren: RecordingSiren,
    folder: TempDir,
    person: String,
}

impl TestPager {
    /// Enrols a device of `person` and waits until it is on the live stream.
    pub async fn of(server: &TestServer, person: &str) -> Self {
        let base = format!("http://{}", server.address());
        Self::through(
            server,
            person,
            Server::new(&base, None, false).expect("an address"),
        )
        .await
    }

    /// The same with another way to the server.
    pub async fn through(server: &TestServer, person: &str, way: Server) -> Self {
        let folder = Self::enrolled(server, person, way).await;
        let siren = RecordingSiren::default();
        let handle = start_pager(folder.path(), Box::new(siren.clone()));
        let pager = Self {
            handle,
            siren,
            folder,
            person: person.to_owned(),
        };
        pager.wait_until_live().await;
        pager
    }

    /// The same with a siren of the test's.
    pub async fn with_siren(
        server: &TestServer,
        person: &str,
        siren: Box<dyn SirenOutput>,
    ) -> Self {
        let base = format!("http://{}", server.address());
        let way = Server::new(&base, None, false).expect("an address");
        let folder = Self::enrolled(server, person, way).await;
        let handle = start_pager(folder.path(), siren);
        let siren = RecordingSiren::default();
        let pager = Self {
            handle,
            siren,
            folder,
            person: person.to_owned(),
        };
        pager.wait_until_live().await;
        pager
    }

    /// A folder with a device that is enrolled and not started.
    ///
    /// # Panics
    /// As everything here, when something is not as the test needs it.
    pub async fn enrolled(server: &TestServer, person: &str, way: Server) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder for the phone");
        let mut store = Store::open(&folder.path().join(PAGER_STORE)).expect("a store");
        let code = server.admin.code(person).await;
        let name = format!("{person}'s phone");
        let random = system_random().expect("randomness");
        let secrets = secrets(folder.path());
        enroll(way, &code, &name, &mut store, &secrets, &random)
            .await
            .expect("an enrolled device");
        folder
    }

    /// Where the phone keeps its things.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The screen now.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.handle.view().borrow().clone()
    }

    /// Waits until the screen is as wanted; `what` says so in a failure.
    #[track_caller]
    pub fn wait(
        &self,
        what: &str,
        wanted: impl FnMut(&Arc<View>) -> bool,
    ) -> impl Future<Output = Arc<View>> {
        let caller = std::panic::Location::caller();
        let (mut views, person, what) = (self.handle.view(), self.person.clone(), what.to_owned());
        async move {
            let seen = match tokio::time::timeout(PATIENCE, views.wait_for(wanted)).await {
                Ok(seen) => Some(seen.expect("a running pager").clone()),
                Err(_) => None,
            };
            seen.unwrap_or_else(|| {
                panic!(
                    "{caller}: {person}'s phone never {what}: {:#?}",
                    views.borrow()
                )
            })
        }
    }

    /// Waits for the live stream.
    #[track_caller]
    pub fn wait_until_live(&self) -> impl Future<Output = Arc<View>> {
        self.wait("was live", |view| {
            matches!(view.connection, Connection::Live { .. })
        })
    }

    /// Waits until it rings, as the screen says and the siren does.
    pub async fn wait_until_ringing(&self) -> Arc<View> {
        let siren = self.siren.clone();
        self.wait("rang", move |view| {
            view.siren.ringing && siren.is_sounding()
        })
        .await
    }

    /// Waits until it does not ring.
    pub async fn wait_until_silent(&self) -> Arc<View> {
        let siren = self.siren.clone();
        self.wait("fell silent", move |view| {
            !view.siren.ringing && !siren.is_sounding()
        })
        .await
    }

    /// Waits until the server has answered every tap.
    pub async fn wait_until_sent(&self) -> Arc<View> {
        self.wait("sent its taps", |view| view.taps.is_empty())
            .await
    }

    /// Taps, and returns once the tap is on the screen and on the disk.
    pub async fn tap(&self, ticket: u64, action: Action) -> CommandId {
        let id = self.handle.tap(TicketId(ticket), action);
        self.handle.settled().await;
        id
    }
}
