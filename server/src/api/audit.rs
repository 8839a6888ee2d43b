//! Reading the audit log. Whoever asks checks the chain themselves: the text is sent as it is kept.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tocsin_wire::Problem;

use super::extract::{Caller, Query};
use super::{ApiError, App};
use crate::audit::{Hash, Sealed};

/// Entries in one reply, unless asked for less.
const PAGE: usize = 1000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only those with larger numbers.
    #[serde(default)]
    after: u32,
    /// At most this many, 1 to 1000.
    limit: Option<usize>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// 1, 2, 3 and so on.
    pub number: u64,
    /// What happened, as JSON: the very text that the hash is over.
    pub entry: String,
    /// SHA-256 of the hash before, as 32 bytes (zeros at first), and the text; in hexadecimal.
    pub hash: String,
}

impl AuditEntry {
    /// As the chain is checked.
    ///
    /// # Errors
    /// When the hash is none.
    pub fn sealed(self) -> Result<Sealed, String> {
        let hash: Hash = self.hash.parse()?;
        Ok(Sealed {
            number: self.number,
            text: self.entry,
            hash,
        })
    }
}

/// Entries of the audit log, and whether more follow.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditPage {
    /// Oldest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are newer ones.
    pub more: bool,
}

/// `GET /v1/audit?after=NUMBER&limit=N`.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "administration",
    params(AuditQuery),
    responses((status = 200, description = "Oldest first", body = AuditPage), (status = 403, description = "Not an administrator", body = Problem)),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(_): Caller,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<AuditPage>, ApiError> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let read = move |reader: &dyn crate::store::Reader| {
        reader.audit_after(u64::from(query.after), limit + 1)
    };
    let mut entries = app.read(read).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let entries = entries.into_iter().map(|sealed| AuditEntry {
        number: sealed.number,
        hash: sealed.hash.to_string(),
        entry: sealed.text,
    });
    Ok(axum::Json(AuditPage {
        entries: entries.collect(),
        more,
    }))
}
