//! What other rooms define and the shells see unchanged. Each type is written down once more, so
//! that the rooms need not know UniFFI; a difference between the two does not compile.

use tocsin_pager::Language;
use tocsin_pager::engine::{
    AlarmKind, HelpOutcome, Loudness, NoticeKind, PageStatus, SirenEvent, SirenReason,
};
use tocsin_pager::notification::{
    InterruptionLevel, NotificationAction, NotificationCategory, NotificationContent,
    NotificationDeed, NotificationKind, NotificationSound,
};
use tocsin_pager::story::Weight;
use tocsin_readiness::{
    Battery, Code, Connectivity, DoNotDisturb, DrillResult, Facts, Light, Network, Permission,
    Permissions, Platform, Ringer, Sound,
};
use tocsin_ticket::{
    DeadlineKind, HelpTarget, IncidentRole, Millis, PersonId, ServiceId, Severity, TeamId,
    TicketId, TicketState, Transport,
};
use tocsin_wire::{ApnsEnvironment, PhoneRules};

use crate::screens::{
    AlarmCard, Asked, Attendee, ConnectionState, FindingCard, MissedLimit, ReadinessScreen,
    TimelineLine,
};

uniffi::custom_type!(Millis, i64, {
    remote,
    try_lift: |text| Ok(Millis(text)),
    lower: |at| at.0,
});
// Kotlin's and Swift's platforms carry signed numbers in notifications and intents.
uniffi::custom_type!(TicketId, i64, {
    remote,
    try_lift: |number| Ok(TicketId(number.cast_unsigned())),
    lower: |ticket| ticket.0.cast_signed(),
});
uniffi::custom_type!(PersonId, String, {
    remote,
    try_lift: |text| Ok(PersonId::new(text)),
    lower: |id| id.to_string(),
});
uniffi::custom_type!(TeamId, String, {
    remote,
    try_lift: |text| Ok(TeamId::new(text)),
    lower: |id| id.to_string(),
});
uniffi::custom_type!(ServiceId, String, {
    remote,
    try_lift: |text| Ok(ServiceId::new(text)),
    lower: |id| id.to_string(),
});

#[uniffi::remote(Enum)]
pub enum Language {
    English,
    Korean,
}

#[uniffi::remote(Enum)]
pub enum Severity {
    Sev1,
    Sev2,
    Sev3,
    Sev4,
    Sev5,
}

#[uniffi::remote(Enum)]
pub enum TicketState {
    Assigned,
    Researching,
    WorkInProgress,
    Resolved,
}

#[uniffi::remote(Enum)]
pub enum DeadlineKind {
    Escalate,
    Nudge,
}

#[uniffi::remote(Enum)]
pub enum IncidentRole {
    Commander,
    Communications,
    Responder,
}

#[uniffi::remote(Enum)]
pub enum HelpTarget {
    Service { service: ServiceId },
    Person { person: PersonId },
    Manager,
    Team { team: TeamId },
}

#[uniffi::remote(Enum)]
pub enum HelpOutcome {
    Waiting,
    Comes,
    NobodyLeft,
}

#[uniffi::remote(Enum)]
pub enum PageStatus {
    Ringing,
    Answered,
    Expired,
}

#[uniffi::remote(Record)]
pub struct MissedLimit {
    pub state_text: String,
    pub since: Millis,
    pub limit: Millis,
}

#[uniffi::remote(Record)]
pub struct Asked {
    pub name: String,
    pub role_text: String,
    pub rung_text: String,
}

#[uniffi::remote(Record)]
pub struct Attendee {
    pub name: String,
    pub role_text: Option<String>,
    pub joined: Option<Millis>,
}

#[uniffi::remote(Enum)]
pub enum ConnectionState {
    Live {
        since: Millis,
    },
    Connecting {
        since: Millis,
    },
    Offline {
        since: Millis,
        retry_at: Millis,
        reason: String,
    },
}

#[uniffi::remote(Enum)]
pub enum NoticeKind {
    Refused,
    Rejected,
    Revoked,
    Unreadable,
    OutOfTouch,
    DrillMissing,
    FromServer,
}

#[uniffi::remote(Enum)]
pub enum AlarmKind {
    OutOfTouch,
    DrillMissing,
}

#[uniffi::remote(Record)]
pub struct AlarmCard {
    pub kind: AlarmKind,
    pub since: Millis,
    pub siren: bool,
    pub text: String,
}

#[uniffi::remote(Record)]
pub struct TimelineLine {
    pub at: Millis,
    pub weight: Weight,
    pub text: String,
}

#[uniffi::remote(Enum)]
pub enum Weight {
    Deed,
    Alarm,
    Detail,
}

#[uniffi::remote(Enum)]
pub enum Transport {
    Stream,
    WebPush,
    Apns,
    Fcm,
    Webhook,
    Email,
}

#[uniffi::remote(Enum)]
pub enum ApnsEnvironment {
    Sandbox,
    Production,
}

#[uniffi::remote(Enum)]
pub enum Loudness {
    Ramp,
    Full,
}

#[uniffi::remote(Enum)]
pub enum SirenReason {
    Pages,
    OutOfTouch,
    Drill,
}

#[uniffi::remote(Enum)]
pub enum SirenEvent {
    Started { effective_volume: Option<f32> },
    Rehearsed { effective_volume: Option<f32> },
    Failed { reason: String },
}

