//! What is expected of this device, and whether a drill that was due came.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;
use tocsin_wire::{Duty, DutyShift};

use super::{Change, Draft, NoticeKind, Phone};

/// A drill that has not come this long after it was due is missing. A push service may hold one back
/// for minutes in a phone's maintenance window, and a server that was restarted needs its time.
pub const DRILL_GRACE: Duration = Duration::from_secs(15 * 60);

/// What the server said is expected, and since when the present drill is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownDuty {
    /// The server's word.
    pub duty: Duty,
    /// When `duty.drill_by` was first heard of, by the server's clock: a drill that comes after that
    /// is the one expected, however often the server repeats itself.
    pub expected_since: Option<Millis>,
}

impl Phone {
    pub(super) fn take_duty(&mut self, duty: Duty, now: Millis, out: &mut Draft) {
        if duty == self.duty.duty {
            return;
        }
        if duty.drill_by != self.duty.duty.drill_by {
            self.duty.expected_since = duty.drill_by.map(|_| self.server_now(now));
        }
        self.duty.duty = duty;
        out.change(Change::Duty(self.duty.clone()));
    }

    /// The shift that runs now.
    pub(super) fn shift(&self, now: Millis) -> Option<&DutyShift> {
        let server_now = self.server_now(now);
        let shifts = self.duty.duty.shifts.iter();
        shifts
            .filter(|shift| shift.from <= server_now && server_now < shift.until)
            .min_by_key(|shift| shift.from)
    }

    pub(super) fn is_on_call(&self, now: Millis) -> bool {
        self.shift(now).is_some()
    }

    /// When the expected drill will be missing, by the server's clock; `None` once it came.
    fn drill_missing_from(&self) -> Option<Millis> {
        let since = self.duty.expected_since?;
        let came = self
            .drills
            .last()
            .is_some_and(|last| last.received_at >= since);
        let by = self.duty.duty.drill_by.filter(|_| !came)?;
        Some(by + DRILL_GRACE)
    }

    /// By when the drill should have come that is missing now.
    pub(super) fn missing_drill(&self, now: Millis) -> Option<Millis> {
        self.drill_missing_from()
            .filter(|from| *from <= self.server_now(now))
            .and(self.duty.duty.drill_by)
    }

    /// Tells the owner of a missing drill once, and takes it back when one came.
    pub(super) fn settle_duty(&mut self, now: Millis, out: &mut Draft) {
        match self.missing_drill(now) {
            Some(by) => {
                let told = self.notices.iter().any(|notice| {
                    notice.kind == NoticeKind::DrillMissing && notice.happened_at == Some(by)
                });
                if !told && self.drill_told != Some(by) {
                    self.drill_told = Some(by);
                    let text = self.texts.drill_missing();
                    self.notify(NoticeKind::DrillMissing, None, text, Some(by), now, out);
                }
            }
            None => {
                self.drill_told = None;
                self.remove_notices(NoticeKind::DrillMissing, out);
            }
        }
    }

    /// When a shift begins or ends, or a drill becomes missing.
    pub(super) fn duty_wake(&self, now: Millis) -> Option<Millis> {
        let server_now = self.server_now(now);
        let shifts = self.duty.duty.shifts.iter();
        shifts
            .flat_map(|shift| [shift.from, shift.until])
            .chain(self.drill_missing_from())
            .filter(|at| *at > server_now)
            .min()
            .map(|at| self.device_time(at))
    }
}
