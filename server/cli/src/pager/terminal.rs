//! The terminal while a pager is on it.

use std::io::Write;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::DefaultTerminal;

use crate::failure::{Context, Failure};

/// The full screen. The terminal is as it was when this is dropped, and after a panic.
pub struct FullScreen {
    /// Where to draw.
    pub terminal: DefaultTerminal,
    events: EventStream,
}

impl FullScreen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When there is none.
    pub fn enter() -> Result<Self, Failure> {
        // Its hook gives the terminal back before a panic is printed.
        let terminal = ratatui::try_init().context("a pager needs a terminal")?;
        Ok(Self {
            terminal,
            events: EventStream::new(),
        })
    }

    /// The next key or resize; `None` when the terminal is gone.
    pub async fn event(&mut self) -> Option<Event> {
        self.events.next().await?.ok()
    }

    /// Rings the terminal's own bell, beside the siren.
    pub fn ring_bell(&mut self) {
        // A terminal that is gone is noticed when it is read.
        let mut out = std::io::stdout();
        let _ = out.write_all(b"\x07").and_then(|()| out.flush());
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
