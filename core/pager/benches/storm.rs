//! What one more update costs a phone in a storm, by the number of open tickets it holds.
//!
//! `step`: the engine takes the update. `shown`: the same, and what screens show is made anew.

use std::sync::Arc;

use divan::Bencher;
use tocsin_pager::engine::{Effect, Input, Language, LinkId, Phone, Saved, Settings};
use tocsin_pager::net::StreamEvent;
use tocsin_ticket::Millis;
use tocsin_wire::{Cursor, Me, Update};

const NOW: Millis = Millis(1_800_000_000_000);

fn main() {
    divan::main();
}

/// A team's ticket that pages nobody.
fn update(id: u64, version: u64) -> Update {
    let Millis(now) = NOW;
    let text = format!(
        r#"{{"seq":{version},"at":{now},"events":[],"ticket":{{"id":{id},"version":{version},"team":"shop","service":"checkout","dedup_key":"k{id}","severity":"SEV3","title":"Checkout fails","source":"alertmanager","state":"assigned","state_since":{now},"owner":"ana","opened_at":{now},"repeats":0,"pages":[]}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn cursor(seq: u64) -> Cursor {
    Cursor {
        epoch: 1,
        seq,
        ticket: None,
    }
}

/// A phone with this many open tickets on a live stream, and the stream's number.
fn phone(tickets: u64) -> (Phone, LinkId) {
    let me = Me {
        person: "ana".into(),
        device: "d1".into(),
    };
    let saved = Saved {
        cursor: Some(cursor(1)),
        tickets: (1..=tickets)
            .map(|id| (Arc::new(update(id, 1).ticket), false))
            .collect(),
        ..Saved::new(me, "Ana")
    };
    let settings = Settings {
        language: Language::English,
        seed: 1,
    };
    let mut phone = Phone::new(saved, &settings);
    let effects = phone.step(Input::Started, NOW);
    let link = effects.iter().find_map(|effect| match effect {
        Effect::Stream { link, .. } => Some(*link),
        _ => None,
    });
    (phone, link.expect("it streams from where it was"))
}

fn storm(bencher: Bencher<'_, '_>, tickets: u64, after: impl Fn(&Phone)) {
    let (mut phone, link) = phone(tickets);
    after(&phone);
    let mut version = 1;
    bencher
        .with_inputs(|| {
            version += 1;
            let cursor = cursor(version);
            let update = Box::new(update(tickets / 2 + 1, version));
            let event = StreamEvent::Update { cursor, update };
            Input::Stream { link, event }
        })
        .bench_local_values(|input| {
            let effects = phone.step(input, NOW);
            after(&phone);
            effects
        });
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn step(bencher: Bencher<'_, '_>, tickets: u64) {
    storm(bencher, tickets, |_| {});
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn shown(bencher: Bencher<'_, '_>, tickets: u64) {
    storm(bencher, tickets, |phone| {
        divan::black_box(phone.view(NOW));
    });
}
