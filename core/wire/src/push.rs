//! How a device can be pushed to, and what a push says.
//!
//! A push is small and complete: it carries the ticket without its details, which is enough to ring,
//! to show whose it is and until when, and to check in, with nothing fetched first. On the way it is
//! sealed to the device (`tocsin-seal`), so a push service learns only that there is a page.

use core::fmt;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{DrillId, Millis, Transport};

use crate::{Known, TicketView};

/// Version of [`PushPayload`].
pub const PUSH_VERSION: u32 = 1;

/// A payload's plaintext has at most this many bytes, so that every push service takes it sealed:
/// APNs and FCM allow 4,096 bytes in all, of which base64 takes a quarter; RFC 8030 section 7.2
/// asks push services for at least 4,096.
pub const MAX_PUSH_BYTES: usize = 2048;

/// What is inside a push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushPayload {
    /// [`PUSH_VERSION`] of the sender. A newer one may say more; what is known stays true.
    pub v: u32,
    /// The server's clock when it was sent.
    pub server_time: Millis,
    /// What it says.
    pub message: Known<PushMessage>,
}

/// What a push says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PushMessage {
    /// A ticket as it stands, with this person's live pages only and without its details: it rings,
    /// or, when no page is left, falls silent.
    Ticket {
        /// The ticket; never replaces one of the same version that is whole.
        ticket: Box<TicketView>,
        /// How many other tickets page this person too, in a storm. The phone asks for them.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u32,
    },
    /// A test of the whole way.
    Drill(Drill),
    /// Something to read by day.
    Notice(ServerNotice),
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a server tells a person beside pages: a device that cannot be reached any more, a drill that
/// did not arrive. It makes no sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerNotice {
    /// Names it on every transport.
    pub id: u64,
    /// Since when it is to be told.
    pub at: Millis,
    /// One line.
    pub subject: String,
    /// What happened, and what to do.
    pub body: String,
}

/// A test page, silent unless its owner asked to hear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drill {
    /// Names it on every transport.
    pub id: DrillId,
    /// When it was ordered.
    pub at: Millis,
    /// From then on it is too late to count.
    pub expires_at: Millis,
    /// Whether the siren sounds for a moment, at the volume of a page.
    pub audible: bool,
}

/// Where and how a device can be pushed to.
///
/// Keys are base64url without padding (RFC 4648, section 5).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "transport", rename_all = "snake_case")]
pub enum PushAddress {
    /// WebPush (RFC 8030): UnifiedPush distributors, browsers.
    WebPush {
        /// The push resource, an absolute https URL.
        endpoint: String,
        /// The device's P-256 public key, uncompressed (RFC 8291, section 3.1).
        p256dh: String,
        /// 16 random bytes (RFC 8291, section 3.2).
        auth: String,
    },
    /// Apple Push Notification service.
    Apns {
        /// The device token, in hexadecimal.
        token: String,
        /// Which of Apple's two services gave the token.
        environment: ApnsEnvironment,
        /// The app's bundle id.
        topic: String,
        /// The device's sealing key (`tocsin_seal::SealKey`).
        key: String,
    },
    /// Firebase Cloud Messaging.
    Fcm {
        /// The registration token.
        token: String,
        /// The device's sealing key (`tocsin_seal::SealKey`).
        key: String,
    },
}

impl PushAddress {
    /// By which transport it is reached.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        match self {
            Self::WebPush { .. } => Transport::WebPush,
            Self::Apns { .. } => Transport::Apns,
            Self::Fcm { .. } => Transport::Fcm,
        }
    }
}

/// Whoever holds an address and its keys can push to it, so it does not print.
impl fmt::Debug for PushAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushAddress({})", self.transport())
    }
}

/// Apple's two push services
/// (<https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApnsEnvironment {
    /// For apps built with a development profile.
    Sandbox,
    /// For everything that was distributed.
    Production,
}

/// When a channel is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushWhen {
    /// For every page, beside the live stream.
    #[default]
    AtOnce,
    /// Only when no device received the page in time.
    IfNotReceived,
}

/// One way to push to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushChannel {
    /// Where.
    pub address: PushAddress,
    /// When.
    #[serde(default)]
    pub when: PushWhen,
}

/// `PUT /v1/device/push`: all the ways to push to this device, in order of preference. Replaces
/// what was registered before. Answered 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushRegistration {
    /// At most 8.
    pub channels: Vec<PushChannel>,
}

/// `GET /v1/push`: what a device needs to know before it can register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushInfo {
    /// The server's VAPID public key (RFC 8292), to which WebPush endpoints are bound. Absent when
    /// the server does not push this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vapid_public_key: Option<String>,
    /// The transports this server can use now.
    pub transports: Vec<Known<Transport>>,
}
