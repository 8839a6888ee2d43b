//! Opens the output: the system's default device, or nothing at a device's pace.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use rodio::cpal::traits::{DeviceTrait, HostTrait};
use rodio::cpal::{self, BufferSize, ErrorKind, SupportedStreamConfig};
use rodio::{DeviceSinkBuilder, MixerDeviceSink};

use super::source::{Shared, Source};
use super::{Output, OutputDevice};
use crate::SampleRate;

/// Buffer asked for, in frames: 11 ms at 48 kHz. The system's own choice is
/// taken where a device refuses it.
const BUFFER_FRAMES: u32 = 512;

/// An open output. Closed by dropping it.
pub(super) struct Opened {
    pub(super) device: OutputDevice,
    pub(super) trouble: Trouble,
    _stream: Stream,
}

/// What the audio system has said against a stream.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<Complaint>>>);

/// An error of a stream.
#[derive(Clone)]
pub(super) struct Complaint {
    pub(super) why: String,
    /// Whether the stream has ended by it. If not, only the samples tell: the
    /// PulseAudio plugin, for one, now and then answers EIO and goes on.
    pub(super) is_end: bool,
}

impl Trouble {
    /// The worst complaint not [forgotten](Self::forget).
    pub(super) fn complaint(&self) -> Option<Complaint> {
        self.lock().clone()
    }

    /// Drops a complaint the stream has outlived.
    pub(super) fn forget(&self) {
        self.lock().take_if(|complaint| !complaint.is_end);
    }

    /// Whether this is worse than what was known.
    fn add(&self, error: &cpal::Error, is_end: bool) -> bool {
        let mut known = self.lock();
        let worse = known.as_ref().is_none_or(|known| is_end && !known.is_end);
        if worse {
            *known = Some(Complaint {
                why: error.to_string(),
                is_end,
            });
        }
        worse
    }

    fn lock(&self) -> MutexGuard<'_, Option<Complaint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds what keeps the samples flowing.
enum Stream {
    Device { _sink: MixerDeviceSink },
    Null { _output: NullOutput },
}

/// Opens `output` and lets it pull from a new [`Source`]; `owner` is woken when
/// the siren is heard or the stream ends.
pub(super) fn open(output: Output, shared: &Arc<Shared>, owner: &Thread) -> Result<Opened, String> {
    match output {
        Output::Default => open_default(shared, owner),
        Output::Null => NullOutput::open(shared, owner),
    }
}

fn open_default(shared: &Arc<Shared>, owner: &Thread) -> Result<Opened, String> {
    // Libasound prints what goes wrong to stderr, across a full-screen pager;
    // here it is caught instead. A new buffer per attempt, so none grows.
    #[cfg(target_os = "linux")]
    let _chatter = alsa::Output::local_error_handler();

    let no_sound = |why: &dyn std::fmt::Display| {
        format!(
            "the default sound output could not be opened: {why}; \
             connect an output or choose one in the system's sound settings"
        )
    };
    let device = cpal::default_host()
        .default_output_device()
        .ok_or_else(|| no_sound(&"the system has none"))?;
    let name = device
        .description()
        .map_or_else(|_| "default output".into(), |it| it.name().to_owned());
    let config = best_config(&device).map_err(|error| no_sound(&error))?;
    // Another rate than the siren's own is left to rodio to convert to.
    let rate = SampleRate::from_hz(config.sample_rate()).unwrap_or(SampleRate::Hz48000);
    let channels =
        NonZero::new(config.channels()).ok_or_else(|| no_sound(&"it has no channels"))?;

    let open_with = |buffer: BufferSize| {
        let trouble = Trouble::default();
        let mut sink = DeviceSinkBuilder::default()
            .with_device(device.clone())
            .with_supported_config(&config)
            .with_buffer_size(buffer)
            .with_error_callback(on_error(trouble.clone(), owner.clone()))
            .open_stream()?;
        sink.log_on_drop(false);
        Ok::<_, rodio::DeviceSinkError>((sink, trouble))
    };
    let (buffer_frames, (sink, trouble)) = match open_with(BufferSize::Fixed(BUFFER_FRAMES)) {
        Ok(opened) => (Some(BUFFER_FRAMES), opened),
        Err(_) => (
            None,
            open_with(BufferSize::Default).map_err(|error| no_sound(&chain(&error)))?,
        ),
    };
    sink.mixer().add(Source::new(
        Arc::clone(shared),
        owner.clone(),
        rate,
        channels,
    ));
    Ok(Opened {
        device: OutputDevice {
            name,
            is_null: false,
            rate_hz: config.sample_rate(),
            buffer_frames,
        },
        trouble,
        _stream: Stream::Device { _sink: sink },
    })
}

/// The device's default configuration, moved to one of the siren's own rates
/// where the device has one.
fn best_config(device: &cpal::Device) -> Result<SupportedStreamConfig, cpal::Error> {
    let default = device.default_output_config()?;
    if SampleRate::from_hz(default.sample_rate()).is_some() {
        return Ok(default);
    }
    let at_own_rate = device.supported_output_configs().ok().and_then(|ranges| {
        ranges
            .filter(|range| {
                range.channels() == default.channels()
                    && range.sample_format() == default.sample_format()
            })
            .find_map(|range| {
                [SampleRate::Hz48000, SampleRate::Hz44100]
                    .into_iter()
                    .find_map(|rate| range.try_with_sample_rate(rate.hz()))
            })
    });
    Ok(at_own_rate.unwrap_or(default))
}

/// Keeps what may have ended a stream; the owner finds out whether it has.
fn on_error(trouble: Trouble, owner: Thread) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| {
        let is_end = match error.kind() {
            // The stream goes on after these.
            ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => return,
            ErrorKind::DeviceNotAvailable
            | ErrorKind::HostUnavailable
            | ErrorKind::StreamInvalidated => true,
            _ => false,
        };
        if trouble.add(&error, is_end) {
            owner.unpark();
        }
    }
}

/// An error with its causes, which rodio's own text leaves out.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// Pulls samples at the pace of a device and lets nobody hear them.
struct NullOutput {
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NullOutput {
    fn open(shared: &Arc<Shared>, owner: &Thread) -> Result<Opened, String> {
        let rate = SampleRate::Hz48000;
        let mut source = Source::new(Arc::clone(shared), owner.clone(), rate, NonZero::<u16>::MIN);
        let closing = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&closing);
        let buffer = Duration::from_secs(1) * BUFFER_FRAMES / rate.hz();
        let thread = thread::Builder::new()
            .name("siren-null".into())
            .spawn(move || {
                let mut due = Instant::now();
                while !closed.load(Ordering::Acquire) {
                    for _ in 0..BUFFER_FRAMES {
                        source.next_frame();
                    }
                    due += buffer;
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                }
            })
            .map_err(|error| format!("the null output's thread could not start: {error}"))?;
        Ok(Opened {
            device: OutputDevice {
                name: "null output (nobody can hear it)".into(),
                is_null: true,
                rate_hz: rate.hz(),
                buffer_frames: Some(BUFFER_FRAMES),
            },
            trouble: Trouble::default(),
            _stream: Stream::Null {
                _output: Self {
                    closing,
                    thread: Some(thread),
                },
            },
        })
    }
}

impl Drop for NullOutput {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and there is nobody left to tell.
            let _ = thread.join();
        }
    }
}
