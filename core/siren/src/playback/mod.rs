//! The one owner of the machine's sound output.
//!
//! A [`SirenPlayer`] keeps a single stream open whose source is either the
//! siren or silence, so there is no queue: starting and stopping flip an atomic
//! that the audio thread reads at every frame. That gives the promises here:
//! starting twice sounds once; after [`SirenPlayer::stop`] not one more siren
//! frame is handed over; starting on an open output takes no more than the
//! output's own buffer. A device that disappears, or that stays open but takes
//! no samples, is closed and opened again for as long as a siren is wanted.
//!
//! Once opened, the output stays open and fed with silence until the player is
//! dropped. That saves the milliseconds of opening it and costs a desk about
//! 2 % of one core (measured under PulseAudio); a phone must not do this, and
//! its shell plays [`render`](crate::render)ed buffers instead.

mod output;
mod owner;
mod source;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Start;
use owner::Owner;
use source::Shared;

/// Where a player's samples go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The default output of the machine.
    Default,
    /// Nowhere, at the pace of a real device: for machines without a sound
    /// card. Everything happens and is reported as on a device, which says of
    /// itself that it [is null](OutputDevice::is_null) and sounds at volume 0.
    Null,
}

/// An opened output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDevice {
    /// Its name as the system gives it.
    pub name: String,
    /// Whether nobody can hear it.
    pub is_null: bool,
    /// Its rate, in frames per second.
    pub rate_hz: u32,
    /// The buffer it agreed to, in frames; nothing if it chose its own.
    pub buffer_frames: Option<u32>,
}

/// What a [`SirenPlayer`] has to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum SirenEvent {
    /// The output is open and takes samples when asked.
    DeviceOpened {
        /// Which.
        device: OutputDevice,
        /// Whether it replaces one that was [lost](SirenEvent::DeviceLost).
        reopened: bool,
    },
    /// The output has pulled the first sample of a siren that is not silent;
    /// once for every siren heard.
    Started {
        /// Which output.
        device: OutputDevice,
        /// Share of full level that leaves the loudspeaker, from 0 to 1;
        /// nothing where the system does not tell its volume, as on every
        /// desktop so far. The siren itself is always played at full gain.
        effective_volume: Option<f32>,
        /// When the audio thread handed that sample over.
        first_sample_at: Instant,
    },
    /// A started siren was stopped, heard or not; no sample of it is handed over
    /// any more.
    Stopped,
    /// The output is gone. It is opened again by itself.
    DeviceLost {
        /// What the system says, or that it took no samples.
        why: String,
    },
    /// The output could not be opened, so a siren would not be heard. Tried
    /// again by itself; told once per cause and started siren.
    Failed {
        /// What the system says and what to do.
        why: String,
    },
}

/// Plays the siren; see the [module](self). Dropping it ends all sound.
#[derive(Debug)]
pub struct SirenPlayer {
    shared: Arc<Shared>,
    output: Output,
    owner: JoinHandle<()>,
}

/// How long a dropped player waits for its output to close. A sound system that
/// hangs must not keep the pager from quitting.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

impl SirenPlayer {
    /// A player for `output`, which it does not open before
    /// [`prepare`](Self::prepare) or [`start`](Self::start). `on_event` is
    /// called on the player's own thread, in order; the player can do nothing
    /// else meanwhile, though what sounds goes on sounding.
    ///
    /// # Errors
    /// If the system refuses to start the player's thread.
    pub fn new(
        output: Output,
        on_event: impl FnMut(SirenEvent) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new());
        let owned = Arc::clone(&shared);
        let owner = thread::Builder::new()
            .name("siren".into())
            .spawn(move || Owner::new(owned, output, on_event).run())?;
        Ok(Self {
            shared,
            output,
            owner,
        })
    }

    /// Opens the output ahead, so that a later [`start`](Self::start) is heard
    /// within a buffer. Returns at once; [`SirenEvent::DeviceOpened`] follows.
    pub fn prepare(&self) {
        self.shared.prepare();
        self.owner.thread().unpark();
    }

    /// Sounds the siren. Does nothing if it is sounding already. Returns at
    /// once; [`SirenEvent::Started`] follows when it is really played.
    pub fn start(&self, start: Start) {
        if self.shared.start(start) {
            self.owner.thread().unpark();
        }
    }

    /// Silences the siren: the output pulls nothing but silence from here on.
    /// Does nothing if no siren sounds.
    pub fn stop(&self) {
        if self.shared.stop() {
            self.owner.thread().unpark();
        }
    }

    /// Whether a siren was started and not stopped.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.shared.wanted().start.is_some()
    }

    /// How many frames of the siren last started the output has really pulled:
    /// a number that grows is a siren that sounds.
    #[must_use]
    pub fn frames_pulled(&self) -> u64 {
        self.shared.frames_pulled()
    }

    /// Whether nobody can hear this player.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.output == Output::Null
    }
}

impl Drop for SirenPlayer {
    fn drop(&mut self) {
        self.shared.close();
        self.owner.thread().unpark();
        let since = Instant::now();
        while !self.owner.is_finished() && since.elapsed() < CLOSE_PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
