//! The audit log: who changed rights, configuration, keys, tokens and codes, when and from where.
//!
//! An entry is written in the transaction of the act itself. Each is chained to the one before by
//! SHA-256 over that one's hash and its own text, so that nobody can change, remove or insert one
//! without every later hash being wrong. Only cutting off the end leaves a chain that holds; against
//! that, whoever audits keeps the last [`Head`] they saw. Pure.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tocsin_ticket::{DeviceId, Millis, PersonId, ServiceId, TeamId};

use crate::rights::Right;
use crate::store::Device;
use crate::store::holds::Announced;

/// Who did something, from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Doer {
    /// A person on a device of theirs.
    Device {
        /// Who.
        person: PersonId,
        /// On which.
        device: DeviceId,
    },
    /// A person's API token.
    Token {
        /// Whose.
        person: PersonId,
        /// Which.
        token: String,
    },
    /// The server, which gives out the first code.
    Server,
}

impl Doer {
    /// A device's owner.
    #[must_use]
    pub fn on(device: &Device) -> Self {
        Self::Device {
            person: device.person.clone(),
            device: device.id.clone(),
        }
    }

    /// Who answers for it.
    #[must_use]
    pub const fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Device { person, .. } | Self::Token { person, .. } => Some(person),
            Self::Server => None,
        }
    }
}

impl fmt::Display for Doer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { person, device } => write!(f, "{person} on device {device}"),
            Self::Token { person, token } => write!(f, "{person} by token {token}"),
            Self::Server => f.write_str("the server"),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// A configuration was applied.
    ConfigApplied {
        /// What is different from before, a line each.
        changes: Vec<String>,
    },
    /// An enrolment code was given out.
    CodeGiven {
        /// For whose device.
        person: PersonId,
        /// Whether that device may configure the server.
        admin: bool,
    },
    /// A code was used.
    DeviceEnrolled {
        /// The new device.
        device: DeviceId,
        /// What it is called.
        name: String,
        /// Whether it may configure the server.
        admin: bool,
    },
    /// A device's token stopped working.
    DeviceRevoked {
        /// Which.
        device: DeviceId,
        /// Whose.
        person: PersonId,
        /// What it was called.
        name: String,
    },
    /// An integration got a key, and its older one stopped working.
    KeySet {
        /// Which.
        integration: String,
    },
    /// Somebody outside got a secret by which they know the server's messages; with one before, that
    /// goes on working for a while.
    WebhookSecretSet {
        /// Which.
        webhook: String,
        /// Until when the secret before works.
        previous_until: Option<Millis>,
    },
    /// The addresses of their calendars got a new key, and the older one stopped working.
    CalendarKeySet,
    /// Somebody said that the next person on call has the pager, without their phone's proof.
    HandoffCompleted {
        /// Of which team.
        team: TeamId,
        /// Who had it.
        from: PersonId,
        /// Who has it.
        to: PersonId,
    },
    /// Two people swapped shifts: the other side agreed.
    SwapAccepted {
        /// Which.
        swap: u64,
        /// Of which team.
        team: TeamId,
    },
    /// An API token was made.
    TokenCreated {
        /// Which.
        token: String,
        /// What it is for.
        name: String,
        /// What it may do.
        scopes: Vec<Right>,
        /// Until when.
        expires_at: Millis,
    },
    /// Work on services was announced: their alarms page nobody meanwhile.
    MaintenanceAnnounced {
        /// Its number.
        id: u64,
        /// The work.
        window: Announced,
    },
    /// Announced work was ended before its time, or called off.
    MaintenanceEnded {
        /// Its number.
        id: u64,
        /// What it was called.
        name: String,
    },
    /// They asked not to be woken for less than a SEV1.
    QuietBegun {
        /// Until when.
        until: Millis,
    },
    /// They can be woken again.
    QuietEnded,
    /// An API token stopped working.
    TokenRevoked {
        /// Which.
        token: String,
        /// Whose.
        person: PersonId,
        /// What it was for.
        name: String,
    },
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admin = |admin: &bool| if *admin { ", an administrator's" } else { "" };
        match self {
            Self::ConfigApplied { changes } => {
                write!(f, "applied a configuration: {}", changes.join("; "))
            }
            Self::CodeGiven { person, admin: is } => {
                write!(f, "gave out a code for {person}{}", admin(is))
            }
            Self::DeviceEnrolled {
                device,
                name,
                admin: is,
            } => write!(f, "enrolled device {device} ({name}){}", admin(is)),
            Self::DeviceRevoked {
                device,
                person,
                name,
            } => write!(f, "revoked device {device} ({name}) of {person}"),
            Self::KeySet { integration } => write!(f, "made a key for {integration}"),
            Self::WebhookSecretSet {
                webhook,
                previous_until: None,
            } => write!(f, "made a secret for {webhook}"),
            Self::WebhookSecretSet {
                webhook,
                previous_until: Some(_),
            } => write!(
                f,
                "made a new secret for {webhook}, beside its older one for a while"
            ),
            Self::HandoffCompleted { team, from, to } => {
                write!(f, "completed the handoff of {team} from {from} to {to}")
            }
            Self::CalendarKeySet => f.write_str("made new addresses for their calendars"),
            Self::SwapAccepted { swap, team } => {
                write!(f, "accepted swap {swap} of shifts of {team}")
            }
            Self::TokenCreated {
                token,
                name,
                scopes,
                expires_at,
            } => {
                let scopes: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
                let scopes = scopes.join(", ");
                let until = instant(*expires_at);
                write!(f, "made token {token} ({name}) to {scopes} until {until}")
            }
            Self::MaintenanceAnnounced { id, window } => {
                let services: Vec<&str> = window.services.iter().map(ServiceId::as_str).collect();
                write!(
                    f,
                    "announced maintenance {id} ({}) of {} from {} until {}",
                    window.name,
                    services.join(", "),
                    instant(window.from),
                    instant(window.until)
                )
            }
            Self::MaintenanceEnded { id, name } => write!(f, "ended maintenance {id} ({name})"),
            Self::QuietBegun { until } => {
                write!(f, "asked for quiet until {}", instant(*until))
            }
            Self::QuietEnded => f.write_str("ended their quiet time"),
            Self::TokenRevoked {
                token,
                person,
                name,
            } => write!(f, "revoked token {token} ({name}) of {person}"),
        }
    }
}

