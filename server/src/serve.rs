//! Starting and stopping a server: data folder, sockets, TLS, signals.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use axum::Router;
use axum_server::Handle;
use axum_server::accept::{TcpConfigAcceptor, TcpKeepaliveConfig, TcpSocketConfig};
use axum_server::tls_rustls::RustlsConfig;
use core::future::ready;
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioTimer;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tocsin_directory::handoff::Handoff;
use tocsin_directory::{Config, ConfigErrors, Directory, TeamSwap};
use tocsin_push::hook::Poster;
use tocsin_push::jwt::SigningKey;
use tocsin_push::settings::{Settings, StartError, Transports};
use tocsin_push::{Address, Outcome as PushOutcome, Push, Transport};
use tocsin_ticket::{Millis, PersonId};
use tocsin_wire::PushInfo;

use crate::api::{App, Rates, RatesError, router};
use crate::audit::Doer;
use crate::backup::{BackupError, DataLock};
use crate::contacts::Contacts;
use crate::dispatch::{Dispatch, Means, Runtime};
use crate::engine::{Clock, Engine, Job, SystemClock, Writer, WriterError};
use crate::handoff::Herald;
use crate::heartbeat::Heart;
use crate::hub::Hub;
use crate::identity::Identity;
use crate::learning::Librarian;
use crate::load::Relief;
use crate::outbound::Courier;
use crate::outbound::bridge::OutboundKey;
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::sns::Sns;
use crate::store::{Code, Reader, SqliteStore, Store, StoreError};
use crate::watch::{Sight, Watch};

/// How long a client may take to send its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// How long requests under way may take to finish at a shutdown.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// How often the certificate's files are looked at for a newer one.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(10);

/// How often the watch looks: the finest of its limits is 15 minutes.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Drills that the watch looks at.
const DRILLS_LOOKED_AT: Duration = Duration::from_secs(24 * 3600);

/// The database in the data folder.
pub const DATABASE: &str = "tocsin.db";

/// The person to whom the first administrator's device belongs. Nobody can page them.
pub const ADMINISTRATOR: &str = "administrator";

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the database; made when it is not there.
    pub data: PathBuf,
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate chain and private key as PEM files. `None`: plain HTTP, for a proxy in front.
    pub tls: Option<TlsFiles>,
    /// Alarm requests taken from one integration, a second.
    pub alarms_a_second: u32,
    /// By what to push.
    pub transports: Settings,
}

