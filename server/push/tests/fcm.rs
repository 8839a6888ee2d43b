//! FCM against its peer: what arrives, what does not, and whether we are told which.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::NamedTempFile;
use tocsin_peers::faults::{Fault, Outage};
use tocsin_peers::fcm::{Delivered, Fcm as Google};
use tocsin_peers::https::ca_pem;
use tocsin_push::fcm::{Fcm, FcmSettings};
use tocsin_push::{Address, Outcome, Purpose, Push, Transport, Words, http};
use tocsin_seal::DeviceKeys;
use tocsin_ticket::Millis;
use tocsin_wire::PushAddress;
use tokio::sync::mpsc::UnboundedReceiver;

const NOW_S: i64 = 1_790_000_000;
const NOW: Millis = Millis(NOW_S * 1000);
const PHONE: &str = "c9Jx0:APA91bH-ana";

fn keys() -> DeviceKeys {
    DeviceKeys::new([7; 32])
}

fn to(token: &str) -> Address {
    Address::Device(PushAddress::Fcm {
        token: token.to_owned(),
        key: keys().seal_key().to_text(),
    })
}

fn page() -> Push {
    Push {
        id: "b2JsaWdhdGlvbi0x".into(),
        purpose: Purpose::Page,
        payload: Arc::from(&b"{\"v\":1}"[..]),
        words: Arc::new(Words {
            subject: "SEV1 shop is down".to_owned(),
            body: "Check in".to_owned(),
        }),
        expires_at: Millis(NOW.0 + 419_001),
    }
}

struct Scene {
    google: Google,
    fcm: Fcm,
    phone: UnboundedReceiver<Delivered>,
    _key_file: NamedTempFile,
}

impl Scene {
    async fn new() -> Self {
        let google = Google::start(NOW_S).await.expect("a peer");
        let mut key_file = NamedTempFile::new().expect("a temporary file");
        write!(key_file, "{}", google.key_file()).expect("written");
        let settings = FcmSettings {
            service_account_file: key_file.path().to_owned(),
            base_url: google.api.url().parse().expect("a URL"),
        };
        let client = http::client(ca_pem()).expect("a client");
        Self {
            fcm: Fcm::start(&settings, client).expect("a transport"),
            phone: google.install(PHONE),
            google,
            _key_file: key_file,
        }
    }

    async fn send(&self) -> Outcome {
        self.fcm.send(&to(PHONE), &page(), NOW).await
    }

    /// What the phone's app reads, if anything came.
    fn read(&mut self) -> Option<Vec<u8>> {
        let delivered = self.phone.try_recv().ok()?;
        assert_eq!(delivered.data.len(), 1, "nothing but the sealed payload");
        let sealed = URL_SAFE_NO_PAD.decode(&delivered.data["t"]);
        Some(
            keys()
                .open(&sealed.expect("base64url"))
                .expect("sealed to it"),
        )
    }
}

fn why(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted => "",
        Outcome::RetryAfter { why, .. }
        | Outcome::DeadToken { why }
        | Outcome::Refused { why }
        | Outcome::Unknown { why } => why,
    }
}

#[tokio::test]
async fn a_page_arrives_and_only_the_phone_can_read_it() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    assert_eq!(scene.read().as_deref(), Some(&b"{\"v\":1}"[..]));
    let requests = scene.google.api.requests();
    assert!(!requests[0].body.windows(3).any(|bytes| bytes == b"\"v\""));
}

