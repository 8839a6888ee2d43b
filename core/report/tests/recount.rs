//! The report against a recount of the raw log that works in another way: it walks through the time
//! minute by minute and looks at the clock on the wall, where the report measures stretches.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use tocsin_report::{
    BAD_WAKE_UPS, ByPart, History, Load, Noise, Query, Report, Spread, Tally, Times,
};
use tocsin_ticket::{
    Actor, Command, Event, HelpTarget, Level, Millis, PageEnd, PersonId, Role, Rung, Severity,
    Transport,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Something that counts, as the recount found it.
struct Found {
    at: i64,
    person: PersonId,
    team: String,
    service: String,
    what: Kind,
}

enum Kind {
    Page,
    Unheard,
    /// For each minute that it took, its instant.
    Interruption(Vec<i64>),
    Ticket(usize),
}

/// Every event of a ticket with its instant and the number of its entry.
fn flat(history: &History) -> Vec<(i64, usize, &Event)> {
    let entries = history.entries.iter().enumerate();
    entries
        .flat_map(|(entry, it)| it.events.iter().map(move |event| (it.at.0, entry, event)))
        .collect()
}

fn is_renewal(history: &History, entry: usize, person: &PersonId) -> bool {
    history.entries[entry].events.iter().any(|event| {
        matches!(event, Event::PageEnded { person: whose, why: PageEnd::Superseded, .. }
            if whose == person)
    })
}

/// The pages as people know them: without those that renew others.
fn pages(history: &History) -> Vec<Page> {
    let events = flat(history);
    let mut pages = Vec::new();
    for (position, (made, entry, event)) in events.iter().enumerate() {
        let Event::Paged { page } = event else {
            continue;
        };
        if is_renewal(history, *entry, &page.person) {
            continue;
        }
        let mut numbers = BTreeSet::from([page.id.number]);
        for (_, entry, event) in &events[position + 1..] {
            if let Event::Paged { page: next } = event
                && next.person == page.person
            {
                if !is_renewal(history, *entry, &page.person) {
                    break;
                }
                numbers.insert(next.id.number);
            }
        }
        let rang = events
            .iter()
            .filter_map(|(heard, _, event)| match event {
                Event::PageReceipt { page, receipt }
                    if numbers.contains(&page.number)
                        && (receipt.rung >= Rung::Sounding
                            || receipt.transport == Some(Transport::Webhook)
                                && receipt.rung == Rung::Accepted) =>
                {
                    Some(receipt.at.0.clamp(*made, *heard))
                }
                _ => None,
            })
            .min();
        let ended = events[position..]
            .iter()
            .find_map(|(at, _, event)| match event {
                Event::PageEnded { page, why, .. }
                    if numbers.contains(&page.number) && *why != PageEnd::Superseded =>
                {
                    Some(*at)
                }
                _ => None,
            });
        pages.push((page.person.clone(), *made, rang, ended));
    }
    pages
}

fn doer(event: &Event) -> Option<&PersonId> {
    match event {
        Event::CheckedIn {
            by: Actor::Person(by),
        }
        | Event::Resolved {
            by: Actor::Person(by),
        }
        | Event::Acknowledged { by }
        | Event::WorkStarted { by }
        | Event::Reopened { by, .. }
        | Event::Reassigned { by, .. }
        | Event::SeverityChanged {
            by: Actor::Person(by),
            ..
        }
        | Event::NoteAdded { by, .. }
        | Event::ConferenceJoined { by }
        | Event::HelpAnswered {
            by, comes: true, ..
        } => Some(by),
        Event::HelpAsked { help } => Some(&help.by),
        _ => None,
    }
}

/// Whether an event leaves the ticket in hands other than the person's, or in none.
fn takes_away(event: &Event, person: &PersonId) -> bool {
    match event {
        Event::Resolved { .. } => true,
        Event::CheckedIn {
            by: Actor::Person(to),
        }
        | Event::WorkStarted { by: to }
        | Event::Reassigned { to, .. }
        | Event::Reopened { owner: to, .. } => to != person,
        _ => false,
    }
}

/// Whose, when it was made, when it rang, when it ended.
type Page = (PersonId, i64, Option<i64>, Option<i64>);

struct Recount<'a> {
    query: &'a Query,
    /// Of each history.
    pages: Vec<Vec<Page>>,
    histories: Vec<&'a History>,
    found: Vec<Found>,
    zones: BTreeMap<PersonId, TimeZone>,
    zone: TimeZone,
}

