//! How bad it is.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Severity, worst first. SEV1 and SEV2 page unless the team's policy says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Severity {
    /// Customers are cut off or data is at risk: everybody needed, now.
    #[serde(rename = "SEV1")]
    Sev1,
    /// A service is badly degraded: the on-call, now.
    #[serde(rename = "SEV2")]
    Sev2,
    /// Something is wrong that can wait for working hours.
    #[serde(rename = "SEV3")]
    Sev3,
    /// Minor.
    #[serde(rename = "SEV4")]
    Sev4,
    /// Worth knowing.
    #[serde(rename = "SEV5")]
    Sev5,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Self; 5] = [Self::Sev1, Self::Sev2, Self::Sev3, Self::Sev4, Self::Sev5];

    /// 1 for SEV1 to 5 for SEV5.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Whether `self` is strictly worse than `other`.
    #[must_use]
    pub fn is_worse_than(self, other: Self) -> bool {
        self < other
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SEV{}", self.number())
    }
}

/// The text is not a severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("severity: expected SEV1, SEV2, SEV3, SEV4 or SEV5, got {0:?}")]
pub struct ParseSeverityError(String);

impl FromStr for Severity {
    type Err = ParseSeverityError;

    /// Reads `SEV1`, `sev1` or `1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        let digit = lower
            .strip_prefix("sev")
            .unwrap_or(&lower)
            .trim_start_matches('-');
        Self::ALL
            .into_iter()
            .find(|severity| digit == severity.number().to_string())
            .ok_or_else(|| ParseSeverityError(text.to_owned()))
    }
}
