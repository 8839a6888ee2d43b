//! A team's life, played through the rules themselves, and its log.
#![allow(dead_code, reason = "each test uses its own part of it")]

use std::collections::BTreeMap;
use std::time::Duration;

use tocsin_report::{Entry, History, Hours, Person, Query, Shift, Team};
use tocsin_ticket::{
    Alarm, Chain, Command, Context, DeviceId, Hold, Level, Millis, PersonId, Policy, Receipt, Role,
    Rung, ServiceId, Severity, Ticket, TicketId, Transport, decide,
};

/// `2026-03-29T02:30:00+02:00` as an instant.
pub fn at(text: &str) -> Millis {
    let at: jiff::Timestamp = text.parse().expect("an instant");
    Millis(at.as_millisecond())
}

pub fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub fn person(id: &str) -> PersonId {
    PersonId::from(id)
}

/// Who runs which service: the shop has two of the three. Ben is on call for the bank, and a member
/// of the shop.
pub const SERVICES: [(&str, &str); 3] =
    [("checkout", "shop"), ("orders", "shop"), ("ledger", "bank")];

/// Everybody.
pub const PEOPLE: [&str; 5] = ["ana", "ben", "bea", "carl", "dora"];

/// Tickets and their log.
#[derive(Default)]
pub struct World {
    policy: Policy,
    /// The rule that holds new tickets' pages back.
    pub hold: Option<Hold>,
    pub tickets: Vec<(Ticket, History)>,
}

fn chain(team: &str) -> Chain {
    let level = |role, id: &str| Level {
        role,
        people: vec![person(id)],
    };
    let (on_call, manager, members) = if team == "shop" {
        ("ana", "bea", vec![person("ana"), person("ben")])
    } else {
        ("ben", "dora", vec![person("ben"), person("dora")])
    };
    let team = Level {
        role: Role::Team,
        people: members,
    };
    Chain::new(
        person(on_call),
        vec![
            level(Role::Manager, manager),
            level(Role::ManagersManager, "carl"),
            team,
        ],
    )
}

impl World {
    /// An alarm that opens a ticket; its number in `tickets`.
    pub fn alarm(&mut self, service: &str, title: &str, severity: Severity, at: Millis) -> usize {
        let team = SERVICES
            .iter()
            .find(|(name, _)| *name == service)
            .expect("a known service")
            .1;
        let id = TicketId(self.tickets.len() as u64 + 1);
        let alarm = Alarm {
            team: team.into(),
            service: service.into(),
            dedup_key: id.to_string(),
            severity,
            title: title.to_owned(),
            source: "prometheus".to_owned(),
            url: None,
            details: BTreeMap::new(),
        };
        let command = Command::AlarmFired { new_id: id, alarm };
        let events = self.decide(None, team, &command, at).expect("it opens");
        let ticket = events
            .iter()
            .fold(None, |ticket, event| Ticket::apply(ticket, event, at))
            .expect("a ticket");
        let history = History {
            ticket: id,
            team: team.into(),
            service: service.into(),
            entries: vec![Entry { at, events }],
        };
        self.tickets.push((ticket, history));
        self.tickets.len() - 1
    }

    /// A SEV2 that rings on the owner's device at once.
    pub fn rings(&mut self, service: &str, title: &str, at: Millis) -> usize {
        let index = self.alarm(service, title, Severity::Sev2, at);
        self.ring(index, at);
        index
    }

    /// Every live page of the ticket rings on its person's device.
    pub fn ring(&mut self, index: usize, at: Millis) {
        for page in self.tickets[index].0.pages.clone() {
            self.receipt(
                index,
                page.id.number,
                Rung::Sounding,
                Transport::Fcm,
                at,
                at,
            );
        }
    }

