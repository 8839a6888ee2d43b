//! The configuration in use, indexed for the questions the server asks of it.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tocsin_ingest::heartbeat::Heartbeat;
use tocsin_ingest::template::Templates;
use tocsin_ingest::{Integration, SeverityMap};
use tocsin_rota::{Duty as RotaDuty, Rota, Shift, Swap};
use tocsin_ticket::{
    Chain, Level, Millis, PersonId, Policy, Role, ServiceId, Severity, Shadow, ShadowMode, TeamId,
};
use tocsin_wire as wire;

use crate::Maintenance;
use crate::config::{Config, IntegrationSpec, Layer, Person, Service, Team};
use crate::handoff::{Handoff, Turn};
use crate::phones;

/// A configuration in use.
///
/// Built once for each configuration, shared in an `Arc`, and never changed. Every answer depends on
/// the configuration and the instant alone: what is remembered between calls only saves time.
///
/// An id that the configuration does not know gets `None` or nothing: a ticket may outlive its team.
#[derive(Debug)]
pub struct Directory {
    config: Config,
    swaps: Vec<TeamSwap>,
    /// The pending ones.
    handoffs: Vec<Handoff>,
    teams: HashMap<TeamId, TeamIndex>,
    teams_of: HashMap<PersonId, Vec<TeamId>>,
    integrations: HashMap<String, Arc<Integration>>,
    templates: HashMap<String, Templates>,
}

#[derive(Debug)]
struct TeamIndex {
    pageable: Vec<PersonId>,
    /// The layers' rotas, swaps included; never empty.
    rotas: Vec<Rota>,
    audience: Vec<PersonId>,
    /// The latest duty that was asked for.
    duty: ArcSwapOption<Duty>,
}

/// Who a team's people are from one instant until another.
#[derive(Debug)]
struct Duty {
    from: Millis,
    until: Millis,
    turn: Turn,
    chain: Arc<Chain>,
    on_call: wire::OnCall,
    shadow: Option<Shadow>,
}

/// The two of a shift, as the rules of tickets know them.
fn shadow(shadow: tocsin_rota::Shadow) -> Shadow {
    Shadow {
        newcomer: PersonId::new(shadow.newcomer),
        mentor: PersonId::new(shadow.mentor),
        mode: match shadow.mode {
            tocsin_rota::ShadowMode::MentorShadows => ShadowMode::MentorShadows,
            tocsin_rota::ShadowMode::NewcomerShadows => ShadowMode::NewcomerShadows,
        },
    }
}

/// Two people's agreement, or wish, to take each other's shifts in one of a team's layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamSwap {
    /// Which team.
    pub team: TeamId,
    /// Which of its rotas.
    pub layer: Layer,
    /// Who, and which shifts.
    pub swap: Swap,
}

/// One shift of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamShift {
    /// Of which of its rotas.
    pub layer: Layer,
    /// Who is on call, from when until when, and why.
    pub duty: RotaDuty,
}

