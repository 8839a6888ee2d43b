//! What a loudspeaker plays after a page, and after the check-in: the real server, the real phone
//! engine and the real player into a sound server whose loudspeaker is recorded.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tocsin_pager::engine::{Loudness, SirenEvent};
use tocsin_pager::runtime::{SirenOutput, SirenReporter};
use tocsin_siren::measure::{Measurements, measure};
use tocsin_siren::playback::{self, Output, SirenPlayer};
use tocsin_siren::{SampleRate, Start, Voice};
use tocsin_tests::configuration::UNHURRIED;
use tocsin_tests::pulse::{self, Pulse};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::Rung;
use tocsin_wire::Action;

const DIR: &str = "TOCSIN_TEST_PULSE_DIR";

/// Buffers of player, sound server and recorder, on a machine busy with other tests.
const LATENCY_S: f64 = 0.3;

/// How much softer or louder than the first cycle of a rising siren the recording may be, in dB.
const LEVEL_TOLERANCE_DB: f64 = 0.5;

/// The player as the phone engine's siren.
struct Loudspeaker {
    player: SirenPlayer,
    reporter: Arc<Mutex<Option<SirenReporter>>>,
}

impl Loudspeaker {
    fn open() -> Self {
        let reporter: Arc<Mutex<Option<SirenReporter>>> = Arc::default();
        let report_to = Arc::clone(&reporter);
        let player = SirenPlayer::new(Output::Default, move |event| {
            let event = match event {
                playback::SirenEvent::Started {
                    effective_volume, ..
                } => SirenEvent::Started { effective_volume },
                playback::SirenEvent::DeviceLost { why } | playback::SirenEvent::Failed { why } => {
                    SirenEvent::Failed { reason: why }
                }
                playback::SirenEvent::DeviceOpened { .. } | playback::SirenEvent::Stopped => return,
            };
            if let Some(reporter) = &*lock(&report_to) {
                reporter.report(event);
            }
        })
        .expect("a thread");
        player.prepare();
        Self { player, reporter }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SirenOutput for Loudspeaker {
    fn report_to(&self, reporter: SirenReporter) {
        *lock(&self.reporter) = Some(reporter);
    }

    fn start(&self, loudness: Loudness) {
        self.player.start(match loudness {
            Loudness::Ramp => Start::Rising,
            Loudness::Full => Start::Full,
        });
    }

    /// The output is open and pulls silence all the time, so it is started at volume zero.
    fn rehearse(&self) {
        self.player.prepare();
        if let Some(reporter) = &*lock(&self.reporter) {
            let effective_volume = None;
            reporter.report(SirenEvent::Rehearsed { effective_volume });
        }
    }

    fn stop(&self) {
        self.player.stop();
    }
}

/// Runs `body` with the folder of the sound server that this process plays to: the environment that
/// names it must be there from the start.
fn in_a_process_of_its_own(test: &str, body: impl AsyncFnOnce(&Path)) {
    if let Some(dir) = std::env::var_os(DIR) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        return runtime.block_on(body(&PathBuf::from(dir)));
    }
    let dir = tempfile::tempdir().expect("a directory for the sound server's socket");
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

fn heard(recording: &[f32]) -> Measurements {
    let rate = SampleRate::from_hz(pulse::RATE_HZ).expect("the recorder's rate");
    measure(recording, rate)
}

#[test]
fn a_page_is_heard_as_the_siren_and_a_check_in_as_silence() {
    let test = "a_page_is_heard_as_the_siren_and_a_check_in_as_silence";
    in_a_process_of_its_own(test, async |dir| {
        let sound = Pulse::start(dir).unwrap_or_else(|error| panic!("{error}"));
        let recorder = sound.record().unwrap_or_else(|error| panic!("{error}"));
        let server = TestServer::start(UNHURRIED).await;
        let ana = TestPager::with_siren(&server, "ana", Box::new(Loudspeaker::open())).await;
        // The output is opened ahead, as on a desk.
        tokio::time::sleep(Duration::from_millis(500)).await;

        let page_s = recorder.position_s();
        let first = server.alarm("SEV1", "database").await;
        ana.wait("sounded", |view| view.siren.confirmed).await;
        // A second page is no second siren. The first check-in falls into the pause before the
        // second pulse of the third cycle, the second one into that pulse, so that the silence is ours.
        let second = server.alarm("SEV1", "network").await;
        tokio::time::sleep(Duration::from_millis(8550)).await;
        ana.tap(first, Action::CheckIn).await;
        ana.wait("rang for one", |view| view.siren.pages == 1).await;
        let still_ringing_s = recorder.position_s();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let check_in_s = recorder.position_s();
        ana.tap(second, Action::CheckIn).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let heard = heard(&recorder.finish());

        assert!(
            heard.is_silent(0.0, page_s),
            "silence before the page: {heard:#?}"
        );
        let cycles = heard.cycles();
        assert_eq!(
            cycles.len(),
            2,
            "whole cycles before the check-in: {heard:#?}"
        );
        assert!(
            cycles[0].start_s - page_s < LATENCY_S,
            "{} s late",
            cycles[0].start_s - page_s
        );
        for (cycle, below_full_db) in cycles.iter().zip([10.0, 5.0]) {
            assert_eq!(cycle.voice, Voice::Wake, "520 Hz");
            let off_db = cycle.rms_dbfs - (Voice::Wake.rms_dbfs() - below_full_db);
            assert!(
                off_db.abs() < LEVEL_TOLERANCE_DB,
                "{off_db} dB off: sounded twice or softly"
            );
        }
        let last = heard.bursts.last().expect("the cycle that was cut short");
        assert!(
            last.start_s > cycles[1].start_s + 3.9,
            "the third cycle had begun"
        );
        assert!(
            last.end_s > still_ringing_s,
            "one check-in of two silences nothing: {heard:#?}"
        );
        assert!(
            heard.is_silent(check_in_s + LATENCY_S, heard.length_s),
            "silence after the check-in: {heard:#?}"
        );
        assert!(heard.length_s > check_in_s + 2.5);
        println!(
            "first sound {:.0} ms after the alarm was sent, silence {:.0} ms after the check-in",
            1000.0 * (cycles[0].start_s - page_s),
            1000.0 * (last.end_s - check_in_s),
        );

        // The server was told that it really sounded.
        let told = server.admin.timeline(first).await;
        let told = serde_json::to_string(&told.entries).expect("JSON");
        let sounding = serde_json::to_string(&Rung::Sounding).expect("JSON");
        assert!(told.contains(&sounding), "{told}");
    });
}
