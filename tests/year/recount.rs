//! The load report of a year against a recount of the raw log.
//!
//! The report comes the server's way: histories from the store into the tally. The recount reads the
//! log's rows as text, knows their events by the names they have there, goes through each person's time
//! from ring to ring, and asks a clock on the wall, minute by minute, whether it is night. The
//! definitions are those of `tocsin_report`; none of its code is used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use tocsin_report::{
    ByPart, Load, Noise, Person, Query, Report, Shift, Spread, Tally, Team, Times,
};
use tocsin_server::store::Reader;
use tocsin_ticket::{Millis, PersonId};

use crate::life::Ending;
use crate::oracle::{Rule, Verdict, Violation, ensure};
use crate::plan::{self, day};
use crate::setup::{CLOCK_CHANGES, at_wall, everybody, everything, teams, zone_of};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// How long it takes to be asleep again, and how long something that was done keeps busy.
const SETTLE: i64 = 20 * MINUTE;
const ATTENTION: i64 = HOUR;

const ZONE: &str = "Europe/Berlin";

/// Holds reports on the year, on its quarters and on the weeks around every change of the clocks
/// against what a recount finds.
pub fn check(ending: &Ending) -> Verdict {
    let tickets = read(ending);
    let midnight = |date: Date| at_wall(ZONE, date.at(0, 0, 0, 0));
    let mut spans = vec![(plan::begin(), plan::end())];
    spans.extend((0..4).map(|it| (midnight(day(it * 91)), midnight(day((it + 1) * 91)))));
    for (_, change) in CLOCK_CHANGES {
        let change: Timestamp = change.parse().unwrap();
        let date = change.to_zoned(TimeZone::get(ZONE).unwrap()).date();
        spans.push((midnight(date - 5.days()), midnight(date + 9.days())));
    }
    for (from, until) in spans {
        let query = query(ending, from, until);
        let mut tally = Tally::new(query.clone()).unwrap();
        let log_from = tally.log_from();
        ending
            .server
            .disk
            .histories(&teams(), log_from, tally.log_until(), &mut |it| {
                tally.add(it)
            })
            .unwrap();
        let recount = Recount::new(&query, &tickets, log_from);
        recount.compare(&tally.report())?;
    }
    Ok(())
}

/// What the server would ask, had somebody asked it for a report.
fn query(ending: &Ending, from: Millis, until: Millis) -> Query {
    let directory = ending.server.directory().expect("the server runs");
    let mut query = Query::new(from, until, ZONE);
    query.now = ending.end;
    for (id, name, zone) in everybody() {
        let person = Person {
            name: name.to_owned(),
            zone: Some(zone.to_owned()),
        };
        query.people.insert(id.into(), person);
    }
    for id in teams() {
        let team = Team {
            name: id.to_string(),
            hours: Default::default(),
            relief: directory.config().teams()[&id].members.clone(),
        };
        query.teams.insert(id.clone(), team);
        let shifts = directory.team_shifts(&id, from, Millis(until.0 + 48 * HOUR));
        query.shifts.extend(shifts.into_iter().map(|it| Shift {
            person: it.duty.shift.person.as_str().into(),
            team: id.clone(),
            from: Millis(it.duty.shift.from.as_millisecond()),
            until: Millis(it.duty.shift.until.as_millisecond()),
        }));
    }
    query
}

/// A ticket as its rows tell of it: every event with its instant and the number of its row.
struct Ticket {
    team: String,
    service: String,
    /// The title with each number as `#`.
    kind: String,
    owner: String,
    opened: i64,
    events: Vec<(i64, usize, Value)>,
}

