//! How a request is refused, in one shape everywhere.

use serde::{Deserialize, Serialize};

/// An error body (after RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The HTTP status again, for whoever has only the body.
    pub status: u16,
    /// A short name that never changes, for programs: `unknown_key`.
    pub code: String,
    /// What was wrong and what to do next, for people, in English.
    pub detail: String,
    /// The field at fault, where there is one: `alerts[3].status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
