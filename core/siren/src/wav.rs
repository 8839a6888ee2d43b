//! The siren as a file, for systems that play it without us.

use std::io::Cursor;

use crate::pattern::{CYCLE_MS, Pcm, ROUND_MS};
use crate::{SampleRate, Siren, Start};

/// Length of the file [`wav`] makes, in milliseconds: two rounds. iOS plays the
/// default sound instead of any notification sound of 30 s or more
/// (`UNNotificationSound`), and pushes are repeated every 25 to 30 s.
pub const WAV_MS: u32 = 2 * ROUND_MS;

/// A WAV file (PCM, 16 bit, mono) of the siren's first [`WAV_MS`], ready to be
/// written to disk or put into an app's bundle.
#[must_use]
pub fn wav(rate: SampleRate, start: Start) -> Vec<u8> {
    file(rate, start, WAV_MS)
}

/// A WAV file like [`wav`]'s of a single cycle at full level, for a drill: its
/// owner hears how loud a page would be, and nobody has to stop it.
#[must_use]
pub fn drill_wav(rate: SampleRate) -> Vec<u8> {
    file(rate, Start::Full, CYCLE_MS)
}

fn file(rate: SampleRate, start: Start, length_ms: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate.hz(),
        bits_per_sample: i16::BITS as u16,
        sample_format: hound::SampleFormat::Int,
    };
    let samples = rate.samples(length_ms);
    let mut file = Cursor::new(Vec::new());
    write(
        &mut file,
        spec,
        Siren::new(rate, start).take(samples as usize),
    )
    .expect("memory takes every write, and two rounds are far below WAV's 4 GiB");
    file.into_inner()
}

fn write(
    file: &mut Cursor<Vec<u8>>,
    spec: hound::WavSpec,
    samples: impl Iterator<Item = f32>,
) -> hound::Result<()> {
    let mut writer = hound::WavWriter::new(file, spec)?;
    for sample in samples {
        writer.write_sample(<i16 as Pcm>::from_f32(sample))?;
    }
    writer.finalize()
}
