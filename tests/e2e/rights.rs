//! Who may do what: every route of the API's own description, for every kind of caller.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tocsin_server::api::{TokenReply, TokenView};
use tocsin_server::rights::Right;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, TestPager, TestServer};
use tocsin_ticket::TicketState;
use tocsin_wire::DeviceView;

const HOUR_MS: i64 = 3_600_000;

/// The usual teams; Olga observes the shop, and so does Dora, who is in the bank.
fn observed() -> String {
    let text = with_policy(UNHURRIED).replacen(
        "members = [\"ana\", \"ben\"]",
        "members = [\"ana\", \"ben\"]\nobservers = [\"olga\", \"dora\"]",
        1,
    );
    format!("[[people]]\nid = \"olga\"\nname = \"Olga Petrova\"\n\n{text}")
}

async fn server() -> TestServer {
    let mut server = TestServer::start(UNHURRIED).await;
    server.apply(&observed()).await;
    server
}

/// A route of the description, and what it says that it needs.
struct Route {
    method: Method,
    path: String,
    /// None: it is open.
    right: Option<Right>,
    /// Whether an API token may have it.
    by_token: bool,
}

/// All of them.
async fn routes(server: &TestServer) -> Vec<Route> {
    let description = server.admin.get("/openapi.json").await.expect(200).json();
    let paths = description["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                panic!("{method}");
            };
            let schemes = operation["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let of = |scheme: &str| -> Option<Right> {
                let right = schemes.iter().find_map(|it| it[scheme][0].as_str())?;
                Some(right.parse().expect("a right"))
            };
            routes.push(Route {
                method,
                path: path.clone(),
                right: of("device"),
                by_token: of("token").is_some(),
            });
        }
    }
    assert!(routes.len() > 30, "{} routes", routes.len());
    routes
}

