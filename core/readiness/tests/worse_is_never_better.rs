//! Whatever a device reports: no fact that becomes worse makes the light better, and no fact that
//! is withheld makes it green.

mod support;

use proptest::prelude::*;
use support::{HOUR_MS, KNOWN_PLATFORMS, MINUTE_MS, NOW, ago, expected, pageable};
use tocsin_readiness::{
    Connectivity, DoNotDisturb, DrillResult, Facts, Light, Permission, Platform, Ringer, assess,
};

/// Sets one fact to one value.
type Set = Box<dyn Fn(&mut Facts)>;

/// One fact's values, from best to worst; what is not said stands between good and bad.
type Ladder = Vec<Set>;

fn ladder<T: Copy + 'static>(
    set: fn(&mut Facts, T),
    values: impl IntoIterator<Item = T>,
) -> Ladder {
    values
        .into_iter()
        .map(|value| Box::new(move |facts: &mut Facts| set(facts, value)) as Set)
        .collect()
}

fn permissions(set: fn(&mut Facts, Permission)) -> Ladder {
    ladder(
        set,
        [
            Permission::Granted,
            Permission::NotNeeded,
            Permission::Unknown,
            Permission::NotAsked,
            Permission::Denied,
        ],
    )
}

fn drill(hours: i64, passed: Option<bool>, latency_ms: u64) -> Option<DrillResult> {
    Some(DrillResult {
        at: ago(hours * HOUR_MS),
        passed,
        latency_ms: Some(latency_ms),
    })
}

fn ladders() -> Vec<Ladder> {
    let versions = [Some("1.5"), Some("1.4.2"), None, Some("?"), Some("1.4.1")];
    vec![
        ladder(|facts, value| facts.revoked = value, [false, true]),
        ladder(
            |facts, value: Option<&str>| facts.app_version = value.map(Into::into),
            versions,
        ),
        permissions(|facts, value| facts.permissions.notifications = value),
        permissions(|facts, value| facts.permissions.do_not_disturb_override = value),
        permissions(|facts, value| facts.permissions.full_screen = value),
        permissions(|facts, value| facts.permissions.exact_alarms = value),
        permissions(|facts, value| facts.permissions.battery_exemption = value),
        permissions(|facts, value| facts.permissions.critical_alerts = value),
        permissions(|facts, value| facts.permissions.time_sensitive = value),
        ladder(
            |facts, value| facts.sound.effective_volume = value,
            [Some(1.0), Some(0.5), None, Some(0.4), Some(0.01), Some(0.0)],
        ),
        ladder(
            |facts, value| facts.sound.volume_floor = value,
            [Some(1.0), Some(0.5), Some(0.3), Some(0.0), None],
        ),
        ladder(
            |facts, value| facts.sound.last_heard_at = value,
            [ago(HOUR_MS), ago(200 * HOUR_MS), None],
        ),
        ladder(
            |facts, value| facts.sound.ringer = value,
            [
                Ringer::Normal,
                Ringer::Unknown,
                Ringer::Vibrate,
                Ringer::Silent,
            ],
        ),
        ladder(
            |facts, value| facts.sound.do_not_disturb = value,
            [
                DoNotDisturb::Off,
                DoNotDisturb::Unknown,
                DoNotDisturb::Priority,
                DoNotDisturb::AlarmsOnly,
                DoNotDisturb::TotalSilence,
            ],
        ),
        ladder(
            |facts, value| facts.sound.output_present = value,
            [Some(true), None, Some(false)],
        ),
        ladder(
            |facts, value| facts.network.connectivity = value,
            [
                Connectivity::Online,
                Connectivity::Unknown,
                Connectivity::Metered,
                Connectivity::Offline,
            ],
        ),
        ladder(
            |facts, value| facts.network.stream_live = value,
            [Some(true), None, Some(false)],
        ),
        ladder(
            |facts, value| facts.network.push_registered = value,
            [Some(true), None, Some(false)],
        ),
        ladder(
            |facts, value| facts.battery.level = value,
            [Some(1.0), Some(0.15), None, Some(0.1), Some(0.0)],
        ),
        ladder(
            |facts, value| facts.battery.charging = value,
            [Some(true), None, Some(false)],
        ),
        ladder(
            |facts, value| facts.battery.saver_on = value,
            [Some(false), None, Some(true)],
        ),
        ladder(
            |facts, value| facts.clock_skew_ms = value,
            [
                Some(0),
                Some(-9_000),
                None,
                Some(11_000),
                Some(-119_000),
                Some(120_000),
            ],
        ),
        ladder(
            |facts, value| facts.last_drill = value,
            [
                drill(1, Some(true), 100),
                drill(35, Some(true), 9_000),
                drill(1, Some(true), 20_000),
                drill(40, Some(true), 100),
                drill(1, None, 100),
                None,
                drill(1, Some(false), 100),
            ],
        ),
        ladder(
            |facts, value| facts.reported_at = value,
            [
                ago(0),
                ago(-MINUTE_MS),
                ago(11 * HOUR_MS),
                None,
                ago(13 * HOUR_MS),
                ago(25 * HOUR_MS),
            ],
        ),
    ]
}

