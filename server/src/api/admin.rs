//! Configuring the server: the file of teams, enrolment codes, integration keys.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tocsin_directory::{Config, diff, moved_shifts};
use tocsin_ticket::{Millis, PersonId};
use tocsin_wire::Problem;

use super::extract::{Body, Caller, Json, Query};
use super::webhooks::NewSecret;
use super::{ApiError, App, see_through};
use crate::engine::Job;
use crate::outbound::endpoints;
use crate::secret::Secret;
use crate::store::Code;

/// How long an enrolment code works (OWASP ASVS 5.0, 6.6: at most ten minutes).
pub(crate) const CODE_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ApplyQuery {
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// Apply it although it moves somebody's shift within two weeks.
    #[serde(default)]
    confirm: bool,
}

/// An integration's key, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewKey {
    /// Which integration.
    pub integration: String,
    /// Its key.
    pub key: String,
}

/// The answer to `PUT /v1/config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApplyReply {
    /// Whether it is in force now.
    pub applied: bool,
    /// What is different from before, a line each; empty when nothing is.
    pub changes: Vec<String>,
    /// Whose shifts within two weeks move from when to when, a line each: with any, the file is
    /// applied only when that is confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_shifts: Vec<String>,
    /// First keys of new integrations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<NewKey>,
    /// First secrets of new webhooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhook_secrets: Vec<NewSecret>,
}

/// `PUT /v1/config?dry_run=true&confirm=true`: the body is the TOML file.
#[utoipa::path(
    put,
    path = "/v1/config",
    tag = "administration",
    params(ApplyQuery),
    request_body(content = String, content_type = "application/toml"),
    responses((status = 200, description = "What changed, or would", body = ApplyReply), (status = 409, description = "It would move somebody's shift within two weeks: whose, and from when to when", body = Problem), (status = 422, description = "Mistakes in the file, all of them", body = Problem), (status = 403, description = "Not an administrator", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn apply(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Query(query): Query<ApplyQuery>,
    Body(body): Body,
) -> Result<axum::Json<ApplyReply>, ApiError> {
    let text = std::str::from_utf8(&body)
        .map_err(|error| ApiError::field("body", format_args!("TOML in UTF-8: {error}")))?;
    let config = Config::parse(text).map_err(|errors| {
        ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_config",
            errors.in_file("configuration"),
        )
    })?;
    let now = app.now();
    let before = app.directory.load_full();
    let changes: Vec<String> = diff(before.config(), &config, now)
        .iter()
        .map(ToString::to_string)
        .collect();
    let after = before.with_config(config.clone());
    let moved_shifts: Vec<String> = moved_shifts(&before, &after, now)
        .iter()
        .map(ToString::to_string)
        .collect();
    if query.dry_run || changes.is_empty() {
        return Ok(axum::Json(ApplyReply {
            applied: false,
            changes,
            moved_shifts,
            keys: Vec::new(),
            webhook_secrets: Vec::new(),
        }));
    }
    if !moved_shifts.is_empty() && !query.confirm {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "moves_shifts",
            format!(
                "this would move shifts within two weeks; ask whom it concerns, and send it again \
                 with ?confirm=true to apply it all the same:\n{}",
                moved_shifts.join("\n")
            ),
        ));
    }
    let new_keys: Vec<(String, Secret)> = config
        .integrations()
        .keys()
        .filter(|integration| !app.identity.has_key(integration))
        .map(|integration| (integration.clone(), Secret::integration_key()))
        .collect();
    let new_secrets = first_secrets(&app, &config).await?;
    let job = Job::Apply {
        text: text.to_owned(),
        config: Box::new(config),
        keys: new_keys
            .iter()
            .map(|(name, key)| (name.clone(), key.hash()))
            .collect(),
        secrets: new_secrets.clone(),
        by: who.actor,
    };
    let hashes: Vec<_> = new_keys
        .iter()
        .map(|(name, key)| (name.clone(), key.hash()))
        .collect();
    see_through(async move {
        app.writer.submit(job).await?;
        for (integration, key) in &hashes {
            app.identity.set_key(integration, *key);
        }
        Ok(())
    })
    .await?;
    tracing::info!(by = %who.person, changes = changes.len(), "a configuration was applied");
    let keys = new_keys
        .into_iter()
        .map(|(integration, key)| NewKey {
            integration,
            key: key.reveal().to_owned(),
        })
        .collect();
    Ok(axum::Json(ApplyReply {
        applied: true,
        changes,
        moved_shifts,
        keys,
        webhook_secrets: new_secrets
            .into_iter()
            .map(|(webhook, secret)| NewSecret {
                webhook,
                secret: secret.reveal().to_owned(),
                previous_until: None,
            })
            .collect(),
    }))
}

