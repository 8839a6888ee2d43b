//! For whoever runs the server: is it alive, is it ready, how is it doing.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tocsin_wire::Problem;

use super::{ApiError, App};

/// `GET /healthz`: the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, description = "The process answers")),
)]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: alarms would be taken and tickets kept.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses((status = 200, description = "Alarms are taken"), (status = 503, description = "They are not", body = Problem)),
)]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    if !app.writer.is_alive() {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "writer_stopped",
            "the writer has stopped; restart the server",
        ));
    }
    app.read(|reader| reader.last_seq()).await?;
    Ok("ready\n")
}

/// `GET /metrics`: Prometheus text format.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, description = "Prometheus text format")),
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    metrics::gauge!("tocsin_streams").set(app.hub.streams() as f64);
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.metrics.render(),
    )
}

/// Counts and times each request by its route, never by its path: paths hold keys.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let start = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let seconds = start.elapsed().as_secs_f64();
    metrics::histogram!("tocsin_http_request_seconds", "route" => route.clone()).record(seconds);
    metrics::counter!("tocsin_http_requests_total", "route" => route.clone(),
        "status" => status.to_string())
    .increment(1);
    tracing::debug!(%method, route, status, seconds, "request");
    response
}
