//! What a screen shows, as plain data.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tocsin_readiness::{Code, DrillResult, Language, Light};
use tocsin_ticket::{
    DeadlineKind, DeviceId, Millis, PageId, PageReason, PersonId, Role, ServiceId, Severity,
    TeamId, TicketId, TicketState,
};
use tocsin_wire::{Action, Directory, Known, Person, PhoneRules, TicketView};

use super::deadman::Lost;
use super::incident::{
    AskedItem, ConferenceItem, ExtensionItem, HelpItem, HoldItem, MissedItem, StatusItem,
};
use super::link::Phase;
use super::shelf::Held;
use super::{Loudness, OFFLINE_PROBLEM, Obstacle, Phone, SirenReason};
use crate::net::NetworkError;

/// Everything a screen shows. A value of its own: it does not change once taken.
///
/// What only a newer server knows (a state, a severity, a reason) is shown in that server's word.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Whose device this is.
    pub me: Person,
    /// Which device of theirs.
    pub device: DeviceId,
    /// The sound.
    pub siren: SirenView,
    /// The person's own live pages, worst first.
    pub pages: Vec<PageItem>,
    /// Every ticket the device keeps: open ones first, worst first, then the newest resolved ones.
    pub tickets: Vec<Arc<TicketItem>>,
    /// Taps that the server has not answered, in order.
    pub taps: Vec<PendingTap>,
    /// What the person should read, newest first.
    pub notices: Vec<Notice>,
    /// Whether the server is reached.
    pub connection: Connection,
    /// What goes wrong now, worst first, beside what [`View::readiness`] finds: only that says
    /// whether the device is pageable.
    pub problems: Vec<ProblemItem>,
    /// What the pager itself is alarmed about, worst first: nobody pages this person, and that is
    /// what is wrong. Show it like a page that must not wait; "I know" is
    /// [`super::Input::GoingOffline`].
    pub alarms: Vec<LocalAlarm>,
    /// Until when the person is offline on purpose, by the device's clock.
    pub offline_until: Option<Millis>,
    /// Whether the person is on call now, as far as the device knows.
    pub on_call: bool,
    /// Whether this device would wake its person.
    pub readiness: ReadinessView,
    /// What the person's teams ask of this device; with what its owner chose it goes to
    /// [`super::siren_floor`] and [`super::hides_content`].
    pub rules: PhoneRules,
    /// Names for ids, for choosing a person to hand a ticket to.
    pub directory: Arc<Directory>,
    /// The language of every text.
    pub language: Language,
    /// Server's clock minus the device's, in milliseconds; zero while they agree well enough.
    /// Running times are `instant - (device's now + this)`.
    pub clock_offset_ms: i64,
}

/// The sound.
#[derive(Debug, Clone, PartialEq)]
pub struct SirenView {
    /// Whether it shall sound now.
    pub ringing: bool,
    /// What for, while it rings.
    pub reason: Option<SirenReason>,
    /// How many pages ring: one siren sounds for all of them, with this counter.
    pub pages: usize,
    /// How it was last started.
    pub loudness: Option<Loudness>,
    /// Whether the output has confirmed that it sounds.
    pub confirmed: bool,
    /// How loud, where the device can tell: 0 silent to 1 full output.
    pub effective_volume: Option<f32>,
    /// Why it does not sound though it should, or did not the last time.
    pub failure: Option<String>,
}

/// Whether a page rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStatus {
    /// It rings.
    Ringing,
    /// The person has answered; the server has not heard of it yet.
    Answered,
    /// Too old to ring.
    Expired,
}

