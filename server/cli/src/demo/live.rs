//! The demo with a person: the pagers on the screen, and a line that says what to press.

use core::future::ready;
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};
use tocsin_pager::View;
use tocsin_ticket::TicketId;

use super::panes::{self, Pane};
use super::server::DemoServer;
use super::stage::Stage;
use crate::failure::{Context, Failure};
use crate::pager::desk::Running;
use crate::pager::terminal::FullScreen;
use crate::pager::words::Words;
use crate::pager::{Seat, TICK};
use crate::times;

/// How long the pagers are quiet before the alarm.
const QUIET: Duration = Duration::from_secs(6);

/// What leads a person through an act: it sees what the pagers show and says what to press next.
pub trait Guide {
    /// Whose pager each is, Ana's and Bea's first.
    fn titles(&self, words: Words) -> Vec<&'static str>;

    /// The pagers beside Ana's and Bea's.
    fn further(&self) -> &[Running] {
        &[]
    }

    /// Alertmanager found something, and this is its ticket.
    fn begins(&mut self, ticket: Option<TicketId>);

    /// Follows what the pagers show, in the order of [`Guide::titles`], and says what to press.
    /// `alarm_in` counts the seconds until the alarm.
    fn says(&mut self, views: &[Arc<View>], alarm_in: u64, words: Words) -> String;

    /// The person pressed a key that is not the demo's own.
    fn pressed(&mut self, _: KeyEvent) {}

    /// The server was stopped, or runs again.
    fn server_runs(&mut self, _: bool) {}

    /// Whether the story is over, so that there may be another alarm.
    fn is_over(&self) -> bool;

    /// What is to be done on the stage once its time has come.
    ///
    /// # Errors
    /// When it cannot be done.
    fn act(&mut self, _: &Stage) -> impl Future<Output = Result<(), Failure>> {
        ready(Ok(()))
    }
}

/// What the guide has to say that is no part of the story.
type Trouble = Option<String>;

/// Plays until the person quits.
///
/// # Errors
/// When there is no terminal, or the stage falls apart.
pub async fn play(mut stage: Stage, mut guide: impl Guide, words: Words) -> Result<(), Failure> {
    let played = play_on(&mut stage, &mut guide, words).await;
    for pager in guide.further() {
        pager.handle.shutdown().await;
    }
    stage.end().await?;
    played
}

async fn play_on(stage: &mut Stage, guide: &mut impl Guide, words: Words) -> Result<(), Failure> {
    let mut full = FullScreen::enter()?;
    let pagers = [&stage.ana, &stage.bea].into_iter().chain(guide.further());
    let mut seats: Vec<Seat> = pagers.map(Seat::new).collect();
    let titles = guide.titles(words);
    let mut focus = 0;
    let mut trouble: Trouble = None;
    let mut alarm_at = Some(Instant::now() + QUIET);
    let mut tick = tokio::time::interval(TICK);
    loop {
        let views: Vec<Arc<View>> = seats.iter_mut().map(Seat::follow).collect();
        let alarm_in = alarm_at.map_or(0, |at| at.duration_since(Instant::now()).as_secs() + 1);
        let said = guide.says(&views, alarm_in, words);
        let said = trouble.clone().unwrap_or(said);
        full.terminal
            .draw(|frame| {
                let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(3)])
                    .areas(frame.area());
                let panes: Vec<Pane<'_>> = seats
                    .iter()
                    .zip(&views)
                    .zip(&titles)
                    .map(|((seat, view), title)| Pane {
                        title,
                        view,
                        screen: &seat.screen,
                    })
                    .collect();
                panes::draw(
                    &panes,
                    focus,
                    words,
                    times::now(),
                    above,
                    frame.buffer_mut(),
                );
                draw_guide(&said, words, below, frame.buffer_mut());
            })
            .context("drawing")?;
        if let Err(failure) = guide.act(stage).await {
            trouble = Some(failure.to_string());
        }
        let mut changes: Vec<_> = seats.iter_mut().map(|it| Box::pin(it.changed())).collect();
        let changed = futures_util::future::select_all(&mut changes);
        let event = tokio::select! {
            _ = changed => None,
            _ = tick.tick() => None,
            event = full.event() => {
                Some(event.ok_or_else(|| Failure::failed("the terminal is gone"))?)
            }
        };
        drop(changes);
        if alarm_at.is_some_and(|at| Instant::now() >= at) {
            alarm_at = None;
            match stage.post_alarm().await {
                Ok(taken) => guide.begins(taken.alarms.first().and_then(|alarm| alarm.ticket)),
                Err(failure) => trouble = Some(format!("Alertmanager: {failure}")),
            }
        }
        let Some(Event::Key(key)) = event else {
            continue;
        };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        trouble = None;
        let writing = seats[focus].screen.prompt.is_some();
        match key.code {
            KeyCode::Tab => focus = (focus + 1) % seats.len(),
            KeyCode::Char('q') if !writing => return Ok(()),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
            KeyCode::Char('x') if !writing => {
                trouble = toggle(&mut stage.server).await;
                guide.server_runs(stage.server.is_running());
            }
            KeyCode::Char('a') if !writing && guide.is_over() => alarm_at = Some(Instant::now()),
            _ => {
                guide.pressed(key);
                seats[focus].press(key);
            }
        }
    }
}

async fn toggle(server: &mut DemoServer) -> Trouble {
    let done = if server.is_running() {
        server.kill().await
    } else {
        server.start_again().await
    };
    done.err().map(|failure| failure.to_string())
}

fn draw_guide(said: &str, words: Words, area: Rect, buffer: &mut ratatui::buffer::Buffer) {
    let style = Style::new().fg(Color::Black).bg(Color::Cyan);
    let keys = words.pick(
        "Tab: the other pager · x: stop or start the server · q: end the demo",
        "Tab: 다른 호출기 · x: 서버 끄기/켜기 · q: 데모 종료",
    );
    let text = Text::from(vec![
        Line::from(Span::styled(
            format!(" {said}"),
            style.add_modifier(Modifier::BOLD),
        )),
        Line::from(Span::styled(format!(" {keys}"), style)),
    ]);
    Paragraph::new(text)
        .style(style)
        .wrap(Wrap { trim: false })
        .render(area, buffer);
}
