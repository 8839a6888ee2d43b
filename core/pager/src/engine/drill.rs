//! Drills: a page's whole way without a page, up to the call that starts the sound.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tocsin_readiness::DrillResult;
use tocsin_ticket::{DrillId, Millis, Rung, Transport};
use tocsin_wire::{Drill, DrillReport};

use super::siren::CONFIRM_WITHIN;
use super::{Change, Draft, Due, Phone, Report, SirenCommand};

/// An audible drill sounds this long: one whole beat of the siren's pattern, at full level.
pub const DRILL_SOUNDS: Duration = Duration::from_secs(3);

/// Drills that are remembered, so that the same one over another transport is known; one a night and
/// one a shift, over a fortnight.
pub const DRILLS_KEPT: usize = 32;

/// A drill that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillRecord {
    /// What was ordered.
    pub drill: Drill,
    /// How it came first.
    pub transport: Transport,
    /// When, by the server's clock as well as the device knows it.
    pub received_at: Millis,
    /// What became of it.
    pub outcome: DrillOutcome,
}

/// What became of a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillOutcome {
    /// The output has not answered yet.
    Pending,
    /// The output was started, at this instant of the server's clock.
    Passed(Millis),
    /// The output failed, or did not answer in time.
    Failed,
}

/// The drills of this device.
#[derive(Debug, Default)]
pub struct Drills {
    records: VecDeque<DrillRecord>,
    /// Until when the output has time to answer; while an audible one sounds, until its end.
    until: Option<Due>,
    /// The output was told to rehearse.
    rehearsing: bool,
    /// An audible one was confirmed and sounds.
    sounding: bool,
}

impl Drills {
    pub fn new(records: Vec<DrillRecord>) -> Self {
        Self {
            records: records.into(),
            ..Self::default()
        }
    }

    pub fn last(&self) -> Option<&DrillRecord> {
        self.records.back()
    }

    fn pending(&self) -> impl Iterator<Item = &DrillRecord> {
        let pending = |record: &&DrillRecord| record.outcome == DrillOutcome::Pending;
        self.records.iter().filter(pending)
    }

    /// Whether the siren shall sound for one.
    pub fn wants_siren(&self) -> bool {
        self.sounding || self.until.is_some() && self.pending().any(|record| record.drill.audible)
    }

    pub fn result(&self) -> Option<DrillResult> {
        let last = self.last()?;
        let (passed, latency_ms) = match last.outcome {
            DrillOutcome::Pending => (None, None),
            DrillOutcome::Failed => (Some(false), None),
            DrillOutcome::Passed(at) => {
                let latency = at.since(last.drill.at).as_millis();
                (Some(true), u64::try_from(latency).ok())
            }
        };
        Some(DrillResult {
            at: Some(last.drill.at),
            passed,
            latency_ms,
        })
    }
}

impl Phone {
    pub(super) fn take_drill(&mut self, drill: Drill, now: Millis, out: &mut Draft) {
        let known = self.drills.records.iter().any(|it| it.drill.id == drill.id);
        let received_at = self.server_now(now);
        if known || received_at >= drill.expires_at {
            return;
        }
        let transport = out.came_by;
        self.report_drill(&drill.id, Rung::Received, Some(transport), None, now, out);
        self.drills.records.push_back(DrillRecord {
            drill,
            transport,
            received_at,
            outcome: DrillOutcome::Pending,
        });
        if self.drills.records.len() > DRILLS_KEPT {
            self.drills.records.pop_front();
        }
        self.drills.until = Some(Due::after(now, CONFIRM_WITHIN));
        self.keep_drills(out);
    }

    fn keep_drills(&self, out: &mut Draft) {
        let records = self.drills.records.iter().cloned().collect();
        out.change(Change::Drills(records));
    }

    fn report_drill(
        &mut self,
        drill: &DrillId,
        rung: Rung,
        transport: Option<Transport>,
        effective_volume: Option<f32>,
        now: Millis,
        out: &mut Draft,
    ) {
        let report = DrillReport {
            drill: drill.clone(),
            rung,
            at: self.server_now(now),
            transport,
            effective_volume,
        };
        self.report(Report::Drill(report), out);
    }

    /// A process that was killed in the middle of a drill takes it up again.
    pub(super) fn resume_drills(&mut self, now: Millis) {
        if self.drills.pending().next().is_some() {
            self.drills.until = Some(Due::after(now, CONFIRM_WITHIN));
        }
    }

    /// The output answered a rehearsal. An audible drill passes only by sounding.
    pub(super) fn rehearsed(&mut self, volume: Option<f32>, now: Millis, out: &mut Draft) {
        self.drills.rehearsing = false;
        self.end_drills(|record| !record.drill.audible, true, volume, now, out);
    }

    /// The output failed at a rehearsal.
    pub(super) fn rehearsal_failed(&mut self, now: Millis, out: &mut Draft) {
        if std::mem::take(&mut self.drills.rehearsing) {
            self.end_drills(|record| !record.drill.audible, false, None, now, out);
        }
    }

    fn end_drills(
        &mut self,
        which: impl Fn(&DrillRecord) -> bool,
        passed: bool,
        volume: Option<f32>,
        now: Millis,
        out: &mut Draft,
    ) {
        let outcome = if passed {
            DrillOutcome::Passed(self.server_now(now))
        } else {
            DrillOutcome::Failed
        };
        let mut ended = Vec::new();
        for record in &mut self.drills.records {
            if record.outcome == DrillOutcome::Pending && which(record) {
                record.outcome = outcome;
                ended.push(record.drill.id.clone());
            }
        }
        if ended.is_empty() {
            return;
        }
        for drill in ended.iter().filter(|_| passed) {
            self.report_drill(drill, Rung::Sounding, None, volume, now, out);
        }
        self.keep_drills(out);
    }

    /// Whatever sounds proves the output; what does not answer in time failed.
    pub(super) fn settle_drills(&mut self, now: Millis, out: &mut Draft) {
        let Some(until) = self.drills.until else {
            return;
        };
        if self.siren.confirmed {
            if self.drills.pending().any(|record| record.drill.audible) {
                self.drills.sounding = true;
                self.drills.until = Some(Due::after(now, DRILL_SOUNDS));
            }
            let volume = self.siren.effective_volume;
            self.end_drills(|_| true, true, volume, now, out);
            self.drills.rehearsing = false;
        } else if until.is_due(now) {
            self.end_drills(|_| true, false, None, now, out);
            self.drills.rehearsing = false;
        }
        if self.drills.pending().next().is_none()
            && (!self.drills.sounding || self.drills.until.is_none_or(|until| until.is_due(now)))
        {
            self.drills.until = None;
            self.drills.sounding = false;
        } else if !self.siren.is_ringing()
            && !self.drills.rehearsing
            && self.drills.pending().any(|record| !record.drill.audible)
        {
            self.drills.rehearsing = true;
            out.siren.get_or_insert(SirenCommand::Rehearse);
        }
    }

    pub(super) fn drills_wake(&self) -> Option<Millis> {
        self.drills.until.map(Due::at)
    }
}
