//! From the text of a file to a [`Config`], or to everything that is wrong with it.

use core::time::Duration;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use tocsin_report::Hours;
use tocsin_rota::{
    HandoffSpec, HoursSpec, MemberSpec, MentorSpec, OverrideSpec, Rota, RotaError, RotaSpec,
    ShadowMode, When,
};
use tocsin_ticket::{Limits, PersonId, Policy, PolicyError, ServiceId, Severity, TeamId};
use toml::de::DeTable;

use crate::ConfigErrors;
use crate::config::{Config, Holidays, IntegrationSpec, Language, Person, Rotation, Service, Team};
use crate::read::{Node, Report, Table, nearest};
use crate::{heartbeat, noise, outbound, phones, template};

/// Names stand in page titles: what fits on a phone's screen in two lines.
pub(crate) const LONGEST_NAME: usize = 80;
/// RFC 5321, section 4.5.3.1.3, less the angle brackets.
const LONGEST_EMAIL: usize = 254;
/// What every browser and chat takes.
const LONGEST_URL: usize = 2000;
/// Anything above is a slip of the pen that would lose pages.
const LONGEST_LIMIT: Duration = Duration::from_secs(30 * 24 * 3600);

const AN_ID: &str = "an id in quotes, such as \"ana\"";
const A_NAME: &str = "a name in quotes";

impl Config {
    /// Reads and checks a configuration file (TOML 1.1, <https://toml.io/en/v1.1.0>).
    ///
    /// `example.toml` of this package shows every field.
    ///
    /// # Errors
    /// Everything that is wrong with the file, at once. Only where the text is no TOML at all are
    /// the contents not looked at.
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
        let report = Report::new(text);
        let (document, faults) = DeTable::parse_recoverable(text);
        for fault in &faults {
            let message = format!("not valid TOML: {}", fault.message());
            report.add(fault.span().unwrap_or_default(), "", message);
        }
        let config = if faults.is_empty() {
            read(&Table::root(
                &report,
                &document,
                &[
                    "people",
                    "teams",
                    "services",
                    "integrations",
                    "holidays",
                    "webhooks",
                    "maintenance",
                ],
            ))
        } else {
            Self::default()
        };
        match report.finish() {
            None => Ok(config),
            Some(errors) => Err(errors),
        }
    }
}

/// The items of one list, and the ids that others may refer to.
pub(crate) struct Items<'a> {
    list: &'static str,
    nodes: Vec<Node<'a>>,
    /// Each id with its first item.
    pub(crate) ids: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Items<'a> {
    fn read(root: &Table<'a>, list: &'static str, required: bool) -> Self {
        let expected = format!("at least one [[{list}]]");
        let items = if required {
            let field = root.required(list, &expected);
            field.map(|field| field.some_items(&expected))
        } else {
            let field = root.optional(list);
            field.map(|field| field.items(&format!("a list written as [[{list}]]")))
        };
        let nodes: Vec<Node<'a>> = items
            .unwrap_or_default()
            .into_iter()
            .map(Node::named_by_id)
            .collect();
        let mut ids = BTreeMap::new();
        for node in &nodes {
            let Some(id) = node.peek("id") else { continue };
            if let Some(first) = ids.get(id).map(Node::line) {
                node.problem_in(
                    "id",
                    format!("{id:?} is already the id of the item at line {first}; choose another"),
                );
            } else {
                ids.insert(id, node.clone());
            }
        }
        Self { list, nodes, ids }
    }

    /// The id at `node`, if it is one of these.
    pub(crate) fn resolve(&self, node: &Node<'a>) -> Option<&'a str> {
        let list = self.list;
        let expected = format!("the id of one of [[{list}]]");
        let id = node.text(&expected)?;
        if self.ids.contains_key(id) {
            return Some(id);
        }
        let advice = match nearest(id, self.ids.keys().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("add it as a [[{list}]] or name another"),
        };
        node.problem(format!("expected {expected}, got {id:?}; {advice}"));
        None
    }
}

fn read(root: &Table<'_>) -> Config {
    let people = Items::read(root, "people", true);
    let teams = Items::read(root, "teams", true);
    let services = Items::read(root, "services", false);
    let integrations = Items::read(root, "integrations", false);
    let calendars = Items::read(root, "holidays", false);
    let webhooks = Items::read(root, "webhooks", false);
    let maintenance = Items::read(root, "maintenance", false);
    refuse_manager_cycles(&people);
    let holidays = collect(&calendars.nodes, |node| {
        let holidays = holidays(node)?;
        Some((holidays.id.clone(), holidays))
    });
    let known = Known {
        people: &people,
        calendars: &calendars,
        holidays: &holidays,
        webhooks: &webhooks,
    };
    let teams_read = collect(&teams.nodes, |node| {
        let team = team(node, &known)?;
        Some((team.id.clone(), team))
    });
    Config {
        people: collect(&people.nodes, |node| {
            let person = person(node, &people)?;
            Some((person.id.clone(), person))
        }),
        services: collect(&services.nodes, |node| {
            let service = service(node, &teams, &services, &webhooks, &teams_read)?;
            Some((service.id.clone(), service))
        }),
        integrations: collect(&integrations.nodes, |node| {
            let integration = integration(node, &teams, &services)?;
            Some((integration.id.clone(), integration))
        }),
        webhooks: collect(&webhooks.nodes, |node| {
            let webhook = outbound::webhook(node, &teams)?;
            Some((webhook.id.clone(), webhook))
        }),
        maintenance: noise::windows(&maintenance.nodes, |id| {
            services.resolve(id).map(ServiceId::new)
        }),
        teams: teams_read,
        holidays,
    }
}

