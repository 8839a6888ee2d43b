//! The load program: measures a real server, in a process of its own, over loopback.
//!
//! `load latency | throughput | million | streams | push` prints Markdown tables, medians over
//! several runs. `scripts/bench` runs them all. Nothing here asserts a time: machines differ, and
//! numbers are for people to read.

mod client;
mod latency;
mod million;
mod node;
mod push;
mod stats;
mod streams;
mod throughput;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // `cargo bench` adds a word of its own.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", data] => node::serve(data).await,
        ["latency"] => latency::run().await,
        ["throughput"] => throughput::run().await,
        ["million"] => million::run().await,
        ["streams"] => streams::run().await,
        ["push"] => push::run().await,
        ["push", only] => push::run_one(only).await,
        _ => {
            println!("usage: load latency | throughput | million | streams | push [WAY | backlog]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
