//! The phones' part: steps of the engine, and what the runtime does with their effects.

use std::collections::BTreeSet;

use tocsin_pager::engine::{Input, SirenCommand, SirenEvent};
use tocsin_pager::net::StreamEvent;
use tocsin_wire::CommandId;

use super::failing::Fault;
use super::{Event, World};
use crate::defects::Defect;
use crate::network::Asker;
use crate::oracle::{Step, Verdict};
use crate::phone::{Asked, Stepped};
use crate::server::Ask;

impl World {
    pub(super) fn step(&mut self, phone: usize, input: Input) -> Verdict {
        if self.phones[phone].phone.is_none() {
            return Ok(());
        }
        let snapshot_ended = match &input {
            Input::Synced {
                result: Ok(page), ..
            } => !page.more,
            Input::Stream {
                event: StreamEvent::Hello(_),
                ..
            } => true,
            _ => false,
        };
        match &input {
            Input::Synced {
                result: Ok(page), ..
            } => {
                let (tickets, updates) = (page.tickets.len(), page.updates.len());
                let cursor = page.cursor;
                self.tell_phone(
                    phone,
                    format_args!("syncs {tickets} tickets and {updates} updates, up to {cursor}"),
                );
            }
            Input::Stream {
                event: StreamEvent::Hello(_),
                ..
            } => {
                self.tell_phone(phone, format_args!("is on its stream"));
            }
            Input::StreamEnded { error, .. } => {
                self.tell_phone(phone, format_args!("has no stream: {error}"));
            }
            _ => {}
        }
        let was_on = self.phones[phone].siren_on;
        let stepped = self.phones[phone].step(input, self.now_ms);
        self.check_step(phone, &stepped, snapshot_ended)?;
        self.perform(phone, stepped, was_on)
    }

    pub(super) fn check_step(
        &mut self,
        phone: usize,
        stepped: &Stepped,
        snapshot_ended: bool,
    ) -> Verdict {
        let handset = &self.phones[phone];
        let Some(view) = handset.view(self.now_ms) else {
            return Ok(());
        };
        self.oracle.stored(phone, &stepped.stored);
        let directory = self.server.directory();
        self.oracle.stepped(&Step {
            phone,
            changes: &stepped.changes,
            snapshot_ended,
            view: &view,
            siren_on: handset.siren_on,
            now: handset.now(self.now_ms),
            directory: directory.as_deref(),
        })
    }

    pub(super) fn perform(&mut self, phone: usize, stepped: Stepped, was_on: bool) -> Verdict {
        let run = self.phones[phone].run;
        match stepped.siren {
            Some(SirenCommand::Start(loudness)) => {
                if !was_on {
                    self.tell_phone(phone, format_args!("rings ({loudness:?})"));
                    self.somebody_hears(phone);
                }
                let delay = self.rng.i64(5..60);
                self.after(delay, Event::Siren { phone, run });
            }
            Some(SirenCommand::Rehearse) => {
                let delay = self.rng.i64(5..60);
                self.after(delay, Event::Rehearsed { phone, run });
            }
            Some(SirenCommand::Stop) => self.tell_phone(phone, format_args!("falls silent")),
            None => {}
        }
        if stepped.crashed {
            let down_ms = self.rng.i64(100..30_000);
            self.crash_phone(phone, down_ms);
            return Ok(());
        }
        for ask in stepped.asks {
            self.ask_as_phone(phone, ask);
        }
        self.sleep_phone(phone);
        match stepped.disk {
            Some(told) => self.disk_told(phone, told),
            None => Ok(()),
        }
    }

