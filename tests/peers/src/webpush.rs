//! A push service for WebPush as RFC 8030, 8291 and 8292 have it, with autopush's error bodies
//! (<https://mozilla-services.github.io/autopush-rs/errors.html>), and its user agents.
//!
//! It takes nothing that the RFCs do not allow. Messages for a user agent that is away are kept as
//! long as their TTL says and replaced by their topic; a user agent decrypts with code that shares
//! nothing with the sender's.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Method;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use web_push_native::Auth;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint as _;

use crate::https::{Peer, Request, Response, Service};

/// The least a push service must take, and here the most (RFC 8030, section 7.2).
pub const BODY_LIMIT: usize = 4096;

/// A running push service; it ends when dropped.
#[derive(Debug)]
pub struct WebPushService {
    peer: Peer,
    desk: Arc<Desk>,
}

impl WebPushService {
    /// Starts on a free port.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let peer = Peer::start(Arc::clone(&desk)).await?;
        desk.origins
            .get_or_init(|| [peer.url(), peer.url_by_name()]);
        Ok(Self { peer, desk })
    }

    /// The server below: its faults, its log, its address.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// A new subscription, bound to a VAPID public key if one is given (RFC 8292, section 4), with
    /// its user agent, which is there to receive.
    #[must_use]
    pub fn subscribe(&self, vapid_public_key: Option<&str>) -> UserAgent {
        let id = URL_SAFE_NO_PAD.encode(random::<16>());
        let (deliver, inbox) = unbounded_channel();
        let subscription = Subscription {
            key: vapid_public_key.map(ToOwned::to_owned),
            expired: false,
            away: false,
            kept: Vec::new(),
            deliver,
        };
        self.desk.subscriptions().insert(id.clone(), subscription);
        let private = loop {
            if let Ok(private) = SecretKey::from_slice(&random::<32>()) {
                break private;
            }
        };
        UserAgent {
            endpoint: format!("{}/push/{id}", self.peer.url()),
            id,
            desk: Arc::clone(&self.desk),
            private,
            auth: random::<16>(),
            inbox,
        }
    }
}

/// Who subscribed: a browser, or a distributor with its app.
pub struct UserAgent {
    endpoint: String,
    id: String,
    desk: Arc<Desk>,
    private: SecretKey,
    auth: [u8; 16],
    inbox: UnboundedReceiver<Message>,
}

impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserAgent({})", self.endpoint)
    }
}

/// A message as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The body, still encrypted.
    pub body: Bytes,
    /// Its urgency (RFC 8030, section 5.3).
    pub urgency: String,
    /// Its topic (RFC 8030, section 5.4).
    pub topic: Option<String>,
}

impl UserAgent {
    /// Where to push to.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The public key to encrypt to, as text.
    #[must_use]
    pub fn p256dh(&self) -> String {
        let public = self.private.public_key().to_encoded_point(false);
        URL_SAFE_NO_PAD.encode(public)
    }

    /// The authentication secret, as text.
    #[must_use]
    pub fn auth(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.auth)
    }

    /// Waits for the next message.
    pub async fn next(&mut self) -> Message {
        let message = self.inbox.recv().await;
        message.expect("the service lives as long as its user agents")
    }

    /// The next message if it is there already.
    pub fn try_next(&mut self) -> Option<Message> {
        self.inbox.try_recv().ok()
    }

    /// Decrypts as a user agent does; `None` when it was not encrypted for this one.
    #[must_use]
    pub fn decrypt(&self, message: &Message) -> Option<Vec<u8>> {
        let auth = Auth::clone_from_slice(&self.auth);
        web_push_native::decrypt(message.body.to_vec(), &self.private, &auth).ok()
    }

    /// Loses its connection to the service, which keeps what comes.
    pub fn go_away(&self) {
        self.subscription(|subscription| subscription.away = true);
    }

    /// Comes back and is given what was kept and is not over its TTL.
    pub fn come_back(&self) {
        let now = SystemTime::now();
        self.subscription(|subscription| {
            subscription.away = false;
            for (until, message) in std::mem::take(&mut subscription.kept) {
                if now < until {
                    subscription.hand_over(message);
                }
            }
        });
    }

    /// The service lets the subscription expire: 410 from now on (RFC 8030, section 7.3).
    pub fn expire(&self) {
        self.subscription(|subscription| subscription.expired = true);
    }

    /// The service forgets the subscription: 404 from now on.
    pub fn forget(&self) {
        self.desk.subscriptions().remove(&self.id);
    }

    fn subscription(&self, change: impl FnOnce(&mut Subscription)) {
        if let Some(subscription) = self.desk.subscriptions().get_mut(&self.id) {
            change(subscription);
        }
    }
}

