//! What a device is told on an ordinary evening, and on bad ones.

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{HOUR_MS, KNOWN_PLATFORMS, MINUTE_MS, NOW, ago, expected, pageable};
use tocsin_readiness::{
    AppVersion, Assessment, Code, Connectivity, DoNotDisturb, DrillResult, Expectation, Facts,
    Language, Light, Permission, Platform, Ringer, assess,
};
use tocsin_ticket::Millis;

fn judge(facts: &Facts) -> Assessment {
    assess(facts, NOW, &expected())
}

fn codes(facts: &Facts) -> Vec<Code> {
    let assessment = judge(facts);
    assessment.findings.iter().map(|found| found.code).collect()
}

/// What is found once `spoil` has happened to a pageable device.
fn spoilt(platform: Platform, spoil: impl FnOnce(&mut Facts)) -> Vec<Code> {
    let mut facts = pageable(platform);
    spoil(&mut facts);
    codes(&facts)
}

fn android(spoil: impl FnOnce(&mut Facts)) -> Vec<Code> {
    spoilt(Platform::Android, spoil)
}

fn iphone(spoil: impl FnOnce(&mut Facts)) -> Vec<Code> {
    spoilt(Platform::Ios, spoil)
}

fn desk(spoil: impl FnOnce(&mut Facts)) -> Vec<Code> {
    spoilt(Platform::Desktop, spoil)
}

#[test]
fn a_phone_or_desk_pager_in_order_is_green_and_has_nothing_to_say() {
    for platform in KNOWN_PLATFORMS {
        let assessment = judge(&pageable(platform));
        assert_eq!(
            assessment.light,
            Light::Green,
            "{platform:?}: {assessment:?}"
        );
        assert!(assessment.findings.is_empty());
    }
}

#[test]
fn a_device_that_says_nothing_is_never_green() {
    for platform in Platform::ALL {
        let silent = Facts {
            platform,
            ..Facts::default()
        };
        assert_eq!(judge(&silent).light, Light::Amber, "{platform:?}");
        assert!(codes(&silent).contains(&Code::NotSaid));
    }
    let other = spoilt(Platform::Other, |facts| {
        facts.permissions.notifications = Permission::Granted;
        facts.sound.do_not_disturb = DoNotDisturb::Off;
    });
    assert_eq!(other, [Code::NotSaid], "a kind of device nobody knows");
}

#[test]
fn what_was_not_said_is_named() {
    let mut facts = pageable(Platform::Android);
    facts.sound.output_present = None;
    facts.battery.level = None;
    let findings = judge(&facts).findings;
    assert_eq!(
        findings[0].what.en,
        "The app has not said: sound output, battery."
    );
    assert_eq!(
        findings[0].what.ko,
        "앱이 알려 주지 않은 것: 소리 출력, 배터리."
    );
}

#[test]
fn blocked_notifications_on_a_phone_are_red_and_a_desk_pager_needs_none() {
    for permission in [Permission::Denied, Permission::NotAsked] {
        let block = |facts: &mut Facts| facts.permissions.notifications = permission;
        assert_eq!(android(block), [Code::NotificationsBlocked]);
        assert_eq!(iphone(block), [Code::NotificationsBlocked]);
        assert_eq!(desk(block), []);
    }
    assert_eq!(Code::NotificationsBlocked.light(), Light::Red);
    assert_eq!(
        android(|facts| facts.permissions.notifications = Permission::NotNeeded),
        []
    );
}

#[test]
fn volume_zero_is_red_unless_the_app_raises_it() {
    let at = |volume, floor| {
        android(|facts| {
            facts.sound.effective_volume = Some(volume);
            facts.sound.volume_floor = floor;
        })
    };
    assert_eq!(at(0.0, None), [Code::VolumeZero]);
    assert_eq!(at(0.0, Some(0.0)), [Code::VolumeZero]);
    assert_eq!(at(0.0, Some(0.2)), [Code::VolumeLow]);
    assert_eq!(at(0.0, Some(0.8)), []);
    assert_eq!(at(0.49, None), [Code::VolumeLow]);
    assert_eq!(at(0.5, None), []);
    assert_eq!(at(f32::NAN, None), [Code::VolumeUnknown]);
}

#[test]
fn where_the_volume_cannot_be_known_a_siren_heard_this_week_stands_for_it() {
    let heard = |at| desk(|facts| facts.sound.last_heard_at = at);
    assert_eq!(heard(ago(7 * 24 * HOUR_MS)), []);
    assert_eq!(heard(ago(7 * 24 * HOUR_MS + 1)), [Code::VolumeUnknown]);
    assert_eq!(heard(None), [Code::VolumeUnknown]);
    let raised = desk(|facts| {
        facts.sound.last_heard_at = None;
        facts.sound.volume_floor = Some(0.9);
    });
    assert_eq!(raised, []);
}

