//! A shop with people in several places, and its nights.
#![allow(dead_code)] // Not every test needs all of it.

use core::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tocsin_answers::{Decision, why};
use tocsin_directory::{Config, Directory};
use tocsin_report::{Entry, History, Names};
use tocsin_ticket::{
    Alarm, Command, Context, DeliveryFailure, Event, Hold, Millis, PersonId, Policy, Receipt, Rung,
    Severity, Ticket, TicketId, decide,
};

/// Ana, Ben and Minjun take weekly turns from Monday 5 January 2026, 09:00 in Berlin; Dora is
/// second, Bea leads, Carl leads Bea, Olga looks on, and Eve is in no team.
pub const SHOP: &str = r#"
[[people]]
id = "ana"
name = "Ana"
email = "ana@example.org"
telephone = "+493012345678"
[[people]]
id = "ben"
name = "Ben"
email = "ben@example.org"
[[people]]
id = "minjun"
name = "Minjun"
email = "minjun@example.org"
[[people]]
id = "dora"
name = "Dora"
email = "dora@example.org"
[[people]]
id = "bea"
name = "Bea"
manager = "carl"
email = "bea@example.org"
[[people]]
id = "carl"
name = "Carl"
email = "carl@example.org"
[[people]]
id = "olga"
name = "Olga"
[[people]]
id = "eve"
name = "Eve"

[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = ["ana", "ben", "minjun", "dora"]
observers = ["olga"]

[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "monday", time = 09:00 }
members = ["ana", "ben", "minjun"]

[teams.secondary]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "monday", time = 09:00 }
members = ["dora", "ana"]

[[services]]
id = "checkout"
name = "Checkout"
team = "shop"
tier = 1
runbook = "https://wiki.example.org/checkout"

[[services]]
id = "payments"
name = "Payments"
team = "shop"
"#;

pub fn directory(text: &str) -> Directory {
    Directory::new(Config::parse(text).unwrap_or_else(|errors| panic!("{errors}")))
}

pub fn berlin() -> TimeZone {
    tocsin_rota::zone("Europe/Berlin").unwrap()
}

/// An instant, such as `2026-01-06T02:00:00+01:00`.
pub fn at(text: &str) -> Millis {
    let instant: Timestamp = text.parse().unwrap();
    Millis(instant.as_millisecond())
}

pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub fn names(directory: &Directory) -> Names {
    let config = directory.config();
    let mut names = Names::default();
    for person in config.people().values() {
        names.people.insert(person.id.clone(), person.name.clone());
    }
    for team in config.teams().values() {
        names.teams.insert(team.id.clone(), team.name.clone());
    }
    names
}

/// A ticket of checkout, and what happened to it.
pub struct Night<'a> {
    pub directory: &'a Directory,
    pub ticket: Option<Ticket>,
    pub now: Millis,
    pub log: Vec<Entry>,
    pub hold: Option<Hold>,
}

impl<'a> Night<'a> {
    pub fn begins(directory: &'a Directory, now: Millis) -> Self {
        Self {
            directory,
            ticket: None,
            now,
            log: Vec::new(),
            hold: None,
        }
    }

    pub fn held(mut self, hold: Hold) -> Self {
        self.hold = Some(hold);
        self
    }

    pub fn does(&mut self, command: &Command) {
        let team = "shop".into();
        let usual = Policy::default();
        let policy = self.directory.policy_of(&"checkout".into());
        let chain = self.directory.chain(&team, self.now).unwrap();
        let shadow = self.directory.shadow(&team, self.now);
        let context = Context {
            hold: self.hold.as_ref(),
            shadow: shadow.as_ref(),
            ..Context::new(
                policy.unwrap_or(&usual),
                &chain,
                self.directory.pageable(&team),
            )
        };
        let events = decide(self.ticket.as_ref(), command, &context, self.now).unwrap();
        let now = self.now;
        self.ticket = events.iter().fold(self.ticket.take(), |ticket, event| {
            Ticket::apply(ticket, event, now)
        });
        self.log.push(Entry { at: now, events });
    }

    pub fn alarm(&mut self, severity: Severity) -> &mut Self {
        let command = Command::AlarmFired {
            new_id: TicketId(7),
            alarm: Alarm {
                team: "shop".into(),
                service: "checkout".into(),
                dedup_key: "down".to_owned(),
                severity,
                title: "Checkout is down".to_owned(),
                source: "prometheus".to_owned(),
                url: None,
                details: Default::default(),
            },
        };
        self.does(&command);
        self
    }

    /// Time passes, and with it what falls due.
    pub fn after(&mut self, length: Duration) -> &mut Self {
        let until = self.now + length;
        while let Some((due, generation)) = self.ticket.as_ref().and_then(Ticket::next_due) {
            if due > until {
                break;
            }
            self.now = due;
            self.does(&Command::DeadlinePassed { generation });
        }
        self.now = until;
        self
    }

    /// The newest page of somebody.
    fn page_of(&self, person: &str) -> tocsin_ticket::PageId {
        let pages = self.ticket.iter().flat_map(|ticket| &ticket.pages);
        let mut own = pages.filter(|page| page.person == PersonId::from(person));
        own.next_back().expect("a live page").id
    }

    /// Somebody's phone reports that its siren sounds.
    pub fn phone_of(&mut self, person: &str, volume: f32) -> &mut Self {
        let receipt = Receipt {
            device: "phone".into(),
            transport: None,
            rung: Rung::Sounding,
            at: self.now,
            effective_volume: Some(volume),
            ringer: None,
            do_not_disturb: None,
        };
        let command = Command::Delivery {
            page: self.page_of(person),
            receipts: vec![receipt],
            failures: Vec::new(),
        };
        self.does(&command);
        self
    }

    /// A push service did not take somebody's page on.
    pub fn push_fails(&mut self, person: &str, failure: DeliveryFailure) -> &mut Self {
        let command = Command::Delivery {
            page: self.page_of(person),
            receipts: Vec::new(),
            failures: vec![failure],
        };
        self.does(&command);
        self
    }

    pub fn check_in(&mut self, person: &str) -> &mut Self {
        self.does(&Command::CheckIn { by: person.into() });
        self
    }

    pub fn why(&self) -> Vec<Decision> {
        why(&self.log, &names(self.directory), &berlin())
    }

    /// The sentences alone.
    pub fn told(&self) -> Vec<String> {
        self.why().into_iter().map(|it| it.text).collect()
    }

    pub fn history(&self) -> History {
        History {
            ticket: TicketId(7),
            team: "shop".into(),
            service: "checkout".into(),
            entries: self.log.clone(),
        }
    }

    /// Whom the log says that a siren was to sound for, and when.
    pub fn paged(&self) -> Vec<(Millis, PersonId)> {
        paged(&self.log)
    }
}

pub fn paged(log: &[Entry]) -> Vec<(Millis, PersonId)> {
    let events = log
        .iter()
        .flat_map(|entry| entry.events.iter().map(|event| (entry.at, event)));
    events
        .filter_map(|(at, event)| match event {
            Event::Paged { page } => Some((at, page.person.clone())),
            _ => None,
        })
        .collect()
}
