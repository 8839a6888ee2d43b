//! What is wrong with a device.

use serde::{Deserialize, Serialize};

use crate::Text;

/// Whether a device would wake its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Yes.
    Green,
    /// Probably; it may fail soon, or be weaker than it should.
    Amber,
    /// No.
    Red,
}

/// One thing that is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Which.
    pub code: Code,
    /// How bad; never green.
    pub light: Light,
    /// What is wrong.
    pub what: Text,
    /// What to do next, on this platform.
    pub next: Text,
}

/// A finding's stable name, most urgent first. [`Code::light`] tells how bad each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The server no longer knows the device.
    Revoked,
    /// The app may not show notifications.
    NotificationsBlocked,
    /// There is nothing to sound through.
    NoSoundOutput,
    /// The siren would be silent, and the app does not raise it.
    VolumeZero,
    /// Android's Total Silence; no app sounds through it.
    TotalSilence,
    /// Do-not-disturb or a Focus is on, and the app may not sound through it.
    DoNotDisturbBlocks,
    /// The ringer is off, and the app may not sound in spite of it (iOS without critical alerts).
    RingerSilent,
    /// No network.
    Offline,
    /// Neither live stream nor push.
    NoChannel,
    /// The clock is off by [`crate::limits::CLOCK_LIMIT`] or more.
    ClockWrong,
    /// Nothing was heard from the device for [`crate::Expectation::report_max_age`].
    Unheard,
    /// The siren would be below [`crate::limits::WEAK_VOLUME`].
    VolumeLow,
    /// The volume is not known, and nobody has heard the siren lately.
    VolumeUnknown,
    /// The newest drill failed.
    DrillFailed,
    /// No drill passed within [`crate::Expectation::drill_max_age`].
    DrillOverdue,
    /// The newest drill took longer than [`crate::limits::DRILL_SLOW`].
    DrillSlow,
    /// iOS: the app may not send critical alerts.
    CriticalAlertsMissing,
    /// iOS: the app may send neither critical alerts nor time-sensitive notifications.
    TimeSensitiveMissing,
    /// Android: do-not-disturb would silence the app, were it on.
    DoNotDisturbOverrideMissing,
    /// Android: the page screen does not come over the lock screen.
    FullScreenMissing,
    /// Android: the app may not set exact alarms.
    ExactAlarmsMissing,
    /// Android: the battery saver is on and may put the app to sleep.
    BatterySaver,
    /// Android: the system may put the app to sleep.
    BatteryExemptionMissing,
    /// The battery is below [`crate::limits::LOW_BATTERY`] and does not charge.
    BatteryLow,
    /// One way for a page is left where there should be two, or it is not the right one.
    OneWay,
    /// The system may hold back the app's data.
    Metered,
    /// The clock is off by [`crate::limits::CLOCK_TOLERANCE`] or more.
    ClockOff,
    /// Nothing was heard from the device for half of [`crate::Expectation::report_max_age`].
    HeardLongAgo,
    /// A newer app exists.
    AppOld,
    /// The device has not said everything that counts on its platform.
    NotSaid,
    /// A finding that only a newer version knows; its texts say what it is. [`crate::assess`] never
    /// finds it.
    #[serde(other)]
    Newer,
}
