//! The teams of the simulation: a configuration file that changes during a run, and, worked out by
//! hand, who is on call when.

use std::fmt::Write;

use jiff::Timestamp;
use tocsin_directory::Config;
use tocsin_ticket::{Millis, PersonId, TeamId};

/// A handoff whose instant was worked out by hand, most of them on a day when the clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handoff {
    zone: &'static str,
    weekday: &'static str,
    time: &'static str,
    /// A date in the week that begins with the handoff.
    start: &'static str,
    /// When it is, in UTC.
    instant: &'static str,
}

/// Sources: the IANA time zone database, and RFC 5545 (3.3.5) for times that do not exist or exist
/// twice.
pub const HANDOFFS: [Handoff; 7] = [
    // 02:30 does not exist; it means 03:30 CEST.
    Handoff {
        zone: "Europe/Berlin",
        weekday: "sunday",
        time: "02:30",
        start: "2026-03-30",
        instant: "2026-03-29T01:30:00Z",
    },
    // 02:30 exists twice; the first, CEST, counts.
    Handoff {
        zone: "Europe/Berlin",
        weekday: "sunday",
        time: "02:30",
        start: "2026-10-26",
        instant: "2026-10-25T00:30:00Z",
    },
    Handoff {
        zone: "America/New_York",
        weekday: "sunday",
        time: "02:30",
        start: "2026-03-09",
        instant: "2026-03-08T07:30:00Z",
    },
    Handoff {
        zone: "America/New_York",
        weekday: "sunday",
        time: "01:30",
        start: "2026-11-02",
        instant: "2026-11-01T05:30:00Z",
    },
    // Lord Howe's clocks change by half an hour: 02:15 does not exist and means 02:45.
    Handoff {
        zone: "Australia/Lord_Howe",
        weekday: "sunday",
        time: "02:15",
        start: "2026-10-05",
        instant: "2026-10-03T15:45:00Z",
    },
    Handoff {
        zone: "Australia/Lord_Howe",
        weekday: "sunday",
        time: "01:45",
        start: "2026-04-06",
        instant: "2026-04-04T14:45:00Z",
    },
    Handoff {
        zone: "Asia/Seoul",
        weekday: "monday",
        time: "09:00",
        start: "2026-06-02",
        instant: "2026-06-01T00:00:00Z",
    },
];

impl Handoff {
    /// When the duty changes hands.
    pub fn at(&self) -> Millis {
        instant(self.instant)
    }
}

fn instant(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// Somebody stands in for the on-call of `shop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    person: &'static str,
    from: Millis,
    until: Millis,
}

/// What the configuration file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    handoff: Handoff,
    /// Members of `shop` in the order of the rota.
    pub shop: Vec<&'static str>,
    /// Members of `data`; only `dora` is ever on call there.
    pub data: Vec<&'static str>,
    /// Whether the last member of `shop` is its secondary.
    secondary: bool,
    stand_in: Option<StandIn>,
    /// Limits half as long again.
    slow: bool,
}