/// A certificate on disk. It is read again when it changes.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// Why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A file or socket.
    #[error("{what}: {error}")]
    Io {
        /// Which one.
        what: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another server uses the data folder.
    #[error(transparent)]
    Data(#[from] BackupError),
    /// The writer refused the first job.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// The kept configuration is not valid for this version.
    #[error("the configuration kept in the data folder is not valid any more:\n{}", .0.in_file("configuration"))]
    Config(ConfigErrors),
    /// A transport cannot work as it is set up.
    #[error("transports: {0}")]
    Transports(#[from] StartError),
    /// An option.
    #[error(transparent)]
    Rates(#[from] RatesError),
    /// The engine's thread ended by itself.
    #[error("the writer stopped unexpectedly; the log above says why")]
    WriterEnded,
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// On the first start: the code that makes its user the administrator.
    pub admin_code: Option<Secret>,
    listener: Listener,
    thread: JoinHandle<()>,
    writer: Writer,
    hub: Arc<Hub>,
    /// The dispatcher, the watch, the librarian, the courier and the heartbeat.
    tasks: Vec<tokio::task::JoinHandle<()>>,
    /// Held until everything else has ended.
    _lock: DataLock,
}

impl Server {
    /// Opens the data folder and listens. When this returns, alarms are taken.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(options: &Options) -> Result<Self, ServeError> {
        std::fs::create_dir_all(&options.data).map_err(|error| ServeError::Io {
            what: format!("data folder {}", options.data.display()),
            error,
        })?;
        let lock = DataLock::take(&options.data)?;
        let mut store = SqliteStore::open(&options.data.join(DATABASE))?;
        let salt = store.secret("push_names", &|| Ok(crate::secret::random::<16>().to_vec()))?;
        let vapid = store.secret("vapid", &|| {
            SigningKey::generate_es256().map_err(StoreError::new)
        })?;
        let key = store.secret("outbound", &|| Ok(crate::secret::random::<32>().to_vec()))?;
        let key = OutboundKey::new(&key);
        let transports = Transports::start(&options.transports, &vapid)?;
        let reader: Arc<dyn Reader> = Arc::new(store.reader()?);
        let config = match reader.config()? {
            Some(text) => Config::parse(&text).map_err(ServeError::Config)?,
            None => Config::default(),
        };
        let directory = Directory::with_swaps(config, swaps_in_force(&*reader)?)
            .with_handoffs(pending_handoffs(&*reader)?);
        let directory = Arc::new(ArcSwap::from_pointee(directory));
        let hub = Arc::new(Hub::new(Arc::clone(&directory)));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = Engine::new(store, Arc::clone(&directory))?.with_key(key.clone());
        let (dispatch, inbox) = Dispatch::channel();
        let (writer, thread) =
            Writer::start(engine, Arc::clone(&hub), dispatch, Arc::clone(&clock)).map_err(
                |error| ServeError::Io {
                    what: "the writer's thread".to_owned(),
                    error,
                },
            )?;
        let identity = Identity::load(&*reader)?;
        let admin_code = if identity.has_admin() {
            None
        } else {
            Some(give_admin_code(&writer, &*clock).await?)
        };
        let contacts = Arc::new(Contacts::default());
        let means = means(&options.transports, &transports);
        let push = PushInfo {
            vapid_public_key: transports.vapid_public_key().map(str::to_owned),
            transports: means.transports.iter().copied().map(Into::into).collect(),
        };
        let transport: Arc<dyn Transport> = Arc::new(ByAddress(transports));
        let courier = Courier {
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
            hub: Arc::clone(&hub),
            poster: Poster::start(&options.transports)?,
            mail: Arc::clone(&transport),
            key,
        };
        let runtime = Runtime {
            transport,
            means,
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            hub: Arc::clone(&hub),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
            salt: salt.try_into().unwrap_or_default(),
        };
        let lookout = Lookout {
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            hub: Arc::clone(&hub),
            contacts: Arc::clone(&contacts),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
        };
        let relief = Relief {
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
        };
        let herald = Herald {
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
        };
        let librarian = Librarian {
            reader: Arc::clone(&reader),
            directory: Arc::clone(&directory),
            writer: writer.clone(),
            clock: Arc::clone(&clock),
        };
        let tasks = vec![
            runtime.start(inbox),
            tokio::spawn(lookout.run()),
            tokio::spawn(herald.run()),
            tokio::spawn(librarian.run()),
            tokio::spawn(courier.run()),
            tokio::spawn(relief.run()),
        ];
        let app = Arc::new(App {
            writer: writer.clone(),
            reader,
            directory,
            identity,
            hub: Arc::clone(&hub),
            contacts,
            push,
            clock,
            rates: Rates::new(options.alarms_a_second)?,
            sns: Sns::start(&options.transports)?,
            metrics: recorder(),
        });
        // Before anything can call, so that nothing is missed that had no chance to.
        writer.submit(Job::Listening).await?;
        let listener = Listener::start(options.listen, options.tls.as_ref(), router(app)).await?;
        Ok(Self {
            address: listener.address,
            admin_code,
            listener,
            thread,
            writer,
            hub,
            tasks,
            _lock: lock,
        })
    }

    /// Beats from now on, as long as it runs and commits.
    pub fn beat(&mut self, heart: Heart) {
        let beating = heart.run(self.writer.clone(), Arc::new(SystemClock));
        self.tasks.push(tokio::spawn(beating));
    }

    /// Runs until `stop` is ready, then lets requests under way finish and puts everything on disk.
    ///
    /// # Errors
    /// [`ServeError`] when the server ended by itself.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let ended = tokio::select! {
            () = stop => Ok(()),
            () = self.writer.ended() => Err(ServeError::WriterEnded),
        };
        self.hub.drop_all();
        let served = self.listener.stop().await;
        // What was sent and not yet written down is sent again after the next start.
        for task in self.tasks {
            task.abort();
        }
        drop(self.writer);
        // The thread ends once the last handler has let go of the writer.
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
        ended?;
        served
    }
}

