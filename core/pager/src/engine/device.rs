//! What the server must know about this device: the ways to push to it, and whether it would wake
//! its person. Both are sent until the server has exactly what holds now.

use core::time::Duration;

use tocsin_readiness::{Assessment, Expectation, Facts, assess};
use tocsin_ticket::{DeviceId, DoNotDisturb, Millis, Ringer};
use tocsin_wire::{PushChannel, PushRegistration};

use super::due::backoff;
use super::link::{RETRY_AFTER_CAP, REVOKED_RETRY};
use super::rules::siren_floor;
use super::{Change, Draft, Due, Effect, Phone};
use crate::net::NetworkError;

/// While online, the facts are sent at least this often, so that the server knows them to be true.
pub const STATUS_EVERY: Duration = Duration::from_secs(3600);

const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest wait between attempts. A page does not wait for these, so a server that does not
/// know them yet is not asked every ten seconds.
const RETRY_CAP: Duration = Duration::from_secs(300);

/// Something that is sent again until the server has it.
#[derive(Debug, Default)]
pub struct Delivery {
    on_its_way: bool,
    retry: Option<Due>,
    attempts: u32,
    /// Why the last attempt came to nothing.
    pub failure: Option<NetworkError>,
}

impl Delivery {
    fn may_send(&self, now: Millis) -> bool {
        !self.on_its_way && self.retry.is_none_or(|due| due.is_due(now))
    }

    fn sent(&mut self) {
        self.on_its_way = true;
        self.retry = None;
    }

    fn delivered(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self, error: NetworkError, rng: &mut fastrand::Rng, now: Millis) {
        let wait = match &error {
            // What is refused today may be known tomorrow: 404 from an older server, say.
            NetworkError::Unauthorized | NetworkError::Rejected { .. } => REVOKED_RETRY,
            NetworkError::Busy {
                retry_after: Some(least),
                ..
            } => backoff(rng, self.attempts, RETRY_FIRST, RETRY_CAP)
                .max((*least).min(RETRY_AFTER_CAP)),
            _ => backoff(rng, self.attempts, RETRY_FIRST, RETRY_CAP),
        };
        self.on_its_way = false;
        self.attempts = self.attempts.saturating_add(1);
        self.retry = Some(Due::after(now, wait));
        self.failure = Some(error);
    }

    /// The network is back: no more waiting.
    pub fn retry_now(&mut self) {
        self.retry = None;
        self.attempts = 0;
    }
}

/// The ways to push to this device.
#[derive(Debug, Default)]
pub struct Registration {
    /// `None`: the shell has never told.
    pub channels: Option<Vec<PushChannel>>,
    /// For which device the server has taken exactly these.
    pub taken_for: Option<DeviceId>,
    pub delivery: Delivery,
}

/// The report about the device.
#[derive(Debug, Default)]
pub struct StatusReport {
    /// What the shell said; `None` before it did.
    pub told: bool,
    /// What was sent last that the server has, and when.
    taken: Option<(Facts, Due)>,
    sent: Option<Facts>,
    pub delivery: Delivery,
}

impl Phone {
    pub(super) fn push_channels(&mut self, channels: Vec<PushChannel>, out: &mut Draft) {
        if self.registration.channels.as_ref() == Some(&channels) {
            return;
        }
        out.change(Change::PushChannels(channels.clone()));
        self.registration.channels = Some(channels);
        self.registration.taken_for = None;
        self.registration.delivery.retry_now();
    }

    /// Whether the server has exactly the ways that the shell told of; `None` when it told of none.
    pub(super) fn push_registered(&self) -> Option<bool> {
        let channels = self.registration.channels.as_ref()?;
        let taken = self.registration.taken_for.as_ref() == Some(&self.me.device);
        Some(taken && !channels.is_empty())
    }

    pub(super) fn push_answered(
        &mut self,
        registration: &PushRegistration,
        result: Result<(), NetworkError>,
        now: Millis,
        out: &mut Draft,
    ) {
        let delivery = &mut self.registration.delivery;
        match result {
            Ok(()) => {
                delivery.delivered();
                if self.registration.channels.as_ref() == Some(&registration.channels) {
                    let device = self.me.device.clone();
                    self.registration.taken_for = Some(device.clone());
                    out.change(Change::PushTaken(device));
                }
                self.answered(now, out);
            }
            Err(error) => {
                let unauthorized = error == NetworkError::Unauthorized;
                delivery.failed(error, &mut self.rng, now);
                if self.registration.channels.as_ref() != Some(&registration.channels) {
                    self.registration.delivery.retry_now();
                }
                if unauthorized {
                    self.unauthorized(now, out);
                }
            }
        }
    }

