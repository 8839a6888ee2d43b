//! What a service does wrong, and when.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

/// What happens to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is wrong.
    #[default]
    None,
    /// Refused with a status; the service never sees it.
    Status {
        /// The HTTP status.
        code: u16,
        /// The value of `Retry-After`, in either form of RFC 9110 section 10.2.3.
        retry_after: Option<String>,
        /// The body; without one, what the vendor's service says with this status.
        body: Option<String>,
    },
    /// No answer ever comes; the service never sees it.
    Stall,
    /// The connection is reset (TCP RST), with all its streams, before the service sees it.
    ResetBefore,
    /// The service has taken it, then the connection is reset and the answer is lost.
    ResetAfter,
    /// The connection says GOAWAY and the stream is refused unprocessed (RFC 9113, sections 6.8
    /// and 8.7). Over HTTP/1.1: answered with `Connection: close`.
    GoAway,
    /// The service takes it twice; the second answer is given.
    Duplicate,
    /// It reaches the service so much later; what came after it overtakes it.
    Delay(Duration),
    /// Answered as if accepted; the service never sees it.
    Lie,
}

impl Fault {
    /// [`Fault::Status`] with the vendor's body and no `Retry-After`.
    #[must_use]
    pub const fn status(code: u16) -> Self {
        Self::Status {
            code,
            retry_after: None,
            body: None,
        }
    }

    /// [`Fault::Status`] with the vendor's body and a `Retry-After`.
    #[must_use]
    pub fn later(code: u16, retry_after: &str) -> Self {
        Self::Status {
            code,
            retry_after: Some(retry_after.to_owned()),
            body: None,
        }
    }
}

/// A service that is down as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outage {
    /// It is up.
    #[default]
    None,
    /// Open connections are reset, new ones refused.
    Refused,
    /// Every request is answered 503.
    Unavailable,
}

/// A script of what goes wrong, shared by the service and the test: clones are the same script.
#[derive(Debug, Clone)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
    outage: Arc<watch::Sender<Outage>>,
}

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<Fault>,
    otherwise: Fault,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            script: Arc::default(),
            outage: Arc::new(watch::Sender::new(Outage::None)),
        }
    }
}

impl Faults {
    /// The next requests, in the order in which they arrive, meet these, after those named before.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script().next.extend(faults);
    }

    /// Every request that no [`Faults::next`] is left for meets this one.
    pub fn always(&self, fault: Fault) {
        self.script().otherwise = fault;
    }

    /// Forgets the script and ends the outage.
    pub fn clear(&self) {
        *self.script() = Script::default();
        self.outage(Outage::None);
    }

    /// Takes the whole service down, or up again. The script waits meanwhile.
    pub fn outage(&self, outage: Outage) {
        self.outage.send_replace(outage);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Outage> {
        self.outage.subscribe()
    }

    pub(crate) fn meet(&self) -> Fault {
        if *self.outage.borrow() == Outage::Unavailable {
            return Fault::status(503);
        }
        let mut script = self.script();
        script
            .next
            .pop_front()
            .unwrap_or_else(|| script.otherwise.clone())
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no holder panics")
    }
}