impl<'a> Recount<'a> {
    fn new(query: &'a Query, world: &'a World, log_from: Millis) -> Self {
        let zone = TimeZone::get(&query.zone).expect("a zone");
        let people = query.people.iter();
        let mut recount = Self {
            query,
            histories: world.tickets.iter().map(|(_, history)| history).collect(),
            pages: world
                .tickets
                .iter()
                .map(|(_, history)| pages(history))
                .collect(),
            found: Vec::new(),
            zones: people
                .filter_map(|(id, it)| Some((id.clone(), TimeZone::get(it.zone.as_ref()?).ok()?)))
                .collect(),
            zone,
        };
        let range = log_from.0..query.until.0;
        for (index, history) in recount.histories.iter().enumerate() {
            let found = |at, person: &PersonId, what| Found {
                at,
                person: person.clone(),
                team: history.team.to_string(),
                service: history.service.to_string(),
                what,
            };
            let Event::Opened { owner, .. } = &history.entries[0].events[0] else {
                panic!("a history begins with an opening");
            };
            let opened = history.entries[0].at.0;
            recount
                .found
                .push(found(opened, owner, Kind::Ticket(index)));
            for (person, made, rang, _) in &recount.pages[index] {
                let what = rang.map_or(Kind::Unheard, |_| Kind::Page);
                let at = rang.unwrap_or(*made);
                if range.contains(&at) {
                    recount.found.push(found(at, person, what));
                }
            }
        }
        for person in PEOPLE.map(person) {
            recount.walk(&person, range.clone());
        }
        recount
    }

    /// Goes through one person's minutes.
    fn walk(&mut self, person: &PersonId, range: core::ops::Range<i64>) {
        // What happens to them in which minute: pages that ring there, and things they do.
        let mut rings: BTreeMap<i64, Vec<(usize, i64)>> = BTreeMap::new();
        let mut acts: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (index, history) in self.histories.iter().enumerate() {
            let mut rang_first: Option<i64> = None;
            for (whose, _, rang, ended) in &self.pages[index] {
                if let Some(rang) = rang.filter(|at| whose == person && range.contains(at)) {
                    let ended = ended.unwrap_or(self.query.now.0).max(rang);
                    rings.entry(rang).or_default().push((index, ended));
                    rang_first = Some(rang_first.map_or(rang, |first| first.min(rang)));
                }
            }
            for (at, _, event) in flat(history) {
                if doer(event) == Some(person) && rang_first.is_some_and(|rang| rang <= at) {
                    acts.entry(at).or_default().push(index);
                }
            }
        }
        let Some((&first, _)) = rings.first_key_value() else {
            return;
        };
        let (mut busy_until, mut began) = (0, None);
        let mut now = first;
        while now < range.end || began.is_some() {
            if began.is_some() && now >= busy_until + 20 * MINUTE {
                began = None;
            }
            for &(index, ended) in rings.get(&now).into_iter().flatten() {
                if began.is_none() {
                    began = Some(self.found.len());
                    busy_until = now;
                    self.found.push(Found {
                        at: now,
                        person: person.clone(),
                        team: self.histories[index].team.to_string(),
                        service: self.histories[index].service.to_string(),
                        what: Kind::Interruption(Vec::new()),
                    });
                }
                busy_until = busy_until.max(ended);
            }
            for &index in acts.get(&now).into_iter().flatten() {
                if began.is_some() {
                    // As long as the ticket is theirs, an hour at the most.
                    let mut until = now;
                    let events = flat(self.histories[index]);
                    let gone = |minute: i64| {
                        events.iter().any(|(at, _, event)| {
                            (now..=minute).contains(at) && takes_away(event, person)
                        })
                    };
                    while until < now + HOUR && until < self.query.now.0.max(now) && !gone(until) {
                        until += MINUTE;
                    }
                    busy_until = busy_until.max(until);
                }
            }
            if let Some(began) = began
                && let Kind::Interruption(minutes) = &mut self.found[began].what
            {
                minutes.push(now);
            }
            now += MINUTE;
        }
    }

    fn wall(&self, person: &PersonId, at: i64) -> jiff::civil::DateTime {
        let zone = self.zones.get(person).unwrap_or(&self.zone);
        zone.to_datetime(jiff::Timestamp::from_millisecond(at).expect("an instant"))
    }

    fn asleep(&self, person: &PersonId, at: i64) -> bool {
        !(7..22).contains(&self.wall(person, at).hour())
    }

