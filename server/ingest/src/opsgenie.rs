//! Opsgenie's alert API, so that every client of it needs nothing but a new address.
//!
//! Format: <https://docs.opsgenie.com/docs/alert-api>, <https://docs.opsgenie.com/docs/response>
//! and the OpenAPI description in github.com/opsgenie/opsgenie-oas. Opsgenie itself ends in April
//! 2027; its clients stay.
//!
//! Opsgenie answers 202 and works later, so its clients ask by `requestId` what became of a request.
//! Here everything is on disk before the 202. What became of it stands in the [`RequestId`] itself:
//! nothing has to be remembered, and any server can answer at any time.
//!
//! | | from |
//! |---|---|
//! | service | `details.service`, else `entity`, where they name one of the integration's services; else the default one |
//! | dedup key | `alias`; an alert without one gets the caller's fresh one. Longer than 255 characters it counts by its hash |
//! | title | `message` (Opsgenie allows 130 characters; beyond 256 the whole is a detail) |
//! | severity | `priority`, P1 to P5 as SEV1 to SEV5 unless the integration says otherwise |
//! | url | `source`, if it is a web address, as Alertmanager's is |
//! | details | `description`, `details`, `source`, `entity`, `tags`, `responders`, `visibleTo`, `actions`, `user` |
//!
//! Two things differ on purpose. A missing or unknown `priority` is P3 or refused at Opsgenie; here
//! it is the integration's default severity, which pages, because an alarm that nobody graded must
//! not be silent. And `responders` are shown, not obeyed: who is paged is the service's on-call.
//!
//! An alias belongs to the integration, a Tocsin key to the service. Closing, acknowledging and
//! noting by alias therefore look at every service the integration can speak for.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use tocsin_ticket::{Alarm, Millis, TicketId};

use crate::details::Details;
use crate::limits::DETAIL_TEXT_MAX_CHARS;
use crate::oddity::Oddities;
use crate::{Batch, Integration, Signal, Target, body, key, text};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `POST /v2/alerts`.
    Create,
    /// `POST /v2/alerts/{identifier}/close`.
    Close,
    /// `POST /v2/alerts/{identifier}/acknowledge`.
    Acknowledge,
    /// `POST /v2/alerts/{identifier}/notes`.
    AddNote,
}

impl Action {
    const ALL: [Self; 4] = [Self::Create, Self::Close, Self::Acknowledge, Self::AddNote];

    /// Opsgenie's name for it, as the status of a request shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Close => "Close",
            Self::Acknowledge => "Acknowledge",
            Self::AddNote => "AddNote",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Create => "Created alert",
            Self::Close => "Closed alert",
            Self::Acknowledge => "Acknowledged alert",
            Self::AddNote => "Added note",
        }
    }
}

/// How `{identifier}` in a path is meant: the query's `identifierType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierType {
    /// The alert's id, which here is the ticket's number. What it is when nothing is said.
    Id,
    /// The alert's short id: the ticket's number as well.
    Tiny,
    /// What the client called it.
    Alias,
}

impl IdentifierType {
    /// Reads the query's value.
    ///
    /// # Errors
    /// 422, naming the three there are.
    pub fn read(text: Option<&str>) -> Result<Self, Refusal> {
        match text.unwrap_or("id").trim().to_ascii_lowercase().as_str() {
            "id" => Ok(Self::Id),
            "tiny" => Ok(Self::Tiny),
            "alias" => Ok(Self::Alias),
            other => Err(Refusal::field(
                "identifierType",
                format!("expected id, tiny or alias, got {}", text::quote(other)),
            )),
        }
    }
}

/// Why a request is refused, in Opsgenie's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The HTTP status to send it with.
    #[serde(skip)]
    pub http_status: u16,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal about no particular field.
    pub fn new(http_status: u16, message: impl Into<String>) -> Self {
        Self {
            http_status,
            message: message.into(),
            errors: BTreeMap::new(),
        }
    }

    /// 422: a field says what cannot be.
    fn field(name: &str, expected: String) -> Self {
        Self {
            errors: BTreeMap::from([(name.to_owned(), expected)]),
            ..Self::new(
                422,
                "Request body is not processable. Please check the errors.",
            )
        }
    }

    /// 401: no integration has this key.
    #[must_use]
    pub fn unknown_key() -> Self {
        // In Opsgenie's words: there are clients that look for them.
        Self::new(401, "Could not authenticate")
    }

    /// 404: no request has this id. Clients ask again for a while when
    /// [`NOT_PROCESSED`] stands in the header [`ERROR_TYPE`].
    #[must_use]
    pub fn no_such_request() -> Self {
        Self::new(404, "Request not found. It might not be processed, yet.")
    }
}