#[test]
fn a_computer_without_a_sound_card_is_red() {
    assert_eq!(
        desk(|facts| facts.sound.output_present = Some(false)),
        [Code::NoSoundOutput]
    );
}

#[test]
fn total_silence_is_red_whatever_the_app_may_do() {
    assert_eq!(
        android(|facts| facts.sound.do_not_disturb = DoNotDisturb::TotalSilence),
        [Code::TotalSilence]
    );
}

#[test]
fn do_not_disturb_is_harmless_with_the_override_and_red_without_it() {
    for mode in [DoNotDisturb::Priority, DoNotDisturb::AlarmsOnly] {
        assert_eq!(android(|facts| facts.sound.do_not_disturb = mode), []);
        let blocked = android(|facts| {
            facts.sound.do_not_disturb = mode;
            facts.permissions.do_not_disturb_override = Permission::Denied;
        });
        assert_eq!(blocked, [Code::DoNotDisturbBlocks]);
    }
    assert_eq!(
        android(|facts| facts.permissions.do_not_disturb_override = Permission::NotAsked),
        [Code::DoNotDisturbOverrideMissing],
        "off now, but not at night"
    );
}

#[test]
fn an_iphone_with_critical_alerts_may_be_silent_and_in_a_focus() {
    let asleep = iphone(|facts| {
        facts.sound.ringer = Ringer::Silent;
        facts.sound.do_not_disturb = DoNotDisturb::Priority;
        facts.permissions.time_sensitive = Permission::Denied;
    });
    assert_eq!(asleep, []);
}

#[test]
fn an_iphone_without_critical_alerts_is_amber_and_red_once_silent_or_in_a_focus() {
    let without = |spoil: fn(&mut Facts)| {
        iphone(|facts| {
            facts.permissions.critical_alerts = Permission::Denied;
            spoil(facts);
        })
    };
    assert_eq!(without(|_| {}), [Code::CriticalAlertsMissing]);
    assert_eq!(
        without(|facts| facts.sound.ringer = Ringer::Silent),
        [Code::RingerSilent, Code::CriticalAlertsMissing]
    );
    let focus = |facts: &mut Facts| facts.sound.do_not_disturb = DoNotDisturb::Priority;
    assert_eq!(without(focus), [Code::CriticalAlertsMissing]);
    assert_eq!(
        without(|facts| {
            facts.sound.do_not_disturb = DoNotDisturb::Priority;
            facts.permissions.time_sensitive = Permission::Denied;
        }),
        [
            Code::DoNotDisturbBlocks,
            Code::CriticalAlertsMissing,
            Code::TimeSensitiveMissing
        ]
    );
}

#[test]
fn an_android_ringer_on_silent_does_not_touch_the_alarm_stream() {
    assert_eq!(android(|facts| facts.sound.ringer = Ringer::Silent), []);
}

#[test]
fn a_phone_that_no_page_can_get_to_is_red() {
    assert_eq!(
        iphone(|facts| facts.network.connectivity = Connectivity::Offline),
        [Code::Offline],
        "registered for push, but without a network"
    );
    let neither = android(|facts| {
        facts.network.stream_live = Some(false);
        facts.network.push_registered = Some(false);
    });
    assert_eq!(neither, [Code::NoChannel]);
    assert_eq!(
        desk(|facts| facts.network.stream_live = Some(false)),
        [Code::NoChannel]
    );
    assert_eq!(
        iphone(|facts| facts.network.push_registered = Some(false)),
        [Code::NoChannel]
    );
}

#[test]
fn an_android_phone_with_one_way_left_is_amber() {
    assert_eq!(
        android(|facts| facts.network.stream_live = Some(false)),
        [Code::OneWay]
    );
    assert_eq!(
        android(|facts| facts.network.push_registered = Some(false)),
        [Code::OneWay]
    );
    assert_eq!(
        desk(|facts| facts.network.connectivity = Connectivity::Offline),
        [Code::OneWay],
        "a live stream over a network that leads nowhere else"
    );
}

#[test]
fn data_that_the_system_holds_back_is_amber() {
    assert_eq!(
        android(|facts| facts.network.connectivity = Connectivity::Metered),
        [Code::Metered]
    );
}

