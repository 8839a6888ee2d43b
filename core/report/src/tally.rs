//! From histories to a report.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use tocsin_ticket::{Millis, PersonId, ServiceId, TeamId, TicketId};

use crate::hours::{Hours, date_of, instant, local, zone};
use crate::interruption::{ATTENTION, Interruption, Stretch, interruptions};
use crate::night::{Nights, bad_nights};
use crate::pattern::mask;
use crate::story::{Facts, Outcome, Story, millis_between};
use crate::{
    Advice, ByPart, History, Load, Noise, Of, Part, Pattern, PerWeek, Query, QueryError, Report,
    Shift, ShiftLoad, Spread, Times, Trend, Week,
};

/// Weeks before the report that it is compared with.
const WEEKS_BEFORE: i64 = 4;

/// How many patterns are shown.
const WORST: usize = 5;

/// A report in the making: takes histories in any order, keeps of each what counts.
#[derive(Debug)]
pub struct Tally {
    query: Query,
    zones: Zones,
    /// The bounds of the four weeks before, the last of which is the report's `from`.
    before: Vec<Millis>,
    log_from: Millis,
    pages: Vec<Rung>,
    unheard: Vec<Unheard>,
    taken: BTreeMap<PersonId, Vec<Stretch>>,
    tickets: Vec<(usize, Facts)>,
    kinds: HashMap<(ServiceId, String), usize>,
}

/// Everybody's clock and every team's hours.
#[derive(Debug)]
pub(crate) struct Zones {
    all: TimeZone,
    people: BTreeMap<PersonId, TimeZone>,
    teams: BTreeMap<TeamId, (Hours, Vec<PersonId>)>,
    default: Hours,
}

/// A page that rang.
#[derive(Debug)]
struct Rung {
    at: Millis,
    place: Place,
}

/// A page that rang nowhere.
#[derive(Debug)]
struct Unheard {
    at: Millis,
    place: Place,
}

/// Where something counts.
#[derive(Debug, Clone)]
struct Place {
    person: PersonId,
    team: TeamId,
    service: ServiceId,
    ticket: TicketId,
    /// The kind of alarm.
    kind: usize,
}

/// One thing that counts, and when and where it does.
struct Item<'a> {
    at: Millis,
    place: &'a Place,
    what: What<'a>,
}

enum What<'a> {
    Page(Part),
    Unheard,
    Interruption {
        part: Part,
        taken_ms: u64,
        sleep_ms: u64,
    },
    Ticket(&'a Facts),
}

impl Zones {
    fn new(query: &Query) -> Result<Self, QueryError> {
        let find = |name: &str, field: &dyn Fn() -> String| {
            zone(name).ok_or_else(|| QueryError::UnknownZone {
                field: field(),
                zone: name.to_owned(),
            })
        };
        let all = find(&query.zone, &|| "zone".to_owned())?;
        let mut people = BTreeMap::new();
        for (id, person) in &query.people {
            if let Some(name) = &person.zone {
                let zone = find(name, &|| format!("people.{id}.zone"))?;
                people.insert(id.clone(), zone);
            }
        }
        let teams = query.teams.iter();
        Ok(Self {
            all,
            people,
            teams: teams
                .map(|(id, team)| (id.clone(), (team.hours.clone(), team.relief.clone())))
                .collect(),
            default: Hours::default(),
        })
    }

    /// The zone in which the person lives.
    pub(crate) fn of(&self, person: &PersonId) -> &TimeZone {
        self.people.get(person).unwrap_or(&self.all)
    }

    /// The team's hours.
    pub(crate) fn hours(&self, team: &TeamId) -> &Hours {
        self.teams.get(team).map_or(&self.default, |it| &it.0)
    }

    /// Who may take a shift of the team over.
    pub(crate) fn relief(&self, team: &TeamId) -> &[PersonId] {
        self.teams.get(team).map_or(&[], |it| &it.1)
    }

    fn part(&self, place: &Place, at: Millis) -> Part {
        self.hours(&place.team).part(self.of(&place.person), at)
    }
}

