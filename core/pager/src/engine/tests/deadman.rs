//! Silence while on call.

use super::*;
use tocsin_wire::{Duty, DutyShift};

/// A phone that was on its stream and lost it, with a shift for Ana.
fn lost(from: Millis, until: Millis) -> Night {
    let mut night = Night::live();
    let team = "shop".into();
    night.stream(StreamEvent::Duty(Duty {
        shifts: vec![DutyShift { team, from, until }],
        ..Duty::default()
    }));
    cut(&mut night);
    night
}

fn cut(night: &mut Night) {
    if let Effect::Stream { link, .. } = night.last_link() {
        let error = offline();
        night.step(Input::StreamEnded { link, error });
    }
}

/// Time without contact: every attempt fails.
fn alone(night: &mut Night, length: Duration) {
    let end = night.now + length;
    while night.now < end {
        let next = (night.now + secs(1)).min(end);
        night.sleep_until(next);
        night.step(Input::Wake);
        cut(night);
    }
}

fn on_call() -> Night {
    lost(START - secs(3600), START + secs(86_400))
}

fn alarm(night: &Night) -> Option<bool> {
    let alarms = night.view().alarms;
    alarms
        .iter()
        .find(|alarm| alarm.kind == AlarmKind::OutOfTouch)
        .map(|alarm| alarm.siren)
}

#[test]
fn out_of_touch_on_call_warns_after_five_minutes_and_rings_after_ten() {
    let mut night = on_call();
    alone(&mut night, DEAD_MAN_WARNING - secs(1));
    assert_eq!((alarm(&night), night.rings()), (None, false));
    alone(&mut night, secs(1));
    assert_eq!((alarm(&night), night.rings()), (Some(false), false));
    assert_eq!(night.view().notices[0].kind, NoticeKind::OutOfTouch);
    assert_eq!(night.view().readiness.light, tocsin_readiness::Light::Red);
    alone(&mut night, DEAD_MAN_SIREN - DEAD_MAN_WARNING);
    assert_eq!((alarm(&night), night.rings()), (Some(true), true));
    assert_eq!(night.view().siren.reason, Some(SirenReason::OutOfTouch));
    assert_eq!(night.view().siren.pages, 0);
}

#[test]
fn the_phone_wakes_itself_for_the_warning_and_the_siren() {
    let mut night = on_call();
    while night.now < START + DEAD_MAN_SIREN {
        let wake = night.wake.take().expect("something to wait for");
        assert!(wake <= START + DEAD_MAN_SIREN, "slept through it");
        night.now = wake.max(night.now + secs(1));
        night.step(Input::Wake);
        cut(&mut night);
    }
    assert!(night.rings());
}

#[test]
fn who_is_not_on_call_is_left_in_peace() {
    for (from, until) in [
        (START + secs(7200), START + secs(9000)),
        (START - secs(7200), START - secs(1)),
    ] {
        let mut night = lost(from, until);
        alone(&mut night, secs(3600));
        assert_eq!((alarm(&night), night.rings()), (None, false));
    }
}

#[test]
fn the_end_of_the_shift_ends_the_alarm() {
    let mut night = lost(START - secs(3600), START + secs(700));
    alone(&mut night, secs(699));
    assert!(night.rings());
    alone(&mut night, secs(1));
    assert!(!night.rings());
    assert!(night.view().notices.is_empty());
}

#[test]
fn a_shift_that_begins_out_of_touch_counts_from_its_beginning() {
    let mut night = lost(START + secs(1800), START + secs(9000));
    alone(&mut night, secs(1800) + DEAD_MAN_WARNING - secs(1));
    assert_eq!(alarm(&night), None);
    alone(&mut night, secs(1));
    assert_eq!(alarm(&night), Some(false));
}

#[test]
fn contact_ends_it_at_once() {
    let mut night = on_call();
    alone(&mut night, DEAD_MAN_SIREN);
    assert!(night.rings());
    night.hello_after_retry();
    assert!(!night.rings());
    assert!(night.view().notices.is_empty() && night.view().alarms.is_empty());
}