/// What a team may refer to.
struct Known<'k, 'a> {
    people: &'k Items<'a>,
    calendars: &'k Items<'a>,
    holidays: &'k BTreeMap<String, Holidays>,
    webhooks: &'k Items<'a>,
}

fn holidays(node: &Node<'_>) -> Option<Holidays> {
    const A_LIST: &str = "a list of dates such as [2026-12-25, 2026-12-26]";
    let fields = node.table(&["id", "dates"])?;
    let id = fields
        .required("id", "an id in quotes, such as \"germany\"")
        .and_then(|id| id.slug());
    let dates = fields.required("dates", A_LIST).and_then(|list| {
        every(&list.some_items(A_LIST), |node| {
            let date = date(node)?;
            let known = (1970..=9998).contains(&date.year());
            if !known {
                node.problem(format!(
                    "expected a date in the years 1970 to 9998, got {date}"
                ));
            }
            known.then_some(date)
        })
    });
    let mut dates = dates?;
    dates.sort_unstable();
    dates.dedup();
    Some(Holidays {
        id: id?.to_owned(),
        dates,
    })
}

fn collect<'a, K: Ord, V>(
    nodes: &[Node<'a>],
    read: impl Fn(&Node<'a>) -> Option<(K, V)>,
) -> BTreeMap<K, V> {
    nodes.iter().filter_map(read).collect()
}

fn person<'a>(node: &Node<'a>, people: &Items<'a>) -> Option<Person> {
    let fields = node.table(&[
        "id",
        "name",
        "manager",
        "email",
        "telephone",
        "language",
        "zone",
    ])?;
    let id = fields.required("id", AN_ID).and_then(|id| id.slug());
    let name = fields
        .required("name", A_NAME)
        .and_then(|name| name.name(LONGEST_NAME));
    let manager = fields.optional("manager");
    let email = fields.optional("email");
    let telephone = fields.optional("telephone");
    let language = fields.optional("language");
    let zone = fields.optional("zone");
    Some(Person {
        zone: zone.and_then(|name| self::zone(&name)),
        manager: manager.and_then(|id| people.resolve(&id).map(PersonId::new)),
        email: email.and_then(|address| self::email(&address)),
        telephone: telephone.and_then(|number| self::telephone(&number)),
        language: language.and_then(|tag| self::language(&tag)),
        id: PersonId::new(id?),
        name: name?,
    })
}

const A_ZONE: &str = "an IANA time zone such as \"Europe/Berlin\"";

fn zone(node: &Node<'_>) -> Option<String> {
    let name = node.text(A_ZONE)?;
    match tocsin_rota::zone(name) {
        Ok(_) => Some(name.to_owned()),
        Err(error) => {
            let text = error.to_string();
            node.problem(text.strip_prefix("zone: ").unwrap_or(&text));
            None
        }
    }
}

/// E.164: a plus, the country's code, at most 15 digits in all.
fn telephone(node: &Node<'_>) -> Option<String> {
    let number = node.text("a telephone number in quotes, such as \"+493012345678\"")?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0')
    {
        return Some(number.to_owned());
    }
    node.problem(format!(
        "expected a number with its country's code and nothing else between, such as \
         \"+493012345678\" (E.164), got {number:?}"
    ));
    None
}

/// Enough of RFC 5321 to catch a name or an id in the wrong field; whether mail arrives, only a mail
/// tells.
pub(crate) fn email(node: &Node<'_>) -> Option<String> {
    const EXPECTED: &str = "an e-mail address such as \"ana@example.org\"";
    let text = node.text(EXPECTED)?;
    let plausible = text.len() <= LONGEST_EMAIL
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !plausible {
        node.problem(format!("expected {EXPECTED}, got {text:?}; correct it"));
    }
    plausible.then(|| text.to_owned())
}

fn language(node: &Node<'_>) -> Option<Language> {
    let text = node.text("\"en\" or \"ko\"")?;
    let language = Language::ALL
        .into_iter()
        .find(|language| language.tag() == text);
    if language.is_none() {
        let tags = Language::ALL.map(|language| format!("{:?}", language.tag()));
        node.problem(format!(
            "expected {}, got {text:?}; leave it out for the phone's own",
            tags.join(" or ")
        ));
    }
    language
}

