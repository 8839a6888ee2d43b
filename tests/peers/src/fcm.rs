//! Firebase Cloud Messaging: Google's token endpoint, the HTTP v1 API, and the phones behind it.
//!
//! Checks what it is sent against
//! <https://developers.google.com/identity/protocols/oauth2/service-account> and
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>, and refuses it with
//! the bodies Google sends. It runs on a clock of its own, so that a test can let hours pass. Of the
//! messages that FCM takes it takes those alone that a pager may send: data, to one token, never one
//! that replaces another.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::https::{Peer, Request, Response, Service};

/// The service account's key. It was made for these tests and opens nothing.
const KEY: &str = include_str!("service_account.pem");
const KEY_ID: &str = "7c5e1f0a9b3d4e6f8a2b4c6d8e0f1a3b5c7d9e1f";
const PROJECT: &str = "tocsin-tests";
const EMAIL: &str = "pager@tocsin-tests.iam.gserviceaccount.com";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// Google's tokens live so long, in seconds.
const TOKEN_S: i64 = 3599;
/// By so much an assertion may be from the future or the past, in seconds.
const TOLERANCE_S: i64 = 300;

/// What reached a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The data fields.
    pub data: BTreeMap<String, String>,
    /// `HIGH` or `NORMAL`.
    pub priority: String,
}

#[derive(Debug)]
struct Phone {
    app: mpsc::UnboundedSender<Delivered>,
    away: bool,
    /// With the second from which each is worthless.
    waiting: Vec<(i64, Delivered)>,
}

#[derive(Debug, Default)]
struct State {
    now_s: i64,
    audience: String,
    assertions: u64,
    tokens: HashMap<String, i64>,
    phones: HashMap<String, Phone>,
    unregistered: HashSet<String>,
    foreign: HashSet<String>,
    sent: u64,
}

/// A running FCM: two servers, as at Google.
#[derive(Debug)]
pub struct Fcm {
    /// `oauth2.googleapis.com`.
    pub oauth: Peer,
    /// `fcm.googleapis.com`.
    pub api: Peer,
    state: Arc<Mutex<State>>,
}

impl Fcm {
    /// Starts it, at `now_s` seconds after 1970.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(now_s: i64) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State {
            now_s,
            ..State::default()
        }));
        let oauth = Peer::start(Tokens(Arc::clone(&state))).await?;
        lock(&state).audience = format!("{}/token", oauth.url());
        Ok(Self {
            oauth,
            api: Peer::start(Messages(Arc::clone(&state))).await?,
            state,
        })
    }

    /// The service account's key file.
    #[must_use]
    pub fn key_file(&self) -> Value {
        json!({
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": KEY_ID,
            "private_key": KEY,
            "client_email": EMAIL,
            "client_id": "104857600000000000000",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": format!("{}/token", self.oauth.url()),
            "universe_domain": "googleapis.com",
        })
    }

    /// Installs the app on a phone, which has this registration token from now on. What is
    /// delivered to it comes out of the channel.
    pub fn install(&self, token: &str) -> mpsc::UnboundedReceiver<Delivered> {
        let (app, delivered) = mpsc::unbounded_channel();
        let phone = Phone {
            app,
            away: false,
            waiting: Vec::new(),
        };
        self.state().phones.insert(token.to_owned(), phone);
        delivered
    }

    /// Uninstalls the app: the token is dead.
    pub fn uninstall(&self, token: &str) {
        let mut state = self.state();
        state.phones.remove(token);
        state.unregistered.insert(token.to_owned());
    }

    /// A token that belongs to another project.
    pub fn foreign(&self, token: &str) {
        self.state().foreign.insert(token.to_owned());
    }

    /// The phone loses the network, or has it again and is given what is still worth giving.
    pub fn away(&self, token: &str, away: bool) {
        let mut state = self.state();
        let now_s = state.now_s;
        let Some(phone) = state.phones.get_mut(token) else {
            return;
        };
        phone.away = away;
        if !away {
            for (until_s, message) in phone.waiting.drain(..) {
                if now_s < until_s {
                    // Nobody listens when the test has dropped its end.
                    let _ = phone.app.send(message);
                }
            }
        }
    }

    /// Lets Google's clock go on, or back.
    pub fn pass_s(&self, seconds: i64) {
        self.state().now_s += seconds;
    }

    /// Takes back every access token that was given.
    pub fn revoke(&self) {
        self.state().tokens.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

fn dated(response: Response, now_s: i64) -> Response {
    let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(now_s).unwrap_or_default());
    response.header("date", httpdate::fmt_http_date(at))
}