impl Tally {
    /// A report on nothing yet.
    ///
    /// # Errors
    /// [`QueryError`] when the query cannot be answered.
    pub fn new(query: Query) -> Result<Self, QueryError> {
        for (field, at) in [("from", query.from), ("until", query.until)] {
            let year = instant(at).to_zoned(TimeZone::UTC).year();
            if !(1..=9998).contains(&year) {
                return Err(QueryError::OutsideCalendar { field });
            }
        }
        if query.until <= query.from {
            return Err(QueryError::NoTime);
        }
        let zones = Zones::new(&query)?;
        let before: Vec<Millis> = (0..=WEEKS_BEFORE)
            .rev()
            .map(|weeks| earlier(&zones.all, query.from, (7 * weeks).days()))
            .collect();
        Ok(Self {
            query,
            log_from: earlier(&zones.all, before[0], 1.day()),
            zones,
            before,
            pages: Vec::new(),
            unheard: Vec::new(),
            taken: BTreeMap::new(),
            tickets: Vec::new(),
            kinds: HashMap::new(),
        })
    }

    /// From when on the log matters: every ticket with an entry from here until the report's end is
    /// to be added, whole. Others do no harm and change nothing.
    ///
    /// It is a day before the four weeks before the report, so that whoever was already being kept
    /// up when those begin is not counted as called anew.
    #[must_use]
    pub const fn log_from(&self) -> Millis {
        self.log_from
    }

    /// Until when the log matters: the report's end.
    #[must_use]
    pub const fn log_until(&self) -> Millis {
        self.query.until
    }

    /// Adds a ticket, once. A history that does not begin with the ticket's opening says nothing
    /// and is left out.
    pub fn add(&mut self, history: &History) {
        let Some(story) = Story::read(history) else {
            return;
        };
        let facts = &story.facts;
        let kinds = self.kinds.len();
        let kind = *self
            .kinds
            .entry((facts.service.clone(), mask(&facts.title)))
            .or_insert(kinds);
        let counts = |at: Millis| (self.log_from..self.query.until).contains(&at);
        let place = |person: &PersonId| Place {
            person: person.clone(),
            team: facts.team.clone(),
            service: facts.service.clone(),
            ticket: facts.ticket,
            kind,
        };
        // When the ticket first rang for each.
        let mut rang: BTreeMap<&PersonId, Millis> = BTreeMap::new();
        for page in &story.pages {
            let place = place(&page.person);
            let Some(at) = page.rang_at else {
                let at = page.made_at;
                self.unheard
                    .extend(counts(at).then_some(Unheard { at, place }));
                continue;
            };
            if !counts(at) {
                continue;
            }
            let first = rang.entry(&page.person).or_insert(at);
            *first = at.min(*first);
            self.taken
                .entry(page.person.clone())
                .or_default()
                .push(Stretch {
                    from: at,
                    until: page.ended_at.unwrap_or(self.query.now).max(at),
                    page: Some(self.pages.len()),
                });
            self.pages.push(Rung { at, place });
        }
        for act in &story.acts {
            if rang.get(&act.person).is_some_and(|rang| *rang <= act.at) {
                let over = story.over_for(&act.person, act.at);
                let over = over.unwrap_or(self.query.now).max(act.at);
                self.taken
                    .entry(act.person.clone())
                    .or_default()
                    .push(Stretch {
                        from: act.at,
                        until: over.min(act.at + ATTENTION),
                        page: None,
                    });
            }
        }
        if (self.before[0]..self.query.until).contains(&facts.opened_at) {
            self.tickets.push((kind, story.facts));
        }
    }

