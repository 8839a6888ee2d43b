//! Ready templates for gateways that are well known, and what their answers mean.

use core::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::template::{Escape, JsonTemplate, Template};
use super::{Authorization, Body, Form, Gateway};
use crate::http::SetupError;
use crate::secret::SecretSource;
use crate::{Outcome, http};

/// Twilio's account, for [`super::GatewaySettings::TwilioSms`] and
/// [`super::GatewaySettings::TwilioCall`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    /// The account's SID, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// An API key's SID (`SK…`) to log in with instead of the account's own token.
    #[serde(default)]
    pub api_key_sid: Option<String>,
    /// The account's auth token, or the API key's secret.
    pub auth_token: SecretSource,
    /// The number it comes from in E.164, or, for text messages, a sender's name.
    pub from: String,
    /// The language in which a call is spoken, such as `de-DE`
    /// (<https://www.twilio.com/docs/voice/twiml/say>).
    #[serde(default)]
    pub language: Option<String>,
    /// Another region's API (<https://www.twilio.com/docs/global-infrastructure>).
    #[serde(default = "twilio")]
    pub base_url: Url,
}

/// Vonage's account, for [`super::GatewaySettings::VonageSms`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VonageSettings {
    /// The API key, eight characters.
    pub api_key: String,
    /// The API secret.
    pub api_secret: SecretSource,
    /// The number it comes from without plus sign, or a sender's name.
    pub from: String,
    /// Another region's API, such as `https://api-eu.vonage.com`.
    #[serde(default = "vonage")]
    pub base_url: Url,
}

/// seven.io's account, for [`super::GatewaySettings::SevenSms`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SevenSettings {
    /// The API key.
    pub api_key: SecretSource,
    /// The sender: at most 11 letters and digits, or a number of at most 16 digits.
    pub from: String,
    /// The API.
    #[serde(default = "seven")]
    pub base_url: Url,
}

fn twilio() -> Url {
    Url::parse("https://api.twilio.com").expect("a constant URL")
}

fn vonage() -> Url {
    Url::parse("https://api.nexmo.com").expect("a constant URL")
}

fn seven() -> Url {
    Url::parse("https://gateway.seven.io").expect("a constant URL")
}

/// A template that stands in this file.
fn template(text: &str) -> Template {
    Template::parse(text).expect("a ready template")
}

/// Braces in what the settings say are no places.
fn literal(text: &str) -> Template {
    template(&text.replace('{', "{{").replace('}', "}}"))
}

fn at(base: &Url, path: &str) -> Template {
    literal(&format!("{}{path}", base.as_str().trim_end_matches('/')))
}

impl TwilioSettings {
    fn gateway(&self, resource: &str, fields: Form, words: usize) -> Result<Gateway, SetupError> {
        let sid = &self.account_sid;
        let plausible = sid.strip_prefix("AC").is_some_and(|digits| {
            digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if !plausible {
            return Err(SetupError {
                field: "account_sid",
                why: format!(
                    "expected AC and 32 hexadecimal digits, got {sid:?}; copy it from Twilio's \
                     console"
                ),
            });
        }
        let token = self.auth_token.read();
        let token = token.map_err(|why| SetupError {
            field: "auth_token",
            why,
        })?;
        let user = self.api_key_sid.as_ref().unwrap_or(sid);
        let form = [("To", template("{number}")), ("From", literal(&self.from))];
        let form = form
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value, Escape::None));
        Ok(Gateway {
            vendor: Vendor::Twilio,
            method: Method::POST,
            url: at(
                &self.base_url,
                &format!("/2010-04-01/Accounts/{sid}/{resource}"),
            ),
            headers: Vec::new(),
            authorization: Some(Authorization::basic(user, &token)),
            body: Body::Form(form.chain(fields).collect()),
            signing_key: None,
            longest_words: words,
        })
    }