fn light(facts: &Facts) -> Light {
    assess(facts, NOW, &expected()).light
}

/// Each ladder's step, the fact to make worse, and by how many steps. Steps lean to the good, or
/// nearly every device would be red for several reasons.
fn cases() -> impl Strategy<Value = (Platform, Vec<usize>, usize, usize)> {
    let steps: Vec<_> = ladders()
        .iter()
        .map(|ladder| prop_oneof![6 => Just(0), 1 => 0..ladder.len()])
        .collect();
    let which = 0..steps.len();
    (
        prop::sample::select(Platform::ALL.to_vec()),
        steps,
        which,
        1..8_usize,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_fact_that_becomes_worse_never_makes_the_light_better(
        (platform, steps, which, by) in cases()
    ) {
        let ladders = ladders();
        let mut facts = Facts { platform, ..Facts::default() };
        for (ladder, step) in ladders.iter().zip(&steps) {
            ladder[*step](&mut facts);
        }
        let before = light(&facts);
        let worse = (steps[which] + by).min(ladders[which].len() - 1);
        ladders[which][worse](&mut facts);
        prop_assert!(light(&facts) >= before, "{before:?} became better: {facts:?}");
    }
}

#[test]
fn on_every_platform_the_best_steps_are_green_and_the_worst_are_red() {
    for platform in KNOWN_PLATFORMS {
        let mut best = Facts {
            platform,
            ..Facts::default()
        };
        let mut worst = best.clone();
        for ladder in ladders() {
            ladder[0](&mut best);
            ladder[ladder.len() - 1](&mut worst);
        }
        assert_eq!(light(&best), Light::Green, "{platform:?}");
        assert_eq!(light(&worst), Light::Red, "{platform:?}");
    }
}

/// Takes one leaf out of the report, as an older app would that does not know it.
fn without(facts: &Facts, path: &[&str]) -> Facts {
    let mut json = serde_json::to_value(facts).expect("facts are JSON");
    let (leaf, parents) = path.split_last().expect("a path");
    let parent = parents.iter().fold(&mut json, |json, key| &mut json[*key]);
    let taken = parent.as_object_mut().expect("an object").remove(*leaf);
    assert!(taken.is_some(), "{path:?} is not in the report");
    serde_json::from_value(json).expect("a report with a gap is understood")
}

#[test]
fn a_green_phone_that_withholds_a_fact_that_counts_is_amber() {
    let everywhere: [&[&str]; 7] = [
        &["platform"],
        &["app_version"],
        &["sound", "output_present"],
        &["network", "connectivity"],
        &["clock_skew_ms"],
        &["last_drill"],
        &["reported_at"],
    ];
    let android: [&[&str]; 10] = [
        &["permissions", "notifications"],
        &["permissions", "do_not_disturb_override"],
        &["permissions", "full_screen"],
        &["permissions", "exact_alarms"],
        &["permissions", "battery_exemption"],
        &["sound", "effective_volume"],
        &["sound", "do_not_disturb"],
        &["network", "stream_live"],
        &["network", "push_registered"],
        &["battery", "level"],
    ];
    let ios: [&[&str]; 5] = [
        &["permissions", "notifications"],
        &["permissions", "critical_alerts"],
        &["sound", "effective_volume"],
        &["network", "push_registered"],
        &["battery", "level"],
    ];
    let desktop: [&[&str]; 3] = [
        &["sound", "last_heard_at"],
        &["network", "stream_live"],
        &["battery", "charging"],
    ];
    let own: [(Platform, &[&[&str]]); 3] = [
        (Platform::Android, &android),
        (Platform::Ios, &ios),
        (Platform::Desktop, &desktop),
    ];
    for (platform, own) in own {
        for path in everywhere.iter().chain(own) {
            let facts = without(&pageable(platform), path);
            assert_eq!(light(&facts), Light::Amber, "{platform:?} without {path:?}");
        }
    }
}
