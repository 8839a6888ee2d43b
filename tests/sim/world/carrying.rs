//! Messages on their way: asked, answered, timed out; and streams, which break.

use tocsin_pager::NetworkError;
use tocsin_pager::engine::Input;
use tocsin_pager::net::StreamEvent;

use super::{Event, World};
use crate::network::{
    Asker, ConnectionId, Passage, REQUEST_TIMEOUT_MS, RequestId, STREAM_TIMEOUT_MS,
};
use crate::oracle::Verdict;
use crate::phone::Asked;
use crate::server::{Ask, Frame, Reply, Request};

/// Monitoring asks again after this long without an answer.
const MONITORING_PATIENCE_MS: i64 = 5_000;

impl World {
    pub(super) fn ask(&mut self, asker: Asker, ask: Ask) -> RequestId {
        let id = self.network.next_id();
        let phone = asker.phone();
        let patience = match asker {
            Asker::Phone { .. } => REQUEST_TIMEOUT_MS,
            Asker::Monitoring(_) | Asker::Admin | Asker::Dispatcher => MONITORING_PATIENCE_MS,
        };
        self.after(patience, Event::TimeOut(asker, id));
        let request = Request { id, asker, ask };
        let twice = !matches!(request.ask, Ask::Stream(..) | Ask::Sync(..));
        if twice && let Some(delay) = self.network.carry_again() {
            self.after(delay, Event::Arrive(request.clone()));
        }
        match self.network.carry(phone, self.now_ms) {
            Some(delay) => self.after(delay, Event::Arrive(request)),
            None => self.disturb(asker),
        }
        id
    }

    pub(super) fn reply(&mut self, request: &Request, reply: Reply) {
        match self.network.carry(request.asker.phone(), self.now_ms) {
            Some(delay) => self.after(delay, Event::Return(request.asker, request.id, reply)),
            None => self.disturb(request.asker),
        }
    }

    pub(super) fn disturb(&mut self, asker: Asker) {
        if let Some(phone) = asker.phone() {
            self.oracle.disturb(phone, self.now_ms);
        }
    }

    pub(super) fn answered(&mut self, asker: Asker, id: RequestId, reply: Reply) -> Verdict {
        let (phone, asked) = match asker {
            Asker::Monitoring(serial) => return self.monitoring_answered(serial, &reply),
            Asker::Dispatcher => return Ok(()),
            Asker::Admin => {
                if let (Reply::Applied, Some((applying, _))) = (&reply, &self.applying)
                    && *applying == id
                {
                    self.tell("admin", format_args!("the new configuration is in force"));
                    self.applying = None;
                }
                return Ok(());
            }
            Asker::Phone { phone, run } => {
                if self.phones[phone].run != run {
                    return Ok(());
                }
                let Some(asked) = self.phones[phone].requests.remove(&id) else {
                    return Ok(());
                };
                (phone, asked)
            }
        };
        let result = match reply {
            Reply::Busy => Err(NetworkError::Busy {
                status: 503,
                retry_after: None,
            }),
            Reply::Reset => Err(unreachable("connection reset")),
            reply => Ok(reply),
        };
        self.deliver(phone, asked, result)
    }

    /// Turns what came of a request into the engine's input.
    pub(super) fn deliver(
        &mut self,
        phone: usize,
        asked: Asked,
        result: Result<Reply, NetworkError>,
    ) -> Verdict {
        let input = match asked {
            Asked::Sync(link) => Input::Synced {
                link,
                result: result.map(|reply| match reply {
                    Reply::Sync(page) => page,
                    other => panic!("a sync was answered with {other:?}"),
                }),
            },
            Asked::Stream(link) => Input::StreamEnded {
                link,
                error: result.err().unwrap_or_else(|| unreachable("no stream")),
            },
            Asked::Command(id) => Input::CommandAnswered {
                id,
                result: result.map(|reply| match reply {
                    Reply::Command(reply) => reply,
                    other => panic!("a tap was answered with {other:?}"),
                }),
            },
            Asked::Status => Input::StatusAnswered(result.map(|_| ())),
            Asked::Receipts(id) => Input::ReceiptsAnswered {
                id,
                result: result.map(|_| ()),
            },
        };
        self.step(phone, input)
    }

