//! The network of the simulation: what is lost, late, twice or out of order, and for how long.
//!
//! Requests and answers overtake each other. A stream does not reorder, as TCP does not; it is
//! held up, or it breaks, with a word or silently.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use tocsin_pager::engine::LinkId;

use crate::server::Frame;

/// Numbers requests.
pub type RequestId = u64;

/// Numbers streams.
pub type ConnectionId = u64;

/// A phone gives an answer up after this, as the real one does.
pub const REQUEST_TIMEOUT_MS: i64 = 15_000;

/// A phone's transport gives a silent stream up after this, as the real one does.
pub const STREAM_TIMEOUT_MS: i64 = 37_500;

/// The dispatcher gives an attempt up after this, as the real one does.
const PUSH_TIMEOUT_MS: i64 = 12_000;

/// A shorter interruption holds a stream up, a longer one breaks it.
const TCP_PATIENCE_MS: i64 = 20_000;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Phone {
        phone: usize,
        /// Which run of the phone's process.
        run: u64,
    },
    /// The request of this serial number.
    Monitoring(u64),
    Admin,
    /// The server's own dispatcher.
    Dispatcher,
}

/// How bad the network is in a run.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Of a thousand messages so many are lost.
    pub loss: u32,
    /// Of a thousand requests so many arrive twice.
    pub twice: u32,
    /// The longest usual delay.
    pub delay_ms: i64,
    /// Of a thousand messages so many take up to twenty seconds.
    pub dawdle: u32,
    /// Of a thousand pushes so many never come; the others come once, twice, or much later.
    pub push_loss: u32,
}

impl Weather {
    /// Nothing is lost, and everything is quick.
    pub const FAIR: Self = Self {
        loss: 0,
        twice: 0,
        delay_ms: 20,
        dawdle: 0,
        push_loss: 1000,
    };
}

/// A stream between server and phone.
#[derive(Debug)]
pub struct Connection {
    pub phone: usize,
    pub run: u64,
    pub link: LinkId,
    /// What was sent and has not arrived.
    pub inbox: VecDeque<Frame>,
    /// Nothing arrives any more.
    pub broken: bool,
}

/// What a push service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushAnswer {
    /// It has taken the push on, which is no promise.
    Accepted,
    Busy,
    Refused,
    /// Nothing, until the dispatcher gives up.
    Nothing,
}

/// What becomes of a push.
#[derive(Debug)]
pub struct Passing {
    /// After how long each copy reaches the phone.
    pub arrivals: Vec<i64>,
    pub answer: PushAnswer,
    pub answer_ms: i64,
}

/// The network.
pub struct Network {
    rng: Rng,
    pub weather: Weather,
    /// Until when each phone is cut off.
    cut_until_ms: Vec<i64>,
    pub connections: BTreeMap<ConnectionId, Connection>,
    last_id: u64,
}

/// What becomes of something on a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Passage {
    Through,
    /// Held up until then.
    Later(i64),
    /// The stream is dead.
    Broken,
}

impl Network {
    pub fn new(rng: Rng, weather: Weather, phones: usize) -> Self {
        Self {
            rng,
            weather,
            cut_until_ms: vec![0; phones],
            connections: BTreeMap::new(),
            last_id: 0,
        }
    }

    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn one_in_thousand(&mut self, count: u32) -> bool {
        self.rng.u32(0..1000) < count
    }

    /// Cuts a phone off.
    pub fn cut(&mut self, phone: usize, until_ms: i64) {
        self.cut_until_ms[phone] = self.cut_until_ms[phone].max(until_ms);
    }

    /// Every phone is reachable again.
    pub fn mend(&mut self) {
        self.cut_until_ms.fill(0);
    }

    pub fn is_cut(&self, phone: usize, now_ms: i64) -> bool {
        now_ms < self.cut_until_ms[phone]
    }

    /// How long a message takes; `None`: for ever.
    pub fn carry(&mut self, phone: Option<usize>, now_ms: i64) -> Option<i64> {
        let cut = phone.is_some_and(|phone| self.is_cut(phone, now_ms));
        if cut || self.one_in_thousand(self.weather.loss) {
            return None;
        }
        Some(self.delay_ms())
    }

    /// When a second copy of a request arrives, if there is one.
    pub fn carry_again(&mut self) -> Option<i64> {
        self.one_in_thousand(self.weather.twice)
            .then(|| self.rng.i64(1..20_000))
    }

    pub fn delay_ms(&mut self) -> i64 {
        if self.one_in_thousand(self.weather.dawdle) {
            self.rng.i64(1_000..20_000)
        } else {
            self.rng.i64(1..=self.weather.delay_ms)
        }
    }

    /// What is in a stream takes no detours.
    pub fn stream_delay_ms(&mut self) -> i64 {
        self.rng.i64(1..=self.weather.delay_ms)
    }

    /// What becomes of a push.
    pub fn push(&mut self) -> Passing {
        let (arrivals, quick_ms) = (self.push_arrivals(), self.rng.i64(10..400));
        let none = Vec::new;
        let trouble = if self.weather.push_loss == 1000 {
            99
        } else {
            self.rng.u32(0..24)
        };
        match trouble {
            0 => Passing {
                arrivals: none(),
                answer: PushAnswer::Busy,
                answer_ms: quick_ms,
            },
            // The service hangs, and may have taken the push on all the same.
            1 | 2 => Passing {
                arrivals: if trouble == 1 { arrivals } else { none() },
                answer: PushAnswer::Nothing,
                answer_ms: PUSH_TIMEOUT_MS,
            },
            3 => Passing {
                arrivals: none(),
                answer: PushAnswer::Refused,
                answer_ms: quick_ms,
            },
            _ => Passing {
                arrivals,
                answer: PushAnswer::Accepted,
                answer_ms: quick_ms,
            },
        }
    }

    /// After how long each copy of a push arrives.
    fn push_arrivals(&mut self) -> Vec<i64> {
        if self.one_in_thousand(self.weather.push_loss) {
            return Vec::new();
        }
        let copies = if self.rng.u32(0..4) == 0 { 2 } else { 1 };
        (0..copies)
            .map(|_| match self.rng.u32(0..8) {
                0 => self.rng.i64(60_000..600_000),
                1 => self.rng.i64(5_000..60_000),
                _ => self.rng.i64(50..2_000),
            })
            .collect()
    }

    /// Whether something that has come along a stream gets through to the phone.
    pub fn passage(&mut self, phone: usize, now_ms: i64) -> Passage {
        let until = self.cut_until_ms[phone];
        if now_ms >= until {
            Passage::Through
        } else if until - now_ms < TCP_PATIENCE_MS {
            Passage::Later(until)
        } else {
            Passage::Broken
        }
    }

    /// One of the streams, if there are any.
    pub fn any_connection(&mut self) -> Option<ConnectionId> {
        let count = self.connections.len();
        (count > 0).then(|| {
            let place = self.rng.usize(0..count);
            *self.connections.keys().nth(place).unwrap()
        })
    }

    /// Whether something happens without a word.
    pub fn silently(&mut self) -> bool {
        self.rng.bool()
    }
}
