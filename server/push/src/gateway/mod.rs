//! The publisher's gateway to Apple: iPhones listen only to the key of whoever published the app, so
//! he forwards for servers that are not his.
//!
//! It keeps nothing, and there is nothing to keep: payloads arrive sealed to the device, so it reads
//! neither what is sent nor by which ticket; it writes no log line about any request; its metrics
//! count outcomes. Servers need no account. Each is known by the VAPID key it has anyway (RFC 8292)
//! and takes its share of [`GatewayLimits`], so that one runaway server spoils the way for no other.
//!
//! `POST /v1/apns/{device token}` with `{environment, topic, id, purpose, expires_at, sealed}` makes
//! one attempt and answers, as JSON, `{outcome, why}`: 200 `accepted`, 410 `dead_token`, 429 or 503
//! `retry_after`, another 4xx `refused`, 502 `unknown`.

mod identity;
mod limits;
pub(crate) mod wire;

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use reqwest::Url;
use serde::Deserialize;
use tocsin_ticket::Millis;

use self::limits::Limits;
pub use self::limits::{GatewayLimits, GatewayRate};
use self::wire::{Answer, Forward, Word};
use crate::Outcome;
use crate::apns::{ApnsSettings, Direct, MAX_BODY_BYTES, Sealed, is_device_token};
use crate::http::SetupError;
use crate::settings::{self, SettingsError};

/// Apple's limit, with room for what is not forwarded.
const BODY_LIMIT_BYTES: usize = MAX_BODY_BYTES + 1024;

/// A server that sends its request more slowly than this is not waited for.
const BODY_LIMIT: Duration = Duration::from_secs(5);

/// What Apple is given to answer; less than the server waits for us, so that it hears what happened.
const APPLE_LIMIT: Duration = Duration::from_secs(8);

/// How a gateway is run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// What servers call it: `https://host[:port]`. Their signatures are for this address and no
    /// other.
    pub origin: Url,
    /// The publisher's key to Apple.
    pub apns: ApnsSettings,
    /// How much is taken from whom.
    #[serde(default)]
    pub limits: GatewayLimits,
}

impl GatewaySettings {
    /// Reads a gateway's settings file (TOML 1.1).
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        settings::read(text)
    }
}

/// A gateway as a web service. It must be served with
/// [`Router::into_make_service_with_connect_info`] of [`SocketAddr`], since it limits each address.
///
/// Counts `tocsin_gateway_outcomes_total{outcome}`.
///
/// `extra_roots_pem` is trusted beside the system's certificates and may be empty.
///
/// # Errors
///
/// The setting that cannot be, and what was expected.
pub fn router(settings: &GatewaySettings, extra_roots_pem: &str) -> Result<Router, SetupError> {
    let gateway = Gateway {
        origin: origin(&settings.origin).ok_or_else(|| {
            let why = format!("expected https://host[:port], got {}", settings.origin);
            SetupError::new("origin", why)
        })?,
        direct: Direct::new(&settings.apns, extra_roots_pem)?,
        limits: Limits::new(settings.limits),
    };
    Ok(Router::new()
        .route("/v1/apns/{token}", post(forward))
        .with_state(Arc::new(gateway)))
}

/// The origin of an address that is nothing but an origin (RFC 6454, section 6.2).
pub(crate) fn origin(url: &Url) -> Option<String> {
    let bare = url.scheme() == "https"
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    bare.then(|| url.origin().ascii_serialization())
}

struct Gateway {
    origin: String,
    direct: Direct,
    limits: Limits,
}

async fn forward(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let reply = match gateway.admit(from, &head.headers) {
        Ok(()) => gateway.take(&token, body).await,
        Err(refusal) => refusal,
    };
    metrics::counter!("tocsin_gateway_outcomes_total", "outcome" => reply.answer.outcome.as_str())
        .increment(1);
    reply.into_response()
}

impl Gateway {
    /// Whether one more request is taken from there and from this server.
    fn admit(&self, from: SocketAddr, headers: &HeaderMap) -> Result<(), Reply> {
        self.limits
            .take_address(from.ip())
            .map_err(Reply::too_many)?;
        let authorization = headers
            .get(AUTHORIZATION)
            .and_then(|text| text.to_str().ok());
        let server = identity::server(authorization, &self.origin, now())
            .map_err(|why| Reply::refused(StatusCode::UNAUTHORIZED, why))?;
        self.limits.take_server(server).map_err(Reply::too_many)
    }

    async fn take(&self, token: &str, body: Body) -> Reply {
        let body = match tokio::time::timeout(BODY_LIMIT, to_bytes(body, BODY_LIMIT_BYTES)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => {
                let why = "the request is too long, or it broke off; \
                           the payload must be at most 2,048 bytes before it is sealed";
                return Reply::refused(StatusCode::PAYLOAD_TOO_LARGE, why);
            }
            Err(_) => {
                let why = "the request did not arrive in time";
                return Reply::refused(StatusCode::REQUEST_TIMEOUT, why);
            }
        };
        // Not serde's own words: they quote what was sent.
        let Ok(push) = serde_json::from_slice::<Forward>(&body) else {
            let why = "expected {environment, topic, id, purpose, expires_at, sealed} as JSON; \
                       is the server newer than the gateway?";
            return Reply::refused(StatusCode::BAD_REQUEST, why);
        };
        if !is_device_token(token) {
            let why = "device token: expected hexadecimal digits";
            return Reply::refused(StatusCode::BAD_REQUEST, why);
        }
        if !(16..=32).contains(&push.id.len()) || !is_base64url(&push.id) {
            let why = "id: expected 16 to 32 characters of base64url";
            return Reply::refused(StatusCode::BAD_REQUEST, why);
        }
        if push.sealed.is_empty() || !is_base64url(&push.sealed) {
            let why = "sealed: expected base64url without padding";
            return Reply::refused(StatusCode::BAD_REQUEST, why);
        }
        let sealed = Sealed {
            token,
            environment: push.environment,
            topic: &push.topic,
            id: &push.id,
            purpose: push.purpose,
            expires_at: push.expires_at,
            payload: &push.sealed,
        };
        Reply::of(self.direct.send(sealed, now(), APPLE_LIMIT).await)
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// An answer on its way out.
struct Reply {
    status: StatusCode,
    wait: Option<Duration>,
    answer: Answer,
}

impl Reply {
    fn of(outcome: Outcome) -> Self {
        let (status, wait, answer) = Answer::of(outcome);
        let status = StatusCode::from_u16(status).expect("a status of HTTP");
        Self {
            status,
            wait,
            answer,
        }
    }

    fn refused(status: StatusCode, why: &str) -> Self {
        let answer = Answer {
            outcome: Word::Refused,
            why: why.to_owned(),
        };
        Self {
            status,
            wait: None,
            answer,
        }
    }

    fn too_many(wait: Duration) -> Self {
        let answer = Answer {
            outcome: Word::RetryAfter,
            why: "more than this gateway takes from one server; \
                  it goes on when Retry-After is over"
                .to_owned(),
        };
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            wait: Some(wait),
            answer,
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.answer).expect("two strings always become JSON");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.wait {
            // Rounded up: a second too early would be refused again.
            let seconds = wait.as_millis().div_ceil(1000) as u64;
            headers.insert(RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}
