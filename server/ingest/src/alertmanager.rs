//! Prometheus Alertmanager's webhook, and Grafana alerting's, which sends a superset of it.
//!
//! Format: <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config> (version "4")
//! and <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
//! (which calls the same thing version "1"). The version is not looked at: only the fields count,
//! and unknown ones are ignored.
//!
//! One notification holds the alerts of a group, firing and resolved ones mixed under a top-level
//! `status` of "firing". How each alert is read:
//!
//! | | from |
//! |---|---|
//! | fires or recovers | its own `status`; anything but "resolved" fires. The top-level one is not looked at |
//! | dedup key | `fingerprint`; without one, a hash of its labels; without labels, of its group, annotations and `generatorURL`. Never the summary alone |
//! | service | label `service`, if it names one of the integration's services; else the default one |
//! | severity | label `severity`, else label `priority`, by the integration's map; else its default |
//! | title | annotation `summary`, `title` or `message`; else label `alertname` and `instance`; else annotation `description` |
//! | url | the first web address of `panelURL`, `dashboardURL`, `generatorURL` and the group's `externalURL`. Never `silenceURL`: one tap too many and nobody is paged |
//! | details | annotations, labels, and the alert's other fields, in this order of worth |
//!
//! Alertmanager does not send a notification again that was answered with 4xx, so almost nothing
//! is: only a body that is not a JSON object with an array `alerts`. Everything else is read as
//! well as it can be, and an alert that cannot be read at all becomes an alarm that says so.
//!
//! Every firing alert is one alarm, also when two of one notification have the same fingerprint (the
//! second counts as a repetition); if one fires and one is resolved, the key fires, for only one
//! of the two can be true and the other one costs a page. Nothing is concluded from an alert that
//! is missing. With `truncatedAlerts` above 0 each alarm says how many alerts Alertmanager kept
//! back. Beyond [`ALARMS_MAX`] firing alerts, the rest is told in one further alarm, as severe as
//! the worst among them, which a person has to resolve.

use std::collections::HashSet;

use serde_json::{Map, Value};
use tocsin_ticket::{ServiceId, Severity};
use tocsin_wire::Problem;

use crate::details::{Details, LABELS};
use crate::limits::{ALARMS_MAX, DETAIL_TEXT_MAX_CHARS};
use crate::oddity::Oddities;
use crate::{Batch, Integration, Signal, Target, body, key, text};

/// Fields of an alert that are worth a detail, besides its labels and annotations.
const FURTHER_FIELDS: [&str; 8] = [
    "startsAt",
    "valueString",
    "values",
    "generatorURL",
    "dashboardURL",
    "panelURL",
    "silenceURL",
    "imageURL",
];

/// Reads one notification.
///
/// # Errors
///
/// `invalid_utf8`, `not_json`, and `wrong_type` for a body that is not an object or whose `alerts`
/// is not an array.
pub fn parse(body: &[u8], integration: &Integration) -> Result<Batch, Problem> {
    let root = body::json(body)?;
    let Value::Object(root) = &root else {
        let detail = format!(
            "expected an object such as Alertmanager sends, got {}",
            text::kind(&root)
        );
        return Err(body::refuse("wrong_type", None, detail));
    };
    let Some(Value::Array(alerts)) = root.get("alerts") else {
        let detail = format!(
            "alerts: expected an array of alerts, got {}; send Alertmanager's or Grafana's webhook here",
            root.get("alerts").map_or("nothing", text::kind)
        );
        return Err(body::refuse("wrong_type", Some("alerts".into()), detail));
    };

    let mut reader = Reader {
        integration,
        group: Group::of(root),
        oddities: Oddities::default(),
    };
    if let Some(truncated) = &reader.group.truncated {
        reader.oddities.note(|| {
            let detail = format!(
                "{truncated} alerts were kept back by the sender; raise max_alerts to get them"
            );
            ("truncatedAlerts".into(), detail)
        });
    }

    let mut signals = Vec::with_capacity(alerts.len().min(ALARMS_MAX + 1));
    let mut firing = HashSet::new();
    let mut fired = 0;
    let mut rest: Option<Rest> = None;
    for (index, alert) in alerts.iter().enumerate() {
        let alert = Alert::of(alert);
        reader.check(index, &alert);
        let service = reader.service(&alert);
        let dedup_key = reader.dedup_key(index, &alert);
        if reader.is_over(index, &alert) {
            signals.push(Signal::Recovered(Target {
                team: integration.team.clone(),
                services: vec![service],
                dedup_key,
            }));
            continue;
        }
        firing.insert((service.clone(), dedup_key.clone()));
        let severity = reader.severity(index, &alert, &service);
        if fired < ALARMS_MAX {
            fired += 1;
            let alarm = reader.alarm(&alert, service, dedup_key, severity);
            signals.push(Signal::Fired(alarm));
        } else {
            let title = reader.title(&alert);
            rest = Some(Rest::with(rest, severity, &title));
        }
    }

    signals.retain(|signal| match signal {
        Signal::Recovered(target) => {
            let key = (target.services[0].clone(), target.dedup_key.clone());
            let contradicted = firing.contains(&key);
            if contradicted {
                reader.oddities.note(|| {
                    let detail = format!(
                        "{} is both firing and resolved; taken as firing",
                        text::quote(&key.1)
                    );
                    ("alerts".into(), detail)
                });
            }
            !contradicted
        }
        Signal::Fired(_) | Signal::Acknowledged(_) | Signal::Noted(..) => true,
    });
    if let Some(rest) = rest {
        signals.push(Signal::Fired(reader.rest(rest)));
    }
    Ok(Batch {
        signals,
        oddities: reader.oddities.finish(),
    })
}

