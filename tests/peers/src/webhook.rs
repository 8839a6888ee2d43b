//! Gateways for text messages and calls: Twilio, Vonage, seven.io, and one that takes anything that
//! is signed by Standard Webhooks.
//!
//! Each checks what it is sent against its vendor's documentation and answers in its vendor's
//! words; where a vendor is lenient, the peer is not. They share the telephones behind them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use ring::hmac;
use serde_json::{Value, json};

use crate::https::{Request, Response, Service};

/// Twilio's account.
pub const TWILIO_SID: &str = "AC0123456789abcdef0123456789abcdef";
/// Its token.
pub const TWILIO_TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// Vonage's API key.
pub const VONAGE_KEY: &str = "abcd1234";
/// Its secret.
pub const VONAGE_SECRET: &str = "s3cretS3cret";
/// seven.io's API key.
pub const SEVEN_KEY: &str = "5ev3n5ev3n5ev3n5ev3n";
/// The secret of [`Signed`].
pub const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a number is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nobody has it.
    Invalid,
    /// Its owner wrote STOP.
    Unsubscribed,
    /// A landline, which takes calls alone.
    Landline,
}

/// What a telephone got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// In E.164.
    pub number: String,
    /// The text message, or the TwiML of the call.
    pub text: String,
}

/// The telephones that gateways reach. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Telephones(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    conditions: HashMap<String, Condition>,
    received: Vec<Received>,
}

impl Telephones {
    /// Says what a number is like; others are good.
    pub fn set(&self, number: &str, condition: Condition) {
        self.book().conditions.insert(number.to_owned(), condition);
    }

    /// Everything that arrived, in order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.book().received.clone()
    }

    fn condition(&self, number: &str) -> Option<Condition> {
        self.book().conditions.get(number).copied()
    }

    /// Delivers, and gives the number of the delivery.
    fn deliver(&self, number: &str, text: &str) -> usize {
        let mut book = self.book();
        book.received.push(Received {
            number: number.to_owned(),
            text: text.to_owned(),
        });
        book.received.len()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("no holder panics")
    }
}

type Form = HashMap<String, String>;

/// The form of a request, if it is one and has only `known` fields, each once.
fn form(request: &Request, known: &[&str]) -> Result<Form, String> {
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return Err("Content-Type must be application/x-www-form-urlencoded".to_owned());
    }
    let mut form = Form::new();
    for (name, value) in url::form_urlencoded::parse(&request.body).into_owned() {
        if !known.contains(&name.as_str()) {
            return Err(format!("unknown parameter {name}"));
        }
        if form.insert(name.clone(), value).is_some() {
            return Err(format!("parameter {name} twice"));
        }
    }
    Ok(form)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn posted(request: &Request, path: &str) -> bool {
    request.method == Method::POST && request.path == path
}

/// <https://www.twilio.com/docs/messaging/api/message-resource> and
/// <https://www.twilio.com/docs/voice/api/call-resource>.
#[derive(Debug, Default)]
pub struct Twilio {
    /// Behind it.
    pub telephones: Telephones,
}

/// <https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions>.
fn twilio_error(status: u16, code: u32, message: &str) -> Response {
    Response::new(status).json(&json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    }))
}

