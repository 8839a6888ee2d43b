//! One channel's waiting attempts, and one service's room.

use core::time::Duration;
use std::collections::BTreeSet;

use tocsin_ticket::{Millis, Severity, Transport};

use super::super::roster::{Channel, Lane};
use super::Rank;

/// The longest that a push service's Retry-After is believed. A page cannot wait for longer; other
/// channels have long been tried by then.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Attempts in a row to one device, and the time after which one more is fair. FCM allows 240 a
/// minute to one device (<https://firebase.google.com/docs/cloud-messaging/throttling-and-quotas>),
/// and APNs answers "too many requests" to bursts; a phone needs one push to ring.
const DEVICE_BURST: u32 = 10;
const DEVICE_EVERY: Duration = Duration::from_secs(5);

/// The same for a text message, a call or a mail, which cost money or patience.
const LAST_RESORT_BURST: u32 = 3;
const LAST_RESORT_EVERY: Duration = Duration::from_secs(60);

/// Attempts under way at a time to a service that takes many on one connection (HTTP/2).
const LANE_ROOM: usize = 256;

/// The same for a gateway or a mail server.
const SMALL_LANE_ROOM: usize = 8;

/// Room kept free for SEV1, so that it never waits for attempts that a service leaves hanging.
const SEV1_ROOM: usize = 64;

/// Failures in a row after which a service counts as down: it is then tried with a few attempts at
/// a time until one succeeds.
const DOWN_AFTER: u32 = 8;
const DOWN_ROOM: usize = 8;

/// The longest pause between tries of a service that is down, which is also how long its recovery
/// may go unnoticed.
const DOWN_PAUSE: Duration = Duration::from_secs(2);

/// A channel's queue.
#[derive(Debug)]
pub struct Line {
    pub lane: Lane,
    pub queue: BTreeSet<Rank>,
    /// As what it stands in its lane.
    pub listed: Option<Rank>,
    /// Until its timer goes off.
    pub paused: bool,
    burst: u32,
    every: Duration,
    /// When the allowance is whole again (the virtual scheduling of GCRA, ITU-T I.371).
    whole_at: Millis,
    closed_until: Millis,
}

impl Line {
    pub fn new(channel: &Channel) -> Self {
        let (burst, every) = match channel.transport() {
            Transport::Webhook | Transport::Email => (LAST_RESORT_BURST, LAST_RESORT_EVERY),
            Transport::Stream | Transport::WebPush | Transport::Apns | Transport::Fcm => {
                (DEVICE_BURST, DEVICE_EVERY)
            }
        };
        Self {
            lane: channel.lane(),
            queue: BTreeSet::new(),
            listed: None,
            paused: false,
            burst,
            every,
            whole_at: Millis(i64::MIN),
            closed_until: Millis(i64::MIN),
        }
    }

    /// When the next attempt is allowed, if it is not now.
    pub fn allowed_at(&self, now: Millis) -> Option<Millis> {
        let fair = self.whole_at - self.every * (self.burst - 1);
        let at = fair.max(self.closed_until);
        (at > now).then_some(at)
    }

    /// An attempt is made.
    pub fn spend(&mut self, now: Millis) {
        self.whole_at = self.whole_at.max(now) + self.every;
    }

    /// An attempt that nobody took costs nothing.
    pub fn refund(&mut self) {
        self.whole_at = self.whole_at - self.every;
    }

    /// The service asked to wait.
    pub fn wait_until(&mut self, at: Millis) {
        self.closed_until = self.closed_until.max(at);
    }
}

/// A service's room.
#[derive(Debug, Default)]
pub struct LaneState {
    /// Its lines that have something to send, best first.
    pub heads: BTreeSet<(Rank, usize)>,
    pub in_flight: usize,
    room: usize,
    failures: u32,
    closed_until: Option<Millis>,
}

impl LaneState {
    pub fn sized(transport: Transport) -> Self {
        Self {
            room: match transport {
                Transport::Webhook | Transport::Email => SMALL_LANE_ROOM,
                Transport::Stream | Transport::WebPush | Transport::Apns | Transport::Fcm => {
                    LANE_ROOM
                }
            },
            ..Self::default()
        }
    }

    pub fn has_room(&self, severity: u8) -> bool {
        let room = if self.is_down() { DOWN_ROOM } else { self.room };
        let extra = if severity == Severity::Sev1 as u8 {
            SEV1_ROOM
        } else {
            0
        };
        self.in_flight < room + extra
    }

    pub fn closed_until(&self, now: Millis) -> Option<Millis> {
        self.closed_until.filter(|until| *until > now)
    }

    /// An attempt was answered; tells whether the service counted as down until now.
    pub fn works(&mut self) -> bool {
        self.closed_until = None;
        std::mem::take(&mut self.failures) >= DOWN_AFTER
    }

    /// Whether the service counts as down.
    pub const fn is_down(&self) -> bool {
        self.failures >= DOWN_AFTER
    }

    pub fn fails(&mut self, now: Millis) {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(DOWN_AFTER) {
            let pause = Duration::from_millis(100) * (1 << (beyond / 8).min(5));
            self.closed_until = Some(now + pause.min(DOWN_PAUSE));
        }
    }
}
