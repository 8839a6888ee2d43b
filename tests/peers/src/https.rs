//! An HTTPS server on this machine, HTTP/2 and HTTP/1.1, that keeps what it was sent and does wrong
//! what it is told to.
//!
//! All peers of a process have certificates of one authority ([`ca_pem`]), so that one client can
//! trust them all. Requests are logged before any fault is met: the log says what was on the wire,
//! the service says what was taken.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::faults::{Fault, Faults, Outage};

/// As many requests are kept, the newest.
pub const LOG_LIMIT: usize = 1024;

/// One request as it was on the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which connection it came over, counted from 1.
    pub connection: u64,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// The method.
    pub method: Method,
    /// The path, with the query if there is one.
    pub path: String,
    /// The headers in the order of the wire, without HTTP/2's pseudo-headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A header's text: `None` when it is missing, said twice, or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        values
            .next()
            .is_none()
            .then(|| value.to_str().ok())
            .flatten()
    }

    /// The request line and the headers as text, one a line, for golden captures.
    #[must_use]
    pub fn head(&self) -> String {
        let mut text = format!("{} {} {:?}\n", self.method, self.path, self.version);
        for (name, value) in &self.headers {
            text.push_str(&format!(
                "{name}: {}\n",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
        text
    }
}

/// What a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// An answer without headers and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// With one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// With this body and its content type.
    #[must_use]
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.header("content-type", "application/json; charset=UTF-8")
            .body(body.to_string())
    }
}

/// What a vendor's service does with a request. A function from request to answer is a service.
pub trait Service: Send + Sync + 'static {
    /// Takes a request.
    fn answer(&self, request: &Request) -> Response;

    /// What the vendor says when it has taken a request; told by [`Fault::Lie`].
    fn accepted(&self, request: &Request) -> Response {
        let _ = request;
        Response::new(200)
    }

    /// What the vendor says with a status of [`Fault::Status`].
    fn failure(&self, request: &Request, status: u16) -> Response {
        let _ = request;
        Response::new(status)
    }
}

impl<F: Fn(&Request) -> Response + Send + Sync + 'static> Service for F {
    fn answer(&self, request: &Request) -> Response {
        self(request)
    }
}

impl<S: Service> Service for Arc<S> {
    fn answer(&self, request: &Request) -> Response {
        self.as_ref().answer(request)
    }

    fn accepted(&self, request: &Request) -> Response {
        self.as_ref().accepted(request)
    }

    fn failure(&self, request: &Request, status: u16) -> Response {
        self.as_ref().failure(request, status)
    }
}

/// A running server; it ends when dropped.
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.url())
    }
}

struct Shared {
    service: Box<dyn Service>,
    faults: Faults,
    log: Mutex<VecDeque<Request>>,
    received: AtomicU64,
    connections: AtomicU64,
}

impl Peer {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start(service: impl Service) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            service: Box::new(service),
            faults: Faults::default(),
            log: Mutex::default(),
            received: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, address, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting: accepting.abort_handle(),
        })
    }

    /// `https://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// `https://localhost:PORT`, for what depends on names being resolved.
    #[must_use]
    pub fn url_by_name(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The certificate to trust, in PEM; the same for all peers of the process.
    #[must_use]
    pub fn ca_pem(&self) -> &'static str {
        ca_pem()
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The newest [`LOG_LIMIT`] requests in the order in which they were complete.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let log = self.shared.log.lock().expect("no holder panics");
        log.iter().cloned().collect()
    }

    /// How many requests there were.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }

    /// How many TLS connections were made.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The certificate that all peers of this process are trusted by, in PEM.
#[must_use]
pub fn ca_pem() -> &'static str {
    &authority().pem
}

/// How a peer that speaks something else than HTTP ends TLS, by the same authority.
pub(crate) fn tls_config() -> Arc<ServerConfig> {
    Arc::clone(&authority().config)
}

struct Authority {
    pem: String,
    config: Arc<ServerConfig>,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| make_authority().expect("rcgen and rustls agree"))
}

fn make_authority() -> Result<Authority, Box<dyn std::error::Error>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Tocsin test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);

    let leaf_key = KeyPair::generate()?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let leaf = CertificateParams::new(names)?.signed_by(&leaf_key, &issuer)?;
    let chain = vec![CertificateDer::from(leaf)];
    let secret = PrivateKeyDer::try_from(leaf_key.serialize_der())?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Authority {
        pem: certificate.pem(),
        config: Arc::new(config),
    })
}

