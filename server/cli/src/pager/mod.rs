//! `tocsin pager`: a real pager for a desk. The phone engine decides; here is its screen, its keys
//! and its loudspeaker.

pub mod desk;
pub mod device;
pub mod draw;
#[cfg(test)]
pub mod fixture;
mod glyphs;
pub mod keys;
mod power;
pub mod prompt;
pub mod screen;
pub mod sound;
pub mod terminal;
pub mod words;

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crossterm::event::Event;
use tocsin_pager::engine::OFFLINE_WINDOW;
use tocsin_pager::net::Server;
use tocsin_pager::{PagerHandle, View};
use tocsin_siren::playback::Output;
use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::Action;
use tokio::sync::{mpsc, watch};
use tracing_subscriber::EnvFilter;

use crate::cli::{PagerArgs, SoundOutput};
use crate::failure::{Context, Failure};
use crate::{out, profile, signals, times};
use desk::{Desk, Running};
use device::DeskDevice;
use draw::Face;
use keys::Intent;
use screen::{Screen, Told};
use terminal::FullScreen;
use words::Words;

/// How often the screen is drawn when nothing happens: running times move, and a banner blinks.
pub const TICK: Duration = Duration::from_millis(250);

/// How often the terminal's bell accompanies the siren.
const BELL_EVERY: Duration = Duration::from_secs(2);

/// One pager on the screen: its engine, what is looked at, and the timelines it asked for.
pub struct Seat {
    handle: PagerHandle,
    device: DeskDevice,
    /// What the person looks at.
    pub screen: Screen,
    view: watch::Receiver<Arc<View>>,
    told: (mpsc::UnboundedSender<Told>, mpsc::UnboundedReceiver<Told>),
    asked: Option<(TicketId, u64)>,
}

impl Seat {
    /// A seat in front of a running pager.
    pub fn new(pager: &Running) -> Self {
        let handle = pager.handle.clone();
        let view = handle.view();
        Self {
            handle,
            device: pager.device.clone(),
            screen: Screen::default(),
            view,
            told: mpsc::unbounded_channel(),
            asked: None,
        }
    }

    /// The newest view.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    /// Follows the newest view and returns it; asks for the timeline of an open ticket that moved.
    pub fn follow(&mut self) -> Arc<View> {
        let view = Arc::clone(&self.view.borrow_and_update());
        self.screen.follow(&view);
        while let Ok(told) = self.told.1.try_recv() {
            self.screen.told = Some(Arc::new(told));
        }
        if let Some(wanted) = self.screen.untold(&view)
            && self.asked.replace(wanted) != Some(wanted)
        {
            tokio::spawn(fetch(self.handle.clone(), wanted, self.told.0.clone()));
        }
        view
    }

    /// Takes a key; true when the person means to quit.
    pub fn press(&mut self, key: crossterm::event::KeyEvent) -> bool {
        let view = self.view();
        let mut quit = false;
        let handle = &self.handle;
        for intent in keys::press(key, &view, &mut self.screen) {
            match intent {
                Intent::Tap(ticket, action) => {
                    handle.tap(ticket, action);
                }
                Intent::Join(ticket, url) => {
                    handle.tap(ticket, Action::JoinConference);
                    open_address(&url);
                }
                Intent::Read(url) => open_address(&url),
                Intent::CheckInAll => {
                    handle.check_in_all();
                }
                Intent::Known => handle.going_offline(OFFLINE_WINDOW),
                Intent::Heard => {
                    let now = times::now().0.saturating_add(view.clock_offset_ms);
                    self.device.note_heard(Millis(now));
                    handle.device_changed();
                }
                Intent::Seen(ticket) => handle.seen(ticket),
                Intent::Dismiss(number) => handle.dismiss_notice(number),
                Intent::Quit => quit = true,
            }
        }
        quit
    }

