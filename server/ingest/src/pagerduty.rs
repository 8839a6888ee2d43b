//! PagerDuty's Events API v2, so that every client of it needs nothing but a new address.
//!
//! Format: <https://developer.pagerduty.com/docs/send-alert-event> and the OpenAPI description
//! `reference/events-v2/openapiv3.json` in github.com/PagerDuty/api-schema.
//!
//! The routing key stands in the body, so reading takes two steps: [`Event::parse`] gives the key,
//! the server finds the [`Integration`], and [`Event::read`] gives the signal and the reply.
//!
//! The shape is a contract, and a sender who breaks it is told so by the documented 400 at the first
//! try: `routing_key` and `event_action` always, `dedup_key` on acknowledge and resolve, and
//! `payload.summary`, `payload.source` and `payload.severity` on trigger are required and are
//! strings. What stands *in* these strings comes from templates filled in at night, so on a trigger
//! an odd value costs no alarm: Alertmanager sends `"severity": ""` for a group of mixed severities
//! and does not try again after the 400 that PagerDuty answers. Here it is the integration's
//! default severity.
//!
//! | | from |
//! |---|---|
//! | service | `payload.custom_details.service`, else `payload.component`, where they name one of the integration's services; else the default one |
//! | dedup key | `dedup_key`; a trigger without one gets the caller's fresh one. Longer than 255 characters it counts by its hash |
//! | title | `payload.summary` (PagerDuty allows 1024 characters; beyond 256 the whole is a detail) |
//! | url | the first web address of `client_url` and `links` |
//! | details | `custom_details`, `source`, `component`, `group`, `class`, `timestamp`, `client`, `links`, `images` |
//!
//! PagerDuty's dedup keys belong to the routing key, Tocsin's to the service. An acknowledge or a
//! resolve therefore looks at every service the integration can speak for, the one its payload
//! names first. Triggers of one key that name different services open a ticket for each.

use core::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tocsin_ticket::ServiceId;

use crate::details::Details;
use crate::oddity::Oddities;
use crate::{Batch, Integration, Signal, Target, body, key, text};

/// A reply as the Events API v2 documents it; serialise it as the body of [`Reply::http_status`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The HTTP status to send it with.
    #[serde(skip)]
    pub http_status: u16,
    /// `success`, or a short name of the error.
    pub status: &'static str,
    /// What happened, in a sentence.
    pub message: &'static str,
    /// The key to acknowledge and resolve the alarm with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// What is wrong with the event, each naming its field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

impl Reply {
    const fn new(http_status: u16, status: &'static str, message: &'static str) -> Self {
        Self {
            http_status,
            status,
            message,
            dedup_key: None,
            errors: Vec::new(),
        }
    }

    /// 202: the event is taken, and on disk.
    #[must_use]
    pub fn processed(dedup_key: String) -> Self {
        Self {
            dedup_key: Some(dedup_key),
            ..Self::new(202, "success", "Event processed")
        }
    }

    /// 400: the body is no event at all.
    #[must_use]
    pub fn unrecognized(error: String) -> Self {
        Self {
            errors: vec![error],
            ..Self::new(
                400,
                "Unrecognized object",
                "Event object format is unrecognized",
            )
        }
    }

    /// 400: the event breaks the contract in these ways.
    #[must_use]
    pub fn invalid(errors: Vec<String>) -> Self {
        Self {
            errors,
            ..Self::new(400, "invalid event", "Event object is invalid")
        }
    }

    /// 400: no integration has this routing key.
    #[must_use]
    pub fn unknown_routing_key() -> Self {
        Self::invalid(vec![
            "'routing_key' is not the key of any integration; check the key".into(),
        ])
    }

    /// 429: too many events at once; clients of this API send the event again.
    #[must_use]
    pub fn throttled() -> Self {
        // Two spaces, as PagerDuty sends it: there are clients that compare.
        let message = "Requests for this service are arriving too quickly.  Please retry later.";
        Self::new(429, "throttle exceeded", message)
    }

    /// 503: the event could not be stored now; clients of this API send the event again.
    #[must_use]
    pub fn unavailable() -> Self {
        let message = "Event could not be stored. Please retry later.";
        Self::new(503, "internal error", message)
    }
}

/// What an event asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Trigger,
    Acknowledge,
    Resolve,
}

