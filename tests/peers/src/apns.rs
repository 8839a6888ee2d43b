//! Apple's push service, and the phones behind it.
//!
//! It holds every request to Apple's documented rules, refuses in Apple's words, and hands what it
//! took to a [`Phone`], which may be away: then a newer notification replaces an older one of the
//! same collapse id, and what has expired is dropped. The rules are those of
//! <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>,
//! <https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>,
//! <https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification> and
//! <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>.
//!
//! One value is one environment: sandbox and production are two, which know different devices.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::{Method, Version};
use rcgen::KeyPair;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::https::{Request, Response, Service};

/// "The maximum payload size is 4 KB (4096 bytes)."
const MAX_BODY_BYTES: usize = 4096;
/// "The value of this key must not exceed 64 bytes."
const MAX_COLLAPSE_ID_BYTES: usize = 64;
/// "APNs rejects any request whose token contains a timestamp that is more than one hour old."
const TOKEN_LIMIT_S: i64 = 60 * 60;
/// "APNs reports an error if you use a new token more than once every 20 minutes on the same
/// connection."
const NEW_TOKEN_EVERY_S: i64 = 20 * 60;
/// Clocks are never quite the same.
const FUTURE_LIMIT_S: i64 = 60;

/// The developer's account: whose tokens are taken, for which apps.
#[derive(Debug, Clone)]
pub struct Account {
    /// Ten characters, names the key.
    pub key_id: String,
    /// Ten characters, names the team.
    pub team_id: String,
    /// The key's public half: a P-256 point, uncompressed, 65 bytes.
    pub public_key: Vec<u8>,
    /// The bundle ids of the team's apps.
    pub topics: Vec<String>,
}

impl Account {
    /// A new account with a new key, and the `.p8` file that the developer downloads.
    #[must_use]
    pub fn open(topics: &[&str]) -> (Self, String) {
        /// What Apple's files hold beside the two numbers: PKCS#8 (RFC 5958) with a P-256 key
        /// (RFC 5915) that names its curve twice.
        const PARTS: [&[u8]; 2] = [
            b"\x30\x81\x93\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\
              \xce\x3d\x03\x01\x07\x04\x79\x30\x77\x02\x01\x01\x04\x20",
            b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\xa1\x44\x03\x42\x00",
        ];
        let key = KeyPair::generate().expect("the system has random numbers");
        let pkcs8 = key.serialize_der();
        let public_key = key.public_key_raw().to_vec();
        // The scalar follows the same 36 bytes in every PKCS#8 of a P-256 key without parameters.
        let file = [PARTS[0], &pkcs8[36..68], PARTS[1], &public_key].concat();
        let p8 = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            BASE64_STANDARD.encode(file)
        );
        let account = Self {
            key_id: "ABC123DEFG".to_owned(),
            team_id: "DEF123GHIJ".to_owned(),
            public_key,
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
        };
        (account, p8)
    }
}

/// A notification as a phone gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// `apns-id`, from the request or made here.
    pub apns_id: String,
    /// `apns-collapse-id`: a newer one replaces an older one with the same.
    pub collapse_id: Option<String>,
    /// `apns-push-type`.
    pub push_type: String,
    /// `apns-priority`: 10 at once, 5 when it suits the battery, 1 whenever.
    pub priority: u8,
    /// `apns-expiration` in seconds since the epoch; with zero it is never kept.
    pub expires_s: i64,
    /// The JSON body.
    pub body: Value,
}

impl Delivered {
    /// Whether the system sounds it through the silent switch and every focus.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.body["aps"]["sound"]["critical"] == 1
    }

    /// Whether the system sounds it at all.
    #[must_use]
    pub fn sounds(&self) -> bool {
        !self.body["aps"]["sound"].is_null()
    }
}

/// A device with the app on it.
#[derive(Debug)]
pub struct Phone {
    token: String,
    apns: Arc<Apns>,
    inbox: UnboundedReceiver<Delivered>,
}

impl Phone {
    /// The device token, in hexadecimal.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The next notification; waits for it.
    pub async fn next(&mut self) -> Delivered {
        self.inbox
            .recv()
            .await
            .expect("the service knows this phone")
    }

    /// The next notification, if one has come.
    pub fn try_next(&mut self) -> Option<Delivered> {
        self.inbox.try_recv().ok()
    }

