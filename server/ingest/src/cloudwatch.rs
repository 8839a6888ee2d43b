//! Amazon CloudWatch alarms, as Amazon SNS delivers them.
//!
//! Format: what an alarm publishes to its topic, shown in
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
//! and in the documentation of AWS Lambda and AWS Chatbot. Whether the message is genuine is
//! [`sns`](crate::sns)'s question.
//!
//! | | from |
//! |---|---|
//! | dedup key | `AlarmArn`, else account, region and name |
//! | state | `ALARM` fires; `OK` recovers; `INSUFFICIENT_DATA` fires too: it is only sent where the team made it an action, and a metric that has gone silent is trouble. It never recovers anything |
//! | severity | `severity=WORD` or `severity: WORD` in `AlarmDescription`, else `SEV1` to `SEV5` as a word of its own in `AlarmName` or `AlarmDescription`, else the default: CloudWatch knows no severities |
//! | service | `service=NAME` or `service: NAME` in `AlarmDescription`, else a dimension's value, where they name one of the integration's services; else the default one |
//! | title | `AlarmName` |
//! | url | the alarm in the AWS console |
//!
//! A message that is no CloudWatch alarm was nevertheless published to a topic that pages: it fires
//! under its subject. The end of a subscription fires as well, for after it nobody would hear of
//! anything; subscribing anew recovers it.

use serde_json::{Map, Value};
use tocsin_ticket::{ServiceId, Severity};

use crate::details::Details;
use crate::oddity::Oddities;
use crate::sns::{Envelope, Kind};
use crate::{Batch, Integration, Signal, Target, key, text};

/// Reads a genuine message.
#[must_use]
pub fn read(envelope: &Envelope, integration: &Integration) -> Batch {
    let mut oddities = Oddities::default();
    let signal = match envelope.kind() {
        Kind::SubscriptionConfirmation => Signal::Recovered(Target {
            team: integration.team.clone(),
            services: vec![integration.service.clone()],
            dedup_key: subscription_key(envelope),
        }),
        Kind::UnsubscribeConfirmation => unsubscribed(envelope, integration),
        Kind::Notification => match serde_json::from_str(envelope.message()) {
            Ok(Value::Object(alarm)) if alarm.get("AlarmName").is_some_and(Value::is_string) => {
                Reader {
                    integration,
                    alarm: &alarm,
                }
                .signal(&mut oddities)
            }
            _ => {
                oddities.note(|| {
                    let detail = "expected a CloudWatch alarm; taken as an alarm of its subject";
                    ("Message".into(), detail.into())
                });
                other(envelope, integration)
            }
        },
    };
    Batch {
        signals: vec![signal],
        oddities: oddities.finish(),
    }
}

fn subscription_key(envelope: &Envelope) -> String {
    key::given(&format!("sns-subscription {}", envelope.topic()))
}

fn unsubscribed(envelope: &Envelope, integration: &Integration) -> Signal {
    let topic = text::line(envelope.topic());
    let name = topic.rsplit(':').next().unwrap_or_default();
    let (title, _) = text::title(&format!("Alarms of SNS topic {name} no longer arrive here"));
    let mut details = Details::default();
    details.add("sns", "topic", &topic);
    details.add("sns", "message", envelope.message());
    let what_to_do = "Subscribe this integration's address to the topic again, or resolve this if \
                      it was meant to end.";
    details.add("sns", "what to do", what_to_do);
    Signal::Fired(
        integration.alarm(
            integration.service.clone(),
            subscription_key(envelope),
            integration
                .severities_of(&integration.service)
                .default_severity(),
            title,
            None,
            details,
        ),
    )
}

/// Anything else that was published.
fn other(envelope: &Envelope, integration: &Integration) -> Signal {
    let message = envelope.message();
    let first_line = message.trim().lines().next().unwrap_or_default();
    let titles = [envelope.subject(), first_line, envelope.topic()];
    let title = titles
        .into_iter()
        .map(|title| text::title(title).0)
        .find(|title| !title.is_empty())
        .unwrap_or_else(|| "An empty message of Amazon SNS".to_owned());
    let mut details = Details::default();
    details.add("sns", "message", message);
    details.add("sns", "topic", envelope.topic());
    let dedup_key = key::hashed(
        "sns",
        [&Value::from(envelope.topic()), &Value::from(title.as_str())],
    );
    Signal::Fired(
        integration.alarm(
            integration.service.clone(),
            dedup_key,
            integration
                .severities_of(&integration.service)
                .default_severity(),
            title,
            None,
            details,
        ),
    )
}