    pub(super) fn status_answered(
        &mut self,
        result: Result<(), NetworkError>,
        now: Millis,
        out: &mut Draft,
    ) {
        match result {
            Ok(()) => {
                self.status.delivery.delivered();
                let sent = self.status.sent.take();
                self.status.taken = sent.map(|facts| (facts, Due::after(now, STATUS_EVERY)));
                self.answered(now, out);
            }
            Err(error) => {
                let unauthorized = error == NetworkError::Unauthorized;
                self.status.delivery.failed(error, &mut self.rng, now);
                if unauthorized {
                    self.unauthorized(now, out);
                }
            }
        }
    }

    pub(super) fn settle_device(&mut self, now: Millis, out: &mut Draft) {
        let taken = self.registration.taken_for.as_ref() == Some(&self.me.device);
        if let Some(channels) = &self.registration.channels
            && !taken
            && self.registration.delivery.may_send(now)
        {
            let channels = channels.clone();
            self.registration.delivery.sent();
            out.send(Effect::RegisterPush(PushRegistration { channels }));
        }
        if self.status.told && self.is_live() && self.status.delivery.may_send(now) {
            let facts = self.facts(now);
            let substance = substance(&facts);
            let due = self
                .status
                .taken
                .as_ref()
                .is_none_or(|(taken, again)| *taken != substance || again.is_due(now));
            if due {
                self.status.sent = Some(substance);
                self.status.delivery.sent();
                out.send(Effect::SendStatus(Box::new(facts)));
            } else {
                self.status.delivery.retry = None;
            }
        }
    }

    pub(super) fn device_wake(&self) -> Option<Millis> {
        let taken = self.status.taken.as_ref();
        let taken = taken.filter(|_| !self.status.delivery.on_its_way);
        let again = taken.map(|(_, again)| again.at());
        [
            self.registration.delivery.retry.map(Due::at),
            self.status
                .delivery
                .retry
                .map(Due::at)
                .filter(|_| self.is_live()),
            again.filter(|_| self.is_live()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What the shell said, completed by what the engine knows better.
    pub(super) fn facts(&self, now: Millis) -> Facts {
        let mut facts = self.device.facts.clone();
        facts.revoked = self.revoked;
        facts.network.stream_live = Some(self.is_live());
        if let Some(registered) = self.push_registered() {
            facts.network.push_registered = Some(registered);
        }
        let floor = &mut facts.sound.volume_floor;
        *floor = floor.map(|own| siren_floor(own, &self.duty.duty.rules));
        facts.clock_skew_ms = self.clock_offset_ms;
        facts.last_drill = self.drills.result();
        facts.reported_at = Some(self.server_now(now));
        facts
    }

    pub(super) fn assessment(&self, now: Millis) -> Assessment {
        assess(
            &self.facts(now),
            self.server_now(now),
            &Expectation::default(),
        )
    }

    pub(super) fn ringer(&self) -> Option<Ringer> {
        use tocsin_readiness::Ringer as Said;
        match self.device.facts.sound.ringer {
            Said::Normal => Some(Ringer::Normal),
            Said::Vibrate => Some(Ringer::Vibrate),
            Said::Silent => Some(Ringer::Silent),
            Said::Unknown => None,
        }
    }

    pub(super) fn do_not_disturb(&self) -> Option<DoNotDisturb> {
        use tocsin_readiness::DoNotDisturb as Said;
        match self.device.facts.sound.do_not_disturb {
            Said::Off => Some(DoNotDisturb::Off),
            Said::Priority => Some(DoNotDisturb::Priority),
            Said::AlarmsOnly => Some(DoNotDisturb::AlarmsOnly),
            Said::TotalSilence => Some(DoNotDisturb::TotalSilence),
            Said::Unknown => None,
        }
    }
}

/// The facts without what changes all the time and means nothing: charge and volume to a twentieth,
/// a clock that is right, the instant of the report.
fn substance(facts: &Facts) -> Facts {
    let coarse = |part: Option<f32>| part.map(|part| (part * 20.0).floor() / 20.0);
    let mut facts = facts.clone();
    facts.reported_at = None;
    facts.clock_skew_ms = facts.clock_skew_ms.map(|skew| {
        let step = i64::try_from(super::SKEW_TOLERANCE.as_millis()).unwrap_or(i64::MAX);
        skew / step
    });
    facts.battery.level = coarse(facts.battery.level);
    facts.sound.effective_volume = coarse(facts.sound.effective_volume);
    facts
}
