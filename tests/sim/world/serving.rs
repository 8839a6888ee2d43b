//! The server's part: requests, the writer, streams and push, and monitoring, which asks until it is
//! answered.

use tocsin_ingest::Signal;
use tocsin_server::engine::Answer;

use super::failing::Fault;
use super::{Event, World};
use crate::network::{Asker, Connection, ConnectionId};
use crate::oracle::{Committed, Verdict};
use crate::server::{Ask, Committing, Frame, Reply, Request};
use crate::setup::Setup;
use crate::story::Told;

/// How often a stream brings a sign of life: the server's.
const KEEP_ALIVE_MS: i64 = 15_000;

impl World {
    pub(super) fn arrive(&mut self, request: Request) -> Verdict {
        let now = self.server.now(self.now_ms);
        if let (Ask::Stream(link, after), Asker::Phone { phone, run }) =
            (&request.ask, request.asker)
        {
            let (link, after) = (*link, *after);
            let token = self.phones[phone].token.clone();
            let connection = request.id;
            let Some(first) = self.server.open_stream(connection, &token, after, now) else {
                self.reply(&request, Reply::Reset);
                return Ok(());
            };
            let stream = Connection {
                phone,
                run,
                link,
                inbox: Default::default(),
                broken: false,
            };
            self.network.connections.insert(connection, stream);
            self.send_frame(connection, first);
            self.after(KEEP_ALIVE_MS, Event::KeepAlive(connection));
            self.pump();
            return Ok(());
        }
        let token = match request.asker {
            Asker::Phone { phone, .. } => Some(self.phones[phone].token.clone()),
            Asker::Monitoring(_) | Asker::Admin | Asker::Dispatcher => None,
        };
        if let Some((request, reply)) = self.server.receive(request, token.as_ref(), now) {
            self.reply(&request, reply);
        }
        if self.server.has_waiting() && !self.server.is_committing() {
            return self.write();
        }
        Ok(())
    }

    /// The writer takes what waits and what is due.
    pub(super) fn write(&mut self) -> Verdict {
        if !self.server.is_up() || self.server.is_committing() {
            return Ok(());
        }
        let now = self.server.now(self.now_ms);
        let due = self.server.next_due().is_some_and(|due| due <= now);
        if !due && !self.server.has_waiting() {
            self.sleep_server();
            return Ok(());
        }
        let tokens: Vec<_> = self
            .phones
            .iter()
            .map(|phone| phone.token.clone())
            .collect();
        let mut setups = vec![self.setup.clone()];
        let commit = match self.server.commit(&tokens, now) {
            Ok(commit) => commit,
            Err(requests) => {
                self.tell("server", format_args!("a commit failed"));
                self.oracle.tally.failed_commits += 1;
                self.oracle.disturb_all(self.now_ms);
                for request in requests {
                    if request.asker == Asker::Dispatcher {
                        // Written down at the next try, as the runtime does.
                        self.after(100, Event::Arrive(request));
                    } else {
                        self.reply(&request, Reply::Busy);
                    }
                }
                // The writer pauses before it tries again.
                self.wake_server_in(100);
                return Ok(());
            }
        };
        let Committing { requests, outcome } = commit;
        let (mut fired, mut signals, mut taps) = (Vec::new(), Vec::new(), Vec::new());
        for (request, answer) in requests.iter().zip(&outcome.answers) {
            match (&request.ask, answer) {
                (Ask::Alarms(serial, Signal::Fired(_)), _) => {
                    let trouble = self.notifications[*serial as usize].trouble.clone();
                    fired.push((*serial, trouble));
                }
                (Ask::Alarms(serial, _), _) => signals.push(*serial),
                (Ask::Command(tap), Answer::Tap(answer)) => {
                    let refusal = answer.refusal.as_ref().map(|it| format!("{it:?}"));
                    taps.push((tap.id.clone(), refusal));
                }
                (Ask::Apply(setup), _) => setups.push(setup.clone()),
                _ => {}
            }
        }
        let updates = outcome.updates.clone();
        self.setup = setups.last().unwrap().clone();
        for update in &updates {
            self.story.note(&update.json);
        }
        let directory = self.server.directory().unwrap();
        let verdict = self.oracle.committed(&Committed {
            disk: &self.server.disk,
            updates: &updates,
            fired,
            signals,
            taps,
            setups: &setups,
            directory: &directory,
            world_ms: self.now_ms,
        });
        for update in updates {
            self.tell("server", format_args!("commits {}", Told(&update.json)));
            self.history.push(update);
        }
        verdict?;
        if let Some(down_ms) = self.crash_after_commit.take() {
            self.oracle.tally.crashes_before_answers += 1;
            return self.crash_server(down_ms, "after the commit, before anybody heard of it");
        }
        let boot = self.server.boot;
        let takes = if self.rng.u32(0..40) == 0 {
            self.rng.i64(50..400)
        } else {
            self.rng.i64(1..8)
        };
        self.after(takes, Event::Committed { boot });
        Ok(())
    }

