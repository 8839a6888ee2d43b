//! Every sentence that a person reads, in English and Korean: short and calm, for somebody who would
//! rather sleep. A Korean particle depends on the sound before it, so names stand where none is
//! needed.

use serde::{Deserialize, Serialize};

use crate::{Code, Platform};

/// A language that the texts exist in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

/// A text in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    /// In English.
    pub en: String,
    /// In Korean.
    pub ko: String,
}

impl Text {
    /// The text in this language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Korean => &self.ko,
        }
    }
}

/// A fact that counts, by a name that a person understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Platform,
    AppVersion,
    Notifications,
    DoNotDisturbOverride,
    FullScreen,
    ExactAlarms,
    BatteryExemption,
    CriticalAlerts,
    SoundOutput,
    DoNotDisturb,
    Network,
    LiveStream,
    Push,
    Battery,
    Clock,
    ReportTime,
}

impl Fact {
    pub const ALL: [Self; 16] = [
        Self::Platform,
        Self::AppVersion,
        Self::Notifications,
        Self::DoNotDisturbOverride,
        Self::FullScreen,
        Self::ExactAlarms,
        Self::BatteryExemption,
        Self::CriticalAlerts,
        Self::SoundOutput,
        Self::DoNotDisturb,
        Self::Network,
        Self::LiveStream,
        Self::Push,
        Self::Battery,
        Self::Clock,
        Self::ReportTime,
    ];

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Platform => ("kind of device", "기기 종류"),
            Self::AppVersion => ("app version", "앱 버전"),
            Self::Notifications => ("notifications", "알림"),
            Self::DoNotDisturbOverride => ("do-not-disturb access", "방해 금지 접근 권한"),
            Self::FullScreen => ("full-screen page", "전체 화면 알림"),
            Self::ExactAlarms => ("exact alarms", "정확한 알람"),
            Self::BatteryExemption => ("battery exemption", "배터리 최적화 제외"),
            Self::CriticalAlerts => ("critical alerts", "중대한 알림"),
            Self::SoundOutput => ("sound output", "소리 출력"),
            Self::DoNotDisturb => ("do-not-disturb", "방해 금지"),
            Self::Network => ("network", "네트워크"),
            Self::LiveStream => ("live connection", "실시간 연결"),
            Self::Push => ("push", "푸시"),
            Self::Battery => ("battery", "배터리"),
            Self::Clock => ("clock", "시계"),
            Self::ReportTime => ("time of the report", "보고 시각"),
        }
    }
}

