//! The ways a page can travel.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A way a page travels to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The device's own live stream from the server.
    Stream,
    /// WebPush (RFC 8030): UnifiedPush distributors, browsers.
    WebPush,
    /// Apple Push Notification service, directly or through a gateway.
    Apns,
    /// Firebase Cloud Messaging.
    Fcm,
    /// A gateway for text messages or calls, reached by a webhook.
    Webhook,
    /// E-mail.
    Email,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 6] = [
        Self::Stream,
        Self::WebPush,
        Self::Apns,
        Self::Fcm,
        Self::Webhook,
        Self::Email,
    ];
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "live stream",
            Self::WebPush => "WebPush",
            Self::Apns => "APNs",
            Self::Fcm => "FCM",
            Self::Webhook => "webhook",
            Self::Email => "e-mail",
        })
    }
}