    pub(super) fn committed(&mut self, boot: u64) -> Verdict {
        if self.server.boot != boot {
            return Ok(());
        }
        let Some(published) = self.server.publish() else {
            return Ok(());
        };
        self.pump();
        for (request, reply) in published.replies {
            self.reply(&request, reply);
        }
        for owed in published.owed {
            self.owe(owed)?;
        }
        self.write()
    }

    pub(super) fn start_server(&mut self) -> Verdict {
        self.server.start();
        self.tell("server", format_args!("starts"));
        self.oracle.disturb_all(self.now_ms);
        let now = self.server.now(self.now_ms);
        for input in self.server.owed(true, now) {
            self.dispatch(input)?;
        }
        self.write()
    }

    /// What streams have to send goes on its way.
    pub(super) fn pump(&mut self) {
        for (connection, frame) in self.server.drain() {
            self.send_frame(connection, frame);
        }
    }

    pub(super) fn send_frame(&mut self, connection: ConnectionId, frame: Frame) {
        if let Some(stream) = self.network.connections.get_mut(&connection) {
            stream.inbox.push_back(frame);
            let delay = self.network.stream_delay_ms();
            self.after(delay, Event::Ready(connection));
        }
    }

    /// A sign of life, and the next one later.
    pub(super) fn keep_alive(&mut self, connection: ConnectionId) {
        if self.server.has_stream(connection) {
            self.send_frame(connection, Frame::KeepAlive);
            self.after(KEEP_ALIVE_MS, Event::KeepAlive(connection));
        }
    }

    pub(super) fn sleep_server(&mut self) {
        if let Some(due) = self.server.next_due() {
            let sleep = due.0 - self.server.now(self.now_ms).0;
            self.wake_server_in(sleep);
        }
    }

    pub(super) fn wake_server_in(&mut self, sleep_ms: i64) {
        self.server_wake += 1;
        let (boot, number) = (self.server.boot, self.server_wake);
        self.after(sleep_ms, Event::ServerWake { boot, number });
    }

    pub(super) fn crash_server(&mut self, down_ms: i64, when: &str) -> Verdict {
        if !self.server.is_up() {
            return Ok(());
        }
        self.tell("server", format_args!("dies {when}; back in {down_ms} ms"));
        self.oracle.tally.server_crashes += 1;
        for request in self.server.crash() {
            if !self.network.silently() {
                self.reply(&request, Reply::Reset);
            }
        }
        let connections: Vec<ConnectionId> = self.network.connections.keys().copied().collect();
        for connection in connections {
            self.break_stream(connection);
        }
        self.oracle.disturb_all(self.now_ms + down_ms);
        self.after(down_ms, Event::Fault(Fault::ServerStart));
        Ok(())
    }

    pub(super) fn ask_as_monitoring(&mut self, serial: u64) {
        let signal = self.notifications[serial as usize].signal.clone();
        self.ask(Asker::Monitoring(serial), Ask::Alarms(serial, signal));
    }

    pub(super) fn monitoring_answered(&mut self, serial: u64, reply: &Reply) -> Verdict {
        let notification = &mut self.notifications[serial as usize];
        match reply {
            Reply::Alarms(taken) => {
                notification.answered = true;
                self.oracle
                    .alarm_answered(serial, taken, &notification.trouble)
            }
            // 503 or a broken connection: it asks again when its patience is over.
            _ => Ok(()),
        }
    }

    pub(super) fn apply(&mut self, setup: Setup) {
        let id = self.ask(Asker::Admin, Ask::Apply(setup.clone()));
        self.applying = Some((id, setup));
    }
}