impl Directory {
    /// Indexes a configuration that has no swaps.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_swaps(config, Vec::new())
    }

    /// Indexes a configuration together with the swaps of its shifts, later ones last. A swap of a
    /// layer or of somebody that the configuration no longer has is void.
    #[must_use]
    pub fn with_swaps(config: Config, swaps: Vec<TeamSwap>) -> Self {
        let mut teams_of: HashMap<PersonId, Vec<TeamId>> = HashMap::new();
        let mut teams = HashMap::new();
        for (id, team) in &config.teams {
            let rotas = rotas(&config, team, &swaps);
            let mut people = pageable(&config, team, &rotas);
            let pageable = people.iter().cloned().collect();
            people.extend(team.observers.iter().cloned());
            let audience: Vec<PersonId> = people.into_iter().collect();
            for person in &audience {
                teams_of.entry(person.clone()).or_default().push(id.clone());
            }
            let index = TeamIndex {
                pageable,
                audience,
                rotas,
                duty: ArcSwapOption::empty(),
            };
            teams.insert(id.clone(), index);
        }
        let integrations = config
            .integrations
            .iter()
            .map(|(id, spec)| (id.clone(), Arc::new(integration(&config, spec))))
            .collect();
        let templates = config.integrations.iter().filter_map(|(id, spec)| {
            // What is in a configuration was checked when it was read.
            let templates = Templates::new(spec.template.clone()?).ok()?;
            Some((id.clone(), templates))
        });
        let templates = templates.collect();
        Self {
            config,
            swaps,
            handoffs: Vec::new(),
            teams,
            teams_of,
            integrations,
            templates,
        }
    }

    /// Another configuration with the swaps and handoffs of this one.
    #[must_use]
    pub fn with_config(&self, config: Config) -> Self {
        Self {
            handoffs: self.handoffs.clone(),
            ..Self::with_swaps(config, self.swaps.clone())
        }
    }

    /// The same configuration with one more swap.
    #[must_use]
    pub fn with_swap(&self, swap: TeamSwap) -> Self {
        let swaps = self.swaps.iter().cloned().chain([swap]);
        Self {
            handoffs: self.handoffs.clone(),
            ..Self::with_swaps(self.config.clone(), swaps.collect())
        }
    }

    /// The same configuration and swaps with these handoffs pending, at most one of a team, and no
    /// others. One that does not fit the rota, or from somebody who cannot be paged for the team, is
    /// void.
    #[must_use]
    pub fn with_handoffs(&self, handoffs: Vec<Handoff>) -> Self {
        Self {
            handoffs,
            ..Self::with_swaps(self.config.clone(), self.swaps.clone())
        }
    }

    /// The handoffs that are pending.
    #[must_use]
    pub fn handoffs(&self) -> &[Handoff] {
        &self.handoffs
    }

    /// Whose turn it is in a team's primary rota, whoever has the pager.
    #[must_use]
    pub fn turn(&self, team: &TeamId, now: Millis) -> Option<Turn> {
        Some(self.duty(team, now)?.turn.clone())
    }

    /// When the first of the present turns ends.
    #[must_use]
    pub fn next_turn(&self, now: Millis) -> Option<Millis> {
        let teams = self.teams.keys();
        let ends = teams.filter_map(|team| Some(self.duty(team, now)?.turn.until));
        ends.min()
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

    /// What people call somebody, or the id where the configuration does not know them.
    #[must_use]
    pub fn name_of(&self, id: &PersonId) -> String {
        self.person(id)
            .map_or_else(|| id.to_string(), |person| person.name.clone())
    }

    /// A service.
    #[must_use]
    pub fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.config.services.get(id)
    }

    /// The templates of an integration whose JSON is of its own shape.
    #[must_use]
    pub fn templates(&self, integration: &str) -> Option<&Templates> {
        self.templates.get(integration)
    }

    /// A heartbeat that is expected.
    #[must_use]
    pub fn heartbeat(&self, integration: &str, name: &str) -> Option<&Heartbeat> {
        let spec = self.config.integrations.get(integration)?;
        spec.heartbeats.iter().find(|it| it.name == name)
    }

    /// An integration, as the parsers of alarms want it.
    #[must_use]
    pub fn integration(&self, id: &str) -> Option<&Arc<Integration>> {
        self.integrations.get(id)
    }

    /// The limits for tickets of a service: its own or else its team's.
    #[must_use]
    pub fn policy_of(&self, service: &ServiceId) -> Option<&Policy> {
        let service = self.service(service)?;
        service
            .policy
            .as_ref()
            .or_else(|| self.policy(&service.team))
    }

    /// For how long a new ticket of this service pages nobody, if it has a hold-off.
    #[must_use]
    pub fn hold_off(&self, service: &ServiceId, severity: Severity) -> Option<Duration> {
        self.service(service)?.hold_off.of(severity)
    }

    /// The announced work on a service at an instant; of several, what lasts longest.
    #[must_use]
    pub fn maintenance(&self, service: &ServiceId, now: Millis) -> Option<&Maintenance> {
        let windows = self.config.maintenance.values();
        let windows = windows.filter(|window| window.covers(service, now));
        windows.max_by_key(|window| window.until)
    }

    /// A team's limits, for what has no service, or one that is gone.
    #[must_use]
    pub fn policy(&self, team: &TeamId) -> Option<&Policy> {
        self.config.teams.get(team).map(|team| &team.policy)
    }

    /// The newcomer and the mentor who do the team's present primary shift together, if it is one of
    /// a newcomer's first.
    #[must_use]
    pub fn shadow(&self, team: &TeamId, now: Millis) -> Option<Shadow> {
        self.duty(team, now)?.shadow.clone()
    }

    /// The rotas of a team, layer by layer, with the swaps that count: the primary's first.
    #[must_use]
    pub fn rotas(&self, team: &TeamId) -> &[Rota] {
        self.teams.get(team).map_or(&[], |team| &team.rotas)
    }

    /// Every shift of a team of which some part lies in `from..until`: layer by layer, earliest
    /// first.
    #[must_use]
    pub fn team_shifts(&self, team: &TeamId, from: Millis, until: Millis) -> Vec<TeamShift> {
        let rotas = self.rotas(team).iter().enumerate();
        rotas
            .flat_map(|(layer, rota)| {
                let duties = rota.duties(instant(from), instant(until)).into_iter();
                duties.map(move |duty| TeamShift {
                    layer: Layer(layer),
                    duty,
                })
            })
            .collect()
    }

    /// Who is paged after whom at an instant: on-call, secondary, further layers, manager, manager's
    /// manager, everybody.
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

    /// Everybody who may see the team's tickets, in the order of ids: those who may be paged for
    /// them, and its observers.
    #[must_use]
    pub fn audience(&self, team: &TeamId) -> &[PersonId] {
        self.teams.get(team).map_or(&[], |team| &team.audience)
    }

    /// Whether the person manages the team: as its manager, or as its manager's.
    #[must_use]
    pub fn manages(&self, person: &PersonId, team: &TeamId) -> bool {
        self.config.teams.get(team).is_some_and(|team| {
            let above = self.person(&team.manager);
            team.manager == *person
                || above.and_then(|manager| manager.manager.as_ref()) == Some(person)
        })
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
        let services = || {
            let services = self.config.services.values();
            services.filter(|service| teams.contains(&service.team))
        };
        let downstream = || services().flat_map(|service| &service.downstream);
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
            services: services()
                .chain(downstream().filter_map(|id| self.service(id)))
                .map(|service| (service.id.clone(), service.name.clone()))
                .collect(),
            runbooks: services()
                .filter_map(|service| Some((service.id.clone(), service.runbook.clone()?)))
                .collect(),
            downstream: services()
                .filter(|service| !service.downstream.is_empty())
                .map(|service| (service.id.clone(), service.downstream.clone()))
                .collect(),
        }
    }

    /// What the teams that may page a person ask of their phones.
    #[must_use]
    pub fn phone_rules(&self, person: &PersonId) -> wire::PhoneRules {
        let teams = self.teams_of(person).iter();
        let paging = teams.filter(|team| self.pageable(team).contains(person));
        phones::strictest(paging.filter_map(|team| Some(self.config.teams.get(team)?.phones)))
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

    /// The shifts of a person, in any layer, of which some part lies in `from..until`, earliest
    /// first. Whoever is with the on-call in a newcomer's first shifts has them too, and whoever
    /// stays because the next person's phone has not proved itself.
    #[must_use]
    pub fn shifts(&self, person: &PersonId, from: Millis, until: Millis) -> Vec<wire::DutyShift> {
        let (Ok(first), Ok(last)) = (
            Timestamp::from_millisecond(from.0),
            Timestamp::from_millisecond(until.0),
        ) else {
            return Vec::new();
        };
        let takes_part = |duty: &RotaDuty| {
            let shadow = duty.shadow.as_ref();
            duty.shift.person == person.as_str()
                || shadow.is_some_and(|shadow| {
                    [&shadow.newcomer, &shadow.mentor].contains(&&person.to_string())
                })
        };
        let mut shifts: Vec<wire::DutyShift> = self
            .teams_of(person)
            .iter()
            .flat_map(|team| self.rotas(team).iter().map(move |rota| (team, rota)))
            .flat_map(|(team, rota)| {
                let duties = rota.duties(first, last).into_iter().filter(takes_part);
                duties.map(|duty| wire::DutyShift {
                    team: team.clone(),
                    from: first_millisecond(duty.shift.from),
                    until: first_millisecond(duty.shift.until),
                })
            })
            .collect();
        shifts.extend(self.handoffs.iter().filter_map(|handoff| {
            let rota = self.rotas(&handoff.team).first()?;
            let turn = turn(&rota.on_call(instant(handoff.at)));
            let stays = self.stays(handoff, &turn) && handoff.from == *person;
            (stays && handoff.at < until && turn.until > from).then(|| wire::DutyShift {
                team: handoff.team.clone(),
                from: handoff.at,
                until: turn.until,
            })
        }));
        shifts.sort_by_key(|shift| (shift.from, shift.until));
        shifts
    }

    fn duty(&self, team: &TeamId, now: Millis) -> Option<Arc<Duty>> {
        let index = self.teams.get(team)?;
        let memory = &index.duty;
        if let Some(duty) = &*memory.load()
            && duty.from <= now
            && now < duty.until
        {
            return Some(Arc::clone(duty));
        }
        let team = self.config.teams.get(team)?;
        let duty = Arc::new(self.work_out_duty(team, &index.rotas, now)?);
        memory.store(Some(Arc::clone(&duty)));
        Some(duty)
    }

    /// Nothing only of a team without a rota, which no configuration has.
    fn work_out_duty(&self, team: &Team, rotas: &[Rota], now: Millis) -> Option<Duty> {
        let shifts: Vec<Shift> = rotas
            .iter()
            .map(|rota| rota.on_call(instant(now)))
            .collect();
        let (primary, others) = shifts.split_first()?;
        let first = rotas.first()?;
        let next = first.on_call(primary.until);
        let managers_manager = self
            .person(&team.manager)
            .and_then(|manager| manager.manager.clone());

        let turn = turn(primary);
        let mut handoffs = self.handoffs.iter();
        let stays = handoffs
            .find(|handoff| handoff.team == team.id && self.stays(handoff, &turn))
            .map(|handoff| handoff.from.clone());

        let level = |role, people: Vec<PersonId>| Level { role, people };
        let waiting = stays.iter().map(|_| {
            // Whose turn it is comes right after whoever stays for them.
            level(Role::OnCall, vec![turn.person.clone()])
        });
        let layers = others.iter().map(|shift| {
            let person = PersonId::new(shift.person.as_str());
            level(Role::Secondary, vec![person])
        });
        let chain = Chain::new(
            stays.as_ref().unwrap_or(&turn.person).clone(),
            waiting
                .chain(layers)
                .chain([
                    level(Role::Manager, vec![team.manager.clone()]),
                    level(
                        Role::ManagersManager,
                        managers_manager.into_iter().collect(),
                    ),
                    level(Role::Team, team.members.clone()),
                ])
                .collect(),
        );
        let named = |shift: &Shift| self.named(shift.person.as_str().into());
        Some(Duty {
            from: shifts
                .iter()
                .map(|shift| first_millisecond(shift.from))
                .max()
                .unwrap_or(now),
            until: shifts
                .iter()
                .map(|shift| first_millisecond(shift.until))
                .min()
                .unwrap_or(now),
            chain: Arc::new(chain),
            shadow: first
                .shadow(instant(now))
                .filter(|_| stays.is_none())
                .map(shadow),
            on_call: wire::OnCall {
                team: team.id.clone(),
                team_name: team.name.clone(),
                primary: self.named(stays.as_ref().unwrap_or(&turn.person).clone()),
                until: first_millisecond(primary.until),
                next: named(&next),
                secondary: others.first().map(named),
                manager: Some(self.named(team.manager.clone())),
                waits_for: stays.map(|_| self.named(turn.person.clone())),
            },
            turn,
        })
    }

    /// Whether whoever had the pager stays on call in this turn.
    fn stays(&self, handoff: &Handoff, turn: &Turn) -> bool {
        handoff.is_pending()
            && handoff.to == turn.person
            && (turn.since..turn.until).contains(&handoff.at)
            && self.pageable(&handoff.team).contains(&handoff.from)
    }

    fn named(&self, id: PersonId) -> wire::Person {
        let name = self.name_of(&id);
        wire::Person { id, name }
    }
}

