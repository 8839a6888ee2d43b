//! One immutable value for each screen, made from what the engine shows.
//!
//! Everything a screen says in words is said here, in the person's language; a shell lays it out,
//! formats times, and decides nothing. What only a newer server knows (a severity, a state) comes as
//! `None` beside that server's own word.

use std::collections::BTreeMap;

use tocsin_pager::View;
use tocsin_pager::engine::{
    HelpItem, HelpOutcome, Loudness, Notice, NoticeKind, PageItem, PageStatus, PendingTap,
    SirenReason, SirenView, StatusItem, TicketItem,
};
use tocsin_ticket::{
    DeadlineKind, HelpTarget, Millis, PersonId, Role, Severity, TicketId, TicketState,
};
use tocsin_wire::{DownstreamView, OnCall, PhoneRules, ShiftView};

use crate::deeds::{self, Deed};

// What the engine shows is what a screen shows, under the name that the shells know.
pub use tocsin_pager::engine::{
    AskedItem as Asked, AttendeeItem as Attendee, Connection as ConnectionState,
    FindingItem as FindingCard, LocalAlarm as AlarmCard, MissedItem as MissedLimit,
    ReadinessView as ReadinessScreen,
};
pub use tocsin_pager::story::Line as TimelineLine;

/// What every screen needs, and the lists.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HomeScreen {
    /// Whose device this is.
    pub me: PersonName,
    /// The sound.
    pub siren: SirenState,
    /// The person's own live pages, worst first.
    pub pages: Vec<PageCard>,
    /// Every ticket the device keeps: open ones first, worst first, then the newest resolved ones.
    pub tickets: Vec<TicketCard>,
    /// Taps that the server has not answered, in order.
    pub waiting: Vec<WaitingTap>,
    /// What the person should read, newest first.
    pub notices: Vec<NoticeCard>,
    /// What the pager itself is alarmed about, worst first; show it like a page.
    pub alarms: Vec<AlarmCard>,
    /// What goes wrong now, worst first, beside what `readiness` finds: only that says whether the
    /// device is pageable.
    pub problems: Vec<String>,
    /// Whether this device would wake its person.
    pub readiness: ReadinessScreen,
    /// What the person's teams ask of this device: for [`crate::siren_floor`] and
    /// [`crate::hides_content`].
    pub rules: PhoneRules,
    /// Whether the server is reached.
    pub connection: ConnectionState,
    /// Whether the person is on call now, as far as the device knows.
    pub on_call: bool,
    /// Until when the pager's own alarms are quiet because the person said so.
    pub offline_until: Option<Millis>,
    /// Server's clock minus the device's, in milliseconds. A limit runs out when the device's clock
    /// plus this reaches it.
    pub clock_offset_ms: i64,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonName {
    /// Who.
    pub id: PersonId,
    /// As people call them.
    pub name: String,
}

/// The sound.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SirenState {
    /// Whether it shall sound now.
    pub ringing: bool,
    /// What for, while it rings.
    pub reason: Option<SirenReason>,
    /// How many pages ring: one siren sounds for all of them.
    pub pages: u32,
    /// How it was last started.
    pub loudness: Option<Loudness>,
    /// Whether the output has confirmed that it sounds.
    pub confirmed: bool,
    /// How loud: 0 silent to 1 full output.
    pub effective_volume: Option<f32>,
    /// Why it does not sound though it should, or did not the last time.
    pub failure: Option<String>,
}

/// One of the person's pages: the page screen.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct PageCard {
    /// Names the page: `TICKET.NUMBER`.
    pub page: String,
    /// Its ticket.
    pub ticket: TicketId,
    /// Whether it rings.
    pub status: PageStatus,
    /// How bad.
    pub severity: Option<Severity>,
    /// The same in words.
    pub severity_text: String,
    /// One line.
    pub title: String,
    /// What is in trouble.
    pub service: String,
    /// Whose it is to mend.
    pub team: String,
    /// Why this person is paged.
    pub reason_text: String,
    /// Which limit was missed, where one was.
    pub missed: Option<MissedLimit>,
    /// Somebody asks for help: answering is "I come".
    pub help: bool,
    /// The person is paged as a manager: they may extend the limit.
    pub manager: bool,
    /// Where the ticket stands.
    pub state: Option<TicketState>,
    /// The same in words.
    pub state_text: String,
    /// Since when they have been paged.
    pub at: Millis,
    /// When the running limit passes, by the server's clock.
    pub due: Option<Millis>,
    /// What happens then.
    pub due_kind: Option<DeadlineKind>,
    /// Who is paged then.
    pub next: Vec<String>,
}