#[test]
fn a_clock_is_judged_alike_whether_fast_or_slow() {
    for direction in [-1, 1] {
        let off_by = |ms: i64| android(|facts| facts.clock_skew_ms = Some(direction * ms));
        assert_eq!(off_by(9_999), []);
        assert_eq!(off_by(10_000), [Code::ClockOff]);
        assert_eq!(off_by(119_999), [Code::ClockOff]);
        assert_eq!(off_by(120_000), [Code::ClockWrong]);
    }
    assert_eq!(
        android(|facts| facts.clock_skew_ms = Some(i64::MIN)),
        [Code::ClockWrong]
    );
}

#[test]
fn facts_of_yesterday_say_nothing_about_tonight() {
    let heard = |ms: i64| android(|facts| facts.reported_at = ago(ms));
    assert_eq!(heard(12 * HOUR_MS), []);
    assert_eq!(heard(12 * HOUR_MS + 1), [Code::HeardLongAgo]);
    assert_eq!(heard(24 * HOUR_MS), [Code::HeardLongAgo]);
    assert_eq!(heard(24 * HOUR_MS + 1), [Code::Unheard]);
    assert_eq!(heard(-25 * HOUR_MS), [Code::Unheard], "from the future");
    assert_eq!(
        android(|facts| facts.reported_at = Some(Millis(i64::MIN))),
        [Code::Unheard]
    );
    let strict = Expectation {
        report_max_age: core::time::Duration::from_secs(60),
        ..expected()
    };
    let mut facts = pageable(Platform::Android);
    facts.reported_at = ago(2 * MINUTE_MS);
    assert_eq!(assess(&facts, NOW, &strict).light, Light::Red);
}

#[test]
fn a_revoked_device_is_red_and_says_so_first() {
    let found = android(|facts| {
        facts.revoked = true;
        facts.permissions.notifications = Permission::Denied;
        facts.battery.level = Some(0.05);
    });
    assert_eq!(
        found,
        [Code::Revoked, Code::NotificationsBlocked, Code::BatteryLow]
    );
}

#[test]
fn a_battery_matters_only_while_it_does_not_charge() {
    let battery = |level, charging| {
        android(|facts| {
            facts.battery.level = level;
            facts.battery.charging = charging;
        })
    };
    assert_eq!(battery(Some(0.15), Some(false)), []);
    assert_eq!(battery(Some(0.149), Some(false)), [Code::BatteryLow]);
    assert_eq!(battery(Some(0.149), None), [Code::BatteryLow]);
    assert_eq!(battery(Some(0.01), Some(true)), []);
    assert_eq!(battery(None, Some(true)), []);
    assert_eq!(battery(None, Some(false)), [Code::NotSaid]);
}

#[test]
fn a_battery_saver_matters_only_without_the_exemption() {
    let saver = |exemption, on| {
        android(|facts| {
            facts.permissions.battery_exemption = exemption;
            facts.battery.saver_on = Some(on);
        })
    };
    assert_eq!(saver(Permission::Granted, true), []);
    assert_eq!(saver(Permission::Denied, true), [Code::BatterySaver]);
    assert_eq!(
        saver(Permission::Denied, false),
        [Code::BatteryExemptionMissing]
    );
}

#[test]
fn what_android_took_away_silently_is_amber() {
    assert_eq!(
        android(|facts| facts.permissions.full_screen = Permission::Denied),
        [Code::FullScreenMissing]
    );
    assert_eq!(
        android(|facts| facts.permissions.exact_alarms = Permission::Denied),
        [Code::ExactAlarmsMissing]
    );
}

#[test]
fn a_drill_counts_for_a_day_and_a_half() {
    let drill = |hours: i64, passed, latency_ms| {
        iphone(|facts| {
            facts.last_drill = Some(DrillResult {
                at: ago(hours * HOUR_MS),
                passed,
                latency_ms,
            });
        })
    };
    assert_eq!(drill(36, Some(true), Some(10_000)), []);
    assert_eq!(drill(37, Some(true), Some(800)), [Code::DrillOverdue]);
    assert_eq!(drill(-37, Some(true), Some(800)), [Code::DrillOverdue]);
    assert_eq!(drill(1, Some(true), Some(10_001)), [Code::DrillSlow]);
    assert_eq!(drill(1, Some(false), None), [Code::DrillFailed]);
    assert_eq!(drill(37, Some(false), None), [Code::DrillFailed]);
    assert_eq!(drill(1, None, Some(800)), [Code::DrillOverdue]);
    assert_eq!(
        iphone(|facts| facts.last_drill = None),
        [Code::DrillOverdue]
    );
}