/// The raw log, ticket by ticket.
fn read(ending: &Ending) -> Vec<Ticket> {
    let rows = ending
        .server
        .disk
        .log_after(&everything(), 0, usize::MAX >> 1)
        .unwrap();
    let mut tickets: BTreeMap<u64, Ticket> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let row: Value = serde_json::from_str(&row.json).unwrap();
        let at = row["at"].as_i64().unwrap();
        let id = row["ticket"]["id"].as_u64().unwrap();
        for event in row["events"].as_array().unwrap() {
            let ticket = tickets.entry(id).or_insert_with(|| {
                assert_eq!(event["type"], "opened", "a log begins with an opening");
                let alarm = &event["alarm"];
                Ticket {
                    team: text(&alarm["team"]),
                    service: text(&alarm["service"]),
                    kind: without_numbers(&text(&alarm["title"])),
                    owner: text(&event["owner"]),
                    opened: at,
                    events: Vec::new(),
                }
            });
            ticket.events.push((at, number, event.clone()));
        }
    }
    tickets.into_values().collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn without_numbers(title: &str) -> String {
    let mut kind = String::new();
    for letter in title.chars() {
        if !letter.is_ascii_digit() {
            kind.push(letter);
        } else if !kind.ends_with('#') {
            kind.push('#');
        }
    }
    kind
}

fn is(event: &Value, kind: &str) -> bool {
    event["type"] == kind
}

/// The person behind a `by`, be it a person's id or an actor. Monitoring's notes are signed with
/// what is nobody's id: ids have no blanks.
fn person(by: &Value) -> Option<&str> {
    let id = by.as_str().or_else(|| by["person"].as_str())?;
    (!id.contains(' ')).then_some(id)
}

/// Who did something that kept them busy.
fn doer(event: &Value) -> Option<&str> {
    match event["type"].as_str()? {
        "checked_in" | "resolved" | "severity_changed" | "acknowledged" | "work_started"
        | "reopened" | "reassigned" | "note_added" | "limit_extended" | "conference_joined"
        | "role_named" | "status_updated" => person(&event["by"]),
        "help_answered" if event["comes"] == true => person(&event["by"]),
        "help_asked" => person(&event["help"]["by"]),
        _ => None,
    }
}

/// Whether that was more than an answer to the siren.
fn is_work(event: &Value) -> bool {
    let answers = ["checked_in", "resolved", "acknowledged", "help_answered"];
    doer(event).is_some() && !answers.iter().any(|it| is(event, it))
}

fn is_refusal(event: &Value) -> bool {
    is(event, "declined") || (is(event, "help_answered") && event["comes"] == false)
}

/// Whether an event leaves the ticket in hands other than the person's, or in none.
fn takes_away(event: &Value, from: &str) -> bool {
    let to = match event["type"].as_str() {
        Some("resolved") => return true,
        Some("checked_in" | "work_started") => person(&event["by"]),
        Some("reassigned") => person(&event["to"]),
        Some("reopened") => person(&event["owner"]),
        _ => None,
    };
    to.is_some_and(|to| to != from)
}

/// A page as a person knows it: without those that renewed it.
struct Ringing {
    person: String,
    made: i64,
    rang: Option<i64>,
    ended: Option<i64>,
}

/// Follows each siren from the page that began it along those that took its place.
fn sirens(ticket: &Ticket) -> Vec<Ringing> {
    // A page that takes another's place stands in one row with the other's end.
    let replaces = |row: usize, person: &Value| {
        ticket.events.iter().any(|(_, other, event)| {
            *other == row
                && is(event, "page_ended")
                && event["why"] == "superseded"
                && event["person"] == *person
        })
    };
    let mut sirens = Vec::new();
    let mut newest: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_number: BTreeMap<String, usize> = BTreeMap::new();
    for (at, row, event) in &ticket.events {
        if is(event, "paged") {
            let page = &event["page"];
            let person = text(&page["person"]);
            let renewed = newest.get(&person).copied();
            let renewed = renewed.filter(|_| replaces(*row, &page["person"]));
            let place = renewed.unwrap_or_else(|| {
                sirens.push(Ringing {
                    person: person.clone(),
                    made: *at,
                    rang: None,
                    ended: None,
                });
                sirens.len() - 1
            });
            newest.insert(person, place);
            of_number.insert(text(&page["id"]), place);
        } else if is(event, "page_receipt") {
            let receipt = &event["receipt"];
            let rung = receipt["rung"].as_str().unwrap();
            let rings = ["sounding", "seen", "checked_in"].contains(&rung)
                || (rung == "accepted" && receipt["transport"] == "webhook");
            if rings {
                let siren = &mut sirens[of_number[event["page"].as_str().unwrap()]];
                let rang = receipt["at"].as_i64().unwrap().clamp(siren.made, *at);
                siren.rang = Some(siren.rang.map_or(rang, |first: i64| first.min(rang)));
            }
        } else if is(event, "page_ended") && event["why"] != "superseded" {
            let siren = &mut sirens[of_number[event["page"].as_str().unwrap()]];
            siren.ended = siren.ended.or(Some(*at));
        }
    }
    sirens
}

