//! JSON Web Tokens (RFC 7519) as push services want them from a sender: signed, never read.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;
use serde_json::json;

use crate::http::SetupError;

/// A key that signs. It does not print.
pub struct SigningKey(Kind);

enum Kind {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

impl SigningKey {
    /// A fresh P-256 key, as PKCS#8 DER to be stored and given to [`SigningKey::es256`].
    ///
    /// # Errors
    ///
    /// When the system has no randomness.
    pub fn generate_es256() -> Result<Vec<u8>, SetupError> {
        let key =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        key.map(|key| key.as_ref().to_vec())
            .map_err(|_| SetupError::new("signing key", "the system gave no randomness"))
    }

    /// A P-256 key for ES256 (RFC 7518, section 3.4), from PKCS#8 DER.
    ///
    /// # Errors
    ///
    /// When it is no such key.
    pub fn es256(pkcs8: &[u8]) -> Result<Self, SetupError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new())
            .map(|key| Self(Kind::Es256(key)))
            .map_err(|error| not_a_key("P-256", &error))
    }

    /// The same from PEM (`-----BEGIN PRIVATE KEY-----`), as Apple gives it out (`.p8`).
    ///
    /// # Errors
    ///
    /// When it is no such key.
    pub fn es256_pem(pem: &str) -> Result<Self, SetupError> {
        Self::es256(from_pem(pem)?.secret_pkcs8_der())
    }

    /// An RSA key of 2,048 bits or more for RS256 (RFC 7518, section 3.3), from PEM
    /// (`-----BEGIN PRIVATE KEY-----`), as Google gives it out in a service account's file.
    ///
    /// # Errors
    ///
    /// When it is no such key.
    pub fn rs256_pem(pem: &str) -> Result<Self, SetupError> {
        RsaKeyPair::from_pkcs8(from_pem(pem)?.secret_pkcs8_der())
            .map(|key| Self(Kind::Rs256(key)))
            .map_err(|error| not_a_key("RSA", &error))
    }

    /// The public half: of a P-256 key the uncompressed point, 65 bytes; of an RSA key its DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Kind::Es256(key) => key.public_key().as_ref(),
            Kind::Rs256(key) => key.public_key().as_ref(),
        }
    }

    /// A token that makes these claims, in JWS compact form (RFC 7515, section 7.1).
    ///
    /// # Errors
    ///
    /// When the claims are no JSON object, or the system has no randomness.
    pub fn sign(
        &self,
        key_id: Option<&str>,
        claims: &impl Serialize,
    ) -> Result<String, SetupError> {
        let mut header = json!({"typ": "JWT", "alg": self.algorithm()});
        if let Some(key_id) = key_id {
            header["kid"] = key_id.into();
        }
        let claims = serde_json::to_vec(claims)
            .map_err(|error| SetupError::new("claims", error.to_string()))?;
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = self.signature(signed.as_bytes()).map_err(|_| {
            SetupError::new(
                "signing key",
                "could not sign; the system gave no randomness",
            )
        })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        let random = SystemRandom::new();
        match &self.0 {
            Kind::Es256(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
            Kind::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }

    const fn algorithm(&self) -> &'static str {
        match self.0 {
            Kind::Es256(_) => "ES256",
            Kind::Rs256(_) => "RS256",
        }
    }
}

fn from_pem(pem: &str) -> Result<PrivatePkcs8KeyDer<'static>, SetupError> {
    PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| {
        SetupError::new(
            "signing key",
            format!(
                "expected PEM with -----BEGIN PRIVATE KEY-----, got: {error}; use the vendor's \
                 file as it is"
            ),
        )
    })
}

fn not_a_key(kind: &str, error: &ring::error::KeyRejected) -> SetupError {
    SetupError::new(
        "signing key",
        format!(
            "expected a private {kind} key in PKCS#8, got: {error}; download or generate it again"
        ),
    )
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    fn part(text: &str) -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn whoever_has_the_public_key_can_check_the_token() {
        let key = SigningKey::es256(&SigningKey::generate_es256().expect("a key")).expect("a key");
        let token = key
            .sign(Some("ABC"), &json!({"aud": "https://push.example"}))
            .expect("a token");
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(
            part(parts[0]),
            json!({"typ": "JWT", "alg": "ES256", "kid": "ABC"})
        );
        assert_eq!(part(parts[1]), json!({"aud": "https://push.example"}));
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).expect("base64url");
        let signed = format!("{}.{}", parts[0], parts[1]);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key());
        public.verify(signed.as_bytes(), &signature).expect("ours");
        public
            .verify(format!("{signed}x").as_bytes(), &signature)
            .expect_err("not what was signed");
    }

    #[test]
    fn a_wrong_file_is_told_apart_from_a_wrong_key() {
        let no_pem = SigningKey::rs256_pem("hello")
            .expect_err("no PEM")
            .to_string();
        assert!(no_pem.contains("BEGIN PRIVATE KEY"), "{no_pem}");
        let no_key = SigningKey::es256(b"hello").expect_err("no key").to_string();
        assert!(no_key.contains("P-256"), "{no_key}");
    }

    #[test]
    fn a_key_does_not_print() {
        let key = SigningKey::es256(&SigningKey::generate_es256().expect("a key")).expect("a key");
        assert_eq!(format!("{key:?}"), "SigningKey(ES256)");
    }
}