#[test]
fn an_old_app_is_amber_and_a_newer_one_or_no_expectation_is_not() {
    let version = |text: &str| android(|facts| facts.app_version = Some(text.into()));
    assert_eq!(version("1.4.1"), [Code::AppOld]);
    assert_eq!(version("1.4"), [Code::AppOld]);
    assert_eq!(version("1.4.2-beta+7"), []);
    assert_eq!(version("1.10.0"), [], "ten is more than four");
    assert_eq!(version("nightly"), [Code::NotSaid]);
    let mut facts = pageable(Platform::Android);
    facts.app_version = Some("0.0.1".into());
    assert_eq!(
        assess(&facts, NOW, &Expectation::default()).light,
        Light::Green
    );
}

#[test]
fn a_version_that_is_none_says_what_was_expected() {
    for text in ["", "1.", "1.2.3.4", "v1", "-1", "1..2"] {
        let refused = text.parse::<AppVersion>().unwrap_err().to_string();
        assert!(
            refused.contains("expected one to three numbers"),
            "{refused}"
        );
    }
    let short: AppVersion = "2".parse().unwrap();
    assert_eq!(short.to_string(), "2.0.0");
}

#[test]
fn every_finding_has_its_place_its_light_and_its_own_words() {
    let sorted: BTreeSet<_> = Code::ALL.into_iter().collect();
    assert!(sorted.into_iter().eq(Code::ALL), "each once, in order");
    let lights: Vec<_> = Code::ALL.into_iter().map(Code::light).collect();
    assert!(lights.is_sorted_by(|a, b| a >= b), "worst first");
    assert!(!lights.contains(&Light::Green));
    assert_eq!(serde_json::to_value(Code::Newer).unwrap(), json!("newer"));
}

/// For every code and platform, facts that lead to it.
fn everything_wrong() -> Vec<Facts> {
    let denied = tocsin_readiness::Permissions {
        notifications: Permission::Denied,
        do_not_disturb_override: Permission::Denied,
        full_screen: Permission::Denied,
        exact_alarms: Permission::Denied,
        battery_exemption: Permission::Denied,
        critical_alerts: Permission::Denied,
        time_sensitive: Permission::Denied,
    };
    let mut all = Vec::new();
    for platform in Platform::ALL {
        let mut worst = pageable(platform);
        worst.revoked = true;
        worst.permissions = denied;
        worst.app_version = Some("0.9".into());
        worst.sound.effective_volume = Some(0.0);
        worst.sound.ringer = Ringer::Vibrate;
        worst.sound.do_not_disturb = DoNotDisturb::TotalSilence;
        worst.sound.output_present = Some(false);
        worst.network.connectivity = Connectivity::Offline;
        worst.network.stream_live = Some(false);
        worst.battery.saver_on = Some(true);
        worst.battery.charging = Some(false);
        worst.battery.level = Some(0.0);
        worst.clock_skew_ms = Some(1_000_000);
        worst.reported_at = ago(100 * HOUR_MS);
        worst.last_drill.as_mut().unwrap().passed = Some(false);

        let mut bad = worst.clone();
        bad.sound.effective_volume = Some(0.1);
        bad.sound.do_not_disturb = DoNotDisturb::Priority;
        bad.network.connectivity = Connectivity::Metered;
        bad.network.push_registered = Some(false);
        bad.battery.saver_on = Some(false);
        bad.clock_skew_ms = Some(20_000);
        bad.reported_at = ago(13 * HOUR_MS);
        bad.last_drill.as_mut().unwrap().passed = None;

        let mut lame = bad.clone();
        lame.sound.do_not_disturb = DoNotDisturb::Off;
        lame.sound.effective_volume = None;
        lame.sound.last_heard_at = None;
        lame.network.push_registered = Some(true);
        lame.last_drill.as_mut().unwrap().passed = Some(true);
        lame.last_drill.as_mut().unwrap().latency_ms = Some(60_000);
        lame.clock_skew_ms = None;
        all.extend([worst, bad, lame]);
    }
    all
}

