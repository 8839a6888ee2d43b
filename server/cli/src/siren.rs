//! `tocsin siren`: what will wake you, before it has to.

use core::time::Duration;
use std::sync::mpsc;
use std::time::Instant;

use tocsin_siren::playback::{Output, SirenEvent, SirenPlayer};
use tocsin_siren::{SampleRate, Start, wav};

use crate::cli::SirenArgs;
use crate::failure::{Context, Failure};
use crate::out;

/// How long an output may take until its first sample.
const PATIENCE: Duration = Duration::from_secs(3);

/// Plays it or writes it.
///
/// # Errors
/// When there is no sound output, or the file cannot be written.
pub fn run(args: &SirenArgs) -> Result<(), Failure> {
    let start = if args.full {
        Start::Full
    } else {
        Start::Rising
    };
    match &args.wav {
        Some(file) => std::fs::write(file, wav(SampleRate::Hz48000, start)).context(file.display()),
        None => play(start, Duration::from_secs(args.seconds.into())),
    }
}

fn play(start: Start, length: Duration) -> Result<(), Failure> {
    let (tell, told) = mpsc::channel();
    let player = SirenPlayer::new(Output::Default, move |event| {
        // Nobody listens any more once the command is over.
        let _ = tell.send(event);
    })
    .context("siren")?;
    player.start(start);
    let mut patience = PATIENCE;
    let began = Instant::now();
    let mut sounded = false;
    while let Ok(event) = told.recv_timeout(patience.saturating_sub(began.elapsed())) {
        match event {
            SirenEvent::Started {
                device,
                first_sample_at,
                ..
            } => {
                sounded = true;
                let after = first_sample_at.duration_since(began).as_millis();
                out::aside(format_args!("sounding on {} after {after} ms", device.name));
                patience = began.elapsed() + length;
            }
            SirenEvent::DeviceLost { why } => out::aside(format_args!("the output is gone: {why}")),
            SirenEvent::Failed { why } if !sounded => return Err(Failure::failed(why)),
            SirenEvent::Failed { why } => out::aside(why),
            SirenEvent::DeviceOpened { .. } | SirenEvent::Stopped => {}
        }
    }
    player.stop();
    if sounded {
        Ok(())
    } else {
        Err(Failure::failed(format!(
            "the sound output took no samples within {} s; check the system's sound settings",
            PATIENCE.as_secs()
        )))
    }
}
