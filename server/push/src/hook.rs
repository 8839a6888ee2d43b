//! Telling something to somebody else's address, signed as Standard Webhooks has it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! What an answer means is read as that specification and HTTP have it: 2xx alone is success, a
//! redirect is not followed, 410 asks to be left alone, and what says that the message itself cannot
//! be taken is told apart from an address that does not work now.

use core::fmt;
use core::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use tocsin_ticket::Millis;

use crate::guard::{Guard, forbidden};
use crate::http::{body, line, retry_after, unanswered};
use crate::settings::{Settings, StartError};
use crate::webhook::{SigningKey, signatures};
use crate::{Outcome, answer};

/// An attempt ends after this: the specification recommends 15 to 30 s.
pub const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);

/// Sends behind the [`Guard`], with the settings of the transports: what is named in `allow_hosts`
/// may be anywhere, everything else must be on the public internet; https alone, no redirect.
#[derive(Clone)]
pub struct Poster {
    guard: Guard,
    client: Client,
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poster").finish_non_exhaustive()
    }
}

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The same for every attempt of the same message, without a dot.
    pub id: &'a str,
    /// JSON.
    pub body: &'a str,
    /// By which the receiver knows us, the newest first.
    pub keys: &'a [SigningKey],
}

impl Poster {
    /// Gets ready.
    ///
    /// # Errors
    /// When the settings name no hosts or no certificates.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let (guard, client) = settings.guarded(&settings.roots()?)?;
        Ok(Self { guard, client })
    }

    /// Makes one attempt, and gives what was answered when the message was taken.
    ///
    /// # Errors
    /// What became of it otherwise: [`Outcome::DeadToken`] when the address wants to hear no more
    /// (410), [`Outcome::Refused`] when this message will never be taken, and else when to try again.
    pub async fn post(
        &self,
        url: &str,
        message: &Message<'_>,
        now: Millis,
    ) -> Result<Vec<u8>, Outcome> {
        let refused = |why: String| Outcome::RetryAfter { after: None, why };
        let url = self
            .guard
            .check(url)
            .map_err(|forbidden| refused(forbidden.to_string()))?;
        let at_s = now.0.div_euclid(1000);
        let Message { id, body, keys } = *message;
        let mut request = self
            .client
            .post(url)
            .timeout(ATTEMPT_LIMIT)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at_s);
        if !keys.is_empty() {
            let signed = signatures(keys, id, at_s, body.as_bytes());
            request = request.header("webhook-signature", signed);
        }
        let answer = request.body(body.to_owned()).send().await;
        let answer = answer.map_err(|error| match forbidden(&error) {
            Some(forbidden) => refused(forbidden.to_string()),
            None => unanswered(error),
        })?;
        if answer.status().is_success() {
            // It is taken, whatever becomes of what else was answered.
            return Ok(answer::whole(answer).await.unwrap_or_default());
        }
        Err(judge(answer, now).await)
    }
}

async fn judge(answer: Response, now: Millis) -> Outcome {
    let status = answer.status();
    let after = retry_after(answer.headers(), now);
    let said = line(&body(answer).await);
    let advice = match status {
        _ if status.is_redirection() => "; redirects are not followed: correct the webhook's url",
        StatusCode::GONE => "; it wants to hear no more",
        _ => "",
    };
    let number = status.as_u16();
    let why = match said.as_str() {
        "" => format!("HTTP {number}{advice}"),
        said => format!("HTTP {number}: {said}{advice}"),
    };
    match status {
        StatusCode::GONE => Outcome::DeadToken { why },
        // RFC 9110, section 15.5: these are about what was sent, not about the address or the hour.
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Outcome::Refused { why },
        _ => Outcome::RetryAfter { after, why },
    }
}
