//! The report as a page and as a table.
#![cfg(feature = "render")]

mod common;

use common::*;
use tocsin_report::{Query, render};
use tocsin_ticket::Severity;

/// A title that would like to be a tag, a formula and a new row.
const HOSTILE: &str = "=HYPERLINK(\"x\")\"><script>alert(1)</script>,\n@x & co";

fn hostile() -> (World, Query) {
    let mut world = World::default();
    let now = at("2026-06-03T03:00+02:00");
    for title in [HOSTILE, "+1 disk full"] {
        let ticket = world.rings("checkout", title, now);
        world.resolve(ticket, "ana", now + minutes(50));
    }
    let mut query = query(
        at("2026-06-01T00:00+02:00"),
        at("2026-06-08T00:00+02:00"),
        "Europe/Berlin",
    );
    query.people.get_mut(&person("ana")).unwrap().name = "<b>=Ana & \"co\"</b>".to_owned();
    query.services.insert("checkout".into(), "-2+3".to_owned());
    query.shifts = vec![shift("ana", "shop", query.from, query.until)];
    (world, query)
}

#[test]
fn a_page_shows_texts_from_outside_as_text() {
    let (world, query) = hostile();
    let page = render::html(&world.report(query)).unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("<b>"), "{page}");
    assert!(
        page.contains("&#60;script&#62;alert(#)&#60;/script&#62;"),
        "{page}"
    );
    assert!(page.contains("&#60;b&#62;=Ana &#38; "), "{page}");
}

#[test]
fn a_page_needs_nothing_from_anywhere() {
    let (world, query) = hostile();
    let page = render::html(&world.report(query)).unwrap();
    for word in [
        "http://", "https://", "url(", "@import", " src=", " href=", "<link",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_page_says_what_the_report_says() {
    let (world, query) = hostile();
    let report = world.report(query);
    let page = render::html(&report).unwrap();
    for text in [
        "<title>On-call load: BANK, SHOP</title>",
        "1 interruption, 1 in sleep hours; people lost 1 h 10 min of sleep.",
        "woken once, 1 h 10 min of sleep lost",
        "Wed 3 Jun, 07:00 to Thu 4 Jun, 07:00, to ben by name",
        "Wednesday 03:00 to 03:59: 2 pages",
        "Week of 2026-06-01: 2 pages in sleep hours",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_quiet_week_is_a_page_too() {
    let quiet = query(
        at("2026-06-01T00:00+02:00"),
        at("2026-06-08T00:00+02:00"),
        "Europe/Berlin",
    );
    let mut world = World::default();
    world.alarm(
        "orders",
        "low",
        Severity::Sev5,
        at("2026-06-02T10:00+02:00"),
    );
    let page = render::html(&world.report(quiet)).unwrap();
    assert!(page.contains("No page rang."), "{page}");
}

#[test]
fn a_table_has_one_row_for_each_scope_and_no_formula() {
    let (world, query) = hostile();
    let report = world.report(query);
    let table = render::csv(&report).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|it| it == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let scopes: Vec<&str> = rows.iter().map(|row| &row[column("scope")]).collect();
    assert_eq!(
        scopes,
        [
            "total",
            "team",
            "person",
            "service",
            "week_before",
            "week_before",
            "week_before",
            "week_before",
            "week",
            "shift",
            "pattern",
            "pattern",
        ]
    );
    for cell in rows.iter().flatten() {
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{cell:?}"
        );
    }
    let person = &rows[2];
    assert_eq!(&person[column("id")], "ana");
    assert_eq!(&person[column("name")], "<b>=Ana & \"co\"</b>");
    assert_eq!(&person[column("pages_sleep")], "2");
    assert_eq!(&person[column("interruptions_sleep")], "1");
    assert_eq!(&person[column("interrupted_sleep_s")], "4200");
    assert_eq!(&person[column("check_in_median_s")], "");
    assert_eq!(&person[column("resolve_median_s")], "3000");
    assert_eq!(&rows[3][column("name")], "'-2+3");
    assert_eq!(&rows[9][column("team")], "shop");
    assert_eq!(&rows[9][column("from")], "2026-06-01T00:00:00+02:00");
    let titles = [&rows[10][column("name")], &rows[11][column("name")]];
    assert!(titles.iter().all(|it| it.starts_with('\'')), "{titles:?}");
}
