//! What a device reports about itself.

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

/// What a device reports about itself. An absent fact was not said; see [`crate::assess`] for what
/// that means.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Facts {
    /// What kind of device it is; decides which rules count and what to do.
    pub platform: Platform,
    /// The app's version, as [`crate::AppVersion`] reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The server no longer knows this device. Absent means that it does: it takes reports from no
    /// other.
    pub revoked: bool,
    /// What the system lets the app do.
    pub permissions: Permissions,
    /// What a siren would sound like.
    pub sound: Sound,
    /// How a page can get here.
    pub network: Network,
    /// Power.
    pub battery: Battery,
    /// The server's clock minus the device's, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
    /// The newest drill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_drill: Option<DrillResult>,
    /// When these facts were true, by the clock of whoever assesses them: the server stamps a report
    /// when it takes it, a device its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Millis>,
}

/// What kind of device it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// An Android phone.
    Android,
    /// An iPhone.
    Ios,
    /// A computer that runs `tocsin pager`.
    Desktop,
    /// Not said, or one that only a newer version knows.
    #[default]
    #[serde(other)]
    Other,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 4] = [Self::Android, Self::Ios, Self::Desktop, Self::Other];
}

/// Whether the system lets the app do something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// It does.
    Granted,
    /// It does not.
    Denied,
    /// It does not, because the person was never asked.
    NotAsked,
    /// This version of the system lets every app do it.
    NotNeeded,
    /// Not said, or in a word that only a newer version knows.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Permission {
    /// The app is known to have it.
    #[must_use]
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Granted | Self::NotNeeded)
    }

    /// The app is known not to have it.
    #[must_use]
    pub const fn is_missing(self) -> bool {
        matches!(self, Self::Denied | Self::NotAsked)
    }
}

/// What the system lets the app do. Only what the platform has counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Permissions {
    /// Android, iOS: show notifications.
    pub notifications: Permission,
    /// Android: sound through do-not-disturb (notification policy access, and a channel that may
    /// bypass it).
    pub do_not_disturb_override: Permission,
    /// Android: the page screen over the lock screen (`canUseFullScreenIntent`).
    pub full_screen: Permission,
    /// Android: exact alarms (`canScheduleExactAlarms`); they let the siren start in the background.
    pub exact_alarms: Permission,
    /// Android: exempt from battery optimisation.
    pub battery_exemption: Permission,
    /// iOS: critical alerts, which sound in silent mode and through every Focus.
    pub critical_alerts: Permission,
    /// iOS: time-sensitive notifications, which break through a Focus.
    pub time_sensitive: Permission,
}

/// What a siren would sound like. All about the stream that a siren uses, not the ringtone's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Sound {
    /// Loudness now: 0 silent to 1 full output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_volume: Option<f32>,
    /// The loudness that the app raises a siren to when it would be softer: 0 to 1. Absent or 0: it
    /// does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_floor: Option<f32>,
    /// The ringer's switch.
    pub ringer: Ringer,
    /// Do-not-disturb, or a Focus.
    pub do_not_disturb: DoNotDisturb,
    /// There is something to sound through: a loudspeaker, headphones, a sound card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_present: Option<bool>,
    /// When the owner last confirmed that they heard the siren, by the clock of
    /// [`Facts::reported_at`]. Stands for the volume where a device cannot tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heard_at: Option<Millis>,
}

/// The ringer's switch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ringer {
    /// It rings.
    Normal,
    /// It vibrates.
    Vibrate,
    /// Neither.
    Silent,
    /// Not said, or in a word that only a newer version knows.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Do-not-disturb, in the words of Android's interruption filter. A Focus on iOS is `Priority`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DoNotDisturb {
    /// Everything sounds.
    Off,
    /// Only what the person chose sounds.
    Priority,
    /// Only alarms sound.
    AlarmsOnly,
    /// Nothing sounds, and no app can change that.
    TotalSilence,
    /// Not said, or in a word that only a newer version knows.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How a page can get here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Network {
    /// The network.
    pub connectivity: Connectivity,
    /// The live stream from the server is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_live: Option<bool>,
    /// The device is registered with a push service, and the server has its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_registered: Option<bool>,
}

/// The network, as the system sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// There is one. Mobile data that nothing holds back counts.
    Online,
    /// There is one on which the system may hold back this app's data to save it. Android: metered,
    /// and `getRestrictBackgroundStatus` is enabled
    /// (<https://developer.android.com/develop/connectivity/network-ops/data-saver>); iOS: Low Data
    /// Mode (`NWPath.isConstrained`).
    Metered,
    /// There is none.
    Offline,
    /// Not said, or in a word that only a newer version knows.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Power.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Battery {
    /// Charge: 0 empty to 1 full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<f32>,
    /// It charges, or the device runs on mains. A device without a battery says yes and no level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charging: Option<bool>,
    /// The system's battery saver is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saver_on: Option<bool>,
}

/// How a drill went on this device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct DrillResult {
    /// When it was ordered, by the clock of [`Facts::reported_at`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    /// It came all the way, in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// From ordered to the siren's start call, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
}
