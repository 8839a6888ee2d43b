//! Trying a payload: which tickets it would make, of whom, and why so bad. Nothing is kept and nobody
//! is paged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_ingest::sns::Envelope;
use tocsin_ingest::{
    Batch, Integration, Oddity, SeverityMap, Signal, Target, alertmanager, cloudwatch, email, json,
    opsgenie, pagerduty,
};
use tocsin_ticket::{Alarm, Millis, ServiceId, Severity};
use tocsin_wire::{Person, Problem};

use super::extract::{Body, Caller, Query};
use super::{ApiError, App};

/// In which format the payload is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `/in/KEY/json`: the integration's templates, or Tocsin's own format.
    #[default]
    Json,
    /// `/in/KEY/alertmanager` and `/in/KEY/grafana`.
    Alertmanager,
    /// `/in/KEY/cloudwatch`; the signature is not looked at.
    Cloudwatch,
    /// `/in/KEY/email`.
    Email,
    /// `/v2/enqueue`.
    Pagerduty,
    /// `/v2/alerts`.
    Opsgenie,
}

/// How to try it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewQuery {
    /// The format of the body; `json` unless said otherwise.
    #[serde(default)]
    format: Format,
}

/// Why an alarm is as severe as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityFrom {
    /// The payload says so, in a word that everybody understands.
    Payload,
    /// The payload says so, in a word of the integration's or the service's `severities`.
    OwnWord,
    /// The payload says nothing that is understood: the integration's or the service's default.
    Default,
}

/// What one alarm of a payload would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum Preview {
    /// Opens a ticket, or counts for the one that is open.
    Fires {
        /// The service it is about.
        service: ServiceId,
        /// What comes again under this key is the same ticket.
        dedup_key: String,
        /// The line on the pager.
        title: String,
        /// How bad.
        severity: Severity,
        /// Why so bad.
        severity_from: SeverityFrom,
        /// Whether a ticket of this severity pages.
        pages: bool,
        /// Whose it would be now.
        owner: Person,
        /// The link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Labels and the like.
        details: BTreeMap<String, String>,
    },
    /// Checks in on the open tickets under this key.
    Acknowledges {
        /// Where they are looked for.
        services: Vec<ServiceId>,
        /// The key.
        dedup_key: String,
    },
    /// Resolves the open tickets under this key.
    Resolves {
        /// Where they are looked for.
        services: Vec<ServiceId>,
        /// The key.
        dedup_key: String,
    },
    /// Adds a note to the open tickets under this key.
    Notes {
        /// Where they are looked for.
        services: Vec<ServiceId>,
        /// The key.
        dedup_key: String,
        /// What it says.
        text: String,
    },
}

/// What a payload would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewReply {
    /// One element for each alarm, in the payload's order.
    pub alarms: Vec<Preview>,
    /// What was odd about it, and how it was read.
    #[schema(value_type = Vec<Object>)]
    pub oddities: Vec<Oddity>,
}

/// `POST /v1/integrations/{id}/preview`: the tickets that a payload would make.
#[utoipa::path(
    post,
    path = "/v1/integrations/{id}/preview",
    tag = "alarms",
    operation_id = "preview",
    params(("id" = String, Path, description = "The integration's id"), PreviewQuery),
    request_body(content = Object, description = "A payload as the integration's source sends it"),
    responses((status = 200, description = "What it would do; nothing was done", body = PreviewReply), (status = 400, description = "Not of this format", body = Problem), (status = 401, description = "Unknown device", body = Problem), (status = 404, description = "No such integration in the caller's teams", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Query(query): Query<PreviewQuery>,
    Body(body): Body,
) -> Result<axum::Json<PreviewReply>, ApiError> {
    let directory = app.directory.load_full();
    let teams = who.teams(&directory);
    let integration = directory
        .integration(&id)
        .filter(|integration| teams.contains(&integration.team))
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "no_such_integration",
                "id: expected the id of an integration of one of your teams",
            )
        })?;
    let read = |integration: &Integration| read(query.format, &body, integration, &directory);
    let Batch { signals, oddities } = read(integration)?;
    let why = Why::of(integration, read)?;
    let now = app.now();
    let alarms = signals.into_iter().enumerate();
    let alarms = alarms.filter_map(|(at, signal)| {
        Some(match signal {
            Signal::Fired(alarm) => fires(alarm, why.at(at), &directory, now)?,
            Signal::Acknowledged(Target {
                services,
                dedup_key,
                ..
            }) => Preview::Acknowledges {
                services,
                dedup_key,
            },
            Signal::Recovered(Target {
                services,
                dedup_key,
                ..
            }) => Preview::Resolves {
                services,
                dedup_key,
            },
            Signal::Noted(target, text) => Preview::Notes {
                services: target.services,
                dedup_key: target.dedup_key,
                text,
            },
        })
    });
    Ok(axum::Json(PreviewReply {
        alarms: alarms.collect(),
        oddities,
    }))
}

