//! A responder at a terminal: everything that a pager can do about a ticket.

use crate::common::{Home, Said, Server, TEAM, read};

/// Ana is on call, Bea her manager, and a SEV1 of checkout is open as ticket 1.
struct Night {
    home: Home,
    _server: Server,
}

impl Night {
    fn begin(conference: &str) -> Self {
        let home = Home::new();
        let server = Server::start(&home);
        home.run(&["login", &server.url, server.code.as_deref().unwrap()])
            .done();
        let policy = "[teams.policy.sev1]";
        let text = read(TEAM)
            .replace(policy, &format!("{conference}\n{policy}"))
            .replace("\"10s\"", "\"5m\"")
            .replace("\"20s\"", "\"6m\"")
            .replace("\"90s\"", "\"10m\"")
            .replace("\"3m\"", "\"20m\"")
            .replace("\"10m\"\nmanager", "\"2h\"\nmanager")
            .replace("\"30m\"", "\"4h\"");
        let file = home.write("team.toml", &text);
        home.run(&["apply", &file, "--yes"]).done();
        for person in ["ana", "bea"] {
            let given = home.run(&["enroll", person, "--json"]).done().json();
            let code = given["code"].as_str().unwrap();
            let file = format!("{person}.toml");
            home.run(&["login", &server.url, code, "--config", &file])
                .done();
        }
        home.run(&["alarm", "--service", "checkout", "Checkout is down"])
            .done();
        Self {
            home,
            _server: server,
        }
    }

    fn with_conference() -> Self {
        Self::begin(
            "[teams.conference]\n\
             links = [{ url = \"https://meet.example.org/shop\", dial_in = \"+49 30 1234\" }]\n",
        )
    }

    /// What a person does about the ticket.
    fn does(&self, who: &str, deed: &[&str]) -> Said {
        let file = format!("{who}.toml");
        let mut words = vec!["ticket", "1"];
        words.extend_from_slice(deed);
        words.extend_from_slice(&["--config", &file]);
        self.home.run(&words)
    }

    fn story(&self) -> String {
        self.does("ana", &[]).done().out
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn a_sev1_is_worked_on_from_a_terminal_from_check_in_to_the_end() {
    let night = Night::with_conference();
    let first = night.story();
    says(
        &first,
        &[
            "conference https://meet.example.org/shop, dial +49 30 1234",
            "incident commander Ana Silva",
            "nobody has joined",
            "next status update due",
        ],
    );
    says(
        &night.does("ana", &["check-in"]).done().out,
        &["Researching, ana's"],
    );
    says(
        &night.does("ana", &["join"]).done().out,
        &["https://meet.example.org/shop", "joined: ana"],
    );
    night.does("ana", &["role", "bea", "communications"]).done();
    night
        .does("ana", &["status", "We roll the last release back"])
        .done();
    night
        .does("ana", &["ask", "--person", "bea", "Please tell support"])
        .done();
    says(
        &night.story(),
        &[
            "communications Bea Lindqvist",
            "by Ana Silva: We roll the last release back",
            "Ana Silva asked Bea Lindqvist for help, “Please tell support”: Bea Lindqvist: ",
        ],
    );
    let answered = night.does("bea", &["check-in", "--json"]).done().json();
    assert_eq!(answered["ticket"]["owner"], "ana", "Bea only helps");
    assert_eq!(answered["ticket"]["helps"][0]["answers"][0]["comes"], true);
    night
        .does("bea", &["extend", "3m", "the vendor is on it"])
        .done();
    night.does("ana", &["work"]).done();
    night.does("ana", &["severity", "SEV2"]).done();
    night.does("ana", &["note", "Orders work again"]).done();
    let json = night.does("ana", &["resolve", "--json"]).done().json();
    assert_eq!(json["ticket"]["state"], "resolved");
    says(
        &night.story(),
        &[
            "SEV2",
            "Bea Lindqvist comes to help",
            "extended the limit",
            "“Orders work again”",
            ", ended ",
        ],
    );
    night.does("ana", &["reopen"]).done();
    says(
        &night.does("ana", &["reassign", "bea"]).done().out,
        &["Assigned, bea's"],
    );
}

#[test]
fn whoever_cannot_passes_the_page_on_and_says_why() {
    let night = Night::with_conference();
    night.does("ana", &["decline", "I am on a train"]).done();
    says(
        &night.story(),
        &[
            "Ana Silva cannot take it: “I am on a train”",
            "to Bea Lindqvist",
        ],
    );
    let again = night.does("ana", &["decline"]);
    assert_eq!(again.code, 3, "{again:?}");
    says(&again.err, &["is not being paged"]);
}

#[test]
fn what_the_rules_forbid_is_refused_with_what_to_do() {
    let night = Night::begin("");
    for (who, deed, why) in [
        ("ana", &["convene"][..], "add one to its configuration"),
        ("ana", &["join"][..], "convene one first"),
        ("ana", &["extend", "3m", "slow"][..], "ask for help instead"),
        (
            "bea",
            &["extend", "3m", "slow"][..],
            "somebody must check in first",
        ),
        ("ana", &["severity", "SEV1"][..], "SEV1 already"),
        (
            "ana",
            &["ask", "--service", "moon", "help"][..],
            "name another person, service or team",
        ),
        ("ana", &["status", "  "][..], "text"),
    ] {
        let said = night.does(who, deed);
        assert_eq!(said.code, 3, "{deed:?}: {said:?}");
        says(&said.err, &[why]);
    }
    for deed in [
        &["ask", "who?"][..],
        &["ask", "--manager", "--person", "bea", "who?"][..],
        &["role", "bea", "king"][..],
        &["extend", "soon", "why"][..],
        &["severity", "SEV9"][..],
    ] {
        let said = night.does("ana", deed);
        assert_eq!(said.code, 2, "{deed:?}: {said:?}");
    }
}

#[test]
fn options_may_stand_before_a_deed_and_after_it() {
    let night = Night::begin("");
    let before = night.home.run(&[
        "ticket", "1", "--config", "ana.toml", "--json", "note", "one",
    ]);
    let after = night.home.run(&[
        "ticket", "1", "note", "two", "--config", "ana.toml", "--json",
    ]);
    for said in [before, after] {
        assert_eq!(said.done().json()["outcome"], "accepted");
    }
}
