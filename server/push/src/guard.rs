//! Keeps the server from being sent into its own network.
//!
//! A push endpoint is a URL that a device chose. Without care, whoever enrols a device could have
//! the server POST to a cloud's metadata service or a neighbour's database (server-side request
//! forgery). So an endpoint must be https, and its host must be on the public internet: literal
//! addresses are checked before anything is sent, names at the moment of connecting, by the
//! resolver that connects, so that a name cannot pass the check with one address and be used with
//! another (DNS rebinding). No proxy is used, since a proxy would resolve names itself.

use core::fmt;
use std::collections::HashSet;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};
use url::Host;

use crate::http::{self, SetupError};

/// Decides where the server lets itself be sent.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<HashSet<String>>,
}

/// Why the server does not go there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Not https.
    #[error("expected an https:// endpoint, got {scheme}://")]
    Scheme {
        /// What it was.
        scheme: String,
    },
    /// A user name or a password in it.
    #[error("expected an endpoint without user name and password")]
    UserInfo,
    /// No URL.
    #[error("expected an absolute https URL as endpoint")]
    NotAUrl,
    /// A host of a private network.
    #[error(
        "{host} is not on the public internet ({range}); if it is yours, list it in allow_hosts"
    )]
    Private {
        /// The host.
        host: String,
        /// What kind of address it has.
        range: &'static str,
    },
}

impl Guard {
    /// Lets these hosts, names or addresses without port, be anywhere.
    ///
    /// # Errors
    ///
    /// When one is no host.
    pub fn new(allow_hosts: &[String]) -> Result<Self, SetupError> {
        let hosts = allow_hosts.iter().map(|host| {
            Host::parse(host)
                .map(|host| host.to_string())
                .map_err(|error| {
                    SetupError::new(
                        "allow_hosts",
                        format!(
                            "expected a host name or an address ([..] around IPv6), got {host:?}: \
                             {error}"
                        ),
                    )
                })
        });
        Ok(Self {
            allowed: Arc::new(hosts.collect::<Result<_, _>>()?),
        })
    }

    /// Reads an endpoint and checks what can be seen without resolving its name.
    ///
    /// # Errors
    ///
    /// Why the server does not go there.
    pub fn check(&self, endpoint: &str) -> Result<Url, Forbidden> {
        let url = Url::parse(endpoint).map_err(|_| Forbidden::NotAUrl)?;
        if url.scheme() != "https" {
            return Err(Forbidden::Scheme {
                scheme: url.scheme().to_owned(),
            });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::UserInfo);
        }
        let literal = match url.host() {
            None => return Err(Forbidden::NotAUrl),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        };
        let host = url.host_str().unwrap_or_default();
        match literal.and_then(private) {
            Some(range) if !self.allowed.contains(host) => Err(Forbidden::Private {
                host: host.to_owned(),
                range,
            }),
            _ => Ok(url),
        }
    }

    /// A client that connects to no name which resolves to a private network; otherwise like
    /// [`http::client`]. Literal addresses are for [`Guard::check`].
    ///
    /// # Errors
    ///
    /// As [`http::client`].
    pub fn client(&self, extra_roots_pem: &str) -> Result<Client, SetupError> {
        let resolver = Resolver {
            guard: self.clone(),
        };
        let builder = http::builder(extra_roots_pem)?;
        http::finish(builder.no_proxy().dns_resolver(resolver))
    }

    fn admit(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Forbidden> {
        if self.allowed.contains(host) {
            return Ok(found);
        }
        let mut refused = None;
        let mut admitted = found;
        admitted.retain(|address| match private(address.ip()) {
            None => true,
            Some(range) => {
                refused = Some(range);
                false
            }
        });
        match refused {
            Some(range) if admitted.is_empty() => Err(Forbidden::Private {
                host: host.to_owned(),
                range,
            }),
            _ => Ok(admitted),
        }
    }
}

