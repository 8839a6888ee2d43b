//! How far each page got on this device: each rung once, on disk before it is sent.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use tocsin_ticket::{DoNotDisturb, Millis, PageId, Ringer, Rung, TicketId, Transport};
use tocsin_wire::{CommandId, ReceiptBatch, ReceiptReport};

use super::due::backoff;
use super::{Change, Draft, Due, Effect, NoticeKind, Phone, QueuedReceipt, RETRY_CAP, Report};
use crate::net::NetworkError;

/// The most that one batch holds; the wire's limit.
const BATCH_LIMIT: usize = 1000;

/// The most drills that one batch holds; the wire's limit.
const DRILLS_LIMIT: usize = 100;

const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The circumstances in which a page reached a rung.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    pub transport: Option<Transport>,
    pub effective_volume: Option<f32>,
    pub ringer: Option<Ringer>,
    pub do_not_disturb: Option<DoNotDisturb>,
}

#[derive(Debug)]
pub struct Receipts {
    queued: Vec<QueuedReceipt>,
    /// The last number of the batch that may have been sent; its limits stay as they are until it is
    /// answered, so that the same id always names the same receipts.
    batched_through: Option<u64>,
    reached: BTreeMap<PageId, BTreeSet<Rung>>,
    on_its_way: bool,
    retry: Option<Due>,
    attempts: u32,
}

impl Receipts {
    pub fn new(
        queued: Vec<QueuedReceipt>,
        batched_through: Option<u64>,
        reached: Vec<(PageId, Rung)>,
    ) -> Self {
        let mut by_page: BTreeMap<PageId, BTreeSet<Rung>> = BTreeMap::new();
        for (page, rung) in reached {
            by_page.entry(page).or_default().insert(rung);
        }
        Self {
            queued,
            batched_through,
            reached: by_page,
            on_its_way: false,
            retry: None,
            attempts: 0,
        }
    }

    pub fn has(&self, page: PageId, rung: Rung) -> bool {
        self.reached
            .get(&page)
            .is_some_and(|rungs| rungs.contains(&rung))
    }

    /// The network is back: no more waiting.
    pub fn retry_now(&mut self) {
        self.retry = None;
        self.attempts = 0;
    }
}

impl Phone {
    /// The page reached the rung, unless it had before.
    pub(super) fn reach(
        &mut self,
        page: PageId,
        rung: Rung,
        how: How,
        now: Millis,
        out: &mut Draft,
    ) {
        if !self.receipts.reached.entry(page).or_default().insert(rung) {
            return;
        }
        let report = ReceiptReport {
            page,
            rung,
            at: now,
            effective_volume: how.effective_volume,
            transport: how.transport,
            ringer: how.ringer,
            do_not_disturb: how.do_not_disturb,
        };
        self.report(Report::Page(report), out);
    }

    /// Queues a report for the server.
    pub(super) fn report(&mut self, report: Report, out: &mut Draft) {
        let number = self.number();
        let receipt = QueuedReceipt { number, report };
        out.change(Change::AddReceipt(receipt.clone()));
        self.receipts.queued.push(receipt);
    }

    /// Every page of this person on the ticket reached the rung.
    pub(super) fn reach_all(&mut self, ticket: TicketId, rung: Rung, now: Millis, out: &mut Draft) {
        for page in self.my_pages_on(ticket) {
            self.reach(page, rung, How::default(), now, out);
        }
    }

    pub(super) fn my_pages_on(&self, ticket: TicketId) -> Vec<PageId> {
        self.my_pages()
            .filter(|(held, _)| held.id == ticket)
            .map(|(_, page)| page.id)
            .collect()
    }

    pub(super) fn receipts_answered(
        &mut self,
        id: &CommandId,
        result: Result<(), NetworkError>,
        now: Millis,
        out: &mut Draft,
    ) {
        if self.batch().is_none_or(|batch| batch.id != *id) {
            return;
        }
        self.receipts.on_its_way = false;
        match result {
            Ok(()) => {
                self.answered(now, out);
                self.drop_batch(out);
            }
            Err(NetworkError::Rejected { status, detail }) => {
                let text = self.texts.receipts_rejected(status, &detail);
                self.notify(NoticeKind::Rejected, None, text, None, now, out);
                self.drop_batch(out);
            }
            Err(error) => {
                if error == NetworkError::Unauthorized {
                    self.unauthorized(now, out);
                }
                let wait = self.retry_after(&error, self.receipts.attempts, RETRY_FIRST);
                self.receipts.attempts = self.receipts.attempts.saturating_add(1);
                self.receipts.retry = Some(Due::after(now, wait));
            }
        }
    }