    fn count(&self, person: &PersonId, at: i64, by: &mut ByPart) {
        let wall = self.wall(person, at);
        let weekday = wall.weekday().to_monday_one_offset();
        if self.asleep(person, at) {
            by.sleep += 1;
        } else if weekday <= 5 && (9..18).contains(&wall.hour()) {
            by.business += 1;
        } else {
            by.evening += 1;
        }
    }

    /// The load of all that is found from one instant until another and that `which` picks.
    fn load(&self, from: Millis, until: Millis, which: impl Fn(&Found) -> bool) -> Load {
        let mut load = Load::default();
        let (mut check_ins, mut starts, mut resolutions) = (vec![], vec![], vec![]);
        let range = from.0..until.0;
        for it in self
            .found
            .iter()
            .filter(|it| range.contains(&it.at) && which(it))
        {
            match &it.what {
                Kind::Page => self.count(&it.person, it.at, &mut load.pages),
                Kind::Unheard => load.unheard += 1,
                Kind::Interruption(minutes) => {
                    self.count(&it.person, it.at, &mut load.interruptions);
                    let asleep = minutes.iter().filter(|at| self.asleep(&it.person, **at));
                    load.interrupted_ms += minutes.len() as u64 * MINUTE as u64;
                    load.interrupted_sleep_ms += asleep.count() as u64 * MINUTE as u64;
                }
                Kind::Ticket(index) => {
                    let history = self.histories[*index];
                    load.tickets += 1;
                    let events = flat(history);
                    add_noise(&mut load.noise, &events);
                    if !events
                        .iter()
                        .any(|(_, _, it)| matches!(it, Event::Paged { .. }))
                    {
                        continue;
                    }
                    let since = |at: i64| (at - it.at) as u64;
                    check_ins.extend(events.iter().find_map(|(at, _, event)| {
                        let by = matches!(
                            event,
                            Event::CheckedIn {
                                by: Actor::Person(_)
                            }
                        );
                        by.then(|| since(*at))
                    }));
                    starts.extend(events.iter().find_map(|(at, _, event)| {
                        matches!(event, Event::WorkStarted { .. }).then(|| since(*at))
                    }));
                    resolutions.extend(resolved(&events).map(|(at, _)| since(at)));
                }
            }
        }
        load.times = Times {
            check_in: spread(&check_ins),
            start: spread(&starts),
            resolve: spread(&resolutions),
        };
        load
    }

    /// Nights with the wake-ups and the milliseconds of sleep lost in each, in the report.
    fn nights(&self) -> BTreeMap<(Date, PersonId), (u64, u64)> {
        let mut nights: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        let range = self.query.from.0..self.query.until.0;
        for it in self.found.iter().filter(|it| range.contains(&it.at)) {
            let Kind::Interruption(minutes) = &it.what else {
                continue;
            };
            for at in minutes.iter().filter(|at| self.asleep(&it.person, **at)) {
                let wall = self.wall(&it.person, *at);
                let date = if wall.hour() < 7 {
                    wall.date() - 1.day()
                } else {
                    wall.date()
                };
                let night = nights.entry((date, it.person.clone())).or_default();
                night.1 += MINUTE as u64;
                if *at == it.at {
                    night.0 += 1;
                }
            }
        }
        nights
    }
}

fn resolved(events: &[(i64, usize, &Event)]) -> Option<(i64, bool)> {
    let last = events.iter().rev().find_map(|(at, _, event)| match event {
        Event::Resolved { by } => Some(Some((*at, matches!(by, Actor::Monitoring(_))))),
        Event::Reopened { .. } => Some(None),
        _ => None,
    });
    last.flatten()
}

fn add_noise(noise: &mut Noise, events: &[(i64, usize, &Event)]) {
    let has = |which: fn(&Event) -> bool| events.iter().any(|(_, _, event)| which(event));
    noise.repeats += events
        .iter()
        .filter(|(_, _, event)| matches!(event, Event::Repeated { .. }))
        .count() as u64;
    if !has(|event| matches!(event, Event::Paged { .. })) {
        return;
    }
    noise.paged += 1;
    if resolved(events).is_none() {
        return;
    }
    // What was done until it was over for the last time.
    let last = events
        .iter()
        .rposition(|(_, _, event)| matches!(event, Event::Resolved { .. }))
        .unwrap_or_default();
    let has = |which: fn(&Event) -> bool| events[..=last].iter().any(|(_, _, event)| which(event));
    let worked = has(|event| {
        matches!(
            event,
            Event::WorkStarted { .. }
                | Event::NoteAdded { .. }
                | Event::Reassigned { .. }
                | Event::Reopened { .. }
                | Event::SeverityChanged {
                    by: Actor::Person(_),
                    ..
                }
                | Event::ConferenceJoined { .. }
                | Event::HelpAsked { .. }
        )
    });
    let declined = has(|event| {
        matches!(
            event,
            Event::Declined { .. } | Event::HelpAnswered { comes: false, .. }
        )
    });
    if !declined && !has(|event| doer(event).is_some()) {
        noise.recovered += 1;
    } else if !worked {
        noise.no_action += 1;
    }
}

