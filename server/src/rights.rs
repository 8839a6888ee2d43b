//! Who may do what. [`ROUTES`] is the one table that decides: the API asks it before a handler is
//! called, the API's description shows it, and a test walks that description.
//!
//! What somebody may do for a team follows from their [`Role`] there; an API token may do at most
//! what it was made for. A handler gets a [`Who`], whose teams are only those for which they have
//! the right that its route needs.

use core::fmt;
use core::str::FromStr;

use http::Method;
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_ticket::{DeviceId, Millis, PersonId, TeamId};

use crate::audit::Doer;
use crate::secret::SecretHash;
use crate::store::Device;
use crate::store::guests::{Sees, can_be_guest};

/// Something that one may be allowed to do. As the scope of an API token, the same.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See tickets, who is on call, and devices.
    Read,
    /// See reports about the past.
    Report,
    /// Raise alarms, act on tickets, write runbooks, announce work, swap shifts.
    Respond,
    /// Send to a team's webhooks again what nobody took.
    Manage,
    /// Change the configuration, people's devices and keys, and read the audit log.
    Configure,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Report,
        Self::Respond,
        Self::Manage,
        Self::Configure,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Report => "report",
            Self::Respond => "respond",
            Self::Manage => "manage",
            Self::Configure => "configure",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Right {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|right| right.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("expected one of {names}, got {text:?}")
            })
    }
}

/// What somebody is to a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks on.
    Observer,
    /// May be paged, and acts.
    Member,
    /// Also answers for how the team works.
    Manager,
    /// Configures the server.
    Admin,
}

impl Role {
    /// What a person is to a team; `None`: nothing, so that the team does not exist for them.
    #[must_use]
    pub fn of(directory: &Directory, person: &PersonId, team: &TeamId) -> Option<Self> {
        if directory.manages(person, team) {
            Some(Self::Manager)
        } else if directory.pageable(team).contains(person) {
            Some(Self::Member)
        } else {
            let observes = directory.audience(team).contains(person);
            observes.then_some(Self::Observer)
        }
    }

    /// Whether who has this role has this right.
    #[must_use]
    pub fn grants(self, right: Right) -> bool {
        match right {
            Right::Read | Right::Report => true,
            Right::Respond => self >= Self::Member,
            Right::Manage => self >= Self::Manager,
            Right::Configure => self == Self::Admin,
        }
    }
}

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is open, or looks at a key or code itself.
    Nothing,
    /// This right, by a device or an API token.
    Right(Right),
    /// This right, and an enrolled device: phones' own matters, and making further rights.
    OnDevice(Right),
}

