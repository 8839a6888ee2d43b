//! Killed without a word, again and again: nothing that was promised is lost, nothing is done twice.
//!
//! Every run prints its seed; `TOCSIN_SEED=…` repeats the instants of the kills.

mod phone;
mod server;

/// The seed of this run.
fn seed() -> u64 {
    let seed = match std::env::var("TOCSIN_SEED") {
        Ok(seed) => seed.parse().expect("TOCSIN_SEED: a whole number"),
        Err(_) => fastrand::u64(..),
    };
    println!("TOCSIN_SEED={seed}");
    seed
}