fn turn(shift: &Shift) -> Turn {
    Turn {
        person: PersonId::new(shift.person.as_str()),
        since: first_millisecond(shift.from),
        until: first_millisecond(shift.until),
    }
}

/// A team's rotas, with its swaps among people that there are.
fn rotas(config: &Config, team: &Team, swaps: &[TeamSwap]) -> Vec<Rota> {
    let is_there = |person: &str| config.people.contains_key(&PersonId::new(person));
    team.layers()
        .map(|(layer, rotation)| {
            let own = swaps
                .iter()
                .filter(|it| it.team == team.id && it.layer == layer)
                .map(|it| &it.swap)
                .filter(|swap| is_there(swap.proposer()) && is_there(swap.other()));
            rotation.rota.with_swaps(own)
        })
        .collect()
}

fn pageable(config: &Config, team: &Team, rotas: &[Rota]) -> BTreeSet<PersonId> {
    let on_rotas = rotas.iter().flat_map(Rota::people).map(PersonId::from);
    let manager = config.people.get(&team.manager);
    let managers_manager = manager.and_then(|manager| manager.manager.clone());
    on_rotas
        .chain(team.members.iter().cloned())
        .chain([team.manager.clone()])
        .chain(managers_manager)
        .collect()
}

fn integration(config: &Config, spec: &IntegrationSpec) -> Integration {
    let usual = SeverityMap::default();
    let severities = with_rules(usual, &spec.severities, spec.default_severity);
    let services = config.services.values();
    let services = services.filter(|service| service.team == spec.team);
    Integration {
        id: spec.id.clone(),
        team: spec.team.clone(),
        service: spec.service.clone(),
        services: services.clone().map(|service| service.id.clone()).collect(),
        severities_by_service: services
            .filter(|service| !service.severities.is_empty() || service.default_severity.is_some())
            .map(|service| {
                let source = severities.clone();
                let own = with_rules(source, &service.severities, service.default_severity);
                (service.id.clone(), own)
            })
            .collect(),
        severities,
    }
}

/// The same severities, with these words and this default before them.
fn with_rules(
    severities: SeverityMap,
    words: &BTreeMap<String, Severity>,
    default: Option<Severity>,
) -> SeverityMap {
    let severities = words.iter().fold(severities, |map, (word, severity)| {
        map.with(word, *severity)
    });
    match default {
        Some(default) => severities.with_default(default),
        None => severities,
    }
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
