//! Whoever is told outside: webhooks, mailboxes that subscribe to status updates, and who makes
//! bridges for conferences.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tocsin_directory::EventType;
use tocsin_ticket::{Millis, ServiceId, TeamId, TicketId};
use tocsin_wire::Problem;

use super::extract::{Caller, IdPath, Json, Query};
use super::{ApiError, App};
use crate::engine::{Answer, Job, OutboundJob};
use crate::outbound::{Endpoint, Way, endpoints};
use crate::rights::Who;
use crate::secret::Secret;
use crate::store::outbound::{DeadLetter, StoredEndpoint};

/// How long the secret before goes on signing: a working day, to hand the new one over.
const BOTH_SECRETS: Duration = Duration::from_secs(24 * 3600);

/// Dead letters in one answer.
const PAGE: usize = 500;

/// A webhook's secret, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewSecret {
    /// Which webhook; `conference:TEAM` for who makes a team's bridges.
    pub webhook: String,
    /// `whsec_` and 32 bytes in base64, as Standard Webhooks has it.
    pub secret: String,
    /// Until when messages are signed with the secret before as well, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<Millis>,
}

/// What somebody outside is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// One of `[[webhooks]]`.
    Webhook,
    /// A mailbox that subscribes to status updates.
    Mailbox,
    /// The web service that makes bridges for conferences.
    Conference,
}

/// How it is with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// The last attempt was taken, or there was none.
    Well,
    /// The last attempt came to nothing; it is made again.
    Failing,
    /// It answered 410 and is told no more, until somebody asks for a redelivery.
    Gone,
}

/// Somebody who is told outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EndpointView {
    /// The webhook's id; `mail:TEAM:ADDRESS`; `conference:TEAM`.
    pub id: String,
    /// Whose tickets.
    pub team: TeamId,
    /// What it is.
    pub kind: EndpointKind,
    /// On which host. The rest of the address is often a capability, and so not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What it is told of every ticket of the team.
    pub events: Vec<String>,
    /// Whether it subscribes to the status updates of all the team's tickets.
    pub news: bool,
    /// To the status updates of which services it subscribes beside that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub news_of: Vec<ServiceId>,
    /// How it is.
    pub state: EndpointState,
    /// Attempts in a row that came to nothing.
    pub failures: u32,
    /// Why the last one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When the next attempt is made, if the last one came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Millis>,
    /// Until when messages are signed with two secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    /// How many messages were given up on.
    pub dead_letters: u64,
}

impl EndpointView {
    fn new(endpoint: &Endpoint, stored: &StoredEndpoint, dead_letters: u64, now: Millis) -> Self {
        let (kind, url) = match &endpoint.way {
            Way::Hook(url) => (EndpointKind::Webhook, Some(url)),
            Way::Bridge(url) => (EndpointKind::Conference, Some(url)),
            Way::Mail(_) => (EndpointKind::Mailbox, None),
        };
        let host = url.and_then(|url| Some(url::Url::parse(url).ok()?.host_str()?.to_owned()));
        let standing = &stored.standing;
        let state = match (standing.gone, standing.failures) {
            (Some(_), _) => EndpointState::Gone,
            (None, 0) => EndpointState::Well,
            (None, _) => EndpointState::Failing,
        };
        let until = stored.previous.as_ref().map(|(_, until)| *until);
        Self {
            id: endpoint.id.clone(),
            team: endpoint.team.clone(),
            kind,
            host,
            events: endpoint
                .wants
                .events
                .iter()
                .map(EventType::to_string)
                .collect(),
            news: endpoint.wants.news,
            news_of: endpoint.wants.news_of.iter().cloned().collect(),
            state,
            failures: standing.failures,
            why: standing.why.clone(),
            next_attempt_at: (state == EndpointState::Failing).then_some(standing.next_at),
            previous_secret_until: until.filter(|until| now < *until),
            dead_letters,
        }
    }
}

/// A message that was given up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadLetterView {
    /// Its number.
    pub id: u64,
    /// The event's type, such as `ticket.opened`.
    pub event: String,
    /// Of which ticket.
    pub ticket: TicketId,
    /// When it happened.
    pub at: Millis,
    /// When it was last given up on.
    pub died_at: Millis,
    /// How often it was tried.
    pub attempts: u32,
    /// What became of the last attempt.
    pub why: String,
    /// Whether it is about to be sent again.
    pub redelivering: bool,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            event: letter.event,
            ticket: letter.ticket,
            at: letter.at,
            died_at: letter.died_at,
            attempts: letter.attempts,
            why: letter.why,
            redelivering: letter.wanted,
        }
    }
}

/// The body of `POST /v1/webhooks/{id}/redeliver`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RedeliverRequest {
    /// Which dead letter; all of them when left out.
    #[serde(default)]
    pub letter: Option<u64>,
}

