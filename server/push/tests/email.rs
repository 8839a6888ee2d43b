//! E-mail against a submission server that takes nothing it should not.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tempfile::NamedTempFile;
use tocsin_peers::https::ca_pem;
use tocsin_peers::smtp::{Encryption, PASSWORD, Slip, Smtp, Stage, USER};
use tocsin_push::email::{Email, EmailLogin, EmailSettings, Security};
use tocsin_push::secret::SecretSource;
use tocsin_push::{Address, Outcome, Purpose, Push, Transport, Words};
use tocsin_ticket::Millis;

const NOW: Millis = Millis(1_790_000_000_000);

fn to(email: &str) -> Address {
    Address::Mailbox {
        email: email.to_owned(),
    }
}

fn page() -> Push {
    Push {
        id: "b2JsaWdhdGlvbi0x".into(),
        purpose: Purpose::Page,
        payload: Arc::from(&b"{}"[..]),
        words: Arc::new(Words {
            subject: "SEV1 shop is down".to_owned(),
            body: "The shop is down since 03:12.\n.\nCheck in: https://tocsin.example.org/t/1\n"
                .to_owned(),
        }),
        expires_at: Millis(NOW.0 + 419_001),
    }
}

fn email(smtp: &Smtp, security: Security, password: &str, from: &str) -> Email {
    let mut file = NamedTempFile::new().expect("a temporary file");
    writeln!(file, "{password}").expect("written");
    let settings = EmailSettings {
        host: "localhost".to_owned(),
        port: Some(smtp.port()),
        security,
        login: Some(EmailLogin {
            user: USER.to_owned(),
            password: SecretSource::File(file.path().to_owned()),
        }),
        from: from.parse().expect("a mailbox"),
    };
    Email::start(&settings, ca_pem()).expect("a transport")
}

const FROM: &str = "Tocsin <tocsin@example.org>";

async fn scene() -> (Smtp, Email) {
    let smtp = Smtp::start(Encryption::Implicit).await.expect("a peer");
    let email = email(&smtp, Security::Tls, PASSWORD, FROM);
    (smtp, email)
}

async fn send(email: &Email) -> Outcome {
    let (to, page) = (to("ana@example.com"), page());
    let attempt = email.send(&to, &page, NOW);
    let outcome = tokio::time::timeout(Duration::from_secs(20), attempt).await;
    outcome.expect("an attempt ends")
}

#[tokio::test]
async fn what_goes_over_the_wire() {
    let (smtp, email) = scene().await;
    assert_eq!(send(&email).await, Outcome::Accepted);
    let mail = &smtp.mails()[0];
    let said: Vec<String> = smtp
        .said()
        .into_iter()
        .map(|line| match line.strip_prefix("EHLO ") {
            Some(_) => "EHLO HOST".to_owned(),
            None => line,
        })
        .collect();
    let capture = format!(
        "{}\n\n{}",
        said.join("\n"),
        mail.content.replace("\r\n", "\n")
    );
    insta::assert_snapshot!("email_wire", capture);
}

#[tokio::test]
async fn a_notice_is_not_dressed_up_as_urgent_and_other_scripts_arrive() {
    let (smtp, email) = scene().await;
    let push = Push {
        purpose: Purpose::Notice,
        words: Arc::new(Words {
            subject: "Schicht übergeben: 당직".to_owned(),
            body: "Grüße".to_owned(),
        }),
        ..page()
    };
    let outcome = email.send(&to("ana@example.com"), &push, NOW).await;
    assert_eq!(outcome, Outcome::Accepted);
    let content = &smtp.mails()[0].content;
    assert!(content.is_ascii(), "{content}");
    assert!(
        !content.contains("X-Priority") && !content.contains("Importance"),
        "{content}"
    );
    assert!(
        content.contains("Auto-Submitted: auto-generated"),
        "{content}"
    );
}

