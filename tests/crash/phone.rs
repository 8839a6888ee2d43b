//! A phone killed 50 times with taps in its outbox, on a network that comes and goes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tocsin_pager::net;
use tocsin_tests::configuration::UNHURRIED;
use tocsin_tests::{Gate, Mode, Node, PAGER_STORE, PATIENCE, TestPager, TestServer};
use tocsin_ticket::Event;

const KILLS: usize = 50;

async fn start(folder: &std::path::Path) -> Node {
    let mut node = Node::start(
        env!("CARGO_BIN_EXE_node"),
        &["phone".as_ref(), folder.as_os_str()],
        &[("RUST_LOG", "error")],
        Stdio::inherit(),
    );
    let ready = node.line().await;
    assert_eq!(
        ready.as_deref(),
        Some("ready"),
        "a phone starts after any crash"
    );
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_killed_fifty_times_sends_every_tap_exactly_once() {
    let seed = super::seed();
    let mut rng = Rng::with_seed(seed);
    let server = TestServer::start(UNHURRIED).await;
    let ticket = server.alarm("SEV1", "database").await;
    let gate = Gate::to(server.address()).await;
    let way = net::Server::new(&format!("http://{}", gate.address), None, false);
    let folder = TestPager::enrolled(&server, "ana", way.expect("an address")).await;

    let mut tapped = 0;
    let mut kept = Vec::new();
    let mut queued_at_a_kill = 0;
    for _ in 0..KILLS {
        gate.set(
            *rng.choice(&[Mode::Open, Mode::Closed, Mode::RepliesLost])
                .expect("one of three"),
        );
        let mut phone = start(folder.path()).await;
        let taps = rng.usize(1..6);
        for _ in 0..taps {
            phone.say(&format!("note {} tap-{tapped}", ticket)).await;
            tapped += 1;
        }
        // The last ones may be cut off before they are on the phone's disk.
        let wait_for = rng.usize(0..=taps);
        for _ in 0..wait_for {
            let line = phone.line().await.expect("a phone");
            kept.push(
                line.strip_prefix("kept ")
                    .expect("what was kept")
                    .to_owned(),
            );
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(0..300))).await;
        phone.kill().await;
        queued_at_a_kill += usize::from(outbox(folder.path()) > 0);
        if rng.bool() {
            gate.set(Mode::Closed);
        }
    }

    gate.set(Mode::Open);
    let phone = start(folder.path()).await;
    let since = Instant::now();
    while outbox(folder.path()) > 0 {
        assert!(since.elapsed() < 2 * PATIENCE, "taps stay in the outbox");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    phone.finish().await;

    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for entry in server.admin.timeline(ticket).await.entries {
        for event in &entry.events {
            if let Some(Event::NoteAdded { text, .. }) = event.get() {
                *done.entry(text.clone()).or_default() += 1;
            }
        }
    }
    for text in &kept {
        assert_eq!(done.get(text), Some(&1), "{text} was on the phone's disk");
    }
    assert!(
        done.values().all(|times| *times == 1),
        "done twice: {done:?}"
    );
    assert!(kept.len() > KILLS && queued_at_a_kill > KILLS / 5);
    println!(
        "{tapped} taps, {} on disk before a kill, {} done; {queued_at_a_kill} of {KILLS} kills \
         found some in the outbox",
        kept.len(),
        done.len(),
    );
}

/// How many taps wait on the phone's disk.
fn outbox(folder: &std::path::Path) -> usize {
    let store = tocsin_pager::Store::open(&folder.join(PAGER_STORE)).expect("the phone's store");
    store.load().expect("a readable store").taps.len()
}
