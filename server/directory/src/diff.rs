//! What applying a configuration would change, said before it is applied.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::fmt::friendly::SpanPrinter;
use serde::{Deserialize, Serialize};
use tocsin_report::Hours;
use tocsin_rota::{HandoffSpec, HoursSpec, MentorSpec, Rota, RotaSpec, Shift, Span, When};
use tocsin_ticket::{Millis, PersonId, Policy, ServiceId, Severity, TeamId};
use tocsin_wire::PhoneRules;

use crate::Directory;
use crate::config::{
    Config, Holidays, IntegrationSpec, Language, Layer, Person, Rotation, Service, Team,
};
use crate::directory::{first_millisecond, instant};
use crate::noise::Maintenance;
use crate::outbound::{Conference, EventType, MeetingPlace, Subscriber, Webhook};
use crate::parse::{LIMIT_FIELDS, SEVERITY_FIELDS, WEEKDAYS};

/// How far ahead shifts that change hands are told of.
const HORIZON: Duration = Duration::from_secs(14 * 24 * 3600);

/// One difference between two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A person, team, service or integration that was not there.
    Added {
        /// Which, such as `people.ana`.
        item: String,
        /// What people call it.
        name: String,
    },
    /// One that is no longer there.
    Removed {
        /// Which, such as `people.ana`.
        item: String,
        /// What people called it.
        name: String,
    },
    /// A field of an item that stays. An entry of a list that comes or goes has one side only.
    Changed {
        /// Which, such as `teams.shop.policy.sev1.check_in`.
        field: String,
        /// What it was, if anything.
        was: Option<String>,
        /// What it becomes, if anything.
        becomes: Option<String>,
    },
    /// Part of a shift within the next two weeks that somebody else will have.
    ShiftMoves {
        /// Whose rota.
        team: TeamId,
        /// Which of its rotas.
        layer: Layer,
        /// The first instant; not before the one at which the comparison was made.
        from: Millis,
        /// The first instant after.
        until: Millis,
        /// The IANA zone in which the rota's people tell the time.
        zone: String,
        /// Who has it so far.
        was: PersonId,
        /// Who will have it.
        becomes: PersonId,
    },
}

impl fmt::Display for Change {
    /// One line, which begins with `+`, `-` or `~`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { item, name } => write!(f, "+ {item} ({name})"),
            Self::Removed { item, name } => write!(f, "- {item} ({name})"),
            Self::Changed {
                field,
                was,
                becomes,
            } => match (was, becomes) {
                (Some(was), Some(becomes)) => write!(f, "~ {field}: {was} -> {becomes}"),
                (None, Some(becomes)) => write!(f, "+ {field}: {becomes}"),
                (Some(was), None) => write!(f, "- {field}: {was}"),
                (None, None) => write!(f, "~ {field}"),
            },
            Self::ShiftMoves {
                team,
                layer,
                from,
                until,
                zone,
                was,
                becomes,
            } => write!(
                f,
                "~ teams.{team}: {layer} from {} until {} ({zone}): {was} -> {becomes}",
                local(*from, zone),
                local(*until, zone),
            ),
        }
    }
}

/// What the clock in the zone shows, to the minute.
fn local(at: Millis, zone: &str) -> String {
    match tocsin_rota::zone(zone) {
        Ok(zone) => instant(at)
            .to_zoned(zone)
            .strftime("%a %Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => instant(at).to_string(),
    }
}

/// Everything that changes from `old` to `new`, item by item in the order of their ids, and then the
/// shifts from `now` on for two weeks that change hands. Empty if and only if nothing does: applying
/// the same file again changes nothing.
#[must_use]
pub fn diff(old: &Config, new: &Config, now: Millis) -> Vec<Change> {
    let mut changes = Vec::new();
    items(&mut changes, "people", &old.people, &new.people);
    items(&mut changes, "teams", &old.teams, &new.teams);
    items(&mut changes, "services", &old.services, &new.services);
    items(
        &mut changes,
        "integrations",
        &old.integrations,
        &new.integrations,
    );
    items(&mut changes, "holidays", &old.holidays, &new.holidays);
    items(&mut changes, "webhooks", &old.webhooks, &new.webhooks);
    items(
        &mut changes,
        "maintenance",
        &old.maintenance,
        &new.maintenance,
    );
    for (id, becomes) in &new.teams {
        let Some(was) = old.teams.get(id) else {
            continue;
        };
        for ((layer, was), (_, becomes)) in was.layers().zip(becomes.layers()) {
            shifts(&mut changes, id, layer, was, becomes, now);
        }
    }
    changes
}

/// A person's shift that would move if one directory took the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedShift {
    /// Whose rota.
    pub team: TeamId,
    /// Which of its rotas.
    pub layer: Layer,
    /// The IANA zone in which the rota's people tell the time.
    pub zone: String,
    /// Whose shift, and when it was and will be.
    pub shift: tocsin_rota::MovedShift,
}