fn instant(at: Millis) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default()
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3 and so on.
    pub number: u64,
    /// When.
    pub at: Millis,
    /// Who.
    pub who: Doer,
    /// What.
    pub what: Act,
}

/// SHA-256 of everything up to an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|error| format!("expected 64 hexadecimal digits: {error}"))?;
        Ok(Self(bytes))
    }
}

/// An entry as it is kept: the hash is over this very text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its number.
    pub number: u64,
    /// An [`Entry`] as JSON.
    pub text: String,
    /// Of the entry before and of the text.
    pub hash: Hash,
}

impl Sealed {
    /// What it says.
    ///
    /// # Errors
    /// When a newer version wrote it.
    pub fn entry(&self) -> serde_json::Result<Entry> {
        serde_json::from_str(&self.text)
    }
}

/// The end of a chain that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last entry's number; 0 before the first.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first entry.
    pub const START: Self = Self {
        number: 0,
        hash: Hash([0; 32]),
    };

    /// The next entry of the chain.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn seal(self, at: Millis, actor: &Doer, act: &Act) -> serde_json::Result<Sealed> {
        let number = self.number + 1;
        let text = serde_json::to_string(&Entry {
            number,
            at,
            who: actor.clone(),
            what: act.clone(),
        })?;
        let hash = self.over(&text);
        Ok(Sealed { number, text, hash })
    }

    /// The head once this entry is the last.
    ///
    /// # Errors
    /// [`Broken`] when it is not what the chain goes on with.
    pub fn follow(self, next: &Sealed) -> Result<Self, Broken> {
        let number = self.number + 1;
        let broken = |why: String| Err(Broken { number, why });
        if next.number != number {
            return broken(format!("entry {} stands in its place", next.number));
        }
        if self.over(&next.text) != next.hash {
            return broken("its text or one before it is not what was written".to_owned());
        }
        Ok(Self {
            number,
            hash: next.hash,
        })
    }

    fn over(self, text: &str) -> Hash {
        let mut digest = Sha256::new();
        digest.update(self.hash.0);
        digest.update(text.as_bytes());
        Hash(digest.finalize().into())
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, hash) = text
            .split_once(':')
            .ok_or_else(|| "expected NUMBER:HASH, as `tocsin audit verify` prints it".to_owned())?;
        Ok(Self {
            number: number
                .parse()
                .map_err(|error| format!("expected an entry's number before the colon: {error}"))?,
            hash: hash.parse()?,
        })
    }
}

