//! The real server, inside the test's process.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tocsin_push::settings::Settings;
use tocsin_server::serve::{Options, ServeError, Server};
use tokio::sync::oneshot;

use crate::{Api, PATIENCE, audit, configuration, free_address};

/// What a server says when it takes alarms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ready {
    /// Where it listens.
    pub address: SocketAddr,
    /// On the first start, the administrator's code.
    pub admin_code: Option<String>,
}

/// A server with a team, on a free port and a data folder of its own.
///
/// Dropping it shuts it down and fails the test when that leaves anything behind: a request that
/// does not end, an error, or a database that breaks a promise of the [`audit`].
#[derive(Debug)]
pub struct TestServer {
    /// How it was started.
    pub options: Options,
    /// An administrator.
    pub admin: Api,
    keys: Vec<(String, String)>,
    running: Option<Running>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), ServeError>>,
}

impl TestServer {
    /// A server with the teams of [`configuration`] and these limits in the shop.
    pub async fn start(shop_policy: &str) -> Self {
        let (mut server, ready) = Self::fresh(|_| {}, Api::new).await;
        let code = ready.admin_code.expect("the code of a first start");
        server.log_in(&code).await;
        server.apply(&configuration::with_policy(shop_policy)).await;
        server
    }

    /// A server as it is after its first start: nobody has used the administrator's code.
    ///
    /// # Panics
    /// As everything here, when something is not as the test needs it.
    pub async fn fresh(
        options: impl FnOnce(&mut Options),
        client: impl FnOnce(&str) -> Api,
    ) -> (Self, Ready) {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let mut chosen = Options {
            data: folder.path().join("data"),
            listen: free_address(),
            tls: None,
            // A test sends as fast as it can.
            alarms_a_second: 1_000_000,
            transports: Settings::default(),
        };
        options(&mut chosen);
        let (running, ready) = run(&chosen).await.expect("a server");
        let scheme = if chosen.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let admin = client(&format!("{scheme}://localhost:{}", ready.address.port()));
        let server = Self {
            options: chosen,
            admin,
            keys: Vec::new(),
            running: Some(running),
            _folder: folder,
        };
        (server, ready)
    }

    /// Uses the administrator's code.
    pub async fn log_in(&mut self, code: &str) {
        let enrolled = self.admin.enroll(code, "the administrator's desk").await;
        self.admin = self.admin.with_token(&enrolled.token);
    }

    /// Applies a configuration and keeps the keys of new integrations.
    pub async fn apply(&mut self, configuration: &str) {
        self.keys.extend(self.admin.apply(configuration).await);
    }

    /// The same, and gives the secrets of new webhooks.
    pub async fn apply_with_webhooks(&mut self, configuration: &str) -> Vec<(String, String)> {
        let (keys, secrets) = self.admin.apply_with_webhooks(configuration).await;
        self.keys.extend(keys);
        secrets
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.options.listen
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.options.data
    }

    /// The first key of an integration.
    #[must_use]
    pub fn key(&self, integration: &str) -> &str {
        let found = self.keys.iter().find(|(name, _)| name == integration);
        &found.expect("an integration of the configuration").1
    }

    /// Every integration's first key.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(_, key)| key.as_str())
    }

    /// Somebody with a device and no pager on it.
    pub async fn person(&self, person: &str) -> Api {
        let code = self.admin.code(person).await;
        let enrolled = Api::clone(&self.admin).enroll(&code, "a script").await;
        self.admin.with_token(&enrolled.token)
    }

    /// Sends an alarm of this severity to the shop under a key and returns its ticket.
    pub async fn alarm(&self, severity: &str, dedup_key: &str) -> u64 {
        let alarm = serde_json::json!({
            "title": format!("Trouble with {dedup_key}"),
            "severity": severity,
            "dedup_key": dedup_key,
        });
        self.admin
            .alarm(self.key(configuration::SHOP), &alarm)
            .await
    }

    /// Shuts down as a signal does, letting requests under way finish.
    pub async fn stop(&mut self) {
        let running = self.running.take().expect("a running server");
        tokio::task::spawn_blocking(|| end(running))
            .await
            .expect("a thread");
    }

    /// Starts it again on the same folder and address.
    pub async fn start_again(&mut self) -> Ready {
        let (running, ready) = run(&self.options).await.expect("a server");
        self.running = Some(running);
        ready
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let running = self.running.take();
        if std::thread::panicking() {
            // The first failure is the one to read.
            return;
        }
        running.into_iter().for_each(end);
        let _ = audit::read(self.data());
    }
}

/// Runs a server on a runtime of its own: dropping it must not wait for the test's.
async fn run(options: &Options) -> Result<(Running, Ready), ServeError> {
    let options = options.clone();
    let (started, starting) = oneshot::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let server = match Server::start(&options).await {
                Ok(server) => server,
                Err(error) => {
                    let _ = started.send(Err(error));
                    return Ok(());
                }
            };
            let code = server
                .admin_code
                .as_ref()
                .map(|code| code.reveal().to_owned());
            let _ = started.send(Ok(Ready {
                address: server.address,
                admin_code: code,
            }));
            // A sender dropped by a failing test stops it as well.
            server.run_until(async { drop(stopped.await) }).await
        })
    });
    let ready = starting
        .await
        .expect("a server that starts or says why not")?;
    Ok((Running { stop, thread }, ready))
}

fn end(running: Running) {
    let since = Instant::now();
    let _ = running.stop.send(());
    let ended = running.thread.join().expect("a server that does not panic");
    ended.expect("a server that ends in peace");
    assert!(
        since.elapsed() < PATIENCE,
        "the shutdown took {:?}",
        since.elapsed()
    );
}