    /// <https://www.twilio.com/docs/messaging/api/message-resource>: at most 1,600 characters.
    pub(super) fn sms(&self) -> Result<Gateway, SetupError> {
        let fields = vec![
            (
                "Body".to_owned(),
                template("{subject}\n{body}"),
                Escape::None,
            ),
            (
                "ValidityPeriod".to_owned(),
                template("{ttl_s}"),
                Escape::None,
            ),
        ];
        self.gateway("Messages.json", fields, 1600)
    }

    /// <https://www.twilio.com/docs/voice/api/call-resource>: TwiML of at most 4,000 characters,
    /// of which escaping may make six of one. Said twice, since nobody is awake for the first.
    pub(super) fn call(&self) -> Result<Gateway, SetupError> {
        let language = self
            .language
            .as_deref()
            .map_or_else(String::new, |language| {
                let tag: String = language
                    .chars()
                    .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
                    .collect();
                format!(" language=\"{tag}\"")
            });
        let twiml = template(&format!(
            "<Response><Pause length=\"1\"/><Say loop=\"2\"{language}>{{subject}}. {{body}}</Say>\
             </Response>"
        ));
        self.gateway(
            "Calls.json",
            vec![("Twiml".to_owned(), twiml, Escape::Xml)],
            600,
        )
    }
}

impl VonageSettings {
    /// <https://developer.vonage.com/en/api/messages>: at most 1,000 characters, numbers without
    /// their plus sign. Its `ttl` should not be below 30 minutes, so it is left out.
    pub(super) fn sms(&self) -> Result<Gateway, SetupError> {
        let secret = self.api_secret.read();
        let secret = secret.map_err(|why| SetupError {
            field: "api_secret",
            why,
        })?;
        let body = [
            ("channel", template("sms")),
            ("message_type", template("text")),
            ("to", template("{digits}")),
            ("from", literal(&self.from)),
            ("text", template("{subject}\n{body}")),
            ("client_ref", template("{id}")),
        ];
        let body = body.map(|(name, text)| (name.to_owned(), JsonTemplate::Text(text)));
        Ok(Gateway {
            vendor: Vendor::Vonage,
            method: Method::POST,
            url: at(&self.base_url, "/v1/messages"),
            headers: vec![accept_json()],
            authorization: Some(Authorization::basic(&self.api_key, &secret)),
            body: Body::Json(JsonTemplate::Object(body.into())),
            signing_key: None,
            longest_words: 1000,
        })
    }
}

impl SevenSettings {
    /// <https://docs.seven.io/en/rest-api/endpoints/sms>: at most 1,520 characters.
    pub(super) fn sms(&self) -> Result<Gateway, SetupError> {
        let key = self.api_key.read();
        let key = key.map_err(|why| SetupError {
            field: "api_key",
            why,
        })?;
        let body = [
            ("to", template("{number}")),
            ("from", literal(&self.from)),
            ("text", template("{subject}\n{body}")),
            ("ttl", template("{ttl_min}")),
            ("foreign_id", template("{id}")),
        ];
        Ok(Gateway {
            vendor: Vendor::Seven,
            method: Method::POST,
            url: at(&self.base_url, "/api/sms"),
            headers: vec![accept_json()],
            authorization: Some(Authorization::header("x-api-key", &key)?),
            body: Body::Form(
                body.map(|(name, value)| (name.to_owned(), value, Escape::None))
                    .into(),
            ),
            signing_key: None,
            longest_words: 1520,
        })
    }
}

fn accept_json() -> (reqwest::header::HeaderName, Template) {
    (reqwest::header::ACCEPT, template("application/json"))
}

/// Whose words an answer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    Generic,
    Twilio,
    Vonage,
    Seven,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

impl Vendor {
    /// What an answer means.
    pub(super) fn judge(self, answer: &Answer) -> Outcome {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let special = match self {
            Self::Generic => None,
            Self::Twilio => twilio_says(answer.status, &body),
            Self::Vonage => vonage_says(answer, &body),
            Self::Seven => seven_says(answer.status, &body),
        };
        special.unwrap_or_else(|| by_status(self, answer))
    }
}

