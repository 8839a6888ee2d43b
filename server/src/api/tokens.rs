//! API tokens: less rights than a device of their maker, and an end.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId};
use tocsin_wire::Problem;

use super::extract::{Caller, IdPath, Json};
use super::{ApiError, App, see_through};
use crate::engine::Job;
use crate::rights::{ApiToken, Right, Who};
use crate::secret::Secret;

/// The longest life of a token: what nobody renews within a year, nobody misses.
const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 3600);

/// The body of `POST /v1/tokens`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenRequest {
    /// What it is for, 1 to 80 characters.
    pub name: String,
    /// What it may do; never more than its maker may.
    pub scopes: Vec<Right>,
    /// From when on it is worthless: at most 366 days from now.
    pub expires_at: Millis,
}

/// The answer to [`TokenRequest`].
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenReply {
    /// The token itself, shown once.
    pub secret: String,
    /// What is known of it from now on.
    pub token: TokenView,
}

/// An API token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its id.
    pub id: String,
    /// Who made it, and as whom it acts.
    pub person: PersonId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Right>,
    /// Since when it is there.
    pub created_at: Millis,
    /// From when on it is worthless.
    pub expires_at: Millis,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            person: token.person,
            name: token.name,
            scopes: token.scopes,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// `POST /v1/tokens`: acts as its maker, within its scopes, until it expires or is revoked.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    tag = "administration",
    request_body = TokenRequest,
    responses((status = 200, description = "A token", body = TokenReply), (status = 400, description = "Not a token that can be", body = Problem), (status = 403, description = "More than its maker may do", body = Problem)),
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<TokenRequest>,
) -> Result<axum::Json<TokenReply>, ApiError> {
    let (now, name) = (app.now(), request.name.trim());
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(ApiError::field("name", "1 to 80 printable characters"));
    }
    if request.expires_at <= now || request.expires_at > now + LONGEST_LIFE {
        return Err(ApiError::field(
            "expires_at",
            "milliseconds since 1970, between now and 366 days from now",
        ));
    }
    let mut scopes = request.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        let names = Right::ALL.map(Right::name).join(", ");
        return Err(ApiError::field(
            "scopes",
            format_args!("one or more of {names}"),
        ));
    }
    let directory = app.directory.load_full();
    for right in &scopes {
        let able = Who {
            right: *right,
            ..who.clone()
        };
        if !able.may(&directory) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "not_allowed",
                format!("scopes: you may not {right} yourself, so no token of yours may"),
            ));
        }
    }
    let secret = Secret::api_token();
    let token = ApiToken {
        id: Secret::identifier(),
        person: who.person,
        name: name.to_owned(),
        admin: who.admin,
        scopes,
        hash: secret.hash(),
        created_at: now,
        expires_at: request.expires_at,
    };
    let view = TokenView::from(token.clone());
    see_through(async move {
        let job = Job::AddToken {
            token: token.clone(),
            by: who.actor,
        };
        app.writer.submit(job).await?;
        app.identity.add_token(token);
        Ok(())
    })
    .await?;
    Ok(axum::Json(TokenReply {
        secret: secret.reveal().to_owned(),
        token: view,
    }))
}

/// `GET /v1/tokens`: one's own, or for an administrator all.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    tag = "administration",
    responses((status = 200, description = "Tokens, oldest first", body = Vec<TokenView>), (status = 401, description = "Unknown device", body = Problem)),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<Vec<TokenView>>, ApiError> {
    Ok(axum::Json(own(&app, &who).await?.map(Into::into).collect()))
}

/// `DELETE /v1/tokens/{id}`.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is revoked"), (status = 404, description = "Not one of yours, or for an administrator no token", body = Problem)),
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    IdPath(id): IdPath,
) -> Result<StatusCode, ApiError> {
    if !own(&app, &who).await?.any(|token| token.id == id) {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_token",
            "there is no such token of yours; GET /v1/tokens lists them",
        ));
    }
    see_through(async move {
        let job = Job::RevokeToken {
            token: id.clone(),
            by: who.actor,
        };
        app.writer.submit(job).await?;
        app.identity.remove_token(&id);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn own(app: &Arc<App>, who: &Who) -> Result<impl Iterator<Item = ApiToken>, ApiError> {
    let (admin, person) = (who.admin, who.person.clone());
    let tokens = app.read(|reader| reader.tokens()).await?;
    let is_own = move |token: &ApiToken| admin || token.person == person;
    Ok(tokens.into_iter().filter(is_own))
}
