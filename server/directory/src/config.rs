//! The configuration as plain data.

use core::fmt;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tocsin_ingest::heartbeat::Heartbeat;
use tocsin_ingest::template::Spec;
use tocsin_report::Hours;
use tocsin_rota::{Rota, RotaSpec};
use tocsin_ticket::{PersonId, Policy, ServiceId, Severity, TeamId};
use tocsin_wire::PhoneRules;

use crate::noise::{HoldOff, Maintenance};
use crate::outbound::{Conference, Subscriber, Webhook};

/// A team's configuration that was found free of contradictions as a whole.
///
/// Every id it mentions is there, every team has somebody on call at every instant, nobody is their
/// own manager's manager, and no integration reaches into another team. The only ways to one are
/// [`Config::parse`] and [`Config::default`], which has nobody and nothing: a server before its
/// first configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(crate) people: BTreeMap<PersonId, Person>,
    pub(crate) teams: BTreeMap<TeamId, Team>,
    pub(crate) services: BTreeMap<ServiceId, Service>,
    pub(crate) integrations: BTreeMap<String, IntegrationSpec>,
    pub(crate) holidays: BTreeMap<String, Holidays>,
    pub(crate) webhooks: BTreeMap<String, Webhook>,
    pub(crate) maintenance: BTreeMap<String, Maintenance>,
}

impl Config {
    /// Everybody, by id.
    #[must_use]
    pub const fn people(&self) -> &BTreeMap<PersonId, Person> {
        &self.people
    }

    /// The teams, by id.
    #[must_use]
    pub const fn teams(&self) -> &BTreeMap<TeamId, Team> {
        &self.teams
    }

    /// The services, by id.
    #[must_use]
    pub const fn services(&self) -> &BTreeMap<ServiceId, Service> {
        &self.services
    }

    /// The integrations, by id.
    #[must_use]
    pub const fn integrations(&self) -> &BTreeMap<String, IntegrationSpec> {
        &self.integrations
    }

    /// The calendars of public holidays, by id.
    #[must_use]
    pub const fn holidays(&self) -> &BTreeMap<String, Holidays> {
        &self.holidays
    }

    /// The webhooks, by id.
    #[must_use]
    pub const fn webhooks(&self) -> &BTreeMap<String, Webhook> {
        &self.webhooks
    }

    /// The maintenance windows that the file announces, by name.
    #[must_use]
    pub const fn maintenance(&self) -> &BTreeMap<String, Maintenance> {
        &self.maintenance
    }

    /// The IANA zone in which a person lives: their own or, if none is written, that of the rota
    /// of the first team they are a member of; UTC if there is none.
    #[must_use]
    pub fn zone_of(&self, person: &PersonId) -> &str {
        let own = self.people.get(person).and_then(|it| it.zone.as_deref());
        let mut teams = self.teams.values();
        own.or_else(|| {
            let team = teams.find(|team| team.members.contains(person));
            team.map(|team| team.rota.spec.zone.as_str())
        })
        .unwrap_or("UTC")
    }
}

/// Somebody who can be paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Short name.
    pub id: PersonId,
    /// What people call them.
    pub name: String,
    /// Who is paged after them where they are a team's manager.
    pub manager: Option<PersonId>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Where a text message or a call reaches them, in E.164.
    pub telephone: Option<String>,
    /// The language of texts written for them.
    pub language: Option<Language>,
    /// The IANA zone they live in, if it is written; see [`Config::zone_of`].
    pub zone: Option<String>,
}

/// A language that texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// The tag of ISO 639-1, as in BCP 47: `en`, `ko`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }
}