struct Tokens(Arc<Mutex<State>>);

impl Service for Tokens {
    fn answer(&self, request: &Request) -> Response {
        let mut state = lock(&self.0);
        let now_s = state.now_s;
        let response = match checked_assertion(&state, request) {
            Ok(()) => {
                state.assertions += 1;
                let token = format!("ya29.c.{}", state.assertions);
                state.tokens.insert(token.clone(), now_s + TOKEN_S);
                Response::new(200).json(&json!({
                    "access_token": token,
                    "expires_in": TOKEN_S,
                    "token_type": "Bearer",
                }))
            }
            Err((error, description)) => Response::new(400).json(&json!({
                "error": error,
                "error_description": description,
            })),
        };
        dated(response, now_s)
    }

    fn accepted(&self, _: &Request) -> Response {
        let said =
            json!({"access_token": "ya29.lie", "expires_in": TOKEN_S, "token_type": "Bearer"});
        Response::new(200).json(&said)
    }

    fn failure(&self, _: &Request, status: u16) -> Response {
        let error = match status {
            400 => "invalid_grant",
            401 => "invalid_client",
            _ => "internal_failure",
        };
        Response::new(status).json(&json!({"error": error, "error_description": "As told."}))
    }
}

type Complaint = (&'static str, String);

fn checked_assertion(state: &State, request: &Request) -> Result<(), Complaint> {
    let now_s = state.now_s;
    let wrong = |what: &str| ("invalid_request", what.to_owned());
    if request.method != Method::POST || request.path != "/token" {
        return Err(wrong("Only POST to /token."));
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return Err(wrong(
            "Content-Type must be application/x-www-form-urlencoded.",
        ));
    }
    let form: HashMap<_, _> = url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect();
    if form.get("grant_type").map(String::as_str)
        != Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
    {
        return Err(("unsupported_grant_type", "Invalid grant_type".to_owned()));
    }
    let assertion = form
        .get("assertion")
        .ok_or_else(|| wrong("Missing assertion"))?;
    let invalid = |what: &str| ("invalid_grant", format!("Invalid JWT: {what}"));
    let mut parts = assertion.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid("not three parts."));
    };
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| invalid("not base64url without padding."))
    };
    let json =
        |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).map_err(|_| invalid("not JSON."));
    let head = json(decode(header)?)?;
    if head["alg"] != "RS256" || head["typ"] != "JWT" || head["kid"] != KEY_ID {
        return Err(("invalid_grant", "Invalid JWT Signature.".to_owned()));
    }
    let key = RsaKeyPair::from_pkcs8(
        PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes())
            .expect("our own file")
            .secret_pkcs8_der(),
    )
    .expect("our own key");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key())
        .verify(format!("{header}.{claims}").as_bytes(), &decode(signature)?)
        .map_err(|_| ("invalid_grant", "Invalid JWT Signature.".to_owned()))?;
    let claims = json(decode(claims)?)?;
    if claims["iss"] != EMAIL {
        return Err((
            "invalid_grant",
            "Invalid grant: account not found".to_owned(),
        ));
    }
    if claims["scope"] != SCOPE {
        return Err((
            "invalid_scope",
            "Invalid OAuth scope or ID token audience provided.".to_owned(),
        ));
    }
    if claims["aud"] != state.audience.as_str() {
        return Err(invalid("Failed audience check."));
    }
    let (Some(iat), Some(exp)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else {
        return Err(invalid("iat and exp must be numbers."));
    };
    if exp - iat > 3600
        || iat > now_s + TOLERANCE_S
        || exp < now_s - TOLERANCE_S
        || iat < now_s - TOLERANCE_S
    {
        return Err(invalid(
            "Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check \
             your iat and exp values in the JWT claim.",
        ));
    }
    Ok(())
}

struct Messages(Arc<Mutex<State>>);

impl Service for Messages {
    fn answer(&self, request: &Request) -> Response {
        let mut state = lock(&self.0);
        let response = send(&mut state, request).unwrap_or_else(|refusal| refusal);
        dated(response, state.now_s)
    }

    fn accepted(&self, _: &Request) -> Response {
        Response::new(200).json(&json!({"name": format!("projects/{PROJECT}/messages/lie")}))
    }

