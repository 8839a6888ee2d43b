//! Why not: what kept a ticket from waking one person, or the page from being heard.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_directory::{Directory, Layer};
use tocsin_report::{History, Names};
use tocsin_ticket::{
    Actor, Chain, DeliveryFailure, DeliveryProblem, DeviceId, Event, Hold, Level, Millis, Page,
    PageEnd, PageId, PersonId, Receipt, Role, Rung, Severity, TeamId, Ticket, TicketId, Transport,
};

use crate::why::{Decision, Deed, Rule, why};
use crate::words::{Words, listed};

/// How far ahead somebody's next shift is looked for.
const NEXT_SHIFT_WITHIN_MS: i64 = 90 * 24 * 3600 * 1000;

/// A configuration, and since when it was in force.
#[derive(Debug)]
pub struct Era {
    /// The first instant.
    pub from: Millis,
    /// What it said, with the swaps that counted.
    pub directory: Directory,
}

/// One thing that kept somebody from being paged, or from hearing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// When it came to count, where there is an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    /// What, with what it was found by.
    pub because: Because,
    /// The same as a sentence.
    pub text: String,
}

/// What kept somebody from being paged, or from hearing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Because {
    /// Nothing: they were paged.
    Paged {
        /// By which page.
        page: PageId,
        /// How far the best of their devices got with it; `None`: nothing left the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rung: Option<Rung>,
    },
    /// They have no device that a page could go to.
    NoDevice,
    /// A transport did not take the page on.
    PushFailed {
        /// Which page.
        page: PageId,
        /// To which device.
        device: DeviceId,
        /// By what.
        transport: Transport,
        /// How.
        problem: DeliveryProblem,
        /// In the service's words.
        why: String,
    },
    /// No device of theirs said that it had the page before it was over.
    NotReceived {
        /// Which page.
        page: PageId,
    },
    /// The siren played where nobody can hear it.
    Inaudible {
        /// Which page.
        page: PageId,
        /// On which device.
        device: DeviceId,
    },
    /// No configuration of that time is known.
    NoConfiguration,
    /// They came into the team later.
    CameLater {
        /// Since when.
        from: Millis,
    },
    /// They had left the team, or its rota.
    Left {
        /// When.
        at: Millis,
    },
    /// They were not in the team that answers for the service, or nowhere at all.
    NotInTeam {
        /// Which team does.
        team: TeamId,
    },
    /// They observed the team, and observers are never paged.
    Observer {
        /// Which team.
        team: TeamId,
    },
    /// They were on no level of the chain at that time.
    NotInChain,
    /// They take turns, and their turn is another time.
    OnCallFrom {
        /// In which layer, 1 being the primary.
        layer: usize,
        /// When their shift begins.
        from: Millis,
    },
    /// Tickets of this severity page nobody on the service.
    DoesNotPage {
        /// The severity.
        severity: Severity,
    },
    /// The ticket was held back.
    Held {
        /// By which rule, until when.
        hold: Hold,
    },
    /// Their level comes after others.
    LaterLevel {
        /// Which it is.
        role: Role,
        /// Its place in the chain, from 1.
        place: usize,
        /// How many levels there were.
        of: usize,
        /// Who comes before.
        after: Vec<PersonId>,
    },
    /// The limit before their level had not passed when somebody took the ticket in hand.
    InHand {
        /// Who.
        by: Actor,
        /// How.
        deed: Deed,
        /// When the next level would have been paged.
        limit: Millis,
    },
    /// The limit that comes before them has not passed yet.
    NotYet {
        /// When it passes.
        limit: Millis,
        /// Who is paged then.
        next: Vec<PersonId>,
    },
}

/// Why one person was not woken by one ticket, or that they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhyNot {
    /// The ticket.
    pub ticket: TicketId,
    /// Who.
    pub person: PersonId,
    /// Whether a page was made for them.
    pub paged: bool,
    /// Whether a siren of theirs sounded, as far as their devices have said.
    pub rang: bool,
    /// Why, the most telling first; never empty.
    pub reasons: Vec<Reason>,
}

/// Why a ticket did not wake somebody. `eras` are the configurations known, oldest first, from
/// before the ticket on; `has_device` says whether they have a device now. Times are told by the
/// clocks of `zone`.
#[must_use]
pub fn why_not(
    history: &History,
    person: &PersonId,
    eras: &[Era],
    has_device: bool,
    names: &Names,
    zone: &TimeZone,
) -> WhyNot {
    let case = Case {
        history,
        person,
        eras,
        words: Words { names, zone },
        decisions: why(&history.entries, names, zone),
        ticket: replay(history),
    };
    let pages = case.pages();
    let rang = pages.iter().any(|page| page.rung() >= Some(Rung::Sounding));
    let mut reasons = Vec::new();
    for page in &pages {
        case.was_paged(page, has_device, &mut reasons);
    }
    if pages.is_empty() {
        case.was_not_paged(&mut reasons);
    }
    WhyNot {
        ticket: history.ticket,
        person: person.clone(),
        paged: !pages.is_empty(),
        rang,
        reasons,
    }
}

