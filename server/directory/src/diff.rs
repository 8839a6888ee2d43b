//! What applying a configuration would change, said before it is applied.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::fmt::friendly::SpanPrinter;
use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};
use tocsin_rota::{Rota, Shift, When};
use tocsin_ticket::{Millis, PersonId, Severity, TeamId};

use crate::config::{Config, IntegrationSpec, Language, Person, Rotation, Service, Team};
use crate::directory::{first_millisecond, instant};
use crate::parse::{LIMIT_FIELDS, WEEKDAYS};

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
        /// Whether it is the rota of the secondary.
        secondary: bool,
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
                secondary,
                from,
                until,
                zone,
                was,
                becomes,
            } => write!(
                f,
                "~ teams.{team}: {} from {} until {} ({zone}): {was} -> {becomes}",
                if *secondary { "secondary" } else { "on call" },
                local(*from, zone),
                local(*until, zone),
            ),
        }
    }
}

/// What the clock in the zone shows, to the minute.
fn local(at: Millis, zone: &str) -> String {
    // Compiled in, so that it is the one the rota uses.
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    match ZONES.get(zone) {
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
    for (id, becomes) in &new.teams {
        let Some(was) = old.teams.get(id) else {
            continue;
        };
        shifts(&mut changes, id, false, &was.rota, &becomes.rota, now);
        if let (Some(was), Some(becomes)) = (&was.secondary, &becomes.secondary) {
            shifts(&mut changes, id, true, was, becomes, now);
        }
    }
    changes
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
        let (was, becomes) = (old.remove(&name), new.remove(&name));
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
        rota_facts(&mut facts, "rota", &self.rota);
        if let Some(secondary) = &self.secondary {
            rota_facts(&mut facts, "secondary", secondary);
        }
        for severity in Severity::ALL {
            let Some(limits) = self.policy.limits(severity) else {
                continue;
            };
            let mut limits = *limits;
            let severity = severity.to_string().to_ascii_lowercase();
            for (step, of) in LIMIT_FIELDS {
                let length = SpanPrinter::new().unsigned_duration_to_string(of(&mut limits));
                facts.insert(format!("policy.{severity}.{step}"), Fact::One(length));
            }
        }
        facts
    }
}

fn rota_facts(facts: &mut Facts, rota: &str, rotation: &Rotation) {
    let spec = &rotation.spec;
    let weekday = WEEKDAYS
        .iter()
        .find(|(_, day)| *day == spec.handoff.weekday)
        .map_or("", |(name, _)| name);
    let time = spec.handoff.time.strftime("%H:%M:%S").to_string();
    let time = time.strip_suffix(":00").unwrap_or(&time);
    let members = spec.members.iter().map(|member| {
        let joins = member.joins.map(|date| format!(" joins {date}"));
        let leaves = member.leaves.map(|date| format!(" leaves {date}"));
        let [joins, leaves] = [joins, leaves].map(Option::unwrap_or_default);
        format!("{}{joins}{leaves}", member.person)
    });
    let overrides = spec.overrides.iter().map(|over| {
        let [from, until] = [over.from, over.until].map(moment);
        format!("{} from {from} until {until}", over.person)
    });
    let written = [
        ("zone", Fact::One(spec.zone.clone())),
        ("start", Fact::One(spec.start.to_string())),
        ("handoff", Fact::One(format!("{weekday} {time}"))),
        ("members", Fact::List(members.collect())),
        ("overrides", Fact::List(overrides.collect())),
    ];
    facts.extend(written.map(|(field, fact)| (format!("{rota}.{field}"), fact)));
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
        facts([
            ("name", Some(self.name.clone())),
            ("team", Some(self.team.to_string())),
            ("runbook", self.runbook.clone()),
            ("tier", self.tier.map(|tier| tier.to_string())),
        ])
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
        for (word, severity) in &self.severities {
            let severity = Fact::One(severity.to_string());
            facts.insert(format!("severities.{word}"), severity);
        }
        facts
    }
}

/// The parts of shifts that change hands, neighbours of the same two people joined.
fn shifts(
    changes: &mut Vec<Change>,
    team: &TeamId,
    secondary: bool,
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
                secondary,
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
