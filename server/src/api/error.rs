//! How a request is refused: one shape, [`Problem`], whatever went wrong.

use std::any::Any;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode, Uri};
use tocsin_wire::Problem;

use crate::engine::WriterError;
use crate::store::StoreError;

/// A refusal on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    problem: Problem,
    retry_after: Option<Duration>,
}

impl ApiError {
    /// A refusal without a field.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let problem = Problem {
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
        };
        Self {
            problem,
            retry_after: None,
        }
    }

    /// A value that is not what was expected.
    pub fn field(field: &str, expected: impl core::fmt::Display) -> Self {
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_field",
            format!("{field}: expected {expected}"),
        );
        error.problem.field = Some(field.to_owned());
        error
    }

    /// The sender should come back after `wait`.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// There is no such ticket, or not for this person.
    pub fn no_such_ticket() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "no_such_ticket",
            "there is no such ticket in your teams; refresh the list",
        )
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            retry_after: None,
        }
    }
}

impl From<WriterError> for ApiError {
    /// Overload and failures are 503 with `Retry-After`: Alertmanager tries those again at once,
    /// but a 429 or another 4xx only at the next `group_interval` (5 minutes).
    fn from(error: WriterError) -> Self {
        let code = match &error {
            WriterError::Busy(_) => "busy",
            WriterError::Store(_) => return StoreError::new("the write failed").into(),
            WriterError::Stopped => "stopping",
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string())
            .retry_after(Duration::from_secs(1))
    }
}

impl From<StoreError> for ApiError {
    /// What failed inside is in the server's log, not in the reply.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed at the store");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_failed",
            "the server could not reach its storage; nothing was changed; send it again",
        )
        .retry_after(Duration::from_secs(1))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

pub(super) async fn no_such_route(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        format!(
            "there is no {}; GET /openapi.json lists what there is",
            uri.path()
        ),
    )
}

pub(super) async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!(
            "{} does not take {method}; GET /openapi.json says what it takes",
            uri.path()
        ),
    )
}

/// A panic is a defect; it must cost one reply, not the server.
pub(super) fn panicked(what: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let what = what
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| what.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(what, "a request panicked");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "defect",
        "the server has a defect here; its log says more; please report it",
    )
    .into_response()
}
