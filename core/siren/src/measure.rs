//! Measures sound the way a listener with instruments would: from samples
//! alone, knowing nothing of how they were made.
//!
//! The same [`measure`] serves a rendered buffer, a WAV file read back and a
//! recording of a loudspeaker's signal. [`faults`] holds a rendered siren to
//! every promise of the crate; [`Measurements::cycles`] and
//! [`Measurements::is_silent`] answer the two questions asked of a recording:
//! did the siren sound, and did it stop. Pure.

use std::f64::consts::TAU;

use crate::pattern::{
    CYCLE_MS, EDGE_MS, PULSE_MS, PULSE_SPACING_MS, PULSES_PER_CYCLE, RAMP_DB, ROUND, Start,
};
use crate::voice::{PEAK_DBFS, amplitude_of_db};
use crate::{SampleRate, Voice};

/// A sample is silent up to this level, in dB relative to full scale.
pub const SILENCE_DBFS: f64 = -80.0;
/// What lies between the partials of a voice stays below this level relative to
/// the whole voice, in dB. (A naively sampled square wave aliases at -33.)
pub const INHARMONIC_LIMIT_DB: f64 = -60.0;
/// Share of a T-3 cycle during which it sounds: 1.5 s of 4 s.
pub const DUTY: f64 = (PULSES_PER_CYCLE * PULSE_MS) as f64 / CYCLE_MS as f64;

const F0_TOLERANCE: f64 = 0.01;
const DUTY_TOLERANCE: f64 = 0.005;
const LEVEL_TOLERANCE_DB: f64 = 0.1;
const PARTIAL_TOLERANCE_DB: f64 = 0.2;
/// Rendered pulses begin and end where they should within this; the raised
/// cosine takes 0.1 ms to climb out of silence.
const RENDER_TOLERANCE_S: f64 = 0.001;
/// Recorded ones come late by the underruns of a busy machine...
const RECORDING_TOLERANCE_S: f64 = 0.150;
/// ...and may be interrupted by them for as long as this.
const DROPOUT_S: f64 = 0.100;
/// The first millisecond of a raised cosine of 10 ms stays 32 dB below the
/// peak; a hard edge does not.
const EDGE_PROBE_S: f64 = 0.001;
const EDGE_LIMIT_DB: f64 = -20.0;
/// A tone passes through silence at each zero crossing; sound with shorter
/// pauses than this is one burst.
const BURST_GAP_S: f64 = 0.005;
/// Level given to what is exactly zero, in dB.
const NOTHING_DB: f64 = -200.0;

/// What [`measure`] found. Times count from the first sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurements {
    /// Length of the whole sound, in seconds.
    pub length_s: f64,
    /// Mean of all samples, in dB relative to full scale.
    pub dc_dbfs: f64,
    /// Step from the last sample to the first, heard when the sound loops, in
    /// dB relative to full scale.
    pub seam_dbfs: f64,
    /// Every stretch that is not silent, in order.
    pub bursts: Vec<Burst>,
}

/// A stretch of sound with [silence](SILENCE_DBFS) on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    /// Its first sample above silence, in seconds.
    pub start_s: f64,
    /// Just after its last sample above silence, in seconds.
    pub end_s: f64,
    /// Its highest sample, in dB relative to full scale.
    pub peak_dbfs: f64,
    /// The highest sample of its first and last millisecond, in dB relative to
    /// its peak: near zero if it begins or ends with a click.
    pub edge_db: f64,
    /// Its steady part; nothing if it is too short to have one.
    pub tone: Option<Tone>,
}

/// The steady part of a [`Burst`], analysed in windows of one
/// [wavetable](SampleRate::table_len).
#[derive(Clone, Debug, PartialEq)]
pub struct Tone {
    /// Fundamental, in Hz: the strongest component of 150 to 1000 Hz.
    pub f0_hz: f64,
    /// RMS level, in dB relative to full scale.
    pub rms_dbfs: f64,
    /// How far the softest window lies below the loudest, in dB.
    pub sag_db: f64,
    /// Largest mean of a window, in dB relative to full scale.
    pub dc_dbfs: f64,
    /// Power outside the multiples of the fundamental, in dB relative to all
    /// power, in the worst window.
    pub inharmonic_db: f64,
    /// Level of each multiple of the fundamental up to the Nyquist frequency,
    /// in dB relative to the fundamental, which comes first.
    pub partials_db: Vec<f64>,
}

