//! The transports file: which push services the server may use, and as whom.
//!
//! A mistake in it is found when the server starts, with its line and field, and not when a page
//! has to go out. Credentials are elsewhere; the file says where ([`crate::secret`]).

use core::fmt;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tocsin_ticket::Transport as Kind;
use url::Url;

use crate::apns::{Apns, ApnsSettings};
use crate::email::{Email, EmailSettings};
use crate::fcm::{Fcm, FcmSettings};
use crate::guard::Guard;
use crate::http::{self, SetupError};
use crate::vapid::Vapid;
use crate::webhook::{GatewaySettings, Webhook};
use crate::webpush::{WebPush, WebPushSettings};
use crate::{Address, Transport};

/// The transports file (TOML 1.1). `transports.example.toml` of this package shows every field.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Hosts of gateways and of the webhooks of teams, names or addresses without port, that may be in
    /// a private network.
    /// `[webpush]` has a list of its own.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
    /// Hosts, with a port if it is not 443, whose certificates sign Amazon SNS messages beside
    /// `sns.REGION.amazonaws.com` and `sns.REGION.amazonaws.com.cn`.
    #[serde(default)]
    pub sns_hosts: Vec<String>,
    /// Certificate authorities in PEM to trust beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// WebPush.
    #[serde(default)]
    pub webpush: Option<WebPushSettings>,
    /// Apple's push service.
    #[serde(default)]
    pub apns: Option<ApnsWay>,
    /// Firebase Cloud Messaging.
    #[serde(default)]
    pub fcm: Option<FcmSettings>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<EmailSettings>,
    /// Gateways for text messages and calls, by the name that addresses refer to.
    #[serde(default)]
    pub gateway: BTreeMap<String, GatewaySettings>,
}

/// How Apple's push service is reached: `[apns.WAY]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApnsWay {
    /// Directly, with a key of our own, for the app that we built ourselves.
    Own(ApnsSettings),
    /// Through the gateway of whoever published the app.
    Gateway(ApnsGateway),
}

/// A gateway to Apple's push service: `[apns.gateway]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsGateway {
    /// Its origin, `https://host[:port]`.
    pub url: Url,
    /// Where whoever runs the gateway reaches us: `mailto:ADDRESS` or an https URL.
    pub contact: String,
}

/// What is wrong with a transports file.
///
/// Written `12:9: email.port: expected …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which field, such as `email.port`; empty for the file as a whole.
    pub field: String,
    /// What was expected, and what was there instead.
    pub why: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.why)
    }
}

impl SettingsError {
    fn new(text: &str, field: String, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = &text[..text.floor_char_boundary(at)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            field: if field == "." { String::new() } else { field },
            why: error.message().to_owned(),
        }
    }
}

impl Settings {
    /// Reads a transports file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        read(text)
    }

    /// The certificates in PEM to trust beside the system's.
    pub(crate) fn roots(&self) -> Result<String, StartError> {
        let Some(path) = &self.ca_file else {
            return Ok(String::new());
        };
        std::fs::read_to_string(path).map_err(|error| StartError {
            field: "ca_file".to_owned(),
            why: format!(
                "expected certificates in PEM at {}, got: {error}; name another file, or leave it \
                 out to trust the system's authorities alone",
                path.display()
            ),
        })
    }

    /// A client that goes nowhere but where the settings let it, and the guard that checks
    /// addresses before: what is named in `allow_hosts` may be anywhere, everything else must be on
    /// the public internet.
    pub(crate) fn guarded(&self, roots: &str) -> Result<(Guard, Client), StartError> {
        let guard = Guard::new(&self.allow_hosts).map_err(StartError::at_root)?;
        let client = guard.client(roots).map_err(StartError::at_root)?;
        Ok((guard, client))
    }
}

/// Reads a file of settings, such as [`Settings`].
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, SettingsError> {
    let document = toml::Deserializer::parse(text)
        .map_err(|error| SettingsError::new(text, String::new(), &error))?;
    serde_path_to_error::deserialize(document)
        .map_err(|error| SettingsError::new(text, error.path().to_string(), error.inner()))
}

/// A setting that reads well but cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct StartError {
    /// Which field, such as `gateway.sms.auth_token`.
    pub field: String,
    /// What was expected, and what to do.
    pub why: String,
}

