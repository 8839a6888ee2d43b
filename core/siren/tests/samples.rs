//! The rendered siren, measured; and sirens with one defect each, which the
//! same measurement must catch.

use std::f64::consts::{PI, TAU};
use std::io::Cursor;

use tocsin_siren::measure::{faults, measure};
use tocsin_siren::{Pcm, SampleRate, Siren, Start, Voice, WAV_MS, drill_wav, render, wav};

const STARTS: [Start; 2] = [Start::Rising, Start::Full];

fn every_rendering() -> impl Iterator<Item = (SampleRate, Start)> {
    SampleRate::ALL
        .into_iter()
        .flat_map(|rate| STARTS.map(|start| (rate, start)))
}

fn as_f32(samples: &[i16]) -> Vec<f32> {
    samples
        .iter()
        .map(|x| f32::from(*x) / f32::from(i16::MAX))
        .collect()
}

fn assert_perfect(samples: &[f32], rate: SampleRate, start: Start) {
    let faults = faults(&measure(samples, rate), start);
    assert!(faults.is_empty(), "{rate:?} {start:?}: {faults:#?}");
}

#[test]
fn every_rendering_keeps_every_promise_in_f32() {
    for (rate, start) in every_rendering() {
        assert_perfect(&render::<f32>(rate, start), rate, start);
    }
}

#[test]
fn every_rendering_keeps_every_promise_in_i16() {
    for (rate, start) in every_rendering() {
        assert_perfect(&as_f32(&render(rate, start)), rate, start);
    }
}

#[test]
fn i16_is_the_f32_siren_rounded_to_the_nearest_step() {
    let half_step = 0.5 / f64::from(i16::MAX);
    for (rate, start) in every_rendering() {
        let pairs = render::<f32>(rate, start)
            .into_iter()
            .zip(as_f32(&render(rate, start)));
        for (float, integer) in pairs {
            assert!((f64::from(float) - f64::from(integer)).abs() <= half_step * 1.001);
        }
    }
}

#[test]
fn the_stream_is_the_opening_and_then_the_loop_for_ever() {
    for rate in SampleRate::ALL {
        let opening = render::<f32>(rate, Start::Rising);
        let again = render::<f32>(rate, Start::Full);
        let expected = opening.iter().chain(&again).chain(&again).chain(&again);
        assert!(
            Siren::new(rate, Start::Rising)
                .zip(expected)
                .all(|(a, b)| a == *b)
        );
        assert!(
            Siren::new(rate, Start::Rising)
                .nth(100 * opening.len())
                .is_some()
        );
    }
}

#[test]
fn a_siren_that_rings_again_is_not_softer_than_the_one_before() {
    for rate in SampleRate::ALL {
        let rising = measure(&render::<f32>(rate, Start::Rising), rate);
        let again = measure(&render::<f32>(rate, Start::Full), rate);
        let last = rising.bursts.last().expect("the opening sounds").peak_dbfs;
        for burst in &again.bursts {
            assert!(burst.peak_dbfs >= last - 0.01);
        }
    }
}

#[test]
fn silence_between_the_pulses_is_exactly_zero() {
    for (rate, start) in every_rendering() {
        let samples = render::<f32>(rate, start);
        let second = rate.hz() as usize;
        for (n, second) in samples.chunks(second).enumerate() {
            let silent_from = if n % 4 == 3 { 0 } else { second.len() / 2 };
            assert!(second[silent_from..].iter().all(|x| *x == 0.0));
        }
    }
}

#[test]
fn the_phone_voice_fits_iec_60601_1_8() {
    let phone = Voice::Phone;
    assert!((150..=1000).contains(&phone.f0_hz()));
    let in_band = phone.partials().into_iter().filter(|partial| {
        let hz = partial.harmonic * phone.f0_hz();
        partial.harmonic > 1
            && (300..=4000).contains(&hz)
            && 20.0 * partial.amplitude.abs().log10() >= -15.0
    });
    assert!(in_band.count() >= 4);
}

