//! What the runtime needs from the device, each behind a small trait with one real and one
//! simulated implementation.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tocsin_seal::DeviceKeys;
use tocsin_ticket::Millis;

use super::SirenReporter;
use crate::engine::{DeviceStatus, Loudness};

/// The device's wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Now, however wrong.
    fn now(&self) -> Millis;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The output that the siren sounds through. All calls return at once, and each may be repeated:
/// starting twice sounds once.
pub trait SirenOutput: Send + Sync + 'static {
    /// Called once, before anything else: where to say what became of the sound.
    fn report_to(&self, reporter: SirenReporter);

    /// Sound, or go on sounding; an output that died sounds again. Then report
    /// [`crate::engine::SirenEvent::Started`] or `Failed`.
    fn start(&self, loudness: Loudness);

    /// Drive the output as for a page up to the start of the sound, at volume zero, and report
    /// [`crate::engine::SirenEvent::Rehearsed`] or `Failed`. It is called only while nothing sounds;
    /// a [`SirenOutput::start`] that comes meanwhile wins at once.
    fn rehearse(&self);

    /// Be silent.
    fn stop(&self);
}

/// What the shell knows about the device.
pub trait Device: Send + Sync + 'static {
    /// Whether it can wake its person now. Called at the start and after
    /// [`super::PagerHandle::device_changed`].
    fn status(&self) -> DeviceStatus;
}

/// Draws 128 random bits: names for taps, keys, and the seed of the retries' jitter.
pub type Random = Arc<dyn Fn() -> [u8; 16] + Send + Sync>;

/// Everything that a pager needs from outside.
pub struct Ports<N> {
    /// The wall clock.
    pub clock: Box<dyn Clock>,
    /// The sound.
    pub siren: Box<dyn SirenOutput>,
    /// The device.
    pub device: Box<dyn Device>,
    /// The server.
    pub network: N,
    /// What pushes are sealed to; see [`super::device_keys`].
    pub keys: DeviceKeys,
    /// Randomness; see [`system_random`].
    pub random: Random,
}

impl<N: std::fmt::Debug> std::fmt::Debug for Ports<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports")
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// The operating system's randomness.
///
/// # Errors
/// When the system has none, which is noticed here rather than at the first tap.
pub fn system_random() -> Result<Random, getrandom::Error> {
    let mut probe = [0; 16];
    getrandom::fill(&mut probe)?;
    // No supported system fails after it has worked once. Should one, a check-in is worth more than
    // a perfect name for it, and the clock still makes the names differ.
    Ok(Arc::new(move || {
        let mut bits = probe;
        if getrandom::fill(&mut bits).is_err() {
            let now = SystemClock.now().0.to_le_bytes();
            bits.iter_mut().zip(now).for_each(|(bit, now)| *bit ^= now);
        }
        bits
    }))
}