/// One of the person's pages.
#[derive(Debug, Clone, PartialEq)]
pub struct PageItem {
    /// The page.
    pub page: PageId,
    /// Its ticket.
    pub ticket: TicketId,
    /// Whether it rings.
    pub status: PageStatus,
    /// How bad.
    pub severity: Known<Severity>,
    /// One line.
    pub title: String,
    /// What is in trouble, by name.
    pub service: String,
    /// Whose it is to mend, by name.
    pub team: String,
    /// Why this person is paged.
    pub reason: Known<PageReason>,
    /// The same in the person's language; for a call for help, who asks and what they say.
    pub reason_text: String,
    /// The limit that was missed, where one was.
    pub missed: Option<MissedItem>,
    /// The call for help it belongs to, by its number.
    pub help: Option<u32>,
    /// What this person is to the ticket.
    pub role: Known<Role>,
    /// Where the ticket stands.
    pub state: Known<TicketState>,
    /// The same in the person's language.
    pub state_text: String,
    /// Since when they have been paged.
    pub at: Millis,
    /// When the running limit passes.
    pub due: Option<Millis>,
    /// What happens then.
    pub due_kind: Option<Known<DeadlineKind>>,
    /// Who is paged then, by name.
    pub next: Vec<String>,
}

/// One ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketItem {
    /// What the server last said, whole.
    pub ticket: Arc<TicketView>,
    /// Where it stands once the pending taps are done.
    pub state: Known<TicketState>,
    /// The same in the person's language.
    pub state_text: String,
    /// Whose it is once the pending taps are done, by name.
    pub owner: String,
    /// What is in trouble, by name.
    pub service: String,
    /// Whose it is to mend, by name.
    pub team: String,
    /// Who is paged when the limit passes, by name.
    pub next: Vec<String>,
    /// How bad it is once the pending taps are done.
    pub severity: Known<Severity>,
    /// The call that people are to join, once the pending taps are done.
    pub conference: Option<ConferenceItem>,
    /// What everybody who waits was told, once the pending taps are done.
    pub status: Option<StatusItem>,
    /// The calls for help, oldest first, once the pending taps are done.
    pub helps: Vec<HelpItem>,
    /// Who is being paged for it, other than for help.
    pub paged: Vec<AskedItem>,
    /// Why nobody is paged for now.
    pub hold: Option<HoldItem>,
    /// Who moved the limit of its present state.
    pub extended: Option<ExtensionItem>,
    /// Where the service's runbook is.
    pub runbook: Option<String>,
    /// What the service needs to work, by name: where the cause usually is.
    pub downstream: Vec<String>,
    /// A tap waits, so that some of this is ahead of the server.
    pub pending: bool,
    /// A tap waits that moves or ends the limit; at the server it still runs.
    pub moves_limit: bool,
}

/// Something that the pager is alarmed about by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAlarm {
    /// What.
    pub kind: AlarmKind,
    /// Since when, by the device's clock.
    pub since: Millis,
    /// Whether it is worth the siren; otherwise a warning is enough.
    pub siren: bool,
    /// What is wrong and what to do, in the person's language.
    pub text: String,
}

/// What a [`LocalAlarm`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// On call, and the server is out of touch.
    OutOfTouch,
    /// On call, and a drill that was due did not come.
    DrillMissing,
}

/// Whether this device would wake its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadinessView {
    /// The worst of the findings, of a missing drill and of being out of touch.
    pub light: Light,
    /// What is wrong, worst first.
    pub findings: Vec<FindingItem>,
    /// The newest drill.
    pub last_drill: Option<DrillResult>,
}

/// A finding in the person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingItem {
    /// Which.
    pub code: Code,
    /// How bad.
    pub light: Light,
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// A tap that the server has not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingTap {
    /// The ticket.
    pub ticket: TicketId,
    /// How many other tickets the same tap is for.
    pub others: usize,
    /// What was tapped.
    pub action: Action,
    /// The same in the person's language.
    pub text: String,
    /// When, by the device's clock.
    pub at: Millis,
}

/// Something the person should read; kept until they have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number on this device.
    pub number: u64,
    /// What it is about.
    pub kind: NoticeKind,
    /// The ticket it is about, if it is about one.
    pub ticket: Option<TicketId>,
    /// The text, in the person's language.
    pub text: String,
    /// When it was noticed, by the device's clock.
    pub at: Millis,
    /// When what it tells of happened, by the server's clock: the check-in that was faster.
    pub happened_at: Option<Millis>,
}