/// People who answer for services together.
#[derive(Debug, Clone)]
pub struct Team {
    /// Short name.
    pub id: TeamId,
    /// What people call it.
    pub name: String,
    /// Who is paged when the on-call does not answer.
    pub manager: PersonId,
    /// Everybody, in the order of the file: who is paged when nobody answers.
    pub members: Vec<PersonId>,
    /// Who sees the team's tickets, cannot act on them, and is never paged.
    pub observers: Vec<PersonId>,
    /// Who is paged first.
    pub rota: Rotation,
    /// Who is paged second, if the team has a second rota.
    pub secondary: Option<Rotation>,
    /// Who is paged after the secondary, layer by layer.
    pub further: Vec<Rotation>,
    /// The limits of each step, and which severities page.
    pub policy: Policy,
    /// What its load report calls business hours and sleep hours.
    pub hours: Hours,
    /// Where its conferences meet, if it holds any.
    pub conference: Option<Conference>,
    /// Who hears of the status updates of all its tickets.
    pub subscribers: Vec<Subscriber>,
    /// What it asks of the phones of everybody whom it may page.
    pub phones: PhoneRules,
}

impl Team {
    /// The layers of the team's on-call, in the order in which they are paged: the rota of the
    /// primary, that of the secondary, and further ones.
    pub fn layers(&self) -> impl Iterator<Item = (Layer, &Rotation)> {
        let further = (2..).map(Layer).zip(&self.further);
        [(Layer::PRIMARY, &self.rota)]
            .into_iter()
            .chain(self.secondary.iter().map(|it| (Layer::SECONDARY, it)))
            .chain(further)
    }
}

/// One of a team's rotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Layer(pub usize);

impl Layer {
    /// Who is paged first.
    pub const PRIMARY: Self = Self(0);
    /// Who is paged second.
    pub const SECONDARY: Self = Self(1);
}

impl fmt::Display for Layer {
    /// `on call`, `secondary`, `third`, `layer 4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("on call"),
            1 => f.write_str("secondary"),
            2 => f.write_str("third"),
            place => write!(f, "layer {}", place + 1),
        }
    }
}

/// A rota, and how the file spells it.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// As written.
    pub spec: RotaSpec,
    /// As checked.
    pub rota: Rota,
}

/// Something a team runs, which alarms are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Short name.
    pub id: ServiceId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub team: TeamId,
    /// Where the on-call reads what to do: an `http` or `https` address.
    pub runbook: Option<String>,
    /// How much depends on it: 1, most, to 4. Of tier 1: while it is down, customers cannot order.
    pub tier: Option<u8>,
    /// What it needs to work, be it another team's: where the cause of an alarm usually is.
    pub downstream: Vec<ServiceId>,
    /// What words for severity mean in alarms about it, whatever their case.
    pub severities: BTreeMap<String, Severity>,
    /// The severity of an alarm about it that says nothing that is understood, if not its source's.
    pub default_severity: Option<Severity>,
    /// Its own limits, if they are not its team's.
    pub policy: Option<Policy>,
    /// For how long its new tickets page nobody, as its alarms often recover by themselves.
    pub hold_off: HoldOff,
    /// The labels whose alarms, where they agree on all of them, are one ticket. Empty: each alarm
    /// is one of its own.
    pub group_by: Vec<String>,
    /// Who hears of the status updates of its tickets, beside those of its team.
    pub subscribers: Vec<Subscriber>,
}

/// A calendar of public holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays {
    /// Short name, by which rotas refer to it.
    pub id: String,
    /// The dates, in order.
    pub dates: Vec<Date>,
}

/// A source of alarms, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationSpec {
    /// Short name.
    pub id: String,
    /// Whose alarms they are.
    pub team: TeamId,
    /// The service of an alarm that names none.
    pub service: ServiceId,
    /// What the source's own words for severity mean, whatever their case.
    pub severities: BTreeMap<String, Severity>,
    /// The severity of an alarm that says nothing that is understood, if not the usual.
    pub default_severity: Option<Severity>,
    /// The heartbeats that are expected through it.
    pub heartbeats: Vec<Heartbeat>,
    /// How the JSON it sends becomes alarms, if it is of its own shape.
    pub template: Option<Spec>,
}
