//! The two teams of the year: a configuration file that is edited in the course of it and, worked out
//! by hand, who is on call when.
//!
//! The shop follows the sun: Berlin has weekdays, Sydney its own days, Santiago whatever is left. So
//! duty changes hands by the clocks of both hemispheres, and all of them change twice in the year.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::civil::{Date, DateTime, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tocsin_directory::Config;
use tocsin_server::store::guests::Sees;
use tocsin_ticket::{Millis, PersonId, TeamId};

const BERLIN: &str = "Europe/Berlin";
const SYDNEY: &str = "Australia/Sydney";
const SANTIAGO: &str = "America/Santiago";

/// The week or day of this date is the first member's, in each rotation.
pub const START: Date = date(2026, 1, 5);

/// The ten of the shop, in the order of the secondary's rotation, and where each lives. Jun and Gus
/// come in the course of the year, and Dora goes.
pub const SHOP: [(&str, &str, &str); 10] = [
    ("ana", "Ana Silva", BERLIN),
    ("ben", "Ben Okafor", BERLIN),
    ("minjun", "조민준", BERLIN),
    ("dora", "Dora Weiß", BERLIN),
    ("jun", "Jun Sato", BERLIN),
    ("eve", "Eve Nguyen", SYDNEY),
    ("finn", "Finn O'Hara", SYDNEY),
    ("gus", "Gus Taylor", SYDNEY),
    ("hugo", "Hugo Peña", SANTIAGO),
    ("ines", "Inés Rojas", SANTIAGO),
];

/// Those of the other team.
pub const DATA: [(&str, &str, &str); 2] =
    [("mia", "Mia Berg", BERLIN), ("noa", "Noa Levi", BERLIN)];

/// The people above both teams.
pub const MANAGERS: [(&str, &str, &str); 2] = [
    ("bea", "Bea Lindqvist", BERLIN),
    ("carl", "Carl Meyer", BERLIN),
];

/// Services, their teams, and what they need.
pub const SERVICES: [(&str, &str, &[&str]); 5] = [
    ("checkout", "shop", &["payments", "ledger"]),
    ("payments", "shop", &["ledger"]),
    ("search", "shop", &[]),
    ("mail", "shop", &[]),
    ("ledger", "data", &[]),
];

/// Berlin's public holidays of the year
/// (<https://www.berlin.de/en/tourism/travel-information/1887651-2862820-public-holidays-school-holidays.en.html>).
const HOLIDAYS: [Date; 11] = [
    date(2026, 1, 1),
    date(2026, 3, 8),
    date(2026, 4, 3),
    date(2026, 4, 6),
    date(2026, 5, 1),
    date(2026, 5, 14),
    date(2026, 5, 25),
    date(2026, 10, 3),
    date(2026, 12, 25),
    date(2026, 12, 26),
    date(2027, 1, 1),
];

const JUN_JOINS: Date = date(2026, 3, 30);
const GUS_JOINS: Date = date(2026, 7, 6);
const DORA_LEAVES: Date = date(2026, 9, 7);

/// When a clock changes, by the IANA time zone database: where, and the first instant after.
pub const CLOCK_CHANGES: [(&str, &str); 6] = [
    (BERLIN, "2026-03-29T01:00:00Z"),
    (SYDNEY, "2026-04-04T16:00:00Z"),
    (SANTIAGO, "2026-04-05T03:00:00Z"),
    (SANTIAGO, "2026-09-06T04:00:00Z"),
    (SYDNEY, "2026-10-03T16:00:00Z"),
    (BERLIN, "2026-10-25T01:00:00Z"),
];

/// When somebody edits the file in the year, and how it looks from then on.
pub const EDITS: [(Date, Edition); 4] = [
    (date(2026, 3, 2), Edition::JunComes),
    (date(2026, 6, 8), Edition::GusComes),
    (date(2026, 8, 10), Edition::DoraGoes),
    (date(2026, 11, 2), Edition::LimitsShorter),
];

/// How far the file has come; each has what those before it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    First,
    /// Jun joins Berlin; Ana shadows him, and is paged when he is late.
    JunComes,
    /// Gus joins Sydney, and shadows Eve.
    GusComes,
    /// Dora leaves Berlin.
    DoraGoes,
    /// A SEV2 must be answered sooner.
    LimitsShorter,
}

/// Somebody is on call instead of another: an override, or one half of a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    pub person: PersonId,
    pub from: Millis,
    pub until: Millis,
}

impl StandIn {
    fn holds(&self, at: Millis) -> bool {
        self.from <= at && at < self.until
    }
}

/// What the configuration file says.
#[derive(Debug, Clone)]
pub struct Setup {
    pub edition: Edition,
    /// Overrides of the shop's first rota.
    pub overrides: Vec<StandIn>,
}

impl Setup {
    pub fn new() -> Self {
        Self {
            edition: Edition::First,
            overrides: Vec::new(),
        }
    }