/// What a [`Notice`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The rules forbid a tap, often because somebody else was faster.
    Refused,
    /// The server did not understand a tap or may not do it; it will not be sent again.
    Rejected,
    /// The server no longer knows this device. Show it loudly: it cannot be paged.
    Revoked,
    /// Something arrived that this version cannot read.
    Unreadable,
    /// The person is on call and the server is out of touch; taken back when it is not.
    OutOfTouch,
    /// A drill that was due did not come; taken back when one does. The instant in
    /// [`Notice::happened_at`] is when it was due.
    DrillMissing,
    /// The server has something to say, such as that one of the devices cannot be paged any more.
    FromServer,
}

/// Whether the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// The live stream is open.
    Live {
        /// Since when.
        since: Millis,
    },
    /// Not reached yet, and being tried.
    Connecting {
        /// Since when there has been no live stream.
        since: Millis,
    },
    /// Not reached; tried again later.
    Offline {
        /// Since when there has been no live stream.
        since: Millis,
        /// When it is tried next.
        retry_at: Millis,
        /// Why, in English.
        reason: String,
    },
}

/// Why a page might not wake this person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The server no longer knows this device.
    Revoked,
    /// The siren does not sound.
    SirenFailed,
    /// Changes cannot be put on disk.
    StoreFailed,
    /// Something on the device.
    Device(Obstacle),
    /// The server has not been reached for [`super::OFFLINE_PROBLEM`].
    Offline,
    /// The device's clock is wrong by more than [`super::SKEW_TOLERANCE`].
    ClockWrong,
    /// A drill that was due did not come: pages may not either.
    DrillMissing,
    /// The server does not take the ways to push to this device.
    PushNotRegistered,
    /// The server does not take the report about this device.
    StatusNotTaken,
    /// The server speaks a newer version of the wire than this program.
    ServerNewer,
}

/// A [`Problem`] and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemItem {
    /// The problem.
    pub problem: Problem,
    /// In the person's language.
    pub text: String,
}

pub(super) fn of(phone: &Phone, now: Millis) -> View {
    let names = Names(&phone.directory);
    View {
        me: Person {
            id: phone.me.person.clone(),
            name: phone
                .directory
                .people
                .get(&phone.me.person)
                .unwrap_or(&phone.person_name)
                .clone(),
        },
        device: phone.me.device.clone(),
        siren: SirenView {
            ringing: phone.siren.is_ringing(),
            reason: phone.siren.reason,
            pages: phone.ringing(now).len(),
            loudness: phone.siren.loudness,
            confirmed: phone.siren.confirmed,
            effective_volume: phone.siren.effective_volume.or(phone
                .device
                .facts
                .sound
                .effective_volume),
            failure: phone.siren.failure.clone(),
        },
        pages: pages(phone, names, now),
        tickets: tickets(phone, names),
        taps: phone
            .taps
            .iter()
            .map(|tap| {
                let request = tap.request();
                PendingTap {
                    ticket: request.ticket,
                    others: request.also.len(),
                    action: request.action.clone(),
                    text: phone.texts.tap(request, &phone.directory),
                    at: request.at,
                }
            })
            .collect(),
        notices: phone.notices.iter().rev().cloned().collect(),
        connection: connection(phone, now),
        problems: problems(phone, now),
        alarms: alarms(phone, now),
        offline_until: phone.offline_until(),
        on_call: phone.is_on_call(now),
        readiness: readiness(phone, now),
        rules: phone.duty.duty.rules,
        directory: Arc::clone(&phone.directory),
        language: phone.texts.language(),
        clock_offset_ms: phone.clock_correction_ms(),
    }
}

/// Names for ids; an id without a name is its own.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(&'a Directory);