async fn accept(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    let mut outage = shared.faults.watch();
    let mut serving = JoinSet::new();
    let mut listener = Some(listener);
    loop {
        while serving.try_join_next().is_some() {}
        if *outage.borrow_and_update() == Outage::Refused {
            drop(listener.take());
            // A bound socket that does not listen keeps the port ours while connections to it
            // are refused.
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.set_reuseaddr(true).expect("an option");
            socket.bind(address).expect("our own port");
            let over = outage.wait_for(|outage| *outage != Outage::Refused).await;
            if over.is_err() {
                return;
            }
            listener = Some(socket.listen(1024).expect("our own port"));
        }
        let Some(open) = &listener else { return };
        tokio::select! {
            accepted = open.accept() => if let Ok((stream, _)) = accepted {
                serving.spawn(serve(stream, Arc::clone(&shared), shared.faults.watch()));
            },
            changed = outage.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// What a request's fate does to its connection.
#[derive(Default)]
struct Orders {
    reset: Notify,
    go_away: Notify,
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, mut outage: watch::Receiver<Outage>) {
    // Small answers must not wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire {
        stream,
        reset: Arc::clone(&reset),
    };
    let acceptor = TlsAcceptor::from(Arc::clone(&authority().config));
    let Ok(tls) = acceptor.accept(wire).await else {
        return;
    };
    let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let orders = Arc::new(Orders::default());
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        let orders = Arc::clone(&orders);
        async move { take(number, request, &shared, &orders).await }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(tls), service));
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = orders.go_away.notified() => connection.as_mut().graceful_shutdown(),
            () = orders.reset.notified() => break,
            _ = outage.wait_for(|outage| *outage == Outage::Refused) => break,
        }
    }
    reset.store(true, Ordering::Relaxed);
}

async fn take(
    connection: u64,
    request: hyper::Request<Incoming>,
    shared: &Shared,
    orders: &Orders,
) -> Result<hyper::Response<Full<Bytes>>, h2::Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Err(h2::Reason::CANCEL.into());
    };
    let request = Request {
        connection,
        version: head.version,
        method: head.method,
        path: head
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: head.headers,
        body: body.to_bytes(),
    };
    shared.received.fetch_add(1, Ordering::Relaxed);
    {
        let mut log = shared.log.lock().expect("no holder panics");
        if log.len() == LOG_LIMIT {
            log.pop_front();
        }
        log.push_back(request.clone());
    }
    let service = &shared.service;
    let response = match shared.faults.meet() {
        Fault::None => service.answer(&request),
        Fault::Status {
            code,
            retry_after,
            body,
        } => {
            let mut response = service.failure(&request, code);
            if let Some(body) = body {
                response.body = body.into();
            }
            match retry_after {
                Some(value) => response.header(RETRY_AFTER.as_str(), value),
                None => response,
            }
        }
        Fault::Stall => never().await,
        Fault::ResetBefore => {
            orders.reset.notify_one();
            never().await
        }
        Fault::ResetAfter => {
            service.answer(&request);
            orders.reset.notify_one();
            never().await
        }
        Fault::GoAway => {
            orders.go_away.notify_one();
            if request.version == Version::HTTP_2 {
                return Err(h2::Reason::REFUSED_STREAM.into());
            }
            service.answer(&request)
        }
        Fault::Duplicate => {
            service.answer(&request);
            service.answer(&request)
        }
        Fault::Delay(delay) => {
            tokio::time::sleep(delay).await;
            service.answer(&request)
        }
        Fault::Lie => service.accepted(&request),
    };
    let mut answer = hyper::Response::new(Full::new(response.body));
    *answer.status_mut() = StatusCode::from_u16(response.status).expect("a service's status");
    for (name, value) in &response.headers {
        answer.headers_mut().append(
            HeaderName::from_bytes(name.as_bytes()).expect("a service's header"),
            HeaderValue::from_str(value).expect("a service's header"),
        );
    }
    Ok(answer)
}

/// Waits until the connection is gone.
async fn never() -> Response {
    let never: Infallible = std::future::pending().await;
    match never {}
}

/// A TCP stream that can be closed by a reset.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Fails only on a stream that is closed already.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
