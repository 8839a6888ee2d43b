//! The sound for shells that own their output.

use tocsin_pager::engine::Loudness;
use tocsin_siren::{SampleRate, Start, render};

/// The rate that nearly every device plays without resampling, in samples per second.
const USUAL_RATE: SampleRate = SampleRate::Hz48000;

/// Twelve seconds of the siren.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Pcm {
    /// Samples per second.
    pub rate: u32,
    /// Mono samples of 16 bits, the less significant byte first.
    pub samples: Vec<u8>,
}

/// One round of the siren. With `Full` it loops without a seam; with `Ramp` it is the softer opening
/// that leads into that loop.
///
/// `rate`: what the device plays natively, in samples per second; one the siren is not made for
/// gives 48 kHz, and [`Pcm::rate`] says so.
#[uniffi::export]
#[must_use]
pub fn siren_pcm(rate: u32, loudness: Loudness) -> Pcm {
    let rate = SampleRate::from_hz(rate).unwrap_or(USUAL_RATE);
    let start = match loudness {
        Loudness::Ramp => Start::Rising,
        Loudness::Full => Start::Full,
    };
    let samples: Vec<i16> = render(rate, start);
    Pcm {
        rate: rate.hz(),
        samples: samples.into_iter().flat_map(i16::to_le_bytes).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loudest(pcm: &Pcm, seconds: std::ops::Range<usize>) -> u16 {
        let bytes = seconds.start * pcm.rate as usize * 2..seconds.end * pcm.rate as usize * 2;
        pcm.samples[bytes]
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs())
            .max()
            .unwrap()
    }

    #[test]
    fn the_siren_is_twelve_seconds_of_mono_at_the_rate_it_says() {
        for (asked, given) in [(44_100, 44_100), (48_000, 48_000), (96_000, 48_000)] {
            let pcm = siren_pcm(asked, Loudness::Full);
            assert_eq!(pcm.rate, given);
            assert_eq!(pcm.samples.len(), 12 * given as usize * 2);
        }
    }

    #[test]
    fn the_opening_begins_softer_and_ends_as_loud_as_the_loop() {
        let (opening, full) = (
            siren_pcm(48_000, Loudness::Ramp),
            siren_pcm(48_000, Loudness::Full),
        );
        assert!(loudest(&opening, 0..3) < loudest(&full, 0..3) / 2);
        assert_eq!(loudest(&opening, 8..12), loudest(&full, 8..12));
    }
}
