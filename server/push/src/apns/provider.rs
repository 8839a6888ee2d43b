//! The token by which Apple knows whose pushes these are
//! (<https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>).

use std::fmt;
use std::sync::Mutex;

use reqwest::header::HeaderValue;
use serde_json::json;
use tocsin_ticket::Millis;

use crate::jwt::SigningKey;

/// "Refresh your token no more than once every 20 minutes and no less than once every 60 minutes."
const PERIOD_S: i64 = 30 * 60;

/// A token is dated back by this, so that a clock that is 10 minutes fast dates none in Apple's
/// future, and one that is 10 minutes slow still leaves it 10 minutes from Apple's limit of an hour:
/// it is at most `BACKDATED_S + PERIOD_S` old by our own clock.
const BACKDATED_S: i64 = 10 * 60;

/// Makes provider tokens, and keeps each for as long as Apple wants it kept.
pub(super) struct Provider {
    key: SigningKey,
    key_id: String,
    team_id: String,
    current: Mutex<Option<Token>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider(team {}, key {})", self.team_id, self.key_id)
    }
}

struct Token {
    bearer: HeaderValue,
    made_s: i64,
    /// Made because Apple found another too old.
    renewed: bool,
}

impl Token {
    /// A clock that is set back a little must not cost a new token so soon.
    fn is_current(&self, now_s: i64) -> bool {
        (self.made_s - BACKDATED_S..self.made_s + PERIOD_S).contains(&now_s)
    }
}

impl Provider {
    pub(super) fn new(key: SigningKey, key_id: &str, team_id: &str) -> Self {
        Self {
            key,
            key_id: key_id.to_owned(),
            team_id: team_id.to_owned(),
            current: Mutex::new(None),
        }
    }

    pub(super) fn team_id(&self) -> &str {
        &self.team_id
    }

    /// The `authorization` of a request made now.
    pub(super) fn bearer(&self, now: Millis) -> HeaderValue {
        let now_s = now.0.div_euclid(1000);
        let mut current = self.current.lock().expect("signing does not panic");
        match &*current {
            Some(token) if token.is_current(now_s) => token.bearer.clone(),
            _ => current
                .insert(self.token(now_s, now_s - BACKDATED_S, false))
                .bearer
                .clone(),
        }
    }

    /// The `authorization` to try instead of one that Apple finds too old, dated this very second.
    /// `None` when that was done already less than half an hour ago: our clock is too slow then, and
    /// more tokens would only be refused as too many.
    pub(super) fn renewed(&self, refused: &HeaderValue, now: Millis) -> Option<HeaderValue> {
        let now_s = now.0.div_euclid(1000);
        let mut current = self.current.lock().expect("signing does not panic");
        if let Some(token) = &*current {
            if token.bearer != *refused {
                // Another request was faster.
                return Some(token.bearer.clone());
            }
            if token.renewed && token.is_current(now_s) {
                return None;
            }
        }
        let token = current.insert(self.token(now_s, now_s, true));
        Some(token.bearer.clone())
    }

    fn token(&self, made_s: i64, issued_s: i64, renewed: bool) -> Token {
        let claims = json!({ "iss": self.team_id, "iat": issued_s });
        let token = self
            .key
            .sign(Some(&self.key_id), &claims)
            .expect("an object, and the system has random numbers");
        let mut bearer = HeaderValue::from_str(&format!("bearer {token}"))
            .expect("base64url and dots are visible ASCII");
        bearer.set_sensitive(true);
        Token {
            bearer,
            made_s,
            renewed,
        }
    }
}
