//! The pager, as a shell sees it.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tocsin_pager::engine::{OFFLINE_WINDOW, SirenEvent};
use tocsin_pager::net::Server;
use tocsin_pager::runtime::{Config, Ports as EnginePorts, SealedPush, device_keys, system_random};
use tocsin_pager::{HttpNetwork, Language, PagerHandle, Secrets, Store};
use tocsin_ticket::{HelpTarget, IncidentRole, PersonId, Severity, TicketId, Transport};
use tocsin_wire::{Action, ApnsEnvironment, PushAddress, PushChannel, PushWhen};
use tokio::sync::watch;

use crate::observe::{self, HomeObserver, Observation, TicketObserver};
use crate::ports::{ShellClock, ShellDevice, ShellSafe, Siren};
use crate::screens::{self, OnCallScreen, PersonName};
use crate::threads::Threads;
use crate::{Enrolment, PagerError, Ports, log};

/// How long after its death an engine is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Threads of the pager's own runtime: while a shell's port is slow on one, the other goes on.
const THREADS: usize = 2;

/// What a pager is told when it opens.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Setup {
    /// Where the device's file and log lie; it must be there, belong to this app alone, be left out
    /// of backups, and open before the first unlock after a reboot. On iOS no folder of an App Group:
    /// the system ends apps that are suspended while they hold a lock on a file there.
    pub folder: String,
    /// The language of every text.
    pub language: Language,
    /// The push that woke this process, if one did: it sounds before anything else happens.
    #[uniffi(default = None)]
    pub woken_by: Option<Push>,
    /// Where a [`crate::Notifier`] finds what it needs to know: the App Group's folder on iOS, under
    /// the same conditions; nothing where there is no such process.
    #[uniffi(default = None)]
    pub shared_folder: Option<String>,
}

/// A push as it came, sealed to this device.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Push {
    /// How.
    pub transport: Transport,
    /// What.
    pub bytes: Vec<u8>,
}

/// Whose device this is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Me {
    /// The person.
    pub person: PersonName,
    /// The device's id at the server.
    pub device: String,
    /// The server's address.
    pub server: String,
}

/// A way to push to this device, as the platform gave it.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum PushEndpoint {
    /// RFC 8030: a UnifiedPush distributor's.
    WebPush {
        /// Where to post.
        endpoint: String,
    },
    /// Firebase, for teams that build the app with their own project.
    Fcm {
        /// The registration token.
        token: String,
    },
    /// Apple's.
    Apns {
        /// The device token, in hexadecimal digits.
        token: String,
        /// Which of Apple's services knows it.
        environment: ApnsEnvironment,
        /// The app's bundle id.
        topic: String,
    },
}

/// What a sender needs to seal to this device over WebPush (RFC 8291), in base64url without padding.
/// Whoever has them can push to the device.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PushKeysText {
    /// The public key.
    pub p256dh: String,
    /// The other half.
    pub auth: String,
}

/// What a server can push with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PushOffer {
    /// The key that a WebPush endpoint is to be bound to (RFC 8292), if the server has one.
    pub vapid_public_key: Option<String>,
    /// The ways that it is set up for.
    pub transports: Vec<Transport>,
}

/// The pager. One for a process; everything is done on its own threads.
#[derive(uniffi::Object)]
pub struct Pager {
    threads: Threads,
    shared: Arc<Shared>,
}

/// What tasks need of the pager without keeping it alive.
pub(crate) struct Shared {
    folder: PathBuf,
    /// What other processes may know.
    glimpse: Option<PathBuf>,
    pub ports: Ports,
    siren: Siren,
    /// What an engine that starts speaks.
    language: Mutex<Language>,
    /// The engine that runs; nothing while the device is not enrolled.
    pub engine: watch::Sender<Option<PagerHandle>>,
    changing: Mutex<()>,
}