/// A circle of managers would page the same people for ever; each is reported once, at the first of
/// its people in the order of ids.
fn refuse_manager_cycles(people: &Items<'_>) {
    let manager_of = |person: &str| people.ids.get(person)?.peek("manager");
    for (&first, node) in &people.ids {
        let mut circle = vec![first];
        while let Some(next) = circle.last().and_then(|person| manager_of(person)) {
            if !circle.contains(&next) {
                circle.push(next);
                continue;
            }
            if next == first && circle.iter().all(|person| first <= *person) {
                circle.push(first);
                node.problem_in(
                    "manager",
                    format!(
                        "expected somebody who does not report to {first:?}, got a circle: {}; \
                         leave out the manager of whoever is at the top",
                        circle.join(" -> ")
                    ),
                );
            }
            break;
        }
    }
}

fn team<'a>(node: &Node<'a>, known: &Known<'_, 'a>) -> Option<Team> {
    let people = known.people;
    let fields = node.table(&[
        "id",
        "name",
        "manager",
        "members",
        "observers",
        "rota",
        "secondary",
        "further",
        "policy",
        "conference",
        "subscribers",
        "phones",
        "hours",
    ])?;
    let id = fields
        .required("id", "an id in quotes, such as \"shop\"")
        .and_then(|id| id.slug());
    let name = fields
        .required("name", A_NAME)
        .and_then(|name| name.name(LONGEST_NAME));
    let manager = fields
        .required("manager", "the id of one of [[people]]")
        .and_then(|id| people.resolve(&id));
    let members = fields
        .required("members", "a list of the ids of [[people]]")
        .map(|list| members(&list, people))
        .unwrap_or_default();
    let observers = fields
        .optional("observers")
        .map(|list| observers(&list, people, &members))
        .unwrap_or_default();
    let rota = fields
        .required("rota", "who is on call as [teams.rota]")
        .and_then(|node| rotation(&node, known, &members));
    let secondary = if_written(fields.optional("secondary"), |node| {
        rotation(node, known, &members)
    });
    let further = fields.optional("further").map(|list| {
        let nodes = list.items("a list written as [[teams.further]]");
        every(&nodes, |node| rotation(node, known, &members))
    });
    if let (Some(node), None) = (fields.optional("further"), fields.optional("secondary")) {
        node.problem(
            "expected a [teams.secondary] before further layers; name the first of them so",
        );
    }
    let policy = if_written(fields.optional("policy"), |node| policy(node, None));
    let conference = if_written(fields.optional("conference"), outbound::conference);
    let subscribers = fields
        .optional("subscribers")
        .map(|list| outbound::subscribers(&list, id, known.webhooks))
        .unwrap_or_default();
    let phones = if_written(fields.optional("phones"), phones::rules);
    let hours = if_written(fields.optional("hours"), parts_of_the_day);
    Some(Team {
        hours: hours?.unwrap_or_default(),
        conference: conference?,
        subscribers,
        phones: phones?.unwrap_or_default(),
        secondary: secondary?,
        further: further.unwrap_or_else(|| Some(Vec::new()))?,
        policy: policy?.unwrap_or_default(),
        id: TeamId::new(id?),
        name: name?,
        manager: PersonId::new(manager?),
        members: members.into_iter().map(PersonId::new).collect(),
        observers: observers.into_iter().map(PersonId::new).collect(),
        rota: rota?,
    })
}

fn observers<'a>(list: &Node<'a>, people: &Items<'a>, members: &[&str]) -> Vec<&'a str> {
    let mut observers = Vec::new();
    for node in list.items("a list of whoever may look on and is never paged") {
        let Some(person) = people.resolve(&node) else {
            continue;
        };
        if members.contains(&person) || observers.contains(&person) {
            node.problem(format!(
                "{person:?} is listed already, here or in `members`, who see everything; remove \
                 one of the two"
            ));
        }
        observers.push(person);
    }
    observers
}

fn members<'a>(list: &Node<'a>, people: &Items<'a>) -> Vec<&'a str> {
    let mut members = Vec::new();
    for node in list.some_items("a list of whoever is paged when nobody answers") {
        let Some(person) = people.resolve(&node) else {
            continue;
        };
        if members.contains(&person) {
            node.problem(format!(
                "{person:?} is listed already; remove one of the two"
            ));
        }
        members.push(person);
    }
    members
}

fn rotation<'a>(node: &Node<'a>, known: &Known<'_, 'a>, team: &[&str]) -> Option<Rotation> {
    let spec = rota_spec(node, known, team)?;
    match Rota::new(&spec) {
        Ok(rota) => Some(Rotation { spec, rota }),
        Err(error) => {
            report_rota(node, spec, error);
            None
        }
    }
}

