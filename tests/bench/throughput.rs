//! Durable tickets a second at 1, 64 and 256 clients: each waits for its 2xx, which comes after
//! the fsync, and sends the next alarm.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Client, alarm};
use crate::node::{Node, prepare};
use crate::stats::{Times, median};

const RUNS: usize = 5;
const RUN_LENGTH: Duration = Duration::from_secs(5);

/// Prints the table.
pub async fn run() {
    println!("| clients | tickets/s | p50 ms | p99 ms |\n|---:|---:|---:|---:|");
    for clients in [1, 64, 256] {
        let (mut rates, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (rate, mut times) = once(clients).await;
            rates.push(rate);
            p50s.push(times.percentile_ms(50.0));
            p99s.push(times.percentile_ms(99.0));
        }
        println!(
            "| {clients} | {:.0} | {:.2} | {:.2} |",
            median(rates),
            median(p50s),
            median(p99s)
        );
    }
}

async fn once(clients: usize) -> (f64, Times) {
    let folder = tempfile::tempdir().expect("a folder");
    drop(prepare(
        folder.path(),
        &["ana".to_owned(), "bea".to_owned()],
        3600,
    ));
    let node = Node::start(folder.path()).await;
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (next, address) = (Arc::clone(&next), node.address);
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                let mut times = Times::default();
                while begin.elapsed() < RUN_LENGTH {
                    let fingerprint = format!("{:016x}", next.fetch_add(1, Ordering::Relaxed));
                    let request = alarm(&fingerprint, "critical");
                    let sent = Instant::now();
                    assert_eq!(client.send(&request).await, 200);
                    times.add(sent.elapsed());
                }
                times
            })
        })
        .collect();
    let mut all = Times::default();
    for task in tasks {
        all.extend(task.await.expect("the client finishes"));
    }
    (all.len() as f64 / begin.elapsed().as_secs_f64(), all)
}