/// The least of the lengths that at least so many in a hundred do not exceed.
fn spread(lengths: &[u64]) -> Option<Spread> {
    let percentile = |percent: usize| {
        let enough = |it: &&u64| {
            lengths.iter().filter(|other| other <= it).count() * 100 >= percent * lengths.len()
        };
        lengths.iter().filter(enough).min().copied()
    };
    Some(Spread {
        count: lengths.len() as u64,
        median_ms: percentile(50)?,
        p90_ms: percentile(90)?,
    })
}

#[derive(Debug, Clone)]
enum Step {
    Alarm(usize, Severity, u8),
    Ring(usize, Rung, Transport, i64),
    Tell(usize, Tap, usize),
}

#[derive(Debug, Clone, Copy)]
enum Tap {
    CheckIn,
    Start,
    Resolve,
    Reopen,
    Reassign(usize),
    Note,
    Recover,
    Repeat,
    Acknowledged,
    Decline,
    Severity(Severity),
    Join,
    Help(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let severity = prop_oneof![
        Just(Severity::Sev1),
        Just(Severity::Sev2),
        Just(Severity::Sev3)
    ];
    let rung = prop_oneof![
        1 => Just(Rung::Accepted),
        1 => Just(Rung::Received),
        4 => Just(Rung::Sounding),
        1 => Just(Rung::Seen)
    ];
    let transport = prop_oneof![
        3 => Just(Transport::Fcm),
        1 => Just(Transport::Webhook),
        1 => Just(Transport::Email)
    ];
    let tap = prop_oneof![
        4 => Just(Tap::CheckIn),
        2 => Just(Tap::Start),
        2 => Just(Tap::Resolve),
        1 => Just(Tap::Reopen),
        1 => (0..PEOPLE.len()).prop_map(Tap::Reassign),
        1 => Just(Tap::Note),
        2 => Just(Tap::Recover),
        1 => Just(Tap::Repeat),
        1 => Just(Tap::Acknowledged),
        1 => Just(Tap::Decline),
        1 => prop_oneof![Just(Severity::Sev1), Just(Severity::Sev3)].prop_map(Tap::Severity),
        1 => Just(Tap::Join),
        2 => (0..PEOPLE.len()).prop_map(Tap::Help),
    ];
    prop_oneof![
        2 => (0..SERVICES.len(), severity, 0..4u8).prop_map(|(service, severity, title)| {
            Step::Alarm(service, severity, title)
        }),
        3 => (0..4usize, rung, transport, -15..15i64).prop_map(|(back, rung, transport, off)| {
            Step::Ring(back, rung, transport, off)
        }),
        4 => (0..4usize, tap, 0..PEOPLE.len()).prop_map(|(back, tap, by)| {
            Step::Tell(back, tap, by)
        }),
    ]
}

/// Steps, each some minutes after the one before: mostly few, sometimes half a week.
fn life() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let gap = prop_oneof![
        6 => 0..20i64,
        3 => 20..400i64,
        1 => 400..2500i64,
    ];
    prop::collection::vec((gap, step()), 1..80)
}