    pub(super) fn ask_as_phone(&mut self, phone: usize, ask: Ask) {
        let asker = Asker::Phone {
            phone,
            run: self.phones[phone].run,
        };
        let asked = match &ask {
            Ask::Sync(link, _) => Asked::Sync(*link),
            Ask::Stream(link, _) => Asked::Stream(*link),
            Ask::Command(request) => {
                self.tell_phone(
                    phone,
                    format_args!("sends {:?} for {}", request.action, request.ticket),
                );
                Asked::Command(request.id.clone())
            }
            Ask::Receipts(batch) => Asked::Receipts(batch.id.clone()),
            Ask::Status(_) => Asked::Status,
            Ask::Alarms(..) | Ask::Apply(_) | Ask::Deliveries(_) | Ask::Work(_) => {
                panic!("a phone does not {ask:?}")
            }
        };
        if matches!(asked, Asked::Sync(_) | Asked::Stream(_)) {
            // A new link drops whatever link there was.
            let handset = &mut self.phones[phone];
            handset
                .requests
                .retain(|_, old| !matches!(old, Asked::Sync(_) | Asked::Stream(_)));
            if let Some(old) = handset.stream.take() {
                self.close(old);
            }
        }
        let again = match &ask {
            Ask::Command(request) if self.defect == Some(Defect::TapSentTwice) => {
                let mut again = request.clone();
                again.id = CommandId::new(format!("{}-again", request.id));
                Some(again)
            }
            _ => None,
        };
        let id = self.ask(asker, ask);
        self.phones[phone].requests.insert(id, asked);
        if let Some(again) = again {
            self.ask(asker, Ask::Command(again));
        }
    }

    pub(super) fn disk_told(&mut self, phone: usize, told: Input) -> Verdict {
        let run = self.phones[phone].run;
        if matches!(told, Input::StoreFailed { .. }) {
            self.tell_phone(phone, format_args!("cannot store anything"));
            self.after(1_000, Event::DiskRetry { phone, run });
        }
        self.step(phone, told)
    }

    pub(super) fn retry_disk(&mut self, phone: usize, run: u64) -> Verdict {
        if self.phones[phone].run != run {
            return Ok(());
        }
        let mut stored = Vec::new();
        let told = self.phones[phone].retry_disk(&mut stored);
        self.oracle.stored(phone, &stored);
        match told {
            Some(told) => self.disk_told(phone, told),
            None => Ok(()),
        }
    }

    pub(super) fn sleep_phone(&mut self, phone: usize) {
        self.phone_wakes[phone] += 1;
        let number = self.phone_wakes[phone];
        let sleep = self.phones[phone].sleep_ms(self.now_ms);
        self.after(sleep, Event::PhoneWake { phone, number });
    }

    pub(super) fn siren_reports(&mut self, phone: usize, run: u64) -> Verdict {
        let handset = &mut self.phones[phone];
        if handset.run != run || handset.phone.is_none() || !handset.siren_on {
            return Ok(());
        }
        handset.sounds = !handset.siren_broken;
        let event = if handset.siren_broken {
            SirenEvent::Failed {
                reason: "another program has the output".to_owned(),
            }
        } else {
            SirenEvent::Started {
                effective_volume: Some(1.0),
            }
        };
        self.step(phone, Input::Siren(event))
    }

    /// A drill's siren: the output says whether it would sound.
    pub(super) fn rehearsed(&mut self, phone: usize, run: u64) -> Verdict {
        let handset = &self.phones[phone];
        if handset.run != run || handset.phone.is_none() {
            return Ok(());
        }
        let event = if handset.siren_broken {
            SirenEvent::Failed {
                reason: "another program has the output".to_owned(),
            }
        } else {
            SirenEvent::Rehearsed {
                effective_volume: Some(1.0),
            }
        };
        self.step(phone, Input::Siren(event))
    }

    pub(super) fn crash_phone(&mut self, phone: usize, down_ms: i64) {
        self.tell_phone(phone, format_args!("is killed; back in {down_ms} ms"));
        self.oracle.tally.phone_crashes += 1;
        if let Some(stream) = self.phones[phone].stream {
            self.close(stream);
        }
        self.phones[phone].crash();
        self.oracle.disturb(phone, self.now_ms + down_ms);
        self.after(down_ms, Event::Fault(Fault::PhoneStart(phone)));
    }

    pub(super) fn start_phone(&mut self, phone: usize) -> Verdict {
        let handset = &mut self.phones[phone];
        if handset.phone.is_some() {
            return Ok(());
        }
        handset.start();
        let saved = handset.store.load().unwrap();
        let mut entries = BTreeSet::new();
        for (ticket, _) in &saved.tickets {
            let timeline = handset.store.timeline(ticket.id).unwrap();
            entries.extend(timeline.iter().map(|entry| (ticket.id, entry.seq)));
        }
        let directory = self.server.directory();
        self.oracle
            .reloaded(phone, &saved, entries, directory.as_deref())?;
        self.tell_phone(
            phone,
            format_args!("starts with {} tickets", saved.tickets.len()),
        );
        self.step(phone, Input::Started)
    }
}
