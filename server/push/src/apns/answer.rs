//! What Apple's answers mean for a page
//! (<https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>).

use core::time::Duration;

use serde::Deserialize;

use crate::Outcome;

/// What is to be done with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is final for this attempt.
    Is(Outcome),
    /// The provider token is too old in Apple's eyes: make another and try once more.
    TokenExpired,
}

/// The body of an answer other than 200.
#[derive(Deserialize)]
struct Refusal {
    reason: String,
    /// With 410: since when the token is dead, in milliseconds since the epoch.
    #[serde(default)]
    timestamp: Option<i64>,
}

/// Reads an answer by its status, its `Retry-After` and its body.
pub(super) fn verdict(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Verdict {
    if status == 200 {
        return Verdict::Is(Outcome::Accepted);
    }
    let refusal = serde_json::from_slice::<Refusal>(body).ok();
    let reason = refusal.as_ref().map_or("", |refusal| &refusal.reason);
    let why = |advice: &str| format!("Apple answered {status} {reason}{advice}");
    let outcome = match (status, reason) {
        (403, "ExpiredProviderToken") => return Verdict::TokenExpired,
        (410, "Unregistered" | "ExpiredToken") => {
            let since = refusal.as_ref().and_then(|refusal| refusal.timestamp);
            Outcome::DeadToken {
                why: match since {
                    Some(since) => why(&format!(", dead since {since} ms")),
                    None => why(""),
                },
            }
        }
        (400, "BadDeviceToken" | "DeviceTokenNotForTopic") => Outcome::DeadToken { why: why("") },
        (400, "IdleTimeout")
        | (429, "TooManyRequests" | "TooManyProviderTokenUpdates")
        // These two say enough without a word; what stands before Apple may use them too.
        | (500 | 503, _) => Outcome::RetryAfter {
            after: retry_after,
            why: why(""),
        },
        _ => match advice(status, reason) {
            Some(advice) => Outcome::Refused {
                why: why(&format!(": {advice}")),
            },
            // The reason may be anything here, so it is not repeated.
            None => Outcome::Unknown {
                why: format!("an answer {status} that Apple does not document"),
            },
        },
    };
    Verdict::Is(outcome)
}

/// What to do about a refusal in Apple's table of error strings.
fn advice(status: u16, reason: &str) -> Option<&'static str> {
    const KEY: &str = "check key, key_id and team_id against \
                       https://developer.apple.com/account/resources/authkeys/list";
    const TOPIC: &str = "check topics: each is the bundle id of an app of this team";
    const OURS: &str = "this is a fault of Tocsin, please report it";
    Some(match (status, reason) {
        (
            403,
            "InvalidProviderToken" | "MissingProviderToken" | "Forbidden" | "UnrelatedKeyIdInToken",
        ) => KEY,
        (403, "BadEnvironmentKeyIdInToken" | "BadEnvironmentKeyInToken") => {
            "the key is restricted to the other environment; \
             make one for sandbox and production"
        }
        (403, "BadCertificate" | "BadCertificateEnvironment") => {
            "Apple speaks of a certificate, and Tocsin uses none: \
             is something between this server and Apple opening the connection?"
        }
        (400, "BadTopic" | "MissingTopic" | "TopicDisallowed") => TOPIC,
        (413, "PayloadTooLarge")
        | (
            400,
            "BadCollapseId" | "BadExpirationDate" | "BadMessageId" | "BadPriority"
            | "DuplicateHeaders" | "InvalidPushType" | "MissingDeviceToken" | "PayloadEmpty",
        )
        | (404, "BadPath")
        | (405, "MethodNotAllowed") => OURS,
        _ => return None,
    })
}
