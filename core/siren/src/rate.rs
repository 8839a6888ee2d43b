//! The two sample rates the siren is made for.

/// A sample rate at which every pulse of the siren is a whole number of
/// wavetables, so that nothing is ever interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SampleRate {
    /// 44.1 kHz: 2205 samples hold 26 periods of the Wake voice and 38 of the
    /// Phone voice; ten such tables make a pulse.
    Hz44100,
    /// 48 kHz: 1200 samples hold 13 periods of the Wake voice and 19 of the
    /// Phone voice; twenty such tables make a pulse.
    Hz48000,
}

impl SampleRate {
    /// Every rate, for callers that try each.
    pub const ALL: [Self; 2] = [Self::Hz44100, Self::Hz48000];

    /// The rate in samples per second.
    #[must_use]
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz44100 => 44_100,
            Self::Hz48000 => 48_000,
        }
    }

    /// The rate of `hz` samples per second, or nothing if the siren is not
    /// made for it.
    #[must_use]
    pub const fn from_hz(hz: u32) -> Option<Self> {
        match hz {
            44_100 => Some(Self::Hz44100),
            48_000 => Some(Self::Hz48000),
            _ => None,
        }
    }

    /// Length of a wavetable in samples: the shortest that holds a whole number
    /// of periods of both voices (it spans 25 ms at 48 kHz, 50 ms at 44.1 kHz).
    #[must_use]
    pub const fn table_len(self) -> usize {
        match self {
            Self::Hz44100 => 2205,
            Self::Hz48000 => 1200,
        }
    }

    /// The samples in `ms` milliseconds; exact for the siren's own durations.
    pub(crate) const fn samples(self, ms: u32) -> u32 {
        (self.hz() as u64 * ms as u64 / 1000) as u32
    }
}