#[tokio::test]
async fn what_goes_over_the_wire() {
    let scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    let token = &scene.google.oauth.requests()[0];
    let form: Vec<_> = url::form_urlencoded::parse(&token.body)
        .map(|(name, value)| match &*name {
            "assertion" => {
                let mut parts = value.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
                let mut json = || {
                    let part = parts.next().expect("a part").expect("base64url");
                    String::from_utf8(part).expect("text")
                };
                let (header, claims) = (json(), json());
                format!("assertion: {header} {claims} SIGNATURE")
            }
            _ => format!("{name}: {value}"),
        })
        .collect();
    let token = format!("{}\n{}", token.head(), form.join("\n"));
    let token = token.replace(&scene.google.oauth.url(), "TOKEN_URI");
    let message = &scene.google.api.requests()[0];
    let mut body: serde_json::Value = serde_json::from_slice(&message.body).expect("JSON");
    body["message"]["data"]["t"] = "SEALED".into();
    let message = format!("{}\n{body:#}", message.head());
    let length = message
        .lines()
        .find(|line| line.starts_with("content-length"))
        .expect("a length");
    let message = message.replace(length, "content-length: LENGTH");
    let capture = format!("{token}\n\n{message}");
    let token_length = capture
        .lines()
        .find(|line| line.starts_with("content-length: ") && !line.ends_with("LENGTH"))
        .expect("a length");
    let capture = capture.replace(token_length, "content-length: LENGTH");
    insta::assert_snapshot!("fcm_wire", capture);
}

#[tokio::test]
async fn one_connection_and_one_token_serve_a_whole_night() {
    let scene = Scene::new().await;
    let (to, page) = (to(PHONE), page());
    assert_eq!(scene.send().await, Outcome::Accepted);
    let night = (0..50).map(|_| scene.fcm.send(&to, &page, NOW));
    for outcome in futures_util::future::join_all(night).await {
        assert_eq!(outcome, Outcome::Accepted);
    }
    assert_eq!(scene.google.oauth.received(), 1);
    assert_eq!(scene.google.api.connections(), 1);
    assert_eq!(
        scene.google.api.requests()[0].version,
        reqwest::Version::HTTP_2
    );
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_by_one_page_alone() {
    let scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    let later_s = 3599 - 200;
    scene.google.pass_s(later_s);
    let later = Millis(NOW.0 + later_s * 1000);
    let (to, page) = (to(PHONE), page());
    let pages = (0..20).map(|_| scene.fcm.send(&to, &page, later));
    for outcome in futures_util::future::join_all(pages).await {
        assert_eq!(outcome, Outcome::Accepted);
    }
    assert_eq!(scene.google.oauth.received(), 2);
}

#[tokio::test]
async fn a_page_goes_out_with_the_old_token_while_google_gives_no_new_one() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    scene.read();
    for fault in [Fault::status(503), Fault::ResetBefore, Fault::Stall] {
        scene.google.oauth.faults().next([fault]);
        let late = Millis(NOW.0 + (3599 - 100) * 1000);
        let outcome = scene.fcm.send(&to(PHONE), &page(), late).await;
        assert_eq!(outcome, Outcome::Accepted);
        assert!(scene.read().is_some());
    }
}

#[tokio::test]
async fn a_revoked_token_costs_one_more_request_and_no_page() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    scene.google.revoke();
    assert_eq!(scene.send().await, Outcome::Accepted);
    assert!(scene.read().is_some() && scene.read().is_some());
    assert_eq!(scene.google.oauth.received(), 2);
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_wrong_loses_no_page() {
    for wrong_s in [-600, 600] {
        let mut scene = Scene::new().await;
        let wrong = Millis(NOW.0 + wrong_s * 1000);
        let outcome = scene.fcm.send(&to(PHONE), &page(), wrong).await;
        assert_eq!(outcome, Outcome::Accepted, "{wrong_s} s");
        assert!(scene.read().is_some());
    }
}

#[tokio::test]
async fn a_dead_token_is_told_apart_from_a_bad_day() {
    let scene = Scene::new().await;
    scene.google.uninstall("gone");
    scene.google.foreign("theirs");
    for dead in ["gone", "theirs", "never-was-one"] {
        let outcome = scene.fcm.send(&to(dead), &page(), NOW).await;
        assert!(
            matches!(outcome, Outcome::DeadToken { .. }),
            "{dead}: {outcome:?}"
        );
    }
    let faults = scene.google.api.faults();
    for (code, asked) in [(429, Some(60)), (500, None), (503, None)] {
        faults.next([Fault::status(code)]);
        let Outcome::RetryAfter { after, .. } = scene.send().await else {
            panic!("{code}");
        };
        assert_eq!(after, asked.map(Duration::from_secs), "{code}");
        faults.next([Fault::later(code, "17")]);
        let Outcome::RetryAfter { after, .. } = scene.send().await else {
            panic!("{code}");
        };
        assert_eq!(after, Some(Duration::from_secs(17)), "{code}");
    }
    assert_eq!(scene.send().await, Outcome::Accepted);
}

