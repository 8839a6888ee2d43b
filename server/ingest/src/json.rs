//! Tocsin's own format, for scripts and for whatever has no parser of its own.
//!
//! One object, or an array of up to [`ALARMS_MAX`] of them in the order in which things happened:
//!
//! ```json
//! {
//!   "title": "Checkout is down",
//!   "status": "firing",
//!   "severity": "SEV1",
//!   "service": "checkout",
//!   "dedup_key": "checkout-down",
//!   "url": "https://grafana.example/d/checkout",
//!   "details": {"region": "eu-1", "errors_percent": 23}
//! }
//! ```
//!
//! | field | | |
//! |---|---|---|
//! | `title` | string | required where there is no `dedup_key`, and on firing |
//! | `status` | `firing` (default), `acknowledged` or `resolved` | |
//! | `severity` | string or 1 to 5 | by the integration's map; absent or not understood: its default |
//! | `service` | string | one of the integration's services; absent or unknown: the default one |
//! | `dedup_key` | string | default: a hash of service and title. Give the same one, or the same service and title, to acknowledge and resolve |
//! | `url` | string | a web address |
//! | `details` | object | each value as text |
//!
//! This format is ours, so a sender can be told at once: a field of the wrong type, a missing title
//! or an unknown status refuses the body, names the field, and takes nothing of it, so that the
//! whole can be sent again. A severity or a service nobody knows and a field that does not exist
//! cost no alarm and are oddities.

use serde_json::{Map, Value};
use tocsin_ticket::Severity;
use tocsin_wire::Problem;

use crate::details::Details;
use crate::limits::ALARMS_MAX;
use crate::oddity::Oddities;
use crate::{Batch, Integration, Oddity, Signal, Target, body, key, text};

/// The fields there are.
const FIELDS: [&str; 7] = [
    "title",
    "status",
    "severity",
    "service",
    "dedup_key",
    "url",
    "details",
];

/// Reads one body.
///
/// # Errors
///
/// `invalid_utf8`, `not_json`, `wrong_type`, `missing_field`, `unknown_status` (all 400), and
/// `too_many_alarms` (413).
pub fn parse(body: &[u8], integration: &Integration) -> Result<Batch, Problem> {
    let mut reader = Reader::new(integration);
    let signals = match &body::json(body)? {
        Value::Object(alarm) => vec![reader.signal("", alarm)?],
        Value::Array(alarms) if alarms.is_empty() => {
            let detail = "expected at least one alarm, got an empty array".to_owned();
            return Err(body::refuse("missing_field", None, detail));
        }
        Value::Array(alarms) if alarms.len() > ALARMS_MAX => {
            let detail = format!(
                "expected at most {ALARMS_MAX} alarms, got {}; send them in several requests",
                alarms.len()
            );
            return Err(Problem {
                status: 413,
                ..body::refuse("too_many_alarms", None, detail)
            });
        }
        Value::Array(alarms) => alarms
            .iter()
            .enumerate()
            .map(|(index, alarm)| match alarm {
                Value::Object(alarm) => reader.signal(&format!("[{index}]."), alarm),
                other => Err(wrong_type(format!("[{index}]"), "an alarm", other)),
            })
            .collect::<Result<_, _>>()?,
        other => {
            let detail = format!(
                "expected an alarm such as {{\"title\": \"Checkout is down\"}}, or an array of them, got {}",
                text::kind(other)
            );
            return Err(body::refuse("wrong_type", None, detail));
        }
    };
    Ok(Batch {
        signals,
        oddities: reader.finish(),
    })
}

