//! The second act without a person: a SEV1 with its conference, a status update that nobody gives, help
//! from another team, and what is left to learn from. Every step is taken and held to what was promised.

use core::time::Duration;
use std::time::Instant;

use tocsin_pager::View;
use tocsin_ticket::{Event, HelpTarget, PageReason, TicketId, TicketState};
use tocsin_wire::{Action, Known};

use super::auto::{
    self, PROMPTLY, Play, RECONNECT, Step, is_live, is_state, millis, silent_for_good,
    siren_until_heard, view_until,
};
use super::papers::Papers;
use super::stage::Stage;
use crate::failure::Failure;
use crate::out::{self, FAINT, STRONG, paint};
use crate::pager::desk::Running;
use crate::pager::screen::ticket;

/// The demo team's interval between status updates, and how much later a missed one is noticed.
const STATUS_UPDATES: Duration = Duration::from_secs(15);
const STATUS_GRACE: Duration = Duration::from_secs(5);

/// The service whose on-call is asked for help: what checkout needs, of another team.
pub const DOWNSTREAM: &str = "card-payments";

const STATUS: &str = "One in four orders fails. We look at what checkout needs.";
const MESSAGE: &str = "Checkout's calls to you time out since 14:03. Do you see why?";
const CAUSE: &str = "Our database's certificate expired at 14:02. A new one is being rolled out.";

/// Takes every step.
///
/// # Errors
/// With the first step that did not happen.
pub async fn play(stage: Stage, minjun: Running) -> Result<(), Failure> {
    let mut play = Play::begin();
    let played = all(&mut play, &stage, &minjun).await;
    minjun.handle.shutdown().await;
    stage.end().await?;
    play.end(played)
}

async fn all(play: &mut Play, stage: &Stage, minjun: &Running) -> Step {
    let pagers = [("Ana", &stage.ana), ("Bea", &stage.bea), ("Minjun", minjun)];
    for (name, pager) in pagers {
        let what = format!("{name}'s pager connected");
        view_until(pager, &what, RECONNECT, is_live).await?;
    }
    play.did("a fresh server runs; Ana is on call for Shop, Minjun for Payments, Bea manages both");
    let ticket = convene(play, stage).await?;
    check_in_and_join(play, stage, ticket).await?;
    miss_a_status_update(play, stage, ticket).await?;
    give_it(play, stage, ticket).await?;
    ask_downstream(play, stage, minjun, ticket).await?;
    mend(play, stage, minjun, ticket).await?;
    everything_is_told(play, stage, ticket).await?;
    learn(play, stage, ticket).await
}

/// The first page says where to meet.
async fn convene(play: &mut Play, stage: &Stage) -> Step<TicketId> {
    let taken = stage.post_alarm().await.map_err(words)?;
    let alarm = taken.alarms.first().and_then(|alarm| alarm.ticket);
    let id = alarm.ok_or_else(|| format!("one alarm in one ticket, but {taken:?}"))?;
    play.did(format_args!(
        "Alertmanager's alarm was taken: ticket {id}, a SEV1 on Checkout, which is of tier 1"
    ));
    let paged = |view: &View| view.pages.iter().any(|page| page.ticket == id);
    let view = view_until(&stage.ana, "Ana is paged", PROMPTLY, paged).await?;
    let item = ticket(&view, id).ok_or("Ana's pager has the ticket")?;
    let conference = item.ticket.conference.as_ref().and_then(Known::get);
    let bridge = &conference.ok_or("the page says where to meet")?.bridge;
    let dial_in = bridge.dial_in.as_deref().unwrap_or("no telephone");
    play.did(format_args!(
        "Ana is paged, and her page says where to meet: {} ({dial_in})",
        bridge.url
    ));
    siren_until_heard(&stage.ana, "Ana").await?;
    play.did("Ana's siren sounds");
    Ok(id)
}

