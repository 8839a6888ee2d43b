//! The demo with a person: both pagers on the screen, and a line that says what to press.

use core::time::Duration;
use std::time::Instant;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::guide::{self, Progress, Scene};
use super::panes::{self, Pane};
use super::server::DemoServer;
use super::stage::Stage;
use crate::failure::{Context, Failure};
use crate::pager::terminal::FullScreen;
use crate::pager::words::Words;
use crate::pager::{Seat, TICK};
use crate::times;

/// How long the pagers are quiet before the alarm.
const QUIET: Duration = Duration::from_secs(6);

/// What the guide has to say that is no part of the story.
type Trouble = Option<String>;

/// Plays until the person quits.
///
/// # Errors
/// When there is no terminal, or the stage falls apart.
pub async fn play(mut stage: Stage, words: Words) -> Result<(), Failure> {
    let mut full = FullScreen::enter()?;
    let mut seats = [Seat::new(&stage.ana), Seat::new(&stage.bea)];
    let mut focus = 0;
    let mut progress = Progress::default();
    let mut trouble: Trouble = None;
    let mut alarm_at = Some(Instant::now() + QUIET);
    let mut tick = tokio::time::interval(TICK);
    loop {
        let views = [seats[0].follow(), seats[1].follow()];
        progress.manager_rang |= guide::rings(&views[1]);
        progress.tapped_offline |= progress.stopped && !views[0].taps.is_empty();
        progress.alarm_in =
            alarm_at.map_or(0, |at| at.duration_since(Instant::now()).as_secs() + 1);
        let scene = guide::scene(&views[0], progress);
        full.terminal
            .draw(|frame| {
                let said = trouble
                    .clone()
                    .unwrap_or_else(|| guide::text(scene, progress, words));
                let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(3)])
                    .areas(frame.area());
                let panes: [Pane<'_>; 2] = core::array::from_fn(|it| Pane {
                    view: &views[it],
                    screen: &seats[it].screen,
                });
                panes::draw(panes, focus, words, times::now(), above, frame.buffer_mut());
                draw_guide(&said, words, below, frame.buffer_mut());
            })
            .context("drawing")?;
        let [ana, bea] = &mut seats;
        let event = tokio::select! {
            () = ana.changed() => None,
            () = bea.changed() => None,
            _ = tick.tick() => None,
            event = full.event() => {
                Some(event.ok_or_else(|| Failure::failed("the terminal is gone"))?)
            }
        };
        if alarm_at.is_some_and(|at| Instant::now() >= at) {
            alarm_at = None;
            progress = Progress {
                stopped: progress.stopped,
                ..Progress::default()
            };
            trouble = post_alarm(&stage, &mut progress).await;
        }
        let Some(Event::Key(key)) = event else {
            continue;
        };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        trouble = None;
        let writing = seats[focus].screen.note.is_some();
        match key.code {
            KeyCode::Tab => focus = 1 - focus,
            KeyCode::Char('q') if !writing => return stage.end().await,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return stage.end().await;
            }
            KeyCode::Char('x') if !writing => {
                trouble = toggle(&mut stage.server, &mut progress).await
            }
            KeyCode::Char('a') if !writing && matches!(scene, Scene::Resolved | Scene::Told) => {
                alarm_at = Some(Instant::now());
            }
            _ => {
                progress.told |=
                    scene == Scene::Resolved && matches!(key.code, KeyCode::Up | KeyCode::Down);
                seats[focus].press(key);
            }
        }
    }
}

async fn post_alarm(stage: &Stage, progress: &mut Progress) -> Trouble {
    match stage.post_alarm().await {
        Ok(taken) => {
            progress.ticket = taken.alarms.first().and_then(|alarm| alarm.ticket);
            None
        }
        Err(failure) => Some(format!("Alertmanager: {failure}")),
    }
}

async fn toggle(server: &mut DemoServer, progress: &mut Progress) -> Trouble {
    let done = if server.is_running() {
        server.kill().await
    } else {
        server.start_again().await
    };
    progress.stopped = !server.is_running();
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