/// What is wrong. `not_said`: what [`Code::NotSaid`] is about.
pub fn what(code: Code, not_said: &[Fact]) -> Text {
    let (en, ko) = match code {
        Code::Revoked => (
            "The server no longer knows this device.",
            "서버가 이 기기를 더 이상 알지 못합니다.",
        ),
        Code::NotificationsBlocked => (
            "Tocsin may not show notifications.",
            "Tocsin 알림이 차단되어 있습니다.",
        ),
        Code::NoSoundOutput => (
            "There is nothing to sound the siren through.",
            "사이렌을 울릴 소리 출력이 없습니다.",
        ),
        Code::VolumeZero => ("The siren's volume is zero.", "사이렌 음량이 0입니다."),
        Code::TotalSilence => (
            "Total silence is on. No app can sound through it.",
            "완전 무음이 켜져 있습니다. 어떤 앱도 소리를 낼 수 없습니다.",
        ),
        Code::DoNotDisturbBlocks => (
            "Do-not-disturb is on, and Tocsin may not sound through it.",
            "방해 금지가 켜져 있어 Tocsin 소리가 나지 않습니다.",
        ),
        Code::RingerSilent => (
            "Silent mode is on, and Tocsin may not sound through it.",
            "무음 모드가 켜져 있어 Tocsin 소리가 나지 않습니다.",
        ),
        Code::Offline => (
            "The device has no network.",
            "기기가 네트워크에 연결되어 있지 않습니다.",
        ),
        Code::NoChannel => (
            "No page can get here: no live connection and no push.",
            "호출이 올 길이 없습니다. 실시간 연결도 푸시도 없습니다.",
        ),
        Code::ClockWrong => (
            "The clock is so wrong that pages look expired.",
            "시계가 많이 어긋나 호출이 만료된 것으로 보입니다.",
        ),
        Code::Unheard => (
            "The server has not heard from this device for too long.",
            "서버가 너무 오랫동안 이 기기의 소식을 받지 못했습니다.",
        ),
        Code::VolumeLow => ("The siren's volume is low.", "사이렌 음량이 낮습니다."),
        Code::VolumeUnknown => (
            "Nobody knows how loud the siren would be.",
            "사이렌이 얼마나 크게 울릴지 알 수 없습니다.",
        ),
        Code::DrillFailed => (
            "The last test page did not get through.",
            "마지막 시험 호출이 도착하지 못했습니다.",
        ),
        Code::DrillOverdue => (
            "No test page got through lately.",
            "최근에 도착한 시험 호출이 없습니다.",
        ),
        Code::DrillSlow => (
            "The last test page was slow.",
            "마지막 시험 호출이 늦게 도착했습니다.",
        ),
        Code::CriticalAlertsMissing => (
            "Critical alerts are off. Silent mode or a Focus can mute a page.",
            "중대한 알림이 꺼져 있습니다. 무음 모드나 집중 모드가 호출을 막을 수 있습니다.",
        ),
        Code::TimeSensitiveMissing => (
            "Time-sensitive notifications are off. A Focus would hold back a page.",
            "시간에 민감한 알림이 꺼져 있습니다. 집중 모드가 호출을 미룹니다.",
        ),
        Code::DoNotDisturbOverrideMissing => (
            "Do-not-disturb would mute a page.",
            "방해 금지를 켜면 호출 소리가 나지 않습니다.",
        ),
        Code::FullScreenMissing => (
            "The page screen cannot come over the lock screen.",
            "잠금 화면 위에 호출 화면을 띄울 수 없습니다.",
        ),
        Code::ExactAlarmsMissing => (
            "Tocsin may not set exact alarms. The siren may start late or not repeat.",
            "정확한 알람이 허용되지 않았습니다. 사이렌이 늦거나 반복되지 않을 수 있습니다.",
        ),
        Code::BatterySaver => (
            "Battery saver is on and may put Tocsin to sleep.",
            "절전 모드가 켜져 있어 Tocsin 앱이 잠들 수 있습니다.",
        ),
        Code::BatteryExemptionMissing => (
            "The system may put Tocsin to sleep to save battery.",
            "시스템이 배터리를 아끼려고 Tocsin 앱을 재울 수 있습니다.",
        ),
        Code::BatteryLow => (
            "The battery is low and not charging.",
            "배터리가 부족하고 충전 중이 아닙니다.",
        ),
        Code::OneWay => (
            "Only one way for a page is left.",
            "호출이 올 길이 하나만 남았습니다.",
        ),
        Code::Metered => (
            "The system may hold back pages to save data.",
            "데이터를 아끼려고 시스템이 호출을 늦출 수 있습니다.",
        ),
        Code::ClockOff => ("The clock is a little off.", "시계가 조금 어긋나 있습니다."),
        Code::HeardLongAgo => (
            "The server has not heard from this device for a while.",
            "한동안 서버가 이 기기의 소식을 받지 못했습니다.",
        ),
        Code::AppOld => ("A newer app is out.", "새 버전의 앱이 있습니다."),
        Code::NotSaid => return unsaid(not_said),
        Code::Newer => (
            "A newer version found something.",
            "새 버전에서 문제를 찾았습니다.",
        ),
    };
    text(en, ko)
}

