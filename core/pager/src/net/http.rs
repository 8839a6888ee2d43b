//! The real network: reqwest over rustls with ring.

use core::time::Duration;
use std::collections::VecDeque;
use std::error::Error;
use std::io;

use futures_util::Stream;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, redirect};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tocsin_readiness::Facts;
use tocsin_ticket::TicketId;
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, DrillRequest, DrillView, EnrollReply, EnrollRequest,
    OnCall, Problem, PushInfo, PushRegistration, ReceiptBatch, ShiftView, SyncPage, TicketDetail,
    Timeline, WIRE_VERSION, WIRE_VERSION_HEADER, frame,
};
use tokio::sync::OnceCell;

use super::sse::{Block, Decoder};
use super::{Authorities, Network, NetworkError, Server, StreamEvent, Token};

/// The longest that a request may take from its first byte out to its last byte in.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// A stream is dead when two and a half keep-alives, which come every 15 s, did not.
const STREAM_READ_TIMEOUT: Duration = Duration::from_millis(37_500);

/// The most that the body of an answer may take, in bytes: a page of a sync with the largest
/// tickets is far below it.
const BODY_LIMIT: usize = 32 << 20;

/// A server over HTTP/1.1 or HTTP/2.
///
/// The client is built at the first request, so that a process woken by a push sounds the siren
/// before it loads a certificate.
#[derive(Debug)]
pub struct HttpNetwork {
    server: Server,
    token: Token,
    client: OnceCell<Client>,
}

impl HttpNetwork {
    /// A network that has not been used yet.
    #[must_use]
    pub fn new(server: Server, token: Token) -> Self {
        Self {
            server,
            token,
            client: OnceCell::new(),
        }
    }

    /// `POST /v1/enroll`: a new device with a single-use code.
    ///
    /// # Errors
    /// [`NetworkError::Rejected`] when the code is wrong, used or too old.
    pub async fn enroll(
        server: &Server,
        request: &EnrollRequest,
    ) -> Result<EnrollReply, NetworkError> {
        let client = build(server.clone()).await?;
        let post = client.post(server.at("v1/enroll"));
        answer(json(post, request)?).await
    }

    async fn client(&self) -> Result<&Client, NetworkError> {
        self.client
            .get_or_try_init(|| build(self.server.clone()))
            .await
    }

    async fn get(&self, path: &str) -> Result<RequestBuilder, NetworkError> {
        let url = self.server.at(path);
        let get = self.client().await?.get(url);
        Ok(get.bearer_auth(self.token.reveal()))
    }

    async fn post(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<RequestBuilder, NetworkError> {
        let url = self.server.at(path);
        let post = self.client().await?.post(url);
        json(post.bearer_auth(self.token.reveal()), body)
    }

    async fn put(&self, path: &str, body: &impl Serialize) -> Result<RequestBuilder, NetworkError> {
        let url = self.server.at(path);
        let put = self.client().await?.put(url);
        json(put.bearer_auth(self.token.reveal()), body)
    }
}

impl Network for HttpNetwork {
    async fn sync(&self, after: Option<Cursor>) -> Result<SyncPage, NetworkError> {
        let path = after.map_or_else(
            || "v1/sync".to_owned(),
            |cursor| format!("v1/sync?after={cursor}"),
        );
        answer(self.get(&path).await?).await
    }

    async fn stream(
        &self,
        after: Cursor,
    ) -> Result<impl Stream<Item = Result<StreamEvent, NetworkError>> + Send + 'static, NetworkError>
    {
        let request = self
            .get("v1/stream")
            .await?
            .header(ACCEPT, "text/event-stream")
            .header("last-event-id", after.to_string());
        let response = tokio::time::timeout(REQUEST_TIMEOUT, request.send())
            .await
            .map_err(|_| unreachable("no answer in time"))?
            .map_err(|error| failed(&error))?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response).await);
        }
        Ok(futures_util::stream::unfold(
            Some(Reading {
                response,
                decoder: Decoder::default(),
                ready: VecDeque::new(),
            }),
            |reading| async {
                let mut reading = reading?;
                match reading.next().await {
                    Ok(event) => event.map(|event| (Ok(event), Some(reading))),
                    Err(error) => Some((Err(error), None)),
                }
            },
        ))
    }

    async fn command(&self, request: &CommandRequest) -> Result<CommandReply, NetworkError> {
        let request = self.post("v1/commands", request).await?;
        let response = send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CONFLICT => read(response).await,
            _ => Err(refusal(response).await),
        }
    }

    async fn receipts(&self, batch: &ReceiptBatch) -> Result<(), NetworkError> {
        done(self.post("v1/receipts", batch).await?).await
    }

    async fn register_push(&self, registration: &PushRegistration) -> Result<(), NetworkError> {
        done(self.put("v1/device/push", registration).await?).await
    }

    async fn status(&self, facts: &Facts) -> Result<(), NetworkError> {
        done(self.put("v1/device/status", facts).await?).await
    }

    async fn push_info(&self) -> Result<PushInfo, NetworkError> {
        answer(self.get("v1/push").await?).await
    }

    async fn on_call(&self) -> Result<Vec<OnCall>, NetworkError> {
        answer(self.get("v1/oncall").await?).await
    }

    async fn shifts(&self) -> Result<Vec<ShiftView>, NetworkError> {
        answer(self.get("v1/shifts").await?).await
    }

    async fn order_drill(&self, audible: bool) -> Result<DrillView, NetworkError> {
        let request = DrillRequest {
            device: None,
            audible,
        };
        answer(self.post("v1/drills", &request).await?).await
    }

    async fn ticket_detail(&self, ticket: TicketId) -> Result<TicketDetail, NetworkError> {
        let path = format!("v1/tickets/{}", ticket.0);
        answer(self.get(&path).await?).await
    }

    async fn timeline(&self, ticket: TicketId) -> Result<Timeline, NetworkError> {
        let path = format!("v1/tickets/{}/timeline", ticket.0);
        answer(self.get(&path).await?).await
    }
}

