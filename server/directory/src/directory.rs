//! The configuration in use, indexed for the questions the server asks of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use tocsin_ingest::{Integration, SeverityMap};
use tocsin_rota::{Rota, Shift};
use tocsin_ticket::{Chain, Level, Millis, PersonId, Policy, Role, ServiceId, TeamId};
use tocsin_wire as wire;

use crate::config::{Config, IntegrationSpec, Person, Service, Team};

/// A configuration in use.
///
/// Built once for each configuration, shared in an `Arc`, and never changed. Every answer depends on
/// the configuration and the instant alone: what is remembered between calls only saves time.
///
/// An id that the configuration does not know gets `None` or nothing: a ticket may outlive its team.
#[derive(Debug)]
pub struct Directory {
    config: Config,
    teams: HashMap<TeamId, TeamIndex>,
    teams_of: HashMap<PersonId, Vec<TeamId>>,
    integrations: HashMap<String, Arc<Integration>>,
}

#[derive(Debug)]
struct TeamIndex {
    pageable: Vec<PersonId>,
    /// The latest duty that was asked for.
    duty: ArcSwapOption<Duty>,
}

/// Who a team's people are from one instant until another.
#[derive(Debug)]
struct Duty {
    from: Millis,
    until: Millis,
    chain: Arc<Chain>,
    on_call: wire::OnCall,
}

impl Directory {
    /// Indexes a configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut teams_of: HashMap<PersonId, Vec<TeamId>> = HashMap::new();
        let mut teams = HashMap::new();
        for (id, team) in &config.teams {
            let pageable: Vec<PersonId> = pageable(&config, team).into_iter().collect();
            for person in &pageable {
                teams_of.entry(person.clone()).or_default().push(id.clone());
            }
            let duty = ArcSwapOption::empty();
            teams.insert(id.clone(), TeamIndex { pageable, duty });
        }
        let integrations = config
            .integrations
            .iter()
            .map(|(id, spec)| (id.clone(), Arc::new(integration(&config, spec))))
            .collect();
        Self {
            config,
            teams,
            teams_of,
            integrations,
        }
    }

    /// The configuration itself.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// A person.
    #[must_use]
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.config.people.get(id)
    }

    /// A service.
    #[must_use]
    pub fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.config.services.get(id)
    }

    /// An integration, as the parsers of alarms want it.
    #[must_use]
    pub fn integration(&self, id: &str) -> Option<&Arc<Integration>> {
        self.integrations.get(id)
    }

    /// A team's limits.
    #[must_use]
    pub fn policy(&self, team: &TeamId) -> Option<&Policy> {
        self.config.teams.get(team).map(|team| &team.policy)
    }

    /// Who is paged after whom at an instant: on-call, secondary, manager, manager's manager,
    /// everybody.
    ///
    /// Less than 100 ns while nobody has handed over since the last call; otherwise as long as
    /// [`Rota::on_call`] takes, microseconds.
    #[must_use]
    pub fn chain(&self, team: &TeamId, now: Millis) -> Option<Arc<Chain>> {
        Some(Arc::clone(&self.duty(team, now)?.chain))
    }

    /// Everybody who may be paged for the team's tickets, in the order of ids: its members, manager
    /// and manager's manager, and whoever its rotas name, be it in the past or the future.
    #[must_use]
    pub fn pageable(&self, team: &TeamId) -> &[PersonId] {
        self.teams.get(team).map_or(&[], |team| &team.pageable)
    }

    /// Everybody who may see the team's tickets: those who may be paged for them, and nobody else.
    #[must_use]
    pub fn audience(&self, team: &TeamId) -> &[PersonId] {
        self.pageable(team)
    }

    /// The teams whose tickets a person may see, in the order of ids.
    #[must_use]
    pub fn teams_of(&self, person: &PersonId) -> &[TeamId] {
        self.teams_of.get(person).map_or(&[], Vec::as_slice)
    }

    /// A number that changes when what a person may see changes: a phone that synced under another
    /// one begins anew.
    ///
    /// FNV-1a of 32 bits (draft-eastlake-fnv) over the ids of the person's teams: the same in every
    /// process and version.
    #[must_use]
    pub fn epoch(&self, person: &PersonId) -> u32 {
        const OFFSET_BASIS: u32 = 0x811c_9dc5;
        const PRIME: u32 = 0x0100_0193;
        // No id contains the byte that ends it here.
        let ids = self.teams_of(person).iter();
        ids.flat_map(|team| team.as_str().bytes().chain([0]))
            .fold(OFFSET_BASIS, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(PRIME)
            })
    }

    /// The names behind the ids in the tickets a person may see.
    #[must_use]
    pub fn wire_directory(&self, person: &PersonId) -> wire::Directory {
        let teams = self.teams_of(person);
        let people: BTreeSet<&PersonId> =
            teams.iter().flat_map(|team| self.pageable(team)).collect();
        wire::Directory {
            people: people
                .into_iter()
                .chain([person])
                .filter_map(|id| Some((id.clone(), self.person(id)?.name.clone())))
                .collect(),
            teams: teams
                .iter()
                .filter_map(|id| Some((id.clone(), self.config.teams.get(id)?.name.clone())))
                .collect(),
            services: self
                .config
                .services
                .values()
                .filter(|service| teams.contains(&service.team))
                .map(|service| (service.id.clone(), service.name.clone()))
                .collect(),
        }
    }

    /// Who is on call in each of these teams, in their order.
    #[must_use]
    pub fn on_call(&self, teams: &[TeamId], now: Millis) -> Vec<wire::OnCall> {
        teams
            .iter()
            .filter_map(|team| self.team_on_call(team, now))
            .collect()
    }

    /// Who is on call in a team.
    #[must_use]
    pub fn team_on_call(&self, team: &TeamId, now: Millis) -> Option<wire::OnCall> {
        Some(self.duty(team, now)?.on_call.clone())
    }

    /// The shifts of a person, as primary or secondary, of which some part lies in `from..until`,
    /// earliest first.
    #[must_use]
    pub fn shifts(&self, person: &PersonId, from: Millis, until: Millis) -> Vec<wire::DutyShift> {
        let (Ok(first), Ok(last)) = (
            Timestamp::from_millisecond(from.0),
            Timestamp::from_millisecond(until.0),
        ) else {
            return Vec::new();
        };
        let mut shifts: Vec<wire::DutyShift> = self
            .teams_of(person)
            .iter()
            .filter_map(|team| self.config.teams.get(team))
            .flat_map(|team| {
                [Some(&team.rota), team.secondary.as_ref()]
                    .into_iter()
                    .flatten()
                    .flat_map(|rotation| rotation.rota.shifts(first, last))
                    .filter(|shift| shift.person == person.as_str())
                    .map(|shift| wire::DutyShift {
                        team: team.id.clone(),
                        from: first_millisecond(shift.from),
                        until: first_millisecond(shift.until),
                    })
            })
            .collect();
        shifts.sort_by_key(|shift| (shift.from, shift.until));
        shifts
    }

    fn duty(&self, team: &TeamId, now: Millis) -> Option<Arc<Duty>> {
        let memory = &self.teams.get(team)?.duty;
        if let Some(duty) = &*memory.load()
            && duty.from <= now
            && now < duty.until
        {
            return Some(Arc::clone(duty));
        }
        let duty = Arc::new(self.work_out_duty(self.config.teams.get(team)?, now));
        memory.store(Some(Arc::clone(&duty)));
        Some(duty)
    }

    fn work_out_duty(&self, team: &Team, now: Millis) -> Duty {
        let primary = shift(&team.rota.rota, now);
        let secondary = team.secondary.as_ref().map(|it| shift(&it.rota, now));
        let next = team.rota.rota.on_call(primary.until);
        let managers_manager = self
            .person(&team.manager)
            .and_then(|manager| manager.manager.clone());

        let shifts = || [Some(&primary), secondary.as_ref()].into_iter().flatten();
        let level = |role, people: Vec<PersonId>| Level { role, people };
        let chain = Chain::new(
            PersonId::new(primary.person.as_str()),
            vec![
                level(
                    Role::Secondary,
                    secondary
                        .iter()
                        .map(|shift| PersonId::new(shift.person.as_str()))
                        .collect(),
                ),
                level(Role::Manager, vec![team.manager.clone()]),
                level(
                    Role::ManagersManager,
                    managers_manager.into_iter().collect(),
                ),
                level(Role::Team, team.members.clone()),
            ],
        );
        Duty {
            from: shifts()
                .map(|shift| first_millisecond(shift.from))
                .max()
                .unwrap_or(now),
            until: shifts()
                .map(|shift| first_millisecond(shift.until))
                .min()
                .unwrap_or(now),
            chain: Arc::new(chain),
            on_call: wire::OnCall {
                team: team.id.clone(),
                team_name: team.name.clone(),
                primary: self.named(primary.person.as_str().into()),
                until: first_millisecond(primary.until),
                next: self.named(next.person.as_str().into()),
                secondary: secondary.map(|shift| self.named(shift.person.as_str().into())),
                manager: Some(self.named(team.manager.clone())),
            },
        }
    }

    /// The person with their name or, should the configuration not have one, their id.
    fn named(&self, id: PersonId) -> wire::Person {
        let name = self
            .person(&id)
            .map_or_else(|| id.to_string(), |person| person.name.clone());
        wire::Person { id, name }
    }
}