fn rota_spec<'a>(node: &Node<'a>, known: &Known<'_, 'a>, team: &[&str]) -> Option<RotaSpec> {
    let people = known.people;
    let fields = node.table(&[
        "zone",
        "start",
        "handoff",
        "members",
        "overrides",
        "hours",
        "holidays",
        "otherwise",
    ])?;
    let zone = fields
        .required("zone", A_ZONE)
        .and_then(|zone| zone.text(A_ZONE));
    let start = fields
        .required("start", A_DATE)
        .and_then(|start| date(&start));
    let handoff = fields
        .required(
            "handoff",
            "a moment of the week such as { weekday = \"monday\", time = 09:00 }, or of the day \
             such as { time = 09:00 }",
        )
        .and_then(|handoff| self::handoff(&handoff));
    let members = fields
        .required("members", "a list of the people who take turns")
        .and_then(|list| {
            let nodes = list.some_items("a list of the people who take turns");
            every(&nodes, |member| rota_member(member, people, team))
        });
    let list = |field, expected: &str| {
        let list = fields.optional(field);
        list.map(|list| list.items(expected)).unwrap_or_default()
    };
    let overrides = every(&list("overrides", "a list of overrides"), |over| {
        rota_override(over, people)
    });
    let hours = every(&list("hours", "a list of hours on days of the week"), hours);
    let holidays = if_written(fields.optional("holidays"), |node| {
        known.holidays_at(node, fields.optional("hours").is_some())
    });
    let otherwise = every(
        &list("otherwise", "a list written as [[teams.rota.otherwise]]"),
        |next| rota_spec(next, known, team),
    );
    Some(RotaSpec {
        overrides: overrides?,
        hours: hours?,
        holidays: holidays?.unwrap_or_default(),
        otherwise: otherwise?,
        ..RotaSpec::new(zone?, start?, handoff?, members?)
    })
}

impl<'a> Known<'_, 'a> {
    /// The dates of the calendar that a rota names.
    fn holidays_at(&self, node: &Node<'a>, with_hours: bool) -> Option<Vec<Date>> {
        if !with_hours {
            node.problem(
                "expected `hours` beside it, got none: without them somebody of this rota is on \
                 call on holidays too; remove it, or write the hours that do not hold on holidays",
            );
        }
        let id = self.calendars.resolve(node)?;
        Some(self.holidays.get(id)?.dates.clone())
    }
}

fn hours(node: &Node<'_>) -> Option<HoursSpec> {
    const DAYS: &str = "a list of days of the week such as [\"monday\", \"tuesday\"]";
    let fields = node.table(&["days", "from", "until"])?;
    let days = fields
        .required("days", DAYS)
        .and_then(|list| every(&list.some_items(DAYS), weekday));
    let time = |field| {
        let time = fields.required(field, A_TIME);
        time.and_then(|time| time_of_day(&time))
    };
    let (from, until) = (time("from"), time("until"));
    Some(HoursSpec {
        days: days?,
        from: from?,
        until: until?,
    })
}

/// What a team calls business hours and sleep hours; of what is not written, the usual.
fn parts_of_the_day(node: &Node<'_>) -> Option<Hours> {
    let fields = node.table(&["business", "sleep"])?;
    let business = if_written(fields.optional("business"), hours);
    let sleep = if_written(fields.optional("sleep"), |node| {
        let fields = node.table(&["from", "until"])?;
        let time = |field| time_of_day(&fields.required(field, A_TIME)?);
        let (from, until) = (time("from"), time("until"));
        Some((from?, until?))
    });
    let (business, sleep) = (business?, sleep?);
    let mut parts = Ok(Hours::default());
    if let Some(HoursSpec { days, from, until }) = business {
        parts = parts.and_then(|parts| parts.with_business(days, from, until));
    }
    if let Some((from, until)) = sleep {
        parts = parts.and_then(|parts| parts.with_sleep(from, until));
    }
    parts.map_err(|error| node.problem(error.to_string())).ok()
}

/// Nothing where nothing is written; `None` where what is written cannot be read.
pub(crate) fn if_written<'a, T>(
    field: Option<Node<'a>>,
    read: impl Fn(&Node<'a>) -> Option<T>,
) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(node) => read(&node).map(Some),
    }
}