impl Twilio {
    fn take(&self, request: &Request) -> Result<Response, Response> {
        let account = format!("/2010-04-01/Accounts/{TWILIO_SID}");
        if request.header("authorization") != Some(&basic(TWILIO_SID, TWILIO_TOKEN)) {
            return Err(twilio_error(401, 20003, "Authenticate"));
        }
        let message = posted(request, &format!("{account}/Messages.json"));
        if !message && !posted(request, &format!("{account}/Calls.json")) {
            return Err(twilio_error(
                404,
                20404,
                "The requested resource was not found",
            ));
        }
        let known: &[&str] = if message {
            &["To", "From", "Body", "ValidityPeriod"]
        } else {
            &["To", "From", "Twiml"]
        };
        let form = form(request, known).map_err(|why| twilio_error(400, 20001, &why))?;
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let to = field("To");
        if field("From").is_empty() {
            return Err(twilio_error(
                400,
                21603,
                "A 'From' phone number is required.",
            ));
        }
        let condition = self.telephones.condition(to);
        if !e164(to) || condition == Some(Condition::Invalid) {
            let said = format!("Invalid 'To' Phone Number: {}XXXX", &to[..to.len().min(8)]);
            return Err(twilio_error(400, 21211, &said));
        }
        let text = if message {
            match condition {
                Some(Condition::Unsubscribed) => {
                    let said = "Attempt to send to unsubscribed recipient";
                    return Err(twilio_error(400, 21610, said));
                }
                Some(Condition::Landline) => {
                    let said = format!("'To' number is not a valid mobile number: {to}");
                    return Err(twilio_error(400, 21614, &said));
                }
                _ => self.message_text(&form)?,
            }
        } else {
            let twiml = field("Twiml");
            if twiml.chars().count() > 4000 || !well_formed(twiml) {
                return Err(twilio_error(400, 21218, "Invalid TwiML"));
            }
            twiml
        };
        let number = self.telephones.deliver(to, text);
        let kind = if message { "SM" } else { "CA" };
        Ok(Response::new(201).json(&json!({
            "sid": format!("{kind}{number:032x}"),
            "account_sid": TWILIO_SID,
            "status": "queued",
            "to": to,
            "from": field("From"),
            "body": text,
            "error_code": null,
            "error_message": null,
        })))
    }

    fn message_text<'a>(&self, form: &'a Form) -> Result<&'a str, Response> {
        let body = form.get("Body").map_or("", String::as_str);
        if body.is_empty() {
            return Err(twilio_error(400, 21602, "Message body is required."));
        }
        if body.chars().count() > 1600 {
            let said = "The concatenated message body exceeds the 1600 character limit";
            return Err(twilio_error(400, 21617, said));
        }
        let validity = form.get("ValidityPeriod").map(|text| text.parse::<u32>());
        if !matches!(validity, None | Some(Ok(1..=14_400))) {
            return Err(twilio_error(
                400,
                20001,
                "ValidityPeriod must be 1 to 14400",
            ));
        }
        Ok(body)
    }
}

/// Whether tags are closed in order and every `&` and `<` of the text is escaped.
fn well_formed(xml: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    let mut closed_root = false;
    while let Some(at) = rest.find(['<', '&']) {
        let (text, after) = rest.split_at(at);
        if open.is_empty() && (!text.trim().is_empty() || closed_root) {
            return false;
        }
        if let Some(entity) = after.strip_prefix('&') {
            let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
            if !known.iter().any(|known| entity.starts_with(known)) {
                return false;
            }
            rest = entity;
            continue;
        }
        let Some((tag, after)) = after[1..].split_once('>') else {
            return false;
        };
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
            closed_root = open.is_empty();
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap_or_default());
        }
        rest = after;
    }
    closed_root && rest.trim().is_empty() && xml.starts_with("<Response>")
}

impl Service for Twilio {
    fn answer(&self, request: &Request) -> Response {
        self.take(request).unwrap_or_else(|refusal| refusal)
    }

    fn accepted(&self, _: &Request) -> Response {
        Response::new(201).json(&json!({"sid": "SMlie", "status": "queued"}))
    }

    fn failure(&self, _: &Request, status: u16) -> Response {
        match status {
            401 => twilio_error(401, 20003, "Authenticate"),
            429 => twilio_error(429, 20429, "Too Many Requests"),
            status => twilio_error(status, 20500, "An internal server error has occurred"),
        }
    }
}

/// <https://developer.vonage.com/en/api/messages>.
#[derive(Debug, Default)]
pub struct Vonage {
    /// Behind it.
    pub telephones: Telephones,
}

