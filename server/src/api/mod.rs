//! The HTTP API: who may ask what, in which shape, and how errors read. It decides nothing about
//! tickets; it turns requests into jobs for the writer and rows into replies.

mod admin;
mod alarms;
mod devices;
mod error;
mod extract;
mod limit;
mod openapi;
mod ops;
mod phones;
mod tickets;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::{get, post, put};
use metrics_exporter_prometheus::PrometheusHandle;
use tocsin_directory::Directory;
use tocsin_ticket::Millis;
use tocsin_wire::PushInfo;
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use admin::CODE_LIFETIME;
pub use admin::{ApplyReply, CodeReply, CodeRequest, KeyReply, KeyRequest, NewKey};
pub use alarms::{AlarmReply, AlarmTicket};
pub use error::ApiError;
pub use limit::{Rates, RatesError};

use crate::contacts::Contacts;
use crate::engine::{Clock, Writer};
use crate::hub::Hub;
use crate::identity::Identity;
use crate::store::{Reader, StoreError};

/// The largest body that is read, in bytes. Alertmanager with `max_alerts` unset sends some 1 KiB
/// an alert; `PagerDuty` refuses events over 512 KiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// What the routes work with.
pub struct App {
    /// Where changes go.
    pub writer: Writer,
    /// Where reads come from.
    pub reader: Arc<dyn Reader>,
    /// Who is who.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Whose token and key is whose.
    pub identity: Identity,
    /// Live streams.
    pub hub: Arc<Hub>,
    /// When devices were last heard.
    pub contacts: Arc<Contacts>,
    /// How devices can register to be pushed to.
    pub push: PushInfo,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How much is taken from one sender.
    pub rates: Rates,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
}

impl App {
    fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Reads the store on a thread where waiting for the disk holds nobody up.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || query(&*reader)).await;
        Ok(read.map_err(|error| StoreError::new(format!("the read was cut short: {error}")))??)
    }
}

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let timed = Router::new()
        .route("/in/{key}/alertmanager", post(alarms::alertmanager))
        .route("/in/{key}/grafana", post(alarms::alertmanager))
        .route("/in/{key}/json", post(alarms::json))
        .route("/v2/enqueue", post(alarms::pagerduty))
        .route("/v2/alerts/enqueue", post(alarms::pagerduty))
        .route("/v1/alarms", post(alarms::by_hand))
        .route("/v1/enroll", post(phones::enroll))
        .route("/v1/sync", get(phones::sync))
        .route("/v1/commands", post(phones::commands))
        .route("/v1/receipts", post(phones::receipts))
        .route("/v1/push", get(devices::push_info))
        .route("/v1/device/push", put(devices::register_push))
        .route("/v1/device/status", put(devices::report_status))
        .route("/v1/devices", get(devices::devices))
        .route(
            "/v1/drills",
            get(devices::drills).post(devices::order_drill),
        )
        .route("/v1/tickets", get(tickets::list))
        .route("/v1/tickets/{id}", get(tickets::one))
        .route("/v1/tickets/{id}/timeline", get(tickets::timeline))
        .route("/v1/oncall", get(tickets::on_call))
        .route("/v1/config", put(admin::apply).get(admin::config))
        .route("/v1/codes", post(admin::code))
        .route("/v1/keys", post(admin::key))
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .route("/metrics", get(ops::metrics))
        .route("/openapi.json", get(openapi::description))
        .layer(axum::middleware::from_fn(limit::in_time));
    Router::new()
        .merge(timed)
        .route("/v1/stream", get(phones::stream))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::from_fn(ops::observe))
        .with_state(app)
}