/// Something that counts.
struct Found {
    at: i64,
    person: String,
    ticket: usize,
    /// During which of the person's shifts; of two at once, the first.
    shift: Option<usize>,
    what: What,
}

enum What {
    Page,
    Unheard,
    /// Until when, and what of it was whose night.
    Interruption(i64, Vec<(Date, u64)>),
    Ticket,
}

/// What happens to one person: when, whether it is something they did, in which ticket, at which place
/// in it; and until when it keeps them.
type Deeds = BTreeMap<(i64, bool, usize, usize), i64>;

struct Recount<'a> {
    query: &'a Query,
    tickets: &'a [Ticket],
    found: Vec<Found>,
}

impl<'a> Recount<'a> {
    fn new(query: &'a Query, tickets: &'a [Ticket], log_from: Millis) -> Self {
        let mut recount = Self {
            query,
            tickets,
            found: Vec::new(),
        };
        let range = log_from.0..query.until.0;
        // What happens to whom, in the order of time; of one instant, rings before deeds.
        let mut rings: BTreeMap<String, Deeds> = BTreeMap::new();
        for (number, ticket) in tickets.iter().enumerate() {
            let found = |at, person: &str, what| Found {
                at,
                person: person.to_owned(),
                ticket: number,
                shift: None,
                what,
            };
            let opened = found(ticket.opened, &ticket.owner, What::Ticket);
            recount.found.push(opened);
            let mut first: BTreeMap<String, i64> = BTreeMap::new();
            for (place, siren) in sirens(ticket).into_iter().enumerate() {
                let at = siren.rang.unwrap_or(siren.made);
                if !range.contains(&at) {
                    continue;
                }
                let what = siren.rang.map_or(What::Unheard, |_| What::Page);
                recount.found.push(found(at, &siren.person, what));
                if siren.rang.is_some() {
                    let ended = siren.ended.unwrap_or(query.now.0).max(at);
                    let theirs = rings.entry(siren.person.clone()).or_default();
                    theirs.insert((at, false, number, place), ended);
                    let first = first.entry(siren.person).or_insert(at);
                    *first = at.min(*first);
                }
            }
            for (place, (at, _, event)) in ticket.events.iter().enumerate() {
                let Some(person) = doer(event) else { continue };
                if first.get(person).is_none_or(|first| first > at) {
                    continue;
                }
                let later = ticket.events.iter().filter(|(later, ..)| later >= at);
                let gone = later
                    .filter(|(_, _, event)| takes_away(event, person))
                    .map(|(gone, ..)| *gone)
                    .min();
                let until = gone.unwrap_or(query.now.0).max(*at).min(at + ATTENTION);
                let theirs = rings.entry(person.to_owned()).or_default();
                theirs.insert((*at, true, number, place), until);
            }
        }
        for (person, events) in rings {
            recount.walk(&person, &events);
        }
        for it in &mut recount.found {
            if let What::Interruption(until, nights) = &mut it.what {
                *nights = slept(&it.person, it.at, *until).collect();
            }
            it.shift = query.shifts.iter().position(|shift| {
                shift.person.as_str() == it.person
                    && shift.team.as_str() == tickets[it.ticket].team
                    && (shift.from.0..shift.until.0).contains(&it.at)
            });
        }
        recount
    }