#[uniffi::export]
impl Pager {
    /// Opens the pager. On an enrolled device the engine runs when this returns, and the siren
    /// sounds already if a page rings.
    ///
    /// # Errors
    /// [`PagerError::Device`] when the device's file or safe cannot be used.
    #[uniffi::constructor]
    pub fn open(setup: Setup, ports: Ports) -> Result<Arc<Self>, PagerError> {
        let folder = PathBuf::from(&setup.folder);
        log::start(&folder);
        tracing::info!("opened");
        let threads = Threads::new(THREADS)?;
        let shared = Arc::new(Shared {
            folder,
            glimpse: setup.shared_folder.as_deref().map(glimpse_in),
            siren: Siren::new(Arc::clone(&ports.siren)),
            ports,
            language: Mutex::new(setup.language),
            engine: watch::Sender::new(None),
            changing: Mutex::default(),
        });
        let woken_by = setup.woken_by.map(|push| SealedPush {
            transport: push.transport,
            bytes: push.bytes,
        });
        {
            let _inside = threads.enter();
            match shared.start(woken_by) {
                Ok(()) | Err(PagerError::NotEnrolled { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Arc::new(Self { threads, shared }))
    }

    /// Whose device this is; nothing before it is enrolled.
    ///
    /// # Errors
    /// [`PagerError::Device`] when its file cannot be read.
    pub fn me(&self) -> Result<Option<Me>, PagerError> {
        let account = self.shared.store()?.account()?;
        Ok(account.map(|account| Me {
            person: PersonName {
                id: account.me.person,
                name: account.person_name,
            },
            device: account.me.device.to_string(),
            server: account.server.address().to_owned(),
        }))
    }

    /// Makes this a device of whoever the code was made for, and starts the engine. A device whose
    /// safe has lost its token begins anew.
    ///
    /// `device_name`: what its owner calls it. `trusted_pem`: certificates to trust instead of the
    /// system's. `allow_plain_http`: the person said that an unencrypted address is meant.
    ///
    /// # Errors
    /// [`PagerError`]; unless its text says that the code is used up, it can be tried again.
    pub async fn enroll(
        &self,
        enrolment: Enrolment,
        device_name: String,
        trusted_pem: Option<String>,
        allow_plain_http: bool,
    ) -> Result<(), PagerError> {
        let server = Server::new(&enrolment.server, trusted_pem, allow_plain_http)?;
        let shared = Arc::clone(&self.shared);
        let server = server.vouched_for_by(shared.ports.authorities());
        self.run(async move {
            if shared.has_lost_its_token()? {
                shared.remove_store()?;
            }
            let mut store = shared.store()?;
            let safe = shared.safe();
            let random = system_random().map_err(|error| PagerError::device(&error))?;
            let (code, name) = (enrolment.code.as_str(), device_name.as_str());
            tocsin_pager::runtime::enroll(server, code, name, &mut store, &safe, &random).await?;
            drop(store);
            tracing::info!("enrolled");
            shared.start(None)
        })
        .await
    }

    /// Ends being anybody's device here: silences it and forgets everything on it. At the server it
    /// is taken off the list with `tocsin devices revoke`.
    ///
    /// # Errors
    /// [`PagerError::Device`] when something is still there.
    pub async fn forget(&self) -> Result<(), PagerError> {
        let shared = Arc::clone(&self.shared);
        self.run(async move {
            shared.end().await;
            shared.safe().empty()?;
            shared.remove_store()?;
            tracing::info!("forgotten");
            Ok(())
        })
        .await
    }

    /// Stops the siren, puts what is left on disk and ends the engine. Not to be called because an
    /// app leaves the screen: pages come then too.
    pub async fn shut_down(&self) {
        let shared = Arc::clone(&self.shared);
        let ended = self.run(async move {
            shared.end().await;
            Ok(())
        });
        // It can only fail by a panic of the engine, which has then ended as well.
        let _ = ended.await;
    }

    /// Tells what to show at home, now and whenever it changes, until the observation is closed;
    /// nothing while the device is not enrolled.
    #[must_use]
    pub fn observe(&self, observer: Arc<dyn HomeObserver>) -> Arc<Observation> {
        self.observation(observe::home(self.shared.engine.subscribe(), observer))
    }

    /// Tells what to show of a ticket, now and whenever it changes; nothing when the device no
    /// longer keeps it.
    #[must_use]
    pub fn observe_ticket(
        &self,
        ticket: TicketId,
        observer: Arc<dyn TicketObserver>,
    ) -> Arc<Observation> {
        let shared = Arc::clone(&self.shared);
        self.observation(observe::ticket(shared, ticket, observer))
    }

    /// A push came, sealed to this device. The siren has been told when this returns, or soon after
    /// if the engine is busy; bytes that do not open do no harm.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn receive_push(&self, transport: Transport, bytes: Vec<u8>) -> Result<(), PagerError> {
        self.engine()?.receive_push(transport, bytes);
        Ok(())
    }

    /// Returns once everything handed in before was written, or could not be: a process that a push
    /// woke must not go back to sleep earlier. Tells whether it is on disk.
    pub async fn settled(&self) -> bool {
        let Some(engine) = self.running() else {
            return true;
        };
        let settled = self.run(async move { Ok(engine.settled().await) });
        settled.await.unwrap_or(false)
    }

    /// The output sounds, was rehearsed, or failed.
    pub fn siren_reported(&self, event: SirenEvent) {
        tracing::info!(?event, "siren");
        self.shared.siren.report(event);
    }

    /// Something about the device may have changed: a permission, a volume, the network.
    pub fn device_changed(&self) {
        if let Some(engine) = self.running() {
            engine.device_changed();
        }
    }

    /// The person reads another language now: every text is in it from here on, but for notices that
    /// were written before.
    pub fn speak(&self, language: Language) {
        *self.shared.spoken() = language;
        if let Some(engine) = self.running() {
            engine.speak(language);
        }
    }

    /// The person checks in: their siren is silent at once, the ticket is in their hands.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`], here and for every other tap; what the server refuses comes back
    /// as a notice.
    pub fn check_in(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::CheckIn)
    }

    /// Checks in to every ticket with a page that rings.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn check_in_all(&self) -> Result<(), PagerError> {
        self.engine()?.check_in_all();
        Ok(())
    }

