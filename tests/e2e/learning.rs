//! A team learns: corrections of error, runbooks, similar past tickets.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_tests::configuration::{BANK, SHOP, UNHURRIED};
use tocsin_tests::{Api, PATIENCE, Reply, TestServer};

async fn put(api: &Api, path: &str, body: &Value) -> Reply {
    let sent = api.send(Method::PUT, path, body.to_string()).await;
    sent.expect("an answer")
}

/// An id for a tap that no other has.
fn id() -> String {
    static TAPS: AtomicU32 = AtomicU32::new(0);
    format!("learning-{}", TAPS.fetch_add(1, Ordering::Relaxed))
}

async fn tap(api: &Api, ticket: u64, action: &str) {
    api.tap(&id(), ticket, action).await.expect(200);
}

async fn note(api: &Api, ticket: u64, text: &str) {
    let request = json!({
        "id": id(), "ticket": ticket, "at": 0, "action": {"type": "note", "text": text},
    });
    api.post_json("/v1/commands", &request).await.expect(200);
}

async fn titled(server: &TestServer, title: &str, labels: Value) -> u64 {
    let alarm = json!({"title": title, "severity": "SEV1", "details": labels});
    server.admin.alarm(server.key(SHOP), &alarm).await
}

fn texts(moments: &Value) -> Vec<&str> {
    let moments = moments.as_array().expect("moments");
    let texts = moments.iter().map(|moment| moment["text"].as_str());
    texts.map(|text| text.expect("a text")).collect()
}

