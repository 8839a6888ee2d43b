//! The HTTP API: who may ask what, in which shape, and how errors read. It decides nothing about
//! tickets; it turns requests into jobs for the writer and rows into replies.

mod admin;
mod alarms;
mod answers;
mod audit;
mod calendar;
mod devices;
mod error;
mod extract;
mod handoff;
mod heartbeats;
mod learning;
mod limit;
mod noise;
mod openapi;
mod ops;
mod opsgenie;
mod phones;
mod preview;
mod report;
mod shifts;
mod sns;
mod tickets;
mod tokens;
mod webhooks;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::{delete, get, post, put};
use metrics_exporter_prometheus::PrometheusHandle;
use tocsin_directory::Directory;
use tocsin_ticket::Millis;
use tocsin_wire::PushInfo;
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use admin::CODE_LIFETIME;
pub use admin::{ApplyReply, CodeReply, CodeRequest, KeyReply, KeyRequest, NewKey};
pub use alarms::{AlarmReply, AlarmTicket};
pub use answers::{CheckReply, RehearsalReply, WhyNotReply, WhyReply};
pub use audit::{AuditEntry, AuditPage};
pub use calendar::{CalendarReply, TeamCalendar};
pub use error::ApiError;
pub use handoff::NoteRequest;
pub use heartbeats::{BeatReply, HeartbeatView};
pub use learning::SavedReply;
pub use limit::{Rates, RatesError};
pub use noise::{MaintenanceRequest, MaintenanceView, QuietRequest, QuietView};
pub use preview::{Format, Preview, PreviewReply, SeverityFrom};
pub use shifts::{ShiftTime, SwapReply, SwapRequest, SwapState, SwapView};
pub use tokens::{TokenReply, TokenRequest, TokenView};
pub use webhooks::{
    DeadLetterView, EndpointKind, EndpointState, EndpointView, NewSecret, RedeliverReply,
    RedeliverRequest,
};

use crate::contacts::Contacts;
use crate::engine::{Clock, Writer};
use crate::hub::Hub;
use crate::identity::Identity;
use crate::sns::Sns;
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
    /// Who vouches for the messages of Amazon SNS.
    pub sns: Sns,
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

/// Finishes what was begun even when the caller's connection breaks meanwhile: what is on disk and
/// what is known in memory must not come apart.
async fn see_through(
    work: impl Future<Output = Result<(), ApiError>> + Send + 'static,
) -> Result<(), ApiError> {
    tokio::spawn(work).await.map_err(StoreError::new)?
}

/// Every route. Each needs its line in [`crate::rights::ROUTES`].
pub fn router(app: Arc<App>) -> Router {
    let timed = Router::new()
        .route("/in/{key}/alertmanager", post(alarms::alertmanager))
        .route("/in/{key}/grafana", post(alarms::alertmanager))
        .route("/in/{key}/json", post(alarms::json))
        .route("/in/{key}/cloudwatch", post(sns::cloudwatch))
        .route(
            "/in/{key}/heartbeat/{name}",
            get(heartbeats::beat).post(heartbeats::beat),
        )
        .route("/v1/heartbeats", get(heartbeats::list))
        .route("/in/{key}/email", post(alarms::email))
        .route("/v1/integrations/{id}/preview", post(preview::preview))
        .route("/v2/enqueue", post(alarms::pagerduty))
        .route("/v2/alerts/enqueue", post(alarms::pagerduty))
        .route("/v2/alerts", post(opsgenie::create))
        .route("/v2/alerts/{identifier}/close", post(opsgenie::close))
        .route(
            "/v2/alerts/{identifier}/acknowledge",
            post(opsgenie::acknowledge),
        )
        .route("/v2/alerts/{identifier}/notes", post(opsgenie::note))
        .route("/v2/alerts/requests/{id}", get(opsgenie::status))
        .route("/v1/alarms", post(alarms::by_hand))
        .route("/v1/enroll", post(phones::enroll))
        .route("/v1/sync", get(phones::sync))
        .route("/v1/commands", post(phones::commands))
        .route("/v1/receipts", post(phones::receipts))
        .route("/v1/push", get(devices::push_info))
        .route("/v1/device/push", put(devices::register_push))
        .route("/v1/device/status", put(devices::report_status))
        .route("/v1/devices", get(devices::devices))
        .route("/v1/devices/{id}", delete(devices::revoke))
        .route(
            "/v1/drills",
            get(devices::drills).post(devices::order_drill),
        )
        .route("/v1/tickets", get(tickets::list))
        .route("/v1/tickets/{id}", get(tickets::one))
        .route("/v1/tickets/{id}/timeline", get(tickets::timeline))
        .route("/v1/tickets/{id}/why", get(answers::why_paged))
        .route("/v1/tickets/{id}/why-not", get(answers::why_not_paged))
        .route("/v1/rehearsal", get(answers::rehearsal))
        .route("/v1/check", get(answers::check_config))
        .route("/v1/tickets/{id}/similar", get(learning::similar))
        .route("/v1/tickets/{id}/runbooks", get(learning::runbooks_for))
        .route(
            "/v1/tickets/{id}/coe",
            get(learning::coe).put(learning::save_coe),
        )
        .route("/v1/coes", get(learning::coes))
        .route("/v1/coes/overdue", get(learning::overdue_actions))
        .route("/v1/runbooks", get(learning::runbooks))
        .route(
            "/v1/runbooks/{team}/{name}",
            get(learning::runbook).put(learning::save_runbook),
        )
        .route(
            "/v1/runbooks/{team}/{name}/history",
            get(learning::runbook_history),
        )
        .route("/v1/oncall", get(tickets::on_call))
        .route("/v1/calendar", post(calendar::new_address))
        .route("/cal/{key}/me.ics", get(calendar::own))
        .route("/cal/{key}/team/{file}", get(calendar::team))
        .route("/v1/report", get(report::report))
        .route("/v1/teams/{team}/handoff", get(handoff::handoff))
        .route("/v1/teams/{team}/handoff/notes", post(handoff::note))
        .route("/v1/teams/{team}/handoff/complete", post(handoff::complete))
        .route("/v1/shifts", get(shifts::shifts))
        .route("/v1/swaps", get(shifts::swaps).post(shifts::propose_swap))
        .route("/v1/swaps/{id}", post(shifts::answer_swap))
        .route("/v1/maintenance", get(noise::windows).post(noise::announce))
        .route("/v1/maintenance/{id}", delete(noise::end_window))
        .route(
            "/v1/quiet",
            get(noise::quiet)
                .post(noise::begin_quiet)
                .delete(noise::end_quiet),
        )
        .route("/v1/config", put(admin::apply).get(admin::config))
        .route("/v1/codes", post(admin::code))
        .route("/v1/keys", post(admin::key))
        .route("/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/v1/tokens/{id}", delete(tokens::revoke))
        .route("/v1/webhooks", get(webhooks::list))
        .route(
            "/v1/webhooks/{id}/dead-letters",
            get(webhooks::dead_letters),
        )
        .route("/v1/webhooks/{id}/redeliver", post(webhooks::redeliver))
        .route("/v1/webhooks/{id}/rotate", post(webhooks::rotate))
        .route("/v1/audit", get(audit::list))
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .route("/metrics", get(ops::metrics))
        .route("/openapi.json", get(openapi::description))
        .layer(axum::middleware::from_fn(limit::in_time));
    Router::new()
        .merge(timed)
        .route("/v1/stream", get(phones::stream))
        .route_layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            extract::guard,
        ))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::from_fn(ops::observe))
        .with_state(app)
}