    /// Work in progress; for whoever is not the owner, taking over.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn start_work(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::StartWork)
    }

    /// It is mended.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn resolve(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::Resolve)
    }

    /// It was not mended.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn reopen(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::Reopen)
    }

    /// "I cannot": the next person is paged at once.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn cannot_help(&self, ticket: TicketId, reason: Option<String>) -> Result<(), PagerError> {
        self.tap(ticket, Action::Decline { reason })
    }

    /// Pages somebody for help.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn ask_help(
        &self,
        ticket: TicketId,
        target: HelpTarget,
        message: String,
    ) -> Result<(), PagerError> {
        self.tap(ticket, Action::AskHelp { target, message })
    }

    /// Writes something down for everybody who looks at the ticket.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn add_note(&self, ticket: TicketId, text: String) -> Result<(), PagerError> {
        self.tap(ticket, Action::Note { text })
    }

    /// Tells everybody who waits how things stand.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn update_status(&self, ticket: TicketId, text: String) -> Result<(), PagerError> {
        self.tap(ticket, Action::UpdateStatus { text })
    }

    /// Gives the ticket to somebody else, who is paged.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn reassign(&self, ticket: TicketId, to: PersonId) -> Result<(), PagerError> {
        self.tap(ticket, Action::Reassign { to })
    }

    /// It is worse, or not as bad.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn set_severity(&self, ticket: TicketId, to: Severity) -> Result<(), PagerError> {
        self.tap(ticket, Action::SetSeverity { to })
    }

    /// Moves the running limit by so many seconds; for managers, once in each state.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn extend_limit(
        &self,
        ticket: TicketId,
        seconds: u32,
        reason: String,
    ) -> Result<(), PagerError> {
        self.tap(ticket, Action::ExtendLimit { seconds, reason })
    }

    /// Convenes a conference.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn convene(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::Convene)
    }

    /// Says that this person joins the conference; the shell opens its address.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn join_conference(&self, ticket: TicketId) -> Result<(), PagerError> {
        self.tap(ticket, Action::JoinConference)
    }

    /// Gives somebody a role in the conference.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn name_role(
        &self,
        ticket: TicketId,
        person: PersonId,
        role: IncidentRole,
    ) -> Result<(), PagerError> {
        self.tap(ticket, Action::NameRole { person, role })
    }

    /// The page screen of this ticket is in front of the person.
    pub fn seen(&self, ticket: TicketId) {
        if let Some(engine) = self.running() {
            engine.seen(ticket);
        }
    }

    /// The person has read a notice.
    pub fn dismiss_notice(&self, number: i64) {
        if let Some(engine) = self.running() {
            engine.dismiss_notice(number.cast_unsigned());
        }
    }

    /// "I know": the pager's own alarms are quiet for the usual time.
    pub fn i_know(&self) {
        if let Some(engine) = self.running() {
            engine.going_offline(OFFLINE_WINDOW);
        }
    }

    /// Who is on call now, and when this person is.
    ///
    /// # Errors
    /// [`PagerError::Unreachable`] when the server gave no answer.
    pub async fn on_call(&self) -> Result<OnCallScreen, PagerError> {
        let engine = self.engine()?;
        self.run(async move {
            let (now, shifts) = tokio::try_join!(engine.on_call(), engine.shifts())?;
            let view = Arc::clone(&engine.view().borrow());
            Ok(screens::on_call(&view, now, shifts))
        })
        .await
    }

    /// Asks the server for a drill: a page's whole way without a page. `audible`: up to the sound,
    /// for some seconds.
    ///
    /// # Errors
    /// [`PagerError::Unreachable`] when the server gave no answer.
    pub async fn order_drill(&self, audible: bool) -> Result<(), PagerError> {
        let engine = self.engine()?;
        self.run(async move {
            engine.order_drill(audible).await?;
            Ok(())
        })
        .await
    }

    /// What the server can push with.
    ///
    /// # Errors
    /// [`PagerError::Unreachable`] when the server gave no answer.
    pub async fn push_offer(&self) -> Result<PushOffer, PagerError> {
        let engine = self.engine()?;
        self.run(async move {
            let info = engine.push_info().await?;
            let known = info.transports.iter().filter_map(|it| it.get().copied());
            Ok(PushOffer {
                transports: known.collect(),
                vapid_public_key: info.vapid_public_key,
            })
        })
        .await
    }

    /// What a WebPush sender needs of this device.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn push_keys(&self) -> Result<PushKeysText, PagerError> {
        let keys = self.engine()?.push_keys();
        Ok(PushKeysText {
            p256dh: keys.p256dh,
            auth: keys.auth,
        })
    }

    /// The ways to push to this device, all of them, in order of preference. The server is told
    /// until it has exactly these.
    ///
    /// # Errors
    /// [`PagerError::NotEnrolled`].
    pub fn push_endpoints(&self, endpoints: Vec<PushEndpoint>) -> Result<(), PagerError> {
        let engine = self.engine()?;
        let keys = engine.push_keys();
        let channels = endpoints.into_iter().map(|endpoint| PushChannel {
            address: match endpoint {
                PushEndpoint::WebPush { endpoint } => PushAddress::WebPush {
                    endpoint,
                    p256dh: keys.p256dh.clone(),
                    auth: keys.auth.clone(),
                },
                PushEndpoint::Fcm { token } => PushAddress::Fcm {
                    token,
                    key: keys.key.clone(),
                },
                PushEndpoint::Apns {
                    token,
                    environment,
                    topic,
                } => PushAddress::Apns {
                    token,
                    environment,
                    topic,
                    key: keys.key.clone(),
                },
            },
            when: PushWhen::AtOnce,
        });
        engine.push_channels(channels.collect());
        Ok(())
    }

    /// What happened on this device lately, for a supporter: no secrets, no words of a page.
    #[must_use]
    pub fn support_log(&self) -> String {
        log::read()
    }
}