/// One ticket in a list.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TicketCard {
    /// Which.
    pub ticket: TicketId,
    /// Not resolved.
    pub open: bool,
    /// How bad, once the taps that wait are done.
    pub severity: Option<Severity>,
    /// The same in words.
    pub severity_text: String,
    /// One line.
    pub title: String,
    /// What is in trouble.
    pub service: String,
    /// Whose it is to mend.
    pub team: String,
    /// Where it stands, once the taps that wait are done.
    pub state: Option<TicketState>,
    /// The same in words.
    pub state_text: String,
    /// Since when it has stood there, by the server's clock.
    pub state_since: Millis,
    /// Whose it is.
    pub owner: String,
    /// When the running limit passes, by the server's clock.
    pub due: Option<Millis>,
    /// Why nobody is paged for now.
    pub held: Option<String>,
    /// A tap waits, so that some of this is ahead of the server.
    pub pending: bool,
}

/// A tap that the server has not answered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WaitingTap {
    /// The ticket.
    pub ticket: TicketId,
    /// What was tapped.
    pub text: String,
    /// When, by the device's clock.
    pub at: Millis,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NoticeCard {
    /// Names it for [`crate::Pager::dismiss_notice`].
    pub number: i64,
    /// What it is about.
    pub kind: NoticeKind,
    /// The ticket it is about, if it is about one.
    pub ticket: Option<TicketId>,
    /// The text.
    pub text: String,
    /// When it was noticed, by the device's clock.
    pub at: Millis,
}

/// A ticket with its timeline.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TicketScreen {
    /// What the list shows of it.
    pub card: TicketCard,
    /// What this person can do about it now, most usual first.
    pub deeds: Vec<Deed>,
    /// What happens when the limit passes.
    pub due_kind: Option<DeadlineKind>,
    /// Who is paged then.
    pub next: Vec<String>,
    /// A tap waits that moves or ends the limit; at the server it still runs.
    pub moves_limit: bool,
    /// Who said it: the monitoring's name.
    pub source: String,
    /// Where the monitoring shows more.
    pub url: Option<String>,
    /// What monitoring said besides, by name.
    pub details: Vec<Detail>,
    /// Where the service's runbook is.
    pub runbook: Option<String>,
    /// What the service needs to work: where the cause usually is.
    pub downstream: Vec<Downstream>,
    /// The call that people are to join.
    pub conference: Option<Conference>,
    /// What everybody who waits was told.
    pub status: Option<StatusUpdates>,
    /// The calls for help, oldest first.
    pub helps: Vec<HelpCard>,
    /// Who is being paged for it, other than for help.
    pub paged: Vec<Asked>,
    /// Until when nobody is paged; `card.held` says why.
    pub held_until: Option<Millis>,
    /// Who moved the limit of its present state.
    pub extended_by: Option<String>,
    /// Whom one may ask for help, likeliest first.
    pub help_choices: Vec<HelpChoice>,
    /// To whom one may give it, or a role in its conference.
    pub people: Vec<PersonName>,
    /// What happened, oldest first: why somebody was paged, and why not.
    pub timeline: Vec<TimelineLine>,
}

/// Something that monitoring said.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// What it said.
    pub value: String,
}

/// A service that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Downstream {
    /// By name.
    pub service: String,
    /// Who is on call for it, when the server could be asked.
    pub on_call: Option<String>,
    /// Titles of its open tickets, when the server could be asked.
    pub open_tickets: Vec<String>,
}

/// The call that people are to join.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Conference {
    /// Where it is; absent while the server has not heard that it is to be convened.
    pub url: Option<String>,
    /// The number for those who have only a telephone.
    pub dial_in: Option<String>,
    /// When it was closed, if it was.
    pub closed_at: Option<Millis>,
    /// Whether this person has joined.
    pub joined: bool,
    /// Who has a role or has joined, the commander first.
    pub people: Vec<Attendee>,
}

/// What everybody who waits was told last, and when they are told next.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StatusUpdates {
    /// Who said the last one, when and what.
    pub last: Option<StatusSaid>,
    /// When the next is due, or was.
    pub due: Option<Millis>,
    /// It is overdue: the manager hears of it at this instant.
    pub missed_at: Option<Millis>,
    /// An update of this person's waits to be sent.
    pub pending: bool,
}

/// A status update.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StatusSaid {
    /// Who said it.
    pub by: String,
    /// When.
    pub at: Millis,
    /// What.
    pub text: String,
}

/// A call for help.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HelpCard {
    /// Counts the calls of the ticket, from 1.
    pub number: u32,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Whom they asked for.
    pub target: String,
    /// What they say.
    pub message: String,
    /// Who is paged for it now, and how far their page got.
    pub asked: Vec<Asked>,
    /// Who is asked next.
    pub then: Vec<String>,
    /// What was answered, oldest first.
    pub answers: Vec<String>,
    /// How it stands.
    pub outcome: HelpOutcome,
    /// The call waits to be sent.
    pub pending: bool,
}

