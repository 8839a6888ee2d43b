//! What a server and a gateway say to each other.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;
use tocsin_wire::ApnsEnvironment;

use crate::{Outcome, Purpose};

/// `POST /v1/apns/{device token}`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Forward {
    pub(crate) environment: ApnsEnvironment,
    pub(crate) topic: String,
    /// [`crate::Push::id`].
    pub(crate) id: String,
    pub(crate) purpose: Purpose,
    pub(crate) expires_at: Millis,
    /// The payload, sealed to the device, in base64url without padding.
    pub(crate) sealed: String,
}

/// The body of every answer; the wait of `retry_after` is in the header of that name.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) outcome: Word,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) why: String,
}

/// The names of [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    Accepted,
    RetryAfter,
    DeadToken,
    Refused,
    Unknown,
}

impl Word {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::RetryAfter => "retry_after",
            Self::DeadToken => "dead_token",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// The status of an answer that has no better one.
    const fn status(self) -> u16 {
        match self {
            Self::Accepted => 200,
            Self::RetryAfter => 503,
            Self::DeadToken => 410,
            Self::Refused => 403,
            Self::Unknown => 502,
        }
    }

    /// Whether an answer with this status may say so. What stands between a server and its gateway
    /// may answer in the gateway's place; it must not be able to do so by half.
    const fn fits(self, status: u16) -> bool {
        match self {
            Self::RetryAfter => matches!(status, 429 | 503),
            Self::Refused => matches!(status, 400..=499) && !matches!(status, 410 | 429),
            Self::Accepted | Self::DeadToken | Self::Unknown => status == self.status(),
        }
    }
}

impl Answer {
    /// How an outcome is told: the status, the wait, the body.
    pub(crate) fn of(outcome: Outcome) -> (u16, Option<Duration>, Self) {
        let (outcome, wait, why) = match outcome {
            Outcome::Accepted => (Word::Accepted, None, String::new()),
            Outcome::RetryAfter { after, why } => (Word::RetryAfter, after, why),
            Outcome::DeadToken { why } => (Word::DeadToken, None, why),
            Outcome::Refused { why } => (Word::Refused, None, why),
            Outcome::Unknown { why } => (Word::Unknown, None, why),
        };
        (outcome.status(), wait, Self { outcome, why })
    }

    /// What an answer tells, if it is one.
    pub(crate) fn read(status: u16, wait: Option<Duration>, body: &[u8]) -> Option<Outcome> {
        let answer: Self = serde_json::from_slice(body).ok()?;
        if !answer.outcome.fits(status) {
            return None;
        }
        let why = format!(
            "the gateway says: {}",
            crate::http::line(answer.why.as_bytes())
        );
        Some(match answer.outcome {
            Word::Accepted => Outcome::Accepted,
            Word::RetryAfter => Outcome::RetryAfter { after: wait, why },
            Word::DeadToken => Outcome::DeadToken { why },
            Word::Refused => Outcome::Refused { why },
            Word::Unknown => Outcome::Unknown { why },
        })
    }
}