impl Route {
    /// The status and the problem's code that a caller gets, who names this ticket and team and
    /// sends what no route can use: nothing is changed.
    async fn ask(&self, caller: &Api, ticket: u64) -> (u16, String, String) {
        let path = self
            .path
            .replace("{id}", &ticket.to_string())
            .replace("{team}", "shop")
            .replace("{name}", "checkout");
        let path = path.replace("{key}", &"0".repeat(32));
        let url = format!("{}{path}", caller.base());
        let mut request = Client::new()
            .request(self.method.clone(), url)
            .header("content-type", "application/json")
            .body("{}");
        if let Some(token) = caller.token() {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        if self.path == "/v1/stream" && status == 200 {
            return (status, String::new(), String::new());
        }
        let text = response.text().await.expect("a text");
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        (status, code, text)
    }
}

async fn token(of: &Api, scopes: &[Right]) -> Api {
    let request = json!({
        "name": "a script",
        "scopes": scopes,
        "expires_at": now() + HOUR_MS,
    });
    let reply: TokenReply = of
        .post_json("/v1/tokens", &request)
        .await
        .expect(200)
        .read();
    of.with_token(&reply.secret)
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_and_each_scope_may_do_what_it_is_for_on_every_route_and_nothing_else() {
    use Right::{Configure, Manage, Read, Report, Respond};
    let server = server().await;
    let ticket = server.alarm("SEV2", "database").await;
    let observer = [Read, Report].as_slice();
    let member = [Read, Report, Respond].as_slice();
    let manager = [Read, Report, Respond, Manage].as_slice();
    let (olga, ana, bea) = (
        server.person("olga").await,
        server.person("ana").await,
        server.person("bea").await,
    );
    // Who, what they may, and whether on a device.
    let mut callers = vec![
        (
            "nobody".to_owned(),
            server.admin.with_token(""),
            [].as_slice(),
            true,
        ),
        ("an observer".to_owned(), olga.clone(), observer, true),
        ("a member".to_owned(), ana.clone(), member, true),
        ("a manager".to_owned(), bea.clone(), manager, true),
        (
            "an administrator".to_owned(),
            server.admin.clone(),
            &Right::ALL,
            true,
        ),
    ];
    for (who, maker, rights) in [
        ("an observer", &olga, observer),
        ("a member", &ana, member),
        ("a manager", &bea, manager),
        ("an administrator", &server.admin, &Right::ALL),
    ] {
        for scope in Right::ALL {
            let at = Right::ALL
                .iter()
                .position(|right| *right == scope)
                .unwrap_or_default();
            let scopes = &Right::ALL[at..=at];
            if rights.contains(&scope) {
                let script = token(maker, scopes).await;
                callers.push((format!("{who}'s token to {scope}"), script, scopes, false));
                continue;
            }
            let request = json!({"name": "T", "scopes": scopes, "expires_at": now() + HOUR_MS});
            let refused = maker.post_json("/v1/tokens", &request).await.expect(403);
            assert_eq!(refused.problem().code, "not_allowed", "{who}: {scope}");
        }
    }
    for route in routes(&server).await {
        for (who, caller, rights, device) in &callers {
            let case = format!("{who}: {} {}", route.method, route.path);
            let (status, code, text) = route.ask(caller, ticket).await;
            assert!(status < 500, "{case}: {status} {text}");
            let Some(right) = route.right else {
                assert_ne!(code, "unknown_device", "{case}");
                continue;
            };
            let allowed = rights.contains(&right) && (*device || route.by_token);
            let expected = match (who.as_str(), *device) {
                ("nobody", _) => "unknown_device",
                (_, false) if !route.by_token => "needs_device",
                (_, false) => "out_of_scope",
                (_, true) if right == Configure => "not_an_administrator",
                (_, true) => "not_allowed",
            };
            if allowed {
                assert!(![401, 403].contains(&status), "{case}: {status} {text}");
            } else {
                assert_eq!(code, expected, "{case}: {status} {text}");
            }
        }
    }
    let after = server.admin.ticket(ticket).await;
    assert_eq!(
        after.state.get(),
        Some(&TicketState::Assigned),
        "nothing was changed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_no_route_does_one_team_see_anything_of_the_other() {
    let server = server().await;
    let ticket = server.alarm("SEV1", "database").await;
    let eve = server.person("eve").await;
    let script = token(&eve, &[Right::Read, Right::Report]).await;
    for route in routes(&server).await {
        if route.right.is_none() || route.path == "/v1/stream" {
            continue;
        }
        for caller in [&eve, &script] {
            let (.., text) = route.ask(caller, ticket).await;
            for word in ["Trouble", "Checkout", "Silva", "Ana", "Bea", "Olga"] {
                assert!(
                    !text.contains(word),
                    "{} {}: {word:?} in {text}",
                    route.method,
                    route.path
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_sees_everything_of_the_team_and_acts_only_where_they_are_a_member() {
    let server = server().await;
    let dora = server.person("dora").await;
    let shops = server.alarm("SEV1", "database").await;
    let ledger = json!({"title": "Ledger", "severity": "SEV1"});
    let banks = server
        .admin
        .alarm(server.key(tocsin_tests::configuration::BANK), &ledger)
        .await;
    assert_eq!(dora.tickets().await.len(), 2, "she sees both");
    let refused = dora
        .tap("dora-taps-shop", shops, "check_in")
        .await
        .expect(409);
    assert_eq!(refused.json()["refusal"], json!({"code": "no_such_ticket"}));
    dora.tap("dora-taps-bank", banks, "check_in")
        .await
        .expect(200);
    let by_hand = json!({"title": "T", "service": "checkout"});
    let refused = dora.post_json("/v1/alarms", &by_hand).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("service"));
    let to_olga = json!({
        "id": "to-an-observer", "ticket": shops, "at": 0,
        "action": {"type": "reassign", "to": "olga"},
    });
    let refused = server
        .admin
        .post_json("/v1/commands", &to_olga)
        .await
        .expect(409);
    assert_eq!(
        refused.json()["refusal"]["code"],
        "unknown_person",
        "she is not paged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_by_itself_or_by_hand_and_a_restart_forgets_neither() {
    let mut server = server().await;
    let ana = server.person("ana").await;
    let script = token(&ana, &[Right::Read]).await;
    let short = json!({"name": "short", "scopes": ["read"], "expires_at": now() + 1_000});
    let short: TokenReply = ana.post_json("/v1/tokens", &short).await.expect(200).read();
    let short = ana.with_token(&short.secret);
    loop {
        let reply = short.get("/v1/tickets").await;
        if reply.status == 401 {
            assert_eq!(reply.problem().code, "expired_token");
            break;
        }
        reply.expect(200);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop().await;
    server.start_again().await;
    script.get("/v1/tickets").await.expect(200);
    let known: Vec<TokenView> = ana.get("/v1/tokens").await.expect(200).read();
    assert_eq!(known.len(), 2);
    let revoked = known.iter().find(|token| token.name == "a script");
    let path = format!("/v1/tokens/{}", revoked.expect("it is listed").id);
    let ben = server.person("ben").await;
    let others: Vec<TokenView> = ben.get("/v1/tokens").await.expect(200).read();
    assert_eq!(others, []);
    ben.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(404);
    ana.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(204);
    script.get("/v1/tickets").await.expect(401);
    server.stop().await;
    server.start_again().await;
    script.get("/v1/tickets").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_is_told_why() {
    let server = server().await;
    let ana = server.person("ana").await;
    for (field, request) in [
        (
            "name",
            json!({"name": " ", "scopes": ["read"], "expires_at": now() + HOUR_MS}),
        ),
        (
            "scopes",
            json!({"name": "T", "scopes": [], "expires_at": now() + HOUR_MS}),
        ),
        (
            "expires_at",
            json!({"name": "T", "scopes": ["read"], "expires_at": now()}),
        ),
        (
            "expires_at",
            json!({"name": "T", "scopes": ["read"], "expires_at": now() + 367 * 24 * HOUR_MS}),
        ),
    ] {
        let refused = ana.post_json("/v1/tokens", &request).await.expect(400);
        assert_eq!(refused.problem().field.as_deref(), Some(field), "{request}");
    }
    let known: Vec<TokenView> = ana.get("/v1/tokens").await.expect(200).read();
    assert_eq!(known, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_is_revoked_hears_nothing_more_and_is_in_no_list() {
    let server = server().await;
    let desk = TestPager::of(&server, "ana").await;
    let (ana, ben) = (server.person("ana").await, server.person("ben").await);
    server.alarm("SEV1", "database").await;
    let lost = desk.wait_until_ringing().await.device.clone();
    let path = format!("/v1/devices/{}", lost.as_str());
    ben.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(404);
    ana.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(204);
    let devices: Vec<DeviceView> = ana.get("/v1/devices").await.expect(200).read();
    assert!(devices.iter().all(|device| device.device != lost));
    let later = server.alarm("SEV1", "network").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let known = desk.view();
    assert!(known.tickets.iter().all(|item| item.ticket.id.0 != later));
    ana.send(Method::DELETE, &path, "")
        .await
        .unwrap()
        .expect(404);
    // Hers goes on, until an administrator revokes that, too.
    let own: Vec<DeviceView> = ana.get("/v1/devices").await.expect(200).read();
    let own = own.iter().filter(|device| device.person.as_str() == "ana");
    for device in own {
        let path = format!("/v1/devices/{}", device.device.as_str());
        server
            .admin
            .send(Method::DELETE, &path, "")
            .await
            .unwrap()
            .expect(204);
    }
    ana.get("/v1/tickets").await.expect(401);
}