#[tokio::test]
async fn an_invalid_argument_that_is_not_the_token_is_our_mistake_and_kills_no_token() {
    let scene = Scene::new().await;
    let about = |field: &str| Fault::Status {
        code: 400,
        retry_after: None,
        body: Some(format!(
            r#"{{"error":{{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT","details":[{{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"INVALID_ARGUMENT"}},{{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{{"field":"{field}","description":"Invalid"}}]}}]}}}}"#
        )),
    };
    let faults = scene.google.api.faults();
    faults.next([
        about("message.android.ttl"),
        Fault::status(400),
        about("message.token"),
    ]);
    assert!(matches!(scene.send().await, Outcome::Refused { .. }));
    assert!(matches!(scene.send().await, Outcome::Refused { .. }));
    assert!(matches!(scene.send().await, Outcome::DeadToken { .. }));
}

#[tokio::test]
async fn wrong_credentials_say_what_to_do() {
    let scene = Scene::new().await;
    scene.google.oauth.faults().next([Fault::status(400)]);
    let outcome = scene.send().await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(why(&outcome).contains("generate another"), "{outcome:?}");

    scene.google.api.faults().next([Fault::status(403)]);
    let outcome = scene.send().await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(why(&outcome).contains("enable the Firebase"), "{outcome:?}");

    scene.google.api.faults().always(Fault::status(401));
    let outcome = scene.send().await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    // One attempt, a new token, one more attempt: no loop.
    assert_eq!(scene.google.api.received(), 3);
}

#[tokio::test]
async fn what_cannot_be_understood_is_not_taken_for_success() {
    let scene = Scene::new().await;
    let says = |code, body: &str| Fault::Status {
        code,
        retry_after: None,
        body: Some(body.to_owned()),
    };
    scene.google.api.faults().next([
        says(200, "<html>Sign in to the hotel's network</html>"),
        says(200, "{}"),
        Fault::status(502),
        Fault::ResetBefore,
        Fault::ResetAfter,
    ]);
    for _ in 0..5 {
        let outcome = scene.send().await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        assert!(!why(&outcome).contains(PHONE), "{outcome:?}");
    }
    assert_eq!(scene.send().await, Outcome::Accepted);
}

#[tokio::test]
async fn a_connection_that_says_goodbye_costs_no_page() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    scene.read();
    scene.google.api.faults().next([Fault::GoAway]);
    assert_eq!(scene.send().await, Outcome::Accepted);
    assert!(scene.read().is_some());
    assert!(scene.read().is_none(), "once");
}