    /// Out of reach: from now on the service keeps what it takes.
    pub fn away(&self) {
        self.with(|device| device.kept = Some(Vec::new()));
    }

    /// In reach again: what was kept and has not expired arrives.
    pub fn back(&self) {
        let now_s = self.apns.now_s();
        self.with(|device| {
            for notification in device.kept.take().unwrap_or_default() {
                if notification.expires_s > now_s {
                    device.show(notification);
                }
            }
        });
    }

    /// What lies on the screen: of each collapse id the newest, and all without one.
    #[must_use]
    pub fn screen(&self) -> Vec<Delivered> {
        self.with(|device| device.screen.clone())
    }

    /// The app is taken off the phone: 410 `Unregistered` since `at_ms`.
    pub fn uninstall(&self, at_ms: i64) {
        self.with(|device| device.dead = Some(("Unregistered", at_ms)));
    }

    /// The token lapses: 410 `ExpiredToken` since `at_ms`.
    pub fn expire(&self, at_ms: i64) {
        self.with(|device| device.dead = Some(("ExpiredToken", at_ms)));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Device) -> T) -> T {
        let mut state = self.apns.state();
        change(
            state
                .devices
                .get_mut(&self.token)
                .expect("devices are never forgotten"),
        )
    }
}

struct Device {
    topic: String,
    dead: Option<(&'static str, i64)>,
    /// While away.
    kept: Option<Vec<Delivered>>,
    screen: Vec<Delivered>,
    inbox: UnboundedSender<Delivered>,
}

impl Device {
    fn take(&mut self, notification: Delivered) {
        match &mut self.kept {
            Some(kept) if notification.expires_s > 0 => replace(kept, notification),
            Some(_) => {}
            None => self.show(notification),
        }
    }

    fn show(&mut self, notification: Delivered) {
        if notification.push_type == "alert" {
            replace(&mut self.screen, notification.clone());
        }
        // Fails when the test no longer looks at the phone.
        let _ = self.inbox.send(notification);
    }
}

fn replace(notifications: &mut Vec<Delivered>, newer: Delivered) {
    notifications
        .retain(|older| older.collapse_id.is_none() || older.collapse_id != newer.collapse_id);
    notifications.push(newer);
}

/// One environment of Apple's push service.
pub struct Apns {
    account: Account,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    devices: HashMap<String, Device>,
    /// Of each connection: the newest provider token, and when it was first seen.
    tokens: HashMap<u64, (String, i64)>,
    /// Stands still when set; otherwise the system's.
    clock_ms: Option<i64>,
    complaints: Vec<String>,
}

impl fmt::Debug for Apns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Apns(team {})", self.account.team_id)
    }
}