/// Secrets for those outside who are told with signatures and have none yet.
async fn first_secrets(app: &Arc<App>, config: &Config) -> Result<Vec<(String, Secret)>, ApiError> {
    let known = app.read(|reader| reader.endpoints()).await?;
    let is_known = |id: &str| known.iter().any(|(endpoint, _)| endpoint.id == id);
    let signed = endpoints(config).into_values();
    let new = signed.filter(|endpoint| endpoint.is_signed() && !is_known(&endpoint.id));
    Ok(new
        .map(|endpoint| (endpoint.id, Secret::signing_secret()))
        .collect())
}

/// `GET /v1/config`: the file applied last, as it was written.
#[utoipa::path(
    get,
    path = "/v1/config",
    tag = "administration",
    responses((status = 200, description = "The file applied last", content_type = "application/toml", body = String), (status = 403, description = "Not an administrator", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn config(
    State(app): State<Arc<App>>,
    Caller(_): Caller,
) -> Result<Response, ApiError> {
    let text = app.read(|reader| reader.config()).await?;
    Ok((
        [(CONTENT_TYPE, "application/toml")],
        text.unwrap_or_default(),
    )
        .into_response())
}

/// The body of `POST /v1/codes`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodeRequest {
    /// Whose device it will enrol.
    pub person: PersonId,
    /// Whether that device may configure the server.
    #[serde(default)]
    pub admin: bool,
}

/// The answer to [`CodeRequest`].
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodeReply {
    /// Works once.
    pub code: String,
    /// Until when.
    pub expires_at: Millis,
}

/// `POST /v1/codes`: a new enrolment code; the person's older ones stop working.
#[utoipa::path(
    post,
    path = "/v1/codes",
    tag = "administration",
    request_body = CodeRequest,
    responses((status = 200, description = "A code", body = CodeReply), (status = 400, description = "No such person", body = Problem), (status = 403, description = "Not an administrator", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn code(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<CodeRequest>,
) -> Result<axum::Json<CodeReply>, ApiError> {
    if app.directory.load().person(&request.person).is_none() {
        return Err(ApiError::field(
            "person",
            format_args!(
                "the id of somebody in the applied configuration, got {:?}; add them and apply it",
                request.person.as_str()
            ),
        ));
    }
    let code = Secret::enrolment_code();
    let expires_at = app.now() + CODE_LIFETIME;
    let job = Job::GiveCode {
        code: Code {
            hash: code.hash(),
            person: request.person,
            admin: request.admin,
            expires_at,
        },
        by: who.actor,
    };
    app.writer.submit(job).await?;
    Ok(axum::Json(CodeReply {
        code: code.reveal().to_owned(),
        expires_at,
    }))
}

/// The body of `POST /v1/keys`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyRequest {
    /// Which integration gets a new key.
    pub integration: String,
}

/// The answer to [`KeyRequest`].
pub type KeyReply = NewKey;

/// `POST /v1/keys`: a new key for an integration; the old one stops working.
#[utoipa::path(
    post,
    path = "/v1/keys",
    tag = "administration",
    request_body = KeyRequest,
    responses((status = 200, description = "A key", body = NewKey), (status = 400, description = "No such integration", body = Problem), (status = 403, description = "Not an administrator", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn key(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<KeyRequest>,
) -> Result<axum::Json<KeyReply>, ApiError> {
    let integration = request.integration;
    if app.directory.load().integration(&integration).is_none() {
        return Err(ApiError::field(
            "integration",
            format_args!("one of the applied configuration, got {integration:?}"),
        ));
    }
    let key = Secret::integration_key();
    let (hash, name) = (key.hash(), integration.clone());
    see_through(async move {
        let job = Job::SetKey {
            integration: name.clone(),
            key: hash,
            by: who.actor,
        };
        app.writer.submit(job).await?;
        app.identity.set_key(&name, hash);
        Ok(())
    })
    .await?;
    Ok(axum::Json(NewKey {
        integration,
        key: key.reveal().to_owned(),
    }))
}
