//! What the border costs: from a push to the first PCM buffer in the shell's hands, and a refresh of
//! a screen.
//!
//! `warm`: a running pager. `cold`: a process that a push just woke; everything from opening the
//! file is counted. The sound output's own latency is not, nor what JNA or Swift add to a call. The
//! argument is how many tickets the device keeps.

#[path = "../../../tests/ffi/ports.rs"]
mod ports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{SystemTime, UNIX_EPOCH};

use divan::Bencher;
use tocsin_ffi::{
    HomeObserver, HomeScreen, Pager, PortError, Ports, Push, Setup, SirenPort, siren_pcm,
};
use tocsin_pager::engine::{Change, Loudness};
use tocsin_pager::net::Server;
use tocsin_pager::store::{Account, Store};
use tocsin_pager::{DeviceKeys, Language};
use tocsin_ticket::Transport;
use tocsin_wire::{Me, Update};

use ports::{Drawer, Unknown, Wall};

const SECRET: [u8; 32] = [7; 32];

fn main() {
    divan::main();
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// Renders what it is to play, as Android's shell does when it starts.
struct Output(mpsc::Sender<usize>);

impl SirenPort for Output {
    fn start(&self, loudness: Loudness) -> Result<(), PortError> {
        let _ = self.0.send(siren_pcm(48_000, loudness).samples.len());
        Ok(())
    }

    fn rehearse(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn stop(&self) -> Result<(), PortError> {
        Ok(())
    }
}

struct Screen(mpsc::Sender<HomeScreen>);

impl HomeObserver for Screen {
    fn show(&self, home: Option<HomeScreen>) -> Result<(), PortError> {
        if let Some(home) = home {
            let _ = self.0.send(home);
        }
        Ok(())
    }
}

/// A ticket of Ana's, paging her or in her hands.
fn update(id: u64, version: u64, pages: bool) -> serde_json::Value {
    let at = now();
    let state = if pages { "assigned" } else { "researching" };
    let page = serde_json::json!({
        "id": format!("{id}.{version}"), "person": "ana", "role": "owner", "reason": "assigned",
        "at": at, "expires_at": at + 420_000,
    });
    let pages = if pages { vec![page] } else { Vec::new() };
    serde_json::json!({"seq": version, "at": at, "events": [], "ticket": {
        "id": id, "version": version, "team": "shop", "service": "checkout",
        "dedup_key": format!("k{id}"), "severity": "SEV1", "title": "Checkout fails",
        "source": "alertmanager", "state": state, "state_since": at, "owner": "ana",
        "opened_at": at, "repeats": 0, "pages": pages,
    }})
}

fn sealed(update: &serde_json::Value) -> Vec<u8> {
    let payload = serde_json::json!({
        "v": 1, "server_time": update["at"],
        "message": {"type": "ticket", "ticket": update["ticket"]},
    });
    let key = DeviceKeys::new(SECRET).seal_key();
    tocsin_seal::seal(&key, payload.to_string().as_bytes(), &[3; 32]).unwrap()
}

/// A folder as an enrolled device leaves it, with this many tickets that do not page.
fn folder(tickets: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
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
        .map(|id| serde_json::from_value::<Update>(update(id, 1, false)).unwrap())
        .map(|update| Change::PutTicket(update.ticket.into()))
        .collect();
    store.commit(&changes).unwrap();
    folder
}

fn open(folder: &tempfile::TempDir, woken_by: Option<Push>) -> (Arc<Pager>, mpsc::Receiver<usize>) {
    let (started, starts) = mpsc::channel();
    let secrets = [
        ("token".to_owned(), b"secret".to_vec()),
        ("keys".to_owned(), SECRET.to_vec()),
    ];
    let ports = Ports {
        siren: Arc::new(Output(started)),
        clock: Arc::new(Wall),
        device: Arc::new(Unknown),
        safe: Arc::new(Drawer(Mutex::new(HashMap::from(secrets)))),
        authorities: None,
    };
    let setup = Setup {
        folder: folder.path().to_str().unwrap().to_owned(),
        language: Language::English,
        woken_by,
        shared_folder: None,
    };
    (Pager::open(setup, ports).unwrap(), starts)
}

#[divan::bench(args = [0, 200], sample_count = 100)]
fn push_to_pcm_warm(bencher: Bencher<'_, '_>, tickets: u64) {
    let folder = folder(tickets);
    let (pager, starts) = open(&folder, None);
    let (show, shown) = mpsc::channel();
    let _looking = pager.observe(Arc::new(Screen(show)));
    let mut version = 1;
    bencher
        .with_inputs(|| {
            version += 2;
            let silence = sealed(&update(1, version, false));
            pager.receive_push(Transport::WebPush, silence).unwrap();
            // The siren of the sample before is over when the screen says so.
            while shown.recv().unwrap().siren.ringing {}
            sealed(&update(1, version + 1, true))
        })
        .bench_local_values(|push| {
            pager.receive_push(Transport::WebPush, push).unwrap();
            starts.recv().unwrap()
        });
}

#[divan::bench(args = [0, 200], sample_count = 50)]
fn push_to_pcm_cold(bencher: Bencher<'_, '_>, tickets: u64) {
    bencher
        .with_inputs(|| {
            let push = Push {
                transport: Transport::WebPush,
                bytes: sealed(&update(tickets + 1, 2, true)),
            };
            (folder(tickets), push)
        })
        .bench_local_values(|(folder, push)| {
            let (pager, starts) = open(&folder, Some(push));
            starts.recv().unwrap();
            (pager, folder)
        });
}

#[divan::bench(args = [0, 200], sample_count = 50)]
fn home_screen(bencher: Bencher<'_, '_>, tickets: u64) {
    let folder = folder(tickets);
    let (pager, _starts) = open(&folder, None);
    bencher.bench_local(|| {
        let (show, shown) = mpsc::channel();
        let looking = pager.observe(Arc::new(Screen(show)));
        let home = shown.recv().unwrap();
        looking.end();
        home
    });
}