impl Pager {
    fn running(&self) -> Option<PagerHandle> {
        self.shared.engine.borrow().clone()
    }

    fn engine(&self) -> Result<PagerHandle, PagerError> {
        self.running().ok_or_else(|| self.shared.absent())
    }

    fn tap(&self, ticket: TicketId, action: Action) -> Result<(), PagerError> {
        self.engine()?.tap(ticket, action);
        Ok(())
    }

    /// Runs on the pager's own threads, to its end even if the caller stops waiting.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PagerError>> + Send + 'static,
    ) -> Result<T, PagerError> {
        self.threads.run(work).await
    }

    fn observation(&self, work: impl Future<Output = ()> + Send + 'static) -> Arc<Observation> {
        Arc::new(Observation::of(&self.threads.spawn(work)))
    }
}

impl Shared {
    fn store(&self) -> Result<Store, PagerError> {
        Ok(Store::open(&self.folder.join("pager.db"))?)
    }

    fn spoken(&self) -> MutexGuard<'_, Language> {
        self.language.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn safe(&self) -> ShellSafe {
        ShellSafe(Arc::clone(&self.ports.safe))
    }

    /// Starts the engine of an enrolled device, and watches over it.
    fn start(self: &Arc<Self>, woken_by: Option<SealedPush>) -> Result<(), PagerError> {
        let _changing = self.changing();
        self.launch(woken_by)
    }