/// An event whose shape is right and whose integration is not known yet.
#[derive(Clone, PartialEq)]
pub struct Event {
    routing_key: String,
    action: Action,
    dedup_key: Option<String>,
    payload: Map<String, Value>,
    root: Map<String, Value>,
}

impl fmt::Debug for Event {
    /// Without the routing key, which is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("action", &self.action)
            .field("dedup_key", &self.dedup_key)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Reads the body of `POST /v2/enqueue` or `/v2/alerts/enqueue`.
    ///
    /// # Errors
    ///
    /// The documented 400: "Unrecognized object" for what is not a JSON object, "invalid event"
    /// with all errors at once for an object that breaks the contract.
    pub fn parse(body: &[u8]) -> Result<Self, Reply> {
        let root = body::json(body).map_err(|problem| {
            Reply::unrecognized(format!("JSON parse error: {}", problem.detail))
        })?;
        let Value::Object(mut root) = root else {
            let got = text::kind(&root);
            return Err(Reply::unrecognized(format!(
                "expected an object, got {got}"
            )));
        };

        let mut errors = Vec::new();
        // Taken out, so that it cannot end up in a detail.
        let routing_key = match root.remove("routing_key").unwrap_or_default() {
            Value::String(key) if !key.trim().is_empty() => key.trim().to_owned(),
            other => {
                errors.push(expected("routing_key", "the integration's key", &other));
                String::new()
            }
        };
        let action = match root.get("event_action").unwrap_or(&Value::Null) {
            Value::String(word) => match word.trim().to_ascii_lowercase().as_str() {
                "trigger" => Some(Action::Trigger),
                "acknowledge" => Some(Action::Acknowledge),
                "resolve" => Some(Action::Resolve),
                _ => {
                    errors.push(format!(
                        "'event_action': expected trigger, acknowledge or resolve, got {}",
                        text::quote(word)
                    ));
                    None
                }
            },
            other => {
                errors.push(expected(
                    "event_action",
                    "trigger, acknowledge or resolve",
                    other,
                ));
                None
            }
        };
        let triggers = action == Some(Action::Trigger);
        let dedup_key = match root.get("dedup_key").unwrap_or(&Value::Null) {
            Value::String(key) if !key.trim().is_empty() => Some(key.clone()),
            Value::Null | Value::String(_) if triggers => None,
            other => {
                if action.is_some() || !other.is_null() {
                    errors.push(expected("dedup_key", "the key of the alarm", other));
                }
                None
            }
        };
        let payload = match root.remove("payload").unwrap_or_default() {
            Value::Object(payload) => {
                for name in ["summary", "source", "severity"] {
                    let value = payload.get(name).unwrap_or(&Value::Null);
                    if triggers && !value.is_string() {
                        errors.push(expected(&format!("payload.{name}"), "a string", value));
                    }
                }
                payload
            }
            other => {
                if triggers {
                    errors.push(expected("payload", "an object", &other));
                }
                Map::new()
            }
        };
        match action {
            Some(action) if errors.is_empty() => Ok(Self {
                routing_key,
                action,
                dedup_key,
                payload,
                root,
            }),
            _ => Err(Reply::invalid(errors)),
        }
    }

