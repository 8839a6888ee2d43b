//! Voluntary application server identification (RFC 8292): by this key push services know the
//! server, and endpoints are bound to it.

use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::Serialize;
use tocsin_ticket::Millis;

use crate::http::SetupError;
use crate::jwt::SigningKey;

/// How long a token is valid: at most 24 hours are allowed (RFC 8292, section 2). Half of that
/// leaves 12 hours for a clock that is wrong, ours or theirs.
const VALID_FOR: Duration = Duration::from_hours(12);

/// How long a token is used.
const USED_FOR: Duration = Duration::from_hours(6);

/// Tokens are kept for as many services; endpoints are chosen by devices, so there is a limit.
const ORIGINS_LIMIT: usize = 1024;

/// The server's key, and its tokens for the push services in use.
pub struct Vapid {
    key: SigningKey,
    public: String,
    contact: String,
    tokens: Mutex<HashMap<String, Token>>,
}

#[derive(Clone)]
struct Token {
    issued_at: Millis,
    authorization: Arc<str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vapid({})", self.public)
    }
}

impl Vapid {
    /// Signs with a key of [`SigningKey::generate_es256`], which must be kept for good: with
    /// another one every WebPush endpoint is dead. `contact` is a `mailto:` or `https:` URI under
    /// which a push service can reach who runs the server.
    ///
    /// # Errors
    ///
    /// When the key or the contact is not such.
    pub fn new(pkcs8: &[u8], contact: &str) -> Result<Self, SetupError> {
        let uri = Url::parse(contact).ok();
        let good = uri.is_some_and(|uri| match uri.scheme() {
            "mailto" => uri.path().contains('@'),
            "https" => true,
            _ => false,
        });
        if !good {
            return Err(SetupError::new(
                "contact",
                format!(
                    "expected mailto:ADDRESS or an https URL under which push services can reach \
                     you, got {contact:?}"
                ),
            ));
        }
        let key = SigningKey::es256(pkcs8)?;
        Ok(Self {
            public: URL_SAFE_NO_PAD.encode(key.public_key()),
            key,
            contact: contact.to_owned(),
            tokens: Mutex::default(),
        })
    }

    /// The public key as text: the uncompressed point in base64url (RFC 8292, section 3.2).
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// The value of `Authorization` for an endpoint (RFC 8292, section 3).
    ///
    /// # Errors
    ///
    /// When the system has no randomness to sign with.
    pub fn authorization(&self, endpoint: &Url, now: Millis) -> Result<Arc<str>, SetupError> {
        let origin = endpoint.origin().ascii_serialization();
        let mut tokens = self.tokens();
        if let Some(token) = tokens.get(&origin) {
            // A clock that was set back may have signed too far ahead.
            let usable = token.issued_at <= now && now.since(token.issued_at) < USED_FOR;
            if usable {
                return Ok(Arc::clone(&token.authorization));
            }
        }
        let claims = Claims {
            aud: &origin,
            exp: (now + VALID_FOR).0.div_euclid(1000),
            sub: &self.contact,
        };
        let jwt = self.key.sign(None, &claims)?;
        let authorization: Arc<str> = format!("vapid t={jwt}, k={}", self.public).into();
        if tokens.len() >= ORIGINS_LIMIT {
            tokens.clear();
        }
        let token = Token {
            issued_at: now,
            authorization: Arc::clone(&authorization),
        };
        tokens.insert(origin, token);
        Ok(authorization)
    }

    /// Forgets a token that was refused, unless somebody else has renewed it already.
    pub(crate) fn refused(&self, endpoint: &Url, authorization: &str) {
        let mut tokens = self.tokens();
        let origin = endpoint.origin().ascii_serialization();
        if tokens
            .get(&origin)
            .is_some_and(|token| &*token.authorization == authorization)
        {
            tokens.remove(&origin);
        }
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        // A map of tokens is whole after a panic, too.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn vapid() -> Vapid {
        let key = SigningKey::generate_es256().expect("a key");
        Vapid::new(&key, "mailto:oncall@example.org").expect("a signer")
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn claims(authorization: &str) -> Value {
        let claims = authorization.split('.').nth(1).expect("a token");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        serde_json::from_slice(&claims).expect("JSON")
    }

    #[test]
    fn a_token_names_origin_contact_and_an_end_within_a_day() {
        let said = vapid().authorization(&url("https://push.example:8443/a/b?c"), NOW);
        let claims = claims(&said.expect("a token"));
        assert_eq!(claims["aud"], "https://push.example:8443");
        assert_eq!(claims["sub"], "mailto:oncall@example.org");
        assert_eq!(claims["exp"], 1_800_000_000 + 12 * 3600);
        let plain = vapid().authorization(&url("https://push.example:443/a"), NOW);
        assert_eq!(
            self::claims(&plain.expect("a token"))["aud"],
            "https://push.example"
        );
    }

    #[test]
    fn a_token_is_signed_once_for_all_pages_and_renewed_in_time() {
        let vapid = vapid();
        let at = |path: &str, now| {
            vapid
                .authorization(&url(&format!("https://push.example/{path}")), now)
                .expect("a token")
        };
        let first = at("a", NOW);
        assert_eq!(at("b", NOW + Duration::from_hours(5)), first);
        let renewed = at("a", NOW + Duration::from_hours(6));
        assert_ne!(renewed, first);
        let set_back = at("a", NOW);
        assert_ne!(set_back, renewed);
        assert_eq!(claims(&set_back)["exp"], claims(&first)["exp"]);
        let other = vapid
            .authorization(&url("https://other.example/a"), NOW)
            .expect("a token");
        assert_ne!(other, set_back);
    }

    #[test]
    fn a_flood_of_services_takes_no_memory() {
        let vapid = vapid();
        for n in 0..ORIGINS_LIMIT + 10 {
            let endpoint = url(&format!("https://push{n}.example/"));
            vapid.authorization(&endpoint, NOW).expect("a token");
        }
        assert!(vapid.tokens().len() <= ORIGINS_LIMIT);
    }

    #[test]
    fn a_contact_nobody_can_write_to_is_refused() {
        let key = SigningKey::generate_es256().expect("a key");
        for contact in [
            "",
            "oncall@example.org",
            "mailto:oncall",
            "http://example.org",
        ] {
            let error = Vapid::new(&key, contact).expect_err(contact);
            assert_eq!(error.field, "contact");
        }
        assert!(Vapid::new(&key, "https://example.org/contact").is_ok());
    }
}