/// A stream being read.
struct Reading {
    response: Response,
    decoder: Decoder,
    ready: VecDeque<Block>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<StreamEvent>, NetworkError> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                return event(block).map(Some);
            }
            let chunk = tokio::time::timeout(STREAM_READ_TIMEOUT, self.response.chunk())
                .await
                .map_err(|_| unreachable("the stream was silent for too long"))?
                .map_err(|error| failed(&error))?;
            let Some(chunk) = chunk else {
                return Ok(None);
            };
            let blocks = self.decoder.feed(&chunk);
            self.ready = blocks.map_err(|error| garbled(&error))?.into();
        }
    }
}

/// What an event of the stream says. Kinds that only a newer server knows count as a sign of life.
fn event(block: Block) -> Result<StreamEvent, NetworkError> {
    let Block::Event { name, data, id } = block else {
        return Ok(StreamEvent::KeepAlive);
    };
    Ok(match name.as_str() {
        frame::HELLO => {
            StreamEvent::Hello(serde_json::from_str(&data).map_err(|error| garbled(&error))?)
        }
        frame::DUTY => told(&data, StreamEvent::Duty),
        frame::DRILL => told(&data, StreamEvent::Drill),
        frame::NOTICE => told(&data, StreamEvent::Notice),
        frame::RESET => StreamEvent::Reset,
        frame::CATCH_UP => StreamEvent::CatchUp,
        frame::UPDATE => {
            let cursor: Option<Cursor> = id.as_deref().and_then(|id| id.parse().ok());
            match (cursor, serde_json::from_str(&data)) {
                (Some(cursor), Ok(update)) => StreamEvent::Update {
                    cursor,
                    update: Box::new(update),
                },
                (cursor, update) => StreamEvent::Unreadable {
                    cursor,
                    reason: update.err().map_or_else(
                        || "an update without a cursor".to_owned(),
                        |error| error.to_string(),
                    ),
                },
            }
        }
        _ => StreamEvent::KeepAlive,
    })
}

/// An event besides the log: one that cannot be read does not stop the stream.
fn told<T: DeserializeOwned>(data: &str, event: fn(T) -> StreamEvent) -> StreamEvent {
    serde_json::from_str(data).map_or_else(
        |error| StreamEvent::Unreadable {
            cursor: None,
            reason: error.to_string(),
        },
        event,
    )
}

/// Loading the system's certificates takes tens of milliseconds, in which the siren may have to
/// start, so it is done on a thread of its own.
async fn build(server: Server) -> Result<Client, NetworkError> {
    let built = tokio::task::spawn_blocking(move || build_blocking(&server)).await;
    built.map_err(|error| unreachable(&error.to_string()))?
}