/// A web service that listens: TLS with certificates that are renewed without a restart, limits for
/// clients that dawdle, and an orderly end.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Listener {
    /// Listens, without `tls` for plain HTTP. When this returns, requests are taken.
    ///
    /// # Errors
    /// When the address is taken or the certificate cannot be used.
    pub async fn start(
        at: SocketAddr,
        tls: Option<&TlsFiles>,
        service: Router,
    ) -> Result<Self, ServeError> {
        let handle = Handle::new();
        let serving = listen(at, tls, service, &handle).await?;
        let address = handle.listening().await.ok_or_else(|| ServeError::Io {
            what: format!("listening on {at}"),
            error: std::io::ErrorKind::AddrInUse.into(),
        })?;
        Ok(Self {
            address,
            handle,
            serving,
        })
    }

    /// Takes no more requests, and lets those under way finish.
    ///
    /// # Errors
    /// When it had stopped by itself.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.handle.graceful_shutdown(Some(SHUTDOWN_LIMIT));
        self.serving
            .await
            .map_err(std::io::Error::other)
            .and_then(|served| served)
            .map_err(|error| ServeError::Io {
                what: "serving".to_owned(),
                error,
            })
    }
}

/// The transport that an address belongs to.
#[derive(Debug)]
struct ByAddress(Transports);

impl Transport for ByAddress {
    fn send<'a>(
        &'a self,
        to: &'a Address,
        push: &'a Push,
        now: Millis,
    ) -> BoxFuture<'a, PushOutcome> {
        match self.0.reaching(to) {
            Some(transport) => transport.send(to, push, now),
            None => Box::pin(ready(PushOutcome::Refused {
                why: format!(
                    "{} is not set up on this server; add it to the transports file",
                    to.transport()
                ),
            })),
        }
    }
}

/// What can be sent by, in the order of the settings.
fn means(settings: &Settings, transports: &Transports) -> Means {
    Means {
        transports: transports.kinds(),
        gateways: settings.gateway.keys().cloned().collect(),
        email: settings.email.is_some(),
    }
}