struct Subscription {
    key: Option<String>,
    expired: bool,
    away: bool,
    kept: Vec<(SystemTime, Message)>,
    deliver: UnboundedSender<Message>,
}

impl Subscription {
    fn hand_over(&self, message: Message) {
        // Fails when the user agent was dropped: then nobody listens.
        let _ = self.deliver.send(message);
    }

    /// RFC 8030, sections 5.2 and 5.4.
    fn take(&mut self, message: Message, ttl: Duration, now: SystemTime) {
        if !self.away {
            self.hand_over(message);
            return;
        }
        if message.topic.is_some() {
            self.kept.retain(|(_, kept)| kept.topic != message.topic);
        }
        if !ttl.is_zero() {
            self.kept.push((now + ttl, message));
        }
    }
}

/// What takes requests.
#[derive(Default)]
struct Desk {
    origins: OnceLock<[String; 2]>,
    subscriptions: Mutex<HashMap<String, Subscription>>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    fn subscriptions(&self) -> MutexGuard<'_, HashMap<String, Subscription>> {
        self.subscriptions.lock().expect("no holder panics")
    }

    fn take(&self, request: &Request, now: SystemTime) -> Result<(), Response> {
        let Some(id) = request.path.strip_prefix("/push/") else {
            return Err(error(404, 0, "no such resource"));
        };
        if request.method != Method::POST {
            return Err(error(405, 0, "push with POST"));
        }
        let mut subscriptions = self.subscriptions();
        let Some(subscription) = subscriptions.get_mut(id) else {
            return Err(error(404, 102, "no such subscription"));
        };
        if subscription.expired {
            return Err(error(410, 103, "the subscription has expired"));
        }
        let ttl = ttl(request)?;
        let message = message(request)?;
        if let Some(key) = &subscription.key {
            let origins = self.origins.get().map_or(&[][..], |origins| origins);
            authorised(request, key, origins, now)?;
        }
        subscription.take(message, ttl, now);
        Ok(())
    }
}

impl Service for Desk {
    fn answer(&self, request: &Request) -> Response {
        match self.take(request, SystemTime::now()) {
            Ok(()) => self.accepted(request),
            Err(refusal) => refusal,
        }
    }

    /// RFC 8030, section 5.
    fn accepted(&self, request: &Request) -> Response {
        let message = format!("/message/{}", URL_SAFE_NO_PAD.encode(random::<16>()));
        Response::new(201)
            .header("location", message)
            .header("ttl", request.header("ttl").unwrap_or("0"))
    }

    fn failure(&self, _: &Request, status: u16) -> Response {
        error(status, 999, "told to fail")
    }
}

fn ttl(request: &Request) -> Result<Duration, Response> {
    let said = request.header("ttl").unwrap_or_default();
    let digits = !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit());
    match said.parse() {
        Ok(seconds) if digits => Ok(Duration::from_secs(seconds)),
        _ => Err(error(400, 111, "expected one TTL header with digits")),
    }
}

