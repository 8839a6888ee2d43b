//! The rules, as one table. Thresholds and their reasons are in [`limits`].

use core::time::Duration;

use tocsin_ticket::Millis;

use crate::texts::Fact;
use crate::{
    AppVersion, Code, Connectivity, DoNotDisturb, Expectation, Facts, Light, Permission, Platform,
    Ringer, limits,
};

/// When a finding holds.
pub struct Rule {
    pub code: Code,
    pub light: Light,
    pub holds: fn(&Case<'_>) -> bool,
}

const fn red(code: Code, holds: fn(&Case<'_>) -> bool) -> Rule {
    let light = Light::Red;
    Rule { code, light, holds }
}

const fn amber(code: Code, holds: fn(&Case<'_>) -> bool) -> Rule {
    let light = Light::Amber;
    Rule { code, light, holds }
}

/// Every rule, in the order of [`Code`], which puts the worst first.
pub const RULES: [Rule; 30] = [
    red(Code::Revoked, |case| case.facts.revoked),
    red(Code::NotificationsBlocked, |case| {
        case.lacks(Fact::Notifications)
    }),
    red(Code::NoSoundOutput, |case| {
        case.facts.sound.output_present == Some(false)
    }),
    red(Code::VolumeZero, |case| {
        case.volume().is_some_and(|volume| volume <= 0.0)
    }),
    red(Code::TotalSilence, |case| {
        case.facts.sound.do_not_disturb == DoNotDisturb::TotalSilence
    }),
    red(Code::DoNotDisturbBlocks, |case| {
        case.do_not_disturb_blocks()
    }),
    red(Code::RingerSilent, |case| {
        case.lacks(Fact::CriticalAlerts)
            && matches!(case.facts.sound.ringer, Ringer::Vibrate | Ringer::Silent)
    }),
    red(Code::Offline, |case| {
        case.is_offline() && case.ways_up() == 0
    }),
    red(Code::NoChannel, |case| {
        !case.is_offline()
            && case.ways_up() == 0
            && case.expected_ways().all(|way| way == Some(false))
    }),
    red(Code::ClockWrong, |case| {
        case.skew() >= Some(limits::CLOCK_LIMIT)
    }),
    red(Code::Unheard, |case| {
        case.report_age() > Some(case.expected.report_max_age)
    }),
    amber(Code::VolumeLow, |case| {
        case.volume()
            .is_some_and(|volume| volume > 0.0 && volume < limits::WEAK_VOLUME)
    }),
    amber(Code::VolumeUnknown, |case| {
        case.volume().is_none() && !case.was_heard()
    }),
    amber(Code::DrillFailed, |case| case.drill_passed() == Some(false)),
    amber(Code::DrillOverdue, |case| {
        case.drill_passed() != Some(false) && !case.drill_is_fresh()
    }),
    amber(Code::DrillSlow, |case| {
        case.drill_is_fresh() && case.drill_latency() > Some(limits::DRILL_SLOW)
    }),
    amber(Code::CriticalAlertsMissing, |case| {
        case.lacks(Fact::CriticalAlerts)
    }),
    amber(Code::TimeSensitiveMissing, |case| {
        case.lacks(Fact::CriticalAlerts) && case.facts.permissions.time_sensitive.is_missing()
    }),
    amber(Code::DoNotDisturbOverrideMissing, |case| {
        case.lacks(Fact::DoNotDisturbOverride) && !case.do_not_disturb_blocks()
    }),
    amber(Code::FullScreenMissing, |case| case.lacks(Fact::FullScreen)),
    amber(Code::ExactAlarmsMissing, |case| {
        case.lacks(Fact::ExactAlarms)
    }),
    amber(Code::BatterySaver, |case| {
        case.lacks(Fact::BatteryExemption) && case.facts.battery.saver_on == Some(true)
    }),
    amber(Code::BatteryExemptionMissing, |case| {
        case.lacks(Fact::BatteryExemption) && case.facts.battery.saver_on != Some(true)
    }),
    amber(Code::BatteryLow, |case| {
        case.runs_on_battery()
            && case
                .battery_level()
                .is_some_and(|level| level < limits::LOW_BATTERY)
    }),
    amber(Code::OneWay, |case| {
        case.ways_up() > 0
            && (case.is_offline() || case.expected_ways().any(|way| way == Some(false)))
    }),
    amber(Code::Metered, |case| {
        case.facts.network.connectivity == Connectivity::Metered
    }),
    amber(Code::ClockOff, |case| {
        case.skew()
            .is_some_and(|skew| (limits::CLOCK_TOLERANCE..limits::CLOCK_LIMIT).contains(&skew))
    }),
    amber(Code::HeardLongAgo, |case| {
        let limit = case.expected.report_max_age;
        case.report_age()
            .is_some_and(|age| age > limit / 2 && age <= limit)
    }),
    amber(Code::AppOld, |case| {
        case.version()
            .zip(case.expected.latest_version)
            .is_some_and(|(version, latest)| version < latest)
    }),
    amber(Code::NotSaid, |case| !case.not_said().is_empty()),
];

impl Code {
    /// Every finding that this version can make, worst first.
    pub const ALL: [Self; RULES.len()] = {
        let mut all = [Self::Newer; RULES.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = RULES[place].code;
            place += 1;
        }
        all
    };

    /// How bad it is. One that only a newer version knows is amber here; its [`crate::Finding`]
    /// carries the right light.
    #[must_use]
    pub fn light(self) -> Light {
        RULES
            .iter()
            .find(|rule| rule.code == self)
            .map_or(Light::Amber, |rule| rule.light)
    }
}

/// What is not a number was not said.
fn number(fact: Option<f32>) -> Option<f32> {
    fact.filter(|number| !number.is_nan())
}

/// What the rules ask about.
pub struct Case<'a> {
    pub facts: &'a Facts,
    pub now: Millis,
    pub expected: &'a Expectation,
}

impl Case<'_> {
    /// The permission, if the platform has it. Time-sensitive notifications are no part of this:
    /// they count only where critical alerts are missing.
    fn permission(&self, fact: Fact) -> Option<Permission> {
        let permissions = &self.facts.permissions;
        match (self.facts.platform, fact) {
            (Platform::Android | Platform::Ios | Platform::Other, Fact::Notifications) => {
                Some(permissions.notifications)
            }
            (Platform::Android, Fact::DoNotDisturbOverride) => {
                Some(permissions.do_not_disturb_override)
            }
            (Platform::Android, Fact::FullScreen) => Some(permissions.full_screen),
            (Platform::Android, Fact::ExactAlarms) => Some(permissions.exact_alarms),
            (Platform::Android, Fact::BatteryExemption) => Some(permissions.battery_exemption),
            (Platform::Ios, Fact::CriticalAlerts) => Some(permissions.critical_alerts),
            _ => None,
        }
    }

    fn lacks(&self, fact: Fact) -> bool {
        self.permission(fact).is_some_and(Permission::is_missing)
    }

    /// The least loudness a siren would have; `None` when that is not known. A siren that the app
    /// raises to a good volume needs no other.
    fn volume(&self) -> Option<f32> {
        let floor = number(self.facts.sound.volume_floor).unwrap_or(0.0);
        match number(self.facts.sound.effective_volume) {
            Some(volume) => Some(volume.max(floor)),
            None => (floor >= limits::WEAK_VOLUME).then_some(floor),
        }
    }

    fn was_heard(&self) -> bool {
        let heard = self.facts.sound.last_heard_at;
        heard.is_some_and(|at| self.distance(at) <= limits::HEARD_MAX_AGE)
    }

    /// Whether do-not-disturb is on and keeps the siren quiet, until the app may override it. In `Priority` the person may have
    /// excluded even alarms, and `AlarmsOnly` hides the page screen; so neither is good enough
    /// without the override. A Focus lets time-sensitive notifications through.
    fn do_not_disturb_blocks(&self) -> bool {
        let on = matches!(
            self.facts.sound.do_not_disturb,
            DoNotDisturb::Priority | DoNotDisturb::AlarmsOnly
        );
        on && (self.lacks(Fact::DoNotDisturbOverride)
            || self.lacks(Fact::CriticalAlerts)
                && self.facts.permissions.time_sensitive.is_missing())
    }

    fn is_offline(&self) -> bool {
        self.facts.network.connectivity == Connectivity::Offline
    }

    fn stream(&self) -> Option<bool> {
        self.facts.network.stream_live
    }

    /// A push service reaches nobody without a network. A live stream is its own proof: it may run
    /// over a network that the system takes for none, such as one without the internet.
    fn push(&self) -> Option<bool> {
        if self.is_offline() {
            Some(false)
        } else {
            self.facts.network.push_registered
        }
    }

    fn ways_up(&self) -> usize {
        [self.stream(), self.push()]
            .into_iter()
            .filter(|way| *way == Some(true))
            .count()
    }

    /// The ways that a device of its kind should have. iOS keeps no stream open in the background,
    /// and a computer has no push service.
    fn expected_ways(&self) -> impl Iterator<Item = Option<bool>> {
        let stream = (self.facts.platform != Platform::Ios).then(|| self.stream());
        let push = (self.facts.platform != Platform::Desktop).then(|| self.push());
        stream.into_iter().chain(push)
    }

    fn skew(&self) -> Option<Duration> {
        self.facts
            .clock_skew_ms
            .map(|skew| Duration::from_millis(skew.unsigned_abs()))
    }

    fn report_age(&self) -> Option<Duration> {
        self.facts.reported_at.map(|at| self.distance(at))
    }

    fn runs_on_battery(&self) -> bool {
        self.facts.battery.charging != Some(true)
    }

    fn battery_level(&self) -> Option<f32> {
        number(self.facts.battery.level)
    }

    fn drill_passed(&self) -> Option<bool> {
        self.facts.last_drill.and_then(|drill| drill.passed)
    }

    fn drill_is_fresh(&self) -> bool {
        let at = self.facts.last_drill.and_then(|drill| drill.at);
        self.drill_passed() == Some(true)
            && at.is_some_and(|at| self.distance(at) <= self.expected.drill_max_age)
    }

    fn drill_latency(&self) -> Option<Duration> {
        let latency = self.facts.last_drill.and_then(|drill| drill.latency_ms);
        latency.map(Duration::from_millis)
    }

    fn version(&self) -> Option<AppVersion> {
        self.facts.app_version.as_deref()?.parse().ok()
    }

    /// An instant in the future is no fresher than one as far in the past: some clock was wrong.
    fn distance(&self, at: Millis) -> Duration {
        self.now.since(at).max(at.since(self.now))
    }

    /// What counts on this platform and was not said. The volume and the drill have findings of
    /// their own.
    pub fn not_said(&self) -> Vec<Fact> {
        let facts = self.facts;
        let network = &facts.network;
        let is_missing = |fact: Fact| match fact {
            Fact::Platform => facts.platform == Platform::Other,
            Fact::AppVersion => self.version().is_none(),
            Fact::Notifications
            | Fact::DoNotDisturbOverride
            | Fact::FullScreen
            | Fact::ExactAlarms
            | Fact::BatteryExemption
            | Fact::CriticalAlerts => self.permission(fact) == Some(Permission::Unknown),
            Fact::SoundOutput => facts.sound.output_present.is_none(),
            // Critical alerts sound through every Focus, and a computer's siren asks nobody.
            Fact::DoNotDisturb => {
                matches!(facts.platform, Platform::Android | Platform::Other)
                    && facts.sound.do_not_disturb == DoNotDisturb::Unknown
            }
            Fact::Network => network.connectivity == Connectivity::Unknown,
            Fact::LiveStream => facts.platform != Platform::Ios && network.stream_live.is_none(),
            Fact::Push => facts.platform != Platform::Desktop && network.push_registered.is_none(),
            Fact::Battery => self.runs_on_battery() && self.battery_level().is_none(),
            Fact::Clock => facts.clock_skew_ms.is_none(),
            Fact::ReportTime => facts.reported_at.is_none(),
        };
        Fact::ALL
            .into_iter()
            .filter(|fact| is_missing(*fact))
            .collect()
    }
}