    /// Goes from ring to ring through one person's time.
    fn walk(&mut self, person: &str, events: &Deeds) {
        let mut running: Option<(usize, i64)> = None;
        for ((at, is_deed, ticket, _), until) in events {
            running = running.filter(|(_, busy)| *at < busy + SETTLE);
            if running.is_none() && !is_deed {
                running = Some((self.found.len(), *at));
                self.found.push(Found {
                    at: *at,
                    person: person.to_owned(),
                    ticket: *ticket,
                    shift: None,
                    what: What::Interruption(0, Vec::new()),
                });
            }
            if let Some((place, busy)) = &mut running {
                *busy = (*busy).max(*until);
                self.found[*place].what = What::Interruption(*busy + SETTLE, Vec::new());
            }
        }
    }

    fn in_span(&self) -> impl Iterator<Item = &Found> {
        let span = self.query.from.0..self.query.until.0;
        self.found.iter().filter(move |it| span.contains(&it.at))
    }

    fn load(&self, from: i64, until: i64, which: impl Fn(&Found) -> bool) -> Load {
        let mut load = Load::default();
        let mut times: [Vec<u64>; 3] = Default::default();
        let span = from..until;
        let found = self.found.iter();
        for it in found.filter(|it| span.contains(&it.at) && which(it)) {
            match &it.what {
                What::Page => count(&it.person, it.at, &mut load.pages),
                What::Unheard => load.unheard += 1,
                What::Interruption(until, nights) => {
                    count(&it.person, it.at, &mut load.interruptions);
                    load.interrupted_ms += (until - it.at) as u64;
                    load.interrupted_sleep_ms += nights.iter().map(|(_, ms)| ms).sum::<u64>();
                }
                What::Ticket => {
                    let ticket = &self.tickets[it.ticket];
                    load.tickets += 1;
                    if add_noise(&mut load.noise, ticket) {
                        let took = times_of(ticket);
                        for (times, took) in times.iter_mut().zip(took) {
                            times.extend(took);
                        }
                    }
                }
            }
        }
        let [check_in, start, resolve] = times.map(spread);
        load.times = Times {
            check_in,
            start,
            resolve,
        };
        load
    }

    fn compare(&self, report: &Report) -> Verdict {
        let (from, until) = (self.query.from.0, self.query.until.0);
        let same = |what: &str, report: &Load, recount: Load| {
            ensure!(
                *report == recount,
                Rule::ReportIsRecount,
                "{what} from {from} until {until}: the report says\n    {report:?}\n  and the log\n    \
                 {recount:?}"
            );
            Ok(())
        };
        same("all", &report.total, self.load(from, until, |_| true))?;
        let people: BTreeSet<&str> = self.in_span().map(|it| it.person.as_str()).collect();
        ensure!(
            people == report.people.iter().map(|it| it.id.as_str()).collect(),
            Rule::ReportIsRecount,
            "the report knows {:?}, the log {people:?}",
            report.people.iter().map(|it| &it.id).collect::<Vec<_>>()
        );
        for it in &report.people {
            let theirs = self.load(from, until, |found| found.person == it.id.as_str());
            same(it.id.as_str(), &it.load, theirs)?;
        }
        for it in &report.teams {
            let is_theirs = |found: &Found| self.tickets[found.ticket].team == it.id.as_str();
            same(it.id.as_str(), &it.load, self.load(from, until, is_theirs))?;
        }
        for it in &report.services {
            let is_its = |found: &Found| self.tickets[found.ticket].service == it.id.as_str();
            same(it.id.as_str(), &it.load, self.load(from, until, is_its))?;
        }
        self.compare_weeks(report, &same)?;
        self.compare_shifts(report, &same)?;
        self.compare_patterns(report)?;
        self.compare_nights(report)
    }