    /// Who may be on call at an instant, worked out without the rota's code. It is one person, but
    /// in a rotation that somebody joined or left: which turns change hands there is the rota's to
    /// say (and its own tests'), here it must be one of those whose it can be.
    pub fn on_call(&self, team: &TeamId, swaps: &[StandIn], at: Millis) -> BTreeSet<PersonId> {
        if team.as_str() == "data" {
            let week = turn(BERLIN, Some(Weekday::Monday), time(9, 0, 0, 0), at);
            return BTreeSet::from([holder(&["mia", "noa"], week)]);
        }
        // Overrides and swaps are never of the same time; of swaps the last one accepted counts.
        let mut stand_ins = swaps.iter().rev().chain(&self.overrides);
        if let Some(it) = stand_ins.find(|it| it.holds(at)) {
            return BTreeSet::from([it.person.clone()]);
        }
        let wall = wall(BERLIN, at);
        if is_weekday(wall.date()) && (7..19).contains(&wall.hour()) {
            let week = turn(BERLIN, Some(Weekday::Monday), time(9, 0, 0, 0), at);
            let mut people = BTreeSet::from([holder(&["ana", "ben", "minjun", "dora"], week)]);
            if self.edition >= Edition::JunComes && wall.date() >= JUN_JOINS {
                people.insert("jun".into());
            }
            if self.edition >= Edition::DoraGoes && wall.date() >= DORA_LEAVES {
                people.remove(&PersonId::from("dora"));
                people.extend(["ana", "ben", "minjun", "jun"].map(PersonId::from));
            }
            return people;
        }
        let wall = wall_in_sydney(at);
        if (6..18).contains(&wall.hour()) {
            let day = turn(SYDNEY, None, time(6, 0, 0, 0), at);
            let mut people = BTreeSet::from([holder(&["eve", "finn"], day)]);
            if self.edition >= Edition::GusComes && wall.date() >= GUS_JOINS {
                // While he shadows Eve, she has his days.
                people.extend(["gus", "eve"].map(PersonId::from));
            }
            return people;
        }
        let week = turn(SANTIAGO, Some(Weekday::Saturday), time(10, 0, 0, 0), at);
        BTreeSet::from([holder(&["hugo", "ines"], week)])
    }

    /// Everybody who is asked before the chain of a team is exhausted.
    pub fn everybody(team: &TeamId) -> Vec<PersonId> {
        let members: &[(&str, &str, &str)] = if team.as_str() == "data" {
            &DATA
        } else {
            &SHOP
        };
        let people = members.iter().chain(&MANAGERS);
        let asked = |id: &str| team.as_str() == "shop" || id != "bea";
        people
            .map(|(id, ..)| *id)
            .filter(|id| asked(id))
            .map(PersonId::from)
            .collect()
    }

    pub fn config(&self) -> Config {
        match Config::parse(&self.text()) {
            Ok(config) => config,
            Err(errors) => panic!("{}", errors.in_file("the configuration of the year")),
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (id, name, zone) in everybody() {
            let manager = match id {
                "carl" => "",
                "bea" => "manager = \"carl\"",
                _ => "manager = \"bea\"",
            };
            writeln!(
                text,
                "[[people]]\nid = \"{id}\"\nname = \"{name}\"\nzone = \"{zone}\"\n{manager}\n"
            )
            .unwrap();
        }
        self.write_shop(&mut text);
        let mia_and_noa = rota("teams.rota", BERLIN, MONDAY, "\"mia\", \"noa\"");
        writeln!(
            text,
            "[[teams]]\nid = \"data\"\nname = \"Data\"\nmanager = \"carl\"\n\
             members = [\"mia\", \"noa\"]\n\n{mia_and_noa}\n{BRIDGES}"
        )
        .unwrap();
        for (id, team, downstream) in SERVICES {
            let more = match id {
                "checkout" => "tier = 1",
                "mail" => "hold_off = \"2m\"",
                _ => "",
            };
            writeln!(
                text,
                "[[services]]\nid = \"{id}\"\nname = \"{id}\"\nteam = \"{team}\"\n{more}\n\
                 downstream = {downstream:?}\n"
            )
            .unwrap();
        }
        let dates: Vec<String> = HOLIDAYS.iter().map(Date::to_string).collect();
        let dates = dates.join(", ");
        writeln!(text, "[[holidays]]\nid = \"berlin\"\ndates = [{dates}]").unwrap();
        text
    }

    fn write_shop(&self, text: &mut String) {
        let members: Vec<&str> = SHOP.iter().map(|(id, ..)| *id).collect();
        let mut berlin = "\"ana\", \"ben\", \"minjun\"".to_owned();
        if self.edition >= Edition::DoraGoes {
            write!(berlin, ", {{ person = \"dora\", leaves = {DORA_LEAVES} }}").unwrap();
        } else {
            berlin.push_str(", \"dora\"");
        }
        if self.edition >= Edition::JunComes {
            let mentor = "{ person = \"ana\", shifts = 3, mode = \"mentor_shadows\" }";
            write!(
                berlin,
                ", {{ person = \"jun\", joins = {JUN_JOINS}, mentor = {mentor} }}"
            )
            .unwrap();
        }
        let mut sydney = "\"eve\", \"finn\"".to_owned();
        if self.edition >= Edition::GusComes {
            let mentor = "{ person = \"eve\", shifts = 12, mode = \"newcomer_shadows\" }";
            write!(
                sydney,
                ", {{ person = \"gus\", joins = {GUS_JOINS}, mentor = {mentor} }}"
            )
            .unwrap();
        }
        let overrides: Vec<String> = self
            .overrides
            .iter()
            .map(|it| {
                let [from, until] = [it.from, it.until].map(instant);
                let person = &it.person;
                format!("{{ person = \"{person}\", from = {from}, until = {until} }}")
            })
            .collect();
        let check_in = if self.edition >= Edition::LimitsShorter {
            12
        } else {
            15
        };
        writeln!(
            text,
            "[[teams]]\nid = \"shop\"\nname = \"Shop\"\nmanager = \"bea\"\nmembers = {members:?}\n\n\
             {}hours = [{{ days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = 07:00, \
             until = 19:00 }}]\nholidays = \"berlin\"\noverrides = [{}]\n\n\
             {}hours = [{{ days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"], \
             from = 06:00, until = 18:00 }}]\n\n{}\n{}\n\
             [teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\n\
             work_in_progress = \"1h\"\n\n\
             [teams.policy.sev2]\ncheck_in = \"{check_in}m\"\nresearching = \"30m\"\n\
             work_in_progress = \"4h\"\n\n{BRIDGES}",
            rota("teams.rota", BERLIN, MONDAY, &berlin),
            overrides.join(", "),
            rota("[teams.rota.otherwise]", SYDNEY, "time = 06:00", &sydney),
            rota(
                "[teams.rota.otherwise]",
                SANTIAGO,
                "weekday = \"saturday\", time = 10:00",
                "\"hugo\", \"ines\""
            ),
            rota(
                "teams.secondary",
                BERLIN,
                "weekday = \"wednesday\", time = 09:00",
                &members.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", "),
            ),
        )
        .unwrap();
    }
}

