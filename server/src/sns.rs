//! What an SNS message needs from the network before it is believed: its signer's certificate, and
//! the visit that confirms a subscription. Nothing else is ever fetched, from nowhere else than
//! [`Envelope::certificate_url`] and [`Envelope::subscribe_url`] allow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tocsin_ingest::sns::{Envelope, Kind};
use tocsin_push::fetch::{FetchError, Fetcher};
use tocsin_push::settings::{Settings, StartError};
use tocsin_ticket::Millis;
use tocsin_wire::Problem;
use url::Url;

/// A certificate is some 2 KiB; so much of an answer is read.
const LONGEST_ANSWER: usize = 64 << 10;

/// A certificate is fetched anew after this: Amazon gives a new one a new address, so this only
/// bounds how long one is trusted that Amazon took away.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// Certificates that are kept; there is one a region.
const KEPT: usize = 64;

/// Certificates by their addresses, and until when they are kept.
type Certificates = HashMap<Url, (Millis, Arc<[u8]>)>;

/// Believes what Amazon signed.
#[derive(Debug)]
pub struct Sns {
    fetcher: Fetcher,
    more_hosts: Vec<String>,
    certificates: Mutex<Certificates>,
}

impl Sns {
    /// Gets ready.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        Ok(Self {
            fetcher: Fetcher::start(settings)?,
            more_hosts: settings.sns_hosts.clone(),
            certificates: Mutex::default(),
        })
    }

    /// Makes sure that the message is Amazon's and, where it asks for that, agrees to the
    /// subscription.
    ///
    /// # Errors
    /// 403 for what is not Amazon's, which SNS does not send again; 503 for what could not be found
    /// out now, which it does
    /// (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>).
    pub async fn admit(&self, envelope: &Envelope, now: Millis) -> Result<(), Problem> {
        let url = envelope.certificate_url(&self.more_hosts)?;
        let certificate = self.certificate(&url, now).await?;
        envelope.verify(&certificate)?;
        if envelope.kind() == Kind::SubscriptionConfirmation {
            let url = envelope.subscribe_url(&self.more_hosts)?;
            self.fetch("SubscribeURL", &url).await?;
            tracing::info!(topic = envelope.topic(), "subscribed to an SNS topic");
        }
        Ok(())
    }

    async fn certificate(&self, url: &Url, now: Millis) -> Result<Arc<[u8]>, Problem> {
        if let Some((until, certificate)) = self.kept().get(url)
            && now < *until
        {
            return Ok(Arc::clone(certificate));
        }
        let certificate: Arc<[u8]> = self.fetch("SigningCertURL", url).await?.into();
        let mut kept = self.kept();
        kept.retain(|_, (until, _)| now < *until);
        if kept.len() < KEPT {
            kept.insert(url.clone(), (now + KEPT_FOR, Arc::clone(&certificate)));
        }
        Ok(certificate)
    }

    fn kept(&self) -> MutexGuard<'_, Certificates> {
        self.certificates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, field: &str, url: &Url) -> Result<Vec<u8>, Problem> {
        self.fetcher
            .get(url, LONGEST_ANSWER)
            .await
            .map_err(|error| {
                let (status, code) = match error {
                    FetchError::Forbidden(_) => (403, "untrusted_host"),
                    _ => (503, "unreachable"),
                };
                // Without the rest of the address: what confirms a subscription is in it.
                let host = url.host_str().unwrap_or_default();
                Problem {
                    status,
                    code: code.to_owned(),
                    detail: format!("{field}: expected an answer of {host}, got none: {error}"),
                    field: Some(field.to_owned()),
                }
            })
    }
}