/// The response header in which clients look for the kind of an error.
pub const ERROR_TYPE: &str = "X-Opsgenie-Errortype";

/// The kind of error of a status that was asked for too early.
pub const NOT_PROCESSED: &str = "RequestNotProcessed";

/// Reads the body of `POST /v2/alerts`.
///
/// `fresh_alias` becomes the alias of an alert that brings none; take a new random one for each
/// request.
///
/// # Errors
/// 400 for what is no JSON, 422 for what is no alert: no object, or without a message.
pub fn create(body: &[u8], integration: &Integration, fresh_alias: &str) -> Result<Batch, Refusal> {
    let fields = object(body)?;
    let message = match fields.get("message").unwrap_or(&Value::Null) {
        Value::Null => Err("Message can not be empty.".to_owned()),
        value => match text::scalar(value) {
            Some(message) if !text::line(&message).is_empty() => Ok(message),
            _ => Err(format!("expected a text, got {}", text::kind(value))),
        },
    };
    let message = message.map_err(|why| Refusal::field("message", why))?;
    let mut oddities = Oddities::default();
    let alias = match fields.get("alias").unwrap_or(&Value::Null) {
        Value::Null => None,
        value => {
            let alias = text::scalar(value);
            if alias.is_none() {
                oddities.note(|| {
                    let got = text::kind(value);
                    let detail = format!("expected a text, got {got}; taken as left out");
                    ("alias".into(), detail)
                });
            }
            alias
        }
    };
    let alias = alias.as_deref().unwrap_or(fresh_alias);
    let alarm = alarm(&fields, integration, &message, alias, &mut oddities);
    let target = Target {
        team: alarm.team.clone(),
        services: vec![alarm.service.clone()],
        dedup_key: alarm.dedup_key.clone(),
    };
    let note = note(&fields).map(|note| Signal::Noted(target, note));
    Ok(Batch {
        signals: core::iter::once(Signal::Fired(alarm)).chain(note).collect(),
        oddities: oddities.finish(),
    })
}

/// Reads the body of a request about an alert that exists. An empty body is fine unless it is
/// about a note.
///
/// # Errors
/// 400 for what is no JSON, 422 for a note that says nothing.
pub fn change(action: Action, body: &[u8], target: Target) -> Result<Batch, Refusal> {
    let fields = if body.is_empty() {
        Map::new()
    } else {
        object(body)?
    };
    let note = note(&fields);
    if action == Action::AddNote && note.is_none() {
        return Err(Refusal::field("note", "Note can not be empty.".to_owned()));
    }
    let noted = note.map(|note| Signal::Noted(target.clone(), note));
    let changed = match action {
        Action::Close => Some(Signal::Recovered(target)),
        Action::Acknowledge => Some(Signal::Acknowledged(target)),
        Action::AddNote | Action::Create => None,
    };
    Ok(Batch {
        // The note first: where the target is an alias, only open tickets are found by it.
        signals: noted.into_iter().chain(changed).collect(),
        oddities: Vec::new(),
    })
}