/// Reads alarms of this format one by one.
pub(crate) struct Reader<'a> {
    integration: &'a Integration,
    oddities: Oddities,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(integration: &'a Integration) -> Self {
        Self {
            integration,
            oddities: Oddities::default(),
        }
    }

    /// Notes what was odd before the alarm was in this format.
    pub(crate) fn odd(&mut self, field: String, detail: String) {
        self.oddities.note(|| (field, detail));
    }

    /// What was odd.
    pub(crate) fn finish(self) -> Vec<Oddity> {
        self.oddities.finish()
    }

    /// Reads one alarm; `at` stands before its fields' names in errors.
    pub(crate) fn signal(
        &mut self,
        at: &str,
        alarm: &Map<String, Value>,
    ) -> Result<Signal, Problem> {
        for name in alarm.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            self.oddities.note(|| {
                let name = text::cut(text::line(name), 40).0;
                let detail = format!("unknown field, ignored; there are {}", FIELDS.join(", "));
                (format!("{at}{name}"), detail)
            });
        }
        let string = |name: &str| match alarm.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|it| !it.trim().is_empty())),
            Some(other) => Err(wrong_type(format!("{at}{name}"), "a string", other)),
        };
        let title = string("title")?;
        let status = string("status")?.unwrap_or("firing").trim();
        let service_name = string("service")?;
        let given_key = string("dedup_key")?;
        let url = string("url")?;
        let details = match alarm.get("details") {
            None | Some(Value::Null) => &Value::Null,
            Some(details @ Value::Object(_)) => details,
            Some(other) => return Err(wrong_type(format!("{at}details"), "an object", other)),
        };

        let service = match service_name {
            None => self.integration.service.clone(),
            Some(name) => self.integration.service_named(name).unwrap_or_else(|| {
                let default = self.integration.service.clone();
                self.oddities.note(|| {
                    let detail = format!(
                        "expected one of {}, got {}; taken as {default}",
                        names(self.integration),
                        text::quote(name)
                    );
                    (format!("{at}service"), detail)
                });
                default
            }),
        };
        let severity = self.severity(at, alarm, &service)?;
        let dedup_key = match (given_key, title) {
            (Some(given), _) => key::given(given),
            (None, Some(title)) => key::hashed(
                "alarm",
                [&Value::from(service.as_str()), &Value::from(title)],
            ),
            (None, None) => return Err(no_title(at)),
        };
        let target = |service: tocsin_ticket::ServiceId, dedup_key| Target {
            team: self.integration.team.clone(),
            services: if service_name.is_none() && given_key.is_some() {
                self.integration.all_services()
            } else {
                vec![service]
            },
            dedup_key,
        };
        match status.to_ascii_lowercase().as_str() {
            "firing" => {}
            "acknowledged" => return Ok(Signal::Acknowledged(target(service, dedup_key))),
            "resolved" => return Ok(Signal::Recovered(target(service, dedup_key))),
            _ => {
                let field = format!("{at}status");
                let detail = format!(
                    "{field}: expected firing, acknowledged or resolved, got {}",
                    text::quote(status)
                );
                return Err(body::refuse("unknown_status", Some(field), detail));
            }
        }

        let (clean_title, cut) = text::title(title.unwrap_or_default());
        if clean_title.is_empty() {
            return Err(no_title(at));
        }
        let mut kept = Details::default();
        if cut {
            kept.add("alarm", "title", title.unwrap_or_default());
        }
        kept.add_all("details", details);
        let link = url.and_then(text::url);
        if let (Some(url), None) = (url, &link) {
            self.oddities.note(|| {
                let detail = "expected an http or https address; kept as a detail, not linked";
                (format!("{at}url"), detail.into())
            });
            kept.add("alarm", "url", url);
        }
        Ok(Signal::Fired(self.integration.alarm(
            service,
            dedup_key,
            severity,
            clean_title,
            link,
            kept,
        )))
    }

    fn severity(
        &mut self,
        at: &str,
        alarm: &Map<String, Value>,
        service: &tocsin_ticket::ServiceId,
    ) -> Result<Severity, Problem> {
        let severities = self.integration.severities_of(service);
        let default = severities.default_severity();
        let (understood, got) = match alarm.get("severity").unwrap_or(&Value::Null) {
            Value::Null => return Ok(default),
            Value::String(word) => (severities.read(word), text::quote(word)),
            // Unlike in anybody else's format, a number can only be ours.
            Value::Number(number) => {
                let severity = number.as_u64().and_then(|it| it.to_string().parse().ok());
                (severity, number.to_string())
            }
            other => {
                let what = "SEV1 to SEV5, or 1 to 5";
                return Err(wrong_type(format!("{at}severity"), what, other));
            }
        };
        Ok(understood.unwrap_or_else(|| {
            self.oddities.note(|| {
                let detail = format!("expected SEV1 to SEV5, got {got}; taken as {default}");
                (format!("{at}severity"), detail)
            });
            default
        }))
    }
}

fn names(integration: &Integration) -> String {
    let services = integration.all_services();
    let names: Vec<_> = services.iter().map(|service| service.as_str()).collect();
    names.join(", ")
}

fn no_title(at: &str) -> Problem {
    let field = format!("{at}title");
    let detail = format!("{field}: expected a text for the page screen, got nothing to show");
    body::refuse("missing_field", Some(field), detail)
}

fn wrong_type(field: String, what: &str, got: &Value) -> Problem {
    let detail = format!("{field}: expected {what}, got {}", text::kind(got));
    body::refuse("wrong_type", Some(field), detail)
}