struct Reader<'a> {
    integration: &'a Integration,
    alarm: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn signal(&self, oddities: &mut Oddities) -> Signal {
        let named = self.service();
        let dedup_key = self.dedup_key();
        let state = self.text("NewStateValue");
        if state == "OK" {
            let mut services = self.integration.all_services();
            if let Some(named) = named {
                services.retain(|service| *service != named);
                services.insert(0, named);
            }
            return Signal::Recovered(Target {
                team: self.integration.team.clone(),
                services,
                dedup_key,
            });
        }
        if !matches!(state, "ALARM" | "INSUFFICIENT_DATA") {
            oddities.note(|| {
                let got = text::quote(state);
                let detail =
                    format!("expected ALARM, OK or INSUFFICIENT_DATA, got {got}; taken as ALARM");
                ("NewStateValue".into(), detail)
            });
        }
        let name = self.text("AlarmName");
        let title = if state == "INSUFFICIENT_DATA" {
            format!("No data: {name}")
        } else {
            name.to_owned()
        };
        let (mut title, cut) = text::title(&title);
        if title.is_empty() {
            title = "A CloudWatch alarm without a name".to_owned();
        }
        let mut details = self.details();
        if cut {
            details.add("alarm", "AlarmName", name);
        }
        let service = named.unwrap_or_else(|| self.integration.service.clone());
        let severity = self.severity(&service, oddities);
        Signal::Fired(self.integration.alarm(
            service,
            dedup_key,
            severity,
            title,
            self.console(),
            details,
        ))
    }

    fn text(&self, name: &str) -> &str {
        self.alarm
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn dedup_key(&self) -> String {
        match self.text("AlarmArn").trim() {
            "" => {
                let part = |name: &str| self.alarm.get(name).unwrap_or(&Value::Null);
                let parts = ["AWSAccountId", "Region", "AlarmName"].map(part);
                key::hashed("cloudwatch", parts)
            }
            arn => key::given(arn),
        }
    }

    fn service(&self) -> Option<ServiceId> {
        let described = setting(self.text("AlarmDescription"), "service");
        let dimensions = self.alarm.get("Trigger").and_then(dimensions);
        described
            .into_iter()
            .chain(dimensions.into_iter().flatten().map(|(_, value)| value))
            .find_map(|name| self.integration.service_named(name))
    }

    fn severity(&self, service: &ServiceId, oddities: &mut Oddities) -> Severity {
        let severities = self.integration.severities_of(service);
        let default = severities.default_severity();
        if let Some(word) = setting(self.text("AlarmDescription"), "severity") {
            return severities.read(word).unwrap_or_else(|| {
                oddities.note(|| {
                    let got = text::quote(word);
                    let detail =
                        format!("severity: expected SEV1 to SEV5, got {got}; taken as {default}");
                    ("AlarmDescription".into(), detail)
                });
                default
            });
        }
        ["AlarmName", "AlarmDescription"]
            .into_iter()
            .flat_map(|field| self.text(field).split(|c: char| !c.is_ascii_alphanumeric()))
            .filter(|word| word.len() == 4 && word.to_ascii_lowercase().starts_with("sev"))
            .find_map(|word| severities.read(word))
            .unwrap_or(default)
    }

    fn details(&self) -> Details {
        let field = |name: &str| self.alarm.get(name).unwrap_or(&Value::Null);
        let mut details = Details::default();
        for (name, shown) in [
            ("AlarmDescription", "description"),
            ("NewStateReason", "reason"),
            ("StateChangeTime", "since"),
            ("OldStateValue", "before"),
            ("Region", "region"),
            ("AWSAccountId", "account"),
            ("AlarmRule", "rule"),
        ] {
            details.add_value("alarm", shown, field(name));
        }
        let Value::Object(trigger) = field("Trigger") else {
            details.add_value("alarm", "trigger", field("Trigger"));
            return details;
        };
        for (name, value) in dimensions(field("Trigger")).into_iter().flatten() {
            details.add("dimension", name, value);
        }
        for (name, value) in trigger {
            if name != "Dimensions" {
                details.add_value("trigger", name, value);
            }
        }
        details
    }

    /// The alarm in the console of its region, which stands in its ARN
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>):
    /// `arn:PARTITION:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
    fn console(&self) -> Option<String> {
        let mut parts = self.text("AlarmArn").splitn(7, ':').skip(1);
        let partition = parts.next()?;
        let region = parts.nth(1)?;
        let name = parts.nth(2)?;
        let host = match partition {
            "aws" => format!("{region}.console.aws.amazon.com"),
            "aws-cn" => format!("{region}.console.amazonaws.cn"),
            "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
            _ => return None,
        };
        let mut url = url::Url::parse(&format!("https://{host}/cloudwatch/home")).ok()?;
        url.query_pairs_mut().append_pair("region", region);
        // The console reads its own part of the address decoded once.
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes())
            .collect::<String>()
            .replace('+', "%20");
        url.set_fragment(Some(&format!("alarmsV2:alarm/{name}")));
        text::url(url.as_str())
    }
}

/// The dimensions of a trigger, whose names have been spelt both ways.
fn dimensions(trigger: &Value) -> Option<impl Iterator<Item = (&str, &str)>> {
    let dimensions = trigger.get("Dimensions")?.as_array()?;
    Some(dimensions.iter().filter_map(|dimension| {
        let field = |one: &str, other: &str| {
            let value = dimension.get(one).or_else(|| dimension.get(other));
            value.and_then(Value::as_str)
        };
        Some((field("name", "Name")?, field("value", "Value")?))
    }))
}

/// The word after `name=` or `name:` in a description written by hand.
fn setting<'a>(description: &'a str, name: &str) -> Option<&'a str> {
    let lower = description.to_ascii_lowercase();
    lower.match_indices(name).find_map(|(at, _)| {
        let alone = !lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = description[at + name.len()..].trim_start();
        let rest = rest.strip_prefix(['=', ':']).filter(|_| alone)?;
        let word = rest.trim_start();
        let end = word
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(word.len());
        Some(word[..end].trim_end_matches('.')).filter(|word| !word.is_empty())
    })
}