    /// The report on what was added.
    #[must_use]
    pub fn report(self) -> Report {
        let Self {
            query,
            zones,
            before,
            pages,
            unheard,
            taken,
            tickets,
            kinds,
            ..
        } = self;
        let interruptions = interruptions(taken);
        let places: Vec<Place> = tickets
            .iter()
            .map(|(kind, facts)| Place {
                person: facts.owner.clone(),
                team: facts.team.clone(),
                service: facts.service.clone(),
                ticket: facts.ticket,
                kind: *kind,
            })
            .collect();
        let rung = pages.iter().map(|page| Item {
            at: page.at,
            place: &page.place,
            what: What::Page(zones.part(&page.place, page.at)),
        });
        let unheard = unheard.iter().map(|page| Item {
            at: page.at,
            place: &page.place,
            what: What::Unheard,
        });
        let called = interruptions.iter().map(|it| {
            let place = &pages[it.first].place;
            Item {
                at: it.from,
                place,
                what: What::Interruption {
                    part: zones.part(place, it.from),
                    taken_ms: millis_between(it.from, it.until),
                    sleep_ms: sleep(&zones, place, it).map(|(_, ms)| ms).sum(),
                },
            }
        });
        let opened = tickets.iter().zip(&places).map(|((_, facts), place)| Item {
            at: facts.opened_at,
            place,
            what: What::Ticket(facts),
        });
        let mut books = Books::new(&query, &zones, &before, kinds.len());
        for item in rung.chain(unheard).chain(called).chain(opened) {
            books.enter(&item);
        }
        let mut nights = Nights::new();
        for it in &interruptions {
            let place = &pages[it.first].place;
            let zone = zones.of(&place.person);
            let in_report = (query.from..query.until).contains(&it.from);
            let night = zones.hours(&place.team).night(zone, it.from);
            if let Some(night) = night.filter(|_| in_report) {
                let key = (night.date, place.person.clone());
                nights.entry(key).or_default().wake_ups += 1;
            }
            for (date, ms) in sleep(&zones, place, it).filter(|_| in_report) {
                let key = (date, place.person.clone());
                nights.entry(key).or_default().sleep_ms += ms;
            }
        }
        let people = worst_first(books.people);
        let kinds: Vec<((ServiceId, String), usize)> = kinds.into_iter().collect();
        Report {
            from: query.from,
            until: query.until,
            zone: query.zone.clone(),
            names: query.names(),
            teams: worst_first(books.teams),
            services: worst_first(books.services),
            weeks: books.weeks.into_iter().map(WeekSums::load).collect(),
            shifts: shift_loads(&query, books.shifts),
            clock: books.clock,
            patterns: patterns(kinds, books.kinds),
            trend: trend(&query, &books.total, books.before),
            bad_nights: bad_nights(&nights, &zones, &query.shifts, &people),
            people,
            total: books.total.load(),
        }
    }
}

/// How much of an interruption was sleep, for each night of which it took some.
fn sleep<'a>(
    zones: &'a Zones,
    place: &Place,
    it: &'a Interruption,
) -> impl Iterator<Item = (Date, u64)> + 'a {
    zones
        .hours(&place.team)
        .nights(zones.of(&place.person), it.from, it.until)
        .map(|night| {
            let (from, until) = (night.from.max(it.from), night.until.min(it.until));
            (night.date, millis_between(from, until))
        })
}

/// The instant at which the calendar shows `span` less.
fn earlier(zone: &TimeZone, at: Millis, span: Span) -> Millis {
    let zoned = instant(at).to_zoned(zone.clone());
    Millis(zoned.saturating_sub(span).timestamp().as_millisecond())
}

/// All sums of a report.
struct Books<'a> {
    query: &'a Query,
    zones: &'a Zones,
    total: Sums,
    teams: BTreeMap<TeamId, Sums>,
    people: BTreeMap<PersonId, Sums>,
    services: BTreeMap<ServiceId, Sums>,
    weeks: Vec<WeekSums>,
    /// One for each shift of the query.
    shifts: Vec<Sums>,
    /// The shifts of each person in each team.
    duties: HashMap<(&'a TeamId, &'a PersonId), Vec<usize>>,
    clock: Vec<Vec<u64>>,
    kinds: Vec<KindSums>,
    before: Vec<WeekSums>,
}

/// The sums of one kind of alarm, and its newest ticket.
#[derive(Default)]
struct KindSums {
    sums: Sums,
    newest: Option<TicketId>,
}

struct WeekSums {
    date: Date,
    from: Millis,
    until: Millis,
    sums: Sums,
}

impl WeekSums {
    fn new(zone: &TimeZone, from: Millis, until: Millis) -> Self {
        Self {
            date: date_of(zone, from),
            from,
            until,
            sums: Sums::default(),
        }
    }

    fn load(self) -> Week {
        Week {
            date: self.date,
            from: self.from,
            until: self.until,
            load: self.sums.load(),
        }
    }
}

