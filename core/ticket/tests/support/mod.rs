//! A team at work: ana is on call, ben is secondary, bea manages them, carl manages her.

#![allow(dead_code, missing_docs)] // each test binary uses its part

use std::collections::BTreeMap;
use std::time::Duration;

use tocsin_ticket::{
    Alarm, Bridge, Chain, Command, Context, DeviceId, DoNotDisturb, Event, GroupLabels, Hold,
    Level, Millis, Page, PageId, PersonId, Policy, Receipt, Refusal, Role, Rung, Severity, Shadow,
    Ticket, TicketId, Transport, decide,
};

pub const START: Millis = Millis(1_800_000_000_000);

pub fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

pub fn person(name: &str) -> PersonId {
    PersonId::from(name)
}

pub fn alarm(severity: Severity) -> Alarm {
    Alarm {
        team: "shop".into(),
        service: "checkout".into(),
        dedup_key: "latency".to_owned(),
        severity,
        title: "checkout is slow".to_owned(),
        source: "prometheus".to_owned(),
        url: None,
        details: BTreeMap::new(),
    }
}

pub fn bridge() -> Bridge {
    Bridge {
        url: "https://meet.example.org/shop".to_owned(),
        dial_in: Some("+49 30 1234567, code 4711#".to_owned()),
    }
}

pub struct Shift {
    pub policy: Policy,
    pub chain: Chain,
    pub pageable: Vec<PersonId>,
    pub hold: Option<Hold>,
    pub group: Option<GroupLabels>,
    pub recent_tickets: u32,
    pub bridge: Option<Bridge>,
    pub shadow: Option<Shadow>,
    pub now: Millis,
    pub ticket: Option<Ticket>,
    pub log: Vec<(Millis, Vec<Event>)>,
}

impl Shift {
    pub fn new() -> Self {
        let level = |role, names: &[&str]| Level {
            role,
            people: names.iter().map(|name| person(name)).collect(),
        };
        Self {
            policy: Policy::default(),
            chain: Chain::new(
                person("ana"),
                vec![
                    level(Role::Secondary, &["ben"]),
                    level(Role::Manager, &["bea"]),
                    level(Role::ManagersManager, &["carl"]),
                    level(Role::Team, &["ana", "ben", "bea", "dora"]),
                ],
            ),
            pageable: ["ana", "ben", "bea", "carl", "dora"].map(person).to_vec(),
            hold: None,
            group: None,
            recent_tickets: 0,
            bridge: None,
            shadow: None,
            now: START,
            ticket: None,
            log: Vec::new(),
        }
    }

    pub fn with_alarm(severity: Severity) -> Self {
        let mut shift = Self::new();
        shift.alarm(severity);
        shift
    }

    pub fn alarm(&mut self, severity: Severity) -> Vec<Event> {
        self.must(&Command::AlarmFired {
            new_id: TicketId(7),
            alarm: alarm(severity),
        })
    }

    /// Monitoring says that the alarm of this key fires.
    pub fn fires(&mut self, key: &str, severity: Severity) -> Vec<Event> {
        self.must(&Command::AlarmFired {
            new_id: TicketId(7),
            alarm: Alarm {
                dedup_key: key.to_owned(),
                ..alarm(severity)
            },
        })
    }

    /// Monitoring says that the alarm of this key is over.
    pub fn recovers(&mut self, key: &str) -> Vec<Event> {
        self.must(&recovered(key))
    }

    pub fn after(&mut self, length: Duration) -> &mut Self {
        self.now = self.now + length;
        self
    }

    pub fn try_to(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let context = Context {
            policy: &self.policy,
            chain: &self.chain,
            pageable: &self.pageable,
            open_twin: None,
            hold: self.hold.as_ref(),
            group: self.group.as_ref(),
            recent_tickets: self.recent_tickets,
            bridge: self.bridge.as_ref(),
            shadow: self.shadow.as_ref(),
        };
        let events = decide(self.ticket.as_ref(), command, &context, self.now)?;
        for event in &events {
            self.ticket = Ticket::apply(self.ticket.take(), event, self.now);
        }
        self.log.push((self.now, events.clone()));
        Ok(events)
    }

    #[track_caller]
    pub fn must(&mut self, command: &Command) -> Vec<Event> {
        self.try_to(command)
            .unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"))
    }

    /// Waits for the running deadline and lets it pass.
    #[track_caller]
    pub fn let_it_pass(&mut self) -> Vec<Event> {
        let deadline = self.ticket().deadline.clone().expect("a limit runs");
        self.now = deadline.due;
        self.must(&Command::DeadlinePassed {
            generation: deadline.generation,
        })
    }

    /// Waits for whatever limit or timer is due first and lets it go off.
    #[track_caller]
    pub fn next_thing_happens(&mut self) -> Vec<Event> {
        let (due, generation) = self.ticket().next_due().expect("something is due");
        self.now = due;
        self.must(&Command::DeadlinePassed { generation })
    }

    /// Nobody's phone receives anything until the next level is paged because of it.
    #[track_caller]
    pub fn reach_passes(&mut self) -> Vec<Event> {
        let deadline = self.ticket().deadline.clone().expect("a limit runs");
        self.now = deadline.fires_at();
        self.must(&Command::DeadlinePassed {
            generation: deadline.generation,
        })
    }

    #[track_caller]
    pub fn page_of(&self, name: &str) -> &Page {
        let pages = &self.ticket().pages;
        pages
            .iter()
            .find(|page| page.person.as_str() == name)
            .expect("a page")
    }

    #[track_caller]
    pub fn ticket(&self) -> &Ticket {
        self.ticket.as_ref().expect("there is a ticket")
    }

    pub fn ringing(&self) -> Vec<&str> {
        let mut people: Vec<&str> = self
            .ticket()
            .pages
            .iter()
            .map(|page| page.person.as_str())
            .collect();
        people.sort_unstable();
        people
    }
}

pub fn recovered(key: &str) -> Command {
    Command::AlarmRecovered {
        source: "prometheus".to_owned(),
        dedup_key: key.to_owned(),
    }
}

pub fn paged(events: &[Event]) -> Vec<&Page> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Paged { page } => Some(page),
            _ => None,
        })
        .collect()
}

/// The phone's word that page `number` of the ticket reached `rung`.
pub fn receipt(number: u32, rung: Rung) -> Command {
    delivery(number, "phone", rung, None)
}

/// What one of Ana's devices says of the first page, and how much it was told not to disturb.
pub fn told_by(device: &str, rung: Rung, do_not_disturb: Option<DoNotDisturb>) -> Command {
    delivery(1, device, rung, do_not_disturb)
}

fn delivery(
    number: u32,
    device: &str,
    rung: Rung,
    do_not_disturb: Option<DoNotDisturb>,
) -> Command {
    Command::Delivery {
        page: PageId {
            ticket: TicketId(7),
            number,
        },
        receipts: vec![Receipt {
            device: DeviceId::from(device),
            transport: Some(Transport::Stream),
            rung,
            at: START,
            effective_volume: None,
            ringer: None,
            do_not_disturb,
        }],
        failures: Vec::new(),
    }
}
