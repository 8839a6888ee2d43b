//! Ten thousand live streams: memory of each, and how long an update takes to reach them all.

use std::time::{Duration, Instant};

use crate::client::{Client, alarm};
use crate::node::{Node, prepare};
use crate::stats::{Times, median};

const STREAMS: usize = 10_000;
const UPDATES: usize = 20;

/// Prints the table.
pub async fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let people: Vec<String> = (0..STREAMS).map(|number| format!("p{number}")).collect();
    drop(prepare(folder.path(), &people, 3600));
    let node = Node::start(folder.path()).await;
    let epoch = tocsin_directory::Directory::new(
        tocsin_directory::Config::parse(&crate::node::config(&people, 3600))
            .unwrap_or_else(|errors| panic!("{}", errors.in_file("bench"))),
    )
    .epoch(&people[0].as_str().into());
    let before = node.resident_bytes();
    let mut streams = Vec::with_capacity(STREAMS);
    for person in &people {
        streams.push(Client::stream(node.address, person, &format!("{epoch:08x}-0")).await);
    }
    let each = (node.resident_bytes() - before) / STREAMS as u64;
    let mut sender = Client::connect(node.address).await;
    // All streams wait at once, each in a task; a task reports when its stream brought the update.
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    for mut stream in streams {
        let arrived = arrived.clone();
        tokio::spawn(async move {
            while stream.line_with("event: update").await {
                if arrived.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
    }
    let (mut first, mut p50, mut p99, mut last) = (vec![], vec![], vec![], vec![]);
    for update in 0..UPDATES {
        let sent = Instant::now();
        assert_eq!(
            sender
                .send(&alarm(&format!("{update:016x}"), "critical"))
                .await,
            200
        );
        let mut times = Times::default();
        for _ in 0..STREAMS {
            times.add(arrivals.recv().await.expect("the update arrives") - sent);
        }
        first.push(times.percentile_ms(0.0));
        p50.push(times.percentile_ms(50.0));
        p99.push(times.percentile_ms(99.0));
        last.push(times.percentile_ms(100.0));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("| streams | memory each | first ms | p50 ms | p99 ms | last ms |");
    println!("|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {STREAMS} | {:.1} KiB | {:.1} | {:.1} | {:.1} | {:.1} |",
        each as f64 / 1024.0,
        median(first),
        median(p50),
        median(p99),
        median(last)
    );
}