    fn failure(&self, _: &Request, status: u16) -> Response {
        match status {
            400 => fcm_error(
                400,
                "INVALID_ARGUMENT",
                "Request contains an invalid argument.",
                "INVALID_ARGUMENT",
            ),
            401 => unauthenticated(),
            403 => error(
                403,
                "PERMISSION_DENIED",
                "Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/tocsin-tests' (or it may not exist).",
                json!([]),
            ),
            404 => fcm_error(
                404,
                "NOT_FOUND",
                "Requested entity was not found.",
                "UNREGISTERED",
            ),
            429 => fcm_error(
                429,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for quota metric 'Send requests'.",
                "QUOTA_EXCEEDED",
            ),
            500 => fcm_error(500, "INTERNAL", "Internal error encountered.", "INTERNAL"),
            503 => fcm_error(
                503,
                "UNAVAILABLE",
                "The service is currently unavailable.",
                "UNAVAILABLE",
            ),
            status => Response::new(status)
                .header("content-type", "text/html; charset=UTF-8")
                .body("<!DOCTYPE html>\n<html lang=en>\n<title>Error (Server Error)!!1</title>\n"),
        }
    }
}

fn error(code: u16, status: &str, message: &str, details: Value) -> Response {
    let mut error = json!({"code": code, "message": message, "status": status});
    if details
        .as_array()
        .is_some_and(|details| !details.is_empty())
    {
        error["details"] = details;
    }
    Response::new(code).json(&json!({ "error": error }))
}

fn fcm_error(code: u16, status: &str, message: &str, fcm: &str) -> Response {
    let detail = json!({
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": fcm,
    });
    error(code, status, message, json!([detail]))
}

fn unauthenticated() -> Response {
    let detail = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_EXPIRED",
        "domain": "googleapis.com",
    });
    error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login \
         cookie or other valid authentication credential.",
        json!([detail]),
    )
    .header(
        "www-authenticate",
        "Bearer realm=\"https://accounts.google.com/\"",
    )
}

/// An invalid argument by its field, as Google tells it.
fn violation(field: &str, description: &str) -> Response {
    let bad = json!({
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": description}],
    });
    error(400, "INVALID_ARGUMENT", description, json!([bad]))
}

fn only(value: &Value, at: &str, known: &[&str]) -> Result<(), Response> {
    let Some(fields) = value.as_object() else {
        return Err(violation(at, &format!("Invalid value at '{at}'")));
    };
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => Err(violation(
            at,
            &format!(
                "Invalid JSON payload received. Unknown name \"{field}\" at '{at}': Cannot find field."
            ),
        )),
    }
}

fn send(state: &mut State, request: &Request) -> Result<Response, Response> {
    if request.method != Method::POST
        || request.path != format!("/v1/projects/{PROJECT}/messages:send")
    {
        return Err(error(
            404,
            "NOT_FOUND",
            "Requested entity was not found.",
            json!([]),
        ));
    }
    let token = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let good = token.and_then(|token| state.tokens.get(token));
    if good.is_none_or(|until_s| *until_s <= state.now_s) {
        return Err(unauthenticated());
    }
    if request.header("content-type") != Some("application/json") {
        return Err(violation("", "Content-Type must be application/json."));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| violation("", "Invalid JSON payload received."))?;
    only(&body, "", &["message"])?;
    let message = &body["message"];
    only(message, "message", &["token", "data", "android"])?;
    let android = &message["android"];
    only(
        android,
        "message.android",
        &["priority", "ttl", "direct_boot_ok"],
    )?;

    let data = checked_data(&message["data"])?;
    let priority = android["priority"]
        .as_str()
        .filter(|priority| ["HIGH", "NORMAL"].contains(priority))
        .ok_or_else(|| {
            violation(
                "message.android.priority",
                "Invalid value at 'message.android.priority'",
            )
        })?;
    let ttl_s: i64 = android["ttl"]
        .as_str()
        .and_then(|ttl| ttl.strip_suffix('s')?.parse().ok())
        .filter(|ttl_s| (0..=2_419_200).contains(ttl_s))
        .ok_or_else(|| {
            violation(
                "message.android.ttl",
                "Illegal duration format; duration must end with 's'",
            )
        })?;
    if android["direct_boot_ok"] != true {
        return Err(violation(
            "message.android.direct_boot_ok",
            "A page must reach a locked phone.",
        ));
    }

    let token = message["token"].as_str().unwrap_or_default();
    if state.unregistered.contains(token) {
        return Err(fcm_error(
            404,
            "NOT_FOUND",
            "Requested entity was not found.",
            "UNREGISTERED",
        ));
    }
    if state.foreign.contains(token) {
        return Err(fcm_error(
            403,
            "PERMISSION_DENIED",
            "SenderId mismatch",
            "SENDER_ID_MISMATCH",
        ));
    }
    let now_s = state.now_s;
    let Some(phone) = state.phones.get_mut(token) else {
        return Err(fcm_error(
            400,
            "INVALID_ARGUMENT",
            "The registration token is not a valid FCM registration token",
            "INVALID_ARGUMENT",
        ));
    };
    let message = Delivered {
        data,
        priority: priority.to_owned(),
    };
    if phone.away {
        phone.waiting.push((now_s + ttl_s, message));
    } else {
        // Nobody listens when the test has dropped its end.
        let _ = phone.app.send(message);
    }
    state.sent += 1;
    let name = format!(
        "projects/{PROJECT}/messages/0:{}%31bd1c9631bd1c96",
        state.sent
    );
    Ok(Response::new(200).json(&json!({ "name": name })))
}

