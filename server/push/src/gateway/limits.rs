//! How much is taken from one server, and from one address.

use core::num::NonZeroU32;
use core::time::Duration;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Instant;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::Deserialize;

use super::identity::Server;

/// How often those who have their whole burst again are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Pushes a minute, and at once after a quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayRate {
    /// In the long run, a minute. At least 1.
    pub per_minute: NonZeroU32,
    /// At once. At least 1.
    pub burst: NonZeroU32,
}

impl GatewayRate {
    const fn new(per_minute: u32, burst: u32) -> Self {
        Self {
            per_minute: NonZeroU32::new(per_minute).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        }
    }

    const fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// What one server may send, and all servers behind one address together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayLimits {
    /// For each server, known by its key.
    pub server: GatewayRate,
    /// For each address; IPv6 is counted by /64, which is one customer's.
    pub address: GatewayRate,
}

impl Default for GatewayLimits {
    /// A server may ring 250 phones again and again, and 600 at once; an address ten times that.
    fn default() -> Self {
        Self {
            server: GatewayRate::new(600, 600),
            address: GatewayRate::new(6000, 6000),
        }
    }
}

pub(super) struct Limits {
    servers: DefaultKeyedRateLimiter<Server>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    swept: Mutex<Instant>,
}

impl Limits {
    pub(super) fn new(limits: GatewayLimits) -> Self {
        Self {
            servers: RateLimiter::keyed(limits.server.quota()),
            addresses: RateLimiter::keyed(limits.address.quota()),
            clock: DefaultClock::default(),
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Takes one request of an address, or says how long it must wait.
    pub(super) fn take_address(&self, address: IpAddr) -> Result<(), Duration> {
        self.sweep();
        self.take(&self.addresses, &network(address))
    }

    /// Takes one request of a server, or says how long it must wait.
    pub(super) fn take_server(&self, server: Server) -> Result<(), Duration> {
        self.take(&self.servers, &server)
    }

    fn take<K: Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Duration> {
        limiter
            .check_key(key)
            .map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// New keys cost nothing to make, so what is remembered of them must not add up.
    fn sweep(&self) {
        let mut swept = self.swept.lock().expect("nothing here panics");
        if swept.elapsed() >= SWEEP_EVERY {
            *swept = Instant::now();
            drop(swept);
            self.servers.retain_recent();
            self.addresses.retain_recent();
        }
    }
}

/// What is counted as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) >> 64 << 64;
            IpAddr::V6(prefix.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_with_many_addresses_is_one() {
        let network = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn settings_name_only_what_differs() {
        let limits: GatewayLimits =
            toml::from_str("server = { per_minute = 60, burst = 5 }").expect("good settings");
        assert_eq!(limits.server, GatewayRate::new(60, 5));
        assert_eq!(limits.address, GatewayLimits::default().address);
        let zero = toml::from_str::<GatewayLimits>("server = { per_minute = 0, burst = 5 }");
        zero.expect_err("a gateway that takes nothing");
    }
}