/// The alerts a client calls so.
#[must_use]
pub fn by_alias(alias: &str, integration: &Integration) -> Target {
    Target {
        team: integration.team.clone(),
        services: integration.all_services(),
        dedup_key: key::given(alias.trim()),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match body::json(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => {
            let got = text::kind(&other);
            Err(Refusal::new(422, format!("expected an object, got {got}")))
        }
        Err(problem) => Err(Refusal::new(400, problem.detail)),
    }
}

/// The note of a request, under the name of who wrote it.
fn note(fields: &Map<String, Value>) -> Option<String> {
    let note = text::block(&text::scalar(fields.get("note")?)?);
    if note.is_empty() {
        return None;
    }
    let user = fields.get("user").and_then(Value::as_str).map(text::line);
    let note = match user.filter(|user| !user.is_empty()) {
        Some(user) => format!("{user}: {note}"),
        None => note,
    };
    Some(text::cut(note, DETAIL_TEXT_MAX_CHARS).0)
}

fn alarm(
    fields: &Map<String, Value>,
    integration: &Integration,
    message: &str,
    alias: &str,
    oddities: &mut Oddities,
) -> Alarm {
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let service = [field("details").get("service"), Some(field("entity"))]
        .into_iter()
        .find_map(|name| integration.service_named(name?.as_str()?))
        .unwrap_or_else(|| integration.service.clone());
    let severities = integration.severities_of(&service);
    let default = severities.default_severity();
    let severity = match field("priority") {
        Value::Null => default,
        value => {
            let word = text::of(value);
            severities.read(&word).unwrap_or_else(|| {
                oddities.note(|| {
                    let got = text::quote(&word);
                    let detail = format!("expected P1 to P5, got {got}; taken as {default}");
                    ("priority".into(), detail)
                });
                default
            })
        }
    };

    let mut details = Details::default();
    let (title, cut) = text::title(message);
    if cut {
        details.add("alert", "message", message);
    }
    details.add_value("alert", "description", field("description"));
    details.add_all("details", field("details"));
    for name in ["source", "entity", "user"] {
        details.add_value("alert", name, field(name));
    }
    for name in ["tags", "responders", "visibleTo", "actions"] {
        details.add("alert", name, &names(field(name)));
    }
    let url = field("source").as_str().and_then(text::url);
    integration.alarm(service, key::given(alias), severity, title, url, details)
}

/// A list of texts, or of people and teams with their kind, on one line.
fn names(value: &Value) -> String {
    let Value::Array(values) = value else {
        return text::of(value).into_owned();
    };
    let name = |value: &Value| {
        let field = |name: &str| value.get(name).and_then(Value::as_str);
        let who = ["name", "username", "id"].into_iter().find_map(field);
        match (field("type"), who) {
            (Some(kind), Some(who)) => format!("{kind} {who}"),
            (None, Some(who)) => who.to_owned(),
            _ => text::of(value).into_owned(),
        }
    };
    values.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The id of a request, which tells what became of it.
///
/// A UUID of version 8 (RFC 9562, section 5.8), so that clients that parse it can: 48 bits of
/// milliseconds since 1970, then what was asked for, whether it was done, 9 random bits, 40 bits of
/// ticket number and 22 random bits. It is no secret and no permission: the status is only shown to
/// the integration's key, of its own team's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    /// What was asked for.
    pub action: Action,
    /// When it was done.
    pub at: Millis,
    /// The ticket it was done to; none: there was none.
    pub ticket: Option<TicketId>,
    /// Random bits, of which 31 are used.
    pub random: u32,
}

impl RequestId {
    /// The words of Opsgenie for what became of the request.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self.ticket {
            Some(_) => self.action.done(),
            None => "Alert does not exist",
        }
    }
}

const TICKET_BITS: u32 = 40;
const LOW_RANDOM_BITS: u32 = 22;

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = u128::from(u64::try_from(self.at.0).unwrap_or_default() & 0xffff_ffff_ffff);
        let ticket = self.ticket.map_or(0, |ticket| ticket.0) & ((1 << TICKET_BITS) - 1);
        let random = u128::from(self.random);
        let low_random = random & ((1 << LOW_RANDOM_BITS) - 1);
        let high_random = (random >> LOW_RANDOM_BITS) & 0x1ff;
        let action = self.action as u128;
        let done = u128::from(self.ticket.is_some());
        let bits = at << 80
            | 8 << 76
            | action << 74
            | done << 73
            | high_random << 64
            | 0b10 << 62
            | u128::from(ticket) << LOW_RANDOM_BITS
            | low_random;
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| &hex[from..to];
        write!(
            f,
            "{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        )
    }
}

/// Not the id of a request that was taken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRequestId;

impl FromStr for RequestId {
    type Err = NoRequestId;

    fn from_str(text: &str) -> Result<Self, NoRequestId> {
        let parts: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let hex = parts.concat();
        if lengths != [8, 4, 4, 4, 12] || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoRequestId);
        }
        let bits = u128::from_str_radix(&hex, 16).map_err(|_| NoRequestId)?;
        let field = |from: u32, length: u32| (bits >> from) as u64 & ((1 << length) - 1);
        if field(76, 4) != 8 || field(62, 2) != 0b10 {
            return Err(NoRequestId);
        }
        let random = field(64, 9) << LOW_RANDOM_BITS | field(0, LOW_RANDOM_BITS);
        Ok(Self {
            action: Action::ALL[field(74, 2) as usize],
            at: Millis(i64::try_from(field(80, 48)).unwrap_or_default()),
            ticket: (field(73, 1) == 1).then(|| TicketId(field(LOW_RANDOM_BITS, TICKET_BITS))),
            random: u32::try_from(random).unwrap_or_default(),
        })
    }
}
