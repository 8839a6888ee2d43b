//! The demo without a person: every step is taken, measured and held to what was promised.

use core::time::Duration;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tocsin_pager::View;
use tocsin_pager::engine::Connection;
use tocsin_pager::story;
use tocsin_ticket::{Event, Millis, PageReason, PersonId, Receipt, Rung, TicketId, TicketState};
use tocsin_wire::{Action, Known, Timeline};

use super::guide;
use super::panes::{self, Pane};
use super::stage::Stage;
use crate::failure::Failure;
use crate::out::{self, BAD, FAINT, GOOD, STRONG, paint};
use crate::pager::desk::Running;
use crate::pager::screen::{Screen, ticket};
use crate::pager::words::Words;
use crate::times;

/// The demo team's limit for a SEV1's check-in.
const CHECK_IN: Duration = Duration::from_secs(10);

/// How late a limit may fire (invariant 5 of the design).
const LATENESS: Duration = Duration::from_secs(1);

/// How long a step may take that should take no time: enough for a slow, busy machine.
pub(super) const PROMPTLY: Duration = Duration::from_secs(5);

/// How long a pager may take to find a server that came back.
pub(super) const RECONNECT: Duration = Duration::from_secs(40);

/// Frames that a siren must have given to its output to be believed: a quarter of a second.
const FRAMES: u64 = 12_000;

/// How long a siren is watched for samples after it was silenced.
const SILENCE: Duration = Duration::from_millis(500);

const NOTE: &str = "Rolled back checkout to the version of yesterday.";

/// Takes every step.
///
/// # Errors
/// With the first step that did not happen.
pub async fn play(mut stage: Stage, words: Words) -> Result<(), Failure> {
    let mut play = Play::begin();
    let played = play.all(&mut stage, words).await;
    stage.end().await?;
    play.end(played)
}

/// What did not happen.
pub(super) type Step<T = ()> = Result<T, String>;

/// An act under way.
pub(super) struct Play {
    began: Instant,
    steps: u32,
}

impl Play {
    /// Begins now.
    pub(super) fn begin() -> Self {
        Self {
            began: Instant::now(),
            steps: 0,
        }
    }

    /// Says how it ended.
    pub(super) fn end(self, played: Step) -> Result<(), Failure> {
        match played {
            Ok(()) => {
                let text = format!("all {} steps happened", self.steps);
                out::line(format_args!("\n{}", paint(GOOD, text)));
                Ok(())
            }
            Err(what) => {
                out::line(format_args!("{} {what}", paint(BAD, "did not happen:")));
                Err(Failure::failed("the demo did not play to its end"))
            }
        }
    }

    /// Says what happened.
    pub(super) fn did(&mut self, text: impl core::fmt::Display) {
        self.steps += 1;
        let at = format!("{:7.3} s", self.began.elapsed().as_secs_f64());
        out::line(format_args!("{}  {text}", paint(FAINT, at)));
    }

    async fn all(&mut self, stage: &mut Stage, words: Words) -> Step {
        for (name, pager) in [("Ana", &stage.ana), ("Bea", &stage.bea)] {
            view_until(
                pager,
                &format!("{name}'s pager connected"),
                RECONNECT,
                is_live,
            )
            .await?;
        }
        self.did("a fresh server runs; Ana (on call) and Bea (manager) are enrolled and connected");
        let ticket = self.alarm(stage).await?;
        self.on_call_is_woken(stage, ticket).await?;
        self.manager_is_woken(stage, ticket).await?;
        self.check_in_silences(stage, ticket).await?;
        self.offline_note_arrives(stage, ticket).await?;
        self.work_and_resolve(stage, ticket).await?;
        let timeline = stage
            .timeline(ticket)
            .await
            .map_err(|failure| failure.to_string())?;
        self.everything_is_told(&timeline)?;
        show(stage, ticket, &timeline, words).await;
        Ok(())
    }