/// What the alerts of a notification have in common.
struct Group<'a> {
    key: &'a Value,
    receiver: &'a Value,
    url: Option<String>,
    truncated: Option<String>,
}

impl<'a> Group<'a> {
    fn of(root: &'a Map<String, Value>) -> Self {
        let field = |name| root.get(name).unwrap_or(&Value::Null);
        Self {
            key: field("groupKey"),
            receiver: field("receiver"),
            url: text::url(&text::of(field("externalURL"))),
            truncated: text::scalar(field("truncatedAlerts"))
                .filter(|count| count != "0")
                .map(|count| text::cut(text::line(&count), 20).0),
        }
    }
}

/// One alert, whatever it is.
struct Alert<'a> {
    /// As it came.
    raw: &'a Value,
    labels: &'a Value,
    annotations: &'a Value,
}

impl<'a> Alert<'a> {
    fn of(raw: &'a Value) -> Self {
        let mut alert = Self {
            raw,
            labels: &Value::Null,
            annotations: &Value::Null,
        };
        alert.labels = alert.field("labels");
        alert.annotations = alert.field("annotations");
        alert
    }

    fn field(&self, name: &str) -> &'a Value {
        self.raw.get(name).unwrap_or(&Value::Null)
    }

    fn label(&self, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        self.labels.get(name).and_then(text::scalar)
    }

    /// The labels if there are any.
    fn has_labels(&self) -> bool {
        self.labels
            .as_object()
            .is_some_and(|labels| !labels.is_empty())
    }
}

/// The firing alerts beyond [`ALARMS_MAX`].
struct Rest {
    count: usize,
    worst: Severity,
    titles: String,
}

impl Rest {
    fn with(rest: Option<Self>, severity: Severity, title: &str) -> Self {
        let mut rest = rest.unwrap_or(Self {
            count: 0,
            worst: severity,
            titles: String::new(),
        });
        rest.count += 1;
        rest.worst = rest.worst.min(severity);
        if rest.titles.len() < DETAIL_TEXT_MAX_CHARS {
            rest.titles.push_str(title);
            rest.titles.push('\n');
        }
        rest
    }
}

/// Reads the alerts of one notification.
struct Reader<'a> {
    integration: &'a Integration,
    group: Group<'a>,
    oddities: Oddities,
}

