//! Heartbeats: hearing them, and showing how they stand.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, TeamId};
use tocsin_wire::Problem;

use super::extract::Caller;
use super::{ApiError, App, alarms};
use crate::engine::{Answer, Job};
use crate::secret::Secret;
use crate::store::StoreError;

/// A beat was heard, and is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BeatReply {
    /// When silence becomes an alarm, unless the next beat is heard before.
    pub next_by: Millis,
}

/// How a heartbeat stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeartbeatView {
    /// Its name.
    pub name: String,
    /// The integration it comes through.
    pub integration: String,
    /// Whose it is.
    pub team: TeamId,
    /// How often it beats, in seconds.
    pub every_seconds: u64,
    /// How late it may be, in seconds.
    pub grace_seconds: u64,
    /// When it was last heard; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_beat: Option<Millis>,
    /// When its silence becomes an alarm; absent: it has become one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by: Option<Millis>,
}

/// `GET` and `POST /in/{key}/heartbeat/{name}`: something is alive. Any body is ignored.
#[utoipa::path(
    post,
    path = "/in/{key}/heartbeat/{name}",
    tag = "alarms",
    operation_id = "heartbeat",
    params(("key" = String, Path, description = "The integration's key"), ("name" = String, Path, description = "A heartbeat of the integration's configuration")),
    responses((status = 200, description = "On disk", body = BeatReply), (status = 404, description = "Unknown key or heartbeat", body = Problem), (status = 503, description = "Overload or failure; send it again", body = Problem)),
)]
pub(super) async fn beat(
    State(app): State<Arc<App>>,
    path: Option<Path<(String, String)>>,
) -> Result<axum::Json<BeatReply>, ApiError> {
    let Path((key, name)) = path.unwrap_or_else(|| Path(Default::default()));
    let integration = alarms::admit(&app, &Secret::received(key))?;
    let job = Job::Beat {
        integration: integration.id.clone(),
        name,
    };
    match app.writer.submit(job).await? {
        Answer::Beat { next_by } => Ok(axum::Json(BeatReply { next_by })),
        Answer::NoSuchHeartbeat => Err(ApiError::from(Problem {
            status: 404,
            code: "unknown_heartbeat".to_owned(),
            detail: format!(
                "name: expected one of the heartbeats of integration {:?} in the configuration",
                integration.id
            ),
            field: Some("name".to_owned()),
        })),
        other => Err(StoreError::new(format!("a beat was answered with {other:?}")).into()),
    }
}

/// `GET /v1/heartbeats`: those of the caller's teams.
#[utoipa::path(
    get,
    path = "/v1/heartbeats",
    tag = "alarms",
    operation_id = "heartbeats",
    responses((status = 200, description = "How they stand", body = Vec<HeartbeatView>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
) -> Result<axum::Json<Vec<HeartbeatView>>, ApiError> {
    let directory = app.directory.load_full();
    let teams = device.teams(&directory);
    let known = app.read(|reader| reader.heartbeats()).await?;
    let views = known.into_iter().filter_map(|heartbeat| {
        let integration = directory.integration(&heartbeat.integration)?;
        teams.contains(&integration.team).then(|| HeartbeatView {
            name: heartbeat.name,
            integration: heartbeat.integration,
            team: integration.team.clone(),
            every_seconds: heartbeat.every_ms / 1000,
            grace_seconds: heartbeat.grace_ms / 1000,
            last_beat: heartbeat.last_beat,
            next_by: heartbeat.due,
        })
    });
    Ok(axum::Json(views.collect()))
}