/// The watch at work.
struct Lookout {
    reader: Arc<dyn Reader>,
    directory: Arc<ArcSwap<Directory>>,
    hub: Arc<Hub>,
    contacts: Arc<Contacts>,
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl Lookout {
    async fn run(self) {
        let since = self.clock.now();
        let lookout = Arc::new(self);
        let mut watch = Watch::default();
        loop {
            let eyes = Arc::clone(&lookout);
            let look = tokio::task::spawn_blocking(move || {
                let seen = eyes.look(&mut watch, since);
                (watch, seen)
            });
            let Ok((back, seen)) = look.await else {
                return;
            };
            watch = back;
            match seen {
                Ok(jobs) => {
                    for job in jobs {
                        if let Err(error) = lookout.writer.submit(job).await {
                            tracing::warn!(%error, "the watch could not write; it looks again");
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "the watch cannot see"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn look(&self, watch: &mut Watch, since: Millis) -> Result<Vec<Job>, StoreError> {
        let now = self.clock.now();
        let connected = self.hub.all_connected();
        for device in &connected {
            self.contacts.heard(device, now);
        }
        let pushable = self
            .reader
            .channels()?
            .into_iter()
            .filter(|stored| stored.dead.is_none())
            .map(|stored| stored.device)
            .collect();
        let sight = Sight {
            directory: &self.directory.load(),
            devices: &self.reader.devices()?,
            connected: &connected,
            contacts: &self.contacts.all(),
            pushable: &pushable,
            drills: &self.reader.drills_since(now - DRILLS_LOOKED_AT)?,
            since,
        };
        Ok(watch.look(&sight, now))
    }
}

async fn give_admin_code(writer: &Writer, clock: &dyn Clock) -> Result<Secret, WriterError> {
    let code = Secret::enrolment_code();
    let job = Job::GiveCode {
        code: Code {
            hash: code.hash(),
            person: PersonId::from(ADMINISTRATOR),
            admin: true,
            expires_at: clock.now() + crate::api::CODE_LIFETIME,
        },
        by: Doer::Server,
    };
    writer.submit(job).await?;
    Ok(code)
}

async fn listen(
    at: SocketAddr,
    tls: Option<&TlsFiles>,
    service: Router,
    handle: &Handle<SocketAddr>,
) -> Result<tokio::task::JoinHandle<std::io::Result<()>>, ServeError> {
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let listener = std::net::TcpListener::bind(at)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| ServeError::Io {
            what: format!("listening on {at}"),
            error,
        })?;
    let what = || "listening".to_owned();
    macro_rules! serve {
        ($server:expr) => {{
            let mut server = $server.handle(handle.clone());
            let http = server.http_builder();
            http.http1()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_LIMIT);
            http.http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(256)
                .keep_alive_interval(Duration::from_secs(30))
                .keep_alive_timeout(Duration::from_secs(20));
            tokio::spawn(server.serve(service))
        }};
    }
    Ok(match tls {
        None => {
            let server = axum_server::from_tcp(listener).map_err(|error| ServeError::Io {
                what: what(),
                error,
            })?;
            serve!(server.acceptor(Prompt::new(sockets(), HEADER_LIMIT)))
        }
        Some(files) => {
            let tls = load_certificate(files).await?;
            tokio::spawn(watch_certificate(files.clone(), tls.clone()));
            let server =
                axum_server::from_tcp_rustls(listener, tls).map_err(|error| ServeError::Io {
                    what: what(),
                    error,
                })?;
            serve!(server.map(|tls| Prompt::new(tls.acceptor(sockets()), HEADER_LIMIT)))
        }
    })
}

/// Frames go out at once, and a phone that vanished without a word is noticed.
fn sockets() -> TcpConfigAcceptor {
    let keepalive = TcpKeepaliveConfig::new()
        .time(Duration::from_secs(30))
        .interval(Duration::from_secs(10))
        .retries(3);
    TcpConfigAcceptor::new(TcpSocketConfig::new().nodelay(true).keepalive(keepalive))
}

async fn load_certificate(files: &TlsFiles) -> Result<RustlsConfig, ServeError> {
    // Another part of the process may have installed it already: either is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&files.certificate, &files.key)
        .await
        .map_err(|error| ServeError::Io {
            what: format!(
                "TLS certificate {} with key {}",
                files.certificate.display(),
                files.key.display()
            ),
            error,
        })
}

/// Serves a renewed certificate without a restart. One that cannot be read is reported, and the
/// old one goes on serving.
async fn watch_certificate(files: TlsFiles, tls: RustlsConfig) {
    let mut seen = changed_at(&files);
    loop {
        tokio::time::sleep(CERTIFICATE_LOOK).await;
        let now = changed_at(&files);
        if now == seen {
            continue;
        }
        seen = now;
        match tls
            .reload_from_pem_file(&files.certificate, &files.key)
            .await
        {
            Ok(()) => tracing::info!("the TLS certificate was renewed"),
            Err(error) => tracing::error!(%error, "the renewed TLS certificate cannot be read"),
        }
    }
}

fn changed_at(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    let at = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok()
    };
    [at(&files.certificate), at(&files.key)]
}

/// The process's metrics: one recorder, however many servers a test starts.
pub fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Metrics of a process that has a recorder of its own go there.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}
/// The handoffs that wait for somebody's phone.
fn pending_handoffs(reader: &dyn Reader) -> Result<Vec<Handoff>, StoreError> {
    let newest = reader.handoffs()?.into_iter().map(|it| it.handoff);
    Ok(newest.filter(Handoff::is_pending).collect())
}

/// The swaps that were accepted, in the order in which they were: later ones win.
fn swaps_in_force(reader: &dyn Reader) -> Result<Vec<TeamSwap>, StoreError> {
    let mut swaps: Vec<TeamSwap> = reader.swaps()?.into_iter().map(|it| it.swap).collect();
    swaps.sort_by_key(|it| it.swap.answered_at());
    Ok(swaps)
}
