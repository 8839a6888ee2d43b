//! Credentials of push services: where they are kept, and how they are held.

use core::fmt;
use std::path::PathBuf;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A credential in the clear. It does not print, and is wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The credential itself, to hand it over.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a credential is kept. Never in the settings themselves: those are copied and shown.
///
/// Written `{ file = "/etc/tocsin/twilio" }` or `{ env = "TWILIO_TOKEN" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file with the credential and nothing else. Space around it does not count.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

impl SecretSource {
    /// Fetches the credential.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub fn read(&self) -> Result<Secret, String> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                format!(
                    "expected a file with the credential at {}, got: {error}; write it there, \
                     readable for the server alone",
                    path.display()
                )
            }),
            Self::Env(name) => std::env::var(name).map_err(|error| {
                format!(
                    "expected the credential in the environment variable {name}, got: {error}; set \
                     it for the server"
                )
            }),
        };
        let text = Zeroizing::new(text?);
        let secret = text.trim();
        if secret.is_empty() {
            return Err(format!(
                "expected a credential, got nothing but blanks from {self}; write it there"
            ));
        }
        Ok(Secret::new(secret))
    }
}

/// Not derived: what is wrong may be the credential itself, which must not be repeated in a message.
impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{ file = \"PATH\" } or { env = \"NAME\" }")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(
            "expected { file = \"PATH\" } or { env = \"NAME\" }, got a text; move it out of the \
             settings, which are no place for credentials",
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        const EXPECTED: &str = "expected either { file = \"PATH\" } or { env = \"NAME\" }";
        let source = match map.next_key::<String>()?.as_deref() {
            Some("file") => SecretSource::File(map.next_value()?),
            Some("env") => SecretSource::Env(map.next_value()?),
            _ => return Err(A::Error::custom(EXPECTED)),
        };
        match map.next_key::<String>()? {
            None => Ok(source),
            Some(_) => Err(A::Error::custom(EXPECTED)),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the environment variable {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
    }

    #[test]
    fn an_editor_may_end_the_file_with_a_newline() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "hunter2\r\n").expect("written");
        let secret = SecretSource::File(file.path().to_owned()).read();
        assert_eq!(secret.expect("a secret").reveal(), "hunter2");
    }

    #[test]
    fn an_empty_file_is_told_apart_from_a_credential() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let said = SecretSource::File(file.path().to_owned()).read();
        let said = said.expect_err("nothing in it");
        assert!(said.contains("nothing but blanks from the file"), "{said}");
    }

    #[test]
    fn a_credential_may_come_from_the_environment() {
        let said = SecretSource::Env("TOCSIN_NOT_SET".to_owned()).read();
        let said = said.expect_err("not set");
        assert!(said.contains("TOCSIN_NOT_SET"), "{said}");
        let package = SecretSource::Env("CARGO_PKG_NAME".to_owned()).read();
        assert_eq!(package.expect("cargo sets it").reveal(), "tocsin-push");
    }
}
