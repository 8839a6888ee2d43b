//! When the voices sound: the temporal pattern, the ramp and the endless siren.

use crate::voice::{Tables, amplitude_of_db};
use crate::{SampleRate, Voice};

/// Length of a pulse, in milliseconds (the "on" phase of ISO 8201's temporal
/// three, T-3).
pub const PULSE_MS: u32 = 500;
/// From the start of a pulse to the start of the next in its cycle, in
/// milliseconds: half a second on, half a second off.
pub const PULSE_SPACING_MS: u32 = 1000;
/// Pulses in a cycle, after which T-3 adds one second of silence.
pub const PULSES_PER_CYCLE: u32 = 3;
/// Length of a cycle, in milliseconds.
pub const CYCLE_MS: u32 = PULSES_PER_CYCLE * PULSE_SPACING_MS + 1000;
/// Length of the raised-cosine edge at each end of a pulse, inside the pulse,
/// in milliseconds. Without it every pulse would begin and end with a click.
pub const EDGE_MS: u32 = 10;
/// The voice of each cycle of a round; the round repeats for ever.
pub const ROUND: [Voice; 3] = [Voice::Wake, Voice::Wake, Voice::Phone];
/// Length of a round, in milliseconds.
pub const ROUND_MS: u32 = CYCLE_MS * ROUND.len() as u32;
/// Level of each cycle of a [`Start::Rising`] round, in dB relative to full.
/// Two softer cycles startle less; from the third on nobody may sleep through.
pub const RAMP_DB: [f64; 3] = [-10.0, -5.0, 0.0];

/// How a siren begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// The first round climbs by [`RAMP_DB`]; every later one is at full level.
    Rising,
    /// Full level from the first pulse: for a page that rings again, which must
    /// not be softer than the ringing it follows.
    Full,
}

/// The siren as an endless stream of mono samples, full scale at 1.0.
///
/// ```
/// use tocsin_siren::{SampleRate, Siren, Start};
///
/// let first_second: Vec<f32> = Siren::new(SampleRate::Hz48000, Start::Rising)
///     .take(48_000)
///     .collect();
/// assert!(first_second[..24_000].iter().any(|x| x.abs() > 0.25));
/// assert!(first_second[24_000..].iter().all(|x| *x == 0.0));
/// ```
#[derive(Clone, Debug)]
pub struct Siren {
    tables: &'static Tables,
    table_len: u32,
    pulse_len: u32,
    pulse_spacing: u32,
    cycle_len: u32,
    rising: bool,
    cycle: usize,
    /// The next sample's place in its cycle.
    at: u32,
    gain: f32,
}

impl Siren {
    /// A siren at its first sample. The first call for a rate builds that
    /// rate's wavetables (about a tenth of a millisecond); no later call and no sample
    /// computes or allocates more than a table look-up.
    #[must_use]
    pub fn new(rate: SampleRate, start: Start) -> Self {
        let mut siren = Self {
            tables: Tables::at(rate),
            table_len: rate.table_len() as u32,
            pulse_len: rate.samples(PULSE_MS),
            pulse_spacing: rate.samples(PULSE_SPACING_MS),
            cycle_len: rate.samples(CYCLE_MS),
            rising: start == Start::Rising,
            cycle: 0,
            at: 0,
            gain: 1.0,
        };
        siren.set_gain();
        siren
    }

    fn set_gain(&mut self) {
        self.gain = if self.rising {
            amplitude_of_db(RAMP_DB[self.cycle]) as f32
        } else {
            1.0
        };
    }

    fn sample(&self) -> f32 {
        let in_pulse = self.at % self.pulse_spacing;
        if self.at >= PULSES_PER_CYCLE * self.pulse_spacing || in_pulse >= self.pulse_len {
            return 0.0;
        }
        let wave = self.tables.voice(ROUND[self.cycle])[(in_pulse % self.table_len) as usize];
        let from_end = in_pulse.min(self.pulse_len - 1 - in_pulse);
        let envelope = self.tables.edge.get(from_end as usize).unwrap_or(&1.0);
        wave * envelope * self.gain
    }
}

impl Iterator for Siren {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let sample = self.sample();
        self.at += 1;
        if self.at == self.cycle_len {
            self.at = 0;
            self.cycle += 1;
            if self.cycle == ROUND.len() {
                self.cycle = 0;
                self.rising = false;
            }
            self.set_gain();
        }
        Some(sample)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

/// A sample format the siren is delivered in: `f32` (full scale 1.0) or `i16`
/// (full scale 32767).
pub trait Pcm: sealed::Sealed + Copy {
    /// The sample nearest to `sample`, whose full scale is 1.0.
    fn from_f32(sample: f32) -> Self;
}

impl Pcm for f32 {
    fn from_f32(sample: f32) -> Self {
        sample
    }
}

impl Pcm for i16 {
    fn from_f32(sample: f32) -> Self {
        (sample * f32::from(Self::MAX)).round() as Self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for i16 {}
}

/// One round of the siren, twelve seconds of mono samples.
///
/// With [`Start::Full`] it loops without a seam; with [`Start::Rising`] it is
/// the opening that leads into that loop. Both together are what [`Siren`]
/// streams.
#[must_use]
pub fn render<S: Pcm>(rate: SampleRate, start: Start) -> Vec<S> {
    Siren::new(rate, start)
        .take(rate.samples(ROUND_MS) as usize)
        .map(S::from_f32)
        .collect()
}
