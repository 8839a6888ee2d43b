//! Pushes to iPhones, over Apple's service: directly with the app's own key, or through a gateway of
//! the publisher who holds it.
//!
//! What Apple reads says that there is a page and how loud it is; the page itself is sealed to the
//! device before either way is taken. A page sounds as a critical alert of under 30 s, so it is
//! pushed again every [`APNS_REPUSH_EVERY`] until somebody checks in: under the same collapse id, by
//! which it replaces the one on the screen and sounds anew.
//!
//! The crate `apns-h2` is not used: it insists on aws-lc or OpenSSL and on roots of its own.

mod answer;
mod check;
mod notification;
mod provider;
mod through;

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures_util::future::BoxFuture;
use reqwest::{Client, Url};
use serde::Deserialize;
use tocsin_seal::SealKey;
use tocsin_ticket::Millis;
use tocsin_wire::{ApnsEnvironment, PushAddress};

use self::answer::{Verdict, verdict};
pub use self::check::{Checked, Obstacle, check};
pub use self::notification::MAX_BODY_BYTES;
use self::provider::Provider;
use self::through::Through;
use crate::http::{self, ATTEMPT_LIMIT, SetupError};
use crate::jwt::SigningKey;
use crate::secret::SecretSource;
use crate::vapid::Vapid;
use crate::{Address, Outcome, Purpose, Push, Transport};

/// How long after a push of a page the next one of the same page is due. The siren of a
/// notification lasts under 30 s
/// (<https://developer.apple.com/documentation/usernotifications/unnotificationsound>), and it must
/// not pause.
pub const APNS_REPUSH_EVERY: Duration = Duration::from_secs(27);

/// Apple's device tokens have 32 bytes today; "don't hard-code its size"
/// (<https://developer.apple.com/documentation/usernotifications/registering-your-app-with-apns>).
const MAX_TOKEN_DIGITS: usize = 400;

/// A team's own key to Apple's push service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsSettings {
    /// Where the `.p8` file is that Apple gave, or its text.
    pub key: SecretSource,
    /// The key's name at Apple: ten letters and digits.
    pub key_id: String,
    /// The team's name at Apple: ten letters and digits.
    pub team_id: String,
    /// The bundle ids of the apps that may be pushed to. At least one.
    pub topics: Vec<String>,
    /// Apple's own, except in tests.
    #[serde(skip)]
    pub hosts: ApnsHosts,
}

/// Where Apple's two services are
/// (<https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApnsHosts {
    /// The origin for apps built with a development profile, without a slash at the end.
    pub sandbox: String,
    /// The origin for everything that was distributed, likewise.
    pub production: String,
}

impl Default for ApnsHosts {
    fn default() -> Self {
        Self {
            sandbox: "https://api.sandbox.push.apple.com".to_owned(),
            production: "https://api.push.apple.com".to_owned(),
        }
    }
}

/// A push to one device, sealed.
#[derive(Clone, Copy)]
pub(crate) struct Sealed<'a> {
    pub(crate) token: &'a str,
    pub(crate) environment: ApnsEnvironment,
    pub(crate) topic: &'a str,
    pub(crate) id: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) expires_at: Millis,
    /// In base64url.
    pub(crate) payload: &'a str,
}

/// The way to iPhones.
#[derive(Debug)]
pub struct Apns {
    route: Route,
}

#[derive(Debug)]
enum Route {
    Direct(Box<Direct>),
    Gateway(Through),
}

impl Apns {
    /// To Apple, with a key of one's own. `extra_roots_pem` is trusted beside the system's
    /// certificates and may be empty.
    ///
    /// # Errors
    ///
    /// The setting that cannot be, and what was expected.
    pub fn direct(settings: &ApnsSettings, extra_roots_pem: &str) -> Result<Self, SetupError> {
        let route = Route::Direct(Box::new(Direct::new(settings, extra_roots_pem)?));
        Ok(Self { route })
    }

    /// To Apple through the gateway at `origin`, which knows this server by `vapid`, the key it has
    /// for WebPush anyway, and is told neither what is sent nor to whom it belongs.
    ///
    /// # Errors
    ///
    /// When `origin` is more or less than `https://host[:port]`.
    pub fn through_gateway(
        origin: &Url,
        vapid: Arc<Vapid>,
        client: Client,
    ) -> Result<Self, SetupError> {
        let route = Route::Gateway(Through::new(origin, vapid, client)?);
        Ok(Self { route })
    }

    async fn attempt(&self, to: &Address, push: &Push, now: Millis) -> Outcome {
        let Address::Device(PushAddress::Apns {
            token,
            environment,
            topic,
            key,
        }) = to
        else {
            return Outcome::Refused {
                why: format!("{to:?} is not an address of Apple's; this is a fault of Tocsin"),
            };
        };
        if !is_device_token(token) {
            return Outcome::DeadToken {
                why: "the device token is not hexadecimal".to_owned(),
            };
        }
        let random = random();
        let sealed =
            SealKey::from_text(key).and_then(|key| tocsin_seal::seal(&key, &push.payload, &random));
        let payload = match sealed {
            Ok(sealed) => BASE64_URL_SAFE_NO_PAD.encode(sealed),
            Err(error) => {
                return Outcome::Refused {
                    why: format!("the device's sealing key is unusable: {error}"),
                };
            }
        };
        let sealed = Sealed {
            token,
            environment: *environment,
            topic,
            id: &push.id,
            purpose: push.purpose,
            expires_at: push.expires_at,
            payload: &payload,
        };
        match &self.route {
            Route::Direct(direct) => direct.send(sealed, now, ATTEMPT_LIMIT).await,
            Route::Gateway(through) => through.send(sealed, now).await,
        }
    }
}

