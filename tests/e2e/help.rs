//! Help across teams: who is asked becomes a guest of that one ticket, and of nothing else.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tocsin_pager::net::Server;
use tocsin_tests::configuration::{BANK, QUICK, UNHURRIED, with_policy};
use tocsin_tests::{Api, Gate, Mode, Reply, TestPager, TestServer};
use tocsin_ticket::{HelpTarget, TicketState};
use tocsin_wire::{Action, HelpView, TicketDetail, TicketView};

const MESSAGE: &str = "Checkout waits for the ledger";

/// The usual teams; the shop's checkout needs the bank's ledger, which Dora is on call for, with
/// Fay in the team and Eve to lead it.
fn downstream(shop_policy: &str) -> String {
    let text = with_policy(shop_policy)
        .replacen(
            "members = [\"dora\"]\n",
            "members = [\"dora\", \"fay\"]\n",
            1,
        )
        .replacen(
            "id = \"checkout\"\nname = \"Checkout\"\nteam = \"shop\"",
            "id = \"checkout\"\nname = \"Checkout\"\nteam = \"shop\"\ndownstream = [\"ledger\", \
             \"orders\"]",
            1,
        )
        .replacen("name = \"Ledger\"\n", "name = \"Ledger\"\ntier = 1\n", 1);
    format!("[[people]]\nid = \"fay\"\nname = \"Fay Wong\"\n\n{text}")
}

async fn server(shop_policy: &str) -> TestServer {
    let mut server = TestServer::start(UNHURRIED).await;
    server.apply(&downstream(shop_policy)).await;
    server
}

fn ledger() -> HelpTarget {
    HelpTarget::Service {
        service: "ledger".into(),
    }
}

async fn ask(api: &Api, id: &str, ticket: u64, target: &HelpTarget) -> Reply {
    let tap = json!({
        "id": id, "ticket": ticket, "at": 0,
        "action": {"type": "ask_help", "target": target, "message": MESSAGE},
    });
    api.post_json("/v1/commands", &tap).await
}

fn help(ticket: &TicketView) -> &HelpView {
    let help = ticket.helps.last().and_then(|help| help.get());
    help.expect("a call for help")
}

fn asked(ticket: &TicketView) -> Vec<&str> {
    help(ticket).asked.iter().map(|it| it.as_str()).collect()
}