impl<'a> Books<'a> {
    fn new(query: &'a Query, zones: &'a Zones, before: &[Millis], kinds: usize) -> Self {
        let mut duties: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, shift) in query.shifts.iter().enumerate() {
            let key = (&shift.team, &shift.person);
            duties.entry(key).or_default().push(index);
        }
        Self {
            query,
            zones,
            total: Sums::default(),
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            services: BTreeMap::new(),
            weeks: weeks(&zones.all, query.from, query.until),
            shifts: query.shifts.iter().map(|_| Sums::default()).collect(),
            duties,
            clock: vec![vec![0; 24]; 7],
            kinds: (0..kinds).map(|_| KindSums::default()).collect(),
            before: before
                .windows(2)
                .map(|pair| WeekSums::new(&zones.all, pair[0], pair[1]))
                .collect(),
        }
    }

    fn enter(&mut self, item: &Item<'_>) {
        let Item { at, place, what } = item;
        if let Some(week) = week_at(&mut self.before, *at) {
            week.sums.add(what);
        }
        if !(self.query.from..self.query.until).contains(at) {
            return;
        }
        self.total.add(what);
        self.teams.entry(place.team.clone()).or_default().add(what);
        self.people
            .entry(place.person.clone())
            .or_default()
            .add(what);
        self.services
            .entry(place.service.clone())
            .or_default()
            .add(what);
        if let Some(week) = week_at(&mut self.weeks, *at) {
            week.sums.add(what);
        }
        let shifts = &self.query.shifts;
        let duties = self.duties.get(&(&place.team, &place.person));
        if let Some(shift) = duties.and_then(|duties| {
            let on_duty = |index: &&usize| {
                let shift = &shifts[**index];
                (shift.from..shift.until).contains(at)
            };
            duties.iter().find(on_duty)
        }) {
            self.shifts[*shift].add(what);
        }
        let kind = &mut self.kinds[place.kind];
        kind.sums.add(what);
        kind.newest = kind.newest.max(Some(place.ticket));
        if let What::Page(_) = what {
            let local = self.zones.of(&place.person).to_datetime(instant(*at));
            let day = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
            self.clock[day][usize::from(local.hour().unsigned_abs())] += 1;
        }
    }
}

/// The week that contains an instant, of weeks in order.
fn week_at(weeks: &mut [WeekSums], at: Millis) -> Option<&mut WeekSums> {
    let after = weeks.partition_point(|week| week.from <= at);
    let week = weeks.get_mut(after.checked_sub(1)?)?;
    (at < week.until).then_some(week)
}

/// The calendar weeks of which some part lies in `from..until`, cut to it.
fn weeks(zone: &TimeZone, from: Millis, until: Millis) -> Vec<WeekSums> {
    let first = date_of(zone, from);
    let since_monday = i64::from(first.weekday().to_monday_zero_offset());
    let mut monday = first.saturating_sub(since_monday.days());
    let mut begins = from;
    let mut weeks = Vec::new();
    while begins < until {
        let next = monday.saturating_add(7.days());
        let ends = local(zone, next, Time::midnight()).min(until);
        let week = WeekSums::new(zone, begins, ends);
        weeks.push(WeekSums {
            date: monday,
            ..week
        });
        (monday, begins) = (next, ends);
    }
    weeks
}

/// What a [`Load`] is made from.
#[derive(Debug, Default)]
struct Sums {
    load: Load,
    check_in: Vec<u64>,
    start: Vec<u64>,
    resolve: Vec<u64>,
}

impl Sums {
    fn add(&mut self, what: &What<'_>) {
        let load = &mut self.load;
        match *what {
            What::Page(part) => *load.pages.of(part) += 1,
            What::Unheard => load.unheard += 1,
            What::Interruption {
                part,
                taken_ms,
                sleep_ms,
            } => {
                *load.interruptions.of(part) += 1;
                load.interrupted_ms += taken_ms;
                load.interrupted_sleep_ms += sleep_ms;
            }
            What::Ticket(facts) => {
                load.tickets += 1;
                load.noise.repeats += facts.repeats;
                if facts.paged {
                    self.add_paged(facts);
                } else if facts.held && facts.outcome != Outcome::Open {
                    load.noise.held += 1;
                }
            }
        }
    }

    fn add_paged(&mut self, facts: &Facts) {
        let noise: &mut Noise = &mut self.load.noise;
        noise.paged += 1;
        match facts.outcome {
            Outcome::Recovered => noise.recovered += 1,
            Outcome::NoAction => noise.no_action += 1,
            Outcome::Open | Outcome::Acted => {}
        }
        self.check_in.extend(facts.check_in_ms);
        self.start.extend(facts.start_ms);
        self.resolve.extend(facts.resolve_ms);
    }

    fn load(self) -> Load {
        Load {
            times: Times {
                check_in: Spread::of(self.check_in),
                start: Spread::of(self.start),
                resolve: Spread::of(self.resolve),
            },
            ..self.load
        }
    }