impl fmt::Display for MovedShift {
    /// `shop, on call: ben had Mon 2026-04-13 09:00 until Mon 2026-04-20 09:00, gets … instead
    /// (Europe/Berlin)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = |span: Span| {
            let [from, until] =
                [span.from, span.until].map(|at| local(first_millisecond(at), &self.zone));
            format!("{from} until {until}")
        };
        let person = &self.shift.person;
        write!(f, "{}, {}: {person} ", self.team, self.layer)?;
        match (self.shift.was.map(when), self.shift.becomes.map(when)) {
            (Some(was), Some(becomes)) => write!(f, "had {was}, gets {becomes} instead")?,
            (Some(was), None) => write!(f, "loses {was}")?,
            (None, Some(becomes)) => write!(f, "gets {becomes} as well")?,
            (None, None) => write!(f, "keeps theirs")?,
        }
        write!(f, " ({})", self.zone)
    }
}

/// Whose shifts within two weeks of `now` are others in `new` than in `old`, with the swaps that
/// count in each: team by team, layer by layer, person by person. Of teams and layers that are in
/// only one of the two nothing moves; they come or go as a whole, and [`diff`] says so.
#[must_use]
pub fn moved_shifts(old: &Directory, new: &Directory, now: Millis) -> Vec<MovedShift> {
    let mut moved = Vec::new();
    for (id, team) in &new.config().teams {
        let rotas = old.rotas(id).iter().zip(new.rotas(id)).zip(team.layers());
        for ((before, after), (layer, rotation)) in rotas {
            let shifts =
                tocsin_rota::moved_shifts(before, after, instant(now), instant(now + HORIZON));
            moved.extend(shifts.into_iter().map(|shift| MovedShift {
                team: id.clone(),
                layer,
                zone: rotation.spec.zone.clone(),
                shift,
            }));
        }
    }
    moved
}

/// What a field says.
#[derive(PartialEq, Eq)]
enum Fact {
    One(String),
    /// Entries that come and go one by one.
    List(Vec<String>),
}

/// What an item's fields say, by their names; a field that says nothing is left out.
type Facts = BTreeMap<String, Fact>;

trait Item {
    fn name(&self) -> &str;
    fn facts(&self) -> Facts;
}

fn items<K: Ord + fmt::Display, V: Item>(
    changes: &mut Vec<Change>,
    list: &str,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) {
    let ids: std::collections::BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let item = format!("{list}.{id}");
        match (old.get(id), new.get(id)) {
            (Some(was), Some(becomes)) => fields(changes, &item, was.facts(), becomes.facts()),
            (None, Some(becomes)) => changes.push(Change::Added {
                item,
                name: becomes.name().to_owned(),
            }),
            (Some(was), None) => changes.push(Change::Removed {
                item,
                name: was.name().to_owned(),
            }),
            (None, None) => {}
        }
    }
}

fn fields(changes: &mut Vec<Change>, item: &str, mut old: Facts, mut new: Facts) {
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    for name in names {
        let nothing = || Some(Fact::List(Vec::new()));
        let (was, becomes) = match (old.remove(&name), new.remove(&name)) {
            (None, becomes @ Some(Fact::List(_))) => (nothing(), becomes),
            (was @ Some(Fact::List(_)), None) => (was, nothing()),
            both => both,
        };
        if was == becomes {
            continue;
        }
        let changed = |was, becomes| Change::Changed {
            field: format!("{item}.{name}"),
            was,
            becomes,
        };
        match (was, becomes) {
            (Some(Fact::List(was)), Some(Fact::List(becomes))) => {
                let before = changes.len();
                let gone = was.iter().filter(|entry| !becomes.contains(entry));
                changes.extend(gone.map(|entry| changed(Some(entry.clone()), None)));
                let come = becomes.iter().filter(|entry| !was.contains(entry));
                changes.extend(come.map(|entry| changed(None, Some(entry.clone()))));
                if changes.len() == before {
                    // The same entries in another order.
                    changes.push(changed(Some(was.join(", ")), Some(becomes.join(", "))));
                }
            }
            (was, becomes) => changes.push(changed(was.map(text), becomes.map(text))),
        }
    }
}

