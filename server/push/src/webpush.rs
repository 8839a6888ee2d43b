//! WebPush: one protocol (RFC 8030, 8291, 8292) for Google's push through UnifiedPush's embedded
//! distributor, for ntfy and every other distributor, and for browsers.
//!
//! Messages have no `Topic`. A topic would let a newer message replace an undelivered one, which
//! pages, deduplicated by id on the phone, do not need; but Google keeps only four of these for a
//! device that is away and drops others
//! (<https://firebase.google.com/docs/cloud-messaging/customize-messages/collapsible-message-types>),
//! so with it a fifth page could be lost.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;
use tocsin_wire::PushAddress;

use crate::guard::{Guard, forbidden};
use crate::http::{self, ATTEMPT_LIMIT, SetupError};
use crate::vapid::Vapid;
use crate::{Address, Outcome, Purpose, Push, Transport};

/// How WebPush is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushSettings {
    /// Under which push services can reach who runs the server, when its pushes are a problem:
    /// `mailto:ADDRESS` or an https URL (RFC 8292, section 2.1).
    pub contact: String,
    /// Push services in a private network, names or addresses without port, such as a self-hosted
    /// ntfy. All other endpoints must be on the public internet.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
}

/// The transport.
#[derive(Debug)]
pub struct WebPush {
    client: Client,
    guard: Guard,
    vapid: Vapid,
}

impl WebPush {
    /// Pushes in the name of a key of [`crate::jwt::SigningKey::generate_es256`], which is kept for
    /// good. `extra_roots_pem` is trusted beside the system's certificates.
    ///
    /// # Errors
    ///
    /// Which setting cannot be used, and why.
    pub fn new(
        settings: &WebPushSettings,
        vapid_pkcs8: &[u8],
        extra_roots_pem: &str,
    ) -> Result<Self, SetupError> {
        let guard = Guard::new(&settings.allow_hosts)?;
        Ok(Self {
            client: guard.client(extra_roots_pem)?,
            guard,
            vapid: Vapid::new(vapid_pkcs8, &settings.contact)?,
        })
    }

    /// The key that endpoints are bound to, for `PushInfo::vapid_public_key`.
    #[must_use]
    pub fn vapid_public_key(&self) -> &str {
        self.vapid.public_key()
    }

    /// Checks an address as sending to it will, so that a device which registers is told at once.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn check(&self, endpoint: &str, p256dh: &str, auth: &str) -> Result<(), String> {
        self.guard
            .check(endpoint)
            .map_err(|error| format!("endpoint: {error}"))?;
        tocsin_seal::check_webpush(p256dh, auth).map_err(|error| error.to_string())
    }

    async fn attempt(
        &self,
        endpoint: &str,
        (p256dh, auth): (&str, &str),
        push: &Push,
        now: Millis,
    ) -> Result<Outcome, Outcome> {
        let endpoint = self.guard.check(endpoint).map_err(refused)?;
        let mut random = [0; 48];
        getrandom::fill(&mut random).map_err(|error| Outcome::Unknown {
            why: format!("the system gave no randomness: {error}"),
        })?;
        let sealed =
            tocsin_seal::seal_webpush(p256dh, auth, &push.payload, &random).map_err(refused)?;
        let mut renewed = false;
        loop {
            let authorization =
                self.vapid
                    .authorization(&endpoint, now)
                    .map_err(|error| Outcome::Unknown {
                        why: error.to_string(),
                    })?;
            let headers = headers(&authorization, push, now).ok_or_else(|| {
                refused("the VAPID contact cannot be sent in a header; change it")
            })?;
            let response = self.post(&endpoint, headers, sealed.clone()).await?;
            let status = response.status();
            let distrusted = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
            if !distrusted || renewed {
                return Ok(outcome(response, now).await);
            }
            self.vapid.refused(&endpoint, &authorization);
            renewed = true;
        }
    }

    async fn post(
        &self,
        endpoint: &Url,
        headers: HeaderMap,
        sealed: Vec<u8>,
    ) -> Result<Response, Outcome> {
        let request = self.client.post(endpoint.clone());
        let sent = request.headers(headers).body(sealed).send().await;
        sent.map_err(|error| match forbidden(&error) {
            Some(forbidden) => refused(forbidden),
            None => http::unanswered(error),
        })
    }
}

impl Transport for WebPush {
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome> {
        async move {
            let Address::Device(PushAddress::WebPush {
                endpoint,
                p256dh,
                auth,
            }) = to
            else {
                return refused(format!("{to:?} is no WebPush address"));
            };
            let attempt = self.attempt(endpoint, (p256dh, auth), push, now);
            match tokio::time::timeout(ATTEMPT_LIMIT, attempt).await {
                Ok(Ok(outcome) | Err(outcome)) => outcome,
                Err(_) => Outcome::Unknown {
                    why: "no answer in time".to_owned(),
                },
            }
        }
        .boxed()
    }
}

/// RFC 8030, sections 5.2 and 5.3; RFC 8291, section 4; RFC 8292, section 3.
fn headers(authorization: &str, push: &Push, now: Millis) -> Option<HeaderMap> {
    let urgency = match push.purpose {
        // A phone that dozes gets what is high only: the siren, and its end.
        Purpose::Page | Purpose::Silence | Purpose::Drill => "high",
        Purpose::Notice => "normal",
    };
    let mut authorization = HeaderValue::from_str(authorization).ok()?;
    authorization.set_sensitive(true);
    Some(HeaderMap::from_iter([
        ("ttl".parse().ok()?, HeaderValue::from(push.ttl_s(now))),
        ("urgency".parse().ok()?, HeaderValue::from_static(urgency)),
        (CONTENT_ENCODING, HeaderValue::from_static("aes128gcm")),
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (AUTHORIZATION, authorization),
    ]))
}

/// RFC 8030, sections 5, 7.2, 7.3 and 8.4; RFC 8292, section 4.2.
async fn outcome(response: Response, now: Millis) -> Outcome {
    let status = response.status();
    let after = http::retry_after(response.headers(), now);
    let said = match status.as_u16() {
        200..=202 => return Outcome::Accepted,
        _ => http::line(&http::body(response).await),
    };
    let why = format!("{status}: {said}");
    let with = |advice: &str| refused(format!("{why}; {advice}"));
    match status.as_u16() {
        404 | 410 => Outcome::DeadToken { why },
        429 | 500..=599 => Outcome::RetryAfter { after, why },
        400 => {
            with("the push service does not take the request as it is; report it with its words")
        }
        401 | 403 => with(
            "the push service does not trust this server's VAPID key for the endpoint; check the \
             server's clock, or let the device register again",
        ),
        413 => with("the payload is larger than this push service takes; use another one"),
        _ => Outcome::Unknown { why },
    }
}

fn refused(why: impl ToString) -> Outcome {
    Outcome::Refused {
        why: why.to_string(),
    }
}
