//! From a push to the siren: how long until [`SirenOutput::start`] is called.
//!
//! `warm`: a running pager. `cold`: a process that a push just woke; the store is opened, read and
//! the pager started, with as many tickets on the device as the argument says. The sound output's
//! own latency is not part of it.

use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use divan::Bencher;
use tocsin_pager::DeviceKeys;
use tocsin_pager::engine::{Change, DeviceStatus, Loudness};
use tocsin_pager::net::{HttpNetwork, Server, Token};
use tocsin_pager::runtime::{
    Config, Device, Pager, Ports, SealedPush, SirenOutput, SirenReporter, SystemClock,
    system_random,
};
use tocsin_pager::store::{Account, Store};
use tocsin_ticket::Transport;
use tocsin_wire::{Me, Update};

fn main() {
    divan::main();
}

struct Stopwatch {
    started: mpsc::Sender<()>,
}

impl SirenOutput for Stopwatch {
    fn report_to(&self, _: SirenReporter) {}

    fn start(&self, _: Loudness) {
        let _ = self.started.send(());
    }

    fn rehearse(&self) {}

    fn stop(&self) {}
}

struct Ready;

impl Device for Ready {
    fn status(&self) -> DeviceStatus {
        DeviceStatus::default()
    }
}

/// A ticket of Ana's, paging her or resolved.
fn update(id: u64, version: u64, pages: bool) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let expires_at = now + 420_000;
    let state = if pages { "assigned" } else { "researching" };
    let page = format!(
        r#"{{"id":"{id}.{version}","person":"ana","role":"owner","reason":"assigned","at":{now},"expires_at":{expires_at}}}"#
    );
    let pages = if pages { page } else { String::new() };
    format!(
        r#"{{"seq":{version},"at":{now},"events":[],"ticket":{{"id":{id},"version":{version},"team":"shop","service":"checkout","dedup_key":"k{id}","severity":"SEV1","title":"Checkout fails","source":"alertmanager","state":"{state}","state_since":{now},"owner":"ana","opened_at":{now},"repeats":0,"pages":[{pages}]}}}}"#
    )
}

/// The update's ticket in a push, sealed to the bench's pager.
fn sealed(update: &str) -> Vec<u8> {
    let update: serde_json::Value = serde_json::from_str(update).unwrap();
    let payload = serde_json::json!({
        "v": 1, "server_time": update["at"],
        "message": {"type": "ticket", "ticket": update["ticket"]},
    });
    let keys = DeviceKeys::new([7; 32]);
    tocsin_seal::seal(&keys.seal_key(), payload.to_string().as_bytes(), &[3; 32]).unwrap()
}

/// A store with this many tickets that do not page.
fn store(folder: &tempfile::TempDir, tickets: u64) -> Store {
    let mut store = Store::open(&folder.path().join("pager.db")).unwrap();
    let account = Account {
        server: Server::new("https://pager.invalid", None, false).unwrap(),
        me: Me {
            person: "ana".into(),
            device: "d1".into(),
        },
        person_name: "Ana".to_owned(),
    };
    store.enroll(&account).unwrap();
    let changes: Vec<Change> = (1..=tickets)
        .map(|id| serde_json::from_str::<Update>(&update(id, 1, false)).unwrap())
        .map(|update| Change::PutTicket(update.ticket.into()))
        .collect();
    store.commit(&changes).unwrap();
    store
}

fn ports(started: mpsc::Sender<()>) -> Ports<HttpNetwork> {
    let server = Server::new("https://pager.invalid", None, false).unwrap();
    Ports {
        clock: Box::new(SystemClock),
        siren: Box::new(Stopwatch { started }),
        device: Box::new(Ready),
        network: HttpNetwork::new(server, Token::new("secret")),
        keys: DeviceKeys::new([7; 32]),
        random: system_random().unwrap(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

#[divan::bench(args = [0, 200, 2000], sample_count = 200)]
fn warm(bencher: Bencher<'_, '_>, tickets: u64) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let _inside = runtime.enter();
    let (started, starts) = mpsc::channel();
    let pager = Pager::start(store(&folder, tickets), Config::default(), ports(started)).unwrap();
    let mut version = 1;
    bencher
        .with_inputs(|| {
            version += 2;
            // Silent again, so that the next page starts the siren.
            pager.receive_push(Transport::Fcm, sealed(&update(1, version, false)));
            runtime.block_on(pager.settled());
            sealed(&update(1, version + 1, true))
        })
        .bench_local_values(|push| {
            pager.receive_push(Transport::Fcm, push);
            starts.recv().unwrap();
        });
}

#[divan::bench(args = [0, 200, 2000], sample_count = 50)]
fn cold(bencher: Bencher<'_, '_>, tickets: u64) {
    bencher
        .with_inputs(|| {
            let folder = tempfile::tempdir().unwrap();
            drop(store(&folder, tickets));
            let push = SealedPush {
                transport: Transport::Fcm,
                bytes: sealed(&update(tickets + 1, 2, true)),
            };
            (folder, runtime(), push)
        })
        .bench_local_values(|(folder, runtime, push)| {
            let inside = runtime.enter();
            let (started, starts) = mpsc::channel();
            let store = Store::open(&folder.path().join("pager.db")).unwrap();
            let config = Config {
                woken_by: Some(push),
                ..Config::default()
            };
            let pager = Pager::start(store, config, ports(started)).unwrap();
            starts.recv().unwrap();
            drop(inside);
            (pager, runtime, folder)
        });
}