fn vonage_error(status: u16, kind: &str, title: &str, detail: &str) -> Response {
    Response::new(status).json(&json!({
        "type": format!("https://developer.vonage.com/api-errors{kind}"),
        "title": title,
        "detail": detail,
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }))
}

impl Vonage {
    fn take(&self, request: &Request) -> Result<Response, Response> {
        if request.header("authorization") != Some(&basic(VONAGE_KEY, VONAGE_SECRET)) {
            return Err(self.failure(request, 401));
        }
        let invalid = |detail: &str| vonage_error(422, "/messages#1020", "Invalid params", detail);
        if !posted(request, "/v1/messages") {
            return Err(vonage_error(
                404,
                "#not-found",
                "Not found",
                "No such resource",
            ));
        }
        if request.header("content-type") != Some("application/json") {
            return Err(invalid("Content-Type must be application/json"));
        }
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| invalid("no JSON"))?;
        let fields = body.as_object().ok_or_else(|| invalid("no object"))?;
        let known = [
            "channel",
            "message_type",
            "to",
            "from",
            "text",
            "client_ref",
        ];
        if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(invalid(&format!("unknown field {name}")));
        }
        let field = |name: &str| body[name].as_str().unwrap_or_default();
        if field("channel") != "sms" || field("message_type") != "text" {
            return Err(invalid("channel must be sms and message_type text"));
        }
        if field("from").is_empty() || field("client_ref").chars().count() > 100 {
            return Err(invalid(
                "from is required, client_ref has at most 100 characters",
            ));
        }
        if !(1..=1000).contains(&field("text").chars().count()) {
            return Err(invalid("text has 1 to 1000 characters"));
        }
        let number = format!("+{}", field("to"));
        match self.telephones.condition(&number) {
            _ if !e164(&number) => return Err(invalid("to must be E.164 without plus sign")),
            Some(Condition::Unsubscribed) => {
                let detail = "The number you are trying to submit to is blacklisted";
                return Err(vonage_error(422, "/messages#1050", "Number barred", detail));
            }
            Some(Condition::Invalid | Condition::Landline) => {
                let detail = "The phone number you set in to is not a valid number.";
                let title = "Invalid or Missing Msisdn Param";
                return Err(vonage_error(422, "/messages#1170", title, detail));
            }
            None => {}
        }
        let delivery = self.telephones.deliver(&number, field("text"));
        let id = format!("aaaaaaaa-bbbb-4ccc-8ddd-{delivery:012x}");
        Ok(Response::new(202).json(&json!({ "message_uuid": id })))
    }
}

impl Service for Vonage {
    fn answer(&self, request: &Request) -> Response {
        self.take(request).unwrap_or_else(|refusal| refusal)
    }

    fn accepted(&self, _: &Request) -> Response {
        Response::new(202).json(&json!({"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000000"}))
    }

    fn failure(&self, _: &Request, status: u16) -> Response {
        match status {
            401 => vonage_error(
                401,
                "#unauthorized",
                "You did not provide correct credentials.",
                "Check that you're using the correct credentials, and that your account has this \
                 feature enabled",
            ),
            402 => vonage_error(402, "#low-balance", "Low balance", "Top up your account"),
            429 => vonage_error(
                429,
                "#throttled",
                "Rate Limit Hit",
                "Please wait, then retry your request",
            ),
            status => vonage_error(status, "#internal-error", "Internal error", "Try again"),
        }
    }
}

/// <https://docs.seven.io/en/rest-api/endpoints/sms>: every answer has status 200.
#[derive(Debug, Default)]
pub struct Seven {
    /// Behind it.
    pub telephones: Telephones,
}