    /// Ready when there is something new to show; never when the engine has ended.
    pub async fn changed(&mut self) {
        let ended = tokio::select! {
            changed = self.view.changed() => changed.is_err(),
            told = self.told.1.recv() => {
                self.screen.told = told.map(Arc::new);
                false
            }
        };
        if ended {
            std::future::pending().await
        }
    }
}

/// Opens a conference or a runbook in the person's browser. Where there is none, as over SSH, its address is on
/// the screen. What comes from a server is opened only if it is an address of the web.
fn open_address(url: &str) {
    if ["https://", "http://"]
        .iter()
        .any(|web| url.starts_with(web))
        && let Err(error) = open::that_detached(url)
    {
        tracing::info!(%error, "nothing here opens addresses");
    }
}

/// Fetches a timeline beside the drawing, because the server may be slow.
async fn fetch(
    handle: PagerHandle,
    (ticket, version): (TicketId, u64),
    told: mpsc::UnboundedSender<Told>,
) {
    let entries = handle.timeline(ticket).await;
    // Nobody looks any more when the program has ended.
    let _ = told.send(Told {
        ticket,
        version,
        entries,
    });
}

/// Runs a pager until the person quits.
///
/// # Errors
/// When it is not enrolled, cannot be, or there is no terminal.
pub async fn run(args: &PagerArgs) -> Result<(), Failure> {
    start_log(args.log_file.as_deref())?;
    let end = signals::told_to_end().context("signals")?;
    let words = Words::choose(args.lang);
    let mut desk = match &args.store {
        Some(path) => Desk::open(path)?,
        None => {
            let folder = profile::base_folder("XDG_DATA_HOME", ".local/share")?;
            Desk::open(&folder.join("tocsin/pager.db"))?
        }
    };
    if let (Some(url), Some(code)) = (&args.server, &args.code) {
        let pem = args
            .trust
            .ca
            .as_ref()
            .map(|file| std::fs::read_to_string(file).context(file.display()));
        let server = Server::new(url, pem.transpose()?, args.trust.allow_plain_http)
            .map_err(|error| Failure::usage(error.to_string()))?;
        let account = desk.enroll(server, code, &args.name).await?;
        out::aside(format_args!(
            "enrolled: this is a pager of {} now",
            account.person_name
        ));
    }
    let output = match args.output {
        SoundOutput::Default => Output::Default,
        SoundOutput::Null => Output::Null,
    };
    let pager = desk.start(output, words.0)?;
    let seat = Seat::new(&pager);
    let shown = tokio::select! {
        shown = show(seat, words) => shown,
        () = end => Ok(()),
    };
    pager.handle.shutdown().await;
    shown
}

async fn show(mut seat: Seat, words: Words) -> Result<(), Failure> {
    let mut full = FullScreen::enter()?;
    let mut tick = tokio::time::interval(TICK);
    let mut bell_rung = Instant::now();
    loop {
        let view = seat.follow();
        let face = Face {
            view: &view,
            screen: &seat.screen,
            words,
            now: times::now(),
        };
        full.terminal
            .draw(|frame| face.draw(frame.area(), frame.buffer_mut()))
            .context("drawing")?;
        if view.siren.ringing && bell_rung.elapsed() >= BELL_EVERY {
            bell_rung = Instant::now();
            full.ring_bell();
        }
        tokio::select! {
            () = seat.changed() => {}
            _ = tick.tick() => {}
            event = full.event() => match event {
                Some(Event::Key(key)) => {
                    if seat.press(key) {
                        return Ok(());
                    }
                }
                Some(_) => {}
                None => return Err(Failure::failed("the terminal is gone; nothing rings any more")),
            },
        }
    }
}

/// The screen is taken, so a log goes to a file or nowhere.
fn start_log(file: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = file else {
        return Ok(());
    };
    let file = std::fs::File::create(path).context(path.display())?;
    let filter = EnvFilter::try_from_env("TOCSIN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(file)
        .with_ansi(false)
        .init();
    Ok(())
}
