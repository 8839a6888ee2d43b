//! Text messages and calls, through whatever gateway takes an HTTP request.
//!
//! A gateway is a template of a request and a reading of its answers. The ready ones are templates
//! like anybody's own; what they add is their vendor's words for a number that will never work, and
//! for an acceptance. What is filled in is escaped for where it stands, so that no ticket's title
//! becomes a second recipient.

mod sign;
mod template;
mod vendor;

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde::Deserialize;
use tocsin_ticket::Millis;
use url::form_urlencoded;

use crate::guard::{self, Guard};
use crate::http::SetupError;
use crate::secret::{Secret, SecretSource};
use crate::{Address, Outcome, Push, Transport, answer, http};

pub use sign::{SigningKey, signatures};
pub use template::{Escape, Filling, JsonTemplate, Template};
pub use vendor::{SevenSettings, TwilioSettings, VonageSettings};

/// A gateway: `[gateway.NAME.KIND]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewaySettings {
    /// Text messages by Twilio.
    TwilioSms(TwilioSettings),
    /// Calls by Twilio, which say the page twice.
    TwilioCall(TwilioSettings),
    /// Text messages by Vonage.
    VonageSms(VonageSettings),
    /// Text messages by seven.io.
    SevenSms(SevenSettings),
    /// Any other.
    Generic(GenericSettings),
}

/// A request to any gateway: `[gateway.NAME.generic]`. Its answers mean what their status means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenericSettings {
    /// `POST` unless said otherwise.
    #[serde(default = "post", deserialize_with = "method")]
    pub method: Method,
    /// Where to: https, with places only after the host.
    pub url: Template,
    /// Headers by name. Places for words, which may have several lines, are not for headers.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// A user and a password (RFC 7617).
    #[serde(default)]
    pub login: Option<GatewayLogin>,
    /// What is sent; nothing without it.
    #[serde(default)]
    pub body: Option<BodySettings>,
    /// The secret by which the receiver knows that it was us, as Standard Webhooks has it.
    #[serde(default)]
    pub signing_secret: Option<SecretSource>,
}

/// The text of a header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum HeaderText {
    /// Written out.
    Template(Template),
    /// Kept elsewhere, without places.
    Secret(SecretSource),
}

/// Who we are for a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayLogin {
    /// The user's name.
    pub user: String,
    /// Their password.
    pub password: SecretSource,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySettings {
    /// `application/x-www-form-urlencoded`.
    Form(BTreeMap<String, Template>),
    /// `application/json`.
    Json(JsonTemplate),
}

fn post() -> Method {
    Method::POST
}

fn method<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    let text = String::deserialize(deserializer)?;
    [Method::GET, Method::POST, Method::PUT]
        .into_iter()
        .find(|method| method.as_str() == text)
        .ok_or_else(|| {
            serde::de::Error::custom(format!(
                "expected \"POST\", \"PUT\" or \"GET\", got {text:?}; correct it"
            ))
        })
}

type Form = Vec<(String, Template, Escape)>;

/// A gateway that is ready to be used.
struct Gateway {
    vendor: vendor::Vendor,
    method: Method,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    authorization: Option<Authorization>,
    body: Body,
    signing_key: Option<SigningKey>,
    /// In characters of subject and body together.
    longest_words: usize,
}

enum Body {
    None,
    Form(Form),
    Json(JsonTemplate),
}

/// Headers that are credentials.
struct Authorization(Vec<(HeaderName, HeaderValue)>);

impl Authorization {
    fn basic(user: &str, password: &Secret) -> Self {
        let both = Secret::new(format!("{user}:{}", password.reveal()));
        let value = format!("Basic {}", STANDARD.encode(both.reveal()));
        let mut value = HeaderValue::try_from(value).expect("base64 is a header's text");
        value.set_sensitive(true);
        Self(vec![(AUTHORIZATION, value)])
    }