#[tokio::test]
async fn ten_minutes_without_google_end_when_they_end() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.send().await, Outcome::Accepted);
    scene.read();
    scene.google.api.faults().outage(Outage::Refused);
    let outcome = scene.send().await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    scene.google.api.faults().outage(Outage::None);
    // It takes the peer a moment to listen again.
    for attempt in 1.. {
        match scene.send().await {
            Outcome::Accepted => break,
            outcome => assert!(attempt < 500, "{outcome:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(scene.read().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_the_attempt_and_the_next_one_goes_through() {
    let mut scene = Scene::new().await;
    scene.google.api.faults().next([Fault::Stall]);
    let outcome = tokio::time::timeout(Duration::from_secs(20), scene.send()).await;
    let outcome = outcome.expect("an attempt ends");
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(scene.send().await, Outcome::Accepted);
    assert!(scene.read().is_some());
}

#[tokio::test]
async fn a_phone_that_is_away_gets_the_page_when_it_is_back_and_not_when_it_is_too_late() {
    let mut scene = Scene::new().await;
    scene.google.away(PHONE, true);
    assert_eq!(scene.send().await, Outcome::Accepted);
    assert!(scene.read().is_none());
    scene.google.pass_s(400);
    scene.google.away(PHONE, false);
    assert!(scene.read().is_some());

    scene.google.away(PHONE, true);
    let now = Millis(NOW.0 + 400_000);
    assert_eq!(
        scene.fcm.send(&to(PHONE), &page(), now).await,
        Outcome::Accepted
    );
    scene.google.pass_s(21);
    scene.google.away(PHONE, false);
    assert!(scene.read().is_none());
}

#[tokio::test]
async fn only_what_may_wait_until_morning_is_of_normal_priority() {
    let mut scene = Scene::new().await;
    for (purpose, priority) in [
        (Purpose::Page, "HIGH"),
        (Purpose::Silence, "HIGH"),
        (Purpose::Drill, "HIGH"),
        (Purpose::Notice, "NORMAL"),
    ] {
        let push = Push { purpose, ..page() };
        assert_eq!(
            scene.fcm.send(&to(PHONE), &push, NOW).await,
            Outcome::Accepted
        );
        let delivered = scene.phone.try_recv().expect("delivered");
        assert_eq!(delivered.priority, priority, "{purpose:?}");
    }
}

#[tokio::test]
async fn the_largest_payload_fits_and_a_larger_one_is_not_tried() {
    let mut scene = Scene::new().await;
    let sized = |bytes: usize| Push {
        payload: Arc::from(vec![b'x'; bytes]),
        ..page()
    };
    let largest = sized(tocsin_wire::MAX_PUSH_BYTES);
    assert_eq!(
        scene.fcm.send(&to(PHONE), &largest, NOW).await,
        Outcome::Accepted
    );
    assert_eq!(scene.read().map(|payload| payload.len()), Some(2048));
    let larger = scene.fcm.send(&to(PHONE), &sized(2049), NOW).await;
    assert!(matches!(larger, Outcome::Refused { .. }), "{larger:?}");
    assert_eq!(scene.google.api.received(), 1);
}

#[tokio::test]
async fn nothing_goes_out_unencrypted() {
    let google = Google::start(NOW_S).await.expect("a peer");
    let mut good = NamedTempFile::new().expect("a temporary file");
    write!(good, "{}", google.key_file()).expect("written");
    let mut plain = NamedTempFile::new().expect("a temporary file");
    let mut file = google.key_file();
    file["token_uri"] = "http://oauth2.example.org/token".into();
    write!(plain, "{file}").expect("written");
    for (file, base_url, field) in [
        (&good, "http://fcm.example.org", "base_url"),
        (&plain, "https://fcm.example.org", "service_account_file"),
    ] {
        let settings = FcmSettings {
            service_account_file: file.path().to_owned(),
            base_url: base_url.parse().expect("a URL"),
        };
        let client = http::client(ca_pem()).expect("a client");
        let error = Fcm::start(&settings, client).expect_err("not https");
        assert_eq!(error.field, field, "{error}");
    }
}

#[tokio::test]
async fn a_key_file_that_is_none_is_named_and_not_repeated() {
    let client = http::client(ca_pem()).expect("a client");
    let mut file = NamedTempFile::new().expect("a temporary file");
    write!(
        file,
        r#"{{"project_id": "p", "private_key": "SECRET", "oops"#
    )
    .expect("written");
    let settings = FcmSettings {
        service_account_file: file.path().to_owned(),
        base_url: "https://fcm.googleapis.com".parse().expect("a URL"),
    };
    let error = Fcm::start(&settings, client).expect_err("no key file");
    assert_eq!(error.field, "service_account_file");
    assert!(!error.why.contains("SECRET"), "{error}");
    assert!(error.why.contains("Firebase console"), "{error}");
}