/// One complete T-3 cycle heard in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeardCycle {
    /// Start of its first pulse, in seconds.
    pub start_s: f64,
    /// The voice of its three pulses.
    pub voice: Voice,
    /// RMS level of its softest pulse, in dB relative to full scale.
    pub rms_dbfs: f64,
}

impl Burst {
    /// Its length, in seconds.
    #[must_use]
    pub fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

impl Tone {
    /// The voice whose fundamental this is, within 1 %.
    #[must_use]
    pub fn voice(&self) -> Option<Voice> {
        [Voice::Wake, Voice::Phone]
            .into_iter()
            .find(|voice| within(self.f0_hz, f64::from(voice.f0_hz()), F0_TOLERANCE))
    }
}

impl Measurements {
    /// The complete T-3 cycles: three half-second pulses of one voice, a second
    /// apart, and nothing else before the next cycle is due. As an ear does, it
    /// forgives dropouts of up to 0.1 s and delays of up to 0.15 s.
    #[must_use]
    pub fn cycles(&self) -> Vec<HeardCycle> {
        let pulses = self.without_dropouts();
        let mut cycles = Vec::new();
        let mut rest = pulses.as_slice();
        while let Some(after_first) = rest.get(1..) {
            match heard_cycle(rest) {
                Some(cycle) => {
                    cycles.push(cycle);
                    rest = &rest[PULSES_PER_CYCLE as usize..];
                }
                None => rest = after_first,
            }
        }
        cycles
    }

    /// The bursts, put together again where a dropout has split them; each has
    /// the tone of its longest piece.
    fn without_dropouts(&self) -> Vec<Burst> {
        let mut whole: Vec<Burst> = Vec::new();
        let mut longest_piece_s = 0.0;
        for piece in &self.bursts {
            let interrupted = whole
                .last_mut()
                .filter(|burst| piece.start_s - burst.end_s < DROPOUT_S);
            let Some(burst) = interrupted else {
                longest_piece_s = piece.length_s();
                whole.push(piece.clone());
                continue;
            };
            burst.end_s = piece.end_s;
            burst.peak_dbfs = burst.peak_dbfs.max(piece.peak_dbfs);
            if piece.length_s() > longest_piece_s {
                longest_piece_s = piece.length_s();
                burst.tone.clone_from(&piece.tone);
            }
        }
        whole
    }

    /// Whether no sample from `from_s` up to `to_s` rises above
    /// [`SILENCE_DBFS`]. What lies beyond the recording's end was not heard and
    /// does not count as silence.
    #[must_use]
    pub fn is_silent(&self, from_s: f64, to_s: f64) -> bool {
        to_s <= self.length_s
            && self
                .bursts
                .iter()
                .all(|burst| burst.end_s <= from_s || burst.start_s >= to_s)
    }
}

fn heard_cycle(bursts: &[Burst]) -> Option<HeardCycle> {
    let (pulses, next) = bursts.split_at_checked(PULSES_PER_CYCLE as usize)?;
    let voice = pulses[0].tone.as_ref()?.voice()?;
    let mut rms_dbfs = f64::INFINITY;
    for (n, pulse) in (0..).zip(pulses) {
        let tone = pulse.tone.as_ref()?;
        let due_s = pulses[0].start_s + f64::from(n) * seconds(PULSE_SPACING_MS);
        if tone.voice() != Some(voice)
            || (pulse.start_s - due_s).abs() > RECORDING_TOLERANCE_S
            || (pulse.length_s() - seconds(PULSE_MS)).abs() > RECORDING_TOLERANCE_S
        {
            return None;
        }
        rms_dbfs = rms_dbfs.min(tone.rms_dbfs);
    }
    let start_s = pulses[0].start_s;
    let next_due_s = start_s + seconds(CYCLE_MS) - RECORDING_TOLERANCE_S;
    if next.first().is_some_and(|burst| burst.start_s < next_due_s) {
        return None;
    }
    Some(HeardCycle {
        start_s,
        voice,
        rms_dbfs,
    })
}

/// Measures mono samples whose full scale is 1.0.
#[must_use]
pub fn measure(samples: &[f32], rate: SampleRate) -> Measurements {
    let samples: Vec<f64> = samples.iter().copied().map(f64::from).collect();
    let seam = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => first - last,
        _ => 0.0,
    };
    Measurements {
        length_s: samples.len() as f64 / f64::from(rate.hz()),
        dc_dbfs: db(mean(&samples)),
        seam_dbfs: db(seam),
        bursts: bursts(&samples, rate),
    }
}

