//! Amazon SNS as its documentation describes it: signs messages, serves the certificate that it
//! signs with, and confirms subscriptions.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::https::{Peer, Request, Response, Service};

/// RSA, which SNS signs with and `ring` cannot make.
const KEY: &str = include_str!("service_account.pem");

const CERTIFICATE_PATH: &str = "/SimpleNotificationService-0123456789abcdef.pem";

/// The service on this machine.
#[derive(Debug)]
pub struct Sns {
    /// The server; its log holds who asked for what.
    pub peer: Peer,
}

struct Answers {
    certificate: String,
}

impl Service for Answers {
    fn answer(&self, request: &Request) -> Response {
        if request.path == CERTIFICATE_PATH {
            Response::new(200).body(self.certificate.clone())
        } else if request.path.starts_with("/?Action=ConfirmSubscription&") {
            Response::new(200).body("<ConfirmSubscriptionResponse/>")
        } else {
            Response::new(404)
        }
    }

    fn accepted(&self, request: &Request) -> Response {
        self.answer(request)
    }
}

impl Sns {
    /// Starts it.
    ///
    /// # Panics
    /// When this machine has no free port.
    pub async fn start() -> Self {
        let key = KeyPair::from_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256).expect("an RSA key");
        let mut parameters =
            CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).expect("parameters");
        parameters
            .distinguished_name
            .push(DnType::CommonName, "sns.amazonaws.com");
        let certificate = parameters.self_signed(&key).expect("a certificate").pem();
        let peer = Peer::start(Answers { certificate }).await.expect("a port");
        Self { peer }
    }

    /// Its host with its port, as it stands in the addresses it sends.
    #[must_use]
    pub fn host(&self) -> String {
        self.peer.url_by_name().replace("https://", "")
    }

    /// A notification with this text to a topic, signed in version 2.
    #[must_use]
    pub fn notification(&self, topic: &str, message: &str) -> Value {
        self.sign(json!({
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": topic,
            "Message": message,
            "Timestamp": "2026-11-23T04:03:14.012Z",
        }))
    }

    /// What a new subscription, or the end of one, is told.
    #[must_use]
    pub fn subscription(&self, kind: &str, topic: &str) -> Value {
        let confirm = format!(
            "https://{}/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
            self.host()
        );
        self.sign(json!({
            "Type": kind,
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "Token": "2336412f37",
            "TopicArn": topic,
            "Message": "To confirm the subscription, visit the SubscribeURL.",
            "SubscribeURL": confirm,
            "Timestamp": "2026-11-23T04:03:14.012Z",
        }))
    }

    fn sign(&self, mut message: Value) -> Value {
        let names = [
            "Message",
            "MessageId",
            "SubscribeURL",
            "Subject",
            "Timestamp",
            "Token",
            "TopicArn",
            "Type",
        ];
        let mut text = String::new();
        for name in names {
            if let Some(value) = message[name].as_str() {
                text.push_str(&format!("{name}\n{value}\n"));
            }
        }
        let der = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a key");
        let key = RsaKeyPair::from_pkcs8(der.secret_der()).expect("an RSA key");
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .expect("a signature");
        message["SignatureVersion"] = "2".into();
        message["Signature"] = BASE64_STANDARD.encode(signature).into();
        message["SigningCertURL"] = format!("https://{}{CERTIFICATE_PATH}", self.host()).into();
        message
    }
}
