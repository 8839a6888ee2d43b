//! How devices are reached, tested and found ready.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use tocsin_readiness::{DrillResult, Expectation, Facts, assess};
use tocsin_ticket::{DeviceId, DrillId, Millis, PersonId, Rung};
use tocsin_wire::{
    DeviceView, DeviceWay, DrillRequest, DrillView, Problem, PushAddress, PushInfo,
    PushRegistration,
};

use super::extract::{Caller, IdPath, Json, Query};
use super::{ApiError, App, see_through};
use crate::engine::Job;
use crate::rights::Who;
use crate::secret::Secret;
use crate::store::{DrillReason, DrillRecord, StoreError};
use crate::watch::drill_for;

/// Ways to push to one device.
const MAX_CHANNELS: usize = 8;

/// The longest endpoint or token that is kept; those of today have some 200 characters.
const LONGEST_ADDRESS: usize = 2000;

/// How far back a device's newest drill is looked for.
const DRILLS_SHOWN: Duration = Duration::from_secs(7 * 24 * 3600);

/// `GET /v1/push`.
#[utoipa::path(
    get,
    path = "/v1/push",
    tag = "phones",
    responses((status = 200, description = "What a device needs to know before it registers", body = PushInfo), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn push_info(
    State(app): State<Arc<App>>,
    Caller(_): Caller,
) -> axum::Json<PushInfo> {
    axum::Json(app.push.clone())
}

/// `PUT /v1/device/push`.
#[utoipa::path(
    put,
    path = "/v1/device/push",
    tag = "phones",
    request_body = PushRegistration,
    responses((status = 204, description = "Kept"), (status = 400, description = "Not addresses", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn register_push(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Json(registration): Json<PushRegistration>,
) -> Result<StatusCode, ApiError> {
    let channels = registration.channels;
    if channels.len() > MAX_CHANNELS {
        return Err(ApiError::field(
            "channels",
            format_args!("at most {MAX_CHANNELS}"),
        ));
    }
    for (index, channel) in channels.iter().enumerate() {
        check_address(&format!("channels[{index}].address"), &channel.address)?;
    }
    let job = Job::RegisterPush {
        device: device.id,
        channels,
    };
    app.writer.submit(job).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_address(field: &str, address: &PushAddress) -> Result<(), ApiError> {
    let problem =
        |part: &str, expected: &str| Err(ApiError::field(&format!("{field}.{part}"), expected));
    match address {
        PushAddress::WebPush {
            endpoint,
            p256dh,
            auth,
        } => {
            if endpoint.len() > LONGEST_ADDRESS || !is_https(endpoint) {
                return problem(
                    "endpoint",
                    "an https URL of at most 2,000 characters, without a user name, as the push \
                     service gave it",
                );
            }
            if tocsin_seal::check_webpush(p256dh, auth).is_err() {
                return problem(
                    "p256dh",
                    "a P-256 public key and 16 bytes of auth, base64url without padding",
                );
            }
        }
        PushAddress::Apns {
            token, topic, key, ..
        } => {
            let hexadecimal = token.bytes().all(|digit| digit.is_ascii_hexdigit());
            if !(16..=400).contains(&token.len()) || !hexadecimal {
                return problem("token", "a device token in hexadecimal");
            }
            if topic.is_empty() || topic.len() > 255 {
                return problem("topic", "the app's bundle id");
            }
            check_key(field, key)?;
        }
        PushAddress::Fcm { token, key } => {
            let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
            if token.is_empty() || token.len() > LONGEST_ADDRESS || !printable {
                return problem("token", "a registration token");
            }
            check_key(field, key)?;
        }
    }
    Ok(())
}

/// Whether its host may be called is decided when it is called.
fn is_https(endpoint: &str) -> bool {
    url::Url::parse(endpoint)
        .is_ok_and(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty())
}

fn check_key(field: &str, key: &str) -> Result<(), ApiError> {
    match tocsin_seal::SealKey::from_text(key) {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::field(&format!("{field}.key"), error)),
    }
}

/// `PUT /v1/device/status`.
#[utoipa::path(
    put,
    path = "/v1/device/status",
    tag = "phones",
    request_body = Facts,
    responses((status = 204, description = "Kept"), (status = 400, description = "Not facts", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn report_status(
    State(app): State<Arc<App>>,
    Caller(device): Caller,
    Json(facts): Json<Facts>,
) -> Result<StatusCode, ApiError> {
    // Their age is judged by this clock.
    let facts = Facts {
        reported_at: Some(app.now()),
        ..facts
    };
    let job = Job::Facts {
        device: device.id,
        facts: serde_json::to_string(&facts).map_err(StoreError::from)?,
    };
    app.writer.submit(job).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/devices`: those of everybody in one's teams.
#[utoipa::path(
    get,
    path = "/v1/devices",
    tag = "phones",
    responses((status = 200, description = "Devices, their ways and their readiness", body = Vec<DeviceView>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn devices(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
) -> Result<axum::Json<Vec<DeviceView>>, ApiError> {
    views(&app, &caller).await.map(axum::Json)
}

/// The devices of everybody whom the caller may see.
pub(super) async fn views(app: &Arc<App>, caller: &Who) -> Result<Vec<DeviceView>, ApiError> {
    let now = app.now();
    let read = app.read(move |reader| {
        Ok((
            reader.devices()?,
            reader.channels()?,
            reader.facts()?,
            reader.drills_since(now - DRILLS_SHOWN)?,
        ))
    });
    let (devices, channels, facts, drills) = read.await?;
    let facts: HashMap<DeviceId, Facts> = facts
        .into_iter()
        .filter_map(|(device, json, _)| Some((device, serde_json::from_str(&json).ok()?)))
        .collect();
    let mut ways_of: HashMap<DeviceId, Vec<DeviceWay>> = HashMap::new();
    for stored in channels {
        let (dead_since, dead_why) = stored.dead.unzip();
        ways_of.entry(stored.device).or_default().push(DeviceWay {
            transport: stored.channel.address.transport().into(),
            when: stored.channel.when.into(),
            dead_since,
            dead_why,
        });
    }
    // They are in the order of time, so the newest stays.
    let mut newest_drills: HashMap<DeviceId, DrillRecord> = drills
        .into_iter()
        .map(|drill| (drill.device.clone(), drill))
        .collect();
    let connected = app.hub.all_connected();
    let visible = visible_people(app, caller);
    let views = devices
        .into_iter()
        .filter(|device| visible.contains(&device.person))
        .map(|device| {
            let connected = connected.contains(&device.id);
            let ways = ways_of.remove(&device.id).unwrap_or_default();
            let last_drill = newest_drills.remove(&device.id);
            let said = facts.get(&device.id);
            let mut facts = said.cloned().unwrap_or_default();
            // What the server knows better than the device's last word. Of one that never behaved
            // as a pager, such as a login of the command line, there is nothing to find.
            if said.is_some() || connected || !ways.is_empty() {
                let alive = ways.iter().any(|way| way.dead_since.is_none());
                facts.network.stream_live = Some(connected);
                facts.network.push_registered = Some(alive);
            }
            if let Some(result) = last_drill.as_ref().and_then(|drill| result_of(drill, now)) {
                facts.last_drill = Some(result);
            }
            DeviceView {
                connected,
                last_contact: app.contacts.last(&device.id),
                ways,
                readiness: assess(&facts, now, &Expectation::default()),
                last_drill: last_drill.map(view),
                device: device.id,
                person: device.person,
                name: device.name,
            }
        })
        .collect();
    Ok(views)
}

/// `DELETE /v1/devices/{id}`: its token stops working, for a phone that is lost.
#[utoipa::path(
    delete,
    path = "/v1/devices/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is revoked"), (status = 404, description = "Not one of yours, or for an administrator no device", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    IdPath(id): IdPath,
) -> Result<StatusCode, ApiError> {
    let devices = app.read(|reader| reader.devices()).await?;
    let device = devices
        .into_iter()
        .find(|device| device.id.as_str() == id && (who.admin || device.person == who.person))
        .ok_or_else(no_such_device)?;
    let job = Job::RevokeDevice {
        device: device.id.clone(),
        by: who.actor,
    };
    see_through(async move {
        app.writer.submit(job).await?;
        app.identity.remove_device(&device.id);
        app.hub.end(&device.person, &device.id);
        tracing::info!(by = %who.person, device = %device.id, "a device was revoked");
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_such_device() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_device",
        "device: expected one of your own; GET /v1/devices lists them",
    )
}

/// How a drill went; nothing while it is still on its way.
fn result_of(record: &DrillRecord, now: Millis) -> Option<DrillResult> {
    let rung = |rung| {
        let mut receipts = record.receipts.iter();
        receipts.find(|receipt| receipt.rung == rung)
    };
    let passed = rung(Rung::Received).is_some();
    (passed || now >= record.drill.expires_at).then(|| DrillResult {
        at: Some(record.drill.at),
        passed: Some(passed),
        latency_ms: rung(Rung::Sounding)
            .map(|receipt| receipt.at.since(record.drill.at).as_millis() as u64),
    })
}

/// The caller, and everybody who shares a team with them.
fn visible_people(app: &App, caller: &Who) -> HashSet<PersonId> {
    let directory = app.directory.load();
    caller
        .teams(&directory)
        .iter()
        .flat_map(|team| directory.audience(team))
        .chain([&caller.person])
        .cloned()
        .collect()
}

/// `POST /v1/drills`.
#[utoipa::path(
    post,
    path = "/v1/drills",
    tag = "phones",
    request_body = DrillRequest,
    responses((status = 202, description = "Ordered", body = DrillView), (status = 404, description = "Not one of your devices", body = Problem), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn order_drill(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    Json(request): Json<DrillRequest>,
) -> Result<Response, ApiError> {
    let devices = app.read(|reader| reader.devices()).await?;
    let wanted = request.device.unwrap_or_else(|| caller.id.clone());
    let Some(device) = devices
        .into_iter()
        .find(|device| device.id == wanted && device.person == caller.person)
    else {
        return Err(no_such_device());
    };
    let id = DrillId::new(Secret::identifier());
    let drill = drill_for(&device, DrillReason::Asked, id, app.now(), request.audible);
    app.writer.submit(Job::Drill(vec![drill.clone()])).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(view(drill))).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct DrillsQuery {
    since: Option<i64>,
}

/// `GET /v1/drills?since=MILLISECONDS`: with each rung's time.
#[utoipa::path(
    get,
    path = "/v1/drills",
    tag = "phones",
    params(("since" = Option<i64>, Query, description = "Milliseconds since 1970; the last week when absent")),
    responses((status = 200, description = "Drills, oldest first", body = Vec<DrillView>), (status = 401, description = "Unknown device", body = Problem)),
    security(("device" = [])),
)]
pub(super) async fn drills(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    Query(query): Query<DrillsQuery>,
) -> Result<axum::Json<Vec<DrillView>>, ApiError> {
    let since = query.since.map_or(app.now() - DRILLS_SHOWN, Millis);
    let visible = visible_people(&app, &caller);
    let drills = app.read(move |reader| reader.drills_since(since)).await?;
    let views = drills
        .into_iter()
        .filter(|drill| visible.contains(&drill.person))
        .map(view)
        .collect();
    Ok(axum::Json(views))
}

fn view(record: DrillRecord) -> DrillView {
    DrillView {
        why: match record.why {
            DrillReason::BeforeShift => "before_shift",
            DrillReason::Handoff => "handoff",
            DrillReason::Nightly => "nightly",
            DrillReason::Asked => "asked",
        }
        .to_owned(),
        drill: record.drill,
        person: record.person,
        device: record.device,
        receipts: record.receipts,
        failures: record.failures,
    }
}
