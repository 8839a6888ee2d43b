//! Says one thing to one address, by one vendor's rules, and tells truly what became of it.
//!
//! A [`Transport`] knows a protocol and its credentials. It knows no tickets, retries nothing, and
//! keeps nothing but warm connections: what to send when, and what an [`Outcome`] means for the
//! page, is the dispatcher's (`tocsin-server`). A transport never answers [`Outcome::Accepted`]
//! unless the service said so in its own words, and whatever it does not understand is
//! [`Outcome::Unknown`], which is tried again: a page sent twice rings once, a page not sent does
//! not ring.

mod answer;
pub mod apns;
pub mod email;
pub mod fcm;
pub mod fetch;
pub mod gateway;
pub mod guard;
pub mod hook;
pub mod http;
pub mod jwt;
pub mod secret;
pub mod settings;
pub mod vapid;
pub mod webhook;
pub mod webpush;

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;
use tocsin_wire::PushAddress;

/// What a push is for; decides how loud the vendor's part of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Somebody must wake up now.
    Page,
    /// A page's state changed so that nobody needs to wake up: the device falls silent.
    Silence,
    /// A test of the way. It makes no sound of its own; the device may, if it was asked to.
    Drill,
    /// Something to read by day.
    Notice,
}

/// What one person reads where no device of ours unseals the payload: e-mail, text message, call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line, under 78 characters (RFC 5322, section 2.1.1).
    pub subject: String,
    /// Plain text, with what to do next.
    pub body: String,
}

/// One thing to say.
#[derive(Debug, Clone)]
pub struct Push {
    /// Names the obligation for the service: the same for every attempt of the same page to the same
    /// device, meaningless to anybody else, 16 to 32 characters of base64url.
    pub id: Arc<str>,
    /// What it is for.
    pub purpose: Purpose,
    /// The payload's plaintext for devices, at most [`tocsin_wire::MAX_PUSH_BYTES`].
    pub payload: Arc<[u8]>,
    /// The same for people.
    pub words: Arc<Words>,
    /// From this instant on it is worthless: services drop it, devices stay silent.
    pub expires_at: Millis,
}

impl Push {
    /// How long a service should keep it for a device that is away, in whole seconds, rounded up;
    /// zero when it is too late.
    #[must_use]
    pub fn ttl_s(&self, now: Millis) -> u64 {
        self.expires_at.since(now).as_millis().div_ceil(1000) as u64
    }
}

/// Where to.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Address {
    /// One of a person's devices.
    Device(PushAddress),
    /// A telephone, through a gateway of the settings.
    Telephone {
        /// The gateway's name in the settings.
        gateway: String,
        /// The number in E.164, such as `+493012345678`.
        number: String,
    },
    /// A mailbox.
    Mailbox {
        /// RFC 5321 address.
        email: String,
    },
}

/// An address is personal, or a capability, so it does not print.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(address) => address.fmt(f),
            Self::Telephone { gateway, .. } => write!(f, "Telephone(by {gateway})"),
            Self::Mailbox { .. } => f.write_str("Mailbox"),
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The service has taken it on. That is not a device's receipt.
    Accepted,
    /// Not now. Try again, no sooner than `after` if the service named a time.
    RetryAfter {
        /// How long the service asked to wait.
        after: Option<Duration>,
        /// The service's words.
        why: String,
    },
    /// This address will never work again.
    DeadToken {
        /// The service's words.
        why: String,
    },
    /// The service refuses us or what we sent. The address may be good; somebody must look at
    /// the settings.
    Refused {
        /// The service's words, and what to do.
        why: String,
    },
    /// No answer, or none that can be understood: it may have arrived.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// A way to say one thing to one address.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Makes one attempt, which ends within 10 s. Dropping the future gives it up.
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome>;
}
