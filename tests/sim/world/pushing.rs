//! The dispatcher's part: what it sends, what push services make of it, and whether it climbs the
//! ladder in time.

use std::collections::BTreeMap;

use tocsin_push::Outcome;
use tocsin_server::dispatch::{Effect, Input, Roster};
use tocsin_server::engine::{Job, Owed};
use tocsin_ticket::{DeviceId, Millis, Page, PageId, Rung, Ticket, Transport};

use super::{Event, World};
use crate::defects::Defect;
use crate::network::{Asker, PushAnswer};
use crate::oracle::{Rule, Verdict, Violation};
use crate::server::{Ask, Request};

/// A tier may begin this late.
const LATENESS_MS: i64 = 1000;

/// A channel that was used so often within [`BUSY_MS`] may have to wait: its rate is limited.
const BUSY_ATTEMPTS: usize = 8;
const BUSY_MS: i64 = 60_000;

/// After so many failures in a row a service is tried less often.
const DOWN_AFTER: u32 = 7;

/// What the dispatcher has sent, for the rule that it climbs in time.
#[derive(Debug, Default)]
pub struct Ladder {
    /// Pages by the channel they were sent on.
    sent: BTreeMap<(PageId, DeviceId, Transport), Millis>,
    /// When each channel was used, by the world's clock.
    used_ms: BTreeMap<(DeviceId, Transport), Vec<i64>>,
    failures: BTreeMap<Transport, u32>,
}

impl World {
    pub(super) fn owe(&mut self, owed: Owed) -> Verdict {
        if matches!(owed, Owed::Roster) {
            let now = self.server.now(self.now_ms);
            for input in self.server.owed(false, now) {
                self.dispatch(input)?;
            }
            return Ok(());
        }
        self.dispatch(Input::Owed(owed))
    }

    /// One step of the dispatcher and what its runtime does with the effects.
    pub(super) fn dispatch(&mut self, input: Input) -> Verdict {
        let now = self.server.now(self.now_ms);
        let boot = self.server.boot;
        for effect in self.server.dispatch(input, now) {
            match effect {
                Effect::Send(attempt) => {
                    let channel = &attempt.channel;
                    let (device, transport) = (channel.device.clone(), channel.transport());
                    let phone = self
                        .phones
                        .iter()
                        .position(|phone| phone.device == device)
                        .expect("a channel belongs to a phone");
                    let used = (device.clone(), transport);
                    self.ladder
                        .used_ms
                        .entry(used)
                        .or_default()
                        .push(self.now_ms);
                    if let Some(page) = attempt.page {
                        let first = (page, device, transport);
                        self.ladder.sent.entry(first).or_insert(now);
                    }
                    let passing = self.network.push();
                    self.tell(
                        "server",
                        format_args!(
                            "pushes to {} by {transport}: {:?}",
                            self.phones[phone].name.clone(),
                            passing.answer
                        ),
                    );
                    for delay in passing.arrivals {
                        let payload = attempt.push.payload.clone();
                        let late = delay > 5_000;
                        self.after(
                            delay,
                            Event::Push {
                                phone,
                                transport,
                                payload,
                                late,
                            },
                        );
                    }
                    self.after(
                        passing.answer_ms,
                        Event::Pushed {
                            boot,
                            number: attempt.number,
                            transport,
                            answer: passing.answer,
                        },
                    );
                }
                Effect::Report(delivery) => {
                    let request = Request {
                        id: self.network.next_id(),
                        asker: Asker::Dispatcher,
                        ask: Ask::Deliveries(vec![delivery]),
                    };
                    self.after(0, Event::Arrive(request));
                }
                Effect::Retire { .. } => panic!("no push service said that an address is dead"),
                Effect::Told(notice) => {
                    let request = Request {
                        id: self.network.next_id(),
                        asker: Asker::Dispatcher,
                        ask: Ask::Work(Box::new(Job::EndNotice(notice))),
                    };
                    self.after(0, Event::Arrive(request));
                }
            }
        }
        if self.defect == Some(Defect::SleepingDispatcher) {
            return Ok(());
        }
        if let Some(at) = self.server.dispatch_wake() {
            self.dispatch_wake += 1;
            let number = self.dispatch_wake;
            let sleep = at.0 - self.server.now(self.now_ms).0;
            // The runtime looks at the clock twice a second.
            self.after(sleep.clamp(0, 500), Event::DispatchWake { boot, number });
        }
        Ok(())
    }

    pub(super) fn pushed(
        &mut self,
        boot: u64,
        number: u64,
        transport: Transport,
        answer: PushAnswer,
    ) -> Verdict {
        if self.server.boot != boot || !self.server.is_up() {
            return Ok(());
        }
        let failures = self.ladder.failures.entry(transport).or_default();
        *failures = if answer == PushAnswer::Accepted {
            0
        } else {
            *failures + 1
        };
        let why = format!("{answer:?}");
        let outcome = match answer {
            PushAnswer::Accepted => Outcome::Accepted,
            PushAnswer::Busy => Outcome::RetryAfter { after: None, why },
            PushAnswer::Refused => Outcome::Refused { why },
            PushAnswer::Nothing => Outcome::Unknown { why },
        };
        self.dispatch(Input::Finished { number, outcome })
    }

    /// What nobody received in time has gone by the next channel, within a second.
    pub(super) fn check_ladder(&mut self) -> Verdict {
        let (Some(roster), Some(directory)) = (self.server.roster(), self.server.directory())
        else {
            return Ok(());
        };
        let now = self.server.now(self.now_ms);
        let undisturbed_ms = self.now_ms - self.oracle.undisturbed_since_ms;
        for ticket in self.oracle.open_tickets() {
            for page in &ticket.pages {
                let Some(due) = second_tier_due(ticket, page, &roster) else {
                    continue;
                };
                let late_ms = (now.0 - due.0).min(undisturbed_ms);
                if late_ms <= LATENESS_MS || now.0 >= page.expires_at.0 {
                    continue;
                }
                for channel in roster.tiers(&page.person).iter().skip(1).take(1).flatten() {
                    let key = (page.id, channel.device.clone(), channel.transport());
                    if !self.ladder.sent.contains_key(&key) && !self.may_wait(&key.1, key.2) {
                        return Err(Violation {
                            rule: Rule::NextChannelInTime,
                            what: format!(
                                "page {} was not received, and {late_ms} ms after its limit it had \
                                 not gone to {} by {}; teams {:?}",
                                page.id,
                                key.1,
                                key.2,
                                directory.teams_of(&page.person)
                            ),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the fair rate or a service that is down may hold this channel up.
    fn may_wait(&self, device: &DeviceId, transport: Transport) -> bool {
        let used = self.ladder.used_ms.get(&(device.clone(), transport));
        let lately = used.into_iter().flatten();
        let lately = lately.filter(|at_ms| self.now_ms - **at_ms < BUSY_MS);
        lately.count() >= BUSY_ATTEMPTS
            || self
                .ladder
                .failures
                .get(&transport)
                .is_some_and(|failures| *failures >= DOWN_AFTER)
    }
}

/// When a page that nobody has received must go by the second tier's channels.
fn second_tier_due(ticket: &Ticket, page: &Page, roster: &Roster) -> Option<Millis> {
    let received = page
        .receipts
        .iter()
        .any(|receipt| receipt.rung >= Rung::Received);
    (!received && roster.tiers(&page.person).len() > 1)
        .then(|| page.at + roster.next_channel(&ticket.team, &ticket.service, ticket.severity))
}