/// A way in which a team changes.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// A member of `shop` leaves the organisation.
    Leaves(&'static str),
    /// A member of `shop` works for `data` from now on.
    Moves(&'static str),
    /// A member of `shop` stands in for the on-call, for this long.
    StandsIn(&'static str, i64),
    /// The team gives itself more time.
    SlowsDown,
}

/// How often a status update is due, in seconds.
const STATUS_UPDATES_S: u32 = 75;

/// The people above the teams.
pub const MANAGERS: [&str; 2] = ["bea", "carl"];

impl Setup {
    pub fn new(handoff: Handoff, secondary: bool) -> Self {
        Self {
            handoff,
            shop: vec!["ana", "ben", "cho"],
            data: vec!["dora"],
            secondary,
            stand_in: None,
            slow: false,
        }
    }

    /// The setup after a change; `None` when it does not apply or would leave nobody.
    pub fn changed(&self, change: Change, now: Millis) -> Option<Self> {
        let mut new = self.clone();
        match change {
            Change::Leaves(person) | Change::Moves(person) => {
                new.shop.retain(|member| *member != person);
                if new.shop.len() == self.shop.len() || new.shop.is_empty() {
                    return None;
                }
                if new.stand_in.as_ref().is_some_and(|it| it.person == person) {
                    new.stand_in = None;
                }
                if let Change::Moves(_) = change {
                    new.data.push(person);
                }
            }
            Change::StandsIn(person, length_ms) => {
                if !self.shop.contains(&person) {
                    return None;
                }
                // The file knows whole seconds.
                let from = now.0 / 1000 * 1000;
                new.stand_in = Some(StandIn {
                    person,
                    from: Millis(from),
                    until: Millis(from + length_ms / 1000 * 1000),
                });
            }
            Change::SlowsDown => new.slow = true,
        }
        Some(new)
    }

    /// Who is on call at an instant, worked out without the rota's code.
    pub fn on_call(&self, team: &TeamId, at: Millis) -> PersonId {
        if team.as_str() == "data" {
            return "dora".into();
        }
        if let Some(it) = &self.stand_in
            && it.from <= at
            && at < it.until
        {
            return it.person.into();
        }
        // The start lies in the week after the handoff, so that week is the first member's and the
        // one before it the last member's.
        let member = if at < self.handoff.at() {
            self.shop.last()
        } else {
            self.shop.first()
        };
        PersonId::from(*member.unwrap())
    }

    /// Who may hold the pager at an instant: whoever's turn it is, or whoever had a turn before and
    /// stays until the next person's phone has proved that it can ring.
    pub fn holders(&self, team: &TeamId, at: Millis) -> Vec<PersonId> {
        let changes = self.stand_in.iter().flat_map(|it| [it.from, it.until]);
        let before = changes
            .chain([self.handoff.at()])
            .filter(|change| *change <= at)
            .map(|change| Millis(change.0 - 1));
        before
            .chain([at])
            .map(|instant| self.on_call(team, instant))
            .collect()
    }

    /// Everybody who is asked before the chain of a team is exhausted.
    pub fn everybody(&self, team: &TeamId) -> Vec<PersonId> {
        let members = if team.as_str() == "data" {
            &self.data
        } else {
            &self.shop
        };
        let people = members.iter().chain(&MANAGERS);
        people.map(|id| PersonId::from(*id)).collect()
    }

    /// Everybody in the file.
    pub fn people(&self) -> Vec<&'static str> {
        let members = self.shop.iter().chain(&self.data);
        members.chain(&MANAGERS).copied().collect()
    }

    pub fn config(&self) -> Config {
        match Config::parse(&self.text()) {
            Ok(config) => config,
            Err(errors) => panic!("{}", errors.in_file("the simulation's configuration")),
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for person in self.people() {
            let manager = match person {
                "carl" => "",
                "bea" => "manager = \"carl\"",
                _ => "manager = \"bea\"",
            };
            let name = format!("{}{}", person[..1].to_uppercase(), &person[1..]);
            writeln!(
                text,
                "[[people]]\nid = \"{person}\"\nname = \"{name}\"\n{manager}\n"
            )
            .unwrap();
        }
        let Handoff {
            zone,
            weekday,
            time,
            start,
            ..
        } = self.handoff;
        let rota = |name: &str, members: &str| {
            format!(
                "[{name}]\nzone = \"{zone}\"\nstart = {start}\n\
                 handoff = {{ weekday = \"{weekday}\", time = {time} }}\nmembers = {members}\n"
            )
        };
        let policy = |severity: &str, seconds: [u64; 3]| {
            let [check_in, researching, work] =
                seconds.map(|length| if self.slow { length * 3 / 2 } else { length });
            format!(
                "[teams.policy.{severity}]\ncheck_in = \"{check_in}s\"\n\
                 researching = \"{researching}s\"\nwork_in_progress = \"{work}s\"\n\
                 status_updates = \"{STATUS_UPDATES_S}s\"\n"
            )
        };
        for (team, name, members, on_call) in [
            ("shop", "Shop", &self.shop, self.shop.as_slice()),
            ("data", "Data", &self.data, ["dora"].as_slice()),
        ] {
            writeln!(
                text,
                "[[teams]]\nid = \"{team}\"\nname = \"{name}\"\nmanager = \"bea\"\n\
                 members = {members:?}\n{}",
                rota("teams.rota", &format!("{on_call:?}"))
            )
            .unwrap();
            if let Some(StandIn {
                person,
                from,
                until,
            }) = self.stand_in.as_ref().filter(|_| team == "shop")
            {
                let [from, until] = [from, until].map(|at| {
                    let at = Timestamp::from_millisecond(at.0).unwrap();
                    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
                });
                writeln!(
                    text,
                    "overrides = [{{ person = \"{person}\", from = {from}, until = {until} }}]"
                )
                .unwrap();
            }
            if self.secondary && team == "shop" {
                let members = format!("[{:?}]", self.shop.last().unwrap());
                writeln!(text, "{}", rota("teams.secondary", &members)).unwrap();
            }
            if team == "shop" {
                // The other team has nowhere to meet.
                let links =
                    "[{ url = \"https://meet.example/1\" }, { url = \"https://meet.example/2\" }]";
                writeln!(text, "[teams.conference]\nlinks = {links}").unwrap();
            }
            writeln!(text, "{}", policy("sev1", [60, 120, 300])).unwrap();
            writeln!(text, "{}", policy("sev2", [90, 180, 600])).unwrap();
        }
        for (service, team) in SERVICES {
            writeln!(
                text,
                "[[services]]\nid = \"{service}\"\nname = \"{service}\"\nteam = \"{team}\""
            )
            .unwrap();
        }
        text
    }
}

/// Services and their teams.
pub const SERVICES: [(&str, &str); 3] =
    [("checkout", "shop"), ("payments", "shop"), ("etl", "data")];

/// Every team there ever is.
pub fn teams() -> [TeamId; 2] {
    ["data".into(), "shop".into()]
}