    async fn alarm(&mut self, stage: &Stage) -> Step<TicketId> {
        let began = Instant::now();
        let taken = stage
            .post_alarm()
            .await
            .map_err(|failure| format!("the alarm: {failure}"))?;
        let [alarm] = taken.alarms.as_slice() else {
            return Err(format!("one alarm in one ticket, but {taken:?}"));
        };
        let ticket = alarm
            .ticket
            .filter(|_| alarm.opened)
            .ok_or("a new ticket")?;
        let took = millis(began.elapsed());
        self.did(format_args!(
            "Alertmanager's alarm was taken: ticket {ticket} is on disk, after {took}"
        ));
        Ok(ticket)
    }

    async fn on_call_is_woken(&mut self, stage: &Stage, ticket: TicketId) -> Step {
        let paged =
            |view: &View| view.pages.iter().any(|page| page.ticket == ticket) && guide::rings(view);
        let view = view_until(&stage.ana, "Ana is paged", PROMPTLY, paged).await?;
        let page = view.pages.first().ok_or("Ana's page")?;
        if page.severity != Known::Yes(tocsin_ticket::Severity::Sev1) {
            return Err(format!("a SEV1, but it is a {}", page.severity));
        }
        self.did(format_args!(
            "Ana is paged: {} {} “{}”",
            page.severity, page.service, page.title
        ));
        let frames = siren_until_heard(&stage.ana, "Ana").await?;
        self.did(format_args!(
            "Ana's siren sounds: {frames} frames pulled by the output, not silent"
        ));
        let view = stage.bea.handle.view().borrow().clone();
        if guide::rings(&view) || stage.bea.siren.frames_pulled() > 0 {
            return Err("nobody but Ana is woken, but Bea's pager rings".to_owned());
        }
        self.did("Bea sleeps on: she was not paged");
        Ok(())
    }

    async fn manager_is_woken(&mut self, stage: &Stage, ticket: TicketId) -> Step {
        let limit = CHECK_IN + PROMPTLY;
        view_until(
            &stage.bea,
            "Bea is paged after the missed check-in",
            limit,
            guide::rings,
        )
        .await?;
        let frames = siren_until_heard(&stage.bea, "Bea").await?;
        let timeline = stage
            .timeline(ticket)
            .await
            .map_err(|failure| failure.to_string())?;
        let paged = paged_at(&timeline, "ana").ok_or("Ana's page in the timeline")?;
        let escalated = paged_at(&timeline, "bea").ok_or("Bea's page in the timeline")?;
        let after = escalated.since(paged);
        if !(CHECK_IN..=CHECK_IN + LATENESS).contains(&after) {
            return Err(format!(
                "Bea is paged after 10 s and not later than 11 s, but after {}",
                millis(after)
            ));
        }
        self.did(format_args!(
            "nobody checked in: Bea is paged {} after Ana, and her siren sounds ({frames} frames)",
            millis(after)
        ));
        if !guide::rings(&stage.ana.handle.view().borrow()) || !stage.ana.siren.is_heard() {
            return Err("Ana's siren goes on until somebody checks in".to_owned());
        }
        self.did("Ana's siren still sounds");
        Ok(())
    }

    async fn check_in_silences(&mut self, stage: &Stage, ticket: TicketId) -> Step {
        stage.ana.handle.seen(ticket);
        let began = Instant::now();
        stage.ana.handle.tap(ticket, Action::CheckIn);
        let (ana, bea) = tokio::join!(
            silent_for_good(&stage.ana, "Ana", began),
            silent_for_good(&stage.bea, "Bea", began)
        );
        let (ana, bea) = (millis(ana?), millis(bea?));
        self.did(format_args!(
            "Ana checked in: her siren stopped after {ana}, Bea's after {bea}; no sample since"
        ));
        let checked = |view: &View| is_state(view, ticket, TicketState::Researching);
        view_until(
            &stage.bea,
            "Bea's pager shows Researching",
            PROMPTLY,
            checked,
        )
        .await?;
        self.did("both pagers show Researching, and whose it is");
        Ok(())
    }