#[test]
fn a_fresh_push_is_contact_and_a_late_one_is_not() {
    let mut night = on_call();
    alone(&mut night, secs(400));
    let late = World::alarm(1, night.now - secs(200)).1;
    let mut silence = payload(&late);
    if let Known::Yes(PushMessage::Ticket { ticket, .. }) = &mut silence.message {
        ticket.pages.clear();
    }
    night.step(pushed(&silence));
    assert_eq!(alarm(&night), Some(false));
    silence.server_time = night.now;
    night.step(pushed(&silence));
    assert_eq!(alarm(&night), None);
}

#[test]
fn a_person_who_knows_is_left_in_peace_for_an_hour_also_after_a_restart() {
    let mut night = on_call();
    alone(&mut night, DEAD_MAN_SIREN);
    night.step(Input::GoingOffline {
        length: OFFLINE_WINDOW,
    });
    assert!(!night.rings());
    assert_eq!(night.view().offline_until, Some(night.now + OFFLINE_WINDOW));
    let asked_at = night.now;
    alone(&mut night, secs(600));
    night.crash();
    cut(&mut night);
    alone(&mut night, OFFLINE_WINDOW - secs(601));
    assert_eq!((alarm(&night), night.rings()), (None, false));
    assert_eq!(night.now, asked_at + OFFLINE_WINDOW - secs(1));
    alone(&mut night, secs(1));
    assert_eq!(night.view().offline_until, None, "it ends by itself");
    alone(&mut night, DEAD_MAN_SIREN);
    assert!(night.rings(), "and the loss counts anew");
}

#[test]
fn an_offline_window_ends_with_the_contact_that_follows_the_loss() {
    let mut night = on_call();
    night.hello_after_retry();
    night.step(Input::GoingOffline { length: secs(7200) });
    night.sleep(secs(120));
    assert!(
        night.view().offline_until.is_some(),
        "still in touch: it waits for the flight"
    );
    cut(&mut night);
    alone(&mut night, secs(900));
    night.hello_after_retry();
    assert_eq!(night.view().offline_until, None);
    night.crash();
    assert_eq!(night.view().offline_until, None);
}

#[test]
fn a_window_is_no_longer_than_a_day() {
    let mut night = on_call();
    night.step(Input::GoingOffline {
        length: secs(30 * 86_400),
    });
    assert_eq!(
        night.view().offline_until,
        Some(START + OFFLINE_WINDOW_LIMIT)
    );
}

#[test]
fn a_page_takes_over_from_the_pagers_own_alarm() {
    let mut night = on_call();
    alone(&mut night, DEAD_MAN_SIREN);
    night.sounding(Some(1.0));
    night.siren.clear();
    night.step(push(&World::alarm(1, night.now).1));
    assert_eq!(night.view().siren.reason, Some(SirenReason::Pages));
    assert_eq!(night.siren, [SirenCommand::Start(Loudness::Full)]);
    night.step(Input::GoingOffline {
        length: OFFLINE_WINDOW,
    });
    assert!(night.rings(), "'I know' answers no page");
}

#[test]
fn switching_the_phone_on_wakes_nobody_before_it_had_time_to_connect() {
    let mut night = on_call();
    night.now = START + secs(8 * 3600);
    night.crash();
    cut(&mut night);
    assert_eq!((alarm(&night), night.rings()), (None, false));
    alone(&mut night, RECONNECT_GRACE - secs(1));
    assert_eq!(alarm(&night), None);
    alone(&mut night, secs(1));
    assert_eq!(alarm(&night), Some(false));
    alone(&mut night, DEAD_MAN_SIREN - DEAD_MAN_WARNING);
    assert!(night.rings());
}

#[test]
fn a_process_that_keeps_dying_out_of_touch_is_told_of_all_the_same() {
    let mut night = on_call();
    for _ in 0..4 {
        night.crash();
        cut(&mut night);
        alone(&mut night, secs(100));
    }
    assert_eq!(alarm(&night), Some(false));
}

#[test]
fn a_clock_that_jumps_an_hour_ahead_or_back_wakes_nobody() {
    for by_ms in [3_600_000, -3_600_000] {
        let mut night = on_call();
        alone(&mut night, secs(30));
        night.now = Millis(night.now.0 + by_ms);
        night.step(Input::Wake);
        assert_eq!((alarm(&night), night.rings()), (None, false));
    }
}