/// A status and Apple's word for it.
type Refusal = (u16, &'static str);

impl Apns {
    /// A service that knows one team and, so far, no devices.
    #[must_use]
    pub fn new(account: Account) -> Arc<Self> {
        Arc::new(Self {
            account,
            state: Mutex::default(),
        })
    }

    /// A new phone with the app of `topic`.
    #[must_use]
    pub fn phone(self: &Arc<Self>, topic: &str) -> Phone {
        let token = hex(&random::<32>());
        let (sender, inbox) = unbounded_channel();
        let device = Device {
            topic: topic.to_owned(),
            dead: None,
            kept: None,
            screen: Vec::new(),
            inbox: sender,
        };
        self.state().devices.insert(token.clone(), device);
        Phone {
            token,
            apns: Arc::clone(self),
            inbox,
        }
    }

    /// Sets the service's clock, which then stands still.
    pub fn set_clock(&self, now_ms: i64) {
        self.state().clock_ms = Some(now_ms);
    }

    /// What Apple takes and phones then ignore or misread: bodies against the payload key
    /// reference. Empty when all was well.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.state().complaints.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    fn now_s(&self) -> i64 {
        self.state()
            .clock_ms
            .unwrap_or_else(system_ms)
            .div_euclid(1000)
    }

    fn take(&self, request: &Request, apns_id: &str) -> Result<(), Refusal> {
        if request.version != Version::HTTP_2 {
            return Err((505, "HTTP/2 only"));
        }
        if request.method != Method::POST {
            return Err((405, "MethodNotAllowed"));
        }
        let token = request
            .path
            .strip_prefix("/3/device/")
            .ok_or((404, "BadPath"))?;
        if token.is_empty() {
            return Err((400, "MissingDeviceToken"));
        }
        for name in request.headers.keys() {
            let ours = name == "authorization" || name.as_str().starts_with("apns-");
            if ours && request.headers.get_all(name).iter().count() > 1 {
                return Err((400, "DuplicateHeaders"));
            }
        }
        self.check_provider(request)?;
        let topic = request.header("apns-topic").ok_or((400, "MissingTopic"))?;
        if !self.account.topics.iter().any(|allowed| allowed == topic) {
            return Err((400, "TopicDisallowed"));
        }
        if request.headers.contains_key("apns-id") && !is_canonical_uuid(apns_id) {
            return Err((400, "BadMessageId"));
        }
        let expires_s = match request.header("apns-expiration") {
            None => 0,
            Some(text) => number(text).ok_or((400, "BadExpirationDate"))?,
        };
        let priority = match request.header("apns-priority") {
            None | Some("10") => 10,
            Some("5") => 5,
            Some("1") => 1,
            Some(_) => return Err((400, "BadPriority")),
        };
        let collapse_id = request.header("apns-collapse-id");
        if collapse_id.is_some_and(|id| id.len() > MAX_COLLAPSE_ID_BYTES) {
            return Err((400, "BadCollapseId"));
        }
        if request.body.is_empty() {
            return Err((400, "PayloadEmpty"));
        }
        if request.body.len() > MAX_BODY_BYTES {
            return Err((413, "PayloadTooLarge"));
        }
        let body: Value =
            serde_json::from_slice(&request.body).map_err(|_| (400, "PayloadEmpty"))?;
        if !body["aps"].is_object() {
            return Err((400, "PayloadEmpty"));
        }
        let push_type = request.header("apns-push-type").unwrap_or("");
        check_push_type(push_type, priority, &body["aps"])?;

        let mut state = self.state();
        let device = state
            .devices
            .get_mut(token)
            .ok_or((400, "BadDeviceToken"))?;
        if device.topic != topic {
            return Err((400, "DeviceTokenNotForTopic"));
        }
        if let Some((reason, _)) = device.dead {
            return Err((410, reason));
        }
        let complaints = complaints(&body["aps"]);
        if complaints.is_empty() {
            device.take(Delivered {
                apns_id: apns_id.to_owned(),
                collapse_id: collapse_id.map(str::to_owned),
                push_type: push_type.to_owned(),
                priority,
                expires_s,
                body,
            });
        }
        state.complaints.extend(complaints);
        Ok(())
    }

    fn check_provider(&self, request: &Request) -> Result<(), Refusal> {
        const INVALID: Refusal = (403, "InvalidProviderToken");
        let token = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token)
            .ok_or((403, "MissingProviderToken"))?;
        let (signed, signature) = token.rsplit_once('.').ok_or(INVALID)?;
        let (header, claims) = signed.split_once('.').ok_or(INVALID)?;
        let part = |text: &str| -> Result<Value, Refusal> {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| INVALID)?;
            serde_json::from_slice(&bytes).map_err(|_| INVALID)
        };
        let (header, claims) = (part(header)?, part(claims)?);
        if header["alg"] != "ES256"
            || header["kid"] != *self.account.key_id
            || claims["iss"] != *self.account.team_id
        {
            return Err(INVALID);
        }
        let signature = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| INVALID)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.account.public_key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| INVALID)?;
        let issued_s = claims["iat"].as_i64().ok_or(INVALID)?;
        let now_s = self.now_s();
        if issued_s > now_s + FUTURE_LIMIT_S {
            return Err(INVALID);
        }
        if now_s - issued_s > TOKEN_LIMIT_S {
            return Err((403, "ExpiredProviderToken"));
        }
        let mut state = self.state();
        match state.tokens.get(&request.connection) {
            Some((known, _)) if known == token => {}
            Some((_, since_s)) if now_s - since_s < NEW_TOKEN_EVERY_S => {
                return Err((429, "TooManyProviderTokenUpdates"));
            }
            _ => {
                state
                    .tokens
                    .insert(request.connection, (token.to_owned(), now_s));
            }
        }
        Ok(())
    }

    fn refuse(&self, request: &Request, (status, reason): Refusal) -> Response {
        let mut body = json!({ "reason": reason });
        if status == 410 {
            let state = self.state();
            let dead = request
                .path
                .rsplit('/')
                .next()
                .and_then(|token| state.devices.get(token))
                .and_then(|device| device.dead);
            let since_ms = dead.map_or_else(
                || state.clock_ms.unwrap_or_else(system_ms),
                |(_, since_ms)| since_ms,
            );
            body["timestamp"] = since_ms.into();
        }
        Response::new(status)
            .header("apns-id", apns_id(request))
            .json(&body)
    }
}

