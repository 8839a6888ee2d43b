//! The hub: live streams of the people who are connected now.
//!
//! It promises never to wait and never to keep an unbounded queue: a stream that does not keep up
//! is dropped, and its phone comes back with its cursor.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tocsin_directory::Directory;
use tocsin_ticket::{DeviceId, PersonId};
use tocsin_wire::{Drill, ServerNotice};
use tokio::sync::{mpsc, watch};

use crate::store::StoredUpdate;

/// Updates that may wait in one stream.
const STREAM_QUEUE: usize = 256;

/// What a stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Something happened.
    Update(Arc<StoredUpdate>),
    /// The device is tested.
    Drill(Drill),
    /// Something to read.
    Notice(ServerNotice),
    /// There is more to know than comes by the stream.
    CatchUp,
}

#[derive(Debug)]
struct Subscriber {
    device: DeviceId,
    epoch: u32,
    queue: mpsc::Sender<Said>,
}

#[derive(Debug)]
struct Streams {
    /// The directory that the streams were last compared with.
    directory: Arc<Directory>,
    people: HashMap<PersonId, Vec<Subscriber>>,
}

/// Who is connected, and how to reach them.
#[derive(Debug)]
pub struct Hub {
    directory: Arc<ArcSwap<Directory>>,
    streams: Mutex<Streams>,
    bell: watch::Sender<()>,
}

impl Hub {
    /// A hub without streams. The directory says who may see which team.
    #[must_use]
    pub fn new(directory: Arc<ArcSwap<Directory>>) -> Self {
        let streams = Streams {
            directory: directory.load_full(),
            people: HashMap::new(),
        };
        Self {
            directory,
            streams: Mutex::new(streams),
            bell: watch::Sender::new(()),
        }
    }