impl Names<'_> {
    pub fn person(self, id: &PersonId) -> String {
        self.0.person(id).to_owned()
    }

    pub fn service(self, id: &ServiceId) -> String {
        self.0.service(id).to_owned()
    }

    fn downstream(self, id: &ServiceId) -> Vec<String> {
        let needed = self.0.downstream.get(id).into_iter().flatten();
        needed.map(|id| self.service(id)).collect()
    }

    pub fn team(self, id: &TeamId) -> String {
        self.0.team(id).to_owned()
    }

    fn next(self, ticket: &TicketView) -> Vec<String> {
        let deadline = ticket.deadline.as_ref();
        deadline.map_or_else(Vec::new, |deadline| {
            deadline.next.iter().map(|id| self.person(id)).collect()
        })
    }
}

/// Worst first, then what is due soonest. A severity that only the server knows might be worse than
/// any that this version does.
pub(super) fn urgency(ticket: &TicketView) -> (Option<Severity>, Millis, TicketId) {
    let due = ticket.deadline.as_ref().map(|deadline| deadline.due);
    (
        ticket.severity.get().copied(),
        due.unwrap_or(Millis(i64::MAX)),
        ticket.id,
    )
}

fn pages(phone: &Phone, names: Names<'_>, now: Millis) -> Vec<PageItem> {
    let server_now = phone.server_now(now);
    let mut pages: Vec<_> = phone.my_pages().collect();
    pages.sort_by_key(|(ticket, page)| (urgency(ticket), page.id));
    pages
        .into_iter()
        .map(|(ticket, page)| {
            let standing = phone.standing(ticket);
            let (state, severity) = (standing.state, standing.severity);
            let deadline = ticket.deadline.as_ref();
            PageItem {
                page: page.id,
                ticket: ticket.id,
                status: if phone.is_answered(page) {
                    PageStatus::Answered
                } else if server_now < page.expires_at {
                    PageStatus::Ringing
                } else {
                    PageStatus::Expired
                },
                severity,
                title: ticket.title.clone(),
                service: names.service(&ticket.service),
                team: names.team(&ticket.team),
                reason: page.reason.clone(),
                reason_text: phone.why(ticket, page, names),
                missed: phone.missed(page),
                help: page.help,
                role: page.role.clone(),
                state_text: phone.texts.state(&state),
                state,
                at: page.at,
                due: deadline.map(|deadline| deadline.due),
                due_kind: deadline.map(|deadline| deadline.kind.clone()),
                next: names.next(ticket),
            }
        })
        .collect()
}

fn tickets(phone: &Phone, names: Names<'_>) -> Vec<Arc<TicketItem>> {
    let mut tickets: Vec<&Held> = phone.tickets.values().collect();
    tickets.sort_by_cached_key(|Held { ticket, .. }| {
        if ticket.is_open() {
            (false, Some(urgency(ticket)), Reverse(ticket.state_since))
        } else {
            (true, None, Reverse(ticket.state_since))
        }
    });
    tickets
        .into_iter()
        .map(|held| {
            let id = held.ticket.id;
            if phone.taps.iter().any(|tap| tap.is_for(id)) {
                Arc::new(item(phone, &held.ticket, names))
            } else {
                held.item(|| item(phone, &held.ticket, names))
            }
        })
        .collect()
}

fn item(phone: &Phone, ticket: &Arc<TicketView>, names: Names<'_>) -> TicketItem {
    let standing = phone.standing(ticket);
    TicketItem {
        conference: phone.conference(ticket, &standing, names),
        status: phone.status(ticket, &standing, names),
        helps: phone.helps(ticket, &standing, names),
        paged: phone.paged(ticket, names),
        hold: phone.hold(ticket),
        extended: Phone::extension(&standing, names),
        pending: standing.pending,
        moves_limit: standing.moves_limit,
        state_text: phone.texts.state(&standing.state),
        owner: names.person(&standing.owner),
        state: standing.state,
        severity: standing.severity,
        service: names.service(&ticket.service),
        runbook: phone.directory.runbooks.get(&ticket.service).cloned(),
        downstream: names.downstream(&ticket.service),
        team: names.team(&ticket.team),
        next: names.next(ticket),
        ticket: Arc::clone(ticket),
    }
}

