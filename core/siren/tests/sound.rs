//! The player heard by a recorder on a real sound server.
//!
//! Each test runs itself again in a process of its own whose environment names
//! a private PulseAudio server, which that process then starts: only so can it
//! also kill the server under the player.
#![cfg(target_os = "linux")]

#[path = "../../../tests/src/pulse.rs"]
mod pulse;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use pulse::Pulse;
use tocsin_siren::measure::{Measurements, measure};
use tocsin_siren::playback::{Output, SirenEvent, SirenPlayer};
use tocsin_siren::{SampleRate, Start, Voice};

const DIR: &str = "TOCSIN_TEST_PULSE_DIR";
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs `body` with the directory of the server that this process plays to.
fn in_a_process_of_its_own(test: &str, body: impl FnOnce(&Path)) {
    if let Some(dir) = std::env::var_os(DIR) {
        return body(&PathBuf::from(dir));
    }
    let dir = tempfile::tempdir().expect("a directory for the server's socket");
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(DIR, dir.path())
        .envs(Pulse::environment(dir.path()))
        .output()
        .expect("this test again");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn server(dir: &Path) -> Pulse {
    Pulse::start(dir).unwrap_or_else(|error| panic!("{error}"))
}

fn recorder(pulse: &Pulse) -> pulse::Recorder {
    pulse.record().unwrap_or_else(|error| panic!("{error}"))
}

fn player() -> (SirenPlayer, Receiver<SirenEvent>) {
    let (tx, events) = channel();
    let player = SirenPlayer::new(Output::Default, move |event| {
        // A test that has seen enough may have hung up.
        let _ = tx.send(event);
    })
    .expect("a thread");
    (player, events)
}

fn next(events: &Receiver<SirenEvent>) -> SirenEvent {
    events.recv_timeout(PATIENCE).expect("an event in time")
}

fn wait_for(events: &Receiver<SirenEvent>, wanted: impl Fn(&SirenEvent) -> bool) -> SirenEvent {
    let since = Instant::now();
    let mut seen = Vec::new();
    while let Some(left) = PATIENCE.checked_sub(since.elapsed()) {
        match events.recv_timeout(left) {
            Ok(event) if wanted(&event) => return event,
            Ok(event) => seen.push(event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    panic!("the event did not come within {PATIENCE:?}; seen: {seen:?}");
}

fn opened(events: &Receiver<SirenEvent>) -> SirenEvent {
    wait_for(events, |event| {
        matches!(event, SirenEvent::DeviceOpened { .. })
    })
}

fn first_sample(events: &Receiver<SirenEvent>) -> Instant {
    match wait_for(events, |event| matches!(event, SirenEvent::Started { .. })) {
        SirenEvent::Started {
            first_sample_at, ..
        } => first_sample_at,
        other => unreachable!("{other:?} was not waited for"),
    }
}

fn heard(recording: &[f32]) -> Measurements {
    let rate = SampleRate::from_hz(pulse::RATE_HZ).expect("the recorder's rate");
    measure(recording, rate)
}

/// Where the recorder will have what is played now at the latest: buffers of
/// player, server and recorder, on a machine busy with other tests.
const LATENCY_S: f64 = 0.3;

#[test]
fn a_page_is_heard_as_the_pattern_and_a_check_in_as_silence() {
    in_a_process_of_its_own(
        "a_page_is_heard_as_the_pattern_and_a_check_in_as_silence",
        |dir| {
            let pulse = server(dir);
            let recorder = recorder(&pulse);
            let (player, events) = player();
            player.prepare();
            let SirenEvent::DeviceOpened { device, .. } = next(&events) else {
                panic!("expected the output to open first");
            };
            assert_eq!(device.buffer_frames, Some(512), "the small buffer is taken");
            assert!(!device.is_null && !player.is_null());
            thread::sleep(Duration::from_millis(300));

            let page_s = recorder.position_s();
            let asked_at = Instant::now();
            player.start(Start::Full);
            // The second page, for the same person, must not add to the first.
            player.start(Start::Full);
            let SirenEvent::Started {
                first_sample_at, ..
            } = next(&events)
            else {
                panic!("expected the siren to sound");
            };
            thread::sleep(Duration::from_millis(4250));
            player.start(Start::Full);
            // Early in the third cycle's first pulse, so that the silence is ours.
            thread::sleep(Duration::from_millis(3850));
            let check_in_s = recorder.position_s();
            player.stop();
            assert_eq!(next(&events), SirenEvent::Stopped, "and no trouble before");
            thread::sleep(Duration::from_secs(2));
            let first_sound_at = recorder.first_sound_at().expect("a sound");
            let recording = recorder.finish();

            let heard = heard(&recording);
            println!(
                "asked to first sample {:?}, to recorder {:?}; silent {:.0} ms after the stop",
                first_sample_at - asked_at,
                first_sound_at - first_sample_at,
                1000.0 * (heard.bursts.last().expect("bursts").end_s - check_in_s),
            );
            assert!(heard.is_silent(0.0, page_s), "silence before the page");
            let cycles = heard.cycles();
            assert_eq!(cycles.len(), 2, "{heard:#?}");
            for cycle in &cycles {
                assert_eq!(cycle.voice, Voice::Wake);
                let off_db = cycle.rms_dbfs - Voice::Wake.rms_dbfs();
                assert!(
                    off_db.abs() < 0.5,
                    "{off_db} dB off: sounded twice or softly"
                );
            }
            assert!(cycles[0].start_s < page_s + LATENCY_S);
            assert!(
                heard.is_silent(check_in_s + LATENCY_S, heard.length_s),
                "silence after the check-in: {heard:#?}"
            );
            assert!(heard.length_s > check_in_s + 1.5);
        },
    );
}

#[test]
fn a_sound_server_that_dies_under_the_siren_is_reported_and_comes_back() {
    in_a_process_of_its_own(
        "a_sound_server_that_dies_under_the_siren_is_reported_and_comes_back",
        |dir| {
            let pulse = server(dir);
            let (player, events) = player();
            player.start(Start::Rising);
            first_sample(&events);
            thread::sleep(Duration::from_millis(200));
            let before = player.frames_pulled();

            drop(pulse);
            wait_for(&events, |event| {
                matches!(event, SirenEvent::DeviceLost { .. })
            });
            wait_for(&events, |event| matches!(event, SirenEvent::Failed { .. }));
            assert!(player.is_started(), "the siren is still wanted");

            let pulse = server(dir);
            let recorder = recorder(&pulse);
            let SirenEvent::DeviceOpened { reopened, .. } = opened(&events) else {
                unreachable!("was waited for");
            };
            assert!(reopened);
            // The recording may begin inside a pulse; the next cycle is whole.
            thread::sleep(Duration::from_secs(7));
            player.stop();
            assert!(player.frames_pulled() > before + 48_000);
            let heard = heard(&recorder.finish());
            let cycle = heard.cycles().first().copied();
            let cycle =
                cycle.unwrap_or_else(|| panic!("no whole cycle after the loss: {heard:#?}"));
            let off_db = cycle.rms_dbfs - Voice::Wake.rms_dbfs();
            assert!(
                off_db.abs() < 0.5,
                "it goes on at full level, {off_db} dB off"
            );
        },
    );
}

#[test]
fn an_output_that_takes_no_samples_is_reported_and_opened_again() {
    in_a_process_of_its_own(
        "an_output_that_takes_no_samples_is_reported_and_opened_again",
        |dir| {
            let pulse = server(dir);
            let (player, events) = player();
            player.start(Start::Full);
            first_sample(&events);
            thread::sleep(Duration::from_millis(200));

            pulse.freeze().expect("a frozen server");
            let SirenEvent::DeviceLost { why } = wait_for(&events, |event| {
                matches!(event, SirenEvent::DeviceLost { .. })
            }) else {
                unreachable!("was waited for");
            };
            assert!(why.contains("no samples"), "{why}");
            let before = player.frames_pulled();
            pulse.thaw().expect("a server that goes on");
            assert!(matches!(
                opened(&events),
                SirenEvent::DeviceOpened { reopened: true, .. }
            ));
            thread::sleep(Duration::from_millis(500));
            assert!(player.frames_pulled() > before + 12_000, "it sounds again");
            println!("{:?}", events.try_iter().collect::<Vec<_>>());
        },
    );
}

#[test]
fn a_page_without_any_sound_server_fails_loudly_and_sounds_once_there_is_one() {
    in_a_process_of_its_own(
        "a_page_without_any_sound_server_fails_loudly_and_sounds_once_there_is_one",
        |dir| {
            let (player, events) = player();
            player.start(Start::Full);
            let SirenEvent::Failed { why } =
                wait_for(&events, |event| matches!(event, SirenEvent::Failed { .. }))
            else {
                unreachable!("was waited for");
            };
            assert!(why.contains("sound output"), "{why}");
            assert_eq!(player.frames_pulled(), 0);
            let _pulse = server(dir);
            first_sample(&events);
        },
    );
}
