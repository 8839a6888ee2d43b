//! Whoever waits for news gets them: by mail and by webhook, without being on call.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tocsin_peers::hook::Hook;
use tocsin_peers::smtp::{Encryption, PASSWORD, Slip, Smtp, Stage, USER};
use tocsin_push::settings::Settings;
use tocsin_tests::configuration::UNHURRIED;
use tocsin_tests::{Api, TestServer};

use crate::webhooks::{authority, until};

const LINKS: &str = "[teams.conference]\nlinks = [{ url = \"https://meet.example.org/1\" }]\n";

/// The usual teams. The team's subscribers are a mailbox and a webhook that hears nothing else; the
/// service's is another mailbox.
fn file(hook: &Hook) -> String {
    let text = tocsin_tests::configuration::with_policy(&format!("{UNHURRIED}\n{LINKS}"));
    let text = text.replacen(
        "members = [\"ana\", \"ben\"]",
        "members = [\"ana\", \"ben\"]\nsubscribers = [\"status@example.org\", \"page\"]",
        1,
    );
    let text = text.replacen(
        "id = \"checkout\"",
        "id = \"checkout\"\nsubscribers = [\"checkout@example.org\"]",
        1,
    );
    let url = hook.peer.url_by_name();
    format!("{text}\n[[webhooks]]\nid = \"page\"\nteam = \"shop\"\nurl = {url:?}\nevents = []\n")
}

struct Subscribed {
    server: TestServer,
    smtp: Smtp,
    hook: Hook,
    _files: [NamedTempFile; 2],
}

async fn subscribed() -> Subscribed {
    let smtp = Smtp::start(Encryption::Implicit).await.expect("a peer");
    let hook = Hook::start().await.expect("a peer");
    let authority = authority();
    let mut password = NamedTempFile::new().expect("a file");
    password
        .write_all(PASSWORD.as_bytes())
        .expect("a written file");
    let settings = format!(
        "allow_hosts = [\"localhost\"]\nca_file = {:?}\n[email]\nhost = \"localhost\"\nport = {}\n\
         from = \"Tocsin <{USER}>\"\nlogin = {{ user = {USER:?}, password = {{ file = {:?} }} }}\n",
        authority.path(),
        smtp.port(),
        password.path(),
    );
    let settings = Settings::parse(&settings).expect("settings");
    let (mut server, ready) =
        TestServer::fresh(|options| options.transports = settings, Api::new).await;
    server
        .log_in(&ready.admin_code.expect("the code of a first start"))
        .await;
    let secrets = server.apply_with_webhooks(&file(&hook)).await;
    hook.trust(&secrets[0].1);
    Subscribed {
        server,
        smtp,
        hook,
        _files: [authority, password],
    }
}

impl Subscribed {
    /// Waits for so many mails to a mailbox and gives the contents.
    async fn mails(&self, to: &str, number: usize) -> Vec<String> {
        let look = async || {
            let mails = self.smtp.mails().into_iter();
            let own = mails.filter(|mail| mail.to == [to]);
            let own: Vec<String> = own.map(|mail| mail.content).collect();
            (own.len() >= number).then_some(own)
        };
        until(&format!("{number} mails to {to}"), look).await
    }
}

async fn update(api: &Api, id: &str, ticket: u64, text: &str) {
    let tap = json!({
        "id": id, "ticket": ticket, "at": 0, "action": {"type": "update_status", "text": text},
    });
    api.post_json("/v1/commands", &tap).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_hear_of_the_conference_of_each_update_and_of_the_end() {
    let it = subscribed().await;
    let ana = it.server.person("ana").await;
    let ticket = it.server.alarm("SEV1", "database").await;
    let minor = it.server.alarm("SEV2", "printer").await;
    ana.tap("tap-number-1", ticket, "check_in")
        .await
        .expect(200);
    update(
        &ana,
        "tap-number-2",
        ticket,
        "We roll the last release back.",
    )
    .await;
    ana.tap("tap-number-3", ticket, "resolve").await.expect(200);
    ana.tap("tap-number-4", minor, "resolve").await.expect(200);
    let mails = it.mails("status@example.org", 3).await;
    let subjects: Vec<&str> = mails
        .iter()
        .filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("Subject: ")))
        .collect();
    assert_eq!(
        subjects,
        [
            "SEV1 Checkout: conference",
            "SEV1 Checkout: status update",
            "SEV1 Checkout: resolved"
        ]
    );
    assert!(
        mails[0].contains("https://meet.example.org/1"),
        "{}",
        mails[0]
    );
    assert!(
        mails[1].contains("We roll the last release back."),
        "{}",
        mails[1]
    );
    assert!(mails[1].contains("Ana Silva"), "{}", mails[1]);
    assert_eq!(it.mails("checkout@example.org", 3).await.len(), 3);
    let told = async || (it.hook.taken().len() >= 3).then_some(());
    until("the webhook is told", told).await;
    let expected = ["conference.convened", "status.updated", "ticket.resolved"];
    assert_eq!(it.hook.types(), expected, "and nothing else");
    assert_eq!(
        it.hook.taken()[1]["data"]["text"],
        "We roll the last release back."
    );
    assert_eq!(it.server.admin.count(ticket, "status_updated").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_is_kept_seen_and_sent_again() {
    let it = subscribed().await;
    let bea = it.server.person("bea").await;
    let ticket = it.server.alarm("SEV2", "database").await;
    // Two mailboxes are told at once; whichever comes first is refused.
    it.smtp
        .slip(Stage::Rcpt, Slip::Reply("550 5.1.1 User unknown"));
    update(&bea, "tap-number-1", ticket, "Looking into it.").await;
    let mailboxes = [
        "mail:shop:status@example.org",
        "mail:shop:checkout@example.org",
    ];
    let look = async || {
        for id in mailboxes {
            let path = format!("/v1/webhooks/{id}/dead-letters");
            let letters = bea.get(&path).await.expect(200).json();
            if let Some(letter) = letters.as_array().and_then(|it| it.first()) {
                return Some((id, letter.clone()));
            }
        }
        None
    };
    let (id, letter) = until("a dead letter", look).await;
    assert_eq!(letter["event"], "status.updated");
    assert_eq!(letter["ticket"], ticket);
    let why = letter["why"].as_str().unwrap_or_default();
    assert!(why.contains("5.1.1"), "{why}");
    let path = format!("/v1/webhooks/{id}/redeliver");
    let unknown = bea
        .post_json(&path, &json!({"letter": 99}))
        .await
        .expect(404);
    assert_eq!(unknown.problem().code, "no_such_letter");
    let again = bea
        .post_json(&path, &json!({"letter": letter["id"]}))
        .await
        .expect(200);
    assert_eq!(again.json(), json!({"letters": 1}));
    let gone = async || {
        let path = format!("/v1/webhooks/{id}/dead-letters");
        let letters: Value = bea.get(&path).await.expect(200).json();
        (letters == json!([])).then_some(())
    };
    until("it has arrived", gone).await;
    let to = id.rsplit(':').next().unwrap_or_default();
    let mails = it.mails(to, 1).await;
    assert!(mails[0].contains("Looking into it."), "{}", mails[0]);
}