fn play(steps: &[(i64, Step)], begin: Millis) -> (World, Millis) {
    let mut world = World::default();
    let mut now = begin;
    for (gap, step) in steps {
        now = Millis(now.0 + gap * MINUTE);
        world.pass_until(now);
        let nth = |back: usize| world.tickets.len().checked_sub(back + 1);
        match *step {
            Step::Alarm(service, severity, title) => {
                let title = format!("trouble {title} number {}", world.tickets.len());
                world.alarm(SERVICES[service].0, &title, severity, now);
            }
            Step::Ring(back, rung, transport, off) => {
                let Some(index) = nth(back) else { continue };
                let said = Millis(now.0 + off * MINUTE);
                for page in world.tickets[index].0.pages.clone() {
                    world.receipt(index, page.id.number, rung, transport, said, now);
                }
            }
            Step::Tell(back, tap, by) => {
                let Some(index) = nth(back) else { continue };
                let by = person(PEOPLE[by]);
                let source = "prometheus".to_owned();
                let command = match tap {
                    Tap::CheckIn => Command::CheckIn { by },
                    Tap::Start => Command::StartWork { by },
                    Tap::Resolve => Command::Resolve { by },
                    Tap::Reopen => Command::Reopen { by },
                    Tap::Reassign(to) => Command::Reassign {
                        by,
                        to: person(PEOPLE[to]),
                    },
                    Tap::Note => Command::AddNote {
                        by,
                        text: "seen".to_owned(),
                    },
                    Tap::Decline => Command::Decline { by, reason: None },
                    Tap::Severity(to) => Command::SetSeverity { by, to },
                    Tap::Join => Command::JoinConference { by },
                    Tap::Help(whom) => Command::AskHelp {
                        by,
                        target: HelpTarget::Person {
                            person: person(PEOPLE[whom]),
                        },
                        levels: vec![Level {
                            role: Role::Helper,
                            people: vec![person(PEOPLE[whom])],
                        }],
                        message: "please".to_owned(),
                    },
                    Tap::Recover => Command::AlarmRecovered {
                        source,
                        dedup_key: world.tickets[index].0.dedup_key.clone(),
                    },
                    Tap::Acknowledged => Command::AlarmAcknowledged { source },
                    Tap::Repeat => {
                        let ticket = &world.tickets[index].0;
                        Command::AlarmFired {
                            new_id: ticket.id,
                            alarm: tocsin_ticket::Alarm {
                                team: ticket.team.clone(),
                                service: ticket.service.clone(),
                                dedup_key: ticket.dedup_key.clone(),
                                severity: Severity::Sev1,
                                title: ticket.title.clone(),
                                source,
                                url: None,
                                details: BTreeMap::new(),
                            },
                        }
                    }
                };
                world.tell(index, &command, now);
            }
        }
    }
    (world, now)
}

fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Australia/Sydney",
        "Asia/Kolkata",
        "Asia/Seoul",
    ])
}

/// Holds every number of the report to the recount.
fn assert_is_a_recount(world: &World, query: &Query) -> Report {
    let log_from = Tally::new(query.clone()).unwrap().log_from();
    let report = world.report(query.clone());
    let recount = Recount::new(query, world, log_from);

    assert_eq!(
        &report.total,
        &recount.load(query.from, query.until, |_| true)
    );
    for id in PEOPLE.map(person) {
        let found = recount.load(query.from, query.until, |it| it.person == id);
        let reported = report.people.iter().find(|it| it.id == id);
        let reported = reported.map(|it| it.load.clone()).unwrap_or_default();
        assert_eq!(reported, found, "{}", id);
    }
    for (service, _) in SERVICES {
        let found = recount.load(query.from, query.until, |it| it.service == service);
        let reported = report.services.iter().find(|it| it.id.as_str() == service);
        let reported = reported.map(|it| it.load.clone()).unwrap_or_default();
        assert_eq!(reported, found, "{}", service);
    }
    for team in ["shop", "bank"] {
        let found = recount.load(query.from, query.until, |it| it.team == team);
        let reported = report.teams.iter().find(|it| it.id.as_str() == team);
        let reported = reported.map(|it| it.load.clone()).unwrap_or_default();
        assert_eq!(reported, found, "{}", team);
    }
    for week in report.weeks.iter().chain(&report.trend.weeks_before) {
        let found = recount.load(week.from, week.until, |_| true);
        assert_eq!(&week.load, &found, "{}", week.date);
    }
    for shift in &report.shifts {
        let (begins, ends) = (shift.from.max(query.from), shift.until.min(query.until));
        let found = recount.load(begins, ends, |it| {
            it.person == shift.person && it.team == shift.team.as_str()
        });
        assert_eq!(&shift.load, &found, "{:?}", shift);
    }
    let pages: u64 = report.clock.iter().flatten().sum();
    assert_eq!(pages, report.total.pages.total());
    let bad: Vec<_> = recount
        .nights()
        .into_iter()
        .filter(|(_, (wake_ups, ms))| *wake_ups >= BAD_WAKE_UPS || *ms >= HOUR as u64)
        .map(|((date, person), (wake_ups, ms))| (date, person, wake_ups, ms))
        .collect();
    let reported: Vec<_> = report
        .bad_nights
        .iter()
        .map(|it| {
            (
                it.date,
                it.person.clone(),
                it.wake_ups,
                it.interrupted_sleep_ms,
            )
        })
        .collect();
    assert_eq!(reported, bad);
    report
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_report_is_what_a_recount_of_the_log_finds(
        steps in life(),
        // Around the changes of the clocks in both hemispheres.
        begin in prop::sample::select(vec![
            "2026-03-07T05:00Z", "2026-03-28T21:00Z", "2026-04-04T12:00Z", "2026-09-05T12:00Z",
            "2026-10-03T12:00Z", "2026-10-24T21:00Z", "2026-10-31T21:00Z",
        ]),
        start_day in -3..20i64,
        days in 1..16i64,
        zones in prop::collection::vec(zone(), PEOPLE.len() + 1),
        shift_days in 1..5i64,
    ) {
        let begin = at(begin);
        let (world, last) = play(&steps, begin);
        let from = Millis(begin.0 + start_day * DAY);
        let until = Millis(from.0 + days * DAY);
        let mut query = query(from, until, zones[0]);
        query.now = last.max(until);
        for (id, zone) in PEOPLE.iter().zip(&zones[1..]) {
            query.people.get_mut(&person(id)).unwrap().zone = Some((*zone).to_owned());
        }
        for number in 0..(days + 2) / shift_days + 1 {
            let begins = Millis(from.0 + number * shift_days * DAY);
            let ends = Millis(begins.0 + shift_days * DAY);
            let (shop, bank) = if number % 2 == 0 { ("ana", "ben") } else { ("ben", "dora") };
            query.shifts.push(shift(shop, "shop", begins, ends));
            query.shifts.push(shift(bank, "bank", begins, ends));
        }
        assert_is_a_recount(&world, &query);
    }
}

