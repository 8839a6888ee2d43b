//! JSON of any shape by templates, and trying a payload before it matters.

use serde_json::{Value, json};
use tocsin_tests::configuration::{SHOP, UNHURRIED, with_policy};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::TicketState;

const TEMPLATE: &str = r#"
severities = { slow = "SEV4" }
[integrations.template]
each = "checks"
title = "{{ item.name }} does not answer"
dedup_key = "{{ item.id }}"
severity = "{{ item.level }}"
service = "{{ item.tags[0] }}"
details = { region = "{{ region | upper }}" }
resolved = "item.state == 'up'"
"#;

async fn with_templates() -> TestServer {
    let mut server = TestServer::start(UNHURRIED).await;
    let line = "id = \"alertmanager\"\nteam = \"shop\"\nservice = \"checkout\"\n";
    let configuration = with_policy(UNHURRIED);
    assert!(configuration.contains(line));
    server
        .apply(&configuration.replace(line, &format!("{line}{TEMPLATE}")))
        .await;
    server
}

fn check(state: &str, level: &str) -> Value {
    json!({
        "region": "eu-1",
        "checks": [{"id": "chk-17", "name": "Orders", "state": state, "level": level, "tags": ["orders"]}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_format_of_its_own_rings_and_recovers_by_templates() {
    let server = with_templates().await;
    let ana = TestPager::of(&server, "ana").await;
    let path = format!("/in/{}/json", server.key(SHOP));
    server
        .admin
        .post_json(&path, &check("down", "critical"))
        .await
        .expect(200);
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].title, "Orders does not answer");
    assert_eq!(view.pages[0].service, "Orders");
    assert_eq!(server.admin.ticket(1).await.details["region"], "EU-1");
    server
        .admin
        .post_json(&path, &check("up", ""))
        .await
        .expect(200);
    ana.wait_until_silent().await;
    let ticket = server.admin.ticket(1).await;
    assert_eq!(ticket.state.get(), Some(&TicketState::Resolved));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_ticket_and_pages_nobody() {
    let server = with_templates().await;
    let ana = server.person("ana").await;
    let path = format!("/v1/integrations/{SHOP}/preview");
    for (level, severity, from, pages) in [
        ("critical", "SEV1", "payload", true),
        ("slow", "SEV4", "own_word", false),
        ("", "SEV2", "default", true),
        ("purple", "SEV2", "default", true),
    ] {
        let shown = ana
            .post_json(&path, &check("down", level))
            .await
            .expect(200)
            .json();
        let expected = json!({
            "does": "fires",
            "service": "orders",
            "dedup_key": "chk-17",
            "title": "Orders does not answer",
            "severity": severity,
            "severity_from": from,
            "pages": pages,
            "owner": {"id": "ana", "name": "Ana Silva"},
            "details": {"region": "EU-1"},
        });
        assert_eq!(shown["alarms"], json!([expected]), "{level}");
        assert_eq!(
            shown["oddities"].as_array().expect("a list").len(),
            usize::from(level == "purple")
        );
    }
    let over = ana
        .post_json(&path, &check("up", ""))
        .await
        .expect(200)
        .json();
    assert_eq!(over["alarms"][0]["does"], "resolves");

    // Every format that comes in can be tried.
    let file = |file: &str| {
        let path = format!("{}/data/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a fixture")
    };
    for (format, body, title) in [
        ("alertmanager", file("ingest/alertmanager-firing.json"), ""),
        (
            "pagerduty",
            file("ingest/pagerduty-trigger.json"),
            "Replication lag",
        ),
        ("opsgenie", file("opsgenie/create.json"), "An example alert"),
        ("cloudwatch", file("sns/alarm.json"), "checkout 5xx"),
        ("email", file("email/plain.eml"), "Nightly backup failed"),
    ] {
        let shown = ana
            .post(&format!("{path}?format={format}"), body)
            .await
            .expect(200)
            .json();
        let shown = shown["alarms"][0]["title"].as_str().expect("a title");
        assert!(shown.starts_with(title), "{format}: {shown}");
        let refused = ana.post(&format!("{path}?format={format}"), "{").await;
        assert_eq!(refused.expect(400).problem().status, 400);
    }
    let refused = ana.post(&format!("{path}?format=smoke"), "{}").await;
    assert_eq!(
        refused.expect(400).problem().field.as_deref(),
        Some("format")
    );
    assert_eq!(server.admin.tickets().await, []);

    // Not for those who may not see the team.
    let dora = server.person("dora").await;
    for hidden in [path.as_str(), "/v1/integrations/nothing/preview"] {
        let refused = dora.post_json(hidden, &check("down", "")).await;
        assert_eq!(refused.expect(404).problem().code, "no_such_integration");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_is_none_is_refused_with_its_place() {
    let server = TestServer::start(UNHURRIED).await;
    let line = "id = \"alertmanager\"\nteam = \"shop\"\nservice = \"checkout\"\n";
    for (template, says) in [
        ("title = \"{{ title\"", "template.title"),
        ("resolved = \"state ==\"", "template.resolved"),
        (
            "details = { region = \"{% if %}\" }",
            "template.details.region",
        ),
        ("titel = \"{{ title }}\"", "did you mean `title`"),
        ("title = 7", "expected a template in quotes"),
    ] {
        let table = format!("{line}[integrations.template]\n{template}\n");
        let text = with_policy(UNHURRIED).replace(line, &table);
        let method = reqwest::Method::PUT;
        let refused = server.admin.send(method, "/v1/config", text).await;
        let refused = refused.expect("an answer").expect(422).text();
        assert!(refused.contains(says), "{template}: {refused}");
    }
}