const MONDAY: &str = "weekday = \"monday\", time = 09:00";

/// Where the teams meet for a SEV1.
const BRIDGES: &str = "[teams.conference]\n\
    links = [{ url = \"https://meet.example.org/incident\", dial_in = \"+49 30 555 0100\" }]\n";

fn rota(table: &str, zone: &str, handoff: &str, members: &str) -> String {
    format!(
        "[{table}]\nzone = \"{zone}\"\nstart = {START}\nhandoff = {{ {handoff} }}\n\
         members = [{members}]\n"
    )
}

/// Everybody in the file: id, name, zone.
pub fn everybody() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SHOP.into_iter().chain(DATA).chain(MANAGERS)
}

/// Every team there is.
pub fn teams() -> [TeamId; 2] {
    ["data".into(), "shop".into()]
}

/// Everything that the log has.
pub fn everything() -> Sees {
    Sees::from(teams().as_slice())
}

/// Where somebody lives.
pub fn zone_of(person: &PersonId) -> &'static str {
    let found = everybody().find(|(id, ..)| *id == person.as_str());
    found.map_or("UTC", |(_, _, zone)| zone)
}

/// What a clock on the wall shows there.
pub fn wall(zone: &str, at: Millis) -> DateTime {
    TimeZone::get(zone).unwrap().to_datetime(instant(at))
}

fn wall_in_sydney(at: Millis) -> DateTime {
    wall(SYDNEY, at)
}

/// The instant at which a clock on the wall shows this first.
pub fn at_wall(zone: &str, wall: DateTime) -> Millis {
    let zoned = wall.in_tz(zone).unwrap();
    Millis(zoned.timestamp().as_millisecond())
}

pub fn instant(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap()
}

fn is_weekday(date: Date) -> bool {
    let weekend = [Weekday::Saturday, Weekday::Sunday];
    !weekend.contains(&date.weekday()) && !HOLIDAYS.contains(&date)
}

/// Which turn it is, counted from the one of [`START`], where handoffs come each day, or each week on
/// a day. No handoff here is at a time that a clock skips or shows twice.
fn turn(zone: &str, weekday: Option<Weekday>, handoff: Time, at: Millis) -> i64 {
    let last_handoff = |at: DateTime| {
        let mut date = at.date();
        if at.time() < handoff {
            date -= 1.day();
        }
        let back = weekday.map_or(0, |weekday| i64::from(weekday.until(date.weekday())));
        date - back.days()
    };
    // The turn of a date is the one that holds at its end.
    let first = last_handoff(START.at(23, 59, 0, 0));
    let this = last_handoff(wall(zone, at));
    let days = i64::from((this - first).get_days());
    days.div_euclid(if weekday.is_some() { 7 } else { 1 })
}

fn holder(members: &[&str], turn: i64) -> PersonId {
    let place = turn.rem_euclid(members.len() as i64);
    PersonId::from(members[place as usize])
}
