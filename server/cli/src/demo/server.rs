//! The demo's server: `tocsin serve` as a child process.

use core::time::Duration;
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::failure::{Context, Failure};
use crate::serve::Listening;

/// How long it may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A server that is killed when this is dropped.
pub struct DemoServer {
    data: PathBuf,
    address: SocketAddr,
    child: Option<Child>,
}

impl DemoServer {
    /// Starts it on a free port, and returns what it says of itself.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(data: &Path) -> Result<(Self, Listening), Failure> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self {
            data: data.to_owned(),
            address,
            child: None,
        };
        let listening = server.spawn().await?;
        // From now on it comes back where its pagers look for it.
        server.address = listening
            .url
            .strip_prefix("http://")
            .unwrap_or(&listening.url)
            .parse()
            .context("the server's address")?;
        Ok((server, listening))
    }

    /// Whether it runs.
    pub const fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Kills it at once, as a power cut would.
    ///
    /// # Errors
    /// When the system does not let go of it.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        match self.child.take() {
            Some(mut child) => child.kill().await.context("ending the server"),
            None => Ok(()),
        }
    }

    /// Starts it again on its folder and port.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<(), Failure> {
        self.spawn().await.map(|_| ())
    }

    async fn spawn(&mut self) -> Result<Listening, Failure> {
        let log = self.data.join("server.log");
        std::fs::create_dir_all(&self.data).context(self.data.display())?;
        let log_file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .context(log.display())?;
        let mut child = Command::new(std::env::current_exe().context("this program")?)
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .args([
                "--listen",
                &self.address.to_string(),
                "--json",
                "--log",
                "json",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            .spawn()
            .context("starting the server")?;
        let said = child.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(mut said) = said {
            tokio::time::timeout(START_LIMIT, said.read_line(&mut line))
                .await
                .context("the server said nothing in time")?
                .context("the server")?;
        }
        let listening = serde_json::from_str(&line).map_err(|_| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            Failure::failed(format!("the demo's server did not start:\n{log}"))
        })?;
        self.child = Some(child);
        Ok(listening)
    }
}