async fn check_in_and_join(play: &mut Play, stage: &Stage, id: TicketId) -> Step {
    stage.ana.handle.seen(id);
    let began = Instant::now();
    stage.ana.handle.tap(id, Action::CheckIn);
    let took = silent_for_good(&stage.ana, "Ana", began).await?;
    play.did(format_args!(
        "Ana checked in: her siren stopped after {}",
        millis(took)
    ));
    stage.ana.handle.tap(id, Action::JoinConference);
    let joined = |view: &View| {
        let item = ticket(view, id);
        let conference = item.and_then(|item| item.ticket.conference.as_ref()?.get());
        conference.is_some_and(|it| it.joined.contains_key(&"ana".into()))
    };
    view_until(&stage.bea, "Bea's pager shows who joined", PROMPTLY, joined).await?;
    play.did("Ana joined the conference, as Bea can see");
    Ok(())
}

async fn miss_a_status_update(play: &mut Play, stage: &Stage, id: TicketId) -> Step {
    play.did(format_args!(
        "status updates are due every {} s here (15 min by default); nobody gives one …",
        STATUS_UPDATES.as_secs()
    ));
    let limit = STATUS_UPDATES + PROMPTLY;
    let due = |view: &View| is_paged_for(view, id, PageReason::StatusUpdateDue);
    view_until(&stage.ana, "Ana is asked for a status update", limit, due).await?;
    siren_until_heard(&stage.ana, "Ana").await?;
    play.did("a status update is due: Ana commands the incident, so her siren asks for it");
    let limit = STATUS_GRACE + PROMPTLY;
    let missed = |view: &View| is_paged_for(view, id, PageReason::StatusUpdateMissed);
    let view = view_until(&stage.bea, "Bea hears that none came", limit, missed).await?;
    siren_until_heard(&stage.bea, "Bea").await?;
    let page = view.pages.iter().find(|page| page.ticket == id);
    play.did(format_args!(
        "it is missed: Bea, the manager, is paged: “{}”",
        page.map_or("", |page| &page.reason_text)
    ));
    Ok(())
}

async fn give_it(play: &mut Play, stage: &Stage, id: TicketId) -> Step {
    let began = Instant::now();
    let text = STATUS.to_owned();
    stage.ana.handle.tap(id, Action::UpdateStatus { text });
    let (ana, bea) = tokio::join!(
        silent_for_good(&stage.ana, "Ana", began),
        silent_for_good(&stage.bea, "Bea", began)
    );
    let took = millis(ana?.max(bea?));
    play.did(format_args!(
        "Ana: “{STATUS}” Both sirens stopped after {took}"
    ));
    Ok(())
}

async fn ask_downstream(play: &mut Play, stage: &Stage, minjun: &Running, id: TicketId) -> Step {
    let target = HelpTarget::Service {
        service: DOWNSTREAM.into(),
    };
    let message = MESSAGE.to_owned();
    stage
        .ana
        .handle
        .tap(id, Action::AskHelp { target, message });
    // The page comes first, and then the names of a team that is not his.
    let asked = |view: &View| {
        is_paged_for(view, id, PageReason::HelpAsked)
            && view.directory.people.contains_key(&"ana".into())
    };
    let view = view_until(minjun, "Minjun is asked for help", PROMPTLY, asked).await?;
    siren_until_heard(minjun, "Minjun").await?;
    let page = view.pages.iter().find(|page| page.ticket == id);
    play.did(format_args!(
        "Checkout needs Card payments, so Ana asks whoever is on call there. Minjun, of another \
         team, is paged: “{}”",
        page.map_or("", |page| &page.reason_text)
    ));
    let began = Instant::now();
    minjun.handle.tap(id, Action::CheckIn);
    let took = silent_for_good(minjun, "Minjun", began).await?;
    let comes = |view: &View| {
        let helps = ticket(view, id).map_or(&[][..], |item| &item.ticket.helps);
        let helps = helps.iter().filter_map(Known::get);
        let mut answers = helps.flat_map(|help| &help.answers);
        answers.any(|answer| answer.comes && answer.person.as_str() == "minjun")
    };
    view_until(&stage.ana, "Ana sees that Minjun comes", PROMPTLY, comes).await?;
    play.did(format_args!(
        "Minjun answered: his siren stopped after {}, and Ana's pager shows that he comes",
        millis(took)
    ));
    Ok(())
}

