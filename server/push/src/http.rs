//! The way every HTTP transport speaks: one pooled client with warm connections, one reading of
//! `Retry-After`, one telling of what went wrong.

use core::time::Duration;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Response, redirect};
use tocsin_ticket::Millis;

use crate::Outcome;

/// A connection must stand after this, so that an attempt still has time for its answer.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// An attempt, from connecting to the last byte of the answer, ends after this.
pub const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);

/// Nobody is asked to wait longer than a page can be worth, whatever a service says.
const WAIT_LIMIT: Duration = Duration::from_hours(24);

/// As much of an error body is read and told, in bytes.
pub(crate) const WORDS_LIMIT: usize = 2048;

/// A transport cannot be set up as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct SetupError {
    /// The setting.
    pub field: &'static str,
    /// What was expected, and what to do.
    pub why: String,
}

impl SetupError {
    pub(crate) fn new(field: &'static str, why: impl Into<String>) -> Self {
        Self {
            field,
            why: why.into(),
        }
    }
}

/// The client that transports share: HTTP/2 with ALPN, many requests over one connection, which is
/// kept warm and given up soon after it stops answering. Follows no redirect, which would take
/// credentials and pages elsewhere. Trusts the system's certificates and those in
/// `extra_roots_pem`, a PEM bundle that may be empty.
///
/// It sends a request again by itself only when the service has said that it did not process it
/// (GOAWAY or REFUSED_STREAM, RFC 9113 section 8.7).
///
/// # Errors
///
/// When the bundle is not PEM certificates, or the system has no certificates to trust.
pub fn client(extra_roots_pem: &str) -> Result<Client, SetupError> {
    finish(builder(extra_roots_pem)?)
}

pub(crate) fn builder(extra_roots_pem: &str) -> Result<ClientBuilder, SetupError> {
    // Fails when the process has a provider already, which then is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = Certificate::from_pem_bundle(extra_roots_pem.as_bytes()).map_err(|error| {
        SetupError::new(
            "extra root certificates",
            format!("expected certificates in PEM: {}", chain(&error)),
        )
    })?;
    let builder = Client::builder()
        .user_agent(concat!("tocsin/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .timeout(ATTEMPT_LIMIT)
        .tcp_nodelay(true)
        // Warm through a quiet night: a page must not wait for a handshake.
        .pool_idle_timeout(None)
        .tcp_keepalive(Duration::from_secs(30))
        .http2_keep_alive_interval(Duration::from_secs(15))
        .http2_keep_alive_timeout(Duration::from_secs(5))
        .http2_keep_alive_while_idle(true);
    // A connection that swallowed an attempt is gone before the next one.
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(Duration::from_secs(8));
    Ok(if roots.is_empty() {
        builder
    } else {
        builder.tls_certs_merge(roots)
    })
}

pub(crate) fn finish(builder: ClientBuilder) -> Result<Client, SetupError> {
    builder.build().map_err(|error| {
        SetupError::new(
            "TLS",
            format!(
                "no certificates to trust: {}; install the system's CA certificates",
                chain(&error)
            ),
        )
    })
}

/// How long the service asks to wait (RFC 9110, section 10.2.3), at most a day; `None` when it does
/// not say, or not so that it can be understood.
///
/// A date is measured from the answer's own `Date` where it has one, so that it means the same
/// while our clock is wrong.
pub(crate) fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match said.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(said).ok()?;
            let from = date(headers, &DATE)
                .unwrap_or_else(|| UNIX_EPOCH + Duration::from_millis(now.0.max(0) as u64));
            until.duration_since(from).unwrap_or_default()
        }
    };
    Some(wait.min(WAIT_LIMIT))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// What an attempt came to that got no whole answer. The address is left out of the words: it is a
/// capability.
pub(crate) fn unanswered(error: reqwest::Error) -> Outcome {
    let error = error.without_url();
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke before the answer"
    };
    Outcome::Unknown {
        why: format!("{what}: {}", chain(&error)),
    }
}

/// The first [`WORDS_LIMIT`] bytes of an answer's body; what cannot be read is left out, since the
/// status has been understood already.
pub(crate) async fn body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= WORDS_LIMIT {
            body.truncate(WORDS_LIMIT);
            break;
        }
    }
    body
}

/// What a service said, as one line fit for a timeline: at most 200 characters, none of them
/// control characters.
pub(crate) fn line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(200).collect()
}

/// The whole chain of causes: reqwest's own text leaves out the one that matters.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn asked(retry_after_said: &str, date_said: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(retry_after_said).expect("a value");
        headers.insert(RETRY_AFTER, value);
        if let Some(date) = date_said {
            headers.insert(DATE, HeaderValue::from_str(date).expect("a value"));
        }
        // Sun, 06 Nov 1994 08:49:37 GMT
        retry_after(&headers, Millis(784_111_777_000))
    }

    #[test]
    fn both_forms_of_retry_after_are_understood() {
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(asked("120", None), seconds(120));
        assert_eq!(asked(" 0 ", None), seconds(0));
        assert_eq!(asked("Sun, 06 Nov 1994 08:51:37 GMT", None), seconds(120));
        assert_eq!(asked("Sunday, 06-Nov-94 08:51:37 GMT", None), seconds(120));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT", None), seconds(0));
        assert_eq!(asked("99999999999", None), Some(WAIT_LIMIT));
        for nonsense in ["", "soon", "-1", "1.5", "Sun, 06 Nov"] {
            assert_eq!(asked(nonsense, None), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_date_means_the_same_while_our_clock_is_wrong() {
        let theirs = Some("Sun, 06 Nov 1994 08:59:37 GMT");
        assert_eq!(
            asked("Sun, 06 Nov 1994 09:00:07 GMT", theirs),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn what_a_service_says_stays_one_line() {
        assert_eq!(line(b"<h1>\r\n  no\x1b[31m\0</h1>\n"), "<h1> no [31m </h1>");
        assert_eq!(line("ö".repeat(900).as_bytes()).chars().count(), 200);
    }

    #[test]
    fn a_bundle_that_is_no_certificate_is_told_by_name() {
        let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        let error = client(broken).expect_err("not PEM");
        assert_eq!(error.field, "extra root certificates");
    }
}