/// The answer to [`RedeliverRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RedeliverReply {
    /// How many dead letters are sent again, once each; what still does not arrive stays one.
    pub letters: u64,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LettersQuery {
    /// Only those with greater numbers.
    #[serde(default)]
    after: u64,
}

/// `GET /v1/webhooks`: whoever is told outside of the tickets of one's teams.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    responses((status = 200, description = "In the order of their ids", body = Vec<EndpointView>), (status = 401, description = "Unknown device", body = Problem)),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<Vec<EndpointView>>, ApiError> {
    let stored = app.read(|reader| reader.endpoints()).await?;
    let stored: HashMap<String, (StoredEndpoint, u64)> = stored
        .into_iter()
        .map(|(endpoint, dead)| (endpoint.id.clone(), (endpoint, dead)))
        .collect();
    let now = app.now();
    let views = own(&app, &who).filter_map(|endpoint| {
        let (stored, dead) = stored.get(&endpoint.id)?;
        Some(EndpointView::new(&endpoint, stored, *dead, now))
    });
    Ok(axum::Json(views.collect()))
}

/// `GET /v1/webhooks/{id}/dead-letters`: what it was not told.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}/dead-letters",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id"), LettersQuery),
    responses((status = 200, description = "At most 500, oldest first", body = Vec<DeadLetterView>), (status = 404, description = "None of one's teams", body = Problem)),
)]
pub(super) async fn dead_letters(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    IdPath(id): IdPath,
    Query(query): Query<LettersQuery>,
) -> Result<axum::Json<Vec<DeadLetterView>>, ApiError> {
    let id = must_be_own(&app, &who, id)?;
    let letters = app
        .read(move |reader| reader.dead_letters(&id, query.after, PAGE))
        .await?;
    Ok(axum::Json(letters.into_iter().map(Into::into).collect()))
}

/// `POST /v1/webhooks/{id}/redeliver`: sends dead letters again, and tries somebody again at once
/// who does not answer or who answered 410.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/redeliver",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    request_body = RedeliverRequest,
    responses((status = 200, description = "They are sent", body = RedeliverReply), (status = 403, description = "Not a manager", body = Problem), (status = 404, description = "None of one's teams, or no such letter", body = Problem)),
)]
pub(super) async fn redeliver(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    IdPath(id): IdPath,
    Json(request): Json<RedeliverRequest>,
) -> Result<axum::Json<RedeliverReply>, ApiError> {
    let endpoint = must_be_own(&app, &who, id)?;
    let letter = request.letter;
    let job = OutboundJob::SendAgain { endpoint, letter };
    match app.writer.submit(Job::Outbound(Box::new(job))).await? {
        Answer::SentAgain(0) if letter.is_some() => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_letter",
            "letter: there is no such dead letter; GET /v1/webhooks/{id}/dead-letters lists them",
        )),
        Answer::SentAgain(letters) => Ok(axum::Json(RedeliverReply { letters })),
        _ => Err(no_such_webhook()),
    }
}

/// `POST /v1/webhooks/{id}/rotate`: a new secret. For 24 hours messages are signed with the one
/// before as well.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/rotate",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The secret, shown once", body = NewSecret), (status = 403, description = "Not an administrator", body = Problem), (status = 404, description = "There is none, or it has no secret", body = Problem)),
)]
pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    IdPath(id): IdPath,
) -> Result<axum::Json<NewSecret>, ApiError> {
    let webhook = must_be_own(&app, &who, id)?;
    let secret = Secret::signing_secret();
    let previous_until = app.now() + BOTH_SECRETS;
    let job = OutboundJob::Rotate {
        endpoint: webhook.clone(),
        secret: secret.clone(),
        previous_until,
        by: who.actor,
    };
    match app.writer.submit(Job::Outbound(Box::new(job))).await? {
        Answer::Done => Ok(axum::Json(NewSecret {
            webhook,
            secret: secret.reveal().to_owned(),
            previous_until: Some(previous_until),
        })),
        _ => Err(no_such_webhook()),
    }
}

/// Whoever is told of the tickets of somebody's teams, in the order of their ids.
fn own(app: &App, who: &Who) -> impl Iterator<Item = Endpoint> {
    let directory = app.directory.load_full();
    let teams = who.teams(&directory);
    let all = endpoints(directory.config()).into_values();
    all.filter(move |endpoint| teams.contains(&endpoint.team))
}

fn must_be_own(app: &App, who: &Who, id: String) -> Result<String, ApiError> {
    if own(app, who).any(|endpoint| endpoint.id == id) {
        Ok(id)
    } else {
        Err(no_such_webhook())
    }
}

fn no_such_webhook() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_webhook",
        "there is no such webhook in your teams; GET /v1/webhooks lists them",
    )
}
