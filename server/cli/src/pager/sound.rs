//! The desk's loudspeaker as the phone engine's siren output.

use core::time::Duration;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tocsin_pager::engine::{Loudness, SirenEvent};
use tocsin_pager::runtime::{SirenOutput, SirenReporter};
use tocsin_siren::Start;
use tocsin_siren::playback::{self, Output, SirenPlayer};
use tokio::sync::Notify;

/// How long opening the output may take before [`probe`] says that there is none.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// What the siren would sound through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Outlet {
    /// Not known yet: the sound system is being asked.
    #[default]
    Opening,
    /// An output that pulls samples.
    Open,
    /// Samples are pulled and thrown away.
    Null,
    /// Nothing, and why.
    Missing(String),
}

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
    /// The output is open: it pulls silence while nothing sounds.
    open: bool,
    /// The engine waits for the answer to a rehearsal.
    rehearsing: bool,
    /// Whether the engine wants the siren.
    wanted: bool,
    /// Why there is no output, if there is none.
    silent_because: Option<String>,
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

    /// What it would sound through now.
    pub fn outlet(&self) -> Outlet {
        let heard = lock(&self.heard);
        match &heard.silent_because {
            _ if self.player.is_null() => Outlet::Null,
            Some(why) => Outlet::Missing(why.clone()),
            None if heard.open => Outlet::Open,
            None => Outlet::Opening,
        }
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
        let before = (self.open, self.silent_because.clone());
        match event {
            Told::DeviceOpened { .. } => {
                self.silent_because = None;
                self.open = true;
                self.answer_rehearsal();
            }
            Told::Started {
                effective_volume, ..
            } => {
                self.sounding = Some(effective_volume);
                self.report(SirenEvent::Started { effective_volume });
            }
            Told::Stopped => self.sounding = None,
            Told::DeviceLost { why } | Told::Failed { why } => {
                // While it is quiet nothing has failed yet: the device says what stands in the way.
                self.open = false;
                if std::mem::take(&mut self.rehearsing) || self.wanted {
                    let reason = why.clone();
                    self.report(SirenEvent::Failed { reason });
                }
                self.silent_because = Some(why);
            }
        }
        (self.open, &self.silent_because) != (before.0, &before.1)
    }

    fn answer_rehearsal(&mut self) {
        if self.open && std::mem::take(&mut self.rehearsing) {
            self.report(SirenEvent::Rehearsed {
                effective_volume: None,
            });
        }
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
        lock(&self.heard).wanted = true;
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

    /// An open output pulls samples all the time, silent ones while nothing sounds: it is started at
    /// volume zero. One that is not open is opened now, and the answer is what comes of that.
    fn rehearse(&self) {
        {
            let mut heard = lock(&self.heard);
            heard.rehearsing = true;
            heard.answer_rehearsal();
        }
        self.player.prepare();
    }

    fn stop(&self) {
        self.player.stop();
        let mut heard = lock(&self.heard);
        heard.wanted = false;
        heard.sounding = None;
        heard.frames_before = 0;
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
    fn an_output_that_is_missing_while_it_is_quiet_stands_in_the_way_until_it_is_back() {
        let mut heard = Heard::default();
        let why = "unplugged".to_owned();
        assert!(heard.take(playback::SirenEvent::Failed { why: why.clone() }));
        assert_eq!(heard.silent_because, Some(why));
        let device = playback::OutputDevice {
            name: "headset".to_owned(),
            is_null: false,
            rate_hz: 48_000,
            buffer_frames: None,
        };
        let back = playback::SirenEvent::DeviceOpened {
            device,
            reopened: true,
        };
        assert!(heard.take(back), "the engine is to ask again");
        assert_eq!(heard.silent_because, None);
    }

    #[test]
    fn a_rehearsal_is_answered_once_the_output_is_open() {
        let siren = DeskSiren::new(Output::Null).unwrap();
        siren.rehearse();
        let since = Instant::now();
        while lock(&siren.heard).rehearsing && since.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(lock(&siren.heard).open && !lock(&siren.heard).rehearsing);
        assert!(!siren.is_heard(), "in silence");
    }

    #[test]
    fn a_null_output_counts_its_samples() {
        let siren = DeskSiren::new(Output::Null).unwrap();
        assert_eq!(siren.outlet(), Outlet::Null);
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
