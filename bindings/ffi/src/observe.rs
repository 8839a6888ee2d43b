//! Telling the shells what to show: one value after the other, never an old one after a newer.

use std::sync::Arc;

use tocsin_pager::{PagerHandle, View, story};
use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::{DownstreamView, Entry};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::pager::Shared;
use crate::ports::{PortError, ShellClock};
use crate::screens::{self, HomeScreen, TicketScreen, TimelineLine};

/// Hears what to show at home.
#[uniffi::export(with_foreign)]
pub trait HomeObserver: Send + Sync {
    /// Show this; nothing: the device is not enrolled.
    ///
    /// # Errors
    /// It is told again when something changes.
    fn show(&self, home: Option<HomeScreen>) -> Result<(), PortError>;
}

/// Hears what to show of one ticket.
#[uniffi::export(with_foreign)]
pub trait TicketObserver: Send + Sync {
    /// Show this; nothing: the device does not keep this ticket, or no longer.
    ///
    /// # Errors
    /// It is told again when something changes.
    fn show(&self, ticket: Option<TicketScreen>) -> Result<(), PortError>;
}

/// Somebody looks. It ends when closed or dropped.
#[derive(uniffi::Object)]
pub struct Observation {
    task: AbortHandle,
}

#[uniffi::export]
impl Observation {
    /// Nobody looks any more.
    pub fn end(&self) {
        self.task.abort();
    }
}

impl Observation {
    pub(crate) fn of(task: &JoinHandle<()>) -> Self {
        Self {
            task: task.abort_handle(),
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.end();
    }
}

/// The newest view of whichever engine runs.
struct Following {
    engine: watch::Receiver<Option<PagerHandle>>,
    running: Option<(PagerHandle, watch::Receiver<Arc<View>>)>,
}

impl Following {
    fn new(mut engine: watch::Receiver<Option<PagerHandle>>) -> Self {
        engine.mark_changed();
        Self {
            engine,
            running: None,
        }
    }

    /// The next that is to be shown; at first the present one. `None` inside: not enrolled.
    async fn next(&mut self) -> Option<Option<(PagerHandle, Arc<View>)>> {
        loop {
            let view = self.running.as_mut().map(|(_, view)| view);
            tokio::select! {
                biased;
                changed = self.engine.changed() => {
                    changed.ok()?;
                    let engine = self.engine.borrow_and_update().clone();
                    self.running = engine.map(|engine| {
                        let mut view = engine.view();
                        view.mark_changed();
                        (engine, view)
                    });
                    if self.running.is_none() {
                        return Some(None);
                    }
                }
                changed = async {
                    match view {
                        Some(view) => view.changed().await,
                        None => std::future::pending().await,
                    }
                } => match (&mut self.running, changed) {
                    (Some((engine, view)), Ok(())) => {
                        return Some(Some((engine.clone(), Arc::clone(&view.borrow_and_update()))));
                    }
                    // It died; another is on its way.
                    _ => self.running = None,
                },
            }
        }
    }
}

/// Shows the home screen until nobody looks.
pub async fn home(engine: watch::Receiver<Option<PagerHandle>>, observer: Arc<dyn HomeObserver>) {
    let mut following = Following::new(engine);
    while let Some(now) = following.next().await {
        let home = now.map(|(_, view)| screens::home(&view));
        heard(observer.show(home));
    }
}

/// What was fetched of a ticket as it was at this version.
#[derive(Default)]
struct Told {
    version: Option<u64>,
    timeline: Vec<TimelineLine>,
    downstream: Vec<DownstreamView>,
}

/// Shows a ticket until nobody looks; its timeline is fetched anew whenever it moved.
pub async fn ticket(shared: Arc<Shared>, id: TicketId, observer: Arc<dyn TicketObserver>) {
    let mut following = Following::new(shared.engine.subscribe());
    let mut told = Told::default();
    let mut fetching = JoinSet::new();
    let mut asked = None;
    let mut current: Option<Arc<View>> = None;
    loop {
        tokio::select! {
            now = following.next() => {
                let Some(now) = now else { return };
                current = now.as_ref().map(|(_, view)| Arc::clone(view));
                let version = current.as_ref().and_then(|view| version(view, id));
                if let (Some((engine, _)), Some(version)) = (now, version)
                    && asked != Some(version)
                {
                    asked = Some(version);
                    fetching.shutdown().await;
                    fetching.spawn(fetch(engine, id, version));
                }
            }
            Some(Ok((version, entries, downstream))) = fetching.join_next() => {
                let Some(view) = &current else { continue };
                told = Told {
                    version: Some(version),
                    timeline: tell(&shared, view, &entries),
                    downstream,
                };
            }
        }
        let screen = current
            .as_ref()
            .and_then(|view| screens::ticket(view, id, &told.timeline, &told.downstream));
        // Until its story is there, a ticket that was never shown waits for it: nothing flickers.
        if screen.is_none() || told.version.is_some() {
            heard(observer.show(screen));
        }
    }
}

fn version(view: &View, id: TicketId) -> Option<u64> {
    let mut tickets = view.tickets.iter();
    tickets
        .find(|item| item.ticket.id == id)
        .map(|item| item.ticket.version)
}

async fn fetch(
    engine: PagerHandle,
    id: TicketId,
    version: u64,
) -> (u64, Vec<Entry>, Vec<DownstreamView>) {
    let (entries, detail) = tokio::join!(engine.timeline(id), engine.ticket_detail(id));
    // Offline the device's own knowledge of it must do.
    let downstream = detail.map_or_else(|_| Vec::new(), |detail| detail.downstream);
    (version, entries, downstream)
}

fn tell(shared: &Shared, view: &View, entries: &[Entry]) -> Vec<TimelineLine> {
    let clock = ShellClock(Arc::clone(&shared.ports.clock));
    let clock = |at: Millis| clock.time_of_day(at);
    story::tell(entries, &view.directory, &clock, view.language)
}

fn heard(shown: Result<(), PortError>) {
    if let Err(error) = shown {
        tracing::warn!("a screen: {error}");
    }
}
