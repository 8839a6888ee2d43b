//! Pagers beside each other in one terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Widget};
use tocsin_pager::View;
use tocsin_ticket::Millis;

use crate::pager::draw::Face;
use crate::pager::screen::Screen;
use crate::pager::words::Words;

/// A terminal that has fewer columns for each pager gets them one above the other.
const SIDE_BY_SIDE: u16 = 55;

/// One pager's place on the screen.
#[derive(Clone, Copy)]
pub struct Pane<'a> {
    /// Whose it is.
    pub title: &'a str,
    /// What the engine says.
    pub view: &'a View,
    /// What is looked at.
    pub screen: &'a Screen,
}

/// Draws all; keys go to the one in `focus`.
pub fn draw(
    panes: &[Pane<'_>],
    focus: usize,
    words: Words,
    now: Millis,
    area: Rect,
    buffer: &mut Buffer,
) {
    let count = panes.len();
    let is_wide = usize::from(area.width) >= usize::from(SIDE_BY_SIDE) * count;
    // Where three are one above the other, the one in use needs the room.
    let share = |place| {
        if !is_wide && count > 2 && place == focus {
            3
        } else {
            1
        }
    };
    let shares = (0..count).map(|place| Constraint::Fill(share(place)));
    let places = if is_wide {
        Layout::horizontal(shares).split(area)
    } else {
        Layout::vertical(shares).split(area)
    };
    for (place, pane) in panes.iter().enumerate() {
        let style = if place == focus {
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
        } else {
            Style::new().fg(Color::DarkGray)
        };
        let block = Block::bordered().title(pane.title).border_style(style);
        let inside = block.inner(places[place]);
        block.render(places[place], buffer);
        Face {
            view: pane.view,
            screen: pane.screen,
            words,
            now,
        }
        .draw(inside, buffer);
    }
}

/// The characters of a buffer, a line a row.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut lines = String::new();
    for row in buffer.content.chunks(width) {
        let mut hidden = 0;
        let mut line = String::new();
        for cell in row {
            // A wide letter covers the cells after it.
            if hidden == 0 {
                line.push_str(cell.symbol());
                hidden = unicode_width::UnicodeWidthStr::width(cell.symbol());
            }
            hidden = hidden.saturating_sub(1);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}