fn text(fact: Fact) -> String {
    match fact {
        Fact::One(text) => text,
        Fact::List(entries) => entries.join(", "),
    }
}

fn facts<const N: usize>(written: [(&str, Option<String>); N]) -> Facts {
    written
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Fact::One(value?))))
        .collect()
}

impl Item for Person {
    fn name(&self) -> &str {
        &self.name
    }

    fn facts(&self) -> Facts {
        facts([
            ("name", Some(self.name.clone())),
            ("manager", self.manager.as_ref().map(PersonId::to_string)),
            ("email", self.email.clone()),
            ("telephone", self.telephone.clone()),
            (
                "language",
                self.language.map(Language::tag).map(str::to_owned),
            ),
            ("zone", self.zone.clone()),
        ])
    }
}

impl Item for Team {
    fn name(&self) -> &str {
        &self.name
    }

    fn facts(&self) -> Facts {
        let mut facts = facts([
            ("name", Some(self.name.clone())),
            ("manager", Some(self.manager.to_string())),
        ]);
        let members = self.members.iter().map(PersonId::to_string).collect();
        facts.insert("members".to_owned(), Fact::List(members));
        if !self.observers.is_empty() {
            let observers = self.observers.iter().map(PersonId::to_string).collect();
            facts.insert("observers".to_owned(), Fact::List(observers));
        }
        rota_facts(&mut facts, "rota", &self.rota.spec);
        if let Some(secondary) = &self.secondary {
            rota_facts(&mut facts, "secondary", &secondary.spec);
        }
        for (place, rotation) in self.further.iter().enumerate() {
            rota_facts(&mut facts, &format!("further[{place}]"), &rotation.spec);
        }
        policy_facts(&mut facts, &self.policy);
        if self.hours != Hours::default() {
            let hours = Fact::One(self.hours.to_string());
            facts.insert("hours".to_owned(), hours);
        }
        if let Some(conference) = &self.conference {
            conference_facts(&mut facts, conference);
        }
        subscriber_facts(&mut facts, &self.subscribers);
        phone_facts(&mut facts, self.phones);
        facts
    }
}

fn phone_facts(facts: &mut Facts, rules: PhoneRules) {
    let PhoneRules {
        siren_floor,
        hide_content,
    } = rules;
    facts.extend(self::facts([
        ("phones.siren_floor", siren_floor.map(|it| it.to_string())),
        (
            "phones.hide_content",
            hide_content.then(|| "true".to_owned()),
        ),
    ]));
}

fn conference_facts(facts: &mut Facts, conference: &Conference) {
    let place = match &conference.place {
        MeetingPlace::Links(links) => {
            let bridges = links.iter().map(|bridge| {
                let dial_in = bridge.dial_in.as_ref().map(|it| format!(" ({it})"));
                format!("{}{}", bridge.url, dial_in.unwrap_or_default())
            });
            ("conference.links", Fact::List(bridges.collect()))
        }
        MeetingPlace::Rooms(server) => ("conference.jitsi", Fact::One(server.clone())),
    };
    let webhook = conference.webhook.clone().map(Fact::One);
    let written = [
        Some(place),
        webhook.map(|webhook| ("conference.webhook", webhook)),
    ];
    let written = written.into_iter().flatten();
    facts.extend(written.map(|(field, fact)| (field.to_owned(), fact)));
}

fn subscriber_facts(facts: &mut Facts, subscribers: &[Subscriber]) {
    if !subscribers.is_empty() {
        let subscribers = subscribers.iter().map(Subscriber::to_string).collect();
        facts.insert("subscribers".to_owned(), Fact::List(subscribers));
    }
}

impl Item for Webhook {
    fn name(&self) -> &str {
        &self.id
    }

    fn facts(&self) -> Facts {
        let mut facts = facts([
            ("team", Some(self.team.to_string())),
            ("url", Some(self.url.clone())),
        ]);
        let events = self.events.iter().map(EventType::to_string).collect();
        facts.insert("events".to_owned(), Fact::List(events));
        facts
    }
}