/// Reads a file that a phone plays as anybody's reader would.
fn read_back(file: Vec<u8>, rate: SampleRate) -> Vec<f32> {
    let mut reader = hound::WavReader::new(Cursor::new(file)).expect("a WAV file");
    let spec = reader.spec();
    assert_eq!(spec.sample_rate, rate.hz());
    assert_eq!((spec.channels, spec.bits_per_sample), (1, 16));
    assert_eq!(spec.sample_format, hound::SampleFormat::Int);
    let samples: Vec<i16> = reader
        .samples()
        .collect::<Result<_, _>>()
        .expect("16-bit samples to the end");
    as_f32(&samples)
}

#[test]
fn the_wav_is_read_back_as_two_rounds_and_is_short_enough_for_ios() {
    const { assert!(WAV_MS < 30_000) };
    for (rate, start) in every_rendering() {
        let samples = read_back(wav(rate, start), rate);
        assert_eq!(
            samples.len() as u64,
            u64::from(rate.hz()) * u64::from(WAV_MS) / 1000
        );
        assert_perfect(&samples, rate, start);
    }
}

#[test]
fn the_wav_of_a_drill_is_read_back_as_one_cycle_of_the_wake_voice_at_full_level() {
    for rate in SampleRate::ALL {
        let samples = read_back(drill_wav(rate), rate);
        assert_eq!(samples.len() as u32, 4 * rate.hz());
        assert_perfect(&samples, rate, Start::Full);
    }
}

#[test]
fn a_recording_tells_when_the_siren_sounded_and_when_it_stopped() {
    let rate = SampleRate::Hz48000;
    let second = rate.hz() as usize;
    // Half a second of nothing, a round and a pulse cut off in its middle, silence.
    let mut recording = vec![0.0; second / 2];
    recording.extend(Siren::new(rate, Start::Full).take(second * 12 + second / 4));
    recording.extend(vec![0.0; 3 * second]);
    let heard = measure(&recording, rate);

    let cycles = heard.cycles();
    let voices: Vec<Voice> = cycles.iter().map(|cycle| cycle.voice).collect();
    assert_eq!(voices, [Voice::Wake, Voice::Wake, Voice::Phone]);
    assert!((cycles[0].start_s - 0.5).abs() < 0.001);
    assert!((cycles[0].rms_dbfs - Voice::Wake.rms_dbfs()).abs() < 0.1);
    assert!(heard.is_silent(0.0, 0.5));
    assert!(!heard.is_silent(0.0, 0.6));
    assert!(heard.is_silent(12.75, 15.7));
    assert!(!heard.is_silent(12.74, 15.7));
    assert!(
        !heard.is_silent(14.0, 16.0),
        "what was not recorded is not silence"
    );
}

#[test]
fn a_recording_made_on_a_busy_machine_still_holds_the_pattern() {
    let rate = SampleRate::Hz48000;
    let ms = rate.hz() as usize / 1000;
    let mut recording = render::<f32>(rate, Start::Full);
    // Underruns: 30 ms of silence squeezed into the second pulse, 50 ms before
    // the third.
    recording.splice(1700 * ms..1700 * ms, vec![0.0; 50 * ms]);
    recording.splice(1200 * ms..1200 * ms, vec![0.0; 30 * ms]);
    let heard = measure(&recording, rate);
    assert_eq!(heard.bursts.len(), 10, "the dropout is measured");
    let cycles = heard.cycles();
    assert_eq!(cycles.len(), 3, "and forgiven");
    assert!((cycles[0].rms_dbfs - Voice::Wake.rms_dbfs()).abs() < 0.1);

    recording.splice(1200 * ms..1200 * ms, vec![0.0; 200 * ms]);
    assert_eq!(
        measure(&recording, rate).cycles().len(),
        2,
        "but not every one"
    );
}

#[test]
fn a_recording_of_another_sound_holds_no_cycle() {
    let rate = SampleRate::Hz48000;
    let dial_tone: Vec<f32> = (0..rate.hz() * 10)
        .map(|n| (TAU * 440.0 * f64::from(n) / f64::from(rate.hz())).sin() as f32)
        .collect();
    assert!(measure(&dial_tone, rate).cycles().is_empty());
    let pulsed_too_fast = Craft {
        spacing_s: 0.8,
        ..Craft::good(rate, Start::Full)
    };
    assert!(
        measure(&pulsed_too_fast.samples(), rate)
            .cycles()
            .is_empty()
    );
    assert!(measure(&[], rate).cycles().is_empty());
}

