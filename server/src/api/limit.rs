//! How much is taken from one sender, and how long a request may take.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::StatusCode;

use super::ApiError;

/// How long a request may take to be sent and answered. Streams are answered at once and go on.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Gives up on a request that takes too long. A job that was handed over is done nevertheless;
/// sending it again does nothing twice.
pub(super) async fn in_time(request: Request, next: Next) -> Result<Response, ApiError> {
    tokio::time::timeout(REQUEST_LIMIT, next.run(request))
        .await
        .map_err(|_| {
            ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_slow",
                format!(
                    "the request took longer than {} s; send it again",
                    REQUEST_LIMIT.as_secs()
                ),
            )
            .retry_after(Duration::from_secs(1))
        })
}

/// Limits per sender. They hold off a runaway script; a storm of genuine alarms is below them.
#[derive(Debug)]
pub struct Rates {
    alarms: DefaultKeyedRateLimiter<String>,
    guesses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

/// A rate of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("alarm rate: expected at least 1 request a second for each integration, got 0")]
pub struct RatesError;

impl Rates {
    /// Attempts to use a code, a minute and address. Fifty bits at ten a minute for ten minutes
    /// leave one chance in ten million million.
    const GUESSES_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();

    /// Takes `alarms_a_second` requests of one integration, and twice as many in a burst.
    ///
    /// # Errors
    /// [`RatesError`] when it is zero.
    pub fn new(alarms_a_second: u32) -> Result<Self, RatesError> {
        let rate = NonZeroU32::new(alarms_a_second).ok_or(RatesError)?;
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        Ok(Self {
            alarms: RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst)),
            guesses: RateLimiter::keyed(Quota::per_minute(Self::GUESSES_A_MINUTE)),
            clock: DefaultClock::default(),
        })
    }

    /// Takes one request of an integration, or says how long it must wait.
    pub(super) fn take_alarm(&self, integration: &str) -> Result<(), Duration> {
        let key = integration.to_owned();
        self.alarms
            .check_key(&key)
            .map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// Takes one attempt to use a code.
    pub(super) fn take_guess(&self, from: IpAddr) -> Result<(), ApiError> {
        self.guesses.retain_recent();
        self.guesses.check_key(&from).map_err(|refused| {
            ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "too many codes tried from this address; wait a minute and type it with care",
            )
            .retry_after(refused.wait_time_from(self.clock.now()))
        })
    }
}
