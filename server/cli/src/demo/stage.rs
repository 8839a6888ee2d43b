//! What the demo plays on: a server, its administrator, an integration, and two people's pagers.

use tempfile::TempDir;
use tocsin_pager::net::Server;
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

/// The demo's team.
const TEAM: &str = include_str!("../../../../tests/data/demo/team.toml");

/// What a real Prometheus Alertmanager sent.
const ALARM: &[u8] = include_bytes!("../../../../tests/data/ingest/alertmanager-firing.json");

/// The integration of [`TEAM`].
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
    key: Secret,
    _folder: TempDir,
}

impl Stage {
    /// Sets it up as a user would: start, login, apply, enroll, pager.
    ///
    /// # Errors
    /// When any of it does not work.
    pub async fn set(output: Output, words: Words) -> Result<Self, Failure> {
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
        let applied: ApplyReply = admin.put("v1/config", TEAM).await?;
        let key = applied
            .keys
            .into_iter()
            .find(|key| key.integration == INTEGRATION)
            .ok_or_else(|| Failure::failed("applying the team gave no key for its integration"))?;

        let mut pagers = Vec::new();
        for person in ["ana", "bea"] {
            let request = CodeRequest {
                person: person.into(),
                admin: false,
            };
            let CodeReply { code, .. } = admin.post("v1/codes", &request).await?;
            let mut desk = Desk::open(&folder.path().join(format!("{person}.db")))?;
            let at = Server::new(&url, None, false).context("server")?;
            desk.enroll(at, &code, &format!("{person}'s demo pager"))
                .await?;
            pagers.push(desk.start(output, words.0)?);
        }
        let [ana, bea] = <[Running; 2]>::try_from(pagers)
            .map_err(|_| Failure::failed("two pagers were to be enrolled"))?;
        let key = Secret::received(key.key);
        Ok(Self {
            server,
            ana,
            bea,
            admin,
            key,
            _folder: folder,
        })
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
