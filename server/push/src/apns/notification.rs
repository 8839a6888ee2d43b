//! What Apple's service and the phone's system read of a push: how loud it is, and nothing of what
//! it is about
//! (<https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification>).

use serde::Serialize;

use crate::Purpose;

/// Apple refuses a longer body with `PayloadTooLarge` ("the maximum payload size is 4 KB (4096
/// bytes)", generating-a-remote-notification).
pub const MAX_BODY_BYTES: usize = 4096;

/// The siren in the app's bundle. Sounds of notifications last under 30 s
/// (<https://developer.apple.com/documentation/usernotifications/unnotificationsound>).
const SIREN: &str = "wake.wav";

/// The category under which the app registers the actions of a page.
const PAGE_CATEGORY: &str = "PAGE";

#[derive(Serialize)]
struct Body<'a> {
    aps: Aps<'a>,
    /// The sealed payload, in base64url without padding.
    t: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Aps<'a> {
    alert: Alert,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<Sound>,
    interruption_level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    thread_id: &'a str,
    /// The app's notification service extension unseals `t` and puts in the real words.
    mutable_content: u8,
    /// Wakes the app itself, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_available: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relevance_score: Option<u8>,
}

/// Names of texts in the app's own string table, shown when the extension had no time to unseal.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Alert {
    title_loc_key: &'static str,
    loc_key: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sound {
    /// Sounds through the silent switch and every focus, at this share of the full volume.
    Critical {
        critical: u8,
        name: &'static str,
        volume: f32,
    },
    Named(&'static str),
}

/// The body is longer than [`MAX_BODY_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the notification has {bytes} bytes, Apple takes {MAX_BODY_BYTES}; \
     the payload must be at most 2,048 bytes before it is sealed"
)]
pub(crate) struct TooLarge {
    bytes: usize,
}

/// The JSON that is posted to Apple.
///
/// `id` names the page for the system's grouping; `sealed` is the payload as base64url.
///
/// Every purpose goes as an alert: Apple delivers background pushes at its leisure, two or three an
/// hour
/// (<https://developer.apple.com/documentation/usernotifications/pushing-background-updates-to-your-app>),
/// which would neither silence a siren in time nor test the way a page takes. What rings or stops
/// ringing says `content-available` besides: where the system allows it the app runs as well, which
/// alone can sound the siren or set the phone's own alarm.
pub(crate) fn body(purpose: Purpose, id: &str, sealed: &str) -> Result<Vec<u8>, TooLarge> {
    let (title_loc_key, loc_key) = match purpose {
        Purpose::Page => ("PAGE_TITLE", "PAGE_BODY"),
        Purpose::Silence => ("SILENCE_TITLE", "SILENCE_BODY"),
        Purpose::Drill => ("DRILL_TITLE", "DRILL_BODY"),
        Purpose::Notice => ("NOTICE_TITLE", "NOTICE_BODY"),
    };
    let (sound, interruption_level) = match purpose {
        Purpose::Page => (
            Some(Sound::Critical {
                critical: 1,
                name: SIREN,
                volume: 1.0,
            }),
            "critical",
        ),
        Purpose::Silence | Purpose::Drill => (None, "passive"),
        Purpose::Notice => (Some(Sound::Named("default")), "active"),
    };
    let aps = Aps {
        alert: Alert {
            title_loc_key,
            loc_key,
        },
        sound,
        interruption_level,
        category: (purpose == Purpose::Page).then_some(PAGE_CATEGORY),
        thread_id: id,
        mutable_content: 1,
        content_available: (purpose != Purpose::Notice).then_some(1),
        relevance_score: (purpose == Purpose::Page).then_some(1),
    };
    let body = serde_json::to_vec(&Body { aps, t: sealed })
        .expect("strings and numbers always become JSON");
    if body.len() > MAX_BODY_BYTES {
        return Err(TooLarge { bytes: body.len() });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_payload_fits_and_one_that_apple_would_refuse_is_not_sent() {
        let id = "i".repeat(32);
        let envelope = body(Purpose::Page, &id, "").unwrap().len();
        let room = MAX_BODY_BYTES - envelope;
        assert!(body(Purpose::Page, &id, &"s".repeat(room)).is_ok());
        assert_eq!(
            body(Purpose::Page, &id, &"s".repeat(room + 1)),
            Err(TooLarge { bytes: 4097 })
        );
        assert!((tocsin_seal::SEALED_BYTES * 4).div_ceil(3) <= room);
    }
}
