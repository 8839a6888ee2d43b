//! Firebase Cloud Messaging, for teams that build the app with their own Firebase project.
//!
//! Speaks the HTTP v1 API (<https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>)
//! with data messages only: what they hold is sealed to the device, so Google learns that there is a
//! page and nothing of it. Access tokens are fetched here (RFC 7523) and not by `gcp_auth`, which
//! brings an HTTP client of its own that neither shares our warm connections nor can be given other
//! roots.

use core::fmt;
use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tocsin_seal::{SealError, SealKey, seal};
use tocsin_ticket::Millis;
use tocsin_wire::PushAddress;
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use crate::http::{ATTEMPT_LIMIT, SetupError};
use crate::jwt::SigningKey;
use crate::secret::Secret;
use crate::{Address, Outcome, Purpose, Push, Transport, answer, http};

/// What a token may be used for
/// (<https://firebase.google.com/docs/cloud-messaging/send/v1-api#authorize-http-v1-send-requests>).
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// Google takes assertions of at most an hour
/// (<https://developers.google.com/identity/protocols/oauth2/service-account>), in seconds.
const ASSERTION_S: i64 = 3600;
/// A token is renewed when so little of its hour is left, so that a page never waits for it unless
/// it is the first.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// What a page waits for the renewal of a token that is still good.
const RENEW_LIMIT: Duration = Duration::from_secs(2);
/// Four weeks, the longest `ttl`
/// (<https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages#AndroidConfig>), in
/// seconds.
const LONGEST_TTL_S: u64 = 2_419_200;
/// How long to wait after 429 when Google does not say
/// (<https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries>).
const QUOTA_WAIT: Duration = Duration::from_secs(60);
/// A clock that differs from Google's by more is corrected by theirs.
const SKEW: Duration = Duration::from_secs(30);

/// How FCM is used: `[fcm]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmSettings {
    /// The service account's key file, as the Firebase console gives it out (JSON).
    pub service_account_file: PathBuf,
    /// The API.
    #[serde(default = "google")]
    pub base_url: Url,
}

fn google() -> Url {
    Url::parse("https://fcm.googleapis.com").expect("a constant URL")
}

/// What we read of a service account's key file
/// (<https://developers.google.com/identity/protocols/oauth2/service-account>).
#[derive(Deserialize)]
struct KeyFile {
    project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: Url,
}

/// Sends by one Firebase project.
pub struct Fcm {
    client: Client,
    send_url: Url,
    project: String,
    account: Account,
}

impl fmt::Debug for Fcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fcm({})", self.project)
    }
}

impl Fcm {
    /// Gets ready. Fetches a token when there is something to say.
    ///
    /// # Errors
    /// A key file that cannot be used, and what to do.
    pub fn start(settings: &FcmSettings, client: Client) -> Result<Self, SetupError> {
        const FIELD: &str = "service_account_file";
        let path = settings.service_account_file.display();
        let advice = "generate a key in the Firebase console under Service accounts";
        let problem = |got: String| SetupError {
            field: FIELD,
            why: format!("expected a service account's key file at {path}, got: {got}; {advice}"),
        };
        let text = std::fs::read_to_string(&settings.service_account_file)
            .map_err(|error| problem(error.to_string()))?;
        let text = Secret::new(text);
        // serde_json tells the place of a fault, never the text there.
        let file: KeyFile =
            serde_json::from_str(text.reveal()).map_err(|error| problem(error.to_string()))?;
        let key = SigningKey::rs256_pem(Secret::new(file.private_key).reveal())
            .map_err(|error| problem(format!("private_key: {}", error.why)))?;
        if file.token_uri.scheme() != "https" {
            return Err(problem(format!("token_uri {}", file.token_uri)));
        }
        let mut send_url = settings.base_url.clone();
        let project = file.project_id;
        send_url
            .path_segments_mut()
            .ok()
            .filter(|_| settings.base_url.scheme() == "https")
            .ok_or_else(|| SetupError {
                field: "base_url",
                why: format!(
                    "expected an https URL, got {}; leave it out for Google's own",
                    settings.base_url
                ),
            })?
            .pop_if_empty()
            .extend(["v1", "projects", &project, "messages:send"]);
        Ok(Self {
            account: Account {
                client: client.clone(),
                key,
                key_id: file.private_key_id,
                email: file.client_email,
                token_uri: file.token_uri,
                token: ArcSwapOption::empty(),
                renewing: Mutex::default(),
            },
            client,
            send_url,
            project,
        })
    }

