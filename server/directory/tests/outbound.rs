//! Where a team meets, whom it tells, and what it is told when that cannot be.

use tocsin_directory::{Config, EventType, MeetingPlace, Subscriber};
use tocsin_ticket::{ServiceId, TeamId};

const TEAM: &str = r#"
[[people]]
id = "ana"
name = "Ana"

[[teams]]
id = "shop"
name = "Shop"
manager = "ana"
members = ["ana"]
TEAM
[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { time = 09:00 }
members = ["ana"]

[[teams]]
id = "bank"
name = "Bank"
manager = "ana"
members = ["ana"]

[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { time = 09:00 }
members = ["ana"]

[[services]]
id = "checkout"
name = "Checkout"
team = "shop"
SERVICE
[[webhooks]]
id = "chat"
team = "shop"
url = "https://hooks.example.org/t0ps3cret"
WEBHOOK
[[webhooks]]
id = "vault"
team = "bank"
url = "https://hooks.example.org/vault"
"#;

/// The file with these lines in the team, the service and the webhook.
fn parse(team: &str, service: &str, webhook: &str) -> Result<Config, Vec<String>> {
    let text = TEAM
        .replacen("\nTEAM\n", &format!("\n{team}\n"), 1)
        .replacen("\nSERVICE\n", &format!("\n{service}\n"), 1)
        .replacen("\nWEBHOOK\n", &format!("\n{webhook}\n"), 1);
    Config::parse(&text).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn a_pool_a_room_and_a_web_service_are_understood() {
    let conference = |line: &str| {
        let config = parse(line, "", "").unwrap_or_else(|errors| panic!("{errors:?}"));
        config.teams()[&TeamId::from("shop")].conference.clone()
    };
    assert_eq!(conference(""), None);
    let pool = conference(
        "conference = { links = [{ url = \"https://a.example\" }, { url = \"https://b.example\", \
         dial_in = \"+49 30 1\" }], webhook = \"https://c.example/x\" }",
    );
    let pool = pool.expect("a conference");
    let MeetingPlace::Links(links) = pool.place else {
        panic!("links");
    };
    assert_eq!(links[1].dial_in.as_deref(), Some("+49 30 1"));
    assert_eq!(pool.webhook.as_deref(), Some("https://c.example/x"));
    let rooms = conference("conference = { jitsi = \"https://meet.example.org/\" }");
    assert_eq!(
        rooms.expect("a conference").place,
        MeetingPlace::Rooms("https://meet.example.org".to_owned())
    );
}

#[test]
fn events_are_named_one_by_one_by_family_or_not_at_all() {
    let events = |line: &str| {
        let config = parse("", "", line).unwrap_or_else(|errors| panic!("{errors:?}"));
        config.webhooks()["chat"].events.clone()
    };
    assert_eq!(events(""), EventType::ALL);
    assert_eq!(events("events = []"), []);
    assert_eq!(
        events("events = [\"status.updated\", \"ticket.opened\", \"status.*\"]"),
        [EventType::TicketOpened, EventType::StatusUpdated]
    );
}

#[test]
fn mailboxes_and_webhooks_of_the_team_subscribe() {
    let config = parse(
        "subscribers = [\"status@example.org\", \"chat\"]",
        "subscribers = [\"checkout@example.org\"]",
        "",
    )
    .unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(
        config.teams()[&TeamId::from("shop")].subscribers,
        [
            Subscriber::Mailbox("status@example.org".to_owned()),
            Subscriber::Webhook("chat".to_owned())
        ]
    );
    let checkout = &config.services()[&ServiceId::from("checkout")];
    assert_eq!(checkout.subscribers.len(), 1);
}

#[test]
fn each_mistake_is_told_by_its_field_and_no_capability_is_repeated() {
    for (team, service, webhook, expected) in [
        (
            "conference = {}",
            "",
            "",
            "teams.shop.conference: expected `links` or `jitsi`, got neither",
        ),
        (
            "conference = { webhook = \"https://a.example\" }",
            "",
            "",
            "teams.shop.conference: expected `links` or `jitsi`, got neither",
        ),
        (
            "conference = { links = [{ url = \"https://a.example\" }], jitsi = \"https://b.example\" }",
            "",
            "",
            "teams.shop.conference: expected `links` or `jitsi`, got both",
        ),
        (
            "conference = { links = [] }",
            "",
            "",
            "teams.shop.conference.links: expected a list of bridges",
        ),
        (
            "conference = { links = [{ url = \"http://a.example\" }] }",
            "",
            "",
            "teams.shop.conference.links[0].url: expected an address that begins with https://",
        ),
        (
            "conference = { links = [{ url = \"https://a.example\" }, { url = \"https://a.example\" }] }",
            "",
            "",
            "teams.shop.conference.links[1].url: this address is there already",
        ),
        (
            "conference = { jitsi = \"https://meet.example.org/?x=1\" }",
            "",
            "",
            "teams.shop.conference.jitsi: expected an address to which a room's name can be added",
        ),
        (
            "conference = { jitsi = \"https://a.example\", link = [] }",
            "",
            "",
            "teams.shop.conference.link: unknown field; did you mean `links`?",
        ),
        (
            "subscribers = [\"status page\"]",
            "",
            "",
            "teams.shop.subscribers[0]: expected the id of one of [[webhooks]]",
        ),
        (
            "subscribers = [\"vault\"]",
            "",
            "",
            "teams.shop.subscribers[0]: expected a webhook of team \"shop\", got \"vault\", which is \"bank\"'s",
        ),
        (
            "",
            "subscribers = [\"a@b\", \"a@b\"]",
            "",
            "services.checkout.subscribers[1]: \"a@b\" is listed already",
        ),
        (
            "",
            "",
            "events = [\"ticket.open\"]",
            "webhooks.chat.events[0]: expected an event such as \"ticket.opened\", or a family such as \"ticket.*\", got \"ticket.open\"; did you mean \"ticket.opened\"?",
        ),
        (
            "",
            "",
            "events = [\"*\"]",
            "webhooks.chat.events[0]: expected an event such as",
        ),
        (
            "",
            "",
            "[[webhooks]]\nid = \"door\"\nteam = \"shop\"\nurl = \"https://me:t0ps3cret@hooks.example.org\"",
            "webhooks.door.url: expected an address that begins with https://, has no blanks and no user name",
        ),
        (
            "",
            "",
            "[[webhooks]]\nid = \"door\"\nteam = \"shup\"\nurl = \"https://hooks.example.org\"",
            "webhooks.door.team: expected the id of one of [[teams]], got \"shup\"; did you mean \"shop\"?",
        ),
    ] {
        let errors = parse(team, service, webhook).expect_err(expected);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].contains(expected),
            "{} lacks {expected}",
            errors[0]
        );
        assert!(!errors[0].contains("t0ps3cret"), "{}", errors[0]);
    }
}