/// Reads all, even after one has failed.
pub(crate) fn every<'a, T>(
    nodes: &[Node<'a>],
    read: impl Fn(&Node<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = nodes.iter().map(read).collect();
    read.into_iter().collect()
}

/// The rota names one problem at a time. Each is reported and put aside, without touching anything
/// else, to see the next.
fn report_rota(node: &Node<'_>, mut spec: RotaSpec, mut error: RotaError) {
    for _ in 0..=fields_at_fault(&spec) {
        let field = error.field().to_owned();
        let text = error.to_string();
        let message = text
            .strip_prefix(&format!("{field}: "))
            .unwrap_or(&text)
            .to_owned();
        node.problem_in(&field, message);
        if !put_aside(&mut spec, &field) {
            return;
        }
        match Rota::new(&spec) {
            Ok(_) => return,
            Err(next) => error = next,
        }
    }
}

/// At most so many problems can be put aside: the zone, the hours, and each item of each list.
fn fields_at_fault(spec: &RotaSpec) -> usize {
    let nested: usize = spec.otherwise.iter().map(fields_at_fault).sum();
    2 + spec.members.len() + spec.overrides.len() + nested
}

/// Makes the field harmless; false if that cannot be done.
fn put_aside(spec: &mut RotaSpec, field: &str) -> bool {
    match field {
        "zone" => spec.zone = "UTC".to_owned(),
        "hours" => spec.hours.clear(),
        _ => return put_item_aside(spec, field),
    }
    true
}

fn put_item_aside(spec: &mut RotaSpec, field: &str) -> bool {
    let item = |list: &str| -> Option<(usize, &str)> {
        let (place, rest) = field
            .strip_prefix(list)?
            .strip_prefix('[')?
            .split_once(']')?;
        Some((place.parse().ok()?, rest))
    };
    if let Some((place, rest)) = item("otherwise") {
        let next = spec.otherwise.get_mut(place);
        let rest = rest.trim_start_matches('.');
        return next.is_some_and(|next| put_aside(next, rest));
    }
    let place = |list| item(list).map(|(place, _)| place);
    if let Some(member) = place("members").and_then(|place| spec.members.get_mut(place)) {
        // Somebody else, always there: can neither leave too early nor be a member twice.
        *member = MemberSpec::new(field);
        return true;
    }
    if let Some(over) = place("overrides").and_then(|place| spec.overrides.get_mut(place)) {
        over.from = When::Instant(Timestamp::UNIX_EPOCH);
        over.until = When::Instant(Timestamp::MAX);
        return true;
    }
    false
}

fn handoff(node: &Node<'_>) -> Option<HandoffSpec> {
    let fields = node.table(&["weekday", "time", "every"])?;
    let weekday = if_written(fields.optional("weekday"), weekday);
    let time = fields.required("time", A_TIME);
    let time = time.and_then(|time| time_of_day(&time));
    let every = if_written(fields.optional("every"), |node| {
        node.integer(1..=HandoffSpec::LONGEST)
    });
    Some(HandoffSpec {
        weekday: weekday?,
        time: time?,
        every: every?.unwrap_or(1),
    })
}

const A_DATE: &str = "a date such as 2026-01-05";
const A_TIME: &str = "a time of day such as 09:00";
const A_MOMENT: &str =
    "a date and time such as 2026-03-28T10:00 (on the rota's clock) or 2026-03-28T10:00+01:00";
const A_WEEKDAY: &str = "a day of the week such as \"monday\"";

pub(crate) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn weekday(node: &Node<'_>) -> Option<Weekday> {
    let text = node.text(A_WEEKDAY)?;
    let word = text.to_ascii_lowercase();
    let day = WEEKDAYS
        .iter()
        .find(|(name, _)| word == *name || word == name[..3]);
    if day.is_none() {
        let near = nearest(&word, WEEKDAYS.map(|(name, _)| name));
        let advice = near.map_or_else(
            || "write it in English".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        node.problem(format!("expected {A_WEEKDAY}, got {text:?}; {advice}"));
    }
    day.map(|(_, day)| *day)
}

fn time_of_day(node: &Node<'_>) -> Option<Time> {
    node.time(A_TIME, |time| {
        let date = time.date;
        time.to_string().parse().ok().filter(|_| date.is_none())
    })
}

fn date(node: &Node<'_>) -> Option<Date> {
    node.time(A_DATE, |time| {
        let of_day = time.time;
        time.to_string().parse().ok().filter(|_| of_day.is_none())
    })
}

fn moment(node: &Node<'_>) -> Option<When> {
    node.time(A_MOMENT, |time| {
        let text = time.to_string();
        match (time.date, time.time, time.offset) {
            (Some(_), Some(_), None) => text.parse().ok().map(When::Local),
            (Some(_), Some(_), Some(_)) => text.parse().ok().map(When::Instant),
            _ => None,
        }
    })
}

fn rota_member<'a>(node: &Node<'a>, people: &Items<'a>, team: &[&str]) -> Option<MemberSpec> {
    if !node.is_table() {
        return Some(MemberSpec::new(on_rota(node, people, Some(team))));
    }
    let fields = node.table(&["person", "joins", "leaves", "mentor"])?;
    let id = fields.required("person", "the id of one of [[people]]");
    let joins = fields.optional("joins");
    let leaves = fields.optional("leaves");
    // Who takes turns for good must be in the team, or the page to the whole team would miss them.
    let team = leaves.is_none().then_some(team);
    let joins = if_written(joins, date);
    let leaves = if_written(leaves, date);
    let mentor = if_written(fields.optional("mentor"), |node| mentor(node, people));
    Some(MemberSpec {
        person: on_rota(&id?, people, team),
        joins: joins?,
        leaves: leaves?,
        mentor: mentor?,
    })
}

/// Who is with a newcomer in their first shifts.
fn mentor<'a>(node: &Node<'a>, people: &Items<'a>) -> Option<MentorSpec> {
    const MODES: &str = "\"mentor_shadows\" (the newcomer is on call) or \"newcomer_shadows\" \
                         (the mentor is)";
    let fields = node.table(&["person", "shifts", "mode"])?;
    let person = fields
        .required("person", "the id of one of [[people]]")
        .map(|id| on_rota(&id, people, None));
    let shifts = fields
        .required("shifts", "for how many shifts, such as 2")
        .and_then(|shifts| shifts.integer(1..=u8::MAX));
    let mode = fields.required("mode", MODES).and_then(|mode| {
        let text = mode.text(MODES)?;
        let known = ShadowMode::ALL.into_iter().find(|it| it.name() == text);
        if known.is_none() {
            mode.problem(format!("expected {MODES}, got {text:?}"));
        }
        known
    });
    Some(MentorSpec {
        person: person?,
        shifts: shifts?.into(),
        mode: mode?,
    })
}

