//! From the alarm's POST to the phone engine's siren call and to the first sample of the siren,
//! idle and while a thousand other alarms a second come in.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tocsin_pager::engine::{DeviceStatus, Loudness, SirenEvent as Report};
use tocsin_pager::net::{Server, Token};
use tocsin_pager::runtime::{
    Config, Device, Ports, SirenOutput, SirenReporter, SystemClock, system_random,
};
use tocsin_pager::{Account, DeviceKeys, HttpNetwork, Pager, PagerHandle, Store};
use tocsin_siren::Start;
use tocsin_siren::playback::{Output, SirenEvent, SirenPlayer};
use tocsin_wire::{Action, Me};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::client::{Client, alarm};
use crate::node::{Node, prepare, token};
use crate::stats::{Times, median};

const RUNS: usize = 5;
const PAGES: usize = 300;
/// Other alarms a second in the loaded runs.
const LOAD: u64 = 1_000;

/// Prints the table. `TOCSIN_OUTPUT=null` measures without a sound card.
pub async fn run() {
    println!("| other alarms/s | to | p50 ms | p99 ms |\n|---:|---|---:|---:|");
    for load in [0, LOAD] {
        let mut figures = [(); 4].map(|()| Vec::new());
        for _ in 0..RUNS {
            let (mut received, mut sample) = once(load).await;
            for (figure, value) in figures.iter_mut().zip([
                received.percentile_ms(50.0),
                received.percentile_ms(99.0),
                sample.percentile_ms(50.0),
                sample.percentile_ms(99.0),
            ]) {
                figure.push(value);
            }
        }
        let [r50, r99, s50, s99] = figures.map(median);
        println!("| {load} | page received | {r50:.2} | {r99:.2} |");
        println!("| {load} | first siren sample | {s50:.2} | {s99:.2} |");
    }
}

async fn once(load: u64) -> (Times, Times) {
    let folder = tempfile::tempdir().expect("a folder");
    drop(prepare(
        folder.path(),
        &["ana".to_owned(), "bea".to_owned()],
        3600,
    ));
    let node = Node::start(folder.path()).await;
    let (called, mut calls) = unbounded_channel();
    let (sampled, mut samples) = unbounded_channel();
    let phone = phone(folder.path(), &node, called, sampled);
    let mut sender = Client::connect(node.address).await;
    settle(&phone).await;
    let background = tokio::spawn(background(node.address, load));
    // The first page opens the sound output and warms every cache.
    page(&phone, &mut sender, &mut calls, &mut samples, 0).await;
    let (mut received, mut first_sample) = (Times::default(), Times::default());
    for number in 1..=PAGES {
        let (call, sample) = page(&phone, &mut sender, &mut calls, &mut samples, number).await;
        received.add(call);
        first_sample.add(sample);
    }
    background.abort();
    phone.shutdown().await;
    (received, first_sample)
}

/// One alarm until it sounds, then a check-in until it is silent.
async fn page(
    phone: &PagerHandle,
    sender: &mut Client,
    calls: &mut UnboundedReceiver<Instant>,
    samples: &mut UnboundedReceiver<Instant>,
    number: usize,
) -> (Duration, Duration) {
    let request = alarm(&format!("page-{number:08}"), "critical");
    let sent = Instant::now();
    assert_eq!(sender.send(&request).await, 200);
    let called = calls.recv().await.expect("the siren is called") - sent;
    let sampled = samples.recv().await.expect("the siren sounds") - sent;
    let mut view = phone.view();
    let ringing = view
        .wait_for(|view| !view.pages.is_empty())
        .await
        .expect("the pager runs")
        .clone();
    for item in &ringing.pages {
        phone.tap(item.ticket, Action::CheckIn);
    }
    view.wait_for(|view| view.pages.is_empty() && view.taps.is_empty())
        .await
        .expect("the pager runs");
    tokio::time::sleep(Duration::from_millis(3)).await;
    (called, sampled)
}

/// Waits until the phone's stream is open, seen by a first page getting through at once.
async fn settle(phone: &PagerHandle) {
    phone.settled().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Alarms that page nobody, evenly spaced.
async fn background(address: std::net::SocketAddr, per_second: u64) {
    if per_second == 0 {
        return;
    }
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(Client::connect(address).await);
    }
    let mut ticks = tokio::time::interval(Duration::from_millis(8_000 / per_second));
    for batch in 0_u64.. {
        ticks.tick().await;
        for (number, client) in clients.iter_mut().enumerate() {
            let request = alarm(&format!("load-{batch:08}-{number}"), "info");
            assert_eq!(client.send(&request).await, 200);
        }
    }
}

fn phone(
    folder: &Path,
    node: &Node,
    called: UnboundedSender<Instant>,
    sampled: UnboundedSender<Instant>,
) -> PagerHandle {
    let server = Server::new(&format!("http://{}", node.address), None, false).expect("an address");
    let me = Me {
        person: "ana".into(),
        device: "ana".into(),
    };
    let account = Account {
        server: server.clone(),
        me,
        person_name: "Ana".to_owned(),
    };
    let mut store = Store::open(&folder.join("pager.db")).expect("a store");
    store.enroll(&account).expect("the account is kept");
    let reporter: Arc<Mutex<Option<SirenReporter>>> = Arc::default();
    let output = match std::env::var("TOCSIN_OUTPUT").as_deref() {
        Ok("null") => Output::Null,
        _ => Output::Default,
    };
    let on_event = {
        let reporter = Arc::clone(&reporter);
        move |event| {
            if let SirenEvent::Started {
                first_sample_at, ..
            } = event
            {
                // The run may be over.
                let _ = sampled.send(first_sample_at);
                let reporter = reporter.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(reporter) = &*reporter {
                    reporter.report(Report::Started {
                        effective_volume: Some(1.0),
                    });
                }
            }
        }
    };
    let player = SirenPlayer::new(output, on_event).expect("a thread");
    player.prepare();
    let ports = Ports {
        clock: Box::new(SystemClock),
        siren: Box::new(MeasuredOutput {
            player,
            called,
            reporter,
        }),
        device: Box::new(Desk),
        network: HttpNetwork::new(server, Token::new(token("ana"))),
        keys: DeviceKeys::new([0; 32]),
        random: system_random().expect("randomness"),
    };
    Pager::start(store, Config::default(), ports).expect("the pager starts")
}

struct MeasuredOutput {
    player: SirenPlayer,
    called: UnboundedSender<Instant>,
    reporter: Arc<Mutex<Option<SirenReporter>>>,
}

impl SirenOutput for MeasuredOutput {
    fn report_to(&self, reporter: SirenReporter) {
        *self.reporter.lock().unwrap_or_else(PoisonError::into_inner) = Some(reporter);
    }

    fn start(&self, _: Loudness) {
        if !self.player.is_started() {
            let _ = self.called.send(Instant::now());
        }
        self.player.start(Start::Full);
    }

    fn rehearse(&self) {
        let reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reporter) = &*reporter {
            reporter.report(Report::Rehearsed {
                effective_volume: Some(1.0),
            });
        }
    }

    fn stop(&self) {
        self.player.stop();
    }
}

struct Desk;

impl Device for Desk {
    fn status(&self) -> DeviceStatus {
        DeviceStatus::default()
    }
}