/// Every route: method, path as the router has it, and what it needs. A route that is not here
/// answers nobody.
pub const ROUTES: &[(&str, &str, Need)] = &[
    ("POST", "/in/{key}/alertmanager", Need::Nothing),
    ("POST", "/in/{key}/grafana", Need::Nothing),
    ("POST", "/in/{key}/json", Need::Nothing),
    ("POST", "/in/{key}/cloudwatch", Need::Nothing),
    ("GET", "/in/{key}/heartbeat/{name}", Need::Nothing),
    ("POST", "/in/{key}/heartbeat/{name}", Need::Nothing),
    ("GET", "/v1/heartbeats", Need::Right(Right::Read)),
    ("POST", "/in/{key}/email", Need::Nothing),
    (
        "POST",
        "/v1/integrations/{id}/preview",
        Need::Right(Right::Read),
    ),
    ("POST", "/v2/enqueue", Need::Nothing),
    ("POST", "/v2/alerts/enqueue", Need::Nothing),
    ("POST", "/v2/alerts", Need::Nothing),
    ("POST", "/v2/alerts/{identifier}/close", Need::Nothing),
    ("POST", "/v2/alerts/{identifier}/acknowledge", Need::Nothing),
    ("POST", "/v2/alerts/{identifier}/notes", Need::Nothing),
    ("GET", "/v2/alerts/requests/{id}", Need::Nothing),
    ("POST", "/v1/alarms", Need::Right(Right::Respond)),
    ("POST", "/v1/enroll", Need::Nothing),
    ("GET", "/v1/sync", Need::Right(Right::Read)),
    ("GET", "/v1/stream", Need::OnDevice(Right::Read)),
    ("POST", "/v1/commands", Need::Right(Right::Respond)),
    ("POST", "/v1/receipts", Need::OnDevice(Right::Read)),
    ("GET", "/v1/push", Need::OnDevice(Right::Read)),
    ("PUT", "/v1/device/push", Need::OnDevice(Right::Read)),
    ("PUT", "/v1/device/status", Need::OnDevice(Right::Read)),
    ("GET", "/v1/devices", Need::Right(Right::Read)),
    ("DELETE", "/v1/devices/{id}", Need::OnDevice(Right::Read)),
    ("GET", "/v1/drills", Need::Right(Right::Read)),
    ("POST", "/v1/drills", Need::OnDevice(Right::Read)),
    ("GET", "/v1/tickets", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/timeline", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/why", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/why-not", Need::Right(Right::Read)),
    ("GET", "/v1/rehearsal", Need::Right(Right::Read)),
    ("GET", "/v1/check", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/similar", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/runbooks", Need::Right(Right::Read)),
    ("GET", "/v1/tickets/{id}/coe", Need::Right(Right::Read)),
    ("PUT", "/v1/tickets/{id}/coe", Need::Right(Right::Respond)),
    ("GET", "/v1/coes", Need::Right(Right::Read)),
    ("GET", "/v1/coes/overdue", Need::Right(Right::Read)),
    ("GET", "/v1/runbooks", Need::Right(Right::Read)),
    (
        "GET",
        "/v1/runbooks/{team}/{name}",
        Need::Right(Right::Read),
    ),
    (
        "PUT",
        "/v1/runbooks/{team}/{name}",
        Need::Right(Right::Respond),
    ),
    (
        "GET",
        "/v1/runbooks/{team}/{name}/history",
        Need::Right(Right::Read),
    ),
    ("GET", "/v1/report", Need::Right(Right::Report)),
    ("GET", "/v1/oncall", Need::Right(Right::Read)),
    ("POST", "/v1/calendar", Need::OnDevice(Right::Read)),
    ("GET", "/cal/{key}/me.ics", Need::Nothing),
    ("GET", "/cal/{key}/team/{file}", Need::Nothing),
    ("GET", "/v1/teams/{team}/handoff", Need::Right(Right::Read)),
    (
        "POST",
        "/v1/teams/{team}/handoff/notes",
        Need::Right(Right::Respond),
    ),
    (
        "POST",
        "/v1/teams/{team}/handoff/complete",
        Need::Right(Right::Respond),
    ),
    ("GET", "/v1/shifts", Need::Right(Right::Read)),
    ("GET", "/v1/swaps", Need::Right(Right::Read)),
    ("POST", "/v1/swaps", Need::Right(Right::Respond)),
    ("POST", "/v1/swaps/{id}", Need::Right(Right::Respond)),
    ("GET", "/v1/maintenance", Need::Right(Right::Read)),
    ("POST", "/v1/maintenance", Need::Right(Right::Respond)),
    (
        "DELETE",
        "/v1/maintenance/{id}",
        Need::Right(Right::Respond),
    ),
    ("GET", "/v1/quiet", Need::OnDevice(Right::Read)),
    ("POST", "/v1/quiet", Need::OnDevice(Right::Respond)),
    ("DELETE", "/v1/quiet", Need::OnDevice(Right::Respond)),
    ("GET", "/v1/config", Need::Right(Right::Configure)),
    ("PUT", "/v1/config", Need::Right(Right::Configure)),
    ("POST", "/v1/codes", Need::OnDevice(Right::Configure)),
    ("POST", "/v1/keys", Need::Right(Right::Configure)),
    ("GET", "/v1/tokens", Need::OnDevice(Right::Read)),
    ("POST", "/v1/tokens", Need::OnDevice(Right::Read)),
    ("DELETE", "/v1/tokens/{id}", Need::OnDevice(Right::Read)),
    ("GET", "/v1/webhooks", Need::Right(Right::Read)),
    (
        "GET",
        "/v1/webhooks/{id}/dead-letters",
        Need::Right(Right::Read),
    ),
    (
        "POST",
        "/v1/webhooks/{id}/redeliver",
        Need::Right(Right::Manage),
    ),
    (
        "POST",
        "/v1/webhooks/{id}/rotate",
        Need::Right(Right::Configure),
    ),
    ("GET", "/v1/audit", Need::Right(Right::Configure)),
    ("GET", "/healthz", Need::Nothing),
    ("GET", "/readyz", Need::Nothing),
    ("GET", "/metrics", Need::Nothing),
    ("GET", "/openapi.json", Need::Nothing),
];

/// What a request for this route needs. `HEAD` needs what `GET` does.
#[must_use]
pub fn need(method: &Method, route: &str) -> Option<Need> {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    ROUTES
        .iter()
        .find(|(known, path, _)| *known == method.as_str() && *path == route)
        .map(|(.., need)| *need)
}

/// An API token as the server knows it: somebody's right hand, with less rights and an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id, which is not secret.
    pub id: String,
    /// Who made it, and as whom it acts.
    pub person: PersonId,
    /// What it is for, in their words.
    pub name: String,
    /// Whether it was made on an administrator's device.
    pub admin: bool,
    /// What it may do at most.
    pub scopes: Vec<Right>,
    /// The hash of its secret.
    pub hash: SecretHash,
    /// Since when it is there.
    pub created_at: Millis,
    /// From when on it is worthless.
    pub expires_at: Millis,
}