fn build_blocking(server: &Server) -> Result<Client, NetworkError> {
    // Fails when the process has a provider already, which then is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusted = trusted(server)?;
    let mut headers = HeaderMap::new();
    headers.insert(WIRE_VERSION_HEADER, HeaderValue::from(WIRE_VERSION));
    let builder = Client::builder()
        .user_agent(concat!("tocsin-pager/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        // A redirect would take the token elsewhere; hotel networks like to send them.
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(15))
        .http2_keep_alive_interval(Duration::from_secs(15))
        .http2_keep_alive_timeout(Duration::from_secs(10));
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(Duration::from_secs(20));
    let builder = if trusted.is_empty() {
        builder
    } else {
        builder.tls_certs_only(trusted)
    };
    builder.build().map_err(|error| failed(&error))
}

/// The certificates that may stand behind the server's; empty: the system checks it itself.
fn trusted(server: &Server) -> Result<Vec<Certificate>, NetworkError> {
    let own = server
        .trusted()
        .map_err(|error| unreachable(&error.to_string()))?;
    match server.authorities() {
        _ if !own.is_empty() => Ok(own),
        Authorities::Told(tell) => readable(tell().map_err(|reason| unreachable(&reason))?),
        // Android answers in Java alone, which nothing here calls.
        Authorities::System if cfg!(target_os = "android") => Err(unreachable(
            "this app does not tell whom the phone trusts; install one that does",
        )),
        Authorities::System => Ok(own),
    }
}

/// Those that rustls can use: of a system's many authorities one may be of a kind that it cannot, and
/// the others are as good without it.
fn readable(told: Vec<Vec<u8>>) -> Result<Vec<Certificate>, NetworkError> {
    let count = told.len();
    let usable: Vec<_> = told
        .into_iter()
        .filter(|der| {
            let der = CertificateDer::from(der.as_slice());
            RootCertStore::empty().add(der).is_ok()
        })
        .filter_map(|der| Certificate::from_der(&der).ok())
        .collect();
    if usable.is_empty() {
        return Err(unreachable(&format!(
            "of {count} certificate authorities that this device names none can be used, so no \
             server's certificate can be checked; look in its settings under trusted credentials, or \
             restart it"
        )));
    }
    Ok(usable)
}

fn json(request: RequestBuilder, body: &impl Serialize) -> Result<RequestBuilder, NetworkError> {
    let body = serde_json::to_vec(body).map_err(|error| garbled(&error))?;
    Ok(request
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .body(body))
}

async fn send(request: RequestBuilder) -> Result<Response, NetworkError> {
    let sent = request.timeout(REQUEST_TIMEOUT).send().await;
    sent.map_err(|error| failed(&error))
}

async fn done(request: RequestBuilder) -> Result<(), NetworkError> {
    let response = send(request).await?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(refusal(response).await)
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, NetworkError> {
    let response = send(request).await?;
    if response.status().is_success() {
        read(response).await
    } else {
        Err(refusal(response).await)
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, NetworkError> {
    let body = body(response).await?;
    serde_json::from_slice(&body).map_err(|error| garbled(&error))
}

async fn body(mut response: Response) -> Result<Vec<u8>, NetworkError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(NetworkError::Garbled {
                reason: format!("an answer of more than {BODY_LIMIT} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Why the server did not do it. Only a refusal in the server's own shape is final: a proxy or a
/// hotel network that answers 404 with a web page must not cost a check-in.
async fn refusal(response: Response) -> NetworkError {
    let status = response.status();
    if status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
    {
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        return NetworkError::Busy {
            status: status.as_u16(),
            retry_after,
        };
    }
    match tokio::time::timeout(REQUEST_TIMEOUT, read::<Problem>(response)).await {
        Ok(Ok(_)) if status == StatusCode::UNAUTHORIZED => NetworkError::Unauthorized,
        Ok(Ok(problem)) if status.is_client_error() => NetworkError::Rejected {
            status: status.as_u16(),
            detail: problem.detail,
        },
        _ => NetworkError::Garbled {
            reason: format!("HTTP {status}, not in the shape of a Tocsin server"),
        },
    }
}

/// The whole chain of causes, because reqwest's own text leaves out the one that matters; and what to
/// do about a certificate that nobody vouches for, the one that people can mend.
fn failed(error: &reqwest::Error) -> NetworkError {
    let mut reason = error.to_string();
    let mut next = behind(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !reason.ends_with(&text) {
            reason = format!("{reason}: {text}");
        }
        if let Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) =
            cause.downcast_ref()
        {
            reason.push_str(
                "; nobody whom this device trusts vouches for the server's certificate: give it \
                 one of a public authority, or have this device trust the one that it has",
            );
        }
        next = behind(cause);
    }
    NetworkError::Unreachable { reason }
}

/// What caused an error. One of input and output names what it wraps only when asked for it.
fn behind<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error (dyn Error + 'static)> {
    let wrapped = error.downcast_ref().and_then(io::Error::get_ref);
    wrapped.map_or_else(|| error.source(), |inner| Some(inner))
}

fn unreachable(reason: &str) -> NetworkError {
    NetworkError::Unreachable {
        reason: reason.to_owned(),
    }
}

fn garbled(error: &dyn Error) -> NetworkError {
    NetworkError::Garbled {
        reason: error.to_string(),
    }
}