/// A year of five people in both hemispheres: 2,000 alarms, answered soon, late or never.
#[test]
fn a_years_report_is_what_a_recount_of_its_log_finds() {
    let mut seed = 2026_u64;
    let mut random = move |below: u64| {
        // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    };
    let begin = at("2026-01-05T00:00+01:00");
    let mut world = World::default();
    let mut now = begin;
    while world.tickets.len() < 2000 {
        now = now + minutes(random(525));
        world.pass_until(now);
        let (service, _) = SERVICES[random(3) as usize];
        let what = ["disk full", "queue long", "slow"][random(3) as usize];
        let title = format!("{what} on host-{}", random(90));
        let severity = [Severity::Sev1, Severity::Sev2, Severity::Sev4][random(3) as usize];
        let ticket = world.alarm(service, &title, severity, now);
        world.ring(ticket, now + minutes(random(2)));
        let (soon, later) = (
            now + minutes(2 + random(9)),
            now + minutes(11 + random(200)),
        );
        let who = if service == "ledger" { "ben" } else { "ana" };
        match random(5) {
            0 => world.recover(ticket, soon),
            1 => {
                world.check_in(ticket, who, soon);
                world.recover(ticket, later);
            }
            2 => {
                world.pass_until(later);
                world.ring(ticket, later);
                world.resolve(ticket, "bea", later);
            }
            _ => {
                world.start(ticket, who, soon);
                world.resolve(ticket, who, later);
            }
        }
    }
    let mut query = query(begin, at("2027-01-04T00:00+01:00"), "Europe/Berlin");
    assert!(now < query.until, "the year was too short");
    for (id, zone) in PEOPLE.iter().zip([
        "Europe/Berlin",
        "Australia/Sydney",
        "America/New_York",
        "America/Santiago",
        "Asia/Seoul",
    ]) {
        query.people.get_mut(&person(id)).unwrap().zone = Some(zone.to_owned());
    }
    for week in 0..52 {
        let begins = Millis(begin.0 + week * 7 * DAY + 9 * HOUR);
        let ends = Millis(begins.0 + 7 * DAY);
        let (shop, bank) = if week % 2 == 0 {
            ("ana", "ben")
        } else {
            ("ben", "dora")
        };
        query.shifts.push(shift(shop, "shop", begins, ends));
        query.shifts.push(shift(bank, "bank", begins, ends));
    }
    let report = assert_is_a_recount(&world, &query);
    assert_eq!(report.total.tickets, 2000);
    assert!(report.total.interruptions.sleep > 100, "{:?}", report.total);
    assert_eq!((report.weeks.len(), report.patterns.len()), (52, 5));
}
