//! What the tests of both ways to Apple have in common.

// Each test program uses its part.
#![allow(dead_code)]

pub mod gateway;

use std::io::Write as _;
use std::sync::Arc;

use tempfile::NamedTempFile;
use tocsin_peers::apns::{Account, Apns as Service, Phone};
use tocsin_peers::https::{Peer, Request};
use tocsin_push::apns::{ApnsHosts, ApnsSettings};
use tocsin_push::secret::SecretSource;
use tocsin_push::{Address, Purpose, Push, Words};
use tocsin_seal::DeviceKeys;
use tocsin_ticket::Millis;
use tocsin_wire::{ApnsEnvironment, PushAddress};

pub const TOPIC: &str = "org.example.pager";

/// What must never be seen on the way.
pub const SECRET: &str = "orders-db-2 is down";

/// Apple's two services, one phone on each, and the settings of a team that has the key.
pub struct Apple {
    pub production: Arc<Service>,
    pub production_peer: Peer,
    pub sandbox: Arc<Service>,
    pub sandbox_peer: Peer,
    pub settings: ApnsSettings,
    _key_file: NamedTempFile,
}

impl Apple {
    pub async fn start() -> Self {
        let (account, p8) = Account::open(&[TOPIC, "org.example.other"]);
        let production = Service::new(account.clone());
        let sandbox = Service::new(account.clone());
        let production_peer = Peer::start(Arc::clone(&production)).await.expect("a port");
        let sandbox_peer = Peer::start(Arc::clone(&sandbox)).await.expect("a port");
        let mut key_file = NamedTempFile::new().expect("a file");
        key_file.write_all(p8.as_bytes()).expect("written");
        let settings = ApnsSettings {
            key: SecretSource::File(key_file.path().to_owned()),
            key_id: account.key_id,
            team_id: account.team_id,
            topics: vec![TOPIC.to_owned()],
            hosts: ApnsHosts {
                sandbox: sandbox_peer.url(),
                production: production_peer.url(),
            },
        };
        Self {
            production,
            production_peer,
            sandbox,
            sandbox_peer,
            settings,
            _key_file: key_file,
        }
    }
}

pub fn keys() -> DeviceKeys {
    DeviceKeys::new([7; 32])
}

pub fn address(phone: &Phone, environment: ApnsEnvironment) -> Address {
    address_of(phone.token(), environment, TOPIC)
}

pub fn address_of(token: &str, environment: ApnsEnvironment, topic: &str) -> Address {
    Address::Device(PushAddress::Apns {
        token: token.to_owned(),
        environment,
        topic: topic.to_owned(),
        key: keys().seal_key().to_text(),
    })
}

/// Says [`SECRET`] until two minutes from now.
pub fn push(purpose: Purpose, now: Millis) -> Push {
    Push {
        id: "c2l4dGVlbi1ieXRlcw".into(),
        purpose,
        payload: SECRET.as_bytes().into(),
        words: Arc::new(Words {
            subject: SECRET.to_owned(),
            body: SECRET.to_owned(),
        }),
        expires_at: Millis(now.0 + 120_000),
    }
}

/// A request as text, with what differs from run to run replaced by its name.
pub fn golden(request: &Request, varying: &[(&str, &str)]) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    let mut text = format!("{}\n{body:#}", request.head());
    for (value, name) in varying {
        assert!(text.contains(value), "no {name} in {text}");
        text = text.replace(value, name);
    }
    text
}