    fn compare_weeks(
        &self,
        report: &Report,
        same: &impl Fn(&str, &Load, Load) -> Verdict,
    ) -> Verdict {
        let mut begins = self.query.from;
        for week in &report.weeks {
            let next = at_wall(ZONE, (week.date + 7.days()).at(0, 0, 0, 0));
            let ends = next.min(self.query.until);
            ensure!(
                week.date.weekday() == Weekday::Monday && (week.from, week.until) == (begins, ends),
                Rule::ReportIsRecount,
                "the week of {} is from {} until {}",
                week.date,
                week.from,
                week.until
            );
            let load = self.load(begins.0, ends.0, |_| true);
            same(&format!("the week of {}", week.date), &week.load, load)?;
            begins = ends;
        }
        ensure!(
            begins == self.query.until,
            Rule::ReportIsRecount,
            "the weeks end at {begins}"
        );
        for week in &report.trend.weeks_before {
            let load = self.load(week.from.0, week.until.0, |_| true);
            same(
                &format!("the week before of {}", week.date),
                &week.load,
                load,
            )?;
        }
        Ok(())
    }

    fn compare_shifts(
        &self,
        report: &Report,
        same: &impl Fn(&str, &Load, Load) -> Verdict,
    ) -> Verdict {
        for load in &report.shifts {
            let place = self.query.shifts.iter().position(|shift| {
                (&shift.person, &shift.team, shift.from, shift.until)
                    == (&load.person, &load.team, load.from, load.until)
            });
            let theirs = |found: &Found| found.shift.is_some() && found.shift == place;
            let (from, until) = (self.query.from.0, self.query.until.0);
            let what = format!("{}'s shift from {}", load.person, load.from);
            same(&what, &load.load, self.load(from, until, theirs))?;
        }
        Ok(())
    }

    fn compare_patterns(&self, report: &Report) -> Verdict {
        // Cost, pages.
        let mut kinds: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for it in self.in_span() {
            let ticket = &self.tickets[it.ticket];
            let kind = kinds.entry((&ticket.service, &ticket.kind)).or_default();
            match &it.what {
                What::Page => kind.1 += 1,
                What::Interruption(until, nights) => {
                    let slept: u64 = nights.iter().map(|(_, ms)| ms).sum();
                    kind.0 += (until - it.at) as u64 + slept;
                }
                What::Unheard | What::Ticket => {}
            }
        }
        let mut worst: Vec<_> = kinds.into_iter().filter(|(_, it)| it.1 > 0).collect();
        worst.sort_by_key(|(kind, cost)| (core::cmp::Reverse(*cost), *kind));
        let told = report.patterns.iter().map(|it| {
            let kind = (it.service.as_str(), it.title.as_str());
            (kind, (it.cost_ms, it.load.pages.total()))
        });
        ensure!(
            told.clone().eq(worst.iter().take(5).copied()),
            Rule::ReportIsRecount,
            "the patterns are {:?}, the log finds {worst:?}",
            told.collect::<Vec<_>>()
        );
        Ok(())
    }

    fn compare_nights(&self, report: &Report) -> Verdict {
        let mut nights: BTreeMap<(Date, PersonId), (u64, u64)> = BTreeMap::new();
        for it in self.in_span() {
            let What::Interruption(_, slept) = &it.what else {
                continue;
            };
            let person = PersonId::from(it.person.as_str());
            if let Some(date) = night(&it.person, it.at) {
                nights.entry((date, person.clone())).or_default().0 += 1;
            }
            for (date, ms) in slept {
                nights.entry((*date, person.clone())).or_default().1 += ms;
            }
        }
        nights.retain(|_, (woken, lost)| *woken >= 2 || *lost >= HOUR as u64);
        let told: BTreeMap<(Date, PersonId), (u64, u64)> = report
            .bad_nights
            .iter()
            .map(|it| {
                let night = (it.date, it.person.clone());
                (night, (it.wake_ups, it.interrupted_sleep_ms))
            })
            .collect();
        ensure!(
            told == nights,
            Rule::ReportIsRecount,
            "the bad nights are {told:?}, the log finds {nights:?}"
        );
        Ok(())
    }
}

