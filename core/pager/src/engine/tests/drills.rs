//! Drills: by push and by stream, silent and aloud, beside real pages, and missing ones.

use super::*;
use tocsin_wire::{Drill, DrillReport, Duty, DutyShift};

const REHEARSE: SirenCommand = SirenCommand::Rehearse;
const FULL: SirenCommand = SirenCommand::Start(Loudness::Full);

fn drill(name: &str, at: Millis, audible: bool) -> Drill {
    Drill {
        id: name.into(),
        at,
        expires_at: at + secs(300),
        audible,
    }
}

fn by_push(drill: &Drill) -> Input {
    pushed(&PushPayload {
        v: PUSH_VERSION,
        server_time: drill.at,
        message: Known::Yes(PushMessage::Drill(drill.clone())),
    })
}

fn by_stream(night: &mut Night, drill: &Drill) {
    night.stream(StreamEvent::Drill(drill.clone()));
}

fn rehearsed(night: &mut Night) {
    night.step(Input::Siren(SirenEvent::Rehearsed {
        effective_volume: Some(0.6),
    }));
}

/// Everything reported about drills so far; the server takes every batch.
fn reports(night: &mut Night) -> Vec<DrillReport> {
    let mut answered = 0;
    while answered < night.batches.len() {
        let (id, result) = (night.batches[answered].id.clone(), Ok(()));
        answered += 1;
        night.step(Input::ReceiptsAnswered { id, result });
    }
    let batches = night.batches.iter();
    batches.flat_map(|batch| batch.drills.clone()).collect()
}

fn rungs(night: &mut Night) -> Vec<Rung> {
    reports(night).iter().map(|report| report.rung).collect()
}

#[test]
fn a_silent_drill_goes_all_the_way_to_the_output_and_makes_no_sound() {
    let mut night = Night::live();
    let ordered = drill("nightly", START - secs(2), false);
    night.step(by_push(&ordered));
    assert_eq!(night.siren, [REHEARSE]);
    assert!(!night.view().siren.ringing);
    assert_eq!(rungs(&mut night), [Rung::Received]);
    night.now = night.now + Duration::from_millis(40);
    rehearsed(&mut night);
    let reports = reports(&mut night);
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].transport, Some(Transport::WebPush));
    assert_eq!(
        (reports[1].rung, reports[1].effective_volume),
        (Rung::Sounding, Some(0.6))
    );
    let result = night.view().readiness.last_drill.unwrap();
    assert_eq!((result.passed, result.latency_ms), (Some(true), Some(2040)));
    night.sleep(secs(60));
    assert_eq!(night.siren, [REHEARSE]);
    assert_eq!(night.store.load().unwrap().receipts, []);
}

#[test]
fn the_same_drill_over_every_transport_and_after_a_crash_counts_once() {
    for push_first in [true, false] {
        let mut night = Night::live();
        let ordered = drill("nightly", START, false);
        if push_first {
            night.step(by_push(&ordered));
            by_stream(&mut night, &ordered);
        } else {
            by_stream(&mut night, &ordered);
            night.step(by_push(&ordered));
        }
        rehearsed(&mut night);
        night.step(by_push(&ordered));
        let told = reports(&mut night);
        assert_eq!(told.len(), 2);
        let first = if push_first {
            Transport::WebPush
        } else {
            Transport::Stream
        };
        assert_eq!(told[0].transport, Some(first));
        night.crash();
        night.step(by_push(&ordered));
        assert_eq!((night.siren.len(), reports(&mut night)), (0, Vec::new()));
    }
}

#[test]
fn a_drill_that_came_too_late_is_nothing() {
    let mut night = Night::live();
    night.step(by_push(&drill("old", START - secs(300), true)));
    assert!(night.siren.is_empty() && reports(&mut night).is_empty());
    assert_eq!(night.view().readiness.last_drill, None);
}

#[test]
fn an_audible_drill_sounds_for_three_seconds_at_the_volume_of_a_page() {
    let mut night = Night::live();
    by_stream(&mut night, &drill("aloud", START, true));
    assert_eq!(night.siren, [FULL]);
    assert_eq!(night.view().siren.reason, Some(SirenReason::Drill));
    night.sounding(Some(0.9));
    assert_eq!(rungs(&mut night), [Rung::Received, Rung::Sounding]);
    night.sleep_until(night.now + DRILL_SOUNDS - Duration::from_millis(1));
    assert!(night.rings());
    night.sleep_until(night.now + Duration::from_millis(1));
    assert!(!night.rings());
    assert_eq!(night.siren, [FULL, SirenCommand::Stop]);
}

#[test]
fn a_page_during_an_audible_drill_wins_and_rings_on() {
    let mut night = Night::live();
    by_stream(&mut night, &drill("aloud", START, true));
    night.sounding(None);
    night.update(&World::alarm(1, START).1);
    assert_eq!(night.siren, [FULL, FULL], "told again for the page");
    assert_eq!(night.view().siren.reason, Some(SirenReason::Pages));
    night.sleep(secs(10));
    assert!(night.rings());
    assert!(!night.siren.contains(&SirenCommand::Stop));
}