/// Somebody who asks, with what they ask by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Who.
    pub person: PersonId,
    /// Whether as an administrator.
    pub admin: bool,
    /// Their device's id, or the token's.
    pub id: DeviceId,
    /// In the audit log.
    pub actor: Doer,
    /// The right that what they ask for needs.
    pub right: Right,
}

impl Who {
    /// A device's owner.
    #[must_use]
    pub fn on(device: &Device, right: Right) -> Self {
        Self {
            person: device.person.clone(),
            admin: device.admin,
            id: device.id.clone(),
            actor: Doer::on(device),
            right,
        }
    }

    /// A token's owner.
    #[must_use]
    pub fn by(token: &ApiToken, right: Right) -> Self {
        Self {
            person: token.person.clone(),
            admin: token.admin,
            id: DeviceId::new(token.id.clone()),
            actor: Doer::Token {
                person: token.person.clone(),
                token: token.id.clone(),
            },
            right,
        }
    }

    /// The teams for which they have the right.
    #[must_use]
    pub fn teams(&self, directory: &Directory) -> Vec<TeamId> {
        if self.admin {
            return directory.config().teams().keys().cloned().collect();
        }
        let grants = |team: &&TeamId| {
            Role::of(directory, &self.person, team).is_some_and(|role| role.grants(self.right))
        };
        let teams = directory.teams_of(&self.person).iter();
        teams.filter(grants).cloned().collect()
    }

    /// Whose tickets they have the right for: their teams', and those that they were asked to help
    /// with. To look on and to act is all that a guest may.
    #[must_use]
    pub fn sees(&self, directory: &Directory) -> Sees {
        let as_guest = matches!(self.right, Right::Read | Right::Respond);
        Sees {
            teams: self.teams(directory),
            guest: (as_guest && can_be_guest(directory, &self.person)).then(|| self.person.clone()),
        }
    }

    /// Whether they have the right at all: to look where there may be nothing, everybody has it.
    #[must_use]
    pub fn may(&self, directory: &Directory) -> bool {
        match self.right {
            Right::Read | Right::Report => true,
            Right::Configure => self.admin,
            Right::Respond | Right::Manage => self.admin || !self.teams(directory).is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::directory;

    #[test]
    fn each_role_has_what_the_one_below_has_and_more() {
        let roles = [Role::Observer, Role::Member, Role::Manager, Role::Admin];
        let rights = |role: Role| {
            Right::ALL
                .iter()
                .filter(|right| role.grants(**right))
                .count()
        };
        assert_eq!(roles.map(rights), [2, 3, 4, 5]);
    }

    #[test]
    fn a_role_follows_from_the_teams_file() {
        let directory = directory(&["ana"]);
        let role = |person: &str| Role::of(&directory, &person.into(), &"shop".into());
        assert_eq!(role("ana"), Some(Role::Member));
        assert_eq!(role("bea"), Some(Role::Manager));
        assert_eq!(role("olga"), Some(Role::Observer));
        assert_eq!(role("ben"), None);
    }

    #[test]
    fn no_route_is_in_the_table_twice() {
        let mut names: Vec<_> = ROUTES
            .iter()
            .map(|(method, path, _)| (method, path))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROUTES.len());
    }
}