/// The first entry that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the audit log is broken at entry {number}: {why}")]
pub struct Broken {
    /// Its number.
    pub number: u64,
    /// What is wrong.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<Sealed> {
        let mut head = Head::START;
        let mut entries = Vec::new();
        for number in 0..length {
            let act = Act::KeySet {
                integration: format!("integration-{number}"),
            };
            let sealed = head.seal(Millis(0), &Doer::Server, &act).unwrap();
            head = head.follow(&sealed).unwrap();
            entries.push(sealed);
        }
        entries
    }

    fn verify(entries: &[Sealed]) -> Result<Head, Broken> {
        entries.iter().try_fold(Head::START, Head::follow)
    }

    #[test]
    fn whatever_is_done_to_the_log_the_first_broken_entry_is_named() {
        let whole = chain(9);
        assert_eq!(verify(&whole).unwrap().number, 9);
        for at in 0..whole.len() {
            let number = at as u64 + 1;
            let first_broken = |entries: &[Sealed]| verify(entries).unwrap_err().number;
            let mut changed = whole.clone();
            changed[at].text = changed[at].text.replace("integration-", "integratiom-");
            assert_eq!(first_broken(&changed), number);
            let mut rehashed = changed;
            rehashed[at].hash = Head {
                number: at as u64,
                hash: if at == 0 {
                    Hash([0; 32])
                } else {
                    whole[at - 1].hash
                },
            }
            .over(&rehashed[at].text);
            match verify(&rehashed) {
                Err(broken) => assert_eq!(broken.number, number + 1),
                Ok(head) => assert_ne!(head, verify(&whole).unwrap(), "the last: the head tells"),
            }
            let mut removed = whole.clone();
            removed.remove(at);
            match verify(&removed) {
                Err(broken) => assert_eq!(broken.number, number),
                Ok(head) => assert_eq!(head.number, 8, "the end was cut off: the head tells"),
            }
            let mut doubled = whole.clone();
            doubled.insert(at, whole[at].clone());
            assert_eq!(first_broken(&doubled), number + 1);
        }
    }

    #[test]
    fn an_entry_says_who_did_what_from_which_device() {
        let actor = Doer::Device {
            person: "ana".into(),
            device: "d1".into(),
        };
        let act = Act::TokenCreated {
            token: "t1".to_owned(),
            name: "dashboard".to_owned(),
            scopes: vec![Right::Read, Right::Report],
            expires_at: Millis(9),
        };
        let sealed = Head::START.seal(Millis(7), &actor, &act).unwrap();
        let text = r#"{"number":1,"at":7,"who":{"by":"device","person":"ana","device":"d1"},"what":{"act":"token_created","token":"t1","name":"dashboard","scopes":["read","report"],"expires_at":9}}"#;
        assert_eq!(sealed.text, text);
    }
}