fn alarms(phone: &Phone, now: Millis) -> Vec<LocalAlarm> {
    let lost = phone.out_of_touch(now).map(|(lost, since)| LocalAlarm {
        kind: AlarmKind::OutOfTouch,
        since,
        siren: lost == Lost::Siren,
        text: phone.texts.out_of_touch(),
    });
    let drill = phone.unknown_missing_drill(now).map(|by| LocalAlarm {
        kind: AlarmKind::DrillMissing,
        since: phone.device_time(by),
        siren: false,
        text: phone.texts.drill_missing(),
    });
    lost.into_iter().chain(drill).collect()
}

fn readiness(phone: &Phone, now: Millis) -> ReadinessView {
    let assessment = phone.assessment(now);
    let language = phone.texts.language();
    let missing = phone.missing_drill(now).map(|_| {
        if phone.is_on_call(now) {
            Light::Red
        } else {
            Light::Amber
        }
    });
    let lost = phone.lost(now).map(|_| Light::Red);
    ReadinessView {
        light: [missing, lost]
            .into_iter()
            .flatten()
            .fold(assessment.light, Light::max),
        findings: assessment
            .findings
            .into_iter()
            .map(|finding| FindingItem {
                code: finding.code,
                light: finding.light,
                what: finding.what.in_language(language).to_owned(),
                next: finding.next.in_language(language).to_owned(),
            })
            .collect(),
        last_drill: phone.drills.result(),
    }
}

fn connection(phone: &Phone, now: Millis) -> Connection {
    let down_since = phone.link.down_since.unwrap_or(now);
    match &phone.link.phase {
        Phase::Live { since, .. } => Connection::Live { since: *since },
        Phase::Idle | Phase::Trying => Connection::Connecting { since: down_since },
        Phase::Waiting { until, reason } => Connection::Offline {
            since: down_since,
            retry_at: until.at(),
            reason: reason.clone(),
        },
    }
}

fn problems(phone: &Phone, now: Millis) -> Vec<ProblemItem> {
    let texts = phone.texts;
    let revoked = phone.revoked.then(|| (Problem::Revoked, String::new()));
    let siren = phone
        .siren
        .failure
        .clone()
        .map(|reason| (Problem::SirenFailed, reason));
    let store = phone
        .store_failure
        .clone()
        .map(|reason| (Problem::StoreFailed, reason));
    let device = phone
        .device
        .obstacles
        .iter()
        .map(|obstacle| (Problem::Device(obstacle.clone()), String::new()));
    let offline = match connection(phone, now) {
        Connection::Offline { since, reason, .. } => Some((since, reason)),
        Connection::Connecting { since } => Some((since, texts.not_yet_connected())),
        Connection::Live { .. } => None,
    }
    .filter(|(since, _)| now.since(*since) >= OFFLINE_PROBLEM)
    .map(|(_, reason)| (Problem::Offline, reason));
    let clock = phone
        .clock_error_ms()
        .map(|offset| (Problem::ClockWrong, texts.clock_off_by(offset)));
    let drill = phone
        .missing_drill(now)
        .map(|_| (Problem::DrillMissing, String::new()));
    let refused =
        |error: &NetworkError| (*error != NetworkError::Unauthorized).then(|| error.to_string());
    let push = &phone.registration.delivery;
    let push = (push.failure.as_ref().and_then(refused))
        .filter(|_| phone.is_live())
        .map(|reason| (Problem::PushNotRegistered, reason));
    let status = &phone.status.delivery;
    let status = (status.failure.as_ref().and_then(refused))
        .filter(|_| phone.is_live())
        .map(|reason| (Problem::StatusNotTaken, reason));
    let newer = phone
        .server_newer
        .then(|| (Problem::ServerNewer, String::new()));
    revoked
        .into_iter()
        .chain(siren)
        .chain(store)
        .chain(device)
        .chain(offline)
        .chain(drill)
        .chain(clock)
        .chain(push)
        .chain(status)
        .chain(newer)
        .map(|(problem, detail)| ProblemItem {
            text: texts.problem(&problem, &detail),
            problem,
        })
        .collect()
}
