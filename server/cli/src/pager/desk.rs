//! A pager on this machine: its file, its token, its enrolment, its engine.

use core::time::Duration;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use tocsin_pager::engine::Connection;
use tocsin_pager::net::Server;
use tocsin_pager::runtime::{
    Config, EnrollError, Ports, SystemClock, device_keys, enroll, system_random,
};
use tocsin_pager::store::{StoreError, TokenFile};
use tocsin_pager::{
    Account, HttpNetwork, Language, NetworkError, Pager, PagerHandle, Secrets, Store,
};
use tocsin_siren::playback::Output;

use super::device::DeskDevice;
use super::sound::DeskSiren;
use crate::failure::{Context, Failure};

/// How often the computer is looked at for what does not announce itself: its battery.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A pager's file, which no other process uses as long as this value lives.
pub struct Desk {
    path: PathBuf,
    store: Store,
    _lock: File,
}

/// A running pager. Dropping it ends it; [`Running::handle`]'s shutdown ends it in order.
pub struct Running {
    /// The engine.
    pub handle: PagerHandle,
    /// Its loudspeaker.
    pub siren: DeskSiren,
    /// The computer.
    pub device: DeskDevice,
    watch: tokio::task::JoinHandle<()>,
    _lock: File,
}

impl Desk {
    /// Opens the file and makes it if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or another pager uses it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let what = path.display();
        if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).context(&what)?;
        }
        let lock = File::create(path.with_extension("lock")).context(&what)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::failed(format!(
                    "{what}: another pager is using this file; end it, or start this one with \
                     another --store"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(error).context(&what),
        }
        let store = Store::open(path).context(&what)?;
        Ok(Self {
            path: path.to_owned(),
            store,
            _lock: lock,
        })
    }

    /// Uses up a code to make this a device of whoever it was made for.
    ///
    /// # Errors
    /// When the server refuses, or the file cannot be written.
    pub async fn enroll(
        &mut self,
        server: Server,
        code: &str,
        name: &str,
    ) -> Result<Account, Failure> {
        let token = self.token();
        let random = system_random().context("randomness")?;
        enroll(server, code, name, &mut self.store, &token, &random)
            .await
            .map_err(|error| {
                let text = error.to_string();
                match error {
                    EnrollError::Network(NetworkError::Rejected { detail, .. }) => {
                        Failure::refused(detail)
                    }
                    EnrollError::Store(StoreError::EnrolledAlready) => Failure::refused(text),
                    _ => Failure::failed(text),
                }
            })
    }

    fn token(&self) -> TokenFile {
        TokenFile::new(self.path.with_extension("token"))
    }

    /// Starts the engine. The siren sounds before this returns if a page is waiting.
    ///
    /// # Errors
    /// When the pager is not enrolled, or the machine refuses what it needs.
    pub fn start(self, output: Output, language: Language) -> Result<Running, Failure> {
        let what = self.path.display();
        let Some(Account { server, .. }) = self.store.account().context(&what)? else {
            return Err(Failure::from_not_enrolled(&self.path));
        };
        let token = self.token().token().context(&what)?.ok_or_else(|| {
            Failure::failed(format!(
                "{}: the token is gone; move {what} away and enrol this pager again",
                self.path.with_extension("token").display()
            ))
        })?;
        let random = system_random().context("randomness")?;
        let keys = device_keys(&self.token(), &random).context(&what)?;
        let siren = DeskSiren::new(output).context("siren")?;
        let device = DeskDevice::new(siren.clone(), self.path.with_extension("heard"));
        let ports = Ports {
            clock: Box::new(SystemClock),
            siren: Box::new(siren.clone()),
            device: Box::new(device.clone()),
            network: HttpNetwork::new(server, token),
            keys,
            random,
        };
        let config = Config {
            language,
            ..Config::default()
        };
        let handle = Pager::start(self.store, config, ports).context(&what)?;
        let watch = tokio::spawn(watch(siren.clone(), device.clone(), handle.clone()));
        Ok(Running {
            handle,
            siren,
            device,
            watch,
            _lock: self._lock,
        })
    }
}

impl Failure {
    fn from_not_enrolled(path: &Path) -> Self {
        Self::failed(format!(
            "{}: this pager is not enrolled; an administrator makes a code with `tocsin enroll \
             PERSON`, then run `tocsin pager --server URL --code CODE`",
            path.display()
        ))
    }
}

/// Tells the engine when something about the computer may have changed.
async fn watch(siren: DeskSiren, device: DeskDevice, handle: PagerHandle) {
    let mut view = handle.view();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let live = matches!(view.borrow_and_update().connection, Connection::Live { .. });
        if device.note_reached(live) {
            handle.device_changed();
        }
        tokio::select! {
            () = siren.output_changed() => handle.device_changed(),
            _ = look.tick() => handle.device_changed(),
            changed = view.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