fn unsaid(facts: &[Fact]) -> Text {
    let (en, ko): (Vec<_>, Vec<_>) = facts.iter().map(|fact| fact.names()).unzip();
    Text {
        en: format!("The app has not said: {}.", en.join(", ")),
        ko: format!("앱이 알려 주지 않은 것: {}.", ko.join(", ")),
    }
}

/// What to do next, on this platform.
pub fn next(code: Code, platform: Platform) -> Text {
    use Platform::{Android, Desktop, Ios, Other};
    let (en, ko) = match (code, platform) {
        (Code::Revoked, Desktop) => (
            "Ask for a new code and run tocsin pager with it.",
            "새 코드를 받아 tocsin pager에 다시 등록하세요.",
        ),
        (Code::Revoked, _) => (
            "Ask for a new code and enrol it again.",
            "새 코드를 받아 다시 등록하세요.",
        ),
        (Code::NotificationsBlocked, Android) => (
            "In Settings, open Apps, Tocsin, Notifications, and allow them.",
            "설정에서 애플리케이션, Tocsin, 알림을 열어 허용하세요.",
        ),
        (Code::NotificationsBlocked, Ios) => (
            "In Settings, open Notifications, Tocsin, and allow them.",
            "설정에서 알림, Tocsin 순으로 열어 허용하세요.",
        ),
        (Code::NotificationsBlocked, Desktop | Other) => (
            "Allow notifications for Tocsin in the system's settings.",
            "시스템 설정에서 Tocsin 알림을 허용하세요.",
        ),
        (Code::NoSoundOutput, Desktop) => (
            "Connect a loudspeaker, or rely on another device.",
            "스피커를 연결하거나 다른 기기를 쓰세요.",
        ),
        (Code::NoSoundOutput, _) => (
            "Disconnect what is plugged in or paired, or restart the phone.",
            "연결된 이어폰이나 블루투스를 끊거나 휴대폰을 다시 시작하세요.",
        ),
        (Code::VolumeZero | Code::VolumeLow, Android) => {
            ("Turn up the alarm volume.", "알람 음량을 높이세요.")
        }
        (Code::VolumeZero | Code::VolumeLow, _) => ("Turn up the volume.", "음량을 높이세요."),
        (Code::VolumeUnknown, _) => (
            "Ring a test, and confirm that you heard it.",
            "시험 벨을 울리고 들렸는지 확인해 주세요.",
        ),
        (Code::TotalSilence, _) => ("Turn total silence off.", "완전 무음을 끄세요."),
        (Code::DoNotDisturbBlocks | Code::DoNotDisturbOverrideMissing, Android) => (
            "In Settings, find Do Not Disturb access, and allow Tocsin.",
            "설정에서 방해 금지 접근 권한을 찾아 Tocsin을 허용하세요.",
        ),
        (Code::DoNotDisturbBlocks | Code::RingerSilent | Code::CriticalAlertsMissing, Ios) => (
            "In Settings, open Notifications, Tocsin, and turn on Critical Alerts.",
            "설정에서 알림, Tocsin 순으로 열어 중대한 알림을 켜세요.",
        ),
        (Code::DoNotDisturbBlocks | Code::DoNotDisturbOverrideMissing, _) => (
            "Turn do-not-disturb off, or let Tocsin through.",
            "방해 금지를 끄거나 Tocsin을 예외로 두세요.",
        ),
        (Code::RingerSilent | Code::CriticalAlertsMissing, _) => (
            "Let Tocsin sound in silent mode, or turn silent mode off.",
            "무음 모드에서도 Tocsin 소리를 허용하거나 무음 모드를 끄세요.",
        ),
        (Code::TimeSensitiveMissing, _) => (
            "In Settings, open Notifications, Tocsin, and turn on Time Sensitive Notifications.",
            "설정에서 알림, Tocsin 순으로 열어 시간에 민감한 알림을 켜세요.",
        ),
        (Code::Offline, Desktop) => (
            "Connect the computer to a network.",
            "컴퓨터를 네트워크에 연결하세요.",
        ),
        (Code::Offline, _) => (
            "Turn off aeroplane mode, or go where there is a network.",
            "비행기 모드를 끄거나 신호가 잡히는 곳으로 가세요.",
        ),
        (Code::NoChannel | Code::OneWay, Desktop) => (
            "Check that tocsin pager runs and that the server can be reached.",
            "tocsin pager 실행 상태와 서버 연결을 확인하세요.",
        ),
        (Code::NoChannel | Code::OneWay, _) => (
            "Open the app and wait until it is connected.",
            "앱을 열고 연결될 때까지 기다리세요.",
        ),
        (Code::ClockWrong | Code::ClockOff, Desktop) => (
            "Let the computer set its clock from the network.",
            "컴퓨터 시계를 네트워크 시간에 맞추세요.",
        ),
        (Code::ClockWrong | Code::ClockOff, _) => (
            "In Settings, turn on automatic date and time.",
            "설정에서 날짜 및 시간 자동 설정을 켜세요.",
        ),
        (Code::Unheard | Code::HeardLongAgo, Desktop) => (
            "Wake the computer and start tocsin pager.",
            "컴퓨터를 깨우고 tocsin pager를 실행하세요.",
        ),
        (Code::Unheard | Code::HeardLongAgo, _) => (
            "Switch the device on and open the app.",
            "기기를 켜고 앱을 여세요.",
        ),
        (Code::DrillFailed | Code::DrillOverdue | Code::DrillSlow, _) => {
            ("Run a test page now.", "지금 시험 호출을 해 보세요.")
        }
        (Code::FullScreenMissing, _) => (
            "In Settings, find Full screen notifications, and allow Tocsin.",
            "설정에서 전체 화면 알림을 찾아 Tocsin을 허용하세요.",
        ),
        (Code::ExactAlarmsMissing, _) => (
            "In Settings, find Alarms & reminders, and allow Tocsin.",
            "설정에서 알람 및 리마인더를 찾아 Tocsin을 허용하세요.",
        ),
        (Code::BatterySaver | Code::BatteryExemptionMissing, _) => (
            "In Settings, open Apps, Tocsin, Battery, and choose Unrestricted.",
            "설정에서 애플리케이션, Tocsin, 배터리를 열어 제한 없음을 고르세요.",
        ),
        (Code::BatteryLow, _) => ("Plug it in.", "충전기를 연결하세요."),
        (Code::Metered, Android) => (
            "In Settings, find Data Saver, and give Tocsin unrestricted data.",
            "설정에서 데이터 절약 모드를 찾아 Tocsin의 데이터 제한을 푸세요.",
        ),
        (Code::Metered, Ios) => (
            "In Settings, turn Low Data Mode off for this network.",
            "설정에서 이 네트워크의 저데이터 모드를 끄세요.",
        ),
        (Code::Metered, Desktop | Other) => (
            "Use a network that is not metered, or lift the limit for Tocsin.",
            "데이터 제한이 없는 네트워크를 쓰거나 Tocsin의 제한을 푸세요.",
        ),
        (Code::AppOld, Desktop) => ("Install the new tocsin.", "새 tocsin을 설치하세요."),
        (Code::AppOld, _) => ("Update the app.", "앱을 업데이트하세요."),
        (Code::NotSaid, _) => (
            "Open the app. If this stays, update it.",
            "앱을 여세요. 그래도 남아 있으면 업데이트하세요.",
        ),
        (Code::Newer, _) => (
            "Update this program to see what.",
            "무엇인지 보려면 이 프로그램을 업데이트하세요.",
        ),
    };
    text(en, ko)
}

fn text(en: &str, ko: &str) -> Text {
    Text {
        en: en.to_owned(),
        ko: ko.to_owned(),
    }
}