    pub(super) fn timed_out(&mut self, asker: Asker, id: RequestId) -> Verdict {
        match asker {
            Asker::Monitoring(serial) => {
                if !self.notifications[serial as usize].answered {
                    self.ask_as_monitoring(serial);
                }
                Ok(())
            }
            Asker::Dispatcher => Ok(()),
            Asker::Admin => {
                if let Some((_, setup)) = self.applying.take_if(|(applying, _)| *applying == id) {
                    self.apply(setup);
                }
                Ok(())
            }
            Asker::Phone { phone, run } => {
                if self.phones[phone].run != run {
                    return Ok(());
                }
                let Some(asked) = self.phones[phone].requests.remove(&id) else {
                    return Ok(());
                };
                self.deliver(phone, asked, Err(unreachable("no answer in time")))
            }
        }
    }

    /// A stream has brought something as far as the phone's network.
    pub(super) fn ready(&mut self, connection: ConnectionId) -> Verdict {
        let Some(stream) = self.network.connections.get(&connection) else {
            return Ok(());
        };
        let (phone, run, link, broken) = (stream.phone, stream.run, stream.link, stream.broken);
        match self.network.passage(phone, self.now_ms) {
            _ if broken => return Ok(()),
            Passage::Through => {}
            Passage::Later(at_ms) => {
                self.after(at_ms - self.now_ms, Event::Ready(connection));
                return Ok(());
            }
            Passage::Broken => {
                self.break_stream_silently(connection);
                return Ok(());
            }
        }
        let Some(frame) = self
            .network
            .connections
            .get_mut(&connection)
            .unwrap()
            .inbox
            .pop_front()
        else {
            return Ok(());
        };
        let handset = &mut self.phones[phone];
        if handset.run != run {
            self.close(connection);
            return Ok(());
        }
        if handset.requests.remove(&connection).is_some() {
            handset.stream = Some(connection);
        }
        if handset.stream != Some(connection) {
            self.close(connection);
            return Ok(());
        }
        let event = match frame {
            Frame::Hello(hello) => StreamEvent::Hello(hello),
            Frame::Update(cursor, json) => StreamEvent::Update {
                cursor,
                update: Box::new(serde_json::from_str(&json).unwrap()),
            },
            Frame::Reset => StreamEvent::Reset,
            Frame::CatchUp => StreamEvent::CatchUp,
            Frame::KeepAlive => StreamEvent::KeepAlive,
            Frame::Closed => return self.stream_ended(connection, "the server closed the stream"),
        };
        self.step(phone, Input::Stream { link, event })
    }

    pub(super) fn stream_ended(&mut self, connection: ConnectionId, why: &str) -> Verdict {
        let Some(stream) = self.network.connections.get(&connection) else {
            return Ok(());
        };
        let (phone, run, link) = (stream.phone, stream.run, stream.link);
        self.close(connection);
        let handset = &mut self.phones[phone];
        if handset.run != run {
            return Ok(());
        }
        if handset
            .stream
            .take_if(|stream| *stream == connection)
            .is_some()
        {
            let error = unreachable(why);
            return self.step(phone, Input::StreamEnded { link, error });
        }
        Ok(())
    }

    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.network.connections.remove(&connection);
        self.server.close_stream(connection);
    }

    /// A stream breaks: what is on its way is lost, and the phone hears of it at once or, when
    /// nobody says so, once it has been silent for too long.
    pub(super) fn break_stream(&mut self, connection: ConnectionId) {
        if self.network.silently() {
            self.break_stream_silently(connection);
        } else if let Some(stream) = self.network.connections.get_mut(&connection) {
            self.oracle.disturb(stream.phone, self.now_ms);
            stream.inbox.clear();
            self.server.close_stream(connection);
            self.send_frame(connection, Frame::Closed);
        }
    }

    pub(super) fn break_stream_silently(&mut self, connection: ConnectionId) {
        if let Some(stream) = self.network.connections.get_mut(&connection) {
            self.oracle.disturb(stream.phone, self.now_ms);
            stream.broken = true;
            self.server.close_stream(connection);
            self.after(STREAM_TIMEOUT_MS, Event::Silent(connection));
        }
    }
}

impl Asker {
    fn phone(self) -> Option<usize> {
        match self {
            Self::Phone { phone, .. } => Some(phone),
            Self::Monitoring(_) | Self::Admin | Self::Dispatcher => None,
        }
    }
}

fn unreachable(reason: &str) -> NetworkError {
    NetworkError::Unreachable {
        reason: reason.to_owned(),
    }
}