    async fn attempt(&self, token: &str, key: &str, push: &Push, now: Millis) -> Outcome {
        let message = match message(token, key, push, now) {
            Ok(message) => message,
            Err(outcome) => return outcome,
        };
        let mut access = match self.account.token(now).await {
            Ok(access) => access,
            Err(outcome) => return outcome,
        };
        for last in [false, true] {
            let request = self
                .client
                .post(self.send_url.clone())
                .bearer_auth(access.text.reveal())
                .json(&message);
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => return http::unanswered(error),
            };
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED && !last {
                // Revoked, or our clock was set back since we got it: a new one tells.
                access = match self.account.renew(Some(&access), now).await {
                    Ok(access) => access,
                    Err(outcome) => return outcome,
                };
                continue;
            }
            let retry_after = http::retry_after(response.headers(), now);
            return match answer::whole(response).await {
                Ok(body) => judge(status, retry_after, &body),
                Err(outcome) => outcome,
            };
        }
        unreachable!("the second answer is judged, whatever it is")
    }
}

/// The request's body.
fn message(token: &str, key: &str, push: &Push, now: Millis) -> Result<Value, Outcome> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Outcome::Refused {
        why: format!("the system gave no randomness to seal with: {error}"),
    })?;
    let sealed = SealKey::from_text(key)
        .and_then(|key| seal(&key, &push.payload, &random))
        .map_err(|error| match error {
            SealError::TooLong { .. } => Outcome::Refused {
                why: error.to_string(),
            },
            SealError::Key { .. } => Outcome::DeadToken {
                why: format!("the device's sealing key is unusable: {error}"),
            },
        })?;
    let priority = match push.purpose {
        Purpose::Page | Purpose::Silence | Purpose::Drill => "HIGH",
        Purpose::Notice => "NORMAL",
    };
    // No collapse_key: a page must never take another's place.
    Ok(json!({
        "message": {
            "token": token,
            "data": { "t": URL_SAFE_NO_PAD.encode(sealed) },
            "android": {
                "priority": priority,
                "ttl": format!("{}s", push.ttl_s(now).min(LONGEST_TTL_S)),
                "direct_boot_ok": true,
            },
        }
    }))
}

/// What an answer means
/// (<https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>).
fn judge(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Outcome {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &json["error"];
    let said = error["message"].as_str();
    let said = http::line(said.map_or(body, str::as_bytes));
    if status == StatusCode::OK {
        return if json["name"].is_string() {
            Outcome::Accepted
        } else {
            Outcome::Unknown {
                why: format!("an answer that is not FCM's: {said}"),
            }
        };
    }
    let details = error["details"].as_array().map_or(&[][..], Vec::as_slice);
    let code = details
        .iter()
        .find(|detail| {
            let kind = detail["@type"].as_str().unwrap_or_default();
            kind.ends_with("/google.firebase.fcm.v1.FcmError")
        })
        .and_then(|detail| detail["errorCode"].as_str());
    let why = match code {
        Some(code) => format!("FCM {} {code}: {said}", status.as_u16()),
        None => format!("FCM {status}: {said}"),
    };
    let refused = |advice: &str| Outcome::Refused {
        why: format!("{why}; {advice}"),
    };
    match (status.as_u16(), code) {
        (404, Some("UNREGISTERED")) | (403, Some("SENDER_ID_MISMATCH")) => {
            Outcome::DeadToken { why }
        }
        (400, Some("INVALID_ARGUMENT")) if about_token(details, &said) => {
            Outcome::DeadToken { why }
        }
        (429, _) => Outcome::RetryAfter {
            after: retry_after.or(Some(QUOTA_WAIT)),
            why,
        },
        (500 | 503, _) => Outcome::RetryAfter {
            after: retry_after,
            why,
        },
        (401, _) => refused(
            "Google takes no token of this service account; check that its key was not deleted",
        ),
        (403, _) => refused(
            "enable the Firebase Cloud Messaging API of the project and give the service account \
             the role Firebase Cloud Messaging API Admin",
        ),
        (404, _) => refused("check that project_id in the key file is the app's project"),
        (400, _) => refused("report it, with the server's version"),
        _ => Outcome::Unknown { why },
    }
}

/// Whether an invalid argument is the registration token. Google names the field, or says so in
/// words (<https://firebase.google.com/docs/cloud-messaging/error-codes>, second example).
fn about_token(details: &[Value], said: &str) -> bool {
    let mut fields = details
        .iter()
        .flat_map(|detail| detail["fieldViolations"].as_array().into_iter().flatten())
        .filter_map(|violation| violation["field"].as_str())
        .peekable();
    if fields.peek().is_some() {
        return fields.any(|field| field == "message.token");
    }
    said.contains("not a valid FCM registration token")
}

impl Transport for Fcm {
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Address::Device(PushAddress::Fcm { token, key }) = to else {
                return Outcome::Refused {
                    why: "FCM sends to registration tokens; this address is none".to_owned(),
                };
            };
            // Up to three requests one after another, and one attempt.
            let attempt = self.attempt(token, key, push, now);
            match timeout(ATTEMPT_LIMIT, attempt).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Unknown {
                    why: "no answer in time".to_owned(),
                },
            }
        })
    }
}