#[test]
fn a_page_during_a_rehearsal_wins_and_proves_the_output() {
    let mut night = Night::live();
    night.step(by_push(&drill("nightly", START, false)));
    night.update(&World::alarm(1, START).1);
    assert_eq!(
        night.siren.last(),
        Some(&SirenCommand::Start(Loudness::Ramp))
    );
    night.sounding(Some(1.0));
    assert_eq!(rungs(&mut night), [Rung::Received, Rung::Sounding]);
}

#[test]
fn a_drill_never_touches_the_siren_of_a_page() {
    for audible in [true, false] {
        let mut night = Night::live();
        let (mut world, update) = World::alarm(1, START);
        night.update(&update);
        night.sounding(Some(1.0));
        by_stream(&mut night, &drill("now", START, audible));
        assert_eq!(rungs(&mut night), [Rung::Received, Rung::Sounding]);
        night.sleep(secs(10));
        assert_eq!(night.siren, [SirenCommand::Start(Loudness::Ramp)]);
        night.update(&world.check_in("ana", night.now));
        assert!(!night.rings());
    }
}

#[test]
fn an_output_that_fails_or_says_nothing_fails_the_drill() {
    for says in [true, false] {
        let mut night = Night::live();
        night.step(by_push(&drill("nightly", START, false)));
        if says {
            let reason = "no loudspeaker".to_owned();
            night.step(Input::Siren(SirenEvent::Failed { reason }));
        } else {
            night.sleep(CONFIRM_WITHIN);
        }
        let result = night.view().readiness.last_drill.unwrap();
        assert_eq!(result.passed, Some(false));
        assert_eq!(rungs(&mut night), [Rung::Received]);
    }
}

#[test]
fn a_process_killed_in_a_drill_takes_it_up_again() {
    let mut night = Night::live();
    night.step(by_push(&drill("nightly", START, false)));
    night.crash();
    assert_eq!(night.siren, [REHEARSE]);
    rehearsed(&mut night);
    assert_eq!(rungs(&mut night), [Rung::Received, Rung::Sounding]);
}

fn duty(drill_by: Option<Millis>, shift: Option<(Millis, Millis)>) -> Duty {
    let shifts = shift.into_iter().map(|(from, until)| DutyShift {
        team: "shop".into(),
        from,
        until,
    });
    Duty {
        shifts: shifts.collect(),
        drill_by,
        ..Duty::default()
    }
}

#[test]
fn a_drill_that_does_not_come_is_told_until_the_next_one_comes() {
    let mut night = Night::live();
    let by = START + secs(600);
    night.stream(StreamEvent::Duty(duty(Some(by), None)));
    night.sleep_until(by + DRILL_GRACE - secs(1));
    assert!(night.view().notices.is_empty());
    night.sleep_until(by + DRILL_GRACE);
    let view = night.view();
    assert_eq!(view.notices[0].kind, NoticeKind::DrillMissing);
    assert_eq!(view.notices[0].happened_at, Some(by));
    assert!(
        view.problems
            .iter()
            .any(|it| it.problem == Problem::DrillMissing)
    );
    assert!(view.readiness.light >= tocsin_readiness::Light::Amber);
    assert_eq!(view.alarms, [], "nobody on call, nobody alarmed");

    night.crash();
    assert_eq!(night.view().notices.len(), 1, "not told twice");
    night.step(by_push(&drill("late", night.now, false)));
    let view = night.view();
    assert!(view.notices.is_empty());
    assert!(
        view.problems
            .iter()
            .all(|it| it.problem != Problem::DrillMissing)
    );
}

#[test]
fn a_missing_drill_alarms_who_is_on_call_until_they_know() {
    let mut night = Night::live();
    let by = START + secs(600);
    let shift = (START, START + secs(86_400));
    night.stream(StreamEvent::Duty(duty(Some(by), Some(shift))));
    night.sleep(secs(1500));
    let view = night.view();
    assert_eq!(view.readiness.light, tocsin_readiness::Light::Red);
    assert_eq!(view.alarms[0].kind, AlarmKind::DrillMissing);
    assert!(!view.alarms[0].siren, "worth a word, not the siren");
    assert!(!night.rings());
    night.step(Input::GoingOffline {
        length: OFFLINE_WINDOW,
    });
    assert_eq!(night.view().alarms, []);
    assert_eq!(night.view().notices.len(), 1, "it still is missing");
    assert_eq!(
        night.view().offline_until,
        None,
        "to know of a drill is not to go offline: the dead-man switch stays on"
    );
}

#[test]
fn a_drill_that_came_is_not_missing_however_often_the_server_repeats_itself() {
    let mut night = Night::live();
    let by = START + secs(600);
    night.stream(StreamEvent::Duty(duty(Some(by), None)));
    night.step(by_push(&drill("nightly", START, false)));
    rehearsed(&mut night);
    night.stream(StreamEvent::Duty(duty(Some(by), None)));
    night.crash();
    night.hello();
    night.sleep(secs(7200));
    assert!(night.view().notices.is_empty());
    night.stream(StreamEvent::Duty(duty(Some(night.now + secs(60)), None)));
    night.sleep(secs(60) + DRILL_GRACE);
    assert_eq!(night.view().notices.len(), 1, "but the next one is");
}