/// A second, plain synthesis of the siren from its description, with every
/// property open to be spoilt.
struct Craft {
    rate: SampleRate,
    start: Start,
    /// A voice's sample at a phase, in periods.
    wave: fn(Voice, f64) -> f64,
    f0_scale: f64,
    pulse_s: f64,
    spacing_s: f64,
    edge_s: f64,
    round: [Voice; 3],
    gains_db: [f64; 3],
}

fn partials_of(voice: Voice, turns: f64, wanted: impl Fn(u32) -> bool) -> f64 {
    voice
        .partials()
        .into_iter()
        .filter(|partial| wanted(partial.harmonic))
        .map(|partial| partial.amplitude * (TAU * f64::from(partial.harmonic) * turns).sin())
        .sum::<f64>()
        * scale(voice)
}

/// Brings each voice's peak to -1 dBFS: the peak of the sums of sines.
fn scale(voice: Voice) -> f64 {
    10f64.powf(-1.0 / 20.0)
        / match voice {
            Voice::Wake => 0.926_23,
            Voice::Phone => 1.485_17,
        }
}

impl Craft {
    fn good(rate: SampleRate, start: Start) -> Self {
        Self {
            rate,
            start,
            wave: |voice, turns| partials_of(voice, turns, |_| true),
            f0_scale: 1.0,
            pulse_s: 0.5,
            spacing_s: 1.0,
            edge_s: 0.010,
            round: [Voice::Wake, Voice::Wake, Voice::Phone],
            gains_db: match start {
                Start::Rising => [-10.0, -5.0, 0.0],
                Start::Full => [0.0; 3],
            },
        }
    }

    fn samples(&self) -> Vec<f32> {
        let hz = f64::from(self.rate.hz());
        (0..12 * self.rate.hz())
            .map(|n| {
                let t = f64::from(n) / hz;
                let cycle = (t / 4.0) as usize;
                let in_cycle = t % 4.0;
                let in_pulse = in_cycle % self.spacing_s;
                if in_cycle >= 3.0 * self.spacing_s || in_pulse >= self.pulse_s - 0.5 / hz {
                    return 0.0;
                }
                let voice = self.round[cycle];
                let f0 = f64::from(voice.f0_hz()) * self.f0_scale;
                let from_end = in_pulse.min(self.pulse_s - in_pulse);
                let envelope = if from_end < self.edge_s {
                    0.5 - 0.5 * (PI * from_end / self.edge_s).cos()
                } else {
                    1.0
                };
                let gain = 10f64.powf(self.gains_db[cycle] / 20.0);
                ((self.wave)(voice, f0 * in_pulse) * envelope * gain) as f32
            })
            .collect()
    }

    /// The faults measured once `spoil` has had its way with the samples.
    fn faults_after(&self, spoil: impl Fn(&mut Vec<f32>)) -> Vec<String> {
        let mut samples = self.samples();
        spoil(&mut samples);
        faults(&measure(&samples, self.rate), self.start)
    }
}

#[test]
fn a_second_synthesis_from_the_description_measures_as_perfect() {
    for (rate, start) in every_rendering() {
        let faults = Craft::good(rate, start).faults_after(|_| ());
        assert!(faults.is_empty(), "{rate:?} {start:?}: {faults:#?}");
    }
}

/// Asserts that a siren spoilt in its making is caught at both rates and names
/// the fault.
fn assert_caught(fault: &str, make: impl Fn(Craft) -> Craft) {
    assert_spoilt_caught(fault, make, |_, _| ());
}

/// Asserts that samples spoilt afterwards are caught.
fn assert_spoilt(fault: &str, spoil: impl Fn(&mut Vec<f32>, SampleRate)) {
    assert_spoilt_caught(fault, |good| good, spoil);
}

fn assert_spoilt_caught(
    fault: &str,
    make: impl Fn(Craft) -> Craft,
    spoil: impl Fn(&mut Vec<f32>, SampleRate),
) {
    for (rate, start) in every_rendering() {
        let faults = make(Craft::good(rate, start)).faults_after(|samples| spoil(samples, rate));
        assert!(
            faults.iter().any(|found| found.contains(fault)),
            "{rate:?} {start:?}: expected a fault about {fault:?}, found {faults:#?}"
        );
    }
}

