//! Signatures by which a receiver knows that a request is ours and fresh
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core::fmt;
use ring::hmac;

use crate::secret::Secret;

/// A key by Standard Webhooks: 24 to 64 random bytes, written in base64 after `whsec_`.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When it is not written so, in words that do not repeat it.
    pub fn read(secret: &Secret) -> Result<Self, String> {
        const EXPECTED: &str = "expected a Standard Webhooks secret, that is whsec_ and 24 to 64 \
                                random bytes in base64";
        const ADVICE: &str = "make one with: echo whsec_$(openssl rand -base64 32)";
        let written = secret.reveal();
        let bytes = STANDARD
            .decode(written.strip_prefix("whsec_").unwrap_or(written))
            .map_err(|error| format!("{EXPECTED}, got no base64 ({error}); {ADVICE}"))?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(format!("{EXPECTED}, got {} bytes; {ADVICE}", bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The value of `webhook-signature` for a message.
    #[must_use]
    pub fn sign(&self, id: &str, at_s: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{at_s}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

/// The value of `webhook-signature` with one signature for each key, the newest first, so that a
/// receiver may go on verifying with an older one while it changes to the newer.
#[must_use]
pub fn signatures(keys: &[SigningKey], id: &str, at_s: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(id, at_s, body)).collect();
    signatures.join(" ")
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example_is_signed_as_its_libraries_sign_it() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = SigningKey::read(&secret).expect("a key");
        assert_eq!(
            key.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                br#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_short_key_is_refused_without_being_repeated() {
        let said = SigningKey::read(&Secret::new("whsec_c2hvcnQ=")).expect_err("too short");
        assert!(said.contains("got 5 bytes"), "{said}");
        assert!(!said.contains("c2hvcnQ"), "{said}");
    }
}
