//! A pager whose clock is set while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::Empty;
use tocsin_pager::DeviceKeys;
use tocsin_pager::engine::{DeviceStatus, Loudness};
use tocsin_pager::net::{Network, NetworkError, Server, StreamEvent};
use tocsin_pager::runtime::{
    Clock, Config, Device, Pager, Ports, SirenOutput, SirenReporter, system_random,
};
use tocsin_pager::store::{Account, Store};
use tocsin_readiness::Facts;
use tocsin_ticket::{DeviceId, Millis, PersonId, TicketId};
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, DrillView, Me, OnCall, PushInfo, PushRegistration,
    ReceiptBatch, ShiftView, SyncPage, TicketDetail, Timeline,
};
use tokio::time::Instant;

/// A wall clock that follows tokio's and can be set.
#[derive(Clone)]
struct SetClock {
    started: Instant,
    offset_ms: Arc<AtomicI64>,
}

impl Clock for SetClock {
    fn now(&self) -> Millis {
        Millis(self.offset_ms.load(Ordering::Relaxed)) + self.started.elapsed()
    }
}

struct Quiet;

impl SirenOutput for Quiet {
    fn report_to(&self, _: SirenReporter) {}
    fn start(&self, _: Loudness) {}
    fn rehearse(&self) {}
    fn stop(&self) {}
}

impl Device for Quiet {
    fn status(&self) -> DeviceStatus {
        DeviceStatus::default()
    }
}

/// A server that is never reached; counts the attempts.
#[derive(Clone, Default)]
struct Unreached(Arc<AtomicUsize>);

impl Unreached {
    fn fail<T>(&self) -> Result<T, NetworkError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(NetworkError::Unreachable {
            reason: "no route".to_owned(),
        })
    }
}

impl Network for Unreached {
    async fn sync(&self, _: Option<Cursor>) -> Result<SyncPage, NetworkError> {
        self.fail()
    }

    async fn stream(
        &self,
        _: Cursor,
    ) -> Result<impl Stream<Item = Result<StreamEvent, NetworkError>> + Send + 'static, NetworkError>
    {
        self.fail::<Empty<_>>()
    }

    async fn command(&self, _: &CommandRequest) -> Result<CommandReply, NetworkError> {
        self.fail()
    }

    async fn receipts(&self, _: &ReceiptBatch) -> Result<(), NetworkError> {
        self.fail()
    }

    async fn register_push(&self, _: &PushRegistration) -> Result<(), NetworkError> {
        self.fail()
    }

    async fn status(&self, _: &Facts) -> Result<(), NetworkError> {
        self.fail()
    }

    async fn push_info(&self) -> Result<PushInfo, NetworkError> {
        self.fail()
    }

    async fn on_call(&self) -> Result<Vec<OnCall>, NetworkError> {
        self.fail()
    }

    async fn shifts(&self) -> Result<Vec<ShiftView>, NetworkError> {
        self.fail()
    }

    async fn order_drill(&self, _: bool) -> Result<DrillView, NetworkError> {
        self.fail()
    }

    async fn ticket_detail(&self, _: TicketId) -> Result<TicketDetail, NetworkError> {
        self.fail()
    }

    async fn timeline(&self, _: TicketId) -> Result<Timeline, NetworkError> {
        self.fail()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pager_offline_whose_clock_is_set_back_by_an_hour_tries_again_within_minutes() {
    let clock = SetClock {
        started: Instant::now(),
        offset_ms: Arc::new(AtomicI64::new(1_700_000_000_000)),
    };
    let mut store = Store::open_in_memory().unwrap();
    store
        .enroll(&Account {
            server: Server::new("https://pager.example.org", None, false).unwrap(),
            me: Me {
                person: PersonId::from("ana"),
                device: DeviceId::from("d1"),
            },
            person_name: "Ana".to_owned(),
        })
        .unwrap();
    let network = Unreached::default();
    let ports = Ports {
        clock: Box::new(clock.clone()),
        siren: Box::new(Quiet),
        device: Box::new(Quiet),
        network: network.clone(),
        keys: DeviceKeys::new([7; 32]),
        random: system_random().unwrap(),
    };
    let _pager = Pager::start(store, Config::default(), ports).unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    clock.offset_ms.fetch_sub(3_600_000, Ordering::Relaxed);
    let before = network.0.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(180)).await;
    let attempts = network.0.load(Ordering::Relaxed) - before;
    assert!(attempts >= 3, "{attempts} attempts in three minutes");
}