impl Transport for Apns {
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome> {
        Box::pin(self.attempt(to, push, now))
    }
}

/// Speaks to Apple.
pub(crate) struct Direct {
    client: Client,
    provider: Provider,
    topics: Vec<String>,
    hosts: ApnsHosts,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direct({:?}, topics {:?})", self.provider, self.topics)
    }
}

impl Direct {
    pub(crate) fn new(settings: &ApnsSettings, extra_roots_pem: &str) -> Result<Self, SetupError> {
        for (field, value) in [("key_id", &settings.key_id), ("team_id", &settings.team_id)] {
            if value.len() != 10 || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let why = format!(
                    "expected ten letters and digits, got {value:?}; \
                     they are shown at https://developer.apple.com/account"
                );
                return Err(SetupError::new(field, why));
            }
        }
        if settings.topics.is_empty() || !settings.topics.iter().all(|topic| is_topic(topic)) {
            let why = "expected the bundle id of at least one app, such as \"org.example.pager\"";
            return Err(SetupError::new("topics", why));
        }
        let pem = settings
            .key
            .read()
            .map_err(|why| SetupError::new("key", why))?;
        let key = SigningKey::es256_pem(pem.reveal())
            .map_err(|error| SetupError::new("key", error.why))?;
        // Apple speaks nothing else; knowing it beforehand lets the first hundred requests share
        // the first connection.
        let client = http::finish(http::builder(extra_roots_pem)?.http2_prior_knowledge())?;
        Ok(Self {
            client,
            provider: Provider::new(key, &settings.key_id, &settings.team_id),
            topics: settings.topics.clone(),
            hosts: settings.hosts.clone(),
        })
    }

    /// One attempt, which ends within `limit`.
    pub(crate) async fn send(&self, push: Sealed<'_>, now: Millis, limit: Duration) -> Outcome {
        if !self.topics.iter().any(|topic| topic == push.topic) {
            return Outcome::Refused {
                why: format!(
                    "the app {} is not one of topics; add it if it is signed by team {}",
                    http::line(push.topic.as_bytes()),
                    self.provider.team_id()
                ),
            };
        }
        let body = match notification::body(push.purpose, push.id, push.payload) {
            Ok(body) => body,
            Err(error) => {
                return Outcome::Refused {
                    why: error.to_string(),
                };
            }
        };
        tokio::time::timeout(limit, self.post(push, body, now))
            .await
            .unwrap_or_else(|_| Outcome::Unknown {
                why: format!("no answer from Apple within {} s", limit.as_secs()),
            })
    }

    async fn post(&self, push: Sealed<'_>, body: Vec<u8>, now: Millis) -> Outcome {
        let bearer = self.provider.bearer(now);
        match self.once(push, body.clone(), &bearer, now).await {
            Verdict::Is(outcome) => return outcome,
            Verdict::TokenExpired => {}
        }
        if let Some(renewed) = self.provider.renewed(&bearer, now)
            && let Verdict::Is(outcome) = self.once(push, body, &renewed, now).await
        {
            return outcome;
        }
        Outcome::Refused {
            why: "Apple answered 403 ExpiredProviderToken to a token made just now: \
                  this server's clock is slow, set it by NTP"
                .to_owned(),
        }
    }

    async fn once(
        &self,
        push: Sealed<'_>,
        body: Vec<u8>,
        bearer: &reqwest::header::HeaderValue,
        now: Millis,
    ) -> Verdict {
        let host = match push.environment {
            ApnsEnvironment::Sandbox => &self.hosts.sandbox,
            ApnsEnvironment::Production => &self.hosts.production,
        };
        let request = self
            .client
            .post(format!("{host}/3/device/{}", push.token))
            .header("authorization", bearer)
            .header("apns-push-type", "alert")
            .header("apns-priority", "10")
            .header("apns-topic", push.topic)
            .header("apns-expiration", expiration_s(push.expires_at))
            .header("apns-id", uuid())
            .header("apns-collapse-id", push.id)
            .header("content-type", "application/json")
            .body(body);
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let wait = http::retry_after(response.headers(), now);
                verdict(status, wait, &http::body(response).await)
            }
            Err(error) => Verdict::Is(http::unanswered(error)),
        }
    }
}

/// Whole seconds since the epoch, rounded up like [`Push::ttl_s`]. Never zero, which would mean "do
/// not keep it at all".
fn expiration_s(expires_at: Millis) -> u64 {
    u64::try_from(expires_at.0)
        .unwrap_or(0)
        .div_ceil(1000)
        .max(1)
}

/// Whether it can be part of a path, and of a request to Apple at all.
pub(crate) fn is_device_token(token: &str) -> bool {
    (1..=MAX_TOKEN_DIGITS).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Bundle ids are letters, digits, hyphens and full stops
/// (<https://developer.apple.com/documentation/bundleresources/information-property-list/cfbundleidentifier>).
fn is_topic(topic: &str) -> bool {
    !topic.is_empty()
        && topic
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

/// A random UUID (RFC 9562, section 5.4), in the form that Apple calls canonical.
fn uuid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let n = u128::from_be_bytes(bytes);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        n >> 96,
        n >> 80 & 0xffff,
        n >> 64 & 0xffff,
        n >> 48 & 0xffff,
        n & 0xffff_ffff_ffff
    )
}
