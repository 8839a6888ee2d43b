//! What a report is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Event, Millis, PersonId, ServiceId, TeamId, TicketId};

use crate::Hours;

/// Everything that happened to one ticket, oldest first, from its beginning on.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose it is.
    pub team: TeamId,
    /// What it is about.
    pub service: ServiceId,
    /// The log's entries.
    pub entries: Vec<Entry>,
}

/// What one command did.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When, by the server's clock.
    pub at: Millis,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// One person's uninterrupted duty in a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Who is on call.
    pub person: PersonId,
    /// Where.
    pub team: TeamId,
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
}

/// A team, as far as the report needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// What people call it.
    pub name: String,
    /// Which parts of the day it has.
    pub hours: Hours,
    /// Who may take a shift over.
    pub relief: Vec<PersonId>,
}

/// A person, as far as the report needs to know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What people call them.
    pub name: String,
    /// The IANA name of the zone they live in; without one, that of the report.
    pub zone: Option<String>,
}

/// What to report on, and what the log alone does not say.
///
/// Teams, people and services that the log mentions and this does not are shown by their ids; their
/// clocks are the report's, their hours the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// Until when the log says everything: pages that are live then ring until then.
    pub now: Millis,
    /// The IANA name of the zone in which weeks begin, and of everybody without their own.
    pub zone: String,
    /// The teams.
    pub teams: BTreeMap<TeamId, Team>,
    /// The people.
    pub people: BTreeMap<PersonId, Person>,
    /// The services, with what people call them.
    pub services: BTreeMap<ServiceId, String>,
    /// The shifts of which some part lies between `from` and two days after `until`: the last
    /// night's swap may lie after the report's end.
    pub shifts: Vec<Shift>,
}

impl Query {
    /// A report from one instant until another, by this zone's calendar, with nobody and nothing.
    #[must_use]
    pub fn new(from: Millis, until: Millis, zone: &str) -> Self {
        Self {
            from,
            until,
            now: until,
            zone: zone.to_owned(),
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            services: BTreeMap::new(),
            shifts: Vec::new(),
        }
    }

    pub(crate) fn names(&self) -> Names {
        let teams = self.teams.iter();
        let people = self.people.iter();
        Names {
            teams: teams
                .map(|(id, it)| (id.clone(), it.name.clone()))
                .collect(),
            people: people
                .map(|(id, it)| (id.clone(), it.name.clone()))
                .collect(),
            services: self.services.clone(),
        }
    }
}

/// What people call whom and what; an id without a name is its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ReportNames))]
pub struct Names {
    /// Teams.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub teams: BTreeMap<TeamId, String>,
    /// People.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub people: BTreeMap<PersonId, String>,
    /// Services.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub services: BTreeMap<ServiceId, String>,
}

impl Names {
    /// A team.
    #[must_use]
    pub fn team<'a>(&'a self, id: &'a TeamId) -> &'a str {
        self.teams.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A person.
    #[must_use]
    pub fn person<'a>(&'a self, id: &'a PersonId) -> &'a str {
        self.people.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A service.
    #[must_use]
    pub fn service<'a>(&'a self, id: &'a ServiceId) -> &'a str {
        self.services.get(id).map_or(id.as_str(), String::as_str)
    }
}

/// A query that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The report would end before it begins.
    #[error("until: expected an instant after from")]
    NoTime,
    /// So far from today that the calendar has no weeks there.
    #[error("{field}: expected an instant between the years 1 and 9998")]
    OutsideCalendar {
        /// Which: `from` or `until`.
        field: &'static str,
    },
    /// No such time zone.
    #[error("{field}: expected a time zone such as Europe/Berlin, got {zone:?}")]
    UnknownZone {
        /// Whose: `zone` or `people.ID.zone`.
        field: String,
        /// What was given.
        zone: String,
    },
}