#[tokio::test]
async fn starttls_is_asked_for_and_never_done_without() {
    let smtp = Smtp::start(Encryption::Starttls).await.expect("a peer");
    let ours = email(&smtp, Security::Starttls, PASSWORD, FROM);
    assert_eq!(send(&ours).await, Outcome::Accepted);
    assert_eq!(smtp.said()[1], "STARTTLS");

    let plain = Smtp::start(Encryption::None).await.expect("a peer");
    let ours = email(&plain, Security::Starttls, PASSWORD, FROM);
    let outcome = send(&ours).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(!plain.said().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn one_connection_serves_one_mail_after_the_other() {
    let (smtp, email) = scene().await;
    for _ in 0..5 {
        assert_eq!(send(&email).await, Outcome::Accepted);
    }
    assert_eq!(smtp.connections(), 1);
    let mails = smtp.mails();
    let id = |content: &str| {
        let line = content.lines().find(|line| line.starts_with("Message-ID:"));
        line.map(str::to_owned)
    };
    assert_eq!(
        id(&mails[0].content),
        id(&mails[4].content),
        "attempts of one page"
    );
}

#[tokio::test]
async fn a_storm_does_not_open_a_connection_for_every_mail() {
    let (smtp, email) = scene().await;
    let (to, page) = (to("ana@example.com"), page());
    let storm = (0..60).map(|_| email.send(&to, &page, NOW));
    for outcome in futures_util::future::join_all(storm).await {
        assert_eq!(outcome, Outcome::Accepted);
    }
    assert_eq!(smtp.mails().len(), 60);
    assert!(smtp.connections() <= 8, "{}", smtp.connections());
}

#[tokio::test]
async fn a_mailbox_that_is_gone_is_told_apart_from_everything_else() {
    let (smtp, email) = scene().await;
    smtp.unknown("ana@example.com");
    let outcome = send(&email).await;
    assert!(matches!(outcome, Outcome::DeadToken { .. }), "{outcome:?}");

    let (smtp, email) = scene().await;
    for reply in [
        "550 No such user here",
        "551 User not local",
        "553 No",
        "550-5.1.1 x\r\n550 5.1.1 y",
    ] {
        smtp.slip(Stage::Rcpt, Slip::Reply(reply));
        let outcome = send(&email).await;
        assert!(
            matches!(outcome, Outcome::DeadToken { .. }),
            "{reply}: {outcome:?}"
        );
    }
    for (stage, reply) in [
        (Stage::Rcpt, "550 5.7.1 Relaying denied"),
        (
            Stage::Rcpt,
            "554 5.7.1 Service unavailable; client host blocked",
        ),
        (Stage::Rcpt, "552 5.2.2 Mailbox full"),
        (Stage::Mail, "550 Sender rejected"),
        (Stage::Mail, "553 5.1.8 Sender's domain not found"),
        (Stage::Data, "550 no"),
        (Stage::End, "550 5.7.1 Looks like spam"),
        (Stage::End, "554 Transaction failed"),
    ] {
        smtp.slip(stage, Slip::Reply(reply));
        let outcome = send(&email).await;
        assert!(
            matches!(outcome, Outcome::Refused { .. }),
            "{reply}: {outcome:?}"
        );
    }
    assert_eq!(send(&email).await, Outcome::Accepted);
    assert_eq!(smtp.mails().len(), 1);
    assert_eq!(smtp.connections(), 1, "a refusal costs no connection");
}

#[tokio::test]
async fn not_now_means_later() {
    let (smtp, email) = scene().await;
    for (stage, reply) in [
        (Stage::Greeting, "421 4.3.2 Try later"),
        (Stage::Auth, "454 4.7.0 Temporary authentication failure"),
        (Stage::Mail, "451 4.3.0 Try later"),
        (Stage::Rcpt, "450 4.2.1 Greylisted"),
        (Stage::Data, "451 4.3.0 Try later"),
        (Stage::End, "452 4.3.1 Out of disk"),
        (Stage::End, "421 4.7.0 Closing"),
    ] {
        smtp.slip(stage, Slip::Reply(reply));
        let outcome = send(&email).await;
        assert!(
            matches!(outcome, Outcome::RetryAfter { .. }),
            "{reply}: {outcome:?}"
        );
    }
    assert_eq!(send(&email).await, Outcome::Accepted);
}

#[tokio::test]
async fn wrong_credentials_say_what_to_do_and_are_not_repeated() {
    let smtp = Smtp::start(Encryption::Implicit).await.expect("a peer");
    let wrong = email(&smtp, Security::Tls, "wrong horse", FROM);
    let Outcome::Refused { why } = send(&wrong).await else {
        panic!("refused");
    };
    assert!(why.contains("check login of [email]"), "{why}");
    assert!(!why.contains("horse"), "{why}");
    assert!(!format!("{wrong:?}").contains("horse"));

    let stranger = email(&smtp, Security::Tls, PASSWORD, "Mallory <m@example.net>");
    let Outcome::Refused { why } = send(&stranger).await else {
        panic!("refused");
    };
    assert!(why.contains("[email] from"), "{why}");
}

#[tokio::test]
async fn a_broken_connection_says_that_the_mail_may_have_arrived() {
    let (smtp, email) = scene().await;
    for (stage, slip) in [
        (Stage::Greeting, Slip::Drop),
        (Stage::Rcpt, Slip::Drop),
        (Stage::End, Slip::KeepAndDrop),
        (Stage::Data, Slip::Reply("250 OK")),
        (Stage::End, Slip::Reply("HTTP/1.1 200 OK")),
    ] {
        smtp.slip(stage, slip.clone());
        let outcome = send(&email).await;
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{stage:?} {slip:?}: {outcome:?}"
        );
    }
    assert_eq!(send(&email).await, Outcome::Accepted);

    drop(smtp);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_mail() {
    let smtp = Smtp::start(Encryption::Implicit).await.expect("a peer");
    let settings = EmailSettings {
        host: "localhost".to_owned(),
        port: Some(smtp.port()),
        security: Security::Tls,
        login: None,
        from: FROM.parse().expect("a mailbox"),
    };
    let trusting_nobody = Email::start(&settings, "").expect("a transport");
    let outcome = send(&trusting_nobody).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(smtp.mails(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_given_up_leaves_no_answer_for_the_next() {
    let (smtp, email) = scene().await;
    assert_eq!(send(&email).await, Outcome::Accepted);
    smtp.slip(Stage::Rcpt, Slip::Stall);
    let (to, page) = (to("ana@example.com"), page());
    let given_up = email.send(&to, &page, NOW);
    tokio::time::timeout(Duration::from_millis(300), given_up)
        .await
        .expect_err("it stalls");
    assert_eq!(send(&email).await, Outcome::Accepted);
    assert_eq!(smtp.mails().len(), 2);
    assert_eq!(
        smtp.connections(),
        2,
        "the one in the middle of something is not used again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_the_attempt() {
    let (smtp, email) = scene().await;
    smtp.slip(Stage::End, Slip::Stall);
    let outcome = send(&email).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(send(&email).await, Outcome::Accepted);
}

#[tokio::test]
async fn what_is_no_address_will_never_be_one() {
    let (smtp, email) = scene().await;
    for nonsense in [
        "",
        "ana",
        "ana@example.com\r\nRCPT TO:<m@example.net>",
        "a b@example.com",
    ] {
        let outcome = email.send(&to(nonsense), &page(), NOW).await;
        assert!(
            matches!(outcome, Outcome::DeadToken { .. }),
            "{nonsense:?}: {outcome:?}"
        );
    }
    assert_eq!(smtp.connections(), 0);
}
