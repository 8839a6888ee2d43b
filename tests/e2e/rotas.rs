//! Who is on call when: shifts that an edit would move, lists of shifts, swaps.

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_tests::TestServer;
use tocsin_tests::configuration::{UNHURRIED, with_on_call, with_policy};
use tocsin_wire::OnCall;

/// The shop's rota with Ana and Ben, a week each.
fn two_on_the_rota() -> String {
    let one = "members = [\"ana\"]\n";
    let text = with_policy(UNHURRIED);
    assert_eq!(text.matches(one).count(), 1, "the shop's rota");
    text.replace(one, "members = [\"ana\", \"ben\"]\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_moves_somebodys_shift_needs_a_confirmation() {
    let server = TestServer::start(UNHURRIED).await;
    let edit = with_on_call("ben", &["ana", "ben"], UNHURRIED);
    let put = async |path: &str| {
        let put = server.admin.send(Method::PUT, path, edit.clone()).await;
        put.expect("an answer")
    };
    let dry = put("/v1/config?dry_run=true").await.expect(200).json();
    let moved = dry["moved_shifts"].as_array().expect("whose shift moves");
    let told = |person: &str, verb: &str| {
        let begins = format!("shop, on call: {person} {verb} ");
        moved
            .iter()
            .filter_map(Value::as_str)
            .any(|line| line.starts_with(&begins) && line.ends_with("(Europe/Berlin)"))
    };
    assert!(told("ana", "loses") && told("ben", "gets"), "{moved:?}");

    let refused = put("/v1/config").await.expect(409).problem();
    assert_eq!(refused.code, "moves_shifts");
    assert!(refused.detail.contains("ana loses"), "{refused:?}");
    let on_call: Vec<OnCall> = server.admin.get("/v1/oncall").await.expect(200).read();
    assert_eq!(on_call[1].primary.id.as_str(), "ana", "nothing was applied");

    let applied = put("/v1/config?confirm=true").await.expect(200).json();
    assert_eq!(applied["applied"], true);
    let on_call: Vec<OnCall> = server.admin.get("/v1/oncall").await.expect(200).read();
    assert_eq!(on_call[1].primary.id.as_str(), "ben");
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_are_listed_and_swapped_when_both_agree() {
    let mut server = TestServer::start(UNHURRIED).await;
    server.apply(&two_on_the_rota()).await;
    let ana = server.person("ana").await;
    let ben = server.person("ben").await;
    let dora = server.person("dora").await;
    let shifts = async || -> Vec<Value> {
        let listed = ana.get("/v1/shifts?team=shop").await.expect(200).json();
        listed.as_array().expect("shifts").clone()
    };
    let before = shifts().await;
    assert!(before.len() >= 4, "four weeks: {before:?}");
    for pair in before.windows(2) {
        assert_eq!(pair[0]["until"], pair[1]["from"], "no gap");
    }
    // The next shift of each that has not begun.
    let [first, second] = [&before[1], &before[2]];
    let name = |shift: &Value| shift["person"]["id"].as_str().expect("an id").to_owned();
    let (giver, taker) = if name(first) == "ana" {
        (&ana, &ben)
    } else {
        (&ben, &ana)
    };

    let proposal = json!({"team": "shop", "gives": first["from"], "takes": second["from"]});
    let foreign = dora.post_json("/v1/swaps", &proposal).await.expect(404);
    assert_eq!(foreign.problem().code, "no_such_swap");
    let other_way = taker.post_json("/v1/swaps", &proposal).await.expect(409);
    assert!(other_way.problem().detail.starts_with("gives: "));
    let swap = giver
        .post_json("/v1/swaps", &proposal)
        .await
        .expect(200)
        .json();
    assert_eq!(swap["state"], "proposed");
    assert_eq!(shifts().await, before, "nothing changes yet");

    let path = format!("/v1/swaps/{}", swap["id"]);
    let accept = json!({"answer": "accept"});
    let foreign = dora.post_json(&path, &accept).await.expect(404);
    assert_eq!(foreign.problem().code, "no_such_swap");
    assert_eq!(dora.get("/v1/swaps").await.expect(200).json(), json!([]));
    giver.post_json(&path, &accept).await.expect(409);
    let swap = taker.post_json(&path, &accept).await.expect(200).json();
    assert_eq!(swap["state"], "accepted");
    let after = shifts().await;
    assert_eq!(name(&after[1]), name(second));
    assert_eq!(name(&after[2]), name(first));
    assert_eq!(after[1]["reason"], "swap");
    let over = taker.post_json(&path, &accept).await.expect(409).problem();
    assert_eq!(over.detail, "the swap is accepted; propose another");
    let audit = server.admin.get("/v1/audit").await.expect(200).json();
    let newest = audit["entries"].as_array().and_then(|it| it.last());
    let newest = newest.and_then(|it| it["entry"].as_str()).expect("an act");
    let newest: Value = serde_json::from_str(newest).expect("JSON");
    assert_eq!(newest["what"]["act"], "swap_accepted", "{newest}");
    assert_eq!(newest["who"]["person"], *name(second), "{newest}");

    server.stop().await;
    server.start_again().await;
    let listed = server.admin.get("/v1/shifts?team=shop").await.expect(200);
    assert_eq!(listed.json()[1], after[1], "also after a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_of_other_teams_and_of_senseless_times_are_not_listed() {
    let server = TestServer::start(UNHURRIED).await;
    let dora = server.person("dora").await;
    let hidden = dora.get("/v1/shifts?team=shop").await.expect(404);
    assert_eq!(hidden.problem().code, "no_such_team");
    for query in [
        "from=5&until=5",
        "from=0&until=99999999999",
        "from=0&until=-1",
    ] {
        let refused = dora.get(&format!("/v1/shifts?{query}")).await.expect(400);
        assert_eq!(refused.problem().field.as_deref(), Some("until"), "{query}");
    }
    let refused = dora.get("/v1/shifts?from=monday").await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("from"));
}