async fn mend(play: &mut Play, stage: &Stage, minjun: &Running, id: TicketId) -> Step {
    let text = CAUSE.to_owned();
    minjun.handle.tap(id, Action::Note { text });
    minjun.handle.settled().await;
    view_until(minjun, "Minjun's note arrives", PROMPTLY, |view| {
        view.taps.is_empty()
    })
    .await?;
    play.did(format_args!("Minjun: “{CAUSE}”"));
    for (action, state) in [
        (Action::StartWork, TicketState::WorkInProgress),
        (Action::Resolve, TicketState::Resolved),
    ] {
        stage.ana.handle.tap(id, action);
        for (name, pager) in [("Ana", &stage.ana), ("Bea", &stage.bea)] {
            let what = format!("{name}'s pager shows {state}");
            let arrived = |view: &View| view.taps.is_empty() && is_state(view, id, state);
            view_until(pager, &what, PROMPTLY, arrived).await?;
        }
    }
    play.did("Ana started work and resolved it; the conference is closed");
    Ok(())
}

/// Whoever was not there can read what happened.
async fn everything_is_told(play: &mut Play, stage: &Stage, id: TicketId) -> Step {
    type Told = fn(&Event) -> bool;
    let deeds: [(&str, Told); 8] = [
        ("that a conference was convened", |it| {
            matches!(it, Event::ConferenceConvened { .. })
        }),
        (
            "who joined",
            |it| matches!(it, Event::ConferenceJoined { by } if by.as_str() == "ana"),
        ),
        (
            "that Bea was paged for the missed status update",
            |it| matches!(it, Event::Paged { page } if page.reason == PageReason::StatusUpdateMissed && page.person.as_str() == "bea"),
        ),
        (
            "the status update",
            |it| matches!(it, Event::StatusUpdated { text, .. } if text == STATUS),
        ),
        (
            "who was asked for help, and what for",
            |it| matches!(it, Event::HelpAsked { help } if help.message == MESSAGE),
        ),
        (
            "that Minjun came",
            |it| matches!(it, Event::HelpAnswered { by, comes: true, .. } if by.as_str() == "minjun"),
        ),
        (
            "the cause",
            |it| matches!(it, Event::NoteAdded { text, .. } if text == CAUSE),
        ),
        ("that the conference was closed", |it| {
            matches!(it, Event::ConferenceClosed)
        }),
    ];
    let timeline = stage.timeline(id).await.map_err(words)?;
    for (what, told) in deeds {
        if !auto::events(&timeline).any(told) {
            return Err(format!("the timeline says {what}"));
        }
    }
    play.did("the timeline tells all of it: conference, status updates, help, cause");
    Ok(())
}

/// What stays behind.
async fn learn(play: &mut Play, stage: &Stage, id: TicketId) -> Step {
    let papers = Papers::write(stage, id).await.map_err(words)?;
    play.did(format_args!(
        "its correction of error is required and drafted from the log: {}",
        papers.coe.display()
    ));
    for line in papers
        .draft
        .lines()
        .filter(|line| !line.is_empty())
        .take(12)
    {
        out::line(format_args!("             {}", paint(FAINT, line)));
    }
    play.did(format_args!(
        "what it cost, as one page with charts: {}",
        paint(STRONG, papers.report.display())
    ));
    Ok(())
}

fn is_paged_for(view: &View, id: TicketId, reason: PageReason) -> bool {
    let mut pages = view.pages.iter();
    pages.any(|page| page.ticket == id && page.reason == Known::Yes(reason))
}

fn words(failure: Failure) -> String {
    failure.to_string()
}
