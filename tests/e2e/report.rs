//! From real alarms on a real phone to the load report.

use serde_json::{Value, json};
use tocsin_report::{Load, Report};
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{TestPager, TestServer};
use tocsin_ticket::Rung;
use tocsin_wire::Action;

/// Raises a SEV1 and returns its ticket once the server knows that Ana's siren sounds for it.
async fn rung(server: &TestServer, ana: &TestPager, key: &str) -> u64 {
    let ticket = server.alarm("SEV1", key).await;
    ana.wait("told the server that it sounds", |view| {
        let mine = view.tickets.iter().find(|it| it.ticket.id.0 == ticket);
        let pages = mine.into_iter().flat_map(|it| &it.ticket.pages);
        pages
            .flat_map(|page| &page.receipts)
            .filter_map(|receipt| receipt.get())
            .any(|receipt| receipt.rung == Rung::Sounding)
    })
    .await;
    ticket
}

async fn report(api: &tocsin_tests::Api, query: &str) -> Report {
    let path = format!("/v1/report{query}");
    api.get(&path).await.expect(200).read()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_what_really_happened() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let ben = server.person("ben").await;

    // One is mended, after its alarm fired again; one recovers untouched; one pages nobody.
    let mended = rung(&server, &ana, "database-1").await;
    assert_eq!(server.alarm("SEV1", "database-1").await, mended);
    for action in [Action::CheckIn, Action::StartWork, Action::Resolve] {
        ana.tap(mended, action).await;
        ana.wait_until_sent().await;
    }
    let blip = rung(&server, &ana, "database-2").await;
    let recovered = json!({"title": "T", "dedup_key": "database-2", "status": "resolved"});
    assert_eq!(server.admin.alarm(server.key(SHOP), &recovered).await, blip);
    ana.wait_until_silent().await;
    server.alarm("SEV4", "cosmetics").await;

    let found = report(&ben, "").await;
    let Load {
        pages,
        interruptions,
        tickets,
        noise,
        times,
        unheard,
        ..
    } = &found.total;
    assert_eq!((pages.total(), *unheard, *tickets), (2, 0, 3));
    assert_eq!(
        interruptions.total(),
        1,
        "the second rang before she could rest"
    );
    assert_eq!((noise.paged, noise.recovered, noise.no_action), (2, 1, 0));
    assert_eq!(noise.repeats, 1);
    assert_eq!(times.check_in.map(|it| it.count), Some(1));
    assert_eq!(times.resolve.map(|it| it.count), Some(2));
    assert_eq!(found.zone, "Europe/Berlin");
    assert_eq!(found.people.len(), 1);
    assert_eq!(found.names.person(&found.people[0].id), "Ana Silva");
    assert_eq!(found.patterns.len(), 1);
    assert_eq!(found.patterns[0].title, "Trouble with database-#");
    let on_shift = found.shifts.iter().map(|it| it.load.pages.total());
    assert_eq!(on_shift.sum::<u64>(), 2, "Ana is on call");

    // The same numbers as a table and as a page.
    let table = ben.get("/v1/report?format=csv").await.expect(200);
    assert!(
        table.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/csv")
    );
    let text = table.text();
    let person = text.lines().find(|line| line.starts_with("person,"));
    assert!(
        person.is_some_and(|line| line.starts_with("person,ana,Ana Silva,")),
        "{text}"
    );
    let page = ben.get("/v1/report?format=html").await.expect(200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(
        page.text().contains("Trouble with database-#"),
        "{}",
        page.text()
    );

    // A report on another time has nothing of it, but knows that it was before.
    let earlier = report(&ben, "?from=2026-01-05&until=2026-01-12").await;
    assert_eq!((earlier.total.tickets, earlier.weeks.len()), (0, 1));
    assert_eq!(earlier.until.0 - earlier.from.0, 7 * 24 * 3600 * 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_for_the_teams_of_whoever_asks() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    rung(&server, &ana, "database").await;
    let dora = server.person("dora").await;
    let found: Value = dora.get("/v1/report").await.expect(200).json();
    assert_eq!(found["total"]["tickets"], 0);
    assert_eq!(found["names"]["teams"], json!({"bank": "Bank"}));
    assert_eq!(found["zone"], "America/New_York");
    for team in ["shop", "nobody"] {
        let path = format!("/v1/report?team={team}");
        let hidden = dora.get(&path).await.expect(404);
        assert_eq!(hidden.problem().code, "no_such_team");
    }
    let all = report(&server.admin, "").await;
    assert_eq!((all.teams.len(), all.names.teams.len()), (1, 2));
    let one = report(&server.admin, "?team=bank").await;
    assert_eq!(
        (one.total.tickets, one.zone.as_str()),
        (0, "America/New_York")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_on_no_time_or_too_much_names_the_field() {
    let server = TestServer::start(UNHURRIED).await;
    for (query, field) in [
        ("from=yesterday", "from"),
        ("from=2026-06-01T09:00", "from"),
        ("until=2026-13-01", "until"),
        ("from=2026-06-08&until=2026-06-01", "until"),
        ("from=9999-01-01", "from"),
        ("from=2024-01-01&until=2026-01-01", "from"),
    ] {
        let path = format!("/v1/report?{query}");
        let refused = server.admin.get(&path).await.expect(400);
        assert_eq!(refused.problem().field.as_deref(), Some(field), "{query}");
    }
}
