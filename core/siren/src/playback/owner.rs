//! The thread that owns the output: opens it, watches it, tells what happened.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::output::{self, Complaint, Opened};
use super::source::{Shared, Wanted};
use super::{Output, SirenEvent};

/// An output that takes no sample for this long while a siren sounds is taken
/// for lost: a hundred times the buffer asked for, and short against a page.
const STALL: Duration = Duration::from_secs(1);
/// The same for an output of which the audio system has reported an error,
/// siren or not.
const STALL_IN_TROUBLE: Duration = Duration::from_millis(300);
/// How often an output that sounds or is in trouble is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// First pause before an output is opened again; doubles up to the longest.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

pub(super) struct Owner<F> {
    shared: Arc<Shared>,
    output: Output,
    on_event: F,
    opened: Option<Opened>,
    opened_at: Instant,
    /// When a missing output is next tried.
    retry_at: Instant,
    retry_pause: Duration,
    lost_before: bool,
    /// Cause of the last failure, and the siren it was told for.
    failure: Option<(u64, String)>,
    /// Generations reported as started and as stopped.
    started: u64,
    stopped: u64,
    /// The siren last looked at.
    generation: u64,
    /// Frames the output had pulled at the last look, and when they last grew
    /// or did not matter.
    beats: u64,
    alive_at: Instant,
}

impl<F: FnMut(SirenEvent)> Owner<F> {
    pub(super) fn new(shared: Arc<Shared>, output: Output, on_event: F) -> Self {
        let now = Instant::now();
        Self {
            shared,
            output,
            on_event,
            opened: None,
            opened_at: now,
            retry_at: now,
            retry_pause: RETRY_FIRST,
            lost_before: false,
            failure: None,
            started: 0,
            stopped: 0,
            generation: 0,
            beats: 0,
            alive_at: now,
        }
    }

    pub(super) fn run(mut self) {
        while !self.shared.is_closing() {
            let wanted = self.shared.wanted();
            self.watch(wanted);
            self.open_if_wanted(wanted);
            self.report(wanted);
            match self.next_look(wanted) {
                Some(at) => thread::park_timeout(at.saturating_duration_since(Instant::now())),
                None => thread::park(),
            }
        }
    }

    /// Closes an output that has ended or takes no more samples.
    fn watch(&mut self, wanted: Wanted) {
        let now = Instant::now();
        if self.generation != wanted.generation {
            self.generation = wanted.generation;
            self.alive_at = now;
            // A new siren tries a missing output at once.
            self.retry_at = now;
        }
        let Some(opened) = &self.opened else {
            return;
        };
        let complaint = opened.trouble.complaint();
        let beats = self.shared.beats();
        if beats != self.beats {
            self.beats = beats;
            self.alive_at = now;
            opened.trouble.forget();
        }
        let still_for = now - self.alive_at.max(self.opened_at);
        let why = match complaint {
            Some(Complaint { why, is_end }) => {
                (is_end || still_for >= STALL_IN_TROUBLE).then_some(why)
            }
            None if wanted.start.is_none() => {
                self.alive_at = now;
                None
            }
            None => (still_for >= STALL)
                .then(|| format!("it took no samples for {} ms", STALL.as_millis())),
        };
        if let Some(why) = why {
            if now - self.opened_at >= RETRY_LONGEST {
                self.retry_pause = RETRY_FIRST;
            }
            self.give_up_output();
            self.lost_before = true;
            self.pause(now);
            (self.on_event)(SirenEvent::DeviceLost { why });
        }
    }

    /// Closes the output, which may take for ever if the sound system hangs and
    /// so is left to a thread of its own.
    fn give_up_output(&mut self) {
        self.shared.give_up_stream();
        let opened = self.opened.take();
        // Without a thread to be had, it is closed right here.
        let _ = thread::Builder::new()
            .name("siren-close".into())
            .spawn(move || drop(opened));
    }

    fn open_if_wanted(&mut self, wanted: Wanted) {
        if self.opened.is_some() || !self.needs_output(wanted) || Instant::now() < self.retry_at {
            return;
        }
        match output::open(self.output, &self.shared, &thread::current()) {
            Ok(opened) => {
                let device = opened.device.clone();
                self.opened = Some(opened);
                self.opened_at = Instant::now();
                self.failure = None;
                (self.on_event)(SirenEvent::DeviceOpened {
                    device,
                    reopened: self.lost_before,
                });
            }
            Err(why) => {
                self.pause(Instant::now());
                let failure = Some((wanted.generation, why.clone()));
                if self.failure != failure {
                    self.failure = failure;
                    (self.on_event)(SirenEvent::Failed { why });
                }
            }
        }
    }

    fn report(&mut self, wanted: Wanted) {
        let (sounded, first_sample_at) = self.shared.sounded();
        let ended = match wanted.start {
            Some(_) => wanted.generation - 1,
            None => wanted.generation,
        };
        if ended < sounded {
            // The siren heard has followed the one that ended.
            self.report_stopped(ended);
        }
        if sounded > self.started
            && let Some(opened) = &self.opened
        {
            self.started = sounded;
            let device = opened.device.clone();
            (self.on_event)(SirenEvent::Started {
                effective_volume: device.is_null.then_some(0.0),
                device,
                first_sample_at,
            });
        }
        self.report_stopped(ended);
    }

    fn report_stopped(&mut self, ended: u64) {
        if ended > self.stopped {
            self.stopped = ended;
            (self.on_event)(SirenEvent::Stopped);
        }
    }

    fn next_look(&self, wanted: Wanted) -> Option<Instant> {
        match &self.opened {
            Some(opened) => (wanted.start.is_some() || opened.trouble.complaint().is_some())
                .then(|| Instant::now() + WATCH_EVERY),
            None => self.needs_output(wanted).then_some(self.retry_at),
        }
    }

    fn needs_output(&self, wanted: Wanted) -> bool {
        wanted.start.is_some() || self.shared.is_prepared() || self.lost_before
    }

    fn pause(&mut self, now: Instant) {
        self.retry_at = now + self.retry_pause;
        self.retry_pause = (self.retry_pause * 2).min(RETRY_LONGEST);
    }
}