    async fn offline_note_arrives(&mut self, stage: &mut Stage, ticket: TicketId) -> Step {
        let words = |failure: Failure| failure.to_string();
        stage.server.kill().await.map_err(words)?;
        view_until(
            &stage.ana,
            "Ana's pager notices the dead server",
            PROMPTLY,
            |view| !is_live(view),
        )
        .await?;
        self.did("the server was killed; Ana's pager says that it is offline");
        stage.ana.handle.tap(
            ticket,
            Action::Note {
                text: NOTE.to_owned(),
            },
        );
        stage.ana.handle.settled().await;
        view_until(&stage.ana, "the note waits", PROMPTLY, |view| {
            view.taps.len() == 1
        })
        .await?;
        self.did("Ana wrote a note offline: it is on her disk and shown as waiting");
        stage.server.start_again().await.map_err(words)?;
        let began = Instant::now();
        let sent = |view: &View| view.taps.is_empty() && is_live(view);
        view_until(&stage.ana, "the note is sent", RECONNECT, sent).await?;
        let timeline = stage.timeline(ticket).await.map_err(words)?;
        let times = events(&timeline)
            .filter(|event| matches!(event, Event::NoteAdded { .. }))
            .count();
        if times != 1 {
            return Err(format!("the note arrives once, but {times} times"));
        }
        self.did(format_args!(
            "the server came back: the note arrived, once, {}",
            millis(began.elapsed())
        ));
        Ok(())
    }

    async fn work_and_resolve(&mut self, stage: &Stage, ticket: TicketId) -> Step {
        for (action, state, text) in [
            (
                Action::StartWork,
                TicketState::WorkInProgress,
                "Ana started work",
            ),
            (Action::Resolve, TicketState::Resolved, "Ana resolved it"),
        ] {
            stage.ana.handle.tap(ticket, action);
            for (name, pager) in [("Ana", &stage.ana), ("Bea", &stage.bea)] {
                let what = format!("{name}'s pager shows {state}");
                let arrived = |view: &View| view.taps.is_empty() && is_state(view, ticket, state);
                view_until(pager, &what, RECONNECT, arrived).await?;
            }
            self.did(format_args!("{text}: {state} on both pagers"));
        }
        Ok(())
    }

    /// The timeline must answer "why was I paged?" with every rung of both pages.
    fn everything_is_told(&mut self, timeline: &Timeline) -> Step {
        let mut receipts: Vec<(PersonId, &Receipt)> = Vec::new();
        let pages: Vec<_> = events(timeline)
            .filter_map(|event| match event {
                Event::Paged { page } => Some((page.id, page.person.clone())),
                _ => None,
            })
            .collect();
        for event in events(timeline) {
            if let Event::PageReceipt { page, receipt } = event
                && let Some((_, person)) = pages.iter().find(|(id, _)| id == page)
            {
                receipts.push((person.clone(), receipt));
            }
        }
        let rungs = [
            (
                "ana",
                &[Rung::Received, Rung::Sounding, Rung::Seen, Rung::CheckedIn][..],
            ),
            ("bea", &[Rung::Received, Rung::Sounding][..]),
        ];
        for (person, rungs) in rungs {
            for rung in rungs {
                let reached =
                    |(who, it): &(PersonId, &Receipt)| who.as_str() == person && it.rung == *rung;
                if !receipts.iter().any(reached) {
                    return Err(format!("the timeline says of {person}'s page: {rung}"));
                }
            }
        }
        type Told = fn(&Event) -> bool;
        let deeds: [(&str, Told); 6] = [
            (
                "who it was given to",
                |it| matches!(it, Event::Opened { owner, .. } if owner.as_str() == "ana"),
            ),
            ("why Bea was paged", |it| {
                matches!(it, Event::Escalated { reason: PageReason::CheckInMissed, people, .. }
                    if people.iter().any(|person| person.as_str() == "bea"))
            }),
            ("who checked in", |it| matches!(it, Event::CheckedIn { .. })),
            (
                "who started work",
                |it| matches!(it, Event::WorkStarted { by } if by.as_str() == "ana"),
            ),
            (
                "the note",
                |it| matches!(it, Event::NoteAdded { text, .. } if text == NOTE),
            ),
            ("who resolved it", |it| matches!(it, Event::Resolved { .. })),
        ];
        for (what, told) in deeds {
            if !events(timeline).any(told) {
                return Err(format!("the timeline says {what}"));
            }
        }
        self.did(
            "the timeline tells every rung: received, sounding, seen, checked in; work; resolve",
        );
        Ok(())
    }
}

/// Everything that the timeline tells, in order.
pub(super) fn events(timeline: &Timeline) -> impl Iterator<Item = &Event> {
    timeline
        .entries
        .iter()
        .flat_map(|entry| &entry.events)
        .filter_map(Known::get)
}