fn replay(history: &History) -> Option<Ticket> {
    let entries = history.entries.iter();
    entries
        .flat_map(|entry| entry.events.iter().map(|event| (event, entry.at)))
        .fold(None, |ticket, (event, at)| Ticket::apply(ticket, event, at))
}

/// A page of the person, and what became of it.
struct Told<'a> {
    page: &'a Page,
    receipts: Vec<&'a Receipt>,
    failures: Vec<&'a DeliveryFailure>,
    superseded: bool,
}

impl Told<'_> {
    fn rung(&self) -> Option<Rung> {
        self.receipts.iter().map(|receipt| receipt.rung).max()
    }
}

struct Case<'a> {
    history: &'a History,
    person: &'a PersonId,
    eras: &'a [Era],
    words: Words<'a>,
    decisions: Vec<Decision>,
    ticket: Option<Ticket>,
}

impl<'a> Case<'a> {
    /// The person's pages; one that only took the place of another before anything was heard of
    /// it is that other one.
    fn pages(&self) -> Vec<Told<'a>> {
        let mut told: Vec<Told<'a>> = Vec::new();
        for event in self.history.entries.iter().flat_map(|entry| &entry.events) {
            let of =
                |told: &mut Vec<Told<'a>>, id: PageId| told.iter().position(|it| it.page.id == id);
            match event {
                Event::Paged { page } if page.person == *self.person => told.push(Told {
                    page,
                    receipts: Vec::new(),
                    failures: Vec::new(),
                    superseded: false,
                }),
                Event::PageReceipt { page, receipt } => {
                    if let Some(at) = of(&mut told, *page) {
                        told[at].receipts.push(receipt);
                    }
                }
                Event::DeliveryFailed { page, failure } => {
                    if let Some(at) = of(&mut told, *page) {
                        told[at].failures.push(failure);
                    }
                }
                Event::PageEnded { page, why, .. } if *why == PageEnd::Superseded => {
                    if let Some(at) = of(&mut told, *page) {
                        told[at].superseded = true;
                    }
                }
                _ => {}
            }
        }
        let all_silent = told.iter().all(|it| it.rung().is_none());
        let last = told.len().saturating_sub(1);
        let mut place = 0;
        told.retain(|it| {
            let keep = place == last || !(it.superseded && (all_silent || it.rung().is_none()));
            place += 1;
            keep
        });
        told
    }

    fn was_paged(&self, told: &Told<'_>, has_device: bool, reasons: &mut Vec<Reason>) {
        let Told { page, .. } = told;
        let (id, at) = (page.id, page.at);
        let who = self.words.person(self.person);
        let clock = |when| self.words.clock(when, at);
        let rung = told.rung();
        let best = told.receipts.iter().find(|it| Some(it.rung) == rung);
        let got = best.map_or_else(
            || "nothing has been heard of it".to_owned(),
            |best| {
                format!(
                    "it got as far as \u{201c}{}\u{201d} at {}",
                    best.rung,
                    clock(best.at)
                )
            },
        );
        let day = self.words.day_and_clock(at);
        reasons.push(Reason {
            at: Some(at),
            because: Because::Paged { page: id, rung },
            text: format!("{who} was paged on {day} (page {id}): {got}"),
        });
        for failure in &told.failures {
            reasons.push(Reason {
                at: Some(failure.at),
                because: Because::PushFailed {
                    page: id,
                    device: failure.device.clone(),
                    transport: failure.transport,
                    problem: failure.problem,
                    why: failure.why.clone(),
                },
                text: format!(
                    "{} did not deliver page {id} to {who}: {}{}",
                    failure.transport,
                    failure.problem,
                    in_parentheses(&failure.why)
                ),
            });
        }
        for receipt in &told.receipts {
            if receipt.effective_volume.is_some_and(|volume| volume <= 0.0) {
                reasons.push(Reason {
                    at: Some(receipt.at),
                    because: Because::Inaudible {
                        page: id,
                        device: receipt.device.clone(),
                    },
                    text: format!(
                        "a device of {who} played the siren of page {id} where nobody can hear it"
                    ),
                });
            }
        }
        if rung.is_none_or(|rung| rung < Rung::Received) {
            let (because, text) = if has_device {
                let text = format!("no device of {who} said that it has page {id}");
                (Because::NotReceived { page: id }, text)
            } else {
                let text = format!("{who} has no device: `tocsin enroll {}`", self.person);
                (Because::NoDevice, text)
            };
            reasons.push(Reason {
                at: None,
                because,
                text,
            });
        }
    }

    fn was_not_paged(&self, reasons: &mut Vec<Reason>) {
        let Some(ticket) = &self.ticket else {
            return self.say(reasons, None, Because::NoConfiguration);
        };
        let at = self.settled_at(ticket);
        let Some(directory) = self.directory(at) else {
            return self.say(reasons, None, Because::NoConfiguration);
        };
        if !directory.pageable(&ticket.team).contains(self.person) {
            return self.is_outside(directory, ticket, at, reasons);
        }
        if !self.decisions.iter().any(|decision| decision.pages) {
            self.paged_nobody(reasons);
            return self.stopped_before(ticket, reasons);
        }
        let Some(chain) = directory.chain(&ticket.team, at) else {
            return self.say(reasons, None, Because::NoConfiguration);
        };
        let levels = levels(&chain, ticket);
        let place = levels
            .iter()
            .position(|level| level.people.contains(self.person));
        if let Some(place) = place {
            let after = levels[..place].iter().flat_map(|it| it.people.clone());
            let because = Because::LaterLevel {
                role: levels[place].role,
                place: place + 1,
                of: levels.len(),
                after: after.collect(),
            };
            self.say(reasons, None, because);
            self.stopped_before(ticket, reasons);
        } else {
            self.say(reasons, None, Because::NotInChain);
        }
        self.turn(directory, ticket, at, reasons);
    }

    /// When it was settled who is woken: somebody took it in hand last, or it is as it stands.
    fn settled_at(&self, ticket: &Ticket) -> Millis {
        let in_hand = self.spared().next_back().map(|(at, _)| at);
        in_hand.unwrap_or_else(|| {
            let last = self.history.entries.last();
            last.map_or(ticket.opened_at, |entry| entry.at)
        })
    }

    /// Each time that somebody took it in hand before a limit had passed.
    fn spared(&self) -> impl DoubleEndedIterator<Item = (Millis, Because)> {
        self.decisions.iter().filter_map(|decision| {
            let Rule::InHand {
                by, deed, limit, ..
            } = &decision.rule
            else {
                return None;
            };
            let because = Because::InHand {
                by: by.clone(),
                deed: *deed,
                limit: (*limit)?,
            };
            Some((decision.at, because))
        })
    }

    fn directory(&self, at: Millis) -> Option<&'a Directory> {
        let known = self.eras.iter().rev();
        known
            .into_iter()
            .find(|era| era.from <= at)
            .map(|era| &era.directory)
    }

    /// Somebody whom this team never pages.
    fn is_outside(
        &self,
        directory: &Directory,
        ticket: &Ticket,
        at: Millis,
        reasons: &mut Vec<Reason>,
    ) {
        let team = &ticket.team;
        if directory.audience(team).contains(self.person) {
            let team = team.clone();
            return self.say(reasons, None, Because::Observer { team });
        }
        let is_in = |era: &&Era| era.directory.pageable(team).contains(self.person);
        let before = self.eras.iter().take_while(|era| era.from <= at);
        let before: Vec<&Era> = before.collect();
        if let Some(last) = before.iter().rposition(&is_in)
            && let Some(next) = before.get(last + 1)
        {
            let left = Because::Left { at: next.from };
            self.say(reasons, Some(next.from), left);
        } else if let Some(later) = self.eras.iter().filter(|era| era.from > at).find(is_in) {
            let came = Because::CameLater { from: later.from };
            self.say(reasons, Some(later.from), came);
        }
        // Whether another team has them is nobody's business here.
        let team = team.clone();
        self.say(reasons, None, Because::NotInTeam { team });
    }

    /// What kept the ticket from paging anybody at all.
    fn paged_nobody(&self, reasons: &mut Vec<Reason>) {
        for decision in &self.decisions {
            let because = match &decision.rule {
                Rule::DoesNotPage { severity } => Because::DoesNotPage {
                    severity: *severity,
                },
                Rule::Held { hold } => Because::Held { hold: hold.clone() },
                _ => continue,
            };
            self.say(reasons, Some(decision.at), because);
        }
    }

    /// What happened, or has not happened yet, before their level.
    fn stopped_before(&self, ticket: &Ticket, reasons: &mut Vec<Reason>) {
        for (at, because) in self.spared() {
            self.say(reasons, Some(at), because);
        }
        let is_ringing = self.decisions.last().is_some_and(|last| last.pages);
        if let Some(deadline) = ticket.deadline.as_ref().filter(|_| is_ringing) {
            let because = Because::NotYet {
                limit: deadline.due,
                next: deadline.next.clone(),
            };
            self.say(reasons, None, because);
        }
    }

    /// When their turn is, if they take turns and it is not now.
    fn turn(&self, directory: &Directory, ticket: &Ticket, at: Millis, reasons: &mut Vec<Reason>) {
        let until = Millis(at.0.saturating_add(NEXT_SHIFT_WITHIN_MS));
        let shifts = directory.team_shifts(&ticket.team, at, until);
        let next = shifts
            .iter()
            .filter(|it| it.duty.shift.person == self.person.as_str())
            .map(|it| (Millis(it.duty.shift.from.as_millisecond()), it.layer))
            .min();
        match next {
            Some((from, Layer(layer))) if from > at => {
                let layer = layer + 1;
                self.say(reasons, None, Because::OnCallFrom { layer, from });
            }
            Some(_) => {}
            None => {
                if let Some(left) = left_rota(directory, &ticket.team, self.person, at) {
                    self.say(reasons, Some(left), Because::Left { at: left });
                }
            }
        }
    }

    fn say(&self, reasons: &mut Vec<Reason>, at: Option<Millis>, because: Because) {
        let text = self.sentence(&because, at);
        reasons.push(Reason { at, because, text });
    }

    fn sentence(&self, because: &Because, at: Option<Millis>) -> String {
        let who = self.words.person(self.person);
        let opened = self.ticket.as_ref().map_or(Millis(0), |it| it.opened_at);
        let day = |when| self.words.day_and_clock(when);
        let clock = |when| self.words.clock(when, opened);
        match because {
            Because::Paged { .. }
            | Because::NoDevice
            | Because::PushFailed { .. }
            | Because::NotReceived { .. }
            | Because::Inaudible { .. } => String::new(),
            Because::NoConfiguration => {
                "no configuration of that time is known that could say more".to_owned()
            }
            Because::CameLater { from } => {
                format!("{who} came into the team later, on {}", day(*from))
            }
            Because::Left { at } => format!("{who} had left, on {}", day(*at)),
            Because::NotInTeam { team } => format!(
                "{who} was not in the team {}, which answers for this service",
                self.words.names.team(team)
            ),
            Because::Observer { team } => format!(
                "{who} observes the team {}, and observers are never paged",
                self.words.names.team(team)
            ),
            Because::NotInChain => format!(
                "{who} was on no level of the chain: not on call, not a manager, not a member"
            ),
            Because::OnCallFrom { layer, from } => format!(
                "{who} is on call ({}) only from {}",
                Layer(layer - 1),
                day(*from)
            ),
            Because::DoesNotPage { severity } => {
                format!("tickets of {severity} page nobody on this service")
            }
            Because::Held { hold } => format!(
                "nobody was paged before {}, by {}",
                clock(hold.until),
                hold.rule
            ),
            Because::LaterLevel {
                role,
                place,
                of,
                after,
            } => {
                let mut names: Vec<String> = after.iter().map(|id| self.words.person(id)).collect();
                names.dedup();
                format!(
                    "{who} is paged as the {role}, level {place} of {of}, after {}",
                    listed(&names)
                )
            }
            Because::InHand { by, deed, limit } => {
                let at = at.unwrap_or(opened);
                format!(
                    "{} {} at {}, before the limit of {} had passed",
                    self.words.actor(by),
                    deed.past(),
                    clock(at),
                    clock(*limit)
                )
            }
            Because::NotYet { limit, next } => format!(
                "the limit until {} has not passed; {} is next",
                clock(*limit),
                self.words.people(next)
            ),
        }
    }
}