fn bursts(samples: &[f64], rate: SampleRate) -> Vec<Burst> {
    let silence = amplitude_of_db(SILENCE_DBFS);
    let gap = (BURST_GAP_S * f64::from(rate.hz())) as usize;
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (n, _) in samples
        .iter()
        .enumerate()
        .filter(|(_, x)| x.abs() > silence)
    {
        match spans.last_mut() {
            Some((_, end)) if n - *end < gap => *end = n + 1,
            _ => spans.push((n, n + 1)),
        }
    }
    let spectrum = Spectrum::new(rate);
    spans
        .into_iter()
        .map(|(start, end)| burst(samples, start, end, &spectrum))
        .collect()
}

fn burst(samples: &[f64], start: usize, end: usize, spectrum: &Spectrum) -> Burst {
    let span = &samples[start..end];
    let hz = f64::from(spectrum.rate.hz());
    let probe = ((EDGE_PROBE_S * hz) as usize).min(span.len());
    let peak = peak(span);
    let edge = self::peak(&span[..probe]).max(self::peak(&span[span.len() - probe..]));
    Burst {
        start_s: start as f64 / hz,
        end_s: end as f64 / hz,
        peak_dbfs: db(peak),
        edge_db: db(edge / peak),
        tone: spectrum.tone(span),
    }
}

/// The discrete Fourier transform over one wavetable, one component at a time.
struct Spectrum {
    rate: SampleRate,
    /// cos and sin of every angle that can occur.
    circle: Vec<(f64, f64)>,
}

/// A window's component: cosine and sine amplitude.
type Component = (f64, f64);

impl Spectrum {
    fn new(rate: SampleRate) -> Self {
        let len = rate.table_len();
        let circle = (0..len)
            .map(|n| {
                let (sin, cos) = (TAU * n as f64 / len as f64).sin_cos();
                (cos, sin)
            })
            .collect();
        Self { rate, circle }
    }

    /// Component number `bin`, which is `bin` periods per window.
    fn component(&self, window: &[f64], bin: usize) -> Component {
        let len = self.circle.len();
        let (cos, sin) = window
            .iter()
            .enumerate()
            .fold((0.0, 0.0), |(re, im), (n, x)| {
                let (cos, sin) = self.circle[bin * n % len];
                (re + x * cos, im - x * sin)
            });
        (2.0 * cos / len as f64, 2.0 * sin / len as f64)
    }

