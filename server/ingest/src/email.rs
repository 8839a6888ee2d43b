//! Alarms that come as e-mail, for what can send nothing else.
//!
//! A whole message as RFC 5322 and MIME have it, as a mail server hands it over (`tocsin mail-in`).
//! The mail server does what mail servers do well: SMTP, TLS, spam, and trying again.
//!
//! | | from |
//! |---|---|
//! | title | the subject, as it is |
//! | dedup key | the subject without what comes and goes: tags such as `[FIRING:2]` or `PROBLEM:`, `Re:`, case and blanks. So the same trouble, a reply to it and its end are one ticket. A mail without a subject counts by its thread: the first of `References`, else `In-Reply-To`, else its own `Message-ID` |
//! | over | a tag `RESOLVED`, `RECOVERED`, `RECOVERY`, `CLEARED` or `OK` in front of the subject; nothing else |
//! | severity | a tag that is a word for severity, such as `[SEV2]` or `CRITICAL:`; else the default |
//! | service | a tag that names one of the integration's services; else the default |
//! | details | the text (of HTML its text), `from`, `to`, `date`, and what was attached: attachments are not kept |
//!
//! An automatic reply (RFC 3834, `Auto-Submitted: auto-replied`), such as somebody's holiday note,
//! is no alarm.

use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders};
use serde_json::Value;
use tocsin_ticket::{ServiceId, Severity};
use tocsin_wire::Problem;

use crate::details::Details;
use crate::oddity::Oddities;
use crate::{Batch, Integration, Signal, Target, body, key, text};

/// Tags that say that it is over.
const OVER: [&str; 5] = ["resolved", "recovered", "recovery", "cleared", "ok"];

/// Tags that come and go with the trouble, besides words for severity.
const STATES: [&str; 6] = ["firing", "problem", "alert", "alarm", "down", "triggered"];

/// What mail programs put in front of a subject that is sent on, in the usual languages.
const REPLIES: [&str; 8] = ["re", "aw", "sv", "fw", "fwd", "wg", "답장", "전달"];

/// Reads one message.
///
/// # Errors
/// 400 for what is no message: nothing in it says what it is about or who sent it.
pub fn parse(body: &[u8], integration: &Integration) -> Result<Batch, Problem> {
    let message = MessageParser::default()
        .parse(body)
        .filter(|message| message.subject().is_some() || message.from().is_some())
        .ok_or_else(|| {
            let detail = "expected a mail message (RFC 5322) with a From or a Subject".to_owned();
            body::refuse("not_a_message", None, detail)
        })?;
    let mut oddities = Oddities::default();
    let signals = if is_automatic_reply(&message) {
        oddities.note(|| {
            let detail = "an automatic reply is no alarm (RFC 3834); nothing was made of it";
            ("Auto-Submitted".into(), detail.into())
        });
        Vec::new()
    } else {
        vec![signal(&message, integration, &mut oddities)]
    };
    Ok(Batch {
        signals,
        oddities: oddities.finish(),
    })
}

fn is_automatic_reply(message: &Message<'_>) -> bool {
    let said = message
        .header("Auto-Submitted")
        .and_then(HeaderValue::as_text);
    said.is_some_and(|said| said.trim().to_ascii_lowercase().starts_with("auto-replied"))
}

/// A subject taken apart.
struct Subject {
    tags: Vec<String>,
    rest: String,
}

impl Subject {
    /// Takes the tags off: `[WORD]` and `WORD:` in front, of which a count such as `:2` is left out.
    fn read(subject: &str, is_tag: impl Fn(&str) -> bool) -> Self {
        let mut tags = Vec::new();
        let mut rest = subject.trim();
        loop {
            let (tag, after) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((tag, after)) => (tag, after),
                None => match rest.split_once([':', '：']) {
                    Some((tag, after)) if is_tag(&normal(tag)) => (tag, after),
                    _ => break,
                },
            };
            let word = tag.split(':').next().unwrap_or_default();
            tags.push(normal(word));
            rest = after.trim_start();
        }
        Self {
            tags,
            rest: normal(rest),
        }
    }
}

/// Lower case, blanks as one.
fn normal(text: &str) -> String {
    text::line(text).to_lowercase()
}

