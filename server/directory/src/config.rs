//! The configuration as plain data.

use std::collections::BTreeMap;

use tocsin_rota::{Rota, RotaSpec};
use tocsin_ticket::{PersonId, Policy, ServiceId, Severity, TeamId};

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
    /// Who is paged first.
    pub rota: Rotation,
    /// Who is paged second, if the team has a second rota.
    pub secondary: Option<Rotation>,
    /// The limits of each step, and which severities page.
    pub policy: Policy,
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
    /// How much depends on it: 1, most, to 4.
    pub tier: Option<u8>,
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
}