impl Seven {
    fn take(&self, request: &Request) -> Result<Response, u16> {
        if request.header("x-api-key") != Some(SEVEN_KEY) {
            return Err(900);
        }
        if !posted(request, "/api/sms") || request.header("accept") != Some("application/json") {
            return Err(600);
        }
        let known = ["to", "from", "text", "ttl", "foreign_id"];
        let form = form(request, &known).map_err(|_| 600_u16)?;
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let (from, text, to) = (field("from"), field("text"), field("to"));
        let digits = from.bytes().all(|byte| byte.is_ascii_digit());
        if from.len() > if digits { 16 } else { 11 } {
            return Err(201);
        }
        if !e164(to) || self.telephones.condition(to) == Some(Condition::Invalid) {
            return Err(202);
        }
        if text.is_empty() {
            return Err(305);
        }
        if text.chars().count() > 1520 {
            return Err(401);
        }
        if !matches!(field("ttl").parse(), Ok(1..=2880)) || field("foreign_id").len() > 64 {
            return Err(600);
        }
        let repeated = self
            .telephones
            .received()
            .iter()
            .any(|received| received.number == to && received.text == text);
        if repeated {
            return Err(402);
        }
        let delivery = self.telephones.deliver(to, text);
        Ok(Response::new(200).json(&json!({
            "success": "100",
            "total_price": 0.075,
            "balance": 12.3,
            "debug": "false",
            "sms_type": "direct",
            "messages": [{
                "id": format!("{delivery}"),
                "sender": from,
                "recipient": to.trim_start_matches('+'),
                "text": text,
                "encoding": "gsm",
                "parts": 1,
                "price": 0.075,
                "success": true,
                "error": null,
                "error_text": null,
            }],
        })))
    }
}

impl Service for Seven {
    fn answer(&self, request: &Request) -> Response {
        self.take(request).unwrap_or_else(|code| {
            Response::new(200).json(&json!({"success": code.to_string(), "messages": []}))
        })
    }

    fn accepted(&self, _: &Request) -> Response {
        Response::new(200).json(&json!({"success": "100", "messages": [{"success": true}]}))
    }
}

/// A receiver of Standard Webhooks
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
#[derive(Debug)]
pub struct Signed {
    /// Behind it; what arrives is the body.
    pub telephones: Telephones,
    /// Its clock, in seconds after 1970.
    pub now_s: i64,
}

impl Service for Signed {
    fn answer(&self, request: &Request) -> Response {
        let refuse = |why: &'static str| Response::new(401).body(why);
        let header = |name| request.header(name).unwrap_or_default();
        let (id, at_s) = (header("webhook-id"), header("webhook-timestamp"));
        let Ok(at) = at_s.parse::<i64>() else {
            return refuse("no timestamp");
        };
        if (at - self.now_s).abs() > 300 {
            return refuse("Message timestamp too old or too new");
        }
        let secret = SIGNING_SECRET.trim_start_matches("whsec_");
        let secret = STANDARD.decode(secret).expect("our own secret");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let mut message = format!("{id}.{at_s}.").into_bytes();
        message.extend_from_slice(&request.body);
        let signatures = header("webhook-signature").split(' ');
        let good = signatures
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| hmac::verify(&key, &message, &signature).is_ok());
        if !good || id.is_empty() {
            return refuse("No matching signature found");
        }
        self.telephones
            .deliver("", &String::from_utf8_lossy(&request.body));
        Response::new(204)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_title_could_break_is_no_twiml() {
        for good in [
            "<Response><Say>a &amp; b</Say></Response>",
            "<Response><Pause length=\"1\"/><Say loop=\"2\">a</Say></Response>",
        ] {
            assert!(well_formed(good), "{good}");
        }
        for bad in [
            "",
            "hello",
            "<Say>a</Say>",
            "<Response><Say>a & b</Say></Response>",
            "<Response><Say>a < b</Say></Response>",
            "<Response><Say>a</Response></Say>",
            "<Response></Response><Response></Response>",
            "<Response><Say>a",
        ] {
            assert!(!well_formed(bad), "{bad}");
        }
    }
}