#[test]
fn a_naively_sampled_square_wave_is_caught_by_its_aliases() {
    assert_caught("inharmonic", |good| Craft {
        wave: |_, turns| if turns.fract() < 0.5 { 0.89 } else { -0.89 },
        ..good
    });
}

#[test]
fn a_fundamental_two_percent_off_is_caught() {
    for f0_scale in [0.98, 1.02] {
        assert_caught("f0", |good| Craft { f0_scale, ..good });
    }
}

#[test]
fn hard_edges_are_caught() {
    assert_caught("edge", |good| Craft {
        edge_s: 0.0,
        ..good
    });
}

#[test]
fn a_pulse_that_fades_in_slowly_is_caught() {
    assert_caught("unsteadiness", |good| Craft {
        edge_s: 0.1,
        ..good
    });
}

#[test]
fn a_click_in_the_silence_is_caught() {
    assert_spoilt("stretches of sound", |samples, rate| {
        samples[rate.hz() as usize * 3 / 4] = 0.001;
    });
}

#[test]
fn a_click_inside_a_pulse_is_caught() {
    assert_spoilt("inharmonic", |samples, rate| {
        samples[rate.hz() as usize * 5 / 4 + 31] = 0.0;
    });
}

#[test]
fn hum_in_the_silence_is_caught() {
    assert_spoilt("stretches of sound", |samples, rate| {
        let hum = (0..).map(|n| (TAU * 50.0 * f64::from(n) / f64::from(rate.hz())).sin());
        for (sample, hum) in samples.iter_mut().zip(hum) {
            *sample += (hum * 0.000_3) as f32;
        }
    });
}

#[test]
fn direct_current_is_caught_even_when_it_only_comes_with_the_pulses() {
    assert_spoilt("direct current", |samples, _| {
        samples.iter_mut().for_each(|x| *x += 0.000_15);
    });
    assert_caught("direct current", |good| Craft {
        wave: |voice, turns| partials_of(voice, turns, |_| true) * 0.99 + 0.001,
        ..good
    });
}

#[test]
fn a_wrong_duty_is_caught() {
    for pulse_s in [0.45, 0.55] {
        assert_caught("of its time", |good| Craft { pulse_s, ..good });
    }
}

#[test]
fn a_wrong_rhythm_with_the_right_duty_is_caught() {
    assert_caught("start, s", |good| Craft {
        spacing_s: 0.8,
        ..good
    });
}

#[test]
fn a_loop_cut_inside_a_pulse_is_caught_at_its_seam() {
    assert_spoilt("seam", |samples, rate| {
        samples.rotate_left(rate.hz() as usize / 4 + 7);
    });
}

#[test]
fn a_loop_of_the_wrong_length_is_caught() {
    assert_spoilt("length", |samples, _| {
        samples.pop();
    });
}

#[test]
fn the_voices_in_the_wrong_order_are_caught() {
    assert_caught("f0", |good| Craft {
        round: [Voice::Wake, Voice::Phone, Voice::Wake],
        ..good
    });
}

#[test]
fn a_siren_a_little_too_soft_is_caught() {
    assert_spoilt("RMS", |samples, _| {
        samples.iter_mut().for_each(|x| *x *= 0.98);
    });
}

#[test]
fn a_first_cycle_without_its_ramp_or_a_later_one_with_it_is_caught() {
    assert_caught("cycle 0 pulse 0: RMS", |good| Craft {
        gains_db: match good.start {
            Start::Rising => [0.0; 3],
            Start::Full => [-10.0, -5.0, 0.0],
        },
        ..good
    });
}

#[test]
fn clipping_is_caught_by_the_harmonics_it_adds() {
    // The square wave hardly changes when clipped; the Phone voice betrays it.
    assert_caught("cycle 2 pulse 0: partial", |good| Craft {
        wave: |voice, turns| (partials_of(voice, turns, |_| true) * 1.2).clamp(-0.89, 0.89),
        ..good
    });
}

#[test]
fn a_missing_partial_is_caught() {
    assert_caught("partial 5", |good| Craft {
        wave: |voice, turns| partials_of(voice, turns, |harmonic| harmonic != 5),
        ..good
    });
}

#[test]
fn samples_beyond_full_scale_saturate_instead_of_wrapping() {
    assert_eq!(i16::from_f32(1.5), i16::MAX);
    assert_eq!(i16::from_f32(-1.5), i16::MIN);
}