fn signal(message: &Message<'_>, integration: &Integration, oddities: &mut Oddities) -> Signal {
    let written = message.subject().unwrap_or_default();
    let severity_of = |tag: &str| integration.severities.read(tag);
    let maps = || integration.severities_by_service.values();
    let is_tag = |tag: &str| {
        OVER.contains(&tag)
            || STATES.contains(&tag)
            || REPLIES.contains(&tag)
            || severity_of(tag).is_some()
            || maps().any(|map| map.read(tag).is_some())
            || integration.service_named(tag).is_some()
    };
    let subject = Subject::read(written, is_tag);
    let tags = || subject.tags.iter().map(String::as_str);
    let service = tags().find_map(|tag| integration.service_named(tag));
    let dedup_key = dedup_key(message, &subject, is_tag);
    if tags().any(|tag| OVER.contains(&tag)) {
        return Signal::Recovered(Target {
            team: integration.team.clone(),
            services: match service {
                Some(service) => vec![service],
                None => integration.all_services(),
            },
            dedup_key,
        });
    }
    let severities = integration.severities_of(service.as_ref().unwrap_or(&integration.service));
    let severity = tags()
        .find_map(|tag| severities.read(tag))
        .unwrap_or_else(|| severities.default_severity());
    alarm(
        message,
        written,
        integration,
        service,
        severity,
        dedup_key,
        oddities,
    )
}

fn alarm(
    message: &Message<'_>,
    subject: &str,
    integration: &Integration,
    service: Option<ServiceId>,
    severity: Severity,
    dedup_key: String,
    oddities: &mut Oddities,
) -> Signal {
    let from = message.from().map(addresses).unwrap_or_default();
    let (mut title, cut) = text::title(subject);
    if title.is_empty() {
        oddities.note(|| {
            let detail = "expected a subject, got none; the sender stands in for it";
            ("Subject".into(), detail.into())
        });
        title = text::title(&format!("A mail without a subject from {from}")).0;
    }
    let mut details = Details::default();
    if let Some(body) = message.body_text(0) {
        details.add("mail", "text", &body);
    }
    if cut {
        details.add("mail", "subject", subject);
    }
    details.add("mail", "from", &from);
    let to = message.to().map(addresses).unwrap_or_default();
    // The local part is the integration's key, which nobody may read here.
    let to: Vec<&str> = to
        .split(", ")
        .filter_map(|to| Some(to.rsplit_once('@')?.1))
        .collect();
    details.add("mail", "sent to", &to.join(", "));
    if let Some(date) = message.date() {
        details.add("mail", "date", &date.to_rfc3339());
    }
    let attached: Vec<String> = message
        .attachments()
        .map(|part| {
            let name = part.attachment_name().unwrap_or("without a name");
            format!("{name} ({} bytes)", part.len())
        })
        .collect();
    if !attached.is_empty() {
        let note = format!("{}; attachments are not kept", attached.join(", "));
        details.add("mail", "attached", &note);
    }
    Signal::Fired(integration.alarm(
        service.unwrap_or_else(|| integration.service.clone()),
        dedup_key,
        severity,
        title,
        None,
        details,
    ))
}

/// What makes two mails the same trouble.
fn dedup_key(message: &Message<'_>, subject: &Subject, is_tag: impl Fn(&str) -> bool) -> String {
    if !subject.rest.is_empty() {
        // Tags that do not come and go, such as the name of a cluster, are part of it.
        let lasting = subject.tags.iter().filter(|tag| !is_tag(tag));
        let mut parts: Vec<Value> = lasting.map(|tag| tag.as_str().into()).collect();
        parts.push(subject.rest.as_str().into());
        return key::hashed("mail", &parts);
    }
    let thread = [message.references(), message.in_reply_to()]
        .into_iter()
        .find_map(first)
        .or(message.message_id())
        .unwrap_or_default();
    let from = message.from().map(addresses).unwrap_or_default();
    let parts = match thread {
        "" => [Value::from("from"), from.into()],
        thread => [Value::from("thread"), thread.into()],
    };
    key::hashed("mail", &parts)
}

fn first<'a>(ids: &'a HeaderValue<'_>) -> Option<&'a str> {
    match ids {
        HeaderValue::Text(id) => Some(id),
        HeaderValue::TextList(ids) => ids.first().map(|id| &**id),
        _ => None,
    }
}

/// Addresses, with the names of those who have one.
fn addresses(of: &Address<'_>) -> String {
    let all = of.iter().map(|address| {
        let at = address.address().unwrap_or_default();
        match address.name() {
            Some(name) => format!("{name} <{at}>"),
            None => at.to_owned(),
        }
    });
    text::line(&all.collect::<Vec<_>>().join(", "))
}