fn pageable(config: &Config, team: &Team) -> BTreeSet<PersonId> {
    let rotas = [Some(&team.rota), team.secondary.as_ref()];
    let on_rotas = rotas
        .into_iter()
        .flatten()
        .flat_map(|rotation| rotation.rota.people())
        .map(PersonId::from);
    let manager = config.people.get(&team.manager);
    let managers_manager = manager.and_then(|manager| manager.manager.clone());
    on_rotas
        .chain(team.members.iter().cloned())
        .chain([team.manager.clone()])
        .chain(managers_manager)
        .collect()
}

fn integration(config: &Config, spec: &IntegrationSpec) -> Integration {
    let severities = SeverityMap::default();
    let severities = match spec.default_severity {
        Some(default) => severities.with_default(default),
        None => severities,
    };
    let services = config.services.values();
    Integration {
        id: spec.id.clone(),
        team: spec.team.clone(),
        service: spec.service.clone(),
        services: services
            .filter(|service| service.team == spec.team)
            .map(|service| service.id.clone())
            .collect(),
        severities: spec
            .severities
            .iter()
            .fold(severities, |map, (word, severity)| {
                map.with(word, *severity)
            }),
    }
}

fn shift(rota: &Rota, now: Millis) -> Shift {
    rota.on_call(instant(now))
}

/// The instant, or the end of the calendar it lies beyond.
pub(crate) fn instant(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The first whole millisecond that is not before the instant: a shift that begins or ends inside a
/// millisecond begins or ends, for whoever asks in milliseconds, with the next.
pub(crate) fn first_millisecond(instant: Timestamp) -> Millis {
    let inside = instant.as_nanosecond().rem_euclid(1_000_000) != 0;
    let floor = instant.as_nanosecond().div_euclid(1_000_000);
    Millis(i64::try_from(floor).unwrap_or(i64::MAX) + i64::from(inside))
}