impl Service for Apns {
    fn answer(&self, request: &Request) -> Response {
        let apns_id = apns_id(request);
        match self.take(request, &apns_id) {
            Ok(()) => Response::new(200).header("apns-id", apns_id),
            Err(refusal) => self.refuse(request, refusal),
        }
    }

    fn accepted(&self, request: &Request) -> Response {
        Response::new(200).header("apns-id", apns_id(request))
    }

    fn failure(&self, request: &Request, status: u16) -> Response {
        let reason = match status {
            400 => "BadDeviceToken",
            403 => "InvalidProviderToken",
            404 => "BadPath",
            405 => "MethodNotAllowed",
            410 => "Unregistered",
            413 => "PayloadTooLarge",
            429 => "TooManyRequests",
            500 => "InternalServerError",
            503 => "ServiceUnavailable",
            // Apple's table ends here; a proxy's answer has no words of Apple's.
            _ => return Response::new(status),
        };
        self.refuse(request, (status, reason))
    }
}

/// "The value of this header must accurately reflect the contents of your notification's payload."
fn check_push_type(push_type: &str, priority: u8, aps: &Value) -> Result<(), Refusal> {
    let shows = ["alert", "sound", "badge"]
        .iter()
        .any(|key| !aps[key].is_null());
    match push_type {
        "alert" if shows => Ok(()),
        "background" if aps["content-available"] == 1 && !shows => match priority {
            // "If the push type is background, you must use priority 5."
            5 => Ok(()),
            _ => Err((400, "BadPriority")),
        },
        _ => Err((400, "InvalidPushType")),
    }
}

/// What the payload key reference does not allow, which Apple's service does not look at.
fn complaints(aps: &Value) -> Vec<String> {
    const STRING: fn(&Value) -> bool = Value::is_string;
    const FLAG: fn(&Value) -> bool = |value| *value == json!(1);
    const SHARE: fn(&Value) -> bool = |value| {
        value
            .as_f64()
            .is_some_and(|share| (0.0..=1.0).contains(&share))
    };
    const LEVEL: fn(&Value) -> bool = |value| {
        matches!(
            value.as_str(),
            Some("passive" | "active" | "time-sensitive" | "critical")
        )
    };
    const ALERT: fn(&Value) -> bool = |value| {
        let known = [
            "title",
            "subtitle",
            "body",
            "launch-image",
            "title-loc-key",
            "title-loc-args",
            "subtitle-loc-key",
            "subtitle-loc-args",
            "loc-key",
            "loc-args",
        ];
        value.is_string()
            || value
                .as_object()
                .is_some_and(|alert| alert.keys().all(|key| known.contains(&key.as_str())))
    };
    const SOUND: fn(&Value) -> bool = |value| {
        value.is_string()
            || value.as_object().is_some_and(|sound| {
                sound.len() == 3
                    && sound.get("critical").is_some_and(FLAG)
                    && sound.get("name").is_some_and(STRING)
                    && sound.get("volume").is_some_and(SHARE)
            })
    };
    let rules: BTreeMap<&str, fn(&Value) -> bool> = BTreeMap::from([
        ("alert", ALERT),
        ("badge", Value::is_u64 as fn(&Value) -> bool),
        ("sound", SOUND),
        ("thread-id", STRING),
        ("category", STRING),
        ("content-available", FLAG),
        ("mutable-content", FLAG),
        ("target-content-id", STRING),
        ("interruption-level", LEVEL),
        ("relevance-score", SHARE),
    ]);
    let aps = aps.as_object().expect("checked by the caller");
    let mut complaints: Vec<String> = aps
        .iter()
        .filter(|(key, value)| !rules.get(key.as_str()).is_some_and(|rule| rule(value)))
        .map(|(key, value)| format!("aps.{key}: {value} is not in the payload key reference"))
        .collect();
    if aps.contains_key("mutable-content") && !aps.contains_key("alert") {
        complaints.push("aps.mutable-content: works on alerts only".to_owned());
    }
    complaints
}