    /// Changes with every commit: for whoever reads what happened from the log.
    #[must_use]
    pub fn bell(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    /// A new stream of a person's updates from now on. It ends when it falls behind, or when what
    /// the person may see is no longer what `epoch` stands for, which may be at once.
    pub fn subscribe(
        &self,
        person: &PersonId,
        device: &DeviceId,
        epoch: u32,
    ) -> mpsc::Receiver<Said> {
        let (queue, updates) = mpsc::channel(STREAM_QUEUE);
        let mut streams = self.lock();
        if self.directory.load().epoch(person) == epoch {
            let own = streams.people.entry(person.clone()).or_default();
            own.retain(|stream| !stream.queue.is_closed());
            own.push(Subscriber {
                device: device.clone(),
                epoch,
                queue,
            });
        }
        updates
    }

    /// Offers updates, in order, to every stream of everybody who may see them, guests included,
    /// before the bell rings. Called after every commit, also one without updates: when it changed
    /// the directory, the streams of people who may see other things than before end here, and the
    /// phones of whom their teams ask something else come to sync.
    pub fn publish(&self, updates: Vec<StoredUpdate>) {
        let directory = self.directory.load_full();
        let mut streams = self.lock();
        if !Arc::ptr_eq(&streams.directory, &directory) {
            let before = Arc::clone(&streams.directory);
            streams.people.retain(|person, own| {
                let epoch = directory.epoch(person);
                own.retain(|stream| stream.epoch == epoch && !stream.queue.is_closed());
                if directory.phone_rules(person) != before.phone_rules(person) {
                    say(own, &Said::CatchUp, |_| true);
                }
                !own.is_empty()
            });
            streams.directory = Arc::clone(&directory);
        }
        for update in updates {
            let update = Arc::new(update);
            let audience = directory.audience(&update.team);
            let guests = update.guests.iter();
            let guests = guests.filter(|person| !audience.contains(person));
            for person in audience.iter().chain(guests) {
                if let Some(own) = streams.people.get_mut(person) {
                    say(own, &Said::Update(Arc::clone(&update)), |_| true);
                }
            }
            // First the page, then the names of a team that was not theirs.
            for person in &update.invited {
                if let Some(own) = streams.people.get_mut(person) {
                    say(own, &Said::CatchUp, |_| true);
                }
            }
        }
        drop(streams);
        self.bell.send_replace(());
    }

    /// Tests the streams of one device. `false`: it has none now.
    pub fn drill(&self, person: &PersonId, device: &DeviceId, drill: &Drill) -> bool {
        let mut streams = self.lock();
        let own = streams.people.get_mut(person);
        own.is_some_and(|own| {
            say(own, &Said::Drill(drill.clone()), |stream| {
                stream.device == *device
            })
        })
    }

    /// Tells every stream of a person. `false`: there is none now.
    pub fn notice(&self, person: &PersonId, notice: &ServerNotice) -> bool {
        let mut streams = self.lock();
        let own = streams.people.get_mut(person);
        own.is_some_and(|own| say(own, &Said::Notice(notice.clone()), |_| true))
    }

    /// Ends the streams of a device that was revoked.
    pub fn end(&self, person: &PersonId, device: &DeviceId) {
        if let Some(own) = self.lock().people.get_mut(person) {
            own.retain(|stream| stream.device != *device);
        }
    }

    /// Every device that is connected now.
    #[must_use]
    pub fn all_connected(&self) -> HashSet<DeviceId> {
        self.lock()
            .people
            .values()
            .flatten()
            .filter(|stream| !stream.queue.is_closed())
            .map(|stream| stream.device.clone())
            .collect()
    }

    /// Ends every stream: for a shutdown, or because the clock was set, which phones then hear.
    pub fn drop_all(&self) {
        self.lock().people.clear();
    }

    /// How many streams are connected.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.lock()
            .people
            .values()
            .flatten()
            .filter(|stream| !stream.queue.is_closed())
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Offers it to those of the streams that it is for, and drops whichever of them does not keep up.
/// `false`: none is left.
fn say(streams: &mut Vec<Subscriber>, said: &Said, to: impl Fn(&Subscriber) -> bool) -> bool {
    streams.retain(|stream| !to(stream) || stream.queue.try_send(said.clone()).is_ok());
    streams.iter().any(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{config, directory};

    #[test]
    fn who_joins_a_team_is_sent_back_to_sync_without_anybody_asking_for_it() {
        let shared = Arc::new(ArcSwap::from_pointee(directory(&["ana"])));
        let hub = Hub::new(Arc::clone(&shared));
        let (ana, ben) = (PersonId::from("ana"), PersonId::from("ben"));
        let phone = DeviceId::from("phone");
        let before = shared.load().epoch(&ben);
        let mut of_ana = hub.subscribe(&ana, &phone, shared.load().epoch(&ana));
        let mut of_ben = hub.subscribe(&ben, &phone, before);
        shared.store(Arc::new(directory(&["ana", "ben"])));
        hub.publish(Vec::new());
        assert!(of_ben.try_recv() == Err(mpsc::error::TryRecvError::Disconnected));
        assert!(
            of_ana.try_recv() == Err(mpsc::error::TryRecvError::Empty),
            "nothing changed"
        );
        let mut late = hub.subscribe(&ben, &phone, before);
        assert!(
            late.try_recv() == Err(mpsc::error::TryRecvError::Disconnected),
            "who looked at the directory before it changed comes too late"
        );
    }

    #[test]
    fn a_phone_comes_to_sync_when_its_team_asks_something_else_of_it() {
        let asking = |rules| Directory::new(config(&["ana"], rules));
        let shared = Arc::new(ArcSwap::from_pointee(asking("")));
        let hub = Hub::new(Arc::clone(&shared));
        let (ana, olga) = (PersonId::from("ana"), PersonId::from("olga"));
        let [mut of_ana, mut of_olga] = [&ana, &olga]
            .map(|person| hub.subscribe(person, &"phone".into(), shared.load().epoch(person)));
        shared.store(Arc::new(asking("phones = { siren_floor = 0.8 }")));
        hub.publish(Vec::new());
        hub.publish(Vec::new());
        assert_eq!(of_ana.try_recv(), Ok(Said::CatchUp));
        assert_eq!(of_ana.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        assert_eq!(
            of_olga.try_recv(),
            Err(mpsc::error::TryRecvError::Empty),
            "who is never paged is asked nothing"
        );
    }
}