fn checked_data(data: &Value) -> Result<BTreeMap<String, String>, Response> {
    let fields = data
        .as_object()
        .ok_or_else(|| violation("message.data", "Invalid value at 'message.data'"))?;
    let mut size = 0;
    let mut data = BTreeMap::new();
    for (key, value) in fields {
        let Some(value) = value.as_str() else {
            return Err(violation(
                "message.data[0].value",
                "Invalid value at 'message.data[0].value' (TYPE_STRING)",
            ));
        };
        let reserved = ["from", "message_type", "collapse_key"].contains(&key.as_str())
            || key.starts_with("google")
            || key.starts_with("gcm");
        if reserved {
            return Err(violation(
                "message.data",
                &format!("Invalid data payload key: {key}"),
            ));
        }
        size += key.len() + value.len();
        data.insert(key.clone(), value.to_owned());
    }
    if size > 4096 {
        return Err(fcm_error(
            400,
            "INVALID_ARGUMENT",
            "Android message is too big",
            "INVALID_ARGUMENT",
        ));
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(change: impl FnOnce(&mut Value)) -> Value {
        let state = Arc::new(Mutex::new(State::default()));
        let (app, _delivered) = mpsc::unbounded_channel();
        let phone = Phone {
            app,
            away: false,
            waiting: Vec::new(),
        };
        lock(&state).phones.insert("phone".to_owned(), phone);
        lock(&state).tokens.insert("good".to_owned(), 1);
        let mut body = json!({"message": {
            "token": "phone",
            "data": {"t": "c2VhbGVk"},
            "android": {"priority": "HIGH", "ttl": "60s", "direct_boot_ok": true},
        }});
        change(&mut body);
        let mut headers = http::HeaderMap::new();
        headers.insert(
            "authorization",
            http::HeaderValue::from_static("Bearer good"),
        );
        headers.insert(
            "content-type",
            http::HeaderValue::from_static("application/json"),
        );
        let request = Request {
            connection: 1,
            version: http::Version::HTTP_2,
            method: Method::POST,
            path: format!("/v1/projects/{PROJECT}/messages:send"),
            headers,
            body: body.to_string().into(),
        };
        let response = Messages(state).answer(&request);
        serde_json::from_slice(&response.body).expect("JSON")
    }

    #[test]
    fn a_message_that_breaks_a_documented_rule_is_refused() {
        assert!(answered(|_| ())["name"].is_string());
        type Change = fn(&mut Value);
        let refusals: [(&str, Change); 8] = [
            ("a notification", |body| {
                body["message"]["notification"] = json!({"title": "x"})
            }),
            ("a collapse key", |body| {
                body["message"]["android"]["collapse_key"] = "x".into()
            }),
            ("a number as data", |body| {
                body["message"]["data"]["t"] = 1.into()
            }),
            ("a reserved key", |body| {
                body["message"]["data"]["google.x"] = "x".into()
            }),
            ("too much", |body| {
                body["message"]["data"]["t"] = "x".repeat(4096).into()
            }),
            ("a bare number as ttl", |body| {
                body["message"]["android"]["ttl"] = "60".into()
            }),
            ("a ttl over four weeks", |body| {
                body["message"]["android"]["ttl"] = "2419201s".into()
            }),
            ("an unknown priority", |body| {
                body["message"]["android"]["priority"] = "high".into()
            }),
        ];
        for (what, change) in refusals {
            let answer = answered(change);
            assert_eq!(
                answer["error"]["status"], "INVALID_ARGUMENT",
                "{what}: {answer}"
            );
        }
    }
}
