//! A client of Opsgenie's alert API whose address was changed, and nothing else.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tocsin_tests::configuration::{BANK, SHOP, UNHURRIED};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::{Event, TicketState};

/// What such a client keeps: an address and a key.
struct Opsgenie {
    http: Client,
    base: String,
    key: String,
}

impl Opsgenie {
    fn new(server: &TestServer, integration: &str) -> Self {
        Self {
            http: Client::new(),
            base: server.admin.base().to_owned(),
            key: server.key(integration).to_owned(),
        }
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> (u16, Value, Option<String>) {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("Authorization", format!("GenieKey {}", self.key))
            .header("Content-Type", "application/json")
            .body(body.to_owned());
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let kind = response.headers().get("X-Opsgenie-Errortype").cloned();
        let kind = kind.map(|kind| kind.to_str().expect("text").to_owned());
        let body = response.bytes().await.expect("a body");
        (status, serde_json::from_slice(&body).expect("JSON"), kind)
    }

    /// A request that is accepted, and what its status says became of it.
    async fn accepted(&self, path: &str, body: &str) -> Value {
        let (status, reply, _) = self.send(Method::POST, path, body).await;
        assert_eq!(status, 202, "{reply}");
        assert_eq!(reply["result"], "Request will be processed");
        assert!(
            reply["took"].as_f64().is_some_and(|took| took > 0.0),
            "{reply}"
        );
        let id = reply["requestId"].as_str().expect("an id");
        let path = format!("/v2/alerts/requests/{id}");
        let (status, reply, _) = self.send(Method::GET, &path, "").await;
        assert_eq!(status, 200, "{reply}");
        assert_eq!(reply["requestId"], id);
        assert_eq!(reply["data"]["success"], reply["data"]["isSuccess"]);
        assert_eq!(reply["data"]["integrationId"], SHOP);
        reply["data"].clone()
    }
}

fn sample(file: &str) -> String {
    let path = format!("{}/data/opsgenie/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opsgenie_client_creates_notes_acknowledges_and_closes() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let client = Opsgenie::new(&server, SHOP);
    let state = async || server.admin.ticket(1).await.state.get().copied();

    let done = client.accepted("/v2/alerts", &sample("create.json")).await;
    assert_eq!(done["status"], "Created alert");
    assert_eq!(done["alertId"], "1");
    assert_eq!(done["alias"], "Life is too short for no alias");
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].title, "An example alert message");

    let alias = "/v2/alerts/Life%20is%20too%20short%20for%20no%20alias";
    let path = format!("{alias}/notes?identifierType=alias");
    let done = client.accepted(&path, &sample("note.json")).await;
    assert_eq!(done["action"], "AddNote");
    let timeline = server.admin.timeline(1).await;
    let noted = timeline.entries.iter().flat_map(|entry| &entry.events);
    let noted: Vec<_> = noted
        .filter_map(|event| match event.get() {
            Some(Event::NoteAdded { by, text }) => Some((by.to_string(), text.clone())),
            _ => None,
        })
        .collect();
    let text = "Monitoring Script: Action executed via Alert API".to_owned();
    assert_eq!(noted, [(format!("{SHOP} (monitoring)"), text)]);

    // By tiny id, without a body.
    let path = "/v2/alerts/1/acknowledge?identifierType=tiny";
    assert_eq!(
        client.accepted(path, "").await["status"],
        "Acknowledged alert"
    );
    ana.wait_until_silent().await;
    assert_eq!(state().await, Some(TicketState::Researching));

    let done = client.accepted("/v2/alerts/1/close", "{}").await;
    assert_eq!(
        (&done["success"], &done["alertId"]),
        (&json!(true), &json!("1"))
    );
    assert_eq!(state().await, Some(TicketState::Resolved));

