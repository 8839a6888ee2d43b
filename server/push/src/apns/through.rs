//! The way to Apple through somebody else's gateway.

use std::fmt;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Url};
use tocsin_ticket::Millis;

use super::Sealed;
use crate::Outcome;
use crate::gateway::origin;
use crate::gateway::wire::{Answer, Forward};
use crate::http::{self, SetupError};
use crate::vapid::Vapid;

pub(super) struct Through {
    origin: Url,
    vapid: Arc<Vapid>,
    client: Client,
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Through({})", self.origin)
    }
}

impl Through {
    pub(super) fn new(url: &Url, vapid: Arc<Vapid>, client: Client) -> Result<Self, SetupError> {
        if origin(url).is_none() {
            let why = format!("expected https://host[:port], got {url}");
            return Err(SetupError::new("gateway", why));
        }
        Ok(Self {
            origin: url.clone(),
            vapid,
            client,
        })
    }

    pub(super) async fn send(&self, push: Sealed<'_>, now: Millis) -> Outcome {
        let forward = Forward {
            environment: push.environment,
            topic: push.topic.to_owned(),
            id: push.id.to_owned(),
            purpose: push.purpose,
            expires_at: push.expires_at,
            sealed: push.payload.to_owned(),
        };
        let body = serde_json::to_vec(&forward).expect("strings and numbers always become JSON");
        let authorization = match self.vapid.authorization(&self.origin, now) {
            Ok(authorization) => authorization,
            Err(error) => {
                return Outcome::Refused {
                    why: error.to_string(),
                };
            }
        };
        let request = self
            .client
            .post(format!("{}v1/apns/{}", self.origin, push.token))
            .header(AUTHORIZATION, &*authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return http::unanswered(error),
        };
        let status = response.status().as_u16();
        let wait = http::retry_after(response.headers(), now);
        let body = http::body(response).await;
        Answer::read(status, wait, &body).unwrap_or_else(|| match status {
            // What stands before the gateway may be overloaded too, and says it without JSON.
            429 | 503 => Outcome::RetryAfter {
                after: wait,
                why: format!("{status} on the way to the gateway"),
            },
            _ => Outcome::Unknown {
                why: format!(
                    "an answer {status} that is not a gateway's; check the gateway's address"
                ),
            },
        })
    }
}