impl StartError {
    fn within(section: &'static str) -> impl Fn(SetupError) -> Self {
        move |problem| Self {
            field: format!("{section}.{}", problem.field),
            why: problem.why,
        }
    }

    fn at_root(problem: SetupError) -> Self {
        Self {
            field: problem.field.to_owned(),
            why: problem.why,
        }
    }
}

/// Every transport of the settings, ready.
#[derive(Debug)]
pub struct Transports {
    webpush: Option<WebPush>,
    apns: Option<Apns>,
    fcm: Option<Fcm>,
    email: Option<Email>,
    webhook: Option<Webhook>,
}

impl Transports {
    /// Gets every configured transport ready. Connects to nobody yet. `vapid_pkcs8` is the server's
    /// key of [`crate::jwt::SigningKey::generate_es256`], by which push services and gateways know
    /// it.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn start(settings: &Settings, vapid_pkcs8: &[u8]) -> Result<Self, StartError> {
        let roots = settings.roots()?;
        let client = http::client(&roots).map_err(StartError::at_root)?;
        let (guard, guarded) = settings.guarded(&roots)?;
        let webpush = settings.webpush.as_ref().map(|webpush| {
            WebPush::new(webpush, vapid_pkcs8, &roots).map_err(StartError::within("webpush"))
        });
        let apns = settings.apns.as_ref().map(|way| match way {
            ApnsWay::Own(own) => Apns::direct(own, &roots).map_err(StartError::within("apns.own")),
            ApnsWay::Gateway(gateway) => Vapid::new(vapid_pkcs8, &gateway.contact)
                .and_then(|vapid| {
                    Apns::through_gateway(&gateway.url, Arc::new(vapid), client.clone())
                })
                .map_err(StartError::within("apns.gateway")),
        });
        let fcm = settings.fcm.as_ref();
        let fcm = fcm.map(|fcm| Fcm::start(fcm, client.clone()).map_err(StartError::within("fcm")));
        let email = settings.email.as_ref();
        let email =
            email.map(|email| Email::start(email, &roots).map_err(StartError::within("email")));
        let gateways = &settings.gateway;
        let webhook = (!gateways.is_empty()).then(|| {
            Webhook::start(gateways, guard.clone(), guarded.clone()).map_err(|error| StartError {
                field: format!("gateway.{}.{}", error.gateway, error.problem.field),
                why: error.problem.why,
            })
        });
        Ok(Self {
            webpush: webpush.transpose()?,
            apns: apns.transpose()?,
            fcm: fcm.transpose()?,
            email: email.transpose()?,
            webhook: webhook.transpose()?,
        })
    }

    /// A transport, if it is configured. The live stream is none of these: it is the server's own.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Option<&dyn Transport> {
        match kind {
            Kind::Stream => None,
            Kind::WebPush => self.webpush.as_ref().map(as_dyn),
            Kind::Apns => self.apns.as_ref().map(as_dyn),
            Kind::Fcm => self.fcm.as_ref().map(as_dyn),
            Kind::Webhook => self.webhook.as_ref().map(as_dyn),
            Kind::Email => self.email.as_ref().map(as_dyn),
        }
    }

    /// The transport that reaches an address, if it is configured.
    #[must_use]
    pub fn reaching(&self, address: &Address) -> Option<&dyn Transport> {
        self.get(address.transport())
    }

    /// WebPush itself, which also knows its public key and which endpoints it would push to.
    #[must_use]
    pub const fn webpush(&self) -> Option<&WebPush> {
        self.webpush.as_ref()
    }

    /// The key that WebPush endpoints are bound to, if WebPush is configured.
    #[must_use]
    pub fn vapid_public_key(&self) -> Option<&str> {
        self.webpush.as_ref().map(WebPush::vapid_public_key)
    }

    /// All that are configured.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let all = Kind::ALL.into_iter();
        all.filter(|kind| self.get(*kind).is_some()).collect()
    }
}

fn as_dyn<T: Transport>(transport: &T) -> &dyn Transport {
    transport
}

impl Address {
    /// By which transport it is reached.
    #[must_use]
    pub const fn transport(&self) -> Kind {
        match self {
            Self::Device(address) => address.transport(),
            Self::Telephone { .. } => Kind::Webhook,
            Self::Mailbox { .. } => Kind::Email,
        }
    }
}