/// The guard's refusal in a failed request, if that is why it failed.
pub(crate) fn forbidden(error: &reqwest::Error) -> Option<&Forbidden> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(forbidden) = inner.downcast_ref() {
            return Some(forbidden);
        }
        cause = inner.source();
    }
    None
}

struct Resolver {
    guard: Guard,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        Box::pin(async move {
            // The port is the URL's; the client fills it in.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted = guard.admit(name.as_str(), found)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// In which kind of network that is not the public internet an address is, after IANA's registries
/// of special-purpose addresses
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>).
fn private(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => private_v4(address),
        IpAddr::V6(address) => private_v6(address),
    }
}

fn private_v4(address: Ipv4Addr) -> Option<&'static str> {
    // Azure's metadata and name service, though the address itself is public
    // (<https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>).
    const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match address.octets() {
        _ if address == AZURE => Some("cloud metadata"),
        [127, ..] => Some("loopback"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [169, 254, ..] => Some("link-local, cloud metadata"),
        [100, 64..=127, ..] => Some("shared by a carrier"),
        [224..=239, ..] => Some("multicast"),
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Some("reserved"),
        _ => None,
    }
}

fn private_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        // IPv4-mapped, and the well-known prefix of NAT64 (RFC 6052): the IPv4 address counts.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            private_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        // Teredo, benchmarking and other protocol assignments; documentation; 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => {
            Some("reserved")
        }
        // All that is given out to the public internet.
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert!(private(parsed).is_some(), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "172.15.0.1",
            "172.32.0.1",
            "193.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2606:4700::1111",
            "2a00:1450:4001:80b::200e",
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(private(parsed), None, "{address}");
        }
    }

    #[test]
    fn an_endpoint_that_leads_inside_is_refused_however_it_is_written() {
        let guard = Guard::default();
        for endpoint in [
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://[::1]/x",
            "https://[::ffff:10.0.0.1]:8443/x",
            "https://169.254.169.254/latest/meta-data",
        ] {
            let said = guard.check(endpoint).expect_err(endpoint);
            assert!(matches!(said, Forbidden::Private { .. }), "{endpoint}");
        }
        assert_eq!(
            guard.check("https://me:secret@push.example/"),
            Err(Forbidden::UserInfo)
        );
        assert_eq!(guard.check("push.example/x"), Err(Forbidden::NotAUrl));
        let http = guard
            .check("http://push.example/x")
            .expect_err("in the clear");
        assert!(http.to_string().contains("http://"), "{http}");
        assert!(guard.check("https://push.example/x").is_ok());
        assert!(guard.check("https://1.1.1.1/x").is_ok());
    }

    #[test]
    fn a_self_hosted_service_may_be_anywhere_once_it_is_listed() {
        let hosts = [
            "NTFY.internal".to_owned(),
            "10.0.0.7".to_owned(),
            "[fd00::7]".to_owned(),
        ];
        let guard = Guard::new(&hosts).expect("hosts");
        assert!(guard.check("https://10.0.0.7:8443/x").is_ok());
        assert!(guard.check("https://[fd00::7]/x").is_ok());
        assert!(guard.check("https://10.0.0.8/x").is_err());
        let inside: SocketAddr = "10.0.0.8:0".parse().expect("an address");
        let outside: SocketAddr = "1.1.1.1:0".parse().expect("an address");
        assert_eq!(guard.admit("ntfy.internal", vec![inside]), Ok(vec![inside]));
        assert!(guard.admit("other.internal", vec![inside]).is_err());
        assert_eq!(
            guard.admit("both.example", vec![inside, outside]),
            Ok(vec![outside])
        );
        let error = Guard::new(&["https://ntfy".to_owned()]).expect_err("a URL");
        assert_eq!(error.field, "allow_hosts");
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_not_connected_to() {
        let client = Guard::default().client("").expect("a client");
        let error = client.post("https://localhost:9/").send().await;
        let error = error.expect_err("refused");
        assert!(
            matches!(forbidden(&error), Some(Forbidden::Private { host, .. }) if host == "localhost"),
            "{error:?}"
        );
    }
}
