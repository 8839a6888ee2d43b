//! Devices that are pageable, to be spoilt one fact at a time.

use tocsin_readiness::{
    Battery, Connectivity, DoNotDisturb, DrillResult, Expectation, Facts, Network, Permission,
    Permissions, Platform, Ringer, Sound,
};
use tocsin_ticket::Millis;

/// 2026-03-29T01:00:00Z, the night on which clocks in Europe change.
pub const NOW: Millis = Millis(1_774_746_000_000);

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

pub const KNOWN_PLATFORMS: [Platform; 3] = [Platform::Android, Platform::Ios, Platform::Desktop];

pub fn ago(ms: i64) -> Option<Millis> {
    Some(Millis(NOW.0 - ms))
}

pub fn expected() -> Expectation {
    Expectation {
        latest_version: Some("1.4.2".parse().expect("a version")),
        ..Expectation::default()
    }
}

/// A device as its owner should have it in the evening. It says only what its platform can know.
pub fn pageable(platform: Platform) -> Facts {
    let on = |platforms: &[Platform]| {
        if platforms.contains(&platform) {
            Permission::Granted
        } else {
            Permission::Unknown
        }
    };
    let android = on(&[Platform::Android]);
    let desktop = platform == Platform::Desktop;
    Facts {
        platform,
        app_version: Some("1.4.2".into()),
        revoked: false,
        permissions: Permissions {
            notifications: on(&[Platform::Android, Platform::Ios]),
            do_not_disturb_override: android,
            full_screen: android,
            exact_alarms: android,
            battery_exemption: android,
            critical_alerts: on(&[Platform::Ios]),
            time_sensitive: on(&[Platform::Ios]),
        },
        sound: Sound {
            effective_volume: (!desktop).then_some(0.9),
            volume_floor: None,
            ringer: Ringer::Unknown,
            do_not_disturb: if platform == Platform::Android {
                DoNotDisturb::Off
            } else {
                DoNotDisturb::Unknown
            },
            output_present: Some(true),
            last_heard_at: desktop.then_some(Millis(NOW.0 - 50 * HOUR_MS)),
        },
        network: Network {
            connectivity: Connectivity::Online,
            stream_live: (platform != Platform::Ios).then_some(true),
            push_registered: (!desktop).then_some(true),
        },
        battery: Battery {
            level: (!desktop).then_some(0.8),
            charging: Some(desktop),
            saver_on: Some(false),
        },
        clock_skew_ms: Some(-40),
        last_drill: Some(DrillResult {
            at: ago(10 * HOUR_MS),
            passed: Some(true),
            latency_ms: Some(800),
        }),
        reported_at: ago(MINUTE_MS),
    }
}
