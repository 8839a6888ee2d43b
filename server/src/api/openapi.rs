//! The API's description (OpenAPI 3.1), generated from the handlers and served at `/openapi.json`.
//! A snapshot of it is reviewed with every change.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{admin, alarms, devices, ops, phones, tickets};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tocsin",
        description = "The open on-call pager. Alarms come in with an integration's key; people's \
                       devices ask with the token they got when they were enrolled. Errors are \
                       application/problem+json and name the field."
    ),
    paths(
        alarms::alertmanager,
        alarms::json,
        alarms::pagerduty,
        alarms::by_hand,
        phones::enroll,
        phones::sync,
        phones::stream,
        phones::commands,
        phones::receipts,
        devices::push_info,
        devices::register_push,
        devices::report_status,
        devices::devices,
        devices::order_drill,
        devices::drills,
        tickets::list,
        tickets::one,
        tickets::timeline,
        tickets::on_call,
        admin::apply,
        admin::config,
        admin::code,
        admin::key,
        ops::alive,
        ops::ready,
        ops::metrics,
    ),
    modifiers(&Device, &OtherNames)
)]
struct Description;

/// The bearer token of a device.
struct Device;

impl Modify for Device {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("device", SecurityScheme::Http(scheme));
    }
}

/// Routes that one handler serves under a second name.
struct OtherNames;

impl Modify for OtherNames {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for (path, other, operation) in [
            ("/in/{key}/alertmanager", "/in/{key}/grafana", "grafana"),
            ("/v2/enqueue", "/v2/alerts/enqueue", "pagerduty_alerts"),
        ] {
            let Some(mut item) = openapi.paths.paths.get(path).cloned() else {
                continue;
            };
            if let Some(post) = &mut item.post {
                post.operation_id = Some(operation.to_owned());
            }
            openapi.paths.paths.insert(other.to_owned(), item);
        }
    }
}

/// `GET /openapi.json`.
pub(super) async fn description() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(Description::openapi())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_what_was_reviewed() {
        insta::assert_json_snapshot!("openapi", Description::openapi());
    }
}
