//! The writer: the engine's thread. It waits for jobs or the next deadline, whichever is first.

use std::sync::Arc;
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tocsin_ticket::Millis;
use tokio::sync::{oneshot, watch};

use super::{Answer, Engine, Job};
use crate::dispatch::Dispatch;
use crate::hub::Hub;
use crate::store::{Store, StoreError};

/// Jobs that may wait. More would wait longer than clients do: they are told to come back.
const QUEUE: usize = 4096;

/// Jobs in one transaction. Bounds how long the first of them waits for the last.
const JOBS_PER_BATCH: usize = 512;

/// The longest sleep. A clock that was set forward is noticed after this time at the latest.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// A wall clock that is off by more than this from one moment to the next was set. Phones judge by
/// the server's clock, which a stream tells them when it begins, whether a page is too old to ring.
const CLOCK_SET: Duration = Duration::from_secs(5);

/// Where the writer gets the time from.
pub trait Clock: Send + Sync {
    /// The wall clock, UTC.
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Why a job was not done. Nothing happened; it may be sent again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriterError {
    /// Too many jobs are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server is shutting down.
    #[error("the server is shutting down; send it again in a moment")]
    Stopped,
}

/// Too many jobs are waiting.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the server has more to do than it can keep up with; send it again in a second")]
pub struct Busy;

struct Request {
    job: Job,
    reply: oneshot::Sender<Result<Answer, StoreError>>,
}

/// Hands jobs to the engine's thread. Cheap to clone; when the last clone is dropped, the thread
/// finishes what is waiting and ends.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: SyncSender<Request>,
    /// Closed when the thread has ended.
    ended: watch::Receiver<()>,
}

impl Writer {
    /// Starts the thread. What the engine decides goes to `hub` and `dispatch` as soon as it is on
    /// disk, before the callers are answered: a page is more urgent than an acknowledgement.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start<S: Store + 'static>(
        engine: Engine<S>,
        hub: Arc<Hub>,
        dispatch: Dispatch,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = sync_channel(QUEUE);
        let (alive, ended) = watch::channel(());
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                write(engine, &waiting, &hub, &dispatch, &*clock);
                drop(alive);
            })?;
        Ok((Self { queue, ended }, thread))
    }

    /// Has a job done; the answer comes when it is on disk.
    ///
    /// # Errors
    /// [`WriterError`]: it was not done.
    pub async fn submit(&self, job: Job) -> Result<Answer, WriterError> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Request { job, reply })
            .map_err(|error| match error {
                TrySendError::Full(_) => WriterError::Busy(Busy),
                TrySendError::Disconnected(_) => WriterError::Stopped,
            })?;
        Ok(answer.await.map_err(|_| WriterError::Stopped)??)
    }

    /// Whether the thread is there to take jobs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.ended.has_changed().is_ok()
    }

    /// Waits until the thread has ended, which it does by itself only when something is badly wrong.
    pub async fn ended(&self) {
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

/// Notices when the wall clock is set, by the monotonic one.
#[derive(Debug)]
struct ClockWatch {
    wall: Millis,
    monotonic: Instant,
}

impl ClockWatch {
    /// Whether the wall clock was set since the last look.
    fn was_set(&mut self, wall: Millis, monotonic: Instant) -> bool {
        let expected = self.wall + monotonic.duration_since(self.monotonic);
        *self = Self { wall, monotonic };
        wall.since(expected).max(expected.since(wall)) > CLOCK_SET
    }
}

fn write<S: Store>(
    mut engine: Engine<S>,
    waiting: &Receiver<Request>,
    hub: &Hub,
    dispatch: &Dispatch,
    clock: &dyn Clock,
) {
    let mut pause = Duration::ZERO;
    let mut watch = ClockWatch {
        wall: clock.now(),
        monotonic: Instant::now(),
    };
    loop {
        if watch.was_set(clock.now(), Instant::now()) {
            tracing::warn!("the clock was set; phones are told by beginning their streams anew");
            hub.drop_all();
            engine.clock_was_set();
        }
        // What is due is decided with whatever job comes, so it is asked for only when none waits.
        let first = match waiting.try_recv() {
            Ok(request) => Some(request),
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                let sleep = until_due(&mut engine, clock);
                match waiting.recv_timeout(sleep.max(pause)) {
                    Ok(request) => Some(request),
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) if sleep == LONGEST_SLEEP && pause.is_zero() => {
                        continue;
                    }
                    Err(RecvTimeoutError::Timeout) => None,
                }
            }
        };
        let (jobs, replies): (Vec<_>, Vec<_>) = first
            .into_iter()
            .chain(waiting.try_iter())
            .take(JOBS_PER_BATCH)
            .map(|request| (request.job, request.reply))
            .unzip();
        match engine.run(&jobs, clock.now()) {
            Ok(outcome) => {
                pause = Duration::ZERO;
                hub.publish(outcome.updates);
                dispatch.tell(outcome.owed);
                for (reply, answer) in replies.into_iter().zip(outcome.answers) {
                    // A caller that hung up has its answer when it asks again.
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(error) => {
                tracing::error!(%error, jobs = jobs.len(), "a transaction failed");
                metrics::counter!("tocsin_transactions_failed_total").increment(1);
                pause = Duration::from_millis(100);
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }
}

/// How long until something is due, [`LONGEST_SLEEP`] at the most.
fn until_due<S: Store>(engine: &mut Engine<S>, clock: &dyn Clock) -> Duration {
    match engine.next_due() {
        Ok(due) => due.map_or(LONGEST_SLEEP, |due| {
            due.since(clock.now()).min(LONGEST_SLEEP)
        }),
        Err(error) => {
            tracing::error!(%error, "the next deadline could not be read");
            LONGEST_SLEEP
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_either_way_is_noticed_once_and_a_slow_night_is_not() {
        let (wall, start) = (Millis(1_000_000), Instant::now());
        let mut watch = ClockWatch {
            wall,
            monotonic: start,
        };
        let hour = Duration::from_secs(3600);
        assert!(!watch.was_set(wall + hour, start + hour));
        assert!(watch.was_set(wall, start + hour), "set back by an hour");
        assert!(!watch.was_set(wall, start + hour));
        assert!(
            watch.was_set(wall + hour, start + hour),
            "set forward by an hour"
        );
        assert!(
            !watch.was_set(wall + hour + Duration::from_secs(4), start + hour),
            "adjusted"
        );
    }
}