/// When a person was first paged, by the server's clock.
fn paged_at(timeline: &Timeline, who: &str) -> Option<Millis> {
    events(timeline).find_map(|event| match event {
        Event::Paged { page } if page.person.as_str() == who => Some(page.at),
        _ => None,
    })
}

/// Whether the pager hears the server.
pub(super) fn is_live(view: &View) -> bool {
    matches!(view.connection, Connection::Live { .. })
}

/// Whether the pager shows the ticket in this state.
pub(super) fn is_state(view: &View, id: TicketId, state: TicketState) -> bool {
    ticket(view, id).is_some_and(|item| item.ticket.state == Known::Yes(state))
}

/// A length of time in words.
pub(super) fn millis(length: Duration) -> String {
    format!("{:.1} ms", length.as_secs_f64() * 1000.0)
}

/// Waits until a pager shows what is to come.
pub(super) async fn view_until(
    pager: &Running,
    what: &str,
    limit: Duration,
    mut arrived: impl FnMut(&View) -> bool,
) -> Step<std::sync::Arc<View>> {
    let mut views = pager.handle.view();
    let arriving = views.wait_for(|view| arrived(view));
    match tokio::time::timeout(limit, arriving).await {
        Ok(Ok(view)) => Ok(std::sync::Arc::clone(&view)),
        Ok(Err(_)) => Err(format!("{what}; the pager ended")),
        Err(_) => Err(format!("{what}, within {} s", limit.as_secs())),
    }
}

/// Waits until the output has pulled samples that are not silent, and goes on pulling.
pub(super) async fn siren_until_heard(pager: &Running, name: &str) -> Step<u64> {
    let since = Instant::now();
    while !(pager.siren.is_heard() && pager.siren.frames_pulled() >= FRAMES) {
        if since.elapsed() > PROMPTLY {
            let frames = pager.siren.frames_pulled();
            return Err(format!(
                "{name}'s siren sounds, but its output pulled {frames} frames"
            ));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(pager.siren.frames_pulled())
}

/// Waits until the siren is silent, and makes sure that no sample of it is pulled afterwards.
pub(super) async fn silent_for_good(pager: &Running, name: &str, began: Instant) -> Step<Duration> {
    while pager.siren.is_heard() {
        if began.elapsed() > PROMPTLY {
            return Err(format!("{name}'s siren stops at the check-in"));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = began.elapsed();
    // The buffer that was being filled at that moment may still be counted.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let frames = pager.siren.frames_pulled();
    tokio::time::sleep(SILENCE).await;
    if pager.siren.frames_pulled() != frames {
        return Err(format!("{name}'s siren stays silent after the check-in"));
    }
    Ok(took)
}

/// The story in words, and both screens as they stand at the end.
async fn show(stage: &Stage, id: TicketId, timeline: &Timeline, words: Words) {
    let views = [&stage.ana, &stage.bea].map(|pager| pager.handle.view().borrow().clone());
    out::line(format_args!(
        "\n{}",
        paint(
            STRONG,
            format_args!("Ticket {id}, as `tocsin ticket {}` tells it", id.0)
        )
    ));
    for line in story::tell(
        &timeline.entries,
        &views[0].directory,
        &times::clock,
        words.0,
    ) {
        out::line(format_args!(
            "{}  {}",
            paint(FAINT, times::clock(line.at)),
            line.text
        ));
    }
    let told = crate::pager::screen::Told {
        ticket: id,
        version: timeline.ticket.version,
        entries: timeline.entries.clone(),
    };
    let mut screens = [Screen::default(), Screen::default()];
    screens[0].look_at(id);
    screens[0].told = Some(std::sync::Arc::new(told));
    let area = Rect::new(0, 0, 160, 24);
    let mut buffer = Buffer::empty(area);
    let titles = guide::titles(words);
    let panes: [Pane<'_>; 2] = core::array::from_fn(|it| Pane {
        title: titles[it],
        view: &views[it],
        screen: &screens[it],
    });
    panes::draw(&panes, 0, words, times::now(), area, &mut buffer);
    out::line(format_args!("\n{}", panes::text(&buffer)));
}