fn message(request: &Request) -> Result<Message, Response> {
    let urgency = optional(request, "urgency")?.unwrap_or("normal");
    if !["very-low", "low", "normal", "high"].contains(&urgency) {
        return Err(error(400, 0, "no such urgency"));
    }
    let topic = optional(request, "topic")?;
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if topic
        .is_some_and(|topic| topic.is_empty() || topic.len() > 32 || !topic.chars().all(base64url))
    {
        return Err(error(
            400,
            113,
            "expected a topic of 1 to 32 base64url characters",
        ));
    }
    if request.body.len() > BODY_LIMIT {
        return Err(error(413, 104, "more than 4096 bytes"));
    }
    if request.header("content-encoding") != Some("aes128gcm") {
        return Err(error(400, 110, "expected Content-Encoding: aes128gcm"));
    }
    // RFC 8188, section 2.1, with the key id of RFC 8291, section 4; a record has 18 bytes or more.
    let header = request.body.get(..86);
    let size =
        header.map(|header| u32::from_be_bytes([header[16], header[17], header[18], header[19]]));
    let one_record =
        size.is_some_and(|size| (18..=size as usize).contains(&(request.body.len() - 86)));
    if !one_record || request.body[20..22] != [65, 4] {
        return Err(error(
            400,
            110,
            "expected one record of aes128gcm with a P-256 key",
        ));
    }
    Ok(Message {
        body: request.body.clone(),
        urgency: urgency.to_owned(),
        topic: topic.map(ToOwned::to_owned),
    })
}

fn optional<'a>(request: &'a Request, name: &str) -> Result<Option<&'a str>, Response> {
    match (request.headers.contains_key(name), request.header(name)) {
        (true, None) => Err(error(400, 0, "expected a header once, in ASCII")),
        (_, said) => Ok(said),
    }
}

/// RFC 8292, sections 2, 3 and 4.2.
fn authorised(
    request: &Request,
    key: &str,
    origins: &[String],
    now: SystemTime,
) -> Result<(), Response> {
    let unauthorised = || {
        error(401, 109, "expected Authorization: vapid t=TOKEN, k=KEY")
            .header("www-authenticate", "vapid")
    };
    let forbidden = |why| error(403, 109, why);
    let said = request.header("authorization").ok_or_else(unauthorised)?;
    let parameters = said.strip_prefix("vapid ").ok_or_else(unauthorised)?;
    let mut token = None;
    let mut said_key = None;
    for parameter in parameters.split(',') {
        match parameter.trim().split_once('=').ok_or_else(unauthorised)? {
            ("t", value) => token = Some(value),
            ("k", value) => said_key = Some(value),
            _ => return Err(unauthorised()),
        }
    }
    let (Some(token), Some(said_key)) = (token, said_key) else {
        return Err(unauthorised());
    };
    if said_key != key {
        return Err(forbidden("the subscription is bound to another key"));
    }
    let claims =
        verified(token, key).ok_or_else(|| forbidden("the token is not signed by its key"))?;
    if !origins
        .iter()
        .any(|origin| claims["aud"] == origin.as_str())
    {
        return Err(forbidden("the token's aud is another origin"));
    }
    let now_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let left = claims["exp"]
        .as_u64()
        .and_then(|exp| exp.checked_sub(now_s));
    if !left.is_some_and(|left| (1..=24 * 3600).contains(&left)) {
        return Err(forbidden(
            "the token's exp is past or more than 24 hours ahead",
        ));
    }
    let contact = claims["sub"].as_str().unwrap_or_default();
    if !contact.starts_with("mailto:") && !contact.starts_with("https:") {
        return Err(forbidden("the token's sub is no contact"));
    }
    Ok(())
}

/// The claims of a token that was signed with this key by ES256.
fn verified(token: &str, key: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
    if header["alg"] != "ES256" {
        return None;
    }
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(key)?);
    public
        .verify(signed.as_bytes(), &decoded(signature)?)
        .ok()?;
    serde_json::from_slice(&decoded(claims)?).ok()
}

fn error(status: u16, errno: u16, message: &str) -> Response {
    Response::new(status).json(&json!({"code": status, "errno": errno, "message": message}))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's randomness");
    bytes
}
