//! The player on an output that nobody hears: what it reports and when.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tocsin_siren::Start;
use tocsin_siren::playback::{Output, SirenEvent, SirenPlayer};

const PATIENCE: Duration = Duration::from_secs(5);

fn null_player() -> (SirenPlayer, Receiver<SirenEvent>) {
    let (tx, events) = channel();
    let player = SirenPlayer::new(Output::Null, move |event| {
        // A test that has seen enough may have hung up.
        let _ = tx.send(event);
    })
    .expect("a thread");
    (player, events)
}

fn next(events: &Receiver<SirenEvent>) -> SirenEvent {
    events.recv_timeout(PATIENCE).expect("an event in time")
}

#[test]
fn a_prepared_player_is_open_and_silent_until_a_page_comes() {
    let (player, events) = null_player();
    player.prepare();
    let SirenEvent::DeviceOpened { device, reopened } = next(&events) else {
        panic!("expected the output to open first");
    };
    assert!(device.is_null && player.is_null() && !reopened);
    thread::sleep(Duration::from_millis(50));
    assert!(!player.is_started());
    assert_eq!(player.frames_pulled(), 0);
    assert!(events.try_recv().is_err());
}

#[test]
fn a_page_sounds_within_two_buffers_of_a_prepared_output() {
    let (player, events) = null_player();
    player.prepare();
    next(&events);
    let started_at = Instant::now();
    player.start(Start::Rising);
    let SirenEvent::Started {
        device,
        effective_volume,
        first_sample_at,
    } = next(&events)
    else {
        panic!("expected the siren to sound");
    };
    assert!(device.is_null);
    assert_eq!(effective_volume, Some(0.0), "nobody hears a null output");
    assert!(first_sample_at >= started_at);
    // A buffer is 11 ms; the rest is for a machine busy with other tests.
    assert!(first_sample_at - started_at < Duration::from_millis(200));
}

#[test]
fn the_first_page_opens_the_output_by_itself() {
    let (player, events) = null_player();
    player.start(Start::Rising);
    assert!(matches!(next(&events), SirenEvent::DeviceOpened { .. }));
    assert!(matches!(next(&events), SirenEvent::Started { .. }));
}

#[test]
fn a_second_page_while_the_siren_sounds_starts_nothing_new() {
    let (player, events) = null_player();
    player.start(Start::Rising);
    player.start(Start::Full);
    next(&events);
    assert!(matches!(next(&events), SirenEvent::Started { .. }));
    let before = player.frames_pulled();
    player.start(Start::Rising);
    thread::sleep(Duration::from_millis(100));
    assert!(player.frames_pulled() > before, "it goes on where it was");
    assert!(events.try_recv().is_err(), "and nothing is reported twice");
}

#[test]
fn frames_are_pulled_at_the_pace_of_a_loudspeaker() {
    let (player, events) = null_player();
    player.start(Start::Full);
    next(&events);
    next(&events);
    let (since, before) = (Instant::now(), player.frames_pulled());
    thread::sleep(Duration::from_millis(1000));
    let (elapsed, pulled) = (since.elapsed(), player.frames_pulled() - before);
    let expected = elapsed.as_secs_f64() * 48_000.0;
    assert!(
        (pulled as f64 - expected).abs() < 4800.0,
        "{pulled} frames in {elapsed:?}"
    );
}

#[test]
fn a_check_in_silences_at_once_and_only_once() {
    let (player, events) = null_player();
    player.start(Start::Full);
    next(&events);
    next(&events);
    player.stop();
    player.stop();
    assert_eq!(next(&events), SirenEvent::Stopped);
    assert!(!player.is_started());
    // The frame being made while stop() was called may still count.
    thread::sleep(Duration::from_millis(5));
    let pulled = player.frames_pulled();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(
        player.frames_pulled(),
        pulled,
        "no siren frame after the stop"
    );
    assert!(events.try_recv().is_err());
}

#[test]
fn a_check_in_before_the_page_is_no_event() {
    let (player, events) = null_player();
    player.prepare();
    next(&events);
    player.stop();
    thread::sleep(Duration::from_millis(50));
    assert!(events.try_recv().is_err());
}

#[test]
fn every_ring_is_reported_started_and_stopped_in_order() {
    let (player, events) = null_player();
    player.prepare();
    next(&events);
    for _ in 0..5 {
        player.start(Start::Full);
        assert!(matches!(next(&events), SirenEvent::Started { .. }));
        assert!(player.frames_pulled() > 0);
        player.stop();
        assert_eq!(next(&events), SirenEvent::Stopped);
    }
}

#[test]
fn a_siren_stopped_and_started_again_is_a_new_siren() {
    let (player, events) = null_player();
    player.start(Start::Full);
    next(&events);
    next(&events);
    thread::sleep(Duration::from_millis(300));
    player.stop();
    player.start(Start::Full);
    assert_eq!(next(&events), SirenEvent::Stopped);
    let SirenEvent::Started {
        first_sample_at, ..
    } = next(&events)
    else {
        panic!("expected the second siren");
    };
    assert!(first_sample_at.elapsed() < Duration::from_millis(250));
    assert!(
        player.frames_pulled() < 48_000 / 4,
        "counted from its own start"
    );
}

#[test]
fn quitting_the_pager_while_the_siren_sounds_ends_at_once() {
    let (player, events) = null_player();
    player.start(Start::Full);
    next(&events);
    next(&events);
    let since = Instant::now();
    drop(player);
    assert!(since.elapsed() < Duration::from_millis(500));
    assert!(events.recv_timeout(PATIENCE).is_err(), "its thread is gone");
}
