//! The two voices and their wavetables.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use crate::SampleRate;
use crate::pattern::EDGE_MS;

/// A timbre of the siren.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// A 520 Hz square wave up to its 15th harmonic. The low-frequency square
    /// wave woke best of the alarm sounds tried on sleepers (Bruck and Thomas),
    /// and NFPA 72 asks for it (520 Hz, within 10 %) where people sleep.
    Wake,
    /// A 760 Hz complex tone for small loudspeakers, which give little below
    /// about 700 Hz. 760 Hz is the highest fundamental on the wavetable's grid
    /// whose first five partials all lie inside 300 to 4000 Hz, so it meets
    /// IEC 60601-1-8 (fundamental 150 to 1000 Hz, at least four harmonics in
    /// that band within 15 dB of it) and puts three partials where ISO 7731
    /// wants a danger signal (500 to 2500 Hz). The overtones stand in
    /// antiphase to the fundamental: of all choices of sign that is within
    /// 0.03 dB of the lowest crest factor, and 3.4 dB louder than in phase.
    Phone,
}

/// One sine of a voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partial {
    /// Its frequency as a multiple of the fundamental; 1 is the fundamental.
    pub harmonic: u32,
    /// Its amplitude relative to the fundamental's; negative means antiphase.
    pub amplitude: f64,
}

/// Highest sample of a voice at full level, in dB relative to full scale. The
/// 1 dB left keeps a converter's reconstruction of the peaks from clipping.
pub(crate) const PEAK_DBFS: f64 = -1.0;

/// Levels of the Phone voice's partials, fundamental first, in dB.
const PHONE_PARTIALS_DB: [f64; 6] = [0.0, -3.0, -5.0, -8.0, -12.0, -15.0];

impl Voice {
    /// The fundamental, in Hz.
    #[must_use]
    pub const fn f0_hz(self) -> u32 {
        match self {
            Self::Wake => 520,
            Self::Phone => 760,
        }
    }

    /// The RMS level of the steady part of a pulse at full level, in dB
    /// relative to full scale (a full-scale sine is -3.01).
    #[must_use]
    pub const fn rms_dbfs(self) -> f64 {
        match self {
            Self::Wake => -2.55,
            Self::Phone => -4.31,
        }
    }

    /// The partials, fundamental first.
    #[must_use]
    pub fn partials(self) -> Vec<Partial> {
        match self {
            Self::Wake => (1..=15)
                .step_by(2)
                .map(|harmonic| Partial {
                    harmonic,
                    amplitude: 1.0 / f64::from(harmonic),
                })
                .collect(),
            Self::Phone => (1..)
                .zip(PHONE_PARTIALS_DB)
                .map(|(harmonic, db)| {
                    let sign = if harmonic == 1 { 1.0 } else { -1.0 };
                    Partial {
                        harmonic,
                        amplitude: sign * amplitude_of_db(db),
                    }
                })
                .collect(),
        }
    }
}

/// The amplitude ratio of a level in dB.
pub(crate) fn amplitude_of_db(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// What a [`Siren`](crate::Siren) reads at one sample rate; built once.
#[derive(Debug)]
pub(crate) struct Tables {
    wake: Vec<f32>,
    phone: Vec<f32>,
    /// The rising raised-cosine edge of a pulse; read backwards it falls.
    pub(crate) edge: Vec<f32>,
}

impl Tables {
    pub(crate) fn at(rate: SampleRate) -> &'static Self {
        static AT_44100: LazyLock<Tables> = LazyLock::new(|| Tables::new(SampleRate::Hz44100));
        static AT_48000: LazyLock<Tables> = LazyLock::new(|| Tables::new(SampleRate::Hz48000));
        match rate {
            SampleRate::Hz44100 => &AT_44100,
            SampleRate::Hz48000 => &AT_48000,
        }
    }

    pub(crate) fn voice(&self, voice: Voice) -> &[f32] {
        match voice {
            Voice::Wake => &self.wake,
            Voice::Phone => &self.phone,
        }
    }

    fn new(rate: SampleRate) -> Self {
        let len = rate.table_len();
        let sine: Vec<f64> = (0..len)
            .map(|n| (TAU * n as f64 / len as f64).sin())
            .collect();
        let edge_len = rate.samples(EDGE_MS) as usize;
        let edge = (0..edge_len)
            .map(|n| (0.5 - 0.5 * (TAU / 2.0 * n as f64 / edge_len as f64).cos()) as f32)
            .collect();
        Self {
            wake: wavetable(Voice::Wake, rate, &sine),
            phone: wavetable(Voice::Phone, rate, &sine),
            edge,
        }
    }
}

/// Adds the partials up, each read from the one exact sine, and scales the sum
/// so that its highest sample is [`PEAK_DBFS`].
fn wavetable(voice: Voice, rate: SampleRate, sine: &[f64]) -> Vec<f32> {
    let len = sine.len();
    let periods = voice.f0_hz() as usize * len / rate.hz() as usize;
    let mut wave = vec![0.0; len];
    for partial in voice.partials() {
        let step = periods * partial.harmonic as usize;
        for (n, sample) in wave.iter_mut().enumerate() {
            *sample += partial.amplitude * sine[step * n % len];
        }
    }
    let peak = wave.iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
    let scale = amplitude_of_db(PEAK_DBFS) / peak;
    wave.iter().map(|x| (x * scale) as f32).collect()
}