    /// Starts an engine in place of one that died, unless it was ended on purpose since.
    fn replace(self: &Arc<Self>, dead: &PagerHandle) -> Result<(), PagerError> {
        let _changing = self.changing();
        if self.has(dead) {
            self.launch(None)
        } else {
            Ok(())
        }
    }

    fn launch(self: &Arc<Self>, woken_by: Option<SealedPush>) -> Result<(), PagerError> {
        let mut store = self.store()?;
        let account = store.account()?.ok_or_else(PagerError::not_enrolled)?;
        let safe = self.safe();
        let token = safe.token()?.ok_or_else(PagerError::token_lost)?;
        let random = system_random().map_err(|error| PagerError::device(&error))?;
        let server = account.server.vouched_for_by(self.ports.authorities());
        let ports = EnginePorts {
            clock: Box::new(ShellClock(Arc::clone(&self.ports.clock))),
            siren: Box::new(self.siren.clone()),
            device: Box::new(ShellDevice(Arc::clone(&self.ports.device))),
            network: HttpNetwork::new(server, token),
            keys: device_keys(&safe, &random)?,
            random,
        };
        if let Some(file) = &self.glimpse {
            store.leave_glimpse(file.clone());
        }
        let config = Config {
            language: *self.spoken(),
            woken_by,
        };
        let engine = tocsin_pager::Pager::start(store, config, ports)?;
        tokio::spawn(watch_over(Arc::clone(self), engine.clone()));
        self.engine.send_replace(Some(engine));
        Ok(())
    }

    /// Whether this engine is the one that the device is meant to have.
    fn has(&self, engine: &PagerHandle) -> bool {
        let current = self.engine.borrow();
        current.as_ref().is_some_and(|it| it.is_same(engine))
    }