#[uniffi::remote(Enum)]
pub enum NotificationKind {
    Page,
    Silence,
    Drill,
    Notice,
    Unreadable,
}

#[uniffi::remote(Enum)]
pub enum InterruptionLevel {
    Passive,
    Active,
    TimeSensitive,
    Critical,
}

#[uniffi::remote(Enum)]
pub enum NotificationSound {
    Silent,
    Usual,
    File { name: String, volume: f32 },
}

#[uniffi::remote(Record)]
pub struct NotificationContent {
    pub kind: NotificationKind,
    pub title: String,
    pub subtitle: String,
    pub body: String,
    pub ticket: Option<TicketId>,
    pub thread: Option<String>,
    pub silences: bool,
    pub category: Option<String>,
    pub level: InterruptionLevel,
    pub sound: NotificationSound,
    pub relevance: f64,
}

#[uniffi::remote(Enum)]
pub enum NotificationDeed {
    CheckIn,
    CannotHelp,
}

#[uniffi::remote(Record)]
pub struct NotificationAction {
    pub id: String,
    pub title: String,
    pub deed: NotificationDeed,
}

#[uniffi::remote(Record)]
pub struct NotificationCategory {
    pub id: String,
    pub actions: Vec<NotificationAction>,
}

#[uniffi::remote(Enum)]
pub enum Light {
    Green,
    Amber,
    Red,
}

#[uniffi::remote(Enum)]
pub enum Code {
    Revoked,
    NotificationsBlocked,
    NoSoundOutput,
    VolumeZero,
    TotalSilence,
    DoNotDisturbBlocks,
    RingerSilent,
    Offline,
    NoChannel,
    ClockWrong,
    Unheard,
    VolumeLow,
    VolumeUnknown,
    DrillFailed,
    DrillOverdue,
    DrillSlow,
    CriticalAlertsMissing,
    TimeSensitiveMissing,
    DoNotDisturbOverrideMissing,
    FullScreenMissing,
    ExactAlarmsMissing,
    BatterySaver,
    BatteryExemptionMissing,
    BatteryLow,
    OneWay,
    Metered,
    ClockOff,
    HeardLongAgo,
    AppOld,
    NotSaid,
    Newer,
}

#[uniffi::remote(Record)]
pub struct FindingCard {
    pub code: Code,
    pub light: Light,
    pub what: String,
    pub next: String,
}

#[uniffi::remote(Record)]
pub struct ReadinessScreen {
    pub light: Light,
    pub findings: Vec<FindingCard>,
    pub last_drill: Option<DrillResult>,
}

#[uniffi::remote(Enum)]
pub enum Platform {
    Android,
    Ios,
    Desktop,
    Other,
}

#[uniffi::remote(Enum)]
pub enum Permission {
    Granted,
    Denied,
    NotAsked,
    NotNeeded,
    Unknown,
}

#[uniffi::remote(Enum)]
pub enum Ringer {
    Normal,
    Vibrate,
    Silent,
    Unknown,
}

#[uniffi::remote(Enum)]
pub enum DoNotDisturb {
    Off,
    Priority,
    AlarmsOnly,
    TotalSilence,
    Unknown,
}

#[uniffi::remote(Enum)]
pub enum Connectivity {
    Online,
    Metered,
    Offline,
    Unknown,
}

#[uniffi::remote(Record)]
pub struct Permissions {
    pub notifications: Permission,
    pub do_not_disturb_override: Permission,
    pub full_screen: Permission,
    pub exact_alarms: Permission,
    pub battery_exemption: Permission,
    pub critical_alerts: Permission,
    pub time_sensitive: Permission,
}

#[uniffi::remote(Record)]
pub struct Sound {
    pub effective_volume: Option<f32>,
    pub volume_floor: Option<f32>,
    pub ringer: Ringer,
    pub do_not_disturb: DoNotDisturb,
    pub output_present: Option<bool>,
    pub last_heard_at: Option<Millis>,
}

#[uniffi::remote(Record)]
pub struct PhoneRules {
    pub siren_floor: Option<f32>,
    pub hide_content: bool,
}

#[uniffi::remote(Record)]
pub struct Network {
    pub connectivity: Connectivity,
    #[uniffi(default = None)]
    pub stream_live: Option<bool>,
    #[uniffi(default = None)]
    pub push_registered: Option<bool>,
}

#[uniffi::remote(Record)]
pub struct Battery {
    pub level: Option<f32>,
    pub charging: Option<bool>,
    pub saver_on: Option<bool>,
}

#[uniffi::remote(Record)]
pub struct DrillResult {
    pub at: Option<Millis>,
    pub passed: Option<bool>,
    pub latency_ms: Option<u64>,
}

#[uniffi::remote(Record)]
pub struct Facts {
    pub platform: Platform,
    pub app_version: Option<String>,
    #[uniffi(default = false)]
    pub revoked: bool,
    pub permissions: Permissions,
    pub sound: Sound,
    pub network: Network,
    pub battery: Battery,
    #[uniffi(default = None)]
    pub clock_skew_ms: Option<i64>,
    #[uniffi(default = None)]
    pub last_drill: Option<DrillResult>,
    #[uniffi(default = None)]
    pub reported_at: Option<Millis>,
}