/// The id of somebody on a rota, who must be one of `team` if that is given. For somebody unknown a
/// name that nobody else has, so that the rest of the rota can be checked all the same.
fn on_rota<'a>(node: &Node<'a>, people: &Items<'a>, team: Option<&[&str]>) -> String {
    let Some(person) = people.resolve(node) else {
        return node.path().to_owned();
    };
    if team.is_some_and(|team| !team.contains(&person)) {
        node.problem(format!(
            "expected one of the team's `members`, got {person:?}; add them there, or say when they \
             leave the rota"
        ));
    }
    person.to_owned()
}

fn rota_override<'a>(node: &Node<'a>, people: &Items<'a>) -> Option<OverrideSpec> {
    let fields = node.table(&["person", "from", "until"])?;
    let person = fields
        .required("person", "the id of one of [[people]]")
        .map(|id| on_rota(&id, people, None));
    let from = fields.required("from", A_MOMENT).and_then(|at| moment(&at));
    let until = fields
        .required("until", A_MOMENT)
        .and_then(|at| moment(&at));
    Some(OverrideSpec {
        person: person?,
        from: from?,
        until: until?,
    })
}

pub(crate) const SEVERITY_FIELDS: [&str; 5] = ["sev1", "sev2", "sev3", "sev4", "sev5"];