    fn drop_batch(&mut self, out: &mut Draft) {
        let Some(through) = self.receipts.batched_through.take() else {
            return;
        };
        self.receipts
            .queued
            .retain(|receipt| receipt.number > through);
        self.receipts.retry_now();
        out.change(Change::ReceiptsSent { through });
        self.forget_receipts(out);
    }

    /// Which rungs a page reached matters while it is live, or a receipt of it or a tap that answers
    /// it is queued.
    fn forget_receipts(&mut self, out: &mut Draft) {
        let live: BTreeSet<PageId> = self
            .tickets
            .values()
            .flat_map(|held| held.ticket.pages.iter().map(|page| page.id))
            .chain(
                self.receipts
                    .queued
                    .iter()
                    .filter_map(|queued| queued.report.page()),
            )
            .chain(self.taps.iter().flat_map(super::Tap::pages))
            .collect();
        self.receipts.reached.retain(|page, _| {
            let keep = live.contains(page);
            if !keep {
                out.change(Change::ForgetReceipts(*page));
            }
            keep
        });
    }

    /// The batch that is next to be answered.
    fn batch(&self) -> Option<ReceiptBatch> {
        let through = self.receipts.batched_through?;
        let first = self.receipts.queued.first()?.number;
        let mut batch = ReceiptBatch {
            id: CommandId::new(format!("r-{}-{first}-{through}", self.me.device)),
            receipts: Vec::new(),
            drills: Vec::new(),
        };
        for receipt in &self.receipts.queued {
            match &receipt.report {
                _ if receipt.number > through => break,
                Report::Page(report) => batch.receipts.push(*report),
                Report::Drill(report) => batch.drills.push(report.clone()),
            }
        }
        Some(batch)
    }

    /// The last of the next batch.
    fn batch_end(&self) -> Option<u64> {
        let (mut pages, mut drills) = (0, 0);
        let fits = self.receipts.queued.iter().take_while(|receipt| {
            match receipt.report {
                Report::Page(_) => pages += 1,
                Report::Drill(_) => drills += 1,
            }
            pages <= BATCH_LIMIT && drills <= DRILLS_LIMIT
        });
        fits.last().map(|receipt| receipt.number)
    }

    pub(super) fn settle_receipts(&mut self, now: Millis, out: &mut Draft) {
        let arrived: Vec<PageId> = self
            .my_pages()
            .map(|(_, page)| page.id)
            .filter(|page| !self.receipts.has(*page, Rung::Received))
            .collect();
        for page in arrived {
            let how = How {
                transport: Some(out.came_by),
                do_not_disturb: self.do_not_disturb(),
                ..How::default()
            };
            self.reach(page, Rung::Received, how, now, out);
        }
        let waits = self.receipts.retry.is_some_and(|due| !due.is_due(now));
        if self.receipts.on_its_way || waits {
            return;
        }
        if self.receipts.batched_through.is_none() {
            let Some(through) = self.batch_end() else {
                return;
            };
            self.receipts.batched_through = Some(through);
            out.change(Change::BatchReceipts { through });
        }
        if let Some(batch) = self.batch() {
            self.receipts.on_its_way = true;
            self.receipts.retry = None;
            out.send(Effect::SendReceipts(batch));
        }
    }

    pub(super) fn receipts_wake(&self) -> Option<Millis> {
        self.receipts.retry.map(Due::at)
    }

    /// How long to wait after `error`, the `attempts`-th in a row (from 0).
    pub(super) fn retry_after(
        &mut self,
        error: &NetworkError,
        attempts: u32,
        first: Duration,
    ) -> Duration {
        let wait = match error {
            NetworkError::Unauthorized => super::link::REVOKED_RETRY,
            _ => backoff(&mut self.rng, attempts, first, RETRY_CAP),
        };
        match error {
            NetworkError::Busy {
                retry_after: Some(least),
                ..
            } => wait.max((*least).min(super::link::RETRY_AFTER_CAP)),
            _ => wait,
        }
    }
}