/// A COE that says everything which a done one needs.
fn whole_coe(state: &str) -> Value {
    json!({
        "state": state,
        "what_happened": "A migration took a **lock**. <script>alert(1)</script>",
        "impact": "Nobody could order.",
        "five_whys": [{"why": "Why could nobody order?", "because": "Checkout waited for a lock."}],
        "root_cause": "Migrations run without a lock timeout.",
        "actions": [{"text": "Set lock_timeout", "owner": "ben", "due": "2020-01-31"}],
        "reviewers": ["bea"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sev1_that_is_over_has_a_draft_with_its_night_filled_in() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    let minor = server.alarm("SEV2", "printer").await;
    assert_eq!(ana.get("/v1/coes").await.expect(200).json(), json!([]));
    tap(&ana, ticket, "check_in").await;
    note(&ana, ticket, "rolled the migration back").await;
    tap(&ana, ticket, "resolve").await;
    tap(&ana, minor, "resolve").await;

    let drafts = ana.get("/v1/coes?state=draft").await.expect(200).json();
    assert_eq!(drafts.as_array().map(Vec::len), Some(1), "{drafts}");
    assert_eq!(drafts[0]["ticket"], ticket);
    assert_eq!(drafts[0].get("author"), None);
    assert_eq!(ana.get("/v1/coes?state=done").await.json(), json!([]));

    let coe = ana.get(&format!("/v1/tickets/{ticket}/coe")).await.json();
    assert_eq!(
        (&coe["need"], &coe["version"]),
        (&json!("required"), &json!(1))
    );
    assert_eq!(
        texts(&coe["timeline"]),
        [
            "alertmanager reported a SEV1 of Checkout: Trouble with database. It went to Ana Silva.",
            "Ana Silva checked in.",
            "Ana Silva: “rolled the migration back”",
            "Ana Silva resolved it.",
        ]
    );
    let offered = ana.get(&format!("/v1/tickets/{minor}/coe")).await.json();
    assert_eq!(offered["need"], "offered");
    assert_eq!(offered["version"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coe_is_written_reviewed_and_exported_and_nobodys_words_are_lost() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ben = server.person("ben").await;
    let ticket = server.alarm("SEV1", "database").await;
    tap(&ana, ticket, "resolve").await;
    let path = format!("/v1/tickets/{ticket}/coe");
    let save = |base: u32, coe: Value| json!({"base": base, "coe": coe});

    let empty = put(&ana, &path, &save(1, json!({"state": "done"}))).await;
    let problem = empty.expect(400).problem();
    assert_eq!(problem.field.as_deref(), Some("coe.what_happened"));
    for field in ["impact", "root_cause", "actions", "reviewers"] {
        assert!(problem.detail.contains(field), "{}", problem.detail);
    }
    let mut stranger = whole_coe("draft");
    stranger["reviewers"] = json!(["dora"]);
    let refused = put(&ana, &path, &save(1, stranger)).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("coe.reviewers[0]"));

    let mine = save(1, whole_coe("in_review"));
    let saved = put(&ana, &path, &mine).await.expect(200).json();
    assert_eq!(saved, json!({"version": 2}));
    let again = put(&ana, &path, &mine).await.expect(200).json();
    assert_eq!(again, saved, "sent twice, saved once");
    let late = put(&ben, &path, &save(1, json!({"impact": "Ben's words"}))).await;
    let conflict = late.expect(409).problem();
    assert_eq!(conflict.code, "newer_version");
    assert!(
        conflict.detail.contains("saved by Ana Silva"),
        "{}",
        conflict.detail
    );
    // The author does not review their own; whoever saves later is not the author.
    let mut alone = whole_coe("done");
    alone["reviewers"] = json!(["ana"]);
    put(&ben, &path, &save(2, alone)).await.expect(400);
    put(&ben, &path, &save(2, whole_coe("done")))
        .await
        .expect(200);
    let coe = ana.get(&path).await.json();
    assert_eq!(coe["author"], "ana");
    assert_eq!(coe["coe"]["state"], "done");

    let overdue = ana.get("/v1/coes/overdue").await.expect(200).json();
    assert_eq!(overdue[0]["text"], "Set lock_timeout");
    assert_eq!(overdue[0]["owner"], "ben");

    let html = ana.get(&format!("{path}?format=html")).await.expect(200);
    assert_eq!(html.headers["content-type"], "text/html; charset=utf-8");
    let html = html.text();
    assert!(html.contains("<strong>lock</strong>") && !html.contains("<script"));
    let markdown = ana
        .get(&format!("{path}?format=markdown&zone=Asia/Seoul"))
        .await
        .expect(200)
        .text();
    assert!(
        markdown.contains("Times are those of Asia/Seoul."),
        "{markdown}"
    );
    let nowhere = ana.get(&format!("{path}?zone=Nowhere")).await.expect(400);
    assert_eq!(nowhere.problem().field.as_deref(), Some("zone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runbook_is_found_by_the_alarm_it_is_about_and_keeps_every_version() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ben = server.person("ben").await;
    let runbook = |title: &str, attach: Value, text: &str| json!({"title": title, "attach": attach, "text": text});
    let save = |base: u32, runbook: &Value| json!({"base": base, "runbook": runbook});
    let general = runbook("Anything", json!({}), "Call Bea.");
    let lag = runbook(
        "Lag",
        json!({"services": ["checkout"], "title": "*replica lag*", "labels": {"env": "prod*"}}),
        "1. Look at the slot.",
    );
    let path = "/v1/runbooks/shop/replica-lag";
    put(&ana, "/v1/runbooks/shop/general", &save(0, &general))
        .await
        .expect(200);
    let first = put(&ana, path, &save(0, &lag)).await.expect(200).json();
    assert_eq!(first, json!({"version": 1}));

    let mut newer = lag.clone();
    newer["text"] = json!("1. Drop the slot.");
    put(&ben, path, &save(1, &newer)).await.expect(200);
    let mut lost = lag.clone();
    lost["text"] = json!("1. Ana's words, on top of the first version.");
    let conflict = put(&ana, path, &save(1, &lost)).await.expect(409).problem();
    assert_eq!(conflict.code, "newer_version");
    assert_eq!(ana.get(path).await.json()["runbook"], newer);
    let old = ana
        .get(&format!("{path}?version=1"))
        .await
        .expect(200)
        .json();
    assert_eq!((&old["runbook"], &old["by"]), (&lag, &json!("ana")));
    ana.get(&format!("{path}?version=9")).await.expect(404);
    let history = ana.get(&format!("{path}/history")).await.json();
    let versions: Vec<_> = history.as_array().expect("versions").iter().collect();
    let versions: Vec<_> = versions
        .iter()
        .map(|it| (&it["version"], &it["by"]))
        .collect();
    assert_eq!(
        versions,
        [(&json!(2), &json!("ben")), (&json!(1), &json!("ana"))]
    );

    let labels = json!({"env": "production"});
    let about = titled(&server, "Postgres replica lag on db-7", labels).await;
    let other = titled(&server, "Printer on fire", json!({})).await;
    for (ticket, expected) in [
        (about, vec!["replica-lag", "general"]),
        (other, vec!["general"]),
    ] {
        let found = ana
            .get(&format!("/v1/tickets/{ticket}/runbooks"))
            .await
            .json();
        let found = found.as_array().expect("runbooks").iter();
        let names: Vec<_> = found.map(|it| it["name"].as_str().unwrap_or("")).collect();
        assert_eq!(names, expected);
    }

    for (path, body, field) in [
        ("/v1/runbooks/shop/Replica%20Lag", save(0, &lag), "name"),
        (path, save(2, &runbook("", json!({}), "")), "runbook.title"),
        (
            path,
            save(2, &runbook("T", json!({"services": ["ledger"]}), "")),
            "runbook.attach.services[0]",
        ),
        (
            path,
            save(2, &runbook("T", json!({"title": "[x"}), "")),
            "runbook.attach.title",
        ),
    ] {
        let problem = put(&ana, path, &body).await.expect(400).problem();
        assert_eq!(problem.field.as_deref(), Some(field), "{}", problem.detail);
    }
    let retired = json!({"title": "Lag", "attach": lag["attach"], "text": "", "retired": true});
    put(&ana, path, &save(2, &retired)).await.expect(200);
    let all = ana.get("/v1/runbooks").await.json();
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
}

/// Similar tickets, once the index has caught up with the log.
async fn similar(api: &Api, ticket: u64) -> Value {
    let since = Instant::now();
    loop {
        let found = api.get(&format!("/v1/tickets/{ticket}/similar")).await;
        let found = found.expect(200).json();
        if found != json!([]) || since.elapsed() > PATIENCE {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_alarm_finds_what_resolved_its_like_and_only_that() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let certificate = titled(
        &server,
        "Certificate of pay.example.org expires in 6 days",
        json!({}),
    )
    .await;
    let lag = titled(
        &server,
        "Postgres replica lag on db-01 is 41 s",
        json!({"instance": "db-01:9187", "alertname": "PostgresReplicaLag"}),
    )
    .await;
    note(&ana, lag, "dropped the stuck replication slot").await;
    // Resolved in this order, so that when the lag is found, the certificate could be as well.
    tap(&ana, certificate, "resolve").await;
    tap(&ana, lag, "resolve").await;
    let open = titled(&server, "Postgres replica lag on db-02 is 13 s", json!({})).await;
    let asked = titled(
        &server,
        "Postgres replica lag on db-03 is 312 s",
        json!({"instance": "db-03:9187", "alertname": "PostgresReplicaLag"}),
    )
    .await;

    let found = similar(&ana, asked).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(
        found[0]["ticket"], lag,
        "not {open}, which is open, nor {certificate}"
    );
    assert_eq!(found[0]["score"], 1.0);
    assert_eq!(found[0]["coe"], "draft");
    let end = &found[0]["resolution"];
    assert_eq!(end["by"], json!({"person": "ana"}));
    assert_eq!(
        end["notes"][0]["text"],
        "dropped the stuck replication slot"
    );
    // Of what is open again, nothing is known to have resolved it.
    tap(&ana, lag, "reopen").await;
    let path = format!("/v1/tickets/{asked}/similar");
    assert_eq!(ana.get(&path).await.expect(200).json(), json!([]));
    tap(&ana, lag, "resolve").await;
    assert_eq!(similar(&ana, asked).await[0]["ticket"], lag);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_team_learns_nothing_of_the_other() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let dora = server.person("dora").await;
    let shops = server.alarm("SEV1", "database").await;
    tap(&ana, shops, "resolve").await;
    let runbook = json!({"base": 0, "runbook": {"title": "Shop's", "text": "x"}});
    put(&ana, "/v1/runbooks/shop/secret", &runbook)
        .await
        .expect(200);
    let twin = json!({"title": "Trouble with database", "severity": "SEV1"});
    let banks = server.admin.alarm(server.key(BANK), &twin).await;
    let shops_twin = server.alarm("SEV1", "database").await;
    // Once the shop's is found from the shop, it is not found from the bank.
    assert_eq!(similar(&ana, shops_twin).await[0]["ticket"], shops);
    let path = format!("/v1/tickets/{banks}/similar");
    assert_eq!(dora.get(&path).await.expect(200).json(), json!([]));

    for path in ["/v1/runbooks", "/v1/coes", "/v1/coes/overdue"] {
        assert_eq!(dora.get(path).await.expect(200).json(), json!([]), "{path}");
    }
    for path in ["coe", "coe?format=html", "similar", "runbooks"] {
        let hidden = dora.get(&format!("/v1/tickets/{shops}/{path}")).await;
        let absent = dora.get(&format!("/v1/tickets/999/{path}")).await;
        assert_eq!(
            hidden.expect(404).body,
            absent.body,
            "as if it did not exist"
        );
    }
    for path in ["secret", "secret/history", "secret?version=1"] {
        let hidden = dora.get(&format!("/v1/runbooks/shop/{path}")).await;
        let absent = dora.get(&format!("/v1/runbooks/nobody/{path}")).await;
        assert_eq!(
            hidden.expect(404).body,
            absent.body,
            "as if it did not exist"
        );
    }
    let coe = json!({"base": 1, "coe": whole_coe("draft")});
    put(&dora, &format!("/v1/tickets/{shops}/coe"), &coe)
        .await
        .expect(404);
    let edit = json!({"base": 1, "runbook": {"title": "Dora's"}});
    put(&dora, "/v1/runbooks/shop/secret", &edit)
        .await
        .expect(404);
    let kept = ana.get("/v1/runbooks/shop/secret").await.json();
    assert_eq!(kept["runbook"]["title"], "Shop's");
    let kept = ana.get(&format!("/v1/tickets/{shops}/coe")).await.json();
    assert_eq!(kept["version"], 1);
}
