//! Who can be reached how, in which order.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use tocsin_directory::{Directory, Person};
use tocsin_push::Address;
use tocsin_ticket::{DeviceId, PersonId, Policy, ServiceId, Severity, TeamId, Transport};
use tocsin_wire::{PushAddress, PushWhen};

use crate::store::{Device, StoredChannel};

/// What the server can send by, as its settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Means {
    /// Transports to devices.
    pub transports: Vec<Transport>,
    /// Names of the gateways for text messages and calls, in the order of the settings.
    pub gateways: Vec<String>,
    /// Whether mail can be sent.
    pub email: bool,
}

/// One way to reach a person.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Channel {
    /// Whom.
    pub person: PersonId,
    /// Which of their devices; `telephone` or `mailbox` where it is none of ours.
    pub device: DeviceId,
    /// Where.
    pub address: Address,
}

/// A service whose troubles are its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// By which transport.
    pub transport: Transport,
    /// Which host or gateway.
    pub host: String,
}

impl Channel {
    /// By which transport it is reached.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.address.transport()
    }

    /// The service behind it.
    #[must_use]
    pub fn lane(&self) -> Lane {
        let host = match &self.address {
            Address::Device(PushAddress::WebPush { endpoint, .. }) => url::Url::parse(endpoint)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default(),
            Address::Device(PushAddress::Apns { environment, .. }) => {
                format!("{environment:?}")
            }
            Address::Telephone { gateway, .. } => gateway.clone(),
            Address::Device(PushAddress::Fcm { .. }) | Address::Mailbox { .. } => String::new(),
        };
        Lane {
            transport: self.transport(),
            host,
        }
    }
}

/// Everybody's channels, at an instant. Replaced as a whole when anything changes.
#[derive(Debug, Default)]
pub struct Roster {
    directory: Option<Arc<Directory>>,
    tiers: HashMap<PersonId, Vec<Vec<Arc<Channel>>>>,
}

impl Roster {
    /// The roster of a directory and its people's devices. Dead addresses and transports that the
    /// server cannot use are left out.
    #[must_use]
    pub fn new(
        directory: Arc<Directory>,
        devices: &[Device],
        channels: &[StoredChannel],
        means: &Means,
    ) -> Self {
        let owners: HashMap<&DeviceId, &PersonId> = devices
            .iter()
            .map(|device| (&device.id, &device.person))
            .collect();
        let mut tiers: HashMap<PersonId, Vec<Vec<Arc<Channel>>>> = HashMap::new();
        for stored in channels {
            let Some(person) = owners.get(&stored.device) else {
                continue;
            };
            let address = &stored.channel.address;
            if stored.dead.is_some() || !means.transports.contains(&address.transport()) {
                continue;
            }
            let channel = Arc::new(Channel {
                person: PersonId::clone(person),
                device: stored.device.clone(),
                address: Address::Device(address.clone()),
            });
            let own = tiers
                .entry(PersonId::clone(person))
                .or_insert_with(|| vec![Vec::new()]);
            match stored.channel.when {
                PushWhen::AtOnce => own[0].push(channel),
                PushWhen::IfNotReceived => own.push(vec![channel]),
            }
        }
        for person in directory.config().people().values() {
            for channel in last_resorts(person, means) {
                tiers
                    .entry(person.id.clone())
                    .or_insert_with(|| vec![Vec::new()])
                    .push(vec![Arc::new(channel)]);
            }
        }
        Self {
            directory: Some(directory),
            tiers,
        }
    }

    /// A person's channels, tier by tier. The first tier may be empty: then there is only the
    /// live stream at first.
    #[must_use]
    pub fn tiers(&self, person: &PersonId) -> &[Vec<Arc<Channel>>] {
        self.tiers.get(person).map_or(&[], Vec::as_slice)
    }

    /// Everybody who can be reached otherwise than by a live stream.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        self.tiers.keys()
    }

    /// All channels of one device.
    pub fn of_device<'a>(
        &'a self,
        person: &PersonId,
        device: &'a DeviceId,
    ) -> impl Iterator<Item = &'a Arc<Channel>> {
        self.tiers(person)
            .iter()
            .flatten()
            .filter(move |channel| channel.device == *device)
    }

    /// How long a page may travel before the next tier.
    #[must_use]
    pub fn next_channel(&self, team: &TeamId, service: &ServiceId, severity: Severity) -> Duration {
        let own = self.directory.as_ref().and_then(|directory| {
            directory
                .policy_of(service)
                .or_else(|| directory.policy(team))
        });
        let limits = match own {
            Some(policy) => policy.limits_once_paging(severity),
            None => Policy::default().limits_once_paging(severity),
        };
        limits.next_channel
    }
}

/// How a person is reached when none of their devices is.
fn last_resorts(person: &Person, means: &Means) -> Vec<Channel> {
    let telephone = person.telephone.iter().flat_map(|number| {
        means.gateways.iter().map(|gateway| Channel {
            person: person.id.clone(),
            device: DeviceId::new("telephone"),
            address: Address::Telephone {
                gateway: gateway.clone(),
                number: number.clone(),
            },
        })
    });
    let mailbox = person
        .email
        .iter()
        .filter(|_| means.email)
        .map(|email| Channel {
            person: person.id.clone(),
            device: DeviceId::new("mailbox"),
            address: Address::Mailbox {
                email: email.clone(),
            },
        });
    telephone.chain(mailbox).collect()
}
