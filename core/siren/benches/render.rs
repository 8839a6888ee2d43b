//! What the siren costs: its first sample in a fresh process, a sample after
//! that, and a whole round rendered.

use std::hint::black_box;
use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use tocsin_siren::{SampleRate, Siren, Start, WAV_MS, render, wav};

const RATES: [u32; 2] = [44_100, 48_000];

fn rate(hz: u32) -> SampleRate {
    SampleRate::from_hz(hz).expect("one of the siren's rates")
}

fn main() {
    // Wavetables are built once per process, so this can be timed only once.
    for hz in RATES {
        let since = Instant::now();
        let first = black_box(Siren::new(rate(hz), Start::Rising).next());
        let elapsed = since.elapsed();
        println!("first sample, cold, {hz} Hz: {elapsed:?} ({first:?})");
    }
    divan::main();
}

#[divan::bench(args = RATES)]
fn first_sample_warm(hz: u32) -> Option<f32> {
    Siren::new(rate(black_box(hz)), Start::Rising).next()
}

#[divan::bench(args = RATES)]
fn stream_512_frames(bencher: Bencher<'_, '_>, hz: u32) {
    let mut siren = Siren::new(rate(hz), Start::Full);
    bencher
        .counter(ItemsCount::new(512_u32))
        .bench_local(|| siren.by_ref().take(512).sum::<f32>());
}

#[divan::bench(args = RATES)]
fn render_12_s_f32(hz: u32) -> Vec<f32> {
    render(rate(hz), Start::Rising)
}

#[divan::bench(args = RATES)]
fn render_12_s_i16(hz: u32) -> Vec<i16> {
    render(rate(hz), Start::Rising)
}

#[divan::bench(args = RATES)]
fn wav_of_two_rounds(bencher: Bencher<'_, '_>, hz: u32) {
    bencher
        .counter(divan::counter::BytesCount::new(
            u64::from(hz) * u64::from(WAV_MS) / 1000 * 2,
        ))
        .bench(|| wav(rate(hz), Start::Rising));
}
