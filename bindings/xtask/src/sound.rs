//! The sounds that iOS plays by itself, from the app's bundle.
//!
//! They last under 30 s and are linear PCM
//! (<https://developer.apple.com/documentation/usernotifications/unnotificationsound>). A page's is at
//! full level from its first pulse: the server pushes again every 27 s, and what rings again must not
//! be softer than the ringing it follows.

use std::fs;
use std::io;

use camino::Utf8Path;
use tocsin_pager::notification::{DRILL_SOUND, WAKE_SOUND};
use tocsin_siren::{SampleRate, Start, drill_wav, wav};

/// What iPhones play natively.
const RATE: SampleRate = SampleRate::Hz48000;

/// Writes every sound into the folder, which is made if it is not there.
pub fn write(out: &Utf8Path) -> io::Result<()> {
    fs::create_dir_all(out)?;
    fs::write(out.join(WAKE_SOUND), wav(RATE, Start::Full))?;
    fs::write(out.join(DRILL_SOUND), drill_wav(RATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    use tocsin_siren::Voice;
    use tocsin_siren::measure::{DUTY, Measurements, faults, measure};

    /// iOS plays its own sound instead of one of 30 s or more.
    const IOS_LIMIT_S: f64 = 30.0;

    /// Writes the bundle's sounds, and hears one as a reader that shares nothing with the writer.
    fn heard(name: &str) -> Measurements {
        let folder = tempfile::tempdir().unwrap();
        let out = Utf8Path::from_path(folder.path()).unwrap().join("sounds");
        write(&out).unwrap();
        let mut file = hound::WavReader::open(out.join(name)).unwrap();
        let spec = file.spec();
        assert_eq!((spec.channels, spec.bits_per_sample), (1, 16));
        let samples: Result<Vec<i16>, _> = file.samples().collect();
        let samples: Vec<f32> = samples
            .unwrap()
            .into_iter()
            .map(|sample| f32::from(sample) / f32::from(i16::MAX))
            .collect();
        measure(&samples, SampleRate::from_hz(spec.sample_rate).unwrap())
    }

    #[test]
    fn the_bundled_siren_is_the_one_that_wakes_and_short_enough_for_ios() {
        let heard = heard("wake.wav");
        assert_eq!(faults(&heard, Start::Full), Vec::<String>::new());
        assert!(heard.length_s < IOS_LIMIT_S, "{} s", heard.length_s);
        let cycles = heard.cycles();
        assert_eq!(cycles.len(), 6);
        assert_eq!(cycles[0].voice, Voice::Wake, "it begins with what wakes");
        let first = heard.bursts[0].tone.as_ref().unwrap();
        assert!((first.f0_hz - 520.0).abs() <= 5.2, "{} Hz", first.f0_hz);
        assert!(first.inharmonic_db <= -60.0, "{} dB", first.inharmonic_db);
        let sounding: f64 = heard.bursts.iter().map(|burst| burst.length_s()).sum();
        assert!((sounding / heard.length_s - DUTY).abs() <= 0.005);
        for pair in heard.bursts.windows(2) {
            assert!(heard.is_silent(pair[0].end_s, pair[1].start_s));
        }
    }

    #[test]
    fn the_bundled_drill_is_one_beat_of_the_siren() {
        let heard = heard("drill.wav");
        assert_eq!(faults(&heard, Start::Full), Vec::<String>::new());
        assert_eq!(heard.cycles().len(), 1);
        assert_eq!(heard.cycles()[0].voice, Voice::Wake);
    }
}