    // Over is over.
    for path in [
        "/v2/alerts/1/close",
        "/v2/alerts/99/acknowledge",
        "/v2/alerts/no-such-alias/close?identifierType=alias",
    ] {
        let done = client.accepted(path, "{}").await;
        assert_eq!(done["status"], "Alert does not exist", "{path}");
        assert_eq!(
            (&done["success"], &done["alertId"]),
            (&json!(false), &json!(""))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alertmanagers_own_opsgenie_client_needs_only_a_new_address() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let client = Opsgenie::new(&server, SHOP);
    let create = sample("alertmanager-create.json");
    client.accepted("/v2/alerts", &create).await;
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].service, "Checkout");
    // It sends the same alert again after a lost reply.
    let again = client.accepted("/v2/alerts", &create).await;
    assert_eq!(again["alertId"], "1");
    assert_eq!(server.admin.ticket(1).await.repeats, 1);

    let alias = again["alias"].as_str().expect("an alias");
    let path = format!("/v2/alerts/{alias}/close?identifierType=alias");
    client
        .accepted(&path, &sample("alertmanager-close.json"))
        .await;
    ana.wait_until_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opsgenie_client_is_refused_in_opsgenies_words() {
    let server = TestServer::start(UNHURRIED).await;
    let client = Opsgenie::new(&server, SHOP);
    let (status, reply, _) = client.send(Method::POST, "/v2/alerts", "{}").await;
    assert_eq!(status, 422);
    assert_eq!(
        reply["errors"],
        json!({"message": "Message can not be empty."})
    );
    assert!(
        reply["requestId"].is_string() && reply["took"].is_number(),
        "{reply}"
    );
    let (status, ..) = client.send(Method::POST, "/v2/alerts", "{").await;
    assert_eq!(status, 400);
    let path = "/v2/alerts/1/close?identifierType=name";
    let (status, reply, _) = client.send(Method::POST, path, "").await;
    assert_eq!(status, 422);
    assert!(reply["errors"]["identifierType"].is_string(), "{reply}");

    let requests = "/v2/alerts/requests/513085b8-caf3-4f91-aa23-be5fdefc3570";
    let (status, _, kind) = client.send(Method::GET, requests, "").await;
    assert_eq!(
        (status, kind.as_deref()),
        (404, Some("RequestNotProcessed"))
    );

    let stranger = Opsgenie {
        key: "0".repeat(32),
        ..Opsgenie::new(&server, SHOP)
    };
    for (method, path) in [
        (Method::POST, "/v2/alerts"),
        (Method::POST, "/v2/alerts/1/close"),
        (Method::POST, "/v2/alerts/1/acknowledge"),
        (Method::POST, "/v2/alerts/1/notes"),
        (Method::GET, requests),
    ] {
        let (status, reply, _) = stranger.send(method, path, "{}").await;
        assert_eq!(status, 401, "{path}");
        assert_eq!(reply["message"], "Could not authenticate");
    }
    assert_eq!(server.admin.tickets().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opsgenie_key_reaches_its_own_teams_tickets_only() {
    let server = TestServer::start(UNHURRIED).await;
    let shops = Opsgenie::new(&server, SHOP);
    let banks = Opsgenie::new(&server, BANK);
    let (_, reply, _) = shops
        .send(Method::POST, "/v2/alerts", &sample("create.json"))
        .await;
    let id = reply["requestId"].as_str().expect("an id");
    let (status, _, kind) = banks
        .send(Method::GET, &format!("/v2/alerts/requests/{id}"), "")
        .await;
    assert_eq!(
        (status, kind.as_deref()),
        (404, Some("RequestNotProcessed"))
    );
    let alias = "/v2/alerts/Life%20is%20too%20short%20for%20no%20alias";
    for path in [
        "/v2/alerts/1/close".to_owned(),
        format!("{alias}/close?identifierType=alias"),
    ] {
        let (status, ..) = banks.send(Method::POST, &path, "{}").await;
        assert_eq!(status, 202);
    }
    let ticket = server.admin.ticket(1).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Assigned));
}