fn clock(person: &str, at: i64) -> jiff::civil::DateTime {
    let zone = TimeZone::get(zone_of(&person.into())).unwrap();
    zone.to_datetime(Timestamp::from_millisecond(at).unwrap())
}

/// The date on which the night began that it is there, if it is night.
fn night(person: &str, at: i64) -> Option<Date> {
    let clock = clock(person, at);
    match clock.hour() {
        22.. => Some(clock.date()),
        0..7 => Some(clock.date() - 1.day()),
        _ => None,
    }
}

/// The milliseconds of night in a stretch of time, minute by minute.
fn slept(person: &str, from: i64, until: i64) -> impl Iterator<Item = (Date, u64)> {
    let mut at = from;
    core::iter::from_fn(move || {
        let begins = at;
        at = ((begins / MINUTE + 1) * MINUTE).min(until);
        (begins < until).then_some((begins, at))
    })
    .filter_map(move |(begins, ends)| Some((night(person, begins)?, (ends - begins) as u64)))
}

fn count(person: &str, at: i64, by: &mut ByPart) {
    let clock = clock(person, at);
    let weekday = clock.weekday().to_monday_one_offset() <= 5;
    if night(person, at).is_some() {
        by.sleep += 1;
    } else if weekday && (9..18).contains(&clock.hour()) {
        by.business += 1;
    } else {
        by.evening += 1;
    }
}

/// When the ticket was over for good, and the place of that event.
fn over(ticket: &Ticket) -> Option<(usize, i64)> {
    let last = |kind: &str| ticket.events.iter().rposition(|(_, _, it)| is(it, kind));
    let resolved = last("resolved")?;
    let again = last("reopened").is_some_and(|reopened| reopened > resolved);
    (!again).then(|| (resolved, ticket.events[resolved].0))
}

/// Counts what need not have been; whether the ticket paged.
fn add_noise(noise: &mut Noise, ticket: &Ticket) -> bool {
    let has = |kind: &str| ticket.events.iter().any(|(_, _, it)| is(it, kind));
    let repeats = ticket.events.iter().filter(|(_, _, it)| is(it, "repeated"));
    noise.repeats += repeats.count() as u64;
    let over = over(ticket).map(|(place, _)| place);
    if !has("paged") {
        noise.held += u64::from(has("held") && over.is_some());
        return false;
    }
    noise.paged += 1;
    if let Some(over) = over {
        let done = ticket.events[..=over].iter().map(|(_, _, event)| event);
        if done.clone().any(is_work) {
        } else if done.clone().any(|it| doer(it).is_some() || is_refusal(it)) {
            noise.no_action += 1;
        } else {
            noise.recovered += 1;
        }
    }
    true
}

/// How long until somebody checked in, started work, and it was over.
fn times_of(ticket: &Ticket) -> [Option<u64>; 3] {
    let since = |at: i64| (at - ticket.opened) as u64;
    let first = |which: &dyn Fn(&Value) -> bool| {
        let mut events = ticket.events.iter();
        events
            .find(|(_, _, it)| which(it))
            .map(|(at, ..)| since(*at))
    };
    [
        first(&|it| is(it, "checked_in") && it["by"]["person"].is_string()),
        first(&|it| is(it, "work_started")),
        over(ticket).map(|(_, at)| since(at)),
    ]
}

/// The least of the lengths that at least so many in a hundred do not exceed.
fn spread(mut lengths: Vec<u64>) -> Option<Spread> {
    lengths.sort_unstable();
    let enough = |percent: usize| {
        let mut places = 0..lengths.len();
        let place = places.find(|place| (place + 1) * 100 >= percent * lengths.len());
        place.map(|place| lengths[place])
    };
    Some(Spread {
        count: lengths.len() as u64,
        median_ms: enough(50)?,
        p90_ms: enough(90)?,
    })
}
