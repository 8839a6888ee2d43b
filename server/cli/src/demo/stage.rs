//! What the demo plays on: a server, its administrator, an integration, and people's pagers.

use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tocsin_pager::net::Server;
use tocsin_readiness::Language;
use tocsin_server::api::{ApplyReply, CodeReply, CodeRequest};
use tocsin_server::secret::Secret;
use tocsin_siren::playback::Output;
use tocsin_ticket::TicketId;
use tocsin_wire::{EnrollReply, EnrollRequest, Timeline};

use super::server::DemoServer;
use crate::alarm::Taken;
use crate::client::Client;
use crate::failure::{Context, Failure};
use crate::pager::desk::{Desk, Running};
use crate::pager::words::Words;
use crate::profile::TrustArgs;

/// The team of the first act.
pub const TEAM: &str = include_str!("../../../../tests/data/demo/team.toml");

/// The teams of the second.
pub const TWO_TEAMS: &str = include_str!("../../../../tests/data/demo/sev1.toml");

/// What a real Prometheus Alertmanager sent.
const ALARM: &[u8] = include_bytes!("../../../../tests/data/ingest/alertmanager-firing.json");

/// The integration of both files.
const INTEGRATION: &str = "alertmanager";

/// Everything, on a folder that is removed with it.
pub struct Stage {
    /// The server.
    pub server: DemoServer,
    /// The on-call's pager.
    pub ana: Running,
    /// The manager's pager.
    pub bea: Running,
    admin: Client,
    url: String,
    key: Secret,
    output: Output,
    language: Language,
    folder: TempDir,
}

impl Stage {
    /// Sets it up as a user would: start, login, apply this file, enroll, pager.
    ///
    /// # Errors
    /// When any of it does not work.
    pub async fn set(file: &str, output: Output, words: Words) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("tocsin-demo-")
            .tempdir()
            .context("a folder")?;
        let (server, listening) = DemoServer::start(&folder.path().join("server")).await?;
        let url = listening.url;
        let trust = TrustArgs {
            ca: None,
            allow_plain_http: false,
        };
        let code = listening
            .admin_code
            .ok_or_else(|| Failure::failed("the first start printed no administrator's code"))?;
        let request = EnrollRequest {
            code,
            device_name: "demo".to_owned(),
        };
        let login: EnrollReply = Client::new(&url, &trust, None)?
            .post("v1/enroll", &request)
            .await?;
        let admin = Client::new(&url, &trust, Some(Secret::received(login.token)))?;
        let applied: ApplyReply = admin.put("v1/config", file).await?;
        let key = applied
            .keys
            .into_iter()
            .find(|key| key.integration == INTEGRATION)
            .ok_or_else(|| Failure::failed("applying the team gave no key for its integration"))?;
        let new = |person| enroll(&admin, &url, &folder, person, output, words.0);
        let (ana, bea) = (new("ana").await?, new("bea").await?);
        Ok(Self {
            server,
            ana,
            bea,
            admin,
            url,
            key: Secret::received(key.key),
            output,
            language: words.0,
            folder,
        })
    }

    /// One more pager.
    ///
    /// # Errors
    /// When the server does not take it, or it does not start.
    pub async fn enroll(&self, person: &str) -> Result<Running, Failure> {
        let (output, language) = (self.output, self.language);
        enroll(
            &self.admin,
            &self.url,
            &self.folder,
            person,
            output,
            language,
        )
        .await
    }

    /// What the server says to its administrator.
    ///
    /// # Errors
    /// When the server says no.
    pub async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.admin.get(path).await
    }

    /// A page or a text that the server writes.
    ///
    /// # Errors
    /// When the server says no.
    pub async fn read(&self, path: &str) -> Result<String, Failure> {
        self.admin.get_text(path).await
    }

    /// Alertmanager finds that checkout fails.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn post_alarm(&self) -> Result<Taken, Failure> {
        let path = format!("in/{}/alertmanager", self.key.reveal());
        self.admin.post_bytes(&path, ALARM).await
    }

    /// What the server knows of a ticket.
    ///
    /// # Errors
    /// When the server says no.
    pub async fn timeline(&self, ticket: TicketId) -> Result<Timeline, Failure> {
        self.admin
            .get(&format!("v1/tickets/{}/timeline", ticket.0))
            .await
    }

    /// Ends the pagers in order, and the server.
    ///
    /// # Errors
    /// When the system does not let go of the server.
    pub async fn end(mut self) -> Result<(), Failure> {
        self.ana.handle.shutdown().await;
        self.bea.handle.shutdown().await;
        self.server.kill().await
    }
}

/// Enrolls a pager of a person and starts it.
async fn enroll(
    admin: &Client,
    url: &str,
    folder: &TempDir,
    person: &str,
    output: Output,
    language: Language,
) -> Result<Running, Failure> {
    let request = CodeRequest {
        person: person.into(),
        admin: false,
    };
    let CodeReply { code, .. } = admin.post("v1/codes", &request).await?;
    let mut desk = Desk::open(&folder.path().join(format!("{person}.db")))?;
    let at = Server::new(url, None, false).context("server")?;
    desk.enroll(at, &code, &format!("{person}'s demo pager"))
        .await?;
    desk.start(output, language)
}