/// Somebody who may be asked for help.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HelpChoice {
    /// For [`crate::Pager::ask_help`].
    pub target: HelpTarget,
    /// In words.
    pub text: String,
}

/// Who is on call, and when this person is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OnCallScreen {
    /// Team by team.
    pub now: Vec<OnCallCard>,
    /// This person's shifts, earliest first.
    pub mine: Vec<ShiftCard>,
}

/// Who is on call for a team.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OnCallCard {
    /// Which team.
    pub team: String,
    /// Who is paged first.
    pub primary: String,
    /// That is this person.
    pub is_me: bool,
    /// Until when the shift lasts.
    pub until: Millis,
    /// Who is next.
    pub next: String,
    /// Who is paged second, where there is one.
    pub secondary: Option<String>,
    /// Who hears of missed limits.
    pub manager: Option<String>,
    /// Whose turn it would be, while their phone has not proved that it rings.
    pub waits_for: Option<String>,
}

/// A shift of this person's.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ShiftCard {
    /// For which team, by name.
    pub team: String,
    /// In which of its layers; 1 is paged first.
    pub layer: u32,
    /// When it begins.
    pub from: Millis,
    /// When it ends.
    pub until: Millis,
    /// It is a newcomer's, and this is who is with them: names of newcomer and mentor.
    pub shadow: Option<ShadowNames>,
}

/// Two people who share a newcomer's first shifts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ShadowNames {
    /// Who learns.
    pub newcomer: String,
    /// Who is with them.
    pub mentor: String,
}

/// What to show at home.
pub fn home(view: &View) -> HomeScreen {
    HomeScreen {
        me: PersonName {
            id: view.me.id.clone(),
            name: view.me.name.clone(),
        },
        siren: siren(&view.siren),
        pages: view.pages.iter().map(page).collect(),
        tickets: view.tickets.iter().map(|item| card(item)).collect(),
        waiting: view.taps.iter().map(waiting).collect(),
        notices: view.notices.iter().map(notice).collect(),
        alarms: view.alarms.clone(),
        problems: view.problems.iter().map(|it| it.text.clone()).collect(),
        readiness: view.readiness.clone(),
        rules: view.rules,
        connection: view.connection.clone(),
        on_call: view.on_call,
        offline_until: view.offline_until,
        clock_offset_ms: view.clock_offset_ms,
    }
}

/// A ticket's screen; `None` when the device does not keep it.
pub fn ticket(
    view: &View,
    id: TicketId,
    told: &[TimelineLine],
    asked: &[DownstreamView],
) -> Option<TicketScreen> {
    let item = view.tickets.iter().find(|item| item.ticket.id == id)?;
    let deadline = item.ticket.deadline.as_ref();
    Some(TicketScreen {
        card: card(item),
        deeds: deeds::of(view, item),
        due_kind: deadline.and_then(|it| it.kind.get().copied()),
        next: item.next.clone(),
        moves_limit: item.moves_limit,
        source: item.ticket.source.clone(),
        url: item.ticket.url.clone(),
        details: details(&item.ticket.details),
        runbook: item.runbook.clone(),
        downstream: downstream(&item.downstream, asked),
        conference: item.conference.as_ref().map(conference),
        status: item.status.as_ref().map(status),
        helps: item.helps.iter().map(help).collect(),
        paged: item.paged.clone(),
        held_until: item.hold.as_ref().map(|hold| hold.until),
        extended_by: item.extended.as_ref().map(|it| it.by.clone()),
        help_choices: view
            .help_choices(item)
            .into_iter()
            .map(|(target, text)| HelpChoice { target, text })
            .collect(),
        people: people(view),
        timeline: told.to_vec(),
    })
}

fn siren(siren: &SirenView) -> SirenState {
    SirenState {
        ringing: siren.ringing,
        reason: siren.reason,
        pages: u32::try_from(siren.pages).unwrap_or(u32::MAX),
        loudness: siren.loudness,
        confirmed: siren.confirmed,
        effective_volume: siren.effective_volume,
        failure: siren.failure.clone(),
    }
}

fn page(item: &PageItem) -> PageCard {
    PageCard {
        page: item.page.to_string(),
        ticket: item.ticket,
        status: item.status,
        severity: item.severity.get().copied(),
        severity_text: item.severity.to_string(),
        title: item.title.clone(),
        service: item.service.clone(),
        team: item.team.clone(),
        reason_text: item.reason_text.clone(),
        missed: item.missed.clone(),
        help: item.help.is_some(),
        manager: matches!(item.role.get(), Some(Role::Manager | Role::ManagersManager)),
        state: item.state.get().copied(),
        state_text: item.state_text.clone(),
        at: item.at,
        due: item.due,
        due_kind: item.due_kind.as_ref().and_then(|it| it.get().copied()),
        next: item.next.clone(),
    }
}

