//! What a configuration lacks although it is valid: found before the night that would find it.

mod chains;
mod limits;
mod lines;
mod people;
mod services;

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tocsin_directory::{Config, Directory, TeamShift};
use tocsin_ticket::{Millis, PersonId, TeamId};

pub use people::{Pagers, check_devices};

/// How far ahead shifts are looked at.
pub const HORIZON: Duration = Duration::from_secs(12 * 7 * 24 * 3600);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Somebody will not be woken.
    Error,
    /// One thing more going wrong, and somebody will not be woken.
    Warning,
    /// Nights would be better.
    Advice,
}

/// What was found, as its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckRule {
    /// The file is not valid: it cannot be applied.
    Invalid,
    /// One person holds every shift of a layer.
    OnePerson,
    /// At some time one and the same person is every level: nobody else is ever paged.
    NobodyElse,
    /// At some time a level has nobody who was not asked before: it is skipped.
    UnreachableLevel,
    /// Somebody is on call in two teams at once.
    TwoRotations,
    /// A limit is longer than the shortest shift.
    LimitLongerThanShift,
    /// Nothing but a device reaches somebody who is paged.
    OnlyDevices,
    /// A newcomer's mentor takes no turns in the team.
    MentorOnNoRota,
    /// A service without a runbook.
    NoRunbook,
    /// A service of tier 1 whose SEV1 pages nobody.
    TierOneSilent,
    /// An override that is over.
    PastOverride,
    /// A heartbeat whose silence pages nobody.
    HeartbeatPagesNobody,
    /// A service holds new tickets for longer than their limit to check in.
    LongHoldOff,
    /// Somebody who is paged has no device that would ring.
    NoPager,
}

/// Something to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How bad.
    pub grade: Grade,
    /// What kind.
    pub rule: CheckRule,
    /// Which field of the file, such as `teams.shop.rota.overrides[0]`; empty: the file as a whole.
    pub place: String,
    /// The line it stands on, from 1, where the text is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What was found.
    pub what: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    fn new(
        grade: Grade,
        rule: CheckRule,
        place: impl Into<String>,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            grade,
            rule,
            place: place.into(),
            line: None,
            what: what.into(),
            advice: advice.into(),
        }
    }
}

/// Checks a file that nobody has applied. A file that is not valid has its mistakes as findings.
#[must_use]
pub fn check_text(text: &str, now: Millis) -> Vec<Finding> {
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(errors) => {
            let invalid = |error: &tocsin_directory::ConfigError| Finding {
                line: Some(error.line),
                ..Finding::new(
                    Grade::Error,
                    CheckRule::Invalid,
                    error.path.clone(),
                    error.message.clone(),
                    "correct it; nothing can be applied before",
                )
            };
            return errors.iter().map(invalid).collect();
        }
    };
    let directory = Directory::new(config);
    let teams: Vec<TeamId> = directory.config().teams().keys().cloned().collect();
    let mut findings = check(&directory, &teams, now);
    lines::locate(text, &mut findings);
    findings
}

/// Checks what is in use, as far as it concerns these teams; shifts from `now` on for [`HORIZON`].
/// The worst first, then in the order of places.
#[must_use]
pub fn check(directory: &Directory, teams: &[TeamId], now: Millis) -> Vec<Finding> {
    let scope = Scope::new(directory, teams, now);
    let mut findings = Vec::new();
    chains::check(&scope, &mut findings);
    limits::check(&scope, &mut findings);
    people::check(&scope, &mut findings);
    services::check(&scope, &mut findings);
    findings.sort_by(|a, b| (a.grade, &a.place, a.rule).cmp(&(b.grade, &b.place, b.rule)));
    findings.dedup();
    findings
}

/// What is looked at.
struct Scope<'a> {
    directory: &'a Directory,
    teams: &'a [TeamId],
    now: Millis,
    until: Millis,
    /// The shifts of each team in that time.
    shifts: BTreeMap<&'a TeamId, Vec<TeamShift>>,
}

impl<'a> Scope<'a> {
    fn new(directory: &'a Directory, teams: &'a [TeamId], now: Millis) -> Self {
        let until = now + HORIZON;
        let shifts = teams
            .iter()
            .map(|team| (team, directory.team_shifts(team, now, until)))
            .collect();
        Self {
            directory,
            teams,
            now,
            until,
            shifts,
        }
    }

    fn shifts(&self, team: &TeamId) -> &[TeamShift] {
        self.shifts.get(team).map_or(&[], Vec::as_slice)
    }

    /// Each instant in that time at which who is on call in a team may change, the first being now.
    fn changes(&self, team: &TeamId) -> Vec<Millis> {
        let starts = self.shifts(team).iter().map(start);
        let mut changes: Vec<Millis> = starts
            .filter(|at| *at > self.now && *at < self.until)
            .chain([self.now])
            .collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }

    fn name(&self, person: &PersonId) -> String {
        self.directory.name_of(person)
    }

    /// An instant on the team's clock: `Mon 2026-03-23 09:00`.
    fn day(&self, team: &TeamId, at: Millis) -> String {
        let zone = self.directory.config().teams().get(team);
        let zone = zone.and_then(|team| tocsin_rota::zone(&team.rota.spec.zone).ok());
        let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let zoned = instant.to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC));
        zoned.strftime("%a %Y-%m-%d %H:%M").to_string()
    }
}

/// The first instant of a shift.
fn start(shift: &TeamShift) -> Millis {
    Millis(shift.duty.shift.from.as_millisecond())
}

/// The first instant after it.
fn end(shift: &TeamShift) -> Millis {
    Millis(shift.duty.shift.until.as_millisecond())
}

/// Where a layer stands in the file.
fn layer_place(team: &TeamId, layer: tocsin_directory::Layer) -> String {
    match layer.0 {
        0 => format!("teams.{team}.rota"),
        1 => format!("teams.{team}.secondary"),
        further => format!("teams.{team}.further[{}]", further - 2),
    }
}