    /// The integration's key. A secret: look it up by its hash, and show it to nobody.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.routing_key
    }

    /// The signal of this event, and the reply to send once it is on disk.
    ///
    /// `fresh_key` becomes the dedup key of a trigger that brings none; take a new random one for
    /// each event.
    #[must_use]
    pub fn read(self, integration: &Integration, fresh_key: &str) -> (Batch, Reply) {
        let mut oddities = Oddities::default();
        let named = self.service(integration);
        let sent_key = self.dedup_key.as_deref().unwrap_or(fresh_key);
        let dedup_key = key::given(sent_key);
        let reply = Reply::processed(sent_key.to_owned());
        let target = |dedup_key| {
            let mut services = integration.all_services();
            if let Some(named) = &named {
                services.retain(|service| service != named);
                services.insert(0, named.clone());
            }
            Target {
                team: integration.team.clone(),
                services,
                dedup_key,
            }
        };
        let signal = match self.action {
            Action::Acknowledge => Signal::Acknowledged(target(dedup_key)),
            Action::Resolve => Signal::Recovered(target(dedup_key)),
            Action::Trigger => {
                let service = named.unwrap_or_else(|| integration.service.clone());
                Signal::Fired(self.alarm(integration, service, dedup_key, &mut oddities))
            }
        };
        let batch = Batch {
            signals: vec![signal],
            oddities: oddities.finish(),
        };
        (batch, reply)
    }

    fn service(&self, integration: &Integration) -> Option<ServiceId> {
        let details = self.payload.get("custom_details");
        [
            details.and_then(|details| details.get("service")),
            self.payload.get("component"),
        ]
        .into_iter()
        .find_map(|name| integration.service_named(name?.as_str()?))
    }

    fn alarm(
        &self,
        integration: &Integration,
        service: ServiceId,
        dedup_key: String,
        oddities: &mut Oddities,
    ) -> tocsin_ticket::Alarm {
        let payload = |name: &str| self.payload.get(name).unwrap_or(&Value::Null);
        let root = |name: &str| self.root.get(name).unwrap_or(&Value::Null);
        let severity_word = text::of(payload("severity"));
        let severities = integration.severities_of(&service);
        let severity = severities.read(&severity_word).unwrap_or_else(|| {
            let default = severities.default_severity();
            oddities.note(|| {
                let detail = format!(
                    "expected critical, error, warning or info, got {}; taken as {default}",
                    text::quote(&severity_word)
                );
                ("payload.severity".into(), detail)
            });
            default
        });

        let mut details = Details::default();
        let summary = text::of(payload("summary"));
        let source = text::of(payload("source"));
        let (mut title, cut) = text::title(&summary);
        if title.is_empty() {
            oddities.note(|| {
                let detail = "expected a text, got a blank one; the source stands in for it";
                ("payload.summary".into(), detail.into())
            });
            title = text::title(&format!("An alarm without a summary from {source}")).0;
        }
        if cut {
            details.add("payload", "summary", &summary);
        }
        for name in ["source", "component", "group", "class", "timestamp"] {
            details.add_value("payload", name, payload(name));
        }
        details.add_value("event", "client", root("client"));
        details.add_all("custom_details", payload("custom_details"));
        let links = list(
            root("links"),
            "href",
            "text",
            "links",
            &mut details,
            oddities,
        );
        list(
            root("images"),
            "src",
            "alt",
            "images",
            &mut details,
            oddities,
        );
        let client_url = root("client_url");
        details.add_value("event", "client_url", client_url);

        let url = client_url
            .as_str()
            .and_then(text::url)
            .or_else(|| links.iter().find_map(|link| text::url(link)));
        integration.alarm(service, dedup_key, severity, title, url, details)
    }
}

/// Keeps the entries of `links` or `images` as details, each its address after its caption, and
/// gives back their addresses.
fn list<'a>(
    value: &'a Value,
    address: &str,
    caption: &str,
    name: &str,
    details: &mut Details,
    oddities: &mut Oddities,
) -> Vec<&'a str> {
    let Value::Array(entries) = value else {
        if !value.is_null() {
            oddities.note(|| {
                let detail = format!("expected an array, got {}", text::kind(value));
                (name.to_owned(), detail)
            });
            details.add_value("event", name, value);
        }
        return Vec::new();
    };
    let mut addresses = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let field = |field: &str| entry.get(field).and_then(Value::as_str);
        let name = format!("{name}[{index}]");
        match (field(address), field(caption)) {
            (Some(address), caption) => {
                addresses.push(address);
                let caption = caption.map(|text| format!("{text}: ")).unwrap_or_default();
                details.add("event", &name, &format!("{caption}{address}"));
            }
            (None, _) => {
                oddities.note(|| {
                    let got = text::kind(entry);
                    let detail = format!("expected an object with {address}, got {got}");
                    (name.clone(), detail)
                });
                details.add_value("event", &name, entry);
            }
        }
    }
    addresses
}

fn expected(field: &str, what: &str, got: &Value) -> String {
    match got {
        Value::Null => format!("'{field}' is missing: expected {what}"),
        Value::String(text) if text.trim().is_empty() => {
            format!("'{field}' is blank: expected {what}")
        }
        other => format!("'{field}': expected {what}, got {}", text::kind(other)),
    }
}
