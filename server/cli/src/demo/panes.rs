//! Two pagers beside each other in one terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Widget};
use tocsin_pager::View;
use tocsin_ticket::Millis;

use crate::pager::draw::Face;
use crate::pager::screen::Screen;
use crate::pager::words::Words;

/// Narrower terminals get the pagers one above the other.
const SIDE_BY_SIDE: u16 = 110;

/// One pager's place on the screen.
#[derive(Clone, Copy)]
pub struct Pane<'a> {
    /// What the engine says.
    pub view: &'a View,
    /// What is looked at.
    pub screen: &'a Screen,
}

/// Draws both; keys go to the one in `focus`.
pub fn draw(
    panes: [Pane<'_>; 2],
    focus: usize,
    words: Words,
    now: Millis,
    area: Rect,
    buffer: &mut Buffer,
) {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let places: [Rect; 2] = if area.width >= SIDE_BY_SIDE {
        Layout::horizontal(halves).areas(area)
    } else {
        Layout::vertical(halves).areas(area)
    };
    let titles = [
        words.pick(" Ana's pager: on call ", " Ana 님 호출기: 당직 "),
        words.pick(" Bea's pager: manager ", " Bea 님 호출기: 관리자 "),
    ];
    for (place, pane) in panes.into_iter().enumerate() {
        let style = if place == focus {
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
        } else {
            Style::new().fg(Color::DarkGray)
        };
        let block = Block::bordered().title(titles[place]).border_style(style);
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