#[test]
fn every_finding_occurs_and_says_what_and_what_next_in_both_languages() {
    let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    let mut seen = BTreeSet::new();
    let mut said = std::collections::BTreeMap::new();
    for facts in everything_wrong() {
        for finding in judge(&facts).findings {
            assert_eq!(finding.light, finding.code.light());
            for text in [&finding.what, &finding.next] {
                let english = text.in_language(Language::English);
                let korean = text.in_language(Language::Korean);
                assert!(english.ends_with('.') && !hangul(english), "{english}");
                assert!(korean.ends_with('.') && hangul(korean), "{korean}");
                assert!(
                    english.chars().count() <= 100,
                    "too long at 3 a.m.: {english}"
                );
            }
            if finding.code != Code::NotSaid {
                let other = said.insert(finding.what.clone().en, finding.code);
                assert!(other.is_none_or(|other| other == finding.code));
                let other = said.insert(finding.what.clone().ko, finding.code);
                assert!(other.is_none_or(|other| other == finding.code));
            }
            seen.insert(finding.code);
        }
    }
    let never: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !seen.contains(code))
        .collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn what_to_do_fits_the_platform() {
    let next = |platform, spoil: fn(&mut Facts)| {
        let mut facts = pageable(platform);
        spoil(&mut facts);
        judge(&facts).findings.swap_remove(0).next.en
    };
    let block = |facts: &mut Facts| facts.permissions.notifications = Permission::Denied;
    assert!(next(Platform::Android, block).contains("Apps, Tocsin"));
    assert!(next(Platform::Ios, block).contains("Notifications, Tocsin"));
    let quiet = |facts: &mut Facts| facts.sound.effective_volume = Some(0.1);
    assert!(next(Platform::Android, quiet).contains("alarm volume"));
    let cut = |facts: &mut Facts| facts.network.stream_live = Some(false);
    assert!(next(Platform::Desktop, cut).contains("tocsin pager"));
}

#[test]
fn facts_travel_as_json_and_come_back() {
    for platform in KNOWN_PLATFORMS {
        let facts = pageable(platform);
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
    }
    let assessment = judge(&Facts::default());
    let json = serde_json::to_string(&assessment).unwrap();
    assert_eq!(
        serde_json::from_str::<Assessment>(&json).unwrap(),
        assessment
    );
}

#[test]
fn the_words_on_the_wire_stay_as_they_are() {
    assert_eq!(
        serde_json::to_value(pageable(Platform::Android)).unwrap(),
        json!({
            "platform": "android",
            "app_version": "1.4.2",
            "revoked": false,
            "permissions": {
                "notifications": "granted",
                "do_not_disturb_override": "granted",
                "full_screen": "granted",
                "exact_alarms": "granted",
                "battery_exemption": "granted",
                "critical_alerts": "unknown",
                "time_sensitive": "unknown",
            },
            "sound": {
                "effective_volume": 0.9_f32,
                "ringer": "unknown",
                "do_not_disturb": "off",
                "output_present": true,
            },
            "network": {
                "connectivity": "online",
                "stream_live": true,
                "push_registered": true,
            },
            "battery": { "level": 0.8_f32, "charging": false, "saver_on": false },
            "clock_skew_ms": -40,
            "last_drill": { "at": 1_774_710_000_000_i64, "passed": true, "latency_ms": 800 },
            "reported_at": 1_774_745_940_000_i64,
        })
    );
    let words: Vec<Value> = Code::ALL
        .iter()
        .map(|code| serde_json::to_value(code).unwrap())
        .collect();
    assert_eq!(words[0], json!("revoked"));
    assert_eq!(words[words.len() - 1], json!("not_said"));
}

#[test]
fn a_report_from_a_newer_or_older_app_is_understood_as_far_as_it_goes() {
    let newer = json!({
        "platform": "android",
        "satellite": {"in_view": 4},
        "permissions": {"notifications": "provisional", "exact_alarms": "granted", "lidar": "denied"},
        "sound": {"do_not_disturb": "moonlight", "effective_volume": 1},
        "network": {"connectivity": "satellite"},
        "battery": {},
    });
    let facts: Facts = serde_json::from_value(newer).unwrap();
    assert_eq!(facts.platform, Platform::Android);
    assert_eq!(facts.permissions.notifications, Permission::Unknown);
    assert_eq!(facts.permissions.exact_alarms, Permission::Granted);
    assert_eq!(facts.sound.do_not_disturb, DoNotDisturb::Unknown);
    assert_eq!(facts.sound.effective_volume, Some(1.0));
    assert_eq!(facts.network.connectivity, Connectivity::Unknown);
    assert_eq!(
        serde_json::from_value::<Facts>(json!({})).unwrap(),
        Facts::default()
    );
    let watch: Facts = serde_json::from_value(json!({"platform": "watch"})).unwrap();
    assert_eq!(watch.platform, Platform::Other);
}

#[test]
fn a_newer_servers_finding_is_shown_in_its_own_words() {
    let finding: tocsin_readiness::Finding = serde_json::from_value(json!({
        "code": "phone_in_fridge",
        "light": "red",
        "what": {"en": "It is cold.", "ko": "춥습니다."},
        "next": {"en": "Take it out.", "ko": "꺼내세요."},
    }))
    .unwrap();
    assert_eq!(finding.code, Code::Newer);
    assert_eq!(finding.light, Light::Red);
    assert_eq!(finding.next.en, "Take it out.");
}
