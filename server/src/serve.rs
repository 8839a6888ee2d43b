//! Starting and stopping a server: data folder, sockets, TLS, signals.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use axum_server::Handle;
use axum_server::accept::{TcpConfigAcceptor, TcpKeepaliveConfig, TcpSocketConfig};
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tocsin_directory::{Config, ConfigErrors, Directory};
use tocsin_ticket::PersonId;

use crate::api::{App, Rates, RatesError, router};
use crate::engine::{Clock, Engine, Job, SystemClock, Writer, WriterError};
use crate::hub::Hub;
use crate::identity::Identity;
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::store::{Code, Reader, SqliteStore, StoreError};

/// How long a client may take to send its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// How long requests under way may take to finish at a shutdown.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// How often the certificate's files are looked at for a newer one.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(10);

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
    /// The writer refused the first job.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// The kept configuration is not valid for this version.
    #[error("the configuration kept in the data folder is not valid any more:\n{}", .0.in_file("configuration"))]
    Config(ConfigErrors),
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
    handle: Handle<SocketAddr>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    thread: JoinHandle<()>,
    writer: Writer,
    hub: Arc<Hub>,
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
        let store = SqliteStore::open(&options.data.join("tocsin.db"))?;
        let reader: Arc<dyn Reader> = Arc::new(store.reader()?);
        let config = match reader.config()? {
            Some(text) => Config::parse(&text).map_err(ServeError::Config)?,
            None => Config::default(),
        };
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(config)));
        let hub = Arc::new(Hub::new(Arc::clone(&directory)));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = Engine::new(store, Arc::clone(&directory))?;
        let (writer, thread) = Writer::start(engine, Arc::clone(&hub), Arc::clone(&clock))
            .map_err(|error| ServeError::Io {
                what: "the writer's thread".to_owned(),
                error,
            })?;
        let identity = Identity::load(&*reader)?;
        let admin_code = if identity.has_admin() {
            None
        } else {
            Some(give_admin_code(&writer, &*clock).await?)
        };
        let app = Arc::new(App {
            writer: writer.clone(),
            reader,
            directory,
            identity,
            hub: Arc::clone(&hub),
            clock,
            rates: Rates::new(options.alarms_a_second)?,
            metrics: recorder(),
        });
        let handle = Handle::new();
        let serving = listen(options, app, &handle).await?;
        let address = handle.listening().await.ok_or_else(|| ServeError::Io {
            what: format!("listening on {}", options.listen),
            error: std::io::ErrorKind::AddrInUse.into(),
        })?;
        Ok(Self {
            address,
            admin_code,
            handle,
            serving,
            thread,
            writer,
            hub,
        })
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
        self.handle.graceful_shutdown(Some(SHUTDOWN_LIMIT));
        let served = self.serving.await;
        drop(self.writer);
        // The thread ends once the last handler has let go of the writer.
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
        ended?;
        served
            .map_err(std::io::Error::other)
            .and_then(|served| served)
            .map_err(|error| ServeError::Io {
                what: "serving".to_owned(),
                error,
            })
    }
}

async fn give_admin_code(writer: &Writer, clock: &dyn Clock) -> Result<Secret, WriterError> {
    let code = Secret::enrolment_code();
    let job = Job::GiveCode(Code {
        hash: code.hash(),
        person: PersonId::from(ADMINISTRATOR),
        admin: true,
        expires_at: clock.now() + crate::api::CODE_LIFETIME,
    });
    writer.submit(job).await?;
    Ok(code)
}

async fn listen(
    options: &Options,
    app: Arc<App>,
    handle: &Handle<SocketAddr>,
) -> Result<tokio::task::JoinHandle<std::io::Result<()>>, ServeError> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let listener = std::net::TcpListener::bind(options.listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| ServeError::Io {
            what: format!("listening on {}", options.listen),
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
    Ok(match &options.tls {
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
fn recorder() -> PrometheusHandle {
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