fn ringing(ticket: &TicketView) -> BTreeSet<&str> {
    let pages = ticket.pages.iter();
    pages.map(|page| page.person.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_on_call_of_a_downstream_team_is_woken_sees_who_asks_and_why_and_comes() {
    let server = server(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let dora = TestPager::of(&server, "dora").await;
    let ticket = server.alarm("SEV2", "database").await;
    ana.wait_until_ringing().await;
    ana.tap(ticket, Action::CheckIn).await;
    ana.wait_until_sent().await;
    assert!(dora.view().tickets.is_empty(), "nothing of hers yet");

    let message = MESSAGE.to_owned();
    let target = ledger();
    ana.tap(ticket, Action::AskHelp { target, message }).await;
    let view = dora.wait_until_ringing().await;
    let page = &view.pages[0];
    assert_eq!(page.title, "Trouble with database");
    assert!(page.reason_text.contains(MESSAGE), "{}", page.reason_text);
    let named = |view: &tocsin_pager::View| {
        let page = &view.pages[0];
        (page.team.as_str(), page.service.as_str()) == ("Shop", "Checkout")
            && page.reason_text.contains("Ana Silva")
    };
    dora.wait("knew the names", |view| {
        !view.pages.is_empty() && named(view)
    })
    .await;

    dora.tap(ticket, Action::CheckIn).await;
    dora.wait_until_sent().await;
    dora.wait_until_silent().await;
    ana.wait("saw that Dora comes", |view| {
        let shown = &view.tickets[0].ticket;
        help(shown)
            .answers
            .iter()
            .any(|answer| answer.person.as_str() == "dora" && answer.comes)
    })
    .await;
    let now = server.admin.ticket(ticket).await;
    assert_eq!(now.owner.as_str(), "ana", "helping is not taking over");

    // And the end is told to her, too.
    ana.tap(ticket, Action::Resolve).await;
    dora.wait("saw the end", |view| {
        view.tickets
            .iter()
            .all(|item| item.state.get() == Some(&TicketState::Resolved))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_one_ticket_on_any_route_and_nothing_else_of_that_team() {
    let server = server(UNHURRIED).await;
    let (ana, dora) = (server.person("ana").await, server.person("dora").await);
    let secret = server.alarm("SEV2", "payroll").await;
    let shared = server.alarm("SEV2", "database").await;
    let late = server.alarm("SEV2", "warehouse").await;
    ask(&ana, "ana-asks-1", shared, &ledger()).await.expect(200);
    let later = server.alarm("SEV2", "canteen").await;
    let others = [(secret, "payroll"), (late, "warehouse"), (later, "canteen")];

    let description = server.admin.get("/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("paths");
    let mut seen_on = BTreeSet::new();
    for (path, operations) in paths {
        let own_matter = path == "/metrics" || path == "/v1/stream" || path == "/openapi.json";
        if operations.get("get").is_none() || own_matter {
            continue;
        }
        for (ticket, _) in others.into_iter().chain([(shared, "")]) {
            let asked = path
                .replace("{id}", &ticket.to_string())
                .replace("{team}", "shop")
                .replace("{name}", "checkout");
            let text = dora.get(&asked).await.text();
            for (_, words) in others {
                assert!(!text.contains(words), "{words} on {asked}: {text}");
            }
            if text.contains("Trouble with database") {
                seen_on.insert(path.as_str());
            }
        }
    }
    let expected = [
        "/v1/sync",
        "/v1/tickets",
        "/v1/tickets/{id}",
        "/v1/tickets/{id}/timeline",
    ];
    assert_eq!(seen_on, expected.into());
    for (ticket, _) in others {
        for action in ["check_in", "start_work", "resolve", "reopen"] {
            let id = format!("dora-{ticket}-{action}");
            let refused = dora.tap(&id, ticket, action).await.expect(409);
            assert_eq!(refused.json()["refusal"], json!({"code": "no_such_ticket"}));
            assert_eq!(refused.json().get("ticket"), None);
        }
        dora.get(&format!("/v1/tickets/{ticket}")).await.expect(404);
        let page = server.admin.ticket(ticket).await.pages[0].id.to_string();
        let receipts = json!({
            "id": format!("dora-reports-{ticket}"),
            "receipts": [{"page": page, "rung": "seen", "at": 0}],
        });
        dora.post_json("/v1/receipts", &receipts).await.expect(204);
        assert_eq!(server.admin.count(ticket, "page_receipt").await, 0);
    }
    // What is written about it stays with its team.
    for path in ["similar", "runbooks", "coe"] {
        let path = format!("/v1/tickets/{shared}/{path}");
        dora.get(&path).await.expect(404);
    }
    // And who was not asked sees nothing of it, be they of the same team.
    let fay = server.person("fay").await;
    fay.get(&format!("/v1/tickets/{shared}")).await.expect(404);
    assert!(fay.sync(None).await.tickets.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_who_cannot_passes_it_on_and_the_asker_sees_each_rung() {
    let server = server(UNHURRIED).await;
    let (ana, dora, eve) = (
        server.person("ana").await,
        server.person("dora").await,
        server.person("eve").await,
    );
    let ticket = server.alarm("SEV2", "database").await;
    ana.tap("ana-checks-in", ticket, "check_in")
        .await
        .expect(200);
    ask(&ana, "ana-asks-1", ticket, &ledger()).await.expect(200);
    let shown = ana.ticket(ticket).await;
    assert_eq!(asked(&shown), ["dora"]);
    let page = shown.pages[0].id.to_string();
    let receipts = json!({
        "id": "dora-reports",
        "receipts": [{"page": page, "rung": "sounding", "at": 0, "effective_volume": 0.8}],
    });
    dora.post_json("/v1/receipts", &receipts).await.expect(204);
    let shown = ana.ticket(ticket).await;
    let rung = shown.pages[0].receipts[0].get().expect("a receipt");
    assert_eq!(rung.effective_volume, Some(0.8), "her siren sounds");

    let declined = json!({
        "id": "dora-cannot", "ticket": ticket, "at": 0,
        "action": {"type": "decline", "reason": "on a train"},
    });
    dora.post_json("/v1/commands", &declined).await.expect(200);
    let shown = ana.ticket(ticket).await;
    assert_eq!(asked(&shown), ["eve"], "the bank's own chain goes on");
    assert_eq!(
        help(&shown).answers[0].reason.as_deref(),
        Some("on a train")
    );
    assert_eq!(ringing(&shown), ["eve"].into());
    eve.get(&format!("/v1/tickets/{ticket}")).await.expect(200);
    eve.tap("eve-comes", ticket, "check_in").await.expect(200);
    let shown = ana.ticket(ticket).await;
    assert!(help(&shown).answers.last().expect("an answer").comes);
    assert!(ringing(&shown).is_empty());

    // Dora may still look on, and change her mind.
    dora.get(&format!("/v1/tickets/{ticket}/timeline"))
        .await
        .expect(200);
    dora.tap("dora-works", ticket, "start_work")
        .await
        .expect(200);
    let shown = server.admin.ticket(ticket).await;
    assert_eq!(shown.owner.as_str(), "dora");
    dora.tap("dora-ends", ticket, "resolve").await.expect(200);
    dora.tap("dora-errs", ticket, "reopen").await.expect(200);
    assert_eq!(server.admin.ticket(ticket).await.owner.as_str(), "ana");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_the_bank_answers_in_time_and_its_manager_is_asked() {
    let server = server(QUICK).await;
    let ana = server.person("ana").await;
    let eve = TestPager::of(&server, "eve").await;
    let ticket = server.alarm("SEV2", "database").await;
    ana.tap("ana-works-on-it", ticket, "start_work")
        .await
        .expect(200);
    ask(&ana, "ana-asks-1", ticket, &ledger()).await.expect(200);
    eve.wait_until_ringing().await;
    let shown = ana.ticket(ticket).await;
    assert!(ringing(&shown).is_superset(&["dora", "eve"].into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_the_manager_and_a_whole_other_team_can_be_asked() {
    let server = server(UNHURRIED).await;
    let ana = server.person("ana").await;
    let person = |id: &str| HelpTarget::Person { person: id.into() };
    let bank = HelpTarget::Team {
        team: "bank".into(),
    };
    for (number, (target, expected)) in [
        (person("ben"), ["ben"].as_slice()),
        (person("fay"), &["fay"]),
        (HelpTarget::Manager, &["bea"]),
        (bank, &["dora", "fay"]),
        (ledger(), &["dora"]),
    ]
    .into_iter()
    .enumerate()
    {
        let ticket = server.alarm("SEV2", &format!("database-{number}")).await;
        let id = format!("ana-asks-{number}");
        ask(&ana, &id, ticket, &target).await.expect(200);
        assert_eq!(asked(&ana.ticket(ticket).await), expected);
        let last = json!({
            "id": format!("cannot-{number}"), "ticket": ticket, "at": 0,
            "action": {"type": "decline", "reason": null},
        });
        for name in expected {
            let mut declined = last.clone();
            declined["id"] = Value::from(format!("{name}-cannot-{number}"));
            let somebody = server.person(name).await;
            somebody
                .post_json("/v1/commands", &declined)
                .await
                .expect(200);
        }
        let shown = ana.ticket(ticket).await;
        let then = match &target {
            HelpTarget::Manager => "carl",
            HelpTarget::Person { person } if person.as_str() == "ben" => "bea",
            _ => "eve",
        };
        assert!(asked(&shown).contains(&then), "{target:?}: {shown:?}");
    }
    let ticket = server.alarm("SEV2", "database").await;
    for (id, target) in [
        ("ana-asks-nobody", person("zoe")),
        (
            "ana-asks-no-team",
            HelpTarget::Team {
                team: "nobody".into(),
            },
        ),
        (
            "ana-asks-no-service",
            HelpTarget::Service {
                service: "nothing".into(),
            },
        ),
    ] {
        let refused = ask(&ana, id, ticket, &target).await.expect(409);
        assert_eq!(refused.json()["refusal"]["code"], "nobody_to_ask");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_phone_that_was_off_rings_when_it_is_back_and_a_new_phone_has_the_ticket_as_well()
{
    let server = server(UNHURRIED).await;
    let ana = server.person("ana").await;
    let gate = Gate::to(server.address()).await;
    let way = Server::new(&format!("http://{}", gate.address), None, false).expect("an address");
    let phone = TestPager::through(&server, "dora", way).await;
    let dora = server.person("dora").await;
    let before = dora.sync(None).await.cursor.to_string();
    let mut cursor = dora.sync(Some(&before)).await.cursor.to_string();
    let ticket = server.alarm("SEV2", "database").await;
    gate.set(Mode::Closed);
    ask(&ana, "ana-asks-1", ticket, &ledger()).await.expect(200);
    gate.set(Mode::Open);
    phone.wait_until_ringing().await;

    // By the cursor: from the entry that asked her on, and each entry after it once.
    ana.tap("ana-checks-in", ticket, "check_in")
        .await
        .expect(200);
    let mut updates = Vec::new();
    loop {
        let page = dora.sync(Some(&cursor)).await;
        cursor = page.cursor.to_string();
        updates.extend(page.updates);
        if !page.more {
            break;
        }
    }
    let log = server.admin.timeline(ticket).await.entries;
    let seqs: Vec<u64> = updates.iter().map(|update| update.entry.seq).collect();
    let asked_at = log.iter().position(|entry| {
        let text = serde_json::to_string(&entry.events).expect("JSON");
        text.contains("help_asked")
    });
    let since: Vec<u64> = log[asked_at.expect("she was asked")..]
        .iter()
        .map(|entry| entry.seq)
        .collect();
    assert!(asked_at > Some(0));
    assert_eq!(seqs[..2], since[..2]);

    // From nothing.
    let fresh = TestPager::of(&server, "dora").await;
    fresh.wait_until_ringing().await;
    let names = server.person("dora").await.sync(None).await.directory;
    let names = names.expect("names");
    assert_eq!(names.teams.len(), 2);
    assert!(names.people.values().any(|name| name == "Ana Silva"));
    ana.tap("ana-ends-it", ticket, "resolve").await.expect(200);
    fresh.wait_until_silent().await;
    phone.wait_until_silent().await;
    let names = dora.sync(None).await;
    assert!(names.tickets.is_empty(), "over");
    assert_eq!(names.directory.expect("names").teams.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_can_be_given_the_ticket_and_when_they_leave_it_goes_back() {
    let mut server = server(UNHURRIED).await;
    let (ana, fay) = (server.person("ana").await, server.person("fay").await);
    let ticket = server.alarm("SEV2", "database").await;
    let reassign = |id: &str, to: &str| {
        json!({
            "id": id, "ticket": ticket, "at": 0,
            "action": {"type": "reassign", "to": to},
        })
    };
    let refused = ana
        .post_json("/v1/commands", &reassign("ana-gives-1", "fay"))
        .await
        .expect(409);
    assert_eq!(refused.json()["refusal"]["code"], "unknown_person");
    let fays = HelpTarget::Person {
        person: "fay".into(),
    };
    ask(&ana, "ana-asks-1", ticket, &fays).await.expect(200);
    ana.post_json("/v1/commands", &reassign("ana-gives-2", "fay"))
        .await
        .expect(200);
    assert_eq!(server.admin.ticket(ticket).await.owner.as_str(), "fay");

    // Another configuration that still has her changes nothing.
    server.apply(&downstream(QUICK)).await;
    assert_eq!(server.admin.ticket(ticket).await.owner.as_str(), "fay");
    fay.get(&format!("/v1/tickets/{ticket}")).await.expect(200);
    server.apply(&with_policy(UNHURRIED)).await;
    assert_eq!(server.admin.ticket(ticket).await.owner.as_str(), "ana");
    fay.get(&format!("/v1/tickets/{ticket}")).await.expect(404);
    assert!(fay.sync(None).await.tickets.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_of_the_team_who_is_asked_may_act_on_that_ticket_alone() {
    let mut server = TestServer::start(UNHURRIED).await;
    let observed = downstream(UNHURRIED).replacen(
        "members = [\"ana\", \"ben\"]",
        "members = [\"ana\", \"ben\"]\nobservers = [\"dora\"]",
        1,
    );
    server.apply(&observed).await;
    let (ana, dora) = (server.person("ana").await, server.person("dora").await);
    let ticket = server.alarm("SEV2", "database").await;
    let other = server.alarm("SEV2", "network").await;
    ask(&ana, "ana-asks-1", ticket, &ledger()).await.expect(200);
    dora.tap("dora-comes", ticket, "check_in").await.expect(200);
    dora.tap("dora-takes-more", other, "check_in")
        .await
        .expect(409);
    let all = dora.tickets().await;
    assert_eq!(all.len(), 2, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_shows_what_its_service_needs_and_who_is_on_call_there_now() {
    let server = server(UNHURRIED).await;
    let ana = server.person("ana").await;
    let ticket = server.alarm("SEV1", "database").await;
    let bank = json!({"title": "The ledger is slow", "severity": "SEV2"});
    let cause = server.admin.alarm(server.key(BANK), &bank).await;
    let path = format!("/v1/tickets/{ticket}");
    let detail: TicketDetail = ana.get(&path).await.expect(200).read();
    assert_eq!(detail.ticket.id.0, ticket);
    let services: Vec<&str> = detail
        .downstream
        .iter()
        .map(|it| it.service.as_str())
        .collect();
    assert_eq!(services, ["ledger", "orders"]);
    let ledger = &detail.downstream[0];
    let on_call = ledger.on_call.as_ref().expect("somebody, always");
    assert_eq!((ledger.name.as_str(), ledger.tier), ("Ledger", Some(1)));
    assert_eq!(ledger.team_name, "Bank");
    assert_eq!(on_call.name, "Dora Novak");
    assert_eq!(ledger.open_tickets.len(), 1);
    assert_eq!(ledger.open_tickets[0].id.0, cause);
    assert_eq!(detail.downstream[1].open_tickets, []);
    // Its number, severity, title and state, and no more.
    let json = ana.get(&path).await.json();
    let brief = json["downstream"][0]["open_tickets"][0]
        .as_object()
        .expect("a ticket");
    let fields: BTreeSet<&str> = brief.keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "severity", "state", "title"].into());
    ana.get(&format!("/v1/tickets/{cause}")).await.expect(404);

    let dora = server.person("dora").await;
    dora.tap("dora-ends-it", cause, "resolve").await.expect(200);
    let detail: TicketDetail = ana.get(&path).await.expect(200).read();
    assert_eq!(detail.downstream[0].open_tickets, []);
    let unchanged = ana.send(Method::HEAD, &path, "").await.expect("an answer");
    assert_eq!(unchanged.status, 200);
}
