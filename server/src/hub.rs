//! The hub: live streams of the people who are connected now.
//!
//! It promises never to wait and never to keep an unbounded queue: a stream that does not keep up
//! is dropped, and its phone comes back with its cursor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tocsin_directory::Directory;
use tocsin_ticket::PersonId;
use tokio::sync::mpsc;

use crate::store::StoredUpdate;

/// Updates that may wait in one stream.
const STREAM_QUEUE: usize = 256;

#[derive(Debug)]
struct Subscriber {
    epoch: u32,
    queue: mpsc::Sender<Arc<StoredUpdate>>,
}

/// Who is connected, and how to reach them.
#[derive(Debug)]
pub struct Hub {
    directory: Arc<ArcSwap<Directory>>,
    people: Mutex<HashMap<PersonId, Vec<Subscriber>>>,
}

impl Hub {
    /// A hub without streams. The directory says who may see which team.
    #[must_use]
    pub fn new(directory: Arc<ArcSwap<Directory>>) -> Self {
        Self { directory, people: Mutex::default() }
    }

    /// A new stream of a person's updates from now on. It ends when it falls behind, or when what
    /// the person may see is no longer what `epoch` stood for.
    pub fn subscribe(&self, person: &PersonId, epoch: u32) -> mpsc::Receiver<Arc<StoredUpdate>> {
        let (queue, updates) = mpsc::channel(STREAM_QUEUE);
        let mut people = self.lock();
        let streams = people.entry(person.clone()).or_default();
        streams.retain(|stream| !stream.queue.is_closed());
        streams.push(Subscriber { epoch, queue });
        updates
    }

    /// Offers updates, in order, to every stream of everybody who may see them.
    pub fn publish(&self, updates: Vec<StoredUpdate>) {
        if updates.is_empty() {
            return;
        }
        let directory = self.directory.load();
        let mut people = self.lock();
        for update in updates {
            let update = Arc::new(update);
            for person in directory.audience(&update.team) {
                if let Some(streams) = people.get_mut(person) {
                    streams.retain(|stream| stream.queue.try_send(Arc::clone(&update)).is_ok());
                }
            }
        }
    }

    /// Ends the streams of people who may see other things than when they connected.
    pub fn drop_changed(&self) {
        let directory = self.directory.load();
        self.lock().retain(|person, streams| {
            let epoch = directory.epoch(person);
            streams.retain(|stream| stream.epoch == epoch && !stream.queue.is_closed());
            !streams.is_empty()
        });
    }

    /// Ends every stream, for a shutdown.
    pub fn drop_all(&self) {
        self.lock().clear();
    }

    /// How many streams are connected.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.lock()
            .values()
            .flatten()
            .filter(|stream| !stream.queue.is_closed())
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PersonId, Vec<Subscriber>>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