    fn header(name: &'static str, secret: &Secret) -> Result<Self, SetupError> {
        let value = sensitive(secret).map_err(|why| SetupError { field: name, why })?;
        Ok(Self(vec![(HeaderName::from_static(name), value)]))
    }
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| {
        "expected a credential of printable characters on one line, got others; copy it again"
            .to_owned()
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl GatewaySettings {
    fn gateway(&self, guard: &Guard) -> Result<Gateway, SetupError> {
        let gateway = match self {
            Self::TwilioSms(twilio) => twilio.sms()?,
            Self::TwilioCall(twilio) => twilio.call()?,
            Self::VonageSms(vonage) => vonage.sms()?,
            Self::SevenSms(seven) => seven.sms()?,
            Self::Generic(generic) => generic.gateway()?,
        };
        let problem = |why| SetupError { field: "url", why };
        // No place may decide where the request goes.
        let beginning = gateway.url.beginning();
        let host = beginning.strip_prefix("https://").unwrap_or_default();
        if !host.contains('/') {
            return Err(problem(
                "expected https, and the host written out and followed by a slash, as in \
                 \"https://sms.example.org/send/{number}\""
                    .to_owned(),
            ));
        }
        guard
            .check(&gateway.url.fill(&EXAMPLE, Escape::Url))
            .map_err(|forbidden| problem(forbidden.to_string()))?;
        Ok(gateway)
    }
}

/// Something to fill templates in with while they are checked.
const EXAMPLE: Filling<'_> = Filling {
    number: "+493012345678",
    subject: "subject",
    body: "body",
    id: "id",
    ttl_s: 60,
};

impl GenericSettings {
    fn gateway(&self) -> Result<Gateway, SetupError> {
        let mut headers = Vec::new();
        let mut credentials = Vec::new();
        for (name, text) in &self.headers {
            let problem = |why: String| SetupError {
                field: "headers",
                why: format!("{name}: {why}"),
            };
            let header: HeaderName = name
                .parse()
                .map_err(|_| problem("expected a header's name; correct it".to_owned()))?;
            match text {
                HeaderText::Template(text) if text.has_words() => {
                    return Err(problem(
                        "expected no {subject} and no {body}, which may have several lines; put \
                         them in the body"
                            .to_owned(),
                    ));
                }
                HeaderText::Template(text) => {
                    HeaderValue::try_from(text.fill(&EXAMPLE, Escape::None)).map_err(|_| {
                        problem("expected printable characters on one line".to_owned())
                    })?;
                    headers.push((header, text.clone()));
                }
                HeaderText::Secret(source) => {
                    let secret = source.read().map_err(problem)?;
                    credentials.push((header, sensitive(&secret).map_err(problem)?));
                }
            }
        }
        if let Some(login) = &self.login {
            let password = login.password.read().map_err(|why| SetupError {
                field: "login.password",
                why,
            })?;
            credentials.extend(Authorization::basic(&login.user, &password).0);
        }
        let signing_key = self.signing_secret.as_ref().map(|source| {
            let key = source.read().and_then(|secret| SigningKey::read(&secret));
            key.map_err(|why| SetupError {
                field: "signing_secret",
                why,
            })
        });
        Ok(Gateway {
            vendor: vendor::Vendor::Generic,
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            authorization: Some(Authorization(credentials)),
            body: match &self.body {
                None => Body::None,
                Some(BodySettings::Form(fields)) => {
                    let fields = fields
                        .iter()
                        .map(|(name, text)| (name.clone(), text.clone(), Escape::None));
                    Body::Form(fields.collect())
                }
                Some(BodySettings::Json(body)) => Body::Json(body.clone()),
            },
            signing_key: signing_key.transpose()?,
            longest_words: usize::MAX,
        })
    }
}

/// A setting of a gateway that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{gateway}.{problem}")]
pub struct GatewayError {
    /// The gateway's name.
    pub gateway: String,
    /// What is wrong with it.
    pub problem: SetupError,
}

/// Sends to telephones by the gateways of the settings.
pub struct Webhook {
    gateways: BTreeMap<String, Gateway>,
    client: Client,
    guard: Guard,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.gateways.keys();
        write!(f, "Webhook(")?;
        f.debug_list().entries(names).finish()?;
        write!(f, ")")
    }
}