fn policy_facts(facts: &mut Facts, policy: &Policy) {
    for severity in Severity::ALL {
        let Some(limits) = policy.limits(severity) else {
            continue;
        };
        let mut limits = *limits;
        let severity = severity.to_string().to_ascii_lowercase();
        for (step, of) in LIMIT_FIELDS {
            let length = SpanPrinter::new().unsigned_duration_to_string(of(&mut limits));
            facts.insert(format!("policy.{severity}.{step}"), Fact::One(length));
        }
    }
}

fn rota_facts(facts: &mut Facts, rota: &str, spec: &RotaSpec) {
    let members = spec.members.iter().map(|member| {
        let joins = member.joins.map(|date| format!(" joins {date}"));
        let leaves = member.leaves.map(|date| format!(" leaves {date}"));
        let mentor = member.mentor.as_ref().map(|mentor| {
            let MentorSpec {
                person,
                shifts,
                mode,
            } = mentor;
            format!(" with {person} for {shifts} shifts ({})", mode.name())
        });
        let [joins, leaves, mentor] = [joins, leaves, mentor].map(Option::unwrap_or_default);
        format!("{}{joins}{leaves}{mentor}", member.person)
    });
    let overrides = spec.overrides.iter().map(|over| {
        let [from, until] = [over.from, over.until].map(moment);
        format!("{} from {from} until {until}", over.person)
    });
    let written = [
        ("zone", Fact::One(spec.zone.clone())),
        ("start", Fact::One(spec.start.to_string())),
        ("handoff", Fact::One(handoff(&spec.handoff))),
        ("members", Fact::List(members.collect())),
        ("overrides", Fact::List(overrides.collect())),
        ("hours", Fact::List(spec.hours.iter().map(hours).collect())),
        ("holidays", dates(&spec.holidays)),
    ];
    facts.extend(written.map(|(field, fact)| (format!("{rota}.{field}"), fact)));
    for (place, next) in spec.otherwise.iter().enumerate() {
        rota_facts(facts, &format!("{rota}.otherwise[{place}]"), next);
    }
}

/// Such as `monday, tuesday 09:00 to 17:00`.
fn hours(hours: &HoursSpec) -> String {
    let days: Vec<&str> = hours.days.iter().map(|day| day_name(*day)).collect();
    let [from, until] = [hours.from, hours.until].map(time_of_day);
    format!("{} {from} to {until}", days.join(", "))
}

fn dates(dates: &[Date]) -> Fact {
    Fact::List(dates.iter().map(Date::to_string).collect())
}

impl Item for Holidays {
    fn name(&self) -> &str {
        &self.id
    }

    fn facts(&self) -> Facts {
        Facts::from([("dates".to_owned(), dates(&self.dates))])
    }
}

/// Such as `monday 09:00`, `daily 09:00`, `monday 09:00 every 2 weeks`.
fn handoff(handoff: &HandoffSpec) -> String {
    let (day, unit) = match handoff.weekday {
        Some(weekday) => (day_name(weekday), "weeks"),
        None => ("daily", "days"),
    };
    let time = time_of_day(handoff.time);
    match handoff.every {
        1 => format!("{day} {time}"),
        every => format!("{day} {time} every {every} {unit}"),
    }
}

fn day_name(weekday: Weekday) -> &'static str {
    WEEKDAYS
        .iter()
        .find(|(_, day)| *day == weekday)
        .map_or("", |(name, _)| name)
}