/// What a status means by itself (RFC 9110, section 15).
fn by_status(vendor: Vendor, answer: &Answer) -> Outcome {
    let status = answer.status;
    let why = format!("{status}: {}", http::line(&answer.body));
    match status.as_u16() {
        // Of the vendors' own services we know what an acceptance looks like, and this is none.
        200..=299 if vendor != Vendor::Generic => Outcome::Unknown {
            why: format!("an answer that is not the vendor's: {why}"),
        },
        200..=299 => Outcome::Accepted,
        408 | 425 | 429 | 500 | 502 | 503 | 504 => Outcome::RetryAfter {
            after: answer.retry_after,
            why,
        },
        401 | 403 => Outcome::Refused {
            why: format!("{why}; check this gateway's credentials and what they may do"),
        },
        300..=499 => Outcome::Refused {
            why: format!("{why}; check this gateway's settings"),
        },
        _ => Outcome::Unknown { why },
    }
}

/// <https://www.twilio.com/docs/usage/twilios-response>, <https://www.twilio.com/docs/api/errors>.
fn twilio_says(status: StatusCode, body: &Value) -> Option<Outcome> {
    if status.is_success() {
        let state = body["status"].as_str().unwrap_or_default();
        let taken =
            body["sid"].is_string() && !matches!(state, "failed" | "undelivered" | "canceled");
        return taken.then_some(Outcome::Accepted);
    }
    let code = body["code"].as_u64()?;
    let why = format!(
        "Twilio {code}: {}",
        http::line(body["message"].as_str().unwrap_or_default().as_bytes())
    );
    match code {
        // Not a number; not valid; unsubscribed; takes no text messages; a short code; a landline.
        21211 | 21217 | 21610 | 21614 | 21265 | 21635 => Some(Outcome::DeadToken { why }),
        _ => None,
    }
}

/// <https://developer.vonage.com/en/api-errors/messages>. The code is the end of `type`, an
/// address such as `https://developer.vonage.com/api-errors/messages#1120`.
fn vonage_says(answer: &Answer, body: &Value) -> Option<Outcome> {
    if answer.status.is_success() {
        return body["message_uuid"]
            .is_string()
            .then_some(Outcome::Accepted);
    }
    let kind = body["type"].as_str()?;
    let (_, code) = kind.rsplit_once('#')?;
    let why = format!(
        "Vonage {code}: {}",
        http::line(body["detail"].as_str().unwrap_or_default().as_bytes())
    );
    match code {
        // Number barred; not a number; not one of this channel.
        "1050" | "1170" | "1430" => Some(Outcome::DeadToken { why }),
        "1000" | "throttled" => Some(Outcome::RetryAfter {
            after: answer.retry_after,
            why,
        }),
        _ => None,
    }
}

/// <https://docs.seven.io/en/rest-api/errors>: the status is 200, whatever happened.
fn seven_says(status: StatusCode, body: &Value) -> Option<Outcome> {
    if !status.is_success() {
        return None;
    }
    let code = match &body["success"] {
        Value::String(code) => code.clone(),
        Value::Number(code) => code.to_string(),
        // Some errors come as the number alone.
        _ => body.as_u64()?.to_string(),
    };
    let why = |what: &str| format!("seven.io {code}: {what}");
    Some(match code.as_str() {
        "100" if body["messages"][0]["success"] != false => Outcome::Accepted,
        "100" | "101" => Outcome::Unknown {
            why: why("the message was not taken on"),
        },
        "202" => Outcome::DeadToken {
            why: why("the number is invalid"),
        },
        "402" => Outcome::RetryAfter {
            after: Some(Duration::from_secs(180)),
            why: why("the same text went to this number less than 180 s ago"),
        },
        "403" => Outcome::RetryAfter {
            after: None,
            why: why("the day's limit for this number is reached"),
        },
        "600" | "700" => Outcome::RetryAfter {
            after: None,
            why: why("the carrier or the gateway failed"),
        },
        "500" => Outcome::Refused {
            why: why("too little credit; top up the account"),
        },
        "900" | "901" | "902" | "903" => Outcome::Refused {
            why: why("the API key was refused; check api_key and what it may do"),
        },
        _ => Outcome::Refused {
            why: why("the request was refused; check from"),
        },
    })
}