    /// Held while one engine takes the place of another, so that there are never two.
    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the engine on purpose.
    async fn end(&self) {
        let engine = {
            let _changing = self.changing();
            self.engine.send_replace(None)
        };
        if let Some(engine) = engine {
            engine.shutdown().await;
        }
    }

    /// Why no engine runs.
    fn absent(&self) -> PagerError {
        match self.has_lost_its_token() {
            Ok(true) => PagerError::token_lost(),
            Ok(false) => PagerError::not_enrolled(),
            Err(error) => error,
        }
    }

    /// The device was enrolled, and its safe no longer has what proves it.
    fn has_lost_its_token(&self) -> Result<bool, PagerError> {
        let was_enrolled = self.store()?.account()?.is_some();
        Ok(was_enrolled && self.safe().token()?.is_none())
    }

    fn remove_store(&self) -> Result<(), PagerError> {
        let companions = ["pager.db", "pager.db-wal", "pager.db-shm"];
        let files = companions.map(|companion| self.folder.join(companion));
        for file in files.iter().chain(&self.glimpse) {
            remove(file).map_err(|error| PagerError::device(&error))?;
        }
        Ok(())
    }
}

/// What a pager leaves in the folder that it shares.
pub(crate) fn glimpse_in(folder: &str) -> PathBuf {
    Path::new(folder).join("pager.json")
}

fn remove(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Starts an engine again that died: what is on disk rings on.
async fn watch_over(shared: Arc<Shared>, engine: PagerHandle) {
    let mut view = engine.view();
    while view.changed().await.is_ok() {}
    while shared.has(&engine) {
        tracing::error!("the engine died; it is started again");
        tokio::time::sleep(RESTART_AFTER).await;
        if let Err(error) = shared.replace(&engine) {
            tracing::error!("{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tempfile::TempDir;
    use tocsin_pager::Account;
    use tocsin_pager::engine::Loudness;
    use tocsin_wire::Me;

    use crate::test_ports::{Drawer, Unknown, Wall};
    use crate::{PortError, SafePort, SirenPort};

    struct Mute;

    impl SirenPort for Mute {
        fn start(&self, _: Loudness) -> Result<(), PortError> {
            Ok(())
        }

        fn rehearse(&self) -> Result<(), PortError> {
            Ok(())
        }

        fn stop(&self) -> Result<(), PortError> {
            Ok(())
        }
    }

    /// An enrolled device whose server is out of reach.
    fn enrolled() -> (Arc<Pager>, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("pager.db")).unwrap();
        let account = Account {
            server: Server::new("https://pager.invalid", None, false).unwrap(),
            me: Me {
                person: "ana".into(),
                device: "d1".into(),
            },
            person_name: "Ana".to_owned(),
        };
        store.enroll(&account).unwrap();
        let safe = Drawer::default();
        safe.keep("token".to_owned(), b"secret".to_vec()).unwrap();
        let ports = Ports {
            siren: Arc::new(Mute),
            clock: Arc::new(Wall),
            device: Arc::new(Unknown),
            safe: Arc::new(safe),
            authorities: None,
        };
        let setup = Setup {
            folder: folder.path().to_str().unwrap().to_owned(),
            language: Language::English,
            woken_by: None,
            shared_folder: None,
        };
        (Pager::open(setup, ports).unwrap(), folder)
    }

    #[test]
    fn an_engine_that_died_is_replaced_once_and_one_that_was_ended_never() {
        let (pager, _folder) = enrolled();
        let _inside = pager.threads.enter();
        let died = pager.engine().unwrap();
        pager.shared.replace(&died).unwrap();
        let second = pager.engine().unwrap();
        assert!(!second.is_same(&died));
        pager.shared.replace(&died).unwrap();
        assert!(
            pager.engine().unwrap().is_same(&second),
            "what another one replaced already is let be"
        );

        pager.shared.engine.send_replace(None);
        pager.shared.replace(&second).unwrap();
        assert!(pager.running().is_none(), "it was ended on purpose");
    }
}
