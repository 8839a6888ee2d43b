//! Who would ring when: the rules, run forward on an alarm that never was.

use core::time::Duration;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_report::{Entry, Names};
use tocsin_ticket::{
    Alarm, Bridge, Chain, Command, Context, Hold, HoldRule, Millis, PersonId, Policy, Receipt,
    Rung, ServiceId, Severity, TeamId, Ticket, TicketId, TicketState, decide,
};

use crate::why::{Decision, Rule, why};

/// No rehearsal goes on for longer than this: a chain with limits of days is told as far as that.
pub const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);

/// An alarm that might be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// About which service.
    pub service: ServiceId,
    /// When.
    pub at: Millis,
    /// How bad.
    pub severity: Severity,
    /// Nobody's phone receives anything; otherwise phones ring, and nobody answers.
    pub phones_off: bool,
    /// Whoever is paged first checks in so long after the alarm, and does nothing else.
    pub checked_in_after: Option<Duration>,
    /// What would hold it back beside what the configuration says, each from an instant on: windows
    /// that were announced since, the on-call's quiet time.
    pub holds: Vec<(Millis, Hold)>,
}

/// There is no such service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("service: expected one of the configuration, got {0:?}")]
pub struct NoSuchService(pub String);

/// By what somebody would hear of a page, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The siren on each of their devices.
    Siren,
    /// A text message or a call, where no device has received it.
    Telephone,
    /// A mail, where no device has received it.
    Email,
}

/// How a rehearsal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everybody was asked; the last row is the chain beginning again, and so on for ever.
    BeginsAgain,
    /// Nobody is ever paged.
    PagesNobody,
    /// It was not told to its end: [`LONGEST`] is over.
    CutShort,
}

/// Something that would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RehearsalStep {
    /// How long after the alarm, in milliseconds.
    pub after_ms: u64,
    /// When on the zone's clock, with its offset: `2027-03-28T03:30:00+02:00`.
    pub local: String,
    /// What, and by which rule.
    #[serde(flatten)]
    pub decision: Decision,
    /// By what each who is paged would hear of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Vec<Way>>))]
    pub ways: BTreeMap<PersonId, Vec<Way>>,
}

/// What would happen, nobody being paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rehearsal {
    /// The service.
    pub service: ServiceId,
    /// Whose it is.
    pub team: TeamId,
    /// How bad the alarm would be.
    pub severity: Severity,
    /// When it would come.
    pub at: Millis,
    /// The same on the zone's clock, with its offset.
    pub local: String,
    /// Each page, and each decision not to page, in order.
    pub steps: Vec<RehearsalStep>,
    /// How it ends.
    pub ending: Ending,
}

/// What would happen if the alarm came. Times are told by the clocks of `zone`.
///
/// # Errors
/// [`NoSuchService`].
pub fn rehearse(
    directory: &Directory,
    question: &Question,
    names: &Names,
    zone: &TimeZone,
) -> Result<Rehearsal, NoSuchService> {
    let service = directory
        .service(&question.service)
        .ok_or_else(|| NoSuchService(question.service.as_str().to_owned()))?;
    let log = rehearsed_log(directory, question)?;
    let decisions = why(&log, names, zone);
    let ending = if decisions.iter().any(|it| it.new_round) {
        Ending::BeginsAgain
    } else if decisions.iter().any(|it| it.pages) {
        Ending::CutShort
    } else {
        Ending::PagesNobody
    };
    let steps = decisions
        .into_iter()
        .filter(|it| !matches!(it.rule, Rule::RingsOn { .. }))
        .map(|decision| RehearsalStep {
            after_ms: u64::try_from(decision.at.since(question.at).as_millis()).unwrap_or(u64::MAX),
            local: local(decision.at, zone),
            ways: ways(directory, &decision),
            decision,
        })
        .collect();
    Ok(Rehearsal {
        service: service.id.clone(),
        team: service.team.clone(),
        severity: question.severity,
        at: question.at,
        local: local(question.at, zone),
        steps,
        ending,
    })
}

fn local(at: Millis, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.to_string(),
        |instant| {
            let zoned = instant.to_zoned(zone.clone());
            zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        },
    )
}

fn ways(directory: &Directory, decision: &Decision) -> BTreeMap<PersonId, Vec<Way>> {
    let of = |id: &PersonId| {
        let person = directory.person(id);
        let telephone = person.is_some_and(|it| it.telephone.is_some());
        let email = person.is_some_and(|it| it.email.is_some());
        [
            Some(Way::Siren),
            telephone.then_some(Way::Telephone),
            email.then_some(Way::Email),
        ]
        .into_iter()
        .flatten()
        .collect()
    };
    let paged = decision.people.iter().filter(|_| decision.pages);
    paged.map(|id| (id.clone(), of(id))).collect()
}

