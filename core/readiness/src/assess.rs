//! From facts to a light.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

use crate::rules::{Case, RULES};
use crate::{AppVersion, Facts, Finding, Light, limits, texts};

/// What is expected of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation {
    /// The newest app for its platform. `None`: not known; then no app is old.
    pub latest_version: Option<AppVersion>,
    /// A drill must have passed within this time.
    pub drill_max_age: Duration,
    /// Facts older than this count for nothing; older than half of it, for less.
    pub report_max_age: Duration,
}

impl Default for Expectation {
    /// No newest app; [`limits::DRILL_MAX_AGE`] and [`limits::REPORT_MAX_AGE`].
    fn default() -> Self {
        Self {
            latest_version: None,
            drill_max_age: limits::DRILL_MAX_AGE,
            report_max_age: limits::REPORT_MAX_AGE,
        }
    }
}

/// Whether a device would wake its owner, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assessment {
    /// The worst finding's light; green when there is none.
    pub light: Light,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
}

/// Whether the device would wake its owner at `now`, which is by the clock of
/// [`Facts::reported_at`].
#[must_use]
pub fn assess(facts: &Facts, now: Millis, expected: &Expectation) -> Assessment {
    let case = Case {
        facts,
        now,
        expected,
    };
    let findings: Vec<_> = RULES
        .iter()
        .filter(|rule| (rule.holds)(&case))
        .map(|rule| Finding {
            code: rule.code,
            light: rule.light,
            what: texts::what(rule.code, &case.not_said()),
            next: texts::next(rule.code, facts.platform),
        })
        .collect();
    Assessment {
        light: findings
            .first()
            .map_or(Light::Green, |finding| finding.light),
        findings,
    }
}
