//! Messages of Amazon SNS as they come over HTTP, and whether they are genuine.
//!
//! Format: <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>. Signature:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.
//!
//! A message names the certificate it is signed with, so everything rests on where that is fetched
//! from: an https address of `sns.REGION.amazonaws.com` or `sns.REGION.amazonaws.com.cn` without
//! port, user or trick, ending in `.pem`, or of a host the administrator lists. TLS then says that
//! Amazon answered. The same holds for the address that confirms a subscription. Fetching is the
//! server's; here nothing is fetched.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, VerificationAlgorithm};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use serde_json::{Map, Value};
use tocsin_wire::Problem;
use url::Url;
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

use crate::{body, text};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something was published to the topic.
    Notification,
    /// Somebody subscribed this address to the topic, and the topic wants to know whether we agree.
    SubscriptionConfirmation,
    /// The subscription is over.
    UnsubscribeConfirmation,
}

impl Kind {
    /// What is signed, in the order of the signature.
    const fn signed(self) -> &'static [&'static str] {
        match self {
            Self::Notification => &[
                "Message",
                "MessageId",
                "Subject",
                "Timestamp",
                "TopicArn",
                "Type",
            ],
            Self::SubscriptionConfirmation | Self::UnsubscribeConfirmation => &[
                "Message",
                "MessageId",
                "SubscribeURL",
                "Timestamp",
                "Token",
                "TopicArn",
                "Type",
            ],
        }
    }
}

/// A message that nobody has vouched for yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    kind: Kind,
    fields: Map<String, Value>,
}

impl Envelope {
    /// Reads the body of a request, whatever type it claims: SNS sends `text/plain`.
    ///
    /// # Errors
    /// 400, naming the field that is missing or wrong.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let Value::Object(fields) = body::json(body)? else {
            return Err(wrong("Type", "a message of Amazon SNS"));
        };
        let kind = match fields.get("Type").and_then(Value::as_str) {
            Some("Notification") => Kind::Notification,
            Some("SubscriptionConfirmation") => Kind::SubscriptionConfirmation,
            Some("UnsubscribeConfirmation") => Kind::UnsubscribeConfirmation,
            None if fields.contains_key("NewStateValue") => {
                let what = "a message of Amazon SNS, got what stands inside one; raw message \
                            delivery is not signed: turn it off for this subscription";
                return Err(wrong("Type", what));
            }
            _ => {
                let what = "Notification, SubscriptionConfirmation or UnsubscribeConfirmation";
                return Err(wrong("Type", what));
            }
        };
        for name in kind.signed() {
            let given = fields.get(*name).filter(|value| !value.is_null());
            let optional = *name == "Subject";
            if given.map_or(!optional, |value| !value.is_string()) {
                return Err(wrong(name, "a text"));
            }
        }
        Ok(Self { kind, fields })
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What was published.
    #[must_use]
    pub fn message(&self) -> &str {
        self.text("Message")
    }

    /// Its subject, or nothing.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text("Subject")
    }

    /// The ARN of its topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.text("TopicArn")
    }

    /// Where its signer's certificate is.
    ///
    /// # Errors
    /// 403 when nothing that comes from there could be trusted. `more_hosts` are those that the
    /// administrator trusts besides Amazon's, with a port if it is not 443.
    pub fn certificate_url(&self, more_hosts: &[String]) -> Result<Url, Problem> {
        self.url("SigningCertURL", more_hosts)
            .filter(|url| url.path().ends_with(".pem"))
            .ok_or_else(|| untrusted("SigningCertURL"))
    }

    /// What to visit to agree to the subscription.
    ///
    /// # Errors
    /// 403 when it leads elsewhere than to Amazon SNS.
    pub fn subscribe_url(&self, more_hosts: &[String]) -> Result<Url, Problem> {
        self.url("SubscribeURL", more_hosts)
            .ok_or_else(|| untrusted("SubscribeURL"))
    }

    /// Whether the owner of this certificate, in PEM, signed the message.
    ///
    /// # Errors
    /// 400 for a version of signature that does not exist, 403 for one that does not fit, 503 for a
    /// certificate that is none: something is wrong between here and Amazon, and the message should
    /// come again.
    pub fn verify(&self, certificate: &[u8]) -> Result<(), Problem> {
        let algorithm: &dyn SignatureVerificationAlgorithm = match self.text("SignatureVersion") {
            "1" => &Sha1,
            "2" => RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(wrong("SignatureVersion", "1 or 2")),
        };
        let signature = BASE64_STANDARD
            .decode(self.text("Signature"))
            .map_err(|_| wrong("Signature", "a signature in base 64"))?;
        let unreadable = |error: String| Problem {
            status: 503,
            ..body::refuse(
                "bad_certificate",
                Some("SigningCertURL".to_owned()),
                format!("SigningCertURL: expected a certificate in PEM there, got {error}"),
            )
        };
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|error| unreadable(error.to_string()))?;
        let certificate =
            EndEntityCert::try_from(&certificate).map_err(|error| unreadable(error.to_string()))?;
        certificate
            .verify_signature(algorithm, self.signed_text().as_bytes(), &signature)
            .map_err(|_| Problem {
                status: 403,
                ..body::refuse(
                    "bad_signature",
                    Some("Signature".to_owned()),
                    "Signature: expected Amazon's signature of this very message".to_owned(),
                )
            })
    }

    /// What is signed: the names and values of [`Kind::signed`], each on a line of its own.
    fn signed_text(&self) -> String {
        let mut signed = String::new();
        for name in self.kind.signed() {
            if let Some(value) = self.fields.get(*name).and_then(Value::as_str) {
                signed.extend([name, "\n", value, "\n"]);
            }
        }
        signed
    }

    fn text(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn url(&self, name: &str, more_hosts: &[String]) -> Option<Url> {
        let url = Url::parse(self.text(name)).ok()?;
        let plain = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        let host = url.host_str()?;
        let host = match url.port() {
            None => host.to_owned(),
            Some(port) => format!("{host}:{port}"),
        };
        (plain && (is_amazons(&host) || more_hosts.contains(&host))).then_some(url)
    }
}

/// Whether a host is Amazon SNS's own in some region, as the check in Amazon's own validators is
/// (github.com/aws/aws-js-sns-message-validator).
fn is_amazons(host: &str) -> bool {
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com")
            .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    region.is_some_and(|region| {
        region.len() >= 3
            && region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

fn wrong(field: &str, expected: &str) -> Problem {
    let detail = format!("{field}: expected {expected}");
    body::refuse("wrong_field", Some(field.to_owned()), detail)
}

fn untrusted(field: &str) -> Problem {
    let detail = format!(
        "{field}: expected an https address of Amazon SNS; list other hosts in sns_hosts of the \
         transports file"
    );
    Problem {
        status: 403,
        ..body::refuse(
            "untrusted_host",
            Some(field.to_owned()),
            text::line(&detail),
        )
    }
}

/// RSA with SHA-1, which SNS signs with until a topic's owner sets `SignatureVersion` to 2.
#[derive(Debug)]
struct Sha1;

impl SignatureVerificationAlgorithm for Sha1 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY
            .verify(public_key.into(), message.into(), signature.into())
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// Only asked for when a certificate's own signature is checked.
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }
}
