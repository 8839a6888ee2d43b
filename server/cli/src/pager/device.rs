//! What this computer knows about whether it would wake its owner.
//!
//! It says what it can tell and nothing else: whether there is a sound output, that it has a network
//! while the server is reached, its battery, and when its owner last said that they heard the siren.
//! No desktop tells its volume, so the last one stands for it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tocsin_pager::engine::{DeviceStatus, Obstacle};
use tocsin_pager::runtime::Device;
use tocsin_readiness::{Battery, Connectivity, Facts, Network, Platform, Sound};
use tocsin_ticket::Millis;

use super::power;
use super::sound::{DeskSiren, Outlet};

/// This computer. Clones are the same one.
#[derive(Clone)]
pub struct DeskDevice {
    siren: DeskSiren,
    reached: Arc<AtomicBool>,
    heard_at: Arc<Mutex<Option<Millis>>>,
    heard_file: PathBuf,
}

/// What can change about it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What the siren would sound through.
    pub outlet: Outlet,
    /// Whether the server is reached, which proves a network; without that nothing is known of one.
    pub reached: bool,
    /// When the owner last said that they heard the siren, by the server's clock.
    pub heard_at: Option<Millis>,
    /// The battery.
    pub battery: Battery,
}

impl Known {
    /// The same for the engine.
    pub fn status(self) -> DeviceStatus {
        let (present, obstacles) = match self.outlet {
            Outlet::Opening => (None, Vec::new()),
            Outlet::Open => (Some(true), Vec::new()),
            Outlet::Null => (Some(false), vec![Obstacle::NoSoundOutput]),
            Outlet::Missing(why) => (
                Some(false),
                vec![Obstacle::NoSoundOutput, Obstacle::Other(why)],
            ),
        };
        DeviceStatus {
            facts: Facts {
                platform: Platform::Desktop,
                app_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                sound: Sound {
                    effective_volume: (present == Some(false)).then_some(0.0),
                    output_present: present,
                    last_heard_at: self.heard_at,
                    ..Sound::default()
                },
                network: Network {
                    connectivity: if self.reached {
                        Connectivity::Online
                    } else {
                        Connectivity::Unknown
                    },
                    ..Network::default()
                },
                battery: self.battery,
                ..Facts::default()
            },
            obstacles,
        }
    }
}

impl DeskDevice {
    /// The computer that this siren sounds on. `heard_file` keeps when it was heard.
    pub fn new(siren: DeskSiren, heard_file: PathBuf) -> Self {
        let heard_at = std::fs::read_to_string(&heard_file)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .map(Millis);
        Self {
            siren,
            reached: Arc::default(),
            heard_at: Arc::new(Mutex::new(heard_at)),
            heard_file,
        }
    }

    /// Notes whether the server is reached; true when that is news.
    pub fn note_reached(&self, reached: bool) -> bool {
        self.reached.swap(reached, Ordering::Relaxed) != reached
    }

    /// The owner says that they heard the siren, at this instant of the server's clock.
    pub fn note_heard(&self, at: Millis) {
        *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
        if let Err(error) = std::fs::write(&self.heard_file, at.0.to_string()) {
            // It counts until the program ends; then the pager asks for it again.
            tracing::warn!("{}: {error}", self.heard_file.display());
        }
    }
}

impl Device for DeskDevice {
    fn status(&self) -> DeviceStatus {
        Known {
            outlet: self.siren.outlet(),
            reached: self.reached.load(Ordering::Relaxed),
            heard_at: *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner),
            battery: power::battery(Path::new(power::SUPPLIES)),
        }
        .status()
    }
}

#[cfg(test)]
mod tests {
    use tocsin_siren::playback::Output;

    use super::*;

    #[test]
    fn a_null_output_says_that_nobody_is_woken() {
        let folder = tempfile::tempdir().unwrap();
        let siren = DeskSiren::new(Output::Null).unwrap();
        let status = DeskDevice::new(siren, folder.path().join("heard")).status();
        assert_eq!(status.obstacles, [Obstacle::NoSoundOutput]);
        assert_eq!(status.facts.sound.output_present, Some(false));
        assert_eq!(status.facts.sound.effective_volume, Some(0.0));
    }

    #[test]
    fn an_output_that_has_not_answered_yet_is_not_praised() {
        let status = Known::default().status();
        assert_eq!(status.facts.sound.output_present, None);
        assert!(status.obstacles.is_empty());
    }

    #[test]
    fn a_siren_that_was_heard_is_remembered_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heard");
        let siren = DeskSiren::new(Output::Null).unwrap();
        let before = DeskDevice::new(siren.clone(), file.clone());
        assert_eq!(before.status().facts.sound.last_heard_at, None);
        before.note_heard(Millis(7));
        let after = DeskDevice::new(siren, file);
        assert_eq!(after.status().facts.sound.last_heard_at, Some(Millis(7)));
    }

    #[test]
    fn the_network_is_known_while_the_server_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let siren = DeskSiren::new(Output::Null).unwrap();
        let device = DeskDevice::new(siren, folder.path().join("heard"));
        let seen = || device.status().facts.network.connectivity;
        assert_eq!(seen(), Connectivity::Unknown);
        assert!(device.note_reached(true) && !device.note_reached(true));
        assert_eq!(seen(), Connectivity::Online);
    }
}
