//! Secrets: made from 128 random bits or more, never printed, kept only as a hash.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Crockford's base 32: no I, L, O or U, so that a code can be read aloud at night.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A secret in the clear. It exists from its making until it is handed over, and does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A device token: 256 bits, with a prefix that secret scanners can find.
    #[must_use]
    pub fn device_token() -> Self {
        Self(format!("tcs_{}", hex::encode(random::<32>())))
    }

    /// An API token: 256 bits, with a prefix of its own.
    #[must_use]
    pub fn api_token() -> Self {
        Self(format!("tca_{}", hex::encode(random::<32>())))
    }

    /// An integration key: 128 bits as 32 characters, the length that clients of the `PagerDuty`
    /// Events API expect of a routing key.
    #[must_use]
    pub fn integration_key() -> Self {
        Self(hex::encode(random::<16>()))
    }

    /// What messages to somebody outside are signed with: 256 bits, written as Standard Webhooks has
    /// it.
    #[must_use]
    pub fn signing_secret() -> Self {
        Self(format!("whsec_{}", STANDARD.encode(random::<32>())))
    }

    /// The key in the address of a calendar: 128 bits as 32 characters.
    #[must_use]
    pub fn calendar_key() -> Self {
        Self(hex::encode(random::<16>()))
    }

    /// An enrolment code: 50 bits to type, such as `7KQ2M-9XWTA`. Enough for something that lives
    /// ten minutes, works once and may be tried ten times a minute.
    #[must_use]
    pub fn enrolment_code() -> Self {
        let letters = random::<10>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        let (left, right) = letters.split_at(5);
        Self(format!(
            "{}-{}",
            left.iter().collect::<String>(),
            right.iter().collect::<String>()
        ))
    }

    /// A random identifier of 128 bits; not secret, but unguessable and unique.
    #[must_use]
    pub fn identifier() -> String {
        hex::encode(random::<16>())
    }

    /// Wraps what a client sent.
    pub fn received(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A code as its owner may have typed it: case, blanks and hyphens do not matter, and letters
    /// that look like digits are read as those (Crockford).
    #[must_use]
    pub fn typed_code(text: &str) -> Self {
        let mut letters: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        if letters.is_ascii() && letters.len() > 5 {
            letters.insert(5, '-');
        }
        Self(letters)
    }

    /// The secret itself, to hand it over.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// SHA-256 of a secret. A slow hash is for passwords that people choose; these are random, so there
/// is nothing to guess, and looking a token up must cost microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// `N` bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done then.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|error| panic!("the operating system gave no random bytes: {error}"));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_read_aloud_and_typed_carelessly_is_the_same_code() {
        let code = Secret::received("10ABC-DEFGH");
        assert_eq!(Secret::typed_code(" lo abc defgh").hash(), code.hash());
    }

    #[test]
    fn a_secret_does_not_print() {
        let token = Secret::device_token();
        assert!(!format!("{token:?}").contains(&token.reveal()[4..]));
    }

    #[test]
    fn an_integration_key_has_the_length_of_a_routing_key() {
        assert_eq!(Secret::integration_key().reveal().len(), 32);
    }
}