impl Webhook {
    /// Gets the gateways ready, by their names, with a client of `guard`.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn start(
        settings: &BTreeMap<String, GatewaySettings>,
        guard: Guard,
        client: Client,
    ) -> Result<Self, GatewayError> {
        let gateways = settings.iter().map(|(name, settings)| {
            let gateway = settings.gateway(&guard).map_err(|problem| GatewayError {
                gateway: name.clone(),
                problem,
            })?;
            Ok((name.clone(), gateway))
        });
        Ok(Self {
            gateways: gateways.collect::<Result<_, _>>()?,
            client,
            guard,
        })
    }

    async fn attempt(&self, gateway: &Gateway, number: &str, push: &Push, now: Millis) -> Outcome {
        let (subject, body) = shortened(&push.words, gateway.longest_words);
        let filling = Filling {
            number,
            subject: &subject,
            body: &body,
            id: &push.id,
            ttl_s: push.ttl_s(now),
        };
        let url = gateway.url.fill(&filling, Escape::Url);
        let url = match self.guard.check(&url) {
            Ok(url) => url,
            Err(forbidden) => {
                return Outcome::Refused {
                    why: forbidden.to_string(),
                };
            }
        };
        let (content_type, body) = match &gateway.body {
            Body::None => (None, String::new()),
            Body::Form(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, text, escape)| (name, text.fill(&filling, *escape)));
                let form = form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish();
                (Some("application/x-www-form-urlencoded"), form)
            }
            Body::Json(body) => (Some("application/json"), body.fill(&filling).to_string()),
        };
        let mut request = self.client.request(gateway.method.clone(), url);
        for (name, text) in &gateway.headers {
            request = request.header(name, text.fill(&filling, Escape::None));
        }
        if let Some(Authorization(credentials)) = &gateway.authorization {
            for (name, value) in credentials {
                request = request.header(name, value);
            }
        }
        if let Some(key) = &gateway.signing_key {
            let at_s = now.0.div_euclid(1000);
            request = request
                .header("webhook-id", push.id.as_ref())
                .header("webhook-timestamp", at_s)
                .header(
                    "webhook-signature",
                    key.sign(&push.id, at_s, body.as_bytes()),
                );
        }
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return match guard::forbidden(&error) {
                    Some(forbidden) => Outcome::Refused {
                        why: forbidden.to_string(),
                    },
                    None => http::unanswered(error),
                };
            }
        };
        let status = response.status();
        let retry_after = http::retry_after(response.headers(), now);
        match answer::whole(response).await {
            Ok(body) => gateway.vendor.judge(&vendor::Answer {
                status,
                retry_after,
                body,
            }),
            Err(outcome) => outcome,
        }
    }
}

/// As much of the words as a gateway takes. The subject says what counts, so the body gives way.
fn shortened(words: &crate::Words, longest: usize) -> (Cow<'_, str>, Cow<'_, str>) {
    let subject = cut(&words.subject, longest.saturating_sub(2));
    let left = longest.saturating_sub(subject.chars().count() + 2);
    let body = cut(&words.body, left);
    (subject, body)
}

fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.chars().count() <= longest {
        return text.into();
    }
    let kept = text.chars().take(longest.saturating_sub(1));
    kept.chain(core::iter::once('…')).collect()
}

/// E.164: a plus sign, a country code that does not begin with 0, at most 15 digits.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

impl Transport for Webhook {
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Address::Telephone { gateway, number } = to else {
                return Outcome::Refused {
                    why: "gateways call telephones; this address is none".to_owned(),
                };
            };
            let Some(gateway) = self.gateways.get(gateway) else {
                return Outcome::Refused {
                    why: format!(
                        "no gateway has the name {gateway:?}; add [gateway.{gateway}] to the \
                         transports file or correct the name"
                    ),
                };
            };
            if !is_e164(number) {
                return Outcome::DeadToken {
                    why: "the number is not E.164, such as +493012345678".to_owned(),
                };
            }
            self.attempt(gateway, number, push, now).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_dialled() {
        for good in ["+493012345678", "+12025550123", "+37212345"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in [
            "",
            "+",
            "493012345678",
            "+0301234567",
            "+49 30 1234567",
            "+1234567890123456",
        ] {
            assert!(!is_e164(bad), "{bad}");
        }
    }

    #[test]
    fn a_long_page_keeps_its_subject_and_says_that_something_is_missing() {
        let words = crate::Words {
            subject: "SEV1 shop is down".to_owned(),
            body: "ü".repeat(2000),
        };
        let (subject, body) = shortened(&words, 160);
        assert_eq!(subject, "SEV1 shop is down");
        assert!(body.ends_with("ü…"));
        assert_eq!(subject.chars().count() + body.chars().count() + 2, 160);
        let (_, whole) = shortened(&words, usize::MAX);
        assert_eq!(whole, words.body);
    }
}
