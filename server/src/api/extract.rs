//! What handlers ask of a request: its JSON, and who sent it.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, EXPECT};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use tocsin_ticket::TicketId;

use super::{ApiError, App, MAX_BODY_BYTES};
use crate::rights::{Need, Right, Who, need};
use crate::secret::Secret;

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

/// The `{id}` of a path, of something that has a random one.
pub(super) struct IdPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = id.map_err(|_| ApiError::field("id", "an id in UTF-8"))?;
        Ok(Self(id))
    }
}

/// Who is calling. [`guard`] has found out, and that they may.
pub(super) struct Caller(pub Who);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let who = parts.extensions.get::<Who>().cloned();
        who.map(Self).ok_or_else(defect)
    }
}

/// Lets a request through to its route when its caller may do what the route is for.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let route = request.extensions().get::<MatchedPath>();
    let need = route.and_then(|route| need(request.method(), route.as_str()));
    let (right, on_device) = match need.ok_or_else(defect)? {
        Need::Nothing => return Ok(next.run(request).await),
        Need::Right(right) => (right, false),
        Need::OnDevice(right) => (right, true),
    };
    let who = identify(&app, request.headers(), right, on_device)?;
    if !who.may(&app.directory.load()) {
        return Err(not_allowed(right));
    }
    request.extensions_mut().insert(who);
    Ok(next.run(request).await)
}

fn identify(
    app: &App,
    headers: &HeaderMap,
    right: Right,
    on_device: bool,
) -> Result<Who, ApiError> {
    let secret = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Secret::received(token.trim()))
        .ok_or_else(unknown_device)?;
    if let Some(device) = app.identity.device(&secret) {
        app.contacts.heard(&device.id, app.now());
        return Ok(Who::on(&device, right));
    }
    let token = app.identity.token(&secret).ok_or_else(unknown_device)?;
    if token.expires_at <= app.now() {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "expired_token",
            format!(
                "Authorization: the token {:?} has expired; make another with `tocsin token create`",
                token.name
            ),
        ));
    }
    if on_device {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "needs_device",
            "Authorization: expected the token of an enrolled device, got an API token; these \
             cannot do this",
        ));
    }
    if !token.scopes.contains(&right) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "out_of_scope",
            format!(
                "the token {:?} is not made for this: it needs the scope {right}",
                token.name
            ),
        ));
    }
    Ok(Who::by(&token, right))
}

fn unknown_device() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "unknown_device",
        "Authorization: expected \"Bearer \" and the token of an enrolled device; enrol this device \
         again with a new code",
    )
}

fn not_allowed(right: Right) -> ApiError {
    if right == Right::Configure {
        return ApiError::new(
            StatusCode::FORBIDDEN,
            "not_an_administrator",
            "this needs an administrator's device; ask one, or use the code the server printed",
        );
    }
    let who = if right == Right::Manage {
        "a manager of the team"
    } else {
        "a member of a team; observers only look on"
    };
    ApiError::new(
        StatusCode::FORBIDDEN,
        "not_allowed",
        format!("this needs {who}; ask an administrator"),
    )
}

/// A route without a line in [`crate::rights::ROUTES`]: it answers nobody.
fn defect() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "defect",
        "the server does not know who may do this; please report it",
    )
}