fn time_of_day(time: Time) -> String {
    let text = time.strftime("%H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

fn moment(when: When) -> String {
    let text = when.to_string();
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

impl Item for Service {
    fn name(&self) -> &str {
        &self.name
    }

    fn facts(&self) -> Facts {
        let mut facts = facts([
            ("name", Some(self.name.clone())),
            ("team", Some(self.team.to_string())),
            ("runbook", self.runbook.clone()),
            ("tier", self.tier.map(|tier| tier.to_string())),
            (
                "default_severity",
                self.default_severity.map(|it| it.to_string()),
            ),
        ]);
        if !self.downstream.is_empty() {
            let downstream = self.downstream.iter().map(ServiceId::to_string).collect();
            facts.insert("downstream".to_owned(), Fact::List(downstream));
        }
        severity_facts(&mut facts, &self.severities);
        if let Some(policy) = &self.policy {
            policy_facts(&mut facts, policy);
        }
        subscriber_facts(&mut facts, &self.subscribers);
        for (severity, field) in Severity::ALL.into_iter().zip(SEVERITY_FIELDS) {
            if let Some(length) = self.hold_off.of(severity) {
                let length = SpanPrinter::new().unsigned_duration_to_string(&length);
                facts.insert(format!("hold_off.{field}"), Fact::One(length));
            }
        }
        if !self.group_by.is_empty() {
            facts.insert("group_by".to_owned(), Fact::List(self.group_by.clone()));
        }
        facts
    }
}

impl Item for Maintenance {
    fn name(&self) -> &str {
        &self.name
    }

    fn facts(&self) -> Facts {
        let at = |at: Millis| Some(instant(at).to_string());
        let mut facts = facts([
            ("from", at(self.from)),
            ("until", at(self.until)),
            ("reason", self.reason.clone()),
        ]);
        let services = self.services.iter().map(ServiceId::to_string).collect();
        facts.insert("services".to_owned(), Fact::List(services));
        facts
    }
}

fn severity_facts(facts: &mut Facts, severities: &BTreeMap<String, Severity>) {
    for (word, severity) in severities {
        let severity = Fact::One(severity.to_string());
        facts.insert(format!("severities.{word}"), severity);
    }
}

impl Item for IntegrationSpec {
    fn name(&self) -> &str {
        &self.id
    }

    fn facts(&self) -> Facts {
        let mut facts = facts([
            ("team", Some(self.team.to_string())),
            ("service", Some(self.service.to_string())),
            (
                "default_severity",
                self.default_severity.as_ref().map(Severity::to_string),
            ),
        ]);
        severity_facts(&mut facts, &self.severities);
        for heartbeat in &self.heartbeats {
            let printer = SpanPrinter::new();
            let [every, grace] = [heartbeat.every, heartbeat.grace]
                .map(|length| printer.unsigned_duration_to_string(&length));
            let severity = heartbeat.severity.map(|it| format!(", {it}"));
            let service = heartbeat.service.as_ref().map(|it| format!(", {it}"));
            let [severity, service] = [severity, service].map(Option::unwrap_or_default);
            let written = format!("every {every}, grace {grace}{severity}{service}");
            let field = format!("heartbeats.{}", heartbeat.name);
            facts.insert(field, Fact::One(written));
        }
        if let Some(template) = &self.template {
            let fields = template
                .fields
                .iter()
                .map(|(name, source)| ((*name).to_owned(), Some(source)));
            let details = template
                .details
                .iter()
                .map(|(name, source)| (format!("details.{name}"), Some(source)));
            let others = [
                ("each", template.each.as_ref()),
                ("resolved", template.resolved.as_ref()),
                ("acknowledged", template.acknowledged.as_ref()),
            ]
            .map(|(name, source)| (name.to_owned(), source));
            for (name, source) in fields.chain(details).chain(others) {
                if let Some(source) = source {
                    facts.insert(format!("template.{name}"), Fact::One(source.clone()));
                }
            }
        }
        facts
    }
}

/// The parts of shifts that change hands, neighbours of the same two people joined.
fn shifts(
    changes: &mut Vec<Change>,
    team: &TeamId,
    layer: Layer,
    old: &Rotation,
    new: &Rotation,
    now: Millis,
) {
    let [before, after] = [&old.rota, &new.rota].map(|rota| upcoming(rota, now));
    let mut moves: Vec<(Millis, Millis, &str, &str)> = Vec::new();
    for was in &before {
        for becomes in &after {
            let from = first_millisecond(was.from.max(becomes.from)).max(now);
            let until = first_millisecond(was.until.min(becomes.until));
            if from >= until || was.person == becomes.person {
                continue;
            }
            match moves.last_mut() {
                Some(last) if (last.1, last.2, last.3) == (from, &was.person, &becomes.person) => {
                    last.1 = until;
                }
                _ => moves.push((from, until, &was.person, &becomes.person)),
            }
        }
    }
    changes.extend(
        moves
            .into_iter()
            .map(|(from, until, was, becomes)| Change::ShiftMoves {
                team: team.clone(),
                layer,
                from,
                until,
                zone: new.spec.zone.clone(),
                was: was.into(),
                becomes: becomes.into(),
            }),
    );
}

/// The shifts that begin within the horizon, each to its end.
fn upcoming(rota: &Rota, now: Millis) -> Vec<Shift> {
    rota.shifts(instant(now), instant(now + HORIZON))
}