impl Reader<'_> {
    fn is_over(&mut self, index: usize, alert: &Alert<'_>) -> bool {
        let status = alert.field("status");
        let word = text::scalar(status).unwrap_or_default();
        if word.eq_ignore_ascii_case("resolved") {
            return true;
        }
        if !word.eq_ignore_ascii_case("firing") && alert.raw.is_object() {
            self.oddities.note(|| {
                let got = match status {
                    Value::String(word) => text::quote(word),
                    other => text::kind(other).to_owned(),
                };
                let detail = format!("expected firing or resolved, got {got}; taken as firing");
                (format!("alerts[{index}].status"), detail)
            });
        }
        false
    }

    fn service(&self, alert: &Alert<'_>) -> ServiceId {
        alert
            .label("service")
            .and_then(|name| self.integration.service_named(&name))
            .unwrap_or_else(|| self.integration.service.clone())
    }

    /// Notes an alert that is none, and one without labels.
    fn check(&mut self, index: usize, alert: &Alert<'_>) {
        if !alert.raw.is_object() {
            self.oddities.note(|| {
                let got = text::kind(alert.raw);
                let detail = format!("expected an alert, got {got}; taken as firing");
                (format!("alerts[{index}]"), detail)
            });
            return;
        }
        if !alert.has_labels() {
            self.oddities.note(|| {
                let got = match alert.labels {
                    Value::Object(_) => "an empty one",
                    other => text::kind(other),
                };
                let detail = format!("expected an object of labels, got {got}");
                (format!("alerts[{index}].labels"), detail)
            });
        }
        if !alert.annotations.is_object() && !alert.annotations.is_null() {
            self.oddities.note(|| {
                let got = text::kind(alert.annotations);
                let detail = format!("expected an object, got {got}; kept as a detail");
                (format!("alerts[{index}].annotations"), detail)
            });
        }
    }

    fn dedup_key(&mut self, index: usize, alert: &Alert<'_>) -> String {
        let fingerprint = alert.field("fingerprint");
        if let Some(fingerprint) = text::scalar(fingerprint) {
            return key::given(&fingerprint);
        }
        if !fingerprint.is_null() {
            self.oddities.note(|| {
                let got = text::kind(fingerprint);
                let detail = format!("expected a string, got {got}; its labels stand in for it");
                (format!("alerts[{index}].fingerprint"), detail)
            });
        }
        if alert.has_labels() {
            return key::hashed("labels", [alert.labels]);
        }
        if !alert.raw.is_object() {
            return key::hashed("alert", [self.group.key, alert.raw]);
        }
        let generator = alert.field("generatorURL");
        key::hashed(
            "alert",
            [self.group.key, alert.labels, alert.annotations, generator],
        )
    }

    fn severity(&mut self, index: usize, alert: &Alert<'_>, service: &ServiceId) -> Severity {
        let severities = self.integration.severities_of(service);
        let mut odd = None;
        for name in ["severity", "priority"] {
            let Some(word) = alert.label(name) else {
                continue;
            };
            match severities.read(&word) {
                Some(severity) => return severity,
                None => odd = odd.or(Some((name, word))),
            }
        }
        let default = severities.default_severity();
        if let Some((name, word)) = odd {
            self.oddities.note(|| {
                let detail = format!(
                    "expected critical, error, warning, info, none, SEV1 to SEV5 or P1 to P5, got {}; taken as {default}",
                    text::quote(&word)
                );
                (format!("alerts[{index}].labels.{name}"), detail)
            });
        }
        default
    }

    fn title(&self, alert: &Alert<'_>) -> String {
        let annotation = |name: &str| {
            let text = alert.annotations.get(name).and_then(text::scalar)?;
            Some(text::title(&text).0).filter(|title| !title.is_empty())
        };
        let label = |name: &str| {
            let label = alert.label(name)?;
            Some(text::title(&label).0).filter(|title| !title.is_empty())
        };
        let named = || {
            let name = label("alertname")?;
            let on = label("instance").map(|instance| format!("{name} on {instance}"));
            Some(text::title(&on.unwrap_or(name)).0)
        };
        ["summary", "title", "message"]
            .into_iter()
            .find_map(annotation)
            .or_else(named)
            .or_else(|| annotation("description"))
            .unwrap_or_else(|| {
                let what = if !alert.raw.is_object() {
                    "an alert that could not be read"
                } else if alert.has_labels() {
                    "an alert without a name"
                } else {
                    "an alert without labels"
                };
                format!("Monitoring sent {what}")
            })
    }

    fn alarm(
        &self,
        alert: &Alert<'_>,
        service: ServiceId,
        dedup_key: String,
        severity: Severity,
    ) -> tocsin_ticket::Alarm {
        let mut details = Details::default();
        if let Some(truncated) = &self.group.truncated {
            details.add("notification", "truncatedAlerts", truncated);
        }
        details.add_all("annotations", alert.annotations);
        details.add_all(LABELS, alert.labels);
        for name in FURTHER_FIELDS {
            details.add_value("alert", name, alert.field(name));
        }
        details.add_value("notification", "receiver", self.group.receiver);
        if !alert.raw.is_object() {
            details.add_value("notification", "alert", alert.raw);
        }
        let url = ["panelURL", "dashboardURL", "generatorURL"]
            .iter()
            .find_map(|name| text::url(alert.field(name).as_str()?))
            .or_else(|| self.group.url.clone());
        let title = self.title(alert);
        self.integration
            .alarm(service, dedup_key, severity, title, url, details)
    }

    fn rest(&self, rest: Rest) -> tocsin_ticket::Alarm {
        let mut details = Details::default();
        details.add("notification", "alerts", &rest.titles);
        details.add_value("notification", "groupKey", self.group.key);
        details.add_value("notification", "receiver", self.group.receiver);
        self.integration.alarm(
            self.integration.service.clone(),
            key::hashed("rest", [self.group.key]),
            rest.worst,
            format!(
                "{} more alerts fire beyond the {ALARMS_MAX} of one notification",
                rest.count
            ),
            self.group.url.clone(),
            details,
        )
    }
}