/// Reads the payload as its route would.
fn read(
    format: Format,
    body: &[u8],
    integration: &Integration,
    directory: &Directory,
) -> Result<Batch, Problem> {
    // What would be drawn at random is shown as that.
    const FRESH: &str = "a new one each time";
    let refused = |status, message: String, errors: String| Problem {
        status,
        code: "invalid_payload".to_owned(),
        detail: format!("{message} {errors}").trim().to_owned(),
        field: None,
    };
    match format {
        Format::Json => match directory.templates(&integration.id) {
            Some(templates) => templates.parse(body, integration),
            None => json::parse(body, integration),
        },
        Format::Alertmanager => alertmanager::parse(body, integration),
        Format::Cloudwatch => Ok(cloudwatch::read(&Envelope::parse(body)?, integration)),
        Format::Email => email::parse(body, integration),
        Format::Pagerduty => match pagerduty::Event::parse(body) {
            Ok(event) => Ok(event.read(integration, FRESH).0),
            Err(reply) => Err(refused(
                reply.http_status,
                format!("{}:", reply.message),
                reply.errors.join("; "),
            )),
        },
        Format::Opsgenie => opsgenie::create(body, integration, FRESH).map_err(|refusal| {
            let errors = refusal.errors.iter();
            let errors: Vec<String> = errors
                .map(|(field, why)| format!("{field}: {why}"))
                .collect();
            refused(refusal.http_status, refusal.message, errors.join("; "))
        }),
    }
}

/// What the severities of a payload depend on, found by reading it again without one and the other:
/// so the answer is true of any format.
struct Why {
    other_default: Vec<Option<Severity>>,
    no_own_words: Vec<Option<Severity>>,
    as_it_is: Vec<Option<Severity>>,
}

impl Why {
    fn of(
        integration: &Integration,
        read: impl Fn(&Integration) -> Result<Batch, Problem>,
    ) -> Result<Self, Problem> {
        let with = |change: fn(&SeverityMap) -> SeverityMap| {
            let mut integration = integration.clone();
            integration.severities = change(&integration.severities);
            for own in integration.severities_by_service.values_mut() {
                *own = change(own);
            }
            let severities = read(&integration)?.signals.into_iter();
            Ok(severities
                .map(|signal| match signal {
                    Signal::Fired(alarm) => Some(alarm.severity),
                    _ => None,
                })
                .collect())
        };
        Ok(Self {
            as_it_is: with(Clone::clone)?,
            other_default: with(|map| {
                let other = match map.default_severity() {
                    Severity::Sev1 => Severity::Sev2,
                    _ => Severity::Sev1,
                };
                map.clone().with_default(other)
            })?,
            no_own_words: with(|map| SeverityMap::default().with_default(map.default_severity()))?,
        })
    }

    fn at(&self, signal: usize) -> SeverityFrom {
        let as_it_is = self.as_it_is.get(signal);
        if self.other_default.get(signal) != as_it_is {
            SeverityFrom::Default
        } else if self.no_own_words.get(signal) != as_it_is {
            SeverityFrom::OwnWord
        } else {
            SeverityFrom::Payload
        }
    }
}

/// `None` when there is nobody in the team any more.
fn fires(
    alarm: Alarm,
    severity_from: SeverityFrom,
    directory: &Directory,
    now: Millis,
) -> Option<Preview> {
    let owner = directory.chain(&alarm.team, now)?.on_call().clone();
    let name = directory.person(&owner).map(|person| person.name.clone());
    let policy = directory.policy_of(&alarm.service);
    Some(Preview::Fires {
        severity_from,
        pages: policy.is_some_and(|policy| policy.limits(alarm.severity).is_some()),
        owner: Person {
            name: name.unwrap_or_else(|| owner.to_string()),
            id: owner,
        },
        service: alarm.service,
        dedup_key: alarm.dedup_key,
        title: alarm.title,
        severity: alarm.severity,
        url: alarm.url,
        details: alarm.details,
    })
}