    fn tone(&self, span: &[f64]) -> Option<Tone> {
        let len = self.circle.len();
        // Half as much again as an edge, so that the envelope is left behind.
        let margin = self.rate.samples(EDGE_MS * 3 / 2) as usize;
        let steady = span.get(margin..span.len().checked_sub(margin)?)?;
        let windows: Vec<&[f64]> = steady.chunks_exact(len).collect();
        if windows.len() < 2 {
            return None;
        }
        let bin_hz = f64::from(self.rate.hz()) / len as f64;
        // IEC 60601-1-8 bounds the fundamental of an alarm tone.
        let bin =
            ((150.0 / bin_hz).ceil() as usize..=(1000.0 / bin_hz) as usize).max_by(|a, b| {
                let [a, b] = [a, b].map(|bin| power(self.component(windows[0], *bin)));
                a.total_cmp(&b)
            })?;

        let fundamentals: Vec<Component> = windows.iter().map(|w| self.component(w, bin)).collect();
        let powers: Vec<f64> = windows.iter().map(|w| mean_square(w)).collect();
        let softest = powers.iter().copied().fold(f64::INFINITY, f64::min);
        let loudest = powers.iter().copied().fold(0.0, f64::max);

        let mut partials = vec![0.0; (len - 1) / 2 / bin];
        let mut worst_inharmonic: f64 = 0.0;
        for (window, total) in windows.iter().zip(&powers) {
            let mut harmonic = mean(window).powi(2);
            for (partial, k) in partials.iter_mut().zip(1..) {
                let power = power(self.component(window, k * bin));
                *partial += power;
                harmonic += power;
            }
            worst_inharmonic = worst_inharmonic.max((total - harmonic) / total);
        }

        Some(Tone {
            f0_hz: (bin as f64 + mean_turn(&fundamentals)) * bin_hz,
            rms_dbfs: db_of_power(powers.iter().sum::<f64>() / windows.len() as f64),
            sag_db: db_of_power(loudest) - db_of_power(softest),
            dc_dbfs: db(windows.iter().map(|w| mean(w).abs()).fold(0.0, f64::max)),
            inharmonic_db: db_of_power(worst_inharmonic),
            partials_db: partials
                .iter()
                .map(|power| db_of_power(power / partials[0]))
                .collect(),
        })
    }
}

/// By how many periods, between -1/2 and 1/2, a component advances from one
/// window to the next beyond its whole number per window: what its frequency
/// has over the bin's.
fn mean_turn(components: &[Component]) -> f64 {
    let (re, im) = components.windows(2).fold((0.0, 0.0), |(re, im), pair| {
        let ((a, b), (c, d)) = (pair[0], pair[1]);
        (re + a * c + b * d, im + a * d - b * c)
    });
    im.atan2(re) / TAU
}

/// Everything that keeps `measured` from being whole cycles of a siren begun
/// with `start`, a sentence each; empty for a perfect one.
///
/// Checked are: length, direct current, loop seam, number, place and length of
/// the pulses (so also silence between them), duty of each cycle, voice of each
/// cycle, level and ramp, soft edges, steadiness, fundamental, every partial and
/// everything that is no partial.
#[must_use]
pub fn faults(measured: &Measurements, start: Start) -> Vec<String> {
    let mut faults = Faults(Vec::new());
    let cycles = (measured.length_s / seconds(CYCLE_MS)).round();
    faults.unless(
        cycles > 0.0 && (measured.length_s - cycles * seconds(CYCLE_MS)).abs() < 1e-9,
        || {
            format!(
                "length is {} s, expected whole cycles of 4 s",
                measured.length_s
            )
        },
    );
    faults.at_most("direct current", measured.dc_dbfs, SILENCE_DBFS);
    faults.at_most("step at the loop's seam", measured.seam_dbfs, SILENCE_DBFS);

    let pulses = cycles as usize * PULSES_PER_CYCLE as usize;
    faults.unless(measured.bursts.len() == pulses, || {
        format!(
            "{} stretches of sound, expected {pulses} with silence (<= {SILENCE_DBFS} dBFS) between them",
            measured.bursts.len()
        )
    });
    for (cycle, bursts) in measured
        .bursts
        .chunks(PULSES_PER_CYCLE as usize)
        .enumerate()
    {
        let gain_db = match start {
            Start::Rising => RAMP_DB.get(cycle).copied().unwrap_or(0.0),
            Start::Full => 0.0,
        };
        let voice = ROUND[cycle % ROUND.len()];
        let duty = bursts.iter().map(Burst::length_s).sum::<f64>() / seconds(CYCLE_MS);
        faults.unless((duty - DUTY).abs() <= DUTY_TOLERANCE, || {
            format!("cycle {cycle} sounds for {duty:.4} of its time, expected {DUTY} +- {DUTY_TOLERANCE}")
        });
        for (pulse, burst) in bursts.iter().enumerate() {
            let name = format!("cycle {cycle} pulse {pulse}");
            let due_s = cycle as f64 * seconds(CYCLE_MS) + pulse as f64 * seconds(PULSE_SPACING_MS);
            faults.near(
                &format!("{name}: start, s"),
                burst.start_s,
                due_s,
                RENDER_TOLERANCE_S,
            );
            faults.near(
                &format!("{name}: end, s"),
                burst.end_s,
                due_s + seconds(PULSE_MS),
                RENDER_TOLERANCE_S,
            );
            faults.near(
                &format!("{name}: peak, dBFS"),
                burst.peak_dbfs,
                PEAK_DBFS + gain_db,
                LEVEL_TOLERANCE_DB,
            );
            faults.at_most(&format!("{name}: edge"), burst.edge_db, EDGE_LIMIT_DB);
            match &burst.tone {
                Some(tone) => faults.in_tone(&name, tone, voice, gain_db),
                None => faults.0.push(format!("{name}: too short to have a tone")),
            }
        }
    }
    faults.0
}

struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, good: bool, fault: impl FnOnce() -> String) {
        if !good {
            self.0.push(fault());
        }
    }

    fn at_most(&mut self, what: &str, db: f64, limit_db: f64) {
        self.unless(db <= limit_db, || {
            format!("{what}: {db:.2} dB, expected at most {limit_db}")
        });
    }

    fn near(&mut self, what: &str, value: f64, expected: f64, tolerance: f64) {
        self.unless((value - expected).abs() <= tolerance, || {
            format!("{what}: {value:.4}, expected {expected:.4} +- {tolerance}")
        });
    }

    fn in_tone(&mut self, name: &str, tone: &Tone, voice: Voice, gain_db: f64) {
        let f0_hz = f64::from(voice.f0_hz());
        self.near(
            &format!("{name}: f0, Hz"),
            tone.f0_hz,
            f0_hz,
            f0_hz * F0_TOLERANCE,
        );
        self.near(
            &format!("{name}: RMS, dBFS"),
            tone.rms_dbfs,
            voice.rms_dbfs() + gain_db,
            LEVEL_TOLERANCE_DB,
        );
        self.at_most(
            &format!("{name}: unsteadiness"),
            tone.sag_db,
            LEVEL_TOLERANCE_DB,
        );
        self.at_most(
            &format!("{name}: direct current"),
            tone.dc_dbfs,
            SILENCE_DBFS,
        );
        self.at_most(
            &format!("{name}: inharmonic power"),
            tone.inharmonic_db,
            INHARMONIC_LIMIT_DB,
        );
        let expected = voice.partials();
        for (level_db, harmonic) in tone.partials_db.iter().zip(1..) {
            let what = format!("{name}: partial {harmonic}, dB");
            match expected.iter().find(|partial| partial.harmonic == harmonic) {
                Some(partial) => self.near(
                    &what,
                    *level_db,
                    db(partial.amplitude),
                    PARTIAL_TOLERANCE_DB,
                ),
                None => self.at_most(&what, *level_db, INHARMONIC_LIMIT_DB),
            }
        }
    }
}

fn seconds(ms: u32) -> f64 {
    f64::from(ms) / 1000.0
}

fn within(value: f64, expected: f64, share: f64) -> bool {
    (value - expected).abs() <= expected * share
}

fn db(amplitude: f64) -> f64 {
    (20.0 * amplitude.abs().log10()).max(NOTHING_DB)
}

fn db_of_power(power: f64) -> f64 {
    (10.0 * power.log10()).max(NOTHING_DB)
}

/// Mean power of a component.
fn power((cos, sin): Component) -> f64 {
    (cos * cos + sin * sin) / 2.0
}

fn peak(samples: &[f64]) -> f64 {
    samples.iter().fold(0.0, |peak, x| x.abs().max(peak))
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len().max(1) as f64
}

fn mean_square(samples: &[f64]) -> f64 {
    samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64
}