/// The limits of a severity, by the names of their fields.
type LimitField = (&'static str, fn(&mut Limits) -> &mut Duration);
pub(crate) const LIMIT_FIELDS: [LimitField; 10] = [
    ("check_in", |limits| &mut limits.check_in),
    ("researching", |limits| &mut limits.researching),
    ("work_in_progress", |limits| &mut limits.work_in_progress),
    ("secondary", |limits| &mut limits.secondary),
    ("manager", |limits| &mut limits.manager),
    ("managers_manager", |limits| &mut limits.managers_manager),
    ("team", |limits| &mut limits.team),
    ("next_channel", |limits| &mut limits.next_channel),
    ("next_person", |limits| &mut limits.next_person),
    ("status_updates", |limits| &mut limits.status_updates),
];

/// When the next channel is tried for a SEV1, unless the file says otherwise.
const SEV1_NEXT_CHANNEL: Duration = Duration::from_secs(10);
/// How often a SEV1 is reported on, unless the file says otherwise.
const SEV1_STATUS_UPDATES: Duration = Duration::from_secs(15 * 60);

/// The limits of each severity that are written or, where there is a `basis`, those of it that are
/// not written otherwise.
fn policy(node: &Node<'_>, basis: Option<&Policy>) -> Option<Policy> {
    let fields = node.table(&SEVERITY_FIELDS)?;
    let written = SEVERITY_FIELDS.map(|severity| fields.optional(severity));
    if written.iter().all(Option::is_none) {
        node.problem(
            "expected the limits of at least one severity, as in [teams.policy.sev1]; leave \
             `policy` out for the default",
        );
        return None;
    }
    // Reads every severity before it gives up on one.
    let mut severities = Severity::ALL.into_iter();
    let [sev1, sev2, sev3, sev4, sev5] = written.map(|written| {
        let severity = severities.next().expect("as many severities as fields");
        let basis = basis.and_then(|basis| basis.limits(severity));
        match written {
            // Said to page nobody, where the basis would.
            Some(node) if node.is_false() => Some(None),
            Some(node) => limits(&node, severity, basis).map(Some),
            None => Some(basis.copied()),
        }
    });
    let limits = [sev1?, sev2?, sev3?, sev4?, sev5?];
    for problem in policy_problems(limits) {
        if let PolicyError::NotStricter {
            worse,
            milder,
            step,
            ..
        } = &problem
            && !node.has(worse, step)
            && !node.has(milder, step)
        {
            // Neither is written: both are as long as check_in, about which the same is said.
            continue;
        }
        let text = problem.to_string();
        let text = text.strip_prefix("policy.").unwrap_or(&text);
        let (field, message) = text.split_once(": ").unwrap_or(("", text));
        node.problem_in(field, message);
    }
    Policy::new(limits).ok()
}

fn limits(node: &Node<'_>, severity: Severity, basis: Option<&Limits>) -> Option<Limits> {
    let fields = node.table(&LIMIT_FIELDS.map(|(name, _)| name))?;
    let required = |name, of: fn(&Limits) -> Duration| match (fields.optional(name), basis) {
        (None, Some(basis)) => Some(of(basis)),
        _ => fields
            .required(name, "a length of time such as \"5m\"")
            .and_then(|node| limit(&node)),
    };
    let (check_in, researching, work_in_progress) = (
        required("check_in", |basis| basis.check_in),
        required("researching", |basis| basis.researching),
        required("work_in_progress", |basis| basis.work_in_progress),
    );
    let levels: Vec<_> = LIMIT_FIELDS[3..]
        .iter()
        .map(|(name, of)| if_written(fields.optional(name), limit).map(|limit| (of, limit)))
        .collect();
    let (check_in, researching, work_in_progress) = (check_in?, researching?, work_in_progress?);
    let mut limits = match basis {
        Some(basis) => Limits {
            check_in,
            researching,
            work_in_progress,
            ..*basis
        },
        None => Limits::new(check_in, researching, work_in_progress),
    };
    if severity == Severity::Sev1 && basis.is_none() {
        limits.next_channel = SEV1_NEXT_CHANNEL;
        limits.status_updates = SEV1_STATUS_UPDATES;
    }
    for level in levels {
        let (of, length) = level?;
        if let Some(length) = length {
            *of(&mut limits) = length;
        }
    }
    Some(limits)
}

fn limit(node: &Node<'_>) -> Option<Duration> {
    let length = node.duration()?;
    if length < Policy::SHORTEST_LIMIT {
        node.problem(format!(
            "expected at least {} s; give the person time to react",
            Policy::SHORTEST_LIMIT.as_secs()
        ));
        None
    } else if length > LONGEST_LIMIT {
        node.problem(format!(
            "expected at most {} h; leave the severity out if it is not to page",
            LONGEST_LIMIT.as_secs() / 3600
        ));
        None
    } else {
        Some(length)
    }
}

/// Everything [`Policy::new`] has against the limits. It names one problem at a time, so each limit
/// is also shown to it on its own, among others that are beyond reproach.
fn policy_problems(limits: [Option<Limits>; 5]) -> Vec<PolicyError> {
    let mut problems: Vec<PolicyError> = Policy::new(limits).err().into_iter().collect();
    for (_, of) in LIMIT_FIELDS {
        let mut severities = 1..;
        let alone = limits.map(|own| {
            let step = Duration::from_secs(severities.next().unwrap_or_default());
            own.map(|mut own| {
                let mut sound = Limits::new(step, step, 2 * LONGEST_LIMIT + step);
                *of(&mut sound) = *of(&mut own);
                sound
            })
        });
        if let Err(problem @ PolicyError::NotStricter { .. }) = Policy::new(alone)
            && !problems.contains(&problem)
        {
            problems.push(problem);
        }
    }
    problems
}

fn service<'a>(
    node: &Node<'a>,
    teams: &Items<'a>,
    services: &Items<'a>,
    webhooks: &Items<'a>,
    teams_read: &BTreeMap<TeamId, Team>,
) -> Option<Service> {
    let fields = node.table(&[
        "id",
        "name",
        "team",
        "runbook",
        "tier",
        "downstream",
        "severities",
        "default_severity",
        "policy",
        "subscribers",
        "hold_off",
        "group_by",
    ])?;
    let id = fields
        .required("id", "an id in quotes, such as \"checkout\"")
        .and_then(|id| id.slug());
    let name = fields
        .required("name", A_NAME)
        .and_then(|name| name.name(LONGEST_NAME));
    let team = fields
        .required("team", "the id of one of [[teams]]")
        .and_then(|id| teams.resolve(&id));
    let runbook = fields.optional("runbook");
    let tier = fields.optional("tier");
    let downstream = fields.optional("downstream");
    let severities = fields.optional("severities");
    let default_severity = fields.optional("default_severity");
    let policy = if_written(fields.optional("policy"), |node| {
        let team = team.and_then(|team| teams_read.get(&TeamId::new(team)));
        let basis = team.map_or_else(Policy::default, |team| team.policy.clone());
        self::policy(node, Some(&basis))
    });
    let subscribers = fields
        .optional("subscribers")
        .map(|list| outbound::subscribers(&list, team, webhooks))
        .unwrap_or_default();
    let hold_off = if_written(fields.optional("hold_off"), noise::hold_off);
    let group_by = if_written(fields.optional("group_by"), noise::group_by);
    Some(Service {
        hold_off: hold_off?.unwrap_or_default(),
        group_by: group_by?.unwrap_or_default(),
        subscribers,
        runbook: runbook.and_then(|address| url(&address)),
        tier: tier.and_then(|tier| tier.integer(1..=4)),
        downstream: downstream
            .map(|list| self::downstream(&list, id, services))
            .unwrap_or_default(),
        severities: severities
            .map(|node| severity_map(&node))
            .unwrap_or_default(),
        default_severity: default_severity.and_then(|node| severity(&node)),
        policy: policy?,
        id: ServiceId::new(id?),
        name: name?,
        team: TeamId::new(team?),
    })
}

