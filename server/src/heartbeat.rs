//! The server's own pulse, for somebody outside who notices when it stops.
//!
//! A pager that is dead wakes nobody, and nobody would know. So a [`Heart`] asks for an address of
//! another service again and again: a dead man's switch, a second Tocsin, a monitoring system. It
//! beats only when something was just written through the writer and is on disk; a server whose disk
//! is full or whose writer is stuck falls silent, although its process lives. A beat that comes to
//! nothing is logged and never stops the server.

use core::time::Duration;
use std::error::Error;
use std::sync::Arc;

use tocsin_push::http::{SetupError, client};
use tocsin_ticket::DeviceId;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::engine::{Clock, Job, Writer};

/// The finest interval: whoever listens should not be flooded.
pub const FINEST: Duration = Duration::from_secs(1);

/// A beat that came to nothing is tried again after this time, or at the next one if that is sooner.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// A commit that takes longer than this is no sign of life.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);

/// The row that each beat writes: the server reports on itself under the name of a device that
/// nobody can have, since devices are named by random digits.
const SERVER: &str = "server";

/// Beats at an address.
#[derive(Clone)]
pub struct Heart {
    url: Url,
    every: Duration,
    client: reqwest::Client,
}

/// The address often is a capability, so of it only the host prints.
impl core::fmt::Debug for Heart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(f, "Heart({host}, every {:?})", self.every)
    }
}

/// Why a server cannot beat like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeartError {
    /// The address.
    #[error("heartbeat: expected an address such as https://hc.example.org/ping/ID, got {0}")]
    Url(String),
    /// The interval.
    #[error("heartbeat-every: expected at least 1 s, got {0:?}")]
    Every(Duration),
    /// Certificates.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Why a beat came to nothing.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error("nothing could be written: {0}; look at the disk and at the log above")]
    NotWritten(String),
    #[error("it was answered with HTTP {0}; expected 2xx, so check the address")]
    Status(u16),
    #[error("it was not answered: {0}")]
    NoAnswer(String),
}

impl Heart {
    /// Asks for `url` (GET) every so often. `extra_roots_pem` is trusted beside the system's
    /// certificates and may be empty.
    ///
    /// # Errors
    /// [`HeartError`].
    pub fn new(url: &str, every: Duration, extra_roots_pem: &str) -> Result<Self, HeartError> {
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| HeartError::Url(url.to_owned()))?;
        if every < FINEST {
            return Err(HeartError::Every(every));
        }
        Ok(Self {
            url,
            every,
            client: client(extra_roots_pem)?,
        })
    }

    /// Beats until it is dropped.
    pub async fn run(self, writer: Writer, clock: Arc<dyn Clock>) {
        let mut beating = true;
        loop {
            match self.beat(&writer, &*clock).await {
                Ok(()) => {
                    if !beating {
                        tracing::info!("the heartbeat is heard again");
                    }
                    beating = true;
                    sleep(self.every).await;
                }
                Err(missed) => {
                    let host = self.url.host_str().unwrap_or_default();
                    tracing::warn!(host, "no heartbeat: {missed}");
                    metrics::counter!("tocsin_heartbeats_missed_total").increment(1);
                    beating = false;
                    sleep(self.every.min(AGAIN_AFTER)).await;
                }
            }
        }
    }

    async fn beat(&self, writer: &Writer, clock: &dyn Clock) -> Result<(), Missed> {
        // A row that changes: a transaction without one would not touch the disk.
        let row = Job::Facts {
            device: DeviceId::from(SERVER),
            facts: format!(r#"{{"beat_at":{}}}"#, clock.now()),
        };
        match timeout(COMMIT_LIMIT, writer.submit(row)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(Missed::NotWritten(error.to_string())),
            Err(_) => {
                let why = format!("no commit within {} s", COMMIT_LIMIT.as_secs());
                return Err(Missed::NotWritten(why));
            }
        }
        let answer = self.client.get(self.url.clone()).send().await;
        let answer = answer.map_err(|error| Missed::NoAnswer(root_cause(&error.without_url())))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(Missed::Status(answer.status().as_u16()))
        }
    }
}

