//! CloudWatch alarms through Amazon SNS.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use tocsin_ingest::cloudwatch;
use tocsin_ingest::sns::Envelope;

use super::alarms::{self, AlarmReply};
use super::extract::{Body, KeyPath};
use super::{ApiError, App};

/// `POST /in/{key}/cloudwatch`: the address to subscribe to a topic. The subscription is confirmed
/// by itself; `Raw message delivery` stays off, for raw messages are not signed.
#[utoipa::path(
    post,
    path = "/in/{key}/cloudwatch",
    tag = "alarms",
    operation_id = "cloudwatch",
    params(("key" = String, Path, description = "The integration's key")),
    request_body(content = Object, description = "Amazon SNS over HTTP, with CloudWatch alarms in it"),
    responses((status = 200, description = "On disk", body = AlarmReply), (status = 400, description = "Not of this format", body = tocsin_wire::Problem), (status = 403, description = "Not signed by Amazon SNS", body = tocsin_wire::Problem), (status = 404, description = "Unknown key", body = tocsin_wire::Problem), (status = 413, description = "Too long", body = tocsin_wire::Problem), (status = 503, description = "Overload, failure, or the signer's certificate out of reach; send it again", body = tocsin_wire::Problem)),
)]
pub(super) async fn cloudwatch(
    State(app): State<Arc<App>>,
    KeyPath(key): KeyPath,
    Body(body): Body,
) -> Result<axum::Json<AlarmReply>, ApiError> {
    let integration = alarms::admit(&app, &key)?;
    let envelope = Envelope::parse(&body)?;
    app.sns
        .admit(&envelope, app.now())
        .await
        .map_err(|problem| {
            let (source, topic) = (&integration.id, envelope.topic());
            tracing::warn!(
                source,
                topic,
                problem = problem.detail,
                "an SNS message was refused"
            );
            let later = problem.status == 503;
            let error = ApiError::from(problem);
            if later {
                error.retry_after(Duration::from_secs(1))
            } else {
                error
            }
        })?;
    let batch = cloudwatch::read(&envelope, &integration);
    Ok(axum::Json(
        alarms::keep(&app, &integration.id, batch).await?,
    ))
}
