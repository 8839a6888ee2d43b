//! Whether Apple takes a key, asked before a page depends on it.
//!
//! This pushes to a device that nobody has, for each app at each of Apple's two services; nobody's
//! phone learns of it. The answer `BadDeviceToken` is about the device alone, so the key was taken; what
//! is wrong with the key or the app has answers of its own
//! (<https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>).
//! Apple does not document in which order it looks: that the app is the team's, only a push to a real
//! phone proves.

use core::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use tocsin_ticket::Millis;
use tocsin_wire::ApnsEnvironment;

use super::{ApnsSettings, Direct, Sealed, random};
use crate::http::{ATTEMPT_LIMIT, SetupError};
use crate::{Outcome, Purpose};

/// Not longer than it takes Apple to answer.
const WORTH: Duration = Duration::from_secs(60);

/// What Apple said of one app at one of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The app's bundle id.
    pub topic: String,
    /// Which service.
    pub environment: ApnsEnvironment,
    /// What is wrong, and what to do about it; `None`: pages can go this way.
    pub obstacle: Option<Obstacle>,
}

/// Why pages could not go that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Apple refuses the key or the app; the settings must change.
    Refused(String),
    /// Apple did not say: no way to it, or too busy. Try again.
    Unanswered(String),
}

/// Asks for every app of the settings. `extra_roots_pem` is trusted beside the system's certificates
/// and may be empty; `now` dates the token that is shown to Apple.
///
/// # Errors
/// The setting that cannot be, and what was expected; Apple is not asked then.
pub async fn check(
    settings: &ApnsSettings,
    extra_roots_pem: &str,
    now: Millis,
) -> Result<Vec<Checked>, SetupError> {
    let direct = Direct::new(settings, extra_roots_pem)?;
    let mut all = Vec::new();
    for topic in &settings.topics {
        for environment in [ApnsEnvironment::Production, ApnsEnvironment::Sandbox] {
            let obstacle = ask(&direct, topic, environment, now).await;
            all.push(Checked {
                topic: topic.clone(),
                environment,
                obstacle,
            });
        }
    }
    Ok(all)
}

async fn ask(
    direct: &Direct,
    topic: &str,
    environment: ApnsEnvironment,
    now: Millis,
) -> Option<Obstacle> {
    let nobody: String = random::<32>().iter().map(|b| format!("{b:02x}")).collect();
    let push = Sealed {
        token: &nobody,
        environment,
        topic,
        id: &BASE64_URL_SAFE_NO_PAD.encode(random::<16>()),
        purpose: Purpose::Drill,
        expires_at: now + WORTH,
        payload: "",
    };
    match direct.send(push, now, ATTEMPT_LIMIT).await {
        Outcome::Accepted | Outcome::DeadToken { .. } => None,
        Outcome::Refused { why } => Some(Obstacle::Refused(why)),
        Outcome::RetryAfter { why, .. } | Outcome::Unknown { why } => {
            Some(Obstacle::Unanswered(why))
        }
    }
}