    fn cost_ms(&self) -> u64 {
        self.load.interrupted_ms + self.load.interrupted_sleep_ms
    }
}

/// Everybody's load, by what of their sleep and then of their time was taken; then by id.
fn worst_first<Id: Ord>(sums: BTreeMap<Id, Sums>) -> Vec<Of<Id>> {
    let loads = sums.into_iter();
    let mut loads: Vec<Of<Id>> = loads
        .map(|(id, sums)| Of {
            id,
            load: sums.load(),
        })
        .collect();
    loads.sort_by_key(|Of { load, .. }| {
        core::cmp::Reverse((
            load.interrupted_sleep_ms,
            load.interrupted_ms,
            load.pages.total(),
            load.tickets,
        ))
    });
    loads
}

fn shift_loads(query: &Query, sums: Vec<Sums>) -> Vec<ShiftLoad> {
    let in_report = |shift: &Shift| shift.from < query.until && query.from < shift.until;
    let mut loads: Vec<ShiftLoad> = query
        .shifts
        .iter()
        .zip(sums)
        .filter(|(shift, _)| in_report(shift))
        .map(|(shift, sums)| ShiftLoad {
            person: shift.person.clone(),
            team: shift.team.clone(),
            from: shift.from,
            until: shift.until,
            load: sums.load(),
        })
        .collect();
    loads.sort_by(|a, b| (a.from, a.until, &a.team).cmp(&(b.from, b.until, &b.team)));
    loads
}

/// The kinds of alarm that rang, the worst first.
fn patterns(kinds: Vec<((ServiceId, String), usize)>, mut sums: Vec<KindSums>) -> Vec<Pattern> {
    let mut patterns: Vec<Pattern> = kinds
        .into_iter()
        .filter_map(|((service, title), kind)| {
            let KindSums { sums, newest } = core::mem::take(&mut sums[kind]);
            let cost_ms = sums.cost_ms();
            let load = sums.load();
            Some(Pattern {
                service,
                title,
                example: newest?,
                cost_ms,
                advice: advice(&load.noise),
                load,
            })
        })
        .filter(|pattern| pattern.load.pages.total() > 0)
        .collect();
    patterns.sort_by(|a, b| {
        let worse = |it: &Pattern| core::cmp::Reverse((it.cost_ms, it.load.pages.total()));
        (worse(a), &a.service, &a.title).cmp(&(worse(b), &b.service, &b.title))
    });
    patterns.truncate(WORST);
    patterns
}

const fn advice(noise: &Noise) -> Advice {
    if noise.recovered * 2 >= noise.paged && noise.recovered > 0 {
        Advice::HoldOff
    } else if noise.no_action * 2 >= noise.paged && noise.no_action > 0 {
        Advice::DoNotPage
    } else {
        Advice::Fix
    }
}

fn trend(query: &Query, total: &Sums, before: Vec<WeekSums>) -> Trend {
    let weeks_before: Vec<Week> = before.into_iter().map(WeekSums::load).collect();
    let from = weeks_before.first().map_or(query.from, |week| week.from);
    let mut sum = Load::default();
    for Week { load, .. } in &weeks_before {
        sum.pages = plus(sum.pages, load.pages);
        sum.interruptions = plus(sum.interruptions, load.interruptions);
        sum.interrupted_sleep_ms += load.interrupted_sleep_ms;
        sum.tickets += load.tickets;
    }
    Trend {
        now: per_week(&total.load, query.from, query.until),
        before: per_week(&sum, from, query.from),
        weeks_before,
    }
}

const fn plus(a: ByPart, b: ByPart) -> ByPart {
    ByPart {
        business: a.business + b.business,
        evening: a.evening + b.evening,
        sleep: a.sleep + b.sleep,
    }
}

fn per_week(load: &Load, from: Millis, until: Millis) -> PerWeek {
    const WEEK_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;
    const MINUTE_MS: f64 = 60.0 * 1000.0;
    let weeks = millis_between(from, until) as f64 / WEEK_MS;
    let average = |number: u64| {
        if weeks > 0.0 {
            number as f64 / weeks
        } else {
            0.0
        }
    };
    PerWeek {
        pages: average(load.pages.total()),
        sleep_pages: average(load.pages.sleep),
        interruptions: average(load.interruptions.total()),
        interrupted_sleep_minutes: average(load.interrupted_sleep_ms) / MINUTE_MS,
        tickets: average(load.tickets),
    }
}