fn in_parentheses(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" (\u{201c}{text}\u{201d})")
    }
}

/// The levels in the order in which the rules ask them, each with those whom no level before has.
fn levels(chain: &Chain, ticket: &Ticket) -> Vec<Level> {
    let owner = &ticket.owner;
    let mut levels = Vec::new();
    let mut asked: Vec<PersonId> = Vec::new();
    while let Some(level) = chain.next_level(owner, &asked) {
        asked.extend(level.people.iter().cloned());
        levels.push(level);
    }
    levels
}

/// When somebody left every rota of the team that has them.
fn left_rota(
    directory: &Directory,
    team: &TeamId,
    person: &PersonId,
    at: Millis,
) -> Option<Millis> {
    let team = directory.config().teams().get(team)?;
    let now = Timestamp::from_millisecond(at.0).ok()?;
    team.layers()
        .filter_map(|(_, rotation)| {
            let zone = tocsin_rota::zone(&rotation.spec.zone).ok()?;
            let members = rotation.spec.members.iter();
            let own = members.filter(|member| member.person == person.as_str());
            let left = own.filter_map(|member| member.leaves).max()?;
            let left = left.to_zoned(zone).ok()?.timestamp();
            (left <= now).then(|| Millis(left.as_millisecond()))
        })
        .max()
}
