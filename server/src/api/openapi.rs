//! The API's description (OpenAPI 3.1), generated from the handlers and served at `/openapi.json`.
//! A snapshot of it is reviewed with every change.

use http::Method;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    admin, alarms, answers, audit, calendar, devices, handoff, heartbeats, learning, noise, ops,
    opsgenie, phones, preview, report, shifts, sns, tickets, tokens, webhooks,
};
use crate::rights::{Need, Right, need};

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
        sns::cloudwatch,
        heartbeats::beat,
        heartbeats::list,
        alarms::email,
        preview::preview,
        opsgenie::create,
        opsgenie::close,
        opsgenie::acknowledge,
        opsgenie::note,
        opsgenie::status,
        phones::enroll,
        phones::sync,
        phones::stream,
        phones::commands,
        phones::receipts,
        devices::push_info,
        devices::register_push,
        devices::report_status,
        devices::devices,
        devices::revoke,
        devices::order_drill,
        devices::drills,
        tickets::list,
        tickets::one,
        tickets::timeline,
        tickets::on_call,
        answers::why_paged,
        answers::why_not_paged,
        answers::rehearsal,
        answers::check_config,
        calendar::new_address,
        calendar::own,
        calendar::team,
        report::report,
        handoff::handoff,
        handoff::note,
        handoff::complete,
        shifts::shifts,
        shifts::swaps,
        shifts::propose_swap,
        shifts::answer_swap,
        noise::windows,
        noise::announce,
        noise::end_window,
        noise::quiet,
        noise::begin_quiet,
        noise::end_quiet,
        learning::similar,
        learning::runbooks_for,
        learning::coe,
        learning::save_coe,
        learning::coes,
        learning::overdue_actions,
        learning::runbooks,
        learning::runbook,
        learning::runbook_history,
        learning::save_runbook,
        admin::apply,
        admin::config,
        admin::code,
        admin::key,
        tokens::create,
        tokens::list,
        tokens::revoke,
        webhooks::list,
        webhooks::dead_letters,
        webhooks::redeliver,
        webhooks::rotate,
        audit::list,
        ops::alive,
        ops::ready,
        ops::metrics,
    ),
    modifiers(&Bearers, &OtherNames, &Rights)
)]
struct Description;

/// The bearer tokens: of a device, and of the API.
struct Bearers;

impl Modify for Bearers {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (name, description) in [
            ("device", "What a device was given when it was enrolled"),
            ("token", "An API token with the scopes that are listed"),
        ] {
            let scheme = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(description))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// What each route needs of its caller, from the table that decides it.
struct Rights;

impl Modify for Rights {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut openapi.paths.paths {
            let operations = [
                (Method::GET, &mut item.get),
                (Method::POST, &mut item.post),
                (Method::PUT, &mut item.put),
                (Method::DELETE, &mut item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else {
                    continue;
                };
                let by =
                    |scheme: &str, right: Right| SecurityRequirement::new(scheme, [right.name()]);
                operation.security = match need(&method, path) {
                    None | Some(Need::Nothing) => None,
                    Some(Need::Right(right)) => Some(vec![by("device", right), by("token", right)]),
                    Some(Need::OnDevice(right)) => Some(vec![by("device", right)]),
                };
            }
        }
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
        if let Some(item) = openapi.paths.paths.get_mut("/in/{key}/heartbeat/{name}") {
            item.get = item.post.clone().map(|mut get| {
                get.operation_id = Some("heartbeat_get".to_owned());
                get
            });
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
    use crate::rights::ROUTES;

    #[test]
    fn the_server_knows_who_may_use_each_described_route() {
        let described = Description::openapi();
        let mut count = 0;
        for (path, item) in &described.paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ] {
                if operation.is_some() {
                    assert!(
                        need(&method, path).is_some(),
                        "{method} {path}: add it to ROUTES"
                    );
                    count += 1;
                }
            }
        }
        // And all but the description itself is described.
        assert_eq!(count, ROUTES.len() - 1);
    }

    #[test]
    fn the_description_is_what_was_reviewed() {
        insta::assert_json_snapshot!("openapi", Description::openapi());
    }
}