    pub fn receipt(
        &mut self,
        index: usize,
        page: u32,
        rung: Rung,
        transport: Transport,
        said: Millis,
        at: Millis,
    ) {
        let receipt = Receipt {
            device: DeviceId::from("phone"),
            transport: Some(transport),
            rung,
            at: said,
            effective_volume: None,
            ringer: None,
            do_not_disturb: None,
        };
        let page = tocsin_ticket::PageId {
            ticket: self.tickets[index].0.id,
            number: page,
        };
        let command = Command::Delivery {
            page,
            receipts: vec![receipt],
            failures: Vec::new(),
        };
        self.tell(index, &command, at);
    }

    pub fn check_in(&mut self, index: usize, by: &str, at: Millis) {
        self.tell(index, &Command::CheckIn { by: person(by) }, at);
    }

    pub fn start(&mut self, index: usize, by: &str, at: Millis) {
        self.tell(index, &Command::StartWork { by: person(by) }, at);
    }

    pub fn resolve(&mut self, index: usize, by: &str, at: Millis) {
        self.tell(index, &Command::Resolve { by: person(by) }, at);
    }

    pub fn recover(&mut self, index: usize, at: Millis) {
        let source = "prometheus".to_owned();
        let dedup_key = self.tickets[index].0.dedup_key.clone();
        self.tell(index, &Command::AlarmRecovered { source, dedup_key }, at);
    }

    /// Tells a ticket something; what it refuses leaves nothing in the log.
    pub fn tell(&mut self, index: usize, command: &Command, at: Millis) {
        let ticket = self.tickets[index].0.clone();
        let team = ticket.team.to_string();
        let Ok(events) = self.decide(Some(&ticket), &team, command, at) else {
            return;
        };
        let (ticket, history) = &mut self.tickets[index];
        for event in &events {
            *ticket = Ticket::apply(Some(ticket.clone()), event, at).expect("a ticket");
        }
        if !events.is_empty() {
            history.entries.push(Entry { at, events });
        }
    }

    /// Lets every deadline before `now` fire when it is due.
    pub fn pass_until(&mut self, now: Millis) {
        for index in 0..self.tickets.len() {
            while let Some(deadline) = self.tickets[index]
                .0
                .deadline
                .clone()
                .filter(|deadline| deadline.fires_at() < now)
            {
                let generation = deadline.generation;
                let command = Command::DeadlinePassed { generation };
                self.tell(index, &command, deadline.fires_at());
            }
        }
    }

    fn decide(
        &self,
        ticket: Option<&Ticket>,
        team: &str,
        command: &Command,
        at: Millis,
    ) -> Result<Vec<tocsin_ticket::Event>, tocsin_ticket::Refusal> {
        let (chain, pageable) = (chain(team), PEOPLE.map(person));
        let mut context = Context::new(&self.policy, &chain, &pageable);
        context.hold = self.hold.as_ref();
        decide(ticket, command, &context, at)
    }

    pub fn report(&self, query: Query) -> tocsin_report::Report {
        let mut tally = tocsin_report::Tally::new(query).expect("a query");
        for (_, history) in &self.tickets {
            tally.add(history);
        }
        tally.report()
    }
}

/// A query over the world's teams, with everybody in `zone`.
pub fn query(from: Millis, until: Millis, zone: &str) -> Query {
    let mut query = Query::new(from, until, zone);
    for (id, relief) in [("shop", vec!["ana", "ben"]), ("bank", vec!["ben", "dora"])] {
        let team = Team {
            name: id.to_uppercase(),
            hours: Hours::default(),
            relief: relief.into_iter().map(person).collect(),
        };
        query.teams.insert(id.into(), team);
    }
    for id in PEOPLE {
        let someone = Person {
            name: format!("{id} by name"),
            zone: None,
        };
        query.people.insert(person(id), someone);
    }
    for (service, _) in SERVICES {
        query
            .services
            .insert(ServiceId::from(service), service.to_uppercase());
    }
    query
}

pub fn shift(who: &str, team: &str, from: Millis, until: Millis) -> Shift {
    Shift {
        person: person(who),
        team: team.into(),
        from,
        until,
    }
}
