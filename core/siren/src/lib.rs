//! The sound that wakes the person on call.
//!
//! Everything else in the pager exists so that this sound is heard, so it is
//! synthesised here once, for every platform, and measured sample by sample.
//! The crate promises: the same samples on every machine, no aliasing (each
//! harmonic is placed by hand below the Nyquist frequency), silence that is
//! exactly zero between the pulses, a loop without a seam, and a first sample
//! within microseconds. Synthesis asks no clock, draws no randomness and does
//! no I/O.
//!
//! - [`Siren`] streams samples for ever; [`render`] fills a buffer with the
//!   twelve-second opening or loop, for shells that own their output (Android's
//!   `AudioTrack`); [`wav`] and [`drill_wav`] are files under 30 s for an iOS
//!   bundle.
//! - feature `measure`: `measure::measure` finds the pulses in any recording
//!   and `measure::faults` lists what is wrong with a rendered siren.
//! - feature `playback`: `playback::SirenPlayer` owns the machine's sound
//!   output.

mod pattern;
mod rate;
mod voice;
mod wav;

#[cfg(feature = "measure")]
pub mod measure;
#[cfg(feature = "playback")]
pub mod playback;

pub use pattern::{
    CYCLE_MS, EDGE_MS, PULSE_MS, PULSE_SPACING_MS, PULSES_PER_CYCLE, Pcm, RAMP_DB, ROUND, ROUND_MS,
    Siren, Start, render,
};
pub use rate::SampleRate;
pub use voice::{Partial, Voice};
pub use wav::{WAV_MS, drill_wav, wav};