/// What is at the bottom of an error: `connection refused`, not `error sending request`.
fn root_cause(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), root_cause)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arc_swap::ArcSwap;
    use tocsin_directory::{Config, Directory};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;
    use crate::dispatch::Dispatch;
    use crate::engine::{Engine, SystemClock};
    use crate::hub::Hub;
    use crate::store::SqliteStore;

    /// Guards against hanging.
    const LONG: Duration = Duration::from_secs(60);

    /// Somebody outside: gives each request line it hears, and answers with a status.
    async fn outside(status: u16) -> (String, mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/4711", listener.local_addr().unwrap());
        let (heard, hears) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]);
                let line = request.lines().next().unwrap_or_default().to_owned();
                let answer = format!(
                    "HTTP/1.1 {status} Word\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                if heard.send(line).is_err() {
                    return;
                }
            }
        });
        (url, hears)
    }

    fn writer(database: &Path) -> Writer {
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(Config::default())));
        let store = SqliteStore::open(database).unwrap();
        let engine = Engine::new(store, Arc::clone(&directory)).unwrap();
        let (dispatch, _inbox) = Dispatch::channel();
        let hub = Arc::new(Hub::new(directory));
        let (writer, _) = Writer::start(engine, hub, dispatch, Arc::new(SystemClock)).unwrap();
        writer
    }

    #[tokio::test]
    async fn a_server_that_commits_is_heard_outside() {
        let folder = tempfile::tempdir().unwrap();
        let (url, mut hears) = outside(200).await;
        let heart = Heart::new(&url, FINEST, "").unwrap();
        let beating = heart.run(writer(&folder.path().join("db")), Arc::new(SystemClock));
        let beating = tokio::spawn(beating);
        for _ in 0..2 {
            let line = timeout(LONG, hears.recv()).await.unwrap();
            assert_eq!(line.as_deref(), Some("GET /ping/4711 HTTP/1.1"));
        }
        beating.abort();
    }

    #[tokio::test]
    async fn a_server_whose_store_is_stuck_does_not_beat_until_it_commits_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        let writer = writer(&database);
        let (url, mut hears) = outside(200).await;
        let heart = Heart::new(&url, FINEST, "").unwrap();
        // Somebody else holds the database, as a backup that hangs would.
        let holder = rusqlite::Connection::open(&database).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let missed = heart.beat(&writer, &SystemClock).await;
        assert!(matches!(missed, Err(Missed::NotWritten(_))), "{missed:?}");
        assert!(
            hears.try_recv().is_err(),
            "nobody was told that all is well"
        );
        holder.execute_batch("ROLLBACK").unwrap();
        timeout(LONG, async {
            // The writer may still be busy with the transaction that was given up on.
            while heart.beat(&writer, &SystemClock).await.is_err() {}
        })
        .await
        .unwrap();
        assert!(hears.recv().await.is_some());
    }

    #[tokio::test]
    async fn a_beat_that_is_refused_says_so_without_the_address() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("db"));
        let (url, _hears) = outside(404).await;
        let heart = Heart::new(&url, FINEST, "").unwrap();
        let missed = heart.beat(&writer, &SystemClock).await.unwrap_err();
        assert!(missed.to_string().contains("HTTP 404"), "{missed}");
        let gone = Heart::new("http://127.0.0.1:9/ping/4711", FINEST, "").unwrap();
        let missed = gone.beat(&writer, &SystemClock).await.unwrap_err();
        let told = format!("{missed} {gone:?}");
        assert!(
            !told.contains("4711"),
            "the address is a capability: {told}"
        );
    }

    #[test]
    fn an_address_or_an_interval_that_cannot_be_is_refused_at_the_start() {
        let url = Heart::new("hc.example.org/ping", FINEST, "").unwrap_err();
        assert!(url.to_string().contains("https://"), "{url}");
        let every = Heart::new("https://hc.example.org", Duration::ZERO, "").unwrap_err();
        assert!(every.to_string().contains("at least 1 s"), "{every}");
    }
}
