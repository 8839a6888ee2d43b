//! Requests as a person with a script would send them.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Body, Client, ClientBuilder, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tocsin_wire::{EnrollReply, OnCall, Problem, SyncPage, TicketList, TicketView, Timeline};

/// A client of one server, with the token of one device or none.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    token: Option<String>,
    client: Client,
}

impl Api {
    /// A client without a token; `base` without a slash at its end.
    ///
    /// # Panics
    /// As everything here, when something is not as the test needs it.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self::built(base, |client| client)
    }

    /// The same with settings of its own.
    #[must_use]
    pub fn built(base: &str, settings: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        // Fails when the process has a provider already, which then is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = settings(Client::builder()).build().expect("a client");
        Self {
            base: base.to_owned(),
            token: None,
            client,
        }
    }

    /// The same client with a device's token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The server's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Sends a request; an error is one of the connection.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Body>,
    ) -> reqwest::Result<Reply> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.request(method, url).body(body);
        request = request.header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok(Reply {
            status: response.status().as_u16(),
            version: response.version(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, "").await.expect("an answer")
    }

    /// `POST` of bytes as they are.
    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.send(Method::POST, path, body)
            .await
            .expect("an answer")
    }

    /// `POST` of JSON.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Reply {
        self.post(path, serde_json::to_vec(body).expect("JSON"))
            .await
    }

    /// Uses a code.
    pub async fn enroll(&self, code: &str, device: &str) -> EnrollReply {
        let request = json!({"code": code, "device_name": device});
        self.post_json("/v1/enroll", &request)
            .await
            .expect(200)
            .read()
    }

    /// As an administrator: applies a configuration and returns the keys of new integrations.
    pub async fn apply(&self, configuration: &str) -> Vec<(String, String)> {
        self.apply_with_webhooks(configuration).await.0
    }

    /// The same, and the secrets of new webhooks.
    pub async fn apply_with_webhooks(
        &self,
        configuration: &str,
    ) -> (Vec<(String, String)>, Vec<(String, String)>) {
        let applied = self
            .send(
                Method::PUT,
                "/v1/config?confirm=true",
                configuration.to_owned(),
            )
            .await;
        let reply = applied.expect("an answer").expect(200).json();
        let pairs = |list: &str, of: &str, what: &str| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let list = reply[list].as_array().cloned().unwrap_or_default();
            let pairs = list.iter().map(|it| (text(&it[of]), text(&it[what])));
            pairs.collect()
        };
        (
            pairs("keys", "integration", "key"),
            pairs("webhook_secrets", "webhook", "secret"),
        )
    }

    /// As an administrator: a code for a person's next device.
    pub async fn code(&self, person: &str) -> String {
        let reply = self
            .post_json("/v1/codes", &json!({"person": person}))
            .await
            .expect(200);
        reply.json()["code"].as_str().expect("a code").to_owned()
    }

    /// All tickets, newest first.
    pub async fn tickets(&self) -> Vec<TicketView> {
        let mut tickets: Vec<TicketView> = Vec::new();
        loop {
            let path = tickets.last().map_or_else(
                || "/v1/tickets".to_owned(),
                |last| format!("/v1/tickets?before={}", last.id.0),
            );
            let page: TicketList = self.get(&path).await.expect(200).read();
            tickets.extend(page.tickets);
            if !page.more {
                return tickets;
            }
        }
    }

    /// One ticket.
    pub async fn ticket(&self, id: u64) -> TicketView {
        self.get(&format!("/v1/tickets/{id}"))
            .await
            .expect(200)
            .read()
    }

    /// A ticket's timeline.
    pub async fn timeline(&self, id: u64) -> Timeline {
        self.get(&format!("/v1/tickets/{id}/timeline"))
            .await
            .expect(200)
            .read()
    }

    /// How often an event of this type happened to a ticket.
    pub async fn count(&self, ticket: u64, event: &str) -> usize {
        let timeline: Value = self
            .get(&format!("/v1/tickets/{ticket}/timeline"))
            .await
            .json();
        timeline["entries"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|entry| entry["events"].as_array().into_iter().flatten())
            .filter(|happened| happened["type"] == event)
            .count()
    }

    /// Who is on call.
    pub async fn on_call(&self) -> Vec<OnCall> {
        self.get("/v1/oncall").await.expect(200).read()
    }

    /// One page of a sync.
    pub async fn sync(&self, after: Option<&str>) -> SyncPage {
        let path = after.map_or_else(
            || "/v1/sync".to_owned(),
            |cursor| format!("/v1/sync?after={cursor}"),
        );
        self.get(&path).await.expect(200).read()
    }

    /// The number of the newest entry in the server's log.
    pub async fn last_seq(&self) -> u64 {
        self.sync(None).await.cursor.seq
    }

    /// Sends an alarm in the generic format and returns its ticket.
    pub async fn alarm(&self, key: &str, alarm: &Value) -> u64 {
        let reply = self
            .post_json(&format!("/in/{key}/json"), alarm)
            .await
            .expect(200);
        reply.json()["alarms"][0]["ticket"]
            .as_u64()
            .expect("a ticket")
    }

    /// A tap, under this id.
    pub async fn tap(&self, id: &str, ticket: u64, action: &str) -> Reply {
        let action = json!({"type": action});
        let tap = json!({"id": id, "ticket": ticket, "at": 0, "action": action});
        self.post_json("/v1/commands", &tap).await
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// HTTP version.
    pub version: reqwest::Version,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The same, if it has this status.
    ///
    /// # Panics
    /// When it has another one, as everything here does when the test's need is not met.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        self.read()
    }

    /// The body as JSON of this shape.
    #[must_use]
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in HTTP {}: {}", self.status, self.text()))
    }

    /// The body as a [`Problem`], which must be labelled as one and name this very status.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        let kind = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        assert_eq!(
            kind,
            Some("application/problem+json"),
            "{}: {}",
            self.status,
            self.text()
        );
        let problem: Problem = self.read();
        assert_eq!(problem.status, self.status);
        assert!(
            !problem.code.is_empty() && !problem.detail.is_empty(),
            "{problem:?}"
        );
        problem
    }
}