fn card(item: &TicketItem) -> TicketCard {
    let ticket = &item.ticket;
    TicketCard {
        ticket: ticket.id,
        open: item.state.get() != Some(&TicketState::Resolved),
        severity: item.severity.get().copied(),
        severity_text: item.severity.to_string(),
        title: ticket.title.clone(),
        service: item.service.clone(),
        team: item.team.clone(),
        state: item.state.get().copied(),
        state_text: item.state_text.clone(),
        state_since: ticket.state_since,
        owner: item.owner.clone(),
        due: ticket.deadline.as_ref().map(|it| it.due),
        held: item.hold.as_ref().map(|hold| hold.rule_text.clone()),
        pending: item.pending,
    }
}

fn waiting(tap: &PendingTap) -> WaitingTap {
    WaitingTap {
        ticket: tap.ticket,
        text: tap.text.clone(),
        at: tap.at,
    }
}

fn notice(notice: &Notice) -> NoticeCard {
    NoticeCard {
        number: notice.number.cast_signed(),
        kind: notice.kind,
        ticket: notice.ticket,
        text: notice.text.clone(),
        at: notice.at,
    }
}

fn details(details: &BTreeMap<String, String>) -> Vec<Detail> {
    let detail = |(name, value): (&String, &String)| Detail {
        name: name.clone(),
        value: value.clone(),
    };
    details.iter().map(detail).collect()
}

/// What the device knows, completed by what the server answered.
fn downstream(known: &[String], asked: &[DownstreamView]) -> Vec<Downstream> {
    known
        .iter()
        .map(|service| {
            let asked = asked.iter().find(|it| it.name == *service);
            let tickets = asked.map_or(&[][..], |it| &it.open_tickets);
            Downstream {
                service: service.clone(),
                on_call: asked.and_then(|it| it.on_call.as_ref().map(|who| who.name.clone())),
                open_tickets: tickets.iter().map(|it| it.title.clone()).collect(),
            }
        })
        .collect()
}

fn conference(item: &tocsin_pager::engine::ConferenceItem) -> Conference {
    Conference {
        url: item.url.clone(),
        dial_in: item.dial_in.clone(),
        closed_at: item.closed_at,
        joined: item.joined,
        people: item.people.clone(),
    }
}

fn status(item: &StatusItem) -> StatusUpdates {
    let last = item.last.clone();
    StatusUpdates {
        last: last.map(|(by, at, text)| StatusSaid { by, at, text }),
        due: item.due,
        missed_at: item.missed_at,
        pending: item.pending,
    }
}

fn help(item: &HelpItem) -> HelpCard {
    HelpCard {
        number: item.number,
        by: item.by.clone(),
        at: item.at,
        target: item.target.clone(),
        message: item.message.clone(),
        asked: item.asked.clone(),
        then: item.then.clone(),
        answers: item.answers.iter().map(|(_, text)| text.clone()).collect(),
        outcome: item.outcome,
        pending: item.pending,
    }
}

/// Everybody else whom the device knows, by name.
fn people(view: &View) -> Vec<PersonName> {
    let others = view.directory.people.iter();
    let mut people: Vec<_> = others
        .filter(|(id, _)| **id != view.me.id)
        .map(|(id, name)| PersonName {
            id: id.clone(),
            name: name.clone(),
        })
        .collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people
}

/// Who is on call, and when this person is.
pub fn on_call(view: &View, now: Vec<OnCall>, shifts: Vec<ShiftView>) -> OnCallScreen {
    let me = &view.me.id;
    let now = now.into_iter().map(|it| OnCallCard {
        team: it.team_name,
        is_me: it.primary.id == *me,
        primary: it.primary.name,
        until: it.until,
        next: it.next.name,
        secondary: it.secondary.map(|person| person.name),
        manager: it.manager.map(|person| person.name),
        waits_for: it.waits_for.map(|person| person.name),
    });
    let mut mine: Vec<_> = shifts
        .into_iter()
        .filter(|shift| shift.person.id == *me)
        .collect();
    mine.sort_by_key(|shift| shift.from);
    let mine = mine.into_iter().map(|shift| ShiftCard {
        team: view
            .directory
            .teams
            .get(&shift.team)
            .map_or_else(|| shift.team.to_string(), String::clone),
        layer: u32::try_from(shift.layer).unwrap_or(u32::MAX),
        from: shift.from,
        until: shift.until,
        shadow: shift.shadow.map(|shadow| ShadowNames {
            newcomer: shadow.newcomer.name,
            mentor: shadow.mentor.name,
        }),
    });
    OnCallScreen {
        now: now.collect(),
        mine: mine.collect(),
    }
}
