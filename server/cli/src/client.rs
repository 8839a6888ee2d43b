//! The server's HTTP API, for commands that ask once and print the answer.

use core::fmt::Display;
use core::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tocsin_pager::net::Server;
use tocsin_server::secret::Secret;
use tocsin_wire::{CommandReply, CommandRequest, Problem, WIRE_VERSION, WIRE_VERSION_HEADER};

use crate::failure::{Context, Failure};
use crate::profile::TrustArgs;

/// How long one request may take; the server ends its own after 30 s.
const REQUEST_LIMIT: Duration = Duration::from_secs(35);

/// A server, and who asks.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Secret>,
}

impl Client {
    /// A client for the server at `url`.
    ///
    /// # Errors
    /// When the address or the certificates cannot be used.
    pub fn new(url: &str, trust: &TrustArgs, token: Option<Secret>) -> Result<Self, Failure> {
        let pem = trust
            .ca
            .as_ref()
            .map(|file| std::fs::read_to_string(file).context(file.display()))
            .transpose()?;
        let usage = |error: &dyn Display| Failure::usage(error.to_string());
        let certificates =
            Certificate::from_pem_bundle(pem.as_deref().unwrap_or_default().as_bytes())
                .map_err(|error| usage(&error))?;
        let server =
            Server::new(url, pem, trust.allow_plain_http).map_err(|error| usage(&error))?;
        use_ring();
        let mut http = reqwest::Client::builder().timeout(REQUEST_LIMIT);
        if !certificates.is_empty() {
            http = http.tls_certs_only(certificates);
        }
        Ok(Self {
            http: http.build().context("HTTP client")?,
            base: server.address().parse().context("server address")?,
            token,
        })
    }

    /// The server's address, ending in a slash.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// The address of a path below the server's.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(self.send(self.request(Method::GET, path)).await?).await
    }

    /// Asks for something that is not JSON.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn get_text(&self, path: &str) -> Result<String, Failure> {
        self.send(self.request(Method::GET, path))
            .await?
            .text()
            .await
            .context("the server's answer")
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        read(
            self.send(self.request(Method::POST, path).json(body))
                .await?,
        )
        .await
    }

    /// Sends JSON that somebody else has written, byte for byte.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        json: &'static [u8],
    ) -> Result<T, Failure> {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json");
        read(self.send(request.body(json)).await?).await
    }

    /// Sends something as it is.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn post_raw<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, Failure> {
        let request = self.request(Method::POST, path).body(body);
        read(self.send(request).await?).await
    }

    /// Sends a tap. What the rules forbid is an answer, too.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn command(&self, request: &CommandRequest) -> Result<CommandReply, Failure> {
        let request = self.request(Method::POST, "v1/commands").json(request);
        let response = self.exchange(request).await?;
        let status = response.status();
        if status.is_success() || status == StatusCode::CONFLICT {
            return read(response).await;
        }
        Err(refusal(response).await)
    }

    /// Sends a text in place of what was there.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, text: &str) -> Result<T, Failure> {
        read(
            self.send(self.request(Method::PUT, path).body(text.to_owned()))
                .await?,
        )
        .await
    }

    /// Does away with something.
    ///
    /// # Errors
    /// [`Failure`] with the server's own words.
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, path))
            .await
            .map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, self.at(path))
            .header(WIRE_VERSION_HEADER, WIRE_VERSION.to_string());
        match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| {
            Failure::failed(format!(
                "{}: the server was not reached: {}; check the address and that `tocsin serve` runs \
                 there",
                self.base,
                root_cause(&error.without_url())
            ))
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = self.exchange(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response).await)
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let body = response.bytes().await.context("the server's answer")?;
    serde_json::from_slice(&body).map_err(|error| {
        Failure::failed(format!(
            "the server's answer could not be read: {error}; is it a Tocsin server, of this version?"
        ))
    })
}

/// The server's own words, and an exit code by whose fault it is.
async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let body = response.bytes().await.unwrap_or_default();
    let text = match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) if status == StatusCode::UNAUTHORIZED => {
            format!("{}: `tocsin login URL CODE`", problem.detail)
        }
        Ok(problem) => problem.detail,
        Err(_) => format!("HTTP {status} without an explanation; is it a Tocsin server?"),
    };
    if status.is_server_error() {
        Failure::failed(text)
    } else {
        Failure::refused(text)
    }
}

/// What is at the bottom of an error: `connection refused`, not `error sending request`.
fn root_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root_cause)
}

/// The process's cryptography. A second call, or another library's, does no harm.
pub fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
