//! What finding out whom to page costs: it is asked for every alarm.

use divan::{Bencher, black_box};
use tocsin_directory::{Config, Directory};
use tocsin_ticket::{Millis, TeamId};

const EXAMPLE: &str = include_str!("../example.toml");
/// 2026-06-01T00:00Z.
const NOW: Millis = Millis(1_780_272_000_000);
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

fn main() {
    divan::main();
}

fn example() -> Config {
    Config::parse(EXAMPLE).expect("the example is valid")
}

#[divan::bench(threads = [1, 2])]
fn the_same_shift(bencher: Bencher<'_, '_>) {
    let directory = Directory::new(example());
    let team = TeamId::from("shop");
    bencher.bench(|| directory.chain(black_box(&team), black_box(NOW)));
}

#[divan::bench]
fn another_shift_every_time(bencher: Bencher<'_, '_>) {
    let directory = Directory::new(example());
    let team = TeamId::from("shop");
    let mut week = 0;
    bencher.bench_local(|| {
        week = (week + 1) % 2;
        directory.chain(black_box(&team), Millis(NOW.0 + week * WEEK_MS))
    });
}

#[divan::bench]
fn reading_and_checking_the_example() -> Config {
    Config::parse(black_box(EXAMPLE)).expect("the example is valid")
}