/// What the log would hold of such an alarm, until the chain begins again: the rules themselves,
/// fed with their own deadlines and with what phones would report.
///
/// # Errors
/// [`NoSuchService`].
pub fn rehearsed_log(
    directory: &Directory,
    question: &Question,
) -> Result<Vec<Entry>, NoSuchService> {
    let unknown = || NoSuchService(question.service.as_str().to_owned());
    let service = directory.service(&question.service).ok_or_else(unknown)?;
    let mut stage = Stage {
        directory,
        team: &service.team,
        question,
        ticket: None,
        log: Vec::new(),
    };
    stage.play(&fired(question, &service.team), question.at);
    let check_in = question.checked_in_after.map(|length| question.at + length);
    let ends = question.at + LONGEST;
    while let Some(ticket) = stage.ticket.clone() {
        let now = stage.log.last().map_or(question.at, |entry| entry.at);
        if !question.phones_off {
            stage.receive(&ticket, now);
        }
        let answers = check_in.filter(|_| ticket.state == TicketState::Assigned);
        let due = stage.ticket.as_ref().and_then(Ticket::next_due);
        let (command, at) = match (answers, due) {
            (Some(at), due) if due.is_none_or(|(due, _)| at <= due) => {
                let by = ticket.owner.clone();
                (Command::CheckIn { by }, at)
            }
            (_, Some((at, generation))) => (Command::DeadlinePassed { generation }, at),
            (_, None) => break,
        };
        let over = at > ends || ticket.rounds > 0;
        if over || !stage.play(&command, at) {
            break;
        }
    }
    Ok(stage.log)
}

fn fired(question: &Question, team: &TeamId) -> Command {
    Command::AlarmFired {
        new_id: TicketId(0),
        alarm: Alarm {
            team: team.clone(),
            service: question.service.clone(),
            dedup_key: "rehearsal".to_owned(),
            severity: question.severity,
            title: "Rehearsal".to_owned(),
            source: "rehearsal".to_owned(),
            url: None,
            details: BTreeMap::new(),
        },
    }
}

/// One ticket that nobody else sees.
struct Stage<'a> {
    directory: &'a Directory,
    team: &'a TeamId,
    question: &'a Question,
    ticket: Option<Ticket>,
    log: Vec<Entry>,
}

impl Stage<'_> {
    /// Every phone that was paged reports its siren.
    fn receive(&mut self, ticket: &Ticket, now: Millis) {
        for page in ticket.pages.iter().filter(|page| page.receipts.is_empty()) {
            let receipt = Receipt {
                device: "rehearsal".into(),
                transport: None,
                rung: Rung::Sounding,
                at: now,
                effective_volume: None,
                ringer: None,
                do_not_disturb: None,
            };
            let command = Command::Delivery {
                page: page.id,
                receipts: vec![receipt],
                failures: Vec::new(),
            };
            self.play(&command, now);
        }
    }

    /// Decides by what the configuration says at that instant, as the engine does; whether the
    /// rules let it happen.
    fn play(&mut self, command: &Command, now: Millis) -> bool {
        let directory = self.directory;
        let usual = Policy::default();
        let policy = directory
            .policy_of(&self.question.service)
            .unwrap_or(&usual);
        let Some(chain) = directory.chain(self.team, now) else {
            return false;
        };
        let chain: &Chain = &chain;
        let shadow = directory.shadow(self.team, now);
        let bridge = self.bridge();
        let hold = self.hold(now);
        let context = Context {
            hold: hold.as_ref(),
            bridge: bridge.as_ref(),
            shadow: shadow.as_ref(),
            ..Context::new(policy, chain, directory.pageable(self.team))
        };
        let Ok(events) = decide(self.ticket.as_ref(), command, &context, now) else {
            return false;
        };
        self.ticket = events.iter().fold(self.ticket.take(), |ticket, event| {
            Ticket::apply(ticket, event, now)
        });
        self.log.push(Entry { at: now, events });
        true
    }

    /// What holds the ticket back longest, if it is new or held and anything does.
    fn hold(&self, now: Millis) -> Option<Hold> {
        let is_held = |ticket: &Ticket| ticket.hold.is_some();
        if !self.ticket.as_ref().is_none_or(is_held) {
            return None;
        }
        let Question {
            service, severity, ..
        } = self.question;
        let hold_off = self.directory.hold_off(service, *severity);
        let hold_off = hold_off.map(|length| Hold {
            until: self.question.at + length,
            rule: HoldRule::HoldOff,
        });
        let work = self.directory.maintenance(service, now);
        let work = work.map(|window| Hold {
            until: window.until,
            rule: HoldRule::Maintenance {
                window: window.name.clone(),
            },
        });
        let others = self.question.holds.iter();
        let others = others.filter(|(from, _)| *from <= now);
        hold_off
            .into_iter()
            .chain(work)
            .chain(others.map(|(_, hold)| hold.clone()))
            .filter(|hold| hold.until > now)
            .max_by_key(|hold| hold.until)
    }

    /// Somewhere to meet, if the team holds conferences: these owe status updates. Where exactly
    /// does not matter to who is paged.
    fn bridge(&self) -> Option<Bridge> {
        let team = self.directory.config().teams().get(self.team)?;
        team.conference.as_ref().map(|_| Bridge {
            url: String::new(),
            dial_in: None,
        })
    }
}