/// Who we are for Google, and the token that shows it.
struct Account {
    client: Client,
    key: SigningKey,
    key_id: String,
    email: String,
    token_uri: Url,
    token: ArcSwapOption<AccessToken>,
    /// Held by whoever fetches the next token.
    renewing: Mutex<()>,
}

struct AccessToken {
    text: Secret,
    until: Millis,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl Account {
    /// A token that is good now.
    async fn token(&self, now: Millis) -> Result<Arc<AccessToken>, Outcome> {
        let Some(token) = self.token.load_full() else {
            return self.renew(None, now).await;
        };
        let left = token.until.since(now);
        if left > RENEW_BEFORE {
            return Ok(token);
        }
        if left.is_zero() {
            return self.renew(Some(&token), now).await;
        }
        // It is good for minutes yet. One page fetches the next token, the others do not wait, and
        // should Google not give one, this page goes out with the old one.
        match self.renewing.try_lock() {
            Ok(_renewing) => match timeout(RENEW_LIMIT, self.fetch(now)).await {
                Ok(Ok(next)) => Ok(next),
                Ok(Err(_)) | Err(_) => Ok(token),
            },
            Err(_) => Ok(token),
        }
    }

    /// Another token than `old`, fetched once for all who wait for it.
    async fn renew(
        &self,
        old: Option<&Arc<AccessToken>>,
        now: Millis,
    ) -> Result<Arc<AccessToken>, Outcome> {
        let _renewing = self.renewing.lock().await;
        match self.token.load_full() {
            Some(token) if !old.is_some_and(|old| Arc::ptr_eq(old, &token)) => Ok(token),
            _ => self.fetch(now).await,
        }
    }

    async fn fetch(&self, now: Millis) -> Result<Arc<AccessToken>, Outcome> {
        let mut clock = now;
        for last in [false, true] {
            let (status, headers, body) = self.ask(clock).await?;
            if status == StatusCode::OK {
                let answer: TokenAnswer =
                    serde_json::from_slice(&body).map_err(|error| Outcome::Unknown {
                        why: format!("the token endpoint's answer is no token: {error}"),
                    })?;
                let token = Arc::new(AccessToken {
                    text: Secret::new(answer.access_token),
                    until: now + Duration::from_secs(answer.expires_in),
                });
                self.token.store(Some(Arc::clone(&token)));
                return Ok(token);
            }
            let json: Value = serde_json::from_slice(&body).unwrap_or_default();
            // An assertion from the future or the past is not taken. Theirs is the clock that counts.
            let theirs = date(&headers)
                .filter(|theirs| theirs.since(clock).max(clock.since(*theirs)) > SKEW);
            if let (Some("invalid_grant"), Some(theirs), false) =
                (json["error"].as_str(), theirs, last)
            {
                clock = theirs;
                continue;
            }
            return Err(no_token(status, &headers, &json, &body, now));
        }
        unreachable!("the second answer is judged, whatever it is")
    }

    /// Asks for a token as of `clock` (RFC 7523, section 2.1).
    async fn ask(&self, clock: Millis) -> Result<(StatusCode, HeaderMap, Vec<u8>), Outcome> {
        let at_s = clock.0.div_euclid(1000);
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri.as_str(),
            "iat": at_s,
            "exp": at_s + ASSERTION_S,
        });
        let assertion = self
            .key
            .sign(Some(&self.key_id), &claims)
            .map_err(|error| Outcome::Refused {
                why: format!("no assertion can be signed: {error}"),
            })?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", &assertion)
            .finish();
        let request = self
            .client
            .post(self.token_uri.clone())
            .header(
                reqwest::header::CONTENT_TYPE,
                "application/x-www-form-urlencoded",
            )
            .body(form);
        let response = request.send().await.map_err(http::unanswered)?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok((status, headers, answer::whole(response).await?))
    }
}

/// Why there is no token (RFC 6749, section 5.2).
fn no_token(
    status: StatusCode,
    headers: &HeaderMap,
    json: &Value,
    body: &[u8],
    now: Millis,
) -> Outcome {
    let said = json["error_description"].as_str();
    let said = http::line(said.map_or(body, str::as_bytes));
    let why = match json["error"].as_str() {
        Some(error) => format!("no access token, {status}: {error}: {said}"),
        None => format!("no access token, {status}: {said}"),
    };
    match status.as_u16() {
        429 | 500..=599 => Outcome::RetryAfter {
            after: http::retry_after(headers, now),
            why,
        },
        400..=499 => Outcome::Refused {
            why: format!(
                "{why}; check that the service account's key was not deleted, or generate another"
            ),
        },
        _ => Outcome::Unknown { why },
    }
}

fn date(headers: &HeaderMap) -> Option<Millis> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Millis)
}
