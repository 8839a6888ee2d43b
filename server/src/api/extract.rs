//! What handlers ask of a request: its JSON, and who sent it.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use http::header::{AUTHORIZATION, EXPECT};
use http::request::Parts;
use serde::de::DeserializeOwned;
use tocsin_ticket::TicketId;

use super::{ApiError, App, MAX_BODY_BYTES};
use crate::secret::Secret;
use crate::store::Device;

/// The body, whole and not too long.
pub(super) struct Body(pub Bytes);

impl FromRequest<Arc<App>> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ApiError> {
        // Who asks before sending is told before sending.
        let announced = request.body().size_hint().lower();
        if request.headers().contains_key(EXPECT) && announced > MAX_BODY_BYTES as u64 {
            return Err(too_large());
        }
        let mut chunks = request.into_body().into_data_stream();
        let (mut body, mut length) = (BytesMut::new(), 0);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "body_cut_short",
                    "body: expected as many bytes as announced; send it again",
                )
            })?;
            length += chunk.len();
            if length <= MAX_BODY_BYTES {
                body.extend_from_slice(&chunk);
            } else if length > MAX_DISCARDED_BYTES {
                break;
            }
        }
        if length > MAX_BODY_BYTES {
            return Err(too_large());
        }
        Ok(Self(body.freeze()))
    }
}

/// So much of a body that is too large is read and thrown away, in bytes: a client that is still
/// sending when the connection closes would see a broken pipe instead of the reason.
const MAX_DISCARDED_BYTES: usize = 16 << 20;

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("body: expected at most {MAX_BODY_BYTES} bytes; send less at once"),
    )
}

/// The body as JSON of this shape. Errors name the field.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, app).await?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.inner().to_string();
            let field = match path.as_str() {
                "." => "body".to_owned(),
                // serde reads a tagged object whole before it looks at the tag.
                _ if inner.starts_with("unknown variant") && is_tagged(&body, &path) => {
                    format!("{path}.type")
                }
                _ => path,
            };
            ApiError::field(&field, format_args!("another value: {inner}"))
        })?;
        json.end().map_err(|error| {
            ApiError::field(
                "body",
                format_args!("nothing after the JSON value: {error}"),
            )
        })?;
        Ok(Self(value))
    }
}

/// Whether the top-level field is an object that says by its `type` what it is.
fn is_tagged(body: &[u8], field: &str) -> bool {
    let value: Result<serde_json::Value, _> = serde_json::from_slice(body);
    value.is_ok_and(|value| value[field]["type"].is_string())
}

/// The query string in this shape. Errors name the parameter.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let query = axum::extract::Query::from_request_parts(parts, app).await;
        let axum::extract::Query(query) = query.map_err(|rejection| {
            let whole = rejection.body_text();
            // "Failed to deserialize query string: limit: invalid digit found in string"
            let mut words = whole.splitn(3, ": ").skip(1);
            let (field, why) = (words.next(), words.next());
            match (field, why) {
                (Some(field), Some(why)) => {
                    ApiError::field(field, format_args!("another value: {why}"))
                }
                _ => ApiError::field("query", format_args!("name=value pairs: {whole}")),
            }
        })?;
        Ok(Self(query))
    }
}

/// The `{key}` of a path. What no key can look like is an unknown one.
pub(super) struct KeyPath(pub Secret);

impl FromRequestParts<Arc<App>> for KeyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let key = Path::<String>::from_request_parts(parts, app).await;
        Ok(Self(Secret::received(
            key.map_or_else(|_| String::new(), |Path(key)| key),
        )))
    }
}

/// The `{id}` of a path, a ticket's number.
pub(super) struct TicketPath(pub TicketId);

impl FromRequestParts<Arc<App>> for TicketPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let id = Path::<u64>::from_request_parts(parts, app).await;
        let Path(id) = id.map_err(|_| ApiError::field("id", "a ticket's number, such as 42"))?;
        Ok(Self(TicketId(id)))
    }
}

/// The device that sent the request, by its bearer token (RFC 6750).
pub(super) struct Caller(pub Device);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| Secret::received(token.trim()));
        token
            .and_then(|token| app.identity.device(&token))
            .inspect(|device| app.contacts.heard(&device.id, app.now()))
            .map(Self)
            .ok_or_else(|| {
                ApiError::new(
                    StatusCode::UNAUTHORIZED,
                    "unknown_device",
                    "Authorization: expected \"Bearer \" and the token of an enrolled device; \
                 enrol this device again with a new code",
                )
            })
    }
}

/// A caller that may configure the server.
pub(super) struct Admin(pub Device);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Caller(device) = Caller::from_request_parts(parts, app).await?;
        if device.admin {
            return Ok(Self(device));
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not_an_administrator",
            "this needs an administrator's device; ask one, or use the code the server printed",
        ))
    }
}