fn number(text: &str) -> Option<i64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// "32 lowercase hexadecimal digits, displayed in five groups separated by hyphens in the form
/// 8-4-4-4-12."
fn is_canonical_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// The request's, or a new one.
fn apns_id(request: &Request) -> String {
    request.header("apns-id").map_or_else(
        || {
            let digits = hex(&random::<16>());
            let groups = [
                &digits[..8],
                &digits[8..12],
                &digits[12..16],
                &digits[16..20],
                &digits[20..],
            ];
            groups.join("-")
        },
        str::to_owned,
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has random numbers");
    bytes
}

fn system_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    i64::try_from(since.as_millis()).expect("it is not that late")
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderMap, HeaderName};
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;

    const NOW_MS: i64 = 1_767_225_600_000;
    const NOW_S: i64 = NOW_MS / 1000;
    const TOPIC: &str = "org.example.pager";

    struct World {
        apns: Arc<Apns>,
        key: EcdsaKeyPair,
        phone: Phone,
    }

    fn world() -> World {
        let (account, p8) = Account::open(&[TOPIC, "org.example.other"]);
        let der: String = p8.lines().filter(|line| !line.starts_with('-')).collect();
        let der = BASE64_STANDARD.decode(der).expect("base64");
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &der, &SystemRandom::new());
        let apns = Apns::new(account);
        apns.set_clock(NOW_MS);
        World {
            key: key.expect("Apple's form of a key"),
            phone: apns.phone(TOPIC),
            apns,
        }
    }

    impl World {
        fn token(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
            let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.expect("a signature"));
            format!("bearer {signed}.{signature}")
        }

        fn issued(&self, at_s: i64) -> String {
            self.token(
                &json!({ "alg": "ES256", "kid": self.apns.account.key_id }),
                &json!({ "iss": self.apns.account.team_id, "iat": at_s }),
            )
        }

        fn request(&self) -> Request {
            let mut request = Request {
                connection: 1,
                version: Version::HTTP_2,
                method: Method::POST,
                path: format!("/3/device/{}", self.phone.token()),
                headers: HeaderMap::new(),
                body: r#"{"aps":{"alert":"Wake up"}}"#.into(),
            };
            for (name, value) in [
                ("authorization", self.issued(NOW_S).as_str()),
                ("apns-topic", TOPIC),
                ("apns-push-type", "alert"),
                ("apns-id", "123e4567-e89b-12d3-a456-4266554400a0"),
            ] {
                set(&mut request, name, value);
            }
            request
        }

        fn answers(&self, request: &Request) -> (u16, String) {
            let response = self.apns.answer(request);
            let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            let reason = body["reason"].as_str().unwrap_or_default();
            (response.status, reason.to_owned())
        }
    }

    fn set(request: &mut Request, name: &str, value: &str) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request
            .headers
            .insert(name, value.parse().expect("a value"));
    }

    #[test]
    fn a_request_as_documented_reaches_the_phone_and_its_id_comes_back() {
        let mut world = world();
        let request = world.request();
        let response = world.apns.answer(&request);
        assert_eq!(response.status, 200);
        let id = request.header("apns-id").expect("set");
        assert_eq!(response.headers, [("apns-id".to_owned(), id.to_owned())]);
        assert_eq!(world.phone.try_next().expect("taken").apns_id, id);
    }

    #[test]
    fn every_documented_rule_is_held_to() {
        type Change = fn(&mut Request, &World);
        let rules: &[(u16, &str, Change)] = &[
            (405, "MethodNotAllowed", |r, _| r.method = Method::PUT),
            (404, "BadPath", |r, _| r.path = "/2/device/00".to_owned()),
            (400, "MissingDeviceToken", |r, _| {
                r.path = "/3/device/".to_owned()
            }),
            (400, "BadDeviceToken", |r, _| {
                r.path = "/3/device/00".to_owned()
            }),
            (400, "DuplicateHeaders", |r, _| {
                r.headers
                    .append("apns-topic", TOPIC.parse().expect("a value"));
            }),
            (403, "MissingProviderToken", |r, _| {
                r.headers.remove("authorization");
            }),
            (403, "InvalidProviderToken", |r, _| {
                set(r, "authorization", "bearer a.b.c")
            }),
            (403, "InvalidProviderToken", |r, w| {
                let claims = json!({ "iss": "DEF123GHIJ", "iat": NOW_S });
                let token = w.token(&json!({ "alg": "ES256", "kid": "OTHER" }), &claims);
                set(r, "authorization", &token);
            }),
            (403, "InvalidProviderToken", |r, w| {
                let token = w.issued(NOW_S).replace("bearer ey", "bearer ez");
                set(r, "authorization", &token);
            }),
            (403, "InvalidProviderToken", |r, w| {
                set(r, "authorization", &w.issued(NOW_S + 61));
            }),
            (403, "ExpiredProviderToken", |r, w| {
                set(r, "authorization", &w.issued(NOW_S - 3601));
            }),
            (400, "MissingTopic", |r, _| {
                r.headers.remove("apns-topic");
            }),
            (400, "TopicDisallowed", |r, _| {
                set(r, "apns-topic", "com.example")
            }),
            (400, "DeviceTokenNotForTopic", |r, _| {
                set(r, "apns-topic", "org.example.other")
            }),
            (400, "BadMessageId", |r, _| {
                set(r, "apns-id", "123E4567-E89B-12D3-A456-4266554400A0");
            }),
            (400, "BadExpirationDate", |r, _| {
                set(r, "apns-expiration", "soon")
            }),
            (400, "BadExpirationDate", |r, _| {
                set(r, "apns-expiration", "-1")
            }),
            (400, "BadPriority", |r, _| set(r, "apns-priority", "9")),
            (400, "BadCollapseId", |r, _| {
                set(r, "apns-collapse-id", &"i".repeat(65))
            }),
            (400, "InvalidPushType", |r, _| {
                set(r, "apns-push-type", "loud")
            }),
            (400, "InvalidPushType", |r, _| {
                set(r, "apns-push-type", "background")
            }),
            (400, "BadPriority", |r, _| {
                set(r, "apns-push-type", "background");
                r.body = r#"{"aps":{"content-available":1}}"#.into();
            }),
            (400, "PayloadEmpty", |r, _| r.body = "".into()),
            (400, "PayloadEmpty", |r, _| {
                r.body = r#"{"alert":"no aps"}"#.into()
            }),
            (413, "PayloadTooLarge", |r, _| {
                r.body = vec![b' '; 4097].into()
            }),
        ];
        for (status, reason, change) in rules {
            let mut world = world();
            let mut request = world.request();
            change(&mut request, &world);
            assert_eq!(world.answers(&request), (*status, (*reason).to_owned()));
            assert_eq!(world.phone.try_next(), None, "{reason}");
        }
    }

    #[test]
    fn a_connection_may_change_its_token_every_twenty_minutes() {
        let world = world();
        let mut request = world.request();
        assert_eq!(world.answers(&request).0, 200);
        set(&mut request, "authorization", &world.issued(NOW_S - 1));
        let refused = (429, "TooManyProviderTokenUpdates".to_owned());
        assert_eq!(world.answers(&request), refused);
        world.apns.set_clock(NOW_MS + 20 * 60_000);
        assert_eq!(world.answers(&request).0, 200);
    }

    #[test]
    fn a_body_that_phones_misread_is_taken_and_complained_of() {
        for (body, key) in [
            (
                r#"{"aps":{"alert":"x","interruption-level":"loud"}}"#,
                "interruption-level",
            ),
            (
                r#"{"aps":{"alert":"x","sound":{"critical":1,"name":"a"}}}"#,
                "sound",
            ),
            (r#"{"aps":{"alert":{"text":"x"}}}"#, "alert"),
            (
                r#"{"aps":{"alert":"x","relevance-score":2}}"#,
                "relevance-score",
            ),
            (
                r#"{"aps":{"badge":1,"mutable-content":1}}"#,
                "mutable-content",
            ),
            (r#"{"aps":{"alert":"x","colour":"red"}}"#, "colour"),
        ] {
            let mut world = world();
            let mut request = world.request();
            request.body = body.into();
            assert_eq!(world.answers(&request).0, 200);
            assert_eq!(world.phone.try_next(), None);
            let complaints = world.apns.complaints();
            assert!(
                complaints[0].starts_with(&format!("aps.{key}:")),
                "{complaints:?}"
            );
        }
    }
}