/// The services that this one needs. They may need each other: two services that call each other are
/// no mistake.
fn downstream<'a>(list: &Node<'a>, service: Option<&str>, services: &Items<'a>) -> Vec<ServiceId> {
    let mut downstream: Vec<ServiceId> = Vec::new();
    for node in list.items("a list of the ids of [[services]]") {
        let Some(id) = services.resolve(&node) else {
            continue;
        };
        if Some(id) == service {
            node.problem(format!(
                "expected another service, got {id:?} itself; remove it"
            ));
        }
        if downstream.iter().any(|other| other.as_str() == id) {
            node.problem(format!("{id:?} is listed already; remove one of the two"));
        }
        downstream.push(ServiceId::new(id));
    }
    downstream
}

/// Phones open it at a tap, so nothing but web pages.
fn url(node: &Node<'_>) -> Option<String> {
    const EXPECTED: &str = "an address that begins with https:// or http://";
    let text = node.text(EXPECTED)?;
    let web_page = text.len() <= LONGEST_URL
        && text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        });
    if !web_page {
        node.problem(format!(
            "expected {EXPECTED} and has no blanks, got {text:?}; correct it"
        ));
    }
    web_page.then(|| text.to_owned())
}

fn integration<'a>(
    node: &Node<'a>,
    teams: &Items<'a>,
    services: &Items<'a>,
) -> Option<IntegrationSpec> {
    let fields = node.table(&[
        "id",
        "team",
        "service",
        "severities",
        "default_severity",
        "heartbeats",
        "template",
    ])?;
    let id = fields
        .required("id", "an id in quotes, such as \"alertmanager\"")
        .and_then(|id| id.slug());
    let team = fields
        .required("team", "the id of one of [[teams]]")
        .and_then(|id| teams.resolve(&id));
    let service_node = fields.required("service", "the id of one of [[services]]");
    let service_of_team = |node: &Node<'a>| {
        let service = services.resolve(node)?;
        if let Some(team) = team
            && let Some(owner) = services.ids.get(service).and_then(|node| node.peek("team"))
            && owner != team
        {
            node.problem(format!(
                "expected a service of team {team:?}, got {service:?}, which is {owner:?}'s; name \
                 another service or team"
            ));
        }
        Some(ServiceId::new(service))
    };
    let service = service_node.as_ref().and_then(service_of_team);
    let severities = fields.optional("severities");
    let default_severity = fields.optional("default_severity");
    let heartbeats = fields.optional("heartbeats");
    let template = fields.optional("template");
    Some(IntegrationSpec {
        severities: severities
            .map(|node| severity_map(&node))
            .unwrap_or_default(),
        default_severity: default_severity.and_then(|node| severity(&node)),
        heartbeats: heartbeats
            .map(|list| heartbeat::heartbeats(&list, service_of_team, severity))
            .unwrap_or_default(),
        template: template.and_then(|node| template::template(&node)),
        id: id?.to_owned(),
        team: TeamId::new(team?),
        service: service?,
    })
}

fn severity_map(node: &Node<'_>) -> BTreeMap<String, Severity> {
    let Some(table) = node.any_table() else {
        return BTreeMap::new();
    };
    let mut map = BTreeMap::new();
    for (word, node) in table.entries() {
        let normal = word.trim().to_lowercase();
        if normal.is_empty() {
            node.problem("expected a word for severity, got nothing; write what the source sends");
        } else if map.contains_key(&normal) {
            node.problem("this word is there already, and case does not matter; remove one");
        }
        map.extend(severity(&node).map(|severity| (normal, severity)));
    }
    map
}

fn severity(node: &Node<'_>) -> Option<Severity> {
    const EXPECTED: &str = "one of \"SEV1\", \"SEV2\", \"SEV3\", \"SEV4\", \"SEV5\"";
    let text = node.text(EXPECTED)?;
    let severity = text.parse().ok();
    if severity.is_none() {
        node.problem(format!("expected {EXPECTED}, got {text:?}"));
    }
    severity
}
