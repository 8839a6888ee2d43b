//! The desk's loudspeaker as the phone engine's siren output.

use core::time::Duration;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tocsin_pager::engine::{DeviceStatus, Loudness, Obstacle, SirenEvent};
use tocsin_pager::runtime::{Device, SirenOutput, SirenReporter};
use tocsin_siren::Start;
use tocsin_siren::playback::{self, Output, SirenPlayer};
use tokio::sync::Notify;

/// How long opening the output may take before [`probe`] says that there is none.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// A [`SirenPlayer`] that tells the engine the truth: it sounds when samples were really pulled.
///
/// Without a sound output it does not fall silent for good: the player goes on trying to open one,
/// and until then the engine knows that nobody would be woken. Clones are the same siren.
#[derive(Clone)]
pub struct DeskSiren {
    player: Arc<SirenPlayer>,
    heard: Arc<Mutex<Heard>>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct Heard {
    reporter: Option<SirenReporter>,
    /// The volume of the siren that sounds, once its first sample was pulled.
    sounding: Option<Option<f32>>,
    /// Frames pulled when that was last looked at.
    frames_before: u64,
    /// Whether there is an output, once that is known.
    output: Option<bool>,
}

impl DeskSiren {
    /// A siren on `output`, which is opened at once so that a page need not wait for it.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(output: Output) -> std::io::Result<Self> {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let changed = Arc::new(Notify::new());
        let (heard_by_player, changed_by_player) = (Arc::clone(&heard), Arc::clone(&changed));
        let player = SirenPlayer::new(output, move |event| {
            if lock(&heard_by_player).take(event) {
                changed_by_player.notify_one();
            }
        })?;
        player.prepare();
        Ok(Self {
            player: Arc::new(player),
            heard,
            changed,
        })
    }

    /// Frames of the siren last started that the output has really pulled.
    pub fn frames_pulled(&self) -> u64 {
        self.player.frames_pulled()
    }

    /// Whether a sample that is not silent was pulled, of the siren that is started now.
    pub fn is_heard(&self) -> bool {
        self.player.is_started() && lock(&self.heard).sounding.is_some()
    }

    /// Returns when the output came or went.
    pub async fn output_changed(&self) {
        self.changed.notified().await;
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Heard {
    /// Takes what the player tells; true when the output came or went.
    fn take(&mut self, event: playback::SirenEvent) -> bool {
        use playback::SirenEvent as Told;
        let had_output = self.output;
        match event {
            Told::DeviceOpened { device, .. } => self.output = Some(!device.is_null),
            Told::Started {
                effective_volume, ..
            } => {
                self.sounding = Some(effective_volume);
                self.report(SirenEvent::Started { effective_volume });
            }
            Told::Stopped => self.sounding = None,
            Told::DeviceLost { why } | Told::Failed { why } => {
                self.output = Some(false);
                self.report(SirenEvent::Failed { reason: why });
            }
        }
        self.output != had_output
    }

    fn report(&self, event: SirenEvent) {
        if let Some(reporter) = &self.reporter {
            reporter.report(event);
        }
    }
}

impl SirenOutput for DeskSiren {
    fn report_to(&self, reporter: SirenReporter) {
        lock(&self.heard).reporter = Some(reporter);
    }

    fn start(&self, loudness: Loudness) {
        self.player.start(match loudness {
            Loudness::Ramp => Start::Rising,
            Loudness::Full => Start::Full,
        });
        // Told again while it sounds already: it still does if samples were pulled meanwhile.
        let frames = self.player.frames_pulled();
        let mut heard = lock(&self.heard);
        let pulled = frames > std::mem::replace(&mut heard.frames_before, frames);
        if let Some(effective_volume) = heard.sounding.filter(|_| pulled) {
            heard.report(SirenEvent::Started { effective_volume });
        }
    }

    fn stop(&self) {
        self.player.stop();
        let mut heard = lock(&self.heard);
        heard.sounding = None;
        heard.frames_before = 0;
    }
}

impl Device for DeskSiren {
    fn status(&self) -> DeviceStatus {
        let nobody_hears = self.player.is_null() || lock(&self.heard).output == Some(false);
        DeviceStatus {
            effective_volume: nobody_hears.then_some(0.0),
            obstacles: nobody_hears
                .then_some(Obstacle::NoSoundOutput)
                .into_iter()
                .collect(),
        }
    }
}

/// The name of this machine's sound output, or why there is none.
///
/// # Errors
/// What the sound system says.
pub fn probe() -> Result<String, String> {
    let (tell, told) = mpsc::channel();
    let player = SirenPlayer::new(Output::Default, move |event| {
        // Whoever asked may have stopped listening.
        let _ = tell.send(event);
    })
    .map_err(|error| error.to_string())?;
    player.prepare();
    match told.recv_timeout(PROBE_LIMIT) {
        Ok(playback::SirenEvent::DeviceOpened { device, .. }) => Ok(device.name),
        Ok(playback::SirenEvent::Failed { why } | playback::SirenEvent::DeviceLost { why }) => {
            Err(why)
        }
        Ok(_) | Err(_) => Err("the sound system did not answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_null_output_counts_its_samples_and_says_that_nobody_is_woken() {
        let siren = DeskSiren::new(Output::Null).unwrap();
        assert_eq!(siren.status().obstacles, [Obstacle::NoSoundOutput]);
        siren.start(Loudness::Full);
        let since = Instant::now();
        while !siren.is_heard() && since.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(siren.is_heard() && siren.frames_pulled() > 0);
        siren.stop();
        assert!(!siren.is_heard(), "a stopped siren is heard by nobody");
    }
}
