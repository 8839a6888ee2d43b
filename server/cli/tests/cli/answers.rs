//! `tocsin why`, `why-not`, `rehearse` and `check`.

use crate::common::{Home, Server, TEAM, read};

#[test]
fn a_rehearsal_of_a_file_needs_no_server_and_says_that_the_clocks_skip_the_time() {
    let home = Home::new();
    let at = "2027-03-28T02:30";
    let rehearse = ["rehearse", "checkout", "--file", TEAM, "--at", at];
    let berlin = ["--zone", "Europe/Berlin", "--sev", "1"];
    let said = home.run(&[&rehearse[..], &berlin].concat()).done();
    assert!(
        said.out
            .contains("2027-03-28T02:30 does not exist in Europe/Berlin"),
        "{}",
        said.out
    );
    let first = said.out.lines().find(|line| line.contains("+0 s"));
    let first = first.unwrap_or_else(|| panic!("{}", said.out));
    assert!(
        first.contains("2027-03-28T03:30:00+02:00  Ana Silva is paged"),
        "{first}"
    );
    assert!(
        said.out.contains("Bea"),
        "the manager is next: {}",
        said.out
    );

    let json = home
        .run(&[&rehearse[..], &berlin, &["--json"]].concat())
        .done()
        .json();
    assert_eq!(json["note"]["type"], "skipped");
    assert_eq!(json["ending"], "begins_again");
    assert_eq!(json["steps"][0]["people"][0], "ana");

    let refused = home.run(&["rehearse", "nothing", "--file", TEAM]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let unread = home.run(&["rehearse", "checkout", "--file", TEAM, "--at", "soon"]);
    assert_eq!(unread.code, 2, "{unread:?}");
}

#[test]
fn a_check_of_a_file_names_each_place_and_fails_only_for_errors() {
    let home = Home::new();
    let good = home.run(&["check", TEAM]);
    assert_eq!(good.code, 0, "{good:?}");
    let silent = home.write(
        "team.toml",
        &format!("{}\n[[services]]\nid = \"till\"\nname = \"Till\"\nteam = \"shop\"\ntier = 1\npolicy = {{ sev1 = false, sev2 = false }}\n", read(TEAM)),
    );
    let said = home.run(&["check", &silent]);
    assert_eq!(said.code, 1, "{said:?}");
    let error = said.out.lines().next().unwrap();
    assert!(
        error.contains(": error: services.till.policy: Till is of tier 1"),
        "{error}"
    );
    assert!(error.starts_with(&format!("{silent}:")), "{error}");
    let json = home.run(&["check", &silent, "--json"]).json();
    assert_eq!(json["findings"][0]["rule"], "tier_one_silent");

    let broken = home.write(
        "broken.toml",
        &read(TEAM).replace("manager = \"bea\"", "manager = \"zoe\""),
    );
    let said = home.run(&["check", &broken]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("teams.shop.manager"), "{}", said.out);
}

#[test]
fn why_and_why_not_and_a_rehearsal_and_a_check_are_asked_of_the_server() {
    let home = Home::new();
    let _server = Server::with_team(&home);
    home.run(&["alarm", "--service", "checkout", "Checkout is down"])
        .done();

    let why = home.run(&["why", "1"]).done().out;
    assert!(
        why.contains("Ana Silva is paged: a new ticket is the on-call's"),
        "{why}"
    );
    let json = home
        .run(&["why", "#1", "--zone", "Asia/Seoul", "--json"])
        .done()
        .json();
    assert_eq!(json["zone"], "Asia/Seoul");
    assert_eq!(json["decisions"][0]["rule"]["type"], "on_call");

    let not = home.run(&["why-not", "1", "zoe"]).done().out;
    assert!(not.contains("was not paged"), "{not}");
    assert!(not.contains("zoe was not in the team"), "{not}");
    let unknown = home.run(&["why-not", "99", "ana"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");

    let rehearsed = home.run(&[
        "rehearse",
        "checkout",
        "--at",
        "2027-03-28T02:30",
        "--sev",
        "1",
    ]);
    assert!(rehearsed.done().out.contains("nobody is paged"));
    let checked = home.run(&["check"]);
    assert_eq!(checked.code, 1, "nobody has a pager: {checked:?}");
    assert!(
        checked.out.contains("has no device that can be paged"),
        "{}",
        checked.out
    );
    let tickets = home.run(&["tickets", "--json"]).done().json();
    assert_eq!(
        tickets["tickets"].as_array().map(Vec::len),
        Some(1),
        "only the real one"
    );
}

#[test]
fn applying_a_file_says_what_it_lacks_before_it_asks() {
    let home = Home::new();
    let server = Server::start(&home);
    home.run(&["login", &server.url, server.code.as_deref().unwrap()])
        .done();
    let lonely = home.write(
        "team.toml",
        "[[people]]\nid = \"ana\"\nname = \"Ana\"\n[[teams]]\nid = \"shop\"\nname = \"Shop\"\nmanager = \"ana\"\nmembers = [\"ana\"]\n[teams.rota]\nzone = \"UTC\"\nstart = 2026-01-05\nhandoff = { weekday = \"monday\", time = 09:00 }\nmembers = [\"ana\"]\n",
    );
    let said = home.run(&["apply", &lonely, "--dry-run"]).done();
    assert!(
        said.err.contains("error: teams.shop: Ana is every level"),
        "{}",
        said.err
    );
    assert!(said.err.contains("tocsin check"), "{}", said.err);
}
