//! What the audio thread pulls, and the little it shares with the others.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::{SampleRate, Siren, Start};

/// The siren asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Counts the sirens ever started; 0 before the first.
    pub(super) generation: u64,
    /// How that siren starts; nothing once it was stopped.
    pub(super) start: Option<Start>,
}

impl Wanted {
    fn word(self) -> u64 {
        let start = match self.start {
            None => 0,
            Some(Start::Rising) => 1,
            Some(Start::Full) => 2,
        };
        self.generation << 2 | start
    }

    fn of_word(word: u64) -> Self {
        Self {
            generation: word >> 2,
            start: match word & 3 {
                0 => None,
                1 => Some(Start::Rising),
                _ => Some(Start::Full),
            },
        }
    }
}

/// State between the callers, the owner of the output and the audio thread.
/// The audio thread only loads and stores here; it never waits.
#[derive(Debug)]
pub(super) struct Shared {
    epoch: Instant,
    /// A [`Wanted`] in one word, so that it is read whole.
    wanted: AtomicU64,
    frames_pulled: AtomicU64,
    /// Frames pulled of silence and sirens alike; stands still with the output.
    beats: AtomicU64,
    /// Generation of the last siren heard.
    sounded: AtomicU64,
    /// When its first sample was pulled, in nanoseconds since the epoch.
    first_sample_ns: AtomicU64,
    /// Number of the stream that may sound; one given up may pull once more.
    stream: AtomicU64,
    prepared: AtomicBool,
    closing: AtomicBool,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            wanted: AtomicU64::new(0),
            frames_pulled: AtomicU64::new(0),
            beats: AtomicU64::new(0),
            sounded: AtomicU64::new(0),
            first_sample_ns: AtomicU64::new(0),
            stream: AtomicU64::new(0),
            prepared: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        }
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::of_word(self.wanted.load(Ordering::Acquire))
    }

    /// False if a siren is started already.
    pub(super) fn start(&self, start: Start) -> bool {
        self.change(|wanted| {
            wanted.start.is_none().then_some(Wanted {
                generation: wanted.generation + 1,
                start: Some(start),
            })
        })
    }

    /// False if no siren is started.
    pub(super) fn stop(&self) -> bool {
        self.change(|wanted| {
            wanted.start.is_some().then_some(Wanted {
                start: None,
                ..wanted
            })
        })
    }

    fn change(&self, to: impl Fn(Wanted) -> Option<Wanted>) -> bool {
        self.wanted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                to(Wanted::of_word(word)).map(Wanted::word)
            })
            .is_ok()
    }

    /// Silences the sources made so far, for good.
    pub(super) fn give_up_stream(&self) {
        self.stream.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn prepare(&self) {
        self.prepared.store(true, Ordering::Release);
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(super) fn frames_pulled(&self) -> u64 {
        self.frames_pulled.load(Ordering::Acquire)
    }

    pub(super) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Generation of the last siren heard, and when its first sample was pulled.
    pub(super) fn sounded(&self) -> (u64, Instant) {
        let generation = self.sounded.load(Ordering::Acquire);
        let ns = self.first_sample_ns.load(Ordering::Acquire);
        (generation, self.epoch + Duration::from_nanos(ns))
    }

    fn set_sounded(&self, generation: u64) {
        let ns = self.epoch.elapsed().as_nanos() as u64;
        self.first_sample_ns.store(ns, Ordering::Release);
        self.sounded.store(generation, Ordering::Release);
    }
}

/// The siren while one is wanted, silence otherwise; never ends.
#[derive(Debug)]
pub(super) struct Source {
    shared: Arc<Shared>,
    /// Woken when a siren's first sample was pulled.
    owner: Thread,
    rate: SampleRate,
    channels: NonZero<u16>,
    stream: u64,
    playing: u64,
    siren: Option<Siren>,
    /// Still to be told that this siren sounds.
    unheard: bool,
    frames_pulled: u64,
    frame: f32,
    /// Channels the current frame has still to be given to.
    channels_left: u16,
}

impl Source {
    pub(super) fn new(
        shared: Arc<Shared>,
        owner: Thread,
        rate: SampleRate,
        channels: NonZero<u16>,
    ) -> Self {
        // Builds the wavetables here rather than on the audio thread.
        let _ = Siren::new(rate, Start::Full);
        Self {
            stream: shared.stream.load(Ordering::Acquire),
            shared,
            owner,
            rate,
            channels,
            playing: 0,
            siren: None,
            unheard: false,
            frames_pulled: 0,
            frame: 0.0,
            channels_left: 0,
        }
    }

    pub(super) fn next_frame(&mut self) -> f32 {
        if self.stream != self.shared.stream.load(Ordering::Acquire) {
            return 0.0;
        }
        self.shared.beats.fetch_add(1, Ordering::Relaxed);
        let word = self.shared.wanted.load(Ordering::Acquire);
        if word != self.playing {
            self.playing = word;
            self.follow(Wanted::of_word(word));
        }
        let Some(siren) = &mut self.siren else {
            return 0.0;
        };
        let sample = siren.next().unwrap_or(0.0);
        self.frames_pulled += 1;
        self.shared
            .frames_pulled
            .store(self.frames_pulled, Ordering::Release);
        if self.unheard && sample != 0.0 {
            self.unheard = false;
            self.shared
                .set_sounded(Wanted::of_word(self.playing).generation);
            self.owner.unpark();
        }
        sample
    }

    fn follow(&mut self, wanted: Wanted) {
        // A siren heard before its output was lost goes on at full level.
        let resumed = self.shared.sounded.load(Ordering::Acquire) == wanted.generation;
        self.siren = wanted.start.map(|start| {
            let start = if resumed { Start::Full } else { start };
            Siren::new(self.rate, start)
        });
        if self.siren.is_some() {
            self.unheard = !resumed;
            self.frames_pulled = if resumed {
                self.shared.frames_pulled()
            } else {
                0
            };
        }
    }
}

impl Iterator for Source {
    type Item = rodio::Sample;

    fn next(&mut self) -> Option<rodio::Sample> {
        if self.channels_left == 0 {
            self.frame = self.next_frame();
            self.channels_left = self.channels.get();
        }
        self.channels_left -= 1;
        Some(self.frame)
    }
}

impl rodio::Source for Source {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> rodio::ChannelCount {
        self.channels
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        NonZero::new(self.rate.hz()).expect("both rates are positive")
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}
